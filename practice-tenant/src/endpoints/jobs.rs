//! Import jobs: the upload, the state, the report; `work.rs` has the work.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderMap, header::CONTENT_LENGTH};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::endpoints::exports;
use crate::http::access;
use crate::http::answers;
use crate::http::bodies;
use crate::http::correlation::correlation;
use crate::ids::letters;
use crate::rules::connections::{self, Connection};
use crate::state::Tenant;
use crate::state::jobs::{Fate, Job};

/// Bytes of the whole request.
const MOST_BYTES: usize = 512_000;
/// A job ends within ten years.
const MOST_SECONDS: f64 = 3e8;
const READ: &[&str] = &["create:users", "read:users"];

/// The parts of an upload.
#[derive(Default)]
struct Form {
    users: Option<Vec<u8>>,
    connection_id: Option<String>,
    upsert: bool,
    external_id: String,
}

pub(crate) async fn create(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    answer_create(&tenant, request)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn answer_create(tenant: &Tenant, request: Request) -> Result<Response, Box<Response>> {
    access::check(tenant, request.headers(), &["create:users"])?;
    let correlation = correlation(request.headers())?;
    let form = read_form(tenant, request).await?;
    let connection = allowed_connection(&form)?;
    let mut memory = tenant.memory();
    tenant.work_off(&mut memory);
    let active = memory.jobs.values().filter(|job| !job.done).count() + tenant.slots_held();
    if active >= tenant.options.max_jobs {
        // The documented body has no errorCode.
        let message = format!(
            "There are {active} active import users jobs, please wait until some of them are finished and try again"
        );
        return Err(Box::new(answers::error(429, &message, None)));
    }
    let head = job_head(connection.id, connection.name, &form.external_id);
    let rows: Option<Vec<Value>> = form
        .users
        .as_deref()
        .and_then(|file| serde_json::from_slice(file).ok());
    let speed = tenant.job_speed();
    let seconds = match (speed, &rows) {
        (Some(speed), Some(rows)) => (rows.len() as f64 / speed).min(MOST_SECONDS),
        _ => 0.0,
    };
    let seconds = if tenant.fault("job-slow") {
        (seconds * 10.0).min(MOST_SECONDS)
    } else {
        seconds
    };
    let id = head["id"].as_str().unwrap_or_default().to_string();
    let job = Job {
        head: head.clone(),
        began: clock::now(),
        ends: clock::now() + Duration::from_secs_f64(seconds),
        was_read: false,
        summary: None,
        report: String::new(),
        // What cannot be read is found out after the upload was accepted.
        unreadable: rows.is_none(),
        rows: rows.unwrap_or_default(),
        connection,
        upsert: form.upsert,
        done: false,
        fate: fate(tenant),
        timed: speed.is_some(),
    };
    memory.add_job(id, job);
    // The documented description.
    tenant.log("sapi", "Create import users job", correlation.as_deref());
    Ok(answers::json(202, &head))
}

/// The head of a job in the recorded key order.
fn job_head(connection_id: &str, connection: &str, external_id: &str) -> Value {
    let id = format!("job_{}", letters(16));
    let mut head = json!({"type": "users_import", "status": "pending", "connection_id": connection_id, "connection": connection});
    if !external_id.is_empty() {
        head["external_id"] = external_id.into();
    }
    head["created_at"] = clock::timestamp().into();
    head["id"] = id.into();
    head
}

/// Which of the faults that are on happens to the next job.
fn fate(tenant: &Tenant) -> Fate {
    let fates = [
        ("job-fails", Fate::Fails),
        ("job-fails-midway", Fate::FailsMidway),
        ("job-hangs", Fate::Hangs),
        ("job-lost", Fate::IsLost),
    ];
    let happens = fates.into_iter().find(|(name, _)| tenant.fault(name));
    happens.map_or(Fate::Works, |(_, fate)| fate)
}

async fn read_form(tenant: &Tenant, request: Request) -> Result<Form, Box<Response>> {
    let invalid = || {
        let message = "Payload validation error: 'Invalid multipart payload format'.";
        Box::new(answers::error(400, message, Some("invalid_body")))
    };
    // Refused by the length that is announced, before anything is read.
    let length = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > MOST_BYTES) {
        return Err(bodies::too_large(MOST_BYTES));
    }
    let (parts, body) = request.into_parts();
    let bytes = bodies::read(tenant, body, MOST_BYTES).await?;
    let request = Request::from_parts(parts, bytes.into());
    let mut multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_| invalid())?;
    let mut form = Form::default();
    while let Some(field) = multipart.next_field().await.map_err(|_| invalid())? {
        let name = field.name().unwrap_or_default().to_string();
        let bytes = field.bytes().await.map_err(|_| invalid())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // Of parts given twice the last one counts: unknown, and of no use to anybody.
        match name.as_str() {
            "users" => form.users = Some(bytes.to_vec()),
            "connection_id" => form.connection_id = Some(text),
            "upsert" => form.upsert = text == "true",
            "external_id" => form.external_id = text,
            _ => {}
        }
    }
    Ok(form)
}

