//! CSV records, one at a time, by the rules of the csv crate: a quote only opens at the beginning of a cell, and two quotes
//! within quotes are one. Unlike the csv crate, this finds a stray quote that swallows the rows after it.

use std::ops::Range;

use crate::sources::bytes::{Text, find};
use crate::sources::rows::{Fault, LONGEST_ROW, too_long, undecoded};
use crate::words::count;

const OPEN_QUOTE: &str = "; check for a quote that is left open";
/// Bytes that are read a second time at most, because a quote was found to have swallowed rows. A file in which each line
/// opens another quote would otherwise be read for hours.
const MOST_AGAIN: usize = 1 << 30;

/// A cell: a part of the record, or of what was written down apart because it has quotes within.
#[derive(Clone, Debug)]
struct Place {
    bytes: Range<usize>,
    is_apart: bool,
}

/// The places of a record's cells.
#[derive(Debug, Default)]
struct Places {
    cells: Vec<Place>,
    apart: Vec<u8>,
}

/// The cells of a record.
pub(crate) struct Record<'a> {
    pub(crate) text: &'a str,
    apart: &'a str,
    cells: &'a [Place],
}

impl<'a> Record<'a> {
    pub(crate) fn cells(&self) -> impl Iterator<Item = &'a str> {
        let (text, apart) = (self.text, self.apart);
        self.cells.iter().map(move |cell| match cell.is_apart {
            true => &apart[cell.bytes.clone()],
            false => &text[cell.bytes.clone()],
        })
    }
}

/// What is odd about the quotes of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Odd {
    /// Nothing.
    No,
    /// A quote is open where the file ends.
    Open,
    /// A backslash stands before the quote that closes a cell, and text follows: other tools write a quote so.
    Escaped,
    /// A cell has line breaks, and its closing quote is followed by text.
    GoesOn,
    /// A cell has line breaks, and what stands between them looks like rows.
    HasRows,
    /// A cell has line breaks, and the delimiter behind one.
    HasDelimiter,
}

/// How far a record goes.
#[derive(Debug, PartialEq)]
enum Scan {
    /// Its bytes with its end, and the lines it takes.
    Whole {
        bytes: usize,
        lines: usize,
        odd: Odd,
    },
    /// More of the file must be seen.
    Open { in_quotes: bool },
}

/// Records of a text, one after the other.
#[derive(Debug)]
pub(crate) struct Csv {
    text: Text,
    pub(crate) delimiter: u8,
    /// Line breaks within cells are taken, whatever stands between them.
    pub(crate) takes_breaks: bool,
    /// Cells that each record must have; 0 before that is known.
    pub(crate) width: usize,
    /// The number of the line that comes next.
    line: usize,
    places: Places,
    /// Bytes of the record that was given last, and its line.
    given: usize,
    given_line: usize,
    /// Bytes that may still be read a second time.
    again: usize,
}

impl Csv {
    pub(crate) fn of(text: Text, delimiter: u8) -> Csv {
        Csv {
            text,
            delimiter,
            takes_breaks: false,
            width: 0,
            line: 1,
            places: Places::default(),
            given: 0,
            given_line: 1,
            again: MOST_AGAIN,
        }
    }

    /// Lets the record that was given last come again.
    pub(crate) fn again(&mut self) {
        self.line = self.given_line;
        self.given = 0;
    }

    /// Steps over a line that is not part of the table.
    pub(crate) fn skip_line(&mut self) {
        let window = self.text.window();
        let end = window.iter().position(|byte| is_line_end(*byte));
        let end = end.unwrap_or(window.len());
        let is_pair = window[end..].starts_with(b"\r\n");
        self.text
            .consume((end + if is_pair { 2 } else { 1 }).min(window.len()));
        self.line += 1;
    }

