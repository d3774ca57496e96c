//! Numbers, times and long texts as they are shown.

use std::fmt::Display;
use std::time::Duration;

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

/// The shortest and the longest time, which may be the same in words.
pub(crate) fn span_in_words((fast, slow): (Duration, Duration)) -> String {
    match (in_words(fast), in_words(slow)) {
        (fast, slow) if fast == slow => fast,
        (fast, slow) => format!("{fast} to {slow}"),
    }
}

/// A length of time in words.
pub(crate) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs_f64().round().max(1.0) as u64;
    let minutes = seconds.saturating_add(30) / 60;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// The text, or its first characters with a sign that it goes on.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// UNIX seconds as a date and a time of day, UTC (Howard Hinnant's days-to-civil).
pub(crate) fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let (month, day) = (
        if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        },
        day - (153 * shifted + 2) / 5 + 1,
    );
    let year = era * 400 + year + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        rest / 3600,
        rest % 3600 / 60
    )
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    let both = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(both).collect()
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

    #[test]
    fn dates_are_right_at_the_edges() {
        assert!(in_words(Duration::from_secs(u64::MAX)).ends_with(" min"));
        assert_eq!(utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(utc(1_767_225_599), "2025-12-31 23:59 UTC");
    }
}
