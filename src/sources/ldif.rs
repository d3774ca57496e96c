//! Entries of LDIF (RFC 2849): attributes in lines, which may be folded or in base64, and an empty line between entries.

use base64::Engine;

use crate::passwords::hashes::encodings::BASE64;
use crate::sources::bytes::{Line, Text};
use crate::sources::rows::{Fault, LONGEST_ROW, check_count, too_long, undecoded};

/// The number of an entry's first line, and its lines.
type Entry = (usize, Vec<String>);

/// An entry's attributes, each with its values.
pub(crate) type Attributes = Vec<(String, Vec<String>)>;

/// Attributes that are never an entry's only ones.
const NO_ENTRY: [&str; 4] = ["version", "search", "result", "ref"];

const UNREADABLE: &str =
    "has no attribute that can be read: each is in another file, or is not text";

/// Entries of a text, one after the other.
#[derive(Debug)]
pub(crate) struct Ldif {
    text: Text,
    line: usize,
}

impl Ldif {
    pub(crate) fn of(text: Text) -> Ldif {
        Ldif { text, line: 1 }
    }

    /// The next entry, with the number of its first line.
    pub(crate) fn next(&mut self) -> Option<(usize, Result<Attributes, Fault>)> {
        loop {
            let (begins, lines) = match self.lines() {
                Ok(Some(lines)) => lines,
                Ok(None) => return None,
                Err((line, fault)) => return Some((line, Err(fault))),
            };
            match attributes(&lines) {
                Ok(attributes) if attributes.is_empty() => {
                    return Some((begins, Err(Fault::Row(UNREADABLE.to_string()))));
                }
                // The head of the file, `version: 1`, is not an entry, nor is ldapsearch's summary at the end.
                Ok(attributes)
                    if attributes
                        .iter()
                        .all(|(name, _)| NO_ENTRY.contains(&&**name)) => {}
                Ok(attributes) => return Some((begins, Ok(attributes))),
                Err(fault) => return Some((begins, Err(Fault::Row(fault)))),
            }
        }
    }

    /// The lines of an entry, put together where they were folded, and the number of the first.
    fn lines(&mut self) -> Result<Option<Entry>, (usize, Fault)> {
        let mut lines: Vec<String> = Vec::new();
        let (mut begins, mut bytes, mut in_comment, mut fault) = (self.line, 0, false, None);
        loop {
            let here = self.line;
            let end = match self.text.line(LONGEST_ROW) {
                Ok(Line::Whole(end)) => end,
                Ok(Line::TooLong) => {
                    self.line += 1;
                    fault = Some(too_long(""));
                    continue;
                }
                Ok(Line::None) => break,
                Err(cause) => return Err((here, Fault::File(cause))),
            };
            self.line += 1;
            let line = self.text.window()[..end].to_vec();
            self.text.consume(end);
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                match lines.is_empty() && fault.is_none() {
                    true => continue,
                    false => break,
                }
            }
            bytes += line.len();
            let Ok(line) = std::str::from_utf8(line) else {
                fault = Some(undecoded(self.text.encoding).to_string());
                continue;
            };
            match (line.strip_prefix(' '), lines.last_mut()) {
                (Some(_), _) if in_comment => {}
                (Some(more), Some(last)) if bytes <= LONGEST_ROW => last.push_str(more),
                _ if bytes > LONGEST_ROW => fault = Some(too_long("")),
                _ => {
                    in_comment = line.starts_with('#');
                    if !in_comment {
                        begins = if lines.is_empty() { here } else { begins };
                        lines.push(line.to_string());
                    }
                }
            }
        }
        match fault {
            Some(fault) => Err((begins, Fault::Row(fault))),
            None => Ok((!lines.is_empty()).then_some((begins, lines))),
        }
    }
}

/// Names of attributes that an entry may have.
const MOST_ATTRIBUTES: usize = 1_000;

fn attributes(lines: &[String]) -> Result<Attributes, String> {
    // Each line is a value, and has no more bytes than its text.
    check_count(lines.len())?;
    let mut attributes = Attributes::new();
    for line in lines {
        // Between the parts of a change.
        if line == "-" {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err("has a line that is not an attribute: its colon is missing".to_string());
        };
        // An option after the name, as in `cn;lang-de`, is a variant of the same attribute.
        let name = name.split(';').next().unwrap_or(name).trim();
        let value = match value.strip_prefix(':') {
            Some(coded) => match decoded(name, coded.trim())? {
                Some(value) => value,
                None => continue,
            },
            // A value in another file is not fetched.
            None if value.starts_with('<') => continue,
            None => value.trim_start().to_string(),
        };
        let is_full = attributes.len() == MOST_ATTRIBUTES;
        match attributes
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            Some((_, values)) => values.push(value),
            None if is_full => {
                return Err(format!(
                    "has over {MOST_ATTRIBUTES} attributes, far more than a person has"
                ));
            }
            None => attributes.push((name.to_string(), vec![value])),
        }
    }
    Ok(attributes)
}

/// The decoded text; nothing if it is not text, such as a photograph.
fn decoded(name: &str, coded: &str) -> Result<Option<String>, String> {
    let is_guid = name.eq_ignore_ascii_case("objectGUID");
    let is_password = name.eq_ignore_ascii_case("userPassword");
    let broken = |what: &str| format!("has an attribute that is {what}: export the file again");
    let bytes = BASE64
        .decode(coded)
        .map_err(|_| broken("not base64, though it is marked as base64"))?;
    match String::from_utf8(bytes) {
        Ok(text) if !is_guid => Ok(Some(text)),
        Ok(text) => Ok(guid(text.as_bytes())),
        Err(error) if is_guid => Ok(guid(error.as_bytes())),
        Err(_) if is_password => Err(broken("a password but not text")),
        Err(_) => Ok(None),
    }
}

/// The id of Active Directory as it is written elsewhere: the first three of its numbers have the low byte first.
fn guid(bytes: &[u8]) -> Option<String> {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    let mut text = String::new();
    for (place, from) in ORDER.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text += &format!("{:02x}", bytes[*from]);
    }
    Some(text)
}
