//! The parameters of a query: texts, numbers within limits, pages, and which fields are answered.

use serde_json::{Map, Value, json};

use crate::http::message::{self, Answer, Request};
use crate::rules::search;

pub(crate) type Pairs = Vec<(String, String)>;

/// The parameters of a request, as the URL standard reads them.
pub(crate) fn pairs(request: &Request) -> Pairs {
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    form(query.as_bytes())
}

/// `a=b&c=d` as pairs.
pub(crate) fn form(text: &[u8]) -> Pairs {
    let pairs = text.split(|byte| *byte == b'&');
    let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || decoded(halves.next().unwrap_or_default(), true);
        (half(), half())
    });
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    pairs
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// A decoded piece of a path; `None` if it is not UTF-8.
pub(crate) fn piece(text: &str) -> Option<String> {
    String::from_utf8(decoded(text.as_bytes(), false)).ok()
}

/// Decodes `%`, and `+` in a form; everything else stays as it is.
fn decoded(bytes: &[u8], is_form: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    while let Some(byte) = rest.next() {
        let pair = match rest.as_slice() {
            [high, low, ..] if *byte == b'%' => digit(high).zip(digit(low)),
            _ => None,
        };
        match (byte, pair) {
            (_, Some((high, low))) => {
                text.push((high * 16 + low) as u8);
                rest = rest.as_slice()[2..].iter();
            }
            (b'+', None) if is_form => text.push(b' '),
            (byte, None) => text.push(*byte),
        }
    }
    text
}

/// The value of a query parameter, the last one if there are many.
pub(crate) fn param<'a>(query: &'a Pairs, name: &str) -> Option<&'a str> {
    query
        .iter()
        .rev()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

pub(crate) fn refused(problem: &str, property: &str) -> Box<Answer> {
    let message = format!("Query validation error: '{problem}' on property {property}.");
    message::refused(400, &message, Some("invalid_query_string"))
}

/// What a search asks for, or the answer that says what is not understood.
pub(crate) fn search(text: &str) -> Result<search::Query, Box<Answer>> {
    let property = "q (Query in Lucene query string syntax)";
    search::parse(text).map_err(|problem| refused(&problem, property))
}

/// A number within limits, or the answer that refuses it.
pub(crate) fn number(
    query: &Pairs,
    name: &str,
    default: usize,
    (least, most): (usize, usize),
) -> Result<usize, Box<Answer>> {
    let Some(text) = param(query, name) else {
        return Ok(default);
    };
    let problem = match text.parse::<usize>() {
        Ok(number) if number < least => format!("Value {number} is less than minimum {least}"),
        Ok(number) if number > most => format!("Value {number} is greater than maximum {most}"),
        Ok(number) => return Ok(number),
        Err(_) => "Expected type integer but found type string".to_string(),
    };
    Err(refused(&problem, name))
}

/// `page` and `per_page`, refused beyond the first 1,000.
pub(crate) fn page(query: &Pairs, least: usize) -> Result<(usize, usize), Box<Answer>> {
    let (page, per_page) = (
        number(query, "page", 0, (0, 100_000))?,
        number(query, "per_page", 50, (least, 100))?,
    );
    if (page + 1) * per_page > 1000 {
        let message = "You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation";
        return Err(message::refused(400, message, Some("invalid_paging")));
    }
    Ok((page, per_page))
}

/// A list in the checkpoint shape, which `take` or `from` asks for. `next` is opaque to clients; here it is the place
/// to go on at.
pub(crate) fn checkpoint(
    query: &Pairs,
    name: &str,
    all: &[Value],
    most: usize,
) -> Result<Value, Box<Answer>> {
    let take = number(query, "take", 50, (1, most))?;
    let from = number(query, "from", 0, (0, 1_000_000))?;
    let shown: Vec<&Value> = all.iter().skip(from).take(take).collect();
    let mut body = json!({ name: shown });
    if from + take < all.len() {
        body["next"] = (from + take).to_string().into();
    }
    Ok(body)
}

/// `fields` and `include_fields`: the fields that are answered, or those that are left out.
pub(crate) struct Fields<'a> {
    names: Vec<&'a str>,
    included: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(query: &'a Pairs) -> Fields<'a> {
        let names = param(query, "fields").unwrap_or_default().split(',');
        let names = names.map(str::trim).filter(|name| !name.is_empty());
        Fields {
            names: names.collect(),
            included: param(query, "include_fields") != Some("false"),
        }
    }

    /// The requested fields of an object, or all of it if no fields were named.
    pub(crate) fn pick(&self, whole: &Map<String, Value>) -> Value {
        let answered =
            |name: &str| self.names.is_empty() || self.names.contains(&name) == self.included;
        let answered = whole.iter().filter(|(name, _)| answered(name));
        answered
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}
