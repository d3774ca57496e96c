//! All users of a connection, by an export job, which finds more than a search.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

use crate::clock::Deadline;
use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::jobs::wait::{FAULTS_BORNE, LAST_LOOK, Waits};
use crate::jobs::{JobId, READ_SCOPES};
use crate::list::list;
use crate::private_file::sheet::CsvFile;
use crate::profiles::link::address_of;
use crate::profiles::{Profile, SCOPES};
use crate::say::{debug_fields, say};
use crate::secrets::sent::SentSecrets;
use crate::sources::gunzip::gunzip;
use crate::tenant::Tenant;
use crate::tenant::answer::{Field, MOST_VALUES, most_values};
use crate::tenant::answers::{AcceptedAnswer, JobAnswer};
use crate::tenant::request::Request;

/// The time for a file is not limited as long as it arrives; silence is. A day is enough for any file that fits into memory.
const LONGEST_DOWNLOAD: Duration = Duration::from_secs(24 * 3600);
/// A link is valid for 60 s (Auth0); each read of the job gives a new one.
const LINKS_TRIED: u32 = 3;
/// Users that are kept in memory: some 1 KB each.
const MOST_USERS: usize = 1_000_000;
/// Values that those may have: forty each, in memory as much as the users take.
const MOST_FILE_VALUES: usize = 40 * MOST_USERS;
/// What is asked for of each user, as [`Profile`] reads it, and the columns of the CSV.
const FIELDS: [&str; 10] = [
    "user_id",
    "email",
    "email_verified",
    "username",
    "name",
    "blocked",
    "connection",
    "created_at",
    "app_metadata",
    "user_metadata",
];

/// All users of a connection at one time: a list of [`Profile`], which derefs to a slice, iterates, and draws itself as a table.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let users = generate_users("docs-export", "uni.test", 1)?;
/// # let job = start_import(&tenant, &connection, &users)?;
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let everybody: ExportedUsers = export_users(&tenant, &connection, Duration::from_secs(60))?;
/// let mut verified = 0;
/// for user in &everybody {
///     verified += usize::from(user.email_verified == Some(true));
/// }
/// println!("{verified} of {} verified", everybody.len());
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct ExportedUsers {
    users: Vec<Profile>,
    pub(crate) connection: ConnectionId,
}

debug_fields!(ExportedUsers: users, connection);

list!(ExportedUsers, users, Profile);

/// Exports all users of a connection, waiting at most for `limit`. Sends an export job and reads; waits; changes no user.
///
/// A search finds up to 1,000 users; this returns up to a million. The job's gzip file is downloaded and unpacked in memory
/// (10,000 users take a few megabytes). Auth0 exports no passwords and no hashes.
///
/// It works on a read-only tenant, since it changes no user and no setting. But it is more than a look: a job appears in the
/// tenant and in its log, and for a minute at a time a link leads to everybody's personal data. Auth0 keeps the job for a day.
///
/// # Errors
///
/// The job failed, or had not ended at the limit; its file cannot be fetched, is damaged, unpacks to far more than its
/// size (1 GB at most) or holds more than a million users; the scope `read:users` is
/// missing; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let everybody = export_users(&tenant, &connection, Duration::from_secs(60))?;
/// println!("{} users", everybody.len());
/// # Ok::<(), Error>(())
/// ```
pub fn export_users(
    tenant: &Tenant,
    connection: &ConnectionId,
    limit: Duration,
) -> Result<ExportedUsers> {
    let deadline = Deadline::after(limit);
    let asked = tenant.until(
        Deadline::after(limit.saturating_add(LAST_LOOK)),
        FAULTS_BORNE,
    );
    let fetching = tenant.until(Deadline::after(LONGEST_DOWNLOAD), FAULTS_BORNE);
    let field = |name: &str| match name {
        "connection" => json!({"name": "identities[0].connection", "export_as": name}),
        _ => json!({ "name": name }),
    };
    let fields = FIELDS.map(field);
    let body = json!({"connection_id": connection.as_str(), "format": "json", "fields": fields});
    let request = Request {
        scopes: SCOPES,
        ..Request::new(Method::POST, "/api/v2/jobs/users-exports")
    };
    let answer = tenant.send(request.json(body))?;
    let accepted: AcceptedAnswer = answer.read()?;
    let id = JobId::in_answer(&answer, accepted.id.0)?;
    for _ in 0..LINKS_TRIED {
        let link = wait_for_link(&asked, &id, &deadline)?;
        if let Some(users) = fetch(&fetching, &link, &id)? {
            return Ok(ExportedUsers {
                users,
                connection: connection.clone(),
            });
        }
    }
    Err(Error::export_links_ended(id.as_str()))
}

