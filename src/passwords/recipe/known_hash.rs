//! A hash whose password is known.

use std::fmt;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::users::User;

/// A hash of the old system whose password is known, such as that of a test account.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
/// let known = KnownHash::new("correct horse", hash).salt("x1");
/// println!("{}", find_recipe(&[known])?);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct KnownHash {
    pub(crate) password: Secret,
    pub(crate) hash: Secret,
    pub(crate) salt: Option<String>,
    pub(crate) key: Option<Secret>,
}

impl KnownHash {
    /// A password, and its hash from the old system's column.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    /// let known = KnownHash::new("correct horse", hash).salt("x1");
    /// assert_eq!(format!("{known:?}"), "KnownHash { .. }", "it shows nothing");
    /// assert!(find_recipe(&[known]).is_ok(), "the password belongs to the hash");
    /// ```
    #[must_use]
    pub fn new(password: impl Into<String>, hash: impl Into<String>) -> KnownHash {
        KnownHash {
            password: Secret::new(password),
            hash: Secret::new(hash),
            salt: None,
            key: None,
        }
    }

    /// The hash, and the salt, of a user read from a file, whose password is known. Sends nothing.
    ///
    /// # Errors
    ///
    /// The user brings no hash.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let users = generate_users("docs-known", "uni.test", 1)?;
    /// let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
    /// let known = KnownHash::of_user(&accounts[0], "docs-known_01")?;
    /// println!("{}", find_recipe(&[known])?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn of_user(user: &User, password: impl Into<String>) -> Result<KnownHash> {
        let custom = user.custom_password_hash.as_ref().unwrap_or(&Value::Null);
        let hash = user
            .password_hash
            .as_deref()
            .or_else(|| custom["hash"]["value"].as_str());
        let hash = hash.ok_or_else(|| Error::no_hash_value(&user.email))?;
        let known = KnownHash::new(password, hash);
        Ok(match custom["salt"]["value"].as_str() {
            Some(salt) => known.salt(salt),
            None => known,
        })
    }

    /// The same with its salt, if that is in another column.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    /// let known = KnownHash::new("correct horse", hash).salt("x1");
    /// assert!(find_recipe(&[known])?.to_string().contains(r#""salt":{"#), "its hash has one");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn salt(self, salt: impl Into<String>) -> KnownHash {
        KnownHash {
            salt: Some(salt.into()),
            ..self
        }
    }

    /// The same with the key of all HMACs of the old system.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let known = KnownHash::new("correct horse", "0f1e2d").key("the shop's key");
    /// assert!(!format!("{known:?}").contains("key"));
    /// ```
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> KnownHash {
        KnownHash {
            key: Some(Secret::new(key)),
            ..self
        }
    }
}

impl fmt::Debug for KnownHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownHash").finish_non_exhaustive()
    }
}
