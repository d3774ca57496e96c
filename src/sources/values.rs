//! What a value must be: text, true or false, a date, an object; and the sentence if it is not.

use serde_json::{Map, Value};

use crate::sources::rows::Cell;

/// Lists and objects within each other in one user: each level takes stack from everybody who reads it.
const MOST_NESTED: usize = 32;
/// Digits of a time in UNIX seconds and in milliseconds, this century.
const SECONDS_DIGITS: std::ops::RangeInclusive<usize> = 9..=11;
const MILLIS_DIGITS: std::ops::RangeInclusive<usize> = 12..=14;

/// What is wrong with a value: the field and the required kind, but never the value, which may be a hash.
pub(crate) fn wants(field: &str, kind: &str) -> String {
    format!("is not a user: {field} must be {kind}")
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
            "text, and a number with this many digits loses some: put it in quotes",
        )),
        Cell::Json(Value::Number(number)) => Ok(number.to_string()),
        Cell::Json(_) => Err(wants(field, "text")),
    }
}

/// What a text says of true and false: the words of databases and sheets, or a date since which it is true.
pub(crate) fn flag(field: &str, cell: &Cell<'_>) -> Result<Option<bool>, String> {
    let kind = "true or false (or yes or no, 1 or 0, t or f, or the date since when it is true)";
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
    // 31-DEC-24, as Oracle has it.
    let has_month = (1..=2).contains(&digits)
        && bytes.get(digits) == Some(&b'-')
        && bytes.get(digits + 4) == Some(&b'-')
        && bytes[digits + 1..digits + 4]
            .iter()
            .all(u8::is_ascii_alphabetic)
        && bytes[digits + 5..]
            .iter()
            .take(2)
            .filter(|byte| byte.is_ascii_digit())
            .count()
            == 2;
    is_iso || is_time || is_local || has_month
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
            let inner = inner.get("$date").or(inner.get("$numberLong"));
            return inner.cloned().and_then(|inner| date(inner.into()));
        }
        Cell::Json(_) => None,
    }?;
    if number.is_empty() || is_no_date(&number) || is_nothing(&number) {
        return None;
    }
    let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(date) = general_time(&number) {
        return Some(Value::String(date));
    }
    let seconds = match number.parse::<u64>() {
        Ok(seconds) if is_digits && SECONDS_DIGITS.contains(&number.len()) => seconds,
        Ok(millis) if is_digits && MILLIS_DIGITS.contains(&number.len()) => millis / 1_000,
        _ => return Some(Value::String(number)),
    };
    let utc = crate::words::utc(seconds);
    let text = utc.strip_suffix(" UTC").unwrap_or(&utc).replace(' ', "T");
    Some(Value::String(format!("{text}:{:02}Z", seconds % 60)))
}

/// The time of a directory, `20240115103000Z` or with a fraction, as other dates are written.
fn general_time(text: &str) -> Option<String> {
    let digits = text.get(..14)?;
    let (is_time, rest) = (
        digits.bytes().all(|byte| byte.is_ascii_digit()),
        &text[14..],
    );
    let rest = rest.strip_suffix('Z')?;
    let is_fraction = rest.is_empty() || rest.starts_with(['.', ',']);
    (is_time && is_fraction).then(|| {
        let part = |from: usize, to: usize| &digits[from..to];
        format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14)
        )
    })
}

/// Whether a text may begin or end with white space. Letters of ASCII say at once that it does not.
pub(crate) fn has_blank_end(text: &str) -> bool {
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_plain(bytes.first()) && is_plain(bytes.last()) {
        return false;
    }
    text.trim().len() < text.len()
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
        Value::Array(_) => Err(wants(field, "an object, not a list")),
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

/// Whether a value has no more levels than a user may have.
pub(crate) fn is_shallow(value: &Value) -> bool {
    is_within(value, MOST_NESTED)
}

/// The same of the fields of an object, which is a level itself.
pub(crate) fn are_shallow(object: &Map<String, Value>) -> bool {
    object
        .values()
        .all(|value| is_within(value, MOST_NESTED - 1))
}

pub(crate) fn too_deep() -> String {
    format!("has lists or objects nested over {MOST_NESTED} levels deep")
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
