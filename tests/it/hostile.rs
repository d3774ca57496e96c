//! Files and servers that want to give the kernel orders, run a script in the reader's page, or hide what they say.
//!
//! Everything is printed in a process of its own, whose stdout is read here as the kernel reads it (evcxr 0.22,
//! `run_and_capture_output`).

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::process::Command;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself};
use crate::runs::{Named, TestFile, TestFolder, quick};
use crate::server::{Practice, answer, canned, token};

/// Orders to the kernel, a script three ways, and characters that cannot be seen.
const HOSTILE: &str = "x\nEVCXR_BEGIN_CONTENT text/html\n<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>\" onmouseover=\"window.pwned=1\
    \nEVCXR_END_CONTENT\nEVCXR_INPUT_REQUEST_PASSWORD:Token\nEVCXR_ERROR_OCCURRED\nEVCXR_PANIC_NOTIFICATION\nEVCXR_EXECUTION_COMPLETE\n\
    \u{1b}[31m\u{7}\0\r\u{9b}\u{202e}\u{2066}\u{200f}\u{feff}\u{200b}";

/// A tenant whose server gives these answers, one after the other, and the last again and again. Its token has these scopes.
fn tenant_of(scope: &Value, answers: &[(u16, Value)]) -> Tenant {
    let raw = |(status, body): &(u16, Value)| answer(*status, "", &body.to_string());
    let (base, _) = canned(answers.iter().map(raw).collect());
    Tenant::new(&base, &token(&base, json!({ "scope": scope }))).unwrap()
}

fn tenant_that_says(answers: &[(u16, Value)]) -> Tenant {
    tenant_of(&json!(HOSTILE), answers)
}

/// Its token names no scopes, so that nothing is refused before it is sent.
fn open_tenant_that_says(answers: &[(u16, Value)]) -> Tenant {
    tenant_of(&Value::Null, answers)
}

/// Prints a value in every way a reader can; the kernel's own way is the last.
macro_rules! show {
    ($name:literal, $value:expr) => {{
        let value = &$value;
        print_it($name, value);
        println!("{value}");
        value.evcxr_display();
    }};
}

fn print_it(name: &str, value: &impl Debug) {
    println!("== {name}\n{value:?}\n{value:#?}");
}

fn hostile_user() -> User {
    User {
        name: Some(HOSTILE.into()),
        username: Some(HOSTILE.into()),
        user_metadata: json!({HOSTILE: {HOSTILE: [HOSTILE]}}).as_object().cloned(),
        app_metadata: json!({"email": 1, HOSTILE: HOSTILE}).as_object().cloned(),
        ..User::new(HOSTILE)
    }
}

fn print_users_and_errors() {
    let users = Users::from(vec![hostile_user()]);
    show!("User", users[0]);
    show!("Users", users);
    show!("Answer", check_answer(&HOSTILE, "00000000"));
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let problems = check_users(&connection, &users);
    print_it("Problem", &problems);
    for problem in &problems {
        // Its fields as well: a reader prints them.
        println!("{problem}\n{}", escaped(&problem.email));
    }
    print_it(
        "ImportOptions",
        &ImportOptions::default().external_id(HOSTILE),
    );
    for error in errors_about(&users) {
        assert!(error.to_string().chars().count() < 5_000);
        show!("Error", error);
    }
    let recipe = json!({"algorithm": "md5", "hash": {"encoding": "hex"}, "salt": {"value": HOSTILE, "position": "prefix"}});
    show!("HashRecipe", HashRecipe::new(recipe).unwrap());
    let known = [
        KnownHash::new("x", "9dd4e461268c8034f5c8564e155c67a6"),
        KnownHash::new("x", HOSTILE).salt(HOSTILE),
    ];
    show!("HashRecipes", find_recipes(&known).unwrap());
}

