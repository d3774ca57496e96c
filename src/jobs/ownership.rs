//! Who owns a user: what a tenant must show of a user before they count as created by a job or a run.
//!
//! A profile shows its connection only by name, in its identities. The same e-mail may be in many connections, and the same
//! user id in two, so neither says anything without the connection.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::tenant::Tenant;
use crate::tenant::answer::millis;
use crate::tenant::answers::{ConnectionAnswer, IdentityAnswer, UserAnswer, UsersAnswer};
use crate::tenant::request::Request;

const SCOPES: &[&str] = &["read:users"];
/// Users asked for in one search; more would make the address too long.
pub(crate) const AT_ONCE: usize = 40;
/// Bytes of an id that is asked for in a search: 40 of the longest that Auth0 takes would make the address too long.
const LONGEST_SEARCHED: usize = 100;
/// The most that one page holds: a search by 40 e-mails may find more than 40 users.
const PER_PAGE: usize = 100;
/// The fields that are read of a user in a search.
const FIELDS: &str =
    "user_id,email,username,phone_number,identities,created_at,logins_count,last_login";

pub(crate) const ELSEWHERE: &str = "the user with this id is in another connection";
pub(crate) const TWO_WITH_ID: &str =
    "two users of the tenant have this id, and it is not known which of them a delete would hit";
pub(crate) const LINKED: &str = "another account was linked to the user";
pub(crate) const OLDER: &str = "the user is older than the job";
pub(crate) const NEWER: &str = "the user was created after the job had ended";
pub(crate) const LATER: &str =
    "the user was created later than such a job takes, and when it ended is not known";
pub(crate) const UNPROVEN: &str = "no job tells whether it created the user or somebody else did: look at the user, and delete them in the dashboard if they are yours";
pub(crate) const IDENTITIES_UNTOLD: &str =
    "the tenant does not say which connection the user is in";
pub(crate) const AGE_UNTOLD: &str = "the tenant does not say when the user or the job was created";

/// The identity of a database user of the connection; of any connection when its name is not known.
fn identity<'a>(profile: &'a UserAnswer, connection: Option<&str>) -> Option<&'a IdentityAnswer> {
    let ours = |identity: &&IdentityAnswer| {
        identity.provider.as_deref() == Some("auth0")
            && (connection.is_none() || identity.connection.as_deref() == connection)
    };
    profile.identities.as_ref()?.iter().find(ours)
}

/// Whether the profile has an identity in the connection's database.
pub(crate) fn is_in(profile: &UserAnswer, connection: &str) -> bool {
    identity(profile, Some(connection)).is_some()
}

/// Why the profile does not belong to a user of only this connection; `None` if it does.
pub(crate) fn doubt(profile: &UserAnswer, connection: Option<&str>) -> Option<&'static str> {
    let Some(identities) = profile.identities.as_ref() else {
        return Some(IDENTITIES_UNTOLD);
    };
    let Some(own) = identity(profile, connection) else {
        return Some(ELSEWHERE);
    };
    let id = own.user_id.as_ref().map(|id| format!("auth0|{id}"));
    let whole = identities.len() == 1 && id == *profile.user_id;
    (!whole || id.is_none()).then_some(LINKED)
}

/// When a job was running, by the tenant's clock, in milliseconds of UNIX time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    /// When it was accepted; `None` when the tenant did not tell.
    pub(crate) since: Option<i64>,
    /// When it was seen to have ended; `None` if the tenant gave no time.
    pub(crate) until: Option<i64>,
    /// Whether nobody saw it end, and `until` is by how long such jobs take.
    pub(crate) is_supposed: bool,
}

/// How far the clocks of a tenant's servers may differ, in milliseconds; the clock that dates answers has whole seconds.
const TOLERANCE: i64 = 10_000;

impl Span {
    /// Why the user may have been created at another time; `None` when they were not.
    pub(crate) fn doubt(&self, profile: &UserAnswer) -> Option<&'static str> {
        let created = profile.created_at.as_deref().and_then(millis);
        let (Some(created), Some(since)) = (created, self.since) else {
            return Some(AGE_UNTOLD);
        };
        // An end before the beginning comes from another clock, and says nothing.
        let until = self
            .until
            .filter(|until| until.saturating_add(TOLERANCE) >= since);
        if created < since {
            return Some(OLDER);
        }
        let is_newer = until.is_some_and(|until| created > until.saturating_add(TOLERANCE));
        is_newer.then_some(if self.is_supposed { LATER } else { NEWER })
    }
}

/// Whether the user has signed in. Auth0 leaves both fields out until then (recorded).
pub(crate) fn has_signed_in(profile: &UserAnswer) -> bool {
    profile.logins_count.is_some_and(|count| count > 0.0) || !profile.last_login.is_null()
}

/// Whether the profile belongs to the user with an id made for a run. Nobody else has such an id, so missing fields are no
/// reason to doubt it.
pub(crate) fn is_user_with_made_id(
    profile: &UserAnswer,
    id: &str,
    connection: Option<&str>,
) -> bool {
    let doubt = doubt(profile, connection);
    profile.user_id.as_deref() == Some(id) && doubt.is_none_or(|doubt| doubt != ELSEWHERE)
}

