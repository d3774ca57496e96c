//! Folders of runs, which somebody else may have made, or a crash half written.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Time;

use auth0_bulk_users::seams::header::HeaderMap;
use auth0_bulk_users::seams::{Came, Carried, Sent, Transport};
use auth0_bulk_users::*;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::mutate::{PART, parts};
use crate::targets::machine::{
    CLIENT_SECRET, DOMAIN, Folder, HASH, IN_HASH, PASSWORD, SECRETS, SIGNATURE, run, token,
};
use crate::targets::{Held, Reached, Target, hidden, sentence, shown};

pub(super) const CONNECTION: &str = "con_4CzPUBqyfuwSXy9q";
pub(super) const JOURNAL: &str = "journal.jsonl";
const LEFT_OUT: &str = "left-out.jsonl";
/// The part of an input that says what the tenant tells of a user.
const PROFILE: &str = "profile";
/// The file that the users of a run came from.
pub(super) const SOURCE: &str = "users.ndjson";
const USUAL: &str = r#"{"created_at":"2026-11-27T00:00:00.157Z","identities":[{"connection":"U","user_id":"{ID}","provider":"auth0","isSocial":false}],"logins_count":0}"#;

/// A file of a folder: its name, and what is in it.
pub(super) type File = (String, Vec<u8>);

/// Who has changed the working folder, in which a run's folder is looked for. All threads share it.
static WORKING: Mutex<()> = Mutex::new(());

/// Does something in a folder.
pub(super) fn within<T>(folder: &Folder, work: impl FnOnce() -> T) -> T {
    let _alone = WORKING.lock().unwrap_or_else(PoisonError::into_inner);
    let here = std::env::current_dir().expect("a working folder");
    std::env::set_current_dir(folder.path()).expect("a folder for runs");
    let done = catch_unwind(AssertUnwindSafe(work));
    std::env::set_current_dir(here).expect("the working folder");
    done.unwrap_or_else(|panic| resume_unwind(panic))
}

pub(super) const WORDS: [&str; 36] = [
    "Version",
    "Begun",
    "Packed",
    "LeftOut",
    "Sealed",
    "Sending",
    "NotTaken",
    "Accepted",
    "Done",
    "Removed",
    "file",
    "rows",
    "given_ids",
    "sha256",
    "note",
    "user",
    "row",
    "email",
    "kind",
    "reasons",
    "AlreadyThere",
    "Failed",
    "Unknown",
    "inserted",
    "updated",
    "updated_rows",
    "certain",
    "at",
    "253402300799999",
    "32001",
    "Looked",
    "came_in",
    "LeftOutSoFar",
    "2026-11-26T00:00:00.000Z",
    HASH,
    "../",
];

pub(super) fn targets() -> Vec<Target> {
    let target = |name, about, run| Target {
        name,
        about,
        words: &WORDS,
        makes: folders,
        run,
        most_memory: 64 << 20,
    };
    vec![
        target(
            "journal",
            "journals whose lines were changed, with hashes that are right all the same",
            changed,
        ),
        target(
            "run-folder",
            "run folders whose bytes were changed",
            as_it_is,
        ),
    ]
}

/// A tenant that does what it is asked, but for one request, of which it loses the answer. It has every second of the users of a folder.
#[derive(Default)]
pub(super) struct Plain {
    asked: AtomicUsize,
    loses: usize,
    /// What it tells of each, with their ids.
    users: Vec<(String, Value)>,
    deleted: Mutex<Vec<String>>,
    /// What may not be shown.
    pub(super) secrets: &'static [&'static str],
}

impl Plain {
    pub(super) fn that_loses(loses: usize) -> Plain {
        Plain {
            loses,
            ..Plain::default()
        }
    }

