//! The practice tenant over raw HTTP, by what Auth0 documents and what was recorded.

use serde_json::{Value, json};

use crate::server::Practice;

const DATABASE_ID: &str = "con_Practice00000001";

pub(crate) fn form(parts: &[(&str, &str)]) -> (&'static str, Vec<u8>) {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: String = parts.iter().map(part).collect();
    (
        "multipart/form-data; boundary=b",
        format!("{body}--b--\r\n").into_bytes(),
    )
}

impl Practice {
    pub(crate) fn management(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> (u16, Value) {
        self.raw(method, path, Some(self.get("MGMT_API_ACCESS_TOKEN")), body)
    }

    pub(crate) fn import(&self, users: &Value, upsert: &str) -> Value {
        self.import_into(DATABASE_ID, users, upsert)
    }

    pub(crate) fn import_into(&self, connection: &str, users: &Value, upsert: &str) -> Value {
        let users = users.to_string();
        let parts = form(&[
            ("users", &users),
            ("connection_id", connection),
            ("upsert", upsert),
        ]);
        let (status, job) = self.management("POST", "/api/v2/jobs/users-imports", Some(parts));
        assert_eq!(status, 202, "{job}");
        let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap());
        assert_eq!(
            self.management("GET", &path, None).1["status"],
            "pending",
            "one read at least"
        );
        let (_, done) = self.management("GET", &path, None);
        assert_eq!(done["status"], "completed");
        let (_, errors) = self.management("GET", &format!("{path}/errors"), None);
        json!({"summary": done["summary"], "errors": errors})
    }

    pub(crate) fn sign_in(&self, login: &str, password: &str) -> (u16, Value) {
        let body = json!({"grant_type": "http://auth0.com/oauth/grant-type/password-realm",
            "realm": "Username-Password-Authentication", "username": login, "password": password,
            "client_id": self.get("SIGN_IN_CLIENT_ID"), "client_secret": self.get("SIGN_IN_CLIENT_SECRET")});
        self.raw(
            "POST",
            "/oauth/token",
            None,
            Some(("application/json", body.to_string().into_bytes())),
        )
    }
}

#[test]
fn every_refusal_of_an_upload_is_auth0s() {
    let practice = Practice::start(&[]);
    let (id, users) = (("connection_id", DATABASE_ID), ("users", "[]"));
    for (parts, message) in [
        (vec![id], "Must provide 'users' file as multipart part."),
        (vec![id, ("users", "")], "Users file must not be empty."),
        (
            vec![users],
            "Must provide 'connection_id' as multipart part.",
        ),
        (
            vec![users, ("connection_id", "Users")],
            "Payload validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property connection_id.",
        ),
        (
            vec![users, ("connection_id", "con_0000000000000000")],
            "The connection does not exist.",
        ),
        (
            vec![users, ("connection_id", "con_Practice00000004")],
            "Connection must be a database connection.",
        ),
        (
            vec![users, ("connection_id", "con_Practice00000003")],
            "Connection must be enabled.",
        ),
    ] {
        let (status, body) =
            practice.management("POST", "/api/v2/jobs/users-imports", Some(form(&parts)));
        assert_eq!((status, body["message"].as_str().unwrap()), (400, message));
    }
    let broken = Some(("multipart/form-data; boundary=b", b"no parts".to_vec()));
    let (status, body) = practice.management("POST", "/api/v2/jobs/users-imports", broken);
    assert_eq!(
        (status, body["message"].as_str().unwrap()),
        (
            400,
            "Payload validation error: 'Invalid multipart payload format'."
        )
    );
    let large = Some(("multipart/form-data; boundary=b", vec![b'x'; 512_001]));
    let (status, body) = practice.management("POST", "/api/v2/jobs/users-imports", large);
    assert_eq!(
        (status, body["message"].as_str().unwrap()),
        (
            413,
            "Payload content length greater than maximum allowed: 512000"
        )
    );
}

#[test]
fn a_job_whose_file_cannot_be_read_fails_without_a_reason() {
    let practice = Practice::start(&[]);
    for file in ["{\"email\":\"a@uni.test\"}", "[{\"email\":"] {
        let parts = form(&[("users", file), ("connection_id", DATABASE_ID)]);
        let (status, job) = practice.management("POST", "/api/v2/jobs/users-imports", Some(parts));
        assert_eq!(status, 202);
        let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap());
        practice.management("GET", &path, None);
        let (_, done) = practice.management("GET", &path, None);
        assert_eq!(done["status"], "failed");
        assert!(done.get("summary").is_none());
        assert_eq!(
            practice.management("GET", &format!("{path}/errors"), None),
            (204, Value::Null)
        );
    }
}

