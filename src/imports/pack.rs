//! Users, one after the other, made into the files of a run: checked, given ids, packed.

use crate::check::Checker;
use crate::connections::ConnectionId;
use crate::error::problem::Problem;
use crate::error::{Error, ErrorKind, Result};
use crate::imports::journal::{NoteKind, RowNote};
use crate::imports::options::ImportOptions;
use crate::jobs::upload::{Packed, Packer};
use crate::secrets::random_hex;
use crate::users::User;

/// What the making of files gives to be written down.
pub(crate) enum Fed {
    File {
        packed: Packed,
        given: Vec<usize>,
    },
    /// A row that is not sent, and its user where there is one.
    LeftOut(RowNote, Option<Box<User>>),
    End {
        rows: usize,
    },
}

/// How a user is known to be good.
pub(crate) enum Check {
    /// All were checked before; these are the faults, by row.
    Done(Vec<Problem>),
    AsTheyCome(Box<Checker>),
}

impl Check {
    fn of(&mut self, row: usize, user: &User) -> Vec<Problem> {
        match self {
            Check::AsTheyCome(checker) => checker.check(row, user),
            Check::Done(problems) => {
                let first = problems.partition_point(|problem| problem.row < row);
                let last = problems.partition_point(|problem| problem.row <= row);
                problems[first..last].to_vec()
            }
        }
    }
}

/// Turns users, one after the other, into files.
pub(crate) struct FileMaker {
    check: Check,
    packer: Packer,
    draw_ids: bool,
    skip_bad_rows: bool,
    given: Vec<usize>,
    rows: usize,
}

impl FileMaker {
    pub(crate) fn new(
        check: Check,
        connection: &ConnectionId,
        options: &ImportOptions,
    ) -> Result<FileMaker> {
        Ok(FileMaker {
            check,
            packer: Packer::new(connection, &options.job)?,
            draw_ids: options.draw_ids,
            skip_bad_rows: options.skip_bad_rows,
            given: Vec::new(),
            rows: 0,
        })
    }

    pub(crate) fn add(&mut self, row: usize, user: Result<User>) -> Result<Vec<Fed>> {
        self.rows = row;
        let mut user = match user {
            Ok(user) => user,
            Err(error) => return Ok(vec![Fed::LeftOut(unreadable(row, &error), None)]),
        };
        let problems = self.check.of(row, &user);
        if !problems.is_empty() {
            let reason =
                |problem: Problem| ("NOT_SENT".to_string(), Some(problem.field), problem.problem);
            let note = RowNote {
                row,
                email: user.email.clone(),
                kind: NoteKind::Failed,
                reasons: problems.into_iter().map(reason).collect(),
            };
            return Ok(vec![Fed::LeftOut(note, Some(Box::new(user)))]);
        }
        if user.user_id.is_some() {
            self.given.push(row);
        } else if self.draw_ids {
            // As long as Auth0's own: 24 hex characters.
            user.user_id = Some(random_hex(12)?);
        }
        let packed = match self.packer.add(row, &user) {
            // With a long external_id there is a little less room than the check reckons with.
            Err(error) if error.kind() == ErrorKind::TooLarge && self.may_leave_out() => {
                let note = unreadable(row, &error);
                return Ok(vec![Fed::LeftOut(note, Some(Box::new(user)))]);
            }
            packed => packed?,
        };
        Ok(packed.map(|packed| self.file(packed)).into_iter().collect())
    }

    fn may_leave_out(&self) -> bool {
        self.skip_bad_rows || matches!(self.check, Check::AsTheyCome(_))
    }

    fn file(&mut self, packed: Packed) -> Fed {
        let last = packed.rows.last().copied().unwrap_or_default();
        let (given, later) = self.given.drain(..).partition(|row| *row <= last);
        self.given = later;
        Fed::File { packed, given }
    }

    pub(crate) fn end(mut self) -> Vec<Fed> {
        let last = self.packer.finish().map(|packed| self.file(packed));
        let rows = self.rows;
        last.into_iter().chain([Fed::End { rows }]).collect()
    }
}

fn unreadable(row: usize, error: &Error) -> RowNote {
    RowNote {
        row,
        email: String::new(),
        kind: NoteKind::Failed,
        reasons: vec![("NOT_SENT".to_string(), None, error.to_string())],
    }
}
