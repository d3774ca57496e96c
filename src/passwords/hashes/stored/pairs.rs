//! Hash and salt in one column with a colon between them: Joomla, Magento, MediaWiki, better-auth and Lucia. And pairs of columns
//! that can be one system's alone.

use serde_json::Value;

use crate::passwords::hashes::encodings::{BytesEncoding, any_base64};
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::hashes::stored::description::{self, Side, number};

/// Letters of the salts that Joomla, and Magento since 1.9, draw; and of those that Magento before and osCommerce drew.
const LONG_SALT: usize = 32;
const SHORT_SALT: usize = 2;
/// N, r and p of better-auth and Lucia.
const BETTER_AUTH: [u64; 3] = [16_384, 16, 1];
/// Bytes of salt, and what libsodium calls interactive: Magento's Argon2.
const SODIUM_SALT: usize = 16;
const INTERACTIVE: [u32; 3] = [65_536, 2, 1];
/// Iterations of passport-local-mongoose, and digits of its hash and salt in hex.
const MONGOOSE: (u32, usize, usize) = (25_000, 1_024, 64);

pub(super) fn read(text: &str, inner: &dyn Fn(&str) -> StoredHash) -> Option<StoredHash> {
    let parts: Vec<&str> = text.split(':').collect();
    if let ["", rest @ ..] = &parts[..] {
        return mediawiki(rest, inner);
    }
    match parts[..] {
        ["s2", salt, key] => Some(description::scrypt(
            BETTER_AUTH,
            salt.as_bytes(),
            &hex_of(key, 128)?,
        )),
        [salt, key] if key.len() == 128 && salt.len() == 32 && is_hex(salt) => Some(
            description::scrypt(BETTER_AUTH, salt.as_bytes(), &hex_of(key, 128)?),
        ),
        [hash, salt] => {
            let md5 = hex_of(hash, 32);
            match (md5, hex_of(hash, 64), salt.len()) {
                (Some(md5), _, LONG_SALT) if is_word(salt) => {
                    Some(digest("md5", &md5, salt, Side::Suffix))
                }
                (Some(md5), _, SHORT_SALT) => Some(digest("md5", &md5, salt, Side::Prefix)),
                (_, Some(sha256), LONG_SALT) if is_word(salt) => {
                    Some(digest("sha256", &sha256, salt, Side::Prefix))
                }
                _ => None,
            }
        }
        [hash, salt, version] => magento(hash, salt, version),
        // Magento lists the versions one after another when it hashes a hash again.
        [hash, _, first, second]
            if is_hex(hash)
                && hash.len() >= 32
                && [first, second]
                    .iter()
                    .all(|version| version.starts_with(|c: char| c.is_ascii_digit())) =>
        {
            Some(StoredHash::Impossible {
                what: "a Magento 2 hash that was made from an older hash",
                why: "is a hash of a hash, which custom_password_hash cannot describe",
            })
        }
        _ => None,
    }
}

/// `hash:salt:version`, with the salt in front of the password.
fn magento(hash: &str, salt: &str, version: &str) -> Option<StoredHash> {
    match version {
        "0" => Some(digest("md5", &hex_of(hash, 32)?, salt, Side::Prefix)),
        "1" => Some(digest("sha256", &hex_of(hash, 64)?, salt, Side::Prefix)),
        "2" => Some(description::argon2(
            "id",
            INTERACTIVE,
            &sodium_salt(salt)?,
            &hex_of(hash, 64)?,
        )),
        _ => {
            let params: Option<Vec<u32>> = version.split('_').map(number).collect();
            let [3, length, passes, memory] = params?[..] else {
                return None;
            };
            let key = hex_of(hash, 2 * length as usize)?;
            Some(description::argon2(
                "id",
                [memory / 1024, passes, 1],
                &sodium_salt(salt)?,
                &key,
            ))
        }
    }
}

/// The salt cut, or repeated, to what libsodium takes.
fn sodium_salt(salt: &str) -> Option<Vec<u8>> {
    (!salt.is_empty()).then(|| salt.bytes().cycle().take(SODIUM_SALT).collect())
}

/// `:type:…`.
fn mediawiki(parts: &[&str], inner: &dyn Fn(&str) -> StoredHash) -> Option<StoredHash> {
    match parts {
        ["A", hash] => Some(description::checked(
            "a MediaWiki digest",
            description::digest("md5", &hex_of(hash, 32)?, None),
        )),
        ["B", ..] => Some(StoredHash::Impossible {
            what: "a MediaWiki hash of type B",
            why: "is md5 of an md5, and custom_password_hash cannot describe a hash of a hash",
        }),
        ["pbkdf2", digest, iterations, _, salt, key] => Some(description::pbkdf2(
            "a MediaWiki PBKDF2 hash",
            digest,
            number(iterations)?,
            &any_base64(salt)?,
            &any_base64(key)?,
        )),
        ["argon2", hash] => Some(inner(hash)),
        _ => None,
    }
}

/// A hash and a salt that no two systems write alike.
pub(super) fn of_columns(hash: &str, salt: &str) -> Option<StoredHash> {
    let (iterations, hash_digits, salt_digits) = MONGOOSE;
    let hash = hex_of(hash, hash_digits)?;
    let is_mongoose = salt.len() == salt_digits && is_hex(salt);
    is_mongoose.then(|| {
        description::pbkdf2(
            "a passport-local-mongoose hash",
            "sha256",
            iterations,
            salt.as_bytes(),
            &hash,
        )
    })
}

fn digest(algorithm: &str, hash: &[u8], salt: &str, side: Side) -> StoredHash {
    let custom: Value = description::digest(algorithm, hash, Some((salt.as_bytes(), side)));
    description::checked("a digest with its salt", custom)
}

fn hex_of(text: &str, digits: usize) -> Option<Vec<u8>> {
    BytesEncoding::Hex
        .decode(text)
        .ok()
        .filter(|_| text.len() == digits)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
