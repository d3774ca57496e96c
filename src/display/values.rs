//! How a tenant, users and a sign-in look.

use serde_json::Value;

use crate::display::show::shown;
use crate::display::view::{BAD, GOOD, View, WARNING, ends};
use crate::secrets::SECRET_FIELDS;
use crate::sign_in::SignIn;
use crate::tenant::{Tenant, WORKFLOW_SCOPES};
use crate::users::{User, Users};
use crate::words::{count, utc};

shown!(Tenant, User, Users, SignIn);

impl Tenant {
    fn view(&self) -> View {
        let (expires, scopes) = self.token_facts();
        let (colour, access) = match (self.is_practice(), self.is_read_only()) {
            (true, _) => (
                GOOD,
                "imports and deletes are allowed; it forgets everything when it ends".to_string(),
            ),
            (false, true) => (
                WARNING,
                format!(
                    "read-only (no imports, deletes or sign-ins), until tenant.allow_writes(\"{}\")",
                    self.domain()
                ),
            ),
            (false, false) => (BAD, "WRITES ARE ALLOWED".to_string()),
        };
        let (has, lacks) = match &scopes {
            None => (
                "the token names none".to_string(),
                "unknown; a call that lacks one says so".to_string(),
            ),
            Some(scopes) => {
                let is_there = |wanted: &&str| scopes.iter().any(|scope| scope == wanted);
                let (has, lacks) = WORKFLOW_SCOPES.iter().partition(|wanted| is_there(wanted));
                (or_none(has), or_none(lacks))
            }
        };
        let title = match self.is_practice() {
            true => "practice tenant",
            false => "REAL TENANT",
        };
        View::card(colour, title).facts(vec![
            ("domain", self.domain().to_string()),
            ("access", access),
            (
                "token until",
                expires.map_or("it does not say".to_string(), utc),
            ),
            ("scopes", has),
            ("missing", lacks),
        ])
    }
}

fn or_none(scopes: Vec<&str>) -> String {
    match scopes.is_empty() {
        true => "none".to_string(),
        false => scopes.join(" "),
    }
}

impl Users {
    fn view(&self) -> View {
        let rows = ends(self, |index, user: &User| {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let password = match (&user.password_hash, &user.custom_password_hash) {
                (None, None) => "none yet",
                (Some(_), None) => "hashed",
                (None, Some(_)) => "custom hash",
                (Some(_), Some(_)) => "BOTH KINDS: one too many",
            };
            vec![
                (index + 1).to_string(),
                user.email.clone(),
                text(&user.username),
                password.to_string(),
                text(&user.name),
            ]
        });
        let header = ["row", "email", "username", "password", "name"];
        View::titled(count(self.len(), "user")).table(&header, rows)
    }
}

impl User {
    /// Every field that is set but the secret ones, in the file's own words.
    fn view(&self) -> View {
        let fields = serde_json::to_value(self).unwrap_or_default();
        let shown = |(name, value): (&String, &Value)| {
            let value = match value {
                _ if SECRET_FIELDS.contains(&name.as_str()) => "<secret>".to_string(),
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            vec![name.clone(), value]
        };
        let rows = fields.as_object().into_iter().flatten().map(shown);
        View::default().table(&["field", "value"], rows.collect())
    }
}

impl SignIn {
    fn view(&self) -> View {
        let told = format!(" to {}: the imported password works", self.connection);
        View::card(GOOD, format!("`{}` signed in", self.login)).tail(told)
    }
}
