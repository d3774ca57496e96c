//! An import in a process of its own, which is killed at each place where it matters: every step that is written down, every file that is
//! written, put in its place or deleted, every request. The crate names them with its feature `simulation`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use auth0_bulk_users::*;

use crate::runs::{Named, all_in_tenant, kept_in, quick, someone_else, users};
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

/// What the process does that is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    /// Imports `users(120)`, of whom one is there already.
    Import,
    /// The same, and the tenant refuses the first upload for its rate.
    Limited,
    /// Imports them from a source in which the 90th row is nobody.
    Stream,
    /// Removes what was imported.
    Remove,
}

/// Where a process is killed, and how often it comes there.
struct Place {
    name: &'static str,
    story: Story,
    times: u64,
}

const fn place(name: &'static str, story: Story, times: u64) -> Place {
    Place { name, story, times }
}

/// Three files of users, so most of it happens three times.
const PLACES: [Place; 42] = [
    place("folder", Story::Import, 2),
    place("lock", Story::Import, 1),
    place("create:journal", Story::Import, 1),
    place("journal:Version", Story::Import, 1),
    place("journal:Begun", Story::Import, 1),
    place("journal:Begun/torn", Story::Import, 1),
    place("create:users-*.json", Story::Import, 3),
    place("write:users-*.json", Story::Import, 3),
    place("write:users-*.json/torn", Story::Import, 3),
    place("rename:users-*.json", Story::Import, 3),
    place("sync-folder", Story::Import, 9),
    place("journal:Packed", Story::Import, 3),
    place("journal:Packed/torn", Story::Import, 3),
    place("journal:Sealed", Story::Import, 1),
    place("rename-folder", Story::Import, 1),
    place("sync:journal", Story::Import, 15),
    place("journal:Sending", Story::Import, 3),
    place("journal:Sending/torn", Story::Import, 3),
    place("request:upload/before", Story::Import, 3),
    place("request:upload/after", Story::Import, 3),
    place("journal:Accepted", Story::Import, 3),
    place("journal:Accepted/torn", Story::Import, 3),
    place("request:job/before", Story::Import, 3),
    place("request:job/after", Story::Import, 3),
    place("request:report/before", Story::Import, 1),
    place("request:report/after", Story::Import, 1),
    place("request:users/before", Story::Import, 1),
    place("request:users/after", Story::Import, 1),
    place("write:users-*.done.json", Story::Import, 3),
    place("write:users-*.done.json/torn", Story::Import, 3),
    place("rename:users-*.done.json", Story::Import, 3),
    place("journal:Done", Story::Import, 3),
    place("journal:Done/torn", Story::Import, 3),
    place("delete:users-*.json", Story::Import, 3),
    place("journal:NotTaken", Story::Limited, 1),
    place("journal:NotTaken/torn", Story::Limited, 1),
    place("write:left-out.jsonl", Story::Stream, 1),
    place("write:left-out.jsonl/torn", Story::Stream, 1),
    place("journal:Accepted", Story::Stream, 2),
    place("request:users/after", Story::Remove, 4),
    place("journal:Removed", Story::Remove, 1),
    place("journal:Removed/torn", Story::Remove, 1),
];

/// The process of [`child`] in one of its stories, killed when it comes there for the `time`th time.
fn kill_at(practice: &Practice, name: &Named, place: &Place, time: u64) {
    let mut child = child(practice, name, "");
    child.env("KILL_STORY", format!("{:?}", place.story));
    child.env("AUTH0_BULK_USERS_KILL_AT", format!("{}#{time}", place.name));
    let output = child.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // On Unix one that ended by itself, or by a panic, has a code.
    assert!(
        !output.status.success() && (cfg!(not(unix)) || output.status.code().is_none()),
        "{} was not come to {time} times: {said}",
        place.name
    );
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
    let light = |number: usize| User::new(format!("u{number:04}@uni.test"));
    let users: Vec<User> = match std::env::var("KILL_LIGHT") {
        Ok(_) => (1..=LIGHT).map(light).collect(),
        Err(_) => users(120),
    };
    match std::env::var("KILL_STORY").as_deref() {
        Ok("Stream") => {
            let mut users = users;
            users.insert(89, User::new("nobody"));
            let users = users.into_iter().map(Ok);
            import_stream(&tenant, &connection, users, &quick(&name)).map(drop)
        }
        Ok("Remove") => {
            let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
            remove_users(&tenant, plan).map(drop)
        }
        _ => import_users(&tenant, &connection, &users, &quick(&name)).map(drop),
    }
    .unwrap();
}

/// Goes on with the run, as the error says where there is none.
fn go_on(tenant: &Tenant, name: &Named) -> ImportReport {
    match resume_import(tenant, &name.folder()) {
        Ok(report) => report,
        Err(error) if error.to_string().contains("before anything was sent") => {
            let connection = get_connection_id(tenant, crate::server::DATABASE).unwrap();
            import_users(tenant, &connection, &users(120), &quick(name)).unwrap()
        }
        Err(error) => panic!("{error}"),
    }
}

/// Kills a process there and goes on in this one: nobody is lost, and nobody is doubled.
fn is_survived_at(place: &Place, time: u64) {
    let practice = Practice::start(&["--job-speed", "300"]);
    let (tenant, connection) = practice.database();
    let name = Named::new("kill");
    someone_else(&tenant, &connection);
    let at = format!("killed at {}#{time} of {:?}", place.name, place.story);
    match place.story {
        Story::Limited => tenant
            .practice_faults(&[("rate-limit@upload", 1.0)])
            .unwrap(),
        Story::Remove => {
            import_users(&tenant, &connection, &users(120), &quick(&name)).unwrap();
        }
        _ => {}
    }
    kill_at(&practice, &name, place, time);
    tenant.practice_faults(&[]).unwrap();
    if place.story == Story::Remove {
        let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
        remove_users(&tenant, plan).unwrap();
        assert_eq!(all_in_tenant(&practice).len(), 1, "{at}");
        return;
    }
    let report = go_on(&tenant, &name);
    let counts = report.counts();
    let there = all_in_tenant(&practice).len() as u64;
    // Who was not packed yet when a source broke off is nobody's.
    let all = match place.story {
        Story::Stream => counts.total - counts.failed,
        _ => 120,
    };
    let told = (counts.inserted, counts.already_there, counts.unknown);
    assert_eq!(told, (all - 1, 1, 0), "{at}: {report}");
    assert_eq!(there, all, "{at}: {report}");
    let kept = kept_in(&name.folder());
    // Who was already there is not sent again.
    assert_eq!(kept.matches("$2b$10$").count(), 0, "{at}: a hash is left");
}

/// In four lines side by side: each place once, then again and again at another time of it.
fn is_survived(kills: u64) {
    let places = PLACES.len() as u64;
    let once = |kill: u64| {
        let place = &PLACES[usize::try_from(kill % places).unwrap()];
        // Rounds that are not drawn come by every time of every place.
        is_survived_at(place, 1 + (kill / places + kill) % place.times);
    };
    std::thread::scope(|scope| {
        for line in 0..4 {
            scope.spawn(move || (line..kills).step_by(4).for_each(once));
        }
    });
}

#[test]
fn an_import_that_is_killed_is_resumed_to_the_same_end() {
    is_survived(PLACES.len() as u64);
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
            "0 of 120 users, no job has ended yet; 2 jobs running; at the speeds that Auth0's staff name it takes "
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
