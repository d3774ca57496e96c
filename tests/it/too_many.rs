//! The three meanings of 429, each with its sentence and its wait: no job slot, the rate, an application's quota.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::{Named, quick};
use crate::server::DATABASE;
use crate::turned::turned_time;
use crate::world::{EMAIL, Reply, StandIn, World, recorded};

const UPLOAD: &str = "POST /api/v2/jobs/users-imports";
const EXCHANGE: &str = "POST /oauth/token";

fn users() -> Vec<User> {
    vec![User::new(EMAIL)]
}

fn rate() -> Reply {
    Reply::json(429, &recorded("rate"))
        .header("x-ratelimit-remaining", "0")
        .header("retry-after", "1")
}

fn ok(name: &str) -> Reply {
    Reply::json(200, &recorded(name))
}

#[test]
fn at_the_upload_slots_and_rate_are_told_apart_whatever_the_wording() {
    let _time = turned_time();
    let other =
        json!({"statusCode": 429, "error": "Too Many Requests", "message": "Try later, please"});
    let about_jobs = json!({"statusCode": 429, "message": "3 jobs are at work"});
    for (reply, slots) in [
        (Reply::json(429, &recorded("slots")), true),
        (
            Reply::json(429, &recorded("slots")).header("x-ratelimit-remaining", "0"),
            true,
        ),
        (
            Reply::json(429, &other).header("x-ratelimit-remaining", "9"),
            true,
        ),
        (Reply::json(429, &about_jobs), true),
        (
            Reply::json(429, &other).header("x-ratelimit-remaining", "0"),
            false,
        ),
        (Reply::json(429, &other), false),
        (Reply::json(429, &recorded("rate")), false),
    ] {
        let about = String::from_utf8_lossy(&reply.body).into_owned() + &reply.headers;
        let replies = vec![reply, Reply::json(202, &recorded("accepted"))];
        let stand_in = World::recorded().on(UPLOAD, replies).open();
        let started = start_import(&stand_in.tenant(), &stand_in.connection(), &users());
        match started {
            Err(error) if error.kind() == ErrorKind::NoJobSlot => assert!(slots, "{about}"),
            // The rate was waited for.
            Ok(_) => assert!(!slots && stand_in.calls(UPLOAD).len() == 2, "{about}"),
            Err(error) => panic!("{about}: {error}"),
        }
    }
}

#[test]
fn a_salt_that_is_a_word_of_the_refusal_changes_nothing_of_what_it_means() {
    let _time = turned_time();
    for (name, salt) in [
        ("slots", "active import"),
        ("slots", "jobs"),
        ("rate", "requests"),
    ] {
        let replies = vec![
            Reply::json(429, &recorded(name)),
            Reply::json(202, &recorded("accepted")),
        ];
        let stand_in = World::recorded().on(UPLOAD, replies).open();
        let hash = json!({"algorithm": "md5", "salt": {"value": salt},
            "hash": {"value": "0123456789abcdef0123456789abcdef", "encoding": "hex"}});
        let user = User {
            custom_password_hash: Some(hash),
            ..User::new(EMAIL)
        };
        let started = start_import(&stand_in.tenant(), &stand_in.connection(), &[user]);
        let slots = matches!(&started, Err(error) if error.kind() == ErrorKind::NoJobSlot);
        assert_eq!(
            (slots, started.is_ok()),
            (name == "slots", name == "rate"),
            "{salt}"
        );
    }
}

#[test]
fn an_import_waits_for_a_slot_and_for_the_rate() {
    let _time = turned_time();
    let replies = vec![
        Reply::json(429, &recorded("slots")),
        rate(),
        Reply::json(202, &recorded("accepted")),
    ];
    let stand_in = World::recorded().on(UPLOAD, replies).open();
    let name = Named::new("slots-and-rate");
    let (tenant, id) = (stand_in.tenant(), stand_in.connection());
    let report = import_users(&tenant, &id, &users(), &quick(&name)).unwrap();
    assert_eq!(report.counts().inserted, 1, "{report}");
    assert_eq!(stand_in.calls(UPLOAD).len(), 3);
}

