//! Any number of users: packed, sent at the rate, accounted for row by row, removed again.

use std::fs;
use std::path::PathBuf;

use auth0_bulk_users::*;
use serde_json::json;

use crate::runs::{Named, all_in_tenant, quick, users};
use crate::server::{Practice, token};
use crate::turned::turned_time;

#[test]
fn users_over_many_files_are_all_accounted_for() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("files");
    let mut users = users(130);
    // There before the run, with a username of one of the run's and an e-mail of another.
    let mut before = User::new("bulk_005@uni.test".replace("005", "05"));
    before.user_id = Some("others1".into());
    let other = User {
        username: Some("bulk_09".into()),
        user_id: Some("others2".into()),
        ..User::new("else@uni.test")
    };
    let job = start_import(&tenant, &connection, &[before, other]).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    users[3].user_id = Some("mine4".into());

    let plan = plan_import(&tenant, &connection, &users).unwrap();
    assert_eq!(plan.uploads.len(), 3, "{plan}");
    assert!(plan.problems.is_empty(), "{plan}");
    assert!(
        plan.uploads[..2]
            .iter()
            .all(|bytes| *bytes > 490_000 && *bytes <= MAX_UPLOAD_BYTES)
    );

    let report = import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    let counts = report.counts();
    assert_eq!(
        (
            counts.inserted,
            counts.already_there,
            counts.failed,
            counts.total
        ),
        (128, 1, 1, 130),
        "{report}"
    );
    let rows: Vec<usize> = report
        .attention()
        .iter()
        .map(|attention| attention.row)
        .collect();
    assert_eq!(rows, [5, 9], "{report}");
    assert_eq!(all_in_tenant(&practice).len(), 130);

    // Read again, from the folder alone; nothing secret is left in it but of nobody.
    assert_eq!(read_import(&name.folder()).unwrap().counts(), counts);
    for file in fs::read_dir(name.folder()).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let hashes = text.matches("$2b$10$").count();
        assert!(hashes <= 2, "of refused users alone: {hashes}");
    }
    let csv = std::env::temp_dir().join(format!("{}.csv", name.0));
    // What was there before, open to all, is replaced.
    fs::write(&csv, "old").unwrap();
    report.save_csv(csv.to_str().unwrap()).unwrap();
    let text = fs::read_to_string(&csv).unwrap();
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&csv).unwrap().permissions()) & 0o777,
        0o600
    );
    fs::remove_file(&csv).unwrap();
    assert_eq!(text.lines().count(), 131);
    assert!(text.contains("5,bulk_05@uni.test,") && text.matches(",inserted,").count() == 128);

    // Exactly the run's users go again.
    let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
    assert_eq!((plan.users.len(), plan.kept), (128, 2), "{plan}");
    remove_users(&tenant, plan).unwrap();
    let left: Vec<String> = all_in_tenant(&practice)
        .iter()
        .map(|user| user["user_id"].as_str().unwrap().into())
        .collect();
    assert_eq!(left, ["auth0|others1", "auth0|others2"]);
    let again = plan_run_removal(&tenant, &name.folder()).unwrap();
    assert!(again.users.is_empty());
}

