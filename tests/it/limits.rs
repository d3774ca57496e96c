//! What strangers size: answers, rows, columns, levels, hashes. Each has a limit, which is told.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, most_memory, said};
use crate::runs::{Named, TestFile, quick};
use crate::server::{answer, canned, token};
use crate::turned::turned_time;
use crate::world::{EMAIL, LIMIT, World, recorded};

/// A tenant that answers everything with a head and as much of a body as is read.
fn endless(head: &'static str) -> Tenant {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 65_536]);
            let _ = stream.write_all(head.as_bytes());
            while stream.write_all(&[b' '; 65_536]).is_ok() {}
        }
    });
    Tenant::new(&base, &token(&base, json!({}))).unwrap()
}

#[test]
fn an_answer_is_read_to_a_limit_whatever_length_it_says() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n",
    ] {
        let error = list_connections(&endless(head)).unwrap_err().to_string();
        assert!(
            error.contains("it has over 67,108,864 bytes, which is the most that is read"),
            "{error}"
        );
    }
    let lie = "HTTP/1.1 200 OK\r\ncontent-length: 1152921504606846976\r\n\r\n{}".to_string();
    let (base, _) = canned(vec![lie]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let error = list_connections(&tenant).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
}

/// Small values in great number, which would take forty times their bytes in memory.
#[test]
fn an_answer_of_very_many_values_is_not_read_as_json() {
    let (base, _) = canned(vec![answer(
        200,
        "",
        &format!("[[]{}]", ",[]".repeat(2_000_000)),
    )]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let error = list_connections(&tenant).unwrap_err().to_string();
    assert!(
        error.contains("it may hold over 2,000,000 values, which is the most that is read"),
        "{error}"
    );
}

#[test]
fn a_link_that_only_looks_like_the_tenants_is_not_followed() {
    let connection = ConnectionId::new("con_0000000000000001").unwrap();
    let (elsewhere, asked) = canned(vec![answer(200, "", "")]);
    let port = elsewhere.rsplit_once(':').unwrap().1;
    for link in [
        format!("http://127.0.0.1:{port}/file"),
        format!("http://127.0.0.1:80@127.0.0.1:{port}/file"),
        format!("http://127.0.0.1:80@localhost:{port}/file"),
        format!("http://localhost:{port}/file"),
    ] {
        let job = json!({"id": "job_0000000000000000", "status": "completed", "location": link});
        let (base, _) = canned(vec![answer(200, "", &job.to_string())]);
        let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
        let error = export_users(&tenant, &connection, Duration::ZERO).unwrap_err();
        assert!(
            error.to_string().contains("the address of the file"),
            "{error}"
        );
    }
    assert!(asked.lock().unwrap().is_empty());
}

fn read_an_open_quote() {
    let path = std::env::var("READS").unwrap();
    let mut users = read_csv(&path, &[]).unwrap();
    assert_eq!(users.next().unwrap().unwrap().email, "a@uni.test");
    let error = users.next().unwrap().unwrap_err().to_string();
    assert!(users.next().is_none());
    println!("\n{error}\nmemory {:?}", most_memory("self"));
}

#[test]
fn one_open_quote_takes_no_more_memory_than_a_row_may() {
    if is_in_a_process() {
        return read_an_open_quote();
    }
    let text = [
        b"email,name\na@uni.test,\nb@uni.test,\"".to_vec(),
        b"x y\r\n\"\"".repeat(14_000_000),
    ]
    .concat();
    let file = TestFile::new(&text);
    let test = "limits::one_open_quote_takes_no_more_memory_than_a_row_may";
    let said = said(itself(test).env("READS", file.path()));
    assert!(
        said.contains(
            "line 3 has over 4,194,304 bytes, far more than an import takes; check for a quote that is left open"
        ),
        "{said}"
    );
    let memory = said
        .lines()
        .find_map(|line| line.strip_prefix("memory Some("));
    if let Some(memory) = memory {
        let memory: u64 = memory.trim_end_matches(')').parse().unwrap();
        assert!(memory < 60_000, "{memory} KB for a file of 98 MB");
    }
}

fn emails(text: &[u8]) -> Vec<String> {
    let file = TestFile::new(text);
    let users = read_csv(file.path(), &[]).unwrap();
    users
        .map(|user| match user {
            Ok(user) => user.email,
            Err(error) => error.to_string().split_once(": ").unwrap().1.to_string(),
        })
        .collect()
}

#[test]
fn a_record_that_is_too_long_costs_itself_alone() {
    let long = b"x\"\"xx\r\n".repeat(1_000_000);
    let quoted = [b"\"".to_vec(), long.clone(), b"\"".to_vec()].concat();
    let bare = b"\"a\"x\"".repeat(1_000_000);
    for (cell, lines) in [(&quoted, 1_000_001), (&bare, 1)] {
        let text = [
            b"email,name\nbefore@uni.test,\nlong@uni.test,".as_slice(),
            cell,
            b"\nafter@uni.test,\nuneven@uni.test\n",
        ]
        .concat();
        let too_long = "line 3 has over 4,194,304 bytes, far more than an import takes; check for a quote that is left open";
        let uneven = format!("line {} has 1 cell, and the heading has 2", 4 + lines);
        let expected = ["before@uni.test", too_long, "after@uni.test", &uneven];
        assert_eq!(emails(&text), expected);
    }
    // A record of exactly the limit, the last of the file.
    let most = 4 * 1024 * 1024;
    for (over, is_read) in [(0, true), (1, false)] {
        let name = "n".repeat(most - "a@uni.test,".len() + over);
        let read = emails(format!("email,name\na@uni.test,{name}").as_bytes());
        assert_eq!((read.len(), read[0] == "a@uni.test"), (1, is_read));
    }
}

#[test]
fn a_heading_has_its_limits() {
    let refused = |heading: &str, columns: &[(&str, &str)]| {
        let file = TestFile::new(format!("{heading}\na@uni.test\n").as_bytes());
        let error = read_csv(file.path(), columns).unwrap_err().to_string();
        assert!(error.len() < 3_000, "{} bytes", error.len());
        error
    };
    let wide = format!("email{}", ",x".repeat(99_999));
    let error = refused(&wide, &[]);
    assert!(
        error.contains("its heading has 100,000 columns, and at most 1,000 are read"),
        "{error}"
    );
    let error = refused(&format!("email,\"{}", "x,".repeat(3_000_000)), &[]);
    assert!(
        error.contains("its heading has over 4,194,304 bytes"),
        "{error}"
    );
    let error = refused(&"column,".repeat(900), &[]);
    assert!(error.contains("and 861 more"), "{error}");
    let deep = format!("email,custom_password_hash{}", ".a".repeat(20_000));
    let error = refused(&deep, &[]);
    assert!(
        error.contains("is 20,001 levels deep, and at most 4 are read"),
        "{error}"
    );
    let error = refused("email,plan", &[("plan", "user_metadata.a.b.c.d")]);
    assert!(
        error.contains("`user_metadata.a.b.c.d` is 5 levels deep, and at most 4 are read"),
        "{error}"
    );
    let four = TestFile::new(b"email,custom_password_hash.hash.key.value\na@uni.test,k\n");
    let user = read_csv(four.path(), &[]).unwrap().next().unwrap().unwrap();
    assert_eq!(
        user.custom_password_hash.unwrap()["hash"]["key"]["value"],
        "k"
    );
}

#[test]
fn levels_within_a_row_and_names_that_are_told_have_limits() {
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let line = |levels| {
        format!(
            "{{\"email\":\"a@uni.test\",\"user_metadata\":{}}}\n",
            nested(levels)
        )
    };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = [
        line(32),
        line(33),
        format!("{{\"email\":{deep}}}\n"),
        line(1),
    ]
    .concat();
    let file = TestFile::new(text.as_bytes());
    let read: Vec<_> = read_ndjson(file.path()).unwrap().collect();
    assert_eq!(
        read.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, false, true]
    );
    let error = read[1].as_ref().unwrap_err().to_string();
    assert!(
        error.contains("line 2 has lists or objects nested over 32 levels deep"),
        "{error}"
    );
    let cell = nested(33).replace('"', "\"\"");
    let cells = format!("email,user_metadata\na@uni.test,\"{cell}\"\n");
    assert!(emails(cells.as_bytes())[0].contains("over 32 levels deep"));

    // Each line with a name of its own that an import does not take.
    let lines: String = (0..1_000)
        .map(|n| format!("{{\"email\":\"a@uni.test\",\"name{n}\":1}}\n"))
        .collect();
    let file = TestFile::new(lines.as_bytes());
    let mut users = read_ndjson(file.path()).unwrap();
    assert_eq!(users.by_ref().take(1_000).count(), 1_000);
    assert!(format!("{users:?}").len() < 2_000, "{users:?}");
}

