//! One request and its answer, and what an answer that is no success means. `wire.rs` sends.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::hidden::without_secrets;
use crate::sent_secrets::SentSecrets;
use crate::too_many::too_many;

/// Characters of a tenant's own sentence that are told.
const MOST_MESSAGE_CHARS: usize = 400;
/// Characters of its code.
const MOST_CODE_CHARS: usize = 80;

pub(crate) const CORRELATION_ID: &str = "X-Correlation-ID";
use crate::say::words_of_others;

/// One request to be sent.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<(String, Vec<u8>)>,
    pub(crate) scopes: &'static [&'static str],
    pub(crate) writes: Option<&'static str>,
    /// A signed address, whole: it is its own key, so no token goes there.
    pub(crate) signed: Option<String>,
    /// Of a write: the tenant's log keeps it.
    pub(crate) correlation_id: Option<String>,
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
            correlation_id: None,
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
        self.body = Some((content_type.to_string(), bytes));
        self
    }

    /// Names what the request belongs to: Auth0 keeps `X-Correlation-ID`, up to 64 characters, in the tenant's log.
    pub(crate) fn correlation_id(mut self, id: &str) -> Request {
        self.correlation_id = Some(id.to_string());
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
    pub(crate) body: Vec<u8>,
    /// What went with the request and may not be repeated.
    pub(crate) sent: SentSecrets,
}

impl Answer {
    /// The body as JSON, without what was sent; what else it may be is told.
    pub(crate) fn json(&self, call: &str) -> Result<Value> {
        let json = serde_json::from_slice(&self.body);
        json.map(|json| self.sent.hide_in(json)).map_err(|cause| {
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

    /// A header's text, without what was sent.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let text = self.headers.get(name)?.to_str().ok()?;
        Some(self.sent.hide(text))
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
pub(crate) fn refusal(call: &str, answer: &Answer) -> Error {
    let json = answer.json(call).unwrap_or_default();
    let text = |key: &str| json[key].as_str().map(without_secrets);
    let message = match text("message").or_else(|| text("error_description")) {
        Some(message) => message,
        None if answer.status.is_redirection() => format!("it redirects to {}", place(answer)),
        None => match answer.json(call) {
            Err(Error::BadAnswer { problem, .. }) => {
                format!("no reason given: the answer cannot be read, {problem}")
            }
            _ => "no reason given".to_string(),
        },
    };
    let message = words_of_others(&message, MOST_MESSAGE_CHARS);
    // In the Management API's envelope `error` is the status in words; in the other one it is the code.
    let code = text("errorCode").or_else(|| text("error").filter(|_| json["statusCode"].is_null()));
    let code = code.map(|code| words_of_others(&code, MOST_CODE_CHARS));
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        return too_many(call, answer, code.as_deref(), message);
    }
    Error::Refused {
        call: call.to_string(),
        status: answer.status.as_u16(),
        code,
        message,
    }
}

/// Where a redirection leads.
fn place(answer: &Answer) -> String {
    let place = answer.header(LOCATION.as_str());
    place.map_or("another place".to_string(), |place| without_secrets(&place))
}
