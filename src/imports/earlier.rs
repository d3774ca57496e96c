//! The same file into the same connection again: what earlier runs of it did, and whom they brought in.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::check::twins::Hashers;
use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::imports::folder::JOURNAL;
use crate::imports::folder::latest::begun;
use crate::imports::folder::owner::Owner;
use crate::imports::journal::{Entry, NoteKind};
use crate::imports::options::{Afterwards, Again};
use crate::imports::report::ImportReport;
use crate::imports::run::Run;
use crate::progress::Tally;
use crate::secrets::SECRET_FIELDS;
use crate::users::User;
use crate::words::{hex, utc};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// A file of users that is about to be imported.
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(crate) sha256: String,
}

impl SourceFile {
    /// Reads the file once, for its SHA-256: only so it is known before anything is sent.
    pub(crate) fn of(path: &Path) -> Result<SourceFile> {
        let unreadable = |cause| Error::source_unreadable(path, cause);
        Ok(SourceFile {
            path: path.into(),
            sha256: sha256_of(path).map_err(unreadable)?,
        })
    }
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let total = file.metadata()?.len() as usize;
    let (mut sha256, mut piece) = (Sha256::new(), vec![0; PIECE]);
    let (mut tally, mut done) = (Tally::new(), 0);
    loop {
        let read = match file.read(&mut piece) {
            Ok(0) => return Ok(hex(&sha256.finalize())),
            Ok(read) => read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(cause),
        };
        sha256.update(&piece[..read]);
        done += read;
        tally.say(done, total, "bytes read, by which the file is known again");
    }
}

/// Whom earlier runs of the same file have in the tenant: 24 bytes each.
pub(crate) struct Earlier {
    again: Again,
    /// Users of the connection may share an e-mail, or it is not known whether they may.
    shares_emails: bool,
    hashers: Hashers,
    /// By what a user is known, what was sent of them.
    users: HashMap<[u32; 3], u64>,
}

impl Earlier {
    /// Looks for earlier runs of this file into this connection. Without a word of what is meant they are an error.
    pub(crate) fn find(
        imports: &Path,
        domain: &str,
        connection: &ConnectionId,
        file: &SourceFile,
        again: Option<Again>,
    ) -> Result<Option<Earlier>> {
        let mut earlier = Earlier {
            again: again.unwrap_or(Again::Missing),
            shares_emails: connection.emails_unique() != Some(true),
            hashers: Hashers::new(),
            users: HashMap::new(),
        };
        let mut latest = None;
        for folder in folders(imports, domain, connection, &file.sha256)? {
            let run = Run::open(&folder)
                .map_err(|cause| Error::earlier_untold(&file.path, &folder, cause))?;
            let report = ImportReport::new(&run, 0)?;
            if !is_in(&run, &report) {
                continue;
            }
            let name = connection.name.as_deref().unwrap_or(connection.as_str());
            let when = run.begun_at.map(|at| utc(at / 1_000)).unwrap_or_default();
            let did = format!("{name} before, on {when}: {}", told(&run, &report));
            if !run.open_files().is_empty() {
                return Err(Error::same_file_unfinished(&file.path, &folder, &did));
            }
            match again {
                None => latest = Some((folder, did)),
                Some(_) => earlier.take(&run, &report)?,
            }
        }
        match latest {
            Some((folder, did)) => Err(Error::same_file(&file.path, &folder, &did)),
            None => Ok((!earlier.users.is_empty()).then_some(earlier)),
        }
    }

