//! The settings of one job.

use std::convert::Infallible;

use serde_derive::{Deserialize, Serialize};

use crate::error::Error;
use crate::say::debug_fields;

/// The settings of one job, for [`start_import_with`](crate::start_import_with) and for
/// [`ImportOptions`](crate::ImportOptions). Chain the setters on `Default`.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let of_a_job = JobOptions::default().upsert(true).external_id("spring term").send_completion_email(false);
/// let of_a_run = ImportOptions::default().job(of_a_job).slots(1);
/// assert_eq!(of_a_run, ImportOptions::default().upsert(true).external_id("spring term").slots(1));
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobOptions {
    pub(crate) upsert: bool,
    pub(crate) send_completion_email: bool,
    pub(crate) external_id: String,
}

debug_fields!(JobOptions: upsert, send_completion_email, external_id);

impl JobOptions {
    /// Update existing users (matched by e-mail) instead of refusing them. Default: no. Metadata is then replaced, not merged.
    ///
    /// A hash can be imported once. A `password_hash` never reaches an existing user. A `custom_password_hash` replaces an
    /// earlier imported one, for example a wrong one, until that user has signed in; if the user came without a hash or has
    /// signed in, Auth0 refuses the row (documented with the import schema, and in Auth0's support article on imports without
    /// hashes).
    ///
    /// A connection whose e-mails need not be unique takes no upsert: it is refused before anything is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// // A connection that is not there: the request is refused, and can be looked at.
    /// let connection = ConnectionId::new("con_0123456789abcdef")?;
    /// let options = JobOptions::default().upsert(true);
    /// let refused = start_import_with(&tenant, &connection, &[User::new("ada@uni.test")], &options);
    /// assert!(refused.is_err() && tenant.requests()[0].sent.contains("upsert=true"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn upsert(self, upsert: bool) -> JobOptions {
        JobOptions { upsert, ..self }
    }

    /// Mail all tenant owners when the job ends. Default: no, unlike Auth0's default.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// // A connection that is not there: the request is refused, and can be looked at.
    /// let connection = ConnectionId::new("con_0123456789abcdef")?;
    /// let options = JobOptions::default().send_completion_email(true);
    /// let refused = start_import_with(&tenant, &connection, &[User::new("ada@uni.test")], &options);
    /// assert!(refused.is_err() && tenant.requests()[0].sent.contains("send_completion_email=true"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn send_completion_email(self, send_completion_email: bool) -> JobOptions {
        JobOptions {
            send_completion_email,
            ..self
        }
    }

    /// Your own word for the job. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// // A connection that is not there: the request is refused, and can be looked at.
    /// let connection = ConnectionId::new("con_0123456789abcdef")?;
    /// let options = JobOptions::default().external_id("spring term");
    /// let refused = start_import_with(&tenant, &connection, &[User::new("ada@uni.test")], &options);
    /// assert!(refused.is_err() && tenant.requests()[0].sent.contains("external_id=spring term"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn external_id(self, external_id: &str) -> JobOptions {
        JobOptions {
            external_id: external_id.to_string(),
            ..self
        }
    }
}

impl From<&JobOptions> for JobOptions {
    fn from(options: &JobOptions) -> JobOptions {
        options.clone()
    }
}

/// For plain [`JobOptions`]: nothing can go wrong with them.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Error {
        match never {}
    }
}
