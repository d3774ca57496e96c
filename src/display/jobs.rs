//! How a job looks: accepted, finished, and what it says of the users it refused.

use crate::display::draw::{
    BAD, Draw, Entry, GOOD, NEUTRAL, UPDATED, bar, card, draws, draws_in_cell, entries_html,
    entries_plain, escape, fact_lines, facts_html, facts_plain,
};
use crate::display::removal::in_the_log;
use crate::jobs::errors::{FailedUser, JobErrors};
use crate::jobs::{FinishedJob, Found, Job, JobStatus, Summary};
use crate::words::{count, grouped};

draws!(Job, FinishedJob, JobErrors);

impl Job {
    /// What is known of a job that was taken up again.
    fn found_facts(&self, found: Found) -> Vec<(&'static str, String)> {
        let unknown = "unknown: say it with job.sent(&users)".to_string();
        let users = self.keys.as_ref().map(|keys| grouped(keys.len()));
        let state = match found.had_ended {
            true => "it had ended: wait_for_job says how",
            false => "it had not ended: wait_for_job waits for it",
        };
        let accepted = match &*self.created_at {
            "" => "unknown",
            time => time,
        };
        vec![
            ("id", self.id.to_string()),
            ("connection", self.connection_in_words()),
            ("accepted", accepted.to_string()),
            ("users sent", users.unwrap_or(unknown)),
            ("state", state.to_string()),
        ]
    }

    fn connection_in_words(&self) -> String {
        match self.connection_name() {
            Some(name) => name.to_string(),
            None => self.connection.to_string(),
        }
    }

    fn users(&self) -> usize {
        self.keys.as_ref().map_or(0, |keys| keys.len())
    }
}

impl Draw for Job {
    fn plain(&self) -> String {
        if let Some(found) = self.found {
            let facts = facts_plain(&self.found_facts(found));
            return format!("job taken up again\n{facts}");
        }
        format!(
            "job {} accepted: {} on their way; it runs in the tenant now\ntenant's log: {}",
            self.id,
            count(self.users(), "user"),
            in_the_log(&self.correlation_id)
        )
    }
    fn html(&self) -> String {
        if let Some(found) = self.found {
            return facts_html(NEUTRAL, "job taken up again", &self.found_facts(found));
        }
        let users = format!("{} on their way; it runs in the tenant now", self.users());
        let facts = [
            ("id", self.id.to_string()),
            ("users", users),
            ("tenant's log", in_the_log(&self.correlation_id)),
        ];
        facts_html(NEUTRAL, "job accepted", &facts)
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
                    grouped(s.failed),
                    grouped(s.total)
                )
            }
            (JobStatus::Completed, Some(_)) => "completed, nobody refused".to_string(),
            (JobStatus::Completed, None) => {
                let untold = self.untold.map_or(String::new(), |field| {
                    format!(
                        " (the answer to GET /api/v2/jobs/{} has no number `summary.{field}`)",
                        self.id
                    )
                });
                format!(
                    "completed, without a word on how many were refused{untold}: job_errors may know"
                )
            }
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
            self.status == JobStatus::Completed && self.summary.is_some_and(|s| s.failed == 0);
        card(
            if well { GOOD } else { BAD },
            &format!(
                "<b>job {}</b>{bar}{}",
                escape(&self.headline()),
                fact_lines(&[("id", self.id.to_string())])
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

/// Users shown, the first ones.
const SHOWN: usize = 100;
/// Errors shown of one user: more than any recorded row has.
const MOST_ERRORS: usize = 20;

impl FailedUser {
    fn entry(&self) -> Entry {
        let mut lines = Vec::new();
        for error in self.errors.iter().take(MOST_ERRORS) {
            let field = error.field.as_deref().unwrap_or("user");
            let said = format!("{}: {}", error.code, error.message);
            lines.push((field.to_string(), said));
            lines.push(("what to do".to_string(), error.advice.to_string()));
        }
        if let more @ 1.. = self.errors.len().saturating_sub(MOST_ERRORS) {
            let more = format!("{} more", grouped(more));
            lines.push(("and".to_string(), more));
        }
        let place = match self.row {
            Some(row) => format!("row {row}"),
            None => "row unknown".to_string(),
        };
        let title = self.email.as_deref().unwrap_or("no e-mail").to_string();
        Entry {
            place,
            title,
            lines,
        }
    }
}

impl JobErrors {
    fn entries(&self) -> Vec<Entry> {
        self.iter().take(SHOWN).map(FailedUser::entry).collect()
    }
    fn headline(&self) -> String {
        let refused = || match self.len().checked_sub(SHOWN) {
            None | Some(0) => format!("{} refused", count(self.len(), "user")),
            Some(_) => format!(
                "{} refused, the first {SHOWN} shown",
                count(self.len(), "user")
            ),
        };
        self.explanation().map_or_else(refused, str::to_string)
    }
}

impl Draw for JobErrors {
    fn plain(&self) -> String {
        let entries = entries_plain(&self.entries());
        format!("{}\n{entries}", self.headline())
            .trim_end()
            .to_string()
    }
    fn html(&self) -> String {
        let headline = escape(&self.headline());
        if self.is_empty() {
            return card(NEUTRAL, &headline);
        }
        format!("<b>{headline}</b>{}", entries_html(&self.entries()))
    }
}