#[test]
fn the_rate_is_waited_for_in_the_middle_of_every_read() {
    let _time = turned_time();
    let page = |from: usize, count: usize| {
        let user = |number: usize| json!({"user_id": format!("auth0|{number}")});
        let users: Vec<Value> = (from..from + count).map(user).collect();
        Reply::json(200, &json!({"users": users, "total": 250}))
    };
    let pages = vec![page(0, 100), rate(), page(100, 100), page(200, 50)];
    let by_email = Reply::json(200, &json!([recorded("user")]));
    let stand_in = World::recorded()
        .on("GET /api/v2/users", pages)
        .on("GET /api/v2/connections", vec![rate(), ok("connections")])
        .on(
            "GET /api/v2/connections/*/clients",
            vec![rate(), ok("clients")],
        )
        .on(
            "GET /api/v2/users-by-email",
            vec![rate(), by_email.clone(), rate(), by_email],
        )
        .on("GET /api/v2/jobs/*", vec![rate(), ok("completed")])
        .on("GET /api/v2/jobs/*/errors", vec![rate(), Reply::nothing()])
        .open();
    let tenant = stand_in.tenant();
    assert_eq!(find_users(&tenant, "").unwrap().len(), 250);
    assert_eq!(list_connections(&tenant).unwrap().len(), 1);
    assert_eq!(users_by_email(&tenant, EMAIL).unwrap().len(), 1);
    let job = start_import(&tenant, &stand_in.connection(), &users()).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    assert!(plan_removal(&tenant, &finished).is_ok());
}

/// Runs the test of that name in a process of its own, with client credentials for the stand-in.
fn in_a_process(name: &str, stand_in: &StandIn) -> String {
    let mut command = itself(&format!("too_many::{name}"));
    said(command.envs([
        ("DOMAIN", stand_in.base.as_str()),
        ("CLIENT_ID", "an-id"),
        ("CLIENT_SECRET", "a-s3cret-of-the-stand-in"),
        ("SIGN_IN_CLIENT_ID", "sign-in-id"),
        ("SIGN_IN_CLIENT_SECRET", "a-s3cret-to-sign-in"),
    ]))
}

fn quota() -> Reply {
    Reply::json(429, &recorded("quota"))
}

#[test]
fn a_quota_that_is_used_up_for_long_is_told_and_for_a_moment_is_waited_for() {
    if is_in_a_process() {
        let _time = turned_time();
        match Tenant::from_env() {
            Ok(tenant) => println!("\nopened {}", tenant.domain()),
            Err(error) => println!("\nrefused: {error:?}"),
        }
        return;
    }
    let name = "a_quota_that_is_used_up_for_long_is_told_and_for_a_moment_is_waited_for";
    let limit = "b=per_hour;q=100;r=0;t=924,b=per_day;q=1000;r=9;t=86400";
    for (reply, parts) in [
        (
            quota().header("retry-after", "7200"),
            [
                "Client quota exceeded; run this cell again in 2 h 0 min (after ",
                "MGMT_API_ACCESS_TOKEN",
            ],
        ),
        (
            quota().header("auth0-client-quota-limit", limit),
            ["(100 in one hour) is used up", "again in 15 min"],
        ),
        (
            quota(),
            [
                "wait, though the tenant does not say how long",
                "token quota is used up",
            ],
        ),
    ] {
        let stand_in = World::recorded()
            .on(EXCHANGE, vec![reply, ok("token")])
            .open();
        let shown = in_a_process(name, &stand_in);
        let refused = shown.lines().find(|line| line.starts_with("refused: "));
        let refused = refused.unwrap_or_else(|| panic!("{shown}"));
        assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
        assert_eq!(stand_in.calls(EXCHANGE).len(), 1, "asked once");
    }
    let dates = [
        ("date", "Thu, 26 Nov 2026 20:00:00 GMT"),
        ("retry-after", "Thu, 26 Nov 2026 20:00:01 GMT"),
    ];
    let by_date = dates
        .iter()
        .fold(quota(), |reply, (name, value)| reply.header(name, value));
    for (reply, word) in [
        (
            quota().header("retry-after", "1"),
            "waiting 1 s: POST /oauth/token gave no token",
        ),
        (by_date, "waiting 1 s: "),
        (
            rate(),
            "waiting 1 s: the rate limit stopped POST /oauth/token",
        ),
        (
            rate().header("auth0-client-quota-limit", "b=per_hour;q=100;r=99;t=924"),
            "waiting 1 s: the rate limit stopped POST /oauth/token",
        ),
    ] {
        let stand_in = World::recorded()
            .on(EXCHANGE, vec![reply, ok("token")])
            .open();
        let shown = in_a_process(name, &stand_in);
        assert!(shown.contains("\nopened 127.0.0.1"), "{shown}");
        assert!(shown.contains(word), "{shown}");
        assert_eq!(stand_in.calls(EXCHANGE).len(), 2);
    }
}

