//! Connections as tenants of November 2026 tell them: what they leave out is unknown, and nobody is refused for it.
//!
//! The answers here are written after Auth0's OpenAPI description, its guides ("Migrate to Management API Connection
//! Options Scopes", "Migrate to the dedicated connection endpoints", "Activate and Configure Attributes for Flexible
//! Identifiers") and the recordings of its own SDKs; none comes from the practice tenant.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::check::user;
use crate::runs::{Named, quick};
use crate::server::{DATABASE, Practice, answer, canned, token};
use crate::turned::turned_time;

const JSON: &str = "content-type: application/json; charset=utf-8\r\n";
const ID: &str = "con_aaaaaaaaaaaaaaaa";

fn ok(body: &Value) -> String {
    answer(200, JSON, &body.to_string())
}

/// As recorded of the Management API.
fn forbidden(scope: &str) -> String {
    let body = json!({"statusCode": 403, "error": "Forbidden", "errorCode": "insufficient_scope",
        "message": format!("Insufficient scope, expected any of: {scope}")});
    answer(403, JSON, &body.to_string())
}

/// A tenant that answers each call with the next of these.
fn answering(answers: Vec<String>) -> Tenant {
    let (base, _) = canned(answers);
    Tenant::new(&base, &token(&base, json!({}))).unwrap()
}

/// A database as a tenant lists it today, `options` being whatever is given, or left out.
fn database(options: Option<Value>) -> Value {
    let mut connection = json!({"id": ID, "name": DATABASE, "strategy": "auth0", "realms": [DATABASE],
        "is_domain_connection": false, "authentication": {"active": true}, "connected_accounts": {"active": false}});
    if let Some(options) = options {
        connection["options"] = options;
    }
    connection
}

/// The options of a plain database, as recorded, with others laid over them.
fn options(over: Value) -> Value {
    let mut options = json!({"mfa": {"active": true, "return_enroll_settings": true}, "passwordPolicy": "good",
        "passkey_options": {"challenge_ui": "both"}, "strategy_version": 2,
        "authentication_methods": {"password": {"enabled": true}}, "brute_force_protection": true});
    for (name, value) in over.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}

fn clients() -> String {
    ok(&json!({"clients": [{"client_id": "one"}, {"client_id": "two"}]}))
}

/// The connection as found in a tenant that has this one.
fn found(connection: &Value) -> (Tenant, ConnectionId) {
    let list = json!({"total": 1, "start": 0, "limit": 50, "connections": [connection]});
    let tenant = answering(vec![ok(&list), clients()]);
    let id = get_connection_id(&tenant, DATABASE).unwrap();
    (tenant, id)
}

fn with_attributes(attributes: Value) -> (Tenant, ConnectionId) {
    found(&database(Some(options(json!({"attributes": attributes})))))
}

/// Field and sentence of each problem.
fn told(connection: &ConnectionId, users: &[User]) -> Vec<(String, String)> {
    let problems = check_users(connection, users);
    let told = problems.into_iter();
    told.map(|problem| (problem.field, problem.problem))
        .collect()
}

#[test]
fn without_options_all_users_are_planned_and_the_scope_that_would_tell_is_named() {
    let shapes = [
        None,
        Some(Value::Null),
        Some(json!({})),
        Some(json!([])),
        Some(json!(["requires_username"])),
        Some(json!("none")),
        Some(json!({"attributes": ["username"]})),
    ];
    for options in shapes {
        let (tenant, connection) = found(&database(options.clone()));
        assert_eq!(connection.takes_usernames(), None, "{options:?}");
        let users = generate_users("imfake", "uni.test", 25).unwrap();
        let plan = plan_import(&tenant, &connection, &users).unwrap();
        assert_eq!(plan.problems, [], "{options:?}");
        let [unknown] = &plan.unknown[..] else {
            panic!("{options:?}: {:?}", plan.unknown);
        };
        assert!(unknown.contains("read:connections_options"), "{unknown}");
        let drawn = plan.to_string();
        assert!(drawn.contains("25 to send, 0 faulty"), "{drawn}");
        assert!(drawn.contains("read:connections_options"), "{drawn}");
    }
}

