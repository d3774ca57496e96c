//! What became of each user of a run.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

use crate::clock::unix_millis;
use crate::error::{Error, Result};
use crate::imports::attention::{AttentionSoFar, Group, outcome, word};
use crate::imports::file_state::FileState;
use crate::imports::journal::{LeftOutRow, NoteKind, RowNote};
use crate::imports::outcome::{Attention, Counts, JobSpan, Outcome};
use crate::imports::run::Run;
use crate::private_file::sheet::CsvFile;
use crate::say::{data, debug_fields};
use crate::users::{User, Users};
use crate::words::grouped;

/// The outcome of every user of a run; draws itself with a bar, what needs attention, and a timeline of the jobs.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-report", "uni.test", 2)?;
/// let options = ImportOptions::default().requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// assert_eq!((report.counts().total, report.jobs().len()), (2, 1));
/// assert!(report.attention().is_empty() && report.folder().starts_with("imports/"));
/// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct ImportReport {
    folder: String,
    correlation_id: String,
    pub(crate) domain: String,
    pub(crate) connection: Option<String>,
    counts: Counts,
    attention: AttentionSoFar,
    jobs: Vec<JobSpan>,
    /// Jobs in all: a file may have been sent more than once.
    pub(crate) uploads: usize,
    pub(crate) requests: u64,
    /// The last row that was packed or left out.
    pub(crate) last_row: usize,
    /// Whether the whole source was read.
    pub(crate) sealed: bool,
    may_change_until: Option<u64>,
    /// Whether a row that was not there may have come in since, and a look can tell.
    pub(crate) may_be_late: bool,
}

debug_fields!(ImportReport: folder, correlation_id, domain, connection, counts, attention, jobs, uploads, requests, last_row, sealed, may_change_until, may_be_late);

impl ImportReport {
    pub(crate) fn new(run: &Run, requests: u64) -> Result<ImportReport> {
        let mut counts = Counts::default();
        let mut attention = AttentionSoFar::default();
        for left_out in run.left_out()? {
            let note = left_out?.note;
            count(&mut counts, &note);
            attention.add(&note);
        }
        counts.already_there += run.before as u64;
        let mut jobs = Vec::new();
        for (index, state) in run.files.iter().enumerate() {
            let Some(end) = state.end() else {
                counts.not_sent += state.count() as u64;
                continue;
            };
            counts.inserted += end.inserted;
            counts.updated += end.updated;
            for note in &end.notes {
                count(&mut counts, note);
                attention.add(note);
            }
            jobs.push(JobSpan {
                file: index + 1,
                users: state.count(),
                from: state.taken().map_or(end.at, |taken| taken.at),
                // A clock may have been set back in between.
                to: end.at.max(state.taken().map_or(0, |taken| taken.at)),
            });
        }
        counts.left_out = run.left_out_by_reader;
        counts.total = counts.inserted
            + counts.updated
            + counts.already_there
            + counts.failed
            + counts.unknown
            + counts.not_sent
            + counts.left_out;
        Ok(ImportReport {
            folder: run.folder.path().display().to_string(),
            correlation_id: run.correlation_id(),
            domain: run.domain.clone(),
            connection: run.connection.clone(),
            counts,
            attention: attention.whole(),
            jobs,
            uploads: run.files.iter().map(|state| state.uploads() as usize).sum(),
            requests,
            last_row: run.last_row(),
            sealed: run.sealed.is_some(),
            may_change_until: run.may_work_until(unix_millis()),
            may_be_late: (1..=run.files.len()).any(|file| !run.late_rows(file).is_empty()),
        })
    }

