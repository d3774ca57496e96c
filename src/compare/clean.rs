//! Removes what a comparison wrote: every user that may have been imported, by the id that the tenant gives for a random
//! e-mail.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::clock::Deadline;
use crate::compare::rows::UserRow;
use crate::compare::side::Side;
use crate::error::Result;
use crate::jobs::wait::{FAULTS_BORNE, JobState, read_job};
use crate::tenant::Tenant;
use crate::tenant::answers::UserAnswer;

/// For all of it, beside the time of the probes.
const LIMIT: Duration = Duration::from_secs(180);

/// What became of the users.
#[derive(Default)]
pub(crate) struct Cleaned {
    pub(crate) removed: usize,
    /// What could not be removed, or may still come in.
    pub(crate) left: Vec<String>,
}

/// How a user is looked up: by an e-mail, or by an id where a row has none.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Email(String),
    Id(String),
}

impl Known {
    fn of(row: &UserRow) -> Known {
        match row.json["email"].as_str() {
            Some(email) if email.contains('@') => Known::Email(email.to_string()),
            _ => Known::Id(row.id.clone()),
        }
    }
}

/// Removes all users that may have been imported, and checks that they are gone.
pub(crate) fn clean(side: &mut Side, tenant: &Tenant) -> Cleaned {
    let tenant = tenant.until(Deadline::after(LIMIT), FAULTS_BORNE);
    ask_open_jobs(side, &tenant);
    let known: BTreeSet<Known> = side.sent.iter().map(Known::of).collect();
    let mut cleaned = Cleaned::default();
    for known in known {
        let (name, there) = match &known {
            Known::Email(email) => (email, ids_by_email(side, &tenant, email)),
            Known::Id(id) => (id, by_id(side, &tenant, id)),
        };
        let removed = there.and_then(|ids| {
            for id in &ids {
                tenant.send(side.delete(id))?;
            }
            let left = match &known {
                Known::Email(email) if !ids.is_empty() => ids_by_email(side, &tenant, email)?,
                Known::Id(id) if !ids.is_empty() => by_id(side, &tenant, id)?,
                _ => Vec::new(),
            };
            Ok((ids.len(), left))
        });
        match removed {
            Ok((count, left)) => {
                cleaned.removed += count - left.len().min(count);
                let still = left
                    .iter()
                    .map(|id| format!("the user {name} ({id}) is still there"));
                cleaned.left.extend(still);
            }
            Err(error) => {
                let why = error.fact();
                cleaned
                    .left
                    .push(format!("the user {name} could not be removed: {why}"));
            }
        }
    }
    let open = side.open.iter();
    let may_come =
        open.map(|what| format!("{what} may still be running, and may still import its users"));
    cleaned.left.extend(may_come);
    cleaned
}

/// Asks each job that was not seen to end once more. Whom it has imported by then is found by what was sent.
fn ask_open_jobs(side: &mut Side, tenant: &Tenant) {
    for job in std::mem::take(&mut side.open_jobs) {
        let has_ended = matches!(read_job(tenant, &job), Ok(JobState::Ended { .. }));
        if !has_ended {
            side.open.push(format!("job {job}"));
        }
    }
}

/// The ids of the users with an e-mail made for this comparison.
fn ids_by_email(side: &Side, tenant: &Tenant, email: &str) -> Result<Vec<String>> {
    let answer = tenant.send(side.by_email(email))?;
    let users: Vec<UserAnswer> = answer.read()?;
    let ours = users
        .into_iter()
        .filter(|user| user.email.as_deref() == Some(email));
    ours.map(|user| answer.need("user_id", user.user_id.0))
        .collect()
}

fn by_id(side: &Side, tenant: &Tenant, id: &str) -> Result<Vec<String>> {
    match tenant.send(side.get_user(id)) {
        Ok(_) => Ok(vec![format!("auth0|{id}")]),
        Err(error) if error.status() == Some(404) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
