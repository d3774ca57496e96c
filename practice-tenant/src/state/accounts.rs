//! Users: what is remembered about a user, how a row becomes a user with everything that Auth0 fills in, and what an upsert
//! changes.

use std::fmt;
use std::sync::Arc;

use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use crate::chance::{Chance, hex};
use crate::moment::Moment;
use crate::rules::connections::Connection;

/// What an upsert changes in an existing user (the schema's "upsertable" column).
const UPSERTABLE: [&str; 9] = [
    "email_verified",
    "given_name",
    "family_name",
    "name",
    "nickname",
    "picture",
    "app_metadata",
    "user_metadata",
    "custom_password_hash",
];

/// One user: the profile for answers, and what is never in an answer.
#[derive(Clone)]
pub struct Account {
    pub(crate) profile: Map<String, Value>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) password_hash: Option<String>,
    pub(crate) custom_hash: Option<Value>,
    pub(crate) second_factor: bool,
    pub(crate) failures: u32,
}

/// What is never in an answer is not shown.
impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("Account");
        shown
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// For simulations to compare with.
impl Account {
    /// The name of the user's connection.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.connection.name
    }

    /// The profile, as in an answer.
    #[must_use]
    pub fn profile(&self) -> &Map<String, Value> {
        &self.profile
    }

    /// Whether a hash was imported or made, of either kind.
    #[must_use]
    pub fn has_hash(&self) -> bool {
        self.password_hash.is_some() || self.custom_hash.is_some()
    }
}

impl Account {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.profile.get(name).and_then(Value::as_str)
    }

    /// The keys that no other user of the connection may have. E-mails are not among them if users may share one. A phone
    /// number is, even if it is not an attribute of the connection.
    pub(crate) fn unique_keys(&self) -> Vec<String> {
        let shared = !self.connection.has_unique_emails();
        let names = ["email", "username", "phone_number", "user_id"].into_iter();
        let names = names.filter(|name| !(shared && *name == "email"));
        let key = |name| Some(key(&self.connection.name, name, self.text(name)?));
        names.filter_map(key).collect()
    }

    /// The keys that the user is found by. Users of two connections may have one id.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys = self.unique_keys();
        if let Some(email) = self.text("email") {
            keys.push(key(&self.connection.name, "email", email));
        }
        keys.extend(self.text("user_id").map(str::to_string));
        keys.sort();
        keys.dedup();
        keys
    }
}

/// Where the users of a connection are found by the value of a field.
pub(crate) fn key(connection: &str, name: &str, value: &str) -> String {
    format!("{connection} {name} {value}")
}

/// The account that a row of an import becomes, with what Auth0 fills in, as recorded.
pub(crate) fn account(
    row: &Map<String, Value>,
    connection: &Arc<Connection>,
    avatar_host: &str,
    (now, chance): (Moment, &mut Chance),
) -> Account {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let email = text("email").unwrap_or_default().to_lowercase();
    let local = email.split('@').next().unwrap_or_default();
    let id = text("user_id").map_or_else(|| chance.hex24(), str::to_string);
    let now = now.shown();
    let mut profile = Map::new();
    profile.insert("email".into(), email.as_str().into());
    profile.insert("email_verified".into(), false.into());
    profile.insert("created_at".into(), now.as_str().into());
    profile.insert("updated_at".into(), now.into());
    let identity = json!({"provider": "auth0", "connection": connection.name, "isSocial": false, "user_id": id});
    profile.insert("identities".into(), json!([identity]));
    profile.insert("user_id".into(), format!("auth0|{id}").into());
    profile.insert("name".into(), email.as_str().into());
    profile.insert("picture".into(), picture(&email, avatar_host).into());
    profile.insert("nickname".into(), local.into());
    for (name, value) in row {
        match name.as_str() {
            // Stored in lower case, or never answered.
            "email" | "user_id" | "password_hash" | "custom_password_hash" | "mfa_factors" => {}
            "username" => {
                profile.insert(
                    name.clone(),
                    text("username").unwrap_or_default().to_lowercase().into(),
                );
            }
            _ => {
                profile.insert(name.clone(), value.clone());
            }
        }
    }
    Account {
        profile,
        connection: Arc::clone(connection),
        password_hash: text("password_hash").map(str::to_string),
        custom_hash: row.get("custom_password_hash").cloned(),
        second_factor: row.contains_key("mfa_factors"),
        failures: 0,
    }
}

fn picture(email: &str, host: &str) -> String {
    let md5 = hex(&Md5::digest(email));
    let initials: String = email.chars().take(2).collect();
    format!(
        "https://{host}/avatar/{md5}?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2F{initials}.png"
    )
}

/// Replaces what an upsert may change; metadata is replaced completely, not merged.
pub(crate) fn upsert(account: &mut Account, row: &Map<String, Value>, now: Moment) {
    for name in UPSERTABLE {
        match (name, row.get(name)) {
            (_, None) => {}
            ("custom_password_hash", Some(hash)) => account.custom_hash = Some(hash.clone()),
            (_, Some(value)) => {
                account.profile.insert(name.to_string(), value.clone());
            }
        }
    }
    account
        .profile
        .insert("updated_at".into(), now.shown().into());
}
