//! What clients that were not made for the practice tenant do at its door, over raw HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::practice::form;
use crate::server::Practice;

impl Practice {
    pub(crate) fn host(&self) -> &str {
        self.get("DOMAIN").strip_prefix("http://").unwrap()
    }

    /// The whole answer to these bytes, until the connection is closed.
    pub(crate) fn wire(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        // An answer may be followed by a reset, when not all was read.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The answer to a request with a token and these headers, each with its line end.
    pub(crate) fn with_headers(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> String {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.host(),
            self.get("MGMT_API_ACCESS_TOKEN"),
            body.len()
        );
        self.wire(&[head.as_bytes(), body].concat())
    }

    fn form_at_the_token(&self, body: &str) -> (u16, Value) {
        let body = (
            "application/x-www-form-urlencoded",
            body.as_bytes().to_vec(),
        );
        self.raw("POST", "/oauth/token", None, Some(body))
    }
}

/// Clients without a setting for the audience make it up for the host, with https as at Auth0.
#[test]
fn an_audience_with_https_is_this_tenants_too() {
    let practice = Practice::start(&[]);
    let port = practice.host().rsplit(':').next().unwrap();
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        for scheme in ["http", "https"] {
            let audience = format!("{scheme}://{host}/api/v2/");
            let body = format!(
                "grant_type=client_credentials&client_id={}&client_secret={}&audience={audience}",
                practice.get("CLIENT_ID"),
                practice.get("CLIENT_SECRET")
            );
            let (status, answer) = practice.form_at_the_token(&body);
            assert_eq!(status, 200, "{audience}: {answer}");
            let token = answer["access_token"].as_str();
            assert_eq!(
                practice.raw("GET", "/api/v2/users", token, None).0,
                200,
                "{audience}"
            );
        }
    }
    for other in [
        "https://127.0.0.1/api/v2/",
        "https://other:80/api/v2/",
        "ftp://x",
        "",
    ] {
        let body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&audience={other}",
            practice.get("CLIENT_ID"),
            practice.get("CLIENT_SECRET")
        );
        assert_eq!(practice.form_at_the_token(&body).0, 403, "{other}");
    }
}

/// As the URL standard parses `application/x-www-form-urlencoded`.
#[test]
fn a_form_is_read_as_a_form() {
    let practice = Practice::start(&[]);
    let sign_in = |password: &str| {
        let body = format!(
            "grant_type=password&client_id={}&client_secret={}&username=a@uni.test&password={password}",
            practice.get("SIGN_IN_CLIENT_ID"),
            practice.get("SIGN_IN_CLIENT_SECRET")
        );
        practice.form_at_the_token(&body).0
    };
    let hash = bcrypt::hash("a #1? %zz+/\u{e9}", 10).unwrap();
    practice.import(
        &json!([{"email": "a@uni.test", "password_hash": hash}]),
        "false",
    );
    assert_eq!(sign_in("a #1? %zz%2B/\u{e9}"), 200, "as it is");
    assert_eq!(sign_in("a+%231%3f+%25zz%2b%2F%C3%A9"), 200, "encoded");
    assert_eq!(sign_in("a"), 403);
}

#[test]
fn what_is_not_there_and_what_is_there_otherwise_are_told_in_auth0s_envelope() {
    let practice = Practice::start(&[]);
    for path in [
        "/",
        "/api/v2",
        "/api/v2/nothing",
        "/api/v3/users",
        "/oauth/nothing",
    ] {
        let (status, body) = practice.management("GET", path, None);
        assert_eq!(
            (status, &body["statusCode"], &body["error"]),
            (404, &json!(404), &json!("Not Found")),
            "{path}"
        );
    }
    let wrong =
        json!({"statusCode": 405, "error": "Method Not Allowed", "message": "Method Not Allowed"});
    for (method, path) in [
        ("PUT", "/api/v2/users"),
        ("POST", "/api/v2/connections"),
        ("DELETE", "/api/v2/jobs/x"),
    ] {
        let (status, body) = practice.management(method, path, None);
        assert_eq!((status, &body), (405, &wrong), "{method} {path}");
        let (status, body) = practice.raw(method, path, None, None);
        assert_eq!(
            (status, &body["message"]),
            (401, &json!("Missing authentication")),
            "{method} {path}"
        );
    }
    assert_eq!(
        practice.raw("GET", "/oauth/token", None, None),
        (405, wrong)
    );
    let answer = practice.with_headers("PUT", "/api/v2/users", "", b"");
    assert!(answer.contains("\r\nallow: GET,HEAD,POST\r\n"), "{answer}");
    let no_text = practice.management("GET", "/api/v2/users/%FF", None);
    assert_eq!((no_text.0, &no_text.1["statusCode"]), (400, &json!(400)));
}

