//! Unpacking gzip (RFC 1952): a file as it is read, or one that is in memory.

use std::io::{self, BufRead, Read};

use miniz_oxide::inflate::stream::{InflateState, MinReset, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use crate::words::grouped;

/// What a gzip file begins with.
pub(crate) const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The most bytes that are unpacked in memory: a few million users, and no more than a laptop can handle.
const MOST_BYTES: u64 = 1 << 30;
/// How many times its size a file may unpack to. Users' data shrink to about a tenth, since each user has a different id; a
/// file that shrinks far more was made to fill the memory.
const MOST_RATIO: u64 = 200;
/// Bytes that even the smallest file may unpack to.
const ALWAYS_BYTES: u64 = 8 << 20;
/// Parts of a file: each costs time, also when it is empty.
const MOST_PARTS: usize = 100_000;

const DAMAGED: &str = "the file is cut off or damaged";

/// What is in a packed file, as it is unpacked. The file may have several parts, which follow each other.
pub(crate) struct Gunzip<R> {
    packed: R,
    state: Box<InflateState>,
    stage: Stage,
    sum: Crc32,
    /// Bytes of this part, of all, and what they were unpacked from.
    part: u64,
    given: u64,
    taken: u64,
    parts: usize,
    most: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Header,
    Body,
    Trailer,
}

impl<R: BufRead> Gunzip<R> {
    pub(crate) fn new(packed: R) -> Gunzip<R> {
        Gunzip {
            packed,
            state: InflateState::new_boxed(DataFormat::Raw),
            stage: Stage::Header,
            sum: Crc32::new(),
            part: 0,
            given: 0,
            taken: 0,
            parts: 0,
            most: u64::MAX,
        }
    }

    fn byte(&mut self) -> io::Result<u8> {
        let byte = *self.packed.fill_buf()?.first().ok_or_else(damaged)?;
        self.packed.consume(1);
        self.taken += 1;
        Ok(byte)
    }

    /// Steps over the header of a part; false where there is no other part.
    fn header(&mut self) -> io::Result<bool> {
        const HAS_CHECKSUM: u8 = 2;
        const HAS_EXTRA: u8 = 4;
        const HAS_NAME: u8 = 8;
        const HAS_COMMENT: u8 = 16;
        if self.packed.fill_buf()?.is_empty() {
            return Ok(false);
        }
        self.parts += 1;
        if self.parts > MOST_PARTS {
            let most = grouped(MOST_PARTS);
            return Err(io::Error::other(format!(
                "the file has over {most} gzip parts, which is the most that is unpacked"
            )));
        }
        for wanted in [MAGIC[0], MAGIC[1], 8] {
            if self.byte()? != wanted {
                let fact = if self.parts == 1 {
                    "it is not a gzip file"
                } else {
                    DAMAGED
                };
                return Err(io::Error::new(io::ErrorKind::InvalidData, fact));
            }
        }
        let flags = self.byte()?;
        for _ in 0..6 {
            self.byte()?;
        }
        if flags & HAS_EXTRA != 0 {
            let length = u16::from_le_bytes([self.byte()?, self.byte()?]);
            for _ in 0..length {
                self.byte()?;
            }
        }
        for text in [HAS_NAME, HAS_COMMENT] {
            while flags & text != 0 && self.byte()? != 0 {}
        }
        if flags & HAS_CHECKSUM != 0 {
            self.byte()?;
            self.byte()?;
        }
        self.state.reset_as(MinReset);
        self.sum = Crc32::new();
        self.part = 0;
        Ok(true)
    }

    /// Unpacks some bytes, or comes to the end of a part.
    fn body(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let packed = self.packed.fill_buf()?;
        let is_over = packed.is_empty();
        let made = inflate(&mut self.state, packed, out, MZFlush::None);
        self.packed.consume(made.bytes_consumed);
        self.taken += made.bytes_consumed as u64;
        self.part += made.bytes_written as u64;
        self.given += made.bytes_written as u64;
        self.sum.add(&out[..made.bytes_written]);
        match made.status {
            Ok(MZStatus::StreamEnd) => self.stage = Stage::Trailer,
            Ok(_) if is_over && made.bytes_written == 0 => return Err(damaged()),
            Ok(_) => {}
            Err(_) if made.bytes_written > 0 => {}
            Err(_) => return Err(damaged()),
        }
        let most = self
            .most
            .min(ALWAYS_BYTES.max(MOST_RATIO.saturating_mul(self.taken)));
        if self.given > most {
            return Err(io::Error::other(format!(
                "the file unpacks to over {} bytes, which is the most that is unpacked from a file of its size",
                grouped(most)
            )));
        }
        Ok(made.bytes_written)
    }

    fn trailer(&mut self) -> io::Result<()> {
        let mut trailer = [0; 8];
        for byte in &mut trailer {
            *byte = self.byte()?;
        }
        let (checksum, length) = trailer.split_at(4);
        // Lengths are given modulo 2^32.
        let is_whole = checksum == self.sum.value().to_le_bytes()
            && length == (self.part as u32).to_le_bytes();
        is_whole.then_some(()).ok_or_else(damaged)
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !out.is_empty() {
            match self.stage {
                Stage::Header => {
                    if !self.header()? {
                        return Ok(0);
                    }
                    self.stage = Stage::Body;
                }
                Stage::Body => match self.body(out)? {
                    0 => {}
                    given => return Ok(given),
                },
                Stage::Trailer => {
                    self.trailer()?;
                    self.stage = Stage::Header;
                }
            }
        }
        Ok(0)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, DAMAGED)
}

/// What is in a file that is in memory.
pub(crate) fn gunzip(file: &[u8]) -> Result<Vec<u8>, String> {
    let mut packed = Gunzip::new(file);
    packed.most = MOST_BYTES;
    let mut out = Vec::new();
    let read = packed.read_to_end(&mut out);
    read.map(|_| out).map_err(|cause| cause.to_string())
}

/// gzip's checksum, eight bytes at a time.
struct Crc32(u32);

/// The table of one byte, then those of a byte with one to seven bytes of nothing behind it.
const CRC_TABLES: &[[u32; 256]; 8] = &crc_tables();

const fn crc_tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut index = 0;
    while index < 256 {
        let (mut value, mut bit) = (index as u32, 0);
        while bit < 8 {
            value = (value >> 1) ^ (0xedb8_8320 & (value & 1).wrapping_neg());
            bit += 1;
        }
        tables[0][index] = value;
        index += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut index = 0;
        while index < 256 {
            let before = tables[table - 1][index];
            tables[table][index] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            index += 1;
        }
        table += 1;
    }
    tables
}

