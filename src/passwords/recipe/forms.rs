//! The ways in which a column can hold a hash, and its salt.

use crate::passwords::hashes::encodings::{BASE64, hex_or_base64};
use crate::passwords::hashes::stored::SEPARATORS;
use crate::passwords::recipe::column::{Column, Parts, unmarked};
use crate::passwords::recipe::known_hash::KnownHash;
use base64::Engine;

/// Bytes that a key or a digest has, and that a salt has, where the two are one text of bytes.
const KEY_BYTES: [usize; 6] = [16, 20, 24, 32, 48, 64];
const SALT_BYTES: [usize; 6] = [4, 8, 16, 24, 32, 64];

/// A column taken one way: the hash and the salt that stand in it then.
pub(crate) struct Form {
    pub(crate) column: Column,
    pub(crate) hash: String,
    pub(crate) salt: Option<String>,
}

/// What is likely first: the text as it is.
pub(crate) fn forms(known: &KnownHash) -> Vec<Form> {
    let text = unmarked(known.hash.expose().trim());
    let mut columns = vec![Column::default()];
    columns.extend(parts_of(text, known.salt.is_some()));
    // Base64 of letters that can be read again.
    let decoded = BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(inside) =
        decoded.filter(|inside| inside.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        let outer = |column| Column {
            inside_base64: true,
            ..column
        };
        columns.push(outer(Column::default()));
        columns.extend(
            parts_of(&inside, known.salt.is_some())
                .into_iter()
                .map(outer),
        );
    }
    let form = |column: Column| {
        let (hash, salt) = column.texts(text, known.salt.as_deref()).ok()?;
        Some(Form { column, hash, salt })
    };
    columns.into_iter().filter_map(form).collect()
}

/// The columns in which this text is hash and salt.
fn parts_of(text: &str, has_salt: bool) -> Vec<Column> {
    if has_salt {
        return Vec::new();
    }
    let is_hash = |part: &str| hex_or_base64(part).is_some_and(|bytes| bytes.len() >= KEY_BYTES[0]);
    let mut parts = Vec::new();
    for separator in SEPARATORS {
        if let Some((first, second)) = text.split_once(separator) {
            let orders = [(false, first), (true, second)].into_iter();
            let fitting = orders.filter(|(_, hash)| is_hash(hash));
            parts.extend(fitting.map(|(salt_first, _)| Parts::Text {
                separator,
                salt_first,
            }));
        }
    }
    let bytes = hex_or_base64(text).map_or(0, |bytes| bytes.len());
    // As many as a digest has are a digest.
    let is_digest = [16, 20, 32, 64].contains(&bytes);
    for salt in SALT_BYTES {
        if !is_digest && bytes > salt && KEY_BYTES.contains(&(bytes - salt)) {
            parts.extend([true, false].map(|salt_first| Parts::Bytes { salt, salt_first }));
        }
    }
    let column = |parts| Column {
        parts: Some(parts),
        ..Column::default()
    };
    parts.into_iter().map(column).collect()
}
