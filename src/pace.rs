//! When to ask: never over the rate, and when a job should have ended rather than all the time.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

const FIRST_READ: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How near two bounds of a job's time must be for the time to count as known.
const NEAR: f64 = 0.98;

/// Keeps requests under a rate: in no second are there more than allowed. Those that are may come at once, so that a
/// slot found free is filled without a pause.
pub(crate) struct Pace {
    at_once: usize,
    window: Duration,
    latest: VecDeque<Instant>,
    not_before: Instant,
    pub(crate) sent: u64,
}

impl Pace {
    pub(crate) fn new(per_second: f64) -> Pace {
        let at_once = per_second.floor().max(1.0);
        Pace {
            at_once: at_once as usize,
            // A little longer than it must be: requests do not all take the same time to arrive.
            window: Duration::from_secs_f64(at_once / per_second * 1.05),
            latest: VecDeque::new(),
            not_before: Instant::now(),
            sent: 0,
        }
    }

    /// Waits until a request may be sent.
    pub(crate) fn wait(&mut self) {
        if self.latest.len() == self.at_once
            && let Some(oldest) = self.latest.pop_front()
        {
            self.not_before = self.not_before.max(oldest + self.window);
        }
        thread::sleep(self.not_before.saturating_duration_since(Instant::now()));
        self.latest.push_back(Instant::now());
        self.sent += 1;
    }

    /// No request before `wait` from now.
    pub(crate) fn pause(&mut self, wait: Duration) {
        self.not_before = self.not_before.max(Instant::now() + wait);
    }
}

/// What is known of how long jobs take, in seconds for each user: between the longest that a job was seen pending and
/// the shortest that one was seen ended. Reads in between bring the two together.
#[derive(Default)]
pub(crate) struct Estimate {
    pending: f64,
    ended: Option<f64>,
}

impl Estimate {
    /// Seconds for each user.
    pub(crate) fn ended(&self) -> Option<f64> {
        self.ended
    }

    /// How long after its beginning to ask after a job first.
    pub(crate) fn first_read(&self, users: usize) -> Duration {
        let Some(ended) = self.ended else {
            return FIRST_READ;
        };
        let when = if self.pending < ended * NEAR {
            (self.pending + ended) / 2.0
        } else {
            ended
        };
        Duration::from_secs_f64(when * users as f64) + Duration::from_millis(20)
    }

    /// A job of this age is pending: how long until it is asked after again.
    pub(crate) fn pending(&mut self, age: Duration, users: usize) -> Duration {
        let each = age.as_secs_f64() / users as f64;
        self.pending = self.pending.max(each);
        match self.ended {
            Some(ended) if each < ended * 0.995 => {
                Duration::from_secs_f64((ended - each) * users as f64) + Duration::from_millis(20)
            }
            // Slower than any before it: what was known no longer holds.
            Some(_) => {
                self.ended = Some(each * 1.02);
                (age / 60).clamp(FIRST_READ / 5, LONGEST_WAIT)
            }
            // A tenth of the time it has taken is little beside it.
            None => (age / 10).clamp(FIRST_READ / 2, LONGEST_WAIT),
        }
    }

    /// A job of this age was found to have ended.
    pub(crate) fn learn(&mut self, age: Duration, users: usize) {
        let each = age.as_secs_f64() / users as f64;
        self.ended = Some(self.ended.map_or(each, |known| known.min(each)));
        if self.pending >= each {
            // Faster than any before it.
            self.pending = each * 0.9;
        }
    }
}
