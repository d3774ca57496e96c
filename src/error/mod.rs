//! What can go wrong, and whether it may pass; the sentences are in `messages.rs`.

pub(crate) mod messages;
pub(crate) mod problem;
pub(crate) mod refusal;

use std::path::PathBuf;
use std::time::Duration;

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
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let refused = generate_users("imfake", "localhost", 25);
/// if let Err(Error::EmailDomain { domain, .. }) = &refused {
///     assert_eq!(domain, "localhost");
/// }
/// println!("{refused:?}");
/// ```
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or unusable.
    Setting {
        /// The setting's name.
        name: &'static str,
        /// Why, and what to do.
        reason: String,
    },
    /// `.env` cannot be used.
    SettingsFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
    /// A token that cannot work, told before anything is sent.
    Token {
        /// The tenant it was meant for.
        domain: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The token lacks a scope that this call needs; nothing was sent.
    MissingScope {
        /// The tenant.
        domain: String,
        /// The call.
        call: String,
        /// The scopes of which one is needed.
        scope: String,
    },
    /// The write gate is closed; nothing was sent.
    ReadOnly {
        /// The tenant.
        domain: String,
        /// What was asked for.
        action: &'static str,
    },
    /// `allow_writes` named another tenant.
    OtherDomain {
        /// The tenant's domain.
        domain: String,
        /// The one named.
        named: String,
    },
    /// TLS could not be set up.
    Tls {
        /// The cause.
        cause: String,
    },
    /// The request or its answer was lost on the way.
    Unreachable {
        /// The call.
        call: String,
        /// The cause.
        cause: String,
    },
    /// No answer in time.
    TimedOut {
        /// The call.
        call: String,
    },
    /// The tenant refused.
    Refused {
        /// The call.
        call: String,
        /// The HTTP status.
        status: u16,
        /// Auth0's code, when it gives one.
        code: Option<String>,
        /// Auth0's own sentence.
        message: String,
    },
    /// The rate limit, even after waiting: a matter of seconds.
    RateLimited {
        /// The call.
        call: String,
        /// Auth0's own sentence.
        message: String,
        /// How long the tenant asks to wait.
        wait: Duration,
    },
    /// An application's quota of tokens is used up: a matter of minutes or hours.
    TokenQuota {
        /// Auth0's own sentence.
        message: String,
        /// The quota that is used up, in words, when Auth0 names it.
        quota: Option<String>,
        /// How long to wait before asking for a token again, when Auth0 says so.
        wait: Option<Duration>,
    },
    /// Two import jobs are running already: a matter of minutes. Nothing was imported.
    NoJobSlot {
        /// Auth0's own sentence.
        message: String,
    },
    /// An answer that cannot be read.
    BadAnswer {
        /// The call.
        call: String,
        /// Its HTTP status; 0 when it does not matter.
        status: u16,
        /// What is wrong with it.
        problem: String,
    },
    /// An import of nobody.
    NoUsers,
    /// More than one upload holds; nothing was sent.
    TooLarge {
        /// Users.
        users: usize,
        /// Bytes of the request.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// One user who alone is over the limit.
    UserTooLarge {
        /// The user's place, from 1.
        row: usize,
        /// The user's e-mail.
        email: String,
        /// Bytes of the user.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Users with whom the check found fault; nothing was sent.
    BadRows {
        /// Each fault.
        problems: Vec<crate::error::problem::Problem>,
        /// Users in all.
        users: usize,
    },
    /// A run folder that cannot be used.
    RunFolder {
        /// The folder or the file in it.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// An import that ended before its end; what was done is written down.
    ImportStopped {
        /// The run's folder.
        folder: PathBuf,
        /// How far it came.
        done: String,
        /// Why it stopped.
        cause: Box<Error>,
    },
    /// A limit of time that was reached.
    OutOfTime {
        /// The limit.
        limit: Duration,
    },
    /// A file of users that cannot be read.
    Source {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// Not a connection's id.
    ConnectionIdForm {
        /// What was given.
        given: String,
    },
    /// No connection of that name.
    NoConnection {
        /// The name.
        name: String,
        /// What the tenant has.
        existing: Vec<String>,
    },
    /// A connection that takes no import.
    ConnectionUnfit {
        /// Its name.
        name: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The wait is over, the job is not.
    JobRunning {
        /// The job.
        id: String,
        /// How long was waited.
        limit: Duration,
        /// The job's status as the tenant last told it; Auth0 lists `pending` alone for a job that has not ended.
        status: String,
    },
    /// A sign-in was refused.
    SignIn {
        /// Who tried.
        login: String,
        /// Why.
        refusal: crate::error::refusal::SignInRefusal,
        /// Auth0's own sentence.
        message: String,
    },
    /// The practice tenant cannot be had.
    Practice {
        /// Why, and what to do.
        reason: String,
    },
    /// The system's random numbers are not to be had.
    Random {
        /// The cause.
        cause: String,
    },
    /// Users that cannot be had, or cannot be saved.
    Export {
        /// Why, and what to do.
        reason: String,
    },
    /// A removal that cannot be exact.
    Removal {
        /// Why, and what to do.
        reason: String,
    },
    /// A count of 0.
    NoCount,
    /// A prefix that no username or e-mail could begin with.
    Prefix {
        /// The prefix.
        prefix: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Not a domain for e-mails.
    EmailDomain {
        /// The domain.
        domain: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A password that cannot be hashed; the password itself is not told.
    Password {
        /// Why, and what to do.
        reason: String,
    },
    /// A description of a hash that cannot be used.
    HashRecipe {
        /// The field within it.
        field: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A user's hash that no password can be tried against.
    PasswordHash {
        /// The user's e-mail.
        email: String,
        /// The field.
        field: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Known hashes that no recipe of Auth0's makes.
    NoRecipe {
        /// What was tried, what came close, and what to do.
        reason: String,
    },
    /// A bcrypt cost that is not measured.
    Cost {
        /// The cost asked for.
        cost: u32,
        /// The highest that is.
        highest: u32,
    },
    /// A user who cannot be given a password.
    PasswordRow {
        /// The user's place, from 1.
        row: usize,
        /// The user's e-mail.
        email: String,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// The credentials sheet cannot be written; no user was given a password.
    CredentialsSheet {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: String,
    },
}

impl Error {
    pub(crate) fn bad_answer(call: &str, problem: &str) -> Error {
        Error::BadAnswer {
            call: call.to_string(),
            status: 0,
            problem: problem.to_string(),
        }
    }

    /// How long a refusal asks to wait, where it is short enough to be waited for.
    pub(crate) fn pause(&self) -> Option<Duration> {
        match self {
            Error::RateLimited { wait, .. } => Some(*wait),
            Error::TokenQuota { wait, .. } => wait.filter(|wait| *wait <= LONGEST_PAUSE),
            _ => None,
        }
    }

    pub(crate) fn run_folder(path: &std::path::Path, reason: &str) -> Error {
        Error::RunFolder {
            path: path.to_path_buf(),
            reason: reason.to_string(),
        }
    }

    /// What the disk says of a run folder or a file in it, and what to do.
    pub(crate) fn disk(path: &std::path::Path, cause: &std::io::Error) -> Error {
        let reason =
            format!("{cause}: see that the disk has room and that the folder can be written to");
        Error::run_folder(path, &reason)
    }

    /// Whether the same request may go through in a while: the network, the rate limit, or a fault on the
    /// tenant's side. Whether it took effect is not known.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Error::Unreachable { .. } | Error::TimedOut { .. } | Error::RateLimited { .. } => true,
            // Half an answer, or an error page in front of the tenant.
            Error::BadAnswer { .. } => true,
            Error::Refused { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// reqwest's `Display` leaves the cause out and its URL may hold what was asked for: the causes
    /// alone are told.
    pub(crate) fn unreachable(call: &str, cause: reqwest::Error) -> Error {
        let call = call.to_string();
        if cause.is_timeout() {
            return Error::TimedOut { call };
        }
        let cause = cause.without_url();
        let mut causes = vec![cause.to_string()];
        let mut inner = std::error::Error::source(&cause);
        while let Some(error) = inner {
            causes.push(error.to_string());
            inner = error.source();
        }
        causes.dedup();
        Error::Unreachable {
            call,
            cause: causes.join(": "),
        }
    }
}

impl std::error::Error for Error {}
