//! A run as its journal records it, and each further step.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::imports::file_state::{FileState, Taken};
use crate::imports::folder::left_out::cut_off;
use crate::imports::folder::{RunFolder, done_name, looked_name, packed_name, sha256};
use crate::imports::journal::{Entry, FileEnd, LeftOutRow, LeftOutSoFar, NoteKind, RowRuns, holds};
use crate::imports::options::{Afterwards, ImportOptions};
use crate::imports::pack::PackStep;
use crate::jobs::{JobId, RowKey};
use crate::secrets::SECRET_FIELDS;
use crate::secrets::Secret;
use crate::secrets::sent::{self, SentSecrets};

/// Characters of an `X-Correlation-ID` that Auth0 keeps.
const MOST_CORRELATION: usize = 64;

/// What accounting for a sent user needs.
pub(crate) struct Sent {
    pub(crate) row: usize,
    pub(crate) key: RowKey,
    /// Whether the id was made for this run.
    pub(crate) made_id: bool,
    /// Whether an existing user can only have the e-mail in common with this one.
    pub(crate) by_email_alone: bool,
}

impl Sent {
    /// The id under which the tenant keeps the user.
    pub(crate) fn auth0_id(&self) -> String {
        format!("auth0|{}", self.key.user_id.as_deref().unwrap_or_default())
    }
}

/// A run as its journal records it.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) folder: RunFolder,
    pub(crate) domain: String,
    pub(crate) connection_id: String,
    pub(crate) connection: Option<String>,
    /// The connection's name, from the answer to an upload.
    answered_connection: Option<String>,
    /// Whether it is known that users of the connection may share an e-mail.
    pub(crate) emails_shared: bool,
    name: String,
    pub(crate) options: ImportOptions,
    pub(crate) files: Vec<FileState>,
    /// Rows that older runs kept in their journal.
    left_out_before: Vec<LeftOutRow>,
    left_out: LeftOutSoFar,
    /// Rows of the source; `None` while more may come.
    pub(crate) sealed: Option<usize>,
    /// Users that an earlier run of the same file had imported; they were not sent.
    pub(crate) before: usize,
    /// When the run was begun, where the journal tells.
    pub(crate) begun_at: Option<u64>,
    /// Rows of their file that a reader left out.
    pub(crate) left_out_by_reader: u64,
    pub(crate) removed: HashSet<String>,
    /// Whether a removal of everybody came to its end, and none has removed more since.
    pub(crate) removal_ended: bool,
    /// Whether it was begun by this very call.
    pub(crate) is_new: bool,
}

impl Run {
    pub(crate) fn empty(folder: RunFolder) -> Run {
        Run {
            folder,
            domain: String::new(),
            connection_id: String::new(),
            connection: None,
            answered_connection: None,
            emails_shared: false,
            name: String::new(),
            options: ImportOptions::default(),
            files: Vec::new(),
            left_out_before: Vec::new(),
            left_out: LeftOutSoFar::default(),
            sealed: None,
            before: 0,
            begun_at: None,
            left_out_by_reader: 0,
            removed: HashSet::new(),
            removal_ended: false,
            is_new: false,
        }
    }

    /// Reads a run, and refuses one that has changed since it was written.
    pub(crate) fn open(path: &Path) -> Result<Run> {
        Run::open_packed(path)?.ok_or_else(|| Error::nothing_sent(path))
    }

    /// The same; `None` for a run of which nothing was packed.
    pub(crate) fn open_packed(path: &Path) -> Result<Option<Run>> {
        let (folder, entries) = RunFolder::open(path)?;
        let mut run = Run::empty(folder);
        for entry in entries {
            run.apply(entry);
        }
        if run.domain.is_empty() || !run.is_packed() {
            return Ok(None);
        }
        let mut names = Vec::new();
        for file in 1..=run.files.len() {
            let (name, sha256) = run.name_of(file);
            run.folder.read(&name, sha256)?;
            names.push(name);
        }
        run.folder.delete_all_but(&names);
        cut_off(path, &run.left_out).map_err(|cause| Error::disk(path, cause))?;
        Ok(Some(run))
    }