    /// One that has users of those files, as the input says that it shows them.
    pub(super) fn of(journal: &[u8], files: &[File]) -> Plain {
        let told = files.iter().find(|(name, _)| name == PROFILE);
        let told = told.map_or("", |(_, bytes)| {
            std::str::from_utf8(bytes).unwrap_or_default()
        });
        let mut ids = Vec::new();
        for (_, bytes) in files.iter().filter(|(name, _)| name.starts_with("users-")) {
            let rows: Vec<Value> = serde_json::from_slice(bytes).unwrap_or_default();
            let texts =
                |row: &Value| Some((row["user_id"].as_str()?.to_string(), row["email"].clone()));
            ids.extend(rows.iter().filter_map(texts));
        }
        let shown = |(id, email): (String, Value)| {
            let mut user: Value =
                serde_json::from_str(&told.replace("{ID}", &id)).unwrap_or_default();
            if let Some(fields) = user.as_object_mut() {
                fields.insert("user_id".to_string(), format!("auth0|{id}").into());
                fields.insert("email".to_string(), email);
            }
            (id, user)
        };
        let is_there = |(id, _): &(String, Value)| {
            id.bytes().map(usize::from).sum::<usize>().is_multiple_of(2)
        };
        Plain {
            users: ids
                .into_iter()
                .filter(is_there)
                .take(50)
                .map(shown)
                .collect(),
            secrets: secrets_of(journal, files),
            ..Plain::default()
        }
    }

    /// Those of whom a request speaks.
    fn found(&self, path: &str) -> Vec<&Value> {
        let path = percent_decode_str(path).decode_utf8_lossy();
        let speaks = |(id, user): &&(String, Value)| {
            let email = user["email"].as_str().filter(|email| !email.is_empty());
            !id.is_empty() && path.contains(id) || email.is_some_and(|email| path.contains(email))
        };
        self.users
            .iter()
            .filter(speaks)
            .map(|(_, user)| user)
            .collect()
    }

    /// How many were deleted; a fault, if one of them was never shown.
    pub(super) fn deleted_of_its_own(&self) -> std::result::Result<usize, String> {
        let deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_stranger = |path: &&String| self.found(path).is_empty();
        match deleted.iter().find(is_stranger) {
            Some(path) => Err(format!("somebody is deleted who was never shown: {path}")),
            None => Ok(deleted.len()),
        }
    }

