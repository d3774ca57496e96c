//! Finds out the outcome of a file's users: every row ends as inserted, updated or noted, and the counts add up.
//!
//! It takes requests, and sometimes time, since a search does not show the newest users for a while. So it runs like any other
//! work, one request at a time, between the uploads and the looks at jobs. `verdict.rs` has what the answers mean.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock::{self, unix_millis};
use crate::error::{Error, ErrorKind, Result};
use crate::imports::journal::{FileEnd, NoteKind, RowNote};
use crate::imports::run::{Run, Sent, row_runs};
use crate::imports::verdict::{Found, Look, Outcome, Row, Silence, Told, outcome};
use crate::jobs::errors::{FailedUser, failed_users, read_report};
use crate::jobs::ownership::{
    AT_ONCE, by_email, by_id, has_email, is_in, is_user_with_made_id, search,
};
use crate::jobs::{JobId, RowKey, Summary};
use crate::say::say;
use crate::tenant::Tenant;
use crate::tenant::answers::{ReportAnswer, UserAnswer};
use crate::words::{count, grouped};

/// The waits before a search is sent again for users that it does not show yet; a little over a minute in all.
const SEARCH_AGAIN: [u64; 5] = [2, 5, 10, 20, 30];
/// After this many failures in a row, a search counts as showing nobody: Auth0 answers 503 if it takes over two seconds.
const SEARCH_FAULTS: u32 = 3;
/// The time between two progress lines of the look-up.
const SILENCE: Duration = Duration::from_secs(30);

/// What to do with a file once its users were looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Report the outcome of each.
    Account,
    /// Send it again, unless all of them are there.
    OrSendAgain,
}

/// One request.
#[derive(Debug)]
enum Ask {
    Report(JobId),
    /// The field, and the positions of the rows.
    Search(By, Vec<usize>),
    One(By, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Id,
    Email,
}

/// A file whose users are being looked for.
pub(crate) struct Settling {
    pub(crate) file: usize,
    pub(crate) purpose: Purpose,
    users: Vec<Sent>,
    told: Vec<Told>,
    found: Vec<Found>,
    /// What the report says about each row that it names.
    notes: Vec<Option<RowNote>>,
    /// Of a job that completed.
    summary: Option<Summary>,
    upsert: bool,
    uncertain: bool,
    shares_emails: bool,
    connection: Option<String>,
    queue: VecDeque<Ask>,
    /// What was searched for last, and how often.
    searched: (By, usize),
    /// Whether searches are not answered.
    blind: bool,
    faults: u32,
    not_before: Instant,
    said: Option<Instant>,
    began: Instant,
}

impl Settling {
    fn new(run: &Run, file: usize) -> Result<Settling> {
        let users = run.sent(file)?;
        let rows = users.len();
        Ok(Settling {
            file,
            purpose: Purpose::Account,
            users,
            told: vec![Told::Unnamed; rows],
            found: vec![Found::default(); rows],
            notes: vec![None; rows],
            summary: None,
            upsert: run.options.job.upsert,
            uncertain: run.files[file - 1].is_uncertain(),
            shares_emails: run.emails_shared,
            connection: run.connection_name().map(str::to_string),
            queue: VecDeque::new(),
            searched: (By::Id, 0),
            blind: false,
            faults: 0,
            not_before: clock::instant(),
            said: None,
            began: clock::instant(),
        })
    }

    /// A file whose job completed.
    pub(crate) fn completed(
        run: &Run,
        file: usize,
        job: &JobId,
        summary: Summary,
    ) -> Result<Settling> {
        let mut settling = Settling::new(run, file)?;
        settling.summary = Some(summary);
        if summary.failed > 0 {
            settling.queue.push_back(Ask::Report(job.clone()));
        } else {
            settling.learn(&summary);
        }
        Ok(settling)
    }

    /// A file whose rows were never reported.
    pub(crate) fn silent(
        run: &Run,
        file: usize,
        why: Silence,
        purpose: Purpose,
    ) -> Result<Settling> {
        let mut settling = Settling::new(run, file)?;
        settling.purpose = purpose;
        settling.told.fill(Told::Nothing(why));
        Ok(settling)
    }

    /// A finished file whose rows may have been imported late, and are looked for again.
    pub(crate) fn late(run: &Run, file: usize, rows: &[usize]) -> Result<Settling> {
        let mut settling = Settling::silent(run, file, Silence::Failed, Purpose::Account)?;
        settling.users.retain(|user| rows.contains(&user.row));
        let rows = settling.users.len();
        settling.told.truncate(rows);
        settling.found.truncate(rows);
        settling.notes.truncate(rows);
        Ok(settling)
    }

