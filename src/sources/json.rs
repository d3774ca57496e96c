//! Users in JSON: one object on each line, the elements of a list, or objects one after another. A list may lie within an
//! object, as `{"users": […]}`; what is around it is stepped over, however much it is.

use std::io;

use memchr::memchr;
use serde::de::DeserializeSeed;

use crate::sources::bytes::{Line, Text};
use crate::sources::rows::{Cell, EachField, Fault, LONGEST_ROW, too_long, undecoded};

/// Names of lists that hold users in what other systems write.
const LISTS: [&str; 14] = [
    "users",
    "user",
    "data",
    "results",
    "items",
    "records",
    "rows",
    "members",
    "identities",
    "resources",
    "value",
    "accounts",
    "entries",
    "documents",
];
/// Whether a list of that name holds users.
pub(crate) fn is_list_name(name: &str) -> bool {
    LISTS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a field of that name makes an object a user in a list that no name tells of.
pub(crate) fn is_email_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("email") || name.eq_ignore_ascii_case("mail")
}

/// How far within objects a list of users is looked for.
const MOST_LEVELS: usize = 3;
/// The first bytes of a list, which show whether it holds users.
const SEEN_OF_A_LIST: usize = 16 << 10;
/// Bytes that are read a second time at most, because an object turned out to be broken. A list of objects that never end would
/// otherwise be read for hours.
const MOST_AGAIN: usize = 1 << 26;
/// The most bytes of a key's name; a longer key is not one of those searched for.
const LONGEST_KEY: usize = 200;

/// The bytes of a user's object in the window.
type Element = (usize, Result<std::ops::Range<usize>, Fault>);

/// Lines that are an object each.
#[derive(Debug)]
pub(crate) struct Lines {
    text: Text,
    line: usize,
    given: usize,
}

impl Lines {
    pub(crate) fn of(text: Text) -> Lines {
        Lines {
            text,
            line: 0,
            given: 0,
        }
    }

    pub(crate) fn window(&self) -> &[u8] {
        self.text.window()
    }

    /// The next line that is not empty, with its number.
    pub(crate) fn next(&mut self) -> Option<(usize, Result<&str, Fault>)> {
        let (line, found) = self.find()?;
        let found = found.and_then(|bytes| text_of(&self.text, bytes));
        Some((line, found))
    }

    /// The next line, where all of it is in memory already. [`next`](Lines::next) gives it again, unless it is stepped over.
    pub(crate) fn ahead(&mut self) -> Option<&str> {
        self.text.consume(std::mem::take(&mut self.given));
        let window = self.text.window();
        let end = memchr(b'\n', window)?;
        std::str::from_utf8(&window[..end]).ok()
    }

    /// Steps over a line with this many bytes and an end.
    pub(crate) fn step_over(&mut self, bytes: usize) {
        self.given = bytes + 1;
        self.line += 1;
    }

    fn find(&mut self) -> Option<Element> {
        loop {
            self.text.consume(std::mem::take(&mut self.given));
            self.line += 1;
            let end = match self.text.line(LONGEST_ROW) {
                Ok(Line::Whole(end)) => end,
                Ok(Line::TooLong) => return Some((self.line, Err(Fault::Row(too_long(""))))),
                Ok(Line::None) => return None,
                Err(cause) => return Some((self.line, Err(Fault::File(cause)))),
            };
            self.given = end;
            if !self.text.window()[..end].trim_ascii().is_empty() {
                return Some((self.line, Ok(0..end)));
            }
        }
    }
}

fn text_of(text: &Text, bytes: std::ops::Range<usize>) -> Result<&str, Fault> {
    let found = std::str::from_utf8(&text.window()[bytes]);
    found.map_err(|_| Fault::Row(undecoded(text.encoding).to_string()))
}

/// The fields of an object, or what is wrong with it.
pub(crate) fn fields(text: &str) -> Result<Vec<(String, Cell<'static>)>, String> {
    let mut fields = Vec::new();
    each_field(text, |name, cell| {
        fields.push((name.to_string(), cell.into_value().into()));
        Ok(())
    })?;
    Ok(fields)
}

