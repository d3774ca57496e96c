//! What became of each row of a file: every row ends as inserted, updated or noted, and the counts add up.
//!
//! Where the job's own word is missing or may be about another upload of the same file, the users' ids decide:
//! they were drawn for this run, so a user with that id is in the tenant exactly if this run brought them in.

use std::collections::HashSet;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::job_errors::{FailedUser, failed_users, read_report};
use crate::jobs::{JobId, RowKey, Summary};
use crate::pace::Pace;
use crate::requests::{Request, path_segment};
use crate::run::{Run, Sent};
use crate::run_folder::{FileEnd, NoteKind, RowNote};
use crate::schedule::unix_millis;
use crate::tenant::Tenant;

/// Ids asked for in one search; more would make the address too long.
const IDS_A_SEARCH: usize = 40;

/// A file whose job completed.
pub(crate) fn completed(
    tenant: &Tenant,
    run: &Run,
    pace: &mut Pace,
    file: usize,
    job: &JobId,
    summary: Summary,
) -> Result<FileEnd> {
    let sent = run.sent(file)?;
    let failed = if summary.failed == 0 {
        Vec::new()
    } else {
        pace.wait();
        let keys: Vec<RowKey> = sent.iter().map(|user| user.key.clone()).collect();
        failed_users(&read_report(tenant, job)?, &keys)
    };
    let mut noted = vec![None; sent.len()];
    for failure in &failed {
        if let Some(place) = failure.row {
            noted[place - 1] = Some(note(&sent[place - 1], failure));
        }
    }
    let uncertain = run.files[file - 1].is_uncertain();
    let mut updated = summary.updated;
    if uncertain {
        let there = |place: &usize| is_there_already(&noted[*place]);
        let places: Vec<usize> = (0..sent.len()).filter(there).collect();
        for place in present(tenant, pace, &sent, &places)? {
            noted[place] = None;
        }
        if updated > 0 {
            // An update may be of a user whom an earlier upload of this file had inserted.
            let places: Vec<usize> = (0..sent.len()).filter(|&p| noted[p].is_none()).collect();
            let ours = present(tenant, pace, &sent, &places)?.len();
            updated = (places.len() - ours) as u64;
        }
    } else if summary.inserted + summary.updated + count(&noted) != sent.len() as u64 {
        // The counts do not add up, so a row is missing from the report: found by its id.
        let places: Vec<usize> = (0..sent.len()).filter(|&p| noted[p].is_none()).collect();
        let here: HashSet<usize> = present(tenant, pace, &sent, &places)?.into_iter().collect();
        for place in places.into_iter().filter(|place| !here.contains(place)) {
            let words = "the job counts a failure that its report does not name, and this user is not in the tenant: send them again";
            noted[place] = Some(unaccounted(
                &sent[place],
                "NOT_REPORTED",
                words,
                NoteKind::Unknown,
            ));
        }
        updated = updated.min((sent.len() as u64) - count(&noted));
    }
    Ok(file_end(run, file, noted, updated, !uncertain))
}

/// A file about whose rows nothing was ever said; `running`: whether its job may still be at work.
pub(crate) fn without_report(
    tenant: &Tenant,
    run: &Run,
    pace: &mut Pace,
    file: usize,
    running: bool,
) -> Result<FileEnd> {
    let sent = run.sent(file)?;
    let places: Vec<usize> = (0..sent.len()).collect();
    let here: HashSet<usize> = present(tenant, pace, &sent, &places)?.into_iter().collect();
    let noted = sent.iter().enumerate().map(|(place, user)| {
        if here.contains(&place) {
            return None;
        }
        Some(if running {
            let words = "the job had not ended at its limit, and this user was not in the tenant then: look again later";
            unaccounted(user, "JOB_NOT_ENDED", words, NoteKind::Unknown)
        } else if user.drawn {
            let words = "the job failed as a whole, several times, and Auth0 gives no reason; this user is not in the tenant: send them again";
            unaccounted(user, "JOB_FAILED", words, NoteKind::Failed)
        } else {
            let words = "the job failed as a whole and Auth0 gives no reason; without an id drawn for the run this user cannot be told from one who was there before";
            unaccounted(user, "JOB_FAILED", words, NoteKind::Unknown)
        })
    });
    let noted = noted.collect();
    Ok(file_end(run, file, noted, 0, false))
}

