//! Deleting what a job or a run created, and nothing else.

pub(crate) mod clean_up;
pub(crate) mod plan;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use reqwest::Method;

use crate::clock::{Deadline, unix_millis};
use crate::error::{Error, Result};
use crate::imports::journal::{Entry, FileEnd, NoteKind};
use crate::imports::run::Run;
use crate::jobs::errors::job_errors;
use crate::jobs::ownership::{self, Span};
use crate::jobs::wait::supposed_end;
use crate::jobs::{FinishedJob, JobStatus, RowKey};
use crate::progress::Tally;
use crate::removal::plan::{
    Candidate, Evidence, GONE, LeftOut, NO_CONNECTION, REFUSED, RemovalPlan, Removed, look,
};
use crate::tenant::Tenant;
use crate::tenant::answer;
use crate::tenant::rate::{FREE_PLAN, Pace};
use crate::tenant::request::Request;

/// Deletes between two lines of the run's journal.
const NOTED_AT_ONCE: usize = 50;
/// Faults in a row after which a removal stops: seconds, since nothing is lost by running it again.
const FAULTS_BORNE: u32 = 4;
/// A million users at two a second take six days.
const REMOVAL_LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);
const THERE_BEFORE: &str = "the user was there before";
const MORE_THAN_INSERTED: &str =
    "more such users are found than the job inserted, and which are its own is not known";
const UPDATED_UNKNOWN: &str = "the job updated users who are not found, so this user may be one whom somebody else created while it ran";
const UNTOLD: &str = "what became of the user is not known";
const UPDATED: &str = "the user was there before and was updated";

/// The tenant for all of a removal's requests. They keep to the rate of the run, or of imports, and are faster as long as the
/// tenant tells that it has room: there is one for each user.
fn asking(tenant: &Tenant, per_second: f64) -> Tenant {
    let deadline = Deadline::after(REMOVAL_LIMIT);
    tenant
        .until(deadline, FAULTS_BORNE)
        .paced(Pace::adapting(per_second))
}

/// Looks up the users a job created. Sends a read for each user; for users who were sent with a user id two, and one more for
/// 40 of them; writes nothing.
///
/// A user belongs to the job exactly if the job did not refuse them, they are in its connection's own database (an identity of
/// the provider `auth0`) under the e-mail or the user id that was sent, and they were created between the job's beginning and its
/// end. Where that cannot be known, because two users have the e-mail or the id, say, the user stays, and
/// [`RemovalPlan::left_out`] has the reason. Of an upsert all stay where users whom it updated are neither there nor were deleted with
/// this handle: somebody else may have created them while the job ran.
///
/// Of a job that [`find_job`](crate::find_job) took up, [`Job::sent`](crate::Job::sent) must have said which users it was sent: as
/// many as the tenant counts, and among them whom the job refused.
///
/// Nobody tells when a job ended, so it counts when it was last seen at work. Whoever was created later than a job of its size
/// should take from then on (twice the free plan's 0.09 s for each user, a quarter of its age, ten seconds) stays. In a practice tenant that
/// is so only for a job that had ended when it was taken up.
///
/// # Errors
///
/// The job failed; which users it was sent is not known, or is not what the tenant tells; the tenant did not tell its counts, or when it was accepted; its connection is gone; the scope `read:users` is missing; the
/// tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-plan", "uni.test", 2)?;
/// let job = start_import(&tenant, &connection, &users)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let plan = plan_removal(&tenant, &finished)?;
/// assert_eq!((plan.users.len(), plan.kept), (2, 0));
/// println!("it would take {:?}", plan.duration());
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
pub fn plan_removal(tenant: &Tenant, finished: &FinishedJob) -> Result<RemovalPlan> {
    let job = &finished.job;
    let sent = sent_and_told(finished)?;
    let tenant = &asking(tenant, FREE_PLAN);
    let errors = job_errors(tenant, finished)?;
    let refused: HashSet<usize> = errors.iter().filter_map(|failed| failed.row).collect();
    if job.found.is_some() && refused.len() < errors.len() {
        let why = "it refused somebody who is not among the users said to have been sent";
        return Err(Error::unknown_creation(job.id.as_str(), why));
    }
    let mut plan = RemovalPlan::empty(tenant.domain(), &job.name_in_the_log()?, Vec::new());
    let mut candidates = Vec::new();
    let span = at_work(tenant, finished, sent.len());
    for (index, key) in sent.iter().enumerate() {
        let candidate = sent_by_a_job(key, span);
        match refused.contains(&(index + 1)) {
            true => plan.leave_out(candidate, REFUSED),
            false => candidates.push(candidate),
        }
    }
    let name = job.connection_name();
    look(tenant, job.connection.as_str(), name, candidates, &mut plan)?;
    let summary = finished.summary.unwrap_or_default();
    // Whom the job updated was there before it, and is there or was deleted since, unless somebody created them while it ran.
    let was_there = |user: &&LeftOut| {
        [ownership::OLDER, ownership::LINKED].contains(&user.reason)
            || tenant.imported().has_deleted(&user.email)
    };
    let there = plan.left_out.iter().filter(was_there).count() as u64;
    if plan.users.len() as u64 > summary.inserted {
        plan.keep_all(MORE_THAN_INSERTED);
    } else if there < summary.updated {
        plan.keep_all(UPDATED_UNKNOWN);
    }
    Ok(plan)
}

