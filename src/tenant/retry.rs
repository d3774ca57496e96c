//! Sends requests again if that is safe. The error's kind decides; `Retry` counts, waits and says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::{self, Deadline};
use crate::error::messages::{say_fault, say_wait};
use crate::error::{Error, ErrorKind, Result};
use crate::secrets::random_bytes;

/// The first wait after a fault; each one after it is twice as long, up to the longest. Auth0's SDKs begin with 250 ms, too
/// (go-auth0, `internal/client`).
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// Between two words on waiting for the same reason.
const SILENCE: Duration = Duration::from_secs(30);

/// When the last line about waiting was printed, for each reason and for all clones together: another reason is news.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(Arc<Mutex<HashMap<ErrorKind, Instant>>>);

impl Words {
    /// Whether it is time for a line about this reason, as at its first wait; then it counts as printed.
    pub(crate) fn are_due(&self, reason: ErrorKind) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = said.get(&reason);
        let due = last.is_none_or(|last| clock::since(*last) >= SILENCE);
        if due {
            said.insert(reason, clock::instant());
        }
        due
    }
}

/// Whether a request whose answer was lost may be sent a second time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lost {
    /// It is a read or a deletion, which changes nothing when repeated.
    SendAgain,
    /// It may have taken effect: an upload, a sign-in.
    GiveUp,
}

/// The most failures in a row: this many, and all that come within that time. A missing answer takes half a minute, so a count
/// is not enough.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    faults: u32,
    time: Duration,
}

impl Patience {
    /// Two minutes: a run takes hours, and the tenant's trouble is as a rule short.
    pub(crate) fn of_a_run() -> Patience {
        Patience {
            faults: 4,
            time: Duration::from_secs(120),
        }
    }
}

impl From<u32> for Patience {
    fn from(faults: u32) -> Patience {
        let time = Duration::ZERO;
        Patience { faults, time }
    }
}

/// How many faults in a row are borne, and until when.
#[derive(Debug)]
pub(crate) struct Retry {
    deadline: Deadline,
    patience: Patience,
    faults: u32,
    /// When the first of them came.
    since: Instant,
    /// Whether a fault came before, since which a limit may have been told.
    had_fault: bool,
    words: Words,
}

impl Retry {
    pub(crate) fn new(deadline: Deadline, patience: Patience, words: &Words) -> Retry {
        Retry {
            deadline,
            patience,
            faults: 0,
            since: clock::instant(),
            had_fault: false,
            words: words.clone(),
        }
    }

    /// Asks until there is an answer. `ask` is told whether an answer was lost before.
    pub(crate) fn ask<T>(mut self, lost: Lost, ask: impl FnMut(bool) -> Result<T>) -> Result<T> {
        let mut ask = ask;
        let mut before = None;
        loop {
            let error = match ask(self.had_fault) {
                Err(error) if lost == Lost::GiveUp && error.pause().is_none() => return Err(error),
                Err(error) => error,
                answer => return answer,
            };
            match self.wait_after(&error)? {
                Some(wait) => clock::wait(wait),
                // The time was over before this request was answered, or sent. What the tenant said before it tells more.
                None if self.deadline.is_over() && is_about_time(&error) => {
                    return Err(before.unwrap_or(error));
                }
                None => return Err(error),
            }
            before = Some(error);
        }
    }

    /// How long to wait before it is asked again; the error itself, where asking again is of no use or the wait would end too
    /// late.
    pub(crate) fn pause(&mut self, error: Error) -> Result<Duration> {
        self.wait_after(&error)?.ok_or(error)
    }

    /// A limit (the rate or a token quota) refused the request before it did anything. So it is not a failure, and is waited
    /// for as long as there is time. It also shows that the tenant is there, so earlier failures no longer count. A missing job
    /// slot is not retried here.
    fn wait_after(&mut self, error: &Error) -> Result<Option<Duration>> {
        let limit = error.pause();
        let wait = match limit {
            Some(wait) => {
                self.faults = 0;
                wait.mul_f64(1.0 + 0.25 * chance()?)
            }
            None if error.may_pass() && self.is_patient() => {
                self.faults += 1;
                self.had_fault = true;
                backoff(self.faults)?
            }
            None => return Ok(None),
        };
        if wait >= self.deadline.left() {
            return Ok(None);
        }
        if self.words.are_due(error.kind()) {
            match limit {
                Some(wait) => say_wait(error, wait),
                None => say_fault(error),
            }
        }
        Ok(Some(wait))
    }

