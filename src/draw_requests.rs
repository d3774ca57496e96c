//! How the record of requests looks.

use crate::drawing::{Draw, NO_MATHS, count, draws, draws_in_cell, escape};
use crate::request_log::{RequestLog, SentRequest};

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

    fn bodies(&self) -> [(&'static str, &str); 2] {
        [("sent", &self.sent), ("answered", &self.answered)]
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

    fn html(&self) -> String {
        let (first, requests) = self.shown();
        let rows: String = (first..).zip(requests).map(html_row).collect();
        let head = ["", "request", "status", "ms", "sent and answered"]
            .map(|name| format!("<th style=\"text-align:left\">{name}</th>"))
            .concat();
        format!(
            "<b>{}</b><div {NO_MATHS} style=\"overflow-x:auto\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>",
            self.headline()
        )
    }
}

fn html_row((number, request): (u64, &SentRequest)) -> String {
    const LEFT: &str = "text-align:left;vertical-align:top";
    const RIGHT: &str = "text-align:right;vertical-align:top";
    let bodies = request.bodies().map(|(word, body)| match body {
        "" => String::new(),
        body => format!(
            "<div><span style=\"opacity:.7\">{word}:</span> <code style=\"white-space:pre-wrap;overflow-wrap:anywhere\">{}</code></div>",
            escape(body)
        ),
    });
    let curl = format!(
        "<details><summary>curl</summary><pre style=\"white-space:pre-wrap;overflow-wrap:anywhere\">{}</pre></details>",
        escape(request.curl())
    );
    // Beyond this an address says no more to a reader; the curl line has it whole.
    let path = crate::brief::cut(&request.path, 120);
    format!(
        "<tr><td style=\"{RIGHT}\">{number}</td><td style=\"{LEFT};overflow-wrap:anywhere\">{} {}</td><td style=\"{LEFT}\">{}</td><td style=\"{RIGHT}\">{}</td><td style=\"{LEFT}\">{}{curl}</td></tr>",
        request.method,
        escape(&path),
        request.status(),
        request.took.as_millis(),
        bodies.concat()
    )
}
