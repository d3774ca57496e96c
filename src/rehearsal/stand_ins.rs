//! Replacements for a user's secrets in a rehearsal. They have the same kind and length, since the length decides how many jobs
//! there are, and the kind decides whether Auth0 takes it. Nothing of the secret is left.

use serde_json::{Map, Value};

use crate::passwords::BCRYPT_COST;
use crate::users::User;
use crate::users::email::is_email;

/// Fields of a `custom_password_hash` that say how it was made, by words that are on a list.
const HOW: [&str; 4] = ["algorithm", "digest", "encoding", "position"];
/// Characters of the longest word on such a list.
const LONGEST_WORD: usize = 20;
/// How every address ends that stands in for one of another form.
const DOMAIN_END: &str = ".aa";
/// Bytes of an address and of what is before its `@`, by Auth0's limits. A part of a domain has at most 63, and here a few less.
const SHORTEST_ADDRESS: usize = "a@a.aa".len();
const LONGEST_ADDRESS: usize = 254;
const LONGEST_LOCAL: usize = 64;
const LONGEST_LABEL: usize = 60;
/// Digits of a number in the parameters of a hash.
const MOST_DIGITS: usize = 10;

/// The user without anything secret.
pub(crate) fn without_secrets(user: &User) -> User {
    let mfa = |factors: &Vec<Value>| {
        factors
            .iter()
            .map(|factor| factor_like(factor, ""))
            .collect()
    };
    User {
        password_hash: user.password_hash.as_deref().map(bcrypt_like),
        custom_password_hash: user.custom_password_hash.as_ref().map(hash_like),
        mfa_factors: user.mfa_factors.as_ref().map(mfa),
        ..user.clone()
    }
}

/// Bcrypt of the same prefix; every character after it is the one for zero.
fn bcrypt_like(hash: &str) -> String {
    let end = hash.match_indices('$').nth(2).map_or(0, |(at, _)| at + 1);
    let (head, rest) = hash.split_at(end);
    let is_prefix = head.starts_with("$2") && head.len() <= format!("$2b${BCRYPT_COST}$").len() + 1;
    match is_prefix && head.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'$') {
        true => format!("{head}{}", ".".repeat(rest.len())),
        false => filled(hash),
    }
}

/// A text that takes as many bytes in JSON.
fn filled(text: &str) -> String {
    let bytes = serde_json::to_string(text).map_or(text.len() + 2, |json| json.len());
    "a".repeat(bytes.saturating_sub(2))
}

/// A custom hash of the same description.
fn hash_like(custom: &Value) -> Value {
    let Value::Object(fields) = custom else {
        return other(custom);
    };
    let encoding = fields.get("encoding").and_then(Value::as_str);
    let like = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) if HOW.contains(&name.as_str()) && is_word(text) => value.clone(),
            Value::String(text) if name == "value" => encoded_like(text, encoding).into(),
            Value::Object(_) => hash_like(value),
            value => other(value),
        };
        (name.clone(), value)
    };
    Value::Object(fields.iter().map(like).collect::<Map<_, _>>())
}

fn is_word(text: &str) -> bool {
    let is_of_one = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= LONGEST_WORD && text.bytes().all(is_of_one)
}

/// For other values: numbers such as `keylen` stay, texts do not.
fn other(value: &Value) -> Value {
    match value {
        Value::String(text) => filled(text).into(),
        Value::Array(items) => items.iter().map(other).collect(),
        Value::Object(fields) => {
            let like = |(name, value): (&String, &Value)| (name.clone(), other(value));
            Value::Object(fields.iter().map(like).collect())
        }
        value => value.clone(),
    }
}

fn encoded_like(text: &str, encoding: Option<&str>) -> String {
    match encoding {
        Some("hex") if text.is_ascii() => "0".repeat(text.len()),
        Some("base64") if text.is_ascii() => base64_like(text),
        _ if text.starts_with("$2") => bcrypt_like(text),
        _ if text.starts_with('$') && text.is_ascii() => phc_like(text),
        _ => match text.split_once('}') {
            // RFC 2307: a scheme in braces, then base64.
            Some((scheme, rest)) if is_scheme(scheme) && rest.is_ascii() => {
                format!("{scheme}}}{}", base64_like(rest))
            }
            _ => filled(text),
        },
    }
}

fn is_scheme(head: &str) -> bool {
    let name = head.strip_prefix('{').unwrap_or_default();
    !name.is_empty() && is_word(&name.to_ascii_lowercase())
}

/// Base64 of zeros, with the same padding.
fn base64_like(text: &str) -> String {
    let like = |c| if c == '=' { '=' } else { 'A' };
    text.chars().map(like).collect()
}

/// A PHC string with the same parameters: `$pbkdf2-sha512$i=100000,l=64$salt$hash`.
fn phc_like(text: &str) -> String {
    let parts: Vec<&str> = text.split('$').collect();
    let like = |(place, part): (usize, &&str)| match place {
        1 if is_name(part) => (*part).to_string(),
        _ if part.split(',').all(is_parameter) => (*part).to_string(),
        _ => base64_like(part),
    };
    let parts: Vec<String> = parts.iter().enumerate().map(like).collect();
    parts.join("$")
}

fn is_name(part: &str) -> bool {
    let known = ["argon2", "pbkdf2"]
        .iter()
        .any(|kind| part.starts_with(kind));
    known && is_word(&part.replace('-', ""))
}

fn is_parameter(part: &str) -> bool {
    let digits = |text: &str| text.len() <= MOST_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    let letter = |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_lowercase());
    part.is_empty()
        || part
            .split_once('=')
            .is_some_and(|(name, value)| letter(name) && digits(value))
}

