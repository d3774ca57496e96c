//! The tenant at the other end: a practice tenant in memory, what goes wrong on the way to it, and what others do there.

mod knowledge;
mod wire;

use std::collections::{BTreeSet, VecDeque};
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth0_bulk_users::seams::header::HeaderMap;
use auth0_bulk_users::seams::{Came, Carried, Clock, Killed, Sent, Transport};
use practice_tenant::{Answer, Keys, Moment, Request, Setup, World, answer};
use serde_json::Value;

use crate::life::secret;
use crate::plan::{Call, Does, Hash, Manner, Other, Person, Plan, Wrong};
use crate::tenant::knowledge::{Knowledge, Upload};
use crate::tenant::wire::{
    call, came, connection_id, echoed, field, has_room, moment, page, refused, request, row, rows,
    told, too_many, whole,
};
use crate::there::There;
use crate::truth::has_one_clock;

/// When every simulation begins, in microseconds since 1970: 2026-11-27.
pub const BEGINNING: u64 = 1_795_737_600_000_000;
/// An answer that takes longer is not heard.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);
/// Where the tenant is.
pub const DOMAIN: &str = "https://simulated.us.auth0.com";

/// A request that the tenant was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// After how much time.
    pub at: Duration,
    /// Which process asked, from 0.
    pub process: usize,
    /// Its method and path.
    pub line: String,
    /// What was answered, as far as it came: a status, or what went wrong.
    pub answered: String,
    /// The rows of an upload.
    pub rows: Vec<usize>,
    /// Whether the tenant took the upload.
    pub is_taken: bool,
    /// Whether the process knows by the answer that the tenant took it.
    pub heard: bool,
    /// How long it was told to wait.
    pub wait: Option<Duration>,
    /// Whether the tenant's own answer came in time, to a request that the import waits for.
    pub is_told: bool,
    /// Whether it was told that over half of what the tenant takes at once is left.
    pub has_room: bool,
}

/// The tenant, and the story of its requests.
pub struct Play {
    world: World,
    connection_id: String,
    /// The application that asks for tokens, and its secret.
    pub client: (String, String),
    clock: Clock,
    plan: Plan,
    latency: Duration,
    others: VecDeque<Timed>,
    seen: [usize; 8],
    knowledge: Knowledge,
    /// What was sent that should not have been, one sentence each.
    pub wrong: Vec<String>,
    /// Where the process is killed: at its so many-th request, before or after.
    kill: Option<(usize, bool)>,
    asked_by_process: usize,
    process: usize,
    /// Who was in the connection at the beginning.
    pub before: Vec<There>,
    /// Everything that was asked.
    pub asked: Vec<Asked>,
    /// Everybody whom others deleted, and when.
    pub deleted: Vec<(There, Duration)>,
    /// E-mails of everybody whom others changed.
    pub changed: BTreeSet<String>,
    /// E-mails of everybody who was there and is not of the run, whenever that was.
    pub strangers: BTreeSet<String>,
}

/// What happens by itself at a time.
enum Timed {
    Does(Duration, Does),
    Unset(Duration),
}

impl Timed {
    fn at(&self) -> Duration {
        match self {
            Timed::Does(at, _) | Timed::Unset(at) => *at,
        }
    }
}

impl std::fmt::Debug for Play {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Play").finish_non_exhaustive()
    }
}

impl Play {
    /// The tenant of that plan, with everybody in it who was there before.
    ///
    /// # Panics
    ///
    /// The practice tenant does not take who was there before.
    #[must_use]
    pub fn of(plan: &Plan, clock: Clock) -> Play {
        let setup = setup(&plan.tenant);
        let mut byte = 0_u8;
        let keys = Keys::drawn(|count| {
            let mut bytes = vec![0; count];
            bytes.fill_with(|| {
                byte = byte.wrapping_mul(37).wrapping_add(11);
                byte
            });
            bytes
        });
        let mut early = Moment(BEGINNING - 7_200_000_000);
        let mut world = World::new(DOMAIN, setup, keys, early).expect("a tenant");
        let does = |other: &Other| Timed::Does(Duration::from_secs(other.at), other.does.clone());
        let mut play = Play {
            connection_id: connection_id(plan.connection).to_string(),
            client: client(&world.env_lines()),
            world,
            clock,
            plan: plan.clone(),
            latency: Duration::from_millis(plan.tenant.latency),
            others: plan.others.iter().map(does).collect(),
            seen: [0; 8],
            knowledge: Knowledge::default(),
            wrong: Vec::new(),
            kill: None,
            asked_by_process: 0,
            process: 0,
            before: Vec::new(),
            asked: Vec::new(),
            deleted: Vec::new(),
            changed: BTreeSet::new(),
            strangers: BTreeSet::new(),
        };
        let places = [plan.connection, elsewhere(plan.connection)];
        for (people, place) in [&plan.before, &plan.elsewhere].into_iter().zip(places) {
            if !people.is_empty() {
                let status = play.import(early, people, "before", place);
                assert_eq!(status, 202, "who was there before");
                early.0 += 3_600_000_000;
            }
        }
        let now = Moment(BEGINNING);
        play.world.run_to(now);
        play.before = play.everybody();
        play.set_faults(now, None);
        play
    }