#[test]
fn a_quota_in_the_middle_of_an_import_is_waited_for_or_stops_the_run_with_its_sentence() {
    if is_in_a_process() {
        let _time = turned_time();
        let name = Named::new("quota");
        let id = ConnectionId::new(crate::world::CONNECTION).unwrap();
        let tenant = Tenant::from_env().unwrap();
        match import_users(&tenant, &id, &users(), &quick(&name)) {
            Ok(report) => println!("\nimported {}", report.counts().inserted),
            Err(error) => {
                println!("\nstopped: {error:?}");
                let report = resume_import(&tenant, &name.folder()).unwrap();
                println!("\nresumed: {}", report.counts().inserted);
            }
        }
        return;
    }
    let name =
        "a_quota_in_the_middle_of_an_import_is_waited_for_or_stops_the_run_with_its_sentence";
    let expired = json!({"statusCode": 401, "error": "Unauthorized", "message": "Expired token received for JSON Web Token validation"});
    let uploads = vec![
        Reply::json(401, &expired),
        Reply::json(202, &recorded("accepted")),
    ];
    let world = |reply: Reply| {
        let tokens = vec![ok("token"), reply, ok("token")];
        World::recorded()
            .on(EXCHANGE, tokens)
            .on(UPLOAD, uploads.clone())
            .open()
    };
    let shown = in_a_process(name, &world(quota().header("retry-after", "1")));
    assert!(
        shown.contains("\nimported 1") && shown.contains("waiting 1 s: "),
        "{shown}"
    );
    let shown = in_a_process(name, &world(quota().header("retry-after", "7200")));
    assert!(
        shown.contains("\nstopped: the import stopped: POST /oauth/token gave no token"),
        "{shown}"
    );
    assert!(shown.contains("again in 2 h 0 min"), "{shown}");
    assert!(shown.contains("\nresumed: 1"), "{shown}");
}

#[test]
fn a_sign_in_waits_for_the_rate_and_not_for_a_user_who_failed_too_often() {
    if is_in_a_process() {
        let _time = turned_time();
        let tenant = Tenant::from_env().unwrap();
        for _ in 0..2 {
            match verify_sign_in(&tenant, DATABASE, EMAIL, "pa55word-of-the-user") {
                Ok(signed_in) => println!("\nsigned in: {signed_in}"),
                Err(error) => println!("\nrefused: {error}"),
            }
        }
        return;
    }
    let name = "a_sign_in_waits_for_the_rate_and_not_for_a_user_who_failed_too_often";
    let failed =
        json!({"error": "too_many_attempts", "error_description": "Your account has been blocked"});
    let replies = vec![ok("token"), rate(), ok("token"), Reply::json(429, &failed)];
    let stand_in = World::recorded().on(EXCHANGE, replies).open();
    let shown = in_a_process(name, &stand_in);
    assert!(shown.contains("\nsigned in: "), "{shown}");
    assert!(shown.contains("too many failed attempts"), "{shown}");
    assert_eq!(stand_in.calls(EXCHANGE).len(), 4);
}

#[test]
fn a_quota_does_not_matter_as_long_as_the_old_token_is_good() {
    if is_in_a_process() {
        // However busy the machine is, the token does not end.
        let _time = turned_time();
        let opened = Tenant::from_env();
        let listed = opened.and_then(|tenant| list_connections(&tenant).map(drop));
        match listed {
            Err(error) => println!("\nrefused: {error}"),
            Ok(()) => println!("\nlisted"),
        }
        return;
    }
    let mut short = recorded("token");
    short["access_token"] = "{SHORT TOKEN}".into();
    let replies = vec![
        Reply::json(200, &short),
        quota().header("retry-after", "7200"),
    ];
    let stand_in = World::recorded().on(EXCHANGE, replies).open();
    let name = "a_quota_does_not_matter_as_long_as_the_old_token_is_good";
    let shown = in_a_process(name, &stand_in);
    assert!(shown.contains("\nlisted"), "{shown}");
    assert!(
        stand_in.calls(EXCHANGE).len() > 1,
        "a new one was asked for"
    );
}
