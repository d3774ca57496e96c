//! The practice tenant's users over raw HTTP: how they are made, changed and read.

use serde_json::{Value, json};

use crate::recipes;
use crate::server::Practice;

const DATABASE: &str = "Username-Password-Authentication";

impl Practice {
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = ("application/json", body.to_string().into_bytes());
        self.management(method, path, Some(body))
    }

    pub(crate) fn get_json(&self, path: &str) -> Value {
        let (status, answer) = self.management("GET", path, None);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn create(&self, mut user: Value) -> (u16, Value) {
        user["connection"] = DATABASE.into();
        self.send("POST", "/api/v2/users", &user)
    }
}

/// "Metadata Fields and Data": no `.` and no `$` in names of fields, at any depth (auth0/docs#1567). The users API
/// answers 400; what an import answers is not known.
#[test]
fn metadata_keys_with_a_dot_or_a_dollar_are_refused_unless_a_switch_says_otherwise() {
    let practice = Practice::start(&[]);
    let bad = [
        json!({"user_metadata": {"a.b": 1}}),
        json!({"app_metadata": {"$a": 1}}),
        json!({"user_metadata": {"a": [{"b": {"c$d": 1}}]}}),
    ];
    let rows: Vec<Value> = (0..3)
        .map(|index| {
            let mut row = bad[index].clone();
            row["email"] = format!("{index}@uni.test").into();
            row
        })
        .collect();
    let report = practice.import(&json!(rows), "false");
    assert_eq!(report["summary"]["failed"], 3, "{report}");
    let path = &report["errors"][2]["errors"][0]["path"];
    assert_eq!(path, "identities[0].profileData.user_metadata");

    practice.set_faults(json!({"metadata-keys-taken": 1}));
    assert_eq!(
        practice.import(&json!(rows), "false")["summary"]["inserted"],
        3
    );
    let by_email = "/api/v2/users-by-email?email=2@uni.test";
    let user = &practice.get_json(by_email)[0];
    assert_eq!(user["user_metadata"], rows[2]["user_metadata"]);
    for change in &bad {
        let mut user = change.clone();
        user["email"] = "new@uni.test".into();
        assert_eq!(practice.create(user).0, 400, "{change}");
        let path = "/api/v2/users/auth0%7Cx";
        practice.import(&json!([{"email": "x@uni.test", "user_id": "x"}]), "false");
        assert_eq!(practice.send("PATCH", path, change).0, 400, "{change}");
    }
}

/// Deprecated on 2026-08-04, refused from 2027-03-04; the code is documented, its text is not.
#[test]
fn profiles_over_10_kb_are_taken_until_a_switch_refuses_them() {
    let practice = Practice::start(&[]);
    let row =
        |email: &str| json!([{"email": email, "user_metadata": {"text": "x".repeat(10_240)}}]);
    assert_eq!(
        practice.import(&row("a@uni.test"), "false")["summary"]["inserted"],
        1
    );
    practice.import(&json!([{"email": "b@uni.test"}]), "false");
    practice.set_faults(json!({"large-profiles-refused": 1}));
    for (email, upsert) in [("c@uni.test", "false"), ("b@uni.test", "true")] {
        let report = practice.import(&row(email), upsert);
        let code = &report["errors"][0]["errors"][0]["code"];
        assert_eq!(
            (code, &report["summary"]["failed"]),
            (&json!("PROFILE_SIZE_EXCEEDED"), &json!(1))
        );
    }
    let by_email = "/api/v2/users-by-email?email=b@uni.test";
    assert_eq!(practice.get_json(by_email)[0]["user_metadata"], Value::Null);
    let mut user = row("d@uni.test")[0].clone();
    assert_eq!(practice.create(user.clone()).0, 400);
    user["user_metadata"] = json!({});
    assert_eq!(practice.create(user).0, 201);
}

