//! The endpoints of connections: one, many, and which applications use one.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::http::access;
use crate::http::answers;
use crate::http::query::{Fields, Pairs, checkpoint, page, param};
use crate::rules::connections::{CONNECTIONS, Connection, by_id, is_id};
use crate::rules::scopes::Scopes;
use crate::state::Tenant;

const SCOPES: &[&str] = &["read:connections"];
/// Without it a token sees no `options` (Auth0's migration of connection options, in force since 2025-07-08).
const OPTIONS_SCOPE: &str = "read:connections_options";

fn clients_of(connection: &Connection, tenant: &Tenant) -> Vec<String> {
    if connection.enabled {
        vec![tenant.client_id.clone(), tenant.sign_in_id.clone()]
    } else {
        Vec::new()
    }
}

/// The connection as this token sees it.
fn as_seen(connection: &Connection, tenant: &Tenant, scopes: &Scopes) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert("id".into(), connection.id.into());
    // Left out altogether, not empty.
    if scopes.has(OPTIONS_SCOPE) && !tenant.is_on("options-withheld") {
        json.insert("options".into(), connection.options());
    }
    json.insert("strategy".into(), connection.strategy.into());
    json.insert("name".into(), connection.name.into());
    json.insert("is_domain_connection".into(), false.into());
    json.insert("realms".into(), json!([connection.name]));
    // Gone since 2026-07-13.
    if tenant.options.enabled_clients {
        json.insert(
            "enabled_clients".into(),
            clients_of(connection, tenant).into(),
        );
    }
    json
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
    let scopes = access::check(tenant, headers, SCOPES)?;
    let strategies: Vec<&str> = query
        .iter()
        .filter(|(key, _)| key == "strategy")
        .map(|(_, value)| value.as_str())
        .collect();
    // Exact or by prefix is not documented: exact is the cautious reading.
    let wanted = |connection: &&Connection| {
        param(query, "name").is_none_or(|name| name == connection.name)
            && (strategies.is_empty() || strategies.contains(&connection.strategy))
    };
    let all: Vec<Value> = CONNECTIONS
        .iter()
        .filter(wanted)
        .map(|connection| picked(connection, tenant, &scopes, query))
        .collect();
    // With `take` the checkpoint shape is answered whatever else was asked for.
    if param(query, "take").is_some() || param(query, "from").is_some() {
        return Ok(answers::ok(&checkpoint(query, "connections", &all, 100)?));
    }
    let (page, per_page) = page(query, 1)?;
    let shown: Vec<&Value> = all.iter().skip(page * per_page).take(per_page).collect();
    Ok(answers::ok(
        &if param(query, "include_totals") == Some("true") {
            json!({"total": all.len(), "start": page * per_page, "limit": per_page, "connections": shown})
        } else {
            json!(shown)
        },
    ))
}

/// The fields that were asked for, and `is_domain_connection`, which came with them in the recording.
fn picked(connection: &Connection, tenant: &Tenant, scopes: &Scopes, query: &Pairs) -> Value {
    let mut picked = Fields::of(query).pick(&as_seen(connection, tenant, scopes));
    picked["is_domain_connection"] = false.into();
    picked
}

/// The connection of this id, or the answer that says there is none.
fn known(id: &str) -> Result<&'static Connection, Box<Response>> {
    if !is_id(id) {
        let message = "Path validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property id (The id of the connection).";
        return Err(Box::new(answers::error(400, message, Some("invalid_uri"))));
    }
    by_id(id).ok_or_else(|| {
        Box::new(answers::error(
            404,
            "The connection does not exist",
            Some("inexistent_connection"),
        ))
    })
}

pub(crate) async fn one(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let answer = access::check(&tenant, &headers, SCOPES).and_then(|scopes| {
        let connection = known(&id)?;
        Ok(answers::ok(&picked(connection, &tenant, &scopes, &query)))
    });
    answer.unwrap_or_else(|refusal| *refusal)
}

/// The applications that use the connection, always in the checkpoint shape.
pub(crate) async fn clients(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    // The published schema says read:connections; one report says that it is the other scope.
    let needed = if tenant.is_on("clients-need-options-scope") {
        &[OPTIONS_SCOPE]
    } else {
        SCOPES
    };
    let answer = access::check(&tenant, &headers, needed).and_then(|_| {
        let clients = clients_of(known(&id)?, &tenant).into_iter();
        let clients: Vec<Value> = clients.map(|id| json!({"client_id": id})).collect();
        Ok(answers::ok(&checkpoint(&query, "clients", &clients, 1000)?))
    });
    answer.unwrap_or_else(|refusal| *refusal)
}
