//! Ory Kratos: a list of identities, with their credentials where they were asked for.

use serde_json::Value;

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Object, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Kratos,
    name: "Ory Kratos",
    marks: &[
        &["schema_id", "traits"],
        &["traits", "credentials"],
        &["traits", "verifiable_addresses"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("traits", With(traits)),
        ("credentials", WithHash(credentials)),
        ("verifiable_addresses", With(addresses)),
        ("metadata_public", Take::Object(Object::User)),
        ("metadata_admin", Take::Object(Object::App)),
        ("state", With(state)),
        ("created_at", Date("created_at")),
        ("organization_id", Old("organization")),
        ("external_id", Old("external_id")),
        ("schema_id", Nothing),
        ("schema_url", Nothing),
        ("state_changed_at", Nothing),
        ("recovery_addresses", Nothing),
        ("updated_at", Nothing),
        ("available_aal", Nothing),
    ],
    ..USUAL
};

/// Traits are the owner's own; those of Kratos' presets and of its guides are known.
fn traits(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let Value::Object(traits) = cell.into_value() else {
        return Ok(());
    };
    for (name, value) in traits {
        let text = value.as_str().map(str::to_string);
        match (name.as_str(), text) {
            (_, None) if value.is_null() => {}
            ("email", Some(email)) => draft.user.email = email,
            ("username", Some(username)) => draft.user.username = Some(username),
            ("phone" | "phone_number", Some(phone)) => draft.user.phone_number = Some(phone),
            ("picture", Some(picture)) => draft.user.picture = Some(picture),
            ("name", Some(name)) => draft.user.name = Some(name),
            ("first_name" | "given_name", Some(name)) => draft.user.given_name = Some(name),
            ("last_name" | "family_name", Some(name)) => draft.user.family_name = Some(name),
            ("name", None) if value.is_object() => {
                let part =
                    |field: &str| Some(text_in(&value, field)).filter(|name| !name.is_empty());
                draft.user.given_name = part("first").map(str::to_string);
                draft.user.family_name = part("last").map(str::to_string);
            }
            _ => {
                draft.imported.insert(name.replace(['.', '$'], "_"), value);
            }
        }
    }
    Ok(())
}

fn credentials(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let Value::Object(credentials) = cell.into_value() else {
        return Ok(());
    };
    for (kind, credential) in credentials {
        match kind.as_str() {
            "password" => {
                draft.signs_in_with("password");
                let config = credential.get("config").unwrap_or(&Value::Null);
                let hash = text_in(config, "hashed_password");
                if !hash.is_empty() {
                    draft.hash = Some(hash.to_string());
                }
                // Files that are written for an import may have it.
                let clear = text_in(config, "password");
                if !clear.is_empty() {
                    draft.clear = Some(clear.to_string());
                }
            }
            "oidc" | "saml" => {
                for identifier in credential
                    .get("identifiers")
                    .into_iter()
                    .flat_map(|list| items(list.clone()))
                {
                    let provider = identifier.as_str().and_then(|name| name.split(':').next());
                    draft.signs_in_with(provider.unwrap_or("another provider"));
                }
                let providers = credential.pointer("/config/providers");
                for provider in providers.into_iter().flat_map(|list| items(list.clone())) {
                    draft.signs_in_with(text_in(&provider, "provider"));
                }
            }
            "totp" | "lookup_secret" | "webauthn" | "passkey" => draft.lost_factor = true,
            _ => {}
        }
    }
    Ok(())
}

fn addresses(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for address in items(cell.into_value()) {
        let verified = address
            .get("verified")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        match text_in(&address, "via") {
            "email" => {
                if draft.user.email.is_empty() {
                    draft.user.email = text_in(&address, "value").to_string();
                }
                if text_in(&address, "value").eq_ignore_ascii_case(&draft.user.email) {
                    draft.set_flag(Flag::EmailVerified, verified);
                }
            }
            "sms" => draft.set_flag(Flag::PhoneVerified, verified),
            _ => {}
        }
    }
    Ok(())
}

fn state(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if matches!(&cell, Cell::Text(state) if state == "inactive") {
        draft.set_flag(Flag::Blocked, true);
    }
    Ok(())
}
