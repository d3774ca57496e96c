//! One plan played: process after process, each killed, cut off or done, until the rows are imported and the run is removed.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use auth0_bulk_users::seams::{self, At, Chance, Clock, Killed, Process, SimulatedDisk, Torn};
use auth0_bulk_users::{
    Counts, ImportOptions, ImportReport, JobOptions, LeftOut, MAX_UPLOAD_BYTES, Result, Tenant,
    User, clean_up, get_connection_id, import_stream, import_users, plan_clean_up,
    plan_run_removal, read_import, remove_users, resume_import,
};
use serde_json::json;

use crate::alone;
use crate::plan::{End, Hash, Kill, Person, Plan};
use crate::tenant::{BEGINNING, DOMAIN, Line, Play};
use crate::there::There;

/// The most processes after those whose ends the plan knows; this limits how often things go wrong.
const MORE_PROCESSES: usize = 200;
/// By then every job has ended that was sent before.
const HOURS_LATER: Duration = Duration::from_secs(3 * 3_600);

/// One of the runs that imported the rows: another run continues a stream that was cut off.
#[derive(Clone, Debug)]
pub struct Part {
    /// Rows before its first.
    pub offset: usize,
    /// What it reports about them.
    pub report: ImportReport,
    /// When it reported that.
    pub told_at: Duration,
    /// The rows that it gives back, to be fixed and sent again.
    pub failed: Vec<User>,
    /// What the run's folder says when it is read again.
    pub read_again: Counts,
    /// Its sheet.
    pub sheet: String,
    /// How many of its processes ended before that.
    pub ended_early: usize,
}

/// What was told of all rows at a time, and who was there then.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// When the last of it was told.
    pub at: Duration,
    /// The runs.
    pub parts: Vec<Part>,
    /// Everybody in the tenant when the last of them was told of.
    pub found: Vec<There>,
}

/// A removal.
#[derive(Clone, Debug)]
pub struct Removal {
    /// When it was first begun.
    pub began: Duration,
    /// Everybody in the tenant then.
    pub found: Vec<There>,
    /// Whom it left.
    pub left: Vec<LeftOut>,
    /// When it was over.
    pub at: Duration,
    /// Until when it said that users may still be imported, in milliseconds of UNIX time.
    pub until: Option<u64>,
    /// Everybody in the tenant hours later.
    pub late: Vec<There>,
}

/// What was played, as far as it came.
#[derive(Debug)]
pub struct Played {
    /// The tenant.
    pub line: Arc<Line>,
    /// The disk.
    pub disk: Arc<SimulatedDisk>,
    /// The machine's clock.
    pub clock: Clock,
    /// What was said, and each error, by process.
    pub said: Vec<String>,
    /// What the import told.
    pub told: Told,
    /// What the runs told when they were read hours later, where they were.
    pub told_late: Option<Told>,
    /// When a removal was first begun.
    pub removes_since: Option<Duration>,
    /// The removals that came to their ends.
    pub removals: Vec<Removal>,
    /// Everybody in the tenant hours later.
    pub late: Vec<There>,
    /// How long each process took, and whether it removed.
    pub took: Vec<(Duration, bool)>,
    /// The processes that gave up, from 1: which, when, and why.
    pub gave_up: Vec<(usize, Duration, String)>,
}

impl Played {
    /// What was told last.
    #[must_use]
    pub fn last_told(&self) -> &Told {
        self.told_late.as_ref().unwrap_or(&self.told)
    }
}

pub(crate) struct Machine<'a> {
    pub(crate) plan: &'a Plan,
    line: Arc<Line>,
    disk: Arc<SimulatedDisk>,
    clock: Clock,
    said: Rc<RefCell<Vec<String>>>,
    processes: Cell<usize>,
    /// What a power cut spares.
    chance: RefCell<Chance>,
    took: RefCell<Vec<(Duration, bool)>>,
    gave_up: RefCell<Vec<(usize, Duration, String)>>,
    /// Ends of processes that have not begun.
    ends: RefCell<std::vec::IntoIter<End>>,
    /// Since when the process removes.
    removes_since: Cell<Option<Duration>>,
    /// When the removal was first begun, and who was there then.
    removal_began: RefCell<Option<(Duration, Vec<There>)>>,
    removal: RefCell<Option<Removal>>,
}

