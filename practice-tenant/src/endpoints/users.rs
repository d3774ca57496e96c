//! The endpoints that read and delete users; `user_changes.rs` has those that make and change one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use crate::http::access;
use crate::http::answers;
use crate::http::correlation::correlation;
use crate::http::query::{self, Fields, Pairs, page, param, refused as bad_query};
use crate::rules::connections::CONNECTIONS;
use crate::rules::search;
use crate::state::Tenant;
use crate::state::accounts::{self, Account};

/// `total` of a search says no more than this, however many there are (reported).
const MOST_FOUND: usize = 1_000;
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
    access::check(tenant, headers, READ)?;
    let (page, per_page) = page(query, 0)?;
    if param(query, "search_engine").is_some_and(|engine| engine != "v3") {
        return Err(bad_query(
            "Search engines before v3 are gone",
            "search_engine",
        ));
    }
    let query_text = param(query, "q").unwrap_or_default();
    let asked = match ids(query_text) {
        Some(ids) => Asked::Ids(ids),
        None => Asked::Query(query::search(query_text)?),
    };
    // A search reads what was there when it began, and lets others write meanwhile.
    let mut found = tokio::task::block_in_place(|| asked.of(candidates(tenant, &asked)));
    if let Some(sort) = param(query, "sort") {
        sort_by(&mut found, sort)?;
    }
    let fields = Fields::of(query);
    let shown = found.iter().skip(page * per_page).take(per_page);
    let shown: Vec<Value> = shown.map(|user| fields.pick(&user.profile)).collect();
    let total = found.len().min(MOST_FOUND);
    Ok(answers::ok(
        &if param(query, "include_totals") == Some("true") {
            json!({"start": page * per_page, "limit": per_page, "length": shown.len(), "users": shown, "total": total})
        } else {
            json!(shown)
        },
    ))
}

enum Asked<'a> {
    Ids(Vec<&'a str>),
    Query(search::Query),
}

impl Asked<'_> {
    fn of(&self, mut users: Vec<Arc<Account>>) -> Vec<Arc<Account>> {
        if let Asked::Query(query) = self {
            users.retain(|user| query.fits(&user.profile));
        }
        users
    }
}

/// The users that a search looks at. How far it lags, Auth0 does not say; here it does not, unless it is told to.
fn candidates(tenant: &Tenant, asked: &Asked) -> Vec<Arc<Account>> {
    let until = tenant.searched_until();
    let is_seen = |user: &&Arc<Account>| {
        let created = user.text("created_at");
        until.as_deref().is_none_or(|until| created <= Some(until))
    };
    let memory = tenant.memory();
    match asked {
        Asked::Query(_) => memory.users.values().filter(is_seen).cloned().collect(),
        Asked::Ids(ids) => {
            let places: BTreeSet<usize> =
                ids.iter().flat_map(|id| memory.all(id)).copied().collect();
            let users = places.iter().filter_map(|place| memory.users.get(place));
            users.filter(is_seen).cloned().collect()
        }
    }
}

/// `user_id:"a" OR user_id:"b"`: many users by their ids; `None` for any other search.
fn ids(query: &str) -> Option<Vec<&str>> {
    query
        .split(" OR ")
        .map(|term| term.trim().strip_prefix("user_id:\"")?.strip_suffix('"'))
        .collect()
}

/// `field:1` or `field:-1`; users without the field come first. Metadata cannot be sorted by.
fn sort_by(found: &mut [Arc<Account>], sort: &str) -> Result<(), Box<Response>> {
    let (field, direction) = sort.split_once(':').unwrap_or((sort, ""));
    let text = |user: &Arc<Account>| user.profile.get(field).map(Value::to_string);
    match direction {
        _ if field.contains("metadata") => Err(bad_query("No sorting by metadata", "sort")),
        // Both keep the order of creation among equals.
        "1" => {
            found.sort_by_key(text);
            Ok(())
        }
        "-1" => {
            found.sort_by_key(|user| std::cmp::Reverse(text(user)));
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
    if let Err(refusal) = access::check(&tenant, &headers, READ) {
        return *refusal;
    }
    // Case-sensitive, and e-mails are stored in lower case.
    let email = param(&query, "email").unwrap_or_default();
    let memory = tenant.memory();
    let keys = CONNECTIONS
        .iter()
        .map(|connection| accounts::key(connection.name, "email", email));
    let places = keys.flat_map(|key| memory.all(&key).to_vec());
    let fields = Fields::of(&query);
    let found: Vec<Value> = places
        .filter_map(|place| memory.users.get(&place))
        .map(|user| fields.pick(&user.profile))
        .collect();
    answers::ok(&json!(found))
}

/// An id without its connection's prefix is refused before anything is looked up.
pub(crate) fn check_id(id: &str) -> Result<(), Box<Response>> {
    if id.contains('|') {
        return Ok(());
    }
    let message = format!("Object didn't pass validation for format user-id: {id}");
    Err(Box::new(answers::error(400, &message, Some("invalid_uri"))))
}

pub(crate) fn unknown() -> Box<Response> {
    let message = "The user does not exist.";
    Box::new(answers::error(404, message, Some("inexistent_user")))
}

pub(crate) async fn one(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    if let Err(refusal) = access::check(&tenant, &headers, READ).and_then(|_| check_id(&id)) {
        return *refusal;
    }
    let memory = tenant.memory();
    // Users of two connections may have one id (reported): the first that is found.
    match memory.get(&id) {
        Some(user) => answers::ok(&Fields::of(&query).pick(&user.profile)),
        None => *unknown(),
    }
}

pub(crate) async fn delete(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer_delete(&tenant, &headers, &id).unwrap_or_else(|refusal| *refusal)
}

fn answer_delete(
    tenant: &Tenant,
    headers: &HeaderMap,
    id: &str,
) -> Result<Response, Box<Response>> {
    access::check(tenant, headers, &["delete:users"])?;
    check_id(id)?;
    let correlation = correlation(headers)?;
    let mut memory = tenant.memory();
    // If two users have the id, the first that is found goes (reported).
    if let Some(place) = memory.find(id) {
        memory.remove(place);
        tenant.log("sdu", "User successfully deleted", correlation.as_deref());
    }
    // The same for a user who is not there (any more).
    Ok(answers::no_content())
}
