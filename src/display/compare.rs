//! How a comparison looks: what was written and removed, each probe, and where the answers differ.

use crate::compare::{Comparison, Probe};
use crate::display::removal::in_the_log;
use crate::display::show::shown;
use crate::display::view::{Entry, GOOD, Part, View, WARNING};
use crate::words::count;

shown!(Comparison);

impl Comparison {
    fn view(&self) -> View {
        let differences = self.differences();
        let unknown = self.iter().filter(|probe| probe.same.is_none()).count();
        let title = match differences.len() {
            0 => "no probe was answered otherwise than by the practice tenant".to_string(),
            1 => "1 probe was answered otherwise than by the practice tenant".to_string(),
            many => format!("{many} probes were answered otherwise than by the practice tenant"),
        };
        let colour = match self.left.is_empty() && differences.is_empty() {
            true => GOOD,
            false => WARNING,
        };
        let unknown = match unknown {
            0 => String::new(),
            number => format!(", {number} not known"),
        };
        let view = View::card(colour, title).tail(format!(", of {}{unknown}", self.len()));
        let row = |probe: &Probe| {
            let verdict = match probe.same {
                Some(true) => "same",
                Some(false) => "different",
                None => "not known",
            };
            let [tenant, practice] = [0, 1].map(|at| probe.seen[at].headline());
            let settles = probe.settles.to_string();
            vec![
                probe.name.to_string(),
                tenant,
                practice,
                verdict.to_string(),
                settles,
            ]
        };
        let header = ["probe", "this tenant", "practice tenant", "both", "about"];
        let view = view
            .facts(self.facts())
            .table(&header, self.iter().map(row).collect());
        if differences.is_empty() {
            return view;
        }
        let entries = differences.iter().map(entry).collect();
        view.with(Part::Heading(
            "what differs: this tenant, then the practice tenant".to_string(),
        ))
        .with(Part::Entries(entries))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("tenant", self.domain.clone()),
            (
                "written",
                format!(
                    "into `{}`, by at most {}: {} came in and went again, by their ids",
                    self.connection,
                    count(self.jobs, "job"),
                    count(self.removed, "user")
                ),
            ),
        ];
        facts.extend(self.left.iter().map(|line| ("not removed", line.clone())));
        let earlier = self.earlier.iter();
        facts.extend(earlier.map(|email| {
            (
                "from an earlier one",
                format!("{email} was left, and is still there"),
            )
        }));
        facts.push(("probes", count(self.requests, "request")));
        facts.extend(self.took.iter().map(|(name, tenant, practice)| {
            let practice =
                practice.map_or("?".to_string(), |time| format!("{} ms", time.as_millis()));
            (
                "took",
                format!(
                    "{name} after {} ms here, {practice} there",
                    tenant.as_millis()
                ),
            )
        }));
        facts.push(("tenant's log", in_the_log(&self.correlation_id)));
        facts.push(("next", "save_json keeps it without names, ids and secrets: look at the file, and open an issue with it".to_string()));
        facts
    }
}

fn entry(probe: &Probe) -> Entry {
    let line = |[place, tenant, practice]: &[String; 3]| {
        let place = if place.is_empty() { "all of it" } else { place };
        (place.to_string(), format!("{tenant} | {practice}"))
    };
    let lines = probe.differs.iter().map(line);
    let about = [("about".to_string(), probe.settles.to_string())];
    Entry {
        place: probe.name.to_string(),
        title: probe.request.to_string(),
        lines: lines.chain(about).collect(),
    }
}
