//! Deleting everybody whom a tenant's handle has imported, whatever became of the cells in between.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::clock::{self, Deadline, unix_millis};
use crate::connections::ConnectionId;
use crate::error::{Error, ErrorKind, Result};
use crate::imports::IMPORTS;
use crate::imports::file_state::{JOB_WORKS_FOR, Stage};
use crate::imports::folder::leftover::{Leftover, leftovers};
use crate::imports::run::Run;
use crate::jobs::errors::job_errors;
use crate::jobs::ownership::{self, Span};
use crate::jobs::wait::{APPEARS, Waits, at_published_speeds, wait_for_job};
use crate::jobs::{FinishedJob, Job, JobId, JobStatus, RowKey};
use crate::removal::plan::{Candidate, LeftOut, RemovalPlan, look, stays};
use crate::removal::{
    OpenJob, THERE_BEFORE, UPDATED, Unseen, asking, at_work, plan_of_run, plan_removal,
    remove_users, sent_by_a_job,
};
use crate::say::{debug_fields, say};
use crate::tenant::Tenant;
use crate::tenant::answer;
use crate::tenant::imported::{Import, TakenJob, Upload};
use crate::tenant::rate::FREE_PLAN;
use crate::tenant::request::Request;
use crate::words::{count, in_words};

const IN_THE_SAME_SECOND: &str =
    "the user was there before the upload, or came in within the second in which it was sent";
/// Until a job begins with its first user, as a rule.
const BEGINNING: Duration = Duration::from_secs(5);
/// For all jobs of a plan that still run.
const WAIT_LIMIT: Duration = Duration::from_secs(120);
/// For a job when that is used up: it may have ended long ago, and an answer takes its time.
const ONE_LOOK: Duration = Duration::from_secs(5);

/// Who would be deleted of everybody whom a tenant's handle has imported: made by [`plan_clean_up`], taken by [`clean_up`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let plan: CleanUp = plan_clean_up(&tenant)?;
/// assert_eq!((plan.users, plan.domain.as_str()), (0, tenant.domain()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct CleanUp {
    /// The tenant's domain.
    pub domain: String,
    /// Users who would be deleted.
    pub users: usize,
    /// Imports of which it is not known whom they brought in: what they are, and why.
    pub unknown: Vec<String>,
    /// Folders of other runs of this tenant whose users may be left. Their users are not in the plan:
    /// [`plan_run_removal`](crate::plan_run_removal) finds them.
    pub other_runs: Vec<String>,
    /// Until when an upload that was not answered may still bring users in, in milliseconds of UNIX time.
    pub until: Option<u64>,
    pub(crate) imports: Vec<Planned>,
    pub(crate) leftovers: Vec<Leftover>,
}

debug_fields!(CleanUp: domain, users, unknown, other_runs, until, imports, leftovers);

/// An import, and who would be deleted of it.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// What it is, in words.
    pub(crate) import: String,
    pub(crate) removal: RemovalPlan,
}

/// What a clean-up did; made by [`clean_up`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let cleaned: CleanedUp = clean_up(&tenant, plan_clean_up(&tenant)?)?;
/// assert!(cleaned.is_clean() && cleaned.deleted == 0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct CleanedUp {
    /// The tenant's domain.
    pub domain: String,
    /// Users deleted.
    pub deleted: usize,
    /// Users who may have been imported and were not deleted, and why.
    pub left_out: Vec<LeftOut>,
    /// Imports of which it is not known whom they left in the tenant: what they are, and why.
    pub unknown: Vec<String>,
    /// Folders of other runs of this tenant whose users may be left.
    pub other_runs: Vec<String>,
    /// Until when an upload that was not answered may still bring users in, in milliseconds of UNIX time.
    pub until: Option<u64>,
    pub(crate) leftovers: Vec<Leftover>,
}

debug_fields!(CleanedUp: domain, deleted, left_out, unknown, other_runs, until, leftovers);

impl CleanedUp {
    /// Whether no user that this handle imported is left.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// assert!(clean_up(&tenant, plan_clean_up(&tenant)?)?.is_clean());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.left_out.is_empty() && self.unknown.is_empty() && self.until.is_none()
    }
}

