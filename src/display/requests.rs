//! How the record of requests looks.

use crate::display::show::shown;
use crate::display::view::{Exchange, Part, View};
use crate::tenant::log::{RequestLog, SentRequest};
use crate::tenant::request::CORRELATION_ID;
use crate::words::{count, cut};

/// Requests shown, the last ones.
const SHOWN: usize = 25;

shown!(RequestLog);

impl RequestLog {
    fn headline(&self) -> String {
        let all = self.before + self.len() as u64;
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        let sent = format!("{} sent", count(all, "request"));
        match self.len() {
            shown if shown == all && all <= SHOWN => sent,
            shown => format!("{sent}, the last {} shown", shown.min(SHOWN)),
        }
    }

    /// A request of a series of the same, as waiting for a job makes, is folded but for the first and the last.
    fn view(&self) -> View {
        let left_out = self.len().saturating_sub(SHOWN);
        let shown = &self[left_out..];
        let is_in_a_series = |at: usize| {
            let near = &shown[at.saturating_sub(1)..shown.len().min(at + 2)];
            near.len() == 3 && near.iter().all(|other| other.is_like(&shown[at]))
        };
        let exchange = |(at, request): (usize, &SentRequest)| {
            let number = self.before + (left_out + at) as u64 + 1;
            request.exchange(number, is_in_a_series(at))
        };
        let exchanges = shown.iter().enumerate().map(exchange);
        View::titled(self.headline()).with(Part::Exchanges(exchanges.collect()))
    }
}

impl SentRequest {
    /// Whether the other asked for the same.
    fn is_like(&self, other: &SentRequest) -> bool {
        (&self.method, &self.path, &self.sent) == (&other.method, &other.path, &other.sent)
    }

    fn exchange(&self, number: u64, folded: bool) -> Exchange {
        let status = self.status.map(|status| status.to_string());
        let status = status.as_deref().unwrap_or("no answer");
        let bodies = [
            (CORRELATION_ID, self.correlation_id.clone()),
            ("sent", Some(self.sent.clone())),
            ("answered", Some(self.answered.clone())),
        ];
        let bodies = bodies.into_iter();
        let bodies = bodies.map(|(word, body)| (word, body.unwrap_or_default()));
        Exchange {
            number,
            // Beyond this an address says no more to a reader; the curl line has it whole.
            title: format!("{} {}", self.method, cut(&self.path, 120)),
            outcome: format!("{status} after {} ms", self.took.as_millis()),
            bodies: bodies.filter(|(_, body)| !body.is_empty()).collect(),
            curl: self.curl().to_string(),
            folded,
        }
    }
}
