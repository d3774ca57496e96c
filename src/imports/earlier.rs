//! Whom earlier runs of the same file have in the tenant.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::check::twins::Hashers;
use crate::imports::options::Again;
use crate::secrets::SECRET_FIELDS;
use crate::users::User;

/// Whom earlier runs of the same file have in the tenant: 24 bytes each.
pub(crate) struct Earlier {
    pub(crate) again: Again,
    /// Users of the connection may share an e-mail, or it is not known whether they may.
    pub(crate) shares_emails: bool,
    hashers: Hashers,
    /// By what a user is known, what was sent of them.
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

    /// Whether the user is in the tenant already, by an earlier run, and is to be left as they are.
    pub(crate) fn has(&self, user: &User) -> bool {
        let Ok(Value::Object(user)) = serde_json::to_value(user) else {
            return false;
        };
        let sent = self.users.get(&self.key(&user));
        sent.is_some_and(|sent| self.again == Again::Missing || *sent == self.sent(user))
    }

    /// By what a user is known: the e-mail, and where users may share one, what else is theirs alone.
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

    /// What was sent of a user, but for secrets, which no folder keeps.
    fn sent(&self, mut user: Map<String, Value>) -> u64 {
        for field in SECRET_FIELDS {
            user.remove(field);
        }
        let [one, two, _] = self.hashers.hash("", &Value::Object(user).to_string());
        u64::from(one) << 32 | u64::from(two)
    }
}
