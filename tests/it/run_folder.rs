//! The run folder: what is refused, what a crash leaves, who may work on it.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use auth0_bulk_users::*;
use serde_json::json;

use crate::kills::child;
use crate::planted::write_lines;
use crate::runs::{Named, all_in_tenant, kept_in, quick, renewed, users};
use crate::server::Practice;
use crate::turned::turned_time;

#[test]
fn a_run_folder_that_is_not_as_it_was_written_is_refused() {
    let _time = turned_time();
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
    refused("it is not what this run wrote");
    let other = Practice::start(&[]).tenant();
    let name = Named::new("other");
    import_users(
        &tenant,
        &connection,
        &generate_users("other", "uni.test", 1).unwrap(),
        &quick(&name),
    )
    .unwrap();
    let error = resume_import(&other, &name.folder())
        .unwrap_err()
        .to_string();
    assert!(error.contains("the run was on the tenant"), "{error}");
    let error = read_import("imports/none-of-this-name")
        .unwrap_err()
        .to_string();
    assert!(error.contains("there is no run here"), "{error}");
}

/// A limit on the size of files stands for a disk that is full; it takes a process of its own.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_stops_the_run_before_anything_is_sent() {
    let practice = Practice::start(&[]);
    let name = Named::new("full");
    let mut child = child(&practice, &name, "trap '' XFSZ; ulimit -f 100;");
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let packed = format!("imports/.packing/{}/users-00001.json", name.0);
    let sentence = format!(
        "cannot use the run folder {packed}: File too large (os error 27): check that the disk has room and that the folder can be written to"
    );
    assert!(said.contains(&sentence), "{said}");
    assert!(all_in_tenant(&practice).is_empty());
    assert!(!PathBuf::from(name.folder()).exists());
    assert!(
        !PathBuf::from(packed).parent().unwrap().exists(),
        "nor the hashes"
    );
}

#[test]
fn two_kernels_cannot_work_on_one_run() {
    // Ten seconds a job: far longer than one kernel waits for another.
    let practice = Practice::start(&["--job-speed", "6"]);
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
            error.contains("another kernel or program is working on this run"),
            "{error}"
        );
        assert_eq!(run.join().unwrap().unwrap().counts().inserted, 60);
    });
}

#[test]
fn a_run_goes_on_in_its_own_tenant_and_connection_alone() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("own");
    tenant.practice_faults(&[("token-expires", 1.0)]).unwrap();
    import_users(&tenant, &connection, &users(60), &quick(&name)).unwrap_err();
    let other = Practice::start(&[]);
    let error = resume_import(&other.tenant(), &name.folder()).unwrap_err();
    assert!(error.to_string().contains(tenant.domain()), "{error}");
    let error = plan_run_removal(&tenant, &name.folder()).unwrap_err();
    assert!(error.to_string().contains("has not ended"), "{error}");
    let (renewed, _) = renewed(&practice);
    let report = resume_import(&renewed, &name.folder()).unwrap();
    assert_eq!(report.counts().inserted, 60, "{report}");
}

/// A run that was cut off: one file's job accepted, another file not sent, hashes in both.
fn cut_off(practice: &Practice, name: &Named) -> (Tenant, PathBuf) {
    let (tenant, connection) = practice.database();
    let mut users = users(70);
    users[1].email = "jürgen@uni.test".into();
    let options = quick(name).slots(1).time_limit(Duration::from_millis(200));
    import_users(&tenant, &connection, &users, &options).unwrap_err();
    (tenant, PathBuf::from(name.folder()))
}

#[test]
fn what_a_crash_left_half_written_or_not_named_is_deleted() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "100"]);
    let name = Named::new("rest");
    let (tenant, folder) = cut_off(&practice, &name);
    let rest = [
        "users-00003.json",
        "users-00001.done.json",
        "users-00002.json.new",
    ];
    for file in rest {
        fs::write(folder.join(file), "[{\"password_hash\":\"$2b$10$xxx\"}]").unwrap();
    }
    let mine = ["users-to-mend.json", "users-00001.csv"];
    for file in mine {
        fs::write(folder.join(file), "the reader's own").unwrap();
    }
    read_import(&name.folder()).unwrap();
    assert!(mine.iter().all(|file| folder.join(file).exists()));
    assert!(rest.iter().all(|file| !folder.join(file).exists()));
    let report = resume_import(&tenant, &name.folder()).unwrap();
    assert_eq!(report.counts().inserted, 70, "{report}");
    assert!(!kept_in(&name.folder()).contains("$2b$10$"));
}

