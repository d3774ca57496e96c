//! ASP.NET's SqlMembershipProvider: the table `aspnet_Membership`, with the names of `aspnet_Users` or without.

use crate::passwords::hashes::stored::aspnet_membership;
use crate::sources::fields::{Flag, Text as Field};
use crate::sources::known::{Known, Source, USUAL};
use crate::sources::places::Take::{self, *};

pub(super) const KNOWN: Known = Known {
    source: Source::SqlMembership,
    name: "SqlMembershipProvider",
    marks: &[
        &["Password", "PasswordSalt", "PasswordFormat"],
        &["Password", "PasswordSalt", "LoweredEmail"],
    ],
    fields: &[
        ("UserId", Take::Text(Field::UserId)),
        ("UserName", Take::Text(Field::Username)),
        ("Email", Take::Text(Field::Email)),
        ("Password", Hash),
        ("PasswordSalt", Salt),
        ("PasswordFormat", HashFormat),
        ("IsApproved", Not(Flag::Blocked)),
        ("IsLockedOut", Take::Flag(Flag::Blocked)),
        ("CreateDate", Date("created_at")),
        ("LastLoginDate", Date("last_login")),
        ("Comment", Old("comment")),
        ("ApplicationId", Nothing),
        ("MobilePIN", Nothing),
        ("LoweredEmail", Nothing),
        ("LoweredUserName", Nothing),
        ("MobileAlias", Nothing),
        ("IsAnonymous", Nothing),
        ("LastActivityDate", Nothing),
        ("PasswordQuestion", Nothing),
        ("PasswordAnswer", Nothing),
        ("LastPasswordChangedDate", Nothing),
        ("LastLockoutDate", Nothing),
        ("FailedPasswordAttemptCount", Nothing),
        ("FailedPasswordAttemptWindowStart", Nothing),
        ("FailedPasswordAnswerAttemptCount", Nothing),
        ("FailedPasswordAnswerAttemptWindowStart", Nothing),
    ],
    hash: |hash, salt, format| aspnet_membership(hash, salt, format),
    ..USUAL
};
