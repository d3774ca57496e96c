//! What a run has done, written down as it happens: the folder `imports/<name>/`.
//!
//! `journal.jsonl` is the truth: lines are only ever appended, and each is on the disk before the next step is
//! taken. Each line begins with a hash over itself and all lines before it, so a changed or missing line shows.
//!
//! The order that makes a crash at any moment safe:
//!
//! 1. a file of users is on the disk, and its name in the folder, before the line that names it and its SHA-256: what
//!    no line names was never sent, and is deleted when the run is opened again;
//! 2. [`import_users`](crate::import_users) packs all files in `imports/.packing/` and moves the folder into its place
//!    when the last line of that is on the disk: a crash before leaves no run, and its rest is deleted by a later run;
//! 3. "sending" is written before an upload: a crash after it means that the job may or may not exist, and the
//!    users' own ids tell which;
//! 4. "accepted" is written before anything else is done with a job: its id is all that leads to it;
//! 5. what is to stay of a file's users is on the disk, then what became of them is written, then the file with their
//!    hashes is deleted: a crash in between settles the file anew, or deletes it when the run is opened again;
//! 6. removals are written after they were made: a crash before that asks for them again, which is fine.
//!
//! A crash in the middle of a line leaves one without its end: it is dropped, and the step it was about is
//! taken for not done, which each step bears. So is a line whose end the disk had not taken yet. A write that fails
//! (a full disk) ends the run in the same way. Rows that were left out wait for the next line to be on the disk with
//! it: of rows after the last file of a source that was cut off nothing is kept, since they are to be sent again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::encodings::hex;
use crate::error::{Error, Result};
use crate::journal::{Entry, VERSION};
use crate::private_file::create_private;

const JOURNAL: &str = "journal.jsonl";
/// Made when a run begins and held locked while anyone is at work on it; its time is that of the beginning.
pub(crate) const BEGUN: &str = "lock";
/// Where folders are until all their files are packed.
const PACKING: &str = ".packing";
/// A folder there that is older belongs to no run that is only just beginning.
const BEGINNING: Duration = Duration::from_secs(60);
const LOCK_WAIT: Duration = Duration::from_secs(1);
const DAMAGED: &str = "its journal is damaged, and what was done is not guessed at";
const OTHER_VERSION: &str = "another version of this crate wrote it: go on with that one";
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

fn link(chain: &str, json: &str) -> String {
    hex(&Sha256::digest(format!("{chain} {json}"))[..8])
}

impl RunFolder {
    /// Makes the folder of a new run under `imports`, or under `imports/.packing` until [`RunFolder::show`].
    pub(crate) fn create(imports: &Path, name: &str, hidden: bool) -> Result<RunFolder> {
        let shown = imports.join(name);
        if shown.exists() {
            return Err(Error::run_folder(
                &shown,
                "a run of this name exists already: resume it with resume_import, or give the new one another name",
            ));
        }
        let packing = imports.join(PACKING);
        let path = if hidden { packing.join(name) } else { shown };
        let failed = |cause| disk(&path, cause);
        fs::create_dir_all(imports).map_err(failed)?;
        fs::write(imports.join(".gitignore"), "*\n").map_err(failed)?;
        delete_forgotten(&packing);
        if hidden && path.exists() {
            // What a crash left of an attempt that sent nothing, unless somebody is at it now.
            let _lock = lock(&path)?;
            fs::remove_dir_all(&path).map_err(failed)?;
        }
        if hidden {
            fs::create_dir_all(&packing).map_err(failed)?;
        }
        fs::create_dir(&path).map_err(failed)?;
        let lock = lock(&path)?;
        let journal = create_private(&path.join(JOURNAL)).map_err(failed)?;
        // The names of the journal, of the folder, and of the folder of all runs, which may be new as well.
        let above = imports
            .parent()
            .filter(|above| !above.as_os_str().is_empty());
        for folder in [&path, imports, above.unwrap_or(Path::new("."))] {
            sync_folder(folder).map_err(failed)?;
        }
        let mut folder = RunFolder {
            path,
            journal,
            chain: String::new(),
            _lock: lock,
        };
        folder.note(&Entry::Version(VERSION))?;
        Ok(folder)
    }

    /// Deletes a folder of which nothing was sent, hashes and all.
    pub(crate) fn discard(&self) {
        let _ = fs::remove_dir_all(&self.path);
    }

