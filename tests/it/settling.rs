//! Finding out what became of users when a job, its report or the search does not tell: against a tenant that is not the
//! practice tenant, and that does what a test says.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use auth0_bulk_users::seams::Clock;
use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::planted::{lines, write_lines};
use crate::removal::{decoded, left_out, rows, with_id};
use crate::runs::{Named, kept_in, quick, users};
use crate::server::{answer, served, token};
use crate::turned::turned_time;

const ID: &str = "con_abcdefghijklmnop";
const HOME: &str = "Staff";
const JOB: &str = "job_abcdefghijklmnop";
const ACCEPTED: &str = "2026-11-01T10:00:00.000Z";

/// What an upload comes to.
#[derive(Clone, Copy, PartialEq)]
enum Upload {
    /// It is taken, and brings everybody in who is not there.
    Taken,
    /// The same, and the answer is lost.
    Lost,
    /// The answer is lost, and its users come in when the test says so.
    LostAndLate,
    /// It is taken, and something on the way answers that it took too long.
    TakenThen408,
    /// The rate limit refuses it.
    Limited,
}

struct Holds {
    users: Vec<Value>,
    late: Vec<Value>,
    /// Whether an upload brings anybody in.
    takes: bool,
    uploads: Vec<Upload>,
    /// The answers to looks at a job, one after the other; the last again and again. `Null` is a job that ended.
    jobs: Vec<(u16, Value)>,
    refused: Vec<Value>,
    /// The counts of a job, where they are not those of the last upload.
    summary: Value,
    counted: Value,
    /// Searches that show nobody yet, and what a search is answered.
    blind: usize,
    search: u16,
    /// What a look by id is answered.
    look: u16,
    /// Deletions that are taken; the others are refused.
    deletes: usize,
    /// Whether the token may look at nobody.
    closed: bool,
    date: &'static str,
}

pub(crate) struct Auth0 {
    holds: Arc<Mutex<Holds>>,
    requests: Arc<Mutex<Vec<String>>>,
    pub(crate) tenant: Tenant,
}

fn completed() -> (u16, Value) {
    (200, json!({"status": "completed"}))
}

fn pending() -> (u16, Value) {
    (200, json!({"status": "pending"}))
}

fn no_job() -> (u16, Value) {
    (
        404,
        json!({"statusCode": 404, "error": "Not Found", "message": "Job not found."}),
    )
}

fn someone(connection: &str, row: &Value) -> Value {
    let id = row["user_id"].as_str().unwrap_or("made");
    json!({"user_id": format!("auth0|{id}"), "email": row["email"], "created_at": "2026-11-01T10:00:01.000Z",
        "identities": [{"provider": "auth0", "connection": connection, "user_id": id, "isSocial": false}]})
}

impl Auth0 {
    pub(crate) fn new() -> Auth0 {
        let holds = Arc::new(Mutex::new(Holds {
            users: Vec::new(),
            late: Vec::new(),
            takes: true,
            uploads: vec![Upload::Taken],
            jobs: vec![completed()],
            refused: Vec::new(),
            summary: Value::Null,
            counted: Value::Null,
            blind: 0,
            search: 200,
            look: 200,
            deletes: usize::MAX,
            closed: false,
            date: "",
        }));
        let held = Arc::clone(&holds);
        let (base, requests) = served(move |request| held.lock().unwrap().answer(request));
        let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
        Auth0 {
            holds,
            requests,
            tenant,
        }
    }

    fn holds(&self) -> MutexGuard<'_, Holds> {
        self.holds.lock().unwrap()
    }

    /// The first lines of the requests that began so.
    fn sent(&self, begin: &str) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let lines = requests.iter().filter_map(|all| all.lines().next());
        let lines = lines.filter(|line| line.starts_with(begin));
        lines.map(str::to_string).collect()
    }

    fn uploads(&self) -> usize {
        self.sent("POST").len()
    }

    /// Requests for one user by their id.
    fn looks(&self) -> usize {
        self.sent("GET /api/v2/users/").len()
    }

    fn import(&self, users: &[User], options: &ImportOptions) -> Result<ImportReport> {
        import_users(
            &self.tenant,
            &ConnectionId::new(ID).unwrap(),
            users,
            options,
        )
    }

    /// A run that is cut off while its job is at work, as it was left so long ago.
    fn cut_off(&self, users: &[User], options: ImportOptions, ago: u64) -> PathBuf {
        self.holds().jobs = vec![pending()];
        let options = options.time_limit(Duration::from_millis(300));
        let error = self.import(users, &options).unwrap_err();
        let folder = PathBuf::from(error.folder().unwrap());
        age(&folder, ago);
        folder
    }

    fn resume(&self, folder: &std::path::Path) -> ImportReport {
        resume_import(&self.tenant, folder.to_str().unwrap()).unwrap()
    }
}

