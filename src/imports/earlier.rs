//! The users of the same file that earlier runs have in the tenant.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::check::twins::Hashers;
use crate::imports::options::Again;
use crate::secrets::SECRET_FIELDS;
use crate::users::User;

/// The users of the same file that earlier runs have in the tenant, with 24 bytes each.
pub(crate) struct Earlier {
    pub(crate) again: Again,
    /// Whether users of the connection may share an e-mail, or this is not known.
    pub(crate) shares_emails: bool,
    hashers: Hashers,
    /// What was sent for each user, by the user's key.
    users: HashMap<[u32; 3], u64>,
}

impl Earlier {
    pub(crate) fn new(again: Again, shares_emails: bool) -> Earlier {
        Earlier {
            again,
            shares_emails,
            hashers: Hashers::new(),
            users: HashMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Adds a user as they were sent.
    pub(crate) fn add(&mut self, user: Map<String, Value>) {
        let (key, sent) = (self.key(&user), self.sent(user));
        self.users.insert(key, sent);
    }

    /// Whether an earlier run already has this user in the tenant, and they are to be left alone.
    pub(crate) fn has(&self, user: &User) -> bool {
        let Ok(Value::Object(user)) = serde_json::to_value(user) else {
            return false;
        };
        let sent = self.users.get(&self.key(&user));
        sent.is_some_and(|sent| self.again == Again::Missing || *sent == self.sent(user))
    }

    /// A user's key: the e-mail and, if users may share one, their other unique fields.
    fn key(&self, user: &Map<String, Value>) -> [u32; 3] {
        let text = |field: &str| user.get(field).and_then(Value::as_str).unwrap_or_default();
        let id = text("user_id");
        if self.shares_emails && !id.is_empty() {
            return self.hashers.hash("user_id", id);
        }
        let mut key = text("email").to_lowercase();
        if self.shares_emails {
            let more = [
                text("username").to_lowercase(),
                text("phone_number").to_string(),
            ];
            key = format!("{key}\0{}", more.join("\0"));
        }
        self.hashers.hash("email", &key)
    }

    /// What was sent for a user, without secrets, which no folder keeps.
    fn sent(&self, mut user: Map<String, Value>) -> u64 {
        for field in SECRET_FIELDS {
            user.remove(field);
        }
        let [one, two, _] = self.hashers.hash("", &Value::Object(user).to_string());
        u64::from(one) << 32 | u64::from(two)
    }
}
