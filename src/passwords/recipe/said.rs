//! What the known hashes say about themselves, before the search.

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::recipe::HashRecipe;
use crate::passwords::recipe::candidates::Candidate;
use crate::passwords::recipe::column::Column;
use crate::passwords::recipe::foreign::bcrypt_of_a_digest;
use crate::passwords::recipe::known_hash::KnownHash;

/// What one of them is.
pub(crate) enum Said {
    /// The password itself, not hashed.
    Clear,
    /// No hash, and not the password either.
    NoHash,
    Nothing,
    Impossible(&'static str, &'static str),
    Fits(Value),
    /// It says how it was made, and of this password it was not made.
    Misfit(Value),
    /// A bcrypt, and of a digest of the password, which no description says.
    OfADigest(&'static str),
    /// Not tried, and why.
    Untried(Value, String),
    /// It does not say how it was made.
    Silent,
}

impl Said {
    pub(crate) fn of(known: &KnownHash) -> Said {
        let (text, password) = (known.hash.expose().trim(), known.password.expose());
        if text == password || StoredHash::clear_text(text) == Some(password) {
            return Said::Clear;
        }
        let custom = match StoredHash::with_salt(text, known.salt.as_deref().unwrap_or_default()) {
            StoredHash::Empty => return Said::Nothing,
            StoredHash::Silent => return Said::Silent,
            StoredHash::Password => return Said::NoHash,
            StoredHash::Impossible { what, why } => return Said::Impossible(what, why),
            StoredHash::Bcrypt(hash) => json!({"algorithm": "bcrypt", "hash": {"value": hash}}),
            StoredHash::Custom(custom) => custom,
        };
        let fits = |custom: &Value| CustomHash::read(custom).map(|read| read.fits(password));
        match fits(&custom) {
            Ok(Ok(Some(true))) => return Said::Fits(custom),
            Ok(Err(untried)) => return Said::Untried(custom, untried.to_string()),
            _ => {}
        }
        // Digests are quick to try with passwords in other encodings, too.
        let is_slow = ["bcrypt", "argon2", "pbkdf2", "scrypt"]
            .iter()
            .any(|slow| custom["algorithm"] == *slow);
        let encodings = ["latin1", "utf16le"].into_iter().filter(|_| !is_slow);
        let others = encodings.map(|encoding| {
            let mut other = custom.clone();
            other["password"] = json!({"encoding": encoding});
            other
        });
        let other = others
            .into_iter()
            .find(|other| matches!(fits(other), Ok(Ok(Some(true)))));
        match other {
            Some(other) => Said::Fits(other),
            None => match bcrypt_of_a_digest(known) {
                Some(digest) => Said::OfADigest(digest),
                None => Said::Misfit(custom),
            },
        }
    }

    /// What is said of it after "is", or "are each"; nothing of what fits or says nothing.
    pub(crate) fn fact(&self) -> Option<String> {
        let fact = match self {
            Said::Clear => "the password itself, in clear text".to_string(),
            Said::NoHash => {
                "not a known hash: it may be another password in clear text".to_string()
            }
            Said::Nothing => "empty".to_string(),
            Said::Impossible(what, why) => format!("{what}: it {why}"),
            Said::Misfit(custom) => {
                format!(
                    "{}, complete and as Auth0 takes it, but the given password does not fit",
                    kind(custom)
                )
            }
            Said::OfADigest(digest) => format!(
                "a bcrypt hash of the password's {digest}, which no recipe describes: Auth0 uses bcrypt of the password itself"
            ),
            Said::Untried(custom, why) => {
                format!(
                    "{}, and no password was tried on it: it {why}",
                    kind(custom)
                )
            }
            Said::Fits(_) | Said::Silent => return None,
        };
        Some(fact)
    }

    fn advice(&self) -> &'static str {
        match self {
            Said::Clear => {
                "pass clear text to hash_password, or give all users new passwords with set_passwords"
            }
            Said::Misfit(_) => {
                "check that password; the hash can be imported as StoredHash::read describes it, unless the system first hashed the password or mixed in a pepper (which .salt tries), and no hash shows that"
            }
            Said::Untried(..) => "the hash can still be imported as StoredHash::read describes it",
            Said::Impossible(..) | Said::OfADigest(_) => {
                "if the column holds only that, import such users without a hash, and let them reset their passwords"
            }
            _ => "check that this is the column with the hashes",
        }
    }
}

/// Whether two systems write alike what this hash is taken for.
pub(crate) fn may_be_anothers(known: &KnownHash) -> bool {
    let text = known.hash.expose().trim();
    let by_two = StoredHash::read(text) == StoredHash::Silent;
    let is_old = ["md5$", "sha1$"]
        .iter()
        .any(|start| text.starts_with(start));
    by_two || is_old || text.contains(':') && !text.contains('$')
}

