//! Whether second factors are ones that Auth0 takes. No sentence here ever holds their secrets.

use serde_json::{Map, Value};

use crate::error::problem::Faults;
use crate::users::email::is_email;
use crate::users::phone::is_phone;

pub(crate) fn check_factors(factors: &[Value], faults: &mut Faults) {
    if !(1..=10).contains(&factors.len()) {
        faults.add(
            "mfa_factors",
            format!("has {} factors, and Auth0 takes 1 to 10", factors.len()),
        );
    }
    for (index, factor) in factors.iter().enumerate() {
        let field = format!("mfa_factors[{index}]");
        let Some(kinds) = factor.as_object() else {
            faults.add(&field, "must be an object");
            continue;
        };
        if kinds.len() > 1 {
            faults.add(
                &field,
                "has more than one factor: give each an object of its own",
            );
        }
        for (kind, value) in kinds {
            check_factor(&format!("{field}.{kind}"), kind, value, faults);
        }
    }
}

fn check_factor(field: &str, kind: &str, value: &Value, faults: &mut Faults) {
    let (key, fits, words): (&str, fn(&str) -> bool, &str) = match kind {
        "totp" => ("secret", is_base32, "must be base32: A to Z and 2 to 7"),
        "phone" => ("value", is_phone, "must be + and 1 to 15 digits"),
        "email" => ("value", is_email, "must be an e-mail address"),
        _ => return faults.add(field, "is not a factor: use totp, phone or email"),
    };
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    if fields.keys().any(|other| other != key) {
        faults.add(field, format!("takes only `{key}`"));
    }
    if !fields.get(key).and_then(Value::as_str).is_some_and(fits) {
        faults.add(&format!("{field}.{key}"), words);
    }
}

fn is_base32(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b);
    !text.is_empty() && text.bytes().all(fits)
}