/// Makes what a run wrote down so many milliseconds older.
fn age(folder: &std::path::Path, ago: u64) {
    let mut entries = lines(folder);
    for entry in &mut entries {
        for kind in ["Begun", "Sending", "Accepted", "Done"] {
            if let Some(at) = entry.get_mut(kind).and_then(|entry| entry.get_mut("at")) {
                *at = json!(at.as_u64().unwrap() - ago);
            }
        }
    }
    write_lines(folder, &entries);
}

/// The ids of the first file of a run that is done.
fn ids_in(folder: &std::path::Path) -> Vec<String> {
    let file = std::fs::read_to_string(folder.join("users-00001.done.json")).unwrap();
    let ids = file.split("\"user_id\":\"").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap().to_string())
        .collect()
}

const HOUR: u64 = 3_600_000;

impl Holds {
    fn answer(&mut self, request: &str) -> String {
        let mut words = request.split(' ');
        let (method, address) = (words.next().unwrap(), words.next().unwrap());
        let path = decoded(address);
        let path = path.strip_prefix("/api/v2").unwrap();
        let gone =
            json!({"statusCode": 404, "error": "Not Found", "message": "The user does not exist."});
        let plain = path.split('?').next().unwrap();
        let (status, body) = match (method, plain) {
            ("POST", _) => return self.upload(request),
            ("GET", "/jobs/job_abcdefghijklmnop/errors") => (200, json!(self.refused)),
            ("GET", "/jobs/job_abcdefghijklmnop") => self.job(),
            ("GET", users) if self.closed && users.starts_with("/users") => (
                403,
                json!({"statusCode": 403, "error": "Forbidden", "message": "Insufficient scope, expected any of: read:users"}),
            ),
            ("GET", "/users") if self.search != 200 => (self.search, json!({"message": "busy"})),
            ("GET", "/users") if self.blind > 0 => {
                self.blind -= 1;
                (200, json!([]))
            }
            ("GET", "/users") => {
                let asked = |user: &&Value| {
                    let term = |key: &str| format!("{key}:{}", user[key]);
                    path.contains(&term("user_id")) || path.contains(&term("email"))
                };
                (200, self.users.iter().filter(asked).cloned().collect())
            }
            ("GET", "/users-by-email") => {
                let email = path.split("email=").nth(1).unwrap();
                let found = self.users.iter().filter(|user| user["email"] == email);
                (200, found.cloned().collect())
            }
            ("GET", one) if self.look != 200 && one.starts_with("/users/") => {
                (self.look, json!({"message": "busy"}))
            }
            ("DELETE", _) if self.deletes == 0 => (
                403,
                json!({"statusCode": 403, "error": "Forbidden", "message": "Insufficient scope, expected any of: delete:users"}),
            ),
            ("GET" | "DELETE", one) if one.starts_with("/users/") => {
                let id = one.strip_prefix("/users/").unwrap();
                let place = self.users.iter().position(|user| user["user_id"] == id);
                match (method, place) {
                    ("GET", Some(place)) => (200, self.users[place].clone()),
                    ("GET", None) => (404, gone),
                    (_, place) => {
                        self.deletes -= 1;
                        place.map(|place| self.users.remove(place));
                        (204, Value::Null)
                    }
                }
            }
            _ => (404, gone),
        };
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        answer(status, self.date, &body)
    }

    fn upload(&mut self, request: &str) -> String {
        let kind = match self.uploads.len() {
            1 => self.uploads[0],
            _ => self.uploads.remove(0),
        };
        let users: Vec<Value> = rows(request).iter().map(|row| someone(HOME, row)).collect();
        let is_out = |user: &Value| {
            self.refused
                .iter()
                .any(|out| out["user"]["email"] == user["email"])
        };
        let has = |user: &Value| {
            is_out(user) || self.users.iter().any(|had| had["email"] == user["email"])
        };
        let new: Vec<Value> = users.iter().filter(|user| !has(user)).cloned().collect();
        match kind {
            Upload::Limited => {
                let body = json!({"statusCode": 429, "error": "Too Many Requests", "message": "Global limit has been reached",
                    "errorCode": "too_many_requests"});
                return answer(429, "retry-after: 0\r\n", &body.to_string());
            }
            Upload::LostAndLate => self.late.extend(users),
            Upload::Taken | Upload::Lost | Upload::TakenThen408 if self.takes => {
                self.counted = summary(new.len(), users.len() - new.len(), 0);
                self.users.extend(new);
            }
            Upload::Taken | Upload::Lost | Upload::TakenThen408 => {}
        }
        if kind == Upload::TakenThen408 {
            return answer(408, "", "<html>Request Timeout</html>");
        }
        if kind != Upload::Taken {
            return String::new();
        }
        let head = json!({"type": "users_import", "status": "pending", "connection_id": ID,
            "connection": HOME, "created_at": ACCEPTED, "id": JOB});
        answer(202, self.date, &head.to_string())
    }

