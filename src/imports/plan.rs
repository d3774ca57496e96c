//! What an import would do.

use std::collections::HashSet;
use std::time::Duration;

use crate::check::check_for;
use crate::check::warnings::check_warnings;
use crate::connections::rules::OPTIONS_SCOPE;
use crate::connections::{ConnectionId, applications_untold, options_untold};
use crate::error::problem::Problem;
use crate::error::{Error, Result};
use crate::imports::look_up::cost;
use crate::imports::options::ImportOptions;
use crate::jobs::upload::{MAX_UPLOAD_BYTES, Packer, room};
use crate::jobs::wait::at_published_speeds;
use crate::say::debug_fields;
use crate::tenant::Tenant;
use crate::tenant::rate::FREE_PLAN;
use crate::users::User;
use crate::words::count;

/// What [`import_users`](crate::import_users) would do with these users; made by [`plan_import`] and [`plan_import_with`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("ada@uni.test"), User::new("no address")];
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
    /// Every problem that the check found, with its row.
    pub problems: Vec<Problem>,
    /// What Auth0 takes for now but may refuse later, with its row; these users are sent anyway.
    pub warnings: Vec<Problem>,
    /// What the tenant did not say about the connection, and the scope that would show it; nothing was checked against it.
    pub unknown: Vec<String>,
    /// What else is worth knowing before the import is made.
    pub notes: Vec<String>,
    /// Jobs at once.
    pub slots: usize,
}

debug_fields!(ImportPlan: domain, practice, read_only, connection, users, uploads, problems, warnings, unknown, notes, slots);

impl ImportPlan {
    /// How long the jobs may take, from the enterprise plan's reported speed to the free plan's. These speeds are for two jobs
    /// at once; one at a time takes twice as long. A practice tenant takes as long as it is set to.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-hour", "uni.test", 4_000)?;
    /// let (at_best, at_worst) = plan_import(&tenant, &connection, &users)?.duration();
    /// assert_eq!((at_best.as_secs(), at_worst.as_secs()), (36, 360));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn duration(&self) -> (Duration, Duration) {
        let (at_best, at_worst) = at_published_speeds(self.good());
        let alone = if self.slots == 1 { 2 } else { 1 };
        (at_best * alone, at_worst * alone)
    }

    /// How long it would take to remove the users again on the free plan, with one request for each, two a second.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = generate_users("docs-away", "uni.test", 60)?;
    /// let plan = plan_import(&tenant, &connection, &users)?;
    /// assert_eq!(plan.removal(), Duration::from_secs(30));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn removal(&self) -> Duration {
        Duration::from_secs_f64(self.good() as f64 / FREE_PLAN)
    }

    /// Faulty users.
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
/// Faulty users are in the plan, but not in its uploads. What the tenant did not say about the connection is named as unknown,
/// with the scope that would show it, and no user is left out because of it.
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
/// let users = generate_users("docs-many", "uni.test", 5_000)?;
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
    plan_import_with(tenant, connection, users, &ImportOptions::default())
}

/// Like [`plan_import`], for an import with these options. Sends nothing and writes nothing.
///
/// # Errors
///
/// No users; an upsert into a connection whose e-mails need not be unique.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-plan", "uni.test", 3)?;
/// let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
/// let options = ImportOptions::default().upsert(true).keep_existing_passwords();
/// let plan = plan_import_with(&tenant, &connection, &accounts, &options)?;
/// assert!(plan.notes[0].contains("existing users keep their passwords"));
/// # Ok::<(), Error>(())
/// ```
pub fn plan_import_with(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<ImportPlan> {
    if users.is_empty() {
        return Err(Error::no_users());
    }
    let options = &options.whole()?;
    connection.check_upsert(options.job.upsert)?;
    connection.check_ids_left(!options.make_ids)?;
    let problems = check_for(connection, users, options.loses_hashes());
    let bad: HashSet<usize> = problems.iter().map(|problem| problem.row).collect();
    let mut notes = notes(tenant, connection, users, options);
    if options.look_up_existing {
        let cost = cost(users.len() - bad.len(), options);
        notes.insert(0, format!("looking up existing users: {cost}"));
    }
    Ok(ImportPlan {
        domain: tenant.domain().to_string(),
        practice: tenant.is_practice(),
        read_only: tenant.is_read_only(),
        connection: connection
            .name
            .clone()
            .unwrap_or_else(|| connection.to_string()),
        users: users.len(),
        uploads: uploads(connection, users, options, &problems)?,
        problems,
        warnings: check_warnings(users),
        unknown: unknown(connection),
        notes,
        slots: options.slots,
    })
}

/// Bytes of each upload that the users without faults make.
fn uploads(
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
    problems: &[Problem],
) -> Result<Vec<usize>> {
    let framing = MAX_UPLOAD_BYTES - room(connection, &options.job)?;
    let mut packer = Packer::new(connection, &options.job)?;
    let mut bad = problems.iter().map(|problem| problem.row).peekable();
    let mut uploads = Vec::new();
    // As long as an id that is made.
    let id = options.make_ids.then(|| "0".repeat(24));
    for (index, user) in users.iter().enumerate() {
        let row = index + 1;
        while bad.next_if(|bad| *bad < row).is_some() {}
        if bad.peek() == Some(&row) {
            continue;
        }
        let mut user = user.clone();
        user.user_id = user.user_id.or_else(|| id.clone());
        let packed = packer.add(row, &user)?;
        uploads.extend(packed.map(|packed| packed.file.len() + framing));
    }
    uploads.extend(packer.finish().map(|packed| packed.file.len() + framing));
    Ok(uploads)
}

/// What the tenant did not tell of the connection, and what would.
fn unknown(connection: &ConnectionId) -> Vec<String> {
    let mut unknown = Vec::new();
    if connection.rules.is_none() {
        let why = match connection.name {
            Some(_) => options_untold(),
            None => format!(
                "the connection was given by its id; get_connection_id finds this out, with a token that has the scopes read:connections {OPTIONS_SCOPE}"
            ),
        };
        unknown.push(format!(
            "which usernames and phone numbers the connection takes, which fields it requires, whether users may share an e-mail, and whether it is a custom database: {why}"
        ));
    }
    if connection.applications_unknown {
        unknown.push(format!(
            "whether an application uses the connection, which Auth0 requires for an import: {}",
            applications_untold()
        ));
    }
    unknown
}

/// What else is worth knowing.
fn notes(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Vec<String> {
    let mut notes = Vec::new();
    let with = |has: fn(&User) -> bool| users.iter().filter(|user| has(user)).count();
    let hashed = with(|user| user.password_hash.is_some());
    let custom = with(|user| user.custom_password_hash.is_some());
    let phones = with(|user| user.phone_number.is_some());
    if options.job.upsert && options.keep_existing_passwords && hashed > 0 {
        notes.push(format!(
            "the password_hash of {} is only for new users: existing users keep their passwords",
            count(hashed, "user")
        ));
    }
    if options.job.upsert && custom > 0 {
        notes.push(format!(
            "the custom_password_hash of {} replaces an imported one until its user has signed in; Auth0 refuses the rows of users who came without a hash or have signed in",
            count(custom, "user")
        ));
    }
    if phones > 0 && connection.rules.as_ref().is_some_and(|rules| !rules.phones) {
        notes.push(format!(
            "{} with a phone number, which is not an attribute of this connection: it is not documented whether Auth0 keeps it",
            count(phones, "user")
        ));
    }
    if !tenant.is_practice() {
        notes.push(
            "each created user causes an event (user.created) in the tenant's event streams, if it has any".to_string(),
        );
    }
    notes
}
