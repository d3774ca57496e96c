//! Passwords of the database servers' own accounts, and the marks of an account without one.

use serde_json::json;

use crate::passwords::hashes::encodings::BytesEncoding;
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::hashes::stored::description::{self, Side};

pub(super) fn read(text: &str) -> Option<StoredHash> {
    let impossible = |what, why| Some(StoredHash::Impossible { what, why });
    if ["*", "!", "!!", "*LK*"].contains(&text) {
        return impossible(
            "a marker of an account without a password",
            "takes the place of a hash, so there is no hash to import",
        );
    }
    let hex = |digits: &str| BytesEncoding::Hex.decode(digits).ok();
    if text
        .strip_prefix('*')
        .and_then(hex)
        .is_some_and(|bytes| bytes.len() == 20)
    {
        return impossible(
            "a MySQL hash",
            "is sha1 of a sha1, and custom_password_hash cannot describe a hash of a hash",
        );
    }
    if text.starts_with("$A$005$") || text.starts_with("$mysql") {
        return impossible(
            "a MySQL 8 hash",
            "is made of thousands of rounds of a digest, which custom_password_hash cannot describe",
        );
    }
    if text.starts_with("SCRAM-SHA-") {
        return impossible(
            "a PostgreSQL SCRAM hash",
            "is a digest of an HMAC of a PBKDF2, which custom_password_hash cannot describe",
        );
    }
    sql_server(text).or_else(|| oracle(text))
}

/// `0x`, a version, 4 bytes of salt, and a digest of the password in UTF-16 followed by the salt.
fn sql_server(text: &str) -> Option<StoredHash> {
    let bytes = BytesEncoding::Hex.decode(text.strip_prefix("0x")?).ok()?;
    let (head, hash) = bytes.split_first_chunk::<6>()?;
    let (algorithm, hash) = match (head, hash.len()) {
        ([1, 0, ..], 20) => ("sha1", hash),
        // SQL Server 2000 adds the digest of the password in capitals.
        ([1, 0, ..], 40) => ("sha1", &hash[..20]),
        ([2, 0, ..], 64) => ("sha512", hash),
        _ => return None,
    };
    let mut custom = description::digest(algorithm, hash, None);
    let salt: String = text.chars().skip(6).take(8).collect();
    custom["salt"] = json!({"value": salt, "encoding": "hex", "position": "suffix"});
    custom["password"] = json!({"encoding": "utf16le"});
    Some(description::checked("a SQL Server hash", custom))
}

/// Oracle 11: `S:`, sha1, and 10 bytes of salt, which followed the password. Oracle 12 writes others after it, or by
/// themselves.
fn oracle(text: &str) -> Option<StoredHash> {
    if text
        .strip_prefix("T:")
        .is_some_and(|digits| digits.len() == 160)
    {
        return Some(StoredHash::Impossible {
            what: "an Oracle 12 hash",
            why: "is sha512 of a PBKDF2, which custom_password_hash cannot describe",
        });
    }
    let digits = text.strip_prefix("S:")?.split(';').next()?;
    let hash = BytesEncoding::Hex
        .decode(digits)
        .ok()
        .filter(|bytes| bytes.len() == 30)?;
    let mut custom = description::digest("sha1", &hash[..20], None);
    custom["salt"] = json!({"value": digits.get(40..)?, "encoding": "hex", "position": "suffix"});
    Some(description::checked("an Oracle 11 hash", custom))
}

/// PostgreSQL's `md5…`, with the user's name mixed in after the password.
pub(super) fn with_name(text: &str, name: &str) -> Option<StoredHash> {
    let hash = BytesEncoding::Hex
        .decode(text.strip_prefix("md5")?)
        .ok()
        .filter(|bytes| bytes.len() == 16)?;
    let custom = description::digest("md5", &hash, Some((name.as_bytes(), Side::Suffix)));
    Some(description::checked("a PostgreSQL hash", custom))
}
