//! One request and its answer, and what an answer that is no success means. `wire.rs` sends.

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::token::now;

/// One request to be sent.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    /// Its type and its bytes, which may hold secrets and are wiped.
    pub(crate) body: Option<(String, Zeroizing<Vec<u8>>)>,
    pub(crate) scopes: &'static [&'static str],
    pub(crate) writes: Option<&'static str>,
    /// A signed address, whole: it is its own key, so no token goes there.
    pub(crate) signed: Option<String>,
}

impl Request {
    pub(crate) fn new(method: Method, path: &str) -> Request {
        let path = path.to_string();
        Request {
            method,
            path,
            query: Vec::new(),
            body: None,
            scopes: &[],
            writes: None,
            signed: None,
        }
    }

    /// A read of `path`, for which one of `scopes` is needed.
    pub(crate) fn get(path: &str, scopes: &'static [&'static str]) -> Request {
        Request {
            scopes,
            ..Request::new(Method::GET, path)
        }
    }

    /// A write, behind the gate; `action` names it in the refusal.
    pub(crate) fn write(
        method: Method,
        path: &str,
        scopes: &'static [&'static str],
        action: &'static str,
    ) -> Request {
        Request {
            scopes,
            writes: Some(action),
            ..Request::new(method, path)
        }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl ToString) -> Request {
        self.query.push((name, value.to_string()));
        self
    }

    pub(crate) fn body(mut self, content_type: &str, bytes: Vec<u8>) -> Request {
        self.body = Some((content_type.to_string(), Zeroizing::new(bytes)));
        self
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What came back, whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// It may hold a token, and is wiped.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// The body as JSON; what else it may be is told.
    pub(crate) fn json(&self, call: &str) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|cause| {
            let problem = if self.body.is_empty() {
                "it is empty".to_string()
            } else if self.body.trim_ascii_start().starts_with(b"<") {
                "it is HTML: is DOMAIN the tenant's own host name?".to_string()
            } else {
                format!("it is not whole JSON ({cause})")
            };
            Error::BadAnswer {
                call: call.to_string(),
                status: self.status.as_u16(),
                problem,
            }
        })
    }

    /// How long to wait after "global limit": `Retry-After` (seconds), else `x-ratelimit-reset`
    /// (UNIX seconds), within 1 to 10 seconds as Auth0's own Go SDK does.
    pub(crate) fn wait(&self) -> Duration {
        let number = |name: &str| {
            self.headers
                .get(name)?
                .to_str()
                .ok()?
                .trim()
                .parse::<u64>()
                .ok()
        };
        let seconds = number(RETRY_AFTER.as_str())
            .or_else(|| number("x-ratelimit-reset").map(|at| at.saturating_sub(now())));
        Duration::from_secs(seconds.unwrap_or(1).clamp(1, 10))
    }
}

/// Text as one segment of a path.
pub(crate) fn path_segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// Turns an answer that is no success into the error that explains it.
pub(crate) fn refusal(call: &str, answer: &Answer, secret: &Secret) -> Error {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |key: &str| json[key].as_str().map(str::to_string);
    let message = match text("message").or_else(|| text("error_description")) {
        Some(message) => message,
        None if answer.status.is_redirection() => format!(
            "it redirects to {}",
            answer
                .headers
                .get(LOCATION)
                .and_then(|l| l.to_str().ok())
                .unwrap_or("another place")
        ),
        None => match answer.json(call) {
            Err(Error::BadAnswer { problem, .. }) => {
                format!("no reason given: the answer cannot be read, {problem}")
            }
            _ => "no reason given".to_string(),
        },
    };
    // A server that echoes what it was sent must not put the secret into an error.
    let message: String = message
        .replace(secret.expose(), "<secret>")
        .chars()
        .take(400)
        .collect();
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        return if message.contains("active import users jobs") {
            Error::NoJobSlot { message }
        } else {
            Error::RateLimited {
                call: call.to_string(),
                message,
                wait: answer.wait(),
            }
        };
    }
    Error::Refused {
        call: call.to_string(),
        status: answer.status.as_u16(),
        // In the Management API's envelope `error` is the status in words; in the other one it is the code.
        code: text("errorCode").or_else(|| text("error").filter(|_| json["statusCode"].is_null())),
        message,
    }
}
