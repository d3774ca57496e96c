//! What tests of runs have in common: users, options, folders that go when the test ends.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::server::Practice;

/// Random letters and digits, the last of a new hash: no other test has them, and nobody can guess them.
fn letters(count: usize) -> String {
    let random = hash_password("x").unwrap();
    let letters = random.chars().filter(char::is_ascii_alphanumeric);
    letters.rev().take(count).collect()
}

/// A run folder that goes when the test ends.
pub(crate) struct Named(pub(crate) String);

impl Named {
    pub(crate) fn new(what: &str) -> Named {
        Named(format!("test-{what}-{}", letters(10)))
    }

    pub(crate) fn folder(&self) -> String {
        format!("imports/{}", self.0)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.folder());
        let _ = fs::remove_dir_all(format!("imports/.packing/{}", self.0));
    }
}

/// A file that goes when the test ends.
pub(crate) struct TestFile(PathBuf);

impl TestFile {
    pub(crate) fn new(bytes: &[u8]) -> TestFile {
        let path = std::env::temp_dir().join(format!("users-{}", letters(12)));
        fs::write(&path, bytes).unwrap();
        TestFile(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A folder that goes when the test ends.
pub(crate) struct TestFolder(PathBuf);

impl TestFolder {
    pub(crate) fn new() -> TestFolder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(letters(12));
        fs::create_dir(&path).unwrap();
        TestFolder(path)
    }
}

impl Deref for TestFolder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Options that do not make a test wait.
pub(crate) fn quick(name: &Named) -> ImportOptions {
    ImportOptions::default()
        .name(&name.0)
        .requests_per_second(1000.0)
        .time_limit(Duration::from_secs(60))
}

/// Users with a hash that is none of anybody's, and enough metadata that few fill a file.
pub(crate) fn users(count: usize) -> Vec<User> {
    let hash = format!("$2b$10${}", "x".repeat(53));
    let heavy = |mut user: User| {
        user.password_hash = Some(hash.clone());
        let text = json!({"text": "x".repeat(9_000)});
        user.user_metadata = text.as_object().cloned();
        user
    };
    generate_users("bulk", "uni.test", count)
        .unwrap()
        .into_iter()
        .map(heavy)
        .collect()
}

pub(crate) fn all_in_tenant(practice: &Practice) -> Vec<Value> {
    let (_, token) = renewed(practice);
    let mut all = Vec::new();
    for page in 0.. {
        let path = format!("/api/v2/users?per_page=100&page={page}");
        let (status, body) = practice.raw("GET", &path, Some(&token), None);
        assert_eq!(status, 200, "{body}");
        let users = body.as_array().unwrap();
        all.extend(users.iter().cloned());
        if users.len() < 100 {
            return all;
        }
    }
    unreachable!()
}

/// A tenant with a new token, as a new kernel would have it, and the token.
pub(crate) fn renewed(practice: &Practice) -> (Tenant, String) {
    let ask = json!({"grant_type": "client_credentials", "client_id": practice.get("CLIENT_ID"),
        "client_secret": practice.get("CLIENT_SECRET"), "audience": format!("{}/api/v2/", practice.get("DOMAIN"))});
    let body = ("application/json", ask.to_string().into_bytes());
    let (_, answer) = practice.raw("POST", "/oauth/token", None, Some(body));
    let token = answer["access_token"].as_str().unwrap().to_string();
    (Tenant::new(practice.get("DOMAIN"), &token).unwrap(), token)
}

/// Somebody who is there before a run, with an e-mail and the username `theirs`.
pub(crate) fn someone_else(tenant: &Tenant, connection: &ConnectionId) {
    let before = User {
        user_id: Some("others".into()),
        username: Some("theirs".into()),
        ..User::new("bulk_07@uni.test")
    };
    let job = start_import(tenant, connection, &[before]).unwrap();
    wait_for_job(tenant, &job, Duration::from_secs(20)).unwrap();
}

/// Again until it ends: what a reader does with a call that says how to go on.
pub(crate) fn at_last<T>(mut call: impl FnMut() -> Result<T>) -> T {
    let mut last = None;
    for _ in 0..40 {
        match call() {
            Ok(done) => return done,
            Err(error) => {
                let text = error.to_string();
                assert!(!text.contains("changed or damaged"), "{text}");
                last = Some(error);
            }
        }
    }
    panic!("no end after 40 calls: {last:?}");
}

/// Everything in a run folder, as text.
pub(crate) fn kept_in(folder: &str) -> String {
    let mut all = String::new();
    for file in fs::read_dir(folder).unwrap() {
        all += &String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap());
    }
    all
}
