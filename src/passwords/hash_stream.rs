//! Passwords for users of a stream, hashed as they go by.

use std::collections::VecDeque;

use crate::error::{Error, Result};
use crate::passwords::{Passwords, check_password, hash_all, own_username};
use crate::users::User;

/// Users of a stream hashed at a time: a few seconds of work, so that the cores are never idle for long.
const HASHED_AT_ONCE: usize = 200;

/// Users of a stream, each with a password; made by [`hash_stream`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = generate_users("docs-hashed", "uni.test", 2)?.into_iter().map(Ok);
/// let hashed: HashStream<_> = hash_stream(users, Passwords::SameAsUsername)?;
/// let accounts = hashed.collect::<Result<Users>>()?;
/// assert!(verify_password(&accounts[1], "docs-hashed_02")?);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct HashStream<I> {
    users: I,
    passwords: Passwords,
    hashed: VecDeque<Result<User>>,
    /// Rows that were taken from the stream.
    rows: usize,
}

/// Gives each user of a stream a password, a few hundred at a time on every core, so [`import_stream`](crate::import_stream)
/// hashes while it sends. Sends nothing.
///
/// A user who already has a password keeps it. If the username is the password, a user without one is an error of that row
/// only.
///
/// # Errors
///
/// A shared password that [`hash_password`](crate::hash_password) refuses; [`Passwords::Random`], whose sheet must be complete
/// before users are sent; use [`set_passwords`](crate::set_passwords) for that.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = generate_users("docs-stream", "uni.test", 2)?;
/// let hashed = hash_stream(users.into_iter().map(Ok), Passwords::SameAsUsername)?;
/// for user in hashed {
///     assert!(user?.has_password());
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn hash_stream<I>(users: I, passwords: Passwords) -> Result<HashStream<I::IntoIter>>
where
    I: IntoIterator<Item = Result<User>>,
{
    match &passwords {
        Passwords::SameAsUsername => {}
        Passwords::Shared(secret) => check_password(secret.expose())?,
        Passwords::Random => return Err(Error::random_in_a_stream()),
    }
    Ok(HashStream {
        users: users.into_iter(),
        passwords,
        hashed: VecDeque::new(),
        rows: 0,
    })
}

impl<I> HashStream<I> {
    /// Where the users come from.
    pub(crate) fn source(&self) -> &I {
        &self.users
    }
}

impl<I: Iterator<Item = Result<User>>> HashStream<I> {
    /// Hashes the next users that are without a password.
    fn fill(&mut self) {
        let mut batch: Vec<Result<User>> = self.users.by_ref().take(HASHED_AT_ONCE).collect();
        let (mut places, mut texts) = (Vec::new(), Vec::new());
        for (place, row) in batch.iter_mut().enumerate() {
            self.rows += 1;
            let text = match (&*row, &self.passwords) {
                (Err(_), _) => continue,
                (Ok(user), _) if user.has_password() => continue,
                (Ok(_), Passwords::Shared(secret)) => Ok(secret.clone()),
                (Ok(user), _) => own_username(self.rows, user, "Passwords::Shared"),
            };
            match text {
                Ok(text) => {
                    places.push(place);
                    texts.push(text);
                }
                Err(error) => *row = Err(error),
            }
        }
        match hash_all(&texts) {
            Ok(hashes) => {
                for (place, hash) in places.into_iter().zip(hashes) {
                    if let Ok(user) = &mut batch[place] {
                        user.password_hash = Some(hash);
                    }
                }
                self.hashed.extend(batch);
            }
            Err(error) => self.hashed.push_back(Err(error)),
        }
    }
}

impl<I: Iterator<Item = Result<User>>> Iterator for HashStream<I> {
    type Item = Result<User>;

    fn next(&mut self) -> Option<Result<User>> {
        if self.hashed.is_empty() {
            self.fill();
        }
        self.hashed.pop_front()
    }
}
