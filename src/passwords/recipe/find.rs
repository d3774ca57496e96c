//! The hash detective: from a few hashes with known passwords to the recipe that makes them all.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::recipe::HashRecipe;
use crate::passwords::recipe::candidates::{candidates, difference, in_words, scrypts};
use crate::passwords::recipe::foreign::why_not;
use crate::passwords::recipe::known_hash::KnownHash;

/// Seconds that all tries of a search may take together.
const MOST_SECONDS: f64 = 120.0;

/// Finds how an old system hashes: tries every algorithm, encoding, salt position and parameter that Auth0 takes and
/// that these hashes could have, and gives the recipe that verifies all of them. Sends nothing.
///
/// Two or three hashes of different passwords are best, one of them with a letter like `ä`: else the recipe says what
/// could not be told apart. scrypt, whose parameters do not show, is tried with the nine that are in common use,
/// which takes some seconds; a hash that takes more than [`verify_password`](crate::verify_password) spends is not tried,
/// and all tries end after some two minutes. The algorithms beyond bcrypt, sha256, sha512 and the SHA-2 schemes of ldap want the crate's
/// feature `all-hashes` (see [`verify_password`](crate::verify_password)).
///
/// # Errors
///
/// No hashes; none of the recipes verifies all of them: then what came close, whether it is a construction known to be
/// none of Auth0's, and what to do.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
/// let known = [KnownHash::new("correct horse", hash).salt("x1")];
/// let recipe = find_recipe(&known)?;
/// assert!(recipe.to_string().starts_with(r#"{"algorithm":"sha256""#));
/// # Ok::<(), Error>(())
/// ```
pub fn find_recipe(known: &[KnownHash]) -> Result<HashRecipe> {
    let Some(first) = known.first() else {
        return Err(Error::no_known_hashes());
    };
    let mut search = Search {
        known,
        found: Vec::new(),
        tried: 0,
        close: None,
        lacking: None,
        seconds: 0.0,
    };
    for recipe in candidates(known) {
        search.test(recipe, false);
    }
    // Slow, so only where nothing else fits.
    if search.found.is_empty() {
        for recipe in scrypts(first) {
            search.test(recipe, true);
            if !search.found.is_empty() {
                break;
            }
        }
    }
    search.verdict()
}

struct Search<'a> {
    known: &'a [KnownHash],
    found: Vec<Value>,
    tried: usize,
    /// The recipe that verifies most, where none verifies all, and which it does not.
    close: Option<(Value, Vec<usize>)>,
    /// Why one was not tried that might have been it: an algorithm this build lacks, say.
    lacking: Option<String>,
    /// What all tries so far take, as their hashes say.
    seconds: f64,
}

impl Search<'_> {
    /// Tries a recipe on all hashes; a slow one on the others only when it verifies the first.
    fn test(&mut self, recipe: Value, slow: bool) {
        self.tried += 1;
        let mut missed = Vec::new();
        for (index, known) in self.known.iter().enumerate() {
            match self.fits(&recipe, known) {
                Ok(true) => {}
                Ok(false) if slow && index == 0 => return,
                Ok(false) => missed.push(index + 1),
                Err(lacking) => {
                    self.lacking.get_or_insert(lacking);
                    return;
                }
            }
        }
        let is_closest = self
            .close
            .as_ref()
            .is_none_or(|(_, least)| missed.len() < least.len());
        if missed.is_empty() {
            self.found.push(recipe);
        } else if missed.len() < self.known.len() && is_closest {
            self.close = Some((recipe, missed));
        }
    }

    fn verdict(self) -> Result<HashRecipe> {
        let all = self.known.len();
        let Some((first, others)) = self.found.split_first() else {
            return Err(self.no_recipe());
        };
        let mut recipe = HashRecipe::new(first.clone())?;
        recipe.notes.push(format!(
            "verifies {all} of {all} known hashes; {} descriptions were tried",
            self.tried
        ));
        let alike: Vec<String> = others
            .iter()
            .filter_map(|other| difference(first, other))
            .collect();
        if !alike.is_empty() {
            recipe.notes.push(format!(
                "these hashes cannot tell it from {}: to be sure, add one whose password has a letter like ä, and whose salt is not empty",
                alike.join(", or ")
            ));
        }
        if first["algorithm"] == "bcrypt"
            && first.get("salt").is_none()
            && first["hash"]["value"] != "$2y$10$"
            && first["hash"]["value"]
                .as_str()
                .is_some_and(|head| head.ends_with("$10$"))
        {
            recipe
                .notes
                .push("Auth0 takes such hashes as they are, in password_hash".to_string());
        }
        Ok(recipe)
    }

    fn no_recipe(&self) -> Error {
        let closest = self.close.as_ref();
        let closest = closest.map(|(recipe, missed)| (in_words(recipe), missed.as_slice()));
        let foreign = why_not(&self.known[0]);
        let untried = self.lacking.as_deref();
        Error::no_recipe(self.tried, self.known.len(), closest, &foreign, untried)
    }

    /// Whether the recipe verifies the hash; an error when it is not tried.
    fn fits(&mut self, recipe: &Value, known: &KnownHash) -> std::result::Result<bool, String> {
        let mut custom = recipe.clone();
        custom["hash"]["value"] = known.hash.expose().trim().into();
        if let (Some(Value::Object(salt)), Some(value)) = (custom.get_mut("salt"), &known.salt) {
            salt.insert("value".to_string(), value.as_str().into());
        }
        // The salt of each may be the key, too.
        if let (Some(key), Some(value)) = (custom["hash"].get_mut("key"), &known.salt)
            && key["value"].is_null()
        {
            key["value"] = value.as_str().into();
        }
        let Ok(read) = CustomHash::read(&custom) else {
            return Ok(false);
        };
        if self.seconds > MOST_SECONDS {
            return Err(format!(
                "takes so long to try that the search ended after some {MOST_SECONDS} s: give fewer hashes, or describe them with HashRecipe::new"
            ));
        }
        let fits = read.fits(known.password.expose());
        let fits = fits.map_err(|untried| untried.to_string())?;
        self.seconds += read.seconds();
        Ok(fits.unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_search_ends_when_its_tries_have_taken_what_is_spent() {
        let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
        let known = [KnownHash::new("correct horse", hash).salt("x1")];
        let mut search = Search {
            known: &known,
            found: Vec::new(),
            tried: 0,
            close: None,
            lacking: None,
            seconds: MOST_SECONDS + 1.0,
        };
        let recipe = json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {}});
        search.test(recipe, false);
        let error = search.verdict().unwrap_err().to_string();
        assert!(
            error.contains("the search ended after some 120 s"),
            "{error}"
        );
    }
}
