//! What the practice tenant keeps from others on this machine, over raw HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::recipes::hex;
use crate::runs::TestFolder;
use crate::server::Practice;

fn prove(practice: &Practice, body: &Value) -> (u16, Value) {
    let body = ("application/json", body.to_string().into_bytes());
    practice.raw("POST", "/practice/prove", None, Some(body))
}

#[test]
fn it_proves_that_it_knows_the_key_in_its_file_and_tells_it_nobody() {
    let folder = TestFolder::new();
    let path = folder.join("practice.env");
    let practice = Practice::start(&["--env-file", path.to_str().unwrap()]);
    let file = std::fs::read_to_string(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let key = file
        .lines()
        .find_map(|line| line.strip_prefix("PRACTICE_PROOF="))
        .unwrap();
    assert!(
        practice.lines.iter().all(|(_, value)| !value.contains(key)),
        "not on stdout"
    );
    let challenge = "0123456789abcdef";
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(challenge.as_bytes());
    let proof = hex(&mac.finalize().into_bytes());
    let answer = prove(&practice, &json!({ "challenge": challenge }));
    assert_eq!(answer, (200, json!({ "proof": proof })));
    for wrong in [
        json!({}),
        json!({"challenge": 7}),
        json!({"challenge": "short"}),
        json!({"challenge": "x".repeat(129)}),
        json!([]),
    ] {
        assert_eq!(prove(&practice, &wrong).0, 400, "{wrong}");
    }
    let (_, about) = practice.raw("GET", "/practice", None, None);
    let version = env!("CARGO_PKG_VERSION");
    let expected = json!({"practice_tenant": true, "version": version, "rate": 10_000.0, "burst": 10_000.0,
        "minute_rate": null, "minute_burst": null, "job_speed": null, "max_jobs": 2, "jobs_running": 0});
    assert_eq!(about, expected);
}

#[test]
fn only_holders_of_a_token_steer_it_or_look_at_what_was_asked() {
    let practice = Practice::start(&[]);
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    for (method, path) in [
        ("GET", "/practice/faults"),
        ("PUT", "/practice/faults"),
        ("PUT", "/practice/door"),
        ("PUT", "/practice/slots"),
        ("GET", "/practice/requests"),
        ("GET", "/practice/traffic"),
    ] {
        let body = || {
            (method == "PUT").then(|| {
                (
                    "application/json",
                    b"{\"closed\": false, \"until\": []}".to_vec(),
                )
            })
        };
        assert_eq!(
            practice.raw(method, path, None, body()).0,
            401,
            "{method} {path}"
        );
        assert_eq!(
            practice.raw(method, path, Some(token), body()).0,
            200,
            "{method} {path}"
        );
    }
}

/// A page whose own name leads to this machine has its name in the Host header.
#[test]
fn a_request_that_was_meant_for_another_host_is_refused() {
    let practice = Practice::start(&[]);
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let ask = |target: &str, host: &str| {
        let answer = practice.wire(
            format!("GET {target} HTTP/1.1\r\n{host}Connection: close\r\nAuthorization: Bearer {token}\r\n\r\n").as_bytes(),
        );
        answer.split(' ').nth(1).unwrap().to_string()
    };
    let path = "/api/v2/users";
    for own in [
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost:80",
        "LocalHost:80",
        practice.host(),
    ] {
        assert_eq!(ask(path, &format!("Host: {own}\r\n")), "200", "{own}");
    }
    for other in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example:1",
        "",
        "127.0.0.1:1:evil",
        "127.0.0.1:1.evil.example",
        "127.0.0.1:1, evil.example",
        "evil.example@127.0.0.1:1",
        "0.0.0.0",
    ] {
        assert_eq!(ask(path, &format!("Host: {other}\r\n")), "403", "{other}");
        assert_eq!(
            ask("/practice", &format!("Host: {other}\r\n")),
            "403",
            "{other}"
        );
    }
    assert_eq!(ask(path, ""), "403");
    let two = "Host: localhost\r\nHost: evil.example\r\n";
    assert_eq!(ask(path, two), "403");
    assert_eq!(
        ask("http://evil.example/api/v2/users", "Host: localhost\r\n"),
        "403"
    );
}

