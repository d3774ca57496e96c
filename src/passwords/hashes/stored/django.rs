//! Django's `algorithm$…`, and what Node's password-hash writes alike.

use crate::passwords::hashes::encodings::{BytesEncoding, any_base64, hex_or_base64};
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::hashes::stored::description::{self, Side, number};

/// Letters after the `!` of an account that nobody may sign in to.
const UNUSABLE: usize = 40;
/// Letters of a salt by which Django's `sha1$salt$hash`, a digest, is told from Werkzeug's, an HMAC: of Django before 1.4, since
/// then, and since 3.1; and of Werkzeug. With as many others nothing is said.
const DJANGO_SALTS: [usize; 3] = [5, 12, 22];
const WERKZEUG_SALTS: [usize; 2] = [8, 16];

pub(super) fn read(text: &str, inner: &dyn Fn(&str) -> StoredHash) -> Option<StoredHash> {
    let impossible = |what, why| Some(StoredHash::Impossible { what, why });
    let is_mark = |rest: &str| {
        rest.len() == UNUSABLE && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if text.strip_prefix('!').is_some_and(is_mark) {
        return impossible(
            "Django's marker of an account without a password",
            "takes the place of a hash, so there is no hash to import",
        );
    }
    let (algorithm, rest) = text.split_once('$')?;
    if algorithm == "argon2" {
        return Some(inner(&format!("${rest}")));
    }
    if algorithm == "bcrypt" {
        return Some(inner(rest));
    }
    match (algorithm, &rest.split('$').collect::<Vec<_>>()[..]) {
        ("bcrypt_sha256", _) => impossible(
            "a Django bcrypt_sha256 hash",
            "is bcrypt of a digest of the password, and Auth0 uses bcrypt of the password itself",
        ),
        ("crypt", _) => impossible(
            "a Django hash made with crypt",
            "is made with DES, which Auth0 does not support",
        ),
        ("pbkdf2_sha256" | "pbkdf2_sha1" | "pbkdf2_sha512", [iterations, salt, key]) => {
            let (what, digest) = ("a Django PBKDF2 hash", algorithm.strip_prefix("pbkdf2_")?);
            // Clerk writes the same with the key in hex.
            match hex_or_base64(key) {
                Some(key) if !description::is_cut(&key) => {
                    let (iterations, salt) = (number(iterations)?, salt.as_bytes());
                    Some(description::pbkdf2(what, digest, iterations, salt, &key))
                }
                _ => Some(description::damaged(what)),
            }
        }
        ("scrypt", [cost, salt, block_size, lanes, key]) => {
            let params = [
                number(cost)?.into(),
                number(block_size)?.into(),
                number(lanes)?.into(),
            ];
            match any_base64(key).filter(|key| !description::is_cut(key)) {
                Some(key) => Some(description::scrypt(params, salt.as_bytes(), &key)),
                None => Some(description::damaged("an scrypt hash")),
            }
        }
        ("md5" | "sha1" | "sha256" | "sha512", parts) => digest(algorithm, parts),
        _ => None,
    }
}

/// `salt$hash` of Django or of Werkzeug before it took PBKDF2, `salt$rounds$hash` of Node's password-hash.
fn digest(algorithm: &str, parts: &[&str]) -> Option<StoredHash> {
    let djangos = |custom| Some(description::checked("a Django digest", custom));
    let hash = BytesEncoding::Hex.decode(parts.last()?).ok()?;
    let is_old = matches!(algorithm, "md5" | "sha1");
    match parts {
        ["", _] if is_old => djangos(description::digest(algorithm, &hash, None)),
        [salt, _] if is_old && WERKZEUG_SALTS.contains(&salt.len()) => {
            Some(description::hmac(algorithm, &hash, salt.as_bytes()))
        }
        [salt, _] if is_old && DJANGO_SALTS.contains(&salt.len()) => djangos(description::digest(
            algorithm,
            &hash,
            Some((salt.as_bytes(), Side::Prefix)),
        )),
        [_, _] if is_old => Some(StoredHash::Silent),
        [salt, rounds, _] if number(rounds)? == 1 => {
            Some(description::hmac(algorithm, &hash, salt.as_bytes()))
        }
        [_, _, _] => Some(StoredHash::Impossible {
            what: "a hash of Node's password-hash",
            why: "is made of several rounds of HMAC, and Auth0 makes one",
        }),
        _ => None,
    }
}
