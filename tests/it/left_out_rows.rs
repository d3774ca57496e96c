//! Rows of a stream that are not sent: any number of them, and none in memory.

use std::fs;
use std::path::PathBuf;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::planted::{lines, write_lines};
use crate::process::{is_in_a_process, itself, most_memory, said};
use crate::runs::{Named, quick};
use crate::settling::Auth0;
use crate::turned::turned_time;

const ID: &str = "con_abcdefghijklmnop";

/// So many rows that no tenant takes, and after each hundredth one that it takes.
fn stream(bad: usize) -> impl Iterator<Item = Result<User>> + Send + 'static {
    let mut number = 0;
    let mut next_is_good = false;
    std::iter::from_fn(move || {
        if next_is_good {
            next_is_good = false;
            return Some(Ok(User::new(format!("good-{number}@uni.test"))));
        }
        (number < bad).then(|| {
            number += 1;
            next_is_good = number % 100 == 0;
            Ok(User {
                nickname: Some("x".repeat(400)),
                ..User::new(format!("no address {number}"))
            })
        })
    })
}

fn import(auth0: &Auth0, name: &Named, bad: usize) -> ImportReport {
    let connection = ConnectionId::new(ID).unwrap();
    let options = quick(name).time_limit(Duration::from_secs(600));
    import_stream(&auth0.tenant, &connection, stream(bad), &options).unwrap()
}

#[test]
fn rows_that_are_left_out_are_in_a_file_and_the_first_of_them_in_the_report() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("left-out");
    let report = import(&auth0, &name, 2_500);
    let counts = report.counts();
    assert_eq!(
        (counts.inserted, counts.failed, counts.total),
        (25, 2_500, 2_525),
        "{report}"
    );
    assert_eq!(
        (report.attention().len(), report.attention_beyond()),
        (1_000, 1_500)
    );
    assert_eq!(report.attention()[999].row, 1_009);
    assert!(
        report.to_string().contains("2,500 faulty rows left out"),
        "{report}"
    );
    let failed = report.failed().unwrap();
    assert_eq!(failed.len(), 2_500);
    assert_eq!(failed[2_499].email, "no address 2500");
    let sheet = std::env::temp_dir().join(format!("{}.csv", name.0));
    report.save_csv(sheet.to_str().unwrap()).unwrap();
    let text = fs::read_to_string(&sheet).unwrap();
    fs::remove_file(&sheet).unwrap();
    let rows: Vec<usize> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(rows, (1..=2_525).collect::<Vec<usize>>());

    let folder = PathBuf::from(name.folder());
    assert!(fs::metadata(folder.join("journal.jsonl")).unwrap().len() < 10_000);
    assert_eq!(read_import(&name.folder()).unwrap().counts(), counts);
    // What is not as it was written is not believed, and what comes after what was told is cut off.
    let path = folder.join("left-out.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replacen("no address 7", "no address 8", 1)).unwrap();
    let error = read_import(&name.folder()).unwrap_err().to_string();
    assert!(error.contains("it is not what this run wrote"), "{error}");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(read_import(&name.folder()).is_err());
    fs::write(&path, format!("{whole}half a line")).unwrap();
    assert_eq!(read_import(&name.folder()).unwrap().counts(), counts);
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
}

#[test]
fn of_a_source_that_ends_before_a_file_is_packed_no_row_is_kept() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("left-out-cut");
    let connection = ConnectionId::new(ID).unwrap();
    let bad =
        |rows: std::ops::Range<usize>| rows.map(|row| Ok(User::new(format!("no address {row}"))));
    let source = stream(100)
        .chain(bad(0..50))
        .chain(std::iter::once_with(|| -> Result<User> {
            panic!("the source breaks")
        }));
    let error = import_stream(&auth0.tenant, &connection, source, &quick(&name)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source, "{error}");
    assert!(!PathBuf::from(name.folder()).exists());
    let again = import_stream(&auth0.tenant, &connection, stream(3), &quick(&name)).unwrap();
    assert_eq!(again.counts().total, 3, "under its name");
}

#[test]
fn a_run_of_before_has_its_rows_in_the_journal() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("left-out-before");
    import(&auth0, &name, 200);
    let folder = PathBuf::from(name.folder());
    let apart = fs::read_to_string(folder.join("left-out.jsonl")).unwrap();
    let apart = apart.lines().map(|line| line.split_once(' ').unwrap().1);
    let apart: Vec<Value> = apart
        .map(|line| json!({"LeftOut": serde_json::from_str::<Value>(line).unwrap()}))
        .collect();
    let mut entries = Vec::new();
    for entry in lines(&folder) {
        match entry.get("LeftOutSoFar") {
            Some(_) => entries.extend(apart.iter().cloned()),
            None => entries.push(entry),
        }
    }
    write_lines(&folder, &entries);
    fs::remove_file(folder.join("left-out.jsonl")).unwrap();
    let report = read_import(&name.folder()).unwrap();
    assert_eq!(
        (report.counts().failed, report.counts().inserted),
        (200, 2),
        "{report}"
    );
    assert_eq!(report.failed().unwrap().len(), 200);
}

