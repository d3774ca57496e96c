//! Words that look like a hash, a token or a secret, taken out of texts that others wrote.

/// What stands for what may not be shown.
pub(crate) const HIDDEN: &str = "<hidden>";
/// A known secret that is shorter is not sought: it would be found in half of all texts, and so be told.
const LEAST_SECRET_CHARS: usize = 4;
/// A word as long as this, of letters in both cases and digits, is taken for a token, a hash or a key.
const SECRET_CHARS: usize = 40;
/// Hex digits in a row: as many as an MD5 has.
const HEX_CHARS: usize = 32;
/// The shortest beginning of a JWT that is taken for one.
const JWT_CHARS: usize = 16;
/// Characters behind the name of a hash, as in `$2b$`, from which on a hash is there and not its name alone.
const CRYPT_CHARS: usize = 8;

/// Whether a text repeats a secret that is known. It is then to be hidden as a whole, since what is left around a
/// secret tells it.
pub(crate) fn repeats(text: &str, secret: &str) -> bool {
    secret.chars().count() >= LEAST_SECRET_CHARS && text.contains(secret)
}

/// The text with every word that looks like a hash, a token or a secret replaced; the rest of it stays.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
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
        if looks_secret(bare) {
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
    is_key('/') || is_key('_') || has_hex(word) || is_jwt(word) || is_crypt(word)
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

/// `$2b$10$…` and its kin, whole or cut off.
fn is_crypt(word: &str) -> bool {
    let Some((name, rest)) = word
        .split_once('$')
        .and_then(|(_, named)| named.split_once('$'))
    else {
        return false;
    };
    let is_name = ["1", "2", "2a", "2b", "2x", "2y", "5", "6", "apr1"].contains(&name)
        || ["argon2", "bcrypt", "pbkdf2", "scrypt", "sha"]
            .iter()
            .any(|kind| name.starts_with(kind));
    is_name && rest.trim_end_matches('.').len() >= CRYPT_CHARS
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
        ] {
            let sentence =
                |word: &str| format!("Error: no match for {word}, nor \"{word}\": {word}.");
            assert_eq!(without_secrets(&sentence(secret)), sentence(HIDDEN));
        }
    }

    #[test]
    fn names_patterns_and_ids_stay() {
        for text in [
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