fn with_hash(custom: &Value) -> User {
    User {
        custom_password_hash: Some(custom.clone()),
        ..User::new("a@uni.test")
    }
}

#[test]
fn a_hash_does_not_decide_how_long_and_how_much() {
    let ends = "$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let text =
        |algorithm: &str, value: String| json!({"algorithm": algorithm, "hash": {"value": value}});
    let scrypt = |cost: u64, block_size: u64, parallelization: u64| {
        json!({"algorithm": "scrypt", "keylen": 32, "cost": cost, "blockSize": block_size,
            "parallelization": parallelization, "hash": {"value": "00".repeat(32), "encoding": "hex"}})
    };
    for (custom, takes) in [
        (
            text("bcrypt", format!("$2b$31${}", "x".repeat(53))),
            "some 45 h 31 min",
        ),
        (
            text("argon2", format!("$argon2id$v=19$m=4194304,t=1,p=1{ends}")),
            "4,096 MB of memory",
        ),
        (
            text(
                "argon2",
                format!("$argon2i$v=19$m=65536,t=4294967295,p=1{ends}"),
            ),
            "h ",
        ),
        (
            text("pbkdf2", format!("$pbkdf2-sha256$i=4294967295,l=32{ends}")),
            "some 36 min",
        ),
        (scrypt(2, 1, 1 << 27), "16,384 MB of memory"),
        (scrypt(1 << 14, 8, 1_000), "some 78 s"),
        (scrypt(1 << 31, 8, 1), "2,097,152 MB of memory"),
    ] {
        let user = with_hash(&custom);
        let error = verify_password(&user, "x").unwrap_err().to_string();
        for part in [
            "custom_password_hash takes ",
            takes,
            "at most 512 MB and 5 s are spent here",
        ] {
            assert!(error.contains(part), "{part} not in {error}");
        }
        // As a recipe it is taken, since nothing is computed; hashing with it is not.
        let recipe = HashRecipe::new(custom.clone()).unwrap();
        let error = recipe.hash("x").unwrap_err().to_string();
        assert!(error.contains(takes), "{error}");
        if custom["algorithm"] != "scrypt" {
            let known = KnownHash::of_user(&user, "x").unwrap();
            let error = find_recipe(&[known]).unwrap_err().to_string();
            assert!(
                error.contains("no password was tried on it: it takes ") && error.contains(takes),
                "{error}"
            );
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn files_of_users_are_ignored_by_git_wherever_they_are_saved() {
    let git = |arguments: &[&str]| {
        Command::new("git")
            .current_dir(root())
            .args(arguments)
            .output()
    };
    if !git(&["rev-parse", "--git-dir"]).is_ok_and(|output| output.status.success()) {
        println!("no git repository here: nothing could be committed");
        return;
    }
    let is_ignored = |path: &str| {
        git(&["check-ignore", "-q", "--no-index", path])
            .unwrap()
            .status
            .success()
    };
    for path in [
        "everybody.csv",
        "notebooks/everybody.csv",
        "notebooks/mine/report.csv",
        "docs/a.csv",
        "old-shop.csv",
        "notebooks/export.ndjson",
        "export.ndjson.gz",
        "users.json",
        "notebooks/users.json",
        "notebooks/realm-export.json",
        "export.json.gz",
        "everybody.csv.gz",
        "notebooks/people.ldif",
        "export.jsonl",
        "notebooks/everybody.tsv",
        ".env",
        "notebooks/.env",
        "notebooks/credentials/a.csv",
    ] {
        assert!(is_ignored(path), "{path}");
    }
    for path in ["notebooks/old-shop.csv", ".env.example", "README.md"] {
        assert!(!is_ignored(path), "{path}");
    }
}

#[test]
fn no_example_of_the_documentation_uses_a_name_in_a_folder_that_all_share() {
    let scene = fs::read_to_string(root().join("tests/doc/scene.rs")).unwrap();
    let mut examples = vec![("tests/doc/scene.rs".to_string(), scene)];
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            let docs: Vec<&str> = text
                .lines()
                .filter(|line| line.trim_start().starts_with("//"))
                .collect();
            examples.push((path.display().to_string(), docs.join("\n")));
        }
    }
    for (name, text) in examples {
        assert!(
            !text.contains("temp_dir") && !text.contains("/tmp"),
            "{name}"
        );
    }
}

/// Counts and times as large as they can be, in each answer.
#[test]
fn no_number_that_a_tenant_tells_breaks_a_step() {
    let users = [User::new(EMAIL)];
    let times = [
        "9223372036854775807-01-01T00:00:00Z",
        "2020-01--9223372036854775808T00:00:00Z",
    ];
    let numbers = [
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(u64::MAX.to_string()),
    ];
    let each = |turn: usize, number: &Value| {
        let _time = turned_time();
        let huge = |_: &str, body: &mut Value| all_numbers(body, number, times[turn % 2]);
        let mut ended = recorded("completed");
        ended["summary"] = json!({"failed": 0, "updated": 1, "inserted": 1, "total": 1});
        ended["percentage_done"] = json!(100);
        let mut found = json!({"users": [recorded("user")], "total": 1, "start": 0, "limit": 1});
        found["users"][0]["created_at"] = json!(times[turn % 2]);
        let stand_in = World::recorded()
            .answers("GET /api/v2/jobs/*", &ended)
            .answers("GET /api/v2/users", &found)
            .changed(huge)
            .open();
        let (tenant, id) = (stand_in.tenant(), stand_in.connection());
        let _ = list_connections(&tenant).map(|list| format!("{list} {list:?}"));
        let _ = find_users(&tenant, "").map(|found| format!("{found} {found:?}"));
        let _ = export_users(&tenant, &id, Duration::ZERO).map(|all| format!("{all}"));
        let job = start_import(&tenant, &id, &users).unwrap();
        let finished = wait_for_job(&tenant, &job, LIMIT).unwrap();
        let _ = format!("{finished} {finished:?}");
        let _ = job_errors(&tenant, &finished).map(|errors| format!("{errors}"));
        let _ = plan_removal(&tenant, &finished).map(|plan| format!("{plan}"));
        let name = Named::new("numbers");
        let report = import_users(&tenant, &id, &users, &quick(&name)).unwrap();
        let _ = format!("{report} {report:?}");
    };
    thread::scope(|scope| {
        for (turn, number) in numbers.iter().enumerate() {
            let each = &each;
            scope.spawn(move || each(turn, number));
        }
    });
}

fn all_numbers(value: &mut Value, number: &Value, time: &str) {
    match value {
        Value::Number(_) => *value = number.clone(),
        Value::String(text) if text.contains('T') && text.ends_with('Z') => *text = time.into(),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| all_numbers(item, number, time)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| all_numbers(field, number, time)),
        _ => {}
    }
}

