//! Random requests to the practice tenant: whatever it is asked, it answers, with no 5xx, and its memory stays small.
//!
//! `PRACTICE_FUZZ` is how many, `PRACTICE_FUZZ_SEED` which; both are said when something goes wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Map, Value, json};

use crate::process::most_memory;
use crate::server::Practice;

const METHODS: [&str; 6] = ["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];
const PATHS: [&str; 24] = [
    "GET /api/v2/connections",
    "GET /api/v2/connections/con_Practice00000001",
    "GET /api/v2/connections/con_Practice00000005/clients",
    "GET /api/v2/connections/~",
    "POST /api/v2/jobs/users-imports",
    "POST /api/v2/jobs/users-exports",
    "GET /api/v2/jobs/~",
    "GET /api/v2/jobs/~/errors",
    "GET /api/v2/users",
    "POST /api/v2/users",
    "GET /api/v2/users-by-email",
    "GET /api/v2/users/auth0%7C~",
    "GET /api/v2/users/~",
    "GET /api/v2/logs",
    "GET /exports/~/practice.json.gz",
    "POST /oauth/token",
    "PUT /practice/faults",
    "POST /practice/prove",
    "GET /practice/requests",
    "GET /~",
    "PATCH /api/v2/users/auth0%7C~",
    "DELETE /api/v2/users/auth0%7C~",
    "POST /api/v2/jobs/users-imports",
    "POST /api/v2/users",
];
const PARAMS: [&str; 18] = [
    "q",
    "page",
    "per_page",
    "include_totals",
    "take",
    "from",
    "sort",
    "fields",
    "include_fields",
    "name",
    "strategy",
    "email",
    "search_engine",
    "Expires",
    "Signature",
    "search",
    "connection",
    "~",
];
const TEXTS: [&str; 34] = [
    "",
    "a",
    "0",
    "1",
    "-1",
    "100",
    "18446744073709551616",
    "1e300",
    "NaN",
    "true",
    "false",
    "null",
    "a@uni.test",
    "b@uni.test",
    "auth0|x",
    "x",
    "email:\"a@uni.test\"",
    "NOT (a:b OR -c:d*) AND _exists_:e",
    "((((((((",
    "user_id:\"auth0|x\"",
    "date:1",
    "email:-1",
    "a.b",
    "$",
    "+4930123",
    "+",
    "v3",
    "con_Practice00000001",
    "Username-Password-Authentication",
    "Shared-Emails",
    "\u{0}",
    "\u{202e}\u{fffd}",
    "\u{1f600}",
    "%",
];
const KEYS: [&str; 24] = [
    "email",
    "email_verified",
    "phone_number",
    "phone_verified",
    "user_id",
    "username",
    "given_name",
    "name",
    "nickname",
    "picture",
    "blocked",
    "password_hash",
    "custom_password_hash",
    "app_metadata",
    "user_metadata",
    "mfa_factors",
    "connection",
    "verify_email",
    "connection_id",
    "format",
    "fields",
    "limit",
    "challenge",
    "~",
];

/// A linear congruential draw, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % most
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn text(&mut self) -> String {
        match self.below(20) {
            0 => "x".repeat(self.below(3000)),
            1 => (0..self.below(20))
                .map(|_| char::from_u32(self.below(0x3000) as u32).unwrap_or('?'))
                .collect(),
            _ => self.of(&TEXTS).to_string(),
        }
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => (self.below(2) == 0).into(),
            2 => json!(f64::from(self.below(2000) as u32) / 7.0 - 50.0),
            3 | 4 => self.text().into(),
            5 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => self.object(depth - 1).into(),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        let mut object = Map::new();
        for _ in 0..self.below(6) {
            let key = if self.below(10) == 0 {
                self.text()
            } else {
                self.of(&KEYS).to_string()
            };
            object.insert(key, self.json(depth));
        }
        object
    }

    /// A row that is often good.
    fn row(&mut self) -> Value {
        let mut row = self.object(2);
        if self.below(4) > 0 {
            row.insert(
                "email".into(),
                format!("u{}@uni.test", self.below(2000)).into(),
            );
        }
        row.into()
    }

    fn body(&mut self, path: &str) -> (String, Vec<u8>) {
        let json = "application/json".to_string();
        match self.below(10) {
            0 => (
                self.of(&[
                    "text/plain",
                    "multipart/form-data; boundary=b",
                    "application/x-www-form-urlencoded",
                    "\"",
                    "application/json",
                ])
                .into(),
                (0..self.below(300))
                    .map(|_| self.below(256) as u8)
                    .collect(),
            ),
            1 => (
                json,
                format!("{}{}", "[".repeat(self.below(3000)), self.text()).into_bytes(),
            ),
            _ if path.ends_with("imports") => {
                let rows: Vec<Value> = (0..self.below(8)).map(|_| self.row()).collect();
                let connection = format!("con_Practice0000000{}", self.below(9));
                let (rows, upsert) = (json!(rows).to_string(), self.of(&["true", "false"]));
                let (kind, body) = crate::practice::form(&[
                    ("users", &rows),
                    ("connection_id", &connection),
                    ("upsert", upsert),
                ]);
                (kind.to_string(), body)
            }
            _ if path.ends_with("users") => {
                let mut row = self.row();
                row["connection"] = self
                    .of(&[
                        "Username-Password-Authentication",
                        "Shared-Emails",
                        "Email-Only-Users",
                    ])
                    .into();
                (json, row.to_string().into_bytes())
            }
            // What is switched on must not make 5xx on purpose.
            _ if path.ends_with("faults") => {
                let fault = self.of(&[
                    "options-withheld",
                    "metadata-keys-taken",
                    "large-profiles-refused",
                    "job-speed",
                    "job-lost@job",
                    "search-lag",
                    "slots-held",
                    "thunder",
                ]);
                let number = self.of(&["0", "1", "1e300", "-1", "1e9", "0.5", "\"1\""]);
                (
                    json,
                    format!(
                        "{{\"faults\": {{\"{fault}\": {number}}}, \"seed\": {}}}",
                        self.below(9)
                    )
                    .into_bytes(),
                )
            }
            _ if path.ends_with("token") => {
                let form = [
                    "grant_type",
                    "client_id",
                    "client_secret",
                    "audience",
                    "username",
                    "password",
                    "realm",
                    "scope",
                ];
                let pairs: Vec<String> = (0..self.below(8))
                    .map(|_| format!("{}={}", self.of(&form), self.text()))
                    .collect();
                (
                    "application/x-www-form-urlencoded".into(),
                    pairs.join("&").into_bytes(),
                )
            }
            _ => (json, Value::Object(self.object(3)).to_string().into_bytes()),
        }
    }

    fn request(&mut self, token: &str) -> Vec<u8> {
        let encode =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let piece = self.text();
        let (usual, path) = self.of(&PATHS).split_once(' ').unwrap();
        let other = self.of(&METHODS);
        let method = if self.below(8) == 0 { other } else { usual };
        let mut target = path.replace('~', &encode(&piece));
        let (kind, body) = self.body(&target);
        for index in 0..self.below(4) {
            let name = self.of(&PARAMS).replace('~', &encode(&self.text()));
            let sign = if index == 0 { '?' } else { '&' };
            target += &format!("{sign}{name}={}", encode(&self.text()));
        }
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
            body.len()
        );
        head += if self.below(30) == 0 {
            "Host: evil.example\r\n"
        } else {
            "Host: localhost\r\n"
        };
        match self.below(12) {
            0 => {}
            1 => head += "Authorization: Bearer a.b.c\r\n",
            2 => head += "Authorization: Basic x\r\n",
            _ => head += &format!("Authorization: Bearer {token}\r\n"),
        }
        if self.below(5) == 0 {
            head += &format!("X-Correlation-ID: {}\r\n", "c".repeat(self.below(80)));
        }
        [head.as_bytes(), b"\r\n", &body].concat()
    }
}