/// Looks up which users are still in the tenant, of all that this tenant handle and its clones have imported since it was opened. Sends reads;
/// waits up to two minutes for jobs that still run, and then up to five seconds for each further job; deletes nobody.
///
/// It needs nothing but the tenant, so it works when other cells failed or were left out. It plans each job of
/// [`start_import`](crate::start_import) as [`plan_removal`](crate::plan_removal) does, and each run of
/// [`import_users`](crate::import_users), [`import_stream`](crate::import_stream) or [`resume_import`](crate::resume_import) as
/// [`plan_run_removal`](crate::plan_run_removal) does. For a run that has not ended, and for a job that failed or was not answered,
/// it looks up all users that were sent. Of those whose id was not made for a run, no job tells then whether it created them. In a
/// practice tenant they are in the plan. On a real tenant somebody else may have created them meanwhile, so they stay, and
/// [`CleanedUp::left_out`] names them. An import that cannot be planned is in [`CleanUp::unknown`] with the reason.
///
/// Users of other runs beside the notebook (for example, from before a kernel restart) are not in the plan;
/// [`CleanUp::other_runs`] names their folders. In a practice tenant it switches all faults off first.
///
/// # Errors
///
/// The scope `read:users` is missing; the token has ended; the tenant cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-leave", "example.com", 2)?;
/// start_import(&tenant, &connection, &users)?;
/// let plan = plan_clean_up(&tenant)?;
/// assert_eq!(plan.users, 2);
/// # clean_up(&tenant, plan)?;
/// # Ok::<(), Error>(())
/// ```
pub fn plan_clean_up(tenant: &Tenant) -> Result<CleanUp> {
    end_faults(tenant)?;
    let imports = tenant.imported().all();
    let wait = Wait::begin(tenant, imports.is_empty())?;
    let (leftovers, unread) = match other_runs(tenant, &imports) {
        Ok(leftovers) => (leftovers, None),
        Err(cause) => (Vec::new(), Some(unread_runs(&cause))),
    };
    let folder = |run: &Leftover| run.folder.display().to_string();
    let mut plan = CleanUp {
        domain: tenant.domain().to_string(),
        users: 0,
        unknown: unread.into_iter().collect(),
        other_runs: leftovers.iter().map(folder).collect(),
        until: None,
        imports: Vec::new(),
        leftovers,
    };
    let mut ids = HashSet::new();
    for import in &imports {
        match plan_of(tenant, import, &wait) {
            Ok(mut removal) => {
                // A user may have come in by either of two imports, and is deleted once.
                removal.users.retain(|(_, id)| ids.insert(id.clone()));
                plan.users += removal.users.len();
                let until = removal.until.filter(|_| !wait.is_over);
                plan.until = plan.until.max(until);
                let import = in_words_of(import);
                plan.imports.push(Planned { import, removal });
            }
            Err(error) if is_of_the_tenant(&error) => return Err(error),
            Err(error) => plan
                .unknown
                .push(format!("{}: {error}", in_words_of(import))),
        }
    }
    Ok(plan)
}

/// Deletes exactly the users of the plan, by id. Writes to the tenant: one request for each user, as
/// [`remove_users`](crate::remove_users) does.
///
/// The value that comes back says whether anybody is left whom this handle imported. In a practice tenant it switches all faults
/// off first.
///
/// # Errors
///
/// A plan for another tenant; a read-only tenant; the scope `delete:users` is missing; the token has ended; the tenant cannot be
/// reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-clean", "example.com", 2)?;
/// start_import(&tenant, &connection, &users)?;
/// let plan = plan_clean_up(&tenant)?;
/// let cleaned = clean_up(&tenant, plan)?;
/// assert!(cleaned.is_clean() && cleaned.deleted == 2);
/// # Ok::<(), Error>(())
/// ```
pub fn clean_up(tenant: &Tenant, plan: CleanUp) -> Result<CleanedUp> {
    if plan.domain != tenant.domain() {
        return Err(Error::plan_of_another_tenant(&plan.domain, tenant.domain()));
    }
    tenant.check_gate("a delete")?;
    end_faults(tenant)?;
    let mut cleaned = CleanedUp {
        domain: plan.domain,
        deleted: 0,
        left_out: Vec::new(),
        unknown: plan.unknown,
        other_runs: plan.other_runs,
        until: plan.until,
        leftovers: plan.leftovers,
    };
    let mut deleted = HashSet::new();
    for Planned { import, removal } in plan.imports {
        let ids: Vec<String> = removal.users.iter().map(|(_, id)| id.clone()).collect();
        let stay = removal.left_out.iter().filter(|user| may_be_left(user));
        cleaned.left_out.extend(stay.cloned());
        match remove_users(tenant, removal) {
            Ok(removed) => {
                cleaned.deleted += removed.deleted;
                deleted.extend(ids);
                for left in removed
                    .left_out
                    .iter()
                    .filter_map(|left| left.user_id.as_ref())
                {
                    deleted.remove(left);
                }
                let stay = removed.left_out.into_iter().filter(may_be_left);
                cleaned.left_out.extend(stay);
            }
            Err(error) if is_of_the_tenant(&error) => return Err(error),
            Err(error) => cleaned.unknown.push(format!("{import}: {error}")),
        }
    }
    // Another import of this handle may have brought in whom one of them could not be shown to have.
    let is_gone = |left: &LeftOut| left.user_id.as_ref().is_some_and(|id| deleted.contains(id));
    cleaned.left_out.retain(|left| !is_gone(left));
    Ok(cleaned)
}

