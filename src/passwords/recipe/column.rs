//! How a system's column holds what Auth0 needs in separate fields: hash and salt in one text, base64 around it, PBKDF2 with a
//! separate salt.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::encodings::{BASE64, BytesEncoding, any_base64, hex_or_base64};
use crate::passwords::hashes::kinds::{Fault, Kind};
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::hashes::stored::wrapped::HEX_MARKS;
use base64::Engine;

/// What a recipe says of the columns beside Auth0's own words, under `column`.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Column {
    /// Each hash says by itself how it was made.
    pub(crate) itself: bool,
    /// The text that counts is in base64.
    pub(crate) inside_base64: bool,
    pub(crate) parts: Option<Parts>,
    /// For PBKDF2: how hash and salt are written; Auth0 needs them in one text.
    pub(crate) apart: Option<(BytesEncoding, BytesEncoding)>,
    pub(crate) key: Option<Key>,
}

/// Hash and salt in one column.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Parts {
    /// With a character between them.
    Text { separator: char, salt_first: bool },
    /// As bytes, with this many bytes of salt.
    Bytes { salt: usize, salt_first: bool },
}

/// What the key of an HMAC is made of.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Key {
    Salt,
    /// The salt again and again, as long as a block of the digest.
    RepeatedSalt,
}

impl Column {
    /// Takes `column` out of a recipe.
    pub(crate) fn taken_from(recipe: &mut Value) -> Result<Column, Fault> {
        let taken = recipe
            .as_object_mut()
            .and_then(|recipe| recipe.remove("column"));
        let Some(taken) = taken else {
            return Ok(Column::default());
        };
        let column = Column::read(&taken);
        // If it is written differently from how it was read, it has an unknown word.
        let column = column.filter(|column| column.json() == taken);
        column.ok_or((
            "column",
            "is not a field here: use `itself`, or any of `inside`, `parts` (`hash:salt`), `salt_bytes` and `salt_at`, `hash` and `salt`, and `key`".into(),
        ))
    }

    fn read(value: &Value) -> Option<Column> {
        let text = |name: &str| value[name].as_str();
        let parts = match (text("parts"), value["salt_bytes"].as_u64()) {
            (Some(parts), _) => {
                let salt_first = parts.starts_with("salt");
                let separator = parts
                    .replace("salt", "")
                    .replace("hash", "")
                    .chars()
                    .next()?;
                Some(Parts::Text {
                    separator,
                    salt_first,
                })
            }
            (None, Some(salt)) => {
                let salt_first = text("salt_at") == Some("beginning");
                Some(Parts::Bytes {
                    salt: usize::try_from(salt).ok()?,
                    salt_first,
                })
            }
            (None, None) => None,
        };
        let encodings =
            [text("hash"), text("salt")].map(|name| name.and_then(BytesEncoding::named));
        Some(Column {
            itself: value["itself"] == true,
            inside_base64: text("inside") == Some("base64"),
            parts,
            apart: encodings[0].zip(encodings[1]),
            key: match text("key") {
                Some("salt") => Some(Key::Salt),
                Some("salt repeated") => Some(Key::RepeatedSalt),
                _ => None,
            },
        })
    }

    /// The recipe's `column`; an empty object for a column in Auth0's form.
    pub(crate) fn json(&self) -> Value {
        let mut words = Map::new();
        let mut add = |name: &str, value: Value| words.insert(name.to_string(), value);
        if self.itself {
            add("itself", true.into());
        }
        if self.inside_base64 {
            add("inside", "base64".into());
        }
        match self.parts {
            Some(Parts::Text {
                separator,
                salt_first: true,
            }) => {
                add("parts", format!("salt{separator}hash").into());
            }
            Some(Parts::Text {
                separator,
                salt_first: false,
            }) => {
                add("parts", format!("hash{separator}salt").into());
            }
            Some(Parts::Bytes { salt, salt_first }) => {
                add("salt_bytes", salt.into());
                add(
                    "salt_at",
                    if salt_first { "beginning" } else { "end" }.into(),
                );
            }
            None => {}
        }
        if let Some((hash, salt)) = self.apart {
            add("hash", hash.name().into());
            add("salt", salt.name().into());
        }
        if let Some(key) = self.key {
            let key = if key == Key::Salt {
                "salt"
            } else {
                "salt repeated"
            };
            add("key", key.into());
        }
        Value::Object(words)
    }

    /// A recipe filled in from the columns: a `custom_password_hash`.
    pub(crate) fn fill(
        &self,
        recipe: &Value,
        hash: &str,
        salt: Option<&str>,
    ) -> Result<Value, Fault> {
        if self.itself {
            let mut custom = described_by_itself(hash, salt.unwrap_or_default())?;
            // The one thing that no hash says.
            if let Some(encoding) = recipe.get("password") {
                custom["password"] = encoding.clone();
            }
            return Ok(custom);
        }
        let (hash, salt) = self.texts(hash.trim(), salt)?;
        let mut custom = recipe.clone();
        if let Some(encodings) = self.apart {
            custom["hash"]["value"] =
                in_one_text(&custom, &hash, &salt.unwrap_or_default(), encodings)?.into();
            return Ok(custom);
        }
        custom["hash"]["value"] = hash.into();
        if let Some(salt) = salt {
            if let Some(key) = self.key {
                custom["hash"]["key"] = key.of(&salt, &custom["hash"])?;
            } else if custom.get("salt").is_some() {
                custom["salt"]["value"] = salt.into();
            }
        }
        to_usual_writing(&mut custom);
        Ok(custom)
    }

