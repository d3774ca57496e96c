//! `GET /logs`: the tenant's log.

use serde_json::{Map, Value, json};

use crate::http::call::{Call, Ended, now};
use crate::http::message::ok;
use crate::http::query::{Fields, page, pairs, param, refused, search};
use crate::state::World;

/// The newest first.
pub(crate) fn list(world: &mut World, call: &Call) -> Ended {
    let query = &pairs(&call.request);
    let (page, per_page) = page(query, 0)?;
    for name in ["from", "take"] {
        if param(query, name).is_some() {
            let problem = "The practice tenant pages its log only by page and per_page";
            return Err(refused(problem, name));
        }
    }
    // Auth0's SDKs call it `search`.
    let text = param(query, "q").or(param(query, "search"));
    let wanted = search(text.unwrap_or_default())?;
    let entries = world.log.entries().filter(|entry| wanted.fits(entry));
    let entries: Vec<&Map<String, Value>> = match param(query, "sort") {
        None | Some("date:-1") => entries.rev().collect(),
        Some("date:1") => entries.collect(),
        Some(_) => return Err(refused("The practice tenant sorts its log by date", "sort")),
    };
    let fields = Fields::of(query);
    let shown = entries.iter().skip(page * per_page).take(per_page);
    let shown: Vec<Value> = shown.map(|entry| fields.pick(entry)).collect();
    now(ok(&if param(query, "include_totals") == Some("true") {
        json!({"start": page * per_page, "limit": per_page, "length": shown.len(), "total": entries.len(), "logs": shown})
    } else {
        json!(shown)
    }))
}
