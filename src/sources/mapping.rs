//! Where each field of a file goes: by the reader's mapping, by what is known about the source, and by the import's own names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::passwords::hashes::encodings::BASE64;
use crate::passwords::hashes::stored::StoredHash;
use crate::passwords::recipe::column::unmarked;
use crate::say::{holds_marker, listed};
use crate::sources::draft::Draft;
use crate::sources::fields::{MOST_NAME_CHARS, Text, shown_name};
use crate::sources::known::{Known, known};
use crate::sources::options::ReadOptions;
use crate::sources::places::{FIELDS, MOST_LEVELS, OWN_FIELDS, Take, Target, target_of};
use crate::sources::rows::Cell;
use crate::sources::values::{is_date, is_nothing, is_shallow, parsed, too_deep};
use base64::Engine;

/// How many dropped names are shown.
const MOST_DROPPED: usize = 30;
/// How many field names are kept; each line of a JSON file may have different names.
const MOST_PLACES: usize = 1_000;
/// Digits and letters of the shortest text that is taken for a hash by its looks.
const SHORTEST_HASH: usize = 24;
/// Letters of an address of Ethereum, with its mark.
const ADDRESS: usize = 42;
/// Lengths of digests in bytes.
const DIGESTS: [usize; 8] = [16, 20, 24, 28, 32, 40, 48, 64];

/// Names that can only mean one field, without their blanks and signs.
const ALIASES: [(&str, &str); 20] = [
    ("email", "email"),
    ("emailaddress", "email"),
    ("mail", "email"),
    ("mailaddress", "email"),
    ("useremail", "email"),
    ("primaryemail", "email"),
    ("emailverified", "email_verified"),
    ("phonenumber", "phone_number"),
    ("userid", "user_id"),
    ("username", "username"),
    ("firstname", "given_name"),
    ("givenname", "given_name"),
    ("forename", "given_name"),
    ("lastname", "family_name"),
    ("familyname", "family_name"),
    ("surname", "family_name"),
    ("fullname", "name"),
    ("displayname", "name"),
    ("name", "name"),
    ("nickname", "nickname"),
];

/// A field of a file and its place.
struct Column {
    target: Target,
    hint: Hint,
    /// Rows in which there is something in it.
    filled: u64,
    /// Fields within it have places of their own.
    goes_into: bool,
}

/// What a name says of hashes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hint {
    Password,
    /// Ids, tokens and keys look like hashes, but are not.
    Other,
    None,
}

/// The places of all fields of a file.
pub(crate) struct Mapping {
    options: ReadOptions,
    known: &'static Known,
    /// The columns of CSV, in their order.
    columns: Vec<Column>,
    names: Vec<String>,
    /// The fields of the other forms, by their names.
    places: Vec<(String, Column)>,
    /// The one that comes next, if the fields of a row stand in the order of the row before.
    next: usize,
    /// A name of a column holds one of the kernel's words.
    pub(crate) names_hold_marker: bool,
    /// Each text has an apostrophe in front, as in Auth0's CSV.
    pub(crate) is_quoted: bool,
    pub(crate) dropped: BTreeSet<String>,
    /// A field of hashes that is not mapped.
    pub(crate) unmapped: Option<String>,
    /// All of those, and in how many rows.
    pub(crate) lost: BTreeMap<String, u64>,
}

/// A field of the file as it was read so far: what a page may call it, in how many rows there is something in it, and where that goes.
#[derive(Clone, Debug)]
pub(crate) struct SeenField {
    pub(crate) name: String,
    pub(crate) filled: u64,
    pub(crate) goes: String,
}

/// Names of fields may be somebody's data, in a file that is another than it looks.
impl std::fmt::Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} columns, {:?}", self.columns.len(), self.options)
    }
}

impl Mapping {
    /// For a file from this source. A mapping to something that is not a field is refused.
    pub(crate) fn new(
        path: &Path,
        known: &'static Known,
        options: &ReadOptions,
    ) -> Result<Mapping> {
        for (column, field) in &options.mapping {
            if target_of(field, &FIELDS).is_none() {
                return Err(Error::mapped_to_no_field(
                    path,
                    &shown(column),
                    &shown(field),
                ));
            }
            check_levels(path, field)?;
        }
        Ok(Mapping {
            options: options.clone(),
            known,
            columns: Vec::new(),
            names: Vec::new(),
            places: Vec::new(),
            next: 0,
            names_hold_marker: false,
            is_quoted: false,
            dropped: BTreeSet::new(),
            unmapped: None,
            lost: BTreeMap::new(),
        })
    }

