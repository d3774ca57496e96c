//! For tests: a record of what was asked and answered, as the tenant saw it, and a door that can be closed.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use crate::answers;
use crate::bodies;
use crate::clock;
use crate::query::param;
use crate::state::Tenant;
use crate::tokens;

/// Requests that are remembered.
const MOST: usize = 50_000;
/// Requests that one answer tells of.
const MOST_SHOWN: usize = 5_000;
/// Characters of a path that are remembered.
const MOST_CHARS: usize = 200;

/// Writes down each request but those that steer the practice tenant: method, path, status. While the door is closed
/// they are refused, for good and not in passing, and nothing is done.
pub(crate) async fn note(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, path): (String, String) = (
        request.method().as_str().chars().take(10).collect(),
        request.uri().path().chars().take(MOST_CHARS).collect(),
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

/// `GET /practice/requests?from=N`: those after the first N, so many at a time, and how many there are.
pub(crate) async fn read(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    if let Err(refusal) = tokens::check_signature(&tenant, &headers) {
        return *refusal;
    }
    let from: usize = param(&query, "from")
        .and_then(|from| from.parse().ok())
        .unwrap_or(0);
    let (shown, total) = {
        let record = tenant.record.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = record.iter().skip(from).take(MOST_SHOWN).cloned();
        (shown.collect::<Vec<_>>(), record.len())
    };
    let json = |(method, path, status): (String, String, u16)| json!({"method": method, "path": path, "status": status});
    let shown: Vec<Value> = shown.into_iter().map(json).collect();
    answers::ok(&json!({"requests": shown, "total": total}))
}

/// `PUT /practice/door`: `{"closed": true}`.
pub(crate) async fn door(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    if let Err(refusal) = tokens::check_signature(&tenant, request.headers()) {
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

/// Counts requests, so that a client can be shown to keep to a rate.
#[derive(Default)]
pub(crate) struct Traffic {
    all: usize,
    most: usize,
    /// When those of the last second came.
    last: VecDeque<Instant>,
}

/// Requests of one second that are told apart; more is more than anybody asks about.
const MOST_A_SECOND: usize = 100_000;

impl Traffic {
    fn note(&mut self) {
        let now = clock::now();
        let is_old = |at: &Instant| now.duration_since(*at) >= Duration::from_secs(1);
        while self.last.front().is_some_and(is_old) || self.last.len() >= MOST_A_SECOND {
            self.last.pop_front();
        }
        self.last.push_back(now);
        self.all += 1;
        self.most = self.most.max(self.last.len());
    }
}

/// Counts the requests to the Management API.
pub(crate) async fn count(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    tenant
        .traffic
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .note();
    next.run(request).await
}

/// `GET /practice/traffic`: all requests, and the most within any second.
pub(crate) async fn traffic(State(tenant): State<Arc<Tenant>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = tokens::check_signature(&tenant, &headers) {
        return *refusal;
    }
    let traffic = tenant
        .traffic
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    answers::ok(&json!({"requests": traffic.all, "most_in_a_second": traffic.most}))
}
