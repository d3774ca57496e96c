//! What went wrong, of what kind it is and whether it may pass; the sentences are in `messages.rs`.

mod kind;
pub(crate) mod messages;
pub(crate) mod problem;
pub(crate) mod refusal;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use kind::ErrorKind;
use problem::Problem;
use refusal::SignInRefusal;

/// The longest wait for a new token that no reader has to ask for.
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
///     let users = generate_users("docs-result", "test.edu", 2)?;
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
pub struct Error(Box<Failure>);

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error(Box::new(failure))
    }
}

impl Error {
    /// Of what kind it is: what code decides by.
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
        kind::of(&self.0)
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

    /// The HTTP status with which the tenant refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let practice = Tenant::practice()?;
    /// let nobody = ConnectionId::new("con_0123456789abcdef")?;
    /// let Err(error) = start_import(&practice, &nobody, &generate_users("docs-status", "test.edu", 1)?) else { unreachable!() };
    /// assert_eq!(error.status(), Some(400));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match *self.0 {
            Failure::Refused { status, .. } => Some(status),
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
        match &*self.0 {
            Failure::RateLimited { wait, .. } => Some(*wait),
            Failure::TokenQuota { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Each fault that the check found with users that were to be imported.
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
        match &*self.0 {
            Failure::BadRows { problems, .. } => problems,
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
    /// let Err(error) = verify_sign_in(&tenant, database, "docs-nobody@test.edu", "?") else { unreachable!() };
    /// assert_eq!(error.sign_in_refusal(), Some(SignInRefusal::WrongPassword));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn sign_in_refusal(&self) -> Option<SignInRefusal> {
        match &*self.0 {
            Failure::SignIn { refusal, .. } => Some(*refusal),
            _ => None,
        }
    }

    /// The folder of the run that stopped: [`resume_import`](crate::resume_import) goes on with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// # let users = generate_users("docs-folder", "test.edu", 1)?;
    /// let options = ImportOptions::default().requests_per_second(50.0).time_limit(Duration::ZERO);
    /// let Err(error) = import_users(&tenant, &connection, &users, &options) else { unreachable!() };
    /// let report = resume_import(&tenant, error.folder().unwrap())?;
    /// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        match &*self.0 {
            Failure::ImportStopped { folder, .. } => folder.to_str(),
            _ => None,
        }
    }

    /// Whether the tenant said no, and would again: a status of 400 to 499 that is no limit.
    pub(crate) fn is_refused(&self) -> bool {
        self.status()
            .is_some_and(|status| (400..500).contains(&status))
    }

    /// Whether the tenant refused with this code of Auth0's.
    pub(crate) fn has_code(&self, wanted: &str) -> bool {
        matches!(&*self.0, Failure::Refused { code: Some(code), .. } if code == wanted)
    }

    /// Whether the rate or a quota of tokens is used up.
    pub(crate) fn is_a_limit(&self) -> bool {
        matches!(self.kind(), ErrorKind::RateLimited | ErrorKind::TokenQuota)
    }

    pub(crate) fn failure(&self) -> &Failure {
        &self.0
    }

