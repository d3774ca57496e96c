//! Clerk: the dashboard's CSV, which has the hashes, or JSON of its Backend API, which has not.

use serde_json::{Value, json};

use crate::passwords::hashes::stored::StoredHash;
use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Object, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Clerk,
    name: "Clerk",
    marks: &[
        &["primary_email_address", "password_digest"],
        &["primary_email_address", "first_name"],
        &["primary_email_address_id"],
        &["email_addresses", "first_name"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("username", Take::Text(Field::Username)),
        ("primary_email_address", With(email)),
        ("verified_email_addresses", With(verified_emails)),
        ("unverified_email_addresses", With(unverified_emails)),
        ("primary_phone_number", Take::Text(Field::PhoneNumber)),
        ("verified_phone_numbers", With(verified_phones)),
        ("unverified_phone_numbers", Nothing),
        ("email_addresses", With(addresses)),
        ("primary_email_address_id", With(primary_email)),
        ("phone_numbers", With(phones)),
        ("primary_phone_number_id", With(primary_phone)),
        ("external_accounts", With(accounts)),
        ("saml_accounts", With(saml)),
        ("enterprise_accounts", With(saml)),
        ("totp_secret", With(totp)),
        ("totp_enabled", With(factor)),
        ("two_factor_enabled", With(factor)),
        ("backup_code_enabled", Nothing),
        ("password_digest", Hash),
        ("password_hasher", HashFormat),
        ("password_enabled", With(password_enabled)),
        ("external_id", Old("external_id")),
        ("image_url", Take::Text(Field::Picture)),
        ("profile_image_url", Nothing),
        ("public_metadata", Take::Object(Object::App)),
        ("private_metadata", Take::Object(Object::App)),
        ("unsafe_metadata", Take::Object(Object::User)),
        ("banned", Take::Flag(Flag::Blocked)),
        ("locked", Nothing),
        ("created_at", Date("created_at")),
        ("last_sign_in_at", Date("last_login")),
        ("updated_at", Nothing),
    ],
    hash: |hash, salt, hasher| match (hasher, StoredHash::with_salt(hash, salt)) {
        ("md5" | "sha256", StoredHash::Silent)
            if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            StoredHash::Custom(
                json!({"algorithm": hasher, "hash": {"value": hash, "encoding": "hex"}}),
            )
        }
        ("bcrypt_peppered", _) => StoredHash::Impossible {
            what: "a bcrypt hash of the password and a pepper",
            why: "needs the pepper after the password at each sign-in, which Auth0 cannot add",
        },
        (_, found) => found,
    },
    ..USUAL
};

/// Addresses of a cell, which may be several.
fn has(list: &str, address: &str) -> bool {
    let mut addresses = list.split([',', '|', ';', ' ']);
    !address.is_empty() && addresses.any(|one| one.trim().eq_ignore_ascii_case(address))
}

fn email(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Cell::Text(email) = cell {
        draft.user.email = email.trim().to_string();
    }
    Ok(())
}

fn verified_emails(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Cell::Text(list) = cell {
        if draft.user.email.is_empty() {
            draft.user.email = list
                .split([',', '|', ';', ' '])
                .next()
                .unwrap_or_default()
                .to_string();
        }
        let verified = has(&list, &draft.user.email);
        draft.set_flag(Flag::EmailVerified, verified);
    }
    Ok(())
}

fn unverified_emails(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Cell::Text(list) = cell
        && has(&list, &draft.user.email)
    {
        draft.set_flag(Flag::EmailVerified, false);
    }
    Ok(())
}

fn verified_phones(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let (Cell::Text(list), Some(phone)) = (cell, &draft.user.phone_number) {
        let verified = has(&list, phone);
        draft.set_flag(Flag::PhoneVerified, verified);
    }
    Ok(())
}

/// The address that counts is the primary one, or the first that is verified, or the first.
fn addresses(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    note(draft, EMAILS, several(cell));
    choose_email(draft);
    Ok(())
}

fn primary_email(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    note(draft, PRIMARY_EMAIL, cell.into_value());
    choose_email(draft);
    Ok(())
}

fn phones(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    note(draft, PHONES, several(cell));
    choose_phone(draft);
    Ok(())
}

fn primary_phone(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    note(draft, PRIMARY_PHONE, cell.into_value());
    choose_phone(draft);
    Ok(())
}

const EMAILS: &str = "email_addresses";
const PRIMARY_EMAIL: &str = "primary_email_address_id";
const PHONES: &str = "phone_numbers";
const PRIMARY_PHONE: &str = "primary_phone_number_id";

fn note(draft: &mut Draft, name: &str, value: Value) {
    draft.noted.insert(name.to_string(), value);
}

/// A list, or the texts that its support writes into one with `|` between.
fn several(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Text(text) => text.split('|').map(|one| Value::from(one.trim())).collect(),
        Cell::Json(value) => value,
    }
}

/// What is chosen of several: the text, and whether it is verified, where that is said.
fn chosen(draft: &Draft, list: &str, primary: &str, field: &str) -> Option<(String, Option<bool>)> {
    let all = draft.noted.get(list)?.as_array()?;
    let is_verified = |one: &Value| {
        let status = one.pointer("/verification/status").and_then(Value::as_str);
        status.map(|status| status == "verified")
    };
    let id = draft.noted.get(primary).and_then(Value::as_str);
    let is_primary = |one: &&Value| id.is_some() && one.get("id").and_then(Value::as_str) == id;
    let verified = || all.iter().find(|one| is_verified(one) == Some(true));
    let best = all
        .iter()
        .find(is_primary)
        .or_else(verified)
        .or(all.first())?;
    Some(match best {
        Value::String(text) => (text.clone(), None),
        // If nothing says so, it is not verified.
        object => (
            text_in(object, field).to_string(),
            Some(is_verified(object) == Some(true)),
        ),
    })
}

fn choose_email(draft: &mut Draft) {
    match chosen(draft, EMAILS, PRIMARY_EMAIL, "email_address") {
        Some((email, Some(verified))) => {
            draft.user.email = email;
            draft.set_flag(Flag::EmailVerified, verified);
        }
        Some((email, None)) if draft.user.email.is_empty() => draft.user.email = email,
        _ => {}
    }
}

fn choose_phone(draft: &mut Draft) {
    match chosen(draft, PHONES, PRIMARY_PHONE, "phone_number") {
        Some((phone, Some(verified))) => {
            draft.user.phone_number = Some(phone);
            draft.set_flag(Flag::PhoneVerified, verified);
        }
        Some((phone, None)) if draft.user.phone_number.is_none() => {
            draft.user.phone_number = Some(phone);
        }
        _ => {}
    }
}

fn accounts(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for account in items(cell.into_value()) {
        draft.signs_in_with(text_in(&account, "provider").trim_start_matches("oauth_"));
    }
    Ok(())
}

fn password_enabled(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if matches!(cell, Cell::Json(Value::Bool(true))) {
        draft.signs_in_with("password");
    }
    Ok(())
}

fn totp(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Cell::Text(secret) = cell {
        draft.lost_factor = false;
        draft.user.mfa_factors = Some(vec![
            json!({"totp": {"secret": secret.trim().trim_end_matches('=')}}),
        ]);
    }
    Ok(())
}

/// Its API tells that there is one, and never its secret.
fn factor(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let is_on = crate::sources::values::flag("two_factor_enabled", &cell)? == Some(true);
    draft.lost_factor |= is_on && draft.user.mfa_factors.is_none();
    Ok(())
}

fn saml(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if !items(cell.into_value()).is_empty() {
        draft.signs_in_with("saml");
    }
    Ok(())
}
