//! Inputs made of others by chance.
//!
//! Nothing tells here which code an input has reached: stable Rust counts no branches. So inputs are made by what they are: parts,
//! lines, JSON, numbers and the words that a target's reader knows, from a corpus in which each form is there.

use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// What stands between the parts of an input that is several texts: the head and the body of an answer, a journal and a file.
pub const PART: &[u8] = b"\n%%\n";

/// Bytes of the longest input.
const MOST_BYTES: usize = 256 << 10;

/// Numbers at which something ends.
const NUMBERS: [&str; 20] = [
    "0",
    "-1",
    "1",
    "127",
    "128",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e-400",
    "-0.0",
];
/// Bytes that are no text, or a strange one.
const NO_TEXT: [&[u8]; 12] = [
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\0",
    b"\xef\xbb\xbf",
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
    "I\u{307}\u{1f600}".as_bytes(),
    b"\x1b[2J",
];
/// What turns the meaning of what comes behind, in some form or other.
const SIGNS: [&str; 26] = [
    "\"",
    "\"\"",
    "'",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\n\n",
    "\r",
    "[",
    "]",
    "{",
    "}",
    "\\",
    "\\u0000",
    "\\ud800",
    ":",
    ": ",
    "=",
    "#",
    "$",
    "%",
    " ",
    "null",
    "EVCXR_BEGIN_CONTENT text/html",
];

/// Makes an input of those of the corpus.
pub fn mutated(chance: &mut Chance, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = chance.one_of(corpus).clone();
    if chance.percent(8) {
        let other = chance.one_of(corpus);
        let (head, tail) = (chance.below(input.len() + 1), chance.below(other.len() + 1));
        input.truncate(head);
        input.extend_from_slice(&other[tail..]);
    }
    for _ in 0..*chance.one_of(&[0, 1, 1, 1, 1, 2, 2, 3, 4, 7]) {
        input = changed_somewhere(chance, input, corpus, words);
        input.truncate(MOST_BYTES);
    }
    input
}

/// Changes one of the parts, and now and then which there are.
fn changed_somewhere(
    chance: &mut Chance,
    input: Vec<u8>,
    corpus: &[Vec<u8>],
    words: &[&str],
) -> Vec<u8> {
    let mut parts = parts(&input);
    let at = chance.below(parts.len());
    if parts.len() > 1 && chance.percent(12) {
        let other: &Vec<u8> = chance.one_of(corpus);
        let other = split(other);
        match chance.below(4) {
            0 => drop(parts.remove(at)),
            1 => parts.insert(at, parts[at].clone()),
            2 => parts[at] = chance.one_of(&other).to_vec(),
            _ => {
                let to = chance.below(parts.len());
                parts.swap(at, to);
            }
        }
    } else {
        parts[at] = changed(chance, std::mem::take(&mut parts[at]), words);
    }
    parts.join(PART)
}

/// The parts of an input.
#[must_use]
pub fn parts(input: &[u8]) -> Vec<Vec<u8>> {
    split(input).into_iter().map(<[u8]>::to_vec).collect()
}

/// The same, where they are.
#[must_use]
pub fn split(input: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut rest) = (Vec::new(), input);
    while let Some(at) = rest.windows(PART.len()).position(|window| window == PART) {
        parts.push(&rest[..at]);
        rest = &rest[at + PART.len()..];
    }
    parts.push(rest);
    parts
}

fn changed(chance: &mut Chance, part: Vec<u8>, words: &[&str]) -> Vec<u8> {
    if chance.below(400) == 0 {
        return filled_up(chance, part, words);
    }
    match chance.below(10) {
        0..4 => match as_json(chance, &part, words) {
            Some(changed) => changed,
            None => as_bytes(chance, part, words),
        },
        4..6 => as_lines(chance, &part, words),
        _ => as_bytes(chance, part, words),
    }
}

/// Repeats a few bytes or a word until the input is as long as any: what takes the square of a length shows only so.
fn filled_up(chance: &mut Chance, mut part: Vec<u8>, words: &[&str]) -> Vec<u8> {
    let start = chance.below(part.len() + 1);
    let end = part.len().min(start + 1 + chance.below(12));
    let piece = match chance.below(3) {
        0 => word(chance, words),
        _ => part[start..end].to_vec(),
    };
    let times = MOST_BYTES.saturating_sub(part.len()) / piece.len().max(1);
    part.splice(end..end, piece.repeat(times));
    part
}

fn place(chance: &mut Chance, bytes: &[u8]) -> std::ops::Range<usize> {
    let start = chance.below(bytes.len() + 1);
    let most = *chance.one_of(&[1, 4, 16, 80, 1000]);
    start..bytes.len().min(start + 1 + chance.below(most))
}

fn word(chance: &mut Chance, words: &[&str]) -> Vec<u8> {
    let from = match chance.below(4) {
        0 => return chance.one_of(&NO_TEXT).to_vec(),
        1 => &NUMBERS[..],
        2 => &SIGNS[..],
        _ if words.is_empty() => &SIGNS[..],
        _ => words,
    };
    chance.one_of(from).as_bytes().to_vec()
}

