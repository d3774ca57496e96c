//! How a plan and a report of an import look.

use std::time::Duration;

use crate::display::removal::in_the_log;
use crate::display::show::shown;
use crate::display::svg::{Svg, width_of};
use crate::display::view::{BAD, Bar, Entry, GOOD, NEUTRAL, OPEN, Part, UPDATED, View, WARNING};
use crate::error::problem::{self, Problem};
use crate::imports::attention::Group;
use crate::imports::outcome::{Counts, JobSpan};
use crate::imports::plan::ImportPlan;
use crate::imports::report::ImportReport;
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
                format!(
                    "{} to send, {} with faults",
                    grouped(good),
                    grouped(self.bad())
                ),
            ),
            (
                "jobs",
                format!(
                    "{}, {} bytes in all ({} at most each), {at_once} at a time",
                    grouped(self.uploads.len()),
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
        let view = View::card(colour, "plan, nothing sent yet").facts(self.facts());
        let view = with_problems(view, &self.problems);
        if self.warnings.is_empty() {
            return view;
        }
        let users = count(self.warnings.len(), "user");
        let heading =
            format!("{users} with a warning, sent all the same unless there is a fault too");
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
pub(crate) fn bar(c: &Counts) -> Bar {
    let mut counts = vec![
        ("inserted", c.inserted, GOOD),
        ("updated", c.updated, UPDATED),
        ("already there", c.already_there, NEUTRAL),
        ("failed", c.failed, BAD),
        ("unknown", c.unknown, WARNING),
        ("not done yet", c.not_sent, OPEN),
        ("left out", c.left_out, NEUTRAL),
    ];
    counts.retain(|(word, number, _)| *number > 0 || *word == "inserted");
    Bar {
        counts,
        total: c.total,
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

    fn jobs_line(&self) -> String {
        let from = self.jobs().iter().map(|job| job.from).min().unwrap_or(0);
        let to = self.jobs().iter().map(|job| job.to).max().unwrap_or(0);
        let time = in_words(Duration::from_millis(to.saturating_sub(from)));
        let requests = match self.requests {
            0 => String::new(),
            requests => format!(", {requests} requests"),
        };
        format!(
            "{} in {time}{requests}; written down in {}, and in the tenant's log ({})",
            count(self.jobs().len(), "job"),
            self.folder(),
            in_the_log(self.correlation_id())
        )
    }

    fn is_clean(&self) -> bool {
        let c = self.counts();
        self.sealed && c.inserted + c.updated + c.already_there + c.left_out == c.total
    }

    fn view(&self) -> View {
        let connection = self.connection.as_deref().unwrap_or("the connection");
        let view = View::card(
            if self.is_clean() { GOOD } else { BAD },
            format!("import into {connection} of {}", self.domain),
        );
        let view = view
            .with(Part::Bar(bar(&self.counts())))
            .notes(self.unread());
        let view = view.notes([self.jobs_line()]).notes(self.late());
        let mut view = with_entries(view, self.groups().iter().map(Group::entry));
        view.parts.extend(timeline(self.jobs()));
        view
    }
}

impl Group {
    pub(crate) fn entry(&self) -> Entry {
        let number = self.number;
        let first: Vec<String> = self.rows.iter().map(usize::to_string).collect();
        let row = if number == 1 { "row" } else { "rows" };
        let more = if number > 5 { ", …" } else { "" };
        let about = match self.field.as_str() {
            "" => "user",
            field => field,
        };
        Entry {
            place: format!("{} {}", grouped(number), self.outcome.word()),
            title: format!("{row} {}{more}", first.join(", ")),
            lines: vec![
                (about.to_string(), self.message.clone()),
                ("what to do".to_string(), self.advice.to_string()),
            ],
        }
    }
}

/// Width of the timeline, and height of a lane in it.
const TIMELINE: f64 = 720.0;
const LANE: f64 = 26.0;
/// Light enough for dark words on it.
const JOB: &str = "#9dc3ec";

/// A length of time: its tenths count where it is short.
fn length(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.1} s"),
        _ => in_words(Duration::from_secs_f64(seconds)),
    }
}

/// The jobs over time, a lane for each slot. Of a clock that was set back, a job may have ended before it began.
pub(crate) fn timeline(jobs: &[JobSpan]) -> Option<Part> {
    let mut jobs: Vec<JobSpan> = jobs.to_vec();
    jobs.sort_by_key(|job| job.from);
    // One job alone has no order to show.
    if jobs.len() < 2 {
        return None;
    }
    let start = jobs[0].from;
    let end = jobs.iter().map(|job| job.to).max().unwrap_or(start);
    let seconds = end.saturating_sub(start).max(1) as f64 / 1000.0;
    let place = |time: u64| time.saturating_sub(start) as f64 / 1000.0 / seconds * TIMELINE;
    // When each lane is free.
    let mut lanes: Vec<u64> = Vec::new();
    let mut placed = Vec::new();
    for job in &jobs {
        let lane = lanes.iter().position(|free| *free <= job.from);
        let lane = lane.unwrap_or_else(|| {
            lanes.push(start);
            lanes.len() - 1
        });
        lanes[lane] = job.to;
        placed.push((lane, job));
    }
    let height = LANE * lanes.len() as f64 + 26.0;
    let mut svg = Svg::new(TIMELINE + 16.0, height);
    for (lane, job) in placed {
        let (left, top) = (8.0 + place(job.from), 6.0 + LANE * lane as f64);
        let width = place(job.to) - place(job.from) - 2.0;
        svg.rect(left, top, width, LANE - 4.0, JOB);
        let long = format!(
            "file {}: {} in {}",
            job.file,
            count(job.users, "user"),
            length(job.to.saturating_sub(job.from) as f64 / 1000.0)
        );
        for words in [long, format!("file {}", job.file), job.file.to_string()] {
            if width_of(&words) <= width {
                svg.text(left + 6.0, top + 15.0, "start", words);
                break;
            }
        }
    }
    svg.text(8.0, height - 7.0, "start", "0 s");
    let last = length(seconds);
    let words = format!(
        "timeline: {} in {}, over {last}",
        count(jobs.len(), "job"),
        count(lanes.len(), "lane")
    );
    svg.text(8.0 + TIMELINE, height - 7.0, "end", last);
    Some(Part::Picture(svg, words))
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
        assert!(timeline(&[span(1, 0, 9_000)]).is_none());
        let jobs = [
            span(1, 5_000, 9_000),
            span(2, 6_000, 8_000),
            span(3, 8_500, 1_000),
        ];
        let Some(Part::Picture(svg, words)) = timeline(&jobs) else {
            panic!("no picture");
        };
        assert_eq!(words, "timeline: 3 jobs in 2 lanes, over 4.0 s");
        assert!(svg.width > TIMELINE);
    }
}
