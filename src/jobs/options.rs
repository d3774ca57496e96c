//! How an import is made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::say::debug_fields;
use crate::tenant::rate::FREE_PLAN;

/// What stays of the users in the run folder once they are accounted for; for [`ImportOptions::afterwards`]. Refused
/// users stay whole, to be mended.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// assert_eq!(Afterwards::default(), Afterwards::StripSecrets);
/// let options = ImportOptions::default().afterwards(Afterwards::KeepIdsOnly);
/// assert_ne!(options, ImportOptions::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Afterwards {
    /// Everything but hashes and MFA secrets.
    #[default]
    StripSecrets,
    /// E-mail and user id alone: what a report and a clean-up need.
    KeepIdsOnly,
    /// Everything, hashes included.
    KeepAll,
}

/// How an import is made. Chained setters over `Default`.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let options = ImportOptions::default()
///     .name("spring-term").external_id("spring term").send_completion_email(false)
///     .upsert(true).skip_bad_rows(true).leave_ids_to_auth0()
///     .slots(2).requests_per_second(10.0)
///     .time_limit(Duration::from_secs(3600)).job_limit(Duration::from_secs(600))
///     .afterwards(Afterwards::KeepIdsOnly);
/// assert_ne!(options, ImportOptions::default());
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportOptions {
    pub(crate) upsert: bool,
    pub(crate) send_completion_email: bool,
    pub(crate) external_id: String,
    pub(crate) name: Option<String>,
    pub(crate) slots: usize,
    pub(crate) requests_per_second: f64,
    pub(crate) time_limit: Duration,
    pub(crate) job_limit: Duration,
    pub(crate) skip_bad_rows: bool,
    pub(crate) draw_ids: bool,
    pub(crate) afterwards: Afterwards,
    // A run that was begun before there was such an option had none.
    #[serde(default)]
    pub(crate) keep_existing_passwords: bool,
}

debug_fields!(ImportOptions: upsert, send_completion_email, external_id, name, slots, requests_per_second, time_limit, job_limit, skip_bad_rows, draw_ids, afterwards, keep_existing_passwords);

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions {
            upsert: false,
            send_completion_email: false,
            external_id: String::new(),
            name: None,
            // Auth0 runs two import jobs in a tenant at once.
            slots: 2,
            requests_per_second: FREE_PLAN,
            // Auth0 forgets a job after 24 hours.
            time_limit: Duration::from_secs(24 * 3600),
            // Auth0 ends a job after two hours; a few minutes for its own word to come through.
            job_limit: Duration::from_secs(2 * 3600 + 600),
            skip_bad_rows: false,
            draw_ids: true,
            afterwards: Afterwards::default(),
            keep_existing_passwords: false,
        }
    }
}

