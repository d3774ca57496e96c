//! Asking again while what keeps an answer away passes, and no longer than that.

use crate::error::messages::{say_fault, say_wait};
use crate::error::{Error, ErrorKind, Result};
use crate::secrets::random_bytes;
use crate::tenant::Tenant;
use std::thread;
use std::time::{Duration, Instant};

/// A tenant, how many faults in a row it has shown, and how much time there is.
pub(crate) struct Patience {
    pub(crate) tenant: Tenant,
    began: Instant,
    limit: Duration,
    most_faults: u32,
    faults: u32,
}

impl Patience {
    /// For `limit` from now and `most_faults` in a row, of any request.
    pub(crate) fn new(tenant: &Tenant, limit: Duration, most_faults: u32) -> Patience {
        Patience {
            tenant: tenant.impatient(),
            began: Instant::now(),
            limit,
            most_faults,
            faults: 0,
        }
    }

    /// Asks until there is an answer: for what may be asked twice.
    pub(crate) fn ask<T>(&mut self, ask: impl Fn(&Tenant) -> Result<T>) -> Result<T> {
        loop {
            self.check_time()?;
            match ask(&self.tenant) {
                Ok(answer) => {
                    self.answered();
                    return Ok(answer);
                }
                Err(error) if error.pause().is_some() => self.hold(error)?,
                Err(error) if error.may_pass() => thread::sleep(self.bear(error)?),
                Err(error) => return Err(error),
            }
        }
    }

    /// An answer came: what went wrong before it is forgotten.
    pub(crate) fn answered(&mut self) {
        self.faults = 0;
    }

    /// Waits as a limit asks, if it does not ask for too long. It is no fault, so it is borne for as long as there is
    /// time.
    pub(crate) fn hold(&self, error: Error) -> Result<()> {
        let Some(wait) = error.pause() else {
            return Err(error);
        };
        if error.kind() == ErrorKind::TokenQuota {
            say_wait(&error, wait);
        }
        thread::sleep(wait.min(self.limit.saturating_sub(self.began.elapsed())));
        Ok(())
    }

    pub(crate) fn check_time(&self) -> Result<()> {
        if self.began.elapsed() >= self.limit {
            return Err(Error::out_of_time(self.limit));
        }
        Ok(())
    }

    /// How long to wait after a fault.
    pub(crate) fn bear(&mut self, error: Error) -> Result<Duration> {
        self.faults += 1;
        if self.faults > self.most_faults {
            return Err(error);
        }
        say_fault(&error);
        backoff(self.faults)
    }
}

/// How long to wait after the first fault, the second, ...: longer each time, by chance a little more or less, so that
/// many who were cut off together do not come back together.
pub(crate) fn backoff(faults: u32) -> Result<Duration> {
    let seconds = (0.25 * f64::from(2_u32.pow(faults.clamp(1, 8) - 1))).min(20.0);
    let chance = f64::from(random_bytes(1)?[0]) / 255.0;
    Ok(Duration::from_secs_f64(seconds * (0.75 + chance / 2.0)))
}
