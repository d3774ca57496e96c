//! What became of each row of a file: every row ends as inserted, updated or noted, and the counts add up.
//!
//! Where the job's own word is missing or may be about another upload of the same file, the users' ids decide:
//! they were made for this run, so a user with that id is in the tenant exactly if this run brought them in.

use std::collections::HashSet;

use crate::clock::unix_millis;
use crate::error::{ErrorKind, Result};
use crate::imports::journal::{FileEnd, NoteKind, RowNote};
use crate::imports::run::{Run, Sent, row_runs};
use crate::jobs::errors::{FailedUser, failed_users, read_report};
use crate::jobs::ownership::{
    AT_ONCE, by_email, by_id, has_email, is_in, is_user_with_made_id, search,
};
use crate::jobs::{JobId, RowKey, Summary};
use crate::tenant::Tenant;
use crate::tenant::answers::{ReportAnswer, UserAnswer};

/// The rows of a file while it is found out what became of them.
struct Rows {
    sent: Vec<Sent>,
    noted: Vec<Option<RowNote>>,
}

impl Rows {
    fn of(run: &Run, file: usize) -> Result<Rows> {
        let sent = run.sent(file)?;
        let noted = vec![None; sent.len()];
        Ok(Rows { sent, noted })
    }

    /// The places of rows of which nothing is noted: those that were imported, as far as is known.
    fn silent(&self) -> Vec<usize> {
        let silent = |place: &usize| self.noted[*place].is_none();
        (0..self.sent.len()).filter(silent).collect()
    }

    /// The places of rows that were refused as being there.
    fn already_there(&self) -> Vec<usize> {
        let there = |place: &usize| {
            let note = self.noted[*place].as_ref();
            note.is_some_and(|note| note.kind == NoteKind::AlreadyThere)
        };
        (0..self.sent.len()).filter(there).collect()
    }

    /// Another user has something that this one was to have.
    fn note_taken(&mut self, place: usize, emails_shared: bool) {
        let words = match emails_shared {
            true => {
                "another user has this username, user id or phone number; nobody in the connection has it together with this e-mail"
            }
            false => {
                "another user has this username, user id or phone number; nobody in the connection has this e-mail"
            }
        };
        self.note(place, NoteKind::Failed, "TAKEN", words);
    }

    /// Who the user is that was found in the way, cannot be had from the tenant.
    fn note_untold(&mut self, places: &[usize]) {
        for &place in places {
            let words = "the tenant has this user already, or another user with the same username, user id or phone number; which of the two it is could not be read (that needs the scope read:users)";
            self.note(place, NoteKind::Unknown, "TAKEN", words);
        }
    }

    fn note(&mut self, place: usize, kind: NoteKind, code: &str, words: &str) {
        let user = &self.sent[place];
        self.noted[place] = Some(RowNote {
            row: user.row,
            email: user.key.email.clone(),
            kind,
            reasons: vec![(code.to_string(), None, words.to_string())],
        });
    }
}

/// A file whose job completed.
pub(crate) fn completed(
    tenant: &Tenant,
    run: &Run,
    file: usize,
    job: &JobId,
    summary: Summary,
) -> Result<FileEnd> {
    let mut rows = Rows::of(run, file)?;
    if summary.failed > 0 {
        note_report(tenant, run, file, job, &mut rows)?;
    }
    let uncertain = run.files[file - 1].is_uncertain();
    let silent = rows.silent();
    // A failure that the report does not name: which row's it is, the ids tell.
    let came_in = summary.inserted.checked_add(summary.updated);
    let unnamed = came_in != Some(silent.len() as u64);
    if uncertain {
        settle_duplicates(tenant, run, &mut rows)?;
    }
    settle_taken(tenant, run, &mut rows)?;
    let mut updated = Vec::new();
    let mixed = summary.updated > 0 && (summary.inserted > 0 || uncertain);
    if unnamed || mixed {
        // How many there are to be found is known, unless it is another upload that brought them in.
        let all_made = silent.iter().all(|&place| rows.sent[place].made_id);
        let expected = (all_made && !uncertain).then_some(summary.inserted as usize);
        let here = present(tenant, run, &rows.sent, &silent, expected)?;
        let absent = silent.into_iter().filter(|place| !here.contains(place));
        if unnamed {
            for place in absent {
                note_unnamed(&mut rows, place, summary.updated > 0);
            }
        } else {
            updated = absent.collect();
        }
    } else if summary.updated > 0 {
        updated = silent;
    }
    let count = match (unnamed, uncertain) {
        (true, _) => 0,
        (false, true) => updated.len() as u64,
        (false, false) => summary.updated,
    };
    // Of ids that were not made here it is not known which were there, only how many.
    let all_were = !uncertain && summary.inserted == 0;
    updated.retain(|&place| rows.sent[place].made_id || all_were);
    let updated: Vec<usize> = updated.iter().map(|&place| rows.sent[place].row).collect();
    let mut end = file_end(run, file, rows, count);
    end.updated_rows = row_runs(&updated);
    end.certain = !uncertain && !mixed;
    Ok(end)
}

