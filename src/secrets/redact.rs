//! Bodies cut to what may be shown. Fields that may be shown are listed, so new ones stay hidden.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::secrets::hide::{HIDDEN, without_secrets};
use crate::secrets::sent::SentSecrets;
use crate::words::cut;

/// Characters of a body that are kept.
const MOST_CHARS: usize = 300;
/// Characters of one text in a body.
pub(crate) const MOST_TEXT_CHARS: usize = 120;
/// Characters of a text that are looked at, and that a line for a shell has whole: more than are kept in brief, so that
/// no secret is cut in two before it is seen.
const READ_CHARS: usize = 4_000;
/// Fields that hold the names people gave, which may look like anything.
const NAMES: [&str; 4] = ["name", "realm", "realms", "connection"];
/// How the grant of a sign-in ends, whose application is not that of the Management API.
const SIGN_IN_GRANT: &str = "/password-realm";

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
/// Fields whose name may be shown, but not their value; for all others, not even the name.
#[rustfmt::skip]
const NAMED: [&str; 14] = [
    "password", "password_hash", "custom_password_hash", "mfa_factors", "app_metadata", "user_metadata",
    "phone_number", "picture", "client_secret", "access_token", "id_token", "refresh_token", "mfa_token", "location",
];

/// A JSON body in a line or two; for other bodies, only the size. `secrets` are searched for in its texts. This is for answers;
/// in requests, secrets are only in fields that are not listed.
pub(crate) fn of_json(body: &[u8], secrets: &SentSecrets) -> String {
    if body.is_empty() {
        return String::new();
    }
    match brief(&mut serde_json::Deserializer::from_slice(body), secrets) {
        out if out.is_empty() || out == "…" => format!("<{} bytes>", body.len()),
        out => out,
    }
}

/// The same of what was sent.
pub(crate) fn of_value(json: &Value) -> String {
    brief(json, &SentSecrets::default())
}

fn brief<'de>(body: impl Deserializer<'de>, secrets: &SentSecrets) -> String {
    let mut out = String::new();
    if write(body, &mut out, secrets, Style::Brief).is_err() {
        out.push('…');
    }
    cut(&out, MOST_CHARS)
}

/// A JSON body whole, for a shell between single quotes; what is hidden is left to variables of its name.
pub(crate) fn for_shell(body: &Value) -> String {
    let grant = body["grant_type"].as_str();
    let sign_in = grant.is_some_and(|grant| grant.ends_with(SIGN_IN_GRANT));
    let (mut out, style) = (String::new(), Style::Shell { sign_in });
    // Only a brief one ends before its end.
    let _ = write(body, &mut out, &SentSecrets::default(), style);
    out
}

/// Whether the values of a field may be shown.
pub(crate) fn is_listed(field: &str) -> bool {
    SHOWN.contains(&field)
}

/// The texts of a JSON object whose names are not listed: what an answer must not echo.
pub(crate) fn unlisted_texts(body: &Value) -> impl Iterator<Item = &str> {
    let fields = body.as_object().into_iter().flatten();
    let unlisted = fields.filter(|(name, _)| !is_listed(name));
    unlisted.filter_map(|(_, value)| value.as_str())
}

/// A text of a listed field as far as it may be shown.
pub(crate) fn shown(text: &str, field: &str, secrets: &SentSecrets) -> String {
    let text = cut(&secrets.hide(text), READ_CHARS);
    if NAMES.contains(&field) {
        return text;
    }
    without_secrets(&text)
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// The first of each list, and no further than can be shown.
    Brief,
    Shell {
        sign_in: bool,
    },
}

/// The variable that a field is left to, out of the single quotes, into double ones, and back.
fn variable(field: &str, sign_in: bool) -> String {
    let whose = match (field, sign_in) {
        ("client_secret", true) => "SIGN_IN_",
        _ => "",
    };
    format!("\"'\"${whose}{}\"'\"", field.to_uppercase())
}

fn write<'de, D: Deserializer<'de>>(
    body: D,
    out: &mut String,
    secrets: &SentSecrets,
    style: Style,
) -> Result<(), D::Error> {
    let brief = Brief {
        out,
        secrets,
        style,
        field: "",
    };
    brief.deserialize(body)
}

