//! A file as text in UTF-8: unpacked, decoded, and seen through a window, so that no more of it is in memory than a row.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use memchr::memchr;

use crate::error::{Error, Result};
use crate::sources::gunzip::{Gunzip, MAGIC};

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;
/// The first bytes of a file, by which its form and source are recognised.
const SAMPLE: usize = 256 << 10;
/// The bytes by which UTF-16 without a byte order mark is recognised.
const SNIFFED: usize = 4 << 10;

/// The encoding of a file's characters.
///
/// UTF-8 and UTF-16 are recognised; Latin-1 looks like many others, so you must ask for it.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// std::fs::write("old.csv", b"email,name\nada@uni.test,J\xfcrgen\n").expect("a file");
/// let options = ReadOptions::default().encoding(Encoding::Latin1);
/// let users = read_users_with("old.csv", &options)?.collect::<Result<Users>>()?;
/// assert_eq!(users[0].name.as_deref(), Some("Jürgen"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    Utf8,
    /// UTF-16, the low byte first, as Windows writes it.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Latin-1 (ISO 8859-1), read as Windows-1252, which has `€` and some quotes where Latin-1 has nothing.
    Latin1,
}

impl Encoding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le | Encoding::Utf16Be => "UTF-16",
            Encoding::Latin1 => "Latin-1",
        }
    }
}

/// What Windows-1252 writes with the bytes from 0x80 on that are controls in Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];
/// A byte that no UTF-8 has: it stands for what could not be decoded, so that its row is refused.
const UNDECODED: u8 = 0xff;

/// The text of a file, of which a window is in memory.
pub(crate) struct Text {
    from: Box<dyn Read + Send>,
    pub(crate) encoding: Encoding,
    pub(crate) is_packed: bool,
    data: Vec<u8>,
    start: usize,
    /// Bytes that are not decoded yet: half a character.
    undecoded: Vec<u8>,
    is_over: bool,
    /// Reading failed while the file was recognised; the error is reported when the file is read.
    failure: Option<io::Error>,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encoding.name())
    }
}

impl Text {
    /// Opens a file, unpacks it where it is packed, and finds out how it is encoded unless that is given.
    pub(crate) fn open(path: &Path, encoding: Option<Encoding>) -> Result<Text> {
        let unopened = |cause| Error::source_unopened(path, cause);
        let about = std::fs::metadata(path).map_err(unopened)?;
        if about.is_dir() {
            return Err(Error::source_is_a_folder(path));
        }
        if !about.is_file() {
            return Err(Error::source_is_no_file(path));
        }
        let file = File::open(path).map_err(unopened)?;
        let read = Text::new(Box::new(file), encoding);
        read.map_err(|cause| Error::source_unreadable(path, cause))
    }

    pub(crate) fn new(from: Box<dyn Read + Send>, encoding: Option<Encoding>) -> io::Result<Text> {
        let mut from = from;
        let beginning = beginning(&mut from, MAGIC.len())?;
        let is_packed = beginning == MAGIC;
        let mut from: Box<dyn Read + Send> = Box::new(io::Cursor::new(beginning).chain(from));
        if is_packed {
            from = Box::new(Gunzip::new(BufReader::with_capacity(PIECE, from)));
        }
        let mut text = Text {
            from,
            encoding: Encoding::Utf8,
            is_packed,
            data: Vec::new(),
            start: 0,
            undecoded: Vec::new(),
            is_over: false,
            failure: None,
        };
        let (sniffed, failure) = match beginning_or_less(&mut text.from, SNIFFED) {
            (sniffed, None) => (sniffed, None),
            // Nothing of it could be read; it may not be a gzip file.
            (sniffed, Some(cause)) if sniffed.is_empty() => return Err(cause),
            (sniffed, failure) => (sniffed, failure),
        };
        text.failure = failure;
        let (found, mark) = encoding_of(&sniffed);
        text.encoding = encoding.or(found).unwrap_or(Encoding::Utf8);
        let bytes = match encoding.is_none() || encoding == found {
            true => &sniffed[mark..],
            false => &sniffed[..],
        };
        text.take(bytes);
        while text.data.len() < SAMPLE && text.failure.is_none() && !text.is_over {
            if let Err(cause) = text.more() {
                text.failure = Some(cause);
            }
        }
        Ok(text)
    }

