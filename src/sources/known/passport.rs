//! Node with passport-local-mongoose, or with passport-local and the salt in a field of its own: what MongoDB exports.

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Passport,
    name: "passport-local",
    marks: &[
        &["_id", "hash", "salt"],
        &["__v", "hash", "salt"],
        &["username", "hash", "salt"],
        &["username", "hashed_password", "salt"],
        &["_id", "password", "email"],
        &["_id", "password", "__v"],
        // As the tutorials of passport-local lay it out.
        &["local.password"],
    ],
    fields: &[
        ("_id.$oid", Take::Text(Field::UserId)),
        ("_id", With(id)),
        ("id", Take::Text(Field::UserId)),
        ("username", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("hash", Hash),
        ("hashed_password", Hash),
        ("password", Hash),
        ("local.email", Take::Text(Field::Email)),
        ("local.username", Take::Text(Field::Username)),
        ("local.password", Hash),
        ("google.id", SignsInWith("google")),
        ("googleId", SignsInWith("google")),
        ("facebook.id", SignsInWith("facebook")),
        ("facebookId", SignsInWith("facebook")),
        ("github.id", SignsInWith("github")),
        ("githubId", SignsInWith("github")),
        ("twitter.id", SignsInWith("twitter")),
        ("twitterId", SignsInWith("twitter")),
        ("provider", Provider),
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

/// In CSV an id stands in what it is called: `ObjectId(…)`.
fn id(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let id = crate::sources::values::text("user_id", cell)?;
    let bare = id
        .strip_prefix("ObjectId(")
        .and_then(|id| id.strip_suffix(')'));
    draft.set_id(bare.unwrap_or(&id).trim_matches('"').to_string());
    Ok(())
}
