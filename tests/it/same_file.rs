//! The same file into the same connection again: what is told, what is sent, and that nobody comes twice.

use std::fs::File;
use std::path::Path;

use auth0_bulk_users::*;

use crate::planted::{lines, write_lines};
use crate::runs::{Named, TestFile, all_in_tenant, quick};
use crate::server::Practice;
use crate::turned::turned_time;

/// Five users, one of whom no import takes.
const FILE: &str = "email,username,plan,note\nada@uni.test,ada,free,\nbob@uni.test,bob,,\nno address,cay,,\ndan@uni.test,dan,paid,\neve@uni.test,eve,,\n";

/// A file whose first run has ended.
struct Imported {
    practice: Practice,
    tenant: Tenant,
    connection: ConnectionId,
    file: TestFile,
    first: Named,
}

impl Imported {
    fn new(text: &str) -> Imported {
        Imported::into("Username-Password-Authentication", text)
    }

    fn into(connection: &str, text: &str) -> Imported {
        let practice = Practice::start(&[]);
        let tenant = practice.tenant();
        let imported = Imported {
            connection: get_connection_id(&tenant, connection).unwrap(),
            practice,
            tenant,
            file: TestFile::new(text.as_bytes()),
            first: Named::new("same"),
        };
        imported.again(&quick(&imported.first)).unwrap();
        imported
    }

    fn again(&self, options: &ImportOptions) -> Result<ImportReport> {
        let users = read_users(self.file.path())?;
        import_stream(&self.tenant, &self.connection, users, options)
    }

    fn in_tenant(&self) -> usize {
        all_in_tenant(&self.practice).len()
    }

    fn remove(&self, run: &str) -> usize {
        let plan = plan_run_removal(&self.tenant, run).unwrap();
        remove_users(&self.tenant, plan).unwrap().deleted
    }
}

/// Inserted, updated, already there, failed, in all.
fn counted(report: &ImportReport) -> [u64; 5] {
    let c = report.counts();
    [c.inserted, c.updated, c.already_there, c.failed, c.total]
}

#[test]
fn a_second_time_is_told_before_anything_is_sent_and_brings_whom_the_first_did_not() {
    let _time = turned_time();
    let it = Imported::new(FILE);
    let (second, third) = (Named::new("same"), Named::new("same"));
    let before = it.tenant.requests().to_string();
    let error = it.again(&quick(&second)).unwrap_err();
    assert_eq!(it.tenant.requests().to_string(), before, "nothing was sent");
    assert!(!Path::new(&second.folder()).exists());
    assert_eq!(
        (error.kind(), error.folder()),
        (ErrorKind::SameFile, Some(&*it.first.folder()))
    );
    let text = error.to_string();
    let told = format!(
        "nothing was sent: {} was already imported into Username-Password-Authentication on 20",
        it.file.path()
    );
    assert!(text.starts_with(&told), "{text}");
    for part in [
        ": 4 inserted, 1 faulty of 5 (imports/",
        "): ImportOptions::again(Again::Missing) sends the users that it did not import",
    ] {
        assert!(text.contains(part), "{text}");
    }

    // Somebody is at work on that run, and is not disturbed.
    let lock = File::open(Path::new(&it.first.folder()).join("lock")).unwrap();
    lock.lock().unwrap();
    let error = it.again(&quick(&second).again(Again::Missing)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SameFile);
    assert!(
        error.to_string().ends_with("): wait until it ends"),
        "{error}"
    );
    drop(lock);

    // One of them goes, and is missing then.
    let mut plan = plan_run_removal(&it.tenant, &it.first.folder()).unwrap();
    plan.users.retain(|(email, _)| email == "dan@uni.test");
    assert_eq!(remove_users(&it.tenant, plan).unwrap().deleted, 1);
    assert!(
        it.again(&quick(&second))
            .unwrap_err()
            .to_string()
            .contains("1 removed since")
    );
    let missing = quick(&second).again(Again::Missing);
    let report = it.again(&missing).unwrap();
    assert_eq!(counted(&report), [1, 0, 3, 1, 5], "{report}");
    assert_eq!(it.in_tenant(), 4);
    assert_eq!(
        read_import(&second.folder()).unwrap().counts(),
        report.counts()
    );

    // Both runs count: whom the second brought in is not sent by the third.
    let report = it.again(&quick(&third).again(Again::Missing)).unwrap();
    assert_eq!(counted(&report), [0, 0, 4, 1, 5], "{report}");
    assert_eq!((it.in_tenant(), report.jobs().len()), (4, 0));
}

