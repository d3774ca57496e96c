//! Run folders that somebody else has made, or changed: a journal's hashes are right then, and what it says is not true.

use std::fs;
use std::path::{Path, PathBuf};

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::kills::child;
use crate::recipes::sha256;
use crate::removal::{StandIn, left_out, own, with_id};
use crate::runs::{Named, TestFolder, quick, users};
use crate::server::{Practice, token};
use crate::turned::turned_time;

/// The entries of a run's journal.
pub(crate) fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    let entry = |line: &str| serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
    text.lines().map(entry).collect()
}

/// A journal of these entries, with hashes that are right: anybody can make them.
pub(crate) fn write_lines(folder: &Path, entries: &[Value]) {
    let (mut chain, mut text) = (String::new(), String::new());
    for entry in entries {
        chain = sha256(format!("{chain} {entry}"))[..16].to_string();
        text += &format!("{chain} {entry}\n");
    }
    fs::write(folder.join("journal.jsonl"), text).unwrap();
}

/// Where in a journal the first entry of a kind stands.
fn place(entries: &[Value], kind: &str) -> usize {
    let place = entries.iter().position(|entry| entry.get(kind).is_some());
    place.unwrap_or_else(|| panic!("a line of {kind}"))
}

/// A run of two files that has ended.
fn ended(practice: &Practice, name: &Named) -> (Tenant, PathBuf) {
    let (tenant, connection) = practice.database();
    import_users(&tenant, &connection, &users(60), &quick(name)).unwrap();
    (tenant, PathBuf::from(name.folder()))
}

#[test]
fn a_journal_whose_hashes_are_right_and_whose_numbers_cannot_be_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let name = Named::new("forged");
    let (tenant, folder) = ended(&practice, &name);
    let written = lines(&folder);
    let kept = fs::read(folder.join("journal.jsonl")).unwrap();
    let most = json!(u64::MAX);
    // The entry, the value in it, what it becomes, and what is said of it.
    let changes: &[(&str, &str, Value, &str)] = &[
        ("Begun", "/domain", json!(""), "it names no tenant"),
        (
            "Begun",
            "/connection_id",
            json!("../users"),
            "it names no connection",
        ),
        ("Begun", "/options/slots", json!(0), "a run needs a slot"),
        (
            "Begun",
            "/options/requests_per_second",
            json!(1e-300),
            "requests a second",
        ),
        (
            "Begun",
            "/options/requests_per_second",
            json!(-1.0),
            "requests a second",
        ),
        ("Begun", "/at", most.clone(), "that time has not come yet"),
        (
            "Packed",
            "/file",
            json!(0),
            "the next file is number 1, not 0",
        ),
        (
            "Packed",
            "/file",
            json!(9),
            "the next file is number 1, not 9",
        ),
        (
            "Packed",
            "/rows",
            json!([]),
            "a file holds 1 to 32000 users, not 0",
        ),
        ("Packed", "/rows", json!([[0, 5]]), "out of order at row 0"),
        ("Packed", "/rows", json!([[1, 0]]), "out of order at row 1"),
        (
            "Packed",
            "/rows",
            json!([[1, 30], [30, 4]]),
            "out of order at row 30",
        ),
        (
            "Packed",
            "/rows",
            json!([[1, 2], [u64::MAX, 1]]),
            "no file has that many rows",
        ),
        ("Packed", "/rows", json!([[2, u64::MAX]]), "there are no"),
        (
            "Packed",
            "/rows",
            json!([[1, 40_000]]),
            "a file holds 1 to 32000 users",
        ),
        (
            "Packed",
            "/given_ids",
            json!([3, 2]),
            "out of order at row 2",
        ),
        (
            "Packed",
            "/given_ids",
            json!([99]),
            "row 99 is not in file 1",
        ),
        (
            "Sealed",
            "/rows",
            json!(61),
            "61 rows were read, but 60 were packed or left out",
        ),
        (
            "Sealed",
            "/before",
            most.clone(),
            "no file has that many rows",
        ),
        ("Sealed", "/before", json!(1), "were packed or left out"),
        (
            "Packed",
            "/rows",
            json!([[u64::MAX, 1]]),
            "no file has that many rows",
        ),
        (
            "Done",
            "/seen_at",
            json!(i64::MAX),
            "that time has not come yet",
        ),
        (
            "Done",
            "/seen_at",
            json!(i64::MIN),
            "that time has not come yet",
        ),
        ("Sending", "/file", json!(0), "there is no file 0 among 2"),
        ("Sending", "/file", most.clone(), "there is no file"),
        ("Accepted", "/file", json!(3), "there is no file 3 among 2"),
        (
            "Accepted",
            "/job",
            json!("../users/auth0|1"),
            "that is not a job id",
        ),
        ("Accepted", "/job", json!(""), "that is not a job id"),
        (
            "Accepted",
            "/at",
            most.clone(),
            "that time has not come yet",
        ),
        ("Done", "/file", json!(7), "there is no file 7 among 2"),
        (
            "Done",
            "/inserted",
            json!(0),
            "and another number of them is accounted for",
        ),
        (
            "Done",
            "/inserted",
            most.clone(),
            "and another number of them is accounted for",
        ),
        (
            "Done",
            "/updated",
            most.clone(),
            "and another number of them is accounted for",
        ),
        (
            "Done",
            "/updated_rows",
            json!([[1, 500]]),
            "row 1 is not in file 1",
        ),
        (
            "Done",
            "/updated_rows",
            json!([[500, 1]]),
            "row 500 is not in file 1",
        ),
        ("Done", "/at", most.clone(), "that time has not come yet"),
    ];
    for (kind, value, change, said) in changes {
        let mut entries = written.clone();
        let at = place(&entries, kind);
        *entries[at][kind].pointer_mut(value).unwrap() = change.clone();
        write_lines(&folder, &entries);
        let error = read_import(&name.folder()).unwrap_err().to_string();
        let about =
            error.contains("no run writes what line ") && error.ends_with("and nothing is guessed");
        assert!(about && error.contains(said), "{kind}{value}: {error}");
        resume_import(&tenant, &name.folder()).unwrap_err();
        plan_run_removal(&tenant, &name.folder()).unwrap_err();
    }
    fs::write(folder.join("journal.jsonl"), kept).unwrap();
    assert_eq!(read_import(&name.folder()).unwrap().counts().inserted, 60);
}

