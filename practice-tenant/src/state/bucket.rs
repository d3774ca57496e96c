//! A limit of requests: a bucket of tokens, as documented. Each request takes one, and it fills again with time.

use std::time::Duration;

use crate::moment::Moment;

pub(crate) struct Bucket {
    tokens: f64,
    /// When there were so many.
    at: Moment,
    /// Tokens a second, and how many there can be.
    rate: f64,
    burst: f64,
    /// How often it is filled.
    every: Duration,
}

/// Tenths of tokens do not add up to whole ones exactly.
const NEAR: f64 = 1e-9;

/// What the headers say about a limit.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) limit: i64,
    pub(crate) left: i64,
    /// Seconds until the next token, at most.
    pub(crate) next: i64,
}

impl Bucket {
    /// One by the second, which is filled all the time.
    pub(crate) fn by_second(rate: f64, burst: f64, now: Moment) -> Bucket {
        Bucket {
            tokens: burst,
            at: now,
            rate,
            burst,
            every: Duration::from_micros(1),
        }
    }

    /// One by the minute, which is filled each second (D: "Rate Limit Policy": per-minute rates are refilled every second).
    pub(crate) fn by_minute(a_minute: f64, burst: f64, now: Moment) -> Bucket {
        Bucket {
            every: Duration::from_secs(1),
            ..Bucket::by_second(a_minute / 60.0, burst, now)
        }
    }

    /// Fills it up to that moment.
    pub(crate) fn fill(&mut self, now: Moment) {
        let every = self.every.as_micros() as u64;
        let filled = Moment(now.0 / every * every);
        let since = filled.since(Moment(self.at.0 / every * every));
        self.tokens = (self.tokens + since.as_secs_f64() * self.rate).min(self.burst);
        self.at = filled;
    }

    pub(crate) fn has_one(&self) -> bool {
        self.tokens >= 1.0 - NEAR
    }

    pub(crate) fn take(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
    }

    pub(crate) fn told(&self) -> Told {
        Told {
            limit: self.burst as i64,
            left: (self.tokens + NEAR) as i64,
            next: (1.0 / self.rate).ceil() as i64,
        }
    }
}