/// How long a plan waits for jobs that still run.
struct Wait {
    deadline: Deadline,
    /// Whether no job is at work, so that nobody comes in any more. Only a practice tenant tells.
    is_over: bool,
}

impl Wait {
    /// Waits for all jobs of a practice tenant, also for those that nobody knows.
    fn begin(tenant: &Tenant, is_unused: bool) -> Result<Wait> {
        let mut wait = Wait {
            deadline: Deadline::after(WAIT_LIMIT),
            is_over: false,
        };
        let mut waits = Waits::new();
        while tenant.is_practice() && !is_unused && !wait.deadline.is_over() {
            match tenant.about_practice()?.jobs_running.0 {
                None => break,
                Some(0) => {
                    wait.is_over = true;
                    break;
                }
                Some(jobs) => waits.next(&wait.deadline, |_| {
                    say!(
                        "the practice tenant still works on {}",
                        count(jobs as usize, "job")
                    );
                }),
            }
        }
        Ok(wait)
    }

    /// Waits as long as such a job takes as a rule, for one that may be at work and cannot be asked after.
    fn for_unknown_job(&self, sent_ago: Duration, users: usize) {
        let usual = BEGINNING + 2 * at_published_speeds(users).1;
        let wait = usual.saturating_sub(sent_ago).min(self.deadline.left());
        if self.is_over || wait.is_zero() {
            return;
        }
        say!(
            "waiting {} for the job that an upload without an answer may have become",
            in_words(wait)
        );
        clock::wait(wait);
    }
}

/// Faults of a practice tenant that a lesson switched on would hinder the clean-up of that lesson.
fn end_faults(tenant: &Tenant) -> Result<()> {
    match tenant.is_practice() {
        true => tenant.practice_faults(&[]),
        false => Ok(()),
    }
}

/// What concerns every import alike, so that nothing is gained by asking for the next.
fn is_of_the_tenant(error: &Error) -> bool {
    use ErrorKind::*;
    let kind = error.kind();
    let is_unknown_token = error.status() == Some(401);
    is_unknown_token
        || matches!(
            kind,
            Token | MissingScope | TokenQuota | Unreachable | TimedOut | Practice | ReadOnly
        )
}

/// Whether a user who is not deleted may be one that the import created. The others are not in the tenant, or somebody else created them.
pub(crate) fn may_be_left(user: &LeftOut) -> bool {
    let created_by_others = [THERE_BEFORE, UPDATED, ownership::OLDER, ownership::NEWER];
    stays(user) && !created_by_others.contains(&user.reason)
}

fn in_words_of(import: &Import) -> String {
    match import {
        Import::Run(folder) => format!("run {}", folder.display()),
        Import::Upload(upload) => match &upload.job {
            Some(job) => job.id.clone(),
            None => format!(
                "an upload of {} that may have been taken",
                count(upload.users.len(), "user")
            ),
        },
    }
}

/// The runs of this tenant beside the notebook that this handle neither began nor resumed.
fn other_runs(tenant: &Tenant, imports: &[Import]) -> io::Result<Vec<Leftover>> {
    let is_ours = |run: &Leftover| imports.iter().any(|import| import.is_run(&run.folder));
    let mut runs = leftovers(Path::new(IMPORTS), tenant.domain())?;
    runs.retain(|run| !is_ours(run));
    Ok(runs)
}

