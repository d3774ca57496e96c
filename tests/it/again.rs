//! What is asked again and what is not, how long that may take, and how often anything is asked. What answers is `world.rs`.

use std::thread;
use std::time::Instant;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::{Named, quick};
use crate::server::{DATABASE, Practice};
use crate::turned::turned_time;
use crate::world::{EMAIL, Reply, StandIn, Trouble, World, packed, recorded};

const UPLOAD: &str = "POST /api/v2/jobs/users-imports";
const EXCHANGE: &str = "POST /oauth/token";
const EXPORTED: &str = "GET /api/v2/jobs/job_4kCcxBzjmAvZzQ1f";
const FILE: &str = "GET /job_4kCcxBzjmAvZzQ1f/tenant.json.gz";

fn users() -> Vec<User> {
    vec![User::new(EMAIL)]
}

fn ok(name: &str) -> Reply {
    Reply::json(200, &recorded(name))
}

fn by_email() -> Reply {
    Reply::json(200, &json!([recorded("user")]))
}

fn rate() -> Reply {
    Reply::json(429, &recorded("rate"))
}

fn fault(status: u16) -> Reply {
    Reply::json(
        status,
        &json!({"statusCode": status, "error": "Error", "message": "Internal error."}),
    )
}

fn finished(stand_in: &StandIn, tenant: &Tenant) -> Result<FinishedJob> {
    let job = start_import(tenant, &stand_in.connection(), &users())?;
    wait_for_job(tenant, &job, Duration::from_secs(60))
}

/// A call of a reader's, the request in it, and what that is answered as a rule.
type Call = (
    &'static str,
    &'static str,
    Reply,
    fn(&StandIn, &Tenant) -> Result<()>,
);

fn calls() -> Vec<Call> {
    fn remove(stand_in: &StandIn, tenant: &Tenant) -> Result<()> {
        let plan = plan_removal(tenant, &finished(stand_in, tenant)?)?;
        assert_eq!(remove_users(tenant, plan)?.deleted, 1);
        Ok(())
    }
    fn export(stand_in: &StandIn, tenant: &Tenant) -> Result<()> {
        let limit = Duration::from_secs(60);
        export_users(tenant, &stand_in.connection(), limit).map(drop)
    }
    fn plan(stand_in: &StandIn, tenant: &Tenant) -> Result<()> {
        plan_removal(tenant, &finished(stand_in, tenant)?).map(drop)
    }
    vec![
        (
            "list_connections",
            "GET /api/v2/connections",
            ok("connections"),
            |_, tenant| list_connections(tenant).map(drop),
        ),
        (
            "get_connection_id",
            "GET /api/v2/connections",
            ok("connections"),
            |_, tenant| get_connection_id(tenant, DATABASE).map(drop),
        ),
        (
            "get_connection_id",
            "GET /api/v2/connections/*/clients",
            ok("clients"),
            |_, tenant| get_connection_id(tenant, DATABASE).map(drop),
        ),
        (
            "find_users",
            "GET /api/v2/users",
            ok("users"),
            |_, tenant| find_users(tenant, "").map(drop),
        ),
        (
            "users_by_email",
            "GET /api/v2/users-by-email",
            by_email(),
            |_, tenant| users_by_email(tenant, EMAIL).map(drop),
        ),
        (
            "wait_for_job",
            "GET /api/v2/jobs/*",
            ok("completed"),
            |stand_in, tenant| finished(stand_in, tenant).map(drop),
        ),
        (
            "job_errors",
            "GET /api/v2/jobs/*/errors",
            Reply::nothing(),
            |stand_in, tenant| job_errors(tenant, &finished(stand_in, tenant)?).map(drop),
        ),
        (
            "plan_removal",
            "GET /api/v2/users-by-email",
            by_email(),
            plan,
        ),
        ("remove_users", "GET /api/v2/users/*", ok("user"), remove),
        (
            "remove_users",
            "DELETE /api/v2/users/*",
            Reply::nothing(),
            remove,
        ),
        ("export_users", EXPORTED, ok("exported"), export),
        ("export_users", FILE, packed(&[recorded("user")]), export),
    ]
}

