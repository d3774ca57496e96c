//! Never the wrong user: removal and settling, against a tenant that is not the practice tenant.
//!
//! The stand-in keeps profiles as real tenants answer them (an identity has provider, connection and id), lets the same id
//! be in two connections, and deletes the first that it finds, as is reported of Auth0.

use std::sync::{Arc, Mutex, MutexGuard};

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::runs::{Named, quick};
use crate::server::{Practice, answer, served, token};
use crate::turned::turned_time;

const ID: &str = "con_abcdefghijklmnop";
const HOME: &str = "Staff";
const JOB: &str = "job_abcdefghijklmnop";
const ACCEPTED: &str = "2026-11-01T10:00:00.000Z";
const BEFORE: &str = "2026-10-01T10:00:00.000Z";
const AFTER: &str = "2026-11-01T10:00:01.000Z";

fn profile(provider: &str, connection: &str, id: &str, email: &str, created: &str) -> Value {
    json!({"user_id": format!("{provider}|{id}"), "email": email, "created_at": created,
        "identities": [{"provider": provider, "connection": connection, "user_id": id, "isSocial": provider != "auth0"}]})
}

pub(crate) fn own(id: &str, email: &str) -> Value {
    profile("auth0", HOME, id, email, AFTER)
}

fn google(id: &str, email: &str, created: &str) -> Value {
    profile("google-oauth2", "google-oauth2", id, email, created)
}

/// What the stand-in answers with.
pub(crate) struct Holds {
    pub(crate) users: Vec<Value>,
    /// The connection's name in the answer to an upload.
    named: Value,
    /// Status and body of GET /connections/{id}.
    connection: (u16, Value),
    /// Rows of the job's error report.
    pub(crate) refused: Vec<Value>,
    /// Whether an upload brings its users in.
    pub(crate) takes: bool,
    /// The row that it brings into another connection.
    elsewhere: Option<usize>,
    pub(crate) search: bool,
    /// Uploads whose answers are lost.
    loses: usize,
    /// Uploads that are taken, and answered without the job's id.
    nameless: usize,
    /// A header of every answer.
    date: &'static str,
    inserted: Option<usize>,
    updated: usize,
    sent: usize,
}

pub(crate) struct StandIn {
    holds: Arc<Mutex<Holds>>,
    requests: Arc<Mutex<Vec<String>>>,
    pub(crate) tenant: Tenant,
}

impl StandIn {
    pub(crate) fn new(users: Vec<Value>) -> StandIn {
        StandIn::with_token(users, json!({}))
    }

    /// One that is taken for a real tenant.
    fn unmarked(users: Vec<Value>) -> StandIn {
        let mut stand_in = StandIn::with_token(users, json!({"practice_tenant": false}));
        let domain = stand_in.tenant.domain().to_string();
        stand_in.tenant = stand_in.tenant.allow_writes(&domain).unwrap();
        stand_in
    }

    fn with_token(users: Vec<Value>, over: Value) -> StandIn {
        let gone = json!({"statusCode": 404, "error": "Not Found", "message": "Not found."});
        let holds = Arc::new(Mutex::new(Holds {
            users,
            named: HOME.into(),
            connection: (404, gone),
            refused: Vec::new(),
            takes: false,
            elsewhere: None,
            search: true,
            loses: 0,
            nameless: 0,
            date: "",
            inserted: None,
            updated: 0,
            sent: 0,
        }));
        let held = Arc::clone(&holds);
        let (base, requests) = served(move |request| {
            let mut held = held.lock().unwrap();
            let (status, body) = held.answer(request);
            if status == 202 && held.loses > 0 {
                held.loses -= 1;
                return String::new();
            }
            if status == 202 && held.nameless > 0 {
                held.nameless -= 1;
                return answer(202, held.date, "{}");
            }
            let body = match body {
                Value::Null => String::new(),
                body => body.to_string(),
            };
            answer(status, held.date, &body)
        });
        let tenant = Tenant::new(&base, &token(&base, over)).unwrap();
        StandIn {
            holds,
            requests,
            tenant,
        }
    }

    pub(crate) fn holds(&self) -> MutexGuard<'_, Holds> {
        self.holds.lock().unwrap()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let users = &self.holds().users;
        let id = |user: &Value| user["user_id"].as_str().unwrap().to_string();
        users.iter().map(id).collect()
    }

    /// How many requests began so.
    fn sent(&self, begin: &str) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|all| all.starts_with(begin)).count()
    }

    /// A job of `users`, into the connection whose id was given by hand, which ended.
    fn job(&self, users: &[User]) -> FinishedJob {
        let connection = ConnectionId::new(ID).unwrap();
        let job = start_import(&self.tenant, &connection, users).unwrap();
        wait_for_job(&self.tenant, &job, Duration::from_secs(20)).unwrap()
    }

    /// A run of `users`.
    pub(crate) fn run(&self, name: &Named, users: &[User]) -> ImportReport {
        let connection = ConnectionId::new(ID).unwrap();
        self.holds().takes = true;
        import_users(&self.tenant, &connection, users, &quick(name)).unwrap()
    }
}

