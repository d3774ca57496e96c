//! How an import is made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What stays of the users in the run folder once they are accounted for; for [`ImportOptions::afterwards`]. Refused
/// users stay whole, to be mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Afterwards {
    /// Everything but hashes and MFA secrets.
    #[default]
    StripSecrets,
    /// E-mail and user id alone: what a report and a clean-up need.
    KeepIdsOnly,
    /// Everything, hashes included.
    KeepAll,
}

/// How an import is made. Chained setters over `Default`.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let options = ImportOptions::default()
///     .name("spring-term").external_id("spring term").send_completion_email(false)
///     .upsert(true).skip_bad_rows(true).leave_ids_to_auth0()
///     .slots(2).requests_per_second(10.0)
///     .time_limit(Duration::from_secs(3600)).job_limit(Duration::from_secs(600))
///     .afterwards(Afterwards::KeepIdsOnly);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportOptions {
    pub(crate) upsert: bool,
    pub(crate) send_completion_email: bool,
    pub(crate) external_id: String,
    pub(crate) name: Option<String>,
    pub(crate) slots: usize,
    pub(crate) requests_per_second: f64,
    pub(crate) time_limit: Duration,
    pub(crate) job_limit: Duration,
    pub(crate) skip_bad_rows: bool,
    pub(crate) draw_ids: bool,
    pub(crate) afterwards: Afterwards,
}

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions {
            upsert: false,
            send_completion_email: false,
            external_id: String::new(),
            name: None,
            // Auth0 runs two import jobs in a tenant at once.
            slots: 2,
            // The free plan's rate.
            requests_per_second: 2.0,
            // Auth0 forgets a job after 24 hours.
            time_limit: Duration::from_secs(24 * 3600),
            // Auth0 ends a job after two hours; a few minutes for its own word to come through.
            job_limit: Duration::from_secs(2 * 3600 + 600),
            skip_bad_rows: false,
            draw_ids: true,
            afterwards: Afterwards::default(),
        }
    }
}

impl ImportOptions {
    /// Update users who are there already (matched by e-mail) instead of failing them. Default: no.
    /// Metadata is then replaced, not merged.
    #[must_use]
    pub fn upsert(self, upsert: bool) -> ImportOptions {
        ImportOptions { upsert, ..self }
    }

    /// Mail all tenant owners when a job ends. Default: no, unlike Auth0's own.
    #[must_use]
    pub fn send_completion_email(self, send_completion_email: bool) -> ImportOptions {
        ImportOptions {
            send_completion_email,
            ..self
        }
    }

    /// A word of your own that each job carries. Default: none.
    #[must_use]
    pub fn external_id(self, external_id: &str) -> ImportOptions {
        ImportOptions {
            external_id: external_id.to_string(),
            ..self
        }
    }

    /// The name of the run, whose folder is `imports/<name>`: letters, digits, `-`, `_` and `.`. Default: drawn.
    #[must_use]
    pub fn name(self, name: &str) -> ImportOptions {
        ImportOptions {
            name: Some(name.to_string()),
            ..self
        }
    }

    /// Jobs at once, 1 at least. Default: 2, which is what Auth0 runs in a tenant (private clouds allow more).
    #[must_use]
    pub fn slots(self, slots: usize) -> ImportOptions {
        ImportOptions {
            slots: slots.max(1),
            ..self
        }
    }

    /// Requests a second at most, all of them together. Default: 2, the free plan's rate.
    #[must_use]
    pub fn requests_per_second(self, requests_per_second: f64) -> ImportOptions {
        // Less than one in a minute would look like a hang.
        let requests_per_second = requests_per_second.clamp(1.0 / 60.0, 1e6);
        ImportOptions {
            requests_per_second,
            ..self
        }
    }

    /// After this long the call ends with an error that says how to go on. Default: 24 hours, for which Auth0 keeps a job.
    #[must_use]
    pub fn time_limit(self, time_limit: Duration) -> ImportOptions {
        ImportOptions { time_limit, ..self }
    }

    /// A job that has not ended after this long counts as lost, and its users are looked up one by one.
    /// Default: 2 hours 10 minutes; Auth0 ends a job after two hours.
    #[must_use]
    pub fn job_limit(self, job_limit: Duration) -> ImportOptions {
        ImportOptions { job_limit, ..self }
    }

    /// Leave out the users the check finds fault with, and report them, instead of sending nobody. Default: no.
    #[must_use]
    pub fn skip_bad_rows(self, skip_bad_rows: bool) -> ImportOptions {
        ImportOptions {
            skip_bad_rows,
            ..self
        }
    }

    /// Leave the user ids to Auth0. What is lost: after a fault a user of this run cannot be told from one who was
    /// there before, so such rows are reported as unknown, and the run cannot be cleaned up by its ids. Default: no.
    #[must_use]
    pub fn leave_ids_to_auth0(self) -> ImportOptions {
        ImportOptions {
            draw_ids: false,
            ..self
        }
    }

    /// What stays of the users in the run folder. Default: everything but hashes and MFA secrets.
    #[must_use]
    pub fn afterwards(self, afterwards: Afterwards) -> ImportOptions {
        ImportOptions { afterwards, ..self }
    }
}
