//! What a value looks like, as data. Texts stand here as they are: the renderers make them harmless.

use crate::display::svg::Svg;
use crate::words::grouped;

// Colours are borders and fills with a contrast of 3 or more on light and on dark pages, and never the only sign; text
// takes the page's own colour.
pub(crate) const GOOD: &str = "#2a9d5c";
pub(crate) const BAD: &str = "#c33";
pub(crate) const WARNING: &str = "#c97b00";
pub(crate) const NEUTRAL: &str = "#888";
pub(crate) const UPDATED: &str = "#3577c0";
/// What is not there yet: a pattern, not a colour.
pub(crate) const OPEN: &str = "repeating-linear-gradient(45deg,#888 0 2px,transparent 2px 5px)";

/// Characters of a value that a table or a list shows.
pub(crate) const LONGEST_CELL: usize = 160;
/// Characters of a fact; and of a longer cell in html, for a pointer that rests on it.
pub(crate) const LONGEST_FACT: usize = 1_000;
/// Rows shown at the beginning and at the end of a long table.
const ROWS_AT_AN_END: usize = 5;

/// What a value looks like.
#[derive(Default)]
pub(crate) struct View {
    /// Of the border of the card that holds the title and what is said right after it; without one there is no card.
    pub(crate) colour: Option<&'static str>,
    /// Nothing where the parts speak for themselves.
    pub(crate) title: String,
    /// What goes on after the title, in a lower voice.
    pub(crate) tail: String,
    pub(crate) parts: Vec<Part>,
}

/// A part of a view, below the one before.
pub(crate) enum Part {
    /// One line each: name and value.
    Facts(Vec<(&'static str, String)>),
    /// A sentence.
    Note(String),
    /// The title of the parts that follow.
    Heading(String),
    Bar(Bar),
    /// Some lines as they are, as code.
    Code(String),
    Table(Table),
    Entries(Vec<Entry>),
    Exchanges(Vec<Exchange>),
    /// A picture, and the words that say the same.
    Picture(Svg, String),
    /// Numbers as bars or as a table: name, length, number in words.
    Chart([&'static str; 2], Vec<(String, f64, String)>),
}

/// Counts that make up a total: word, number, colour.
pub(crate) struct Bar {
    pub(crate) counts: Vec<(&'static str, u64, &'static str)>,
    pub(crate) total: u64,
}

pub(crate) struct Table {
    pub(crate) header: Vec<&'static str>,
    /// Each as long as the header.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Something of a list of which there is more to say than fits a row of a table, on a narrow page above all.
pub(crate) struct Entry {
    /// Its place among the others, in words.
    pub(crate) place: String,
    pub(crate) title: String,
    /// What is said of it: of what, and what.
    pub(crate) lines: Vec<(String, String)>,
}

/// A request and its answer.
pub(crate) struct Exchange {
    pub(crate) number: u64,
    /// Method and path.
    pub(crate) title: String,
    pub(crate) outcome: String,
    /// Word and text, whole, of many lines perhaps.
    pub(crate) bodies: Vec<(&'static str, String)>,
    /// To copy.
    pub(crate) curl: String,
    /// Whether a page shows no more than the title until it is asked.
    pub(crate) folded: bool,
}

impl View {
    /// A title in a card with a border of this colour.
    pub(crate) fn card(colour: &'static str, title: impl Into<String>) -> View {
        View {
            colour: Some(colour),
            ..View::titled(title)
        }
    }

    /// A title without a card.
    pub(crate) fn titled(title: impl Into<String>) -> View {
        View {
            title: title.into(),
            ..View::default()
        }
    }

    pub(crate) fn tail(mut self, tail: impl Into<String>) -> View {
        self.tail = tail.into();
        self
    }

    pub(crate) fn with(mut self, part: Part) -> View {
        self.parts.push(part);
        self
    }

    pub(crate) fn facts(self, facts: Vec<(&'static str, String)>) -> View {
        self.with(Part::Facts(facts))
    }

    pub(crate) fn notes(mut self, notes: impl IntoIterator<Item = String>) -> View {
        self.parts.extend(notes.into_iter().map(Part::Note));
        self
    }

    pub(crate) fn table(self, header: &[&'static str], rows: Vec<Vec<String>>) -> View {
        let header = header.to_vec();
        self.with(Part::Table(Table { header, rows }))
    }
}

impl Part {
    /// Whether it stands in the card when it follows the title.
    pub(crate) fn is_of_the_card(&self) -> bool {
        matches!(
            self,
            Part::Facts(_) | Part::Note(_) | Part::Bar(_) | Part::Code(_) | Part::Chart(..)
        )
    }
}

impl Bar {
    pub(crate) fn in_words(&self) -> String {
        let counts = self.counts.iter();
        let words: Vec<String> = counts
            .map(|(word, number, _)| format!("{} {word}", grouped(number)))
            .collect();
        format!("{} of {}", words.join(", "), grouped(self.total))
    }
}

impl Table {
    /// Whether a column holds numbers, with a unit perhaps, and gaps at most.
    pub(crate) fn is_numeric(&self, column: usize) -> bool {
        let is_number = |cell: &str| {
            let mut words = cell.split(' ');
            let number = words.next().is_some_and(|word| word.parse::<f64>().is_ok());
            number && words.count() <= 1
        };
        let mut cells = self.rows.iter().map(|row| row[column].as_str());
        cells.clone().any(is_number)
            && cells.all(|cell| matches!(cell, "" | "…" | "?") || is_number(cell))
    }
}

/// Rows for the first and the last items, and between them a row that says that there are more. `row` gets an item's place too.
pub(crate) fn ends<T>(items: &[T], row: impl Fn(usize, &T) -> Vec<String>) -> Vec<Vec<String>> {
    let rows = |range: std::ops::Range<usize>| range.map(|at| row(at, &items[at]));
    let count = items.len();
    if count <= 2 * ROWS_AT_AN_END + 1 {
        return rows(0..count).collect();
    }
    let mut shown: Vec<Vec<String>> = rows(0..ROWS_AT_AN_END).collect();
    shown.push(vec!["…".to_string(); shown[0].len()]);
    shown.extend(rows(count - ROWS_AT_AN_END..count));
    shown
}
