//! The hash detective: finds the recipe that makes a few hashes with known passwords.

use std::time::Duration;

use crate::clock::Deadline;
use crate::error::{Error, Result};
use crate::passwords::recipe::HashRecipe;
use crate::passwords::recipe::candidates::{Candidate, candidates, difference, in_words, peppered};
use crate::passwords::recipe::foreign::why_not;
use crate::passwords::recipe::known_hash::KnownHash;
use crate::passwords::recipe::said::{Said, verdict};
use crate::passwords::recipe::slow_search;
use crate::passwords::recipe::tried::Tried;
use crate::progress::Tally;

/// How long a search goes on by itself.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Finds out how an old system hashes, and returns the recipe that verifies all of these hashes: [`find_recipe_within`] a
/// minute. Sends nothing.
///
/// # Errors
///
/// The same as for [`find_recipe_within`].
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
    find_recipe_within(known, LIMIT)
}

/// Finds out how an old system hashes, and returns the recipe that verifies all of these hashes. Sends nothing; prints every
/// two seconds what it tries.
///
/// It begins with what the hashes say themselves ([`StoredHash::read`](crate::StoredHash::read)). Then it tries digests and
/// HMACs with every encoding and salt position; hash and salt in one column; base64 of any of these; a salt or pepper in
/// bcrypt. Then, if the salt is known, it tries PBKDF2 with every number of iterations up to 1,500,000, and scrypt with common
/// parameters, the likely ones first. This takes from a few seconds to some tens of seconds, for which `limit` may be too
/// short. A hash that costs more than [`verify_password`](crate::verify_password) may spend is not computed.
///
/// Two or three hashes of different passwords are best, one of them with a letter like `ä`; otherwise the recipe says what
/// could not be told apart. Algorithms other than bcrypt, sha256, sha512 and the SHA-2 schemes of ldap need the crate's feature
/// `all-hashes` (see [`verify_password`](crate::verify_password)).
///
/// # Errors
///
/// No hashes. Hashes that already say why there is no recipe: clear text, a kind that Auth0 does not take, a damaged hash, a
/// sound hash that the password does not fit. No recipe verifies all of them; then the error says what came close, whether it
/// is a known construction that Auth0 does not support, what was tried and what was not.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
/// let known = [KnownHash::new("correct house", hash)];
/// let error = find_recipe_within(&known, Duration::from_secs(5)).unwrap_err();
/// assert!(error.to_string().contains("did not try"));
/// ```
pub fn find_recipe_within(known: &[KnownHash], limit: Duration) -> Result<HashRecipe> {
    if known.is_empty() {
        return Err(Error::no_known_hashes());
    }
    let said = said_of(known);
    if let Some(told) = verdict(known, &said) {
        return told.map(|recipe| noted(recipe, known.len(), 1, &[]));
    }
    let mut search = Search::new(known, limit);
    let found = search.found_all();
    found.ok_or_else(|| search.no_recipe())?
}

/// What each of them says, with progress lines, since each may take seconds.
pub(crate) fn said_of(known: &[KnownHash]) -> Vec<Said> {
    let mut tally = Tally::new();
    let said = known.iter().enumerate().map(|(done, hash)| {
        tally.say(done, known.len(), "known hashes tried");
        Said::of(hash)
    });
    said.collect()
}

/// What came of a search for hashes that do not say how they were made.
pub(crate) enum Searched {
    /// The recipe that verifies most, and the numbers of those that it does not verify.
    Found(HashRecipe, Vec<usize>),
    Nothing(Error),
}

/// The same without a look at what the hashes say themselves, and content with a recipe that does not verify all.
pub(crate) fn search_within(known: &[KnownHash], limit: Duration) -> Searched {
    let mut search = Search::new(known, limit);
    let found = search.found_all().map(|recipe| (recipe, Vec::new()));
    let close = search
        .close
        .clone()
        .map(|(candidate, missed)| (recipe_of(&candidate), missed));
    match found.or(close) {
        Some((Ok(recipe), missed)) => Searched::Found(recipe, missed),
        Some((Err(error), _)) => Searched::Nothing(error),
        None => Searched::Nothing(search.no_recipe()),
    }
}

fn recipe_of(candidate: &Candidate) -> Result<HashRecipe> {
    let mut description = candidate.custom.clone();
    let words = candidate.column.json();
    if words.as_object().is_some_and(|words| !words.is_empty()) {
        description["column"] = words;
    }
    HashRecipe::new(description)
}