/// Reads a value and writes what of it may be shown, without keeping the rest.
struct Brief<'a> {
    out: &'a mut String,
    secrets: &'a SentSecrets,
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
        let shown = shown(text, self.field, self.secrets);
        match self.style {
            Style::Brief => {
                let text = cut(&shown, MOST_TEXT_CHARS);
                self.value(Value::from(text))
            }
            Style::Shell { .. } if shown == text => {
                let text = Value::from(shown).to_string();
                self.value(text.replace('\'', r"'\''"))
            }
            Style::Shell { sign_in } => {
                let variable = variable(self.field, sign_in);
                self.value(variable)
            }
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let field = self.field;
        self.push("[")?;
        let mut first = true;
        while first || self.style != Style::Brief {
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
            let shown = is_listed(&name);
            if !shown && !NAMED.contains(&name.as_str()) {
                fields.next_value::<IgnoredAny>()?;
                // Several in a row are shown once.
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
                Style::Shell { sign_in } => self.push(&variable(&name, sign_in))?,
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

    fn value(body: &[u8]) -> Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn what_may_be_shown_is_shown_and_the_rest_has_a_name_at_most() {
        let body = br#"{"total":2,"users":[{"email":"a@b.c","password_hash":"x","new":1,"newer":2},{"email":"z"}],"id":"j"}"#;
        assert_eq!(
            of_json(body, &SentSecrets::default()),
            r#"{"total":2,"users":[{"email":"a@b.c","password_hash":<hidden>,…}, … 1 more],"id":"j"}"#
        );
        assert_eq!(of_json(b"\"token\"", &SentSecrets::default()), "<hidden>");
        assert_eq!(
            of_json(b"[\"token\",1]", &SentSecrets::default()),
            "[<hidden>, … 1 more]"
        );
        assert_eq!(of_json(b"<html>", &SentSecrets::default()), "<6 bytes>");
        assert_eq!(
            of_json(br#"{"id":"j","na"#, &SentSecrets::default()),
            r#"{"id":"j"…"#
        );
        assert_eq!(of_json(b"", &SentSecrets::default()), "");
    }

    #[test]
    fn a_long_body_is_cut_and_a_secret_in_a_sentence_is_seen() {
        let long = format!(
            r#"{{"name":"{}","id":"{}"}}"#,
            "n".repeat(500),
            "i".repeat(500)
        );
        let brief = of_json(long.as_bytes(), &SentSecrets::default());
        assert!(brief.chars().count() <= MOST_CHARS + 1, "{brief}");
        let echo = format!(r#"{{"message":"no match for: {SECRET}, nor for pa55"}}"#);
        let brief = of_json(echo.as_bytes(), &SentSecrets::of(["pa55"]));
        assert_eq!(brief, r#"{"message":"<hidden>"}"#);
        let brief = of_json(echo.as_bytes(), &SentSecrets::of(["no", "PA55"]));
        assert_eq!(
            brief,
            r#"{"message":"no match for: <hidden>, nor for pa55"}"#
        );
    }

    #[test]
    fn the_name_of_a_connection_may_look_like_anything() {
        let name = "Username-Password-Authentication-Staging-2024";
        for field in ["name", "realm", "connection"] {
            let body = format!(r#"{{"{field}":"{name}"}}"#);
            assert_eq!(of_json(body.as_bytes(), &SentSecrets::default()), body);
            assert_eq!(for_shell(&value(body.as_bytes())), body);
        }
        let body = format!(r#"{{"realms":["{name}"],"id":"{name}"}}"#);
        assert_eq!(
            of_json(body.as_bytes(), &SentSecrets::default()),
            format!(r#"{{"realms":["{name}"],"id":"<hidden>"}}"#)
        );
    }

    #[test]
    fn for_a_shell_nothing_is_left_out_but_secrets() {
        let body =
            br#"{"client_secret":"s","fields":[{"name":"a"},{"name":"b"}],"grant_type":"g"}"#;
        assert_eq!(
            for_shell(&value(body)),
            r#"{"client_secret":"'"$CLIENT_SECRET"'","fields":[{"name":"a"},{"name":"b"}],"grant_type":"g"}"#
        );
        let long = |count| format!(r#"{{"username":"{}"}}"#, "u".repeat(count));
        assert_eq!(for_shell(&value(long(4_000).as_bytes())), long(4_000));
        assert_eq!(
            for_shell(&value(long(4_001).as_bytes())),
            r#"{"username":"'"$USERNAME"'"}"#
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
            let shown = of_json(body.as_bytes(), &SentSecrets::default()) + &for_shell(&value);
            prop_assert!(all_listed || !shown.contains("planted"), "{}", shown);
        }
    }
}
