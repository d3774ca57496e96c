//! What a stored hash says of itself.

use std::fmt;

use serde_json::{Value, json};

/// What a stored hash says of itself. Says nothing of the hash when it is printed.
#[derive(Clone, PartialEq)]
pub(crate) enum StoredHash {
    Bcrypt(String),
    Custom(Value),
    Impossible {
        what: &'static str,
        why: &'static str,
    },
    Password,
    Silent,
    Empty,
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredHash")
    }
}

impl StoredHash {
    pub(crate) fn read(text: &str) -> StoredHash {
        let text = text.trim();
        let bare = text.strip_prefix("{bcrypt}").unwrap_or(text);
        if text.is_empty() {
            StoredHash::Empty
        } else if bare.len() == 60 && (bare.starts_with("$2a$10$") || bare.starts_with("$2b$10$")) {
            StoredHash::Bcrypt(bare.to_string())
        } else if bare.len() == 60 && bare.starts_with("$2") {
            StoredHash::Custom(json!({"algorithm": "bcrypt", "hash": {"value": bare}}))
        } else if text.starts_with("$argon2id$") {
            StoredHash::Custom(json!({"algorithm": "argon2", "hash": {"value": text}}))
        } else if text.starts_with("{SSHA}") {
            StoredHash::Custom(json!({"algorithm": "ldap", "hash": {"value": text}}))
        } else if text.starts_with("$S$") {
            StoredHash::Impossible {
                what: "a Drupal 7 hash",
                why: "repeats SHA-512, which no custom_password_hash describes",
            }
        } else if text.len() >= 32 {
            StoredHash::Silent
        } else {
            StoredHash::Password
        }
    }

    pub(crate) fn with_salt(text: &str, salt: &str) -> StoredHash {
        match StoredHash::read(text) {
            StoredHash::Password if !salt.is_empty() => StoredHash::Silent,
            read => read,
        }
    }

    pub(crate) fn clear_text(text: &str) -> Option<&str> {
        (StoredHash::read(text) == StoredHash::Password)
            .then(|| text.strip_prefix("{noop}").unwrap_or(text))
    }
}

pub(crate) struct FirebaseConfig {
    pub(crate) signer_key: String,
    pub(crate) salt_separator: String,
    pub(crate) rounds: u32,
    pub(crate) mem_cost: u32,
}

pub(crate) fn keycloak(secret_data: &str, _credential_data: &str) -> StoredHash {
    match secret_data.is_empty() {
        true => StoredHash::Empty,
        false => StoredHash::Custom(
            json!({"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-sha256$i=27500,l=64$GFEwMfgNlmVB8yH3J3a/nQ$uryz8ohft0LplHml+rXIcLWAoMaB4fA4G4DwIW5k8PZTuCgVahee0k8+6z7tPC/8rQ0sChIrTdzoQyB8e3TUCQ"}}),
        ),
    }
}

pub(crate) fn firebase(hash: &str, _salt: &str, config: &FirebaseConfig) -> StoredHash {
    let _ = (
        &config.signer_key,
        &config.salt_separator,
        config.rounds,
        config.mem_cost,
    );
    match hash.is_empty() {
        true => StoredHash::Empty,
        false => StoredHash::Impossible {
            what: "a Firebase hash",
            why: "is enciphered with the key that scrypt derives",
        },
    }
}

pub(crate) fn aspnet_membership(hash: &str, salt: &str, _format: &str) -> StoredHash {
    StoredHash::with_salt(hash, salt)
}
