//! The digests of hashes, by Auth0's names.

use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use sha2::Digest as _;

#[derive(Clone, Copy)]
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

/// The expression with a type by that name for the digest's.
macro_rules! with {
    ($digest:expr, $D:ident => $body:expr) => {
        match $digest {
            Digest::Md4 => with!(@ md4::Md4, $D, $body),
            Digest::Md5 => with!(@ md5::Md5, $D, $body),
            Digest::Ripemd160 => with!(@ ripemd::Ripemd160, $D, $body),
            Digest::Sha1 => with!(@ sha1::Sha1, $D, $body),
            Digest::Sha224 => with!(@ sha2::Sha224, $D, $body),
            Digest::Sha256 => with!(@ sha2::Sha256, $D, $body),
            Digest::Sha384 => with!(@ sha2::Sha384, $D, $body),
            Digest::Sha512 => with!(@ sha2::Sha512, $D, $body),
            Digest::Whirlpool => with!(@ whirlpool::Whirlpool, $D, $body),
        }
    };
    (@ $type:ty, $D:ident, $body:expr) => {{
        type $D = $type;
        $body
    }};
}

impl Digest {
    /// By its plain name, as the HMAC digests are given.
    pub(crate) fn named(name: &str) -> Option<Digest> {
        Some(match name {
            "md4" => Digest::Md4,
            "md5" => Digest::Md5,
            "ripemd160" => Digest::Ripemd160,
            "sha1" => Digest::Sha1,
            "sha224" => Digest::Sha224,
            "sha256" => Digest::Sha256,
            "sha384" => Digest::Sha384,
            "sha512" => Digest::Sha512,
            "whirlpool" => Digest::Whirlpool,
            _ => return None,
        })
    }

    /// By one of the 33 names of OpenSSL that PBKDF2 takes, most of them another name for the same digest.
    /// RSA-MDC2, mdc2 and mdc2WithRSA are missing: no well-kept crate has MDC-2, so such a hash fits nothing here.
    pub(crate) fn of_openssl(name: &str) -> Option<Digest> {
        Digest::named(match name {
            "RSA-MD4" | "md4WithRSAEncryption" => "md4",
            "RSA-MD5" | "md5WithRSAEncryption" | "ssl3-md5" => "md5",
            "RSA-RIPEMD160" | "ripemd" | "ripemd160WithRSA" | "rmd160" => "ripemd160",
            "RSA-SHA1" | "RSA-SHA1-2" | "sha1WithRSAEncryption" | "ssl3-sha1" => "sha1",
            "RSA-SHA224" | "sha224WithRSAEncryption" => "sha224",
            "RSA-SHA256" | "sha256WithRSAEncryption" => "sha256",
            "RSA-SHA384" | "sha384WithRSAEncryption" => "sha384",
            "RSA-SHA512" | "sha512WithRSAEncryption" => "sha512",
            plain => plain,
        })
    }

    /// Bytes of its output.
    pub(crate) fn len(self) -> usize {
        with!(self, D => <D as sha2::Digest>::output_size())
    }

    pub(crate) fn of(self, data: &[u8]) -> Vec<u8> {
        with!(self, D => D::digest(data).to_vec())
    }

    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        with!(self, D => {
            let mac = Hmac::<D>::new_from_slice(key).ok()?.chain_update(data);
            Some(mac.finalize().into_bytes().to_vec())
        })
    }

    pub(crate) fn pbkdf2(self, password: &[u8], salt: &[u8], rounds: u32, len: usize) -> Vec<u8> {
        let mut key = vec![0; len];
        with!(self, D => pbkdf2_hmac::<D>(password, salt, rounds, &mut key));
        key
    }
}
