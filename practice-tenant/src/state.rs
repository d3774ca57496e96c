//! What the practice tenant remembers, until it ends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::clock;
use crate::faults::Faults;
use crate::ids::{letters, random};
use crate::logs::Log;
use crate::memory::Memory;
use crate::options::Options;
use crate::record::Traffic;

pub(crate) struct Tenant {
    pub(crate) options: Options,
    pub(crate) base: String,
    pub(crate) key: Vec<u8>,
    /// The key by which it proves that it wrote its file. It stands in that file and nowhere else.
    pub(crate) proof_key: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) sign_in_id: String,
    pub(crate) sign_in_secret: String,
    memory: Mutex<Memory>,
    last_request: Mutex<Instant>,
    /// Tokens in the bucket, and since when.
    pub(crate) bucket: Mutex<(f64, Instant)>,
    pub(crate) log: Mutex<Log>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) traffic: Mutex<Traffic>,
    /// Method, path and status of each request.
    pub(crate) record: Mutex<Vec<(String, String, u16)>>,
    /// Whether every request is refused.
    pub(crate) closed: AtomicBool,
    /// Tokens are numbered; those below the second number have been expired.
    tokens: AtomicU64,
    expired_below: AtomicU64,
}

impl Tenant {
    pub(crate) fn new(base: String, options: Options) -> Tenant {
        Tenant {
            base,
            key: random(32),
            proof_key: letters(64),
            client_id: letters(32),
            client_secret: letters(64),
            sign_in_id: letters(32),
            sign_in_secret: letters(64),
            memory: Mutex::default(),
            last_request: Mutex::new(clock::now()),
            bucket: Mutex::new((options.burst, clock::now())),
            log: Mutex::default(),
            faults: Mutex::default(),
            traffic: Mutex::default(),
            record: Mutex::default(),
            closed: AtomicBool::new(false),
            tokens: AtomicU64::new(0),
            expired_below: AtomicU64::new(0),
            options,
        }
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn audience(&self) -> String {
        format!("{}/api/v2/", self.base)
    }

    pub(crate) fn env_lines(&self) -> String {
        let token = crate::tokens::issue(self, None, &self.audience());
        format!(
            "DOMAIN={}\nMGMT_API_ACCESS_TOKEN={token}\nCLIENT_ID={}\nCLIENT_SECRET={}\nSIGN_IN_CLIENT_ID={}\nSIGN_IN_CLIENT_SECRET={}\n",
            self.base, self.client_id, self.client_secret, self.sign_in_id, self.sign_in_secret
        )
    }

    pub(crate) fn next_token(&self) -> u64 {
        self.tokens.fetch_add(1, Ordering::Relaxed)
    }

    /// Ends every token issued so far.
    pub(crate) fn expire_tokens(&self) {
        let next = self.tokens.load(Ordering::Relaxed);
        self.expired_below.store(next, Ordering::Relaxed);
    }

    pub(crate) fn is_expired(&self, token: u64) -> bool {
        token < self.expired_below.load(Ordering::Relaxed)
    }

    /// Notes that somebody with a token or an application's secret is here, so that it does not end as idle.
    pub(crate) fn note_request(&self) {
        *self
            .last_request
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = clock::now();
    }

    pub(crate) fn is_idle(&self) -> bool {
        let last = *self
            .last_request
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.options
            .idle_minutes
            .is_some_and(|minutes| clock::since(last).as_secs_f64() >= minutes * 60.0)
    }
}