/// What comes in place of the first answer, and the least that is then waited.
fn troubles() -> Vec<(&'static str, Reply, Duration)> {
    let second = Duration::from_secs(1);
    let dated = |date: &str, after: &str| rate().header("date", date).header("retry-after", after);
    let reset = rate()
        .header("date", "Thu, 26 Nov 2026 20:00:00 GMT")
        .header("x-ratelimit-remaining", "0")
        // The date, in UNIX seconds, and one more.
        .header("x-ratelimit-reset", "1795723202");
    vec![
        (
            "Retry-After in seconds",
            rate().header("retry-after", "2"),
            2 * second,
        ),
        (
            "Retry-After as a date",
            dated(
                "Thu, 26 Nov 2026 20:00:00 GMT",
                "Thu, 26 Nov 2026 20:00:02 GMT",
            ),
            2 * second,
        ),
        ("x-ratelimit-reset", reset, 2 * second),
        ("429 that says nothing", rate(), second),
        ("500", fault(500), Duration::ZERO),
        ("503", fault(503), Duration::ZERO),
        (
            "a reset",
            ok("user").in_trouble(Trouble::Reset),
            Duration::ZERO,
        ),
        (
            "half an answer",
            ok("user").in_trouble(Trouble::Half),
            Duration::ZERO,
        ),
        (
            "no answer",
            ok("user").in_trouble(Trouble::Never),
            Duration::ZERO,
        ),
    ]
}

#[test]
fn every_call_that_may_be_asked_again_is_and_waits_as_it_is_told() {
    thread::scope(|scope| {
        for (call, request, usual, run) in calls() {
            for (trouble, first, least) in troubles() {
                let replies = vec![first, usual.clone()];
                let stand_in = World::recorded().on(request, replies).open();
                scope.spawn(move || {
                    let time = turned_time();
                    let tenant = stand_in.tenant().request_limit(Duration::from_secs(3));
                    let (took, ended) = time.of(|| run(&stand_in, &tenant));
                    let about = format!("{call}, {request}, {trouble}: {ended:?}");
                    assert!(ended.is_ok(), "{about}");
                    assert!(took >= least, "{took:?}: {about}");
                    // The first, and the one that was asked again; `/clients` and `/errors` begin as others do.
                    let path = request.trim_end_matches("/*").replace('*', "");
                    let asked = stand_in.calls(
                        path.trim_end_matches("/clients")
                            .trim_end_matches("/errors"),
                    );
                    assert!(asked.len() >= 2, "{about}");
                });
            }
        }
    });
}

#[test]
fn an_upload_is_sent_again_after_a_limit_and_after_nothing_else() {
    thread::scope(|scope| {
        for (trouble, first, least) in troubles() {
            let replies = vec![first, Reply::json(202, &recorded("accepted"))];
            let stand_in = World::recorded().on(UPLOAD, replies).open();
            scope.spawn(move || {
                let _time = turned_time();
                let tenant = stand_in.tenant().request_limit(Duration::from_secs(3));
                let started = start_import(&tenant, &stand_in.connection(), &users());
                let sent = stand_in.calls(UPLOAD).len();
                let is_limit = !least.is_zero();
                assert_eq!(
                    (started.is_ok(), sent),
                    (is_limit, 1 + usize::from(is_limit)),
                    "{trouble}"
                );
            });
        }
    });
}

/// Runs the test of that name in a process of its own, with client credentials for the stand-in.
fn in_a_process(name: &str, stand_in: &StandIn) -> String {
    let mut command = itself(&format!("again::{name}"));
    said(command.envs([
        ("DOMAIN", stand_in.base.as_str()),
        ("CLIENT_ID", "an-id"),
        ("CLIENT_SECRET", "a-s3cret-of-the-stand-in"),
        ("SIGN_IN_CLIENT_ID", "sign-in-id"),
        ("SIGN_IN_CLIENT_SECRET", "a-s3cret-to-sign-in"),
    ]))
}

