//! A view as html. What is written here comes from the view's texts only through [`line`], [`cell`] and `escape`.
//!
//! Where styles are stripped, as on a code host, the words remain, and real lists, paragraphs and tables keep them apart.

use crate::display::view::{
    Bar, Entry, Exchange, INK, LONGEST_CELL, LONGEST_FACT, LONGEST_SAID, Part, Span, Table,
    Timeline, USERS, USERS_GROUND, View, WARNING,
};
use crate::say::{one_line, words_of_others};
use crate::words::grouped;

/// Keeps JupyterLab from reading dollar signs, which hashes are full of, as mathematics.
const NO_MATHS: &str = "class=\"mathjax_ignore tex2jax_ignore\"";
/// A column with a longer text than this is one of sentences, and is not squeezed to a word a line.
const SENTENCE: usize = 30;
const LIST: &str = "list-style:none;margin:0;padding:0";
const RULE: &str = "rgba(136,136,136,.4)";
const LEFT: &str = "align=\"left\" style=\"text-align:left;vertical-align:top\"";
const RIGHT: &str = "align=\"right\" style=\"text-align:right;vertical-align:top\"";

pub(crate) fn html(view: &View) -> String {
    let title = match view.title.as_str() {
        "" => String::new(),
        title => format!("<b>{}</b>", words(title)),
    };
    let head = match title + &words(&view.tail) {
        empty if empty.is_empty() => empty,
        head => format!("<p style=\"margin:0\">{head}</p>"),
    };
    let edge = if view.dashed { "dashed" } else { "solid" };
    let parts: String = view.parts.iter().map(part).collect();
    format!(
        "<div {NO_MATHS} style=\"border-left:4px {edge} {};padding:.3em .9em;line-height:1.6\">{head}{parts}</div>",
        view.colour
    )
}

