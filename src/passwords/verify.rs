//! Whether a password fits a hash, answered here as Auth0 would at a sign-in.

use crate::error::problem::Faults;
use crate::error::{Error, Result};
use crate::passwords::check_password;
use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::schema::check_password_hash;
use crate::passwords::recipe::first_fault;
use crate::users::User;

/// Whether Auth0 would accept this password, judging by the user's hash of either kind. Sends nothing.
///
/// bcrypt, sha256, sha512 and the SHA-2 schemes of ldap are always available; the other algorithms need the crate's feature
/// `all-hashes`, in a notebook `:dep auth0-bulk-users = { path = "..", features = ["all-hashes"] }`.
///
/// A hash that needs over 512 MB of memory, or over about 5 s on one core, is not tried: bcrypt above cost 16, PBKDF2 with over
/// 10 million iterations, and argon2 and scrypt with such parameters. The practice tenant has the same limits.
///
/// # Errors
///
/// A user without a hash, or with both kinds; a description that cannot fit any password, with the wrong field; a password that
/// is empty or over [`MAX_PASSWORD_BYTES`](crate::MAX_PASSWORD_BYTES), which no sign-in takes (Auth0's documentation); an
/// algorithm that this build of the crate lacks; a hash that takes too much memory or time, with how much that would be.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = set_passwords(&generate_users("imfake", "uni.test", 1)?, Passwords::SameAsUsername)?;
/// assert!(verify_password(&users[0], "imfake_01")?);
/// assert!(!verify_password(&users[0], "imfake_02")?);
/// # Ok::<(), Error>(())
/// ```
pub fn verify_password(user: &User, password: &str) -> Result<bool> {
    let failed = |field: &str, fact: &str| Error::untried_hash(&user.email, field, fact);
    check_password(password)?;
    match (&user.password_hash, &user.custom_password_hash) {
        (None, None) => Err(Error::no_hash(&user.email)),
        (Some(_), Some(_)) => Err(Error::two_hashes(&user.email)),
        (Some(hash), None) => {
            let mut faults = Faults::default();
            check_password_hash(hash, &mut faults);
            if let Some(problem) = faults.of(0, &user.email).into_iter().next() {
                return Err(failed(&problem.field, &problem.problem));
            }
            Ok(bcrypt::verify(password, hash).unwrap_or(false))
        }
        (None, Some(custom)) => {
            if let Some(problem) = first_fault(custom) {
                return Err(failed(&problem.field, &problem.problem));
            }
            let read = CustomHash::read(custom).map_err(|(field, words)| failed(field, &words))?;
            let fits = read
                .fits(password)
                .map_err(|untried| failed(untried.field(), &untried.to_string()))?;
            fits.ok_or_else(|| failed("custom_password_hash.hash.value", "is missing"))
        }
    }
}
