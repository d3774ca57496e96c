//! An import in a process of its own, which may be killed at any moment.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use auth0_bulk_users::*;

use crate::runs::{Named, all_in_tenant, kept_in, quick, users};
use crate::server::Practice;

/// As many users as one file holds when they are nothing but an e-mail.
pub(crate) const LIGHT: usize = 7_500;

/// An import of `users(120)`, or of `LIGHT` users who are nothing but an e-mail, in a process of its own, for which `sh` does `first`.
pub(crate) fn child(practice: &Practice, name: &Named, first: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let test = test.display();
    let script =
        format!("{first} exec '{test}' --exact kills::imports_until_killed --ignored --nocapture");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script])
        .env("KILL_DOMAIN", practice.get("DOMAIN"))
        .env("KILL_TOKEN", practice.get("MGMT_API_ACCESS_TOKEN"))
        .env("KILL_NAME", &name.0);
    command
}

/// Imports in a process of its own, which is killed after `moment`; gives the report of the resume.
fn kill_and_resume(practice: &Practice, moment: Duration) -> ImportReport {
    let name = Named::new("kill");
    let tenant = practice.tenant();
    let (_, connection) = practice.database();
    let mut child = child(practice, &name, "")
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
        Err(error) if error.to_string().contains("before anything was sent") => {
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
    let light = |number: usize| User::new(format!("u{number:04}@test.edu"));
    let users: Vec<User> = match std::env::var("KILL_LIGHT") {
        Ok(_) => (1..=LIGHT).map(light).collect(),
        Err(_) => users(120),
    };
    let imported = import_users(&tenant, &connection, &users, &quick(&name));
    imported.unwrap();
}

/// In four lines side by side.
fn is_survived(kills: u64) {
    std::thread::scope(|scope| {
        for line in 0..4 {
            scope.spawn(move || (line..kills).step_by(4).for_each(is_survived_once));
        }
    });
}

fn is_survived_once(kill: u64) {
    let practice = Practice::start(&["--job-speed", "300"]);
    let tenant = practice.tenant();
    let moment = Duration::from_millis(5 + kill * 997 % 900);
    // On a slow line, so that some are killed between the taking of an upload and its answer.
    tenant.practice_faults(&[("latency-ms", 120.0)]).unwrap();
    let report = kill_and_resume(&practice, moment);
    let counts = report.counts();
    let told = (counts.inserted, counts.total);
    assert_eq!(told, (120, 120), "killed after {moment:?}: {report}");
    assert_eq!(
        all_in_tenant(&practice).len(),
        120,
        "killed after {moment:?}"
    );
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

#[test]
fn what_a_run_prints_and_writes_tells_no_secret() {
    let practice = Practice::start(&[]);
    let name = Named::new("prints");
    let faults = [
        ("reset@upload", 1.0),
        ("half-answer@job", 1.0),
        ("reset-after-upload", 1.0),
        ("rate-limit@users", 1.0),
    ];
    practice.tenant().practice_faults(&faults).unwrap();
    let output = child(&practice, &name, "").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("run folder: imports/") && said.contains("trying again: "),
        "{said}"
    );
    let kept = kept_in(&name.folder());
    for secret in ["MGMT_API_ACCESS_TOKEN", "CLIENT_SECRET"] {
        let secret = practice.get(secret);
        assert!(!said.contains(secret) && !kept.contains(secret), "{said}");
    }
    assert!(
        !said.contains("$2b$10$") && !kept.contains("$2b$10$"),
        "{said}"
    );
}

/// The first line that tells how far an import of 120 users is; then the import is ended.
fn progress_line(practice: &Practice) -> String {
    let name = Named::new("progress");
    let mut child = child(practice, &name, "")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains(" of 120 users, ")));
    child.kill().unwrap();
    child.wait().unwrap();
    line.expect("it says how far it is")
}

#[test]
fn progress_is_told_by_the_jobs_own_word_where_they_give_it() {
    // A user a second: the jobs go on for a minute, however late the first word comes.
    let practice = Practice::start(&["--job-speed", "1"]);
    let silent = progress_line(&practice);
    assert!(
        silent.starts_with(
            "0 of 120 users, no job has ended yet; 2 jobs running; at the speeds Auth0's staff name it takes "
        ),
        "{silent}"
    );

    let practice = Practice::start(&["--job-speed", "1", "--fault", "job-progress"]);
    let told = progress_line(&practice);
    let done: usize = told.split(' ').nth(1).unwrap().parse().unwrap();
    assert!((1..120).contains(&done), "{told}");
    assert!(
        told.starts_with("about ")
            && told.contains(" a second, about ")
            && told.ends_with("left; 2 jobs running"),
        "{told}"
    );
}
