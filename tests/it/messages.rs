//! What is wrong with a setting, a token or an answer, told in one sentence that holds no secret.

use auth0_bulk_users::*;
use serde_json::json;

use crate::server::{DATABASE, Practice, answer, canned, token};

#[test]
fn a_token_that_cannot_work_is_told_before_anything_is_sent() {
    let domain = "dev-1.us.auth0.com";
    let base = format!("https://{domain}");
    for (text, part) in [
        (String::new(), "is empty"),
        (
            "s3cret".into(),
            "as a client secret or an opaque token has none",
        ),
        ("a.b.c".into(), "not a JWT"),
        (
            token(&base, json!({"exp": 1})),
            "it expired on 1970-01-01 00:00 UTC",
        ),
        (
            token("https://other.us.auth0.com", json!({})),
            "it is for another tenant (https://other.us.auth0.com/api/v2/)",
        ),
        (
            token(&base, json!({"aud": "abcClientId", "scope": null})),
            "is needed",
        ),
    ] {
        let error = Tenant::new(domain, &text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(text.is_empty() || !error.contains(&text), "{error}");
    }
    let tenant = Tenant::new(domain, &token(&base, json!({}))).unwrap();
    assert!(
        tenant.is_read_only() && tenant.to_string().starts_with("REAL TENANT"),
        "{tenant}"
    );
}

#[test]
fn a_missing_scope_is_on_the_card_and_refused_at_its_step() {
    let practice = Practice::start(&[]);
    let base = practice.get("DOMAIN");
    let tenant = Tenant::new(base, &token(base, json!({"scope": "create:users"}))).unwrap();
    assert!(tenant.to_string().contains("read:connections"), "{tenant}");
    let error = get_connection_id(&tenant, DATABASE).unwrap_err();
    assert!(matches!(error, Error::MissingScope { .. }), "{error}");
}

#[test]
fn every_bad_answer_ends_in_a_sentence_without_the_token() {
    let envelope = |status: u16, message: &str| {
        json!({"statusCode": status, "error": "X", "message": message}).to_string()
    };
    for (raw, part) in [
        (answer(200, "", "<html>login</html>"), "it is HTML"),
        (answer(200, "", ""), "it is empty"),
        (answer(200, "", "[{\"id\":"), "it is not whole JSON"),
        (
            "HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n[".to_string(),
            "could not complete GET /api/v2/connections",
        ),
        (String::new(), "could not complete GET /api/v2/connections"),
        (
            answer(302, "location: https://evil.example/\r\n", ""),
            "it redirects to https://evil.example/",
        ),
        (
            answer(401, "", &envelope(401, "Invalid token")),
            "(401): Invalid token; make a new token",
        ),
        (
            answer(403, "", &envelope(403, "Insufficient scope")),
            "Insufficient scope",
        ),
        (
            answer(404, "", &envelope(404, "Not Found")),
            "(404): Not Found",
        ),
        (
            answer(413, "", &envelope(413, "Payload content length")),
            "send fewer users",
        ),
        (
            answer(500, "", &envelope(500, "Internal error.")),
            "(500): Internal error; the fault is on the tenant's side",
        ),
        (
            answer(503, "", "<html>busy</html>"),
            "(503): no reason given",
        ),
    ] {
        let (base, _) = canned(vec![raw]);
        let text = token(&base, json!({}));
        let error = get_connection_id(&Tenant::new(&base, &text).unwrap(), DATABASE)
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains(&text) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_server_that_echoes_the_token_does_not_put_it_into_the_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let text = token(&base, json!({}));
    let body = json!({"message": format!("bad token {text}")}).to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = std::io::Read::read(&mut stream, &mut [0; 65_536]);
        std::io::Write::write_all(&mut stream, answer(401, "", &body).as_bytes()).unwrap();
    });
    let tenant = Tenant::new(&base, &text).unwrap();
    let error = get_connection_id(&tenant, DATABASE)
        .unwrap_err()
        .to_string();
    assert!(error.contains("bad token <secret>"), "{error}");
    assert!(!format!("{tenant:?} {tenant}").contains(&text));
}

#[test]
fn nobody_there_is_told() {
    let base = "http://127.0.0.1:9";
    let tenant = Tenant::new(base, &token(base, json!({}))).unwrap();
    let error = get_connection_id(&tenant, DATABASE)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("could not complete GET /api/v2/connections"),
        "{error}"
    );
}
