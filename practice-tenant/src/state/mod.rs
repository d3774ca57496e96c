//! What the practice tenant remembers, until it ends. `Tenant` keeps the parts. No part uses `Tenant`, and nothing here knows HTTP.

pub(crate) mod accounts;
mod bucket;
pub(crate) mod faults;
pub(crate) mod jobs;
mod log;
pub(crate) mod memory;
mod record;
mod tokens;
mod work;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::clock::{self, timestamp_before, unix_seconds};
use crate::ids::letters;
use crate::options::Options;
use crate::rules::schema::Ways;
use crate::rules::scopes;
use crate::state::bucket::Bucket;
use crate::state::faults::Faults;
use crate::state::log::Log;
use crate::state::memory::Memory;
use crate::state::record::{Record, Traffic};
use crate::state::tokens::Tokens;

pub(crate) struct Tenant {
    pub(crate) options: Options,
    pub(crate) base: String,
    /// The key by which it proves that it wrote its file. It stands in that file and nowhere else.
    pub(crate) proof_key: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) sign_in_id: String,
    pub(crate) sign_in_secret: String,
    pub(crate) tokens: Tokens,
    /// Whether every request is refused.
    pub(crate) closed: AtomicBool,
    memory: Mutex<Memory>,
    last_request: Mutex<Instant>,
    bucket: Mutex<Bucket>,
    log: Mutex<Log>,
    faults: Mutex<Faults>,
    traffic: Mutex<Traffic>,
    record: Mutex<Record>,
}

/// What is kept is whole between any two statements, so that nothing is lost when somebody else panicked.
fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tenant {
    pub(crate) fn new(base: String, options: Options) -> Tenant {
        Tenant {
            base,
            proof_key: letters(64),
            client_id: letters(32),
            client_secret: letters(64),
            sign_in_id: letters(32),
            sign_in_secret: letters(64),
            tokens: Tokens::new(),
            closed: AtomicBool::new(false),
            memory: Mutex::default(),
            last_request: Mutex::new(clock::now()),
            bucket: Mutex::new(Bucket::of(options.burst)),
            log: Mutex::default(),
            faults: Mutex::default(),
            traffic: Mutex::default(),
            record: Mutex::default(),
            options,
        }
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }

    pub(crate) fn entries(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn traffic(&self) -> MutexGuard<'_, Traffic> {
        lock(&self.traffic)
    }

    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        lock(&self.record)
    }

    pub(crate) fn env_lines(&self) -> String {
        let token = self.issue(None, &self.audience());
        format!(
            "DOMAIN={}\nMGMT_API_ACCESS_TOKEN={token}\nCLIENT_ID={}\nCLIENT_SECRET={}\nSIGN_IN_CLIENT_ID={}\nSIGN_IN_CLIENT_SECRET={}\n",
            self.base, self.client_id, self.client_secret, self.sign_in_id, self.sign_in_secret
        )
    }

    /// Notes that somebody with a token or an application's secret is here, so that it does not end as idle.
    pub(crate) fn note_request(&self) {
        *lock(&self.last_request) = clock::now();
    }

    pub(crate) fn is_idle(&self) -> bool {
        let idle = clock::since(*lock(&self.last_request));
        let most = self.options.idle_minutes;
        most.is_some_and(|minutes| idle.as_secs_f64() >= minutes * 60.0)
    }

    pub(crate) fn log(&self, kind: &str, description: &str, correlation: Option<&str>) {
        let mut log = self.entries();
        log.add(kind, description, &self.client_id, correlation);
    }

    /// Works off every job whose time has come.
    pub(crate) fn work_off(&self, memory: &mut Memory) {
        for (kind, description) in work::work_off(memory, self.ways()) {
            // Whether Auth0 logs a correlation id with a job's end is not known.
            self.log(kind, description, None);
        }
    }

    /// Takes a token out of the bucket, and says how many are left; `None`: there was none.
    pub(crate) fn take_token(&self) -> Option<f64> {
        lock(&self.bucket).take(self.options.rate, self.options.burst)
    }
}

