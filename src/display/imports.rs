//! How a plan and a report of an import look.

use std::time::Duration;

use crate::display::removal::in_the_log;
use crate::display::show::shown;
use crate::display::view::{
    BAD, Bar, Entry, GOOD, NEUTRAL, OPEN, Part, Span, Timeline, UPDATED, View, WARNING,
};
use crate::error::problem::{self, Problem};
use crate::imports::attention::Group;
use crate::imports::outcome::JobSpan;
use crate::imports::plan::ImportPlan;
use crate::imports::report::{ImportReport, Tally};
use crate::jobs::upload::MAX_UPLOAD_BYTES;
use crate::words::{count, grouped, in_words, span_in_words, utc};

/// Entries shown of a list of what needs attention.
const SHOWN: usize = 20;

shown!(ImportPlan, ImportReport);

impl ImportPlan {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = self.numbers();
        let unknown = self.unknown.iter().map(|words| ("unknown", words.clone()));
        facts.extend(unknown);
        facts.extend(self.notes.iter().map(|words| ("note", words.clone())));
        facts
    }

    fn numbers(&self) -> Vec<(&'static str, String)> {
        let good = self.good();
        let access = match (self.practice, self.read_only) {
            (true, _) => "practice tenant",
            (false, true) => "real tenant, read-only now: allow_writes first",
            (false, false) => "REAL TENANT, writes are allowed",
        };
        let bytes: usize = self.uploads.iter().sum();
        let at_once = match self.slots {
            1 => "one".to_string(),
            2 => "two".to_string(),
            more => grouped(more),
        };
        vec![
            ("tenant", format!("{} ({access})", self.domain)),
            ("connection", self.connection.clone()),
            (
                "users",
                format!("{} to send, {} faulty", grouped(good), grouped(self.bad())),
            ),
            (
                "jobs",
                format!(
                    "{} · {} bytes in all ({} at most each) · {at_once} at a time",
                    count(self.uploads.len(), "job"),
                    grouped(bytes),
                    grouped(MAX_UPLOAD_BYTES)
                ),
            ),
            (
                "time",
                format!(
                    "{}, by the speeds Auth0's staff name for the enterprise and the free plan",
                    span_in_words(self.duration())
                ),
            ),
            (
                "removal",
                format!(
                    "{}, {} on the free plan",
                    count(good, "request"),
                    in_words(self.removal())
                ),
            ),
        ]
    }

    fn view(&self) -> View {
        let is_quiet = self.problems.is_empty() && self.warnings.is_empty();
        let colour = if is_quiet { GOOD } else { WARNING };
        let faulty = match self.bad() {
            0 => String::new(),
            number => format!(", {} faulty", grouped(number)),
        };
        let title = format!(
            "plan, nothing sent yet: {} to send in {}{faulty}",
            count(self.good(), "user"),
            count(self.uploads.len(), "job")
        );
        let view = View::card(colour, title).facts(self.facts());
        let view = with_problems(view, &self.problems);
        if self.warnings.is_empty() {
            return view;
        }
        let users = count(self.warnings.len(), "user");
        let heading =
            format!("{users} with a warning, sent all the same unless they are faulty too");
        with_problems(view.with(Part::Heading(heading)), &self.warnings)
    }
}

/// The first users with faults or warnings, and all that there is to say of each.
fn with_problems(view: View, all: &[Problem]) -> View {
    let entry = |faults: &[Problem]| Entry {
        place: format!("row {}", faults[0].row),
        title: problem::shown(&faults[0].email),
        lines: faults
            .iter()
            .map(|fault| (fault.field.clone(), fault.problem.clone()))
            .collect(),
    };
    let users = all.chunk_by(|one, next| one.row == next.row);
    with_entries(view, users.map(entry))
}

/// The first entries of a list, and a word on how many more there are.
pub(crate) fn with_entries(view: View, mut all: impl Iterator<Item = Entry>) -> View {
    let entries: Vec<Entry> = all.by_ref().take(SHOWN).collect();
    if entries.is_empty() {
        return view;
    }
    let view = view.with(Part::Entries(entries));
    match all.count() {
        0 => view,
        more => view.notes([format!("and {} more", grouped(more))]),
    }
}

/// How many users have which outcome.
pub(crate) fn bar(tally: &Tally) -> Bar {
    let colour = |word: &str| match word {
        "inserted" => GOOD,
        "updated" => UPDATED,
        "refused" | "faulty" | "unknown" => WARNING,
        "not done yet" => OPEN,
        _ => NEUTRAL,
    };
    let counts = tally.counts.iter();
    Bar {
        counts: counts
            .map(|(word, number)| (*word, *number, colour(word)))
            .collect(),
        total: tally.total,
    }
}

