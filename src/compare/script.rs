//! What a comparison asks each of its two tenants, in order. A failed probe is reported, and the next one goes on.

use std::time::{Duration, Instant};

use crate::clock::{self, Deadline};
use crate::compare::rows::{GOOD, UserRow, file_of};
use crate::compare::shape::Shape;
use crate::compare::side::{Seen, Side};
use crate::error::{Error, Result};
use crate::jobs::wait::{PENDING, Waits};
use crate::jobs::{JobId, READ_SCOPES};
use crate::say::say;
use crate::tenant::answers::JobAnswer;
use crate::tenant::request::{Answer, Request};

/// How a job is waited for.
#[derive(Clone, Copy)]
struct Watch {
    /// For how long, unless the comparison's time ends before.
    limit: Duration,
    /// Whether its rows may come in, so that it stays open if its end is not seen.
    rows_may_come: bool,
    /// Whether its states are probes.
    tells: bool,
}

/// A job of a few rows.
const OF_USERS: Watch = Watch {
    limit: Duration::from_secs(90),
    rows_may_come: true,
    tells: false,
};
/// The first of them.
const OF_GOOD: Watch = Watch {
    tells: true,
    ..OF_USERS
};
/// A job of a file without a row that could come in.
const OF_NOBODY: Watch = Watch {
    rows_may_come: false,
    ..OF_USERS
};
/// The same with so many rows that it takes minutes.
const OF_MANY: Watch = Watch {
    limit: Duration::MAX,
    ..OF_NOBODY
};
/// How long a job that the tenant does not know is asked after.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(10);
/// How long a search is asked for a user who is there.
const SEARCH_LIMIT: Duration = Duration::from_secs(30);
/// Characters of a query beyond what any address needs to have.
const LONG_QUERY: usize = 9_000;
const NO_JOB: &str = "job_0000000000000000";
const NO_CONNECTION: &str = "con_0000000000000000";

/// The probes that write nothing.
pub(crate) fn ask_harmless(side: &mut Side) {
    // Every tenant would refuse this row, if it came so far.
    let file = br#"[{"email":"no address"}]"#;
    for (probe, connection, file) in [
        ("connection-unknown", NO_CONNECTION, &file[..]),
        ("connection-malformed", "no connection's id", file),
        ("file-empty", side.connection.clone().as_str(), b""),
    ] {
        let request = side.upload(connection, file.to_vec(), false);
        let answer = side.ask(request);
        let seen = side.form_of(&answer);
        side.note(probe, seen);
        // It was taken for an import after all, and holds a job slot.
        let job = answer.ok().and_then(|answer| side.job_in(&answer));
        if let Some(job) = job {
            wait(side, &job, clock::instant(), OF_NOBODY);
        }
    }
    let job = || Request::get("/api/v2/jobs", READ_SCOPES).segment(NO_JOB);
    side.probe("job-unknown", job());
    side.probe("job-unknown-report", job().segment("errors"));
    let long = format!("email:\"{}\"", "x".repeat(LONG_QUERY));
    let search = search_for(&long);
    let answer = side.ask(search);
    let seen = match &answer {
        // The users that it finds do not matter here.
        Ok(answer) if answer.status.is_success() => {
            Seen::Told(Shape::object([("status", status(answer))]))
        }
        _ => side.form_of(&answer),
    };
    side.note("search-long", seen);
}

fn search_for(query: &str) -> Request {
    Request::get("/api/v2/users", &["read:users"])
        .query("q", query)
        .query("search_engine", "v3")
        .query("per_page", 10)
        .query("fields", "user_id,email")
}

fn status(answer: &Answer) -> Shape {
    Shape::Plain(answer.status.as_u16().into())
}

/// How a job ended, and its report.
struct Ended {
    form: Shape,
    report: Result<Answer, Error>,
}