impl ImportOptions {
    /// Update users who are there already (matched by e-mail) instead of failing them. Default: no.
    /// Metadata is then replaced, not merged.
    ///
    /// A hash goes in once. A `password_hash` never reaches a user who is there already, so the check finds fault with a
    /// row that brings one, until [`keep_existing_passwords`](ImportOptions::keep_existing_passwords) says that this is
    /// meant. A `custom_password_hash` replaces one that was imported before, a wrong one say, until that user has signed
    /// in; for a user who came without a hash, or has signed in, Auth0 refuses the row (documented with the import schema,
    /// and in Auth0's support article on imports without hashes).
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
    /// let options = ImportOptions::default().upsert(true);
    /// let refused = start_import_with(&tenant, &connection, &[User::new("ada@test.edu")], &options);
    /// assert!(refused.is_err() && tenant.requests()[0].sent.contains("upsert=true"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn upsert(self, upsert: bool) -> ImportOptions {
        ImportOptions { upsert, ..self }
    }

    /// Mail all tenant owners when a job ends. Default: no, unlike Auth0's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// // A connection that is not there: the request is refused, and can be looked at.
    /// let connection = ConnectionId::new("con_0123456789abcdef")?;
    /// let options = ImportOptions::default().send_completion_email(true);
    /// let refused = start_import_with(&tenant, &connection, &[User::new("ada@test.edu")], &options);
    /// assert!(refused.is_err() && tenant.requests()[0].sent.contains("send_completion_email=true"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn send_completion_email(self, send_completion_email: bool) -> ImportOptions {
        ImportOptions {
            send_completion_email,
            ..self
        }
    }

    /// A word of your own that each job carries. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// // A connection that is not there: the request is refused, and can be looked at.
    /// let connection = ConnectionId::new("con_0123456789abcdef")?;
    /// let options = ImportOptions::default().external_id("spring term");
    /// let refused = start_import_with(&tenant, &connection, &[User::new("ada@test.edu")], &options);
    /// assert!(refused.is_err() && tenant.requests()[0].sent.contains("external_id=spring term"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn external_id(self, external_id: &str) -> ImportOptions {
        ImportOptions {
            external_id: external_id.to_string(),
            ..self
        }
    }

    /// The name of the run, whose folder is `imports/<name>`: letters, digits, `-`, `_` and `.`. Default: drawn.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().name("docs-name").skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
    /// assert_eq!(report.folder(), "imports/docs-name");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn name(self, name: &str) -> ImportOptions {
        ImportOptions {
            name: Some(name.to_string()),
            ..self
        }
    }

    /// Jobs at once, 1 at least. Default: 2, which is what Auth0 runs in a tenant (private clouds allow more).
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let one = ImportOptions::default().slots(1);
    /// assert_ne!(one, ImportOptions::default());
    /// assert_eq!(ImportOptions::default().slots(0), one);
    /// assert_eq!(one.slots(2), ImportOptions::default());
    /// ```
    #[must_use]
    pub fn slots(self, slots: usize) -> ImportOptions {
        ImportOptions {
            slots: slots.max(1),
            ..self
        }
    }

    /// Requests a second at most, all of them together. Default: 2, the free plan's rate.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let faster = ImportOptions::default().requests_per_second(10.0);
    /// assert_ne!(faster, ImportOptions::default());
    /// assert_eq!(faster.requests_per_second(2.0), ImportOptions::default());
    /// ```
    #[must_use]
    pub fn requests_per_second(self, requests_per_second: f64) -> ImportOptions {
        // Less than one in a minute would look like a hang.
        let requests_per_second = requests_per_second.clamp(1.0 / 60.0, 1e6);
        ImportOptions {
            requests_per_second,
            ..self
        }
    }

    /// After this long the call ends with an error that says how to go on. Default: 24 hours, for which Auth0 keeps a job.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().time_limit(Duration::ZERO);
    /// let stopped = import_users(&tenant, &connection, &[User::new("ada@test.edu")], &options);
    /// assert!(stopped.is_err_and(|error| error.to_string().contains("resume_import")));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn time_limit(self, time_limit: Duration) -> ImportOptions {
        ImportOptions { time_limit, ..self }
    }

    /// A job that has not ended after this long counts as lost, and its users are looked up one by one.
    /// Default: 2 hours 10 minutes; Auth0 ends a job after two hours.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let shorter = ImportOptions::default().job_limit(Duration::from_secs(600));
    /// assert_ne!(shorter, ImportOptions::default());
    /// assert_eq!(shorter.job_limit(Duration::from_secs(7800)), ImportOptions::default());
    /// ```
    #[must_use]
    pub fn job_limit(self, job_limit: Duration) -> ImportOptions {
        ImportOptions { job_limit, ..self }
    }

    /// Leave out the users the check finds fault with, and report them, instead of sending nobody. Default: no.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("no address")];
    /// let strict = import_users(&tenant, &connection, &users, &ImportOptions::default());
    /// assert!(strict.is_err_and(|error| error.kind() == ErrorKind::BadRows));
    /// let options = ImportOptions::default().skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &users, &options)?;
    /// assert_eq!(report.counts().failed, 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn skip_bad_rows(self, skip_bad_rows: bool) -> ImportOptions {
        ImportOptions {
            skip_bad_rows,
            ..self
        }
    }

    /// Leave the user ids to Auth0. What is lost: after a fault a user of this run cannot be told from one who was
    /// there before, so such rows are reported as unknown, and the run cannot be cleaned up by its ids. Default: no.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let options = ImportOptions::default().leave_ids_to_auth0();
    /// assert_ne!(options, ImportOptions::default(), "else each user gets an id before it is sent");
    /// ```
    #[must_use]
    pub fn leave_ids_to_auth0(self) -> ImportOptions {
        ImportOptions {
            draw_ids: false,
            ..self
        }
    }

    /// What stays of the users in the run folder. Default: everything but hashes and MFA secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let options = ImportOptions::default().afterwards(Afterwards::KeepAll);
    /// assert_ne!(options, ImportOptions::default());
    /// assert_eq!(options.afterwards(Afterwards::StripSecrets), ImportOptions::default());
    /// ```
    #[must_use]
    pub fn afterwards(self, afterwards: Afterwards) -> ImportOptions {
        ImportOptions { afterwards, ..self }
    }

    /// With [`upsert`](ImportOptions::upsert): users who are there already keep the password they have, and a row's
    /// `password_hash` is for those who are new. Default: no, and then such a row is a fault.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-keep", "test.edu", 2)?;
    /// let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
    /// let upsert = ImportOptions::default().upsert(true);
    /// let plan = plan_import_with(&tenant, &connection, &accounts, &upsert)?;
    /// assert!(plan.problems[0].problem.contains("dropped without a word for a user who is there already"));
    /// let plan = plan_import_with(&tenant, &connection, &accounts, &upsert.keep_existing_passwords())?;
    /// assert!(plan.problems.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn keep_existing_passwords(self) -> ImportOptions {
        ImportOptions {
            keep_existing_passwords: true,
            ..self
        }
    }

    /// Whether a `password_hash` may be dropped without a word.
    pub(crate) fn loses_hashes(&self) -> bool {
        self.upsert && !self.keep_existing_passwords
    }
}
