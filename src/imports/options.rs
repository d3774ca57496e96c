//! How a run is made: the settings of its jobs, and its own.

use std::time::Duration;

use serde_derive::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::jobs::options::JobOptions;
use crate::say::debug_fields;
use crate::tenant::rate::FREE_PLAN;

/// What stays of the users in the run folder once they are accounted for; for [`ImportOptions::afterwards`]. Refused users stay
/// complete, so they can be fixed.
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
    /// Only e-mail and user id, which a report and a clean-up need.
    KeepIdsOnly,
    /// Everything, hashes included.
    KeepAll,
}

/// What to do when a file is imported again, for [`ImportOptions::again`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let options = ImportOptions::default().again(Again::Missing);
/// assert_ne!(options, ImportOptions::default().again(Again::Changed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Again {
    /// Send the users that no earlier run of the file has imported, such as refused ones, or ones that were removed since.
    Missing,
    /// Also send the users whose row has changed since it was sent, for example by another mapping, and update them
    /// ([`upsert`](ImportOptions::upsert), [`keep_existing_passwords`](ImportOptions::keep_existing_passwords)). Hashes and
    /// second factors are not compared: a run folder does not keep them.
    Changed,
}

/// How a run of any number of jobs is made: the [`JobOptions`] of each of its jobs, and the run's own settings. Chain the
/// setters on `Default`.
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
    // Flat in the journal of a run, as it was before there were two types.
    #[serde(flatten)]
    pub(crate) job: JobOptions,
    pub(crate) name: Option<String>,
    pub(crate) slots: usize,
    pub(crate) requests_per_second: f64,
    pub(crate) time_limit: Duration,
    pub(crate) job_limit: Duration,
    pub(crate) skip_bad_rows: bool,
    /// Whether each user without an id gets one, which shows that they belong to this run.
    #[serde(rename = "draw_ids")]
    pub(crate) make_ids: bool,
    pub(crate) afterwards: Afterwards,
    // A run from before this option existed has none.
    #[serde(default)]
    pub(crate) keep_existing_passwords: bool,
    #[serde(default)]
    pub(crate) again: Option<Again>,
    #[serde(default)]
    pub(crate) look_up_existing: bool,
    #[serde(default)]
    pub(crate) send_again_untold: bool,
}

debug_fields!(ImportOptions: job, name, slots, requests_per_second, time_limit, job_limit, skip_bad_rows, make_ids, afterwards, keep_existing_passwords, again, look_up_existing, send_again_untold);

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions {
            job: JobOptions::default(),
            name: None,
            // Auth0 runs two import jobs in a tenant at once.
            slots: 2,
            requests_per_second: FREE_PLAN,
            // Auth0 forgets a job after 24 hours.
            time_limit: Duration::from_secs(24 * 3600),
            // Auth0 ends a job after two hours; a few minutes are added for its answer to say so.
            job_limit: Duration::from_secs(2 * 3600 + 600),
            skip_bad_rows: false,
            make_ids: true,
            afterwards: Afterwards::default(),
            keep_existing_passwords: false,
            again: None,
            look_up_existing: false,
            send_again_untold: false,
        }
    }
}

impl ImportOptions {
    /// The settings of each job of the run. Default: `JobOptions::default()`.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let of_a_job = JobOptions::default().upsert(true);
    /// assert_eq!(ImportOptions::default().job(of_a_job), ImportOptions::default().upsert(true));
    /// ```
    #[must_use]
    pub fn job(self, job: JobOptions) -> ImportOptions {
        ImportOptions { job, ..self }
    }

