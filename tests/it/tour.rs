//! Looking at a tenant: its connections, its users by search and by e-mail, an export of all of them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use auth0_bulk_users::*;
use serde_json::{Map, Value, json};

use crate::runs::{TestFile, TestFolder};
use crate::server::{DATABASE, Practice, answer, canned, token};
use crate::turned::turned_time;

const JSON: &str = "content-type: application/json\r\n";
const LIMIT: Duration = Duration::from_secs(20);

fn ok(body: &Value) -> String {
    answer(200, JSON, &body.to_string())
}

/// A tenant that answers each call with the next of these.
fn answering(answers: Vec<String>) -> Tenant {
    let (base, _) = canned(answers);
    Tenant::new(&base, &token(&base, json!({}))).unwrap()
}

fn fill(tenant: &Tenant, connection: &ConnectionId, users: &[User]) {
    for users in users.chunks(2000) {
        let job = start_import(tenant, connection, users).unwrap();
        let finished = wait_for_job(tenant, &job, LIMIT).unwrap();
        let inserted = finished.summary.unwrap().inserted;
        assert_eq!(inserted, users.len() as u64);
    }
}

#[test]
fn connections_are_listed_with_what_they_mean_for_an_import() {
    let practice = Practice::start(&[]);
    let connections = list_connections(&practice.tenant()).unwrap();
    // Those with attributes have a test of their own.
    let attributes = [
        "Flexible-Identifiers",
        "Required-Attributes",
        "Shared-Emails",
    ];
    let facts: Vec<_> = connections
        .iter()
        .filter(|c| !attributes.contains(&c.name.as_str()))
        .map(|c| {
            (
                c.name.as_str(),
                c.usernames.as_deref(),
                c.applications.as_ref().map(Vec::len),
                c.obstacle.is_none(),
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            (DATABASE, Some("1 to 15 characters"), Some(2), true),
            ("Email-Only-Users", Some("none"), Some(2), true),
            (
                "unused-database",
                Some("1 to 15 characters"),
                Some(0),
                false
            ),
            ("email", None, None, false),
        ]
    );
    assert_eq!(connections[1].id.takes_usernames(), Some(false));
    let ids = ["CLIENT_ID", "SIGN_IN_CLIENT_ID"].map(|name| practice.get(name).to_string());
    assert_eq!(connections[0].applications.as_deref(), Some(&ids[..]));
    let drawn = connections.to_string();
    for part in [
        "7 connections, of which 5 take an import",
        "NO: no application uses it",
        "NO: its strategy is email",
    ] {
        assert!(drawn.contains(part), "{part} not in {drawn}");
    }
}

#[test]
fn both_ways_to_state_username_rules_and_a_custom_database_are_read() {
    let connection = |id: char, over: Value| {
        json!({"id": format!("con_{}", id.to_string().repeat(16)), "name": format!("db-{id}"),
            "strategy": "auth0", "enabled_clients": ["a"], "options": over})
    };
    let newer = json!({"attributes": {"username": {"identifier": {"active": true},
        "validation": {"min_length": 3, "max_length": 20, "allowed_types": {"email": true}}}}});
    let custom = json!({"enabledDatabaseCustomization": true});
    let list =
        json!({"total": 2, "connections": [connection('a', newer), connection('b', custom)]});
    let connections = list_connections(&answering(vec![ok(&list)])).unwrap();
    let words = connections[0].usernames.as_deref();
    assert_eq!(words, Some("3 to 20 characters, e-mails too"));
    let obstacle = connections[1].obstacle.as_deref().unwrap();
    assert!(obstacle.contains("without import mode"), "{obstacle}");
}

/// A database as Auth0 lists it.
fn database(id: &str, name: &str, over: &Value) -> Value {
    let mut connection = json!({"id": id, "name": name, "strategy": "auth0", "options": {}});
    for (name, value) in over.as_object().unwrap() {
        connection[name] = value.clone();
    }
    connection
}

#[test]
fn the_applications_of_a_database_are_told_in_both_ways() {
    let listed = database(
        "con_aaaaaaaaaaaaaaaa",
        "listed",
        &json!({"enabled_clients": ["app1", "app2"]}),
    );
    let asked = database("con_bbbbbbbbbbbbbbbb", "asked", &json!({}));
    let unused = database(
        "con_cccccccccccccccc",
        "unused",
        &json!({"enabled_clients": []}),
    );
    let tenant = answering(vec![
        ok(&json!({"connections": [listed, asked, unused]})),
        ok(
            &json!({"clients": [{"client_id": "app3"}, {"client_id": "app4"}, {"client_id": "app5"}], "next": "x"}),
        ),
        ok(&json!({"clients": []})),
    ]);
    let connections = list_connections(&tenant).unwrap();
    let ids: Vec<_> = connections
        .iter()
        .map(|connection| connection.applications.clone().unwrap())
        .collect();
    assert_eq!(
        ids,
        [vec!["app1", "app2"], vec!["app3", "app4", "app5"], vec![]]
    );
    let table = connections.to_string();
    assert!(!table.contains("app1"), "numbers alone: {table}");
    let drawn = connections[1].to_string();
    assert!(drawn.contains("3: app3, app4, app5"), "{drawn}");
    let drawn = connections[2].to_string();
    assert!(drawn.contains('0') && !drawn.contains("0:"), "{drawn}");
}

#[test]
fn a_connection_without_a_proper_id_is_left_out_and_the_rest_is_listed() {
    let used = json!({"enabled_clients": ["a"]});
    let malformed = [
        database("con_short", "one", &used),
        database("con_aaaaaaaaaaaaaaa?", "two", &used),
        json!({"name": "three", "strategy": "auth0", "enabled_clients": ["a"]}),
    ];
    let mut some = malformed.to_vec();
    some.insert(1, database("con_aaaaaaaaaaaaaaaa", "good", &used));
    let connections = list_connections(&answering(vec![ok(&json!(some))])).unwrap();
    let names: Vec<_> = connections.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["good"]);
    let unreadable = "cannot read the answer to GET /api/v2/connections: ";
    let error = list_connections(&answering(vec![ok(&json!(malformed))])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{unreadable}none of its connections has an id with con_ and 16 letters or digits")
    );
    let error = get_connection_id(&answering(vec![ok(&json!(malformed))]), "three").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{unreadable}the connection's id is not con_ and 16 letters or digits")
    );
}

