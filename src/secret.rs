//! Text with one door, and where random text comes from.

use std::fmt;

use crate::error::{Error, Result};

/// Text that is never printed: `Debug` and `Display` show `<secret>`.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let secret = Secret::new("correct horse");
/// assert_eq!(format!("{secret:?} {secret}"), "<secret> <secret>");
/// assert_eq!(secret.expose(), "correct horse");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let secret = Secret::new("correct horse");
    /// assert_eq!(secret, Secret::from("correct horse"));
    /// assert_eq!(secret.to_string(), "<secret>");
    /// ```
    #[must_use]
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text: the only way to it.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert_eq!(Secret::new("correct horse").expose(), "correct horse");
    /// ```
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// `count` bytes from the system's CSPRNG.
pub(crate) fn random_bytes(count: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).map_err(|cause| Error::Random {
        cause: cause.to_string(),
    })?;
    Ok(bytes)
}

/// `count` random bytes as lower-case hex.
pub(crate) fn random_hex(count: usize) -> Result<String> {
    Ok(random_bytes(count)?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
