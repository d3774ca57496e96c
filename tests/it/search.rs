//! The practice tenant's search and exports, over raw HTTP.

use serde_json::{Value, json};

use crate::server::Practice;

/// Found e-mails, or the status of the refusal.
fn search(practice: &Practice, query: &str) -> Result<Vec<String>, u16> {
    let (status, body) = ask(practice, &format!("q={}&sort=email:1", encoded(query)));
    let email = |user: &Value| {
        user["email"]
            .as_str()
            .unwrap()
            .split('@')
            .next()
            .unwrap()
            .to_string()
    };
    match body.as_array() {
        Some(users) if status == 200 => Ok(users.iter().map(email).collect()),
        _ => Err(status),
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn ask(practice: &Practice, query: &str) -> (u16, Value) {
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    practice.raw("GET", &format!("/api/v2/users?{query}"), Some(token), None)
}

fn create(practice: &Practice, connection: &str, mut user: Value) {
    user["connection"] = connection.into();
    let body = ("application/json", user.to_string().into_bytes());
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let (status, answer) = practice.raw("POST", "/api/v2/users", Some(token), Some(body));
    assert_eq!(status, 201, "{answer}");
}

fn filled() -> Practice {
    let practice = Practice::start(&[]);
    let database = "Username-Password-Authentication";
    create(
        &practice,
        database,
        json!({"email": "anna@uni.test", "username": "anna", "name": "Anna Fake",
        "user_metadata": {"group": "Teacher", "tags": ["a", "b c"]}, "app_metadata": {}}),
    );
    create(
        &practice,
        database,
        json!({"email": "bob@sub.uni.test", "username": "bob", "blocked": true,
        "user_metadata": {"group": "student"}}),
    );
    create(
        &practice,
        "Email-Only-Users",
        json!({"email": "cleo@other.test", "name": "he said \"yes\""}),
    );
    practice
}

#[test]
fn what_a_search_understands_it_finds() {
    let practice = filled();
    for (query, found) in [
        ("", vec!["anna", "bob", "cleo"]),
        ("email:\"ANNA@uni.test\"", vec!["anna"]),
        ("name:\"anna fake\"", vec!["anna"]),
        ("name:Anna\\ Fake", vec!["anna"]),
        ("name:\"he said \\\"yes\\\"\"", vec!["cleo"]),
        ("username:ANNA", vec![]),
        ("username:an*", vec!["anna"]),
        ("email:*uni.test", vec!["anna", "bob"]),
        ("email.domain:\"uni.test\"", vec!["anna"]),
        ("identities.connection:\"Email-Only-Users\"", vec!["cleo"]),
        ("user_metadata.group:\"Teacher\"", vec!["anna"]),
        ("user_metadata.group:\"teacher\"", vec![]),
        ("user_metadata.tags:\"b c\"", vec!["anna"]),
        ("_exists_:user_metadata", vec!["anna", "bob"]),
        ("_exists_:app_metadata", vec![]),
        ("NOT _exists_:username", vec!["cleo"]),
        ("blocked:true", vec!["bob"]),
        (
            "username:anna OR username:bob AND blocked:true",
            vec!["anna", "bob"],
        ),
        (
            "(username:anna OR username:bob) AND NOT blocked:true",
            vec!["anna"],
        ),
        ("-blocked:true", vec!["anna", "cleo"]),
        ("_exists_:username AND !blocked:true", vec!["anna"]),
        ("-(username:anna OR username:bob)", vec!["cleo"]),
        ("username:an-na", vec![]),
        ("no_such_field:x", vec![]),
    ] {
        let found: Vec<String> = found.into_iter().map(str::to_string).collect();
        assert_eq!(search(&practice, query), Ok(found), "{query}");
    }
}

#[test]
fn what_a_search_does_not_understand_it_refuses() {
    let practice = filled();
    for query in [
        "anna",
        "name:Anna Fake",
        "email:*ab",
        "email:a*b*",
        "created_at:[2020 TO 2030]",
        "name:\"anna",
        "(username:anna",
        "username:anna)",
        "username:anna AND",
        "NOT",
        "user_metadata.group:Tea*",
        "name:anna~",
        "email:",
        "AND username:anna",
        "- blocked:true",
        "-\u{2028}",
        "username:anna -blocked:true",
        &format!("{}username:anna{}", "(".repeat(51), ")".repeat(51)),
        &format!("{}username:anna", "NOT ".repeat(51)),
        &"(".repeat(4000),
    ] {
        assert_eq!(search(&practice, query), Err(400), "{query}");
    }
    for query in [
        "page=10&per_page=100",
        "per_page=101",
        "search_engine=v2",
        "sort=email",
        "sort=user_metadata.group:1",
    ] {
        assert_eq!(ask(&practice, query).0, 400, "{query}");
    }
    assert_eq!(
        ask(&practice, "page=10&per_page=100").1["errorCode"],
        "invalid_paging"
    );
    let newest = ask(&practice, "sort=email:-1&per_page=1").1;
    assert_eq!(newest[0]["email"], "cleo@other.test");
}

#[test]
fn an_export_is_a_job_and_a_link_that_only_its_signature_opens() {
    let practice = filled();
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let export = |body: Value| {
        let body = ("application/json", body.to_string().into_bytes());
        practice.raw(
            "POST",
            "/api/v2/jobs/users-exports",
            Some(token),
            Some(body),
        )
    };
    let asked = json!({"connection_id": "con_Practice00000001", "format": "json", "limit": 1,
        "fields": [{"name": "email"}, {"name": "identities[0].connection", "export_as": "from"}]});
    let (status, job) = export(asked);
    let keys: Vec<&str> = job
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    // Read without their order.
    let recorded = "connection connection_id created_at fields format id limit status type";
    assert_eq!((status, keys.join(" ")), (200, recorded.to_string()));
    let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap());
    let (_, pending) = practice.raw("GET", &path, Some(token), None);
    assert_eq!(
        (pending["status"].as_str(), pending.get("location")),
        (Some("pending"), None)
    );
    let (_, done) = practice.raw("GET", &path, Some(token), None);
    let link = done["location"].as_str().unwrap();
    let link = link.strip_prefix(practice.get("DOMAIN")).unwrap();
    assert_eq!(practice.raw("GET", link, None, None).0, 200);
    assert_eq!(
        practice
            .raw(
                "GET",
                &link.replace("Signature=", "Signature=0"),
                None,
                None
            )
            .0,
        403
    );
    let until = link
        .split("Expires=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    assert_eq!(
        practice
            .raw("GET", &link.replace(until, "4000000000"), None, None)
            .0,
        403
    );
    for bad in [
        json!({"format": "xml"}),
        json!({"format": "json", "limit": 0}),
        json!([]),
        json!({"format": "json", "fields": [{"name": ""}]}),
        json!({"format": "json", "connection_id": "con_0000000000000000"}),
    ] {
        assert_eq!(export(bad.clone()).0, 400, "{bad}");
    }
}

#[test]
fn what_was_asked_is_on_record() {
    let practice = filled();
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    practice.raw("DELETE", "/api/v2/users/auth0%7Cx", Some(token), None);
    let (_, record) = practice.raw("GET", "/practice/requests?from=3", Some(token), None);
    let deleted = json!({"method": "DELETE", "path": "/api/v2/users/auth0%7Cx", "status": 204});
    assert_eq!(record, json!({"requests": [deleted], "total": 4}));

    let door = |closed: &str, token| {
        let body = (
            "application/json",
            format!("{{\"closed\": {closed}}}").into_bytes(),
        );
        practice.raw("PUT", "/practice/door", token, Some(body)).0
    };
    assert_eq!((door("true", None), door("1", Some(token))), (401, 400));
    assert_eq!(door("true", Some(token)), 200);
    assert_eq!(ask(&practice, "").0, 403);
    assert_eq!(door("false", Some(token)), 200);
    assert_eq!(ask(&practice, "").0, 200);
}

#[test]
fn an_export_takes_a_hundred_fields_and_no_more() {
    let practice = filled();
    let asked = |count: usize| {
        let fields: Vec<Value> = (0..count)
            .map(|nth| json!({"name": format!("user_metadata.f{nth}")}))
            .collect();
        let body = json!({"format": "json", "fields": fields}).to_string();
        let body = ("application/json", body.into_bytes());
        practice.management("POST", "/api/v2/jobs/users-exports", Some(body))
    };
    assert_eq!(asked(100).0, 200);
    let (status, refusal) = asked(101);
    assert_eq!(status, 400);
    let message = refusal["message"].as_str().unwrap();
    assert!(message.contains("on property fields"), "{message}");
}
