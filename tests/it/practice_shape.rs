//! A practice tenant of another tenant's shape, over raw HTTP.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::practice::form;
use crate::runs::TestFolder;
use crate::server::{Practice, program};

fn shaped(folder: &TestFolder, shape: &Value) -> Practice {
    let path = folder.join("shape.json");
    fs::write(&path, shape.to_string()).unwrap();
    Practice::start(&["--shape", path.to_str().unwrap()])
}

const CUSTOMERS: &str = "con_AbCdEfGh12345678";
const STAFF: &str = "con_AbCdEfGh87654321";
const UNTOLD: &str = "con_0000000000000000";

fn shape() -> Value {
    json!({
        "connections": [
            {"id": CUSTOMERS, "name": "Customers", "strategy": "auth0", "enabled": true, "options": {
                "passwordPolicy": "fair", "strategy_version": 2, "requires_username": true, "brute_force_protection": true,
                "validation": {"username": {"min": 3, "max": 5}}, "import_mode": false, "moon_phase": "full"
            }},
            {"id": STAFF, "name": "Staff", "strategy": "auth0", "enabled_clients": ["x"], "is_domain_connection": false, "options": {
                "attributes": {
                    "email": {"identifier": {"active": false}, "unique": false, "profile_required": true},
                    "username": {"identifier": {"active": true}, "profile_required": true, "signup": {"status": "required"},
                        "validation": {"min_length": 2, "max_length": 4, "allowed_types": {"email": false, "phone_number": true}}},
                    "phone_number": {"profile_required": "sometimes"}
                }
            }},
            {"id": UNTOLD, "name": "Untold", "strategy": "auth0", "enabled": false}
        ],
        "scopes": "read:connections read:connections_options create:users read:users create:moons",
        "rate": 50, "burst": 40, "minute_rate": 600, "minute_burst": 30, "job_speed": 1000, "max_jobs": 1,
        "users": [
            {"email": "Here@example.com", "username": "here", "user_id": "auth0|h1", "connection": "Customers"},
            {"email": "both@example.com", "connection": "Staff"}
        ],
        "region": "eu"
    })
}

#[test]
fn its_connections_are_told_as_they_were_and_what_is_not_understood_is_listed() {
    let folder = TestFolder::new();
    let shape = shape();
    let practice = shaped(&folder, &shape);
    let told = practice.get_json("/api/v2/connections");
    let names: Vec<&str> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Customers", "Staff", "Untold"]);
    assert_eq!(told[0]["options"], shape["connections"][0]["options"]);
    assert_eq!(told[1]["options"], shape["connections"][1]["options"]);
    assert_eq!(told[2].get("options"), None, "untold, not empty");
    let clients = |id: &str| {
        let answer = practice.get_json(&format!("/api/v2/connections/{id}/clients"));
        answer["clients"].as_array().unwrap().len()
    };
    assert_eq!(
        (clients(CUSTOMERS), clients(STAFF), clients(UNTOLD)),
        (2, 2, 0)
    );
    let (_, about) = practice.raw("GET", "/practice", None, None);
    let not_understood = json!([
        "connections.Customers.options.moon_phase",
        "connections.Staff.options.attributes.phone_number.profile_required",
        "connections.Untold.options",
        "region"
    ]);
    assert_eq!(about["not_understood"], not_understood);
    let (_, about) = Practice::start(&[]).raw("GET", "/practice", None, None);
    assert_eq!(about.get("not_understood"), None, "of no other shape");
}