#[test]
fn a_change_merges_metadata_at_its_first_level_and_null_takes_away() {
    let practice = Practice::start(&[]);
    let user = json!({"email": "a@uni.test", "email_verified": true, "user_id": "x", "given_name": "Anna",
        "user_metadata": {"a": {"b": 1}, "c": 2, "kept": 6}, "app_metadata": {"d": 3}});
    assert_eq!(practice.create(user).0, 201);
    let path = "/api/v2/users/auth0%7Cx";
    let change = |body: Value| {
        let (status, user) = practice.send("PATCH", path, &body);
        assert_eq!(status, 200, "{user}");
        user
    };
    // The endpoint's own description.
    let user = change(
        json!({"user_metadata": {"a": {"e": 4}, "c": null, "f": 5}, "blocked": true, "given_name": null}),
    );
    assert_eq!(
        user["user_metadata"],
        json!({"a": {"e": 4}, "kept": 6, "f": 5})
    );
    assert_eq!(
        (&user["blocked"], user.get("given_name")),
        (&json!(true), None)
    );
    assert_eq!(
        (&user["app_metadata"], &user["email_verified"]),
        (&json!({"d": 3}), &json!(true))
    );
    assert_eq!(practice.get_json(path), user);
    // Recorded of a Terraform provider: `{}` empties, and app_metadata is answered no more.
    let user = change(json!({"user_metadata": {}, "app_metadata": {}}));
    assert_eq!(
        (&user["user_metadata"], user.get("app_metadata")),
        (&json!({}), None)
    );

    // An e-mail that is changed is not verified, unless the same change says so; and it is found by it.
    let user = change(json!({"email": "B@uni.test", "verify_email": false}));
    assert_eq!(
        (&user["email"], &user["email_verified"]),
        (&json!("b@uni.test"), &json!(false))
    );
    let found = |email: &str| practice.get_json(&format!("/api/v2/users-by-email?email={email}"));
    assert_eq!(
        (found("a@uni.test"), found("b@uni.test")),
        (json!([]), json!([user]))
    );
    let user = change(json!({"email": "c@uni.test", "email_verified": true}));
    assert_eq!(user["email_verified"], true);

    let user = change(json!({"password": "a new one", "connection": DATABASE, "blocked": false}));
    assert!(user.get("last_password_reset").is_some() && user.get("password").is_none());
    assert_eq!(practice.sign_in("c@uni.test", "a new one").0, 200);
}

/// The combinations are the endpoint's documented 400s, the sentence on a taken name is reported.
#[test]
fn a_change_that_cannot_be_is_refused_and_changes_nothing() {
    let practice = Practice::start(&[]);
    let rows = json!([{"email": "a@uni.test", "username": "anna", "user_id": "x"}, {"email": "b@uni.test", "username": "bob"}]);
    practice.import(&rows, "false");
    let path = "/api/v2/users/auth0%7Cx";
    let before = practice.get_json(path);
    for (body, part) in [
        (
            json!({"password": "p", "email": "c@uni.test"}),
            "Cannot update password and email simultaneously",
        ),
        (
            json!({"username": "u", "email": "c@uni.test"}),
            "Cannot update username and email simultaneously",
        ),
        (
            json!({"username": "u", "password": "p"}),
            "Cannot update username and password simultaneously",
        ),
        (
            json!({"username": "u", "email_verified": true}),
            "Cannot update username and email_verified simultaneously",
        ),
        (
            json!({"password": "p", "email_verified": true}),
            "Cannot update password and email_verified simultaneously",
        ),
        (
            json!({"user_id": "y"}),
            "Additional properties not allowed: user_id",
        ),
        (
            json!({"password_hash": "y"}),
            "Additional properties not allowed: password_hash",
        ),
        (json!({"email": "nobody"}), "format email"),
        (json!({"email": null}), "Missing required property: email"),
        (json!({"blocked": "yes"}), "Expected type boolean"),
        (json!({"password": 7}), "Expected type string"),
        (json!({"verify_email": 1}), "Expected type boolean"),
        (json!({"app_metadata": {"blocked": true}}), "'not'"),
        (json!({"username": "sixteen_letters_"}), "too long"),
        (
            json!({"connection": "Email-Only-Users", "name": "x"}),
            "connection",
        ),
        (
            json!({"username": "BOB"}),
            "The specified new username already exists",
        ),
        (
            json!({"email": "b@uni.test"}),
            "The specified new email already exists",
        ),
        (json!([]), "Expected type object"),
    ] {
        let (status, answer) = practice.send("PATCH", path, &body);
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(
            status == 400 && message.contains(part),
            "{body}: {status} {answer}"
        );
    }
    assert_eq!(practice.get_json(path), before);
    let (status, answer) = practice.send("PATCH", "/api/v2/users/auth0%7Cy", &json!({"name": "x"}));
    assert_eq!(
        (status, &answer["errorCode"]),
        (404, &json!("inexistent_user"))
    );
    let token = practice.token_with("read:users create:users delete:users");
    let body = ("application/json", b"{\"name\": \"x\"}".to_vec());
    let (status, answer) = practice.raw("PATCH", path, Some(&token), Some(body));
    let message = "Insufficient scope, expected any of: update:users,update:users_app_metadata,update:current_user_metadata";
    assert_eq!((status, &answer["message"]), (403, &json!(message)));
}

