//! Where a tenant answers differently from the practice tenant: both get the same probes, and the answers are compared by form.

mod clean;
mod connection;
mod fixture;
mod masks;
mod probes;
mod rows;
mod script;
mod shape;
mod side;

use std::time::Duration;

use serde_json::Value;

use crate::clock::Deadline;
use crate::compare::clean::{Cleaned, clean};
use crate::compare::connection::{check_empty, connection_for};
use crate::compare::probes::{PROBES, Row, THIRD_JOB};
use crate::compare::rows::{MANY, Usernames, Users};
use crate::compare::shape::Shape;
use crate::compare::side::{Seen, Side, USUAL_REQUESTS};
use crate::error::{Error, Result};
use crate::jobs::wait::FAULTS_BORNE;
use crate::list::list;
use crate::private_file::write_private;
use crate::say::{debug_fields, one_line, say};
use crate::secrets::random_hex;
use crate::tenant::Tenant;
use crate::tenant::own_practice::OwnPractice;
use crate::tenant::rate::{FREE_PLAN, Pace};
use crate::words::{count, grouped};

/// The connection that a comparison writes into unless another one is named.
const CONNECTION: &str = "practice-comparison";
/// For the probes of one tenant; removing takes three minutes more at most.
const LIMIT: Duration = Duration::from_secs(300);
/// The same with the probe that needs jobs that take long.
const LONG_LIMIT: Duration = Duration::from_secs(900);
/// The scopes without which nothing can be compared, or removed afterwards.
const SCOPES: [&str; 4] = [
    "read:connections",
    "create:users",
    "read:users",
    "delete:users",
];

/// Which connection a comparison writes into, and which probes it has.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let options = ComparisonOptions::default().connection("no-such-database").third_job(true);
/// let refused = compare_with_practice_with(&tenant, &options);
/// assert!(refused.is_err_and(|error| error.kind() == ErrorKind::Connection));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct ComparisonOptions {
    connection: String,
    third_job: bool,
}

debug_fields!(ComparisonOptions: connection, third_job);

impl Default for ComparisonOptions {
    fn default() -> ComparisonOptions {
        ComparisonOptions {
            connection: CONNECTION.to_string(),
            third_job: false,
        }
    }
}

impl ComparisonOptions {
    /// The name of the connection to write into, which must have no users. Default: `practice-comparison`.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let options = ComparisonOptions::default().connection("throwaway-database");
    /// assert!(format!("{options:?}").contains("throwaway-database"));
    /// ```
    #[must_use]
    pub fn connection(mut self, name: &str) -> ComparisonOptions {
        self.connection = name.to_string();
        self
    }

    /// Whether a third job is tried while two run. Default: no, since it takes two jobs of 2,000 rows. All of these rows are
    /// refused, so they create no user.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let options = ComparisonOptions::default().third_job(true);
    /// assert!(format!("{options:?}").contains("third_job: true"));
    /// ```
    #[must_use]
    pub fn third_job(mut self, yes: bool) -> ComparisonOptions {
        self.third_job = yes;
        self
    }

    fn jobs(&self) -> usize {
        if self.third_job { 7 } else { 4 }
    }

    fn limit(&self) -> Duration {
        if self.third_job { LONG_LIMIT } else { LIMIT }
    }
}

/// One probe and its result; a [`Comparison`] is a list of them.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let options = ComparisonOptions::default().connection("Flexible-Identifiers");
/// let comparison = compare_with_practice_with(&tenant, &options)?;
/// let probe = comparison.iter().find(|probe| probe.name == "file-empty").unwrap();
/// assert_eq!(probe.same, Some(true));
/// assert!(probe.tenant.contains("Users file must not be empty."));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Probe {
    /// A word for it, the same in every version.
    pub name: &'static str,
    /// What is sent, or which part of an answer is looked at.
    pub request: &'static str,
    /// The row of docs/how-the-import-job-behaves.md that it is about.
    pub settles: &'static str,
    /// What the practice tenant should answer, in a word or two, such as the status and the code.
    pub expected: &'static str,
    /// The form of the tenant's answer as JSON, or why it is not known.
    pub tenant: String,
    /// The same of the practice tenant.
    pub practice: String,
    /// Whether both have the same form; `None` if one of them is not known.
    pub same: Option<bool>,
    /// Each place where they differ, with the tenant's value and the practice tenant's value.
    pub differs: Vec<[String; 3]>,
    pub(crate) seen: [Seen; 2],
}

debug_fields!(Probe: name, request, settles, expected, tenant, practice, same, differs, seen);

impl Probe {
    fn of(row: &Row, seen: [Seen; 2]) -> Probe {
        let words = |seen: &Seen| match seen {
            Seen::Told(shape) => shape.to_string(),
            Seen::Untold(why) => format!("not known: {}", one_line(why)),
        };
        let differs = match &seen {
            [Seen::Told(tenant), Seen::Told(practice)] => Some(tenant.differences(practice)),
            _ => None,
        };
        Probe {
            name: row.name,
            request: row.request,
            settles: row.settles,
            expected: row.practice,
            tenant: words(&seen[0]),
            practice: words(&seen[1]),
            same: differs.as_ref().map(Vec::is_empty),
            differs: differs.unwrap_or_default(),
            seen,
        }
    }
}

