//! The kinds of hash that Auth0 takes, each read by the rules it has for it.

use std::borrow::Cow;

use serde_json::Value;

use crate::passwords::hashes::digests::Digest;
use crate::passwords::hashes::encodings::BytesEncoding;
use crate::passwords::hashes::slow::{Phc, SlowHash};

/// A hash, or the beginning that all of its kind have.
pub(crate) enum Kind {
    Bcrypt {
        head: String,
        cost: u32,
        hash: Option<String>,
    },
    Digest {
        digest: Digest,
        hash: Option<Vec<u8>>,
    },
    Hmac {
        digest: Digest,
        key: Vec<u8>,
        hash: Option<Vec<u8>>,
    },
    Ldap {
        scheme: String,
        digest: Digest,
        salted: bool,
        ends: Option<(Vec<u8>, Vec<u8>)>,
    },
    Phc {
        slow: SlowHash,
        length: usize,
        phc: Phc,
    },
    Scrypt {
        slow: SlowHash,
        length: usize,
        hash: Option<Vec<u8>>,
    },
}

impl Kind {
    pub(crate) fn read(algorithm: &str, custom: &Value) -> Result<Kind, Fault> {
        let value = custom.get("hash").and_then(|hash| text(hash, "value"));
        match algorithm {
            "bcrypt" => {
                text_alone(custom, algorithm)?;
                bcrypt_kind(value)
            }
            "argon2" | "pbkdf2" => {
                text_alone(custom, algorithm)?;
                let default = if algorithm == "argon2" {
                    "$argon2id$v=19$m=19456,t=2,p=1"
                } else {
                    "$pbkdf2-sha512"
                };
                let phc = Phc::read(value.unwrap_or(default)).map_err(in_value)?;
                let read = if algorithm == "argon2" {
                    SlowHash::argon2(&phc)
                } else {
                    SlowHash::pbkdf2(&phc)
                };
                let (slow, length) = read.map_err(in_value)?;
                Ok(Kind::Phc { slow, length, phc })
            }
            "ldap" => {
                text_alone(custom, algorithm)?;
                ldap_kind(value.unwrap_or("{SSHA512}"))
            }
            "hmac" => {
                let hash = custom.get("hash").unwrap_or(&Value::Null);
                let digest = text(hash, "digest").and_then(Digest::named);
                let digest =
                    digest.ok_or(("hash.digest", "is missing, and hmac needs it".into()))?;
                let key = hash.get("key").unwrap_or(&Value::Null);
                let encoding = BytesEncoding::named(text(key, "encoding").unwrap_or("utf8"));
                let encoding = encoding.ok_or(("hash.key.encoding", "is not known".into()))?;
                let key = encoding.decode(text(key, "value").unwrap_or_default());
                let key = key.map_err(|words| ("hash.key.value", words.into()))?;
                let hash = bytes_of(custom, algorithm, digest.bytes())?;
                Ok(Kind::Hmac { digest, key, hash })
            }
            "scrypt" => scrypt_kind(custom),
            digest => {
                let known = Digest::named(digest).ok_or(("algorithm", "is not known".into()))?;
                let hash = bytes_of(custom, algorithm, known.bytes())?;
                Ok(Kind::Digest {
                    digest: known,
                    hash,
                })
            }
        }
    }
}

fn in_value(words: &'static str) -> Fault {
    ("hash.value", words.into())
}

/// These hashes are text by themselves.
fn text_alone(custom: &Value, algorithm: &str) -> Result<(), Fault> {
    match custom.get("hash").and_then(|hash| text(hash, "encoding")) {
        None | Some("utf8") => Ok(()),
        Some(_) => Err((
            "hash.encoding",
            format!("must be utf8 or left out for {algorithm}, whose hash is text").into(),
        )),
    }
}

/// The bytes of a hash that is not a text.
fn bytes_of(custom: &Value, algorithm: &str, length: usize) -> Result<Option<Vec<u8>>, Fault> {
    let hash = custom.get("hash").unwrap_or(&Value::Null);
    let encoding = text(hash, "encoding").and_then(BytesEncoding::named);
    let Some(encoding @ (BytesEncoding::Hex | BytesEncoding::Base64)) = encoding else {
        return Err((
            "hash.encoding",
            format!("must be hex or base64 for {algorithm}").into(),
        ));
    };
    let bytes = text(hash, "value")
        .map(|value| encoding.decode(value))
        .transpose()
        .map_err(in_value)?;
    match &bytes {
        Some(bytes) if bytes.len() != length => Err((
            "hash.value",
            format!(
                "has {} bytes, and {algorithm} makes {length} here",
                bytes.len()
            )
            .into(),
        )),
        _ => Ok(bytes),
    }
}

