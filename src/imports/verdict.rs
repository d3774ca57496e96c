//! The outcome of one row: a pure function of what was sent, what the job reported, and what was found in the tenant.
//!
//! An id that was made for the run belongs to nobody else. So a user with that id is in the tenant exactly if this run imported
//! them. Anything less certain is reported as unknown, with the reason.

use crate::imports::journal::NoteKind;

/// What was sent, as far as the rule needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Whether the row's user id was made for the run.
    pub(crate) drawn: bool,
    /// Whether an existing user can only have the e-mail in common with this one.
    pub(crate) by_email_alone: bool,
    pub(crate) upsert: bool,
    /// Whether another upload of the same file may have imported users.
    pub(crate) uncertain: bool,
    /// Whether users of the connection may share an e-mail.
    pub(crate) shares_emails: bool,
}

/// What the job reported about the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Refused as being there.
    There,
    /// Refused for another reason.
    Refused,
    /// Not named, and the job updated nobody.
    Inserted,
    /// Not named, and the job inserted nobody.
    Updated,
    /// Not named, and the job inserted some and updated others.
    Either,
    /// The job counts a failure that its report does not name.
    Unnamed,
    /// The row was never reported.
    Nothing(Silence),
}

/// Why a file's rows were not reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The job had not ended at its limit.
    NotEnded,
    /// Jobs of the file failed as a whole, or did not report its rows.
    Failed,
    /// The tenant no longer knows the job.
    Gone,
}

/// The result of looking up a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    #[default]
    NotAsked,
    Here,
    Absent,
    /// The tenant does not say, or the token may not ask.
    Untold,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whether a user of the connection has the id made for the run.
    pub(crate) by_id: Look,
    /// Whether a user of the connection has the e-mail.
    pub(crate) by_email: Look,
}

/// The outcome of a row, or what must be asked to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    AskById,
    AskByEmail,
    Inserted,
    Updated,
    /// One of the two: the job tells how many of each.
    InsertedOrUpdated,
    /// As the job reported it.
    AsRefused,
    Noted(NoteKind, Why),
}

/// A reason that is the run's own, not the job's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Another user has a unique value of this user.
    Taken,
    TakenWhereEmailsAreShared,
    TakenUntold,
    AnswerLost,
    AnswerLostUpsert,
    NotReportedNoId,
    NotReportedUpsert,
    NotReported,
    NotEnded,
    NotEndedNoId,
    NotEndedUntold,
    Failed,
    FailedUpsert,
    FailedNoId,
    /// An upsert is not silently sent again, since it would overwrite later changes.
    NotTold,
    NotTellable,
    /// Looking up the user would decide it, but the token may not do that.
    LookUpRefused,
}

/// The outcome of a row.
pub(crate) fn outcome(row: Row, told: Told, found: Found) -> Outcome {
    use Outcome::{AsRefused, AskById, Inserted, InsertedOrUpdated, Noted, Updated};
    let unknown = |why| Noted(NoteKind::Unknown, why);
    // What an id made for the run shows; other ids show nothing.
    let id = row.drawn.then_some(found.by_id);
    match (told, id) {
        (Told::Inserted, _) => Inserted,
        (Told::Updated, _) => Updated,
        (Told::Refused, _) if !row.uncertain => AsRefused,
        (Told::There, _) if !row.uncertain => there(row, found),
        (_, Some(Look::NotAsked)) => AskById,
        (_, Some(Look::Here)) => Inserted,
        (Told::Either, Some(Look::Absent)) => Updated,
        (Told::Either, None) if row.uncertain => unknown(Why::AnswerLostUpsert),
        (Told::Either, None) => InsertedOrUpdated,
        (Told::There, None) => unknown(Why::AnswerLost),
        (Told::There, Some(Look::Absent)) => there(row, found),
        (Told::Refused, None | Some(Look::Absent)) => AsRefused,
        (Told::Unnamed, None) => unknown(Why::NotReportedNoId),
        (Told::Unnamed, Some(Look::Absent)) if row.upsert => unknown(Why::NotReportedUpsert),
        (Told::Unnamed, Some(Look::Absent)) => unknown(Why::NotReported),
        (Told::Nothing(why), None) => unknown(of_silence_without_id(why, row)),
        (Told::Nothing(why), Some(Look::Absent)) => of_silence(why, row),
        // What counts is that its job may still be running.
        (Told::Nothing(Silence::NotEnded), Some(Look::Untold)) => unknown(Why::NotEndedUntold),
        (_, Some(Look::Untold)) => unknown(Why::LookUpRefused),
    }
}

