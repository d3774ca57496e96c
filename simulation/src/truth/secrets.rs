//! Secrets where they do not belong.

use std::collections::BTreeSet;
use std::path::Path;

use auth0_bulk_users::Outcome;

use crate::life::{Played, secret};
use crate::plan::{Hash, Plan};

pub(super) fn faults(plan: &Plan, played: &Played) -> Vec<String> {
    let people = plan.people.iter().enumerate();
    let with_hash = people.filter(|(_, person)| person.hash != Hash::None);
    let all: Vec<(usize, String)> = with_hash
        .map(|(index, person)| (index + 1, secret(index + 1, person.hash)))
        .collect();
    let mut faults = said(played, &all);
    // A run that one process left open has its users.
    if !plan.one_process {
        faults.extend(written(played, &all));
    }
    faults
}

/// Secrets in what is printed and reported.
fn said(played: &Played, all: &[(usize, String)]) -> Vec<String> {
    let client_secret = played.line.play().client.1.clone();
    let mut faults = Vec::new();
    let told = [Some(&played.told), played.told_late.as_ref()];
    let parts = told.into_iter().flatten().flat_map(|told| &told.parts);
    let attention = parts.flat_map(|part| part.report.attention());
    let reasons = attention.flat_map(|told| &told.reasons);
    let reasons = reasons.map(|why| &why.message);
    for line in played.said.iter().chain(reasons) {
        if line.contains(&client_secret) || line.contains("eyJ") {
            faults.push(format!("a line shows a credential: {line}"));
        }
        if all.iter().any(|(_, secret)| line.contains(secret)) {
            faults.push(format!("a line shows a hash: {line}"));
        }
    }
    faults
}

/// Secrets in what is written, except for the users of rows that may have to be sent again.
fn written(played: &Played, all: &[(usize, String)]) -> Vec<String> {
    let client_secret = played.line.play().client.1.clone();
    let last = played.last_told();
    let mut faults = Vec::new();
    let attention = last.parts.iter().flat_map(|part| {
        let told = part.report.attention().iter();
        told.map(|told| (part.offset + told.row, told.outcome))
    });
    let kept: BTreeSet<usize> = attention
        .filter(|(_, outcome)| *outcome != Outcome::AlreadyThere)
        .map(|(row, _)| row)
        .collect();
    for (path, bytes) in played.disk.files() {
        let text = String::from_utf8_lossy(&bytes);
        if text.contains(&client_secret) || text.contains("eyJ") {
            faults.push(format!("{} holds a credential", path.display()));
        }
        // What a stream that was cut off had left out stays, and is the next one's row too.
        let is_of_a_stream = last.parts.len() > 1 && path.ends_with("left-out.jsonl");
        for (row, secret) in all {
            let may_hold = is_of_a_stream || holds_users(&path) && kept.contains(row);
            if text.contains(secret.as_str()) && !may_hold {
                faults.push(format!(
                    "row {row} was imported, but its hash is still in {}",
                    path.display()
                ));
            }
        }
    }
    faults
}

/// Whether users are kept in the file, to be sent again.
fn holds_users(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == "left-out.jsonl" || (name.starts_with("users-") && name.ends_with(".json"))
}