#[test]
fn a_tenant_with_nothing_in_it_says_so() {
    let _time = turned_time();
    let none = answering(vec![ok(&json!({"total": 0, "connections": []}))]);
    let connections = list_connections(&none).unwrap();
    let drawn = connections.to_string();
    assert!(
        connections.is_empty() && drawn.contains("create a database"),
        "{drawn}"
    );

    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let found = find_users(&tenant, "").unwrap();
    assert_eq!((found.len(), found.total()), (0, 0));
    assert!(
        found.to_string().starts_with("0 users in the tenant\n"),
        "{found}"
    );
    let exported = export_users(&tenant, &connection, LIMIT).unwrap();
    assert!(exported.is_empty());
    assert!(
        exported
            .to_string()
            .starts_with(&format!("0 users in {DATABASE}")),
        "{exported}"
    );
}

#[test]
fn a_search_says_how_many_there_are_and_gives_the_first_thousand() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("crowd", "uni.test", 5000).unwrap();
    fill(&tenant, &connection, &users);
    let before = tenant.requests().before() + tenant.requests().len() as u64;
    let found = find_users(&tenant, "username:crowd_*").unwrap();
    // A search of Auth0's counts no further.
    assert_eq!((found.total(), found.len()), (1000, 1000));
    let mut emails: Vec<_> = found
        .iter()
        .map(|user| user.email.clone().unwrap())
        .collect();
    emails.sort();
    emails.dedup();
    assert_eq!(emails.len(), 1000, "nobody twice");
    let log = tenant.requests();
    assert_eq!(log.before() + log.len() as u64 - before, 10, "reads");
    let drawn = found.to_string();
    assert!(
        drawn.contains("1,000 users found by username:crowd_*"),
        "{drawn}"
    );
    assert!(drawn.contains("a search lags"), "{drawn}");
    assert!(drawn.lines().count() < 25, "{drawn}");

    let few = find_users(
        &tenant,
        "email:\"Crowd_07@uni.test\" OR username:crowd_4711",
    )
    .unwrap();
    assert_eq!(few.len(), 2);
    assert!(!few.to_string().contains("1,000"), "{few}");
    let refused = find_users(&tenant, "who is there").unwrap_err().to_string();
    assert!(
        refused.contains("invalid_query_string") && refused.contains("fix what it names"),
        "{refused}"
    );
}

