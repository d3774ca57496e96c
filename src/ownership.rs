//! Whose a user is: what a tenant must show of a user before they count as one that a job or a run created.
//!
//! A profile shows its connection by name alone, in its identities. The same e-mail may be in many connections, and the
//! same user id in two, so neither says anything without the connection.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::patience::Patience;
use crate::requests::{Request, path_segment};
use crate::tenant::Tenant;

const SCOPES: &[&str] = &["read:users"];
/// Users asked for in one search; more would make the address too long.
pub(crate) const AT_ONCE: usize = 40;
/// The most that one page holds: a search by 40 e-mails may find more than 40 users.
const PER_PAGE: usize = 100;
/// What is read of a user whom a search finds.
const FIELDS: &str = "user_id,email,identities,created_at,logins_count,last_login";

pub(crate) const ELSEWHERE: &str = "the user with this id is in another connection";
pub(crate) const TWO_WITH_ID: &str =
    "two users of the tenant have this id, and which of them a deletion hits is not known";
pub(crate) const LINKED: &str = "another account was linked to the user";
pub(crate) const OLDER: &str = "the user is older than the job";
pub(crate) const IDENTITIES_UNTOLD: &str =
    "the tenant does not tell which connection the user is in";
pub(crate) const AGE_UNTOLD: &str = "the tenant does not tell when the user or the job was created";

/// The identity of a database user of the connection; of any connection when its name is not known.
fn identity<'a>(profile: &'a Value, connection: Option<&str>) -> Option<&'a Value> {
    let ours = |identity: &&Value| {
        identity["provider"] == "auth0"
            && connection.is_none_or(|name| identity["connection"] == name)
    };
    profile["identities"].as_array()?.iter().find(ours)
}

/// Whether the profile has an identity in the connection's database.
pub(crate) fn is_in(profile: &Value, connection: &str) -> bool {
    identity(profile, Some(connection)).is_some()
}

/// Why the profile is not that of a user of this connection and of nothing else; `None` when it is.
pub(crate) fn doubt(profile: &Value, connection: Option<&str>) -> Option<&'static str> {
    let Some(identities) = profile["identities"].as_array() else {
        return Some(IDENTITIES_UNTOLD);
    };
    let Some(own) = identity(profile, connection) else {
        return Some(ELSEWHERE);
    };
    let id = own["user_id"].as_str().map(|id| format!("auth0|{id}"));
    let whole = identities.len() == 1 && id.as_deref() == profile["user_id"].as_str();
    (!whole || id.is_none()).then_some(LINKED)
}

/// Why the user may be older than a job that was accepted at `since`; `None` when they are not.
pub(crate) fn doubtful_age(profile: &Value, since: Option<i64>) -> Option<&'static str> {
    let created = profile["created_at"].as_str().and_then(millis);
    match (created, since) {
        (Some(created), Some(since)) if created >= since => None,
        (Some(_), Some(_)) => Some(OLDER),
        _ => Some(AGE_UNTOLD),
    }
}

/// Whether the user has signed in. Auth0 leaves both fields out until then (recorded).
pub(crate) fn has_signed_in(profile: &Value) -> bool {
    let number = profile["logins_count"].as_f64();
    number.is_some_and(|number| number > 0.0) || !profile["last_login"].is_null()
}

/// Whether the profile is that of the user with an id that was drawn for a run. Such an id is nobody else's, so what
/// the tenant does not tell is no reason to doubt it.
pub(crate) fn is_drawn_user(profile: &Value, id: &str, connection: Option<&str>) -> bool {
    let doubt = doubt(profile, connection);
    profile["user_id"] == id && doubt.is_none_or(|doubt| doubt != ELSEWHERE)
}

/// Milliseconds of UNIX time; `None` when the text is no time in UTC, ISO 8601.
pub(crate) fn millis(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let mut time = time.splitn(3, ':');
    let hour: i64 = time.next()?.parse().ok()?;
    let minute: i64 = time.next()?.parse().ok()?;
    let second: f64 = time.next()?.parse().ok()?;
    let is_time = (0..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0.0..61.0).contains(&second);
    // Howard Hinnant's days from civil.
    let shifted = if month > 2 { year } else { year - 1 };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = shifted.rem_euclid(400) * 365 + shifted.rem_euclid(400) / 4
        - shifted.rem_euclid(400) / 100
        + of_year;
    let days = shifted.div_euclid(400) * 146_097 + of_era - 719_468;
    let whole = ((days * 24 + hour) * 60 + minute) * 60_000;
    is_time.then_some(whole + (second * 1000.0).round() as i64)
}

