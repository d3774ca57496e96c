//! A request as it arrived, and an answer as it will be sent.

use std::time::Duration;

use serde_json::Value;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST` and the like.
    pub method: String,
    /// Path and query, as they arrived.
    pub path: String,
    /// Names in lower case or not, and values, in order.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, or the first value if there are several; `None` also if it is not plain ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        let is_plain = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
        value.bytes().all(is_plain).then_some(value)
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    /// The path without the query.
    pub(crate) fn plain_path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP's number.
    pub status: u16,
    /// Names in lower case, and values, in order. The sender adds the length and the date.
    pub headers: Vec<(String, String)>,
    /// The whole body, even if only part of it arrives.
    pub body: Vec<u8>,
    /// How long it is on its way, in addition to the answering itself.
    pub after: Duration,
    /// What happens to it on its way.
    pub fate: Fate,
}

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Whole,
    /// The connection breaks off after this many bytes of the body.
    CutAfter(usize),
    /// The connection is closed with no answer at all.
    Reset,
    /// Nothing arrives, and nothing is closed.
    Never,
}

impl Answer {
    /// An answer in the Management API's error envelope, without an error code.
    #[must_use]
    pub fn refusal(status: u16, message: &str) -> Answer {
        error(status, message, None)
    }

    pub(crate) fn with_fate(fate: Fate) -> Answer {
        Answer {
            fate,
            ..with(200, "", Vec::new())
        }
    }

    pub(crate) fn add(&mut self, name: &str, value: impl ToString) {
        self.headers.push((name.to_string(), value.to_string()));
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

const JSON: &str = "application/json; charset=utf-8";

pub(crate) fn with(status: u16, content_type: &str, body: Vec<u8>) -> Answer {
    let mut answer = Answer {
        status,
        headers: Vec::new(),
        body,
        after: Duration::ZERO,
        fate: Fate::Whole,
    };
    if !content_type.is_empty() {
        answer.add("content-type", content_type);
    }
    answer
}

pub(crate) fn json(status: u16, body: &Value) -> Answer {
    with(status, JSON, body.to_string().into_bytes())
}

pub(crate) fn ok(body: &Value) -> Answer {
    json(200, body)
}

pub(crate) fn no_content() -> Answer {
    with(204, "", Vec::new())
}

/// The Management API's error envelope; `errorCode` is missing in some real answers.
pub(crate) fn error(status: u16, message: &str, code: Option<&str>) -> Answer {
    let mut body =
        serde_json::json!({"statusCode": status, "error": phrase(status), "message": message});
    if let Some(code) = code {
        body["errorCode"] = code.into();
    }
    json(status, &body)
}

/// The same, as what a function fails with.
pub(crate) fn refused(status: u16, message: &str, code: Option<&str>) -> Box<Answer> {
    Box::new(error(status, message, code))
}

/// The Authentication API's envelope.
pub(crate) fn oauth_error(status: u16, error: &str, description: &str) -> Answer {
    json(
        status,
        &serde_json::json!({"error": error, "error_description": description}),
    )
}

/// HTTP's words for a status, or Auth0's.
fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        // Boom's own names for them, which are not HTTP's.
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Error",
    }
}
