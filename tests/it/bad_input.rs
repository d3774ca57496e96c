//! Input that is no good, and the whole sentence that says so.

use auth0_bulk_users::*;
use serde_json::json;

use crate::runs::{Named, TestFile, all_in_tenant, quick};
use crate::server::Practice;
use crate::turned::turned_time;

#[track_caller]
fn says<T>(result: Result<T>, sentence: &str) {
    let Err(error) = result else {
        panic!("no error, where this was to come: {sentence}");
    };
    assert_eq!(error.to_string(), sentence);
}

#[test]
fn nobody_cannot_be_planned_or_imported() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("nobody");
    let sentence = "there are no users: make some with generate_users first";
    says(plan_import(&tenant, &connection, &[]), sentence);
    says(
        import_users(&tenant, &connection, &[], &quick(&name)),
        sentence,
    );
    let none: Vec<Result<User>> = Vec::new();
    says(
        import_stream(&tenant, &connection, none, &quick(&name)),
        sentence,
    );
}

#[test]
fn a_name_that_leaves_imports_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("any", "uni.test", 1).unwrap();
    let long = "x".repeat(101);
    for name in [
        "../outside",
        "",
        ".hidden",
        "a/b",
        "a\\b",
        "/tmp/x",
        "..",
        "a b",
        "ü",
        &long,
    ] {
        let options = ImportOptions::default().name(name);
        let sentence = format!(
            "cannot use the run folder {name}: a run's name is the name of a folder in imports/, with 1 to 100 letters, digits, `-`, `_` and `.`, and no dot at its beginning"
        );
        says(
            import_users(&tenant, &connection, &users, &options),
            &sentence,
        );
        let users = users.iter().cloned().map(Ok).collect::<Vec<_>>();
        says(
            import_stream(&tenant, &connection, users, &options),
            &sentence,
        );
    }
    assert!(all_in_tenant(&practice).is_empty());
    let nothing = "there is no run here: either the name is wrong, or the run ended before anything was sent, so start it again with import_users";
    for folder in ["imports/..", "imports/none", "/"] {
        let sentence = format!("cannot use the run folder {folder}: {nothing}");
        says(resume_import(&tenant, folder), &sentence);
    }
}

#[test]
fn a_run_of_another_tenant_or_into_no_connection_is_refused() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let other = Practice::start(&[]).tenant();
    let users = generate_users("any", "uni.test", 1).unwrap();
    let name = Named::new("others");
    import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    let (folder, ours, theirs) = (name.folder(), tenant.domain(), other.domain());
    says(
        resume_import(&other, &folder),
        &format!(
            "cannot use the run folder {folder}: the run was on the tenant {ours}, and this tenant is {theirs}: open that tenant"
        ),
    );
    says(
        plan_run_removal(&other, &folder),
        &format!(
            "nothing was removed: the run in {folder} was on the tenant {ours}, and this tenant is {theirs}"
        ),
    );
    let plan = plan_run_removal(&tenant, &folder).unwrap();
    says(
        remove_users(&other, plan),
        &format!(
            "nothing was removed: the plan is for the tenant {ours}, and this tenant is {theirs}"
        ),
    );
    // A name is a run's for good, whatever the connection.
    let emails = get_connection_id(&tenant, "Email-Only-Users").unwrap();
    says(
        import_users(&tenant, &emails, &[User::new("a@uni.test")], &quick(&name)),
        &format!(
            "cannot use the run folder {folder}: a run with this name already exists: resume it with resume_import, or choose another name"
        ),
    );
    let name = Named::new("nowhere");
    let nowhere = ConnectionId::new("con_0000000000000000").unwrap();
    says(
        import_users(&tenant, &nowhere, &users, &quick(&name)),
        &format!(
            "the import stopped: the tenant refused POST /api/v2/jobs/users-imports (400 inexistent_connection): The connection does not exist; fix what it names and run this cell again; 0 inserted, 1 not done yet of 1, and the run's folder records it: continue with resume_import(&tenant, \"{}\")",
            name.folder()
        ),
    );
}

/// What is wrong with each row of a file that is read, in order; good rows are told by their e-mail.
fn told(rows: impl Iterator<Item = Result<User>>) -> Vec<String> {
    rows.map(|row| row.map_or_else(|error| error.to_string(), |user| user.email))
        .collect()
}