/// Three users come in.
pub(crate) fn ask_good(side: &mut Side) {
    const ALL: [&str; 8] = [
        "accepted",
        "job-at-once",
        "job-pending",
        "job-words",
        "job-completed",
        "report-of-none",
        "search-first",
        "user",
    ];
    let started = side.start(&side.users.good(), false);
    let accepted = started.map(|(answer, began)| {
        let form = Shape::of(&answer, &side.masks);
        side.note("accepted", Seen::Told(form));
        (side.job_of_users(&answer), began)
    });
    match accepted {
        Ok((Some(job), began)) => {
            let answer = side.ask(job_request(&job));
            if let Ok(answer) = &answer {
                let shape = Shape::object([("status", status(answer))]);
                side.note("job-at-once", Seen::Told(shape));
            }
            if let Some(ended) = wait_from(side, &job, began, answer, OF_GOOD) {
                side.note("job-completed", Seen::Told(ended.form));
                let report = side.form_of(&ended.report);
                side.note("report-of-none", report);
                look_for_users(side);
            }
        }
        Ok((None, _)) => {}
        Err(error) => side.untold(&ALL, &error.fact()),
    }
    side.untold(&ALL, "the job did not come so far");
    side.untold(&["user-by-email"], "the job did not come so far");
}

fn job_request(job: &JobId) -> Request {
    Request::get("/api/v2/jobs", READ_SCOPES).segment(job.as_str())
}

fn look_for_users(side: &mut Side) {
    search_lag(side);
    let id = side.users.id(GOOD[0]);
    side.probe("user", side.get_user(&id));
    let email = side.users.email(GOOD[0]);
    side.probe("user-by-email", side.by_email(&email));
}

/// When a search shows who is there: at the first look, or after how long.
fn search_lag(side: &mut Side) {
    let email = side.users.email(GOOD[0]);
    let query = format!("email:\"{email}\"");
    let (began, limit) = (clock::instant(), Deadline::after(SEARCH_LIMIT));
    let mut waits = Waits::new();
    let mut first = None;
    loop {
        let answer = side.ask(search_for(&query));
        let found = match &answer {
            Ok(answer) if answer.status.is_success() => {
                String::from_utf8_lossy(&answer.body).contains(&email)
            }
            _ => {
                let seen = side.form_of(&answer);
                return side.note("search-first", first.map_or(seen, Seen::Told));
            }
        };
        let word = if found { "seen" } else { "not seen" };
        let told = first.get_or_insert_with(|| Shape::object([("first look", Shape::text(word))]));
        if found || limit.is_over() || side.deadline.is_over() {
            let told = told.clone();
            side.note("search-first", Seen::Told(told));
            let name = match found {
                true => "the search showed a new user",
                false => "the search did not show a new user for",
            };
            side.took.push((name, clock::since(began)));
            return;
        }
        waits.next(&limit, |_| say!("the search does not show a new user yet"));
    }
}

/// Waits for a job's end and reads its report; `None` where the end was not seen.
fn wait(side: &mut Side, job: &JobId, began: Instant, watch: Watch) -> Option<Ended> {
    let answer = side.ask(job_request(job));
    wait_from(side, job, began, answer, watch)
}

fn wait_from(
    side: &mut Side,
    job: &JobId,
    began: Instant,
    first: Result<Answer, Error>,
    watch: Watch,
) -> Option<Ended> {
    let (tells, limit) = (watch.tells, watch.limit.min(side.deadline.left()));
    let limit = Deadline::after(limit);
    let (mut waits, mut answer, mut words) = (Waits::new(), first, Vec::<String>::new());
    let end = loop {
        let told = answer
            .as_ref()
            .ok()
            .filter(|answer| answer.status.is_success());
        let word = told.and_then(|answer| {
            let told: JobAnswer = answer.read().ok()?;
            told.status.as_str().map(str::to_string)
        });
        let word = word.unwrap_or_default();
        let word = side.masks.sentence(&word);
        if tells && word == PENDING && !words.contains(&word) {
            let seen = side.form_of(&answer);
            side.note("job-pending", seen);
        }
        let ends = ["completed", "failed"].contains(&word.as_str());
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
        match &answer {
            Ok(answer) if ends => break Some(Shape::of(answer, &side.masks)),
            _ if limit.is_over() => break None,
            // A job may be known a moment after its 202, and not a while after it.
            Ok(answer) if answer.status == 404 && clock::since(began) > UNKNOWN_LIMIT => {
                break None;
            }
            _ => waits.next(&limit, |_| say!("a job of the comparison is still running")),
        }
        answer = side.ask(job_request(job));
    };
    if tells && end.is_some() {
        // How often a job is seen running depends on its speed. An undocumented status does not count.
        words.retain(|word| word != PENDING);
        let words = Shape::text(words.join(", "));
        side.note("job-words", Seen::Told(Shape::object([("status", words)])));
        side.took.push((
            "a job of three users was seen to have ended",
            clock::since(began),
        ));
    }
    let Some(form) = end else {
        side.open_jobs
            .extend(watch.rows_may_come.then(|| job.clone()));
        return None;
    };
    let report = side.ask(job_request(job).segment("errors"));
    Some(Ended { form, report })
}

