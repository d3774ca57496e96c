//! Jobs: what is remembered about an import and an export, and when something happens to an import next.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::moment::Moment;
use crate::rules::connections::Connection;

/// How long a job may take: one that is not done then fails (D: "Bulk User Imports").
pub(crate) const LIMIT: Duration = Duration::from_secs(2 * 3600);
/// How long a job that has ended is remembered (the same page).
pub(crate) const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How long a job without a speed stays pending when nobody reads it.
const UNREAD: Duration = Duration::from_secs(1);
/// A row is reached within ten years.
const MOST_SECONDS: f64 = 3e8;

/// How fast a job imports its rows: from which row on, counted from 0, and users a second. The first one begins at row 0.
#[derive(Clone, Debug)]
pub(crate) struct Pace(pub(crate) Vec<(usize, f64)>);

impl Pace {
    /// How long the first so many rows take.
    fn time_of(&self, rows: usize) -> Duration {
        let mut seconds = 0.0;
        for (place, (from, speed)) in self.0.iter().enumerate() {
            let next = self.0.get(place + 1).map_or(usize::MAX, |(next, _)| *next);
            let of_these = next.min(rows).saturating_sub(*from);
            seconds += of_these as f64 / speed;
        }
        Duration::from_secs_f64(seconds.min(MOST_SECONDS))
    }
}

/// An import job.
pub(crate) struct Job {
    /// Jobs are numbered in the order in which they were accepted.
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) head: Value,
    pub(crate) began: Moment,
    /// `None`: all rows at once, when it has been read or after a second.
    pub(crate) pace: Option<Pace>,
    /// When it was first read. A job without a speed is seen pending once at least, as a real one is.
    pub(crate) read_at: Option<Moment>,
    pub(crate) rows: Vec<Value>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) upsert: bool,
    /// Whether the file is a list at all.
    pub(crate) is_readable: bool,
    pub(crate) fate: Fate,
    pub(crate) work: Work,
    pub(crate) end: Option<End>,
}

/// What has become of the rows so far.
#[derive(Default)]
pub(crate) struct Work {
    /// Rows that have been processed.
    pub(crate) rows: usize,
    pub(crate) inserted: usize,
    pub(crate) updated: usize,
    pub(crate) failed: usize,
    /// The entries of the report.
    pub(crate) errors: Vec<Value>,
    /// What each row must not share with an earlier one.
    pub(crate) seen: HashSet<String>,
}

/// How a job ended.
pub(crate) struct End {
    pub(crate) at: Moment,
    pub(crate) how: How,
    /// The error report as it is answered; empty when no row failed.
    pub(crate) report: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Completed,
    Failed,
    TimedOut,
}

/// What a fault does to a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Works,
    Fails,
    FailsMidway,
    Hangs,
    /// It has hung, and fails at once.
    FailsNow(Moment),
    IsLost,
}

impl Job {
    /// Rows that it processes before it ends.
    fn last(&self) -> usize {
        match self.fate {
            Fate::Works | Fate::IsLost => self.rows.len(),
            Fate::FailsMidway => self.rows.len() / 2,
            Fate::Fails | Fate::Hangs | Fate::FailsNow(_) => 0,
        }
    }

    /// When it has processed this many rows.
    fn reaches(&self, rows: usize) -> Moment {
        match (&self.pace, self.read_at) {
            (Some(pace), _) => self.began.after(pace.time_of(rows)),
            (None, Some(read)) => read.min(self.began.after(UNREAD)),
            (None, None) => self.began.after(UNREAD),
        }
    }

    /// When it ends, unless it takes too long.
    pub(crate) fn ends(&self) -> Moment {
        match self.fate {
            Fate::FailsMidway => self.reaches(self.last()),
            Fate::FailsNow(at) => at,
            _ => self.reaches(self.rows.len()),
        }
    }

    /// What happens to it next, and when.
    pub(crate) fn next(&self) -> (Moment, Event) {
        if let Some(end) = &self.end {
            return (end.at.after(KEPT), Event::IsForgotten);
        }
        let limit = self.began.after(LIMIT);
        let (at, event) = match self.fate {
            Fate::Hangs => (Moment(u64::MAX), Event::Ends),
            _ if self.work.rows < self.last() => (self.reaches(self.work.rows + 1), Event::Row),
            _ => (self.ends(), Event::Ends),
        };
        if at > limit {
            (limit, Event::TimesOut)
        } else {
            (at, event)
        }
    }

    /// What is reported about its rows, once it has completed.
    pub(crate) fn summary(&self) -> Value {
        let work = &self.work;
        json!({"failed": work.failed, "updated": work.updated, "inserted": work.inserted, "total": work.rows})
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// A job as in an answer, in the recorded key order; a failed one gives no reason.
    pub(crate) fn told(&self, end: &End) -> Value {
        let mut body = Map::new();
        body.insert("type".into(), self.head["type"].clone());
        let is_whole = end.how == How::Completed;
        let status = if is_whole { "completed" } else { "failed" };
        body.insert("status".into(), status.into());
        body.insert("connection_id".into(), self.head["connection_id"].clone());
        if is_whole {
            body.insert("summary".into(), self.summary());
        }
        for key in ["connection", "external_id", "created_at", "id"] {
            if let Some(value) = self.head.get(key) {
                body.insert(key.into(), value.clone());
            }
        }
        if end.how == How::TimedOut {
            // The field is in the published schema; that it is there and what it says is a guess.
            body.insert("status_details".into(), TIMED_OUT.into());
        }
        Value::Object(body)
    }

    /// The report of a job that failed as a whole: the third form of the published schema
    /// (`GetJobGenericErrorResponseContent`). It is a guess that a job that took too long is reported this way.
    pub(crate) fn told_in_report(&self, end: &End) -> Option<Value> {
        let head = |name: &str| self.head[name].clone();
        (end.how == How::TimedOut).then(|| {
            json!({"status": "failed", "type": head("type"), "created_at": head("created_at"), "id": head("id"),
                "connection_id": head("connection_id"), "status_details": TIMED_OUT})
        })
    }
}

const TIMED_OUT: &str = "The job timed out after 2 hours";

/// What happens to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Row,
    Ends,
    TimesOut,
    IsForgotten,
}

/// An export job.
#[derive(Clone)]
pub(crate) struct Export {
    pub(crate) head: Value,
    pub(crate) began: Moment,
    /// The name of the connection; all of them when absent.
    pub(crate) connection: Option<String>,
    pub(crate) limit: Option<usize>,
    /// Each field and the name it is exported as.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) was_read: bool,
}
