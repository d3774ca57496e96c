//! A form that was sent, cut to what of it may be shown.

use crate::secrets::hide::HIDDEN;
use crate::secrets::redact::{self, MOST_TEXT_CHARS, is_listed};
use crate::secrets::sent::SentSecrets;
use crate::words::cut;

/// A part of a form.
pub(crate) struct Part {
    pub(crate) name: String,
    /// In brief: its text or its file.
    pub(crate) text: String,
    pub(crate) kind: PartKind,
}

pub(crate) enum PartKind {
    File,
    /// The text as it was sent.
    Whole(String),
    /// Hidden, or too long.
    Variable,
}

/// The parts of a form of ours, whose only file is its last part.
pub(crate) fn parts(content_type: &str, body: &[u8]) -> Vec<Part> {
    let boundary = content_type.split("boundary=").nth(1).unwrap_or_default();
    let end = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some((head, content)) = split(rest, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(head);
        let name = head
            .split("name=\"")
            .nth(1)
            .and_then(|n| n.split('"').next());
        let name = name.unwrap_or_default().to_string();
        if head.contains("filename=") {
            parts.push(Part {
                name,
                text: redact::of_json(content, &SentSecrets::default()),
                kind: PartKind::File,
            });
            break;
        }
        let Some((text, next)) = split(content, end.as_bytes()) else {
            break;
        };
        let text = String::from_utf8_lossy(text);
        let shown = match is_listed(&name) {
            true => redact::shown(&text, &name, &SentSecrets::default()),
            false => HIDDEN.to_string(),
        };
        parts.push(Part {
            // Each part is a line of its own.
            text: cut(&shown.replace(['\r', '\n'], " "), MOST_TEXT_CHARS),
            kind: match shown == text {
                true => PartKind::Whole(shown),
                false => PartKind::Variable,
            },
            name,
        });
        rest = next;
    }
    parts
}

/// The file of a form of ours: what comes last in it, and is JSON without line breaks.
pub(crate) fn file<'a>(content_type: &str, body: &'a [u8]) -> Option<&'a [u8]> {
    let boundary = content_type.split("boundary=").nth(1)?;
    let head = body.windows(4).rposition(|end| end == b"\r\n\r\n")?;
    let tail = "\r\n----\r\n".len() + boundary.len();
    body.get(head + 4..body.len().checked_sub(tail)?)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..place], &bytes[place + at.len()..]))
}