/// "Fine-grained M2M token quotas"; the header's form is that of Auth0's SDKs.
#[test]
fn a_quota_of_tokens_is_a_429_of_its_own() {
    let practice = Practice::start(&["--fault", "token-quota=1"]);
    let credentials = json!({"grant_type": "client_credentials", "client_id": practice.get("CLIENT_ID"),
        "client_secret": practice.get("CLIENT_SECRET"), "audience": format!("{}/api/v2/", practice.get("DOMAIN"))});
    let ask = || {
        practice.with_headers(
            "POST",
            "/oauth/token",
            "Content-Type: application/json\r\n",
            credentials.to_string().as_bytes(),
        )
    };
    let answer = ask();
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nretry-after: 1\r\n"), "{head}");
    assert!(
        head.contains("\r\nauth0-client-quota-limit: b=per_hour;q=100;r=0;t="),
        "{head}"
    );
    let said = json!({"error": "too_many_requests", "error_description": "Client quota exceeded"});
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), said);
    assert!(ask().starts_with("HTTP/1.1 200 "));

    // What is aimed at that step happens there alone, and what is aimed nowhere does not happen there.
    for (faults, status) in [
        (json!({"server-error@token": 1}), "HTTP/1.1 503 "),
        (json!({"server-error": 1}), "HTTP/1.1 200 "),
    ] {
        practice.set_faults(faults.clone());
        let answer = ask();
        assert!(answer.starts_with(status), "{faults}: {answer}");
    }
    assert_eq!(practice.management("GET", "/api/v2/users", None).0, 503);
    practice.set_faults(json!({"reset@token": 1}));
    assert_eq!(ask(), "");
    practice.set_faults(json!({"server-error@token": 1}));
    assert_eq!(practice.management("GET", "/api/v2/users", None).0, 200);
}

/// The Management API's introduction: up to 64 characters, kept as `references.correlation_id`; the types are those of
/// "Log Event Type Codes".
#[test]
fn the_log_tells_what_was_done_under_which_correlation_id() {
    let practice = Practice::start(&[]);
    let (kind, body) = form(&[
        ("users", "[{\"email\":\"a@uni.test\",\"user_id\":\"x\"}]"),
        ("connection_id", "con_Practice00000001"),
    ]);
    let id = "x".repeat(64);
    let upload = |id: &str| {
        practice.with_headers(
            "POST",
            "/api/v2/jobs/users-imports",
            &format!("Content-Type: {kind}\r\nX-Correlation-ID: {id}\r\n"),
            &body,
        )
    };
    let answer = upload(&id);
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    let job: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    for _ in 0..2 {
        practice.get_json(&format!("/api/v2/jobs/{}", job["id"].as_str().unwrap()));
    }
    let deleted = practice.with_headers(
        "DELETE",
        "/api/v2/users/auth0%7Cx",
        "X-Correlation-ID: clean-up\r\n",
        b"",
    );
    assert!(deleted.starts_with("HTTP/1.1 204 "), "{deleted}");

    let log = practice.get_json("/api/v2/logs");
    let kinds: Vec<&str> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["sdu", "sui", "sapi"]);
    assert_eq!(log[2]["description"], "Create import users job");
    assert_eq!(log[2]["client_id"], practice.get("CLIENT_ID"));
    assert_eq!(log[2]["references"], json!({"correlation_id": id}));
    assert_eq!(log[0]["references"], json!({"correlation_id": "clean-up"}));
    assert_eq!(log[1].get("references"), None);
    assert!(
        log[0]["date"].as_str() >= log[2]["date"].as_str() && log[0]["log_id"] == log[0]["_id"]
    );

    let found = practice.get_json(&format!(
        "/api/v2/logs?q=references.correlation_id:%22{id}%22&include_totals=true"
    ));
    assert_eq!(
        (&found["total"], &found["logs"]),
        (&json!(1), &json!([log[2]]))
    );
    assert_eq!(
        practice.get_json("/api/v2/logs?per_page=1&page=1"),
        json!([log[1]])
    );
    assert_eq!(
        practice.get_json("/api/v2/logs?sort=date:1&per_page=1"),
        json!([log[2]])
    );

    assert!(upload(&"x".repeat(65)).starts_with("HTTP/1.1 400 "));
    assert_eq!(
        practice.get_json("/api/v2/logs").as_array().unwrap().len(),
        3,
        "nothing was done"
    );
    let token = practice.token_with("read:users");
    let (status, body) = practice.raw("GET", "/api/v2/logs", Some(&token), None);
    assert_eq!(
        (status, &body["message"]),
        (
            403,
            &json!("Insufficient scope, expected any of: read:logs")
        )
    );
    // A user who is not there leaves no entry, and a job that failed has one of its own.
    practice.management("DELETE", "/api/v2/users/auth0%7Cx", None);
    practice.set_faults(json!({"job-fails": 1}));
    let job: Value =
        serde_json::from_str(upload("again").split_once("\r\n\r\n").unwrap().1).unwrap();
    for _ in 0..2 {
        practice.get_json(&format!("/api/v2/jobs/{}", job["id"].as_str().unwrap()));
    }
    assert_eq!(
        practice.get_json("/api/v2/logs?fields=type&per_page=2"),
        json!([{"type": "fui"}, {"type": "sapi"}])
    );
}

#[test]
fn the_log_is_bounded() {
    let practice = Practice::start(&[]);
    let row = |n: usize| json!({"email": format!("u{n}@uni.test"), "user_id": format!("u{n}")});
    let rows: Vec<Value> = (0..=1000).map(row).collect();
    practice.import(&json!(rows), "false");
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let delete = |n: usize| {
        let last = if n == 1000 {
            "Connection: close\r\n"
        } else {
            ""
        };
        format!(
            "DELETE /api/v2/users/auth0%7Cu{n} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n{last}\r\n",
            practice.host()
        )
    };
    let deletes: String = (0..=1000).map(delete).collect();
    let answers = practice.wire(deletes.as_bytes());
    assert_eq!(answers.matches("HTTP/1.1 204 ").count(), 1001);
    let log = practice.get_json("/api/v2/logs?include_totals=true&q=type:sdu");
    assert_eq!(log["total"], 1000);
}
