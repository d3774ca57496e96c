//! How values draw themselves in a cell: html and plain text in one result.
//!
//! Colours are borders and translucent fills that read on light and dark pages, and never the only sign;
//! where styles are stripped, the words remain.

use std::fmt;

use tabled::builder::Builder;
use tabled::settings::{Modify, Style, Width, object::Segment};

use crate::cleanup::{RemovalPlan, Removed};
use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::jobs::{FinishedJob, Job, JobErrors, JobStatus, Summary};
use crate::sign_in::SignIn;
use crate::tenant::{Tenant, WORKFLOW_SCOPES};
use crate::users::{User, Users};

/// Rows shown at the beginning and at the end of a long table.
const SHOWN: usize = 5;
/// Columns of a terminal that one cell of a plain table may take.
const WIDEST_CELL: usize = 40;

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
        "#c33",
        &format!("<b>stopped:</b> {}", escape(&error.to_string())),
    );
    show(&html, &format!("stopped: {error}"));
    std::panic::resume_unwind(Box::new("stopped"));
}

/// What a value looks like.
trait Draw {
    fn plain(&self) -> String;
    fn html(&self) -> String;
}

macro_rules! draws {
    ($($name:ty),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.plain())
            }
        }
    )+ draws_in_cell!($($name),+); };
}

macro_rules! draws_in_cell {
    ($($name:ty),+) => {$(
        impl $name {
            /// Draws the value as a cell's result; the kernel calls it.
            pub fn evcxr_display(&self) {
                show(&self.html(), &self.plain());
            }
        }
    )+};
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
    Removed
);
// The `Display` of an id is the id itself.
draws_in_cell!(ConnectionId);

fn show(html: &str, plain: &str) {
    // A line of a user's that looks like the kernel's own marker would end the block early.
    let harmless = |text: &str| text.replace("EVCXR_", "EVCXR\u{200b}_");
    println!(
        "EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\n{}\nEVCXR_END_CONTENT",
        harmless(html),
        harmless(plain)
    );
}

/// Text made harmless in html.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Keeps JupyterLab from reading dollar signs, which hashes are full of, as mathematics.
const NO_MATHS: &str = "class=\"mathjax_ignore tex2jax_ignore\"";

fn card(colour: &str, html: &str) -> String {
    format!(
        "<div {NO_MATHS} style=\"border-left:4px solid {colour};padding:.4em .9em;line-height:1.6\">{html}</div>"
    )
}

/// One line for each fact: name and value.
fn facts_plain(facts: &[(&str, String)]) -> String {
    let lines: Vec<String> = facts
        .iter()
        .map(|(name, value)| format!("{name:<12} {value}"))
        .collect();
    lines.join("\n")
}

fn facts_html(colour: &str, title: &str, facts: &[(&str, String)]) -> String {
    let lines = facts.iter().map(|(name, value)| {
        format!(
            "<br><span style=\"opacity:.7\">{name}:</span> {}",
            escape(value)
        )
    });
    card(
        colour,
        &format!("<b>{}</b>{}", escape(title), lines.collect::<String>()),
    )
}

/// A table; cells are made one line each, since a line break would tear the plain one.
fn table_plain(header: &[&str], rows: &[Vec<String>]) -> String {
    let one_line = |cell: &String| {
        cell.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect::<String>()
    };
    let mut table = Builder::default();
    table.push_record(header.iter().copied());
    for row in rows {
        table.push_record(row.iter().map(one_line));
    }
    let wrapped = Modify::new(Segment::all()).with(Width::wrap(WIDEST_CELL).keep_words(true));
    table.build().with(Style::sharp()).with(wrapped).to_string()
}

fn table_html(header: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = String>| {
        cells
            .map(|cell| format!("<{tag} style=\"text-align:left\">{}</{tag}>", escape(&cell)))
            .collect::<String>()
    };
    let head = cells("th", &mut header.iter().map(|name| (*name).to_string()));
    let body: String = rows
        .iter()
        .map(|row| format!("<tr>{}</tr>", cells("td", &mut row.iter().cloned())))
        .collect();
    format!(
        "<div {NO_MATHS} style=\"overflow-x:auto\"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
}

/// UNIX seconds as a date and a time of day, UTC (Howard Hinnant's days-to-civil).
pub(crate) fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let (month, day) = (
        if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        },
        day - (153 * shifted + 2) / 5 + 1,
    );
    let year = era * 400 + year + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        rest / 3600,
        rest % 3600 / 60
    )
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
            (true, _) => "#2a9d5c",
            (false, true) => "#d98e04",
            (false, false) => "#c33",
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
        let usernames = match self.usernames {
            Some(true) => "; it takes usernames",
            Some(false) => "; it takes no usernames: import users.without_usernames()",
            None => "",
        };
        format!("{self}{name}{usernames}")
    }
    fn html(&self) -> String {
        card("#888", &escape(&self.plain()))
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

fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
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
            count(self.emails.len(), "user")
        )
    }
    fn html(&self) -> String {
        card("#888", &escape(&self.plain()))
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
        let bar = self.summary.map_or(String::new(), |summary| bar(&summary));
        let well =
            self.status == JobStatus::Completed && self.summary.is_none_or(|s| s.failed == 0);
        card(
            if well { "#2a9d5c" } else { "#c33" },
            &format!(
                "{}{bar}",
                escape(&format!("job {} {}", self.id, self.headline()))
            ),
        )
    }
}

/// A bar of the three counts, each with its word.
fn bar(summary: &Summary) -> String {
    let parts = [
        ("inserted", summary.inserted, "#2a9d5c"),
        ("updated", summary.updated, "#3577c0"),
        ("failed", summary.failed, "#c33"),
    ];
    let total = summary.total.max(1) as f64;
    let piece = |(name, number, colour): &(&str, u64, &str)| {
        let width = *number as f64 / total * 100.0;
        format!(
            "<div title=\"{number} {name}\" style=\"width:{width:.1}%;background:{colour}\"></div>"
        )
    };
    let pieces: String = parts
        .iter()
        .filter(|(_, number, _)| *number > 0)
        .map(piece)
        .collect();
    let words: Vec<String> = parts
        .iter()
        .map(|(name, number, _)| format!("{number} {name}"))
        .collect();
    let words = format!("{} of {}", words.join(", "), summary.total);
    format!(
        "<div role=\"img\" aria-label=\"{words}\" style=\"display:flex;height:.8em;max-width:30em\">{pieces}</div>{words}"
    )
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
            true => card("#888", &escape(&self.headline())),
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
        card("#2a9d5c", &escape(&self.plain()))
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
        card("#d98e04", &escape(&self.plain()))
    }
}

impl Draw for Removed {
    fn plain(&self) -> String {
        format!("{} deleted", count(self.deleted, "user"))
    }
    fn html(&self) -> String {
        card("#888", &escape(&self.plain()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_at_the_edges() {
        assert_eq!(utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(utc(1_767_225_599), "2025-12-31 23:59 UTC");
    }
}
