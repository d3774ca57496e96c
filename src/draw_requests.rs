//! How the record of requests looks.

use crate::drawing::{Draw, NEUTRAL, NO_MATHS, count, draws, draws_in_cell, escape};
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

    /// A block for each request rather than a row of a table: bodies are wide, and a narrow page would squeeze them.
    fn html(&self) -> String {
        let (first, requests) = self.shown();
        let blocks: String = (first..).zip(requests).map(html_block).collect();
        // JupyterLab takes some of the styles away until a notebook is trusted: then what is long scrolls.
        format!(
            "<b>{}</b><div {NO_MATHS} style=\"overflow-x:auto\">{blocks}</div>",
            self.headline()
        )
    }
}

fn html_block((number, request): (u64, &SentRequest)) -> String {
    const CODE: &str = "white-space:pre-wrap;overflow-wrap:anywhere";
    let bodies = request.bodies().map(|(word, body)| match body {
        "" => String::new(),
        body => format!(
            "<div><span style=\"opacity:.7\">{word}:</span> <code style=\"{CODE}\">{}</code></div>",
            escape(body)
        ),
    });
    // Beyond this an address says no more to a reader; the curl line has it whole.
    let path = crate::brief::cut(&request.path, 120);
    format!(
        "<div style=\"border-top:1px solid {NEUTRAL};padding:.3em 0 .3em 1.8em\">\
         <div style=\"text-indent:-1.8em\">{number}. <b style=\"overflow-wrap:anywhere\">{} {}</b>: {} after {} ms</div>\
         {}<details><summary>curl</summary><pre style=\"{CODE}\">{}</pre></details></div>",
        request.method,
        escape(&path),
        request.status(),
        request.took.as_millis(),
        bodies.concat(),
        escape(request.curl())
    )
}
