//! All text for the reader goes through here: everything that is printed, drawn, or written by `Display` and `Debug`.
//!
//! The kernel reads what a cell prints, line by line, and takes lines with its own words for commands: to show what follows as
//! html, to ask for a password, to end the cell. Names, e-mails, headings and sentences may come from others. So those words
//! are disarmed here, and invisible characters become visible.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use serde_json::Value;

use crate::words::cut;

/// Every command to the kernel begins with this (evcxr 0.22: `EVCXR_BEGIN_CONTENT`, `EVCXR_END_CONTENT`,
/// `EVCXR_EXECUTION_COMPLETE`, `EVCXR_PANIC_NOTIFICATION`, `EVCXR_ERROR_OCCURRED`, `EVCXR_VARIABLE_CHANGED_TYPE:`; evcxr_input:
/// `EVCXR_INPUT_REQUEST` and `EVCXR_INPUT_REQUEST_PASSWORD`).
pub(crate) const MARKER: &str = "EVCXR_";
/// What is shown in its place.
pub(crate) const DISARMED: &str = "EVCXR·_";
/// What is said about a user whose data contain it. Such a user is refused, so the word is never printed.
pub(crate) const NO_MARKERS: &str =
    "has EVCXR and an underscore, which a notebook's kernel takes for a command: remove it";
/// Characters of one sentence; the middle of a longer one is left out, since its end says what to do.
const LONGEST_SENTENCE: usize = 4_000;
/// How many of those are kept at its end.
const END_OF_SENTENCE: usize = 1_000;

/// Characters of a name in a list, and names in it.
const LONGEST_NAME: usize = 80;
const MOST_NAMES: usize = 40;

/// Prints a line; takes what `format!` takes.
macro_rules! say {
    ($($words:tt)+) => {
        $crate::say::print_line(format_args!($($words)+))
    };
}
pub(crate) use say;

pub(crate) fn print_line(line: impl fmt::Display) {
    let line = sentence(&line.to_string());
    // Whatever the listener returns is printed.
    match HEARD.take() {
        Some(hear) => {
            hear(&line);
            HEARD.set(Some(hear));
        }
        None => println!("{line}"),
    }
}

/// Who hears the lines of [`heard`].
type Hear = Rc<dyn Fn(&str)>;

thread_local! {
    /// Set by [`heard`] for as long as its call lasts. It keeps nothing from one cell to the next.
    static HEARD: RefCell<Option<Hear>> = const { RefCell::new(None) };
}

/// Makes the call and collects its lines and cell results instead of printing them.
pub(crate) fn heard<T>(hear: Hear, call: impl FnOnce() -> T) -> T {
    struct Before(Option<Hear>);
    impl Drop for Before {
        fn drop(&mut self) {
            HEARD.replace(self.0.take());
        }
    }
    let _before = Before(HEARD.replace(Some(hear)));
    call()
}

/// Prints a line to stderr, which the kernel passes on unread.
pub(crate) fn complain(line: impl fmt::Display) {
    eprintln!("{}", sentence(&line.to_string()));
}

/// Prints a cell's result: html, and the same as plain text.
pub(crate) fn show(html: &str, plain: &str) {
    let (html, plain) = (harmless(html), harmless(plain));
    match HEARD.with_borrow(Option::clone) {
        Some(hear) => [html, plain].iter().for_each(|text| hear(text)),
        None => println!(
            "EVCXR_BEGIN_CONTENT text/html\n{html}\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\n{plain}\nEVCXR_END_CONTENT"
        ),
    }
}

/// The text with the kernel's words disarmed, and otherwise unchanged.
pub(crate) fn disarmed(text: &str) -> String {
    text.replace(MARKER, DISARMED)
}

/// Data from a tenant that may be printed or saved. The kernel's words are disarmed and control characters are written out, so
/// no line is overwritten. Line breaks, tabs and direction marks stay, because names and notes have them.
pub(crate) fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends_line = c == '\r' && chars.peek() == Some(&'\n');
        if c.is_control() && !matches!(c, '\n' | '\t') && !ends_line {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    disarmed(&out)
}

/// A text of one line or many that can be printed.
pub(crate) fn harmless(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(one_line).collect();
    lines.join("\n")
}

/// A text as one line: what would end the line is visible too.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let after = *chars.peek().unwrap_or(&' ');
        if is_unseen(c, before, after) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        before = c;
    }
    disarmed(&line)
}

/// One line of bounded length.
pub(crate) fn sentence(text: &str) -> String {
    let line = one_line(text);
    let length = line.chars().count();
    if length <= LONGEST_SENTENCE {
        return line;
    }
    let end: String = line.chars().skip(length - END_OF_SENTENCE).collect();
    format!("{} … {end}", cut(&line, LONGEST_SENTENCE - END_OF_SENTENCE))
}

/// Names from others, such as column names: each on one line and cut, and only the first of very many.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names = names.map(|name| words_of_others(name, LONGEST_NAME));
    let mut listed: Vec<String> = names.by_ref().take(MOST_NAMES).collect();
    match names.count() {
        0 => {}
        more => listed.push(format!("and {more} more")),
    }
    listed.join(", ")
}

/// A sentence from others: one line, cut.
pub(crate) fn words_of_others(text: &str, most_chars: usize) -> String {
    one_line(&cut(text, most_chars))
}

