//! WordPress: the table `wp_users`.

use crate::sources::fields::Text as Field;
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};

pub(super) const KNOWN: Known = Known {
    source: Source::WordPress,
    name: "WordPress",
    marks: &[
        &["user_login", "user_pass"],
        &["user_email", "user_pass"],
        &["user_login", "user_email", "user_registered"],
    ],
    fields: &[
        ("ID", Take::Text(Field::UserId)),
        ("user_login", Take::Text(Field::Username)),
        ("user_email", Take::Text(Field::Email)),
        ("user_pass", Hash),
        ("display_name", Take::Text(Field::Name)),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("nickname", Take::Text(Field::Nickname)),
        ("user_registered", Date("created_at")),
        ("user_url", Old("url")),
        ("roles", Old("roles")),
        ("role", Old("roles")),
        ("locale", Old("locale")),
        ("user_nicename", Nothing),
        ("user_activation_key", Nothing),
        ("user_status", Nothing),
    ],
    ..USUAL
};
