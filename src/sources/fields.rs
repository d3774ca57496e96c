//! What becomes of a field of a file: where it goes in a user, and what its value must be.

use std::fmt;

use serde_json::{Map, Value};

use crate::sources::draft::Draft;
use crate::sources::rows::Cell;
use crate::words::cut;

/// Parts of the name of a column, `custom_password_hash.hash.key.value` the longest that an import takes.
pub(crate) const MOST_LEVELS: usize = 4;
/// Lists and objects within each other in one user: each level takes stack from everybody who reads it.
const MOST_NESTED: usize = 32;
/// Digits of a time in UNIX seconds and in milliseconds, this century.
const SECONDS_DIGITS: std::ops::RangeInclusive<usize> = 9..=11;
const MILLIS_DIGITS: std::ops::RangeInclusive<usize> = 12..=14;

/// Fields of a user that are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Email,
    PhoneNumber,
    UserId,
    Username,
    GivenName,
    FamilyName,
    Name,
    Nickname,
    Picture,
    PasswordHash,
}

/// Fields of a user that are true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    EmailVerified,
    PhoneVerified,
    Blocked,
}

/// Fields of a user that are objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    User,
    App,
    Hash,
}

/// What becomes of a field. Of what a source names, nothing is lost: what Auth0 has no field for goes to
/// `app_metadata.imported`.
#[derive(Clone, Copy)]
pub(crate) enum Take {
    Text(Text),
    Flag(Flag),
    /// The opposite: `enabled`, `is_active`.
    Not(Flag),
    /// A date since which it is so; without one it is not.
    Since(Flag),
    /// Blocked until this date.
    BlockedUntil,
    /// A whole object, or JSON of it.
    Object(Object),
    Factors,
    /// A name of its own in `app_metadata.imported`.
    Old(&'static str),
    /// The same for a date, whose numbers become a date that can be read.
    Date(&'static str),
    /// An id that counts where there is no better one.
    OldId,
    Hash,
    Salt,
    /// How a hash was made, where a column of its own says so.
    HashFormat,
    /// Who signs the user in.
    Provider,
    /// A set date means that the user is gone.
    Deleted,
    With(fn(&mut Draft, Cell<'_>) -> Result<(), String>),
    /// Known, and of no use to an import: tokens, counters, times of locks.
    Nothing,
}

/// The place of a column: what a source or a mapping says of it.
pub(crate) enum Target {
    Take(Take),
    /// Inside metadata or a hash.
    Path(Object, Vec<String>),
    /// It goes nowhere, and nobody said that it should not.
    Dropped,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Take(_) => "Take",
            Target::Path(..) => "Path",
            Target::Dropped => "Dropped",
        })
    }
}

impl Target {
    pub(crate) fn is_email(&self) -> bool {
        matches!(self, Target::Take(Take::Text(Text::Email)))
    }
}

/// The import's own fields, and the words for a hash that says itself how it was made, and for its salt.
pub(crate) const FIELDS: [(&str, Take); 19] = [
    ("email", Take::Text(Text::Email)),
    ("email_verified", Take::Flag(Flag::EmailVerified)),
    ("phone_number", Take::Text(Text::PhoneNumber)),
    ("phone_verified", Take::Flag(Flag::PhoneVerified)),
    ("user_id", Take::Text(Text::UserId)),
    ("username", Take::Text(Text::Username)),
    ("given_name", Take::Text(Text::GivenName)),
    ("family_name", Take::Text(Text::FamilyName)),
    ("name", Take::Text(Text::Name)),
    ("nickname", Take::Text(Text::Nickname)),
    ("picture", Take::Text(Text::Picture)),
    ("blocked", Take::Flag(Flag::Blocked)),
    ("password_hash", Take::Text(Text::PasswordHash)),
    ("custom_password_hash", Take::Object(Object::Hash)),
    ("app_metadata", Take::Object(Object::App)),
    ("user_metadata", Take::Object(Object::User)),
    ("mfa_factors", Take::Factors),
    ("hash", Take::Hash),
    ("salt", Take::Salt),
];
/// Fields that a file may have of its own: `hash` and `salt` are meant by a mapping alone.
pub(crate) const OWN_FIELDS: usize = 17;

/// The place that a name of the import's has, with what is inside metadata and hashes.
pub(crate) fn target_of(name: &str, fields: &[(&str, Take)]) -> Option<Target> {
    if let Some((_, take)) = fields.iter().find(|(field, _)| *field == name) {
        return Some(Target::Take(*take));
    }
    let (root, path) = name.split_once('.')?;
    let object = match root {
        "user_metadata" => Object::User,
        "app_metadata" => Object::App,
        "custom_password_hash" => Object::Hash,
        _ => return None,
    };
    let keys: Vec<String> = path.split('.').map(str::to_string).collect();
    Some(Target::Path(object, keys))
}

impl Text {
    pub(crate) fn name(self) -> &'static str {
        let is_it = |take: &Take| matches!(take, Take::Text(text) if *text == self);
        name_of(is_it)
    }