    /// The next record, with the number of its first line. An empty line is not a record.
    pub(crate) fn next(&mut self) -> Option<(usize, Result<Record<'_>, Fault>)> {
        self.text.consume(std::mem::take(&mut self.given));
        let (bytes, lines, odd) = loop {
            self.skip_empty_lines();
            let is_over = self.text.is_whole();
            if is_over && self.text.window().is_empty() {
                return None;
            }
            match self
                .places
                .scan(self.text.window(), self.delimiter, self.width, is_over)
            {
                Scan::Whole { bytes, lines, odd } => break (bytes, lines, odd),
                Scan::Open { in_quotes } if self.text.window().len() > LONGEST_ROW => {
                    return Some(self.step_over_long(in_quotes));
                }
                Scan::Open { .. } => {
                    if let Err(cause) = self.text.more() {
                        return Some((self.line, Err(Fault::File(cause))));
                    }
                }
            }
        };
        let begins = self.line;
        if let Some(fault) = self.fault_of(bytes, lines, odd) {
            return Some((begins, Err(Fault::Row(fault))));
        }
        self.line += lines;
        (self.given, self.given_line) = (bytes, begins);
        let Ok(text) = std::str::from_utf8(&self.text.window()[..bytes]) else {
            let fault = undecoded(self.text.encoding);
            return Some((begins, Err(Fault::Row(fault.to_string()))));
        };
        let (cells, width) = (self.places.cells.len(), self.width);
        if width > 0 && cells != width {
            let cells = count(cells, "cell");
            let fault = format!("has {cells}, and the heading has {width}");
            return Some((begins, Err(Fault::Row(fault))));
        }
        let record = Record {
            text,
            // It is made of pieces of the text, cut at quotes.
            apart: std::str::from_utf8(&self.places.apart).unwrap_or_default(),
            cells: &self.places.cells,
        };
        Some((begins, Ok(record)))
    }

    fn skip_empty_lines(&mut self) {
        while let Some(b'\n' | b'\r') = self.text.window().first() {
            let is_pair = self.text.window().starts_with(b"\r\n");
            // The other half of an end of line may come with the next piece of the file.
            if self.text.window() == b"\r" && !self.text.is_whole() {
                return;
            }
            self.text.consume(if is_pair { 2 } else { 1 });
            self.line += 1;
        }
    }

    /// Steps over a record whose quotes are odd, or over its first line where it seems to have swallowed others.
    fn fault_of(&mut self, bytes: usize, lines: usize, odd: Odd) -> Option<String> {
        let is_faulty = match odd {
            Odd::No => false,
            Odd::Open | Odd::GoesOn | Odd::Escaped => true,
            Odd::HasRows | Odd::HasDelimiter => !self.takes_breaks,
        };
        if bytes > LONGEST_ROW {
            self.step_over(bytes, lines);
            return Some(too_long(""));
        }
        if !is_faulty {
            return None;
        }
        let swallows = !matches!(odd, Odd::HasDelimiter | Odd::Escaped) && lines > 1;
        let is_read_again = swallows && self.again > bytes;
        match is_read_again {
            true => self.step_over_first_line(bytes),
            false => self.step_over(bytes, lines),
        }
        let next = match (swallows, is_read_again) {
            (true, true) => ", and reading continues after that".to_string(),
            (true, false) => format!(", and none of its {lines} lines are read"),
            (false, _) => String::new(),
        };
        Some(match odd {
            Odd::Open => {
                format!("opens a quote that never closes{next}: close it, or write it as \"\"")
            }
            Odd::Escaped => "has a quote after a backslash in a cell: write it as \"\"".to_string(),
            Odd::GoesOn => format!(
                "opens a quote that closes in the middle of a cell, {lines} lines on{next}: close it, or write it as \"\""
            ),
            _ => format!(
                "has a cell over {lines} lines that looks like a quote left open{next}: close it, or allow such cells with ReadOptions::line_breaks"
            ),
        })
    }

    fn step_over(&mut self, bytes: usize, lines: usize) {
        self.text.consume(bytes);
        self.line += lines;
    }

    fn step_over_first_line(&mut self, bytes: usize) {
        self.again = self.again.saturating_sub(bytes);
        self.skip_line();
    }

    /// Steps over a record that is too long, or only over its first line if a quote may have swallowed rows.
    fn step_over_long(&mut self, in_quotes: bool) -> (usize, Result<Record<'_>, Fault>) {
        let begins = self.line;
        let window = self.text.window();
        let has_rows =
            self.width > 0 && looks_like_rows(&window[..LONGEST_ROW], self.delimiter, self.width);
        if in_quotes && has_rows && !self.takes_breaks && self.again > LONGEST_ROW {
            self.step_over_first_line(LONGEST_ROW);
            return (begins, Err(Fault::Row(too_long(OPEN_QUOTE))));
        }
        let fault = match self.step_over_rest() {
            Ok(()) => Fault::Row(too_long(OPEN_QUOTE)),
            Err(cause) => Fault::File(cause),
        };
        (begins, Err(fault))
    }

    /// Goes on behind a record without keeping it.
    fn step_over_rest(&mut self) -> std::io::Result<()> {
        let mut state = State::RecordStart;
        let mut is_begun = false;
        loop {
            let window = self.text.window();
            let mut taken = 0;
            for byte in window {
                if is_begun && state == State::RecordStart {
                    break;
                }
                is_begun = true;
                taken += 1;
                self.line += usize::from(*byte == b'\n');
                state = state.after(*byte, self.delimiter);
            }
            let is_done = taken < window.len();
            self.text.consume(taken);
            if is_done || !self.text.more()? {
                return Ok(());
            }
        }
    }
}