fn count(noted: &[Option<RowNote>]) -> u64 {
    noted.iter().flatten().count() as u64
}

fn file_end(
    run: &Run,
    file: usize,
    noted: Vec<Option<RowNote>>,
    updated: u64,
    certain: bool,
) -> FileEnd {
    let notes: Vec<RowNote> = noted.into_iter().flatten().collect();
    let count = run.files[file - 1].count() as u64;
    FileEnd {
        file,
        inserted: count - notes.len() as u64 - updated,
        updated,
        certain: certain && updated == 0,
        notes,
        at: run.files[file - 1].ended_at.unwrap_or_else(unix_millis),
        sha256: String::new(),
    }
}

fn note(user: &Sent, failure: &FailedUser) -> RowNote {
    let reason = |error: &crate::job_errors::RowError| {
        (
            error.code.clone(),
            error.field.clone(),
            error.message.clone(),
        )
    };
    // Twice in the file is a mistake of the file's; in the tenant before is not.
    let there = failure.errors.iter().all(|error| {
        error.code == "DUPLICATED_USER" && !error.message.contains("already provided")
    });
    RowNote {
        row: user.row,
        email: user.key.email.clone(),
        kind: if there && !failure.errors.is_empty() {
            NoteKind::AlreadyThere
        } else {
            NoteKind::Failed
        },
        reasons: failure.errors.iter().map(reason).collect(),
    }
}

fn is_there_already(note: &Option<RowNote>) -> bool {
    note.as_ref()
        .is_some_and(|note| note.kind == NoteKind::AlreadyThere)
}

fn unaccounted(user: &Sent, code: &str, words: &str, kind: NoteKind) -> RowNote {
    RowNote {
        row: user.row,
        email: user.key.email.clone(),
        kind,
        reasons: vec![(code.to_string(), None, words.to_string())],
    }
}

/// Which of `places` are in the tenant under the id that was drawn for them. A search finds most at once; it may
/// not see the newest, so those it misses are asked for one by one.
fn present(
    tenant: &Tenant,
    pace: &mut Pace,
    sent: &[Sent],
    places: &[usize],
) -> Result<Vec<usize>> {
    let drawn: Vec<usize> = places
        .iter()
        .copied()
        .filter(|&place| sent[place].drawn)
        .collect();
    let mut here = Vec::new();
    for group in drawn.chunks(IDS_A_SEARCH) {
        let ids: Vec<String> = group.iter().map(|&place| sent[place].auth0_id()).collect();
        pace.wait();
        let found = search(tenant, &ids)?;
        for (&place, id) in group.iter().zip(&ids) {
            if found.contains(id) || is_user(tenant, pace, id)? {
                here.push(place);
            }
        }
    }
    Ok(here)
}

fn search(tenant: &Tenant, ids: &[String]) -> Result<HashSet<String>> {
    let terms: Vec<String> = ids.iter().map(|id| format!("user_id:\"{id}\"")).collect();
    let path = "/api/v2/users";
    let request = Request::get(path, &["read:users"])
        .query("q", terms.join(" OR "))
        .query("search_engine", "v3")
        .query("per_page", IDS_A_SEARCH)
        .query("fields", "user_id");
    let answer = match tenant.send(request) {
        Ok(answer) => answer.json(&format!("GET {path}"))?,
        // A search that is refused finds nobody; the ids are asked for one by one then.
        Err(Error::Refused { status, .. }) if (400..500).contains(&status) => Value::Null,
        Err(error) => return Err(error),
    };
    let id = |user: &Value| user["user_id"].as_str().map(str::to_string);
    Ok(answer
        .as_array()
        .map(|users| users.iter().filter_map(id).collect())
        .unwrap_or_default())
}

fn is_user(tenant: &Tenant, pace: &mut Pace, id: &str) -> Result<bool> {
    pace.wait();
    let path = format!("/api/v2/users/{}", path_segment(id));
    match tenant.send(Request::get(&path, &["read:users"])) {
        Ok(_) => Ok(true),
        Err(Error::Refused { status: 404, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
