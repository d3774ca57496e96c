//! A practice tenant of a test's own, and a server that answers whatever a test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use auth0_bulk_users::{ConnectionId, Tenant, get_connection_id};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::program::practice_tenant;
use crate::turned;

/// The practice tenant's program, built once.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(practice_tenant)
}

pub(crate) const DATABASE: &str = "Username-Password-Authentication";

/// Ends with the test.
pub(crate) struct Practice {
    child: Child,
    pub(crate) lines: Vec<(String, String)>,
}

impl Practice {
    /// On a thread whose clock is turned it goes by that clock.
    pub(crate) fn start(args: &[&str]) -> Practice {
        let turned = turned::shown().map(|_| "--turned");
        let mut child = Command::new(program())
            .args(args)
            .args(turned)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the practice tenant starts");
        let stdout = BufReader::new(child.stdout.take().expect("its stdout is piped"));
        let line = |line: std::io::Result<String>| {
            let line = line.expect("its lines are text");
            let (name, value) = line.split_once('=').expect("its lines are NAME=value");
            (name.to_string(), value.to_string())
        };
        let lines = stdout.lines().take(6).map(line).collect();
        turned::catch_up();
        Practice { child, lines }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let (_, value) = self
            .lines
            .iter()
            .find(|(key, _)| key == name)
            .expect("a line of that name");
        value
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn tenant(&self) -> Tenant {
        Tenant::new(self.get("DOMAIN"), self.get("MGMT_API_ACCESS_TOKEN")).unwrap()
    }

    pub(crate) fn database(&self) -> (Tenant, ConnectionId) {
        let tenant = self.tenant();
        let connection = get_connection_id(&tenant, DATABASE).unwrap();
        (tenant, connection)
    }

    /// One raw request: status and body.
    pub(crate) fn raw(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<(&str, Vec<u8>)>,
    ) -> (u16, Value) {
        let url = format!("{}{path}", self.get("DOMAIN"));
        let mut request = ureq_like(method, &url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(now) = turned::shown() {
            request = request.header("x-practice-now", now);
        }
        if let Some((content_type, bytes)) = body {
            request = request.header("content-type", content_type).body(bytes);
        }
        let answer = request.send().unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_slice(&answer.bytes().unwrap()).unwrap_or(Value::Null),
        )
    }
}

fn ureq_like(method: &str, url: &str) -> reqwest::blocking::RequestBuilder {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let tls = tls
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::blocking::Client::builder()
        .no_proxy()
        // A slow machine takes long for a slow hash.
        .timeout(None)
        .tls_backend_preconfigured(tls)
        .build()
        .unwrap();
    client.request(method.parse().unwrap(), url)
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An unsigned token for a tenant, with claims laid over the usual ones.
pub(crate) fn token(base: &str, over: Value) -> String {
    let mut claims = json!({"aud": format!("{base}/api/v2/"), "exp": 4_000_000_000_u64, "practice_tenant": true,
        "scope": "read:connections read:connections_options create:users read:users delete:users"});
    for (name, value) in over.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.c2lnbmF0dXJl",
        part(&json!({"alg": "RS256"})),
        part(&claims)
    )
}

/// Answers each connection with the next of `answers` (the last one again and again), raw HTTP, and keeps the requests.
pub(crate) fn canned(answers: Vec<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let mut index = 0;
    served(move |_| {
        index += 1;
        answers[index.min(answers.len()) - 1].clone()
    })
}

/// Answers each request, given whole, with what `answer` makes of it, raw HTTP, and keeps the requests.
pub(crate) fn served(
    mut answer: impl FnMut(&str) -> String + Send + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = String::from_utf8_lossy(&read_request(&mut stream)).into_owned();
            kept.lock().unwrap().push(request.clone());
            let _ = stream.write_all(answer(&request).as_bytes());
        }
    });
    (base, requests)
}

/// A request to its end, or as much of it as comes.
pub(crate) fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut piece = [0; 65_536];
    while !whole(&request) {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => request.extend_from_slice(&piece[..count]),
        }
    }
    request
}

fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length: ")
            .and_then(|n| n.parse().ok())
    });
    request.len() >= head.len() + 4 + length.unwrap_or(0)
}

pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}
