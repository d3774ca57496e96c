//! Bodies cut to what may be shown. What may is listed, so that whatever is new stays hidden.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::words::cut;

/// Characters of a body that are kept.
const MOST_CHARS: usize = 300;
/// Characters of one text in a body.
const MOST_TEXT_CHARS: usize = 120;
/// Characters of a text that are looked at: more than are kept, so that no secret is cut in two before it is seen.
const READ_CHARS: usize = 2_000;
/// A word as long as this, of letters in both cases and digits, is taken for a token, a hash or a key.
const SECRET_CHARS: usize = 40;
const HIDDEN: &str = "<hidden>";

/// Fields whose values may be shown; inside an object among them the same list decides.
#[rustfmt::skip]
const SHOWN: [&str; 72] = [
    // Errors.
    "statusCode", "error", "error_description", "message", "errorCode", "code", "path", "errors",
    // Jobs.
    "type", "status", "status_details", "id", "connection_id", "connection", "created_at", "external_id",
    "upsert", "send_completion_email", "summary", "inserted", "updated", "failed", "total", "percentage_done",
    "time_left_seconds", "format", "limit", "fields", "export_as",
    // Users.
    "user", "users", "email", "email_verified", "username", "name", "nickname", "given_name", "family_name",
    "user_id", "identities", "provider", "isSocial", "blocked", "updated_at", "start", "length",
    // Connections.
    "connections", "clients", "client_id", "strategy", "options", "requires_username", "validation", "min", "max",
    "attributes", "identifier", "active", "profile_required", "min_length", "max_length", "import_mode",
    "enabledDatabaseCustomization", "enabled_clients", "realms", "next",
    // Tokens: what is asked for, and for how long it is given.
    "grant_type", "audience", "realm", "scope", "token_type", "expires_in",
];
/// Fields of which the name alone may be shown; of all others not even that.
#[rustfmt::skip]
const NAMED: [&str; 14] = [
    "password", "password_hash", "custom_password_hash", "mfa_factors", "app_metadata", "user_metadata",
    "phone_number", "picture", "client_secret", "access_token", "id_token", "refresh_token", "mfa_token", "location",
];

/// A JSON body in a line or two; what cannot be read as JSON is told by its size.
pub(crate) fn of_json(body: &[u8], secrets: &[String]) -> String {
    if body.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    let whole = write(body, &mut out, secrets, Style::Brief).is_ok();
    if out.is_empty() {
        return format!("<{} bytes>", body.len());
    }
    if !whole {
        out.push('…');
    }
    cut(&out, MOST_CHARS)
}

/// A JSON body whole, for a shell between single quotes; what is hidden is left to variables of its name.
pub(crate) fn for_shell(body: &[u8], secrets: &[String]) -> String {
    let mut out = String::new();
    // A body that is no JSON is none of ours.
    let _ = write(body, &mut out, secrets, Style::Shell);
    out
}

/// The texts of a JSON object whose names are not listed: what an answer must not echo.
pub(crate) fn unlisted_texts(body: &[u8]) -> Vec<String> {
    let fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let unlisted = fields
        .iter()
        .filter(|(name, _)| !SHOWN.contains(&name.as_str()));
    unlisted
        .filter_map(|(_, value)| value.as_str().map(str::to_string))
        .collect()
}

/// A part of a form: its name and, in brief, its text or its file.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) is_file: bool,
}

/// The parts of a form of ours, whose only file is its last part.
pub(crate) fn of_form(body: &[u8], secrets: &[String]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some((head, content)) = split(rest, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(head);
        let name = head
            .split("name=\"")
            .nth(1)
            .and_then(|n| n.split('"').next());
        let name = name.unwrap_or_default().to_string();
        if head.contains("filename=") {
            let text = of_json(content, secrets);
            parts.push(Part {
                name,
                text,
                is_file: true,
            });
            break;
        }
        let Some((text, next)) = split(content, b"\r\n") else {
            break;
        };
        let text = if SHOWN.contains(&name.as_str()) {
            plain(&String::from_utf8_lossy(text), secrets, MOST_TEXT_CHARS)
        } else {
            HIDDEN.to_string()
        };
        parts.push(Part {
            name,
            text,
            is_file: false,
        });
        rest = next;
    }
    parts
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..place], &bytes[place + at.len()..]))
}

/// Text with the secrets that are known, and what looks like one, taken out, and cut.
fn plain(text: &str, secrets: &[String], most: usize) -> String {
    let mut text: String = text.chars().take(READ_CHARS).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), HIDDEN);
    }
    let in_word = |c: char| c.is_ascii_alphanumeric() || "+/=_.$-".contains(c);
    let words: String = text
        .split_inclusive(|c| !in_word(c))
        .map(|word| {
            let bare = word.trim_end_matches(|c| !in_word(c));
            if looks_secret(bare) {
                word.replace(bare, HIDDEN)
            } else {
                word.to_string()
            }
        })
        .collect();
    cut(&words, most)
}

fn looks_secret(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.len() >= SECRET_CHARS
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// The first of each list, and no further than can be shown.
    Brief,
    Shell,
}

fn write(
    body: &[u8],
    out: &mut String,
    secrets: &[String],
    style: Style,
) -> Result<(), serde_json::Error> {
    let brief = Brief {
        out,
        secrets,
        style,
        field: "",
    };
    brief.deserialize(&mut serde_json::Deserializer::from_slice(body))
}

/// Reads a value and writes what of it may be shown, without keeping the rest.
struct Brief<'a> {
    out: &'a mut String,
    secrets: &'a [String],
    style: Style,
    /// The field it is the value of; "" where nothing but a list or an object may be shown.
    field: &'a str,
}

