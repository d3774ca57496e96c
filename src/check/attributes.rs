//! A user's e-mail, username, phone number and id against the schema and the connection's own rules.

use crate::connections::rules::{ConnectionRules, UsernameRules};
use crate::error::problem::Faults;
use crate::users::User;
use crate::users::email::is_email;
use crate::users::phone::is_phone;

/// Characters usernames take beside letters and digits.
const USERNAME_PUNCTUATION: &str = "@^$.!`#+'~_-";
/// Characters of the longest user id (Auth0's OpenAPI description of `POST /users`, which takes no white space in it either).
const MOST_ID_CHARS: usize = 255;

pub(crate) fn check_email(email: &str, faults: &mut Faults) {
    if email.is_empty() {
        faults.add("email", "is missing: every user needs one");
    } else if !is_email(email) {
        faults.add(
            "email",
            "is not an address that Auth0 takes: it must be name@domain with a full domain",
        );
    }
}

/// Checks only the form: a number must be unique among the tenant's users, whatever the connection does with it.
pub(crate) fn check_phone(phone: &str, faults: &mut Faults) {
    if !is_phone(phone) {
        faults.add(
            "phone_number",
            "is not a number that Auth0 takes: it must be + and 1 to 15 digits with nothing between them, as in +4930123456",
        );
    }
}

/// Auth0 puts `auth0|` in front of every id that is imported, whatever it begins with.
pub(crate) fn check_user_id(id: &str, faults: &mut Faults) {
    let length = id.chars().count();
    let problem = if id.is_empty() {
        "is empty: leave it out, and an id is made".to_string()
    } else if id.contains(char::is_whitespace) {
        "has white space, which is not allowed in a user id".to_string()
    } else if length > MOST_ID_CHARS {
        format!("has {length} characters, and Auth0 takes at most {MOST_ID_CHARS}")
    } else if let Some(provider) = provider_of(id) {
        format!(
            "begins with a provider, {provider}|, and Auth0 adds auth0| in front: give only the part after {provider}|"
        )
    } else {
        return;
    };
    faults.add("user_id", problem);
}

/// The word before the first `|`, as in `google-oauth2|123`.
fn provider_of(id: &str) -> Option<&str> {
    let (provider, _) = id.split_once('|')?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!provider.is_empty() && provider.chars().all(is_word)).then_some(provider)
}

/// What the connection takes and requires.
pub(crate) fn check_attributes(user: &User, rules: &ConnectionRules, faults: &mut Faults) {
    match (&user.username, &rules.usernames) {
        (Some(_), None) => faults.add(
            "username",
            "is set, but the connection does not take usernames: leave it out (Users::without_usernames)",
        ),
        (Some(username), Some(rules)) => check_username(username, rules, faults),
        (None, _) => {}
    }
    for field in &rules.required {
        if is_missing(user, field) {
            faults.add(
                field,
                "is missing, and the connection requires it for every user",
            );
        }
    }
}

/// Whether a required field is missing. A field that an import does not have is never reported.
fn is_missing(user: &User, field: &str) -> bool {
    let value = match field {
        "username" => &user.username,
        "phone_number" => &user.phone_number,
        "name" => &user.name,
        "nickname" => &user.nickname,
        "given_name" => &user.given_name,
        "family_name" => &user.family_name,
        "picture" => &user.picture,
        // Every import requires the e-mail, so a missing one is already reported.
        _ => return false,
    };
    value.as_deref().unwrap_or_default().is_empty()
}

fn check_username(username: &str, rules: &UsernameRules, faults: &mut Faults) {
    let length = username.chars().count();
    if let Some((least, most)) = rules.length
        && (length < least || length > most)
    {
        return faults.add(
            "username",
            format!("has {length} characters, and the connection takes {least} to {most}"),
        );
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || USERNAME_PUNCTUATION.contains(c);
    if let Some(bad) = username.chars().find(|c| !fits(*c)) {
        return faults.add(
            "username",
            format!("has the character {bad:?}: use letters, digits and {USERNAME_PUNCTUATION}"),
        );
    }
    if is_email(username) && !rules.emails {
        faults.add(
            "username",
            "looks like an e-mail address, which this connection does not take as a username",
        );
    }
    if is_phone(username) && !rules.phones {
        faults.add(
            "username",
            "looks like a phone number, which this connection does not take as a username",
        );
    }
}
