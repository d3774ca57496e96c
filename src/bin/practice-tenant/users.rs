//! The users: what an import fills in, and the endpoints that read and delete them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use crate::answers;
use crate::connections::{CONNECTIONS, Connection, page, param};
use crate::schema;
use crate::search;
use crate::state::{Account, Tenant, hex24, timestamp};
use crate::tokens;

const READ: &[&str] = &["read:users"];
/// What an upsert changes of a user who is there (the schema's "upsertable" column).
const UPSERTABLE: [&str; 9] = [
    "email_verified",
    "given_name",
    "family_name",
    "name",
    "nickname",
    "picture",
    "app_metadata",
    "user_metadata",
    "custom_password_hash",
];

type Pairs = Vec<(String, String)>;

/// A row of an import as the account it becomes, with what Auth0 fills in as recorded.
pub(crate) fn account(
    row: &Map<String, Value>,
    connection: &Connection,
    avatar_host: &str,
) -> Account {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let email = text("email").unwrap_or_default().to_lowercase();
    let local = email.split('@').next().unwrap_or_default();
    let id = text("user_id").map_or_else(hex24, str::to_string);
    let now = timestamp();
    let mut profile = Map::new();
    profile.insert("email".into(), email.as_str().into());
    profile.insert("email_verified".into(), false.into());
    profile.insert("created_at".into(), now.as_str().into());
    profile.insert("updated_at".into(), now.into());
    let identity = json!({"provider": "auth0", "connection": connection.name, "isSocial": false, "user_id": id});
    profile.insert("identities".into(), json!([identity]));
    profile.insert("user_id".into(), format!("auth0|{id}").into());
    profile.insert("name".into(), email.as_str().into());
    profile.insert("picture".into(), picture(&email, avatar_host).into());
    profile.insert("nickname".into(), local.into());
    for (name, value) in row {
        match name.as_str() {
            // Stored in lower case, or never answered.
            "email" | "user_id" | "password_hash" | "custom_password_hash" | "mfa_factors" => {}
            "username" => {
                profile.insert(
                    name.clone(),
                    text("username").unwrap_or_default().to_lowercase().into(),
                );
            }
            _ => {
                profile.insert(name.clone(), value.clone());
            }
        }
    }
    Account {
        profile,
        connection: connection.name.to_string(),
        password_hash: text("password_hash").map(str::to_string),
        custom_hash: row.get("custom_password_hash").cloned(),
        second_factor: row.contains_key("mfa_factors"),
        failures: 0,
    }
}

fn picture(email: &str, host: &str) -> String {
    let md5: String = Md5::digest(email)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let initials: String = email.chars().take(2).collect();
    format!(
        "https://{host}/avatar/{md5}?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2F{initials}.png"
    )
}

/// Replaces what an upsert may change; metadata is replaced whole, not merged.
pub(crate) fn upsert(account: &mut Account, row: &Map<String, Value>) {
    for name in UPSERTABLE {
        match (name, row.get(name)) {
            (_, None) => {}
            ("custom_password_hash", Some(hash)) => account.custom_hash = Some(hash.clone()),
            (_, Some(value)) => {
                account.profile.insert(name.to_string(), value.clone());
            }
        }
    }
    account
        .profile
        .insert("updated_at".into(), timestamp().into());
}

pub(crate) async fn list(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    answer_list(&tenant, &headers, &query).unwrap_or_else(|refusal| *refusal)
}

fn answer_list(
    tenant: &Tenant,
    headers: &HeaderMap,
    query: &Pairs,
) -> Result<Response, Box<Response>> {
    tokens::check(tenant, headers, READ)?;
    let (page, per_page) = page(query)?;
    if param(query, "search_engine").is_some_and(|engine| engine != "v3") {
        return Err(bad_query(
            "Search engines before v3 are gone",
            "search_engine",
        ));
    }
    let query_text = param(query, "q").unwrap_or_default();
    let memory = tenant.memory();
    // How far a search lags, Auth0 does not say; here it does not, unless it is told to.
    let until = tenant.searched_until();
    let is_seen = |profile: &&Map<String, Value>| {
        let created = profile.get("created_at").and_then(Value::as_str);
        until.as_deref().is_none_or(|until| created <= Some(until))
    };
    if let Some(ids) = ids(query_text) {
        let found = ids.iter().filter_map(|id| memory.find(id));
        let found: Vec<_> = found
            .filter_map(|place| memory.users.get(&place))
            .map(|account| &account.profile)
            .filter(is_seen)
            .collect();
        return Ok(answers::ok(&json!(found[..found.len().min(per_page)])));
    }
    let wanted = search::parse(query_text)?;
    let profiles = memory.users.values().map(|account| &account.profile);
    let profiles = profiles.filter(is_seen);
    let mut found: Vec<&Map<String, Value>> =
        profiles.filter(|profile| wanted.fits(profile)).collect();
    if let Some(sort) = param(query, "sort") {
        sort_by(&mut found, sort)?;
    }
    let shown: Vec<_> = found.iter().skip(page * per_page).take(per_page).collect();
    Ok(answers::ok(
        &if param(query, "include_totals") == Some("true") {
            json!({"start": page * per_page, "limit": per_page, "length": shown.len(), "users": shown, "total": found.len()})
        } else {
            json!(shown)
        },
    ))
}

