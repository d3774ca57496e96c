//! What was sent, to look at: every secret out, every row a `curl` line that works.

use std::process::Command;

use auth0_bulk_users::*;
use serde_json::{Map, Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::TestFolder;
use crate::server::{DATABASE, Practice, answer, canned, token};

/// Runs the test of that name in a process of its own, whose stdout is what a kernel would read.
fn in_a_process(name: &str, settings: &[(&str, &str)]) -> String {
    let mut command = itself(&format!("requests::{name}"));
    let command = command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    said(command.envs(settings.iter().copied()))
}

/// Prints everything a reader can see of what was sent: `Debug`, plain and html, of all and of each.
fn show(tenant: &Tenant) {
    println!("{:?}\n{}", tenant.requests(), tenant.requests());
    tenant.requests().evcxr_display();
    for sent in &tenant.requests() {
        println!("{sent}");
        sent.evcxr_display();
    }
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
        ..User::new("anna@uni.test")
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
        "anna@uni.test",
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
    // So that a look-up is one request.
    let practice = Practice::start(&["--enabled-clients"]);
    let tenant = practice.tenant();
    let clone = tenant.request_limit(Duration::from_secs(5));
    assert_eq!(tenant.requests().len(), 0);
    for _ in 0..205 {
        users_by_email(&clone, "nobody@uni.test").unwrap();
    }
    let log = tenant.requests();
    assert_eq!((log.len(), log.before()), (200, 5));
    let text = log.to_string();
    assert!(
        text.starts_with("205 requests sent, the last 25 shown: `tenant.requests()[175]` shows one of them whole\n[175] GET /api/v2/users-by-email?"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 26, "one line each: {text}");
    let one = log[175].to_string();
    assert!(
        one.contains("\n   answered []\n   printf 'Authorization"),
        "{one}"
    );
}

#[test]
fn what_was_not_answered_is_there_too() {
    let practice = Practice::start(&["--fault", "reset=1"]);
    let tenant = practice.tenant();
    get_connection_id(&tenant, DATABASE).unwrap();
    let log = tenant.requests();
    assert_eq!((log[0].status, log[1].status), (None, Some(200)));
    assert!(log.to_string().contains(": no answer, "), "{log}");
}

/// What the processes that a line starts are told as arguments, which everybody on the machine can read, and what
/// curl reads: from a curl that tells it.
fn arguments_and_input(line: &str, variables: &[(&str, &str)]) -> (String, String) {
    let folder = TestFolder::new();
    let curl = folder.join("curl");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" > arguments\ncat > input\n";
    std::fs::write(&curl, script).unwrap();
    let chmod = Command::new("chmod").arg("+x").arg(&curl).status();
    assert!(chmod.unwrap().success());
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let status = Command::new("sh")
        .args(["-c", line])
        .current_dir(&*folder)
        .env("PATH", path)
        .envs(variables.iter().copied())
        .status();
    assert!(status.unwrap().success(), "{line}");
    let told = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    (told("arguments"), told("input"))
}

/// Runs a line in a shell, with the token in its environment alone.
fn shell(practice: &Practice, folder: &std::path::Path, line: &str) -> Value {
    let name = "MGMT_API_ACCESS_TOKEN";
    let token = (name.to_string(), practice.get(name).to_string());
    shell_with(folder, line, &[token])
}

fn shell_with(folder: &std::path::Path, line: &str, variables: &[(String, String)]) -> Value {
    let output = Command::new("sh")
        .args(["-c", &format!("{line} --silent --show-error")])
        .current_dir(folder)
        .envs(variables.iter().cloned())
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
    let users = generate_users("curl's", "uni.test", 2).unwrap();
    let options = ImportOptions::default().external_id("@it's; a word");
    let job = start_import_with(&tenant, &connection, &users, &options).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();

    let folder = TestFolder::new();
    export_users(&tenant, &connection, Duration::from_secs(20)).unwrap();
    let more = json!([{"email": "curl@uni.test"}]).to_string();
    std::fs::write(folder.join("users.json"), more).unwrap();
    let log = tenant.requests();
    let line = |part: &str| {
        log.iter()
            .find(|sent| sent.path.contains(part))
            .unwrap()
            .curl()
    };
    for part in ["/connections", "/users-imports"] {
        let secret = [("MGMT_API_ACCESS_TOKEN", "planted")];
        let (arguments, input) = arguments_and_input(line(part), &secret);
        assert_eq!(input, "Authorization: Bearer planted\n");
        assert!(
            arguments.contains(part) && !arguments.contains("planted"),
            "{arguments}"
        );
    }
    let secret = [("LOCATION", "https://planted")];
    let (arguments, input) = arguments_and_input(line(".gz?"), &secret);
    assert_eq!(input, "url = \"https://planted\"\n");
    assert!(!arguments.contains("planted"), "{arguments}");
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
}

/// The lines of a practice tenant, as settings of a process.
fn settings(practice: &Practice) -> Vec<(&str, &str)> {
    let names = [
        "DOMAIN",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "SIGN_IN_CLIENT_ID",
        "SIGN_IN_CLIENT_SECRET",
    ];
    names.map(|name| (name, practice.get(name))).to_vec()
}

#[test]
fn a_sign_in_is_recorded_with_its_username_whatever_the_password_is_and_its_line_works() {
    let login = "anna_01@uni.test";
    if is_in_a_process() {
        let tenant = Tenant::from_env().unwrap();
        let connection = get_connection_id(&tenant, DATABASE).unwrap();
        let user = User {
            password_hash: Some(hash_password("anna_01").unwrap()),
            ..User::new(login)
        };
        let job = start_import(&tenant, &connection, &[user]).unwrap();
        wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
        verify_sign_in(&tenant, DATABASE, login, "anna_01").unwrap();
        let log = tenant.requests();
        let sent = |part: &str| log.iter().rfind(|sent| sent.sent.contains(part)).unwrap();
        println!("\nsent {}", sent("password-realm").sent);
        println!("sign-in {}", sent("password-realm").curl());
        println!("token {}", sent("client_credentials").curl());
        // Passwords that stand in Auth0's own sentence.
        for password in ["e", "email"] {
            let refused = verify_sign_in(&tenant, DATABASE, login, password).unwrap_err();
            let log = tenant.requests();
            println!("{password}: {refused} {}", log.last().unwrap().answered);
        }
        return;
    }
    let practice = Practice::start(&[]);
    let settings = settings(&practice);
    let name =
        "a_sign_in_is_recorded_with_its_username_whatever_the_password_is_and_its_line_works";
    let shown = in_a_process(name, &settings);
    let line = |start: &str| {
        let mut lines = shown.lines();
        let line = lines.find_map(|line| line.strip_prefix(start));
        line.unwrap_or_else(|| panic!("no {start} in {shown}"))
    };
    assert!(
        line("sent ").contains(&format!("\"username\":\"{login}\"")),
        "{shown}"
    );
    assert!(line("sent ").contains("\"password\":<hidden>"), "{shown}");
    let sentence = "Wrong email or password.";
    assert_eq!(line("e: ").matches(sentence).count(), 2, "{shown}");
    assert!(!line("email: ").contains(sentence), "{shown}");
    assert!(line("email: ").contains("Auth0 says: <hidden>"), "{shown}");
    assert!(
        line("email: ").contains("\"error_description\":\"<hidden>\""),
        "{shown}"
    );
    if Command::new("curl").arg("--version").output().is_err() {
        println!("no curl on this machine");
        return;
    }
    let folder = TestFolder::new();
    let variables = |names: &[&str]| {
        let known = |name: &str| settings.iter().find(|(known, _)| *known == name);
        let value = |name: &&str| {
            known(name)
                .map_or("anna_01", |(_, value)| *value)
                .to_string()
        };
        names
            .iter()
            .map(|name| (name.to_string(), value(name)))
            .collect::<Vec<_>>()
    };
    for (line, names) in [
        (line("sign-in "), &["SIGN_IN_CLIENT_SECRET", "PASSWORD"][..]),
        (line("token "), &["CLIENT_SECRET"]),
    ] {
        let secrets: Vec<(&str, &str)> = names.iter().map(|name| (*name, "planted")).collect();
        let (arguments, input) = arguments_and_input(line, &secrets);
        assert!(!arguments.contains("planted"), "{arguments}");
        let input: Value = serde_json::from_str(&input).unwrap();
        assert_eq!(input["client_secret"], "planted", "{line}");
        let answer = shell_with(&folder, line, &variables(names));
        assert!(answer["access_token"].is_string(), "{line}: {answer}");
    }
}

/// The record of a request that was refused with this answer.
fn recorded(answered: &Value) -> SentRequest {
    let (base, _) = canned(vec![answer(400, "", &answered.to_string())]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    find_users(&tenant, "").unwrap_err();
    tenant.requests()[0].clone()
}

#[test]
fn hex_keys_are_hidden_in_answers_and_names_of_connections_are_not() {
    let hash = "d41d8cd98f00b204e9800998ecf8427e";
    let name = "Username-Password-Authentication-Staging-2024";
    let record = recorded(&json!({"message": format!("no {hash}, nor {}.", hash.repeat(2))}));
    assert_eq!(
        record.answered,
        r#"{"message":"no <hidden>, nor <hidden>."}"#
    );
    let answered = json!({"connections": [{"name": name, "realms": [name]}]});
    assert_eq!(recorded(&answered).answered, answered.to_string());
    let answered = json!({"connection": name, "realm": name});
    assert_eq!(recorded(&answered).answered, answered.to_string());
}

#[test]
fn a_long_external_id_with_line_breaks_is_whole_in_the_line_and_beyond_4000_a_variable() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = [User::new("long@uni.test")];
    let line = |external_id: &str| {
        let options = ImportOptions::default().external_id(external_id);
        let job = start_import_with(&tenant, &connection, &users, &options).unwrap();
        wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
        let log = tenant.requests();
        let sent = log
            .iter()
            .rfind(|sent| sent.path.ends_with("/users-imports"));
        sent.unwrap().clone()
    };
    let id = format!("it's\r\n\r\ntwo lines\n{}", "and long ".repeat(100));
    let sent = line(&id);
    let shown: Vec<&str> = sent.sent.lines().collect();
    assert_eq!(shown.len(), 5, "a line for each part: {}", sent.sent);
    assert!(shown[2].starts_with("external_id=it's") && shown[2].len() < 140);
    assert!(sent.curl().contains(&id.replace('\'', r"'\''")), "{sent:?}");
    let long = line(&"long ".repeat(801));
    let part = "--form-string \"external_id=$EXTERNAL_ID\"";
    assert!(long.curl().contains(part), "{long:?}");
    if Command::new("curl").arg("--version").output().is_err() {
        println!("no curl on this machine");
        return;
    }
    let folder = TestFolder::new();
    std::fs::write(folder.join("users.json"), r#"[{"email": "long@uni.test"}]"#).unwrap();
    let again = shell(&practice, &folder, sent.curl());
    assert_eq!(again["external_id"], id);
}
