//! The time, durations and waiting. No other file asks the system for any of them.
//!
//! The time is the system's, unless this thread is inside [`turned`]. Then it is a clock that its owner turns: a wait ends at
//! once but counts in full, so hours of an import pass in seconds.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

thread_local! {
    /// Set by [`turned`] during its call. It keeps nothing from one cell to the next.
    static TURNED: RefCell<Option<Arc<TurnedClock>>> = const { RefCell::new(None) };
}

/// A clock that stands still until it is turned.
#[derive(Debug)]
pub(crate) struct TurnedClock {
    /// The start from which instants are counted. It comes from the system, since an `Instant` cannot be made from a number.
    base: Instant,
    began: SystemTime,
    passed_micros: AtomicU64,
    /// How far the machine's clock has been set forward or back since then.
    set_micros: AtomicI64,
}

impl TurnedClock {
    /// A clock that shows this many microseconds since 1970.
    pub(crate) fn at(unix_micros: u64) -> Arc<TurnedClock> {
        Arc::new(TurnedClock {
            base: Instant::now(),
            began: UNIX_EPOCH + Duration::from_micros(unix_micros),
            passed_micros: AtomicU64::new(0),
            set_micros: AtomicI64::new(0),
        })
    }

    /// Lets this much time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let add = |passed: u64| Some(passed.saturating_add(micros).min(MOST_MICROS));
        let _ = self
            .passed_micros
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// How much time has passed since it was made.
    pub(crate) fn passed(&self) -> Duration {
        Duration::from_micros(self.passed_micros.load(Ordering::Relaxed))
    }

    /// How much of the system's time has passed since it was made.
    pub(crate) fn really_passed(&self) -> Duration {
        self.base.elapsed()
    }

    /// Sets what the machine's clock shows, as its owner may; instants go on as they did.
    #[cfg(feature = "simulation")]
    pub(crate) fn set(&self, by_micros: i64) {
        self.set_micros.fetch_add(by_micros, Ordering::Relaxed);
    }

    /// What it shows, in microseconds since 1970.
    pub(crate) fn unix_micros(&self) -> u64 {
        let since = self.system().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(0))
    }

    fn instant(&self) -> Instant {
        self.base + self.passed()
    }

    fn system(&self) -> SystemTime {
        let set = self.set_micros.load(Ordering::Relaxed);
        let by = Duration::from_micros(set.unsigned_abs());
        let now = self.began + self.passed();
        if set < 0 { now - by } else { now + by }
    }
}

/// A century: the limit of a wait without a limit, short enough for every type of time.
const MOST_MICROS: u64 = 100 * 366 * 86_400 * 1_000_000;
/// How long an empty wait takes on a turned clock, so that a loop of them ends.
const SHORTEST_WAIT: Duration = Duration::from_micros(100);

/// Makes the call with that clock. Threads that the call starts use the system's clock.
pub(crate) fn turned<T>(clock: &Arc<TurnedClock>, call: impl FnOnce() -> T) -> T {
    let _turned = Turned::by(clock);
    call()
}

/// While it exists, its thread uses a turned clock.
#[derive(Debug)]
pub(crate) struct Turned {
    before: Option<Arc<TurnedClock>>,
    /// Another thread has another clock, so it stays in its own.
    _thread: PhantomData<*const ()>,
}

impl Turned {
    pub(crate) fn by(clock: &Arc<TurnedClock>) -> Turned {
        Turned {
            before: TURNED.replace(Some(Arc::clone(clock))),
            _thread: PhantomData,
        }
    }
}

impl Drop for Turned {
    fn drop(&mut self) {
        TURNED.replace(self.before.take());
    }
}

/// The clock of [`turned`], inside it.
pub(crate) fn turned_clock() -> Option<Arc<TurnedClock>> {
    TURNED.with_borrow(Clone::clone)
}

/// Whether a wait takes no time.
pub(crate) fn is_turned() -> bool {
    TURNED.with_borrow(Option::is_some)
}

fn system_time() -> SystemTime {
    TURNED
        .with_borrow(|clock| clock.as_ref().map(|clock| clock.system()))
        .unwrap_or_else(SystemTime::now)
}

/// Seconds since 1970; 0 if the machine's clock is set before that.
pub(crate) fn unix_seconds() -> u64 {
    unix_millis() / 1000
}

/// Milliseconds since 1970; 0 if the machine's clock is set before that.
pub(crate) fn unix_millis() -> u64 {
    system_time()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// A time to measure from: it never goes back, whatever the machine's clock is set to.
pub(crate) fn instant() -> Instant {
    TURNED
        .with_borrow(|clock| clock.as_ref().map(|clock| clock.instant()))
        .unwrap_or_else(Instant::now)
}

/// How long ago that was; zero if it is in the future.
pub(crate) fn since(then: Instant) -> Duration {
    instant().saturating_duration_since(then)
}

/// How long ago a file was written at that time; `None` if that is in the future, as after a clock was set back. The system
/// dates its files, so this goes by the system's clock, whatever this thread's is turned to.
pub(crate) fn age_of_file(written: SystemTime) -> Option<Duration> {
    SystemTime::now().duration_since(written).ok()
}

/// Lets this much time pass.
pub(crate) fn wait(time: Duration) {
    match turned_clock() {
        Some(clock) => clock.pass(time.max(SHORTEST_WAIT)),
        None => thread::sleep(time),
    }
}

/// Waits a moment for another thread or program. That one uses the system's time, so this wait takes real time.
pub(crate) fn wait_for_others(time: Duration) {
    thread::sleep(time);
    if let Some(clock) = turned_clock() {
        clock.pass(time);
    }
}

/// What another thread sends, if it arrives within `time`. That thread uses the system's time, so this wait takes real time.
pub(crate) fn receive<T>(from: &Receiver<T>, time: Duration) -> Result<T, RecvTimeoutError> {
    let received = from.recv_timeout(time);
    if let (Err(RecvTimeoutError::Timeout), Some(clock)) = (&received, turned_clock()) {
        clock.pass(time);
    }
    received
}

/// When a call must end: passed to each of its requests and waits.
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