    /// Whether one more failure is allowed.
    fn is_patient(&mut self) -> bool {
        if self.faults == 0 {
            self.since = clock::instant();
        }
        self.faults < self.patience.faults || clock::since(self.since) < self.patience.time
    }

    /// An answer came: what went wrong before it is forgotten.
    pub(crate) fn answered(&mut self) {
        self.faults = 0;
    }

    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.left()
    }

    pub(crate) fn check_time(&self) -> Result<()> {
        in_time(&self.deadline)
    }
}

fn is_about_time(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::OutOfTime)
}

/// The error of a call whose time is over.
pub(crate) fn in_time(deadline: &Deadline) -> Result<()> {
    if deadline.is_over() {
        return Err(Error::out_of_time(deadline.limit));
    }
    Ok(())
}

/// How long to wait after the first fault, the second, ...: longer each time, by chance a little more or less, so that
/// many who were cut off together do not come back together.
pub(crate) fn backoff(faults: u32) -> Result<Duration> {
    let longer = 2_u32.pow(faults.clamp(1, 8) - 1);
    let wait = (FIRST_WAIT * longer).min(LONGEST_WAIT);
    Ok(wait.mul_f64(0.75 + chance()? / 2.0))
}

/// Between 0 and 1.
fn chance() -> Result<f64> {
    Ok(f64::from(random_bytes(1)?[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{TurnedClock, turned};

    /// How many answers of this length a run waits for, and for how long, if none comes.
    fn borne(each: Duration) -> (u32, Duration) {
        let clock = TurnedClock::at(1_000_000);
        turned(&clock, || {
            let far = Deadline::after(Duration::from_secs(86_400));
            let mut retry = Retry::new(far, Patience::of_a_run(), &Words::default());
            let mut asked = 0;
            loop {
                asked += 1;
                clock::wait(each);
                match retry.pause(Error::timed_out("GET /api/v2/jobs")) {
                    Ok(wait) => clock::wait(wait),
                    Err(_) => return (asked, clock.passed()),
                }
            }
        })
    }

    #[test]
    fn a_run_bears_faults_for_two_minutes_however_long_an_answer_takes() {
        let (asked, passed) = borne(Duration::ZERO);
        assert!(asked > 8 && passed.as_secs() < 150, "{asked} in {passed:?}");
        let (asked, passed) = borne(Duration::from_secs(30));
        assert!(
            asked <= 6 && passed.as_secs() < 200,
            "{asked} in {passed:?}"
        );
    }

    #[test]
    fn a_limit_between_faults_forgets_them() {
        let clock = TurnedClock::at(1_000_000);
        turned(&clock, || {
            let far = Deadline::after(Duration::from_secs(86_400));
            let mut retry = Retry::new(far, 2.into(), &Words::default());
            for _ in 0..9 {
                let fault = Error::timed_out("GET /api/v2/jobs");
                retry.pause(fault).unwrap();
                let second = Duration::from_secs(1);
                let limit = Error::rate_limited("GET /api/v2/jobs", "too many", second);
                retry.pause(limit).unwrap();
            }
        });
    }

    #[test]
    fn a_wait_for_another_reason_is_told_although_one_was_told_just_now() {
        let clock = TurnedClock::at(1_000_000);
        turned(&clock, || {
            let words = Words::default();
            assert!(words.are_due(ErrorKind::RateLimited));
            assert!(words.are_due(ErrorKind::TokenQuota));
            assert!(!words.clone().are_due(ErrorKind::RateLimited));
            clock.pass(SILENCE);
            assert!(words.are_due(ErrorKind::RateLimited));
        });
    }
}
