//! The lines of a run's journal.

pub(crate) mod lines;
pub(crate) mod rules;

use serde_derive::{Deserialize, Serialize};

use crate::imports::options::ImportOptions;

/// Of the entries of a journal; one of another version is not read.
pub(crate) const VERSION: u32 = 1;
/// Runs of consecutive rows: the first, and how many.
pub(crate) type RowRuns = Vec<(usize, usize)>;

/// Whether `row` is in the runs, which are in order.
pub(crate) fn holds(runs: &RowRuns, row: usize) -> bool {
    let after = runs.partition_point(|(first, _)| *first <= row);
    let run = after.checked_sub(1).map(|at| runs[at]);
    run.is_some_and(|(first, count)| row - first < count)
}

/// One step of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// The first of all, so that one of another version is known for it.
    Version(u32),
    /// What the run is about.
    Begun {
        domain: String,
        connection_id: String,
        connection: Option<String>,
        options: ImportOptions,
        /// The run's name; the folder may be renamed. Runs of before have none.
        #[serde(default)]
        name: String,
        /// When, in milliseconds of UNIX time; unknown of runs that were begun before this was written down.
        #[serde(default)]
        at: Option<u64>,
        /// Whether no two users of the connection share an e-mail; unknown where the tenant did not tell.
        #[serde(default)]
        emails_unique: Option<bool>,
        /// The SHA-256 of the file that the users came from, where they came from one.
        #[serde(default)]
        source_sha256: Option<String>,
    },
    /// A file of users is on the disk.
    Packed {
        file: usize,
        rows: RowRuns,
        /// Rows that came with their own user id.
        given_ids: Vec<usize>,
        sha256: String,
    },
    /// A complete row that was not sent because it was faulty. Older runs wrote them here.
    LeftOut(LeftOutRow),
    /// How far the file of such rows is.
    LeftOutSoFar(LeftOutSoFar),
    /// All users have been read. `left_out` counts rows of the file that the reader left out because they are not users to
    /// import; `before` counts users that an earlier run of the same file had imported.
    Sealed {
        rows: usize,
        #[serde(default)]
        left_out: u64,
        #[serde(default)]
        before: usize,
    },
    /// An upload is about to be sent; `at` in milliseconds of UNIX time, 0 in runs of before.
    Sending {
        file: usize,
        #[serde(default)]
        at: u64,
    },
    /// It was certainly not accepted.
    NotTaken { file: usize },
    /// It was taken; `at` in milliseconds of UNIX time. The other two are the tenant's own words: when, and the name of
    /// the connection. Runs of before have neither.
    Accepted {
        file: usize,
        job: String,
        at: u64,
        #[serde(default)]
        created_at: Option<String>,
        #[serde(default)]
        connection: Option<String>,
    },
    /// What became of a file's users.
    Done(FileEnd),
    /// Users deleted again, by their ids. Without ids: a removal of everybody came to its end, when no job could still be running.
    Removed(Vec<String>),
    /// A finished file was looked at again when none of its jobs could still be running; these of its rows had been imported.
    Looked {
        file: usize,
        came_in: RowRuns,
        /// Of the file that is left.
        sha256: String,
    },
}

/// How far the file of rows left out is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LeftOutSoFar {
    pub(crate) rows: usize,
    pub(crate) last_row: usize,
    pub(crate) bytes: u64,
    /// Of the last line.
    pub(crate) chain: String,
}

/// A row that was not sent, complete if it could be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LeftOutRow {
    pub(crate) note: RowNote,
    pub(crate) user: Option<serde_json::Value>,
}

/// What became of a file's users: every row is inserted, updated or noted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileEnd {
    pub(crate) file: usize,
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    /// The rows that were updated, as far as known: all except some with their own ids.
    pub(crate) updated_rows: RowRuns,
    pub(crate) notes: Vec<RowNote>,
    /// Whether an inserted row with its own id certainly belongs to this run.
    pub(crate) certain: bool,
    pub(crate) at: u64,
    /// When its job was seen to have ended, by the tenant's clock.
    #[serde(default)]
    pub(crate) seen_at: Option<i64>,
    /// Whether nobody saw it end, and `seen_at` is by how long such jobs take.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) supposed_end: bool,
    /// Of the file that is left.
    pub(crate) sha256: String,
}

impl FileEnd {
    pub(crate) fn is_updated(&self, row: usize) -> bool {
        holds(&self.updated_rows, row)
    }

    /// What is noted of a row; notes are in the order of their rows.
    pub(crate) fn note_of(&self, row: usize) -> Option<&RowNote> {
        let at = self.notes.binary_search_by_key(&row, |note| note.row);
        Some(&self.notes[at.ok()?])
    }
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

impl RowNote {
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.reasons.iter().any(|(its, ..)| its == code)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NoteKind {
    AlreadyThere,
    Failed,
    Unknown,
}
