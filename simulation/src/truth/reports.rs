//! Whether a report agrees with itself, its sheet and its folder.

use std::collections::{BTreeMap, BTreeSet};

use auth0_bulk_users::{Attention, Outcome};

use crate::life::{Part, secret};
use crate::plan::{Does, Hash, Other, Plan};
use crate::truth::known;

pub(super) fn faults(plan: &Plan, part: &Part) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(counts_that_do_not_add_up(part));
    faults.extend(given_back_otherwise(plan, part));
    faults.extend(sheet_that_tells_otherwise(plan, part));
    faults.extend(rows_never_taken(plan, part));
    faults
}

fn counts_that_do_not_add_up(part: &Part) -> Option<String> {
    let counts = part.report.counts();
    let sum = counts.inserted
        + counts.updated
        + counts.already_there
        + counts.failed
        + counts.unknown
        + counts.not_sent
        + counts.left_out;
    let rows: BTreeSet<usize> = part
        .report
        .attention()
        .iter()
        .map(|told| told.row)
        .collect();
    let attention = part.report.attention().len();
    let fits = sum == counts.total
        && rows.len() == attention
        && counts.not_sent == 0
        && attention as u64 == counts.already_there + counts.failed + counts.unknown
        && rows
            .iter()
            .all(|row| (1..=counts.total as usize).contains(row));
    (!fits).then(|| format!("the counts do not add up: {counts:?}, {attention} reported"))
}

/// A run has all rows that it was given. Only a stream that was cut off ends before its last row.
fn rows_never_taken(plan: &Plan, part: &Part) -> Option<String> {
    let (given, taken) = (
        plan.people.len() - part.offset,
        part.report.counts().total as usize,
    );
    let may_lack = (plan.import.streams || part.offset > 0) && part.ended_early > 0;
    let is_whole = taken == given || (taken < given && may_lack);
    (!is_whole).then(|| format!("a run of {given} rows tells of {taken}"))
}

/// Failed rows are given back complete, to be fixed and sent again, and the folder says the same when it is read again.
fn given_back_otherwise(plan: &Plan, part: &Part) -> Vec<String> {
    let mut faults = Vec::new();
    if part.read_again != part.report.counts() {
        faults.push(format!("read again, the folder says {:?}", part.read_again));
    }
    let told = part.report.attention().iter();
    let failed: Vec<&Attention> = told
        .filter(|told| matches!(told.outcome, Outcome::Failed | Outcome::Unknown))
        .collect();
    if failed.len() != part.failed.len() {
        faults.push(format!(
            "{} failed, but {} are given back",
            failed.len(),
            part.failed.len()
        ));
        return faults;
    }
    for (told, user) in failed.into_iter().zip(&part.failed) {
        let row = part.offset + told.row;
        let person = &plan.people[row - 1];
        let hash = match person.hash {
            Hash::None => true,
            Hash::Bcrypt => user.password_hash.as_deref() == Some(&secret(row, person.hash)),
            Hash::Custom => user.custom_password_hash.is_some(),
        };
        let is_same = user.email == person.email
            && user.username == person.username
            && user.user_id == person.user_id;
        if !is_same || !hash {
            faults.push(format!("row {row} failed, but is given back changed"));
        }
    }
    faults
}

/// What the sheet says of each row, by the row's number in the run.
pub(super) fn words(part: &Part) -> BTreeMap<usize, &str> {
    let lines = part.sheet.lines().skip(1);
    let told = lines.filter_map(|line| {
        let mut fields = line.split(',');
        let row = fields.next()?.parse().ok()?;
        Some((row, fields.nth(2)?))
    });
    told.collect()
}

/// The sheet has each row once, with the outcome of the report, and as many of each as the report counts.
fn sheet_that_tells_otherwise(plan: &Plan, part: &Part) -> Option<String> {
    // A row that was left out before sending is faulty; one that the tenant refused is refused.
    let word = |told: &Attention| match told.reasons.iter().any(|why| why.code == "NOT_SENT") {
        true if told.outcome == Outcome::Failed => "faulty",
        _ => told.outcome.word(),
    };
    let attention = part.report.attention().iter();
    let told: BTreeMap<usize, &str> = attention.map(|told| (told.row, word(told))).collect();
    let words = words(part);
    for (row, word) in &words {
        let is_so = match told.get(row) {
            Some(told) => word == told,
            None => ["inserted", "updated", "inserted or updated"].contains(word),
        };
        if !is_so {
            return Some(format!("the sheet says that row {row} is {word}"));
        }
    }
    let counts = part.report.counts();
    let lines = part.sheet.lines().count().saturating_sub(1);
    if lines != words.len() || lines as u64 != counts.total {
        return Some(format!(
            "the sheet has {lines} rows of {}, {} of them once",
            counts.total,
            words.len()
        ));
    }
    let number = |wanted: &str| words.values().filter(|word| **word == wanted).count() as u64;
    let (inserted, updated) = (number("inserted"), number("updated"));
    // Of an id that was not drawn it is not always known which of both it was.
    let is_either = number("inserted or updated");
    let deletes = |other: &Other| matches!(other.does, Does::Deletes(_));
    if !known::DELETED_USERS_ARE_NOT_UPDATED && plan.others.iter().any(deletes) {
        return None;
    }
    let fits = inserted <= counts.inserted
        && updated <= counts.updated
        && inserted + updated + is_either == counts.inserted + counts.updated
        && (plan.import.upsert || is_either + counts.updated == 0);
    (!fits).then(|| {
        format!(
            "the sheet has {inserted} inserted and {updated} updated, but the report {counts:?}"
        )
    })
}
