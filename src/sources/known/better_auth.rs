//! better-auth: its users, joined with the account that holds the password, or with the list of their accounts.

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::BetterAuth,
    name: "better-auth",
    marks: &[
        &["emailVerified", "password", "providerId"],
        &["emailVerified", "image", "password"],
        &["email_verified", "password", "provider_id"],
        &["emailVerified", "accounts"],
        &["email_verified", "password", "provider_id", "account_id"],
        &["email", "emailVerified", "image", "createdAt"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("userId", Nothing),
        ("user_id", Nothing),
        ("name", Take::Text(Field::Name)),
        ("email", Take::Text(Field::Email)),
        ("emailVerified", Take::Flag(Flag::EmailVerified)),
        ("email_verified", Take::Flag(Flag::EmailVerified)),
        ("image", Take::Text(Field::Picture)),
        ("username", Take::Text(Field::Username)),
        ("displayUsername", Nothing),
        ("phoneNumber", Take::Text(Field::PhoneNumber)),
        ("phoneNumberVerified", Take::Flag(Flag::PhoneVerified)),
        ("password", Hash),
        ("providerId", Provider),
        ("provider_id", Provider),
        ("accounts", WithHash(accounts)),
        ("role", Old("role")),
        ("banned", Take::Flag(Flag::Blocked)),
        ("banReason", Old("ban_reason")),
        ("twoFactorEnabled", LostFactor),
        ("createdAt", Date("created_at")),
        ("created_at", Date("created_at")),
        ("accountId", Nothing),
        ("account_id", Nothing),
        ("accessToken", Nothing),
        ("refreshToken", Nothing),
        ("idToken", Nothing),
        ("accessTokenExpiresAt", Nothing),
        ("refreshTokenExpiresAt", Nothing),
        ("scope", Nothing),
        ("updatedAt", Nothing),
        ("updated_at", Nothing),
    ],
    ..USUAL
};

fn accounts(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for account in items(cell.into_value()) {
        draft.signs_in_with(text_in(&account, "providerId"));
        let password = text_in(&account, "password");
        if !password.is_empty() {
            draft.hash = Some(password.to_string());
        }
    }
    Ok(())
}
