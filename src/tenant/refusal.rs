//! What an unsuccessful answer means. A 429 means one of three things, each with its own wait: no free job slot (minutes), the
//! rate limit (seconds), or an application's token quota (hours).

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{LOCATION, RETRY_AFTER};

use crate::clock::unix_seconds;
use crate::error::Error;
use crate::say::words_of_others;
use crate::secrets::hide::without_secrets;
use crate::tenant::answer::http_millis;
use crate::tenant::answers::RefusalAnswer;
use crate::tenant::request::Answer;
use crate::words::grouped;

/// How many characters of a tenant's own sentence are shown.
const MOST_MESSAGE_CHARS: usize = 400;
/// Characters of its code.
const MOST_CODE_CHARS: usize = 80;

/// The call that an application's quota is about.
const EXCHANGE: &str = "POST /oauth/token";
/// The upload is the one call that needs a job slot.
const UPLOAD: &str = "POST /api/v2/jobs/users-imports";
/// What Auth0 says of them, so far.
const SLOTS: &str = "active import users jobs";
/// Seconds that are waited for the rate at most: the limits of Auth0's paid plans are those of a minute.
const LONGEST_WAIT: u64 = 60;
/// Auth0's code of the rate limit, in both envelopes.
const RATE: &str = "too_many_requests";
/// A bucket of the quota: `b=per_hour;q=100;r=0;t=924`, several with commas between them (auth0.net reads it so).
const QUOTA: &str = "auth0-client-quota-limit";

/// Turns an unsuccessful answer into the error that explains it.
pub(crate) fn refusal(answer: &Answer) -> Error {
    if let Some(page) = page(answer) {
        return page;
    }
    let told: RefusalAnswer = answer.read().unwrap_or_default();
    let message = match told
        .message
        .as_deref()
        .or(told.error_description.as_deref())
    {
        Some(message) => without_secrets(message),
        None if answer.status.is_redirection() => format!("it redirects to {}", place(answer)),
        None => match answer.unreadable() {
            Some(why) => format!("no reason given: the answer cannot be read, {why}"),
            None => "no reason given".to_string(),
        },
    };
    let message = words_of_others(&message, MOST_MESSAGE_CHARS);
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        return too_many(answer, &message);
    }
    // In the Management API's envelope `error` is the status in words; in the other one it is the code.
    let error = told.error.0.filter(|_| told.status_code.is_none());
    let code = told.error_code.0.or(error);
    let code = code.map(|code| words_of_others(&without_secrets(&code), MOST_CODE_CHARS));
    Error::refused(&answer.call, answer.status.as_u16(), code, &message)
}

/// The error for a 404 that does not come from the tenant. Every recorded 404 of the Management API is JSON (see the cassettes
/// of go-auth0's and Terraform's tests). A page comes from something on the way, and does not say whether the job or the user
/// exists.
fn page(answer: &Answer) -> Option<Error> {
    let is_of_the_api = answer.call.contains(" /api/v2/");
    if answer.status != StatusCode::NOT_FOUND || !is_of_the_api {
        return None;
    }
    let why = answer.unreadable()?;
    Some(Error::unreadable(&answer.call, 404, &why))
}

/// Where a redirection leads.
fn place(answer: &Answer) -> String {
    let place = answer.header(LOCATION.as_str());
    place.map_or("another place".to_string(), |place| without_secrets(&place))
}

/// The error that an answer of 429 is.
fn too_many(answer: &Answer, message: &str) -> Error {
    let call = answer.call.as_str();
    // A salt that is a word of the sentence hides the sentence from the reader, but decides nothing.
    let told: RefusalAnswer = answer.read_names().unwrap_or_default();
    let said = told
        .message
        .as_deref()
        .or(told.error_description.as_deref());
    let said = said.unwrap_or_default();
    // Auth0 tells the quota of a token that it gives, too: it is used up where a bucket has nothing left.
    let quota = answer.header(QUOTA).as_deref().and_then(used_up);
    let is_told = quota.is_some() || said.to_lowercase().contains("quota");
    if call == EXCHANGE && is_told {
        return Error::token_quota(message, quota, quota_wait(answer));
    }
    let code = told.error_code.as_deref().or(told.error.as_deref());
    let is_upload = call == UPLOAD && is_about_slots(answer, code, said);
    if is_upload || said.contains(SLOTS) {
        return Error::no_job_slot(message);
    }
    Error::rate_limited(call, message, answer.wait())
}

/// The sentence is not relied upon: where requests are left, it is not the rate that refused this one.
fn is_about_slots(answer: &Answer, code: Option<&str>, said: &str) -> bool {
    let left = answer.header("x-ratelimit-remaining");
    match left.and_then(|left| left.trim().parse::<u64>().ok()) {
        Some(left) => left > 0,
        None => code != Some(RATE) && said.contains("job"),
    }
}

/// The buckets with nothing left, in words.
fn used_up(quota: &str) -> Option<String> {
    let bucket = |bucket: &str| {
        let field = |name: &str| field(bucket, name);
        let span = field("b")?.trim_start_matches("per_").to_string();
        let most: u64 = field("q")?.parse().ok()?;
        (field("r")? == "0").then(|| format!("{} in one {span}", grouped(most)))
    };
    let all: Vec<String> = quota.split(',').filter_map(bucket).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn field<'a>(bucket: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = bucket.split(';').map(str::trim);
    fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

/// When the last bucket with nothing left is filled again, or what `Retry-After` says.
fn quota_wait(answer: &Answer) -> Option<Duration> {
    let quota = answer.header(QUOTA).unwrap_or_default();
    let empty = quota.split(',').filter(|b| field(b, "r") == Some("0"));
    let filled = empty.filter_map(|bucket| field(bucket, "t")?.parse().ok());
    let seconds = retry_after(answer).or_else(|| filled.max());
    seconds.map(Duration::from_secs)
}

impl Answer {
    /// How long to wait for the rate: `Retry-After`, up to a minute, in which the slowest of Auth0's limits is filled again;
    /// else `x-ratelimit-reset` (UNIX seconds, when the next request is let through), within 1 to 10 seconds as Auth0's own Go
    /// SDK does.
    pub(crate) fn wait(&self) -> Duration {
        let reset = || {
            let reset = self.header("x-ratelimit-reset")?.trim().parse::<u64>();
            Some(reset.ok()?.saturating_sub(self.now()).clamp(1, 10))
        };
        let seconds = retry_after(self).or_else(reset);
        Duration::from_secs(seconds.unwrap_or(1).clamp(1, LONGEST_WAIT))
    }

    /// UNIX seconds by the server's own clock, where it tells it, since this machine's may be wrong.
    fn now(&self) -> u64 {
        let told = self.date().and_then(|millis| u64::try_from(millis).ok());
        told.map_or_else(unix_seconds, |millis| millis / 1000)
    }
}

/// Seconds, which are given as such or as a date (RFC 9110).
fn retry_after(answer: &Answer) -> Option<u64> {
    let text = answer.header(RETRY_AFTER.as_str())?;
    text.trim().parse().ok().or_else(|| {
        let at = u64::try_from(http_millis(&text)?).ok()? / 1000;
        Some(at.saturating_sub(answer.now()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_up_of_a_quota_is_told() {
        let quota = "b=per_hour;q=100;r=0;t=924,b=per_day;q=1000;r=9;t=86400";
        assert_eq!(used_up(quota).as_deref(), Some("100 in one hour"));
        assert_eq!(used_up("b=per_hour;q=2;r=1;t=924"), None);
        assert_eq!(used_up("anything"), None);
    }
}
