//! What a run's folder does not prove: that the run was made here.
//!
//! A folder can be ours, with a journal in order, and somebody else can still have written both: it may come from an archive that
//! keeps modes. So the handle of a tenant remembers the runs that it made itself. A user of any other run, also after a restart
//! of the kernel, is deleted only if the tenant has the user under the e-mail that the folder shows.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The runs that were made here, each by the last hash of its journal before any removal.
#[derive(Debug, Default)]
pub(crate) struct Witness(Mutex<HashSet<String>>);

impl Witness {
    /// Remembers a run by the last hash of its journal.
    pub(crate) fn remember(&self, hash: &str) {
        self.hashes().insert(hash.to_string());
    }

    /// Whether it is a run that was made here, and is as it was left.
    pub(crate) fn made(&self, hash: &str) -> bool {
        self.hashes().contains(hash)
    }

    fn hashes(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
