//! Requests and answers between the library's transport and the practice tenant.

use std::time::Duration;

use auth0_bulk_users::seams::header::{HeaderMap, HeaderName, HeaderValue};
use auth0_bulk_users::seams::{Came, Carried, Sent};
use practice_tenant::{Answer, Fate, Moment, Request};
use serde_json::Value;

use crate::plan::{Call, Person, Tells};
use crate::tenant::{BEGINNING, REQUEST_LIMIT};

pub(super) fn moment(passed: Duration) -> Moment {
    Moment(BEGINNING + u64::try_from(passed.as_micros()).unwrap_or(u64::MAX / 2))
}

pub(super) fn connection_id(name: &str) -> &'static str {
    match name {
        "Username-Password-Authentication" => "con_Practice00000001",
        "Email-Only-Users" => "con_Practice00000002",
        _ => "con_Practice00000007",
    }
}

/// A row of somebody else's import.
pub(super) fn row(person: &Person, by: &str) -> Value {
    let mut row = serde_json::json!({"email": person.email, "app_metadata": {"by": by}});
    for (name, value) in [("username", &person.username), ("user_id", &person.user_id)] {
        if let Some(value) = value {
            row[name] = value.as_str().into();
        }
    }
    row
}

pub(super) fn call(method: &str, path: &str) -> Option<Call> {
    let path = path.split('?').next().unwrap_or_default();
    let rest = path.strip_prefix("/api/v2");
    Some(match (method, rest) {
        (_, None) => Call::Token,
        ("DELETE", _) => Call::Delete,
        (_, Some("/jobs/users-imports")) => Call::Upload,
        (_, Some(rest)) if rest.starts_with("/jobs/") && rest.ends_with("/errors") => Call::Report,
        (_, Some(rest)) if rest.starts_with("/jobs/") => Call::Job,
        (_, Some("/users")) => Call::Search,
        (_, Some("/users-by-email")) => Call::ByEmail,
        (_, Some(rest)) if rest.starts_with("/users/") => Call::User,
        _ => return None,
    })
}

pub(super) fn request(sent: &Sent<'_>) -> Request {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (
            name.to_string(),
            value.to_str().unwrap_or_default().to_string(),
        )
    };
    Request {
        method: sent.method.to_string(),
        path: sent.path.to_string(),
        headers: sent.headers.iter().map(header).collect(),
        body: sent.body.to_vec(),
    }
}

/// The numbers of the rows of an upload, as their metadata say.
pub(super) fn rows(body: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(body);
    let rows = text.split("\"user_metadata\":{\"row\":").skip(1);
    let number = |rest: &str| rest.split('}').next()?.parse().ok();
    rows.filter_map(number).collect()
}

/// Whether an answer that came in time says that over half of what the tenant takes at once is left.
pub(super) fn has_room(carried: &Carried) -> bool {
    let Came::Whole { headers, .. } = &carried.came else {
        return false;
    };
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let told = number("x-ratelimit-limit").zip(number("x-ratelimit-remaining"));
    carried.took < REQUEST_LIMIT && told.is_some_and(|(limit, left)| left > limit / 2)
}

pub(super) fn whole(status: u16, headers: HeaderMap, body: Vec<u8>) -> Came {
    Came::Whole {
        status,
        headers,
        body,
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(name, HeaderValue::from_str(value).expect("a value"));
}

/// The tenant's own refusal, in its envelope.
pub(super) fn refused(status: u16) -> Came {
    let body = serde_json::json!({"statusCode": status, "error": "Refused", "message": "Refused"});
    whole(status, HeaderMap::new(), body.to_string().into_bytes())
}

/// A report that repeats what was sent: the hash of each row in its message.
pub(super) fn echoed(answer: &Answer, at: Moment, hash: impl Fn(usize) -> String) -> Came {
    let mut answer = answer.clone();
    let mut told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    for failed in told.as_array_mut().into_iter().flatten() {
        let row = failed["user"]["user_metadata"]["row"].as_u64();
        let hash = hash(row.unwrap_or_default() as usize);
        for error in failed["errors"].as_array_mut().into_iter().flatten() {
            let message = error["message"].as_str().unwrap_or_default();
            error["message"] = format!("{message}: {hash}").into();
        }
    }
    if told.is_array() {
        answer.body = told.to_string().into_bytes();
    }
    came(&answer, at)
}

/// The value of a field of an upload's form.
pub(super) fn field(body: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(body);
    let rest = text.split(&format!("name=\"{name}\"\r\n\r\n")).nth(1);
    let value = rest.and_then(|rest| rest.split("\r\n").next());
    value.unwrap_or_default().to_string()
}

/// The answer of something between the client and the tenant.
pub(super) fn page(status: u16) -> Came {
    whole(status, HeaderMap::new(), b"<html>gateway</html>".to_vec())
}

pub(super) fn too_many(tells: Tells, at: Moment) -> Came {
    let mut headers = HeaderMap::new();
    let wait = tells.wait().unwrap_or_default();
    let then = Moment(at.0 + wait.as_micros() as u64);
    let told = match tells {
        Tells::Nothing => None,
        Tells::Seconds => Some(("retry-after", wait.as_secs().to_string())),
        Tells::Date => Some(("retry-after", then.http_date())),
        Tells::Reset => Some(("x-ratelimit-reset", (then.0 / 1_000_000).to_string())),
    };
    if let Some((name, value)) = told {
        set(&mut headers, name, &value);
        set(&mut headers, "x-ratelimit-remaining", "0");
        set(&mut headers, "date", &at.http_date());
    }
    let body = r#"{"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}"#;
    whole(429, headers, body.as_bytes().to_vec())
}

pub(super) fn came(answer: &Answer, at: Moment) -> Came {
    let mut headers = HeaderMap::new();
    set(&mut headers, "date", &at.http_date());
    for (name, value) in &answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    match answer.fate {
        Fate::Whole => whole(answer.status, headers, answer.body.clone()),
        Fate::CutAfter(_) => Came::CutOff,
        _ => Came::Nothing,
    }
}

pub(super) fn told(carried: &Carried) -> String {
    match &carried.came {
        _ if carried.took >= REQUEST_LIMIT => "no answer".to_string(),
        Came::Whole { status, .. } => status.to_string(),
        Came::CutOff => "half an answer".to_string(),
        Came::Nothing => "no answer".to_string(),
    }
}
