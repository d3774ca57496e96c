//! The bodies of requests: read once the token has been looked at, up to a limit of bytes and of time.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::response::Response;
use serde_json::{Map, Value};

use crate::clock;
use crate::http::answers;
use crate::state::Tenant;

/// Bytes of a body of the Management API, as documented (1 MB).
pub(crate) const MOST_BYTES: usize = 1_000_000;

/// The whole body, or the answer that refuses it.
pub(crate) async fn read(tenant: &Tenant, body: Body, most: usize) -> Result<Bytes, Box<Response>> {
    let patience = Duration::from_secs(tenant.options.request_seconds);
    match clock::within(patience, to_bytes(body, most)).await {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(_)) => Err(too_large(most)),
        None => Err(Box::new(answers::error(408, "Request Timeout", None))),
    }
}

pub(crate) fn too_large(most: usize) -> Box<Response> {
    let message = format!("Payload content length greater than maximum allowed: {most}");
    Box::new(answers::error(413, &message, None))
}

pub(crate) fn refused(problem: &str) -> Box<Response> {
    let message = format!("Payload validation error: {problem}.");
    Box::new(answers::error(400, &message, Some("invalid_body")))
}

/// The body as a JSON object.
pub(crate) async fn object(
    tenant: &Tenant,
    body: Body,
) -> Result<Map<String, Value>, Box<Response>> {
    let bytes = read(tenant, body, MOST_BYTES).await?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(refused("'Expected type object' on property body")),
    }
}
