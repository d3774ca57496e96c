//! How the record of requests looks.

use crate::display::draw::{Draw, block, blocks, draws, draws_in_cell, escape};
use crate::tenant::log::{RequestLog, SentRequest};
use crate::tenant::request::CORRELATION_ID;
use crate::words::{count, cut};

/// Requests shown, the last ones.
const SHOWN: usize = 25;

draws!(RequestLog);

impl RequestLog {
    /// The number of the first request shown, and those shown.
    fn shown(&self) -> (u64, &[SentRequest]) {
        let left_out = self.len().saturating_sub(SHOWN);
        (self.before + left_out as u64 + 1, &self[left_out..])
    }

    fn headline(&self) -> String {
        let all = self.before + self.len() as u64;
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        let sent = format!("{} sent", count(all, "request"));
        match self.len() {
            shown if shown == all && all <= SHOWN => sent,
            shown => format!("{sent}, the last {} shown", shown.min(SHOWN)),
        }
    }
}

impl SentRequest {
    fn status(&self) -> String {
        self.status
            .map_or("no answer".to_string(), |status| status.to_string())
    }

    /// Whether the other asked for the same.
    fn is_like(&self, other: &SentRequest) -> bool {
        (&self.method, &self.path, &self.sent) == (&other.method, &other.path, &other.sent)
    }

    /// What went with it and what came back, each with its word.
    fn bodies(&self) -> [(&'static str, &str); 3] {
        let name = self.correlation_id.as_deref().unwrap_or_default();
        [
            (CORRELATION_ID, name),
            ("sent", &self.sent),
            ("answered", &self.answered),
        ]
    }
}

impl Draw for RequestLog {
    fn plain(&self) -> String {
        let (first, requests) = self.shown();
        let mut lines = vec![self.headline()];
        for (number, request) in (first..).zip(requests) {
            lines.push(format!(
                "{number}. {} {}: {} after {} ms",
                request.method,
                request.path,
                request.status(),
                request.took.as_millis()
            ));
            for (word, body) in request.bodies() {
                // Each part of a form on a line of its own.
                let body = body.replace('\n', &format!("\n{:12}", ""));
                if !body.is_empty() {
                    lines.push(format!("   {word:<8} {body}"));
                }
            }
            lines.push(format!("   {}", request.curl()));
        }
        lines.join("\n")
    }

    /// A block for each request rather than a row of a table: bodies are wide, and a narrow page would squeeze them.
    fn html(&self) -> String {
        let (first, requests) = self.shown();
        let in_a_series = |at: usize| {
            let near = &requests[at.saturating_sub(1)..requests.len().min(at + 2)];
            near.len() == 3 && near.iter().all(|other| other.is_like(&requests[at]))
        };
        let block = |(at, number)| html_block(number, &requests[at], in_a_series(at));
        let all: String = (0..requests.len()).zip(first..).map(block).collect();
        format!("<b>{}</b>{}", self.headline(), blocks(&all))
    }
}

/// The block of a request; what was answered is folded in the middle of a series of the same, as waiting for a job makes.
fn html_block(number: u64, request: &SentRequest, folded: bool) -> String {
    const CODE: &str = "white-space:pre-wrap;overflow-wrap:anywhere";
    let bodies = request.bodies().map(|(word, body)| match body {
        "" => String::new(),
        body => format!(
            "<div><span style=\"opacity:.7\">{word}:</span> <code style=\"{CODE}\">{}</code></div>",
            escape(body)
        ),
    });
    // Beyond this an address says no more to a reader; the curl line has it whole.
    let path = cut(&request.path, 120);
    let head = format!(
        "{number}. <b>{} {}</b>: {} after {} ms",
        request.method,
        escape(&path),
        request.status(),
        request.took.as_millis(),
    );
    let bodies = bodies.concat();
    let curl = escape(request.curl());
    let curl = format!("<pre style=\"{CODE}\">{curl}</pre>");
    let body = match folded {
        true => format!("<details><summary>answer, curl</summary>{bodies}{curl}</details>"),
        false => format!("{bodies}<details><summary>curl</summary>{curl}</details>"),
    };
    block(&head, &body)
}