#[test]
fn a_token_is_asked_for_again_and_a_sign_in_is_not() {
    if is_in_a_process() {
        let tenant = Tenant::from_env().unwrap();
        println!("\nopened");
        if let Err(error) = verify_sign_in(&tenant, DATABASE, EMAIL, "pa55word-of-the-user") {
            println!("\nrefused: {error}");
        }
        return;
    }
    let name = "a_token_is_asked_for_again_and_a_sign_in_is_not";
    for (trouble, first) in [
        ("reset", ok("token").in_trouble(Trouble::Reset)),
        ("500", fault(500)),
    ] {
        let replies = vec![first.clone(), ok("token"), first];
        let stand_in = World::recorded().on(EXCHANGE, replies).open();
        let shown = in_a_process(name, &stand_in);
        assert!(shown.contains("\nopened"), "{trouble}: {shown}");
        assert!(shown.contains("trying again: "), "{trouble}: {shown}");
        assert!(shown.contains("\nrefused: "), "{trouble}: {shown}");
        assert_eq!(stand_in.calls(EXCHANGE).len(), 3, "{trouble}");
    }
}

#[test]
fn who_is_gone_after_a_deletion_whose_answer_was_lost_was_deleted() {
    let _time = turned_time();
    let gone =
        json!({"statusCode": 404, "error": "Not Found", "message": "The user does not exist."});
    for (first, deleted) in [
        (Reply::nothing().in_trouble(Trouble::Reset), true),
        (Reply::json(404, &gone), false),
    ] {
        let replies = vec![first, Reply::json(404, &gone)];
        let stand_in = World::recorded()
            .on("DELETE /api/v2/users/*", replies)
            .open();
        let tenant = stand_in.tenant();
        let plan = plan_removal(&tenant, &finished(&stand_in, &tenant).unwrap()).unwrap();
        let removed = remove_users(&tenant, plan);
        assert_eq!(removed.is_ok(), deleted, "{removed:?}");
    }
}

/// What a tenant may do to a wait, again and again.
fn obstacles() -> Vec<(&'static str, Reply, ErrorKind)> {
    let slow = Duration::from_millis(100);
    let trouble = |trouble: Trouble| ok("completed").in_trouble(trouble);
    vec![
        ("no answer", trouble(Trouble::Never), ErrorKind::TimedOut),
        (
            "a head bit by bit",
            trouble(Trouble::HeadBit(slow)),
            ErrorKind::TimedOut,
        ),
        (
            "a body bit by bit",
            trouble(Trouble::BodyBit(slow)),
            ErrorKind::TimedOut,
        ),
        (
            "half an answer",
            trouble(Trouble::Half),
            ErrorKind::TimedOut,
        ),
        ("resets", trouble(Trouble::Reset), ErrorKind::Unreachable),
        ("faults", fault(500), ErrorKind::TenantFault),
        (
            "an hour to wait",
            rate().header("retry-after", "3600"),
            ErrorKind::RateLimited,
        ),
        (
            "seconds to wait",
            rate().header("retry-after", "1"),
            ErrorKind::RateLimited,
        ),
        ("a job that runs", ok("pending"), ErrorKind::JobRunning),
    ]
}

/// What a slow machine may add. Without a limit each obstacle that keeps a call waiting does so for longer.
const SLOWNESS: Duration = Duration::from_secs(15);

#[test]
fn a_wait_ends_at_its_limit_whatever_the_tenant_does() {
    let limit = Duration::from_secs(3);
    thread::scope(|scope| {
        for (obstacle, reply, kind) in obstacles() {
            for seen in [false, true] {
                let mut replies = vec![reply.clone()];
                if seen {
                    replies.insert(0, ok("pending"));
                }
                let stand_in = World::recorded().on("GET /api/v2/jobs/*", replies).open();
                scope.spawn(move || {
                    let tenant = stand_in.tenant();
                    let job = start_import(&tenant, &stand_in.connection(), &users()).unwrap();
                    let began = Instant::now();
                    let error = wait_for_job(&tenant, &job, limit).unwrap_err();
                    let took = began.elapsed();
                    assert!(took < limit + SLOWNESS, "{obstacle}: {took:?}");
                    let kinds = [kind, ErrorKind::JobRunning];
                    let fits = if seen {
                        kinds.contains(&error.kind())
                    } else {
                        error.kind() == kind
                    };
                    assert!(fits, "{obstacle}: {error}");
                });
            }
        }
    });
}

