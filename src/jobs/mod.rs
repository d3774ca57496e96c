//! One import job: what it is, and starting it.

pub(crate) mod errors;
pub(crate) mod find;
pub(crate) mod options;
pub(crate) mod ownership;
pub(crate) mod row_places;
pub(crate) mod upload;
pub(crate) mod wait;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;

use crate::clock;
use crate::connections::ConnectionId;
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::options::JobOptions;
use crate::jobs::upload::{file_of, upload};
use crate::say::{data, debug};
use crate::secrets::{Secret, random_hex};
use crate::tenant::Tenant;
use crate::tenant::answer::millis;
use crate::tenant::answers::AcceptedAnswer;
use crate::tenant::form::Form;
pub(crate) use crate::tenant::imported::RowKey;
use crate::tenant::imported::{TakenJob, Upload};
use crate::tenant::request::{Answer, Request};
use crate::users::User;
use crate::words::{count, grouped};

/// Characters of an id behind `job_`, at most: four times as many as Auth0 gives today.
const MOST_ID_CHARS: usize = 64;
const IMPORT_SCOPES: &[&str] = &["create:users"];
pub(crate) const READ_SCOPES: &[&str] = &["create:users", "read:users"];
/// The first wait between two reads of a job: the free plan takes two requests a second.
pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(500);
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The id of a job, `job_` and 16 letters or digits; a [`Job`] has one.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("no address")];
/// let job = start_import(&tenant, &connection, &users)?;
/// # let _ = wait_for_job(&tenant, &job, Duration::ZERO); // a practice job ends when it was read once
/// let id: JobId = job.id.clone();
/// assert_eq!(id.to_string(), id.as_str());
/// assert!(job.to_string().contains(id.as_str()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JobId(String);

impl JobId {
    /// An id in Auth0's form: `job_` and letters or digits (16 of them in every recorded answer and in the OpenAPI
    /// description's example). An id with another form could be anything, and ids are put into addresses.
    pub(crate) fn of(id: &str) -> Option<JobId> {
        let rest = id.strip_prefix("job_")?;
        let fits = (1..=MOST_ID_CHARS).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| JobId(id.to_string()))
    }

    /// The id of the job in an answer.
    pub(crate) fn in_answer(answer: &Answer, id: Option<String>) -> Result<JobId> {
        let id = JobId::of(&answer.need("id", id)?);
        id.ok_or_else(|| answer.bad("its `id` is not job_ and letters or digits"))
    }

    /// The id as text.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("no address")];
    /// let job = start_import(&tenant, &connection, &users)?;
    /// # let _ = wait_for_job(&tenant, &job, Duration::ZERO); // a practice job ends when it was read once
    /// assert!(job.id.as_str().starts_with("job_"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobId({})", self.0)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An import job that was accepted. It runs in the tenant; [`wait_for_job`](crate::wait_for_job) says how it ends.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("no address")];
/// let job = start_import(&tenant, &connection, &users)?;
/// # let _ = wait_for_job(&tenant, &job, Duration::ZERO); // a practice job ends when it was read once
/// assert_eq!(job.connection, connection);
/// assert!(job.created_at.ends_with('Z'), "it was accepted");
/// assert!(job.to_string().contains(&job.correlation_id), "the tenant's log has it under this name");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The connection it imports into.
    pub connection: ConnectionId,
    /// When Auth0 accepted it (ISO 8601, UTC), as Auth0 writes it.
    pub created_at: String,
    /// The `X-Correlation-ID` made for the upload, which the tenant's log shows as `references.correlation_id`. It is empty for
    /// a job from [`find_job`](crate::find_job), since the tenant does not return it.
    pub correlation_id: String,
    /// The connection's name, from the answer to the upload.
    pub(crate) answered_connection: Option<String>,
    /// The keys of the sent users, in order; `None` if not known.
    pub(crate) keys: Option<Arc<[RowKey]>>,
    /// The hashes, salts, keys and second factors that were sent, which no report may repeat. One upload limits their number.
    pub(crate) secrets: Arc<[Secret]>,
    /// For a job that was found by its id.
    pub(crate) found: Option<Found>,
    /// When its upload was answered, for a job that was started with this value.
    pub(crate) accepted_at: Option<Instant>,
}

/// How a job that was not started here was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// Whether it had already ended; the time is unknown.
    pub(crate) had_ended: bool,
}

