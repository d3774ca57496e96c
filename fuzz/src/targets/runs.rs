//! Folders of runs, which somebody else may have made, or a crash half written.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as Time;

use auth0_bulk_users::seams::header::HeaderMap;
use auth0_bulk_users::seams::{Came, Carried, Sent, Transport};
use auth0_bulk_users::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::mutate::{PART, parts};
use crate::targets::machine::{CLIENT_SECRET, DOMAIN, Folder, HASH, SECRETS, run, token};
use crate::targets::{Held, Reached, Target, hidden, sentence, shown};

const CONNECTION: &str = "con_4CzPUBqyfuwSXy9q";
const JOURNAL: &str = "journal.jsonl";

const WORDS: [&str; 32] = [
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

/// A tenant that does what it is asked, but for one request, of which it loses the answer.
struct Plain {
    asked: AtomicUsize,
    loses: usize,
}

impl Transport for Plain {
    fn carry(&self, sent: Sent<'_>) -> Carried {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        assert!(nth < 20_000, "it asks {} without end", sent.path);
        let took = Time::from_millis(90);
        let path = sent.path.split('?').next().unwrap_or_default();
        let job = |status: &str| {
            format!(
                r#"{{"type":"users_import","status":"{status}","summary":{{"failed":1,"updated":0,"inserted":2,"total":3}},"connection_id":"{CONNECTION}","connection":"U","created_at":"2026-11-27T00:00:00.157Z","id":"job_gRqRxSDtxHgOcwEQ"}}"#
            )
        };
        let (status, body) = match (sent.method, path) {
            _ if nth >= self.loses && self.loses > 0 => return Carried { took, came: Came::Nothing },
            (_, "/oauth/token") => (200, format!(r#"{{"access_token":"{}"}}"#, token())),
            ("POST", _) => (202, job("pending")),
            ("DELETE", _) => (204, String::new()),
            (_, path) if path.ends_with("/errors") => (
                200,
                r#"[{"user":{"email":"grace@example.com"},"errors":[{"code":"INVALID_FORMAT","message":"no","path":"email"}]}]"#.to_string(),
            ),
            (_, path) if path.contains("/jobs/") => (200, job("completed")),
            (_, path) if path.starts_with("/api/v2/users/") => (404, r#"{"statusCode":404}"#.to_string()),
            (_, "/api/v2/users-by-email") => (200, "[]".to_string()),
            _ => (200, r#"{"users":[],"total":0,"start":0,"limit":100,"length":0}"#.to_string()),
        };
        let came = Came::Whole {
            status,
            headers: HeaderMap::new(),
            body: body.into_bytes(),
        };
        Carried { took, came }
    }
}

fn tenant(loses: usize) -> Result<Tenant> {
    let plain = Arc::new(Plain {
        asked: AtomicUsize::new(0),
        loses,
    });
    seams::tenant(DOMAIN, ("client", CLIENT_SECRET), plain)?.allow_writes(DOMAIN)
}

/// Lines without hashes, and files by their names: the hashes are made anew, and half the time so are those of the files.
fn changed(input: &[u8]) -> Held {
    let mut parts = parts(input);
    let files = parts.split_off(1);
    let sha256 = |bytes: &[u8]| -> String {
        Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let known: Vec<String> = files.iter().map(|file| sha256(named(file).1)).collect();
    let (mut chain, mut journal, mut seen) = (String::new(), Vec::new(), 0);
    for line in parts[0].split(|byte| *byte == b'\n') {
        let mut text = line.to_vec();
        if let Ok(mut entry) = serde_json::from_slice::<Value>(line)
            && let Some(told) = entry.pointer_mut("/Packed/sha256")
            && input.len().is_multiple_of(2)
        {
            if let Some(right) = known.get(seen) {
                *told = right.as_str().into();
            }
            seen += 1;
            text = entry.to_string().into_bytes();
        }
        chain = sha256(&[chain.as_bytes(), b" ", &text].concat())[..16].to_string();
        journal.extend([chain.as_bytes(), b" ", &text, b"\n"].concat());
    }
    open(&journal, &files)
}

/// The journal's own bytes, and files.
fn as_it_is(input: &[u8]) -> Held {
    let mut parts = parts(input);
    let files = parts.split_off(1);
    // Its lines have their hashes in the corpus already.
    open(&parts[0], &files)
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

fn open(journal: &[u8], files: &[Vec<u8>]) -> Held {
    let folder = Folder::new();
    folder.file(JOURNAL, journal);
    for file in files.iter().take(6) {
        let (name, bytes) = named(file);
        if !["", ".", "..", JOURNAL].contains(&name.as_str()) && name.len() < 100 {
            folder.file(&name, bytes);
        }
    }
    let path = folder.path().display().to_string();
    let (told, said) = run(|| {
        let read = read_import(&path).map(|report| tell(&report, &folder));
        let resumed = tenant(0).map(|tenant| {
            let plan = plan_run_removal(&tenant, &path).map(|plan| {
                plan.evcxr_display();
                shown(&plan).to_vec()
            });
            let resumed = resume_import(&tenant, &path).map(|report| tell(&report, &folder));
            let again = read_import(&path).map(|report| report.counts());
            (plan, resumed, again)
        });
        (read, resumed)
    });
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    hidden("what is said", &said, &SECRETS)?;
    let (read, resumed) = told;
    let (plan, resumed, again) =
        resumed.map_err(|error| format!("the tenant is not opened: {error}"))?;
    for error in [
        read.as_ref().err(),
        plan.as_ref().err(),
        resumed.as_ref().err(),
        again.as_ref().err(),
    ]
    .into_iter()
    .flatten()
    {
        sentence(error, &SECRETS)?;
    }
    let texts = plan
        .iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>();
    hidden("a plan", &texts, &SECRETS)?;
    let reached = if read.is_ok() {
        Reached::Taken
    } else {
        Reached::Refused
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

/// A report adds up, and shows nothing that it may not.
fn tell(report: &ImportReport, folder: &Folder) -> std::result::Result<Counts, String> {
    report.evcxr_display();
    hidden(
        "a report",
        &shown(report).each_ref().map(String::as_str),
        &SECRETS,
    )?;
    let sheet = folder.path().join("report.csv");
    match report.save_csv(&sheet.display().to_string()) {
        Ok(()) => super::files::harmless_sheet(&sheet)?,
        Err(error) => sentence(&error, &SECRETS)?,
    }
    if let Err(error) = report.failed() {
        sentence(&error, &SECRETS)?;
    }
    Ok(report.counts())
}

/// Folders of runs that were cut off at one request or another, and of one that was not.
fn folders() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (streams, loses) in [(false, 0), (true, 0), (false, 2), (false, 3), (true, 4)] {
        let folder = Folder::new();
        let here = std::env::current_dir().expect("a working folder");
        std::env::set_current_dir(folder.path()).expect("a folder for runs");
        let _ = run(|| play(streams, loses));
        std::env::set_current_dir(here).expect("the working folder");
        all.extend(written(&folder.path().join("imports/fuzzed"), true));
        all.extend(written(&folder.path().join("imports/fuzzed"), false));
    }
    all
}

fn play(streams: bool, loses: usize) -> Result<()> {
    let tenant = tenant(loses)?;
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
fn written(folder: &Path, bare: bool) -> Option<Vec<u8>> {
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
    Some(parts.join(PART))
}
