//! What a stored hash says about itself: from the text of a column to what Auth0 takes, or to the reason why Auth0 does not
//! take it. Each family of forms has its own file.

mod aspnet;
mod braces;
mod crypt;
mod databases;
mod description;
mod django;
mod firebase;
mod iterated;
mod keycloak;
mod liferay;
mod pairs;
mod phc;
mod werkzeug;
pub(crate) mod wrapped;

use std::fmt;

use serde_json::Value;

use crate::passwords::MAX_PASSWORD_BYTES;
use crate::passwords::hashes::encodings::{BASE64, any_base64, hex_or_base64};
use base64::Engine;

pub use aspnet::aspnet_membership;
pub use firebase::{FirebaseConfig, firebase};
pub use keycloak::keycloak;

/// Bytes of the longest text that is looked at: Auth0's largest hashes have some hundred.
const MOST_BYTES: usize = 4096;
/// Wrappers within each other that are opened: base64 of `{CRYPT}` of a hash, and one to spare.
const MOST_WRAPPERS: u8 = 4;
/// What stands between hash and salt in one column.
pub(crate) const SEPARATORS: [char; 8] = [':', '$', '.', ';', '|', ',', '#', '-'];
/// Bytes of the shortest digest, md5. What has as many, in hex or base64, may be one.
const FEWEST_BYTES: usize = 16;

/// What a stored hash says about itself. Printing it does not show the hash.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let spring = "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG";
/// let mut user = User::new("ada@uni.test");
/// match StoredHash::read(spring) {
///     StoredHash::Bcrypt(hash) => user.password_hash = Some(hash),
///     StoredHash::Custom(custom) => user.custom_password_hash = Some(custom),
///     other => println!("{other:?}"),
/// }
/// assert!(verify_password(&user, "password")?);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub enum StoredHash {
    /// A bcrypt hash as `password_hash` takes it.
    Bcrypt(String),
    /// A `custom_password_hash`.
    Custom(Value),
    /// This is a known kind of hash, and Auth0 does not take it: `what` is a noun, and `why` continues after "it".
    Impossible {
        /// What it is: `a Drupal 7 hash`.
        what: &'static str,
        /// Why Auth0 cannot take it, after "it": `is cut off or too long: …`.
        why: &'static str,
    },
    /// Clear text, with or without its marker: a password to be hashed, see [`StoredHash::clear_text`].
    Password,
    /// Bytes or text that do not say how they were made: [`find_recipe`](crate::find_recipe) can find out from known passwords.
    Silent,
    /// Nothing.
    Empty,
}

impl StoredHash {
    /// Reads a hash from an old system's column; spaces around it do not count. Sends nothing, computes no hash.
    ///
    /// If two systems write the same form, it takes the more common one: an md5 of 32 hexadecimal digits, a colon and a salt of
    /// 32 is taken for Joomla's, with the salt after the password, and better-auth's `salt:key` for scrypt with its block size.
    /// So try a known password with [`verify_password`](crate::verify_password), or with [`find_recipe`](crate::find_recipe),
    /// which also tries the others.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert_eq!(StoredHash::read("Summer2024!"), StoredHash::Password);
    /// assert_eq!(StoredHash::read("5f4dcc3b5aa765d61d8327deb882cf99"), StoredHash::Silent);
    /// let drupal = StoredHash::read("$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf");
    /// assert!(matches!(drupal, StoredHash::Impossible { what: "a Drupal 7 hash", .. }));
    /// ```
    #[must_use]
    pub fn read(text: &str) -> StoredHash {
        read_inside(text, MOST_WRAPPERS)
    }

    /// The same with the salt from another column, if the two together say how the hash was made; otherwise
    /// [`StoredHash::Silent`]. Sends nothing, computes no hash.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// // PostgreSQL mixes in the name of the user.
    /// let hash = StoredHash::with_salt("md5cf1b04f55be21b2c32dc7e2c86105f69", "ada");
    /// assert!(matches!(hash, StoredHash::Custom(_)));
    /// ```
    #[must_use]
    pub fn with_salt(text: &str, salt: &str) -> StoredHash {
        let (text, salt) = (trimmed(text), trimmed(salt));
        if salt.is_empty() {
            return StoredHash::read(text);
        }
        if salt.len() > MOST_BYTES {
            return StoredHash::Silent;
        }
        if let Some(found) =
            pairs::of_columns(text, salt).or_else(|| databases::with_name(text, salt))
        {
            return found;
        }
        match StoredHash::read(text) {
            // Whether its password was mixed with that, only a known password tells: a hash has its own salt inside.
            StoredHash::Bcrypt(_) | StoredHash::Custom(_) if !text.contains(salt) => {
                StoredHash::Silent
            }
            StoredHash::Password => StoredHash::Silent,
            read => read,
        }
    }