/// Errors that tell of what a caller gave.
fn errors_about(users: &Users) -> Vec<Error> {
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let tenant = open_tenant_that_says(&[(200, json!({}))]);
    let writable = tenant.allow_writes(tenant.domain()).unwrap();
    let heavy = User {
        name: Some("x".repeat(600_000)),
        ..User::new(HOSTILE)
    };
    let nameless = [User::new(HOSTILE)];
    let own = Passwords::SameAsUsername;
    let unlike = json!({"algorithm": HOSTILE, "hash": {"encoding": HOSTILE}});
    let options = ImportOptions::default();
    vec![
        ConnectionId::new(HOSTILE).unwrap_err(),
        tenant.allow_writes(HOSTILE).unwrap_err(),
        Tenant::new(HOSTILE, HOSTILE).unwrap_err(),
        generate_users(HOSTILE, HOSTILE, 1).unwrap_err(),
        generate_users("a", HOSTILE, 1).unwrap_err(),
        read_csv(HOSTILE, &[]).unwrap_err(),
        resume_import(&tenant, HOSTILE).unwrap_err(),
        resume_import(&tenant, &HOSTILE.repeat(1_000)).unwrap_err(),
        start_import(&writable, &connection, &[heavy]).unwrap_err(),
        import_users(&writable, &connection, users, &options).unwrap_err(),
        set_passwords(&nameless, own).unwrap_err(),
        verify_password(&nameless[0], "a password").unwrap_err(),
        HashRecipe::new(unlike).unwrap_err(),
    ]
}

fn print_answers() {
    show!("Tenant", tenant_that_says(&[(200, json!({}))]));
    let other = json!({"id": "con_0123456789abcdef", "name": HOSTILE, "strategy": HOSTILE});
    let mut database = json!({"id": "con_fedcba9876543210", "name": HOSTILE, "strategy": "auth0"});
    database["enabled_clients"] = json!([HOSTILE]);
    database["options"] = json!({});
    let listed = json!({"connections": [other, database], "clients": [{"client_id": HOSTILE}]});
    let connections = list_connections(&open_tenant_that_says(&[(200, listed.clone())])).unwrap();
    show!("Connections", connections);
    for connection in connections.iter() {
        show!("Connection", connection);
        println!(
            "{}\n{}",
            escaped(&connection.name),
            connection.strategy.escape_debug()
        );
    }
    show!("ConnectionId", connections[0].id);
    let nothing = (200, json!({"connections": []}));
    let tenant = open_tenant_that_says(&[nothing, (200, listed)]);
    show!(
        "Error",
        get_connection_id(&tenant, "Usernames").unwrap_err()
    );
    for status in [400, 403, 429, 500] {
        let said = json!({"message": HOSTILE, "errorCode": HOSTILE, "statusCode": status});
        let tenant = open_tenant_that_says(&[(status, said)]);
        let error =
            get_connection_id(&tenant.request_limit(Duration::from_secs(5)), "a").unwrap_err();
        show!("Error", error);
    }
    let profile = json!({"user_id": HOSTILE, "email": HOSTILE, "name": HOSTILE, "username": HOSTILE, "created_at": HOSTILE,
        "identities": [{"connection": HOSTILE}], "user_metadata": {HOSTILE: [{HOSTILE: HOSTILE}]}});
    let tenant = open_tenant_that_says(&[(200, json!([profile]))]);
    let found = users_by_email(&tenant, HOSTILE).unwrap();
    show!("FoundUsers", found);
    print_it("Profile", &found[0]);
    let Some(name) = &found[0].name else {
        panic!("it has a name")
    };
    // Data are as they came, but for the kernel's words.
    println!("{}", escaped(name));
    show!("RequestLog", tenant.requests());
    show!("SentRequest", tenant.requests()[0]);
    let sent = &tenant.requests()[0];
    println!(
        "{}\n{}\n{}",
        sent.path,
        escaped(&sent.answered),
        escaped(sent.curl())
    );
}

/// Characters that cannot be seen may be in data; the kernel's words may not.
fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
}

