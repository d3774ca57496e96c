//! One plan played: process after process, each killed, cut off or done, until the rows are imported and the run is removed.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use auth0_bulk_users::seams::{self, At, Chance, Clock, Killed, Process, SimulatedDisk, Torn};
use auth0_bulk_users::{
    Counts, ImportOptions, ImportReport, JobOptions, LeftOut, MAX_UPLOAD_BYTES, Result, Tenant,
    User, get_connection_id, import_stream, import_users, plan_run_removal, read_import,
    remove_users, resume_import,
};
use serde_json::{Value, json};

use crate::plan::{End, Hash, Kill, Person, Plan};
use crate::tenant::{BEGINNING, DOMAIN, Line, Play};

/// The most processes after those whose ends the plan knows; this limits how often things go wrong.
const MORE_PROCESSES: usize = 200;
/// By then every job has ended that was sent before.
const HOURS_LATER: Duration = Duration::from_secs(3 * 3_600);

/// One of the runs that imported the rows: another run continues a stream that was cut off.
#[derive(Debug)]
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
    /// The runs.
    pub parts: Vec<Part>,
    /// Who was in the connection when the last part was told of.
    pub found: Vec<Value>,
    /// Whom the removal left, where there was one.
    pub left: Option<Vec<LeftOut>>,
    /// When it was over.
    pub removed_at: Duration,
    /// Until when it said that users may still be imported, in milliseconds of UNIX time.
    pub until: Option<u64>,
    /// Who is in the connection hours later.
    pub late: Vec<Value>,
    /// How long each process took, and whether it removed.
    pub took: Vec<(Duration, bool)>,
}

impl Played {
    /// When the last part was told of.
    #[must_use]
    pub fn told_at(&self) -> Duration {
        self.parts.last().map_or(Duration::MAX, |part| part.told_at)
    }
}

struct Machine<'a> {
    plan: &'a Plan,
    line: Arc<Line>,
    disk: Arc<SimulatedDisk>,
    clock: Clock,
    said: Rc<RefCell<Vec<String>>>,
    processes: usize,
    /// What a power cut spares.
    chance: Chance,
    took: Vec<(Duration, bool)>,
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
    let clock = Clock::at(BEGINNING);
    let mut machine = Machine {
        plan,
        line: Arc::new(Line::to(Play::of(plan, clock.clone()))),
        disk: SimulatedDisk::new(),
        clock,
        said: Rc::default(),
        processes: 0,
        chance: Chance::of(plan.seed),
        took: Vec::new(),
    };
    let mut ends = plan.ends.clone().into_iter();
    let mut parts: Vec<Part> = Vec::new();
    let mut offset = 0;
    while offset < plan.people.len() {
        let part = parts.len();
        let sheet = format!("told-{part}.csv");
        let (report, failed, read_again) = machine.until_done(&mut ends, false, |tenant| {
            let report = import(plan, tenant, part, offset)?;
            report.save_csv(&sheet)?;
            let read_again = read_import(report.folder())?.counts();
            let failed = report.failed()?;
            Ok((report, failed.to_vec(), read_again))
        })?;
        let files = machine.disk.files().into_iter();
        let mut sheets = files.filter(|(path, _)| path.ends_with(&sheet));
        let sheet = sheets.next().map(|(_, bytes)| bytes).unwrap_or_default();
        let total = report.counts().total as usize;
        parts.push(Part {
            offset,
            report,
            told_at: machine.clock.passed(),
            failed,
            read_again,
            sheet: String::from_utf8_lossy(&sheet).into_owned(),
        });
        if total == 0 {
            return Err(format!(
                "run {part} has read no row, but says that it is done"
            ));
        }
        offset += total;
    }
    machine.line.play().catch_up();
    let found = machine.line.play().accounts();
    let (left, until) = machine.removed(&parts)?;
    let removed_at = machine.clock.passed();
    machine.clock.pass(HOURS_LATER);
    machine.line.play().catch_up();
    let late = machine.line.play().accounts();
    let said = machine.said.take();
    Ok(Played {
        line: machine.line,
        disk: machine.disk,
        clock: machine.clock,
        said,
        parts,
        found,
        left,
        removed_at,
        until,
        late,
        took: machine.took,
    })
}

impl Machine<'_> {
    /// Removes the runs if the plan says so; returns who is left, and until when more may be imported.
    fn removed(
        &mut self,
        parts: &[Part],
    ) -> std::result::Result<(Option<Vec<LeftOut>>, Option<u64>), String> {
        let Some(ends) = &self.plan.removal else {
            return Ok((None, None));
        };
        let mut ends = ends.clone().into_iter();
        let (mut all, mut latest) = (Vec::new(), None);
        for part in parts {
            let folder = part.report.folder();
            let removes = |tenant: &Tenant| remove(tenant, folder);
            let (left, until) = self.until_done(&mut ends, true, removes)?;
            all.extend(left);
            latest = latest.max(until);
        }
        Ok((Some(all), latest))
    }

    /// Begins a process again and again until one has done the work.
    fn until_done<T>(
        &mut self,
        ends: &mut impl Iterator<Item = End>,
        removes: bool,
        work: impl Fn(&Tenant) -> Result<T>,
    ) -> std::result::Result<T, String> {
        for _ in 0..MORE_PROCESSES + self.plan.ends.len() {
            let end = ends.next();
            let began = self.clock.passed();
            let ended = self.process(end.as_ref(), &work)?;
            self.took.push((self.clock.passed() - began, removes));
            if let Ended::Done(done) = ended {
                return Ok(done);
            }
            self.rest(end.as_ref());
        }
        let last = self.said.borrow().last().cloned();
        Err(format!("never done; last: {}", last.unwrap_or_default()))
    }

    fn process<T>(
        &mut self,
        end: Option<&End>,
        work: impl Fn(&Tenant) -> Result<T>,
    ) -> std::result::Result<Ended<T>, String> {
        self.processes += 1;
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
        if let Some(Kill::Disk(nth, how)) = kill {
            let number = self.disk.operation_count() + 1 + nth;
            self.disk.kill_at(At::Number(number), torn(*how));
        }
        let said = Rc::clone(&self.said);
        let process = Process {
            clock: self.clock.clone(),
            disk: Some(Arc::clone(&self.disk)),
            seed: self.plan.seed.wrapping_mul(1_000_003) + self.processes as u64,
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
    fn rest(&mut self, end: Option<&End>) {
        let rest = end.map_or(60, |end| end.rest);
        if end.is_some_and(|end| end.power_cut) {
            self.disk.cut_power(&mut self.chance);
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

fn remove(tenant: &Tenant, folder: &str) -> Result<(Vec<LeftOut>, Option<u64>)> {
    let plan = plan_run_removal(tenant, folder)?;
    let (mut left, until) = (plan.left_out.clone(), plan.until);
    left.extend(remove_users(tenant, plan)?.left_out);
    Ok((left, until))
}

/// A row as the library is given it. Its metadata say which it is.
fn user((index, person): (usize, &Person)) -> User {
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
