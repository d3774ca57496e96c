//! One import job: starting it, waiting for it, and reading what it says of each row.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::files::{file_of, upload};
use crate::options::ImportOptions;
use crate::pace::at_published_speeds;
use crate::requests::Request;
use crate::tenant::Tenant;
use crate::users::User;
use crate::words::{count, span_in_words};

const IMPORT_SCOPES: &[&str] = &["create:users"];
pub(crate) const READ_SCOPES: &[&str] = &["create:users", "read:users"];
/// The first wait between two reads of a job: the free plan takes two requests a second.
pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(500);
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A wait is never silent for longer, but while a pause between two reads is.
pub(crate) const LONGEST_SILENCE: Duration = Duration::from_secs(2);
/// Reads in a row that may fail before a wait ends with their error.
const FAULTS_BORNE: u32 = 5;

/// The id of a job, `job_` and 16 letters or digits; a [`Job`] has one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct JobId(String);

impl JobId {
    pub(crate) fn of(id: &str) -> JobId {
        JobId(id.to_string())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An import job that was accepted. It runs in the tenant; [`wait_for_job`] tells what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The connection it imports into.
    pub connection: ConnectionId,
    /// When Auth0 accepted it (ISO 8601, UTC), in Auth0's own writing.
    pub created_at: String,
    /// What each user sent is known by, in order.
    pub(crate) keys: Arc<[RowKey]>,
}

/// What a user is known by in an error report.
#[derive(Clone, Debug)]
pub(crate) struct RowKey {
    pub(crate) email: String,
    pub(crate) user_id: Option<String>,
}

impl RowKey {
    pub(crate) fn of(user: &User) -> RowKey {
        RowKey {
            email: user.email.clone(),
            user_id: user.user_id.clone(),
        }
    }
}

/// How a job ended; a [`FinishedJob`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobStatus {
    /// The file was worked through. Not the same as success: rows may have failed.
    Completed,
    /// The job as a whole failed.
    Failed,
}

/// How many users of a job were inserted, updated or refused; a completed [`FinishedJob`] has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Users created.
    pub inserted: u64,
    /// Users changed (upsert).
    pub updated: u64,
    /// Users refused.
    pub failed: u64,
    /// All of them.
    pub total: u64,
}

/// A job that has ended, well or badly; what [`wait_for_job`] gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FinishedJob {
    /// The job's id.
    pub id: JobId,
    /// How it ended.
    pub status: JobStatus,
    /// The counts; absent on a failed job.
    pub summary: Option<Summary>,
    /// The job as it was started.
    pub job: Job,
}

/// Sends the users as one import job and returns once it is accepted. Writes to the tenant; does not wait.
///
/// Only the size is checked: what is wrong with a user is left for Auth0 to say ([`job_errors`](crate::job_errors())).
///
/// # Errors
///
/// A read-only tenant; no users; more than [`MAX_UPLOAD_BYTES`](crate::MAX_UPLOAD_BYTES) in all; two
/// jobs running already ([`Error::NoJobSlot`]) or the rate limit ([`Error::RateLimited`]); the scope
/// `create:users` is missing; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-start", "test.edu", 2)?;
/// let job = start_import(&tenant, &connection, &users)?;
/// println!("{job}");
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn start_import(tenant: &Tenant, connection: &ConnectionId, users: &[User]) -> Result<Job> {
    start_import_with(tenant, connection, users, &ImportOptions::default())
}