/// Rows that are wrong, each in its own way.
pub(crate) fn ask_wrong(side: &mut Side) {
    let rows = side.users.wrong();
    let names = WRONG.map(|(_, probe)| probe);
    // The rows about usernames that the file does not have.
    let is_sent = |name: &str| rows.iter().any(|row| row.name == name);
    let unsent = WRONG.iter().filter(|(name, _)| !is_sent(name));
    let unsent: Vec<&'static str> = unsent.map(|(_, probe)| *probe).collect();
    let why = "the connection does not take usernames, or does not say so";
    side.untold(&unsent, why);
    if let Some(ended) = run(side, "rows-ended", &rows, false) {
        note_report(side, &ended);
        note_rows(side, &rows, &ended, &WRONG);
    }
    side.untold(&["rows-report"], "the job did not come so far");
    side.untold(&names, "the job did not come so far");
}

const WRONG: [(&str, &str); 15] = [
    ("bad-email", "row-bad-email"),
    ("no-email", "row-no-email"),
    ("unknown-field", "row-unknown-field"),
    ("wrong-type", "row-wrong-type"),
    ("bad-hash", "row-bad-hash"),
    ("two-hashes", "row-two-hashes"),
    ("dotted-key", "row-dotted-key"),
    ("forbidden-key", "row-forbidden-key"),
    ("long-username", "row-long-username"),
    ("odd-username", "row-odd-username"),
    ("large", "row-large"),
    ("twin", "row-twin"),
    ("again", "row-again"),
    ("username-taken", "row-username-taken"),
    ("id-taken", "row-id-taken"),
];

const UPSERTED: [(&str, &str); 3] = [
    ("same", "upsert-same"),
    ("other-id", "upsert-other-id"),
    ("hash", "upsert-hash"),
];

/// Runs a job of these rows and notes how it ended.
fn run(side: &mut Side, probe: &'static str, rows: &[UserRow], upsert: bool) -> Option<Ended> {
    let (answer, began) = match side.start(rows, upsert) {
        Ok(started) => started,
        Err(error) => {
            side.untold(&[probe], &error.fact());
            return None;
        }
    };
    let job = side.job_of_users(&answer);
    let ended = job.and_then(|job| wait(side, &job, began, OF_USERS));
    match &ended {
        Some(ended) => side.note(probe, Seen::Told(ended.form.clone())),
        // The upload itself was refused, or the job goes on.
        None => {
            let seen = side.form_of(&Ok(answer));
            side.note(probe, seen);
        }
    }
    ended
}

/// The form of a report; its rows are separate probes.
fn note_report(side: &mut Side, ended: &Ended) {
    let mut seen = side.form_of(&ended.report);
    if let Seen::Told(Shape::Object(fields)) = &mut seen {
        for (_, shape) in fields {
            if matches!(shape, Shape::List(_)) {
                *shape = Shape::text("a list");
            }
        }
    }
    side.note("rows-report", seen);
}

