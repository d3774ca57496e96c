//! The kinds of errors: which requests are sent again, and what a cell can decide on.

/// The kind of an [`Error`](crate::Error).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::new("http://127.0.0.1:1", "a client secret, by mistake");
/// assert!(tenant.is_err_and(|error| error.kind() == ErrorKind::Token));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or `.env` is missing or cannot be used.
    Settings,
    /// A token that cannot work; nothing was sent.
    Token,
    /// The token lacks a scope that this call needs; nothing was sent.
    MissingScope,
    /// The tenant is open read-only, and nothing was sent; or `allow_writes` named another tenant.
    ReadOnly,
    /// The request or its answer was lost on the way.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The tenant refused the request; see [`Error::status`](crate::Error::status).
    Refused,
    /// The tenant failed: a status of 500 or more.
    TenantFault,
    /// Half an answer, or an error page of a proxy in front of the tenant.
    BrokenAnswer,
    /// A complete answer without what the call needs.
    BadAnswer,
    /// The rate limit, even after waiting; it passes in seconds.
    RateLimited,
    /// An application's token quota is used up; it comes back in minutes or hours.
    TokenQuota,
    /// Two import jobs are already running; they end in minutes. Nothing was imported.
    NoJobSlot,
    /// There are no users.
    NoUsers,
    /// Too much for one upload; nothing was sent.
    TooLarge,
    /// The check found faulty rows, listed in [`Error::problems`](crate::Error::problems); nothing was sent.
    BadRows,
    /// A run folder that cannot be used.
    RunFolder,
    /// The file was already imported into this connection, by the run in [`Error::folder`](crate::Error::folder); nothing was sent.
    SameFile,
    /// An import that ended before its end; what was done is written down in
    /// [`Error::folder`](crate::Error::folder), and the cause is the error's `source()`.
    ImportStopped,
    /// A time limit was reached.
    OutOfTime,
    /// A file of users that cannot be read, or only in part.
    Source,
    /// One row of a file of users that cannot be read; the others can.
    SourceRow,
    /// There is no such connection, or it cannot take an import.
    Connection,
    /// The wait ended before the job did.
    JobRunning,
    /// A sign-in was refused; see [`Error::sign_in_refusal`](crate::Error::sign_in_refusal).
    SignIn,
    /// The practice tenant cannot be used.
    Practice,
    /// This machine has no random numbers or no TLS.
    System,
    /// Users that cannot be exported.
    Export,
    /// A removal that cannot be sure to take only the right users.
    Removal,
    /// A number, a prefix or a domain that cannot be used.
    Input,
    /// A password that cannot be hashed or set.
    Password,
    /// A hash, or a description of hashes, that cannot be used.
    Hash,
    /// A file that cannot be written.
    Write,
}

impl ErrorKind {
    /// Whether the same call may go through in a while.
    pub(crate) fn may_pass(self) -> bool {
        use ErrorKind::*;
        matches!(
            self,
            Unreachable | TimedOut | TenantFault | BrokenAnswer | RateLimited
        )
    }
}
