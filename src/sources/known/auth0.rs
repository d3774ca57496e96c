//! Auth0's own exports: of users, and of password hashes.

use serde_json::Value;

use crate::sources::draft::{Draft, OWN_ID};
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const EXPORT: Known = Known {
    source: Source::Auth0Export,
    name: "Auth0's export of users",
    marks: &[
        &["user_id", "identities"],
        &["user_id", "email", "created_at", "updated_at"],
        &["user_id", "email", "email_verified", "updated_at"],
        &["Id", "Email", "Email Verified", "Connection"],
        &["Id", "Given Name", "Family Name", "Email", "Email Verified"],
    ],
    fields: &[
        ("identities", With(own_identities)),
        ("identities[0].provider", With(provider)),
        ("multifactor", LostFactor),
        ("identities[0].isSocial", Nothing),
        ("created_at", Date("created_at")),
        ("last_login", Date("last_login")),
        ("locale", Old("locale")),
        // What the dashboard and its extension call them.
        ("Id", Take::Text(Field::UserId)),
        ("Given Name", Take::Text(Field::GivenName)),
        ("Family Name", Take::Text(Field::FamilyName)),
        ("Nickname", Take::Text(Field::Nickname)),
        ("Name", Take::Text(Field::Name)),
        ("Email", Take::Text(Field::Email)),
        ("Email Verified", Take::Flag(Flag::EmailVerified)),
        ("Picture", Take::Text(Field::Picture)),
        ("Created At", Date("created_at")),
    ],
    ..USUAL
};

pub(super) const HASHES: Known = Known {
    source: Source::Auth0HashExport,
    name: "Auth0's export of password hashes",
    marks: &[
        &["_id", "passwordHash", "connection"],
        &["_id", "passwordHash", "tenant"],
        &["_id", "passwordHash", "email"],
        &["_id", "passwordHash", "identifiers"],
    ],
    fields: &[
        ("_id.$oid", OldId),
        ("_id", OldId),
        ("alt_id", Take::Text(Field::UserId)),
        ("passwordHash", Hash),
        ("identifiers", With(identifiers)),
        ("password_set_date", Nothing),
        ("tenant", Nothing),
        ("connection", Nothing),
        ("_tmp_is_unique", Nothing),
        ("version", Nothing),
        ("password_history", Nothing),
    ],
    ..USUAL
};

/// Only `auth0` has passwords; `email` and `okta` mean other providers here.
fn own_identities(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for identity in items(list(cell)) {
        let who = text_in(&identity, "provider");
        provider(draft, Cell::Text(who.into()))?;
        if who == "auth0"
            && let Some(id @ Value::String(_)) = identity.get("user_id")
        {
            draft.noted.insert(OWN_ID.to_string(), id.clone());
        }
    }
    Ok(())
}

fn provider(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Cell::Text(provider) = cell {
        match &*provider {
            "auth0" => draft.signs_in_with("auth0"),
            other => draft.signs_in_elsewhere(other),
        }
    }
    Ok(())
}

/// A list, or JSON of one.
fn list(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Text(text) => crate::sources::values::parsed(&text).unwrap_or_default(),
        Cell::Json(value) => value,
    }
}

/// Who signs the user in: one way of several suffices.
pub(super) fn identities(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for identity in items(list(cell)) {
        draft.signs_in_with(text_in(&identity, "provider"));
    }
    Ok(())
}

/// E-mail, phone number and username, each with whether it is verified.
fn identifiers(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for identifier in items(cell.into_value()) {
        let value = text_in(&identifier, "value").to_string();
        let verified = identifier.get("verified").and_then(Value::as_bool);
        match text_in(&identifier, "type") {
            "email" if draft.user.email.is_empty() => {
                draft.user.email = value;
                if let Some(verified) = verified {
                    draft.set_flag(Flag::EmailVerified, verified);
                }
            }
            "phone_number" | "phone" => {
                draft.user.phone_number = Some(value);
                if let Some(verified) = verified {
                    draft.set_flag(Flag::PhoneVerified, verified);
                }
            }
            "username" => draft.user.username = Some(value),
            _ => {}
        }
    }
    Ok(())
}
