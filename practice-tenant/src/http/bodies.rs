//! The bodies of requests.

use serde_json::{Map, Value};

use crate::http::message::{Answer, refused as answer};

/// Bytes of a body of the Management API, as documented (1 MB).
pub(crate) const MOST_BYTES: usize = 1_000_000;

pub(crate) fn too_large(most: usize) -> Box<Answer> {
    let message = format!("Payload content length greater than maximum allowed: {most}");
    answer(413, &message, None)
}

pub(crate) fn refused(problem: &str) -> Box<Answer> {
    let message = format!("Payload validation error: {problem}.");
    answer(400, &message, Some("invalid_body"))
}

/// The body as a JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Box<Answer>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(refused("'Expected type object' on property body")),
    }
}