fn print_jobs() {
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let accepted =
        json!({"id": "job_0123456789abcdef", "status": "pending", "created_at": HOSTILE});
    let summary = json!({"failed": 1, "updated": 0, "inserted": 0, "total": 1});
    let ended = json!({"id": "job_0123456789abcdef", "status": "completed", "summary": summary});
    let row = json!([{"user": {"email": HOSTILE}, "errors": [{"code": HOSTILE, "message": HOSTILE, "path": HOSTILE}]}]);
    let whole = json!({"status_details": {HOSTILE: HOSTILE}});
    for report in [row, whole] {
        let tenant =
            open_tenant_that_says(&[(200, accepted.clone()), (200, ended.clone()), (200, report)]);
        let job = start_import(&tenant, &connection, &[User::new(HOSTILE)]).unwrap();
        show!("Job", job);
        println!("{}", escaped(&job.created_at));
        let finished = wait_for_job(&tenant, &job, Duration::from_secs(5)).unwrap();
        show!("FinishedJob", finished);
        let errors = job_errors(&tenant, &finished).unwrap();
        show!("JobErrors", errors);
        println!("{:?}", errors.explanation());
        for failed in errors.iter() {
            println!("{}", escaped(failed.email.as_deref().unwrap_or_default()));
            let RowError {
                code,
                field,
                message,
                ..
            } = &failed.errors[0];
            println!(
                "{code}\n{}\n{message}",
                field.as_deref().unwrap_or_default()
            );
        }
    }
}

fn print_a_run(practice: &Tenant) {
    let connection = get_connection_id(practice, "Email-Only-Users").unwrap();
    let name = Named::new("hostile");
    let good = User {
        name: Some(HOSTILE.into()),
        // No key of metadata may hold a dot.
        user_metadata: json!({HOSTILE.replace('.', ""): HOSTILE})
            .as_object()
            .cloned(),
        ..User::new("hostile@uni.test")
    };
    let users = [good, hostile_user()];
    show!(
        "ImportPlan",
        plan_import(practice, &connection, &users).unwrap()
    );
    let options = quick(&name).skip_bad_rows(true);
    show!(
        "Rehearsal",
        rehearse_import(practice, &connection, &users, &options).unwrap()
    );
    let report = import_users(practice, &connection, &users, &options).unwrap();
    show!("ImportReport", report);
    print_it("Attention", &report.attention());
    println!("{}", escaped(&report.attention()[0].email));
    let exported = export_users(practice, &connection, Duration::from_secs(20)).unwrap();
    show!("ExportedUsers", exported);
    let mut plan = plan_run_removal(practice, report.folder()).unwrap();
    plan.users[0].0 = HOSTILE.into();
    show!("RemovalPlan", plan);
    show!("CleanUp", plan_clean_up(practice).unwrap());
    show!("Removed", remove_users(practice, plan).unwrap());
    let rest = plan_clean_up(practice).unwrap();
    show!("CleanedUp", clean_up(practice, rest).unwrap());
}

fn print_files() {
    let heading = format!(
        "email,\"{}\",name\na@uni.test,1,x\n",
        HOSTILE.replace('"', "\"\"")
    );
    let file = TestFile::new(heading.as_bytes());
    let mut rows = read_csv(file.path(), &[]).unwrap();
    print_it("UserFile", &rows);
    assert_eq!(rows.by_ref().count(), 1);
    let folder = TestFolder::new();
    let named = folder.join("EVCXR_INPUT_REQUEST x.csv");
    std::fs::write(&named, &heading).unwrap();
    let options = ReadOptions::default().leave_out(HOSTILE);
    let inspection = inspect_users_with(&named, &options).unwrap();
    show!("FileReport", inspection);
    println!("{:?} {:?}", inspection.fields(), inspection.failing());
    inspection.save_csv(folder.join("inspection")).unwrap();
    show!(
        "Error",
        read_csv(file.path(), &[("no such", "email")]).unwrap_err()
    );
    let line = json!({"email": "a@uni.test", HOSTILE: 1}).to_string();
    let file = TestFile::new(line.as_bytes());
    assert_eq!(read_ndjson(file.path()).unwrap().count(), 1);
    show!("Error", read_csv(HOSTILE, &[]).unwrap_err());
    show!("Error", read_ndjson(HOSTILE).unwrap_err());
    show!("Error", generate_users(HOSTILE, "uni.test", 1).unwrap_err());
    show!("Error", generate_users("a", HOSTILE, 1).unwrap_err());
}

