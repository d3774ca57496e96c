//! Finding a job again by its id, for example after a kernel restart.

use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::jobs::upload::file_of;
use crate::jobs::{Accepted, Found, Job, JobId, READ_SCOPES, RowKey};
use crate::say::words_of_others;
use crate::secrets::hide::without_secrets;
use crate::secrets::random_hex;
use crate::secrets::sent;
use crate::tenant::Tenant;
use crate::tenant::answers::AcceptedAnswer;
use crate::tenant::request::Request;
use crate::users::User;

/// The type of an import job; an export's is `users_export`.
const IMPORT: &str = "users_import";
/// How many characters of an invalid id or type are shown.
const MOST_CHARS: usize = 80;

/// Finds an import job again by its id, `job_…`, for example after a kernel restart. Sends one read; writes nothing; does not
/// wait.
///
/// [`wait_for_job`](crate::wait_for_job) waits for it like for a job that was started here. The tenant does not say which users
/// the job was sent. So [`job_errors`](crate::job_errors()) knows no rows and [`plan_removal`](crate::plan_removal) refuses,
/// until [`Job::sent`] names the users.
///
/// # Errors
///
/// An id with another form; a job that is not an import, such as an export; an answer without the job's connection; the tenant
/// does not know the job (Auth0 keeps its data for 24 hours), refuses or cannot be reached; a scope is missing (`read:users` or
/// `create:users`).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-find", "uni.test", 2)?;
/// # let id = start_import(&tenant, &connection, &users)?.id.to_string();
/// // The id is on the card of the job, and in the tenant's log.
/// let job = find_job(&tenant, &id)?.sent(&users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let plan = plan_removal(&tenant, &finished)?;
/// assert_eq!(plan.users.len(), 2);
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
pub fn find_job(tenant: &Tenant, id: &str) -> Result<Job> {
    let told = |text: &str| words_of_others(&without_secrets(text), MOST_CHARS);
    let asked = JobId::of(id.trim()).ok_or_else(|| Error::no_job_id(&told(id)))?;
    let path = format!("/api/v2/jobs/{asked}");
    let answer = tenant.send(Request::get(&path, READ_SCOPES))?;
    let job: AcceptedAnswer = answer.read_names()?;
    let kind = answer.need("type", job.kind.as_str())?;
    if kind != IMPORT {
        return Err(Error::no_import_job(asked.as_str(), &told(kind)));
    }
    let accepted = Accepted::of(&answer, &job)?;
    if accepted.id != asked {
        return Err(answer.bad("its `id` is another job's"));
    }
    let connection = job
        .connection_id
        .as_deref()
        .and_then(|id| ConnectionId::new(id).ok());
    let status = job.status.as_deref();
    Ok(Job {
        id: accepted.id,
        connection: connection
            .ok_or_else(|| answer.bad("its `connection_id` is not a connection id"))?,
        created_at: accepted.created_at.unwrap_or_default(),
        correlation_id: String::new(),
        answered_connection: accepted.connection,
        keys: None,
        secrets: Vec::new().into(),
        found: Some(Found {
            had_ended: status.is_some_and(|status| ["completed", "failed"].contains(&status)),
        }),
        accepted_at: None,
    })
}

impl Job {
    /// What the tenant's log has removals of its users under: what it has the upload under, where that is known.
    pub(crate) fn name_in_the_log(&self) -> Result<String> {
        match self.found {
            Some(_) => Ok(format!("removal-{}", random_hex(8)?)),
            None => Ok(self.correlation_id.clone()),
        }
    }

    /// Says which users were sent with a job from [`find_job`]: all of them, in the same order. For a job that was started here
    /// they are known and do not change. Sends nothing.
    ///
    /// Only their e-mails, usernames, phone numbers and ids count, so users generated again by
    /// [`generate_users`](crate::generate_users) work as well.
    ///
    /// # Errors
    ///
    /// No users.
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
    /// # let id = start_import(&tenant, &connection, &users)?.id.to_string();
    /// let job = find_job(&tenant, &id)?;
    /// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
    /// assert_eq!(job_errors(&tenant, &finished)?[0].row, None);
    /// let finished = wait_for_job(&tenant, &job.sent(&users)?, Duration::from_secs(60))?;
    /// assert_eq!(job_errors(&tenant, &finished)?[0].row, Some(1));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn sent(&self, users: &[User]) -> Result<Job> {
        let file = file_of(users)?;
        if self.found.is_none() {
            return Ok(self.clone());
        }
        Ok(Job {
            keys: Some(users.iter().map(RowKey::of).collect()),
            secrets: sent::of_file(&file).into(),
            ..self.clone()
        })
    }
}
