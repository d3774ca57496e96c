//! A view as html. What is written here comes from the view's texts only through [`line`], [`cell`] and `escape`.
//!
//! Where styles are stripped, the words remain.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::display::svg::{Shape, Svg, bars};
use crate::display::view::{
    Bar, Entry, Exchange, LONGEST_CELL, LONGEST_FACT, NEUTRAL, Part, Table, UPDATED, View,
};
use crate::say::{one_line, words_of_others};
use crate::words::grouped;

/// Keeps JupyterLab from reading dollar signs, which hashes are full of, as mathematics.
const NO_MATHS: &str = "class=\"mathjax_ignore tex2jax_ignore\"";
/// A column with a longer text than this is one of sentences, and is not squeezed to a word a line.
const SENTENCE: usize = 30;
const CODE: &str = "white-space:pre-wrap;overflow-wrap:anywhere";
/// A picture's ground and its words. JupyterLab shows pictures as images, which no theme reaches, so that words without a
/// ground of their own would be lost on a light page or on a dark one.
const PLATE: &str = "#fbfbfb";
const INK: &str = "#222";

pub(crate) fn html(view: &View) -> String {
    let parts = |parts: &[Part]| parts.iter().map(part).collect::<String>();
    let is_inside = |part: &&Part| view.colour.is_some() && part.is_of_the_card();
    let inside = view.parts.iter().take_while(is_inside).count();
    let (inside, below) = view.parts.split_at(inside);
    let title = match view.title.as_str() {
        "" => String::new(),
        title => format!("<b>{}</b>", line(title)),
    };
    let mut head = title + &line(&view.tail) + &parts(inside);
    if let Some(colour) = view.colour {
        head = format!(
            "<div style=\"border-left:4px solid {colour};padding:.4em .9em;line-height:1.6\">{head}</div>"
        );
    }
    format!("<div {NO_MATHS}>{head}{}</div>", parts(below))
}

fn part(part: &Part) -> String {
    match part {
        Part::Facts(facts) => facts.iter().map(fact).collect(),
        Part::Note(words) => format!("<div>{}</div>", line(words)),
        Part::Heading(words) => format!("<div><b>{}</b></div>", line(words)),
        Part::Bar(counts) => bar(counts),
        Part::Code(code) => format!("<pre style=\"margin:.3em 0\">{}</pre>", escape(code)),
        Part::Table(shown) => table(shown),
        Part::Entries(entries) => blocks(entries.iter().map(entry)),
        Part::Exchanges(exchanges) => blocks(exchanges.iter().map(exchange)),
        Part::Picture(svg, words) => picture(svg, words),
        Part::Chart(_, rows) => {
            let words = rows
                .iter()
                .map(|(name, _, number)| format!("{name}: {number}"));
            let words: Vec<String> = words.collect();
            picture(&bars(rows, UPDATED), &words.join("; "))
        }
    }
}

/// Text made harmless in html.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn line(text: &str) -> String {
    escape(&one_line(text))
}

/// A value as html, and the attribute with the rest of it when it is long.
fn cell(value: &str) -> (String, String) {
    let hover = match value.chars().nth(LONGEST_CELL) {
        None => String::new(),
        Some(_) => format!(
            " title=\"{}\"",
            escape(&words_of_others(value, LONGEST_FACT))
        ),
    };
    (escape(&words_of_others(value, LONGEST_CELL)), hover)
}

/// What a line says something of.
fn name(word: &str) -> String {
    format!("<span style=\"opacity:.7\">{}:</span>", cell(word).0)
}