#[test]
fn imports_go_by_its_rules_and_meet_the_users_who_are_there() {
    let folder = TestFolder::new();
    let practice = shaped(&folder, &shape());
    let outcome = |connection: &str, rows: Value| {
        let rows = rows.to_string();
        let parts = form(&[("users", &rows), ("connection_id", connection)]);
        let (status, job) = practice.management("POST", "/api/v2/jobs/users-imports", Some(parts));
        assert_eq!(status, 202, "{job}");
        let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap());
        while practice.get_json(&path)["status"] == "pending" {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let report = practice.get_json(&format!("{path}/errors"));
        let code = |entry: &Value| entry["errors"][0]["code"].as_str().unwrap().to_string();
        let report = report.as_array().cloned().unwrap_or_default();
        report.iter().map(code).collect::<Vec<_>>()
    };
    let codes = outcome(
        CUSTOMERS,
        json!([{"email": "here@example.com"}, {"email": "a@example.com", "username": "here"}, {"email": "b@example.com", "user_id": "h1"},
            {"email": "c@example.com", "username": "sixsix"}, {"email": "d@example.com", "username": "di"}, {"email": "e@example.com", "username": "dora"}]),
    );
    assert_eq!(
        codes,
        [
            "DUPLICATED_USER",
            "DUPLICATED_USER",
            "DUPLICATED_USER",
            "MAX_LENGTH",
            "MIN_LENGTH"
        ]
    );
    let codes = outcome(
        STAFF,
        json!([{"email": "both@example.com", "username": "b1"}, {"email": "both@example.com", "username": "b2"}, {"email": "c@example.com"}]),
    );
    assert_eq!(codes, ["OBJECT_MISSING_REQUIRED_PROPERTY"]);
    let (_, found) = practice.management("GET", "/api/v2/users/auth0%7Ch1", None);
    let told = (
        &found["email"],
        &found["username"],
        &found["identities"][0]["connection"],
    );
    assert_eq!(
        told,
        (
            &json!("here@example.com"),
            &json!("here"),
            &json!("Customers")
        )
    );
}

#[test]
fn its_limits_and_scopes_are_those_of_the_tenant() {
    let folder = TestFolder::new();
    let practice = shaped(&folder, &shape());
    let answer = practice.with_headers("GET", "/api/v2/connections", "", b"");
    assert!(answer.contains("\r\nx-ratelimit-limit: 30\r\n"), "{answer}");
    let (status, body) = practice.management("DELETE", "/api/v2/users/auth0%7Ch1", None);
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (403, Some("insufficient_scope"))
    );
    let rows: Vec<Value> = (0..4000)
        .map(|n| json!({"email": format!("u{n}@example.com")}))
        .collect();
    let upload = || {
        let rows = json!(rows).to_string();
        let parts = form(&[("users", &rows), ("connection_id", CUSTOMERS)]);
        practice
            .management("POST", "/api/v2/jobs/users-imports", Some(parts))
            .0
    };
    assert_eq!((upload(), upload()), (202, 429), "one job at once");
    let (_, connection) =
        practice.management("GET", &format!("/api/v2/connections/{UNTOLD}"), None);
    assert_eq!(connection["name"], "Untold");
    let parts = form(&[("users", "[]"), ("connection_id", UNTOLD)]);
    let (status, body) = practice.management("POST", "/api/v2/jobs/users-imports", Some(parts));
    assert_eq!(
        (status, body["message"].as_str()),
        (400, Some("Connection must be enabled."))
    );
}

#[test]
fn a_shape_that_cannot_be_read_is_refused_by_name() {
    let folder = TestFolder::new();
    let path = folder.join("shape.json");
    let one = |over: Value| {
        let mut connection =
            json!({"id": CUSTOMERS, "name": "Customers", "strategy": "auth0", "options": {}});
        for (name, value) in over.as_object().unwrap() {
            connection[name] = value.clone();
        }
        connection
    };
    for (shape, said) in [
        ("[".to_string(), "is not JSON"),
        ("[]".to_string(), "must be a JSON object"),
        (
            json!({"rate": 0}).to_string(),
            "rate must be a number over 0",
        ),
        (json!({"scopes": 1}).to_string(), "scopes must be a text"),
        (
            json!({"connections": {}}).to_string(),
            "connections must be a list",
        ),
        (
            json!({"connections": [one(json!({"name": 7}))]}).to_string(),
            "connection 0 has no name",
        ),
        (
            json!({"connections": [one(json!({"id": "Customers"}))]}).to_string(),
            "not a connection",
        ),
        (
            json!({"connections": [one(json!({})), one(json!({}))]}).to_string(),
            "two connections Customers",
        ),
        (
            json!({"users": [{"email": "a@example.com"}]}).to_string(),
            "user 0 has no connection",
        ),
        (
            json!({"users": [{"email": "a@example.com", "connection": "Moon"}]}).to_string(),
            "the connection Moon, which the shape does not have",
        ),
    ] {
        fs::write(&path, &shape).unwrap();
        let output = Command::new(program())
            .arg("--shape")
            .arg(&path)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && told.contains(said),
            "{shape}: {told}"
        );
    }
}

