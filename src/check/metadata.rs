//! Whether metadata has keys that Auth0 does not take.

use serde_json::{Map, Value};

use crate::error::problem::Faults;
use crate::words::cut;

/// Keys of app_metadata that Auth0 keeps for itself (documented with the import schema).
const RESERVED: [&str; 18] = [
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email_verified",
    "email",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor_last_modified",
    "multifactor",
    "updated_at",
    "user_id",
];
/// Characters shown of a key.
const SHOWN: usize = 60;

/// Checks `app_metadata`, whose first level has reserved keys too.
pub(crate) fn check_app_metadata(metadata: &Map<String, Value>, faults: &mut Faults) {
    let reserved = metadata.keys();
    for key in reserved.filter(|key| RESERVED.contains(&key.as_str())) {
        faults.add(
            &format!("app_metadata.{key}"),
            "is a key that Auth0 reserves: rename it",
        );
    }
    check_keys("app_metadata", metadata, faults);
}

/// Names each key with a `.` or a `$` in it, at any depth (documented with the metadata fields; the depth is reported).
pub(crate) fn check_keys(path: &str, fields: &Map<String, Value>, faults: &mut Faults) {
    for (key, value) in fields {
        let path = format!("{path}.{}", quoted(key));
        if key.contains(['.', '$']) {
            faults.add(
                &path,
                "is a key with a `.` or a `$`, which Auth0 does not take in metadata: rename it, or make it an object",
            );
        }
        check_value(&path, value, faults);
    }
}

fn check_value(path: &str, value: &Value, faults: &mut Faults) {
    match value {
        Value::Object(fields) => check_keys(path, fields, faults),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                check_value(&format!("{path}[{index}]"), value, faults);
            }
        }
        _ => {}
    }
}

/// The key as one part of a path: in quotes unless it is a plain word.
fn quoted(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let key_shown = cut(key, SHOWN);
    match !key.is_empty() && key_shown.chars().all(plain) {
        true => key_shown,
        false => format!("{key_shown:?}"),
    }
}