    /// Another process begins, which is killed at that request.
    pub fn next_process(&mut self, kill: Option<(usize, bool)>) {
        self.process += 1;
        self.knowledge.next_process();
        self.asked_by_process = 0;
        self.kill = kill;
    }

    /// Everybody in the tenant.
    #[must_use]
    pub fn everybody(&self) -> Vec<There> {
        self.world.accounts_now().into_iter().map(There).collect()
    }

    /// Lets the tenant go on until now.
    pub fn catch_up(&mut self) {
        let passed = self.clock.passed();
        loop {
            let is_due = |timed: &Timed| timed.at() <= passed;
            if !self.others.front().is_some_and(is_due) {
                break;
            }
            if let Some(timed) = self.others.pop_front() {
                self.happen(timed);
            }
        }
        self.world.run_to(moment(passed));
    }

    fn happen(&mut self, timed: Timed) {
        let now = moment(timed.at());
        match timed {
            Timed::Does(_, Does::Imports(people)) => {
                self.strangers
                    .extend(people.iter().map(|person| person.email.to_lowercase()));
                self.import(now, &people, "other", self.plan.connection);
            }
            Timed::Does(_, Does::ImportsElsewhere(people)) => {
                let elsewhere = elsewhere(self.plan.connection);
                self.import(now, &people, "other", elsewhere);
            }
            Timed::Does(_, Does::Replaces(email)) => self.replace(now, &email),
            Timed::Does(_, Does::Deletes(email)) => self.delete(now, &email),
            Timed::Does(_, Does::Changes(email)) => {
                if let Some(id) = self.id_of(&email) {
                    let body = serde_json::json!({"app_metadata": {"changed": "by others"}});
                    let path = format!("/api/v2/users/{id}");
                    self.ask(
                        now,
                        "PATCH",
                        &path,
                        Some(("application/json", body.to_string())),
                    );
                    self.changed.insert(email);
                }
            }
            Timed::Does(at, Does::Sets(fault, number, seconds)) => {
                self.set_faults(now, Some((fault, number)));
                let until = at + Duration::from_secs(seconds);
                let place = self.others.partition_point(|timed| timed.at() <= until);
                self.others.insert(place, Timed::Unset(until));
            }
            Timed::Unset(_) => self.set_faults(now, None),
        }
    }

    /// The first user of the connection with that e-mail. Whose id somebody in another connection has too is left alone.
    fn with_email(&self, email: &str) -> Option<There> {
        let everybody = self.everybody();
        let here = |one: &&There| one.email() == email && one.connection() == self.plan.connection;
        let first = everybody.iter().find(here)?;
        let same = everybody.iter().filter(|one| one.id() == first.id());
        (same.count() == 1).then(|| first.clone())
    }

    fn id_of(&self, email: &str) -> Option<String> {
        Some(self.with_email(email)?.id().replace('|', "%7C"))
    }

    fn delete(&mut self, now: Moment, email: &str) {
        self.world.run_to(now);
        let Some(there) = self.with_email(email) else {
            return;
        };
        let id = there.id().replace('|', "%7C");
        self.ask(now, "DELETE", &format!("/api/v2/users/{id}"), None);
        let at = Duration::from_micros(now.0.saturating_sub(BEGINNING));
        self.deleted.push((there, at));
    }

    /// Deletes somebody with an id that was chosen, and makes somebody anew who has it.
    fn replace(&mut self, now: Moment, email: &str) {
        self.world.run_to(now);
        let there = self.with_email(email);
        let id = there.and_then(|there| Some(there.id().strip_prefix("auth0|own-")?.to_string()));
        let Some(id) = id else {
            return;
        };
        self.delete(now, email);
        self.strangers.insert(email.to_string());
        let anew = Person {
            email: email.to_string(),
            username: None,
            user_id: Some(format!("own-{id}")),
            hash: Hash::Bcrypt,
        };
        self.import(now, &[anew], "other", self.plan.connection);
    }

