//! The progress of a long call, printed while it runs.

use std::time::{Duration, Instant};

use crate::clock;
use crate::say::say;
use crate::words::{grouped, in_words};

/// Until the first word, and between two words at the end of a long call.
pub(crate) const FIRST_WORD: Duration = Duration::from_secs(2);
const LONGEST_SILENCE: Duration = Duration::from_secs(20);

/// The next silence: each is a quarter longer, so that a long call does not fill the page.
pub(crate) fn longer(silence: Duration) -> Duration {
    (silence * 5 / 4).min(LONGEST_SILENCE)
}

/// Prints the progress of a call with many requests after two seconds, and then less and less often.
pub(crate) struct Tally {
    began: Instant,
    said: Instant,
    silence: Duration,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally {
            began: clock::instant(),
            said: clock::instant(),
            silence: FIRST_WORD,
        }
    }

    /// Whether it is time to print, which restarts the silence.
    fn is_time(&mut self) -> bool {
        let is_time = clock::since(self.said) >= self.silence;
        if is_time {
            self.said = clock::instant();
            self.silence = longer(self.silence);
        }
        is_time
    }

    /// Prints the progress if the total is unknown.
    pub(crate) fn say_so_far(&mut self, done: usize, what: &str) {
        if self.is_time() {
            say!("{} {what}", grouped(done));
        }
    }

    pub(crate) fn say(&mut self, done: usize, total: usize, what: &str) {
        if done < total && self.is_time() {
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

/// For how long a line that says the same as the one before is not said again.
const SAME: Duration = Duration::from_secs(60);

/// What was said last: a line that says the same says nothing. The kernel hands on whole lines only and a saved notebook keeps
/// each of them, so none can be written over.
#[derive(Default)]
pub(crate) struct LastLine(Option<(String, Instant)>);

impl LastLine {
    /// Whether this is worth a line: something changed, or it was so long ago that a reader wants to hear again.
    pub(crate) fn is_news(&mut self, words: &str) -> bool {
        let is_same = |(last, at): &(String, Instant)| last == words && clock::since(*at) < SAME;
        let is_news = !self.0.as_ref().is_some_and(is_same);
        if is_news {
            self.0 = Some((words.to_string(), clock::instant()));
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_until_a_minute_is_over() {
        let mut line = LastLine::default();
        assert!(line.is_news("0 of 5"));
        assert!(!line.is_news("0 of 5"));
        assert!(line.is_news("1 of 5"));
        line.0 = Some(("1 of 5".to_string(), clock::instant() - SAME));
        assert!(line.is_news("1 of 5"));
    }

    #[test]
    fn a_total_that_cannot_be_is_no_time() {
        let began = clock::instant() - 2 * FIRST_WORD;
        for (done, total) in [(0, 5), (1, 5), (1, usize::MAX)] {
            let mut tally = Tally {
                began,
                said: began,
                silence: FIRST_WORD,
            };
            tally.say(done, total, "read");
            assert!(tally.said > began);
        }
    }
}