    fn job(&mut self) -> (u16, Value) {
        let (status, mut body) = match self.jobs.len() {
            1 => self.jobs[0].clone(),
            _ => self.jobs.remove(0),
        };
        if body["status"] == "completed" && body.get("summary").is_none() {
            body["summary"] = match &self.summary {
                Value::Null => self.counted.clone(),
                summary => summary.clone(),
            };
        }
        (status, body)
    }
}

fn two() -> [User; 2] {
    ["a@uni.test", "b@uni.test"].map(User::new)
}

fn summary(inserted: usize, updated: usize, failed: usize) -> Value {
    json!({"inserted": inserted, "updated": updated, "failed": failed, "total": inserted + updated + failed})
}

fn outcomes(report: &ImportReport) -> Vec<Outcome> {
    report.attention().iter().map(|user| user.outcome).collect()
}

/// An upsert of two, of whom the first is there.
fn mixed(auth0: &Auth0) {
    let there = someone(HOME, &json!({"user_id": "before", "email": "a@uni.test"}));
    let mut holds = auth0.holds();
    holds.users.push(there);
    holds.summary = summary(1, 1, 0);
}

#[test]
fn a_search_that_is_never_answered_stops_no_run() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    mixed(&auth0);
    auth0.holds().search = 503;
    let name = Named::new("no-search");
    let report = auth0.import(&two(), &quick(&name).upsert(true)).unwrap();
    assert_eq!(
        (report.counts().inserted, report.counts().updated),
        (1, 1),
        "{report}"
    );
    assert_eq!(
        (auth0.sent("GET /api/v2/users?").len(), auth0.looks()),
        (3, 2)
    );
}

#[test]
fn whom_a_search_does_not_show_yet_is_searched_again_while_other_files_are_sent() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let users = users(70);
    let name = Named::new("search-lags");
    {
        let mut holds = auth0.holds();
        let there = json!({"user_id": "before", "email": users[0].email});
        holds.users.push(someone(HOME, &there));
        // The first file is asked for in two searches, which show nobody.
        holds.blind = 2;
    }
    let options = quick(&name).upsert(true).keep_existing_passwords();
    let options = options.slots(1).requests_per_second(20.0);
    let report = auth0.import(&users, &options).unwrap();
    let counts = report.counts();
    assert_eq!((counts.inserted, counts.updated), (69, 1), "{report}");
    assert_eq!((auth0.uploads(), auth0.looks()), (2, 0));
    let requests = auth0.sent("");
    let searches: Vec<usize> = (0..requests.len())
        .filter(|at| requests[*at].starts_with("GET /api/v2/users?"))
        .collect();
    let upload = requests.iter().rposition(|line| line.starts_with("POST"));
    assert_eq!(searches.len(), 4, "{requests:?}");
    assert!(upload.unwrap() < searches[2], "{requests:?}");
}

#[test]
fn a_job_that_is_not_known_right_after_it_was_taken_is_asked_after_again() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    auth0.holds().jobs = vec![no_job(), no_job(), completed()];
    let name = Named::new("not-yet");
    let report = auth0.import(&two(), &quick(&name)).unwrap();
    assert_eq!(
        (report.counts().inserted, auth0.uploads()),
        (2, 1),
        "{report}"
    );
}

#[test]
fn a_file_whose_job_is_gone_is_not_sent_again_when_all_its_users_are_there() {
    let _time = turned_time();
    for upsert in [false, true] {
        let auth0 = Auth0::new();
        let name = Named::new("gone");
        let folder = auth0.cut_off(&two(), quick(&name).upsert(upsert), 24 * HOUR);
        auth0.holds().jobs = vec![no_job()];
        let report = auth0.resume(&folder);
        assert_eq!(
            (report.counts().inserted, auth0.uploads()),
            (2, 1),
            "{report}"
        );
    }
}

