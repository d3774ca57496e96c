//! The endpoints of connections: one, many, and which applications use one.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::http::access;
use crate::http::call::{Call, Ended, now};
use crate::http::message::{Answer, ok, refused};
use crate::http::query::{Fields, Pairs, checkpoint, page, pairs, param};
use crate::rules::connections::{Connection, is_id};
use crate::rules::scopes::Scopes;
use crate::state::World;

pub(crate) const SCOPES: &[&str] = &["read:connections"];
/// Without it a token sees no `options` (Auth0's migration of connection options, in force since 2025-07-08).
const OPTIONS_SCOPE: &str = "read:connections_options";

fn clients_of(connection: &Connection, world: &World) -> Vec<String> {
    if connection.enabled {
        vec![world.keys.client_id.clone(), world.keys.sign_in_id.clone()]
    } else {
        Vec::new()
    }
}

/// The connection as this token sees it.
fn as_seen(connection: &Connection, world: &World, scopes: &Scopes) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert("id".into(), connection.id.as_str().into());
    // Left out entirely, not empty.
    let is_told = scopes.has(OPTIONS_SCOPE) && !world.is_on("options-withheld");
    if let Some(options) = connection.options().filter(|_| is_told) {
        json.insert("options".into(), options);
    }
    json.insert("strategy".into(), connection.strategy.as_str().into());
    json.insert("name".into(), connection.name.as_str().into());
    json.insert("is_domain_connection".into(), false.into());
    json.insert("realms".into(), json!([connection.name]));
    // Gone since 2026-07-13.
    if world.setup.enabled_clients {
        json.insert(
            "enabled_clients".into(),
            clients_of(connection, world).into(),
        );
    }
    json
}

pub(crate) fn list(world: &mut World, call: &Call) -> Ended {
    let query = &pairs(&call.request);
    let strategies: Vec<&str> = query
        .iter()
        .filter(|(key, _)| key == "strategy")
        .map(|(_, value)| value.as_str())
        .collect();
    // It is not documented whether the match is exact or by prefix; exact is the cautious reading.
    let wanted = |connection: &&Arc<Connection>| {
        param(query, "name").is_none_or(|name| name == connection.name)
            && (strategies.is_empty() || strategies.contains(&connection.strategy.as_str()))
    };
    let wanted = world.connections.iter().filter(wanted);
    let all: Vec<Value> = wanted
        .map(|connection| picked(connection, world, &call.scopes, query))
        .collect();
    // With `take`, the answer has the checkpoint shape, whatever else was asked for.
    if param(query, "take").is_some() || param(query, "from").is_some() {
        return now(ok(&checkpoint(query, "connections", &all, 100)?));
    }
    let (page, per_page) = page(query, 1)?;
    let shown: Vec<&Value> = all.iter().skip(page * per_page).take(per_page).collect();
    now(ok(&if param(query, "include_totals") == Some("true") {
        json!({"total": all.len(), "start": page * per_page, "limit": per_page, "connections": shown})
    } else {
        json!(shown)
    }))
}

/// The fields that were asked for, and `is_domain_connection`, which came with them in the recording.
fn picked(connection: &Connection, world: &World, scopes: &Scopes, query: &Pairs) -> Value {
    let mut picked = Fields::of(query).pick(&as_seen(connection, world, scopes));
    picked["is_domain_connection"] = false.into();
    picked
}

/// The connection of this id, or the answer that says there is none.
fn known(world: &World, id: &str) -> Result<Arc<Connection>, Box<Answer>> {
    if !is_id(id) {
        let message = "Path validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property id (The id of the connection).";
        return Err(refused(400, message, Some("invalid_uri")));
    }
    let unknown = || {
        let message = "The connection does not exist";
        refused(404, message, Some("inexistent_connection"))
    };
    world.connection(id).ok_or_else(unknown)
}

pub(crate) fn one(world: &mut World, call: &Call) -> Ended {
    let connection = known(world, &call.ids[0])?;
    let query = pairs(&call.request);
    now(ok(&picked(&connection, world, &call.scopes, &query)))
}

/// The applications that use the connection, always in the checkpoint shape.
pub(crate) fn clients(world: &mut World, call: &Call) -> Ended {
    // The published schema says read:connections; one report says that it is the other scope.
    let needed = if world.is_on("clients-need-options-scope") {
        &[OPTIONS_SCOPE]
    } else {
        SCOPES
    };
    access::check(world, &call.request, needed)?;
    let connection = known(world, &call.ids[0])?;
    let clients = clients_of(&connection, world).into_iter();
    let clients: Vec<Value> = clients.map(|id| json!({"client_id": id})).collect();
    let query = pairs(&call.request);
    now(ok(&checkpoint(&query, "clients", &clients, 1000)?))
}