    /// Hash and salt by themselves.
    pub(crate) fn texts(
        &self,
        hash: &str,
        salt: Option<&str>,
    ) -> Result<(String, Option<String>), Fault> {
        let inside = if self.inside_base64 {
            let decoded = BASE64
                .decode(hash)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            decoded.ok_or((
                "hash.value",
                "is not base64 of text, which the recipe says it is".into(),
            ))?
        } else {
            unmarked(hash).to_string()
        };
        let (hash, salt) = match self.parts {
            None => return Ok((inside, salt.map(str::to_string))),
            Some(Parts::Text {
                separator,
                salt_first,
            }) => {
                let (first, second) = inside.split_once(separator).ok_or((
                    "hash.value",
                    "lacks the character that the recipe puts between hash and salt".into(),
                ))?;
                let (hash, salt) = if salt_first {
                    (second, first)
                } else {
                    (first, second)
                };
                (hash.to_string(), salt.to_string())
            }
            Some(Parts::Bytes { salt, salt_first }) => {
                let bytes = hex_or_base64(&inside).filter(|bytes| bytes.len() > salt);
                let bytes = bytes.ok_or((
                    "hash.value",
                    "is too short to hold the salt that the recipe describes".into(),
                ))?;
                let (first, second) =
                    bytes.split_at(if salt_first { salt } else { bytes.len() - salt });
                let (hash, salt) = if salt_first {
                    (second, first)
                } else {
                    (first, second)
                };
                let [hash, salt] = [hash, salt].map(|bytes| BytesEncoding::Hex.encode(bytes));
                (hash, salt)
            }
        };
        Ok((hash, Some(salt)))
    }
}

/// Base64 in the alphabet for URLs becomes base64 in the usual one, and hex loses the mark that a database writes before it: so the
/// rules here, and Auth0, want it.
pub(crate) fn to_usual_writing(custom: &mut Value) {
    for field in ["hash", "salt"] {
        let Some(Value::Object(field)) = custom.get_mut(field) else {
            continue;
        };
        let is = |name: &str| {
            field
                .get("encoding")
                .is_some_and(|encoding| encoding == name)
        };
        let (is_base64, is_hex) = (is("base64"), is("hex"));
        if let Some(Value::String(value)) = field.get_mut("value") {
            if is_base64 {
                *value = value.replace('-', "+").replace('_', "/");
            } else if is_hex && unmarked(value).len() < value.len() {
                *value = unmarked(value).to_string();
            }
        }
    }
}

/// Hex without the mark that databases write before it (`0x`, `\\x`); another text as it is.
pub(crate) fn unmarked(text: &str) -> &str {
    let mut marks = HEX_MARKS.iter();
    let hex = marks.find_map(|mark| text.strip_prefix(mark));
    let hex = hex.filter(|hex| !hex.is_empty() && BytesEncoding::Hex.decode(hex).is_ok());
    hex.unwrap_or(text)
}

/// A text in this encoding, in hex without its mark.
pub(crate) fn decoded(encoding: BytesEncoding, text: &str) -> Result<Vec<u8>, &'static str> {
    match encoding {
        BytesEncoding::Hex => encoding.decode(unmarked(text)),
        _ => encoding.decode(text),
    }
}

fn described_by_itself(hash: &str, salt: &str) -> Result<Value, Fault> {
    match StoredHash::with_salt(hash, salt) {
        StoredHash::Bcrypt(hash) => Ok(json!({"algorithm": "bcrypt", "hash": {"value": hash}})),
        StoredHash::Custom(custom) => Ok(custom),
        StoredHash::Impossible { why, .. } => Err(("hash.value", why.into())),
        _ => Err(("hash.value", "does not say how it was made".into())),
    }
}

/// PBKDF2 as Auth0 takes it, by the head that the recipe has.
fn in_one_text(
    recipe: &Value,
    hash: &str,
    salt: &str,
    (of_hash, of_salt): (BytesEncoding, BytesEncoding),
) -> Result<String, Fault> {
    let read = CustomHash::read(recipe)?;
    let Kind::Phc { phc, .. } = read.kind else {
        return Err((
            "column",
            "has `hash` and `salt`, which are only for pbkdf2 and argon2".into(),
        ));
    };
    let bytes = |encoding: BytesEncoding, text: &str, field| {
        let any = any_base64(text).filter(|_| encoding == BytesEncoding::Base64);
        let read = any.map_or_else(|| decoded(encoding, text), Ok);
        read.map_err(|words| (field, Cow::from(words)))
    };
    let key = bytes(of_hash, hash, "hash.value")?;
    let salt = bytes(of_salt, salt, "salt.value")?;
    Ok(phc.with_ends(&salt, &key))
}

impl Key {
    /// The key that this salt makes; `hash` says its encoding and the digest.
    fn of(self, salt: &str, hash: &Value) -> Result<Value, Fault> {
        let encoding = hash["key"]["encoding"].as_str().unwrap_or("utf8");
        let salt = if encoding == "hex" {
            unmarked(salt)
        } else {
            salt
        };
        if self == Key::Salt {
            return Ok(json!({"value": salt, "encoding": encoding}));
        }
        let bytes = BytesEncoding::named(encoding).and_then(|encoding| encoding.decode(salt).ok());
        let bytes = bytes.filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or((
            "salt.value",
            "is not in the encoding that the recipe gives".into(),
        ))?;
        let block = if matches!(hash["digest"].as_str(), Some("sha384" | "sha512")) {
            128
        } else {
            64
        };
        let key: Vec<u8> = bytes.into_iter().cycle().take(block).collect();
        Ok(json!({"value": BASE64.encode(key), "encoding": "base64"}))
    }
}
