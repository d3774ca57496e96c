//! `POST /users` and `PATCH /users/{id}`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use crate::accounts::account;
use crate::answers;
use crate::connections::CONNECTIONS;
use crate::schema;
use crate::state::Tenant;
use crate::tokens;

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
    if connection.username().is_none() && row.contains_key("username") {
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
    if memory.is_taken(&account, None) {
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
