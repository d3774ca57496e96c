//! The secrets that went with a request, sought in what comes back: whole, cut, and in parts.
//!
//! They are kept as fingerprints, so that what seeks secrets holds none.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::secrets::SECRET_FIELDS;
use crate::secrets::Secret;
use crate::secrets::escapes::readings;
use crate::secrets::hide::HIDDEN;

/// Stands for a secret that was sent, or a piece of one; `Secret` shows itself so too.
const SENT: &str = "<secret>";
/// Bytes of a secret that are hidden wherever they stand.
const PIECE: usize = 20;
/// Characters of a second factor's secret, in Base32, that are hidden wherever they stand: half of the shortest.
const BASE32_PIECE: usize = 8;
/// Characters of the shortest such secret.
const LEAST_BASE32: usize = 16;
/// A shorter secret is not searched for: it would be found in half of all texts, and hiding it would reveal it.
const LEAST: usize = 4;
/// Bytes of a part between dots or dollar signs that is sought by itself.
const LEAST_PART: usize = 8;
/// What a part of a hash begins with that names its kind.
const KINDS: [&str; 7] = ["argon2", "bcrypt", "hmac", "md", "pbkdf2", "scrypt", "sha"];
/// Fields of a `custom_password_hash` that say how it was made.
const HOW: [&str; 4] = ["algorithm", "digest", "encoding", "position"];

/// Fingerprints by length.
type Pieces = HashMap<usize, HashSet<u64, BuildHasherDefault<AsItIs>>>;

/// A fingerprint is a hash already, and is not hashed again.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// What may not come back.
#[derive(Clone, Default)]
pub(crate) struct SentSecrets {
    hasher: RandomState,
    /// Pieces that are hidden where they stand, in lower case. A token has hundreds, and goes with every request: so they are
    /// shared.
    pieces: Arc<Pieces>,
    /// Secrets that may be words. A text with one is hidden completely, since the rest would reveal it.
    words: Arc<Pieces>,
}

impl SentSecrets {
    pub(crate) fn of<T: AsRef<str>>(secrets: impl IntoIterator<Item = T>) -> SentSecrets {
        let mut all = SentSecrets::default();
        for secret in secrets {
            all.add(secret.as_ref());
        }
        all
    }

    pub(crate) fn add(&mut self, secret: &str) {
        let folded = secret.to_ascii_lowercase();
        match secret.len() {
            ..LEAST => return,
            LEAST_BASE32.. if is_base32(secret) => self.keep(&folded, BASE32_PIECE),
            LEAST..PIECE if is_drawn(secret) => self.keep(&folded, folded.len()),
            LEAST..PIECE => {
                let print = self.hasher.hash_one(secret.as_bytes());
                let words = Arc::make_mut(&mut self.words);
                words.entry(secret.len()).or_default().insert(print);
            }
            _ => self.keep(&folded, PIECE),
        }
        for part in secret.split(['.', '$']) {
            let is_kind = KINDS.iter().any(|kind| part.starts_with(kind)) || part.contains('=');
            if part.len() < PIECE && is_drawn(part) && !is_kind {
                self.keep(&part.to_ascii_lowercase(), part.len());
            }
        }
    }

    /// The same but for those that may be words.
    pub(crate) fn without_words(&self) -> SentSecrets {
        SentSecrets {
            words: Arc::default(),
            ..self.clone()
        }
    }

    /// Keeps every piece of that length.
    fn keep(&mut self, secret: &str, length: usize) {
        let all = secret.as_bytes().windows(length);
        let all = all.map(|piece| self.hasher.hash_one(piece));
        let pieces = Arc::make_mut(&mut self.pieces);
        pieces.entry(length).or_default().extend(all);
    }

