//! What time it is, how long something took, and waiting. Whatever here asks for the time asks this file.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time, to measure from.
pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) fn since(then: Instant) -> Duration {
    now().saturating_duration_since(then)
}

/// How long it is until then; nothing, when that is past.
pub(crate) fn until(then: Instant) -> Duration {
    then.saturating_duration_since(now())
}

pub(crate) async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

/// What comes of it, if it comes within the time.
pub(crate) async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, future).await.ok()
}

pub(crate) fn unix_seconds() -> i64 {
    unix_millis().div_euclid(1000)
}

fn unix_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}

/// Now as Auth0 writes times: ISO 8601, UTC, milliseconds.
pub(crate) fn timestamp() -> String {
    timestamp_before(Duration::ZERO)
}

/// The time so long ago, written the same way, so that times compare as texts.
pub(crate) fn timestamp_before(age: Duration) -> String {
    let millis = unix_millis() - i64::try_from(age.as_millis()).unwrap_or(0);
    let (millis, seconds) = (millis.rem_euclid(1000), millis.div_euclid(1000));
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + i64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    format!(
        "{year:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        month + 1,
        days + 1,
        rest / 3600,
        rest % 3600 / 60,
        rest % 60
    )
}
