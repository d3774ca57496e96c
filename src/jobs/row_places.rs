//! Which sent user each row of an error report is about.

use std::collections::HashMap;

use crate::jobs::RowKey;
use crate::say::data;
use crate::tenant::answers::ReportRow;

/// What identifies a row.
const NAMES: [&str; NAMES_IN_ALL] = ["user_id", "email", "username", "phone_number"];
const NAMES_IN_ALL: usize = 4;
type Known = [Option<String>; NAMES_IN_ALL];
/// What is compared, one way after the other: all of it, id and e-mail, then each by itself. The e-mail comes last: it is
/// the one that several users of a connection may share.
const WAYS: [&[usize]; 6] = [&[0, 1, 2, 3], &[0, 1], &[0], &[2], &[3], &[1]];

/// Where each row of a report stands among the users sent.
pub(crate) fn places(rows: &[ReportRow], keys: &[RowKey]) -> Vec<Option<usize>> {
    let told: Vec<Known> = rows.iter().map(told).collect();
    let sent: Vec<Known> = keys.iter().map(sent).collect();
    let mut found = vec![None; rows.len()];
    let mut taken = vec![false; keys.len()];
    for way in WAYS {
        let told = by(way, &told, |row| found[row].is_none());
        let sent = by(way, &sent, |place| !taken[place]);
        for (known, rows) in told {
            let places = sent.get(&known).map(Vec::as_slice).unwrap_or_default();
            // If users share a key, the later ones are the duplicates.
            let last = &places[places.len().saturating_sub(rows.len())..];
            for (row, place) in rows.into_iter().zip(last) {
                (found[row], taken[*place]) = (Some(*place), true);
            }
        }
    }
    found
}

/// As Auth0 compares it: e-mails and usernames without regard to case.
fn folded(name: &str, text: String) -> String {
    match name {
        "email" | "username" => text.to_lowercase(),
        _ => text,
    }
}

fn told(row: &ReportRow) -> Known {
    NAMES.map(|name| {
        let user = row.user.as_ref()?;
        let text = match name {
            "user_id" => &user.user_id,
            "email" => &user.email,
            "username" => &user.username,
            _ => &user.phone_number,
        };
        Some(folded(name, data(text.as_deref()?)))
    })
}

fn sent(key: &RowKey) -> Known {
    NAMES.map(|name| Some(folded(name, data(key.get(name)?))))
}

fn by(way: &[usize], all: &[Known], is_free: impl Fn(usize) -> bool) -> HashMap<Known, Vec<usize>> {
    let mut places: HashMap<Known, Vec<usize>> = HashMap::new();
    for (place, known) in all.iter().enumerate().filter(|(place, _)| is_free(*place)) {
        let mut compared = Known::default();
        for &name in way {
            compared[name].clone_from(&known[name]);
        }
        // In a full comparison both may lack the same field; in a partial one, the compared field must exist.
        let lacks = |name: &usize| compared[*name].is_none();
        let says_nothing = match way.len() {
            NAMES_IN_ALL => way.iter().all(lacks),
            _ => way.iter().any(lacks),
        };
        if !says_nothing {
            places.entry(compared).or_default().push(place);
        }
    }
    places
}