impl Holds {
    fn answer(&mut self, request: &str) -> (u16, Value) {
        let mut words = request.split(' ');
        let (method, address) = (words.next().unwrap(), words.next().unwrap());
        let decoded = decoded(address);
        let path = decoded.strip_prefix("/api/v2").unwrap();
        let head = json!({"type": "users_import", "status": "pending", "connection_id": ID,
            "connection": self.named, "created_at": ACCEPTED, "id": JOB});
        match (method, path.split(['?']).next().unwrap()) {
            ("POST", "/jobs/users-imports") => {
                let rows: Vec<Value> = rows(request);
                self.sent = rows.len();
                let text = |row: &Value, key: &str| row[key].as_str().unwrap_or("made").to_string();
                for (index, row) in rows.iter().enumerate().filter(|_| self.takes) {
                    let elsewhere = self.elsewhere == Some(index);
                    let connection = if elsewhere { "Others" } else { HOME };
                    let (id, email) = (text(row, "user_id"), text(row, "email"));
                    let user = profile("auth0", connection, &id, &email, AFTER);
                    self.users.push(user);
                }
                self.takes = false;
                (202, head)
            }
            ("GET", "/jobs/job_abcdefghijklmnop") => {
                let mut ended = head;
                let failed = self.refused.len();
                let inserted = self.inserted.unwrap_or(self.sent - failed);
                ended["status"] = "completed".into();
                ended["summary"] = json!({"inserted": inserted, "updated": self.updated, "failed": failed, "total": self.sent});
                (200, ended)
            }
            ("GET", "/jobs/job_abcdefghijklmnop/errors") if self.refused.is_empty() => {
                (204, Value::Null)
            }
            ("GET", "/jobs/job_abcdefghijklmnop/errors") => (200, json!(self.refused)),
            ("GET", "/connections/con_abcdefghijklmnop") => self.connection.clone(),
            // One whose users may share an e-mail.
            ("GET", "/connections") => (
                200,
                json!([{"id": ID, "name": HOME, "strategy": "auth0", "enabled_clients": ["app"],
                    "options": {"mfa": {}, "attributes": {"username": {}, "email": {"unique": false}}}}]),
            ),
            ("GET", "/users-by-email") => {
                let email = path.split("email=").nth(1).unwrap();
                let found = self.users.iter().filter(|user| user["email"] == email);
                (200, found.cloned().collect())
            }
            ("GET", "/users") if !self.search => (503, json!({"message": "busy"})),
            ("GET", "/users") => {
                let asked = |user: &&Value| {
                    let term = |key: &str| format!("{key}:{}", user[key]);
                    path.contains(&term("user_id")) || path.contains(&term("email"))
                };
                (200, self.users.iter().filter(asked).cloned().collect())
            }
            ("GET" | "DELETE", path) => self.one(method, path.strip_prefix("/users/").unwrap()),
            _ => panic!("nobody asked for {request}"),
        }
    }

    fn one(&mut self, method: &str, id: &str) -> (u16, Value) {
        let place = self.users.iter().position(|user| user["user_id"] == id);
        match (method, place) {
            ("GET", Some(place)) => (200, self.users[place].clone()),
            ("GET", None) => (
                404,
                json!({"statusCode": 404, "error": "Not Found", "message": "The user does not exist.", "errorCode": "inexistent_user"}),
            ),
            (_, place) => {
                place.map(|place| self.users.remove(place));
                (204, Value::Null)
            }
        }
    }
}

