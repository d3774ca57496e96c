//! What the practice tenant remembers, until it ends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::faults::Faults;
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
            last_request: Mutex::new(Instant::now()),
            bucket: Mutex::new((options.burst, Instant::now())),
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
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(crate) fn is_idle(&self) -> bool {
        let last = *self
            .last_request
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.options
            .idle_minutes
            .is_some_and(|minutes| last.elapsed().as_secs_f64() >= minutes * 60.0)
    }
}

fn random(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    // Without random numbers nothing here could be trusted.
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}

/// `count` random letters and digits, as in Auth0's ids.
pub(crate) fn letters(count: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    random(count)
        .into_iter()
        .map(|byte| char::from(LETTERS[usize::from(byte) % 62]))
        .collect()
}

/// 24 hex characters, as in the ids of database users.
pub(crate) fn hex24() -> String {
    hex(&random(12))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unix_seconds() -> i64 {
    millis().div_euclid(1000)
}

fn millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}

/// Now as Auth0 writes times: ISO 8601, UTC, milliseconds.
pub(crate) fn timestamp() -> String {
    timestamp_before(Duration::ZERO)
}

/// The time so long ago, written the same way, so that times compare as texts.
pub(crate) fn timestamp_before(age: Duration) -> String {
    let millis = millis() - i64::try_from(age.as_millis()).unwrap_or(0);
    let (millis, seconds) = (millis.rem_euclid(1000), millis.div_euclid(1000));
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + i64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    format!(
        "{year:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        month + 1,
        days + 1,
        rest / 3600,
        rest % 3600 / 60,
        rest % 60
    )
}

/// The head of a job in the recorded key order.
pub(crate) fn job_head(connection_id: &str, connection: &str, external_id: &str) -> Value {
    let id = format!("job_{}", letters(16));
    let mut head = json!({"type": "users_import", "status": "pending", "connection_id": connection_id, "connection": connection});
    if !external_id.is_empty() {
        head["external_id"] = external_id.into();
    }
    head["created_at"] = timestamp().into();
    head["id"] = id.into();
    head
}
