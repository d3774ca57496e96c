//! Random draws that repeat with their seed, ids made from them, and bytes as hex.

/// A random generator (SplitMix64). A tenant draws everything from one generator, so a run repeats. It must not be used for
/// secrets.
pub(crate) struct Chance(u64);

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Chance {
    pub(crate) fn of(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn bytes<const COUNT: usize>(&mut self) -> [u8; COUNT] {
        std::array::from_fn(|_| self.next() as u8)
    }

    /// `count` letters and digits, as in Auth0's ids.
    pub(crate) fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| letter(self.next())).collect()
    }

    /// 24 hex characters, as in the ids of database users.
    pub(crate) fn hex24(&mut self) -> String {
        hex(&self.bytes::<12>())
    }
}

fn letter(number: u64) -> char {
    char::from(LETTERS[(number % 62) as usize])
}

/// Letters and digits made of bytes, one of each.
pub(crate) fn letters_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| letter(u64::from(*byte))).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
