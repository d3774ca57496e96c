//! One tenant's end of the wire: this is the only file that sends.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use serde_json::json;

use crate::clock::{self, Deadline};
use crate::disk::places::kill_at_request;
use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::secrets::sent::SentSecrets;
use crate::tenant::answers::TokenAnswer;
use crate::tenant::line::{Line, Outgoing, sensitive};
use crate::tenant::log::Recorder;
use crate::tenant::receive::Limits;
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
    line: Line,
    pub(crate) recorder: Recorder,
    pub(crate) words: Words,
    /// Secrets that this end keeps, whichever request they go with.
    kept: Vec<Secret>,
}

impl Wire {
    pub(crate) fn to(address: Address) -> Result<Wire> {
        let line = Line::Http(client(&address.base, REQUEST_LIMIT)?);
        Ok(Wire::over(line, address))
    }

    pub(crate) fn over(line: Line, address: Address) -> Wire {
        Wire {
            line,
            address,
            recorder: Recorder::default(),
            words: Words::default(),
            kept: Vec::new(),
        }
    }

    /// Keeps the secret from being shown, whatever answer repeats it.
    pub(crate) fn keep(&mut self, secret: &Secret) {
        self.kept.push(secret.clone());
    }

    /// What this end keeps is not to come back either. A token brings it along.
    pub(crate) fn hide_kept(&self, sent: &mut SentSecrets) {
        let kept = self.kept.iter();
        kept.for_each(|secret| sent.add(secret.expose()));
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
        // The new token has much in common with the one before, so nothing of that one is sought.
        let answer = self.send(&request, None, &SentSecrets::default(), limits)?;
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

    /// Sends one request and writes it down. What belongs to the token that this end has is not to come back, whether or not the token
    /// goes with the request.
    pub(crate) fn send(
        &self,
        request: &Request,
        token: Option<&Token>,
        of_token: &SentSecrets,
        limits: Limits,
    ) -> Result<Answer> {
        let call = request.name();
        let url = self.url(request, &call)?;
        let (headers, body) = encoded(request, token, &call)?;
        let mut sent = request.secrets(of_token);
        if token.is_none() {
            self.hide_kept(&mut sent);
        }
        let is_file = request.signed.is_some();
        let outgoing = Outgoing {
            method: request.method.clone(),
            url: url.clone(),
            headers,
            body,
            most: if is_file {
                MOST_FILE_BYTES
            } else {
                MOST_ANSWER_BYTES
            },
            limits,
            is_file,
        };
        kill_at_request(&request.path, "before");
        let began = clock::instant();
        let received = self.line.carry(outgoing, &call, &self.words);
        let answer = received.map(|received| Answer {
            call,
            status: received.status,
            headers: received.headers,
            body: received.body,
            sent,
        });
        let took = clock::since(began);
        kill_at_request(&request.path, "after");
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

/// The headers of a request, and the bytes of its body.
fn encoded(
    request: &Request,
    token: Option<&Token>,
    call: &str,
) -> Result<(HeaderMap, Option<Vec<u8>>)> {
    let unfit = |name: &str| Error::bad_answer(call, &format!("{name} cannot be sent in a header"));
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let bearer = sensitive(&format!("Bearer {}", token.secret.expose()));
        headers.insert(AUTHORIZATION, bearer.ok_or_else(|| unfit("the token"))?);
    }
    let body = match &request.body {
        Body::None => None,
        Body::Json(json) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Some(json.to_string().into_bytes())
        }
        Body::Form(form) => {
            let (content_type, bytes) = form.encoded()?;
            let content_type = HeaderValue::from_str(&content_type);
            headers.insert(CONTENT_TYPE, content_type.map_err(|_| unfit("the form"))?);
            Some(bytes)
        }
    };
    if let Some(id) = &request.correlation_id {
        let id = HeaderValue::from_str(id).map_err(|_| unfit("the run's name"))?;
        headers.insert(CORRELATION_ID, id);
    }
    Ok((headers, body))
}
