//! Words that look like a hash, a token or a secret, taken out of texts that others wrote.

/// What stands for what may not be shown.
pub(crate) const HIDDEN: &str = "<hidden>";
/// A word as long as this, of letters in both cases and digits, is taken for a token, a hash or a key.
const SECRET_CHARS: usize = 40;
/// Hex digits in a row: as many as an MD5 has.
const HEX_CHARS: usize = 32;
/// The shortest beginning of a JWT that is taken for one.
const JWT_CHARS: usize = 16;
/// With at least this many characters after the name of a hash, as in `$2b$`, it is a hash and not only its name.
const CRYPT_CHARS: usize = 8;
/// Characters behind a name of a hash that is not known, as in `$new$`.
const NEW_CRYPT_CHARS: usize = 20;
/// Characters of a hash that `crypt` makes with DES, and how often at least their kind changes from one to the next. In a
/// word it seldom changes.
const DES_CHARS: usize = 13;
const DES_CHANGES: usize = 6;
/// Base64 of 16 bytes or more, with its padding: an MD5 has 24 characters, a SHA-1 has 28.
const PADDED_CHARS: usize = 24;
/// Characters of the shortest text that is taken for a TOTP secret, after a word that announces it.
const TOTP_CHARS: usize = 16;
/// Bytes before a word in which it may be announced.
const ANNOUNCED: usize = 80;
/// Bytes of a scheme with its braces at most.
const SCHEME_BYTES: usize = 40;
/// The schemes of RFC 2307 and similar ones, as in `{SSHA}`.
const SCHEMES: [&str; 11] = [
    "sha", "ssha", "md", "smd", "crypt", "pbkdf", "argon", "bcrypt", "blf", "ns-mta", "x-",
];

/// The text with every word that looks like a hash, a token or a secret replaced; the rest of it stays.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before = &text[..text.len() - rest.len()];
        if !in_word(first) {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = |more: &str| rest.find(|c| !in_word(c) && !more.contains(c));
        let upto = |end: Option<usize>| &rest[..end.unwrap_or(rest.len())];
        let mut word = upto(end(""));
        if is_crypt(word) {
            // The parameters of Argon2 and scrypt have commas between them.
            word = upto(end(","));
        }
        let bare = word.trim_end_matches(['.', ',']);
        let announced = is_in_scheme(before, bare) || is_totp(before, bare);
        if announced || looks_secret(bare) || is_des(word) {
            out.push_str(HIDDEN);
            out.push_str(&word[bare.len()..]);
        } else {
            out.push_str(word);
        }
        rest = &rest[word.len()..];
    }
    out
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=_.$-".contains(c)
}

fn looks_secret(word: &str) -> bool {
    // No alphabet of base64 has both a slash and an underscore.
    let is_key = |separator: char| word.split(separator).any(is_long_and_mixed);
    let has_key = is_key('/') || is_key('_') || has_hex(word) || is_padded(word);
    has_key || is_jwt(word) || is_crypt(word) || is_des(word)
}

fn is_long_and_mixed(part: &str) -> bool {
    let has = |kind: fn(&char) -> bool| part.chars().any(|c| kind(&c));
    part.len() >= SECRET_CHARS
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
}

fn has_hex(word: &str) -> bool {
    let is_hex = |part: &str| {
        part.len() >= HEX_CHARS
            && part.bytes().all(|b| b.is_ascii_hexdigit())
            && part.bytes().any(|b| b.is_ascii_digit())
            && part.bytes().any(|b| b.is_ascii_alphabetic())
    };
    word.split(|c: char| !c.is_ascii_alphanumeric()).any(is_hex)
}

/// `{"` in base64 is `eyJ`.
fn is_jwt(word: &str) -> bool {
    let is_begun = |part: &str| part.starts_with("eyJ") && part.len() >= JWT_CHARS;
    word.split('=').any(is_begun)
}

/// `$2b$10$…` and similar ones, whole or cut off.
fn is_crypt(word: &str) -> bool {
    let Some((name, rest)) = word
        .split_once('$')
        .and_then(|(_, named)| named.split_once('$'))
    else {
        return false;
    };
    const SHORT: [&str; 16] = [
        "1", "2", "2a", "2b", "2x", "2y", "3", "5", "6", "7", "y", "gy", "apr1", "P", "H", "S",
    ];
    const LONG: [&str; 7] = ["argon2", "bcrypt", "md5", "pbkdf2", "scrypt", "sha", "NT"];
    let is_known = SHORT.contains(&name) || LONG.iter().any(|kind| name.starts_with(kind));
    let chars = rest.trim_end_matches('.').len();
    let has_digit = rest.bytes().any(|byte| byte.is_ascii_digit());
    is_known && chars >= CRYPT_CHARS || chars >= NEW_CRYPT_CHARS && has_digit
}

/// `{SSHA}` is before the word, and it is not a pattern's `{53}`.
fn is_in_scheme(before: &str, word: &str) -> bool {
    if word.len() < CRYPT_CHARS {
        return false;
    }
    // In a text full of braces, a look at all that is before each would take as long as the square of its length.
    let Some(before) = end_of(before, SCHEME_BYTES).strip_suffix('}') else {
        return false;
    };
    let scheme = before.rsplit_once('{');
    let scheme = scheme.map_or(String::new(), |(_, scheme)| scheme.to_lowercase());
    SCHEMES.iter().any(|known| scheme.starts_with(known))
}

