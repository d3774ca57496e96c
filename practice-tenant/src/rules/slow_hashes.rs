//! The hashes that are slow by design, and how slow they may be here.
//!
//! A row of an import says how much memory and time its hash takes. A hash far beyond normal use fits no password, so no row
//! can stop this program.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::Value;

use crate::rules::digests::Digest;

/// Half a gigabyte.
const MOST_BYTES: u64 = 1 << 29;
/// bcrypt's cost: 5 seconds.
const MOST_COST: u32 = 16;
/// PBKDF2's iterations for all blocks of its output: up to 5 seconds, with whirlpool 16.
const MOST_ITERATIONS: u64 = 10_000_000;
/// scrypt's blocks that are mixed, cost * blockSize * parallelization: some 5 seconds.
const MOST_MIXED: u64 = 1 << 23;
/// Argon2's kibibytes that are filled, memory * passes: some 5 seconds.
const MOST_FILLED: u64 = 1 << 22;

/// At most 72 bytes are looked at, the salt among them; the rest is cut off, as Auth0 documents.
pub(crate) fn bcrypt(salted: &[u8], hash: &str) -> Option<bool> {
    let rest = ["$2a$", "$2b$", "$2y$"]
        .iter()
        .find_map(|prefix| hash.strip_prefix(prefix))?;
    let cost: u32 = rest.split('$').next()?.parse().ok()?;
    if cost > MOST_COST {
        return None;
    }
    bcrypt::verify(salted, hash).ok()
}

/// A PHC string with `pbkdf2-<digest>`, where `i` and `l` may be left out.
pub(crate) fn pbkdf2(password: &[u8], hash: &str) -> Option<bool> {
    let phc = Phc::read(hash)?;
    let digest = Digest::of_openssl(phc.id.strip_prefix("pbkdf2-")?)?;
    let (mut iterations, mut len) = (100_000, 64);
    for (name, value) in phc.params {
        match name {
            "i" => iterations = value,
            "l" => len = value,
            _ => return None,
        }
    }
    let (salt, key) = (phc.salt, phc.key);
    let blocks = key.len().div_ceil(digest.len()) as u64;
    let is_described = phc.version.is_none()
        && iterations > 0
        && !key.is_empty()
        && usize::try_from(len).ok()? == key.len();
    if !is_described || u64::from(iterations) * blocks > MOST_ITERATIONS {
        return None;
    }
    Some(digest.pbkdf2(password, &salt, iterations, key.len()) == key)
}

/// A PHC string as libsodium takes it, which auth0/magic hands it to: argon2id or argon2i (it has no argon2d), version
/// 19, the parameters in this order, at least 8 bytes of salt and 16 of hash.
pub(crate) fn argon2(password: &[u8], hash: &str) -> Option<bool> {
    let phc = Phc::read(hash)?;
    let algorithm = match phc.id {
        "argon2id" => argon2::Algorithm::Argon2id,
        "argon2i" => argon2::Algorithm::Argon2i,
        _ => return None,
    };
    let [("m", memory), ("t", passes), ("p", lanes)] = phc.params[..] else {
        return None;
    };
    let (memory_wide, passes_wide) = (u64::from(memory), u64::from(passes));
    let (salt, key) = (phc.salt, phc.key);
    if phc.version != Some(19)
        || salt.len() < 8
        || key.len() < 16
        || memory_wide * 1024 > MOST_BYTES
        || memory_wide * passes_wide > MOST_FILLED
    {
        return None;
    }
    let params = argon2::Params::new(memory, passes, lanes, Some(key.len())).ok()?;
    let mut made = vec![0; key.len()];
    argon2::Argon2::new(algorithm, argon2::Version::V0x13, params)
        .hash_password_into(password, &salt, &mut made)
        .ok()?;
    Some(made == key)
}

/// With the parameters that stand beside the hash.
pub(crate) fn scrypt(password: &[u8], salt: &[u8], hash: &[u8], custom: &Value) -> Option<bool> {
    let number = |name: &str, default: Option<u64>| match custom.get(name) {
        None => default,
        Some(value) => whole(value).filter(|number| *number > 0),
    };
    let keylen = number("keylen", None)?;
    let cost = number("cost", Some(16_384))?;
    let block_size = number("blockSize", Some(8))?;
    let parallelization = number("parallelization", Some(1))?;
    let mixed = cost.checked_mul(block_size)?.checked_mul(parallelization)?;
    if cost < 2 || !cost.is_power_of_two() || mixed > MOST_MIXED {
        return None;
    }
    // Each of the two buffers takes 128 bytes for each block of it.
    let bytes = 128 * (cost * block_size).max(block_size * parallelization);
    if bytes > MOST_BYTES {
        return None;
    }
    if usize::try_from(keylen).ok()? != hash.len() {
        return None;
    }
    let log_cost = u8::try_from(cost.ilog2()).ok()?;
    let (block_size, parallelization) = (
        u32::try_from(block_size).ok()?,
        u32::try_from(parallelization).ok()?,
    );
    let params = scrypt::Params::new(log_cost, block_size, parallelization).ok()?;
    let mut made = vec![0; hash.len()];
    scrypt::scrypt(password, salt, &params, &mut made).ok()?;
    Some(made == hash)
}

