//! What a job does with its rows.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::connections::{self, Connection};
use crate::schema;
use crate::state::{Fate, Job, Memory};
use crate::users;

/// How long a job that nobody reads stays pending.
const UNREAD: Duration = Duration::from_secs(1);

/// Ends the jobs that hang, badly.
pub(crate) fn unhang(memory: &mut Memory) {
    for job in memory.jobs.values_mut() {
        if job.fate == Fate::Hangs {
            job.fate = Fate::Fails;
            job.ends = Instant::now();
        }
    }
}

/// Works off every job whose time has come, in no thread of its own: whoever asks next does it.
pub(crate) fn work_off(memory: &mut Memory) {
    let now = Instant::now();
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
    for id in ids {
        finish(memory, &id);
    }
}

fn finish(memory: &mut Memory, id: &str) {
    let Some(mut job) = memory.jobs.remove(id) else {
        return;
    };
    job.done = true;
    let mut rows = std::mem::take(&mut job.rows);
    match job.fate {
        Fate::Fails => job.unreadable = true,
        Fate::FailsMidway => rows.truncate(rows.len() / 2),
        _ => {}
    }
    if !job.unreadable {
        let connection = connections::CONNECTIONS
            .iter()
            .find(|connection| connection.name == job.connection);
        let mut counts = [0_u64; 3];
        let mut seen = HashSet::new();
        for row in rows
            .iter()
            .filter_map(|row| connection.map(|connection| (row, connection)))
        {
            match import_row(memory, row.0, row.1, job.upsert, &mut seen) {
                Ok(Outcome::Inserted) => counts[0] += 1,
                Ok(Outcome::Updated) => counts[1] += 1,
                Err(errors) => {
                    counts[2] += 1;
                    job.errors
                        .push(json!({"user": masked(row.0), "errors": errors}));
                }
            }
        }
        job.summary = Some(
            json!({"failed": counts[2], "updated": counts[1], "inserted": counts[0], "total": rows.len()}),
        );
    }
    if job.fate == Fate::FailsMidway {
        (job.unreadable, job.summary) = (true, None);
        job.errors.clear();
    }
    if job.fate != Fate::IsLost {
        memory.jobs.insert(id.to_string(), job);
    }
}

enum Outcome {
    Inserted,
    Updated,
}

fn import_row(
    memory: &mut Memory,
    row: &Value,
    connection: &Connection,
    upsert: bool,
    seen: &mut HashSet<String>,
) -> Result<Outcome, Vec<Value>> {
    let faults = schema::faults(row, connection);
    let Some(fields) = row.as_object().filter(|_| faults.is_empty()) else {
        return Err(faults);
    };
    let duplicate = |message: String| vec![json!({"code": "DUPLICATED_USER", "message": message})];
    let account = users::account(fields, connection, "secure.gravatar.com");
    // A twin in the file is an error, never an insert and then an update.
    for name in ["email", "username", "user_id"] {
        let value = account
            .profile
            .get(name)
            .and_then(Value::as_str)
            .filter(|_| fields.contains_key(name));
        if value.is_some_and(|value| !seen.insert(format!("{name} {value}"))) {
            return Err(duplicate(format!(
                "A user with this {name} was already provided."
            )));
        }
    }
    let keys = crate::state::keys(&account);
    let Some(place) = keys.iter().find_map(|key| memory.find(key)) else {
        memory.add(account);
        return Ok(Outcome::Inserted);
    };
    // An upsert matches by e-mail alone.
    if upsert && memory.find(&keys[0]) == Some(place) {
        let Some(there) = memory.users.get_mut(&place) else {
            return Ok(Outcome::Updated);
        };
        // The imported hash alone can be replaced: not one of Auth0's own, which a user without a hash has too (of a
        // random password), and one who signed in with the imported hash.
        if fields.contains_key("custom_password_hash") && there.custom_hash.is_none() {
            let message = "A custom_password_hash was provided, but the user already has password hash defined";
            return Err(vec![json!({"code": "CONFLICT", "message": message})]);
        }
        users::upsert(there, fields);
        return Ok(Outcome::Updated);
    }
    Err(duplicate(
        "The user already exist and upsert parameter is false".to_string(),
    ))
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