    /// Sets the columns of a CSV file, and refuses those that cannot be used.
    pub(crate) fn set_columns(&mut self, path: &Path, names: Vec<String>) -> Result<()> {
        let has_word = names.iter().any(|name| has_word(name));
        let told = || match has_word {
            true => format!("it has: {}", told(&names)),
            false => "its first line may not be a heading, so it is not shown".to_string(),
        };
        let missing = |(from, _): &&(String, String)| !names.contains(from);
        if let Some((missing, _)) = self.options.mapping.iter().find(missing) {
            return Err(Error::missing_column(path, &shown(missing), &told()));
        }
        self.columns = names.iter().map(|name| self.column(name)).collect();
        let gives_email = |column: &Column| {
            matches!(
                column.target,
                Target::Take(Take::Text(Text::Email) | Take::With(_))
            )
        };
        let is_plain = self.known.fields.len() <= 1;
        if is_plain && !self.columns.iter().any(gives_email) {
            return Err(Error::no_email_column(path, &told()));
        }
        for (index, (name, column)) in names.iter().zip(&self.columns).enumerate() {
            let is_used = !matches!(column.target, Target::Dropped | Target::Take(Take::Nothing));
            if is_used && names[..index].contains(name) {
                return Err(Error::column_twice(path, &shown(name)));
            }
            check_levels(path, name)?;
        }
        let marked = |name: &String| holds_marker(&Value::from(name.as_str()));
        let mapped = self.options.mapping.iter();
        self.names_hold_marker =
            names.iter().any(marked) || mapped.clone().any(|(_, field)| marked(field));
        self.names = names;
        Ok(())
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The field that holds hashes, as far as one is named.
    pub(crate) fn hash_column(&self) -> String {
        let is_hash = |column: &&Column| {
            matches!(column.target, Target::Take(Take::Hash | Take::WithHash(_)))
        };
        let mut columns = self.columns.iter().zip(&self.names);
        let name = columns
            .find(|(column, _)| is_hash(column))
            .map(|(_, name)| name);
        let place = || {
            let mut places = self.places.iter();
            places
                .find(|(_, column)| is_hash(&column))
                .map(|(name, _)| name)
        };
        name.or_else(place)
            .map_or("the hash".to_string(), |name| format!("`{}`", shown(name)))
    }

    fn column(&self, name: &str) -> Column {
        Column {
            target: self.target(name),
            hint: hint(name),
            filled: 0,
            goes_into: self.goes_into(name),
        }
    }

    fn target(&self, name: &str) -> Target {
        let mapped = self.options.mapping.iter().find(|(from, _)| from == name);
        if let Some((_, field)) = mapped {
            return target_of(field, &FIELDS).unwrap_or(Target::Dropped);
        }
        if self
            .options
            .leave_out
            .iter()
            .any(|left_out| left_out == name)
        {
            return Target::Take(Take::Nothing);
        }
        let own = || target_of(name, &FIELDS[..OWN_FIELDS]);
        let alias = || {
            let plain = plain(name);
            let found = ALIASES.iter().find(|(alias, _)| *alias == plain);
            found.and_then(|(_, field)| target_of(field, &FIELDS))
        };
        let found = self.known.target(name).or_else(own);
        match found {
            None if !self.options.is_strict => alias().unwrap_or(Target::Dropped),
            found => found.unwrap_or(Target::Dropped),
        }
    }

    /// Puts a cell of the column of that number where it belongs.
    pub(crate) fn take_cell(
        &mut self,
        draft: &mut Draft,
        index: usize,
        cell: Cell<'_>,
    ) -> std::result::Result<(), String> {
        let column = &mut self.columns[index];
        column.filled += u64::from(holds(&cell));
        if !matches!(column.target, Target::Dropped) {
            return draft.take(&column.target, cell);
        }
        if cell.is_nothing() {
            return Ok(());
        }
        let holds_hash = looks_like_hash(column.hint, &cell);
        drop_name(&mut self.dropped, &self.names[index]);
        self.note_unmapped(holds_hash, index)
    }

    fn note_unmapped(&mut self, holds_hash: bool, index: usize) -> std::result::Result<(), String> {
        match holds_hash {
            true => {
                let name = shown(&self.names[index]);
                Err(self.unmapped(name))
            }
            false => Ok(()),
        }
    }

    fn unmapped(&mut self, name: String) -> String {
        let fault = format!(
            "has what looks like a password hash in `{name}`, which is not mapped: map it with ReadOptions::map, or name it in leave_out"
        );
        if self.lost.len() < MOST_DROPPED || self.lost.contains_key(&name) {
            *self.lost.entry(name.clone()).or_default() += 1;
        }
        self.unmapped.get_or_insert(name);
        fault
    }

    /// Puts a field with that name where it belongs; it descends into objects whose contents are known.
    pub(crate) fn take_field(
        &mut self,
        draft: &mut Draft,
        name: &str,
        cell: Cell<'_>,
    ) -> std::result::Result<(), String> {
        // By this way go most: text of the field that comes next in each row.
        if let Some((next, column)) = self.places.get_mut(self.next)
            && next == name
            && matches!(column.target, Target::Take(Take::Text(_)))
            && matches!(cell, Cell::Text(_))
        {
            self.next += 1;
            column.filled += u64::from(holds(&cell));
            return draft.take(&column.target, cell);
        }
        if let Cell::Json(value @ (Value::Array(_) | Value::Object(_))) = &cell
            && !is_shallow(value)
        {
            return Err(too_deep());
        }
        let mut made;
        let column = match self.place(name) {
            Some(place) => &mut self.places[place].1,
            // There are too many names to keep them all.
            None => {
                made = self.column(name);
                &mut made
            }
        };
        let goes_into = column.goes_into;
        let is_object = matches!(&cell, Cell::Json(Value::Object(_)));
        column.filled += u64::from(holds(&cell) && !(goes_into && is_object));
        match matches!(column.target, Target::Dropped) || goes_into && is_object {
            false => draft.take(&column.target, cell),
            true => {
                let hint = column.hint;
                self.take_dropped(draft, name, cell, hint, goes_into)
            }
        }
    }

    /// Where the field of that name stands among the places.
    fn place(&mut self, name: &str) -> Option<usize> {
        let (before, behind) = self.places.split_at(self.next.min(self.places.len()));
        let is_it = |(other, _): &(String, Column)| other == name;
        let found = behind.iter().position(is_it).map(|at| before.len() + at);
        let found = found.or_else(|| before.iter().position(is_it));
        let found = found.or_else(|| {
            (self.places.len() < MOST_PLACES).then(|| {
                let column = self.column(name);
                self.places.push((name.to_string(), column));
                self.places.len() - 1
            })
        })?;
        self.next = found + 1;
        Some(found)
    }

    /// Fields that are mapped, and that no row had so far. Columns are asked for when the heading is read.
    pub(crate) fn absent(&self) -> Vec<&str> {
        if !self.columns.is_empty() || self.places.len() >= MOST_PLACES {
            return Vec::new();
        }
        let is_seen = |name: &str| self.places.iter().any(|(seen, _)| seen == name);
        let mapped = self.options.mapping.iter().map(|(from, _)| from.as_str());
        mapped.filter(|from| !is_seen(from)).collect()
    }

    /// The names of the fields that rows had, as a sentence tells them.
    pub(crate) fn seen(&self) -> String {
        let names = self.places.iter().map(|(name, _)| name.clone());
        told(&names.take(MOST_DROPPED).collect::<Vec<_>>())
    }

    fn goes_into(&self, name: &str) -> bool {
        let is_within = |field: &str| {
            field
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.known.goes_into(name)
            || self.options.mapping.iter().any(|(from, _)| is_within(from))
            || self.options.leave_out.iter().any(|field| is_within(field))
    }

    fn take_dropped(
        &mut self,
        draft: &mut Draft,
        name: &str,
        cell: Cell<'_>,
        hint: Hint,
        goes_into: bool,
    ) -> std::result::Result<(), String> {
        if cell.is_nothing() {
            return Ok(());
        }
        if goes_into && let Cell::Json(Value::Object(fields)) = cell {
            for (inner, value) in fields {
                self.take_field(draft, &format!("{name}.{inner}"), value.into())?;
            }
            return Ok(());
        }
        drop_name(&mut self.dropped, name);
        match looks_like_hash(hint, &cell) {
            true => Err(self.unmapped(shown(&place_of_hash(name, &cell)))),
            false => Ok(()),
        }
    }

    /// Every field of the file, in the order in which they stand there or came.
    pub(crate) fn fields(&self) -> Vec<SeenField> {
        // The first line of a file whose columns have no word for a name may be somebody's data.
        let are_names = self.names.iter().any(|name| has_word(name));
        let seen = |name: &String, column: &Column| SeenField {
            name: shown_name(name)
                .filter(|_| are_names || self.names.is_empty())
                .unwrap_or_else(|| HIDDEN_NAME.to_string()),
            filled: column.filled,
            goes: self.goes(name, &column.target),
        };
        let columns = self.names.iter().zip(&self.columns);
        let columns = columns.map(|(name, column)| seen(name, column));
        // A field whose inner fields have their own places goes where they go.
        let places = self.places.iter();
        let places = places.filter(|(_, column)| !column.goes_into || column.filled > 0);
        columns
            .chain(places.map(|(name, column)| seen(name, column)))
            .collect()
    }

    fn goes(&self, name: &str, target: &Target) -> String {
        match target {
            Target::Take(Take::Nothing)
                if self.options.leave_out.iter().any(|left| left == name) =>
            {
                "nowhere, since leave_out names it".to_string()
            }
            target => target.in_words(),
        }
    }

    /// The names of what went nowhere, as a sentence tells them.
    pub(crate) fn dropped_in_words(&mut self) -> Option<String> {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped.is_empty() {
            return None;
        }
        let more = if dropped.len() > MOST_DROPPED {
            " and others"
        } else {
            ""
        };
        let names: Vec<String> = dropped.into_iter().take(MOST_DROPPED).collect();
        Some(format!(
            "{}{more}",
            listed(names.iter().map(String::as_str))
        ))
    }
}

/// The mapping of a file whose source is known.
pub(crate) fn mapping_for(
    path: &Path,
    source: crate::sources::known::Source,
    options: &ReadOptions,
) -> Result<Mapping> {
    Mapping::new(path, known(source), options)
}

/// Whether a cell has a value. Databases write a word for an empty one.
fn holds(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Text(text) => !text.is_empty() && !is_nothing(text),
        Cell::Json(value) => !value.is_null(),
    }
}

fn drop_name(dropped: &mut BTreeSet<String>, name: &str) {
    // One more than is shown, which says that there are more.
    if dropped.len() <= MOST_DROPPED {
        dropped.insert(shown(name));
    }
}

/// What stands for a name that may be somebody's data.
const HIDDEN_NAME: &str = "<hidden>";

/// A name as a sentence may have it.
pub(crate) fn shown(name: &str) -> String {
    shown_name(name).unwrap_or_else(|| HIDDEN_NAME.to_string())
}

fn told(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
    listed(names.iter().map(String::as_str))
}

fn check_levels(path: &Path, name: &str) -> Result<()> {
    let levels = name.split('.').count();
    if levels > MOST_LEVELS {
        return Err(Error::deep_column(path, &shown(name), levels, MOST_LEVELS));
    }
    Ok(())
}

/// A name in lower case without blanks and signs.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_ascii_alphanumeric());
    letters
        .map(|c| c.to_ascii_lowercase())
        .take(MOST_NAME_CHARS)
        .collect()
}