#[test]
fn an_upsert_of_which_nothing_is_told_is_sent_again_only_if_the_reader_says_so() {
    let _time = turned_time();
    let told = |options: fn(ImportOptions) -> ImportOptions| {
        let auth0 = Auth0::new();
        let name = Named::new("untold");
        // One came in; the other was there before, so nobody has the id that was drawn for them.
        let there = someone(HOME, &json!({"user_id": "before", "email": "a@uni.test"}));
        auth0.holds().users.push(there);
        let folder = auth0.cut_off(&two(), options(quick(&name)), 24 * HOUR);
        auth0.holds().jobs = vec![no_job(), completed()];
        let report = auth0.resume(&folder);
        let emails: Vec<String> = report
            .failed()
            .unwrap()
            .iter()
            .map(|user| user.email.clone())
            .collect();
        (outcomes(&report), emails, auth0.uploads(), report)
    };
    let (outcomes, failed, uploads, report) = told(|options| options.upsert(true));
    assert_eq!(
        (outcomes.as_slice(), uploads),
        ([Outcome::Unknown].as_slice(), 1),
        "{report}"
    );
    assert_eq!(failed, ["a@uni.test"]);
    let reason = &report.attention()[0].reasons[0];
    assert_eq!(reason.code, "NOT_TOLD");
    assert!(
        reason.message.contains("would overwrite later changes"),
        "{report}"
    );
    let (outcomes, _, uploads, report) =
        told(|options| options.upsert(true).send_again_untold(true));
    assert_eq!((outcomes.len(), uploads), (0, 2), "{report}");
    // Without an upsert it harms nobody.
    let (_, _, uploads, report) = told(|options| options);
    assert_eq!(uploads, 2, "{report}");
}

#[test]
fn an_upsert_that_had_failed_when_it_was_taken_up_again_is_not_sent_again() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("failed-upsert");
    auth0.holds().takes = false;
    let folder = auth0.cut_off(&two(), quick(&name).upsert(true), HOUR);
    auth0.holds().jobs = vec![(200, json!({"status": "failed"}))];
    let report = auth0.resume(&folder);
    assert_eq!(
        (report.counts().unknown, auth0.uploads()),
        (2, 1),
        "{report}"
    );
}

#[test]
fn an_upsert_whose_job_fails_after_hours_is_not_sent_again() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("late-failed-upsert");
    auth0.holds().takes = false;
    let mut looks = vec![pending(); 70];
    looks.push((200, json!({"status": "failed"})));
    auth0.holds().jobs = looks;
    let options = quick(&name).time_limit(Duration::from_secs(4 * 3_600));
    let report = auth0.import(&two(), &options.upsert(true)).unwrap();
    assert_eq!(
        (report.counts().unknown, auth0.uploads()),
        (2, 1),
        "{report}"
    );
    let why = &report.attention()[0].reasons[0].message;
    assert!(why.contains("may overwrite later changes"), "{why}");
}

#[test]
fn who_was_there_before_is_not_told_from_who_came_in_by_a_lost_upload_without_a_drawn_id() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    {
        let mut holds = auth0.holds();
        holds.uploads = vec![Upload::Lost, Upload::Taken];
        holds.summary = summary(0, 2, 0);
    }
    let name = Named::new("lost-upsert");
    let options = quick(&name).upsert(true).leave_ids_to_auth0();
    let report = auth0.import(&two(), &options).unwrap();
    assert_eq!(outcomes(&report), [Outcome::Unknown; 2], "{report}");
    assert_eq!((report.counts().updated, auth0.uploads()), (0, 2));
    assert_eq!(report.attention()[0].reasons[0].code, "ANSWER_LOST");
}

#[test]
fn where_ids_are_left_to_auth0_nobody_is_told_to_be_inserted_who_may_have_been_updated() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    mixed(&auth0);
    let name = Named::new("left-to-auth0");
    let options = quick(&name).upsert(true).leave_ids_to_auth0();
    let report = auth0.import(&two(), &options).unwrap();
    let sheet = std::env::temp_dir().join(format!("{}.csv", name.0));
    report.save_csv(sheet.to_str().unwrap()).unwrap();
    let text = std::fs::read_to_string(&sheet).unwrap();
    std::fs::remove_file(&sheet).unwrap();
    let told: Vec<&str> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(3).unwrap())
        .collect();
    assert_eq!(told, ["inserted or updated"; 2], "{text}");
}

#[test]
fn a_limit_between_faults_says_that_the_tenant_is_there() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    {
        let mut holds = auth0.holds();
        let in_turn = [Upload::LostAndLate, Upload::Limited].repeat(13);
        holds.uploads = [in_turn, vec![Upload::Taken]].concat();
    }
    let name = Named::new("in-turn");
    let report = auth0.import(&two(), &quick(&name)).unwrap();
    assert_eq!(
        (report.counts().inserted, auth0.uploads()),
        (2, 27),
        "{report}"
    );
}

