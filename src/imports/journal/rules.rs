//! What a line of a journal may say after the earlier lines.
//!
//! The hashes of a journal show that it is not damaged. They do not show that a run wrote it, since anybody who makes a journal
//! can make its hashes too. So each line is checked against the order in which a run works before its numbers are used.

use crate::connections::ConnectionId;
use crate::imports::journal::{Entry, FileEnd, LeftOutSoFar, RowRuns, holds};
use crate::imports::options::ImportOptions;
use crate::jobs::JobId;
use crate::jobs::upload::MAX_UPLOAD_BYTES;

/// Users in a file: none is shorter than `{"email":"a@b"},`.
const MOST_USERS: usize = MAX_UPLOAD_BYTES / 16;
/// The last millisecond of the year 9999: later times are impossible.
const LAST_TIME: u64 = 253_402_300_799_999;
/// Rows of a source: more than any has. What counts rows is added up, so all of it has this limit.
const MOST_ROWS: usize = 1_000_000_000_000;

/// What the lines read so far have said.
#[derive(Default)]
pub(crate) struct Rules {
    lines: usize,
    begun: bool,
    files: Vec<FileSoFar>,
    /// The rows that were left out, in order.
    left_out: Vec<usize>,
    /// How many of them are in a file of their own, and the last.
    left_out_apart: (usize, usize),
    sealed: bool,
}

struct FileSoFar {
    rows: RowRuns,
    users: usize,
    /// Whether an upload was begun, with nothing recorded about it yet.
    sending: bool,
    /// Uploads that may have been taken.
    uploads: usize,
    accepted: bool,
    done: bool,
    /// The rows that are noted, of a file that is done.
    noted: Vec<usize>,
    looked: bool,
}

/// What is wrong, as the end of a sentence.
type Checked<T = ()> = Result<T, String>;

impl Rules {
    /// Takes the next line, unless no run could have written it after those before.
    pub(crate) fn take(&mut self, entry: &Entry) -> Checked {
        self.lines += 1;
        let is_version = matches!(entry, Entry::Version(_));
        hold(is_version == (self.lines == 1), || {
            "a journal gives its version once, at its beginning".to_string()
        })?;
        let is_begun = matches!(entry, Entry::Begun { .. });
        hold(is_version || self.begun != is_begun, || {
            "a run begins once, before everything else".to_string()
        })?;
        match entry {
            Entry::Version(_) => Ok(()),
            Entry::Begun {
                domain,
                connection_id,
                options,
                at,
                ..
            } => {
                self.begun = true;
                time(at.unwrap_or_default())?;
                begun(domain, connection_id, options)
            }
            Entry::Packed {
                file,
                rows,
                given_ids,
                ..
            } => self.packed(*file, rows, given_ids),
            Entry::LeftOut(row) => self.left_out(row.note.row),
            Entry::LeftOutSoFar(so_far) => self.left_out_so_far(so_far),
            Entry::Sealed {
                rows,
                left_out,
                before,
            } => self.sealed(*rows, *left_out, *before),
            Entry::Sending { file, at } => {
                let state = self.open_file(*file)?;
                state.sending = true;
                state.uploads += 1;
                time(*at)
            }
            Entry::NotTaken { file } => self.not_taken(*file),
            Entry::Accepted { file, job, at, .. } => {
                let state = self.open_file(*file)?;
                let was_sending = std::mem::take(&mut state.sending);
                state.accepted = true;
                hold(was_sending, || format!("file {file} was not being sent"))?;
                hold(JobId::of(job).is_some(), || {
                    "that is not a job id".to_string()
                })?;
                time(*at)
            }
            Entry::Done(end) => self.done(end),
            Entry::Looked { file, came_in, .. } => self.looked(*file, came_in),
            Entry::Removed(_) => hold(self.files.iter().all(|file| file.done), || {
                "users are removed when all files are done".to_string()
            }),
        }
    }

    fn not_taken(&mut self, file: usize) -> Checked {
        let state = self.open_file(file)?;
        let was_sending = std::mem::take(&mut state.sending);
        state.uploads = state.uploads.saturating_sub(1);
        hold(was_sending, || format!("file {file} was not being sent"))
    }

    fn packed(&mut self, file: usize, rows: &RowRuns, given: &[usize]) -> Checked {
        hold(!self.sealed, || {
            "all users had already been read".to_string()
        })?;
        let next = self.files.len() + 1;
        hold(file == next, || {
            format!("the next file is number {next}, not {file}")
        })?;
        let users = in_order(rows, self.last_packed())?;
        hold((1..=MOST_USERS).contains(&users), || {
            format!("a file holds 1 to {MOST_USERS} users, not {users}")
        })?;
        let later = self
            .left_out
            .partition_point(|row| *row <= self.last_packed());
        let end = rows.last().map_or(0, |(first, count)| first + (count - 1));
        let left_out = self.left_out[later..].iter();
        for &row in left_out.take_while(|row| **row <= end) {
            hold(!holds(rows, row), || format!("row {row} was left out"))?;
        }
        rising(given.iter().copied())?;
        for &row in given {
            hold(holds(rows, row), || {
                format!("row {row} is not in file {file}")
            })?;
        }
        self.files.push(FileSoFar {
            rows: rows.clone(),
            users,
            sending: false,
            uploads: 0,
            accepted: false,
            done: false,
            noted: Vec::new(),
            looked: false,
        });
        Ok(())
    }

