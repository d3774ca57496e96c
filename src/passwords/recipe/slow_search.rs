//! PBKDF2 and scrypt with a separate salt and unknown parameters, the common ones first.

use serde_json::{Value, json};

use crate::passwords::hashes::digests::{Digest, HmacStep, NotBuilt};
use crate::passwords::hashes::encodings::{BytesEncoding, any_base64};
use crate::passwords::hashes::slow::SlowHash;
use crate::passwords::recipe::candidates::{Candidate, ENCODINGS};
use crate::passwords::recipe::column::{Column, Parts, decoded};
use crate::passwords::recipe::forms::{Form, forms};
use crate::passwords::recipe::known_hash::KnownHash;

/// Up to how many iterations PBKDF2 goes in a round, and which N, r and p of scrypt are tried then: Node's default, better-auth's,
/// OWASP's list, Auth0's examples. Each takes some seconds more than the one before.
const ROUNDS: [(u32, &[[u32; 3]]); 6] = [
    (
        10_000,
        &[
            [16_384, 8, 1],
            [16_384, 16, 1],
            [1_024, 8, 1],
            [4_096, 8, 1],
            [8_192, 8, 1],
        ],
    ),
    (30_000, &[[32_768, 8, 1]]),
    (120_000, &[[16_384, 8, 5], [65_536, 8, 1]]),
    (310_000, &[[131_072, 8, 1]]),
    (700_000, &[[65_536, 8, 2], [32_768, 8, 3]]),
    (1_500_000, &[]),
];
const DIGESTS: [Digest; 3] = [Digest::Sha256, Digest::Sha512, Digest::Sha1];
/// Bytes of the shortest key that is looked for: of shorter ones many iterations would fit by chance.
const SHORTEST_KEY: usize = 16;
/// Iterations between two looks at the clock.
const PER_LOOK: u32 = 4_096;

/// What a search came to.
#[derive(Default)]
pub(crate) struct Searched {
    pub(crate) found: Option<Candidate>,
    /// Iterations of PBKDF2, each digest of which was tried with every number up to that.
    pub(crate) iterations: u32,
    pub(crate) scrypts: Vec<[u32; 3]>,
    /// It was told to stop.
    pub(crate) cut_short: bool,
    pub(crate) lacking: Option<NotBuilt>,
}

/// A hash with a salt, read as bytes.
struct Pair {
    column: Column,
    of_hash: BytesEncoding,
    of_salt: BytesEncoding,
    key: Vec<u8>,
    salt: Vec<u8>,
}

/// Searches for the recipe of this hash, as long as `go_on` returns true; it is told what is being tried.
pub(crate) fn search(known: &KnownHash, go_on: &mut dyn FnMut(&str) -> bool) -> Searched {
    let pairs: Vec<Pair> = forms(known).iter().flat_map(pairs_of).collect();
    let password = known.password.expose().as_bytes();
    let mut searched = Searched::default();
    let mut chains = Vec::new();
    for pair in &pairs {
        for digest in DIGESTS {
            match Chain::new(pair, digest, password) {
                Ok(chain) => chains.push(chain),
                Err(lacking) => searched.lacking = Some(lacking),
            }
        }
    }
    for (iterations, scrypts) in ROUNDS {
        for chain in &mut chains {
            searched.found = chain.advance(iterations, go_on);
            searched.cut_short = chain.done < iterations;
            if searched.found.is_some() || searched.cut_short {
                return searched;
            }
        }
        searched.iterations = if chains.is_empty() { 0 } else { iterations };
        for params in scrypts.iter().filter(|_| !pairs.is_empty()) {
            for pair in &pairs {
                if !go_on(&format!("now scrypt with a cost of {}", params[0])) {
                    searched.cut_short = true;
                    return searched;
                }
                match pair.is_scrypt(password, *params) {
                    Ok(true) => searched.found = Some(pair.scrypt(*params)),
                    Ok(false) => {}
                    Err(lacking) => searched.lacking = lacking,
                }
                if searched.found.is_some() {
                    return searched;
                }
            }
            if searched.lacking.is_none() {
                searched.scrypts.push(*params);
            }
        }
    }
    searched
}

