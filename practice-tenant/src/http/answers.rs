//! The envelopes answers come in.

use axum::body::Body;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::Response;
use serde_json::{Value, json};

const JSON: &str = "application/json; charset=utf-8";

pub(crate) fn with(status: u16, content_type: &str, body: String) -> Response {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(value) = content_type.parse() {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    answer
}

pub(crate) fn json(status: u16, body: &Value) -> Response {
    with(status, JSON, body.to_string())
}

pub(crate) fn ok(body: &Value) -> Response {
    json(200, body)
}

pub(crate) fn no_content() -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// The Management API's error envelope; `errorCode` is missing in some real answers.
pub(crate) fn error(status: u16, message: &str, code: Option<&str>) -> Response {
    let mut body = json!({"statusCode": status, "error": phrase(status), "message": message});
    if let Some(code) = code {
        body["errorCode"] = code.into();
    }
    json(status, &body)
}

/// The Authentication API's envelope.
pub(crate) fn oauth_error(status: u16, error: &str, description: &str) -> Response {
    json(
        status,
        &json!({"error": error, "error_description": description}),
    )
}

/// HTTP's words for a status, or Auth0's.
pub(super) fn phrase(status: u16) -> &'static str {
    match status {
        // Boom's own name for it, which is not HTTP's.
        413 => "Request Entity Too Large",
        _ => StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Error"),
    }
}

pub(crate) async fn no_such_route() -> Response {
    error(404, "Not Found", None)
}

pub(crate) async fn wrong_method() -> Response {
    error(405, "Method Not Allowed", None)
}
