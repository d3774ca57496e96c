//! An answer by its form: its status, its keys in their order with the kinds of their values, and the words that Auth0 chose.
//! Whatever is one tenant's own is masked as it is read.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserializer, Serialize};
use serde_json::Value;

use crate::compare::masks::Masks;
use crate::tenant::request::Answer;

/// Fields whose texts are Auth0's own words.
const WORDS: [&str; 13] = [
    "status",
    "type",
    "code",
    "message",
    "error",
    "errorCode",
    "error_description",
    "path",
    "provider",
    "strategy",
    "status_details",
    "format",
    "content-type",
];
/// Fields whose numbers say something whatever the tenant.
const NUMBERS: [&str; 8] = [
    "statusCode",
    "inserted",
    "updated",
    "failed",
    "total",
    "start",
    "limit",
    "length",
];
/// Keys of an object and items of a list that are kept.
const MOST_KEYS: usize = 100;
const MOST_ITEMS: usize = 40;

/// A value by its form. An object keeps the order of its keys, which `serde_json::Value` does not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// `null`, yes or no, a number, a text.
    Plain(Value),
    List(Vec<Shape>),
    Object(Vec<(String, Shape)>),
}

impl Shape {
    pub(crate) fn text(text: impl Into<String>) -> Shape {
        Shape::Plain(Value::String(text.into()))
    }

    pub(crate) fn object<const N: usize>(fields: [(&str, Shape); N]) -> Shape {
        let fields = fields.into_iter();
        Shape::Object(
            fields
                .map(|(name, shape)| (name.to_string(), shape))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Shape> {
        match self {
            Shape::Object(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, it)| it),
            _ => None,
        }
    }

    /// The text at the end of a path of names.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        let end = path.iter().try_fold(self, |shape, name| shape.get(name));
        match end? {
            Shape::Plain(value) => value.as_str(),
            _ => None,
        }
    }

    /// Status, content type and body of an answer.
    pub(crate) fn of(answer: &Answer, masks: &Masks) -> Shape {
        let status = Shape::Plain(answer.status.as_u16().into());
        let mut fields = vec![("status".to_string(), status)];
        let kind = answer
            .header("content-type")
            .map(|kind| masks.sentence(&kind));
        if let Some(kind) = kind {
            fields.push(("content-type".to_string(), Shape::text(kind)));
        }
        fields.push(("body".to_string(), Shape::of_body(answer, masks)));
        Shape::Object(fields)
    }

    fn of_body(answer: &Answer, masks: &Masks) -> Shape {
        let none = match answer.body.is_empty() {
            true => "nothing",
            false => "no JSON",
        };
        Shape::read(&answer.body, answer, masks).unwrap_or_else(|| Shape::text(none))
    }

    /// JSON of an answer; `None` where it cannot be read, or is too large.
    fn read(json: &[u8], answer: &Answer, masks: &Masks) -> Option<Shape> {
        if answer.unreadable().is_some() {
            return None;
        }
        let reader = Reader {
            answer,
            masks,
            field: "",
        };
        let mut json = serde_json::Deserializer::from_slice(json);
        reader.deserialize(&mut json).ok()
    }

    /// Where two answers differ: the place in the first's words, then both.
    pub(crate) fn differences(&self, other: &Shape) -> Vec<[String; 3]> {
        let mut found = Vec::new();
        compare("", Some(self), Some(other), &mut found);
        found
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Shape::Plain(value) => value.serialize(serializer),
            Shape::List(items) => items.serialize(serializer),
            Shape::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, shape) in fields {
                    map.serialize_entry(name, shape)?;
                }
                map.end()
            }
        }
    }
}

fn compare(place: &str, one: Option<&Shape>, other: Option<&Shape>, found: &mut Vec<[String; 3]>) {
    let within = |name: &str| match place {
        "" => name.to_string(),
        place => format!("{place}.{name}"),
    };
    match (one, other) {
        (Some(Shape::Object(one)), Some(Shape::Object(other))) => {
            let get = |fields: &'_ [(String, Shape)], name: &str| {
                fields.iter().position(|(key, _)| key == name)
            };
            for (name, shape) in one {
                let at = get(other, name).map(|at| &other[at].1);
                compare(&within(name), Some(shape), at, found);
            }
            let new = other.iter().filter(|(name, _)| get(one, name).is_none());
            new.for_each(|(name, shape)| compare(&within(name), None, Some(shape), found));
            let order = |fields: &[(String, Shape)], known: &[(String, Shape)]| {
                let shared = fields.iter().filter(|(name, _)| get(known, name).is_some());
                let names: Vec<&str> = shared.map(|(name, _)| name.as_str()).collect();
                names.join(", ")
            };
            let orders = [order(one, other), order(other, one)];
            if orders[0] != orders[1] {
                let [one, other] = orders;
                found.push([within("(order of keys)"), one, other]);
            }
        }
        (Some(Shape::List(one)), Some(Shape::List(other))) => {
            for at in 0..one.len().max(other.len()) {
                let place = format!("{place}[{at}]");
                compare(&place, one.get(at), other.get(at), found);
            }
        }
        (one, other) if one != other => {
            let words = |shape: Option<&Shape>| shape.map_or("-".to_string(), Shape::to_string);
            found.push([place.to_string(), words(one), words(other)]);
        }
        _ => {}
    }
}

/// Reads a value and masks it, without keeping what it was.
struct Reader<'a> {
    answer: &'a Answer,
    masks: &'a Masks,
    /// The field that it is the value of.
    field: &'a str,
}

impl Reader<'_> {
    fn within<'b>(&'b self, field: &'b str) -> Reader<'b> {
        Reader { field, ..*self }
    }

    fn number<N: Into<Value>>(&self, number: N) -> Shape {
        match NUMBERS.contains(&self.field) {
            true => Shape::Plain(number.into()),
            false => Shape::text("<number>"),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Shape;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Plain(value.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Shape, E> {
        Ok(self.number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Shape, E> {
        Ok(self.number(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Shape, E> {
        Ok(self.number(number))
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        Ok(Shape::Plain(Value::Null))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Shape, E> {
        let text = self.answer.sent.hide(text);
        Ok(Shape::text(match WORDS.contains(&self.field) {
            true => self.masks.sentence(&text),
            false => self.masks.value(&text),
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let mut list = Vec::new();
        while list.len() < MOST_ITEMS {
            match items.next_element_seed(self.within(self.field))? {
                Some(item) => list.push(item),
                None => return Ok(Shape::List(list)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        list.push(Shape::text("…"));
        Ok(Shape::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Shape, A::Error> {
        let mut object = Vec::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.len() == MOST_KEYS {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = fields.next_value_seed(self.within(&name))?;
            // A key may be somebody's, too.
            let name = self.masks.sentence(&self.answer.sent.hide(&name));
            object.push((name, value));
        }
        Ok(Shape::Object(object))
    }
}
