//! Secret text, and where random text comes from.

#[cfg(feature = "simulation")]
pub(crate) mod chance;
pub(crate) mod escapes;
pub(crate) mod hide;
pub(crate) mod redact;
pub(crate) mod sent;

use std::fmt;

use zeroize::Zeroize;

use crate::error::{Error, Result};

/// Text that is never printed: `Debug` and `Display` show `<secret>`. Its memory and that of its clones is wiped on drop;
/// copies by others, such as the HTTP client, are not.
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

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
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
    #[cfg(feature = "simulation")]
    if chance::fill(&mut bytes) {
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes).map_err(Error::no_random_numbers)?;
    Ok(bytes)
}

/// The fields of a user that hold secrets.
pub(crate) const SECRET_FIELDS: [&str; 3] =
    ["password_hash", "custom_password_hash", "mfa_factors"];

/// `count` random bytes as lower-case hex.
pub(crate) fn random_hex(count: usize) -> Result<String> {
    Ok(random_bytes(count)?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contents of this process's memory there: Linux lets a process read its own memory as a file.
    #[cfg(target_os = "linux")]
    fn memory_at(place: u64, length: usize) -> Vec<u8> {
        use std::os::unix::fs::FileExt;
        let memory = std::fs::File::open("/proc/self/mem").expect("this process's memory");
        let mut bytes = vec![0; length];
        memory
            .read_exact_at(&mut bytes, place)
            .expect("mapped memory");
        bytes
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_was_a_secret_is_wiped() {
        // Long enough that what the allocator writes where it was does not hide it.
        let text = "correct horse ".repeat(300);
        let place = |secret: &Secret| secret.expose().as_ptr() as u64;
        let secret = Secret::new(text.clone());
        let clone = secret.clone();
        let places = [place(&secret), place(&clone)];
        let is_there = |place: u64| {
            let bytes = memory_at(place, text.len());
            bytes.windows(14).any(|window| window == b"correct horse ")
        };
        assert_eq!(places.map(is_there), [true, true]);
        drop(secret);
        assert_eq!(places.map(is_there), [false, true]);
        drop(clone);
        assert_eq!(places.map(is_there), [false, false]);
    }
}