/// The connection an upload may go to. Most of these errorCodes are guesses: two live bodies are known.
fn allowed_connection(form: &Form) -> Result<&'static Connection, Box<Response>> {
    let refused =
        |message: &str, code: &str| Err(Box::new(answers::error(400, message, Some(code))));
    match &form.users {
        None => {
            return refused(
                "Must provide 'users' file as multipart part.",
                "invalid_body",
            );
        }
        Some(file) if file.is_empty() => {
            return refused("Users file must not be empty.", "invalid_body");
        }
        Some(_) => {}
    }
    let Some(id) = &form.connection_id else {
        return refused(
            "Must provide 'connection_id' as multipart part.",
            "invalid_body",
        );
    };
    if !connections::is_id(id) {
        let message = "Payload validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property connection_id.";
        return refused(message, "invalid_body");
    }
    match connections::by_id(id) {
        None => refused("The connection does not exist.", "inexistent_connection"),
        Some(connection) if connection.strategy != "auth0" => refused(
            "Connection must be a database connection.",
            "operation_not_supported",
        ),
        Some(connection) if !connection.enabled => {
            refused("Connection must be enabled.", "operation_not_supported")
        }
        Some(connection) => Ok(connection),
    }
}

fn not_found() -> Response {
    // The real body is not known; the sentence is documented.
    answers::error(404, "Job not found.", Some("inexistent_job"))
}

pub(crate) async fn status(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = access::check(&tenant, &headers, READ) {
        return *refusal;
    }
    let mut memory = tenant.memory();
    if tenant.fault("job-lost@job") {
        memory.jobs.remove(&id);
    }
    if memory
        .jobs
        .get(&id)
        .is_some_and(|job| job.was_read || job.timed)
    {
        tenant.work_off(&mut memory);
    }
    let Some(job) = memory.jobs.get_mut(&id) else {
        return exports::status(&tenant, &mut memory, &id).unwrap_or_else(not_found);
    };
    let is_first = !std::mem::replace(&mut job.was_read, true);
    if !job.done || (is_first && !job.timed) {
        return answers::ok(&pending(job, tenant.is_on("job-progress")));
    }
    answers::ok(&finished(job))
}

/// A job that has not ended. How far it is stands in the published schema, and in no answer that was recorded.
fn pending(job: &Job, tells_progress: bool) -> Value {
    let mut body = job.head.clone();
    if tells_progress {
        let all = job.ends.duration_since(job.began).as_secs_f64();
        let left = clock::until(job.ends);
        let share = 1.0 - left.as_secs_f64() / all.max(f64::MIN_POSITIVE);
        body["percentage_done"] = ((share * 100.0) as u64).into();
        body["time_left_seconds"] = left.as_secs().into();
    }
    body
}

/// A job that has ended, in the recorded key order; a failed one says no reason.
fn finished(job: &Job) -> Value {
    let mut body = Map::new();
    body.insert("type".into(), job.head["type"].clone());
    body.insert(
        "status".into(),
        if job.unreadable {
            "failed"
        } else {
            "completed"
        }
        .into(),
    );
    body.insert("connection_id".into(), job.head["connection_id"].clone());
    if let Some(summary) = &job.summary {
        body.insert("summary".into(), summary.clone());
    }
    for key in ["connection", "external_id", "created_at", "id"] {
        if let Some(value) = job.head.get(key) {
            body.insert(key.into(), value.clone());
        }
    }
    Value::Object(body)
}

pub(crate) async fn errors(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = access::check(&tenant, &headers, READ) {
        return *refusal;
    }
    let mut memory = tenant.memory();
    if tenant.fault("job-lost@report") {
        memory.jobs.remove(&id);
    }
    let Some(job) = memory.jobs.get(&id) else {
        return answers::error(404, "The job does not exist", Some("inexistent_job"));
    };
    if job.report.is_empty() || tenant.fault("report-lost") {
        return answers::no_content();
    }
    // Recorded without a charset, unlike every other answer.
    answers::with(200, "application/json", job.report.clone())
}
