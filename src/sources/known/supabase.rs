//! Supabase: the table `auth.users`.

use serde_json::Value;

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Object, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;
use crate::sources::values::object;

pub(super) const KNOWN: Known = Known {
    source: Source::Supabase,
    name: "Supabase",
    marks: &[
        &["encrypted_password", "raw_user_meta_data"],
        &["encrypted_password", "raw_app_meta_data"],
        &["encrypted_password", "email_confirmed_at"],
        &["raw_app_meta_data", "raw_user_meta_data"],
        &["instance_id", "aud", "role", "email"],
        // Its admin API.
        &["aud", "role", "app_metadata", "user_metadata", "identities"],
        &[
            "aud",
            "role",
            "app_metadata",
            "user_metadata",
            "email_confirmed_at",
        ],
        // The table of identities.
        &[
            "provider_id",
            "user_id",
            "identity_data",
            "provider",
            "created_at",
        ],
    ],
    fields: &[
        ("id", OldId),
        ("email", Take::Text(Field::Email)),
        ("encrypted_password", Hash),
        ("email_confirmed_at", Since(Flag::EmailVerified)),
        ("confirmed_at", Nothing),
        ("phone", With(phone)),
        ("phone_confirmed_at", With(phone_confirmed)),
        ("raw_app_meta_data", With(app_metadata)),
        ("raw_user_meta_data", Take::Object(Object::User)),
        ("app_metadata", With(app_metadata)),
        ("user_metadata", Take::Object(Object::User)),
        ("identities", With(identities)),
        ("factors", With(factors)),
        ("provider", Provider),
        ("provider_id", Nothing),
        ("user_id", Take::Text(Field::UserId)),
        ("identity_data", With(identity)),
        ("new_email", Nothing),
        ("new_phone", Nothing),
        ("action_link", Nothing),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("banned_until", BlockedUntil),
        ("deleted_at", Deleted),
        ("created_at", Date("created_at")),
        ("last_sign_in_at", Date("last_login")),
        ("is_anonymous", With(anonymous)),
        ("instance_id", Nothing),
        ("aud", Nothing),
        ("role", Nothing),
        ("invited_at", Nothing),
        ("confirmation_token", Nothing),
        ("confirmation_sent_at", Nothing),
        ("recovery_token", Nothing),
        ("recovery_sent_at", Nothing),
        ("email_change_token_new", Nothing),
        ("email_change_token_current", Nothing),
        ("email_change_confirm_status", Nothing),
        ("email_change", Nothing),
        ("email_change_sent_at", Nothing),
        ("phone_change", Nothing),
        ("phone_change_token", Nothing),
        ("phone_change_sent_at", Nothing),
        ("reauthentication_token", Nothing),
        ("reauthentication_sent_at", Nothing),
        ("is_super_admin", Nothing),
        ("is_sso_user", Nothing),
        ("updated_at", Nothing),
    ],
    ..USUAL
};

/// It is kept without its plus.
fn phone(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let number = crate::sources::values::text("phone_number", cell)?;
    let number = number.trim().trim_start_matches('+');
    draft.user.phone_number = Some(format!("+{number}"));
    Ok(())
}

fn phone_confirmed(draft: &mut Draft, _: Cell<'_>) -> Result<(), String> {
    draft.set_flag(Flag::PhoneVerified, true);
    Ok(())
}

/// The names of providers are in it, beside what the owner put there.
fn app_metadata(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let mut metadata = object("app_metadata", cell)?;
    if let Some(Value::Array(providers)) = metadata.remove("providers") {
        for provider in providers.iter().filter_map(Value::as_str) {
            draft.signs_in_with(provider);
        }
    }
    if let Some(Value::String(provider)) = metadata.remove("provider") {
        draft.signs_in_with(&provider);
    }
    if !metadata.is_empty() {
        draft.take(
            &crate::sources::places::Target::Take(Take::Object(Object::App)),
            Value::Object(metadata).into(),
        )?;
    }
    Ok(())
}

fn anonymous(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if crate::sources::values::flag("is_anonymous", &cell)? == Some(true) {
        draft.leave_out("anonymous");
    }
    Ok(())
}

fn identities(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for identity in items(cell.into_value()) {
        draft.signs_in_with(text_in(&identity, "provider"));
    }
    Ok(())
}

fn factors(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let factors = items(cell.into_value());
    let is_verified = |factor: &Value| text_in(factor, "status") == "verified";
    draft.lost_factor |= factors.iter().any(is_verified);
    Ok(())
}

/// What the provider of an identity says of the user.
fn identity(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let data = object("identity_data", cell)?;
    if let Some(verified) = data.get("email_verified").and_then(Value::as_bool) {
        draft.set_flag(Flag::EmailVerified, verified);
    }
    Ok(())
}
