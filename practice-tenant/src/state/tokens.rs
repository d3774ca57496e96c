//! Signed tokens: how they are made, and which of them have ended.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::ids::random;

pub(crate) struct Tokens {
    key: Vec<u8>,
    /// Tokens are numbered; those below the second number have been expired.
    issued: AtomicU64,
    expired_below: AtomicU64,
}

impl Tokens {
    pub(crate) fn new() -> Tokens {
        Tokens {
            key: random(32),
            issued: AtomicU64::new(0),
            expired_below: AtomicU64::new(0),
        }
    }

    /// The number of the next token.
    pub(crate) fn number(&self) -> u64 {
        self.issued.fetch_add(1, Ordering::Relaxed)
    }

    /// Ends every token issued so far.
    pub(crate) fn expire(&self) {
        let next = self.issued.load(Ordering::Relaxed);
        self.expired_below.store(next, Ordering::Relaxed);
    }

    pub(crate) fn is_expired(&self, number: u64) -> bool {
        number < self.expired_below.load(Ordering::Relaxed)
    }

    /// An HS256 JWT.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.mac(&text).finalize().into_bytes();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The HMAC of a text by the tenant's key, to sign it or to look whether it was signed.
    pub(crate) fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(text.as_bytes());
        mac
    }
}
