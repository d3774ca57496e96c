//! Every sentence a reader can be told: what was tried, on what, why it failed, what to do next.

use std::fmt;
use std::time::Duration;

use crate::clock::now;
use crate::error::{Error, Failure};
use crate::say::{say, sentence};
use crate::words::{count, grouped, in_words};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sentence(&format!("{}", Raw(self))))
    }
}

/// The sentence, with whatever others wrote still as they wrote it.
struct Raw<'a>(&'a Error);

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.failure() {
            Failure::Setting { name, reason } => {
                write!(f, "the setting {name} cannot be used: {reason}")
            }
            Failure::SettingsFile { path, cause } => {
                write!(f, "cannot use the settings in {}: {cause}", path.display())
            }
            Failure::Token { domain, reason } => {
                write!(f, "the token cannot work for {domain}: {reason}")
            }
            Failure::MissingScope {
                domain,
                call,
                scope,
            } => write!(
                f,
                "{call} was not sent to {domain}: the token lacks the scope {scope}; add it to the application that makes the token, and make a new one{}",
                without_a_look_up(call)
            ),
            Failure::ReadOnly { domain, action } => write!(
                f,
                "{action} was not sent: {domain} is open read-only; if it is the tenant you mean to change, run `let tenant = tenant.allow_writes(\"{domain}\").or_stop();` first"
            ),
            Failure::OtherDomain { domain, named } => write!(
                f,
                "writes stay refused: `{named}` was named, but this tenant is {domain}; name that one if it is the tenant you mean to change"
            ),
            Failure::Tls { cause } => write!(
                f,
                "cannot set up TLS: {cause}; are this machine's root certificates installed?"
            ),
            Failure::Unreachable { call, cause } => write!(
                f,
                "could not complete {call}: {cause}; check DOMAIN and the network, then run this cell again"
            ),
            Failure::TimedOut { call } => write!(
                f,
                "no answer to {call} in time: the tenant is slow or unreachable; look whether it took effect, then run this cell again"
            ),
            Failure::Refused {
                call,
                status,
                code,
                message,
            } => {
                let code = code
                    .as_ref()
                    .map_or(String::new(), |code| format!(" {code}"));
                write!(
                    f,
                    "the tenant refused {call} ({status}{code}): {}; {}{}",
                    message.trim_end_matches('.'),
                    next_step(*status),
                    if *status == 403 {
                        without_a_look_up(call)
                    } else {
                        ""
                    }
                )
            }
            Failure::RateLimited {
                call,
                message,
                wait,
            } => write!(
                f,
                "the rate limit holds up {call}: {message}; wait {} s or more and run this cell again",
                wait.as_secs()
            ),
            Failure::TokenQuota {
                message,
                quota,
                wait,
            } => {
                let quota = quota.as_ref().map_or(String::new(), |q| format!(" ({q})"));
                let when = match wait {
                    Some(wait) => format!(
                        "run this cell again in {} (after {})",
                        in_words(*wait),
                        crate::words::utc(now().saturating_add(wait.as_secs()))
                    ),
                    None => "the tenant does not say when to ask again".to_string(),
                };
                write!(
                    f,
                    "POST /oauth/token gave no token, since this application's quota of tokens{quota} is used up: {message}; {when}, or set MGMT_API_ACCESS_TOKEN to a token that is still good"
                )
            }
            Failure::NoJobSlot { message } => write!(
                f,
                "the tenant has no free slot for an import job: {message}; nothing was imported, so wait for a job to end (minutes) and run this cell again"
            ),
            Failure::BrokenAnswer {
                call,
                status,
                problem,
            } => write!(f, "cannot read the answer to {call} ({status}): {problem}"),
            Failure::BadAnswer { call, problem } => {
                write!(f, "cannot read the answer to {call}: {problem}")
            }
            Failure::NoUsers => {
                f.write_str("there are no users: make some with generate_users first")
            }
            Failure::TooLarge {
                users,
                bytes,
                limit,
            } => write!(
                f,
                "{} users make an upload of {} bytes, and Auth0 takes {} at most: nothing was sent; send about {} at a time",
                grouped(users),
                grouped(bytes),
                grouped(limit),
                grouped((users * limit / bytes * 19 / 20).max(1))
            ),
            Failure::UserTooLarge {
                row,
                email,
                bytes,
                limit,
            } => write!(
                f,
                "user {row} ({email}) alone has {} bytes, and an upload has room for {}: send less metadata",
                grouped(bytes),
                grouped(limit)
            ),
            Failure::BadRows { problems, users } => {
                let shown: Vec<String> = problems.iter().take(5).map(ToString::to_string).collect();
                let more = problems.len().saturating_sub(shown.len());
                let more = if more > 0 {
                    format!("; and {} more, which plan_import shows", grouped(more))
                } else {
                    String::new()
                };
                write!(
                    f,
                    "nothing was sent, since the check of {} found: {}{more}; mend them, or leave them out with ImportOptions::skip_bad_rows",
                    count(*users, "user"),
                    shown.join("; ")
                )
            }
            Failure::RunFolder { path, reason } => {
                write!(f, "cannot use the run folder {}: {reason}", path.display())
            }
            Failure::ImportStopped {
                folder,
                done,
                cause,
            } => write!(
                f,
                "the import stopped: {cause}; {done}, which is written down: go on with resume_import(&tenant, \"{}\")",
                folder.display()
            ),
            Failure::OutOfTime { limit } => {
                write!(f, "the time limit of {} s was reached", limit.as_secs_f64())
            }
            Failure::Source { path, reason } => {
                write!(f, "cannot read users from {}: {reason}", path.display())
            }
            Failure::ConnectionIdForm { given } => write!(
                f,
                "`{given}` is not a connection's id (con_ and 16 letters or digits): if it is the connection's name, let get_connection_id find the id"
            ),
            Failure::NoConnection { name, existing } if existing.is_empty() => {
                write!(
                    f,
                    "no connection `{name}`: this tenant has none; create a database in the dashboard first"
                )
            }
            Failure::NoConnection { name, existing } => {
                write!(
                    f,
                    "no connection `{name}`{}; this tenant has: {}",
                    but_for_case(name, existing),
                    existing.join(", ")
                )
            }
            Failure::ConnectionUnfit { name, reason } => {
                write!(f, "cannot import into the connection `{name}`: {reason}")
            }
            Failure::JobRunning { id, limit, status } if status == "pending" => write!(
                f,
                "job {id} is still running after {} s and goes on in the tenant: run this cell again to wait longer",
                limit.as_secs()
            ),
            Failure::JobRunning { id, limit, status } => write!(
                f,
                "job {id} had not ended after {} s, and GET /api/v2/jobs/{id} names the status `{status}`, which Auth0 does not list: run this cell again to wait longer, or look for the job's users with users_by_email",
                limit.as_secs()
            ),
            Failure::SignIn {
                login,
                refusal,
                message,
            } => {
                write!(
                    f,
                    "`{login}` could not sign in: {}; Auth0 says: {message}",
                    refusal.explanation()
                )
            }
            Failure::Practice { reason } => {
                write!(f, "the practice tenant cannot be used: {reason}")
            }
            Failure::Random { cause } => write!(f, "this system gives no random numbers: {cause}"),
            Failure::Export { reason } => write!(f, "cannot export the users: {reason}"),
            Failure::NoImportJob { id, reason } => {
                write!(f, "`{id}` cannot be taken up as an import job: {reason}")
            }
            Failure::Removal { reason } => write!(f, "nothing was removed: {reason}"),
            Failure::SettingsOfARun => f.write_str(
                "nothing was sent, since start_import_with makes one job, and what is set beyond the settings of a job (a name, slots, a rate, a limit, what becomes of rows and ids) is for a run: give it JobOptions, or use import_users",
            ),
            Failure::RecipeFile { path, cause } => write!(
                f,
                "cannot use the recipe's file {}: {cause}",
                path.display()
            ),
            Failure::NoCount => f.write_str("a count of 0 makes no users: ask for one or more"),
            Failure::Prefix { prefix, reason } => {
                write!(f, "the prefix `{prefix}` cannot be used: {reason}")
            }
            Failure::EmailDomain { domain, reason } => {
                write!(f, "the e-mail domain `{domain}` cannot be used: {reason}")
            }
            Failure::Password { reason } => write!(f, "the password cannot be hashed: {reason}"),
            Failure::HashRecipe { field, reason } => {
                write!(f, "cannot use this hash recipe: {field} {reason}")
            }
            Failure::PasswordHash {
                email,
                field,
                reason,
            } => {
                write!(f, "no password can be tried for {email}: {field} {reason}")
            }
            Failure::NoRecipe { reason } => write!(f, "found no recipe: {reason}"),
            Failure::Cost { cost, highest } => write!(
                f,
                "cost {cost} is not measured: bcrypt's costs begin at 4, and above {highest} one hash takes many seconds; give one in between"
            ),
            Failure::PasswordRow { row, email, reason } => {
                write!(f, "user {row} ({email}) {reason}")
            }
            Failure::CredentialsSheet { path, cause } => write!(
                f,
                "cannot write the credentials sheet {}: {cause}; no passwords were set, so mend that and run this cell again",
                path.display()
            ),
        }
    }
}

