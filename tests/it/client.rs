//! The whole story through the crate, against a practice tenant.

use auth0_bulk_users::*;

use crate::process::{is_in_a_process, itself, said};
use crate::server::{DATABASE, Practice, answer, canned, token};
use crate::turned::turned_time;

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn users_are_imported_reported_and_removed_again() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("imfake", "uni.test", 3).unwrap();
    let accounts = set_passwords(&users, Passwords::SameAsUsername).unwrap();
    let before = start_import(&tenant, &connection, &[User::new("there@uni.test")]).unwrap();
    wait_for_job(&tenant, &before, LIMIT).unwrap();

    let mut mixed: Vec<User> = accounts.to_vec();
    mixed.push(User::new("there@uni.test"));
    mixed.push(User::new("no-address"));
    mixed.push(User {
        password_hash: Some("$2y$10$abc".into()),
        ..User::new("hash@uni.test")
    });
    let job = start_import(&tenant, &connection, &mixed).unwrap();
    let finished = wait_for_job(&tenant, &job, LIMIT).unwrap();
    let summary = finished.summary.unwrap();
    assert_eq!((summary.inserted, summary.failed, summary.total), (3, 3, 6));
    assert!(
        finished
            .to_string()
            .contains("completed, which is not success: 3 of 6 inserted, 3 refused")
    );

    let errors = job_errors(&tenant, &finished).unwrap();
    let told: Vec<_> = errors
        .iter()
        .map(|failed| {
            (
                failed.row,
                failed.errors[0].field.as_deref(),
                failed.errors[0].code.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some(4), None, "DUPLICATED_USER"),
            (Some(5), Some("email"), "INVALID_FORMAT"),
            (Some(6), Some("password_hash"), "PATTERN")
        ]
    );
    assert_eq!(errors.explanation(), None);

    let plan = plan_removal(&tenant, &finished).unwrap();
    assert_eq!(plan.users.len(), 3, "who was there before stays: {plan}");
    assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 3);
    assert!(plan_removal(&tenant, &finished).unwrap().users.is_empty());
    let again = start_import(&tenant, &connection, &[User::new("there@uni.test")]).unwrap();
    assert_eq!(
        wait_for_job(&tenant, &again, LIMIT)
            .unwrap()
            .summary
            .unwrap()
            .failed,
        1
    );
}

#[test]
fn an_empty_report_of_a_job_is_explained() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let job = start_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    let finished = wait_for_job(&tenant, &job, LIMIT).unwrap();
    assert_eq!(
        job_errors(&tenant, &finished).unwrap().explanation(),
        Some("no user was refused")
    );
}

#[test]
fn the_practice_tenant_is_open_and_another_is_read_only() {
    assert!(!Practice::start(&[]).tenant().is_read_only());
    let practice = Practice::start(&["--unmarked"]);
    let (tenant, connection) = practice.database();
    assert!(tenant.is_read_only() && !tenant.is_practice());
    let users = [User::new("a@uni.test")];
    let refused = start_import(&tenant, &connection, &users).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ReadOnly, "{refused}");
    assert!(
        refused
            .to_string()
            .contains("tenant.allow_writes(\"127.0.0.1:"),
        "{refused}"
    );
    let other = tenant.allow_writes("dev-1.us.auth0.com").unwrap_err();
    assert_eq!(other.kind(), ErrorKind::ReadOnly, "{other}");
    let open = tenant.allow_writes(practice.get("DOMAIN")).unwrap();
    assert!(start_import(&open, &connection, &users).is_ok());
    assert!(tenant.is_read_only(), "the first value stays as it is");
}

#[test]
fn a_read_only_tenant_is_sent_no_sign_in_and_may_be_exported() {
    let _time = turned_time();
    let (base, requests) = canned(vec![answer(403, "", "{}")]);
    let real = token(&base, serde_json::json!({"practice_tenant": null}));
    let tenant = Tenant::new(&base, &real).unwrap();
    let refused = verify_sign_in(&tenant, DATABASE, "ada", "s3cret").unwrap_err();
    let said = format!(
        "a sign-in, which changes its user (it is counted, a failed one can block them, and one that works replaces an imported hash), was not sent: {} is open read-only; ",
        tenant.domain()
    );
    assert!(refused.to_string().starts_with(&said), "{refused}");
    let card = tenant.to_string();
    assert!(card.contains("no imports, deletes or sign-ins"), "{card}");
    assert!(requests.lock().unwrap().is_empty());
    let open = tenant.allow_writes(tenant.domain()).unwrap();
    let unset = verify_sign_in(&open, DATABASE, "ada", "s3cret").unwrap_err();
    assert!(unset.to_string().contains("with_sign_in"), "{unset}");
    // An export changes no user.
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    export_users(&tenant, &connection, LIMIT).unwrap_err();
    let requests = requests.lock().unwrap();
    assert!(requests[0].starts_with("POST /api/v2/jobs/users-exports"));
}