fn bcrypt_kind(value: Option<&str>) -> Result<Kind, Fault> {
    let value = value.unwrap_or("$2b$10$");
    if !["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| value.starts_with(prefix))
    {
        return Err(in_value(
            "is not a bcrypt hash that Auth0 takes: it must begin with $2a$, $2b$ or $2y$",
        ));
    }
    let cost = value.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
    let cost = cost.filter(|cost| (4..=31).contains(cost) && value.get(6..7) == Some("$"));
    let cost = cost.ok_or(in_value(
        "must have a cost of two digits, 04 to 31, after its beginning",
    ))?;
    let (head, salted) = value.split_at(7);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/';
    let hash = match salted {
        "" => None,
        _ if salted.len() != 53 => {
            return Err(in_value(
                "is cut off or too long: there must be 53 characters after the cost",
            ));
        }
        _ if !salted.bytes().all(letter) => {
            return Err(in_value(
                "has a character outside of bcrypt's alphabet (./A-Za-z0-9)",
            ));
        }
        _ => Some(value.to_string()),
    };
    Ok(Kind::Bcrypt {
        head: head.to_string(),
        cost,
        hash,
    })
}

/// RFC 2307: a scheme in braces, then base64 of the digest, followed by the salt if the scheme is a salted one.
fn ldap_kind(value: &str) -> Result<Kind, Fault> {
    let split = value
        .strip_prefix('{')
        .and_then(|rest| rest.split_once('}'));
    let (scheme, hash) = split.ok_or(in_value(
        "is not an LDAP hash: it must begin with the scheme in braces, as in {SSHA}",
    ))?;
    let upper = scheme.to_ascii_uppercase();
    let (salted, plain) = match upper.as_str() {
        "SMD5" => (true, "md5"),
        "MD5" => (false, "md5"),
        salted if salted.starts_with("SSHA") => (true, &upper[1..]),
        "CRYPT" => {
            return Err(in_value(
                "has the scheme {CRYPT}, which Auth0 does not take because its meaning differs between systems",
            ));
        }
        plain => (false, plain),
    };
    let digest = match plain.to_ascii_lowercase().as_str() {
        "sha" => Some(Digest::Sha1),
        name @ ("md5" | "sha224" | "sha256" | "sha384" | "sha512") => Digest::named(name),
        _ => None,
    };
    let digest = digest.ok_or(in_value(
        "has a scheme that Auth0 does not take: use MD5, SMD5, SHA, SHA256, SHA512, SSHA, SSHA256, SSHA512 or the like",
    ))?;
    let scheme = scheme.to_string();
    if hash.is_empty() {
        return Ok(Kind::Ldap {
            scheme,
            digest,
            salted,
            ends: None,
        });
    }
    let bytes = BytesEncoding::Base64.decode(hash).map_err(in_value)?;
    match bytes.split_at_checked(digest.bytes()) {
        Some((hash, salt)) if salt.is_empty() != salted => {
            let ends = Some((hash.to_vec(), salt.to_vec()));
            Ok(Kind::Ldap {
                scheme,
                digest,
                salted,
                ends,
            })
        }
        _ => Err((
            "hash.value",
            format!(
                "has {} bytes, which do not fit its scheme: it needs {} bytes of hash, and then salt only if the scheme is a salted one",
                bytes.len(),
                digest.bytes()
            )
            .into(),
        )),
    }
}

fn scrypt_kind(custom: &Value) -> Result<Kind, Fault> {
    let number = |name: &'static str, default: Option<u64>| -> Result<u64, Fault> {
        let given = match custom.get(name) {
            None => default,
            // A JSON number may be written 32.0.
            Some(value) => value.as_f64().map(|number| number as u64),
        };
        given
            .filter(|number| (1..=u64::from(u32::MAX)).contains(number))
            .ok_or((name, "must be a number above 0, which scrypt needs".into()))
    };
    let (length, cost) = (number("keylen", None)?, number("cost", Some(16_384))?);
    let (block_size, parallelization) = (
        number("blockSize", Some(8))?,
        number("parallelization", Some(1))?,
    );
    if cost < 2 || !cost.is_power_of_two() {
        return Err(("cost", "must be a power of two above 1 for scrypt".into()));
    }
    let length = length as usize;
    let slow = SlowHash::Scrypt {
        log_cost: cost.ilog2() as u8,
        block_size: block_size as u32,
        parallelization: parallelization as u32,
    };
    let hash = bytes_of(custom, "scrypt", length)?;
    Ok(Kind::Scrypt { slow, length, hash })
}

/// What is wrong with a description: the field within it, and why.
pub(crate) type Fault = (&'static str, Cow<'static, str>);

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