/// A value of two bytes takes forty times as much in memory.
#[test]
fn a_row_of_very_many_values_costs_itself_alone() {
    let line = |email: &str, count: usize| {
        let values = vec!["1"; count].join(",");
        format!("{{\"email\":\"{email}\",\"user_metadata\":{{\"n\":[{values}]}}}}")
    };
    let rows = [
        ("a@uni.test", 90_000),
        ("b@uni.test", 120_000),
        ("c@uni.test", 1),
    ];
    let lines = rows.map(|(email, count)| line(email, count));
    let cell = |count: usize| format!("\"{{\"\"n\"\":[{}]}}\"", vec!["1"; count].join(","));
    let table = rows.map(|(email, count)| format!("{email},{}", cell(count)));
    let entry = |(email, count): (&str, usize)| {
        format!("dn: x\nmail: {email}\n{}", "memberOf: a\n".repeat(count))
    };
    for text in [
        lines.join("\n"),
        format!("[{}]", lines.join(",\n")),
        format!("email,user_metadata\n{}\n", table.join("\n")),
        rows.map(entry).join("\n"),
    ] {
        let file = TestFile::new(text.as_bytes());
        let read: Vec<_> = read_users(file.path()).unwrap().collect();
        let emails: Vec<_> = read.iter().flatten().map(|user| &user.email).collect();
        assert_eq!(emails, ["a@uni.test", "c@uni.test"]);
        let error = read[1].as_ref().unwrap_err().to_string();
        let fault = "has over 100,000 values, far more than a person has";
        assert!(error.contains(fault), "{error}");
    }
}