    fn row(&self, place: usize) -> Row {
        Row {
            drawn: self.users[place].made_id,
            by_email_alone: self.users[place].by_email_alone,
            upsert: self.upsert,
            uncertain: self.uncertain,
            shares_emails: self.shares_emails,
        }
    }

    fn outcome(&self, place: usize) -> Outcome {
        outcome(self.row(place), self.told[place], self.found[place])
    }

    /// The positions of rows for which this must be asked.
    fn asked(&self, what: Outcome) -> Vec<usize> {
        let asks = |place: &usize| self.outcome(*place) == what;
        (0..self.users.len()).filter(asks).collect()
    }

    /// Whether the run imported every user of the file.
    pub(crate) fn all_are_here(&self) -> bool {
        self.found.iter().all(|found| found.by_id == Look::Here)
    }

    /// Takes what the job says, once its report was read.
    fn learn(&mut self, summary: &Summary) {
        let silent = self.notes.iter().filter(|note| note.is_none()).count();
        // A refused row that the report does not name: the ids show which row it is.
        let came_in = summary.inserted.checked_add(summary.updated);
        let of_silent = if came_in != Some(silent as u64) {
            Told::Unnamed
        } else if summary.updated == 0 {
            Told::Inserted
        } else if summary.inserted == 0 && !self.uncertain {
            Told::Updated
        } else {
            Told::Either
        };
        for (told, note) in self.told.iter_mut().zip(&self.notes) {
            *told = match note.as_ref().map(|note| note.kind) {
                Some(NoteKind::AlreadyThere) => Told::There,
                Some(_) => Told::Refused,
                None => of_silent,
            };
        }
    }

    /// Whether as many users are found as the job inserted; then all of them are found. The number is known, unless another
    /// upload imported them.
    fn are_all_found(&self) -> bool {
        let Some(summary) = self.summary.filter(|_| !self.uncertain) else {
            return false;
        };
        let silent = (0..self.users.len()).filter(|place| self.notes[*place].is_none());
        let (mut all_drawn, mut here) = (true, 0);
        for place in silent {
            all_drawn &= self.users[place].made_id;
            here += u64::from(self.found[place].by_id == Look::Here);
        }
        all_drawn && here == summary.inserted
    }

    /// When the next request is due; `None` when all is known. `per_second`: requests of the run's rate.
    pub(crate) fn due(&mut self, per_second: f64) -> Option<Instant> {
        if self.queue.is_empty() {
            self.fill(per_second);
        }
        (!self.queue.is_empty()).then_some(self.not_before)
    }

    /// No request for this long, after a fault.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.not_before = clock::instant() + time;
    }

    /// Chooses the next question. A search finds 40 users at once, so it comes first. Users that it does not show may be too
    /// new, so it is sent again after a while, unless asking for each by id takes no longer.
    fn fill(&mut self, per_second: f64) {
        if self.searched.0 == By::Id && self.are_all_found() {
            for place in self.asked(Outcome::AskById) {
                self.found[place].by_id = Look::Absent;
            }
        }
        let (by, places) = match self.asked(Outcome::AskById) {
            places if places.is_empty() => (By::Email, self.asked(Outcome::AskByEmail)),
            places => (By::Id, places),
        };
        if self.searched.0 != by {
            (self.searched, self.said) = ((by, 0), None);
        }
        if places.is_empty() {
            return;
        }
        if by == By::Email && self.connection.is_none() {
            return self.leave_untold(by);
        }
        let searches = self.searched.1;
        if searches > 0 && self.purpose == Purpose::OrSendAgain {
            return;
        }
        let one_by_one = Duration::try_from_secs_f64(places.len() as f64 / per_second);
        let wait = match searches {
            0 => Some(Duration::ZERO),
            _ => SEARCH_AGAIN
                .get(searches - 1)
                .map(|wait| Duration::from_secs(*wait)),
        };
        let wait = wait.filter(|wait| {
            wait.is_zero()
                || one_by_one
                    .as_ref()
                    .is_ok_and(|one_by_one| one_by_one > wait)
        });
        match wait.filter(|_| !self.blind) {
            Some(wait) => {
                let groups = places.chunks(AT_ONCE);
                self.queue
                    .extend(groups.map(|group| Ask::Search(by, group.to_vec())));
                self.searched.1 += 1;
                if !wait.is_zero() {
                    self.wait(wait);
                    self.say_left(true);
                }
            }
            None => self
                .queue
                .extend(places.into_iter().map(|place| Ask::One(by, place))),
        }
    }

