//! The time, and waiting. Only the program asks for the time; everything that answers gets the moment as a parameter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hyper::header::HeaderMap;
use practice_tenant::Moment;

/// The machine's time at the start, counted on from there; it never goes back, whatever the machine's clock is set to. Or, if
/// clients turn it, a time that stands still until one does.
pub(crate) struct Clock {
    began: Instant,
    began_at: u64,
    turned: Option<AtomicU64>,
}

/// The header with a client's own time, in microseconds since 1970.
const NOW: &str = "x-practice-now";

impl Clock {
    pub(crate) fn start(is_turned: bool) -> Clock {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let began_at = since.map_or(0, micros);
        Clock {
            began: Instant::now(),
            began_at,
            turned: is_turned.then(|| AtomicU64::new(began_at)),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        let passed = || self.began_at.saturating_add(micros(self.began.elapsed()));
        let turned = self.turned.as_ref();
        Moment(turned.map_or_else(passed, |at| at.load(Ordering::SeqCst)))
    }

    /// Turns it forward to the time of a request, never back, and begins to count skipped waits.
    pub(crate) fn turn(&self, headers: &HeaderMap) -> Turn {
        let said = headers
            .get(NOW)
            .and_then(|now| now.to_str().ok()?.parse().ok());
        if let (Some(turned), Some(now)) = (&self.turned, said) {
            turned.fetch_max(now, Ordering::SeqCst);
        }
        let took = self.turned.is_some().then(AtomicU64::default);
        Turn { took }
    }
}

/// The time of one request on a clock that may be turned.
pub(crate) struct Turn {
    took: Option<AtomicU64>,
}

impl Turn {
    /// Waits for that long. On a turned clock this takes no time, and is counted.
    pub(crate) async fn wait(&self, time: Duration) {
        match &self.took {
            Some(took) => drop(took.fetch_add(micros(time), Ordering::SeqCst)),
            None => wait(time).await,
        }
    }

    /// Microseconds that were not waited for.
    pub(crate) fn took(&self) -> Option<u64> {
        self.took.as_ref().map(|took| took.load(Ordering::SeqCst))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) fn instant() -> Instant {
    Instant::now()
}

pub(crate) fn since(then: Instant) -> Duration {
    then.elapsed()
}

pub(crate) async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// The result, if it comes within the time.
pub(crate) async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, future).await.ok()
}