#[test]
fn what_is_wrong_with_a_row_is_said_in_the_live_words() {
    let practice = Practice::start(&[]);
    for (row, code, path) in [
        (
            json!({"email": "a@localhost"}),
            "INVALID_FORMAT",
            "identities[0].profileData.email",
        ),
        (
            json!({"email": 7}),
            "INVALID_TYPE",
            "identities[0].profileData.email",
        ),
        (json!({}), "OBJECT_MISSING_REQUIRED_PROPERTY", ""),
        (
            json!({"email": "a@uni.test", "colour": 1}),
            "OBJECT_ADDITIONAL_PROPERTIES",
            "",
        ),
        (
            json!({"email": "a@uni.test", "password_hash": format!("$2y$10${}", "a".repeat(53))}),
            "PATTERN",
            "passwordHash",
        ),
        (
            json!({"email": "a@uni.test", "password_hash": format!("$2b$12${}", "a".repeat(53))}),
            "PATTERN",
            "passwordHash",
        ),
        (
            json!({"email": "a@uni.test", "username": "sixteen_letters_"}),
            "MAX_LENGTH",
            "identities[0].profileData.username",
        ),
        (
            json!({"email": "a@uni.test", "username": "a b"}),
            "INVALID_FORMAT",
            "identities[0].profileData.username",
        ),
        (
            json!({"email": "a@uni.test", "app_metadata": {"blocked": true}}),
            "NOT_PASSED",
            "identities[0].profileData.app_metadata",
        ),
        (
            json!({"email": "a@uni.test", "mfa_factors": []}),
            "ARRAY_LENGTH_SHORT",
            "identities[0].profileData.mfa_factors",
        ),
        (
            json!({"email": "a@uni.test", "custom_password_hash": {"algorithm": "md6", "hash": {}}}),
            "ENUM_MISMATCH",
            "customPasswordHash.algorithm",
        ),
        (
            json!({"email": "a@uni.test", "blocked": "no"}),
            "INVALID_TYPE",
            "identities[0].profileData.blocked",
        ),
        (json!("a@uni.test"), "INVALID_TYPE", ""),
    ] {
        let report = practice.import(&json!([row]), "false");
        let error = &report["errors"][0]["errors"][0];
        assert_eq!(error["code"], code, "{row}: {report}");
        assert_eq!(error["path"].as_str().unwrap_or_default(), path, "{row}");
        assert_eq!(report["summary"]["failed"], 1);
        assert!(
            !report.to_string().contains("aaaaaaaaaaaaaaaaaaaaa"),
            "the hash is masked: {report}"
        );
    }
}

#[test]
fn twins_in_the_file_and_in_the_tenant_are_told_apart_and_an_upsert_replaces() {
    let practice = Practice::start(&[]);
    let twins =
        json!([{"email": "A@uni.test", "user_metadata": {"a": 1}}, {"email": "a@uni.test"}]);
    let report = practice.import(&twins, "false");
    assert_eq!(
        report["summary"],
        json!({"failed": 1, "updated": 0, "inserted": 1, "total": 2})
    );
    assert_eq!(
        report["errors"][0]["errors"][0]["message"],
        "A user with this email was already provided."
    );
    let again = practice.import(&json!([{"email": "a@uni.test"}]), "false");
    assert_eq!(
        again["errors"],
        json!([{"user": {"email": "a@uni.test"}, "errors": [
        {"code": "DUPLICATED_USER", "message": "The user already exist and upsert parameter is false"}]}])
    );
    let upsert = practice.import(
        &json!([{"email": "a@uni.test", "user_metadata": {"b": 2}}]),
        "true",
    );
    assert_eq!(upsert["summary"]["updated"], 1);
    let (_, users) = practice.management("GET", "/api/v2/users-by-email?email=a@uni.test", None);
    assert_eq!(users[0]["user_metadata"], json!({"b": 2}));
}

