//! Whether a password fits a `custom_password_hash`, for all the algorithms that Auth0 takes.
//!
//! The import takes everything that its published schema allows. A wrong description fits no password, as at Auth0, where it
//! looks like a wrong password. The slow hashes are in `slow_hashes.rs`, the digests in `digests.rs`.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::rules::digests::Digest;
use crate::rules::slow_hashes;

/// Whether the password fits the hash.
pub(crate) fn fits(password: &str, custom: &Value) -> bool {
    check(password, custom).unwrap_or(false)
}

/// A password's bcrypt hash as Auth0 makes them; `None` of a password that bcrypt does not take.
pub(crate) fn bcrypt_of(password: &str, salt: [u8; 16]) -> Option<String> {
    let hash = bcrypt::hash_with_salt(password, 10, salt).ok()?;
    Some(hash.format_for_version(bcrypt::Version::TwoB))
}

/// `None` for what is described wrongly.
fn check(password: &str, custom: &Value) -> Option<bool> {
    let hash = custom.get("hash")?;
    let password = encoded(password, custom.get("password"))?;
    let salt = custom.get("salt");
    match custom.get("algorithm")?.as_str()? {
        // These hold their salt in the hash, and take no other.
        "argon2" | "ldap" | "pbkdf2" if salt.is_some() => None,
        "argon2" => slow_hashes::argon2(&password, text_of(hash)?),
        "ldap" => ldap(&password, text_of(hash)?),
        "pbkdf2" => slow_hashes::pbkdf2(&password, text_of(hash)?),
        "bcrypt" => slow_hashes::bcrypt(&salted(password, salt)?, text_of(hash)?),
        "hmac" => {
            let digest = Digest::named(hash.get("digest")?.as_str()?)?;
            let key = bytes_of(hash.get("key")?)?;
            Some(digest.hmac(&key, &salted(password, salt)?)? == binary_of(hash)?)
        }
        // Its salt is an input of its own: the position says nothing.
        "scrypt" => {
            let salt = salt.map_or(Some(Vec::new()), bytes_of)?;
            slow_hashes::scrypt(&password, &salt, &binary_of(hash)?, custom)
        }
        digest @ ("md4" | "md5" | "sha1" | "sha256" | "sha512") => {
            Some(Digest::named(digest)?.of(&salted(password, salt)?) == binary_of(hash)?)
        }
        _ => None,
    }
}

/// The password's bytes in the encoding that the old system hashed them in, as Node's buffers have it: of what is no
/// Latin 1, its three names for that keep the low byte of each UTF-16 unit.
fn encoded(password: &str, description: Option<&Value>) -> Option<Vec<u8>> {
    let encoding = description.map_or(Some("utf8"), encoding_of)?;
    let units = password.encode_utf16();
    Some(match encoding {
        "utf8" => password.as_bytes().to_vec(),
        "utf16le" | "ucs2" => units.flat_map(u16::to_le_bytes).collect(),
        "ascii" | "latin1" | "binary" => units.map(|unit| unit.to_le_bytes()[0]).collect(),
        _ => return None,
    })
}

/// The salt before or after the password.
fn salted(password: Vec<u8>, salt: Option<&Value>) -> Option<Vec<u8>> {
    let Some(salt) = salt else {
        return Some(password);
    };
    let bytes = bytes_of(salt)?;
    match salt.get("position").map_or(Some("prefix"), Value::as_str)? {
        "prefix" => Some([bytes, password].concat()),
        "suffix" => Some([password, bytes].concat()),
        _ => None,
    }
}

/// RFC 2307: a scheme in braces, then base64 of the digest, and behind it the salt when the scheme begins with an S
/// for that. crypt means another thing on each system, so Auth0 does not take it.
fn ldap(password: &[u8], value: &str) -> Option<bool> {
    let (scheme, base64) = value.strip_prefix('{')?.split_once('}')?;
    let scheme = scheme.to_ascii_lowercase();
    let (is_salted, digest) = match scheme.strip_prefix('s') {
        Some(rest @ ("md5" | "sha" | "sha224" | "sha256" | "sha384" | "sha512")) => (true, rest),
        _ => (false, scheme.as_str()),
    };
    let digest = match digest {
        "md5" | "sha224" | "sha256" | "sha384" | "sha512" => Digest::named(digest)?,
        "sha" => Digest::Sha1,
        _ => return None,
    };
    let bytes = from_base64(base64)?;
    let (hash, salt) = bytes.split_at_checked(digest.len())?;
    // A salted hash without a salt, and another with one, are cut wrongly.
    if salt.is_empty() == is_salted {
        return None;
    }
    Some(digest.of(&[password, salt].concat()) == hash)
}

/// The value of a hash that is text by itself.
fn text_of(hash: &Value) -> Option<&str> {
    let value = hash.get("value")?.as_str()?;
    (encoding_of(hash)? == "utf8").then_some(value)
}

/// The value of a hash that is bytes: as text they could not be given.
fn binary_of(hash: &Value) -> Option<Vec<u8>> {
    (encoding_of(hash)? != "utf8").then(|| bytes_of(hash))?
}

