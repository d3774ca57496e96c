//! The correlation id of a request.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::http::answers;

/// Characters of a correlation id, as documented.
const MOST_ID_CHARS: usize = 64;

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
