//! What a removal would do and what it did: who goes, who stays, and why.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Result;
use crate::jobs::ownership::{self, Span, TWO_WITH_ID, has_email};
use crate::progress::Tally;
use crate::say::{data, debug_fields};
use crate::tenant::Tenant;
use crate::tenant::answers::UserAnswer;
use crate::tenant::rate::FREE_PLAN;

pub(crate) const OTHER_EMAIL: &str = "the tenant has the user with this id under another e-mail than the run's folder tells: it was changed since, or somebody else made the folder";

pub(crate) const GONE: &str = "the user was gone already";
pub(crate) const REFUSED: &str = "the job refused the user";
pub(crate) const NO_CONNECTION: &str =
    "the name of the job's connection is not known: the scope read:connections would tell it";

/// Who would be deleted: made by [`plan_removal`](crate::plan_removal) or [`plan_run_removal`](crate::plan_run_removal), taken by [`remove_users`](crate::remove_users).
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
/// let users = generate_users("docs-planned", "uni.test", 2)?;
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let plan = plan_run_removal(&tenant, report.folder())?;
/// assert_eq!(plan.users[0].0, "docs-planned_01@uni.test");
/// assert_eq!(plan.domain, tenant.domain());
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct RemovalPlan {
    /// The tenant's domain.
    pub domain: String,
    /// The users the job or the run created: e-mail and user id.
    pub users: Vec<(String, String)>,
    /// Rows of the file whose users stay; `left_out` says which, and why.
    pub kept: usize,
    /// The users who stay: the job did not create them, they are gone, or whether they are the job's cannot be known.
    pub left_out: Vec<LeftOut>,
    /// Users of the plan who have signed in since they were created, as far as the tenant tells.
    pub signed_in: usize,
    /// Users of the plan of whom the tenant does not tell it: a search does not see the newest, or is not answered.
    pub sign_in_unknown: usize,
    /// Until when a job of an upload that was not answered, or one that was given up, may still bring users of the run in, in
    /// milliseconds of UNIX time. A removal that is planned again after that finds them, those among them who were removed before.
    /// `None` when there is none, or the time is over.
    pub until: Option<u64>,
    /// The `X-Correlation-ID` of the uploads, and of the deletions to come: the tenant's log has them under it, as
    /// `references.correlation_id`.
    pub correlation_id: String,
    /// Why each user counts as the job's; one without an entry is not deleted.
    pub(crate) known: HashMap<String, Evidence>,
    /// The name of the connection they are in.
    pub(crate) connection: Option<String>,
    /// The run whose users they are; where what is deleted is written down.
    pub(crate) folder: Option<PathBuf>,
    /// Requests a second that the removal keeps to.
    pub(crate) per_second: f64,
}

debug_fields!(RemovalPlan: domain, users, kept, left_out, signed_in, sign_in_unknown, until, correlation_id, known, connection, folder, per_second);

pub(crate) const NOBODY_WITH_EMAIL: &str = "no user with this e-mail is in the connection";
pub(crate) const SAME_USER: &str = "another row of the file is the same user";
const UNSHOWN: &str =
    "the user id holds characters that are not printed: delete the user in the dashboard";
pub(crate) const NOBODY_WITH_ID: &str = "no user with this id is in the tenant";

/// Why a user counts as created by a job or a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Evidence {
    /// The id was made for the run, so it is nobody else's, and the tenant showed its one user.
    MadeId,
    /// The id was made for the run, and the search did not show its user: who has it is asked right before the deletion, since
    /// somebody may have copied the run's users into another connection with their ids.
    Unseen,
    /// The same of a user who was removed before and came in again, by an upload that was not answered.
    CameAgain,
    /// The tenant was asked, and is asked again right before the deletion. The job was at work in this time.
    Looked(Span),
}

/// A user who is not deleted, and why; in [`RemovalPlan`] and in [`Removed`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = [User::new("docs-left@uni.test"), User::new("no address")];
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let plan = plan_removal(&tenant, &finished)?;
/// let LeftOut { email, reason, .. } = &plan.left_out[0];
/// assert_eq!((email.as_str(), *reason), ("no address", "the job refused the user"));
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The e-mail as it was sent.
    pub email: String,
    /// The user id, where it is known.
    pub user_id: Option<String>,
    /// Why the user stays.
    pub reason: &'static str,
}