pub(crate) fn decoded(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// The users of an upload.
pub(crate) fn rows(request: &str) -> Vec<Value> {
    let file = request.split("\r\n\r\n").find(|part| part.starts_with('['));
    let file = file.unwrap().split("\r\n--").next().unwrap();
    serde_json::from_str(file).unwrap()
}

pub(crate) fn with_id(id: &str, email: &str) -> User {
    User {
        user_id: Some(id.into()),
        ..User::new(email)
    }
}

fn planned(plan: &RemovalPlan) -> Vec<&str> {
    plan.users.iter().map(|(_, id)| id.as_str()).collect()
}

/// Who is left out, with the beginning of the reason.
pub(crate) fn left(plan: &RemovalPlan, email: &str, reason: &str) -> bool {
    let mut all = plan.left_out.iter();
    all.any(|left| left.email == email && left.reason.starts_with(reason))
}

/// What became of each user who needs attention, by row.
fn outcomes(report: &ImportReport) -> Vec<(usize, Outcome)> {
    let attention = report.attention().iter();
    attention.map(|user| (user.row, user.outcome)).collect()
}

/// The same, which has to be so.
#[track_caller]
pub(crate) fn left_out(plan: &RemovalPlan, email: &str, reason: &str) {
    assert!(left(plan, email, reason), "{email}, {reason}: {plan}");
}

const THREE: [&str; 3] = ["a@uni.test", "b@uni.test", "c@uni.test"];

#[test]
fn accounts_of_another_provider_stay_whatever_their_e_mail_and_age() {
    let _time = turned_time();
    let mut users = vec![
        google("1", "a@uni.test", BEFORE),
        google("2", "a@uni.test", AFTER),
        google("3", "b@uni.test", AFTER),
        // In a database, but in another one.
        profile("auth0", "Others", "4", "c@uni.test", AFTER),
    ];
    users.extend([own("5", "a@uni.test"), own("6", "b@uni.test")]);
    let standin = StandIn::new(users);
    standin.holds().inserted = Some(2);
    let finished = standin.job(&THREE.map(User::new));
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert_eq!(planned(&plan), ["auth0|5", "auth0|6"], "{plan}");
    let nobody = "no user with this e-mail is in the connection";
    left_out(&plan, "c@uni.test", nobody);
    assert_eq!((plan.kept, plan.left_out.len()), (1, 1));
    assert!(
        plan.to_string()
            .contains(&format!("1: {nobody} (c@uni.test)")),
        "{plan}"
    );
    let removed = remove_users(&standin.tenant, plan).unwrap();
    assert_eq!(removed.deleted, 2);
    assert_eq!(
        standin.ids(),
        [
            "google-oauth2|1",
            "google-oauth2|2",
            "google-oauth2|3",
            "auth0|4"
        ]
    );
}

#[test]
fn whoever_was_there_before_the_job_or_is_of_unknown_age_stays() {
    let _time = turned_time();
    let mut unknown = own("2", "b@uni.test");
    unknown["created_at"] = json!(1_790_000_000);
    let mut nameless = own("3", "c@uni.test");
    nameless.as_object_mut().unwrap().remove("identities");
    let users = vec![
        profile("auth0", HOME, "1", "a@uni.test", BEFORE),
        unknown,
        nameless,
    ];
    let standin = StandIn::new(users);
    let plan = plan_removal(&standin.tenant, &standin.job(&THREE.map(User::new))).unwrap();
    assert!(plan.users.is_empty(), "{plan}");
    left_out(&plan, "a@uni.test", "the user is older than the job");
    left_out(&plan, "b@uni.test", "the tenant does not say when");
    left_out(&plan, "c@uni.test", "no user with this e-mail");
}

#[test]
fn without_a_name_of_the_connection_nobody_is_planned() {
    let _time = turned_time();
    let standin = StandIn::new(vec![
        own("1", "a@uni.test"),
        google("2", "a@uni.test", AFTER),
    ]);
    standin.holds().named = Value::Null;
    let finished = standin.job(&[User::new("a@uni.test")]);
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert!(plan.users.is_empty(), "{plan}");
    left_out(&plan, "a@uni.test", "the name of the job's connection");
    // The connection itself tells its name.
    standin.holds().connection = (200, json!({"id": ID, "name": HOME, "strategy": "auth0"}));
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert_eq!(planned(&plan), ["auth0|1"], "{plan}");
}

#[test]
fn a_connection_that_is_gone_has_nobody_to_remove() {
    let _time = turned_time();
    let gone = json!({"statusCode": 404, "error": "Not Found", "message": "The connection does not exist",
        "errorCode": "inexistent_connection"});
    let standin = StandIn::new(vec![own("1", "a@uni.test")]);
    let name = Named::new("gone");
    standin.run(&name, &[with_id("9", "b@uni.test")]);
    let finished = standin.job(&[User::new("a@uni.test")]);
    standin.holds().connection = (404, gone);
    for error in [
        plan_removal(&standin.tenant, &finished).unwrap_err(),
        plan_run_removal(&standin.tenant, &name.folder()).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            text.starts_with("nothing was removed: the connection con_abcdefghijklmnop (`Staff`)"),
            "{text}"
        );
        assert!(
            text.contains("has that name now, it is a different one"),
            "{text}"
        );
    }
}

#[test]
fn two_users_with_one_id_or_one_e_mail_both_stay() {
    let _time = turned_time();
    // The id of the first is in another connection too, and is found there first; so is that of the second, with another e-mail.
    let users = vec![
        profile("auth0", "Others", "1", "a@uni.test", AFTER),
        profile("auth0", "Others", "2", "else@uni.test", BEFORE),
    ];
    let standin = StandIn::new(users);
    let name = Named::new("twins");
    let sent = [
        with_id("1", "a@uni.test"),
        with_id("2", "b@uni.test"),
        with_id("3", "c@uni.test"),
        with_id("4", "d@uni.test"),
        with_id("5", "e@uni.test"),
    ];
    standin.run(&name, &sent);
    // The id of the third is found in its own connection first.
    standin
        .holds()
        .users
        .push(profile("auth0", "Others", "3", "c@uni.test", BEFORE));
    // So is that of the last, and whoever has it there has another e-mail.
    standin
        .holds()
        .users
        .push(profile("auth0", "Others", "5", "else@uni.test", BEFORE));
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(planned(&plan), ["auth0|4"], "{plan}");
    for email in ["a", "b", "c", "e"].map(|name| format!("{name}@uni.test")) {
        let reason = "two users of the tenant have this id";
        assert!(left(&plan, &email, reason), "{plan}");
    }
    let removed = remove_users(&standin.tenant, plan).unwrap();
    assert_eq!((removed.deleted, standin.sent("DELETE")), (1, 1));
    // Where a search does not answer, the looks by id and by e-mail tell of three of them.
    standin.holds().search = false;
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    for (email, reason) in [
        ("a@uni.test", "the user with this id is in another"),
        ("b@uni.test", "the user with this id is in another"),
        ("c@uni.test", "two users of the tenant have this id"),
    ] {
        assert!(left(&plan, email, reason), "{plan}");
    }

    // The same of a job, by e-mail: two users of the connection have it, or two connections have the id.
    let users = vec![
        own("1", "a@uni.test"),
        own("2", "a@uni.test"),
        own("3", "b@uni.test"),
        profile("auth0", "Others", "3", "b@uni.test", BEFORE),
        own("4", "c@uni.test"),
    ];
    let standin = StandIn::new(users);
    let plan = plan_removal(&standin.tenant, &standin.job(&THREE.map(User::new))).unwrap();
    assert_eq!(planned(&plan), ["auth0|4"], "{plan}");
    assert!(
        left(&plan, "a@uni.test", "several users of the connection"),
        "{plan}"
    );
    assert!(
        left(&plan, "b@uni.test", "two users of the tenant have this id"),
        "{plan}"
    );
}

