//! Somebody who is in the tenant, as the tenant has them.

use std::sync::Arc;
use std::time::Duration;

use practice_tenant::Account;
use serde_json::Value;

use crate::tenant::BEGINNING;

/// A user of the tenant, as they were at a time.
#[derive(Clone, Debug)]
pub struct There(pub Arc<Account>);

/// All that an answer shows of them is the same.
impl PartialEq for There {
    fn eq(&self, other: &There) -> bool {
        self.0.profile() == other.0.profile() && self.connection() == other.connection()
    }
}

impl There {
    /// A field of the profile; nothing if it is not there.
    #[must_use]
    pub fn field(&self, name: &str) -> &Value {
        self.0.profile().get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> &str {
        self.field(name).as_str().unwrap_or_default()
    }

    /// The name of the connection.
    #[must_use]
    pub fn connection(&self) -> &str {
        self.0.connection()
    }

    /// Whether a hash was imported with them.
    #[must_use]
    pub fn has_hash(&self) -> bool {
        self.0.has_hash()
    }

    /// The e-mail, in lower case.
    #[must_use]
    pub fn email(&self) -> &str {
        self.text("email")
    }

    /// The id, as `auth0|` and what was imported or drawn.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text("user_id")
    }

    /// The username; empty if there is none.
    #[must_use]
    pub fn username(&self) -> &str {
        self.text("username")
    }

    /// Whether the run made them: everybody else has metadata that say by whom.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.field("app_metadata")["by"].is_null()
    }

    /// Whether others made them while the plan was played.
    #[must_use]
    pub fn is_by_others(&self) -> bool {
        self.field("app_metadata")["by"] == "other"
    }

    /// The row of the import that wrote their metadata last.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        Some(self.field("user_metadata")["row"].as_u64()? as usize)
    }

    /// When they were made, from the beginning on.
    #[must_use]
    pub fn made_at(&self) -> Duration {
        Duration::from_micros(self.made_micros().saturating_sub(BEGINNING))
    }

    /// When they were made, in microseconds since 1970.
    #[must_use]
    pub fn made_micros(&self) -> u64 {
        micros(self.text("created_at"))
    }

    /// Whether it is the same user, and not another one who has been given the id since.
    #[must_use]
    pub fn is_same(&self, other: &There) -> bool {
        self.id() == other.id()
            && self.connection() == other.connection()
            && self.text("created_at") == other.text("created_at")
    }
}

/// A time as Auth0 writes it, in microseconds since 1970; the simulation begins on 2026-11-27 and ends within weeks.
fn micros(text: &str) -> u64 {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
    let [year, month, day] = [(0, 4), (5, 7), (8, 10)].map(|(a, b)| number(a, b).unwrap_or(0_u64));
    let days_before_month = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let years = year.saturating_sub(1970);
    let leap_days = (years + 1) / 4;
    let days =
        years * 365 + leap_days + days_before_month[(month.max(1) - 1) as usize % 12] + day.max(1)
            - 1;
    let [hour, minute, second, millis] =
        [(11, 13), (14, 16), (17, 19), (20, 23)].map(|(a, b)| number(a, b).unwrap_or(0_u64));
    ((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis) * 1000
}