#[test]
fn a_clock_that_was_set_back_during_a_run_leaves_a_report_that_can_be_shown() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let name = Named::new("clock");
    let (_, folder) = ended(&practice, &name);
    let written = lines(&folder);
    let ended_at = place(&written, "Done");
    // Jobs that ended years before they were accepted, and one whose end came before all of them.
    for (entry, at) in [("Accepted", 253_402_300_799_999_u64), ("Done", 0)] {
        let mut entries = written.clone();
        for line in &mut entries {
            if let Some(time) = line.pointer_mut(&format!("/{entry}/at")) {
                *time = json!(at);
            }
        }
        entries[ended_at]["Done"]["at"] = json!(0);
        write_lines(&folder, &entries);
        let report = read_import(&name.folder()).unwrap();
        assert!(report.jobs().iter().all(|job| job.from <= job.to));
        assert!(report.to_string().contains("60 of 60 inserted"), "{report}");
        report.evcxr_display();
    }
}

#[test]
fn a_journal_whose_lines_come_in_an_order_that_cannot_be_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let name = Named::new("order");
    let (_, folder) = ended(&practice, &name);
    let written = lines(&folder);
    let note = |row: usize| json!({"row": row, "email": "a@b.c", "kind": "Failed", "reasons": []});
    let left_out = |row: usize| json!({"LeftOut": {"note": note(row), "user": null}});
    let begun = written[1].clone();
    let packed = place(&written, "Packed");
    let sealed = place(&written, "Sealed");
    let sending = place(&written, "Sending");
    let done = written
        .iter()
        .rposition(|entry| entry.get("Done").is_some());
    let done = done.unwrap();
    let end = written.len();
    let not_taken = json!({"NotTaken": {"file": 1}});
    // Where a line is put in, the line, and what is said of it.
    let changes: Vec<(usize, Value, &str)> = vec![
        (
            0,
            begun.clone(),
            "a journal gives its version once, at its beginning",
        ),
        (
            1,
            json!({"Version": 1}),
            "a journal gives its version once, at its beginning",
        ),
        (
            1,
            json!({"Sealed": {"rows": 0}}),
            "a run begins once, before everything else",
        ),
        (end, begun, "a run begins once, before everything else"),
        (packed, left_out(3), "row 3 was left out"),
        (sealed, left_out(3), "row 3 was recorded before"),
        (end, left_out(61), "all users had already been read"),
        (
            sealed + 1,
            written[packed].clone(),
            "all users had already been read",
        ),
        (
            sealed,
            json!({"Sealed": {"rows": 60}}),
            "it was recorded before",
        ),
        (sending, not_taken.clone(), "file 1 was not being sent"),
        (end, not_taken, "file 1 is done"),
        (
            sending,
            json!({"Accepted": {"file": 1, "job": "job_1", "at": 1}}),
            "file 1 was not being sent",
        ),
        (sending, written[done].clone(), "was never sent"),
        (end, written[done].clone(), "is done"),
        (
            done,
            json!({"Removed": ["auth0|x"]}),
            "users are removed when all files are done",
        ),
    ];
    for (at, line, said) in changes {
        let mut entries = written.clone();
        entries.insert(at, line.clone());
        write_lines(&folder, &entries);
        let error = read_import(&name.folder()).unwrap_err().to_string();
        assert!(error.contains(said), "{line}: {error}");
    }
    let mut entries = written;
    entries[done]["Done"]["notes"] = json!([note(70)]);
    write_lines(&folder, &entries);
    let error = read_import(&name.folder()).unwrap_err().to_string();
    assert!(error.contains("row 70 is not in file"), "{error}");
}