#[test]
fn an_email_is_looked_up_in_lower_case_over_all_connections() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let other = get_connection_id(&tenant, "Email-Only-Users").unwrap();
    let anna = [User::new("Anna@Uni.test")];
    fill(&tenant, &connection, &anna);
    fill(&tenant, &other, &anna);
    let found = users_by_email(&tenant, " ANNA@uni.test ").unwrap();
    let connections: Vec<_> = found
        .iter()
        .map(|user| user.connection.as_deref())
        .collect();
    assert_eq!(connections, [Some(DATABASE), Some("Email-Only-Users")]);
    let nobody = users_by_email(&tenant, "nobody@uni.test").unwrap();
    assert!(
        nobody
            .to_string()
            .starts_with("0 users with the e-mail nobody@uni.test"),
        "{nobody}"
    );
}

#[test]
fn an_email_that_a_connection_keeps_with_capitals_is_found_as_given() {
    let found = json!([{"user_id": "samlp|corp|1", "email": "Anna@Corp.com"}]);
    let (base, asked) = canned(vec![ok(&json!([])), ok(&found)]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let users = users_by_email(&tenant, " Anna@Corp.com ").unwrap();
    assert_eq!((users.len(), users.total()), (1, 1));
    assert!(
        users
            .to_string()
            .starts_with("1 user with the e-mail Anna@Corp.com"),
        "{users}"
    );
    let asked = asked.lock().unwrap().join("\n");
    let emails: Vec<_> = asked
        .split("email=")
        .skip(1)
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    assert_eq!(emails, ["anna%40corp.com", "Anna%40Corp.com"]);

    let (base, asked) = canned(vec![ok(&json!([]))]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    assert!(users_by_email(&tenant, "anna@corp.com").unwrap().is_empty());
    assert_eq!(asked.lock().unwrap().len(), 1, "nothing else to ask for");
}

#[test]
fn users_without_an_email_or_with_kilobytes_of_metadata_are_drawn() {
    let large = json!({"text": "x".repeat(10_000)});
    let users = json!([{"user_id": "sms|1"}, {"user_id": "auth0|2", "email": "a@uni.test", "user_metadata": large}]);
    let tenant = answering(vec![ok(&json!({"users": users, "total": 2}))]);
    let found = find_users(&tenant, "").unwrap();
    assert_eq!(
        (found[0].email.as_deref(), found[0].user_id.as_str()),
        (None, "sms|1")
    );
    assert_eq!(
        found[1].user_metadata.as_ref().unwrap()["text"]
            .as_str()
            .unwrap()
            .len(),
        10_000
    );
    let drawn = found.to_string();
    assert!(
        drawn.len() < 3000 && drawn.contains("text: \"xxx"),
        "{drawn}"
    );
    // Who has no address is told by the id; what nobody has takes no column.
    assert!(drawn.contains("│ sms|1 "), "{drawn}");
    assert!(
        !drawn.contains(" name ") && !drawn.contains("app_metadata"),
        "{drawn}"
    );
}

#[test]
fn a_token_without_the_scope_is_told_before_anything_is_sent() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let ask = json!({"grant_type": "client_credentials", "client_id": practice.get("CLIENT_ID"), "scope": "read:connections",
        "client_secret": practice.get("CLIENT_SECRET"), "audience": format!("{}/api/v2/", practice.get("DOMAIN"))});
    let body = ("application/json", ask.to_string().into_bytes());
    let (_, answer) = practice.raw("POST", "/oauth/token", None, Some(body));
    let token = answer["access_token"].as_str().unwrap();
    let tenant = Tenant::new(practice.get("DOMAIN"), token).unwrap();
    let id = list_connections(&tenant).unwrap()[0].id.clone();
    let sent = tenant.requests().len();
    let errors = [
        find_users(&tenant, "").map(drop),
        users_by_email(&tenant, "a@uni.test").map(drop),
        export_users(&tenant, &id, LIMIT).map(drop),
    ];
    for error in errors {
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("the token lacks the scope read:users"),
            "{error}"
        );
    }
    assert_eq!(tenant.requests().len(), sent);
}

