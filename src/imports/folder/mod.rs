//! The record of what a run has done, in the folder `imports/<name>/`.
//!
//! `journal.jsonl` is the truth: lines are only appended, and each is on the disk before the next step. Each line begins with a
//! hash over itself and all earlier lines, so a changed or missing line is found. The hashes do not show who wrote it. So a
//! folder is trusted only if its owner runs this and nobody else can read or write it (`owner.rs`), and only if a run could
//! have written each line after the earlier ones (`journal/rules.rs`).
//!
//! This order makes a crash at any moment safe:
//!
//! 1. a file of users is on the disk, and its name in the folder, before the line with its name and its SHA-256. A file without
//!    a line was never sent, and is deleted when the run is opened again;
//! 2. [`import_users`](crate::import_users) packs all files in `imports/.packing/` and moves the folder into its place when the
//!    last line of that is on the disk. An earlier crash leaves no run, and a later run deletes the rest;
//! 3. "sending" is written before an upload. After a crash the job may or may not exist, and the users' ids show which;
//! 4. "accepted" is written before anything else is done with a job, since only its id leads to it;
//! 5. first the part of a file's users that stays is on the disk, then their outcome is written, then the file with their
//!    hashes is deleted. After a crash in between, the file is settled again, or deleted when the run is opened again;
//! 6. removals are written after they were made. A crash before that repeats them, which does no harm. A line without ids says
//!    that a removal came to its end.
//!
//! A crash in the middle of a line leaves a line without its end. It is dropped, and its step counts as not done, which every
//! step allows for. The same holds for a line whose end was not yet on the disk. A failed write (a full disk) ends the run in
//! the same way. Left-out rows have their own file, which is on the disk before the next line; that line says how many there
//! are. For a source that was cut off, nothing is kept of rows after the last file, since they will be sent again.

pub(crate) mod latest;
pub(crate) mod left_out;
pub(crate) mod leftover;
pub(crate) mod owner;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::disk::metadata::How;
use crate::disk::{self, File, sync_folder};
use crate::error::{Error, Result};
use crate::imports::folder::left_out::{LEFT_OUT, LeftOutFile, LeftOutRows};
use crate::imports::folder::owner::{Kind, Owner, PROBE};
use crate::imports::journal::lines::{Lines, link, read_lines};
use crate::imports::journal::{Entry, LeftOutRow, LeftOutSoFar, VERSION};
use crate::jobs::upload::MAX_UPLOAD_BYTES;
use crate::private_file::lock::{LOCK, lock, try_lock};
use crate::private_file::{create_private, create_private_folder, create_private_folders};
use crate::words::hex;

pub(crate) const JOURNAL: &str = "journal.jsonl";
/// Where folders are until all their files are packed.
const PACKING: &str = ".packing";
/// Bytes of a journal that only tells what its run is about.
const MOST_BEGINNING: u64 = 1 << 20;
/// A folder there that is older belongs to no run that is only just beginning.
const BEGINNING: Duration = Duration::from_secs(60);
/// Bytes of a journal. A user who is refused takes some 200 bytes of it, one who is imported almost nothing.
const MOST_JOURNAL_BYTES: u64 = 512 << 20;

/// A run folder, locked by this process while it is open.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    journal: File,
    chain: String,
    done_so_far: String,
    journal_bytes: u64,
    owner: Owner,
    /// Made when the first row is left out.
    left_out: Option<LeftOutFile>,
    /// Released by the system however the process ends.
    _lock: File,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