fn read_the_first_of_many() {
    let mut users = read_users(std::env::var("READS").unwrap()).unwrap();
    assert_eq!(users.next().unwrap().unwrap().email, "a@uni.test");
    println!("\nmemory {:?}", most_memory("self"));
    assert_eq!(users.count(), 39);
}

/// The first rows are read before the first user is given.
#[test]
fn rows_that_are_read_ahead_take_no_more_memory_than_a_few_long_ones() {
    if is_in_a_process() {
        return read_the_first_of_many();
    }
    let row = format!(
        "{{\"email\":\"a@uni.test\",\"user_metadata\":{{\"text\":\"{}\"}}}}\n",
        "x".repeat(3 << 20)
    );
    let file = TestFile::new(row.repeat(40).as_bytes());
    let test = "limits::rows_that_are_read_ahead_take_no_more_memory_than_a_few_long_ones";
    let said = said(itself(test).env("READS", file.path()));
    let memory = said
        .lines()
        .find_map(|line| line.strip_prefix("memory Some("));
    if let Some(memory) = memory {
        let memory: u64 = memory.trim_end_matches(')').parse().unwrap();
        assert!(memory < 80_000, "{memory} KB for a file of 120 MB");
    }
}

#[test]
fn an_object_of_very_many_names_is_read_to_its_end() {
    let names: String = (0..20_000).map(|n| format!("\"n{n}\":1,")).collect();
    let file = TestFile::new(format!("{{{names}\"email\":\"a@uni.test\"}}\n").as_bytes());
    let users: Vec<User> = read_users(file.path())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(users[0].email, "a@uni.test");
}

