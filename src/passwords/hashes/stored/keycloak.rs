//! Keycloak's credentials, of a realm export or of its table `credential`.

use serde_json::Value;

use crate::passwords::hashes::encodings::any_base64;
use crate::passwords::hashes::stored::description::{self, number};
use crate::passwords::hashes::stored::{MOST_BYTES, StoredHash};

const WHAT: &str = "a Keycloak credential";

/// Reads a Keycloak credential from its two JSON texts, `secretData` and `credentialData`. Sends nothing, computes no hash.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let secret = r#"{"value": "FvKvmugvGJPvg1DbZ+NkV9fu06g0vi/h5NZd4hs9o44=", "salt": "E6perVetx8arAV/4hUH3TQ=="}"#;
/// let hash = keycloak(secret, r#"{"hashIterations": 27500, "algorithm": "pbkdf2-sha256"}"#);
/// assert!(matches!(hash, StoredHash::Custom(_)));
/// ```
#[must_use]
pub fn keycloak(secret_data: &str, credential_data: &str) -> StoredHash {
    if secret_data.trim().is_empty() {
        return StoredHash::Empty;
    }
    let parsed = |text: &str| {
        let parsed = (text.len() <= MOST_BYTES).then(|| serde_json::from_str::<Value>(text).ok());
        match parsed.flatten() {
            // Some exports write the text as a text once more.
            Some(Value::String(inside)) => serde_json::from_str(&inside).ok(),
            parsed => parsed,
        }
        .filter(Value::is_object)
    };
    let (Some(secret), Some(credential)) = (parsed(secret_data), parsed(credential_data)) else {
        return StoredHash::Impossible {
            what: WHAT,
            why: "is not two JSON objects, secretData and credentialData, so one of them may be cut off",
        };
    };
    let Some(value) = secret["value"].as_str().filter(|value| !value.is_empty()) else {
        return StoredHash::Empty;
    };
    read(
        value,
        secret["salt"].as_str().unwrap_or_default(),
        &credential,
    )
}

fn read(value: &str, salt: &str, credential: &Value) -> StoredHash {
    // Providers that others wrote keep a whole hash there.
    if value.starts_with('$') {
        return StoredHash::read(value);
    }
    let (Some(key), Some(salt)) = (any_base64(value), any_base64(salt)) else {
        return StoredHash::Impossible {
            what: WHAT,
            why: "has a value or a salt that is not base64, so it may be cut off",
        };
    };
    let iterations = &credential["hashIterations"];
    let iterations = match iterations.as_str() {
        Some(digits) => number(digits),
        None => iterations
            .as_u64()
            .and_then(|number| u32::try_from(number).ok()),
    };
    let digest = match credential["algorithm"].as_str().unwrap_or_default() {
        "pbkdf2" => "sha1",
        "pbkdf2-sha256" => "sha256",
        "pbkdf2-sha512" => "sha512",
        "argon2" => return argon2(iterations, &salt, &key, &credential["additionalParameters"]),
        _ => return StoredHash::Silent,
    };
    match iterations {
        Some(iterations) => description::pbkdf2(WHAT, digest, iterations, &salt, &key),
        None => StoredHash::Impossible {
            what: WHAT,
            why: "does not give its hashIterations",
        },
    }
}

/// Each parameter is a list of one text.
fn argon2(passes: Option<u32>, salt: &[u8], key: &[u8], params: &Value) -> StoredHash {
    let text = |name: &str| {
        let value = &params[name];
        value[0].as_str().or(value.as_str()).unwrap_or_default()
    };
    let impossible = |why| StoredHash::Impossible { what: WHAT, why };
    if !["1.3", ""].contains(&text("version")) {
        return impossible(
            "is Argon2 with a version other than 1.3 (v=19), which Auth0 does not take",
        );
    }
    match (
        text("type"),
        number(text("memory")),
        passes,
        number(text("parallelism")),
    ) {
        (kind @ ("id" | "i"), Some(memory), Some(passes), Some(lanes)) => {
            description::argon2(kind, [memory, passes, lanes], salt, key)
        }
        ("d", ..) => impossible("is Argon2d, and Auth0 takes only Argon2id and Argon2i"),
        _ => impossible("does not give the type, memory, passes and lanes of its Argon2"),
    }
}
