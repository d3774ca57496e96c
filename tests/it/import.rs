//! Any number of users, any fault: the counts add up, nobody is lost or doubled, nobody else's user is touched.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::server::{Practice, token};

/// A run folder that goes when the test ends.
pub(crate) struct Named(pub(crate) String);

impl Named {
    pub(crate) fn new(what: &str) -> Named {
        let random = hash_password("x").unwrap();
        let tail: String = random
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .rev()
            .take(10)
            .collect();
        Named(format!("test-{what}-{tail}"))
    }

    pub(crate) fn folder(&self) -> String {
        format!("imports/{}", self.0)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.folder());
        let _ = fs::remove_dir_all(format!("imports/.packing/{}", self.0));
    }
}

/// Options that do not make a test wait.
pub(crate) fn quick(name: &Named) -> ImportOptions {
    ImportOptions::default()
        .name(&name.0)
        .requests_per_second(1000.0)
        .time_limit(Duration::from_secs(60))
}

/// Users with a hash that is none of anybody's, and enough metadata that few fill a file.
pub(crate) fn users(count: usize) -> Vec<User> {
    let hash = format!("$2b$10${}", "x".repeat(53));
    let heavy = |mut user: User| {
        user.password_hash = Some(hash.clone());
        let text = json!({"text": "x".repeat(9_000)});
        user.user_metadata = text.as_object().cloned();
        user
    };
    generate_users("bulk", "test.edu", count)
        .unwrap()
        .into_iter()
        .map(heavy)
        .collect()
}

pub(crate) fn all_in_tenant(practice: &Practice) -> Vec<Value> {
    let token = practice.get("MGMT_API_ACCESS_TOKEN").to_string();
    let mut all = Vec::new();
    for page in 0.. {
        let path = format!("/api/v2/users?per_page=100&page={page}");
        let (status, body) = practice.raw("GET", &path, Some(&token), None);
        assert_eq!(status, 200, "{body}");
        let users = body.as_array().unwrap();
        all.extend(users.iter().cloned());
        if users.len() < 100 {
            return all;
        }
    }
    unreachable!()
}

#[test]
fn users_over_many_files_are_all_accounted_for() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("files");
    let mut users = users(130);
    // There before the run, with a username of one of the run's and an e-mail of another.
    let mut before = User::new("bulk_005@test.edu".replace("005", "05"));
    before.user_id = Some("others1".into());
    let other = User {
        username: Some("bulk_09".into()),
        user_id: Some("others2".into()),
        ..User::new("else@test.edu")
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
        (counts.inserted, counts.already_there, counts.total),
        (128, 2, 130),
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
    report.save_csv(csv.to_str().unwrap()).unwrap();
    let text = fs::read_to_string(&csv).unwrap();
    fs::remove_file(&csv).unwrap();
    assert_eq!(text.lines().count(), 131);
    assert!(text.contains("5,bulk_05@test.edu,") && text.matches(",inserted,").count() == 128);

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

const FAULTS: [(&str, f64); 18] = [
    ("latency-ms", 5.0),
    ("rate-limit", 3.0),
    ("slots-held-seconds", 1.0),
    ("reset", 4.0),
    ("reset", 0.2),
    ("reset-before-upload", 2.0),
    ("reset-after-upload", 1.0),
    ("reset-after-upload", 2.0),
    ("half-answer", 3.0),
    ("server-error", 4.0),
    ("server-error-after", 1.0),
    ("job-fails", 1.0),
    ("job-fails", 9.0),
    ("job-fails-midway", 1.0),
    ("job-fails-midway", 9.0),
    ("job-lost", 1.0),
    ("job-lost", 9.0),
    ("report-lost", 1.0),
];

#[test]
fn every_fault_ends_in_counts_that_add_up() {
    std::thread::scope(|scope| {
        for (fault, number) in FAULTS {
            scope.spawn(move || bears(fault, number));
        }
    });
}

fn bears(fault: &str, number: f64) {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new(fault);
    let before = User {
        user_id: Some("others".into()),
        ..User::new("bulk_07@test.edu")
    };
    let job = start_import(&tenant, &connection, &[before]).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    tenant.practice_faults(&[(fault, number)]).unwrap();
    let report = import_users(&tenant, &connection, &users(120), &quick(&name)).unwrap();
    tenant.practice_faults(&[]).unwrap();

    let counts = report.counts();
    assert_eq!(counts.total, 120, "{fault}: {report}");
    let here = all_in_tenant(&practice).len() as u64;
    assert_eq!(here, counts.inserted + 1, "{fault}: {report}");
    let rows: Vec<_> = report
        .attention()
        .iter()
        .map(|attention| (attention.row, attention.outcome))
        .collect();
    match (fault, number as u32) {
        ("job-fails" | "job-fails-midway", 9) => {
            assert_eq!(counts.failed, 120 - counts.inserted, "{fault}: {report}");
        }
        // Nobody ever said why, only that the user with this run's id is not there.
        ("job-lost", 9) => assert_eq!(rows, [(7, Outcome::Failed)], "{report}"),
        ("report-lost", _) => assert_eq!(rows, [(7, Outcome::Unknown)], "{report}"),
        _ => assert_eq!(rows, [(7, Outcome::AlreadyThere)], "{fault}: {report}"),
    }
    let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len() as u64, counts.inserted, "{fault}");
    remove_users(&tenant, plan).unwrap();
    let left = all_in_tenant(&practice).len();
    assert_eq!(left, 1, "{fault}: the other's user stays");
}

