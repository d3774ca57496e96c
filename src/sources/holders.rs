//! Files with users but without a list of users: each object has its own list, or a user under each key, or no users. Read as
//! users they would be rows without an e-mail, so they are named instead.

use serde_json::{Map, Value};

use crate::sources::json::{fields, first_value, is_list_name};
use crate::sources::mapping::says_email;
use crate::sources::rows::Cell;

/// Objects of a file that are looked at.
const SEEN: usize = 20;
/// Levels of objects within which a list is looked for.
const MOST_LEVELS: usize = 3;
/// Names of fields that a user has, and hardly anything around users.
const USERS_OWN: [&str; 12] = [
    "username",
    "user_name",
    "user_id",
    "userid",
    "login",
    "localid",
    "traits",
    "user_email",
    "user_login",
    "password",
    "profile",
    "fields",
];
/// Words that the names of hashes end with.
const HASHES: [&str; 5] = ["password", "passwd", "hash", "digest", "pwd"];
/// Characters of the shortest text that is taken for a hash in a list beside that of the users.
const SHORTEST_HASH: usize = 24;

/// What a file is if its window begins with objects that are not users, and what to do about it.
pub(crate) fn no_users(window: &[u8]) -> Option<(&'static str, &'static str)> {
    let objects = first_objects(window);
    if objects.is_empty() || objects.iter().any(is_user) {
        return None;
    }
    let holds = |object: &Value| holds_list(object, 0);
    if objects.iter().any(holds) {
        return Some((
            "JSON with several objects that each hold a list of users",
            "put all users into one list, for example with jq",
        ));
    }
    if objects.len() == 1 && objects.iter().any(is_keyed) {
        return Some((
            "a JSON object with one user under each key",
            "turn it into a list with `jq '[.[]]'`",
        ));
    }
    let is_realm =
        |object: &Value| object.get("realm").is_some() && object.get("clients").is_some();
    objects.iter().any(is_realm).then_some((
        "a Keycloak realm without its users",
        "export it with --users realm_file, or read the files of users beside it",
    ))
}

/// Whether an object is not a user but holds a list of users.
pub(crate) fn holds_users(whole: &[u8]) -> bool {
    let object: Option<Value> = serde_json::from_slice(whole).ok();
    object.is_some_and(|object| !is_user(&object) && holds_list(&object, 0))
}

/// The name of a list of hashes beside the list of users. The hashes would be lost, since nothing joins the two lists.
pub(crate) fn hashes_beside(whole: &[u8]) -> Option<String> {
    let mut lists = lists_of_objects(whole);
    let users = lists.iter().position(may_be_users)?;
    lists.remove(users);
    let has_hashes = |(_, items): &List| items.iter().any(has_hash);
    lists.into_iter().find(has_hashes).map(|(name, _)| name)
}

/// Whether a list that may be of users comes before the one that is named so: it would be taken for them.
pub(crate) fn users_behind(whole: &[u8]) -> bool {
    let lists = lists_of_objects(whole);
    let mut behind = lists.iter().filter(|list| may_be_users(list)).skip(1);
    behind.any(|(name, _)| name.eq_ignore_ascii_case("users"))
}

/// The name of a list, and what is in it.
type List = (String, Vec<Value>);

/// The lists of objects that an object holds itself, in their order.
fn lists_of_objects(whole: &[u8]) -> Vec<List> {
    let text = std::str::from_utf8(whole).ok();
    let fields = text.and_then(|text| fields(text).ok()).unwrap_or_default();
    let list = |(name, cell): (String, Cell<'_>)| match cell {
        Cell::Json(Value::Array(items)) if items.first().is_some_and(Value::is_object) => {
            Some((name, items))
        }
        _ => None,
    };
    fields.into_iter().filter_map(list).collect()
}

fn may_be_users((name, items): &List) -> bool {
    is_list_name(name) || items.first().is_some_and(has_email)
}

fn first_objects(window: &[u8]) -> Vec<Value> {
    let (mut objects, mut rest) = (Vec::new(), window);
    while objects.len() < SEEN
        && let Some(start) = rest.iter().position(|byte| *byte == b'{')
        && let Some(object) = first_value(&rest[start..])
    {
        rest = &rest[start + object.len()..];
        objects.extend(serde_json::from_slice(object).ok());
    }
    objects
}

fn is_user(object: &Value) -> bool {
    let is_own = |name: &String| USERS_OWN.contains(&name.to_ascii_lowercase().as_str());
    let keys = || {
        object
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys())
    };
    has_email(object) || keys().any(is_own)
}

fn has_email(object: &Value) -> bool {
    let keys = object
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys());
    keys.into_iter().any(|name| says_email(name))
}

/// Whether each value is a user, or those of an object that is named as a list of users would be.
fn is_keyed(object: &Value) -> bool {
    let Some(object) = object.as_object().filter(|object| !object.is_empty()) else {
        return false;
    };
    let are_users =
        |object: &Map<String, Value>| !object.is_empty() && object.values().all(has_email);
    let mut named = object.iter().filter(|(name, _)| is_list_name(name));
    are_users(object) || named.any(|(_, value)| value.as_object().is_some_and(are_users))
}

fn holds_list(object: &Value, level: usize) -> bool {
    let mut inner = object.as_object().into_iter().flatten();
    inner.any(|(name, value)| match value {
        Value::Array(items) => is_list_name(name) && items.first().is_some_and(is_user),
        Value::Object(_) => level < MOST_LEVELS && holds_list(value, level + 1),
        _ => false,
    })
}

fn has_hash(object: &Value) -> bool {
    let mut inner = object.as_object().into_iter().flatten();
    inner.any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let text = value.as_str().unwrap_or_default();
        text.len() >= SHORTEST_HASH
            && text.contains(|c: char| c.is_ascii_alphanumeric())
            && HASHES.iter().any(|word| name.ends_with(word))
    })
}
