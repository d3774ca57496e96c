//! One request and its answer. `wire.rs` sends, and `refusal.rs` says what an answer that is no success means.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::requests::Unreadable;
use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::secrets::redact;
use crate::secrets::sent::{self, SentSecrets};
use crate::tenant::answer::{MOST_VALUES, http_millis, most_values};
use crate::tenant::forms;

pub(crate) const CORRELATION_ID: &str = "X-Correlation-ID";

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
    /// The `X-Correlation-ID` of a write, which the tenant's log keeps.
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
        self.body = Some((content_type.to_string(), Zeroizing::new(bytes)));
        self
    }

    /// Names what the request belongs to: Auth0 keeps `X-Correlation-ID`, up to 64 characters, in the tenant's log.
    pub(crate) fn correlation_id(mut self, id: &str) -> Request {
        self.correlation_id = Some(id.to_string());
        self
    }

    /// What goes with the request and may not come back, also as a form would have it, where a space is a `+`.
    pub(crate) fn secrets(&self, token: Option<&Secret>) -> SentSecrets {
        let mut secrets: Vec<Secret> = token.cloned().into_iter().collect();
        // The query of a signed address is a key to the file.
        let link = self.signed.as_deref().unwrap_or_default();
        secrets.extend(link.split_once('?').map(|(_, query)| Secret::new(query)));
        match &self.body {
            Some((content_type, bytes)) if content_type.starts_with("multipart/") => {
                let file = forms::file(content_type, bytes).unwrap_or_default();
                secrets.extend(sent::of_file(file));
            }
            Some((_, bytes)) => {
                secrets.extend(redact::unlisted_texts(bytes).into_iter().map(Secret::new));
            }
            None => {}
        }
        let mut sent = SentSecrets::default();
        for secret in secrets.iter().map(Secret::expose) {
            sent.add(secret);
            if secret.contains(' ') {
                sent.add(&secret.replace(' ', "+"));
            }
        }
        sent
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
    /// What went with the request and may not be repeated.
    pub(crate) sent: SentSecrets,
}

impl Answer {
    /// The body as JSON, without what was sent; what else it may be is told.
    pub(crate) fn json(&self, call: &str) -> Result<Value> {
        Ok(self.sent.hide_in(self.parsed(call)?))
    }

    /// The same, for the ids and names in it: what was sent and may be a word stands in them by chance, as a salt of four
    /// letters does.
    pub(crate) fn names(&self, call: &str) -> Result<Value> {
        Ok(self.sent.without_words().hide_in(self.parsed(call)?))
    }

    fn parsed(&self, call: &str) -> Result<Value> {
        self.read()
            .map_err(|why| Error::unreadable(call, self.status.as_u16(), &why))
    }

    /// Why it is no JSON; `None` where it is.
    pub(crate) fn unreadable(&self) -> Option<Unreadable> {
        self.read().err()
    }

    fn read(&self) -> std::result::Result<Value, Unreadable> {
        if most_values(&self.body) > MOST_VALUES {
            return Err(Unreadable::TooManyValues(MOST_VALUES));
        }
        serde_json::from_slice(&self.body).map_err(|cause| match self.body.trim_ascii_start() {
            [] if self.body.is_empty() => Unreadable::Empty,
            [b'<', ..] => Unreadable::Html,
            _ => Unreadable::NoJson(cause),
        })
    }

    /// When it was made, by the server's clock (`Date`), in milliseconds of UNIX time.
    pub(crate) fn date(&self) -> Option<i64> {
        http_millis(&self.header("date")?)
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
