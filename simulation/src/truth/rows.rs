//! Whether what is told of each row is so.

use std::collections::BTreeMap;
use std::time::Duration;

use auth0_bulk_users::{Attention, Outcome, serde_json};

use crate::life::{Part, Played, Told, user};
use crate::plan::{Call, Does, Person, Plan};
use crate::tenant::{Asked, Play};
use crate::there::There;
use crate::truth::{has_one_clock, is_undisturbed, known, reports};

/// The users of a file are looked up within that time, as a rule, so that one may come in between the look and the word.
const LOOKING_UP: Duration = Duration::from_secs(300);
/// How often a file is sent whose jobs say nothing of its rows.
const UPLOADS: usize = 3;

pub(super) fn faults(plan: &Plan, played: &Played) -> Vec<String> {
    let mut faults = told_wrongly(plan, played, &played.told, false);
    if let Some(late) = &played.told_late {
        faults.extend(told_wrongly(plan, played, late, true));
        faults.extend(lost_since(&played.told, late));
    }
    faults
}

/// A run that is read again has the rows that it had.
fn lost_since(told: &Told, late: &Told) -> Vec<String> {
    let pairs = told.parts.iter().zip(&late.parts);
    let totals = pairs.map(|(then, now)| (then.report.counts().total, now.report.counts().total));
    let other = totals.filter(|(then, now)| then != now);
    other
        .map(|(then, now)| format!("a run of {then} rows tells of {now} hours later"))
        .collect()
}

fn told_wrongly(plan: &Plan, played: &Played, told: &Told, is_late: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let play = played.line.play();
    for part in &told.parts {
        let attention = part.report.attention().iter();
        let by_row: BTreeMap<usize, &Attention> = attention.map(|one| (one.row, one)).collect();
        let words = reports::words(part);
        for nth in 1..=part.report.counts().total as usize {
            let row = Row {
                plan,
                play: &play,
                found: &told.found,
                part,
                row: part.offset + nth,
                person: &plan.people[part.offset + nth - 1],
                told: by_row.get(&nth).copied(),
                word: words.get(&nth).copied().unwrap_or_default(),
                is_late,
            };
            if let Some(why) = row.wrong() {
                let (row, word) = (row.row, row.word);
                let when = if is_late { " hours later" } else { "" };
                faults.push(format!("row {row} is reported as {word}{when}, but {why}"));
            }
        }
    }
    faults
}

/// A row, and what is told of it.
struct Row<'a> {
    plan: &'a Plan,
    play: &'a Play,
    /// Everybody in the tenant when it was told.
    found: &'a [There],
    part: &'a Part,
    row: usize,
    person: &'a Person,
    told: Option<&'a Attention>,
    /// What the sheet says.
    word: &'a str,
    is_late: bool,
}

