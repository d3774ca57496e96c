//! What each request passes on its way to an endpoint and back: the host it was meant for, the record, the count, the
//! faults, the rate limit. `main.rs` says which passes what.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::middleware::Next;
use axum::response::Response;

use crate::clock;
use crate::http::answers;
use crate::http::cut::cut;
use crate::state::Tenant;
use crate::state::faults;

/// Characters of a path that are remembered.
const MOST_CHARS: usize = 200;

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

/// Puts into the envelope what axum itself refuses, such as an address that is not UTF-8: it answers that in plain text.
pub(crate) async fn in_envelope(request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    let kind = answer.headers().get(CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain")) {
        let status = answer.status().as_u16();
        return answers::error(status, answers::phrase(status), None);
    }
    answer
}

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
    let status = answer.status().as_u16();
    tenant.record().add(method, path, status);
    answer
}

/// Counts the requests to the Management API.
pub(crate) async fn count(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    tenant.traffic().note();
    next.run(request).await
}

/// Lets the faults that are on happen to a request.
pub(crate) async fn let_faults_happen(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    let step = faults::step(request.method().as_str(), request.uri().path());
    let latency = {
        let faults = tenant.faults();
        let everywhere = faults.measure("latency-ms");
        (if step == "token" { 0.0 } else { everywhere })
            + faults.measure(&format!("latency-ms@{step}"))
    };
    // Half on the way there and half on the way back, so that a client can end in between.
    let half = Duration::from_secs_f64(latency.max(0.0) / 2000.0);
    clock::wait(half).await;
    let is_read = request.method() == Method::GET;
    let is_upload = step == "upload";
    if tenant.fault_at(step, "reset") || (is_upload && tenant.fault("reset-before-upload")) {
        return cut(Bytes::new(), 100);
    }
    if tenant.fault_at(step, "server-error") {
        return answers::error(503, "Service unavailable.", None);
    }
    if tenant.fault(&format!("token-expires@{step}")) {
        tenant.tokens.expire();
    }
    let answer = next.run(request).await;
    clock::wait(half).await;
    let done = !is_read && answer.status().is_success();
    if done && is_upload && tenant.fault("reset-after-upload") {
        return cut(Bytes::new(), 100);
    }
    if done && tenant.fault_at(step, "server-error-after") {
        return answers::error(500, "Internal error.", None);
    }
    let half_answer = |tenant: &Tenant| {
        (is_read && tenant.fault("half-answer")) || tenant.fault(&format!("half-answer@{step}"))
    };
    if answer.status().is_success() && half_answer(&tenant) {
        let whole = to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap_or_default();
        return cut(whole.slice(..whole.len() / 2), whole.len().max(2));
    }
    answer
}

/// Keeps to the rate limit, whose state is told with every answer.
pub(crate) async fn limit_rate(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    let (rate, burst) = (tenant.options.rate, tenant.options.burst);
    let step = faults::step(request.method().as_str(), request.uri().path());
    let left = if tenant.fault_at(step, "rate-limit") {
        None
    } else {
        tenant.take_token()
    };
    let mut answer = if left.is_some() {
        next.run(request).await
    } else {
        answers::error(
            429,
            "Global limit has been reached",
            Some("too_many_requests"),
        )
    };
    // The next token comes within this second, or later at less than one a second.
    let reset = clock::unix_seconds() + (1.0 / rate).ceil() as i64;
    for (name, value) in [
        ("x-ratelimit-limit", burst as i64),
        ("x-ratelimit-remaining", left.unwrap_or(0.0) as i64),
        ("x-ratelimit-reset", reset),
    ] {
        answer.headers_mut().insert(name, value.into());
    }
    answer
}
