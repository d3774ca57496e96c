//! The users, jobs and exports that the practice tenant remembers, until it ends.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::state::accounts::Account;
use crate::state::jobs::{Export, Job};

/// Jobs that have ended, and bytes of their reports, that are kept; the oldest are forgotten first. Auth0 forgets a
/// job after 24 hours.
const MOST_JOBS: usize = 1_000;
const MOST_REPORT_BYTES: usize = 32 << 20;
const MOST_EXPORTS: usize = 1_000;

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