#[test]
fn a_journal_that_tells_of_more_bytes_than_there_are_makes_no_file_longer() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("left-out-short");
    import(&auth0, &name, 20);
    let folder = PathBuf::from(name.folder());
    let before = fs::metadata(folder.join("left-out.jsonl")).unwrap().len();
    let mut entries = lines(&folder);
    let told = entries
        .iter_mut()
        .filter_map(|entry| entry.pointer_mut("/LeftOutSoFar/bytes"));
    told.for_each(|bytes| *bytes = json!(1_u64 << 30));
    write_lines(&folder, &entries);
    let _ = read_import(&name.folder());
    let after = fs::metadata(folder.join("left-out.jsonl")).unwrap().len();
    assert_eq!(after, before);
}

#[test]
fn a_sheet_holds_none_of_the_kernels_words() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("left-out-words");
    let connection = ConnectionId::new("con_abcdefghijklmnop").unwrap();
    let users = [
        User::new("EVCXR_BEGIN_CONTENT text/html"),
        User::new("a@uni.test"),
    ];
    let options = quick(&name).skip_bad_rows(true);
    let report = import_users(&auth0.tenant, &connection, &users, &options).unwrap();
    let sheet = std::env::temp_dir().join(format!("{}.csv", name.0));
    report.save_csv(sheet.to_str().unwrap()).unwrap();
    let text = fs::read_to_string(&sheet).unwrap();
    fs::remove_file(&sheet).unwrap();
    assert!(
        text.contains("BEGIN_CONTENT") && !text.contains("EVCXR_BEGIN"),
        "{text}"
    );
}

#[test]
fn a_row_that_is_longer_than_a_line_of_the_folder_can_be_read_again_without_its_user() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let connection = ConnectionId::new(ID).unwrap();
    // Six bytes in JSON for each of them; the first is as long as a row of a file can be.
    let users = [4 << 20, 6 << 20].map(|length| User {
        nickname: Some("\u{1}".repeat(length)),
        ..User::new("no address")
    });
    let users: Vec<Result<User>> = users
        .into_iter()
        .chain([User::new("a@uni.test")])
        .map(Ok)
        .collect();
    let name = Named::new("left-out-long");
    let report = import_stream(&auth0.tenant, &connection, users, &quick(&name)).unwrap();
    assert_eq!(
        (report.counts().failed, report.counts().inserted),
        (2, 1),
        "{report}"
    );
    assert_eq!(
        read_import(&name.folder()).unwrap().counts(),
        report.counts()
    );
    let failed = report.failed().unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].nickname.as_ref().map(String::len), Some(4 << 20));
}

#[test]
fn memory_does_not_grow_with_the_rows_that_are_left_out() {
    if is_in_a_process() {
        let auth0 = Auth0::new();
        let name = Named::new("left-out-many");
        import(&auth0, &name, 2_000);
        let before = most_memory("self");
        let name = Named::new("left-out-many");
        let report = import(&auth0, &name, 200_000);
        assert_eq!(report.counts().failed, 200_000);
        let report = read_import(&name.folder()).unwrap();
        let sheet = std::env::temp_dir().join(format!("{}.csv", name.0));
        report.save_csv(sheet.to_str().unwrap()).unwrap();
        fs::remove_file(&sheet).unwrap();
        let grown = most_memory("self")
            .zip(before)
            .map(|(after, before)| after - before);
        println!("grown by {} KB", grown.unwrap_or(0));
        return;
    }
    let said = said(&mut itself(
        "left_out_rows::memory_does_not_grow_with_the_rows_that_are_left_out",
    ));
    let grown = said
        .split("grown by ")
        .nth(1)
        .unwrap_or_else(|| panic!("{said}"));
    let grown: u64 = grown.split(' ').next().unwrap().parse().unwrap();
    println!("grown by {grown} KB");
    assert!(grown < 30_000, "{grown} KB");
}

#[test]
fn a_row_with_very_many_faults_is_read_again() {
    let _time = turned_time();
    let auth0 = Auth0::new();
    let name = Named::new("left-out-faults");
    let connection = ConnectionId::new(ID).unwrap();
    let keys = (0..115_000).map(|key| (format!("$some-key-{key}"), json!(1)));
    let bad = User {
        user_metadata: Some(keys.collect()),
        ..User::new("bad@uni.test")
    };
    let users = [Ok(bad), Ok(User::new("good@uni.test"))].into_iter();
    let report = import_stream(&auth0.tenant, &connection, users, &quick(&name)).unwrap();
    let counts = report.counts();
    assert_eq!((counts.inserted, counts.failed), (1, 1), "{report}");
    let again = read_import(&name.folder()).unwrap();
    assert_eq!(again.counts(), counts);
    assert_eq!(again.failed().unwrap()[0].email, "bad@uni.test");
}
