//! `$…$` as crypt of Unix systems began it: bcrypt, and what PHP and others made of the form.

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use crate::passwords::hashes::encodings::{BASE64, BytesEncoding};
use crate::passwords::hashes::stored::{StoredHash, description, is_crypt_letter};

const DIGESTS_OVER: &str =
    "is made of thousands of rounds of a digest, which custom_password_hash cannot describe";
const BEFORE_BCRYPT: &str =
    "is bcrypt of a digest of the password, and Auth0 uses bcrypt of the password itself";

const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// How each begins, what it is, and why Auth0 cannot take it. What begins alike stands longest first.
#[rustfmt::skip]
const NONE_OF_AUTH0S: [(&str, &str, &str); 32] = [
    ("$S$", "a Drupal 7 hash", DIGESTS_OVER),
    ("U$S$", "a Drupal 7 hash", "is made from an older hash instead of the password, which custom_password_hash cannot describe"),
    ("U$P$", "a hash that Drupal 7 converted", "is made from an older hash instead of the password, which custom_password_hash cannot describe"),
    ("$P$", "a portable phpass hash (WordPress, phpBB)", DIGESTS_OVER),
    ("$H$", "a portable phpass hash (WordPress, phpBB)", DIGESTS_OVER),
    ("$wp$", "a WordPress 6.8 hash", BEFORE_BCRYPT),
    ("$bcrypt-sha256$", "a Passlib bcrypt_sha256 hash", BEFORE_BCRYPT),
    ("$bcrypt-sha512$", "a bcrypt-sha512 hash", BEFORE_BCRYPT),
    ("$1$", "a Unix md5-crypt hash", DIGESTS_OVER),
    ("$apr1$", "an Apache md5-crypt hash", DIGESTS_OVER),
    ("$md5$", "a Solaris md5-crypt hash", DIGESTS_OVER),
    ("$md5,", "a Solaris md5-crypt hash", DIGESTS_OVER),
    ("$5$", "a Unix sha256-crypt hash", DIGESTS_OVER),
    ("$6$", "a Unix sha512-crypt hash", DIGESTS_OVER),
    ("$sha1$", "a Unix sha1-crypt hash", DIGESTS_OVER),
    ("$y$", "a Unix yescrypt hash", "uses an algorithm that Auth0 does not support"),
    ("$gy$", "a Unix gost-yescrypt hash", "uses an algorithm that Auth0 does not support"),
    ("$shiro1$", "an Apache Shiro hash", DIGESTS_OVER),
    ("$SHA$", "an AuthMe hash", "is sha256 of a sha256, and custom_password_hash cannot describe a hash of a hash"),
    ("$firescrypt$", "a Firebase hash", super::firebase::WHY),
    ("$fbscrypt$", "a Firebase hash", super::firebase::WHY),
    ("$firebase-scrypt$", "a Firebase hash", super::firebase::WHY),
    ("M$P$", "a hash that TYPO3 converted", "is made from an md5 hash instead of the password, which custom_password_hash cannot describe"),
    ("C$P$", "a hash that TYPO3 converted", "is made from an older hash instead of the password, which custom_password_hash cannot describe"),
    ("{x-issha", "a SAP hash", DIGESTS_OVER),
    ("{x-isSHA", "a SAP hash", DIGESTS_OVER),
    ("$2x$", "a bcrypt hash of the flawed kind ($2x$)", "is of a kind that Auth0 does not take: $2a$, $2b$ and $2y$ give the same hash only for ASCII passwords"),
    ("$2$", "a bcrypt hash of the first kind ($2$)", "is of a kind that Auth0 does not take: $2a$, $2b$ and $2y$ are made differently"),
    ("{FSHP", "an FSHP hash", DIGESTS_OVER),
    ("$scram$", "a Passlib SCRAM secret", "holds several PBKDF2 hashes in one text, which custom_password_hash cannot describe"),
    ("$LM$", "a LAN Manager hash", "is made with DES, which Auth0 does not support"),
    ("_", "a BSD extended DES crypt hash", "is made with DES, which Auth0 does not support"),
];