fn sent_by_a_job(key: &RowKey, span: Span) -> Candidate {
    Candidate {
        email: key.email.clone(),
        id: key.user_id.as_ref().map(|id| format!("auth0|{id}")),
        made_id: false,
        span,
        is_in: true,
        may_come_late: false,
        was_removed: false,
        else_stays: None,
        is_certain: true,
        is_unproven: false,
    }
}

/// The users sent, of a job of which enough is known.
fn sent_and_told(finished: &FinishedJob) -> Result<&[RowKey]> {
    let why = match finished.status {
        JobStatus::Failed => Some("the job failed as a whole"),
        JobStatus::Completed if finished.summary.is_none() => {
            Some("the tenant did not tell how many users it created")
        }
        JobStatus::Completed if answer::millis(&finished.job.created_at).is_none() => {
            Some("the tenant did not tell when the job was accepted")
        }
        JobStatus::Completed => None,
    };
    if let Some(why) = why {
        return Err(Error::unknown_creation(finished.id.as_str(), why));
    }
    finished.sent().map_err(|why| Error::unknown_users(&why))
}

/// When the job was at work. Where nobody looked at it for long before it was seen to have ended, it is supposed how long it took.
/// In a practice tenant everybody is the reader's own.
pub(crate) fn at_work(tenant: &Tenant, finished: &FinishedJob, users: usize) -> Span {
    let since = answer::millis(&finished.job.created_at);
    let had_ended = finished.job.found.is_some_and(|found| found.had_ended);
    let supposed = since
        .filter(|_| had_ended || !tenant.is_practice())
        .map(|since| supposed_end(since, finished.at_work.unwrap_or(since), users));
    let is_before = |supposed| finished.seen_at.is_none_or(|seen_at| supposed < seen_at);
    let is_supposed = supposed.is_some_and(is_before);
    Span {
        since,
        until: if is_supposed {
            supposed
        } else {
            finished.seen_at
        },
        is_supposed,
    }
}

/// Lists the users a run created, by the ids it drew for them and wrote down in `imports/<name>`. Sends reads: one for 40 users,
/// and two for each user whose id was not made for the run; writes nothing.
///
/// An id that was made for the run is nobody else's, so its user is in the plan without proof; a search tells who of them has
/// signed in since, and takes out whoever it shows to be another one. A user whose id you chose must be found in the run's
/// connection, created since the run's upload. Users who were there before, or who may have been, stay.
///
/// Anybody can make a folder. So a run that this [`Tenant`] value and its clones did not make (you restarted the kernel, say) is
/// not believed by its folder alone: the tenant must have each user under the e-mail that the folder tells, or the user stays. A
/// user whom the search does not show is then looked up by id.
///
/// # Errors
///
/// No run there; one of another tenant; one that is not yours alone (another user owns it, or others can read or write it); one
/// that was changed or damaged; one that has not ended; its connection is gone; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-run", "uni.test", 2)?;
/// let options = ImportOptions::default().requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let plan = plan_run_removal(&tenant, report.folder())?;
/// assert_eq!(plan.users.len(), 2);
/// # remove_users(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
pub fn plan_run_removal(tenant: &Tenant, folder: &str) -> Result<RemovalPlan> {
    let path = Path::new(folder);
    let run = Run::open(path)?;
    if run.domain != tenant.domain() {
        return Err(Error::removal_elsewhere(
            folder,
            &run.domain,
            tenant.domain(),
        ));
    }
    if !run.open_files().is_empty() {
        return Err(Error::removal_too_soon(folder));
    }
    plan_of_run(tenant, &run, Unseen::Believed, &OpenJobs::new())
}

