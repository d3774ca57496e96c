//! Where requests go, with which token and how often; `wire.rs` sends them.

pub(crate) mod answer;
pub(crate) mod answers;
pub(crate) mod form;
pub(crate) mod imported;
pub(crate) mod line;
pub(crate) mod log;
pub(crate) mod open;
pub(crate) mod own_practice;
pub(crate) mod practice;
pub(crate) mod practice_place;
pub(crate) mod proof;
pub(crate) mod rate;
pub(crate) mod receive;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod settings;
pub(crate) mod tls;
pub(crate) mod token;
#[cfg(feature = "simulation")]
pub(crate) mod transport;
pub(crate) mod wire;
pub(crate) mod witness;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::clock::{self, Deadline};
use crate::error::{Error, ErrorKind, Result};
use crate::say::say;
use crate::secrets::Secret;
use crate::tenant::imported::Imported;
use crate::tenant::log::RequestLog;
use crate::tenant::rate::{Pace, Traffic};
use crate::tenant::receive::Limits;
use crate::tenant::refusal::refusal;
use crate::tenant::request::{Answer, Request};
use crate::tenant::retry::{Lost, Patience, Retry, in_time};
use crate::tenant::settings::Application;
use crate::tenant::token::Token;
use crate::tenant::wire::{REQUEST_LIMIT, Wire};
use crate::tenant::witness::Witness;
use crate::words::in_words;

/// The scopes of the whole workflow, including removal (Auth0's names). It also works without `read:connections_options`; then
/// a connection's options are unknown.
pub(crate) const WORKFLOW_SCOPES: [&str; 5] = [
    "read:connections",
    "read:connections_options",
    "create:users",
    "read:users",
    "delete:users",
];

/// For a request of a call that has no deadline, with all its waits: as long as Auth0's limits take to be filled again, a
/// minute at most, and as long as one request that is not answered.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(120);
/// The most failures in a row of such a call, about two seconds of waiting.
pub(crate) const FAULTS_BORNE: u32 = 3;
/// Between two looks whether another thread has its new token.
const TURN: Duration = Duration::from_millis(10);

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
    /// When the call that this handle is for must be over.
    deadline: Option<Deadline>,
    /// The most failures in a row of a request; `None` if it is sent only once.
    patience: Option<Patience>,
    /// The rate that requests keep to; `None`: whatever comes.
    pace: Option<Pace>,
}

struct Inner {
    wire: Wire,
    application: Option<Application>,
    /// Whether it was opened with settings, which may name a sign-in application.
    has_settings: bool,
    token: Mutex<Token>,
    /// Held while a new token is asked for.
    renewing: Mutex<()>,
    traffic: Mutex<Traffic>,
    practice: bool,
    witness: Witness,
    imported: Imported,
}