#[test]
fn a_jobs_age_is_counted_by_the_tenants_clock_or_from_the_resume() {
    let _time = turned_time();
    // By this machine's clock the job is three hours old: it was set in between.
    for (date, given_up) in [
        ("", false),
        ("date: Sun, 01 Nov 2026 10:05:00 GMT\r\n", false),
        ("date: Sun, 01 Nov 2026 13:00:00 GMT\r\n", true),
    ] {
        let auth0 = Auth0::new();
        let name = Named::new("clock");
        let folder = auth0.cut_off(&two(), quick(&name), 3 * HOUR);
        {
            let mut holds = auth0.holds();
            (holds.date, holds.jobs) = (date, vec![pending(), completed()]);
            // Whoever came in is found by the ids that were drawn; so that nothing is, nobody did.
            holds.users.clear();
        }
        let report = auth0.resume(&folder);
        let unknown = if given_up { 2 } else { 0 };
        assert_eq!(report.counts().unknown, unknown, "{date}: {report}");
    }
}

#[test]
fn users_of_an_upload_that_was_not_answered_are_waited_for_and_removed_when_they_come() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    {
        let mut holds = auth0.holds();
        holds.uploads = vec![Upload::LostAndLate, Upload::Taken];
        // The second upload is refused one of the two; so he is not in the tenant yet.
        let errors = json!([{"code": "MFA_FACTORS_FAILED", "message": "Unable to import factors"}]);
        holds.refused = vec![json!({"user": {"email": "b@uni.test"}, "errors": errors})];
        holds.summary = summary(1, 0, 1);
    }
    let name = Named::new("late");
    let folder = PathBuf::from(name.folder());
    let report = auth0.import(&two(), &quick(&name)).unwrap();
    assert_eq!(outcomes(&report), [Outcome::Failed], "{report}");
    let until = report.may_change_until().unwrap();
    assert!(report.to_string().contains("resume_import"), "{report}");
    let plan = plan_run_removal(&auth0.tenant, &name.folder()).unwrap();
    assert_eq!((plan.users.len(), plan.until), (1, Some(until)), "{plan}");
    assert!(
        plan.to_string().contains("may still bring users in until"),
        "{plan}"
    );
    assert_eq!(remove_users(&auth0.tenant, plan).unwrap().deleted, 1);

    // Then the first upload works through its rows, he who was removed among them.
    let late = auth0.holds().late.clone();
    auth0.holds().users = late;
    auth0.holds().blind = 9;
    let plan = plan_run_removal(&auth0.tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len(), 2, "{plan}");

    // After its two hours a resume looks for those who were not there.
    let report = auth0.resume(&folder);
    assert_eq!(report.counts().failed, 1, "{report}");
    age(&folder, 3 * HOUR);
    let report = auth0.resume(&folder);
    assert_eq!(
        (report.counts().inserted, report.counts().failed),
        (2, 0),
        "{report}"
    );
    assert_eq!(report.may_change_until(), None);
    assert_eq!(
        read_import(report.folder()).unwrap().counts(),
        report.counts()
    );
    let plan = plan_run_removal(&auth0.tenant, &name.folder()).unwrap();
    assert_eq!(remove_users(&auth0.tenant, plan).unwrap().deleted, 2);
    assert!(auth0.holds().users.is_empty());
    let again = plan_run_removal(&auth0.tenant, &name.folder()).unwrap();
    assert_eq!(
        (again.users.len(), again.kept, again.until),
        (0, 0, None),
        "{again}"
    );
}

#[test]
fn users_of_a_job_that_was_given_up_are_looked_for_when_it_must_have_ended() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    auth0.holds().takes = false;
    auth0.holds().jobs = vec![pending()];
    let name = Named::new("given-up");
    let options = quick(&name).job_limit(Duration::from_millis(300));
    let report = auth0.import(&two(), &options).unwrap();
    assert_eq!(report.counts().unknown, 2, "{report}");
    assert!(report.may_change_until().is_some());
    let folder = PathBuf::from(name.folder());
    let ids = ids_in(&folder);
    let late = json!({"user_id": ids[1], "email": "b@uni.test"});
    auth0.holds().users.push(someone(HOME, &late));
    assert_eq!(auth0.resume(&folder).counts().unknown, 2);
    age(&folder, 3 * HOUR);
    let report = auth0.resume(&folder);
    assert_eq!(
        (report.counts().inserted, report.counts().unknown),
        (1, 1),
        "{report}"
    );
    // He who did not come in then is no more looked for.
    let looks = auth0.looks();
    auth0.resume(&folder);
    assert_eq!(auth0.looks(), looks);
    // No hash of one who is accounted for stays.
    assert!(!folder.join("users-00001.done.json").exists());
}

