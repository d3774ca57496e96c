//! Who may ask: the token of a request, and its scopes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use serde_json::{Value, json};

use crate::http::message::{self, Answer, Request};
use crate::rules::scopes::Scopes;
use crate::state::World;

/// Whether the caller has a token that this tenant signed, expired or not.
pub(crate) fn check_signature(world: &mut World, request: &Request) -> Result<(), Box<Answer>> {
    claims(world, request)?;
    world.note_holder();
    Ok(())
}

/// The scopes of the caller's token, if it is valid and has one of these; otherwise the answer that says why not.
pub(crate) fn check(
    world: &mut World,
    request: &Request,
    any_of: &[&str],
) -> Result<Scopes, Box<Answer>> {
    let scopes = authenticate(world, request)?;
    if any_of.iter().any(|wanted| scopes.has(wanted)) {
        return Ok(scopes);
    }
    let message = format!("Insufficient scope, expected any of: {}", any_of.join(","));
    Err(message::refused(403, &message, Some("insufficient_scope")))
}

/// The scopes of the caller's token, if it is valid.
pub(crate) fn authenticate(world: &mut World, request: &Request) -> Result<Scopes, Box<Answer>> {
    let claims = claims(world, request)?;
    // An ID token of ours is signed too, but is for an application.
    let audience = claims["aud"].as_str().unwrap_or_default();
    if !audience.contains("://") {
        return Err(with_attributes("Invalid token"));
    }
    if !world.is_audience(audience) {
        let message = format!("Bad audience: {audience}");
        return Err(message::refused(401, &message, None));
    }
    let ended = claims["jti"]
        .as_u64()
        .is_some_and(|number| world.tokens.is_expired(number));
    if ended || claims["exp"].as_i64().unwrap_or_default() <= world.now.seconds() {
        return Err(with_attributes(
            "Expired token received for JSON Web Token validation",
        ));
    }
    world.note_holder();
    Ok(Scopes(
        claims["scope"].as_str().unwrap_or_default().to_string(),
    ))
}

/// The claims of the token, if this tenant signed it.
fn claims(world: &World, request: &Request) -> Result<Value, Box<Answer>> {
    let Some(header) = request.header("authorization") else {
        return Err(message::refused(401, "Missing authentication", None));
    };
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    let parts: Vec<&str> = token.split('.').collect();
    let [head, payload, signature] = parts[..] else {
        return Err(message::refused(
            400,
            "Bad HTTP authentication header format",
            Some("Bearer"),
        ));
    };
    let claims = URL_SAFE_NO_PAD
        .decode(payload)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (Some(claims), Ok(signature)) = (claims, URL_SAFE_NO_PAD.decode(signature)) else {
        return Err(with_attributes("Invalid token"));
    };
    if world
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

fn with_attributes(message: &str) -> Box<Answer> {
    let attributes = json!({"error": message});
    let body = json!({"statusCode": 401, "error": "Unauthorized", "message": message, "attributes": attributes});
    Box::new(message::json(401, &body))
}
