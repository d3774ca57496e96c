//! The hashes that are slow by design and say in their own text, or beside it, how slow: PBKDF2, Argon2, scrypt.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use crate::passwords::hashes::burden::{
    ARGON2_IN_5_S, Burden, PBKDF2_IN_5_S, SCRYPT_IN_5_S, Untried,
};
use crate::passwords::hashes::digests::Digest;

#[cfg(not(feature = "all-hashes"))]
use crate::passwords::hashes::digests::NotBuilt;

/// A PHC string: `$id$v=19$name=number,…$salt$key`, salt and key in base64 without padding; both may be left out, which
/// makes it a recipe for more of its kind.
pub(crate) struct Phc {
    id: String,
    version: Option<u32>,
    params: Vec<(String, u32)>,
    pub(crate) ends: Option<(Vec<u8>, Vec<u8>)>,
}

impl Phc {
    pub(crate) fn read(text: &str) -> Result<Phc, &'static str> {
        let mut parts = text
            .strip_prefix('$')
            .unwrap_or_default()
            .split('$')
            .peekable();
        let id = parts.next().unwrap_or_default().to_string();
        if id.is_empty() {
            return Err(
                "is not a PHC string: it must begin with $, the name of the algorithm and another $",
            );
        }
        let version = match parts.next_if(|part| part.starts_with("v=")) {
            Some(part) => Some(
                part[2..]
                    .parse()
                    .map_err(|_| "has a version that is not a number")?,
            ),
            None => None,
        };
        let params = match parts.next_if(|part| part.contains('=') && !part.ends_with('=')) {
            Some(part) => part.split(',').map(param).collect::<Option<Vec<_>>>(),
            None => Some(Vec::new()),
        };
        let params =
            params.ok_or("has parameters that are not name=number with commas between them")?;
        let rest: Vec<&str> = parts.collect();
        let ends = match rest[..] {
            [] | [""] => None,
            [salt, key] if !salt.is_empty() && !key.is_empty() => {
                Some((decoded(salt)?, decoded(key)?))
            }
            _ => {
                return Err(
                    "is a PHC string with missing parts: $, the salt, $ and the hash must follow the parameters",
                );
            }
        };
        Ok(Phc {
            id,
            version,
            params,
            ends,
        })
    }

    fn param(&self, name: &str) -> Option<u32> {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| *value)
    }

    /// What stands before the salt.
    pub(crate) fn head(&self) -> String {
        let params: Vec<String> = self
            .params
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let version = self
            .version
            .map_or(String::new(), |version| format!("$v={version}"));
        let params = if params.is_empty() {
            String::new()
        } else {
            format!("${}", params.join(","))
        };
        format!("${}{version}{params}", self.id)
    }

    pub(crate) fn with_ends(&self, salt: &[u8], key: &[u8]) -> String {
        let [salt, key] = [salt, key].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
        format!("{}${salt}${key}", self.head())
    }
}

fn param(text: &str) -> Option<(String, u32)> {
    let (name, value) = text.split_once('=')?;
    let plain = value.bytes().all(|byte| byte.is_ascii_digit());
    Some((name.to_string(), value.parse().ok().filter(|_| plain)?))
}

fn decoded(part: &str) -> Result<Vec<u8>, &'static str> {
    BASE64_STANDARD_NO_PAD
        .decode(part)
        .map_err(|_| "has a salt or a hash that is not base64 (A-Za-z0-9+/) without padding")
}

/// How a key is derived from a password, slowly.
#[cfg_attr(
    not(feature = "all-hashes"),
    allow(dead_code, reason = "read, and derived by that feature alone")
)]
pub(crate) enum SlowHash {
    Pbkdf2 {
        digest: Digest,
        iterations: u32,
    },
    Argon2 {
        id: bool,
        memory: u32,
        passes: u32,
        lanes: u32,
    },
    Scrypt {
        log_cost: u8,
        block_size: u32,
        parallelization: u32,
    },
}

