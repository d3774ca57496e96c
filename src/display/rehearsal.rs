//! How a rehearsal looks.

use std::time::Duration;

use crate::display::imports::{bar, colour, timeline, with_entries};
use crate::display::show::shown;
use crate::display::view::{GOOD, Part, View, WARNING};
use crate::imports::attention::Group;
use crate::rehearsal::report::Rehearsal;
use crate::words::{count, grouped, in_words, span_in_words, utc};

shown!(Rehearsal);

impl Rehearsal {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let (at_best, at_worst) = self.duration();
        let told = self.forecasts.len() == 1;
        let sure = match told {
            true => "by the speed that the practice tenant tells".to_string(),
            false => format!(
                "most likely {}; the tenant's speed is not known, and these are the slowest that is reported and Auth0's fastest plan",
                in_words(self.likely())
            ),
        };
        let at = |time: Duration| utc(self.began + time.as_secs());
        let end = match at(at_best) == at(at_worst) {
            true => at(at_best),
            false => format!("between {} and {}", at(at_best), at(at_worst)),
        };
        let (fewest, most) = self.requests();
        let requests = match fewest == most {
            true => count(most as usize, "request"),
            false => format!("{} to {} requests", grouped(fewest), grouped(most)),
        };
        let (removal, long) = self.removal;
        let mut facts = vec![
            (
                "import into",
                format!("{} of {}", self.connection, self.domain),
            ),
            (
                "sent",
                format!("{}, {requests}", count(self.report.uploads, "job")),
            ),
            (
                "time",
                format!("{}, {sure}", span_in_words(self.duration())),
            ),
            ("end", format!("{end}, had it begun at {}", utc(self.began))),
            (
                "removal",
                format!(
                    "{}, {} at that rate, and faster where the tenant tells that it has room",
                    count(removal as usize, "request"),
                    in_words(long)
                ),
            ),
        ];
        facts.extend(self.obstacles.iter().map(|words| ("first", words.clone())));
        facts
    }

    fn view(&self) -> View {
        let tally = self.report.tally();
        let edge = match (self.obstacles.is_empty(), colour(&tally)) {
            (false, GOOD) => WARNING,
            (_, colour) => colour,
        };
        let title = format!("rehearsal: {}", tally.headline());
        let view = View::card(edge, title)
            .tail(": nothing was written there")
            .bar(bar(&tally))
            .facts(self.facts());
        let mut view = with_entries(view, self.report.groups().iter().map(Group::entry));
        view.parts
            .extend(timeline(self.jobs(), self.report.uploads));
        let speeds = self.forecasts.iter().filter_map(|forecast| {
            Some(vec![
                grouped(forecast.users_an_hour?),
                in_words(forecast.took),
                grouped(forecast.requests),
            ])
        });
        let speeds: Vec<Vec<String>> = speeds.collect();
        if !speeds.is_empty() {
            view = view.table(&["users an hour", "time", "requests"], speeds);
        }
        view.with(Part::Heading("what it could not know".to_string()))
            .notes(self.unknown.iter().cloned())
    }
}
