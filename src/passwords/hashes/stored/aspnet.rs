//! Microsoft's hashes: ASP.NET Identity, in base64 with its parameters inside, and the older membership tables.

use serde_json::json;

use crate::passwords::hashes::encodings::any_base64;
use crate::passwords::hashes::stored::{MOST_BYTES, StoredHash, description, trimmed};

/// Bytes of salt and key, and iterations, of Identity's second version, in which nothing is said.
const SECOND: (usize, usize, u32) = (16, 32, 1_000);
/// Letters of the head of the third.
const THIRD_LETTERS: usize = 18;
/// Bytes of the shortest salt and key that Identity takes.
const SHORTEST: usize = 16;

pub(super) fn read(text: &str) -> Option<StoredHash> {
    let what = "an ASP.NET Identity hash";
    if let Some((iterations, text)) = text.split_once('.') {
        let what = "a MembershipReboot hash";
        return second(what, u32::from_str_radix(iterations, 16).ok()?, text);
    }
    if let Some(found) = second(what, SECOND.2, text) {
        return Some(found);
    }
    let Some(bytes) = any_base64(text) else {
        return is_third(text).then(|| description::damaged(what));
    };
    match bytes.split_first()? {
        (1, rest) => {
            let (head, rest) = rest.split_first_chunk::<12>()?;
            let number = |at: usize| {
                u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
            };
            let digest = *["sha1", "sha256", "sha512"].get(number(0) as usize)?;
            let (salt, key) = rest.split_at_checked(number(8) as usize)?;
            let is_whole = salt.len() >= SHORTEST && key.len() >= SHORTEST;
            if !is_whole || description::is_cut(key) {
                return is_third(text).then(|| description::damaged(what));
            }
            Some(description::pbkdf2(what, digest, number(4), salt, key))
        }
        _ => None,
    }
}

/// Whether it begins as the third version does, with its number, that of the digest, iterations and 16 bytes of salt.
fn is_third(text: &str) -> bool {
    let letters = text.as_bytes();
    letters.len() > THIRD_LETTERS && text.starts_with("AQAAAA") && text.get(12..16) == Some("AAAA")
}

/// The second version; MembershipReboot writes its own iterations in hex and a dot in front.
fn second(what: &'static str, iterations: u32, text: &str) -> Option<StoredHash> {
    let bytes = any_base64(text)?;
    let (salt, key) = match bytes.split_first()? {
        (0, rest) if rest.len() == SECOND.0 + SECOND.1 => rest.split_at(SECOND.0),
        _ => return None,
    };
    Some(description::pbkdf2(what, "sha1", iterations, salt, key))
}

/// Reads a row of the membership tables (`aspnet_Membership`, `Memberships`) from its columns `Password`, `PasswordSalt` and
/// `PasswordFormat`. Sends nothing, computes no hash.
///
/// A hash of 20 bytes is sha1. A hash of 32 or 64 bytes is a digest or an HMAC, depending on a setting of the site that no
/// column shows: [`StoredHash::Silent`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let hash = aspnet_membership("agYre+SeOzpFPZWpADkJcjqv0A0=", "08kovSWcOlY6ycZgVvSSEQ==", "1");
/// let StoredHash::Custom(custom) = hash else { panic!("it is sha1") };
/// let user = User { custom_password_hash: Some(custom), ..User::new("ada@uni.test") };
/// assert!(verify_password(&user, "correct horse")?);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn aspnet_membership(hash: &str, salt: &str, format: &str) -> StoredHash {
    let (hash, salt) = (trimmed(hash), trimmed(salt));
    if hash.is_empty() {
        return StoredHash::Empty;
    }
    if salt.len() > MOST_BYTES {
        return StoredHash::Silent;
    }
    match trimmed(format).to_ascii_lowercase().as_str() {
        "0" | "clear" => StoredHash::Password,
        "2" | "encrypted" => StoredHash::Impossible {
            what: "an encrypted password of ASP.NET membership",
            why: "is not a hash: decrypt it with the site's machineKey, and hash the password",
        },
        "1" | "hashed" => match any_base64(hash).map(|bytes| bytes.len()) {
            Some(20) => description::checked(
                "an ASP.NET membership hash",
                json!({"algorithm": "sha1", "hash": {"value": hash, "encoding": "base64"},
                    "salt": {"value": salt, "encoding": "base64"}, "password": {"encoding": "utf16le"}}),
            ),
            // The newer Identity was often put into the old tables.
            _ => match read(hash) {
                Some(found) => found,
                None => StoredHash::Silent,
            },
        },
        _ => StoredHash::with_salt(hash, salt),
    }
}
