//! A record of what was asked and answered, so that a test can see from the tenant's side what a client did.

use std::sync::{Arc, PoisonError};

use axum::extract::{Query, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use crate::answers;
use crate::connections::param;
use crate::state::Tenant;

/// Requests that are remembered.
const MOST: usize = 50_000;

/// Writes down each request but those that steer the practice tenant: method, path, status.
pub(crate) async fn note(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, path) = (
        request.method().to_string(),
        request.uri().path().to_string(),
    );
    let answer = next.run(request).await;
    let mut record = tenant.record.lock().unwrap_or_else(PoisonError::into_inner);
    if record.len() < MOST && !path.starts_with("/practice") {
        record.push((method, path, answer.status().as_u16()));
    }
    answer
}

/// `GET /practice/requests?from=N`: those after the first N.
pub(crate) async fn read(
    State(tenant): State<Arc<Tenant>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let from: usize = param(&query, "from")
        .and_then(|from| from.parse().ok())
        .unwrap_or(0);
    let record = tenant.record.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = record
        .iter()
        .skip(from)
        .map(|(method, path, status)| json!({"method": method, "path": path, "status": status}));
    let shown: Vec<Value> = shown.collect();
    answers::ok(&json!({"requests": shown, "total": record.len()}))
}