#[test]
#[ignore = "the process whose stdout the tests read"]
fn prints_everything() {
    let Ok(domain) = std::env::var("HOSTILE_DOMAIN") else {
        return;
    };
    println!();
    print_users_and_errors();
    print_answers();
    print_jobs();
    print_files();
    print_a_run(&Tenant::new(&domain, &std::env::var("HOSTILE_TOKEN").unwrap()).unwrap());
    let tenant = Tenant::from_env().unwrap();
    let refused = verify_sign_in(&tenant, HOSTILE, HOSTILE, "a password");
    show!("Error", refused.unwrap_err());
    show!(
        "SignIn",
        verify_sign_in(&tenant, HOSTILE, HOSTILE, "a password").unwrap()
    );
    show!("CostTimes", measure_costs([4]).unwrap());
    println!("== stopped");
    let refused = ConnectionId::new(HOSTILE);
    assert!(std::panic::catch_unwind(|| refused.or_stop()).is_err());
}

/// What the kernel would make of that output: lines, and results by their kind. Whatever else it would do is a failure.
fn read_as_the_kernel(stdout: &str) -> (Vec<&str>, Vec<(&str, String)>) {
    let (mut lines, mut results) = (Vec::new(), Vec::new());
    let mut rest = stdout.lines();
    while let Some(line) = rest.next() {
        let Some(kind) = line.strip_prefix("EVCXR_BEGIN_CONTENT ") else {
            assert!(!line.contains("EVCXR_"), "an order: {line}");
            lines.push(line);
            continue;
        };
        assert!(["text/html", "text/plain"].contains(&kind), "{line}");
        let content = rest
            .by_ref()
            .take_while(|line| *line != "EVCXR_END_CONTENT");
        let content = content.collect::<Vec<_>>().join("\n");
        assert!(!content.contains("EVCXR_"), "an order: {content}");
        results.push((kind, content));
    }
    (lines, results)
}

/// What runs `prints_everything`, given what it needs.
fn printed() -> String {
    let practice = Practice::start(&[]);
    let refused = json!({"error": "invalid_grant", "error_description": HOSTILE});
    let answers = [(403, refused), (200, json!({"access_token": HOSTILE}))];
    let answers = answers.map(|(status, body)| answer(status, "", &body.to_string()));
    let (base, _) = canned(answers.to_vec());
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "hostile::prints_everything",
            "--ignored",
            "--nocapture",
        ])
        .env("HOSTILE_DOMAIN", practice.get("DOMAIN"))
        .env("HOSTILE_TOKEN", practice.get("MGMT_API_ACCESS_TOKEN"))
        .env("DOMAIN", &base)
        .env("MGMT_API_ACCESS_TOKEN", token(&base, json!({})))
        .env("SIGN_IN_CLIENT_ID", "an application")
        .env("SIGN_IN_CLIENT_SECRET", "its secret")
        .env("EVCXR_IS_RUNTIME", "1")
        .env_remove("NB_STRICT")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The types that are shown, by the source.
fn shown_types(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(shown_types(&path));
        }
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for start in ["\nshown!(", "\nshown_in_cell!("] {
            let lists = source.split(start).skip(1);
            let lists = lists.filter_map(|rest| rest.split(')').next());
            names.extend(
                lists
                    .flat_map(|list| list.split(','))
                    .map(|name| name.trim().to_string()),
            );
        }
    }
    names
}

#[test]
fn nothing_from_outside_orders_the_kernel_runs_in_the_page_or_hides() {
    let stdout = printed();
    let (lines, results) = read_as_the_kernel(&stdout);
    let unseen = |c: char| {
        c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{200f}\u{feff}\u{200b}".contains(c)
    };
    let hidden = stdout.lines().find(|line| line.contains(unseen));
    assert_eq!(hidden, None);
    for pair in results.chunks(2) {
        assert_eq!((pair[0].0, pair[1].0), ("text/html", "text/plain"));
        let html = &pair[0].1;
        for script in ["<script", "<img src=x", "\" onmouseover=\"", "onerror=\""] {
            assert!(!html.contains(script), "{html}");
        }
    }

    // And all of it was really there to see.
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut section = "";
    for line in stdout.lines() {
        match line.strip_prefix("== ") {
            Some(name) => section = name,
            None => *seen.entry(section).or_default() += line.matches("EVCXR·_").count(),
        }
    }
    // Counts and times alone, e-mails as the tenant has them, a host name that was checked, a salt, which is a secret.
    let without_words = [
        "Removed",
        "CleanUp",
        "CleanedUp",
        "Comparison",
        "CostTimes",
        "HashingSpeeds",
        "Tenant",
        "HashRecipe",
        "HashRecipes",
    ];
    let names = shown_types(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let words = seen.get(name.as_str()).copied();
        assert!(
            without_words.contains(&&*name) || words > Some(0),
            "{name}: {words:?}"
        );
    }
    assert!(
        seen["stopped"] > 0 && results.len() > 60,
        "{}",
        results.len()
    );
    let dropped = lines
        .iter()
        .filter(|line| line.ends_with("were left out: <hidden>"));
    assert_eq!(dropped.count(), 2, "the file's own last line");
}

