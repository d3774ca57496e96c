//! What a handle of a tenant and its clones have imported, so that a clean-up finds it whatever became of the cells in between.
//!
//! Of an upload it keeps by what each user is known, and no password, hash or metadata; of a run its folder, which has the rest.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// By what a user is known, in the tenant and in an error report.
#[derive(Clone, Debug)]
pub(crate) struct RowKey {
    pub(crate) email: String,
    pub(crate) user_id: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) phone_number: Option<String>,
}

/// All that was imported, in order, and who was deleted since.
#[derive(Default)]
pub(crate) struct Imported {
    all: Mutex<Vec<Import>>,
    /// The e-mails of users who were deleted, as eight bytes each.
    deleted: Mutex<HashSet<u64>>,
}

/// One import.
#[derive(Clone)]
pub(crate) enum Import {
    /// An upload that was taken, or may have been.
    Upload(Upload),
    /// A run that was begun or resumed, by its folder.
    Run(PathBuf),
}

/// An upload, as far as a removal of its users needs it.
#[derive(Clone)]
pub(crate) struct Upload {
    /// Under which the tenant's log has it; no other upload has the same.
    pub(crate) correlation_id: String,
    pub(crate) connection_id: String,
    /// The connection's name, as far as it is known.
    pub(crate) connection: Option<String>,
    pub(crate) users: Arc<[RowKey]>,
    pub(crate) sent_at: Instant,
    /// `None`: it was not answered, so it is not known whether it was taken.
    pub(crate) job: Option<TakenJob>,
}

/// The job of an upload that was taken.
#[derive(Clone)]
pub(crate) struct TakenJob {
    pub(crate) id: String,
    /// When it was accepted, by the tenant's clock.
    pub(crate) created_at: String,
    /// When it was last seen at work, by the tenant's clock.
    pub(crate) at_work: Option<i64>,
    /// When it was first seen to have ended, by the tenant's clock.
    pub(crate) seen_at: Option<i64>,
}

impl Import {
    /// Whether it is the run of that folder.
    pub(crate) fn is_run(&self, folder: &Path) -> bool {
        matches!(self, Import::Run(its) if its == folder)
    }
}

impl Imported {
    pub(crate) fn all(&self) -> Vec<Import> {
        self.list().clone()
    }

    /// An upload is about to be sent.
    pub(crate) fn sending(&self, upload: Upload) {
        self.list().push(Import::Upload(upload));
    }

    /// It was taken.
    pub(crate) fn accepted(&self, correlation_id: &str, connection: Option<&str>, job: TakenJob) {
        for upload in uploads(&mut self.list()) {
            if upload.correlation_id == correlation_id {
                upload.connection = connection.map(str::to_string).or(upload.connection.take());
                upload.job = Some(job);
                return;
            }
        }
    }

    /// It was certainly not taken.
    pub(crate) fn not_taken(&self, correlation_id: &str) {
        let is_it = |import: &Import| matches!(import, Import::Upload(upload) if upload.correlation_id == correlation_id);
        self.list().retain(|import| !is_it(import));
    }

    /// A job was seen at work.
    pub(crate) fn at_work(&self, job: &str, at: Option<i64>) {
        if let Some(its) = job_of(&mut self.list(), job) {
            its.at_work = its.at_work.max(at);
        }
    }

    /// A job was seen to have ended. Returns when it was last seen at work, and when it was first seen to have ended, which is the
    /// nearest to its end; of a job that this handle did not send, what it is given.
    pub(crate) fn ended(
        &self,
        job: &str,
        at_work: Option<i64>,
        seen_at: Option<i64>,
    ) -> (Option<i64>, Option<i64>) {
        let mut list = self.list();
        let Some(its) = job_of(&mut list, job) else {
            return (at_work, seen_at);
        };
        its.seen_at = its.seen_at.or(seen_at);
        (its.at_work.max(at_work), its.seen_at)
    }

    /// A run was begun or resumed.
    pub(crate) fn run(&self, folder: &Path) {
        let mut list = self.list();
        if !list.iter().any(|import| import.is_run(folder)) {
            list.push(Import::Run(folder.to_path_buf()));
        }
    }

    /// A run sent nobody, and its folder was deleted.
    pub(crate) fn forget_run(&self, folder: &Path) {
        self.list().retain(|import| !import.is_run(folder));
    }

    fn list(&self) -> MutexGuard<'_, Vec<Import>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A user with that e-mail was deleted.
    pub(crate) fn deleted(&self, email: &str) {
        let mut deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        deleted.insert(of_email(email));
    }

    /// Whether a user with that e-mail was deleted with this handle.
    pub(crate) fn has_deleted(&self, email: &str) -> bool {
        let deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        deleted.contains(&of_email(email))
    }
}

fn of_email(email: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    email.trim().to_lowercase().hash(&mut hasher);
    hasher.finish()
}

fn job_of<'a>(list: &'a mut [Import], job: &str) -> Option<&'a mut TakenJob> {
    let jobs = uploads(list).filter_map(|upload| upload.job.as_mut());
    jobs.filter(|its| its.id == job).last()
}

fn uploads(list: &mut [Import]) -> impl Iterator<Item = &mut Upload> {
    list.iter_mut().filter_map(|import| match import {
        Import::Upload(upload) => Some(upload),
        Import::Run(_) => None,
    })
}
