//! Liferay's PBKDF2: base64 of the bits of the key, the rounds, 8 bytes of salt, and the key.

use crate::passwords::hashes::encodings::any_base64;
use crate::passwords::hashes::stored::{StoredHash, description};

/// What all of them begin with in base64: a key of 160 bits.
const START: &str = "AAAAo";
/// Portals that name their algorithm in front.
const NAMED: &str = "{PBKDF2WithHmacSHA1/";
const KEY_BYTES: usize = 20;

pub(super) fn read(text: &str) -> Option<StoredHash> {
    let named = text
        .strip_prefix(NAMED)
        .and_then(|rest| rest.split_once('}'));
    let text = named.map_or(text, |(_, text)| text);
    let bytes = any_base64(text).filter(|_| text.starts_with(START))?;
    let (&[0, 0, 0, 160, rounds @ ..], rest) = bytes.split_first_chunk::<8>()? else {
        return None;
    };
    let (salt, key) = rest.split_first_chunk::<8>()?;
    let is_whole = key.len() == KEY_BYTES;
    let rounds = u32::from_be_bytes(rounds);
    is_whole.then(|| description::pbkdf2("a Liferay hash", "sha1", rounds, salt, key))
}
