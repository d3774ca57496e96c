//! `/practice/…`, which no real tenant has: what answers here and the proof of it, and for tests the faults, the door, the jobs
//! of others and the record of requests.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::chance::hex;
use crate::http::bodies;
use crate::http::call::{Call, Ended, now};
use crate::http::message::{ok, refused};
use crate::http::query::{pairs, param};
use crate::moment::Moment;
use crate::state::World;

/// Characters of a challenge: enough for any random number, too few for anything else.
const CHALLENGE: std::ops::RangeInclusive<usize> = 16..=128;

/// What answers here, and how fast it is: `job_speed` is null if jobs run as fast as they can. Anybody can ask; only
/// `/practice/prove` shows that it is the one that was started. With another tenant's shape, it lists what it did not
/// understand.
pub(crate) fn about(world: &mut World, _: &Call) -> Ended {
    let setup = &world.setup;
    let speed = Some(world.faults.measure("job-speed")).filter(|speed| *speed > 0.0);
    let mut about = json!({"practice_tenant": true, "version": env!("CARGO_PKG_VERSION"), "rate": setup.rate, "burst": setup.burst,
        "minute_rate": setup.minute_rate, "minute_burst": setup.minute_burst,
        "job_speed": speed.or(setup.job_speed), "max_jobs": setup.max_jobs, "jobs_running": world.jobs_running()});
    if world.setup.shape.is_some() {
        about["not_understood"] = json!(world.not_understood);
    }
    now(ok(&about))
}

/// `POST /practice/prove`: `{"challenge": "…"}` is answered with its HMAC-SHA256 by the key in the tenant's file, in hex. The
/// client asks this before it sends a secret: a program that has taken the port of an ended practice tenant cannot answer.
pub(crate) fn prove(world: &mut World, call: &Call) -> Ended {
    let body = bodies::object(&call.request.body)?;
    let challenge = body.get("challenge").and_then(Value::as_str);
    let Some(challenge) = challenge.filter(|text| CHALLENGE.contains(&text.len())) else {
        let message = format!("challenge must be a text of {CHALLENGE:?} characters");
        return Err(refused(400, &message, None));
    };
    let mac = Hmac::<Sha256>::new_from_slice(world.keys.proof.as_bytes());
    let mut mac = mac.expect("HMAC takes a key of any length");
    mac.update(challenge.as_bytes());
    let proof = hex(&mac.finalize().into_bytes());
    now(ok(&json!({ "proof": proof })))
}

/// `GET` and `PUT /practice/faults`: `{"seed": 7, "faults": {"reset": 1}}` replaces all; `{}` switches all off. A token that a
/// fault has expired can still end the fault.
pub(crate) fn faults(world: &mut World, _: &Call) -> Ended {
    now(ok(&world.faults.shown()))
}

pub(crate) fn set_faults(world: &mut World, call: &Call) -> Ended {
    let body = bodies::object(&call.request.body)?;
    let on = match body.get("faults") {
        None => Ok(BTreeMap::new()),
        Some(faults) => serde_json::from_value(faults.clone())
            .map_err(|_| "faults must be an object of numbers".to_string()),
    };
    let seed = body.get("seed").and_then(Value::as_u64).unwrap_or(0);
    match on.and_then(|on| world.set_faults(on, seed)) {
        Err(problem) => Err(refused(400, &problem, None)),
        Ok(()) => now(ok(&json!({"ok": true}))),
    }
}

/// `GET /practice/requests?from=N`: the requests after the first N, a limited number at a time, with how many there were and
/// how many of them are forgotten.
pub(crate) fn requests(world: &mut World, call: &Call) -> Ended {
    let query = pairs(&call.request);
    let from = param(&query, "from").and_then(|from| from.parse().ok());
    now(ok(&world.record.shown(from.unwrap_or(0))))
}

/// `PUT /practice/door`: `{"closed": true}`. While it is closed, requests are refused permanently and nothing is done.
pub(crate) fn door(world: &mut World, call: &Call) -> Ended {
    let body = bodies::object(&call.request.body)?;
    let Some(closed) = body.get("closed").and_then(Value::as_bool) else {
        return Err(refused(400, "closed must be true or false", None));
    };
    world.closed = closed;
    now(ok(&json!({ "closed": closed })))
}

/// `PUT /practice/slots`: `{"until": [1764246000000000]}` says for each job of others until when it holds a slot, in
/// microseconds since 1970. It replaces the earlier ones.
pub(crate) fn slots(world: &mut World, call: &Call) -> Ended {
    let body = bodies::object(&call.request.body)?;
    let until = body.get("until").and_then(Value::as_array);
    let until = until.and_then(|all| all.iter().map(Value::as_u64).collect::<Option<Vec<_>>>());
    let Some(until) = until else {
        let message = "until must be a list of microseconds since 1970";
        return Err(refused(400, message, None));
    };
    world.setup.slots_held = until.iter().copied().map(Moment).collect();
    now(ok(&json!({ "until": until })))
}

/// `GET /practice/traffic`: all requests, and the most within any second.
pub(crate) fn traffic(world: &mut World, _: &Call) -> Ended {
    let (all, most) = world.traffic();
    now(ok(&json!({"requests": all, "most_in_a_second": most})))
}
