//! How the record of requests looks.

use crate::display::show::shown;
use crate::display::view::{Exchange, Part, View};
use crate::tenant::log::{RequestLog, SentRequest};
use crate::tenant::request::CORRELATION_ID;
use crate::words::{count, cut};

/// Requests shown, the last ones.
const SHOWN: usize = 25;
/// Characters of an address in the list: the request alone shows it whole.
const LONGEST_PATH: usize = 80;

shown!(RequestLog, SentRequest);

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

    fn view(&self) -> View {
        let left_out = self.len().saturating_sub(SHOWN);
        let shown = self.iter().enumerate().skip(left_out);
        let exchange = |(at, request): (usize, &SentRequest)| Exchange {
            index: format!("[{at}]"),
            path: cut(&request.path, LONGEST_PATH),
            folded: true,
            ..request.exchange()
        };
        let exchanges = shown.map(exchange).collect();
        let one = match self.is_empty() {
            true => String::new(),
            false => format!(": `tenant.requests()[{left_out}]` shows one of them whole"),
        };
        View::titled(self.headline())
            .tail(one)
            .with(Part::Exchanges(exchanges))
    }
}

impl SentRequest {
    fn view(&self) -> View {
        View::default().with(Part::Exchanges(vec![self.exchange()]))
    }

    fn exchange(&self) -> Exchange {
        let status = self.status.map(|status| status.to_string());
        let bodies = [
            (CORRELATION_ID, self.correlation_id.clone()),
            ("sent", Some(self.sent.clone())),
            ("answered", Some(self.answered.clone())),
        ];
        let bodies = bodies.into_iter();
        let bodies = bodies.map(|(word, body)| (word, body.unwrap_or_default()));
        Exchange {
            index: String::new(),
            method: self.method.clone(),
            path: self.path.clone(),
            outcome: status.unwrap_or_else(|| "no answer".to_string()),
            is_success: self.status.is_some_and(|status| status < 400),
            took: format!("{} ms", self.took.as_millis()),
            bodies: bodies.filter(|(_, body)| !body.is_empty()).collect(),
            curl: self.curl().to_string(),
            folded: false,
        }
    }
}
