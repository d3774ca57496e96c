//! Keycloak: a realm's export, or the list of its users.

use serde_json::{Value, json};

use crate::passwords::hashes::stored::{StoredHash, keycloak};
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
        // Its tables, joined.
        &["secret_data", "credential_data"],
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
        ("credentials", WithHash(credentials)),
        ("federatedIdentities", With(federated)),
        ("socialLinks", With(social)),
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
        ("email_verified", Take::Flag(Flag::EmailVerified)),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("created_timestamp", Date("created_at")),
        ("secret_data", Hash),
        ("credential_data", HashFormat),
        ("email_constraint", Nothing),
        ("realm_id", Nothing),
        ("not_before", Nothing),
    ],
    hash: |secret, salt, data| match data.is_empty() {
        true => StoredHash::with_salt(secret, salt),
        false => keycloak(secret, data),
    },
    ..USUAL
};

fn credentials(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for credential in items(cell.into_value()) {
        match text_in(&credential, "type") {
            "password" => {
                let clear = text_in(&credential, "value");
                let (secret, data) = parts(&credential);
                match secret.is_empty() && !clear.is_empty() {
                    // Files that are written for an import may have it.
                    true => draft.clear = Some(clear.to_string()),
                    false => draft.stored = Some(keycloak(&secret, &data)),
                }
            }
            "password-history" => {}
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
    // Its first versions had one algorithm for passwords, and no name or another's for it.
    let algorithm = match text_in(credential, "algorithm") {
        "" | "HmacSHA1" => "pbkdf2",
        algorithm => algorithm,
    };
    let data = json!({"hashIterations": credential["hashIterations"], "algorithm": algorithm});
    (secret.to_string(), data.to_string())
}

fn federated(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for identity in items(cell.into_value()) {
        draft.signs_in_with(text_in(&identity, "identityProvider"));
    }
    Ok(())
}

/// What the first versions called the same.
fn social(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for link in items(cell.into_value()) {
        draft.signs_in_with(text_in(&link, "socialProvider"));
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
