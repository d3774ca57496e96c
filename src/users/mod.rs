//! The users to import: one record of Auth0's import schema, and lists of them.

pub(crate) mod email;
pub(crate) mod generate;
pub(crate) mod phone;

use std::fmt;
use std::ops::DerefMut;

use serde_derive::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::list::list;
use crate::say::debug_as;
use crate::secrets::SECRET_FIELDS;

/// One user, with every field of Auth0's import schema; `None` fields are left out of the file.
///
/// `Debug` and tables show neither hashes nor MFA secrets.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let user = User { email_verified: Some(true), ..User::new("ada@uni.test") };
/// let json = serde_json::to_value(&user).ok();
/// assert_eq!(json, Some(serde_json::json!({"email": "ada@uni.test", "email_verified": true})));
/// assert!(!user.has_password());
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The one field that is required; Auth0 stores it in lower case.
    pub email: String,
    /// Auth0 takes an absent value for `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// `+` and 1 to 15 digits; no two users may have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether the phone number is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_verified: Option<bool>,
    /// Without `auth0|`, which Auth0 puts in front; at most 255 characters, no white space; made by Auth0 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// For connections that take usernames; 1 to 15 characters by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// 1 to 150 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// 1 to 150 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The e-mail when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The local part of the e-mail when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// A URL; a Gravatar when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Whether the user may not sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// bcrypt, `$2a$` or `$2b$`, with [`BCRYPT_COST`](crate::BCRYPT_COST); not together with `custom_password_hash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
    /// A hash of another kind, made by a [`HashRecipe`](crate::HashRecipe); not together with `password_hash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_password_hash: Option<Value>,
    /// Data that the user cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_metadata: Option<Map<String, Value>>,
    /// Data that the user can change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<Map<String, Value>>,
    /// 1 to 10 second factors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_factors: Option<Vec<Value>>,
}

impl User {
    /// A user with only an e-mail.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let user = User::new("ada@uni.test");
    /// assert_eq!((user.email.as_str(), user.username), ("ada@uni.test", None));
    /// ```
    #[must_use]
    pub fn new(email: impl Into<String>) -> User {
        User {
            email: email.into(),
            ..User::default()
        }
    }

    /// Whether the user has a password hash of either kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let mut user = User::new("ada@uni.test");
    /// assert!(!user.has_password());
    /// user.password_hash = Some(hash_password("correct horse")?);
    /// assert!(user.has_password());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password_hash.is_some() || self.custom_password_hash.is_some()
    }
}

impl fmt::Debug for User {
    /// The fields that are set, in the file's own words, with what is secret left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => debug_as(f, &Shown(fields)),
            _ => Err(fmt::Error),
        }
    }
}

struct Shown(Map<String, Value>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("User");
        for (name, value) in &self.0 {
            match SECRET_FIELDS.contains(&name.as_str()) {
                true => out.field(name, &format_args!("<secret>")),
                false => out.field(name, &format_args!("{value}")),
            };
        }
        out.finish()
    }
}

/// Many users: a list of [`User`], which derefs to a slice, iterates, and draws itself as a table.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let mut users = generate_users("docs-users", "uni.test", 3)?;
/// users[0].given_name = Some("Ada".to_string());
/// for user in &mut users {
///     user.email_verified = Some(true);
/// }
/// let users: Vec<User> = users.into_iter().skip(1).collect();
/// assert_eq!(Users::from(users).len(), 2);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Users(Vec<User>);

impl Users {
    /// The same users without usernames, for a connection that does not take them. Sends nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let users = generate_users("docs-nameless", "uni.test", 3)?.without_usernames();
    /// assert!(users.iter().all(|user| user.username.is_none()));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn without_usernames(mut self) -> Users {
        for user in &mut self {
            user.username = None;
        }
        self
    }
}

list!(Users, 0, User);

impl DerefMut for Users {
    fn deref_mut(&mut self) -> &mut [User] {
        &mut self.0
    }
}

impl<'a> IntoIterator for &'a mut Users {
    type Item = &'a mut User;
    type IntoIter = std::slice::IterMut<'a, User>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl From<Vec<User>> for Users {
    fn from(users: Vec<User>) -> Users {
        Users(users)
    }
}

impl From<Users> for Vec<User> {
    fn from(users: Users) -> Vec<User> {
        users.0
    }
}

impl FromIterator<User> for Users {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Users {
        Users(users.into_iter().collect())
    }
}

impl Extend<User> for Users {
    fn extend<I: IntoIterator<Item = User>>(&mut self, users: I) {
        self.0.extend(users);
    }
}
