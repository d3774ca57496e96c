//! Every sentence a reader can be told: what was tried, on what, why it failed, what to do next.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// `std`'s `Result` with this crate's error. It keeps the second parameter, because the kernel writes
/// `Result<T, E>` in the code it generates.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as one sentence (`Display`, and `Debug` the same) that never holds a secret.
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
        problems: Vec<crate::check::Problem>,
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
    },
    /// A sign-in was refused.
    SignIn {
        /// Who tried.
        login: String,
        /// Why.
        refusal: crate::sign_in::SignInRefusal,
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

    pub(crate) fn run_folder(path: &std::path::Path, reason: &str) -> Error {
        Error::RunFolder {
            path: path.to_path_buf(),
            reason: reason.to_string(),
        }
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Setting { name, reason } => {
                write!(f, "the setting {name} cannot be used: {reason}")
            }
            Error::SettingsFile { path, cause } => {
                write!(f, "cannot use the settings in {}: {cause}", path.display())
            }
            Error::Token { domain, reason } => {
                write!(f, "the token cannot work for {domain}: {reason}")
            }
            Error::MissingScope {
                domain,
                call,
                scope,
            } => write!(
                f,
                "{call} was not sent to {domain}: the token lacks the scope {scope}; add it to the application that makes the token, and make a new one"
            ),
            Error::ReadOnly { domain, action } => write!(
                f,
                "{action} was not sent: {domain} is open read-only; if it is the tenant you mean to change, run `let tenant = tenant.allow_writes(\"{domain}\").or_stop();` first"
            ),
            Error::OtherDomain { domain, named } => write!(
                f,
                "writes stay refused: `{named}` was named, but this tenant is {domain}; name that one if it is the tenant you mean to change"
            ),
            Error::Tls { cause } => write!(
                f,
                "cannot set up TLS: {cause}; are this machine's root certificates installed?"
            ),
            Error::Unreachable { call, cause } => write!(
                f,
                "could not complete {call}: {cause}; check DOMAIN and the network, then run this cell again"
            ),
            Error::TimedOut { call } => write!(
                f,
                "no answer to {call} in time: the tenant is slow or unreachable; look whether it took effect, then run this cell again"
            ),
            Error::Refused {
                call,
                status,
                code,
                message,
            } => {
                let code = code
                    .as_ref()
                    .map_or(String::new(), |code| format!(" {code}"));
                write!(
                    f,
                    "the tenant refused {call} ({status}{code}): {}; {}",
                    message.trim_end_matches('.'),
                    next_step(*status)
                )
            }
            Error::RateLimited {
                call,
                message,
                wait,
            } => write!(
                f,
                "the rate limit holds up {call}: {message}; wait {} s or more and run this cell again",
                wait.as_secs()
            ),
            Error::NoJobSlot { message } => write!(
                f,
                "the tenant has no free slot for an import job: {message}; nothing was imported, so wait for a job to end (minutes) and run this cell again"
            ),
            Error::BadAnswer {
                call,
                status,
                problem,
            } => {
                let status = if *status == 0 {
                    String::new()
                } else {
                    format!(" ({status})")
                };
                write!(f, "cannot read the answer to {call}{status}: {problem}")
            }
            Error::NoUsers => {
                f.write_str("there are no users: make some with generate_users first")
            }
            Error::TooLarge {
                users,
                bytes,
                limit,
            } => write!(
                f,
                "{users} users make an upload of {bytes} bytes, and Auth0 takes {limit} at most: nothing was sent; send about {} at a time",
                (users * limit / bytes * 19 / 20).max(1)
            ),
            Error::UserTooLarge {
                row,
                email,
                bytes,
                limit,
            } => write!(
                f,
                "user {row} ({email}) alone has {bytes} bytes, and an upload has room for {limit}: send less metadata"
            ),
            Error::BadRows { problems, users } => {
                let shown: Vec<String> = problems.iter().take(5).map(ToString::to_string).collect();
                let more = problems.len().saturating_sub(shown.len());
                let more = if more > 0 {
                    format!("; and {more} more, which plan_import shows")
                } else {
                    String::new()
                };
                write!(
                    f,
                    "nothing was sent, since the check of {users} users found: {}{more}; mend them, or leave them out with ImportOptions::skip_bad_rows",
                    shown.join("; ")
                )
            }
            Error::RunFolder { path, reason } => {
                write!(f, "cannot use the run folder {}: {reason}", path.display())
            }
            Error::ImportStopped {
                folder,
                done,
                cause,
            } => write!(
                f,
                "the import stopped: {cause}; {done}, which is written down: go on with resume_import(&tenant, \"{}\")",
                folder.display()
            ),
            Error::OutOfTime { limit } => {
                write!(f, "the time limit of {} s was reached", limit.as_secs_f64())
            }
            Error::Source { path, reason } => {
                write!(f, "cannot read users from {}: {reason}", path.display())
            }
            Error::ConnectionIdForm { given } => write!(
                f,
                "`{given}` is not a connection's id (con_ and 16 letters or digits): if it is the connection's name, let get_connection_id find the id"
            ),
            Error::NoConnection { name, existing } if existing.is_empty() => {
                write!(
                    f,
                    "no connection `{name}`: this tenant has none; create a database in the dashboard first"
                )
            }
            Error::NoConnection { name, existing } => {
                write!(
                    f,
                    "no connection `{name}`; this tenant has: {}",
                    existing.join(", ")
                )
            }
            Error::ConnectionUnfit { name, reason } => {
                write!(f, "cannot import into the connection `{name}`: {reason}")
            }
            Error::JobRunning { id, limit } => write!(
                f,
                "job {id} is still running after {} s and goes on in the tenant: run this cell again to wait longer",
                limit.as_secs()
            ),
            Error::SignIn {
                login,
                refusal,
                message,
            } => {
                write!(
                    f,
                    "`{login}` could not sign in: {}; Auth0 says: {message}",
                    refusal.explanation()
                )
            }
            Error::Practice { reason } => write!(f, "the practice tenant cannot be used: {reason}"),
            Error::Random { cause } => write!(f, "this system gives no random numbers: {cause}"),
            Error::Removal { reason } => write!(f, "nothing was removed: {reason}"),
            Error::NoCount => f.write_str("a count of 0 makes no users: ask for one or more"),
            Error::Prefix { prefix, reason } => {
                write!(f, "the prefix `{prefix}` cannot be used: {reason}")
            }
            Error::EmailDomain { domain, reason } => {
                write!(f, "the e-mail domain `{domain}` cannot be used: {reason}")
            }
            Error::Password { reason } => write!(f, "the password cannot be hashed: {reason}"),
            Error::PasswordRow { row, email, reason } => write!(f, "user {row} ({email}) {reason}"),
            Error::CredentialsSheet { path, cause } => write!(
                f,
                "cannot write the credentials sheet {}: {cause}; no passwords were set, so mend that and run this cell again",
                path.display()
            ),
        }
    }
}

fn next_step(status: u16) -> &'static str {
    match status {
        400 => "mend what it names and run this cell again",
        401 => "make a new token for this tenant",
        403 => "check the token's scopes and the application it comes from",
        404 => "it may be gone (Auth0 keeps a job for 24 hours) or be another tenant's",
        413 => "send fewer users at a time",
        300..=399 => "set DOMAIN to the tenant's own host name",
        500..=599 => {
            "the fault is on the tenant's side: wait a minute, look whether it took effect, and run this cell again"
        }
        _ => "see the tenant's logs",
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
