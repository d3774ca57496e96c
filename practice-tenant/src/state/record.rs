//! A record of what was asked and answered, as the tenant saw it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::clock;

/// Requests that are remembered: of all lessons several times over, by which their tests count what each sends.
const MOST: usize = 200_000;
/// Requests that one answer tells of.
const MOST_SHOWN: usize = 5_000;

/// Method, path and status of each request.
#[derive(Default)]
pub(crate) struct Record(Vec<(String, String, u16)>);

impl Record {
    pub(crate) fn add(&mut self, method: String, path: String, status: u16) {
        if self.0.len() < MOST {
            self.0.push((method, path, status));
        }
    }

    /// Those after the first so many, some at a time, and how many there are.
    pub(crate) fn shown(&self, from: usize) -> Value {
        let shown = self.0.iter().skip(from).take(MOST_SHOWN);
        let shown: Vec<Value> = shown
            .map(|(method, path, status)| json!({"method": method, "path": path, "status": status}))
            .collect();
        json!({"requests": shown, "total": self.0.len()})
    }
}

/// Counts requests, so that a client can be shown to keep to a rate.
#[derive(Default)]
pub(crate) struct Traffic {
    all: usize,
    most: usize,
    /// When those of the last second came.
    last: VecDeque<Instant>,
}

/// Requests of one second that are told apart; more is more than anybody asks about.
const MOST_A_SECOND: usize = 100_000;

impl Traffic {
    pub(crate) fn note(&mut self) {
        let now = clock::now();
        let is_old = |at: &Instant| now.duration_since(*at) >= Duration::from_secs(1);
        while self.last.front().is_some_and(is_old) || self.last.len() >= MOST_A_SECOND {
            self.last.pop_front();
        }
        self.last.push_back(now);
        self.all += 1;
        self.most = self.most.max(self.last.len());
    }

    pub(crate) fn shown(&self) -> Value {
        json!({"requests": self.all, "most_in_a_second": self.most})
    }
}