    /// Whether its journal names a file, or the end of the users. A stream that was cut off before that has sent nothing.
    pub(crate) fn is_packed(&self) -> bool {
        !self.files.is_empty() || self.sealed.is_some()
    }

    /// The rows that were not sent, in order. If the source was not read to its end, the rows after the last file must be sent
    /// again, including left-out rows.
    pub(crate) fn left_out(&self) -> Result<impl Iterator<Item = Result<LeftOutRow>>> {
        let end = match self.sealed {
            Some(_) => usize::MAX,
            None => self.last_packed(),
        };
        let before: Vec<LeftOutRow> = self.left_out_before.clone();
        let all = before.into_iter().map(Ok);
        let all = all.chain(self.folder.left_out(&self.left_out)?);
        Ok(all.filter(move |row| row.as_ref().map_or(true, |row| row.note.row < end)))
    }

    /// The last row that is in a file.
    fn last_packed(&self) -> usize {
        let packed = self.files.iter().flat_map(|state| state.rows.last());
        let packed = packed.map(|(first, count)| first + (count - 1)).max();
        packed.unwrap_or(0)
    }

    /// Records a step, then counts it.
    pub(crate) fn note(&mut self, entry: Entry) -> Result<()> {
        self.folder.note(&entry)?;
        self.apply(entry);
        Ok(())
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Version(_) => {}
            begun @ Entry::Begun { .. } => self.learn(begun),
            Entry::Packed {
                rows,
                given_ids,
                sha256,
                ..
            } => self.files.push(FileState {
                rows,
                own_ids: given_ids,
                packed_sha256: sha256,
                ..FileState::default()
            }),
            Entry::LeftOut(row) => self.left_out_before.push(row),
            Entry::LeftOutSoFar(so_far) => self.left_out = so_far,
            Entry::Sealed {
                rows,
                left_out,
                before,
            } => {
                (self.sealed, self.left_out_by_reader) = (Some(rows), left_out);
                self.before = before;
            }
            Entry::Sending { file, at } => self.files[file - 1].sending(at),
            Entry::NotTaken { file } => self.files[file - 1].not_taken(),
            Entry::Accepted {
                file,
                job,
                at,
                created_at,
                connection,
            } => {
                self.answered_connection = connection.or(self.answered_connection.take());
                if let Some(job) = JobId::of(&job) {
                    self.files[file - 1].accepted(Taken {
                        job,
                        at,
                        created_at,
                    });
                }
            }
            Entry::Done(end) => {
                let file = end.file;
                self.files[file - 1].done(end);
            }
            Entry::Looked {
                file,
                came_in,
                sha256,
            } => self.files[file - 1].looked_at(&came_in, sha256),
            Entry::Removed(ids) => {
                self.removal_ended = ids.is_empty();
                self.removed.extend(ids);
            }
        }
    }

    /// Takes what the run is about.
    fn learn(&mut self, entry: Entry) {
        let Entry::Begun {
            domain,
            connection_id,
            connection,
            options,
            name,
            at,
            emails_unique,
            ..
        } = entry
        else {
            return;
        };
        (self.domain, self.connection_id) = (domain, connection_id);
        (self.connection, self.options) = (connection, options);
        (self.name, self.begun_at) = (name, at);
        self.emails_shared = emails_unique == Some(false);
    }

    /// Takes what was made: puts a file on the disk, then names it in the journal.
    pub(crate) fn take(&mut self, step: PackStep) -> Result<Option<usize>> {
        // What comes before a step is recorded before it.
        if !matches!(step, PackStep::LeftOut(..))
            && let Some(so_far) = self.folder.left_out_so_far()?
        {
            self.note(Entry::LeftOutSoFar(so_far))?;
        }
        match step {
            PackStep::File { packed, own_ids } => {
                let file = self.files.len() + 1;
                self.folder.write(&packed_name(file), &packed.file)?;
                self.note(Entry::Packed {
                    file,
                    rows: row_runs(&packed.rows),
                    given_ids: own_ids,
                    sha256: sha256(&packed.file),
                })?;
                Ok(Some(file))
            }
            PackStep::LeftOut(note, user) => {
                let user = user.and_then(|user| serde_json::to_value(user).ok());
                let row = LeftOutRow { note, user };
                self.folder.leave_out(&row).map(|()| None)
            }
            PackStep::End {
                rows,
                left_out,
                before,
            } => {
                let sealed = Entry::Sealed {
                    rows,
                    left_out,
                    before,
                };
                self.note(sealed).map(|()| None)
            }
        }
    }

    /// The last row that is in a file or was left out.
    pub(crate) fn last_row(&self) -> usize {
        let packed = self.last_packed();
        if self.sealed.is_none() {
            return packed;
        }
        let before = self.left_out_before.last().map_or(0, |row| row.note.row);
        packed.max(before).max(self.left_out.last_row)
    }

    /// The files that are not done, from 1.
    pub(crate) fn open_files(&self) -> Vec<usize> {
        let open = |file: &usize| self.files[file - 1].end().is_none();
        (1..=self.files.len()).filter(open).collect()
    }

    /// The users of a file that is not done.
    pub(crate) fn sent(&self, file: usize) -> Result<Vec<Sent>> {
        let state = &self.files[file - 1];
        let users = self.users(file)?;
        let text = |user: &Value, key: &str| user[key].as_str().map(str::to_string);
        let sent = |(row, user): (usize, &Value)| {
            let user_id = text(user, "user_id");
            let made_id = user_id.is_some() && self.is_made_id(file, row);
            let own_id = user_id.is_some() && !made_id;
            let key = RowKey {
                email: text(user, "email").unwrap_or_default(),
                user_id,
                username: text(user, "username"),
                phone_number: text(user, "phone_number"),
            };
            Sent {
                row,
                made_id,
                by_email_alone: !own_id && key.username.is_none() && key.phone_number.is_none(),
                key,
            }
        };
        Ok(state.all_rows().zip(&users).map(sent).collect())
    }

    /// The secrets that no report on an unfinished file may repeat.
    pub(crate) fn sent_secrets(&self, file: usize) -> Result<SentSecrets> {
        let sha = &self.files[file - 1].packed_sha256;
        let bytes = self.folder.read(&packed_name(file), sha)?;
        let secrets = sent::of_file(&bytes);
        Ok(SentSecrets::of(secrets.iter().map(Secret::expose)))
    }

    /// The name of what is left of a file now, and its hash.
    fn name_of(&self, file: usize) -> (String, &str) {
        let state = &self.files[file - 1];
        match state.end() {
            Some(end) if state.looked => (looked_name(file), &end.sha256),
            Some(end) => (done_name(file), &end.sha256),
            None => (packed_name(file), &state.packed_sha256),
        }
    }

    /// The users of a file, done or not: one for each of its rows.
    fn users(&self, file: usize) -> Result<Vec<Value>> {
        let state = &self.files[file - 1];
        let (name, sha256) = self.name_of(file);
        let bytes = self.folder.read(&name, sha256)?;
        let path = self.folder.path().join(&name);
        let users: Vec<Value> = serde_json::from_slice(&bytes)
            .map_err(|cause| Error::users_unreadable(&path, &cause))?;
        if users.len() != state.count() {
            return Err(Error::users_miscounted(&path, users.len(), state.count()));
        }
        Ok(users)
    }

    /// What is left of the users of a file that is done, with their rows.
    pub(crate) fn done_users(&self, end: &FileEnd) -> Result<Vec<(usize, Value)>> {
        let users = self.users(end.file)?;
        Ok(self.files[end.file - 1].all_rows().zip(users).collect())
    }

    /// Row, e-mail and id of each user of a file, done or not.
    pub(crate) fn row_keys(&self, file: usize) -> Result<Vec<(usize, String, String)>> {
        let state = &self.files[file - 1];
        let users = self.users(file)?;
        let text = |user: &Value, key: &str| user[key].as_str().unwrap_or_default().to_string();
        let key = |(row, user): (usize, &Value)| (row, text(user, "email"), text(user, "user_id"));
        Ok(state.all_rows().zip(&users).map(key).collect())
    }

    /// Whether the row's id, if it has one, was made for this run.
    pub(crate) fn is_made_id(&self, file: usize, row: usize) -> bool {
        self.files[file - 1].own_ids.binary_search(&row).is_err()
    }

    /// Rows of a finished file that a job may have imported since. Only an id that was made for the run shows whether it has.
    pub(crate) fn late_rows(&self, file: usize) -> Vec<usize> {
        let mut rows = self.files[file - 1].open_rows();
        rows.retain(|row| self.options.make_ids && self.is_made_id(file, *row));
        rows
    }

    /// Until when the job of an unanswered upload, or one that was given up, may still be running, in milliseconds of UNIX
    /// time; `None` if there is none, or the time is over.
    pub(crate) fn may_work_until(&self, now: u64) -> Option<u64> {
        let until = self.files.iter().filter_map(FileState::may_work_until);
        until.max().filter(|until| *until > now)
    }

    /// The name of the connection, as far as it is known.
    pub(crate) fn connection_name(&self) -> Option<&str> {
        let answered = self.answered_connection.as_deref();
        answered.or(self.connection.as_deref())
    }

    /// The name by which the tenant's log shows what this run sent. Auth0 keeps 64 characters of it.
    pub(crate) fn correlation_id(&self) -> String {
        let folder = self.folder.path().file_name().unwrap_or_default();
        let name = match self.name.as_str() {
            "" => folder.to_string_lossy(),
            name => name.into(),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.len() <= MOST_CORRELATION && name.chars().all(fits) {
            return name.into_owned();
        }
        // A few characters of the whole name's hash tell cut-off names apart.
        let tail = &sha256(name.as_bytes())[..16];
        let head = name.chars().filter(|c| fits(*c));
        let head: String = head.take(MOST_CORRELATION - 17).collect();
        format!("{head}-{tail}")
    }

    /// Records the outcome of a file's users; only then are their hashes deleted.
    pub(crate) fn finish(&mut self, mut end: FileEnd) -> Result<()> {
        let state = &self.files[end.file - 1];
        let name = packed_name(end.file);
        let mut users = self.users(end.file)?;
        for (row, user) in state.all_rows().zip(&mut users) {
            let note = end.note_of(row);
            // Nobody sends again who was already there.
            if note.is_none_or(|note| note.kind == NoteKind::AlreadyThere) {
                strip(user, self.options.afterwards);
            }
        }
        let left = serde_json::to_vec(&users)
            .map_err(|cause| Error::users_unreadable(self.folder.path(), &cause))?;
        end.sha256 = sha256(&left);
        self.folder.write(&done_name(end.file), &left)?;
        self.note(Entry::Done(end))?;
        self.folder.delete(&name);
        Ok(())
    }

    /// Records which rows of a file had been imported when it was looked at again; then their hashes are deleted too.
    pub(crate) fn finish_late(&mut self, file: usize, came_in: RowRuns) -> Result<()> {
        let mut users = self.users(file)?;
        for (row, user) in self.files[file - 1].all_rows().zip(&mut users) {
            if holds(&came_in, row) {
                strip(user, self.options.afterwards);
            }
        }
        let left = serde_json::to_vec(&users)
            .map_err(|cause| Error::users_unreadable(self.folder.path(), &cause))?;
        let sha256 = sha256(&left);
        self.folder.write(&looked_name(file), &left)?;
        self.note(Entry::Looked {
            file,
            came_in,
            sha256,
        })?;
        self.folder.delete(&done_name(file));
        Ok(())
    }
}

/// Consecutive rows as first and count.
pub(crate) fn row_runs(rows: &[usize]) -> RowRuns {
    let mut runs: RowRuns = Vec::new();
    for &row in rows {
        match runs.last_mut() {
            Some((first, count)) if *first + *count == row => *count += 1,
            _ => runs.push((row, 1)),
        }
    }
    runs
}

fn strip(user: &mut Value, afterwards: Afterwards) {
    let Some(fields) = user.as_object_mut() else {
        return;
    };
    match afterwards {
        Afterwards::KeepAll => {}
        Afterwards::StripSecrets => {
            for secret in SECRET_FIELDS {
                fields.remove(secret);
            }
        }
        Afterwards::KeepIdsOnly => {
            fields.retain(|name, _| name == "email" || name == "user_id");
        }
    }
}