#[test]
fn a_token_that_does_not_come_keeps_nobody_waiting_beyond_the_limit() {
    if is_in_a_process() {
        let tenant = Tenant::from_env().unwrap();
        let connection = ConnectionId::new(crate::world::CONNECTION).unwrap();
        let job = start_import(&tenant, &connection, &users()).unwrap();
        let began = Instant::now();
        let error = wait_for_job(&tenant, &job, Duration::from_secs(2)).unwrap_err();
        println!("\n{} ms: {error}", began.elapsed().as_millis());
        return;
    }
    let expired = json!({"statusCode": 401, "error": "Unauthorized", "message": "Expired token received for JSON Web Token validation"});
    let tokens = vec![ok("token"), ok("token").in_trouble(Trouble::Never)];
    let stand_in = World::recorded()
        .on(EXCHANGE, tokens)
        .on("GET /api/v2/jobs/*", vec![Reply::json(401, &expired)])
        .open();
    let shown = in_a_process(
        "a_token_that_does_not_come_keeps_nobody_waiting_beyond_the_limit",
        &stand_in,
    );
    let line = shown
        .lines()
        .find(|line| line.contains(" ms: "))
        .unwrap_or_else(|| panic!("{shown}"));
    let took: u128 = line.split(' ').next().unwrap().parse().unwrap();
    assert!(
        (1000..2000 + SLOWNESS.as_millis()).contains(&took),
        "{shown}"
    );
}