    /// The password, if the text is one, without its marker (`{noop}`).
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert_eq!(StoredHash::clear_text("{noop}correct horse"), Some("correct horse"));
    /// assert_eq!(StoredHash::clear_text("$2b$10$"), None);
    /// ```
    #[must_use]
    pub fn clear_text(text: &str) -> Option<&str> {
        if StoredHash::read(text) != StoredHash::Password {
            return None;
        }
        let bare =
            braces::clear_text(trimmed(text)).or_else(|| werkzeug::clear_text(trimmed(text)));
        Some(bare.unwrap_or(text))
    }
}

impl StoredHash {
    /// Whether it says what it is.
    fn is_known(&self) -> bool {
        !matches!(
            self,
            StoredHash::Password | StoredHash::Silent | StoredHash::Empty
        )
    }
}

/// Whether a text is a bcrypt hash as `password_hash` takes it: that is seen at once, of each user of a million.
pub(crate) fn is_plain_bcrypt(text: &str) -> bool {
    crypt::is_as_it_is(text)
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoredHash::Bcrypt(_) => f.write_str("Bcrypt(..)"),
            StoredHash::Custom(custom) => {
                let algorithm = custom["algorithm"].as_str().unwrap_or_default();
                write!(f, "Custom({} ..)", crate::say::harmless(algorithm))
            }
            StoredHash::Impossible { what, why } => write!(f, "Impossible({what}: it {why})"),
            StoredHash::Password => f.write_str("Password"),
            StoredHash::Silent => f.write_str("Silent"),
            StoredHash::Empty => f.write_str("Empty"),
        }
    }
}

/// libsodium fills its texts up with NUL bytes; editors leave marks of the order of bytes, and letters without a width.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}' | '\u{200b}'))
}

/// With as many wrappers as may still be opened.
fn read_inside(text: &str, wrappers: u8) -> StoredHash {
    let text = trimmed(text);
    if text.is_empty() {
        return StoredHash::Empty;
    }
    if text.len() > MOST_BYTES || wrappers == 0 {
        return StoredHash::Silent;
    }
    let inner = |text: &str| read_inside(text, wrappers - 1);
    let found = braces::read(text, &inner)
        .or_else(|| django::read(text, &inner))
        // What Ory Kratos writes begins as some of crypt's do.
        .or_else(|| phc::read(text))
        .or_else(|| crypt::read(text))
        .or_else(|| werkzeug::read(text))
        .or_else(|| pairs::read(text, &inner))
        .or_else(|| iterated::read(text))
        .or_else(|| databases::read(text))
        .or_else(|| aspnet::read(text))
        .or_else(|| liferay::read(text))
        .or_else(|| in_base64(text, &inner))
        .or_else(|| wrapped::read(text, &inner));
    found.unwrap_or_else(|| {
        if is_password(text) {
            StoredHash::Password
        } else {
            StoredHash::Silent
        }
    })
}

/// Base64 of a text that says what it is, as LDIF has it after two colons.
fn in_base64(text: &str, inner: &dyn Fn(&str) -> StoredHash) -> Option<StoredHash> {
    let decoded = String::from_utf8(BASE64.decode(text).ok()?).ok()?;
    if !decoded.starts_with(['{', '$']) {
        return None;
    }
    Some(inner(&decoded)).filter(StoredHash::is_known)
}

/// Whether an unmarked text may be a password and not a hash. In doubt it is a hash: a hash that is taken for a password would
/// be hashed again, and nobody could sign in.
fn is_password(text: &str) -> bool {
    let is_base64 = |part: &str| {
        any_base64(part).is_some_and(|bytes| bytes.len() >= FEWEST_BYTES) || is_cut_base64(part)
    };
    // Hex that lost a digit, MySQL's of old, and the 13 letters of the first crypt.
    let is_hex = |part: &str| part.len() >= 16;
    let is_crypt = text.len() == 13 && text.bytes().all(is_crypt_letter);
    let has_scheme = text.starts_with('$') && text.matches('$').count() > 1
        || text.starts_with('{') && text.contains('}');
    text.len() <= MAX_PASSWORD_BYTES
        && !has_scheme
        && !is_crypt
        && !names_an_algorithm(text)
        && hex_or_base64(text).is_none_or(|bytes| bytes.len() < FEWEST_BYTES)
        && !text.split(SEPARATORS).any(is_base64)
        && !text.split(|c| !is_base64_letter(c)).any(is_cut_base64)
        && !text.split(|c: char| !c.is_ascii_hexdigit()).any(is_hex)
}

/// Whether a word for a way of hashing stands before a mark, as in what was cut off behind it.
fn names_an_algorithm(text: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: [&str; 13] = ["$2a", "$2b", "$2y", "$6", "md5", "sha", "sha1", "sha256", "sha512", "bcrypt", "scrypt", "pbkdf2", "argon2id"];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| {
        let mut places = text.match_indices(word);
        places.any(|(at, _)| text[at + word.len()..].starts_with(['$', ':', '}']))
    })
}

/// Base64 that lost something: letters of all three kinds and no other, as many as 16 bytes take.
fn is_cut_base64(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    text.len() >= 22
        && text.chars().all(is_base64_letter)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

fn is_base64_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/-_.=".contains(c)
}

fn is_crypt_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/'
}