#[test]
fn a_user_is_made_with_what_the_schema_of_users_says() {
    let practice = Practice::start(&[]);
    let whole =
        json!({"email": "a@uni.test", "verify_email": false, "password": "right", "name": "Anna"});
    let (status, user) = practice.create(whole);
    assert_eq!((status, user.get("verify_email")), (201, None));
    assert_eq!(practice.sign_in("a@uni.test", "right").0, 200);
    assert_eq!(practice.create(json!({"email": "A@uni.test"})).0, 409);
    for (wrong, part) in [
        (
            json!({"email": "b@uni.test", "verify_email": "no"}),
            "Expected type boolean",
        ),
        (
            json!({"email": "b@uni.test", "password": 1}),
            "Expected type string",
        ),
        (
            json!({"email": "b@uni.test", "password_hash": "x"}),
            "Additional properties not allowed: password_hash",
        ),
        (json!({"email": "b@uni.test", "user_id": "a b"}), "user-id"),
    ] {
        let (status, answer) = practice.create(wrong);
        let message = answer["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(part), "{answer}");
    }
    for (connection, message) in [
        (json!("unused-database"), "Connection must be enabled."),
        (json!("email"), "The connection does not exist."),
        (json!("nothing"), "The connection does not exist."),
        (
            Value::Null,
            "Payload validation error: 'Missing required property: connection'.",
        ),
    ] {
        let body = json!({"email": "b@uni.test", "connection": connection});
        let (status, answer) = practice.send("POST", "/api/v2/users", &body);
        assert_eq!((status, &answer["message"]), (400, &json!(message)));
    }
}

#[test]
fn a_search_by_ids_has_totals_and_pages_and_each_user_once() {
    let practice = Practice::start(&[]);
    let row = |name: &str| json!({"email": format!("{name}@uni.test"), "user_id": name});
    practice.import(&json!([row("a"), row("b"), row("c")]), "false");
    let ids =
        "q=user_id:%22auth0%7Cc%22%20OR%20user_id:%22auth0%7Ca%22%20OR%20user_id:%22auth0%7Ca%22";
    let search = |more: &str| practice.get_json(&format!("/api/v2/users?{ids}{more}"));
    let found = search("&include_totals=true&per_page=1&page=1&fields=user_id");
    let wanted =
        json!({"start": 1, "limit": 1, "length": 1, "users": [{"user_id": "auth0|c"}], "total": 2});
    assert_eq!(found, wanted);
    let sorted = search("&sort=email:-1&fields=email");
    assert_eq!(
        sorted,
        json!([{"email": "c@uni.test"}, {"email": "a@uni.test"}])
    );
}

#[test]
fn a_search_by_id_reads_signs_and_further_terms_as_any_other_does() {
    let practice = Practice::start(&[]);
    let row = |name: &str| json!({"email": format!("{name}@uni.test"), "user_id": name});
    practice.import(&json!([row("a"), row("b")]), "false");
    let found = |query: &str| {
        let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/api/v2/users?q={query}&fields=email&sort=email:1");
        practice.get_json(&path)
    };
    let (a, b) = (
        json!({"email": "a@uni.test"}),
        json!({"email": "b@uni.test"}),
    );
    for (query, wanted) in [
        (r#"user_id:"aut\h0|a""#, json!([a])),
        (r#"user_id:"auth0|a" AND email:"a@uni.test""#, json!([a])),
        (r#"user_id:"auth0|a" AND email:"b@uni.test""#, json!([])),
        (r#"user_id:"auth0|a" OR email:"b@uni.test""#, json!([a, b])),
        (r#"NOT user_id:"auth0|a""#, json!([b])),
    ] {
        assert_eq!(found(query), wanted, "{query}");
    }
}

#[test]
fn every_read_answers_the_fields_that_were_asked_for() {
    let practice = Practice::start(&[]);
    practice.import(&json!([{"email": "a@uni.test", "user_id": "x"}]), "false");
    let (one, of) = ("/api/v2/users/auth0%7Cx", "fields=email,name");
    let wanted = json!({"email": "a@uni.test", "name": "a@uni.test"});
    assert_eq!(practice.get_json(&format!("{one}?{of}")), wanted);
    for list in ["/api/v2/users?", "/api/v2/users-by-email?email=a@uni.test&"] {
        assert_eq!(
            practice.get_json(&format!("{list}{of}")),
            json!([wanted]),
            "{list}"
        );
        let without = practice.get_json(&format!("{list}{of}&include_fields=false"));
        assert!(
            without[0].get("email").is_none() && without[0]["user_id"] == "auth0|x",
            "{without}"
        );
    }
    // `is_domain_connection` came with `fields=id` in Auth0's recordings.
    let connections = practice.get_json("/api/v2/connections?fields=id&strategy=email");
    assert_eq!(
        connections,
        json!([{"id": "con_Practice00000004", "is_domain_connection": false}])
    );
    let one = practice.get_json("/api/v2/connections/con_Practice00000001?fields=name");
    assert_eq!(
        one,
        json!({"name": DATABASE, "is_domain_connection": false})
    );
    let log = practice.get_json("/api/v2/logs?fields=type&per_page=1");
    assert_eq!(log, json!([{"type": "sui"}]));
}

/// Reported by two projects that import into large tenants: the total itself stops at 1,000.
#[test]
fn a_search_that_finds_more_than_1000_says_1000() {
    let practice = Practice::start(&[]);
    let rows: Vec<Value> = (0..1001)
        .map(|n| json!({"email": format!("u{n}@uni.test")}))
        .collect();
    practice.import(&json!(rows), "false");
    let found = practice.get_json("/api/v2/users?include_totals=true&per_page=1");
    assert_eq!(found["total"], 1000);
}

/// The support article on imports without hashes: an imported hash can be sent again until the first sign-in.
#[test]
fn a_wrong_custom_hash_can_be_replaced_until_the_first_sign_in_and_no_other_can() {
    let practice = Practice::start(&[]);
    let custom =
        |hex: &str| json!({"algorithm": "sha256", "hash": {"value": hex, "encoding": "hex"}});
    let sha256 = |text: &str| custom(&recipes::sha256(text));
    let row = |hash: &Value| json!([{"email": "a@uni.test", "custom_password_hash": hash}]);
    practice.import(&row(&sha256("wrong")), "false");
    assert_eq!(practice.sign_in("a@uni.test", "right").0, 403);
    let again = practice.import(&row(&sha256("right")), "true");
    assert_eq!(again["summary"]["updated"], 1, "{again}");
    assert_eq!(practice.sign_in("a@uni.test", "right").0, 200);
    let late = practice.import(&row(&sha256("late")), "true");
    assert_eq!(late["errors"][0]["errors"][0]["code"], "CONFLICT", "{late}");

    let bcrypt = bcrypt::hash("right", 10).unwrap();
    practice.import(&json!([{"email": "b@uni.test"}]), "false");
    let given = json!([{"email": "b@uni.test", "password_hash": bcrypt}]);
    practice.import(&given, "true");
    assert_eq!(
        practice.sign_in("b@uni.test", "right").0,
        403,
        "a hash is not upserted"
    );
    let custom = json!([{"email": "b@uni.test", "custom_password_hash": sha256("right")}]);
    assert_eq!(practice.import(&custom, "true")["summary"]["failed"], 1);
}

/// Auth0's page on the user profile names the fields; a user who has never signed in was recorded without them.
#[test]
fn a_sign_in_that_works_is_counted_in_the_profile_and_no_other_is() {
    let practice = Practice::start(&[]);
    let (_, user) = practice.create(json!({"email": "a@uni.test", "password": "right"}));
    let path = format!("/api/v2/users/{}", user["user_id"].as_str().unwrap()).replace('|', "%7C");
    let told = || {
        let user = practice.get_json(&path);
        (user["logins_count"].clone(), user["last_login"].is_string())
    };
    assert_eq!(practice.sign_in("a@uni.test", "wrong").0, 403);
    assert_eq!(told(), (Value::Null, false));
    assert_eq!(practice.sign_in("a@uni.test", "right").0, 200);
    assert_eq!(told(), (json!(1), true));
    assert_eq!(practice.sign_in("a@uni.test", "right").0, 200);
    assert_eq!(told(), (json!(2), true));
}
