//! Which request comes next: jobs two at a time, each slot filled the moment it is free, never over the rate.
//!
//! One thread does it all. A request takes milliseconds and a job takes minutes, so more threads would gain nothing, and things
//! are recorded in the order in which they happen.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock::{self, Deadline, unix_millis};
use crate::connections::ConnectionId;
use crate::error::{Error, ErrorKind, Result};
use crate::imports::coming::{Files, Next};
use crate::imports::estimate::{Asked, Estimate};
use crate::imports::file_state::{Ended, Stage};
use crate::imports::folder::packed_name;
use crate::imports::journal::Entry;
use crate::imports::options::ImportOptions;
use crate::imports::progress::Progress;
use crate::imports::run::Run;
use crate::imports::settle::{Purpose, Settling};
use crate::imports::verdict::Silence;
use crate::jobs::upload::upload;
use crate::jobs::wait::{APPEARS, JobProgress, JobState, read_job, supposed_end};
use crate::jobs::{Accepted, JobId, JobStatus, Summary, send_upload};
use crate::say::say;
use crate::tenant::Tenant;
use crate::tenant::answer::millis;
use crate::tenant::retry::{Patience, Retry, backoff};

const IDLE: Duration = Duration::from_millis(500);
/// Short, so that a file just packed is not kept waiting.
const NAP: Duration = Duration::from_millis(100);
/// The wait for a slot that somebody else's job holds: jobs take minutes.
const SLOT_WAIT: Duration = Duration::from_secs(2);
const LONGEST_SLOT_WAIT: Duration = Duration::from_secs(30);
/// An upsert that was sent longer ago is not sent again, since its users may have changed.
const JUST_NOW: Duration = Duration::from_secs(600);
/// Between two looks at an unknown job.
const UNKNOWN_WAIT: Duration = Duration::from_secs(1);
/// Extra time for an answer that is on its way: it would be unknown whether a cut-off upload was accepted.
const LAST_ANSWER: Duration = Duration::from_secs(10);
/// The most uploads of one file, if its jobs end without saying anything about its rows.
const UPLOADS: u32 = 3;

/// A job that runs.
struct Running {
    file: usize,
    job: JobId,
    /// When it was accepted, or when this call found it.
    since: Instant,
    /// When it was accepted, by the tenant's clock.
    created: Option<i64>,
    /// Whether this call sees it from its beginning, so its time shows how long jobs take.
    whole: bool,
    asked: Asked,
    /// When to look whatever its age: at once if others have sent it, and after a fault.
    ask_at: Option<Instant>,
    /// What it reported, and when.
    progress: Option<(JobProgress, Instant)>,
    /// When this call last saw it at work, by the tenant's clock, which goes on while this machine sleeps.
    at_work: Option<i64>,
}

pub(crate) struct Schedule<'a> {
    connection: &'a ConnectionId,
    options: &'a ImportOptions,
    run: &'a mut Run,
    /// It asks once, since there may be something else to do.
    tenant: Tenant,
    retry: Retry,
    waiting: VecDeque<usize>,
    upload_after: Instant,
    slot_wait: Duration,
    /// Uploads since the last that was answered of which it is not known whether they were taken.
    lost_in_a_row: u32,
    running: Vec<Running>,
    settling: Vec<Settling>,
    estimate: Estimate,
    progress: Progress,
}

