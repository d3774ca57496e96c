//! What a value looks like, as data. Texts stand here as they are: the renderers make them harmless.

use crate::words::grouped;

// The palette. Each colour has one meaning, in cards, bars, timelines and diagrams alike. Edges and fills have a contrast of
// 3 or more on light and on dark pages, and are never the only sign. Text takes the page's own colour.
/// Done, and good.
pub(crate) const GOOD: &str = "#2a9d5c";
/// Done and good too, of users who were there before.
pub(crate) const UPDATED: &str = "#1f8a9a";
/// A partial success, or something that needs attention: refused and faulty rows above all.
pub(crate) const WARNING: &str = "#c97b00";
/// What stopped: a cell, or a job as a whole.
pub(crate) const BAD: &str = "#cc3333";
/// Information.
pub(crate) const NEUTRAL: &str = "#888888";
/// The reader's users, and a job at work on them. The tenant's own orange stands in diagrams only.
pub(crate) const USERS: &str = "#2a7ae2";
/// A fill that dark words stand on, on light and on dark pages, and the colour of those words.
pub(crate) const USERS_GROUND: &str = "#a9cbf5";
pub(crate) const INK: &str = "#1b2733";
/// What is not there yet: a pattern, not a colour.
pub(crate) const OPEN: &str = "repeating-linear-gradient(45deg,#888 0 2px,transparent 2px 5px)";

/// Characters of a value that a table or a list shows.
pub(crate) const LONGEST_CELL: usize = 160;
/// Characters of what is said of an entry: its end often says what to do.
pub(crate) const LONGEST_SAID: usize = 480;
/// Characters of a fact; and of a longer cell in html, for a pointer that rests on it.
pub(crate) const LONGEST_FACT: usize = 1_000;
/// Rows shown at the beginning and at the end of a long table.
const ROWS_AT_AN_END: usize = 5;

/// What a value looks like: a card, whose headline is the outcome and whose edge has the outcome's colour.
pub(crate) struct View {
    pub(crate) colour: &'static str,
    /// Of an error that is shown on purpose, so that nobody takes it for one that stopped the cell.
    pub(crate) dashed: bool,
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
    Timeline(Timeline),
    /// Numbers as bars or as a table: name, length, number in words.
    Chart([&'static str; 2], Vec<(String, f64, String)>),
}

/// Counts that make up a total: word, number, colour. The headline says the same in words.
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
    /// By which a reader asks for this one.
    pub(crate) index: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Status, or that there is none.
    pub(crate) outcome: String,
    pub(crate) is_success: bool,
    pub(crate) took: String,
    /// Word and text, whole, of many lines perhaps.
    pub(crate) bodies: Vec<(&'static str, String)>,
    /// To copy.
    pub(crate) curl: String,
    /// Whether it is one of a list: a page shows one line of it until it is asked, and plain text nothing else.
    pub(crate) folded: bool,
}

/// What was at work when, in lanes side by side.
pub(crate) struct Timeline {
    /// What it shows, in words.
    pub(crate) title: String,
    /// Each with what was at work in it, in the order of time.
    pub(crate) lanes: Vec<Vec<Span>>,
    /// When it ends; it begins with 0.
    pub(crate) end: String,
}

/// Something at work, from one share of the whole time to another.
pub(crate) struct Span {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) name: String,
    pub(crate) words: String,
}

impl Default for View {
    fn default() -> View {
        View::titled("")
    }
}

impl View {
    /// A card whose edge has this colour.
    pub(crate) fn card(colour: &'static str, title: impl Into<String>) -> View {
        View {
            colour,
            dashed: false,
            title: title.into(),
            tail: String::new(),
            parts: Vec::new(),
        }
    }

    /// A card of information.
    pub(crate) fn titled(title: impl Into<String>) -> View {
        View::card(NEUTRAL, title)
    }

    pub(crate) fn dashed(mut self) -> View {
        self.dashed = true;
        self
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

    /// A column in which nothing stands is left out.
    pub(crate) fn table(self, header: &[&'static str], rows: Vec<Vec<String>>) -> View {
        let is_filled = |column: &usize| {
            let mut cells = rows.iter().map(|row| row[*column].as_str());
            cells.any(|cell| !matches!(cell, "" | "…"))
        };
        let filled: Vec<usize> = (0..header.len()).filter(is_filled).collect();
        let cells = |row: &Vec<String>| filled.iter().map(|at| row[*at].clone()).collect();
        self.with(Part::Table(Table {
            header: filled.iter().map(|at| header[*at]).collect(),
            rows: rows.iter().map(cells).collect(),
        }))
    }

    /// A bar, where there is more than one count to tell apart.
    pub(crate) fn bar(self, mut bar: Bar) -> View {
        bar.counts.retain(|(_, number, _)| *number > 0);
        match bar.counts.len() {
            0 | 1 => self,
            _ => self.with(Part::Bar(bar)),
        }
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
