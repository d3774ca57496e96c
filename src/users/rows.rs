//! The rows of a file of users, one after the other: lines of JSON, or records of CSV. None is longer than a limit,
//! whatever the file holds, so that memory stays bounded.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value};

use crate::words::grouped;

/// Bytes of the longest row that is read: no user of that size could be imported (see `MAX_UPLOAD_BYTES`).
const LONGEST_ROW: usize = 4 * 1024 * 1024;
/// Columns of the widest table that is read: an import takes 17 fields, and metadata many more hardly.
const MOST_COLUMNS: usize = 1_000;
const NOT_UTF8: &str = "is not UTF-8 (Latin-1, perhaps): save the file as UTF-8";
const OPEN_QUOTE: &str = "; is a quote left open?";

/// What is wrong with a row.
type Fault = String;
/// A row with the number of its first line.
type Row<T> = (usize, Result<T, Fault>);

/// Steps over a byte order mark, which Excel puts in front.
pub(crate) fn skip_byte_order_mark(reader: &mut BufReader<File>) -> std::io::Result<()> {
    if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(())
}

fn too_long(hint: &str) -> Fault {
    let most = grouped(LONGEST_ROW);
    format!("has over {most} bytes, far more than an import takes{hint}")
}

/// Lines that are a JSON object each.
#[derive(Debug)]
pub(crate) struct Lines {
    reader: BufReader<File>,
    line: usize,
}

impl Lines {
    pub(crate) fn of(reader: BufReader<File>) -> Lines {
        Lines { reader, line: 0 }
    }

    /// The next line that is not empty, with its number.
    pub(crate) fn next(&mut self) -> Option<Row<Map<String, Value>>> {
        loop {
            self.line += 1;
            let mut bytes = Vec::new();
            match self.read(&mut bytes) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(cause) => return Some((self.line, Err(format!("cannot be read: {cause}")))),
            }
            if bytes.len() == LONGEST_ROW && !bytes.ends_with(b"\n") {
                self.step_over_rest();
                return Some((self.line, Err(too_long(""))));
            }
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let Ok(text) = std::str::from_utf8(&bytes) else {
                return Some((self.line, Err(NOT_UTF8.to_string())));
            };
            let fields = serde_json::from_str(text).map_err(|cause| {
                format!("is not one whole JSON object (column {})", cause.column())
            });
            return Some((self.line, fields));
        }
    }

    /// A line, or the first piece of it.
    fn read(&mut self, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
        let mut piece = self.reader.by_ref().take(LONGEST_ROW as u64);
        piece.read_until(b'\n', bytes)
    }

    fn step_over_rest(&mut self) {
        let mut piece = Vec::new();
        while self
            .read(&mut piece)
            .is_ok_and(|count| count == LONGEST_ROW)
            && !piece.ends_with(b"\n")
        {
            piece.clear();
        }
    }
}

/// Records of CSV under a heading.
#[derive(Debug)]
pub(crate) struct Records {
    reader: Box<csv::Reader<Bounded>>,
    /// Cells of the heading, which each record must have.
    width: usize,
}

impl Records {
    /// Reads the heading: its cells, and the records that follow.
    pub(crate) fn of(reader: BufReader<File>) -> Result<(Vec<String>, Records), Fault> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(Bounded::of(reader));
        let mut heading = csv::StringRecord::new();
        let read = reader.read_record(&mut heading);
        if reader.get_ref().is_over {
            return Err(too_long(OPEN_QUOTE));
        }
        read.map_err(|cause| fault(&cause))?;
        let width = heading.len();
        if width > MOST_COLUMNS {
            let (columns, most) = (grouped(width), grouped(MOST_COLUMNS));
            return Err(format!(
                "has {columns} columns, and {most} are the most that are read"
            ));
        }
        let cells = heading.iter().map(|cell| cell.trim().to_string()).collect();
        let reader = Box::new(reader);
        Ok((cells, Records { reader, width }))
    }

    /// The next record, with the number of its first line.
    pub(crate) fn next(&mut self) -> Option<Row<csv::StringRecord>> {
        let mut record = csv::StringRecord::new();
        let skipped = self.reader.get_ref().lines_skipped;
        let line = |position: &csv::Position| position.line() as usize + skipped;
        let here = line(self.reader.position());
        let read = self.reader.read_record(&mut record);
        let begins = record.position().map_or(here, line);
        if self.reader.get_ref().is_over {
            self.reader.get_mut().step_over_rest();
            return Some((begins, Err(too_long(OPEN_QUOTE))));
        }
        match read {
            Ok(false) => None,
            Ok(true) if record.len() != self.width => {
                let (cells, width) = (record.len(), self.width);
                let fault = format!("has {cells} cells, and the heading has {width}");
                Some((begins, Err(fault)))
            }
            Ok(true) => Some((begins, Ok(record))),
            Err(cause) => Some((here, Err(fault(&cause)))),
        }
    }
}