    /// The text without what was sent, as it was sent or in escapes.
    pub(crate) fn hide(&self, text: &str) -> String {
        if self.is_shorter_than_any(text) {
            return text.to_string();
        }
        let mut found = vec![false; text.len()];
        for reading in readings(text) {
            if self.found(&self.words, &reading.bytes).contains(&true) {
                return HIDDEN.to_string();
            }
            let here = self.found(&self.pieces, &reading.bytes.to_ascii_lowercase());
            let here = here.iter().enumerate().filter(|(_, is_found)| **is_found);
            here.for_each(|(at, _)| found[reading.place(at)].fill(true));
        }
        if !found.contains(&true) {
            return text.to_string();
        }
        let (mut out, mut before) = (String::new(), false);
        for (at, c) in text.char_indices() {
            let here = found[at..at + c.len_utf8()].contains(&true);
            match (here, before) {
                (false, _) => out.push(c),
                (true, false) => out.push_str(SENT),
                (true, true) => {}
            }
            before = here;
        }
        out
    }

    /// Most texts are. With its escapes undone a text is no longer than before.
    fn is_shorter_than_any(&self, text: &str) -> bool {
        let mut lengths = self.pieces.keys().chain(self.words.keys());
        lengths.all(|length| text.len() < *length)
    }

    /// Which bytes belong to one of the pieces.
    fn found(&self, pieces: &Pieces, bytes: &[u8]) -> Vec<bool> {
        let mut found = vec![false; bytes.len()];
        for (&length, prints) in pieces {
            for (at, piece) in bytes.windows(length).enumerate() {
                if prints.contains(&self.hasher.hash_one(piece)) {
                    found[at..at + length].fill(true);
                }
            }
        }
        found
    }

