//! A column with hashes of several kinds: a recipe for each.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::clock::Deadline;
use crate::error::problem::Faults;
use crate::error::{Error, Result};
use crate::passwords::hashes::encodings::hex_or_base64;
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::recipe::HashRecipe;
use crate::passwords::recipe::candidates::in_words;
use crate::passwords::recipe::find::{LIMIT, Searched, said_of, search_within};
use crate::passwords::recipe::known_hash::KnownHash;
use crate::passwords::recipe::said::{Said, may_be_anothers, recipe, those};
use crate::say::{harmless, say};
use crate::users::{User, Users};
use crate::words::count;

/// The recipes of a mixed column, found by [`find_recipes`]. Draws itself with what each verifies.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let known = [
///     KnownHash::new("correct horse", "correct horse"),
///     KnownHash::new("correct horse", "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b").salt("x1"),
/// ];
/// let recipes = find_recipes(&known)?;
/// assert!(recipes.to_string().contains("verifies number 2"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct HashRecipes {
    pub(crate) groups: Vec<Group>,
    /// What is said of the known hashes that none verifies.
    pub(crate) left: Vec<String>,
}

/// A recipe, and what it verifies.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) recipe: HashRecipe,
    /// Of the known hashes, counted from 1.
    numbers: Vec<usize>,
}

/// Finds the recipes of a column with hashes of several kinds, in two minutes at most. Sends nothing; prints every two seconds
/// what it tries.
///
/// Each known hash is verified by one of the recipes, or listed with the reason why not.
///
/// # Errors
///
/// No hashes; none of them can be verified, with what [`find_recipe`](crate::find_recipe) says of the first.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let known = [
///     KnownHash::new("password", "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG"),
///     KnownHash::new("correct horse", "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b").salt("x1"),
/// ];
/// let recipes = find_recipes(&known)?;
/// assert!(recipes.to_string().starts_with("2 recipes"));
/// # Ok::<(), Error>(())
/// ```
pub fn find_recipes(known: &[KnownHash]) -> Result<HashRecipes> {
    if known.is_empty() {
        return Err(Error::no_known_hashes());
    }
    let said = said_of(known);
    let (mut groups, mut left) = (by_themselves(known, &said)?, Vec::new());
    let mut first_error = None;
    let deadline = Deadline::after(2 * LIMIT);
    let is_open = |at: &usize| match &said[*at] {
        Said::Silent => true,
        Said::Misfit(_) => may_be_anothers(&known[*at]),
        _ => false,
    };
    let mut open: Vec<usize> = (0..known.len()).filter(is_open).collect();
    while let Some(&first) = open.first() {
        let alike: Vec<usize> = open
            .iter()
            .copied()
            .filter(|at| shape(&known[*at]) == shape(&known[first]))
            .collect();
        let hashes: Vec<KnownHash> = alike.iter().map(|at| known[*at].clone()).collect();
        let done: Vec<usize> = match search_within(&hashes, deadline.left()) {
            Searched::Found(recipe, missed) => {
                let verified = (1..)
                    .zip(&alike)
                    .filter(|(number, _)| !missed.contains(number));
                let verified: Vec<usize> = verified.map(|(_, at)| *at).collect();
                groups.push(Group::new(recipe, &verified));
                verified
            }
            Searched::Nothing(error) => {
                left.push(format!(
                    "no recipe verifies {}: {error}",
                    those(&[first + 1])
                ));
                first_error.get_or_insert(error);
                vec![first]
            }
        };
        open.retain(|at| !done.contains(at));
    }
    for (at, said) in said.iter().enumerate().filter(|(at, _)| !is_open(at)) {
        left.extend(
            said.fact()
                .map(|fact| format!("{} {fact}", those(&[at + 1]))),
        );
    }
    match first_error {
        _ if !groups.is_empty() => Ok(HashRecipes { groups, left }),
        Some(error) => Err(error),
        None => Err(Error::hashes_say(
            &left,
            "check that this is the column with the hashes",
        )),
    }
}

/// The groups of those that say how they were made, and whose passwords fit.
fn by_themselves(known: &[KnownHash], said: &[Said]) -> Result<Vec<Group>> {
    let mut kinds: BTreeMap<String, Vec<(usize, &Value)>> = BTreeMap::new();
    for (at, said) in said.iter().enumerate() {
        if let Said::Fits(custom) = said {
            let is_plain = custom["hash"]["value"] == known[at].hash.expose().trim();
            // A rewritten hash does not need a separate recipe for each algorithm.
            let algorithm = if is_plain {
                &custom["algorithm"]
            } else {
                &Value::Null
            };
            let kind = format!("{algorithm} {}", custom["password"]);
            kinds.entry(kind).or_default().push((at, custom));
        }
    }
    let group = |alike: Vec<(usize, &Value)>| {
        let (places, customs): (Vec<usize>, Vec<&Value>) = alike.into_iter().unzip();
        let hashes: Vec<KnownHash> = places.iter().map(|at| known[*at].clone()).collect();
        Some(recipe(&hashes, &customs)?.map(|recipe| Group::new(recipe, &places)))
    };
    kinds.into_values().filter_map(group).collect()
}

/// Hashes of one kind have one shape.
fn shape(known: &KnownHash) -> (bool, Option<usize>, Option<char>) {
    let text = known.hash.expose().trim();
    let separator = text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"+/=_".contains(*c));
    (
        known.salt.is_some(),
        hex_or_base64(text).map(|bytes| bytes.len()),
        separator,
    )
}

