//! The practice tenant's faults, over raw HTTP.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::server::Practice;
use crate::turned::turned_time;

fn set(practice: &Practice, body: Value) -> (u16, Value) {
    let token = practice.get("MGMT_API_ACCESS_TOKEN").to_string();
    let body = ("application/json", body.to_string().into_bytes());
    practice.raw("PUT", "/practice/faults", Some(&token), Some(body))
}

fn get(practice: &Practice, path: &str) -> (u16, Value) {
    let token = practice.get("MGMT_API_ACCESS_TOKEN").to_string();
    practice.raw("GET", path, Some(&token), None)
}

#[test]
fn faults_happen_as_often_as_they_were_set_and_are_counted() {
    let practice = Practice::start(&["--fault", "server-error=2"]);
    let answers: Vec<u16> = (0..4).map(|_| get(&practice, "/api/v2/users").0).collect();
    assert_eq!(answers, [503, 503, 200, 200]);
    assert_eq!(
        get(&practice, "/practice/faults").1["happened"]["server-error"],
        2
    );

    assert_eq!(set(&practice, json!({"faults": {"rate-limit": 1}})).0, 200);
    let (status, body) = get(&practice, "/api/v2/users");
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (429, Some("too_many_requests"))
    );
    assert_eq!(get(&practice, "/api/v2/users").0, 200);

    let (status, body) = set(&practice, json!({"faults": {"earthquake": 1}}));
    let message = body["message"].as_str().unwrap();
    assert!(
        status == 400
            && message.contains("unknown fault earthquake; the faults are job-speed")
            && message.ends_with(
                "with @, at one of connections, upload, job, report, search, users, delete, token"
            ),
        "{message}"
    );
    let nobody = ("application/json", b"{}".to_vec());
    assert_eq!(
        practice
            .raw("PUT", "/practice/faults", None, Some(nobody))
            .0,
        401
    );
}

#[test]
fn chance_is_drawn_from_the_seed_so_that_a_run_repeats() {
    let practice = Practice::start(&[]);
    let run = |seed: u64| -> Vec<u16> {
        set(
            &practice,
            json!({"seed": seed, "faults": {"server-error": 0.5}}),
        );
        (0..40).map(|_| get(&practice, "/api/v2/users").0).collect()
    };
    let first = run(7);
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
    let hit = first.iter().filter(|status| **status == 503).count();
    assert!((8..=32).contains(&hit), "{hit} of 40 at one half");
}

#[test]
fn tokens_issued_so_far_end_and_new_ones_are_good() {
    let practice = Practice::start(&[]);
    set(&practice, json!({"faults": {"token-expires": 1}}));
    let (status, body) = get(&practice, "/api/v2/users");
    assert_eq!(status, 401);
    assert_eq!(
        body["message"],
        "Expired token received for JSON Web Token validation"
    );
    let ask = json!({"grant_type": "client_credentials", "client_id": practice.get("CLIENT_ID"),
        "client_secret": practice.get("CLIENT_SECRET"), "audience": format!("{}/api/v2/", practice.get("DOMAIN"))});
    let body = ("application/json", ask.to_string().into_bytes());
    let (_, answer) = practice.raw("POST", "/oauth/token", None, Some(body));
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(
        practice.raw("GET", "/api/v2/users", Some(token), None).0,
        200
    );
}

#[test]
fn slots_that_others_hold_are_refused_in_the_documented_words() {
    let practice = Practice::start(&["--fault", "slots-held=2"]);
    let (tenant, connection) = practice.database();
    let users = generate_users("held", "uni.test", 1).unwrap();
    let error = start_import(&tenant, &connection, &users).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoJobSlot, "{error}");
    assert!(
        error
            .to_string()
            .contains(": There are 2 active import users jobs"),
        "{error}"
    );
    tenant.practice_faults(&[]).unwrap();
    start_import(&tenant, &connection, &users).unwrap();
}

#[test]
fn users_are_found_by_many_ids_at_once() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let user = |id: &str| User {
        user_id: Some(id.into()),
        ..User::new(format!("{id}@uni.test"))
    };
    let job = start_import(&tenant, &connection, &[user("one"), user("two")]).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let query = "user_id%3A%22auth0%7Ctwo%22%20OR%20user_id%3A%22auth0%7Cnone%22";
    let (status, found) = get(&practice, &format!("/api/v2/users?q={query}"));
    let ids: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["user_id"].as_str().unwrap())
        .collect();
    assert_eq!((status, ids), (200, vec!["auth0|two"]));
    let (_, traffic) = get(&practice, "/practice/traffic");
    assert!(traffic["requests"].as_u64().unwrap() >= 3, "{traffic}");
}

