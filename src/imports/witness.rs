//! What a run's folder alone does not prove: that the run it tells of is one that was made here.
//!
//! A folder can be ours, with a journal in order, and somebody else can still have written both: it may come from an archive that
//! keeps modes. So the handle of a tenant remembers the runs that it made itself. A user of any other run, also after a restart
//! of the kernel, is deleted only if the tenant has the user under the e-mail that the folder shows.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::imports::folder::RunFolder;

pub(crate) const OTHER_EMAIL: &str = "the tenant has the user with this id under another e-mail than the run's folder tells: it was changed since, or somebody else made the folder";

/// The runs that were made here, each by the last hash of its journal before any removal.
#[derive(Debug, Default)]
pub(crate) struct Witness(Mutex<HashSet<String>>);

impl Witness {
    /// Remembers a run as far as it is now.
    pub(crate) fn remember(&self, folder: &RunFolder) {
        self.hashes().insert(folder.done_so_far().to_string());
    }

    /// Whether it is a run that was made here, and is as it was left.
    pub(crate) fn made(&self, folder: &RunFolder) -> bool {
        self.hashes().contains(folder.done_so_far())
    }

    fn hashes(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the tenant's user has the e-mail that was sent. Auth0 keeps it in lower case.
pub(crate) fn has_email(profile: &Value, sent: &str) -> bool {
    let email = profile["email"].as_str().unwrap_or_default();
    email.to_lowercase() == sent.trim().to_lowercase()
}
