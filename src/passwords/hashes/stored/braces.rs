//! `{id}` in front of a hash: LDAP's schemes (RFC 2307, OpenLDAP, Dovecot, 389 Directory Server), Spring Security's wrappers,
//! Atlassian's.

use base64::Engine;
use serde_json::Value;

use crate::passwords::hashes::encodings::{BASE64, BytesEncoding, any_base64};
use crate::passwords::hashes::stored::description::{self, Side, number};
use crate::passwords::hashes::stored::{StoredHash, crypt, is_crypt_letter, phc};

/// Rounds and bytes of salt of Spring's `{pbkdf2}`, by its oldest and its newest defaults, and the digest.
const SPRING_PBKDF2: [(usize, u32, &str); 2] = [(8, 185_000, "sha1"), (16, 310_000, "sha256")];
const SPRING_KEY_BYTES: usize = 32;
/// Rounds and bytes of salt that Crowd, Jira and Confluence take.
const ATLASSIAN: (usize, u32) = (16, 10_000);
/// Bytes of salt after the iterations in hashes of 389 Directory Server.
const DIRECTORY_SERVER_SALT: usize = 64;
/// Bytes of an md5: in base64 as many letters as it has in hex, none of them beyond `f`, do not come by chance.
const SHORTEST_HEX: usize = 16;
const CLEAR: [&str; 5] = ["noop", "plain", "clear", "cleartext", "plaintext"];

pub(super) fn read(text: &str, inner: &dyn Fn(&str) -> StoredHash) -> Option<StoredHash> {
    let (id, rest) = split(text)?;
    if CLEAR.contains(&id.as_str()) {
        return Some(if rest.is_empty() {
            StoredHash::Empty
        } else {
            StoredHash::Password
        });
    }
    let impossible = |what, why| Some(StoredHash::Impossible { what, why });
    if let Some(found) = encoded(&id, rest, inner) {
        return Some(found);
    }
    match id.as_str() {
        "crypt" | "des-crypt" => Some(of_crypt(rest, inner)),
        "bcrypt" | "blf-crypt" | "ldap" | "argon2" | "argon2i" | "argon2id" | "md5-crypt"
        | "sha256-crypt" | "sha512-crypt" => Some(inner(rest)),
        springs if springs.starts_with("argon2@") || springs.starts_with("bcrypt@") => {
            Some(inner(rest))
        }
        "scrypt" | "scrypt@springsecurity_v4_1" | "scrypt@springsecurity_v5_8" => {
            spring_scrypt(rest)
        }
        "pkcs5s2" => Some(atlassian(rest)),
        "sasl" | "kerberos" => impossible(
            "a marker of an LDAP directory",
            "says that the password is kept elsewhere, so there is no hash to import",
        ),
        "cram-md5" | "digest-md5" | "scram-sha-1" | "scram-sha-256" | "otp" | "skey" => impossible(
            "a challenge-response secret",
            "is not a hash of the password only, which is all that Auth0 takes",
        ),
        "nt" | "ntlm" => Some(crypt::nt_of_hex(rest)),
        pbkdf2 if pbkdf2.starts_with("pbkdf2") => self::pbkdf2(pbkdf2, rest),
        // Another marker, or Dovecot's {MD5} for md5-crypt.
        _ if rest.starts_with('$') => Some(inner(rest)),
        _ => digest(&id, rest),
    }
}

/// The scheme in lower case, and the rest.
fn split(text: &str) -> Option<(String, &str)> {
    let (id, rest) = text.strip_prefix('{')?.split_once('}')?;
    let named = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte));
    (named && !id.is_empty()).then(|| (id.to_ascii_lowercase(), rest))
}

/// Dovecot's marks may end in how the rest is written, `{SSHA256.hex}`.
fn encoded(id: &str, rest: &str, inner: &dyn Fn(&str) -> StoredHash) -> Option<StoredHash> {
    let (scheme, encoding) = id.rsplit_once('.')?;
    let bytes = match encoding {
        "hex" => BytesEncoding::Hex.decode(rest).ok()?,
        "b64" | "base64" => any_base64(rest)?,
        _ => return None,
    };
    let found = match String::from_utf8(bytes) {
        Ok(text) if text.starts_with('$') => inner(&text),
        Ok(_) if CLEAR.contains(&scheme) => return None,
        Ok(text) => inner(&format!("{{{scheme}}}{}", BASE64.encode(text))),
        Err(bytes) => inner(&format!("{{{scheme}}}{}", BASE64.encode(bytes.as_bytes()))),
    };
    Some(found)
}

