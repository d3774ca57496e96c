//! What an export or a system puts around a hash: its bytes in hex, quotes, a word in front. Also hashes that lost their first
//! `$`.

use std::borrow::Cow;

use base64::Engine;

use crate::passwords::hashes::encodings::{BASE64, BytesEncoding};
use crate::passwords::hashes::stored::StoredHash;

/// How databases write bytes: PostgreSQL, and SQL Server and MySQL.
pub(crate) const HEX_MARKS: [&str; 3] = ["\\x", "0x", "0X"];
/// Python writes bytes with a `b`, where a program stored them as they were printed.
const QUOTES: [(&str, char); 4] = [("b'", '\''), ("b\"", '"'), ("'", '\''), ("\"", '"')];
/// Jenkins's, and others'.
const WORDS: [&str; 3] = ["#jbcrypt:", "bcrypt:", "argon2:"];
/// Beginnings that lost a `$`.
const BARE: [&str; 6] = [
    "2a$",
    "2b$",
    "2y$",
    "argon2id$v=",
    "argon2i$v=",
    "pbkdf2-sha",
];
/// Hexadecimal digits of a bcrypt hash, the shortest that is looked for without a mark, and of the one digest that has more.
const BCRYPT_DIGITS: usize = 120;
const SHA512_DIGITS: usize = 128;

pub(super) fn read(text: &str, inner: &dyn Fn(&str) -> StoredHash) -> Option<StoredHash> {
    bare(text)
        .map(|bare| inner(&bare))
        .filter(StoredHash::is_known)
}

fn bare(text: &str) -> Option<Cow<'_, str>> {
    let marked = HEX_MARKS.iter().find_map(|mark| text.strip_prefix(mark));
    let is_long = text.len() >= BCRYPT_DIGITS && text.len() != SHA512_DIGITS;
    if let Some(hex) = marked.or(is_long.then_some(text))
        && let Ok(bytes) = BytesEncoding::Hex.decode(hex)
    {
        return Some(match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(no_text) => BASE64.encode(no_text.as_bytes()).into(),
        });
    }
    let quoted = |(open, close): &(&str, char)| text.strip_prefix(open)?.strip_suffix(*close);
    if let Some(inside) = QUOTES.iter().find_map(quoted) {
        return Some(inside.into());
    }
    if text.contains("\\$") {
        return Some(text.replace("\\$", "$").replace("\\/", "/").into());
    }
    if BARE.iter().any(|start| text.starts_with(start)) {
        return Some(format!("${text}").into());
    }
    let word = WORDS.iter().find_map(|word| text.strip_prefix(word));
    word.or_else(|| nextcloud(text))
        .or_else(|| serialized(text))
        .map(Cow::from)
}

/// Nextcloud's and ownCloud's: the number of a version, and `|`.
fn nextcloud(text: &str) -> Option<&str> {
    let (version, rest) = text.split_once('|')?;
    let is_number = version.len() == 1 && version.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(rest)
}

/// XenForo's: what PHP makes of a list with the `hash` in it.
fn serialized(text: &str) -> Option<&str> {
    let (_, rest) = text.strip_prefix("a:")?.split_once("s:4:\"hash\";s:")?;
    Some(rest.split_once(":\"")?.1.split_once('"')?.0)
}