    /// Prints how many are still looked for: at the first wait, then every half minute.
    fn say_left(&mut self, is_wait: bool) {
        let last = self.said.or((!is_wait).then_some(self.began));
        if last.is_some_and(|said| clock::since(said) < SILENCE) {
            return;
        }
        self.said = Some(clock::instant());
        let left = self.asked(Outcome::AskById).len() + self.asked(Outcome::AskByEmail).len();
        say!(
            "file {}: looking up {} of {} that the search does not show yet",
            self.file,
            grouped(left),
            count(self.users.len(), "user")
        );
    }

    /// Sends the next request.
    pub(crate) fn ask(&mut self, tenant: &Tenant, run: &Run) -> Result<()> {
        let Some(ask) = self.queue.pop_front() else {
            return Ok(());
        };
        let answered = match &ask {
            Ask::Report(job) => self.read_report(tenant, run, job),
            Ask::Search(by, places) => self.search(tenant, *by, places),
            Ask::One(by, place) => {
                self.say_left(false);
                self.look_up(tenant, *by, *place)
            }
        };
        let error = match answered {
            Ok(()) => {
                self.faults = 0;
                if matches!(ask, Ask::Search(By::Id, _) | Ask::One(By::Id, _))
                    && self.are_all_found()
                {
                    self.queue.clear();
                }
                return Ok(());
            }
            Err(error) => error,
        };
        match ask {
            Ask::Search(by, _) | Ask::One(by, _) if is_closed(&error) => {
                self.queue.clear();
                self.leave_untold(by);
                return Ok(());
            }
            Ask::Search(..) if error.pause().is_none() && error.may_pass() => {
                self.faults += 1;
                if self.faults >= SEARCH_FAULTS {
                    self.blind = true;
                    self.queue.clear();
                    return Ok(());
                }
            }
            _ => {}
        }
        self.queue.push_front(ask);
        Err(error)
    }

    /// Notes what the job says about each refused row.
    fn read_report(&mut self, tenant: &Tenant, run: &Run, job: &JobId) -> Result<()> {
        let report = match read_report(tenant, job) {
            Ok(report) => report,
            // Gone since the job was last looked at, which is the same as empty.
            Err(error) if error.status() == Some(404) => ReportAnswer::default(),
            Err(error) => return Err(error),
        };
        let secrets = run.sent_secrets(self.file)?;
        let keys: Vec<RowKey> = self.users.iter().map(|user| user.key.clone()).collect();
        for failure in failed_users(&report.rows, &keys, &secrets) {
            if let Some(row) = failure.row {
                self.notes[row - 1] = Some(note(&self.users[row - 1], &failure));
            }
        }
        if let Some(summary) = self.summary {
            self.learn(&summary);
        }
        Ok(())
    }

    fn search(&mut self, tenant: &Tenant, by: By, places: &[usize]) -> Result<()> {
        let (field, values): (_, Vec<String>) = match by {
            By::Id => (
                "user_id",
                places.iter().map(|&at| self.users[at].auth0_id()).collect(),
            ),
            By::Email => ("email", places.iter().map(|&at| self.email(at)).collect()),
        };
        let shown = search(tenant, field, &values)?;
        for &place in places {
            if shown.iter().any(|user| self.is_the_one(by, place, user)) {
                self.set(by, place, Look::Here);
            }
        }
        Ok(())
    }

    /// One by one: this is up to date.
    fn look_up(&mut self, tenant: &Tenant, by: By, place: usize) -> Result<()> {
        let shown = match by {
            By::Id => by_id(tenant, &self.users[place].auth0_id())?
                .into_iter()
                .collect(),
            By::Email => by_email(tenant, &self.email(place))?,
        };
        let is_here = shown.iter().any(|user| self.is_the_one(by, place, user));
        self.set(by, place, if is_here { Look::Here } else { Look::Absent });
        Ok(())
    }

    fn email(&self, place: usize) -> String {
        self.users[place].key.email.trim().to_lowercase()
    }

    /// Whether the tenant's user is the row's user, or conflicts with them.
    fn is_the_one(&self, by: By, place: usize, user: &UserAnswer) -> bool {
        let (sent, connection) = (&self.users[place], self.connection.as_deref());
        match by {
            By::Id => is_user_with_made_id(user, &sent.auth0_id(), connection),
            // If users may share an e-mail, the e-mail by itself says nothing.
            By::Email => {
                connection.is_some_and(|connection| is_in(user, connection))
                    && has_email(user, &sent.key.email)
                    && (!self.shares_emails || shares_a_name(user, sent))
            }
        }
    }

