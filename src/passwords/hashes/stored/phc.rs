//! PHC strings and similar forms: Argon2, PBKDF2 and scrypt with their parameters, as Passlib, Spring, Kratos and GRUB write
//! them.

use base64::Engine;

use crate::passwords::hashes::encodings::{BASE64, BytesEncoding, any_base64};
use crate::passwords::hashes::stored::description::{self, Side, number};
use crate::passwords::hashes::stored::{StoredHash, crypt};

/// Bytes of the head of a file that the tool `scrypt` enciphers, which is its way to keep a password.
const SCRYPT_FILE: usize = 96;

pub(super) fn read(text: &str) -> Option<StoredHash> {
    if text.starts_with("$argon2") {
        return Some(argon2(text));
    }
    if text.starts_with("$pbkdf2") {
        return Some(pbkdf2(text));
    }
    if let Some(rest) = text.strip_prefix("$p5k2$") {
        return p5k2(text, rest);
    }
    if is_scrypt_file(text) {
        return Some(StoredHash::Impossible {
            what: "a hash of scrypt-kdf",
            why: "is a checksum made with the key from scrypt, not the key itself, which custom_password_hash cannot describe",
        });
    }
    if let [cost, block_size, lanes, salt, key] = text.split('$').collect::<Vec<_>>()[..]
        && !cost.is_empty()
    {
        return ruby_scrypt([cost, block_size, lanes], salt, key);
    }
    let parts: Vec<&str> = text
        .strip_prefix('$')
        .unwrap_or_default()
        .split('$')
        .collect();
    match parts[..] {
        ["bcrypt", version, cost, salt, hash] => crypt::of_phc(version, cost, salt, hash),
        // Ory Kratos writes the hash in hex and that in base64.
        [algorithm, hash, key] if algorithm.starts_with("hmac-") => {
            let hash = String::from_utf8(BASE64.decode(hash).ok()?).ok()?;
            let hash = BytesEncoding::Hex.decode(&hash).ok()?;
            Some(description::hmac(
                &algorithm[5..],
                &hash,
                &BASE64.decode(key).ok()?,
            ))
        }
        ["scrypt", params, salt, key] => {
            let [salt, key] = [salt, key].map(any_base64);
            match (salt, key.filter(|key| !description::is_cut(key))) {
                (Some(salt), Some(key)) => named_scrypt(params, &salt, &key),
                _ => Some(description::damaged("an scrypt hash")),
            }
        }
        ["s0", params, salt, key] | [params, salt, key] => packed_scrypt(params, salt, key),
        [
            algorithm @ ("md5" | "sha1" | "sha256" | "sha512"),
            form,
            salt,
            hash,
        ] => kratos(algorithm, form, salt, hash),
        [algorithm @ ("md5" | "sha1" | "sha256" | "sha512"), hash] => {
            let custom = description::digest(algorithm, &BASE64.decode(hash).ok()?, None);
            Some(description::checked("an Ory Kratos digest", custom))
        }
        _ => grub(text),
    }
}

/// Whether it is the header of a file that the scrypt program writes, in base64.
fn is_scrypt_file(text: &str) -> bool {
    let has_length = || any_base64(text).is_some_and(|bytes| bytes.len() == SCRYPT_FILE);
    text.starts_with("c2NyeXB0A") && has_length()
}

/// In Auth0's order of parameters, `m`, `t` and `p`, and without padding, which has no meaning.
fn argon2(text: &str) -> StoredHash {
    let ordered = |part: &str| {
        let mut params: Vec<&str> = part.split(',').collect();
        let names: Vec<&str> = params
            .iter()
            .filter_map(|param| param.split_once('=').map(|(name, _)| name))
            .collect();
        if names.len() == 3 && ["m", "t", "p"].iter().all(|name| names.contains(name)) {
            params.sort_by_key(|param| {
                ["m=", "t=", "p="]
                    .iter()
                    .position(|name| param.starts_with(name))
            });
        }
        params.join(",").trim_end_matches('=').to_string()
    };
    let parts: Vec<String> = text.split('$').map(ordered).collect();
    if parts.len() == 6 && any_base64(&parts[5]).is_some_and(|key| description::is_cut(&key)) {
        return description::damaged("an Argon2 hash");
    }
    description::text("an Argon2 hash", "argon2", &parts.join("$"))
}

/// Auth0's own form, Passlib's `$pbkdf2-sha256$29000$salt$hash`, and the same without its length.
fn pbkdf2(text: &str) -> StoredHash {
    rewritten_pbkdf2(text).unwrap_or_else(|| description::text("a PBKDF2 hash", "pbkdf2", text))
}

fn rewritten_pbkdf2(text: &str) -> Option<StoredHash> {
    let [id, params, salt, key] = text.strip_prefix('$')?.split('$').collect::<Vec<_>>()[..] else {
        return None;
    };
    let digest = match id {
        "pbkdf2" => "sha1",
        _ => id.strip_prefix("pbkdf2-")?,
    };
    let key = any_base64(key)?;
    let iterations = match params.split_once(",l=") {
        // What says another length than it has is damaged.
        Some((_, length)) if number(length) != Some(key.len() as u32) => return None,
        Some((iterations, _)) => iterations,
        None => params,
    };
    let is_cut = iterations == params && description::is_cut(&key);
    let iterations = number(iterations.strip_prefix("i=").unwrap_or(iterations))?;
    let what = "a PBKDF2 hash";
    match description::pbkdf2(what, digest, iterations, &any_base64(salt)?, &key) {
        StoredHash::Custom(_) if is_cut => Some(description::damaged(what)),
        found => Some(found),
    }
}