#[test]
fn connections_that_take_no_import_are_refused_and_the_others_listed() {
    let practice = Practice::start(&[]);
    let tenant = practice.tenant();
    assert_eq!(
        get_connection_id(&tenant, "Email-Only-Users")
            .unwrap()
            .takes_usernames(),
        Some(false)
    );
    for (name, part) in [
        (
            "Usernames",
            "no connection `Usernames`; this tenant has: Username-Password-Authentication, Email-Only-Users",
        ),
        ("username-password-authentication", "no connection"),
        ("email", "its strategy is `email`"),
        ("unused-database", "no application uses it"),
    ] {
        let error = get_connection_id(&tenant, name).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let error = ConnectionId::new(DATABASE).unwrap_err().to_string();
    assert!(error.contains("is not a connection id"), "{error}");
}

#[test]
fn the_size_is_checked_before_anything_is_sent() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let user = |text: usize| User {
        name: Some("x".repeat(text)),
        ..User::new("a@uni.test")
    };
    let error = start_import(&tenant, &connection, &[user(MAX_UPLOAD_BYTES)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    let sentence = error.to_string().replace(',', "");
    let words = sentence.split(' ');
    let words = words.map(|word| word.trim_end_matches(';'));
    let mut numbers = words.filter_map(|word| word.parse::<usize>().ok());
    let [_users, bytes, limit] = [(); 3].map(|()| numbers.next().unwrap());
    // The largest that fits is taken by the tenant, one byte more is refused here.
    let framing = bytes - MAX_UPLOAD_BYTES;
    assert!(start_import(&tenant, &connection, &[user(limit - framing)]).is_ok());
    assert!(start_import(&tenant, &connection, &[user(limit - framing + 1)]).is_err());
    let nobody = start_import(&tenant, &connection, &[]).unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::NoUsers);
}

#[test]
fn a_third_job_waits_for_a_slot_and_the_limit_of_a_wait_names_the_job() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "0.01"]);
    let (tenant, connection) = practice.database();
    let start = |email: &str| start_import(&tenant, &connection, &[User::new(email)]);
    let job = start("a@uni.test").unwrap();
    start("b@uni.test").unwrap();
    let error = start("c@uni.test").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoJobSlot, "{error}");
    let error = wait_for_job(&tenant, &job, Duration::from_millis(30))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(job.id.as_str()) && error.contains("run this cell again to wait longer"),
        "{error}"
    );
}

#[test]
fn the_rate_limit_is_waited_for() {
    let _time = turned_time();
    let practice = Practice::start(&["--rate", "2", "--burst", "1"]);
    let tenant = practice.tenant();
    for _ in 0..3 {
        get_connection_id(&tenant, DATABASE).unwrap();
    }
}

