//! Deleting what a job created, and nothing else.

use reqwest::Method;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::jobs::{FinishedJob, job_errors};
use crate::tenant::{Request, Tenant};

/// Who would be deleted: made by [`plan_removal`], taken by [`remove_users`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RemovalPlan {
    /// The tenant's domain.
    pub domain: String,
    /// The users the job created: e-mail and user id.
    pub users: Vec<(String, String)>,
    /// E-mails of the file whose users stay, because the job did not create them or they are gone.
    pub kept: usize,
}

/// What a removal did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Removed {
    /// Users deleted.
    pub deleted: usize,
    /// The tenant they were in.
    pub domain: String,
}

/// Looks up the users a job created. Sends a read for each user; writes nothing.
///
/// A user belongs to the job exactly if their e-mail was sent and not refused, and they were created in its connection since the
/// job was accepted: whoever was there before stays.
///
/// # Errors
///
/// The job did not complete, or was accepted without a time; the scope `read:users` is missing; the tenant refuses or cannot be reached.
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
    let refused: Vec<usize> = errors.iter().filter_map(|failed| failed.row).collect();
    let mut users: Vec<(String, String)> = Vec::new();
    for (index, email) in job.emails.iter().enumerate() {
        if refused.contains(&(index + 1)) {
            continue;
        }
        if let Some(id) = created_by(tenant, finished, email)?
            && !users.iter().any(|(_, known)| *known == id)
        {
            users.push((email.clone(), id));
        }
    }
    let kept = job.emails.len() - users.len();
    Ok(RemovalPlan {
        domain: tenant.domain().to_string(),
        users,
        kept,
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
/// A plan for another tenant; a read-only tenant; the scope `delete:users` is missing; the tenant refuses or cannot be reached.
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
    for (_, id) in &plan.users {
        let id = id
            .replace('%', "%25")
            .replace('|', "%7C")
            .replace('/', "%2F")
            .replace('?', "%3F")
            .replace('#', "%23");
        let path = format!("/api/v2/users/{id}");
        tenant.send(Request::write(
            Method::DELETE,
            &path,
            &["delete:users"],
            "a delete",
        ))?;
    }
    Ok(Removed {
        deleted: plan.users.len(),
        domain: plan.domain,
    })
}
