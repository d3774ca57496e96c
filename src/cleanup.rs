//! Deleting what a job or a run created, and nothing else.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::job_errors::job_errors;
use crate::jobs::{FinishedJob, RowKey};
use crate::journal::Entry;
use crate::patience::Patience;
use crate::progress::Countdown;
use crate::requests::{Request, path_segment};
use crate::run::{FileState, Run};
use crate::say::debug_fields;
use crate::tenant::Tenant;

/// Deletes between two lines of the run's journal.
const NOTED_AT_ONCE: usize = 50;
/// Faults in a row after which a removal stops: seconds, since nothing is lost by running it again.
const FAULTS_BORNE: u32 = 4;
/// A million users at two a second take six days.
const REMOVAL_LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Who would be deleted: made by [`plan_removal`] or [`plan_run_removal`], taken by [`remove_users`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let options = ImportOptions::default().requests_per_second(50.0);
/// let users = generate_users("docs-planned", "test.edu", 2)?;
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let plan = plan_run_removal(&tenant, report.folder())?;
/// assert_eq!(plan.users[0].0, "docs-planned_01@test.edu");
/// assert_eq!(plan.domain, tenant.domain());
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct RemovalPlan {
    /// The tenant's domain.
    pub domain: String,
    /// The users the job or the run created: e-mail and user id.
    pub users: Vec<(String, String)>,
    /// E-mails of the file whose users stay, because the job did not create them or they are gone.
    pub kept: usize,
    /// The run whose users they are; where what is deleted is written down.
    folder: Option<PathBuf>,
}

debug_fields!(RemovalPlan: domain, users, kept, folder);

impl RemovalPlan {
    /// How long the removal takes at the free plan's rate: a request for each user, two a second. A practice tenant is faster.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// # let options = ImportOptions::default().requests_per_second(50.0);
    /// let users = generate_users("docs-time", "test.edu", 2)?;
    /// let report = import_users(&tenant, &connection, &users, &options)?;
    /// let plan = plan_run_removal(&tenant, report.folder())?;
    /// assert_eq!(plan.duration(), Duration::from_secs(1), "two users");
    /// # remove_users(&tenant, plan)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.users.len() as f64 / 2.0)
    }
}

/// What a removal did; made by [`remove_users`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let options = ImportOptions::default().requests_per_second(50.0);
/// let users = generate_users("docs-removed", "test.edu", 1)?;
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let removed = remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// assert_eq!((removed.deleted, removed.domain.as_str()), (1, tenant.domain()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Removed {
    /// Users deleted.
    pub deleted: usize,
    /// The tenant they were in.
    pub domain: String,
}

debug_fields!(Removed: deleted, domain);

/// Looks up the users a job created. Sends a read for each user; writes nothing.
///
/// A user belongs to the job exactly if their e-mail was sent and not refused, and they were created in its connection since the
/// job was accepted: whoever was there before stays.
///
/// # Errors
///
/// The job did not complete, or was accepted without a time; the scope `read:users` is missing; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-plan", "test.edu", 2)?;
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let plan = plan_removal(&tenant, &finished)?;
/// assert_eq!((plan.users.len(), plan.kept), (2, 0));
/// println!("it would take {:?}", plan.duration());
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
pub fn plan_removal(tenant: &Tenant, finished: &FinishedJob) -> Result<RemovalPlan> {
    let job = &finished.job;
    if finished.summary.is_none() || job.created_at.is_empty() {
        return Err(Error::Removal {
            reason: format!(
                "job {} did not complete, so what it created is not known: look in the dashboard",
                job.id
            ),
        });
    }
    let errors = job_errors(tenant, finished)?;
    let refused: HashSet<usize> = errors.iter().filter_map(|failed| failed.row).collect();
    let mut users: Vec<(String, String)> = Vec::new();
    let mut found = HashSet::new();
    let mut countdown = Countdown::new();
    for (index, RowKey { email, .. }) in job.keys.iter().enumerate() {
        if refused.contains(&(index + 1)) {
            continue;
        }
        if let Some(id) = created_by(tenant, finished, email)?
            && found.insert(id.clone())
        {
            users.push((email.clone(), id));
        }
        countdown.say(index + 1, job.keys.len(), "users looked up");
    }
    let kept = job.keys.len() - users.len();
    Ok(RemovalPlan {
        domain: tenant.domain().to_string(),
        users,
        kept,
        folder: None,
    })
}