#[test]
fn what_cannot_be_sent_is_told_before_anything_is() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("bad");
    let mut bad = users(3);
    bad[1].email = "nobody".into();
    bad[2].email = bad[0].email.to_uppercase();
    let error = import_users(&tenant, &connection, &bad, &quick(&name))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("nothing was sent")
            && error.contains("row 2 (nobody): email")
            && error.contains("is also in row 1"),
        "{error}"
    );
    assert!(!PathBuf::from(name.folder()).exists() && all_in_tenant(&practice).is_empty());

    let report = import_users(
        &tenant,
        &connection,
        &bad,
        &quick(&name).skip_bad_rows(true),
    )
    .unwrap();
    assert_eq!(
        (report.counts().inserted, report.counts().failed),
        (1, 2),
        "{report}"
    );
    let mended = report.failed().unwrap();
    assert_eq!(
        mended
            .iter()
            .map(|user| user.email.as_str())
            .collect::<Vec<_>>(),
        ["nobody", "BULK_01@UNI.TEST"]
    );
    assert!(
        mended
            .iter()
            .all(|user| user.password_hash.is_some() && user.user_id.is_none())
    );

    for (options, part) in [
        (quick(&name), "a run with this name already exists"),
        (
            ImportOptions::default().name("../outside"),
            "a run's name is the name of a folder in imports/",
        ),
    ] {
        let error = import_users(&tenant, &connection, &users(1), &options)
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
    }
    let none = import_users(&tenant, &connection, &[], &quick(&name)).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NoUsers);
    let heavy = User {
        user_metadata: json!({"a": "x".repeat(600_000)}).as_object().cloned(),
        ..User::new("a@b.edu")
    };
    let plan = plan_import(&tenant, &connection, std::slice::from_ref(&heavy)).unwrap();
    assert!(
        plan.problems[0]
            .problem
            .contains("makes the user 600,044 bytes"),
        "{plan}"
    );

    let base = practice.get("DOMAIN");
    let real = Tenant::new(base, &token(base, json!({"practice_tenant": false}))).unwrap();
    let error =
        import_users(&real, &connection, &users(1), &quick(&Named::new("gate"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
}

/// Rows of which only the last two can be sent: the others are at fault, and claim nothing of theirs.
fn good_after_bad() -> Vec<User> {
    let good = |email: &str, username: &str, id: &str| User {
        username: Some(username.into()),
        user_id: Some(id.into()),
        ..User::new(email)
    };
    let wide = json!({"text": "x".repeat(600_000)});
    vec![
        User {
            password_hash: Some("abc".into()),
            ..good("a@uni.test", "one", "1")
        },
        User {
            user_metadata: wide.as_object().cloned(),
            ..good("b@uni.test", "two", "2")
        },
        good("nobody", "one", "2"),
        good("a@uni.test", "two", "1"),
        good("b@uni.test", "one", "2"),
    ]
}

#[test]
fn a_row_that_is_left_out_claims_nothing_from_its_good_twin() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let all = Named::new("left-out");
    let options = quick(&all).skip_bad_rows(true);
    let report = import_users(&tenant, &connection, &good_after_bad(), &options).unwrap();
    let rows = |report: &ImportReport| -> Vec<usize> {
        report.attention().iter().map(|a| a.row).collect()
    };
    assert_eq!(
        (report.counts().inserted, rows(&report)),
        (2, vec![1, 2, 3]),
        "{report}"
    );
    remove_users(&tenant, plan_run_removal(&tenant, &all.folder()).unwrap()).unwrap();

    let streamed = Named::new("left-out-stream");
    let source = good_after_bad().into_iter().map(Ok);
    let report = import_stream(&tenant, &connection, source, &quick(&streamed)).unwrap();
    assert_eq!(
        (report.counts().inserted, rows(&report)),
        (2, vec![1, 2, 3]),
        "{report}"
    );
}

#[test]
fn a_whole_import_stays_under_the_rate() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let traffic = || {
        let (_, traffic) = practice.management("GET", "/practice/traffic", None);
        let number = |name: &str| traffic[name].as_u64().unwrap();
        (number("requests"), number("most_in_a_second"))
    };
    let (name, users) = (Named::new("rate"), users(70));
    // The lookup counts too, though it was no part of the run.
    let (tenant, connection) = practice.database();
    let (lookup, _) = traffic();
    let faults = [
        ("job-fails-midway", 1.0),
        ("reset@job", 1.0),
        ("rate-limit@report", 1.0),
    ];
    tenant.practice_faults(&faults).unwrap();
    // The default: 2 a second.
    let options = ImportOptions::default().name(&name.0);
    let report = import_users(&tenant, &connection, &users, &options).unwrap();
    assert_eq!(report.counts().inserted, 70, "{report}");
    let (requests, most) = traffic();
    assert!(most <= 2, "{most} requests within a second: {report}");
    // All but the lookup are told; reads of jobs included.
    let told = format!("{} requests", requests - lookup);
    assert!(report.to_string().contains(&told), "{told}: {report}");
}
