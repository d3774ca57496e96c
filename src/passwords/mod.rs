//! Passwords: one hash, and hashes for many users on every core.

pub(crate) mod hash_stream;
pub(crate) mod hashes;
pub(crate) mod measure;
pub(crate) mod recipe;
pub(crate) mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::clock;
use crate::error::{Error, Result};
use crate::passwords::hashes::bcrypt_lanes::{LANES, hash_many};
use crate::private_file::sheet::CsvFile;
use crate::say::say;
use crate::secrets::{Secret, random_bytes, random_hex};
use crate::users::{User, Users};
use crate::words::count;

/// The bcrypt cost that Auth0's `password_hash` takes: only 10 (its pattern is `^\$2[ab]?\$10+\$...`).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let hash = hash_password("correct horse")?;
/// assert!(hash.starts_with(&format!("$2b${BCRYPT_COST}$")));
/// # Ok::<(), Error>(())
/// ```
pub const BCRYPT_COST: u32 = 10;
/// Bytes of the longest password that bcrypt takes: 72. A longer one is refused, and never cut off.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// assert!(hash_password(&"x".repeat(MAX_PASSWORD_BYTES)).is_ok());
/// assert!(hash_password(&"x".repeat(MAX_PASSWORD_BYTES + 1)).is_err());
/// ```
pub const MAX_PASSWORD_BYTES: usize = 72;
/// The letters of a random password, without those that look alike. There are 56, so 20 make 116 bits.
const ALPHABET: &[u8; 56] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const RANDOM_CHARS: usize = 20;
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Which password each user gets.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = generate_users("docs-shared", "uni.test", 1)?;
/// let accounts = set_passwords(&users, Passwords::Shared(Secret::new("correct horse")))?;
/// assert!(verify_password(&accounts[0], "correct horse")?);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Passwords {
    /// The username is the password; only for practice.
    SameAsUsername,
    /// One password for all, each with its own salt.
    Shared(Secret),
    /// A password of 20 characters for each, from the system's CSPRNG; written to a credentials sheet.
    Random,
}

/// Hashes a password for Auth0's `password_hash`: bcrypt `$2b$` with a fresh salt each time. Sends nothing.
///
/// The cost is always [`BCRYPT_COST`]; for hashes with another cost, see [`HashRecipe`](crate::HashRecipe).
///
/// # Errors
///
/// The password is empty, over [`MAX_PASSWORD_BYTES`], or holds a NUL byte; the system gives no random numbers.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let hash = hash_password("correct horse")?;
/// assert!(hash.starts_with("$2b$10$") && hash.len() == 60);
/// assert_ne!(hash, hash_password("correct horse")?);
/// # Ok::<(), Error>(())
/// ```
pub fn hash_password(password: &str) -> Result<String> {
    check_password(password)?;
    bcrypt::hash(password, BCRYPT_COST).map_err(Error::not_hashed)
}

/// Whether bcrypt takes the password, whole.
pub(crate) fn check_password(password: &str) -> Result<()> {
    match password.len() {
        0 => Err(Error::empty_password(MAX_PASSWORD_BYTES)),
        1..=MAX_PASSWORD_BYTES if password.contains('\0') => Err(Error::password_with_nul()),
        1..=MAX_PASSWORD_BYTES => Ok(()),
        bytes => Err(Error::long_password(bytes, MAX_PASSWORD_BYTES)),
    }
}

/// Gives each user a password: returns copies of the users with `password_hash` set. Sends nothing; uses every core.
///
/// With [`Passwords::Random`], a credentials sheet (CSV, readable only by you, ignored by git) is on disk under `credentials/`
/// in the working folder before this returns, and its name is printed. A core makes about 100 hashes a second, several abreast
/// (measured on a current core: 103, against 21 one by one; [`measure_hashing`](crate::measure_hashing) measures yours). It
/// prints its progress every two seconds.
///
/// # Errors
///
/// No users; a user who already has a password, or has no username although it is to be the password; a shared password that
/// [`hash_password`] refuses; a credentials sheet that cannot be written.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = generate_users("docs-own", "uni.test", 2)?;
/// let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
/// assert!(accounts.iter().all(User::has_password));
/// assert!(set_passwords(&accounts, Passwords::SameAsUsername).is_err(), "they have one each");
/// # Ok::<(), Error>(())
/// ```
pub fn set_passwords(users: &[User], passwords: Passwords) -> Result<Users> {
    if users.is_empty() {
        return Err(Error::no_users());
    }
    if let Some(row) = users.iter().position(User::has_password) {
        return Err(Error::has_password(row + 1, &users[row].email));
    }
    let texts = match &passwords {
        Passwords::SameAsUsername => {
            let instead = "Passwords::Random or Passwords::Shared";
            let users = users.iter().enumerate();
            users
                .map(|(index, user)| own_username(index + 1, user, instead))
                .collect::<Result<_>>()?
        }
        Passwords::Shared(secret) => {
            check_password(secret.expose())?;
            vec![secret.clone(); users.len()]
        }
        Passwords::Random => users
            .iter()
            .map(|_| random_password())
            .collect::<Result<_>>()?,
    };
    if let Passwords::Random = passwords {
        let path = write_sheet(Path::new("credentials"), users, &texts)?;
        say!(
            "passwords of {} written to {} (readable only by you)",
            count(users.len(), "user"),
            path.display()
        );
    }
    let hashes = hash_all(&texts)?;
    let with_hash = |(user, hash): (&User, String)| User {
        password_hash: Some(hash),
        ..user.clone()
    };
    Ok(users.iter().zip(hashes).map(with_hash).collect())
}