fn as_bytes(chance: &mut Chance, mut bytes: Vec<u8>, words: &[&str]) -> Vec<u8> {
    let range = place(chance, &bytes);
    match chance.below(11) {
        0 if !bytes.is_empty() => {
            let at = chance.below(bytes.len());
            bytes[at] ^= 1 << chance.below(8);
        }
        1 if !bytes.is_empty() => {
            let at = chance.below(bytes.len());
            bytes[at] = chance.below(256) as u8;
        }
        2 => drop(bytes.drain(range)),
        3 => {
            let again = bytes[range].to_vec();
            let at = chance.below(bytes.len() + 1);
            bytes.splice(at..at, again);
        }
        4 => bytes.truncate(range.start),
        5 => bytes[range].reverse(),
        6 => {
            let times = *chance.one_of(&[2, 10, 200, 5_000]);
            let block = bytes[range.clone()].repeat(times);
            bytes.splice(range, block.into_iter().take(100_000));
        }
        7 => number(chance, &mut bytes),
        8 => drop(bytes.splice(range, word(chance, words))),
        _ => {
            let word = word(chance, words);
            bytes.splice(range.start..range.start, word);
        }
    }
    bytes
}

fn boundary(chance: &mut Chance) -> &'static str {
    NUMBERS[chance.below(NUMBERS.len())]
}

/// Puts one of the numbers at which something ends in the place of another.
fn number(chance: &mut Chance, bytes: &mut Vec<u8>) {
    let digit = |at: &usize| bytes[*at].is_ascii_digit();
    let starts: Vec<usize> = (0..bytes.len())
        .filter(|at| digit(at) && (*at == 0 || !bytes[at - 1].is_ascii_digit()))
        .collect();
    if starts.is_empty() {
        return;
    }
    let start = *chance.one_of(&starts);
    let end = (start..bytes.len())
        .find(|at| !digit(at))
        .unwrap_or(bytes.len());
    bytes.splice(start..end, boundary(chance).bytes());
}

fn as_lines(chance: &mut Chance, part: &[u8], words: &[&str]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = part
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let at = chance.below(lines.len());
    match chance.below(8) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        2 => {
            let to = chance.below(lines.len());
            lines.swap(at, to);
        }
        3 => {
            let line = lines.remove(at);
            lines.insert(chance.below(lines.len() + 1), line);
        }
        4 => lines[at] = as_bytes(chance, std::mem::take(&mut lines[at]), words),
        5 => {
            let again = lines[at].clone();
            let times = *chance.one_of(&[2, 20, 300]);
            lines.splice(at..at, std::iter::repeat_n(again, times));
        }
        _ => {
            if let Some(line) = as_json(chance, &lines[at], words) {
                lines[at] = line;
            }
        }
    }
    lines.join(&b'\n')
}

/// The same JSON with one of its values changed; `None` where it is not JSON.
fn as_json(chance: &mut Chance, text: &[u8], words: &[&str]) -> Option<Vec<u8>> {
    if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'"')) {
        return None;
    }
    let mut whole: Value = serde_json::from_slice(text).ok()?;
    let nth = chance.below(count(&whole));
    let other = nth_value(&mut whole, &mut chance.below(nth + 1))?.clone();
    let value = nth_value(&mut whole, &mut { nth })?;
    match chance.below(7) {
        0 => *value = other,
        1 | 2 => *value = any(chance, words),
        3 => *value = wrapped(chance, value.take()),
        _ => within(chance, value, words),
    }
    Some(whole.to_string().into_bytes())
}

fn count(value: &Value) -> usize {
    let inside = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    };
    1 + inside
}

fn nth_value<'a>(value: &'a mut Value, nth: &mut usize) -> Option<&'a mut Value> {
    if *nth == 0 {
        return Some(value);
    }
    *nth -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth_value(item, nth)),
        Value::Object(fields) => fields.values_mut().find_map(|item| nth_value(item, nth)),
        _ => None,
    }
}

fn wrapped(chance: &mut Chance, value: Value) -> Value {
    let deep = *chance.one_of(&[1, 1, 2, 30, 120, 400]);
    (0..deep).fold(value, |value, _| match chance.below(2) {
        0 => json!([value]),
        _ => json!({ "a": value }),
    })
}

/// Any value.
fn any(chance: &mut Chance, words: &[&str]) -> Value {
    let text = String::from_utf8_lossy(&word(chance, words)).into_owned();
    match chance.below(12) {
        0 => Value::Null,
        1 => chance.percent(50).into(),
        2 => json!([]),
        3 => json!({}),
        4 => "".into(),
        5 => "x".repeat(*chance.one_of(&[30, 300, 5_000, 70_000])).into(),
        6 => serde_json::from_str(boundary(chance)).unwrap_or_default(),
        7 => chance.number().into(),
        8 => json!([text, null, 1]),
        9 => Value::Object(Map::from_iter([(text, json!(1))])),
        _ => text.into(),
    }
}

/// Changes the inside of a value.
fn within(chance: &mut Chance, value: &mut Value, words: &[&str]) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let at = chance.below(items.len());
            let item = items[at].clone();
            match chance.below(4) {
                0 => drop(items.remove(at)),
                1 => items.reverse(),
                2 => items.extend(std::iter::repeat_n(item, 1 + chance.below(60))),
                _ => items.insert(at, any(chance, words)),
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = chance.one_of(&names);
            let taken = fields.remove(name).unwrap_or_default();
            let other = String::from_utf8_lossy(&word(chance, words)).into_owned();
            match chance.below(4) {
                0 => {}
                1 => drop(fields.insert(other, taken)),
                2 => drop(fields.insert(chance.one_of(&names).clone(), taken)),
                _ => {
                    fields.insert(name.clone(), taken);
                    fields.insert(other, any(chance, words));
                }
            }
        }
        Value::String(text) => {
            let bytes = as_bytes(chance, std::mem::take(text).into_bytes(), words);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        Value::Number(number) => {
            let text = number.to_string();
            *value = match chance.below(3) {
                0 => text.into(),
                _ => serde_json::from_str(boundary(chance)).unwrap_or_default(),
            };
        }
        other => *other = any(chance, words),
    }
}
