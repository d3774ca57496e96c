//! `POST /users` and `PATCH /users/{id}`.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::clock::timestamp;
use crate::endpoints::users;
use crate::http::access;
use crate::http::answers;
use crate::http::bodies::{self, refused};
use crate::http::correlation::correlation;
use crate::rules::connections::{self, Connection};
use crate::rules::schema;
use crate::state::Tenant;
use crate::state::accounts::Account;
use crate::state::accounts::account;

const UPDATE: &[&str] = &[
    "update:users",
    "update:users_app_metadata",
    "update:current_user_metadata",
];
/// What a user can be made with (`CreateUserRequestContent`), and what a PATCH changes (`UpdateUserRequestContent`).
const CREATABLE: &str = "email phone_number user_metadata blocked email_verified phone_verified app_metadata given_name family_name name nickname picture user_id connection password verify_email username";
const CHANGEABLE: &str = "email phone_number user_metadata blocked email_verified phone_verified app_metadata given_name family_name name nickname picture connection password verify_email username client_id verify_phone_number";
/// What a request says of itself, and is no part of a profile.
const NO_PROFILE: [&str; 5] = [
    "connection",
    "password",
    "verify_email",
    "verify_phone_number",
    "client_id",
];
/// What one PATCH cannot change together (the endpoint's documented 400s).
const APART: [(&str, &str); 5] = [
    ("password", "email"),
    ("password", "email_verified"),
    ("username", "email"),
    ("username", "email_verified"),
    ("username", "password"),
];

pub(crate) async fn create(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    answer_create(&tenant, request)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn answer_create(tenant: &Tenant, request: Request) -> Result<Response, Box<Response>> {
    access::check(tenant, request.headers(), &["create:users"])?;
    let correlation = correlation(request.headers())?;
    let mut row = bodies::object(tenant, request.into_body()).await?;
    known(&row, CREATABLE)?;
    let connection = usable(row.get("connection"))?;
    let password = password(&row)?;
    row.retain(|name, _| !NO_PROFILE.contains(&name.as_str()));
    if connection.username().is_none() && row.contains_key("username") {
        let message = "Cannot set username for connection without requires_username.";
        return Err(Box::new(answers::error(400, message, Some("invalid_body"))));
    }
    // An e-mail is asked for as in an import; that connections with other identifiers do without is left out here.
    fits(tenant, &row, connection)?;
    let mut account = account(&row, connection, "s.gravatar.com");
    fits_size(tenant, &account)?;
    if let Some(password) = password {
        account.password_hash = hashed(password).await;
    }
    let mut memory = tenant.memory();
    if memory.is_taken(&account, None) {
        let message = "The user already exists.";
        return Err(Box::new(answers::error(409, message, Some("user_exists"))));
    }
    let answer = answers::json(201, &json!(account.profile));
    memory.add(account);
    tenant.log("sapi", "Create a User", correlation.as_deref());
    Ok(answer)
}

/// The connection that a user is made in. Refusing one that no application uses is the cautious reading: it is documented
/// for imports.
fn usable(name: Option<&Value>) -> Result<&'static Connection, Box<Response>> {
    let Some(name) = name.and_then(Value::as_str) else {
        return Err(refused("'Missing required property: connection'"));
    };
    let refused = |message: &str, code| Err(Box::new(answers::error(400, message, Some(code))));
    match connections::by_name(name).filter(|connection| connection.strategy == "auth0") {
        None => refused("The connection does not exist.", "inexistent_connection"),
        Some(connection) if !connection.enabled => {
            refused("Connection must be enabled.", "operation_not_supported")
        }
        Some(connection) => Ok(connection),
    }
}

fn known(body: &Map<String, Value>, names: &str) -> Result<(), Box<Response>> {
    let unknown = |name: &&String| !names.split(' ').any(|known| known == name.as_str());
    match body.keys().find(unknown) {
        Some(name) => Err(refused(&format!(
            "'Additional properties not allowed: {name} (consider storing them in app_metadata or user_metadata. See \"Users Metadata\" in https://auth0.com/docs/api/v2/changes for more details)'"
        ))),
        None => flags(body),
    }
}

fn flags(body: &Map<String, Value>) -> Result<(), Box<Response>> {
    let mut flags = ["verify_email", "verify_phone_number"].into_iter();
    let wrong = flags.find(|name| body.get(*name).is_some_and(|flag| !flag.is_boolean()));
    match wrong {
        Some(name) => Err(refused(&format!(
            "'Expected type boolean' on property {name}"
        ))),
        None => Ok(()),
    }
}

fn password(body: &Map<String, Value>) -> Result<Option<String>, Box<Response>> {
    match body.get("password") {
        None => Ok(None),
        Some(Value::String(password)) if !password.is_empty() => Ok(Some(password.clone())),
        Some(_) => Err(refused("'Expected type string' on property password")),
    }
}

/// 70 ms of a core: not on the threads that answer others.
async fn hashed(password: String) -> Option<String> {
    let hash = tokio::task::spawn_blocking(move || bcrypt::hash(password, 10)).await;
    hash.ok().and_then(Result::ok)
}

/// Whether a row keeps the rules of an import, which are those of a user too; a metadata key with a dot is refused here
/// whatever an import does with it.
fn fits(
    tenant: &Tenant,
    row: &Map<String, Value>,
    connection: &Connection,
) -> Result<(), Box<Response>> {
    let mut ways = tenant.ways();
    ways.metadata_keys_taken = false;
    match schema::faults(&Value::Object(row.clone()), connection, ways).first() {
        Some(fault) => {
            let message = fault["message"].as_str().unwrap_or_default();
            Err(refused(&format!("'{message}'")))
        }
        None => Ok(()),
    }
}