/// A user who was refused as existing. Another user may have their username or user id, while nobody has their e-mail.
fn there(row: Row, found: Found) -> Outcome {
    use Outcome::{AsRefused, AskByEmail, Noted};
    match found.by_email {
        _ if row.by_email_alone => AsRefused,
        Look::NotAsked => AskByEmail,
        Look::Here => AsRefused,
        Look::Absent if row.shares_emails => {
            Noted(NoteKind::Failed, Why::TakenWhereEmailsAreShared)
        }
        Look::Absent => Noted(NoteKind::Failed, Why::Taken),
        Look::Untold => Noted(NoteKind::Unknown, Why::TakenUntold),
    }
}

/// For a user who is not in the tenant with the id made for the run.
fn of_silence(why: Silence, row: Row) -> Outcome {
    let (kind, why) = match why {
        Silence::NotEnded => (NoteKind::Unknown, Why::NotEnded),
        Silence::Gone if row.upsert => (NoteKind::Unknown, Why::NotTold),
        Silence::Failed if row.upsert => (NoteKind::Unknown, Why::FailedUpsert),
        Silence::Gone | Silence::Failed => (NoteKind::Failed, Why::Failed),
    };
    Outcome::Noted(kind, why)
}

fn of_silence_without_id(why: Silence, row: Row) -> Why {
    match why {
        Silence::NotEnded => Why::NotEndedNoId,
        Silence::Gone if row.upsert => Why::NotTellable,
        Silence::Gone | Silence::Failed => Why::FailedNoId,
    }
}

impl Why {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Why::Taken | Why::TakenWhereEmailsAreShared | Why::TakenUntold => "TAKEN",
            Why::AnswerLost | Why::AnswerLostUpsert => "ANSWER_LOST",
            Why::NotReportedNoId | Why::NotReportedUpsert | Why::NotReported => "NOT_REPORTED",
            Why::NotEnded | Why::NotEndedNoId | Why::NotEndedUntold => NOT_ENDED,
            Why::Failed | Why::FailedUpsert | Why::FailedNoId => "JOB_FAILED",
            Why::NotTold | Why::NotTellable => "NOT_TOLD",
            Why::LookUpRefused => "NOT_LOOKED_UP",
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Why::Taken => {
                "another user has this username, user id or phone number; nobody in the connection has this e-mail"
            }
            Why::TakenWhereEmailsAreShared => {
                "another user has this username, user id or phone number; nobody in the connection has it together with this e-mail"
            }
            Why::TakenUntold => {
                "the tenant already has this user, or another user with the same username, user id or phone number; finding out which needs the scope read:users"
            }
            Why::AnswerLost => {
                "this user is in the tenant; without an id made for the run, it is unknown whether they came with an upload whose answer was lost"
            }
            Why::AnswerLostUpsert => {
                "this user is in the tenant as sent; without an id made for the run, it is unknown whether they came with an upload whose answer was lost or were there before"
            }
            Why::NotReportedNoId => {
                "the job counts a refused row that its report does not name; without an id made for the run, it is unknown whether it is this one"
            }
            Why::NotReportedUpsert => {
                "the job counts a refused row that its report does not name; this row was either refused, or its user was there before and was updated"
            }
            Why::NotReported => {
                "the job counts a refused row that its report does not name, and it did not bring this user in: send the row again"
            }
            Why::NotEnded => {
                "the job had not ended at the time limit, and had not brought this user in by then: look again later"
            }
            Why::NotEndedNoId => {
                "the job had not ended at the time limit; without an id made for the run, it is unknown whether this user was there before"
            }
            Why::NotEndedUntold => {
                "the job had not ended at the time limit, and this user could not be looked up, which needs the scope read:users: look again later with a token that has it"
            }
            Why::FailedUpsert => {
                "the job failed as a whole, and Auth0 gives no reason; it is unknown whether this user was there before and was updated; sending the row again may overwrite later changes, so look at the user first"
            }
            Why::Failed => {
                "the job failed as a whole several times, and Auth0 gives no reason; it did not bring this user in: send the row again"
            }
            Why::FailedNoId => {
                "the job failed as a whole, and Auth0 gives no reason; without an id made for the run, it is unknown whether this user was there before"
            }
            Why::NotTold => {
                "the tenant no longer knows the job, so it is unknown whether this user was there before and was updated; sending the row again would overwrite later changes, so look at the user first"
            }
            Why::NotTellable => {
                "the tenant no longer knows the job, and without an id made for the run, the outcome of this row is unknown; sending the row again would overwrite later changes, so look at the user first"
            }
            Why::LookUpRefused => {
                "the outcome of this row is unknown, since looking up its user needs the scope read:users: look the user up with a token that has it"
            }
        }
    }
}

