//! The tenant at the other end: a practice tenant in memory, what goes wrong on the way to it, and what others do there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth0_bulk_users::seams::header::{HeaderMap, HeaderName, HeaderValue};
use auth0_bulk_users::seams::{Came, Carried, Clock, Killed, Sent, Transport};
use practice_tenant::{Answer, Fate, Keys, Moment, Request, Setup, World, answer};
use serde_json::Value;

use crate::plan::{Call, Does, Manner, Other, Person, Plan, Wrong};

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
    /// The rows of an upload that the tenant took.
    pub taken: Vec<Value>,
    /// Whether its answer came to the process.
    pub heard: bool,
    /// Whether it was told to wait seven seconds.
    pub waits: bool,
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
    /// Jobs that processes know of and have not seen to end, and when they were taken.
    known: BTreeMap<String, Duration>,
    /// The job of the last answer, which a process that is killed has not written down.
    just_taken: Option<String>,
    /// An upload that was sent while all slots were taken by such jobs.
    pub too_many_jobs: Option<String>,
    /// Where the process is killed: at its so many-th request, before or after.
    kill: Option<(usize, bool)>,
    asked_by_process: usize,
    process: usize,
    /// Who was in the connection at the beginning.
    pub before: Vec<Value>,
    /// Everything that was asked.
    pub asked: Vec<Asked>,
    /// E-mails of everybody whom others deleted.
    pub deleted: BTreeSet<String>,
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
        let early = Moment(BEGINNING - 7_200_000_000);
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
            known: BTreeMap::new(),
            just_taken: None,
            too_many_jobs: None,
            kill: None,
            asked_by_process: 0,
            process: 0,
            before: Vec::new(),
            asked: Vec::new(),
            deleted: BTreeSet::new(),
            changed: BTreeSet::new(),
            strangers: BTreeSet::new(),
        };
        if !plan.before.is_empty() {
            let status = play.import(early, &plan.before, "before");
            assert_eq!(status, 202, "who was there before");
        }
        let now = Moment(BEGINNING);
        play.world.run_to(now);
        play.before = play.accounts();
        play.set_faults(now, None);
        play
    }

    /// Another process begins, which is killed at that request.
    pub fn next_process(&mut self, kill: Option<(usize, bool)>) {
        self.process += 1;
        if let Some(job) = self.just_taken.take() {
            self.known.remove(&job);
        }
        self.asked_by_process = 0;
        self.kill = kill;
    }

    /// Everybody in the connection, as a profile.
    #[must_use]
    pub fn accounts(&self) -> Vec<Value> {
        let accounts = self.world.accounts();
        let here = accounts.filter(|account| account.connection() == self.plan.connection);
        here.map(|account| Value::Object(account.profile().clone()))
            .collect()
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
                self.import(now, &people, "other");
            }
            Timed::Does(_, Does::Deletes(email)) => {
                if let Some(id) = self.id_of(&email) {
                    self.ask(now, "DELETE", &format!("/api/v2/users/{id}"), None);
                    self.deleted.insert(email);
                }
            }
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

    fn id_of(&mut self, email: &str) -> Option<String> {
        let accounts = self.accounts().into_iter();
        let mut with_email = accounts.filter(|profile| profile["email"] == email);
        let profile = with_email.next()?;
        Some(profile["user_id"].as_str()?.replace('|', "%7C"))
    }

    fn set_faults(&mut self, now: Moment, more: Option<(&'static str, f64)>) {
        self.world.run_to(now);
        let faults = self.plan.tenant.faults.iter().copied().chain(more);
        let faults = faults.map(|(name, number)| (name.to_string(), number));
        let set = self.world.set_faults(faults.collect(), self.plan.seed);
        set.expect("faults that are known");
    }

    /// Imports them by a job of somebody else's, and says what was answered.
    fn import(&mut self, now: Moment, people: &[Person], by: &str) -> u16 {
        let rows: Vec<Value> = people.iter().map(|person| row(person, by)).collect();
        let upload = |name: &str, text: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let body = format!(
            "{}{}--b--\r\n",
            upload("connection_id", &self.connection_id),
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
        self.just_taken = None;
        let at = self.clock.passed();
        let call = call(sent.method, sent.path);
        if call == Some(Call::Upload) {
            self.check_slots(at);
        }
        let wrong = call.and_then(|call| self.wrong(call));
        let reaches = !matches!(
            wrong,
            Some(Wrong::LostBefore | Wrong::Status(_) | Wrong::TooMany(_) | Wrong::Garbage)
        );
        let answered = reaches.then(|| answer(&mut self.world, moment(at), &request(sent)));
        let carried = self.carried(answered.as_ref(), wrong);
        let is_taken = call == Some(Call::Upload)
            && answered.as_ref().is_some_and(|answer| answer.status == 202);
        self.asked.push(Asked {
            at,
            process: self.process,
            line: format!("{} {}", sent.method, sent.path),
            answered: told(&carried),
            taken: if is_taken {
                rows(sent.body)
            } else {
                Vec::new()
            },
            heard: matches!(carried.came, Came::Whole { status: 202, .. })
                && carried.took < REQUEST_LIMIT,
            waits: wrong == Some(Wrong::TooMany(true)) && call != Some(Call::Token),
        });
        if self.kill == Some((nth, true)) {
            return Err(Killed);
        }
        self.learn(call, at, sent.path, &carried);
        Ok(carried)
    }

    /// No upload is sent while as many jobs are known to run as the import may have. A job that is older than its limit was
    /// given up.
    fn check_slots(&mut self, at: Duration) {
        let limit = Duration::from_secs(self.plan.import.job_limit.min(7_200));
        self.known.retain(|_, since| at < *since + limit);
        if self.known.len() >= self.plan.import.slots {
            self.too_many_jobs = Some(format!(
                "an upload at {at:?} while {} jobs were running, of {}",
                self.known.len(),
                self.plan.import.slots
            ));
        }
    }

    /// What the process now knows of jobs.
    fn learn(&mut self, call: Option<Call>, at: Duration, path: &str, carried: &Carried) {
        let Came::Whole { status, body, .. } = &carried.came else {
            return;
        };
        if carried.took >= REQUEST_LIMIT {
            return;
        }
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let job = path.rsplit('/').next().unwrap_or_default();
        match (call, *status) {
            (Some(Call::Upload), 202) => {
                let id = told["id"].as_str().unwrap_or_default();
                self.known.insert(id.to_string(), at);
                self.just_taken = Some(id.to_string());
            }
            // An answer without a status, or a page, says nothing of the job.
            (Some(Call::Job), 200 | 404) => {
                let is_over = ["completed", "failed"]
                    .iter()
                    .any(|word| told["status"] == *word);
                if is_over || told["statusCode"] == 404 {
                    self.known.remove(job);
                }
            }
            _ => {}
        }
    }

    fn carried(&self, answered: Option<&Answer>, wrong: Option<Wrong>) -> Carried {
        let took = self.latency + answered.map_or(Duration::ZERO, |answer| answer.after);
        let came = match (wrong, answered) {
            (Some(Wrong::Status(status) | Wrong::DoneThen(status)), _) => page(status),
            (Some(Wrong::TooMany(tells)), _) => too_many(tells),
            (Some(Wrong::Garbage), _) => whole(200, HeaderMap::new(), b"<html>".to_vec()),
            (Some(Wrong::LostBefore | Wrong::LostAfter), _) | (_, None) => Came::Nothing,
            (Some(Wrong::CutOff), _) => Came::CutOff,
            (Some(Wrong::Late(_)) | None, Some(answer)) => came(answer),
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

fn moment(passed: Duration) -> Moment {
    Moment(BEGINNING + u64::try_from(passed.as_micros()).unwrap_or(u64::MAX / 2))
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

fn connection_id(name: &str) -> &'static str {
    match name {
        "Username-Password-Authentication" => "con_Practice00000001",
        "Email-Only-Users" => "con_Practice00000002",
        _ => "con_Practice00000007",
    }
}

/// A row of somebody else's import.
fn row(person: &Person, by: &str) -> Value {
    let mut row = serde_json::json!({"email": person.email, "app_metadata": {"by": by}});
    for (name, value) in [("username", &person.username), ("user_id", &person.user_id)] {
        if let Some(value) = value {
            row[name] = value.as_str().into();
        }
    }
    row
}

fn call(method: &str, path: &str) -> Option<Call> {
    let path = path.split('?').next().unwrap_or_default();
    let rest = path.strip_prefix("/api/v2");
    Some(match (method, rest) {
        (_, None) => Call::Token,
        ("DELETE", _) => Call::Delete,
        (_, Some("/jobs/users-imports")) => Call::Upload,
        (_, Some(rest)) if rest.starts_with("/jobs/") && rest.ends_with("/errors") => Call::Report,
        (_, Some(rest)) if rest.starts_with("/jobs/") => Call::Job,
        (_, Some("/users")) => Call::Search,
        (_, Some("/users-by-email")) => Call::ByEmail,
        (_, Some(rest)) if rest.starts_with("/users/") => Call::User,
        _ => return None,
    })
}

fn request(sent: &Sent<'_>) -> Request {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (
            name.to_string(),
            value.to_str().unwrap_or_default().to_string(),
        )
    };
    Request {
        method: sent.method.to_string(),
        path: sent.path.to_string(),
        headers: sent.headers.iter().map(header).collect(),
        body: sent.body.to_vec(),
    }
}

/// The rows of an upload.
fn rows(body: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(body);
    let file = text.split("application/json\r\n\r\n").nth(1);
    let file = file
        .and_then(|rest| rest.rsplit_once("\r\n--"))
        .map(|(file, _)| file.to_string());
    file.and_then(|file| serde_json::from_str(&file).ok())
        .unwrap_or_default()
}

fn whole(status: u16, headers: HeaderMap, body: Vec<u8>) -> Came {
    Came::Whole {
        status,
        headers,
        body,
    }
}

/// The answer of something between the client and the tenant.
fn page(status: u16) -> Came {
    whole(status, HeaderMap::new(), b"<html>gateway</html>".to_vec())
}

fn too_many(tells: bool) -> Came {
    let mut headers = HeaderMap::new();
    if tells {
        headers.insert("retry-after", HeaderValue::from_static("7"));
        headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
    }
    let body = r#"{"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}"#;
    whole(429, headers, body.as_bytes().to_vec())
}

fn came(answer: &Answer) -> Came {
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    match answer.fate {
        Fate::Whole => whole(answer.status, headers, answer.body.clone()),
        Fate::CutAfter(_) => Came::CutOff,
        _ => Came::Nothing,
    }
}

fn told(carried: &Carried) -> String {
    match &carried.came {
        Came::Whole { status, .. } => status.to_string(),
        Came::CutOff => "half an answer".to_string(),
        Came::Nothing => "no answer".to_string(),
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