#[test]
fn a_search_that_lags_does_not_see_the_newest_and_a_read_by_email_does() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let job = start_import(&tenant, &connection, &[User::new("new@uni.test")]).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let found = |path: &str| get(&practice, path).1.as_array().unwrap().len();
    let by_email = "/api/v2/users-by-email?email=new%40uni.test";

    set(&practice, json!({"faults": {"search-lag": 3600}}));
    assert_eq!((found("/api/v2/users"), found(by_email)), (0, 1));
    set(&practice, json!({"faults": {}}));
    assert_eq!((found("/api/v2/users"), found(by_email)), (1, 1));
}

#[test]
fn a_fault_can_be_aimed_at_one_step() {
    let practice = Practice::start(&["--fault", "server-error@connections=1"]);
    assert_eq!(get(&practice, "/api/v2/users").0, 200);
    assert_eq!(get(&practice, "/api/v2/connections").0, 503);
    assert_eq!(get(&practice, "/api/v2/connections").0, 200);
    let steps = [
        ("upload", "POST", "/api/v2/jobs/users-imports"),
        ("job", "GET", "/api/v2/jobs/job_1"),
        ("report", "GET", "/api/v2/jobs/job_1/errors"),
        ("users", "GET", "/api/v2/users-by-email?email=a"),
        ("users", "GET", "/api/v2/users/auth0%7C1"),
        ("delete", "DELETE", "/api/v2/users/auth0%7C1"),
    ];
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    for (step, method, path) in steps {
        let faults = json!({"faults": {format!("rate-limit@{step}"): 1}});
        assert_eq!(set(&practice, faults).0, 200);
        for (other, method, path) in steps.iter().filter(|(other, ..)| *other != step) {
            let status = practice.raw(method, path, Some(token), None).0;
            assert_ne!(status, 429, "{other} with the fault at {step}");
        }
        assert_eq!(
            practice.raw(method, path, Some(token), None).0,
            429,
            "{step}"
        );
    }
    let (status, body) = set(&practice, json!({"faults": {"reset@moon": 1}}));
    assert_eq!(status, 400, "{body}");

    // The token ends with the request that the fault is aimed at.
    set(&practice, json!({"faults": {"token-expires@users": 1}}));
    assert_eq!(get(&practice, "/api/v2/connections").0, 200);
    assert_eq!(get(&practice, "/api/v2/users").0, 401);
    assert_eq!(get(&practice, "/api/v2/connections").0, 401);
}

#[test]
fn a_pending_job_tells_how_far_it_is_when_it_is_told_to() {
    let practice = Practice::start(&["--job-speed", "10"]);
    let (tenant, connection) = practice.database();
    let users = generate_users("slow", "uni.test", 200).unwrap();
    let job = start_import(&tenant, &connection, &users).unwrap();
    let path = format!("/api/v2/jobs/{}", job.id);
    let recorded = get(&practice, &path).1;
    assert!(
        recorded.get("percentage_done").is_none() && recorded.get("time_left_seconds").is_none()
    );
    set(&practice, json!({"faults": {"job-progress": 1}}));
    let told = get(&practice, &path).1;
    assert!(told["percentage_done"].as_u64().unwrap() < 50, "{told}");
    assert!(
        (10..20).contains(&told["time_left_seconds"].as_u64().unwrap()),
        "{told}"
    );

    // The next one takes ten times as long.
    set(
        &practice,
        json!({"faults": {"job-progress": 1, "job-slow": 1}}),
    );
    let slow = start_import(&tenant, &connection, &users).unwrap();
    let told = get(&practice, &format!("/api/v2/jobs/{}", slow.id)).1;
    assert!(
        (100..=200).contains(&told["time_left_seconds"].as_u64().unwrap()),
        "{told}"
    );
}

#[test]
fn a_job_can_be_forgotten_when_it_or_its_report_is_asked_for() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("gone", "uni.test", 1).unwrap();
    for (fault, path) in [("job-lost@job", ""), ("job-lost@report", "/errors")] {
        let job = start_import(&tenant, &connection, &users).unwrap();
        wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
        set(&practice, json!({"faults": {fault: 1}}));
        let path = format!("/api/v2/jobs/{}{path}", job.id);
        assert_eq!(get(&practice, &path).0, 404);
    }
}
