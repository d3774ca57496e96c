//! Pictures as SVG, with a plate of their own: JupyterLab shows them as images, which no theme reaches, so that text
//! without a ground of its own would be lost on a light page or on a dark one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::display::draw::escape;
use crate::say::one_line;

const PLATE: &str = "#fbfbfb";
const INK: &str = "#222";
/// Width of a character of the letters used, at most.
const LETTER: f64 = 6.6;
const ROW: f64 = 24.0;

/// An SVG that is being drawn.
pub(crate) struct Figure {
    width: f64,
    height: f64,
    body: String,
}

impl Figure {
    pub(crate) fn new(width: f64, height: f64) -> Figure {
        Figure {
            width,
            height,
            body: String::new(),
        }
    }

    pub(crate) fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        self.body.push_str(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>",
            width.max(1.0)
        ));
    }

    /// `anchor` is `start`, `middle` or `end`.
    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: &str, words: &str) {
        self.body.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{INK}\" font-size=\"12\" font-family=\"sans-serif\">{}</text>",
            escape(&one_line(words))
        ));
    }

    /// As html; `words` say the same for who does not see it.
    pub(crate) fn html(&self, words: &str) -> String {
        let (width, height) = (self.width, self.height);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"><rect width=\"{width}\" height=\"{height}\" rx=\"4\" fill=\"{PLATE}\"/>{}</svg>",
            self.body
        );
        let words = escape(words);
        format!(
            "<div style=\"overflow-x:auto\"><img alt=\"{words}\" title=\"{words}\" style=\"max-width:100%;min-width:{}px\" src=\"data:image/svg+xml;base64,{}\"></div>",
            // Smaller than this, its words could not be read.
            width * 0.75,
            STANDARD.encode(svg)
        )
    }
}

/// Room that words take, with a little on both sides.
pub(crate) fn width_of(words: &str) -> f64 {
    words.chars().count() as f64 * LETTER + 12.0
}

/// Bars that lie, each with its name before it and its number behind.
pub(crate) fn bars(rows: &[(String, f64, String)], colour: &str, words: &str) -> String {
    let longest = |text: fn(&(String, f64, String)) -> &str| {
        rows.iter()
            .map(|row| width_of(text(row)))
            .fold(0.0, f64::max)
    };
    let (names, numbers) = (longest(|row| &row.0), longest(|row| &row.2));
    let room = 320.0;
    let most = rows
        .iter()
        .map(|row| row.1)
        .fold(f64::MIN_POSITIVE, f64::max);
    let mut figure = Figure::new(names + room + numbers, ROW * rows.len() as f64 + 12.0);
    for (index, (name, value, number)) in rows.iter().enumerate() {
        let top = 6.0 + ROW * index as f64;
        let length = value / most * room;
        figure.text(names - 8.0, top + 16.0, "end", name);
        figure.rect(names, top + 4.0, length, ROW - 8.0, colour);
        figure.text(names + length + 8.0, top + 16.0, "start", number);
    }
    figure.html(words)
}
