//! Users packed into an upload under the limit.

use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::users::User;

/// Bytes of one whole upload request's body, file and multipart framing together. Auth0 answers 413
/// "Payload content length greater than maximum allowed: 512000" beyond it.
pub const MAX_UPLOAD_BYTES: usize = 512_000;

/// The form fields beside the file.
pub(crate) struct Form<'a> {
    pub(crate) connection: &'a ConnectionId,
    pub(crate) upsert: bool,
    pub(crate) external_id: &'a str,
    pub(crate) send_completion_email: bool,
}

/// A multipart body and its content type.
pub(crate) struct Upload {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// Writes the users as JSON into the form, in the part order of Auth0's own Go SDK. Written by hand,
/// because the limit is on the whole body and its size must be known before it is sent.
pub(crate) fn upload(form: &Form<'_>, users: &[User]) -> Result<Upload> {
    if users.is_empty() {
        return Err(Error::NoUsers);
    }
    let file = serde_json::to_vec(users)
        .map_err(|cause| Error::bad_answer("the users' file", &cause.to_string()))?;
    let boundary = boundary(&file)?;
    let mut bytes = Vec::with_capacity(file.len() + 1024);
    for (name, value) in [
        ("connection_id", form.connection.as_str()),
        ("upsert", if form.upsert { "true" } else { "false" }),
        ("external_id", form.external_id),
        (
            "send_completion_email",
            if form.send_completion_email {
                "true"
            } else {
                "false"
            },
        ),
    ] {
        // An empty external_id says nothing.
        if !value.is_empty() {
            bytes.extend_from_slice(
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
            );
        }
    }
    bytes.extend_from_slice(
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"users\"; filename=\"users.json\"\r\nContent-Type: application/json\r\n\r\n").as_bytes(),
    );
    bytes.extend_from_slice(&file);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    if bytes.len() > MAX_UPLOAD_BYTES {
        return Err(Error::TooLarge {
            users: users.len(),
            bytes: bytes.len(),
            limit: MAX_UPLOAD_BYTES,
        });
    }
    Ok(Upload {
        content_type: format!("multipart/form-data; boundary={boundary}"),
        bytes,
    })
}

/// A boundary that does not occur in the file. 128 random bits cannot be planted in a user's name; the
/// check costs nothing beside the upload.
fn boundary(file: &[u8]) -> Result<String> {
    loop {
        let boundary = format!("users-{}", crate::secret::random_hex(16)?);
        if !file
            .windows(boundary.len())
            .any(|window| window == boundary.as_bytes())
        {
            return Ok(boundary);
        }
    }
}