    /// How many users had which outcome.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
    /// assert_eq!((report.counts().failed, report.counts().total), (1, 1));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The first 1,000 users who were neither inserted nor updated, in the order of the input
    /// ([`ImportReport::attention_beyond`] says how many more there are). Users that an earlier run of the same file had
    /// imported ([`ImportOptions::again`](crate::ImportOptions::again)) are not listed; they are in that run's report.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
    /// assert_eq!(report.attention()[0].email, "no address");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn attention(&self) -> &[Attention] {
        &self.attention.first
    }

    /// How many users were neither inserted nor updated beyond the first 1,000, which [`ImportReport::attention`] lists.
    /// [`ImportReport::save_csv`] writes them all.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
    /// assert_eq!((report.attention().len(), report.attention_beyond()), (1, 0));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn attention_beyond(&self) -> u64 {
        self.attention.number - self.attention.first.len() as u64
    }

    /// What needs attention, by reason: the most frequent first.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.attention.groups
    }

    /// The jobs, in the order of their files.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// # let users = generate_users("docs-jobs", "uni.test", 2)?;
    /// # let options = ImportOptions::default().requests_per_second(50.0);
    /// let report = import_users(&tenant, &connection, &users, &options)?;
    /// assert_eq!((report.jobs().len(), report.jobs()[0].users), (1, 2));
    /// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn jobs(&self) -> &[JobSpan] {
        &self.jobs
    }

    /// The run's folder, for [`resume_import`](crate::resume_import) and [`read_import`](crate::read_import).
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
    /// assert_eq!(read_import(report.folder())?.counts(), report.counts());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The `X-Correlation-ID` of the run's uploads and of their removal, which the tenant's log shows as
    /// `references.correlation_id`. It is the run's name; for a name over 64 characters, it is the beginning of the name and a
    /// hash.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().name("docs-log").skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
    /// assert_eq!(report.correlation_id(), "docs-log");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn correlation_id(&self) -> &str {
        &self.correlation_id
    }

    /// Until when an unknown job may still be running, in milliseconds of UNIX time: the job of an unanswered upload, or one
    /// that was given up at its limit. Auth0 ends a job after two hours; ten minutes are added. `None` if there is no such job,
    /// or the time is over. After it, [`resume_import`](crate::resume_import) looks once more for the missing users whose ids
    /// were made for the run, and a removal that was made before must be planned again.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let options = ImportOptions::default().skip_bad_rows(true);
    /// let report = import_users(&tenant, &connection, &[User::new("no address")], &options)?;
    /// assert_eq!(report.may_change_until(), None, "every upload was answered");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn may_change_until(&self) -> Option<u64> {
        self.may_change_until
    }

    /// The counts by word, the most wanted first.
    pub(crate) fn tally(&self) -> Tally {
        let (c, faulty) = (&self.counts, self.attention.faulty);
        let counts = [
            ("inserted", c.inserted),
            ("updated", c.updated),
            ("already there", c.already_there),
            ("refused", c.failed.saturating_sub(faulty)),
            ("faulty", faulty),
            ("unknown", c.unknown),
            ("not done yet", c.not_sent),
            ("left out", c.left_out),
        ];
        let counts = counts.into_iter().filter(|(_, number)| *number > 0);
        Tally {
            counts: counts.collect(),
            total: c.total,
        }
    }

    /// The counts as a sentence.
    pub(crate) fn in_words(&self) -> String {
        let Tally { mut counts, total } = self.tally();
        if self.counts.inserted == 0 {
            counts.insert(0, ("inserted", 0));
        }
        let words = counts.iter();
        let words = words.map(|(word, number)| format!("{} {word}", grouped(number)));
        let words: Vec<String> = words.collect();
        format!("{} of {}", words.join(", "), grouped(total))
    }

    /// The complete rows of users who failed or are unknown, to be fixed and sent again. Reads the run folder; sends nothing.
    ///
    /// Ids that were made for the run are removed.
    ///
    /// # Errors
    ///
    /// The run folder is gone, was changed, or is in use.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let tenant = Tenant::practice()?;
    /// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// let users = [User::new("docs-failed@uni.test"), User::new("no address")];
    /// let options = ImportOptions::default().skip_bad_rows(true).requests_per_second(50.0);
    /// let report = import_users(&tenant, &connection, &users, &options)?;
    /// println!("row {} {}", report.attention()[0].row, report.attention()[0].outcome.word());
    /// assert_eq!(report.failed()?[0].email, "no address");
    /// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn failed(&self) -> Result<Users> {
        let run = Run::open(Path::new(&self.folder))?;
        let mut users: Vec<(usize, Value)> = Vec::new();
        for left_out in run.left_out()? {
            let LeftOutRow { note, user } = left_out?;
            users.extend(user.map(|user| (note.row, user)));
        }
        for end in run.files.iter().filter_map(FileState::end) {
            let wanted = |row: &usize| {
                let note = end.note_of(*row);
                note.is_some_and(|note| note.kind != NoteKind::AlreadyThere)
            };
            if end.notes.is_empty() {
                continue;
            }
            let found = run.done_users(end)?;
            users.extend(found.into_iter().filter(|(row, _)| wanted(row)).map(
                |(row, mut user)| {
                    if run.is_made_id(end.file, row)
                        && let Some(fields) = user.as_object_mut()
                    {
                        fields.remove("user_id");
                    }
                    (row, user)
                },
            ));
        }
        users.sort_by_key(|(row, _)| *row);
        let user = |(_, user): (usize, Value)| {
            serde_json::from_value::<User>(user)
                .map_err(|cause| Error::users_unreadable(Path::new(&self.folder), &cause))
        };
        users.into_iter().map(user).collect()
    }

    /// The rows of all users who were refused, left out for a fault, or there before. Reads the run folder.
    pub(crate) fn refused_rows(&self) -> Result<HashSet<usize>> {
        let run = Run::open(Path::new(&self.folder))?;
        let is_known = |note: &RowNote| note.kind != NoteKind::Unknown;
        let mut rows = HashSet::new();
        for left_out in run.left_out()? {
            let note = left_out?.note;
            rows.extend(is_known(&note).then_some(note.row));
        }
        let ends = run.files.iter().filter_map(FileState::end);
        let notes = ends.flat_map(|end| &end.notes);
        rows.extend(notes.filter(|note| is_known(note)).map(|note| note.row));
        Ok(rows)
    }

    /// Writes one row for each user: row, e-mail, user id, outcome, code, field and reason. Sends nothing.
    ///
    /// The file holds personal data, so only you can read it; an existing file is replaced once this one is complete. A text
    /// that a spreadsheet would take for a formula gets an apostrophe in front, as in Auth0's own CSV;
    /// [`read_csv`](crate::read_csv) removes it again.
    ///
    /// # Errors
    ///
    /// The run folder is gone, was changed, or is in use; the file cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let tenant = Tenant::practice()?;
    /// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// # let users = generate_users("docs-csv", "uni.test", 1)?;
    /// # let options = ImportOptions::default().requests_per_second(50.0);
    /// let report = import_users(&tenant, &connection, &users, &options)?;
    /// report.save_csv("what-became-of-them.csv")?;
    /// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save_csv(&self, path: &str) -> Result<()> {
        let run = Run::open(Path::new(&self.folder))?;
        let failed = |cause| Error::unwritable(path, cause);
        let mut sheet = CsvFile::create(Path::new(path)).map_err(failed)?;
        let header = [
            "row", "email", "user_id", "outcome", "code", "field", "reason",
        ];
        sheet.row(header).map_err(failed)?;
        let mut left_out = run.left_out()?;
        let mut next = left_out.next().transpose()?;
        for (index, state) in run.files.iter().enumerate() {
            for (row, email, id) in run.row_keys(index + 1)? {
                while let Some(before) = next.as_ref().filter(|next| next.note.row < row) {
                    write_left_out(&mut sheet, &before.note).map_err(failed)?;
                    next = left_out.next().transpose()?;
                }
                let (outcome, note) = match state.end() {
                    None => (Outcome::NotSent, None),
                    Some(end) => match end.note_of(row) {
                        Some(note) => (outcome(note.kind), Some(note)),
                        None if end.is_updated(row) => (Outcome::Updated, None),
                        // An id from Auth0 does not say who was there before.
                        None if end.updated == 0
                            || !id.is_empty() && run.is_made_id(index + 1, row) =>
                        {
                            (Outcome::Inserted, None)
                        }
                        None => (Outcome::Imported, None),
                    },
                };
                write_row(&mut sheet, row, [&email, &id], outcome, note).map_err(failed)?;
            }
        }
        while let Some(rest) = next {
            write_left_out(&mut sheet, &rest.note).map_err(failed)?;
            next = left_out.next().transpose()?;
        }
        sheet.finish().map_err(failed)
    }
}

