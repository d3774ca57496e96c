//! Faults on demand: things that go wrong between a client and a tenant, switched on from the command line or over HTTP.
//!
//! A fault has a number. 1 or more is how many times it happens; less than 1 is how likely it is each time, by a seeded draw,
//! so a run repeats. Some numbers are measures: milliseconds, slots, seconds. `NAME@STEP` happens only at that step:
//! `reset@report` cuts off reads of error reports.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::moment::Moment;

/// Each fault, and what it does.
const KNOWN: [(&str, &str); 34] = [
    (
        "job-speed",
        "no fault: each job imports this many users a second",
    ),
    (
        "job-speed-later",
        "no fault: after half of its rows, each job imports this many users a second",
    ),
    (
        "job-late",
        "a job is answered 404 until this many seconds after it was accepted",
    ),
    (
        "match-by-id",
        "no fault: an upsert with a user_id other than the stored one is a conflict",
    ),
    (
        "retry-after",
        "no fault: a 429 of the rate limit says in seconds when to ask again",
    ),
    (
        "retry-after-date",
        "no fault: a 429 of the rate limit says by a date when to ask again",
    ),
    (
        "job-progress",
        "no fault: pending jobs report percentage_done and time_left_seconds",
    ),
    ("job-slow", "jobs take ten times as long"),
    (
        "options-withheld",
        "no fault: connections come without options, whatever the token",
    ),
    (
        "clients-need-options-scope",
        "no fault: a connection's applications are listed only with read:connections_options, as one report says",
    ),
    (
        "metadata-keys-taken",
        "no fault: imports take metadata keys with . or $",
    ),
    (
        "large-profiles-refused",
        "no fault: profiles over 10 KB are refused, as from 2027-03-04",
    ),
    ("latency-ms", "each request waits this many milliseconds"),
    ("rate-limit", "requests are answered 429, global limit"),
    (
        "token-quota",
        "requests for a token are answered 429, the client's quota",
    ),
    (
        "slots-held",
        "this many job slots are taken by others until switched off",
    ),
    (
        "slots-held-seconds",
        "all job slots are taken by others for this many seconds",
    ),
    ("reset", "requests are cut off, not processed"),
    ("reset-before-upload", "uploads are cut off, not accepted"),
    ("reset-after-upload", "uploads are accepted, then cut off"),
    (
        "half-answer",
        "answers to reads, or to every request at that step, are cut in the middle",
    ),
    ("silence", "requests are neither processed nor answered"),
    (
        "silence-after",
        "uploads and deletes are done, but not answered",
    ),
    ("server-error", "requests are answered 503, not processed"),
    (
        "server-error-after",
        "uploads and deletes are done, then answered 500",
    ),
    (
        "token-expires",
        "tokens issued so far expire now, or at the next request at that step",
    ),
    (
        "job-fails",
        "jobs fail as a whole, with no report and no user imported",
    ),
    (
        "job-fails-midway",
        "jobs fail after half of their users, with no report",
    ),
    (
        "job-hangs",
        "jobs stay pending until the faults are set again, then fail",
    ),
    (
        "job-lost",
        "jobs end and are forgotten, or are forgotten when they are asked for at that step (job, report)",
    ),
    (
        "report-lost",
        "error reports are empty though rows were refused",
    ),
    (
        "search-timeout",
        "searches are answered 503, like those that take over two seconds",
    ),
    (
        "search-long",
        "searches of more than this many bytes are answered 414",
    ),
    (
        "search-lag",
        "searches do not show users created in the last NUMBER seconds",
    ),
];

/// The greatest number of a fault.
const MOST: f64 = 1e9;
/// The steps that a fault can be aimed at, with `@`.
const STEPS: [&str; 8] = [
    "connections",
    "upload",
    "job",
    "report",
    "search",
    "users",
    "delete",
    "token",
];

/// The steps that a request is: the narrowest first. A search is one of the reads of users, too.
pub(crate) fn steps(method: &str, path: &str) -> &'static [&'static str] {
    match path.trim_start_matches("/api/v2") {
        "/oauth/token" => &["token"],
        _ if method == "DELETE" => &["delete"],
        "/jobs/users-imports" => &["upload"],
        path if path.ends_with("/errors") => &["report"],
        path if path.starts_with("/jobs/") => &["job"],
        path if path.starts_with("/connections") => &["connections"],
        "/users" if method == "GET" => &["search", "users"],
        _ => &["users"],
    }
}

/// The faults that are on, and how often each has happened.
#[derive(Default)]
pub(crate) struct Faults {
    on: BTreeMap<String, f64>,
    happened: BTreeMap<String, u64>,
    set_at: Option<Moment>,
    seed: u64,
}

impl Faults {
    /// Replaces all faults; the names are checked first.
    pub(crate) fn set(
        &mut self,
        on: BTreeMap<String, f64>,
        seed: u64,
        now: Moment,
    ) -> Result<(), String> {
        let is_known = |name: &str| {
            let (fault, step) = name.split_once('@').unwrap_or((name, STEPS[0]));
            KNOWN.iter().any(|(known, _)| *known == fault) && STEPS.contains(&step)
        };
        if let Some(name) = on.keys().find(|name| !is_known(name)) {
            let known: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "unknown fault {name}; the faults are {}, each at every step or, with @, at one of {}",
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
            set_at: Some(now),
            happened: BTreeMap::new(),
        };
        Ok(())
    }

    /// Whether the fault happens now.
    pub(crate) fn happens(&mut self, name: &str) -> bool {
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

    /// The name of a fault that is aimed at a step, if it is on.
    fn aimed(&self, name: &str, step: &str) -> Option<&String> {
        let is_it = |on: &&String| on.split_once('@') == Some((name, step));
        self.on.keys().find(is_it)
    }

    /// Whether the fault that is aimed at a step happens now.
    pub(crate) fn happens_at(&mut self, name: &str, step: &str) -> bool {
        let aimed = self.aimed(name, step).cloned();
        aimed.is_some_and(|aimed| self.happens(&aimed))
    }

    pub(crate) fn measure_at(&self, name: &str, step: &str) -> f64 {
        let aimed = self.aimed(name, step);
        aimed.map_or(0.0, |aimed| self.measure(aimed))
    }

    /// The number of a fault that is a measure, 0 when it is off.
    pub(crate) fn measure(&self, name: &str) -> f64 {
        self.on.get(name).copied().unwrap_or(0.0)
    }

    /// Whether others still hold all job slots.
    pub(crate) fn all_slots_are_held(&self, now: Moment) -> bool {
        let seconds = Duration::from_secs_f64(self.measure("slots-held-seconds").max(0.0));
        self.set_at.is_some_and(|at| now.since(at) < seconds)
    }

    pub(crate) fn shown(&self) -> Value {
        json!({"faults": self.on, "happened": self.happened})
    }
}
