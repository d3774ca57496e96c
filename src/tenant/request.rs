//! One request and its answer. `wire.rs` encodes and sends it, and `refusal.rs` says what an unsuccessful answer means.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::requests::Unreadable;
use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::secrets::redact;
use crate::secrets::sent::SentSecrets;
use crate::tenant::answer::{Field, MOST_VALUES, http_millis, most_values};
use crate::tenant::form::Form;

pub(crate) const CORRELATION_ID: &str = "X-Correlation-ID";
/// What is written as `%2F` in a segment of a path: all but the characters that RFC 3986 calls unreserved. `Url` leaves the
/// `|` of a user's id as it is, and Auth0's own SDKs do not.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// One request to be sent.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) scopes: &'static [&'static str],
    pub(crate) writes: Option<&'static str>,
    /// A signed address, whole: it is its own key, so no token goes there.
    pub(crate) signed: Option<Url>,
    /// The `X-Correlation-ID` of a write, which the tenant's log keeps.
    pub(crate) correlation_id: Option<String>,
}

/// What goes with a request.
pub(crate) enum Body {
    None,
    Json(Value),
    Form(Form),
}

impl Request {
    pub(crate) fn new(method: Method, path: &str) -> Request {
        let path = path.to_string();
        Request {
            method,
            path,
            query: Vec::new(),
            body: Body::None,
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

    /// A read of the file at a signed address.
    pub(crate) fn download(address: &Url) -> Request {
        let mut path = address.clone();
        path.set_query(None);
        Request {
            signed: Some(address.clone()),
            ..Request::get(path.as_str(), &[])
        }
    }

    /// One more segment of the path, which may be any text.
    pub(crate) fn segment(mut self, text: &str) -> Request {
        let segment = utf8_percent_encode(text, RESERVED);
        self.path = format!("{}/{segment}", self.path);
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl ToString) -> Request {
        self.query.push((name, value.to_string()));
        self
    }

    pub(crate) fn json(self, json: Value) -> Request {
        Request {
            body: Body::Json(json),
            ..self
        }
    }

    pub(crate) fn form(self, form: Form) -> Request {
        Request {
            body: Body::Form(form),
            ..self
        }
    }

    /// Names what the request belongs to: Auth0 keeps `X-Correlation-ID`, up to 64 characters, in the tenant's log.
    pub(crate) fn correlation_id(mut self, id: &str) -> Request {
        self.correlation_id = Some(id.to_string());
        self
    }

    /// What goes with the request and may not come back, also as a form would have it, where a space is a `+`. `of_token`: the same of
    /// the token that this end has.
    pub(crate) fn secrets(&self, of_token: &SentSecrets) -> SentSecrets {
        let mut sent = of_token.clone();
        let mut add = |secret: &str| {
            sent.add(secret);
            if secret.contains(' ') {
                sent.add(&secret.replace(' ', "+"));
            }
        };
        // The query of a signed address is a key to the file.
        let key = self.signed.as_ref().and_then(Url::query);
        key.into_iter().for_each(&mut add);
        match &self.body {
            Body::None => {}
            Body::Json(json) => redact::unlisted_texts(json).for_each(&mut add),
            Body::Form(form) => form.secrets.iter().map(Secret::expose).for_each(&mut add),
        }
        sent
    }

    /// As errors name the call.
    pub(crate) fn name(&self) -> String {
        match self.signed {
            Some(_) => "GET the exported file".to_string(),
            None => format!("{} {}", self.method, self.path),
        }
    }
}

/// What came back, whole.
pub(crate) struct Answer {
    /// The call that it answers.
    pub(crate) call: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// It may hold a token, and is wiped.
    pub(crate) body: Zeroizing<Vec<u8>>,
    /// What went with the request and may not be repeated.
    pub(crate) sent: SentSecrets,
}

impl Answer {
    /// What the answer tells, without what was sent.
    pub(crate) fn read<T: Field>(&self) -> Result<T> {
        self.read_without(&self.sent)
    }

    /// The same, for its ids and names: a secret that may be a word, such as a salt of four letters, can be in them by chance.
    pub(crate) fn read_names<T: Field>(&self) -> Result<T> {
        self.read_without(&self.sent.without_words())
    }

    fn read_without<T: Field>(&self, secrets: &SentSecrets) -> Result<T> {
        let unreadable = |why| Error::unreadable(&self.call, self.status.as_u16(), &why);
        let json = secrets.hide_in(self.json().map_err(unreadable)?);
        T::of(json).ok_or_else(|| self.bad(T::OTHERWISE))
    }

    /// What the answer tells in `field`, without which the call has failed.
    pub(crate) fn need<T>(&self, field: &str, told: Option<T>) -> Result<T> {
        told.ok_or_else(|| self.bad(&format!("it has no `{field}`")))
    }

    /// The error that the answer is, for want of what the call is for.
    pub(crate) fn bad(&self, problem: &str) -> Error {
        Error::bad_answer(&self.call, problem)
    }

    /// That a body of JSON came to its end.
    pub(crate) fn check_whole(&self) -> Result<()> {
        match serde_json::from_slice::<serde::de::IgnoredAny>(&self.body) {
            Ok(_) => Ok(()),
            Err(_) => self.read::<Value>().map(drop),
        }
    }

    /// What the tenant takes at once and how much of that is left, as its answer tells.
    pub(crate) fn rate_left(&self) -> Option<(u64, u64)> {
        let number = |name| self.header(name)?.trim().parse().ok();
        Some((
            number("x-ratelimit-limit")?,
            number("x-ratelimit-remaining")?,
        ))
    }

    /// Why it is not JSON; `None` where it is.
    pub(crate) fn unreadable(&self) -> Option<Unreadable> {
        self.json().err()
    }

    fn json(&self) -> std::result::Result<Value, Unreadable> {
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