impl Brief<'_> {
    fn within<'b>(&'b mut self, field: &'b str) -> Brief<'b> {
        Brief {
            out: self.out,
            secrets: self.secrets,
            style: self.style,
            field,
        }
    }

    fn push<E: Error>(&mut self, text: &str) -> Result<(), E> {
        self.out.push_str(text);
        // Every character is at most four bytes.
        if self.style == Style::Brief && self.out.len() > 4 * MOST_CHARS {
            return Err(E::custom("enough"));
        }
        Ok(())
    }

    fn value<E: Error>(mut self, value: impl fmt::Display) -> Result<(), E> {
        if self.field.is_empty() {
            return self.push(HIDDEN);
        }
        self.push(&value.to_string())
    }
}

impl<'de> DeserializeSeed<'de> for Brief<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Brief<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.value(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.value(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.value(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.value(value)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.value("null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let most = if self.style == Style::Brief {
            MOST_TEXT_CHARS
        } else {
            READ_CHARS
        };
        let text = Value::from(plain(text, self.secrets, most)).to_string();
        match self.style {
            Style::Brief => self.value(text),
            Style::Shell => self.value(text.replace('\'', r"'\''")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let field = self.field;
        self.push("[")?;
        let mut first = true;
        while first || self.style == Style::Shell {
            // A comma is written before it is known that something follows, and taken back.
            let before = self.out.len();
            if !first {
                self.push(",")?;
            }
            if items.next_element_seed(self.within(field))?.is_none() {
                self.out.truncate(before);
                return self.push("]");
            }
            first = false;
        }
        let mut more = 0;
        while items.next_element::<IgnoredAny>()?.is_some() {
            more += 1;
        }
        match more {
            0 => self.push("]"),
            more => self.push(&format!(", … {more} more]")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        self.push("{")?;
        let mut comma = "";
        let mut left_out = false;
        while let Some(name) = fields.next_key::<String>()? {
            let shown = SHOWN.contains(&name.as_str());
            if !shown && !NAMED.contains(&name.as_str()) {
                fields.next_value::<IgnoredAny>()?;
                // Several in a row are told once.
                if self.style == Style::Brief && !left_out {
                    self.push(&format!("{comma}…"))?;
                    (comma, left_out) = (",", true);
                }
                continue;
            }
            self.push(&format!("{comma}\"{name}\":"))?;
            (comma, left_out) = (",", false);
            if shown {
                fields.next_value_seed(self.within(&name))?;
                continue;
            }
            fields.next_value::<IgnoredAny>()?;
            match self.style {
                Style::Brief => self.push(HIDDEN)?,
                // Out of the single quotes, into double ones, and back.
                Style::Shell => self.push(&format!("\"'\"${}\"'\"", name.to_uppercase()))?,
            }
        }
        self.push("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "$2b$10$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

    #[test]
    fn what_may_be_shown_is_shown_and_the_rest_has_a_name_at_most() {
        let body = br#"{"total":2,"users":[{"email":"a@b.c","password_hash":"x","new":1,"newer":2},{"email":"z"}],"id":"j"}"#;
        assert_eq!(
            of_json(body, &[]),
            r#"{"total":2,"users":[{"email":"a@b.c","password_hash":<hidden>,…}, … 1 more],"id":"j"}"#
        );
        assert_eq!(of_json(b"\"token\"", &[]), "<hidden>");
        assert_eq!(of_json(b"[\"token\",1]", &[]), "[<hidden>, … 1 more]");
        assert_eq!(of_json(b"<html>", &[]), "<6 bytes>");
        assert_eq!(of_json(br#"{"id":"j","na"#, &[]), r#"{"id":"j"…"#);
        assert_eq!(of_json(b"", &[]), "");
    }

    #[test]
    fn a_long_body_is_cut_and_a_secret_in_a_sentence_is_seen() {
        let long = format!(
            r#"{{"name":"{}","id":"{}"}}"#,
            "n".repeat(500),
            "i".repeat(500)
        );
        let brief = of_json(long.as_bytes(), &[]);
        assert!(brief.chars().count() <= MOST_CHARS + 1, "{brief}");
        let echo = format!(r#"{{"message":"no match for: {SECRET}, nor for pa55"}}"#);
        let brief = of_json(echo.as_bytes(), &["pa55".to_string()]);
        assert_eq!(
            brief,
            r#"{"message":"no match for: <hidden>, nor for <hidden>"}"#
        );
    }

    #[test]
    fn for_a_shell_nothing_is_left_out_but_secrets() {
        let body =
            br#"{"grant_type":"g","client_secret":"s","fields":[{"name":"a"},{"name":"b"}]}"#;
        assert_eq!(
            for_shell(body, &[]),
            r#"{"grant_type":"g","client_secret":"'"$CLIENT_SECRET"'","fields":[{"name":"a"},{"name":"b"}]}"#
        );
    }

    proptest! {
        #[test]
        fn no_place_of_a_body_lets_an_unlisted_value_through(
            keys in proptest::collection::vec("[a-z_]{1,12}", 1..6),
            depth in 0_usize..4,
        ) {
            let mut value = serde_json::json!("planted");
            for _ in 0..depth {
                value = serde_json::json!([value]);
            }
            for key in &keys {
                value = serde_json::json!({ key.as_str(): value, "id": "j" });
            }
            let all_listed = keys.iter().all(|key| SHOWN.contains(&key.as_str()));
            let body = value.to_string();
            let shown = of_json(body.as_bytes(), &[]) + &for_shell(body.as_bytes(), &[]);
            prop_assert!(all_listed || !shown.contains("planted"), "{}", shown);
        }
    }
}
