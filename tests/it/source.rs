//! Users from files, and users that stream in.

use std::iter::{once_with, repeat_with};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use auth0_bulk_users::*;

use crate::runs::{Named, TestFile, quick, users};
use crate::server::Practice;
use crate::turned::turned_time;

fn csv(bytes: &[u8], columns: &[(&str, &str)]) -> Vec<Result<User>> {
    let file = TestFile::new(bytes);
    read_csv(file.path(), columns).unwrap().collect()
}

#[test]
fn a_csv_file_is_read_by_its_heading() {
    let text = "\u{feff}E-Mail,username,email_verified,user_metadata.plan,shoe size\n\"a,\"\"b\"\"@uni.test\",one,TRUE,gold,9\nb@uni.test,,false,,\n";
    let users: Vec<User> = csv(text.as_bytes(), &[("E-Mail", "email")])
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(users[0].email, "a,\"b\"@uni.test");
    assert_eq!(users[0].email_verified, Some(true));
    assert_eq!(users[0].user_metadata.as_ref().unwrap()["plan"], "gold");
    assert_eq!(
        (users[1].username.as_deref(), users[1].email_verified),
        (None, Some(false))
    );
    assert!(users[1].user_metadata.is_none());
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let latin1 = csv(b"email,name\na@uni.test,J\xfcrgen\nb@uni.test,ok\n", &[]);
    let error = latin1[0].as_ref().unwrap_err().to_string();
    assert!(
        error.contains("line 2 is not UTF-8 (it may be Latin-1)"),
        "{error}"
    );
    assert_eq!(latin1[1].as_ref().unwrap().email, "b@uni.test");
    let uneven = csv(b"email,name\na@uni.test\n", &[]);
    assert!(
        uneven[0]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("line 2 has 1 cell, and the heading has 2")
    );
    let wide = [
        b"email,name\na@uni.test,".as_slice(),
        &b"x".repeat(10_000_000),
        b"\nb@uni.test,y\n",
    ]
    .concat();
    assert_eq!(csv(&wide, &[]).len(), 2);

    let file = TestFile::new(b"mail,name\n");
    for (columns, part) in [
        (&[][..], "no column is named `email` (it has: mail, name)"),
        (&[("e-mail", "email")][..], "it has no column `e-mail`"),
    ] {
        let error = read_csv(file.path(), columns).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(
        read_ndjson("/nowhere/at/all")
            .unwrap_err()
            .to_string()
            .contains("cannot read users from /nowhere/at/all")
    );
}

#[test]
fn an_export_streams_into_a_tenant_and_a_broken_line_costs_itself_alone() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("export");
    let lines = "{\"user_id\":\"auth0|abc\",\"email\":\"a@uni.test\",\"created_at\":\"2026\",\"identities\":[],\"name\":null}\n\n{\"email\":\"b@uni.test\"\n{\"email\":7}\n{\"email\":\"c@uni.test\"}\n{\"email\":\"A@uni.test\"}\n{\"email\":\"nobody\"}";
    let file = TestFile::new(lines.as_bytes());
    let report = import_stream(
        &tenant,
        &connection,
        read_ndjson(file.path()).unwrap(),
        &quick(&name),
    )
    .unwrap();
    let counts = report.counts();
    assert_eq!(
        (counts.inserted, counts.failed, counts.total),
        (2, 4, 6),
        "{report}"
    );
    let reasons: Vec<String> = report
        .attention()
        .iter()
        .map(|a| format!("{} {}", a.row, a.reasons[0].message))
        .collect();
    for (reason, part) in reasons.iter().zip([
        "2 cannot read users from",
        "3 cannot read users from",
        "5 is also in row 1",
        "6 is not an address",
    ]) {
        assert!(reason.starts_with(part), "{reason}");
    }
    assert!(
        reasons[0].contains("line 3 is not one complete JSON object"),
        "{}",
        reasons[0]
    );
    let token = practice.get("MGMT_API_ACCESS_TOKEN").to_string();
    assert_eq!(
        practice
            .raw("GET", "/api/v2/users/auth0%7Cabc", Some(&token), None)
            .0,
        200
    );
}

#[test]
fn users_stream_in_file_by_file_and_a_source_that_ends_early_is_said() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("stream");
    let source = users(160).into_iter().map(Ok);
    let report = import_stream(&tenant, &connection, source, &quick(&name)).unwrap();
    assert_eq!(
        (report.counts().inserted, report.counts().total),
        (160, 160),
        "{report}"
    );

    // Hashed on the way; a user with a hash keeps it, one without a username is an error of their own.
    let name = Named::new("hashed");
    let mut source: Vec<Result<User>> = generate_users("late", "uni.test", 3)
        .unwrap()
        .into_iter()
        .map(Ok)
        .collect();
    source.push(Ok(User::new("nameless@uni.test")));
    source.push(Ok(users(1).remove(0)));
    let hashed = hash_stream(source, Passwords::SameAsUsername).unwrap();
    let report = import_stream(&tenant, &connection, hashed, &quick(&name)).unwrap();
    let counts = report.counts();
    assert_eq!(
        (counts.inserted, counts.already_there, counts.failed),
        (3, 1, 1),
        "{report}"
    );
    let random = hash_stream(Vec::new(), Passwords::Random)
        .unwrap_err()
        .to_string();
    assert!(random.contains("use set_passwords"), "{random}");

    let none = import_stream(
        &tenant,
        &connection,
        Vec::new(),
        &quick(&Named::new("none")),
    );
    assert_eq!(none.unwrap_err().kind(), ErrorKind::NoUsers);
}

