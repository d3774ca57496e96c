//! The users, jobs and exports that the practice tenant remembers, until it ends.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::moment::Moment;
use crate::state::accounts::Account;
use crate::state::jobs::{Export, Job, KEPT};

/// Jobs that have ended, and bytes of their reports, that are kept; the oldest are forgotten first, as all are after
/// 24 hours.
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
    /// By their numbers.
    jobs: BTreeMap<u64, Job>,
    numbers: HashMap<String, u64>,
    /// When something happens next to which job.
    agenda: BTreeSet<(Moment, u64)>,
    next_job: u64,
    exports: BTreeMap<String, Export>,
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

    /// The number of the next job.
    pub(crate) fn job_number(&mut self) -> u64 {
        self.next_job += 1;
        self.next_job
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    pub(crate) fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.get(self.numbers.get(id)?)
    }

    /// The job that something happens to next, and when.
    pub(crate) fn next_event(&self) -> Option<(Moment, u64)> {
        self.agenda.first().copied()
    }

    pub(crate) fn take_job(&mut self, number: u64) -> Option<Job> {
        let job = self.jobs.remove(&number)?;
        self.numbers.remove(&job.id);
        self.agenda.remove(&(job.next().0, number));
        Some(job)
    }

    pub(crate) fn put_job(&mut self, job: Job) {
        self.agenda.insert((job.next().0, job.number));
        self.numbers.insert(job.id.clone(), job.number);
        self.jobs.insert(job.number, job);
    }

    /// Changes a job, which may change when something happens to it.
    pub(crate) fn change_job(&mut self, id: &str, change: impl FnOnce(&mut Job)) {
        let number = self.numbers.get(id).copied();
        if let Some(mut job) = number.and_then(|number| self.take_job(number)) {
            change(&mut job);
            self.put_job(job);
        }
    }

    pub(crate) fn forget_job(&mut self, id: &str) {
        if let Some(number) = self.numbers.get(id).copied() {
            self.take_job(number);
        }
    }

    /// Forgets the oldest jobs that have ended, if there are too many or their reports are too large.
    pub(crate) fn make_room(&mut self) {
        loop {
            let ended = self.jobs.values().filter_map(|job| job.end.as_ref());
            let bytes: usize = ended.map(|end| end.report.len()).sum();
            if self.jobs.len() <= MOST_JOBS && bytes <= MOST_REPORT_BYTES {
                return;
            }
            let Some(number) = self
                .jobs
                .values()
                .find_map(|job| job.end.as_ref().map(|_| job.number))
            else {
                return;
            };
            self.take_job(number);
        }
    }

    /// The export of that id, unless it is too old.
    pub(crate) fn export(&mut self, id: &str, now: Moment) -> Option<&mut Export> {
        let export = self.exports.get_mut(id);
        export.filter(|export| now.since(export.began) < KEPT)
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
