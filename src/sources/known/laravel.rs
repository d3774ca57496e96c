//! Laravel, with or without Jetstream and Fortify.

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Laravel,
    name: "Laravel",
    marks: &[
        &["email", "password", "email_verified_at"],
        &["email", "password", "remember_token"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("name", Take::Text(Field::Name)),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("username", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("email_verified_at", Since(Flag::EmailVerified)),
        ("password", Hash),
        ("locale", Old("locale")),
        // As Socialite's guides name them.
        ("provider", Provider),
        ("provider_name", Provider),
        ("provider_id", Nothing),
        ("provider_token", Nothing),
        ("google_id", SignsInWith("google")),
        ("facebook_id", SignsInWith("facebook")),
        ("github_id", SignsInWith("github")),
        ("role", Old("role")),
        ("created_at", Date("created_at")),
        ("deleted_at", Deleted),
        // It is enciphered with the application's key.
        ("two_factor_secret", With(factor)),
        ("two_factor_recovery_codes", Nothing),
        ("two_factor_confirmed_at", Nothing),
        ("remember_token", Nothing),
        ("current_team_id", Nothing),
        ("profile_photo_path", Nothing),
        ("updated_at", Nothing),
    ],
    ..USUAL
};

fn factor(draft: &mut Draft, _: Cell<'_>) -> Result<(), String> {
    draft.lost_factor = true;
    Ok(())
}
