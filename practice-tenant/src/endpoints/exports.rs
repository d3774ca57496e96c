//! Export jobs: a connection's users as a gzip file behind a signed link that is valid for a minute.

use std::sync::Arc;

use hmac::Mac;
use miniz_oxide::deflate::compress_to_vec;
use serde_json::{Map, Value, json};

use crate::chance::hex;
use crate::http::bodies;
use crate::http::call::{Call, Ended, Outcome, later, now};
use crate::http::message::{self, Answer, ok};
use crate::http::query::{pairs, param};
use crate::state::World;
use crate::state::accounts::Account;
use crate::state::jobs::Export;

/// Characters of a field's name and of the name it is exported as.
const MOST_NAME_CHARS: usize = 100;
/// Fields of an export. Auth0 does not say how many it takes.
const MOST_FIELDS: usize = 100;
/// What is exported when no fields are asked for.
const DEFAULT_FIELDS: [&str; 8] = [
    "user_id",
    "email",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "created_at",
    "updated_at",
];

pub(crate) fn create(world: &mut World, call: &Call) -> Ended {
    let asked = bodies::object(&call.request.body)?;
    match asked.get("format").and_then(Value::as_str).unwrap_or("csv") {
        "json" => {}
        "csv" => return Err(refused("The practice tenant exports only json", "format")),
        other => return Err(refused(&format!("No enum match for: {other}"), "format")),
    }
    let limit = match asked.get("limit").map(Value::as_u64) {
        None => None,
        Some(Some(limit @ 1..)) => Some(usize::try_from(limit).unwrap_or(usize::MAX)),
        Some(_) => return Err(refused("Value is less than minimum 1", "limit")),
    };
    let connection = match asked.get("connection_id") {
        None => None,
        Some(id) => {
            let known = id.as_str().and_then(|id| world.connection(id));
            let message = "The connection does not exist.";
            let unknown = || message::refused(400, message, Some("inexistent_connection"));
            Some(known.ok_or_else(unknown)?)
        }
    };
    let fields = fields(asked.get("fields"))?;
    // In the recorded key order.
    let mut head = Map::new();
    head.insert("type".into(), "users_export".into());
    head.insert("status".into(), "pending".into());
    for key in ["connection_id", "format", "limit", "fields"] {
        if let Some(value) = asked.get(key) {
            head.insert(key.into(), value.clone());
        }
    }
    if let Some(connection) = &connection {
        head.insert("connection".into(), connection.name.as_str().into());
    }
    let id = format!("job_{}", world.chance.letters(16));
    head.insert("created_at".into(), world.now.shown().into());
    head.insert("id".into(), id.as_str().into());
    let head = Value::Object(head);
    let export = Export {
        head: head.clone(),
        began: world.now,
        connection: connection.map(|connection| connection.name.clone()),
        limit,
        fields,
        was_read: false,
    };
    world.memory.add_export(id, export);
    // Its description is not known; it is made like that of an import.
    let entry = ("sapi", "Create export users job");
    world.log(entry, call.correlation.as_deref());
    now(ok(&head))
}

fn refused(problem: &str, property: &str) -> Box<Answer> {
    bodies::refused(&format!("'{problem}' on property {property}"))
}

fn fields(asked: Option<&Value>) -> Result<Vec<(String, String)>, Box<Answer>> {
    let Some(asked) = asked else {
        return Ok(DEFAULT_FIELDS
            .map(|name| (name.to_string(), name.to_string()))
            .into());
    };
    let field = |field: &Value| {
        let name = field["name"].as_str()?;
        let export_as = field["export_as"].as_str().unwrap_or(name);
        let fits = |text: &str| !text.is_empty() && text.chars().count() <= MOST_NAME_CHARS;
        (fits(name) && fits(export_as)).then(|| (name.to_string(), export_as.to_string()))
    };
    let asked = asked.as_array();
    if asked.is_some_and(|fields| fields.len() > MOST_FIELDS) {
        let most = format!("Expected at most {MOST_FIELDS} fields");
        return Err(refused(&most, "fields"));
    }
    let all: Option<Vec<_>> = asked.and_then(|fields| fields.iter().map(field).collect());
    all.ok_or_else(|| refused("Expected an array of {name, export_as}", "fields"))
}

/// The answer for the job: pending at first, then with a new link each time.
pub(crate) fn status(world: &mut World, id: &str) -> Option<Answer> {
    let export = world.memory.export(id, world.now)?;
    if !std::mem::replace(&mut export.was_read, true) {
        return Some(ok(&export.head));
    }
    let mut done = export.head.clone();
    done["status"] = "completed".into();
    let expires = world.now.seconds() + world.setup.link_seconds;
    let signature = signature(world, id, expires);
    let query = format!("Expires={expires}&Key-Pair-Id=PRACTICE&Signature={signature}");
    done["location"] = format!("{}/exports/{id}/practice.json.gz?{query}", world.base).into();
    Some(ok(&done))
}

fn signature(world: &World, id: &str, expires: i64) -> String {
    let mac = world.tokens.mac(&format!("{id} {expires}"));
    hex(&mac.finalize().into_bytes())
}

/// The file, for anybody with the link; a file store answers in XML.
pub(crate) fn file(world: &mut World, call: &Call) -> Ended {
    let (query, id) = (pairs(&call.request), &call.ids[0]);
    let expires: i64 = param(&query, "Expires")
        .and_then(|at| at.parse().ok())
        .unwrap_or_default();
    let signed = param(&query, "Signature") == Some(&signature(world, id, expires));
    let is_good = signed && world.now.seconds() < expires;
    let export = world.memory.export(id, world.now).cloned();
    let Some(export) = export.filter(|_| is_good) else {
        let body = b"<Error><Code>AccessDenied</Code></Error>".to_vec();
        return now(message::with(403, "application/xml", body));
    };
    // Taken out of the memory first: packing all users takes long.
    let users: Vec<Arc<Account>> = world.memory.users.values().cloned().collect();
    later(
        move || gzip(&lines(&export, &users)),
        |_, file| Ok(Outcome::Now(message::with(200, "application/gzip", file))),
    )
}

/// A line of JSON for each user.
fn lines(export: &Export, users: &[Arc<Account>]) -> Vec<u8> {
    let users = users.iter().filter(|account| {
        let name = export.connection.as_ref();
        name.is_none_or(|name| account.connection.name == *name)
    });
    let mut lines = Vec::new();
    for account in users.take(export.limit.unwrap_or(usize::MAX)) {
        let profile = json!(account.profile);
        let mut line = Map::new();
        for (name, export_as) in &export.fields {
            // `identities[0].connection` as a JSON pointer.
            let pointer = format!(
                "/{}",
                name.replace('[', "/")
                    .replace("].", "/")
                    .replace(']', "")
                    .replace('.', "/")
            );
            if let Some(value) = profile.pointer(&pointer) {
                line.insert(export_as.clone(), value.clone());
            }
        }
        lines.extend(Value::Object(line).to_string().into_bytes());
        lines.push(b'\n');
    }
    lines
}

/// RFC 1952 around RFC 1951.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(compress_to_vec(bytes, 6));
    let checksum = !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0xedb8_8320
            } else {
                sum >> 1
            }
        })
    });
    file.extend(checksum.to_le_bytes());
    // Given modulo 2^32.
    file.extend((bytes.len() as u32).to_le_bytes());
    file
}