#[test]
fn the_cards_say_what_is_unknown_and_which_scope_would_tell() {
    let list = json!({"total": 1, "connections": [database(None)]});
    let tenant = answering(vec![ok(&list), clients()]);
    let connections = list_connections(&tenant).unwrap();
    assert_eq!(connections[0].obstacle, None);
    assert_eq!(connections[0].id.takes_usernames(), None);
    let words = connections[0].usernames.as_deref();
    assert_eq!(words, Some("unknown (needs read:connections_options)"));
    let drawn = connections.to_string();
    assert!(drawn.contains("1 may take an import"), "{drawn}");
    assert!(!drawn.contains("none"), "{drawn}");

    let plain = database(Some(options(json!({}))));
    let (_, told) = found(&plain);
    assert_eq!(told.takes_usernames(), Some(false), "it was told");
    let given = ConnectionId::new(ID).unwrap();
    assert_eq!(given.takes_usernames(), None);
    let plan = plan_import(&tenant, &given, &[User::new("a@uni.test")]).unwrap();
    assert!(plan.unknown[0].contains("given by its id"), "{plan}");
}

#[test]
fn whether_a_custom_database_takes_an_import_is_unknown_without_its_options() {
    let custom = options(json!({"enabledDatabaseCustomization": true}));
    let list = |options: Option<Value>| ok(&json!([database(options)]));
    let tenant = answering(vec![list(Some(custom.clone())), clients()]);
    let refused = get_connection_id(&tenant, DATABASE).unwrap_err();
    assert!(
        refused.to_string().contains("without import mode"),
        "{refused}"
    );
    let tenant = answering(vec![list(None), clients()]);
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let plan = plan_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    assert!(plan.unknown[0].contains("custom database"), "{plan}");
}

#[test]
fn whose_applications_are_not_told_is_still_found_and_both_scopes_are_named() {
    let list = ok(&json!({"total": 1, "connections": [database(Some(options(json!({}))))]}));
    let refusals = vec![list.clone(), forbidden("read:connections_options")];
    let tenant = answering(refusals.clone());
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let plan = plan_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    assert_eq!(plan.unknown.len(), 1, "{plan}");
    let connections = list_connections(&answering(refusals)).unwrap();
    assert_eq!(connections[0].applications, None);
    assert_eq!(connections[0].obstacle, None);
    for words in [plan.unknown[0].clone(), connections.to_string()] {
        for scope in ["read:connections, or", "read:connections_options"] {
            assert!(words.contains(scope), "{words}");
        }
    }
    for (body, reason) in [
        (json!({}), "no application uses it"),
        (json!({"clients": null}), "no application uses it"),
        (json!({"clients": []}), "no application uses it"),
        (json!({"clients": 7}), "`clients` is not a list"),
        (json!(null), "`clients` is not a list"),
    ] {
        let tenant = answering(vec![list.clone(), ok(&body)]);
        let error = get_connection_id(&tenant, DATABASE).unwrap_err();
        assert!(error.to_string().contains(reason), "{body}: {error}");
    }
}

