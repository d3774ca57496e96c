//! Tests that wait go by a clock that is turned: a wait is over at once, and has taken its time.

use std::time::{SystemTime, UNIX_EPOCH};

use auth0_bulk_users::Duration;
use auth0_bulk_users::seams::{Clock, Turned};

/// The time of a test's thread, from here to the test's end.
pub(crate) struct TurnedTime {
    clock: Clock,
    _turned: Turned,
}

/// Turns the clock of this thread, which shows the system's time at first. Practice tenants that the thread starts from here on go
/// by it, too. Threads and processes that it begins do not: each turns a clock of its own, or goes by the system's.
pub(crate) fn turned_time() -> TurnedTime {
    let clock = Clock::at(system_micros());
    let turned = clock.turn();
    TurnedTime {
        clock,
        _turned: turned,
    }
}

impl TurnedTime {
    /// How long the call takes, and what comes of it.
    pub(crate) fn of<T>(&self, call: impl FnOnce() -> T) -> (Duration, T) {
        let before = self.clock.passed();
        let done = call();
        (self.clock.passed() - before, done)
    }
}

/// What this thread's clock shows, in microseconds since 1970, if it is turned.
pub(crate) fn shown() -> Option<u64> {
    Clock::of_thread().map(|clock| clock.unix_micros())
}

/// What time it is for this thread, since 1970.
pub(crate) fn now() -> Duration {
    Duration::from_micros(shown().unwrap_or_else(system_micros))
}

/// Lets this thread's clock show no less than the system's: what starts now begins with that.
pub(crate) fn catch_up() {
    if let Some(clock) = Clock::of_thread() {
        let behind = system_micros().saturating_sub(clock.unix_micros());
        clock.pass(Duration::from_micros(behind));
    }
}

fn system_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap().as_micros()).unwrap()
}