/// The link to the job's file, once there is one.
fn wait_for_link(tenant: &Tenant, id: &JobId, deadline: &Deadline) -> Result<Url> {
    let mut waits = Waits::new();
    loop {
        let answer = tenant.send(Request::get("/api/v2/jobs", READ_SCOPES).segment(id.as_str()))?;
        let job: JobAnswer = answer.read()?;
        match answer.need("status", job.status.as_str())? {
            "completed" => {
                let link = answer.need("location", job.location.0)?;
                let address = address_of(&link, tenant.loopback().as_ref());
                return address.map_err(|why| answer.bad(why));
            }
            "failed" => return Err(Error::export_failed(id.as_str())),
            _ if deadline.is_over() => {
                return Err(Error::export_running(id.as_str(), deadline.limit));
            }
            _ => waits.next(deadline, |_| {
                say!(
                    "the export is still running; waited {} s of at most {} s",
                    deadline.waited().as_secs(),
                    deadline.limit.as_secs()
                );
            }),
        }
    }
}

/// The users of the file; `None` when the link had ended.
fn fetch(tenant: &Tenant, link: &Url, id: &JobId) -> Result<Option<Vec<Profile>>> {
    let answer = tenant.download(link)?;
    match answer.status {
        status if status.is_success() => {}
        // What a store of files says to a link that has ended.
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Ok(None);
        }
        status => return Err(Error::export_file_refused(status)),
    }
    let unpacked = gunzip(&answer.body);
    let unpacked = unpacked.map_err(|fact| Error::export_packed_badly(&fact))?;
    read(&unpacked, &answer.sent, id, MOST_USERS).map(Some)
}

/// A line for each user.
fn read(file: &[u8], sent: &SentSecrets, job: &JobId, most: usize) -> Result<Vec<Profile>> {
    let lines = file.split(|byte| *byte == b'\n');
    let lines = lines.enumerate().filter(|(_, line)| !line.is_empty());
    let (mut users, mut values) = (Vec::new(), 0);
    for (number, line) in lines {
        let in_line = most_values(line);
        values += in_line;
        if in_line > MOST_VALUES || values > MOST_FILE_VALUES {
            return Err(Error::export_of_many_values(
                job.as_str(),
                number + 1,
                MOST_VALUES,
                MOST_FILE_VALUES,
            ));
        }
        let no_user = || Error::export_line(number + 1);
        if users.len() == most {
            return Err(Error::export_of_many_users(job.as_str(), most));
        }
        let json: Value = serde_json::from_slice(line).map_err(|_| no_user())?;
        // The id was asked for, and everybody has one.
        if String::of(json["user_id"].clone()).is_none() {
            return Err(no_user());
        }
        users.push(Profile::read(&sent.hide_in(json)));
    }
    Ok(users)
}

impl ExportedUsers {
    /// Writes one row for each user; metadata as JSON. Sends nothing.
    ///
    /// The file holds personal data, so only you can read it; an existing file is replaced once this one is complete. A text
    /// that a spreadsheet would take for a formula gets an apostrophe in front, as in Auth0's own CSV;
    /// [`read_csv`](crate::read_csv) removes it again.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let tenant = Tenant::practice()?;
    /// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let everybody = export_users(&tenant, &connection, Duration::from_secs(60))?;
    /// everybody.save_csv("everybody.csv")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save_csv(&self, path: &str) -> Result<()> {
        let written = write_csv(Path::new(path), &self.users);
        written.map_err(|cause| Error::unwritable(path, cause))
    }
}

fn write_csv(path: &Path, users: &[Profile]) -> std::io::Result<()> {
    let mut file = CsvFile::create(path)?;
    file.row(FIELDS)?;
    let yes = |flag: Option<bool>| flag.map_or(String::new(), |flag| flag.to_string());
    let metadata = |object: &Option<serde_json::Map<String, Value>>| {
        let object = object.clone().map(Value::Object);
        object.map_or(String::new(), |object| object.to_string())
    };
    for user in users {
        let text = |field: &'_ Option<String>| field.clone().unwrap_or_default();
        file.row([
            &user.user_id,
            &text(&user.email),
            &yes(user.email_verified),
            &text(&user.username),
            &text(&user.name),
            &yes(user.blocked),
            &text(&user.connection),
            &text(&user.created_at),
            &metadata(&user.app_metadata),
            &metadata(&user.user_metadata),
        ])?;
    }
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_no_users_and_more_than_are_kept_are_refused() {
        let lines = |count: usize| "{\"user_id\":\"auth0|1\"}\n".repeat(count).into_bytes();
        let job = JobId::of("job_1").unwrap();
        let read = |file: &[u8]| read(file, &SentSecrets::default(), &job, 2);
        assert_eq!(read(&lines(2)).unwrap().len(), 2);
        let error = read(&lines(3)).unwrap_err().to_string();
        assert!(
            error.contains("over 2 users") && error.contains("job_1"),
            "{error}"
        );
        let many = format!(
            "{{\"user_id\":\"auth0|1\",\"x\":[0{}]}}",
            ",0".repeat(MOST_VALUES)
        );
        let error = read(many.as_bytes()).unwrap_err().to_string();
        assert!(
            error.contains("over 2,000,000 values in one user"),
            "{error}"
        );
        for row in ["{}", "[]", "{\"user_id\":{}}", "{\"user_id\":\"auth0|1\""] {
            let error = read(row.as_bytes()).unwrap_err().to_string();
            assert!(
                error.contains("line 1 of the file is not a user"),
                "{error}"
            );
        }
    }
}