impl<'a> Schedule<'a> {
    /// `tenant` keeps to the rate.
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
            match state.taken() {
                None => waiting.push_back(file),
                Some(taken) => running.push(Running {
                    file,
                    job: taken.job.clone(),
                    since: now,
                    created: taken.created_at.as_deref().and_then(millis),
                    whole: false,
                    asked: Asked::not_yet(state.count()),
                    ask_at: Some(now),
                    progress: None,
                    at_work: None,
                }),
            }
        }
        Schedule {
            connection,
            options,
            retry: tenant.retry(deadline, Patience::of_a_run()),
            tenant: tenant.until(last_answer, Patience::of_a_run()).impatient(),
            progress: Progress::new(run),
            run,
            waiting,
            upload_after: now,
            slot_wait: SLOT_WAIT,
            lost_in_a_row: 0,
            running,
            settling: Vec::new(),
            estimate: Estimate::new(options.slots, options.requests_per_second),
        }
    }

    /// Works until every file is done.
    pub(crate) fn work(&mut self, mut files: Files) -> Result<()> {
        loop {
            self.take_from(&mut files)?;
            let all = matches!(files, Files::Packed);
            if all && self.is_idle() {
                return Ok(());
            }
            self.retry.check_time()?;
            self.step(files.may_come())?;
            let left = self.left().filter(|_| all);
            self.progress.say(self.run, &self.shares(), left);
        }
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty() && self.settling.is_empty()
    }

    /// The files being imported, and the share of each that is done, as reported by its job or else estimated from how long
    /// jobs take.
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

    /// How long the running jobs will take, if every one of them reports it and none comes after.
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
            match files.next(if self.is_idle() { IDLE } else { Duration::ZERO }) {
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
        let settles = self.settles(now);
        if let Some((at, index)) = settles
            && at <= now
        {
            return self.settle(index);
        }
        let wake = due.into_iter().chain(settles).map(|(at, _)| at).min();
        let wake = wake.unwrap_or(now + IDLE);
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
        if self.options.overwrites() && state.was_sent_long_ago(unix_millis()) {
            return self.account(file, Silence::Gone, Purpose::Account);
        }
        let name = packed_name(file);
        let bytes = self.run.folder.read(&name, &state.packed_sha256)?;
        let users = state.count();
        let upload = upload(self.connection, &self.options.job, bytes, users)?;
        let correlation_id = self.run.correlation_id();
        let at = unix_millis();
        self.run.note(Entry::Sending { file, at })?;
        match send_upload(&self.tenant, upload, &correlation_id) {
            Ok(accepted) => {
                self.retry.answered();
                self.slot_wait = SLOT_WAIT;
                self.lost_in_a_row = 0;
                self.accepted(file, accepted)
            }
            Err(error) => {
                self.waiting.push_front(file);
                self.not_uploaded(file, error)
            }
        }
    }

    fn accepted(&mut self, file: usize, accepted: Accepted) -> Result<()> {
        self.running.push(Running {
            file,
            job: accepted.id.clone(),
            since: clock::instant(),
            created: accepted.created_at.as_deref().and_then(millis),
            whole: true,
            asked: Asked::not_yet(self.run.files[file - 1].count()),
            ask_at: None,
            progress: None,
            at_work: None,
        });
        self.run.note(Entry::Accepted {
            file,
            job: accepted.id.to_string(),
            at: unix_millis(),
            created_at: accepted.created_at,
            connection: accepted.connection,
        })
    }

    fn not_uploaded(&mut self, file: usize, error: Error) -> Result<()> {
        use ErrorKind::{NoJobSlot, RateLimited, TokenQuota};
        let is_of_a_token = error.is_unsent();
        if !is_of_a_token && matches!(error.kind(), NoJobSlot | RateLimited | TokenQuota) {
            self.lost_in_a_row = 0;
        }
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
                if error.is_unsent() {
                    self.run.note(Entry::NotTaken { file })?;
                }
                // Answers to looks at jobs say nothing of uploads, each of which may become a job.
                self.lost_in_a_row += 1;
                let wait = self.retry.pause(error)?.max(backoff(self.lost_in_a_row)?);
                self.upload_after = clock::instant() + wait;
                Ok(())
            }
            // It was accepted, but its job is unknown.
            ErrorKind::BadAnswer => Err(error),
            // Something on the way may have sent it twice, and tells of the second time.
            _ if error.status() == Some(409) => Err(error),
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
        self.tenant.wait_for_rate()?;
        let (sent, asked_at) = (clock::since(self.running[index].since), unix_millis());
        match read_job(&self.tenant, &self.running[index].job) {
            Ok(JobState::Pending {
                progress,
                status,
                seen_at,
            }) => {
                self.retry.answered();
                self.progress.status(&self.running[index].job, &status);
                let running = &mut self.running[index];
                running.progress = Some((progress, clock::instant()));
                running.ask_at = None;
                running.asked.pending(sent, clock::since(running.since));
                running.is_at_work(seen_at);
                if running.age(seen_at) >= self.options.job_limit {
                    let running = self.running.remove(index);
                    // A file whose job may still be running must not be sent again.
                    return self.account(running.file, Silence::NotEnded, Purpose::Account);
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
                let state = &mut self.run.files[running.file - 1];
                state.was_seen_to_end(running.ended(state.count(), seen_at));
                if running.whole {
                    let age = clock::since(running.since);
                    self.estimate.learn(&running.asked, age);
                }
                self.ended(&running, &status, summary)
            }
            Err(error) if error.status() == Some(404) => {
                self.retry.answered();
                self.unknown(index, sent, asked_at)
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

    fn ended(
        &mut self,
        running: &Running,
        status: &JobStatus,
        summary: Option<Summary>,
    ) -> Result<()> {
        match (status, summary) {
            (JobStatus::Completed, Some(summary)) => {
                let (file, job) = (running.file, &running.job);
                let settling = Settling::completed(self.run, file, job, summary)?;
                self.settling.push(settling);
                Ok(())
            }
            // Nothing is said of the rows.
            _ => self.without_a_word(running, Silence::Failed),
        }
    }

    /// The tenant did not know the job when it was asked: not yet, or no longer, as after 24 hours. `sent` and `asked_at` say when that
    /// was, since the answer may have taken long.
    fn unknown(&mut self, index: usize, sent: Duration, asked_at: u64) -> Result<()> {
        let running = &mut self.running[index];
        let accepted = self.run.files[running.file - 1].taken();
        let age = match running.whole {
            true => sent,
            false => {
                let at = accepted.map_or(0, |taken| taken.at);
                Duration::from_millis(asked_at.saturating_sub(at))
            }
        };
        if age < APPEARS {
            running.ask_at = Some(clock::instant() + UNKNOWN_WAIT);
            return Ok(());
        }
        let running = self.running.remove(index);
        self.without_a_word(&running, Silence::Gone)
    }

    /// A file whose job says nothing about its rows. Sending an insert again does no harm, since the users that the job
    /// imported are refused. An upsert overwrites later changes, so it is sent again at once or not at all.
    fn without_a_word(&mut self, running: &Running, why: Silence) -> Result<()> {
        let file = running.file;
        let is_upsert = self.options.overwrites();
        let may_send = self.run.files[file - 1].uploads() < UPLOADS;
        match why {
            Silence::Failed if may_send && (!is_upsert || running.is_of_just_now()) => {
                self.send_again(file)
            }
            Silence::Gone if may_send && !is_upsert => {
                self.account(file, why, Purpose::OrSendAgain)
            }
            Silence::Failed if is_upsert && !running.whole => {
                self.account(file, Silence::Gone, Purpose::Account)
            }
            _ => self.account(file, why, Purpose::Account),
        }
    }

    fn account(&mut self, file: usize, why: Silence, purpose: Purpose) -> Result<()> {
        let settling = Settling::silent(self.run, file, why, purpose)?;
        self.settling.push(settling);
        Ok(())
    }

    /// Sends a file again if its job ended without saying anything; users that it imported are known by their ids.
    fn send_again(&mut self, file: usize) -> Result<()> {
        say!("sending file {file} again: its job ended without saying anything about its users");
        let state = &mut self.run.files[file - 1];
        state.stage = Stage::Waiting;
        let wait = backoff(state.uploads())?;
        // At once, as an upsert must be.
        self.waiting.push_front(file);
        self.upload_after = self.upload_after.max(clock::instant() + wait);
        Ok(())
    }

    /// Which file is to be accounted for next, and when. A file with nothing left to ask is due at once.
    fn settles(&mut self, now: Instant) -> Option<(Instant, usize)> {
        let rate = self.options.requests_per_second;
        let all = self.settling.iter_mut().enumerate();
        all.map(|(index, settling)| (settling.due(rate).unwrap_or(now), index))
            .min()
    }

    /// One request for a file that is being accounted for, or its end.
    fn settle(&mut self, index: usize) -> Result<()> {
        let rate = self.options.requests_per_second;
        if self.settling[index].due(rate).is_none() {
            let settled = self.settling.remove(index);
            if settled.purpose == Purpose::OrSendAgain && !settled.all_are_here() {
                return self.send_again(settled.file);
            }
            let end = settled.end(self.run);
            return self.run.finish(end);
        }
        match self.settling[index].ask(&self.tenant, self.run) {
            Ok(()) => {
                self.retry.answered();
                Ok(())
            }
            Err(error) if error.pause().is_some() => self.hold(error),
            Err(error) if error.may_pass() => {
                let wait = self.retry.pause(error)?;
                self.settling[index].wait(wait);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl Running {
    /// Whether it was sent so short ago that its users are as they were.
    fn is_of_just_now(&self) -> bool {
        self.whole && clock::since(self.since) < JUST_NOW
    }

    /// The job's age. If the job was found again, this goes by the tenant's clock, if the tenant gives the time, since this
    /// machine's clock may have been set. Otherwise it counts from when the job was found.
    fn age(&self, seen_at: Option<i64>) -> Duration {
        let told = seen_at.zip(self.created).filter(|_| !self.whole);
        let told = told.map(|(seen_at, created)| seen_at.saturating_sub(created));
        let told = told.and_then(|millis| u64::try_from(millis).ok());
        told.map_or_else(|| clock::since(self.since), Duration::from_millis)
    }

    /// When its job ended. If it was not looked at for long before it was seen to have ended, it is supposed how long it took.
    fn ended(&self, rows: usize, seen_at: Option<i64>) -> Ended {
        let supposed = self
            .created
            .map(|created| supposed_end(created, self.at_work.unwrap_or(created), rows));
        let is_before = |supposed| seen_at.is_none_or(|seen_at| supposed < seen_at);
        let is_supposed = supposed.is_some_and(is_before);
        Ended {
            at: unix_millis(),
            seen_at: if is_supposed { supposed } else { seen_at },
            is_supposed,
        }
    }

    /// The job was seen at work at that time of the tenant's. Where the tenant gives no time, it goes by how long ago it was sent.
    fn is_at_work(&mut self, seen_at: Option<i64>) {
        let sent_ago = clock::since(self.since).as_millis() as i64;
        let by_this_machine = self.created.filter(|_| self.whole);
        let by_this_machine = by_this_machine.map(|created| created.saturating_add(sent_ago));
        self.at_work = self.at_work.max(seen_at.or(by_this_machine));
    }
}