struct Search<'a> {
    known: &'a [KnownHash],
    deadline: Deadline,
    tally: Tally,
    found: Vec<Candidate>,
    tried: Tried,
    /// The recipe that verifies most, where none verifies all, and which it does not.
    close: Option<(Candidate, Vec<usize>)>,
    /// Why a possible recipe was not tried, such as a missing algorithm in this build.
    lacking: Option<String>,
    /// What the first is known to be that no recipe describes.
    foreign: Vec<String>,
}

impl Search<'_> {
    fn new(known: &[KnownHash], limit: Duration) -> Search<'_> {
        Search {
            known,
            deadline: Deadline::after(limit),
            tally: Tally::new(),
            found: Vec::new(),
            tried: Tried::default(),
            close: None,
            lacking: None,
            foreign: Vec::new(),
        }
    }

    /// Searches; the recipe that verifies all.
    fn found_all(&mut self) -> Option<Result<HashRecipe>> {
        self.quickly();
        if self.is_open() {
            self.with_pepper();
        }
        if self.found.is_empty() {
            self.foreign = why_not(&self.known[0], self.deadline);
        }
        if self.is_open() && self.foreign.is_empty() {
            self.slowly();
        }
        let (first, others) = self.found.split_first()?;
        let (all, tried) = (self.known.len(), self.tried.number);
        Some(recipe_of(first).map(|recipe| noted(recipe, all, tried, others)))
    }

    fn is_open(&self) -> bool {
        self.found.is_empty() && self.close.is_none()
    }

    fn quickly(&mut self) {
        for candidate in candidates(self.known) {
            self.test(candidate, false);
        }
    }

    fn with_pepper(&mut self) {
        for candidate in peppered(self.known) {
            if !self.is_open() {
                return;
            }
            if self.deadline.is_over() {
                self.tried.cut_short = true;
                return;
            }
            self.tally.say_so_far(
                self.tried.number,
                "recipes tried, now bcrypt with the salt mixed in",
            );
            self.test(candidate, true);
        }
    }

    /// With the first hash, and where that finds nothing, with the second: the password of the first may be wrong.
    fn slowly(&mut self) {
        for known in self.known.iter().take(2) {
            let (tally, deadline, number) = (&mut self.tally, self.deadline, self.tried.number);
            let mut go_on = |now: &str| {
                tally.say_so_far(number, &format!("recipes tried, {now}"));
                !deadline.is_over()
            };
            let slow_search::Searched {
                found,
                iterations,
                scrypts,
                cut_short,
                lacking,
            } = slow_search::search(known, &mut go_on);
            self.tried.add_slow(iterations, &scrypts, cut_short);
            if let Some(lacking) = lacking {
                self.lacking.get_or_insert(lacking.to_string());
            }
            if let Some(candidate) = found {
                return self.test(candidate, false);
            }
        }
    }

    /// Tries a recipe on all hashes; a slow one on the others only when it verifies the first.
    fn test(&mut self, candidate: Candidate, slow: bool) {
        self.tried.add(&candidate);
        let mut missed = Vec::new();
        for (index, known) in self.known.iter().enumerate() {
            match candidate.fits(known) {
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
            self.found.push(candidate);
        } else if missed.len() < self.known.len() && is_closest {
            self.close = Some((candidate, missed));
        }
    }

    fn no_recipe(&self) -> Error {
        let closest = self.close.as_ref();
        let closest = closest.map(|(recipe, missed)| (in_words(&recipe.custom), missed.as_slice()));
        let tried = self.tried.in_words(self.known, self.lacking.as_deref());
        Error::no_recipe(
            self.tried.number,
            self.known.len(),
            closest,
            &self.foreign,
            &tried,
        )
    }
}

/// The recipe with what the search has to say.
fn noted(mut recipe: HashRecipe, all: usize, tried: usize, others: &[Candidate]) -> HashRecipe {
    let descriptions = if tried == 1 {
        "recipe was"
    } else {
        "recipes were"
    };
    recipe.notes.push(format!(
        "verifies {all} of {all} known hashes; {tried} {descriptions} tried"
    ));
    let alike: Vec<String> = others
        .iter()
        .filter_map(|other| difference(&recipe.custom, &other.custom))
        .collect();
    if !alike.is_empty() {
        recipe.notes.push(format!(
            "these hashes also fit {}: to be sure, add a hash whose password has a letter like ä and whose salt is not empty",
            alike.join(", or ")
        ));
    }
    let head = recipe.custom["hash"]["value"].as_str().unwrap_or_default();
    if ["$2a$10$", "$2b$10$"].contains(&head)
        && recipe.custom.get("salt").is_none()
        && !recipe.column.itself
    {
        recipe
            .notes
            .push("Auth0 takes such hashes as they are, in password_hash".to_string());
    }
    recipe
}
