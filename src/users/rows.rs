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

/// Why a row is not given.
#[derive(Debug)]
pub(crate) enum Fault {
    /// This row cannot be read; those after it can.
    Row(String),
    /// The file cannot be read any further.
    File(std::io::Error),
}

/// A row with the number of its first line.
type Row<T> = (usize, Result<T, Fault>);

/// Steps over a byte order mark, which Excel puts in front.
pub(crate) fn skip_byte_order_mark(reader: &mut impl BufRead) -> std::io::Result<()> {
    if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(())
}

fn too_long(hint: &str) -> String {
    let most = grouped(LONGEST_ROW);
    format!("has over {most} bytes, far more than an import takes{hint}")
}

/// Lines that are a JSON object each.
#[derive(Debug)]
pub(crate) struct Lines<R = File> {
    reader: BufReader<R>,
    line: usize,
}

impl<R: Read> Lines<R> {
    pub(crate) fn of(reader: BufReader<R>) -> Lines<R> {
        Lines { reader, line: 0 }
    }

    /// The next line that is not empty, with its number.
    pub(crate) fn next(&mut self) -> Option<Row<Map<String, Value>>> {
        loop {
            self.line += 1;
            match self.line() {
                Ok(bytes) if bytes.is_empty() => return None,
                Ok(bytes) if bytes.trim_ascii().is_empty() => {}
                Ok(bytes) => return Some((self.line, object(&bytes).map_err(Fault::Row))),
                Err(cause) => return Some((self.line, Err(Fault::File(cause)))),
            }
        }
    }

    /// A line with its end, or the first piece of one that is too long, whose rest is stepped over.
    fn line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(&mut bytes)?;
        let mut piece = bytes.len();
        let mut rest = Vec::new();
        while piece == LONGEST_ROW && !rest.ends_with(b"\n") && !bytes.ends_with(b"\n") {
            rest.clear();
            piece = self.read(&mut rest)?;
        }
        Ok(bytes)
    }

    fn read(&mut self, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
        let mut piece = self.reader.by_ref().take(LONGEST_ROW as u64);
        piece.read_until(b'\n', bytes)
    }
}

fn object(line: &[u8]) -> Result<Map<String, Value>, String> {
    if line.len() == LONGEST_ROW && !line.ends_with(b"\n") {
        return Err(too_long(""));
    }
    let text = std::str::from_utf8(line).map_err(|_| NOT_UTF8.to_string())?;
    serde_json::from_str(text)
        .map_err(|cause| format!("is not one whole JSON object (column {})", cause.column()))
}

/// Records of CSV under a heading.
#[derive(Debug)]
pub(crate) struct Records<R = File> {
    reader: Box<csv::Reader<Bounded<R>>>,
    /// Cells of the heading, which each record must have.
    width: usize,
}

impl<R: Read> Records<R> {
    /// Reads the heading: its cells, and the records that follow.
    pub(crate) fn of(reader: BufReader<R>) -> Result<(Vec<String>, Records<R>), String> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(Bounded::of(reader));
        let mut heading = csv::StringRecord::new();
        let read = reader.read_record(&mut heading);
        if reader.get_ref().is_over {
            return Err(too_long(OPEN_QUOTE));
        }
        read.map_err(|cause| match fault(cause) {
            Fault::Row(fault) => fault,
            Fault::File(cause) => format!("cannot be read: {cause}"),
        })?;
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
            let fault = match self.reader.get_mut().step_over_rest() {
                Ok(()) => Fault::Row(too_long(OPEN_QUOTE)),
                Err(cause) => Fault::File(cause),
            };
            return Some((begins, Err(fault)));
        }
        match read {
            Ok(false) => None,
            Ok(true) if record.len() != self.width => {
                let (cells, width) = (record.len(), self.width);
                let fault = format!("has {cells} cells, and the heading has {width}");
                Some((begins, Err(Fault::Row(fault))))
            }
            Ok(true) => Some((begins, Ok(record))),
            Err(cause) => Some((here, Err(fault(cause)))),
        }
    }
}

fn fault(cause: csv::Error) -> Fault {
    match cause.into_kind() {
        csv::ErrorKind::Io(cause) => Fault::File(cause),
        csv::ErrorKind::Utf8 { .. } => Fault::Row(NOT_UTF8.to_string()),
        other => Fault::Row(format!("cannot be read: {other:?}")),
    }
}

/// A file of CSV that ends, for who reads it, where a record grows longer than the limit.
#[derive(Debug)]
struct Bounded<R> {
    file: BufReader<R>,
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

impl<R: Read> Bounded<R> {
    fn of(file: BufReader<R>) -> Bounded<R> {
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

    /// Goes on behind the record that was too long.
    fn step_over_rest(&mut self) -> std::io::Result<()> {
        self.is_over = false;
        self.length = 0;
        loop {
            let bytes = self.file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(());
            }
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
                return Ok(());
            }
        }
    }
}

impl<R: Read> Read for Bounded<R> {
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

    /// Gives its bytes, then an error, then more bytes: each as often as it is told.
    struct Broken {
        bytes: &'static [u8],
        errors: usize,
    }

    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if self.bytes.is_empty() && self.errors > 0 {
                self.errors -= 1;
                self.bytes = b"c@test.edu,Cy\nd@test.edu,Di\n";
                return Err(std::io::Error::other("the disk is gone"));
            }
            self.bytes.read(out)
        }
    }

    fn broken(bytes: &'static [u8], errors: usize) -> BufReader<Broken> {
        BufReader::new(Broken { bytes, errors })
    }

    #[test]
    fn an_error_of_the_file_is_no_fault_of_a_row() {
        for errors in [1, usize::MAX] {
            let mut lines = Lines::of(broken(
                b"{\"email\":\"a@test.edu\"}\n\nno object\n{\"em",
                errors,
            ));
            assert!(matches!(lines.next(), Some((1, Ok(_)))));
            assert!(matches!(lines.next(), Some((3, Err(Fault::Row(_))))));
            assert!(matches!(lines.next(), Some((4, Err(Fault::File(_))))));

            let csv = broken(b"email,name\na@test.edu,Ada\nuneven\nb@test.edu,B", errors);
            let (_, mut records) = Records::of(csv).unwrap();
            assert!(matches!(records.next(), Some((2, Ok(_)))));
            assert!(matches!(records.next(), Some((3, Err(Fault::Row(_))))));
            assert!(matches!(records.next(), Some((4, Err(Fault::File(_))))));
        }
    }

    #[test]
    fn an_error_behind_the_beginning_of_a_long_row_is_the_files_too() {
        let long: &'static [u8] = Box::leak(vec![b'x'; LONGEST_ROW + 9].into_boxed_slice());
        assert!(matches!(
            Lines::of(broken(long, 1)).next(),
            Some((1, Err(Fault::File(_))))
        ));
        let heading = [b"email,name\n".as_slice(), long].concat();
        let (_, mut records) =
            Records::of(broken(Box::leak(heading.into_boxed_slice()), 1)).unwrap();
        assert!(matches!(records.next(), Some((2, Err(Fault::File(_))))));
    }
}
