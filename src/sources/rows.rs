//! A row of a file as it was read: its fields by their names, whatever the file's form.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::sources::bytes::Encoding;
use crate::users::User;
use crate::words::grouped;

/// Bytes of the longest row that is read: no user of that size could be imported (see `MAX_UPLOAD_BYTES`).
pub(crate) const LONGEST_ROW: usize = 4 * 1024 * 1024;

/// Why a row is not given.
#[derive(Debug)]
pub(crate) enum Fault {
    /// This row cannot be read; those after it can.
    Row(String),
    /// The file cannot be read any further.
    File(io::Error),
}

pub(crate) fn too_long(hint: &str) -> String {
    let most = grouped(LONGEST_ROW);
    format!("has over {most} bytes, far more than an import takes{hint}")
}

/// Values of a row at most: lists and objects of a few bytes take a hundred times as many in memory.
const MOST_ROW_VALUES: usize = 100_000;

/// Refuses a row that can hold more values, before any of it is read as JSON.
pub(crate) fn check_values(row: &str) -> Result<(), Fault> {
    // Each value has a byte at least, so most rows are not looked through.
    if row.len() <= MOST_ROW_VALUES {
        return Ok(());
    }
    check_count(signs(row.as_bytes())).map_err(Fault::Row)
}

/// As many values as JSON can hold: it has so many signs that one follows. Those in texts are counted too.
fn signs(json: &[u8]) -> usize {
    json.iter().filter(|byte| b"[{,".contains(byte)).count()
}

/// Refuses a user whose own line could not be read again: a row in another form can have fewer signs than that line.
pub(crate) fn check_written(user: &User, row_bytes: usize) -> Result<(), String> {
    // Most rows are far too short for that, and are not written.
    if row_bytes <= MOST_ROW_VALUES / 2 {
        return Ok(());
    }
    let mut written = Signs(0);
    serde_json::to_writer(&mut written, user)
        .map_err(|_| "cannot be written as JSON".to_string())?;
    check_count(written.0)
}

/// Counts the signs of what is written, and keeps none of it: a user has secrets.
struct Signs(usize);

impl Write for Signs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += signs(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same of values that were counted.
pub(crate) fn check_count(values: usize) -> Result<(), String> {
    if values <= MOST_ROW_VALUES {
        return Ok(());
    }
    let most = grouped(MOST_ROW_VALUES);
    Err(format!(
        "has over {most} values, far more than a person has"
    ))
}

pub(crate) fn undecoded(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 | Encoding::Latin1 => {
            "is not UTF-8 (it may be Latin-1): save the file as UTF-8, or read it with Encoding::Latin1"
        }
        Encoding::Utf16Le | Encoding::Utf16Be => "is not UTF-16: save the file as UTF-8",
    }
}

/// What a field holds: text, as most do, or another value of JSON.
#[derive(Clone, Debug)]
pub(crate) enum Cell<'a> {
    Text(Cow<'a, str>),
    Json(Value),
}

impl Cell<'_> {
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Cell::Text(text) => text.is_empty(),
            Cell::Json(value) => value.is_null(),
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Cell::Text(text) => Value::String(text.into_owned()),
            Cell::Json(value) => value,
        }
    }
}

impl From<Value> for Cell<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Cell::Text(Cow::Owned(text)),
            value => Cell::Json(value),
        }
    }
}

/// Reads a JSON object field by field, each of which goes to the function. Returns the first fault that it finds; the rest of
/// the object is still read, since it may not be an object.
pub(crate) struct EachField<F>(pub(crate) F);

impl<'de, F> DeserializeSeed<'de> for EachField<F>
where
    F: FnMut(&str, Cell<'_>) -> Result<(), String>,
{
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F> Visitor<'de> for EachField<F>
where
    F: FnMut(&str, Cell<'_>) -> Result<(), String>,
{
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fault = None;
        while let Some(Name(name)) = map.next_key()? {
            let cell = map.next_value()?;
            // Of a row that fails it is known all the same which fields it has.
            if let Err(first) = (self.0)(&name, cell) {
                fault.get_or_insert(first);
            }
        }
        Ok(fault)
    }
}

/// A key, borrowed where it can be.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name<'a>, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_string())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell<'a>, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Cell<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(Cow::Owned(text.to_string())))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Cell<'de>, E> {
                Ok(Cell::Json(flag.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Cell<'de>, E> {
                Ok(Cell::Json(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Cell<'de>, E> {
                Ok(Cell::Json(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Cell<'de>, E> {
                Ok(Cell::Json(number.into()))
            }

            fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
                Ok(Cell::Json(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Cell<'de>, A::Error> {
                Value::deserialize(SeqAccessDeserializer::new(seq)).map(Cell::Json)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell<'de>, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(map)).map(Cell::Json)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