    /// Whether a blank at either end could be meant: in what people call themselves.
    fn may_have_blanks(self) -> bool {
        matches!(
            self,
            Text::GivenName | Text::FamilyName | Text::Name | Text::Nickname
        )
    }
}

impl Flag {
    pub(crate) fn name(self) -> &'static str {
        name_of(|take| matches!(take, Take::Flag(flag) if *flag == self))
    }
}

impl Object {
    pub(crate) fn name(self) -> &'static str {
        name_of(|take| matches!(take, Take::Object(object) if *object == self))
    }
}

fn name_of(is_it: impl Fn(&Take) -> bool) -> &'static str {
    let found = FIELDS.iter().find(|(_, take)| is_it(take));
    found.map_or("", |(name, _)| name)
}

/// What is wrong with a value: the field and the kind that it wants, never the value, which may be a hash.
pub(crate) fn wants(field: &str, kind: &str) -> String {
    format!("is no user: {field} wants {kind}")
}

/// The text of a cell; a number becomes text.
pub(crate) fn text(field: &str, cell: Cell<'_>) -> Result<String, String> {
    match cell {
        Cell::Text(text) => Ok(text.into_owned()),
        Cell::Json(Value::Number(number)) if field == "email" => {
            let _ = number;
            Err(wants(field, "text"))
        }
        Cell::Json(Value::Number(number)) if number.is_f64() => Err(wants(
            field,
            "text, and a number with so many digits loses some: put it in quotes",
        )),
        Cell::Json(Value::Number(number)) => Ok(number.to_string()),
        Cell::Json(_) => Err(wants(field, "text")),
    }
}

/// What a text says of true and false: the words of databases and sheets, or a date since which it is true.
pub(crate) fn flag(field: &str, cell: &Cell<'_>) -> Result<Option<bool>, String> {
    let kind = "true or false (or yes or no, 1 or 0, t or f, or a date since which it is true)";
    match cell {
        Cell::Json(Value::Bool(flag)) => Ok(Some(*flag)),
        Cell::Json(Value::Number(number)) => match number.as_i64() {
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(millis) if is_date(&millis.to_string()) => Ok(Some(true)),
            _ => Err(wants(field, kind)),
        },
        Cell::Json(_) => Err(wants(field, kind)),
        Cell::Text(text) => {
            let text = text.trim();
            let mut short = [0; 8];
            let lower = match short.get_mut(..text.len()) {
                Some(lower) => {
                    lower.copy_from_slice(text.as_bytes());
                    lower.make_ascii_lowercase();
                    &*lower
                }
                None => text.as_bytes(),
            };
            match lower {
                b"true" | b"t" | b"yes" | b"y" | b"1" | b"on" | b"wahr" | b"vrai" => Ok(Some(true)),
                b"false" | b"f" | b"no" | b"n" | b"0" | b"off" | b"falsch" | b"faux" => {
                    Ok(Some(false))
                }
                b"" | b"null" | b"\\n" | b"none" => Ok(None),
                _ if is_no_date(text) => Ok(Some(false)),
                _ if is_date(text) => Ok(Some(true)),
                _ => Err(wants(field, kind)),
            }
        }
    }
}

/// Whether a text begins as a date of a database or of JSON does, or is a UNIX time.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let is_iso =
        digits == 4 && matches!(bytes.get(4), Some(b'-' | b'/' | b'.')) && bytes.len() >= 8;
    let is_time = digits == bytes.len()
        && (SECONDS_DIGITS.contains(&digits) || MILLIS_DIGITS.contains(&digits));
    // 31/12/2024, 12.31.2024 and the like.
    let is_local = (1..=2).contains(&digits)
        && matches!(bytes.get(digits), Some(b'/' | b'.' | b'-'))
        && bytes.len() >= 8
        && bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 6;
    is_iso || is_time || is_local
}

/// The date that MySQL has for none.
fn is_no_date(text: &str) -> bool {
    text.starts_with("0000-00-00")
}

