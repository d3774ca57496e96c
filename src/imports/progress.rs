//! What a long run prints while it runs: short whole lines, less and less often, and only if something has changed.

use std::time::{Duration, Instant};

use crate::clock;
use crate::imports::run::Run;
use crate::jobs::JobId;
use crate::jobs::wait::PENDING;
use crate::jobs::wait::at_published_speeds;
use crate::progress::LastLine;
use crate::say::say;
use crate::words::{count, grouped, in_words, span_in_words};

const FIRST_WORD: Duration = Duration::from_secs(2);
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

pub(crate) struct Progress {
    began: Instant,
    said: Instant,
    silence: Duration,
    /// The last line, without the speed and the time left.
    last: LastLine,
    /// Users in files that were sent before this call, which has not seen how long those took.
    before: f64,
    slots_told: bool,
    guessed: bool,
    /// Undocumented statuses that were already reported.
    statuses: Vec<String>,
}

impl Progress {
    pub(crate) fn new(run: &Run) -> Progress {
        let sent = run.files.iter().filter(|state| state.uploads() > 0);
        let before: usize = sent.map(crate::imports::file_state::FileState::count).sum();
        Progress {
            began: clock::instant(),
            said: clock::instant(),
            silence: FIRST_WORD,
            last: LastLine::default(),
            before: before as f64,
            slots_told: false,
            guessed: false,
            statuses: Vec::new(),
        }
    }

    /// Says once that a job has a status that is not one of Auth0's.
    pub(crate) fn status(&mut self, job: &JobId, status: &str) {
        if status != PENDING && !self.statuses.iter().any(|told| told == status) {
            self.statuses.push(status.to_string());
            say!(
                "job {job} has the status `{status}`, which Auth0 does not document: it is treated as running"
            );
        }
    }

    /// How long until the next progress line.
    pub(crate) fn next_word(&self) -> Duration {
        self.silence.saturating_sub(clock::since(self.said))
    }

    /// Prints the run's progress when it is time. `running`: files at work, and the share of each that is or should be done;
    /// `left`: the time that the jobs report, if they do and nothing comes after them.
    pub(crate) fn say(&mut self, run: &Run, running: &[(usize, f64)], left: Option<Duration>) {
        if clock::since(self.said) < self.silence {
            return;
        }
        self.said = clock::instant();
        self.silence = (self.silence * 5 / 4).min(LONGEST_SILENCE);
        let (ended, done) = (done(run, &[]), done(run, running));
        let total: usize = run
            .files
            .iter()
            .map(crate::imports::file_state::FileState::count)
            .sum();
        let speed = (done - self.before) / clock::since(self.began).as_secs_f64();
        let measured = done > self.before;
        let of = if run.sealed.is_some() {
            grouped(total)
        } else {
            format!("{} or more", grouped(total))
        };
        let by_speed = || Duration::try_from_secs_f64((total as f64 - done).max(0.0) / speed).ok();
        let left = left.or_else(|| by_speed().filter(|_| measured));
        // At first, only Auth0's known speeds are available.
        let unknown = left.is_none() && run.sealed.is_some();
        let guess = if unknown && !std::mem::replace(&mut self.guessed, true) {
            format!(
                "; at the speeds that Auth0's staff name it takes {} in all",
                span_in_words(at_published_speeds(total))
            )
        } else {
            String::new()
        };
        let speed = match measured {
            true => format!(", {} a second", grouped(speed.round())),
            false if ended > 0.0 => String::new(),
            false => ", no job has ended yet".to_string(),
        };
        let left = left.map_or(String::new(), |left| {
            format!(", about {} left", in_words(left))
        });
        let waits = run.sealed.is_none() && run.open_files().is_empty();
        let source = if waits {
            ", waiting for more users"
        } else {
            ""
        };
        let about = if done > ended { "about " } else { "" };
        let how_far = format!("{about}{} of {of} users", grouped(done.round()));
        let running = format!("; {} running{source}", count(running.len(), "job"));
        if self.last.is_news(&format!("{how_far}{running}")) {
            say!("{how_far}{speed}{left}{running}{guess}");
        }
    }

    /// Says once that others hold the slots.
    pub(crate) fn slots_held(&mut self, own: usize) {
        if !std::mem::replace(&mut self.slots_told, true) {
            say!(
                "jobs of others hold the tenant's slots, besides {} of this run: waiting for one to end",
                count(own, "job")
            );
        }
    }
}

fn done(run: &Run, running: &[(usize, f64)]) -> f64 {
    let ended = run.files.iter().filter(|state| state.end().is_some());
    let ended: usize = ended
        .map(crate::imports::file_state::FileState::count)
        .sum();
    let shares = running
        .iter()
        .map(|(file, share)| share * run.files[file - 1].count() as f64);
    ended as f64 + shares.sum::<f64>()
}