/// What the report says of each row, or that it says nothing of it.
fn note_rows(side: &mut Side, rows: &[UserRow], ended: &Ended, probes: &[(&str, &'static str)]) {
    let form = side.form_of(&ended.report);
    let none = Shape::List(Vec::new());
    let body = match &form {
        Seen::Told(shape) => shape.get("body").unwrap_or(&none),
        Seen::Untold(_) => &none,
    };
    let failed = ended
        .form
        .get("body")
        .and_then(|body| body.get("summary")?.get("failed"));
    let nobody_failed = failed == Some(&Shape::Plain(0.into()));
    let entries = match body {
        Shape::List(entries) if !entries.is_empty() => entries.as_slice(),
        _ if nobody_failed => &[],
        _ => {
            let probes = probes.iter();
            let why = "the report names no row";
            return probes.for_each(|(_, probe)| side.untold(&[probe], why));
        }
    };
    for row in rows {
        let entry = entries.iter().find(|entry| is_of(side, entry, row));
        // Refused, so it did not come in; without an id another row could be meant.
        if entry.is_some_and(|entry| entry.text_at(&["user", "user_id"]).is_some()) {
            side.sent.retain(|sent| sent.name != row.name);
        }
        let shape = match entry {
            Some(entry) => Shape::object([("refused", entry.clone())]),
            None => Shape::text("taken"),
        };
        if let Some((_, probe)) = probes.iter().find(|(name, _)| *name == row.name) {
            side.note(probe, Seen::Told(shape));
        }
    }
}

/// Whether an entry of a report is of that row: by its id, and by its e-mail, as far as it tells them.
fn is_of(side: &Side, entry: &Shape, row: &UserRow) -> bool {
    let same = |field: &str| {
        let sent = row.json[field].as_str().map(|text| side.masks.value(text));
        entry.text_at(&["user", field]).map(str::to_string) == sent
    };
    same("email") && (same("user_id") || entry.text_at(&["user", "user_id"]).is_none())
}

/// Users who are there, with upsert.
pub(crate) fn ask_upsert(side: &mut Side) {
    let rows = side.users.upserted();
    let ended = run(side, "upsert-ended", &rows, true);
    if let Some(ended) = ended {
        note_rows(side, &rows, &ended, &UPSERTED);
        let id = side.users.id(GOOD[1]);
        side.probe("upsert-stored-id", side.get_user(&id));
        let id = side.users.id("other-id");
        side.probe("upsert-sent-id", side.get_user(&id));
    }
    let names = [
        "upsert-same",
        "upsert-other-id",
        "upsert-hash",
        "upsert-stored-id",
        "upsert-sent-id",
    ];
    side.untold(&names, "the job did not come so far");
}

/// A file that is no JSON.
pub(crate) fn ask_no_json(side: &mut Side) {
    let id = side.connection.to_string();
    let started = side.start_file(&id, b"email,name\nnobody,nobody\n", false);
    match started {
        Err(error) => side.untold(&["no-json-ended"], &error.fact()),
        Ok((answer, began)) => match side.job_in(&answer) {
            Some(job) => {
                if let Some(ended) = wait(side, &job, began, OF_NOBODY) {
                    side.note("no-json-ended", Seen::Told(ended.form));
                    let report = side.form_of(&ended.report);
                    side.note("no-json-report", report);
                }
            }
            // Refused at once, which is an answer too.
            None => {
                let seen = side.form_of(&Ok(answer));
                side.note("no-json-ended", seen);
            }
        },
    }
    side.untold(
        &["no-json-ended", "no-json-report"],
        "the job did not come so far",
    );
}

/// An upload while two jobs run. None of their rows comes in.
pub(crate) fn ask_third(side: &mut Side) {
    let (id, file) = (side.connection.to_string(), side.users.many_wrong());
    let mut jobs = Vec::new();
    for _ in 0..2 {
        match side.start_file(&id, &file, false) {
            Ok((answer, began)) => jobs.extend(side.job_in(&answer).map(|job| (job, began))),
            Err(error) => side.untold(&["third-job"], &error.fact()),
        }
    }
    if jobs.len() == 2 {
        let bad = side.users.wrong().into_iter().take(1).collect::<Vec<_>>();
        let request = side.upload(&id, file_of(&bad), false);
        if let Some(answer) = side.probe("third-job", request) {
            jobs.extend(side.job_in(&answer).map(|job| (job, clock::instant())));
        }
    }
    for (job, began) in jobs {
        wait(side, &job, began, OF_MANY);
    }
    side.untold(&["third-job"], "two jobs could not be started");
}

/// Whether users can be deleted, tried with a user who never existed; otherwise nothing is written.
pub(crate) fn check_deletion(side: &mut Side) -> Result<()> {
    let nobody = format!("auth0|{}", side.users.id("nobody"));
    let answer = side.ask(side.delete(&nobody))?;
    let form = Shape::of(&answer, &side.masks);
    side.note("delete-nobody", Seen::Told(form));
    let is_fine = answer.status.is_success() || answer.status == 404;
    match is_fine {
        true => Ok(()),
        false => Err(crate::tenant::refusal::refusal(&answer)),
    }
}

/// One of the good ones goes.
pub(crate) fn ask_deletion(side: &mut Side) {
    let id = side.users.id(GOOD[2]);
    let whole = format!("auth0|{id}");
    side.probe("delete", side.delete(&whole));
    side.probe("delete-again", side.delete(&whole));
    side.probe("user-gone", side.get_user(&id));
}
