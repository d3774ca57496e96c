//! The correlation id of a request.

use crate::http::message::{Answer, Request, refused};

/// Characters of a correlation id, as documented.
const MOST_ID_CHARS: usize = 64;

/// The correlation id of a writing request. What Auth0 does with an id longer than documented is not known. Refusing it is the
/// cautious reading, since a client that keeps to the limit is right either way.
pub(crate) fn correlation(request: &Request) -> Result<Option<String>, Box<Answer>> {
    const NAME: &str = "x-correlation-id";
    if !request.has_header(NAME) {
        return Ok(None);
    }
    match request.header(NAME) {
        Some(id) if (1..=MOST_ID_CHARS).contains(&id.len()) => Ok(Some(id.to_string())),
        _ => {
            let message = format!("X-Correlation-ID must be 1 to {MOST_ID_CHARS} characters");
            Err(refused(400, &message, Some("invalid_headers")))
        }
    }
}