impl Crc32 {
    fn new() -> Crc32 {
        Crc32(!0)
    }

    fn add(&mut self, bytes: &[u8]) {
        let mut sum = self.0;
        let mut eights = bytes.chunks_exact(8);
        for eight in &mut eights {
            let low = sum ^ u32::from_le_bytes([eight[0], eight[1], eight[2], eight[3]]);
            let bytes = low
                .to_le_bytes()
                .into_iter()
                .chain(eight[4..].iter().copied());
            let parts = bytes.zip(CRC_TABLES.iter().rev());
            sum = parts.fold(0, |sum, (byte, table)| sum ^ table[usize::from(byte)]);
        }
        for byte in eights.remainder() {
            sum = (sum >> 8) ^ CRC_TABLES[0][usize::from(sum as u8 ^ byte)];
        }
        self.0 = sum;
    }

    fn value(&self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'anna@uni.test\nanna@uni.test\n'`, packed by the gzip program; then as a file with a name.
    const PLAIN: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xcc\xcb\x4b\x74\x28\x49\x2d\x2e\xd1\x4b\x4d\x29\xe5\x4a\x44\xe1\x01\x00\x63\x77\xf1\x61\x1c\x00\x00\x00";
    const NAMED: &[u8] = b"\x1f\x8b\x08\x08\x00\xe1\x0b\x5e\x02\x03users.ndjson\x00\x4b\xcc\xcb\x4b\x74\x28\x49\x2d\x2e\xd1\x4b\x4d\x29\xe5\x4a\x44\xe1\x01\x00\x63\x77\xf1\x61\x1c\x00\x00\x00";
    const TEXT: &str = "anna@uni.test\nanna@uni.test\n";

    #[test]
    fn what_the_gzip_program_packs_is_unpacked() {
        assert_eq!(gunzip(PLAIN).unwrap(), TEXT.as_bytes());
        assert_eq!(gunzip(NAMED).unwrap(), TEXT.as_bytes());
        let both = [PLAIN, NAMED].concat();
        assert_eq!(gunzip(&both).unwrap(), TEXT.repeat(2).as_bytes());
        assert_eq!(gunzip(b"").unwrap(), b"");
    }

    #[test]
    fn damage_is_seen_at_every_byte() {
        for end in 1..NAMED.len() {
            assert!(gunzip(&NAMED[..end]).is_err(), "cut off at {end}");
        }
        // Not the flags, the time and the system, nor the padding before the checksum, which nothing covers.
        for place in (0..3).chain(10..28).chain(29..PLAIN.len()) {
            let mut damaged = PLAIN.to_vec();
            damaged[place] ^= 0x10;
            assert!(gunzip(&damaged).is_err(), "changed at {place}");
        }
        assert!(
            gunzip(b"{\"email\"")
                .unwrap_err()
                .starts_with("it is not a gzip file")
        );
    }

    /// A file of one part, as deflate packs it best.
    fn packed(bytes: &[u8]) -> Vec<u8> {
        let deflated = miniz_oxide::deflate::compress_to_vec(bytes, 9);
        let mut sum = Crc32::new();
        sum.add(bytes);
        let checksum = sum.value().to_le_bytes();
        let length = (bytes.len() as u32).to_le_bytes();
        [&PLAIN[..10], &deflated, &checksum, &length].concat()
    }

    #[test]
    fn what_unpacks_to_far_more_than_its_size_is_refused() {
        let fits = vec![b'x'; ALWAYS_BYTES as usize];
        assert_eq!(gunzip(&packed(&fits)).unwrap(), fits);
        let refused = gunzip(&packed(&vec![b'x'; ALWAYS_BYTES as usize + 1])).unwrap_err();
        assert!(refused.contains("over 8,388,608 bytes"), "{refused}");
        // In many parts, each of which is small.
        let parts = packed(&vec![b'x'; 1 << 20]).repeat(9);
        assert!(gunzip(&parts).unwrap_err().contains("over 8,388,608 bytes"));
        // What packs as users do has no such limit: here 20 to 1.
        let users: Vec<u8> = (0..400_000_u32)
            .flat_map(|number| {
                [
                    &number.wrapping_mul(0x9e37_79b9).to_le_bytes()[..],
                    &[b'x'; 28],
                ]
                .concat()
            })
            .collect();
        let packed = packed(&users);
        assert!(users.len() as u64 > ALWAYS_BYTES && gunzip(&packed).unwrap() == users);
    }

    #[test]
    fn many_parts_cost_no_more_than_one_and_too_many_are_refused() {
        let empty = packed(b"");
        let parts = [packed(&vec![b'y'; 1 << 20]), empty.repeat(MOST_PARTS - 1)].concat();
        // A copy of what is unpacked for each part would be 10 GB.
        assert_eq!(gunzip(&parts).unwrap().len(), 1 << 20);
        let refused = gunzip(&[parts, empty].concat()).unwrap_err();
        assert!(refused.contains("over 100,000 gzip parts"), "{refused}");
    }
}
