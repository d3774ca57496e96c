//! One tenant's end of the wire: this is the only file that sends.

use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Url};
use serde_json::json;
use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

use crate::error::messages::say_wait;
use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::secrets::sent::SentSecrets;
use crate::tenant::log::Recorder;
use crate::tenant::refusal::refusal;
use crate::tenant::request::{Answer, CORRELATION_ID, Request};
use crate::tenant::settings::{Address, Application};
use crate::tenant::tls::client;
use crate::tenant::token::Token;
use crate::words::grouped;

/// For one request from first byte to last; the recorded upload took 1.4 s at most.
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
}

impl Wire {
    pub(crate) fn to(address: Address) -> Result<Wire> {
        let http = client(&address.base)?;
        let recorder = Recorder::default();
        Ok(Wire {
            address,
            http,
            recorder,
        })
    }

    /// Exchanges client credentials for a token; where it is told to wait a little, it does so, up to `tries` in all.
    pub(crate) fn exchange(&self, application: &Application, tries: u32) -> Result<Token> {
        for _ in 1..tries {
            let error = match self.exchange_once(application) {
                Err(error) => error,
                token => return token,
            };
            let Some(wait) = error.pause() else {
                return Err(error);
            };
            say_wait(&error, wait);
            thread::sleep(wait);
        }
        self.exchange_once(application)
    }

    fn exchange_once(&self, application: &Application) -> Result<Token> {
        let secret = &application.secret;
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": application.id,
            "client_secret": secret.expose(),
            "audience": format!("{}/api/v2/", self.address.base),
        });
        let request = Request::new(Method::POST, "/oauth/token")
            .body("application/json", body.to_string().into_bytes());
        let call = request.name();
        let answer = self.send(&request, None, &call, REQUEST_LIMIT)?;
        if !answer.status.is_success() {
            return Err(refusal(&call, &answer));
        }
        let json = answer.json(&call)?;
        match json["access_token"].as_str() {
            Some(token) if !token.trim().is_empty() => Token::parse(token, &self.address),
            _ => Err(Error::bad_answer(&call, "it holds no `access_token`")),
        }
    }

    /// Sends one request and writes it down.
    pub(crate) fn send(
        &self,
        request: &Request,
        token: Option<&Secret>,
        call: &str,
        limit: Duration,
    ) -> Result<Answer> {
        let url = self.url(request, call)?;
        let mut outgoing = self
            .http
            .request(request.method.clone(), url.clone())
            .timeout(limit);
        if let Some(token) = token {
            outgoing = outgoing.bearer_auth(token.expose());
        }
        if let Some((content_type, bytes)) = &request.body {
            outgoing = outgoing
                .header(CONTENT_TYPE, content_type)
                .body(bytes.to_vec());
        }
        let sent = request.secrets(token);
        if let Some(id) = &request.correlation_id {
            outgoing = outgoing.header(CORRELATION_ID, id);
        }
        let began = Instant::now();
        let most = match request.signed {
            Some(_) => MOST_FILE_BYTES,
            None => MOST_ANSWER_BYTES,
        };
        let answer = receive(outgoing, sent, call, most);
        let took = began.elapsed();
        self.recorder.note(request, &url, &answer, took);
        answer
    }

    fn url(&self, request: &Request, call: &str) -> Result<Url> {
        let whole = format!("{}{}", self.address.base, request.path);
        let text = request.signed.as_ref().unwrap_or(&whole);
        let mut url =
            Url::parse(text).map_err(|cause| Error::bad_answer(call, &cause.to_string()))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }
}

/// Sends, and reads the answer to its end, at most `most` bytes of it, whatever length it says that it has.
fn receive(outgoing: RequestBuilder, sent: SentSecrets, call: &str, most: u64) -> Result<Answer> {
    let mut response = outgoing
        .send()
        .map_err(|cause| Error::unreachable(call, cause))?;
    let mut body = Zeroizing::new(Vec::new());
    let read = response.by_ref().take(most + 1).read_to_end(&mut body);
    read.map_err(|cause| Error::cut_off(call, cause))?;
    if body.len() as u64 > most {
        let problem = format!(
            "it has over {} bytes, the most that are read",
            grouped(most)
        );
        return Err(Error::bad_answer(call, &problem));
    }
    Ok(Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body,
        sent,
    })
}