#[test]
fn ten_thousand_users_are_exported_and_saved_for_their_owner_alone() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let mut users = generate_users("crowd", "uni.test", 10_000).unwrap();
    users[0].name = Some("=HYPERLINK(\"http://uni.test\",\"x\")".into());
    users[1].user_metadata = Some(Map::from_iter([("group".to_string(), json!("a, b"))]));
    users[2].password_hash = Some(format!("$2b$10${}", "Ab3".repeat(17) + "xy"));
    fill(&tenant, &connection, &users);
    let other = get_connection_id(&tenant, "Email-Only-Users").unwrap();
    fill(&tenant, &other, &[User::new("other@uni.test")]);

    let exported = export_users(&tenant, &connection, LIMIT).unwrap();
    assert_eq!(exported.len(), 10_000);
    assert!(
        exported
            .iter()
            .all(|user| user.connection.as_deref() == Some(DATABASE))
    );
    assert_eq!(exported[1].user_metadata.as_ref().unwrap()["group"], "a, b");
    // What was there before, open to all, is replaced.
    let sheet = TestFile::new(b"old");
    let path = sheet.path();
    exported.save_csv(path).unwrap();
    let csv = std::fs::read_to_string(path).unwrap();
    assert_eq!(csv.lines().count(), 10_001);
    assert!(
        csv.contains(",\"'=HYPERLINK(") && csv.contains("\"{\"\"group\"\":\"\"a, b\"\"}\""),
        "{}",
        &csv[..2000]
    );
    assert!(!csv.contains("Ab3"));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions())
            & 0o777,
        0o600
    );
    let error = exported
        .save_csv("/no/such/folder/users.csv")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot write /no/such/folder/users.csv: "),
        "{error}"
    );

    let log = tenant.requests();
    let last = log.last().unwrap();
    assert!(
        last.path.ends_with(".gz?<hidden>") && last.curl().contains("\"$LOCATION\""),
        "{last:?}"
    );
    assert!(!format!("{log:?}{log}").contains("Signature"));
}

/// What is in a folder, hidden files left out.
fn names_in(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// Nothing of a file that could not be written whole is left: the disk is full, or a folder is in the way.
#[cfg(unix)]
#[test]
fn what_cannot_be_saved_leaves_nothing_behind() {
    if std::env::var_os("FULL_DISK").is_some() {
        let tenant = Tenant::from_env().unwrap();
        let connection = get_connection_id(&tenant, DATABASE).unwrap();
        let exported = export_users(&tenant, &connection, LIMIT).unwrap();
        assert_eq!(exported.len(), 100);
        let full = exported.save_csv("full.csv").unwrap_err();
        let users = generate_users("full", "uni.test", 20).unwrap();
        let sheet = set_passwords(&users, Passwords::Random).unwrap_err();
        println!("\n{full}\n{sheet}");
        return;
    }
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("full", "uni.test", 100).unwrap();
    fill(&tenant, &connection, &users);
    let folder = TestFolder::new();
    // No file of over a block: the write fails, as on a full disk.
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args([
            "tour::what_cannot_be_saved_leaves_nothing_behind",
            "--exact",
            "--nocapture",
        ])
        .current_dir(&*folder)
        .env("FULL_DISK", "1")
        .env("DOMAIN", practice.get("DOMAIN"))
        .env(
            "MGMT_API_ACCESS_TOKEN",
            practice.get("MGMT_API_ACCESS_TOKEN"),
        )
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    for part in ["cannot write full.csv: File too large", "passwords-"] {
        assert!(said.contains(part), "{part} not in {said}");
    }
    assert_eq!(names_in(&folder), ["credentials"], "{said}");
    assert_eq!(names_in(&folder.join("credentials")), [""; 0], "{said}");

    let exported = export_users(&tenant, &connection, LIMIT).unwrap();
    let in_the_way = folder.join("folder.csv");
    std::fs::create_dir(&in_the_way).unwrap();
    let error = exported
        .save_csv(in_the_way.to_str().unwrap())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot write ") && error.contains("folder.csv: "),
        "{error}"
    );
    let mut names = names_in(&folder);
    names.sort();
    assert_eq!(names, ["credentials", "folder.csv"]);
}

/// A tenant whose job ends at once, and whose files are answered with the next of `files`; with what it was asked.
fn exporting(
    location: &'static str,
    files: Vec<Vec<u8>>,
) -> (Tenant, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let location = location.replace("{base}", &base);
    let asked = thread::spawn(move || {
        let mut asked = Vec::new();
        let mut files = files.into_iter();
        while files.len() > 0 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = vec![0; 65_536];
            let count = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            let reply = if request.contains(" /file?") {
                files.next().unwrap()
            } else {
                let job = json!({"id": "job_0000000000000000", "status": "completed", "location": location});
                ok(&job).into_bytes()
            };
            asked.push(request);
            stream.write_all(&reply).unwrap();
        }
        asked
    });
    (tenant, asked)
}