/// Whether lines after the first have as many delimiters as a row, or an `@`.
fn looks_like_rows(cell: &[u8], delimiter: u8, width: usize) -> bool {
    let lines = cell.split(|byte| is_line_end(*byte)).skip(1);
    let count = |line: &[u8]| line.iter().filter(|byte| **byte == delimiter).count();
    let mut lines = lines.filter(|line| !line.is_empty());
    lines.any(|line| has_address(line) || width > 1 && count(line) >= width - 1)
}

/// Whether something like an e-mail address is in a line.
fn has_address(line: &[u8]) -> bool {
    let is_local =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+');
    let is_domain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'.';
    let mut signs = line.iter().enumerate().filter(|(_, byte)| **byte == b'@');
    signs.any(|(at, _)| {
        let domain = &line[at + 1..];
        let end = domain
            .iter()
            .position(|byte| !is_domain(byte))
            .unwrap_or(domain.len());
        line[..at].last().is_some_and(is_local) && domain[..end].contains(&b'.')
    })
}

/// Where in a record a byte stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    RecordStart,
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote between quotes: it closes, or it is the first of two.
    QuoteInQuotes,
}

impl State {
    fn after(self, byte: u8, delimiter: u8) -> State {
        use State::*;
        match (self, byte) {
            (Quoted, b'"') => QuoteInQuotes,
            (Quoted, _) | (RecordStart | CellStart | QuoteInQuotes, b'"') => Quoted,
            (_, b'\n' | b'\r') => RecordStart,
            (_, byte) if byte == delimiter => CellStart,
            _ => Plain,
        }
    }
}

impl Places {
    /// Finds the cells of the record that the window begins with.
    fn scan(&mut self, window: &[u8], delimiter: u8, width: usize, is_over: bool) -> Scan {
        self.cells.clear();
        self.apart.clear();
        let (mut at, mut lines, mut odd) = (0, 1, Odd::No);
        loop {
            if window.get(at) == Some(&b'"') {
                let Some(quoted) = self.quoted(window, at, delimiter, is_over) else {
                    return Scan::Open { in_quotes: true };
                };
                lines += quoted.breaks;
                if odd == Odd::No && (quoted.breaks > 0 || quoted.is_open || quoted.is_escaped) {
                    odd = quoted.odd(&window[at..quoted.end], delimiter, width);
                }
                at = quoted.end;
            } else {
                let end = end_of_cell(&window[at..], delimiter).map(|end| at + end);
                let end = end.unwrap_or(window.len());
                self.cells.push(Place {
                    bytes: at..end,
                    is_apart: false,
                });
                at = end;
            }
            match window.get(at) {
                Some(byte) if *byte == delimiter => at += 1,
                Some(b'\r') if window.get(at + 1).is_none() && !is_over => {
                    return Scan::Open { in_quotes: false };
                }
                Some(b'\r') if window.get(at + 1) == Some(&b'\n') => {
                    return Scan::Whole {
                        bytes: at + 2,
                        lines,
                        odd,
                    };
                }
                Some(_) => {
                    return Scan::Whole {
                        bytes: at + 1,
                        lines,
                        odd,
                    };
                }
                None if is_over => {
                    return Scan::Whole {
                        bytes: at,
                        lines,
                        odd,
                    };
                }
                None => return Scan::Open { in_quotes: false },
            }
        }
    }

    /// Finds the end of the cell that begins with the quote here; nothing where more of the file must be seen.
    fn quoted(
        &mut self,
        window: &[u8],
        quote: usize,
        delimiter: u8,
        is_over: bool,
    ) -> Option<Quoted> {
        let apart = self.apart.len();
        let closing = self.closing(window, quote + 1, is_over)?;
        let Closing { at, mut piece, .. } = closing;
        let behind = at + usize::from(!closing.is_open);
        // Text after the closing quote belongs to the cell, as in the csv crate.
        let rest = end_of_cell(&window[behind..], delimiter).unwrap_or(window.len() - behind);
        let goes_on = rest > 0;
        let mut end = at;
        if goes_on {
            self.apart.extend_from_slice(&window[piece..at]);
            (piece, end) = (behind, behind + rest);
        }
        let is_apart = goes_on || piece > quote + 1;
        let bytes = match is_apart {
            true => {
                self.apart.extend_from_slice(&window[piece..end]);
                apart..self.apart.len()
            }
            false => piece..end,
        };
        self.cells.push(Place { bytes, is_apart });
        Some(Quoted {
            end: behind + rest,
            breaks: closing.breaks,
            goes_on,
            is_escaped: goes_on && window[at - 1] == b'\\',
            is_open: closing.is_open,
        })
    }

