//! `POST /users` and `PATCH /users/{id}`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::endpoints::users;
use crate::http::bodies::{self, refused};
use crate::http::call::{Call, Ended, later, now};
use crate::http::message::{self, Answer};
use crate::moment::Moment;
use crate::rules::connections::Connection;
use crate::rules::hashes;
use crate::rules::schema;
use crate::state::World;
use crate::state::accounts::Account;
use crate::state::accounts::account;

pub(crate) const UPDATE: &[&str] = &[
    "update:users",
    "update:users_app_metadata",
    "update:current_user_metadata",
];
/// What a user can be made with (`CreateUserRequestContent`), and what a PATCH changes (`UpdateUserRequestContent`).
const CREATABLE: &str = "email phone_number user_metadata blocked email_verified phone_verified app_metadata given_name family_name name nickname picture user_id connection password verify_email username";
const CHANGEABLE: &str = "email phone_number user_metadata blocked email_verified phone_verified app_metadata given_name family_name name nickname picture connection password verify_email username client_id verify_phone_number";
/// Fields that are about the request, and not part of a profile.
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

pub(crate) fn create(world: &mut World, call: &Call) -> Ended {
    let mut row = bodies::object(&call.request.body)?;
    known(&row, CREATABLE)?;
    let connection = usable(world, row.get("connection"))?;
    let password = password(&row)?;
    row.retain(|name, _| !NO_PROFILE.contains(&name.as_str()));
    if connection.username().is_none() && row.contains_key("username") {
        let message = "Cannot set username for connection without requires_username.";
        return Err(message::refused(400, message, Some("invalid_body")));
    }
    // An e-mail is required as in an import; connections with other identifiers do not require one, which is not modelled here.
    fits(world, &row, &connection)?;
    let account = account(
        &row,
        &connection,
        "s.gravatar.com",
        (world.now, &mut world.chance),
    );
    fits_size(world, &account)?;
    let correlation = call.correlation.clone();
    with_hash(world, password, move |world, hash| {
        let password_hash = hash.or(account.password_hash.clone());
        add(
            world,
            Account {
                password_hash,
                ..account
            },
            correlation.as_deref(),
        )
    })
}

fn add(world: &mut World, account: Account, correlation: Option<&str>) -> Ended {
    if world.memory.is_taken(&account, None) {
        let message = "The user already exists.";
        return Err(message::refused(409, message, Some("user_exists")));
    }
    let answer = message::json(201, &json!(account.profile));
    world.memory.add(account);
    world.log(("sapi", "Create a User"), correlation);
    now(answer)
}

/// Continues with the hash of a password, which takes 70 ms of a core, or at once without one.
fn with_hash(
    world: &mut World,
    password: Option<String>,
    then: impl FnOnce(&mut World, Option<String>) -> Ended + Send + 'static,
) -> Ended {
    let Some(password) = password else {
        return then(world, None);
    };
    let salt = world.chance.bytes();
    later(move || hashes::bcrypt_of(&password, salt), then)
}

/// The connection that a user is created in. Refusing a connection that no application uses is the cautious reading; it is
/// documented for imports.
fn usable(world: &World, name: Option<&Value>) -> Result<Arc<Connection>, Box<Answer>> {
    let Some(name) = name.and_then(Value::as_str) else {
        return Err(refused("'Missing required property: connection'"));
    };
    let refused = |message: &str, code| Err(message::refused(400, message, Some(code)));
    let named = world.connection_named(name);
    match named.filter(|connection| connection.strategy == "auth0") {
        None => refused("The connection does not exist.", "inexistent_connection"),
        Some(connection) if !connection.enabled => {
            refused("Connection must be enabled.", "operation_not_supported")
        }
        Some(connection) => Ok(connection),
    }
}

fn known(body: &Map<String, Value>, names: &str) -> Result<(), Box<Answer>> {
    let unknown = |name: &&String| !names.split(' ').any(|known| known == name.as_str());
    match body.keys().find(unknown) {
        Some(name) => Err(refused(&format!(
            "'Additional properties not allowed: {name} (consider storing them in app_metadata or user_metadata. See \"Users Metadata\" in https://auth0.com/docs/api/v2/changes for more details)'"
        ))),
        None => flags(body),
    }
}

fn flags(body: &Map<String, Value>) -> Result<(), Box<Answer>> {
    let mut flags = ["verify_email", "verify_phone_number"].into_iter();
    let wrong = flags.find(|name| body.get(*name).is_some_and(|flag| !flag.is_boolean()));
    match wrong {
        Some(name) => Err(refused(&format!(
            "'Expected type boolean' on property {name}"
        ))),
        None => Ok(()),
    }
}

