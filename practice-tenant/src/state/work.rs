//! What a job does with its rows.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::clock;
use crate::rules::connections::Connection;
use crate::rules::schema::{self, Ways};
use crate::state::accounts::{self, Account, account, upsert};
use crate::state::jobs::{Fate, Job};
use crate::state::memory::Memory;

/// How long a job that nobody reads stays pending.
const UNREAD: Duration = Duration::from_secs(1);

/// Ends the jobs that hang, badly.
pub(crate) fn unhang(memory: &mut Memory) {
    for job in memory.jobs.values_mut() {
        if job.fate == Fate::Hangs {
            job.fate = Fate::Fails;
            job.ends = clock::now();
        }
    }
}

/// An entry of the log: its type and what it says.
type Entry = (&'static str, &'static str);

/// Works off every job whose time has come, in no thread of its own: whoever asks next does it. What comes back is for the
/// log.
pub(crate) fn work_off(memory: &mut Memory, ways: Ways) -> Vec<Entry> {
    let now = clock::now();
    // With a speed set, time alone decides; without, a job stays pending until it was read once.
    let due = |job: &Job| {
        !job.done
            && job.fate != Fate::Hangs
            && now >= job.ends
            && (job.timed || job.was_read || now >= job.ends + UNREAD)
    };
    let ids: Vec<String> = memory
        .jobs
        .iter()
        .filter(|(_, job)| due(job))
        .map(|(id, _)| id.clone())
        .collect();
    let done = ids.into_iter();
    done.filter_map(|id| finish(memory, &id, ways)).collect()
}

fn finish(memory: &mut Memory, id: &str, ways: Ways) -> Option<Entry> {
    let mut job = memory.jobs.remove(id)?;
    job.done = true;
    let mut rows = std::mem::take(&mut job.rows);
    match job.fate {
        Fate::Fails => job.unreadable = true,
        Fate::FailsMidway => rows.truncate(rows.len() / 2),
        _ => {}
    }
    if !job.unreadable {
        take(memory, &mut job, &rows, ways);
    }
    if job.fate == Fate::FailsMidway {
        (job.unreadable, job.summary) = (true, None);
        job.report.clear();
    }
    // The texts are ours.
    let entry = if job.unreadable {
        ("fui", "Import users job failed")
    } else {
        ("sui", "Import users job completed")
    };
    if job.fate != Fate::IsLost {
        memory.add_job(id.to_string(), job);
    }
    Some(entry)
}

/// Takes the rows one after the other, and makes the report of those that it refuses.
fn take(memory: &mut Memory, job: &mut Job, rows: &[Value], ways: Ways) {
    let (mut inserted, mut updated) = (0, 0);
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for row in rows {
        match import_row(memory, row, job, ways, &mut seen) {
            Ok(Outcome::Inserted) => inserted += 1,
            Ok(Outcome::Updated) => updated += 1,
            Err(faults) => errors.push(json!({"user": masked(row), "errors": faults})),
        }
    }
    job.summary = Some(
        json!({"failed": errors.len(), "updated": updated, "inserted": inserted, "total": rows.len()}),
    );
    if !errors.is_empty() {
        job.report = Value::Array(errors).to_string();
    }
}

enum Outcome {
    Inserted,
    Updated,
}

fn import_row(
    memory: &mut Memory,
    row: &Value,
    job: &Job,
    ways: Ways,
    seen: &mut HashSet<String>,
) -> Result<Outcome, Vec<Value>> {
    let (connection, is_upsert) = (job.connection, job.upsert);
    let faults = schema::faults(row, connection, ways);
    let Some(fields) = row.as_object().filter(|_| faults.is_empty()) else {
        return Err(faults);
    };
    let account = account(fields, connection, "secure.gravatar.com");
    if let Some(name) = twin(&account, fields, connection, seen) {
        let message = format!("A user with this {name} was already provided.");
        return Err(fault("DUPLICATED_USER", &message));
    }
    let email = account.text("email").unwrap_or_default();
    let email = accounts::key(connection.name, "email", email);
    if is_upsert && !connection.has_unique_emails() && memory.find(&email).is_some() {
        // Which of several users an upsert means is not documented: refusing is the cautious reading.
        let message = "The e-mail is not unique in this connection: the practice tenant does not upsert by it";
        return Err(fault("CONFLICT_EMAIL", message));
    }
    let keys = account.unique_keys();
    let Some(place) = keys.iter().find_map(|key| memory.find(key)) else {
        if let Some(fault) = schema::oversize(&account.profile, ways) {
            return Err(vec![fault]);
        }
        memory.add(account);
        return Ok(Outcome::Inserted);
    };
    // An upsert matches by e-mail alone.
    if is_upsert && memory.find(&email) == Some(place) {
        return update(memory, place, fields, ways);
    }
    let message = "The user already exist and upsert parameter is false";
    Err(fault("DUPLICATED_USER", message))
}

fn fault(code: &str, message: &str) -> Vec<Value> {
    vec![json!({"code": code, "message": message})]
}

/// What the row shares with an earlier one of the file: a twin is an error, never an insert and then an update.
fn twin(
    account: &Account,
    fields: &Map<String, Value>,
    connection: &Connection,
    seen: &mut HashSet<String>,
) -> Option<&'static str> {
    let mut names = ["email", "username", "phone_number", "user_id"].into_iter();
    names.find(|&name| {
        let may_be_shared = name == "email" && !connection.has_unique_emails();
        let value = account
            .text(name)
            .filter(|_| fields.contains_key(name) && !may_be_shared);
        value.is_some_and(|value| !seen.insert(format!("{name} {value}")))
    })
}

/// Upserts the user at a place.
fn update(
    memory: &mut Memory,
    place: usize,
    fields: &Map<String, Value>,
    ways: Ways,
) -> Result<Outcome, Vec<Value>> {
    let Some(there) = memory.change(place) else {
        return Ok(Outcome::Updated);
    };
    // The imported hash alone can be replaced: not one of Auth0's own, which a user without a hash has too (of a
    // random password), and one who signed in with the imported hash.
    if fields.contains_key("custom_password_hash") && there.custom_hash.is_none() {
        let message =
            "A custom_password_hash was provided, but the user already has password hash defined";
        return Err(fault("CONFLICT", message));
    }
    let mut changed = there.clone();
    upsert(&mut changed, fields);
    if let Some(fault) = schema::oversize(&changed.profile, ways) {
        return Err(vec![fault]);
    }
    *there = changed;
    Ok(Outcome::Updated)
}

/// The row as it was provided, with what is secret replaced.
fn masked(row: &Value) -> Value {
    let mut row = row.clone();
    let mask = |place: Option<&mut Value>| {
        if let Some(value) = place {
            *value = "*****".into();
        }
    };
    mask(row.get_mut("password_hash"));
    for pointer in [
        "/custom_password_hash/hash/value",
        "/custom_password_hash/hash/key/value",
        "/custom_password_hash/salt/value",
    ] {
        mask(row.pointer_mut(pointer));
    }
    row
}
