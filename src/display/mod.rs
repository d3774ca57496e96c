//! How each value looks in a cell; what the looks are made of is in `draw.rs`.

pub(crate) mod draw;
pub(crate) mod imports;
pub(crate) mod jobs;
pub(crate) mod profiles;
pub(crate) mod removal;
pub(crate) mod requests;
pub(crate) mod svg;

use crate::display::draw::{
    BAD, Draw, GOOD, WARNING, card, draws, draws_in_cell, escape, facts_html, facts_plain,
    table_html, table_plain,
};
use crate::error::{Error, Result};
use crate::say::{complain, show};
use crate::sign_in::SignIn;
use crate::tenant::{Tenant, WORKFLOW_SCOPES};
use crate::users::{User, Users};
use crate::words::count;
use crate::words::utc;

/// Rows shown at the beginning and at the end of a long table.
const SHOWN: usize = 5;

/// Gives a value, or shows the error as the cell's result and stops the cell.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = generate_users("imfake", "test.edu", 25).or_stop();
/// assert_eq!(users.len(), 25);
/// ```
pub trait OrStop<T> {
    /// The value; on an error the cell ends here and its variable stays undefined, so that no later cell
    /// that needs it runs. Outside a kernel the error goes to stderr and the process ends with 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice().or_stop();
    /// let users = generate_users("docs-stop", "test.edu", 2).or_stop();
    /// assert_eq!((tenant.is_practice(), users.len()), (true, 2));
    /// ```
    fn or_stop(self) -> T;
}

impl<T> OrStop<T> for Result<T> {
    fn or_stop(self) -> T {
        self.unwrap_or_else(|error| stop(&error))
    }
}

fn stop(error: &Error) -> ! {
    let in_kernel = std::env::var_os("EVCXR_IS_RUNTIME").is_some();
    if !in_kernel || std::env::var_os("NB_STRICT").is_some() {
        complain(format_args!("stopped: {error}"));
        std::process::exit(1);
    }
    // A result block is never lost on this kernel, the text of a panic or a failed `?` sometimes is.
    let html = card(
        BAD,
        &format!("<b>stopped:</b> {}", escape(&error.to_string())),
    );
    show(&html, &format!("stopped: {error}"));
    std::panic::resume_unwind(Box::new("stopped"));
}

draws!(Tenant, User, Users, SignIn);
// The `Display` of an error is its sentence.
draws_in_cell!(Error);

impl Draw for Error {
    fn plain(&self) -> String {
        format!("error: {self}")
    }
    fn html(&self) -> String {
        card(BAD, &format!("<b>error:</b> {}", escape(&self.to_string())))
    }
}

impl Tenant {
    fn facts(&self) -> (String, Vec<(&'static str, String)>) {
        let (expires, scopes) = self.token_facts();
        let title = if self.is_practice() {
            "practice tenant"
        } else {
            "REAL TENANT"
        };
        let access = match (self.is_practice(), self.is_read_only()) {
            (true, _) => {
                "imports and deletes are allowed; it forgets everything when it ends".to_string()
            }
            (false, true) => format!(
                "read-only (no imports, deletes or sign-ins), until tenant.allow_writes(\"{}\")",
                self.domain()
            ),
            (false, false) => "WRITES ARE ALLOWED".to_string(),
        };
        let (has, lacks): (Vec<&str>, Vec<&str>) = WORKFLOW_SCOPES.iter().partition(|wanted| {
            scopes
                .as_ref()
                .is_none_or(|have| have.iter().any(|scope| scope == *wanted))
        });
        let or_none = |scopes: Vec<&str>| {
            if scopes.is_empty() {
                "none".to_string()
            } else {
                scopes.join(" ")
            }
        };
        let facts = vec![
            ("domain", self.domain().to_string()),
            ("access", access),
            (
                "token until",
                expires.map_or("it does not say".to_string(), utc),
            ),
            (
                "scopes",
                if scopes.is_some() {
                    or_none(has)
                } else {
                    "the token names none".to_string()
                },
            ),
            (
                "missing",
                match &scopes {
                    Some(_) => or_none(lacks),
                    None => "unknown; a call that lacks one says so".to_string(),
                },
            ),
        ];
        (title.to_string(), facts)
    }
}

impl Draw for Tenant {
    fn plain(&self) -> String {
        let (title, facts) = self.facts();
        format!("{title}\n{}", facts_plain(&facts))
    }
    fn html(&self) -> String {
        let (title, facts) = self.facts();
        let colour = match (self.is_practice(), self.is_read_only()) {
            (true, _) => GOOD,
            (false, true) => WARNING,
            (false, false) => BAD,
        };
        facts_html(colour, &title, &facts)
    }
}

const USER_HEADER: [&str; 5] = ["row", "email", "username", "password", "name"];

fn user_row((index, user): (usize, &User)) -> Vec<String> {
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
}

fn user_rows(users: &[User]) -> Vec<Vec<String>> {
    let rows = users.iter().enumerate();
    if users.len() <= 2 * SHOWN + 1 {
        return rows.map(user_row).collect();
    }
    let mut shown: Vec<_> = rows.clone().take(SHOWN).map(user_row).collect();
    shown.push(vec!["…".to_string(); USER_HEADER.len()]);
    shown.extend(rows.skip(users.len() - SHOWN).map(user_row));
    shown
}

impl Draw for Users {
    fn plain(&self) -> String {
        format!(
            "{}\n{}",
            count(self.len(), "user"),
            table_plain(&USER_HEADER, &user_rows(self))
        )
    }
    fn html(&self) -> String {
        format!(
            "<b>{}</b>{}",
            count(self.len(), "user"),
            table_html(&USER_HEADER, &user_rows(self))
        )
    }
}

impl User {
    /// Every field that is set but the secret ones, in the file's own words.
    fn facts(&self) -> Vec<Vec<String>> {
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(self) else {
            return Vec::new();
        };
        let shown = |(name, value): (String, serde_json::Value)| {
            let secret = matches!(
                name.as_str(),
                "password_hash" | "custom_password_hash" | "mfa_factors"
            );
            let value = match value {
                _ if secret => "<secret>".to_string(),
                serde_json::Value::String(text) => text,
                value => value.to_string(),
            };
            vec![name, value]
        };
        fields.into_iter().map(shown).collect()
    }
}

impl Draw for User {
    fn plain(&self) -> String {
        table_plain(&["field", "value"], &self.facts())
    }
    fn html(&self) -> String {
        table_html(&["field", "value"], &self.facts())
    }
}

impl Draw for SignIn {
    fn plain(&self) -> String {
        format!(
            "`{}` signed in to {}: the imported password works",
            self.login, self.connection
        )
    }
    fn html(&self) -> String {
        let facts = [(
            "connection",
            format!("{}, where the imported password works", self.connection),
        )];
        facts_html(GOOD, &format!("{} signed in", self.login), &facts)
    }
}
