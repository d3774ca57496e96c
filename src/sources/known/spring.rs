//! Spring Security: the table `users` of its JDBC store, joined with `authorities` or not.

use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};

pub(super) const KNOWN: Known = Known {
    source: Source::Spring,
    name: "Spring Security",
    marks: &[
        &["username", "password", "enabled"],
        &["username", "password", "authorities"],
        &["username", "password", "authority"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("username", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("password", Hash),
        ("enabled", Not(Flag::Blocked)),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("authorities", Old("roles")),
        ("authority", Old("roles")),
        ("provider", Provider),
        ("provider_id", Nothing),
        ("role", Old("roles")),
        ("roles", Old("roles")),
        ("account_non_locked", Not(Flag::Blocked)),
        ("account_non_expired", Nothing),
        ("credentials_non_expired", Nothing),
        ("created_at", Date("created_at")),
    ],
    ..USUAL
};