/// Tokens for the Management API.
impl Tenant {
    fn audience(&self) -> String {
        format!("{}/api/v2/", self.base)
    }

    /// Whether an audience is this tenant's Management API. Clients make it up for the host that they were told, with https
    /// as at Auth0 or as they reach it, and with either name of this machine.
    pub(crate) fn is_audience(&self, audience: &str) -> bool {
        let host = |url: &str| -> Option<String> {
            let rest = url
                .strip_prefix("http://")
                .or(url.strip_prefix("https://"))?;
            Some(rest.replacen("localhost:", "127.0.0.1:", 1))
        };
        host(audience).is_some_and(|ours| Some(ours) == host(&self.audience()))
    }

    /// A token with the scopes asked for or all that are granted.
    pub(crate) fn issue(&self, scope: Option<&str>, audience: &str) -> String {
        let now = unix_seconds();
        let among = |scopes: Option<&str>, known: &str| {
            scopes.is_none_or(|scopes| scopes.split(' ').any(|word| word == known))
        };
        let granted = scopes::ALL
            .split(' ')
            .filter(|known| among(scope, known) && among(self.options.scopes.as_deref(), known));
        let granted: Vec<&str> = granted.collect();
        let mut claims = json!({
            "iss": format!("{}/", self.base),
            "sub": format!("{}@clients", self.client_id),
            "aud": audience,
            "iat": now,
            "exp": now + self.options.token_seconds,
            "scope": granted.join(" "),
            "gty": "client-credentials",
            "azp": self.client_id,
            // Numbered, so that a fault can end those issued so far.
            "jti": self.tokens.number(),
        });
        if self.options.marked {
            claims["practice_tenant"] = true.into();
        }
        self.tokens.sign(&claims)
    }
}

/// Which faults happen, and what they change.
impl Tenant {
    /// Replaces all faults, and ends the jobs that hang.
    pub(crate) fn set_faults(&self, on: BTreeMap<String, f64>, seed: u64) -> Result<(), String> {
        let expires = on.contains_key("token-expires");
        self.faults().set(on, seed)?;
        if expires {
            self.tokens.expire();
        }
        work::unhang(&mut self.memory());
        Ok(())
    }

    pub(crate) fn fault(&self, name: &str) -> bool {
        self.faults().happens(name)
    }

    /// Whether the fault happens now, which is at `step`. A request for a token has only the faults that are aimed at it.
    pub(crate) fn fault_at(&self, step: &str, name: &str) -> bool {
        (step != "token" && self.fault(name)) || self.fault(&format!("{name}@{step}"))
    }

    /// Whether a switch is on: it is no fault, but another way that tenants can be.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.faults().measure(name) > 0.0
    }

    pub(crate) fn ways(&self) -> Ways {
        Ways {
            metadata_keys_taken: self.is_on("metadata-keys-taken"),
            large_profiles_refused: self.is_on("large-profiles-refused"),
        }
    }

    /// Users a second of a job that begins now; `None`: as fast as it can.
    pub(crate) fn job_speed(&self) -> Option<f64> {
        let speed = Some(self.faults().measure("job-speed")).filter(|speed| *speed > 0.0);
        speed.or(self.options.job_speed)
    }

    /// When the newest users were created whom a search sees; `None`: it sees all.
    pub(crate) fn searched_until(&self) -> Option<String> {
        let lag = self.faults().measure("search-lag");
        (lag > 0.0).then(|| timestamp_before(Duration::from_secs_f64(lag)))
    }

    /// Job slots that others hold.
    pub(crate) fn slots_held(&self) -> usize {
        let faults = self.faults();
        if faults.all_slots_are_held() {
            return self.options.max_jobs;
        }
        faults.measure("slots-held") as usize
    }
}