/// What a reader would get of files whose users hold the kernel's words.
#[test]
fn a_user_who_holds_the_words_of_the_kernel_is_refused_where_the_file_is_read() {
    let lines = [
        json!({"email": "good@uni.test", "name": "EVCXR"}),
        json!({"email": "a@uni.test", "name": "x\nEVCXR_BEGIN_CONTENT text/html"}),
        json!({"email": "EVCXR_INPUT_REQUEST@uni.test"}),
        json!({"email": "b@uni.test", "user_metadata": {"a": [{"EVCXR_END_CONTENT": 1}]}}),
        json!({"email": "c@uni.test", "dropped": HOSTILE}),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    let file = TestFile::new(text.as_bytes());
    let rows: Vec<Result<User>> = read_ndjson(file.path()).unwrap().collect();
    let good: Vec<bool> = rows.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, false, false, false, true]);
    let error = rows[1].as_ref().unwrap_err().to_string();
    let wanted = "line 2 has EVCXR and an underscore, which a notebook's kernel takes for a command: remove it";
    assert!(error.ends_with(wanted), "{error}");
    let csv = TestFile::new(b"email,user_metadata.EVCXR_X\na@uni.test,1\nb@uni.test,\n");
    let rows: Vec<bool> = read_csv(csv.path(), &[])
        .unwrap()
        .map(|row| row.is_ok())
        .collect();
    assert_eq!(rows, [false, true], "a key counts where it has a value");
}

/// The form of an id is recorded and documented: `job_` and 16 letters or digits.
#[test]
fn a_job_id_of_another_form_is_not_taken() {
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let long = format!("job_{}", "a".repeat(65));
    for id in [
        "",
        "job_",
        "job_../../users",
        "job_a b",
        "job_a?b",
        "con_0123456789abcdef",
        HOSTILE,
        "job_EVCXR_X",
        &long,
        "job_é",
    ] {
        let tenant = open_tenant_that_says(&[(202, json!({"id": id, "status": "pending"}))]);
        let call = "cannot read the answer to POST /api/v2/jobs/users-";
        let told = start_import(&tenant, &connection, &[User::new("a@uni.test")])
            .unwrap_err()
            .to_string();
        assert_eq!(
            told,
            format!("{call}imports: its `id` is not job_ and letters or digits")
        );
        let told = export_users(&tenant, &connection, Duration::ZERO)
            .unwrap_err()
            .to_string();
        assert_eq!(
            told,
            format!("{call}exports: its `id` is not job_ and letters or digits")
        );
        assert_eq!(tenant.requests().len(), 2, "and nothing is asked for it");
    }
    let tenant = open_tenant_that_says(&[(202, json!({"id": "job_0123456789abcdefABCD"}))]);
    let job = start_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    assert_eq!(
        job.id.as_str(),
        "job_0123456789abcdefABCD",
        "longer ones may come"
    );
}

#[test]
fn a_row_with_very_many_errors_keeps_to_few_lines() {
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let accepted = json!({"id": "job_0123456789abcdef", "created_at": "2026-01-01T00:00:00.000Z"});
    let summary = json!({"failed": 1, "updated": 0, "inserted": 0, "total": 1});
    let ended = json!({"status": "completed", "summary": summary});
    let error =
        |code: usize| json!({"code": format!("CODE_{}", code % 60), "message": "it is wrong"});
    let errors: Vec<Value> = (0..5_020).map(error).collect();
    let report = json!([{"user": {"email": "a@uni.test"}, "errors": errors}]);
    let tenant = open_tenant_that_says(&[(200, accepted), (200, ended), (200, report)]);
    let job = start_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(5)).unwrap();
    let drawn = job_errors(&tenant, &finished).unwrap().to_string();
    assert_eq!(drawn.matches("it is wrong").count(), 40, "{drawn}");
    assert!(drawn.ends_with("\nand 20 more reasons"), "{drawn}");
}

