//! Another tenant's shape: its connections, its limits, the users it has, read from a file.

use serde_json::{Map, Value};

use crate::rules::connections::{self, Attribute, Connection, Rules, USERNAME_CHARS, Username};
use crate::rules::scopes;

/// A tenant's shape as a JSON object. Every field may be absent.
///
/// ```json
/// {
///   "connections": [{
///     "id": "con_0000000000000001", "name": "Users", "strategy": "auth0",
///     "options": {"requires_username": true, "validation": {"username": {"min": 1, "max": 15}}},
///     "enabled": true
///   }],
///   "scopes": "read:connections create:users read:users",
///   "rate": 2, "burst": 2, "minute_rate": 500, "minute_burst": 40,
///   "job_speed": 11, "max_jobs": 2,
///   "users": [{"email": "a@example.com", "username": "a", "phone_number": "+491", "user_id": "auth0|x", "connection": "Users"}]
/// }
/// ```
///
/// * `connections`: each in the form of `GET /api/v2/connections/{id}`, with `id`, `name` and `strategy`. Answers repeat its
///   `options`. Without `options` it shows none, as to a token that may not see them, and follows the rules of a plain
///   database. `enabled`, or a non-empty `enabled_clients`, says that an application uses it; if both are absent, it counts as
///   used. Without `connections` there are the default ones.
/// * `scopes`: those that tokens can have, separated by spaces; unknown ones are ignored.
/// * `rate`, `burst`: requests a second, and how many at once; `minute_rate`, `minute_burst`: the same by the minute.
/// * `job_speed`: users a second of a job. `max_jobs`: jobs at once.
/// * `users`: the existing users, each with the name of its connection. `user_id` with or without `auth0|`. A user with a
///   `custom_password_hash`, in the form of an import, has that hash; any other has Auth0's own hash.
///
/// Of `options` these are read: `requires_username`, `validation.username.min` and `.max`, `attributes.email.unique`,
/// `attributes.username` and `attributes.phone_number` with `identifier.active`, `profile_required`, and of a username
/// `validation.min_length`, `.max_length`, `.allowed_types.email` (default: no) and `.allowed_types.phone_number` (default: yes,
/// since no rule against it is documented). A length may be a number or its digits as a text. A length that cannot be read
/// refuses no username. Everything else that could matter for an import stays at its default, and `GET /practice` lists it as
/// `not_understood`, as it does with a length that cannot be read.
#[derive(Debug, Default)]
pub struct Shape {
    pub(crate) connections: Option<Vec<Connection>>,
    pub(crate) scopes: Option<String>,
    pub(crate) rate: Option<f64>,
    pub(crate) burst: Option<f64>,
    pub(crate) minute_rate: Option<f64>,
    pub(crate) minute_burst: Option<f64>,
    pub(crate) job_speed: Option<f64>,
    pub(crate) max_jobs: Option<usize>,
    /// The name of the connection, and the row.
    pub(crate) users: Vec<(String, Map<String, Value>)>,
    /// The places of what was not understood.
    pub(crate) not_understood: Vec<String>,
}

const CUSTOM_HASH: &str = "custom_password_hash";
/// The shortest and the longest username that a connection can be set to take. One of these stands where the tenant's own number
/// cannot be read.
const ANY_CHARS: (usize, usize) = (1, 128);

/// What `options` holds that no import goes by: sign-in, sign-up and how connections are run.
const NO_MATTER: [&str; 30] = [
    "api_enable_users",
    "authentication_methods",
    "brute_force_protection",
    "configuration",
    "customScripts",
    "custom_password_hash",
    "disable_self_service_change_password",
    "disable_signup",
    "enable_script_context",
    "enabledDatabaseCustomization",
    "forward_request_info",
    "mfa",
    "non_persistent_attrs",
    "passkey_options",
    "passwordPolicy",
    "password_complexity_options",
    "password_dictionary",
    "password_history",
    "password_no_personal_info",
    "password_options",
    "precedence",
    "realm_fallback",
    "set_user_root_attributes",
    "signup_behavior",
    "strategy_version",
    "upstream_params",
    "gateway_authentication",
    "email_otp",
    "phone_otp",
    "credentials",
];

