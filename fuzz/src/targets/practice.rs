//! What the practice tenant is asked: multipart, query strings, the search language, JSON, whole requests.

use practice_tenant::{Answer, Fate, Keys, Moment, Request, Setup, World, answer};
use serde_json::Value;

use crate::mutate::parts;
use crate::targets::{Held, Reached, Target, no_more};

/// When it is asked: 2026-11-27, in microseconds since 1970.
const NOW: u64 = 1_795_737_600_000_000;
const SECOND: u64 = 1_000_000;
const CONNECTION: &str = "con_Practice00000001";
/// Words of a request that stand for something.
const MOST_WORDS: usize = 20;

const WORDS: [&str; 80] = [
    "GET ",
    "POST ",
    "PATCH ",
    "PUT ",
    "DELETE ",
    "OPTIONS ",
    "/api/v2/users",
    "/api/v2/users-by-email?email=",
    "/api/v2/connections",
    "/clients",
    "/api/v2/jobs/users-imports",
    "/api/v2/jobs/users-exports",
    "/api/v2/logs",
    "/oauth/token",
    "/practice/requests",
    "/practice/traffic",
    "/practice/prove",
    "/practice/slots",
    "/practice/door",
    "auth0%7C",
    "%00",
    "%",
    "%zz",
    "%C3",
    "+",
    "&",
    "?",
    "#",
    "//",
    "q=",
    "page=",
    "per_page=",
    "include_totals=true",
    "take=",
    "from=",
    "sort=created_at:1",
    "fields=",
    "include_fields=false",
    "search_engine=v3",
    "email:\"ada@example.com\"",
    "user_id:(\"a\" OR \"b\")",
    "_exists_:",
    "NOT ",
    " AND ",
    " OR ",
    "(",
    ")",
    "[2020 TO *}",
    "*",
    "~2",
    "^3",
    "identities.connection:",
    "--b",
    "--b--",
    "\r\n",
    "\r\n\r\n",
    "Content-Disposition: form-data; name=\"users\"; filename=\"u.json\"",
    "Content-Disposition: form-data; name=\"connection_id\"",
    "; boundary=",
    "\"upsert\"",
    "email",
    "password_hash",
    "custom_password_hash",
    "user_metadata",
    "app_metadata",
    "mfa_factors",
    "connection",
    "client_id",
    "grant_type",
    "password-realm",
    "{TOKEN}",
    "{ID}",
    "{CLIENT}",
    "{SECRET}",
    "-\u{a0}",
    "!\u{2028}",
    "(\u{3000}",
    CONNECTION,
    "authorization: ",
    "x-correlation-id: ",
];

pub(super) fn targets() -> Vec<Target> {
    let target = |name, about, run| Target {
        name,
        about,
        words: &WORDS,
        makes: no_more,
        run,
        most_memory: 64 << 20,
    };
    vec![
        target(
            "multipart",
            "the practice tenant's uploads: a content type and a body",
            uploaded,
        ),
        target("queries", "the practice tenant's query strings", queried),
        target(
            "searches",
            "the practice tenant's search language",
            searched,
        ),
        target(
            "bodies",
            "the practice tenant's JSON bodies: a method with a path, and a body",
            posted,
        ),
        Target {
            // A sign-in tries a hash that takes up to half a gigabyte.
            most_memory: 600 << 20,
            ..target(
                "requests",
                "whole requests to the practice tenant, one after the other",
                asked,
            )
        },
    ]
}

/// A tenant with somebody in it, and what was sent to it.
struct Asking {
    world: World,
    now: u64,
    token: String,
    /// What an application signs users in with: its id and its secret.
    client: [String; 2],
    /// Whether something was switched on that may answer 5xx on purpose.
    may_fail: bool,
}

