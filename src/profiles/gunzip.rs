//! Unpacking a gzip file (RFC 1952) in memory.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::words::grouped;

/// Bytes that are unpacked at most: a few million users, and no more than a laptop bears.
const MOST_BYTES: usize = 1 << 30;
/// How many times its size a file may unpack to. Users' data pack to a tenth or so, each with an id of its own; what
/// packs far better was made to fill a memory.
const MOST_RATIO: usize = 200;
/// Bytes that even the smallest file may unpack to.
const ALWAYS_BYTES: usize = 8 << 20;
/// Parts of a file: each costs time, also when it is empty.
const MOST_PARTS: usize = 10_000;

const DAMAGED: &str = "the file is cut off or damaged: run this cell again";

/// What is in the file; it may have several parts, which follow each other.
pub(crate) fn gunzip(file: &[u8]) -> Result<Vec<u8>, String> {
    let most = (MOST_RATIO.saturating_mul(file.len())).clamp(ALWAYS_BYTES, MOST_BYTES);
    let mut out = Unpacked {
        bytes: Vec::new(),
        end: 0,
        most,
    };
    let mut state = Box::<DecompressorOxide>::default();
    let table = crc32_table();
    let mut rest = file;
    let mut parts = 0;
    while !rest.is_empty() {
        parts += 1;
        if parts > MOST_PARTS {
            let most = grouped(MOST_PARTS);
            return Err(format!(
                "the file has over {most} parts, the most that are unpacked: nothing of it was kept"
            ));
        }
        let start = out.end;
        state.init();
        rest = inflate(&mut state, header(rest)?, &mut out)?;
        let (Some(trailer), Some(after)) = (rest.first_chunk::<8>(), rest.get(8..)) else {
            return Err(DAMAGED.to_string());
        };
        let (checksum, length) = trailer.split_at(4);
        let part = &out.bytes[start..out.end];
        // Lengths are told modulo 2^32.
        if checksum != crc32(&table, part).to_le_bytes()
            || length != (part.len() as u32).to_le_bytes()
        {
            return Err(DAMAGED.to_string());
        }
        rest = after;
    }
    out.bytes.truncate(out.end);
    Ok(out.bytes)
}

/// What is unpacked so far, with room behind it that is made seldom, so that many small parts cost no more than one.
struct Unpacked {
    bytes: Vec<u8>,
    end: usize,
    most: usize,
}

/// What follows the header of a part.
fn header(part: &[u8]) -> Result<&[u8], &'static str> {
    const HAS_CHECKSUM: u8 = 2;
    const HAS_EXTRA: u8 = 4;
    const HAS_NAME: u8 = 8;
    const HAS_COMMENT: u8 = 16;
    let [0x1f, 0x8b, 8, flags, ..] = *part else {
        return Err("it is no gzip file: run this cell again");
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
fn inflate<'a>(
    state: &mut DecompressorOxide,
    packed: &'a [u8],
    out: &mut Unpacked,
) -> Result<&'a [u8], String> {
    let mut read = 0;
    loop {
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let rest = &packed[read..];
        let (status, taken, given) = decompress(state, rest, &mut out.bytes, out.end, flags);
        read += taken;
        out.end += given;
        match status {
            TINFLStatus::Done => return Ok(&packed[read..]),
            TINFLStatus::HasMoreOutput if out.bytes.len() < out.most => {
                let room = (2 * out.bytes.len()).clamp(64 << 10, out.most);
                out.bytes.resize(room, 0);
            }
            TINFLStatus::HasMoreOutput => {
                return Err(format!(
                    "the file unpacks to over {} bytes, the most that is unpacked of one of its size: nothing of it was kept",
                    grouped(out.most)
                ));
            }
            _ => return Err(DAMAGED.to_string()),
        }
    }
}

/// The table of gzip's checksum.
fn crc32_table() -> [u32; 256] {
    let entry = |index: usize| {
        (0..8).fold(index as u32, |value, _| {
            (value >> 1) ^ (0xedb8_8320 & (value & 1).wrapping_neg())
        })
    };
    std::array::from_fn(entry)
}

fn crc32(table: &[u32; 256], bytes: &[u8]) -> u32 {
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
        assert!(
            gunzip(b"{\"email\"")
                .unwrap_err()
                .starts_with("it is no gzip file")
        );
    }

    /// A file of one part, as deflate packs it best.
    fn packed(bytes: &[u8]) -> Vec<u8> {
        let deflated = miniz_oxide::deflate::compress_to_vec(bytes, 9);
        let checksum = crc32(&crc32_table(), bytes).to_le_bytes();
        let length = (bytes.len() as u32).to_le_bytes();
        [&PLAIN[..10], &deflated, &checksum, &length].concat()
    }

    #[test]
    fn what_unpacks_to_far_more_than_its_size_is_refused() {
        let fits = vec![b'x'; ALWAYS_BYTES];
        assert_eq!(gunzip(&packed(&fits)).unwrap(), fits);
        let refused = gunzip(&packed(&vec![b'x'; ALWAYS_BYTES + 1])).unwrap_err();
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
        assert!(users.len() > ALWAYS_BYTES && gunzip(&packed).unwrap() == users);
    }

    #[test]
    fn many_parts_cost_no_more_than_one_and_too_many_are_refused() {
        let empty = packed(b"");
        let parts = [packed(&vec![b'y'; 1 << 20]), empty.repeat(MOST_PARTS - 1)].concat();
        // A copy of what is unpacked for each part would be 10 GB.
        assert_eq!(gunzip(&parts).unwrap().len(), 1 << 20);
        let refused = gunzip(&[parts, empty].concat()).unwrap_err();
        assert!(refused.contains("over 10,000 parts"), "{refused}");
    }
}
