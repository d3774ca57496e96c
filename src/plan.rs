//! What an import would do, before it does it.

use std::time::Duration;

use crate::check::{Problem, check_users};
use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::files::{Packer, framing_bytes};
use crate::options::ImportOptions;
use crate::pace::at_published_speeds;
use crate::say::debug_fields;
use crate::tenant::Tenant;
use crate::users::User;

/// Removals a second on the free plan: one request for each user, two requests a second.
const REMOVALS_A_SECOND: f64 = 2.0;

/// What [`import_users`](crate::import_users) would do with these users; made by [`plan_import`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("ada@test.edu"), User::new("no address")];
/// let plan = plan_import(&tenant, &connection, &users)?;
/// assert_eq!((plan.users, plan.uploads.len(), plan.problems[0].row), (2, 1, 2));
/// assert!(plan.practice && !plan.read_only);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct ImportPlan {
    /// The tenant's domain.
    pub domain: String,
    /// Whether it is a practice tenant.
    pub practice: bool,
    /// Whether writes are refused now.
    pub read_only: bool,
    /// The connection: its name, or its id when it was not looked up.
    pub connection: String,
    /// Users in all.
    pub users: usize,
    /// Bytes of each upload, framing included: one job each.
    pub uploads: Vec<usize>,
    /// Every fault the check found, with its row.
    pub problems: Vec<Problem>,
}

debug_fields!(ImportPlan: domain, practice, read_only, connection, users, uploads, problems);

impl ImportPlan {
    /// How long the jobs may take: from the enterprise plan's reported speed to the free plan's. A practice
    /// tenant takes as long as it is set to.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-hour", "test.edu", 4_000)?;
    /// let (at_best, at_worst) = plan_import(&tenant, &connection, &users)?.duration();
    /// assert_eq!((at_best.as_secs(), at_worst.as_secs()), (36, 360));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn duration(&self) -> (Duration, Duration) {
        at_published_speeds(self.good())
    }

    /// How long it would take to remove the users again on the free plan: a request for each, two a second.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-away", "test.edu", 60)?;
    /// let plan = plan_import(&tenant, &connection, &users)?;
    /// assert_eq!(plan.removal(), Duration::from_secs(30));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn removal(&self) -> Duration {
        Duration::from_secs_f64(self.good() as f64 / REMOVALS_A_SECOND)
    }

    /// Users with a fault.
    pub(crate) fn bad(&self) -> usize {
        self.by_row().count()
    }

    /// The faults, those of a user together.
    pub(crate) fn by_row(&self) -> impl Iterator<Item = &[Problem]> {
        self.problems.chunk_by(|one, next| one.row == next.row)
    }

    /// Users who would be sent.
    pub(crate) fn good(&self) -> usize {
        self.users - self.bad()
    }
}

/// Checks and packs users without sending anything. Writes nothing.
///
/// Users the check finds fault with are in the plan, and not in its uploads.
///
/// # Errors
///
/// No users.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-many", "test.edu", 5_000)?;
/// let plan = plan_import(&tenant, &connection, &users)?;
/// assert!(plan.problems.is_empty() && plan.uploads.iter().all(|bytes| *bytes <= MAX_UPLOAD_BYTES));
/// let (at_best, at_worst) = plan.duration();
/// println!("{} jobs, {at_best:?} to {at_worst:?}, {:?} to remove", plan.uploads.len(), plan.removal());
/// # Ok::<(), Error>(())
/// ```
pub fn plan_import(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
) -> Result<ImportPlan> {
    if users.is_empty() {
        return Err(Error::NoUsers);
    }
    let problems = check_users(connection, users);
    let options = ImportOptions::default();
    let framing = framing_bytes(connection, &options);
    let mut packer = Packer::new(connection, &options);
    let mut bad = problems.iter().map(|problem| problem.row).peekable();
    let mut uploads = Vec::new();
    // As long as a drawn id is.
    let id = "0".repeat(24);
    for (index, user) in users.iter().enumerate() {
        let row = index + 1;
        while bad.next_if(|bad| *bad < row).is_some() {}
        if bad.peek() == Some(&row) {
            continue;
        }
        let mut user = user.clone();
        user.user_id.get_or_insert_with(|| id.clone());
        let packed = packer.add(row, &user)?;
        uploads.extend(packed.map(|packed| packed.file.len() + framing));
    }
    uploads.extend(packer.finish().map(|packed| packed.file.len() + framing));
    Ok(ImportPlan {
        domain: tenant.domain().to_string(),
        practice: tenant.is_practice(),
        read_only: tenant.is_read_only(),
        connection: connection
            .name
            .clone()
            .unwrap_or_else(|| connection.to_string()),
        users: users.len(),
        uploads,
        problems,
    })
}
