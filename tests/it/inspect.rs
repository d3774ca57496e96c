//! What would come of a file of users: each row in one count, nothing of a cell in any output, who must be written to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use auth0_bulk_users::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::runs::{Named, quick};
use crate::server::Practice;
use crate::turned::turned_time;

/// bcrypt of "correct horse", made by Python's bcrypt: of cost 10 as `$2b$`, and of cost 12 as `$2y$`.
const BCRYPT: &str = "$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K";
const SLOW_BCRYPT: &str = "$2y$12$ZW.B1z8eZiZSWKgWzbea3uSN9g.ShBEqpJQwj8/mtWkx56ODva8kq";
/// SHA-256 in hex of anything: it does not say what it is.
const SILENT: &str = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
/// Drupal's, as hashcat's list of examples has it.
const DRUPAL: &str = "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf";

/// A folder with a file of users in it, which goes when the test ends. Its name costs nothing, as that of a `TestFolder` does.
struct Given(PathBuf, PathBuf);

impl Given {
    fn new(text: &str) -> Given {
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let name = format!("inspect-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir(&folder).unwrap();
        let path = folder.join("members");
        fs::write(&path, text).unwrap();
        Given(folder, path)
    }

    fn inspected(&self) -> FileReport {
        self.inspected_with(&ReadOptions::default())
    }

    fn inspected_with(&self, options: &ReadOptions) -> FileReport {
        let inspection = inspect_users_with(&self.1, options).unwrap();
        for shown in [inspection.to_string(), format!("{inspection:?}")] {
            shows_no_cell(&shown);
        }
        let failing: u64 = inspection.failing().iter().map(|(_, rows)| rows).sum();
        let left_out: u64 = inspection.left_out().iter().map(|(_, rows)| rows).sum();
        let told = inspection.ready() + failing + left_out;
        assert_eq!(told, inspection.rows(), "{inspection}");
        inspection
    }

    /// The lines of a sheet.
    fn saved(&self, inspection: &FileReport, name: &str) -> Vec<String> {
        let folder = self.0.join("inspection");
        inspection.save_csv(&folder).unwrap();
        let text = fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(str::to_string).collect()
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn shows_no_cell(text: &str) {
    for cell in [
        &BCRYPT[8..],
        &SLOW_BCRYPT[8..],
        SILENT,
        &DRUPAL[4..],
        "battery-staple",
        "ada@example.com",
        "Lovelace",
    ] {
        assert!(!text.contains(cell), "{cell} in {text}");
    }
}

fn listed(list: &[(String, u64)]) -> Vec<(&str, u64)> {
    list.iter()
        .map(|(text, rows)| (text.as_str(), *rows))
        .collect()
}

#[test]
fn every_row_is_in_one_count_with_its_reason_and_its_line() {
    let text = format!(
        "email;username;surname;pw;note\n\
         ada@example.com;ada;Lovelace;{BCRYPT};\n\
         bob@example.com;bob;;{SLOW_BCRYPT};x\n\
         ADA@example.com;other;;{BCRYPT};\n\
         cay@example.com;cay;;{DRUPAL};\n\
         no address;dan;;{BCRYPT};\n\
         eve@example.com;BOB;;;\n\
         fay@example.com;fay;;\n\
         gus@example.com;gus;;;y\n"
    );
    let given = Given::new(&text);
    let options = ReadOptions::default().map("pw", "hash");
    let inspection = given.inspected_with(&options);
    assert_eq!(
        (inspection.rows(), inspection.ready()),
        (8, 4),
        "{inspection}"
    );
    let failing = inspection.failing();
    let reasons: BTreeSet<&str> = failing.iter().map(|(why, _)| why.as_str()).collect();
    assert_eq!(failing.len(), 4, "{failing:?}");
    assert!(reasons.contains("email is also in an earlier row: leave out one of the two"));
    assert!(reasons.contains("username is also in an earlier row: leave out one of the two"));
    let hashes = inspection.hashes();
    let hashes: BTreeSet<(&str, u64)> = listed(&hashes).into_iter().collect();
    let expected = [
        ("bcrypt, as it is", 1),
        ("bcrypt, rewritten", 1),
        ("a Drupal 7 hash, not importable", 1),
    ];
    assert_eq!(hashes, expected.into(), "of those who would be imported");
    assert_eq!((inspection.twins(), inspection.resets()), (2, 2));
    let shown = inspection.to_string();
    for part in [
        "a CSV file with `;`, UTF-8",
        "4 of 8 rows would be imported, 4 faulty",
        "8 in the file: 7 read as users, 1 that cannot be read, 0 left out",
        "1 row with the email of one before (line 4 as 2); 1 row with the username of one before (line 7 as 3)",
        "1 row: line 6",
        "1 row: line 8",
        "│ a Drupal 7 hash │    1 │ not importable │",
        "\na Drupal 7 hash: it is made of",
        "│ pw       │            5 │ password_hash or",
        "│ note     │            2 │ nowhere ",
        "2 users would come without a password",
        "go nowhere:   note",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    let resets = given.saved(&inspection, "reset-password.csv");
    assert_eq!(resets.len(), 3, "{resets:?}");
    assert!(resets[1].starts_with("5,cay@example.com,cay,\"the file has a Drupal 7 hash: it "));
    assert_eq!(
        resets[2],
        "9,gus@example.com,gus,the file has no password for this user"
    );
    let failing = given.saved(&inspection, "failing.csv");
    let lines: Vec<&str> = failing
        .iter()
        .filter_map(|row| row.split(',').next())
        .collect();
    assert_eq!(lines, ["line", "4", "6", "7", "8"]);
    assert_eq!(
        given.saved(&inspection, "twins.csv")[1..],
        [
            "4,ADA@example.com,other,email,2",
            "7,eve@example.com,BOB,username,3"
        ]
    );
}

#[test]
fn a_column_of_hashes_that_goes_nowhere_is_the_first_thing_it_says() {
    // Not among the rows that are read ahead.
    let mut text = "email,legacy_hash\n".to_string();
    for number in 0..300 {
        text += &format!("a{number}@example.com,\n");
    }
    text += &format!("ada@example.com,{BCRYPT}\n");
    let given = Given::new(&text);
    let inspection = given.inspected();
    let lost = "`legacy_hash` looks like password hashes in 1 row but is not mapped, and no later import can add them: map it with ReadOptions::map(\"legacy_hash\", \"hash\"), or name it in ReadOptions::leave_out";
    assert_eq!(inspection.lost_hashes(), [lost]);
    assert_eq!(inspection.to_string().lines().nth(1), Some(lost));
    assert_eq!((inspection.rows(), inspection.ready()), (301, 300));

    let left_out = ReadOptions::default().leave_out("legacy_hash");
    let inspection = given.inspected_with(&left_out);
    assert_eq!(inspection.lost_hashes(), [""; 0]);
    assert_eq!(
        inspection.fields()[1].2,
        "nowhere, since leave_out names it"
    );

    for (cell, lost) in [
        (
            SILENT,
            "the hashes of `legacy_hash` do not say how they were made in 1 row: find the recipe with find_recipe",
        ),
        (
            "battery-staple",
            "`legacy_hash` holds passwords in clear text in 1 row: hash them with",
        ),
    ] {
        let given = Given::new(&format!("email,legacy_hash\nada@example.com,{cell}\n"));
        let inspection = given.inspected_with(&ReadOptions::default().map("legacy_hash", "hash"));
        assert!(
            inspection.lost_hashes()[0].starts_with(lost),
            "{inspection}"
        );
        assert_eq!(
            (inspection.ready(), inspection.hashes()[0].1),
            (0, 1),
            "{inspection}"
        );
    }
}

#[test]
fn filled_fields_are_counted_in_json_too_and_behind_a_fault() {
    let rows = [
        json!({"email": "ada@example.com", "name": "Ada", "blocked": "perhaps", "shoe": "38"}),
        json!({"email": "bob@example.com", "name": "Bob", "blocked": false, "shoe": "39"}),
        json!({"email": "cay@example.com", "name": "", "blocked": false, "shoe": "40"}),
    ];
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let table = "email,name,blocked,shoe\nada@example.com,Ada,perhaps,38\nbob@example.com,Bob,no,39\ncay@example.com,,no,40\n";
    for text in [text.as_str(), table] {
        let inspection = Given::new(text).inspected();
        let filled: BTreeSet<_> = inspection
            .fields()
            .into_iter()
            .map(|(name, rows, _)| (name, rows))
            .collect();
        let named = |name: &str, rows: u64| (name.to_string(), rows);
        assert_eq!(
            filled,
            BTreeSet::from([
                named("email", 3),
                named("name", 2),
                named("blocked", 3),
                named("shoe", 3)
            ])
        );
        assert_eq!((inspection.rows(), inspection.ready()), (3, 2));
    }
}

#[test]
fn rows_of_one_line_are_told_by_their_number() {
    let users = json!([{"email": "ada@example.com"}, {"email": "no address"}, {"email": "ADA@example.com"}]);
    let given = Given::new(&users.to_string());
    let inspection = given.inspected();
    let shown = inspection.to_string();
    assert!(
        shown.contains("(row 3 as 1)") && shown.contains("1 row: row 2"),
        "{shown}"
    );
    let failing = given.saved(&inspection, "failing.csv");
    assert_eq!(failing[0], "row,email,username,reason");
    assert!(
        failing[1].starts_with("2,,,email is not an address"),
        "{failing:?}"
    );
}

#[test]
fn a_second_factor_of_devise_is_one_where_the_sign_in_wants_it() {
    let text = "id,email,encrypted_password,otp_required_for_login,otp_secret,encrypted_otp_secret\n\
         7,ada@example.com,,t,e30=,Lt8zS0Vm5Qj2Xh7aPq9RwA==\n\
         8,bob@example.com,,f,e30=,\n\
         9,cay@example.com,,,,\n";
    let given = Given::new(text);
    let inspection = given.inspected();
    assert_eq!((inspection.ready(), inspection.enrols()), (3, 1));
    assert!(inspection.lost_hashes().is_empty(), "{inspection}");
    let enrol = given.saved(&inspection, "enrol-again.csv");
    assert!(enrol[1].starts_with("2,ada@example.com,"), "{enrol:?}");
}

#[test]
fn who_loses_a_second_factor_or_signs_in_elsewhere_is_told() {
    let user = |name: &str, more: Value| {
        let mut user = json!({"username": name, "email": format!("{name}@example.com"), "createdTimestamp": 1, "enabled": true});
        for (field, value) in more.as_object().unwrap() {
            user[field] = value.clone();
        }
        user
    };
    let users = json!({"users": [
        user("dana", json!({"credentials": [{"type": "otp"}], "nonsense": "Lovelace"})),
        user("eli", json!({"federatedIdentities": [{"identityProvider": "google"}]})),
        user("fred", json!({})),
    ]});
    let given = Given::new(&format!("{users:#}"));
    let inspection = given.inspected();
    assert_eq!(
        (inspection.source(), inspection.enrols()),
        (Source::Keycloak, 1),
        "{inspection}"
    );
    assert_eq!(
        (inspection.ready(), inspection.resets()),
        (2, 2),
        "{inspection}"
    );
    let left_out = "is a user who signs in with google and has no password here";
    assert_eq!(listed(&inspection.left_out()), [(left_out, 1)]);
    let enrol = given.saved(&inspection, "enrol-again.csv");
    assert_eq!(enrol.len(), 2);
    assert!(enrol[1].contains(",dana@example.com,dana,"), "{enrol:?}");
    let elsewhere = given.saved(&inspection, "left-out.csv");
    assert_eq!(elsewhere[0], "line,email,username,reason");
    assert!(
        elsewhere[1].ends_with(&format!(",eli@example.com,eli,{left_out}")),
        "{elsewhere:?}"
    );
    let goes = |name: &str| {
        let fields = inspection.fields();
        let field = fields
            .into_iter()
            .find(|(field, ..)| field == name)
            .unwrap();
        (field.1, field.2)
    };
    assert_eq!(
        goes("createdTimestamp"),
        (3, "app_metadata.imported.created_at".to_string())
    );
    assert_eq!(goes("enabled"), (3, "blocked, reversed".to_string()));
    assert_eq!(goes("nonsense"), (1, "nowhere".to_string()));
}

#[test]
fn what_stands_in_the_wrong_column_is_in_no_output_and_in_no_sheet() {
    let text = format!(
        "email,username,shoe=Lovelace,note\n{BCRYPT},{SILENT},ada@example.com,battery-staple\n=cmd|x@example.com,=1+1,,\n"
    );
    let given = Given::new(&text);
    let inspection = given.inspected();
    assert_eq!(
        (inspection.rows(), inspection.ready()),
        (2, 1),
        "{inspection}"
    );
    assert_eq!(inspection.fields()[2].0, "<hidden>");
    let folder = given.0.join("inspection");
    inspection.save_csv(&folder).unwrap();
    let mut sheets = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            !text.contains(&BCRYPT[8..]) && !text.contains(SILENT),
            "{text}"
        );
        assert!(
            !text.contains(",=") && !text.contains("battery-staple"),
            "{text}"
        );
        sheets += 1;
        #[cfg(unix)]
        is_private(&path);
    }
    assert_eq!(sheets, 8, "seven, and what keeps git away");
    #[cfg(unix)]
    assert_eq!(mode(&folder), 0o700);
}

#[test]
fn the_lists_hide_nothing_else_of_a_folder_from_git() {
    let given = Given::new("email\nada@example.com\n");
    let folder = given.0.join("inspection");
    fs::create_dir(&folder).unwrap();
    given.inspected().save_csv(&folder).unwrap();
    let ignored = fs::read_to_string(folder.join(".gitignore")).unwrap();
    let mut written: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| format!("/{}", entry.unwrap().file_name().display()))
        .collect();
    let mut ignored: Vec<&str> = ignored.lines().collect();
    written.sort();
    ignored.sort_unstable();
    assert_eq!(ignored, written);
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    let mode = fs::metadata(path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777
}

#[cfg(unix)]
fn is_private(path: &Path) {
    assert_eq!(mode(path), 0o600, "{}", path.display());
}

#[test]
fn a_file_that_has_changed_is_not_written_down_as_another() {
    let given = Given::new("email\nada@example.com\n");
    let inspection = given.inspected();
    fs::write(&given.1, "email\nada@example.com\nbob@example.com\n").unwrap();
    let error = inspection.save_csv(given.0.join("inspection")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(
        error
            .to_string()
            .ends_with("it has changed since it was inspected: inspect it again")
    );
    assert!(!given.0.join("inspection").exists());
}

#[test]
fn nothing_is_hashed_and_a_recipe_is_heeded() {
    let rows: String = (0..2_000)
        .map(|row| format!("a{row}@example.com,battery-staple\n"))
        .collect();
    let given = Given::new(&format!("email,password\n{rows}"));
    let options = ReadOptions::default()
        .map("password", "hash")
        .hash_clear_text(true);
    let began = Instant::now();
    let inspection = given.inspected_with(&options);
    assert!(
        began.elapsed().as_secs() < 10,
        "2,000 hashes take over a minute"
    );
    assert_eq!(
        listed(&inspection.hashes()),
        [("clear text, hashed when it is imported", 2_000)]
    );
    assert_eq!(inspection.resets(), 0);

    let given = Given::new(&format!("email,hash,salt\nada@example.com,{SILENT},x1\n"));
    let recipe = json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {}});
    let recipe = HashRecipe::new(recipe).unwrap();
    let options = ReadOptions::default()
        .map("hash", "hash")
        .map("salt", "salt")
        .recipe(&recipe);
    let inspection = given.inspected_with(&options);
    assert_eq!(
        listed(&inspection.hashes()),
        [("sha256, rewritten", 1)],
        "{inspection}"
    );
    assert_eq!(inspection.lost_hashes(), [""; 0]);
}

#[test]
fn an_import_does_with_the_file_what_its_inspection_said() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("inspected");
    let text = "email,username,blocked\nada@example.com,ada,no\nADA@example.com,b,no\nbob@example.com,ada,no\nbob@example.com,bob,no\ncay,c,no\ndan@example.com,dan,perhaps\n";
    let given = Given::new(text);
    let inspection = given.inspected();
    let users = read_users(&given.1).unwrap();
    let report = import_stream(&tenant, &connection, users, &quick(&name)).unwrap();
    let counts = report.counts();
    assert_eq!(
        (counts.inserted, counts.total),
        (inspection.ready(), inspection.rows()),
        "{report}"
    );
    assert_eq!((counts.inserted, counts.failed), (2, 4), "{report}");
    let shown = report.to_string();
    for words in [
        "email: is also in row 1",
        "email: is not an address that Auth0 takes",
        "blocked must be true or false",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
}

proptest! {
    #[test]
    fn twins_are_whom_the_check_finds(
        rows in proptest::collection::vec((0..6_u8, proptest::option::of(0..4_u8), proptest::option::of(0..4_u8)), 1..24),
    ) {
        let users: Vec<User> = rows.iter().map(|(email, username, id)| User {
            username: username.map(|name| format!("user{name}")),
            user_id: id.map(|id| format!("id{id}")),
            // The last is no address.
            ..User::new(if *email == 5 { "none".to_string() } else { format!("a{email}@example.com") })
        }).collect();
        let lines: String = users.iter().map(|user| format!("{}\n", serde_json::to_value(user).unwrap())).collect();
        let given = Given::new(&lines);
        let inspection = given.inspected();
        let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
        let bad: BTreeSet<usize> = check_users(&connection, &users).iter().map(|problem| problem.row).collect();
        prop_assert_eq!(inspection.ready() as usize, users.len() - bad.len(), "{}", inspection);
    }
}