#[test]
fn a_journal_that_ends_at_any_byte_of_its_last_line_is_resumed() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "100"]);
    let name = Named::new("half");
    let (tenant, folder) = cut_off(&practice, &name);
    // A line like those of a source that is cut off: with a character of two bytes in it.
    let left_out = "0123456789abcdef {\"LeftOut\":{\"note\":{\"row\":71,\"email\":\"jürgen\"";
    let journal = folder.join("journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    for end in 1..=left_out.len() {
        let half = [&whole[..], &left_out.as_bytes()[..end]].concat();
        fs::write(&journal, half).unwrap();
        let report = read_import(&name.folder()).unwrap();
        assert_eq!(report.counts().not_sent, 70, "{end} bytes: {report}");
        assert_eq!(
            fs::read(&journal).unwrap(),
            whole,
            "the half line is dropped"
        );
    }
    // Without its last line: the upload may or may not have been taken, and the users' ids tell.
    let mut lines = whole.split_inclusive(|byte| *byte == b'\n');
    let last = lines.next_back().unwrap().len();
    fs::write(&journal, &whole[..whole.len() - last]).unwrap();
    let report = resume_import(&tenant, &name.folder()).unwrap();
    assert_eq!(
        (report.counts().inserted, report.counts().total),
        (70, 70),
        "{report}"
    );
    assert_eq!(all_in_tenant(&practice).len(), 70);
}

#[test]
fn a_folder_of_another_version_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "100"]);
    let name = Named::new("version");
    let (tenant, folder) = cut_off(&practice, &name);
    write_lines(&folder, &[json!({"Version": 2})]);
    let error = resume_import(&tenant, &name.folder()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot use the run folder {}: another version of this crate wrote it: continue with that version",
            name.folder()
        )
    );
}

#[test]
fn what_a_crash_left_before_anything_was_sent_is_deleted_by_a_later_run() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let (old, new, name) = (Named::new("old"), Named::new("new"), Named::new("later"));
    let packing = |name: &Named| PathBuf::from(format!("imports/.packing/{}", name.0));
    for (left, age) in [(&old, 3600), (&new, 0)] {
        fs::create_dir_all(packing(left)).unwrap();
        fs::write(packing(left).join("users-00001.json"), "[]").unwrap();
        let lock = fs::File::create(packing(left).join("lock")).unwrap();
        let at = std::time::SystemTime::now() - Duration::from_secs(age);
        lock.set_modified(at).unwrap();
    }
    let users = generate_users("any", "uni.test", 1).unwrap();
    import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    assert!(!packing(&old).exists());
    assert!(packing(&new).exists(), "it may be just beginning");
    // The same name again is another attempt at the same run.
    import_users(&tenant, &connection, &users, &quick(&new)).unwrap();
    assert!(!packing(&new).exists());
}

#[test]
fn a_source_that_was_cut_off_is_told_up_to_its_last_packed_row() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "50"]);
    let (tenant, connection) = practice.database();
    let name = Named::new("source");
    // A row that is left out, far behind the last file that is full when the tenant stops taking any.
    let mut rows: Vec<Result<User>> = users(70).into_iter().map(Ok).collect();
    rows[2] = Ok(User::new("nobody"));
    rows[65] = Ok(User::new("nobody"));
    let fails = std::iter::from_fn(|| panic!("as a program that crashes does"));
    let cut = rows.into_iter().chain(fails);
    let stopped = import_stream(&tenant, &connection, cut, &quick(&name)).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::ImportStopped, "{stopped}");
    let report = resume_import(&tenant, &name.folder()).unwrap();
    let counts = report.counts();
    assert_eq!(
        (counts.inserted, counts.failed),
        (counts.total - 1, 1),
        "{report}"
    );
    assert!(counts.total < 66, "{report}");
    let told = format!(
        "the source was read up to row {}: send the rest",
        counts.total
    );
    assert!(report.to_string().contains(&told), "{told}: {report}");
    assert_eq!(all_in_tenant(&practice).len() as u64, counts.inserted);
}

/// On a disk that fills up after users were sent: the line about them is longer than what there is room for.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_midway_leaves_a_run_that_is_resumed() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let light = |number: usize| User::new(format!("u{number:04}@uni.test"));
    let everybody: Vec<User> = (1..=crate::kills::LIGHT).map(light).collect();
    for user in everybody.chunks(5_000) {
        let job = start_import(&tenant, &connection, user).unwrap();
        wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    }
    let name = Named::new("fills");
    let mut child = child(&practice, &name, "trap '' XFSZ; ulimit -f 1050;");
    let output = child.env("KILL_LIGHT", "yes").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("the import stopped: cannot use the run folder"),
        "{said}"
    );
    assert!(said.contains("File too large (os error 27)"), "{said}");
    let report = resume_import(&tenant, &name.folder()).unwrap();
    let counts = report.counts();
    let all = crate::kills::LIGHT as u64;
    assert_eq!((counts.already_there, counts.total), (all, all), "{report}");
}
