//! Escapes undone, as JSON, addresses and pages write them: a secret that comes back may come back escaped.

use std::borrow::Cow;

/// How often escapes within escapes are undone: JSON in JSON in an address.
const MOST_TIMES: usize = 3;

/// A text, or what it is with its escapes undone.
pub(crate) struct Reading<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Where in the text each byte comes from; `None` where nothing was undone.
    starts: Option<Vec<usize>>,
    text_bytes: usize,
}

impl Reading<'_> {
    /// The part of the text that a byte comes from.
    pub(crate) fn place(&self, at: usize) -> std::ops::Range<usize> {
        match &self.starts {
            None => at..at + 1,
            Some(starts) => {
                let end = starts.get(at + 1).copied().unwrap_or(self.text_bytes);
                // Bytes of one escaped character come from one place.
                starts[at]..end.max(starts[at] + 1)
            }
        }
    }

    /// The same with its escapes undone; `None` where it has none.
    fn undone(&self) -> Option<Reading<'static>> {
        if !self.bytes.iter().any(|byte| b"%\\&".contains(byte)) {
            return None;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut starts = Vec::with_capacity(self.bytes.len());
        let mut at = 0;
        while at < self.bytes.len() {
            let start = self.place(at).start;
            let (length, meant) = escape(&self.bytes[at..]).unwrap_or((1, vec![self.bytes[at]]));
            starts.extend(meant.iter().map(|_| start));
            bytes.extend(meant);
            at += length;
        }
        Some(Reading {
            bytes: bytes.into(),
            starts: Some(starts),
            text_bytes: self.text_bytes,
        })
    }
}

/// The text as it stands, and with its escapes undone once, twice and so on.
pub(crate) fn readings(text: &str) -> Vec<Reading<'_>> {
    let mut readings = vec![Reading {
        bytes: text.as_bytes().into(),
        starts: None,
        text_bytes: text.len(),
    }];
    for time in 0..MOST_TIMES {
        match readings[time].undone() {
            Some(reading) => readings.push(reading),
            None => break,
        }
    }
    readings
}

/// The escape that these bytes begin with: how long it is, and what it means.
fn escape(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    let code = |digits: &[u8], radix: u32| {
        let digits = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, radix).ok()
    };
    let letter = |code: u32| char::from_u32(code).map(|c| c.to_string().into_bytes());
    match bytes {
        [b'%', a, b, ..] => {
            let byte = u8::try_from(code(&[*a, *b], 16)?).ok()?;
            Some((3, vec![byte]))
        }
        [b'\\', b'u', digits @ ..] => {
            let high = code(digits.get(..4)?, 16)?;
            if !(0xd800..0xdc00).contains(&high) {
                return Some((6, letter(high)?));
            }
            // What is beyond 16 bits is written as two halves.
            let low = digits.get(4..10)?.strip_prefix(b"\\u")?;
            let low = code(low, 16)?.checked_sub(0xdc00)?;
            let whole = 0x1_0000 + ((high - 0xd800) << 10) + low;
            Some((12, letter(whole)?))
        }
        [b'\\', c @ (b'"' | b'\'' | b'\\' | b'/'), ..] => Some((2, vec![*c])),
        [b'\\', b'n', ..] => Some((2, vec![b'\n'])),
        [b'\\', b'r', ..] => Some((2, vec![b'\r'])),
        [b'\\', b't', ..] => Some((2, vec![b'\t'])),
        [b'&', rest @ ..] => {
            let end = rest.iter().take(10).position(|byte| *byte == b';')?;
            let meant = match &rest[..end] {
                b"amp" => vec![b'&'],
                b"lt" => vec![b'<'],
                b"gt" => vec![b'>'],
                b"quot" => vec![b'"'],
                b"apos" => vec![b'\''],
                [b'#', b'x' | b'X', digits @ ..] => letter(code(digits, 16)?)?,
                [b'#', digits @ ..] => letter(code(digits, 10)?)?,
                _ => return None,
            };
            Some((end + 2, meant))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_read_as_what_it_means() {
        for (text, meant) in [
            ("plain", "plain"),
            ("%24a%2Fb%2f", "$a/b/"),
            (r#"a\/b\"c\\d\u0024\n"#, "a/b\"c\\d$\n"),
            (r"\ud83d\ude00 \u00e9", "\u{1f600} é"),
            ("&#47;&#x2F;&amp;&quot;&apos;", "//&\"'"),
            (r"%5C/ \\/ %252F", "/ / /"),
            (
                "100 % & more \\u12 %zz \\ud800 &#x110000; &;%",
                "100 % & more \\u12 %zz \\ud800 &#x110000; &;%",
            ),
        ] {
            let readings = readings(text);
            let last = &readings[readings.len() - 1];
            assert_eq!(String::from_utf8_lossy(&last.bytes), meant, "{text}");
        }
        let text = r"é\u00e9/";
        let readings = readings(text);
        let places: Vec<_> = (0..5).map(|at| readings[1].place(at)).collect();
        assert_eq!(places, [0..1, 1..2, 2..3, 2..8, 8..9]);
    }
}
