//! Amazon Cognito, which gives no hashes: the CSV of its imports, or JSON of `list-users`.

use serde_json::Value;

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, take_all, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Cognito,
    name: "Amazon Cognito",
    marks: &[
        &["cognito:username"],
        &["cognito:mfa_enabled"],
        &["Username", "Attributes"],
        &["UserStatus", "UserCreateDate"],
    ],
    fields: &[
        ("cognito:username", With(username)),
        ("Username", With(username)),
        ("preferred_username", Old("preferred_username")),
        ("sub", Take::Text(Field::UserId)),
        ("name", Take::Text(Field::Name)),
        ("given_name", Take::Text(Field::GivenName)),
        ("family_name", Take::Text(Field::FamilyName)),
        ("nickname", Take::Text(Field::Nickname)),
        ("picture", Take::Text(Field::Picture)),
        ("email", Take::Text(Field::Email)),
        ("email_verified", Take::Flag(Flag::EmailVerified)),
        ("phone_number", Take::Text(Field::PhoneNumber)),
        ("phone_number_verified", Take::Flag(Flag::PhoneVerified)),
        ("middle_name", Old("middle_name")),
        ("profile", Old("profile")),
        ("website", Old("website")),
        ("gender", Old("gender")),
        ("birthdate", Old("birthdate")),
        ("zoneinfo", Old("zoneinfo")),
        ("locale", Old("locale")),
        ("address", Old("address")),
        ("updated_at", Nothing),
        ("cognito:groups", Old("groups")),
        ("cognito:mfa_enabled", LostFactor),
        ("identities", With(identities)),
        ("Attributes", With(attributes)),
        ("UserAttributes", With(attributes)),
        ("UserCreateDate", Date("created_at")),
        ("UserLastModifiedDate", Nothing),
        ("Enabled", Not(Flag::Blocked)),
        ("UserStatus", With(status)),
        ("UserMFASettingList", LostFactor),
        ("MFAOptions", LostFactor),
        ("PreferredMfaSetting", Nothing),
    ],
    own: "custom:",
    ..USUAL
};

/// A list of names and values.
fn attributes(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for attribute in items(cell.into_value()) {
        let (name, value) = (text_in(&attribute, "Name"), text_in(&attribute, "Value"));
        let object = [(name.to_string(), Value::from(value))];
        take_all(draft, &KNOWN, Value::Object(object.into_iter().collect()))?;
    }
    Ok(())
}

/// If people sign in with an e-mail or a phone number, it holds their id.
fn username(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let name = crate::sources::values::text("username", cell)?;
    let is_id = name.len() == 36
        && name.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    match is_id {
        true => draft.old_id = Some(name),
        false => draft.user.username = Some(name),
    }
    Ok(())
}

fn status(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if matches!(&cell, Cell::Text(status) if status == "EXTERNAL_PROVIDER") {
        draft.signs_in_with("another provider");
    }
    Ok(())
}

fn identities(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let value = match cell {
        Cell::Text(text) => crate::sources::values::parsed(&text).unwrap_or_default(),
        Cell::Json(value) => value,
    };
    for identity in items(value) {
        draft.signs_in_with(text_in(&identity, "providerName"));
    }
    Ok(())
}
