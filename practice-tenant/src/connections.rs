//! The connections: fixed from the start, in the recorded shape.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::answers;
use crate::query::{Fields, Pairs, checkpoint, page, param};
use crate::state::Tenant;
use crate::tokens::{self, Scopes};

const SCOPES: &[&str] = &["read:connections"];
/// Without it a token sees no `options` (Auth0's migration of connection options, in force since 2025-07-08).
const OPTIONS_SCOPE: &str = "read:connections_options";

/// The rules an import goes by.
#[derive(Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) strategy: &'static str,
    pub(crate) enabled: bool,
    rules: Rules,
}

#[derive(Clone, Copy)]
enum Rules {
    /// The older form: `requires_username`, or no usernames.
    Older { usernames: bool },
    /// `options.attributes`.
    Attributes {
        unique_emails: bool,
        username: Option<Username>,
        phone: Option<Attribute>,
    },
}

/// An attribute is stored whether or not one signs in with it; a required one must be there, on import too (D:
/// "Activate and Configure Attributes for Flexible Identifiers").
#[derive(Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) signs_in: bool,
    pub(crate) required: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Username {
    pub(crate) attribute: Attribute,
    /// Shortest and longest.
    pub(crate) chars: (usize, usize),
    /// Whether one that is a phone number is refused by `allowed_types`.
    pub(crate) no_phones: bool,
}

/// Shortest and longest username, Auth0's default.
const USERNAME_CHARS: (usize, usize) = (1, 15);

const fn username(signs_in: bool, required: bool, chars: (usize, usize)) -> Option<Username> {
    let attribute = Attribute { signs_in, required };
    Some(Username {
        attribute,
        chars,
        no_phones: true,
    })
}

const fn phone(required: bool) -> Option<Attribute> {
    Some(Attribute {
        signs_in: true,
        required,
    })
}

const fn database(id: &'static str, name: &'static str, rules: Rules) -> Connection {
    Connection {
        id,
        name,
        strategy: "auth0",
        enabled: true,
        rules,
    }
}

pub(crate) static CONNECTIONS: [Connection; 7] = [
    database(
        "con_Practice00000001",
        "Username-Password-Authentication",
        Rules::Older { usernames: true },
    ),
    database(
        "con_Practice00000002",
        "Email-Only-Users",
        Rules::Older { usernames: false },
    ),
    Connection {
        enabled: false,
        ..database(
            "con_Practice00000003",
            "unused-database",
            Rules::Older { usernames: true },
        )
    },
    Connection {
        strategy: "email",
        ..database(
            "con_Practice00000004",
            "email",
            Rules::Older { usernames: false },
        )
    },
    database(
        "con_Practice00000005",
        "Flexible-Identifiers",
        Rules::Attributes {
            unique_emails: true,
            username: username(false, false, (3, 20)),
            phone: phone(false),
        },
    ),
    database(
        "con_Practice00000006",
        "Required-Attributes",
        Rules::Attributes {
            unique_emails: true,
            username: username(true, true, USERNAME_CHARS),
            phone: phone(true),
        },
    ),
    database(
        "con_Practice00000007",
        "Shared-Emails",
        Rules::Attributes {
            unique_emails: false,
            username: username(true, false, USERNAME_CHARS),
            phone: None,
        },
    ),
];

pub(crate) fn by_id(id: &str) -> Option<&'static Connection> {
    CONNECTIONS.iter().find(|connection| connection.id == id)
}

pub(crate) fn by_name(name: &str) -> Option<&'static Connection> {
    CONNECTIONS
        .iter()
        .find(|connection| connection.name == name)
}

