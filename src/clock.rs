//! What time it is, how long something takes, and waiting. No other file asks the system for any of the three.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since 1970; 0 where the machine's clock is set before that.
pub(crate) fn unix_seconds() -> u64 {
    unix_millis() / 1000
}

/// Milliseconds since 1970; 0 where the machine's clock is set before that.
pub(crate) fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// A time to measure from: it never goes back, whatever the machine's clock is set to.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// How long ago that was; nothing where it is to come.
pub(crate) fn since(then: Instant) -> Duration {
    instant().saturating_duration_since(then)
}

/// How long ago that was by the machine's clock; `None` where it is to come, as after a clock was set back.
pub(crate) fn age(then: SystemTime) -> Option<Duration> {
    SystemTime::now().duration_since(then).ok()
}

/// Lets so much time pass.
pub(crate) fn wait(time: Duration) {
    thread::sleep(time);
}

/// What another thread sends, if it comes within `time`.
pub(crate) fn receive<T>(from: &Receiver<T>, time: Duration) -> Result<T, RecvTimeoutError> {
    from.recv_timeout(time)
}

/// When a call must be over: handed down to each request and each wait of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    /// `None`: so late that no clock shows it.
    at: Option<Instant>,
    pub(crate) limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Deadline {
        let at = instant().checked_add(limit);
        Deadline { at, limit }
    }

    pub(crate) fn left(&self) -> Duration {
        let left = |at: Instant| at.saturating_duration_since(instant());
        self.at.map_or(Duration::MAX, left)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    pub(crate) fn waited(&self) -> Duration {
        self.limit.saturating_sub(self.left())
    }
}
