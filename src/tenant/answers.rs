//! What Auth0 answers to each call, as far as it is read here. A field that is missing or cannot be read is `None`; use
//! `Answer::need` for a required one, since its error names the call and the field.

use serde_derive::Deserialize;
use serde_json::Value;

use crate::tenant::answer::{Field, Told, object, objects};

/// Any call that is refused: the Management API's envelope, and the Authentication API's, which has no `statusCode`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct RefusalAnswer {
    #[serde(rename = "statusCode")]
    pub(crate) status_code: Told<u64>,
    #[serde(rename = "errorCode")]
    pub(crate) error_code: Told<String>,
    pub(crate) error: Told<String>,
    pub(crate) error_description: Told<String>,
    pub(crate) message: Told<String>,
}

/// `POST /oauth/token`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: Told<String>,
}

/// `POST /api/v2/jobs/users-imports` and `users-exports`, and `GET /api/v2/jobs/{id}` of a job that is taken up again.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct AcceptedAnswer {
    pub(crate) id: Told<String>,
    #[serde(rename = "type")]
    /// A text: a number would be no type.
    pub(crate) kind: Value,
    pub(crate) status: Told<String>,
    pub(crate) connection_id: Told<String>,
    pub(crate) created_at: Told<String>,
    /// The connection's name.
    pub(crate) connection: Told<String>,
}

/// `GET /api/v2/jobs/{id}`. A job's progress is in Auth0's schema, but in no recorded answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct JobAnswer {
    /// A text: a number would be no status.
    pub(crate) status: Value,
    pub(crate) percentage_done: Told<f64>,
    pub(crate) time_left_seconds: Told<f64>,
    pub(crate) summary: Told<SummaryAnswer>,
    /// Of an export: the link to its file.
    pub(crate) location: Told<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SummaryAnswer {
    pub(crate) inserted: Told<u64>,
    pub(crate) updated: Told<u64>,
    pub(crate) failed: Told<u64>,
    pub(crate) total: Told<u64>,
}

/// `GET /api/v2/jobs/{id}/errors`: nothing (204), a list of rows, or an object about the job.
#[derive(Default)]
pub(crate) struct ReportAnswer {
    pub(crate) rows: Vec<ReportRow>,
    pub(crate) status_details: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReportRow {
    pub(crate) user: Told<UserAnswer>,
    /// A list of [`ReportError`], or one alone.
    pub(crate) errors: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReportError {
    pub(crate) code: Told<String>,
    pub(crate) message: Told<String>,
    pub(crate) path: Told<String>,
}

/// `GET /api/v2/connections`: an object with totals, or with the next checkpoint, or just a list.
pub(crate) struct ConnectionsAnswer {
    pub(crate) connections: Vec<ConnectionAnswer>,
    /// Whether it is just a list, which does not say whether there are more.
    pub(crate) is_bare: bool,
    pub(crate) total: Option<u64>,
    pub(crate) next: Option<String>,
}

/// `GET /api/v2/connections/{id}`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConnectionAnswer {
    pub(crate) id: Told<String>,
    pub(crate) name: Told<String>,
    pub(crate) strategy: Told<String>,
    pub(crate) options: Value,
    /// Missing since July 2026.
    pub(crate) enabled_clients: Value,
}

/// `GET /api/v2/connections/{id}/clients`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClientsAnswer {
    pub(crate) clients: Value,
}

/// `GET /api/v2/users`: an object with totals, or just a list. Each user is what a profile is read from.
pub(crate) struct UsersAnswer<T> {
    pub(crate) users: Vec<T>,
    pub(crate) total: Option<u64>,
}

/// `GET /api/v2/users/{id}`, and the user of a row of a report.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserAnswer {
    pub(crate) user_id: Told<String>,
    pub(crate) email: Told<String>,
    pub(crate) username: Told<String>,
    pub(crate) phone_number: Told<String>,
    pub(crate) identities: Told<Vec<IdentityAnswer>>,
    pub(crate) created_at: Told<String>,
    pub(crate) logins_count: Told<f64>,
    pub(crate) last_login: Value,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct IdentityAnswer {
    pub(crate) provider: Told<String>,
    pub(crate) connection: Told<String>,
    pub(crate) user_id: Told<String>,
}

/// `GET /practice/traffic`, which no real tenant has.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TrafficAnswer {
    pub(crate) requests: Told<u64>,
    pub(crate) most_in_a_second: Told<u64>,
}

/// `GET /practice`, which no real tenant has: what a practice tenant was set to.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct PracticeAnswer {
    /// Requests a second, and how many may come at once.
    pub(crate) rate: Told<f64>,
    pub(crate) burst: Told<f64>,
    /// The same by the minute, where there is such a limit.
    pub(crate) minute_rate: Told<f64>,
    pub(crate) minute_burst: Told<f64>,
    /// Users a second of one job; missing if jobs run as fast as they can.
    pub(crate) job_speed: Told<f64>,
    /// Jobs at once.
    pub(crate) max_jobs: Told<u64>,
    /// Jobs that have not ended.
    pub(crate) jobs_running: Told<u64>,
    /// Where another tenant's shape holds something that it makes nothing of.
    pub(crate) not_understood: Told<Vec<String>>,
}

objects!(
    PracticeAnswer,
    RefusalAnswer,
    TokenAnswer,
    AcceptedAnswer,
    JobAnswer,
    SummaryAnswer,
    ReportRow,
    ReportError,
    ConnectionAnswer,
    UserAnswer,
    IdentityAnswer,
    TrafficAnswer
);

impl Field for ClientsAnswer {
    const OTHERWISE: &str = "`clients` is not a list";
    fn of(json: Value) -> Option<ClientsAnswer> {
        let told: ClientsAnswer = object(json)?;
        // A connection that no application uses comes without a list.
        (told.clients.is_null() || told.clients.is_array()).then_some(told)
    }
}

impl Field for ReportAnswer {
    const OTHERWISE: &str =
        "it is neither a list of users with `errors` nor the `status_details` of a job";
    fn of(mut json: Value) -> Option<ReportAnswer> {
        let about_the_job = ["status", "status_details", "type", "id"];
        let is_about_the_job = about_the_job.iter().any(|name| json.get(name).is_some());
        let status_details = match is_about_the_job {
            true => json["status_details"].take(),
            false => Value::Null,
        };
        let is_known = is_about_the_job || json.is_array() || json.is_null();
        is_known.then(|| ReportAnswer {
            rows: Vec::of(json).unwrap_or_default(),
            status_details,
        })
    }
}

impl Field for ConnectionsAnswer {
    const OTHERWISE: &str = "it has no list `connections`";
    fn of(mut json: Value) -> Option<ConnectionsAnswer> {
        let total = json.get("total").and_then(|total| u64::of(total.clone()));
        let next = json.get("next").and_then(|next| String::of(next.clone()));
        Some(ConnectionsAnswer {
            is_bare: json.is_array(),
            connections: Vec::of(list(&mut json, "connections"))?,
            total,
            next,
        })
    }
}

impl<T: Field + Default> Field for UsersAnswer<T> {
    const OTHERWISE: &str = "it has no list `users`";
    fn of(mut json: Value) -> Option<UsersAnswer<T>> {
        let total = json.get("total").and_then(|total| u64::of(total.clone()));
        let users = Vec::of(list(&mut json, "users"))?;
        Some(UsersAnswer { users, total })
    }
}

/// The list that an answer is, or that it has under that name.
fn list(json: &mut Value, name: &str) -> Value {
    match json {
        Value::Object(fields) => fields.remove(name).unwrap_or_default(),
        other => other.take(),
    }
}