debug_fields!(LeftOut: email, user_id, reason);

impl RemovalPlan {
    /// How long the removal takes at the free plan's rate, two requests a second: one for each user, and one more for a
    /// user whose id was not made for the run, or whom the search does not show, which is a look right before the deletion. A practice tenant is faster.
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
    /// let users = generate_users("docs-time", "uni.test", 2)?;
    /// let report = import_users(&tenant, &connection, &users, &options)?;
    /// let plan = plan_run_removal(&tenant, report.folder())?;
    /// assert_eq!(plan.duration(), Duration::from_secs(1), "two users");
    /// # remove_users(&tenant, plan)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn duration(&self) -> Duration {
        let looks = self.known.values();
        let looks = looks.filter(|evidence| !matches!(evidence, Evidence::MadeId));
        Duration::from_secs_f64((self.users.len() + looks.count()) as f64 / FREE_PLAN)
    }
}

/// What a removal did; made by [`remove_users`](crate::remove_users).
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
/// let users = generate_users("docs-removed", "uni.test", 1)?;
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let removed = remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// assert_eq!((removed.deleted, removed.domain.as_str()), (1, tenant.domain()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Removed {
    /// Users deleted.
    pub deleted: usize,
    /// Users of the plan who were not deleted, because the look right before it did not show the same user any more.
    pub left_out: Vec<LeftOut>,
    /// The tenant they were in.
    pub domain: String,
    /// The `X-Correlation-ID` of the deletions: the tenant's log has them under it, as `references.correlation_id`.
    pub correlation_id: String,
}

debug_fields!(Removed: deleted, left_out, domain, correlation_id);

/// Whether a user who is not deleted is in the tenant, as far as it is known. The others are gone, or were never taken.
pub(crate) fn stays(user: &LeftOut) -> bool {
    let absent = [REFUSED, GONE, NOBODY_WITH_ID, NOBODY_WITH_EMAIL, SAME_USER];
    !absent.contains(&user.reason)
}

/// Somebody whom a job or a run may have created, before the tenant is asked about them.
pub(crate) struct Candidate {
    pub(crate) email: String,
    /// As the tenant has it; `None` when Auth0 made it.
    pub(crate) id: Option<String>,
    /// Whether the id was made for the run.
    pub(crate) made_id: bool,
    /// When the job was at work.
    pub(crate) span: Span,
    /// Whether the job is known to have brought them in.
    pub(crate) is_in: bool,
    /// Whether they may come in, or have come in, without a word of the job's.
    pub(crate) may_come_late: bool,
    /// Whether they were removed before, and may have come in again since.
    pub(crate) was_removed: bool,
    /// Why they stay if nobody has their id, where that is known.
    pub(crate) else_stays: Option<&'static str>,
    /// Whether it is certain that they were sent with this e-mail, as it is of a run that was made here.
    pub(crate) is_certain: bool,
    /// Whether nothing tells that the import created whoever is found, and not somebody else.
    pub(crate) is_unproven: bool,
}

impl Candidate {
    pub(crate) fn left_out(self, reason: &'static str) -> LeftOut {
        LeftOut {
            email: data(&self.email),
            user_id: self.id.map(|id| data(&id)),
            reason,
        }
    }
}

impl RemovalPlan {
    /// A plan of nobody yet.
    pub(crate) fn empty(domain: &str, correlation_id: &str, left_out: Vec<LeftOut>) -> RemovalPlan {
        RemovalPlan {
            domain: domain.to_string(),
            users: Vec::new(),
            kept: left_out.len(),
            left_out,
            signed_in: 0,
            sign_in_unknown: 0,
            until: None,
            correlation_id: correlation_id.to_string(),
            known: HashMap::new(),
            connection: None,
            folder: None,
            per_second: FREE_PLAN,
        }
    }

    /// Whether it has everybody who was found, and nobody can come in any more.
    pub(crate) fn is_all(&self) -> bool {
        self.until.is_none() && self.users.len() == self.known.len()
    }

