//! Who may ask: the token of a request, and its scopes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header::AUTHORIZATION};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use serde_json::{Value, json};

use crate::clock::unix_seconds;
use crate::http::answers;
use crate::rules::scopes::Scopes;
use crate::state::Tenant;

/// Whether the caller holds a token that this tenant signed, ended or not.
pub(crate) fn check_signature(tenant: &Tenant, headers: &HeaderMap) -> Result<(), Box<Response>> {
    claims(tenant, headers)?;
    tenant.note_request();
    Ok(())
}

/// The scopes of the caller's token, if it is good and has one of these; else the answer that says why not.
pub(crate) fn check(
    tenant: &Tenant,
    headers: &HeaderMap,
    any_of: &[&str],
) -> Result<Scopes, Box<Response>> {
    let scopes = authenticate(tenant, headers)?;
    if any_of.iter().any(|wanted| scopes.has(wanted)) {
        return Ok(scopes);
    }
    let message = format!("Insufficient scope, expected any of: {}", any_of.join(","));
    Err(Box::new(answers::error(
        403,
        &message,
        Some("insufficient_scope"),
    )))
}

/// The scopes of the caller's token, if it is good.
pub(crate) fn authenticate(tenant: &Tenant, headers: &HeaderMap) -> Result<Scopes, Box<Response>> {
    let refused = |message: &str| Box::new(answers::error(401, message, None));
    let claims = claims(tenant, headers)?;
    // An ID token of ours is signed too, but is for an application.
    let audience = claims["aud"].as_str().unwrap_or_default();
    if !audience.contains("://") {
        return Err(with_attributes("Invalid token"));
    }
    if !tenant.is_audience(audience) {
        return Err(refused(&format!("Bad audience: {audience}")));
    }
    let ended = claims["jti"]
        .as_u64()
        .is_some_and(|number| tenant.tokens.is_expired(number));
    if ended || claims["exp"].as_i64().unwrap_or_default() <= unix_seconds() {
        return Err(with_attributes(
            "Expired token received for JSON Web Token validation",
        ));
    }
    tenant.note_request();
    Ok(Scopes(
        claims["scope"].as_str().unwrap_or_default().to_string(),
    ))
}

/// Answers a route that exists, but not with this method. Only a caller with a token is told that it exists.
pub(crate) async fn wrong_method(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
) -> Response {
    match authenticate(&tenant, &headers) {
        Ok(_) => answers::error(405, "Method Not Allowed", None),
        Err(refusal) => *refusal,
    }
}

/// The claims of the token, if this tenant signed it.
fn claims(tenant: &Tenant, headers: &HeaderMap) -> Result<Value, Box<Response>> {
    let refused = |message: &str| Box::new(answers::error(401, message, None));
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(header) = header else {
        return Err(refused("Missing authentication"));
    };
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    let parts: Vec<&str> = token.split('.').collect();
    let [head, payload, signature] = parts[..] else {
        return Err(Box::new(answers::error(
            400,
            "Bad HTTP authentication header format",
            Some("Bearer"),
        )));
    };
    let claims = URL_SAFE_NO_PAD
        .decode(payload)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (Some(claims), Ok(signature)) = (claims, URL_SAFE_NO_PAD.decode(signature)) else {
        return Err(with_attributes("Invalid token"));
    };
    if tenant
        .tokens
        .mac(&format!("{head}.{payload}"))
        .verify_slice(&signature)
        .is_err()
    {
        return Err(with_attributes(
            "Invalid signature received for JSON Web Token validation",
        ));
    }
    Ok(claims)
}

fn with_attributes(message: &str) -> Box<Response> {
    let attributes = json!({"error": message});
    let body = json!({"statusCode": 401, "error": "Unauthorized", "message": message, "attributes": attributes});
    Box::new(answers::json(401, &body))
}