/// A run whose jobs were given up before anybody came in.
fn given_up(auth0: &Auth0, users: &[User], options: ImportOptions) -> ImportReport {
    auth0.holds().takes = false;
    auth0.holds().jobs = vec![pending()];
    let options = options.job_limit(Duration::from_millis(300));
    let report = auth0.import(users, &options).unwrap();
    assert_eq!(report.counts().unknown, users.len() as u64, "{report}");
    report
}

/// The users of the first file of a run come in.
fn come_in(auth0: &Auth0, report: &ImportReport, users: &[User]) -> usize {
    let ids = ids_in(std::path::Path::new(report.folder()));
    let late = ids.iter().zip(users);
    let late = late.map(|(id, user)| someone(HOME, &json!({"user_id": id, "email": user.email})));
    auth0.holds().users.extend(late);
    ids.len()
}

/// After that, no job of a run can still be running.
fn hours_pass() {
    let hours = Duration::from_millis(3 * HOUR);
    Clock::of_thread().unwrap().pass(hours);
}

#[test]
fn a_late_look_goes_on_without_a_search_that_is_never_answered() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("late-no-search");
    let report = given_up(&auth0, &two(), quick(&name));
    come_in(&auth0, &report, &two()[..1]);
    hours_pass();
    let (searches, looks) = (auth0.sent("GET /api/v2/users?").len(), auth0.looks());
    auth0.holds().search = 503;
    let report = resume_import(&auth0.tenant, report.folder()).unwrap();
    assert_eq!(
        (report.counts().inserted, report.counts().unknown),
        (1, 1),
        "{report}"
    );
    assert_eq!(
        (auth0.sent("GET /api/v2/users?").len(), auth0.looks()),
        (searches + 3, looks + 2)
    );
}

#[test]
fn a_run_made_here_stays_so_when_a_late_look_stops_in_the_middle() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("late-stops");
    let users = users(70);
    let report = given_up(&auth0, &users, quick(&name));
    let came_in = come_in(&auth0, &report, &users);
    hours_pass();
    // A search shows those of the first file, and nobody is told of the others.
    auth0.holds().look = 500;
    let error = resume_import(&auth0.tenant, report.folder()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantFault, "{error}");
    auth0.holds().look = 200;
    let counts = read_import(report.folder()).unwrap().counts();
    assert_eq!(counts.inserted, came_in as u64);
    // Of a run that was not made here, whose e-mail was changed stays.
    auth0.holds().users[0]["email"] = "changed@uni.test".into();
    let plan = plan_run_removal(&auth0.tenant, report.folder()).unwrap();
    assert_eq!(plan.users.len(), came_in, "{plan}");
}

#[test]
fn a_job_that_was_at_work_at_its_limit_may_bring_users_in_for_as_long_again() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    auth0.holds().takes = false;
    auth0.holds().jobs = vec![pending()];
    let name = Named::new("given-up-late");
    // As long as a job may work by its age alone.
    let options = quick(&name).time_limit(Duration::from_secs(4 * 3_600));
    let options = options.job_limit(Duration::from_secs(7_800));
    let report = auth0.import(&two(), &options).unwrap();
    assert_eq!(report.counts().unknown, 2, "{report}");
    assert!(report.may_change_until().is_some(), "{report}");
}

#[test]
fn nobody_is_looked_for_late_whose_id_was_not_made_for_the_run() {
    let _time = turned_time();
    let own = [with_id("1", "a@uni.test"), with_id("2", "b@uni.test")];
    for (users, leaves_ids) in [(own, false), (two(), true)] {
        let auth0 = Auth0::new();
        let name = Named::new("late-own");
        let options = match leaves_ids {
            true => quick(&name).leave_ids_to_auth0(),
            false => quick(&name),
        };
        let report = given_up(&auth0, &users, options);
        assert!(report.may_change_until().is_some());
        assert!(!report.to_string().contains("looks for them"), "{report}");
        hours_pass();
        let looks = auth0.sent("GET /api/v2/users").len();
        let report = resume_import(&auth0.tenant, report.folder()).unwrap();
        assert_eq!(auth0.sent("GET /api/v2/users").len(), looks);
        assert!(!report.to_string().contains("looks for them"), "{report}");
        let entries = lines(std::path::Path::new(report.folder()));
        let mut looked = entries.iter().filter(|entry| entry.get("Looked").is_some());
        assert_eq!(looked.next(), None, "nobody was looked for");
    }
}

