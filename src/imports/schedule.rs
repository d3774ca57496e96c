//! Which request comes next: jobs two at a time, each slot filled the moment it is free, never over the rate.
//!
//! One thread does it all. A request takes milliseconds and a job minutes, so nothing is gained by more, and the
//! order in which things are written down is the order in which they happened.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock::{self, Deadline, unix_millis};
use crate::connections::ConnectionId;
use crate::error::{Error, ErrorKind, Result};
use crate::imports::coming::{Files, Next};
use crate::imports::estimate::{Asked, Estimate};
use crate::imports::folder::packed_name;
use crate::imports::journal::Entry;
use crate::imports::options::ImportOptions;
use crate::imports::progress::Progress;
use crate::imports::run::Run;
use crate::imports::settle;
use crate::jobs::upload::upload;
use crate::jobs::wait::{JobProgress, JobState, read_job};
use crate::jobs::{JobId, JobStatus, Summary, send_upload};
use crate::say::say;
use crate::tenant::Tenant;
use crate::tenant::retry::{Retry, backoff};

const IDLE: Duration = Duration::from_millis(500);
/// Short, so that a file just packed is not kept waiting.
const NAP: Duration = Duration::from_millis(100);
/// Waits for a slot that somebody else's job holds: jobs take minutes.
const SLOT_WAIT: Duration = Duration::from_secs(2);
const LONGEST_SLOT_WAIT: Duration = Duration::from_secs(30);
/// Faults in a row, of any request, after which the run stops: some two minutes.
const FAULTS_BORNE: u32 = 12;
/// For an answer that is on its way when the time is over: of an upload that was cut off it is not known whether it was taken.
const LAST_ANSWER: Duration = Duration::from_secs(10);
/// Uploads of one file, when its job ends without a word of its rows.
const UPLOADS: u32 = 3;

/// A job that runs.
struct Running {
    file: usize,
    job: JobId,
    since: Instant,
    /// Whether this call sees it from its beginning, so that its time tells how long jobs take.
    whole: bool,
    asked: Asked,
    /// When to ask whatever its age: at once after one that others have sent, and after a fault.
    ask_at: Option<Instant>,
    /// What it said of itself, and when.
    progress: Option<(JobProgress, Instant)>,
}

pub(crate) struct Schedule<'a> {
    connection: &'a ConnectionId,
    options: &'a ImportOptions,
    run: &'a mut Run,
    /// For what is asked until it is answered.
    tenant: Tenant,
    /// For what there is something else to do meanwhile.
    at_once: Tenant,
    retry: Retry,
    waiting: VecDeque<usize>,
    upload_after: Instant,
    slot_wait: Duration,
    running: Vec<Running>,
    estimate: Estimate,
    progress: Progress,
}