impl RunFolder {
    /// Makes the folder of a new run under `imports`, or under `imports/.packing` until [`RunFolder::show`].
    pub(crate) fn create(imports: &Path, name: &str, hidden: bool) -> Result<RunFolder> {
        let shown = imports.join(name);
        if is_unbegun(&shown) {
            let _ = disk::remove_dir_all(&shown);
        }
        if disk::exists(&shown) {
            return Err(match disk::symlink_metadata(&shown.join(JOURNAL)) {
                Ok(_) => Error::run_exists(&shown),
                Err(_) => Error::no_run_in_folder(&shown),
            });
        }
        let packing = imports.join(PACKING);
        let path = if hidden { packing.join(name) } else { shown };
        for folder in [&packing, &path] {
            refuse_link(folder)?;
        }
        let failed = |cause| Error::disk(&path, cause);
        create_private_folders(imports).map_err(failed)?;
        keep_from_git(imports).map_err(failed)?;
        delete_forgotten(&packing);
        if hidden && disk::exists(&path) {
            // What a crash left of an attempt that sent nothing, unless somebody is at it now.
            let _lock = lock(&path)?;
            disk::remove_dir_all(&path).map_err(failed)?;
        }
        if hidden {
            create_private_folders(&packing).map_err(failed)?;
        }
        create_private_folder(&path).map_err(failed)?;
        let lock = lock(&path)?;
        let owner = Owner::of_new_files(&path).map_err(failed)?;
        let journal = create_private(&path.join(JOURNAL)).map_err(failed)?;
        // The names of the journal, of the folder, and of the folders that it is in, which may be new as well.
        let within = path.ancestors().skip(1);
        let within = within.take_while(|folder| *folder != imports);
        let above = imports
            .parent()
            .filter(|above| !above.as_os_str().is_empty());
        let above = [imports, above.unwrap_or(Path::new("."))];
        for folder in [&*path].into_iter().chain(within).chain(above) {
            sync_folder(folder).map_err(failed)?;
        }
        let mut folder = RunFolder {
            path,
            journal,
            chain: String::new(),
            done_so_far: String::new(),
            journal_bytes: 0,
            owner,
            left_out: None,
            _lock: lock,
        };
        folder.note(&Entry::Version(VERSION))?;
        Ok(folder)
    }

    /// Deletes a folder of which nothing was sent, hashes and all.
    pub(crate) fn discard(&self) {
        RunFolder::discard_at(&self.path);
    }