/// Whether a character does something and cannot be seen: controls (ESC, BEL, NUL and C1 among them), separators of lines,
/// marks of direction, spaces of no width, tags, and the others that Unicode calls `Default_Ignorable_Code_Point`, but for
/// the selectors of a letter's or an emoji's looks.
fn is_unseen(c: char, before: char, after: char) -> bool {
    match c {
        // Scripts and emojis need the joiners; between Latin letters they only make two names look alike.
        '\u{200c}' | '\u{200d}' => before.is_ascii() || after.is_ascii(),
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => {
            true
        }
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => {
            true
        }
        '\u{3164}' | '\u{ffa0}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

/// Whether a value, its keys or its contents hold one of the kernel's words.
pub(crate) fn holds_marker(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(MARKER),
        Value::Array(items) => items.iter().any(holds_marker),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains(MARKER) || holds_marker(value)),
        _ => false,
    }
}

/// The same for JSON: its texts and its keys.
pub(crate) fn data_of(value: &Value) -> Value {
    match value {
        Value::String(text) => data(text).into(),
        Value::Array(items) => items.iter().map(data_of).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (data(name), data_of(value)))
            .collect(),
        other => other.clone(),
    }
}

/// `Debug` through the door, with every field that is named; one that is forgotten does not compile.
macro_rules! debug_fields {
    ($name:ident: $($field:ident),+) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $name { $($field),+ } = self;
                let fields: &[(&str, &dyn std::fmt::Debug)] = &[$((stringify!($field), $field)),+];
                $crate::say::debug(f, stringify!($name), fields)
            }
        }
    };
}
pub(crate) use debug_fields;

pub(crate) fn debug(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    fields: &[(&str, &dyn fmt::Debug)],
) -> fmt::Result {
    debug_as(f, &Fields(name, fields))
}

/// Writes what `shown` writes, harmless.
pub(crate) fn debug_as(f: &mut fmt::Formatter<'_>, shown: &dyn fmt::Debug) -> fmt::Result {
    let text = match f.alternate() {
        true => format!("{shown:#?}"),
        false => format!("{shown:?}"),
    };
    f.write_str(&harmless(&text))
}

struct Fields<'a>(&'a str, &'a [(&'a str, &'a dyn fmt::Debug)]);

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(self.0);
        for (name, value) in self.1 {
            out.field(name, value);
        }
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_seen_becomes_visible_and_what_can_stays() {
        let hidden = "a\u{1b}[31m\u{7}\0\r\u{9b}\u{202e}\u{2066}\u{200f}\u{feff}\u{200b}\u{2028}b";
        assert_eq!(
            one_line(hidden),
            r"a\u{1b}[31m\u{7}\u{0}\r\u{9b}\u{202e}\u{2066}\u{200f}\u{feff}\u{200b}\u{2028}b"
        );
        let blank =
            "\u{34f}\u{115f}\u{17b4}\u{180b}\u{2065}\u{3164}\u{ffa0}\u{1bca0}\u{1d173}\u{e01f0}";
        assert!(one_line(blank).is_ascii(), "{}", one_line(blank));
        assert_eq!(one_line("a\nb\tc"), r"a\nb\tc");
        assert_eq!(harmless("a\nb\tc"), "a\nb\\tc");
        for seen in [
            "Jürgen größer 👩\u{200d}💻 می\u{200c}خواهم 葛\u{e0100}",
            "│ 1 │ … 2",
        ] {
            assert_eq!(harmless(seen), seen);
        }
        assert_eq!(one_line("ad\u{200d}min"), r"ad\u{200d}min");
    }

    #[test]
    fn the_words_of_the_kernel_are_disarmed_wherever_they_stand() {
        let order = "EVCXR_BEGIN_CONTENT text/html";
        let shown = "EVCXR·_BEGIN_CONTENT text/html";
        assert_eq!(disarmed(order), shown);
        assert_eq!(harmless(&format!("a\n{order}")), format!("a\n{shown}"));
        let value = serde_json::json!({"a": [{"EVCXR_X": 1}], "b": ["x EVCXR_Y"], "c": 1});
        assert!(
            holds_marker(&value["a"]) && holds_marker(&value["b"]) && !holds_marker(&value["c"])
        );
        let other = serde_json::json!({"a": [{"EVCXR·_X": 1}], "b": ["x EVCXR·_Y"], "c": 1});
        assert_eq!(data_of(&value), other);
        let name = "two\r\nlines\tא\u{200f} \u{1b}[2J\rover\u{9b}";
        assert_eq!(
            data(name),
            "two\r\nlines\tא\u{200f} \\u{1b}[2J\\rover\\u{9b}"
        );
    }

    #[test]
    fn a_long_sentence_keeps_its_end() {
        let long = format!("{}: run this cell again", "x".repeat(9_000));
        let cut = sentence(&long);
        assert!(cut.chars().count() < LONGEST_SENTENCE + 5 && cut.contains("x… …"));
        assert!(cut.ends_with(": run this cell again"), "{cut}");
    }

    proptest! {
        #[test]
        fn nothing_leaves_that_the_kernel_or_a_terminal_would_obey(
            parts in proptest::collection::vec(prop_oneof![
                Just("EVCXR".to_string()), Just("_".to_string()), Just("EVCXR_".to_string()), Just("\n".to_string()), ".{0,3}", "\\PC{0,3}",
            ], 0..12),
        ) {
            let text = parts.concat();
            for text in [harmless(&text), one_line(&text).replace('\n', "!"), sentence(&text)] {
                prop_assert!(!text.contains(MARKER), "{}", text);
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{:?}", text);
            }
            prop_assert_eq!(harmless(&harmless(&text)), harmless(&text));
        }
    }
}