impl Row<'_> {
    /// Why the report of it cannot be true.
    fn wrong(&self) -> Option<&'static str> {
        if !self.person.email.contains('@') {
            return (self.word != "faulty").then_some("it has no e-mail");
        }
        let Some(told) = self.told else {
            return self.wrong_to_be_in();
        };
        // What others deleted shows nothing any more.
        if self.is_deleted() {
            return None;
        }
        match told.outcome {
            Outcome::AlreadyThere => self.wrong_to_be_there_before(),
            Outcome::Failed => self.wrong_to_be_failed(told),
            Outcome::Unknown => self.wrong_to_be_unknown(told),
            _ => Some("that is not an outcome"),
        }
    }

    /// Whether others deleted somebody with its e-mail.
    fn is_deleted(&self) -> bool {
        let (email, mut deleted) = (self.email(), self.play.deleted.iter());
        deleted.any(|(one, _)| one.email() == email)
    }

    fn email(&self) -> String {
        self.person.email.to_lowercase()
    }

    /// Whether the run drew the row's id, so that the tenant can tell.
    fn is_drawn(&self) -> bool {
        self.person.user_id.is_none() && !self.plan.import.leaves_ids
    }

    /// Everybody in the connection with the row's e-mail.
    fn with_email(&self) -> impl Iterator<Item = &There> {
        let email = self.email();
        let here =
            move |one: &&There| one.email() == email && one.connection() == self.plan.connection;
        self.found.iter().filter(here)
    }

    /// The users that were made of this row.
    fn ours(&self) -> impl Iterator<Item = &There> {
        let row = Some(self.row);
        self.with_email()
            .filter(move |one| one.is_ours() && one.row() == row)
    }

    fn is_in(&self) -> bool {
        self.ours().any(|one| one.made_at() <= self.part.told_at)
    }

    /// Whether they came in while the others of their file were looked up, by an upload of which the report says that its job
    /// may be at work.
    fn came_in_meanwhile(&self) -> bool {
        let may_change = self.part.report.may_change_until().is_some();
        let lately = self.part.told_at.saturating_sub(LOOKING_UP);
        may_change && self.ours().all(|one| one.made_at() > lately)
    }

    fn others(&self) -> impl Iterator<Item = &Person> {
        let rows = self.plan.people.iter().enumerate();
        let rows = rows.filter(|(index, _)| index + 1 != self.row);
        let imports = self.plan.others.iter().flat_map(|other| match &other.does {
            Does::Imports(people) => people.as_slice(),
            _ => &[],
        });
        rows.map(|(_, person)| person)
            .chain(&self.plan.before)
            .chain(imports)
    }

    fn has_twin(&self) -> bool {
        let (email, people) = (self.email(), &self.plan.people);
        let mut same = people
            .iter()
            .filter(|one| one.email.to_lowercase() == email);
        same.nth(1).is_some()
    }

    /// Of a row that came in: by its insertion, or by its update.
    fn wrong_to_be_in(&self) -> Option<&'static str> {
        let deleted = self.play.deleted.iter().map(|(one, _)| one);
        let ever: Vec<&There> = self.found.iter().chain(deleted).collect();
        let email = self.email();
        let of_row = |one: &&&There| {
            one.email() == email
                && one.connection() == self.plan.connection
                && one.row() == Some(self.row)
                && one.made_at() <= self.part.told_at
        };
        if self.plan.import.upsert && self.has_twin() {
            // The other row may have written its own number since.
            let was_there = ever.iter().any(|one| one.email() == email);
            return (!was_there).then_some("nobody is there");
        }
        let (ours, others): (Vec<&There>, Vec<&There>) =
            ever.iter().filter(of_row).partition(|one| one.is_ours());
        match self.word {
            "inserted" if ours.is_empty() && !others.is_empty() => {
                Some("its user was there before")
            }
            "inserted" if ours.is_empty() => Some("none of its users are there"),
            "updated" if others.is_empty() && !ours.is_empty() => {
                let is_deleted = !known::DELETED_USERS_ARE_NOT_UPDATED && self.is_deleted();
                (!is_deleted).then_some("it was inserted")
            }
            "inserted or updated" if self.is_drawn() => Some("its id tells which of both it was"),
            _ => {
                (ours.is_empty() && others.is_empty()).then_some("nobody has what it was sent with")
            }
        }
    }

    fn wrong_to_be_there_before(&self) -> Option<&'static str> {
        let email = self.email();
        let before = &self.play.before;
        let is_before = before
            .iter()
            .any(|one| one.email() == email && one.connection() == self.plan.connection);
        if self.is_in() {
            return Some("it was inserted");
        }
        if self.plan.import.upsert && is_before {
            return Some("an upsert takes who is there");
        }
        let is_shared = self.plan.connection == "Shared-Emails";
        let was_there =
            is_before || self.play.strangers.contains(&email) || (self.has_twin() && !is_shared);
        (!was_there).then_some("nobody ever had the e-mail")
    }

    fn wrong_to_be_failed(&self, told: &Attention) -> Option<&'static str> {
        if self.is_in() && self.is_late {
            return self.is_looked_up_late().then_some("it is in");
        }
        if self.is_in() && !self.came_in_meanwhile() {
            return Some("it is in");
        }
        let has_code = |code: &str| told.reasons.iter().any(|why| why.code == code);
        if has_code("JOB_FAILED") {
            return (!self.was_sent_often()).then_some("it was not sent so often");
        }
        if has_code("NOT_SENT") && self.is_too_large() {
            return None;
        }
        let same = |one: &Person| {
            let is_same = |ours: &Option<String>, theirs: &Option<String>| {
                ours.as_deref().is_some_and(|ours| {
                    theirs
                        .as_deref()
                        .is_some_and(|theirs| theirs.eq_ignore_ascii_case(ours))
                })
            };
            one.email.to_lowercase() == self.email()
                || is_same(&self.person.username, &one.username)
                || is_same(&self.person.user_id, &one.user_id)
        };
        (!self.others().any(same)).then_some("nobody is in its way")
    }

    /// Whether as many uploads of it may have been taken as a file is sent. A process that ended may have been about to send. A
    /// page in the place of a 404 refuses nothing.
    fn was_sent_often(&self) -> bool {
        // After 408 and 409 the tenant may have done it all the same.
        let is_unsure = |asked: &Asked| ["404", "408", "409"].contains(&asked.answered.as_str());
        let is_refused = |asked: &Asked| asked.answered.starts_with('4') && !is_unsure(asked);
        let is_it = |asked: &&Asked| asked.rows.contains(&self.row) && !is_refused(asked);
        let uploads = self.play.asked.iter().filter(is_it).count();
        uploads + self.part.ended_early >= UPLOADS
    }

    /// Whether its upsert may have failed so late that it is not sent again: when another process took it up, or after ten minutes.
    fn may_be_too_late_to_send(&self) -> bool {
        let is_slow = self.plan.people.len() as f64 / self.plan.tenant.job_speed > 500.0;
        let mut faults = self.plan.tenant.faults.iter();
        let may_be_slower =
            faults.any(|(name, _)| name.starts_with("job-s") || *name == "job-hangs");
        let is_late = is_slow || may_be_slower || !self.plan.troubles.is_empty();
        self.plan.import.upsert && (is_late || self.part.ended_early > 0)
    }

    /// Whether no row was sent that is as long.
    fn is_too_large(&self) -> bool {
        let bytes = |row: usize| {
            let person = &self.plan.people[row - 1];
            let mut user = user((row - 1, person));
            if !self.plan.import.leaves_ids {
                user.user_id.get_or_insert("0".repeat(24));
            }
            serde_json::to_string(&user).map_or(0, |text| text.len())
        };
        let sent = self.play.asked.iter().flat_map(|asked| &asked.rows);
        sent.max_by_key(|row| bytes(**row))
            .is_none_or(|longest| bytes(*longest) < bytes(self.row))
    }

    fn wrong_to_be_unknown(&self, told: &Attention) -> Option<&'static str> {
        if is_undisturbed(self.plan) {
            return Some("nothing went wrong");
        }
        if !self.is_drawn() {
            return None;
        }
        let has_code = |code: &str| told.reasons.iter().any(|why| why.code == code);
        if has_code("JOB_FAILED") && !self.was_sent_often() && !self.may_be_too_late_to_send() {
            return Some("it was not sent so often");
        }
        if has_code("ANSWER_LOST") {
            return Some("its id tells whether it is in");
        }
        // The user of another row with the same e-mail may have got its number by an update.
        let is_updated_twin = self.plan.import.upsert && self.has_twin();
        if !self.is_in() || is_updated_twin {
            return None;
        }
        if self.is_late {
            return self.is_looked_up_late().then_some("it is in");
        }
        let may_be_untold = has_code("NOT_LOOKED_UP") && self.has_refusals()
            // The look came before them, as the job was at work.
            || has_code("JOB_NOT_ENDED");
        (!may_be_untold && !self.came_in_meanwhile()).then_some("the tenant could tell")
    }

    /// Whether the tenant refuses to show somebody.
    fn has_refusals(&self) -> bool {
        let shows = [Call::Search, Call::ByEmail, Call::User, Call::Token];
        let mut troubles = self.plan.troubles.iter();
        troubles.any(|trouble| shows.contains(&trouble.call) && trouble.what.is_refusal())
    }

    /// Whether a run that is read again hours later must have looked it up.
    fn is_looked_up_late(&self) -> bool {
        let knows_time = known::LATE_LOOKS_COME_LATE || has_one_clock(self.plan);
        // A look that was refused before the run ended is left to the reader.
        self.is_drawn() && knows_time && !self.has_refusals()
    }
}