    /// How long a refusal asks to wait, where it is short enough to be waited for.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let is_rate = self.kind() == ErrorKind::RateLimited;
        self.wait().filter(|wait| is_rate || *wait <= LONGEST_PAUSE)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Failure::ImportStopped { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

/// What went wrong, with what its sentence tells.
pub(crate) enum Failure {
    /// A setting is missing or unusable.
    Setting { name: &'static str, reason: String },
    /// `.env` cannot be used.
    SettingsFile { path: PathBuf, cause: String },
    /// A token that cannot work, told before anything is sent.
    Token { domain: String, reason: String },
    /// The token lacks a scope that this call needs; nothing was sent.
    MissingScope {
        domain: String,
        call: String,
        scope: String,
    },
    /// The write gate is closed; nothing was sent.
    ReadOnly {
        domain: String,
        action: &'static str,
    },
    /// `allow_writes` named another tenant.
    OtherDomain { domain: String, named: String },
    /// TLS could not be set up.
    Tls { cause: String },
    /// The request or its answer was lost on the way.
    Unreachable { call: String, cause: String },
    /// No answer in time.
    TimedOut { call: String },
    /// The tenant refused.
    Refused {
        call: String,
        status: u16,
        code: Option<String>,
        message: String,
    },
    /// The rate limit, even after waiting: a matter of seconds.
    RateLimited {
        call: String,
        message: String,
        wait: Duration,
    },
    /// An application's quota of tokens is used up: a matter of minutes or hours.
    TokenQuota {
        message: String,
        quota: Option<String>,
        wait: Option<Duration>,
    },
    /// Two import jobs are running already: a matter of minutes. Nothing was imported.
    NoJobSlot { message: String },
    /// An answer that came whole and lacks what the call is for.
    BadAnswer { call: String, problem: String },
    /// Half an answer, or an error page in front of the tenant.
    BrokenAnswer {
        call: String,
        status: u16,
        problem: String,
    },
    /// An import of nobody.
    NoUsers,
    /// More than one upload holds; nothing was sent.
    TooLarge {
        users: usize,
        bytes: usize,
        limit: usize,
    },
    /// One user who alone is over the limit.
    UserTooLarge {
        row: usize,
        email: String,
        bytes: usize,
        limit: usize,
    },
    /// Users with whom the check found fault; nothing was sent.
    BadRows {
        problems: Vec<Problem>,
        users: usize,
    },
    /// A run folder that cannot be used.
    RunFolder { path: PathBuf, reason: String },
    /// An import that ended before its end; what was done is written down.
    ImportStopped {
        folder: PathBuf,
        done: String,
        cause: Error,
    },
    /// A limit of time that was reached.
    OutOfTime { limit: Duration },
    /// A file of users that cannot be read.
    Source { path: PathBuf, reason: String },
    /// Not a connection's id.
    ConnectionIdForm { given: String },
    /// No connection of that name.
    NoConnection { name: String, existing: Vec<String> },
    /// A connection that takes no import.
    ConnectionUnfit { name: String, reason: String },
    /// The wait is over, the job is not.
    JobRunning {
        id: String,
        limit: Duration,
        status: String,
    },
    /// A sign-in was refused.
    SignIn {
        login: String,
        refusal: SignInRefusal,
        message: String,
    },
    /// The practice tenant cannot be had.
    Practice { reason: String },
    /// The system's random numbers are not to be had.
    Random { cause: String },
    /// Users that cannot be had, or cannot be saved.
    Export { reason: String },
    /// A job that cannot be taken up by this id.
    NoImportJob { id: String, reason: String },
    /// A removal that cannot be exact.
    Removal { reason: String },
    /// A file of a recipe that cannot be written or read.
    RecipeFile { path: PathBuf, cause: String },
    /// A count of 0.
    NoCount,
    /// A single job was given what only a run heeds.
    SettingsOfARun,
    /// A prefix that no username or e-mail could begin with.
    Prefix { prefix: String, reason: String },
    /// Not a domain for e-mails.
    EmailDomain { domain: String, reason: String },
    /// A password that cannot be hashed; the password itself is not told.
    Password { reason: String },
    /// A description of a hash that cannot be used.
    HashRecipe { field: String, reason: String },
    /// A user's hash that no password can be tried against.
    PasswordHash {
        email: String,
        field: String,
        reason: String,
    },
    /// Known hashes that no recipe of Auth0's makes.
    NoRecipe { reason: String },
    /// A bcrypt cost that is not measured.
    Cost { cost: u32, highest: u32 },
    /// A user who cannot be given a password.
    PasswordRow {
        row: usize,
        email: String,
        reason: &'static str,
    },
    /// The credentials sheet cannot be written; no user was given a password.
    CredentialsSheet { path: PathBuf, cause: String },
}

impl Error {
    pub(crate) fn bad_answer(call: &str, problem: &str) -> Error {
        let (call, problem) = (call.to_string(), problem.to_string());
        Failure::BadAnswer { call, problem }.into()
    }

    pub(crate) fn run_folder(path: &Path, reason: &str) -> Error {
        let (path, reason) = (path.to_path_buf(), reason.to_string());
        Failure::RunFolder { path, reason }.into()
    }

    /// What the disk says of a run folder or a file in it, and what to do.
    pub(crate) fn disk(path: &Path, cause: &std::io::Error) -> Error {
        let reason =
            format!("{cause}: see that the disk has room and that the folder can be written to");
        Error::run_folder(path, &reason)
    }

    /// reqwest's `Display` leaves the cause out and its URL may hold what was asked for: the causes
    /// alone are told.
    pub(crate) fn unreachable(call: &str, cause: reqwest::Error) -> Error {
        let call = call.to_string();
        if cause.is_timeout() {
            return Failure::TimedOut { call }.into();
        }
        let cause = cause.without_url();
        let mut causes = vec![cause.to_string()];
        let mut inner = std::error::Error::source(&cause);
        while let Some(error) = inner {
            causes.push(error.to_string());
            inner = error.source();
        }
        causes.dedup();
        Failure::Unreachable {
            call,
            cause: causes.join(": "),
        }
        .into()
    }
}
