//! The endpoints that read and delete users; `user_changes.rs` has those that make and change one.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::http::call::{Call, Ended, Outcome, later, now};
use crate::http::message::{Answer, no_content, ok, refused};
use crate::http::query::{self, Fields, Pairs, page, pairs, param, refused as bad_query};
use crate::rules::search;
use crate::state::World;
use crate::state::accounts::{self, Account};

/// `total` of a search is never more than this, however many there are (reported).
const MOST_FOUND: usize = 1_000;

pub(crate) fn list(world: &mut World, call: &Call) -> Ended {
    refuse_search(world, call)?;
    let query = pairs(&call.request);
    let (page, per_page) = page(&query, 0)?;
    if param(&query, "search_engine").is_some_and(|engine| engine != "v3") {
        return Err(bad_query(
            "Search engines before v3 are gone",
            "search_engine",
        ));
    }
    let text = param(&query, "q").unwrap_or_default();
    let asked = query::search(text)?;
    // A search reads what was there when it began, and does not block writers.
    let mut users = candidates(world, &asked);
    let find = move || {
        users.retain(|user| asked.fits(&user.profile));
        found(users, &query, (page, per_page))
    };
    later(find, |_, found| found.map(Outcome::Now))
}

/// The searches that Auth0 documents as refused. The words of the first come from the published description; those of the
/// second are a guess.
fn refuse_search(world: &mut World, call: &Call) -> Result<(), Box<Answer>> {
    let most = world.faults.measure("search-long");
    if most > 0.0 && call.request.path.len() as f64 > most {
        return Err(refused(414, "Request-URI Too Large", None));
    }
    if world.fault("search-timeout") {
        let message = "The query exceeded the timeout. Please try refining your search criteria.";
        return Err(refused(503, message, None));
    }
    Ok(())
}

/// The page that was asked for, of those who were found.
fn found(
    mut found: Vec<Arc<Account>>,
    query: &Pairs,
    (page, per_page): (usize, usize),
) -> Result<Answer, Box<Answer>> {
    if let Some(sort) = param(query, "sort") {
        sort_by(&mut found, sort)?;
    }
    let fields = Fields::of(query);
    let shown = found.iter().skip(page * per_page).take(per_page);
    let shown: Vec<Value> = shown.map(|user| fields.pick(&user.profile)).collect();
    let total = found.len().min(MOST_FOUND);
    Ok(ok(&if param(query, "include_totals") == Some("true") {
        json!({"start": page * per_page, "limit": per_page, "length": shown.len(), "users": shown, "total": total})
    } else {
        json!(shown)
    }))
}

/// The users that a search sees. Auth0 does not say how far it lags; here it does not lag, unless a fault says so.
/// A search for ids does not look at every user.
fn candidates(world: &World, asked: &search::Query) -> Vec<Arc<Account>> {
    let until = world.searched_until();
    let is_seen = |user: &&Arc<Account>| {
        let created = user.text("created_at");
        until.as_deref().is_none_or(|until| created <= Some(until))
    };
    let memory = &world.memory;
    match asked.ids() {
        None => memory.users.values().filter(is_seen).cloned().collect(),
        Some(ids) => {
            let places: BTreeSet<usize> =
                ids.iter().flat_map(|id| memory.all(id)).copied().collect();
            let users = places.iter().filter_map(|place| memory.users.get(place));
            users.filter(is_seen).cloned().collect()
        }
    }
}

/// `field:1` or `field:-1`; users without the field come first. Sorting by metadata is not possible.
fn sort_by(found: &mut [Arc<Account>], sort: &str) -> Result<(), Box<Answer>> {
    let (field, direction) = sort.split_once(':').unwrap_or((sort, ""));
    let text = |user: &Arc<Account>| user.profile.get(field).map(Value::to_string);
    match direction {
        _ if field.contains("metadata") => Err(bad_query("No sorting by metadata", "sort")),
        // Both keep the order of creation among equals.
        "1" => {
            found.sort_by_key(text);
            Ok(())
        }
        "-1" => {
            found.sort_by_key(|user| std::cmp::Reverse(text(user)));
            Ok(())
        }
        _ => Err(bad_query(
            "String does not match pattern ^(([a-zA-Z0-9_\\.]+))\\:(1|-1)$",
            "sort",
        )),
    }
}

pub(crate) fn by_email(world: &mut World, call: &Call) -> Ended {
    let query = pairs(&call.request);
    // Case-sensitive, and e-mails are stored in lower case.
    let email = param(&query, "email").unwrap_or_default();
    let memory = &world.memory;
    let connections = world.connections.iter();
    let keys = connections.map(|connection| accounts::key(&connection.name, "email", email));
    let places = keys.flat_map(|key| memory.all(&key).to_vec());
    let fields = Fields::of(&query);
    let found: Vec<Value> = places
        .filter_map(|place| memory.users.get(&place))
        .map(|user| fields.pick(&user.profile))
        .collect();
    now(ok(&json!(found)))
}

/// An id without its connection's prefix is refused before anything is looked up.
pub(crate) fn check_id(id: &str) -> Result<(), Box<Answer>> {
    if id.contains('|') {
        return Ok(());
    }
    let message = format!("Object didn't pass validation for format user-id: {id}");
    Err(refused(400, &message, Some("invalid_uri")))
}

pub(crate) fn unknown() -> Box<Answer> {
    refused(404, "The user does not exist.", Some("inexistent_user"))
}

pub(crate) fn one(world: &mut World, call: &Call) -> Ended {
    let query = pairs(&call.request);
    // Users of two connections may have the same id (reported); this is the first one found.
    match world.memory.get(&call.ids[0]) {
        Some(user) => now(ok(&Fields::of(&query).pick(&user.profile))),
        None => Err(unknown()),
    }
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Ended {
    // If two users have the id, the first one found is deleted (reported).
    if let Some(place) = world.memory.find(&call.ids[0]) {
        world.memory.remove(place);
        let entry = ("sdu", "User successfully deleted");
        world.log(entry, call.correlation.as_deref());
    }
    // The same for a user who does not exist (any more).
    now(no_content())
}
