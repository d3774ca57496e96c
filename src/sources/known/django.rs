//! Django: the table `auth_user` as CSV, or what `dumpdata` writes.

use serde_json::Value;

use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL, take_all};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Django,
    name: "Django",
    marks: &[
        &["password", "is_superuser", "date_joined"],
        &["password", "is_staff", "is_active"],
        &["password", "username", "date_joined"],
        &["password", "last_login", "is_active"],
        &["model", "fields"],
    ],
    fields: &[
        ("id", Take::Text(Field::UserId)),
        ("pk", Take::Text(Field::UserId)),
        ("username", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("password", Hash),
        ("first_name", Take::Text(Field::GivenName)),
        ("last_name", Take::Text(Field::FamilyName)),
        ("is_active", Not(Flag::Blocked)),
        ("is_staff", Old("is_staff")),
        ("is_superuser", Old("is_superuser")),
        ("groups", Old("groups")),
        ("user_permissions", Nothing),
        ("date_joined", Date("created_at")),
        ("last_login", Date("last_login")),
        ("model", Nothing),
        ("fields", With(fields)),
    ],
    ..USUAL
};

/// A dump has records of other kinds beside the users, who may be of any name: they have passwords.
fn fields(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let mut fields = cell.into_value();
    if fields.get("password").is_none() {
        draft.leave_out("not a user but another record of the dump");
    }
    if let Some(groups) = fields.get("groups").and_then(Value::as_array)
        && groups.is_empty()
        && let Value::Object(fields) = &mut fields
    {
        fields.remove("groups");
    }
    take_all(draft, &KNOWN, fields)
}
