//! The search of users: the part of Lucene's language for finding known users. What is not understood is refused, and never
//! guessed.

use serde_json::{Map, Value};

/// Fields that are compared without case; all others are compared exactly.
const WITHOUT_CASE: [&str; 6] = [
    "email",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "email.domain",
];
/// Characters that a `*` at the beginning needs after it.
const LEAST_SUFFIX: usize = 3;
/// Nested parentheses and NOTs.
const MOST_DEPTH: usize = 50;

/// What a user must fulfil.
pub(crate) enum Query {
    Everybody,
    Exists(String),
    Is(String, Pattern),
    Not(Box<Query>),
    All(Vec<Query>),
    Any(Vec<Query>),
}

pub(crate) enum Pattern {
    Exactly(String),
    Begins(String),
    Ends(String),
}

pub(crate) fn parse(text: &str) -> Result<Query, String> {
    let words = words(text)?;
    if words.is_empty() {
        return Ok(Query::Everybody);
    }
    let mut parser = Parser {
        words: &words,
        depth: 0,
    };
    let query = parser.any()?;
    match parser.words.first() {
        None => Ok(query),
        Some(word) => Err(format!("unexpected {} after a term", word.shown())),
    }
}

#[derive(Clone, PartialEq)]
enum Word {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `field:value`, whether the value stood in quotes.
    Term {
        field: String,
        value: String,
        quoted: bool,
    },
}

impl Word {
    fn shown(&self) -> String {
        match self {
            Word::Open => "(".into(),
            Word::Close => ")".into(),
            Word::And => "AND".into(),
            Word::Or => "OR".into(),
            Word::Not => "NOT".into(),
            Word::Term { field, value, .. } => format!("{field}:{value}"),
        }
    }
}

fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '(' || first == ')' {
            words.push(if first == '(' {
                Word::Open
            } else {
                Word::Close
            });
            rest = rest[1..].trim_start();
            continue;
        }
        // Lucene's other signs for NOT.
        if first == '-' || first == '!' {
            words.push(Word::Not);
            rest = &rest[1..];
            continue;
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || "():\"".contains(c))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if let Some(value) = after.strip_prefix(':') {
            let (value, quoted, after) = value_of(value)?;
            let field = name.to_string();
            words.push(Word::Term {
                field,
                value,
                quoted,
            });
            rest = after.trim_start();
            continue;
        }
        words.push(match name {
            "AND" => Word::And,
            "OR" => Word::Or,
            "NOT" => Word::Not,
            _ => {
                let shown = &rest[..end.max(first.len_utf8())];
                return Err(format!(
                    "the practice tenant needs field:value, not {shown}"
                ));
            }
        });
        rest = after.trim_start();
    }
    Ok(words)
}

/// A value, whether it stood in quotes, and what follows.
fn value_of(text: &str) -> Result<(String, bool, &str), String> {
    let quoted = text.starts_with('"');
    let text = if quoted { &text[1..] } else { text };
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '"' if quoted => return Ok((value, true, &text[place + 1..])),
            c if !quoted && (c.is_whitespace() || c == ')') => {
                return Ok((value, false, &text[place..]));
            }
            c if !quoted && "[]{}()^~?\"<>".contains(c) => {
                return Err(format!(
                    "the practice tenant does not understand {c} in a value without quotes"
                ));
            }
            c => value.push(c),
        }
    }
    if quoted {
        Err("a quote is not closed".into())
    } else {
        Ok((value, false, ""))
    }
}

struct Parser<'a> {
    words: &'a [Word],
    /// Parentheses and NOTs that are open.
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, wanted: &Word) -> bool {
        let there = self.words.first() == Some(wanted);
        if there {
            self.words = &self.words[1..];
        }
        there
    }

    fn any(&mut self) -> Result<Query, String> {
        let mut all = vec![self.all()?];
        while self.take(&Word::Or) {
            all.push(self.all()?);
        }
        Ok(Query::Any(all))
    }

    fn all(&mut self) -> Result<Query, String> {
        let mut all = vec![self.one()?];
        while self.take(&Word::And) {
            all.push(self.one()?);
        }
        Ok(Query::All(all))
    }

    /// A term, or an expression in parentheses or after a NOT, up to a depth that is safe for the stack.
    fn one(&mut self) -> Result<Query, String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(format!(
                "more than {MOST_DEPTH} nested parentheses and NOTs"
            ));
        }
        let query = self.inner();
        self.depth -= 1;
        query
    }

    fn inner(&mut self) -> Result<Query, String> {
        if self.take(&Word::Not) {
            return Ok(Query::Not(Box::new(self.one()?)));
        }
        if self.take(&Word::Open) {
            let query = self.any()?;
            return if self.take(&Word::Close) {
                Ok(query)
            } else {
                Err("a parenthesis is not closed".into())
            };
        }
        let Some((
            Word::Term {
                field,
                value,
                quoted,
            },
            rest,
        )) = self.words.split_first()
        else {
            return Err("a term is missing".into());
        };
        self.words = rest;
        term(field, value, *quoted)
    }
}

