//! Waiting for a job: looking at it less and less often, and what each answer says.

use std::time::{Duration, Instant};

use crate::clock::{self, Deadline};
use crate::error::{Error, Result};
use crate::jobs::{
    FIRST_WAIT, FinishedJob, Job, JobId, JobStatus, LONGEST_WAIT, READ_SCOPES, Summary,
};
use crate::progress::{FIRST_WORD, LastLine, longer};
use crate::say::{say, words_of_others};
use crate::secrets::hide::without_secrets;
use crate::tenant::Tenant;
use crate::tenant::answers::{JobAnswer, SummaryAnswer};
use crate::tenant::request::Request;
use crate::words::{count, span_in_words};

/// The only documented status of a job that has not ended.
pub(crate) const PENDING: &str = "pending";
/// For this long after its 202, an unknown job may just not be known yet. It is not documented that Auth0 does so; if it does,
/// sending the file again at once would make two jobs of it.
pub(crate) const APPEARS: Duration = Duration::from_secs(10);
/// How many characters of a status are shown; all of Auth0's are shorter.
const MOST_STATUS_CHARS: usize = 40;
/// Reads in a row that may fail before a wait ends with their error.
pub(crate) const FAULTS_BORNE: u32 = 5;
/// For the answer to a look that began at the limit.
pub(crate) const LAST_LOOK: Duration = Duration::from_millis(750);

/// Users an hour that two jobs with full files import, as Auth0's staff have said for the free and the enterprise plan.
const USERS_AN_HOUR: (f64, f64) = (40_000.0, 400_000.0);

/// How long jobs with this many users take at Auth0, at best and at worst.
pub(crate) fn at_published_speeds(users: usize) -> (Duration, Duration) {
    let hours = |an_hour: f64| Duration::from_secs_f64(users as f64 / an_hour * 3600.0);
    (hours(USERS_AN_HOUR.1), hours(USERS_AN_HOUR.0))
}

/// Between two looks at a job that is watched, in milliseconds: at most ten seconds or a tenth of its age, and a slow answer.
const USUAL_GAP: i64 = 10_000;

/// When a job with this many users had ended at the latest, if nobody looked at it for long. It was last known to be at work at
/// `at_work`. It is supposed that from then on it took twice as long as such a job takes on the free plan, or a quarter of its age.
/// Whoever was created later may be somebody else's. Times are the tenant's.
pub(crate) fn supposed_end(created: i64, at_work: i64, users: usize) -> i64 {
    let slowest = 2 * at_published_speeds(users).1.as_millis() as i64;
    let quarter = at_work.saturating_sub(created) / 4;
    at_work.saturating_add(slowest.max(USUAL_GAP).max(quarter))
}

/// Waits until the job has ended, at most for `limit`, and returns how it ended. Sends reads; waits.
///
/// It asks at once, again after half a second, and then less and less often, down to every 10 s. A failed job is `Ok` too. The
/// limit holds to the second whatever the tenant does: slow or missing answers, and waits that it asks for.
///
/// # Errors
///
/// The job has not ended at the limit (it keeps running in the tenant, so wait again), whatever its status, as long as that is
/// neither `completed` nor `failed`; the tenant no longer knows it (Auth0 keeps a job's data for 24 hours), or does not know it
/// ten seconds after it was accepted; the tenant refuses, or cannot be reached six times running.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-wait", "uni.test", 2)?;
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// assert!(job.id.as_str().starts_with("job_"));
/// assert_eq!(finished.status, JobStatus::Completed);
/// assert_eq!(finished.summary.map(|summary| summary.inserted), Some(2));
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn wait_for_job(tenant: &Tenant, job: &Job, limit: Duration) -> Result<FinishedJob> {
    let deadline = Deadline::after(limit);
    let asked = tenant.until(
        Deadline::after(limit.saturating_add(LAST_LOOK)),
        FAULTS_BORNE,
    );
    let running = |status: String| match status.as_str() {
        PENDING => Error::job_running(job.id.as_str(), limit),
        status => Error::job_of_unknown_status(job.id.as_str(), limit, status),
    };
    let (mut waits, mut seen, mut last) = (Waits::new(), None, LastLine::default());
    let mut at_work = None;
    loop {
        match look_at(&asked, job) {
            Ok(JobState::Ended {
                status,
                summary,
                untold,
                seen_at,
            }) => {
                let (at_work, seen_at) = tenant.imported().ended(job.id.as_str(), at_work, seen_at);
                return Ok(FinishedJob {
                    id: job.id.clone(),
                    status,
                    summary,
                    job: job.clone(),
                    untold,
                    at_work,
                    seen_at,
                });
            }
            Ok(JobState::Pending {
                progress,
                status,
                seen_at,
            }) => {
                tenant.imported().at_work(job.id.as_str(), seen_at);
                at_work = at_work.max(seen_at);
                if deadline.is_over() {
                    return Err(running(status));
                }
                let state = state_in_words(&progress, &status);
                let time = time_in_words(&progress, &deadline);
                seen = Some(status);
                waits.next(&deadline, |is_first| {
                    let usual = if is_first { usual(job) } else { String::new() };
                    if last.is_news(&state) {
                        say!("job {} is still running{state}{time}{usual}", job.id);
                    }
                });
            }
            // It was running at the last look, and there is no time for another look.
            Err(error) if error.may_pass() && deadline.is_over() => {
                return Err(seen.map_or(error, running));
            }
            Err(error) => return Err(error),
        }
    }
}