impl Tenant {
    pub(crate) fn assemble(
        mut wire: Wire,
        application: Option<Application>,
        sign_in: Option<Application>,
        has_settings: bool,
        mut token: Token,
    ) -> Tenant {
        // Both are needed: a mark could be forged, and loopback could be a tunnel to a real tenant.
        let practice = wire.address.loopback && token.practice_mark;
        for application in application.iter().chain(&sign_in) {
            wire.keep(&application.secret);
        }
        wire.hide_kept(&mut token.sent);
        let inner = Inner {
            wire,
            application,
            has_settings,
            token: Mutex::new(token),
            renewing: Mutex::default(),
            traffic: Mutex::default(),
            practice,
            witness: Witness::default(),
            imported: Imported::default(),
        };
        Tenant {
            inner: Arc::new(inner),
            sign_in,
            writes_allowed: practice,
            request_limit: REQUEST_LIMIT,
            deadline: None,
            patience: Some(FAULTS_BORNE.into()),
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

    /// The same tenant, with an application for [`verify_sign_in`](crate::verify_sign_in). It needs the Password grant, and is
    /// usually not the Management API's application. It replaces the one from the settings. Sends nothing.
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

    /// The same tenant, which gives up a request that is not answered within `limit` (default: 60 s). Sends nothing.
    ///
    /// A request that is safe to repeat is sent again, within two minutes unless the call has its own limit. An exported file
    /// may take longer than `limit`; it is given up if nothing arrives for that long.
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

    /// The last 200 requests of this handle and its clones, and their answers. Secrets are left out, and each row can be copied
    /// as a `curl` line. Sends nothing.
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

    /// The same tenant, for a call that must end by then, and whose requests may each fail this many times in a row.
    pub(crate) fn until(&self, deadline: Deadline, patience: impl Into<Patience>) -> Tenant {
        Tenant {
            deadline: Some(deadline),
            patience: Some(patience.into()),
            ..self.clone()
        }
    }

    /// The same tenant, giving each fault and each limit back at once: for who has other things to do meanwhile.
    pub(crate) fn impatient(&self) -> Tenant {
        Tenant {
            patience: None,
            ..self.clone()
        }
    }

    /// The same tenant, with every request held back until the rate has room for it.
    pub(crate) fn paced(&self, pace: Pace) -> Tenant {
        Tenant {
            pace: Some(pace),
            ..self.clone()
        }
    }

    /// For who asks this tenant again by himself.
    pub(crate) fn retry(&self, deadline: Deadline, patience: Patience) -> Retry {
        Retry::new(deadline, patience, &self.inner.wire.words)
    }

    /// Asks again as far as this handle does; `lost` says whether an answer that was lost is asked for again.
    pub(crate) fn ask<T>(
        &self,
        deadline: Deadline,
        lost: Lost,
        mut ask: impl FnMut(bool) -> Result<T>,
    ) -> Result<T> {
        match self.patience {
            Some(patience) => self.retry(deadline, patience).ask(lost, ask),
            None => ask(false),
        }
    }

    /// When the next request must be answered, with all its waits.
    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline.unwrap_or_else(|| Deadline::after(CALL_LIMIT))
    }

    /// Which runs this handle and its clones have made.
    pub(crate) fn witness(&self) -> &Witness {
        &self.inner.witness
    }

    /// What this handle and its clones have imported.
    pub(crate) fn imported(&self) -> &Imported {
        &self.inner.imported
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

    /// Whether the token is known to lack the scope.
    pub(crate) fn lacks_scope(&self, scope: &str) -> bool {
        self.token().lacks(&[scope])
    }

    pub(crate) fn sign_in_application(&self) -> Result<&Application> {
        match &self.sign_in {
            Some(application) => Ok(application),
            None if self.inner.has_settings => Err(Error::no_sign_in_application(self.domain())),
            None => Err(Error::sign_in_without_settings(self.domain())),
        }
    }

    /// Sends one request to the Management API and gives the answer if its status is a success. What may be sent again is,
    /// until the call's deadline.
    pub(crate) fn send(&self, request: Request) -> Result<Answer> {
        self.send_until(request, |answer| answer.status.is_success())
    }

    /// The same for who looks at how a tenant refuses: a refusal is an answer too. The rate and failures of the tenant are not.
    pub(crate) fn answer(&self, request: Request) -> Result<Answer> {
        self.send_until(request, |answer| match answer.status {
            StatusCode::TOO_MANY_REQUESTS => refusal(answer).kind() == ErrorKind::NoJobSlot,
            status => !status.is_server_error(),
        })
    }

    fn send_until(&self, request: Request, is_wanted: fn(&Answer) -> bool) -> Result<Answer> {
        let deadline = self.deadline();
        let mut token = self.token_for(&request, deadline)?;
        let is_read = request.method == Method::GET;
        let is_deletion = request.method == Method::DELETE;
        let lost = match is_read || is_deletion {
            true => Lost::SendAgain,
            false => Lost::GiveUp,
        };
        self.ask(deadline, lost, |was_lost| {
            let mut answer = self.send_once(&request, Some(&token), deadline)?;
            // A token can end before its time: its tenant's clock, or a changed key.
            if answer.status == StatusCode::UNAUTHORIZED
                && let Some(renewed) = self.renewed(&token.secret, deadline)?
            {
                token = renewed;
                answer = self.send_once(&request, Some(&token), deadline)?;
            }
            // Whoever is gone after a deletion whose answer was lost was deleted by it.
            let is_gone = was_lost && !is_read && refusal(&answer).status() == Some(404);
            if !is_wanted(&answer) && !is_gone {
                return Err(refusal(&answer));
            }
            // A page that something on the way gave in the tenant's place says nothing of what the tenant did.
            let has_body = answer.status.is_success() && answer.status != StatusCode::NO_CONTENT;
            let is_told = is_read || (is_deletion && !answer.body.is_empty());
            if is_told && has_body {
                answer.check_whole()?;
            }
            Ok(answer)
        })
    }

    /// Posts to the Authentication API, which takes no bearer token and answers in its own envelope.
    pub(crate) fn post_token(&self, body: Value, deadline: Deadline) -> Result<Answer> {
        let request = Request::new(Method::POST, "/oauth/token").json(body);
        self.send_once(&request, None, deadline)
    }

    /// Reads the file at a signed address, which `link` has looked at. No token goes there: the
    /// address itself is the key.
    pub(crate) fn download(&self, location: &Url) -> Result<Answer> {
        let request = Request::download(location);
        let deadline = self.deadline();
        self.ask(deadline, Lost::SendAgain, |_| {
            let answer = self.send_once(&request, None, deadline)?;
            let passes = answer.status == StatusCode::TOO_MANY_REQUESTS;
            match passes || answer.status.is_server_error() {
                true => Err(refusal(&answer)),
                false => Ok(answer),
            }
        })
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

    fn token_for(&self, request: &Request, deadline: Deadline) -> Result<Token> {
        let domain = self.domain();
        if let Some(action) = request.writes {
            self.check_gate(action)?;
        }
        let mut token = self.token().clone();
        if token.expires_within(30) {
            let renewed = self.ask(deadline, Lost::SendAgain, |_| {
                self.renewed(&token.secret, deadline)
            });
            match renewed {
                Ok(Some(_)) => token = self.token().clone(),
                Ok(None) if token.expires_within(0) => return Err(token.expired(domain)),
                Ok(None) => {}
                // As long as the old one is good, no new one is needed.
                Err(error) if error.is_a_limit() && !token.expires_within(0) => {}
                Err(error) => return Err(error),
            }
        }
        if token.lacks(request.scopes) {
            return Err(Error::missing_scope(
                domain,
                &request.name(),
                request.scopes,
            ));
        }
        Ok(token)
    }

    /// A new token in place of `old`, where client credentials are at hand.
    fn renewed(&self, old: &Secret, deadline: Deadline) -> Result<Option<Token>> {
        let Some(application) = &self.inner.application else {
            return Ok(None);
        };
        // Another thread may be at it, and have more time than this one.
        let _turn = loop {
            match self.inner.renewing.try_lock() {
                Ok(turn) => break turn,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    in_time(&deadline)?;
                    clock::wait_for_others(TURN);
                }
            }
        };
        if self.token().secret == *old {
            let token = self.inner.wire.exchange(application, deadline);
            let token = token.map_err(Error::of_the_token);
            let mut token = token.map_err(|error| self.of_practice(error))?;
            self.inner.wire.hide_kept(&mut token.sent);
            *self.token() = token;
        }
        Ok(Some(self.token().clone()))
    }

    fn token(&self) -> MutexGuard<'_, Token> {
        let token = self.inner.token.lock();
        token.unwrap_or_else(PoisonError::into_inner)
    }

    fn send_once(
        &self,
        request: &Request,
        token: Option<&Token>,
        deadline: Deadline,
    ) -> Result<Answer> {
        self.when_there_is_room(deadline, Traffic::begin)?;
        let silence = self.request_limit.min(deadline.left());
        let limits = Limits {
            // Of a file it is not known how long it is.
            whole: match request.signed {
                Some(_) => deadline.left(),
                None => silence,
            },
            silence,
        };
        let of_token = token.map_or_else(|| self.token().sent.clone(), |token| token.sent.clone());
        let answer = self.inner.wire.send(request, token, &of_token, limits);
        let answer = answer.map_err(|error| self.of_practice(error));
        let told = answer.as_ref().ok().and_then(Answer::rate_left);
        self.traffic().note(told);
        answer
    }

    /// A practice tenant to which nobody connects has ended, and does not come back at that address.
    fn of_practice(&self, error: Error) -> Error {
        match self.is_practice() && error.is_unconnected() {
            true => Error::practice_is_gone(error),
            false => error,
        }
    }

    /// Waits until the rate has room for a request.
    pub(crate) fn wait_for_rate(&self) -> Result<()> {
        self.when_there_is_room(self.deadline(), |_| ())
    }

    fn when_there_is_room(&self, deadline: Deadline, then: fn(&mut Traffic)) -> Result<()> {
        loop {
            in_time(&deadline)?;
            let mut traffic = self.traffic();
            let Some(wait) = self.pace.and_then(|pace| pace.wait(&traffic)) else {
                then(&mut traffic);
                return Ok(());
            };
            drop(traffic);
            let words = &self.inner.wire.words;
            if wait >= Duration::from_secs(2) && words.are_due(ErrorKind::RateLimited) {
                let wait = in_words(wait);
                say!("waiting {wait} before the next request, to keep to the rate");
            }
            clock::wait(wait.min(deadline.left()));
        }
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