/// The ways to read hash and salt as bytes.
fn pairs_of(form: &Form) -> Vec<Pair> {
    let Some(salt) = form.salt.as_deref().filter(|salt| !salt.is_empty()) else {
        return Vec::new();
    };
    let (of_hash, key) = match BytesEncoding::Hex.decode(&form.hash) {
        Ok(key) => (BytesEncoding::Hex, Some(key)),
        Err(_) => (BytesEncoding::Base64, any_base64(&form.hash)),
    };
    let Some(key) = key.filter(|key| key.len() >= SHORTEST_KEY) else {
        return Vec::new();
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for (_, of_salt) in ENCODINGS {
        // A salt that was bytes among bytes is not text.
        let is_bytes = matches!(form.column.parts, Some(Parts::Bytes { .. }));
        let Ok(bytes) = decoded(of_salt, salt) else {
            continue;
        };
        // Hex reads as base64, too, and nobody means that.
        let is_hex = of_salt == BytesEncoding::Base64 && BytesEncoding::Hex.decode(salt).is_ok();
        if is_hex || is_bytes && of_salt != BytesEncoding::Hex {
            continue;
        }
        pairs.push(Pair {
            column: form.column.clone(),
            of_hash,
            of_salt,
            key: key.clone(),
            salt: bytes,
        });
    }
    pairs
}

impl Pair {
    fn is_scrypt(
        &self,
        password: &[u8],
        [cost, block_size, lanes]: [u32; 3],
    ) -> Result<bool, Option<NotBuilt>> {
        let slow = SlowHash::Scrypt {
            log_cost: cost.ilog2() as u8,
            block_size,
            parallelization: lanes,
        };
        let made = slow.key(password, &self.salt, self.key.len());
        made.map(|made| made == self.key)
            .map_err(|untried| untried.not_built())
    }

    fn scrypt(&self, [cost, block_size, lanes]: [u32; 3]) -> Candidate {
        let mut custom = json!({"algorithm": "scrypt", "keylen": self.key.len(), "cost": cost, "blockSize": block_size,
            "parallelization": lanes, "hash": {"encoding": self.of_hash.name()}, "salt": {}});
        if self.of_salt != BytesEncoding::Utf8 {
            custom["salt"]["encoding"] = self.of_salt.name().into();
        }
        Candidate {
            custom,
            column: self.column.clone(),
        }
    }

    fn pbkdf2(&self, digest: Digest, iterations: u32) -> Candidate {
        let head = format!(
            "$pbkdf2-{}$i={iterations},l={}",
            digest.name(),
            self.key.len()
        );
        let custom: Value = json!({"algorithm": "pbkdf2", "hash": {"value": head}});
        let apart = Some((self.of_hash, self.of_salt));
        Candidate {
            custom,
            column: Column {
                apart,
                ..self.column.clone()
            },
        }
    }
}

/// The first block of PBKDF2, one iteration after the other: after each it is what that many iterations make, so that one pass
/// tries all numbers.
struct Chain<'a> {
    pair: &'a Pair,
    digest: Digest,
    step: HmacStep,
    last: Vec<u8>,
    sum: Vec<u8>,
    done: u32,
}

impl Chain<'_> {
    fn new<'a>(pair: &'a Pair, digest: Digest, password: &[u8]) -> Result<Chain<'a>, NotBuilt> {
        let first_block = [pair.salt.as_slice(), &[0, 0, 0, 1]].concat();
        let last = digest.hmac(password, &first_block)?;
        Ok(Chain {
            pair,
            digest,
            step: digest.hmac_step(password)?,
            sum: last.clone(),
            last,
            done: 1,
        })
    }

    /// Up to this many iterations; returns what fits, if anything does.
    fn advance(
        &mut self,
        iterations: u32,
        go_on: &mut dyn FnMut(&str) -> bool,
    ) -> Option<Candidate> {
        let seen = self.sum.len().min(self.pair.key.len());
        loop {
            if self.sum[..seen] == self.pair.key[..seen] {
                return Some(self.pair.pbkdf2(self.digest, self.done));
            }
            if self.done >= iterations {
                return None;
            }
            let is_look = self.done.is_multiple_of(PER_LOOK);
            if is_look
                && !go_on(&format!(
                    "now PBKDF2 with {}, up to {iterations} iterations",
                    self.digest.name()
                ))
            {
                return None;
            }
            (self.step)(&mut self.last);
            for (sum, last) in self.sum.iter_mut().zip(&self.last) {
                *sum ^= last;
            }
            self.done += 1;
        }
    }
}
