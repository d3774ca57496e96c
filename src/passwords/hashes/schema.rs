//! Whether a hash is one that Auth0 takes. No sentence here ever holds the hash.

use serde_json::{Map, Value};

use crate::error::problem::Faults;
use crate::passwords::hashes::custom::CustomHash;

/// The digests an HMAC may have (Auth0's import schema).
const FIELD: &str = "custom_password_hash";
/// Its fields that are numbers, and the others.
const NUMBERS: [&str; 4] = ["keylen", "cost", "blockSize", "parallelization"];
const OBJECTS: [&str; 4] = ["algorithm", "hash", "salt", "password"];
const HMAC_DIGESTS: &[&str] = &[
    "md4",
    "md5",
    "ripemd160",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "whirlpool",
];
/// What a `custom_password_hash` may be made by.
pub(crate) const ALGORITHMS: &[&str] = &[
    "argon2", "bcrypt", "hmac", "ldap", "md4", "md5", "sha1", "sha256", "sha512", "pbkdf2",
    "scrypt",
];
const ENCODINGS: &[&str] = &["base64", "hex", "utf8"];
const PASSWORD_ENCODINGS: &[&str] = &["ascii", "utf8", "utf16le", "ucs2", "latin1", "binary"];

/// `password_hash`: `^\$2[ab]?\$10+\$[./A-Za-z0-9]{53}$`.
pub(crate) fn check_password_hash(hash: &str, faults: &mut Faults) {
    let mut fault = |words: &str| faults.add("password_hash", words);
    if hash.starts_with("$2y$") || hash.starts_with("$2x$") {
        return fault(
            "begins with $2y$ or $2x$, and password_hash takes only $2a$ and $2b$: use custom_password_hash with the algorithm bcrypt",
        );
    }
    let Some(rest) = hash.strip_prefix("$2") else {
        return fault(
            "is not a bcrypt hash: make it with hash_password, or use custom_password_hash",
        );
    };
    let rest = rest.strip_prefix(['a', 'b']).unwrap_or(rest);
    let parts: Vec<&str> = rest.split('$').collect();
    let ["", cost, salted] = parts[..] else {
        return fault("is not a bcrypt hash: it must be $2b$10$ and 53 characters");
    };
    let ten = cost
        .strip_prefix('1')
        .is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'));
    if !ten {
        return fault(
            "has a cost other than 10, the only one that password_hash takes: use custom_password_hash with the algorithm bcrypt",
        );
    }
    if salted.len() != 53 {
        return fault("is cut off or too long: there must be 53 characters after the cost");
    }
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'/';
    if !salted.bytes().all(letter) {
        fault("has a character outside of bcrypt's alphabet (./A-Za-z0-9)");
    }
}

/// `custom_password_hash`, by the import schema and, where that finds nothing wrong, by the rules of its algorithm, which
/// the import does not check: what breaks them is taken, and no password ever fits. The hash itself may be missing.
pub(crate) fn check_custom_hash(value: &Value, faults: &mut Faults) {
    let mut found = Faults::default();
    check_schema(value, &mut found);
    if found.is_empty()
        && let Err((field, words)) = CustomHash::read(value)
    {
        found.add(&format!("custom_password_hash.{field}"), words);
    }
    faults.append(found);
}

fn check_schema(value: &Value, faults: &mut Faults) {
    let Some(custom) = value.as_object() else {
        return faults.add(FIELD, "must be an object with algorithm and hash");
    };
    let is_known = |key: &str| OBJECTS.contains(&key) || NUMBERS.contains(&key);
    for key in custom.keys().filter(|key| !is_known(key)) {
        faults.add(
            &format!("{FIELD}.{key}"),
            "is not a field here: leave it out",
        );
    }
    let algorithm = one_of(custom, "algorithm", FIELD, ALGORITHMS, true, faults);
    for number in NUMBERS {
        let whole = |value: &Value| value.as_f64().is_some_and(|number| number.fract() == 0.0);
        if custom.get(number).is_some_and(|value| !whole(value)) {
            faults.add(&format!("{FIELD}.{number}"), "must be a whole number");
        }
    }
    let field = format!("{FIELD}.hash");
    match custom.get("hash") {
        None => faults.add(&field, "is missing"),
        Some(hash) => check_hash(hash, &field, algorithm, faults),
    }
    for (name, words) in [("salt", true), ("password", false)] {
        let field = format!("{FIELD}.{name}");
        let Some(value) = custom.get(name) else {
            continue;
        };
        let Some(object) = value.as_object() else {
            faults.add(&field, "must be an object");
            continue;
        };
        if words {
            text(object, "value", &field, true, faults);
            one_of(object, "encoding", &field, ENCODINGS, false, faults);
            one_of(
                object,
                "position",
                &field,
                &["prefix", "suffix"],
                false,
                faults,
            );
        } else {
            one_of(
                object,
                "encoding",
                &field,
                PASSWORD_ENCODINGS,
                false,
                faults,
            );
        }
    }
}

fn check_hash(value: &Value, field: &str, algorithm: Option<&str>, faults: &mut Faults) {
    let Some(hash) = value.as_object() else {
        return faults.add(field, "must be an object with value and encoding");
    };
    text(hash, "value", field, false, faults);
    one_of(hash, "encoding", field, ENCODINGS, false, faults);
    one_of(
        hash,
        "digest",
        field,
        HMAC_DIGESTS,
        algorithm == Some("hmac"),
        faults,
    );
    let field = format!("{field}.key");
    match hash.get("key") {
        Some(Value::Object(key)) => {
            text(key, "value", &field, true, faults);
            one_of(key, "encoding", &field, ENCODINGS, false, faults);
        }
        Some(_) => faults.add(&field, "must be an object with value"),
        None if algorithm == Some("hmac") => faults.add(&field, "is missing, and hmac needs it"),
        None => {}
    }
}

fn text(object: &Map<String, Value>, key: &str, field: &str, needed: bool, faults: &mut Faults) {
    let field = format!("{field}.{key}");
    match object.get(key) {
        Some(Value::String(_)) => {}
        Some(_) => faults.add(&field, "must be text"),
        None if needed => faults.add(&field, "is missing"),
        None => {}
    }
}

fn one_of<'a>(
    object: &'a Map<String, Value>,
    key: &str,
    field: &str,
    known: &[&str],
    needed: bool,
    faults: &mut Faults,
) -> Option<&'a str> {
    let field = format!("{field}.{key}");
    match object.get(key) {
        Some(Value::String(word)) if known.contains(&word.as_str()) => return Some(word),
        Some(_) => faults.add(&field, format!("must be one of {}", known.join(", "))),
        None if needed => faults.add(&field, "is missing"),
        None => {}
    }
    None
}