/// The code of a row whose job was given up while it may still have been running.
pub(crate) const NOT_ENDED: &str = "JOB_NOT_ENDED";

#[cfg(test)]
mod tests {
    use super::*;

    const LOOKS: [Look; 4] = [Look::NotAsked, Look::Here, Look::Absent, Look::Untold];
    const TOLD: [Told; 9] = [
        Told::There,
        Told::Refused,
        Told::Inserted,
        Told::Updated,
        Told::Either,
        Told::Unnamed,
        Told::Nothing(Silence::NotEnded),
        Told::Nothing(Silence::Failed),
        Told::Nothing(Silence::Gone),
    ];

    /// Every combination of a sent row, a report and a look-up.
    fn all() -> Vec<(Row, Told, Found)> {
        let mut all = Vec::new();
        for bits in 0..32_u8 {
            let is = |bit: u8| bits & (1 << bit) != 0;
            let row = Row {
                drawn: is(0),
                by_email_alone: is(1),
                upsert: is(2),
                uncertain: is(3),
                shares_emails: is(4),
            };
            for told in TOLD {
                for by_id in LOOKS {
                    for by_email in LOOKS {
                        all.push((row, told, Found { by_id, by_email }));
                    }
                }
            }
        }
        all
    }

    #[test]
    fn what_became_of_a_row_is_what_can_be_known_of_it() {
        for (row, told, found) in all() {
            let case = format!("{row:?} {told:?} {found:?}");
            let outcome = outcome(row, told, found);
            let knows = row.drawn && found.by_id == Look::Here;
            let counted = matches!(told, Told::Inserted | Told::Updated);
            let asked = row.uncertain || !matches!(told, Told::There | Told::Refused);
            match outcome {
                // Nothing is asked twice, and an id from the file is never asked for.
                Outcome::AskById => assert!(row.drawn && found.by_id == Look::NotAsked, "{case}"),
                Outcome::AskByEmail => {
                    assert!(
                        told == Told::There && found.by_email == Look::NotAsked,
                        "{case}"
                    );
                    assert!(!row.by_email_alone, "{case}");
                }
                // A user who may not belong to the run is never reported as inserted.
                Outcome::Inserted => assert!(told == Told::Inserted || asked && knows, "{case}"),
                Outcome::Updated => {
                    let absent = row.drawn && found.by_id == Look::Absent;
                    assert!(
                        told == Told::Updated || told == Told::Either && absent,
                        "{case}"
                    );
                }
                Outcome::InsertedOrUpdated => {
                    assert!(
                        told == Told::Either && !row.drawn && !row.uncertain,
                        "{case}"
                    );
                }
                Outcome::AsRefused => {
                    assert!(matches!(told, Told::There | Told::Refused), "{case}");
                }
                Outcome::Noted(kind, why) => {
                    assert!(!(counted || asked && knows), "{case}");
                    assert!(!why.words().is_empty() && kind != NoteKind::AlreadyThere);
                    // In an upsert, a user that it did not insert may have been updated.
                    let failed = kind == NoteKind::Failed && told != Told::There;
                    assert!(!(failed && row.upsert), "{case}");
                }
            }
        }
    }

    #[test]
    fn asking_comes_to_an_end() {
        for (row, told, _) in all() {
            let both = |by_id: &Look| LOOKS.map(|by_email| (*by_id, by_email)).into_iter().skip(1);
            for answers in LOOKS[1..].iter().flat_map(both) {
                let mut found = Found::default();
                let asked = (0..3).find(|_| match outcome(row, told, found) {
                    Outcome::AskById => {
                        found.by_id = answers.0;
                        false
                    }
                    Outcome::AskByEmail => {
                        found.by_email = answers.1;
                        false
                    }
                    _ => true,
                });
                assert!(asked.is_some(), "{row:?} {told:?} {answers:?}");
            }
        }
    }
}
