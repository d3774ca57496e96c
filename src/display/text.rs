//! A view as plain text.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Segment};
use tabled::settings::{Alignment, Modify, Style, Width};

use crate::display::view::{
    Entry, Exchange, LONGEST_CELL, LONGEST_FACT, LONGEST_SAID, Part, Table, View,
};
use crate::say::{one_line, words_of_others};

/// Columns of a terminal that one cell of a table may take.
const WIDEST_CELL: usize = 40;

pub(crate) fn text(view: &View) -> String {
    let title = one_line(&format!("{}{}", view.title, view.tail));
    let parts = view.parts.iter().map(part);
    let lines = std::iter::once(title).chain(parts);
    let lines: Vec<String> = lines.filter(|lines| !lines.is_empty()).collect();
    lines.join("\n")
}

fn part(part: &Part) -> String {
    match part {
        Part::Facts(facts) => {
            let line = |(name, value): &(&str, String)| {
                let value = words_of_others(value, LONGEST_FACT);
                format!("{:<13} {value}", format!("{name}:"))
            };
            joined(facts.iter().map(line))
        }
        Part::Note(words) | Part::Heading(words) => one_line(words),
        Part::Timeline(shown) => one_line(&shown.title),
        // The headline says it.
        Part::Bar(_) => String::new(),
        Part::Code(code) => code.clone(),
        Part::Table(shown) => table(shown),
        Part::Entries(entries) => joined(entries.iter().map(entry)),
        Part::Exchanges(exchanges) => joined(exchanges.iter().map(exchange)),
        Part::Chart(header, rows) => table(&Table {
            header: header.to_vec(),
            rows: rows
                .iter()
                .map(|(name, _, number)| vec![name.clone(), number.clone()])
                .collect(),
        }),
    }
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

/// A value as one line, since a line break would tear what is around it.
fn cell(value: &str) -> String {
    words_of_others(value, LONGEST_CELL)
}

fn table(shown: &Table) -> String {
    if shown.rows.is_empty() {
        return String::new();
    }
    let mut table = Builder::default();
    table.push_record(shown.header.iter().copied());
    for row in &shown.rows {
        table.push_record(row.iter().map(|value| cell(value)));
    }
    let mut table = table.build();
    table
        .with(Style::sharp())
        .with(Modify::new(Segment::all()).with(Width::wrap(WIDEST_CELL).keep_words(true)));
    for column in (0..shown.header.len()).filter(|column| shown.is_numeric(*column)) {
        table.modify(Columns::one(column), Alignment::right());
    }
    table.to_string()
}

fn entry(entry: &Entry) -> String {
    let title = words_of_others(&entry.title, LONGEST_SAID);
    let head = format!("{}: {title}", cell(&entry.place));
    let line = |(name, text): &(String, String)| {
        format!("   {}: {}", cell(name), words_of_others(text, LONGEST_SAID))
    };
    joined(std::iter::once(head).chain(entry.lines.iter().map(line)))
}

fn exchange(exchange: &Exchange) -> String {
    let [index, method, path] =
        [&exchange.index, &exchange.method, &exchange.path].map(|text| one_line(text));
    let (outcome, took) = (one_line(&exchange.outcome), one_line(&exchange.took));
    let label = if index.is_empty() {
        index
    } else {
        format!("{index} ")
    };
    let head = format!("{label}{method} {path}: {outcome}, {took}");
    if exchange.folded {
        return head;
    }
    // Each part of a form on a line of its own.
    let body = |(word, text): &(&str, String)| {
        format!(
            "   {word:<8} {}",
            text.replace('\n', &format!("\n{:12}", ""))
        )
    };
    let bodies = exchange.bodies.iter().map(body);
    let curl = format!("   {}", exchange.curl);
    joined(std::iter::once(head).chain(bodies).chain([curl]))
}