/// Users by the values of one field. A search may not see the newest, so whom it does not find may be there.
pub(crate) fn search(tenant: &Tenant, field: &str, values: &[String]) -> Result<Vec<Value>> {
    let term = |value: &String| {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{field}:\"{quoted}\"")
    };
    let terms: Vec<String> = values.iter().map(term).collect();
    let path = "/api/v2/users";
    let request = Request::get(path, SCOPES)
        .query("q", terms.join(" OR "))
        .query("search_engine", "v3")
        .query("per_page", PER_PAGE)
        .query("fields", FIELDS);
    let answer = match tenant.send(request) {
        Ok(answer) => answer.json(&format!("GET {path}"))?,
        // A search that is refused finds nobody.
        Err(Error::Refused { status, .. }) if (400..500).contains(&status) => Value::Null,
        Err(error) => return Err(error),
    };
    let found = answer.as_array().or_else(|| answer["users"].as_array());
    Ok(found.cloned().unwrap_or_default())
}

/// What a search shows of the users with these ids, as far as it answers. It is a look beforehand, so a search that
/// fails is no reason to stop.
pub(crate) fn seen(patience: &mut Patience, ids: &[String]) -> Result<HashMap<String, Vec<Value>>> {
    let mut seen: HashMap<String, Vec<Value>> = HashMap::new();
    for group in ids.chunks(AT_ONCE) {
        let found = match patience.ask(|tenant| search(tenant, "user_id", group)) {
            Ok(found) => found,
            Err(error @ Error::OutOfTime { .. }) => return Err(error),
            Err(_) => {
                patience.answered();
                break;
            }
        };
        for profile in found {
            if let Some(id) = profile["user_id"].as_str() {
                seen.entry(id.to_string()).or_default().push(profile);
            }
        }
    }
    Ok(seen)
}

/// The user with this id, up to date; `None` when there is none.
pub(crate) fn by_id(tenant: &Tenant, id: &str) -> Result<Option<Value>> {
    let path = format!("/api/v2/users/{}", path_segment(id));
    match tenant.send(Request::get(&path, SCOPES)) {
        Ok(answer) => answer.json(&format!("GET {path}")).map(Some),
        Err(Error::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every user with this e-mail, in all connections, up to date. Auth0 stores e-mails of database users in lower case.
pub(crate) fn by_email(tenant: &Tenant, email: &str) -> Result<Vec<Value>> {
    let path = "/api/v2/users-by-email";
    let call = format!("GET {path}");
    let email = email.trim().to_lowercase();
    let request = Request::get(path, SCOPES).query("email", &email);
    let json = tenant.send(request)?.json(&call)?;
    let Some(users) = json.as_array() else {
        return Err(Error::bad_answer(&call, "it holds no list of users"));
    };
    let has_it = |user: &&Value| {
        let stored = user["email"].as_str().unwrap_or_default();
        stored.to_lowercase() == email
    };
    Ok(users.iter().filter(has_it).cloned().collect())
}

/// The name of the connection that a job or a run imported into: its users' identities show no other sign of it.
/// `named` is what the answer to the upload said. A connection that is gone took its users with it, and one that has its
/// name now is another one.
pub(crate) fn connection_name(
    patience: &mut Patience,
    id: &str,
    named: Option<&str>,
) -> Result<Option<String>> {
    let path = format!("/api/v2/connections/{id}");
    let request = || Request::get(&path, &["read:connections"]);
    let call = format!("GET {path}");
    let answer = patience.ask(|tenant| tenant.send(request())?.json(&call));
    let named = named.map(str::to_string);
    match answer {
        Ok(connection) if connection["id"] == id => {
            Ok(named.or_else(|| connection["name"].as_str().map(str::to_string)))
        }
        Ok(_) => Ok(named),
        Err(Error::Refused {
            status: 404, code, ..
        }) if code.as_deref() == Some("inexistent_connection") => {
            let name = named.map_or(String::new(), |name| format!(" (`{name}`)"));
            let reason = format!(
                "the connection {id}{name}, which these users were imported into, is gone from the tenant, and its users with it; a connection that has its name now is another one"
            );
            Err(Error::Removal { reason })
        }
        // Whether it is there cannot be had from this tenant or with this token.
        Err(Error::Refused { status, .. }) if (400..500).contains(&status) => Ok(named),
        Err(Error::MissingScope { .. }) => Ok(named),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_compared_as_times() {
        assert_eq!(millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(millis("2026-11-26T19:49:20.500Z"), Some(1_795_722_560_500));
        assert_eq!(millis("2000-02-29T00:00:00.000Z"), Some(951_782_400_000));
        // As text the first of the two is the later one.
        assert!(millis("2026-01-01T00:00:00Z") < millis("2026-01-01T00:00:00.900Z"));
        for text in [
            "",
            "yesterday",
            "2026-01-01",
            "2026-01-01T00:00:00+01:00",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:nanZ",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
    }

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
            assert_eq!(doubt(&profile, Some("Users")), expected, "{profile}");
        }
    }
}