    fn set_faults(&mut self, now: Moment, more: Option<(&'static str, f64)>) {
        self.world.run_to(now);
        let faults = self.plan.tenant.faults.iter().copied().chain(more);
        let faults = faults.map(|(name, number)| (name.to_string(), number));
        let set = self.world.set_faults(faults.collect(), self.plan.seed);
        set.expect("faults that are known");
    }

    /// Imports them by a job of somebody else's, and says what was answered.
    fn import(&mut self, now: Moment, people: &[Person], by: &str, connection: &str) -> u16 {
        let rows: Vec<Value> = people.iter().map(|person| row(person, by)).collect();
        let upload = |name: &str, text: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let body = format!(
            "{}{}--b--\r\n",
            upload("connection_id", connection_id(connection)),
            upload(
                "users\"; filename=\"u.json",
                &Value::Array(rows).to_string()
            ),
        );
        let form = ("multipart/form-data; boundary=b", body);
        let answer = self.ask(now, "POST", "/api/v2/jobs/users-imports", Some(form));
        answer.status
    }

    fn ask(
        &mut self,
        now: Moment,
        method: &str,
        path: &str,
        body: Option<(&str, String)>,
    ) -> Answer {
        self.world.run_to(now);
        let token = self.world.token();
        let mut headers = vec![("authorization".to_string(), format!("Bearer {token}"))];
        let mut bytes = Vec::new();
        if let Some((kind, text)) = body {
            headers.push(("content-type".to_string(), kind.to_string()));
            bytes = text.into_bytes();
        }
        let request = Request {
            method: method.to_string(),
            path: path.to_string(),
            headers,
            body: bytes,
        };
        answer(&mut self.world, now, &request)
    }

    /// What goes wrong with this request.
    fn wrong(&mut self, call: Call) -> Option<Wrong> {
        let nth = self.seen[call as usize];
        self.seen[call as usize] += 1;
        let troubles = self.plan.troubles.iter();
        let mut here = troubles
            .filter(|trouble| trouble.call == call)
            .filter(|trouble| (trouble.first..trouble.first + trouble.count).contains(&nth));
        here.next().map(|trouble| trouble.what)
    }

    fn carry(&mut self, sent: &Sent<'_>) -> Result<Carried, Killed> {
        self.catch_up();
        let nth = self.asked_by_process;
        self.asked_by_process += 1;
        if self.kill == Some((nth, false)) {
            return Err(Killed);
        }
        self.knowledge.goes_on();
        let at = self.clock.passed();
        let call = call(sent.method, sent.path);
        let rows = match call {
            Some(Call::Upload) => rows(sent.body),
            _ => Vec::new(),
        };
        let process = self.process;
        let upload = Upload {
            at,
            process,
            rows: &rows,
        };
        if call == Some(Call::Upload) {
            self.check_upload(sent.body, &upload);
        }
        let wrong = call.and_then(|call| self.wrong(call));
        let reaches = wrong.is_none_or(Wrong::is_done);
        let answered = reaches.then(|| answer(&mut self.world, moment(at), &request(sent)));
        let carried = self.carried(answered.as_ref(), wrong);
        let is_taken = call == Some(Call::Upload)
            && answered.as_ref().is_some_and(|answer| answer.status == 202);
        self.asked.push(Asked {
            at,
            process: self.process,
            line: format!("{} {}", sent.method, sent.path),
            answered: told(&carried),
            rows: rows.clone(),
            is_taken,
            heard: matches!(carried.came, Came::Whole { status: 202, .. })
                && carried.took < REQUEST_LIMIT,
            wait: wrong
                .and_then(Wrong::wait)
                .filter(|_| call != Some(Call::Token)),
            is_told: wrong.is_none()
                && !matches!(call, None | Some(Call::Token))
                && answered.as_ref().is_some_and(|answer| answer.status < 500)
                && carried.took < REQUEST_LIMIT,
            has_room: has_room(&carried),
        });
        if self.kill == Some((nth, true)) {
            return Err(Killed);
        }
        self.learn(call, sent.path, &carried, &upload);
        Ok(carried)
    }

    /// What is wrong with sending an upload now, and with its form.
    fn check_upload(&mut self, body: &[u8], upload: &Upload) {
        self.wrong
            .extend(self.knowledge.wrong(&self.plan.import, upload));
        let upsert = self.plan.import.upsert.to_string();
        let fields = [
            ("connection_id", self.connection_id.as_str()),
            ("upsert", &upsert),
            ("send_completion_email", "false"),
        ];
        for (name, wanted) in fields {
            let value = field(body, name);
            if value != wanted {
                self.wrong
                    .push(format!("an upload's {name} is `{value}`, not `{wanted}`"));
            }
        }
    }

    /// What the process now knows of jobs.
    fn learn(&mut self, call: Option<Call>, path: &str, carried: &Carried, upload: &Upload) {
        let Came::Whole { status, body, .. } = &carried.came else {
            return;
        };
        if carried.took >= REQUEST_LIMIT {
            return;
        }
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        match (call, *status) {
            (Some(Call::Upload), 202) => {
                if let Some(id) = told["id"].as_str() {
                    self.knowledge.accepted(id, upload);
                }
            }
            (Some(Call::Upload), 429) => {
                let message = told["message"].as_str().unwrap_or_default();
                if message.contains("active import users jobs") {
                    self.knowledge.found_no_slot(upload);
                }
            }
            (Some(Call::Job), 200 | 404) => {
                let job = path.rsplit('/').next().unwrap_or_default();
                let has_one_clock = has_one_clock(&self.plan);
                self.knowledge.told(job, upload, &told, has_one_clock);
            }
            _ => {}
        }
    }

    fn carried(&self, answered: Option<&Answer>, wrong: Option<Wrong>) -> Carried {
        let took = self.latency + answered.map_or(Duration::ZERO, |answer| answer.after);
        let at = moment(self.clock.passed() + took);
        let came = match (wrong, answered) {
            (Some(Wrong::Status(status) | Wrong::DoneThen(status)), _) => page(status),
            (Some(Wrong::Refused(status)), _) => refused(status),
            (Some(Wrong::TooMany(tells)), _) => too_many(tells, at),
            (Some(Wrong::Garbage), _) => whole(200, HeaderMap::new(), b"<html>".to_vec()),
            (Some(Wrong::Empty), _) => whole(200, HeaderMap::new(), b"{}".to_vec()),
            (Some(Wrong::Nameless), _) => whole(202, HeaderMap::new(), b"{}".to_vec()),
            (Some(Wrong::LostBefore | Wrong::LostAfter), _) | (_, None) => Came::Nothing,
            (Some(Wrong::CutOff), _) => Came::CutOff,
            (Some(Wrong::Echoes), Some(answer)) => echoed(answer, at, |row| self.hash(row)),
            (Some(Wrong::Late(_)) | None, Some(answer)) => came(answer, at),
        };
        let late = match wrong {
            Some(Wrong::Late(seconds)) => Duration::from_secs(seconds),
            _ => Duration::ZERO,
        };
        Carried {
            took: took + late,
            came,
        }
    }

    fn hash(&self, row: usize) -> String {
        let person = row.checked_sub(1).and_then(|at| self.plan.people.get(at));
        person.map_or(String::new(), |person| secret(row, person.hash))
    }
}

/// What a tenant is asked over: a lock, since the library may ask from any thread.
pub struct Line(Mutex<Play>);

impl std::fmt::Debug for Line {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Line").finish_non_exhaustive()
    }
}