impl<'a> Schedule<'a> {
    /// `tenant`: one that keeps to the rate.
    pub(crate) fn new(
        tenant: &Tenant,
        connection: &'a ConnectionId,
        options: &'a ImportOptions,
        run: &'a mut Run,
    ) -> Schedule<'a> {
        let last_answer = Deadline::after(options.time_limit.saturating_add(LAST_ANSWER));
        let (now, deadline) = (clock::instant(), Deadline::after(options.time_limit));
        let (mut waiting, mut running) = (VecDeque::new(), Vec::new());
        for file in run.open_files() {
            let state = &run.files[file - 1];
            let Some(job) = state.job.clone() else {
                waiting.push_back(file);
                continue;
            };
            let age = unix_millis().saturating_sub(state.accepted_at.unwrap_or(u64::MAX));
            running.push(Running {
                file,
                job,
                since: now.checked_sub(Duration::from_millis(age)).unwrap_or(now),
                whole: false,
                asked: Asked::not_yet(state.count()),
                ask_at: Some(now),
                progress: None,
            });
        }
        Schedule {
            connection,
            options,
            retry: tenant.retry(deadline, FAULTS_BORNE),
            at_once: tenant.until(last_answer, FAULTS_BORNE).impatient(),
            tenant: tenant.until(last_answer, FAULTS_BORNE),
            progress: Progress::new(run),
            run,
            waiting,
            upload_after: now,
            slot_wait: SLOT_WAIT,
            running,
            estimate: Estimate::new(options.slots, options.requests_per_second),
        }
    }

    /// Works until every file is done.
    pub(crate) fn work(&mut self, mut files: Files) -> Result<()> {
        loop {
            self.take_from(&mut files)?;
            let all = matches!(files, Files::Packed);
            if all && self.waiting.is_empty() && self.running.is_empty() {
                return Ok(());
            }
            self.retry.check_time()?;
            self.step(files.may_come())?;
            let left = self.left().filter(|_| all);
            self.progress.say(self.run, &self.shares(), left);
        }
    }

    /// The files at work, and the share of each that is done: by its job's own word, else by how long jobs take.
    fn shares(&self) -> Vec<(usize, f64)> {
        let share = |running: &Running| {
            let rows = self.run.files[running.file - 1].count() as f64;
            let expected = self.estimate.each().map(|seconds| seconds * rows);
            let guess =
                || expected.map_or(0.0, |all| clock::since(running.since).as_secs_f64() / all);
            let said = running.progress.and_then(|(progress, _)| progress.share);
            (running.file, said.unwrap_or_else(|| guess().min(0.95)))
        };
        self.running.iter().map(share).collect()
    }

    /// How long the jobs that run will take, by their own word, when every one of them gives it and none comes after.
    fn left(&self) -> Option<Duration> {
        let left = |running: &Running| {
            let (progress, at) = running.progress?;
            Some(progress.left?.saturating_sub(clock::since(at)))
        };
        let all: Option<Vec<Duration>> = self.running.iter().map(left).collect();
        all.filter(|_| self.waiting.is_empty())?.into_iter().max()
    }

    /// Takes what has been packed meanwhile; waits a little for it when there is nothing else to do.
    fn take_from(&mut self, files: &mut Files) -> Result<()> {
        while self.waiting.len() < 2 && !matches!(files, Files::Packed) {
            let idle = self.running.is_empty() && self.waiting.is_empty();
            match files.next(if idle { IDLE } else { Duration::ZERO }) {
                Next::Step(step) => self.waiting.extend(self.run.take(step?)?),
                Next::NotYet => return Ok(()),
                Next::NoMore if self.run.sealed.is_some() => *files = Files::Packed,
                Next::NoMore => return Err(Error::source_panicked()),
            }
        }
        Ok(())
    }

    /// The one thing that is due next, or a wait. `may_come`: whether a file may be there at any moment.
    fn step(&mut self, may_come: bool) -> Result<()> {
        let now = clock::instant();
        let may_upload = self.running.len() < self.options.slots && now >= self.upload_after;
        if may_upload && let Some(file) = self.waiting.pop_front() {
            return self.upload(file);
        }
        let all = self.running.iter().enumerate();
        let due = all.map(|(index, running)| (self.due(running), index)).min();
        if let Some((at, index)) = due
            && at <= now
        {
            return self.read(index);
        }
        let wake = due.map_or(now + IDLE, |(at, _)| at);
        let wake = if self.waiting.is_empty() || self.running.len() >= self.options.slots {
            wake
        } else {
            wake.min(self.upload_after)
        };
        let nap = if may_come {
            NAP
        } else {
            self.progress.next_word()
        };
        let nap = nap.min(self.retry.time_left());
        clock::wait(wake.saturating_duration_since(now).min(nap));
        Ok(())
    }

    /// When a job is to be asked after.
    fn due(&self, running: &Running) -> Instant {
        let age = self.estimate.next(&running.asked);
        let at = running.since.checked_add(age.min(self.options.job_limit));
        let ask_at = running.ask_at.or(at);
        ask_at.unwrap_or_else(|| clock::instant() + SLOT_WAIT)
    }

    fn upload(&mut self, file: usize) -> Result<()> {
        let state = &self.run.files[file - 1];
        let bytes = self
            .run
            .folder
            .read(&packed_name(file), &state.packed_sha256)?;
        let users = state.count();
        let upload = upload(self.connection, &self.options.job, bytes, users)?;
        let correlation_id = self.run.correlation_id();
        self.run.note(Entry::Sending { file })?;
        match send_upload(&self.at_once, upload, &correlation_id) {
            Ok(accepted) => {
                self.retry.answered();
                self.slot_wait = SLOT_WAIT;
                let job = accepted.id;
                self.run.note(Entry::Accepted {
                    file,
                    job: job.to_string(),
                    at: unix_millis(),
                    created_at: accepted.created_at,
                    connection: accepted.connection,
                })?;
                self.running.push(Running {
                    file,
                    job,
                    since: clock::instant(),
                    whole: true,
                    asked: Asked::not_yet(users),
                    ask_at: None,
                    progress: None,
                });
                Ok(())
            }
            Err(error) => {
                self.waiting.push_front(file);
                self.not_uploaded(file, error)
            }
        }
    }

    fn not_uploaded(&mut self, file: usize, error: Error) -> Result<()> {
        match error.kind() {
            ErrorKind::NoJobSlot => {
                self.retry.answered();
                self.run.note(Entry::NotTaken { file })?;
                self.progress.slots_held(self.running.len());
                self.upload_after = clock::instant() + self.slot_wait;
                self.slot_wait = (self.slot_wait * 3 / 2).min(LONGEST_SLOT_WAIT);
                Ok(())
            }
            ErrorKind::RateLimited | ErrorKind::TokenQuota => {
                self.run.note(Entry::NotTaken { file })?;
                self.hold(error)
            }
            kind if kind.may_pass() => {
                let wait = self.retry.pause(error)?;
                self.upload_after = clock::instant() + wait;
                Ok(())
            }
            // It was taken, and which job it became is not known.
            ErrorKind::BadAnswer => Err(error),
            _ => {
                self.run.note(Entry::NotTaken { file })?;
                Err(error)
            }
        }
    }

    /// Waits as a limit asks: until then nothing else is answered either.
    fn hold(&mut self, error: Error) -> Result<()> {
        clock::wait(self.retry.pause(error)?);
        Ok(())
    }

    fn read(&mut self, index: usize) -> Result<()> {
        self.at_once.wait_for_rate()?;
        let sent = clock::since(self.running[index].since);
        match read_job(&self.at_once, &self.running[index].job) {
            Ok(JobState::Pending { progress, status }) => {
                self.retry.answered();
                self.progress.status(&self.running[index].job, &status);
                let running = &mut self.running[index];
                running.progress = Some((progress, clock::instant()));
                running.ask_at = None;
                let age = clock::since(running.since);
                running.asked.pending(sent, age);
                if age >= self.options.job_limit {
                    let running = self.running.remove(index);
                    return self.settle_expired(running.file);
                }
                Ok(())
            }
            Ok(JobState::Ended {
                status,
                summary,
                seen_at,
                ..
            }) => {
                self.retry.answered();
                let running = self.running.remove(index);
                self.run.files[running.file - 1].ended_at = Some(unix_millis());
                self.run.files[running.file - 1].seen_at = seen_at;
                if running.whole {
                    let age = clock::since(running.since);
                    self.estimate.learn(&running.asked, age);
                }
                // The slot is free: the next upload comes before the report of this one.
                self.fill_slot()?;
                self.ended(running.file, &running.job, &status, summary)
            }
            // Its data is gone, after 24 hours or sooner: what it did, the users' ids tell.
            Err(error) if error.status() == Some(404) => {
                let running = self.running.remove(index);
                self.again_or_settle(running.file)
            }
            Err(error) if error.pause().is_some() => self.hold(error),
            Err(error) if error.may_pass() => {
                let wait = self.retry.pause(error)?;
                self.running[index].ask_at = Some(clock::instant() + wait);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn fill_slot(&mut self) -> Result<()> {
        if clock::instant() >= self.upload_after
            && let Some(file) = self.waiting.pop_front()
        {
            self.upload(file)?;
        }
        Ok(())
    }

    fn ended(
        &mut self,
        file: usize,
        job: &JobId,
        status: &JobStatus,
        summary: Option<Summary>,
    ) -> Result<()> {
        match (status, summary) {
            (JobStatus::Completed, Some(summary)) => {
                let end = settle::completed(&self.tenant, self.run, file, job, summary)?;
                self.run.finish(end)
            }
            // Nothing is said of the rows.
            _ => self.again_or_settle(file),
        }
    }

    /// Sends a file again whose job ended without a word; users who came in by it are known by their ids.
    fn again_or_settle(&mut self, file: usize) -> Result<()> {
        let uploads = self.run.files[file - 1].uploads;
        if uploads < UPLOADS {
            say!("sending file {file} again: its job ended without a word on its users");
            self.run.files[file - 1].job = None;
            self.waiting.push_back(file);
            self.upload_after = self.upload_after.max(clock::instant() + backoff(uploads)?);
            return Ok(());
        }
        let end = settle::without_report(&self.tenant, self.run, file, false)?;
        self.run.finish(end)
    }

    /// A job that may still be running must not be sent again.
    fn settle_expired(&mut self, file: usize) -> Result<()> {
        let end = settle::without_report(&self.tenant, self.run, file, true)?;
        self.run.finish(end)
    }
}