/// How a process ended.
enum Ended<T> {
    Done(T),
    /// Killed, or it gave up.
    Early,
}

/// Plays the plan.
///
/// # Errors
///
/// A panic, or an import or a removal that never ends.
pub fn play(plan: &Plan) -> std::result::Result<Played, String> {
    let machine = Machine::of(plan);
    let is_one = plan.alone || plan.one_process;
    let told = match is_one {
        true => alone::play(&machine)?,
        false => machine.imported()?,
    };
    let told_late = match plan.looks_late && !is_one {
        true => Some(machine.looked_late(&told)?),
        false => None,
    };
    if let Some(ends) = plan.removal.clone().filter(|_| !plan.one_handle && !is_one) {
        machine.ends.replace(ends.into_iter());
        machine.clock.pass(Duration::from_secs(plan.rest));
        machine.until_done(|tenant| machine.remove(tenant, &told.parts))?;
    }
    let late = machine.hours_later();
    let mut removals: Vec<Removal> = machine.removal.take().into_iter().collect();
    if let Some(first) = removals.first_mut() {
        first.late = late;
    }
    let removes_since = machine.removal_began.take().map(|(at, _)| at);
    if plan.removes_again && !is_one && !removals.is_empty() {
        removals.push(machine.removed_again(&told)?);
    }
    let late = machine.hours_later();
    Ok(Played {
        said: machine.said.take(),
        told,
        told_late,
        removes_since,
        removals,
        late,
        took: machine.took.take(),
        gave_up: machine.gave_up.take(),
        line: machine.line,
        disk: machine.disk,
        clock: machine.clock,
    })
}

