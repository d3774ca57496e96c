//! Export jobs: a connection's users as a gzipped file behind a signed link that is good for a minute.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::Response;
use hmac::Mac;
use miniz_oxide::deflate::compress_to_vec;
use serde_json::{Map, Value, json};

use crate::clock::{self, timestamp, unix_seconds};
use crate::http::access;
use crate::http::answers;
use crate::http::bodies;
use crate::http::correlation::correlation;
use crate::http::query::param;
use crate::ids::{hex, letters};
use crate::rules::connections;
use crate::state::Tenant;
use crate::state::accounts::Account;
use crate::state::jobs::Export;
use crate::state::memory::Memory;

const SCOPES: &[&str] = &["read:users"];
/// Characters of a field's name and of the name it is exported as.
const MOST_NAME_CHARS: usize = 100;
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

pub(crate) async fn create(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    answer_create(&tenant, request)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn answer_create(tenant: &Tenant, request: Request) -> Result<Response, Box<Response>> {
    access::check(tenant, request.headers(), SCOPES)?;
    let correlation = correlation(request.headers())?;
    let asked = bodies::object(tenant, request.into_body()).await?;
    match asked.get("format").and_then(Value::as_str).unwrap_or("csv") {
        "json" => {}
        "csv" => return Err(refused("The practice tenant exports json alone", "format")),
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
            let known = id.as_str().and_then(connections::by_id);
            let unknown = || {
                answers::error(
                    400,
                    "The connection does not exist.",
                    Some("inexistent_connection"),
                )
            };
            Some(known.ok_or_else(|| Box::new(unknown()))?)
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
    if let Some(connection) = connection {
        head.insert("connection".into(), connection.name.into());
    }
    let id = format!("job_{}", letters(16));
    head.insert("created_at".into(), timestamp().into());
    head.insert("id".into(), id.as_str().into());
    let head = Value::Object(head);
    let export = Export {
        head: head.clone(),
        began: clock::now(),
        connection: connection.map(|connection| connection.name),
        limit,
        fields,
        was_read: false,
    };
    tenant.memory().add_export(id, export);
    // Its description is not known; it is made like that of an import.
    tenant.log("sapi", "Create export users job", correlation.as_deref());
    Ok(answers::ok(&head))
}

fn refused(problem: &str, property: &str) -> Box<Response> {
    bodies::refused(&format!("'{problem}' on property {property}"))
}

fn fields(asked: Option<&Value>) -> Result<Vec<(String, String)>, Box<Response>> {
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
    let all: Option<Vec<_>> = asked
        .as_array()
        .and_then(|fields| fields.iter().map(field).collect());
    all.ok_or_else(|| refused("Expected an array of {name, export_as}", "fields"))
}

/// What the job is answered with: pending at first, then with a new link each time.
pub(crate) fn status(tenant: &Tenant, memory: &mut Memory, id: &str) -> Option<Response> {
    let export = memory.exports.get_mut(id)?;
    if !std::mem::replace(&mut export.was_read, true) {
        return Some(answers::ok(&export.head));
    }
    let mut done = export.head.clone();
    done["status"] = "completed".into();
    let expires = unix_seconds() + tenant.options.link_seconds;
    let signature = signature(tenant, id, expires);
    let query = format!("Expires={expires}&Key-Pair-Id=PRACTICE&Signature={signature}");
    done["location"] = format!("{}/exports/{id}/practice.json.gz?{query}", tenant.base).into();
    Some(answers::ok(&done))
}

fn signature(tenant: &Tenant, id: &str, expires: i64) -> String {
    let mac = tenant.tokens.mac(&format!("{id} {expires}"));
    hex(&mac.finalize().into_bytes())
}

/// The file, for whoever has the link; a store of files answers in XML.
pub(crate) async fn file(
    State(tenant): State<Arc<Tenant>>,
    Path((id, _name)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let expires: i64 = param(&query, "Expires")
        .and_then(|at| at.parse().ok())
        .unwrap_or_default();
    let signed = param(&query, "Signature") == Some(&signature(&tenant, &id, expires));
    // Taken out of the memory first: packing all users takes long.
    let export = {
        let memory = tenant.memory();
        let export = memory.exports.get(&id).cloned();
        let export = export.filter(|_| signed && unix_seconds() < expires);
        export.map(|export| (export, memory.users.values().cloned().collect::<Vec<_>>()))
    };
    let (status, kind, body) = match export {
        Some((export, users)) => {
            let file = tokio::task::block_in_place(|| gzip(&lines(&export, &users)));
            (StatusCode::OK, "application/gzip", file)
        }
        None => (
            StatusCode::FORBIDDEN,
            "application/xml",
            b"<Error><Code>AccessDenied</Code></Error>".to_vec(),
        ),
    };
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    if let Ok(kind) = kind.parse() {
        answer.headers_mut().insert(CONTENT_TYPE, kind);
    }
    answer
}

/// A line of JSON for each user.
fn lines(export: &Export, users: &[Arc<Account>]) -> Vec<u8> {
    let users = users.iter().filter(|account| {
        export
            .connection
            .is_none_or(|name| account.connection == name)
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
    // Told modulo 2^32.
    file.extend((bytes.len() as u32).to_le_bytes());
    file
}