#[test]
fn a_salt_that_stands_in_the_name_of_the_connection_hides_nobody_of_the_job() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    standin.holds().takes = true;
    let salted = |id: &str, salt: &str| User {
        custom_password_hash: Some(json!({"algorithm": "md5",
            "hash": {"value": "0123456789abcdef0123456789abcdef", "encoding": "hex"}, "salt": {"value": salt}})),
        ..with_id(id, &format!("{id}@uni.test"))
    };
    // Of the connection's name, of the job's id, of its time.
    let users = [
        salted("1", "Staff"),
        salted("2", "abcd"),
        salted("3", "2026-11"),
    ];
    let finished = standin.job(&users);
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert_eq!(planned(&plan), ["auth0|1", "auth0|2", "auth0|3"], "{plan}");
}

#[test]
fn ids_of_any_length_make_no_address_too_long() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    let name = Named::new("long-ids");
    let user = |number: usize| with_id(&format!("{number:0>250}"), &format!("u{number}@uni.test"));
    let sent: Vec<User> = (0..40).map(user).collect();
    standin.run(&name, &sent);
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len(), 40, "{plan}");
    let requests = standin.requests.lock().unwrap();
    let longest = requests
        .iter()
        .map(|all| all.split("\r\n").next().unwrap().len());
    assert!(
        longest.max().unwrap() < 8_000,
        "an address of {:?}",
        requests.iter().map(String::len).max()
    );
}

#[test]
fn what_a_tenant_did_not_tell_of_a_job_is_named_when_a_removal_needs_it() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    let mut finished = standin.job(&[User::new("a@uni.test")]);
    finished.summary = None;
    let error = plan_removal(&standin.tenant, &finished)
        .unwrap_err()
        .to_string();
    assert!(error.contains("did not tell how many users"), "{error}");
    finished.status = JobStatus::Failed;
    let error = plan_removal(&standin.tenant, &finished)
        .unwrap_err()
        .to_string();
    assert!(error.contains("the job failed as a whole"), "{error}");
}

#[test]
fn a_drawn_id_that_another_connection_has_stays_too() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    let name = Named::new("copied");
    standin.run(&name, &THREE.map(User::new));
    // The first was copied to another connection, the second is of another one altogether, as a false folder would name it.
    {
        let mut holds = standin.holds();
        let mut copy = holds.users[0].clone();
        copy["identities"][0]["connection"] = "Others".into();
        holds.users[1]["identities"][0]["connection"] = "Others".into();
        holds.users.push(copy);
    }
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len(), 1, "{plan}");
    assert_eq!(plan.users[0].0, "c@uni.test");
    left_out(&plan, "a@uni.test", "two users of the tenant have this id");
    left_out(&plan, "b@uni.test", "the user with this id is in another");
    // And one who is older than the run's upload.
    standin.holds().users[2]["created_at"] = BEFORE.into();
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    left_out(&plan, "c@uni.test", "the user is older than the job");
}

#[test]
fn an_e_mail_changed_meanwhile_hides_a_user_from_a_job_and_not_from_a_run() {
    let _time = turned_time();
    let standin = StandIn::new(vec![own("1", "new@uni.test")]);
    let plan = plan_removal(&standin.tenant, &standin.job(&[User::new("a@uni.test")])).unwrap();
    assert!(plan.users.is_empty());
    left_out(&plan, "a@uni.test", "no user with this e-mail");

    let standin = StandIn::new(Vec::new());
    let name = Named::new("changed");
    standin.run(
        &name,
        &[User::new("a@uni.test"), with_id("2", "b@uni.test")],
    );
    for user in &mut standin.holds().users {
        user["email"] = "new@uni.test".into();
    }
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len(), 2, "{plan}");
    // The plan shows whom the tenant has.
    assert!(
        plan.users.iter().all(|(email, _)| email == "new@uni.test"),
        "{plan}"
    );
    assert_eq!(remove_users(&standin.tenant, plan).unwrap().deleted, 2);
    assert!(standin.ids().is_empty());
}

#[test]
fn who_has_signed_in_since_is_counted_and_who_is_not_seen_is_not_known() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    let name = Named::new("signed-in");
    let mut users: Vec<User> = THREE.map(User::new).to_vec();
    users.push(with_id("4", "d@uni.test"));
    standin.run(&name, &users);
    {
        let mut holds = standin.holds();
        holds.users[0]["logins_count"] = 2.into();
        holds.users[1]["logins_count"] = 0.into();
        holds.users[3]["last_login"] = AFTER.into();
    }
    let plan = || plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!((plan().signed_in, plan().sign_in_unknown), (2, 0));
    assert!(
        plan()
            .to_string()
            .contains("2 of them have signed in since")
    );
    // Gone, or not in the search yet.
    let seen = standin.holds().users.remove(1);
    let told = plan();
    assert_eq!(
        (told.users.len(), told.signed_in, told.sign_in_unknown),
        (4, 2, 1)
    );
    let words = "2 of the 3 whom the tenant's search shows have signed in since";
    assert!(told.to_string().contains(words), "{told}");
    standin.holds().users.push(seen);
    // A search that is not answered keeps no removal up.
    standin.holds().search = false;
    let told = plan();
    assert_eq!(
        (told.users.len(), told.signed_in, told.sign_in_unknown),
        (4, 1, 3)
    );

    let standin = StandIn::new(vec![own("1", "a@uni.test")]);
    let finished = standin.job(&[User::new("a@uni.test")]);
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert_eq!((plan.signed_in, plan.sign_in_unknown), (0, 0));
    assert!(
        plan.to_string().contains("none of them has signed in"),
        "{plan}"
    );
}