impl Asking {
    fn new() -> Asking {
        let mut byte = 0_u8;
        let keys = Keys::drawn(|count| {
            (0..count)
                .map(|_| {
                    byte = byte.wrapping_mul(5).wrapping_add(17);
                    byte
                })
                .collect()
        });
        let world = World::new("http://127.0.0.1:8080", Setup::default(), keys, Moment(NOW));
        let mut asking = Asking {
            world: world.expect("a tenant"),
            now: NOW,
            token: String::new(),
            client: Default::default(),
            may_fail: false,
        };
        let lines = asking.world.env_lines();
        let named = |name: &str| lines.lines().find_map(|line| line.strip_prefix(name));
        asking.client = ["SIGN_IN_CLIENT_ID=", "SIGN_IN_CLIENT_SECRET="]
            .map(|name| named(name).unwrap_or_default().to_string());
        asking.token = asking.world.token();
        let rows = r#"[{"email":"ada@example.com","username":"ada","user_id":"a1","user_metadata":{"plan":"x"}},{"email":"bob@example.com"}]"#;
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"users\"; filename=\"u\"\r\n\r\n{rows}\r\n--b\r\nContent-Disposition: form-data; name=\"connection_id\"\r\n\r\n{CONNECTION}\r\n--b--\r\n"
        );
        let _ = asking.ask(
            "POST",
            "/api/v2/jobs/users-imports",
            &[("content-type", "multipart/form-data; boundary=b")],
            body.into_bytes(),
        );
        asking.now += 3600 * SECOND;
        asking.world.run_to(Moment(asking.now));
        asking
    }

    /// Asks with a token, and looks at the answer.
    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let bearer = format!("Bearer {}", self.token);
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .copied()
            .chain([("host", "127.0.0.1:8080"), ("authorization", &bearer)])
            .collect();
        self.send(method, path, &headers, body)
    }

    fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        self.now += SECOND / 10;
        self.may_fail |= path.contains("faults");
        let owned = |(name, value): &(&str, &str)| ((*name).to_string(), (*value).to_string());
        let request = Request {
            method: method.to_string(),
            path: path.to_string(),
            headers: headers.iter().map(owned).collect(),
            body,
        };
        let answered = answer(&mut self.world, Moment(self.now), &request);
        match self.may_fail {
            true => Ok(answered),
            false => fit(&answered)
                .map(|()| answered)
                .map_err(|why| format!("{why}: {method} {path}")),
        }
    }

    /// A job accounts for each of its rows, and its report has those that failed.
    fn job_adds_up(&mut self, taken: &Answer) -> Result<(), String> {
        let job = json(taken)?;
        let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap_or_default());
        self.now += 7200 * SECOND;
        self.world.run_to(Moment(self.now));
        // A job without a speed is pending when it is first asked after.
        self.ask("GET", &path, &[], Vec::new())?;
        let job = json(&self.ask("GET", &path, &[], Vec::new())?)?;
        let count = |name: &str| job["summary"][name].as_u64();
        match job["status"].as_str() {
            Some("completed") => {
                let sum = count("inserted").zip(count("updated")).zip(count("failed"));
                let sum = sum.map(|((inserted, updated), failed)| inserted + updated + failed);
                if sum.is_none() || sum != count("total") {
                    return Err(format!("a job does not account for its rows: {job}"));
                }
            }
            Some("failed") => {}
            status => return Err(format!("a job does not end: {status:?}")),
        }
        let report = self.ask("GET", &format!("{path}/errors"), &[], Vec::new())?;
        let rows = if report.status == 204 {
            Value::Null
        } else {
            json(&report)?
        };
        let told = rows.as_array().map_or(0, Vec::len) as u64;
        match count("failed") {
            Some(failed) if failed != told => Err(format!(
                "a report has not those who failed: {failed} of whom {told} are told"
            )),
            _ => Ok(()),
        }
    }
}

/// An answer is whole, below 500, and JSON where it says so.
fn fit(answered: &Answer) -> Result<(), String> {
    if !(200..500).contains(&answered.status) || answered.fate != Fate::Whole {
        return Err(format!(
            "an answer is none: {} {:?}",
            answered.status, answered.fate
        ));
    }
    let says_json = |(name, value): &(String, String)| {
        name == "content-type" && value.starts_with("application/json")
    };
    let json = match answered.headers.iter().any(says_json) {
        true => json(answered)?,
        false => return Ok(()),
    };
    let told = json["statusCode"].as_u64();
    let is_refusal = told == Some(answered.status.into()) && json["message"].is_string()
        || json["error"].is_string();
    match answered.status < 400 || is_refusal {
        true => Ok(()),
        false => Err(format!("a refusal has no envelope: {json}")),
    }
}

fn json(answered: &Answer) -> Result<Value, String> {
    serde_json::from_slice(&answered.body).map_err(|cause| format!("an answer is no JSON: {cause}"))
}

