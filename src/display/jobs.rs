//! How a job looks: accepted, finished, and what it says of the users it refused.

use std::collections::HashMap;

use crate::display::imports::named;
use crate::display::removal::in_the_log;
use crate::display::show::shown;
use crate::display::view::{BAD, Bar, Entry, GOOD, NEUTRAL, Part, UPDATED, View, WARNING};
use crate::jobs::errors::{FAILED_AS_A_WHOLE, FailedUser, JobErrors, RowError};
use crate::jobs::{FinishedJob, Found, Job, JobStatus};
use crate::words::{count, grouped};

shown!(Job, FinishedJob, JobErrors);

impl Job {
    fn view(&self) -> View {
        match self.found {
            Some(found) => View::card(NEUTRAL, "job taken up again").facts(self.found_facts(found)),
            None => View::card(NEUTRAL, "job accepted").facts(self.accepted_facts()),
        }
    }

    /// What is known of a job that was taken up again.
    fn found_facts(&self, found: Found) -> Vec<(&'static str, String)> {
        let unknown = "unknown: say it with job.sent(&users)".to_string();
        let users = self.keys.as_ref().map(|keys| grouped(keys.len()));
        let state = match found.had_ended {
            true => "it had ended: wait_for_job says how",
            false => "it had not ended: wait_for_job waits for it",
        };
        let accepted = match &*self.created_at {
            "" => "unknown",
            time => time,
        };
        let connection = self.connection_name().map(str::to_string);
        vec![
            ("id", self.id.to_string()),
            (
                "connection",
                connection.unwrap_or_else(|| self.connection.to_string()),
            ),
            ("accepted", accepted.to_string()),
            ("users sent", users.unwrap_or(unknown)),
            ("state", state.to_string()),
        ]
    }

    fn accepted_facts(&self) -> Vec<(&'static str, String)> {
        let users = count(self.keys.as_ref().map_or(0, |keys| keys.len()), "user");
        vec![
            ("id", self.id.to_string()),
            (
                "users",
                format!("{users} on their way; it runs in the tenant now"),
            ),
            ("tenant's log", in_the_log(&self.correlation_id)),
        ]
    }
}

impl FinishedJob {
    fn headline(&self) -> String {
        match (&self.status, &self.summary) {
            (JobStatus::Failed, _) => {
                "failed: none of its rows is accounted for, and job_errors says what that means"
                    .to_string()
            }
            (JobStatus::Completed, Some(s)) => {
                let first = match (s.inserted, s.updated) {
                    (0, 1..) => format!("{} of {} updated", grouped(s.updated), grouped(s.total)),
                    _ => format!("{} of {} inserted", grouped(s.inserted), grouped(s.total)),
                };
                let updated = match (s.inserted, s.updated) {
                    (1.., 1..) => format!(", {} updated", grouped(s.updated)),
                    _ => String::new(),
                };
                match s.failed {
                    0 => format!("completed: {first}{updated}"),
                    refused => format!(
                        "completed, which is not success: {first}{updated}, {} refused; job_errors says why",
                        grouped(refused)
                    ),
                }
            }
            (JobStatus::Completed, None) => {
                let untold = self.untold.map_or(String::new(), |field| {
                    format!(
                        " (the answer to GET /api/v2/jobs/{} has no number `summary.{field}`)",
                        self.id
                    )
                });
                format!(
                    "completed, without a word on how many were refused{untold}: job_errors may know"
                )
            }
        }
    }

    fn view(&self) -> View {
        let colour = match (&self.status, &self.summary) {
            (JobStatus::Failed, _) => BAD,
            (JobStatus::Completed, Some(s)) if s.failed == 0 => GOOD,
            (JobStatus::Completed, _) => WARNING,
        };
        let mut view = View::card(colour, format!("job {}", self.headline()));
        if let Some(summary) = self.summary {
            let counts = vec![
                ("inserted", summary.inserted, GOOD),
                ("updated", summary.updated, UPDATED),
                ("refused", summary.failed, WARNING),
            ];
            let total = summary.total;
            view = view.bar(Bar { counts, total });
        }
        view.facts(vec![("id", self.id.to_string())])
    }
}