impl Job {
    /// The name of the connection, as far as it is known.
    pub(crate) fn connection_name(&self) -> Option<&str> {
        let answered = self.answered_connection.as_deref();
        answered.or(self.connection.name.as_deref())
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.keys.as_ref().map(|keys| keys.len());
        let users: &dyn fmt::Debug = match &known {
            Some(count) => count,
            None => &"unknown",
        };
        debug(
            f,
            "Job",
            &[
                ("id", &self.id),
                ("connection", &self.connection),
                ("created_at", &self.created_at),
                ("correlation_id", &self.correlation_id),
                ("users", users),
            ],
        )
    }
}

impl RowKey {
    pub(crate) fn of(user: &User) -> RowKey {
        RowKey {
            email: user.email.clone(),
            user_id: user.user_id.clone(),
            username: user.username.clone(),
            phone_number: user.phone_number.clone(),
        }
    }

    /// One of them, by the field's name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        match name {
            "email" => Some(&self.email),
            "user_id" => self.user_id.as_deref(),
            "username" => self.username.as_deref(),
            "phone_number" => self.phone_number.as_deref(),
            _ => None,
        }
    }
}

/// How a job ended; a [`FinishedJob`] says so.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("no address")];
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// // Worked through, and its one user was refused.
/// assert_eq!(finished.status, JobStatus::Completed);
/// assert_eq!(finished.summary.map(|summary| summary.failed), Some(1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobStatus {
    /// The file was processed. This is not the same as success: rows may have been refused.
    Completed,
    /// The job as a whole failed.
    Failed,
}

/// How many users of a job were inserted, updated or refused; a completed [`FinishedJob`] has it.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("docs-sum@uni.test"), User::new("no address")];
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let summary = finished.summary.unwrap_or_default();
/// assert_eq!((summary.inserted, summary.failed, summary.total), (1, 1, 2));
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
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

/// A job that has ended, well or badly; returned by [`wait_for_job`](crate::wait_for_job).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("no address")];
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// assert_eq!(finished.id, job.id);
/// assert!(finished.to_string().contains("completed, which is not success: 0 of 1 inserted, 1 refused"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FinishedJob {
    /// The job's id.
    pub id: JobId,
    /// How it ended.
    pub status: JobStatus,
    /// The counts; absent for a failed job, and if the tenant does not give all of them.
    pub summary: Option<Summary>,
    /// The job as it was started.
    pub job: Job,
    /// When it was last seen at work, by the tenant's clock, in milliseconds of UNIX time; `None` if nobody saw it.
    pub(crate) at_work: Option<i64>,
    /// The time of the first answer that said that it had ended.
    pub(crate) seen_at: Option<i64>,
    /// The count that the tenant's answer has not.
    pub(crate) untold: Option<&'static str>,
}

impl FinishedJob {
    /// The keys of the sent users, or why they are not known. For a job that was found again, the reader names the users, and
    /// the tenant's count must agree.
    pub(crate) fn sent(&self) -> std::result::Result<&[RowKey], String> {
        let Some(keys) = &self.job.keys else {
            return Err(format!(
                "the users of job {} are not known, since the job was found by its id: name them with job.sent(&users)",
                self.id
            ));
        };
        match self.summary {
            Some(summary) if self.job.found.is_some() && summary.total != keys.len() as u64 => {
                Err(format!(
                    "job {} was sent {}, but job.sent names {}: pass exactly the users that were sent",
                    self.id,
                    count(summary.total as usize, "user"),
                    grouped(keys.len())
                ))
            }
            _ => Ok(keys),
        }
    }
}

/// Sends the users as one import job and returns once it is accepted. Writes to the tenant; does not wait.
///
/// Only the size is checked; Auth0 reports what is wrong with a user ([`job_errors`](crate::job_errors())).
///
/// # Errors
///
/// A read-only tenant; no users; more than [`MAX_UPLOAD_BYTES`](crate::MAX_UPLOAD_BYTES) in all; two
/// jobs running already ([`ErrorKind::NoJobSlot`](crate::ErrorKind::NoJobSlot)) or the rate limit ([`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited)); the scope
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
/// let users = generate_users("docs-start", "uni.test", 2)?;
/// let job = start_import(&tenant, &connection, &users)?;
/// println!("{job}");
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn start_import(tenant: &Tenant, connection: &ConnectionId, users: &[User]) -> Result<Job> {
    start_import_with(tenant, connection, users, JobOptions::default())
}

