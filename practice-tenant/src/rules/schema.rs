//! The rules for a row of an import: Auth0's user schema and the connection's username rules, with the
//! codes, paths and sentences the service really sends (z-schema's, over the normalised profile).

use serde_json::{Map, Value, json};

use crate::rules::connections::{Attribute, Connection};

const HASH_PATTERN: &str = r"^\$2[ab]?\$10+\$[./A-Za-z0-9]{53}$";
/// E.164.
const PHONE_PATTERN: &str = r"^\+[0-9]{1,15}$";
/// Characters of a user id.
const MOST_ID_CHARS: usize = 255;
const ENCODINGS: &[&str] = &["base64", "hex", "utf8"];
const ALGORITHMS: [&str; 11] = [
    "argon2", "bcrypt", "hmac", "ldap", "md4", "md5", "sha1", "sha256", "sha512", "pbkdf2",
    "scrypt",
];
const DIGESTS: [&str; 9] = [
    "md4",
    "md5",
    "ripemd160",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "whirlpool",
];
/// Keys of app_metadata that Auth0 reserves.
const RESERVED: [&str; 18] = [
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email_verified",
    "email",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor_last_modified",
    "multifactor",
    "updated_at",
    "user_id",
];

/// Bytes of a profile, 10 KB.
const MOST_PROFILE_BYTES: usize = 10 * 1024;

/// What is not known about tenants, or will change.
#[derive(Clone, Copy)]
pub(crate) struct Ways {
    /// Whether an import takes metadata keys with `.` or `$`, which Auth0 documents as not allowed and the users API refuses.
    /// It is not documented what an import does with them; refusing is the cautious reading.
    pub(crate) metadata_keys_taken: bool,
    /// From 2027-03-04 profiles over 10 KB are refused.
    pub(crate) large_profiles_refused: bool,
    /// Whether an upsert finds users by their ids, as with the tenant flag `import_user_match_user_profile_on_user_id`. The
    /// flag is reported (community.auth0.com/t/90646) but not documented.
    pub(crate) match_by_id: bool,
}

/// What is wrong with the size of a profile. The code is Auth0's; no text is known for it.
pub(crate) fn oversize(profile: &Map<String, Value>, ways: Ways) -> Option<Value> {
    let bytes = || json!(profile).to_string().len();
    (ways.large_profiles_refused && bytes() > MOST_PROFILE_BYTES).then(|| {
        let message = "The user profile is larger than the maximum of 10 KB";
        json!({"code": "PROFILE_SIZE_EXCEEDED", "message": message})
    })
}

/// The properties of a row.
const KNOWN: [&str; 17] = [
    "email",
    "email_verified",
    "phone_number",
    "phone_verified",
    "user_id",
    "username",
    "given_name",
    "family_name",
    "name",
    "nickname",
    "picture",
    "blocked",
    "password_hash",
    "custom_password_hash",
    "app_metadata",
    "user_metadata",
    "mfa_factors",
];

/// What is wrong with a row, in Auth0's words; empty when nothing is.
pub(crate) fn faults(row: &Value, connection: &Connection, ways: Ways) -> Vec<Value> {
    let mut faults = Faults::default();
    let Some(user) = row.as_object() else {
        faults.wrong_type("", "object", row);
        return faults.0;
    };
    for name in [
        "phone_number",
        "user_id",
        "username",
        "given_name",
        "family_name",
        "name",
        "nickname",
        "picture",
    ] {
        faults.text(user, name);
    }
    for name in ["email_verified", "phone_verified", "blocked"] {
        faults.of_type(user, name, "boolean", Value::is_boolean);
    }
    faults.metadata(user, ways);
    faults.email(user);
    faults.hashes(user);
    if let Some(factors) = user.get("mfa_factors") {
        faults.factors(factors);
    }
    faults.reserved(user);
    faults.username(user, connection);
    faults.phone(user, connection);
    faults.user_id(user);
    faults.no_others(user, "", &KNOWN);
    faults.0
}

#[derive(Default)]
struct Faults(Vec<Value>);

impl Faults {
    fn add(&mut self, code: &str, field: &str, message: &str) {
        if field.is_empty() {
            return self.0.push(json!({"code": code, "message": message}));
        }
        let path = internal_path(field);
        let message = format!("Error in {path} property - {message}");
        self.0
            .push(json!({"code": code, "message": message, "path": path}));
    }

    fn wrong_type(&mut self, field: &str, wanted: &str, found: &Value) {
        self.add(
            "INVALID_TYPE",
            field,
            &format!("Expected type {wanted} but found type {}", type_name(found)),
        );
    }