/// Notes what the job says of each row it refused.
fn note_report(
    tenant: &Tenant,
    run: &Run,
    file: usize,
    job: &JobId,
    rows: &mut Rows,
) -> Result<()> {
    let report = match read_report(tenant, job) {
        Ok(report) => report,
        // Gone since the job was last asked after: as good as empty.
        Err(error) if error.status() == Some(404) => ReportAnswer::default(),
        Err(error) => return Err(error),
    };
    let secrets = run.sent_secrets(file)?;
    let keys: Vec<RowKey> = rows.sent.iter().map(|user| user.key.clone()).collect();
    for failure in failed_users(&report.rows, &keys, &secrets) {
        if let Some(row) = failure.row {
            rows.noted[row - 1] = Some(note(&rows.sent[row - 1], &failure));
        }
    }
    Ok(())
}

/// Tells who was refused from who came in by an upload whose answer was lost, for whatever reason the other upload of
/// the same file was refused them.
fn settle_duplicates(tenant: &Tenant, run: &Run, rows: &mut Rows) -> Result<()> {
    let there = rows.already_there();
    let noted = (0..rows.sent.len()).filter(|place| rows.noted[*place].is_some());
    let noted: Vec<usize> = noted.collect();
    let here = present(tenant, run, &rows.sent, &noted, None)?;
    for place in noted {
        if here.contains(&place) {
            rows.noted[place] = None;
        } else if !rows.sent[place].made_id && there.contains(&place) {
            let words = "this user is in the tenant; whether an upload whose answer was lost brought them in cannot be told without an id drawn for the run";
            rows.note(place, NoteKind::Unknown, "ANSWER_LOST", words);
        }
    }
    Ok(())
}

fn note_unnamed(rows: &mut Rows, place: usize, upsert: bool) {
    let words = if !rows.sent[place].made_id {
        "the job counts a failure that its report does not name; without an id drawn for the run it cannot be told whether it is this user's"
    } else if upsert {
        "the job counts a failure that its report does not name; this user was either refused or was there before and updated"
    } else {
        "the job counts a failure that its report does not name, and this user is not in the tenant: send them again"
    };
    rows.note(place, NoteKind::Unknown, "NOT_REPORTED", words);
}

/// A file about whose rows nothing was ever said; `running`: whether its job may still be at work.
pub(crate) fn without_report(
    tenant: &Tenant,
    run: &Run,
    file: usize,
    running: bool,
) -> Result<FileEnd> {
    let mut rows = Rows::of(run, file)?;
    let all = rows.silent();
    let here = present(tenant, run, &rows.sent, &all, None)?;
    for place in all.into_iter().filter(|place| !here.contains(place)) {
        let (kind, code, words) = match (running, rows.sent[place].made_id) {
            (true, true) => (
                NoteKind::Unknown,
                "JOB_NOT_ENDED",
                "the job had not ended at its limit, and this user was not in the tenant then: look again later",
            ),
            (true, false) => (
                NoteKind::Unknown,
                "JOB_NOT_ENDED",
                "the job had not ended at its limit; without an id drawn for the run this user cannot be told from one who was there before",
            ),
            (false, true) if run.options.job.upsert => (
                NoteKind::Unknown,
                "JOB_FAILED",
                "the job failed as a whole, several times, and Auth0 gives no reason; whether this user was there before and was updated cannot be told",
            ),
            (false, true) => (
                NoteKind::Failed,
                "JOB_FAILED",
                "the job failed as a whole, several times, and Auth0 gives no reason; this user is not in the tenant: send them again",
            ),
            (false, false) => (
                NoteKind::Unknown,
                "JOB_FAILED",
                "the job failed as a whole and Auth0 gives no reason; without an id drawn for the run this user cannot be told from one who was there before",
            ),
        };
        rows.note(place, kind, code, words);
    }
    Ok(file_end(run, file, rows, 0))
}