/// Of an import: green when every row is where it should be, grey when all were there before, red when nobody came in.
pub(crate) fn colour(tally: &Tally) -> &'static str {
    let of = |words: &[&str]| -> u64 {
        let counted = tally.counts.iter();
        let counted = counted.filter(|(word, _)| words.contains(word));
        counted.map(|(_, number)| number).sum()
    };
    let done = of(&["inserted", "updated"]);
    let open = of(&["refused", "faulty", "unknown", "not done yet"]);
    match (done, open) {
        (0, 0) => NEUTRAL,
        (_, 0) => GOOD,
        (0, _) if of(&["refused", "faulty"]) == open => BAD,
        _ => WARNING,
    }
}

impl ImportReport {
    /// Of a source that was not read to its end.
    fn unread(&self) -> Option<String> {
        let row = self.last_row;
        let words =
            format!("the source was read up to row {row}: send the rest with import_stream");
        (!self.sealed).then_some(words)
    }

    /// Of rows that were not there, while a job that nothing is known of may have been at work.
    fn late(&self) -> Option<String> {
        let when = match self.may_change_until() {
            Some(until) => format!("may still come in, until {}; after that", utc(until / 1000)),
            None => "may have come in since:".to_string(),
        };
        let words = format!(
            "users of an upload that was not answered, or of a job that was given up, {when} resume_import(&tenant, \"{}\") looks for them",
            self.folder()
        );
        self.may_be_late.then_some(words)
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let from = self.jobs().iter().map(|job| job.from).min().unwrap_or(0);
        let to = self.jobs().iter().map(|job| job.to).max().unwrap_or(0);
        let time = in_words(Duration::from_millis(to.saturating_sub(from)));
        let requests = match self.requests {
            0 => String::new(),
            requests => format!(", {}", count(requests as usize, "request")),
        };
        let connection = self.connection.as_deref().unwrap_or("unknown");
        vec![
            (
                "jobs",
                format!("{} in {time}{requests}", count(self.uploads, "job")),
            ),
            ("connection", format!("{connection} of {}", self.domain)),
            ("run folder", self.folder().to_string()),
            ("tenant's log", in_the_log(self.correlation_id())),
        ]
    }

    fn view(&self) -> View {
        let tally = self.tally();
        let colour = match self.sealed {
            true => colour(&tally),
            false => WARNING,
        };
        let view = View::card(colour, tally.headline())
            .bar(bar(&tally))
            .notes(self.unread())
            .facts(self.facts())
            .notes(self.late());
        let mut view = with_entries(view, self.groups().iter().map(Group::entry));
        view.parts.extend(timeline(self.jobs(), self.uploads));
        view
    }
}

impl Group {
    pub(crate) fn entry(&self) -> Entry {
        let users = self.users.iter();
        let names = users.map(|(row, email)| (Some(*row), email.as_str()));
        let about = match self.field.as_str() {
            "" => "reason",
            field => field,
        };
        let about = match self.differs {
            true => format!("{about}, in the first"),
            false => about.to_string(),
        };
        Entry {
            place: format!("{} {}", grouped(self.number), self.word()),
            title: named(names, self.number),
            lines: vec![
                ("what to do".to_string(), self.advice.to_string()),
                (about, self.message.clone()),
            ],
        }
    }
}

/// The first users of a group by row and e-mail, and how many more there are.
pub(crate) fn named<'a>(
    first: impl Iterator<Item = (Option<usize>, &'a str)>,
    number: u64,
) -> String {
    let name = |(row, email): (Option<usize>, &str)| {
        let row = row.map_or("unknown".to_string(), |row| row.to_string());
        // A row that cannot be read has no e-mail.
        match email {
            "" => format!("row {row}"),
            email => format!("row {row}: {}", problem::shown(email)),
        }
    };
    let mut names: Vec<String> = first.map(name).collect();
    if let more @ 1.. = number.saturating_sub(names.len() as u64) {
        names.push(format!("and {} more", grouped(more)));
    }
    names.join(", ")
}

/// A length of time: its tenths count where it is short.
fn length(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.1} s"),
        _ => in_words(Duration::from_secs_f64(seconds)),
    }
}

