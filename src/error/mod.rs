//! What went wrong, its kind, and whether it may pass. The files beside this one hold every error sentence, one family each;
//! other rooms give the facts.

mod compare;
pub(crate) mod connections;
mod jobs;
mod kind;
mod machine;
pub(crate) mod messages;
mod passwords;
pub(crate) mod problem;
pub(crate) mod refusal;
mod removal;
pub(crate) mod requests;
mod runs;
mod sentence;
mod settings;
mod users;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use kind::ErrorKind;
use problem::Problem;
use refusal::SignInRefusal;

use crate::say::sentence;

/// The longest wait for a new token that happens without being asked for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// `std`'s `Result` with this crate's error. It keeps the second parameter, because the kernel writes
/// `Result<T, E>` in the code it generates.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// fn accounts() -> Result<Users> {
///     let users = generate_users("docs-result", "uni.test", 2)?;
///     set_passwords(&users, Passwords::SameAsUsername)
/// }
/// assert_eq!(accounts()?.len(), 2);
/// # Ok::<(), Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as one sentence (`Display`, and `Debug` the same) that never holds a secret.
///
/// The sentence says what was tried, on what, why it failed and what to do next. Code decides by [`Error::kind`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let Err(refused) = generate_users("imfake", "localhost", 25) else { unreachable!() };
/// assert_eq!(refused.kind(), ErrorKind::Input);
/// println!("{refused:?}");
/// ```
pub struct Error(Box<Inside>);

/// The parts of an error. Its sentence is `fact`, then `joint`, then `advice`.
struct Inside {
    kind: ErrorKind,
    /// What was tried, on what, and why it failed.
    fact: String,
    joint: &'static str,
    /// What to do next; empty if there is no advice.
    advice: String,
    detail: Detail,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What code can read from an error, beside its kind.
enum Detail {
    Nothing,
    Refused {
        status: u16,
        code: Option<String>,
    },
    Wait(Option<Duration>),
    Problems(Vec<Problem>),
    SignIn(SignInRefusal),
    Run(PathBuf),
    /// It is about the token that a request needed, so the request itself was not sent, or was refused for its token.
    Token,
}

impl Error {
    /// The kind of the error, for code that decides on it.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// let Err(error) = get_connection_id(&tenant, "Usernames") else { unreachable!() };
    /// assert_eq!(error.kind(), ErrorKind::Connection);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do next, if the sentence says so.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let Err(error) = generate_users("Imfake", "uni.test", 1) else { unreachable!() };
    /// assert_eq!(error.advice().as_deref(), Some("write `imfake`"));
    /// ```
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let advice = &self.0.advice;
        (!advice.is_empty()).then(|| sentence(advice))
    }