fn password(body: &Map<String, Value>) -> Result<Option<String>, Box<Answer>> {
    match body.get("password") {
        None => Ok(None),
        Some(Value::String(password)) if !password.is_empty() => Ok(Some(password.clone())),
        Some(_) => Err(refused("'Expected type string' on property password")),
    }
}

/// Whether a row follows the rules of an import, which hold for a user too. A metadata key with a dot is refused here, whatever
/// an import does with it.
fn fits(
    world: &World,
    row: &Map<String, Value>,
    connection: &Connection,
) -> Result<(), Box<Answer>> {
    let mut ways = world.ways();
    ways.metadata_keys_taken = false;
    match schema::faults(&Value::Object(row.clone()), connection, ways).first() {
        Some(fault) => {
            let message = fault["message"].as_str().unwrap_or_default();
            Err(refused(&format!("'{message}'")))
        }
        None => Ok(()),
    }
}

fn fits_size(world: &World, account: &Account) -> Result<(), Box<Answer>> {
    match schema::oversize(&account.profile, world.ways()) {
        Some(fault) => Err(refused(&format!(
            "'{}'",
            fault["message"].as_str().unwrap_or_default()
        ))),
        None => Ok(()),
    }
}

pub(crate) fn change(world: &mut World, call: &Call) -> Ended {
    let body = bodies::object(&call.request.body)?;
    known(&body, CHANGEABLE)?;
    apart(&body)?;
    let (id, correlation) = (call.ids[0].clone(), call.correlation.clone());
    with_hash(world, password(&body)?, move |world, hash| {
        lay_over(world, &id, &body, hash, correlation.as_deref())
    })
}

fn lay_over(
    world: &mut World,
    id: &str,
    body: &Map<String, Value>,
    hash: Option<String>,
    correlation: Option<&str>,
) -> Ended {
    let Some((place, there)) = world.memory.find(id).zip(world.memory.get(id)) else {
        return Err(users::unknown());
    };
    let account = changed(world, there, body, hash)?;
    if world.memory.is_taken(&account, Some(place)) {
        return Err(taken(body));
    }
    let answer = message::ok(&json!(account.profile));
    world.memory.replace(place, account);
    world.log(("sapi", "Update a User"), correlation);
    now(answer)
}

fn apart(body: &Map<String, Value>) -> Result<(), Box<Answer>> {
    let both = |(one, other): &&(&str, &str)| body.contains_key(*one) && body.contains_key(*other);
    let Some((one, other)) = APART.iter().find(both) else {
        return Ok(());
    };
    let message = format!("Cannot update {one} and {other} simultaneously");
    Err(message::refused(400, &message, Some("invalid_body")))
}

/// Status, code and words are a guess: no public source shows this answer. The message names the first field of the change
/// that must be unique.
fn taken(body: &Map<String, Value>) -> Box<Answer> {
    let mut fields = ["username", "phone_number"].into_iter();
    let field = fields.find(|name| body.contains_key(*name));
    let field = field.unwrap_or("email");
    let message = format!("The specified new {field} already exists");
    message::refused(400, &message, Some("auth0_idp_error"))
}

/// The account as it is after the change.
fn changed(
    world: &World,
    there: &Account,
    body: &Map<String, Value>,
    password: Option<String>,
) -> Result<Account, Box<Answer>> {
    let mut account = there.clone();
    let asked = body.get("connection").and_then(Value::as_str);
    let connection = Arc::clone(&account.connection);
    if asked.is_some_and(|asked| asked != connection.name) {
        return Err(refused("'The user has no identity of this connection'"));
    }
    apply(&mut account.profile, body, world.now);
    fits(world, &as_row(&account.profile, body), &connection)?;
    fits_size(world, &account)?;
    if password.is_some() {
        (account.password_hash, account.custom_hash) = (password, None);
        let now = world.now.shown().into();
        account.profile.insert("last_password_reset".into(), now);
    }
    Ok(account)
}

/// Applies the changes to a profile. Metadata is merged at its first level; `null` removes a key or a field.
fn apply(profile: &mut Map<String, Value>, changes: &Map<String, Value>, now: Moment) {
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
    profile.insert("updated_at".into(), now.shown().into());
}

/// `{}` empties it. Without a key, app_metadata is no longer in the answer, and user_metadata is `{}`, as recorded.
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

/// What is checked again: what was changed, and what the connection may require.
fn as_row(profile: &Map<String, Value>, changes: &Map<String, Value>) -> Map<String, Value> {
    let asked_for = ["email", "username", "phone_number"];
    let is_ruled = |name: &str| asked_for.contains(&name) || changes.contains_key(name);
    let ruled = profile.iter().filter(|(name, _)| is_ruled(name));
    ruled
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