    /// The value with what was sent hidden in every text and every name.
    pub(crate) fn hide_in(&self, value: Value) -> Value {
        if self.pieces.is_empty() && self.words.is_empty() {
            return value;
        }
        match value {
            Value::String(text) if self.is_shorter_than_any(&text) => Value::String(text),
            Value::String(text) => Value::String(self.hide(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.hide_in(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter();
                let fields = fields.map(|(name, value)| (self.hide(&name), self.hide_in(value)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            other => other,
        }
    }
}

impl fmt::Debug for SentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SENT)
    }
}

/// Whether a text looks random, so no sentence contains it by chance.
fn is_drawn(text: &str) -> bool {
    text.len() >= LEAST_PART && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a text is Base32, as the secret of a second factor is.
fn is_base32(text: &str) -> bool {
    let bytes = text.trim_end_matches('=').bytes();
    let mut folded = bytes.map(|byte| byte.to_ascii_uppercase());
    folded.all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
}

/// The secrets of a file of users: hashes, salts, keys, and second factors.
pub(crate) fn of_file(file: &[u8]) -> Vec<Secret> {
    let users: Vec<Value> = serde_json::from_slice(file).unwrap_or_default();
    let mut secrets = Vec::new();
    for user in &users {
        // The user's own e-mail may be a second factor, and is no secret.
        let is_secret = |text: &str| user["email"] != text;
        for field in SECRET_FIELDS {
            texts(&user[field], &mut |text| {
                if is_secret(text) {
                    secrets.push(Secret::new(text));
                }
            });
        }
    }
    secrets
}

fn texts(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, take)),
        Value::Object(fields) => {
            let secret = fields
                .iter()
                .filter(|(name, _)| !HOW.contains(&name.as_str()));
            secret.for_each(|(_, value)| texts(value, take));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_hidden_whole_cut_and_in_its_parts() {
        let hash = "$2b$10$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
        let argon = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo0";
        let sent = SentSecrets::of([hash, argon, "JBSWY3DPEHPK3PXP"]);
        for (text, shown) in [
            (format!("no {hash}."), "no <secret>."),
            (format!("no {}, no", &hash[9..29]), "no <secret>, no"),
            (hash.to_uppercase(), "<secret>"),
            (
                "salt c2FsdHNhbHQ of argon2id".to_string(),
                "salt <secret> of argon2id",
            ),
            ("totp jbswy3dpehpk3pxp?".to_string(), "totp <secret>?"),
            ("not JBSWY3DPEHPK...".to_string(), "not <secret>..."),
            ("größer $2b$10$".to_string(), "größer $2b$10$"),
        ] {
            assert_eq!(sent.hide(&text), shown);
        }
        let value = json!({"a": [hash, 1], hash: null});
        let hidden = json!({"a": ["<secret>", 1], "<secret>": null});
        assert_eq!(sent.hide_in(value), hidden);
        assert_eq!(format!("{sent:?}"), "<secret>");
    }

    #[test]
    fn a_secret_is_hidden_in_escapes_too() {
        let hash = "$2b$10$abcd/efghij/klmnop/qrstuv/ABCDEF/GHIJKL/MNOPQR/STUV01";
        let sent = SentSecrets::of([hash, "rosé & \"port\"", "a smile: \u{1f600}, and some more"]);
        for (text, shown) in [
            (hash.replace('/', "\\/"), "<secret>"),
            (hash.replace('/', "\\\\\\/"), "<secret>"),
            (hash.replace('/', "%2f"), "<secret>"),
            (hash.replace('/', "%252F"), "<secret>"),
            (hash.replace('/', "\\u002f"), "<secret>"),
            (
                format!("no {}!", hash.replace('/', "&#x2F;")),
                "no <secret>!",
            ),
            (
                format!("no {}, no", hash[4..34].replace('/', "&#47;")),
                "no <secret>, no",
            ),
            (r#"no "ros\u00e9 & \"port\"" here"#.to_string(), HIDDEN),
            ("no ros%C3%A9%20%26%20%22port%22".to_string(), HIDDEN),
            ("no rosé &amp; &quot;port&quot;".to_string(), HIDDEN),
            (
                r"a smile: \ud83d\ude00, and some more".to_string(),
                "<secret>",
            ),
            (
                r"50 % of C:\new \u12 &c.".to_string(),
                r"50 % of C:\new \u12 &c.",
            ),
        ] {
            assert_eq!(sent.hide(&text), shown, "{text}");
        }
    }

    #[test]
    fn a_word_hides_its_whole_sentence_and_a_short_one_nothing() {
        let sent = SentSecrets::of(["email", "no"]);
        assert_eq!(sent.hide("Wrong email or password."), HIDDEN);
        assert_eq!(sent.hide("Wrong EMAIL, no"), "Wrong EMAIL, no");
    }

    #[test]
    fn the_secrets_of_a_file_are_its_hashes_salts_keys_and_factors() {
        let file = json!([{"email": "a@b.c", "password_hash": "h", "user_metadata": {"k": "v"},
            "custom_password_hash": {"algorithm": "hmac", "hash": {"value": "x", "encoding": "hex",
                "digest": "md5", "key": {"value": "k"}}, "salt": {"value": "s", "position": "prefix"}},
            "mfa_factors": [{"totp": {"secret": "t"}}, {"phone": {"value": "+1"}}, {"email": {"value": "a@b.c"}}]}]);
        let found = of_file(file.to_string().as_bytes());
        let mut found: Vec<&str> = found.iter().map(Secret::expose).collect();
        found.sort_unstable();
        assert_eq!(found, ["+1", "h", "k", "s", "t", "x"]);
    }

    proptest! {
        #[test]
        fn nothing_of_twenty_characters_comes_back(
            secret in "[A-Za-z0-9._$/+=-]{20,120}",
            before in "[a-z $.é]{0,30}",
            cut in 0_usize..100,
            length in 20_usize..120,
        ) {
            let from = cut.min(secret.len() - 20);
            let upto = (from + length).min(secret.len());
            let text = format!("{before}{}{before}", &secret[from..upto]);
            let shown = SentSecrets::of([&secret]).hide(&text);
            for piece in secret.as_bytes().windows(20) {
                let piece = String::from_utf8_lossy(piece);
                prop_assert!(!shown.contains(&*piece), "{} in {}", piece, shown);
            }
        }
    }
}
