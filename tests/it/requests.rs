//! What was sent, to look at: every secret out, every row a `curl` line that works.

use std::process::Command;

use auth0_bulk_users::*;
use serde_json::{Map, Value, json};

use crate::server::{DATABASE, Practice, answer, canned, token};

/// Runs the test of that name in a process of its own, whose stdout is what a kernel would read.
fn in_a_process(name: &str, settings: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&format!("requests::{name}"), "--exact", "--nocapture"])
        .current_dir(std::env::temp_dir())
        .env("IN_A_PROCESS", "1")
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

fn is_in_a_process() -> bool {
    std::env::var_os("IN_A_PROCESS").is_some()
}

/// Prints everything a reader can see of what was sent: `Debug`, plain and html.
fn show(tenant: &Tenant) {
    println!("{:?}\n{}", tenant.requests(), tenant.requests());
    tenant.requests().evcxr_display();
}

fn import_of_secrets() {
    let tenant = Tenant::from_env().unwrap();
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let planted = |text: &str| json!(format!("planted-{text}"));
    let metadata = |text: &str| Map::from_iter([("note".to_string(), planted(text))]);
    let user = User {
        password_hash: Some(format!("$2b$10${}", "Ab3".repeat(17) + "xy")),
        custom_password_hash: Some(json!({"algorithm": "md5", "hash": {"value": planted("hash")}})),
        mfa_factors: Some(vec![json!({"totp": {"secret": planted("totp")}})]),
        app_metadata: Some(metadata("app")),
        user_metadata: Some(metadata("user")),
        phone_number: Some("+49123456".into()),
        ..User::new("anna@test.edu")
    };
    let job = start_import(&tenant, &connection, &[user]).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    assert_eq!(job_errors(&tenant, &finished).unwrap().len(), 1);
    show(&tenant);
}

#[test]
fn no_secret_of_an_import_is_written_down() {
    if is_in_a_process() {
        return import_of_secrets();
    }
    let practice = Practice::start(&[]);
    let names = ["DOMAIN", "CLIENT_ID", "CLIENT_SECRET"];
    let settings = names.map(|name| (name, practice.get(name)));
    let shown = in_a_process("no_secret_of_an_import_is_written_down", &settings);
    for part in [
        "EVCXR_BEGIN_CONTENT text/html",
        "anna@test.edu",
        "\"password_hash\":<hidden>",
        "client_credentials",
        "$CLIENT_SECRET",
    ] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
    for secret in ["planted-", "Ab3Ab3", "+49123", "eyJ", settings[2].1] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn passwords_and_client_secrets_are_hidden_where_they_are_echoed() {
    if is_in_a_process() {
        let tenant = Tenant::from_env().unwrap();
        let _ = verify_sign_in(&tenant, DATABASE, "anna", "pa55-planted");
        return show(&tenant);
    }
    let echo = |status, body: Value| {
        answer(
            status,
            "content-type: application/json\r\n",
            &body.to_string(),
        )
    };
    let (base, _) = canned(vec![
        echo(
            401,
            json!({"error": "access_denied", "error_description": "s3cret-planted is wrong"}),
        ),
        echo(
            403,
            json!({"error": "invalid_grant", "error_description": "pa55-planted and s1gn-planted are wrong"}),
        ),
    ]);
    let run = |token: &str| {
        let settings = [
            ("DOMAIN", base.as_str()),
            ("MGMT_API_ACCESS_TOKEN", token),
            ("CLIENT_ID", "an-id"),
            ("CLIENT_SECRET", "s3cret-planted"),
            ("SIGN_IN_CLIENT_ID", "sign-in-id"),
            ("SIGN_IN_CLIENT_SECRET", "s1gn-planted"),
        ];
        let name = "passwords_and_client_secrets_are_hidden_where_they_are_echoed";
        in_a_process(name, &settings)
    };
    let refused = run("");
    assert!(refused.contains("access_denied"), "{refused}");
    assert!(!refused.contains("planted"), "{refused}");
    let shown = run(&token(&base, json!({})));
    for part in [
        "EVCXR_BEGIN_CONTENT text/html",
        "invalid_grant",
        "$PASSWORD",
    ] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
    assert!(!shown.contains("planted"), "{shown}");
}

#[test]
fn clones_share_the_record_and_it_stays_bounded() {
    let practice = Practice::start(&[]);
    let tenant = practice.tenant();
    let clone = tenant.request_limit(Duration::from_secs(5));
    assert_eq!(tenant.requests().len(), 0);
    for _ in 0..205 {
        get_connection_id(&clone, DATABASE).unwrap();
    }
    let log = tenant.requests();
    assert_eq!((log.len(), log.before()), (200, 5));
    let text = log.to_string();
    assert!(
        text.starts_with("205 requests sent, the last 25 shown\n181. GET /api/v2/connections?"),
        "{text}"
    );
}

#[test]
fn what_was_not_answered_is_there_too() {
    let practice = Practice::start(&["--fault", "reset=1"]);
    let tenant = practice.tenant();
    get_connection_id(&tenant, DATABASE).unwrap_err();
    let log = tenant.requests();
    assert_eq!((log.len(), log[0].status), (1, None));
    assert!(log.to_string().contains(": no answer after"), "{log}");
}

/// Runs a line in a shell, with the token in its environment alone.
fn shell(practice: &Practice, folder: &std::path::Path, line: &str) -> Value {
    let output = Command::new("sh")
        .args(["-c", &format!("{line} --silent --show-error")])
        .current_dir(folder)
        .env(
            "MGMT_API_ACCESS_TOKEN",
            practice.get("MGMT_API_ACCESS_TOKEN"),
        )
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

#[test]
fn each_row_is_a_curl_line_that_works() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("no curl on this machine: what its lines look like is checked elsewhere");
        return;
    }
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("curl's", "test.edu", 2).unwrap();
    let options = ImportOptions::default().external_id("@it's; a word");
    let job = start_import_with(&tenant, &connection, &users, &options).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();

    let folder = std::env::temp_dir().join(format!("curl-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let more = json!([{"email": "curl@test.edu"}]).to_string();
    std::fs::write(folder.join("users.json"), more).unwrap();
    let log = tenant.requests();
    let line = |part: &str| {
        log.iter()
            .find(|sent| sent.path.contains(part))
            .unwrap()
            .curl()
    };
    let found = shell(&practice, &folder, line("/connections"));
    assert_eq!(found["connections"][0]["name"], DATABASE);
    let again = shell(&practice, &folder, line("/users-imports"));
    assert_eq!(again["external_id"], "@it's; a word");
    let path = format!("/api/v2/jobs/{}", again["id"].as_str().unwrap());
    let read = log
        .iter()
        .find(|sent| sent.path.contains("/jobs/job_"))
        .unwrap();
    let read = read
        .curl()
        .replace(&format!("/api/v2/jobs/{}", job.id), &path);
    shell(&practice, &folder, &read);
    assert_eq!(shell(&practice, &folder, &read)["summary"]["inserted"], 1);
    std::fs::remove_dir_all(&folder).unwrap();
}
