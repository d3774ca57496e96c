//! The users, jobs and exports that the practice tenant remembers, until it ends.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};

use crate::exports::Export;
use crate::rules::connections::{self, Connection};

/// Jobs that have ended, and bytes of their reports, that are kept; the oldest are forgotten first. Auth0 forgets a
/// job after 24 hours.
const MOST_JOBS: usize = 1_000;
const MOST_REPORT_BYTES: usize = 32 << 20;
const MOST_EXPORTS: usize = 1_000;

/// One user: the profile as it is answered, and what is never answered.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) profile: Map<String, Value>,
    pub(crate) connection: &'static str,
    pub(crate) password_hash: Option<String>,
    pub(crate) custom_hash: Option<Value>,
    pub(crate) second_factor: bool,
    pub(crate) failures: u32,
}

impl Account {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.profile.get(name).and_then(Value::as_str)
    }

    /// The keys that no other user of the connection may have. E-mails are not among them where users may share one. A
    /// phone number is, even where it is no attribute of the connection.
    pub(crate) fn unique_keys(&self) -> Vec<String> {
        let shared = connections::by_name(self.connection)
            .is_some_and(|connection| !connection.has_unique_emails());
        let names = ["email", "username", "phone_number", "user_id"].into_iter();
        let names = names.filter(|name| !(shared && *name == "email"));
        let key = |name| Some(key(self.connection, name, self.text(name)?));
        names.filter_map(key).collect()
    }

    /// The keys that the user is found by. Users of two connections may have one id.
    fn keys(&self) -> Vec<String> {
        let mut keys = self.unique_keys();
        if let Some(email) = self.text("email") {
            keys.push(key(self.connection, "email", email));
        }
        keys.extend(self.text("user_id").map(str::to_string));
        keys.sort();
        keys.dedup();
        keys
    }
}

/// Where the users of a connection are found by the value of a field.
pub(crate) fn key(connection: &str, name: &str, value: &str) -> String {
    format!("{connection} {name} {value}")
}

/// An import job.
pub(crate) struct Job {
    pub(crate) head: Value,
    pub(crate) began: Instant,
    /// When the users have been worked through.
    pub(crate) ends: Instant,
    /// A job is seen pending once at least, as a real one is.
    pub(crate) was_read: bool,
    /// Absent when the file could not be read.
    pub(crate) summary: Option<Value>,
    /// The error report as it is answered; empty when no row failed.
    pub(crate) report: String,
    pub(crate) rows: Vec<Value>,
    pub(crate) connection: &'static Connection,
    pub(crate) upsert: bool,
    pub(crate) done: bool,
    pub(crate) unreadable: bool,
    pub(crate) fate: Fate,
    /// Whether time alone decides when it ends.
    pub(crate) timed: bool,
}

/// What a fault does to a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Works,
    Fails,
    FailsMidway,
    Hangs,
    IsLost,
}

#[derive(Default)]
pub(crate) struct Memory {
    /// By a number that grows, so in the order of creation. Shared, so that a search or an export reads on while
    /// others write.
    pub(crate) users: BTreeMap<usize, Arc<Account>>,
    next: usize,
    /// Where users are, by `Account::keys`: an import of thousands must not search.
    index: HashMap<String, Vec<usize>>,
    pub(crate) jobs: HashMap<String, Job>,
    pub(crate) exports: HashMap<String, Export>,
}

impl Memory {
    /// The places of all users with the key, the oldest first.
    pub(crate) fn all(&self, key: &str) -> &[usize] {
        self.index.get(key).map_or(&[], Vec::as_slice)
    }

    /// The place of the first user with the key.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        self.all(key).first().copied()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Account>> {
        self.users.get(&self.find(key)?)
    }

    /// Whether another user than the one at `place` has one of the account's unique keys.
    pub(crate) fn is_taken(&self, account: &Account, place: Option<usize>) -> bool {
        let mut keys = account.unique_keys().into_iter();
        keys.any(|key| self.all(&key).iter().any(|there| Some(*there) != place))
    }

    pub(crate) fn add(&mut self, account: Account) {
        let place = self.next;
        self.next += 1;
        self.put(place, account);
    }

    fn put(&mut self, place: usize, account: Account) {
        for key in account.keys() {
            let places = self.index.entry(key).or_default();
            places.push(place);
            places.sort_unstable();
        }
        self.users.insert(place, Arc::new(account));
    }

    pub(crate) fn remove(&mut self, place: usize) {
        let Some(account) = self.users.remove(&place) else {
            return;
        };
        for key in account.keys() {
            if let Some(places) = self.index.get_mut(&key) {
                places.retain(|there| *there != place);
                if places.is_empty() {
                    self.index.remove(&key);
                }
            }
        }
    }

    /// The account at a place, to change what it is not found by.
    pub(crate) fn change(&mut self, place: usize) -> Option<&mut Account> {
        self.users.get_mut(&place).map(Arc::make_mut)
    }

    /// Puts another account in the place of one, found by its own keys from now on.
    pub(crate) fn replace(&mut self, place: usize, account: Account) {
        self.remove(place);
        self.put(place, account);
    }

    pub(crate) fn add_job(&mut self, id: String, job: Job) {
        self.jobs.insert(id, job);
        loop {
            let bytes: usize = self.jobs.values().map(|job| job.report.len()).sum();
            if self.jobs.len() <= MOST_JOBS && bytes <= MOST_REPORT_BYTES {
                return;
            }
            let done = self.jobs.iter().filter(|(_, job)| job.done);
            let oldest = done.min_by_key(|(_, job)| job.began);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            self.jobs.remove(&id);
        }
    }

    pub(crate) fn add_export(&mut self, id: String, export: Export) {
        if self.exports.len() >= MOST_EXPORTS {
            let oldest = self.exports.iter().min_by_key(|(_, export)| export.began);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                self.exports.remove(&id);
            }
        }
        self.exports.insert(id, export);
    }
}