/// As [`start_import`], with options. Writes to the tenant; does not wait.
///
/// # Errors
///
/// Those of [`start_import`]: a read-only tenant, no users, too many bytes, no free slot, the rate limit, a missing
/// scope, a tenant that refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-with", "test.edu", 2)?;
/// let options = ImportOptions::default().upsert(true).external_id("spring term");
/// let job = start_import_with(&tenant, &connection, &users, &options)?;
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn start_import_with(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<Job> {
    let file = file_of(users)?;
    let accepted = send_file(tenant, connection, options, &file, users.len())?;
    Ok(Job {
        id: accepted.id,
        connection: connection.clone(),
        created_at: accepted.created_at,
        keys: users.iter().map(RowKey::of).collect(),
    })
}

/// What an upload that was taken is answered with.
pub(crate) struct Accepted {
    pub(crate) id: JobId,
    pub(crate) created_at: String,
}

/// Sends a file of users.
pub(crate) fn send_file(
    tenant: &Tenant,
    connection: &ConnectionId,
    options: &ImportOptions,
    file: &[u8],
    users: usize,
) -> Result<Accepted> {
    let upload = upload(connection, options, file, users)?;
    let path = "/api/v2/jobs/users-imports";
    let call = "POST /api/v2/jobs/users-imports";
    let request = Request::write(Method::POST, path, IMPORT_SCOPES, "an import")
        .body(&upload.content_type, upload.bytes);
    let json = tenant.send(request)?.json(call)?;
    let Some(id) = json["id"].as_str() else {
        let problem = "it names no job, though the upload was accepted";
        return Err(Error::bad_answer(call, problem));
    };
    Ok(Accepted {
        id: JobId(id.to_string()),
        created_at: json["created_at"].as_str().unwrap_or_default().to_string(),
    })
}

/// How long such a job takes, as far as anything is known of it.
fn usual(job: &Job) -> String {
    let users = job.keys.len();
    format!(
        "; {} take {} at the speeds Auth0's staff name",
        count(users, "user"),
        span_in_words(at_published_speeds(users))
    )
}

/// Waits until the job has ended, at most for `limit`, and gives how it ended. Sends reads; waits.
///
/// It asks at once, again after half a second, then ever less often, up to every 10 s. A job that failed is `Ok` too.
///
/// # Errors
///
/// The job is still running at the limit (it goes on in the tenant: wait again); the tenant no longer
/// knows it (Auth0 keeps a job's data for 24 hours); the tenant refuses, or cannot be reached six times running.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-wait", "test.edu", 2)?;
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// assert!(job.id.as_str().starts_with("job_"));
/// assert_eq!(finished.status, JobStatus::Completed);
/// assert_eq!(finished.summary.map(|summary| summary.inserted), Some(2));
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn wait_for_job(tenant: &Tenant, job: &Job, limit: Duration) -> Result<FinishedJob> {
    let began = Instant::now();
    let mut wait = FIRST_WAIT;
    let mut said = began;
    let mut faults = 0;
    loop {
        let state = read_job(tenant, &job.id);
        let left = limit.saturating_sub(began.elapsed());
        let news = match state {
            Ok(JobState::Ended(status, summary)) => {
                return Ok(FinishedJob {
                    id: job.id.clone(),
                    status,
                    summary,
                    job: job.clone(),
                });
            }
            Ok(JobState::Pending(_)) if left.is_zero() => {
                return Err(Error::JobRunning {
                    id: job.id.to_string(),
                    limit,
                });
            }
            Ok(JobState::Pending(told)) => {
                faults = 0;
                progress(&told, began.elapsed(), limit)
            }
            // The job does not care whether it is asked, so one lost answer must not end the wait.
            Err(error) if error.is_passing() && faults < FAULTS_BORNE && !left.is_zero() => {
                faults += 1;
                format!("; asking again, since {error}")
            }
            Err(error) => return Err(error),
        };
        if said.elapsed() + wait > LONGEST_SILENCE {
            let usual = if said == began {
                usual(job)
            } else {
                String::new()
            };
            said = Instant::now();
            println!("job {} is still running{news}{usual}", job.id);
        }
        thread::sleep(wait.min(left));
        wait = (wait * 3 / 2).min(LONGEST_WAIT);
    }
}

/// What one read of a job says.
pub(crate) enum JobState {
    /// Not ended.
    Pending(Told),
    /// Ended, well or badly.
    Ended(JobStatus, Option<Summary>),
}

/// What a job that runs says of itself. Both stand in Auth0's schema, and neither in any answer that was recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// 0 to 1.
    pub(crate) share: Option<f64>,
    pub(crate) left: Option<Duration>,
}

impl Told {
    fn read(json: &Value) -> Told {
        let share = json["percentage_done"].as_f64();
        let left = json["time_left_seconds"].as_f64();
        Told {
            share: share.map(|percent| (percent / 100.0).clamp(0.0, 1.0)),
            left: left.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        }
    }
}

/// Asks once after a job.
pub(crate) fn read_job(tenant: &Tenant, id: &JobId) -> Result<JobState> {
    let path = format!("/api/v2/jobs/{id}");
    let call = format!("GET {path}");
    let json = tenant.send(Request::get(&path, READ_SCOPES))?.json(&call)?;
    let status = match json["status"].as_str() {
        Some("completed") => JobStatus::Completed,
        Some("failed") => JobStatus::Failed,
        // An unknown word is taken for "not ended yet": a wait has its limit.
        Some(_) => return Ok(JobState::Pending(Told::read(&json))),
        None => return Err(Error::bad_answer(&call, "it names no status")),
    };
    Ok(JobState::Ended(status, summary(&json["summary"])))
}

fn progress(told: &Told, waited: Duration, limit: Duration) -> String {
    let share = told.share.map_or(String::new(), |share| {
        format!(", {:.0} % done", share * 100.0)
    });
    let left = told
        .left
        .map_or(String::new(), |left| format!(", {} s left", left.as_secs()));
    format!(
        "{share}{left}; waited {} s of at most {} s",
        waited.as_secs(),
        limit.as_secs()
    )
}

fn summary(json: &Value) -> Option<Summary> {
    let count = |key: &str| json[key].as_u64().unwrap_or_default();
    json.is_object().then(|| Summary {
        inserted: count("inserted"),
        updated: count("updated"),
        failed: count("failed"),
        total: count("total"),
    })
}
