//! How this practice tenant shows that it is the one that wrote its file, and who it listens to.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::answers;
use crate::bodies;
use crate::ids::hex;
use crate::state::Tenant;

/// Characters of a challenge: enough for any random number, too few for anything else.
const CHALLENGE: std::ops::RangeInclusive<usize> = 16..=128;

/// `POST /practice/prove`: `{"challenge": "…"}` is answered with its HMAC-SHA256 by the key in the tenant's file, in hex. The
/// client asks this before it sends a secret: a program that has taken the port of an ended practice tenant cannot answer.
pub(crate) async fn prove(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    let body = match bodies::object(&tenant, request.into_body()).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let challenge = body.get("challenge").and_then(Value::as_str);
    let Some(challenge) = challenge.filter(|text| CHALLENGE.contains(&text.len())) else {
        let message = format!("challenge must be a text of {CHALLENGE:?} characters");
        return answers::error(400, &message, None);
    };
    let mac = Hmac::<Sha256>::new_from_slice(tenant.proof_key.as_bytes());
    let mut mac = mac.expect("HMAC takes a key of any length");
    mac.update(challenge.as_bytes());
    let proof = hex(&mac.finalize().into_bytes());
    answers::ok(&json!({ "proof": proof }))
}

/// Refuses what was meant for another host: a page in a browser whose own name leads to this machine.
pub(crate) async fn own_host(request: Request, next: Next) -> Response {
    let authority = request.uri().host();
    let headers = request.headers().get_all(HOST).iter();
    let headers: Vec<&str> = headers.filter_map(|host| host.to_str().ok()).collect();
    let is_own = |host: &str| {
        let (name, port) = host.split_once(':').unwrap_or((host, ""));
        let own = ["127.0.0.1", "localhost"];
        own.iter().any(|own| own.eq_ignore_ascii_case(name))
            && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    if matches!(headers[..], [host] if is_own(host)) && authority.is_none_or(is_own) {
        return next.run(request).await;
    }
    let message = "The practice tenant answers to 127.0.0.1 and localhost alone.";
    answers::error(403, message, None)
}
