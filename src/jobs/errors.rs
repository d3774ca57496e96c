//! What a job says about each refused row, matched with its user.

use serde_json::Value;

use crate::error::Result;
use crate::jobs::row_places::places;
use crate::jobs::{FinishedJob, JobId, JobStatus, READ_SCOPES, RowKey};
use crate::list::list;
use crate::say::{data, debug_fields, words_of_others};
use crate::secrets::SECRET_FIELDS;
use crate::secrets::Secret;
use crate::secrets::hide::{HIDDEN, without_secrets};
use crate::secrets::sent::SentSecrets;
use crate::tenant::Tenant;
use crate::tenant::answer::{Field, Told};
use crate::tenant::answers::{ReportAnswer, ReportError, ReportRow};
use crate::tenant::request::Request;

/// Characters kept of each text of Auth0's.
const MOST_CHARS: usize = 1_000;

/// One reason why a user was refused; a [`FailedUser`] has one or more.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let users = [User::new("no address")];
/// # let job = start_import(&tenant, &connection, &users)?;
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let refused = job_errors(&tenant, &finished)?;
/// let RowError { code, field, advice, .. } = &refused[0].errors[0];
/// assert_eq!((code.as_str(), field.as_deref()), ("INVALID_FORMAT", Some("email")));
/// assert!(advice.contains("it wants name@domain"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowError {
    /// Auth0's code, an open list: `DUPLICATED_USER`, `INVALID_FORMAT`, ...
    pub code: String,
    /// The field, with the name used in the file, if Auth0 names one.
    pub field: Option<String>,
    /// Auth0's own sentence. In it, a hash, a salt, a key or a second factor that was sent becomes `<secret>`, and what looks
    /// like one becomes `<hidden>`.
    pub message: String,
    /// What it means and what to do.
    pub advice: &'static str,
}

debug_fields!(RowError: code, field, message, advice);

/// A user who was not imported, and why; listed by [`job_errors`].
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
/// let refused = job_errors(&tenant, &finished)?;
/// let FailedUser { row, email, errors, .. } = &refused[0];
/// assert_eq!((*row, email.as_deref(), errors.len()), (Some(1), Some("no address"), 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedUser {
    /// The user's position among those sent, from 1, if it is known.
    pub row: Option<usize>,
    /// The e-mail as it was sent, when there was one.
    pub email: Option<String>,
    /// Every reason that Auth0 gives.
    pub errors: Vec<RowError>,
}

debug_fields!(FailedUser: row, email, errors);

/// The users of a job that were refused: a list of [`FailedUser`], which derefs to a slice and iterates.
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
/// let refused = job_errors(&tenant, &finished)?;
/// for user in &refused {
///     assert_eq!((user.row, user.email.as_deref()), (Some(1), Some("no address")));
/// }
/// assert!(refused.to_string().contains("no address"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct JobErrors {
    rows: Vec<FailedUser>,
    explanation: Option<String>,
}

debug_fields!(JobErrors: rows, explanation);

impl JobErrors {
    /// What an empty report or a failed job means; `None` if the rows say everything.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-explain", "uni.test", 1)?;
    /// let job = start_import(&tenant, &connection, &users)?;
    /// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
    /// let refused = job_errors(&tenant, &finished)?;
    /// assert_eq!(refused.explanation(), Some("no user was refused"));
    /// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn explanation(&self) -> Option<&str> {
        self.explanation.as_deref()
    }
}

list!(JobErrors, rows, FailedUser);

/// Reads why users of the job were refused, row by row. Sends one read; writes nothing.
///
/// # Errors
///
/// The tenant no longer knows the job (Auth0 keeps its data for 24 hours), refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let mut users = generate_users("docs-errors", "uni.test", 2)?;
/// users[1].email = "no address".to_string();
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let refused = job_errors(&tenant, &finished)?;
/// assert_eq!((refused.len(), refused[0].row, refused.explanation()), (1, Some(2), None));
/// assert_eq!(refused[0].errors[0].field.as_deref(), Some("email"));
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn job_errors(tenant: &Tenant, finished: &FinishedJob) -> Result<JobErrors> {
    let report = read_report(tenant, &finished.id)?;
    let sent = SentSecrets::of(finished.job.secrets.iter().map(Secret::expose));
    let known = finished.sent();
    let mut rows = failed_users(&report.rows, known.as_deref().unwrap_or_default(), &sent);
    if finished.job.found.is_some() {
        rows.iter_mut().for_each(hide_what_may_be_secret);
    }
    let details = sent.hide_in(report.status_details);
    let explanation = explain(finished, rows.len(), &details);
    let no_rows = || known.err().filter(|_| !rows.is_empty());
    Ok(JobErrors {
        explanation: explanation.or_else(no_rows),
        rows,
    })
}

/// Leaves out messages that may quote an unknown secret: it is not certain what was sent, so it cannot be searched for.
fn hide_what_may_be_secret(failed: &mut FailedUser) {
    for error in &mut failed.errors {
        let is_secret = |field: &str| SECRET_FIELDS.iter().any(|name| field.starts_with(name));
        if error.field.as_deref().is_some_and(is_secret) {
            error.message = HIDDEN.to_string();
        }
    }
}

