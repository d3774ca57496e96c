//! Keeps requests under the rate.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock;

/// Requests remembered, and so the most that any pace lets through in a second.
const REMEMBERED: usize = 10_000;
/// Until it is looked again whether another thread's request was answered.
const UNDER_WAY: Duration = Duration::from_millis(10);

/// Requests a second of Auth0's free plan, which imports and removals keep to by default (docs/how-the-import-job-behaves.md).
pub(crate) const FREE_PLAN: f64 = 2.0;

/// The latest requests to a tenant from all callers: a call starts where the earlier ones left off.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// When each was answered, by which time the tenant has counted it for certain.
    latest: VecDeque<Instant>,
    /// Sent and not answered yet, by other threads.
    under_way: usize,
    pub(crate) count: u64,
    /// Whether the last answer said that over half of what the tenant takes at once is left.
    has_room: bool,
}

impl Traffic {
    /// A request is about to be sent.
    pub(crate) fn begin(&mut self) {
        self.under_way += 1;
    }

    /// A request was answered, or lost; `told`: what the tenant takes at once and what is left of that, as its answer says.
    pub(crate) fn note(&mut self, told: Option<(u64, u64)>) {
        self.count += 1;
        self.under_way = self.under_way.saturating_sub(1);
        self.has_room = told.is_some_and(|(limit, left)| left > limit / 2);
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(clock::instant());
    }
}

/// Keeps requests under a rate: in no second are there more than allowed. Those that are may come at once, so that a
/// slot found free is filled without a pause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    at_once: usize,
    window: Duration,
    /// Whether it is faster as long as the tenant tells that it has room.
    adapts: bool,
}

impl Pace {
    /// At most this many a second, whatever the tenant says.
    pub(crate) fn new(per_second: f64) -> Pace {
        Pace {
            at_once: (per_second as usize).clamp(1, REMEMBERED),
            window: Duration::from_secs_f64((1.0 / per_second).max(1.0)),
            adapts: false,
        }
    }

    /// At most this many a second, or more as long as the tenant says (`x-ratelimit-limit`, `x-ratelimit-remaining`) that over
    /// half of what it takes at once is left. The other half is for other users of the tenant.
    pub(crate) fn adapting(per_second: f64) -> Pace {
        Pace {
            adapts: true,
            ..Pace::new(per_second)
        }
    }

    /// How long until the next request may be sent; `None` when it may be now.
    pub(crate) fn wait(self, traffic: &Traffic) -> Option<Duration> {
        if self.adapts && traffic.has_room {
            return None;
        }
        let free = self.at_once.saturating_sub(traffic.under_way);
        if free == 0 {
            return Some(UNDER_WAY);
        }
        let oldest = traffic.latest[traffic.latest.len().checked_sub(free)?];
        let wait = self.window.saturating_sub(clock::since(oldest));
        (!wait.is_zero()).then_some(wait)
    }
}
