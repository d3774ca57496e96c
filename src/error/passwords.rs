//! Passwords, hashes, and what describes hashes.

use std::path::Path;

use crate::error::problem::{Problem, first_of};
use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::count;

// A password, which never appears itself.
sentences! {
    Password empty_password(most: usize);
        "the password cannot be hashed: it is empty" ": " "use 1 to {most} bytes";
    Password password_with_nul();
        "the password cannot be hashed: it has a NUL byte, where bcrypt stops reading" ": " "remove that byte";
    Password long_password(bytes: usize, most: usize);
        "the password cannot be hashed: it has {bytes} bytes, and bcrypt would ignore all after the first {most}"
        ", " "so shorten it";
    Password long_salted_password(bytes: usize, most: usize);
        "the password cannot be hashed: with its salt it has {bytes} bytes, and bcrypt takes at most {most}"
        ": " "use a shorter salt";
    Password not_hashed(cause: bcrypt::BcryptError);
        "the password cannot be hashed: {cause}";
    Password random_in_a_stream();
        "the password cannot be hashed: random passwords must be saved in a sheet before any user is sent"
        ": " "use set_passwords";
    Input bcrypt_cost(cost: u32, highest: u32);
        "cannot measure cost {cost}: bcrypt's costs begin at 4, and above {highest} one hash takes many seconds"
        "; " "choose a cost from 4 to {highest}";
}

// Users who need a password.
sentences! {
    Password has_password(row: usize, email: &str);
        "user {row} ({email}) already has a password" ": " "clear password_hash or leave the user out";
    Password username_unfit(row: usize, email: &str, instead: &str);
        "user {row} ({email}) has a username that bcrypt cannot take as a password (1 to 72 bytes, no NUL byte)"
        ": " "use {instead}";
    Password no_username(row: usize, email: &str, instead: &str);
        "user {row} ({email}) has no username to use as the password" ": " "use {instead}";
}

// Hashes of an old system.
sentences! {
    /// `fault` is what is wrong with the field, and what to do.
    Hash hash_recipe(field: &str, fault: &str);
        "cannot use this hash recipe: {field} {fault}";
    Hash recipe_file(path: &Path, fault: &str) let path = path.display();
        "cannot use the recipe file {path}: {fault}";
    Hash costly_recipe(field: &str, fault: &str);
        "cannot make a hash with this recipe here: {field} {fault}"
        ": " "lower its cost, or let the old system make the hash";
    /// `fault` is what is wrong with the field, and what to do.
    Hash untried_hash(email: &str, field: &str, fault: &str);
        "cannot try a password for {email}: {field} {fault}";
    Hash no_hash(email: &str);
        "cannot try a password for {email}: both password_hash and custom_password_hash are missing"
        ": " "set a password with set_passwords";
    Hash two_hashes(email: &str);
        "cannot try a password for {email}: the user has both custom_password_hash and password_hash"
        ": " "keep only one of the two";
    Hash no_hash_value(email: &str);
        "cannot try a password for {email}: custom_password_hash.hash.value is missing"
        ": " "map the column with the hashes to it";
    Hash no_known_hashes();
        "found no recipe: there are no hashes" ": " "give one or more hashes with their passwords";
}

impl Error {
    /// `users` is how many users were looked at.
    pub(crate) fn bad_hashes(problems: Vec<Problem>, users: usize) -> Error {
        let fact = format!(
            "no hash was completed: the check of {} found: {}",
            count(users, "user"),
            first_of(&problems)
        );
        Error::new(ErrorKind::BadRows, fact)
            .advise("; ", "fix them, or leave those users out")
            .with(Detail::Problems(problems))
    }

    /// What known hashes say about themselves, if that gives no recipe; each fact names its hash.
    pub(crate) fn hashes_say(facts: &[String], advice: &str) -> Error {
        let fact = format!("found no recipe: {}", facts.join("; "));
        Error::new(ErrorKind::Hash, fact).advise("; ", advice)
    }

    /// None of `tried` recipes fits all of the `hashes` known hashes. `closest` describes the recipe that fits most of them, with the
    /// numbers of the hashes that it does not fit. `foreign` says what the hashes are known to be, and `search` says what was
    /// tried and what was not.
    pub(crate) fn no_recipe(
        tried: usize,
        hashes: usize,
        closest: Option<(String, &[usize])>,
        foreign: &[String],
        search: &[String],
    ) -> Error {
        let found = match &closest {
            Some((recipe, missed)) => {
                let numbers: Vec<String> = missed.iter().map(ToString::to_string).collect();
                format!(
                    "of {tried} recipes, the closest ({recipe}) verifies {} of {hashes} hashes, but not number {}; check the password there",
                    hashes - missed.len(),
                    numbers.join(", ")
                )
            }
            None if tried == 0 => "these hashes have no form that the search knows".to_string(),
            None => {
                format!("none of the {tried} recipes that could fit verifies any of these hashes")
            }
        };
        let mut parts = vec![found];
        parts.extend_from_slice(foreign);
        let is_open = foreign.is_empty() && closest.is_none();
        if is_open {
            parts.extend_from_slice(search);
        }
        let fact = format!("found no recipe: {}", parts.join("; "));
        let error = Error::new(ErrorKind::Hash, fact);
        match is_open {
            true => error.advise("; ", "check that each password belongs to its hash and that nothing is cut off; if the old system adds something else that Auth0 supports, describe it with HashRecipe::new, or import those users without passwords and let them choose new ones"),
            false => error,
        }
    }
}