    pub(crate) fn discard_at(path: &Path) {
        let _ = disk::remove_dir_all(path);
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
        let (imports, packing) = (imports.to_path_buf(), packing.to_path_buf());
        let failed = |cause| Error::disk(&shown, cause);
        disk::rename_folder(&self.path, &shown).map_err(failed)?;
        // It is there from now on, so that it is there where it is discarded, should what follows fail.
        self.path.clone_from(&shown);
        sync_folder(&imports).map_err(failed)?;
        // Another run that is shown at this moment may have deleted it.
        match sync_folder(&packing) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(failed(cause)),
            _ => {}
        }
        let _ = disk::remove_dir(&packing);
        Ok(())
    }

    /// Opens a run and reads what it has done, if the folder is ours and tells what a run can have done.
    pub(crate) fn open(path: &Path) -> Result<(RunFolder, Vec<Entry>)> {
        let at = path.join(JOURNAL);
        if disk::symlink_metadata(&at).is_err() {
            return Err(Error::no_run(path));
        }
        let failed = |cause| Error::disk(path, cause);
        let owner = Owner::of_new_files(path).map_err(failed)?;
        owner.check(path, Kind::Folder)?;
        let lock = lock(path)?;
        let (lines, whole) = read_journal(owner, path)?;
        let journal = File::open(&at, How::Append).map_err(failed)?;
        journal.set_len(whole as u64).map_err(failed)?;
        // A process that was killed may have left lines and names that are not on the disk yet. What follows goes by them.
        journal.sync_data().map_err(failed)?;
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        for folder in [path, above.unwrap_or(Path::new("."))] {
            sync_folder(folder).map_err(failed)?;
        }
        let folder = RunFolder {
            path: path.to_path_buf(),
            journal,
            chain: lines.chain,
            done_so_far: lines.done_so_far,
            journal_bytes: whole as u64,
            owner,
            left_out: None,
            _lock: lock,
        };
        Ok((folder, lines.entries))
    }

    /// The hash of all that was done but removals, which stands for the run as it is now.
    pub(crate) fn done_so_far(&self) -> &str {
        &self.done_so_far
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a row down that is not sent. It is on the disk with the next step.
    pub(crate) fn leave_out(&mut self, row: &LeftOutRow) -> Result<()> {
        let failed = |cause| Error::disk(&self.path, cause);
        let file = match &mut self.left_out {
            Some(file) => file,
            none => none.insert(LeftOutFile::create(&self.path).map_err(failed)?),
        };
        file.add(row).map_err(failed)
    }

    /// How far the rows left out are, where the journal does not know it. They and the name of their file are on the disk then.
    pub(crate) fn left_out_so_far(&mut self) -> Result<Option<LeftOutSoFar>> {
        let Some(file) = &mut self.left_out else {
            return Ok(None);
        };
        let failed = |cause| Error::disk(&self.path, cause);
        let so_far = file.so_far().map_err(failed)?;
        if so_far.is_some() {
            sync_folder(&self.path).map_err(failed)?;
        }
        Ok(so_far)
    }

    /// The rows left out.
    pub(crate) fn left_out(&self, so_far: &LeftOutSoFar) -> Result<LeftOutRows> {
        LeftOutRows::of(&self.path, self.owner, so_far)
    }

    /// Writes a step down, on the disk before this returns.
    pub(crate) fn note(&mut self, entry: &Entry) -> Result<()> {
        let json = serde_json::to_string(entry)
            .map_err(|cause| Error::users_unreadable(&self.path, &cause))?;
        let chain = link(&self.chain, &json);
        let line = format!("{chain} {json}\n");
        let bytes = self.journal_bytes + line.len() as u64;
        if bytes > MOST_JOURNAL_BYTES {
            return Err(Error::journal_full(&self.path, MOST_JOURNAL_BYTES));
        }
        let kind = json.split('"').nth(1).unwrap_or_default();
        self.journal
            .write_at(&format!("journal:{kind}"), line.as_bytes())
            .and_then(|()| self.journal.sync_data())
            .map_err(|cause| Error::disk(&self.path, cause))?;
        (self.chain, self.journal_bytes) = (chain, bytes);
        if !matches!(entry, Entry::Removed(_)) {
            self.done_so_far.clone_from(&self.chain);
        }
        Ok(())
    }

    /// Writes a file that only its owner can read, completely or not at all.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.path.join(format!("{name}{NEW}"));
        let _ = disk::remove_file(&aside);
        create_private(&aside)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| disk::rename(&aside, &self.path.join(name)))
            .inspect_err(|_| drop(disk::remove_file(&aside)))
            .and_then(|()| sync_folder(&self.path))
            .map_err(|cause| Error::disk(&self.path.join(name), cause))
    }

    /// Reads a file and refuses it if it is not the one that was written.
    pub(crate) fn read(&self, name: &str, sha: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let bytes = self.owner.read(&path, MAX_UPLOAD_BYTES as u64)?;
        if sha256(&bytes) != sha {
            return Err(Error::not_as_written(&path));
        }
        Ok(bytes)
    }

    /// Deletes a file; one that is gone is fine.
    pub(crate) fn delete(&self, name: &str) {
        if disk::remove_file(&self.path.join(name)).is_ok() {
            // Should this not reach the disk, the next one to open the run deletes it again.
            let _ = sync_folder(&self.path);
        }
    }

    /// Deletes every file of users but those of `names`: what a crash left half written or not yet named.
    pub(crate) fn delete_all_but(&self, names: &[String]) {
        let files = disk::read_dir(&self.path).into_iter().flatten();
        let name = |path: &Path| path.file_name()?.to_str().map(str::to_string);
        for file in files.filter_map(|file| name(&file.path)) {
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
        let kind = [".done", ".looked"]
            .iter()
            .find_map(|end| rest.strip_suffix(end));
        Some(kind.unwrap_or(rest))
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

/// The same when it was looked at again.
pub(crate) fn looked_name(file: usize) -> String {
    format!("{USERS}{file:05}.looked.json")
}

/// Whether a folder is what a crash leaves of a run whose journal names no file yet, so nothing was sent. A program that works
/// in it holds the lock.
fn is_unbegun(folder: &Path) -> bool {
    let is_folder = disk::symlink_metadata(folder).is_ok_and(|found| found.is_dir());
    let Ok(mut entries) = disk::read_dir(folder) else {
        return false;
    };
    let is_ours = |name: &str| {
        [LOCK, JOURNAL, LEFT_OUT].contains(&name)
            || name.starts_with(USERS)
            || name.starts_with(PROBE)
    };
    let are_ours = entries.all(|entry| {
        let name = entry.path.file_name().and_then(|name| name.to_str());
        name.is_some_and(is_ours)
    });
    is_folder && are_ours && has_only_begun(folder) && matches!(try_lock(folder), Ok(Some(_)))
}

/// Whether a folder's journal, if there is one, names no file and no end of the users.
fn has_only_begun(folder: &Path) -> bool {
    let mut bytes = Vec::new();
    let read = File::open(&folder.join(JOURNAL), How::Read)
        .and_then(|file| file.take(MOST_BEGINNING).read_to_end(&mut bytes));
    let journal = String::from_utf8_lossy(&bytes);
    // Each line is a hash and what was done.
    let is_more = |line: &str| line.contains(" {\"Packed\":") || line.contains(" {\"Sealed\":");
    let is_missing = matches!(&read, Err(cause) if cause.kind() == io::ErrorKind::NotFound);
    let is_short = read.is_ok() && (bytes.len() as u64) < MOST_BEGINNING;
    is_missing || (is_short && !journal.lines().any(is_more))
}

/// The journal of the run in `folder`, without a line that was cut off, and its bytes.
fn read_journal(owner: Owner, folder: &Path) -> Result<(Lines, usize)> {
    let bytes = owner.read(&folder.join(JOURNAL), MOST_JOURNAL_BYTES)?;
    let whole = whole_lines(&bytes);
    Ok((read_lines(folder, &bytes[..whole])?, whole))
}

/// How many bytes of a journal are whole lines: what comes after them a crash has left of lines that were not on the disk yet.
///
/// That is half a line at the end, which may end within a character. After a power cut it is also a block of zeros, which no line holds,
/// and what was written after that block. But a line is on the disk before the next one is written, unless it is of a row that was left
/// out. So where another line has one after it, what was there before is damaged, and all counts as whole, to be refused.
fn whole_lines(journal: &[u8]) -> usize {
    let end_of_line = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n');
    let end = end_of_line(journal).map_or(0, |end| end + 1);
    let Some(zero) = journal[..end].iter().position(|byte| *byte == 0) else {
        return end;
    };
    let begin = end_of_line(&journal[..zero]).map_or(0, |end| end + 1);
    let mut after: Vec<&[u8]> = journal[begin..]
        .split_inclusive(|byte| *byte == b'\n')
        .collect();
    after.pop();
    let was_left_out = |line: &&[u8]| {
        let json = line.iter().position(|byte| *byte == b' ');
        let json = json.map_or(&line[..0], |space| &line[space + 1..]);
        line.contains(&0) || json.starts_with(b"{\"LeftOut\"")
    };
    if after.iter().all(was_left_out) {
        begin
    } else {
        end
    }
}

/// The contents of these folders are deleted, so a link would delete files elsewhere.
fn refuse_link(folder: &Path) -> Result<()> {
    if disk::symlink_metadata(folder).is_ok_and(|found| !found.is_dir()) {
        return Err(Error::no_plain_folder(folder));
    }
    Ok(())
}

/// Deletes what crashes left in `imports/.packing`, of which nothing was ever sent: it holds hashes.
fn delete_forgotten(packing: &Path) {
    for entry in disk::read_dir(packing).into_iter().flatten() {
        let lock = disk::symlink_metadata(&entry.path.join(LOCK));
        let age = lock.ok().and_then(|lock| lock.age);
        // A link would lead to a folder that is not ours.
        if entry.is_folder
            && age.is_some_and(|age| age > BEGINNING)
            && let Ok(Some(_lock)) = try_lock(&entry.path)
        {
            let _ = disk::remove_dir_all(&entry.path);
        }
    }
}

/// Keeps git away from the folder of all runs. What somebody put there instead is left as it is, unless nothing is in it: that is what a
/// crash leaves.
fn keep_from_git(imports: &Path) -> io::Result<()> {
    const ALL: &[u8] = b"*\n";
    let path = imports.join(".gitignore");
    let mut file = match create_private(&path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            let mut bytes = Vec::new();
            let is_plain = disk::symlink_metadata(&path)?.is_file();
            let most = ALL.len() as u64 + 1;
            let read = |file: File| file.take(most).read_to_end(&mut bytes);
            // What cannot be read is somebody's.
            if !is_plain || File::open(&path, How::Read).and_then(read).is_err() {
                return Ok(());
            }
            if bytes.len() > ALL.len() || bytes.iter().any(|byte| *byte != 0) {
                return Ok(());
            }
            let file = File::open(&path, How::Append)?;
            file.set_len(0)?;
            file
        }
        Err(cause) => return Err(cause),
    };
    file.write_all(ALL)?;
    file.sync_all()
}

#[cfg(all(test, feature = "simulation"))]
mod cut_tests;

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn a_journal_grows_no_longer_than_it_can_be_read() {
        let imports =
            std::env::temp_dir().join(format!("runs-{}", crate::secrets::random_hex(8).unwrap()));
        let mut folder = RunFolder::create(&imports, "full", false).unwrap();
        let refused = |folder: &mut RunFolder, bytes: u64, entry: &Entry| {
            folder.journal_bytes = bytes;
            folder.note(entry).map_err(|error| error.to_string())
        };
        let sealed = Entry::Sealed {
            rows: 1,
            left_out: 0,
            before: 0,
        };
        refused(&mut folder, MOST_JOURNAL_BYTES / 2, &sealed).unwrap();
        let whole = refused(&mut folder, MOST_JOURNAL_BYTES, &sealed).unwrap_err();
        assert!(
            whole.ends_with(
                "its journal would have more than 536,870,912 bytes, so import fewer users in one run"
            ),
            "{whole}"
        );
        fs::remove_dir_all(&imports).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_folder_has_nothing_deleted_elsewhere() {
        let here =
            std::env::temp_dir().join(format!("links-{}", crate::secrets::random_hex(8).unwrap()));
        let (imports, elsewhere) = (here.join("imports"), here.join("elsewhere"));
        let (begun, precious) = (elsewhere.join("run"), elsewhere.join("old"));
        for folder in [&imports, &begun, &precious] {
            fs::create_dir_all(folder).unwrap();
        }
        File::create(begun.join("precious")).unwrap();
        let lock = File::create(precious.join(LOCK)).unwrap();
        lock.set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        let packing = imports.join(PACKING);
        let refused = || {
            let error = RunFolder::create(&imports, "run", true).map(drop);
            let error = error.map_or_else(|error| error.to_string(), |()| "none".to_string());
            assert!(
                begun.join("precious").exists() && precious.exists(),
                "{error}"
            );
            assert!(!begun.join(LOCK).exists(), "{error}");
            assert!(error.contains("it is a link"), "{error}");
        };
        std::os::unix::fs::symlink(&elsewhere, &packing).unwrap();
        refused();
        fs::remove_file(&packing).unwrap();
        fs::create_dir(&packing).unwrap();
        std::os::unix::fs::symlink(&begun, packing.join("run")).unwrap();
        refused();
        fs::remove_dir_all(&here).unwrap();
    }
}