/// A practice tenant with one connection of these options, and the codes of what is refused of rows with these usernames.
fn refused(folder: &TestFolder, options: &Value, usernames: &[&str]) -> (Practice, Vec<String>) {
    let one =
        json!({"id": CUSTOMERS, "name": "Customers", "strategy": "auth0", "options": options});
    let practice = shaped(folder, &json!({"connections": [one]}));
    let row = |(number, name): (usize, &&str)| json!({"email": format!("u{number}@example.com"), "username": name});
    let rows: Vec<Value> = usernames.iter().enumerate().map(row).collect();
    let rows = json!(rows).to_string();
    let parts = form(&[("users", &rows), ("connection_id", CUSTOMERS)]);
    let (status, job) = practice.management("POST", "/api/v2/jobs/users-imports", Some(parts));
    assert_eq!(status, 202, "{job}");
    let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap());
    while practice.get_json(&path)["status"] == "pending" {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let (status, report) = practice.management("GET", &format!("{path}/errors"), None);
    let entries = if status == 200 {
        report.as_array().cloned()
    } else {
        None
    };
    let code = |entry: &Value| {
        let name = entry["user"]["username"].as_str().unwrap();
        format!("{name} {}", entry["errors"][0]["code"].as_str().unwrap())
    };
    let codes = entries.unwrap_or_default().iter().map(code).collect();
    (practice, codes)
}

#[test]
fn usernames_are_gone_by_in_every_form_in_which_a_tenant_tells_of_them() {
    let folder = TestFolder::new();
    let attribute =
        |validation: Value| json!({"attributes": {"username": {"validation": validation}}});
    let (email, phone) = ("a@uni.test", "+491");
    for (types, codes) in [
        (json!({"email": true}), vec![]),
        (json!({}), vec!["a@uni.test INVALID_FORMAT"]),
        (
            json!({"email": false, "phone_number": false}),
            vec!["a@uni.test INVALID_FORMAT", "+491 INVALID_FORMAT"],
        ),
    ] {
        let options = attribute(json!({"allowed_types": types}));
        assert_eq!(
            refused(&folder, &options, &[email, phone]).1,
            codes,
            "{options}"
        );
    }
    let twenty = "t".repeat(20);
    let too_long = format!("{twenty} MAX_LENGTH");
    for (most, codes) in [
        (json!("20"), vec![]),
        (json!(20.0), vec![]),
        (json!("19"), vec![too_long.as_str()]),
        (json!(19.0), vec![too_long.as_str()]),
        // What cannot be read refuses nobody.
        (json!("nineteen"), vec![]),
        (json!(19.5), vec![]),
    ] {
        let options = attribute(json!({"max_length": most}));
        assert_eq!(refused(&folder, &options, &[&twenty]).1, codes, "{options}");
        let older = json!({"requires_username": true, "validation": {"username": {"max": most}}});
        assert_eq!(refused(&folder, &older, &[&twenty]).1, codes, "{older}");
    }
    let odd = json!({"attributes": [], "requires_username": true, "validation": {"username": {"min": "few"}}});
    let (practice, codes) = refused(&folder, &odd, &["a"]);
    assert_eq!(codes, Vec::<String>::new());
    let (_, about) = practice.raw("GET", "/practice", None, None);
    let not_understood = [
        "connections.Customers.options.attributes",
        "connections.Customers.options.validation.username.min",
    ];
    assert_eq!(about["not_understood"], json!(not_understood));
    let more = attribute(json!({"pattern": "a+", "allowed_types": {"passport": true}}));
    let (practice, _) = refused(&folder, &more, &[]);
    let (_, about) = practice.raw("GET", "/practice", None, None);
    let not_understood = [
        "connections.Customers.options.attributes.username.validation.pattern",
        "connections.Customers.options.attributes.username.validation.allowed_types.passport",
    ];
    assert_eq!(about["not_understood"], json!(not_understood));
}