#[test]
fn what_the_tenant_said_is_told_when_the_time_ends_in_the_request_after_it() {
    let silent = || ok("completed").in_trouble(Trouble::Never);
    for (said, kind) in [
        (fault(500), ErrorKind::TenantFault),
        (silent(), ErrorKind::TimedOut),
    ] {
        let replies = vec![said, silent()];
        let stand_in = World::recorded().on("GET /api/v2/jobs/*", replies).open();
        let tenant = stand_in.tenant();
        let job = start_import(&tenant, &stand_in.connection(), &users()).unwrap();
        let error = wait_for_job(&tenant, &job, Duration::from_secs(2)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[test]
fn what_does_not_answer_is_named_within_two_seconds_or_so() {
    if is_in_a_process() {
        let tenant = Tenant::new(
            &std::env::var("DOMAIN").unwrap(),
            &std::env::var("TOKEN").unwrap(),
        );
        let tenant = tenant.unwrap().request_limit(Duration::from_secs(4));
        println!("\n{}", list_connections(&tenant).unwrap().len());
        return;
    }
    let replies = vec![
        ok("connections").in_trouble(Trouble::Never),
        ok("connections"),
    ];
    let stand_in = World::recorded()
        .on("GET /api/v2/connections", replies)
        .open();
    let mut command = itself("again::what_does_not_answer_is_named_within_two_seconds_or_so");
    let shown = said(
        command
            .env("DOMAIN", &stand_in.base)
            .env("TOKEN", stand_in.token()),
    );
    assert!(
        shown.contains("waiting for the answer to GET /api/v2/connections"),
        "{shown}"
    );
}

#[test]
fn a_file_may_take_longer_than_a_request_as_long_as_it_comes() {
    let file = || packed(&[recorded("user")]);
    let bytes = 23 + file().body.len() as u32;
    let (limit, whole) = (Duration::from_secs(2), Duration::from_secs(5));
    let slow = file().in_trouble(Trouble::BodyBit(whole / bytes));
    let silent = file().in_trouble(Trouble::Half);
    for (about, replies, least, asked) in [
        ("slow", vec![slow], whole, 1),
        ("silent, then as a rule", vec![silent, file()], limit, 2),
    ] {
        let stand_in = World::recorded().on(FILE, replies).open();
        let tenant = stand_in.tenant().request_limit(limit);
        let began = Instant::now();
        let exported = export_users(&tenant, &stand_in.connection(), Duration::from_secs(60));
        assert_eq!(exported.unwrap().len(), 1, "{about}");
        assert!(began.elapsed() >= least, "{about}: {:?}", began.elapsed());
        assert_eq!(stand_in.calls(FILE).len(), asked, "{about}");
    }
}

/// Pages of connections as Auth0 gives them for `take`: an object, with `next` as long as there are more.
fn pages(count: usize) -> Vec<Reply> {
    let connection = |number: usize| {
        let mut connection = recorded("connections")["connections"][0].clone();
        connection["id"] = format!("con_{number:016}").into();
        connection["name"] = format!("connection-{number}").into();
        connection["enabled_clients"] = json!(["an-application"]);
        connection
    };
    let all: Vec<Value> = (1..=count).map(connection).collect();
    let chunks = all.chunks(100).enumerate();
    let page = |(number, page): (usize, &[Value])| {
        let mut body = json!({"connections": page});
        if (number + 1) * 100 < count {
            body["next"] = format!("from-{}", number + 1).into();
        }
        Reply::json(200, &body)
    };
    chunks.map(page).collect()
}

#[test]
fn a_tenant_with_2500_connections_is_listed_whole() {
    const LIST: &str = "GET /api/v2/connections";
    let stand_in = World::recorded().on(LIST, pages(2500)).open();
    let list = list_connections(&stand_in.tenant()).unwrap();
    assert_eq!(list.len(), 2500);
    let asked = stand_in.calls(LIST);
    assert_eq!(asked.len(), 25);
    assert!(
        asked[0].starts_with("GET /api/v2/connections?take=100 "),
        "{}",
        asked[0]
    );
    assert!(asked[24].contains("from=from-24"), "{}", asked[24]);

    let mut replies = vec![Reply::json(200, &json!({"connections": []}))];
    replies.extend(pages(2500));
    let stand_in = World::recorded().on(LIST, replies).open();
    let id = get_connection_id(&stand_in.tenant(), "connection-2500").unwrap();
    assert_eq!(id.as_str(), "con_0000000000002500");
}

#[test]
fn a_list_of_connections_that_is_not_whole_or_has_no_end_is_an_error() {
    const LIST: &str = "GET /api/v2/connections";
    let connection = recorded("connections")["connections"][0].clone();
    let page = |list: Value| json!({"connections": list, "total": 3, "start": 0, "limit": 50});
    let other = json!({"id": "con_abcdefghijklmnop", "name": "Others", "strategy": "auth0"});
    let (more, again) = (json!([connection]), json!([other]));
    for (bodies, part) in [
        (
            vec![
                json!({"connections": more, "next": "again"}),
                json!({"connections": again, "next": "again"}),
            ],
            "still does not end",
        ),
        (
            vec![page(more)],
            "it lists the same connections as the page before",
        ),
        (
            vec![page(json!([connection])), page(json!([]))],
            "it counts 3 connections but lists 1",
        ),
    ] {
        let replies = bodies.iter().map(|body| Reply::json(200, body));
        let stand_in = World::recorded().on(LIST, replies.collect()).open();
        let error = list_connections(&stand_in.tenant())
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_removal_keeps_to_the_rate_and_goes_on_where_the_import_left_off() {
    let _time = turned_time();
    let practice = Practice::start(&["--rate", "2", "--burst", "2"]);
    let (tenant, connection) = (
        practice.tenant(),
        ConnectionId::new("con_Practice00000001").unwrap(),
    );
    let name = Named::new("rate");
    let users = generate_users("rate", "uni.test", 4).unwrap();
    let options = quick(&name).requests_per_second(2.0);
    let report = import_users(&tenant, &connection, &users, &options).unwrap();
    let plan = plan_run_removal(&tenant, report.folder()).unwrap();
    assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 4);
    let log = tenant.requests();
    assert!(
        log.iter().all(|request| request.status != Some(429)),
        "{log}"
    );
    let (_, traffic) = practice.management("GET", "/practice/traffic", None);
    assert_eq!(traffic["most_in_a_second"], 2);
}

#[test]
fn a_removal_is_faster_where_the_tenant_tells_that_it_has_room() {
    let time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("room", "uni.test", 30).unwrap();
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    let (took, removed) = time.of(|| {
        let plan = plan_removal(&tenant, &finished).unwrap();
        remove_users(&tenant, plan).unwrap()
    });
    assert_eq!(removed.deleted, 30);
    // At two a second the 30 looks and the 30 deletions, each with a look before it, would take 45 s.
    assert!(took < Duration::from_secs(30), "{took:?}");
}