/// Whether a name can only be that of an e-mail.
pub(crate) fn says_email(name: &str) -> bool {
    let plain = plain(name);
    ALIASES
        .iter()
        .any(|(alias, field)| *field == "email" && *alias == plain)
}

/// Whether a name is made of a word that headings have: only then are the others of its line shown.
fn has_word(name: &str) -> bool {
    const WORDS: [&str; 22] = [
        "mail", "name", "user", "id", "first", "last", "given", "family", "phone", "password",
        "passwd", "pw", "hash", "salt", "created", "verified", "column", "role", "group", "login",
        "status", "plan",
    ];
    let name = name.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        WORDS.contains(&word)
            || WORDS
                .iter()
                .any(|known| known.len() > 3 && word.ends_with(known))
    })
}

fn hint(name: &str) -> Hint {
    const PASSWORDS: [&str; 6] = ["password", "passwd", "pwd", "hash", "digest", "crypt"];
    const OTHERS: [&str; 16] = [
        "id", "uuid", "guid", "token", "key", "stamp", "etag", "checksum", "session", "avatar",
        "picture", "photo", "image", "url", "code", "nonce",
    ];
    let plain = plain(name);
    let last = plain.as_str();
    if PASSWORDS.iter().any(|word| last.ends_with(word)) || ["pass", "pw", "secret"].contains(&last)
    {
        Hint::Password
    } else if OTHERS.iter().any(|word| last.ends_with(word)) {
        Hint::Other
    } else {
        Hint::None
    }
}