    /// Whether the same call may go through in a while: the network, the rate limit, or a fault on the tenant's side. Whether it
    /// took effect is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// let hasty = tenant.request_limit(Duration::ZERO);
    /// let Err(error) = list_connections(&hasty) else { unreachable!() };
    /// assert!(error.kind() == ErrorKind::TimedOut && error.may_pass());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.kind().may_pass()
    }

    /// The HTTP status of the tenant's refusal.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let practice = Tenant::practice()?;
    /// let nobody = ConnectionId::new("con_0123456789abcdef")?;
    /// let Err(error) = start_import(&practice, &nobody, &generate_users("docs-status", "uni.test", 1)?) else { unreachable!() };
    /// assert_eq!(error.status(), Some(400));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.0.detail {
            Detail::Refused { status, .. } => Some(status),
            _ => None,
        }
    }

    /// How long the tenant asks to wait, for the rate or a quota of tokens.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let Err(error) = ConnectionId::new("Usernames") else { unreachable!() };
    /// assert_eq!(error.wait(), None, "it has nothing to do with a rate");
    /// ```
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self.0.detail {
            Detail::Wait(wait) => wait,
            _ => None,
        }
    }

    /// Every problem that the check found in the users.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("no address")];
    /// let Err(error) = import_users(&tenant, &connection, &users, &ImportOptions::default()) else { unreachable!() };
    /// assert_eq!(error.problems()[0].field, "email");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match &self.0.detail {
            Detail::Problems(problems) => problems,
            _ => &[],
        }
    }

    /// Why a sign-in was refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// let database = "Username-Password-Authentication";
    /// let Err(error) = verify_sign_in(&tenant, database, "docs-nobody@uni.test", "?") else { unreachable!() };
    /// assert_eq!(error.sign_in_refusal(), Some(SignInRefusal::WrongPassword));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn sign_in_refusal(&self) -> Option<SignInRefusal> {
        match self.0.detail {
            Detail::SignIn(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The folder of the run that stopped: [`resume_import`](crate::resume_import) continues it.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// # let users = generate_users("docs-folder", "uni.test", 1)?;
    /// let options = ImportOptions::default().requests_per_second(50.0).time_limit(Duration::ZERO);
    /// let Err(error) = import_users(&tenant, &connection, &users, &options) else { unreachable!() };
    /// let report = resume_import(&tenant, error.folder().unwrap())?;
    /// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        match &self.0.detail {
            Detail::Run(folder) => folder.to_str(),
            _ => None,
        }
    }

    /// The same, of a request for a token that another request needed: what the tenant says of the token, it does not say of
    /// that one.
    pub(crate) fn of_the_token(mut self) -> Error {
        if let Detail::Refused { .. } | Detail::Nothing = self.0.detail {
            self.0.detail = Detail::Token;
        }
        self
    }

    /// Whether the request certainly had no effect, since it lacked a token or nobody was there to connect to.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self.0.detail, Detail::Token) || self.is_unconnected()
    }

    /// Whether nobody was there to connect to.
    pub(crate) fn is_unconnected(&self) -> bool {
        let cause = self.0.cause.as_deref();
        let cause = cause.and_then(|cause| cause.downcast_ref::<reqwest::Error>());
        cause.is_some_and(reqwest::Error::is_connect)
    }

    /// Whether the tenant refused and would refuse again: a status of 400 to 499 that is not a limit.
    pub(crate) fn is_refused(&self) -> bool {
        self.status()
            .is_some_and(|status| (400..500).contains(&status))
    }

    /// Whether the tenant refused with this Auth0 code.
    pub(crate) fn has_code(&self, wanted: &str) -> bool {
        matches!(&self.0.detail, Detail::Refused { code: Some(code), .. } if code == wanted)
    }

    /// Whether the rate limit or a token quota is used up.
    pub(crate) fn is_a_limit(&self) -> bool {
        matches!(self.kind(), ErrorKind::RateLimited | ErrorKind::TokenQuota)
    }

    /// The sentence without its advice, where nobody has to do anything by hand.
    pub(crate) fn fact(&self) -> String {
        sentence(&self.0.fact)
    }

    /// How long a refusal asks to wait, if that is short enough to wait.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let is_rate = self.kind() == ErrorKind::RateLimited;
        self.wait().filter(|wait| is_rate || *wait <= LONGEST_PAUSE)
    }
}

/// How the files of this folder build an error.
impl Error {
    fn new(kind: ErrorKind, fact: impl Into<String>) -> Error {
        Error(Box::new(Inside {
            kind,
            fact: fact.into(),
            joint: "",
            advice: String::new(),
            detail: Detail::Nothing,
            cause: None,
        }))
    }

    /// What to do next, and how it is joined to the fact.
    fn advise(mut self, joint: &'static str, advice: impl Into<String>) -> Error {
        (self.0.joint, self.0.advice) = (joint, advice.into());
        self
    }

    fn with(mut self, detail: Detail) -> Error {
        self.0.detail = detail;
        self
    }

    fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.0.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inside {
            fact,
            joint,
            advice,
            ..
        } = &*self.0;
        f.write_str(&sentence(&format!("{fact}{joint}{advice}")))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An error never changes after it was made, whatever panics.
impl std::panic::UnwindSafe for Error {}
impl std::panic::RefUnwindSafe for Error {}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause = self.0.cause.as_deref()?;
        Some(cause)
    }
}
