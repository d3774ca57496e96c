//! WordPress: the table `wp_users`.

use serde_json::json;

use crate::passwords::hashes::stored::StoredHash;
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
        // Its REST API, and WooCommerce's.
        &["username", "email", "registered_date", "avatar_urls"],
        &["username", "email", "is_paying_customer", "date_created"],
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
        ("username", Take::Text(Field::Username)),
        ("email", Take::Text(Field::Email)),
        ("name", Take::Text(Field::Name)),
        ("registered_date", Date("created_at")),
        ("date_created", Date("created_at")),
        ("date_created_gmt", Nothing),
        ("date_modified", Nothing),
        ("date_modified_gmt", Nothing),
        ("session_tokens", Nothing),
        ("roles", Old("roles")),
        ("role", Old("roles")),
        ("locale", Old("locale")),
        ("user_nicename", Nothing),
        ("user_activation_key", Nothing),
        ("user_status", Nothing),
    ],
    // What WordPress itself takes a hash of 32 digits for.
    hash: |hash, salt, _| match StoredHash::with_salt(hash, salt) {
        StoredHash::Silent if is_md5(hash) => StoredHash::Custom(
            json!({"algorithm": "md5", "hash": {"value": hash, "encoding": "hex"}}),
        ),
        found => found,
    },
    ..USUAL
};

fn is_md5(hash: &str) -> bool {
    hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}