#[test]
fn a_job_that_hangs_is_unknown_and_a_token_that_ends_stops_the_run_for_a_resume() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("hangs");
    tenant.practice_faults(&[("job-hangs", 1.0)]).unwrap();
    let options = quick(&name).job_limit(Duration::from_secs(1));
    let report = import_users(&tenant, &connection, &users(60), &options).unwrap();
    let counts = report.counts();
    assert_eq!(counts.inserted + counts.unknown, 60, "{report}");
    assert!(counts.unknown > 0 && counts.inserted > 0, "{report}");

    let name = Named::new("expires");
    tenant.practice_faults(&[("token-expires", 1.0)]).unwrap();
    let error = import_users(&tenant, &connection, &users(60), &quick(&name)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::ImportStopped { .. }), "{text}");
    assert!(
        text.contains("Expired token")
            && text.contains(&format!("resume_import(&tenant, \"{}\")", name.folder())),
        "{text}"
    );
    assert_eq!(read_import(&name.folder()).unwrap().counts().not_sent, 60);
}

#[test]
fn what_cannot_be_sent_is_told_before_anything_is() {
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
            && error.contains("that of row 1 too"),
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
        ["nobody", "BULK_01@TEST.EDU"]
    );
    assert!(
        mended
            .iter()
            .all(|user| user.password_hash.is_some() && user.user_id.is_none())
    );

    for (options, part) in [
        (quick(&name), "a run of this name exists"),
        (
            ImportOptions::default().name("../outside"),
            "a run's name is a folder inside imports/",
        ),
    ] {
        let error = import_users(&tenant, &connection, &users(1), &options)
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
    }
    let none = import_users(&tenant, &connection, &[], &quick(&name)).unwrap_err();
    assert!(matches!(none, Error::NoUsers));
    let heavy = User {
        user_metadata: json!({"a": "x".repeat(600_000)}).as_object().cloned(),
        ..User::new("a@b.edu")
    };
    let plan = plan_import(&tenant, &connection, std::slice::from_ref(&heavy)).unwrap();
    assert!(
        plan.problems[0]
            .problem
            .contains("makes the user 600044 bytes"),
        "{plan}"
    );

    let base = practice.get("DOMAIN");
    let real = Tenant::new(base, &token(base, json!({"practice_tenant": false}))).unwrap();
    let error =
        import_users(&real, &connection, &users(1), &quick(&Named::new("gate"))).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
}

#[test]
fn a_run_folder_that_is_not_as_it_was_written_is_refused() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("damaged");
    import_users(&tenant, &connection, &users(60), &quick(&name)).unwrap();
    let folder = PathBuf::from(name.folder());
    let journal = fs::read(folder.join("journal.jsonl")).unwrap();
    let refused = |part: &str| {
        let error = resume_import(&tenant, &name.folder())
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
    };
    let text = String::from_utf8(journal.clone()).unwrap();
    let changed = [
        text.replacen("\"inserted\":", "\"inserted\":1", 1),
        text.lines().skip(1).collect::<Vec<_>>().join("\n") + "\n",
    ];
    for changed in changed {
        fs::write(folder.join("journal.jsonl"), changed).unwrap();
        refused("of its journal was changed or damaged");
    }
    // Half a line at the end is what a crash leaves.
    fs::write(
        folder.join("journal.jsonl"),
        [&journal[..], b"0123 {\"Done"].concat(),
    )
    .unwrap();
    assert_eq!(
        resume_import(&tenant, &name.folder())
            .unwrap()
            .counts()
            .inserted,
        60
    );
    let done = folder.join("users-00001.done.json");
    fs::write(
        &done,
        fs::read_to_string(&done)
            .unwrap()
            .replacen("bulk_01", "bulk_91", 1),
    )
    .unwrap();
    refused("it is not as this run wrote it");
    let other = Practice::start(&[]).tenant();
    let name = Named::new("other");
    import_users(
        &tenant,
        &connection,
        &generate_users("other", "test.edu", 1).unwrap(),
        &quick(&name),
    )
    .unwrap();
    let error = resume_import(&other, &name.folder())
        .unwrap_err()
        .to_string();
    assert!(error.contains("it is of the tenant"), "{error}");
    let error = read_import("imports/none-of-this-name")
        .unwrap_err()
        .to_string();
    assert!(error.contains("there is no run here"), "{error}");
}