#[test]
fn who_was_created_after_the_job_had_ended_is_not_the_jobs() {
    let _time = turned_time();
    // The user of the job was deleted, and another one has the e-mail, or the id, since.
    let newer = "2026-11-01T10:05:00.000Z";
    let standin = StandIn::new(vec![profile("auth0", HOME, "1", "a@uni.test", newer)]);
    standin.holds().date = "date: Sun, 01 Nov 2026 10:00:02 GMT\r\n";
    let finished = standin.job(&[User::new("a@uni.test")]);
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert!(plan.users.is_empty(), "{plan}");
    left_out(&plan, "a@uni.test", "the user was created after the job");
    let name = Named::new("newer");
    standin.run(
        &name,
        &[with_id("2", "b@uni.test"), with_id("3", "c@uni.test")],
    );
    standin.holds().users[1]["created_at"] = newer.into();
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(planned(&plan), ["auth0|3"], "{plan}");
    left_out(&plan, "b@uni.test", "the user was created after the job");
    // A clock that is before the job's own time is another one, and says nothing.
    standin.holds().date = "date: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
    let finished = standin.job(&[User::new("a@uni.test")]);
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert_eq!(planned(&plan), ["auth0|1"], "{plan}");
}

#[test]
fn of_a_job_that_nobody_looked_at_for_long_who_was_created_late_stays() {
    let _time = turned_time();
    // The user of the job was deleted and came again, an hour after the job had ended and an hour before anybody looked at it.
    let later = "2026-11-01T11:00:00.000Z";
    let standin = StandIn::unmarked(vec![
        profile("auth0", HOME, "1", "a@uni.test", later),
        own("2", "b@uni.test"),
    ]);
    standin.holds().date = "date: Sun, 01 Nov 2026 12:00:00 GMT\r\n";
    let sent = [User::new("a@uni.test"), User::new("b@uni.test")];
    let plan = plan_removal(&standin.tenant, &standin.job(&sent)).unwrap();
    assert_eq!(planned(&plan), ["auth0|2"], "{plan}");
    left_out(&plan, "a@uni.test", "the user was created later");
}

#[test]
fn an_account_that_was_linked_to_another_stays() {
    let _time = turned_time();
    let mut linked = own("1", "a@uni.test");
    let second = google("2", "a@uni.test", BEFORE)["identities"][0].clone();
    linked["identities"].as_array_mut().unwrap().push(second);
    // The other way round: the user of the job is a part of somebody's Google account now.
    let mut part = google("3", "b@uni.test", AFTER);
    let own_part = own("4", "b@uni.test")["identities"][0].clone();
    part["identities"].as_array_mut().unwrap().push(own_part);
    let standin = StandIn::new(vec![linked, part]);
    let users = [User::new("a@uni.test"), User::new("b@uni.test")];
    let plan = plan_removal(&standin.tenant, &standin.job(&users)).unwrap();
    assert!(plan.users.is_empty(), "{plan}");
    for email in ["a@uni.test", "b@uni.test"] {
        left_out(&plan, email, "another account was linked");
    }
}

#[test]
fn more_users_than_the_job_inserted_are_not_all_its_own() {
    let _time = turned_time();
    let standin = StandIn::new(vec![own("1", "a@uni.test"), own("2", "b@uni.test")]);
    standin.holds().inserted = Some(1);
    let users = [User::new("a@uni.test"), User::new("b@uni.test")];
    let plan = plan_removal(&standin.tenant, &standin.job(&users)).unwrap();
    assert_eq!((plan.users.len(), plan.kept), (0, 2), "{plan}");
    left_out(&plan, "b@uni.test", "more such users are found");
}

#[test]
fn whom_an_upsert_updated_is_not_deleted_in_the_place_of_whom_it_inserted() {
    let _time = turned_time();
    // Somebody else created the first while the job ran, and deleted the second after it.
    let standin = StandIn::new(vec![own("1", "a@uni.test")]);
    standin.holds().inserted = Some(1);
    standin.holds().updated = 1;
    let users = [User::new("a@uni.test"), User::new("b@uni.test")];
    let plan = plan_removal(&standin.tenant, &standin.job(&users)).unwrap();
    assert_eq!(plan.users.len(), 0, "{plan}");
    // Whom it updated was there before.
    let before = profile("auth0", HOME, "1", "a@uni.test", BEFORE);
    let standin = StandIn::new(vec![before, own("2", "b@uni.test")]);
    standin.holds().inserted = Some(1);
    standin.holds().updated = 1;
    let plan = plan_removal(&standin.tenant, &standin.job(&users)).unwrap();
    assert_eq!(planned(&plan), ["auth0|2"], "{plan}");
}

#[test]
fn whom_an_upsert_updated_may_have_been_removed_with_the_job_that_created_them() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let first = start_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    let first = wait_for_job(&tenant, &first, Duration::from_secs(20)).unwrap();
    let two = [User::new("a@uni.test"), User::new("b@uni.test")];
    let options = JobOptions::default().upsert(true);
    let second = start_import_with(&tenant, &connection, &two, &options).unwrap();
    let second = wait_for_job(&tenant, &second, Duration::from_secs(20)).unwrap();
    remove_users(&tenant, plan_removal(&tenant, &first).unwrap()).unwrap();
    let plan = plan_removal(&tenant, &second).unwrap();
    assert_eq!(plan.users.len(), 1, "{plan}");
    assert_eq!(plan.users[0].0, "b@uni.test");
}

