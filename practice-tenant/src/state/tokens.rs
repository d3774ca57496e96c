//! Signed tokens: how they are made, and which of them have ended.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

pub(crate) struct Tokens {
    key: Vec<u8>,
    /// Tokens are numbered; those below the second number are expired.
    issued: u64,
    expired_below: u64,
}

impl Tokens {
    pub(crate) fn of(key: Vec<u8>) -> Tokens {
        Tokens {
            key,
            issued: 0,
            expired_below: 0,
        }
    }

    /// The number of the next token.
    pub(crate) fn number(&mut self) -> u64 {
        self.issued += 1;
        self.issued - 1
    }

    /// Ends every token issued so far.
    pub(crate) fn expire(&mut self) {
        self.expired_below = self.issued;
    }

    pub(crate) fn is_expired(&self, number: u64) -> bool {
        number < self.expired_below
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