impl<'a> Machine<'a> {
    fn of(plan: &'a Plan) -> Machine<'a> {
        let clock = Clock::at(BEGINNING);
        let mut ends = plan.ends.clone();
        if plan.one_handle {
            ends.extend(plan.removal.iter().flatten().cloned());
        }
        Machine {
            plan,
            line: Arc::new(Line::to(Play::of(plan, clock.clone()))),
            disk: SimulatedDisk::new(),
            clock,
            said: Rc::default(),
            processes: Cell::new(0),
            chance: RefCell::new(Chance::of(plan.seed)),
            took: RefCell::default(),
            gave_up: RefCell::default(),
            ends: RefCell::new(ends.into_iter()),
            removes_since: Cell::new(None),
            removal_began: RefCell::default(),
            removal: RefCell::default(),
        }
    }

    /// Everybody in the tenant when no job is at work any more.
    fn hours_later(&self) -> Vec<There> {
        self.clock.pass(HOURS_LATER);
        self.everybody()
    }

    /// Everybody in the tenant now.
    fn everybody(&self) -> Vec<There> {
        let mut play = self.line.play();
        play.catch_up();
        play.everybody()
    }

    /// Imports all rows, and removes them by the same handle if the plan says so.
    fn imported(&self) -> std::result::Result<Told, String> {
        let mut told = Told::default();
        let mut offset = 0;
        while offset < self.plan.people.len() {
            let nth = told.parts.len();
            let last: RefCell<Option<Told>> = RefCell::default();
            let ended_early = self.until_done(|tenant| {
                if last.borrow().is_none() {
                    let report = import(self.plan, tenant, nth, offset)?;
                    let part = self.tell(report, nth, offset)?;
                    let mut parts = told.parts.clone();
                    parts.push(part);
                    let found = self.everybody();
                    let at = self.now();
                    last.replace(Some(Told { at, parts, found }));
                }
                let last = last.borrow();
                let all = last.iter().filter(|told| self.ends_with(told));
                let mut all = all.filter(|_| self.plan.one_handle && !self.plan.looks_late);
                all.try_for_each(|told| self.remove_at_once(tenant, &told.parts))
            })?;
            told = last.take().unwrap_or_default();
            let Some(part) = told.parts.last_mut() else {
                return Err("nothing was told".to_string());
            };
            part.ended_early = ended_early;
            let total = part.report.counts().total as usize;
            if total == 0 {
                return Err(format!(
                    "run {nth} has read no row, but says that it is done"
                ));
            }
            offset += total;
        }
        Ok(told)
    }

    /// Whether no row is left to be imported.
    fn ends_with(&self, told: &Told) -> bool {
        let last = told.parts.last();
        let end = last.map_or(0, |part| part.offset + part.report.counts().total as usize);
        end >= self.plan.people.len()
    }

    /// Reads each run again when no job can be at work any more, and removes them by the same handle if the plan says so.
    fn looked_late(&self, told: &Told) -> std::result::Result<Told, String> {
        if self.plan.looks_twice {
            self.until_done(|tenant| {
                let mut parts = told.parts.iter();
                parts.try_for_each(|part| resume_import(tenant, part.report.folder()).map(drop))
            })?;
        }
        self.clock.pass(HOURS_LATER + self.set_back());
        let late: RefCell<Option<Told>> = RefCell::default();
        self.until_done(|tenant| {
            if late.borrow().is_none() {
                let looked = told.parts.iter().enumerate().map(|(nth, part)| {
                    let report = resume_import(tenant, part.report.folder())?;
                    let told = self.tell(report, nth, part.offset)?;
                    Ok(Part {
                        ended_early: part.ended_early,
                        ..told
                    })
                });
                let parts = looked.collect::<Result<Vec<Part>>>()?;
                let found = self.everybody();
                let at = self.now();
                late.replace(Some(Told { at, parts, found }));
            }
            match self.plan.one_handle {
                true => self.remove_at_once(tenant, &told.parts),
                false => Ok(()),
            }
        })?;
        Ok(late.take().unwrap_or_default())
    }

    /// For how long a machine whose clock was set back believes that a job may be at work which has ended.
    fn set_back(&self) -> Duration {
        let back = self.plan.ends.iter().map(|end| (-end.clock_set).max(0));
        Duration::from_secs(back.sum::<i64>().unsigned_abs())
    }

    /// Removes the runs once more, for those who came in while they were removed.
    fn removed_again(&self, told: &Told) -> std::result::Result<Removal, String> {
        self.clock.pass(self.set_back());
        self.until_done(|tenant| self.remove_runs(tenant, &told.parts))?;
        let again = self.removal.take();
        let again = again.ok_or("a removal says that it is done, but is not")?;
        Ok(Removal {
            late: self.hours_later(),
            ..again
        })
    }

    /// What a run reports, and what its folder and its sheet say.
    fn tell(&self, report: ImportReport, nth: usize, offset: usize) -> Result<Part> {
        let sheet = format!("told-{nth}.csv");
        report.save_csv(&sheet)?;
        let read_again = read_import(report.folder())?.counts();
        let failed = report.failed()?.to_vec();
        let files = self.disk.files().into_iter();
        let mut sheets = files.filter(|(path, _)| path.ends_with(&sheet));
        let sheet = sheets.next().map(|(_, bytes)| bytes).unwrap_or_default();
        Ok(Part {
            offset,
            report,
            told_at: self.clock.passed(),
            failed,
            read_again,
            sheet: String::from_utf8_lossy(&sheet).into_owned(),
            ended_early: 0,
        })
    }

    /// As the next cell of a notebook does.
    fn remove_at_once(&self, tenant: &Tenant, parts: &[Part]) -> Result<()> {
        if self.plan.removal.is_none() {
            return Ok(());
        }
        self.rests();
        self.remove(tenant, parts)
    }

    /// Time passes between an import and its removal.
    pub(crate) fn rests(&self) {
        self.clock.pass(Duration::from_secs(self.plan.rest));
    }

    /// A removal begins; returns when it was begun first, and who was there then.
    pub(crate) fn begins_to_remove(&self) -> (Duration, Vec<There>) {
        let now = self.now();
        self.removes_since.set(Some(now));
        let mut began = self.removal_began.borrow_mut();
        began.get_or_insert_with(|| (now, self.everybody())).clone()
    }

    pub(crate) fn removed(&self, removal: Removal) {
        self.removal.replace(Some(removal));
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.passed()
    }

    /// What there is to tell of a job without a run.
    pub(crate) fn told_of_a_job(&self) -> Told {
        Told {
            at: self.now(),
            parts: Vec::new(),
            found: self.everybody(),
        }
    }

    /// The one process of a job or a run; whatever it says, nothing comes after it.
    pub(crate) fn one_process(
        &self,
        work: impl Fn(&Tenant) -> Result<()>,
    ) -> std::result::Result<(), String> {
        self.process(self.plan.ends.first(), work).map(drop)
    }

    fn remove(&self, tenant: &Tenant, parts: &[Part]) -> Result<()> {
        if self.plan.cleans_up {
            let (began, found) = self.begins_to_remove();
            let cleaned = clean_up(tenant, plan_clean_up(tenant)?)?;
            // Another handle's runs are named, and left.
            let is_all = cleaned.unknown.is_empty() && cleaned.other_runs.is_empty();
            if is_all {
                self.removed(Removal {
                    began,
                    found,
                    left: cleaned.left_out,
                    at: self.now(),
                    until: cleaned.until,
                    late: Vec::new(),
                });
            }
            return Ok(());
        }
        self.remove_runs(tenant, parts)
    }

    fn remove_runs(&self, tenant: &Tenant, parts: &[Part]) -> Result<()> {
        let (began, found) = self.begins_to_remove();
        let (mut left, mut until) = (Vec::new(), None);
        for part in parts {
            let plan = plan_run_removal(tenant, part.report.folder())?;
            left.extend(plan.left_out.iter().cloned());
            until = until.max(plan.until);
            left.extend(remove_users(tenant, plan)?.left_out);
        }
        self.removed(Removal {
            began,
            found,
            left,
            at: self.now(),
            until,
            late: Vec::new(),
        });
        Ok(())
    }

    /// Begins a process again and again until one has done the work; returns how many ended before that.
    fn until_done(
        &self,
        work: impl Fn(&Tenant) -> Result<()>,
    ) -> std::result::Result<usize, String> {
        for ended_early in 0..MORE_PROCESSES + self.plan.ends.len() {
            let end = self.ends.borrow_mut().next();
            let began = self.clock.passed();
            self.removes_since.set(None);
            let ended = self.process(end.as_ref(), &work)?;
            self.note_time(began);
            if let Ended::Done(()) = ended {
                return Ok(ended_early);
            }
            self.rest(end.as_ref());
        }
        let last = self.said.borrow().last().cloned();
        Err(format!("never done; last: {}", last.unwrap_or_default()))
    }

    fn note_time(&self, began: Duration) {
        let (now, mut took) = (self.clock.passed(), self.took.borrow_mut());
        match self.removes_since.get() {
            // What lies between an import and its removal is nobody's work.
            Some(since) => took.extend([
                (
                    since.saturating_sub(began + Duration::from_secs(self.plan.rest)),
                    false,
                ),
                (now - since, true),
            ]),
            None => took.push((now - began, false)),
        }
    }

    fn process<T>(
        &self,
        end: Option<&End>,
        work: impl Fn(&Tenant) -> Result<T>,
    ) -> std::result::Result<Ended<T>, String> {
        self.processes.set(self.processes.get() + 1);
        let kill = end.and_then(|end| end.kill.as_ref());
        let at_request = match kill {
            Some(Kill::Request(nth, after)) => Some((*nth, *after)),
            _ => None,
        };
        self.line.play().next_process(at_request);
        self.disk.next_process();
        let left = end.and_then(|end| end.disk_left);
        self.disk
            .limit_bytes(left.map(|left| self.disk.used_bytes() + left));
        let number = |nth: &usize| At::Number(self.disk.operation_count() + 1 + nth);
        match kill {
            Some(Kill::Disk(nth, how)) => self.disk.kill_at(number(nth), torn(*how)),
            Some(Kill::Fault(nth)) => self.disk.fail_at(number(nth)),
            _ => {}
        }
        let said = Rc::clone(&self.said);
        let process = Process {
            clock: self.clock.clone(),
            disk: Some(Arc::clone(&self.disk)),
            seed: self.plan.seed.wrapping_mul(1_000_003) + self.processes.get() as u64,
            held_back: MAX_UPLOAD_BYTES - self.plan.import.file_bytes,
            hear: Rc::new(move |line: &str| said.borrow_mut().push(line.to_string())),
        };
        let opened = || {
            let line = Arc::clone(&self.line);
            let (id, secret) = self.line.play().client.clone();
            let tenant = seams::tenant(DOMAIN, (&id, &secret), line)?;
            work(&tenant.allow_writes(DOMAIN)?)
        };
        let program = || process.run(opened);
        match catch_unwind(AssertUnwindSafe(program)) {
            Ok(Ok(done)) => Ok(Ended::Done(done)),
            Ok(Err(error)) => {
                let why = (self.processes.get(), self.now(), error.to_string());
                self.gave_up.borrow_mut().push(why);
                self.said.borrow_mut().push(format!("ended: {error}"));
                Ok(Ended::Early)
            }
            Err(payload) if payload.is::<Killed>() => {
                self.said.borrow_mut().push("killed".to_string());
                Ok(Ended::Early)
            }
            Err(payload) => {
                let words = payload.downcast_ref::<String>().cloned();
                let words = words.or(payload.downcast_ref::<&str>().map(ToString::to_string));
                Err(format!("panic: {}", words.unwrap_or_default()))
            }
        }
    }

    /// What lies between two processes.
    fn rest(&self, end: Option<&End>) {
        let rest = end.map_or(60, |end| end.rest);
        if end.is_some_and(|end| end.power_cut) {
            self.disk.cut_power(&mut self.chance.borrow_mut());
        }
        self.clock.pass(Duration::from_secs(rest));
        if let Some(end) = end {
            self.clock.set(end.clock_set * 1_000_000);
        }
    }
}

/// How far the operation comes at which a process is killed.
fn torn(how: usize) -> Torn {
    match how % 4 {
        0 => Torn::Before,
        1 => Torn::After,
        _ => Torn::Within(how / 4),
    }
}

/// Begins the run, or goes on with it.
///
/// # Errors
///
/// Those of the library.
pub fn import(plan: &Plan, tenant: &Tenant, part: usize, offset: usize) -> Result<ImportReport> {
    let name = format!("part-{part}");
    match resume_import(tenant, &format!("imports/{name}")) {
        Err(error) if error.to_string().contains("start it again") => {}
        resumed => return resumed,
    }
    let connection = get_connection_id(tenant, plan.connection)?;
    let options = options(plan).name(&name);
    let users: Vec<User> = plan
        .people
        .iter()
        .enumerate()
        .skip(offset)
        .map(user)
        .collect();
    match plan.import.streams || offset > 0 {
        true => {
            let users: Vec<Result<User>> = users.into_iter().map(Ok).collect();
            import_stream(tenant, &connection, users, &options)
        }
        false => import_users(tenant, &connection, &users, &options),
    }
}

fn options(plan: &Plan) -> ImportOptions {
    let import = &plan.import;
    let options = ImportOptions::default()
        .skip_bad_rows(true)
        .slots(import.slots)
        .requests_per_second(import.per_second)
        .job_limit(Duration::from_secs(import.job_limit))
        .look_up_existing(import.looks_up)
        .job(JobOptions::default().upsert(import.upsert));
    let options = match import.upsert {
        true => options.keep_existing_passwords(),
        false => options,
    };
    match import.leaves_ids {
        true => options.leave_ids_to_auth0(),
        false => options,
    }
}

/// A row as the library is given it. Its metadata say which it is.
pub(crate) fn user((index, person): (usize, &Person)) -> User {
    let mut user = User::new(person.email.clone());
    user.username = person.username.clone();
    user.user_id = person.user_id.clone();
    let row = json!({ "row": index + 1 });
    user.user_metadata = row.as_object().cloned();
    match person.hash {
        Hash::None => {}
        Hash::Bcrypt => user.password_hash = Some(secret(index + 1, person.hash)),
        Hash::Custom => {
            let value = secret(index + 1, person.hash);
            let hash = json!({"value": value, "encoding": "hex"});
            user.custom_password_hash = Some(json!({"algorithm": "sha256", "hash": hash}));
        }
    }
    user
}

/// The hash of that row, which stands in it alone.
#[must_use]
pub fn secret(row: usize, hash: Hash) -> String {
    match hash {
        Hash::None => String::new(),
        Hash::Bcrypt => format!("$2b$10$abcdefghijklmnopqrstuuSimulated{row:06}CDEFGHIJKLMNOP1C"),
        Hash::Custom => format!(
            "5137a7ed{row:06}{}",
            "0123456789abcdef".repeat(4).split_at(50).0
        ),
    }
}