fn unread_runs(cause: &io::Error) -> String {
    format!("other runs in {IMPORTS}: the folder cannot be looked through: {cause}")
}

fn plan_of(tenant: &Tenant, import: &Import, wait: &Wait) -> Result<RemovalPlan> {
    match import {
        Import::Run(folder) => plan_of_folder(tenant, folder, wait),
        Import::Upload(upload) => match &upload.job {
            Some(job) => plan_of_job(tenant, upload, job, wait),
            None => plan_of_unanswered(tenant, upload, wait),
        },
    }
}

fn plan_of_folder(tenant: &Tenant, folder: &Path, wait: &Wait) -> Result<RemovalPlan> {
    let run = Run::open(folder)?;
    let connection = ConnectionId::new(&run.connection_id)?;
    let asking = &asking(tenant, run.options.requests_per_second);
    let mut jobs = HashMap::new();
    for file in run.open_files() {
        let state = &run.files[file - 1];
        match &state.stage {
            Stage::Unanswered { since } => {
                let sent_ago = unix_millis().saturating_sub(*since);
                wait.for_unknown_job(Duration::from_millis(sent_ago), state.count());
            }
            Stage::Working(taken) => {
                let job = Job {
                    created_at: taken.created_at.clone().unwrap_or_default(),
                    keys: Some(run.sent(file)?.into_iter().map(|sent| sent.key).collect()),
                    ..job_to_wait_for(taken.job.clone(), connection.clone())
                };
                let age = Duration::from_millis(unix_millis().saturating_sub(taken.at));
                match end_of(asking, &job, age, wait) {
                    Ok(finished) if !state.is_uncertain() => {
                        let told = told_by(asking, &finished)?;
                        jobs.extend(told.map(|told| (file, told)));
                    }
                    // One that is not known any more is not at work either.
                    Err(error) if error.status() != Some(404) => return Err(error),
                    _ => {}
                }
            }
            _ => {}
        }
        if tenant.is_practice() && !jobs.contains_key(&file) {
            jobs.extend(since_sent(asking, &run, file).map(|told| (file, told)));
        }
    }
    plan_of_run(tenant, &run, Unseen::LookedUp, &jobs)
}

/// In a practice tenant everybody is the reader's own who came in since a file was first sent.
fn since_sent(tenant: &Tenant, run: &Run, file: usize) -> Option<OpenJob> {
    let sent = run.files[file - 1].sent.first()?;
    let sent_ago = unix_millis().saturating_sub(*sent) as i64;
    // The time of an answer has whole seconds.
    let since = tenants_time(tenant, &run.connection_id)? - sent_ago - 1_000;
    let span = Span {
        since: Some(since),
        ..Span::default()
    };
    Some(OpenJob {
        span,
        refused: HashSet::new(),
    })
}

/// How a job ended. One that was taken just now may not be known yet.
fn end_of(tenant: &Tenant, job: &Job, age: Duration, wait: &Wait) -> Result<FinishedJob> {
    let is_used_up = wait.deadline.is_over();
    let limit = || wait.deadline.left().max(ONE_LOOK);
    let ended = match wait_for_job(tenant, job, limit()) {
        Err(error) if error.status() == Some(404) && age < APPEARS => {
            clock::wait(APPEARS.saturating_sub(age));
            wait_for_job(tenant, job, limit())
        }
        ended => ended,
    };
    ended.map_err(|error| match error.kind() {
        // So short a look says nothing about the other imports.
        ErrorKind::TimedOut if is_used_up => Error::job_look_unanswered(job.id.as_str(), error),
        _ => error,
    })
}

/// Whom a completed job refused; `None` if it does not tell of each.
fn told_by(tenant: &Tenant, finished: &FinishedJob) -> Result<Option<OpenJob>> {
    let Some(summary) = finished.summary else {
        return Ok(None);
    };
    let errors = job_errors(tenant, finished)?;
    let refused: HashSet<usize> = errors.iter().filter_map(|failed| failed.row).collect();
    // Whom it updated, somebody else may have created while it ran.
    let tells_all = refused.len() as u64 == summary.failed && summary.updated == 0;
    Ok(tells_all.then(|| OpenJob {
        span: at_work(tenant, finished, summary.total as usize),
        refused,
    }))
}