/// What the job of a file tells that its run has not accounted for.
pub(crate) struct OpenJob {
    /// When it was at work.
    pub(crate) span: Span,
    /// Whom it refused: places in the file, from 1.
    pub(crate) refused: HashSet<usize>,
}

/// By the numbers of the files; one whose job does not tell of each of its users is missing.
pub(crate) type OpenJobs = HashMap<usize, OpenJob>;

/// What a plan makes of a user with an id that was made for a run, whom the run brought in and a search does not show.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unseen {
    /// They are there: a search lags. Whether they still are is asked right before the deletion.
    Believed,
    /// They are looked up by id.
    LookedUp,
}

/// Of a run that has not ended the plan also holds whoever came in by what was sent so far. What is removed of it cannot be
/// written down.
fn plan_of_run(tenant: &Tenant, run: &Run, unseen: Unseen, jobs: &OpenJobs) -> Result<RemovalPlan> {
    let has_ended = run.open_files().is_empty();
    let is_certain = tenant.witness().made(run.folder.done_so_far());
    let (mut candidates, mut left_out) = run.created(is_certain)?;
    for mut open in run.sent_and_open(is_certain, jobs)? {
        // In a practice tenant everybody is the reader's own.
        open.candidate.is_unproven &= !tenant.is_practice();
        match open.is_refused {
            true => left_out.push(open.candidate.left_out(REFUSED)),
            false => candidates.push(open.candidate),
        }
    }
    let looked_up = candidates.iter_mut();
    for candidate in looked_up.filter(|one| one.made_id && unseen == Unseen::LookedUp) {
        candidate.may_come_late = true;
        // Then it is known: nobody has the id, or somebody does.
        candidate.else_stays = candidate.else_stays.filter(|why| *why != UNTOLD);
    }
    let mut plan = RemovalPlan::empty(&run.domain, &run.correlation_id(), left_out);
    plan.folder = has_ended.then(|| run.folder.path().to_path_buf());
    plan.until = run.may_work_until(unix_millis());
    plan.per_second = run.options.requests_per_second;
    let name = run.connection_name();
    look(
        &asking(tenant, plan.per_second),
        &run.connection_id,
        name,
        candidates,
        &mut plan,
    )?;
    Ok(plan)
}

impl Run {
    /// The users whom this run may have created and not removed yet, and those whom it surely did not create, with the reason.
    fn created(&self, is_certain: bool) -> Result<(Vec<Candidate>, Vec<LeftOut>)> {
        let (mut candidates, mut left_out) = (Vec::new(), Vec::new());
        let mut gone = HashSet::new();
        for state in &self.files {
            let Some(end) = state.end() else { continue };
            let noted = end.notes.iter().map(|note| (note.row, note.kind));
            let noted: HashMap<usize, NoteKind> = noted.collect();
            // If the answer to an upload of this file was lost, it is not known when its users came in.
            let accepted = state.taken().filter(|_| !state.is_uncertain());
            let accepted = accepted.and_then(|taken| taken.created_at.as_deref());
            let comes_again = state.may_work_until().is_some();
            for (row, user) in self.done_users(end)? {
                let text = |key: &str| user[key].as_str();
                let mut candidate = Candidate {
                    email: text("email").unwrap_or_default().to_string(),
                    id: text("user_id").map(|id| format!("auth0|{id}")),
                    made_id: text("user_id").is_some() && self.is_made_id(end.file, row),
                    span: Span {
                        since: accepted.and_then(answer::millis),
                        until: end.seen_at,
                        is_supposed: end.supposed_end,
                    },
                    is_in: !noted.contains_key(&row),
                    may_come_late: noted
                        .get(&row)
                        .is_some_and(|kind| state.may_come_late(*kind)),
                    was_removed: false,
                    else_stays: noted.get(&row).map(|kind| reason(*kind)),
                    is_certain,
                    is_unproven: false,
                };
                let id = candidate.id.as_ref();
                if let Some(id) = id.filter(|id| self.removed.contains(*id)) {
                    gone.insert(id.clone());
                    if comes_again && candidate.made_id {
                        (candidate.is_in, candidate.may_come_late) = (false, true);
                        candidate.was_removed = true;
                        candidates.push(candidate);
                    }
                    continue;
                }
                match not_created(end, row, noted.get(&row), &candidate) {
                    Some(reason) => left_out.push(candidate.left_out(reason)),
                    None => candidates.push(candidate),
                }
            }
        }
        if gone.len() < self.removed.len() {
            return Err(Error::foreign_removal(self.folder.path()));
        }
        Ok((candidates, left_out))
    }

