//! One field of an answer: what it tells, in whichever form it came. What it does not tell is `None`.

use serde_json::Value;

use crate::say::data;

/// A text that can be printed; a number stands for its digits.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(data(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A count; a text of digits stands for its number.
pub(crate) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_u64().or_else(|| {
            let number = number.as_f64()?;
            let whole = number.fract() == 0.0 && (0.0..9e15).contains(&number);
            whole.then_some(number as u64)
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_is_read_in_either_form_and_is_never_zero_for_want_of_a_value() {
        let numbers = [json!(3), json!("3"), json!(" 3 "), json!(3.0)];
        assert_eq!(numbers.map(|value| number(&value)), [Some(3); 4]);
        let none = [json!(null), json!(""), json!("x"), json!(-1), json!(1.5)];
        assert_eq!(none.map(|value| number(&value)), [None; 5]);
        assert_eq!(text(&json!(17)), Some("17".to_string()));
        assert_eq!(text(&json!({})), None);
    }
}
