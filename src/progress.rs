//! The progress of a long call, printed while it runs.

use std::time::{Duration, Instant};

use crate::clock;
use crate::say::say;
use crate::words::{grouped, in_words};

const FIRST_WORD: Duration = Duration::from_secs(2);

/// Prints the progress of a call with many requests after two seconds, and then every two seconds.
pub(crate) struct Tally {
    began: Instant,
    said: Instant,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally {
            began: clock::instant(),
            said: clock::instant(),
        }
    }

    /// Prints the progress if the total is unknown.
    pub(crate) fn say_so_far(&mut self, done: usize, what: &str) {
        if clock::since(self.said) >= FIRST_WORD {
            self.said = clock::instant();
            say!("{} {what}", grouped(done));
        }
    }

    pub(crate) fn say(&mut self, done: usize, total: usize, what: &str) {
        if clock::since(self.said) >= FIRST_WORD && done < total {
            self.said = clock::instant();
            let each = clock::since(self.began).as_secs_f64() / done as f64;
            // The total comes from a tenant, and may be anything.
            let left = Duration::try_from_secs_f64(each * (total - done) as f64);
            let left = left.map_or(String::new(), |left| {
                format!(", about {} left", in_words(left))
            });
            say!("{} of {} {what}{left}", grouped(done), grouped(total));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_that_cannot_be_is_no_time() {
        let began = clock::instant() - 2 * FIRST_WORD;
        for (done, total) in [(0, 5), (1, 5), (1, usize::MAX)] {
            let mut tally = Tally { began, said: began };
            tally.say(done, total, "read");
            assert!(tally.said > began);
        }
    }
}