/// Whether a new handle, as after a restart of the kernel, names the run among those whose users may be left.
fn is_named(auth0: &Auth0, report: &ImportReport) -> bool {
    let base = format!("http://{}", auth0.tenant.domain());
    let real = Tenant::new(&base, &token(&base, json!({"practice_tenant": null}))).unwrap();
    let plan = plan_clean_up(&real).unwrap();
    plan.other_runs.iter().any(|run| run == report.folder())
}

#[test]
fn a_removal_that_stops_half_way_is_written_down_and_the_rest_stays_named() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("removal-stops");
    let everybody: Vec<User> = (1..=60)
        .map(|number| User::new(format!("u{number:02}@uni.test")))
        .collect();
    let report = given_up(&auth0, &everybody, quick(&name));
    assert_eq!(come_in(&auth0, &report, &everybody), 60);
    hours_pass();
    for (deleted, rest) in [(50, 10), (3, 7)] {
        let plan = plan_run_removal(&auth0.tenant, report.folder()).unwrap();
        assert_eq!(plan.users.len(), deleted + rest, "{plan}");
        auth0.holds().deletes = deleted;
        remove_users(&auth0.tenant, plan.clone()).unwrap_err();
        assert!(is_named(&auth0, &report), "{rest} are left");
        if rest == 7 {
            // The same plan again deletes whom it did not delete before.
            auth0.holds().deletes = usize::MAX;
            let removed = remove_users(&auth0.tenant, plan).unwrap();
            assert_eq!(removed.deleted, rest, "{removed}");
        }
    }
    assert!(auth0.holds().users.is_empty());
    assert!(!is_named(&auth0, &report));
}

#[test]
fn a_run_is_named_until_a_removal_when_nobody_can_come_in_any_more() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("removal-early");
    let report = given_up(&auth0, &two(), quick(&name));
    let remove = || {
        let plan = plan_run_removal(&auth0.tenant, report.folder()).unwrap();
        assert_eq!(remove_users(&auth0.tenant, plan).unwrap().deleted, 0);
    };
    remove();
    assert!(is_named(&auth0, &report), "its job may still be at work");
    hours_pass();
    remove();
    assert!(!is_named(&auth0, &report));
    // That is written down once.
    let before = lines(std::path::Path::new(report.folder())).len();
    remove();
    assert_eq!(lines(std::path::Path::new(report.folder())).len(), before);
}

#[test]
fn a_drawn_id_that_no_search_shows_is_asked_for_right_before_it_is_deleted() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("copied");
    auth0.import(&two(), &quick(&name)).unwrap();
    auth0.holds().search = 503;
    let plan = plan_run_removal(&auth0.tenant, &name.folder()).unwrap();
    assert_eq!(
        (plan.users.len(), plan.duration()),
        (2, Duration::from_secs(2)),
        "{plan}"
    );
    // One of them was moved into another connection with the id kept, and the other is gone.
    {
        let mut holds = auth0.holds();
        holds.users[0]["identities"][0]["connection"] = "Others".into();
        holds.users.remove(1);
    }
    let removed = remove_users(&auth0.tenant, plan).unwrap();
    assert_eq!(
        (removed.deleted, removed.left_out.len()),
        (0, 2),
        "{removed}"
    );
    assert_eq!(
        (auth0.holds().users.len(), auth0.sent("DELETE").len()),
        (1, 0)
    );
}

#[test]
fn an_upload_that_something_on_the_way_gave_up_may_have_been_taken() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    auth0.holds().uploads = vec![Upload::TakenThen408, Upload::Taken];
    let name = Named::new("timed-out");
    let options = quick(&name).time_limit(Duration::from_secs(60));
    let report = auth0.import(&two(), &options).unwrap();
    assert_eq!(report.counts().inserted, 2, "{report}");
    assert_eq!(auth0.uploads(), 2);
}

#[test]
fn hashes_of_who_was_already_there_are_not_kept() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let error = json!({"code": "DUPLICATED_USER", "message": "The user already exist."});
    auth0.holds().refused = vec![json!({"user": {"email": "b@uni.test"}, "errors": [error]})];
    auth0.holds().summary = summary(1, 0, 1);
    let name = Named::new("there-hashed");
    let hash = hash_password("there-hashed").unwrap();
    let users = two().map(|user| User {
        password_hash: Some(hash.clone()),
        ..user
    });
    let report = auth0.import(&users, &quick(&name)).unwrap();
    assert_eq!(outcomes(&report), [Outcome::AlreadyThere], "{report}");
    assert!(!kept_in(&name.folder()).contains("$2b$"));
    assert!(report.failed().unwrap().is_empty());
}