    pub(crate) fn leave_out(&mut self, candidate: Candidate, reason: &'static str) {
        self.left_out.push(candidate.left_out(reason));
        self.kept = self.left_out.len();
    }

    /// Somebody else may have created some of them, and it is not known which.
    pub(crate) fn keep_all(&mut self, reason: &'static str) {
        let all = std::mem::take(&mut self.users);
        self.left_out
            .extend(all.into_iter().map(|(email, id)| LeftOut {
                email,
                user_id: Some(id),
                reason,
            }));
        self.kept = self.left_out.len();
        self.known.clear();
        (self.signed_in, self.sign_in_unknown) = (0, 0);
    }

    /// Puts a candidate into the plan, or leaves them out.
    fn take(&mut self, candidate: Candidate, found: Found) {
        let profile = match found {
            Ok(profile) if candidate.is_unproven => {
                let id = profile.and_then(|profile| profile.user_id.0);
                let id = id.or(candidate.id.clone());
                let known = Candidate { id, ..candidate };
                return self.leave_out(known, ownership::UNPROVEN);
            }
            Ok(profile) => profile,
            // Since when the job was at work is not known either.
            Err(ownership::AGE_UNTOLD)
                if candidate.is_unproven && candidate.span.since.is_none() =>
            {
                return self.leave_out(candidate, ownership::UNPROVEN);
            }
            Err(_) if candidate.was_removed => return,
            Err(reason) => return self.leave_out(candidate, reason),
        };
        let told = profile
            .as_ref()
            .and_then(|profile| profile.user_id.0.clone());
        let Some(id) = candidate.id.clone().or(told) else {
            return self.leave_out(candidate, ownership::IDENTITIES_UNTOLD);
        };
        // The id is printed, and users are deleted by it: the two must be the same.
        if data(&id) != id {
            return self.leave_out(candidate, UNSHOWN);
        }
        let evidence = match (candidate.made_id, &profile) {
            (true, _) if candidate.was_removed => Evidence::CameAgain,
            (true, None) => Evidence::Unseen,
            (true, Some(_)) => Evidence::MadeId,
            (false, _) => Evidence::Looked(candidate.span),
        };
        if self.known.insert(id.clone(), evidence).is_some() {
            return self.leave_out(candidate, SAME_USER);
        }
        match &profile {
            None => self.sign_in_unknown += 1,
            Some(profile) => self.signed_in += usize::from(ownership::has_signed_in(profile)),
        }
        // As the tenant has it, which may have changed since.
        let told = profile.as_ref().and_then(|profile| profile.email.as_ref());
        self.users
            .push((data(told.unwrap_or(&candidate.email)), id));
    }
}

/// Asks the tenant about the candidates, and puts each into the plan or leaves them out.
pub(crate) fn look(
    tenant: &Tenant,
    connection_id: &str,
    named: Option<&str>,
    candidates: Vec<Candidate>,
    plan: &mut RemovalPlan,
) -> Result<()> {
    if candidates.is_empty() {
        return Ok(());
    }
    plan.connection = ownership::connection_name(tenant, connection_id, named)?;
    let ids: Vec<String> = candidates.iter().filter_map(|c| c.id.clone()).collect();
    let seen = ownership::seen(tenant, &ids)?;
    let (total, mut tally) = (candidates.len(), Tally::new());
    for (index, candidate) in candidates.into_iter().enumerate() {
        let connection = plan.connection.as_deref();
        let found = match (&candidate.id, connection) {
            (Some(id), _)
                // A search lags, and a drawn id is nobody else's.
                if candidate.made_id
                    && !seen.contains_key(id)
                    && (candidate.may_come_late || candidate.is_in && !candidate.is_certain) =>
            {
                unseen_user(tenant, &candidate, id, connection)?
            }
            (Some(id), _) if candidate.made_id => {
                user_with_made_id(&candidate, seen.get(id), connection)
            }
            (_, None) => Err(NO_CONNECTION),
            // Whoever has the id in another connection may have another e-mail.
            (Some(id), _) if seen.get(id).is_some_and(|all| all.len() > 1) => Err(TWO_WITH_ID),
            (Some(id), Some(connection)) => given_user(tenant, &candidate, id, connection)?,
            (None, Some(connection)) => user_by_email(tenant, &candidate, connection)?,
        };
        let found = found.and_then(|profile| {
            let has_it = |profile: &UserAnswer| has_email(profile, &candidate.email);
            let shown = candidate.is_certain || profile.as_ref().is_some_and(has_it);
            if shown { Ok(profile) } else { Err(OTHER_EMAIL) }
        });
        plan.take(candidate, found);
        tally.say(index + 1, total, "users looked up");
    }
    Ok(())
}

