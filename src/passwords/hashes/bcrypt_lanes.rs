//! bcrypt of several passwords abreast on one core.
//!
//! One bcrypt is a chain: each of its steps looks four words up in a table, and the place of the next look-up is what
//! the last one gave. A core spends most of that time waiting for its own first-level cache. It could do several
//! look-ups at once, if it had others to do; so here it has: each step is taken for every one of `LANES` passwords
//! before the next step is. The steps of one password are the same, in the same order, so the result is the same.
//!
//! Each lane has its own tables, 4 KiB of them, which must stay in the first-level cache (32 or 48 KiB on today's
//! machines): too many lanes push each other out, and the curve that `make bench` prints falls again.
//!
//! Attackers gain nothing: they have more hashes than one core could ever hold abreast, and have long done this.

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use zeroize::Zeroize;

use crate::error::Result;
use crate::passwords::hashes::blowfish_pi::{P, S};
use crate::secrets::random_bytes;

/// Passwords abreast, found by measuring on x86-64: seven win 4 % more where the cache has 48 KiB, and leave no room
/// beside them where it has 32. `make bench` prints the curve for 1 to 8, so a machine that would do better with others shows.
pub(crate) const LANES: usize = 6;

/// bcrypt's own base64.
const BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);
/// What bcrypt encrypts 64 times: "OrpheanBeholderScryDoubt".
const TEXT: [u32; 6] = [
    0x4f72_7068,
    0x6561_6e42,
    0x6568_6f6c,
    0x6465_7253,
    0x6372_7944,
    0x6f75_6274,
];

/// One word for each lane.
type Words<const N: usize> = [u32; N];

/// Blowfish's state, once for each lane.
struct State<const N: usize> {
    /// Subkeys and tables, each lane's own in one piece. (With the subkeys of all lanes side by side the compiler takes
    /// to vector registers, and moving each word out of them again for the look-ups costs more than is won.)
    p: [[u32; 18]; N],
    s: [[[u32; 256]; 4]; N],
}

impl<const N: usize> State<N> {
    fn new() -> Box<State<N>> {
        Box::new(State {
            p: [P; N],
            s: [S; N],
        })
    }

    /// Encrypts one block in each lane: sixteen rounds, each taken in all lanes before the next.
    ///
    /// The rounds are written out by a macro: in a loop its counter takes one of the few registers that the halves of six
    /// lanes need (88 hashes a second became 102), and compilers told to use the newest instructions try to do the lanes
    /// with vector look-ups, which are three times as slow.
    #[inline(always)]
    fn encrypt(&self, left: &mut Words<N>, right: &mut Words<N>) {
        let (mut l, mut r) = (*left, *right);
        macro_rules! two_rounds {
            ($($round:literal)*) => {$(
                self.round($round, &mut l, &mut r);
                self.round($round + 1, &mut r, &mut l);
            )*};
        }
        two_rounds!(0 2 4 6 8 10 12 14);
        for lane in 0..N {
            left[lane] = r[lane] ^ self.p[lane][17];
            right[lane] = l[lane] ^ self.p[lane][16];
        }
    }

    #[inline(always)]
    fn round(&self, round: usize, this: &mut Words<N>, other: &mut Words<N>) {
        for lane in 0..N {
            this[lane] ^= self.p[lane][round];
            other[lane] ^= self.mix(lane, this[lane]);
        }
    }

    /// Blowfish's round function. Each index is a byte, so that no bounds need checking.
    #[inline(always)]
    fn mix(&self, lane: usize, word: u32) -> u32 {
        let byte = |shift: u32| usize::from((word >> shift) as u8);
        let (a, b, c, d) = (byte(24), byte(16), byte(8), byte(0));
        let s = &self.s[lane];
        (s[0][a].wrapping_add(s[1][b]) ^ s[2][c]).wrapping_add(s[3][d])
    }

    /// The key schedule: the key into the subkeys, then everything replaced by encryptions of what went before, with
    /// words of the salt mixed in (or none).
    fn expand(&mut self, key: &[Words<N>; 18], salt: Option<&[Words<N>; 4]>) {
        for (lane, subkeys) in self.p.iter_mut().enumerate() {
            for (subkey, word) in subkeys.iter_mut().zip(key) {
                *subkey ^= word[lane];
            }
        }
        let (mut left, mut right) = ([0; N], [0; N]);
        let mut half = 0;
        let mut stir = |left: &mut Words<N>, right: &mut Words<N>| {
            if let Some(salt) = salt {
                for lane in 0..N {
                    left[lane] ^= salt[half][lane];
                    right[lane] ^= salt[half + 1][lane];
                }
                half = 2 - half;
            }
        };
        for index in (0..18).step_by(2) {
            stir(&mut left, &mut right);
            self.encrypt(&mut left, &mut right);
            for lane in 0..N {
                self.p[lane][index] = left[lane];
                self.p[lane][index + 1] = right[lane];
            }
        }
        for table in 0..4 {
            for index in (0..256).step_by(2) {
                stir(&mut left, &mut right);
                self.encrypt(&mut left, &mut right);
                for lane in 0..N {
                    self.s[lane][table][index] = left[lane];
                    self.s[lane][table][index + 1] = right[lane];
                }
            }
        }
    }
}