#[test]
fn a_run_that_has_not_ended_is_to_be_gone_on_with() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let file = TestFile::new(FILE.as_bytes());
    let (first, second) = (Named::new("same"), Named::new("same"));
    let import = |options: &ImportOptions| {
        import_stream(&tenant, &connection, read_users(file.path())?, options)
    };
    // Cut off when its file is packed and its job is not asked after.
    tenant.practice_faults(&[("job-lost", 9.0)]).unwrap();
    let cut_off = import(&quick(&first).time_limit(Duration::from_millis(300)));
    assert_eq!(cut_off.unwrap_err().kind(), ErrorKind::ImportStopped);
    tenant.practice_faults(&[]).unwrap();
    for options in [quick(&second), quick(&second).again(Again::Missing)] {
        let error = import(&options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SameFile);
        let advice = format!(
            "continue with resume_import(&tenant, \"{}\")",
            first.folder()
        );
        assert_eq!(error.advice(), Some(advice));
    }
    resume_import(&tenant, &first.folder()).unwrap();
    let report = import(&quick(&second).again(Again::Missing)).unwrap();
    assert_eq!(report.counts().total, 5, "{report}");
    assert_eq!(all_in_tenant(&practice).len(), 4);
}

#[test]
fn a_file_was_not_imported_if_its_import_stopped_before_it_had_packed_users() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let file = TestFile::new(FILE.as_bytes());
    let (first, second) = (Named::new("same"), Named::new("same"));
    let import = |options: &ImportOptions| {
        import_stream(&tenant, &connection, read_users(file.path())?, options)
    };
    // The first look-up is never answered.
    tenant.practice_faults(&[("server-error", 1000.0)]).unwrap();
    let error = import(&quick(&first).look_up_existing(true)).unwrap_err();
    assert_eq!(
        (error.kind(), error.folder()),
        (ErrorKind::TenantFault, None),
        "{error}"
    );
    assert!(!Path::new(&first.folder()).exists());
    let plan = plan_clean_up(&tenant).unwrap();
    assert!(plan.unknown.is_empty(), "{plan}");
    let report = import(&quick(&first)).unwrap();
    assert_eq!(counted(&report), [4, 0, 0, 1, 5], "{report}");

    // What a kernel leaves that is restarted while the first users are looked up.
    let folder = first.folder();
    let removal = plan_run_removal(&tenant, &folder).unwrap();
    remove_users(&tenant, removal).unwrap();
    let begun = lines(Path::new(&folder))[..2].to_vec();
    write_lines(Path::new(&folder), &begun);
    let report = import(&quick(&second)).unwrap();
    assert_eq!(counted(&report), [4, 0, 0, 1, 5], "{report}");
}

#[test]
fn only_whose_row_reads_otherwise_now_is_updated() {
    let _time = turned_time();
    let it = Imported::new(FILE);
    let (second, third) = (Named::new("same"), Named::new("same"));
    let mapped = |options: &ImportOptions| {
        let read = ReadOptions::default().map("plan", "app_metadata.plan");
        let users = read_users_with(it.file.path(), &read)?;
        import_stream(&it.tenant, &it.connection, users, options)
    };
    let report = mapped(&quick(&second).again(Again::Changed)).unwrap();
    assert_eq!(counted(&report), [0, 2, 2, 1, 5], "{report}");
    let users = all_in_tenant(&it.practice);
    let plans = users
        .iter()
        .filter_map(|user| user["app_metadata"]["plan"].as_str());
    let mut plans: Vec<&str> = plans.collect();
    plans.sort_unstable();
    assert_eq!((users.len(), plans), (4, vec!["free", "paid"]));
    let report = mapped(&quick(&third).again(Again::Changed)).unwrap();
    assert_eq!(
        counted(&report),
        [0, 0, 4, 1, 5],
        "they were sent so already: {report}"
    );
}

