//! The run that was begun last.

use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::{Error, Result};
use crate::imports::folder::JOURNAL;
use crate::imports::folder::owner::{Kind, Owner};
use crate::imports::journal::Entry;
use crate::imports::journal::lines::read_lines;

/// Bytes of a journal that are read to find out when its run was begun: its first lines tell.
const MOST_BEGINNING_BYTES: u64 = 1 << 20;
/// Run folders that are looked at.
pub(crate) const MOST_RUNS: usize = 10_000;

/// The folder in `imports` of the run that was begun last, according to its journal.
pub(crate) fn latest_run(imports: &Path) -> Result<PathBuf> {
    let Ok(entries) = disk::read_dir(imports) else {
        return Err(Error::no_runs(imports));
    };
    let owner = Owner::of_new_files(imports).map_err(|cause| Error::disk(imports, cause))?;
    let (mut latest, mut refused) = (None, 0);
    for (count, entry) in entries.enumerate() {
        if count == MOST_RUNS {
            return Err(Error::too_many_runs(imports, MOST_RUNS));
        }
        let path = entry.path;
        if disk::symlink_metadata(&path.join(JOURNAL)).is_err() {
            continue;
        }
        match begun_at(owner, &path) {
            // A run that does not tell its time was begun before those that do.
            Ok(at) => latest = latest.max(Some((at, path))),
            Err(_) => refused += 1,
        }
    }
    match latest {
        Some((_, path)) => Ok(path),
        None if refused == 0 => Err(Error::no_runs(imports)),
        None => Err(Error::no_run_of_ours(imports)),
    }
}

/// The runs among these folders, each with its [`Entry::Begun`]. A folder that is not ours, or cannot be read, is passed over.
pub(crate) fn begun_runs(
    folders: impl Iterator<Item = PathBuf>,
    owner: Owner,
) -> impl Iterator<Item = (PathBuf, Entry)> {
    folders.filter_map(move |folder| {
        disk::symlink_metadata(&folder.join(JOURNAL)).ok()?;
        let begun = begun(owner, &folder).ok()?;
        Some((folder, begun))
    })
}

/// When the run in `folder` was begun, if it tells.
fn begun_at(owner: Owner, folder: &Path) -> Result<Option<u64>> {
    match begun(owner, folder)? {
        Entry::Begun { at, .. } => Ok(at),
        _ => Ok(None),
    }
}

/// What the run in `folder` is about: its [`Entry::Begun`].
fn begun(owner: Owner, folder: &Path) -> Result<Entry> {
    owner.check(folder, Kind::Folder)?;
    let bytes = owner.read_beginning(&folder.join(JOURNAL), MOST_BEGINNING_BYTES)?;
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let two: Vec<u8> = lines.take(2).flatten().copied().collect();
    match read_lines(folder, &two)?.entries.pop() {
        Some(begun @ Entry::Begun { .. }) => Ok(begun),
        _ => Err(Error::run_not_begun(folder)),
    }
}
