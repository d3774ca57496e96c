//! What one try of a password costs, as far as its hash decides that, and how much may be spent here.

use std::fmt;
use std::time::Duration;

use crate::passwords::hashes::digests::NotBuilt;
use crate::words::{grouped, in_words};

/// Bytes of memory that one try of a password may take here.
const MOST_MEMORY: u64 = 512 << 20;
/// Seconds that one try may take here, on one core of a laptop.
const MOST_SECONDS: f64 = 5.0;
/// What takes some 5 seconds on one core, measured: iterations of PBKDF2 for each block of its output, blocks of 128
/// bytes that scrypt mixes, KiB that Argon2 fills, and the rounds that bcrypt makes at a cost of 16.
pub(crate) const PBKDF2_IN_5_S: f64 = 10_000_000.0;
pub(crate) const SCRYPT_IN_5_S: f64 = (1 << 23) as f64;
pub(crate) const ARGON2_IN_5_S: f64 = (1 << 22) as f64;
const BCRYPT_IN_5_S: f64 = (1 << 16) as f64;

/// What one try of a password takes, as far as the hash itself decides it.
pub(crate) struct Burden {
    memory: u64,
    pub(crate) seconds: f64,
}

impl Burden {
    /// With `seconds` as they are on one core, some of them.
    pub(crate) fn new(memory: u64, seconds: f64) -> Burden {
        Burden { memory, seconds }
    }

    pub(crate) fn of_bcrypt(cost: u32) -> Burden {
        Burden {
            memory: 0,
            seconds: 5.0 * 2_f64.powf(f64::from(cost)) / BCRYPT_IN_5_S,
        }
    }

    /// Whether that is allowed here. A hash comes from a file, and must not decide how long a cell runs.
    pub(crate) fn check(&self) -> Result<(), Untried> {
        if self.memory <= MOST_MEMORY && self.seconds <= MOST_SECONDS {
            return Ok(());
        }
        let mut takes = Vec::new();
        if self.memory > MOST_MEMORY {
            takes.push(format!("{} MB of memory", grouped(self.memory >> 20)));
        }
        if self.seconds > MOST_SECONDS {
            let time = Duration::from_secs_f64(self.seconds.min(1e15));
            takes.push(format!("some {}", in_words(time)));
        }
        Err(Untried::TooCostly(format!(
            "takes {} for each try, and at most {} MB and {MOST_SECONDS} s are spent here",
            takes.join(" and "),
            MOST_MEMORY >> 20
        )))
    }
}

/// Why no password was tried on a hash.
#[derive(Debug)]
pub(crate) enum Untried {
    NotBuilt(NotBuilt),
    TooCostly(String),
    /// The algorithm cannot use its parameters.
    #[cfg(feature = "all-hashes")]
    Unfit(&'static str),
}

impl Untried {
    /// The field that it lies in.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Untried::NotBuilt(_) => "custom_password_hash.algorithm",
            _ => "custom_password_hash",
        }
    }
}

impl Untried {
    /// The algorithm, where this build lacks it.
    pub(crate) fn not_built(self) -> Option<NotBuilt> {
        match self {
            Untried::NotBuilt(lacking) => Some(lacking),
            _ => None,
        }
    }
}

impl From<NotBuilt> for Untried {
    fn from(lacking: NotBuilt) -> Untried {
        Untried::NotBuilt(lacking)
    }
}

impl fmt::Display for Untried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Untried::NotBuilt(lacking) => lacking.fmt(f),
            Untried::TooCostly(takes) => {
                write!(
                    f,
                    "{takes}: try the sign-in on the tenant with verify_sign_in"
                )
            }
            #[cfg(feature = "all-hashes")]
            Untried::Unfit(algorithm) => {
                write!(f, "has parameters that {algorithm} cannot use")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords::hashes::slow::{Phc, SlowHash};

    #[test]
    fn what_is_in_use_is_borne_and_what_is_far_beyond_is_not() {
        let slow = |text: &str| {
            let phc = Phc::read(text).unwrap();
            let read = match text.starts_with("$argon2") {
                true => SlowHash::argon2(&phc),
                false => SlowHash::pbkdf2(&phc),
            };
            let (slow, length) = read.unwrap();
            slow.burden(length)
        };
        let scrypt = |log_cost, block_size, parallelization| {
            let slow = SlowHash::Scrypt {
                log_cost,
                block_size,
                parallelization,
            };
            slow.burden(64)
        };
        let borne = [
            Burden::of_bcrypt(16),
            slow("$argon2id$v=19$m=19456,t=2,p=1"),
            // What argon2-cffi and libsodium take for themselves, and RFC 9106's second choice.
            slow("$argon2id$v=19$m=65536,t=3,p=4"),
            slow("$argon2id$v=19$m=262144,t=3,p=1"),
            slow("$pbkdf2-sha512$i=10000000,l=64"),
            slow("$pbkdf2-sha256$i=1000000,l=32"),
            scrypt(17, 8, 1),
            scrypt(15, 8, 32),
        ];
        for (number, burden) in borne.iter().enumerate() {
            assert!(burden.check().is_ok(), "{number}");
        }
        for (burden, sentence) in [
            (Burden::of_bcrypt(17), "takes some 10 s for each try"),
            (Burden::of_bcrypt(31), "takes some 45 h 31 min for each try"),
            (
                slow("$argon2id$v=19$m=1048576,t=1,p=1"),
                "takes 1,024 MB of memory for each try",
            ),
            (
                slow("$argon2id$v=19$m=4194304,t=2,p=1"),
                "takes 4,096 MB of memory and some 10 s for each try",
            ),
            (
                slow("$argon2i$v=19$m=8,t=4294967295,p=1"),
                "takes some 11 h 23 min for each try",
            ),
            (
                slow("$pbkdf2-sha512$i=10000001,l=64"),
                "takes some 5 s for each try",
            ),
            (
                slow("$pbkdf2-sha1$i=1,l=4294967295"),
                "takes 4,095 MB of memory and some 107 s",
            ),
            (scrypt(20, 8, 1), "takes 1,024 MB of memory for each try"),
            (
                scrypt(1, 1, 16_777_216),
                "takes 2,048 MB of memory and some 20 s",
            ),
            (scrypt(14, 8, 65), "takes some 5 s for each try"),
            (scrypt(31, u32::MAX, u32::MAX), "MB of memory and some"),
        ] {
            let said = burden.check().unwrap_err().to_string();
            assert!(said.contains(sentence), "{sentence}: {said}");
        }
    }
}