    /// Everybody in the files that were sent and are not accounted for. An id that was made for the run shows whose its user is;
    /// of the others only the job tells.
    fn sent_and_open(&self, is_certain: bool, jobs: &OpenJobs) -> Result<Vec<Open>> {
        let mut all = Vec::new();
        for file in self.open_files() {
            let state = &self.files[file - 1];
            if state.uploads() == 0 {
                continue;
            }
            let accepted = state.taken().filter(|_| !state.is_uncertain());
            let accepted = accepted.and_then(|taken| taken.created_at.as_deref());
            let untold = Span {
                since: accepted.and_then(answer::millis),
                ..Span::default()
            };
            let job = jobs.get(&file);
            let span = job.map_or(untold, |job| job.span);
            for (index, sent) in self.sent(file)?.into_iter().enumerate() {
                let id = sent.key.user_id.as_ref();
                let candidate = Candidate {
                    id: id.map(|id| format!("auth0|{id}")),
                    email: sent.key.email,
                    made_id: sent.made_id,
                    span,
                    is_in: false,
                    may_come_late: true,
                    was_removed: false,
                    else_stays: None,
                    is_certain,
                    is_unproven: !sent.made_id && job.is_none(),
                };
                let is_refused = job.is_some_and(|job| job.refused.contains(&(index + 1)));
                all.push(Open {
                    is_refused: is_refused && !candidate.made_id,
                    candidate,
                });
            }
        }
        Ok(all)
    }
}

/// Somebody in a file that is not accounted for, and whether its job refused them.
struct Open {
    candidate: Candidate,
    is_refused: bool,
}

fn may_be_in(noted: NoteKind, candidate: &Candidate) -> bool {
    candidate.may_come_late || noted != NoteKind::AlreadyThere
}

/// Why a user of whom that was noted stays.
fn reason(noted: NoteKind) -> &'static str {
    match noted {
        NoteKind::AlreadyThere => THERE_BEFORE,
        NoteKind::Failed => REFUSED,
        NoteKind::Unknown => UNTOLD,
    }
}

/// Why the run did not create the user of this row, or why it cannot be known; `None` when it may have.
fn not_created(
    end: &FileEnd,
    row: usize,
    noted: Option<&NoteKind>,
    candidate: &Candidate,
) -> Option<&'static str> {
    match noted {
        // They may have come in later, or by an upload whose answer was lost: with an id made for the run the tenant can tell.
        Some(kind) if candidate.made_id && may_be_in(*kind, candidate) => None,
        Some(kind) => Some(reason(*kind)),
        None if end.is_updated(row) => Some(UPDATED),
        None if candidate.id.is_none() => {
            Some("the id was left to Auth0, so which user it is is not known")
        }
        // An id of the reader's own choice may have been there before, if there is any doubt.
        None if !candidate.made_id && !end.certain => {
            Some("whether the user was there before cannot be told")
        }
        None => None,
    }
}