fn term(field: &str, value: &str, quoted: bool) -> Result<Query, String> {
    if field == "_exists_" {
        return Ok(Query::Exists(value.to_string()));
    }
    if field.is_empty() || value.is_empty() {
        return Err(format!("{field}:{value} is not a term"));
    }
    let cased = |text: &str| {
        if WITHOUT_CASE.contains(&field) {
            text.to_lowercase()
        } else {
            text.to_string()
        }
    };
    let pattern = match (quoted, value.strip_suffix('*'), value.strip_prefix('*')) {
        (true, ..) => Pattern::Exactly(cased(value)),
        _ if value.trim_matches('*').contains('*') => {
            return Err("the practice tenant does not understand a * in the middle".into());
        }
        (_, None, None) => Pattern::Exactly(cased(value)),
        _ if field.starts_with("user_metadata.") => {
            return Err("user_metadata takes no wildcard".into());
        }
        (_, Some(start), None) => Pattern::Begins(cased(start)),
        (_, None, Some(end)) if end.chars().count() >= LEAST_SUFFIX => Pattern::Ends(cased(end)),
        _ => {
            return Err(format!(
                "a wildcard at the beginning needs {LEAST_SUFFIX} characters after it, and none at the end"
            ));
        }
    };
    Ok(Query::Is(field.to_string(), pattern))
}

impl Query {
    /// The ids that a user must have one of, as in `user_id:"a" OR user_id:"b"`; `None` where the search does not tell.
    pub(crate) fn ids(&self) -> Option<Vec<&str>> {
        match self {
            Query::Is(field, Pattern::Exactly(id)) if field == "user_id" => Some(vec![id]),
            Query::All(queries) => queries.iter().find_map(Query::ids),
            Query::Any(queries) => {
                let ids: Option<Vec<Vec<&str>>> = queries.iter().map(Query::ids).collect();
                Some(ids?.concat())
            }
            _ => None,
        }
    }

    pub(crate) fn fits(&self, profile: &Map<String, Value>) -> bool {
        match self {
            Query::Everybody => true,
            Query::Exists(field) => !values(profile, field).is_empty(),
            Query::Not(query) => !query.fits(profile),
            Query::All(queries) => queries.iter().all(|query| query.fits(profile)),
            Query::Any(queries) => queries.iter().any(|query| query.fits(profile)),
            Query::Is(field, pattern) => values(profile, field).iter().any(|value| {
                let cased = if WITHOUT_CASE.contains(&field.as_str()) {
                    value.to_lowercase()
                } else {
                    value.clone()
                };
                match pattern {
                    Pattern::Exactly(wanted) => cased == *wanted,
                    Pattern::Begins(start) => cased.starts_with(start),
                    Pattern::Ends(end) => cased.ends_with(end),
                }
            }),
        }
    }
}

/// The texts at `field`, a path with dots; of a list each item counts.
fn values(profile: &Map<String, Value>, field: &str) -> Vec<String> {
    if field == "email.domain" {
        let email = profile.get("email").and_then(Value::as_str);
        return email
            .and_then(|email| email.rsplit_once('@'))
            .map(|(_, domain)| domain.to_string())
            .into_iter()
            .collect();
    }
    let mut path = field.split('.');
    let mut found: Vec<&Value> = path
        .next()
        .and_then(|name| profile.get(name))
        .into_iter()
        .collect();
    for name in path {
        found = found
            .into_iter()
            .flat_map(items)
            .filter_map(|value| value.get(name))
            .collect();
    }
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        // Empty metadata is not indexed.
        Value::Object(fields) if !fields.is_empty() => Some(String::new()),
        _ => None,
    };
    found.into_iter().flat_map(items).filter_map(text).collect()
}

fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        value => vec![value],
    }
}