/// A user's profile, if it is known, or why they stay.
type Found = std::result::Result<Option<UserAnswer>, &'static str>;

/// A user with an id made for the run, who is believed to be the run's unless the search shows another one; the profile, if
/// the search has it.
fn user_with_made_id(
    candidate: &Candidate,
    seen: Option<&Vec<UserAnswer>>,
    connection: Option<&str>,
) -> Found {
    let profile = match seen.map(Vec::as_slice) {
        Some([profile]) => profile,
        Some([_, ..]) => return Err(TWO_WITH_ID),
        _ if candidate.is_in => return Ok(None),
        _ => return Err(candidate.else_stays.unwrap_or(NOBODY_WITH_ID)),
    };
    let doubt = ownership::doubt(profile, connection);
    let untold = |doubt: &&str| candidate.is_certain && *doubt == ownership::IDENTITIES_UNTOLD;
    if let Some(doubt) = doubt.filter(|doubt| !untold(doubt)) {
        return Err(doubt);
    }
    match candidate.span.doubt(profile) {
        Some(ownership::OLDER) => Err(ownership::OLDER),
        _ => Ok(Some(profile.clone())),
    }
}

/// A user whom a search does not show, with an id that is said to be made for a run that was not made here.
fn unseen_user(
    tenant: &Tenant,
    candidate: &Candidate,
    id: &str,
    connection: Option<&str>,
) -> Result<Found> {
    let profile = ownership::by_id(tenant, id)?;
    Ok(match profile {
        Some(profile) => user_with_made_id(candidate, Some(&vec![profile]), connection),
        None => Err(candidate.else_stays.unwrap_or(NOBODY_WITH_ID)),
    })
}

/// A user with an id that the reader chose. The tenant may have another user with it, in another connection.
fn given_user(tenant: &Tenant, candidate: &Candidate, id: &str, connection: &str) -> Result<Found> {
    let Some(profile) = ownership::by_id(tenant, id)? else {
        return Ok(Err(NOBODY_WITH_ID));
    };
    if let Some(doubt) = doubt(&profile, connection, candidate.span) {
        return Ok(Err(doubt));
    }
    // A copy of the user in another connection has the same e-mail as a rule.
    let twins = ownership::by_email(tenant, &candidate.email)?;
    let others = twins
        .iter()
        .filter(|twin| twin.user_id.as_deref() == Some(id));
    match others
        .into_iter()
        .any(|twin| !ownership::is_in(twin, connection))
    {
        true => Ok(Err(TWO_WITH_ID)),
        false => Ok(Ok(Some(profile))),
    }
}

/// A user whose id Auth0 made, by the e-mail that was sent.
fn user_by_email(tenant: &Tenant, candidate: &Candidate, connection: &str) -> Result<Found> {
    let all = ownership::by_email(tenant, &candidate.email)?;
    let here: Vec<&UserAnswer> = all
        .iter()
        .filter(|profile| ownership::is_in(profile, connection))
        .collect();
    let profile = match here[..] {
        [profile] => profile,
        [] => return Ok(Err(NOBODY_WITH_EMAIL)),
        _ => return Ok(Err("several users of the connection have this e-mail")),
    };
    let same_id = all.iter().filter(|twin| *twin.user_id == *profile.user_id);
    if same_id.count() > 1 {
        return Ok(Err(TWO_WITH_ID));
    }
    Ok(match doubt(profile, connection, candidate.span) {
        Some(doubt) => Err(doubt),
        None => Ok(Some(profile.clone())),
    })
}

/// Why the profile may not be that of a user of this connection who was created in that time.
pub(crate) fn doubt(profile: &UserAnswer, connection: &str, span: Span) -> Option<&'static str> {
    ownership::doubt(profile, Some(connection)).or_else(|| span.doubt(profile))
}
