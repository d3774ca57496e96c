//! Files that Django, Werkzeug, Passlib, bcrypt and argon2-cffi wrote themselves: `exports/make.py` says how.

use std::path::{Path, PathBuf};

use auth0_bulk_users::*;

use crate::runs::{Named, quick};
use crate::server::{DATABASE, Practice};
use crate::turned::turned_time;

const PASSWORD: &str = "correct horse";

fn export(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/exports")
        .join(name)
}

/// The users, after each row was found in a count: so many rows, users, left out and errors.
fn read(name: &str, options: &ReadOptions, counted: [u64; 4]) -> (Vec<User>, FileCounts) {
    let file = read_users_with(export(name), options).unwrap();
    let counts = file.counts();
    let rows: Vec<Result<User>> = file.collect();
    let left_out = counts.left_out().iter().map(|(_, rows)| rows).sum();
    let found = [counts.rows(), counts.users(), left_out, counts.errors()];
    let faults: Vec<String> = rows
        .iter()
        .filter_map(|row| Some(row.as_ref().err()?.to_string()))
        .collect();
    assert_eq!(found, counted, "{name}: {counts} {faults:?}");
    (rows.into_iter().flatten().collect(), counts)
}

/// Those who bring a password; it is the right one of each.
fn with_password(users: &[User]) -> Vec<User> {
    let brings = users.iter().filter(|user| user.has_password());
    let brings: Vec<User> = brings.cloned().collect();
    for user in &brings {
        assert!(verify_password(user, PASSWORD).unwrap(), "{}", user.email);
        assert!(!verify_password(user, "correct house").unwrap());
    }
    brings
}

fn signs_in(users: &[User]) {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let (client, secret) = ["SIGN_IN_CLIENT_ID", "SIGN_IN_CLIENT_SECRET"]
        .map(|name| practice.get(name))
        .into();
    let tenant = tenant.with_sign_in(client, secret);
    let name = Named::new("exports");
    let report = import_users(&tenant, &connection, users, &quick(&name)).unwrap();
    assert_eq!(report.counts().inserted, users.len() as u64, "{report}");
    for user in users {
        verify_sign_in(&tenant, DATABASE, &user.email, PASSWORD).unwrap();
    }
}

#[test]
fn who_comes_from_django_signs_in_whatever_wrote_the_export() {
    let _time = turned_time();
    let plain = ReadOptions::default();
    let (dumped, of_dump) = read("django-dumpdata.json", &plain, [9, 8, 1, 0]);
    let (table, of_table) = read("django-auth-user.csv", &plain, [8, 8, 0, 0]);
    assert_eq!(of_dump.hashes(), of_table.hashes());
    let impossible = "a Django bcrypt_sha256 hash, not importable".to_string();
    assert!(of_dump.hashes().contains(&(impossible, 1)));
    let (dumped, table) = (with_password(&dumped), with_password(&table));
    assert_eq!((dumped.len(), table.len()), (6, 6));
    assert_eq!(dumped[0].family_name.as_deref(), Some("Roe, née Doe"));
    for (one, other) in dumped.iter().zip(&table) {
        assert_eq!(one.custom_password_hash, other.custom_password_hash);
    }
    signs_in(&dumped);
}

#[test]
fn a_column_that_has_the_name_of_an_imports_field_is_read_by_what_is_in_it() {
    let _time = turned_time();
    let (users, _) = read("flask-user.csv", &ReadOptions::default(), [4, 4, 0, 0]);
    let users = with_password(&users);
    assert_eq!(users.len(), 4);
    signs_in(&users);
}

#[test]
fn each_hash_of_a_mixed_column_is_brought_or_named() {
    let _time = turned_time();
    let stopped = read_users(export("passlib.csv")).unwrap().next();
    let stopped = stopped.unwrap().unwrap_err().to_string();
    assert!(
        stopped.contains("`hashed` looks like password hashes"),
        "{stopped}"
    );
    let options = ReadOptions::default().map("hashed", "hash");
    let (users, counts) = read("passlib.csv", &options, [32, 30, 0, 2]);
    let brought = with_password(&users);
    let named = counts.hashes().into_iter();
    let named = named.filter(|(kind, _)| kind.ends_with("not importable"));
    let named: u64 = named.map(|(_, rows)| rows).sum();
    assert_eq!((brought.len(), named), (19, 11), "{counts}");
    signs_in(&brought);
}
