//! Node with passport-local-mongoose, or with passport-local and the salt in a field of its own: what MongoDB exports.

use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};

pub(super) const KNOWN: Known = Known {
    source: Source::Passport,
    name: "passport-local",
    marks: &[
        &["_id", "hash", "salt"],
        &["__v", "hash", "salt"],
        &["username", "hash", "salt"],
        &["username", "hashed_password", "salt"],
    ],
    fields: &[
        ("_id.$oid", Take::Text(Field::UserId)),
        ("_id", Take::Text(Field::UserId)),
        ("id", Take::Text(Field::UserId)),
        ("username", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("hash", Hash),
        ("hashed_password", Hash),
        ("salt", Salt),
        ("name", Take::Text(Field::Name)),
        ("firstName", Take::Text(Field::GivenName)),
        ("lastName", Take::Text(Field::FamilyName)),
        ("isVerified", Take::Flag(Flag::EmailVerified)),
        ("createdAt", Date("created_at")),
        ("role", Old("role")),
        ("attempts", Nothing),
        ("last", Nothing),
        ("updatedAt", Nothing),
        ("__v", Nothing),
    ],
    ..USUAL
};
