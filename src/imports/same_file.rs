//! The same file into the same connection again: what earlier runs of it did.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::connections::ConnectionId;
use crate::disk::{self, File};
use crate::error::{Error, Result};
use crate::imports::earlier::Earlier;
use crate::imports::file_state::FileState;
use crate::imports::folder::latest::begun_runs;
use crate::imports::folder::owner::Owner;
use crate::imports::journal::{Entry, NoteKind};
use crate::imports::options::{Afterwards, Again};
use crate::imports::report::ImportReport;
use crate::imports::run::Run;
use crate::private_file::create_private_folders;
use crate::private_file::lock::{try_lock, wait_for_lock};
use crate::progress::Tally;
use crate::say::say;
use crate::words::{hex, utc};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;
/// The longest time that another import may take to read the runs, however many there are.
const BEGIN_WAIT: Duration = Duration::from_secs(60);

/// A file of users that is about to be imported.
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(crate) sha256: String,
}

impl SourceFile {
    /// Reads the file once for its SHA-256, so it is recognised before anything is sent.
    pub(crate) fn of(path: &Path) -> Result<SourceFile> {
        let unreadable = |cause| Error::source_unreadable(path, cause);
        Ok(SourceFile {
            path: path.into(),
            sha256: sha256_of(path).map_err(unreadable)?,
        })
    }
}

/// Stops others from beginning an import of a file until the returned lock is dropped. If two kernels begin with the same file
/// at once, the second sees the first.
pub(crate) fn begin_alone(imports: &Path) -> Result<File> {
    create_private_folders(imports).map_err(|cause| Error::disk(imports, cause))?;
    let word = || {
        say!(
            "another import is reading the runs in {}",
            imports.display()
        )
    };
    let lock = wait_for_lock(BEGIN_WAIT, word, || try_lock(imports))?;
    lock.ok_or_else(|| Error::beginning_at_work(imports))
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
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
        tally.say(done, total, "bytes read to recognise the file");
    }
}

impl Earlier {
    /// Looks for earlier runs of this file into this connection. They are an error unless `again` says what to do.
    pub(crate) fn find(
        imports: &Path,
        domain: &str,
        connection: &ConnectionId,
        file: &SourceFile,
        again: Option<Again>,
    ) -> Result<Option<Earlier>> {
        let shares_emails = connection.emails_unique() != Some(true);
        let mut earlier = Earlier::new(again.unwrap_or(Again::Missing), shares_emails);
        let mut latest = None;
        for folder in folders(imports, domain, connection, &file.sha256)? {
            let run = Run::open_packed(&folder).map_err(|cause| match try_lock(&folder) {
                Ok(None) => Error::same_file_at_work(&file.path, &folder),
                _ => Error::earlier_untold(&file.path, &folder, cause),
            })?;
            // One that was cut off before its first file has imported nobody.
            let Some(run) = run else { continue };
            let report = ImportReport::new(&run, 0)?;
            if !is_in(&run, &report) {
                continue;
            }
            let name = connection.name.as_deref().unwrap_or(connection.as_str());
            let when = run.begun_at.map(|at| utc(at / 1_000)).unwrap_or_default();
            let did = format!("{name} on {when}: {}", told(&run, &report));
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
            None => Ok((!earlier.is_empty()).then_some(earlier)),
        }
    }

    /// Adds the users that the run has in the tenant.
    fn take(&mut self, run: &Run, report: &ImportReport) -> Result<()> {
        let folder = run.folder.path();
        let kept_ids_only = run.options.afterwards == Afterwards::KeepIdsOnly;
        if kept_ids_only && (self.shares_emails || self.again == Again::Changed) {
            return Err(Error::earlier_kept_ids(folder));
        }
        let open: usize = run.files.iter().map(|state| state.open_rows().len()).sum();
        let uncertain = report.counts().unknown.max(open as u64);
        if self.shares_emails && uncertain > 0 {
            return Err(Error::earlier_uncertain(folder, uncertain));
        }
        for end in run.files.iter().filter_map(FileState::end) {
            for (row, user) in run.done_users(end)? {
                let note = end.note_of(row).map(|note| note.kind);
                let is_there = matches!(note, None | Some(NoteKind::AlreadyThere));
                let Value::Object(mut user) = user else {
                    continue;
                };
                let id = user.get("user_id").and_then(Value::as_str);
                // Users with an id from Auth0 are never removed.
                let is_removed = id.is_some_and(|id| run.removed.contains(&format!("auth0|{id}")));
                if !is_there || is_removed {
                    continue;
                }
                if run.is_made_id(end.file, row) {
                    user.remove("user_id");
                }
                self.add(user);
            }
        }
        Ok(())
    }
}

/// The folders of runs of this file into this connection, the oldest first.
fn folders(
    imports: &Path,
    domain: &str,
    connection: &ConnectionId,
    sha256: &str,
) -> Result<Vec<PathBuf>> {
    let Ok(entries) = disk::read_dir(imports) else {
        return Ok(Vec::new());
    };
    let owner = Owner::of_new_files(imports).map_err(|cause| Error::disk(imports, cause))?;
    let mut found = Vec::new();
    for (folder, begun) in begun_runs(entries.map(|entry| entry.path), owner) {
        // One that does not name its file does not count.
        if let Entry::Begun {
            domain: its_domain,
            connection_id,
            source_sha256: Some(its_sha256),
            at,
            ..
        } = begun
            && (its_domain.as_str(), connection_id.as_str()) == (domain, connection.as_str())
            && its_sha256 == sha256
        {
            found.push((at, folder));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, folder)| folder).collect())
}

/// Whether the run has, or may have, users in the tenant who were not removed since.
fn is_in(run: &Run, report: &ImportReport) -> bool {
    let counts = report.counts();
    let removed = run.removed.len() as u64;
    report.may_be_late
        || counts.unknown + counts.not_sent > 0
        || counts.inserted > removed
        || counts.inserted == 0 && counts.updated > 0
}

/// What a run did, in words.
fn told(run: &Run, report: &ImportReport) -> String {
    let removed = match run.removed.len() {
        0 => String::new(),
        removed => format!(", {removed} removed since"),
    };
    format!("{}{removed}", report.in_words())
}
