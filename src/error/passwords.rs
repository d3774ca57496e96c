//! Passwords, hashes, and what describes hashes.

use std::path::Path;

use crate::error::problem::{Problem, first_of};
use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::count;

// A password, which is not told itself.
sentences! {
    Password empty_password(most: usize);
        "the password cannot be hashed: it is empty" ": " "give one of 1 to {most} bytes";
    Password password_with_nul();
        "the password cannot be hashed: it holds a NUL byte, at which bcrypt stops" ": " "leave it out";
    Password long_password(bytes: usize, most: usize);
        "the password cannot be hashed: it has {bytes} bytes and bcrypt takes {most}: the rest would not count"
        ", " "so shorten it";
    Password long_salted_password(bytes: usize, most: usize);
        "the password cannot be hashed: with its salt it has {bytes} bytes and bcrypt takes {most}"
        ": " "use a shorter salt";
    Password not_hashed(cause: bcrypt::BcryptError);
        "the password cannot be hashed: {cause}";
    Password random_in_a_stream();
        "the password cannot be hashed: random ones need their sheet on the disk before users are sent"
        ": " "use set_passwords";
    Input bcrypt_cost(cost: u32, highest: u32);
        "cost {cost} is not measured: bcrypt's costs begin at 4, and above {highest} one hash takes many seconds"
        "; " "give one in between";
}

// Users who are to be given one.
sentences! {
    Password has_password(row: usize, email: &str);
        "user {row} ({email}) has a password already" ": " "clear password_hash or leave the user out";
    Password username_unfit(row: usize, email: &str, instead: &str);
        "user {row} ({email}) has a username that bcrypt does not take as a password (1 to 72 bytes, no NUL byte)"
        ": " "use {instead}";
    Password no_username(row: usize, email: &str, instead: &str);
        "user {row} ({email}) has no username that could be the password" ": " "use {instead}";
}

// Hashes of an old system.
sentences! {
    /// What is wrong with a field, and what to do.
    Hash hash_recipe(field: &str, fault: &str);
        "cannot use this hash recipe: {field} {fault}";
    Hash recipe_file(path: &Path, fault: &str) let path = path.display();
        "cannot use the recipe's file {path}: {fault}";
    Hash costly_recipe(field: &str, fault: &str);
        "cannot make a hash by this recipe here: {field} {fault}"
        ": " "lower its cost, or leave the hashing to the system that it comes from";
    /// What is wrong with a field, and what to do.
    Hash untried_hash(email: &str, field: &str, fault: &str);
        "no password can be tried for {email}: {field} {fault}";
    Hash no_hash(email: &str);
        "no password can be tried for {email}: password_hash is missing, and custom_password_hash too"
        ": " "give the user one with set_passwords";
    Hash two_hashes(email: &str);
        "no password can be tried for {email}: custom_password_hash stands beside password_hash"
        ": " "give one of the two";
    Hash no_hash_value(email: &str);
        "no password can be tried for {email}: custom_password_hash.hash.value is missing"
        ": " "map the column that holds the hash to it";
    Hash no_known_hashes();
        "found no recipe: there are no hashes" ": " "give one or more, with their passwords";
}

impl Error {
    /// `users` were to have their hashes completed.
    pub(crate) fn bad_hashes(problems: Vec<Problem>, users: usize) -> Error {
        let fact = format!(
            "no hash was completed, since a look at {} found: {}",
            count(users, "user"),
            first_of(&problems)
        );
        Error::new(ErrorKind::BadRows, fact)
            .advise("; ", "mend them, or leave those users out")
            .with(Detail::Problems(problems))
    }

    /// What known hashes say of themselves, where no recipe comes of it; each fact names its hash.
    pub(crate) fn told_by_hashes(facts: &[String], advice: &str) -> Error {
        let fact = format!("found no recipe: {}", facts.join("; "));
        Error::new(ErrorKind::Hash, fact).advise("; ", advice)
    }

    /// None of `tried` recipes fits all of `hashes` known ones. `closest` is, in words, the recipe that fits most, and the
    /// numbers of those that it does not fit; `foreign` tells what they are known to be, and `search` what was tried and what
    /// was not.
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
                    "the closest of {tried} descriptions verifies {} of {hashes} ({recipe}), but not number {}: is its password right?",
                    hashes - missed.len(),
                    numbers.join(", ")
                )
            }
            None if tried == 0 => {
                "these hashes have the form of none that is looked for".to_string()
            }
            None => format!(
                "none of the {tried} descriptions that these hashes could have verifies any of them"
            ),
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
            true => error.advise("; ", "check that passwords and hashes belong together and nothing is cut off; what the system mixes in beyond that can be written down with HashRecipe::new, where Auth0 has a word for it; else import those users without, and let them reset their passwords"),
            false => error,
        }
    }
}
