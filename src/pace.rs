//! When to ask: never over the rate, and when a job should have ended rather than all the time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const FIRST_READ: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How near two bounds of a job's time must be for the time to count as known.
const NEAR: f64 = 0.98;
/// Requests remembered, and so the most that any pace lets through in a second.
const REMEMBERED: usize = 10_000;

/// The requests a tenant was sent lately, whoever asked: a run begins where the cells before it left off.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// When each was answered, by which time the tenant has counted it for certain.
    latest: VecDeque<Instant>,
    pub(crate) count: u64,
}

impl Traffic {
    /// A request was answered, or lost.
    pub(crate) fn note(&mut self) {
        self.count += 1;
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(Instant::now());
    }
}

/// Keeps requests under a rate: in no second are there more than allowed. Those that are may come at once, so that a
/// slot found free is filled without a pause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    at_once: usize,
    window: Duration,
}

impl Pace {
    pub(crate) fn new(per_second: f64) -> Pace {
        Pace {
            at_once: (per_second as usize).clamp(1, REMEMBERED),
            window: Duration::from_secs_f64((1.0 / per_second).max(1.0)),
        }
    }

    /// How long until the next request may be sent; `None` when it may be now.
    pub(crate) fn wait(self, traffic: &Traffic) -> Option<Duration> {
        let oldest = traffic.latest.len().checked_sub(self.at_once)?;
        let due = traffic.latest[oldest] + self.window;
        let wait = due.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
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
