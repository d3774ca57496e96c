//! Faults on demand: what goes wrong between a client and a tenant, switched on from the command line or over HTTP.
//!
//! A fault has a number: 1 or more is how many times it happens, less than 1 how likely it is each time, by a
//! seeded draw, so that a run repeats. Some are measures: milliseconds, slots, seconds. `NAME@STEP` happens at that step
//! alone: `reset@report` cuts off reads of error reports.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use crate::answers;
use crate::bodies;
use crate::clock::{self, timestamp_before};
use crate::cut::cut;
use crate::state::Tenant;
use crate::tokens;

/// Each fault, and what it does.
pub(crate) const KNOWN: [(&str, &str); 25] = [
    (
        "job-speed",
        "no fault: each job takes so many users a second",
    ),
    (
        "job-progress",
        "no fault: pending jobs tell percentage_done and time_left_seconds",
    ),
    ("job-slow", "jobs take ten times as long"),
    (
        "options-withheld",
        "no fault: connections come without options, whatever the token",
    ),
    (
        "clients-need-options-scope",
        "no fault: a connection's applications are told for read:connections_options alone, as one report has it",
    ),
    (
        "metadata-keys-taken",
        "no fault: imports take metadata keys with . or $",
    ),
    (
        "large-profiles-refused",
        "no fault: profiles over 10 KB are refused, as from 2027-03-04",
    ),
    ("latency-ms", "each request waits that many milliseconds"),
    ("rate-limit", "requests are answered 429, global limit"),
    (
        "token-quota",
        "requests for a token are answered 429, the client's quota",
    ),
    (
        "slots-held",
        "so many job slots are others' until switched off",
    ),
    (
        "slots-held-seconds",
        "all job slots are others' for so long",
    ),
    ("reset", "requests are cut off, not processed"),
    ("reset-before-upload", "uploads are cut off, not taken"),
    ("reset-after-upload", "uploads are taken, then cut off"),
    (
        "half-answer",
        "answers to reads, or to whatever is asked at that step, are cut in the middle",
    ),
    ("server-error", "requests are answered 503, not processed"),
    (
        "server-error-after",
        "uploads and deletes are done, then answered 500",
    ),
    (
        "token-expires",
        "tokens issued so far are expired from now on, or from the request at that step on",
    ),
    (
        "job-fails",
        "jobs fail as a whole, with no report and no user taken",
    ),
    (
        "job-fails-midway",
        "jobs fail after half of their users, with no report",
    ),
    (
        "job-hangs",
        "jobs stay pending until the faults are set anew, then fail",
    ),
    (
        "job-lost",
        "jobs end and are forgotten, or are when they are asked after at that step (job, report)",
    ),
    ("report-lost", "error reports are empty though rows failed"),
    (
        "search-lag",
        "searches do not see who was created in the last so many seconds",
    ),
];

/// The greatest number of a fault.
const MOST: f64 = 1e9;
/// Where a fault can be aimed at, with `@`.
const STEPS: [&str; 7] = [
    "connections",
    "upload",
    "job",
    "report",
    "users",
    "delete",
    "token",
];

/// The step that a request is.
pub(crate) fn step(method: &Method, path: &str) -> &'static str {
    match path.trim_start_matches("/api/v2") {
        "/oauth/token" => "token",
        _ if method == Method::DELETE => "delete",
        "/jobs/users-imports" => "upload",
        path if path.ends_with("/errors") => "report",
        path if path.starts_with("/jobs/") => "job",
        path if path.starts_with("/connections") => "connections",
        _ => "users",
    }
}

/// The faults that are on, and how often each has happened.
#[derive(Default)]
pub(crate) struct Faults {
    on: BTreeMap<String, f64>,
    happened: BTreeMap<String, u64>,
    set_at: Option<Instant>,
    seed: u64,
}

