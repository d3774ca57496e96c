//! When to ask: never over the rate, and when a job should have ended rather than all the time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock;

/// Users an hour by two jobs with full files, as Auth0's staff have said of the free and the enterprise plan.
const USERS_AN_HOUR: (f64, f64) = (40_000.0, 400_000.0);
const FIRST_READ: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// After a job should have ended: what answers take, a little more.
const SLACK: Duration = Duration::from_millis(20);
const EARLY: f64 = 0.015;
const MOST_EARLY: f64 = 0.25;
/// Requests remembered, and so the most that any pace lets through in a second.
const REMEMBERED: usize = 10_000;
/// Until it is looked again whether another thread's request was answered.
const UNDER_WAY: Duration = Duration::from_millis(10);

/// How long jobs with so many users take at Auth0, at best and at worst.
pub(crate) fn at_published_speeds(users: usize) -> (Duration, Duration) {
    let hours = |an_hour: f64| Duration::from_secs_f64(users as f64 / an_hour * 3600.0);
    (hours(USERS_AN_HOUR.1), hours(USERS_AN_HOUR.0))
}

/// Requests a second of Auth0's free plan, which imports and removals keep to unless they are told otherwise
/// (docs/how-the-import-job-behaves.md).
pub(crate) const FREE_PLAN: f64 = 2.0;

/// The requests a tenant was sent lately, whoever asked: a call begins where those before it left off.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// When each was answered, by which time the tenant has counted it for certain.
    latest: VecDeque<Instant>,
    /// Sent and not answered yet, by other threads.
    under_way: usize,
    pub(crate) count: u64,
    /// Whether the last answer told that over half of what the tenant takes at once is left.
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
    /// At most so many a second, whatever the tenant tells.
    pub(crate) fn new(per_second: f64) -> Pace {
        Pace {
            at_once: (per_second as usize).clamp(1, REMEMBERED),
            window: Duration::from_secs_f64((1.0 / per_second).max(1.0)),
            adapts: false,
        }
    }

    /// At most so many a second, and more as long as the tenant tells (`x-ratelimit-limit`, `x-ratelimit-remaining`) that over
    /// half of what it takes at once is left: the other half is for those who use the tenant meanwhile.
    pub(crate) fn adapting(per_second: f64) -> Pace {
        Pace {
            adapts: true,
            ..Pace::new(per_second)
        }
    }

    /// Takes a place in the rate for one request, or tells how long until there may be one.
    pub(crate) fn take(self, traffic: &mut Traffic) -> std::result::Result<(), Duration> {
        if !(self.adapts && traffic.has_room) {
            let free = self.at_once.saturating_sub(traffic.under_way);
            if free == 0 {
                return Err(UNDER_WAY);
            }
            if let Some(oldest) = traffic.latest.len().checked_sub(free) {
                let wait = self
                    .window
                    .saturating_sub(clock::since(traffic.latest[oldest]));
                if !wait.is_zero() {
                    return Err(wait);
                }
            }
        }
        traffic.begin();
        Ok(())
    }
}

/// How long jobs take, in seconds for each user, by the one that ended last: a tenant is slow in one hour and fast in
/// another, so what was long ago says little.
#[derive(Default)]
pub(crate) struct Estimate {
    each: Option<f64>,
    /// The share of a job's expected time by which it is asked after too early, to see whether it is faster. Not for each
    /// job: at two requests a second, a read too many keeps the next upload waiting.
    early: f64,
}

impl Estimate {
    /// Seconds for each user.
    pub(crate) fn each(&self) -> Option<f64> {
        self.each
    }

    /// How long after its beginning to ask after a job first.
    pub(crate) fn first_read(&self, users: usize) -> Duration {
        self.each.map_or(FIRST_READ, |each| {
            Duration::from_secs_f64(each * users as f64 * (1.0 - self.early)) + SLACK
        })
    }

    /// A job of this age is pending: how long until it is asked after again. The slot it holds is idle for half of that,
    /// on average, once it has ended.
    pub(crate) fn pending(&self, age: Duration, users: usize) -> Duration {
        let Some(each) = self.each else {
            return (age / 10).clamp(FIRST_READ / 2, LONGEST_WAIT);
        };
        let expected = Duration::from_secs_f64(each * users as f64) + SLACK;
        if age < expected {
            return expected - age;
        }
        // Slower than the last, and nobody knows how much.
        let share = if age < expected.mul_f64(1.1) { 60 } else { 20 };
        (age / share).clamp(SLACK, LONGEST_WAIT)
    }

    /// A job of this age was found to have ended; `pending`: its age when it was last seen not to have.
    pub(crate) fn learn(&mut self, age: Duration, users: usize, pending: Option<Duration>) {
        self.each = Some(age.saturating_sub(SLACK).as_secs_f64() / users as f64);
        self.early = match pending {
            // It may have ended long before: the next is looked at earlier, and the one after that earlier still.
            None => (self.early * 2.0).clamp(EARLY, MOST_EARLY),
            Some(pending) if pending > age.mul_f64(1.0 - 2.0 * EARLY) => 0.0,
            Some(_) => EARLY,
        };
    }
}
