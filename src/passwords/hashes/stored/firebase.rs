//! Firebase's own scrypt.

use std::fmt;

use crate::passwords::hashes::stored::StoredHash;

/// Auth0 compares the key that scrypt derives. Firebase keeps its signer key enciphered with that key (AES in counter mode), and
/// from the two the key cannot be computed.
pub(super) const WHY: &str = "is a text encrypted with the key from scrypt, not the key itself, which custom_password_hash cannot describe; those users keep their passwords if an Auth0 custom database script asks Firebase at their first sign-in";

/// What all hashes of a Firebase project share, as its console shows it under "Password hash parameters". Printing it shows
/// nothing.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let config = FirebaseConfig { signer_key: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH".to_string(), salt_separator: "Bw==".to_string(), rounds: 8, mem_cost: 14 };
/// assert_eq!(format!("{config:?}"), "FirebaseConfig { .. }");
/// ```
#[derive(Clone)]
pub struct FirebaseConfig {
    /// `base64_signer_key`.
    pub signer_key: String,
    /// `base64_salt_separator`.
    pub salt_separator: String,
    /// `rounds`, 1 to 8: scrypt's block size.
    pub rounds: u32,
    /// `mem_cost`, 1 to 14: the logarithm of scrypt's cost.
    pub mem_cost: u32,
}

impl fmt::Debug for FirebaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirebaseConfig").finish_non_exhaustive()
    }
}

/// Reads a hash of a Firebase export, which Auth0 cannot take whatever its parameters are. Sends nothing, computes no hash.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let config = FirebaseConfig { signer_key: String::new(), salt_separator: String::new(), rounds: 8, mem_cost: 14 };
/// let hash = firebase("lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==", "42xEC+ixf3L2lw==", &config);
/// assert!(matches!(hash, StoredHash::Impossible { what: "a Firebase hash", .. }));
/// assert_eq!(firebase("", "", &config), StoredHash::Empty);
/// ```
#[must_use]
pub fn firebase(hash: &str, _salt: &str, _config: &FirebaseConfig) -> StoredHash {
    if hash.trim().is_empty() {
        return StoredHash::Empty;
    }
    StoredHash::Impossible {
        what: "a Firebase hash",
        why: WHY,
    }
}