/// Like [`start_import`], with the settings of a job. Writes to the tenant; does not wait.
///
/// `options` is a [`JobOptions`] or a reference to one. [`ImportOptions`](crate::ImportOptions) also work if only settings of a
/// job are set; a setting that is only for a run is an error.
///
/// # Errors
///
/// The same as for [`start_import`]: a read-only tenant, no users, too many bytes, no free slot, the rate limit, a missing
/// scope, a tenant that refuses or cannot be reached; an upsert into a connection whose e-mails need not be unique; and
/// [`ImportOptions`](crate::ImportOptions) with a setting of a run.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-with", "uni.test", 2)?;
/// let options = JobOptions::default().upsert(true).external_id("spring term");
/// let job = start_import_with(&tenant, &connection, &users, &options)?;
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn start_import_with(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: impl TryInto<JobOptions, Error: Into<Error>>,
) -> Result<Job> {
    let options = options.try_into().map_err(Into::into)?;
    connection.check_upsert(options.upsert)?;
    let file = file_of(users)?;
    let correlation_id = format!("import-{}", random_hex(8)?);
    let upload = upload(connection, &options, file, users.len())?;
    let secrets = upload.secrets.clone();
    let keys: Arc<[RowKey]> = users.iter().map(RowKey::of).collect();
    let accepted = send_noted(tenant, connection, upload, &correlation_id, &keys)?;
    Ok(Job {
        id: accepted.id,
        connection: connection.clone(),
        created_at: accepted.created_at.unwrap_or_default(),
        correlation_id,
        answered_connection: accepted.connection,
        keys: Some(keys),
        secrets: secrets.into(),
        found: None,
        accepted_at: Some(clock::instant()),
    })
}

/// Sends the upload of a job, and has the tenant's handle remember it for a clean-up, also where its answer is lost.
fn send_noted(
    tenant: &Tenant,
    connection: &ConnectionId,
    upload: Form,
    correlation_id: &str,
    keys: &Arc<[RowKey]>,
) -> Result<Accepted> {
    tenant.check_gate("an import")?;
    let imported = tenant.imported();
    imported.sending(Upload {
        correlation_id: correlation_id.to_string(),
        connection_id: connection.to_string(),
        connection: connection.name.clone(),
        users: Arc::clone(keys),
        sent_at: clock::instant(),
        job: None,
    });
    let sent = send_upload(tenant, upload, correlation_id);
    match &sent {
        Ok(accepted) => {
            let job = TakenJob {
                id: accepted.id.to_string(),
                created_at: accepted.created_at.clone().unwrap_or_default(),
                at_work: None,
                seen_at: None,
            };
            imported.accepted(correlation_id, accepted.connection.as_deref(), job);
        }
        Err(error) if !may_be_taken(error) => imported.not_taken(correlation_id),
        Err(_) => {}
    }
    sent
}

/// Whether an upload that ended so may have become a job all the same.
fn may_be_taken(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::RateLimited => false,
        _ if error.is_unsent() => false,
        _ if error.status() == Some(409) => true,
        // It was taken, and its answer does not tell the job's id.
        ErrorKind::BadAnswer | ErrorKind::OutOfTime => true,
        kind => kind.may_pass(),
    }
}

/// What an answer says about an accepted job.
pub(crate) struct Accepted {
    pub(crate) id: JobId,
    pub(crate) created_at: Option<String>,
    /// The name of the connection.
    pub(crate) connection: Option<String>,
}

/// Sends a file of users, under a name that the tenant's log keeps.
pub(crate) fn send_upload(tenant: &Tenant, upload: Form, correlation_id: &str) -> Result<Accepted> {
    let path = "/api/v2/jobs/users-imports";
    let request = Request::write(Method::POST, path, IMPORT_SCOPES, "an import")
        .form(upload)
        .correlation_id(correlation_id);
    let answer = tenant.send(request)?;
    let told: AcceptedAnswer = answer.read_names()?;
    Accepted::of(&answer, &told)
}

impl Accepted {
    pub(crate) fn of(answer: &Answer, told: &AcceptedAnswer) -> Result<Accepted> {
        // A text that is not a time is not a name either.
        let shown = |time: &String| match millis(time) {
            Some(_) => data(time),
            None => data(&answer.sent.hide(time)),
        };
        Ok(Accepted {
            created_at: told.created_at.as_ref().map(shown),
            connection: told.connection.as_deref().map(data),
            id: JobId::in_answer(answer, told.id.0.clone())?,
        })
    }
}