#[test]
fn what_auth0_fills_in_is_filled_in() {
    let practice = Practice::start(&[]);
    practice.import(&json!([{"email": "auzironian@example.com", "email_verified": true}, {"email": "b@uni.test", "user_id": "x"}]), "false");
    let (_, found) = practice.management(
        "GET",
        "/api/v2/users?q=email:%22auzironian@example.com%22&include_totals=true",
        None,
    );
    assert_eq!((&found["total"], &found["length"]), (&json!(1), &json!(1)));
    let user = &found["users"][0];
    assert_eq!(
        (user["name"].as_str(), user["nickname"].as_str()),
        (Some("auzironian@example.com"), Some("auzironian"))
    );
    assert!(
        user["picture"]
            .as_str()
            .unwrap()
            .ends_with("?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fau.png")
    );
    assert_eq!(user["user_id"].as_str().unwrap().len(), "auth0|".len() + 24);
    assert!(user.get("username").is_none() && user.get("password_hash").is_none());
    let (status, user) = practice.management("GET", "/api/v2/users/auth0%7Cx", None);
    assert_eq!(
        (status, user["identities"][0]["user_id"].as_str()),
        (200, Some("x"))
    );
    assert_eq!(
        practice
            .management("DELETE", "/api/v2/users/auth0%7Cx", None)
            .0,
        204
    );
    assert_eq!(
        practice
            .management("DELETE", "/api/v2/users/auth0%7Cx", None)
            .0,
        204,
        "gone already"
    );
    let (status, body) = practice.management("GET", "/api/v2/users/auth0%7Cx", None);
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (404, Some("inexistent_user"))
    );
    assert_eq!(
        practice
            .management("GET", "/api/v2/users?page=20&per_page=50", None)
            .0,
        400,
        "the first 1,000 alone"
    );
}

#[test]
fn an_imported_password_signs_in_and_a_wrong_one_does_not() {
    let practice = Practice::start(&[]);
    let hash = bcrypt::hash("right", 10).unwrap();
    practice.import(
        &json!([
            {"email": "a@uni.test", "username": "anna", "password_hash": hash},
            {"email": "b@uni.test", "password_hash": hash, "blocked": true},
            {"email": "c@uni.test", "password_hash": hash, "mfa_factors": [{"totp": {"secret": "ABC"}}]}
        ]),
        "false",
    );
    assert_eq!(practice.sign_in("A@uni.test", "right").0, 200);
    assert_eq!(practice.sign_in("anna", "right").0, 200);
    let wrong = (
        403,
        json!({"error": "invalid_grant", "error_description": "Wrong email or password."}),
    );
    assert_eq!(practice.sign_in("anna", "wrong"), wrong);
    assert_eq!(practice.sign_in("nobody", "right"), wrong);
    assert_eq!(
        practice.sign_in("b@uni.test", "right").1["error_description"],
        "user is blocked"
    );
    assert_eq!(
        practice.sign_in("c@uni.test", "right").1["error"],
        "mfa_required"
    );
    for _ in 0..9 {
        practice.sign_in("anna", "wrong");
    }
    assert_eq!(practice.sign_in("anna", "wrong").0, 429);
}

#[test]
fn tokens_are_checked_as_auth0_checks_them() {
    let practice = Practice::start(&[]);
    let ask = |token: Option<&str>| {
        let (status, body) = practice.raw("GET", "/api/v2/connections", token, None);
        (
            status,
            body["message"].as_str().unwrap_or_default().to_string(),
        )
    };
    assert_eq!(ask(None), (401, "Missing authentication".into()));
    assert_eq!(
        ask(Some("secret")),
        (400, "Bad HTTP authentication header format".into())
    );
    let good = practice.get("MGMT_API_ACCESS_TOKEN");
    assert_eq!(
        ask(Some(&format!("{}AAAA", &good[..good.len() - 4]))),
        (
            401,
            "Invalid signature received for JSON Web Token validation".into()
        )
    );
    let expired = Practice::start(&["--token-seconds", "0"]);
    let (status, body) = expired.management("GET", "/api/v2/connections", None);
    assert_eq!(
        (status, body["message"].as_str().unwrap()),
        (401, "Expired token received for JSON Web Token validation")
    );
    let credentials = |secret: &str, audience: &str| {
        let body = json!({"grant_type": "client_credentials", "client_id": practice.get("CLIENT_ID"),
            "client_secret": secret, "audience": audience, "scope": "read:users"});
        practice.raw(
            "POST",
            "/oauth/token",
            None,
            Some(("application/json", body.to_string().into_bytes())),
        )
    };
    let audience = format!("{}/api/v2/", practice.get("DOMAIN"));
    assert_eq!(credentials("wrong", &audience).0, 401);
    assert_eq!(
        credentials(practice.get("CLIENT_SECRET"), "https://other/api/v2/").0,
        403
    );
    let (_, narrow) = credentials(practice.get("CLIENT_SECRET"), &audience);
    assert_eq!(
        ask(narrow["access_token"].as_str()),
        (
            403,
            "Insufficient scope, expected any of: read:connections".into()
        )
    );
}