pub(crate) fn is_id(text: &str) -> bool {
    text.strip_prefix("con_")
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl Connection {
    /// The rules of usernames; `None`: the connection takes none.
    pub(crate) fn username(&self) -> Option<Username> {
        match self.rules {
            Rules::Older { usernames } => usernames.then_some(Username {
                attribute: Attribute {
                    signs_in: true,
                    required: false,
                },
                chars: USERNAME_CHARS,
                no_phones: false,
            }),
            Rules::Attributes { username, .. } => username,
        }
    }

    pub(crate) fn phone(&self) -> Option<Attribute> {
        match self.rules {
            Rules::Older { .. } => None,
            Rules::Attributes { phone, .. } => phone,
        }
    }

    pub(crate) fn has_unique_emails(&self) -> bool {
        !matches!(
            self.rules,
            Rules::Attributes {
                unique_emails: false,
                ..
            }
        )
    }

    fn clients(&self, tenant: &Tenant) -> Vec<String> {
        if self.enabled {
            vec![tenant.client_id.clone(), tenant.sign_in_id.clone()]
        } else {
            Vec::new()
        }
    }

    fn options(&self) -> Value {
        if self.strategy != "auth0" {
            return json!({});
        }
        let mut options = json!({
            "mfa": {"active": true, "return_enroll_settings": true},
            "passwordPolicy": "good",
            "strategy_version": 2,
            "authentication_methods": {"password": {"enabled": true}, "passkey": {"enabled": false}},
            "brute_force_protection": true
        });
        match self.rules {
            Rules::Older { usernames: false } => {}
            Rules::Older { usernames: true } => {
                options["requires_username"] = true.into();
                options["validation"] =
                    json!({"username": {"min": USERNAME_CHARS.0, "max": USERNAME_CHARS.1}});
            }
            Rules::Attributes {
                unique_emails,
                username,
                phone,
            } => options["attributes"] = attributes(unique_emails, username, phone),
        }
        options
    }

    /// The connection as this token sees it.
    fn to_json(self, tenant: &Tenant, scopes: &Scopes) -> Map<String, Value> {
        let mut json = Map::new();
        json.insert("id".into(), self.id.into());
        // Left out altogether, not empty.
        if scopes.has(OPTIONS_SCOPE) && !tenant.is_on("options-withheld") {
            json.insert("options".into(), self.options());
        }
        json.insert("strategy".into(), self.strategy.into());
        json.insert("name".into(), self.name.into());
        json.insert("is_domain_connection".into(), false.into());
        json.insert("realms".into(), json!([self.name]));
        // Gone since 2026-07-13.
        if tenant.options.enabled_clients {
            json.insert("enabled_clients".into(), self.clients(tenant).into());
        }
        json
    }
}

/// `options.attributes`, in the shape that was recorded.
fn attributes(unique_emails: bool, username: Option<Username>, phone: Option<Attribute>) -> Value {
    let json = |attribute: Attribute| {
        let signup = if attribute.required {
            "required"
        } else {
            "optional"
        };
        json!({"identifier": {"active": attribute.signs_in}, "profile_required": attribute.required,
            "signup": {"status": signup}})
    };
    // Nobody can sign in by an e-mail that several users have.
    let mut email = json(Attribute {
        signs_in: unique_emails,
        required: true,
    });
    email["unique"] = unique_emails.into();
    let mut attributes = json!({ "email": email });
    if let Some(username) = username {
        let (least, most) = username.chars;
        attributes["username"] = json(username.attribute);
        attributes["username"]["validation"] = json!({"min_length": least, "max_length": most,
            "allowed_types": {"email": false, "phone_number": false}});
    }
    if let Some(phone) = phone {
        attributes["phone_number"] = json(phone);
    }
    attributes
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
    let scopes = tokens::check(tenant, headers, SCOPES)?;
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
        .map(|connection| picked(*connection, tenant, &scopes, query))
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
fn picked(connection: Connection, tenant: &Tenant, scopes: &Scopes, query: &Pairs) -> Value {
    let mut picked = Fields::of(query).pick(&connection.to_json(tenant, scopes));
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
    let answer = tokens::check(&tenant, &headers, SCOPES).and_then(|scopes| {
        let connection = known(&id)?;
        Ok(answers::ok(&picked(*connection, &tenant, &scopes, &query)))
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
    let answer = tokens::check(&tenant, &headers, needed).and_then(|_| {
        let clients = known(&id)?.clients(&tenant).into_iter();
        let clients: Vec<Value> = clients.map(|id| json!({"client_id": id})).collect();
        Ok(answers::ok(&checkpoint(&query, "clients", &clients, 1000)?))
    });
    answer.unwrap_or_else(|refusal| *refusal)
}
