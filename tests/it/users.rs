//! Users made from a prefix, and their passwords.

use auth0_bulk_users::*;
use proptest::prelude::*;

use crate::process::{is_in_a_process, itself};
use crate::runs::TestFolder;

#[test]
fn the_record_is_the_python_notebooks() {
    let users = generate_users("imfake", "uni.test", 25).unwrap();
    let accounts = set_passwords(&users[..1], Passwords::SameAsUsername).unwrap();
    let json = serde_json::to_value(&accounts[0]).unwrap();
    let hash = json["password_hash"].as_str().unwrap();
    assert!(bcrypt::verify("imfake_01", hash).unwrap() && hash.starts_with("$2b$10$"));
    assert_eq!(json.as_object().unwrap().len(), 6);
    assert_eq!(json["email"], "imfake_01@uni.test");
    assert_eq!(json["name"], json["email"]);
    assert_eq!(json["nickname"], "imfake_01");
    assert_eq!(json["username"], "imfake_01");
    assert_eq!(json["email_verified"], true);
}

#[test]
fn bad_input_is_refused_in_a_sentence() {
    for (prefix, domain, count, part) in [
        (
            "",
            "uni.test",
            1,
            "the prefix `` cannot be used: it is empty",
        ),
        ("im fake", "uni.test", 1, "cannot have the character ' '"),
        ("José", "uni.test", 1, "cannot have the character 'é'"),
        ("a@b", "uni.test", 1, "cannot have the character '@'"),
        ("Imfake", "uni.test", 1, "in lower case: write `imfake`"),
        (".im", "uni.test", 1, "cannot begin with a dot"),
        ("a..b", "uni.test", 1, "two dots in a row"),
        (
            "imfake",
            "test",
            1,
            "it is not a full domain such as example.com",
        ),
        ("imfake", "-a.edu", 1, "it is not a full domain"),
        ("imfake", "Uni.test", 1, "write `uni.test`"),
        ("imfake", "uni.test", 0, "a count of 0 makes no users"),
        (
            "a",
            "b.co",
            usize::MAX,
            "users: 1,000,000 are the most at once",
        ),
        (
            &"x".repeat(126),
            "uni.test",
            1,
            "every connection takes at most 128",
        ),
        (&"x".repeat(62), "uni.test", 1, "65 characters before the @"),
    ] {
        let error = generate_users(prefix, domain, count)
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{prefix} {domain} {count}: {error}");
    }
}

#[test]
fn passwords_are_refused_before_anything_is_hashed() {
    for (password, part) in [
        ("", "it is empty"),
        (&*"x".repeat(73), "73 bytes"),
        ("a\0b", "NUL"),
    ] {
        assert!(
            hash_password(password)
                .unwrap_err()
                .to_string()
                .contains(part)
        );
    }
    let users = generate_users("imfake", "uni.test", 2).unwrap();
    let hashed = set_passwords(&users, Passwords::Shared("s3cret-word".into())).unwrap();
    let error = set_passwords(&hashed, Passwords::SameAsUsername)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("user 1 (imfake_01@uni.test) already has a password"),
        "{error}"
    );
    let error = set_passwords(
        &users.clone().without_usernames(),
        Passwords::SameAsUsername,
    )
    .unwrap_err();
    assert!(error.to_string().contains("has no username"), "{error}");
    assert!(set_passwords(&[], Passwords::SameAsUsername).is_err());
    assert_ne!(
        hashed[0].password_hash, hashed[1].password_hash,
        "each has a salt of its own"
    );
}

#[test]
fn nothing_secret_is_drawn() {
    let users = generate_users("imfake", "uni.test", 1).unwrap();
    let hashed = set_passwords(&users, Passwords::Shared("s3cret-word".into())).unwrap();
    let hash = hashed[0].password_hash.clone().unwrap();
    let drawn = format!(
        "{hashed:?} {hashed} {:?} {} {:?}",
        hashed[0],
        hashed[0],
        Passwords::Shared("s3cret-word".into())
    );
    assert!(
        !drawn.contains(&hash) && !drawn.contains("s3cret-word"),
        "{drawn}"
    );
}

/// The sheet goes to the working folder, so this runs in a process of its own: the test calls itself.
#[test]
fn random_passwords_are_on_a_sheet_that_its_owner_alone_can_read() {
    if is_in_a_process() {
        let users = generate_users("imfake", "uni.test", 3).unwrap();
        for user in &set_passwords(&users, Passwords::Random).unwrap() {
            println!(
                "HASH {} {}",
                user.email,
                user.password_hash.as_ref().unwrap()
            );
        }
        return;
    }
    let folder = TestFolder::new();
    let name = "users::random_passwords_are_on_a_sheet_that_its_owner_alone_can_read";
    let output = itself(name).current_dir(&*folder).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.join("credentials"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let sheet = files
        .iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "csv"))
        .unwrap();
    assert!(
        printed.contains(sheet.file_name().unwrap().to_str().unwrap()),
        "{printed}"
    );
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(sheet).unwrap().permissions())
            & 0o777,
        0o600
    );
    let text = std::fs::read_to_string(sheet).unwrap();
    assert_eq!(text.lines().count(), 4);
    for row in text.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let hash = printed
            .lines()
            .find_map(|line| {
                line.split_once(&format!("HASH {} ", fields[0]))
                    .map(|(_, hash)| hash)
            })
            .unwrap();
        assert!(fields[2].len() == 20 && bcrypt::verify(fields[2], hash).unwrap());
        assert!(!printed.contains(fields[2]));
    }
}

proptest! {
    #[test]
    fn a_users_name_does_not_hang_on_the_count(prefix in "[a-z0-9!#$'^_`~+-]{1,20}", count in 7_usize..300) {
        let users = generate_users(&prefix, "uni.test", count).unwrap();
        prop_assert_eq!(users.len(), count);
        prop_assert_eq!(&users[6].email, &format!("{prefix}_07@uni.test"));
        let mut names: Vec<_> = users.iter().map(|user| user.username.clone()).collect();
        names.dedup();
        prop_assert_eq!(names.len(), count);
    }
}

#[test]
fn a_table_of_users_has_a_column_for_what_some_user_has() {
    let mut users = generate_users("column", "example.com", 2).unwrap();
    let drawn = users.to_string();
    for gone in [" name ", "user_metadata", "app_metadata", "mfa_factors"] {
        assert!(!drawn.contains(gone), "{gone}: {drawn}");
    }
    users[0].name = Some("Ada".to_string());
    users[0].user_metadata = serde_json::json!({"team": "blue"}).as_object().cloned();
    users[1].mfa_factors = Some(vec![serde_json::json!({"totp": {"secret": "ABCDEFGH"}})]);
    let drawn = users.to_string();
    for part in [" name ", "│ team: \"blue\" ", "│ totp "] {
        assert!(drawn.contains(part), "{part}: {drawn}");
    }
    assert!(!drawn.contains("ABCDEFGH"), "{drawn}");
}
