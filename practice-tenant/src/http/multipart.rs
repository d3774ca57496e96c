//! The parts of a multipart body (RFC 7578), read as Auth0's uploads need it: names and bytes.

/// A part: its name, empty where none was given, and what is in it.
pub(crate) type Part = (String, Vec<u8>);

/// Characters of a boundary (RFC 2046).
const MOST_BOUNDARY: usize = 70;

/// The parts of a complete body; `None` if it is not a multipart body of that type.
pub(crate) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = boundary(content_type)?;
    let (first, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    // What comes before the first boundary is ignored.
    let mut rest = &body[find(body, first.as_bytes())? + first.len()..];
    let mut parts = Vec::new();
    loop {
        // What comes after the last boundary is ignored, too.
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let name;
        (name, rest) = head(rest)?;
        let end = find(rest, between.as_bytes())?;
        parts.push((name, rest[..end].to_vec()));
        rest = &rest[end + between.len()..];
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        from += text[from..].iter().position(|byte| *byte == first)?;
        if text[from..].starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

/// The boundary that a content type names, in quotes or not.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    // One that is as long as the body, and the same letter again and again, would be looked for without end.
    (1..=MOST_BOUNDARY)
        .contains(&boundary.len())
        .then_some(boundary)
}

/// The value of `name=value` or `name="value"` among parameters.
fn parameter<'a>(mut parameters: &'a str, name: &str) -> Option<&'a str> {
    loop {
        let (key, rest) = parameters.split_once('=')?;
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_once(';').unwrap_or((rest, "")),
        };
        if key
            .trim_matches([';', ' ', '\t'])
            .eq_ignore_ascii_case(name)
        {
            return Some(value.trim_end());
        }
        parameters = after;
    }
}

/// The name of the part whose head begins here, and what follows the head.
fn head(text: &[u8]) -> Option<(String, &[u8])> {
    let (mut name, mut rest) = (String::new(), text);
    loop {
        let end = find(rest, b"\r\n")?;
        let line = &rest[..end];
        rest = &rest[end + 2..];
        if line.is_empty() {
            return Some((name, rest));
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':')?;
        if field.eq_ignore_ascii_case("content-disposition") {
            let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
            if kind.trim().eq_ignore_ascii_case("form-data") {
                name = parameter(parameters, "name")
                    .unwrap_or_default()
                    .to_string();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(boundary: &str, parts: &[Part]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, bytes) in parts {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"users.json\"\r\nContent-Type: application/json\r\n\r\n"
            );
            body.extend(head.as_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}--\r\n").as_bytes());
        body
    }

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(
            boundary in "[a-zA-Z0-9'()+_,./:=?-]{1,60}",
            given in prop::collection::vec(("[a-z_]{0,12}", prop::collection::vec(any::<u8>(), 0..200)), 0..5),
        ) {
            let wall = format!("\r\n--{boundary}");
            let is_fit = |(_, bytes): &Part| {
                let with_end = [bytes, wall.as_bytes()].concat();
                let with_start = [b"\r\n", &bytes[..]].concat();
                find(&with_end, wall.as_bytes()) == Some(bytes.len())
                    && find(&with_start, wall.as_bytes()).is_none()
            };
            prop_assume!(given.iter().all(is_fit));
            let whole = body(&boundary, &given);
            let kind = format!("multipart/form-data; boundary=\"{boundary}\"");
            prop_assert_eq!(parts(&kind, &whole), Some(given));
            // Half of it is none.
            prop_assert_eq!(parts(&kind, &whole[..whole.len() - 4]), None);
        }

        #[test]
        fn nothing_breaks_it(
            kind in "multipart/form-data; ?(boundary=)?\"?[a-b-]{0,3}\"?",
            pieces in prop::collection::vec(prop_oneof![
                Just("\r\n"), Just("--"), Just("a"), Just("--a"), Just("\r\n--a"), Just("\r\n\r\n"),
                Just("Content-Disposition: form-data; name="), Just("\""), Just(":"), Just(";"), Just("\u{fffd}"),
            ], 0..30),
        ) {
            parts(&kind, pieces.concat().as_bytes());
        }
    }

    #[test]
    fn a_boundary_is_read_with_and_without_quotes_and_among_others() {
        let whole = body("b", &[("users".into(), b"[]".to_vec())]);
        for (kind, is_one) in [
            ("multipart/form-data; boundary=b", true),
            ("Multipart/Form-Data;charset=\"a;b\"; Boundary=\"b\"", true),
            ("multipart/form-data; boundary=b; charset=utf-8", true),
            ("multipart/form-data; boundary=", false),
            ("multipart/form-data", false),
            ("multipart/mixed; boundary=b", false),
            ("", false),
        ] {
            assert_eq!(parts(kind, &whole).is_some(), is_one, "{kind}");
        }
        let framed = [b"before\r\n", &whole[..], b"after"].concat();
        let found = parts("multipart/form-data; boundary=b", &framed);
        assert_eq!(found, Some(vec![("users".into(), b"[]".to_vec())]));
    }
}