    fn answer(&self, method: &str, whole: &str) -> (u16, String) {
        let path = whole.split('?').next().unwrap_or_default();
        let job = |status: &str| {
            format!(
                r#"{{"type":"users_import","status":"{status}","summary":{{"failed":1,"updated":0,"inserted":2,"total":3}},"connection_id":"{CONNECTION}","connection":"U","created_at":"2026-11-27T00:00:00.157Z","id":"job_gRqRxSDtxHgOcwEQ"}}"#
            )
        };
        let found = self.found(whole);
        match (method, path) {
            (_, "/oauth/token") => (200, format!(r#"{{"access_token":"{}"}}"#, token())),
            ("POST", _) => (202, job("pending")),
            ("DELETE", _) => {
                self.deleted.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_string());
                (204, String::new())
            }
            (_, path) if path.ends_with("/errors") => (
                200,
                r#"[{"user":{"email":"grace@example.com"},"errors":[{"code":"INVALID_FORMAT","message":"no","path":"email"}]}]"#.to_string(),
            ),
            (_, path) if path.contains("/jobs/") => (200, job("completed")),
            (_, path) if path.starts_with("/api/v2/users/") => match found.first() {
                Some(user) => (200, user.to_string()),
                None => (404, r#"{"statusCode":404}"#.to_string()),
            },
            (_, "/api/v2/users-by-email") => (200, json!(found).to_string()),
            _ => (
                200,
                json!({"users": found, "total": found.len(), "start": 0, "limit": 100, "length": found.len()}).to_string(),
            ),
        }
    }
}

impl Transport for Plain {
    fn carry(&self, sent: Sent<'_>) -> Carried {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        assert!(nth < 20_000, "it asks {} without end", sent.path);
        let took = Time::from_millis(90);
        if nth >= self.loses && self.loses > 0 {
            return Carried {
                took,
                came: Came::Nothing,
            };
        }
        let (status, body) = self.answer(sent.method, sent.path);
        let came = Came::Whole {
            status,
            headers: HeaderMap::new(),
            body: body.into_bytes(),
        };
        Carried { took, came }
    }
}

pub(super) fn tenant(plain: Arc<Plain>) -> Result<Tenant> {
    seams::tenant(DOMAIN, ("client", CLIENT_SECRET), plain)?.allow_writes(DOMAIN)
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash before a line of a journal, or of the rows left out.
fn link(chain: &str, json: &[u8]) -> String {
    sha256(&[chain.as_bytes(), b" ", json].concat())[..16].to_string()
}

/// The rows left out with the hashes that their lines would have; and of each how long the file is then, and its hash.
fn relinked(bytes: &[u8]) -> (Vec<u8>, Vec<(usize, String)>) {
    let (mut file, mut ends, mut chain) = (Vec::new(), Vec::new(), String::new());
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let blank = line.iter().position(|byte| *byte == b' ');
        let json = &line[blank.map_or(0, |blank| blank + 1)..];
        chain = link(&chain, json);
        file.extend([chain.as_bytes(), b" ", json, b"\n"].concat());
        ends.push((file.len(), chain.clone()));
    }
    (file, ends)
}

/// Puts right what an entry says of a file: its hash, or how far it is. `is_to_be` is asked before.
fn put_right(
    entry: &mut Value,
    files: &[File],
    left_out: &[(usize, String)],
    mut is_to_be: impl FnMut() -> bool,
) {
    for (kind, end) in [("Packed", ""), ("Done", ".done"), ("Looked", ".looked")] {
        let told = entry.get_mut(kind).and_then(Value::as_object_mut);
        let Some(told) = told else { continue };
        let Some(number) = told.get("file").and_then(Value::as_u64) else {
            continue;
        };
        let name = format!("users-{number:05}{end}.json");
        let file = files.iter().find(|(other, _)| *other == name);
        if let Some((_, bytes)) = file
            && is_to_be()
        {
            told.insert("sha256".to_string(), sha256(bytes).into());
        }
    }
    let source = files.iter().find(|(name, _)| name == SOURCE);
    if let Some((_, bytes)) = source
        && let Some(told) = entry.pointer_mut("/Begun/source_sha256")
        && is_to_be()
    {
        *told = sha256(bytes).into();
    }
    let told = entry.get_mut("LeftOutSoFar").and_then(Value::as_object_mut);
    if let Some(told) = told
        && let Some(rows) = told.get("rows").and_then(Value::as_u64)
        && let Some((bytes, chain)) = (rows as usize)
            .checked_sub(1)
            .and_then(|at| left_out.get(at))
        && is_to_be()
    {
        told.insert("bytes".to_string(), (*bytes).into());
        told.insert("chain".to_string(), chain.as_str().into());
    }
}

/// Lines without hashes, and files by their names. All hashes are made anew; of every second input one is left as it is.
fn changed(input: &[u8]) -> Held {
    let (journal, files) = remade(input);
    open(&journal, &files)
}

/// The journal with its hashes, and the files beside it.
pub(super) fn remade(input: &[u8]) -> (Vec<u8>, Vec<File>) {
    let (lines, mut files) = folder_of(input);
    let mut ends = Vec::new();
    for (_, bytes) in files.iter_mut().filter(|(name, _)| name == LEFT_OUT) {
        (*bytes, ends) = relinked(bytes);
    }
    let is_odd = input.iter().fold(0, |bits, byte| bits ^ byte) & 1 == 1;
    let left_wrong = is_odd.then_some(input.len() % 5);
    let (mut chain, mut journal, mut seen) = (String::new(), Vec::new(), 0);
    for line in lines.split(|byte| *byte == b'\n') {
        let mut text = line.to_vec();
        if let Ok(mut entry) = serde_json::from_slice::<Value>(line) {
            put_right(&mut entry, &files, &ends, || {
                seen += 1;
                Some(seen - 1) != left_wrong
            });
            text = entry.to_string().into_bytes();
        }
        chain = link(&chain, &text);
        journal.extend([chain.as_bytes(), b" ", &text, b"\n"].concat());
    }
    (journal, files)
}

/// The journal's own bytes, and files.
fn as_it_is(input: &[u8]) -> Held {
    // Its lines have their hashes in the corpus already.
    let (journal, files) = folder_of(input);
    open(&journal, &files)
}

/// The journal of an input, and the files beside it.
fn folder_of(input: &[u8]) -> (Vec<u8>, Vec<File>) {
    let mut parts = parts(input);
    let files = parts.split_off(1);
    let file = |part: &Vec<u8>| {
        let (name, bytes) = named(part);
        (name, bytes.to_vec())
    };
    (parts.remove(0), files.iter().take(8).map(file).collect())
}

/// A file's name is its first line.
fn named(part: &[u8]) -> (String, &[u8]) {
    let end = part
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(part.len());
    let name = String::from_utf8_lossy(&part[..end]).replace(['/', '\0'], "_");
    (name, part.get(end + 1..).unwrap_or_default())
}

/// What came of a folder: what was read, what a plan says, what was resumed, what was removed.
struct Opened {
    read: Result<Told>,
    plan: Result<Vec<String>>,
    resumed: Result<Told>,
    again: Result<Counts>,
    removed: Result<Removed>,
}

/// The counts of a report, or what is wrong with it.
type Told = std::result::Result<Counts, String>;

fn open(journal: &[u8], files: &[File]) -> Held {
    let folder = Folder::new();
    for (name, bytes) in own_files(journal, files) {
        folder.file(&name, &bytes);
    }
    let plain = Arc::new(Plain::of(journal, files));
    let (opened, said) = run(|| read_and_resume(&folder, &plain));
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    hidden("what is said", &said, plain.secrets)?;
    let opened = opened.map_err(|error| format!("the tenant is not opened: {error}"))?;
    holds(opened, &plain)
}

/// The files of a run's folder.
pub(super) fn own_files(journal: &[u8], files: &[File]) -> Vec<File> {
    let is_own = |(name, _): &&File| {
        !["", ".", "..", JOURNAL, PROFILE, SOURCE].contains(&name.as_str()) && name.len() < 100
    };
    let mut own: Vec<File> = files.iter().filter(is_own).cloned().collect();
    own.push((JOURNAL.to_string(), journal.to_vec()));
    own
}

fn read_and_resume(folder: &Folder, plain: &Arc<Plain>) -> Result<Opened> {
    let path = folder.path().display().to_string();
    let read = read_import(&path).map(|report| tell(&report, folder, plain.secrets));
    let tenant = tenant(Arc::clone(plain))?;
    let plan = plan_run_removal(&tenant, &path).map(|plan| {
        plan.evcxr_display();
        shown(&plan).to_vec()
    });
    let resumed = resume_import(&tenant, &path).map(|report| tell(&report, folder, plain.secrets));
    let again = read_import(&path).map(|report| report.counts());
    let removed = plan_run_removal(&tenant, &path).and_then(|plan| remove_users(&tenant, plan));
    Ok(Opened {
        read,
        plan,
        resumed,
        again,
        removed,
    })
}

fn holds(opened: Opened, plain: &Plain) -> Held {
    let Opened {
        read,
        plan,
        resumed,
        again,
        removed,
    } = opened;
    for error in [
        read.as_ref().err(),
        plan.as_ref().err(),
        resumed.as_ref().err(),
        again.as_ref().err(),
        removed.as_ref().err(),
    ]
    .into_iter()
    .flatten()
    {
        sentence(error, plain.secrets)?;
    }
    let texts = plan.iter().flatten().map(String::as_str);
    hidden("a plan", &texts.collect::<Vec<_>>(), plain.secrets)?;
    if let Ok(removed) = &removed {
        hidden_removal(removed, plain)?;
    }
    let reached = match read.is_ok() {
        true => Reached::Taken,
        false => Reached::Refused,
    };
    let resumed = resumed.ok().transpose()?;
    read.ok().transpose()?;
    match (resumed, again) {
        (Some(counts), Ok(again)) if counts != again => Err(format!(
            "a report reads otherwise: {counts:?} and {again:?}"
        )),
        _ => Ok(reached),
    }
}

/// A removal shows nothing that it may not, tells whom it deleted, and deleted nobody else.
fn hidden_removal(removed: &Removed, plain: &Plain) -> std::result::Result<(), String> {
    let texts = shown(removed);
    hidden(
        "a removal",
        &texts.each_ref().map(String::as_str),
        plain.secrets,
    )?;
    let deleted = plain.deleted_of_its_own()?;
    match deleted == removed.deleted {
        true => Ok(()),
        false => Err(format!(
            "a removal miscounts: {deleted} deleted, and {} told",
            removed.deleted
        )),
    }
}

/// What may not be shown. A hash that stands in an e-mail, an id or a reason is shown as they are: whoever made the folder put it there.
fn secrets_of(journal: &[u8], files: &[File]) -> &'static [&'static str] {
    let in_place = format!("\"password_hash\":\"{HASH}\"");
    let is_elsewhere = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .replace(&in_place, "")
            .contains(IN_HASH)
    };
    match is_elsewhere(journal) || files.iter().any(|(_, bytes)| is_elsewhere(bytes)) {
        true => &[CLIENT_SECRET, SIGNATURE, PASSWORD],
        false => &SECRETS,
    }
}

