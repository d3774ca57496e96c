//! How a job looks: accepted, finished, and what it says of the users it refused.

use crate::display::removal::in_the_log;
use crate::display::show::shown;
use crate::display::view::{BAD, Bar, Entry, GOOD, NEUTRAL, Part, UPDATED, View};
use crate::jobs::errors::{FailedUser, JobErrors};
use crate::jobs::{FinishedJob, Found, Job, JobStatus};
use crate::words::{count, grouped};

shown!(Job, FinishedJob, JobErrors);

impl Job {
    fn view(&self) -> View {
        match self.found {
            Some(found) => View::card(NEUTRAL, "job taken up again").facts(self.found_facts(found)),
            None => View::card(NEUTRAL, "job accepted").facts(self.accepted_facts()),
        }
    }

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
        let connection = self.connection_name().map(str::to_string);
        vec![
            ("id", self.id.to_string()),
            (
                "connection",
                connection.unwrap_or_else(|| self.connection.to_string()),
            ),
            ("accepted", accepted.to_string()),
            ("users sent", users.unwrap_or(unknown)),
            ("state", state.to_string()),
        ]
    }

    fn accepted_facts(&self) -> Vec<(&'static str, String)> {
        let users = count(self.keys.as_ref().map_or(0, |keys| keys.len()), "user");
        vec![
            ("id", self.id.to_string()),
            (
                "users",
                format!("{users} on their way; it runs in the tenant now"),
            ),
            ("tenant's log", in_the_log(&self.correlation_id)),
        ]
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

    fn view(&self) -> View {
        let is_well =
            self.status == JobStatus::Completed && self.summary.is_some_and(|s| s.failed == 0);
        let mut view = View::card(
            if is_well { GOOD } else { BAD },
            format!("job {}", self.headline()),
        );
        if let Some(summary) = self.summary {
            let counts = vec![
                ("inserted", summary.inserted, GOOD),
                ("updated", summary.updated, UPDATED),
                ("failed", summary.failed, BAD),
            ];
            let total = summary.total;
            view = view.with(Part::Bar(Bar { counts, total }));
        }
        view.facts(vec![("id", self.id.to_string())])
    }
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
    fn headline(&self) -> String {
        let refused = || match self.len() > SHOWN {
            false => format!("{} refused", count(self.len(), "user")),
            true => format!(
                "{} refused, the first {SHOWN} shown",
                count(self.len(), "user")
            ),
        };
        self.explanation().map_or_else(refused, str::to_string)
    }

    fn view(&self) -> View {
        if self.is_empty() {
            return View::card(NEUTRAL, "").notes([self.headline()]);
        }
        let entries = self.iter().take(SHOWN).map(FailedUser::entry);
        View::titled(self.headline()).with(Part::Entries(entries.collect()))
    }
}
