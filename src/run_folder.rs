//! What a run has done, written down as it happens: the folder `imports/<name>/`.
//!
//! `journal.jsonl` is the truth: lines are only ever appended, and each is on the disk before the next step is
//! taken. Each line begins with a hash over itself and all lines before it, so a changed or missing line shows.
//!
//! The order that makes a crash at any moment safe:
//!
//! 1. a file of users is on the disk before the line that names it and its SHA-256;
//! 2. "sending" is written before an upload: a crash after it means that the job may or may not exist, and the
//!    users' own ids tell which;
//! 3. "accepted" is written before anything else is done with a job: its id is all that leads to it;
//! 4. what became of a file's users is written, then the file with their hashes is deleted, never the other way.
//!
//! A crash in the middle of a line leaves one without its end: it is dropped, and the step it was about is
//! taken for not done, which each step bears.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::options::ImportOptions;

const JOURNAL: &str = "journal.jsonl";
/// Made when a run begins and held locked while anyone is at work on it; its time is that of the beginning.
pub(crate) const BEGUN: &str = "lock";
/// Runs of consecutive rows: the first, and how many.
pub(crate) type RowRuns = Vec<(usize, usize)>;

/// One step of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// What the run is about.
    Begun {
        version: u32,
        domain: String,
        connection_id: String,
        connection: Option<String>,
        options: ImportOptions,
    },
    /// A file of users is on the disk.
    Packed {
        file: usize,
        rows: RowRuns,
        /// Rows that brought a user id of their own.
        given_ids: Vec<usize>,
        sha256: String,
    },
    /// A row that was not sent, since the check found fault with it; whole, to be mended.
    LeftOut {
        note: RowNote,
        user: Option<serde_json::Value>,
    },
    /// No more users come.
    Sealed { rows: usize },
    /// An upload is about to be sent.
    Sending { file: usize },
    /// It was certainly not taken.
    NotTaken { file: usize },
    /// It was taken; `at` in milliseconds of UNIX time.
    Accepted { file: usize, job: String, at: u64 },
    /// What became of a file's users.
    Done(FileEnd),
    /// Users deleted again, by their ids.
    Removed(Vec<String>),
}

/// What became of a file's users: every row is inserted, updated or noted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileEnd {
    pub(crate) file: usize,
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) notes: Vec<RowNote>,
    /// Whether an inserted row with an id of its own choice is surely this run's.
    pub(crate) certain: bool,
    pub(crate) at: u64,
    /// Of the file that is left.
    pub(crate) sha256: String,
}