/// Where a tenant answers differently from the practice tenant: a list of [`Probe`], which derefs to a slice and iterates.
///
/// [`Comparison::save_json`] saves it to a file that can be sent to the project.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let options = ComparisonOptions::default().connection("Flexible-Identifiers");
/// let comparison = compare_with_practice_with(&tenant, &options)?;
/// assert!(comparison.removed >= 3 && comparison.left.is_empty());
/// println!("{comparison}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Comparison {
    /// Users who came in, and were removed by their ids.
    pub removed: usize,
    /// What could not be removed, and what may still come in: a line each.
    pub left: Vec<String>,
    pub(crate) probes: Vec<Probe>,
    pub(crate) domain: String,
    pub(crate) connection: String,
    pub(crate) jobs: usize,
    pub(crate) requests: usize,
    /// Users of the connection that an earlier comparison left.
    pub(crate) earlier: Vec<String>,
    /// What took its time: the tenant's, and the practice tenant's.
    pub(crate) took: Vec<(&'static str, Duration, Option<Duration>)>,
    pub(crate) correlation_id: String,
}

list!(Comparison, probes, Probe);
debug_fields!(Comparison: removed, left, probes, domain, connection, jobs, requests, earlier, took, correlation_id);

/// Asks a throwaway tenant and a practice tenant the same questions, and shows where they answer differently. Writes users to
/// the tenant and removes them; waits.
///
/// It writes only into a connection made for it: an empty database called `practice-comparison`; use
/// [`compare_with_practice_with`] for another name. Before it writes, it says how much: four import jobs with about twenty
/// users, of whom about five are imported, in about sixty requests, two a second unless the tenant says that it takes more,
/// within five minutes. Then it removes the imported users by their ids, even if a probe has failed, and says so. No mail is
/// sent. The tenant's log, its event streams and its Actions see these users come and go.
///
/// It starts its own practice tenant with the default settings and a connection like the one that it writes into. Where the
/// tenant does not say which usernames the connection takes, the probes about usernames are not known.
///
/// # Errors
///
/// A read-only tenant, which [`Tenant::allow_writes`] opens by name. A token without the scopes of an import and a removal. A
/// connection that does not exist, cannot take an import, or holds users that no comparison made. A practice tenant that cannot
/// be used. A tenant that cannot be reached, or that refuses before the first probe. In all these cases nothing was written. A
/// failed probe is not an error: its answer is reported as not known.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// // It has no such connection, so nothing is written.
/// let refused = compare_with_practice(&tenant);
/// assert!(refused.is_err_and(|error| error.to_string().contains("`practice-comparison`")));
/// # Ok::<(), Error>(())
/// ```
pub fn compare_with_practice(tenant: &Tenant) -> Result<Comparison> {
    compare_with_practice_with(tenant, &ComparisonOptions::default())
}

/// Like [`compare_with_practice`], with another connection or one more probe. Writes to the tenant; waits.
///
/// # Errors
///
/// The same as for [`compare_with_practice`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let options = ComparisonOptions::default().connection("Flexible-Identifiers");
/// let comparison = compare_with_practice_with(&tenant, &options)?;
/// println!("{comparison}");
/// # Ok::<(), Error>(())
/// ```
pub fn compare_with_practice_with(
    tenant: &Tenant,
    options: &ComparisonOptions,
) -> Result<Comparison> {
    check_rights(tenant)?;
    let tenant = tenant.paced(Pace::adapting(FREE_PLAN));
    let target = connection_for(&tenant, &options.connection)?;
    let earlier = check_empty(&tenant, &options.connection)?;
    let own = OwnPractice::start(&target.shape)?;
    let correlation_id = format!("comparison-{}", random_hex(8)?);
    let side = |asked: &Tenant| -> Result<Side> {
        let deadline = Deadline::after(options.limit());
        let users = Users::draw(Usernames::of(&target.connection))?;
        let mut side = Side::new(
            &asked.until(deadline, FAULTS_BORNE),
            target.connection.clone(),
            users,
            deadline,
            &correlation_id,
        );
        // A word that is masked in one tenant's answers is masked in the other's.
        side.mask_host(tenant.domain());
        Ok(side)
    };
    let mut practice_side = side(&own.tenant)?;
    script::check_deletion(&mut practice_side)?;
    run(&mut practice_side, options);
    let mut tenant_side = side(&tenant)?;
    say_what_comes(&tenant, &tenant_side.users, options);
    script::check_deletion(&mut tenant_side)?;
    run(&mut tenant_side, options);
    let Cleaned { removed, left } = clean(&mut tenant_side, &tenant);
    Ok(Comparison {
        // One of them went in a probe.
        removed: removed + usize::from(was_deleted(&tenant_side)),
        left,
        probes: probes(&tenant_side, &practice_side),
        domain: tenant.domain().to_string(),
        connection: options.connection.clone(),
        jobs: options.jobs(),
        requests: tenant_side.requests,
        earlier,
        took: times(&tenant_side, &practice_side),
        correlation_id,
    })
}