fn file(body: &[u8]) -> Vec<u8> {
    [
        answer(200, "", "")
            .replace(
                "content-length: 0",
                &format!("content-length: {}", body.len()),
            )
            .as_bytes(),
        body,
    ]
    .concat()
}

/// `{"user_id":"auth0|1"}` and a line's end, gzipped without packing.
fn gzipped() -> Vec<u8> {
    let line = b"{\"user_id\":\"auth0|1\"}\n";
    let length = line.len() as u16;
    let checksum = 0x0d03_c866_u32;
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(line);
    file.extend(checksum.to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

#[test]
fn a_link_that_has_ended_is_asked_for_again_and_never_sent_the_token() {
    let _time = turned_time();
    let connection = ConnectionId::new("con_0000000000000001").unwrap();
    let ended = answer(403, "", "<Error/>").into_bytes();
    let (tenant, asked) = exporting("{base}/file?Signature=abc", vec![ended, file(&gzipped())]);
    let exported = export_users(&tenant, &connection, LIMIT).unwrap();
    assert_eq!(exported[0].user_id, "auth0|1");
    let asked = asked.join().unwrap();
    let is_file = |request: &&String| request.starts_with("GET /file?Signature=abc ");
    assert_eq!(asked.iter().filter(is_file).count(), 2);
    for request in &asked {
        let sent_token = request.to_lowercase().contains("authorization:");
        assert_ne!(is_file(&request), sent_token, "{request}");
    }

    let practice = Practice::start(&["--link-seconds", "0"]);
    let (tenant, connection) = practice.database();
    let error = export_users(&tenant, &connection, LIMIT)
        .unwrap_err()
        .to_string();
    assert!(error.contains("had expired when they were used"), "{error}");
}

#[test]
fn files_that_cannot_be_used_and_waits_that_are_too_short_are_told() {
    let _time = turned_time();
    let connection = ConnectionId::new("con_0000000000000001").unwrap();
    let mut damaged = gzipped();
    damaged[20] ^= 1;
    for (body, part) in [
        (
            damaged,
            "the file is cut off or damaged: run this cell again",
        ),
        (b"<html>".to_vec(), "it is not a gzip file"),
    ] {
        let (tenant, _) = exporting("{base}/file?x", vec![file(&body)]);
        let error = export_users(&tenant, &connection, LIMIT)
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
    }
    let (tenant, _) = exporting("http://uni.test/file?x", vec![Vec::new()]);
    let error = export_users(&tenant, &connection, LIMIT)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not https"), "{error}");

    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let error = export_users(&tenant, &connection, Duration::ZERO)
        .unwrap_err()
        .to_string();
    assert!(error.contains("had not ended after 0 s"), "{error}");
    let failed = ok(&json!({"id": "job_0000000000000000", "status": "failed"}));
    let error = export_users(&answering(vec![failed]), &connection, LIMIT)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("job job_0000000000000000 failed in the tenant"),
        "{error}"
    );
}

#[test]
fn each_list_that_the_crate_gives_can_be_gone_through_by_reference_and_by_value() {
    let _time = turned_time();
    fn same<L, T: std::fmt::Debug>(list: L)
    where
        L: IntoIterator<Item = T> + std::ops::Deref<Target = [T]>,
        for<'a> &'a L: IntoIterator<Item = &'a T>,
    {
        let text = |item: &T| format!("{item:?}");
        let by_slice: Vec<String> = list.iter().map(text).collect();
        let (mut by_reference, mut by_value) = (Vec::new(), Vec::new());
        for item in &list {
            by_reference.push(text(item));
        }
        for item in list {
            by_value.push(text(&item));
        }
        assert!(!by_slice.is_empty());
        assert_eq!(by_slice, by_reference);
        assert_eq!(by_slice, by_value);
    }
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users: Users = vec![User::new("a@uni.test"), User::new("no address")].into();
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    same(users);
    same(job_errors(&tenant, &finished).unwrap());
    same(list_connections(&tenant).unwrap());
    same(find_users(&tenant, "").unwrap());
    same(users_by_email(&tenant, "a@uni.test").unwrap());
    same(export_users(&tenant, &connection, Duration::from_secs(60)).unwrap());
    same(tenant.requests());
}