fn fits_size(tenant: &Tenant, account: &Account) -> Result<(), Box<Response>> {
    match schema::oversize(&account.profile, tenant.ways()) {
        Some(fault) => Err(refused(&format!(
            "'{}'",
            fault["message"].as_str().unwrap_or_default()
        ))),
        None => Ok(()),
    }
}

pub(crate) async fn change(
    State(tenant): State<Arc<Tenant>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer_change(&tenant, &id, request)
        .await
        .unwrap_or_else(|refusal| *refusal)
}

async fn answer_change(
    tenant: &Tenant,
    id: &str,
    request: Request,
) -> Result<Response, Box<Response>> {
    access::check(tenant, request.headers(), UPDATE)?;
    users::check_id(id)?;
    let correlation = correlation(request.headers())?;
    let body = bodies::object(tenant, request.into_body()).await?;
    known(&body, CHANGEABLE)?;
    apart(&body)?;
    let password = match password(&body)? {
        Some(password) => hashed(password).await,
        None => None,
    };
    let mut memory = tenant.memory();
    let Some((place, there)) = memory.find(id).zip(memory.get(id)) else {
        return Err(users::unknown());
    };
    let account = changed(tenant, there, &body, password)?;
    if memory.is_taken(&account, Some(place)) {
        return Err(taken(&body));
    }
    let answer = answers::ok(&json!(account.profile));
    memory.replace(place, account);
    tenant.log("sapi", "Update a User", correlation.as_deref());
    Ok(answer)
}

fn apart(body: &Map<String, Value>) -> Result<(), Box<Response>> {
    let both = |(one, other): &&(&str, &str)| body.contains_key(*one) && body.contains_key(*other);
    let Some((one, other)) = APART.iter().find(both) else {
        return Ok(());
    };
    let message = format!("Cannot update {one} and {other} simultaneously");
    let refusal = answers::error(400, &message, Some("invalid_body"));
    Err(Box::new(refusal))
}

/// Status, code and words are a guess: no public source shows this answer. The message names the first field of the change
/// that must be unique.
fn taken(body: &Map<String, Value>) -> Box<Response> {
    let mut fields = ["username", "phone_number"].into_iter();
    let field = fields.find(|name| body.contains_key(*name));
    let field = field.unwrap_or("email");
    let message = format!("The specified new {field} already exists");
    Box::new(answers::error(400, &message, Some("auth0_idp_error")))
}

/// The account as it is after the change.
fn changed(
    tenant: &Tenant,
    there: &Account,
    body: &Map<String, Value>,
    password: Option<String>,
) -> Result<Account, Box<Response>> {
    let mut account = there.clone();
    let asked = body.get("connection").and_then(Value::as_str);
    let connection = connections::by_name(asked.unwrap_or(account.connection));
    let Some(connection) = connection.filter(|connection| connection.name == account.connection)
    else {
        return Err(refused("'The user has no identity of this connection'"));
    };
    apply(&mut account.profile, body);
    fits(tenant, &as_row(&account.profile, body), connection)?;
    fits_size(tenant, &account)?;
    if password.is_some() {
        (account.password_hash, account.custom_hash) = (password, None);
        let now = timestamp().into();
        account.profile.insert("last_password_reset".into(), now);
    }
    Ok(account)
}

/// Lays the changes over a profile. Metadata is merged at its first level; `null` takes away a key, or a field.
fn apply(profile: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        match (name.as_str(), value) {
            (name, _) if NO_PROFILE.contains(&name) => {}
            (_, Value::Null) => drop(profile.shift_remove(name)),
            ("app_metadata" | "user_metadata", Value::Object(change)) => {
                merge(profile, name, change);
            }
            ("email" | "username", Value::String(text)) => {
                profile.insert(name.clone(), text.to_lowercase().into());
            }
            _ => {
                profile.insert(name.clone(), value.clone());
            }
        }
    }
    if changes.contains_key("email") && !changes.contains_key("email_verified") {
        profile.insert("email_verified".into(), false.into());
    }
    profile.insert("updated_at".into(), timestamp().into());
}

/// `{}` empties; without a key app_metadata is answered no more, and user_metadata is `{}`, as recorded.
fn merge(profile: &mut Map<String, Value>, name: &str, change: &Map<String, Value>) {
    let mut merged = match profile.get(name) {
        Some(Value::Object(there)) if !change.is_empty() => there.clone(),
        _ => Map::new(),
    };
    for (key, value) in change {
        if value.is_null() {
            merged.shift_remove(key);
        } else {
            merged.insert(key.clone(), value.clone());
        }
    }
    if merged.is_empty() && name == "app_metadata" {
        profile.shift_remove(name);
    } else {
        profile.insert(name.into(), merged.into());
    }
}

/// What is looked at anew: what was changed, and what the connection may ask for.
fn as_row(profile: &Map<String, Value>, changes: &Map<String, Value>) -> Map<String, Value> {
    let asked_for = ["email", "username", "phone_number"];
    let is_ruled = |name: &str| asked_for.contains(&name) || changes.contains_key(name);
    let ruled = profile.iter().filter(|(name, _)| is_ruled(name));
    ruled
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