#[test]
fn what_was_undone_or_went_elsewhere_is_not_the_same() {
    let _time = turned_time();
    let it = Imported::new(FILE);
    let names = [Named::new("same"), Named::new("same"), Named::new("same")];
    let other = get_connection_id(&it.tenant, "Flexible-Identifiers").unwrap();
    let users = read_users(it.file.path()).unwrap();
    let report = import_stream(&it.tenant, &other, users, &quick(&names[0])).unwrap();
    assert_eq!(report.counts().inserted, 4, "{report}");
    assert_eq!(it.remove(&it.first.folder()), 4);
    let report = it.again(&quick(&names[1])).unwrap();
    assert_eq!(counted(&report), [4, 0, 0, 1, 5], "{report}");
    let changed = TestFile::new(FILE.replace("eve", "eva").as_bytes());
    let users = read_users(changed.path()).unwrap();
    let report = import_stream(&it.tenant, &it.connection, users, &quick(&names[2])).unwrap();
    assert_eq!(report.counts().inserted, 1, "{report}");
}

#[test]
fn a_file_is_known_through_what_hashes_its_passwords_and_nothing_else_is() {
    let _time = turned_time();
    let it = Imported::new("email,username\nada@uni.test,ada\n");
    let name = Named::new("same");
    let users = read_users(it.file.path()).unwrap();
    let hashed = hash_stream(users, Passwords::SameAsUsername).unwrap();
    let error = import_stream(&it.tenant, &it.connection, hashed, &quick(&name)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SameFile);

    let again = quick(&name).again(Again::Missing);
    let refused = [
        import_users(
            &it.tenant,
            &it.connection,
            &[User::new("ada@uni.test")],
            &again,
        ),
        import_stream(
            &it.tenant,
            &it.connection,
            [Ok(User::new("ada@uni.test"))],
            &again,
        ),
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(
            error.to_string().starts_with(
                "ImportOptions::again cannot be used here: it needs the users of a file"
            ),
            "{error}"
        );
    }
}

#[test]
fn users_who_share_an_email_are_told_apart() {
    let _time = turned_time();
    let text = "email,username\nada@uni.test,ada\nada@uni.test,bob\n";
    let it = Imported::into("Shared-Emails", text);
    let name = Named::new("same");
    assert_eq!(it.in_tenant(), 2);
    let mut plan = plan_run_removal(&it.tenant, &it.first.folder()).unwrap();
    plan.users.truncate(1);
    remove_users(&it.tenant, plan).unwrap();
    let report = it.again(&quick(&name).again(Again::Missing)).unwrap();
    assert_eq!(counted(&report), [1, 0, 1, 0, 2], "{report}");
    assert_eq!(it.in_tenant(), 2);

    // What kept ids alone cannot tell them apart.
    let it = Imported::into("Shared-Emails", "email,username\neve@uni.test,eve\n");
    it.remove(&it.first.folder());
    let (kept, more) = (Named::new("same"), Named::new("same"));
    it.again(&quick(&kept).afterwards(Afterwards::KeepIdsOnly))
        .unwrap();
    let error = it.again(&quick(&more).again(Again::Missing)).unwrap_err();
    assert!(
        error.to_string().contains("kept only e-mails and ids"),
        "{error}"
    );
}

#[test]
fn who_may_still_come_in_is_not_sent_again_where_emails_are_shared() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "0.02"]);
    let tenant = practice.tenant();
    let connection = get_connection_id(&tenant, "Shared-Emails").unwrap();
    let file = TestFile::new(b"email,username\nada@uni.test,ada\nada@uni.test,bob\n");
    let send = |options: &ImportOptions| {
        import_stream(&tenant, &connection, read_users(file.path())?, options)
    };
    let (first, second) = (Named::new("same-lost"), Named::new("same-lost"));
    // The answer to the first upload is lost, and its job is slow; those of the next two fail.
    tenant
        .practice_faults(&[("reset-after-upload", 1.0), ("job-slow", 1.0)])
        .unwrap();
    send(&quick(&first).time_limit(Duration::from_millis(100))).unwrap_err();
    tenant.practice_faults(&[("job-fails", 2.0)]).unwrap();
    let report = resume_import(&tenant, &first.folder()).unwrap();
    assert_eq!(report.counts().failed, 2, "{report}");
    let again = send(&quick(&second)).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::SameFile, "{again}");
    let again = send(&quick(&second).again(Again::Missing)).unwrap_err();
    assert!(
        again.to_string().contains("the outcome is unknown"),
        "{again}"
    );
}

