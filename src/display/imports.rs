//! How a plan and a report of an import look.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::display::draw::{
    BAD, Draw, Entry, GOOD, NEUTRAL, OPEN, UPDATED, WARNING, bar, card, draws, draws_in_cell,
    entries_html, entries_plain, escape, facts_html, facts_plain,
};
use crate::display::removal::in_the_log;
use crate::display::svg::{Figure, width_of};
use crate::error::problem::{Problem, shown};
use crate::imports::outcome::{JobSpan, Outcome};
use crate::imports::plan::ImportPlan;
use crate::imports::report::ImportReport;
use crate::jobs::upload::MAX_UPLOAD_BYTES;
use crate::words::{count, grouped, in_words, span_in_words};

/// Entries shown of a list of what needs attention.
const SHOWN: usize = 20;

draws!(ImportPlan, ImportReport);

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

    /// The first users with faults or warnings, and all that there is to say of each.
    fn list(all: &[Problem]) -> List {
        let entry = |faults: &[Problem]| Entry {
            place: format!("row {}", faults[0].row),
            title: shown(&faults[0].email),
            lines: faults
                .iter()
                .map(|fault| (fault.field.clone(), fault.problem.clone()))
                .collect(),
        };
        List::of(all.chunk_by(|one, next| one.row == next.row), entry)
    }

    /// What stands above the warnings.
    fn warned(&self) -> Option<String> {
        let users = self.warnings.len();
        (users > 0).then(|| {
            format!(
                "{} with a warning, sent all the same unless there is a fault too",
                count(users, "user")
            )
        })
    }
}

/// The first entries of a list, and a word on how many more there are.
struct List {
    shown: Vec<Entry>,
    more: String,
}

impl List {
    fn of<T>(mut all: impl Iterator<Item = T>, entry: impl Fn(T) -> Entry) -> List {
        let shown = all.by_ref().take(SHOWN).map(entry).collect();
        let more = match all.count() {
            0 => String::new(),
            more => format!("and {} more", grouped(more)),
        };
        List { shown, more }
    }

    fn plain(&self) -> String {
        format!("{}\n{}", entries_plain(&self.shown), self.more)
            .trim_end()
            .to_string()
    }

    fn html(&self) -> String {
        entries_html(&self.shown) + &self.more
    }
}

impl Draw for ImportPlan {
    fn plain(&self) -> String {
        let mut parts = vec![
            "plan, nothing sent yet".to_string(),
            facts_plain(&self.facts()),
        ];
        if !self.problems.is_empty() {
            parts.push(ImportPlan::list(&self.problems).plain());
        }
        if let Some(warned) = self.warned() {
            parts.push(warned);
            parts.push(ImportPlan::list(&self.warnings).plain());
        }
        parts.join("\n")
    }
    fn html(&self) -> String {
        let quiet = self.problems.is_empty() && self.warnings.is_empty();
        let colour = if quiet { GOOD } else { WARNING };
        let mut html = facts_html(colour, "plan, nothing sent yet", &self.facts());
        if !self.problems.is_empty() {
            html += &ImportPlan::list(&self.problems).html();
        }
        if let Some(warned) = self.warned() {
            html += &format!("<div><b>{}</b></div>", escape(&warned));
            html += &ImportPlan::list(&self.warnings).html();
        }
        html
    }
}

/// Users with one reason: how many, the first rows, the reason.
struct Group {
    outcome: Outcome,
    rows: Vec<usize>,
    field: String,
    message: String,
    advice: &'static str,
}

impl ImportReport {
    fn title(&self) -> String {
        let connection = self.connection.as_deref().unwrap_or("the connection");
        format!("import into {connection} of {}", self.domain)
    }

    fn unread(&self) -> String {
        if self.sealed {
            return String::new();
        }
        format!(
            "; the source was read up to row {}: send the rest with import_stream",
            self.counts().total
        )
    }

