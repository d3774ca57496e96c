//! Many users made from a prefix.

use crate::error::{Error, Result};
use crate::users::{User, Users};

/// The most users that are made at once: with their passwords they take about a gigabyte of memory.
const MOST_USERS: usize = 1_000_000;
/// Characters of the longest username any connection can be set to take (Auth0: 1 to 128).
const MAX_USERNAME_CHARS: usize = 128;
/// Characters of an e-mail's local part, and of the whole e-mail (Auth0's user schema).
const MAX_LOCAL_CHARS: usize = 64;
const MAX_EMAIL_CHARS: usize = 254;
/// What usernames and e-mails both take beside letters and digits.
const PUNCTUATION: &str = ".!#$'^_`~+-";

/// Makes `count` users called `prefix_01`, `prefix_02`, ... with e-mails at `email_domain`. Sends nothing.
///
/// The number has at least two digits, so user 7 always has the same name, whatever the count. The users have no passwords yet:
/// see [`set_passwords`](crate::set_passwords).
///
/// # Errors
///
/// A prefix that is empty, is too long for any connection, is in upper case, or has characters that a username or an e-mail
/// cannot have; a domain that is not a full host name in lower case; a count of 0 or over 1,000,000 (for more, give
/// [`import_stream`](crate::import_stream) an iterator that makes users as they are sent).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = generate_users("imfake", "uni.test", 25)?;
/// assert_eq!(users.len(), 25);
/// assert_eq!(users[6].email, "imfake_07@uni.test");
/// # Ok::<(), Error>(())
/// ```
pub fn generate_users(prefix: &str, email_domain: &str, count: usize) -> Result<Users> {
    if count == 0 {
        return Err(Error::no_count("makes no users"));
    }
    if count > MOST_USERS {
        return Err(Error::large_count(count, MOST_USERS));
    }
    check_prefix(prefix)?;
    let longest = username(prefix, count).chars().count();
    check_lengths(prefix, longest, email_domain)?;
    check_domain(email_domain)?;
    Ok((1..=count)
        .map(|number| user(&username(prefix, number), email_domain))
        .collect())
}

fn username(prefix: &str, number: usize) -> String {
    format!("{prefix}_{number:02}")
}

fn user(username: &str, email_domain: &str) -> User {
    let email = format!("{username}@{email_domain}");
    User {
        email_verified: Some(true),
        name: Some(email.clone()),
        nickname: Some(username.to_string()),
        username: Some(username.to_string()),
        ..User::new(email)
    }
}

fn check_prefix(prefix: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
    if prefix.is_empty() {
        return Err(Error::empty_prefix());
    }
    if let Some(bad) = prefix.chars().find(|c| !fits(*c)) {
        return Err(Error::prefix_character(prefix, bad, PUNCTUATION));
    }
    if prefix.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(Error::prefix_in_upper_case(prefix));
    }
    if prefix.starts_with('.') || prefix.contains("..") {
        return Err(Error::prefix_with_dots(prefix));
    }
    Ok(())
}

fn check_lengths(prefix: &str, longest: usize, domain: &str) -> Result<()> {
    if longest > MAX_USERNAME_CHARS {
        return Err(Error::long_usernames(prefix, longest, MAX_USERNAME_CHARS));
    }
    if longest > MAX_LOCAL_CHARS {
        return Err(Error::long_local_parts(prefix, longest, MAX_LOCAL_CHARS));
    }
    let whole = longest + 1 + domain.len();
    if whole > MAX_EMAIL_CHARS {
        return Err(Error::long_emails(prefix, whole, MAX_EMAIL_CHARS));
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<()> {
    if domain.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(Error::email_domain_in_upper_case(domain));
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    let top_fits = top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
    if !domain.contains('.') || !domain.split('.').all(label) || !top_fits {
        return Err(Error::no_email_domain(domain));
    }
    Ok(())
}
