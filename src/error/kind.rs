//! The kinds of what goes wrong: what is asked again, and what a cell can decide by.

/// Of what kind an [`Error`](crate::Error) is.
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
    /// A setting is missing or unusable, or `.env` is.
    Settings,
    /// A token that cannot work, told before anything is sent.
    Token,
    /// The token lacks a scope that this call needs; nothing was sent.
    MissingScope,
    /// The write gate is closed, and nothing was sent; or another tenant was named to open it.
    ReadOnly,
    /// The request or its answer was lost on the way.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The tenant refused; [`Error::status`](crate::Error::status) tells how.
    Refused,
    /// The tenant failed: a status of 500 or more.
    TenantFault,
    /// Half an answer, or an error page in front of the tenant.
    BrokenAnswer,
    /// A whole answer that lacks what the call is for.
    BadAnswer,
    /// The rate limit, even after waiting: a matter of seconds.
    RateLimited,
    /// An application's quota of tokens is used up: a matter of minutes or hours.
    TokenQuota,
    /// Two import jobs are running already: a matter of minutes. Nothing was imported.
    NoJobSlot,
    /// There are no users.
    NoUsers,
    /// More than one upload holds; nothing was sent.
    TooLarge,
    /// Users with whom the check found fault, as [`Error::problems`](crate::Error::problems) tells; nothing was sent.
    BadRows,
    /// A run folder that cannot be used.
    RunFolder,
    /// A file that was imported into the same connection before, by the run in [`Error::folder`](crate::Error::folder); nothing was sent.
    SameFile,
    /// An import that ended before its end; what was done is written down in
    /// [`Error::folder`](crate::Error::folder), and the cause is the error's `source()`.
    ImportStopped,
    /// A limit of time that was reached.
    OutOfTime,
    /// A file of users that cannot be read, or not to its end.
    Source,
    /// One row of a file of users that cannot be read; the others can.
    SourceRow,
    /// No such connection, or one that takes no import.
    Connection,
    /// The wait is over, the job is not.
    JobRunning,
    /// A sign-in was refused; [`Error::sign_in_refusal`](crate::Error::sign_in_refusal) tells why.
    SignIn,
    /// The practice tenant cannot be had.
    Practice,
    /// This machine gives no random numbers, or no TLS.
    System,
    /// Users that cannot be exported.
    Export,
    /// A removal that cannot be exact.
    Removal,
    /// A number, a prefix or a domain that cannot be used.
    Input,
    /// A password that cannot be hashed or given.
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