/// The username as the password of the user in `row`; `instead` names what to use if there is no suitable username.
pub(crate) fn own_username(row: usize, user: &User, instead: &str) -> Result<Secret> {
    match &user.username {
        Some(username) if check_password(username).is_err() => {
            Err(Error::username_unfit(row, &user.email, instead))
        }
        Some(username) => Ok(Secret::new(username)),
        None => Err(Error::no_username(row, &user.email, instead)),
    }
}

fn random_password() -> Result<Secret> {
    let mut text = String::with_capacity(RANDOM_CHARS);
    while text.len() < RANDOM_CHARS {
        // Bytes beyond a multiple of the alphabet would make its first letters likelier.
        let fair = random_bytes(RANDOM_CHARS)?
            .into_iter()
            .filter(|&b| usize::from(b) < ALPHABET.len() * 4);
        text.extend(
            fair.take(RANDOM_CHARS - text.len())
                .map(|b| char::from(ALPHABET[usize::from(b) % ALPHABET.len()])),
        );
    }
    Ok(Secret::new(text))
}

/// Writes the sheet to a file that only its owner can read, and syncs it: half a sheet of passwords is useless.
fn write_sheet(folder: &Path, users: &[User], passwords: &[Secret]) -> Result<PathBuf> {
    let path = folder.join(format!("passwords-{}.csv", random_hex(4)?));
    let written = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        // Ignored wherever the notebook runs.
        fs::write(folder.join(".gitignore"), "*\n")?;
        let mut sheet = CsvFile::create(&path)?;
        sheet.row(["email", "username", "password"])?;
        for (user, password) in users.iter().zip(passwords) {
            let username = user.username.as_deref().unwrap_or_default();
            sheet.row([&user.email, username, password.expose()])?;
        }
        sheet.finish()
    };
    match written() {
        Ok(()) => Ok(path),
        Err(cause) => Err(Error::credentials_sheet(&path, cause)),
    }
}

/// Hashes on every core, several abreast on each. It uses its own threads, because a global pool would start again in each
/// cell. The passwords are known to be good.
pub(crate) fn hash_all(passwords: &[Secret]) -> Result<Vec<String>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // Few passwords are shared out evenly, many go in full groups.
    let abreast = passwords.len().div_ceil(cores).clamp(1, LANES);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = |reports: bool| -> Result<Vec<(usize, Vec<String>)>> {
        let (began, mut said, mut groups) = (clock::instant(), clock::instant(), Vec::new());
        loop {
            let first = next.fetch_add(abreast, Ordering::Relaxed);
            let last = (first + abreast).min(passwords.len());
            if first >= last {
                return Ok(groups);
            }
            let group: Vec<&str> = passwords[first..last].iter().map(Secret::expose).collect();
            groups.push((first, hash_many(BCRYPT_COST, &group)?));
            let done = done.fetch_add(group.len(), Ordering::Relaxed) + group.len();
            let left =
                clock::since(began).as_secs_f64() / done as f64 * (passwords.len() - done) as f64;
            if reports && clock::since(said) >= PROGRESS_EVERY && left >= 1.0 {
                said = clock::instant();
                say!(
                    "hashed {done} of {}, about {left:.0} s left",
                    passwords.len()
                );
            }
        }
    };
    let mut groups = thread::scope(|scope| {
        let threads: Vec<_> = (1..cores).map(|_| scope.spawn(|| work(false))).collect();
        let mut all = work(true)?;
        for thread in threads {
            all.extend(
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
            );
        }
        Ok::<_, Error>(all)
    })?;
    groups.sort_unstable_by_key(|(first, _)| *first);
    Ok(groups.into_iter().flat_map(|(_, group)| group).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventy_two_bytes_all_count_and_one_more_is_refused() {
        for bytes in [71, 72] {
            let password = "x".repeat(bytes);
            let hash = hash_password(&password).unwrap();
            assert!(bcrypt::verify(&password, &hash).unwrap());
            let other = format!("{}y", "x".repeat(bytes - 1));
            assert!(
                !bcrypt::verify(&other, &hash).unwrap(),
                "byte {bytes} counts"
            );
        }
        let error = hash_password(&"x".repeat(73)).unwrap_err().to_string();
        assert!(error.contains("73 bytes"), "{error}");
    }
}
