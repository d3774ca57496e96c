//! What the practice tenant does as time goes by, over raw HTTP, on a clock that is turned: jobs, limits, tokens, what is late.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::practice::form;
use crate::server::Practice;

const DATABASE_ID: &str = "con_Practice00000001";
/// 2050-01-01T00:00:00Z, long after this machine's time.
const BEGAN: u64 = 2_524_608_000_000_000;

/// A practice tenant whose clock the test turns: what time it is for the next request, in microseconds since 1970.
struct Turned {
    practice: Practice,
    now: Cell<u64>,
}

/// An answer: status, head in lower case, body.
struct Told {
    status: u16,
    head: String,
    body: Value,
}

impl Told {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Turned {
    fn start(args: &[&str]) -> Turned {
        let args = [&["--turned"], args].concat();
        Turned {
            practice: Practice::start(&args),
            now: Cell::new(BEGAN),
        }
    }

    fn at(&self, seconds: f64) -> &Turned {
        self.now.set(BEGAN + (seconds * 1e6) as u64);
        self
    }

    fn ask(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Told {
        let (kind, body) = body.unwrap_or_default();
        let headers = format!(
            "X-Practice-Now: {}\r\nContent-Type: {kind}\r\n",
            self.now.get()
        );
        let answer = self.practice.with_headers(method, path, &headers, &body);
        told(&answer)
    }

    fn get(&self, path: &str) -> Told {
        self.ask("GET", path, None)
    }

    fn put(&self, path: &str, body: Value) -> Told {
        let body = body.to_string().into_bytes();
        let answer = self.ask("PUT", path, Some(("application/json", body)));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    fn faults(&self, faults: Value) {
        self.put("/practice/faults", json!({ "faults": faults }));
    }

    fn upload(&self, rows: &Value, upsert: &str) -> Told {
        let rows = rows.to_string();
        let parts = form(&[
            ("users", &rows),
            ("connection_id", DATABASE_ID),
            ("upsert", upsert),
        ]);
        self.ask("POST", "/api/v2/jobs/users-imports", Some(parts))
    }

    /// The address of the job that these rows became.
    fn job(&self, rows: &Value) -> String {
        let answer = self.upload(rows, "false");
        assert_eq!(answer.status, 202, "{}", answer.body);
        format!("/api/v2/jobs/{}", answer.body["id"].as_str().unwrap())
    }

    fn count(&self) -> u64 {
        let found = self.get("/api/v2/users?include_totals=true&per_page=1");
        found.body["total"].as_u64().unwrap()
    }
}

fn told(answer: &str) -> Told {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    Told {
        status: head[9..12].parse().unwrap(),
        head: head.to_lowercase(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

fn rows(name: &str, count: usize) -> Value {
    let row = |n: usize| json!({"email": format!("{name}{n}@uni.test")});
    (0..count).map(row).collect()
}

/// The tokens of these tests are issued by the machine's time, and end a long time after.
const LONG: [&str; 2] = ["--token-seconds", "999999999"];

fn long(args: &[&'static str]) -> Turned {
    Turned::start(&[&LONG, args].concat())
}

#[test]
fn a_job_takes_its_rows_one_after_the_other_whether_or_not_somebody_asks() {
    let tenant = long(&["--job-speed", "10"]);
    let job = tenant.job(&rows("u", 20));
    for (seconds, count) in [(0.0, 0), (0.05, 0), (0.1, 1), (1.04, 10), (1.95, 19)] {
        assert_eq!(tenant.at(seconds).count(), count, "after {seconds} s");
        assert_eq!(tenant.get(&job).body["status"], "pending");
    }
    assert_eq!(tenant.at(2.0).get(&job).body["status"], "completed");
    assert_eq!(tenant.count(), 20);
    let found = tenant.get("/api/v2/users-by-email?email=u9%40uni.test");
    assert_eq!(found.body[0]["created_at"], "2050-01-01T00:00:01.000Z");

    // On the machine's time, too: nobody asks after the job.
    let practice = Practice::start(&["--job-speed", "50"]);
    let users = rows("u", 5).to_string();
    let parts = form(&[("users", &users), ("connection_id", DATABASE_ID)]);
    practice.management("POST", "/api/v2/jobs/users-imports", Some(parts));
    let began = Instant::now();
    let count = || practice.get_json("/api/v2/users").as_array().unwrap().len();
    while count() < 5 {
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn a_job_may_change_its_speed_and_fail_halfway() {
    let tenant = long(&["--job-speed", "10,10:1"]);
    let job = tenant.job(&rows("u", 12));
    assert_eq!(tenant.at(1.0).count(), 10);
    assert_eq!(tenant.at(1.9).count(), 10);
    assert_eq!(tenant.at(2.1).count(), 11);
    assert_eq!(tenant.at(3.0).get(&job).body["summary"]["inserted"], 12);
    tenant.faults(json!({"job-speed": 4, "job-speed-later": 2}));
    let job = tenant.job(&rows("v", 8));
    assert_eq!(tenant.at(4.0).count(), 16);
    assert_eq!(tenant.at(5.9).get(&job).body["status"], "pending");
    assert_eq!(tenant.at(6.0).get(&job).body["status"], "completed");
    tenant.faults(json!({"job-speed": 10, "job-fails-midway": 1}));
    let job = tenant.job(&rows("w", 10));
    assert_eq!(tenant.at(6.4).get(&job).body["status"], "pending");
    let failed = tenant.at(6.5).get(&job).body;
    assert_eq!((&failed["status"], tenant.count()), (&json!("failed"), 25));
}

/// Of two rows at one moment that of the older job comes first.
#[test]
fn the_rows_of_two_jobs_come_in_the_order_of_their_moments() {
    let tenant = long(&["--job-speed", "10"]);
    let one = tenant.job(&rows("u", 4));
    let mut twins = rows("u", 4);
    twins.as_array_mut().unwrap().reverse();
    let other = tenant.job(&twins);
    tenant.at(3600.0);
    // 0 and 1 of the one, 3 and 2 of the other.
    for (job, refused) in [(one, ["u2", "u3"]), (other, ["u1", "u0"])] {
        let report = tenant.get(&format!("{job}/errors")).body;
        let emails: Vec<&str> = report
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["user"]["email"].as_str().unwrap())
            .collect();
        let refused = refused.map(|name| format!("{name}@uni.test"));
        assert_eq!(emails, refused, "{report}");
    }
}

#[test]
fn a_job_that_takes_over_two_hours_fails_and_what_it_took_stays() {
    let tenant = long(&["--job-speed", "0.001", "--max-jobs", "1"]);
    let job = tenant.job(&rows("u", 20));
    let last = tenant.at(7199.0).get(&job);
    assert_eq!(last.body["status"], "pending");
    assert_eq!(tenant.upload(&rows("v", 1), "false").status, 429);
    let failed = tenant.at(7200.0).get(&job).body;
    assert_eq!(failed["status"], "failed");
    assert!(failed["status_details"].is_string() && failed.get("summary").is_none());
    assert_eq!(tenant.count(), 7);
    let report = tenant.get(&format!("{job}/errors"));
    assert_eq!(
        (report.status, &report.body["status"]),
        (200, &json!("failed"))
    );
    assert!(report.body["status_details"].is_string());
    assert_eq!(report.body["id"], failed["id"]);
    // The slot is free, and one that hangs fails at its time too.
    tenant.faults(json!({"job-hangs": 1}));
    let job = tenant.job(&rows("w", 1));
    assert_eq!(tenant.at(14_399.0).get(&job).body["status"], "pending");
    assert_eq!(tenant.at(14_400.0).get(&job).body["status"], "failed");
    assert_eq!(tenant.count(), 7);
}

#[test]
fn a_job_is_forgotten_a_day_after_its_end_and_so_is_an_export() {
    let tenant = long(&["--job-speed", "1"]);
    let job = tenant.job(&json!([{"email": "a@uni.test"}, {"email": "b"}]));
    let export = json!({"format": "json"}).to_string().into_bytes();
    let kind = "application/json";
    let export = tenant.ask("POST", "/api/v2/jobs/users-exports", Some((kind, export)));
    let export = format!("/api/v2/jobs/{}", export.body["id"].as_str().unwrap());
    let day = 86_400.0;
    for (seconds, path, status) in [
        (day - 0.1, &export, 200),
        (day, &export, 404),
        (day + 1.9, &job, 200),
        (day + 1.9, &format!("{job}/errors"), 200),
        (day + 2.0, &job, 404),
        (day + 2.0, &format!("{job}/errors"), 404),
    ] {
        let answer = tenant.at(seconds).get(path);
        assert_eq!(answer.status, status, "{path} after {seconds} s");
    }
    assert_eq!(tenant.count(), 1);
}

#[test]
fn a_job_is_not_found_at_once_when_it_is_late() {
    let tenant = long(&["--job-speed", "1", "--fault", "job-late=5"]);
    let job = tenant.job(&rows("u", 10));
    let unknown = tenant.at(4.9).get(&job);
    assert_eq!(
        (unknown.status, &unknown.body["message"]),
        (404, &json!("Job not found."))
    );
    assert_eq!(tenant.at(5.0).get(&job).body["status"], "pending");
    assert_eq!(tenant.count(), 5);
}

#[test]
fn what_happens_to_searches_happens_to_no_other_read() {
    let tenant = long(&["--job-speed", "1000"]);
    tenant.job(&json!([{"email": "a@uni.test", "user_id": "a"}]));
    tenant.at(1.0);
    let (search, one) = (
        "/api/v2/users?q=email:%22a@uni.test%22",
        "/api/v2/users/auth0%7Ca",
    );
    let by_email = "/api/v2/users-by-email?email=a%40uni.test";
    for (fault, number, status) in [
        ("server-error@search", 9, 503),
        ("search-timeout", 9, 503),
        ("search-long", 20, 414),
        ("rate-limit@search", 9, 429),
    ] {
        tenant.faults(json!({ fault: number }));
        assert_eq!(tenant.get(one).status, 200, "{fault}");
        assert_eq!(tenant.get(by_email).status, 200, "{fault}");
        assert_eq!(tenant.get(search).status, status, "{fault}");
    }
    tenant.faults(json!({"search-long": search.len()}));
    assert_eq!(tenant.get(search).status, 200, "no longer than that");
    tenant.faults(json!({"search-timeout": 1}));
    let answer = tenant.get(search).body;
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("exceeded the timeout"),
        "{answer}"
    );
    assert_eq!(tenant.get(search).status, 200, "once");
    // What is aimed at reads of users hits a search too.
    tenant.faults(json!({"server-error@users": 1}));
    assert_eq!(tenant.get(search).status, 503);

    tenant.faults(json!({"search-lag": 60}));
    assert_eq!(tenant.at(59.9).get(search).body, json!([]));
    assert_eq!(tenant.get(one).status, 200);
    let seen = tenant.at(60.1).get(search).body;
    assert_eq!(seen[0]["user_id"], "auth0|a");
}

#[test]
fn a_limit_by_the_minute_stands_beside_that_by_the_second() {
    let tenant = long(&[
        "--rate",
        "2",
        "--burst",
        "3",
        "--minute-rate",
        "6",
        "--minute-burst",
        "5",
    ]);
    let ask = |seconds: f64| {
        let answer = tenant.at(seconds).get("/api/v2/connections");
        let number = |name: &str| answer.header(name).unwrap().parse::<u64>().unwrap();
        let told =
            ["limit", "remaining", "reset"].map(|name| number(&format!("x-ratelimit-{name}")));
        let [limit, left, reset] = told;
        (answer.status, limit, left, reset - BEGAN / 1_000_000)
    };
    // The one that has less left is told.
    assert_eq!(ask(0.0), (200, 3, 2, 1));
    assert_eq!(ask(0.0), (200, 3, 1, 1));
    assert_eq!(ask(0.0), (200, 3, 0, 1));
    assert_eq!(ask(0.0), (429, 3, 0, 1));
    assert_eq!(ask(5.0), (200, 5, 1, 15));
    assert_eq!(ask(5.0), (200, 5, 0, 15));
    assert_eq!(ask(9.9), (429, 5, 0, 19));
    assert_eq!(ask(10.0), (200, 5, 0, 20));
    assert_eq!(ask(19.9), (429, 5, 0, 29));
}

#[test]
fn a_429_says_when_to_ask_again_when_it_is_told_to() {
    let tenant = long(&["--fault", "rate-limit=1"]);
    let again = |switch: Value| {
        tenant.faults(switch);
        let answer = tenant.at(7.0).get("/api/v2/connections");
        (
            answer.status,
            answer.header("retry-after").map(str::to_string),
        )
    };
    assert_eq!(again(json!({"rate-limit": 1})), (429, None));
    assert_eq!(
        again(json!({"rate-limit": 1, "retry-after": 1})),
        (429, Some("1".into()))
    );
    let date = "sat, 01 jan 2050 00:00:08 gmt".to_string();
    assert_eq!(
        again(json!({"rate-limit": 1, "retry-after-date": 1})),
        (429, Some(date))
    );
    assert_eq!(again(json!({"retry-after": 1})), (200, None));
}

#[test]
fn an_upsert_of_another_id_is_a_conflict_where_users_are_matched_by_it() {
    let tenant = long(&["--job-speed", "1000"]);
    tenant.job(
        &json!([{"email": "a@uni.test", "user_id": "a"}, {"email": "b@uni.test", "user_id": "b"}]),
    );
    let rows = json!([{"email": "a@uni.test", "user_id": "drawn", "name": "A"},
        {"email": "b@uni.test", "user_id": "b", "name": "B"}, {"email": "b@uni.test", "name": "C"}]);
    let updated = |seconds: f64| {
        let job = tenant.at(seconds).upload(&rows, "true").body;
        let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap());
        let done = tenant.at(seconds + 1.0).get(&path).body;
        let report = tenant.get(&format!("{path}/errors")).body;
        (
            done["summary"]["updated"].as_u64().unwrap(),
            report[0]["errors"][0]["code"].clone(),
        )
    };
    assert_eq!(
        updated(1.0),
        (2, json!("DUPLICATED_USER")),
        "the twin alone"
    );
    tenant.faults(json!({"match-by-id": 1}));
    assert_eq!(updated(3.0), (1, json!("CONFLICT")));
}

#[test]
fn a_job_of_others_holds_its_slot_until_its_moment() {
    let tenant = long(&["--job-speed", "1000"]);
    let until = |seconds: f64| BEGAN + (seconds * 1e6) as u64;
    let held = json!({"until": [until(10.0), until(20.0)]});
    assert_eq!(tenant.put("/practice/slots", held.clone()).body, held);
    let refused = tenant.at(9.9).upload(&rows("u", 1), "false");
    assert_eq!(refused.status, 429);
    let message = refused.body["message"].as_str().unwrap();
    assert!(
        message.starts_with("There are 2 active import users jobs"),
        "{message}"
    );
    tenant.at(10.0).job(&rows("u", 1));
    assert_eq!(tenant.upload(&rows("v", 1), "false").status, 429);
    tenant.at(20.0).job(&rows("v", 1));
    tenant.job(&rows("w", 1));
    tenant.put("/practice/slots", json!({"until": []}));
    let body = Some(("application/json", b"{\"until\": [-1]}".to_vec()));
    assert_eq!(tenant.ask("PUT", "/practice/slots", body).status, 400);
}

#[test]
fn a_clock_that_is_turned_goes_forward_alone_and_no_latency_is_waited_for() {
    let tenant = long(&[
        "--fault",
        "latency-ms=86400000",
        "--fault",
        "latency-ms@job=1500",
    ]);
    let began = Instant::now();
    let answer = tenant.at(10.0).get("/api/v2/jobs/job_x");
    assert_eq!(answer.header("x-practice-took"), Some("86401500000"));
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(
        tenant.get("/practice/traffic").header("x-practice-took"),
        Some("0")
    );
    let reset = |seconds: f64| {
        let answer = tenant.at(seconds).get("/api/v2/connections");
        answer
            .header("x-ratelimit-reset")
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let (ten, five) = (reset(10.0), reset(5.0));
    assert_eq!((ten, five), (BEGAN / 1_000_000 + 11, ten), "never back");
    assert_eq!(reset(12.0), ten + 2);
    let head = "X-Practice-Now: soon\r\n";
    let answer = told(&tenant.practice.with_headers("GET", "/practice", head, b""));
    assert_eq!(
        answer.header("x-practice-took"),
        Some("0"),
        "no time, no turn"
    );

    // Tokens end by it.
    let token = Turned::start(&[]);
    assert_eq!(token.get("/api/v2/connections").status, 401);

    let real = Practice::start(&[]);
    let header = format!("X-Practice-Now: {}\r\n", BEGAN * 2);
    let answer = told(&real.with_headers("GET", "/api/v2/connections", &header, b""));
    assert_eq!(
        (answer.status, answer.header("x-practice-took")),
        (200, None)
    );
}

#[test]
fn what_is_met_with_silence_is_not_done_or_done() {
    let practice = Practice::start(&["--fault", "silence@delete=1"]);
    practice.import(&json!([{"email": "a@uni.test", "user_id": "a"}]), "false");
    let request = format!(
        "DELETE /api/v2/users/auth0%7Ca HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        practice.get("MGMT_API_ACCESS_TOKEN")
    );
    let is_silent = || {
        let mut stream = TcpStream::connect(practice.host()).unwrap();
        let patience = Duration::from_millis(400);
        stream.set_read_timeout(Some(patience)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.read(&mut [0; 100]).is_err()
    };
    let is_there = || {
        practice
            .management("GET", "/api/v2/users/auth0%7Ca", None)
            .0
            == 200
    };
    assert!(is_silent() && is_there());
    practice.set_faults(json!({"silence-after@delete": 1}));
    assert!(is_silent() && !is_there());
}
