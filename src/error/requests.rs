//! Requests and their answers.

use std::fmt;
use std::time::Duration;

use crate::clock::unix_seconds;
use crate::error::sentence::sentences;
use crate::error::settings::without_a_look_up;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::{grouped, in_words, utc};

/// Why no answer came.
impl Error {
    /// Only the causes are shown: reqwest's `Display` leaves them out, and its URL may hold what was searched for.
    pub(crate) fn unreachable(call: &str, cause: reqwest::Error) -> Error {
        let cause = cause.without_url();
        if cause.is_timeout() {
            return Error::timed_out(call).because(cause);
        }
        let mut causes = vec![cause.to_string()];
        let mut inner = std::error::Error::source(&cause);
        while let Some(error) = inner {
            causes.push(error.to_string());
            inner = error.source();
        }
        causes.dedup();
        Error::lost(call, &causes.join(": ")).because(cause)
    }

    /// An answer that was lost on the way, with the client's own error if there is one inside.
    pub(crate) fn cut_off(call: &str, cause: std::io::Error) -> Error {
        let words = cause.to_string();
        match cause.into_inner().map(|inner| inner.downcast()) {
            Some(Ok(inner)) => Error::unreachable(call, *inner),
            _ => Error::lost(call, &words),
        }
    }
}

sentences! {
    Unreachable lost(call: &str, cause: &str);
        "could not complete {call}: {cause}" "; " "check DOMAIN and the network, then run this cell again";
    TimedOut timed_out(call: &str);
        "no answer to {call} in time: the tenant is slow or unreachable"
        "; " "check whether it took effect, then run this cell again";
    NoJobSlot no_job_slot(message: &str);
        "the tenant has no free slot for an import job: {message}"
        "; " "nothing was imported, so wait for a job to end (minutes) and run this cell again";
    /// A complete answer without what the call needs: the next answer will be the same.
    BadAnswer bad_answer(call: &str, problem: &str);
        "cannot read the answer to {call}: {problem}";
}

/// What an answer says.
impl Error {
    pub(crate) fn refused(call: &str, status: u16, code: Option<String>, message: &str) -> Error {
        let kind = match status {
            500.. => ErrorKind::TenantFault,
            // Something on the way did not wait for the tenant, which may have done it.
            408 => ErrorKind::TimedOut,
            _ => ErrorKind::Refused,
        };
        let known = match status {
            403 => without_a_look_up(call),
            _ => "",
        };
        let of_auth0 = code
            .as_ref()
            .map_or(String::new(), |code| format!(" {code}"));
        let fact = format!(
            "the tenant refused {call} ({status}{of_auth0}): {}",
            message.trim_end_matches('.')
        );
        Error::new(kind, fact)
            .advise("; ", format!("{}{known}", next_step(call, status)))
            .with(Detail::Refused { status, code })
    }

    pub(crate) fn rate_limited(call: &str, message: &str, wait: Duration) -> Error {
        let fact = format!("the rate limit stopped {call}: {message}");
        let advice = format!("wait {} s or more and run this cell again", wait.as_secs());
        Error::new(ErrorKind::RateLimited, fact)
            .advise("; ", advice)
            .with(Detail::Wait(Some(wait)))
    }

    /// `quota` names what is used up and `wait` says for how long, if Auth0 says so.
    pub(crate) fn token_quota(
        message: &str,
        quota: Option<String>,
        wait: Option<Duration>,
    ) -> Error {
        let quota = quota.map_or(String::new(), |quota| format!(" ({quota})"));
        let fact = format!(
            "POST /oauth/token gave no token: this application's token quota{quota} is used up: {message}"
        );
        let when = match wait {
            Some(wait) => format!(
                "run this cell again in {} (after {})",
                in_words(wait),
                utc(unix_seconds().saturating_add(wait.as_secs()))
            ),
            None => "wait, though the tenant does not say how long".to_string(),
        };
        let advice = format!("{when}, or set MGMT_API_ACCESS_TOKEN to a token that is still valid");
        Error::new(ErrorKind::TokenQuota, fact)
            .advise("; ", advice)
            .with(Detail::Wait(wait))
    }

    /// `status` is the answer's own.
    pub(crate) fn unreadable(call: &str, status: u16, why: &Unreadable) -> Error {
        // Half an answer or a proxy's error page may be whole next time; an answer that is too large will be too large again.
        let kind = match why {
            Unreadable::TooManyValues(_) => ErrorKind::BadAnswer,
            _ => ErrorKind::BrokenAnswer,
        };
        let fact = format!("cannot read the answer to {call} ({status}): {why}");
        match why {
            Unreadable::Html => Error::new(kind, fact)
                .advise(": ", "check that DOMAIN is the tenant's own host name"),
            _ => Error::new(kind, fact),
        }
    }
}

/// Why an answer cannot be read.
pub(crate) enum Unreadable {
    Empty,
    Html,
    NoJson(serde_json::Error),
    /// It may hold more values than this.
    TooManyValues(usize),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Empty => f.write_str("it is empty"),
            Unreadable::Html => f.write_str("it is HTML"),
            Unreadable::NoJson(cause) => write!(f, "it is not complete JSON ({cause})"),
            Unreadable::TooManyValues(most) => write!(
                f,
                "it may hold over {} values, which is the most that is read",
                grouped(most)
            ),
        }
    }
}

fn next_step(call: &str, status: u16) -> &'static str {
    match status {
        400 => "fix what it names and run this cell again",
        401 => "make a new token for this tenant",
        403 => "check the token's scopes and the application that made it",
        404 if call.contains("/jobs/") => {
            "it may be gone (Auth0 keeps a job for 24 hours), or it may belong to another tenant"
        }
        404 => "it may be gone, or it may belong to another tenant",
        413 => "send fewer users at a time",
        300..=399 => "set DOMAIN to the tenant's own host name",
        500..=599 => {
            "the tenant itself failed: wait a minute, check whether the request took effect, and run this cell again"
        }
        _ => "see the tenant's logs",
    }
}
