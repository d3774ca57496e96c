//! Never over the rate.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

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
