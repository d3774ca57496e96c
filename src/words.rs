//! Numbers and long texts as a reader is told them.

use std::fmt::Display;

/// A number with commas between its thousands.
pub(crate) fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in (1..=digits.len()).rev().zip(digits.chars()) {
        grouped.push(digit);
        if place > 1 && place % 3 == 1 {
            grouped.push(',');
        }
    }
    grouped
}

pub(crate) fn count(number: usize, one: &str) -> String {
    format!(
        "{} {one}{}",
        grouped(number),
        if number == 1 { "" } else { "s" }
    )
}

/// The text, or its first characters with a sign that it goes on.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let grouped = [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000].map(grouped);
        let all = ["0", "7", "999", "1,000", "12,345", "999,999", "1,000,000"];
        assert_eq!(grouped, all);
    }
}
