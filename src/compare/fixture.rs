//! A comparison as a file that can be sent to the project. What it tells of the answers was masked when they were read; why a
//! probe has none is a sentence of ours, masked too.

use crate::clock::unix_seconds;
use crate::compare::shape::Shape;
use crate::compare::side::Seen;
use crate::compare::{Comparison, Probe};
use crate::words::utc;

/// Of what this file's form is; another form gets another number.
const FORMAT: u64 = 1;

pub(crate) fn fixture(comparison: &Comparison) -> String {
    let day = utc(unix_seconds());
    let day = day.split(' ').next().unwrap_or_default();
    let took = comparison.took.iter().map(|(name, tenant, practice)| {
        let millis = |time: &std::time::Duration| number(time.as_millis() as u64);
        let practice = practice.as_ref().map_or(Shape::Plain(().into()), millis);
        let times = [("tenant", millis(tenant)), ("practice", practice)];
        ((*name).to_string(), Shape::object(times))
    });
    let whole = Shape::object([
        ("format", number(FORMAT)),
        ("made", Shape::text(day)),
        ("crate", Shape::text(env!("CARGO_PKG_VERSION"))),
        ("took", Shape::Object(took.collect())),
        (
            "probes",
            Shape::List(comparison.probes.iter().map(of_probe).collect()),
        ),
    ]);
    // Nothing in it is not JSON.
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

fn number(number: u64) -> Shape {
    Shape::Plain(number.into())
}

fn of_probe(probe: &Probe) -> Shape {
    let seen = |seen: &Seen| match seen {
        Seen::Told(shape) => shape.clone(),
        Seen::Untold(why) => Shape::object([("untold", Shape::text(why.clone()))]),
    };
    Shape::object([
        ("name", Shape::text(probe.name)),
        ("request", Shape::text(probe.request)),
        ("settles", Shape::text(probe.settles)),
        ("same", Shape::Plain(probe.same.into())),
        ("tenant", seen(&probe.seen[0])),
        ("practice", seen(&probe.seen[1])),
    ])
}
