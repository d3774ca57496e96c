//! The connection that a comparison writes into: whether it can be used, and what a practice tenant must be like to have it.

use serde_json::{Value, json};

use crate::compare::rows::{SHORTEST_USERNAME, Usernames, is_ours};
use crate::connections::as_shape::as_shape;
use crate::connections::{ConnectionId, find, get_connection_id};
use crate::error::{Error, Result};
use crate::jobs::ownership;
use crate::say::one_line;
use crate::tenant::Tenant;
use crate::tenant::answers::{UserAnswer, UsersAnswer};
use crate::tenant::request::Request;

/// Users of the connection that are looked at one by one.
const MOST_LOOKED_AT: usize = 20;

/// Where a comparison writes.
pub(crate) struct Target {
    pub(crate) connection: ConnectionId,
    /// Of a practice tenant with such a connection, as far as its tenant told of it.
    pub(crate) shape: Value,
}

/// The connection with that name, if it takes the users of a comparison and tells them apart.
pub(crate) fn connection_for(tenant: &Tenant, name: &str) -> Result<Target> {
    let found = find(tenant, None, |one| one.name.as_deref() == Some(name))?;
    let Some(found) = found else {
        return Err(Error::no_comparison_connection(name));
    };
    let connection = get_connection_id(tenant, name)?;
    let rules = connection.rules.as_ref();
    let needs = rules.map_or(&[][..], |rules| &rules.required);
    let known = ["email", "username"];
    if let Some(field) = needs.iter().find(|field| !known.contains(&field.as_str())) {
        let why = format!("every user must have a {field}");
        return Err(Error::comparison_connection_unfit(name, &why));
    }
    if let Usernames::Taken { most, .. } = Usernames::of(&connection)
        && most < SHORTEST_USERNAME
    {
        let why = format!("its usernames have at most {most} characters, too few to be random");
        return Err(Error::comparison_connection_unfit(name, &why));
    }
    match connection.emails_unique() {
        Some(false) => {
            let why = "users may share an e-mail, so an upsert could change the wrong one";
            Err(Error::comparison_connection_unfit(name, why))
        }
        _ => Ok(Target {
            shape: json!({"connections": [as_shape(&connection, name, Some(&found.options))]}),
            connection,
        }),
    }
}

/// Refuses a connection with users that no comparison made, and returns the ones that an earlier comparison left. A search
/// lags, so the users that it shows are looked up.
pub(crate) fn check_empty(tenant: &Tenant, name: &str) -> Result<Vec<String>> {
    let request = Request::get("/api/v2/users", &["read:users"])
        .query("q", ownership::term("identities.connection", name))
        .query("search_engine", "v3")
        .query("include_totals", true)
        .query("per_page", MOST_LOOKED_AT);
    let answer = tenant.send(request)?;
    let told: UsersAnswer<UserAnswer> = answer.read()?;
    let mut left = Vec::new();
    let many = told
        .total
        .is_some_and(|total| total > MOST_LOOKED_AT as u64);
    for user in told.users {
        let id = answer.need("user_id", user.user_id.0)?;
        let email = user.email.0.unwrap_or_else(|| "?".to_string());
        let is_there = many || ownership::by_id(tenant, &id)?.is_some();
        match is_there {
            true if !is_ours(&email) || many => {
                return Err(Error::comparison_connection_in_use(name, &one_line(&email)));
            }
            true => left.push(one_line(&email)),
            false => {}
        }
    }
    Ok(left)
}
