//! Every recipe that a known hash could have been made by, what is most likely first.

use serde_json::{Value, json};

use crate::custom_hash::CustomHash;
use crate::detective::KnownHash;
use crate::digests::Digest;
use crate::encodings::BytesEncoding;

/// The names of what bytes are written in, Auth0's default first.
const ENCODINGS: [(&str, BytesEncoding); 3] = [
    ("utf8", BytesEncoding::Utf8),
    ("hex", BytesEncoding::Hex),
    ("base64", BytesEncoding::Base64),
];

/// Hashes that begin with what they are.
pub(crate) fn by_their_own_word(known: &KnownHash) -> Vec<Value> {
    let hash = known.hash.expose().trim();
    let algorithm = match hash {
        hash if hash.starts_with("$2") => "bcrypt",
        hash if hash.starts_with("$argon2") => "argon2",
        hash if hash.starts_with("$pbkdf2") => "pbkdf2",
        hash if hash.starts_with('{') => "ldap",
        _ => return Vec::new(),
    };
    let head = match CustomHash::read(&json!({"algorithm": algorithm, "hash": {"value": hash}})) {
        Ok(read) => read.head(),
        Err(_) => return Vec::new(),
    };
    let base = json!({"algorithm": algorithm, "hash": {"value": head}});
    let salted = if algorithm == "bcrypt" {
        with_salts(known, &base)
    } else {
        vec![base]
    };
    salted
        .iter()
        .flat_map(|recipe| with_password_encodings(known, recipe))
        .collect()
}

/// Hashes that are bytes: their number says which digests could have made them.
pub(crate) fn by_length(known: &KnownHash) -> Vec<Value> {
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
        .iter()
        .flat_map(|recipe| with_password_encodings(known, recipe))
        .collect()
}

/// scrypt with the parameters of Node's default, OWASP's list, Passlib's and Firebase's neighbours.
pub(crate) fn scrypts(known: &KnownHash) -> Vec<Value> {
    let mut recipes = Vec::new();
    for (cost, block_size, parallelization) in [
        (16_384, 8, 1),
        (32_768, 8, 1),
        (65_536, 8, 1),
        (131_072, 8, 1),
        (8_192, 8, 1),
        (1_024, 8, 1),
        (16_384, 8, 5),
        (65_536, 8, 2),
    ] {
        for (encoding, bytes) in readings(known)
            .into_iter()
            .filter(|(_, bytes)| *bytes >= 16)
        {
            let base = json!({"algorithm": "scrypt", "keylen": bytes, "cost": cost, "blockSize": block_size,
                "parallelization": parallelization, "hash": {"encoding": encoding}});
            // Where the salt stands says nothing here.
            recipes.extend(
                with_salts(known, &base)
                    .into_iter()
                    .filter(|recipe| recipe["salt"]["position"].is_null()),
            );
        }
    }
    recipes
        .iter()
        .flat_map(|recipe| with_password_encodings(known, recipe))
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

/// The recipe with each encoding of the password that makes a difference.
fn with_password_encodings(known: &KnownHash, base: &Value) -> Vec<Value> {
    let mut recipes = vec![base.clone()];
    for encoding in ["latin1", "utf16le"] {
        if encoding != "latin1" || !known.password.expose().is_ascii() {
            let mut recipe = base.clone();
            recipe["password"] = json!({"encoding": encoding});
            recipes.push(recipe);
        }
    }
    recipes
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
