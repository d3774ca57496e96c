//! How a job looks: accepted, finished, and what it says of the users it refused.

use crate::drawing::{
    BAD, Draw, GOOD, NEUTRAL, UPDATED, bar, card, count, draws, draws_in_cell, escape, fact_lines,
    facts_html, headed_html, headed_plain,
};
use crate::job_errors::JobErrors;
use crate::jobs::{FinishedJob, Job, JobStatus, Summary};

draws!(Job, FinishedJob, JobErrors);

impl Draw for Job {
    fn plain(&self) -> String {
        format!(
            "job {} accepted: {} on their way; it runs in the tenant now",
            self.id,
            count(self.keys.len(), "user")
        )
    }
    fn html(&self) -> String {
        let users = format!(
            "{} on their way; it runs in the tenant now",
            self.keys.len()
        );
        let facts = [("id", self.id.to_string()), ("users", users)];
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
        headed_plain(&self.headline(), &FAILED_HEADER, &self.table())
    }
    fn html(&self) -> String {
        headed_html(&self.headline(), &FAILED_HEADER, &self.table())
    }
}
