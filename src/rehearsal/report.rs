//! What a rehearsal tells.

use std::time::Duration;

use crate::imports::outcome::{Attention, Counts, JobSpan};
use crate::imports::report::ImportReport;
use crate::say::debug_fields;

/// One way how it may go.
#[derive(Clone, Debug)]
pub(crate) struct Forecast {
    /// Users an hour that the tenant's jobs import; `None` for what the tenant says.
    pub(crate) users_an_hour: Option<u32>,
    pub(crate) took: Duration,
    pub(crate) requests: u64,
}

/// What an import would do, played with your users on a practice tenant shaped like your tenant; made by
/// [`rehearse_import`](crate::rehearse_import). Draws itself with the rows that would be refused, a timeline, and what it could
/// not know.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-rehears", "uni.test", 40)?;
/// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
/// assert!(rehearsal.refused().is_empty() && rehearsal.obstacles().is_empty());
/// println!("{rehearsal}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Rehearsal {
    pub(crate) domain: String,
    pub(crate) connection: String,
    pub(crate) practice: bool,
    /// Of the likeliest play.
    pub(crate) report: ImportReport,
    /// From the slowest to the fastest.
    pub(crate) forecasts: Vec<Forecast>,
    pub(crate) likeliest: usize,
    /// In UNIX seconds.
    pub(crate) began: u64,
    pub(crate) removal: (u64, Duration),
    pub(crate) obstacles: Vec<String>,
    pub(crate) unknown: Vec<String>,
}

debug_fields!(Rehearsal: domain, connection, practice, report, forecasts, likeliest, began, removal, obstacles, unknown);

impl Rehearsal {
    /// How many users would have which outcome.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("docs-counts@uni.test"), User::new("no address")];
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// assert_eq!((rehearsal.counts().inserted, rehearsal.counts().failed), (1, 1));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.report.counts()
    }

    /// The first 1,000 users who would be neither inserted nor updated, and why, in the order of the input. Existing users are
    /// among them if they were looked up.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("docs-refused@uni.test"), User::new("no address")];
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// let Attention { row, reasons, .. } = &rehearsal.refused()[0];
    /// assert_eq!((*row, reasons[0].field.as_deref()), (2, Some("email")));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn refused(&self) -> &[Attention] {
        self.report.attention()
    }

    /// How many more there would be beyond the first 1,000, which [`refused`](Rehearsal::refused) lists.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("docs-beyond@uni.test"), User::new("no address")];
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// assert_eq!((rehearsal.refused().len(), rehearsal.refused_beyond()), (1, 0));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn refused_beyond(&self) -> u64 {
        self.report.attention_beyond()
    }

    /// The jobs, in the order of their files, in the likeliest play.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-jobs", "uni.test", 4_000)?;
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// let users_of = |job: &JobSpan| job.users;
    /// assert_eq!(rehearsal.jobs().iter().map(users_of).sum::<usize>(), 4_000);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn jobs(&self) -> &[JobSpan] {
        self.report.jobs()
    }

    /// How many requests the import would send, at least and at most, at the speeds that are published or reported. A slower tenant is
    /// sent more looks.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-sent", "uni.test", 3)?;
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// let (fewest, most) = rehearsal.requests();
    /// assert!(fewest >= 2 && fewest == most, "a practice tenant tells how fast it is");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn requests(&self) -> (u64, u64) {
        let requests = self.forecasts.iter().map(|forecast| forecast.requests);
        (
            requests.clone().min().unwrap_or(0),
            requests.max().unwrap_or(0),
        )
    }

    /// How long the import would take, at best and at worst, at the speeds that are published or reported. A slower tenant takes
    /// longer. A practice tenant says how fast it is, so both are the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-long", "uni.test", 3)?;
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// let (at_best, at_worst) = rehearsal.duration();
    /// assert!(at_best == at_worst && at_worst < Duration::from_secs(60));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn duration(&self) -> (Duration, Duration) {
        let took = self.forecasts.iter().map(|forecast| forecast.took);
        (
            took.clone().min().unwrap_or_default(),
            took.max().unwrap_or_default(),
        )
    }

    /// How long it would take at the likeliest speed of the tenant's jobs, between the two values of
    /// [`duration`](Rehearsal::duration).
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-likely", "uni.test", 3)?;
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// let (at_best, at_worst) = rehearsal.duration();
    /// assert!((at_best..=at_worst).contains(&rehearsal.likely()));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn likely(&self) -> Duration {
        self.forecasts[self.likeliest].took
    }

    /// What it would take to remove the users again: how many requests, and how long at the rate of the import. It is faster if
    /// the tenant says that it takes more.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-away", "uni.test", 38)?;
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// // One for each user, and two to look for them.
    /// assert_eq!(rehearsal.removal(), (40, Duration::from_secs(20)));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn removal(&self) -> (u64, Duration) {
        self.removal
    }

    /// What would prevent the import as it was rehearsed, and what to do about it: one sentence each.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("docs-first@uni.test"), User::new("no address")];
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// assert!(rehearsal.obstacles()[0].contains("skip_bad_rows(true)"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn obstacles(&self) -> &[String] {
        &self.obstacles
    }

    /// What the rehearsal could not know: one sentence each.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-unknown", "uni.test", 3)?;
    /// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
    /// assert!(rehearsal.unknown()[0].starts_with("which users are already in the connection"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}