/// Lists the users a run created, by the ids it drew for them and wrote down in `imports/<name>`. Sends nothing.
///
/// Users who were there before, or who may have been, are not in it.
///
/// # Errors
///
/// No run there; one of another tenant; one that was changed or damaged; one that has not ended.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-run", "test.edu", 2)?;
/// let options = ImportOptions::default().requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let plan = plan_run_removal(&tenant, report.folder())?;
/// assert_eq!(plan.users.len(), 2);
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
pub fn plan_run_removal(tenant: &Tenant, folder: &str) -> Result<RemovalPlan> {
    let path = Path::new(folder);
    let run = Run::open(path)?;
    if run.domain != tenant.domain() {
        let reason = format!(
            "{folder} is of the tenant {}, and this one is {}",
            run.domain,
            tenant.domain()
        );
        return Err(Error::Removal { reason });
    }
    if !run.open_files().is_empty() {
        let reason = format!("{folder} has not ended: resume_import first, then remove its users");
        return Err(Error::Removal { reason });
    }
    let users = run.own_ids()?;
    let rows: usize = run.files.iter().map(FileState::count).sum();
    Ok(RemovalPlan {
        domain: run.domain.clone(),
        kept: rows - users.len() - run.removed.len(),
        users,
        folder: Some(path.to_path_buf()),
    })
}

/// The id of the user with this e-mail whom the job created. Looked up by e-mail, which is immediately
/// consistent where search is not; Auth0 stores e-mails in lower case.
fn created_by(tenant: &Tenant, finished: &FinishedJob, email: &str) -> Result<Option<String>> {
    let path = "/api/v2/users-by-email";
    let request = Request::get(path, &["read:users"]).query("email", email.to_lowercase());
    let json = tenant.send(request)?.json(&format!("GET {path}"))?;
    // Both times are ISO 8601 in UTC with milliseconds, so they sort as text.
    let since = finished.job.created_at.as_str();
    let ours = |user: &&Value| {
        user["created_at"].as_str().is_some_and(|at| at >= since) && in_connection(user, finished)
    };
    let user = json.as_array().and_then(|users| users.iter().find(ours));
    Ok(user
        .and_then(|user| user["user_id"].as_str())
        .map(str::to_string))
}

fn in_connection(user: &Value, finished: &FinishedJob) -> bool {
    let Some(name) = &finished.job.connection.name else {
        return true;
    };
    let identities = user["identities"].as_array();
    identities.is_some_and(|all| {
        all.iter()
            .any(|identity| identity["connection"] == name.as_str())
    })
}

/// Deletes exactly the users of the plan, by id. Writes to the tenant: one request for each user.
///
/// Who is gone already is fine, so after a failure make the plan again and run it.
///
/// # Errors
///
/// A plan for another tenant; a read-only tenant; the run folder of a run's plan is gone or in use; the scope `delete:users` is missing; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-remove", "test.edu", 2)?;
/// let options = ImportOptions::default().requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let plan = plan_run_removal(&tenant, report.folder())?;
/// assert_eq!(remove_users(&tenant, plan)?.deleted, 2);
/// # Ok::<(), Error>(())
/// ```
pub fn remove_users(tenant: &Tenant, plan: RemovalPlan) -> Result<Removed> {
    if plan.domain != tenant.domain() {
        return Err(Error::Removal {
            reason: format!(
                "the plan is for {}, this tenant is {}",
                plan.domain,
                tenant.domain()
            ),
        });
    }
    tenant.check_gate("a delete")?;
    let mut run = plan.folder.as_deref().map(Run::open).transpose()?;
    let mut patience = Patience::new(tenant, REMOVAL_LIMIT, FAULTS_BORNE);
    let (mut done, mut countdown) = (0, Countdown::new());
    for group in plan.users.chunks(NOTED_AT_ONCE) {
        for (_, id) in group {
            // Deleting who is gone is fine, so a delete whose answer was lost is sent again.
            patience.ask(|tenant| delete(tenant, id))?;
            done += 1;
            countdown.say(done, plan.users.len(), "users deleted");
        }
        // A crash before this line asks for the same deletes again, which are fine.
        if let Some(run) = &mut run {
            let ids = group.iter().map(|(_, id)| id.clone()).collect();
            run.note(Entry::Removed(ids))?;
        }
    }
    Ok(Removed {
        deleted: plan.users.len(),
        domain: plan.domain,
    })
}

fn delete(tenant: &Tenant, id: &str) -> Result<()> {
    let path = format!("/api/v2/users/{}", path_segment(id));
    let request = Request::write(Method::DELETE, &path, &["delete:users"], "a delete");
    tenant.send(request).map(drop)
}
