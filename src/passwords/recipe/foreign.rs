//! Common ways of hashing that `custom_password_hash` cannot describe. They are named so that nobody keeps searching.

use base64::Engine;

use crate::clock::Deadline;
use crate::passwords::hashes::burden::Burden;
use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::digests::Digest;
use crate::passwords::hashes::encodings::{BASE64, hex_or_base64};
use crate::passwords::hashes::kinds::Kind;
use crate::passwords::recipe::forms::forms;
use crate::passwords::recipe::known_hash::KnownHash;
use crate::words::hex;

/// What stands between salt and password in some systems.
const SEPARATORS: [&str; 6] = [":", "$", "-", "|", ".", "_"];
/// Rounds of Symfony's digest of old, and as many as are looked through.
const MOST_ROUNDS: u32 = 10_000;
/// After so many rounds it is looked whether the search is to end.
const LOOKS_AT_THE_CLOCK: u32 = 16;
/// Seconds that one bcrypt may take which is tried with several digests.
const MOST_SECONDS: f64 = 0.5;

/// What the hash is, if it is one of these, as far as that is found out before the deadline.
pub(crate) fn why_not(known: &KnownHash, deadline: Deadline) -> Vec<String> {
    let mut found = Vec::new();
    for form in forms(known) {
        if deadline.is_over() {
            break;
        }
        let salt = form.salt.as_deref().unwrap_or_default();
        if let Some(bytes) = hex_or_base64(&form.hash) {
            let wanted = Wanted {
                password: known.password.expose(),
                salt,
                bytes: &bytes,
                deadline,
            };
            found.extend(wanted.constructions());
        }
    }
    found.dedup();
    found
}

/// The digest of the password that a bcrypt hash was made of, whose password does not fit.
pub(crate) fn bcrypt_of_a_digest(known: &KnownHash) -> Option<&'static str> {
    let hash = known.hash.expose().trim();
    let custom = serde_json::json!({"algorithm": "bcrypt", "hash": {"value": hash}});
    let Kind::Bcrypt { cost, .. } = CustomHash::read(&custom).ok()?.kind else {
        return None;
    };
    if Burden::of_bcrypt(cost).seconds > MOST_SECONDS {
        return None;
    }
    let password = known.password.expose().as_bytes();
    for digest in [Digest::Sha256, Digest::Md5, Digest::Sha1, Digest::Sha512] {
        let Ok(made) = digest.of(password) else {
            continue;
        };
        for text in [hex(&made), BASE64.encode(&made)] {
            let cut = &text.as_bytes()[..text.len().min(72)];
            if bcrypt::verify(cut, hash).unwrap_or(false) {
                return Some(digest.name());
            }
        }
    }
    None
}

/// A digest with its article.
fn a(digest: &str) -> String {
    let article = if digest.starts_with('m') { "an" } else { "a" };
    format!("{article} {digest}")
}

/// A hash as bytes, and what it was made of.
struct Wanted<'a> {
    password: &'a str,
    salt: &'a str,
    bytes: &'a [u8],
    deadline: Deadline,
}