impl Shape {
    /// Reads a shape.
    ///
    /// # Errors
    ///
    /// It is not an object, a field has the wrong type, or a connection or a user is not unique.
    pub fn read(shape: &Value) -> Result<Shape, String> {
        let fields = shape.as_object().ok_or("the shape must be a JSON object")?;
        let number = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) if (1e-7..=1e9).contains(&number) => Ok(Some(number)),
                _ => Err(format!(
                    "the shape's {name} must be a number over 0, not {value}"
                )),
            },
        };
        let mut read = Shape {
            rate: number("rate")?,
            burst: number("burst")?,
            minute_rate: number("minute_rate")?,
            minute_burst: number("minute_burst")?,
            job_speed: number("job_speed")?,
            max_jobs: number("max_jobs")?.map(|jobs| jobs as usize),
            ..Shape::default()
        };
        if let Some(scopes) = fields.get("scopes").filter(|scopes| !scopes.is_null()) {
            let text = scopes.as_str().ok_or("the shape's scopes must be a text")?;
            // A token of a real tenant may hold scopes that no practice tenant knows.
            read.scopes = Some(scopes::known_of(text));
        }
        read.read_connections(fields)?;
        read.read_users(fields)?;
        const FIELDS: [&str; 9] = [
            "connections",
            "scopes",
            "rate",
            "burst",
            "minute_rate",
            "minute_burst",
            "job_speed",
            "max_jobs",
            "users",
        ];
        let others = fields
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()));
        read.not_understood.extend(others.cloned());
        Ok(read)
    }

    fn read_connections(&mut self, fields: &Map<String, Value>) -> Result<(), String> {
        let Some(list) = list(fields, "connections")? else {
            return Ok(());
        };
        let mut read: Vec<Connection> = Vec::new();
        for (place, connection) in list.iter().enumerate() {
            let text = |name: &str| {
                let text = connection.get(name).and_then(Value::as_str);
                text.map(str::to_string)
                    .ok_or_else(|| format!("the shape's connection {place} has no {name}"))
            };
            let (id, name, strategy) = (text("id")?, text("name")?, text("strategy")?);
            if !connections::is_id(&id) {
                return Err(format!(
                    "the shape's connection {place} has the id {id}, which is not a connection id"
                ));
            }
            if read
                .iter()
                .any(|other| other.id == id || other.name == name)
            {
                return Err(format!("the shape has two connections {name} or {id}"));
            }
            let told = connection.get("options").filter(|told| told.is_object());
            let mut unknown = Unknown {
                at: format!("connections.{name}.options"),
                list: &mut self.not_understood,
            };
            let rules = match told.and_then(Value::as_object) {
                Some(options) => rules(options, &mut unknown),
                None => {
                    unknown.add("");
                    Rules::Older { usernames: None }
                }
            };
            read.push(Connection {
                id,
                name,
                strategy,
                enabled: is_enabled(connection),
                rules,
                told: Some(told.cloned()),
            });
        }
        self.connections = Some(read);
        Ok(())
    }

    fn read_users(&mut self, fields: &Map<String, Value>) -> Result<(), String> {
        for (place, user) in list(fields, "users")?
            .unwrap_or(&Vec::new())
            .iter()
            .enumerate()
        {
            let connection = user.get("connection").and_then(Value::as_str);
            let connection =
                connection.ok_or_else(|| format!("the shape's user {place} has no connection"))?;
            let mut row = Map::new();
            for name in ["email", "username", "phone_number", "user_id"] {
                if let Some(text) = user.get(name).and_then(Value::as_str) {
                    let text = if name == "user_id" {
                        text.strip_prefix("auth0|").unwrap_or(text)
                    } else {
                        text
                    };
                    row.insert(name.to_string(), text.into());
                }
            }
            let hash = user.get(CUSTOM_HASH).filter(|hash| hash.is_object());
            row.extend(hash.map(|hash| (CUSTOM_HASH.to_string(), hash.clone())));
            self.users.push((connection.to_string(), row));
        }
        Ok(())
    }
}

fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Vec<Value>>, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(format!("the shape's {name} must be a list")),
    }
}

fn is_enabled(connection: &Value) -> bool {
    let clients = connection.get("enabled_clients").and_then(Value::as_array);
    let by_clients = clients.is_none_or(|clients| !clients.is_empty());
    let told = connection.get("enabled").and_then(Value::as_bool);
    told.unwrap_or(by_clients)
}

/// Collects the places of what was not understood.
struct Unknown<'a> {
    at: String,
    list: &'a mut Vec<String>,
}