/// A second factor of the same kind; `name`: the field that it is the value of.
fn factor_like(factor: &Value, name: &str) -> Value {
    match factor {
        Value::Object(fields) => {
            let inner = |field: &str| match field {
                // Which of the factors' values it is says the field around it.
                "value" => name.to_string(),
                field => field.to_string(),
            };
            let like = |(field, value): (&String, &Value)| {
                (field.clone(), factor_like(value, &inner(field)))
            };
            Value::Object(fields.iter().map(like).collect())
        }
        Value::Array(items) => items.iter().map(|item| factor_like(item, name)).collect(),
        Value::String(text) if name == "email" && is_email(text) => address_like(text).into(),
        Value::String(text) if !text.is_ascii() => filled(text).into(),
        Value::String(text) => match name {
            "secret" => "A".repeat(text.len()).into(),
            "phone" | "email" => shaped_like(text).into(),
            _ => filled(text).into(),
        },
        value => value.clone(),
    }
}

/// An address that Auth0 takes, with as many bytes in JSON as one that it takes.
fn address_like(text: &str) -> String {
    let like = shaped_like(text);
    if text.is_ascii() && is_email(&like) {
        return like;
    }
    let length = filled(text).len().clamp(SHORTEST_ADDRESS, LONGEST_ADDRESS);
    let local = LONGEST_LOCAL.min(length - DOMAIN_END.len() - 2);
    let mut domain = vec![b'a'; length - local - 1 - DOMAIN_END.len()];
    // No part may be longer than Auth0 takes one.
    for place in (LONGEST_LABEL..domain.len().saturating_sub(1)).step_by(LONGEST_LABEL + 1) {
        domain[place] = b'.';
    }
    let domain = String::from_utf8_lossy(&domain);
    format!("{}@{domain}{DOMAIN_END}", "a".repeat(local))
}

/// A phone number or an address of the same form.
fn shaped_like(text: &str) -> String {
    let like = |c: char| match c {
        c if c.is_ascii_digit() => '1',
        '+' | '@' | '.' => c,
        '-' => '-',
        '"' | '\\' => c,
        _ => 'a',
    };
    text.chars().map(like).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_in_has_the_kind_and_the_length_and_nothing_of_the_secret() {
        let hash = "$2b$10$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC";
        assert_eq!(bcrypt_like(hash), format!("$2b$10${}", ".".repeat(53)));
        let phc = "$argon2id$v=19$m=1024,t=2,p=2$c2FsdHNhbHQ$5Cooz5STzRqPADi70fEmmFhlIINfRzL7";
        let like = "$argon2id$v=19$m=1024,t=2,p=2$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(encoded_like(phc, None), like);
        assert_eq!(
            encoded_like("{SSHA}j5gAF2xH6RJxbYCEfrN5+CgEZod4eXo=", Some("utf8")),
            "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        );
        let custom = json!({"algorithm": "hmac", "hash": {"value": "00ff10", "encoding": "hex",
            "digest": "sha256", "key": {"value": "horse\"s", "encoding": "utf8"}}, "salt": {"value": "AP8Q", "encoding": "base64"}});
        let like = json!({"algorithm": "hmac", "hash": {"value": "000000", "encoding": "hex",
            "digest": "sha256", "key": {"value": "aaaaaaaa", "encoding": "utf8"}}, "salt": {"value": "AAAA", "encoding": "base64"}});
        assert_eq!(hash_like(&custom), like);
        assert_eq!(like.to_string().len(), custom.to_string().len());
        let factors = json!([{"totp": {"secret": "JBSWY3DP"}}, {"phone": {"value": "+4912"}}, {"email": {"value": "ada+x@uni.test"}}]);
        let like = json!([{"totp": {"secret": "AAAAAAAA"}}, {"phone": {"value": "+1111"}}, {"email": {"value": "aaa+a@aaa.aaaa"}}]);
        assert_eq!(factor_like(&factors, ""), like);
    }

    #[test]
    fn what_is_described_wrongly_is_left_out_as_well() {
        for hash in [
            "correct$horse$battery$staple",
            "hunter2",
            "$2b$correcthorse$x",
            "$2",
        ] {
            let like = bcrypt_like(hash);
            assert!(like.bytes().all(|b| b == b'a') || like == "$2.", "{like}");
            assert_eq!(like.len(), hash.len());
        }
        let custom = json!({"algorithm": "Correct Horse", "note": "battery", "hash": ["staple"], "salt": "pepper"});
        let like = json!({"algorithm": "aaaaaaaaaaaaa", "note": "aaaaaaa", "hash": ["aaaaaa"], "salt": "aaaaaa"});
        assert_eq!(hash_like(&custom), like);
        assert_eq!(
            phc_like("$horse$battery=staple$1"),
            "$AAAAA$AAAAAAA=AAAAAA$A"
        );
    }

    #[test]
    fn what_stands_in_for_an_address_that_is_taken_is_one() {
        let (local, part) = ("l".repeat(64), "ö".repeat(30));
        for address in [
            "a@b.cd",
            "jürgen@uni.test",
            "ada@example.xn--p1ai",
            "a@é.üü",
            "\"ada b\"@uni.test",
            &format!("{local}@{part}.{part}.{part}.test"),
        ] {
            assert!(is_email(address), "{address}");
            let like = factor_like(&address.into(), "email");
            let text = like.as_str().unwrap_or_default();
            assert!(is_email(text), "{address}: {text}");
            let bytes = |text: &str| Value::from(text).to_string().len();
            assert_eq!(bytes(text), bytes(address), "{address}: {text}");
        }
        let none = factor_like(&"jürgen at uni.test".into(), "email");
        assert!(!is_email(none.as_str().unwrap_or_default()));
    }
}
