//! The tenant's log: what was done, and under which `X-Correlation-ID`.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::answers;
use crate::clock::timestamp;
use crate::ids::hex24;
use crate::query::{Fields, Pairs, page, param, refused};
use crate::search;
use crate::state::Tenant;
use crate::tokens;

/// Entries that are kept.
const MOST: usize = 1_000;
/// Characters of a correlation id, as documented.
const MOST_ID_CHARS: usize = 64;

/// The newest entries, the newest last.
#[derive(Default)]
pub(crate) struct Log(VecDeque<Map<String, Value>>);

/// The correlation id that a writing request carries. What Auth0 does with a longer one than it documents is not known:
/// refusing it is the cautious reading, since a client that keeps to the limit is right either way.
pub(crate) fn correlation(headers: &HeaderMap) -> Result<Option<String>, Box<Response>> {
    let Some(header) = headers.get("x-correlation-id") else {
        return Ok(None);
    };
    match header.to_str() {
        Ok(id) if (1..=MOST_ID_CHARS).contains(&id.len()) => Ok(Some(id.to_string())),
        _ => {
            let message = format!("X-Correlation-ID must be 1 to {MOST_ID_CHARS} characters");
            Err(Box::new(answers::error(
                400,
                &message,
                Some("invalid_headers"),
            )))
        }
    }
}

impl Tenant {
    /// Adds an entry. The types are Auth0's ("Log Event Type Codes").
    pub(crate) fn log(&self, kind: &str, description: &str, correlation: Option<&str>) {
        let mut entry = Map::new();
        let id = hex24();
        entry.insert("date".into(), timestamp().into());
        entry.insert("type".into(), kind.into());
        entry.insert("description".into(), description.into());
        entry.insert("client_id".into(), self.client_id.as_str().into());
        if let Some(id) = correlation {
            entry.insert("references".into(), json!({"correlation_id": id}));
        }
        entry.insert("log_id".into(), id.as_str().into());
        entry.insert("_id".into(), id.into());
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.0.len() == MOST {
            log.0.pop_front();
        }
        log.0.push_back(entry);
    }
}

/// `GET /logs`, the newest first.
pub(crate) async fn list(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Query(query): Query<Pairs>,
) -> Response {
    answer_list(&tenant, &headers, &query).unwrap_or_else(|refusal| *refusal)
}

fn answer_list(
    tenant: &Tenant,
    headers: &HeaderMap,
    query: &Pairs,
) -> Result<Response, Box<Response>> {
    tokens::check(tenant, headers, &["read:logs"])?;
    let (page, per_page) = page(query, 0)?;
    for name in ["from", "take"] {
        if param(query, name).is_some() {
            let problem = "The practice tenant tells its log by page and per_page alone";
            return Err(refused(problem, name));
        }
    }
    // Auth0's SDKs call it `search`.
    let text = param(query, "q").or(param(query, "search"));
    let wanted = search::parse(text.unwrap_or_default())?;
    let log = tenant.log.lock().unwrap_or_else(PoisonError::into_inner);
    let entries = log.0.iter().filter(|entry| wanted.fits(entry));
    let entries: Vec<&Map<String, Value>> = match param(query, "sort") {
        None | Some("date:-1") => entries.rev().collect(),
        Some("date:1") => entries.collect(),
        Some(_) => return Err(refused("The practice tenant sorts its log by date", "sort")),
    };
    let fields = Fields::of(query);
    let shown = entries.iter().skip(page * per_page).take(per_page);
    let shown: Vec<Value> = shown.map(|entry| fields.pick(entry)).collect();
    Ok(answers::ok(
        &if param(query, "include_totals") == Some("true") {
            json!({"start": page * per_page, "limit": per_page, "length": shown.len(), "total": entries.len(), "logs": shown})
        } else {
            json!(shown)
        },
    ))
}