impl<const N: usize> Drop for State<N> {
    fn drop(&mut self) {
        for (subkeys, tables) in self.p.iter_mut().zip(&mut self.s) {
            subkeys.zeroize();
            tables.zeroize();
        }
    }
}

/// bcrypt's 23 bytes for each password; `2^cost` rounds.
fn hash_abreast<const N: usize>(
    cost: u32,
    passwords: [&[u8]; N],
    salts: &[[u8; 16]; N],
) -> [[u8; 23]; N] {
    let mut keys = [[0; N]; 18];
    let mut salt_words = [[0; N]; 4];
    let mut salt_keys = [[0; N]; 18];
    for lane in 0..N {
        let mut key = key_words(passwords[lane]);
        for (index, word) in key.iter().enumerate() {
            keys[index][lane] = *word;
        }
        key.zeroize();
        for (index, words) in salt_keys.iter_mut().enumerate() {
            let at = index % 4 * 4;
            let bytes = &salts[lane][at..at + 4];
            words[lane] = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        for (word, key) in salt_words.iter_mut().zip(&salt_keys) {
            word[lane] = key[lane];
        }
    }
    let mut state = State::<N>::new();
    state.expand(&keys, Some(&salt_words));
    for _ in 0..1_u64 << cost {
        state.expand(&keys, None);
        state.expand(&salt_keys, None);
    }
    keys.zeroize();
    let mut hashes = [[0; 23]; N];
    for pair in 0..3 {
        let (mut left, mut right) = ([TEXT[2 * pair]; N], [TEXT[2 * pair + 1]; N]);
        for _ in 0..64 {
            state.encrypt(&mut left, &mut right);
        }
        for lane in 0..N {
            let bytes = [left[lane].to_be_bytes(), right[lane].to_be_bytes()].concat();
            // The last byte of the 24 is left out, as ever.
            let end = (8 * pair + 8).min(23);
            hashes[lane][8 * pair..end].copy_from_slice(&bytes[..end - 8 * pair]);
        }
    }
    hashes
}

/// The password and its final zero byte, again and again, as 18 words. Of more than 72 bytes the rest would not
/// count, which is why callers refuse them.
fn key_words(password: &[u8]) -> [u32; 18] {
    let mut bytes = password.iter().copied().chain([0]).cycle();
    std::array::from_fn(|_| {
        (0..4).fold(0, |word, _| {
            word << 8 | u32::from(bytes.next().unwrap_or(0))
        })
    })
}

/// The same with another number of lanes, only for the benchmark.
#[doc(hidden)]
#[must_use]
pub fn hash_in_lanes<const N: usize>(cost: u32) -> [[u8; 23]; N] {
    hash_abreast(cost, [b"a password".as_slice(); N], &[[7; 16]; N])
}

/// Hashes passwords of 1 to 72 bytes, each with a fresh salt, as `$2b$` text.
///
/// # Errors
///
/// The system gives no random numbers.
pub(crate) fn hash_many(cost: u32, passwords: &[&str]) -> Result<Vec<String>> {
    let mut hashes = Vec::with_capacity(passwords.len());
    for group in passwords.chunks(LANES) {
        let mut salts = [[0; 16]; LANES];
        for salt in &mut salts {
            salt.copy_from_slice(&random_bytes(16)?);
        }
        let bytes: Vec<&[u8]> = group.iter().map(|password| password.as_bytes()).collect();
        let raw = hash_group(cost, &bytes, &salts);
        hashes.extend(
            raw.iter()
                .zip(&salts)
                .map(|(hash, salt)| text(cost, salt, hash)),
        );
    }
    Ok(hashes)
}

/// Up to `LANES` passwords. Lanes that are left over do the last one's work again: six abreast take little longer than
/// one alone, and far less than two after each other.
fn hash_group(cost: u32, passwords: &[&[u8]], salts: &[[u8; 16]; LANES]) -> Vec<[u8; 23]> {
    let Some(last) = passwords.last() else {
        return Vec::new();
    };
    if passwords.len() == 1 {
        return hash_abreast::<1>(cost, [last], &[salts[0]]).to_vec();
    }
    let full = std::array::from_fn(|lane| *passwords.get(lane).unwrap_or(last));
    hash_abreast::<LANES>(cost, full, salts)[..passwords.len()].to_vec()
}

fn text(cost: u32, salt: &[u8; 16], hash: &[u8; 23]) -> String {
    format!(
        "$2b${cost:02}${}{}",
        BASE64.encode(salt),
        BASE64.encode(hash)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// Lengths at which something begins or ends, and any bytes; the crate takes bytes with NULs too.
    fn passwords() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let length = prop_oneof![0..73_usize, Just(71), Just(72)];
        let one = length.prop_flat_map(|length| prop::collection::vec(any::<u8>(), length));
        prop::collection::vec(one, LANES)
    }

    fn same_in_every_lane(passwords: &[Vec<u8>], salts: &[[u8; 16]; LANES], cost: u32) {
        let bytes: Vec<&[u8]> = passwords.iter().map(Vec::as_slice).collect();
        for (lane, hash) in hash_group(cost, &bytes, salts).iter().enumerate() {
            let theirs = bcrypt::bcrypt(cost, salts[lane], &with_zero(&passwords[lane]));
            assert_eq!(&theirs[..23], &hash[..], "lane {lane} at cost {cost}");
            let alone = hash_abreast::<1>(cost, [bytes[lane]], &[salts[lane]]);
            assert_eq!(alone[0], *hash, "lane {lane} alone at cost {cost}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_lane_gives_what_the_bcrypt_crate_gives(
            passwords in passwords(), salts in any::<[[u8; 16]; LANES]>(), cost in 4_u32..7,
        ) {
            same_in_every_lane(&passwords, &salts, cost);
        }
    }

    #[test]
    fn every_lane_gives_it_at_the_higher_costs_too() {
        let mut runner = TestRunner::deterministic();
        for cost in 7..=10 {
            let mut draw = || passwords().new_tree(&mut runner).unwrap().current();
            let passwords = draw();
            let salts = std::array::from_fn(|lane| [lane as u8 ^ cost as u8; 16]);
            same_in_every_lane(&passwords, &salts, cost);
        }
    }

    #[test]
    fn bytes_beyond_the_seventy_second_do_not_count_and_the_seventy_second_does() {
        let hash = |password: &[u8]| hash_abreast::<1>(4, [password], &[[1; 16]])[0];
        let long: Vec<u8> = (1..=73).collect();
        let mut changed = long.clone();
        changed[71] ^= 1;
        assert_eq!(hash(&long[..72]), hash(&long));
        assert_ne!(hash(&long[..71]), hash(&long[..72]));
        assert_ne!(hash(&changed), hash(&long));
    }

    /// What bcrypt hashes: the password and its final zero byte, of which 72 bytes count.
    fn with_zero(password: &[u8]) -> Vec<u8> {
        password.iter().copied().chain([0]).take(72).collect()
    }

    #[test]
    fn published_hashes_are_met() {
        // From the test vectors of Openwall's crypt_blowfish and of jBCrypt.
        for (password, salt, wanted) in [
            (
                "U*U",
                "CCCCCCCCCCCCCCCCCCCCC.",
                "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            ),
            (
                "U*U*",
                "CCCCCCCCCCCCCCCCCCCCC.",
                "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
            ),
            (
                "U*U*U",
                "XXXXXXXXXXXXXXXXXXXXXO",
                "$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
            ),
            (
                "",
                "CCCCCCCCCCCCCCCCCCCCC.",
                "$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
            ),
        ] {
            let salt = decoded(salt);
            let hash = hash_abreast::<1>(5, [password.as_bytes()], &[salt])[0];
            assert_eq!(text(5, &salt, &hash), wanted);
        }
    }

    #[test]
    fn passwords_of_71_and_72_bytes_are_hashed_as_python_hashes_them() {
        // Made with Python's bcrypt 5.0, which refuses 73 bytes, as `hash_password` does.
        let salt = decoded("CCCCCCCCCCCCCCCCCCCCC.");
        for (bytes, wanted) in [
            (71, "Lcl4YuwFAocyscicNf0xC0rJ7kyf6b."),
            (72, "hE1v/siq1jKJph4n4nJjv4VkQR0r1T2"),
        ] {
            let password: Vec<u8> = (33..33 + bytes).collect();
            let hash = hash_abreast::<1>(5, [password.as_slice()], &[salt])[0];
            assert_eq!(BASE64.encode(hash), wanted);
        }
    }

    fn decoded(text: &str) -> [u8; 16] {
        // The last of 22 letters has bits of no byte.
        let lenient = GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));
        lenient.decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn any_count_verifies_in_order_and_each_has_its_own_salt() {
        for count in [0, 1, LANES - 1, LANES, LANES + 1, 2 * LANES + 3] {
            let words: Vec<String> = (0..count)
                .map(|number| format!("pässword {number}"))
                .collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let hashes = hash_many(4, &words).unwrap();
            assert_eq!(hashes.len(), count);
            for (word, hash) in words.iter().zip(&hashes) {
                assert!(hash.starts_with("$2b$04$") && bcrypt::verify(word, hash).unwrap());
            }
            let mut salts: Vec<&str> = hashes.iter().map(|hash| &hash[7..29]).collect();
            salts.sort_unstable();
            salts.dedup();
            assert_eq!(salts.len(), count);
        }
    }
}