/// A row that was neither inserted nor updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowNote {
    pub(crate) row: usize,
    pub(crate) email: String,
    pub(crate) kind: NoteKind,
    /// Code, field, message.
    pub(crate) reasons: Vec<(String, Option<String>, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NoteKind {
    AlreadyThere,
    Failed,
    Unknown,
}

/// A run folder, held by this process alone while it is open.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    journal: File,
    chain: String,
    /// Released by the system however the process ends.
    _lock: File,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn link(chain: &str, json: &str) -> String {
    hex(&Sha256::digest(format!("{chain} {json}"))[..8])
}

impl RunFolder {
    /// Makes the folder of a new run under `imports`, or under `imports/.packing` until [`RunFolder::show`].
    pub(crate) fn create(imports: &Path, name: &str, hidden: bool) -> Result<RunFolder> {
        let shown = imports.join(name);
        let exists = || {
            Error::run_folder(
                &shown,
                "a run of this name exists already: resume it with resume_import, or give the new one another name",
            )
        };
        if shown.exists() {
            return Err(exists());
        }
        let path = if hidden {
            imports.join(".packing").join(name)
        } else {
            shown.clone()
        };
        let made = || -> std::io::Result<()> {
            fs::create_dir_all(imports)?;
            fs::write(imports.join(".gitignore"), "*\n")?;
            if hidden {
                // What a crash left of an attempt that sent nothing.
                let _ = fs::remove_dir_all(&path);
            }
            fs::create_dir_all(&path)
        };
        made().map_err(|cause| Error::run_folder(&path, &cause.to_string()))?;
        let lock = lock(&path)?;
        let journal = open_new(&path.join(JOURNAL)).map_err(|cause| match cause.kind() {
            ErrorKind::AlreadyExists => exists(),
            _ => Error::run_folder(&path, &cause.to_string()),
        })?;
        Ok(RunFolder {
            path,
            journal,
            chain: String::new(),
            _lock: lock,
        })
    }

    /// Moves a folder made hidden to its place: from here on the run exists.
    pub(crate) fn show(&mut self) -> Result<()> {
        let Some((packing, name)) = self.path.parent().zip(self.path.file_name()) else {
            return Ok(());
        };
        let Some(imports) = packing.parent().filter(|_| packing.ends_with(".packing")) else {
            return Ok(());
        };
        let shown = imports.join(name);
        fs::rename(&self.path, &shown)
            .and_then(|()| sync_folder(imports))
            .map_err(|cause| Error::run_folder(&shown, &cause.to_string()))?;
        let _ = fs::remove_dir(packing);
        self.path = shown;
        Ok(())
    }

    /// Opens a run and reads what it has done.
    pub(crate) fn open(path: &Path) -> Result<(RunFolder, Vec<Entry>)> {
        let damaged = |reason: &str| Error::run_folder(path, reason);
        if !path.join(JOURNAL).is_file() {
            return Err(damaged(
                "there is no run here: either the name is wrong, or the run ended before anything was sent, so start it again with import_users",
            ));
        }
        let lock = lock(path)?;
        let text = fs::read(path.join(JOURNAL)).map_err(|cause| damaged(&cause.to_string()))?;
        let text = String::from_utf8(text).map_err(|_| damaged("its journal is damaged"))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let (mut chain, mut entries) = (String::new(), Vec::new());
        for (number, line) in text[..whole].lines().enumerate() {
            let changed = || {
                damaged(&format!(
                    "line {} of its journal was changed or damaged, and what was done is not guessed at",
                    number + 1
                ))
            };
            let (hash, json) = line.split_once(' ').ok_or_else(changed)?;
            if hash != link(&chain, json) {
                return Err(changed());
            }
            chain = hash.to_string();
            entries.push(serde_json::from_str(json).map_err(|_| changed())?);
        }
        let journal = OpenOptions::new()
            .append(true)
            .open(path.join(JOURNAL))
            .map_err(|cause| damaged(&cause.to_string()))?;
        // Half a line at the end is what a crash leaves.
        journal
            .set_len(whole as u64)
            .map_err(|cause| damaged(&cause.to_string()))?;
        let folder = RunFolder {
            path: path.to_path_buf(),
            journal,
            chain,
            _lock: lock,
        };
        Ok((folder, entries))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a step down, on the disk before this returns.
    pub(crate) fn note(&mut self, entry: &Entry) -> Result<()> {
        let json = serde_json::to_string(entry)
            .map_err(|cause| Error::run_folder(&self.path, &cause.to_string()))?;
        let chain = link(&self.chain, &json);
        self.journal
            .write_all(format!("{chain} {json}\n").as_bytes())
            .and_then(|()| self.journal.sync_data())
            .map_err(|cause| Error::run_folder(&self.path, &cause.to_string()))?;
        self.chain = chain;
        Ok(())
    }

    /// Writes a file that its owner alone can read, whole or not at all.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.path.join(format!("{name}.new"));
        let _ = fs::remove_file(&aside);
        open_new(&aside)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&aside, self.path.join(name)))
            .and_then(|()| sync_folder(&self.path))
            .map_err(|cause| Error::run_folder(&self.path.join(name), &cause.to_string()))
    }

    /// Reads a file and refuses it if it is not the one that was written.
    pub(crate) fn read(&self, name: &str, sha: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let bytes =
            fs::read(&path).map_err(|cause| Error::run_folder(&path, &cause.to_string()))?;
        if sha256(&bytes) != sha {
            return Err(Error::run_folder(
                &path,
                "it is not as this run wrote it, and what is in it is not guessed at",
            ));
        }
        Ok(bytes)
    }

    /// Deletes a file; one that is gone is fine.
    pub(crate) fn delete(&self, name: &str) {
        let _ = fs::remove_file(self.path.join(name));
    }
}

/// The file of users that goes up.
pub(crate) fn packed_name(file: usize) -> String {
    format!("users-{file:05}.json")
}

/// What is left of it when its users are accounted for.
pub(crate) fn done_name(file: usize) -> String {
    format!("users-{file:05}.done.json")
}

fn open_new(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A new name in a folder is on the disk only when the folder is.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options
        .open(path.join(BEGUN))
        .map_err(|cause| Error::run_folder(path, &cause.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::run_folder(
            path,
            "another kernel or program is at work on this run: let it end, or end it",
        )),
        Err(TryLockError::Error(cause)) => Err(Error::run_folder(path, &cause.to_string())),
    }
}