/// A report adds up, and shows nothing that it may not.
pub(super) fn tell(
    report: &ImportReport,
    folder: &Folder,
    secrets: &[&str],
) -> std::result::Result<Counts, String> {
    report.evcxr_display();
    hidden(
        "a report",
        &shown(report).each_ref().map(String::as_str),
        secrets,
    )?;
    let sheet = folder.path().join("report.csv");
    match report.save_csv(&sheet.display().to_string()) {
        Ok(()) => super::files::harmless_sheet(&sheet, secrets)?,
        Err(error) => sentence(&error, secrets)?,
    }
    if let Err(error) = report.failed() {
        sentence(&error, secrets)?;
    }
    Ok(report.counts())
}

/// Folders of runs that were cut off at one request or another, and of one that was not.
fn folders() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (streams, loses) in [(false, 0), (true, 0), (false, 2), (false, 3), (true, 4)] {
        let folder = Folder::new();
        let _ = within(&folder, || run(|| play(streams, loses)));
        all.extend(written(&folder.path().join("imports/fuzzed"), true));
        all.extend(written(&folder.path().join("imports/fuzzed"), false));
    }
    all
}

fn play(streams: bool, loses: usize) -> Result<()> {
    let tenant = tenant(Arc::new(Plain::that_loses(loses)))?;
    let connection = ConnectionId::new(CONNECTION)?;
    let user = |email: &str| User {
        password_hash: Some(HASH.to_string()),
        ..User::new(email)
    };
    let users = [
        "ada@example.com",
        "no address",
        "linus@example.com",
        "grace@example.com",
    ]
    .map(user);
    let options = ImportOptions::default()
        .name("fuzzed")
        .skip_bad_rows(true)
        .time_limit(Duration::from_secs(90));
    match streams {
        true => import_stream(&tenant, &connection, users.into_iter().map(Ok), &options)?,
        false => import_users(&tenant, &connection, &users, &options)?,
    };
    Ok(())
}

/// A run's folder as an input; `bare` without the journal's hashes.
pub(super) fn written(folder: &Path, bare: bool) -> Option<Vec<u8>> {
    let journal = fs::read_to_string(folder.join(JOURNAL)).ok()?;
    let lines = journal.lines().map(|line| match bare {
        true => line.split_once(' ').map_or(line, |(_, json)| json),
        false => line,
    });
    let mut parts = vec![lines.collect::<Vec<_>>().join("\n").into_bytes()];
    if !bare {
        parts[0].push(b'\n');
    }
    let mut files: Vec<_> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|file| file.path())
        .collect();
    files.sort();
    for file in files.iter().filter(|file| !file.ends_with(JOURNAL)) {
        let name = file.file_name()?.to_str()?;
        parts.push([name.as_bytes(), b"\n", &fs::read(file).ok()?].concat());
    }
    parts.push(format!("{PROFILE}\n{USUAL}").into_bytes());
    Some(parts.join(PART))
}