/// The last bytes of a text, from a character on.
fn end_of(text: &str, bytes: usize) -> &str {
    let mut from = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// Base32, after a word such as `secret`.
fn is_totp(before: &str, word: &str) -> bool {
    let bare = word.trim_end_matches('=');
    let bare = bare.rsplit('=').next().unwrap_or_default();
    let upper = bare.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
    let lower = bare.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    let has_digit = bare.bytes().any(|byte| byte.is_ascii_digit());
    if bare.len() < TOTP_CHARS || !(upper || lower && has_digit) {
        return false;
    }
    let named = word.split_once('=').map_or("", |(name, _)| name);
    let before = end_of(before, ANNOUNCED).to_lowercase() + &named.to_lowercase();
    let announced = ["secret", "totp", "otp", "mfa", "factor", "seed"];
    announced.iter().any(|word| before.contains(word))
}

/// 13 characters of which no word is made: upper case, lower case, digits, and much change between them.
fn is_des(word: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'A'..=b'Z' => Some(0),
        b'a'..=b'z' => Some(1),
        b'0'..=b'9' => Some(2),
        b'.' | b'/' => Some(3),
        _ => None,
    };
    let kinds: Vec<u8> = word.bytes().filter_map(kind).collect();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let has = |kind: u8| kinds.contains(&kind);
    let mixed = has(0) && has(1) && (has(2) || has(3));
    word.len() == DES_CHARS && kinds.len() == DES_CHARS && mixed && changes >= DES_CHANGES
}

/// Base64 that ends in `=`.
fn is_padded(word: &str) -> bool {
    let bare = word.trim_end_matches('=');
    let padding = word.len() - bare.len();
    let bare = bare.rsplit('=').next().unwrap_or_default();
    let has = |kind: fn(&u8) -> bool| bare.as_bytes().iter().any(kind);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let chars = bare.len() + padding;
    padding > 0 && chars >= PADDED_CHARS && chars.is_multiple_of(4) && mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_goes_and_the_sentence_stays() {
        let hex = "0123456789abcdef".repeat(2);
        let base64 = "Ab3/".repeat(11);
        for secret in [
            "$2b$10$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
            "$2y$10$cut-off",
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA",
            "eyJhbGciOiJIUzI1NiJ9.eyJz_dWIi.c2ln_bmF0-dXJl",
            &hex,
            &hex.to_uppercase(),
            &base64,
            &base64.replace('/', "_"),
            // phpass, Drupal, a kind not known yet.
            "$P$B123456789abcdefghijkABCDEFGHI/",
            "$H$9aaaaaJXt9g",
            "$S$DkIkdKLIvRK0iVHm99X7B",
            "$new$c2FsdHNhbHQwMTIzNDU2Nzg5",
            // crypt by DES, MD5 and SHA-1 in base64.
            "rEK1ecacw.7.c",
            "XUFAKrxLKna5cZ2REBfFkg==",
            "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
        ] {
            let sentence =
                |word: &str| format!("Error: no match for {word}, nor \"{word}\": {word}.");
            assert_eq!(without_secrets(&sentence(secret)), sentence(HIDDEN));
        }
    }

    #[test]
    fn a_hash_behind_its_scheme_and_a_secret_behind_its_word_go() {
        for (text, shown) in [
            ("{SHA}qvTGHdzF6KLavt4P no", "{SHA}<hidden> no"),
            ("no {ssha}c2hvcnQx.", "no {ssha}<hidden>."),
            (
                "{SMD5}XUFAKrxLKna5cZ2RcQ, {CRYPT}ab01FAX.bQRSU",
                "{SMD5}<hidden>, {CRYPT}<hidden>",
            ),
            ("totp.secret: JBSWY3DPEHPK3PXP", "totp.secret: <hidden>"),
            (
                "the Secret \"jbswy3dpehpk3pxp\" of it",
                "the Secret \"<hidden>\" of it",
            ),
            (
                "mfa_factors[0] JBSWY3DPEHPK3PXPAA====",
                "mfa_factors[0] <hidden>",
            ),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }

    #[test]
    fn names_patterns_and_ids_stay() {
        for text in [
            r"String does not match pattern ^\$2[ab]?\$10+\$[./A-Za-z0-9]{53}$ or ^\+[0-9]{1,15}$ or ^[A-Z2-7]+$",
            "the secret of auth0|0123456789abcdef01234567 in con_AbCdEfGh01234567",
            "the user_id 5f7c8ec7c33c6c004bbafe82, Documentation, getUserByName, MFA_FACTORS_FAILED",
            "{SHA} and {SSHA} {53} are schemes, INVALID_FORMAT a code, v1.2.3-beta=4 a version",
            "AUTHENTICATIONFACTORS",
            r"String does not match pattern ^\$2[ab]?\$10+\$[./A-Za-z0-9]{53}$",
            "only $2a$ and $2b$10$ are taken, not $5 or US$1$2",
            "Error in identities[0].profileData.customPasswordHash property",
            "http://auth0.com/oauth/grant-type/password-realm",
            "GET /api/v2/jobs/job_AbCdEfGh01234567/errors und Jürgen: größer",
            "a uuid is 123e4567-e89b-12d3-a456-426614174000, an id 0123456789abcdef01234567",
            "00000000000000000000000000000000 abcdefabcdefabcdefabcdefabcdefab",
        ] {
            assert_eq!(without_secrets(text), text);
        }
    }
}
