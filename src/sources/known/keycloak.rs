//! Keycloak: a realm's export, or the list of its users.

use serde_json::{Value, json};

use crate::passwords::hashes::stored::keycloak;
use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Keycloak,
    name: "Keycloak",
    marks: &[
        &["username", "createdTimestamp"],
        &["username", "credentials", "enabled"],
        &["username", "emailVerified", "enabled"],
        &["username", "realmRoles"],
        &["email", "createdTimestamp"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("username", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("emailVerified", Take::Flag(Flag::EmailVerified)),
        ("firstName", Take::Text(Field::GivenName)),
        ("lastName", Take::Text(Field::FamilyName)),
        ("enabled", Not(Flag::Blocked)),
        ("createdTimestamp", Date("created_at")),
        ("credentials", With(credentials)),
        ("federatedIdentities", With(federated)),
        ("attributes", With(attributes)),
        ("groups", Old("groups")),
        ("realmRoles", Old("roles")),
        ("clientRoles", Old("client_roles")),
        ("serviceAccountClientId", With(service)),
        ("totp", Nothing),
        ("notBefore", Nothing),
        ("access", Nothing),
        ("requiredActions", Nothing),
        ("disableableCredentialTypes", Nothing),
    ],
    ..USUAL
};

fn credentials(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for credential in items(cell.into_value()) {
        match text_in(&credential, "type") {
            "password" => {
                let (secret, data) = parts(&credential);
                draft.stored = Some(keycloak(&secret, &data));
            }
            _ => draft.lost_factor = true,
        }
    }
    Ok(())
}

/// The two texts of a credential; before version 8 its parts stood apart.
fn parts(credential: &Value) -> (String, String) {
    let secret = text_in(credential, "secretData");
    if !secret.is_empty() || credential.get("hashedSaltedValue").is_none() {
        return (
            secret.to_string(),
            text_in(credential, "credentialData").to_string(),
        );
    }
    let secret = json!({"value": credential["hashedSaltedValue"], "salt": credential["salt"]});
    let data = json!({"hashIterations": credential["hashIterations"], "algorithm": credential["algorithm"]});
    (secret.to_string(), data.to_string())
}

fn federated(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for identity in items(cell.into_value()) {
        draft.signs_in_with(text_in(&identity, "identityProvider"));
    }
    Ok(())
}

/// Lists of texts each; one of one text becomes that text.
fn attributes(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let Value::Object(attributes) = cell.into_value() else {
        return Ok(());
    };
    for (name, values) in attributes {
        let value = match values {
            Value::Array(mut values) if values.len() == 1 => values.remove(0),
            values => values,
        };
        match name.as_str() {
            "locale" => {
                draft.imported.insert(name, value);
            }
            "phoneNumber" => draft.user.phone_number = value.as_str().map(str::to_string),
            "phoneNumberVerified" => {
                if let Some(verified) =
                    crate::sources::values::flag("phone_verified", &value.into())?
                {
                    draft.set_flag(Flag::PhoneVerified, verified);
                }
            }
            "picture" => draft.user.picture = value.as_str().map(str::to_string),
            _ => {
                let attributes = draft
                    .imported
                    .entry("attributes")
                    .or_insert_with(|| json!({}));
                attributes[name.replace(['.', '$'], "_")] = value;
            }
        }
    }
    Ok(())
}

fn service(draft: &mut Draft, _: Cell<'_>) -> Result<(), String> {
    draft.leave_out("a service account");
    Ok(())
}
