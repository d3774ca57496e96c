//! The state of one of a run's files, as the journal records it.

use crate::imports::journal::{FileEnd, NoteKind, RowRuns, holds};
use crate::imports::verdict::NOT_ENDED;
use crate::jobs::JobId;

/// How long after an upload its job may still run, in milliseconds: Auth0 ends a job after two hours (documented with bulk
/// imports), plus ten minutes for different clocks and the last rows.
pub(crate) const JOB_WORKS_FOR: u64 = (2 * 3600 + 600) * 1000;

/// A file of a run.
#[derive(Debug, Default)]
pub(crate) struct FileState {
    pub(crate) rows: RowRuns,
    /// Rows that came with their own user id.
    pub(crate) own_ids: Vec<usize>,
    pub(crate) packed_sha256: String,
    /// When each upload that may have been accepted was sent, in milliseconds of UNIX time.
    pub(crate) sent: Vec<u64>,
    /// When unanswered uploads were sent that another upload followed. Their jobs may still be running.
    pub(crate) lost: Vec<u64>,
    pub(crate) stage: Stage,
    /// Whether it was looked at again after its jobs must have ended.
    pub(crate) looked: bool,
}

/// Where a file stands.
#[derive(Debug, Default)]
pub(crate) enum Stage {
    /// Not sent, or certainly not accepted.
    #[default]
    Waiting,
    /// An upload was sent, but no answer is known: a job may be running.
    Unanswered { since: u64 },
    /// A job is known to have been accepted.
    Working(Taken),
    /// The job has ended, or was given up, and its users are being accounted for.
    Settling(Taken, Ended),
    /// Its users are accounted for.
    Done(Option<Taken>, FileEnd),
}

/// A job that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) job: JobId,
    /// In milliseconds of UNIX time, by this machine's clock.
    pub(crate) at: u64,
    /// When it was accepted, by the tenant's clock.
    pub(crate) created_at: Option<String>,
}

/// When a job was seen to have ended, which frees its slot; its users are accounted for a little later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) at: u64,
    /// The same by the tenant's clock.
    pub(crate) seen_at: Option<i64>,
    /// Whether nobody saw it end, and `seen_at` is by how long such jobs take.
    pub(crate) is_supposed: bool,
}

impl FileState {
    pub(crate) fn count(&self) -> usize {
        self.rows.iter().map(|(_, count)| count).sum()
    }

    /// How often it may have been accepted.
    pub(crate) fn uploads(&self) -> u32 {
        u32::try_from(self.sent.len()).unwrap_or(u32::MAX)
    }

    /// Whether another upload of the same file may have imported users.
    pub(crate) fn is_uncertain(&self) -> bool {
        self.sent.len() > 1
    }

    pub(crate) fn all_rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows
            .iter()
            .flat_map(|(first, count)| *first..first + count)
    }

    pub(crate) fn end(&self) -> Option<&FileEnd> {
        match &self.stage {
            Stage::Done(_, end) => Some(end),
            _ => None,
        }
    }

    pub(crate) fn taken(&self) -> Option<&Taken> {
        match &self.stage {
            Stage::Waiting | Stage::Unanswered { .. } => None,
            Stage::Working(taken) | Stage::Settling(taken, _) => Some(taken),
            Stage::Done(taken, _) => taken.as_ref(),
        }
    }

    /// When its job was seen to have ended.
    pub(crate) fn ended(&self) -> Option<Ended> {
        match &self.stage {
            Stage::Settling(_, ended) => Some(*ended),
            _ => None,
        }
    }

    /// An upload is about to be sent.
    pub(crate) fn sending(&mut self, at: u64) {
        self.sent.push(at);
        if let Stage::Unanswered { since } = self.stage {
            self.lost.push(since);
        }
        self.stage = Stage::Unanswered { since: at };
    }

    /// Whether it may have been accepted so long ago that its users may have changed since. A second upsert would undo that.
    pub(crate) fn was_sent_long_ago(&self, now: u64) -> bool {
        let last = self.sent.iter().max();
        last.is_some_and(|at| at.saturating_add(JOB_WORKS_FOR) <= now)
    }

    /// It was certainly not accepted.
    pub(crate) fn not_taken(&mut self) {
        self.sent.pop();
        self.stage = Stage::Waiting;
    }

    pub(crate) fn accepted(&mut self, taken: Taken) {
        self.stage = Stage::Working(taken);
    }

    pub(crate) fn was_seen_to_end(&mut self, ended: Ended) {
        if let Some(taken) = self.taken().cloned() {
            self.stage = Stage::Settling(taken, ended);
        }
    }

    pub(crate) fn done(&mut self, end: FileEnd) {
        // The job of an upload that was given up without an answer may still be running.
        if let Stage::Unanswered { since } = self.stage {
            self.lost.push(since);
        }
        self.stage = Stage::Done(self.taken().cloned(), end);
    }

    /// It was looked at again after its jobs must have ended, and these rows had been imported.
    pub(crate) fn looked_at(&mut self, came_in: &RowRuns, sha256: String) {
        self.looked = true;
        if let Stage::Done(_, end) = &mut self.stage {
            end.sha256 = sha256;
            let before = end.notes.len();
            end.notes.retain(|note| !holds(came_in, note.row));
            end.inserted += (before - end.notes.len()) as u64;
        }
    }

    /// Until when an unknown job of it may still be running, in milliseconds of UNIX time: the job of an unanswered upload, or
    /// one that was given up.
    pub(crate) fn may_work_until(&self) -> Option<u64> {
        let lost = self.lost.iter().copied().max();
        let unanswered = match self.stage {
            Stage::Unanswered { since } => Some(since),
            _ => None,
        };
        // It was at work when it was given up, however long ago it was taken.
        let is_given_up = |end: &&FileEnd| end.notes.iter().any(|note| note.has_code(NOT_ENDED));
        let given_up = self.end().filter(is_given_up).map(|end| end.at);
        // Older runs did not record when an upload was sent.
        let known = |at: &u64| *at > 0;
        let sent = lost.max(unanswered).max(given_up).filter(known);
        sent.map(|at| at.saturating_add(JOB_WORKS_FOR))
    }

    /// Rows of a finished file that a job may have imported since.
    pub(crate) fn open_rows(&self) -> Vec<usize> {
        let may_be_late = self.may_work_until().is_some() && !self.looked;
        let notes = self.end().filter(|_| may_be_late).map(|end| &end.notes);
        let may_come = notes
            .into_iter()
            .flatten()
            .filter(|note| self.may_come_late(note.kind));
        may_come.map(|note| note.row).collect()
    }

    /// Whether a row with this note may have been imported since, or still may be.
    pub(crate) fn may_come_late(&self, kind: NoteKind) -> bool {
        match kind {
            NoteKind::Unknown => true,
            NoteKind::Failed | NoteKind::AlreadyThere => self.is_uncertain(),
        }
    }
}
