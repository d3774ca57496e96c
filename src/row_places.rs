//! Which of the users sent each row of an error report is about.

use std::collections::HashMap;

use serde_json::Value;

use crate::fields::text;
use crate::jobs::RowKey;

/// What a row is known by: id, e-mail.
type Known = (Option<String>, Option<String>);

/// Where each row of a report stands among the users sent: by id and e-mail together, then by what is left of either.
pub(crate) fn places(rows: &[Value], keys: &[RowKey]) -> Vec<Option<usize>> {
    let lower = |email: String| Some(email.to_lowercase());
    let told = |row: &Value| {
        let user = &row["user"];
        (text(&user["user_id"]), text(&user["email"]).and_then(lower))
    };
    let told: Vec<Known> = rows.iter().map(told).collect();
    let sent = |key: &RowKey| (key.user_id.clone(), lower(key.email.clone()));
    let sent: Vec<Known> = keys.iter().map(sent).collect();
    let mut found = vec![None; rows.len()];
    let mut taken = vec![false; keys.len()];
    let ways: [fn(&Known) -> Known; 3] = [
        Known::clone,
        |(id, _)| (id.clone(), None),
        |(_, email)| (None, email.clone()),
    ];
    for way in ways {
        let told = by(way, &told, |row| found[row].is_none());
        let sent = by(way, &sent, |place| !taken[place]);
        for (known, rows) in told {
            let places = sent.get(&known).map(Vec::as_slice).unwrap_or_default();
            // Of users who share what they are known by the later ones are the duplicates.
            let last = &places[places.len().saturating_sub(rows.len())..];
            for (row, place) in rows.into_iter().zip(last) {
                (found[row], taken[*place]) = (Some(*place), true);
            }
        }
    }
    found
}

fn by(
    way: fn(&Known) -> Known,
    all: &[Known],
    is_free: impl Fn(usize) -> bool,
) -> HashMap<Known, Vec<usize>> {
    let mut places: HashMap<Known, Vec<usize>> = HashMap::new();
    for (place, known) in all.iter().enumerate().filter(|(place, _)| is_free(*place)) {
        let known = way(known);
        if known != (None, None) {
            places.entry(known).or_default().push(place);
        }
    }
    places
}
