//! Every recipe that is quick to try and could have made a known hash, the likeliest first.

use serde_json::{Value, json};

use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::digests::Digest;
use crate::passwords::hashes::encodings::{BytesEncoding, any_base64};
use crate::passwords::recipe::column::{Column, Key, decoded, unmarked};
use crate::passwords::recipe::forms::{Form, forms};
use crate::passwords::recipe::known_hash::KnownHash;

/// The names of what bytes are written in, Auth0's default first.
pub(crate) const ENCODINGS: [(&str, BytesEncoding); 3] = [
    ("utf8", BytesEncoding::Utf8),
    ("hex", BytesEncoding::Hex),
    ("base64", BytesEncoding::Base64),
];
/// Bytes of the shortest salt that .NET makes a key of.
const SHORTEST_KEY: usize = 8;

/// A recipe that may be the one.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) custom: Value,
    pub(crate) column: Column,
}

impl Candidate {
    /// Whether the recipe verifies the hash; an error when it is not tried.
    pub(crate) fn fits(&self, known: &KnownHash) -> Result<bool, String> {
        let filled = self
            .column
            .fill(&self.custom, known.hash.expose(), known.salt.as_deref());
        let Some(read) = filled
            .ok()
            .and_then(|custom| CustomHash::read(&custom).ok())
        else {
            return Ok(false);
        };
        let fits = read.fits(known.password.expose());
        Ok(fits
            .map_err(|untried| untried.to_string())?
            .unwrap_or(false))
    }
}

/// Every recipe of digests and HMACs; the shape of the first hash leads to them.
pub(crate) fn candidates(known: &[KnownHash]) -> Vec<Candidate> {
    let Some(first) = known.first() else {
        return Vec::new();
    };
    let key = first.key.as_ref().map(|key| key.expose());
    let forms = forms(first);
    let recipes = forms.iter().flat_map(|form| by_length(form, key));
    with_password_encodings(known, recipes.collect())
}

/// A sound bcrypt hash with a salt, or a pepper, that was mixed in: with each on each side, which takes a while.
pub(crate) fn peppered(known: &[KnownHash]) -> Vec<Candidate> {
    let Some(first) = known
        .first()
        .filter(|first| first.hash.expose().trim().starts_with("$2"))
    else {
        return Vec::new();
    };
    let head: String = first.hash.expose().trim().chars().take(7).collect();
    let base = json!({"algorithm": "bcrypt", "hash": {"value": head}});
    let mut recipes = with_salts(first.salt.as_deref(), &base);
    // A pepper is text, and follows the password.
    recipes.sort_by_key(|recipe| {
        (
            recipe.get("salt").is_some(),
            recipe["salt"]["position"] != "suffix",
        )
    });
    let plain = |custom| Candidate {
        custom,
        column: Column::default(),
    };
    with_password_encodings(known, recipes.into_iter().map(plain).collect())
}

/// Hashes that are bytes: their number says which digests could have made them.
fn by_length(form: &Form, key: Option<&str>) -> Vec<Candidate> {
    let mut recipes = Vec::new();
    let of = |column: &Column| {
        let column = column.clone();
        move |custom| Candidate {
            custom,
            column: column.clone(),
        }
    };
    for (encoding, bytes) in readings(form) {
        for digest in Digest::of_length(bytes) {
            // Without a key these are digests, of which Auth0 takes five; with one, each can be an HMAC's.
            if matches!(digest.name(), "md4" | "md5" | "sha1" | "sha256" | "sha512") {
                let base = json!({"algorithm": digest.name(), "hash": {"encoding": encoding}});
                recipes.extend(
                    with_salts(form.salt.as_deref(), &base)
                        .into_iter()
                        .map(of(&form.column)),
                );
            }
            for (key, made_of) in keys(form, key) {
                let base = json!({"algorithm": "hmac", "hash": {"encoding": encoding, "digest": digest.name(), "key": key}});
                let column = Column {
                    key: made_of,
                    ..form.column.clone()
                };
                let salt = form.salt.as_deref().filter(|_| made_of.is_none());
                recipes.extend(with_salts(salt, &base).into_iter().map(of(&column)));
            }
        }
    }
    recipes
}

/// How the hash can be read as bytes, and how many they are.
fn readings(form: &Form) -> Vec<(&'static str, usize)> {
    let hex = BytesEncoding::Hex.decode(&form.hash).ok();
    let readings = [("hex", hex), ("base64", any_base64(&form.hash))];
    let read = |(name, bytes): (&'static str, Option<Vec<u8>>)| Some((name, bytes?.len()));
    readings.into_iter().filter_map(read).collect()
}

/// The recipe with the salt in each place and encoding. The default comes first and is left out.
fn with_salts(salt: Option<&str>, base: &Value) -> Vec<Value> {
    let Some(salt) = salt else {
        return vec![base.clone()];
    };
    let mut recipes = Vec::new();
    for position in ["prefix", "suffix"] {
        for (name, encoding) in ENCODINGS {
            if decoded(encoding, salt).is_ok() {
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
fn with_password_encodings(known: &[KnownHash], recipes: Vec<Candidate>) -> Vec<Candidate> {
    let ascii = known.iter().all(|known| known.password.expose().is_ascii());
    let encodings: &[&str] = if ascii {
        &["utf16le"]
    } else {
        &["latin1", "utf16le"]
    };
    let others = |recipe: Candidate| {
        let other = |encoding: &&str| {
            let mut other = recipe.clone();
            other.custom["password"] = json!({"encoding": encoding});
            other
        };
        let others: Vec<Candidate> = encodings.iter().map(other).collect();
        std::iter::once(recipe).chain(others)
    };
    recipes.into_iter().flat_map(others).collect()
}

/// The keys that an HMAC may have: the given one, or one made from each user's salt.
fn keys(form: &Form, given: Option<&str>) -> Vec<(Value, Option<Key>)> {
    let fitting = |text: &str| {
        let fitting = |(name, encoding): (&'static str, BytesEncoding)| {
            Some((name, decoded(encoding, text).ok()?.len()))
        };
        ENCODINGS
            .into_iter()
            .filter_map(fitting)
            .collect::<Vec<_>>()
    };
    if let Some(key) = given {
        let of = |(name, _)| {
            let key = if name == "hex" { unmarked(key) } else { key };
            (json!({"encoding": name, "value": key}), None)
        };
        return fitting(key).into_iter().map(of).collect();
    }
    let Some(salt) = &form.salt else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    for (name, bytes) in fitting(salt) {
        keys.push((json!({"encoding": name}), Some(Key::Salt)));
        if name != "utf8" && bytes >= SHORTEST_KEY {
            keys.push((json!({"encoding": name}), Some(Key::RepeatedSalt)));
        }
    }
    keys
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
    words.extend(recipe["hash"].get("value").map(text));
    if let (Some(cost), Some(block_size), Some(lanes)) = (
        recipe["cost"].as_u64(),
        recipe["blockSize"].as_u64(),
        recipe["parallelization"].as_u64(),
    ) {
        words.push(format!("N/r/p {cost}/{block_size}/{lanes}"));
    }
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
