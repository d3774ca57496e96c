//! What would come of a row.

use crate::check::check_alone;
use crate::connections::ConnectionId;
use crate::error::Result;
use crate::secrets::hide::without_secrets;
use crate::sources::look::{Seen, SeenUser};
use crate::users::User;

/// A connection with unknown rules.
const ANY_CONNECTION: &str = "con_0000000000000000";

/// The outcome of a row, without looking for duplicates.
pub(crate) enum Verdict {
    Ready(Box<SeenUser>),
    /// With its user, where it could be read.
    Fails(String, Option<Box<User>>),
    LeftOut(String, Box<User>),
}

pub(crate) struct Judge(ConnectionId);

impl Judge {
    pub(crate) fn new() -> Result<Judge> {
        ConnectionId::new(ANY_CONNECTION).map(Judge)
    }

    pub(crate) fn verdict(&self, seen: Seen) -> Verdict {
        match seen {
            Seen::LeftOut(why, user) => Verdict::LeftOut(why, user),
            Seen::Fault(why) => Verdict::Fails(why, None),
            Seen::User(seen) => {
                let problem = check_alone(1, &seen.user, &self.0, false)
                    .into_iter()
                    .next();
                match problem {
                    None => Verdict::Ready(seen),
                    Some(problem) => {
                        // The part after the first may be a key that is personal data.
                        let field = problem.field.split(['.', '[']).next().unwrap_or_default();
                        let why = without_secrets(&format!("{field} {}", problem.problem));
                        Verdict::Fails(why, Some(Box::new(seen.user)))
                    }
                }
            }
        }
    }
}

/// What is wrong with a duplicate.
pub(crate) fn twin_reason(field: &str) -> String {
    format!("{field} is also in an earlier row: leave out one of the two")
}

/// Why a user would come without a password; `None` where they bring one.
pub(crate) fn reset_reason(seen: &SeenUser) -> Option<String> {
    if seen.is_clear || seen.user.has_password() {
        return None;
    }
    Some(match seen.impossible {
        Some((what, why)) => format!("the file has {what}: it {why}"),
        None => "the file has no password for this user".to_string(),
    })
}