#[test]
fn a_file_without_a_heading_shows_nothing_of_its_first_user() {
    let hash = "$2b$10$k9UDAdTsPsHQuH8DQcHVjePx7dzRHErpxHpp2AVwsVY3jbNpzKa7O";
    let first_user = format!("ada@uni.test,{hash},battery-staple\n");
    let no_email = format!("ada,{hash}\n");
    let both: [&[(&str, &str)]; 2] = [&[], &[("E-Mail", "email")]];
    for columns in both {
        let file = TestFile::new(first_user.as_bytes());
        let error = read_csv(file.path(), columns).unwrap_err().to_string();
        assert!(
            error.contains("its first line is a user, not a heading")
                && !error.contains("battery")
                && !error.contains("k9UDAd"),
            "{error}"
        );
        // Nor does a first line that might be one.
        for bare in [&no_email, "ada,battery-staple\nbob,correct-horse\n"] {
            let file = TestFile::new(bare.as_bytes());
            let error = read_csv(file.path(), columns).unwrap_err().to_string();
            assert!(
                !error.contains("ada") && !error.contains("battery") && !error.contains("k9UDAd"),
                "{error}"
            );
        }
    }
}

/// Of what kind the cause of an import's end is.
fn cause(stopped: &Error) -> Option<ErrorKind> {
    let cause = std::error::Error::source(stopped)?;
    Some(cause.downcast_ref::<Error>()?.kind())
}

#[test]
fn a_source_that_cannot_be_read_any_further_leaves_the_run_open() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("torn");
    let gone = || read_csv("/nowhere/at/all", &[]).map(|_| User::new("nobody"));
    // Row 61 is faulty and the file ends within row 62, whatever is asked for then.
    let torn = users(60).into_iter().map(Ok);
    let torn = torn
        .chain([Ok(User::new("no address"))])
        .chain(repeat_with(gone));
    let stopped = import_stream(&tenant, &connection, torn, &quick(&name)).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::ImportStopped);
    assert_eq!(cause(&stopped), Some(ErrorKind::Source), "{stopped}");
    let text = stopped.to_string();
    assert!(
        text.contains("cannot read users from /nowhere/at/all"),
        "{text}"
    );
    assert!(
        text.contains(" of 60, and the run's folder records it"),
        "{text}"
    );

    let report = resume_import(&tenant, stopped.folder().unwrap()).unwrap();
    assert_eq!((report.counts().inserted, report.counts().total), (60, 60));
    let text = report.to_string();
    assert!(
        text.contains("the source was read up to row 60: send the rest"),
        "{text}"
    );
}

#[test]
fn a_source_that_is_stuck_does_not_keep_the_time_limit_from_holding() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("stuck");
    // It gives a file and some, and then nothing, without an end.
    let (more, source) = channel();
    for user in users(60) {
        more.send(Ok(user)).unwrap();
    }
    let options = quick(&name).time_limit(Duration::from_secs(3));
    let began = Instant::now();
    let stopped = import_stream(&tenant, &connection, source, &options).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(30), "{stopped}");
    assert_eq!(cause(&stopped), Some(ErrorKind::OutOfTime), "{stopped}");
    let report = resume_import(&tenant, stopped.folder().unwrap()).unwrap();
    let counts = report.counts();
    assert!(
        counts.inserted > 40 && counts.inserted == counts.total,
        "{report}"
    );
    drop(more);
}

#[test]
fn jobs_are_watched_while_a_source_is_stuck() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("watched");
    let first = Path::new(&name.folder()).join("users-00001.done.json");
    // Its last user comes when the first job is accounted for.
    let last = once_with(move || {
        let began = Instant::now();
        while !first.exists() {
            assert!(
                began.elapsed() < Duration::from_secs(50),
                "nobody sees the job's end"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(User::new("last@uni.test"))
    });
    let source = users(60).into_iter().map(Ok).chain(last);
    let report = import_stream(&tenant, &connection, source, &quick(&name)).unwrap();
    assert_eq!((report.counts().inserted, report.counts().total), (61, 61));
}

#[test]
fn a_source_that_panics_is_an_error_and_the_run_is_kept() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("panics");
    let source = users(60)
        .into_iter()
        .map(Ok)
        .chain(once_with(|| panic!("on purpose")));
    let stopped = import_stream(&tenant, &connection, source, &quick(&name)).unwrap_err();
    assert_eq!(cause(&stopped), Some(ErrorKind::Source), "{stopped}");
    assert!(
        stopped
            .to_string()
            .contains("the given iterator: it panicked"),
        "{stopped}"
    );
    assert_eq!(stopped.folder(), Some(&*name.folder()));
}

#[test]
fn a_source_that_panics_before_a_file_is_packed_leaves_no_run() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("panics-early");
    let source = users(3)
        .into_iter()
        .map(Ok)
        .chain(once_with(|| panic!("on purpose")));
    let stopped = import_stream(&tenant, &connection, source, &quick(&name)).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Source, "{stopped}");
    assert!(
        stopped
            .to_string()
            .contains("the given iterator: it panicked"),
        "{stopped}"
    );
    assert!(!Path::new(&name.folder()).exists());
}

#[test]
fn a_report_names_rows_without_an_email_and_says_whose_sentence_it_shows() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("sentences");
    let lines = "{\"email\":\"a@uni.test\"}\n{\"email\":7}\n{\"email\":7}\n{\"email\":\"nobody\"}";
    let file = TestFile::new(lines.as_bytes());
    let rows = read_ndjson(file.path()).unwrap();
    let report = import_stream(&tenant, &connection, rows, &quick(&name))
        .unwrap()
        .to_string();
    assert!(report.contains("2 faulty: row 2, row 3\n"), "{report}");
    assert!(report.contains("reason, in the first: "), "{report}");
    assert!(report.contains("1 faulty: row 4: nobody\n"), "{report}");
    assert!(report.contains("email: is not an address"), "{report}");
}
