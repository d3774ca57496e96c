//! The systems whose files are known: a table for each, with the fields that identify a file and where its fields go.

mod asp_net_identity;
mod auth0;
mod better_auth;
mod clerk;
mod cognito;
mod devise;
mod django;
mod firebase;
mod keycloak;
mod kratos;
mod laravel;
mod ldap;
mod okta;
mod passport;
mod spring;
mod sql_membership;
mod supabase;
mod wordpress;

use serde_json::Value;

use crate::passwords::hashes::stored::StoredHash;
use crate::sources::draft::{Draft, IMPORTED};
use crate::sources::fields::Object;
use crate::sources::places::{Take, Target};

/// Where a file of users comes from.
///
/// [`read_users`](crate::read_users) recognises it by the names of the fields; you tell
/// [`read_users_as`](crate::read_users_as).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let users = r#"{"users":[{"username":"ada","email":"ada@uni.test","emailVerified":true,"enabled":true,"createdTimestamp":1704067200000}]}"#;
/// # std::fs::write("realm-users.json", users).expect("a file");
/// assert_eq!(read_users("realm-users.json")?.source(), Source::Keycloak);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// Fields have the names of an import or are mapped to them; an import's own file is one such file.
    Plain,
    /// Auth0's users export (JSON or CSV), and those of the dashboard and its extension.
    Auth0Export,
    /// The export of password hashes that Auth0's support sends.
    Auth0HashExport,
    /// ASP.NET Core Identity and ASP.NET Identity: the table `AspNetUsers`.
    AspNetIdentity,
    /// better-auth: its users, with the password of their account.
    BetterAuth,
    /// Clerk: the dashboard's CSV, or JSON of its Backend API.
    Clerk,
    /// Amazon Cognito: the CSV of its import, or JSON of `list-users`.
    Cognito,
    /// Rails with Devise.
    Devise,
    /// Django: the table `auth_user`, or `dumpdata`.
    Django,
    /// Firebase: JSON or CSV of `auth:export`.
    Firebase,
    /// Keycloak: a realm's export, or a list of its users.
    Keycloak,
    /// Ory Kratos: a list of identities.
    Kratos,
    /// Laravel.
    Laravel,
    /// LDAP: LDIF, or a table with its attributes.
    Ldap,
    /// Okta: CSV, or JSON of its API.
    Okta,
    /// Node with passport-local-mongoose or passport-local.
    Passport,
    /// Spring Security: the table `users`.
    Spring,
    /// ASP.NET's SqlMembershipProvider: the table `aspnet_Membership`.
    SqlMembership,
    /// Supabase: the table `auth.users`.
    Supabase,
    /// WordPress: the table `wp_users`.
    WordPress,
}

/// What is known of a system's files.
pub(crate) struct Known {
    pub(crate) source: Source,
    /// As a sentence names it.
    pub(crate) name: &'static str,
    /// The fields that identify a file: all of one of these lists.
    pub(crate) marks: &'static [&'static [&'static str]],
    /// Where the fields go, by their names in any case; `a.b` is `b` within `a`.
    pub(crate) fields: &'static [(&'static str, Take)],
    /// Fields that begin so are the owner's own: they go to `app_metadata.imported` under the rest of their names.
    pub(crate) own: &'static str,
    /// The columns of a file without a heading, in their order.
    pub(crate) columns: &'static [&'static str],
    /// Reads a hash, with its salt and what a column says of how it was made.
    pub(crate) hash: fn(&str, &str, &str) -> StoredHash,
}

/// What most systems share: a heading, and hashes that say themselves how they were made.
pub(crate) const USUAL: Known = Known {
    source: Source::Plain,
    name: "",
    marks: &[],
    fields: &[],
    own: "",
    columns: &[],
    hash: |hash, salt, _| StoredHash::with_salt(hash, salt),
};

const KNOWN: [&Known; 20] = [
    &PLAIN,
    &auth0::EXPORT,
    &auth0::HASHES,
    &asp_net_identity::KNOWN,
    &better_auth::KNOWN,
    &clerk::KNOWN,
    &cognito::KNOWN,
    &devise::KNOWN,
    &django::KNOWN,
    &firebase::KNOWN,
    &keycloak::KNOWN,
    &kratos::KNOWN,
    &laravel::KNOWN,
    &ldap::KNOWN,
    &okta::KNOWN,
    &passport::KNOWN,
    &spring::KNOWN,
    &sql_membership::KNOWN,
    &supabase::KNOWN,
    &wordpress::KNOWN,
];

pub(crate) const PLAIN: Known = Known {
    fields: &[("identities", Take::With(auth0::identities))],
    ..USUAL
};

/// What is known of a source.
pub(crate) fn known(source: Source) -> &'static Known {
    let found = KNOWN.iter().find(|known| known.source == source);
    found.copied().unwrap_or(&PLAIN)
}

/// The source whose longest list of marks all of the names are in.
pub(crate) fn recognised(names: &[String]) -> Source {
    let has = |mark: &&str| names.iter().any(|name| name.eq_ignore_ascii_case(mark));
    let marked = |known: &&Known| {
        let found = known.marks.iter().filter(|marks| marks.iter().all(has));
        found.map(|marks| marks.len()).max().unwrap_or(0)
    };
    let best = KNOWN.iter().copied().max_by_key(marked);
    let best = best.filter(|known| marked(known) > 0);
    best.map_or(Source::Plain, |known| known.source)
}

impl Known {
    pub(crate) fn target(&self, name: &str) -> Option<Target> {
        let is_it = |(field, _): &&(&str, Take)| field.eq_ignore_ascii_case(name);
        let found = self.fields.iter().find(is_it);
        let own = name.strip_prefix(self.own).filter(|_| !self.own.is_empty());
        found
            .map(|(_, take)| Target::Take(*take))
            .or_else(|| own.map(own_place))
    }

    /// Whether fields within this one are known.
    pub(crate) fn goes_into(&self, name: &str) -> bool {
        let is_within = |field: &str| {
            let begins = field
                .get(..name.len())
                .is_some_and(|begins| begins.eq_ignore_ascii_case(name));
            begins && field[name.len()..].starts_with('.')
        };
        self.fields.iter().any(|(field, _)| is_within(field))
    }
}

fn own_place(name: &str) -> Target {
    let key = name.replace(['.', '$'], "_");
    Target::Path(Object::App, vec![IMPORTED.to_string(), key])
}

/// The items of a list.
fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn text_in<'a>(object: &'a Value, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Goes through the fields of an object that a special field holds.
fn take_all(draft: &mut Draft, known: &Known, object: Value) -> Result<(), String> {
    let Value::Object(object) = object else {
        return Ok(());
    };
    for (name, value) in object {
        if let Some(target) = known.target(&name) {
            draft.take(&target, value.into())?;
        }
    }
    Ok(())
}
