//! A form with a file, as it is uploaded: `multipart/form-data` (RFC 7578). Written by hand, because Auth0's limit is on the
//! whole body, whose size must be known before it is made.

use zeroize::Zeroizing;

use crate::error::Result;
use crate::secrets::{Secret, random_hex};

/// Every boundary is `users-` and this many random bytes in hex, so that all of them have one length.
const BOUNDARY_BYTES: usize = 16;

/// Fields with a name and a text, and after them the file `users.json` in a field `users`.
pub(crate) struct Form {
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) file: Zeroizing<Vec<u8>>,
    /// Those of the file.
    pub(crate) secrets: Vec<Secret>,
}

impl Form {
    /// The content type, which names the boundary, and the body.
    pub(crate) fn encoded(&self) -> Result<(String, Vec<u8>)> {
        let boundary = boundary(&self.file)?;
        let (head, tail) = framing(&self.fields, &boundary);
        Ok((
            format!("multipart/form-data; boundary={boundary}"),
            [head.as_bytes(), &self.file, tail.as_bytes()].concat(),
        ))
    }
}

/// Bytes of such a body that are not the file.
pub(crate) fn framing_bytes(fields: &[(&'static str, String)]) -> usize {
    let boundary = "x".repeat("users-".len() + 2 * BOUNDARY_BYTES);
    let (head, tail) = framing(fields, &boundary);
    head.len() + tail.len()
}

/// What comes before and after the file.
fn framing(fields: &[(&'static str, String)], boundary: &str) -> (String, String) {
    let mut head = String::new();
    for (name, value) in fields {
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    head.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"users\"; filename=\"users.json\"\r\nContent-Type: application/json\r\n\r\n"));
    (head, format!("\r\n--{boundary}--\r\n"))
}

/// A boundary that does not occur in the file. 128 random bits cannot be planted in a user's name; the
/// check costs nothing beside the upload.
fn boundary(file: &[u8]) -> Result<String> {
    loop {
        let boundary = format!("users-{}", random_hex(BOUNDARY_BYTES)?);
        if !file
            .windows(boundary.len())
            .any(|window| window == boundary.as_bytes())
        {
            return Ok(boundary);
        }
    }
}