#[test]
fn a_csv_file_is_told_where_it_is_wrong() {
    let file = |bytes: &[u8]| TestFile::new(bytes);
    let mail = file(b"mail,name\na@uni.test,A\n");
    let path = mail.path();
    says(
        read_csv(path, &[]),
        &format!(
            "cannot read users from {path}: no column is named `email` (it has: mail, name): name the column of e-mails, as in read_csv(path, &[(\"E-Mail\", \"email\")])"
        ),
    );
    says(
        read_csv(path, &[("e-mail", "email")]),
        &format!("cannot read users from {path}: it has no column `e-mail`; it has: mail, name"),
    );
    let latin1 = file(b"email,pr\xe9nom\na@uni.test,A\n");
    let path = latin1.path();
    says(
        read_csv(path, &[]),
        &format!(
            "cannot read users from {path}: its heading is not UTF-8 (it may be Latin-1): save the file as UTF-8, or read it with Encoding::Latin1"
        ),
    );
    // A mark of byte order, quotes, and rows that cost themselves alone.
    let mixed = file(
        b"\xef\xbb\xbf\"email\",name\n\"a\"\"b@uni.test\",x\n\"quo,ted@uni.test\",\"two\nlines\"\nj@uni.test,J\xfcrgen\nc@uni.test\nd@uni.test,ok\n",
    );
    let path = mixed.path();
    let line = |rest: &str| format!("cannot read users from {path}: line {rest}");
    let wanted = [
        "a\"b@uni.test".to_string(),
        "quo,ted@uni.test".to_string(),
        line(
            "5 is not UTF-8 (it may be Latin-1): save the file as UTF-8, or read it with Encoding::Latin1",
        ),
        line("6 has 1 cell, and the heading has 2"),
        "d@uni.test".to_string(),
    ];
    assert_eq!(told(read_csv(path, &[]).unwrap()), wanted);
    says(
        read_csv("/nowhere/at/all.csv", &[]),
        "cannot read users from /nowhere/at/all.csv: No such file or directory (os error 2): relative paths begin in the notebook's folder",
    );
}

#[test]
fn a_broken_line_is_told_by_its_number_and_the_rest_is_kept() {
    let long = json!({"email": "long@uni.test", "name": "x".repeat(5_000_000)}).to_string();
    let lines = format!(
        "{{\"email\":\"a@uni.test\"}}\n{{\"email\":\n\n[1]\n{{\"email\":7}}\n{long}\n{{\"email\":\"j\u{fc}@uni.test\"}}"
    );
    let file = TestFile::new(lines.as_bytes());
    let path = file.path();
    let line = |rest: &str| format!("cannot read users from {path}: line {rest}");
    let wanted = [
        "a@uni.test".to_string(),
        line("2 is not one complete JSON object (column 9)"),
        line("4 is not one complete JSON object (column 0)"),
        line("5 is not a user: email must be text"),
        line("6 has over 4,194,304 bytes, far more than an import takes"),
        "jü@uni.test".to_string(),
    ];
    assert_eq!(told(read_ndjson(path).unwrap()), wanted);
    let latin1 = TestFile::new(
        b"{\"email\":\"a@uni.test\",\"name\":\"J\xfcrgen\"}\n{\"email\":\"b@uni.test\"}\n",
    );
    let path = latin1.path();
    let wanted = [
        format!(
            "cannot read users from {path}: line 1 is not UTF-8 (it may be Latin-1): save the file as UTF-8, or read it with Encoding::Latin1"
        ),
        "b@uni.test".to_string(),
    ];
    assert_eq!(told(read_ndjson(path).unwrap()), wanted);
}

#[test]
fn ten_megabytes_in_one_field_cost_that_row_alone() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let wide = "x".repeat(10_000_000);
    let text = format!(
        "email,nickname\na@uni.test,{}\nw@uni.test,{wide}\nb@uni.test,y\na@uni.test,z\n",
        &wide[..3_000_000]
    );
    let file = TestFile::new(text.as_bytes());
    let name = Named::new("wide");
    let rows = read_csv(file.path(), &[]).unwrap();
    let report = import_stream(&tenant, &connection, rows, &quick(&name)).unwrap();
    let counts = report.counts();
    assert_eq!((counts.inserted, counts.failed), (2, 2), "{report}");
    let unread = &report.attention()[1].reasons[0].message;
    assert!(
        unread.contains("line 3 has over 4,194,304 bytes"),
        "{unread}"
    );
    let reason = &report.attention()[0].reasons[0];
    assert_eq!(
        (
            report.attention()[0].row,
            reason.field.as_deref(),
            reason.message.as_str()
        ),
        (
            1,
            Some("nickname"),
            "makes the user 3,000,036 bytes, and an upload has room for 511,438: shorten it"
        )
    );
    // And before anything is sent, where all users are there at once; not in the e-mail, either.
    let heavy = User {
        user_metadata: json!({"a": "x".repeat(600_000)}).as_object().cloned(),
        ..User::new("heavy@uni.test")
    };
    let endless = User::new(format!("{wide}@uni.test"));
    let name = Named::new("heavy");
    says(
        import_users(&tenant, &connection, &[heavy], &quick(&name)),
        "nothing was sent: the check of 1 user found: row 1 (heavy@uni.test): user_metadata makes the user 600,051 bytes, and an upload has room for 511,438: shorten it; fix them, or leave them out with ImportOptions::skip_bad_rows",
    );
    let error = import_users(
        &tenant,
        &connection,
        std::slice::from_ref(&endless),
        &quick(&name),
    )
    .unwrap_err();
    let start = format!("row 1 ({}…): email is not an address", "x".repeat(80));
    assert!(error.to_string().contains(&start), "not all of it is shown");
    let plan = plan_import(&tenant, &connection, std::slice::from_ref(&endless)).unwrap();
    assert!(plan.to_string().len() < 5_000, "nor in the plan");
}