/// The text after a marker for clear text.
pub(super) fn clear_text(text: &str) -> Option<&str> {
    let (id, rest) = split(text)?;
    CLEAR.contains(&id.as_str()).then_some(rest)
}

/// The meaning of `{CRYPT}` differs between systems; the text after it often says which one it is.
fn of_crypt(rest: &str, inner: &dyn Fn(&str) -> StoredHash) -> StoredHash {
    let is_des = rest.len() == 13 && rest.bytes().all(is_crypt_letter);
    match inner(rest) {
        StoredHash::Silent | StoredHash::Password | StoredHash::Empty => StoredHash::Impossible {
            what: if is_des {
                "a traditional Unix crypt hash"
            } else {
                "a hash with the scheme {CRYPT}"
            },
            why: if is_des {
                "is made with DES, which Auth0 does not support"
            } else {
                "does not say which algorithm follows {CRYPT}, which Auth0 does not take because its meaning differs between systems"
            },
        },
        found => found,
    }
}

fn spring_scrypt(rest: &str) -> Option<StoredHash> {
    let [params, salt, key] = rest.strip_prefix('$')?.split('$').collect::<Vec<_>>()[..] else {
        return None;
    };
    phc::packed_scrypt(params, salt, key)
}

fn atlassian(rest: &str) -> StoredHash {
    let (what, (salt_bytes, iterations)) = ("an Atlassian hash ({PKCS5S2})", ATLASSIAN);
    let bytes = any_base64(rest).filter(|bytes| bytes.len() == salt_bytes + 32);
    match bytes {
        Some(bytes) => {
            let (salt, key) = bytes.split_at(salt_bytes);
            description::pbkdf2(what, "sha1", iterations, salt, key)
        }
        None => StoredHash::Impossible {
            what,
            why: "does not have 48 bytes in base64, so it may be cut off",
        },
    }
}

/// Of Spring (hex), OpenLDAP (`10000$salt$hash`), Dovecot (`$1$salt$rounds$hash`), 389 Directory Server (bytes) or ForgeRock's and
/// OpenDJ's (`10000:` and bytes).
fn pbkdf2(id: &str, rest: &str) -> Option<StoredHash> {
    let what = "a PBKDF2 hash";
    if let Some((iterations, rest)) = rest.split_once(':') {
        let (digest, length) = match id {
            "pbkdf2" => ("sha1", 20),
            "pbkdf2-hmac-sha256" => ("sha256", 32),
            "pbkdf2-hmac-sha512" => ("sha512", 64),
            _ => return None,
        };
        let bytes = any_base64(rest)?;
        let (key, salt) = bytes.split_at_checked(length)?;
        let iterations = number(iterations)?;
        return Some(description::pbkdf2(what, digest, iterations, salt, key));
    }
    if let Ok(bytes) = BytesEncoding::Hex.decode(rest) {
        let spring = SPRING_PBKDF2.into_iter();
        let (salt, iterations, digest) = spring
            .filter(|_| id == "pbkdf2" || id.starts_with("pbkdf2@"))
            .find(|(salt, ..)| bytes.len() == salt + SPRING_KEY_BYTES)?;
        let (salt, key) = bytes.split_at(salt);
        return Some(description::pbkdf2(what, digest, iterations, salt, key));
    }
    match rest.split('$').collect::<Vec<_>>()[..] {
        ["", "1", salt, iterations, key] => {
            let key = BytesEncoding::Hex.decode(key).ok()?;
            Some(description::pbkdf2(
                what,
                "sha1",
                number(iterations)?,
                salt.as_bytes(),
                &key,
            ))
        }
        [iterations, salt, key] => {
            let digest = id
                .strip_prefix("pbkdf2")
                .filter(|digest| !digest.contains('@'))?;
            let digest = digest.strip_prefix(['-', '_']).unwrap_or("sha1");
            Some(description::pbkdf2(
                what,
                digest,
                number(iterations)?,
                &any_base64(salt)?,
                &any_base64(key)?,
            ))
        }
        _ if id == "pbkdf2_sha256" => directory_server(what, rest),
        _ => None,
    }
}

/// 389 Directory Server's: four bytes of iterations, then the salt, then the key.
fn directory_server(what: &'static str, rest: &str) -> Option<StoredHash> {
    let bytes = any_base64(rest)?;
    let (iterations, rest) = bytes.split_first_chunk::<4>()?;
    let (salt, key) = rest.split_at_checked(DIRECTORY_SERVER_SALT)?;
    let iterations = u32::from_be_bytes(*iterations);
    Some(description::pbkdf2(what, "sha256", iterations, salt, key))
}