/// The bytes of a value with its encoding, such as a salt or a key.
fn bytes_of(described: &Value) -> Option<Vec<u8>> {
    let value = described.get("value")?.as_str()?;
    match encoding_of(described)? {
        "utf8" => Some(value.as_bytes().to_vec()),
        "hex" => from_hex(value),
        "base64" => from_base64(value),
        _ => None,
    }
}

fn encoding_of(described: &Value) -> Option<&str> {
    described
        .get("encoding")
        .map_or(Some("utf8"), Value::as_str)
}

/// In upper or lower case.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let [high, low] = *pair else { return None };
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        })
        .collect()
}

/// In the usual alphabet or that for URLs, with padding or without.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let alphabet = if text.contains(['-', '_']) {
        URL_SAFE
    } else {
        STANDARD
    };
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use serde_json::json;

    use super::*;

    /// A hash of "right" in each family, as text and as bytes. The parameters are small, so that a case is quick.
    fn good() -> Vec<Value> {
        let text = |algorithm: &str, value: &str| json!({"algorithm": algorithm, "hash": {"value": value, "encoding": "utf8"}});
        vec![
            text(
                "bcrypt",
                "$2b$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC",
            ),
            text("ldap", "{SSHA}j5gAF2xH6RJxbYCEfrN5+CgEZod4eXo="),
            text(
                "pbkdf2",
                "$pbkdf2-ripemd$i=100,l=48$c2FsdHNhbHQ$vmEcuFP/AOPz/7ISOl/Qu59ALwNckn6BGI2HMvxKYf1CtWGJ6W5meLCVfYwc1nBv",
            ),
            text(
                "argon2",
                "$argon2id$v=19$m=1024,t=2,p=2$c2FsdHNhbHQ$5Cooz5STzRqPADi70fEmmFhlIINfRzL7hT9o9i6ffkw",
            ),
            json!({"algorithm": "scrypt", "hash": {"value": "8032c1f1cce5a64aca7ec814e08fac774855606d", "encoding": "hex"},
                "salt": {"value": "AP8Q", "encoding": "base64"}, "keylen": 20, "cost": 1024, "blockSize": 4, "parallelization": 3}),
            json!({"algorithm": "hmac", "hash": {"value": "BzlOs9ft3nlayrOlx61kmQ3B+qm7cXhwkzrjSPgINbI=", "encoding": "base64",
                "digest": "sha256", "key": {"value": "00ff10", "encoding": "hex"}}, "salt": {"value": "pepper"}}),
            json!({"algorithm": "sha1", "hash": {"value": "b3d0b324153a76fa8a18ccde83e83dcb26e20f38", "encoding": "hex"},
                "salt": {"value": "00ff10", "encoding": "hex", "position": "suffix"}, "password": {"encoding": "latin1"}}),
        ]
    }

    const PLACES: [&str; 19] = [
        "",
        "/algorithm",
        "/hash",
        "/hash/value",
        "/hash/encoding",
        "/hash/digest",
        "/hash/key",
        "/hash/key/value",
        "/hash/key/encoding",
        "/salt",
        "/salt/value",
        "/salt/encoding",
        "/salt/position",
        "/password",
        "/password/encoding",
        "/keylen",
        "/cost",
        "/blockSize",
        "/parallelization",
    ];

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            let entry = (
                select(&["value", "encoding", "hash", "algorithm"][..]),
                inner.clone(),
            );
            prop_oneof![
                vec(inner, 0..3).prop_map(Value::from),
                vec(entry, 0..3).prop_map(|entries| entries.into_iter().collect()),
            ]
        })
    }

    /// The text with some of its characters replaced.
    fn spoilt(text: &str, at: Index, count: usize, other: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let at = at.index(letters.len() + 1);
        let end = (at + count).min(letters.len());
        [
            &letters[..at],
            &other.chars().collect::<Vec<_>>()[..],
            &letters[end..],
        ]
        .concat()
        .iter()
        .collect()
    }

    #[test]
    fn the_good_ones_fit() {
        for custom in good() {
            assert!(fits("right", &custom), "{custom}");
        }
    }

    #[test]
    fn half_a_byte_and_what_is_no_hex_are_refused() {
        assert_eq!(from_hex("0aFf"), Some(vec![0x0a, 0xff]));
        for wrong in ["abc", "0g", "+1", "é", "ab "] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_described_nothing_panics_and_no_other_password_fits(
            mut custom in select(good()),
            replaced in vec((select(&PLACES[..]), anything()), 0..3),
            (at, count, other) in (any::<Index>(), 0_usize..4, ".{0,3}"),
            password in "x.{0,40}",
        ) {
            if let Some(Value::String(text)) = custom.pointer_mut("/hash/value") {
                *text = spoilt(text, at, count, &other);
            }
            for (place, value) in replaced {
                if let Some(there) = custom.pointer_mut(place) {
                    *there = value;
                }
            }
            prop_assert!(!fits(&password, &custom));
        }
    }
}
