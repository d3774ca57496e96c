//! The connections: fixed from the start, in the recorded shape.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use crate::answers;
use crate::state::Tenant;
use crate::tokens;

const SCOPES: &[&str] = &["read:connections"];

/// The rules an import goes by.
#[derive(Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) strategy: &'static str,
    pub(crate) usernames: bool,
    pub(crate) enabled: bool,
}

pub(crate) const CONNECTIONS: [Connection; 4] = [
    Connection {
        id: "con_Practice00000001",
        name: "Username-Password-Authentication",
        strategy: "auth0",
        usernames: true,
        enabled: true,
    },
    Connection {
        id: "con_Practice00000002",
        name: "Email-Only-Users",
        strategy: "auth0",
        usernames: false,
        enabled: true,
    },
    Connection {
        id: "con_Practice00000003",
        name: "unused-database",
        strategy: "auth0",
        usernames: true,
        enabled: false,
    },
    Connection {
        id: "con_Practice00000004",
        name: "email",
        strategy: "email",
        usernames: false,
        enabled: true,
    },
];

/// Shortest and longest username, Auth0's default.
pub(crate) const USERNAME_CHARS: (usize, usize) = (1, 15);

pub(crate) fn by_id(id: &str) -> Option<&'static Connection> {
    CONNECTIONS.iter().find(|connection| connection.id == id)
}

pub(crate) fn is_id(text: &str) -> bool {
    text.strip_prefix("con_")
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl Connection {
    fn clients(&self, tenant: &Tenant) -> Vec<String> {
        if self.enabled {
            vec![tenant.client_id.clone(), tenant.sign_in_id.clone()]
        } else {
            Vec::new()
        }
    }

    fn to_json(self, tenant: &Tenant) -> Value {
        let mut options = json!({});
        if self.strategy == "auth0" {
            options = json!({
                "mfa": {"active": true, "return_enroll_settings": true},
                "passwordPolicy": "good",
                "strategy_version": 2,
                "authentication_methods": {"password": {"enabled": true}, "passkey": {"enabled": false}},
                "brute_force_protection": true
            });
            if self.usernames {
                options["requires_username"] = true.into();
                options["validation"] =
                    json!({"username": {"min": USERNAME_CHARS.0, "max": USERNAME_CHARS.1}});
            }
        }
        json!({
            "id": self.id, "options": options, "strategy": self.strategy, "name": self.name,
            "is_domain_connection": false, "realms": [self.name], "enabled_clients": self.clients(tenant)
        })
    }
}

type Pairs = Vec<(String, String)>;

/// The value of a query parameter, the last one if there are many.
pub(crate) fn param<'a>(query: &'a Pairs, name: &str) -> Option<&'a str> {
    query
        .iter()
        .rev()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// A number within limits, or the answer that refuses it.
pub(crate) fn number(
    query: &Pairs,
    name: &str,
    default: usize,
    most: usize,
) -> Result<usize, Box<Response>> {
    let Some(text) = param(query, name) else {
        return Ok(default);
    };
    let refused = |problem: &str| {
        let message = format!("Query validation error: '{problem}' on property {name}");
        Box::new(answers::error(400, &message, Some("invalid_query_string")))
    };
    match text.parse() {
        Ok(number) if number <= most => Ok(number),
        Ok(number) => Err(refused(&format!(
            "Value {number} is greater than maximum {most}"
        ))),
        Err(_) => Err(refused("Expected type integer but found type string")),
    }
}

/// `page` and `per_page`, refused beyond the first 1,000.
pub(crate) fn page(query: &Pairs) -> Result<(usize, usize), Box<Response>> {
    let (page, per_page) = (
        number(query, "page", 0, 100_000)?,
        number(query, "per_page", 50, 100)?,
    );
    if (page + 1) * per_page > 1000 {
        let message = "You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation";
        return Err(Box::new(answers::error(
            400,
            message,
            Some("invalid_paging"),
        )));
    }
    Ok((page, per_page))
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
    tokens::check(tenant, headers, SCOPES)?;
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
        .map(|connection| connection.to_json(tenant))
        .collect();
    // With `take` the checkpoint shape is answered whatever else was asked for.
    if param(query, "take").is_some() || param(query, "from").is_some() {
        let take = number(query, "take", 50, 100)?.max(1);
        // The `next` id is opaque to clients; here it is the place to go on at.
        let from = param(query, "from")
            .and_then(|from| from.parse().ok())
            .unwrap_or(0);
        let shown: Vec<&Value> = all.iter().skip(from).take(take).collect();
        let mut body = json!({"connections": shown});
        if from + take < all.len() {
            body["next"] = (from + take).to_string().into();
        }
        return Ok(answers::ok(&body));
    }
    let (page, per_page) = page(query)?;
    let shown: Vec<&Value> = all.iter().skip(page * per_page).take(per_page).collect();
    Ok(answers::ok(
        &if param(query, "include_totals") == Some("true") {
            json!({"total": all.len(), "start": page * per_page, "limit": per_page, "connections": shown})
        } else {
            json!(shown)
        },
    ))
}

/// The connection of this id, or the answer that says there is none.
fn known(
    tenant: &Tenant,
    headers: &HeaderMap,
    id: &str,
) -> Result<&'static Connection, Box<Response>> {
    tokens::check(tenant, headers, SCOPES)?;
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
) -> Response {
    known(&tenant, &headers, &id).map_or_else(
        |refusal| *refusal,
        |connection| answers::ok(&connection.to_json(&tenant)),
    )
}

pub(crate) async fn clients(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    known(&tenant, &headers, &id).map_or_else(
        |refusal| *refusal,
        |connection| {
            let clients = connection
                .clients(&tenant)
                .into_iter()
                .map(|id| json!({"client_id": id}));
            answers::ok(&json!({"clients": clients.collect::<Vec<_>>()}))
        },
    )
}