/// The status of the answer to a request; `None` when there is none.
fn answer(stream: &mut BufReader<TcpStream>, request: &[u8]) -> Option<(u16, bool)> {
    stream.get_mut().write_all(request).ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let (mut length, mut goes_on) = (0, true);
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        let header = line.trim_end().to_lowercase();
        if header.is_empty() {
            break;
        }
        goes_on &= header != "connection: close";
        if let Some(number) = header.strip_prefix("content-length: ") {
            length = number.parse().ok()?;
        }
    }
    stream.read_exact(&mut vec![0; length]).ok()?;
    Some((status, goes_on))
}

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn whatever_it_is_asked_it_answers_and_nothing_breaks() {
    let (count, seed) = (
        variable("PRACTICE_FUZZ", 2_000),
        variable("PRACTICE_FUZZ_SEED", 1),
    );
    let practice = Practice::start(&[]);
    let connect = || BufReader::new(TcpStream::connect(practice.host()).unwrap());
    let mut chance = Chance(seed);
    let mut stream = connect();
    let mut statuses = std::collections::BTreeMap::<u16, u64>::new();
    for number in 0..count {
        let request = chance.request(practice.get("MGMT_API_ACCESS_TOKEN"));
        // A connection that was ended by the request before is no fault of this one.
        let answered = answer(&mut stream, &request).or_else(|| {
            stream = connect();
            answer(&mut stream, &request)
        });
        let shown = || {
            format!(
                "request {number} of seed {seed}: {}",
                String::from_utf8_lossy(&request)
            )
        };
        let (status, goes_on) = answered.unwrap_or_else(|| panic!("no answer to {}", shown()));
        assert!(status < 500, "{status} to {}", shown());
        *statuses.entry(status).or_default() += 1;
        if !goes_on {
            stream = connect();
        }
    }
    // The requests reach further than the door.
    for status in [200, 201, 202, 204, 400, 401, 403, 404, 405] {
        assert!(
            statuses.contains_key(&status),
            "no {status} among {statuses:?}"
        );
    }
    if let Some(kilobytes) = most_memory(&practice.id().to_string()) {
        println!("{statuses:?}, {kilobytes} kB at most");
        assert!(kilobytes < 100_000, "{kilobytes} kB");
    }
}
