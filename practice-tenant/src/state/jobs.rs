//! Jobs: what is remembered of an import and of an export.

use std::time::Instant;

use serde_json::Value;

use crate::rules::connections::Connection;

/// An import job.
pub(crate) struct Job {
    pub(crate) head: Value,
    pub(crate) began: Instant,
    /// When the users have been worked through.
    pub(crate) ends: Instant,
    /// A job is seen pending once at least, as a real one is.
    pub(crate) was_read: bool,
    /// Absent when the file could not be read.
    pub(crate) summary: Option<Value>,
    /// The error report as it is answered; empty when no row failed.
    pub(crate) report: String,
    pub(crate) rows: Vec<Value>,
    pub(crate) connection: &'static Connection,
    pub(crate) upsert: bool,
    pub(crate) done: bool,
    pub(crate) unreadable: bool,
    pub(crate) fate: Fate,
    /// Whether time alone decides when it ends.
    pub(crate) timed: bool,
}

/// What a fault does to a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Works,
    Fails,
    FailsMidway,
    Hangs,
    IsLost,
}

/// An export job.
#[derive(Clone)]
pub(crate) struct Export {
    pub(crate) head: Value,
    pub(crate) began: Instant,
    /// The name of the connection; all of them when absent.
    pub(crate) connection: Option<&'static str>,
    pub(crate) limit: Option<usize>,
    /// Each field and the name it is exported as.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) was_read: bool,
}
