//! PBKDF2 with its iterations, salt and key in a row, as much-copied examples write it.

use crate::passwords::hashes::encodings::{BytesEncoding, any_base64};
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::hashes::stored::description::{self, number};

const WHAT: &str = "a PBKDF2 hash";
/// Bytes of salt and of key of CrackStation's examples, whose first in PHP mixed in the salt as it is written.
const CRACKSTATION: (usize, usize) = (24, 24);
/// Those of the example for Java that is copied most. Another, `$31$`, has as much salt and as much key.
const JAVA: (usize, usize) = (16, 64);
/// Bytes of key and of salt of Node's password-hash-and-salt.
const NODE: usize = 64;

pub(super) fn read(text: &str) -> Option<StoredHash> {
    if let Some(parts) = text.strip_prefix("pbkdf2$") {
        return node(parts);
    }
    if let Some(parts) = text.strip_prefix("$31$") {
        let (log, bytes) = parts.split_once('$')?;
        let iterations = 1_u32.checked_shl(number(log)?)?;
        let bytes = any_base64(bytes).filter(|bytes| bytes.len() == 2 * JAVA.0)?;
        let (salt, key) = bytes.split_at(JAVA.0);
        return Some(description::pbkdf2(WHAT, "sha1", iterations, salt, key));
    }
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        [digest, iterations, length, salt, key] => {
            let key = any_base64(key).filter(|key| number(length) == Some(key.len() as u32))?;
            described(digest, iterations, &any_base64(salt)?, &key)
        }
        [digest, iterations, salt, key] => {
            let (bytes, key) = (any_base64(salt)?, any_base64(key)?);
            let is_text = (bytes.len(), key.len()) == CRACKSTATION;
            let salt = if is_text { salt.as_bytes() } else { &bytes };
            described(digest, iterations, salt, &key)
        }
        [iterations, salt, key] => {
            let in_hex = [salt, key].map(|part| BytesEncoding::Hex.decode(part).ok());
            let (salt, key) = match in_hex {
                [Some(salt), Some(key)] => (salt, key),
                _ => (any_base64(salt)?, any_base64(key)?),
            };
            let is_known = [CRACKSTATION, JAVA].contains(&(salt.len(), key.len()));
            described("sha1", iterations, &salt, &key).filter(|_| is_known)
        }
        _ => None,
    }
}

fn described(digest: &str, iterations: &str, salt: &[u8], key: &[u8]) -> Option<StoredHash> {
    let known = matches!(digest, "sha1" | "sha256" | "sha512");
    let iterations = number(iterations).filter(|_| known)?;
    Some(description::pbkdf2(WHAT, digest, iterations, salt, key))
}

/// `pbkdf2$iterations$key$salt`, whose salt is the text itself.
fn node(parts: &str) -> Option<StoredHash> {
    let [iterations, key, salt] = parts.split('$').collect::<Vec<_>>()[..] else {
        return None;
    };
    let decoded = [key, salt].map(|part| BytesEncoding::Hex.decode(part).ok());
    let [Some(bytes), Some(_)] = decoded else {
        return None;
    };
    described("sha1", iterations, salt.as_bytes(), &bytes).filter(|_| bytes.len() == NODE)
}
