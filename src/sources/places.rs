//! Where a field of a file goes in a user.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::sources::draft::{Draft, IMPORTED};
use crate::sources::fields::{Flag, Object, Text, shown_name};
use crate::sources::rows::Cell;
use crate::sources::values::{
    date, flag, has_blank_end, is_nothing, is_shallow, object, parsed, put, text, too_deep, wants,
};

/// Parts of the name of a column, `custom_password_hash.hash.key.value` the longest that an import takes.
pub(crate) const MOST_LEVELS: usize = 4;

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
    /// Another name in `app_metadata.imported`.
    Old(&'static str),
    /// The same for a date, whose numbers become a date that can be read.
    Date(&'static str),
    /// An id that is used if there is no better one.
    OldId,
    Hash,
    Salt,
    /// How a hash was made, if another column says so.
    HashFormat,
    /// Who signs the user in.
    Provider,
    /// An account there, by which the user signs in.
    SignsInWith(&'static str),
    /// A flag, or a list, that tells of a second factor which an import cannot bring.
    LostFactor,
    /// A set date means that the user is gone.
    Deleted,
    With(fn(&mut Draft, Cell<'_>) -> Result<(), String>),
    /// The same for what holds the hash.
    WithHash(fn(&mut Draft, Cell<'_>) -> Result<(), String>),
    /// Known, and of no use to an import: tokens, counters, times of locks.
    Nothing,
}

/// The place of a column: what a source or a mapping says of it.
pub(crate) enum Target {
    Take(Take),
    /// Inside metadata or a hash.
    Path(Object, Vec<String>),
    /// It is not mapped, and nobody asked for that.
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

impl Take {
    fn in_words(self) -> String {
        match self {
            Take::Text(field) => field.name().to_string(),
            Take::Flag(field) => field.name().to_string(),
            Take::Not(field) => format!("{}, reversed", field.name()),
            Take::Since(field) => format!("{}, true if there is a date", field.name()),
            Take::BlockedUntil => "blocked, until that date".to_string(),
            Take::Object(object) => object.name().to_string(),
            Take::Factors => "mfa_factors".to_string(),
            Take::Old(name) | Take::Date(name) => format!("app_metadata.{IMPORTED}.{name}"),
            Take::OldId => "user_id, if there is no other".to_string(),
            Take::Hash | Take::WithHash(_) => "password_hash or custom_password_hash".to_string(),
            Take::Salt => "custom_password_hash, with the hash".to_string(),
            Take::HashFormat => "says how the hash was made".to_string(),
            Take::Provider | Take::SignsInWith(_) => {
                "says which provider signs the user in".to_string()
            }
            Take::LostFactor => {
                "says whether the user must enrol a second factor again".to_string()
            }
            Take::Deleted => "leaves the row out if there is a date".to_string(),
            Take::With(_) => "several fields, depending on what is in it".to_string(),
            Take::Nothing => "nowhere, since an import has no use for it".to_string(),
        }
    }
}

impl Target {
    /// Where the cells of such a field go, as a table tells it.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Target::Dropped => NOWHERE.to_string(),
            // Each key may be somebody's word, but these stand in what the reader wrote or as the column's name.
            Target::Path(object, path) => {
                let path: Option<Vec<String>> = path.iter().map(|key| shown_name(key)).collect();
                let path = path.map_or(String::new(), |path| format!(".{}", path.join(".")));
                format!("{}{path}", object.name())
            }
            Target::Take(take) => take.in_words(),
        }
    }

    pub(crate) fn is_email(&self) -> bool {
        matches!(self, Target::Take(Take::Text(Text::Email)))
    }
}

/// Where an unknown field goes.
pub(crate) const NOWHERE: &str = "nowhere";

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
/// Names that a file may use for other things: `hash` and `salt` only count in a mapping.
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

impl Draft {
    /// Puts a cell where it belongs.
    pub(crate) fn take(&mut self, target: &Target, cell: Cell<'_>) -> Result<(), String> {
        // Most cells are text, and a million users have many.
        if let Target::Take(Take::Text(field)) = target {
            return self.take_text(*field, cell);
        }
        let is_null = matches!(&cell, Cell::Text(text) if is_nothing(text));
        if cell.is_nothing() || is_null {
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
            Take::Text(field) => self.take_text(field, cell)?,
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
            Take::SignsInWith(provider) => self.signs_in_with(provider),
            Take::LostFactor => self.lost_factor |= has_factor(&cell)?,
            Take::Deleted => {
                if is_deleted(cell)? {
                    self.leave_out("deleted");
                }
            }
            Take::With(take) | Take::WithHash(take) => return take(self, cell),
            Take::Nothing => {}
        }
        Ok(())
    }

    fn take_text(&mut self, field: Text, cell: Cell<'_>) -> Result<(), String> {
        if cell.is_nothing() {
            return Ok(());
        }
        let mut text = match cell {
            Cell::Text(text) => text,
            cell => Cow::Owned(text(field.name(), cell)?),
        };
        if has_blank_end(&text) {
            match field.may_have_blanks() {
                true => self.blanks = Some(field.name()),
                false => text = Cow::Owned(text.trim().to_string()),
            }
        }
        // `Null` and `null` are names of people; databases write the others.
        if matches!(&*text, "\\N" | "NULL") || !field.may_have_blanks() && is_nothing(&text) {
            return Ok(());
        }
        let text = text.into_owned();
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
            // In other systems the value is often not one that the import's field of that name takes.
            Text::PasswordHash => self.hash = Some(text),
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
        let is_text = matches!(cell, Cell::Text(_));
        let object = object(field.name(), cell)?;
        // Databases write `{}` where nothing was set.
        if is_text && object.is_empty() {
            return Ok(());
        }
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

/// Whether a flag, or a list or JSON of one, tells of a factor.
fn has_factor(cell: &Cell<'_>) -> Result<bool, String> {
    let is_filled = |value: &Value| value.as_array().map(|list| !list.is_empty());
    let list = match cell {
        Cell::Json(value) => is_filled(value),
        Cell::Text(text) if text.starts_with('[') => parsed(text).as_ref().and_then(is_filled),
        Cell::Text(_) => None,
    };
    match list {
        Some(has_factor) => Ok(has_factor),
        None => Ok(flag("the second factor", cell)? == Some(true)),
    }
}

/// Whether a date of deletion, or a flag for it, says so.
fn is_deleted(cell: Cell<'_>) -> Result<bool, String> {
    match &cell {
        // As MongoDB exports a date.
        Cell::Json(Value::Object(_)) => Ok(date(cell).is_some()),
        _ => Ok(flag("deleted", &cell)? == Some(true)),
    }
}