/// A date as it is kept in metadata: a UNIX time becomes one that can be read.
pub(crate) fn date(cell: Cell<'_>) -> Option<Value> {
    let number = match &cell {
        Cell::Json(Value::Number(number)) => {
            number.as_f64().map(|number| format!("{}", number as u64))
        }
        Cell::Text(text) => Some(text.trim().to_string()),
        // As MongoDB exports it.
        Cell::Json(Value::Object(inner)) => {
            return inner
                .get("$date")
                .cloned()
                .and_then(|inner| date(inner.into()));
        }
        Cell::Json(_) => None,
    }?;
    if number.is_empty() || is_no_date(&number) || is_nothing(&number) {
        return None;
    }
    let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = match number.parse::<u64>() {
        Ok(seconds) if is_digits && SECONDS_DIGITS.contains(&number.len()) => seconds,
        Ok(millis) if is_digits && MILLIS_DIGITS.contains(&number.len()) => millis / 1_000,
        _ => return Some(Value::String(number)),
    };
    let utc = crate::words::utc(seconds);
    let text = utc.strip_suffix(" UTC").unwrap_or(&utc).replace(' ', "T");
    Some(Value::String(format!("{text}:{:02}Z", seconds % 60)))
}

/// What databases write for nothing.
pub(crate) fn is_nothing(text: &str) -> bool {
    text == "\\N" || text == "NULL" || text == "null"
}

/// An object, or JSON of one.
pub(crate) fn object(field: &str, cell: Cell<'_>) -> Result<Map<String, Value>, String> {
    let value = match cell {
        Cell::Json(value) => value,
        Cell::Text(text) => parsed(&text).ok_or_else(|| wants(field, "an object, as JSON"))?,
    };
    match value {
        Value::Object(object) => Ok(object),
        Value::Array(_) => Err(wants(field, "an object, and it is a list")),
        _ => Err(wants(field, "an object")),
    }
}

/// JSON in a cell, whose quotes some exports have escaped once more.
pub(crate) fn parsed(text: &str) -> Option<Value> {
    let text = text.trim();
    let parsed = serde_json::from_str(text).ok();
    parsed.or_else(|| {
        text.contains("\\\"")
            .then(|| serde_json::from_str(&text.replace("\\\"", "\"")).ok())?
    })
}

/// Whether a value has at most so many levels as a user may.
pub(crate) fn is_shallow(value: &Value) -> bool {
    is_within(value, MOST_NESTED)
}

pub(crate) fn too_deep() -> String {
    format!("has lists or objects within each other over {MOST_NESTED} levels deep")
}

fn is_within(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), None) => false,
        (Value::Array(items), Some(left)) => items.iter().all(|item| is_within(item, left)),
        (Value::Object(fields), Some(left)) => fields.values().all(|field| is_within(field, left)),
        _ => true,
    }
}

/// Puts a value where a path leads; each key leads further in, since Auth0 takes no dot in the keys of metadata.
pub(crate) fn put(object: &mut Map<String, Value>, path: &[String], value: Value) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        object.insert(first.clone(), value);
        return;
    }
    let inner = object.entry(first.as_str()).or_insert(Value::Null);
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

impl Draft {
    /// Puts a cell where it belongs.
    pub(crate) fn take(&mut self, target: &Target, cell: Cell<'_>) -> Result<(), String> {
        if cell.is_nothing() {
            if let Target::Take(Take::Since(flag)) = target {
                self.set_flag(*flag, false);
            }
            return Ok(());
        }
        match target {
            Target::Dropped => Ok(()),
            Target::Take(take) => self.take_as(*take, cell),
            Target::Path(Object::User, path) => {
                put(
                    self.user.user_metadata.get_or_insert_default(),
                    path,
                    cell.into_value(),
                );
                Ok(())
            }
            Target::Path(Object::App, path) => {
                put(
                    self.user.app_metadata.get_or_insert_default(),
                    path,
                    cell.into_value(),
                );
                Ok(())
            }
            Target::Path(Object::Hash, path) => {
                let custom = self.user.custom_password_hash.get_or_insert_default();
                if !custom.is_object() {
                    *custom = Value::Object(Map::new());
                }
                if let Value::Object(custom) = custom {
                    put(custom, path, cell.into_value());
                }
                Ok(())
            }
        }
    }