#[test]
fn the_look_right_before_a_deletion_decides() {
    let _time = turned_time();
    let standin = StandIn::new(THREE.map(|email| own(&email[..1], email)).to_vec());
    let finished = standin.job(&THREE.map(User::new));
    let mut plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert_eq!(plan.users.len(), 3, "{plan}");
    {
        let mut holds = standin.holds();
        // One is gone; one has a twin in another connection now, who is found first.
        holds.users.remove(0);
        let twin = profile("auth0", "Others", "b", "else@uni.test", AFTER);
        holds.users.insert(0, twin);
        // And a reader added somebody by hand.
        let other = own("mine", "mine@uni.test");
        holds.users.push(other);
    }
    plan.users
        .push(("mine@uni.test".into(), "auth0|mine".into()));
    let removed = remove_users(&standin.tenant, plan.clone()).unwrap();
    assert_eq!(removed.deleted, 1);
    let why: Vec<&str> = removed.left_out.iter().map(|left| left.reason).collect();
    assert_eq!(
        why,
        [
            "the user was gone already",
            "the user with this id is in another connection",
            "the user was not in the plan when it was made"
        ]
    );
    assert!(
        removed
            .to_string()
            .contains("the user was gone already (a@uni.test)")
    );
    assert_eq!(standin.ids(), ["auth0|b", "auth0|b", "auth0|mine"]);
    // The same plan again finds nobody.
    assert_eq!(remove_users(&standin.tenant, plan).unwrap().deleted, 0);
}

#[test]
fn a_plan_of_a_run_that_is_removed_twice_deletes_once() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    let name = Named::new("twice");
    standin.run(&name, &THREE.map(User::new));
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(
        remove_users(&standin.tenant, plan.clone()).unwrap().deleted,
        3
    );
    assert_eq!(remove_users(&standin.tenant, plan).unwrap().deleted, 0);
    assert_eq!(standin.sent("DELETE"), 3);
    let again = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!((again.users.len(), again.kept), (0, 0), "{again}");
}

#[test]
fn who_is_refused_for_another_ones_username_or_id_is_not_already_there() {
    let _time = turned_time();
    let duplicate = |email: &str| {
        json!({"user": {"email": email}, "errors": [{"code": "DUPLICATED_USER",
            "message": "The user already exist and upsert parameter is false"}]})
    };
    let user = |name: &str| User {
        username: Some(name.into()),
        ..User::new(format!("{name}@uni.test"))
    };
    let users = [
        user("a"),
        user("b"),
        user("c"),
        user("d"),
        User::new("e@uni.test"),
    ];
    // Nobody has the first one's e-mail; the second one's is in another connection, and with Google; the third and the
    // last were there.
    let standin = StandIn::new(vec![
        profile("auth0", "Others", "1", "b@uni.test", BEFORE),
        google("2", "b@uni.test", BEFORE),
        profile("auth0", HOME, "3", "c@uni.test", BEFORE),
    ]);
    standin.holds().refused = ["a", "b", "c", "e"]
        .map(|name| duplicate(&format!("{name}@uni.test")))
        .to_vec();
    let name = Named::new("taken");
    let connection = ConnectionId::new(ID).unwrap();
    let report = import_users(&standin.tenant, &connection, &users, &quick(&name)).unwrap();
    let told = outcomes(&report);
    assert_eq!(
        told,
        [
            (1, Outcome::Failed),
            (2, Outcome::Failed),
            (3, Outcome::AlreadyThere),
            // They have nothing but an e-mail that another one could have.
            (5, Outcome::AlreadyThere)
        ],
        "{report}"
    );
    let reason = &report.attention()[0].reasons[0];
    assert_eq!(reason.code, "TAKEN");
    assert!(
        reason
            .message
            .contains("nobody in the connection has this e-mail"),
        "{report}"
    );
    let emails: Vec<String> = report
        .failed()
        .unwrap()
        .iter()
        .map(|u| u.email.clone())
        .collect();
    assert_eq!(emails, ["a@uni.test", "b@uni.test"]);
    assert_eq!(standin.sent("GET /api/v2/users-by-email"), 2);

    // A token that may not read users: whether they are there is not known.
    let base = standin.tenant.domain().to_string();
    let base = format!("http://{base}");
    let scopes = json!({"scope": "create:users read:connections"});
    let tenant = Tenant::new(&base, &token(&base, scopes)).unwrap();
    let name = Named::new("taken-blind");
    let report = import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    let counts = report.counts();
    assert_eq!((counts.unknown, counts.already_there), (3, 1), "{report}");
}