/// Whether an unmapped cell may be a password hash, or a password.
fn looks_like_hash(hint: Hint, cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Text(text) => is_hash_like(hint, text.trim()),
        Cell::Json(value) => holds_hash(hint, value),
    }
}

/// The name by which a mapping finds the hash: within objects it has theirs in front.
fn place_of_hash(name: &str, cell: &Cell<'_>) -> String {
    let mut place = name.to_string();
    let mut inner = match cell {
        Cell::Json(value) => Some(value),
        Cell::Text(_) => None,
    };
    let is_hash = |(name, value): &(&String, &Value)| holds_hash(hint(name), value);
    while let Some((name, value)) = inner
        .and_then(Value::as_object)
        .and_then(|fields| fields.iter().find(is_hash))
    {
        place = format!("{place}.{name}");
        inner = Some(value);
    }
    place
}

fn holds_hash(outer: Hint, value: &Value) -> bool {
    match value {
        Value::String(text) => is_hash_like(outer, text.trim()),
        Value::Array(items) => items.iter().any(|item| holds_hash(outer, item)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| holds_hash(hint(name), value)),
        _ => false,
    }
}

fn is_hash_like(hint: Hint, text: &str) -> bool {
    if hint == Hint::Password {
        let is_flag = crate::sources::values::flag("", &Cell::Text(text.into())).is_ok();
        return text.len() > 3 && !is_flag && !is_date(text);
    }
    if text.len() < SHORTEST_HASH || text.len() > 4_096 {
        return false;
    }
    // JSON of a hash and its salt, as Keycloak's tables have it.
    if text.starts_with("{\"") && text.contains("\"salt\"") {
        return parsed(text).is_some_and(|value| holds_hash(hint, &value));
    }
    if may_speak(text)
        && matches!(
            StoredHash::read(text),
            StoredHash::Bcrypt(_) | StoredHash::Custom(_) | StoredHash::Impossible { .. }
        )
    {
        return true;
    }
    // An address of Ethereum looks like a sha1 of SQL Server's.
    let is_address = text.starts_with("0x") && text.len() == ADDRESS;
    hint == Hint::None && !is_address && is_digest(unmarked(text))
}

