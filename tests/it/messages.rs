//! What is wrong with a setting, a token or an answer, told in one sentence that holds no secret.

use std::thread;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::server::{DATABASE, Practice, answer, canned, token};
use crate::turned::turned_time;

#[test]
fn a_token_that_cannot_work_is_told_before_anything_is_sent() {
    let domain = "dev-1.us.auth0.com";
    let base = format!("https://{domain}");
    for (text, part) in [
        (String::new(), "is empty"),
        (
            "s3cret".into(),
            "it may be a client secret or an opaque token",
        ),
        ("a.b.c".into(), "not a JWT"),
        (
            token(&base, json!({"exp": 1})),
            "it expired on 1970-01-01 00:00 UTC",
        ),
        (
            token("https://other.us.auth0.com", json!({})),
            "it is for another tenant (https://other.us.auth0.com/api/v2/)",
        ),
        (
            token(&base, json!({"aud": "abcClientId", "scope": null})),
            "use an access token",
        ),
    ] {
        let error = Tenant::new(domain, &text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(text.is_empty() || !error.contains(&text), "{error}");
    }
    let tenant = Tenant::new(domain, &token(&base, json!({}))).unwrap();
    assert!(
        tenant.is_read_only() && tenant.to_string().starts_with("REAL TENANT"),
        "{tenant}"
    );
}

#[test]
fn a_missing_scope_is_on_the_card_and_refused_at_its_step() {
    let practice = Practice::start(&[]);
    let base = practice.get("DOMAIN");
    let tenant = Tenant::new(base, &token(base, json!({"scope": "create:users"}))).unwrap();
    assert!(tenant.to_string().contains("read:connections"), "{tenant}");
    let error = get_connection_id(&tenant, DATABASE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingScope, "{error}");
}

/// Answers that are no good, and what must be said of each.
fn bad_answers() -> Vec<(String, &'static str)> {
    let envelope = |status: u16, message: &str| {
        let body = json!({"statusCode": status, "error": "X", "message": message});
        answer(status, "", &body.to_string())
    };
    vec![
        (answer(200, "", "<html>login</html>"), "it is HTML"),
        (answer(200, "", "[{\"id\":"), "it is not complete JSON"),
        (
            "HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n[".to_string(),
            "could not complete",
        ),
        (String::new(), "could not complete"),
        (
            answer(302, "location: https://evil.example/\r\n", ""),
            "it redirects to https://evil.example/",
        ),
        (
            envelope(401, "Invalid token"),
            "(401): Invalid token; make a new token",
        ),
        (envelope(403, "Insufficient scope"), "Insufficient scope"),
        (envelope(404, "Not Found"), "(404): Not Found"),
        (envelope(413, "Payload content length"), "send fewer users"),
        (
            envelope(
                429,
                "There are 2 active import users jobs, please wait until some of them are finished and try again",
            ),
            "no free slot for an import job",
        ),
        (
            envelope(500, "Internal error."),
            "(500): Internal error; the tenant itself failed",
        ),
        (
            answer(503, "", "<html>busy</html>"),
            "(503): no reason given",
        ),
    ]
}

/// A server that answers `good` one after the other, then `last` for ever; its tenant and token.
fn tenant_that_answers(good: &[String], last: &str) -> (Tenant, String) {
    let mut answers = good.to_vec();
    answers.push(last.to_string());
    let (base, _) = canned(answers);
    let text = token(&base, json!({}));
    (Tenant::new(&base, &text).unwrap(), text)
}

#[test]
fn at_every_call_a_bad_answer_ends_in_a_sentence_without_the_token() {
    let id = "con_abcdefghijklmnop";
    let connection = ConnectionId::new(id).unwrap();
    let users = generate_users("imfake", "uni.test", 1).unwrap();
    let head = json!({"id": "job_abcdefghijklmnop", "status": "pending", "connection": DATABASE, "created_at": "2026-01-01T00:00:00.000Z"});
    let accepted = answer(202, "", &head.to_string());
    let mut ended = head.clone();
    ended["status"] = "completed".into();
    ended["summary"] = json!({"failed": 0, "updated": 0, "inserted": 1, "total": 1});
    let ended = answer(200, "", &ended.to_string());
    let there = json!({"id": id, "name": DATABASE, "strategy": "auth0"});
    let there = answer(200, "", &there.to_string());
    let user = json!({"user_id": "auth0|1", "email": users[0].email, "created_at": "2026-01-01T00:00:01.000Z",
        "identities": [{"provider": "auth0", "connection": DATABASE, "user_id": "1"}]});
    let found = answer(200, "", &json!([user]).to_string());
    let looked = answer(200, "", &user.to_string());
    let none = answer(204, "", "");
    let limit = Duration::from_secs(10);
    let each = |raw: &str, part: &str| {
        let _time = turned_time();
        let told = |good: &[&String], call: &dyn Fn(&Tenant) -> Result<()>| {
            let good: Vec<String> = good.iter().map(|text| (*text).clone()).collect();
            let (tenant, text) = tenant_that_answers(&good, raw);
            let error = call(&tenant).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains(&text) && !error.contains('\n'), "{error}");
        };
        told(&[], &|tenant| get_connection_id(tenant, DATABASE).map(drop));
        told(&[], &|tenant| {
            start_import(tenant, &connection, &users).map(drop)
        });
        let job = |tenant: &Tenant| start_import(tenant, &connection, &users).unwrap();
        told(&[&accepted], &|tenant| {
            wait_for_job(tenant, &job(tenant), limit).map(drop)
        });
        let finished = |tenant: &Tenant| wait_for_job(tenant, &job(tenant), limit).unwrap();
        told(&[&accepted, &ended], &|tenant| {
            job_errors(tenant, &finished(tenant)).map(drop)
        });
        told(&[&accepted, &ended, &none, &there], &|tenant| {
            plan_removal(tenant, &finished(tenant)).map(drop)
        });
        // What a delete answers with a success is not read.
        if !raw.starts_with("HTTP/1.1 200 X\r\ncontent-length: 1") && !raw.contains("[{") {
            let good = [&accepted, &ended, &none, &there, &found, &looked];
            told(&good, &|tenant| {
                let plan = plan_removal(tenant, &finished(tenant)).unwrap();
                remove_users(tenant, plan).map(drop)
            });
        }
    };
    thread::scope(|scope| {
        for (raw, part) in bad_answers() {
            let each = &each;
            scope.spawn(move || each(&raw, part));
        }
    });
}