fn reached(answered: &Answer) -> Held {
    Ok(if answered.status < 400 {
        Reached::Taken
    } else {
        Reached::Refused
    })
}

fn texts(input: &[u8]) -> Vec<String> {
    parts(input)
        .iter()
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect()
}

fn uploaded(input: &[u8]) -> Held {
    let parts = parts(input);
    let kind = String::from_utf8_lossy(&parts[0]).replace(['\r', '\n'], " ");
    let body = parts.get(1).cloned().unwrap_or_default();
    let mut asking = Asking::new();
    let answered = asking.ask(
        "POST",
        "/api/v2/jobs/users-imports",
        &[("content-type", &kind)],
        body,
    )?;
    if answered.status == 202 {
        asking.job_adds_up(&answered)?;
    }
    reached(&answered)
}

/// A path with a query a line.
fn queried(input: &[u8]) -> Held {
    let mut asking = Asking::new();
    let mut some = Reached::Refused;
    for line in String::from_utf8_lossy(input).lines().take(8) {
        let answered = asking.ask("GET", line, &[], Vec::new())?;
        if answered.status < 400 {
            some = Reached::Taken;
        }
    }
    Ok(some)
}

/// A search a line. What is found is found again, and by its opposite nobody of those is.
fn searched(input: &[u8]) -> Held {
    let mut asking = Asking::new();
    let mut some = Reached::Refused;
    for line in String::from_utf8_lossy(input).split('\n').take(4) {
        let found = search(&mut asking, line)?;
        let Some(found) = found else { continue };
        some = Reached::Taken;
        if search(&mut asking, &format!("({line})"))?.is_some_and(|again| again != found) {
            return Err(format!("a search in brackets finds others: {line:?}"));
        }
    }
    Ok(some)
}

/// The ids of those who were found; `None` where the search was refused.
fn search(asking: &mut Asking, text: &str) -> Result<Option<Vec<String>>, String> {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answered = asking.ask(
        "GET",
        &format!("/api/v2/users?search_engine=v3&q={encoded}"),
        &[],
        Vec::new(),
    )?;
    if answered.status >= 400 {
        return Ok(None);
    }
    let users = json(&answered)?;
    let users = users.as_array().ok_or("users are no list: a search")?;
    Ok(Some(
        users
            .iter()
            .filter_map(|user| user["user_id"].as_str())
            .map(str::to_string)
            .collect(),
    ))
}

fn posted(input: &[u8]) -> Held {
    let parts = parts(input);
    let line = String::from_utf8_lossy(&parts[0]).into_owned();
    let (method, path) = line.split_once(' ').unwrap_or(("POST", &line));
    let body = parts.get(1).cloned().unwrap_or_default();
    let mut asking = Asking::new();
    let answered = asking.ask(method, path, &[("content-type", "application/json")], body)?;
    // Whatever was taken, those who are there can be shown.
    asking.ask("GET", "/api/v2/users?include_totals=true", &[], Vec::new())?;
    reached(&answered)
}

/// Requests: a line of method and path, headers, an empty line, a body. What was asked twice of two equal tenants is answered alike.
fn asked(input: &[u8]) -> Held {
    let (mut one, mut other) = (Asking::new(), Asking::new());
    let (mut some, mut last) = (Reached::Refused, String::new());
    for text in texts(input).iter().take(10) {
        // A token is sixty times as long as its word, and an input may be that word alone.
        let words = [
            ("{TOKEN}", &one.token),
            ("{CLIENT}", &one.client[0]),
            ("{SECRET}", &one.client[1]),
            ("{ID}", &last),
        ];
        let text = words.iter().fold(text.clone(), |text, (word, value)| {
            text.replacen(word, value, MOST_WORDS)
        });
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default();
        let (method, path) = line.split_once(' ').unwrap_or((line, "/"));
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
        let answered = one.send(method, path, &headers, body.as_bytes().to_vec())?;
        if answered != other.send(method, path, &headers, body.as_bytes().to_vec())? {
            return Err(format!("the same is answered otherwise: {line}"));
        }
        if answered.status < 400 {
            some = Reached::Taken;
            let told = serde_json::from_slice::<Value>(&answered.body).unwrap_or_default();
            last = told["id"]
                .as_str()
                .or(told["user_id"].as_str())
                .map_or(last, |id| id.replace('|', "%7C"));
        }
    }
    Ok(some)
}