/// Imports in a process of its own, which is killed after `moment`; gives the report of the resume.
fn kill_and_resume(practice: &Practice, moment: Duration) -> ImportReport {
    let name = Named::new("kill");
    let tenant = practice.tenant();
    let (_, connection) = practice.database();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "import::imports_until_killed", "--ignored"])
        .env("KILL_DOMAIN", practice.get("DOMAIN"))
        .env("KILL_TOKEN", practice.get("MGMT_API_ACCESS_TOKEN"))
        .env("KILL_NAME", &name.0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
    tenant.practice_faults(&[]).unwrap();
    match resume_import(&tenant, &name.folder()) {
        Ok(report) => report,
        // Killed before anything was sent: as the error says, started again.
        Err(Error::RunFolder { reason, .. }) if reason.contains("before anything was sent") => {
            import_users(&tenant, &connection, &users(120), &quick(&name)).unwrap()
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
#[ignore = "the process that the kill test kills"]
fn imports_until_killed() {
    let Ok(name) = std::env::var("KILL_NAME") else {
        return;
    };
    let (domain, token) = (
        std::env::var("KILL_DOMAIN").unwrap(),
        std::env::var("KILL_TOKEN").unwrap(),
    );
    let tenant = Tenant::new(&domain, &token).unwrap();
    let connection = get_connection_id(&tenant, crate::server::DATABASE).unwrap();
    // Never dropped: the folder must stay for the one who resumes, also when the import ends before the kill.
    let name = std::mem::ManuallyDrop::new(Named(name));
    let imported = import_users(&tenant, &connection, &users(120), &quick(&name));
    imported.unwrap();
}

fn is_survived(kills: u64) {
    let practice = Practice::start(&["--job-speed", "300"]);
    let tenant = practice.tenant();
    let token = practice.get("MGMT_API_ACCESS_TOKEN").to_string();
    for kill in 0..kills {
        let moment = Duration::from_millis(5 + kill * 997 % 900);
        // On a slow line, so that some are killed between the taking of an upload and its answer.
        tenant.practice_faults(&[("latency-ms", 120.0)]).unwrap();
        let report = kill_and_resume(&practice, moment);
        let counts = report.counts();
        assert_eq!(
            (counts.inserted, counts.total),
            (120, 120),
            "killed after {moment:?}: {report}"
        );
        let here = all_in_tenant(&practice);
        assert_eq!(here.len(), 120, "killed after {moment:?}");
        for user in here {
            let id = user["user_id"].as_str().unwrap().replace('|', "%7C");
            practice.raw("DELETE", &format!("/api/v2/users/{id}"), Some(&token), None);
        }
    }
}

#[test]
fn an_import_that_is_killed_is_resumed_to_the_same_end() {
    is_survived(20);
}

#[test]
#[ignore = "minutes: `make test-kills`"]
fn an_import_that_is_killed_200_times_is_resumed_to_the_same_end() {
    is_survived(200);
}

/// A limit on the size of files stands for a disk that is full; it takes a process of its own.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_stops_the_run_before_anything_is_sent() {
    let practice = Practice::start(&[]);
    let name = Named::new("full");
    let test = std::env::current_exe().unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 100; exec '{}' --exact import::imports_until_killed --ignored --nocapture",
        test.display()
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("KILL_DOMAIN", practice.get("DOMAIN"))
        .env("KILL_TOKEN", practice.get("MGMT_API_ACCESS_TOKEN"))
        .env("KILL_NAME", &name.0)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot use the run folder"), "{said}");
    assert!(all_in_tenant(&practice).is_empty());
    assert!(!PathBuf::from(name.folder()).exists());
}

#[test]
fn two_kernels_cannot_work_on_one_run() {
    let practice = Practice::start(&["--job-speed", "60"]);
    let (tenant, connection) = practice.database();
    let name = Named::new("two");
    std::thread::scope(|scope| {
        let run = scope.spawn(|| import_users(&tenant, &connection, &users(60), &quick(&name)));
        let began = Instant::now();
        let refused = loop {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "it is never at work"
            );
            match read_import(&name.folder()) {
                Err(error) if error.to_string().contains("there is no run here") => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => break other,
            }
        };
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("another kernel or program is at work on this run"),
            "{error}"
        );
        assert_eq!(run.join().unwrap().unwrap().counts().inserted, 60);
    });
}
