//! The latest requests and answers. Secrets are left out when they are recorded, not when they are drawn.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;

use crate::error::{ErrorKind, Result};
use crate::list::list;
use crate::say::{debug_fields, disarmed};
use crate::secrets::hide::HIDDEN;
use crate::secrets::redact::{self, MOST_TEXT_CHARS, is_listed};
use crate::secrets::sent::SentSecrets;
use crate::tenant::request::{Answer, Body, CORRELATION_ID, Request};
use crate::words::cut;

/// Requests that are remembered.
const MOST_REQUESTS: usize = 200;
/// Characters of an address that are remembered.
const MOST_ADDRESS_CHARS: usize = 4_000;

/// One request as it was sent, and what came back; without secrets.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// list_connections(&tenant)?;
/// let log = tenant.requests();
/// assert!(log[0].path.starts_with("/api/v2/connections"));
/// assert!(log[0].curl().contains("$MGMT_API_ACCESS_TOKEN"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct SentRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body in brief; empty when there was none.
    pub sent: String,
    /// The `X-Correlation-ID` of an upload or a deletion, which the tenant's log shows.
    pub correlation_id: Option<String>,
    /// The HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// The time from the first byte sent to the last byte read.
    pub took: Duration,
    /// The answer's body in brief, or why there is none.
    pub answered: String,
    curl: String,
}

debug_fields!(SentRequest: method, path, sent, correlation_id, status, took, answered, curl);

impl SentRequest {
    /// The request as a line for a shell in which `MGMT_API_ACCESS_TOKEN` is set. Other secrets are variables too
    /// (`CLIENT_SECRET`; for a sign-in, `SIGN_IN_CLIENT_SECRET` and `PASSWORD`; `LOCATION`, the address of an export), and so
    /// are texts of over 4,000 characters. The users of an upload are in a file `users.json`. The shell passes secrets to curl
    /// on its standard input, so no list of processes shows them.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// find_users(&tenant, "username:docs-nobody")?;
    /// let log = tenant.requests();
    /// let token = r#"printf 'Authorization: Bearer %s\n' "$MGMT_API_ACCESS_TOKEN" | curl -H @-"#;
    /// assert!(log[0].curl().starts_with(token));
    /// assert!(log[0].curl().contains("/api/v2/users?"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn curl(&self) -> &str {
        &self.curl
    }
}

/// The last requests of a tenant handle and its clones, in the order they were answered: a list of [`SentRequest`],
/// which derefs to a slice and iterates. Draws itself with a line for each; one alone, `tenant.requests()[3]` say, draws itself
/// whole, with a `curl` line to copy.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// list_connections(&tenant)?;
/// let log = tenant.requests();
/// assert_eq!(log.before(), 0);
/// for sent in &log {
///     println!("{} {} took {:?}", sent.method, sent.path, sent.took);
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestLog {
    pub(crate) requests: Vec<SentRequest>,
    pub(crate) before: u64,
}

impl RequestLog {
    /// How many requests came before these: 200 are remembered.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// for _ in 0..201 {
    ///     users_by_email(&tenant, "docs-nobody@uni.test")?;
    /// }
    /// let log = tenant.requests();
    /// assert_eq!((log.len(), log.before()), (200, 1));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn before(&self) -> u64 {
        self.before
    }
}

list!(RequestLog, requests, SentRequest);

/// Records what is sent; shared by the clones of a tenant.
#[derive(Default)]
pub(crate) struct Recorder {
    log: Mutex<(VecDeque<SentRequest>, u64)>,
}

impl Recorder {
    pub(crate) fn log(&self) -> RequestLog {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        RequestLog {
            requests: log.0.iter().cloned().collect(),
            before: log.1,
        }
    }

