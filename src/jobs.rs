//! One import job: starting it, waiting for it, and reading what it says of each row.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::files::{Form, upload};
use crate::tenant::{Request, Tenant};
use crate::users::User;

const IMPORT_SCOPES: &[&str] = &["create:users"];
const READ_SCOPES: &[&str] = &["create:users", "read:users"];
/// The first wait between two reads of a job: the free plan takes two requests a second.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// Reads in a row that may fail before a wait ends with their error.
const FAULTS_BORNE: u32 = 5;

/// How an import is started. Chained setters over `Default`.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    upsert: bool,
    send_completion_email: bool,
    external_id: String,
}

impl ImportOptions {
    /// Update users who are there already (matched by e-mail) instead of failing them. Default: no.
    /// Metadata is then replaced, not merged.
    #[must_use]
    pub fn upsert(self, upsert: bool) -> ImportOptions {
        ImportOptions { upsert, ..self }
    }

    /// Mail all tenant owners when the job ends. Default: no, unlike Auth0's own.
    #[must_use]
    pub fn send_completion_email(self, send_completion_email: bool) -> ImportOptions {
        ImportOptions {
            send_completion_email,
            ..self
        }
    }

    /// A word of your own that the job carries. Default: none.
    #[must_use]
    pub fn external_id(self, external_id: &str) -> ImportOptions {
        ImportOptions {
            external_id: external_id.to_string(),
            ..self
        }
    }
}

/// The id of a job: `job_` and 16 letters or digits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct JobId(String);

