//! One tenant's end of the wire: this is the only file that sends.

use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Url};
use serde_json::json;

use crate::clock::{self, Deadline};
use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::tenant::answers::TokenAnswer;
use crate::tenant::log::Recorder;
use crate::tenant::receive::{Limits, receive};
use crate::tenant::refusal::refusal;
use crate::tenant::request::{Answer, Body, CORRELATION_ID, Request};
use crate::tenant::retry::Words;
use crate::tenant::settings::{Address, Application};
use crate::tenant::tls::client;
use crate::tenant::token::Token;

/// For one request from first byte to last, and for a file without a byte; the recorded upload took 1.4 s at most.
pub(crate) const REQUEST_LIMIT: Duration = Duration::from_secs(60);

/// Bytes of the longest answer that is read. A page of users, with the 16 KB of metadata that Auth0 allows each, has some
/// 2 MB; the errors of a whole job some 20.
const MOST_ANSWER_BYTES: u64 = 64 << 20;
/// Bytes of the longest file of an export, packed: a few million users.
const MOST_FILE_BYTES: u64 = 256 << 20;

/// A tenant's address, the client that sends there, and the record of what it sent.
pub(crate) struct Wire {
    pub(crate) address: Address,
    http: Client,
    pub(crate) recorder: Recorder,
    pub(crate) words: Words,
}

impl Wire {
    pub(crate) fn to(address: Address) -> Result<Wire> {
        Ok(Wire {
            http: client(&address.base, REQUEST_LIMIT)?,
            address,
            recorder: Recorder::default(),
            words: Words::default(),
        })
    }

    /// Exchanges client credentials for a token, by one request.
    pub(crate) fn exchange(&self, application: &Application, deadline: Deadline) -> Result<Token> {
        let secret = &application.secret;
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": application.id,
            "client_secret": secret.expose(),
            "audience": format!("{}/api/v2/", self.address.base),
        });
        let request = Request::new(Method::POST, "/oauth/token").json(body);
        let limit = REQUEST_LIMIT.min(deadline.left());
        let limits = Limits {
            whole: limit,
            silence: limit,
        };
        let answer = self.send(&request, None, limits)?;
        if !answer.status.is_success() {
            return Err(refusal(&answer));
        }
        let given: TokenAnswer = answer.read()?;
        let token = given
            .access_token
            .0
            .filter(|token| !token.trim().is_empty());
        Token::given(&answer.need("access_token", token)?, &self.address)
    }

    /// Sends one request and writes it down.
    pub(crate) fn send(
        &self,
        request: &Request,
        token: Option<&Secret>,
        limits: Limits,
    ) -> Result<Answer> {
        let call = request.name();
        let url = self.url(request, &call)?;
        let mut outgoing = self.http.request(request.method.clone(), url.clone());
        // A file's length says nothing of how long it may take: the client's limit for each read is enough.
        if request.signed.is_none() {
            outgoing = outgoing.timeout(limits.whole);
        }
        if let Some(token) = token {
            outgoing = outgoing.bearer_auth(token.expose());
        }
        if let Some((content_type, bytes)) = encoded(&request.body)? {
            outgoing = outgoing.header(CONTENT_TYPE, content_type).body(bytes);
        }
        let sent = request.secrets(token);
        if let Some(id) = &request.correlation_id {
            outgoing = outgoing.header(CORRELATION_ID, id);
        }
        let began = clock::instant();
        let most = match request.signed {
            Some(_) => MOST_FILE_BYTES,
            None => MOST_ANSWER_BYTES,
        };
        let received = receive(outgoing, &call, most, limits, &self.words);
        let answer = received.map(|received| Answer {
            call,
            status: received.status,
            headers: received.headers,
            body: received.body,
            sent,
        });
        let took = clock::since(began);
        self.recorder.note(request, &url, &answer, took);
        answer
    }

    fn url(&self, request: &Request, call: &str) -> Result<Url> {
        if let Some(signed) = &request.signed {
            return Ok(signed.clone());
        }
        let whole = format!("{}{}", self.address.base, request.path);
        let mut url =
            Url::parse(&whole).map_err(|cause| Error::bad_answer(call, &cause.to_string()))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }
}

/// A body's type and its bytes.
fn encoded(body: &Body) -> Result<Option<(String, Vec<u8>)>> {
    Ok(match body {
        Body::None => None,
        Body::Json(json) => Some((
            "application/json".to_string(),
            json.to_string().into_bytes(),
        )),
        Body::Form(form) => Some(form.encoded()?),
    })
}