/// Reasons shown, the most frequent ones; and of a reason, the first users and the first sentences.
const SHOWN: usize = 40;
const USERS_SHOWN: usize = 5;
const SENTENCES_SHOWN: usize = 3;

/// Users who were refused for one reason.
struct Refused<'a> {
    reason: Option<&'a RowError>,
    users: Vec<&'a FailedUser>,
    /// Auth0's own words, which may differ by user.
    sentences: Vec<&'a str>,
}

impl<'a> Refused<'a> {
    /// A user with several reasons is in several groups.
    fn groups(all: &'a [FailedUser]) -> Vec<Refused<'a>> {
        let mut groups: Vec<Refused> = Vec::new();
        let mut places: HashMap<Option<[&str; 2]>, usize> = HashMap::new();
        let mut add = |user: &'a FailedUser, reason: Option<&'a RowError>| {
            let key = reason.map(|one| [one.code.as_str(), one.field.as_deref().unwrap_or("")]);
            let place = *places.entry(key).or_insert_with(|| {
                groups.push(Refused {
                    reason,
                    users: Vec::new(),
                    sentences: Vec::new(),
                });
                groups.len() - 1
            });
            let group = &mut groups[place];
            if group
                .users
                .last()
                .is_none_or(|last| !std::ptr::eq(*last, user))
            {
                group.users.push(user);
            }
            let sentence = reason.map_or("", |one| one.message.as_str());
            let is_new = !group.sentences.contains(&sentence);
            if is_new && group.sentences.len() < SENTENCES_SHOWN {
                group.sentences.push(sentence);
            }
        };
        for user in all {
            if user.errors.is_empty() {
                add(user, None);
            }
            user.errors
                .iter()
                .for_each(|reason| add(user, Some(reason)));
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.users.len()));
        groups
    }

    fn entry(&self) -> Entry {
        let first = self.users.iter().take(USERS_SHOWN);
        let names = first.map(|user| (user.row, user.email.as_deref().unwrap_or("no e-mail")));
        let mut lines = Vec::new();
        if let Some(reason) = self.reason {
            lines.push(("what to do".to_string(), reason.advice.to_string()));
            let about = match &reason.field {
                Some(field) => format!("`{}` for `{field}`", reason.code),
                None => format!("`{}`", reason.code),
            };
            let said = self.sentences.iter();
            lines.extend(said.map(|said| ("Auth0 says".to_string(), format!("{about}: {said}"))));
        } else {
            lines.push(("Auth0 says".to_string(), "nothing about why".to_string()));
        }
        Entry {
            place: format!("{} refused", grouped(self.users.len())),
            title: named(names, self.users.len() as u64),
            lines,
        }
    }
}

impl JobErrors {
    fn colour(&self) -> &'static str {
        match self.status {
            JobStatus::Failed => BAD,
            JobStatus::Completed => WARNING,
        }
    }

    fn view(&self) -> View {
        let explanation = || self.explanation().map(str::to_string);
        if self.is_empty() {
            let colour = match self.is_of_nobody() {
                true => GOOD,
                false => self.colour(),
            };
            let words = explanation().unwrap_or_default();
            return match words.strip_prefix(FAILED_AS_A_WHOLE) {
                Some(why) => View::card(colour, FAILED_AS_A_WHOLE).tail(why),
                None => View::card(colour, words),
            };
        }
        let groups = Refused::groups(self);
        let headline = format!(
            "{} refused, for {}",
            count(self.len(), "user"),
            count(groups.len(), "reason")
        );
        let entries = groups.iter().take(SHOWN).map(Refused::entry).collect();
        let view = View::card(self.colour(), headline)
            .notes(explanation())
            .with(Part::Entries(entries));
        match groups.len().saturating_sub(SHOWN) {
            0 => view,
            more => view.notes([format!("and {}", count(more, "more reason"))]),
        }
    }
}
