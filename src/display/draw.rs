//! What values are drawn with: html and plain text in one result.
//!
//! Colours are borders and fills with a contrast of 3 or more on light and on dark pages, and never the only sign;
//! text takes the page's own colour. Where styles are stripped, the words remain.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Segment};
use tabled::settings::{Alignment, Modify, Style, Width};

use crate::say;
use crate::words::{cut, grouped};

pub(crate) const GOOD: &str = "#2a9d5c";
pub(crate) const BAD: &str = "#c33";
pub(crate) const WARNING: &str = "#c97b00";
pub(crate) const NEUTRAL: &str = "#888";
pub(crate) const UPDATED: &str = "#3577c0";
/// What is not there yet: a pattern, not a colour.
pub(crate) const OPEN: &str = "repeating-linear-gradient(45deg,#888 0 2px,transparent 2px 5px)";

/// Columns of a terminal that one cell of a plain table may take.
const WIDEST_CELL: usize = 40;
/// Characters of a value that a table shows; in html the rest is there for a pointer that rests on it.
const SHOWN_OF_A_VALUE: usize = 160;
const SHOWN_ON_HOVER: usize = 1_000;
/// A column with a longer text than this is one of sentences, and is not squeezed to a word a line.
const SENTENCE: usize = 30;

/// What a value looks like.
pub(crate) trait Draw {
    fn plain(&self) -> String;
    fn html(&self) -> String;
}

macro_rules! draws {
    ($($name:ty),+) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::say::harmless(&self.plain()))
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
                $crate::say::show(&self.html(), &self.plain());
            }
        }
    )+};
}
pub(crate) use draws_in_cell;

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
        .map(|(name, value)| format!("{name:<12} {}", fact(value)))
        .collect();
    lines.join("\n")
}

/// A fact's value as one line, and not endless.
fn fact(value: &str) -> String {
    say::words_of_others(value, SHOWN_ON_HOVER)
}

pub(crate) fn facts_html(colour: &str, title: &str, facts: &[(&str, String)]) -> String {
    card(
        colour,
        &format!("<b>{}</b>{}", escape(title), fact_lines(facts)),
    )
}

/// The facts as lines of a card, below its title.
pub(crate) fn fact_lines(facts: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| {
        format!(
            "<br><span style=\"opacity:.7\">{name}:</span> {}",
            escape(&fact(value))
        )
    };
    facts.iter().map(line).collect()
}

/// Whether a column holds numbers, with a unit perhaps, and gaps at most.
fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let is_number = |cell: &str| {
        let mut words = cell.split(' ');
        let number = words.next().is_some_and(|word| word.parse::<f64>().is_ok());
        number && words.count() <= 1
    };
    let mut cells = rows.iter().map(|row| row[column].as_str());
    cells.clone().any(is_number)
        && cells.all(|cell| matches!(cell, "" | "…" | "?") || is_number(cell))
}

/// A value as one line, since a line break would tear what is around it.
fn one_line(value: &str) -> String {
    say::one_line(&cut(value, SHOWN_OF_A_VALUE))
}

pub(crate) fn table_plain(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Builder::default();
    table.push_record(header.iter().copied());
    for row in rows {
        table.push_record(row.iter().map(|cell| one_line(cell)));
    }
    let mut table = table.build();
    table
        .with(Style::sharp())
        .with(Modify::new(Segment::all()).with(Width::wrap(WIDEST_CELL).keep_words(true)));
    for column in (0..header.len()).filter(|column| is_numeric(rows, *column)) {
        table.modify(Columns::one(column), Alignment::right());
    }
    table.to_string()
}

/// A table below its headline, which stands alone where there are no rows.
pub(crate) fn headed_plain(headline: &str, header: &[&str], rows: &[Vec<String>]) -> String {
    match rows {
        [] => headline.to_string(),
        rows => format!("{headline}\n{}", table_plain(header, rows)),
    }
}

