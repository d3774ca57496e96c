//! Where requests go, with which token, how often; `wire.rs` sends them.

pub(crate) mod answer;
pub(crate) mod forms;
pub(crate) mod log;
pub(crate) mod open;
pub(crate) mod practice;
pub(crate) mod proof;
pub(crate) mod rate;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod settings;
pub(crate) mod tls;
pub(crate) mod token;
pub(crate) mod wire;
pub(crate) mod witness;

use reqwest::{Method, StatusCode, Url};
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::secrets::Secret;
use crate::tenant::log::RequestLog;
use crate::tenant::rate::{Pace, Traffic};
use crate::tenant::refusal::refusal;
use crate::tenant::request::{Answer, Request};
use crate::tenant::settings::Application;
use crate::tenant::token::Token;
use crate::tenant::wire::{REQUEST_LIMIT, Wire};
use crate::tenant::witness::Witness;

/// The scopes of the whole workflow, removal included (Auth0's names). Without `read:connections_options` it works on,
/// and what a connection's options would tell is unknown.
pub(crate) const WORKFLOW_SCOPES: [&str; 5] = [
    "read:connections",
    "read:connections_options",
    "create:users",
    "read:users",
    "delete:users",
];

/// How often a request is sent again after "global limit".
pub(crate) const RATE_LIMIT_TRIES: u32 = 6;

/// A tenant: where requests go, with which token, and whether it may be written to.
///
/// Cheap to clone. Draws itself as a card that shows everything but the secrets.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// assert!(tenant.is_practice() && !tenant.is_read_only());
/// println!("{}", tenant.domain());
/// println!("{tenant}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Tenant {
    inner: Arc<Inner>,
    /// The application that [`verify_sign_in`](crate::verify_sign_in) signs in with.
    sign_in: Option<Application>,
    writes_allowed: bool,
    request_limit: Duration,
    /// How often a request is sent again after "global limit".
    rate_limit_tries: u32,
    /// The rate that requests keep to; `None`: whatever comes.
    pace: Option<Pace>,
}

struct Inner {
    wire: Wire,
    application: Option<Application>,
    /// Whether it was opened with settings, which may name a sign-in application.
    has_settings: bool,
    token: Mutex<Token>,
    traffic: Mutex<Traffic>,
    practice: bool,
    witness: Witness,
}

impl Tenant {
    pub(crate) fn assemble(
        wire: Wire,
        application: Option<Application>,
        sign_in: Option<Application>,
        has_settings: bool,
        token: Token,
    ) -> Tenant {
        // Both are needed: a mark alone could be forged, loopback alone could be a tunnel to a real tenant.
        let practice = wire.address.loopback && token.practice_mark;
        let inner = Inner {
            wire,
            application,
            has_settings,
            token: Mutex::new(token),
            traffic: Mutex::default(),
            practice,
            witness: Witness::default(),
        };
        Tenant {
            inner: Arc::new(inner),
            sign_in,
            writes_allowed: practice,
            request_limit: REQUEST_LIMIT,
            rate_limit_tries: RATE_LIMIT_TRIES,
            pace: None,
        }
    }

