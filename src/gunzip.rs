//! Unpacking a gzip file (RFC 1952) in memory.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Bytes that are unpacked at most: a few million users, and no more than a laptop bears.
const MOST_BYTES: usize = 2 << 30;

const DAMAGED: &str = "the file is cut off or damaged";

/// What is in the file; it may have several parts, which follow each other.
pub(crate) fn gunzip(file: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let start = out.len();
        rest = inflate(header(rest)?, &mut out)?;
        let (Some(trailer), Some(after)) = (rest.first_chunk::<8>(), rest.get(8..)) else {
            return Err(DAMAGED);
        };
        let (checksum, length) = trailer.split_at(4);
        let part = &out[start..];
        // Lengths are told modulo 2^32.
        if checksum != crc32(part).to_le_bytes() || length != (part.len() as u32).to_le_bytes() {
            return Err(DAMAGED);
        }
        rest = after;
    }
    Ok(out)
}

/// What follows the header of a part.
fn header(part: &[u8]) -> Result<&[u8], &'static str> {
    const HAS_CHECKSUM: u8 = 2;
    const HAS_EXTRA: u8 = 4;
    const HAS_NAME: u8 = 8;
    const HAS_COMMENT: u8 = 16;
    let [0x1f, 0x8b, 8, flags, ..] = *part else {
        return Err("it is no gzip file");
    };
    let mut rest = part.get(10..).ok_or(DAMAGED)?;
    if flags & HAS_EXTRA != 0 {
        let [low, high, ..] = *rest else {
            return Err(DAMAGED);
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        rest = rest.get(2 + length..).ok_or(DAMAGED)?;
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(DAMAGED)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HAS_CHECKSUM != 0 {
        rest = rest.get(2..).ok_or(DAMAGED)?;
    }
    Ok(rest)
}

/// Unpacks to the end of `out`, and gives what follows.
fn inflate<'a>(packed: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], &'static str> {
    let mut state = Box::<DecompressorOxide>::default();
    let (mut read, mut end) = (0, out.len());
    loop {
        let room = (end + 2 * packed.len()).clamp(1024, MOST_BYTES);
        out.resize(room.max(end), 0);
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, taken, given) = decompress(&mut state, &packed[read..], out, end, flags);
        read += taken;
        end += given;
        match status {
            TINFLStatus::Done => {
                out.truncate(end);
                return Ok(&packed[read..]);
            }
            TINFLStatus::HasMoreOutput if end < MOST_BYTES => {}
            TINFLStatus::HasMoreOutput => return Err("it unpacks to more than 2 GB"),
            _ => return Err(DAMAGED),
        }
    }
}

/// The checksum of gzip, with a table that is made when it is needed.
fn crc32(bytes: &[u8]) -> u32 {
    let entry = |index: usize| {
        (0..8).fold(index as u32, |value, _| {
            (value >> 1) ^ (0xedb8_8320 & (value & 1).wrapping_neg())
        })
    };
    let table: [u32; 256] = std::array::from_fn(entry);
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (sum >> 8) ^ table[usize::from(sum as u8 ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'anna@test.edu\nanna@test.edu\n'`, packed by the gzip program; then as a file with a name.
    const PLAIN: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xcc\xcb\x4b\x74\x28\x49\x2d\x2e\xd1\x4b\x4d\x29\xe5\x4a\x44\xe1\x01\x00\x63\x77\xf1\x61\x1c\x00\x00\x00";
    const NAMED: &[u8] = b"\x1f\x8b\x08\x08\x00\xe1\x0b\x5e\x02\x03users.ndjson\x00\x4b\xcc\xcb\x4b\x74\x28\x49\x2d\x2e\xd1\x4b\x4d\x29\xe5\x4a\x44\xe1\x01\x00\x63\x77\xf1\x61\x1c\x00\x00\x00";
    const TEXT: &str = "anna@test.edu\nanna@test.edu\n";

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
        assert_eq!(gunzip(b"{\"email\"").unwrap_err(), "it is no gzip file");
    }
}