/// Whether a text can be a hash that says how it was made. This is a quick test, since most unmapped cells are not hashes.
fn may_speak(text: &str) -> bool {
    /// Beginnings of what is base64 or hex: ASP.NET Identity's, Liferay's, and bytes as databases write them.
    const STARTS: [&str; 5] = ["AQAAAA", "AAAAo", "\\x", "0x", "scrypt:"];
    /// Letters of the shortest part that is a hash of a row of them.
    const LONGEST_OTHER: usize = 23;
    let is_row = || {
        let is_long = |part: &str| part.len() > LONGEST_OTHER;
        !text.contains("//") && text.contains(':') && text.split(':').any(is_long)
    };
    // MembershipReboot's: iterations in hex, a dot, and base64.
    let is_counted = || {
        let parts = text.split_once('.');
        parts.is_some_and(|(count, hash)| count.len() <= 8 && hash.starts_with('A'))
    };
    text.contains('$')
        || text.starts_with('{')
        || STARTS.iter().any(|start| text.starts_with(start))
        || is_row()
        || is_counted()
}

/// Hex of a digest's length, or base64 of one.
pub(crate) fn is_digest(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|byte| kind(&byte));
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex {
        return text.len() >= 32
            && text.len().is_multiple_of(8)
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic);
    }
    let mixed =
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    mixed
        && text.bytes().all(is_base64)
        && BASE64
            .decode(text)
            .is_ok_and(|bytes| DIGESTS.contains(&bytes.len()))
}

/// Whether a cell of a first line is somebody's data and no name of a column.
pub(crate) fn is_data(cell: &str) -> bool {
    let cell = cell.trim();
    let is_number = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = cell.len() == 36 && cell.bytes().filter(|byte| *byte == b'-').count() == 4;
    let is_flag = cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false");
    let is_address = crate::users::email::is_email(cell) || cell.contains("://");
    is_number || is_id || is_flag || is_address || is_date(cell) || is_hash_like(Hint::None, cell)
}
