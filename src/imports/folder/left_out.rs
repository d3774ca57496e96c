//! Rows that were not sent, in the file `left-out.jsonl`. There may be as many as the source has rows, so none is kept in
//! memory: they are written as they come, and read again one by one.
//!
//! Each line begins with a hash over itself and the lines before it, as in the journal, which says how long the file is.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::disk::metadata::How;
use crate::disk::{self, File};
use crate::error::{Error, Result};
use crate::imports::folder::owner::{Kind, Owner};
use crate::imports::journal::lines::link;
use crate::imports::journal::{LeftOutRow, LeftOutSoFar};
use crate::private_file::create_private;

pub(crate) const LEFT_OUT: &str = "left-out.jsonl";
/// Bytes of a line at most: a row of a source has 4 MiB at most, and a character of it may take six bytes in JSON.
const MOST_LINE: u64 = 32 << 20;

/// For the hash at the beginning of a line, and its end.
const ROOM_FOR_HASH: u64 = 32;

/// The file while it is written.
#[derive(Debug)]
pub(crate) struct LeftOutFile {
    file: BufWriter<File>,
    so_far: LeftOutSoFar,
    /// Rows that the journal knows of.
    told: usize,
}

impl LeftOutFile {
    pub(crate) fn create(folder: &Path) -> std::io::Result<LeftOutFile> {
        Ok(LeftOutFile {
            file: BufWriter::new(create_private(&folder.join(LEFT_OUT))?),
            so_far: LeftOutSoFar::default(),
            told: 0,
        })
    }

    /// Adds a row, which is on the disk once [`LeftOutFile::so_far`] has counted it.
    /// Of a user that a program made and that is longer than what can be read again, only the reason is kept.
    pub(crate) fn add(&mut self, row: &LeftOutRow) -> std::io::Result<()> {
        let mut json = serde_json::to_string(row)?;
        if json.len() as u64 + ROOM_FOR_HASH > MOST_LINE {
            json = serde_json::to_string(&LeftOutRow {
                note: row.note.clone(),
                user: None,
            })?;
        }
        let chain = link(&self.so_far.chain, &json);
        let line = format!("{chain} {json}\n");
        self.file.write_all(line.as_bytes())?;
        self.so_far = LeftOutSoFar {
            rows: self.so_far.rows + 1,
            last_row: row.note.row,
            bytes: self.so_far.bytes + line.len() as u64,
            chain,
        };
        Ok(())
    }

    /// Its length, if rows came that the journal does not know; they are on the disk then.
    pub(crate) fn so_far(&mut self) -> std::io::Result<Option<LeftOutSoFar>> {
        if self.told == self.so_far.rows {
            return Ok(None);
        }
        self.file.flush()?;
        self.file.get_ref().sync_data()?;
        self.told = self.so_far.rows;
        Ok(Some(self.so_far.clone()))
    }
}

/// Cuts off what the journal does not know: those rows will come again. A file that is shorter than the journal says is left as
/// it is, since reading it tells that it was changed.
pub(crate) fn cut_off(folder: &Path, so_far: &LeftOutSoFar) -> std::io::Result<()> {
    let path = folder.join(LEFT_OUT);
    let Ok(found) = disk::symlink_metadata(&path) else {
        return Ok(());
    };
    if so_far.rows == 0 {
        return disk::remove_file(&path);
    }
    if found.bytes <= so_far.bytes {
        return Ok(());
    }
    let file = File::open(&path, How::Append)?;
    file.set_len(so_far.bytes)
}

/// The rows of the file, one at a time, as far as the journal knows them. It is an error if the file was changed.
pub(crate) struct LeftOutRows {
    path: PathBuf,
    lines: Option<BufReader<File>>,
    rows: usize,
    last_row: usize,
    chain: String,
    so_far: LeftOutSoFar,
}

impl LeftOutRows {
    pub(crate) fn of(folder: &Path, owner: Owner, so_far: &LeftOutSoFar) -> Result<LeftOutRows> {
        let path = folder.join(LEFT_OUT);
        let lines = match so_far.rows {
            0 => None,
            _ => {
                owner.check(&path, Kind::File)?;
                let file = File::open(&path, How::Read)
                    .map_err(|cause| Error::run_unreadable(&path, cause))?;
                Some(BufReader::new(file))
            }
        };
        Ok(LeftOutRows {
            path,
            lines,
            rows: 0,
            last_row: 0,
            chain: String::new(),
            so_far: so_far.clone(),
        })
    }

    fn read(&mut self) -> Result<Option<LeftOutRow>> {
        let Some(lines) = self.lines.as_mut().filter(|_| self.rows < self.so_far.rows) else {
            return Ok(None);
        };
        let mut line = String::new();
        let read = std::io::Read::take(lines, MOST_LINE).read_line(&mut line);
        read.map_err(|cause| Error::run_unreadable(&self.path, cause))?;
        let changed = || Error::not_as_written(&self.path);
        let line = line.strip_suffix('\n').ok_or_else(changed)?;
        let (hash, json) = line.split_once(' ').ok_or_else(changed)?;
        if hash != link(&self.chain, json) {
            return Err(changed());
        }
        let row: LeftOutRow = serde_json::from_str(json).map_err(|_| changed())?;
        self.chain = hash.to_string();
        self.rows += 1;
        let is_last = self.rows == self.so_far.rows;
        if row.note.row <= self.last_row || is_last && self.chain != self.so_far.chain {
            return Err(changed());
        }
        self.last_row = row.note.row;
        Ok(Some(row))
    }
}

impl Iterator for LeftOutRows {
    type Item = Result<LeftOutRow>;

    fn next(&mut self) -> Option<Result<LeftOutRow>> {
        let row = self.read().transpose();
        if row.as_ref().is_some_and(Result::is_err) {
            self.lines = None;
        }
        row
    }
}
