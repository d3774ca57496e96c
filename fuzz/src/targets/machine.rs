//! What a reader runs on: a folder of its own, a clock that stands still, and a tenant that answers by a script.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth0_bulk_users::seams::header::{HeaderMap, HeaderName, HeaderValue};
use auth0_bulk_users::seams::{self, Came, Carried, Clock, Process, Sent, Transport};
use auth0_bulk_users::{Result, Tenant};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::mutate::parts;

/// Where the tenant is.
pub(super) const DOMAIN: &str = "https://fuzzed.us.auth0.com";
/// What may be shown nowhere: the secret of the application, that of the token, and the hash and the password of users.
pub(super) const CLIENT_SECRET: &str = "client-secret-kJ8vQ2mZx7Lw4TnB1rYc9HdS6fGa3PoE";
pub(super) const SIGNATURE: &str = "c2lnbmF0dXJlLW9mLXRoZS1mdXp6ZWQtdG9rZW4tMDE";
pub(super) const HASH: &str = "$2b$10$mr1n69gxjfCb4agxhaBuP.dT58mMLzUM4C/yPC8tXrpFmtJk.Vc7u";
/// What stands of it in a message that repeats it.
pub(super) const IN_HASH: &str = "xjfCb4agxhaBuP.dT58mMLzUM4C/yPC8";
pub(super) const PASSWORD: &str = "Correct-Horse-71-Battery-Staple";
/// What no sentence, value or record of a call may show.
pub(super) const SECRETS: [&str; 4] = [CLIENT_SECRET, SIGNATURE, IN_HASH, PASSWORD];

/// The time at which all of it happens: 2026-11-27.
const NOW: u64 = 1_795_737_600_000_000;
/// Requests after which a call that asks on has no end.
const MOST_REQUESTS: usize = 20_000;

/// A token for that tenant which may do all.
pub(super) fn token() -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims = format!(
        r#"{{"aud":"{DOMAIN}/api/v2/","exp":1895737600,"scope":"read:connections read:connections_options read:clients create:users read:users update:users delete:users"}}"#
    );
    format!(
        "{}.{}.{SIGNATURE}",
        part(r#"{"alg":"RS256"}"#),
        part(&claims)
    )
}

/// A folder for the files of one execution, which goes with it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static FOLDERS: AtomicUsize = AtomicUsize::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        // Where a file is in memory alone, nothing waits for a disk.
        let memory = Path::new("/dev/shm");
        let above = if memory.is_dir() {
            memory.into()
        } else {
            std::env::temp_dir()
        };
        let path = above.join(format!("fuzz-{}-{number}", std::process::id()));
        make(&path);
        Folder(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a folder within it.
    pub(super) fn make(&self, name: &str) {
        make(&self.0.join(name));
    }

    /// A file for its owner alone.
    pub(super) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.write(true).create(true).truncate(true).open(&path);
        let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, bytes));
        written.expect("a file for an input");
        path
    }
}

/// Makes a folder for its owner alone.
fn make(path: &Path) {
    let mut made = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut made, 0o700);
    made.create(path).expect("a folder for temporary files");
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a program on a machine of its own: waits take no time, chance repeats itself. Gives what it said too.
pub(super) fn run<T>(program: impl FnOnce() -> T) -> (T, Vec<String>) {
    let said = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&said);
    let process = Process {
        disk: None,
        clock: Clock::at(NOW),
        seed: 7,
        held_back: 0,
        hear: Rc::new(move |line: &str| heard.borrow_mut().push(line.to_string())),
    };
    let done = process.run(program);
    (done, said.take())
}

/// A tenant that answers by a script, whatever it is asked; its last answer again and again.
pub(super) struct Script {
    answers: Mutex<VecDeque<Vec<Vec<u8>>>>,
    /// What it answers to a request for a token, where the script has it not.
    token: Option<String>,
    asked: AtomicUsize,
}

impl Script {
    /// A script of heads and bodies in turn. It answers requests for a token too where `tokens` says so.
    pub(super) fn of(input: &[u8], tokens: bool) -> Arc<Script> {
        let answers = parts(input).chunks(2).map(<[Vec<u8>]>::to_vec).collect();
        let json = || format!(r#"{{"access_token":"{}","expires_in":86400}}"#, token());
        Arc::new(Script {
            answers: Mutex::new(answers),
            token: (!tokens).then(json),
            asked: AtomicUsize::new(0),
        })
    }

    /// The tenant that it plays, which may be written to.
    pub(super) fn tenant(self: &Arc<Script>) -> Result<Tenant> {
        let line: Arc<dyn Transport> = Arc::clone(self) as Arc<dyn Transport>;
        let tenant = seams::tenant(DOMAIN, ("client", CLIENT_SECRET), line)?;
        tenant.allow_writes(DOMAIN)
    }
}

impl Transport for Script {
    fn carry(&self, sent: Sent<'_>) -> Carried {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        assert!(nth < MOST_REQUESTS, "it asks {} without end", sent.path);
        if let Some(json) = self.token.as_ref().filter(|_| {
            sent.path == "/oauth/token" && !String::from_utf8_lossy(sent.body).contains("realm")
        }) {
            return whole(200, HeaderMap::new(), json.clone().into_bytes());
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match answers.len() {
            0 | 1 => answers.front().cloned().unwrap_or_default(),
            _ => answers.pop_front().unwrap_or_default(),
        };
        drop(answers);
        let carried = read(&answer);
        // A limit is waited for as long as a call has time, and a removal has days.
        let is_limit = matches!(carried.came, Came::Whole { status: 429, .. });
        if is_limit && nth > MOST_REQUESTS / 2 {
            return whole(400, HeaderMap::new(), Vec::new());
        }
        carried
    }
}

/// An answer: a status and headers, a line each, and a body. `cut` is an answer that breaks off, `took 70` one that comes late.
fn read(answer: &[Vec<u8>]) -> Carried {
    let head = answer.first().map(Vec::as_slice).unwrap_or_default();
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let came = match first.trim() {
        "cut" => Came::CutOff,
        "nothing" => Came::Nothing,
        status => {
            let status = status
                .parse()
                .ok()
                .filter(|status| (100..1000).contains(status));
            let headers = lines.filter_map(header).collect();
            let body = answer.get(1).cloned().unwrap_or_default();
            return late(head, whole(status.unwrap_or(200), headers, body));
        }
    };
    late(
        head,
        Carried {
            took: Duration::from_millis(80),
            came,
        },
    )
}

fn late(head: &[u8], carried: Carried) -> Carried {
    let text = String::from_utf8_lossy(head);
    let took = text
        .lines()
        .find_map(|line| line.strip_prefix("took ")?.trim().parse().ok());
    Carried {
        took: took.map_or(carried.took, |seconds: u32| {
            Duration::from_secs(seconds.into())
        }),
        ..carried
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
    Some((
        name,
        HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?,
    ))
}

fn whole(status: u16, headers: HeaderMap, body: Vec<u8>) -> Carried {
    Carried {
        took: Duration::from_millis(80),
        came: Came::Whole {
            status,
            headers,
            body,
        },
    }
}