/// How many rows had which outcome, by its word; without those that no row had.
pub(crate) struct Tally {
    pub(crate) counts: Vec<(&'static str, u64)>,
    pub(crate) total: u64,
}

impl Tally {
    /// As a headline: how many of all are in the tenant now, then the others.
    pub(crate) fn headline(&self) -> String {
        let is_there =
            |(word, _): &&(&str, u64)| matches!(*word, "inserted" | "updated" | "already there");
        let first = self.counts.iter().find(is_there);
        let (first, done) = first.copied().unwrap_or(("inserted", 0));
        let rest = self.counts.iter().filter(|(word, _)| *word != first);
        let rest = rest.map(|(word, number)| match (*word, *number) {
            ("faulty", 1) => ", 1 faulty row left out".to_string(),
            ("faulty", number) => format!(", {} faulty rows left out", grouped(number)),
            (word, number) => format!(", {} {word}", grouped(number)),
        });
        let rest: String = rest.collect();
        format!("{} of {} {first}{rest}", grouped(done), grouped(self.total))
    }
}

fn write_left_out(sheet: &mut CsvFile, note: &RowNote) -> std::io::Result<()> {
    let keys = [note.email.as_str(), ""];
    write_row(sheet, note.row, keys, outcome(note.kind), Some(note))
}

fn write_row(
    sheet: &mut CsvFile,
    row: usize,
    [email, id]: [&str; 2],
    outcome: Outcome,
    note: Option<&RowNote>,
) -> std::io::Result<()> {
    let reasons = note.map(|note| note.reasons.as_slice()).unwrap_or_default();
    let codes: Vec<&str> = reasons.iter().map(|(code, ..)| code.as_str()).collect();
    let fields: Vec<&str> = reasons
        .iter()
        .filter_map(|(_, field, _)| field.as_deref())
        .collect();
    let messages: Vec<&str> = reasons.iter().map(|(.., text)| text.as_str()).collect();
    let first = codes.first().copied().unwrap_or_default();
    sheet.row([
        &row.to_string(),
        // Auth0 wrote what follows, or whoever made the file or the journal.
        &data(email),
        &data(id),
        word(outcome, first),
        &data(&codes.join("; ")),
        &data(&fields.join("; ")),
        &data(&messages.join("; ")),
    ])
}

fn count(counts: &mut Counts, note: &RowNote) {
    match note.kind {
        NoteKind::AlreadyThere => counts.already_there += 1,
        NoteKind::Failed => counts.failed += 1,
        NoteKind::Unknown => counts.unknown += 1,
    }
}