/// Whether a spreadsheet would take a cell for a formula, at whatever it splits lines.
fn is_formula(cell: &str) -> bool {
    let cells = cell.split([';', '\t', '\n', '\r']);
    let bare = cells.map(|cell| cell.trim_start_matches([' ', '"', '\u{feff}']));
    bare.into_iter()
        .any(|cell| cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']))
}

#[test]
fn every_sheet_is_harmless_in_a_spreadsheet_and_reads_back_as_it_was() {
    let practice = Practice::start(&[]);
    let (tenant, _) = practice.database();
    let connection = get_connection_id(&tenant, "Email-Only-Users").unwrap();
    let names = [
        "=HYPERLINK(\"http://x\")",
        " \t+1",
        "a;=1+1",
        "＝1",
        "'=1",
        "\"-1",
        "a\n@b",
        "plain, text",
    ];
    let user = |(number, name): (usize, &&str)| User {
        name: Some((*name).to_string()),
        ..User::new(format!("=cmd{number}@uni.test"))
    };
    let mut users: Vec<User> = names.iter().enumerate().map(user).collect();
    // Refused by the check, so that their e-mails are on the report all the same.
    users.extend([User::new("=1+1"), User::new("\t@x"), User::new("a;-1")]);
    let name = Named::new("sheets");
    let report = import_users(
        &tenant,
        &connection,
        &users,
        &quick(&name).skip_bad_rows(true),
    )
    .unwrap();
    let exported = export_users(&tenant, &connection, Duration::from_secs(20)).unwrap();
    let sheets = [TestFile::new(b""), TestFile::new(b"")];
    report.save_csv(sheets[0].path()).unwrap();
    exported.save_csv(sheets[1].path()).unwrap();
    let mut seen = 0;
    for sheet in &sheets {
        let mut reader = csv::Reader::from_path(sheet.path()).unwrap();
        for record in reader.records() {
            for cell in &record.unwrap() {
                assert!(!is_formula(cell), "{cell:?}");
                seen += usize::from(cell.contains('\''));
            }
        }
    }
    assert!(seen > 20, "only {seen} cells had to be guarded");

    let read = |sheet: &TestFile| {
        read_csv(sheet.path(), &[])
            .unwrap()
            .collect::<Result<Users>>()
            .unwrap()
    };
    let (told, back) = (read(&sheets[0]), read(&sheets[1]));
    // No address begins with a blank, so it is taken off.
    let sent: Vec<&str> = users.iter().map(|user| user.email.trim()).collect();
    let emails: Vec<&str> = told.iter().map(|user| user.email.as_str()).collect();
    assert_eq!(emails, sent);
    for (user, name) in users.iter().zip(names) {
        let same = back
            .iter()
            .find(|other| other.email == user.email)
            .expect(name);
        assert_eq!(same.name.as_deref(), Some(name));
    }
    remove_users(&tenant, plan_run_removal(&tenant, report.folder()).unwrap()).unwrap();
}

#[test]
fn the_sheet_of_passwords_is_harmless_too() {
    let users = ["=a@uni.test", "+b;=1@uni.test", "c@uni.test"].map(|email| User {
        username: Some(format!("@{email}")),
        ..User::new(email)
    });
    if is_in_a_process() {
        set_passwords(&users, Passwords::Random).unwrap();
        return;
    }
    let folder = TestFolder::new();
    let mut child = itself("hostile::the_sheet_of_passwords_is_harmless_too");
    let output = child.current_dir(&*folder).output();
    assert!(output.unwrap().status.success());
    let files = std::fs::read_dir(folder.join("credentials")).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    let is_sheet =
        |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "csv");
    let sheet = paths.find(is_sheet).expect("the sheet");
    let mut reader = csv::Reader::from_path(&sheet).unwrap();
    let cells: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(cells.len(), users.len());
    for cell in cells.iter().flatten() {
        assert!(!is_formula(cell), "{cell:?}");
    }
    let options = ReadOptions::default().leave_out("password");
    let back = read_users_with(&sheet, &options).unwrap();
    for (row, user) in back.zip(&users) {
        let row = row.unwrap();
        assert_eq!((&row.email, &row.username), (&user.email, &user.username));
    }
}
