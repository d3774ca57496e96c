//! Ways of hashing that are common and that no `custom_password_hash` describes: named, so that nobody searches on.

use base64::Engine;

use crate::passwords::hashes::digests::Digest;
use crate::passwords::hashes::encodings::{BASE64, BytesEncoding};
use crate::passwords::recipe::candidates::by_its_own_word;
use crate::passwords::recipe::known_hash::KnownHash;
use crate::words::hex;

/// What stands between salt and password in some systems.
const SEPARATORS: [&str; 6] = [":", "$", "-", "|", ".", "_"];

/// What the hash is, if it is one of these.
pub(crate) fn why_not(known: &KnownHash) -> Vec<String> {
    let hash = known.hash.expose().trim();
    // What has Auth0's own form is another matter: the password is wrong, or it was not tried.
    if by_its_own_word(hash).is_some() {
        return Vec::new();
    }
    if let Some(words) = foreign_form(hash) {
        return vec![words];
    }
    let readings =
        [BytesEncoding::Hex, BytesEncoding::Base64].map(|encoding| encoding.decode(hash).ok());
    let mut found: Vec<String> = readings
        .iter()
        .flatten()
        .flat_map(|bytes| constructions(known, bytes))
        .collect();
    found.dedup();
    if readings.iter().all(Option::is_none) {
        found.push("the first hash is neither hex nor base64 and begins like none that Auth0 takes: is it cut off, or is something else in its column".to_string());
    }
    found
}

/// Hashes that say what they are, in a form that is not Auth0's.
fn foreign_form(hash: &str) -> Option<String> {
    let django = |digest: &str, rest: &str| {
        let [iterations, _, key] = rest.split('$').collect::<Vec<_>>()[..] else {
            return None;
        };
        let bytes = BASE64.decode(key).ok()?.len();
        Some(format!(
            "this is Django's form of PBKDF2: write each as $pbkdf2-{digest}$i={iterations},l={bytes}$, the salt's base64 without =, $, and the hash without ="
        ))
    };
    if let Some(rest) = hash.strip_prefix("pbkdf2_sha256$") {
        return django("sha256", rest);
    }
    if let Some(rest) = hash.strip_prefix("pbkdf2_sha1$") {
        return django("sha1", rest);
    }
    if hash.starts_with("$pbkdf2") {
        return Some("this looks like Passlib's form of PBKDF2: write each as $pbkdf2-DIGEST$i=ITERATIONS,l=LENGTH$SALT$HASH, with + for each dot in salt and hash".to_string());
    }
    if hash.starts_with("$P$") || hash.starts_with("$H$") {
        return Some("this is phpass's portable hash (WordPress, phpBB), md5 some thousand times over, which no recipe describes".to_string());
    }
    if ["$1$", "$5$", "$6$"]
        .iter()
        .any(|start| hash.starts_with(start))
    {
        return Some("this is the crypt of Unix systems ($1$, $5$, $6$), thousands of digests over, which no recipe describes".to_string());
    }
    if hash.starts_with("$2x$") || hash.starts_with("$2$") {
        return Some(
            "this is a bcrypt of a kind that Auth0 does not take: it wants $2a$, $2b$ or $2y$"
                .to_string(),
        );
    }
    None
}

/// A digest of a digest, a separator, a password for a key.
fn constructions(known: &KnownHash, wanted: &[u8]) -> Vec<String> {
    let (password, salt) = (
        known.password.expose(),
        known.salt.as_deref().unwrap_or_default(),
    );
    let mut found = Vec::new();
    for digest in Digest::of_length(wanted.len()) {
        let makes = |text: String| digest.of(text.as_bytes()).is_ok_and(|made| made == wanted);
        let name = digest.name();
        let inner = |text: &str| {
            digest
                .of(text.as_bytes())
                .map(|made| hex(&made))
                .unwrap_or_default()
        };
        let twice = [
            inner(password),
            format!("{}{salt}", inner(password)),
            format!("{salt}{}", inner(password)),
            inner(&format!("{salt}{password}")),
        ];
        if twice.into_iter().any(makes) {
            found.push(format!("the first is a {name} of a {name}, and no recipe describes a hash of a hash: import those users without, and let them reset their passwords"));
        }
        for separator in SEPARATORS {
            let makes = |text: String| digest.of(text.as_bytes()).is_ok_and(|made| made == wanted);
            if makes(format!("{salt}{separator}{password}")) {
                found.push(format!("the first is a {name} with `{separator}` between salt and password: put it at the end of each salt and search again"));
            } else if makes(format!("{password}{separator}{salt}")) {
                found.push(format!("the first is a {name} with `{separator}` between password and salt: put it at the beginning of each salt and search again"));
            }
        }
        if digest
            .hmac(password.as_bytes(), salt.as_bytes())
            .is_ok_and(|made| made == wanted)
        {
            found.push(format!("the first is an HMAC with {name} that has the password for its key, and no recipe describes that"));
        }
    }
    found
}
