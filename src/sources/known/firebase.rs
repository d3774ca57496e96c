//! Firebase: what `auth:export` writes, as JSON, or as CSV without a heading.

use crate::passwords::hashes::stored::{FirebaseConfig, firebase};
use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Object, Text as Field};
use crate::sources::known::{Known, Source, items, text_in};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Firebase,
    name: "Firebase",
    marks: &[
        &["localId", "email"],
        &["localId", "providerUserInfo"],
        &["localId", "createdAt"],
        &["localId", "passwordHash"],
        &["uid", "providerData"],
    ],
    fields: &[
        ("localId", Take::Text(Field::UserId)),
        ("email", Take::Text(Field::Email)),
        ("emailVerified", Take::Flag(Flag::EmailVerified)),
        ("passwordHash", Hash),
        ("salt", Salt),
        ("displayName", Take::Text(Field::Name)),
        ("photoUrl", Take::Text(Field::Picture)),
        ("phoneNumber", Take::Text(Field::PhoneNumber)),
        ("disabled", Take::Flag(Flag::Blocked)),
        ("createdAt", Date("created_at")),
        ("lastSignedInAt", Date("last_login")),
        ("lastLoginAt", Date("last_login")),
        ("customAttributes", Take::Object(Object::App)),
        ("customClaims", Take::Object(Object::App)),
        ("providerUserInfo", With(providers)),
        ("mfaInfo", LostFactor),
        ("googleId", SignsInWith("google.com")),
        ("facebookId", SignsInWith("facebook.com")),
        ("twitterId", SignsInWith("twitter.com")),
        ("githubId", SignsInWith("github.com")),
        ("appleId", SignsInWith("apple.com")),
        ("microsoftId", SignsInWith("microsoft.com")),
        ("gameCenterId", SignsInWith("gc.apple.com")),
        ("playGamesId", SignsInWith("playgames.google.com")),
        ("linkedinId", SignsInWith("linkedin.com")),
        ("yahooId", SignsInWith("yahoo.com")),
        // As its Admin SDK calls them.
        ("uid", Take::Text(Field::UserId)),
        ("passwordSalt", Salt),
        ("photoURL", Take::Text(Field::Picture)),
        ("providerData", With(providers)),
        ("metadata.creationTime", Date("created_at")),
        ("metadata.lastSignInTime", Date("last_login")),
        ("metadata.lastRefreshTime", Nothing),
        ("multiFactor.enrolledFactors", LostFactor),
        ("tokensValidAfterTime", Nothing),
        ("tenantId", Old("tenant")),
        ("of no use", Nothing),
        ("passwordUpdatedAt", Nothing),
        ("validSince", Nothing),
        ("version", Nothing),
    ],
    // As its documentation of `auth:import` numbers them, and behind those what newer versions of its tools write.
    columns: &[
        "localId",
        "email",
        "emailVerified",
        "passwordHash",
        "salt",
        "displayName",
        "photoUrl",
        "googleId",
        "of no use",
        "of no use",
        "of no use",
        "facebookId",
        "of no use",
        "of no use",
        "of no use",
        "twitterId",
        "of no use",
        "of no use",
        "of no use",
        "githubId",
        "of no use",
        "of no use",
        "of no use",
        "createdAt",
        "lastSignedInAt",
        "phoneNumber",
        "disabled",
        "customAttributes",
        "appleId",
        "of no use",
        "of no use",
        "of no use",
        "microsoftId",
        "of no use",
        "of no use",
        "of no use",
        "gameCenterId",
        "of no use",
        "of no use",
        "of no use",
        "playGamesId",
        "of no use",
        "of no use",
        "of no use",
        "linkedinId",
        "of no use",
        "of no use",
        "of no use",
        "yahooId",
        "of no use",
        "of no use",
        "of no use",
        "of no use",
    ],
    // No hash of its needs its parameters to be known for what it is.
    hash: |hash, salt, _| {
        let config = FirebaseConfig {
            signer_key: String::new(),
            salt_separator: String::new(),
            rounds: 8,
            mem_cost: 14,
        };
        firebase(hash, salt, &config)
    },
    own: "",
};

fn providers(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for provider in items(cell.into_value()) {
        draft.signs_in_with(text_in(&provider, "providerId"));
    }
    Ok(())
}
