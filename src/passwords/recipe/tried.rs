//! What a search tried, and what it did not: "not tried" is never reported as "impossible".

use std::collections::BTreeSet;

use crate::passwords::recipe::candidates::Candidate;
use crate::passwords::recipe::known_hash::KnownHash;
use crate::words::grouped;

#[derive(Default)]
pub(crate) struct Tried {
    pub(crate) number: usize,
    algorithms: BTreeSet<String>,
    iterations: u32,
    scrypts: Vec<[u32; 3]>,
    /// The time was over.
    pub(crate) cut_short: bool,
}

impl Tried {
    pub(crate) fn add(&mut self, candidate: &Candidate) {
        self.number += 1;
        let text = |name: &str| {
            candidate.custom[name]
                .as_str()
                .unwrap_or_default()
                .to_string()
        };
        let digest = candidate.custom["hash"]["digest"].as_str();
        self.algorithms.insert(match digest {
            Some(digest) => format!("hmac with {digest}"),
            None => text("algorithm"),
        });
    }

    pub(crate) fn add_slow(&mut self, iterations: u32, scrypts: &[[u32; 3]], cut_short: bool) {
        self.iterations = self.iterations.max(iterations);
        for params in scrypts {
            if !self.scrypts.contains(params) {
                self.scrypts.push(*params);
            }
        }
        self.number += scrypts.len();
        self.cut_short |= cut_short;
    }

    /// Two parts of a sentence: what was tried, and what was not.
    pub(crate) fn in_words(&self, known: &[KnownHash], lacking: Option<&str>) -> Vec<String> {
        let mut tried: Vec<String> = self.algorithms.iter().cloned().collect();
        if self.iterations > 0 {
            tried.push(format!(
                "pbkdf2 with sha256, sha512 and sha1 and every number of iterations up to {}",
                grouped(self.iterations)
            ));
        }
        if !self.scrypts.is_empty() {
            let params = self
                .scrypts
                .iter()
                .map(|params| params.map(|number| number.to_string()).join("/"));
            tried.push(format!(
                "scrypt with N/r/p of {}",
                params.collect::<Vec<_>>().join(", ")
            ));
        }
        let mut parts = Vec::new();
        if !tried.is_empty() {
            parts.push(format!("the search tried {}", tried.join(", ")));
        }
        let has = |field: fn(&KnownHash) -> bool| known.iter().any(field);
        let mut untried: Vec<&str> = Vec::new();
        if !has(|known| known.key.is_some()) {
            untried.push("an hmac with a key of the system (give it with .key)");
        }
        if !has(|known| known.salt.is_some()) {
            untried.push("a salt from another column (give it with .salt)");
        }
        untried.push("a pepper that is not in a column");
        untried.push("argon2, and pbkdf2 with other digests, whose parameters no hash shows");
        untried.push("digests that Auth0 does not support, such as sha3");
        if self.iterations > 0 || !self.scrypts.is_empty() {
            untried.push("pbkdf2 and scrypt of passwords in another encoding than utf8");
        }
        if self.cut_short {
            untried.push("what the time limit left out (find_recipe_within takes a longer one)");
        }
        parts.push(format!("the search did not try {}", untried.join(", ")));
        parts.extend(lacking.map(|lacking| format!("not all could be tried: one {lacking}")));
        parts
    }
}
