//! What processes know of jobs, by the answers that came to them, and what they may not send by that.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::plan::Import;
use crate::truth::known;

/// For this long after it was accepted, a job may not be known to the tenant yet.
const APPEARS: Duration = Duration::from_secs(10);
/// Between two uploads of which the first found no free slot.
const SLOT_WAIT: Duration = Duration::from_secs(2);

/// An upload that is about to be sent.
pub(super) struct Upload<'a> {
    pub(super) at: Duration,
    pub(super) process: usize,
    pub(super) rows: &'a [usize],
}

/// A job that was accepted.
#[derive(Debug)]
struct Known {
    at: Duration,
    process: usize,
    rows: Vec<usize>,
    last: Last,
    /// Which process was told that.
    told: usize,
}

/// What was last said of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Pending,
    Failed,
    Completed,
    /// The tenant does not know it.
    Unknown,
}

/// What processes know.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    jobs: BTreeMap<String, Known>,
    /// The job of the last answer, which a process that is killed has not written down.
    just_taken: Option<String>,
    /// When and by which process an upload found no slot.
    no_slot: Option<(Duration, usize)>,
}

impl Knowledge {
    /// Another process begins. What came in the last moment of the one before was not written down.
    pub(super) fn next_process(&mut self) {
        if let Some(job) = self.just_taken.take() {
            self.jobs.remove(&job);
        }
    }

    /// A request is sent, so the answer before it was written down.
    pub(super) fn goes_on(&mut self) {
        self.just_taken = None;
    }

    /// What is wrong with sending these rows now.
    pub(super) fn wrong(&self, import: &Import, upload: &Upload) -> Option<String> {
        let Upload { at, process, rows } = upload;
        let limit = Duration::from_secs(import.job_limit.min(7_200));
        // A job that is older than its limit was given up.
        let runs = |job: &&Known| job.last == Last::Pending && *at < job.at + limit;
        let running = self.jobs.values().filter(runs);
        if running.clone().count() >= import.slots {
            let (running, slots) = (running.count(), import.slots);
            return Some(format!(
                "an upload at {at:?} while {running} jobs were running, of {slots}"
            ));
        }
        let has_these = |job: &&Known| job.rows.iter().any(|row| rows.contains(row));
        if running.clone().any(|job| has_these(&job)) {
            return Some(format!(
                "rows {rows:?} were sent again at {at:?}, though a job that has them is running"
            ));
        }
        let soon = self.no_slot.filter(|(_, before)| before == process);
        if soon.is_some_and(|(then, _)| *at < then + SLOT_WAIT) {
            return Some(format!(
                "an upload at {at:?}, right after one that found no slot"
            ));
        }
        let mut accepted = self.jobs.values().filter(has_these);
        // The process that sent it may have begun to send it again, once it was told that the job had failed.
        let is_late = |job: &Known| job.last != Last::Failed || job.told != job.process;
        let is_sent_late = import.upsert && accepted.any(is_late);
        is_sent_late.then(|| {
            format!(
                "rows {rows:?} were upserted again at {at:?}, though a job was known to have them"
            )
        })
    }

    /// An upload was answered that a job has it.
    pub(super) fn accepted(&mut self, job: &str, upload: &Upload) {
        let known = Known {
            at: upload.at,
            process: upload.process,
            rows: upload.rows.to_vec(),
            last: Last::Pending,
            told: upload.process,
        };
        self.jobs.insert(job.to_string(), known);
        self.just_taken = Some(job.to_string());
    }

    /// An upload was answered that no slot is free.
    pub(super) fn found_no_slot(&mut self, upload: &Upload) {
        self.no_slot = Some((upload.at, upload.process));
    }

    /// A job was answered. An answer without a status, or a page, says nothing of it.
    pub(super) fn told(&mut self, job: &str, asked: &Upload, told: &Value, has_one_clock: bool) {
        let Some(known) = self.jobs.get_mut(job) else {
            return;
        };
        let is_young = known::YOUNG_JOBS_ARE_WAITED_FOR || has_one_clock;
        let is_young = is_young && asked.at < known.at + APPEARS;
        known.last = match told["status"].as_str() {
            Some("completed") => Last::Completed,
            Some("failed") => Last::Failed,
            _ if told["statusCode"] == 404 && !is_young => Last::Unknown,
            _ => return,
        };
        known.told = asked.process;
    }
}
