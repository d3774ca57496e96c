//! Points in time, and how Auth0 writes them. Nothing here asks what time it is.

use std::time::Duration;

/// A point in time by the tenant's clock: microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Moment {
    pub(crate) fn after(self, time: Duration) -> Moment {
        Moment(self.0.saturating_add(micros(time)))
    }

    pub(crate) fn before(self, time: Duration) -> Moment {
        Moment(self.0.saturating_sub(micros(time)))
    }

    /// How long ago that was; zero if it is in the future.
    pub(crate) fn since(self, then: Moment) -> Duration {
        Duration::from_micros(self.0.saturating_sub(then.0))
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> i64 {
        i64::try_from(self.0 / 1_000_000).unwrap_or(i64::MAX)
    }

    /// How Auth0 writes times: ISO 8601, UTC, milliseconds. So times can be compared as texts.
    pub(crate) fn shown(self) -> String {
        let (year, month, day) = date(self.0 / DAY);
        let (rest, millis) = (self.0 % DAY / 1_000_000, self.0 / 1000 % 1000);
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
            rest / 3600,
            rest % 3600 / 60,
            rest % 60
        )
    }

    /// As HTTP writes dates (RFC 9110).
    #[must_use]
    pub fn http_date(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (year, month, day) = date(self.0 / DAY);
        let rest = self.0 % DAY / 1_000_000;
        format!(
            "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
            DAYS[(self.0 / DAY % 7) as usize],
            MONTHS[month - 1],
            rest / 3600,
            rest % 3600 / 60,
            rest % 60
        )
    }
}

const DAY: u64 = 86_400_000_000;

/// Year, month and day of the given day, counted from the first of 1970.
fn date(mut days: u64) -> (u64, usize, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    // 400 years always have the same number of days, wherever they begin.
    let mut year = 1970 + days / 146_097 * 400;
    days %= 146_097;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_auth0_and_http_write_them() {
        let moment = Moment(1_709_210_096_123_456);
        assert_eq!(moment.shown(), "2024-02-29T12:34:56.123Z");
        assert_eq!(moment.http_date(), "Thu, 29 Feb 2024 12:34:56 GMT");
        assert_eq!(Moment(0).http_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(
            Moment(4_107_542_399_999_000).shown(),
            "2100-02-28T23:59:59.999Z"
        );
    }
}