#[test]
fn who_is_there_already_is_named_before_anything_is_sent() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let there = generate_users("there", "uni.test", 2).unwrap();
    let (first, second, third) = (Named::new("there"), Named::new("look"), Named::new("look"));
    import_users(&tenant, &connection, &there, &quick(&first)).unwrap();
    // Somebody of another connection is nobody of this one.
    let other = get_connection_id(&tenant, "Flexible-Identifiers").unwrap();
    let elsewhere = [User::new("new_01@uni.test")];
    import_users(&tenant, &other, &elsewhere, &quick(&third)).unwrap();

    let mut users = generate_users("new", "uni.test", 3)
        .unwrap()
        .into_iter()
        .collect::<Vec<User>>();
    users.push(User {
        email: there[1].email.to_uppercase(),
        ..User::new("")
    });
    let options = quick(&second).look_up_existing(true);
    let plan = plan_import_with(&tenant, &connection, &users, &options).unwrap();
    assert_eq!(
        plan.notes[0],
        "looking up existing users: 4 requests, 1 s at 1000 a second"
    );
    let report = import_users(&tenant, &connection, &users, &options).unwrap();
    assert_eq!(counted(&report), [3, 0, 1, 0, 4], "{report}");
    let named = &report.attention()[0];
    assert_eq!((named.row, named.outcome), (4, Outcome::AlreadyThere));
    assert!(named.reasons[0].message.contains("so the row was not sent"));
    assert!(report.failed().unwrap().is_empty());
    let log = tenant.requests();
    let since = log
        .iter()
        .rev()
        .take_while(|sent| sent.method != "GET" || !sent.path.starts_with("/api/v2/connections"));
    let calls: Vec<String> = since
        .map(|sent| format!("{} {}", sent.method, sent.path))
        .collect();
    let upload = calls
        .iter()
        .position(|call| call.starts_with("POST /api/v2/jobs"))
        .unwrap();
    let looked = calls.iter().filter(|call| call.contains("users-by-email"));
    assert_eq!(looked.count(), 4, "{calls:?}");
    assert!(
        calls[..upload]
            .iter()
            .all(|call| !call.contains("users-by-email")),
        "{calls:?}"
    );
    assert_eq!(
        read_import(&second.folder()).unwrap().counts(),
        report.counts()
    );
}

#[test]
fn a_look_up_that_could_not_tell_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("look");
    let users = [User::new("ada@uni.test")];
    let options = quick(&name).look_up_existing(true);
    let error = import_users(&tenant, &connection, &users, &options.clone().upsert(true));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .ends_with("leave out one of the two")
    );
    let nameless = ConnectionId::new(connection.as_str()).unwrap();
    let error = import_users(&tenant, &nameless, &users, &options).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("find the connection with get_connection_id"),
        "{error}"
    );
    assert!(!Path::new(&name.folder()).exists());

    // Row by row, of what comes one after the other.
    let stream = || [Ok(User::new("ada@uni.test")), Ok(User::new("bob@uni.test"))];
    let report = import_stream(&tenant, &connection, stream(), &options).unwrap();
    assert_eq!(counted(&report), [2, 0, 0, 0, 2], "{report}");
    let name = Named::new("look");
    let options = quick(&name).look_up_existing(true);
    let report = import_stream(&tenant, &connection, stream(), &options).unwrap();
    assert_eq!(counted(&report), [0, 0, 2, 0, 2], "{report}");
    assert_eq!(report.jobs().len(), 0);
}

#[test]
fn of_two_kernels_that_begin_with_the_same_file_at_once_one_sends_it() {
    let practice = Practice::start(&[]);
    let tenant = practice.tenant();
    let connection = get_connection_id(&tenant, "Shared-Emails").unwrap();
    for round in 0..5 {
        let text = format!("email,username\nada{round}@uni.test,ada{round}\n");
        let file = TestFile::new(text.as_bytes());
        let both = std::sync::Barrier::new(2);
        let names = [Named::new("same"), Named::new("same")];
        let begin = |name: &Named| {
            let users = read_users(file.path()).unwrap();
            both.wait();
            import_stream(&tenant, &connection, users, &quick(name))
        };
        let [one, other] = &names;
        let done = std::thread::scope(|scope| {
            let one = scope.spawn(|| begin(one));
            [begin(other), one.join().unwrap()]
        });
        let refused = done.iter().filter_map(|done| done.as_ref().err());
        let kinds: Vec<_> = refused.map(Error::kind).collect();
        assert_eq!(kinds, [ErrorKind::SameFile], "{done:?}");
        assert_eq!(all_in_tenant(&practice).len(), round + 1);
    }
}
