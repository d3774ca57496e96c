//! What values are drawn with: html and plain text in one result.
//!
//! Colours are borders and fills that read on light and dark pages, and never the only sign; where styles are
//! stripped, the words remain.

use tabled::builder::Builder;
use tabled::settings::{Modify, Style, Width, object::Segment};

pub(crate) const GOOD: &str = "#2a9d5c";
pub(crate) const BAD: &str = "#c33";
pub(crate) const WARNING: &str = "#d98e04";
pub(crate) const NEUTRAL: &str = "#888";
pub(crate) const UPDATED: &str = "#3577c0";

/// Columns of a terminal that one cell of a plain table may take.
const WIDEST_CELL: usize = 40;

/// What a value looks like.
pub(crate) trait Draw {
    fn plain(&self) -> String;
    fn html(&self) -> String;
}

macro_rules! draws {
    ($($name:ty),+) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.plain())
            }
        }
    )+ draws_in_cell!($($name),+); };
}
pub(crate) use draws;

macro_rules! draws_in_cell {
    ($($name:ty),+) => {$(
        impl $name {
            /// Draws the value as a cell's result; the kernel calls it.
            pub fn evcxr_display(&self) {
                $crate::drawing::show(&self.html(), &self.plain());
            }
        }
    )+};
}
pub(crate) use draws_in_cell;

pub(crate) fn show(html: &str, plain: &str) {
    // A line of a user's that looks like the kernel's own marker would end the block early.
    let harmless = |text: &str| text.replace("EVCXR_", "EVCXR\u{200b}_");
    println!(
        "EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\n{}\nEVCXR_END_CONTENT",
        harmless(html),
        harmless(plain)
    );
}

/// Text made harmless in html.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Keeps JupyterLab from reading dollar signs, which hashes are full of, as mathematics.
pub(crate) const NO_MATHS: &str = "class=\"mathjax_ignore tex2jax_ignore\"";

pub(crate) fn card(colour: &str, html: &str) -> String {
    format!(
        "<div {NO_MATHS} style=\"border-left:4px solid {colour};padding:.4em .9em;line-height:1.6\">{html}</div>"
    )
}

/// One line for each fact: name and value.
pub(crate) fn facts_plain(facts: &[(&str, String)]) -> String {
    let lines: Vec<String> = facts
        .iter()
        .map(|(name, value)| format!("{name:<12} {value}"))
        .collect();
    lines.join("\n")
}

pub(crate) fn facts_html(colour: &str, title: &str, facts: &[(&str, String)]) -> String {
    let lines = facts.iter().map(|(name, value)| {
        format!(
            "<br><span style=\"opacity:.7\">{name}:</span> {}",
            escape(value)
        )
    });
    card(
        colour,
        &format!("<b>{}</b>{}", escape(title), lines.collect::<String>()),
    )
}

/// A table; cells are made one line each, since a line break would tear the plain one.
pub(crate) fn table_plain(header: &[&str], rows: &[Vec<String>]) -> String {
    let one_line = |cell: &String| {
        cell.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect::<String>()
    };
    let mut table = Builder::default();
    table.push_record(header.iter().copied());
    for row in rows {
        table.push_record(row.iter().map(one_line));
    }
    let wrapped = Modify::new(Segment::all()).with(Width::wrap(WIDEST_CELL).keep_words(true));
    table.build().with(Style::sharp()).with(wrapped).to_string()
}

pub(crate) fn table_html(header: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = String>| {
        cells
            .map(|cell| format!("<{tag} style=\"text-align:left\">{}</{tag}>", escape(&cell)))
            .collect::<String>()
    };
    let head = cells("th", &mut header.iter().map(|name| (*name).to_string()));
    let body: String = rows
        .iter()
        .map(|row| format!("<tr>{}</tr>", cells("td", &mut row.iter().cloned())))
        .collect();
    format!(
        "<div {NO_MATHS} style=\"overflow-x:auto\"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
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

pub(crate) fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// A bar of counts, each with its word.
pub(crate) fn bar(parts: &[(&str, u64, &str)], total: u64) -> String {
    let share = |number: u64| number as f64 / total.max(1) as f64 * 100.0;
    let piece = |(name, number, colour): &(&str, u64, &str)| {
        format!(
            "<div title=\"{number} {name}\" style=\"width:{:.1}%;min-width:3px;background:{colour}\"></div>",
            share(*number)
        )
    };
    let there = parts.iter().filter(|(_, number, _)| *number > 0);
    let pieces: String = there.map(piece).collect();
    let words: Vec<String> = parts
        .iter()
        .map(|(name, number, _)| format!("{number} {name}"))
        .collect();
    let words = format!("{} of {total}", words.join(", "));
    format!(
        "<div role=\"img\" aria-label=\"{words}\" style=\"display:flex;height:.8em;max-width:30em\">{pieces}</div>{words}"
    )
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn dates_are_right_at_the_edges() {
        assert_eq!(utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(utc(1_767_225_599), "2025-12-31 23:59 UTC");
    }
}