/// `user_id:"a" OR user_id:"b"`: many users by their ids; `None` for any other search.
fn ids(query: &str) -> Option<Vec<&str>> {
    query
        .split(" OR ")
        .map(|term| term.trim().strip_prefix("user_id:\"")?.strip_suffix('"'))
        .collect()
}

/// `field:1` or `field:-1`; users without the field come first. Metadata cannot be sorted by.
fn sort_by(found: &mut [&Map<String, Value>], sort: &str) -> Result<(), Box<Response>> {
    let (field, direction) = sort.split_once(':').unwrap_or((sort, ""));
    let text = |profile: &&Map<String, Value>| profile.get(field).map(Value::to_string);
    match direction {
        _ if field.contains("metadata") => Err(bad_query("No sorting by metadata", "sort")),
        // Both keep the order of creation among equals.
        "1" => {
            found.sort_by_key(text);
            Ok(())
        }
        "-1" => {
            found.sort_by_key(|profile| std::cmp::Reverse(text(profile)));
            Ok(())
        }
        _ => Err(bad_query(
            "String does not match pattern ^(([a-zA-Z0-9_\\.]+))\\:(1|-1)$",
            "sort",
        )),
    }
}

fn bad_query(problem: &str, property: &str) -> Box<Response> {
    let message = format!("Query validation error: '{problem}' on property {property}.");
    Box::new(answers::error(400, &message, Some("invalid_query_string")))
}

pub(crate) async fn by_email(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    if let Err(refusal) = tokens::check(&tenant, &headers, READ) {
        return *refusal;
    }
    // Case-sensitive, and e-mails are stored in lower case.
    let email = param(&query, "email").unwrap_or_default();
    let memory = tenant.memory();
    let places = CONNECTIONS
        .iter()
        .filter_map(|connection| memory.find(&format!("{} {email}", connection.name)));
    let found: Vec<&Map<String, Value>> = places
        .filter_map(|place| memory.users.get(&place))
        .map(|account| &account.profile)
        .collect();
    answers::ok(&json!(found))
}

/// An id without its connection's prefix is refused before anything is looked up.
fn check_id(id: &str) -> Result<(), Box<Response>> {
    if id.contains('|') {
        return Ok(());
    }
    let message = format!("Object didn't pass validation for format user-id: {id}");
    Err(Box::new(answers::error(400, &message, Some("invalid_uri"))))
}

pub(crate) async fn one(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = tokens::check(&tenant, &headers, READ).and_then(|()| check_id(&id)) {
        return *refusal;
    }
    let memory = tenant.memory();
    match memory.find(&id).and_then(|place| memory.users.get(&place)) {
        Some(account) => answers::ok(&json!(account.profile)),
        None => answers::error(404, "The user does not exist.", Some("inexistent_user")),
    }
}

pub(crate) async fn delete(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) =
        tokens::check(&tenant, &headers, &["delete:users"]).and_then(|()| check_id(&id))
    {
        return *refusal;
    }
    tenant.memory().remove(&id);
    // The same for a user who is not there (any more).
    answers::no_content()
}

pub(crate) async fn create(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer_create(&tenant, &headers, &body)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn answer_create(
    tenant: &Tenant,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Box<Response>> {
    tokens::check(tenant, headers, &["create:users"])?;
    let refused = |message: String| Box::new(answers::error(400, &message, Some("invalid_body")));
    let Ok(Value::Object(mut row)) = serde_json::from_slice(body) else {
        return Err(refused(
            "Payload validation error: 'Expected type object' on property body.".into(),
        ));
    };
    let name = row.remove("connection");
    let connection = CONNECTIONS
        .iter()
        .find(|c| c.strategy == "auth0" && name.as_ref().is_some_and(|name| *name == c.name));
    let Some(connection) = connection else {
        return Err(Box::new(answers::error(
            400,
            "The connection does not exist.",
            Some("inexistent_connection"),
        )));
    };
    let password = row
        .remove("password")
        .and_then(|password| password.as_str().map(str::to_string));
    if !connection.usernames && row.contains_key("username") {
        return Err(refused(
            "Cannot set username for connection without requires_username.".into(),
        ));
    }
    if let Some(fault) = schema::faults(&Value::Object(row.clone()), connection).first() {
        return Err(refused(format!(
            "Payload validation error: '{}'.",
            fault["message"].as_str().unwrap_or_default()
        )));
    }
    let mut account = account(&row, connection, "s.gravatar.com");
    if let Some(password) = password {
        let hash = tokio::task::spawn_blocking(move || bcrypt::hash(password, 10)).await;
        account.password_hash = hash.ok().and_then(Result::ok);
    }
    let mut memory = tenant.memory();
    if crate::state::keys(&account)
        .iter()
        .any(|key| memory.find(key).is_some())
    {
        return Err(Box::new(answers::error(
            409,
            "The user already exists.",
            Some("user_exists"),
        )));
    }
    let answer = answers::json(201, &json!(account.profile));
    memory.add(account);
    Ok(answer)
}
