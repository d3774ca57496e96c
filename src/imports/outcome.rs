//! The types of a report: the outcome of a user, the counts of outcomes, the time of a job.

use crate::jobs::errors::RowError;
use crate::say::debug_fields;

/// The outcome of a user's row, given by an [`Attention`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let options = ImportOptions::default().skip_bad_rows(true);
/// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
/// assert_eq!(report.attention()[0].outcome, Outcome::Failed);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Created by this run.
    Inserted,
    /// There before and changed (upsert).
    Updated,
    /// Inserted or updated. A job that did both only reports how many of each, and a user with an id from the file may have
    /// been there before.
    Imported,
    /// There before, and unchanged.
    AlreadyThere,
    /// Refused by the tenant, or faulty and so not sent; the reason is given.
    Failed,
    /// Unknown, because the job was lost or had not ended at its limit.
    Unknown,
    /// Not sent yet: the run was cut off.
    NotSent,
}

impl Outcome {
    /// The outcome in a word or two.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert_eq!(Outcome::AlreadyThere.word(), "already there");
    /// ```
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Inserted => "inserted",
            Outcome::Updated => "updated",
            Outcome::Imported => "inserted or updated",
            Outcome::AlreadyThere => "already there",
            Outcome::Failed => "refused",
            Outcome::Unknown => "unknown",
            Outcome::NotSent => "not sent",
        }
    }
}

/// How many users had which outcome, from [`ImportReport::counts`](crate::ImportReport::counts); all other fields add up to
/// `total`.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let options = ImportOptions::default().skip_bad_rows(true);
/// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
/// let Counts { inserted, failed, total, .. } = report.counts();
/// assert_eq!((inserted, failed, total), (0, 1, 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Created by this run.
    pub inserted: u64,
    /// There before and changed (upsert).
    pub updated: u64,
    /// There before, and unchanged.
    pub already_there: u64,
    /// Refused by the tenant, or faulty and so not sent.
    pub failed: u64,
    /// Unknown.
    pub unknown: u64,
    /// Not sent or not ended yet.
    pub not_sent: u64,
    /// Rows of a file that [`read_users`](crate::read_users) left out because they are not users to import, such as users who
    /// sign in elsewhere. [`FileCounts::left_out`](crate::FileCounts::left_out) says why.
    pub left_out: u64,
    /// All rows read.
    pub total: u64,
}

/// A user who was neither inserted nor updated, and why; in [`ImportReport::attention`](crate::ImportReport::attention).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let options = ImportOptions::default().skip_bad_rows(true);
/// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
/// let Attention { row, email, reasons, .. } = &report.attention()[0];
/// assert_eq!((*row, email.as_str()), (1, "no address"));
/// assert_eq!(reasons[0].field.as_deref(), Some("email"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attention {
    /// The user's position in the input, from 1.
    pub row: usize,
    /// The e-mail as it was given.
    pub email: String,
    /// Already there, failed or unknown.
    pub outcome: Outcome,
    /// Every reason there is.
    pub reasons: Vec<RowError>,
}

debug_fields!(Attention: row, email, outcome, reasons);

/// When a job ran, and how many users it had; in [`ImportReport::jobs`](crate::ImportReport::jobs).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let options = ImportOptions::default().requests_per_second(50.0);
/// let users = generate_users("docs-span", "uni.test", 2)?;
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let JobSpan { file, users, from, to, .. } = report.jobs()[0];
/// assert_eq!((file, users), (1, 2));
/// assert!(from <= to);
/// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct JobSpan {
    /// The file of users it worked through, from 1.
    pub file: usize,
    /// Users in it.
    pub users: usize,
    /// When it was accepted, in milliseconds of UNIX time.
    pub from: u64,
    /// When it was seen to have ended.
    pub to: u64,
}
