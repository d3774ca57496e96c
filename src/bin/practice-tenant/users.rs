//! The endpoints that read and delete users; `user_changes.rs` has those that make and change one.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::answers;
use crate::connections::CONNECTIONS;
use crate::memory;
use crate::query::{Pairs, page, param, refused as bad_query};
use crate::search;
use crate::state::Tenant;
use crate::tokens;

const READ: &[&str] = &["read:users"];
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
    let (page, per_page) = page(query, 0)?;
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
        let found = ids.iter().flat_map(|id| memory.all(id));
        let found: Vec<_> = found
            .filter_map(|place| memory.users.get(place))
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
    let keys = CONNECTIONS
        .iter()
        .map(|connection| memory::key(connection.name, "email", email));
    let places = keys.flat_map(|key| memory.all(&key).to_vec());
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
    if let Err(refusal) = tokens::check(&tenant, &headers, READ).and_then(|_| check_id(&id)) {
        return *refusal;
    }
    let memory = tenant.memory();
    // Users of two connections may have one id (reported): the first that is found.
    match memory.get(&id) {
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
        tokens::check(&tenant, &headers, &["delete:users"]).and_then(|_| check_id(&id))
    {
        return *refusal;
    }
    let mut memory = tenant.memory();
    // Of two users with one id, as reported, the first that is found.
    if let Some(place) = memory.find(&id) {
        memory.remove(place);
    }
    // The same for a user who is not there (any more).
    answers::no_content()
}