#[test]
fn the_faults_of_one_user_are_told_up_to_a_number() {
    let keys: serde_json::Map<String, Value> =
        (0..200).map(|n| (format!("$key{n}"), json!(1))).collect();
    let user = User {
        user_metadata: Some(keys),
        ..User::new("x".repeat(100_000))
    };
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let told = check_users(&connection, &[user.clone(), user]);
    let first: Vec<&Problem> = told.iter().filter(|problem| problem.row == 1).collect();
    // The second is also the first once more.
    assert_eq!((first.len(), told.len()), (51, 103));
    let last = first[50].to_string();
    assert!(
        last.contains("this user has 151 more faults: mend these, and check again"),
        "{last}"
    );
    assert!(
        told.iter()
            .all(|problem| problem.email.chars().count() <= 301)
    );
}

/// Half of a hash in braces would otherwise be looked for behind each brace, in all that stands before.
#[test]
fn a_long_message_of_braces_is_shown_at_once() {
    let message = format!("{{SSHA}}qvTGHdzF6KLavt4P {{{}", "}a".repeat(2_000_000));
    let body = json!({"statusCode": 400, "error": "Bad Request", "message": message}).to_string();
    let (base, _) = canned(vec![answer(400, "", &body)]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let error = list_connections(&tenant).unwrap_err().to_string();
    assert!(error.contains("{SSHA}<hidden> {}a}a"), "{error}");
}