    fn pattern(&mut self, field: &str, pattern: &str) {
        // Auth0 leaves the value out.
        self.add(
            "PATTERN",
            field,
            &format!("String does not match pattern {pattern}"),
        );
    }

    fn bad_email(&mut self, field: &str, email: &str) {
        self.add(
            "INVALID_FORMAT",
            field,
            &format!("Object didn't pass validation for format email: {email}"),
        );
    }

    fn of_type(
        &mut self,
        user: &Map<String, Value>,
        name: &str,
        wanted: &str,
        fits: fn(&Value) -> bool,
    ) {
        if let Some(value) = user.get(name).filter(|value| !fits(value)) {
            self.wrong_type(name, wanted, value);
        }
    }

    fn text(&mut self, user: &Map<String, Value>, name: &str) {
        self.of_type(user, name, "string", Value::is_string);
    }

    fn no_others(&mut self, object: &Map<String, Value>, field: &str, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.add(
                "OBJECT_ADDITIONAL_PROPERTIES",
                field,
                &format!("Additional properties not allowed: {key}"),
            );
        }
    }

    /// An object of which some keys are required; `None` when it is not an object.
    fn object<'a>(
        &mut self,
        value: &'a Value,
        field: &str,
        required: &[&str],
    ) -> Option<&'a Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.wrong_type(field, "object", value);
            return None;
        };
        for key in required.iter().filter(|key| !object.contains_key(**key)) {
            self.add(
                "OBJECT_MISSING_REQUIRED_PROPERTY",
                field,
                &format!("Missing required property: {key}"),
            );
        }
        Some(object)
    }

    fn one_of(&mut self, object: &Map<String, Value>, field: &str, name: &str, allowed: &[&str]) {
        let field = format!("{field}.{name}");
        match object.get(name) {
            None => {}
            Some(Value::String(text)) if allowed.contains(&text.as_str()) => {}
            Some(Value::String(text)) => self.add(
                "ENUM_MISMATCH",
                &field,
                &format!("No enum match for: {text}"),
            ),
            Some(other) => self.wrong_type(&field, "string", other),
        }
    }

    fn string_at(&mut self, object: &Map<String, Value>, field: &str, name: &str) {
        if let Some(value) = object.get(name).filter(|value| !value.is_string()) {
            self.wrong_type(&format!("{field}.{name}"), "string", value);
        }
    }

    fn metadata(&mut self, user: &Map<String, Value>, ways: Ways) {
        for name in ["app_metadata", "user_metadata"] {
            self.of_type(user, name, "object", Value::is_object);
            let key = user.get(name).and_then(forbidden_key);
            if let Some(key) = key.filter(|_| !ways.metadata_keys_taken) {
                // Code and text are guesses.
                let message = format!("Property names must not contain '.' or '$': {key}");
                self.add("NOT_PASSED", name, &message);
            }
        }
    }

    fn reserved(&mut self, user: &Map<String, Value>) {
        let metadata = user.get("app_metadata").and_then(Value::as_object);
        let is_reserved = |key: &String| RESERVED.contains(&key.as_str());
        if metadata.is_some_and(|metadata| metadata.keys().any(is_reserved)) {
            let message = "Data matches schema from 'not'";
            self.add("NOT_PASSED", "app_metadata", message);
        }
    }

    fn email(&mut self, user: &Map<String, Value>) {
        match user.get("email") {
            None => self.add(
                "OBJECT_MISSING_REQUIRED_PROPERTY",
                "",
                "Missing required property: email",
            ),
            Some(Value::String(email)) if is_email(email) => {}
            Some(Value::String(email)) => self.bad_email("email", email),
            Some(other) => self.wrong_type("email", "string", other),
        }
    }

    fn hashes(&mut self, user: &Map<String, Value>) {
        if let Some(hash) = user.get("password_hash") {
            match hash.as_str() {
                Some(hash) if is_auth0_bcrypt(hash) => {}
                Some(_) => self.pattern("password_hash", HASH_PATTERN),
                None => self.wrong_type("password_hash", "string", hash),
            }
        }
        if let Some(hash) = user.get("custom_password_hash") {
            self.custom_hash(hash);
            if user.contains_key("password_hash") {
                // No text is known for it; that both exclude each other is documented.
                let message = "Data matches schema from 'not'";
                self.add("NOT_PASSED", "custom_password_hash", message);
            }
        }
    }

    fn custom_hash(&mut self, hash: &Value) {
        const FIELD: &str = "custom_password_hash";
        let numbers = ["keylen", "cost", "blockSize", "parallelization"];
        let Some(custom) = self.object(hash, FIELD, &["algorithm", "hash"]) else {
            return;
        };
        self.one_of(custom, FIELD, "algorithm", &ALGORITHMS);
        if let Some(value) = custom.get("hash") {
            self.hash_itself(value, &format!("{FIELD}.hash"));
        }
        if let Some(value) = custom.get("salt") {
            let field = format!("{FIELD}.salt");
            if let Some(salt) = self.object(value, &field, &["value"]) {
                self.string_at(salt, &field, "value");
                self.one_of(salt, &field, "encoding", ENCODINGS);
                self.one_of(salt, &field, "position", &["prefix", "suffix"]);
            }
        }
        if let Some(value) = custom.get("password") {
            let field = format!("{FIELD}.password");
            if let Some(password) = self.object(value, &field, &[]) {
                let encodings = ["ascii", "utf8", "utf16le", "ucs2", "latin1", "binary"];
                self.one_of(password, &field, "encoding", &encodings);
            }
        }
        for name in numbers {
            if let Some(value) = custom.get(name).filter(|value| !is_integer(value)) {
                self.wrong_type(&format!("{FIELD}.{name}"), "integer", value);
            }
        }
        let known = [["algorithm", "hash", "salt", "password"], numbers].concat();
        self.no_others(custom, FIELD, &known);
    }

    fn hash_itself(&mut self, value: &Value, field: &str) {
        let Some(inner) = self.object(value, field, &[]) else {
            return;
        };
        self.string_at(inner, field, "value");
        self.one_of(inner, field, "encoding", ENCODINGS);
        self.one_of(inner, field, "digest", &DIGESTS);
        if let Some(key) = inner.get("key") {
            let field = format!("{field}.key");
            if let Some(key) = self.object(key, &field, &["value"]) {
                self.string_at(key, &field, "value");
                self.one_of(key, &field, "encoding", ENCODINGS);
            }
        }
    }

    fn factors(&mut self, factors: &Value) {
        const FIELD: &str = "mfa_factors";
        let Some(factors) = factors.as_array() else {
            return self.wrong_type(FIELD, "array", factors);
        };
        match factors.len() {
            0 => self.add(
                "ARRAY_LENGTH_SHORT",
                FIELD,
                "Array is too short (0), minimum 1",
            ),
            1..=10 => {}
            count => self.add(
                "ARRAY_LENGTH_LONG",
                FIELD,
                &format!("Array is too long ({count}), maximum 10"),
            ),
        }
        for (index, factor) in factors.iter().enumerate() {
            let field = format!("{FIELD}[{index}]");
            let Some(factor) = self.object(factor, &field, &[]) else {
                continue;
            };
            if factor.len() > 1 {
                let message = format!("Too many properties defined ({}), maximum 1", factor.len());
                self.add("OBJECT_PROPERTIES_MAXIMUM", &field, &message);
            }
            self.no_others(factor, &field, &["totp", "phone", "email"]);
            for (kind, key) in [("totp", "secret"), ("phone", "value"), ("email", "value")] {
                let Some(value) = factor.get(kind) else {
                    continue;
                };
                let field = format!("{field}.{kind}");
                let Some(inner) = self.object(value, &field, &[key]) else {
                    continue;
                };
                self.no_others(inner, &field, &[key]);
                self.factor_value(inner.get(key), kind, &format!("{field}.{key}"));
            }
        }
    }

    fn factor_value(&mut self, value: Option<&Value>, kind: &str, field: &str) {
        let Some(value) = value else { return };
        let Some(text) = value.as_str() else {
            return self.wrong_type(field, "string", value);
        };
        match kind {
            "totp"
                if text.is_empty()
                    || !text
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)) =>
            {
                self.pattern(field, "^[A-Z2-7]+$");
            }
            "phone" if !is_phone(text) => self.pattern(field, PHONE_PATTERN),
            "email" if !is_email(text) => self.bad_email(field, text),
            _ => {}
        }
    }

    /// An attribute whose `profile_required` is set must be there, on import too.
    fn required(&mut self, user: &Map<String, Value>, name: &str, attribute: Option<Attribute>) {
        if attribute.is_some_and(|attribute| attribute.required) && !user.contains_key(name) {
            self.add(
                "OBJECT_MISSING_REQUIRED_PROPERTY",
                "",
                &format!("Missing required property: {name}"),
            );
        }
    }

    fn phone(&mut self, user: &Map<String, Value>, connection: &Connection) {
        self.required(user, "phone_number", connection.phone());
        let number = user.get("phone_number").and_then(Value::as_str);
        if number.is_some_and(|number| !is_phone(number)) {
            self.pattern("phone_number", PHONE_PATTERN);
        }
    }

    /// What POST /users documents: at most 255 characters, no white space. The codes are inferred.
    fn user_id(&mut self, user: &Map<String, Value>) {
        let Some(id) = user.get("user_id").and_then(Value::as_str) else {
            return;
        };
        let length = id.chars().count();
        if id.is_empty() {
            let message = "String is too short (0 chars), minimum 1";
            self.add("MIN_LENGTH", "user_id", message);
        } else if length > MOST_ID_CHARS {
            let message = format!("String is too long ({length} chars), maximum {MOST_ID_CHARS}");
            self.add("MAX_LENGTH", "user_id", &message);
        } else if id.chars().any(char::is_whitespace) {
            let message = format!("Object didn't pass validation for format user-id: {id}");
            self.add("INVALID_FORMAT", "user_id", &message);
        }
    }

    fn username(&mut self, user: &Map<String, Value>, connection: &Connection) {
        let attribute = connection.username().map(|rules| rules.attribute);
        self.required(user, "username", attribute);
        let Some(username) = user.get("username").and_then(Value::as_str) else {
            return;
        };
        let Some(rules) = connection.username() else {
            // What an import does here is unknown; refusing, as POST /users does, is the cautious reading.
            return self.add(
                "NOT_PASSED",
                "username",
                "Cannot set username for connection without requires_username.",
            );
        };
        let (least, most) = rules.chars;
        let length = username.chars().count();
        if length < least {
            self.add(
                "MIN_LENGTH",
                "username",
                &format!("String is too short ({length} chars), minimum {least}"),
            );
        } else if length > most {
            self.add(
                "MAX_LENGTH",
                "username",
                &format!("String is too long ({length} chars), maximum {most}"),
            );
        } else if !username
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "@^$.!`#+'~_-".contains(c))
            || (!rules.emails && is_email(username))
            || (rules.no_phones && is_phone(username))
        {
            // The code is inferred; the characters are documented.
            self.add(
                "INVALID_FORMAT",
                "username",
                &format!("Object didn't pass validation for format username: {username}"),
            );
        }
    }
}