/// What the known hashes say, if that decides it: the recipe, or why there is none.
pub(crate) fn verdict(known: &[KnownHash], said: &[Said]) -> Option<Result<HashRecipe>> {
    let all_fit: Option<Vec<&Value>> = said
        .iter()
        .map(|said| match said {
            Said::Fits(custom) => Some(custom),
            _ => None,
        })
        .collect();
    if let Some(customs) = all_fit {
        return recipe(known, &customs);
    }
    let pairs = || said.iter().zip(known).enumerate();
    let is_open = |(_, (said, known)): (usize, (&Said, &KnownHash))| match said {
        Said::Silent => true,
        Said::Misfit(_) | Said::Fits(_) => may_be_anothers(known),
        _ => false,
    };
    if pairs().all(is_open) {
        return None;
    }
    let facts = facts(said);
    let spoken = said.iter().find(|said| said.fact().is_some());
    let advice = spoken.map_or(
        "search for the recipes of a mixed column with find_recipes",
        Said::advice,
    );
    Some(Err(Error::hashes_say(&facts, advice)))
}

/// What is said of them, those alike in one.
fn facts(said: &[Said]) -> Vec<String> {
    let mut facts: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add =
        |fact: String, number: usize| match facts.iter_mut().find(|(known, _)| *known == fact) {
            Some((_, numbers)) => numbers.push(number),
            None => facts.push((fact, vec![number])),
        };
    for (at, said) in said.iter().enumerate() {
        let fact = said.fact().unwrap_or(match said {
            Said::Fits(custom) => format!("{}, and its password fits", kind(custom)),
            _ => "a hash that does not say how it was made".to_string(),
        });
        add(fact, at + 1);
    }
    facts
        .into_iter()
        .map(|(fact, numbers)| format!("{} {fact}", those(&numbers)))
        .collect()
}

/// The subject of a sentence, and its verb.
pub(crate) fn those(numbers: &[usize]) -> String {
    let all: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match all.len() {
        1 => format!("number {} is", all[0]),
        _ => format!("numbers {} are each", all.join(", ")),
    }
}

/// One recipe for hashes that all say how they were made: in Auth0's own words where they are written in its form. None where their
/// passwords are in several encodings.
pub(crate) fn recipe(known: &[KnownHash], customs: &[&Value]) -> Option<Result<HashRecipe>> {
    let texts = known.iter().map(|known| known.hash.expose().trim());
    let is_plain = customs
        .iter()
        .zip(texts)
        .all(|(custom, text)| custom["hash"]["value"] == text);
    // The encoding of a password shows only where it makes a difference.
    let telling = customs
        .iter()
        .find(|custom| custom.get("password").is_some());
    let candidate = generic(telling.unwrap_or(&customs[0]), !is_plain);
    if telling.is_some() && !known.iter().all(|known| candidate.fits(known) == Ok(true)) {
        return None;
    }
    let recipe = HashRecipe::new(candidate.custom);
    let column = candidate.column;
    Some(recipe.map(|recipe| HashRecipe { column, ..recipe }))
}

/// The description without what is one user's own.
pub(crate) fn generic(custom: &Value, itself: bool) -> Candidate {
    let mut custom = custom.clone();
    let head = CustomHash::read(&custom).ok().and_then(|read| read.head());
    if let Some(hash) = custom["hash"].as_object_mut() {
        match head {
            Some(head) => hash.insert("value".to_string(), head.into()),
            None => hash.remove("value"),
        };
        if let Some(key) = hash.get_mut("key").and_then(Value::as_object_mut) {
            key.insert("value".to_string(), "".into());
        }
        // It says nothing of a text.
        if hash
            .get("encoding")
            .is_some_and(|encoding| encoding == "utf8")
        {
            hash.remove("encoding");
        }
    }
    if let Some(salt) = custom.get_mut("salt").and_then(Value::as_object_mut) {
        salt.remove("value");
    }
    let column = Column {
        itself,
        ..Column::default()
    };
    Candidate { custom, column }
}

/// What a description is of, as a noun.
pub(crate) fn kind(custom: &Value) -> &'static str {
    match custom["algorithm"].as_str().unwrap_or_default() {
        "bcrypt" => "a bcrypt hash",
        "argon2" => "an Argon2 hash",
        "pbkdf2" => "a PBKDF2 hash",
        "scrypt" => "an scrypt hash",
        "ldap" => "an LDAP hash",
        "hmac" => "an HMAC",
        _ => "a digest",
    }
}