impl SlowHash {
    /// Of `$pbkdf2-<digest>$i=…,l=…`, and how many bytes its keys have. What is left out is 100,000 and 64 (Auth0's
    /// import schema).
    pub(crate) fn pbkdf2(phc: &Phc) -> Result<(SlowHash, usize), &'static str> {
        let name = phc.id.strip_prefix("pbkdf2-");
        let name = name.ok_or(
            "is not a PBKDF2 hash: it must begin with $pbkdf2- and the digest, as in $pbkdf2-sha512",
        )?;
        let digest = Digest::of_openssl(name).ok_or(
            "names an unknown digest: use one of OpenSSL's, such as sha1, sha256 or sha512",
        )?;
        if phc.version.is_some()
            || phc
                .params
                .iter()
                .any(|(name, _)| name != "i" && name != "l")
        {
            return Err("has a parameter other than i (iterations) and l (length)");
        }
        let iterations = phc.param("i").unwrap_or(100_000);
        let length = phc.param("l").unwrap_or(64) as usize;
        if iterations == 0 || length == 0 {
            return Err("has no iterations or no length: i and l must be at least 1");
        }
        if phc
            .ends
            .as_ref()
            .is_some_and(|(_, key)| key.len() != length)
        {
            return Err("has a hash whose length is not l (64 if l is left out)");
        }
        Ok((SlowHash::Pbkdf2 { digest, iterations }, length))
    }

    /// Of `$argon2id$v=19$m=…,t=…,p=…`, and how many bytes its keys have. auth0/magic takes argon2id and argon2i,
    /// version 19, in this order, 8 bytes of salt and 16 of hash at least.
    pub(crate) fn argon2(phc: &Phc) -> Result<(SlowHash, usize), &'static str> {
        let id = match phc.id.as_str() {
            "argon2id" => true,
            "argon2i" => false,
            _ => {
                return Err(
                    "is of a kind that Auth0 does not take: it must be $argon2id or $argon2i",
                );
            }
        };
        if phc.version != Some(19) {
            return Err("has a version other than 19 ($v=19)");
        }
        let names: Vec<&str> = phc.params.iter().map(|(name, _)| name.as_str()).collect();
        if names != ["m", "t", "p"] {
            return Err(
                "must have the parameters m (memory in KiB), t (passes) and p (lanes), in this order",
            );
        }
        let [memory, passes, lanes] = ["m", "t", "p"].map(|name| phc.param(name).unwrap_or(0));
        if passes == 0 || lanes == 0 || u64::from(memory) < 8 * u64::from(lanes) {
            return Err(
                "has parameters that Argon2 cannot use: t and p must be at least 1, and m at least 8 times p",
            );
        }
        if let Some((salt, key)) = &phc.ends
            && (salt.len() < 8 || key.len() < 16)
        {
            return Err("has a salt of under 8 bytes or a hash of under 16");
        }
        let length = phc.ends.as_ref().map_or(32, |(_, key)| key.len());
        Ok((
            SlowHash::Argon2 {
                id,
                memory,
                passes,
                lanes,
            },
            length,
        ))
    }

    /// The key, unless it takes more than is spent here.
    pub(crate) fn key(
        &self,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Result<Vec<u8>, Untried> {
        self.burden(length).check()?;
        self.derive(password, salt, length)
    }

    #[cfg(feature = "all-hashes")]
    fn derive(&self, password: &[u8], salt: &[u8], length: usize) -> Result<Vec<u8>, Untried> {
        let mut key = vec![0; length];
        match self {
            SlowHash::Pbkdf2 { digest, iterations } => {
                digest.pbkdf2(password, salt, *iterations, &mut key);
            }
            SlowHash::Argon2 {
                id,
                memory,
                passes,
                lanes,
            } => {
                let kind = if *id {
                    argon2::Algorithm::Argon2id
                } else {
                    argon2::Algorithm::Argon2i
                };
                argon2::Params::new(*memory, *passes, *lanes, Some(length))
                    .and_then(|params| {
                        argon2::Argon2::new(kind, argon2::Version::V0x13, params)
                            .hash_password_into(password, salt, &mut key)
                    })
                    .map_err(|_| Untried::Unfit("Argon2"))?;
            }
            SlowHash::Scrypt {
                log_cost,
                block_size,
                parallelization,
            } => {
                let unfit = || Untried::Unfit("scrypt");
                let params = scrypt::Params::new(*log_cost, *block_size, *parallelization)
                    .map_err(|_| unfit())?;
                scrypt::scrypt(password, salt, &params, &mut key).map_err(|_| unfit())?;
            }
        }
        Ok(key)
    }

    #[cfg(not(feature = "all-hashes"))]
    fn derive(&self, _password: &[u8], _salt: &[u8], _length: usize) -> Result<Vec<u8>, Untried> {
        Err(Untried::NotBuilt(NotBuilt(match self {
            SlowHash::Pbkdf2 { .. } => "pbkdf2",
            SlowHash::Argon2 { .. } => "argon2",
            SlowHash::Scrypt { .. } => "scrypt",
        })))
    }
}

impl SlowHash {
    /// What one try takes; its key has `length` bytes.
    pub(crate) fn burden(&self, length: usize) -> Burden {
        let length = length as u64;
        let (memory, seconds) = match self {
            SlowHash::Pbkdf2 { digest, iterations } => {
                let blocks = length.div_ceil(digest.bytes() as u64);
                (0, blocks as f64 * f64::from(*iterations) / PBKDF2_IN_5_S)
            }
            SlowHash::Argon2 { memory, passes, .. } => {
                let filled = f64::from(*memory) * f64::from(*passes);
                (1024 * u64::from(*memory), filled / ARGON2_IN_5_S)
            }
            SlowHash::Scrypt {
                log_cost,
                block_size,
                parallelization,
            } => {
                let cost = 2_f64.powi(i32::from(*log_cost));
                let mixed = cost * f64::from(*block_size) * f64::from(*parallelization);
                // One buffer holds a block for each step of the cost, the other one for each lane.
                let blocks = cost.max(f64::from(*parallelization)) * f64::from(*block_size);
                ((128.0 * blocks) as u64, mixed / SCRYPT_IN_5_S)
            }
        };
        Burden::new(memory.saturating_add(length), 5.0 * seconds)
    }
}