/// 1 MB is documented for bodies of the Management API. The token comes first, so that a stranger cannot fill the memory.
#[test]
fn a_body_is_read_after_the_token_and_up_to_a_limit() {
    let practice = Practice::start(&[]);
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let large = || Some(("application/json", vec![b' '; 1_000_001]));
    for (method, path) in [
        ("POST", "/api/v2/users"),
        ("PATCH", "/api/v2/users/auth0%7Cx"),
        ("POST", "/api/v2/jobs/users-exports"),
        ("POST", "/api/v2/jobs/users-imports"),
        ("PUT", "/practice/faults"),
        ("PUT", "/practice/door"),
        ("PUT", "/practice/slots"),
    ] {
        assert_eq!(
            practice.raw(method, path, Some(token), large()).0,
            413,
            "{method} {path}"
        );
        // The body never comes, and is not waited for.
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
        let mut stream = TcpStream::connect(practice.host()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).unwrap();
        assert_eq!(&begin, b"HTTP/1.1 401", "{method} {path}");
    }
    for path in ["/oauth/token", "/practice/prove"] {
        assert_eq!(practice.raw("POST", path, None, large()).0, 413, "{path}");
    }
}

#[test]
fn half_a_request_is_ended() {
    let practice = Practice::start(&["--request-seconds", "1"]);
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let body = format!(
        "POST /api/v2/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n{{"
    );
    for (half, begin) in [
        ("GET /api/v2/users HTTP/1.1\r\nHost: loc", ""),
        (&body, "HTTP/1.1 408 "),
    ] {
        let mut stream = TcpStream::connect(practice.host()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(half.as_bytes()).unwrap();
        let mut answer = String::new();
        let ended = stream.read_to_string(&mut answer);
        assert!(
            ended.is_ok() && answer.starts_with(begin),
            "{half}: {ended:?} {answer}"
        );
    }
}

#[test]
fn what_is_remembered_of_requests_is_bounded() {
    let practice = Practice::start(&[]);
    let long = format!("/api/v2/users/{}", "x".repeat(5000));
    practice.raw("GET", &long, None, None);
    let record = practice.get_json("/practice/requests");
    assert_eq!(
        record["requests"][0]["path"].as_str().unwrap(),
        &long[..200]
    );
}

#[test]
fn no_number_is_too_large_for_it() {
    let practice = Practice::start(&[]);
    for (fault, number) in [
        ("latency-ms", "1e300"),
        ("slots-held-seconds", "1e10"),
        ("search-lag", "-1"),
        ("job-speed", "1e300"),
    ] {
        let body = format!("{{\"faults\": {{\"{fault}\": {number}}}}}").into_bytes();
        let (status, answer) =
            practice.management("PUT", "/practice/faults", Some(("application/json", body)));
        assert!(
            status == 400 && answer["message"].as_str().unwrap().contains(fault),
            "{answer}"
        );
    }
    for (fault, number) in [
        ("slots-held-seconds", 1e9),
        ("search-lag", 1e9),
        ("job-speed", 1e-300),
    ] {
        practice.set_faults(json!({ fault: number }));
        practice.get_json("/api/v2/users");
        let (kind, body) = crate::practice::form(&[
            ("users", "[{\"email\":\"a@uni.test\"}]"),
            ("connection_id", "con_Practice00000001"),
        ]);
        let (status, answer) =
            practice.management("POST", "/api/v2/jobs/users-imports", Some((kind, body)));
        assert!([202, 429].contains(&status), "{fault}: {answer}");
    }
    for args in [
        ["--job-speed", "1e300"],
        ["--token-seconds", "99999999999"],
        ["--rate", "1e-300"],
        ["--fault", "latency-ms=1e300"],
        ["--idle-minutes", "inf"],
        ["--request-seconds", "NaN"],
    ] {
        let output = Command::new(crate::server::program())
            .args(args)
            // What would be taken does not run on.
            .args(["--rate", "0"])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2)
                && said.contains(
                    args[0]
                        .trim_start_matches("--fault")
                        .trim_start_matches("--")
                ),
            "{args:?}: {said}"
        );
        assert!(
            !said.contains("--rate must be over 0") || args[0] == "--rate",
            "{args:?}: {said}"
        );
    }
}

/// Whoever has no token cannot keep it running.
#[test]
fn only_honest_requests_keep_it_awake() {
    let practice = Practice::start(&["--idle-minutes", "0.02"]);
    let began = Instant::now();
    let is_there = || {
        let Ok(mut stream) = TcpStream::connect(practice.host()) else {
            return false;
        };
        let requests = ["GET /practice", "GET /api/v2/users", "GET /nothing"]
            .map(|line| format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        let _ = stream.write_all(requests.concat().as_bytes());
        stream
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let _ = stream.read(&mut [0; 1000]);
        true
    };
    while is_there() {
        assert!(began.elapsed() < Duration::from_secs(30), "it goes on");
    }
}