/// The error report of a job.
pub(crate) fn read_report(tenant: &Tenant, id: &JobId) -> Result<ReportAnswer> {
    let path = format!("/api/v2/jobs/{id}/errors");
    let answer = tenant.send(Request::get(&path, READ_SCOPES))?;
    match answer.body.is_empty() {
        true => Ok(ReportAnswer::default()),
        false => answer.read(),
    }
}

/// The rows of a report, each matched with its user. They are matched before secrets are hidden, since a hidden text, such as a
/// salt of four letters, may also be part of an e-mail or an id.
pub(crate) fn failed_users(
    rows: &[ReportRow],
    keys: &[RowKey],
    sent: &SentSecrets,
) -> Vec<FailedUser> {
    let failed = |(row, place): (&ReportRow, Option<usize>)| {
        let told = || Some(sent.hide(&data(row.user.as_ref()?.email.as_deref()?)));
        FailedUser {
            row: place.map(|place| place + 1),
            email: place.map_or_else(told, |place| Some(data(&keys[place].email))),
            errors: reasons(&row.errors, sent),
        }
    };
    rows.iter().zip(places(rows, keys)).map(failed).collect()
}

fn reasons(errors: &Value, sent: &SentSecrets) -> Vec<RowError> {
    match errors {
        Value::Array(errors) => errors.iter().map(|one| row_error(one, sent)).collect(),
        Value::Null => Vec::new(),
        one => vec![row_error(one, sent)],
    }
}

fn row_error(error: &Value, sent: &SentSecrets) -> RowError {
    let shown = |text: &str| words_of_others(&without_secrets(&sent.hide(text)), MOST_CHARS);
    // An entry that is not an object is shown as it is.
    let all = || String::of(error.clone()).unwrap_or_else(|| error.to_string());
    let told = ReportError::of(error.clone()).unwrap_or_else(|| ReportError {
        message: Told(Some(all())),
        ..ReportError::default()
    });
    // A known code is not a secret, even if it contains a salt.
    let code = told.code.0.unwrap_or_default();
    let code = match advice(&code, None) {
        NO_ADVICE => shown(&code),
        _ => code,
    };
    let message = told.message.as_deref().map(shown).unwrap_or_default();
    // The path is optional, and its text is in the message too.
    let path = told.path.as_deref().map(shown).unwrap_or_default();
    let field = field(match path.as_str() {
        "" => named_in(&message),
        path => path,
    });
    RowError {
        advice: advice(&code, field.as_deref()),
        code,
        field,
        message,
    }
}

/// The field that a message without a path is about, where it names one.
fn named_in(message: &str) -> &str {
    let named = message.strip_prefix("Error in ");
    let named = named.and_then(|rest| rest.split(" property").next());
    let missing = message.strip_prefix("Missing required property: ");
    match named.or(missing) {
        Some(field) => field,
        None if message.starts_with("A custom_password_hash ") => "custom_password_hash",
        None => "",
    }
}

/// The file's own word for a place in Auth0's internal profile.
fn field(path: &str) -> Option<String> {
    let own = path
        .strip_prefix("identities[0].profileData.")
        .unwrap_or(path);
    (!own.is_empty()).then(|| {
        own.replace("passwordHash", "password_hash")
            .replace("customPasswordHash", "custom_password_hash")
    })
}

const NO_ADVICE: &str = "only Auth0's own sentence is known";
const MFA_ADVICE: &str = "a second factor was not taken: a TOTP secret must be Base32 without padding (A-Z and 2-7), a phone number `+` and 1 to 15 digits, an e-mail name@domain; fix it and import this user again, which is safe";

/// The code of a row that was not sent, since a fault was found in it before.
pub(crate) const NOT_SENT: &str = "NOT_SENT";

