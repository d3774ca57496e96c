//! How each value looks in a cell; what the looks are made of is in `drawing.rs`.

use crate::cleanup::{RemovalPlan, Removed};
use crate::connections::ConnectionId;
use crate::drawing::{
    BAD, Draw, GOOD, NEUTRAL, UPDATED, WARNING, bar, card, count, draws, draws_in_cell, escape,
    facts_html, facts_plain, show, table_html, table_plain, utc,
};
use crate::error::{Error, Result};
use crate::job_errors::JobErrors;
use crate::jobs::{FinishedJob, Job, JobStatus, Summary};
use crate::recipe::HashRecipe;
use crate::sign_in::SignIn;
use crate::tenant::{Tenant, WORKFLOW_SCOPES};
use crate::users::{User, Users};

/// Rows shown at the beginning and at the end of a long table.
const SHOWN: usize = 5;

/// Gives a value, or shows the error as the cell's result and stops the cell.
pub trait OrStop<T> {
    /// The value; on an error the cell ends here and its variable stays undefined, so that no later cell
    /// that needs it runs. Outside a kernel the error goes to stderr and the process ends with 1.
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
        eprintln!("stopped: {error}");
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

draws!(
    Tenant,
    User,
    Users,
    Job,
    FinishedJob,
    JobErrors,
    SignIn,
    RemovalPlan,
    Removed,
    HashRecipe
);
// The `Display` of an id is the id itself.
draws_in_cell!(ConnectionId);

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
                "read-only, until tenant.allow_writes(\"{}\")",
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
            ("missing", or_none(lacks)),
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

impl Draw for ConnectionId {
    fn plain(&self) -> String {
        let name = self
            .name
            .as_ref()
            .map_or(String::new(), |name| format!(" ({name})"));
        let usernames = match self.takes_usernames() {
            Some(true) => "; it takes usernames",
            Some(false) => "; it takes no usernames: import users.without_usernames()",
            None => "",
        };
        format!("{self}{name}{usernames}")
    }
    fn html(&self) -> String {
        card(NEUTRAL, &escape(&self.plain()))
    }
}

const USER_HEADER: [&str; 5] = ["row", "email", "username", "name", "password"];

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
        text(&user.name),
        password.to_string(),
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

impl Draw for Job {
    fn plain(&self) -> String {
        format!(
            "job {} accepted: {} on their way; it runs in the tenant now",
            self.id,
            count(self.keys.len(), "user")
        )
    }
    fn html(&self) -> String {
        card(NEUTRAL, &escape(&self.plain()))
    }
}

impl FinishedJob {
    fn headline(&self) -> String {
        match (&self.status, &self.summary) {
            (JobStatus::Failed, _) => {
                "failed as a whole: job_errors says what that means".to_string()
            }
            (JobStatus::Completed, Some(s)) if s.failed > 0 => {
                format!(
                    "completed, which is not success: {} of {} failed, see job_errors",
                    s.failed, s.total
                )
            }
            (JobStatus::Completed, _) => "completed, nobody refused".to_string(),
        }
    }
}

impl Draw for FinishedJob {
    fn plain(&self) -> String {
        let counts = self.summary.map_or(String::new(), |s| {
            format!(
                "\ninserted {}, updated {}, failed {}, total {}",
                s.inserted, s.updated, s.failed, s.total
            )
        });
        format!("job {} {}{counts}", self.id, self.headline())
    }
    fn html(&self) -> String {
        let bar = self
            .summary
            .map_or(String::new(), |summary| summary_bar(&summary));
        let well =
            self.status == JobStatus::Completed && self.summary.is_none_or(|s| s.failed == 0);
        card(
            if well { GOOD } else { BAD },
            &format!(
                "{}{bar}",
                escape(&format!("job {} {}", self.id, self.headline()))
            ),
        )
    }
}

/// The three counts, each with its word.
fn summary_bar(summary: &Summary) -> String {
    let parts = [
        ("inserted", summary.inserted, GOOD),
        ("updated", summary.updated, UPDATED),
        ("failed", summary.failed, BAD),
    ];
    bar(&parts, summary.total)
}

const FAILED_HEADER: [&str; 6] = ["row", "email", "field", "code", "Auth0 says", "what to do"];

impl JobErrors {
    fn table(&self) -> Vec<Vec<String>> {
        let rows = self.iter().flat_map(|failed| {
            failed.errors.iter().map(move |error| {
                let row = failed.row.map_or("?".to_string(), |row| row.to_string());
                let text = |field: &Option<String>| field.clone().unwrap_or_default();
                vec![
                    row,
                    text(&failed.email),
                    text(&error.field),
                    error.code.clone(),
                    error.message.clone(),
                    error.advice.to_string(),
                ]
            })
        });
        rows.take(100).collect()
    }
    fn headline(&self) -> String {
        self.explanation().map_or_else(
            || format!("{} refused", count(self.len(), "user")),
            str::to_string,
        )
    }
}

impl Draw for JobErrors {
    fn plain(&self) -> String {
        match self.is_empty() {
            true => self.headline(),
            false => format!(
                "{}\n{}",
                self.headline(),
                table_plain(&FAILED_HEADER, &self.table())
            ),
        }
    }
    fn html(&self) -> String {
        match self.is_empty() {
            true => card(NEUTRAL, &escape(&self.headline())),
            false => format!(
                "<b>{}</b>{}",
                escape(&self.headline()),
                table_html(&FAILED_HEADER, &self.table())
            ),
        }
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
        card(GOOD, &escape(&self.plain()))
    }
}

impl Draw for RemovalPlan {
    fn plain(&self) -> String {
        let shown: Vec<&str> = self
            .users
            .iter()
            .take(SHOWN)
            .map(|(email, _)| email.as_str())
            .collect();
        let more = if self.users.len() > SHOWN {
            ", …"
        } else {
            ""
        };
        format!(
            "would delete {} ({}{more}); {} of the file would stay as they are",
            count(self.users.len(), "user"),
            shown.join(", "),
            self.kept
        )
    }
    fn html(&self) -> String {
        card(WARNING, &escape(&self.plain()))
    }
}

impl Draw for Removed {
    fn plain(&self) -> String {
        format!("{} deleted", count(self.deleted, "user"))
    }
    fn html(&self) -> String {
        card(NEUTRAL, &escape(&self.plain()))
    }
}
