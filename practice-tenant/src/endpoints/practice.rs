//! `/practice/…`, which no real tenant has: what answers here and the proof of it, and for tests the faults, the door and
//! what was asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::http::access;
use crate::http::answers;
use crate::http::bodies;
use crate::http::query::{Pairs, param};
use crate::ids::hex;
use crate::state::Tenant;

/// Characters of a challenge: enough for any random number, too few for anything else.
const CHALLENGE: std::ops::RangeInclusive<usize> = 16..=128;

/// What answers here. Anybody can ask; only `/practice/prove` shows that it is the one that was started.
pub(crate) async fn about() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    answers::ok(&json!({"practice_tenant": true, "version": version}))
}

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

/// `GET` and `PUT /practice/faults`: `{"seed": 7, "faults": {"reset": 1}}` replaces all; `{}` switches all off.
pub(crate) async fn faults(State(tenant): State<Arc<Tenant>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = access::check_signature(&tenant, &headers) {
        return *refusal;
    }
    answers::ok(&tenant.faults().shown())
}

pub(crate) async fn set_faults(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    // A token that a fault has ended is good enough to end the fault.
    if let Err(refusal) = access::check_signature(&tenant, request.headers()) {
        return *refusal;
    }
    let body = match bodies::object(&tenant, request.into_body()).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let on = match body.get("faults") {
        None => Ok(BTreeMap::new()),
        Some(faults) => serde_json::from_value(faults.clone())
            .map_err(|_| "faults must be an object of numbers".to_string()),
    };
    let seed = body.get("seed").and_then(Value::as_u64).unwrap_or(0);
    match on.and_then(|on| tenant.set_faults(on, seed)) {
        Err(problem) => answers::error(400, &problem, None),
        Ok(()) => answers::ok(&json!({"ok": true})),
    }
}

/// `GET /practice/requests?from=N`: those after the first N, so many at a time, and how many there are.
pub(crate) async fn requests(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    if let Err(refusal) = access::check_signature(&tenant, &headers) {
        return *refusal;
    }
    let from: usize = param(&query, "from")
        .and_then(|from| from.parse().ok())
        .unwrap_or(0);
    answers::ok(&tenant.record().shown(from))
}

/// `PUT /practice/door`: `{"closed": true}`.
pub(crate) async fn door(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    if let Err(refusal) = access::check_signature(&tenant, request.headers()) {
        return *refusal;
    }
    let body = match bodies::object(&tenant, request.into_body()).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let Some(closed) = body.get("closed").and_then(Value::as_bool) else {
        return answers::error(400, "closed must be true or false", None);
    };
    tenant.closed.store(closed, Ordering::SeqCst);
    answers::ok(&json!({ "closed": closed }))
}

/// `GET /practice/traffic`: all requests, and the most within any second.
pub(crate) async fn traffic(State(tenant): State<Arc<Tenant>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = access::check_signature(&tenant, &headers) {
        return *refusal;
    }
    answers::ok(&tenant.traffic().shown())
}