#[test]
fn lists_of_each_shape_are_read_to_their_end() {
    let other = |number: usize| {
        json!({"id": format!("con_{number:016}"), "name": format!("db-{number}"), "strategy": "auth0",
            "enabled_clients": ["one"]})
    };
    let others = |count: usize| (0..count).map(other).collect::<Vec<_>>();
    let wanted = database(Some(options(json!({"requires_username": true}))));
    let one = || json!([wanted]);
    let pages = [
        // A bare array, whole pages of it.
        vec![json!(others(50)), one()],
        // With totals, by a server that gives fewer on a page than it was asked for.
        vec![
            json!({"total": 26, "start": 0, "limit": 25, "connections": others(25)}),
            json!({"total": 26, "start": 25, "limit": 25, "connections": one()}),
        ],
        // By checkpoint, whose last page has no `next`.
        vec![
            json!({"connections": others(2), "next": "abc"}),
            json!({"connections": one()}),
        ],
    ];
    for (pages, second) in pages
        .iter()
        .zip(["page=1&", "page=1&", "?from=abc&take=100"])
    {
        let pages: Vec<String> = pages.iter().map(ok).chain([clients()]).collect();
        let (base, asked) = canned(pages);
        let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
        let connection = get_connection_id(&tenant, DATABASE).unwrap();
        assert_eq!(connection.as_str(), ID);
        assert_eq!(connection.takes_usernames(), Some(true));
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 3, "{asked:?}");
        assert!(asked[1].contains(second), "{asked:?}");
    }
}

#[test]
fn a_name_in_another_case_is_told_and_the_exact_one_comes_first() {
    let named = |name: &str, id: &str| json!({"id": id, "name": name, "strategy": "auth0", "enabled_clients": ["a"]});
    let both = json!({"connections": [named("Staff", "con_bbbbbbbbbbbbbbbb"), named("staff", ID)]});
    let connection = get_connection_id(&answering(vec![ok(&both)]), "staff").unwrap();
    assert_eq!(connection.as_str(), ID);
    let refused = get_connection_id(&answering(vec![ok(&both)]), "STAFF").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "there is no connection `STAFF`, but there is one that differs in upper and lower case: Staff, staff; give the name exactly; this tenant has: Staff, staff"
    );
}

#[test]
fn a_connection_that_the_filter_by_name_does_not_find_is_found_among_all() {
    let wanted = database(Some(options(json!({}))));
    let all = json!({"total": 1, "connections": [wanted]});
    let tenant = answering(vec![ok(&json!([])), ok(&all), clients()]);
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    assert_eq!(connection.as_str(), ID);
}

#[test]
fn without_any_scope_for_connections_an_id_does() {
    let (base, asked) = canned(vec![forbidden("read:connections")]);
    let scopes = json!({"scope": "create:users read:users"});
    let told = Tenant::new(&base, &token(&base, scopes)).unwrap();
    let silent = Tenant::new(&base, &token(&base, json!({"scope": null}))).unwrap();
    for (tenant, sent) in [(told, 0), (silent, 1)] {
        let error = get_connection_id(&tenant, DATABASE)
            .unwrap_err()
            .to_string();
        assert!(error.contains("read:connections"), "{error}");
        assert!(error.contains("ConnectionId::new(\"con_…\")"), "{error}");
        assert_eq!(asked.lock().unwrap().len(), sent);
        let given = ConnectionId::new(ID).unwrap();
        let users = generate_users("imfake", "uni.test", 25).unwrap();
        let plan = plan_import(&tenant, &given, &users).unwrap();
        assert!(plan.to_string().contains("25 to send"), "{plan}");
    }
}

#[test]
fn an_attribute_is_taken_where_the_connection_has_it_whatever_it_signs_in_with() {
    for active in [
        json!({"active": false}),
        json!({"active": true}),
        Value::Null,
    ] {
        let username = json!({"identifier": active, "profile_required": false,
            "validation": {"min_length": 3, "max_length": 20, "allowed_types": {"email": false, "phone_number": false}}});
        let (_, connection) =
            with_attributes(json!({"username": username, "email": {"unique": true}}));
        assert_eq!(connection.takes_usernames(), Some(true), "{active}");
        let names = ["ada", "ad", "ada@uni.test", "+4930123456"];
        let users: Vec<User> = names
            .iter()
            .map(|name| {
                user(json!({"email": format!("{}@uni.test", name.len()), "username": name}))
            })
            .collect();
        let told = told(&connection, &users);
        let parts = [
            "takes 3 to 20",
            "looks like an e-mail",
            "looks like a phone number",
        ];
        assert_eq!(told.len(), parts.len(), "{told:?}");
        for ((field, problem), part) in told.iter().zip(parts) {
            assert!(field == "username" && problem.contains(part), "{told:?}");
        }
    }
    let (_, phones) = with_attributes(json!({"phone_number": {"identifier": {"active": true}}}));
    assert_eq!(phones.takes_usernames(), Some(false));
    let users = [user(json!({"phone_number": "+4930123456"}))];
    assert_eq!(told(&phones, &users), []);
}

