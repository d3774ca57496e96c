//! The practice tenant's connections over raw HTTP, as tenants of November 2026 answer: what a token sees of them, and
//! what an import into each kind takes.

use serde_json::{Value, json};

use crate::server::Practice;

const DATABASE: &str = "/api/v2/connections/con_Practice00000001";
const FLEXIBLE: &str = "con_Practice00000005";
const REQUIRED: &str = "con_Practice00000006";
const SHARED: &str = "con_Practice00000007";

impl Practice {
    /// A token with these scopes alone.
    pub(crate) fn token_with(&self, scope: &str) -> String {
        let body = json!({"grant_type": "client_credentials", "client_id": self.get("CLIENT_ID"), "scope": scope,
            "client_secret": self.get("CLIENT_SECRET"), "audience": format!("{}/api/v2/", self.get("DOMAIN"))});
        let body = ("application/json", body.to_string().into_bytes());
        let (status, answer) = self.raw("POST", "/oauth/token", None, Some(body));
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_string()
    }

    pub(crate) fn set_faults(&self, faults: Value) {
        let body = json!({ "faults": faults }).to_string().into_bytes();
        let answer = self.management("PUT", "/practice/faults", Some(("application/json", body)));
        assert_eq!(answer.0, 200, "{}", answer.1);
    }
}

fn options_seen(practice: &Practice, token: &str) -> [bool; 2] {
    let (_, list) = practice.raw("GET", "/api/v2/connections", Some(token), None);
    let (_, one) = practice.raw("GET", DATABASE, Some(token), None);
    [
        list[0].get("options").is_some(),
        one.get("options").is_some(),
    ]
}

/// Auth0's "Migrate to the connection options scope", in force since 2025-07-08.
#[test]
fn options_are_left_out_for_a_token_without_their_scope() {
    let practice = Practice::start(&[]);
    let own = practice.get("MGMT_API_ACCESS_TOKEN");
    assert_eq!(options_seen(&practice, own), [true, true]);
    let old = practice.token_with("read:connections create:users read:users delete:users");
    assert_eq!(options_seen(&practice, &old), [false, false]);

    practice.set_faults(json!({"options-withheld": 1}));
    assert_eq!(options_seen(&practice, own), [false, false]);
    assert_eq!(
        options_seen(&practice, own),
        [false, false],
        "it is a switch"
    );

    let narrow = Practice::start(&["--scopes", "read:connections read:users"]);
    let own = narrow.get("MGMT_API_ACCESS_TOKEN");
    assert_eq!(options_seen(&narrow, own), [false, false]);
    let asked = narrow.token_with("read:connections read:connections_options");
    assert_eq!(options_seen(&narrow, &asked), [false, false]);
}

/// `enabled_clients` ended on 2026-07-13; the call beside it is what is left.
#[test]
fn applications_are_told_by_a_call_of_their_own() {
    let practice = Practice::start(&[]);
    let (_, list) = practice.management("GET", "/api/v2/connections", None);
    let (_, one) = practice.management("GET", DATABASE, None);
    assert!(list[0].get("enabled_clients").is_none() && one.get("enabled_clients").is_none());

    let clients = |connection: &str, query: &str| {
        let path = format!("/api/v2/connections/{connection}/clients{query}");
        practice.management("GET", &path, None)
    };
    let id = |name: &str| json!({"client_id": practice.get(name)});
    let (first, second) = (id("CLIENT_ID"), id("SIGN_IN_CLIENT_ID"));
    let all = json!({"clients": [first, second]});
    assert_eq!(clients("con_Practice00000001", "?take=1000"), (200, all));
    let (_, page) = clients("con_Practice00000001", "?take=1");
    assert_eq!(page["clients"], json!([first]));
    let next = format!("?take=1&from={}", page["next"].as_str().unwrap());
    let rest = json!({"clients": [second]});
    assert_eq!(clients("con_Practice00000001", &next), (200, rest));
    let none = (200, json!({"clients": []}));
    assert_eq!(clients("con_Practice00000003", ""), none);
    for refused in ["?take=0", "?take=1001", "?take=x", "?from=x"] {
        assert_eq!(clients("con_Practice00000001", refused).0, 400, "{refused}");
    }
    for refused in ["?take=0", "?take=101", "?per_page=0"] {
        let path = format!("/api/v2/connections{refused}");
        assert_eq!(practice.management("GET", &path, None).0, 400, "{refused}");
    }

    let message = |token: &str| {
        let (status, body) = practice.raw("GET", &format!("{DATABASE}/clients"), Some(token), None);
        (
            status,
            body["message"].as_str().unwrap_or_default().to_string(),
        )
    };
    let insufficient = |scope| (403, format!("Insufficient scope, expected any of: {scope}"));
    let token = practice.token_with("read:users");
    assert_eq!(message(&token), insufficient("read:connections"));
    practice.set_faults(json!({"clients-need-options-scope": 1}));
    let token = practice.token_with("read:connections");
    assert_eq!(message(&token), insufficient("read:connections_options"));

    let older = Practice::start(&["--enabled-clients"]);
    let (_, list) = older.management("GET", "/api/v2/connections", None);
    let (_, one) = older.management("GET", DATABASE, None);
    assert_eq!(list[0]["enabled_clients"].as_array().unwrap().len(), 2);
    assert_eq!(one["enabled_clients"], list[0]["enabled_clients"]);
}

