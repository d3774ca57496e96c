//! The rate limit: a bucket of tokens, as documented. Each request takes one, and it fills again with time.

use std::time::Instant;

use crate::clock;

pub(crate) struct Bucket {
    tokens: f64,
    /// When there were so many.
    at: Instant,
}

impl Bucket {
    pub(crate) fn of(burst: f64) -> Bucket {
        Bucket {
            tokens: burst,
            at: clock::now(),
        }
    }

    /// Takes a token out, and says how many are left; `None`: there was none.
    pub(crate) fn take(&mut self, rate: f64, burst: f64) -> Option<f64> {
        let filled = (self.tokens + clock::since(self.at).as_secs_f64() * rate).min(burst);
        let left = Some(filled - 1.0).filter(|left| *left >= 0.0);
        *self = Bucket {
            tokens: left.unwrap_or(filled),
            at: clock::now(),
        };
        left
    }
}