/// A digest: LDAP's in base64, Spring's as `{salt}` and hex, Dovecot's in hex. Other schemes are unknown.
fn digest(id: &str, rest: &str) -> Option<StoredHash> {
    if let Some(found) = with_salt_in_text(id, rest) {
        return Some(found);
    }
    if id == "sha256"
        && BytesEncoding::Hex
            .decode(rest)
            .is_ok_and(|bytes| bytes.len() == 40)
    {
        return Some(StoredHash::Impossible {
            what: "a hash of Spring's StandardPasswordEncoder",
            why: "is made of 1,024 rounds of sha256, which custom_password_hash cannot describe",
        });
    }
    let plain = id
        .strip_prefix("plain-")
        .or_else(|| id.strip_prefix("ldap-"))
        .unwrap_or(id);
    let algorithm = match plain.replace('-', "").as_str() {
        "sha" | "sha1" => "sha1",
        "md4" => "md4",
        "md5" => "md5",
        "sha256" => "sha256",
        "sha512" => "sha512",
        _ => "",
    };
    if !algorithm.is_empty() {
        let described = |hash: &[u8], salt: Option<&str>| {
            // Spring mixes in the salt with its braces.
            let salt = salt.map(|salt| (salt.as_bytes(), Side::Suffix));
            described_digest(description::digest(algorithm, hash, salt))
        };
        let end = if rest.starts_with('{') {
            rest.find('}').map_or(0, |end| end + 1)
        } else {
            0
        };
        let (salt, hash) = rest.split_at(end);
        let is_spring = end > 0 || plain.contains('-') || plain != id || algorithm == "md4";
        if let Ok(hash) = BytesEncoding::Hex.decode(hash)
            && hash.len() >= 16
            && (is_spring || matches!(rest.len(), 32 | 40 | 64 | 128))
        {
            return Some(described(&hash, (end > 0).then_some(salt)));
        }
        if is_spring && let Some(hash) = any_base64(hash) {
            return Some(described(&hash, (end > 0).then_some(salt)));
        }
    }
    ldap(id, rest)
}

/// A digest, and a salt that is text: Joomla's `{SHA256}hash:salt`, and Jackrabbit Oak's `{SHA-256}salt-1000-hash`.
fn with_salt_in_text(id: &str, rest: &str) -> Option<StoredHash> {
    let is_digest = |part: &str| {
        BytesEncoding::Hex
            .decode(part)
            .is_ok_and(|hash| hash.len() == 32)
    };
    match (id, rest.split(':').collect::<Vec<_>>().as_slice()) {
        ("sha256", [hash, salt]) if is_digest(hash) => {
            let hash = BytesEncoding::Hex.decode(hash).ok()?;
            let salt = Some((salt.as_bytes(), Side::Suffix));
            Some(described_digest(description::digest("sha256", &hash, salt)))
        }
        ("sha-256" | "sha-512", _) if rest.split('-').count() == 3 => {
            number(rest.split('-').nth(1)?)?;
            Some(StoredHash::Impossible {
                what: "a Jackrabbit Oak hash",
                why: "is made of many rounds of a digest, which custom_password_hash cannot describe",
            })
        }
        _ => None,
    }
}

/// LDAP's own schemes, whose base64 is written as Auth0 wants it; some write hex.
fn ldap(id: &str, rest: &str) -> Option<StoredHash> {
    let scheme = match id.replace('-', "").as_str() {
        "sha1" => "SHA".to_string(),
        "ssha1" => "SSHA".to_string(),
        plain => plain.to_ascii_uppercase(),
    };
    let bits = scheme.strip_prefix("SSHA").or(scheme.strip_prefix("SHA"));
    let is_ldap = bits.is_some_and(|bits| ["", "224", "256", "384", "512"].contains(&bits))
        || ["MD5", "SMD5"].contains(&scheme.as_str());
    if !is_ldap {
        return None;
    }
    let rest: String = rest.split_whitespace().collect();
    let described =
        |value: &str| description::text("an LDAP hash", "ldap", &format!("{{{scheme}}}{value}"));
    let hex = BytesEncoding::Hex.decode(&rest).ok();
    let hex = hex.filter(|bytes| bytes.len() >= SHORTEST_HEX);
    if let Some(found @ StoredHash::Custom(_)) = hex.map(|bytes| described(&BASE64.encode(bytes))) {
        return Some(found);
    }
    Some(match any_base64(&rest) {
        Some(bytes) => described(&BASE64.encode(bytes)),
        None => described(&rest),
    })
}

fn described_digest(custom: Value) -> StoredHash {
    description::checked("a digest", custom)
}