    fn jobs_line(&self) -> String {
        let from = self.jobs().iter().map(|job| job.from).min().unwrap_or(0);
        let to = self.jobs().iter().map(|job| job.to).max().unwrap_or(0);
        let time = in_words(Duration::from_millis(to - from));
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

    /// What needs attention, by reason. The message is Auth0's own but for the values in it, which differ by row.
    fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<(String, String, String), Group> = BTreeMap::new();
        for attention in self.attention() {
            let Some(reason) = attention.reasons.first() else {
                continue;
            };
            let field = reason.field.clone().unwrap_or_default();
            let key = (
                attention.outcome.word().to_string(),
                reason.code.clone(),
                field.clone(),
            );
            let group = groups.entry(key).or_insert_with(|| Group {
                outcome: attention.outcome,
                rows: Vec::new(),
                field,
                message: reason.message.clone(),
                advice: reason.advice,
            });
            group.rows.push(attention.row);
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len()));
        groups
    }

    /// What needs attention, by reason.
    fn list(&self) -> List {
        let entry = |group: Group| {
            let number = group.rows.len();
            let first: Vec<String> = group.rows.iter().take(5).map(usize::to_string).collect();
            let row = if number == 1 { "row" } else { "rows" };
            let more = if number > 5 { ", …" } else { "" };
            let about = match group.field.as_str() {
                "" => "user",
                field => field,
            };
            Entry {
                place: format!("{} {}", grouped(number), group.outcome.word()),
                title: format!("{row} {}{more}", first.join(", ")),
                lines: vec![
                    (about.to_string(), group.message),
                    ("what to do".to_string(), group.advice.to_string()),
                ],
            }
        };
        List::of(self.groups().into_iter(), entry)
    }

    fn bar(&self) -> String {
        let c = self.counts();
        let parts = [
            ("inserted", c.inserted, GOOD),
            ("updated", c.updated, UPDATED),
            ("already there", c.already_there, NEUTRAL),
            ("failed", c.failed, BAD),
            ("unknown", c.unknown, WARNING),
            ("not done yet", c.not_sent, OPEN),
        ];
        let there: Vec<_> = parts.into_iter().filter(|(_, n, _)| *n > 0).collect();
        bar(&there, c.total)
    }

    fn is_clean(&self) -> bool {
        let c = self.counts();
        self.sealed && c.inserted + c.updated + c.already_there == c.total
    }
}

impl Draw for ImportReport {
    fn plain(&self) -> String {
        let head = format!(
            "{}: {}{}\n{}",
            self.title(),
            self.in_words(),
            self.unread(),
            self.jobs_line()
        );
        if self.attention().is_empty() {
            return head;
        }
        format!("{head}\n{}", self.list().plain())
    }
    fn html(&self) -> String {
        let colour = if self.is_clean() { GOOD } else { BAD };
        let head = card(
            colour,
            &format!(
                "<b>{}</b>{}{}<br>{}",
                escape(&self.title()),
                self.bar(),
                self.unread(),
                escape(&self.jobs_line())
            ),
        );
        let attention = match self.attention().is_empty() {
            true => String::new(),
            false => self.list().html(),
        };
        format!("{head}{attention}{}", timeline(self.jobs()))
    }
}

/// Width of the timeline, and height of a lane in it.
const TIMELINE: f64 = 720.0;
const LANE: f64 = 26.0;
/// Light enough for dark words on it.
const JOB: &str = "#9dc3ec";

/// The jobs over time, a lane for each slot.
fn timeline(jobs: &[JobSpan]) -> String {
    let mut jobs: Vec<JobSpan> = jobs.to_vec();
    jobs.sort_by_key(|job| job.from);
    // One job alone has no order to show.
    if jobs.len() < 2 {
        return String::new();
    }
    let start = jobs[0].from;
    let end = jobs.iter().map(|job| job.to).max().unwrap_or(start);
    let seconds = (end - start).max(1) as f64 / 1000.0;
    let place = |time: u64| (time - start) as f64 / 1000.0 / seconds * TIMELINE;
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
    let mut figure = Figure::new(TIMELINE + 16.0, height);
    for (lane, job) in placed {
        let (left, top) = (8.0 + place(job.from), 6.0 + LANE * lane as f64);
        let width = place(job.to) - place(job.from) - 2.0;
        figure.rect(left, top, width, LANE - 4.0, JOB);
        let long = format!(
            "file {}: {} in {:.1} s",
            job.file,
            count(job.users, "user"),
            (job.to - job.from) as f64 / 1000.0
        );
        for words in [long, format!("file {}", job.file), job.file.to_string()] {
            if width_of(&words) <= width {
                figure.text(left + 6.0, top + 15.0, "start", &words);
                break;
            }
        }
    }
    figure.text(8.0, height - 7.0, "start", "0 s");
    let last = format!("{seconds:.1} s");
    figure.text(8.0 + TIMELINE, height - 7.0, "end", &last);
    let most = count(lanes.len(), "lane");
    figure.html(&format!(
        "timeline: {} in {most}, over {last}",
        count(jobs.len(), "job")
    ))
}