fn fault(cause: &csv::Error) -> Fault {
    match cause.kind() {
        csv::ErrorKind::Utf8 { .. } => NOT_UTF8.to_string(),
        other => format!("cannot be read: {other:?}"),
    }
}

/// A file of CSV that ends, for who reads it, where a record grows longer than the limit.
#[derive(Debug)]
struct Bounded {
    file: BufReader<File>,
    place: Place,
    /// Bytes of the record so far.
    length: usize,
    is_over: bool,
    lines_skipped: usize,
}

/// Where in a record a byte stands, by the rules that the csv crate reads by: a quote opens at the beginning of a
/// cell alone.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    RecordStart,
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote between quotes: it closes, or it is the first of two.
    QuoteInQuotes,
}

impl Place {
    fn after(self, byte: u8) -> Place {
        use Place::*;
        match (self, byte) {
            (Quoted, b'"') => QuoteInQuotes,
            (Quoted, _) | (RecordStart | CellStart | QuoteInQuotes, b'"') => Quoted,
            (_, b'\n' | b'\r') => RecordStart,
            (_, b',') => CellStart,
            _ => Plain,
        }
    }
}

impl Bounded {
    fn of(file: BufReader<File>) -> Bounded {
        Bounded {
            file,
            place: Place::RecordStart,
            length: 0,
            is_over: false,
            lines_skipped: 0,
        }
    }

    /// How many of these bytes belong to records that are not too long.
    fn fitting(&mut self, bytes: &[u8]) -> usize {
        for (index, byte) in bytes.iter().enumerate() {
            if self.length == LONGEST_ROW {
                self.is_over = true;
                return index;
            }
            self.place = self.place.after(*byte);
            self.length = match self.place {
                Place::RecordStart => 0,
                _ => self.length + 1,
            };
        }
        bytes.len()
    }

    /// Goes on behind the record that was too long. An error is met again by who reads on.
    fn step_over_rest(&mut self) {
        self.is_over = false;
        self.length = 0;
        while let Ok(bytes @ [_, ..]) = self.file.fill_buf() {
            let mut taken = 0;
            for byte in bytes {
                taken += 1;
                self.lines_skipped += usize::from(*byte == b'\n');
                self.place = self.place.after(*byte);
                if self.place == Place::RecordStart {
                    break;
                }
            }
            self.file.consume(taken);
            if self.place == Place::RecordStart {
                return;
            }
        }
    }
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.is_over {
            return Ok(0);
        }
        let bytes = self.file.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        let count = self.fitting(&out[..count]);
        self.file.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Vec<csv::ByteRecord> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text);
        reader.into_byte_records().map(Result::unwrap).collect()
    }

    proptest! {
        #[test]
        fn a_record_ends_where_the_csv_crate_says(text in r#"[a",\r\n]{0,40}"#) {
            let mut place = Place::RecordStart;
            let pieces = text.as_bytes().split_inclusive(|byte| {
                place = place.after(*byte);
                place == Place::RecordStart
            });
            let apart: Vec<_> = pieces.flat_map(read).collect();
            prop_assert_eq!(apart, read(text.as_bytes()));
        }
    }
}