    /// Finds the quote that closes a cell. Up to the last of its double quotes the cell is written down apart.
    fn closing(&mut self, window: &[u8], begins: usize, is_over: bool) -> Option<Closing> {
        let mut found = Closing {
            at: begins,
            piece: begins,
            breaks: 0,
            is_open: false,
        };
        loop {
            let at = found.at;
            match (window.get(at), window.get(at + 1)) {
                (None, _) | (Some(b'"'), None) if !is_over => return None,
                (None, _) => {
                    found.is_open = true;
                    return Some(found);
                }
                (Some(b'"'), Some(b'"')) => {
                    self.apart.extend_from_slice(&window[found.piece..=at]);
                    found.at += 2;
                    found.piece = found.at;
                }
                (Some(b'"'), _) => return Some(found),
                (Some(byte), next) => {
                    // `\r\n` is one.
                    let is_break =
                        *byte == b'\n' || *byte == b'\r' && next.is_some_and(|next| *next != b'\n');
                    found.breaks += usize::from(is_break);
                    found.at += 1;
                }
            }
        }
    }
}

/// The quote that closes a cell.
struct Closing {
    at: usize,
    /// From where on the cell is not written down apart.
    piece: usize,
    breaks: usize,
    is_open: bool,
}

/// A cell in quotes.
struct Quoted {
    /// The place behind it.
    end: usize,
    breaks: usize,
    /// Text follows the closing quote.
    goes_on: bool,
    is_escaped: bool,
    is_open: bool,
}

impl Quoted {
    fn odd(&self, cell: &[u8], delimiter: u8, width: usize) -> Odd {
        if self.is_open {
            return Odd::Open;
        }
        if self.is_escaped {
            return Odd::Escaped;
        }
        if self.goes_on {
            return Odd::GoesOn;
        }
        if width > 0 && looks_like_rows(cell, delimiter, width) {
            return Odd::HasRows;
        }
        let behind = cell.iter().position(|byte| is_line_end(*byte));
        let behind = behind.map_or(&[][..], |at| &cell[at..]);
        match behind.contains(&delimiter) {
            true => Odd::HasDelimiter,
            false => Odd::No,
        }
    }
}

/// The place of the first delimiter or end of line.
fn end_of_cell(bytes: &[u8], delimiter: u8) -> Option<usize> {
    find(bytes, [delimiter, b'\n', b'\r'])
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// The records that a sample of a text has, for recognising it; the last may be cut off, and is left out then.
pub(crate) fn sample(window: &[u8], delimiter: u8, most: usize, is_over: bool) -> Vec<Vec<String>> {
    let mut places = Places::default();
    let (mut at, mut records) = (0, Vec::new());
    while records.len() < most && at < window.len() {
        if matches!(window[at], b'\n' | b'\r') {
            at += 1;
            continue;
        }
        let Scan::Whole { bytes, .. } = places.scan(&window[at..], delimiter, 0, is_over) else {
            break;
        };
        let text = String::from_utf8_lossy(&window[at..at + bytes]);
        if let std::borrow::Cow::Borrowed(text) = text {
            let record = Record {
                text,
                apart: std::str::from_utf8(&places.apart).unwrap_or_default(),
                cells: &places.cells,
            };
            records.push(record.cells().map(str::to_string).collect());
        }
        at += bytes;
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crate_records(text: &[u8]) -> Vec<Vec<String>> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text);
        let records = reader.into_records().map(Result::unwrap);
        records
            .map(|record| record.iter().map(str::to_string).collect())
            .collect()
    }

    proptest! {
        #[test]
        fn a_text_has_the_records_that_the_csv_crate_says(text in r#"[a",\r\n]{0,40}"#) {
            let mine = sample(text.as_bytes(), b',', usize::MAX, true);
            prop_assert_eq!(mine, crate_records(text.as_bytes()));
        }

        #[test]
        fn a_record_that_is_stepped_over_ends_where_it_does_when_it_is_read(text in r#"[a",\r\n]{1,40}"#) {
            let mut state = State::RecordStart;
            let pieces = text.as_bytes().split_inclusive(|byte| {
                state = state.after(*byte, b',');
                state == State::RecordStart
            });
            let apart: Vec<_> = pieces.flat_map(crate_records).collect();
            prop_assert_eq!(apart, crate_records(text.as_bytes()));
        }
    }
}
