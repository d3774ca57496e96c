//! For tests: a record of what was asked and answered, as the tenant saw it, and a door that can be closed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use axum::extract::{Query, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use crate::answers;
use crate::bodies;
use crate::query::param;
use crate::state::Tenant;
use crate::tokens;

/// Requests that are remembered.
const MOST: usize = 50_000;

/// Writes down each request but those that steer the practice tenant: method, path, status. While the door is closed
/// they are refused, for good and not in passing, and nothing is done.
pub(crate) async fn note(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, path) = (
        request.method().to_string(),
        request.uri().path().to_string(),
    );
    if path.starts_with("/practice") {
        return next.run(request).await;
    }
    let answer = if tenant.closed.load(Ordering::SeqCst) {
        answers::error(403, "The practice tenant's door is closed.", None)
    } else {
        next.run(request).await
    };
    let mut record = tenant.record.lock().unwrap_or_else(PoisonError::into_inner);
    if record.len() < MOST {
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

/// `PUT /practice/door`: `{"closed": true}`.
pub(crate) async fn door(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    if let Err(refusal) = tokens::check_signature(&tenant, request.headers()) {
        return *refusal;
    }
    let body = match bodies::object(request.into_body()).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let Some(closed) = body.get("closed").and_then(Value::as_bool) else {
        return answers::error(400, "closed must be true or false", None);
    };
    tenant.closed.store(closed, Ordering::SeqCst);
    answers::ok(&json!({ "closed": closed }))
}