#[test]
fn an_answer_lost_during_a_wait_does_not_end_it() {
    let _time = turned_time();
    let head = json!({"id": "job_abcdefghijklmnop", "status": "pending", "created_at": ""});
    let mut ended = head.clone();
    ended["status"] = "completed".into();
    let good = [answer(202, "", &head.to_string()), String::new()];
    let (tenant, _) = tenant_that_answers(&good, &answer(200, "", &ended.to_string()));
    let connection = ConnectionId::new("con_abcdefghijklmnop").unwrap();
    let users = generate_users("imfake", "uni.test", 1).unwrap();
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    assert_eq!(finished.status, JobStatus::Completed);
}

#[test]
fn a_tenant_that_does_not_answer_and_a_name_that_nobody_has_are_told() {
    // It takes the connection and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let error = get_connection_id(&tenant.request_limit(Duration::from_millis(50)), DATABASE);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("no answer to GET /api/v2/connections in time"),
        "{error}"
    );

    // A name that is reserved for never existing.
    let base = "https://no-such-tenant.invalid";
    let tenant = Tenant::new("no-such-tenant.invalid", &token(base, json!({}))).unwrap();
    let error = get_connection_id(&tenant, DATABASE)
        .unwrap_err()
        .to_string();
    assert!(error.contains("check DOMAIN and the network"), "{error}");
}

#[test]
fn a_server_that_echoes_the_token_does_not_put_it_into_the_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let text = token(&base, json!({}));
    let body = json!({"message": format!("bad token {text}")}).to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = std::io::Read::read(&mut stream, &mut [0; 65_536]);
        std::io::Write::write_all(&mut stream, answer(401, "", &body).as_bytes()).unwrap();
    });
    let tenant = Tenant::new(&base, &text).unwrap();
    let error = get_connection_id(&tenant, DATABASE)
        .unwrap_err()
        .to_string();
    assert!(error.contains("bad token <secret>"), "{error}");
    assert!(!format!("{tenant:?} {tenant}").contains(&text));
}

#[test]
fn nobody_there_is_told() {
    let _time = turned_time();
    let base = "http://127.0.0.1:9";
    let told = |mark: Value| {
        let token = token(base, json!({"practice_tenant": mark}));
        let tenant = Tenant::new(base, &token).unwrap();
        get_connection_id(&tenant, DATABASE).unwrap_err()
    };
    let error = told(Value::Null).to_string();
    assert!(
        error.contains("could not complete GET /api/v2/connections"),
        "{error}"
    );
    // A practice tenant does not come back at the address that it had.
    let error = told(true.into());
    assert_eq!(error.kind(), ErrorKind::Practice);
    assert!(
        error
            .to_string()
            .starts_with("the practice tenant has ended, and its users with it"),
        "{error}"
    );
}