pub(super) fn read(text: &str) -> Option<StoredHash> {
    if ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|start| text.starts_with(start))
    {
        return Some(bcrypt(text));
    }
    let found = NONE_OF_AUTH0S
        .iter()
        .find(|(start, ..)| text.starts_with(start));
    if let Some(&(start, what, why)) = found
        && (start != "_" || text.len() == 20 && text[1..].bytes().all(is_crypt_letter))
    {
        return Some(StoredHash::Impossible { what, why });
    }
    scrypt(text).or_else(|| nt_hash(text))
}

/// bcrypt in the form of PHC strings, as AdonisJS writes it: the letter of its version, the cost, and standard base64.
pub(super) fn of_phc(version: &str, cost: &str, salt: &str, hash: &str) -> Option<StoredHash> {
    let letter = char::from(version.strip_prefix("v=")?.parse::<u8>().ok()?);
    let cost: u32 = cost.strip_prefix("r=")?.parse().ok()?;
    let [salt, hash] = [salt, hash].map(|part| BASE64.decode(part).ok());
    let [salt, hash] = [salt?, hash?].map(|bytes| BCRYPT_BASE64.encode(bytes));
    Some(bcrypt(&format!("$2{letter}${cost:02}${salt}{hash}")))
}

/// bcrypt as it is, where `password_hash` takes it; with another cost or `$2y$`, described.
fn bcrypt(text: &str) -> StoredHash {
    as_it_is(text).unwrap_or_else(|| description::text("a bcrypt hash", "bcrypt", text))
}

fn as_it_is(text: &str) -> Option<StoredHash> {
    is_as_it_is(text).then(|| StoredHash::Bcrypt(text.to_string()))
}

/// Whether it is the commonest of all, which `password_hash` takes.
pub(super) fn is_as_it_is(text: &str) -> bool {
    let salted = text
        .strip_prefix("$2b$10$")
        .or_else(|| text.strip_prefix("$2a$10$"));
    // Without an early end, so that the compiler looks at many letters at once.
    let are_letters = |all, byte| all & is_crypt_letter(byte);
    salted.is_some_and(|salted| salted.len() == 53 && salted.bytes().fold(true, are_letters))
}

/// NTLM's: md4 of UTF-16, as crypt of FreeBSD and as John write it.
fn nt_hash(text: &str) -> Option<StoredHash> {
    let digits = text
        .strip_prefix("$3$$")
        .or_else(|| text.strip_prefix("$NT$"))?;
    Some(nt_of_hex(digits))
}

pub(super) fn nt_of_hex(digits: &str) -> StoredHash {
    let what = "an NT hash";
    match BytesEncoding::Hex.decode(digits) {
        Ok(hash) => {
            let mut custom = description::digest("md4", &hash, None);
            custom["password"] = serde_json::json!({"encoding": "utf16le"});
            description::checked(what, custom)
        }
        Err(why) => StoredHash::Impossible { what, why },
    }
}

/// crypt's own digits, 6 bits each, lowest first.
const DIGITS: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// scrypt as libxcrypt and libsodium write it: `$7$`, a digit for the cost's logarithm, five each for block size and lanes, the
/// salt as it is, `$`, and the hash.
fn scrypt(text: &str) -> Option<StoredHash> {
    let rest = text.strip_prefix("$7$")?;
    let (settings, hash) = rest.split_once('$')?;
    let (cost, block_size) = (number(settings.get(..1)?)?, number(settings.get(1..6)?)?);
    let (lanes, salt) = (number(settings.get(6..11)?)?, settings.get(11..)?);
    let cost = 1_u64.checked_shl(u32::try_from(cost).ok()?)?;
    Some(description::scrypt(
        [cost, block_size, lanes],
        salt.as_bytes(),
        &bytes(hash)?,
    ))
}

fn number(digits: &str) -> Option<u64> {
    let mut number = 0;
    for digit in digits.chars().rev() {
        number = number << 6 | DIGITS.find(digit)? as u64;
    }
    Some(number)
}

/// Three bytes are four digits, lowest first: base64 with each group turned round.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for group in digits.as_bytes().chunks(4) {
        let group = std::str::from_utf8(group).ok()?;
        let low_first = number(group)?.to_le_bytes();
        bytes.extend_from_slice(low_first.get(..group.len() * 6 / 8)?);
    }
    Some(bytes)
}
