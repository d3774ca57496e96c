//! What a job does with its rows, one after the other.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::chance::Chance;
use crate::moment::Moment;
use crate::rules::connections::Connection;
use crate::rules::schema::{self, Ways};
use crate::state::accounts::{self, Account, account, upsert};
use crate::state::jobs::{End, Event, Fate, How, Job};
use crate::state::log::Entry;
use crate::state::memory::Memory;

/// Ends the jobs that hang, badly.
pub(crate) fn unhang(memory: &mut Memory, now: Moment) {
    let hangs = memory
        .jobs()
        .filter(|job| job.fate == Fate::Hangs && !job.has_ended());
    let ids: Vec<String> = hangs.map(|job| job.id.clone()).collect();
    for id in ids {
        memory.change_job(&id, |job| job.fate = Fate::FailsNow(now));
    }
}

/// What a row is taken with: when, what else the tenant is like, and what ids are drawn from.
pub(crate) struct Scene<'a> {
    pub(crate) at: Moment,
    pub(crate) ways: Ways,
    pub(crate) chance: &'a mut Chance,
}

/// Lets the next thing happen to a job, and all rows up to a moment, as long as no other job comes in between. The result is
/// for the log.
pub(crate) fn go_on(
    memory: &mut Memory,
    number: u64,
    until: Moment,
    scene: &mut Scene,
) -> Option<Entry> {
    let mut job = memory.take_job(number)?;
    let until = match memory.next_event() {
        // Of two at one moment the older job comes first.
        Some((at, other)) if other < number => {
            until.min(at.before(std::time::Duration::from_micros(1)))
        }
        Some((at, _)) => until.min(at),
        None => until,
    };
    let mut is_first = true;
    loop {
        let (at, event) = job.next();
        if at > until && !is_first {
            memory.put_job(job);
            return None;
        }
        is_first = false;
        scene.at = at;
        match event {
            Event::IsForgotten => return None,
            Event::Row => take_row(memory, &mut job, scene),
            Event::Ends | Event::TimesOut => return Some(end(memory, job, event, at)),
        }
    }
}

fn take_row(memory: &mut Memory, job: &mut Job, scene: &mut Scene) {
    let row = std::mem::take(&mut job.rows[job.work.rows]);
    let mut seen = std::mem::take(&mut job.work.seen);
    match import_row(memory, &row, job, scene, &mut seen) {
        Ok(Outcome::Inserted) => job.work.inserted += 1,
        Ok(Outcome::Updated) => job.work.updated += 1,
        Err(faults) => {
            let entry = json!({"user": masked(&row), "errors": faults});
            job.work.errors.push(entry);
            job.work.failed += 1;
        }
    }
    job.work.seen = seen;
    job.work.rows += 1;
}

fn end(memory: &mut Memory, mut job: Job, event: Event, at: Moment) -> Entry {
    let fails = matches!(
        job.fate,
        Fate::Fails | Fate::FailsMidway | Fate::FailsNow(_)
    );
    let how = match event {
        Event::TimesOut => How::TimedOut,
        _ if fails || !job.is_readable => How::Failed,
        _ => How::Completed,
    };
    let errors = std::mem::take(&mut job.work.errors);
    let has_report = how == How::Completed && !errors.is_empty();
    let report = has_report.then(|| Value::Array(errors).to_string());
    job.work.seen = HashSet::new();
    job.rows = Vec::new();
    job.end = Some(End {
        at,
        how,
        report: report.unwrap_or_default(),
    });
    if job.fate != Fate::IsLost {
        memory.put_job(job);
        memory.make_room();
    }
    // The texts are ours.
    match how {
        How::Completed => ("sui", "Import users job completed"),
        _ => ("fui", "Import users job failed"),
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
    scene: &mut Scene,
    seen: &mut HashSet<String>,
) -> Result<Outcome, Vec<Value>> {
    let (connection, is_upsert, ways) = (&job.connection, job.upsert, scene.ways);
    let faults = schema::faults(row, connection, ways);
    let Some(fields) = row.as_object().filter(|_| faults.is_empty()) else {
        return Err(faults);
    };
    let drawn = (scene.at, &mut *scene.chance);
    let account = account(fields, connection, "secure.gravatar.com", drawn);
    if let Some(name) = twin(&account, fields, connection, seen) {
        let message = format!("A user with this {name} was already provided.");
        return Err(fault("DUPLICATED_USER", &message));
    }
    let email = account.text("email").unwrap_or_default();
    let email = accounts::key(&connection.name, "email", email);
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
    // An upsert matches only by e-mail.
    if is_upsert && memory.find(&email) == Some(place) {
        let id = |account: &Account| account.text("user_id").map(str::to_string);
        let is_another = fields.contains_key("user_id")
            && memory.users.get(&place).and_then(|there| id(there)) != id(&account);
        if ways.match_by_id && is_another {
            // Code and text are guesses.
            return Err(fault(
                "CONFLICT",
                "The user_id is not that of the user with this email",
            ));
        }
        return update(memory, place, fields, scene);
    }
    let message = "The user already exist and upsert parameter is false";
    Err(fault("DUPLICATED_USER", message))
}

fn fault(code: &str, message: &str) -> Vec<Value> {
    vec![json!({"code": code, "message": message})]
}

/// What the row shares with an earlier row of the file. A duplicate is an error, never an insert followed by an update.
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
    scene: &Scene,
) -> Result<Outcome, Vec<Value>> {
    let Some(there) = memory.change(place) else {
        return Ok(Outcome::Updated);
    };
    // Only an imported hash can be replaced. Auth0's own hash cannot: users without an imported hash have one (of a random
    // password), and so do users who signed in with the imported hash.
    if fields.contains_key("custom_password_hash") && there.custom_hash.is_none() {
        let message =
            "A custom_password_hash was provided, but the user already has password hash defined";
        return Err(fault("CONFLICT", message));
    }
    let mut changed = there.clone();
    upsert(&mut changed, fields, scene.at);
    if let Some(fault) = schema::oversize(&changed.profile, scene.ways) {
        return Err(vec![fault]);
    }
    *there = changed;
    Ok(Outcome::Updated)
}

/// The row as it was provided, with secrets replaced.
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