    fn take_as(&mut self, take: Take, cell: Cell<'_>) -> Result<(), String> {
        match take {
            Take::Text(field) => return self.take_text(field, cell),
            Take::Flag(field) => {
                if let Some(value) = flag(field.name(), &cell)? {
                    self.set_flag(field, value);
                }
            }
            Take::Not(field) => {
                if let Some(value) = flag(field.name(), &cell)? {
                    self.set_flag(field, !value);
                }
            }
            Take::Since(field) => {
                let value = flag(field.name(), &cell)?;
                self.set_flag(field, value.unwrap_or(false));
            }
            Take::BlockedUntil => self.take_end_of_block(cell),
            Take::Object(object) => self.take_object(object, cell)?,
            Take::Factors => {
                let factors = match cell {
                    Cell::Text(text) => parsed(&text).unwrap_or(Value::Null),
                    Cell::Json(value) => value,
                };
                if !is_shallow(&factors) {
                    return Err(too_deep());
                }
                let Value::Array(factors) = factors else {
                    return Err(wants("mfa_factors", "a list"));
                };
                self.user.mfa_factors = Some(factors);
            }
            Take::Old(name) => {
                self.imported.insert(name.to_string(), cell.into_value());
            }
            Take::Date(name) => {
                if let Some(date) = date(cell) {
                    self.imported.insert(name.to_string(), date);
                }
            }
            Take::OldId => self.old_id = Some(text("user_id", cell)?),
            Take::Hash => self.hash = Some(text("hash", cell)?),
            Take::Salt => self.salt = Some(text("salt", cell)?),
            Take::HashFormat => self.hash_format = Some(text("hash", cell)?),
            Take::Provider => {
                let provider = text("provider", cell)?;
                self.signs_in_with(&provider);
            }
            Take::Deleted => {
                if date(cell).is_some() {
                    self.leave_out("deleted");
                }
            }
            Take::With(take) => return take(self, cell),
            Take::Nothing => {}
        }
        Ok(())
    }

    fn take_text(&mut self, field: Text, cell: Cell<'_>) -> Result<(), String> {
        let mut text = text(field.name(), cell)?;
        let bare = text.trim();
        if bare.len() < text.len() {
            match field.may_have_blanks() {
                true => self.blanks = Some(field.name()),
                false => text = bare.to_string(),
            }
        }
        if text == "\\N" || !field.may_have_blanks() && is_nothing(&text) {
            return Ok(());
        }
        match field {
            Text::Email => self.user.email = text,
            Text::UserId => self.set_id(text),
            Text::PhoneNumber => self.user.phone_number = Some(text),
            Text::Username => self.user.username = Some(text),
            Text::GivenName => self.user.given_name = Some(text),
            Text::FamilyName => self.user.family_name = Some(text),
            Text::Name => self.user.name = Some(text),
            Text::Nickname => self.user.nickname = Some(text),
            Text::Picture => self.user.picture = Some(text),
            Text::PasswordHash => self.user.password_hash = Some(text),
        }
        Ok(())
    }

    pub(crate) fn set_flag(&mut self, field: Flag, value: bool) {
        let place = match field {
            Flag::EmailVerified => &mut self.user.email_verified,
            Flag::PhoneVerified => &mut self.user.phone_verified,
            Flag::Blocked => &mut self.user.blocked,
        };
        // Of two reasons to block somebody each is enough.
        *place = Some(value || field == Flag::Blocked && *place == Some(true));
    }

    fn take_object(&mut self, field: Object, cell: Cell<'_>) -> Result<(), String> {
        let object = object(field.name(), cell)?;
        let value = Value::Object(object);
        if !is_shallow(&value) {
            return Err(too_deep());
        }
        let Value::Object(object) = value else {
            return Ok(());
        };
        match field {
            Object::User => self
                .user
                .user_metadata
                .get_or_insert_default()
                .extend(object),
            Object::App => self
                .user
                .app_metadata
                .get_or_insert_default()
                .extend(object),
            Object::Hash => self.user.custom_password_hash = Some(Value::Object(object)),
        }
        Ok(())
    }
}

/// A name of a field that may be shown: what looks like a name, and never what could be somebody's data.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || "_-.: /()[]$#".contains(c);
    let name = cut(name.trim(), MOST_NAME_CHARS);
    let is_name =
        !name.is_empty() && !name.contains('@') && name.trim_end_matches('…').chars().all(fits);
    let is_date_or_number = name.starts_with(|c: char| c.is_ascii_digit());
    let hidden = crate::secrets::hide::without_secrets(&name);
    (is_name && !is_date_or_number && hidden == name).then_some(name)
}

/// Characters of a column's name in a sentence.
pub(crate) const MOST_NAME_CHARS: usize = 60;