#[test]
fn scopes_on_the_command_line_are_known_ones() {
    let output = std::process::Command::new(crate::server::program())
        .args(["--scopes", "read:users read:user", "--rate", "0"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("unknown scope read:user; the scopes are read:connections "),
        "{said}"
    );
}

/// The shapes of `options.attributes` are those of the published schema (`ConnectionAttributes`).
#[test]
fn attributes_are_told_in_the_newer_form() {
    let practice = Practice::start(&[]);
    let attributes = |id: &str| {
        let path = format!("/api/v2/connections/{id}");
        practice.management("GET", &path, None).1["options"]["attributes"].clone()
    };
    let flexible = attributes(FLEXIBLE);
    assert_eq!(flexible["email"]["unique"], true);
    assert_eq!(flexible["username"]["identifier"]["active"], false);
    assert_eq!(flexible["username"]["profile_required"], false);
    let validation = json!({"min_length": 3, "max_length": 20, "allowed_types": {"email": false, "phone_number": false}});
    assert_eq!(flexible["username"]["validation"], validation);
    assert_eq!(flexible["phone_number"]["identifier"]["active"], true);
    let required = attributes(REQUIRED);
    assert_eq!(required["username"]["profile_required"], true);
    assert_eq!(required["phone_number"]["profile_required"], true);
    let shared = attributes(SHARED);
    assert_eq!(shared["email"]["unique"], false);
    assert_eq!(shared["username"]["identifier"]["active"], true);
    assert_eq!(attributes("con_Practice00000001"), Value::Null);
}

/// The code and the path of the only error of the only row.
fn fault(practice: &Practice, connection: &str, row: &Value) -> Option<(String, String)> {
    let report = practice.import_into(connection, &json!([row]), "false");
    let error = report["errors"].pointer("/0/errors/0")?;
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_string();
    Some((text("code"), text("path")))
}

/// "Activate and Configure Attributes for Flexible Identifiers": an attribute is stored whether or not it identifies,
/// and `profile_required` holds for an import too.
#[test]
fn an_attribute_is_stored_where_it_is_and_asked_for_where_it_is_required() {
    let practice = Practice::start(&[]);
    let whole = json!({"email": "a@uni.test", "username": "anna", "phone_number": "+4930123"});
    assert_eq!(fault(&practice, FLEXIBLE, &whole), None);
    let (_, users) = practice.management("GET", "/api/v2/users-by-email?email=a@uni.test", None);
    assert_eq!(users[0]["username"], "anna");
    assert_eq!(users[0]["phone_number"], "+4930123");

    let missing = Some((
        "OBJECT_MISSING_REQUIRED_PROPERTY".to_string(),
        String::new(),
    ));
    assert_eq!(fault(&practice, REQUIRED, &whole), None);
    for name in ["username", "phone_number"] {
        let mut row = whole.clone();
        row["email"] = format!("{name}@uni.test").into();
        row.as_object_mut().unwrap().remove(name);
        assert_eq!(fault(&practice, REQUIRED, &row), missing, "{name}");
        assert_eq!(
            fault(&practice, "con_Practice00000001", &row),
            None,
            "{name}"
        );
    }
    let username = |code: &str| {
        let path = "identities[0].profileData.username";
        Some((code.to_string(), path.to_string()))
    };
    for (name, code) in [
        ("ab", "MIN_LENGTH"),
        ("abcdefghijklmnopqrstu", "MAX_LENGTH"),
        ("+4930123", "INVALID_FORMAT"),
    ] {
        let row = json!({"email": "b@uni.test", "username": name});
        assert_eq!(fault(&practice, FLEXIBLE, &row), username(code), "{name}");
    }
}

/// "Non-unique emails": several users may have one, and nobody signs in by it. What an upsert does there is not said.
#[test]
fn e_mails_may_be_shared_where_the_connection_says_so() {
    let practice = Practice::start(&[]);
    let twins = json!([{"email": "A@uni.test", "username": "anna"}, {"email": "a@uni.test", "username": "bob"}]);
    let report = practice.import_into(SHARED, &twins, "false");
    assert_eq!(report["summary"]["inserted"], 2, "{report}");
    let later = json!([{"email": "a@uni.test", "username": "cleo"}, {"email": "d@uni.test", "username": "anna"}]);
    let report = practice.import_into(SHARED, &later, "false");
    assert_eq!(
        (&report["summary"]["inserted"], &report["summary"]["failed"]),
        (&json!(1), &json!(1))
    );
    let by_email = "/api/v2/users-by-email?email=a@uni.test";
    let (_, found) = practice.management("GET", by_email, None);
    let names = |found: &Value| -> Vec<String> {
        let name = |user: &Value| user["username"].as_str().unwrap().to_string();
        found.as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(names(&found), ["anna", "bob", "cleo"]);

    let rows = json!([{"email": "a@uni.test", "nickname": "x"}, {"email": "new@uni.test"}]);
    let report = practice.import_into(SHARED, &rows, "true");
    assert_eq!(report["errors"][0]["errors"][0]["code"], "CONFLICT_EMAIL");
    assert_eq!(report["summary"]["inserted"], 1);

    let id = found[1]["user_id"].as_str().unwrap().replace('|', "%7C");
    practice.management("DELETE", &format!("/api/v2/users/{id}"), None);
    let (_, found) = practice.management("GET", by_email, None);
    assert_eq!(names(&found), ["anna", "cleo"]);
}

/// A phone number is E.164, and one user's in each base of users, also where it is no attribute ("Bulk User Imports").
#[test]
fn phone_numbers_are_of_one_form_and_one_users_each() {
    let practice = Practice::start(&[]);
    let row = |email: &str, phone: &str| json!({"email": email, "phone_number": phone});
    for wrong in [
        "0301234",
        "+",
        "+49 30 1234",
        "+49(30)1234",
        "+1234567890123456",
    ] {
        let pattern = (
            "PATTERN".to_string(),
            "identities[0].profileData.phone_number".to_string(),
        );
        let row = row("a@uni.test", wrong);
        assert_eq!(fault(&practice, FLEXIBLE, &row), Some(pattern), "{wrong}");
    }
    for connection in ["con_Practice00000001", FLEXIBLE] {
        let twins = json!([
            row("a@uni.test", "+1"),
            row("b@uni.test", "+1"),
            row("c@uni.test", "+123456789012345")
        ]);
        let report = practice.import_into(connection, &twins, "false");
        let error = &report["errors"][0]["errors"][0];
        let message = "A user with this phone_number was already provided.";
        assert_eq!(
            (&error["code"], &error["message"]),
            (&json!("DUPLICATED_USER"), &json!(message))
        );
        let later = json!([row("d@uni.test", "+1")]);
        for upsert in ["false", "true"] {
            let report = practice.import_into(connection, &later, upsert);
            let error = &report["errors"][0]["errors"][0];
            assert_eq!(error["code"], "DUPLICATED_USER", "{report}");
            assert!(error["message"].as_str().unwrap().contains("already exist"));
        }
    }
}

/// "Bulk User Imports" on prefixes; two threads of Auth0's community on one id in two connections.
#[test]
fn a_user_id_is_taken_as_it_is_and_may_exist_in_two_connections() {
    let practice = Practice::start(&[]);
    let row = json!([{"email": "a@uni.test", "user_id": "auth0|x"}]);
    practice.import(&row, "false");
    let (status, user) = practice.management("GET", "/api/v2/users/auth0%7Cauth0%7Cx", None);
    assert_eq!((status, &user["user_id"]), (200, &json!("auth0|auth0|x")));
    for (id, code) in [
        ("", "MIN_LENGTH"),
        ("a b", "INVALID_FORMAT"),
        (&"x".repeat(256), "MAX_LENGTH"),
    ] {
        let row = json!({"email": "b@uni.test", "user_id": id});
        let path = "identities[0].profileData.user_id".to_string();
        assert_eq!(
            fault(&practice, FLEXIBLE, &row),
            Some((code.to_string(), path)),
            "{id}"
        );
    }

    let same = json!([{"email": "c@uni.test", "user_id": "same"}]);
    let email_only = "con_Practice00000002";
    assert_eq!(practice.import(&same, "false")["summary"]["inserted"], 1);
    let report = practice.import_into(email_only, &same, "false");
    assert_eq!(report["summary"]["inserted"], 1);
    assert_eq!(
        practice.import(&same, "false")["summary"]["failed"],
        1,
        "not twice in one"
    );
    let connection = || {
        let (_, user) = practice.management("GET", "/api/v2/users/auth0%7Csame", None);
        user["identities"][0]["connection"].clone()
    };
    let both = "/api/v2/users?q=user_id:%22auth0%7Csame%22";
    assert_eq!(
        practice
            .management("GET", both, None)
            .1
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(connection(), "Username-Password-Authentication");
    let delete = || {
        practice
            .management("DELETE", "/api/v2/users/auth0%7Csame", None)
            .0
    };
    assert_eq!(delete(), 204);
    assert_eq!(connection(), "Email-Only-Users");
    assert_eq!((delete(), connection()), (204, Value::Null));
}