#[test]
fn the_recorded_traffic_is_understood() {
    let _time = turned_time();
    let connections = r#"{"total":1,"start":0,"limit":50,"connections":[{"id":"con_K0ljl9jSgDCWZQ5u","options":{"mfa":{"active":true},"passwordPolicy":"good","strategy_version":2,"brute_force_protection":true},"strategy":"auth0","name":"Username-Password-Authentication","is_domain_connection":false,"realms":["Username-Password-Authentication"],"enabled_clients":["x"]}]}"#;
    let created = r#"{"type":"users_import","status":"pending","connection_id":"con_K0ljl9jSgDCWZQ5u","connection":"Username-Password-Authentication","created_at":"2022-01-01T00:00:00.000Z","id":"job_0123456789abcdef"}"#;
    let done = r#"{"type":"users_import","status":"completed","connection_id":"con_K0ljl9jSgDCWZQ5u","summary":{"failed":0,"updated":0,"inserted":1,"total":1},"connection":"Username-Password-Authentication","created_at":"2022-01-01T00:00:00.000Z","id":"job_0123456789abcdef"}"#;
    let json = "content-type: application/json; charset=utf-8\r\n";
    let report = r#"[{"user":{"email":"auzironian@example.com","email_verified":true},"errors":[{"code":"DUPLICATED_USER","message":"The user already exist and upsert parameter is false"}]}]"#;
    let generic = r#"{"status":"failed","type":"users_import","created_at":"","id":"job_0123456789abcdef","connection_id":"con_K0ljl9jSgDCWZQ5u","status_details":"Failed to parse users file"}"#;
    let answers = vec![
        answer(200, json, connections),
        answer(202, json, created),
        answer(200, json, done),
        answer(200, "content-type: application/json\r\n", report),
        answer(200, json, generic),
        answer(204, "", ""),
    ];
    let (base, requests) = canned(answers);
    let tenant = Tenant::new(&base, &token(&base, serde_json::json!({}))).unwrap();
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let job = start_import(&tenant, &connection, &[User::new("auzironian@example.com")]).unwrap();
    let finished = wait_for_job(&tenant, &job, LIMIT).unwrap();
    assert_eq!(finished.summary.unwrap().inserted, 1);
    assert_eq!(job_errors(&tenant, &finished).unwrap()[0].row, Some(1));
    let errors = job_errors(&tenant, &finished).unwrap();
    assert!(
        errors.is_empty()
            && errors
                .explanation()
                .unwrap()
                .contains("Failed to parse users file")
    );
    assert_eq!(
        job_errors(&tenant, &finished).unwrap().explanation(),
        Some("no user was refused")
    );
    let requests = requests.lock().unwrap();
    let upload = &requests[1];
    for part in [
        "name=\"upsert\"\r\n\r\nfalse",
        "name=\"send_completion_email\"\r\n\r\nfalse",
        "filename=\"users.json\"",
        "con_K0ljl9jSgDCWZQ5u",
    ] {
        assert!(upload.contains(part), "{part} in {upload}");
    }
}

#[test]
fn users_drawn_with_hostile_text_stay_in_their_cells() {
    let hostile = User {
        name: Some("a\"<b>\nEVCXR_END_CONTENT\n\u{202e}😀".into()),
        ..User::new("a@uni.test")
    };
    let drawn = Users::from(vec![hostile]).to_string();
    assert!(
        !drawn.lines().any(|line| line.trim() == "EVCXR_END_CONTENT"),
        "{drawn}"
    );
}

/// What a test prints is caught, so this runs in a process of its own: the test calls itself.
#[test]
fn slow_work_says_how_far_it_is_and_how_long_it_will_take() {
    if is_in_a_process() {
        return slow_work();
    }
    let name = "client::slow_work_says_how_far_it_is_and_how_long_it_will_take";
    let printed = said(&mut itself(name));
    for part in [
        "; waited 1 s of at most 20 s",
        "of 7 users looked up, about ",
        "of 7 users deleted, about ",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

/// At two requests a second.
fn slow_work() {
    let _time = turned_time();
    let practice = Practice::start(&["--rate", "2", "--burst", "1", "--job-speed", "2"]);
    let (tenant, connection) = practice.database();
    let users = generate_users("slow", "uni.test", 7).unwrap();
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, LIMIT).unwrap();
    let plan = plan_removal(&tenant, &finished).unwrap();
    assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 7);
}