    /// Update users who are there already, in each job: see [`JobOptions::upsert`]. Default: no.
    ///
    /// A `password_hash` never reaches an existing user, so a row with one is faulty unless
    /// [`keep_existing_passwords`](ImportOptions::keep_existing_passwords) is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let ada = User { password_hash: Some(hash_password("correct horse")?), ..User::new("ada@uni.test") };
    /// let options = ImportOptions::default().upsert(true);
    /// let plan = plan_import_with(&tenant, &connection, &[ada], &options)?;
    /// assert_eq!(plan.problems[0].field, "password_hash");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn upsert(self, upsert: bool) -> ImportOptions {
        let job = self.job.clone().upsert(upsert);
        self.job(job)
    }

    /// Mail all tenant owners when a job ends: see [`JobOptions::send_completion_email`]. Default: no.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let of_a_job = JobOptions::default().send_completion_email(true);
    /// let options = ImportOptions::default().send_completion_email(true);
    /// assert_eq!(options, ImportOptions::default().job(of_a_job));
    /// ```
    #[must_use]
    pub fn send_completion_email(self, send_completion_email: bool) -> ImportOptions {
        let job = self
            .job
            .clone()
            .send_completion_email(send_completion_email);
        self.job(job)
    }

    /// Your own word for each job: see [`JobOptions::external_id`]. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let of_a_job = JobOptions::default().external_id("spring term");
    /// let options = ImportOptions::default().external_id("spring term");
    /// assert_eq!(options, ImportOptions::default().job(of_a_job));
    /// ```
    #[must_use]
    pub fn external_id(self, external_id: &str) -> ImportOptions {
        let job = self.job.clone().external_id(external_id);
        self.job(job)
    }

    /// The name of the run, whose folder is `imports/<name>`: letters, digits, `-`, `_` and `.`. Default: a random name.
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

    /// Jobs at once, at least 1. Default: 2, which is what Auth0 runs in a tenant (private clouds allow more).
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

    /// The most requests a second, of all kinds together. Default: 2, the free plan's rate.
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
        // Less than one request a minute would look like a hang.
        let requests_per_second = requests_per_second.clamp(1.0 / 60.0, 1e6);
        ImportOptions {
            requests_per_second,
            ..self
        }
    }

    /// After this time the call ends with an error that says how to continue. Default: 24 hours, which is how long Auth0 keeps
    /// a job.
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
    /// let stopped = import_users(&tenant, &connection, &[User::new("ada@uni.test")], &options);
    /// assert!(stopped.is_err_and(|error| error.to_string().contains("resume_import")));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn time_limit(self, time_limit: Duration) -> ImportOptions {
        ImportOptions { time_limit, ..self }
    }

    /// A job that has not ended after this time counts as lost, and its users are looked up one by one. Default: 2 hours 10
    /// minutes; Auth0 ends a job after two hours.
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

    /// Leave out the faulty rows that the check finds, and report them, instead of sending nobody. Default: no.
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

    /// Let Auth0 make the user ids. This has a price: after a fault, users of this run cannot be told from users who were there
    /// before. Such rows are reported as unknown, and the run cannot be cleaned up by its ids. Default: no.
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
            make_ids: false,
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

    /// With [`upsert`](ImportOptions::upsert): existing users keep their passwords, and a row's `password_hash` is only for new
    /// users. Default: no, and then such a row is faulty.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-keep", "uni.test", 2)?;
    /// let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
    /// let upsert = ImportOptions::default().upsert(true);
    /// let plan = plan_import_with(&tenant, &connection, &accounts, &upsert)?;
    /// assert!(plan.problems[0].problem.contains("silently dropped for an existing user"));
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

    /// What [`import_stream`](crate::import_stream) does with a [`UserFile`](crate::UserFile) that was imported into the same
    /// connection before, by a run whose folder is in `imports/`. Default: nothing is sent, and an error
    /// ([`ErrorKind::SameFile`](crate::ErrorKind::SameFile)) says what that run did. Users that are left alone count as already
    /// there. It takes about 50 bytes of memory for each user of those runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// # std::fs::write("docs.csv", "email\ndocs-again_01@uni.test\n").expect("a file");
    /// let options = ImportOptions::default().requests_per_second(50.0);
    /// let report = import_stream(&tenant, &connection, read_users("docs.csv")?, &options)?;
    /// let again = import_stream(&tenant, &connection, read_users("docs.csv")?, &options);
    /// assert!(again.is_err_and(|error| error.kind() == ErrorKind::SameFile));
    /// let options = options.again(Again::Missing);
    /// let again = import_stream(&tenant, &connection, read_users("docs.csv")?, &options)?;
    /// assert_eq!((again.counts().inserted, again.counts().already_there), (0, 1));
    /// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn again(self, again: Again) -> ImportOptions {
        ImportOptions {
            again: Some(again),
            ..self
        }
    }

    /// Look up each user by e-mail before sending, and leave out those who are already in the connection; the report names them
    /// as already there. It costs one request for each user, and says how many. [`import_users`](crate::import_users) looks up
    /// all users before it sends any; [`import_stream`](crate::import_stream) looks up the users of each file before it sends
    /// that file. Needs the scope `read:users`. Default: no.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-look", "uni.test", 60)?;
    /// let options = ImportOptions::default().look_up_existing(true);
    /// let plan = plan_import_with(&tenant, &connection, &users, &options)?;
    /// assert!(plan.notes[0].contains("60 requests, 30 s at 2 a second"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn look_up_existing(self, look_up_existing: bool) -> ImportOptions {
        ImportOptions {
            look_up_existing,
            ..self
        }
    }

    /// With [`upsert`](ImportOptions::upsert): send a file again if the tenant no longer knows its job (it keeps a job for 24
    /// hours), for example when a run is resumed a day later. This overwrites later changes. Default: no; then users who are
    /// not there with an id made for the run are reported as unknown, and [`ImportReport::failed`](crate::ImportReport::failed)
    /// has their complete rows, to be checked and sent again. Without an upsert such a file is always sent again, since that
    /// changes nobody.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let options = ImportOptions::default().upsert(true).send_again_untold(true);
    /// assert_ne!(options, ImportOptions::default().upsert(true));
    /// ```
    #[must_use]
    pub fn send_again_untold(self, send_again_untold: bool) -> ImportOptions {
        ImportOptions {
            send_again_untold,
            ..self
        }
    }

    /// These options with what [`Again::Changed`] means for each job; an error if two of them contradict each other.
    pub(crate) fn whole(&self) -> Result<ImportOptions> {
        let options = match self.again {
            Some(Again::Changed) => self.clone().upsert(true).keep_existing_passwords(),
            _ => self.clone(),
        };
        if options.requests_per_second.is_nan() {
            return Err(Error::rate_of_nothing());
        }
        if options.look_up_existing && options.job.upsert {
            return Err(Error::look_up_for_an_upsert());
        }
        Ok(options)
    }

    /// Whether sending a file again later would overwrite newer changes, and no option allows that.
    pub(crate) fn overwrites(&self) -> bool {
        self.job.upsert && !self.send_again_untold
    }

    /// Whether a `password_hash` may be silently dropped.
    pub(crate) fn loses_hashes(&self) -> bool {
        self.job.upsert && !self.keep_existing_passwords
    }
}

/// The settings of one job, if nothing else is set: settings that are only for a run would be ignored.
impl TryFrom<&ImportOptions> for JobOptions {
    type Error = Error;
    fn try_from(options: &ImportOptions) -> Result<JobOptions, Error> {
        let job = options.job.clone();
        match *options == ImportOptions::default().job(job.clone()) {
            true => Ok(job),
            false => Err(Error::settings_of_a_run()),
        }
    }
}