/// The same as html.
pub(crate) fn headed_html(headline: &str, header: &[&str], rows: &[Vec<String>]) -> String {
    match rows {
        [] => card(NEUTRAL, &escape(headline)),
        rows => format!("<b>{}</b>{}", escape(headline), table_html(header, rows)),
    }
}

pub(crate) fn table_html(header: &[&str], rows: &[Vec<String>]) -> String {
    // The attribute stays where styles are stripped.
    let aligned: Vec<&str> = (0..header.len())
        .map(|column| match is_numeric(rows, column) {
            true => " align=\"right\" style=\"text-align:right;vertical-align:top\"",
            false => " style=\"text-align:left;vertical-align:top\"",
        })
        .collect();
    let head: String = (0..header.len())
        .map(|column| {
            let longest = rows.iter().map(|row| row[column].chars().count()).max();
            let width = match longest > Some(SENTENCE) {
                true => "<div style=\"min-width:14em\"></div>",
                false => "",
            };
            format!(
                "<th{}>{}{width}</th>",
                aligned[column],
                escape(header[column])
            )
        })
        .collect();
    let cell = |(cell, aligned): (&String, &&str)| {
        let (shown, hover) = shown(cell);
        format!("<td{aligned}{hover}>{shown}</td>")
    };
    let line = |row: &Vec<String>| {
        let cells: String = row.iter().zip(&aligned).map(cell).collect();
        format!("<tr>{cells}</tr>")
    };
    let body: String = rows.iter().map(line).collect();
    format!(
        "<div {NO_MATHS} style=\"overflow-x:auto\"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
}

/// A value as html, and the attribute with the rest of it when it is long.
fn shown(value: &str) -> (String, String) {
    let more = say::one_line(&cut(value, SHOWN_ON_HOVER));
    let hover = match value.chars().nth(SHOWN_OF_A_VALUE) {
        None => String::new(),
        Some(_) => format!(" title=\"{}\"", escape(&more)),
    };
    (escape(&one_line(value)), hover)
}

/// Something of a list of which there is more to say than fits a row of a table, on a narrow page above all.
pub(crate) struct Entry {
    /// Its place among the others, in words.
    pub(crate) place: String,
    pub(crate) title: String,
    /// What is said of it: of what, and what.
    pub(crate) lines: Vec<(String, String)>,
}

pub(crate) fn entries_plain(entries: &[Entry]) -> String {
    let mut lines = Vec::new();
    for entry in entries {
        lines.push(format!("{}: {}", entry.place, one_line(&entry.title)));
        let said = entry.lines.iter();
        lines.extend(said.map(|(name, text)| format!("   {}: {}", one_line(name), one_line(text))));
    }
    lines.join("\n")
}

pub(crate) fn entries_html(entries: &[Entry]) -> String {
    let line = |(name, text): &(String, String)| {
        let (text, hover) = shown(text);
        format!(
            "<div{hover}><span style=\"opacity:.7\">{}:</span> {text}</div>",
            shown(name).0
        )
    };
    let block = |entry: &Entry| {
        let (title, hover) = shown(&entry.title);
        let head = format!("{}: <b{hover}>{title}</b>", escape(&entry.place));
        let lines: String = entry.lines.iter().map(line).collect();
        block(&head, &lines)
    };
    blocks(&entries.iter().map(block).collect::<String>())
}

/// A part of a list: its head, and below it, indented, what is said of it.
pub(crate) fn block(head: &str, body: &str) -> String {
    format!(
        "<div style=\"border-top:1px solid {NEUTRAL};padding:.3em 0 .3em 1.8em;overflow-wrap:anywhere\">\
         <div style=\"text-indent:-1.8em\">{head}</div>{body}</div>"
    )
}

/// All parts of a list. JupyterLab takes some of their styles away until a notebook is trusted: then what is long scrolls.
pub(crate) fn blocks(blocks: &str) -> String {
    format!("<div {NO_MATHS} style=\"overflow-x:auto;line-height:1.6\">{blocks}</div>")
}

/// A bar of counts, and below it each count with its word and its colour.
pub(crate) fn bar(parts: &[(&str, u64, &str)], total: u64) -> String {
    let share = |number: u64| number as f64 / total.max(1) as f64 * 100.0;
    let piece = |(name, number, colour): &(&str, u64, &str)| {
        format!(
            "<div title=\"{} {name}\" style=\"width:{:.1}%;min-width:3px;background:{colour}\"></div>",
            grouped(number),
            share(*number)
        )
    };
    let there = parts.iter().filter(|(_, number, _)| *number > 0);
    let pieces: String = there.map(piece).collect();
    let word = |(name, number, _): &(&str, u64, &str)| format!("{} {name}", grouped(number));
    let words: Vec<String> = parts.iter().map(word).collect();
    let total = grouped(total);
    let name = format!("{} of {total}", words.join(", "));
    let key = |part: &(&str, u64, &str)| {
        format!(
            "<span style=\"display:inline-block;width:.7em;height:.7em;background:{}\"></span> {}",
            part.2,
            word(part)
        )
    };
    let keys: Vec<String> = parts.iter().map(key).collect();
    format!(
        "<div role=\"img\" aria-label=\"{name}\" title=\"{name}\" style=\"display:flex;gap:1px;height:.8em;max-width:30em;margin:.3em 0\">{pieces}</div>{} of {total}",
        keys.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |cells: &&[&str]| cells.iter().map(|cell| (*cell).to_string()).collect();
        cells.iter().map(row).collect()
    }

    #[test]
    fn numbers_stand_right_and_words_left() {
        let rows = rows(&[
            &["7", "a", "2.8 ms", "1 of 5 people"],
            &["…", "…", "…", "…"],
            &["1234", "5", "176.8 ms", "3 of 4 people"],
        ]);
        let header = ["row", "name", "time", "who"];
        let html = table_html(&header, &rows);
        assert_eq!(html.matches("align=\"right\"").count(), 2 * 4, "{html}");
        let plain = table_plain(&header, &rows);
        assert!(
            plain.contains("│    7 │ a    │   2.8 ms │ 1 of 5 people │"),
            "{plain}"
        );
    }

    #[test]
    fn a_long_value_is_cut_and_the_rest_is_there_on_hover() {
        let long = format!("\"<{}", "é".repeat(SHOWN_OF_A_VALUE));
        let rows = rows(&[&[&long]]);
        let html = table_html(&["value"], &rows);
        assert!(
            html.contains(&format!("title=\"{}\"", escape(&long))),
            "{html}"
        );
        assert!(html.contains("éé…</td>"), "{html}");
        assert!(table_plain(&["value"], &rows).contains('…'));
    }

    #[test]
    fn an_entry_keeps_to_its_lines_whatever_it_is_told() {
        let line = |text: &str| ("reason".to_string(), text.to_string());
        let entry = Entry {
            place: "row 1".to_string(),
            title: "a@test.edu\nrow 2: b".to_string(),
            lines: vec![line("one\ntwo"), line(&"é".repeat(SHOWN_OF_A_VALUE + 1))],
        };
        let plain = entries_plain(&[entry]);
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(
            lines[..2],
            [r"row 1: a@test.edu\nrow 2: b", r"   reason: one\ntwo"]
        );
        assert!(lines.len() == 3 && lines[2].ends_with("é…"), "{plain}");
    }

    #[test]
    fn a_bar_says_its_counts_in_words_and_by_name() {
        let bar = bar(&[("inserted", 3, GOOD), ("failed", 1, BAD)], 4);
        assert!(bar.contains("aria-label=\"3 inserted, 1 failed of 4\""));
        let words: String = bar
            .split('<')
            .filter_map(|part| part.split_once('>'))
            .map(|part| part.1)
            .collect();
        assert_eq!(words, " 3 inserted,  1 failed of 4");
    }
}
