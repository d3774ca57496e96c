//! From what a stored hash was taken apart into to the description that Auth0 takes, or to the reason why it takes none.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::{Value, json};

use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::encodings::BASE64;
use crate::passwords::hashes::stored::StoredHash;
use crate::words::hex;

/// What is said of a hash whose parts do not have the length that they say, where the rules of Auth0 would name numbers.
const DAMAGED: &str =
    "does not have the length of its kind, so it may be cut off or something else";

/// A hash that begins as its kind does and does not go on so.
pub(super) fn damaged(what: &'static str) -> StoredHash {
    StoredHash::Impossible { what, why: DAMAGED }
}

/// Whether a key that does not say its own length has one that no system makes: one letter too many, or too few.
pub(super) fn is_cut(key: &[u8]) -> bool {
    !key.len().is_multiple_of(2)
}

/// Where the salt stood when the password was hashed.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Prefix,
    Suffix,
}

/// A hash that is text by itself, in the form that Auth0 takes.
pub(super) fn text(what: &'static str, algorithm: &str, value: &str) -> StoredHash {
    let hash = json!({"value": value, "encoding": "utf8"});
    checked(what, json!({"algorithm": algorithm, "hash": hash}))
}

pub(super) fn pbkdf2(
    what: &'static str,
    digest: &str,
    iterations: u32,
    salt: &[u8],
    key: &[u8],
) -> StoredHash {
    text(what, "pbkdf2", &pbkdf2_text(digest, iterations, salt, key))
}

/// A PBKDF2 hash as Auth0 takes it.
pub(crate) fn pbkdf2_text(digest: &str, iterations: u32, salt: &[u8], key: &[u8]) -> String {
    let [salt, written] = [salt, key].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
    format!(
        "$pbkdf2-{digest}$i={iterations},l={}${salt}${written}",
        key.len()
    )
}

/// Of kind `id` or `i`; memory in KiB.
pub(super) fn argon2(
    kind: &str,
    [memory, passes, lanes]: [u32; 3],
    salt: &[u8],
    key: &[u8],
) -> StoredHash {
    let [salt, key] = [salt, key].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
    let value = format!("$argon2{kind}$v=19$m={memory},t={passes},p={lanes}${salt}${key}");
    text("an Argon2 hash", "argon2", &value)
}

/// `cost` is N itself.
pub(super) fn scrypt([cost, block_size, lanes]: [u64; 3], salt: &[u8], key: &[u8]) -> StoredHash {
    let is_number = |number: u64| (1..=u64::from(u32::MAX)).contains(&number);
    if ![cost, block_size, lanes].into_iter().all(is_number) {
        return StoredHash::Impossible {
            what: "an scrypt hash",
            why: "has a cost, a block size or lanes of 0 or over 32 bits, which cannot be computed",
        };
    }
    let mut custom = json!({"algorithm": "scrypt", "hash": {"value": hex(key), "encoding": "hex"},
        "keylen": key.len(), "cost": cost, "blockSize": block_size, "parallelization": lanes});
    custom["salt"] = salt_of(salt);
    checked("an scrypt hash", custom)
}

pub(super) fn digest(algorithm: &str, hash: &[u8], salt: Option<(&[u8], Side)>) -> Value {
    let mut custom =
        json!({"algorithm": algorithm, "hash": {"value": hex(hash), "encoding": "hex"}});
    if let Some((salt, side)) = salt {
        custom["salt"] = salt_of(salt);
        if matches!(side, Side::Suffix) {
            custom["salt"]["position"] = "suffix".into();
        }
    }
    custom
}

pub(super) fn hmac(digest: &str, hash: &[u8], key: &[u8]) -> StoredHash {
    let hash =
        json!({"value": hex(hash), "encoding": "hex", "digest": digest, "key": salt_of(key)});
    checked("an HMAC", json!({"algorithm": "hmac", "hash": hash}))
}

/// A salt, or a key, as text where it is text.
fn salt_of(salt: &[u8]) -> Value {
    match std::str::from_utf8(salt) {
        Ok(text) if text.chars().all(|c| !c.is_control()) => json!({"value": text}),
        _ => json!({"value": BASE64.encode(salt), "encoding": "base64"}),
    }
}

/// The description, if it keeps the rules of its algorithm; `what` says whose rules they are.
pub(super) fn checked(what: &'static str, custom: Value) -> StoredHash {
    match CustomHash::read(&custom) {
        Ok(_) => StoredHash::Custom(custom),
        Err((_, Cow::Borrowed(why))) => StoredHash::Impossible { what, why },
        Err((_, Cow::Owned(_))) => StoredHash::Impossible { what, why: DAMAGED },
    }
}

/// A number of digits only.
pub(super) fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
