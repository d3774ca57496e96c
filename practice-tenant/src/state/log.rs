//! The tenant's log: what was done, and under which `X-Correlation-ID`.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::moment::Moment;

/// Entries that are kept.
const MOST: usize = 1_000;

/// An entry's type, and what it says.
pub(crate) type Entry = (&'static str, &'static str);

/// The newest entries, the newest last.
#[derive(Default)]
pub(crate) struct Log(VecDeque<Map<String, Value>>);

impl Log {
    /// Adds an entry, with an id. The types are Auth0's ("Log Event Type Codes").
    pub(crate) fn add(
        &mut self,
        (at, id): (Moment, String),
        (kind, description): Entry,
        client: &str,
        correlation: Option<&str>,
    ) {
        let mut entry = Map::new();
        entry.insert("date".into(), at.shown().into());
        entry.insert("type".into(), kind.into());
        entry.insert("description".into(), description.into());
        entry.insert("client_id".into(), client.into());
        if let Some(id) = correlation {
            entry.insert("references".into(), json!({"correlation_id": id}));
        }
        entry.insert("log_id".into(), id.as_str().into());
        entry.insert("_id".into(), id.into());
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// The oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Map<String, Value>> {
        self.0.iter()
    }
}
