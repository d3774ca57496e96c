//! Which phone numbers Auth0 takes.

/// E.164 as Auth0's user profile page states it: `^\+[0-9]{1,15}$`.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}