impl Faults {
    /// Replaces all faults; the names are checked first.
    pub(crate) fn set(&mut self, on: BTreeMap<String, f64>, seed: u64) -> Result<(), String> {
        let is_known = |name: &str| {
            let (fault, step) = name.split_once('@').unwrap_or((name, STEPS[0]));
            KNOWN.iter().any(|(known, _)| *known == fault) && STEPS.contains(&step)
        };
        if let Some(name) = on.keys().find(|name| !is_known(name)) {
            let known: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "unknown fault {name}; known are {}, each at every step or, with @, at one of {}",
                known.join(", "),
                STEPS.join(", ")
            ));
        }
        // Some of them become times, and no time is longer than that.
        if let Some((name, number)) = on
            .iter()
            .find(|(_, number)| !(0.0..=MOST).contains(*number))
        {
            return Err(format!(
                "fault {name} must be a number from 0 to {MOST}, not {number}"
            ));
        }
        *self = Faults {
            on,
            seed: seed.wrapping_mul(2).wrapping_add(1),
            set_at: Some(clock::now()),
            happened: BTreeMap::new(),
        };
        Ok(())
    }

    /// Whether the fault happens now.
    fn happens(&mut self, name: &str) -> bool {
        let Some(left) = self.on.get_mut(name) else {
            return false;
        };
        let happens = if *left >= 1.0 {
            *left -= 1.0;
            true
        } else {
            // A linear congruential draw: enough for chance, and the same each time.
            self.seed = self
                .seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            ((self.seed >> 33) as f64 / f64::from(1_u32 << 31)) < *left
        };
        if happens {
            *self.happened.entry(name.to_string()).or_default() += 1;
        }
        happens
    }

    fn measure(&self, name: &str) -> f64 {
        self.on.get(name).copied().unwrap_or(0.0)
    }
}

impl Tenant {
    pub(crate) fn set_faults(&self, on: BTreeMap<String, f64>, seed: u64) -> Result<(), String> {
        let expires = on.contains_key("token-expires");
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.set(on, seed)?;
        if expires {
            self.expire_tokens();
        }
        Ok(())
    }

    pub(crate) fn fault(&self, name: &str) -> bool {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.happens(name)
    }

    /// Whether the fault happens now, which is at `step`. A request for a token has only the faults that are aimed at it.
    pub(crate) fn fault_at(&self, step: &str, name: &str) -> bool {
        (step != "token" && self.fault(name)) || self.fault(&format!("{name}@{step}"))
    }

    /// Whether a switch is on: it is no fault, but another way that tenants can be.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.measure(name) > 0.0
    }

    /// Users a second of a job that begins now; `None`: as fast as it can.
    pub(crate) fn job_speed(&self) -> Option<f64> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let speed = Some(faults.measure("job-speed")).filter(|speed| *speed > 0.0);
        speed.or(self.options.job_speed)
    }

    /// When the newest users were created whom a search sees; `None`: it sees all.
    pub(crate) fn searched_until(&self) -> Option<String> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let lag = faults.measure("search-lag");
        (lag > 0.0).then(|| timestamp_before(Duration::from_secs_f64(lag)))
    }

    /// Job slots that others hold.
    pub(crate) fn slots_held(&self) -> usize {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = Duration::from_secs_f64(faults.measure("slots-held-seconds").max(0.0));
        if faults.set_at.is_some_and(|at| clock::since(at) < seconds) {
            return self.options.max_jobs;
        }
        faults.measure("slots-held") as usize
    }
}

/// `GET` and `PUT /practice/faults`: `{"seed": 7, "faults": {"reset": 1}}` replaces all; `{}` switches all off.
pub(crate) async fn read(State(tenant): State<Arc<Tenant>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = tokens::check_signature(&tenant, &headers) {
        return *refusal;
    }
    let faults = tenant.faults.lock().unwrap_or_else(PoisonError::into_inner);
    answers::ok(&json!({"faults": faults.on, "happened": faults.happened}))
}

pub(crate) async fn write(State(tenant): State<Arc<Tenant>>, request: Request) -> Response {
    // A token that a fault has ended is good enough to end the fault.
    if let Err(refusal) = tokens::check_signature(&tenant, request.headers()) {
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
        Ok(()) => {
            crate::work::unhang(&mut tenant.memory());
            answers::ok(&json!({"ok": true}))
        }
    }
}

/// Lets the faults that are on happen to a request.
pub(crate) async fn apply(
    State(tenant): State<Arc<Tenant>>,
    request: Request,
    next: Next,
) -> Response {
    let step = step(request.method(), request.uri().path());
    let latency = {
        let faults = tenant.faults.lock().unwrap_or_else(PoisonError::into_inner);
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
        tenant.expire_tokens();
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