/// The waits between two looks at a job, each longer than the one before.
pub(crate) struct Waits {
    next: Duration,
    said: Instant,
    silence: Duration,
    is_first: bool,
}

impl Waits {
    pub(crate) fn new() -> Waits {
        Waits {
            next: FIRST_WAIT,
            said: clock::instant(),
            silence: FIRST_WORD,
            is_first: true,
        }
    }

    /// Waits for the next look, but not beyond the deadline. `say` is called before a silence gets too long, with whether this
    /// is the first time.
    pub(crate) fn next(&mut self, deadline: &Deadline, say: impl FnOnce(bool)) {
        if clock::since(self.said) + self.next > self.silence {
            self.said = clock::instant();
            self.silence = longer(self.silence);
            say(std::mem::replace(&mut self.is_first, false));
        }
        clock::wait(self.next.min(deadline.left()));
        self.next = (self.next * 3 / 2).min(LONGEST_WAIT);
    }
}

/// What one read of a job says.
pub(crate) enum JobState {
    /// Not ended, as far as its status is known.
    Pending {
        progress: JobProgress,
        status: String,
        /// The time of the answer, by the tenant's clock, in milliseconds of UNIX time.
        seen_at: Option<i64>,
    },
    /// Ended, well or badly.
    Ended {
        status: JobStatus,
        summary: Option<Summary>,
        /// The count that the answer has not.
        untold: Option<&'static str>,
        /// The time of the answer, by the tenant's clock, in milliseconds of UNIX time.
        seen_at: Option<i64>,
    },
}

/// What a running job reports about itself. Both are in Auth0's schema, but in no recorded answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobProgress {
    /// 0 to 1.
    pub(crate) share: Option<f64>,
    pub(crate) left: Option<Duration>,
}

impl JobProgress {
    fn by(job: &JobAnswer) -> JobProgress {
        let share = |percent: f64| (percent / 100.0).clamp(0.0, 1.0);
        let left = |seconds| Duration::try_from_secs_f64(seconds).ok();
        JobProgress {
            share: job.percentage_done.map(share),
            left: job.time_left_seconds.and_then(left),
        }
    }
}

/// Asks once after a job that is waited for. One that was accepted just now and is not known yet is not gone.
fn look_at(tenant: &Tenant, job: &Job) -> Result<JobState> {
    // The answer may take long, so what counts is when it was asked for.
    let is_young = job.accepted_at.is_some_and(|at| clock::since(at) < APPEARS);
    match read_job(tenant, &job.id) {
        Err(error) if is_young && error.status() == Some(404) => Ok(JobState::Pending {
            progress: JobProgress {
                share: None,
                left: None,
            },
            status: PENDING.to_string(),
            seen_at: None,
        }),
        state => state,
    }
}

/// Asks once after a job.
pub(crate) fn read_job(tenant: &Tenant, id: &JobId) -> Result<JobState> {
    let answer = tenant.send(Request::get("/api/v2/jobs", READ_SCOPES).segment(id.as_str()))?;
    let job: JobAnswer = answer.read()?;
    let status = match answer.need("status", job.status.as_str())? {
        "completed" => JobStatus::Completed,
        "failed" => JobStatus::Failed,
        // An undocumented word counts as "not ended yet", since it says nothing about the users. A wait has its limit, and
        // names the word then.
        status => {
            let progress = JobProgress::by(&job);
            let status = words_of_others(&without_secrets(status), MOST_STATUS_CHARS);
            return Ok(JobState::Pending {
                progress,
                status,
                seen_at: answer.date(),
            });
        }
    };
    let (summary, untold) = match job.summary.map(summary).transpose() {
        Ok(summary) => (summary, None),
        Err(untold) => (None, Some(untold)),
    };
    Ok(JobState::Ended {
        status,
        summary,
        untold,
        seen_at: answer.date(),
    })
}

/// How long such a job takes, as far as known.
fn usual(job: &Job) -> String {
    let Some(users) = job.keys.as_ref().map(|keys| keys.len()) else {
        return String::new();
    };
    format!(
        "; {} take {} at the speeds that Auth0's staff name",
        count(users, "user"),
        span_in_words(at_published_speeds(users))
    )
}

fn state_in_words(progress: &JobProgress, status: &str) -> String {
    let status = match status {
        PENDING => String::new(),
        status => format!(", and its status is `{status}`, which Auth0 does not document"),
    };
    let share = progress.share.map_or(String::new(), |share| {
        format!(", {:.0} % done", share * 100.0)
    });
    format!("{status}{share}")
}

fn time_in_words(progress: &JobProgress, deadline: &Deadline) -> String {
    let left = progress
        .left
        .map_or(String::new(), |left| format!(", {} s left", left.as_secs()));
    format!(
        "{left}; waited {} s of at most {} s",
        deadline.waited().as_secs(),
        deadline.limit.as_secs()
    )
}

/// The counts, all of them or none: a missing count is not zero. The error names the missing one.
fn summary(told: SummaryAnswer) -> std::result::Result<Summary, &'static str> {
    Ok(Summary {
        inserted: told.inserted.ok_or("inserted")?,
        updated: told.updated.ok_or("updated")?,
        failed: told.failed.ok_or("failed")?,
        total: told.total.ok_or("total")?,
    })
}