impl Group {
    fn new(recipe: HashRecipe, places: &[usize]) -> Group {
        let numbers = places.iter().map(|at| at + 1).collect();
        Group { recipe, numbers }
    }

    /// Which of the known hashes its recipe verifies, in words.
    pub(crate) fn verifies(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(ToString::to_string).collect();
        let number = if numbers.len() == 1 {
            "number"
        } else {
            "numbers"
        };
        format!("verifies {number} {}", numbers.join(", "))
    }
}

impl HashRecipes {
    /// The recipes: first those of hashes that say themselves how they were made, then those that were searched for, in the
    /// order of the known hashes.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    /// let recipes = find_recipes(&[KnownHash::new("correct horse", hash).salt("x1")])?;
    /// assert_eq!(recipes.recipes().len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn recipes(&self) -> Vec<&HashRecipe> {
        self.groups.iter().map(|group| &group.recipe).collect()
    }

    /// Completes the hashes of users from a file, each with the recipe that its form fits: returns copies of the users. Prints
    /// how many rows each recipe took. Sends nothing.
    ///
    /// A hash that says itself how it was made needs no recipe.
    ///
    /// # Errors
    ///
    /// No users; [`ErrorKind::BadRows`](crate::ErrorKind::BadRows) with each row whose hash is missing, fits no recipe, or fits
    /// several.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    /// use serde_json::json;
    ///
    /// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    /// let recipes = find_recipes(&[KnownHash::new("correct horse", hash).salt("x1")])?;
    /// let own = Some(json!({"hash": {"value": hash}, "salt": {"value": "x1"}}));
    /// let user = User { custom_password_hash: own, ..User::new("ada@uni.test") };
    /// let users = recipes.complete(&[user])?;
    /// assert!(verify_password(&users[0], "correct horse")?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn complete(&self, users: &[User]) -> Result<Users> {
        if users.is_empty() {
            return Err(Error::no_users());
        }
        let mut problems = Vec::new();
        let mut completed = Vec::with_capacity(users.len());
        // The last is of those that say themselves how they were made.
        let mut rows = vec![0; self.groups.len() + 1];
        for (index, user) in users.iter().enumerate() {
            let own = user.custom_password_hash.as_ref().unwrap_or(&Value::Null);
            let text = |name: &str| own[name]["value"].as_str();
            match self.describe(text("hash").unwrap_or_default(), text("salt")) {
                Ok((which, custom)) => {
                    rows[which] += 1;
                    completed.push(User {
                        custom_password_hash: Some(custom),
                        ..user.clone()
                    });
                }
                Err(words) => {
                    let mut faults = Faults::default();
                    faults.add("custom_password_hash.hash.value", words);
                    problems.extend(faults.of(index + 1, &user.email));
                }
            }
        }
        if !problems.is_empty() {
            return Err(Error::bad_hashes(problems, users.len()));
        }
        let by = |which: usize| match self.groups.get(which) {
            Some(Group { recipe, .. }) if !recipe.column.itself => in_words(&recipe.custom),
            _ => "what each hash says itself".to_string(),
        };
        let told = rows.iter().enumerate().filter(|(_, rows)| **rows > 0);
        let told = told.map(|(which, rows)| format!("{} by {}", count(*rows, "row"), by(which)));
        say!("completed: {}", told.collect::<Vec<_>>().join("; "));
        Ok(completed.into())
    }

    /// The description of a hash, and the place of the recipe that gives it.
    fn describe(
        &self,
        hash: &str,
        salt: Option<&str>,
    ) -> std::result::Result<(usize, Value), String> {
        if hash.trim().is_empty() {
            return Err("is missing: map the column that holds the hash to it".to_string());
        }
        let describe = |(which, group): (usize, &Group)| {
            Some((which, group.recipe.describe(hash, salt).ok()?))
        };
        let mut fitting: Vec<(usize, Value)> = self
            .groups
            .iter()
            .enumerate()
            .filter_map(describe)
            .collect();
        // A recipe that known passwords led to is surer than what a form is commonly taken for.
        if fitting
            .iter()
            .any(|(which, _)| !self.groups[*which].recipe.column.itself)
        {
            fitting.retain(|(which, _)| !self.groups[*which].recipe.column.itself);
        }
        match fitting.len() {
            1 => Ok(fitting.remove(0)),
            0 => match StoredHash::with_salt(hash, salt.unwrap_or_default()) {
                StoredHash::Bcrypt(hash) => {
                    Ok((self.groups.len(), json!({"algorithm": "bcrypt", "hash": {"value": hash}})))
                }
                StoredHash::Custom(custom) => Ok((self.groups.len(), custom)),
                StoredHash::Impossible { what, why } => Err(format!("is {what}: it {why}")),
                _ => Err("has the form of none of the recipes: it may be cut off, or of a kind that none of the known hashes has".to_string()),
            },
            _ => {
                let which = fitting.iter().map(|(which, _)| (which + 1).to_string());
                Err(format!("has the form of several recipes, {}: complete those users with one of them, using HashRecipe::complete", which.collect::<Vec<_>>().join(" and ")))
            }
        }
    }
}

impl fmt::Display for HashRecipes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![count(self.groups.len(), "recipe")];
        lines.extend(
            self.groups
                .iter()
                .map(|group| format!("{} {}", group.recipe.shown(), group.verifies())),
        );
        lines.extend(self.left.iter().cloned());
        f.write_str(&harmless(&lines.join("\n")))
    }
}

impl fmt::Debug for HashRecipes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