#[test]
fn where_emails_are_shared_another_user_with_the_email_is_not_the_one_who_was_refused() {
    let _time = turned_time();
    let with_name = |mut profile: Value, name: &str| {
        profile["username"] = name.into();
        profile
    };
    let standin = StandIn::new(vec![
        with_name(own("1", "a@uni.test"), "ann"),
        with_name(own("2", "b@uni.test"), "bob"),
        own("kept", "a@uni.test"),
    ]);
    let user = |name: &str| User {
        username: Some(name.into()),
        ..User::new("a@uni.test")
    };
    // The first and the last are there; of the second only the username is, and it is another one's.
    let users = [user("Ann"), user("bob"), with_id("kept", "a@uni.test")];
    let duplicate = |user: &User| {
        json!({"user": user, "errors": [{"code": "DUPLICATED_USER",
            "message": "The user already exist and upsert parameter is false"}]})
    };
    standin.holds().refused = users.iter().map(duplicate).collect();
    let connection = get_connection_id(&standin.tenant, HOME).unwrap();
    let name = Named::new("shared-taken");
    let report = import_users(&standin.tenant, &connection, &users, &quick(&name)).unwrap();
    let told: Vec<Outcome> = report.attention().iter().map(|a| a.outcome).collect();
    assert_eq!(
        told,
        [
            Outcome::AlreadyThere,
            Outcome::Failed,
            Outcome::AlreadyThere
        ],
        "{report}"
    );
    let reason = &report.attention()[1].reasons[0];
    assert_eq!(reason.code, "TAKEN");
    assert!(
        reason.message.contains("together with this e-mail"),
        "{report}"
    );
}

#[test]
fn what_a_plan_tells_can_be_printed_and_an_id_that_cannot_is_not_deleted() {
    let _time = turned_time();
    let standin = StandIn::new(vec![own("EVCXR_1", "a@uni.test"), own("2", "b@uni.test")]);
    let sent = [
        with_id("EVCXR_1", "a@uni.test"),
        with_id("2", "b@uni.test"),
        User::new("\u{1b}[2J@uni.test"),
    ];
    let plan = plan_removal(&standin.tenant, &standin.job(&sent)).unwrap();
    assert_eq!(planned(&plan), ["auth0|2"], "{plan}");
    assert!(
        left(&plan, "a@uni.test", "the user id holds characters"),
        "{plan}"
    );
    for left in &plan.left_out {
        let id = left.user_id.clone().unwrap_or_default();
        let text = format!("{}{id}", left.email);
        assert!(
            !text.contains(['\u{1b}']) && !text.contains("EVCXR_"),
            "{text:?}"
        );
    }
}

#[test]
fn a_drawn_id_found_in_another_connection_did_not_come_in_here() {
    let _time = turned_time();
    // The report names nobody, and the job counts one failure: the ids tell whose it is.
    let standin = StandIn::new(Vec::new());
    standin.holds().inserted = Some(1);
    standin.holds().refused = vec![json!({"errors": []})];
    let name = Named::new("not-here");
    let connection = ConnectionId::new(ID).unwrap();
    let users = [User::new("a@uni.test"), User::new("b@uni.test")];
    // The search shows the second one's id in another connection; so does the look by id.
    standin.holds().takes = true;
    standin.holds().elsewhere = Some(1);
    let report = import_users(&standin.tenant, &connection, &users, &quick(&name)).unwrap();
    let told = outcomes(&report);
    assert_eq!(told, [(2, Outcome::Unknown)], "{report}");
    let plan = || plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(plan().users.len(), 1);
    left_out(&plan(), "b@uni.test", "the user with this id is in another");
    let later = standin.holds().users.pop().unwrap();
    left_out(
        &plan(),
        "b@uni.test",
        "what became of the user is not known",
    );
    // A drawn id is nobody else's: who came in after the report belongs to the run.
    let mut later = later;
    later["identities"][0]["connection"] = HOME.into();
    standin.holds().users.push(later);
    assert_eq!(plan().users.len(), 2, "{}", plan());
}

#[test]
fn who_came_in_by_an_upload_whose_answer_named_no_job_did_not_fail() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    {
        let mut holds = standin.holds();
        (holds.takes, holds.nameless) = (true, 1);
        // The second upload refuses them for another reason than being there.
        let errors = json!([{"code": "MFA_FACTORS_FAILED", "message": "Unable to import factors"}]);
        holds.refused = vec![json!({"user": {"email": "b@uni.test"}, "errors": errors})];
    }
    let name = Named::new("nameless");
    let connection = ConnectionId::new(ID).unwrap();
    let users = [User::new("a@uni.test"), User::new("b@uni.test")];
    // Such an answer comes again and again, so it is not asked for again.
    let error = import_users(&standin.tenant, &connection, &users, &quick(&name)).unwrap_err();
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<Error>());
    assert_eq!(
        cause.map(Error::kind),
        Some(ErrorKind::BadAnswer),
        "{error}"
    );
    assert_eq!(standin.sent("POST"), 1);
    let report = resume_import(&standin.tenant, error.folder().unwrap()).unwrap();
    assert_eq!(report.counts().inserted, 2, "{report}");
    let plan = plan_run_removal(&standin.tenant, report.folder()).unwrap();
    assert_eq!(remove_users(&standin.tenant, plan).unwrap().deleted, 2);
}

#[test]
fn who_came_in_by_an_upload_whose_answer_was_lost_did_not_fail() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    {
        let mut holds = standin.holds();
        (holds.takes, holds.loses) = (true, 1);
        // The second upload refuses them for another reason than being there.
        let errors = json!([{"code": "MFA_FACTORS_FAILED", "message": "Unable to import factors"}]);
        holds.refused = vec![json!({"user": {"email": "b@uni.test"}, "errors": errors})];
    }
    let name = Named::new("lost");
    let connection = ConnectionId::new(ID).unwrap();
    let users = [User::new("a@uni.test"), User::new("b@uni.test")];
    let report = import_users(&standin.tenant, &connection, &users, &quick(&name)).unwrap();
    assert_eq!(standin.sent("POST"), 2);
    assert_eq!(report.counts().inserted, 2, "{report}");
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(remove_users(&standin.tenant, plan).unwrap().deleted, 2);
    assert!(standin.ids().is_empty());
}

