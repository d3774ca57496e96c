//! Rails with Devise, with or without devise-two-factor.

use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};

pub(super) const KNOWN: Known = Known {
    source: Source::Devise,
    name: "Devise",
    marks: &[
        &["email", "encrypted_password"],
        &[
            "encrypted_password",
            "reset_password_token",
            "remember_created_at",
        ],
        &["encrypted_password", "sign_in_count", "current_sign_in_at"],
        &[
            "encrypted_password",
            "confirmed_at",
            "confirmation_token",
            "unconfirmed_email",
        ],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("email", Take::Text(Field::Email)),
        ("encrypted_password", Hash),
        ("password_salt", Salt),
        ("username", Take::Text(Field::Username)),
        ("name", Take::Text(Field::Name)),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("confirmed_at", Since(Flag::EmailVerified)),
        ("locale", Old("locale")),
        ("role", Old("role")),
        ("roles", Old("roles")),
        ("created_at", Date("created_at")),
        ("last_sign_in_at", Date("last_login")),
        ("deleted_at", Deleted),
        ("provider", Provider),
        ("uid", Nothing),
        ("reset_password_token", Nothing),
        ("reset_password_sent_at", Nothing),
        ("remember_created_at", Nothing),
        ("remember_token", Nothing),
        ("sign_in_count", Nothing),
        ("current_sign_in_at", Nothing),
        ("current_sign_in_ip", Nothing),
        ("last_sign_in_ip", Nothing),
        ("confirmation_token", Nothing),
        ("confirmation_sent_at", Nothing),
        ("unconfirmed_email", Nothing),
        ("failed_attempts", Nothing),
        ("unlock_token", Nothing),
        ("locked_at", Nothing),
        ("authentication_token", Nothing),
        ("invitation_token", Nothing),
        ("otp_required_for_login", LostFactor),
        // They are enciphered with the application's key.
        ("otp_secret", Nothing),
        ("encrypted_otp_secret", Nothing),
        ("encrypted_otp_secret_iv", Nothing),
        ("encrypted_otp_secret_salt", Nothing),
        ("otp_backup_codes", Nothing),
        ("consumed_timestep", Nothing),
        ("updated_at", Nothing),
    ],
    ..USUAL
};
