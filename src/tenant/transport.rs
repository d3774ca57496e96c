//! A tenant that answers in memory, without a wire, for the project's own simulation.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// A tenant in memory.
pub trait Transport: Send + Sync {
    /// Answers one request.
    fn carry(&self, sent: Sent<'_>) -> Carried;
}

/// A request as it would go over the wire.
#[derive(Debug)]
pub struct Sent<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path with the query.
    pub path: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
}

/// What came back, and after how long.
#[derive(Debug)]
pub struct Carried {
    /// From the beginning of the request to the end of the answer.
    pub took: Duration,
    /// What came.
    pub came: Came,
}

/// What came back.
#[derive(Debug)]
pub enum Came {
    /// A whole answer.
    Whole {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: HeaderMap,
        /// Its body.
        body: Vec<u8>,
    },
    /// The beginning of an answer.
    CutOff,
    /// The end of the connection.
    Nothing,
}