#[test]
fn uploads_and_deletions_carry_a_name_for_the_tenants_log() {
    let _time = turned_time();
    let standin = StandIn::new(Vec::new());
    let header = |method: &str| {
        let requests = standin.requests.lock().unwrap();
        let mut all = requests.iter().rev();
        let last = all.find(|all| all.starts_with(method)).unwrap();
        let mut lines = last.lines().take_while(|line| !line.is_empty());
        let named = |line: &str| line.to_lowercase().starts_with("x-correlation-id: ");
        lines
            .find(|line| named(line))
            .map_or(String::new(), |line| line[18..].to_string())
    };
    standin.holds().takes = true;
    let finished = standin.job(&[with_id("1", "a@uni.test")]);
    let job = finished.job.clone();
    assert_eq!(header("POST"), job.correlation_id);
    assert!(job.to_string().contains(&job.correlation_id), "{job}");
    assert_eq!(header("GET"), "", "reads leave no trace in the log");
    let plan = plan_removal(&standin.tenant, &finished).unwrap();
    assert!(plan.to_string().contains(&job.correlation_id), "{plan}");
    let removed = remove_users(&standin.tenant, plan).unwrap();
    assert!(
        removed.to_string().contains(&job.correlation_id),
        "{removed}"
    );
    assert_eq!(header("DELETE"), job.correlation_id);
    let log = standin.tenant.requests();
    let last = log.last().unwrap();
    assert_eq!(last.correlation_id.as_ref(), Some(&job.correlation_id));
    let option = format!("-H 'X-Correlation-ID: {}'", job.correlation_id);
    assert!(last.curl().contains(&option), "{}", last.curl());
    assert!(
        last.to_string()
            .contains(&format!("X-Correlation-ID {}", job.correlation_id))
    );

    // A run's is its name; a long one is cut, and told from others that begin like it.
    for long in [false, true] {
        let mut name = Named::new("log");
        if long {
            name.0 += &"x".repeat(64);
        }
        let report = standin.run(&name, &[User::new("b@uni.test")]);
        let id = report.correlation_id().to_string();
        assert_eq!(header("POST"), id);
        assert!(report.to_string().contains(&id), "{report}");
        match long {
            false => assert_eq!(id, name.0),
            true => assert!(id.len() == 64 && id.starts_with(&name.0[..47]) && id != name.0[..64]),
        }
        let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
        remove_users(&standin.tenant, plan).unwrap();
        assert_eq!(header("DELETE"), id);
    }
}

/// What the tenant's log has under a name: the types of its events.
fn logged(practice: &Practice, name: &str) -> Vec<String> {
    let log = practice.get_json("/api/v2/logs?per_page=100");
    let log = log.as_array().unwrap().iter();
    let named = log.filter(|event| event["references"]["correlation_id"] == name);
    named
        .map(|event| event["type"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn ids_kept_in_a_copy_lead_to_neither_of_the_two() {
    let _time = turned_time();
    // As is reported of Auth0, the practice tenant lets both be, and deletes the first that it finds.
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let other = get_connection_id(&tenant, "Email-Only-Users").unwrap();
    let users = [
        with_id("kept1", "a@uni.test"),
        with_id("kept2", "b@uni.test"),
    ];
    let names = [Named::new("original"), Named::new("copy")];
    for (name, connection) in names.iter().zip([&connection, &other]) {
        let report = import_users(&tenant, connection, &users, &quick(name)).unwrap();
        assert_eq!(report.counts().inserted, 2, "{report}");
    }
    for name in &names {
        let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
        assert_eq!((plan.users.len(), plan.kept), (0, 2), "{plan}");
        assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 0);
        assert!(!logged(&practice, &name.0).contains(&"sdu".to_string()));
    }
    // The tenant's log has the uploads alone.
    assert_eq!(logged(&practice, &names[1].0), ["sapi"]);
}

#[test]
fn where_e_mails_are_shared_only_ids_tell_whose_a_user_is() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let tenant = practice.tenant();
    let connection = get_connection_id(&tenant, "Shared-Emails").unwrap();
    let before = start_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    wait_for_job(&tenant, &before, Duration::from_secs(20)).unwrap();
    // By e-mail it cannot be told; by an id that was sent it can.
    let users = [User::new("a@uni.test"), with_id("mine", "a@uni.test")];
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let plan = plan_removal(&tenant, &finished).unwrap();
    assert_eq!(planned(&plan), ["auth0|mine"], "{plan}");
    left_out(&plan, "a@uni.test", "several users of the connection");
    assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 1);
    assert_eq!(logged(&practice, &job.correlation_id), ["sdu", "sapi"]);
    // A run draws ids.
    let name = Named::new("shared");
    let users = [User::new("a@uni.test"), User::new("a@uni.test")];
    let report = import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    assert_eq!(report.counts().inserted, 2, "{report}");
    let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
    assert_eq!((plan.signed_in, plan.sign_in_unknown), (0, 0), "{plan}");
    assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 2);
    assert_eq!(users_by_email(&tenant, "a@uni.test").unwrap().len(), 2);
    let log = logged(&practice, report.correlation_id());
    assert_eq!(log, ["sdu", "sdu", "sapi"]);
}
