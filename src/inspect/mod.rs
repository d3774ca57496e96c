//! What an import of a file of users would do, row by row, before anything is sent.
//!
//! `verdict.rs` says what comes of a row, `pass.rs` counts all of them, `report.rs` is what was found, and `sheets.rs` writes it down.

mod pass;
pub(crate) mod report;
mod sheets;
mod verdict;

use std::path::Path;

use crate::error::Result;
use crate::inspect::pass::pass;
use crate::inspect::report::FileReport;
use crate::sources::known::Source;
use crate::sources::options::ReadOptions;

/// Reads a whole file of users and says what an import would do with it: its source, the rows that would fail, where each field
/// goes, what happens to each kind of hash, duplicates, and who must be contacted afterwards. Sends nothing.
///
/// The check is the same as in [`check_users`](crate::check_users), without a connection's own rules. It uses 4 bytes of memory
/// for each row, and 16 for each e-mail, username, user id and phone number. A column of hashes that is not mapped does not
/// stop it, but is the first thing in the report.
///
/// # Errors
///
/// The same as for [`read_users`](crate::read_users), for the whole file; a file that cannot be read to its end, since its rows
/// cannot be counted.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let hash = hash_password("correct horse")?;
/// # std::fs::write("users.csv", format!("id;email;encrypted_password;sign_in_count;reset_password_token\n7;ada@uni.test;{hash};3;\n")).expect("a file");
/// let inspection = inspect_users("users.csv")?;
/// assert_eq!(inspection.hashes(), [("bcrypt, as it is".to_string(), 1)]);
/// assert!(inspection.lost_hashes().is_empty());
/// # Ok::<(), Error>(())
/// ```
pub fn inspect_users(path: impl AsRef<Path>) -> Result<FileReport> {
    inspect_users_with(path, &ReadOptions::default())
}

/// Like [`inspect_users`], for a file that the named system wrote. Sends nothing.
///
/// # Errors
///
/// The same as for [`inspect_users`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("people.csv", "uid,mail,givenName\nada,ada@uni.test,Ada\n").expect("a file");
/// let inspection = inspect_users_as(Source::Ldap, "people.csv")?;
/// assert_eq!((inspection.source(), inspection.ready()), (Source::Ldap, 1));
/// # Ok::<(), Error>(())
/// ```
pub fn inspect_users_as(source: Source, path: impl AsRef<Path>) -> Result<FileReport> {
    inspect_users_with(path, &ReadOptions::default().source(source))
}

/// Like [`inspect_users`], for a file that is read with these options, which should be those of the import. Sends nothing, and
/// hashes nothing.
///
/// # Errors
///
/// The same as for [`inspect_users`] and [`read_users_with`](crate::read_users_with).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let hash = hash_password("correct horse")?;
/// # std::fs::write("shop.csv", format!("email,pw\nada@uni.test,{hash}\n")).expect("a file");
/// assert_eq!(inspect_users("shop.csv")?.lost_hashes().len(), 1);
/// let options = ReadOptions::default().map("pw", "hash");
/// let inspection = inspect_users_with("shop.csv", &options)?;
/// assert!(inspection.lost_hashes().is_empty() && inspection.resets() == 0);
/// # Ok::<(), Error>(())
/// ```
pub fn inspect_users_with(path: impl AsRef<Path>, options: &ReadOptions) -> Result<FileReport> {
    pass(path.as_ref(), options)
}