#[test]
fn the_numbers_of_a_username_rule_are_read_as_they_come() {
    let rules = |validation: Value| {
        let options = json!({"requires_username": true, "validation": {"username": validation}});
        let list = json!([database(Some(options))]);
        let connections = list_connections(&answering(vec![ok(&list), clients()])).unwrap();
        connections[0].usernames.clone().unwrap()
    };
    assert_eq!(rules(json!({"min": 3, "max": 20})), "3 to 20 characters");
    assert_eq!(
        rules(json!({"min": "3", "max": "20"})),
        "3 to 20 characters"
    );
    assert_eq!(rules(json!({"max": null})), "1 to 15 characters");
    assert_eq!(rules(json!({"max": "many"})), "of unknown length");
}

#[test]
fn what_the_connection_requires_is_missing_before_anything_is_sent() {
    let required = json!({"profile_required": true});
    let (tenant, connection) = with_attributes(json!({
        "email": {"unique": true, "profile_required": true, "identifier": {"active": true}},
        "username": required, "phone_number": required, "nickname": required, "shoe_size": required}));
    let users = [
        user(json!({})),
        user(
            json!({"email": "b@uni.test", "username": "b", "phone_number": "+1", "nickname": "b"}),
        ),
        user(json!({"email": "c@uni.test", "username": "c", "phone_number": "+2", "nickname": ""})),
    ];
    let plan = plan_import(&tenant, &connection, &users).unwrap();
    let mut fields: Vec<(usize, &str)> = plan
        .problems
        .iter()
        .map(|problem| (problem.row, problem.field.as_str()))
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            (1, "nickname"),
            (1, "phone_number"),
            (1, "username"),
            (3, "nickname")
        ]
    );
    let required = "is missing, and the connection requires it for every user";
    assert_eq!(plan.problems[0].problem, required);
}

#[test]
fn users_may_share_an_email_where_the_connection_lets_them_and_an_upsert_is_refused() {
    let _time = turned_time();
    let attributes =
        json!({"email": {"unique": false}, "username": {"identifier": {"active": true}}});
    let (base, asked) = canned(vec![
        ok(&json!([database(Some(options(
            json!({"attributes": attributes})
        )))])),
        clients(),
        answer(500, "", ""),
    ]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let users = [
        user(json!({"username": "one", "phone_number": "+1"})),
        user(json!({"username": "two", "phone_number": "+2"})),
        user(json!({"username": "ONE", "phone_number": "+3"})),
        user(json!({"username": "four", "phone_number": "+2"})),
    ];
    let told = told(&connection, &users);
    let fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["username", "phone_number"]);
    assert_eq!(told[0].1, "is also in row 1: leave out one of the two");

    let upsert = ImportOptions::default().upsert(true);
    let stream = || users.clone().into_iter().map(Ok);
    let refusals = [
        plan_import_with(&tenant, &connection, &users, &upsert).map(drop),
        start_import_with(&tenant, &connection, &users[..2], &upsert).map(drop),
        import_users(&tenant, &connection, &users[..2], &upsert).map(drop),
        import_stream(&tenant, &connection, stream(), &upsert).map(drop),
    ];
    for refused in refusals {
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("import without upsert"), "{refused}");
    }
    assert_eq!(asked.lock().unwrap().len(), 2, "nothing was sent");

    // Where it is not told, an upsert is let through, and twins are named as what is refused nearly everywhere.
    let (tenant, unknown) = found(&database(None));
    assert!(plan_import_with(&tenant, &unknown, &users[..2], &upsert).is_ok());
    let twins = check_users(&unknown, &users[..2]);
    assert_eq!(twins.len(), 1, "{twins:?}");
    assert!(
        twins[0].problem.contains("read:connections_options"),
        "{twins:?}"
    );
}