fn part(part: &Part) -> String {
    match part {
        Part::Facts(facts) => list(facts.iter().map(fact)),
        Part::Note(note) => format!("<p style=\"margin:.2em 0\">{}</p>", words(note)),
        Part::Heading(title) => heading(title),
        Part::Bar(counts) => bar(counts),
        Part::Code(code) => format!("<pre style=\"margin:.3em 0\">{}</pre>", escape(code)),
        Part::Table(shown) => table(shown),
        Part::Entries(entries) => list(entries.iter().map(entry)),
        Part::Exchanges(exchanges) => list(exchanges.iter().map(exchange)),
        Part::Timeline(shown) => timeline(shown),
        Part::Chart(header, rows) => chart(header, rows),
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

/// A line in which what stands between two backticks is code.
fn words(text: &str) -> String {
    let text = line(text);
    let pieces: Vec<&str> = text.split('`').collect();
    let piece = |(at, piece): (usize, &&str)| match (at % 2, at + 1 < pieces.len()) {
        (0, _) => (*piece).to_string(),
        (_, true) => format!("<code>{piece}</code>"),
        (_, false) => format!("`{piece}"),
    };
    pieces.iter().enumerate().map(piece).collect()
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

fn heading(title: &str) -> String {
    format!(
        "<p style=\"margin:.6em 0 .2em\"><b>{}</b></p>",
        words(title)
    )
}

/// Parts of a list. JupyterLab takes some of their styles away until a notebook is trusted: then what is long scrolls.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.collect();
    format!("<div style=\"overflow-x:auto\"><ul style=\"{LIST}\">{items}</ul></div>")
}

/// A name, and what is said of it.
fn said(name: &str, text: &str) -> String {
    let name = words(&words_of_others(name, LONGEST_CELL));
    format!(
        "<li style=\"overflow-wrap:anywhere\"><span style=\"opacity:.75\">{name}:</span> {}</li>",
        words(text)
    )
}

fn fact((name, value): &(&'static str, String)) -> String {
    said(name, &words_of_others(value, LONGEST_FACT))
}

fn entry(entry: &Entry) -> String {
    let title = escape(&words_of_others(&entry.title, LONGEST_SAID));
    let place = words(&words_of_others(&entry.place, LONGEST_CELL));
    let lines = entry.lines.iter();
    let lines: String = lines
        .map(|(name, text)| said(name, &words_of_others(text, LONGEST_SAID)))
        .collect();
    format!(
        "<li style=\"border-top:1px solid {RULE};margin-top:.4em;padding-top:.3em;overflow-wrap:anywhere\">\
         {place}: <b>{title}</b><ul style=\"list-style:none;margin:0;padding:0 0 0 1.6em\">{lines}</ul></li>"
    )
}

/// A square of a colour, before the words that say the same.
fn square(colour: &str) -> String {
    format!(
        "<span style=\"display:inline-block;width:.7em;height:.7em;background:{colour}\"></span> "
    )
}

/// A bar of counts, and below it each count with its word and its colour.
fn bar(bar: &Bar) -> String {
    // Each has a width that can be seen, and together they are no wider than their place.
    let share = |number: u64| number as f64 / bar.total.max(1) as f64 * 92.0 + 0.8;
    let piece = |(word, number, colour): &(&str, u64, &str)| {
        format!(
            "<div title=\"{} {word}\" style=\"float:left;width:{:.1}%;height:.8em;margin-right:1px;background:{colour}\"></div>",
            grouped(number),
            share(*number)
        )
    };
    let pieces: String = bar.counts.iter().map(piece).collect();
    let key = |(word, number, colour): &(&str, u64, &str)| {
        format!("{}{} {word}", square(colour), grouped(number))
    };
    let keys: Vec<String> = bar.counts.iter().map(key).collect();
    let words = bar.in_words();
    format!(
        "<div role=\"img\" aria-label=\"{words}\" title=\"{words}\" style=\"overflow:hidden;height:.8em;max-width:30em;margin:.4em 0 .2em\">{pieces}</div>\
         <p style=\"margin:0 0 .2em\">{}</p>",
        keys.join(" &#160; ")
    )
}

fn table(table: &Table) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    // The attribute stays where styles are stripped.
    let aligned = |column: usize| match table.is_numeric(column) {
        true => RIGHT,
        false => LEFT,
    };
    let aligned: Vec<&str> = (0..table.header.len()).map(aligned).collect();
    let heading = |column: usize| {
        let cells = table.rows.iter().map(|row| row[column].chars().count());
        let width = match cells.max() > Some(SENTENCE) {
            true => "<div style=\"min-width:12em\"></div>",
            false => "",
        };
        let (word, aligned) = (line(table.header[column]), aligned[column]);
        format!("<th {aligned}>{word}{width}</th>")
    };
    let head: String = (0..table.header.len()).map(heading).collect();
    let value = |(value, aligned): (&String, &&str)| {
        let (shown, hover) = cell(value);
        format!("<td {aligned}{hover}>{shown}</td>")
    };
    let row = |row: &Vec<String>| {
        let cells: String = row.iter().zip(&aligned).map(value).collect();
        format!("<tr>{cells}</tr>")
    };
    let body: String = table.rows.iter().map(row).collect();
    table_of(&head, &body)
}

/// At the left edge, as all else.
fn table_of(head: &str, body: &str) -> String {
    format!(
        "<div style=\"overflow-x:auto;margin:.4em 0\"><table style=\"margin:0\"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
}

/// Numbers as bars that lie between their name and their number.
fn chart([name, number]: &[&'static str; 2], rows: &[(String, f64, String)]) -> String {
    let longest = rows
        .iter()
        .map(|row| row.1)
        .fold(f64::MIN_POSITIVE, f64::max);
    let row = |(name, value, number): &(String, f64, String)| {
        let width = value / longest * 20.0;
        format!(
            "<tr><td {LEFT}>{}</td><td {LEFT}><div style=\"width:{width:.2}em;min-width:1px;height:1em;background:{USERS}\"></div></td><td {RIGHT}>{}</td></tr>",
            cell(name).0,
            cell(number).0
        )
    };
    let body: String = rows.iter().map(row).collect();
    let head = format!("<th {LEFT}>{name}</th><th></th><th {RIGHT}>{number}</th>");
    table_of(&head, &body)
}

/// One line; the rest is below it once it is asked for.
fn exchange(exchange: &Exchange) -> String {
    let column = |width: &str, align: &str, text: &str| {
        let text = line(text);
        format!(
            "<span style=\"display:inline-block;min-width:{width};text-align:{align}\">{text}</span> "
        )
    };
    let index = match exchange.index.as_str() {
        "" => String::new(),
        index => column("2.6em", "right", index),
    };
    let mark = if exchange.is_success {
        "transparent"
    } else {
        WARNING
    };
    let head = index
        + &format!("<b>{}</b>", column("4.4em", "left", &exchange.method))
        + &square(mark)
        + &column("2.2em", "left", &exchange.outcome)
        + &column("4.4em", "right", &exchange.took)
        + &format!(
            "<span style=\"font-family:monospace\">{}</span>",
            line(&exchange.path)
        );
    let body = |(word, text): &(&'static str, String)| code(word, &laid_out(text));
    let bodies: String = exchange.bodies.iter().map(body).collect();
    let all = bodies + &code("curl", &exchange.curl);
    match exchange.folded {
        true => format!(
            "<li><details><summary style=\"white-space:nowrap;overflow:hidden;text-overflow:ellipsis\">{head}</summary>{all}</details></li>"
        ),
        false => format!("<li style=\"overflow-wrap:anywhere\">{head}{all}</li>"),
    }
}

/// Many lines, which scroll in a place of their own.
fn code(word: &str, text: &str) -> String {
    format!(
        "<p style=\"margin:.3em 0 0 2.6em;opacity:.75\">{}:</p><pre style=\"margin:0 0 0 2.6em;max-height:16em;overflow:auto;white-space:pre\">{}</pre>",
        line(word),
        escape(text)
    )
}

/// JSON with a line for each field, so that no line breaks inside a value. It need not be whole: where something is hidden or left
/// out, other signs stand in it.
fn laid_out(text: &str) -> String {
    let (mut out, mut depth, mut in_text, mut before) = (String::new(), 0_usize, false, ' ');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
        match c {
            '"' if before != '\\' => in_text = !in_text,
            _ if in_text => {}
            '{' | '[' if !matches!(chars.peek(), Some('}' | ']')) => depth += 1,
            '}' | ']' if !matches!(before, '{' | '[') => {
                depth = depth.saturating_sub(1);
                out += &line(depth);
            }
            _ => {}
        }
        out.push(c);
        if !in_text && depth > 0 {
            match (c, chars.peek()) {
                ('{' | '[', Some('}' | ']')) => {}
                ('{' | '[' | ',', _) => out += &line(depth),
                (':', _) if before == '"' => out.push(' '),
                _ => {}
            }
        }
        // An escaped backslash escapes nothing.
        before = if before == '\\' && c == '\\' { ' ' } else { c };
    }
    out
}

/// Lanes of boxes; it keeps within its place, however narrow that is.
fn timeline(timeline: &Timeline) -> String {
    let lane = |(at, spans): (usize, &Vec<Span>)| {
        let mut done = 0.0;
        let mut boxes = String::new();
        for span in spans {
            boxes += &format!(
                "<span style=\"float:left;width:{:.2}%;height:1px\"></span>{}",
                (span.from - done).max(0.0) * 99.5,
                span_box(span)
            );
            done = span.to;
        }
        format!(
            "<div style=\"overflow:hidden;margin:2px 0\"><span style=\"float:left;width:4em;opacity:.75\">slot {} </span>\
             <span style=\"display:block;overflow:hidden;background:rgba(136,136,136,.15)\">{boxes}</span></div>",
            at + 1
        )
    };
    let lanes: String = timeline.lanes.iter().enumerate().map(lane).collect();
    let words = line(&timeline.title);
    format!(
        "{}<div role=\"img\" aria-label=\"{words}\" title=\"{words}\" style=\"max-width:48em\">{lanes}\
         <div style=\"margin-left:4em;overflow:hidden;opacity:.75\"><span style=\"float:left\">0 s </span><span style=\"float:right\">{}</span></div></div>",
        heading(&timeline.title),
        line(&timeline.end)
    )
}

fn span_box(span: &Span) -> String {
    format!(
        "<span title=\"{}\" style=\"float:left;box-sizing:border-box;width:{:.2}%;height:1.6em;overflow:hidden;white-space:nowrap;\
         border-left:2px solid {USERS};background:{USERS_GROUND};color:{INK};padding-left:.3em\">{} </span>",
        line(&span.words),
        (span.to - span.from) * 99.5,
        line(&span.name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_even_where_something_is_hidden() {
        let laid = laid_out(r#"{"at":"a, {b} \"c\\","of":<hidden>,"all":[],"some":[1,{"x":2}]}"#);
        let lines = [
            "{",
            r#"  "at": "a, {b} \"c\\","#,
            r#"  "of": <hidden>,"#,
            r#"  "all": [],"#,
            r#"  "some": ["#,
            "    1,",
            "    {",
            r#"      "x": 2"#,
            "    }",
            "  ]",
            "}",
        ];
        assert_eq!(laid.lines().collect::<Vec<_>>(), lines);
        assert_eq!(laid_out("no answer, in time"), "no answer, in time");
    }
}