    /// What is in memory of the text from here on.
    pub(crate) fn window(&self) -> &[u8] {
        &self.data[self.start..]
    }

    /// Whether the window reaches to the end of the file.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_over
    }

    /// Steps over some of the window.
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Makes the window longer; false at the end of the file.
    pub(crate) fn more(&mut self) -> io::Result<bool> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if self.is_over {
            return Ok(false);
        }
        if self.start > 0 {
            self.data.drain(..self.start);
            self.start = 0;
        }
        // As much again as there is, so that a long row is looked through a few times only.
        let wanted = PIECE.max(self.data.len());
        if self.encoding == Encoding::Utf8 {
            let end = self.data.len();
            self.data.resize(end + wanted, 0);
            let read = fill(&mut self.from, &mut self.data[end..]);
            // Also after a failure: the bytes after it do not belong to the file.
            self.data.truncate(end + read.0);
            self.note(read)?;
        } else {
            let mut piece = vec![0; wanted];
            let read = fill(&mut self.from, &mut piece);
            let filled = self.note(read)?;
            self.take(&piece[..filled]);
        }
        Ok(true)
    }

    /// Notes how a piece was read, and gives its length. What came before a failure is given first.
    fn note(&mut self, (filled, end): (usize, io::Result<bool>)) -> io::Result<usize> {
        match end {
            Ok(is_over) => self.is_over = is_over,
            Err(cause) if filled > 0 => self.failure = Some(cause),
            Err(cause) => return Err(cause),
        }
        Ok(filled)
    }

    /// Finds the end of the line that the window begins with. One that is longer than that is stepped over.
    pub(crate) fn line(&mut self, most: usize) -> io::Result<Line> {
        let mut seen = 0;
        let mut is_long = false;
        loop {
            let window = self.window();
            let end = memchr(b'\n', &window[seen..]);
            match end.map(|end| seen + end + 1) {
                Some(end) if is_long || end > most + 1 => {
                    self.consume(end);
                    return Ok(Line::TooLong);
                }
                Some(end) => return Ok(Line::Whole(end)),
                None => seen = window.len(),
            }
            if seen > most {
                is_long = true;
                self.consume(seen);
                seen = 0;
            }
            if !self.more()? {
                let rest = self.window().len();
                return Ok(match (is_long, rest) {
                    (true, rest) => {
                        self.consume(rest);
                        Line::TooLong
                    }
                    (false, 0) => Line::None,
                    (false, rest) => Line::Whole(rest),
                });
            }
        }
    }

    /// Appends bytes of the file to the window, in UTF-8.
    fn take(&mut self, bytes: &[u8]) {
        match self.encoding {
            Encoding::Utf8 => self.data.extend_from_slice(bytes),
            Encoding::Latin1 => {
                let text: String = bytes.iter().map(|byte| latin1(*byte)).collect();
                self.data.extend_from_slice(text.as_bytes());
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let mut undecoded = std::mem::take(&mut self.undecoded);
                undecoded.extend_from_slice(bytes);
                let is_low_first = self.encoding == Encoding::Utf16Le;
                let decoded = utf16(&undecoded, is_low_first, self.is_over, &mut self.data);
                self.undecoded = undecoded[decoded..].to_vec();
            }
        }
    }
}