#[test]
fn a_real_tenant_is_told_of_its_event_streams() {
    let (base, _) = canned(vec![ok(&json!([]))]);
    let unmarked = json!({"practice_tenant": null});
    let real = Tenant::new(&base, &token(&base, unmarked)).unwrap();
    let connection = ConnectionId::new(ID).unwrap();
    let plan = plan_import(&real, &connection, &[User::new("a@uni.test")]).unwrap();
    assert_eq!(plan.notes.len(), 1, "{plan}");
    assert!(plan.to_string().contains("user.created"), "{plan}");
    let practice = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let plan = plan_import(&practice, &connection, &[User::new("a@uni.test")]).unwrap();
    assert_eq!(plan.notes, [""; 0]);
}

/// A token with the scopes that were enough before July 2025.
#[test]
fn a_tenant_with_the_four_old_scopes_names_the_fifth_as_missing() {
    let (base, _) = canned(vec![ok(&json!([]))]);
    let old = json!({"scope": "read:connections create:users read:users delete:users"});
    let card = Tenant::new(&base, &token(&base, old)).unwrap().to_string();
    let missing = card.lines().find(|line| line.starts_with("missing:"));
    let words: Vec<&str> = missing.unwrap().split_whitespace().collect();
    assert_eq!(words, ["missing:", "read:connections_options"], "{card}");
    let card = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let card = card.to_string();
    assert!(card.contains("missing:      none"), "{card}");
}

/// What could not be checked beforehand is refused by the import, in words as documented and reported of Auth0's.
#[test]
fn what_an_import_refuses_for_rules_unknown_before_names_the_scope_that_would_have_told() {
    let _time = turned_time();
    let id = "job_aaaaaaaaaaaaaaaa";
    let job = json!({"type": "users_import", "status": "completed", "connection_id": ID, "connection": DATABASE,
        "created_at": "2026-11-26T10:00:00.000Z", "id": id,
        "summary": {"failed": 4, "updated": 0, "inserted": 0, "total": 4}});
    let row = |number: usize, code: &str, message: &str, path: Value| {
        let mut error = json!({"code": code, "message": message});
        if !path.is_null() {
            error["path"] = path;
        }
        json!({"user": {"email": format!("{number}@uni.test")}, "errors": [error]})
    };
    let hash =
        "A custom_password_hash was provided, but the user already has password hash defined";
    let username = json!("identities[0].profileData.username");
    let report = json!([
        row(
            1,
            "NOT_PASSED",
            "Data matches schema from 'not'",
            username.clone()
        ),
        row(
            2,
            "MAX_LENGTH",
            "String is too long (16 chars), maximum 15",
            username
        ),
        row(
            3,
            "OBJECT_MISSING_REQUIRED_PROPERTY",
            "Missing required property: phone_number",
            Value::Null
        ),
        row(4, "CONFLICT", hash, Value::Null),
    ]);
    let tenant = answering(vec![ok(&job), ok(&job), ok(&report)]);
    let users: Vec<User> = (1..=4)
        .map(|n| User::new(format!("{n}@uni.test")))
        .collect();
    let started = start_import(&tenant, &ConnectionId::new(ID).unwrap(), &users).unwrap();
    let finished = wait_for_job(&tenant, &started, Duration::from_secs(20)).unwrap();
    let refused = job_errors(&tenant, &finished).unwrap();
    let fields = [
        "username",
        "username",
        "phone_number",
        "custom_password_hash",
    ];
    for (user, field) in refused.iter().zip(fields) {
        assert_eq!(user.errors[0].field.as_deref(), Some(field), "{user:?}");
    }
    for user in &refused[..3] {
        let advice = user.errors[0].advice;
        assert!(advice.contains("read:connections_options"), "{advice}");
    }
    let advice = refused[3].errors[0].advice;
    assert!(advice.contains("until its user has signed in"), "{advice}");
}

