//! The digests of password hashes, by Auth0's names.
//!
//! SHA-2 is always here; the others are compiled only with the feature `all-hashes`.

use std::fmt;

use sha2::Digest as _;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Md4,
    Md5,
    Ripemd160,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Whirlpool,
}

use Digest::*;

/// Auth0's names, which are Node's.
const NAMES: [(&str, Digest); 9] = [
    ("md4", Md4),
    ("md5", Md5),
    ("ripemd160", Ripemd160),
    ("sha1", Sha1),
    ("sha224", Sha224),
    ("sha256", Sha256),
    ("sha384", Sha384),
    ("sha512", Sha512),
    ("whirlpool", Whirlpool),
];

/// An HMAC whose key is set: takes bytes, and puts what it makes of them in their place.
pub(crate) type HmacStep = Box<dyn Fn(&mut [u8])>;

/// What this build of the crate cannot compute.
#[derive(Debug)]
pub(crate) struct NotBuilt(pub(crate) &'static str);

impl fmt::Display for NotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "is {}, which this build of the crate does not have: write `:dep auth0-bulk-users = {{ path = \"..\", features = [\"all-hashes\"] }}` in the notebook's first cell",
            self.0
        )
    }
}

impl Digest {
    pub(crate) fn named(name: &str) -> Option<Digest> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, digest)| *digest)
    }

    /// By OpenSSL's name, as in PBKDF2 hashes; the names with RSA mean the same digests. MDC-2 is missing, since no well-kept
    /// crate has it.
    pub(crate) fn of_openssl(name: &str) -> Option<Digest> {
        let plain = match name {
            "ssl3-md5" => "md5",
            "ssl3-sha1" | "RSA-SHA1-2" => "sha1",
            "ripemd" | "rmd160" | "ripemd160WithRSA" => "ripemd160",
            _ => name.strip_suffix("WithRSAEncryption").unwrap_or(name),
        };
        match plain.strip_prefix("RSA-") {
            Some(upper) => Digest::named(&upper.to_ascii_lowercase()),
            None => Digest::named(plain),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        let known = NAMES.iter().find(|(_, digest)| *digest == self);
        known.map_or("", |(name, _)| name)
    }

    /// Bytes of what it makes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Md4 | Md5 => 16,
            Ripemd160 | Sha1 => 20,
            Sha224 => 28,
            Sha256 => 32,
            Sha384 => 48,
            Sha512 | Whirlpool => 64,
        }
    }

    /// The digests that make as many bytes.
    pub(crate) fn of_length(bytes: usize) -> impl Iterator<Item = Digest> {
        let all = NAMES.iter().map(|(_, digest)| *digest);
        all.filter(move |digest| digest.bytes() == bytes)
    }
}

/// The expression with `$D` for the digest's type; `other` stands for those that this build lacks.
macro_rules! with_digest {
    ($digest:expr, $D:ident => $body:expr, $other:ident => $lacking:expr) => {
        match $digest {
            #[cfg(feature = "all-hashes")]
            Md4 => with_digest!(@ md4::Md4, $D, $body),
            #[cfg(feature = "all-hashes")]
            Md5 => with_digest!(@ md5::Md5, $D, $body),
            #[cfg(feature = "all-hashes")]
            Ripemd160 => with_digest!(@ ripemd::Ripemd160, $D, $body),
            #[cfg(feature = "all-hashes")]
            Sha1 => with_digest!(@ sha1::Sha1, $D, $body),
            Sha224 => with_digest!(@ sha2::Sha224, $D, $body),
            Sha256 => with_digest!(@ sha2::Sha256, $D, $body),
            Sha384 => with_digest!(@ sha2::Sha384, $D, $body),
            Sha512 => with_digest!(@ sha2::Sha512, $D, $body),
            #[cfg(feature = "all-hashes")]
            Whirlpool => with_digest!(@ whirlpool::Whirlpool, $D, $body),
            #[cfg(not(feature = "all-hashes"))]
            $other => $lacking,
        }
    };
    (@ $type:ty, $D:ident, $body:expr) => {{
        type $D = $type;
        $body
    }};
}

impl Digest {
    pub(crate) fn of(self, data: &[u8]) -> Result<Vec<u8>, NotBuilt> {
        with_digest!(self, D => Ok(D::digest(data).to_vec()), other => Err(NotBuilt(other.name())))
    }

    #[cfg(feature = "all-hashes")]
    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Result<Vec<u8>, NotBuilt> {
        use hmac::{Hmac, KeyInit, Mac};
        with_digest!(self, D => {
            let mac = Hmac::<D>::new_from_slice(key).map_err(|_| NotBuilt("hmac"))?;
            Ok(mac.chain_update(data).finalize().into_bytes().to_vec())
        }, other => Err(NotBuilt(other.name())))
    }

    /// What makes the HMAC of as many bytes as it makes, in their place.
    #[cfg(feature = "all-hashes")]
    pub(crate) fn hmac_step(self, key: &[u8]) -> Result<HmacStep, NotBuilt> {
        use hmac::{Hmac, KeyInit, Mac};
        with_digest!(self, D => {
            let keyed = Hmac::<D>::new_from_slice(key).map_err(|_| NotBuilt("hmac"))?;
            Ok(Box::new(move |bytes: &mut [u8]| {
                let mac = keyed.clone().chain_update(&*bytes);
                bytes.copy_from_slice(&mac.finalize().into_bytes());
            }))
        }, other => Err(NotBuilt(other.name())))
    }

    #[cfg(feature = "all-hashes")]
    pub(crate) fn pbkdf2(self, password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
        with_digest!(self, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, key), other => ());
    }

    #[cfg(not(feature = "all-hashes"))]
    pub(crate) fn hmac(self, _key: &[u8], _data: &[u8]) -> Result<Vec<u8>, NotBuilt> {
        Err(NotBuilt("hmac"))
    }

    #[cfg(not(feature = "all-hashes"))]
    pub(crate) fn hmac_step(self, _key: &[u8]) -> Result<HmacStep, NotBuilt> {
        Err(NotBuilt("pbkdf2"))
    }
}