    fn set(&mut self, by: By, place: usize, look: Look) {
        match by {
            By::Id => self.found[place].by_id = look,
            By::Email => self.found[place].by_email = look,
        }
    }

    fn leave_untold(&mut self, by: By) {
        let what = match by {
            By::Id => Outcome::AskById,
            By::Email => Outcome::AskByEmail,
        };
        for place in self.asked(what) {
            self.set(by, place, Look::Untold);
        }
    }

    /// Whether the tenant did not say of some user whether they are there.
    pub(crate) fn is_untold(&self) -> bool {
        self.found.iter().any(|found| found.by_id == Look::Untold)
    }

    /// The rows that turned out to be imported, in a file that was looked at again.
    pub(crate) fn came_in(&self) -> Vec<usize> {
        let here = |place: &usize| self.found[*place].by_id == Look::Here;
        let here = (0..self.users.len()).filter(here);
        here.map(|place| self.users[place].row).collect()
    }

    /// The outcome of each row, once nothing is left to ask.
    pub(crate) fn end(mut self, run: &Run) -> FileEnd {
        let outcomes: Vec<Outcome> = (0..self.users.len()).map(|at| self.outcome(at)).collect();
        let (mut notes, mut updated_rows) = (Vec::new(), Vec::new());
        for (place, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Outcome::Updated => updated_rows.push(self.users[place].row),
                Outcome::AsRefused => notes.extend(self.notes[place].take()),
                Outcome::Noted(kind, why) => notes.push(RowNote {
                    row: self.users[place].row,
                    email: self.users[place].key.email.clone(),
                    kind: *kind,
                    reasons: vec![(why.code().to_string(), None, why.words().to_string())],
                }),
                Outcome::Inserted
                | Outcome::InsertedOrUpdated
                | Outcome::AskById
                | Outcome::AskByEmail => {}
            }
        }
        let came_in = (self.users.len() - notes.len()) as u64;
        let is_told = |told: &Told| matches!(told, Told::Updated | Told::Either);
        let of_job = self.told.iter().any(is_told) && !self.uncertain;
        // The job's count says how many; the ids say which, as far as possible. It counts those too of whom nothing is known.
        let either = outcomes
            .iter()
            .filter(|one| **one == Outcome::InsertedOrUpdated);
        let known = updated_rows.len() as u64;
        let updated = match self.summary.filter(|_| of_job) {
            Some(summary) => summary.updated.clamp(known, known + either.count() as u64),
            None => known,
        };
        let is_mixed = self.told.contains(&Told::Either)
            || self.told.contains(&Told::Unnamed)
                && self
                    .summary
                    .is_some_and(|all| all.updated > 0 && all.inserted > 0);
        let ended = run.files[self.file - 1].ended();
        FileEnd {
            file: self.file,
            inserted: came_in - updated,
            updated,
            updated_rows: row_runs(&updated_rows),
            certain: self.summary.is_some() && !self.uncertain && !is_mixed,
            notes,
            at: ended.map_or_else(unix_millis, |ended| ended.at),
            seen_at: ended.and_then(|ended| ended.seen_at),
            supposed_end: ended.is_some_and(|ended| ended.is_supposed),
            sha256: String::new(),
        }
    }
}

/// Whether the tenant does not show users, or not with this token.
fn is_closed(error: &Error) -> bool {
    let passes = [Some(401), Some(408), Some(429)].contains(&error.status());
    error.is_refused() && !passes || error.kind() == ErrorKind::MissingScope
}

/// Whether one of the tenant's users has a unique value of this user.
fn shares_a_name(user: &UserAnswer, sent: &Sent) -> bool {
    let lower = |text: &str| text.to_lowercase();
    let username = user.username.as_deref().map(lower);
    let is_given_id = !sent.made_id && sent.key.user_id.is_some();
    is_given_id && user.user_id.as_deref() == Some(&sent.auth0_id())
        || username.is_some() && username == sent.key.username.as_deref().map(lower)
        || user.phone_number.is_some() && *user.phone_number == sent.key.phone_number
}

fn note(user: &Sent, failure: &FailedUser) -> RowNote {
    let reason = |error: &crate::jobs::errors::RowError| {
        (
            error.code.clone(),
            error.field.clone(),
            error.message.clone(),
        )
    };
    // A duplicate in the file is the file's mistake; an existing user in the tenant is not.
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