impl Line {
    /// A line to that tenant.
    #[must_use]
    pub fn to(play: Play) -> Line {
        Line(Mutex::new(play))
    }

    /// The tenant.
    pub fn play(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Line {
    fn carry(&self, sent: Sent<'_>) -> Carried {
        let carried = self.play().carry(&sent);
        carried.unwrap_or_else(|killed| resume_unwind(Box::new(killed)))
    }
}

/// Another connection, which takes what the rows have.
fn elsewhere(connection: &str) -> &'static str {
    match connection {
        "Username-Password-Authentication" => "Shared-Emails",
        _ => "Username-Password-Authentication",
    }
}

fn setup(manner: &Manner) -> Setup {
    Setup {
        job_speed: Some(manner.job_speed),
        rate: manner.rate,
        burst: manner.burst,
        max_jobs: manner.max_jobs,
        token_seconds: manner.token_seconds,
        marked: false,
        ..Setup::default()
    }
}

/// The application's id and secret, of the lines that a practice tenant writes for its clients.
fn client(lines: &str) -> (String, String) {
    let value = |name: &str| value(lines, name).unwrap_or_default().to_string();
    (value("CLIENT_ID"), value("CLIENT_SECRET"))
}

/// What such lines set a name to.
#[must_use]
pub fn value<'a>(lines: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = lines.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}