    /// Writes one request down. What went with it and may not be shown is not shown in the answer either.
    pub(crate) fn note(
        &self,
        request: &Request,
        url: &Url,
        answer: &Result<Answer>,
        took: Duration,
    ) {
        // Requests that control a practice tenant are not part of the API, and are not shown here.
        if request.path.starts_with("/practice") {
            return;
        }
        let path = match (request.signed.is_some(), url.query()) {
            // The query of a signed address is a key to the file.
            (true, _) => format!("{}?{HIDDEN}", request.path),
            (false, Some(query)) => format!("{}?{query}", request.path),
            (false, None) => request.path.clone(),
        };
        let sent = SentRequest {
            method: request.method.to_string(),
            path: disarmed(&cut(&path, MOST_ADDRESS_CHARS)),
            sent: disarmed(&in_brief(&request.body)),
            correlation_id: request.correlation_id.clone(),
            status: answer.as_ref().ok().map(|answer| answer.status.as_u16()),
            took,
            answered: disarmed(&answered(answer)),
            curl: disarmed(&curl(request, url)),
        };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.0.len() == MOST_REQUESTS {
            log.0.pop_front();
            log.1 += 1;
        }
        log.0.push_back(sent);
    }
}

fn answered(answer: &Result<Answer>) -> String {
    match answer {
        Ok(answer) => redact::of_json(&answer.body, &answer.sent),
        Err(error) if error.kind() == ErrorKind::TimedOut => "no answer in time".to_string(),
        Err(_) => "no complete answer: the connection failed".to_string(),
    }
}

/// A body as far as it may be shown; each field of a form is on its own line.
fn in_brief(body: &Body) -> String {
    match body {
        Body::None => String::new(),
        Body::Json(json) => redact::of_value(json),
        Body::Form(form) => {
            let line = |(name, text): &(&str, String)| {
                let shown = field_shown(name, text).replace(['\r', '\n'], " ");
                format!("{name}={}\n", cut(&shown, MOST_TEXT_CHARS))
            };
            let file = redact::of_json(&form.file, &SentSecrets::default());
            form.fields.iter().map(line).collect::<String>() + "users=" + &file
        }
    }
}

/// The text of a field of a form, or as much of it as may be shown.
fn field_shown(name: &str, text: &str) -> String {
    match is_listed(name) {
        true => redact::shown(text, name, &SentSecrets::default()),
        false => HIDDEN.to_string(),
    }
}

/// The line for a shell: POSIX sh, bash and zsh alike. What is secret comes on curl's standard input, printed by the
/// shell itself: in its arguments every user of the machine could read it.
fn curl(request: &Request, url: &Url) -> String {
    let body = &request.body;
    if request.signed.is_some() {
        return "printf 'url = \"%s\"\\n' \"$LOCATION\" | curl -K - --output export.ndjson.gz"
            .to_string();
    }
    // The Authentication API takes no bearer token; its secrets are in the body.
    let has_token = request.path.starts_with("/api/");
    let mut words = Vec::new();
    if has_token {
        words.push(
            "printf 'Authorization: Bearer %s\\n' \"$MGMT_API_ACCESS_TOKEN\" | curl -H @-"
                .to_string(),
        );
    } else if let Body::Json(json) = body {
        words.push(format!("printf %s '{}' | curl", redact::for_shell(json)));
    } else {
        words.push("curl".to_string());
    }
    let method = request.method.as_str();
    // GET without a body and POST with one are what curl does anyway.
    if !matches!(
        (method, body),
        ("GET", Body::None) | ("POST", Body::Form(_) | Body::Json(_))
    ) {
        words.push(format!("-X {method}"));
    }
    if let Some(id) = &request.correlation_id {
        words.push(format!("-H {}", quoted(&format!("{CORRELATION_ID}: {id}"))));
    }
    match body {
        Body::None => {}
        Body::Json(json) => {
            words.push("-H 'Content-Type: application/json'".to_string());
            words.push(match has_token {
                true => format!("-d '{}'", redact::for_shell(json)),
                false => "-d @-".to_string(),
            });
        }
        Body::Form(form) => {
            words.extend(
                form.fields
                    .iter()
                    .map(|(name, text)| field_word(name, text)),
            );
            words.push("-F 'users=@users.json;type=application/json'".to_string());
        }
    }
    words.push(quoted(&cut(url.as_str(), MOST_ADDRESS_CHARS)));
    words.join(" ")
}

/// A field of a form as an option of curl; what is hidden or too long is left to a variable.
fn field_word(name: &str, text: &str) -> String {
    if field_shown(name, text) != text {
        return format!("--form-string \"{name}=${}\"", name.to_uppercase());
    }
    // To -F some characters have a meaning.
    let is_word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let option = if is_word { "-F" } else { "--form-string" };
    format!("{option} {}", quoted(&format!("{name}={text}")))
}

/// Text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