/// In each connection of the practice tenant the check and the tenant leave out the same rows.
#[test]
fn the_check_and_the_practice_tenant_agree_on_attributes() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let tenant = practice.tenant();
    let rows = [
        json!({"email": "a@uni.test", "username": "ada"}),
        json!({"email": "b@uni.test", "username": "ad", "phone_number": "+4930123456"}),
        json!({"email": "b@uni.test", "username": "eva", "phone_number": "+4930123457"}),
        json!({"email": "c@uni.test", "phone_number": "+4930123457"}),
        json!({"email": "d@uni.test", "username": "leo", "phone_number": "+49 30 1"}),
        json!({"email": "e@uni.test", "username": "sixteen_letters_", "phone_number": "+5"}),
    ];
    let mut users: Vec<User> = rows.into_iter().map(user).collect();
    for (number, user) in users.iter_mut().enumerate() {
        // The ids trace a report's rows where e-mails are shared.
        user.user_id = Some(format!("agree-{number}"));
    }
    let wanted: [(&str, &[usize]); 4] = [
        (DATABASE, &[3, 5, 6]),
        ("Flexible-Identifiers", &[2, 4, 5]),
        ("Required-Attributes", &[1, 3, 4, 5, 6]),
        ("Shared-Emails", &[4, 5, 6]),
    ];
    for (name, bad) in wanted {
        let connection = get_connection_id(&tenant, name).unwrap();
        assert_eq!(connection.takes_usernames(), Some(true));
        let mut ours: Vec<usize> = check_users(&connection, &users)
            .iter()
            .map(|problem| problem.row)
            .collect();
        ours.dedup();
        assert_eq!(ours, bad, "{name}");
        let job = start_import(&tenant, &connection, &users).unwrap();
        let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
        let refused = job_errors(&tenant, &finished).unwrap();
        let mut theirs: Vec<usize> = refused.iter().filter_map(|user| user.row).collect();
        theirs.sort_unstable();
        assert_eq!(theirs, ours, "{name}: {refused}");
        remove_users(&tenant, plan_removal(&tenant, &finished).unwrap()).unwrap();
    }
}

/// The main job with a token of the four old scopes, on a practice tenant that leaves options out.
#[test]
fn an_import_without_the_scope_for_options_goes_through() {
    let _time = turned_time();
    let practice = Practice::start(&[
        "--scopes",
        "read:connections create:users read:users delete:users",
    ]);
    let (tenant, connection) = practice.database();
    assert_eq!(connection.takes_usernames(), None);
    let users = generate_users("imfake", "uni.test", 25).unwrap();
    let name = Named::new("unknown");
    let report = import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    assert_eq!(report.counts().inserted, 25, "{report}");
}

#[test]
fn a_list_that_counts_or_lists_more_connections_than_there_can_be_is_an_error() {
    let many = |page: usize| {
        let one = |number: usize| json!({"id": format!("con_{number:016}"), "name": format!("db-{number}")});
        (0..100)
            .map(|nth| one(100 * page + nth))
            .collect::<Vec<_>>()
    };
    let counted = json!({"total": 10_000_000, "start": 0, "limit": 100, "connections": many(0)});
    let (base, asked) = canned(vec![ok(&counted)]);
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let error = list_connections(&tenant).unwrap_err().to_string();
    assert!(
        error.contains("it counts 10,000,000 connections, and at most 100,000 are read"),
        "{error}"
    );
    assert_eq!(asked.lock().unwrap().len(), 1);

    let page = |page| ok(&json!({"connections": many(page), "next": format!("next-{page}")}));
    let tenant = answering((0..1_100).map(page).collect());
    let error = list_connections(&tenant).unwrap_err().to_string();
    let told = "after 100100 connections, its `next` still does not end";
    assert!(error.contains(told), "{error}");
}
