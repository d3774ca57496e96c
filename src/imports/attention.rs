//! What needs attention, of any number of users: the first of them, and how many there are by reason.

use std::collections::BTreeMap;

use crate::imports::journal::{NoteKind, RowNote};
use crate::imports::outcome::{Attention, Outcome};
use crate::jobs::errors::{NOT_SENT, RowError, advice};
use crate::say::data;

/// Users who are named one by one.
const MOST: usize = 1_000;
/// The most reasons that are told apart; a source may have a different sentence for every row.
const MOST_GROUPS: usize = 1_000;
/// Users whom a reason names.
const USERS_SHOWN: usize = 5;

/// The users noted so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct AttentionSoFar {
    pub(crate) number: u64,
    /// Those of them who were not sent, since a fault was found before.
    pub(crate) faulty: u64,
    /// In the order of their rows, when it is whole.
    pub(crate) first: Vec<Attention>,
    pub(crate) groups: Vec<Group>,
    by_reason: BTreeMap<[String; 4], Group>,
}

/// Users with one reason: how many, the first of them by row and e-mail, the reason.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    outcome: Outcome,
    code: String,
    pub(crate) number: u64,
    pub(crate) users: Vec<(usize, String)>,
    pub(crate) field: String,
    pub(crate) message: String,
    /// Whether another of them has another message, a row's number in it for instance.
    pub(crate) differs: bool,
    pub(crate) advice: &'static str,
}

impl Group {
    /// What became of them, in a word or two.
    pub(crate) fn word(&self) -> &'static str {
        word(self.outcome, &self.code)
    }
}

/// The outcome in a word or two, where a row that was not sent is told from one that the tenant did not take.
pub(crate) fn word(outcome: Outcome, code: &str) -> &'static str {
    match is_faulty(outcome, code) {
        true => "faulty",
        false => outcome.word(),
    }
}

fn is_faulty(outcome: Outcome, code: &str) -> bool {
    (outcome, code) == (Outcome::Failed, NOT_SENT)
}

impl AttentionSoFar {
    /// Adds a user. Rows come in ascending order twice: first those that were not sent, then the others.
    pub(crate) fn add(&mut self, note: &RowNote) {
        self.number += 1;
        let attention = attend(note);
        let code = attention.reasons.first().map_or("", |one| &one.code);
        self.faulty += u64::from(is_faulty(attention.outcome, code));
        self.add_to_group(&attention);
        self.first.push(attention);
        if self.first.len() == 2 * MOST {
            self.keep_first();
        }
    }

    fn keep_first(&mut self) {
        self.first.sort_by_key(|attention| attention.row);
        self.first.truncate(MOST);
    }

    /// All of them were added.
    pub(crate) fn whole(mut self) -> AttentionSoFar {
        self.keep_first();
        self.groups = std::mem::take(&mut self.by_reason).into_values().collect();
        self.groups
            .sort_by_key(|group| std::cmp::Reverse(group.number));
        self
    }

    /// Auth0's message may hold values that differ by row, so reasons are told apart by code and field. For rows that were not
    /// sent it is the sentence, without its row and line numbers.
    fn add_to_group(&mut self, attention: &Attention) {
        let Some(reason) = attention.reasons.first() else {
            return;
        };
        let field = reason.field.clone().unwrap_or_default();
        let sentence = match reason.code.as_str() {
            NOT_SENT => reason.message.replace(|c: char| c.is_ascii_digit(), ""),
            _ => String::new(),
        };
        let outcome = attention.outcome.word().to_string();
        let key = [outcome, reason.code.clone(), field.clone(), sentence];
        if self.by_reason.len() == MOST_GROUPS && !self.by_reason.contains_key(&key) {
            return;
        }
        let group = self.by_reason.entry(key).or_insert_with(|| Group {
            outcome: attention.outcome,
            code: reason.code.clone(),
            number: 0,
            users: Vec::new(),
            field,
            message: reason.message.clone(),
            differs: false,
            advice: reason.advice,
        });
        group.number += 1;
        group.differs |= group.message != reason.message;
        group.users.push((attention.row, attention.email.clone()));
        group.users.sort_unstable();
        group.users.truncate(USERS_SHOWN);
    }
}

pub(crate) fn outcome(kind: NoteKind) -> Outcome {
    match kind {
        NoteKind::AlreadyThere => Outcome::AlreadyThere,
        NoteKind::Failed => Outcome::Failed,
        NoteKind::Unknown => Outcome::Unknown,
    }
}

fn attend(note: &RowNote) -> Attention {
    let reason = |(code, field, message): &(String, Option<String>, String)| RowError {
        advice: advice(code, field.as_deref()),
        code: data(code),
        field: field.as_deref().map(data),
        message: data(message),
    };
    Attention {
        row: note.row,
        email: data(&note.email),
        outcome: outcome(note.kind),
        reasons: note.reasons.iter().map(reason).collect(),
    }
}
