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
/// assert!(advice.contains("name@domain"));
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
    pub(crate) status: JobStatus,
}

debug_fields!(JobErrors: rows, explanation, status);

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

    /// Whether it is certain that the tenant took every user.
    pub(crate) fn is_of_nobody(&self) -> bool {
        self.explanation.as_deref() == Some(NOBODY)
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
        status: finished.status.clone(),
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
/// For a job that refused no user.
const NOBODY: &str = "no user was refused";

/// The beginning of an explanation that is not about a row.
pub(crate) const FAILED_AS_A_WHOLE: &str = "the job failed as a whole";

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
        ("MFA_FACTORS_FAILED", _) => {
            "a second factor was not taken: a TOTP secret must be base32, A to Z and 2 to 7, a phone number + and 1 to 15 digits, and an e-mail name@domain; mend it and import this user again, which is safe"
        }
        ("INVALID_FORMAT" | "FORMAT", Some("username")) => {
            "the username must not look like an e-mail address or a phone number, and must not hold spaces: give another one"
        }
        (
            "INVALID_FORMAT"
            | "FORMAT"
            | "PATTERN"
            | "INVALID_TYPE"
            | "ENUM_MISMATCH"
            | "OBJECT_ADDITIONAL_PROPERTIES"
            | "OBJECT_MISSING_REQUIRED_PROPERTY"
            | "ARRAY_LENGTH_SHORT"
            | "ARRAY_LENGTH_LONG",
            Some(field),
        ) if let Some(words) = advice_for_part(code, field) => words,
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
            "the value has the wrong type, and Auth0's sentence says which type it expects: write text in quotation marks, and numbers, true and false without them"
        }
        ("ENUM_MISMATCH", _) => {
            "this field does not take the value: compare it with Auth0's import schema"
        }
        ("ARRAY_LENGTH_SHORT", _) => {
            "the list has too few entries: leave the field out if there are none"
        }
        ("ARRAY_LENGTH_LONG", _) => "the list has too many entries",
        ("MIN_LENGTH" | "MINIMUM", Some("username")) => {
            "the username is too short: give a longer one, or leave the field out when there is none"
        }
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

/// Plain words for a part of a second factor or of a hash, in the words of the check, which finds the same before anything is sent.
fn advice_for_part(code: &str, field: &str) -> Option<&'static str> {
    let is_kind = code == "INVALID_TYPE";
    let ends_with = |end: &str| field.ends_with(end);
    if field.starts_with("mfa_factors") {
        return Some(match code {
            "ARRAY_LENGTH_SHORT" | "ARRAY_LENGTH_LONG" => {
                "1 to 10 factors are taken: leave the field out when there are none"
            }
            "OBJECT_ADDITIONAL_PROPERTIES" => {
                "a factor takes one field alone, `secret` for totp and `value` for phone and email: leave the others out"
            }
            "OBJECT_MISSING_REQUIRED_PROPERTY" => {
                "the factor lacks its field: `secret` for totp, `value` for phone and email"
            }
            _ if is_kind && ends_with("phone.value") => PHONE_AS_TEXT,
            _ if ends_with("totp.secret") => "must be base32: A to Z and 2 to 7",
            _ if ends_with("phone.value") => "must be + and 1 to 15 digits",
            _ if ends_with("email.value") => "must be an e-mail address",
            _ => return None,
        });
    }
    if is_kind && field == "phone_number" {
        return Some(PHONE_AS_TEXT);
    }
    if !field.starts_with("custom_password_hash") {
        return None;
    }
    Some(match (code, field) {
        ("OBJECT_MISSING_REQUIRED_PROPERTY", "custom_password_hash") => {
            "must be an object with algorithm and hash"
        }
        ("OBJECT_MISSING_REQUIRED_PROPERTY", _) if ends_with(".hash") => {
            "must be an object with value and encoding"
        }
        ("ENUM_MISMATCH", _) if ends_with(".algorithm") => {
            "must be one of argon2, bcrypt, hmac, ldap, md4, md5, sha1, sha256, sha512, pbkdf2, scrypt"
        }
        ("ENUM_MISMATCH", _) if ends_with(".digest") => {
            "must be one of md4, md5, ripemd160, sha1, sha224, sha256, sha384, sha512, whirlpool"
        }
        ("ENUM_MISMATCH", _) if ends_with("password.encoding") => {
            "must be one of ascii, utf8, utf16le, ucs2, latin1, binary"
        }
        ("ENUM_MISMATCH", _) if ends_with(".encoding") => "must be one of base64, hex, utf8",
        ("ENUM_MISMATCH", _) if ends_with(".position") => "must be one of prefix, suffix",
        _ => return None,
    })
}

const PHONE_AS_TEXT: &str =
    "a phone number must be text, in quotation marks, and not a number: + and 1 to 15 digits";

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
        (_, 0) => Some(NOBODY.to_string()),
        _ => None,
    }
}
