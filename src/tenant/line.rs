//! How a request gets to a tenant, and its answer back: by HTTP, or in memory where the project's own simulation plays the tenant.

use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

use crate::clock::{self, TurnedClock};
use crate::error::Result;
use crate::tenant::receive::{Limits, Received, receive};
use crate::tenant::retry::Words;

/// Tells a practice tenant whose clock may be turned what time it is, in microseconds since 1970.
const NOW: HeaderName = HeaderName::from_static("x-practice-now");
/// Tells for how long such a tenant would have kept its client waiting, in microseconds.
const TOOK: HeaderName = HeaderName::from_static("x-practice-took");

/// A request as it goes out.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    /// Bytes of the longest answer that is read.
    pub(crate) most: u64,
    pub(crate) limits: Limits,
    /// Whether the answer is a file, whose length says nothing of how long it may take.
    pub(crate) is_file: bool,
}

/// What carries requests.
pub(crate) enum Line {
    Http(Client),
    #[cfg(feature = "simulation")]
    InMemory(std::sync::Arc<dyn crate::tenant::transport::Transport>),
}

impl Line {
    /// Sends the request and waits for its answer.
    pub(crate) fn carry(&self, outgoing: Outgoing, call: &str, words: &Words) -> Result<Received> {
        match self {
            Line::Http(client) => by_http(client, outgoing, call, words),
            #[cfg(feature = "simulation")]
            Line::InMemory(transport) => in_memory::carry(&**transport, outgoing, call),
        }
    }
}

fn by_http(client: &Client, outgoing: Outgoing, call: &str, words: &Words) -> Result<Received> {
    let (most, limits) = (outgoing.most, outgoing.limits);
    let mut request = client
        .request(outgoing.method, outgoing.url)
        .headers(outgoing.headers);
    // The client's limit for each read is enough for a file.
    if !outgoing.is_file {
        request = request.timeout(limits.whole);
    }
    if let Some(body) = outgoing.body {
        request = request.body(body);
    }
    let turned = clock::turned_clock();
    if let Some(clock) = &turned {
        request = request.header(NOW, clock.unix_micros());
    }
    let received = receive(request, call, most, limits, words)?;
    if let Some(clock) = &turned {
        pass(clock, &received.headers);
    }
    Ok(received)
}

/// Lets the time pass that the answer would have taken.
fn pass(clock: &TurnedClock, headers: &HeaderMap) {
    let took = headers.get(TOOK).and_then(|took| took.to_str().ok());
    if let Some(micros) = took.and_then(|took| took.parse().ok()) {
        clock.pass(Duration::from_micros(micros));
    }
}

/// A header whose value is shown by no `Debug`.
pub(crate) fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(feature = "simulation")]
mod in_memory {
    use reqwest::StatusCode;
    use zeroize::Zeroizing;

    use super::{Outgoing, Received};
    use crate::clock;
    use crate::error::{Error, Result};
    use crate::tenant::transport::{Came, Sent, Transport};

    pub(super) fn carry(
        transport: &dyn Transport,
        outgoing: Outgoing,
        call: &str,
    ) -> Result<Received> {
        let limit = match outgoing.is_file {
            true => outgoing.limits.silence,
            false => outgoing.limits.whole,
        };
        let query = outgoing.url.query().map(|query| format!("?{query}"));
        let carried = transport.carry(Sent {
            method: outgoing.method.as_str(),
            path: &format!("{}{}", outgoing.url.path(), query.unwrap_or_default()),
            headers: &outgoing.headers,
            body: outgoing.body.as_deref().unwrap_or_default(),
        });
        clock::wait(carried.took.min(limit));
        if carried.took >= limit {
            return Err(Error::timed_out(call));
        }
        match carried.came {
            Came::Whole {
                status,
                headers,
                body,
            } if body.len() as u64 <= outgoing.most => Ok(Received {
                status: StatusCode::from_u16(status)
                    .map_err(|cause| Error::bad_answer(call, &cause.to_string()))?,
                headers,
                body: Zeroizing::new(body),
            }),
            Came::Whole { .. } => Err(Error::bad_answer(call, "it is too long")),
            Came::CutOff => Err(Error::lost(call, "it broke off")),
            Came::Nothing => Err(Error::lost(call, "the connection was closed")),
        }
    }
}