/// A key with `.` or `$`, at any depth.
fn forbidden_key(value: &Value) -> Option<&str> {
    match value {
        Value::Object(fields) => {
            let mut keys = fields.keys();
            let key = keys.find(|key| key.contains(['.', '$']));
            key.map(String::as_str)
                .or_else(|| fields.values().find_map(forbidden_key))
        }
        Value::Array(items) => items.iter().find_map(forbidden_key),
        _ => None,
    }
}

/// JSON Schema takes 1.0 for an integer.
fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) if is_integer(value) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The report uses the names of the normalised profile, not the file's own keys.
fn internal_path(field: &str) -> String {
    if let Some(rest) = field.strip_prefix("custom_password_hash") {
        return format!("customPasswordHash{rest}");
    }
    match field {
        "password_hash" => "passwordHash".to_string(),
        field => format!("identities[0].profileData.{field}"),
    }
}

/// `HASH_PATTERN`, read aloud.
fn is_auth0_bcrypt(hash: &str) -> bool {
    let Some(rest) = hash.strip_prefix("$2") else {
        return false;
    };
    let rest = rest.strip_prefix(['a', 'b']).unwrap_or(rest);
    let Some((cost, salted)) = rest
        .strip_prefix("$1")
        .and_then(|rest| rest.split_once('$'))
    else {
        return false;
    };
    !cost.is_empty()
        && cost.bytes().all(|b| b == b'0')
        && salted.len() == 53
        && salted
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'/')
}

/// `PHONE_PATTERN`, read aloud.
fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// As validator.js `isEmail` by default, `require_tld` included: what z-schema calls the format email.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    if local.is_empty() || local.len() > 64 || domain.len() > 254 || text.len() > 254 {
        return false;
    }
    let atom = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || ('\u{a1}'..='\u{ffef}').contains(&c)
    };
    let quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let local_fits = if quoted {
        local[1..local.len() - 1]
            .chars()
            .all(|c| !c.is_control() && c != '"' && c != '\\')
    } else {
        local
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(atom))
    };
    let letter =
        |c: char| c.is_ascii_alphanumeric() || c == '-' || ('\u{a1}'..='\u{ffff}').contains(&c);
    let label = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(letter)
            && !label
                .chars()
                .any(|c| ('\u{ff01}'..='\u{ff5e}').contains(&c))
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    let top_fits = top.chars().count() >= 2
        && (top.starts_with("xn--")
            || top
                .chars()
                .all(|c| c.is_ascii_alphabetic() || ('\u{a1}'..='\u{ffff}').contains(&c)));
    local_fits && domain.contains('.') && top_fits && domain.split('.').all(label)
}
