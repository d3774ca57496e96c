//! How a plan and a report of an import look.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::check::shown;
use crate::drawing::{
    BAD, Draw, GOOD, NEUTRAL, OPEN, UPDATED, WARNING, bar, card, count, draws, draws_in_cell,
    escape, facts_html, facts_plain, table_html, table_plain,
};
use crate::figure::{Figure, width_of};
use crate::files::MAX_UPLOAD_BYTES;
use crate::plan::ImportPlan;
use crate::progress::in_words;
use crate::report::{ImportReport, JobSpan, Outcome};

/// Rows shown of a table of what needs attention.
const SHOWN: usize = 20;

draws!(ImportPlan, ImportReport);

impl ImportPlan {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let (fast, slow) = self.duration();
        let good = self.users - self.bad_rows();
        let access = match (self.practice, self.read_only) {
            (true, _) => "practice tenant",
            (false, true) => "real tenant, read-only now: allow_writes first",
            (false, false) => "REAL TENANT, writes are allowed",
        };
        let bytes: usize = self.uploads.iter().sum();
        vec![
            ("tenant", format!("{} ({access})", self.domain)),
            ("connection", self.connection.clone()),
            (
                "users",
                format!("{good} to send, {} with faults", self.bad_rows()),
            ),
            (
                "jobs",
                format!(
                    "{}, {bytes} bytes in all ({MAX_UPLOAD_BYTES} at most each), two at a time",
                    self.uploads.len()
                ),
            ),
            (
                "time",
                format!(
                    "{} to {}, by the speeds Auth0's staff name for the enterprise and the free plan",
                    in_words(fast),
                    in_words(slow)
                ),
            ),
            (
                "removal",
                format!(
                    "{} requests, {} on the free plan",
                    good,
                    in_words(self.removal())
                ),
            ),
        ]
    }

    fn bad_rows(&self) -> usize {
        let mut rows: Vec<usize> = self.problems.iter().map(|problem| problem.row).collect();
        rows.dedup();
        rows.len()
    }

    fn problem_rows(&self) -> Vec<Vec<String>> {
        let cells = |problem: &crate::check::Problem| {
            vec![
                problem.row.to_string(),
                shown(&problem.email),
                problem.field.clone(),
                problem.problem.clone(),
            ]
        };
        self.problems.iter().take(SHOWN).map(cells).collect()
    }

    fn more(&self) -> String {
        more(self.problems.len())
    }
}

const PROBLEM_HEADER: [&str; 4] = ["row", "email", "field", "what is wrong"];

fn more(all: usize) -> String {
    match all.saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("and {more} more"),
    }
}

impl Draw for ImportPlan {
    fn plain(&self) -> String {
        let facts = facts_plain(&self.facts());
        if self.problems.is_empty() {
            return format!("plan, nothing sent yet\n{facts}");
        }
        format!(
            "plan, nothing sent yet\n{facts}\n{}{}",
            table_plain(&PROBLEM_HEADER, &self.problem_rows()),
            self.more()
        )
    }
    fn html(&self) -> String {
        let colour = if self.problems.is_empty() {
            GOOD
        } else {
            WARNING
        };
        let facts = facts_html(colour, "plan, nothing sent yet", &self.facts());
        if self.problems.is_empty() {
            return facts;
        }
        format!(
            "{facts}{}{}",
            table_html(&PROBLEM_HEADER, &self.problem_rows()),
            self.more()
        )
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
            "{} in {time}{requests}; written down in {}",
            count(self.jobs().len(), "job"),
            self.folder()
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

    fn group_rows(&self) -> Vec<Vec<String>> {
        let cells = |group: &Group| {
            let first: Vec<String> = group.rows.iter().take(5).map(usize::to_string).collect();
            let more = if group.rows.len() > 5 { ", …" } else { "" };
            vec![
                group.rows.len().to_string(),
                group.outcome.word().to_string(),
                group.field.clone(),
                group.message.clone(),
                group.advice.to_string(),
                format!("{}{more}", first.join(", ")),
            ]
        };
        self.groups().iter().take(SHOWN).map(cells).collect()
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

const GROUP_HEADER: [&str; 6] = ["users", "outcome", "field", "reason", "what to do", "rows"];

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
        format!("{head}\n{}", table_plain(&GROUP_HEADER, &self.group_rows()))
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
        let table = if self.attention().is_empty() {
            String::new()
        } else {
            table_html(&GROUP_HEADER, &self.group_rows())
        };
        format!("{head}{table}{}", timeline(self.jobs()))
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