    fn left_out(&mut self, row: usize) -> Checked {
        hold(!self.sealed, || {
            "all users had already been read".to_string()
        })?;
        let last = self.left_out.last().copied().unwrap_or(0);
        hold(row > last.max(self.last_packed()), || {
            format!("row {row} was recorded before")
        })?;
        self.left_out.push(row);
        possible(row)
    }

    fn left_out_so_far(&mut self, so_far: &LeftOutSoFar) -> Checked {
        hold(!self.sealed, || {
            "all users had already been read".to_string()
        })?;
        let (rows, last_row) = self.left_out_apart;
        let more = so_far.rows.saturating_sub(rows);
        let fits = more > 0 && so_far.last_row.saturating_sub(last_row) >= more;
        hold(fits, || {
            format!("{} left-out rows were recorded before", so_far.rows)
        })?;
        self.left_out_apart = (so_far.rows, so_far.last_row);
        possible(so_far.last_row)
    }

    fn sealed(&mut self, rows: usize, left_out: u64, before: usize) -> Checked {
        possible(usize::try_from(left_out).unwrap_or(usize::MAX))?;
        possible(before)?;
        hold(!self.sealed, || "it was recorded before".to_string())?;
        self.sealed = true;
        let users: usize = self.files.iter().map(|file| file.users).sum();
        let told = users + self.left_out.len() + self.left_out_apart.0 + before;
        hold(rows == told, || {
            format!("{rows} rows were read, but {told} were packed or left out")
        })
    }

    fn done(&mut self, end: &FileEnd) -> Checked {
        let file = end.file;
        let state = self.open_file(file)?;
        state.done = true;
        hold(state.accepted || state.uploads > 0, || {
            format!("file {file} was never sent")
        })?;
        rising(end.notes.iter().map(|note| note.row))?;
        for note in &end.notes {
            let row = note.row;
            hold(holds(&state.rows, row), || {
                format!("row {row} is not in file {file}")
            })?;
        }
        in_order(&end.updated_rows, 0)?;
        for &(first, count) in &end.updated_rows {
            let inside = holds(&state.rows, first) && holds(&state.rows, first + (count - 1));
            hold(inside, || format!("row {first} is not in file {file}"))?;
        }
        let told = end.inserted.checked_add(end.updated);
        let told = told.and_then(|told| told.checked_add(end.notes.len() as u64));
        hold(told == Some(state.users as u64), || {
            format!(
                "file {file} has {} users, and another number of them is accounted for",
                state.users
            )
        })?;
        state.noted = end.notes.iter().map(|note| note.row).collect();
        time(end.at)?;
        time(end.seen_at.unwrap_or_default().unsigned_abs())
    }

    fn looked(&mut self, file: usize, came_in: &RowRuns) -> Checked {
        let state = file.checked_sub(1).and_then(|at| self.files.get_mut(at));
        let state = state.filter(|state| state.done && !state.looked);
        let state =
            state.ok_or_else(|| format!("file {file} did not have to be looked at again"))?;
        state.looked = true;
        let rows = in_order(came_in, 0)?;
        let noted = state.noted.iter().filter(|row| holds(came_in, **row));
        hold(noted.count() == rows, || {
            format!("a row of file {file} that was imported was imported again")
        })
    }

    /// A file that is packed and not done.
    fn open_file(&mut self, file: usize) -> Checked<&mut FileSoFar> {
        let count = self.files.len();
        let state = file.checked_sub(1).and_then(|at| self.files.get_mut(at));
        let state = state.ok_or_else(|| format!("there is no file {file} among {count}"))?;
        hold(!state.done, || format!("file {file} is done"))?;
        Ok(state)
    }

    /// The last row of the last file.
    fn last_packed(&self) -> usize {
        let last = self.files.last().and_then(|file| file.rows.last());
        last.map_or(0, |(first, count)| first + (count - 1))
    }
}

fn begun(domain: &str, connection_id: &str, options: &ImportOptions) -> Checked {
    // It is shown, so nothing but a host may stand there.
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    hold(!domain.is_empty() && domain.chars().all(fits), || {
        "it names no tenant".to_string()
    })?;
    hold(ConnectionId::new(connection_id).is_ok(), || {
        "it names no connection".to_string()
    })?;
    hold(options.slots > 0, || "a run needs a slot".to_string())?;
    // What `requests_per_second` lets through, and room for how a number is written and read.
    hold((0.01..=1e6).contains(&options.requests_per_second), || {
        "no run sends that many requests a second".to_string()
    })
}

/// How many rows the runs have, which rise from after `last` and do not overlap.
fn in_order(runs: &RowRuns, mut last: usize) -> Checked<usize> {
    let mut all = 0_usize;
    for &(first, count) in runs {
        hold(first > last && count > 0, || {
            format!("its rows are out of order at row {first}")
        })?;
        let end = first.checked_add(count - 1);
        last = end.ok_or_else(|| format!("there are no {count} rows from row {first} on"))?;
        possible(last)?;
        // No more than the last row's number, so this cannot overflow.
        all += count;
    }
    Ok(all)
}

fn rising(rows: impl IntoIterator<Item = usize>) -> Checked {
    let mut last = 0;
    for row in rows {
        hold(row > last, || {
            format!("its rows are out of order at row {row}")
        })?;
        last = row;
    }
    Ok(())
}

fn possible(rows: usize) -> Checked {
    hold(rows <= MOST_ROWS, || {
        "no file has that many rows".to_string()
    })
}

fn time(at: u64) -> Checked {
    hold(at <= LAST_TIME, || "that time has not come yet".to_string())
}

fn hold(is_so: bool, else_why: impl FnOnce() -> String) -> Checked {
    if is_so { Ok(()) } else { Err(else_why()) }
}
