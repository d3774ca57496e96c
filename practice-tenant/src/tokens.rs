//! Who may ask, and how often: signed tokens, scopes, the rate limit.

use std::sync::{Arc, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header::AUTHORIZATION};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::answers;
use crate::clock::{self, unix_seconds};
use crate::faults;
use crate::state::Tenant;

const SCOPES: &str = "read:connections read:connections_options create:users read:users update:users delete:users read:logs";

/// The scopes of a token.
pub(crate) struct Scopes(String);

impl Scopes {
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.split(' ').any(|word| word == scope)
    }
}

/// The scopes in a text, each of which must be known.
pub(crate) fn known_scopes(text: &str) -> Result<String, String> {
    let all = Scopes(SCOPES.to_string());
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.iter().find(|word| !all.has(word)) {
        Some(word) => Err(format!("unknown scope {word}; known are {SCOPES}")),
        None => Ok(words.join(" ")),
    }
}

/// Whether an audience is this tenant's Management API. Clients make it up for the host that they were told, with https
/// as at Auth0 or as they reach it, and with either name of this machine.
pub(crate) fn is_ours(tenant: &Tenant, audience: &str) -> bool {
    let host = |url: &str| -> Option<String> {
        let rest = url
            .strip_prefix("http://")
            .or(url.strip_prefix("https://"))?;
        Some(rest.replacen("localhost:", "127.0.0.1:", 1))
    };
    host(audience).is_some_and(|ours| Some(ours) == host(&tenant.audience()))
}

/// A token for the Management API, with the scopes asked for or all that are granted.
pub(crate) fn issue(tenant: &Tenant, scope: Option<&str>, audience: &str) -> String {
    let now = unix_seconds();
    let among = |scopes: Option<&str>, known: &str| {
        scopes.is_none_or(|scopes| scopes.split(' ').any(|word| word == known))
    };
    let granted = SCOPES
        .split(' ')
        .filter(|known| among(scope, known) && among(tenant.options.scopes.as_deref(), known));
    let granted: Vec<&str> = granted.collect();
    let mut claims = json!({
        "iss": format!("{}/", tenant.base),
        "sub": format!("{}@clients", tenant.client_id),
        "aud": audience,
        "iat": now,
        "exp": now + tenant.options.token_seconds,
        "scope": granted.join(" "),
        "gty": "client-credentials",
        "azp": tenant.client_id,
        // Numbered, so that a fault can end those issued so far.
        "jti": tenant.next_token(),
    });
    if tenant.options.marked {
        claims["practice_tenant"] = true.into();
    }
    sign(tenant, &claims)
}

/// An HS256 JWT.
pub(crate) fn sign(tenant: &Tenant, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = mac(tenant, &text).finalize().into_bytes();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn mac(tenant: &Tenant, text: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(&tenant.key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac
}

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
    if !is_ours(tenant, audience) {
        return Err(refused(&format!("Bad audience: {audience}")));
    }
    let ended = claims["jti"]
        .as_u64()
        .is_some_and(|number| tenant.is_expired(number));
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
    if mac(tenant, &format!("{head}.{payload}"))
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

/// A token bucket, as documented: `burst` is its size. Its state is told with every answer.
pub(crate) async fn limit_rate(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    let (rate, burst) = (tenant.options.rate, tenant.options.burst);
    let step = faults::step(request.method(), request.uri().path());
    let left = {
        let mut bucket = tenant.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = (bucket.0 + clock::since(bucket.1).as_secs_f64() * rate).min(burst);
        let left = if tenant.fault_at(step, "rate-limit") {
            -1.0
        } else {
            filled - 1.0
        };
        *bucket = (if left < 0.0 { filled } else { left }, clock::now());
        left
    };
    let mut answer = if left < 0.0 {
        answers::error(
            429,
            "Global limit has been reached",
            Some("too_many_requests"),
        )
    } else {
        next.run(request).await
    };
    // The next token comes within this second, or later at less than one a second.
    let reset = unix_seconds() + (1.0 / rate).ceil() as i64;
    for (name, value) in [
        ("x-ratelimit-limit", burst as i64),
        ("x-ratelimit-remaining", left.max(0.0) as i64),
        ("x-ratelimit-reset", reset),
    ] {
        answer.headers_mut().insert(name, value.into());
    }
    answer
}
