//! What Auth0 takes for now and may refuse later.

use crate::error::problem::{Faults, Problem};
use crate::users::User;
use crate::words::grouped;

/// Bytes of a user's profile, by Auth0's "10KB"; in its other limits a KB is 1,024 bytes.
const PROFILE_LIMIT: usize = 10 * 1024;

/// Finds users that Auth0 takes for now but may refuse later. Sends nothing, and stops no import.
///
/// Today that is a profile of over 10 KB. Auth0 takes it with a warning in the tenant's log; from 2027-03-04 it may be refused.
/// Auth0 measures the profile as it stores it, which is a few hundred bytes more than what is sent, so a user just below the
/// limit may be over it (Auth0's guide "Migrate Oversized User Profiles").
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
/// use serde_json::{Map, json};
///
/// let notes = json!("x".repeat(10_300));
/// let large = User { user_metadata: Some(Map::from_iter([("notes".to_string(), notes)])), ..User::new("ada@uni.test") };
/// let warnings = check_warnings(&[User::new("eva@uni.test"), large]);
/// assert_eq!((warnings.len(), warnings[0].row, warnings[0].field.as_str()), (1, 2, "user_metadata"));
/// assert!(warnings[0].problem.contains("2027-03-04"));
/// ```
#[must_use]
pub fn check_warnings(users: &[User]) -> Vec<Problem> {
    let rows = (1..).zip(users);
    rows.flat_map(|(row, user)| profile_size(user).of(row, &user.email))
        .collect()
}

/// Counted as sent: of what Auth0 adds, and of how it stores a profile, nothing is known.
fn profile_size(user: &User) -> Faults {
    let mut faults = Faults::default();
    let bytes = serde_json::to_vec(user).map_or(0, |json| json.len());
    if bytes > PROFILE_LIMIT {
        faults.add(
            &longest_field(user),
            format!(
                "makes the profile {} bytes or more, over Auth0's limit of 10 KB: it is taken for now, with a warning in the tenant's log, and may be refused from 2027-03-04: shorten it",
                grouped(bytes)
            ),
        );
    }
    faults
}

fn longest_field(user: &User) -> String {
    let fields = serde_json::to_value(user).unwrap_or_default();
    let fields = fields.as_object().into_iter().flatten();
    let longest = fields.max_by_key(|(_, value)| value.to_string().len());
    longest.map_or("user", |(name, _)| name).to_string()
}
