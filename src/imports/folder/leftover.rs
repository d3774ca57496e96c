//! The runs of a tenant of which users may be left in it, by what their journals tell. Only reads.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::imports::folder::latest::{MOST_RUNS, begun_runs};
use crate::imports::folder::owner::{Kind, Owner};
use crate::imports::folder::read_journal;
use crate::imports::journal::{Entry, NoteKind, RowNote, RowRuns};

/// A run of which users may be left.
#[derive(Clone, Debug)]
pub(crate) struct Leftover {
    pub(crate) folder: PathBuf,
    /// Users whom it brought in, or may have, and whose removal is not written down.
    pub(crate) users: u64,
    /// Whether all its files are done.
    pub(crate) has_ended: bool,
}

/// The runs below `imports` of this tenant of which somebody may be left, or which have not ended, the oldest first. What is not
/// ours, or cannot be read, is passed over: nobody could remove its users by it.
///
/// # Errors
///
/// The folder is there, and cannot be looked through: then it is not known whether there are any.
pub(crate) fn leftovers(imports: &Path, domain: &str) -> io::Result<Vec<Leftover>> {
    let entries = match disk::read_dir(imports) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let owner = Owner::of_new_files(imports)?;
    let folders = entries.take(MOST_RUNS).map(|entry| entry.path);
    let mut found = Vec::new();
    for (folder, begun) in begun_runs(folders, owner) {
        if let Entry::Begun {
            domain: its_domain,
            at,
            ..
        } = begun
            && its_domain == domain
            && let Some(leftover) = leftover(owner, folder)
        {
            found.push((at, leftover));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, leftover)| leftover).collect())
}

fn leftover(owner: Owner, folder: PathBuf) -> Option<Leftover> {
    owner.check(&folder, Kind::Folder).ok()?;
    let (lines, _) = read_journal(owner, &folder).ok()?;
    let mut files: Vec<File> = Vec::new();
    let (mut came_late, mut removed, mut makes_ids) = (0, 0, true);
    for entry in lines.entries {
        match entry {
            Entry::Begun { options, .. } => makes_ids = options.make_ids,
            Entry::Packed {
                rows, given_ids, ..
            } => files.push(File {
                users: count(&rows),
                given_ids,
                ..File::default()
            }),
            Entry::Sending { file, .. } => files[file - 1].uploads += 1,
            Entry::NotTaken { file } => files[file - 1].uploads -= 1,
            Entry::Done(end) => {
                let file = &mut files[end.file - 1];
                file.inserted = Some(end.inserted);
                let unknown = end
                    .notes
                    .iter()
                    .filter(|note| note.kind == NoteKind::Unknown);
                let stays =
                    |note: &&RowNote| !makes_ids || file.given_ids.binary_search(&note.row).is_ok();
                file.unknown_staying = unknown.clone().filter(stays).count() as u64;
                file.unknown = unknown.count() as u64;
            }
            Entry::Looked { file, came_in, .. } => {
                files[file - 1].unknown = files[file - 1].unknown_staying;
                came_late += count(&came_in);
            }
            // A removal that came to its end asked for those with an id that was made for the run, and left the others.
            Entry::Removed(ids) if ids.is_empty() => {
                for file in &mut files {
                    file.unknown = file.unknown_staying;
                }
            }
            Entry::Removed(ids) => removed += ids.len() as u64,
            _ => {}
        }
    }
    let users: u64 = files.iter().map(File::may_have).sum();
    let users = (users + came_late).saturating_sub(removed);
    let has_ended = files.iter().all(|file| file.inserted.is_some());
    let is_one = !files.is_empty() && (users > 0 || !has_ended);
    is_one.then_some(Leftover {
        folder,
        users,
        has_ended,
    })
}

/// What a journal tells of a file.
#[derive(Default)]
struct File {
    users: u64,
    /// Uploads that may have been taken.
    uploads: u64,
    /// Users inserted, of a file that is done.
    inserted: Option<u64>,
    /// Rows that came with their own user id.
    given_ids: Vec<usize>,
    /// Users of whom it is not known whether they came in.
    unknown: u64,
    /// Those among them whom no look and no removal decides on, since their id was not made for the run.
    unknown_staying: u64,
}

impl File {
    /// Users whom it has in the tenant, or may have.
    fn may_have(&self) -> u64 {
        let sent = if self.uploads > 0 { self.users } else { 0 };
        self.inserted.unwrap_or(sent) + self.unknown
    }
}

fn count(rows: &RowRuns) -> u64 {
    rows.iter().map(|(_, count)| *count as u64).sum()
}