impl Unknown<'_> {
    fn add(&mut self, name: &str) {
        let path = format!("{}.{name}", self.at).replace("..", ".");
        self.list.push(path.trim_end_matches('.').to_string());
    }

    /// Whether a switch of an object is on; `default` where it is absent or no switch.
    fn flag(&mut self, object: &Value, name: &str, path: &str, default: bool) -> bool {
        match object.pointer(&format!("/{}", path.replace('.', "/"))) {
            None | Some(Value::Null) => default,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.add(&format!("{name}.{path}"));
                default
            }
        }
    }

    /// The shortest and the longest username, by the places of their numbers.
    fn chars(&mut self, object: &Value, name: &str, paths: [&str; 2]) -> (usize, usize) {
        (
            self.count(object, name, paths[0], USERNAME_CHARS.0, ANY_CHARS.0),
            self.count(object, name, paths[1], USERNAME_CHARS.1, ANY_CHARS.1),
        )
    }

    /// A count of an object; `default` where it is absent, `unread` where it cannot be read.
    fn count(
        &mut self,
        object: &Value,
        name: &str,
        path: &str,
        default: usize,
        unread: usize,
    ) -> usize {
        match object.pointer(&format!("/{}", path.replace('.', "/"))) {
            None | Some(Value::Null) => default,
            Some(value) => count_in(value).unwrap_or_else(|| {
                self.add(&format!("{name}.{path}"));
                unread
            }),
        }
    }

    /// Notes the fields of an object that are none of these.
    fn others(&mut self, object: &Value, name: &str, known: &[&str]) {
        let fields = object.as_object().into_iter().flatten();
        for (field, _) in fields.filter(|(field, _)| !known.contains(&field.as_str())) {
            self.add(&format!("{name}.{field}"));
        }
    }
}

/// A whole number, also as `40.0` or as a text of digits.
fn count_in(value: &Value) -> Option<usize> {
    let whole = |number: &f64| number.fract() == 0.0 && (0.0..1e9).contains(number);
    let number = || value.as_f64().filter(whole).map(|number| number as usize);
    let text = || value.as_str()?.parse().ok();
    number().or_else(text)
}

fn rules(options: &Map<String, Value>, unknown: &mut Unknown) -> Rules {
    const KNOWN: [&str; 4] = [
        "requires_username",
        "validation",
        "attributes",
        "import_mode",
    ];
    for name in options.keys() {
        if !KNOWN.contains(&name.as_str()) && !NO_MATTER.contains(&name.as_str()) {
            unknown.add(name);
        }
    }
    // A custom database, whose users live elsewhere: no practice tenant has one.
    if options.get("import_mode") == Some(&Value::Bool(true)) {
        unknown.add("import_mode");
    }
    match options.get("attributes") {
        None | Some(Value::Null) => {}
        Some(attributes) if attributes.is_object() => return attribute_rules(attributes, unknown),
        Some(_) => unknown.add("attributes"),
    }
    let whole = Value::Object(options.clone());
    let places = ["validation.username.min", "validation.username.max"];
    let chars = unknown.chars(&whole, "", places);
    if let Some(validation) = options.get("validation") {
        unknown.others(validation, "validation", &["username"]);
    }
    let usernames = unknown.flag(&whole, "", "requires_username", false);
    Rules::Older {
        usernames: usernames.then_some(chars),
    }
}

fn attribute_rules(attributes: &Value, unknown: &mut Unknown) -> Rules {
    const COMMON: [&str; 4] = [
        "identifier",
        "profile_required",
        "signup",
        "verification_method",
    ];
    unknown.others(
        attributes,
        "attributes",
        &["email", "username", "phone_number"],
    );
    let attribute = |name: &str, unknown: &mut Unknown, more: &str| {
        let there = attributes.get(name).filter(|there| there.is_object())?;
        let at = format!("attributes.{name}");
        unknown.others(there, &at, &[&COMMON[..], &[more]].concat());
        let attribute = Attribute {
            signs_in: unknown.flag(there, &at, "identifier.active", false),
            required: unknown.flag(there, &at, "profile_required", false),
        };
        Some((there, at, attribute))
    };
    let email = attribute("email", unknown, "unique");
    let unique_emails = email.is_none_or(|(there, at, _)| unknown.flag(there, &at, "unique", true));
    let username = attribute("username", unknown, "validation");
    let phone = attribute("phone_number", unknown, "");
    Rules::Attributes {
        unique_emails,
        username: username
            .map(|(there, at, attribute)| username_rules(there, &at, attribute, unknown)),
        phone: phone.map(|(_, _, attribute)| attribute),
    }
}

fn username_rules(
    there: &Value,
    at: &str,
    attribute: Attribute,
    unknown: &mut Unknown,
) -> Username {
    let validation = &there["validation"];
    let known = ["min_length", "max_length", "allowed_types"];
    unknown.others(validation, &format!("{at}.validation"), &known);
    let types = format!("{at}.validation.allowed_types");
    unknown.others(
        &validation["allowed_types"],
        &types,
        &["email", "phone_number"],
    );
    let places = ["validation.min_length", "validation.max_length"];
    Username {
        attribute,
        chars: unknown.chars(there, at, places),
        emails: unknown.flag(there, at, "validation.allowed_types.email", false),
        // Of phone numbers no rule is documented where the tenant does not speak of them.
        no_phones: !unknown.flag(there, at, "validation.allowed_types.phone_number", true),
    }
}