fn fact((word, value): &(&'static str, String)) -> String {
    let value = escape(&words_of_others(value, LONGEST_FACT));
    format!("<div>{} {value}</div>", name(word))
}

/// A bar of counts, and below it each count with its word and its colour.
fn bar(bar: &Bar) -> String {
    let share = |number: u64| number as f64 / bar.total.max(1) as f64 * 100.0;
    let piece = |(word, number, colour): &(&str, u64, &str)| {
        format!(
            "<div title=\"{} {word}\" style=\"width:{:.1}%;min-width:3px;background:{colour}\"></div>",
            grouped(number),
            share(*number)
        )
    };
    let there = bar.counts.iter().filter(|(_, number, _)| *number > 0);
    let pieces: String = there.map(piece).collect();
    let key = |(word, number, colour): &(&str, u64, &str)| {
        format!(
            "<span style=\"display:inline-block;width:.7em;height:.7em;background:{colour}\"></span> {} {word}",
            grouped(number)
        )
    };
    let keys: Vec<String> = bar.counts.iter().map(key).collect();
    let words = bar.in_words();
    format!(
        "<div role=\"img\" aria-label=\"{words}\" title=\"{words}\" style=\"display:flex;gap:1px;height:.8em;max-width:30em;margin:.3em 0\">{pieces}</div>{} of {}",
        keys.join(", "),
        grouped(bar.total)
    )
}

fn table(table: &Table) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    // The attribute stays where styles are stripped.
    let aligned = |column: usize| match table.is_numeric(column) {
        true => " align=\"right\" style=\"text-align:right;vertical-align:top\"",
        false => " style=\"text-align:left;vertical-align:top\"",
    };
    let aligned: Vec<&str> = (0..table.header.len()).map(aligned).collect();
    let heading = |column: usize| {
        let cells = table.rows.iter().map(|row| row[column].chars().count());
        let width = match cells.max() > Some(SENTENCE) {
            true => "<div style=\"min-width:14em\"></div>",
            false => "",
        };
        let (word, aligned) = (line(table.header[column]), aligned[column]);
        format!("<th{aligned}>{word}{width}</th>")
    };
    let head: String = (0..table.header.len()).map(heading).collect();
    let value = |(value, aligned): (&String, &&str)| {
        let (shown, hover) = cell(value);
        format!("<td{aligned}{hover}>{shown}</td>")
    };
    let row = |row: &Vec<String>| {
        let cells: String = row.iter().zip(&aligned).map(value).collect();
        format!("<tr>{cells}</tr>")
    };
    let body: String = table.rows.iter().map(row).collect();
    format!(
        "<div style=\"overflow-x:auto\"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
}

fn entry(entry: &Entry) -> String {
    let (title, hover) = cell(&entry.title);
    let head = format!("{}: <b{hover}>{title}</b>", cell(&entry.place).0);
    let said = |(word, text): &(String, String)| {
        let (text, hover) = cell(text);
        format!("<div{hover}>{} {text}</div>", name(word))
    };
    block(&head, &entry.lines.iter().map(said).collect::<String>())
}

fn exchange(exchange: &Exchange) -> String {
    let (number, title) = (exchange.number, line(&exchange.title));
    let head = format!("{number}. <b>{title}</b>: {}", line(&exchange.outcome));
    let body = |(word, text): &(&'static str, String)| {
        let text = escape(text);
        format!(
            "<div>{} <code style=\"{CODE}\">{text}</code></div>",
            name(word)
        )
    };
    let bodies: String = exchange.bodies.iter().map(body).collect();
    let curl = format!("<pre style=\"{CODE}\">{}</pre>", escape(&exchange.curl));
    let body = match exchange.folded {
        true => format!("<details><summary>answer, curl</summary>{bodies}{curl}</details>"),
        false => format!("{bodies}<details><summary>curl</summary>{curl}</details>"),
    };
    block(&head, &body)
}

/// A part of a list: its head, and below it, indented, what is said of it.
fn block(head: &str, body: &str) -> String {
    format!(
        "<div style=\"border-top:1px solid {NEUTRAL};padding:.3em 0 .3em 1.8em;overflow-wrap:anywhere\">\
         <div style=\"text-indent:-1.8em\">{head}</div>{body}</div>"
    )
}

/// All parts of a list. JupyterLab takes some of their styles away until a notebook is trusted: then what is long scrolls.
fn blocks(blocks: impl Iterator<Item = String>) -> String {
    let blocks: String = blocks.collect();
    format!("<div style=\"overflow-x:auto;line-height:1.6\">{blocks}</div>")
}

/// A picture; its words are there for who does not see it.
fn picture(svg: &Svg, words: &str) -> String {
    let (width, height, words) = (svg.width, svg.height, line(words));
    let shapes: String = svg.shapes.iter().map(shape).collect();
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"><rect width=\"{width}\" height=\"{height}\" rx=\"4\" fill=\"{PLATE}\"/>{shapes}</svg>"
    );
    format!(
        "<div style=\"overflow-x:auto\"><img alt=\"{words}\" title=\"{words}\" style=\"max-width:100%;min-width:{}px\" src=\"data:image/svg+xml;base64,{}\"></div>",
        // Smaller than this, its words could not be read.
        width * 0.75,
        STANDARD.encode(svg)
    )
}

fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Rect {
            x,
            y,
            width,
            height,
            fill,
        } => format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
        ),
        Shape::Text {
            x,
            y,
            anchor,
            words,
        } => format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{INK}\" font-size=\"12\" font-family=\"sans-serif\">{}</text>",
            line(words)
        ),
    }
}