/// Deletes exactly the users of the plan, by id. Writes to the tenant: one request for each user. Sends a read right before it
/// for a user whose id was not made for the run, or whom the search did not show: whoever is not the same any more stays, and is in [`Removed::left_out`].
///
/// Who is gone already is fine, so after a failure make the plan again and run it.
///
/// It keeps to the rate of the run, or to two requests a second as imports do, and counts what was sent before. It is faster as
/// long as the tenant tells with its answers (`x-ratelimit-limit`, `x-ratelimit-remaining`) that over half of what it takes at
/// once is left.
///
/// # Errors
///
/// A plan for another tenant; a read-only tenant; the run folder of a run's plan is gone or in use; the scope `delete:users` is missing; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-remove", "uni.test", 2)?;
/// let options = ImportOptions::default().requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// let plan = plan_run_removal(&tenant, report.folder())?;
/// assert_eq!(remove_users(&tenant, plan)?.deleted, 2);
/// # Ok::<(), Error>(())
/// ```
pub fn remove_users(tenant: &Tenant, plan: RemovalPlan) -> Result<Removed> {
    if plan.domain != tenant.domain() {
        return Err(Error::plan_of_another_tenant(&plan.domain, tenant.domain()));
    }
    tenant.check_gate("a delete")?;
    let mut run = plan.folder.as_deref().map(Run::open).transpose()?;
    let tenant = &asking(tenant, plan.per_second);
    let mut removed = Removed {
        deleted: 0,
        left_out: Vec::new(),
        domain: plan.domain.clone(),
        correlation_id: plan.correlation_id.clone(),
    };
    let (mut done, mut tally) = (0, Tally::new());
    for group in plan.users.chunks(NOTED_AT_ONCE) {
        let mut gone = Vec::new();
        let worked = group.iter().try_for_each(|user| {
            remove(tenant, &plan, run.as_ref(), user, &mut removed, &mut gone)?;
            done += 1;
            tally.say(done, plan.users.len(), "users deleted");
            Ok(())
        });
        // Whoever was deleted before an error is written down too. A crash before this line asks for the same deletes again, which
        // are fine.
        let noted = match run.as_mut().filter(|_| !gone.is_empty()) {
            Some(run) => run.note(Entry::Removed(gone)),
            None => Ok(()),
        };
        worked.and(noted)?;
    }
    if let Some(run) = run
        .as_mut()
        .filter(|run| !run.removal_ended && plan.is_all())
    {
        run.note(Entry::Removed(Vec::new()))?;
    }
    Ok(removed)
}

/// Deletes a user of the plan who is still the same. Whoever is gone then goes to `gone`, to be written down.
fn remove(
    tenant: &Tenant,
    plan: &RemovalPlan,
    run: Option<&Run>,
    (email, id): &(String, String),
    removed: &mut Removed,
    gone: &mut Vec<String>,
) -> Result<()> {
    let was_removed = run.is_some_and(|run| run.removed.contains(id));
    // A plan may be run twice.
    if was_removed && !matches!(plan.known.get(id), Some(Evidence::CameAgain)) {
        return Ok(());
    }
    let remains = remains(tenant, plan, id)?;
    if remains.is_none() {
        // Deleting who is gone is fine, so a delete whose answer was lost is sent again.
        delete(tenant, id, &plan.correlation_id)?;
        tenant.imported().deleted(email);
        removed.deleted += 1;
    }
    let is_gone = remains.is_none_or(|reason| reason == GONE);
    removed.left_out.extend(remains.map(|reason| LeftOut {
        email: email.clone(),
        user_id: Some(id.clone()),
        reason,
    }));
    if is_gone && !was_removed {
        gone.push(id.clone());
    }
    Ok(())
}

/// Why a user of the plan is not deleted now. Time has passed since the plan, so whoever was looked up is looked up again.
fn remains(tenant: &Tenant, plan: &RemovalPlan, id: &str) -> Result<Option<&'static str>> {
    let span = match plan.known.get(id) {
        Some(Evidence::MadeId) => return Ok(None),
        Some(Evidence::Unseen | Evidence::CameAgain) => None,
        Some(Evidence::Looked(span)) => Some(*span),
        None => return Ok(Some("the user was not in the plan when it was made")),
    };
    let connection = plan.connection.as_deref();
    if span.is_some() && connection.is_none() {
        return Ok(Some(NO_CONNECTION));
    }
    let Some(profile) = ownership::by_id(tenant, id)? else {
        return Ok(Some(GONE));
    };
    let doubt = ownership::doubt(&profile, connection);
    Ok(match span {
        Some(span) => doubt.or_else(|| span.doubt(&profile)),
        // A drawn id is nobody else's: what the tenant does not tell is no reason to doubt it.
        None => doubt.filter(|doubt| *doubt != ownership::IDENTITIES_UNTOLD),
    })
}

fn delete(tenant: &Tenant, id: &str, correlation_id: &str) -> Result<()> {
    let scopes = &["delete:users"];
    let request = Request::write(Method::DELETE, "/api/v2/users", scopes, "a delete")
        .segment(id)
        .correlation_id(correlation_id);
    tenant.send(request).map(drop)
}
