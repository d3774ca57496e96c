//! Makes users, one at a time, into the files of a run: checks them, gives them ids, packs them.

use crate::check::Checker;
use crate::connections::ConnectionId;
use crate::error::problem::Problem;
use crate::error::{Error, ErrorKind, Result};
use crate::imports::earlier::Earlier;
use crate::imports::journal::{NoteKind, RowNote};
use crate::imports::look_up::LookUp;
use crate::imports::options::ImportOptions;
use crate::jobs::errors::NOT_SENT;
use crate::jobs::upload::{Packed, Packer};
use crate::secrets::random_hex;
use crate::users::User;

/// A step of packing, to be recorded.
pub(crate) enum PackStep {
    /// A file, and its rows that came with their own user id.
    File { packed: Packed, own_ids: Vec<usize> },
    /// A row that is not sent, and its user where there is one.
    LeftOut(RowNote, Option<Box<User>>),
    End {
        rows: usize,
        /// Rows that the reader of the users left out.
        left_out: u64,
        /// Users that an earlier run of the same file had imported.
        before: usize,
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
pub(crate) struct RunPacker {
    check: Check,
    packer: Packer,
    make_ids: bool,
    skip_bad_rows: bool,
    /// Rows with their own user id that are not yet in a file.
    own_ids: Vec<usize>,
    rows: usize,
    earlier: Option<Earlier>,
    /// The users that it had imported.
    before: usize,
    look_up: Option<LookUp>,
}

impl RunPacker {
    pub(crate) fn new(
        check: Check,
        connection: &ConnectionId,
        options: &ImportOptions,
    ) -> Result<RunPacker> {
        Ok(RunPacker {
            check,
            packer: Packer::new(connection, &options.job)?,
            make_ids: options.make_ids,
            skip_bad_rows: options.skip_bad_rows,
            own_ids: Vec::new(),
            rows: 0,
            earlier: None,
            before: 0,
            look_up: None,
        })
    }

    /// Leaves out users that earlier runs of the same file have imported.
    pub(crate) fn after(mut self, earlier: Option<Earlier>) -> RunPacker {
        self.earlier = earlier;
        self
    }

    /// Looks up all users before they are packed, and leaves out the existing ones.
    pub(crate) fn looking_up(mut self, look_up: Option<LookUp>) -> RunPacker {
        self.look_up = look_up;
        self
    }

    /// Takes the user of the next row. An error is not about the row: the source may be unreadable from here on, for example.
    pub(crate) fn add(&mut self, user: Result<User>) -> Result<Vec<PackStep>> {
        if user
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Source)
        {
            return user.map(|_| Vec::new());
        }
        self.rows += 1;
        let row = self.rows;
        let mut user = match user {
            Ok(user) => user,
            Err(error) => return Ok(vec![PackStep::LeftOut(unreadable(row, &error), None)]),
        };
        let problems = self.check.of(row, &user);
        if !problems.is_empty() {
            let reason =
                |problem: Problem| (NOT_SENT.to_string(), Some(problem.field), problem.problem);
            let note = RowNote {
                row,
                email: user.email.clone(),
                kind: NoteKind::Failed,
                reasons: problems.into_iter().map(reason).collect(),
            };
            return Ok(vec![PackStep::LeftOut(note, Some(Box::new(user)))]);
        }
        if self
            .earlier
            .as_ref()
            .is_some_and(|earlier| earlier.has(&user))
        {
            self.before += 1;
            return Ok(Vec::new());
        }
        if let Some(look_up) = &mut self.look_up
            && look_up.is_there(&user)?
        {
            return Ok(vec![PackStep::LeftOut(there(row, &user), None)]);
        }
        let has_own_id = user.user_id.is_some();
        if !has_own_id && self.make_ids {
            // As long as Auth0's ids: 24 hex characters.
            user.user_id = Some(random_hex(12)?);
        }
        let packed = match self.packer.add(row, &user) {
            // With a long external_id there is a little less room than the check assumes.
            Err(error) if error.kind() == ErrorKind::TooLarge && self.may_leave_out() => {
                let note = unreadable(row, &error);
                if !has_own_id {
                    user.user_id = None;
                }
                return Ok(vec![PackStep::LeftOut(note, Some(Box::new(user)))]);
            }
            packed => packed?,
        };
        if has_own_id {
            self.own_ids.push(row);
        }
        Ok(packed.map(|packed| self.file(packed)).into_iter().collect())
    }

    fn may_leave_out(&self) -> bool {
        self.skip_bad_rows || matches!(self.check, Check::AsTheyCome(_))
    }

    fn file(&mut self, packed: Packed) -> PackStep {
        let last = packed.rows.last().copied().unwrap_or_default();
        let (own_ids, later) = self.own_ids.drain(..).partition(|row| *row <= last);
        self.own_ids = later;
        PackStep::File { packed, own_ids }
    }

    /// The users who are not in a file yet.
    pub(crate) fn rest(&mut self) -> Option<PackStep> {
        self.packer.finish().map(|packed| self.file(packed))
    }

    pub(crate) fn end(mut self, left_out: u64) -> Vec<PackStep> {
        let end = PackStep::End {
            rows: self.rows,
            left_out,
            before: self.before,
        };
        self.rest().into_iter().chain([end]).collect()
    }
}

fn there(row: usize, user: &User) -> RowNote {
    let words =
        "the look-up found a user with this e-mail in the connection, so the row was not sent";
    RowNote {
        row,
        email: user.email.clone(),
        kind: NoteKind::AlreadyThere,
        reasons: vec![("LOOKED_UP".to_string(), None, words.to_string())],
    }
}

fn unreadable(row: usize, error: &Error) -> RowNote {
    RowNote {
        row,
        email: String::new(),
        kind: NoteKind::Failed,
        reasons: vec![(NOT_SENT.to_string(), None, error.to_string())],
    }
}