    /// Moves a folder made hidden to its place: from here on the run exists.
    pub(crate) fn show(&mut self) -> Result<()> {
        let Some((packing, name)) = self.path.parent().zip(self.path.file_name()) else {
            return Ok(());
        };
        let Some(imports) = packing.parent().filter(|_| packing.ends_with(PACKING)) else {
            return Ok(());
        };
        let shown = imports.join(name);
        fs::rename(&self.path, &shown)
            .and_then(|()| sync_folder(imports))
            .map_err(|cause| disk(&shown, cause))?;
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
        let bytes = fs::read(path.join(JOURNAL)).map_err(|cause| disk(path, cause))?;
        // Half a line at the end is what a crash leaves; it may end within a character, too.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |end| end + 1);
        let text = std::str::from_utf8(&bytes[..whole]).map_err(|_| damaged(DAMAGED))?;
        let (mut chain, mut entries) = (String::new(), Vec::new());
        for (number, line) in text.lines().enumerate() {
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
            let entry = serde_json::from_str(json).map_err(|_| match entries.is_empty() {
                true => damaged(OTHER_VERSION),
                false => changed(),
            })?;
            if let Entry::Version(version) = entry
                && version != VERSION
            {
                return Err(damaged(OTHER_VERSION));
            }
            entries.push(entry);
        }
        let journal = OpenOptions::new()
            .append(true)
            .open(path.join(JOURNAL))
            .map_err(|cause| disk(path, cause))?;
        journal
            .set_len(whole as u64)
            .map_err(|cause| disk(path, cause))?;
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

    /// Writes a step down, on the disk before this returns (but for rows left out, which go there with the next step).
    pub(crate) fn note(&mut self, entry: &Entry) -> Result<()> {
        let json = serde_json::to_string(entry)
            .map_err(|cause| Error::run_folder(&self.path, &cause.to_string()))?;
        let chain = link(&self.chain, &json);
        self.journal
            .write_all(format!("{chain} {json}\n").as_bytes())
            .and_then(|()| match entry {
                Entry::LeftOut { .. } => Ok(()),
                _ => self.journal.sync_data(),
            })
            .map_err(|cause| disk(&self.path, cause))?;
        self.chain = chain;
        Ok(())
    }

    /// Writes a file that its owner alone can read, whole or not at all.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.path.join(format!("{name}{NEW}"));
        let _ = fs::remove_file(&aside);
        create_private(&aside)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&aside, self.path.join(name)))
            .inspect_err(|_| drop(fs::remove_file(&aside)))
            .and_then(|()| sync_folder(&self.path))
            .map_err(|cause| disk(&self.path.join(name), cause))
    }

    /// Reads a file and refuses it if it is not the one that was written.
    pub(crate) fn read(&self, name: &str, sha: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let bytes = fs::read(&path).map_err(|cause| {
            let reason =
                format!("it cannot be read ({cause}), and what was in it is not guessed at");
            Error::run_folder(&path, &reason)
        })?;
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
        if fs::remove_file(self.path.join(name)).is_ok() {
            // Should this not reach the disk, the next one to open the run deletes it again.
            let _ = sync_folder(&self.path);
        }
    }

    /// Deletes every file of users but those of `names`: what a crash left half written or not yet named.
    pub(crate) fn delete_all_but(&self, names: &[String]) {
        let files = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for file in files.filter_map(|file| file.file_name().into_string().ok()) {
            if is_of_users(&file) && !names.contains(&file) {
                self.delete(&file);
            }
        }
    }
}

/// Whether a run gives a file this name: what the reader put beside them is not touched.
fn is_of_users(file: &str) -> bool {
    let number = file.strip_prefix(USERS).and_then(|rest| {
        let rest = rest.strip_suffix(NEW).unwrap_or(rest);
        let rest = rest.strip_suffix(".json")?;
        Some(rest.strip_suffix(".done").unwrap_or(rest))
    });
    number.is_some_and(|number| number.len() >= 5 && number.bytes().all(|b| b.is_ascii_digit()))
}

/// How the names of files of users begin.
const USERS: &str = "users-";
/// How the name of one ends that is not whole yet.
const NEW: &str = ".new";

/// The file of users that goes up.
pub(crate) fn packed_name(file: usize) -> String {
    format!("{USERS}{file:05}.json")
}

/// What is left of it when its users are accounted for.
pub(crate) fn done_name(file: usize) -> String {
    format!("{USERS}{file:05}.done.json")
}

/// What the disk says, and what to do.
fn disk(path: &Path, cause: std::io::Error) -> Error {
    let reason =
        format!("{cause}: see that the disk has room and that the folder can be written to");
    Error::run_folder(path, &reason)
}

/// A new name in a folder is on the disk only when the folder is.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Deletes what crashes left in `imports/.packing`, of which nothing was ever sent: it holds hashes.
fn delete_forgotten(packing: &Path) {
    for entry in fs::read_dir(packing).into_iter().flatten().flatten() {
        let begun = fs::metadata(entry.path().join(BEGUN)).and_then(|lock| lock.modified());
        let age = begun.ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > BEGINNING)
            && let Ok(Some(_lock)) = try_lock(&entry.path())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn lock(path: &Path) -> Result<File> {
    // A program that is just being started holds a copy of every lock of this one's, for a moment.
    let began = Instant::now();
    while began.elapsed() < LOCK_WAIT {
        if let Some(lock) = try_lock(path)? {
            return Ok(lock);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(Error::run_folder(
        path,
        "another kernel or program is at work on this run: let it end, or end it",
    ))
}

fn try_lock(path: &Path) -> Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options
        .open(path.join(BEGUN))
        .map_err(|cause| disk(path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(disk(path, cause)),
    }
}