    /// Adds whom the run has in the tenant.
    fn take(&mut self, run: &Run, report: &ImportReport) -> Result<()> {
        let folder = run.folder.path();
        let kept_ids_only = run.options.afterwards == Afterwards::KeepIdsOnly;
        if kept_ids_only && (self.shares_emails || self.again == Again::Changed) {
            return Err(Error::earlier_kept_ids(folder));
        }
        if self.shares_emails && report.counts().unknown > 0 {
            return Err(Error::earlier_uncertain(folder, report.counts().unknown));
        }
        for end in run.files.iter().filter_map(|state| state.end.as_ref()) {
            for (row, user) in run.done_users(end)? {
                let note = end.note_of(row).map(|note| note.kind);
                let is_there = matches!(note, None | Some(NoteKind::AlreadyThere));
                let Value::Object(mut user) = user else {
                    continue;
                };
                let id = user.get("user_id").and_then(Value::as_str);
                let is_removed = id.is_some_and(|id| run.removed.contains(&format!("auth0|{id}")));
                if !is_there || is_removed {
                    continue;
                }
                if run.is_made_id(end.file, row) {
                    user.remove("user_id");
                }
                let (key, sent) = (self.key(&user), self.sent(user));
                self.users.insert(key, sent);
            }
        }
        Ok(())
    }

    /// Whether the user is in the tenant already, by an earlier run, and is to be left as they are.
    pub(crate) fn has(&self, user: &User) -> bool {
        let Ok(Value::Object(user)) = serde_json::to_value(user) else {
            return false;
        };
        let sent = self.users.get(&self.key(&user));
        sent.is_some_and(|sent| self.again == Again::Missing || *sent == self.sent(user))
    }

    /// By what a user is known: the e-mail, and where users may share one, what else is theirs alone.
    fn key(&self, user: &Map<String, Value>) -> [u32; 3] {
        let text = |field: &str| user.get(field).and_then(Value::as_str).unwrap_or_default();
        let id = text("user_id");
        if self.shares_emails && !id.is_empty() {
            return self.hashers.hash("user_id", id);
        }
        let mut key = text("email").to_lowercase();
        if self.shares_emails {
            let more = [
                text("username").to_lowercase(),
                text("phone_number").to_string(),
            ];
            key = format!("{key}\0{}", more.join("\0"));
        }
        self.hashers.hash("email", &key)
    }

    /// What was sent of a user, but for secrets, which no folder keeps.
    fn sent(&self, mut user: Map<String, Value>) -> u64 {
        for field in SECRET_FIELDS {
            user.remove(field);
        }
        let [one, two, _] = self.hashers.hash("", &Value::Object(user).to_string());
        u64::from(one) << 32 | u64::from(two)
    }
}

/// The folders of runs of this file into this connection, the oldest first.
fn folders(
    imports: &Path,
    domain: &str,
    connection: &ConnectionId,
    sha256: &str,
) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(imports) else {
        return Ok(Vec::new());
    };
    let owner = Owner::of_new_files(imports).map_err(|cause| Error::disk(imports, cause))?;
    let mut found = Vec::new();
    for folder in entries.flatten().map(|entry| entry.path()) {
        if fs::symlink_metadata(folder.join(JOURNAL)).is_err() {
            continue;
        }
        // What is not ours, or does not tell of which file it is, is no run of this one.
        if let Ok(Entry::Begun {
            domain: its_domain,
            connection_id,
            source_sha256: Some(its_sha256),
            at,
            ..
        }) = begun(owner, &folder)
            && (its_domain.as_str(), connection_id.as_str()) == (domain, connection.as_str())
            && its_sha256 == sha256
        {
            found.push((at, folder));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, folder)| folder).collect())
}

/// Whether the run has somebody in the tenant, or may have, who was not removed since.
fn is_in(run: &Run, report: &ImportReport) -> bool {
    let counts = report.counts();
    let removed = run.removed.len() as u64;
    counts.unknown + counts.not_sent > 0
        || counts.inserted > removed
        || counts.inserted == 0 && counts.updated > 0
}

/// What a run did, as a sentence tells it.
fn told(run: &Run, report: &ImportReport) -> String {
    let removed = match run.removed.len() {
        0 => String::new(),
        removed => format!(", {removed} removed since"),
    };
    format!("{}{removed}", report.in_words())
}
