//! Werkzeug's (Flask's) `method$salt$hash`, the hash in hex.

use crate::passwords::hashes::encodings::BytesEncoding;
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::hashes::stored::description::{self, number};

pub(super) fn read(text: &str) -> Option<StoredHash> {
    if clear_text(text).is_some() {
        return Some(StoredHash::Password);
    }
    let [method, salt, hash] = text.split('$').collect::<Vec<_>>()[..] else {
        return None;
    };
    let hash = || {
        let hash = BytesEncoding::Hex.decode(hash).ok();
        hash.filter(|hash| !description::is_cut(hash))
    };
    match method.split(':').collect::<Vec<_>>()[..] {
        ["pbkdf2" | "scrypt", _, _, ..] if hash().is_none() => {
            Some(description::damaged("a Werkzeug hash"))
        }
        ["pbkdf2", digest, iterations] => Some(description::pbkdf2(
            "a Werkzeug PBKDF2 hash",
            digest,
            number(iterations)?,
            salt.as_bytes(),
            &hash()?,
        )),
        ["scrypt", cost, block_size, lanes] => {
            let params = [
                number(cost)?.into(),
                number(block_size)?.into(),
                number(lanes)?.into(),
            ];
            Some(description::scrypt(params, salt.as_bytes(), &hash()?))
        }
        // Before PBKDF2, its salt was the key of an HMAC.
        [digest @ ("sha224" | "sha256" | "sha384" | "sha512")] => {
            Some(description::hmac(digest, &hash()?, salt.as_bytes()))
        }
        _ => None,
    }
}

pub(super) fn clear_text(text: &str) -> Option<&str> {
    text.strip_prefix("plain$$")
}