impl JobId {
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
    /// The e-mails of the users sent, in order: what rows are traced by.
    pub(crate) emails: Arc<[String]>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobStatus {
    /// The file was worked through. Not the same as success: rows may have failed.
    Completed,
    /// The job as a whole failed.
    Failed,
}

/// How many users of a job were inserted, updated or refused.
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

/// A job that has ended, well or badly.
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
/// Only the size is checked: what is wrong with a user is left for Auth0 to say ([`job_errors`]).
///
/// # Errors
///
/// A read-only tenant; no users; more than [`MAX_UPLOAD_BYTES`](crate::MAX_UPLOAD_BYTES) in all; two
/// jobs running already ([`Error::NoJobSlot`]) or the rate limit ([`Error::RateLimited`]); the scope
/// `create:users` is missing; the tenant refuses or cannot be reached.
pub fn start_import(tenant: &Tenant, connection: &ConnectionId, users: &[User]) -> Result<Job> {
    start_import_with(tenant, connection, users, &ImportOptions::default())
}

/// As [`start_import`], with options. Writes to the tenant; does not wait.
///
/// # Errors
///
/// Those of [`start_import`].
pub fn start_import_with(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<Job> {
    let form = Form {
        connection,
        upsert: options.upsert,
        external_id: &options.external_id,
        send_completion_email: options.send_completion_email,
    };
    let upload = upload(&form, users)?;
    let path = "/api/v2/jobs/users-imports";
    let request = Request::write(Method::POST, path, IMPORT_SCOPES, "an import")
        .body(&upload.content_type, upload.bytes);
    let json = tenant
        .send(request)?
        .json("POST /api/v2/jobs/users-imports")?;
    let Some(id) = json["id"].as_str() else {
        return Err(Error::bad_answer(
            "POST /api/v2/jobs/users-imports",
            "it names no job, though the upload was accepted",
        ));
    };
    Ok(Job {
        id: JobId(id.to_string()),
        connection: connection.clone(),
        created_at: json["created_at"].as_str().unwrap_or_default().to_string(),
        emails: users.iter().map(|user| user.email.clone()).collect(),
    })
}

/// Waits until the job has ended, at most for `limit`, and gives how it ended. Sends reads; waits.
///
/// It asks after half a second, then ever less often, up to every 10 s. A job that failed is `Ok` too.
///
/// # Errors
///
/// The job is still running at the limit (it goes on in the tenant: wait again); the tenant no longer
/// knows it (Auth0 keeps a job's data for 24 hours); the tenant refuses, or cannot be reached six times running.
pub fn wait_for_job(tenant: &Tenant, job: &Job, limit: Duration) -> Result<FinishedJob> {
    let began = Instant::now();
    let mut wait = FIRST_WAIT;
    let mut said = began;
    let mut faults = 0;
    loop {
        let state = read_job(tenant, job);
        let left = limit.saturating_sub(began.elapsed());
        let news = match state {
            Ok(JobState::Ended(finished)) => return Ok(finished),
            Ok(JobState::Pending(_)) if left.is_zero() => {
                return Err(Error::JobRunning {
                    id: job.id.to_string(),
                    limit,
                });
            }
            Ok(JobState::Pending(json)) => {
                faults = 0;
                progress(&json, began.elapsed(), limit)
            }
            // The job does not care whether it is asked, so one lost answer must not end the wait.
            Err(error) if error.is_passing() && faults < FAULTS_BORNE && !left.is_zero() => {
                faults += 1;
                format!("; asking again, since {error}")
            }
            Err(error) => return Err(error),
        };
        if said.elapsed() >= PROGRESS_EVERY {
            said = Instant::now();
            println!("job {} is still running{news}", job.id);
        }
        thread::sleep(wait.min(left));
        wait = (wait * 3 / 2).min(LONGEST_WAIT);
    }
}

/// What one read of a job says.
pub(crate) enum JobState {
    /// Not ended, and the whole answer, for the progress it may name.
    Pending(Value),
    /// Ended, well or badly.
    Ended(FinishedJob),
}

/// Asks once after a job.
pub(crate) fn read_job(tenant: &Tenant, job: &Job) -> Result<JobState> {
    let path = format!("/api/v2/jobs/{}", job.id);
    let call = format!("GET {path}");
    let json = tenant.send(Request::get(&path, READ_SCOPES))?.json(&call)?;
    let status = match json["status"].as_str() {
        Some("completed") => JobStatus::Completed,
        Some("failed") => JobStatus::Failed,
        // An unknown word is taken for "not ended yet": a wait has its limit.
        Some(_) => return Ok(JobState::Pending(json)),
        None => return Err(Error::bad_answer(&call, "it names no status")),
    };
    Ok(JobState::Ended(FinishedJob {
        id: job.id.clone(),
        status,
        summary: summary(&json["summary"]),
        job: job.clone(),
    }))
}

fn progress(json: &Value, waited: Duration, limit: Duration) -> String {
    let done = json["percentage_done"]
        .as_u64()
        .map_or(String::new(), |done| format!(", {done} % done"));
    format!(
        "{done}; waited {} s of at most {} s",
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

/// One reason why a user was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowError {
    /// Auth0's code, an open list: `DUPLICATED_USER`, `INVALID_FORMAT`, ...
    pub code: String,
    /// The field in the words of the file that was sent, when Auth0 names one.
    pub field: Option<String>,
    /// Auth0's own sentence.
    pub message: String,
    /// What it means and what to do.
    pub advice: &'static str,
}

/// A user who was not imported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedUser {
    /// The user's place among those sent, from 1, when it can be told.
    pub row: Option<usize>,
    /// The e-mail as it was sent, when there was one.
    pub email: Option<String>,
    /// Every reason Auth0 gives.
    pub errors: Vec<RowError>,
}

/// The users of a job that were refused; derefs to a slice of [`FailedUser`].
#[derive(Clone, Debug)]
pub struct JobErrors {
    rows: Vec<FailedUser>,
    explanation: Option<String>,
}

impl JobErrors {
    /// What an empty report, or a failure of the job as a whole, means; `None` when the rows say it all.
    #[must_use]
    pub fn explanation(&self) -> Option<&str> {
        self.explanation.as_deref()
    }
}

impl Deref for JobErrors {
    type Target = [FailedUser];
    fn deref(&self) -> &[FailedUser] {
        &self.rows
    }
}

/// Reads why users of the job were refused, row by row. Sends one read; writes nothing.
///
/// # Errors
///
/// The tenant no longer knows the job (Auth0 keeps its data for 24 hours), refuses or cannot be reached.
pub fn job_errors(tenant: &Tenant, finished: &FinishedJob) -> Result<JobErrors> {
    let path = format!("/api/v2/jobs/{}/errors", finished.id);
    let answer = tenant.send(Request::get(&path, READ_SCOPES))?;
    // Three shapes: nothing (204), a list of rows, or an object about the job as a whole.
    let json = if answer.body.is_empty() {
        Value::Null
    } else {
        answer.json(&format!("GET {path}"))?
    };
    let mut traced = vec![false; finished.job.emails.len()];
    let rows: Vec<FailedUser> = json
        .as_array()
        .map(|rows| {
            rows.iter()
                .map(|row| failed_user(row, &finished.job.emails, &mut traced))
                .collect()
        })
        .unwrap_or_default();
    let explanation = explain(finished, rows.len(), &json);
    Ok(JobErrors { rows, explanation })
}

fn failed_user(row: &Value, emails: &[String], traced: &mut [bool]) -> FailedUser {
    let email = row["user"]["email"].as_str();
    // Of users with one e-mail the later ones are the duplicates, so rows are sought from the end.
    let place = email.and_then(|email| {
        (0..emails.len())
            .rev()
            .find(|&i| !traced[i] && emails[i].eq_ignore_ascii_case(email))
    });
    if let Some(place) = place {
        traced[place] = true;
    }
    let errors = row["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    FailedUser {
        row: place.map(|place| place + 1),
        email: email.map(str::to_string),
        errors: errors.iter().map(row_error).collect(),
    }
}

fn row_error(error: &Value) -> RowError {
    let text = |key: &str| error[key].as_str().unwrap_or_default();
    // The path is optional, and its text stands in the message too.
    let path = match text("path") {
        "" => text("message")
            .strip_prefix("Error in ")
            .and_then(|m| m.split(" property").next())
            .unwrap_or(""),
        path => path,
    };
    let field = field(path);
    RowError {
        advice: advice(text("code"), field.as_deref()),
        code: text("code").to_string(),
        field,
        message: text("message").to_string(),
    }
}

/// The file's own word for a place in Auth0's internal profile.
fn field(path: &str) -> Option<String> {
    let own = path
        .strip_prefix("identities[0].profileData.")
        .unwrap_or(path);
    (!own.is_empty()).then(|| match own {
        "passwordHash" => "password_hash".to_string(),
        "customPasswordHash" => "custom_password_hash".to_string(),
        own => own.to_string(),
    })
}

/// Plain words for a code. Both the documented names and the ones the service really sends are known.
fn advice(code: &str, field: Option<&str>) -> &'static str {
    match (code, field) {
        ("DUPLICATED_USER", _) => {
            "this user is in the tenant already, or twice among those sent: leave it out, or import with upsert"
        }
        ("CONFLICT" | "CONFLICT_EMAIL" | "CONFLICT_USERNAME", _) => {
            "another user has this e-mail or username: change it, or leave the user out"
        }
        ("PATTERN", Some("password_hash")) => {
            "password_hash takes bcrypt with $2a$ or $2b$ and cost 10 alone: make the hash with hash_password, or use custom_password_hash"
        }
        ("INVALID_FORMAT" | "FORMAT", Some("email")) => {
            "this is no e-mail address Auth0 takes: it wants name@domain with a full domain"
        }
        ("INVALID_FORMAT" | "FORMAT" | "PATTERN", _) => {
            "the value has characters or a form that this field does not take"
        }
        ("OBJECT_MISSING_REQUIRED_PROPERTY" | "OBJECT_REQUIRED" | "ANY_OF_MISSING", _) => {
            "something required is missing: every user needs an e-mail"
        }
        ("OBJECT_ADDITIONAL_PROPERTIES", _) => {
            "the import knows no such field: look for a misspelling, or put it in user_metadata"
        }
        ("INVALID_TYPE", _) => {
            "the value is of the wrong kind, text where true or false is wanted, say"
        }
        ("ENUM_MISMATCH", _) => "the value is not one of those allowed here",
        ("MIN_LENGTH" | "ARRAY_LENGTH_SHORT" | "MINIMUM", _) => {
            "the value is too short or too small"
        }
        ("MAX_LENGTH" | "ARRAY_LENGTH_LONG" | "MAXIMUM", Some("username")) => {
            "the connection takes shorter usernames (15 characters by default): use a shorter prefix"
        }
        ("MAX_LENGTH" | "ARRAY_LENGTH_LONG" | "MAXIMUM", _) => "the value is too long or too large",
        ("NOT_PASSED", _) => "app_metadata may not hold this key: Auth0 keeps it for itself",
        ("MFA_FACTORS_FAILED", _) => {
            "the MFA factors could not be imported: importing this user again is safe"
        }
        ("CONNECTION_NOT_FOUND", _) => "the connection is gone: look it up again",
        ("PROFILE_SIZE_EXCEEDED", _) => {
            "the profile is over Auth0's limit of 10 KB: send less metadata"
        }
        _ => "Auth0's own sentence is all there is",
    }
}

fn explain(finished: &FinishedJob, rows: usize, json: &Value) -> Option<String> {
    if let Some(details) = json
        .get("status_details")
        .filter(|details| !details.is_null())
    {
        return Some(format!("the job failed as a whole; Auth0 says: {details}"));
    }
    match (&finished.status, rows) {
        (JobStatus::Failed, 0) => Some(
            "the job failed as a whole and Auth0 gives no reason: it could not read the file (not a JSON array, or cut off), or the job ran over its two hours; none of its rows is accounted for, so look for the users before sending them again".to_string(),
        ),
        (JobStatus::Completed, 0) if finished.summary.is_some_and(|s| s.failed > 0) => Some(
            "rows failed, but the report is empty: Auth0 keeps it for 24 hours".to_string(),
        ),
        (_, 0) => Some("no user was refused".to_string()),
        _ => None,
    }
}