#[test]
fn connections_come_in_three_shapes() {
    let practice = Practice::start(&[]);
    let list = |query: &str| {
        practice
            .management("GET", &format!("/api/v2/connections{query}"), None)
            .1
    };
    assert_eq!(list("").as_array().unwrap().len(), 7);
    assert_eq!(list("?strategy=auth0").as_array().unwrap().len(), 6);
    let totals = list("?include_totals=true&name=email");
    assert_eq!((&totals["total"], totals.get("length")), (&json!(1), None));
    let first = list("?take=6&include_totals=true");
    assert_eq!(
        (
            first["connections"].as_array().unwrap().len(),
            first.get("total")
        ),
        (6, None)
    );
    let rest = list(&format!("?take=6&from={}", first["next"].as_str().unwrap()));
    assert!(rest["connections"].as_array().unwrap().len() == 1 && rest.get("next").is_none());
    assert_eq!(list("?name=nothing"), json!([]));
    let (status, body) =
        practice.management("GET", "/api/v2/connections/con_0000000000000000", None);
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (404, Some("inexistent_connection"))
    );
}

#[test]
fn the_rate_limit_is_told_with_every_answer() {
    let practice = Practice::start(&["--rate", "0.1", "--burst", "1"]);
    assert_eq!(
        practice.management("GET", "/api/v2/connections", None).0,
        200
    );
    let (status, body) = practice.management("GET", "/api/v2/connections", None);
    assert_eq!(status, 429);
    assert_eq!(body["errorCode"], "too_many_requests");
}

#[test]
fn a_command_line_that_cannot_work_is_told_in_a_sentence() {
    let practice = Practice::start(&[]);
    let port = practice.get("DOMAIN").rsplit(':').next().unwrap();
    for (args, part, code) in [
        (["--port", port], "cannot listen on port", 1),
        (["--prot", "1"], "unknown option --prot", 2),
        (["--rate", "0"], "--rate must be over 0", 2),
    ] {
        let output = std::process::Command::new(crate::server::program())
            .args(args)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(part) && output.stdout.is_empty(), "{said}");
    }
}

#[test]
fn a_boundary_is_no_longer_than_its_standard_lets_it_be() {
    let practice = Practice::start(&[]);
    let upload = |length: usize| {
        let boundary = "b".repeat(length);
        let part = |name: &str, value: &str| {
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let users = part("users", "[{\"email\":\"a@uni.test\"}]");
        let body = users + &part("connection_id", DATABASE_ID) + &format!("--{boundary}--\r\n");
        let kind = format!("multipart/form-data; boundary={boundary}");
        let body = Some((kind.as_str(), body.into_bytes()));
        practice
            .management("POST", "/api/v2/jobs/users-imports", body)
            .0
    };
    assert_eq!((upload(70), upload(71)), (202, 400));
}

#[test]
fn numbers_of_scrypt_that_no_computer_has_room_for_fit_no_password() {
    let practice = Practice::start(&[]);
    let scrypt = |cost: u64, block_size: u64| {
        json!({"algorithm": "scrypt", "keylen": 32, "cost": cost, "blockSize": block_size,
            "hash": {"value": "00".repeat(32), "encoding": "hex"},
            "salt": {"value": "00".repeat(8), "encoding": "hex"}})
    };
    let told = practice.import(
        &json!([
            {"email": "a@uni.test", "custom_password_hash": scrypt(1 << 60, 8)},
            {"email": "b@uni.test", "custom_password_hash": scrypt(1 << 40, 1 << 23)}
        ]),
        "false",
    );
    assert_eq!(told["summary"]["inserted"], 2, "{told}");
    for email in ["a@uni.test", "b@uni.test"] {
        assert_eq!(practice.sign_in(email, "right").0, 403, "{email}");
    }
}
