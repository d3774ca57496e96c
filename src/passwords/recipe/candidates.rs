//! Every recipe that a known hash could have been made by, what is most likely first.

use serde_json::{Value, json};

use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::digests::Digest;
use crate::passwords::hashes::encodings::BytesEncoding;
use crate::passwords::recipe::known_hash::KnownHash;

/// The names of what bytes are written in, Auth0's default first.
const ENCODINGS: [(&str, BytesEncoding); 3] = [
    ("utf8", BytesEncoding::Utf8),
    ("hex", BytesEncoding::Hex),
    ("base64", BytesEncoding::Base64),
];

/// Cost, block size and parallelization of scrypt that are in common use (Node's default, OWASP's list, Auth0's
/// examples), what is quickly tried first.
const SCRYPT_PARAMETERS: [(u32, u32, u32); 9] = [
    (1_024, 8, 1),
    (4_096, 8, 1),
    (8_192, 8, 1),
    (16_384, 8, 1),
    (32_768, 8, 1),
    (65_536, 8, 1),
    (16_384, 8, 5),
    (131_072, 8, 1),
    (65_536, 8, 2),
];

/// Every recipe that is quick to try; the shape of the first hash leads to them.
pub(crate) fn candidates(known: &[KnownHash]) -> Vec<Value> {
    let Some(first) = known.first() else {
        return Vec::new();
    };
    let mut recipes = by_their_own_word(first);
    recipes.extend(by_length(first));
    with_password_encodings(known, recipes)
}

/// A hash that begins with what it is, in a form that Auth0 reads: its algorithm, and the hash as it is read.
pub(crate) fn by_its_own_word(hash: &str) -> Option<(&'static str, CustomHash)> {
    let algorithm = match hash {
        hash if hash.starts_with("$2") => "bcrypt",
        hash if hash.starts_with("$argon2") => "argon2",
        hash if hash.starts_with("$pbkdf2") => "pbkdf2",
        hash if hash.starts_with('{') => "ldap",
        _ => return None,
    };
    let custom = json!({"algorithm": algorithm, "hash": {"value": hash}});
    Some((algorithm, CustomHash::read(&custom).ok()?))
}

fn by_their_own_word(known: &KnownHash) -> Vec<Value> {
    let Some((algorithm, read)) = by_its_own_word(known.hash.expose().trim()) else {
        return Vec::new();
    };
    let base = json!({"algorithm": algorithm, "hash": {"value": read.head()}});
    if algorithm == "bcrypt" {
        with_salts(known, &base)
    } else {
        vec![base]
    }
}

/// Hashes that are bytes: their number says which digests could have made them.
fn by_length(known: &KnownHash) -> Vec<Value> {
    let mut recipes = Vec::new();
    for (encoding, bytes) in readings(known) {
        for digest in Digest::of_length(bytes) {
            // Without a key these are digests, of which Auth0 takes five; with one, each can be an HMAC's.
            if matches!(digest.name(), "md4" | "md5" | "sha1" | "sha256" | "sha512") {
                let base = json!({"algorithm": digest.name(), "hash": {"encoding": encoding}});
                recipes.extend(with_salts(known, &base));
            }
            for key in keys(known) {
                let base = json!({"algorithm": "hmac", "hash": {"encoding": encoding, "digest": digest.name(), "key": key}});
                recipes.extend(with_salts(known, &base));
            }
        }
    }
    recipes
}

/// scrypt, of the password as UTF-8.
pub(crate) fn scrypts(known: &KnownHash) -> Vec<Value> {
    // What is hex reads as base64, too; here a second reading would cost seconds.
    let Some((encoding, bytes)) = readings(known).into_iter().find(|(_, bytes)| *bytes >= 16)
    else {
        return Vec::new();
    };
    SCRYPT_PARAMETERS
        .into_iter()
        .flat_map(|(cost, block_size, parallelization)| {
            let base = json!({"algorithm": "scrypt", "keylen": bytes, "cost": cost, "blockSize": block_size,
                "parallelization": parallelization, "hash": {"encoding": encoding}});
            with_salts(known, &base)
        })
        // Where the salt stands says nothing here, and nobody leaves it out.
        .filter(|recipe| recipe["salt"]["position"].is_null() && recipe.get("salt").is_some() == known.salt.is_some())
        .collect()
}