/// A JSON number without a fraction, however it is written.
fn whole(value: &Value) -> Option<u64> {
    let float = || {
        let float = value.as_f64()?;
        let is_whole = float.fract() == 0.0 && (0.0..9e15).contains(&float);
        is_whole.then_some(float as u64)
    };
    value.as_u64().or_else(float)
}

/// A string in PHC form: `$id[$v=version][$name=number,…]$salt$key`, both in base64 without padding.
struct Phc<'a> {
    id: &'a str,
    version: Option<u32>,
    params: Vec<(&'a str, u32)>,
    salt: Vec<u8>,
    key: Vec<u8>,
}

impl<'a> Phc<'a> {
    fn read(text: &'a str) -> Option<Phc<'a>> {
        let fields: Vec<&str> = text.strip_prefix('$')?.split('$').collect();
        let [id, middle @ .., salt, key] = &fields[..] else {
            return None;
        };
        let (version, params) = match middle {
            [] => (None, None),
            [only] => match only.strip_prefix("v=") {
                Some(version) => (Some(version), None),
                None => (None, Some(only)),
            },
            [version, params] => (Some(version.strip_prefix("v=")?), Some(params)),
            _ => return None,
        };
        let params = params.map(|params| params.split(',').map(param).collect());
        Some(Phc {
            id,
            version: version.map_or(Some(None), |version| decimal(version).map(Some))?,
            params: params.unwrap_or(Some(Vec::new()))?,
            salt: BASE64_STANDARD_NO_PAD.decode(salt).ok()?,
            key: BASE64_STANDARD_NO_PAD.decode(key).ok()?,
        })
    }
}

fn param(text: &str) -> Option<(&str, u32)> {
    let (name, value) = text.split_once('=')?;
    Some((name, decimal(value)?))
}

/// Digits alone: no sign.
fn decimal(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys were made with Node's crypto, that is OpenSSL, under each of the names.
    #[test]
    fn thirty_of_the_33_names_of_digests_are_known() {
        let mut count = 0;
        for (names, key) in [
            (
                "RSA-MD5 md5 md5WithRSAEncryption ssl3-md5",
                "UsacGOXRIJOkTEICv6wi/zvXjmOg7EHXo2+2RYM1x1WkGF3uPGsbu6dEN01lCFYa",
            ),
            (
                "RSA-RIPEMD160 ripemd ripemd160 ripemd160WithRSA rmd160",
                "vmEcuFP/AOPz/7ISOl/Qu59ALwNckn6BGI2HMvxKYf1CtWGJ6W5meLCVfYwc1nBv",
            ),
            (
                "RSA-SHA1 RSA-SHA1-2 sha1 sha1WithRSAEncryption ssl3-sha1",
                "gKU52eoBR1KU6v8IoSmdDNtEgrGemhHQCi8uGHnKMO5KrOZQ7+2VqJKeMsZUZPzz",
            ),
            (
                "RSA-SHA224 sha224 sha224WithRSAEncryption",
                "G5qgqkhVyKO2gXI4lrs4mq4arbuRH8GqtwxqkRpJDlNyxtI8HIlyTgyraqa3UfFo",
            ),
            (
                "RSA-SHA256 sha256 sha256WithRSAEncryption",
                "EcRqwGOBGHYpTXz9HPAr5H+/9dC4I8TOuUTPyZrPSWyI2085Je1e14u6jKjDy6Vs",
            ),
            (
                "RSA-SHA384 sha384 sha384WithRSAEncryption",
                "40lQZ4QptWNZXM7Lu2rpE2lXmtsp1iDjvOz2wks+s4pxEDjknZXp+ue5oVH9xt/N",
            ),
            (
                "RSA-SHA512 sha512 sha512WithRSAEncryption",
                "z/wBTu5hYqqJiOYGiBJF8lRR4EmjaXZfBi6Mv8AxXghoV5vKts54xk3qTTmLYIKC",
            ),
            (
                "RSA-MD4 md4 md4WithRSAEncryption",
                "E3uQS0aAOfXUy4xwnRDET37OVZYp/PEPC37RGcYXsf49egUdmpzpSpEt2LIgenqk",
            ),
            (
                "whirlpool",
                "fzWitVOBgnX58Y3UFwMPnSZvT3AV//foe1yzEyGPzBUGI4/LWyq8L6hn7QXugAJA",
            ),
        ] {
            for name in names.split(' ') {
                let hash = format!("$pbkdf2-{name}$i=100,l=48$c2FsdHNhbHQ${key}");
                assert_eq!(pbkdf2(b"right", &hash), Some(true), "{name}");
                assert_eq!(pbkdf2(b"wrong", &hash), Some(false), "{name}");
                count += 1;
            }
        }
        assert_eq!(count, 30);
        for name in ["RSA-MDC2", "mdc2", "mdc2WithRSA"] {
            let hash = format!("$pbkdf2-{name}$i=100,l=3$c2FsdHNhbHQ$AAAA");
            assert_eq!(pbkdf2(b"right", &hash), None);
        }
    }
}
