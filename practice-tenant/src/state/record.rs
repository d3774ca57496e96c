//! A record of requests and answers, as the tenant saw them.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use crate::moment::Moment;

/// How many requests are remembered: enough for all lessons several times, since their tests count requests.
const MOST: usize = 200_000;
/// Requests that one answer tells of.
const MOST_SHOWN: usize = 5_000;

/// A request that was made, and the status that it was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Moment,
    /// `GET` and the like; ten characters of it at most.
    pub method: String,
    /// The path without its query; 200 characters of it at most.
    pub path: String,
    /// The status, even if the answer was cut off; 200 if there was none.
    pub status: u16,
}

/// Each request, up to a limit: the first ones.
#[derive(Default)]
pub(crate) struct Record {
    kept: Vec<Asked>,
    all: usize,
}

impl Record {
    pub(crate) fn add(&mut self, asked: Asked) {
        self.all += 1;
        if self.kept.len() < MOST {
            self.kept.push(asked);
        }
    }

    pub(crate) fn kept(&self) -> &[Asked] {
        &self.kept
    }

    pub(crate) fn forgotten(&self) -> usize {
        self.all - self.kept.len()
    }

    /// Those after the first so many, some at a time, how many there were, and, if any, how many of them are forgotten.
    pub(crate) fn shown(&self, from: usize) -> Value {
        let shown = self.kept.iter().skip(from).take(MOST_SHOWN);
        let shown: Vec<Value> = shown
            .map(
                |asked| json!({"method": asked.method, "path": asked.path, "status": asked.status}),
            )
            .collect();
        let mut told = json!({"requests": shown, "total": self.all});
        if self.forgotten() > 0 {
            told["forgotten"] = self.forgotten().into();
        }
        told
    }
}

/// Counts requests, so that a client can be shown to keep to a rate.
#[derive(Default)]
pub(crate) struct Traffic {
    all: usize,
    most: usize,
    /// When those of the last second came.
    last: VecDeque<Moment>,
}

/// Requests of one second that are told apart; more is more than anybody asks about.
const MOST_A_SECOND: usize = 100_000;

impl Traffic {
    pub(crate) fn note(&mut self, now: Moment) {
        let is_old = |at: &Moment| now.since(*at) >= Duration::from_secs(1);
        while self.last.front().is_some_and(is_old) || self.last.len() >= MOST_A_SECOND {
            self.last.pop_front();
        }
        self.last.push_back(now);
        self.all += 1;
        self.most = self.most.max(self.last.len());
    }

    /// All requests, and the most within any second.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.all, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut record = Record::default();
        for number in 0..MOST as u64 + 3 {
            record.add(Asked {
                at: Moment(number),
                method: String::new(),
                path: String::new(),
                status: 200,
            });
        }
        let shown = record.shown(MOST - 1);
        assert_eq!(shown["requests"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (&shown["total"], &shown["forgotten"]),
            (&json!(MOST + 3), &json!(3))
        );
    }
}