/// Settings come from the environment, so this runs in processes of their own: the test calls itself.
#[test]
fn settings_choose_the_tenant_and_a_password_signs_in() {
    if is_in_a_process() {
        return with_settings();
    }
    let practice = Practice::start(&[]);
    let run = |settings: &[(&str, &str)]| {
        let name = "client::settings_choose_the_tenant_and_a_password_signs_in";
        let mut child = itself(name);
        for (name, _) in &practice.lines {
            child.env_remove(name);
        }
        let child = child.current_dir(env!("CARGO_TARGET_TMPDIR"));
        let output = child.envs(settings.iter().copied()).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        for (_, secret) in settings
            .iter()
            .filter(|(name, _)| name.ends_with("SECRET") || name.ends_with("TOKEN"))
        {
            assert!(secret.is_empty() || !printed.contains(secret), "{printed}");
        }
        printed
    };
    let domain = ("DOMAIN", practice.get("DOMAIN"));
    let [id, secret] = ["CLIENT_ID", "CLIENT_SECRET"].map(|name| (name, practice.get(name)));
    let sign_in =
        ["SIGN_IN_CLIENT_ID", "SIGN_IN_CLIENT_SECRET"].map(|name| (name, practice.get(name)));
    let whole = run(&[domain, id, secret, sign_in[0], sign_in[1]]);
    for part in [
        "practice tenant",
        "1 refused: Some(WrongPassword)",
        "signed in to Username",
    ] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    let grant = run(&[
        domain,
        id,
        secret,
        ("SIGN_IN_CLIENT_ID", id.1),
        ("SIGN_IN_CLIENT_SECRET", secret.1),
    ]);
    assert!(
        grant.contains("1 refused: Some(GrantNotAllowed)"),
        "{grant}"
    );
    for (settings, part) in [
        (
            &[("MGMT_API_ACCESS_TOKEN", "a.b.c")][..],
            "the setting DOMAIN cannot be used: it is not set, though MGMT_API_ACCESS_TOKEN is",
        ),
        (
            &[domain][..],
            "the setting MGMT_API_ACCESS_TOKEN cannot be used",
        ),
        (
            &[domain, id][..],
            "the setting CLIENT_SECRET cannot be used",
        ),
        (
            &[domain, id, ("CLIENT_SECRET", "wrong-secret")][..],
            "(401 access_denied): Unauthorized",
        ),
        (
            &[
                ("DOMAIN", "http://dev-1.us.auth0.com"),
                ("MGMT_API_ACCESS_TOKEN", "a.b.c"),
            ][..],
            "would send the token without encryption",
        ),
    ] {
        let printed = run(settings);
        assert!(printed.contains(part), "{printed}");
    }
}

fn with_settings() {
    let tenant = match Tenant::from_env() {
        Ok(tenant) => tenant,
        Err(error) => return println!("{error}"),
    };
    println!("{tenant}");
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let users = generate_users("imfake", "uni.test", 1).unwrap();
    let accounts = set_passwords(&users, Passwords::SameAsUsername).unwrap();
    let job = start_import(&tenant, &connection, &accounts).unwrap();
    wait_for_job(&tenant, &job, LIMIT).unwrap();
    for (number, password) in ["wrong", "imfake_01"].into_iter().enumerate() {
        match verify_sign_in(&tenant, DATABASE, "imfake_01", password) {
            Ok(sign_in) => println!("{sign_in}"),
            Err(error) if error.kind() == ErrorKind::SignIn => {
                println!("{} refused: {:?}", number + 1, error.sign_in_refusal())
            }
            Err(error) => println!("{error}"),
        }
    }
}

#[test]
fn a_tenant_by_domain_and_token_signs_in_with_the_application_that_it_is_given() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let base = practice.get("DOMAIN");
    let (opened, connection) = practice.database();
    let users = generate_users("given", "uni.test", 1).unwrap();
    let accounts = set_passwords(&users, Passwords::SameAsUsername).unwrap();
    let job = start_import(&opened, &connection, &accounts).unwrap();
    wait_for_job(&opened, &job, LIMIT).unwrap();

    let plain = Tenant::new(base, practice.get("MGMT_API_ACCESS_TOKEN")).unwrap();
    let (id, secret) = (
        practice.get("SIGN_IN_CLIENT_ID"),
        practice.get("SIGN_IN_CLIENT_SECRET"),
    );
    let tenant = plain.with_sign_in(id, secret);
    let signed_in = verify_sign_in(&tenant, DATABASE, "given_01", "given_01").unwrap();
    assert_eq!(signed_in.login, "given_01");
    // The tenant that it was made of has none, and another one may have another.
    assert!(verify_sign_in(&plain, DATABASE, "given_01", "given_01").is_err());
    let other = tenant.with_sign_in(id, "not the secret");
    let refused = verify_sign_in(&other, DATABASE, "given_01", "given_01").unwrap_err();
    let refusal = refused.sign_in_refusal();
    assert_eq!(refusal, Some(SignInRefusal::WrongApplication), "{refused}");
    for shown in [
        tenant.to_string(),
        format!("{tenant:?} {}", tenant.requests()),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(!format!("{}", other.requests()).contains("not the secret"));
}