fn job_to_wait_for(id: JobId, connection: ConnectionId) -> Job {
    Job {
        id,
        connection,
        created_at: String::new(),
        correlation_id: String::new(),
        answered_connection: None,
        keys: None,
        secrets: Vec::new().into(),
        found: None,
        accepted_at: None,
    }
}

fn plan_of_job(
    tenant: &Tenant,
    upload: &Upload,
    taken: &TakenJob,
    wait: &Wait,
) -> Result<RemovalPlan> {
    let Some(id) = JobId::of(&taken.id) else {
        return plan_of_unanswered(tenant, upload, wait);
    };
    let job = Job {
        created_at: taken.created_at.clone(),
        correlation_id: upload.correlation_id.clone(),
        answered_connection: upload.connection.clone(),
        keys: Some(upload.users.clone()),
        ..job_to_wait_for(id, ConnectionId::new(&upload.connection_id)?)
    };
    let since = answer::millis(&taken.created_at);
    let finished = match end_of(tenant, &job, clock::since(upload.sent_at), wait) {
        Ok(finished) => FinishedJob {
            at_work: taken.at_work.max(finished.at_work),
            seen_at: taken.seen_at.or(finished.seen_at),
            ..finished
        },
        // Auth0 forgets a job after 24 hours.
        Err(error) if error.status() == Some(404) => {
            let until = taken.seen_at.or(since.map(when_jobs_have_ended));
            return plan_of_sent(tenant, upload, since, until);
        }
        Err(error) => return Err(error),
    };
    match finished.status {
        JobStatus::Completed => plan_removal(tenant, &finished),
        // It may have brought some in before it failed, and has no report that tells whom.
        JobStatus::Failed => {
            let until = finished.seen_at;
            plan_of_sent(tenant, upload, since, until)
        }
    }
}

/// An upload that was not answered may have become a job, of which nobody knows the id. In a practice tenant whoever has come in
/// since it was sent, by the tenant's own clock, came by it.
fn plan_of_unanswered(tenant: &Tenant, upload: &Upload, wait: &Wait) -> Result<RemovalPlan> {
    wait.for_unknown_job(clock::since(upload.sent_at), upload.users.len());
    let now = tenants_time(tenant, &upload.connection_id);
    let sent_ago = clock::since(upload.sent_at).as_millis() as i64;
    // The time of an answer has whole seconds. Whoever was created within the second of the upload may be somebody else's; in a
    // practice tenant they are the reader's in any case.
    let rounded = if tenant.is_practice() { -1_000 } else { 1_000 };
    let since = now.map(|now| now - sent_ago + rounded);
    let until = since.map(when_jobs_have_ended);
    let mut plan = plan_of_sent(tenant, upload, since, until)?;
    for left_out in &mut plan.left_out {
        if left_out.reason == ownership::OLDER && !tenant.is_practice() {
            left_out.reason = IN_THE_SAME_SECOND;
        }
    }
    let left = JOB_WORKS_FOR.saturating_sub(sent_ago as u64);
    plan.until = (left > 0).then(|| unix_millis() + left);
    Ok(plan)
}

/// When a job that was accepted then has ended at the latest.
fn when_jobs_have_ended(since: i64) -> i64 {
    since + JOB_WORKS_FOR as i64
}

/// What time it is by the tenant's clock, if it tells.
fn tenants_time(tenant: &Tenant, connection: &str) -> Option<i64> {
    let request = Request::get("/api/v2/connections", &["read:connections"]).segment(connection);
    tenant.send(request).ok()?.date()
}

/// Looks everybody up who was sent. No report tells whom the job created, and on a real tenant somebody else may have created a user
/// with the same e-mail meanwhile, so there whoever is found stays and is named.
fn plan_of_sent(
    tenant: &Tenant,
    upload: &Upload,
    since: Option<i64>,
    until: Option<i64>,
) -> Result<RemovalPlan> {
    let mut plan = RemovalPlan::empty(tenant.domain(), &upload.correlation_id, Vec::new());
    let span = Span {
        since,
        until,
        is_supposed: false,
    };
    let candidate = |key: &RowKey| Candidate {
        is_unproven: !tenant.is_practice(),
        ..sent_by_a_job(key, span)
    };
    let candidates = upload.users.iter().map(candidate).collect();
    let name = upload.connection.as_deref();
    let tenant = &asking(tenant, FREE_PLAN);
    look(tenant, &upload.connection_id, name, candidates, &mut plan)?;
    Ok(plan)
}