#[test]
fn a_file_of_another_length_than_its_journal_tells_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let name = Named::new("length");
    let (tenant, folder) = ended(&practice, &name);
    let file = folder.join("users-00002.done.json");
    let mut users: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    users.pop();
    let fewer = serde_json::to_vec(&users).unwrap();
    fs::write(&file, &fewer).unwrap();
    let mut entries = lines(&folder);
    let done = |entry: &&mut Value| entry["Done"]["file"] == 2;
    let done = entries.iter_mut().find(done).unwrap();
    done["Done"]["sha256"] = json!(sha256(&fewer));
    write_lines(&folder, &entries);
    let error = plan_run_removal(&tenant, &name.folder()).unwrap_err();
    let said =
        "users-00002.done.json: it holds 4 users, but the journal says 5, and nothing is guessed";
    assert!(error.to_string().ends_with(said), "{error}");
}

#[cfg(unix)]
fn mode(path: impl AsRef<Path>) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: impl AsRef<Path>, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_run_folder_is_its_owners_alone_and_one_that_is_not_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let name = Named::new("ours");
    let (tenant, folder) = ended(&practice, &name);
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let journal = folder.join("journal.jsonl");
    let users = folder.join("users-00001.done.json");
    // As a folder comes out of an archive, or is when others of a group may write to it.
    for (path, usual, open) in [
        (&folder, 0o700, 0o755),
        (&folder, 0o700, 0o770),
        (&journal, 0o600, 0o644),
        (&users, 0o600, 0o620),
    ] {
        set_mode(path, open);
        let error = plan_run_removal(&tenant, &name.folder()).unwrap_err();
        let said = format!(
            "cannot use the run folder {}: others can read or write it (mode {open:o}), though this crate makes it for you only, so it is not trusted: if you know where it came from, run `chmod -R go= {}`",
            path.display(),
            folder.display()
        );
        assert_eq!(error.to_string(), said);
        resume_import(&tenant, &name.folder()).unwrap_err();
        set_mode(path, usual);
    }
    read_import(&name.folder()).unwrap();
    // Only the system's administrator can give a file away.
    if std::os::unix::fs::chown(&journal, Some(54_321), None).is_ok() {
        let error = read_import(&name.folder()).unwrap_err().to_string();
        let said = "it belongs to another user (number 54321; yours is ";
        assert!(error.contains(said), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_in_a_run_folder_is_neither_read_nor_written() {
    use std::os::unix::fs::symlink;
    let practice = Practice::start(&[]);
    let name = Named::new("links");
    let (_, folder) = ended(&practice, &name);
    let precious = folder.join("precious");
    let text = "no line ends here";
    fs::write(&precious, text).unwrap();
    set_mode(&precious, 0o600);
    for file in ["journal.jsonl", "users-00001.done.json", "lock"] {
        let (at, aside) = (folder.join(file), folder.join("aside"));
        fs::rename(&at, &aside).unwrap();
        symlink("precious", &at).unwrap();
        let error = read_import(&name.folder()).unwrap_err().to_string();
        assert!(
            error.contains(file) && error.contains("plain file"),
            "{error}"
        );
        fs::remove_file(&at).unwrap();
        // A pipe that nobody writes to holds up whoever reads it.
        let made = std::process::Command::new("mkfifo").arg(&at).status();
        assert!(made.unwrap().success());
        let error = read_import(&name.folder()).unwrap_err().to_string();
        assert!(
            error.contains(file) && error.contains("plain file"),
            "{error}"
        );
        fs::rename(&aside, &at).unwrap();
    }
    assert_eq!(fs::read_to_string(&precious).unwrap(), text);
    read_import(&name.folder()).unwrap();
}

#[test]
fn a_journal_or_a_file_of_users_that_is_too_large_is_refused_unread() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let name = Named::new("large");
    let (_, folder) = ended(&practice, &name);
    let sizes = [
        ("users-00001.done.json", 512_001, "512,000"),
        ("journal.jsonl", (512 << 20) + 1, "536,870,912"),
    ];
    for (file, bytes, told) in sizes {
        let at = folder.join(file);
        // It takes no room on the disk.
        fs::OpenOptions::new()
            .write(true)
            .open(&at)
            .unwrap()
            .set_len(bytes)
            .unwrap();
        let error = read_import(&name.folder()).unwrap_err().to_string();
        let said = format!("it has more than {told} bytes, which is more than any run writes");
        assert!(error.contains(&said), "{error}");
    }
}

/// A working folder that goes when the test ends.
struct WorkingFolder(TestFolder);

impl WorkingFolder {
    fn new() -> WorkingFolder {
        WorkingFolder(TestFolder::new())
    }

    /// A run that has just begun, by its own word at `at`.
    fn plant(&self, name: &str, at: Option<u64>) -> PathBuf {
        let folder = self.0.join("imports").join(name);
        fs::create_dir_all(&folder).unwrap();
        let options = serde_json::to_value(ImportOptions::default()).unwrap();
        let mut begun = json!({"domain": "dev-1.us.auth0.com", "connection_id": "con_0123456789abcdef",
            "connection": null, "options": options});
        if let Some(at) = at {
            begun["at"] = json!(at);
        }
        write_lines(&folder, &[json!({"Version": 1}), json!({"Begun": begun})]);
        #[cfg(unix)]
        {
            set_mode(&folder, 0o700);
            set_mode(folder.join("journal.jsonl"), 0o600);
        }
        folder
    }

    /// What a program says that asks here for the latest import.
    fn latest(&self) -> String {
        let test = std::env::current_exe().unwrap();
        let mut command = std::process::Command::new(test);
        command.args([
            "--exact",
            "planted::tells_the_latest_import",
            "--ignored",
            "--nocapture",
        ]);
        let output = command.current_dir(&*self.0).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().find_map(|line| line.split_once("latest: "));
        line.expect(&said).1.to_string()
    }
}

#[test]
#[ignore = "the process that asks, in a working folder of its own"]
fn tells_the_latest_import() {
    let _time = turned_time();
    match latest_import() {
        Ok(folder) => println!("latest: {folder}"),
        Err(error) => println!("latest: {error}"),
    }
}

#[test]
fn the_latest_import_is_the_one_that_was_begun_last_by_its_own_journal() {
    let working = WorkingFolder::new();
    let none = "cannot use the run folder imports: there is no run here yet";
    assert_eq!(working.latest(), none);
    // The one that was begun last is the first to be written here, and copied about: files have other times then.
    working.plant("b", Some(1_795_000_000_003));
    working.plant("c", Some(1_795_000_000_002));
    working.plant("a", Some(1_795_000_000_001));
    let old = working.plant("z-old", None);
    fs::write(old.join("lock"), "").unwrap();
    assert_eq!(working.latest(), "imports/b");
    // One that was changed tells nothing.
    let damaged = working.plant("d", Some(1_795_000_000_004));
    let journal = damaged.join("journal.jsonl");
    let changed = fs::read_to_string(&journal)
        .unwrap()
        .replace("dev-1", "dev-2");
    fs::write(&journal, changed).unwrap();
    assert_eq!(working.latest(), "imports/b");
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_not_ours_is_never_the_latest_import() {
    let working = WorkingFolder::new();
    let planted = working.plant("planted", Some(1_795_000_000_009));
    set_mode(&planted, 0o755);
    let none = "cannot use the run folder imports: it holds no run that is yours and undamaged: call read_import on one of its folders to see why";
    assert_eq!(working.latest(), none);
    working.plant("mine", Some(1_795_000_000_001));
    assert_eq!(working.latest(), "imports/mine");
}

#[test]
fn who_waits_for_a_run_that_is_in_use_says_so_and_gives_up() {
    let practice = Practice::start(&[]);
    let name = Named::new("held");
    let packing = PathBuf::from(format!("imports/.packing/{}", name.0));
    fs::create_dir_all(&packing).unwrap();
    let lock = fs::File::create(packing.join("lock")).unwrap();
    lock.lock().unwrap();
    let output = child(&practice, &name, "").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let word = format!(
        "another kernel or program is working on {}: waiting 2 s for it to end",
        packing.display()
    );
    assert!(said.contains(&word), "{said}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let end = "another kernel or program is working on this run: wait until it ends, or end it";
    assert!(said.contains(end), "{said}");
}

/// The same tenant as after a restart of the kernel.
fn reopened(standin: &StandIn) -> Tenant {
    let base = format!("http://{}", standin.tenant.domain());
    Tenant::new(&base, &token(&base, json!({}))).unwrap()
}

/// Changes the first user of a run, and makes journal and hashes fit, as whoever makes a folder can.
fn forge(folder: &Path, change: impl FnOnce(&mut Value, &mut Vec<Value>)) {
    let file = folder.join("users-00001.done.json");
    let mut users: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let mut entries = lines(folder);
    change(&mut users[0], &mut entries);
    let forged = serde_json::to_vec(&users).unwrap();
    let done = place(&entries, "Done");
    entries[done]["Done"]["sha256"] = json!(sha256(&forged));
    fs::write(&file, forged).unwrap();
    write_lines(folder, &entries);
}

const OTHER_EMAIL: &str = "the tenant has the user with this id under another e-mail";

#[test]
fn a_forged_folder_that_shows_one_e_mail_does_not_delete_another_ones_account() {
    for search in [true, false] {
        let standin = StandIn::new(vec![own("boss", "boss@uni.test")]);
        standin.holds().search = search;
        let name = Named::new("mask");
        standin.run(&name, &[User::new("a@uni.test"), User::new("b@uni.test")]);
        let folder = PathBuf::from(name.folder());
        forge(&folder, |user, _| user["user_id"] = json!("boss"));
        for tenant in [&reopened(&standin), &standin.tenant] {
            let plan = plan_run_removal(tenant, &name.folder()).unwrap();
            left_out(&plan, "a@uni.test", OTHER_EMAIL);
            assert_eq!(plan.users.len(), 1, "{plan}");
            assert_eq!(plan.users[0].0, "b@uni.test");
        }
        let tenant = reopened(&standin);
        let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
        assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 1);
        assert!(standin.ids().contains(&"auth0|boss".to_string()));
    }
}

#[test]
fn a_forged_folder_whose_ids_are_said_to_be_given_deletes_nobody_else_either() {
    let standin = StandIn::new(vec![own("boss", "boss@uni.test")]);
    let name = Named::new("given");
    standin.run(&name, &[with_id("1", "a@uni.test")]);
    let folder = PathBuf::from(name.folder());
    forge(&folder, |user, entries| {
        user["user_id"] = json!("boss");
        let accepted = place(entries, "Accepted");
        entries[accepted]["Accepted"]["created_at"] = json!("1970-01-01T00:00:00.000Z");
    });
    let plan = plan_run_removal(&reopened(&standin), &name.folder()).unwrap();
    assert!(plan.users.is_empty(), "{plan}");
    left_out(&plan, "a@uni.test", OTHER_EMAIL);
}

#[test]
fn a_run_that_was_not_made_by_this_handle_is_removed_by_what_the_tenant_shows() {
    let standin = StandIn::new(Vec::new());
    let name = Named::new("restart");
    let e_mails = ["A@uni.test", "b@uni.test", "c@uni.test"];
    standin.run(&name, &e_mails.map(User::new));
    // Auth0 keeps e-mails in lower case; one was changed since, and one user is gone.
    standin.holds().users[0]["email"] = json!("a@uni.test");
    standin.holds().users[1]["email"] = json!("new@uni.test");
    standin.holds().users.remove(2);
    let plan = plan_run_removal(&standin.tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len(), 3, "the handle that made the run: {plan}");
    for search in [true, false] {
        standin.holds().search = search;
        let plan = plan_run_removal(&reopened(&standin), &name.folder()).unwrap();
        let e_mails: Vec<&str> = plan.users.iter().map(|(email, _)| email.as_str()).collect();
        assert_eq!(e_mails, ["a@uni.test"], "{plan}");
        left_out(&plan, "b@uni.test", OTHER_EMAIL);
        left_out(&plan, "c@uni.test", "no user with this id");
    }
}

#[test]
fn what_stands_where_a_field_should_is_not_shown() {
    let standin = StandIn::new(Vec::new());
    let name = Named::new("odd-field");
    let error = json!({"code": "INVALID_FORMAT", "message": "Object didn't pass validation"});
    standin.holds().refused = vec![json!({"user": {"email": "a@uni.test"}, "errors": [error]})];
    let report = standin.run(&name, &[User::new("a@uni.test")]);
    assert_eq!(report.counts().failed, 1, "{report}");
    let folder = PathBuf::from(name.folder());
    forge(&folder, |user, _| {
        user["xjfCb4agxhaBuP.dT58mMLzUM4C/yPC8"] = json!(1);
    });
    let error = read_import(&name.folder())
        .unwrap()
        .failed()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a field of a user is not as a run writes it"),
        "{error}"
    );
    assert!(!error.contains("xjfCb4ag"), "{error}");
}

#[test]
fn a_journal_that_tells_of_a_removed_user_who_is_not_the_runs_is_refused() {
    let standin = StandIn::new(Vec::new());
    let name = Named::new("gone");
    standin.run(&name, &[User::new("a@uni.test")]);
    let folder = PathBuf::from(name.folder());
    let mut entries = lines(&folder);
    entries.push(json!({"Removed": ["auth0|somebody"]}));
    write_lines(&folder, &entries);
    let error = plan_run_removal(&standin.tenant, &name.folder()).unwrap_err();
    let said = "its journal says that a user was removed who does not belong to this run";
    assert!(error.to_string().contains(said), "{error}");
}

#[test]
fn a_run_that_was_only_resumed_by_this_handle_is_not_taken_for_one_that_it_made() {
    let standin = StandIn::new(Vec::new());
    let name = Named::new("resumed");
    let connection = ConnectionId::new("con_abcdefghijklmnop").unwrap();
    standin.holds().takes = true;
    for (tenant, planned) in [(&standin.tenant, 1), (&reopened(&standin), 0)] {
        let options = quick(&name).time_limit(Duration::ZERO);
        let users = [User::new("a@uni.test")];
        import_users(&standin.tenant, &connection, &users, &options).unwrap_err();
        resume_import(tenant, &name.folder()).unwrap();
        for user in &mut standin.holds().users {
            user["email"] = json!("new@uni.test");
        }
        let plan = plan_run_removal(tenant, &name.folder()).unwrap();
        assert_eq!(plan.users.len(), planned, "{plan}");
        fs::remove_dir_all(name.folder()).unwrap();
    }
}
