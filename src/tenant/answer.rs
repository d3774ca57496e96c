//! The fields of an answer, whatever form they came in. A missing field is `None`.

use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Values that JSON may hold at most; it is not read as JSON before they are counted, since a value of two bytes takes a
/// hundred in memory. An answer with the errors of a whole job has some 700,000.
pub(crate) const MOST_VALUES: usize = 2_000_000;

/// How many values JSON can hold: as many as it has signs that one follows.
pub(crate) fn most_values(json: &[u8]) -> usize {
    json.iter().filter(|byte| b"[{,".contains(byte)).count()
}

/// What a field, or a whole answer, can be read as.
pub(crate) trait Field: Sized {
    /// What a whole answer is that cannot be read so.
    const OTHERWISE: &str = "it has another type";
    /// `None` when it is of another kind.
    fn of(json: Value) -> Option<Self>;
}

/// A field of an answer, in whichever form it came.
#[derive(Clone, Copy)]
pub(crate) struct Told<T>(pub(crate) Option<T>);

impl<T> Default for Told<T> {
    fn default() -> Told<T> {
        Told(None)
    }
}

impl<T> Deref for Told<T> {
    type Target = Option<T>;
    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

impl<'de, T: Field> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Told<T>, D::Error> {
        Value::deserialize(json).map(|json| Told(T::of(json)))
    }
}

/// A text as it came; a number stands for its digits.
impl Field for String {
    fn of(json: Value) -> Option<String> {
        match json {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// A count; a text of digits stands for its number.
impl Field for u64 {
    fn of(json: Value) -> Option<u64> {
        match json {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_u64().or_else(|| {
                let number = number.as_f64()?;
                let whole = number.fract() == 0.0 && (0.0..9e15).contains(&number);
                whole.then_some(number as u64)
            }),
            _ => None,
        }
    }
}

impl Field for f64 {
    fn of(json: Value) -> Option<f64> {
        json.as_f64()
            .or_else(|| u64::of(json).map(|count| count as f64))
    }
}

impl Field for Value {
    fn of(json: Value) -> Option<Value> {
        Some(json)
    }
}

/// An item of another kind tells nothing, and is still counted.
impl<T: Field + Default> Field for Vec<T> {
    const OTHERWISE: &str = "it is not a list";
    fn of(json: Value) -> Option<Vec<T>> {
        let Value::Array(items) = json else {
            return None;
        };
        let item = |item| T::of(item).unwrap_or_default();
        Some(items.into_iter().map(item).collect())
    }
}

/// A type whose every field may be missing. serde would take a list for its fields in their order.
pub(crate) fn object<T: DeserializeOwned>(json: Value) -> Option<T> {
    let object = json.is_object().then_some(json)?;
    serde_json::from_value(object).ok()
}

macro_rules! objects {
    ($($name:ty),+) => {$(
        impl Field for $name {
            const OTHERWISE: &str = "it is not an object";
            fn of(json: Value) -> Option<$name> {
                object(json)
            }
        }
    )+};
}
pub(crate) use objects;

/// Milliseconds of UNIX time; `None` if the text is not a time in UTC, ISO 8601.
pub(crate) fn millis(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let mut time = time.splitn(3, ':');
    let hour: i64 = time.next()?.parse().ok()?;
    let minute: i64 = time.next()?.parse().ok()?;
    let second: f64 = time.next()?.parse().ok()?;
    let is_time = (0..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0.0..61.0).contains(&second);
    if !is_time {
        return None;
    }
    // Howard Hinnant's days from civil.
    let shifted = if month > 2 { year } else { year - 1 };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = shifted.rem_euclid(400) * 365 + shifted.rem_euclid(400) / 4
        - shifted.rem_euclid(400) / 100
        + of_year;
    let days = shifted.div_euclid(400) * 146_097 + of_era - 719_468;
    let whole = ((days * 24 + hour) * 60 + minute) * 60_000;
    Some(whole + (second * 1000.0).round() as i64)
}

/// The same of a date of HTTP (RFC 9110), as `Thu, 26 Nov 2026 19:49:20 GMT`.
pub(crate) fn http_millis(date: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let [_, day, month, year, time, "GMT"] = date.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    millis(&format!("{year}-{month}-{day}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_that_cannot_be_is_none() {
        assert_eq!(millis("1970-01-02T00:00:01.5Z"), Some(86_401_500));
        for time in [
            "2020-01-9223372036854775807T00:00:00Z",
            "2020-01--9223372036854775808T00:00:00Z",
            "2020-9223372036854775807-01T00:00:00Z",
            "9223372036854775807-01-01T00:00:00Z",
            "2020-01-01T9223372036854775807:00:00Z",
            "2020-01-01T00:9223372036854775807:00Z",
            "2020-01-01T00:00:1e300Z",
            "2020-01-01T00:00:NaNZ",
        ] {
            assert_eq!(millis(time), None, "{time}");
        }
    }

    #[test]
    fn a_field_is_read_in_either_form_and_is_never_zero_for_want_of_a_value() {
        let numbers = [json!(3), json!("3"), json!(" 3 "), json!(3.0)];
        assert_eq!(numbers.map(u64::of), [Some(3); 4]);
        let none = [json!(null), json!(""), json!("x"), json!(-1), json!(1.5)];
        assert_eq!(none.map(u64::of), [None; 5]);
        assert_eq!(String::of(json!(17)), Some("17".to_string()));
        assert_eq!(String::of(json!({})), None);
    }

    #[test]
    fn times_are_compared_as_times() {
        assert_eq!(millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(millis("2026-11-26T19:49:20.500Z"), Some(1_795_722_560_500));
        assert_eq!(millis("2000-02-29T00:00:00.000Z"), Some(951_782_400_000));
        // As text the first of the two is the later one.
        assert!(millis("2026-01-01T00:00:00Z") < millis("2026-01-01T00:00:00.900Z"));
        for text in [
            "",
            "yesterday",
            "2026-01-01",
            "2026-01-01T00:00:00+01:00",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:nanZ",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_of_http_is_a_time() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200)),
            ("Thu, 26 Nov 2026 20:00:00 GMT", Some(1_795_723_200)),
            ("Thu, 26 anF 2026 20:00:00 GMT", None),
            ("soon", None),
            ("a b c d e f", None),
        ] {
            let millis = seconds.map(|seconds: i64| 1000 * seconds);
            assert_eq!(http_millis(date), millis, "{date}");
        }
    }
}