/// Gives each field of an object to a function, whose first fault is that of the object.
pub(crate) fn each_field(
    text: &str,
    take: impl FnMut(&str, Cell<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_str(text.trim_end());
    let read = EachField(take).deserialize(&mut json);
    let read = read.and_then(|fault| json.end().map(|()| fault));
    let fault = read.map_err(|cause| match cause.line() {
        1 => format!(
            "is not one complete JSON object (column {})",
            cause.column()
        ),
        line => format!(
            "is not one complete JSON object (line {line} of it, column {})",
            cause.column()
        ),
    })?;
    fault.map_or(Ok(()), Err)
}

/// Objects that follow each other, within a list or without one.
#[derive(Debug)]
pub(crate) struct Objects {
    text: Text,
    line: usize,
    in_list: bool,
    is_over: bool,
    given: usize,
    /// How far the next value is set in, where it is the first of its line.
    indent: Option<usize>,
    /// Bytes that may still be read a second time.
    again: usize,
    /// Objects that the list lies within.
    around: usize,
}

/// Where a scan of JSON stands.
#[derive(Default)]
struct Nesting {
    /// Brackets that are open, by what closes them.
    closing: Vec<u8>,
    in_text: bool,
    is_escaped: bool,
    /// The last byte that is not white space was a comma.
    is_behind_comma: bool,
}

/// What follows a list of users.
enum Behind {
    /// Another one, which has begun.
    List,
    End,
    /// Something that is not read.
    More,
}

/// What is reported about the text after a list.
const MORE: &str = "begins something after the list of users, which is not read: put each list of users into a file of its own";

/// What a byte means where a scan stands.
enum Step {
    Within,
    /// The value ends with it.
    Last,
    /// JSON cannot have it here.
    Wrong,
}

impl Nesting {
    fn step(&mut self, byte: u8) -> Step {
        if self.in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                b'\n' => return Step::Wrong,
                _ => {}
            }
        } else {
            let in_object = self.closing.last() == Some(&b'}');
            let is_behind_comma = std::mem::take(&mut self.is_behind_comma);
            match byte {
                b'"' => self.in_text = true,
                // A name must come there: the object before lacks its end.
                b'{' | b'[' if is_behind_comma && in_object => return Step::Wrong,
                b'{' => self.closing.push(b'}'),
                b'[' => self.closing.push(b']'),
                b'}' | b']' if self.closing.pop() != Some(byte) => return Step::Wrong,
                b':' if self.closing.last() == Some(&b']') => return Step::Wrong,
                b',' => self.is_behind_comma = true,
                b' ' | b'\t' | b'\n' | b'\r' => self.is_behind_comma = is_behind_comma,
                _ => {}
            }
        }
        match self.closing.is_empty() && !self.in_text {
            true => Step::Last,
            false => Step::Within,
        }
    }
}

impl Objects {
    pub(crate) fn of(text: Text) -> Objects {
        Objects {
            text,
            line: 1,
            in_list: false,
            is_over: false,
            given: 0,
            indent: None,
            again: MOST_AGAIN,
            around: 0,
        }
    }

    /// Those of the list that the text is, or that lies within the object that it is.
    pub(crate) fn of_list(text: Text) -> io::Result<Option<Objects>> {
        let mut objects = Objects::of(text);
        let found = match objects.peek()? {
            Some(b'[') => {
                objects.step_over(1);
                true
            }
            Some(b'{') => objects.descend(0)?,
            _ => false,
        };
        objects.in_list = true;
        Ok(found.then_some(objects))
    }

    pub(crate) fn window(&self) -> &[u8] {
        self.text.window()
    }

    /// The next object, with the number of its first line.
    pub(crate) fn next(&mut self) -> Option<(usize, Result<&str, Fault>)> {
        let given = std::mem::take(&mut self.given);
        self.step_over(given);
        let (line, found) = self.find()?;
        let found = found.and_then(|bytes| text_of(&self.text, bytes));
        Some((line, found))
    }