#[test]
fn an_upsert_given_up_after_the_clock_was_set_is_looked_at_again() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    auth0.holds().uploads = vec![Upload::LostAndLate];
    let name = Named::new("clock-upsert");
    let options = quick(&name).upsert(true);
    let options = options.time_limit(Duration::from_millis(100));
    let error = auth0.import(&two(), &options).unwrap_err();
    assert_eq!(auth0.uploads(), 1, "{error}");
    let folder = PathBuf::from(error.folder().unwrap());
    // The machine's clock is set three hours forward, and the job is still at work.
    age(&folder, 3 * HOUR);
    let report = auth0.resume(&folder);
    assert_eq!(outcomes(&report), [Outcome::Unknown; 2], "{report}");
    let late = auth0.holds().late.clone();
    auth0.holds().users = late;
    assert_eq!(auth0.resume(&folder).counts().inserted, 2);
}

#[test]
fn a_look_that_the_token_may_not_take_is_taken_later() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    auth0.holds().takes = false;
    auth0.holds().jobs = vec![pending()];
    let name = Named::new("look-refused");
    let options = quick(&name).job_limit(Duration::from_millis(300));
    let report = auth0.import(&two(), &options).unwrap();
    let folder = PathBuf::from(name.folder());
    assert_eq!(report.counts().unknown, 2, "{report}");
    let ids = ids_in(&folder);
    let late = ids.iter().zip(["a@uni.test", "b@uni.test"]);
    let late = late.map(|(id, email)| someone(HOME, &json!({"user_id": id, "email": email})));
    auth0.holds().users.extend(late);
    age(&folder, 3 * HOUR);
    auth0.holds().closed = true;
    assert_eq!(auth0.resume(&folder).counts().unknown, 2);
    auth0.holds().closed = false;
    assert_eq!(auth0.resume(&folder).counts().inserted, 2);
}

#[test]
fn a_late_user_of_somebody_else_with_an_id_of_the_readers_own_stays() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("made-anew");
    let folder = auth0.cut_off(
        &[with_id("1", "a@uni.test"), with_id("2", "b@uni.test")],
        quick(&name),
        HOUR,
    );
    {
        let mut holds = auth0.holds();
        (holds.date, holds.jobs) = ("date: Mon, 02 Nov 2026 06:00:00 GMT\r\n", vec![completed()]);
        // Somebody deleted the first an hour later, and made them anew.
        holds.users[0]["created_at"] = "2026-11-01T11:00:00.000Z".into();
    }
    assert_eq!(auth0.resume(&folder).counts().inserted, 2);
    let plan = plan_run_removal(&auth0.tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len(), 1, "{plan}");
    left_out(
        &plan,
        "a@uni.test",
        "the user was created later than such a job takes",
    );
}

/// Users in a stream, of whom there are none.
fn nobody() -> Vec<Result<User>> {
    Vec::new()
}

#[test]
fn what_is_left_of_a_run_that_had_packed_nobody_does_not_use_its_name_up() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let connection = ConnectionId::new(ID).unwrap();
    let name = Named::new("used-up");
    let folder = PathBuf::from(name.folder());
    let stream =
        |users: Vec<Result<User>>| import_stream(&auth0.tenant, &connection, users, &quick(&name));
    let error = stream(nobody()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoUsers, "{error}");
    assert!(!folder.exists());
    // A kill in the middle of beginning leaves an empty folder, a lock, half a journal or its first two lines.
    let entries = {
        auth0.import(&two(), &quick(&name)).unwrap();
        lines(&folder)
    };
    let begun = entries[..2].to_vec();
    for files in [&[][..], &["lock"], &["lock", "journal.jsonl"]] {
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        for file in files {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let report = stream(Vec::from(two().map(Ok))).unwrap();
        assert_eq!(report.counts().total, 2, "{report}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    write_lines(&folder, &begun);
    assert_eq!(stream(Vec::from(two().map(Ok))).unwrap().counts().total, 2);
    // What somebody put there is not touched.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    let error = stream(Vec::from(two().map(Ok))).unwrap_err().to_string();
    assert!(
        error.contains("a folder with this name already exists, and there is no run in it"),
        "{error}"
    );
    assert!(folder.join("notes.txt").exists());
}

#[test]
fn a_rate_that_is_no_number_is_refused_before_anything_is_made() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("nan");
    let options = quick(&name).requests_per_second(f64::NAN);
    let error = auth0.import(&two(), &options).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("requests_per_second cannot be used: it is not a number"),
        "{error}"
    );
    let connection = ConnectionId::new(ID).unwrap();
    let options = options.look_up_existing(true);
    let planned = plan_import_with(&auth0.tenant, &connection, &two(), &options);
    assert!(planned.is_err());
    assert!(!PathBuf::from(name.folder()).exists() && auth0.uploads() == 0);
}
