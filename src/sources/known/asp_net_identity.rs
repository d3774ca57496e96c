//! ASP.NET Core Identity, and ASP.NET Identity before it: the table `AspNetUsers`.

use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};

pub(super) const KNOWN: Known = Known {
    source: Source::AspNetIdentity,
    name: "ASP.NET Identity",
    marks: &[
        &["PasswordHash", "SecurityStamp"],
        &["PasswordHash", "NormalizedEmail"],
        &["PasswordHash", "NormalizedUserName"],
        &["PasswordHash", "EmailConfirmed"],
    ],
    fields: &[
        ("Id", Take::Text(Field::UserId)),
        ("UserName", Take::Text(Field::Username)),
        ("Email", Take::Text(Field::Email)),
        ("EmailConfirmed", Take::Flag(Flag::EmailVerified)),
        ("PasswordHash", Hash),
        ("PhoneNumber", Take::Text(Field::PhoneNumber)),
        ("PhoneNumberConfirmed", Take::Flag(Flag::PhoneVerified)),
        ("FirstName", Take::Text(Field::GivenName)),
        ("LastName", Take::Text(Field::FamilyName)),
        ("LockoutEnd", BlockedUntil),
        ("LockoutEndDateUtc", BlockedUntil),
        ("TwoFactorEnabled", LostFactor),
        ("Discriminator", Nothing),
        ("NormalizedUserName", Nothing),
        ("NormalizedEmail", Nothing),
        ("SecurityStamp", Nothing),
        ("ConcurrencyStamp", Nothing),
        ("LockoutEnabled", Nothing),
        ("AccessFailedCount", Nothing),
    ],
    ..USUAL
};