/// What a search asks for: a field with that value, whatever is in it.
pub(crate) fn term(field: &str, value: &str) -> String {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{field}:\"{quoted}\"")
}

/// Users by the values of one field. A search may not see the newest users, so a user who is not found may still be there.
pub(crate) fn search(tenant: &Tenant, field: &str, values: &[String]) -> Result<Vec<UserAnswer>> {
    let terms: Vec<String> = values.iter().map(|value| term(field, value)).collect();
    let request = Request::get("/api/v2/users", SCOPES)
        .query("q", terms.join(" OR "))
        .query("search_engine", "v3")
        .query("per_page", PER_PAGE)
        .query("fields", FIELDS);
    match tenant.send(request) {
        Ok(answer) => Ok(answer.read::<UsersAnswer<UserAnswer>>()?.users),
        // A search that is refused finds nobody.
        Err(error) if error.is_refused() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What a search shows of the users with these ids, if it answers. It is only a first look, so a failed search is no reason to
/// stop.
pub(crate) fn seen(tenant: &Tenant, ids: &[String]) -> Result<HashMap<String, Vec<UserAnswer>>> {
    let mut seen: HashMap<String, Vec<UserAnswer>> = HashMap::new();
    let ids = ids.iter().filter(|id| id.len() <= LONGEST_SEARCHED);
    let ids: Vec<String> = ids.cloned().collect();
    for group in ids.chunks(AT_ONCE) {
        let found = match search(tenant, "user_id", group) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::OutOfTime => return Err(error),
            Err(_) => break,
        };
        for profile in found {
            if let Some(id) = profile.user_id.as_ref() {
                seen.entry(id.clone()).or_default().push(profile);
            }
        }
    }
    Ok(seen)
}

/// The user with this id, up to date; `None` when there is none.
pub(crate) fn by_id(tenant: &Tenant, id: &str) -> Result<Option<UserAnswer>> {
    match tenant.send(Request::get("/api/v2/users", SCOPES).segment(id)) {
        Ok(answer) => answer.read().map(Some),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every user with this e-mail, in all connections, up to date. Auth0 stores e-mails of database users in lower case.
pub(crate) fn by_email(tenant: &Tenant, email: &str) -> Result<Vec<UserAnswer>> {
    let lowered = email.trim().to_lowercase();
    let request = Request::get("/api/v2/users-by-email", SCOPES).query("email", lowered);
    let mut users: Vec<UserAnswer> = tenant.send(request)?.read()?;
    users.retain(|user| has_email(user, email));
    Ok(users)
}

/// The name of the connection that a job or a run imported into, which is all that its users' identities show. `named` is the
/// name in the answer to the upload. A deleted connection took its users with it, and a connection with the same name now is a
/// different one.
pub(crate) fn connection_name(
    tenant: &Tenant,
    id: &str,
    named: Option<&str>,
) -> Result<Option<String>> {
    let request = Request::get("/api/v2/connections", &["read:connections"]).segment(id);
    let answer = tenant.send(request);
    let answer = answer.and_then(|answer| answer.read::<ConnectionAnswer>());
    let named = named.map(str::to_string);
    match answer {
        Ok(connection) if connection.id.as_deref() == Some(id) => Ok(named.or(connection.name.0)),
        Ok(_) => Ok(named),
        Err(error) if error.has_code("inexistent_connection") => {
            Err(Error::connection_gone(id, named.as_deref()))
        }
        // This tenant or this token cannot say whether it is there.
        Err(error) if error.is_refused() || error.kind() == ErrorKind::MissingScope => Ok(named),
        Err(error) => Err(error),
    }
}

/// Whether the tenant's user has the e-mail that was sent. Auth0 keeps it in lower case.
pub(crate) fn has_email(profile: &UserAnswer, sent: &str) -> bool {
    let email = profile.email.as_deref().unwrap_or_default();
    email.to_lowercase() == sent.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::tenant::answer::Field;

    #[test]
    fn what_a_profile_does_not_tell_is_no_proof() {
        let identity = |provider: &str, connection: &str| json!({"provider": provider, "connection": connection, "user_id": "1"});
        let profile =
            |id: &str, identities: Value| json!({"user_id": id, "identities": identities});
        let own = identity("auth0", "Users");
        let cases = [
            (profile("auth0|1", json!([own])), None),
            (profile("auth0|1", Value::Null), Some(IDENTITIES_UNTOLD)),
            (profile("auth0|1", json!([])), Some(ELSEWHERE)),
            (
                profile("auth0|1", json!([identity("auth0", "Others")])),
                Some(ELSEWHERE),
            ),
            (
                profile(
                    "google-oauth2|1",
                    json!([identity("google-oauth2", "Users")]),
                ),
                Some(ELSEWHERE),
            ),
            (
                profile("auth0|1", json!([own, identity("google-oauth2", "google")])),
                Some(LINKED),
            ),
            (profile("google-oauth2|1", json!([own])), Some(LINKED)),
        ];
        for (profile, expected) in cases {
            let user = UserAnswer::of(profile.clone()).unwrap();
            assert_eq!(doubt(&user, Some("Users")), expected, "{profile}");
        }
    }
}