/// Plain words for a code. Both the documented names and the ones the service really sends are known.
pub(crate) fn advice(code: &str, field: Option<&str>) -> &'static str {
    match (code, field) {
        ("CONFLICT" | "DUPLICATED_USER", Some("custom_password_hash")) => {
            "a hash can be imported once: a wrong custom_password_hash can be sent again with upsert until its user has signed in, but never to a user who came without a hash; such users need a password reset"
        }
        ("DUPLICATED_USER", _) => {
            "this user is already in the tenant, or was sent twice: leave the row out, or import with upsert"
        }
        ("CONFLICT" | "CONFLICT_EMAIL" | "CONFLICT_USERNAME", _) => {
            "another user has this e-mail or username: change it, or leave the user out"
        }
        ("PATTERN", Some("password_hash")) => {
            "password_hash takes only bcrypt with $2a$ or $2b$ and cost 10: make the hash with hash_password, or use custom_password_hash"
        }
        ("INVALID_FORMAT" | "FORMAT", Some("email")) => {
            "this is not an e-mail address that Auth0 takes: it must be name@domain with a full domain"
        }
        ("INVALID_FORMAT" | "FORMAT" | "PATTERN", Some("phone_number")) => {
            "this is not a phone number that Auth0 takes: it must be + and 1 to 15 digits with nothing between them"
        }
        ("MFA_FACTORS_FAILED", _) => MFA_ADVICE,
        ("INVALID_FORMAT" | "FORMAT" | "PATTERN", Some(field)) if field.contains("mfa") => {
            MFA_ADVICE
        }
        ("INVALID_FORMAT" | "FORMAT" | "PATTERN", _) => {
            "the value has a character or a form that this field does not take"
        }
        (
            "OBJECT_MISSING_REQUIRED_PROPERTY" | "OBJECT_REQUIRED",
            Some("username" | "phone_number"),
        ) => {
            "the connection requires this for every user (the check finds it beforehand, with a token that has the scope read:connections_options)"
        }
        ("OBJECT_MISSING_REQUIRED_PROPERTY" | "OBJECT_REQUIRED", Some("email")) => {
            "every user needs an e-mail"
        }
        ("OBJECT_MISSING_REQUIRED_PROPERTY" | "OBJECT_REQUIRED", Some(_)) => {
            "something inside this field is missing: Auth0's sentence names it"
        }
        ("OBJECT_MISSING_REQUIRED_PROPERTY" | "OBJECT_REQUIRED" | "ANY_OF_MISSING", _) => {
            "something required is missing: every user needs an e-mail"
        }
        ("OBJECT_ADDITIONAL_PROPERTIES", _) => {
            "an import has no such field: check the spelling, or put it in user_metadata"
        }
        ("INVALID_TYPE", _) => {
            "the value has the wrong type, such as text instead of true or false"
        }
        ("ENUM_MISMATCH", _) => "the value is not one of those allowed here",
        ("ARRAY_LENGTH_SHORT", _) => {
            "the list has too few entries: leave the field out if there are none"
        }
        ("ARRAY_LENGTH_LONG", _) => "the list has too many entries",
        ("MIN_LENGTH" | "MINIMUM", _) => "the value is too short or too small",
        ("MAX_LENGTH" | "MAXIMUM", Some("username")) => {
            "the connection takes shorter usernames (15 characters by default): use a shorter prefix (get_connection_id knows the length, with a token that has the scope read:connections_options)"
        }
        ("MAX_LENGTH" | "MAXIMUM", _) => "the value is too long or too large",
        ("NOT_PASSED", Some("custom_password_hash")) => {
            "a user has one hash: leave out password_hash or custom_password_hash"
        }
        ("NOT_PASSED", Some("username")) => {
            "this connection does not take usernames: import users.without_usernames() (the check finds it beforehand, with a token that has the scope read:connections_options)"
        }
        ("NOT_PASSED", Some("app_metadata")) => {
            "app_metadata cannot have this key, which Auth0 reserves: rename it"
        }
        ("NOT_PASSED", _) => "something here is not allowed: leave it out",
        ("CONNECTION_NOT_FOUND", _) => "the connection is gone: look it up again",
        ("PROFILE_SIZE_EXCEEDED", _) => {
            "the profile is over Auth0's limit of 10 KB: send less metadata"
        }
        // Codes of this crate's own.
        (NOT_SENT, _) => "the row was not sent: fix it and send it again",
        ("NOT_REPORTED" | "JOB_FAILED", _) => "send this user again",
        ("LOOKED_UP", _) => "leave the row out, or update the user with ImportOptions::upsert",
        ("TAKEN", _) => {
            "give the user another username, user id or phone number, or find the other one"
        }
        ("NOT_TOLD", _) => {
            "look at the user in the tenant; if the row should be sent again, ImportReport::failed has it"
        }
        ("NOT_LOOKED_UP", _) => "look the user up with a token that has the scope read:users",
        ("ANSWER_LOST", _) => "compare the user in the tenant with the row",
        ("JOB_NOT_ENDED", _) => "look for this user later, before you send the row again",
        _ => NO_ADVICE,
    }
}

fn explain(finished: &FinishedJob, rows: usize, details: &Value) -> Option<String> {
    if !details.is_null() {
        let details = without_secrets(&details.to_string());
        let what = match finished.status {
            JobStatus::Failed => "the job failed as a whole; Auth0 says",
            JobStatus::Completed => "Auth0 says of the job",
        };
        let details = words_of_others(&details, MOST_CHARS);
        return Some(format!("{what}: {details}"));
    }
    match (&finished.status, rows) {
        (JobStatus::Failed, 0) => Some(
            "the job failed as a whole and Auth0 gives no reason: it could not read the file (not a JSON array, or cut off), or the job took more than two hours; the outcome of its rows is unknown, so look for the users before you send them again".to_string(),
        ),
        (JobStatus::Completed, 0) if finished.summary.is_some_and(|s| s.failed > 0) => Some(
            "rows failed, but the report is empty: Auth0 keeps it for 24 hours".to_string(),
        ),
        (JobStatus::Completed, 0) if finished.summary.is_none() => Some(
            "the report names nobody, and the job does not say how many rows it refused: look for one of its users with users_by_email".to_string(),
        ),
        (_, 0) => Some("no user was refused".to_string()),
        _ => None,
    }
}