/// The write gate is open, and the token has what a comparison needs: nothing is sent for that.
fn check_rights(tenant: &Tenant) -> Result<()> {
    tenant.check_gate("a comparison")?;
    match SCOPES.iter().find(|scope| tenant.lacks_scope(scope)) {
        Some(scope) => Err(Error::missing_scope(
            tenant.domain(),
            "a comparison",
            &[scope],
        )),
        None => Ok(()),
    }
}

fn say_what_comes(tenant: &Tenant, users: &Users, options: &ComparisonOptions) {
    let rows = users.good().len() + users.wrong().len();
    let more = match options.third_job {
        true => format!(", two of them with {} faulty rows", grouped(MANY)),
        false => String::new(),
    };
    say!(
        "comparing {} with the practice tenant: at most {}{more}, and at most {}, go into the connection `{}`, in about {} requests within {} min; these users are then removed by their ids",
        tenant.domain(),
        count(options.jobs(), "import job"),
        count(rows, "user"),
        options.connection,
        USUAL_REQUESTS,
        options.limit().as_secs() / 60
    );
}

/// All probes of one tenant, in order.
fn run(side: &mut Side, options: &ComparisonOptions) {
    script::ask_harmless(side);
    script::ask_good(side);
    script::ask_wrong(side);
    script::ask_upsert(side);
    script::ask_no_json(side);
    script::ask_deletion(side);
    // The last, since its jobs may take all the time that is left.
    if options.third_job {
        script::ask_third(side);
    }
    side.tell_limits();
}

fn was_deleted(side: &Side) -> bool {
    let status = |probe| match side.seen.get(probe) {
        Some(Seen::Told(shape)) => shape.get("status").cloned(),
        _ => None,
    };
    let is = |probe, wanted: u16| status(probe) == Some(Shape::Plain(Value::from(wanted)));
    is("delete", 204) && is("user-gone", 404) && is("user", 200)
}

fn probes(tenant: &Side, practice: &Side) -> Vec<Probe> {
    let seen = |side: &Side, row: &Row| {
        let untold = || Seen::Untold("it was not asked".to_string());
        side.seen.get(row.name).cloned().unwrap_or_else(untold)
    };
    let asked = PROBES
        .iter()
        .filter(|row| row.name != THIRD_JOB || tenant.seen.contains_key(row.name));
    asked
        .map(|row| Probe::of(row, [seen(tenant, row), seen(practice, row)]))
        .collect()
}

fn times(tenant: &Side, practice: &Side) -> Vec<(&'static str, Duration, Option<Duration>)> {
    let of_practice = |wanted: &str| {
        let mut times = practice.took.iter();
        times
            .find(|(name, _)| *name == wanted)
            .map(|(_, took)| *took)
    };
    let times = tenant.took.iter();
    times
        .map(|(name, took)| (*name, *took, of_practice(name)))
        .collect()
}

impl Comparison {
    /// The probes that were answered otherwise than by the practice tenant. Sends nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let tenant = Tenant::practice()?;
    /// let options = ComparisonOptions::default().connection("Flexible-Identifiers");
    /// let comparison = compare_with_practice_with(&tenant, &options)?;
    /// for probe in comparison.differences() {
    ///     println!("{}: {:?}", probe.name, probe.differs);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn differences(&self) -> Vec<Probe> {
        let differ = |probe: &&Probe| probe.same == Some(false);
        self.probes.iter().filter(differ).cloned().collect()
    }

    /// Writes the comparison as JSON, to be looked at and sent to the project: open an issue with the file. Sends nothing.
    ///
    /// Only you can read the file; an existing file is replaced. It has the status, the headers about limits, the keys in their
    /// order with the types of their values, and Auth0's own words. It has no token, secret, host, connection name, id, e-mail
    /// or time: `<id>`, `<email of user-1>` and the like take their place.
    ///
    /// Its fields are `format` (1), `made` (the day), `crate` (the version), `took` (milliseconds for `tenant` and `practice`)
    /// and `probes`, a list of `name`, `request`, `settles`, `same` (true, false, or null if not known), `tenant` and
    /// `practice`: the form of an answer, or `{"untold": why}`.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let tenant = Tenant::practice()?;
    /// let options = ComparisonOptions::default().connection("Flexible-Identifiers");
    /// compare_with_practice_with(&tenant, &options)?.save_json("comparison.json")?;
    /// # assert!(std::fs::read_to_string("comparison.json").unwrap().contains("file-empty"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save_json(&self, path: &str) -> Result<()> {
        let written = write_private(path.as_ref(), fixture::fixture(self).as_bytes());
        written.map_err(|cause| Error::unwritable(path, cause))
    }
}
