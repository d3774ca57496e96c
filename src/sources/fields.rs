//! The fields that an import takes, and the names of fields that a sentence may have.

use crate::words::cut;

/// Fields of a user that are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Email,
    PhoneNumber,
    UserId,
    Username,
    GivenName,
    FamilyName,
    Name,
    Nickname,
    Picture,
    PasswordHash,
}

/// Fields of a user that are true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    EmailVerified,
    PhoneVerified,
    Blocked,
}

/// Fields of a user that are objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    User,
    App,
    Hash,
}

impl Text {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Text::Email => "email",
            Text::PhoneNumber => "phone_number",
            Text::UserId => "user_id",
            Text::Username => "username",
            Text::GivenName => "given_name",
            Text::FamilyName => "family_name",
            Text::Name => "name",
            Text::Nickname => "nickname",
            Text::Picture => "picture",
            Text::PasswordHash => "password_hash",
        }
    }

    /// Whether a blank at either end could be meant: in what people call themselves.
    pub(crate) fn may_have_blanks(self) -> bool {
        matches!(
            self,
            Text::GivenName | Text::FamilyName | Text::Name | Text::Nickname
        )
    }
}

impl Flag {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Flag::EmailVerified => "email_verified",
            Flag::PhoneVerified => "phone_verified",
            Flag::Blocked => "blocked",
        }
    }
}

impl Object {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Object::User => "user_metadata",
            Object::App => "app_metadata",
            Object::Hash => "custom_password_hash",
        }
    }
}

/// A name of a field that may be shown: what looks like a name, and never what could be somebody's data.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || "_-.: /()[]$#".contains(c);
    let name = cut(name.trim(), MOST_NAME_CHARS);
    let is_name =
        !name.is_empty() && !name.contains('@') && name.trim_end_matches('…').chars().all(fits);
    let is_date_or_number = name.starts_with(|c: char| c.is_ascii_digit());
    let hidden = crate::secrets::hide::without_secrets(&name);
    let is_shown = is_name && !is_date_or_number && !has_part_of_a_hash(&name) && hidden == name;
    is_shown.then_some(name)
}

/// Whether letters and digits follow each other as in a piece of a hash, and in no name.
fn has_part_of_a_hash(name: &str) -> bool {
    let takes_turns = |word: &str| {
        let word = word.bytes().filter(u8::is_ascii_alphanumeric);
        let digits: Vec<bool> = word.map(|byte| byte.is_ascii_digit()).collect();
        digits.windows(2).filter(|pair| pair[0] != pair[1]).count() >= MOST_CHANGES
    };
    // The base64 of bcrypt and of others has these between letters, and so have the names of nested fields.
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "./".contains(c);
    let in_both_cases = |word: &str| {
        word.bytes().any(|byte| byte.is_ascii_uppercase())
            && word.bytes().any(|byte| byte.is_ascii_lowercase())
    };
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    let mut joined = name.split(|c: char| !is_base64(c));
    words.any(|word| word.len() >= PIECE_OF_A_HASH && takes_turns(word))
        || joined.any(|word| word.len() >= JOINED_PIECE && in_both_cases(word) && takes_turns(word))
}

/// Characters of a word that is looked at.
const PIECE_OF_A_HASH: usize = 12;
/// The same of words joined by dots and slashes.
const JOINED_PIECE: usize = 24;
/// So often digits and letters take turns in no name.
const MOST_CHANGES: usize = 5;

/// Characters of a column's name in a sentence.
pub(crate) const MOST_NAME_CHARS: usize = 60;