impl Wanted<'_> {
    fn constructions(&self) -> Vec<String> {
        let digests = Digest::of_length(self.bytes.len());
        let digests = digests.filter(|digest| digest.of(b"").is_ok());
        digests
            .flat_map(|digest| {
                let found = [
                    self.unkeyed(digest),
                    self.twice(digest),
                    self.separated(digest),
                    self.in_dashes(digest),
                    self.in_small_letters(digest),
                    self.keyed(digest),
                    self.rounds(digest),
                ];
                found.into_iter().flatten()
            })
            .collect()
    }

    fn is(&self, digest: Digest, text: &str) -> bool {
        digest
            .of(text.as_bytes())
            .is_ok_and(|made| made == self.bytes)
    }

    /// A digest that Auth0 only takes in an HMAC.
    fn unkeyed(&self, digest: Digest) -> Option<String> {
        let (password, salt, name) = (self.password, self.salt, digest.name());
        if matches!(name, "md4" | "md5" | "sha1" | "sha256" | "sha512") {
            return None;
        }
        let mixed = [format!("{salt}{password}"), format!("{password}{salt}")];
        let is_it = self.is(digest, password) || mixed.iter().any(|text| self.is(digest, text));
        is_it.then(|| format!("the first is {}, which Auth0 takes only in an HMAC: import those users without passwords, and let them choose new ones", a(name)))
    }

    /// The way of Rails before it had one of its own.
    fn in_dashes(&self, digest: Digest) -> Option<String> {
        let text = format!("--{}--{}--", self.salt, self.password);
        self.is(digest, &text).then(|| format!("the first is {} of --SALT--PASSWORD--, and a recipe describes a salt on one side only: import those users without passwords, and let them choose new ones", a(digest.name())))
    }

    /// With the name of the user for a salt, as forums do.
    fn in_small_letters(&self, digest: Digest) -> Option<String> {
        let small = self.salt.to_lowercase();
        let sides = [
            format!("{small}{}", self.password),
            format!("{}{small}", self.password),
        ];
        let is_it = small != self.salt && sides.iter().any(|text| self.is(digest, text));
        is_it.then(|| format!("the first is {} with the salt in lower case: write the salts in lower case and search again", a(digest.name())))
    }

    fn twice(&self, digest: Digest) -> Option<String> {
        let (password, salt, name) = (self.password, self.salt, digest.name());
        let inner = |inner: Digest, text: &str| {
            inner
                .of(text.as_bytes())
                .map(|made| hex(&made))
                .unwrap_or_default()
        };
        let once = inner(digest, password);
        let of_another = [Digest::Md5, Digest::Sha1]
            .into_iter()
            .filter(|other| *other != digest);
        let mut twice = vec![
            (name, once.clone()),
            (name, format!("{once}{salt}")),
            (name, format!("{salt}{once}")),
            (name, inner(digest, &format!("{salt}{password}"))),
            (name, inner(digest, &format!("{password}{salt}"))),
            (name, inner(digest, salt) + &once),
            // OpenCart's.
            (
                name,
                format!("{salt}{}", inner(digest, &format!("{salt}{once}"))),
            ),
        ];
        twice.extend(
            of_another
                .filter(|other| other.of(b"").is_ok())
                .flat_map(|other| {
                    let once = inner(other, password);
                    [
                        (other.name(), once.clone()),
                        (other.name(), format!("{once}{salt}")),
                        (other.name(), format!("{salt}{once}")),
                    ]
                }),
        );
        let raw = digest
            .of(password.as_bytes())
            .and_then(|once| digest.of(&once));
        let raw = raw.is_ok_and(|twice| twice == self.bytes).then_some(name);
        let found = twice
            .into_iter()
            .find(|(_, text)| self.is(digest, text))
            .map(|(inner, _)| inner)
            .or(raw)?;
        Some(format!(
            "the first is {} of {}, and no recipe describes a hash of a hash: import those users without passwords, and let them choose new ones",
            a(name),
            a(found)
        ))
    }

    fn separated(&self, digest: Digest) -> Option<String> {
        let (password, salt, name) = (self.password, self.salt, digest.name());
        let found = |separator: &&str| {
            if self.is(digest, &format!("{salt}{separator}{password}")) {
                Some(format!(
                    "the first is {} with `{separator}` between salt and password: put it at the end of each salt and search again",
                    a(name)
                ))
            } else if self.is(digest, &format!("{password}{separator}{salt}")) {
                Some(format!(
                    "the first is {} with `{separator}` between password and salt: put it at the beginning of each salt and search again",
                    a(name)
                ))
            } else {
                None
            }
        };
        // Spring Security's of before its wrappers.
        if self.is(digest, &format!("{password}{{{salt}}}")) {
            return Some(format!(
                "the first is {} with the salt in braces after the password: write each salt as {{SALT}} and search again",
                a(name)
            ));
        }
        // With the salt before and behind, as some do.
        let both = self.is(digest, &format!("{salt}{password}{salt}"));
        let both = (both && !salt.is_empty()).then(|| format!("the first is {} with the salt before and after the password, and a recipe describes only one of the two", a(name)));
        SEPARATORS.iter().find_map(found).or(both)
    }

    fn keyed(&self, digest: Digest) -> Option<String> {
        let made = digest.hmac(self.password.as_bytes(), self.salt.as_bytes());
        made.is_ok_and(|made| made == self.bytes).then(|| {
            format!(
                "the first is an HMAC with {} whose key is the password, which no recipe describes",
                digest.name()
            )
        })
    }

    /// Symfony's: the digest of password and `{salt}`, then again and again of that with the same behind it. Authlogic's: of the hex
    /// of the one before. And plain rounds.
    fn rounds(&self, digest: Digest) -> Option<String> {
        if matches!(digest, Digest::Md4 | Digest::Ripemd160 | Digest::Whirlpool) {
            return None;
        }
        let (password, salt) = (self.password, self.salt);
        let braces = format!("{password}{{{salt}}}");
        let (behind, before) = (format!("{password}{salt}"), format!("{salt}{password}"));
        let starts = [
            (&braces, braces.as_str(), false, "Symfony's way"),
            (
                &behind,
                "",
                false,
                "each round takes the bytes of the one before",
            ),
            (
                &before,
                "",
                false,
                "each round takes the bytes of the one before",
            ),
            (
                &behind,
                "",
                true,
                "each round takes the hex of the one before",
            ),
            (
                &before,
                "",
                true,
                "each round takes the hex of the one before",
            ),
        ];
        for (first, again, in_hex, way) in starts {
            let mut made = digest.of(first.as_bytes()).ok()?;
            for round in 2..=MOST_ROUNDS {
                // The salt is in each round, and nothing says how long it may be.
                if round % LOOKS_AT_THE_CLOCK == 0 && self.deadline.is_over() {
                    return None;
                }
                if in_hex {
                    made = hex(&made).into_bytes();
                }
                made.extend_from_slice(again.as_bytes());
                made = digest.of(&made).ok()?;
                // A hash of a hash is reported as such.
                let is_told = round == 2 && salt.is_empty();
                if made == self.bytes && !is_told {
                    return Some(format!(
                        "the first is made of {round} rounds of {} ({way}), which no recipe describes: import those users without passwords, and let them choose new ones",
                        digest.name()
                    ));
                }
            }
        }
        None
    }
}
