//! Clerk: the dashboard's CSV, which has the hashes, or JSON of its Backend API, which has not.

use serde_json::{Value, json};

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
        ("primary_email_address_id", Nothing),
        ("phone_numbers", With(phones)),
        ("primary_phone_number_id", Nothing),
        ("external_accounts", With(accounts)),
        ("totp_secret", With(totp)),
        ("totp_enabled", Nothing),
        ("two_factor_enabled", Nothing),
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

/// The address that counts is the first that is verified, or the first.
fn addresses(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let addresses = items(cell.into_value());
    let is_verified = |address: &Value| {
        address
            .get("verification")
            .is_some_and(|verification| text_in(verification, "status") == "verified")
    };
    let best = addresses
        .iter()
        .find(|address| is_verified(address))
        .or(addresses.first());
    if let Some(best) = best {
        draft.user.email = text_in(best, "email_address").to_string();
        draft.set_flag(Flag::EmailVerified, is_verified(best));
    }
    Ok(())
}

fn phones(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Some(first) = items(cell.into_value()).first() {
        draft.user.phone_number = Some(text_in(first, "phone_number").to_string());
    }
    Ok(())
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
        draft.user.mfa_factors = Some(vec![
            json!({"totp": {"secret": secret.trim().trim_end_matches('=')}}),
        ]);
    }
    Ok(())
}