fn file_end(run: &Run, file: usize, rows: Rows, updated: u64) -> FileEnd {
    let count = rows.sent.len() as u64;
    let notes: Vec<RowNote> = rows.noted.into_iter().flatten().collect();
    FileEnd {
        file,
        inserted: count - notes.len() as u64 - updated,
        updated,
        updated_rows: Vec::new(),
        certain: false,
        notes,
        at: run.files[file - 1].ended_at.unwrap_or_else(unix_millis),
        seen_at: run.files[file - 1].seen_at,
        sha256: String::new(),
    }
}

fn note(user: &Sent, failure: &FailedUser) -> RowNote {
    let reason = |error: &crate::jobs::errors::RowError| {
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

/// Which of `places` are in the run's connection under the id that was made for them. A search finds most at once; it may
/// not see the newest, so those it misses are asked for one by one, unless as many as `expected` are found.
fn present(
    tenant: &Tenant,
    run: &Run,
    sent: &[Sent],
    places: &[usize],
    expected: Option<usize>,
) -> Result<HashSet<usize>> {
    let connection = run.connection_name();
    let made = places.iter().copied().filter(|&place| sent[place].made_id);
    let made: Vec<usize> = made.collect();
    let mut here = HashSet::new();
    for group in made.chunks(AT_ONCE) {
        let ids: Vec<String> = group.iter().map(|&place| sent[place].auth0_id()).collect();
        let found = search(tenant, "user_id", &ids)?;
        for (place, id) in group.iter().zip(&ids) {
            if found
                .iter()
                .any(|user| is_user_with_made_id(user, id, connection))
            {
                here.insert(*place);
            }
        }
    }
    if expected == Some(here.len()) {
        return Ok(here);
    }
    for place in made {
        if !here.contains(&place) {
            let id = sent[place].auth0_id();
            let found = by_id(tenant, &id)?;
            if found.is_some_and(|user| is_user_with_made_id(&user, &id, connection)) {
                here.insert(place);
            }
        }
    }
    Ok(here)
}

/// Looks up whether those who were refused as being there are there: it may be another user who has the username or the
/// user id of theirs, while nobody has their e-mail. Where users may share an e-mail, it alone says nothing.
fn settle_taken(tenant: &Tenant, run: &Run, rows: &mut Rows) -> Result<()> {
    let places = rows.already_there().into_iter();
    let places: Vec<usize> = places
        .filter(|&place| !rows.sent[place].by_email_alone)
        .collect();
    let Some(connection) = run.connection_name() else {
        rows.note_untold(&places);
        return Ok(());
    };
    let is_same = |user: &UserAnswer, sent: &Sent| {
        is_in(user, connection)
            && has_email(user, &sent.key.email)
            && (!run.emails_shared || shares_a_name(user, sent))
    };
    match here_by_email(tenant, &rows.sent, &places, is_same) {
        Ok(here) => {
            for place in places.into_iter().filter(|place| !here.contains(place)) {
                rows.note_taken(place, run.emails_shared);
            }
        }
        // The token may not read users, or the tenant gives none.
        Err(error) if error.is_refused() || error.kind() == ErrorKind::MissingScope => {
            rows.note_untold(&places);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Whether a user of the tenant's has something of this one's that no two users may have.
fn shares_a_name(user: &UserAnswer, sent: &Sent) -> bool {
    let lower = |text: &str| text.to_lowercase();
    let username = user.username.as_deref().map(lower);
    let is_given_id = !sent.made_id && sent.key.user_id.is_some();
    is_given_id && user.user_id.as_deref() == Some(&sent.auth0_id())
        || username.is_some() && username == sent.key.username.as_deref().map(lower)
        || user.phone_number.is_some() && *user.phone_number == sent.key.phone_number
}

/// Which of `places` are there by what is found by their e-mails. Whom a search does not see, which may be the
/// newest, is asked for one by one.
fn here_by_email(
    tenant: &Tenant,
    sent: &[Sent],
    places: &[usize],
    is_same: impl Fn(&UserAnswer, &Sent) -> bool,
) -> Result<HashSet<usize>> {
    let email = |place: &usize| sent[*place].key.email.trim().to_lowercase();
    let mut here = HashSet::new();
    for group in places.chunks(AT_ONCE) {
        let emails: Vec<String> = group.iter().map(email).collect();
        let found = search(tenant, "email", &emails)?;
        let is_here = |place: &&usize| found.iter().any(|user| is_same(user, &sent[**place]));
        here.extend(group.iter().filter(is_here));
    }
    for place in places {
        if !here.contains(place) {
            let users = by_email(tenant, &email(place))?;
            if users.iter().any(|user| is_same(user, &sent[*place])) {
                here.insert(*place);
            }
        }
    }
    Ok(here)
}
