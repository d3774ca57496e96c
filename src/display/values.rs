//! How a tenant, users and a sign-in look.

use serde_json::Value;

use crate::display::profiles::metadata;
use crate::display::show::shown;
use crate::display::view::{GOOD, NEUTRAL, View, WARNING, ends};
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
                NEUTRAL,
                "imports and deletes are allowed; it forgets everything when it ends".to_string(),
            ),
            (false, true) => (
                WARNING,
                format!(
                    "no imports, deletes or sign-ins until tenant.allow_writes(\"{}\")",
                    self.domain()
                ),
            ),
            (false, false) => (
                WARNING,
                "imports, deletes and sign-ins are allowed".to_string(),
            ),
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
        let title = match (self.is_practice(), self.is_read_only()) {
            (true, _) => "practice tenant",
            (false, true) => "REAL TENANT, read-only",
            (false, false) => "REAL TENANT, WRITES ARE ALLOWED",
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
    /// What no user has is no column, nor is a name that is the e-mail again.
    fn view(&self) -> View {
        let has_names = self
            .iter()
            .any(|user| user.name.as_ref().is_some_and(|name| *name != user.email));
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
                text(&user.name.clone().filter(|_| has_names)),
                text(&user.phone_number),
                metadata(&user.user_metadata),
                metadata(&user.app_metadata),
                factors(user),
            ]
        });
        let header = [
            "row",
            "email",
            "username",
            "password",
            "name",
            "phone_number",
            "user_metadata",
            "app_metadata",
            "mfa_factors",
        ];
        View::titled(count(self.len(), "user")).table(&header, rows)
    }
}

/// The kinds of a user's second factors: what is in them is secret.
fn factors(user: &User) -> String {
    let factors = user.mfa_factors.iter().flatten();
    let kinds = factors.map(|factor| {
        let kinds = factor.as_object().into_iter().flatten();
        let kinds: Vec<&str> = kinds.map(|(kind, _)| kind.as_str()).collect();
        match kinds.is_empty() {
            true => "no factor".to_string(),
            false => kinds.join(" "),
        }
    });
    kinds.collect::<Vec<_>>().join(", ")
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
        View::titled(format!("user {}", self.email)).table(&["field", "value"], rows.collect())
    }
}

impl SignIn {
    fn view(&self) -> View {
        let told = format!(" to {}: the imported password works", self.connection);
        View::card(GOOD, format!("`{}` signed in", self.login)).tail(told)
    }
}
