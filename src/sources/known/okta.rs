//! Okta, which gives no hashes: the CSV of its imports and reports, or JSON of its API.

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Okta,
    name: "Okta",
    marks: &[
        &["login", "firstName", "lastName", "email"],
        &["login", "email", "secondEmail"],
        &["profile.login", "status"],
        &["profile.login", "profile.email"],
        &["User Id", "Login", "Status"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("User Id", Take::Text(Field::UserId)),
        ("login", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("Primary email", Take::Text(Field::Email)),
        ("firstName", Take::Text(Field::GivenName)),
        ("First name", Take::Text(Field::GivenName)),
        ("lastName", Take::Text(Field::FamilyName)),
        ("Last name", Take::Text(Field::FamilyName)),
        ("Last login", Date("last_login")),
        ("Created Date", Date("created_at")),
        ("displayName", Take::Text(Field::Name)),
        ("nickName", Take::Text(Field::Nickname)),
        ("mobilePhone", Old("mobile_phone")),
        ("primaryPhone", Old("primary_phone")),
        ("locale", Old("locale")),
        ("preferredLanguage", Old("language")),
        ("department", Old("department")),
        ("organization", Old("organization")),
        ("employeeNumber", Old("employee_number")),
        ("userType", Old("user_type")),
        ("title", Old("title")),
        ("groups", Old("groups")),
        ("status", With(status)),
        ("created", Date("created_at")),
        ("lastLogin", Date("last_login")),
        ("profile.login", Take::Text(Field::Username)),
        ("profile.email", Take::Text(Field::Email)),
        ("profile.firstName", Take::Text(Field::GivenName)),
        ("profile.lastName", Take::Text(Field::FamilyName)),
        ("profile.displayName", Take::Text(Field::Name)),
        ("profile.nickName", Take::Text(Field::Nickname)),
        ("profile.mobilePhone", Old("mobile_phone")),
        ("profile.primaryPhone", Old("primary_phone")),
        ("profile.locale", Old("locale")),
        ("profile.preferredLanguage", Old("language")),
        ("profile.department", Old("department")),
        ("profile.organization", Old("organization")),
        ("profile.employeeNumber", Old("employee_number")),
        ("profile.userType", Old("user_type")),
        ("profile.title", Old("title")),
        ("credentials.provider.type", With(provider)),
        ("credentials.provider.name", Nothing),
        ("credentials.emails", With(emails)),
        ("credentials.password", Nothing),
        ("activated", Nothing),
        ("statusChanged", Nothing),
        ("lastUpdated", Nothing),
        ("passwordChanged", Nothing),
        ("_links", Nothing),
        ("type", Nothing),
    ],
    ..USUAL
};

fn status(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Cell::Text(status) = cell {
        match status.to_ascii_uppercase().as_str() {
            "DEPROVISIONED" | "DEACTIVATED" => draft.leave_out("deprovisioned"),
            "SUSPENDED" | "LOCKED_OUT" => draft.set_flag(Flag::Blocked, true),
            _ => {}
        }
    }
    Ok(())
}

/// Of passwords whose hashes were imported it has those too.
fn provider(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if let Cell::Text(provider) = cell {
        let is_own = provider.eq_ignore_ascii_case("import");
        draft.signs_in_with(if is_own { "okta" } else { &provider });
    }
    Ok(())
}

fn emails(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for email in items(cell.into_value()) {
        if text_in(&email, "type") == "PRIMARY" {
            draft.set_flag(Flag::EmailVerified, text_in(&email, "status") == "VERIFIED");
        }
    }
    Ok(())
}
