//! A connection in the form that a practice tenant reads, with what its tenant told of it.

use serde_json::{Map, Value, json};

use crate::connections::ConnectionId;
use crate::connections::rules::rules_of;

/// The options of a connection that matter for an import. For the others the name is enough, since their values may be secret.
const READ: [&str; 4] = [
    "requires_username",
    "validation",
    "attributes",
    "import_mode",
];

/// The connection as one of a practice tenant's shape. It is one that an application uses.
pub(crate) fn as_shape(id: &ConnectionId, name: &str, told: Option<&Value>) -> Value {
    let options = told.and_then(options_told).map_or_else(takes_all, read);
    json!({"id": id.as_str(), "name": name, "strategy": "auth0", "enabled": true, "options": options})
}

/// The options, if they say which users the connection takes.
pub(crate) fn options_told(options: &Value) -> Option<&Map<String, Value>> {
    rules_of(options).and(options.as_object())
}

fn read(options: &Map<String, Value>) -> Value {
    let read = options.iter().map(|(name, value)| {
        let value = match READ.contains(&name.as_str()) {
            true => value.clone(),
            false => Value::Null,
        };
        (name.clone(), value)
    });
    Value::Object(read.collect())
}

/// For a connection whose options are unknown: nobody is refused because of them.
fn takes_all() -> Value {
    let types = json!({"email": true, "phone_number": true});
    let validation = json!({"min_length": 1, "max_length": 128, "allowed_types": types});
    json!({"attributes": {"username": {"validation": validation}}})
}