    /// The same tenant, with imports, deletes and sign-ins allowed; `domain` must name it. Sends nothing.
    ///
    /// # Errors
    ///
    /// `domain` is not this tenant's.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let practice = Tenant::practice()?;
    /// let tenant = practice.allow_writes(practice.domain())?;
    /// assert!(!tenant.is_read_only());
    /// assert!(practice.allow_writes("dev-1.us.auth0.com").is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn allow_writes(&self, domain: &str) -> Result<Tenant> {
        let named = domain.trim().trim_end_matches('/');
        let named = named.rsplit_once("://").map_or(named, |(_, host)| host);
        if !named.eq_ignore_ascii_case(self.domain()) {
            return Err(Error::other_domain(self.domain(), domain));
        }
        Ok(Tenant {
            writes_allowed: true,
            ..self.clone()
        })
    }

    /// The same tenant, with an application for [`verify_sign_in`](crate::verify_sign_in): one with the Password grant, a
    /// different one than the Management API's, as a rule. It stands in place of the one of the settings. Sends nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?.with_sign_in("another application", "its secret");
    /// let refused = verify_sign_in(&tenant, "Username-Password-Authentication", "ada", "correct horse");
    /// let refusal = refused.unwrap_err().sign_in_refusal();
    /// assert_eq!(refusal, Some(SignInRefusal::WrongApplication));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_sign_in(&self, client_id: &str, client_secret: &str) -> Tenant {
        let application = Application {
            id: client_id.trim().to_string(),
            secret: Secret::new(client_secret.trim()),
        };
        Tenant {
            sign_in: Some(application),
            ..self.clone()
        }
    }

    /// The same tenant, giving up on a request that is not answered within `limit` (60 s otherwise). Sends nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?.request_limit(Duration::from_secs(10));
    /// println!("{}", list_connections(&tenant)?);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn request_limit(&self, limit: Duration) -> Tenant {
        Tenant {
            request_limit: limit,
            ..self.clone()
        }
    }

    /// What this handle and its clones have sent and were answered, the last 200 requests: secrets are left out, each
    /// row can be copied as a `curl` line. Sends nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// list_connections(&tenant)?;
    /// let log = tenant.requests();
    /// assert_eq!(log[0].status, Some(200));
    /// println!("{log}");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn requests(&self) -> RequestLog {
        self.inner.wire.recorder.log()
    }

    /// The tenant's host name (with the port on loopback).
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// assert!(tenant.domain().starts_with("127.0.0.1:"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.inner.wire.address.domain
    }

    /// Whether this is a practice tenant.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// assert!(tenant.is_practice());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_practice(&self) -> bool {
        self.inner.practice
    }

    /// Whether imports, deletes and sign-ins are refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert!(!Tenant::practice()?.is_read_only());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        !self.writes_allowed
    }

    /// The same tenant, giving back "global limit" at once: for who has other things to do meanwhile.
    pub(crate) fn impatient(&self) -> Tenant {
        Tenant {
            rate_limit_tries: 1,
            ..self.clone()
        }
    }

    /// The same tenant, with every request held back until the rate has room for it.
    pub(crate) fn paced(&self, per_second: f64) -> Tenant {
        Tenant {
            pace: Some(Pace::new(per_second)),
            ..self.clone()
        }
    }

    /// Waits until the rate has room for a request.
    pub(crate) fn wait_for_rate(&self) {
        let wait = || self.pace?.wait(&self.traffic());
        while let Some(wait) = wait() {
            thread::sleep(wait);
        }
    }

    /// Which runs this handle and its clones have made.
    pub(crate) fn witness(&self) -> &Witness {
        &self.inner.witness
    }

    /// What was sent to this tenant, by every clone of it.
    pub(crate) fn traffic(&self) -> MutexGuard<'_, Traffic> {
        let traffic = self.inner.traffic.lock();
        traffic.unwrap_or_else(PoisonError::into_inner)
    }

    /// What the token says of its end, in UNIX seconds, and of its scopes.
    pub(crate) fn token_facts(&self) -> (Option<u64>, Option<Vec<String>>) {
        let token = self.token();
        (token.expires, token.scopes.clone())
    }

    pub(crate) fn sign_in_application(&self) -> Result<&Application> {
        match &self.sign_in {
            Some(application) => Ok(application),
            None if self.inner.has_settings => Err(Error::no_sign_in_application(self.domain())),
            None => Err(Error::sign_in_without_settings(self.domain())),
        }
    }

    /// Sends one request to the Management API and gives the answer if its status is a success.
    pub(crate) fn send(&self, request: Request) -> Result<Answer> {
        let mut token = self.token_for(&request)?;
        let call = request.name();
        for attempt in 1.. {
            let mut answer = self.send_once(&request, Some(&token), &call)?;
            // A token can end before its time: its tenant's clock, or a changed key.
            if answer.status == StatusCode::UNAUTHORIZED
                && let Some(renewed) = self.renew(&token)?
            {
                token = renewed;
                answer = self.send_once(&request, Some(&token), &call)?;
            }
            if answer.status.is_success() {
                return Ok(answer);
            }
            let error = refusal(&call, &answer);
            if error.kind() != ErrorKind::RateLimited || attempt >= self.rate_limit_tries {
                return Err(error);
            }
            thread::sleep(answer.wait());
        }
        unreachable!("the loop ends by returning")
    }

    /// Posts to the Authentication API, which takes no bearer token and answers in its own envelope.
    pub(crate) fn post_token(&self, body: &Value) -> Result<Answer> {
        let request = Request::new(Method::POST, "/oauth/token")
            .body("application/json", body.to_string().into_bytes());
        self.send_once(&request, None, &request.name())
    }

    /// Reads the file at a signed address, which `link` has looked at. No token goes there: the
    /// address itself is the key.
    pub(crate) fn download(&self, location: &Url) -> Result<Answer> {
        let mut path = location.clone();
        path.set_query(None);
        let request = Request {
            signed: Some(location.to_string()),
            ..Request::get(path.as_str(), &[])
        };
        let mut answer = self.send_once(&request, None, "GET the exported file")?;
        // The token did not go there, and is not to come from there.
        answer.sent.add(self.token().secret.expose());
        Ok(answer)
    }

    /// The base of every URL of this tenant, where that is on this machine.
    pub(crate) fn loopback(&self) -> Option<Url> {
        let address = &self.inner.wire.address;
        let base = address.loopback.then_some(&address.base)?;
        Url::parse(base).ok()
    }

    /// Whether `action`, which writes, would be let through.
    pub(crate) fn check_gate(&self, action: &'static str) -> Result<()> {
        if self.writes_allowed {
            return Ok(());
        }
        Err(Error::read_only(self.domain(), action))
    }

    fn token_for(&self, request: &Request) -> Result<Secret> {
        let domain = self.domain();
        if let Some(action) = request.writes {
            self.check_gate(action)?;
        }
        let mut token = self.token();
        if token.expires_within(30) {
            match &self.inner.application {
                Some(application) => match self.exchange(application) {
                    Ok(renewed) => *token = renewed,
                    // As long as the old one is good, no new one is needed.
                    Err(error) if error.is_a_limit() && !token.expires_within(0) => {}
                    Err(error) => return Err(error),
                },
                None if token.expires_within(0) => return Err(token.expired(domain)),
                None => {}
            }
        }
        if token.lacks(request.scopes) {
            return Err(Error::missing_scope(
                domain,
                &request.name(),
                request.scopes,
            ));
        }
        Ok(token.secret.clone())
    }

    /// A new token in place of `refused`, where client credentials are at hand.
    fn renew(&self, refused: &Secret) -> Result<Option<Secret>> {
        let Some(application) = &self.inner.application else {
            return Ok(None);
        };
        let mut token = self.token();
        // Another thread may have renewed it already.
        if token.secret == *refused {
            *token = self.exchange(application)?;
        }
        Ok(Some(token.secret.clone()))
    }

    fn exchange(&self, application: &Application) -> Result<Token> {
        self.inner.wire.exchange(application, self.rate_limit_tries)
    }

    fn token(&self) -> MutexGuard<'_, Token> {
        let token = self.inner.token.lock();
        token.unwrap_or_else(PoisonError::into_inner)
    }

    fn send_once(&self, request: &Request, token: Option<&Secret>, call: &str) -> Result<Answer> {
        self.wait_for_rate();
        let (wire, limit) = (&self.inner.wire, self.request_limit);
        let answer = wire.send(request, token, call, limit);
        self.traffic().note();
        answer
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant")
            .field("domain", &self.domain())
            .field("practice", &self.is_practice())
            .field("read_only", &self.is_read_only())
            .finish_non_exhaustive()
    }
}