/// Says what is asked again.
pub(crate) fn say_fault(error: &Error) {
    say!("trying again: {}", without_advice(error));
}

/// Says why nothing happens for a while.
pub(crate) fn say_wait(error: &Error, wait: Duration) {
    say!("waiting {}: {}", in_words(wait), without_advice(error));
}

/// The sentence without its advice, which is for whoever would have to do it by hand.
fn without_advice(error: &Error) -> String {
    let text = error.to_string();
    let cause = text.rsplit_once("; ").map(|(cause, _)| cause.to_string());
    cause.unwrap_or(text)
}

/// What to do where connections cannot be read.
fn without_a_look_up(call: &str) -> &'static str {
    match call {
        "GET /api/v2/connections" => {
            "; an id that you know does without, as in ConnectionId::new(\"con_…\")"
        }
        _ => "",
    }
}

/// The names that differ from the wanted one in upper and lower case alone.
fn but_for_case(name: &str, existing: &[String]) -> String {
    // The list shows more than the name of a connection that is no database.
    let own = |listed: &&String| {
        let listed = listed.split(" (").next().unwrap_or_default();
        listed.to_lowercase() == name.to_lowercase()
    };
    let alike: Vec<&str> = existing.iter().filter(own).map(String::as_str).collect();
    match alike.is_empty() {
        true => String::new(),
        false => format!(
            ", but for upper and lower case: {}; give the name exactly",
            alike.join(", ")
        ),
    }
}

fn next_step(status: u16) -> &'static str {
    match status {
        400 => "mend what it names and run this cell again",
        401 => "make a new token for this tenant",
        403 => "check the token's scopes and the application it comes from",
        404 => "it may be gone (Auth0 keeps a job for 24 hours) or be another tenant's",
        413 => "send fewer users at a time",
        300..=399 => "set DOMAIN to the tenant's own host name",
        500..=599 => {
            "the fault is on the tenant's side: wait a minute, look whether it took effect, and run this cell again"
        }
        _ => "see the tenant's logs",
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