    fn find(&mut self) -> Option<Element> {
        if self.is_over {
            return None;
        }
        loop {
            match self.peek() {
                Ok(Some(b',')) => {
                    self.step_over(1);
                    self.indent = None;
                }
                Ok(Some(b']')) if self.in_list => match self.leave_list() {
                    Ok(Behind::List) => {}
                    Ok(Behind::End) => {
                        self.is_over = true;
                        return None;
                    }
                    Ok(Behind::More) => {
                        self.is_over = true;
                        return Some((self.line, Err(Fault::Row(MORE.to_string()))));
                    }
                    Err(cause) => return Some((self.line, Err(Fault::File(cause)))),
                },
                Ok(None) if !self.in_list => return None,
                Ok(None) => {
                    let cause = io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the file ends before its list ends",
                    );
                    return Some((self.line, Err(Fault::File(cause))));
                }
                Ok(Some(_)) => return Some(self.element()),
                Err(cause) => return Some((self.line, Err(Fault::File(cause)))),
            }
        }
    }

    /// Continues after a list of users. Its surroundings are skipped, and another list may follow, for example if pages of an
    /// API were joined.
    fn leave_list(&mut self) -> io::Result<Behind> {
        self.step_over(1);
        let is_within = self.around > 0;
        while self.around > 0 {
            match self.peek()? {
                Some(b',') => self.step_over(1),
                Some(b'"') => {
                    self.key()?;
                    if self.peek()? == Some(b'[') && self.has_users(false)? {
                        return Ok(Behind::More);
                    }
                    self.skip_value()?;
                }
                Some(b'}') => {
                    self.step_over(1);
                    self.around -= 1;
                }
                Some(_) => return Ok(Behind::More),
                None => return Ok(Behind::End),
            }
        }
        loop {
            match self.peek()? {
                Some(b',') => self.step_over(1),
                Some(b'[') if !is_within => {
                    self.step_over(1);
                    return Ok(Behind::List);
                }
                Some(b'{') if is_within => {
                    if self.descend(0)? {
                        return Ok(Behind::List);
                    }
                }
                Some(_) => return Ok(Behind::More),
                None => return Ok(Behind::End),
            }
        }
    }

    fn element(&mut self) -> Element {
        let line = self.line;
        let mut nesting = Nesting::default();
        let is_plain = !matches!(self.text.window().first(), Some(b'{' | b'[' | b'"'));
        let mut at = 0;
        loop {
            while let Some(byte) = self.text.window().get(at) {
                if is_plain && (matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace()) {
                    // A number or a word, for example: it is not a user, which the reader reports.
                    let end = at.max(1);
                    self.given = end;
                    return (line, Ok(0..end));
                }
                at += 1;
                match nesting.step(*byte) {
                    Step::Last if !is_plain => {
                        self.given = at;
                        return (line, Ok(0..at));
                    }
                    Step::Wrong if !is_plain => return (line, Err(self.recover(at))),
                    _ => {}
                }
            }
            if at > LONGEST_ROW {
                return (line, Err(self.step_over_long(nesting)));
            }
            match self.text.more() {
                Ok(true) => {}
                Ok(false) if is_plain => {
                    self.given = at;
                    return (line, Ok(0..at));
                }
                Ok(false) => return (line, Err(self.recover(at))),
                Err(cause) => return (line, Err(Fault::File(cause))),
            }
        }
    }

    /// Goes on with the next object behind one that is broken: an opening brace behind a comma, at the beginning of a line
    /// where the broken one is.
    fn recover(&mut self, looked_at: usize) -> Fault {
        let broken = "is not one complete JSON object: a bracket or a quote is missing";
        self.again = self.again.saturating_sub(looked_at);
        if self.again == 0 {
            self.is_over = true;
            let fact = "too many users before it are not closed";
            return Fault::File(io::Error::new(io::ErrorKind::InvalidData, fact));
        }
        let mut at = 1;
        loop {
            let window = self.text.window();
            let braces = window.get(at..).unwrap_or_default().iter().enumerate();
            let mut braces = braces
                .filter(|(_, byte)| **byte == b'{')
                .map(|(place, _)| at + place);
            if let Some(brace) = braces.find(|brace| is_next(&window[..*brace], self.indent)) {
                self.step_over(brace);
                return Fault::Row(broken.to_string());
            }
            at = window.len();
            if at > LONGEST_ROW {
                self.step_over(at);
                at = 0;
            }
            match self.text.more() {
                Ok(true) => {}
                Ok(false) => {
                    self.is_over = true;
                    let fact =
                        "the file ends in the middle of a user, or a bracket or a quote is missing";
                    return Fault::File(io::Error::new(io::ErrorKind::UnexpectedEof, fact));
                }
                Err(cause) => return Fault::File(cause),
            }
        }
    }

    /// Goes on behind an object that is longer than any may be.
    fn step_over_long(&mut self, mut nesting: Nesting) -> Fault {
        loop {
            let seen = self.text.window().len();
            self.step_over(seen);
            match self.text.more() {
                Ok(true) => {}
                Ok(false) => {
                    self.is_over = true;
                    return Fault::Row(too_long(""));
                }
                Err(cause) => return Fault::File(cause),
            }
            let mut steps = self.text.window().iter();
            let end = steps.position(|byte| !matches!(nesting.step(*byte), Step::Within));
            if let Some(end) = end {
                self.step_over(end + 1);
                return Fault::Row(too_long(""));
            }
        }
    }

    fn step_over(&mut self, bytes: usize) {
        let window = &self.text.window()[..bytes];
        self.line += window.iter().filter(|byte| **byte == b'\n').count();
        self.text.consume(bytes);
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let window = self.text.window();
            let mut bytes = window.iter();
            let blank = bytes.position(|byte| !byte.is_ascii_whitespace());
            let blank = blank.unwrap_or(window.len());
            let next = window.get(blank).copied();
            if blank > 0 {
                self.indent = indent_of(&window[..blank]);
            }
            self.step_over(blank);
            if next.is_some() || !self.text.more()? {
                return Ok(next);
            }
        }
    }

    /// Goes into an object until a list of users begins; false where it has none.
    fn descend(&mut self, level: usize) -> io::Result<bool> {
        self.step_over(1);
        loop {
            match self.peek()? {
                Some(b',') => self.step_over(1),
                Some(b'"') => {}
                Some(b'}') => {
                    self.step_over(1);
                    return Ok(false);
                }
                _ => return Ok(false),
            }
            if self.peek()? != Some(b'"') {
                continue;
            }
            let key = self.key()?;
            let is_list = LISTS.contains(&key.as_str());
            match self.peek()? {
                Some(b'[') if self.has_users(is_list)? => {
                    self.step_over(1);
                    self.around = level + 1;
                    return Ok(true);
                }
                Some(b'{') if level < MOST_LEVELS => {
                    if self.descend(level + 1)? {
                        return Ok(true);
                    }
                }
                Some(_) => self.skip_value()?,
                None => return Ok(false),
            }
        }
    }

    /// A key, in lower case; the colon after it is skipped.
    fn key(&mut self) -> io::Result<String> {
        let mut nesting = Nesting::default();
        let mut key = Vec::new();
        while let Some(byte) = self.byte()? {
            if !matches!(nesting.step(byte), Step::Within) {
                break;
            }
            if key.len() < LONGEST_KEY {
                key.push(byte.to_ascii_lowercase());
            }
        }
        if self.peek()? == Some(b':') {
            self.step_over(1);
        }
        Ok(String::from_utf8_lossy(&key)
            .trim_start_matches('"')
            .to_string())
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        if self.text.window().is_empty() && !self.text.more()? {
            return Ok(None);
        }
        let byte = self.text.window().first().copied();
        self.step_over(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// Whether the list that begins here has users in it, as far as that can be seen at once: objects with an e-mail, or any
    /// objects where the list's name says so.
    fn has_users(&mut self, is_named: bool) -> io::Result<bool> {
        if self.text.window().len() < SEEN_OF_A_LIST {
            self.text.more()?;
        }
        let inner = self.text.window()[1..].trim_ascii_start();
        if is_named {
            return Ok(matches!(inner.first(), Some(b'{' | b']')));
        }
        let first = first_value(inner).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let fields = first.and_then(|text| fields(text).ok());
        Ok(fields.is_some_and(|fields| fields.iter().any(|(name, _)| is_email_name(name))))
    }

    fn skip_value(&mut self) -> io::Result<()> {
        let is_plain = !matches!(self.text.window().first(), Some(b'{' | b'[' | b'"'));
        let mut nesting = Nesting::default();
        loop {
            let window = self.text.window();
            let ends = |byte: &u8| match is_plain {
                true => matches!(byte, b',' | b'}' | b']'),
                false => !matches!(nesting.step(*byte), Step::Within),
            };
            let end = window.iter().position(ends);
            let seen = end.map_or(window.len(), |end| end + usize::from(!is_plain));
            self.step_over(seen);
            if end.is_some() || !self.text.more()? {
                return Ok(());
            }
        }
    }
}

/// Whether a brace behind this text can open the next object of a list whose objects are set in so far, on lines of their own.
fn is_next(before: &[u8], set_in: Option<usize>) -> bool {
    let is_behind_comma = before.trim_ascii_end().last() == Some(&b',');
    is_behind_comma
        && set_in.is_none_or(|most| indent_of(before).is_some_and(|indent| indent <= most))
}

/// How far what follows this text is set in; nothing where it is not the first of its line.
fn indent_of(before: &[u8]) -> Option<usize> {
    let is_blank = |byte: &&u8| **byte != b'\n' && byte.is_ascii_whitespace();
    let blank = before.iter().rev().take_while(is_blank).count();
    let begins_line = before[..before.len() - blank].last() == Some(&b'\n');
    begins_line.then_some(blank)
}

/// The value that a window begins with, where all of it can be seen.
pub(crate) fn first_value(window: &[u8]) -> Option<&[u8]> {
    if !matches!(window.first(), Some(b'{' | b'[')) {
        return None;
    }
    let mut nesting = Nesting::default();
    for (index, byte) in window.iter().enumerate() {
        match nesting.step(*byte) {
            Step::Within => {}
            Step::Last => return Some(&window[..=index]),
            Step::Wrong => return None,
        }
    }
    None
}