/// How the hash can be read as bytes, and how many they are.
fn readings(known: &KnownHash) -> Vec<(&'static str, usize)> {
    let hash = known.hash.expose().trim();
    ENCODINGS[1..]
        .iter()
        .filter_map(|(name, encoding)| Some((*name, encoding.decode(hash).ok()?.len())))
        .collect()
}

/// The recipe with the salt in each place and encoding, what is the default first and left out.
fn with_salts(known: &KnownHash, base: &Value) -> Vec<Value> {
    let Some(salt) = &known.salt else {
        return vec![base.clone()];
    };
    let mut recipes = Vec::new();
    for position in ["prefix", "suffix"] {
        for (name, encoding) in ENCODINGS {
            if encoding.decode(salt).is_ok() {
                let mut recipe = base.clone();
                recipe["salt"] = json!({});
                if position != "prefix" {
                    recipe["salt"]["position"] = position.into();
                }
                if name != "utf8" {
                    recipe["salt"]["encoding"] = name.into();
                }
                recipes.push(recipe);
            }
        }
    }
    recipes.push(base.clone());
    recipes
}

/// The recipes with each encoding of the password that makes a difference.
fn with_password_encodings(known: &[KnownHash], recipes: Vec<Value>) -> Vec<Value> {
    let ascii = known.iter().all(|known| known.password.expose().is_ascii());
    let encodings: &[&str] = if ascii {
        &["utf16le"]
    } else {
        &["latin1", "utf16le"]
    };
    let others = |recipe: Value| {
        let other = |encoding: &&str| {
            let mut other = recipe.clone();
            other["password"] = json!({"encoding": encoding});
            other
        };
        let others: Vec<Value> = encodings.iter().map(other).collect();
        std::iter::once(recipe).chain(others)
    };
    recipes.into_iter().flat_map(others).collect()
}

/// The keys an HMAC may have: the one that was given, or each user's salt.
fn keys(known: &KnownHash) -> Vec<Value> {
    let text = match (&known.key, &known.salt) {
        (Some(key), _) => key.expose(),
        (None, Some(salt)) => salt,
        (None, None) => return Vec::new(),
    };
    let fitting = ENCODINGS
        .into_iter()
        .filter(|(_, encoding)| encoding.decode(text).is_ok());
    fitting
        .map(|(name, _)| match &known.key {
            Some(key) => json!({"encoding": name, "value": key.expose()}),
            None => json!({"encoding": name}),
        })
        .collect()
}

/// What the second recipe has otherwise than the first, unless it is a matter of words.
pub(crate) fn difference(first: &Value, other: &Value) -> Option<String> {
    let (first, other) = (in_words(first), in_words(other));
    (first != other).then_some(other)
}

/// A recipe in a few words, without a key.
pub(crate) fn in_words(recipe: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let mut words = vec![text(&recipe["algorithm"])];
    words.extend(
        recipe["hash"]
            .get("digest")
            .map(|digest| format!("with {}", text(digest))),
    );
    words.extend(recipe["hash"].get("encoding").map(text));
    words.extend(
        recipe["hash"]["key"]
            .get("encoding")
            .map(|encoding| format!("key as {}", text(encoding))),
    );
    if let Some(salt) = recipe.get("salt") {
        let position = salt["position"].as_str().unwrap_or("prefix");
        let encoding = salt["encoding"].as_str().unwrap_or("utf8");
        words.push(format!("salt as {encoding} {position}"));
    }
    words.extend(
        recipe["password"]
            .get("encoding")
            .map(|encoding| format!("password as {}", text(encoding))),
    );
    words.join(", ")
}