/// Fills a piece as far as the file goes: how many bytes, and whether the file is at its end.
fn fill(from: &mut impl Read, piece: &mut [u8]) -> (usize, io::Result<bool>) {
    let mut filled = 0;
    while filled < piece.len() {
        match from.read(&mut piece[filled..]) {
            Ok(0) => return (filled, Ok(true)),
            Ok(read) => filled += read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return (filled, Err(cause)),
        }
    }
    (filled, Ok(false))
}

/// The place of the first of three bytes, looked for eight bytes at a time.
pub(crate) fn find(bytes: &[u8], wanted: [u8; 3]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let wanted_words = wanted.map(|byte| u64::from(byte) * ONES);
    // The lowest byte in which this is set is the first that is the same as in `other`.
    let same = |word: u64, other: u64| {
        let differs = word ^ other;
        differs.wrapping_sub(ONES) & !differs & HIGHS
    };
    let (eights, rest) = bytes.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        let word = u64::from_le_bytes(*eight);
        let found =
            same(word, wanted_words[0]) | same(word, wanted_words[1]) | same(word, wanted_words[2]);
        if found != 0 {
            return Some(8 * index + found.trailing_zeros() as usize / 8);
        }
    }
    let rest = rest.iter().position(|byte| wanted.contains(byte));
    rest.map(|at| 8 * eights.len() + at)
}

/// A line that was looked for.
pub(crate) enum Line {
    /// Its bytes with its end, which are in the window.
    Whole(usize),
    TooLong,
    /// The file is at its end.
    None,
}

fn latin1(byte: u8) -> char {
    match byte {
        0x80..0xa0 => WINDOWS[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

/// Decodes as many bytes as are whole characters, and gives their number.
fn utf16(bytes: &[u8], is_low_first: bool, is_over: bool, out: &mut Vec<u8>) -> usize {
    let unit = |pair: &[u8]| match is_low_first {
        true => u16::from_le_bytes([pair[0], pair[1]]),
        false => u16::from_be_bytes([pair[0], pair[1]]),
    };
    let mut whole = bytes.len() / 2 * 2;
    // The first half of a pair waits for the second.
    if whole >= 2 && !is_over && (0xd800..0xdc00).contains(&unit(&bytes[whole - 2..])) {
        whole -= 2;
    }
    for decoded in char::decode_utf16(bytes[..whole].chunks_exact(2).map(unit)) {
        match decoded {
            Ok(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(_) => out.push(UNDECODED),
        }
    }
    if is_over && whole < bytes.len() {
        out.push(UNDECODED);
        return bytes.len();
    }
    whole
}

/// The encoding that the first bytes tell, and how many of them are its mark.
fn encoding_of(bytes: &[u8]) -> (Option<Encoding>, usize) {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => return (Some(Encoding::Utf8), 3),
        [0xff, 0xfe, ..] => return (Some(Encoding::Utf16Le), 2),
        [0xfe, 0xff, ..] => return (Some(Encoding::Utf16Be), 2),
        _ => {}
    }
    // Letters of Europe have a byte of nothing each in UTF-16, all on the same side.
    let zeros = |side: usize| {
        bytes
            .iter()
            .skip(side)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (high, low) = (zeros(1), zeros(0));
    let most = bytes.len() / 4;
    if bytes.len() >= 4 && high > most && low == 0 {
        (Some(Encoding::Utf16Le), 0)
    } else if bytes.len() >= 4 && low > most && high == 0 {
        (Some(Encoding::Utf16Be), 0)
    } else {
        (None, 0)
    }
}

fn beginning(from: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    match beginning_or_less(from, most) {
        (bytes, None) => Ok(bytes),
        (_, Some(cause)) => Err(cause),
    }
}

/// The first bytes, as many as are asked for unless the file ends before or cannot be read.
fn beginning_or_less(from: &mut impl Read, most: usize) -> (Vec<u8>, Option<io::Error>) {
    let mut bytes = Vec::new();
    let read = from.take(most as u64).read_to_end(&mut bytes);
    (bytes, read.err())
}