/// PBKDF2 of two libraries of Python's, the iterations in hex: Cryptacular's with 20 bytes of key, and that of PBKDF2.py with 24, whose
/// salt is all that stands before the key.
fn p5k2(text: &str, rest: &str) -> Option<StoredHash> {
    const DEFAULT: u32 = 400;
    let [iterations, salt, key] = rest.split('$').collect::<Vec<_>>()[..] else {
        return None;
    };
    let iterations = match iterations {
        "" => DEFAULT,
        digits => u32::from_str_radix(digits, 16).ok()?,
    };
    let what = "a PBKDF2 hash";
    let key = any_base64(key)?;
    match key.len() {
        20 => Some(description::pbkdf2(
            what,
            "sha1",
            iterations,
            &any_base64(salt)?,
            &key,
        )),
        24 => {
            let salt = text.rsplit_once('$')?.0.as_bytes();
            Some(description::pbkdf2(what, "sha1", iterations, salt, &key))
        }
        _ => None,
    }
}

/// `ln=16,r=8,p=1`, where Kratos writes the cost itself; as AdonisJS does after `n`.
fn named_scrypt(params: &str, salt: &[u8], key: &[u8]) -> Option<StoredHash> {
    let params: Vec<(&str, &str)> = params
        .split(',')
        .filter_map(|param| param.split_once('='))
        .collect();
    let [(cost_name, cost), ("r", block_size), ("p", lanes)] = params[..] else {
        return None;
    };
    let cost = match (cost_name, number(cost)?) {
        ("ln", log @ 0..=63) => 1 << log,
        ("ln" | "n" | "N", cost) => u64::from(cost),
        _ => return None,
    };
    Some(description::scrypt(
        [cost, number(block_size)?.into(), number(lanes)?.into()],
        salt,
        key,
    ))
}

/// Ruby's gem: `400$8$36$salt$hash`, all in hex.
fn ruby_scrypt([cost, block_size, lanes]: [&str; 3], salt: &str, key: &str) -> Option<StoredHash> {
    let number = |digits: &str| {
        u64::from_str_radix(digits, 16)
            .ok()
            .filter(|_| digits.len() <= 8)
    };
    let params = [number(cost)?, number(block_size)?, number(lanes)?];
    // The gem leaves leading zeros out of account.
    let salt = BytesEncoding::Hex.decode(salt).ok()?;
    let zeros = salt.iter().take_while(|byte| **byte == 0).count();
    Some(description::scrypt(
        params,
        &salt[zeros..],
        &BytesEncoding::Hex.decode(key).ok()?,
    ))
}

/// One hexadecimal number for the three: the cost's logarithm, 16 bits down the block size, 8 the lanes.
pub(super) fn packed_scrypt(params: &str, salt: &str, key: &str) -> Option<StoredHash> {
    let packed = u64::from_str_radix(params, 16)
        .ok()
        .filter(|_| params.len() >= 5 && params.len() <= 6)?;
    let cost = 1_u64.checked_shl((packed >> 16) as u32)?;
    Some(description::scrypt(
        [cost, packed >> 8 & 255, packed & 255],
        &any_base64(salt)?,
        &any_base64(key)?,
    ))
}

/// Ory Kratos says in base64 where salt and password stood: `{SALT}{PASSWORD}`, and perhaps something between.
fn kratos(algorithm: &str, form: &str, salt: &str, hash: &str) -> Option<StoredHash> {
    let form = String::from_utf8(BASE64.decode(form.strip_prefix("pf=")?).ok()?).ok()?;
    let (salt, hash) = (BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?);
    let filled = |part: &str| {
        part.split("{SALT}")
            .map(str::as_bytes)
            .collect::<Vec<_>>()
            .join(&salt[..])
    };
    let (mixed, side) = match form.split_once("{PASSWORD}") {
        Some((before, "")) => (filled(before), Side::Prefix),
        Some(("", after)) => (filled(after), Side::Suffix),
        _ => {
            return Some(StoredHash::Impossible {
                what: "an Ory Kratos digest",
                why: "has something before and after the password, and Auth0 takes a salt on one side only",
            });
        }
    };
    let custom = description::digest(algorithm, &hash, Some((&mixed, side)));
    Some(description::checked("an Ory Kratos digest", custom))
}

/// `grub.pbkdf2.sha512.10000.SALT.HASH`, in hex.
fn grub(text: &str) -> Option<StoredHash> {
    let [digest, iterations, salt, key] = text
        .strip_prefix("grub.pbkdf2.")?
        .split('.')
        .collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let [salt, key] = [salt, key].map(|part| BytesEncoding::Hex.decode(part).ok());
    Some(description::pbkdf2(
        "a GRUB PBKDF2 hash",
        digest,
        number(iterations)?,
        &salt?,
        &key?,
    ))
}