/// The files' jobs over time, a lane for each slot. Of a clock that was set back, a job may have ended before it began. `uploads` is
/// how many jobs there were: of a file that was sent twice, the last one is shown.
pub(crate) fn timeline(jobs: &[JobSpan], uploads: usize) -> Option<Part> {
    let mut jobs: Vec<JobSpan> = jobs.to_vec();
    jobs.sort_by_key(|job| job.from);
    // One job alone has no order to show.
    if jobs.len() < 2 {
        return None;
    }
    let start = jobs[0].from;
    let end = jobs.iter().map(|job| job.to).max().unwrap_or(start);
    let seconds = |time: u64| time as f64 / 1000.0;
    let all = seconds(end.saturating_sub(start).max(1));
    let share = |time: u64| seconds(time.saturating_sub(start)) / all;
    // When each lane is free.
    let mut free: Vec<u64> = Vec::new();
    let mut lanes: Vec<Vec<Span>> = Vec::new();
    for job in &jobs {
        let lane = free.iter().position(|free| *free <= job.from);
        let lane = lane.unwrap_or_else(|| {
            free.push(start);
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        free[lane] = job.to;
        lanes[lane].push(Span {
            from: share(job.from),
            to: share(job.to).max(share(job.from)),
            name: format!("file {}", job.file),
            words: format!(
                "file {}: {} in {}",
                job.file,
                count(job.users, "user"),
                length(seconds(job.to.saturating_sub(job.from)))
            ),
        });
    }
    let again = match uploads.saturating_sub(jobs.len()) {
        0 => String::new(),
        _ => format!(", the last job of each of {} files shown", jobs.len()),
    };
    let title = format!(
        "timeline: {} in {}, over {}{again}",
        count(uploads.max(jobs.len()), "job"),
        count(lanes.len(), "slot"),
        length(all)
    );
    let end = length(all);
    Some(Part::Timeline(Timeline { title, lanes, end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(file: usize, from: u64, to: u64) -> JobSpan {
        JobSpan {
            file,
            users: 1,
            from,
            to,
        }
    }

    #[test]
    fn a_timeline_has_a_lane_for_each_slot_whatever_the_clock_did() {
        assert!(timeline(&[span(1, 0, 9_000)], 1).is_none());
        let jobs = [
            span(1, 5_000, 9_000),
            span(2, 6_000, 8_000),
            span(3, 8_500, 1_000),
        ];
        let Some(Part::Timeline(one)) = timeline(&jobs, 3) else {
            panic!("no timeline");
        };
        assert_eq!(one.title, "timeline: 3 jobs in 2 slots, over 4.0 s");
        let names = one
            .lanes
            .iter()
            .map(|lane| lane.iter().map(|span| span.name.as_str()).collect());
        let names: Vec<Vec<&str>> = names.collect();
        assert_eq!(names, [vec!["file 1"], vec!["file 2", "file 3"]]);
        let shares = |span: &Span| 0.0 <= span.from && span.from <= span.to && span.to <= 1.0;
        assert!(one.lanes.iter().flatten().all(shares));
        let Some(Part::Timeline(twice)) = timeline(&jobs, 4) else {
            panic!("no timeline");
        };
        assert!(
            twice.title.starts_with("timeline: 4 jobs in 2 slots"),
            "{}",
            twice.title
        );
    }

    #[test]
    fn the_outcome_of_an_import_is_its_headline_and_its_colour() {
        let of = |counts: &[(&'static str, u64)]| {
            let tally = Tally {
                counts: counts.to_vec(),
                total: counts.iter().map(|(_, number)| number).sum(),
            };
            (colour(&tally), tally.headline())
        };
        for (counts, edge, headline) in [
            (vec![("inserted", 25)], GOOD, "25 of 25 inserted"),
            (
                vec![("updated", 3), ("left out", 1)],
                GOOD,
                "3 of 4 updated, 1 left out",
            ),
            (
                vec![("inserted", 5_998), ("faulty", 2)],
                WARNING,
                "5,998 of 6,000 inserted, 2 faulty rows left out",
            ),
            (
                vec![
                    ("inserted", 1),
                    ("updated", 2),
                    ("refused", 3),
                    ("faulty", 1),
                ],
                WARNING,
                "1 of 7 inserted, 2 updated, 3 refused, 1 faulty row left out",
            ),
            (vec![("already there", 4)], NEUTRAL, "4 of 4 already there"),
            (
                vec![("not done yet", 4)],
                WARNING,
                "0 of 4 inserted, 4 not done yet",
            ),
            (vec![("refused", 4)], BAD, "0 of 4 inserted, 4 refused"),
        ] {
            assert_eq!(of(&counts), (edge, headline.to_string()));
        }
    }
}
