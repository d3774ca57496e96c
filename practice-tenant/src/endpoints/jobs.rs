//! Import jobs: the upload, the state, the report; `work.rs` has the work.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::endpoints::exports;
use crate::http::call::{Call, Ended, now};
use crate::http::message::{self, Answer, Request, ok, refused};
use crate::http::multipart::parts;
use crate::rules::connections::{Connection, is_id};
use crate::state::World;
use crate::state::jobs::{Fate, Job, Work};

/// Bytes of the whole request.
pub(crate) const MOST_BYTES: usize = 512_000;

/// The parts of an upload.
#[derive(Default)]
struct Form {
    users: Option<Vec<u8>>,
    connection_id: Option<String>,
    upsert: bool,
    external_id: String,
}

pub(crate) fn create(world: &mut World, call: &Call) -> Ended {
    let form = read_form(&call.request)?;
    let connection = allowed_connection(world, &form)?;
    let active = world.jobs_running() + world.slots_held();
    if active >= world.setup.max_jobs {
        // The documented body has no errorCode.
        let message = format!(
            "There are {active} active import users jobs, please wait until some of them are finished and try again"
        );
        return Err(refused(429, &message, None));
    }
    let id = format!("job_{}", world.chance.letters(16));
    let head = job_head(world, &id, &connection, &form.external_id);
    // An unreadable file is noticed after the upload was accepted.
    let file = form.users.unwrap_or_default();
    let rows: Option<Vec<Value>> = serde_json::from_slice(&file).ok();
    let (is_readable, rows) = (rows.is_some(), rows.unwrap_or_default());
    let job = Job {
        number: world.memory.job_number(),
        id,
        head: head.clone(),
        began: world.now,
        pace: world.pace(rows.len()),
        read_at: None,
        rows,
        connection,
        upsert: form.upsert,
        is_readable,
        fate: fate(world),
        work: Work::default(),
        end: None,
    };
    world.memory.put_job(job);
    // The documented description.
    let entry = ("sapi", "Create import users job");
    world.log(entry, call.correlation.as_deref());
    now(message::json(202, &head))
}

/// The head of a job in the recorded key order.
fn job_head(world: &World, id: &str, connection: &Connection, external_id: &str) -> Value {
    let mut head = json!({"type": "users_import", "status": "pending", "connection_id": connection.id, "connection": connection.name});
    if !external_id.is_empty() {
        head["external_id"] = external_id.into();
    }
    head["created_at"] = world.now.shown().into();
    head["id"] = id.into();
    head
}

/// Which of the faults that are on happens to the next job.
fn fate(world: &mut World) -> Fate {
    let fates = [
        ("job-fails", Fate::Fails),
        ("job-fails-midway", Fate::FailsMidway),
        ("job-hangs", Fate::Hangs),
        ("job-lost", Fate::IsLost),
    ];
    let happens = fates.into_iter().find(|(name, _)| world.fault(name));
    happens.map_or(Fate::Works, |(_, fate)| fate)
}

fn read_form(request: &Request) -> Result<Form, Box<Answer>> {
    let content_type = request.header("content-type").unwrap_or_default();
    let Some(parts) = parts(content_type, &request.body) else {
        let message = "Payload validation error: 'Invalid multipart payload format'.";
        return Err(refused(400, message, Some("invalid_body")));
    };
    let mut form = Form::default();
    for (name, bytes) in parts {
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        // If a part is given twice, the last one counts; what Auth0 does is unknown, and does not matter.
        match name.as_str() {
            "users" => form.users = Some(bytes),
            "connection_id" => form.connection_id = Some(text()),
            "upsert" => form.upsert = text() == "true",
            "external_id" => form.external_id = text(),
            _ => {}
        }
    }
    Ok(form)
}

/// The connection an upload may go to. Most of these errorCodes are guesses: two live bodies are known.
fn allowed_connection(world: &World, form: &Form) -> Result<Arc<Connection>, Box<Answer>> {
    let refused = |message: &str, code: &str| Err(refused(400, message, Some(code)));
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
    if !is_id(id) {
        let message = "Payload validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property connection_id.";
        return refused(message, "invalid_body");
    }
    match world.connection(id) {
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

fn not_found() -> Box<Answer> {
    // The real body is not known; the sentence is documented.
    refused(404, "Job not found.", Some("inexistent_job"))
}

pub(crate) fn status(world: &mut World, call: &Call) -> Ended {
    let id = &call.ids[0];
    if world.fault("job-lost@job") {
        world.memory.forget_job(id);
    }
    let at = world.now;
    let Some(job) = world.memory.job(id) else {
        return now(exports::status(world, id).ok_or_else(not_found)?);
    };
    let late = Duration::from_secs_f64(world.faults.measure("job-late").max(0.0));
    if at.since(job.began) < late {
        return Err(not_found());
    }
    // Without a speed, a job is pending until it has been read once.
    let is_first = job.read_at.is_none() && job.pace.is_none();
    let told = match &job.end {
        Some(end) if !is_first => job.told(end),
        _ => pending(world, job),
    };
    world.memory.change_job(id, |job| {
        job.read_at.get_or_insert(at);
    });
    now(ok(&told))
}

/// A job that has not ended. Its progress is in the published schema, but in no recorded answer.
fn pending(world: &World, job: &Job) -> Value {
    let mut body = job.head.clone();
    if world.is_on("job-progress") {
        let all = job.ends().since(job.began).as_secs_f64();
        let left = job.ends().since(world.now);
        let share = 1.0 - left.as_secs_f64() / all.max(f64::MIN_POSITIVE);
        body["percentage_done"] = ((share * 100.0) as u64).into();
        body["time_left_seconds"] = left.as_secs().into();
    }
    body
}

pub(crate) fn errors(world: &mut World, call: &Call) -> Ended {
    let id = &call.ids[0];
    if world.fault("job-lost@report") {
        world.memory.forget_job(id);
    }
    let Some(job) = world.memory.job(id) else {
        let message = "The job does not exist";
        return Err(refused(404, message, Some("inexistent_job")));
    };
    let (report, instead) = match &job.end {
        Some(end) => (end.report.clone(), job.told_in_report(end)),
        None => (String::new(), None),
    };
    if let Some(instead) = instead {
        return now(ok(&instead));
    }
    if report.is_empty() || world.fault("report-lost") {
        return now(message::no_content());
    }
    // Recorded without a charset, unlike every other answer.
    now(message::with(200, "application/json", report.into_bytes()))
}
