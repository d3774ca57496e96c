//! The whole workflow against answers of tenants in every shape that is documented, and in some that nobody has seen.
//! What answers is `world.rs`, which is not the practice tenant.

use auth0_bulk_users::*;
use serde_json::{Value, json};
use std::fmt::Display;
use std::thread;

use crate::runs::{Named, quick};
use crate::server::DATABASE;
use crate::turned::turned_time;
use crate::world::{EMAIL, LIMIT, Reply, StandIn, World, recorded};

/// What each step of the workflow ended in.
type Steps = Vec<(&'static str, Result<String, String>)>;

fn users() -> Vec<User> {
    vec![User {
        email_verified: Some(true),
        ..User::new(EMAIL)
    }]
}

/// Each step, whatever became of the one before.
fn steps(stand_in: &StandIn) -> Steps {
    let mut steps = reads(stand_in);
    steps.extend(job_steps(stand_in));
    steps
}

fn reads(stand_in: &StandIn) -> Steps {
    let tenant = stand_in.tenant();
    let found = get_connection_id(&tenant, DATABASE);
    let id = found
        .as_ref()
        .map_or_else(|_| stand_in.connection(), Clone::clone);
    vec![
        ("get_connection_id", told(&found)),
        ("list_connections", told(&list_connections(&tenant))),
        ("plan_import", told(&plan_import(&tenant, &id, &users()))),
        ("users_by_email", told(&users_by_email(&tenant, EMAIL))),
        ("find_users", told(&find_users(&tenant, ""))),
        ("export_users", told(&export_users(&tenant, &id, LIMIT))),
    ]
}

fn job_steps(stand_in: &StandIn) -> Steps {
    let (tenant, id) = (stand_in.tenant(), stand_in.connection());
    let job = start_import(&tenant, &id, &users());
    let mut steps = vec![("start_import", told(&job))];
    let Ok(job) = job else { return steps };
    let finished = wait_for_job(&tenant, &job, LIMIT);
    steps.push(("wait_for_job", told(&finished)));
    let Ok(finished) = finished else { return steps };
    steps.push(("job_errors", told(&job_errors(&tenant, &finished))));
    let plan = plan_removal(&tenant, &finished);
    steps.push(("plan_removal", told(&plan)));
    if let Ok(plan) = plan {
        steps.push(("remove_users", told(&remove_users(&tenant, plan))));
    }
    steps
}

/// What a step gave, in words.
fn told<T: Display>(ended: &Result<T>) -> Result<String, String> {
    match ended {
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn all_work(stand_in: &StandIn) {
    let steps = steps(stand_in);
    assert_eq!(steps.len(), 11, "{steps:?}");
    for (step, ended) in steps {
        assert!(ended.is_ok(), "{step}: {ended:?}");
    }
}

fn import(stand_in: &StandIn, what: &str) -> Result<ImportReport> {
    let name = Named::new(what);
    let id = stand_in.connection();
    import_users(&stand_in.tenant(), &id, &users(), &quick(&name))
}

#[test]
fn the_whole_workflow_works_on_recorded_answers() {
    let _time = turned_time();
    let stand_in = World::recorded().open();
    all_work(&stand_in);
    let report = import(&stand_in, "recorded").unwrap();
    assert_eq!(report.counts().inserted, 1, "{report}");
    assert_eq!(
        stand_in
            .calls("DELETE /api/v2/users/auth0%7C66dfe5a6f02c9f8c2cb3ffd7")
            .len(),
        1
    );
}

#[test]
fn fields_that_nobody_knows_change_nothing() {
    let _time = turned_time();
    fn decorate(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(decorate),
            Value::Object(fields) => {
                fields.values_mut().for_each(decorate);
                fields.insert("new".to_string(), json!({"a": [1, null, "x"], "b": {}}));
            }
            _ => {}
        }
    }
    let plain = World::recorded().open();
    let stand_in = World::recorded().changed(|_, body| decorate(body)).open();
    let told = |steps: Steps| -> Vec<String> {
        let text = |(_, ended): (_, Result<String, String>)| ended.unwrap_or_else(|error| error);
        steps.into_iter().map(text).collect()
    };
    // Without what is drawn anew each time: the port, and the name of a job in the tenant's log.
    let without_chance = |base: &str, text: String| {
        let text = text.replace(base.trim_start_matches("http://"), "");
        let mut words = text.split("import-");
        let first = words.next().unwrap_or_default().to_string();
        words.fold(first, |out, more| out + more.get(16..).unwrap_or_default())
    };
    let (expected, got) = (told(steps(&plain)), told(steps(&stand_in)));
    for (expected, got) in expected.into_iter().zip(got) {
        assert_eq!(
            without_chance(&plain.base, expected),
            without_chance(&stand_in.base, got)
        );
    }
    assert_eq!(import(&stand_in, "decorated").unwrap().counts().inserted, 1);
}

#[test]
fn the_three_shapes_of_a_list_of_connections_are_understood() {
    let list = recorded("connections")["connections"].clone();
    let mut other = list[0].clone();
    (other["name"], other["id"]) = (json!("other"), json!("con_0000000000000002"));
    for list in [
        json!(list),
        json!({"connections": list}),
        json!({"total": 1, "start": 0, "limit": 50, "connections": list}),
    ] {
        all_work(
            &World::recorded()
                .answers("GET /api/v2/connections", &list)
                .open(),
        );
    }
    // A list that goes on: the second part is asked for by the key that the first one gives.
    let first = Reply::json(200, &json!({"connections": [other], "next": "fromHere"}));
    let last = Reply::json(200, &json!({"connections": list}));
    let stand_in = World::recorded()
        .on("GET /api/v2/connections", vec![first, last])
        .open();
    let id = get_connection_id(&stand_in.tenant(), DATABASE).unwrap();
    assert_eq!(id.as_str(), crate::world::CONNECTION);
    assert!(stand_in.calls("GET /api/v2/connections?")[1].contains("from=fromHere"));
}

#[test]
fn options_that_are_not_told_are_unknown_and_stop_nothing() {
    for options in [None, Some(json!(null)), Some(json!([])), Some(json!("x"))] {
        let stand_in = World::recorded()
            .changed(|call, body| {
                let connection = match call {
                    "GET /api/v2/connections" => &mut body["connections"][0],
                    "GET /api/v2/connections/*" => body,
                    _ => return,
                };
                match &options {
                    Some(options) => connection["options"] = options.clone(),
                    None => drop(connection.as_object_mut().unwrap().remove("options")),
                }
            })
            .open();
        all_work(&stand_in);
        let tenant = stand_in.tenant();
        let id = get_connection_id(&tenant, DATABASE).unwrap();
        assert_eq!(id.takes_usernames(), None, "{options:?}");
        let users = generate_users("imfake", "uni.test", 25).unwrap();
        let plan = plan_import(&tenant, &id, &users).unwrap().to_string();
        assert!(plan.contains("25"), "{plan}");
        assert!(plan.contains("read:connections_options"), "{plan}");
        let list = list_connections(&tenant).unwrap();
        assert_eq!(list[0].obstacle, None, "{list}");
    }
}

#[test]
fn applications_are_asked_for_where_the_list_does_not_name_them() {
    for clients in [
        None,
        Some(json!(null)),
        Some(json!(["pXyTGUQRMYnnVpvkSvtQDBHUhKzwXUNt"])),
    ] {
        let named = clients.as_ref().is_some_and(Value::is_array);
        let stand_in = World::recorded()
            .changed(|call, body| {
                if let (Some(clients), "GET /api/v2/connections") = (&clients, call) {
                    body["connections"][0]["enabled_clients"] = clients.clone();
                }
            })
            .open();
        get_connection_id(&stand_in.tenant(), DATABASE).unwrap();
        let asked = stand_in.calls("GET /api/v2/connections/con_4CzPUBqyfuwSXy9q/clients");
        assert_eq!(asked.is_empty(), named, "{clients:?}");
    }
    // Whoever may not see them does not know that there are none.
    let refused = vec![Reply::json(403, &recorded("refused"))];
    let stand_in = World::recorded()
        .on("GET /api/v2/connections/*/clients", refused)
        .open();
    all_work(&stand_in);
    let list = list_connections(&stand_in.tenant()).unwrap();
    assert_eq!(list[0].obstacle, None, "{list}");
    assert!(
        list.to_string().contains("read:connections_options"),
        "{list}"
    );
}

/// The world in which the job ended so, with this report.
fn job(ended: &Value, report: Reply) -> StandIn {
    let world = World::recorded().answers("GET /api/v2/jobs/*", ended);
    world.on("GET /api/v2/jobs/*/errors", vec![report]).open()
}

fn finished(stand_in: &StandIn, users: &[User]) -> Result<FinishedJob> {
    finished_within(LIMIT, stand_in, users)
}

fn finished_within(limit: Duration, stand_in: &StandIn, users: &[User]) -> Result<FinishedJob> {
    let tenant = stand_in.tenant();
    let job = start_import(&tenant, &stand_in.connection(), users).unwrap();
    wait_for_job(&tenant, &job, limit)
}

#[test]
fn the_three_shapes_of_a_report_are_understood() {
    let _time = turned_time();
    let mut ended = recorded("completed");
    ended["summary"] = json!({"failed": 2, "updated": 0, "inserted": 0, "total": 2});
    let users = [User::new(EMAIL), User::new("no address")];
    let stand_in = job(&ended, Reply::json(200, &recorded("report")));
    let done = finished(&stand_in, &users).unwrap();
    let errors = job_errors(&stand_in.tenant(), &done).unwrap();
    let told: Vec<_> = errors
        .iter()
        .map(|failed| {
            (
                failed.row,
                failed.errors[0].code.as_str(),
                failed.errors[0].field.as_deref(),
            )
        })
        .collect();
    let expected = [
        (Some(1), "DUPLICATED_USER", None),
        (Some(2), "INVALID_FORMAT", Some("email")),
    ];
    assert_eq!(told, expected, "{errors}");

    let stand_in = job(&recorded("failed"), Reply::nothing());
    let done = finished(&stand_in, &users).unwrap();
    let errors = job_errors(&stand_in.tenant(), &done).unwrap();
    assert!(
        errors
            .explanation()
            .unwrap()
            .contains("Auth0 gives no reason"),
        "{errors}"
    );

    let stand_in = job(
        &recorded("failed"),
        Reply::json(200, &recorded("report-object")),
    );
    let done = finished(&stand_in, &users).unwrap();
    let errors = job_errors(&stand_in.tenant(), &done).unwrap();
    let explanation = errors.explanation().unwrap();
    assert!(
        explanation.contains("Failed to parse users file JSON"),
        "{errors}"
    );

    // None of the three.
    for report in [json!({"users": []}), json!("x"), json!(1), json!({})] {
        let stand_in = job(&recorded("failed"), Reply::json(200, &report));
        let done = finished(&stand_in, &users).unwrap();
        let error = job_errors(&stand_in.tenant(), &done)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/api/v2/jobs/job_gRqRxSDtxHgOcwEQ/errors"),
            "{error}"
        );
        assert!(
            error.contains("`errors`") && error.contains("`status_details`"),
            "{error}"
        );
    }
}

#[test]
fn rows_of_a_report_in_forms_of_their_own_are_told_as_far_as_they_tell() {
    let _time = turned_time();
    let user = User {
        user_id: Some("17".to_string()),
        ..User::new("a@uni.test")
    };
    let users = [User::new(EMAIL), user];
    for (row, place, code, message) in [
        (
            json!({"user": {"user_id": 17}, "errors": [{"code": 7, "message": 8}]}),
            Some(2),
            "7",
            "8",
        ),
        (
            json!({"user": {"email": EMAIL}, "errors": ["boom"]}),
            Some(1),
            "",
            "boom",
        ),
        (
            json!({"user": {"email": EMAIL}, "errors": {"code": "C"}}),
            Some(1),
            "C",
            "",
        ),
        (
            json!({"user": null, "errors": [{"message": "m", "path": null}]}),
            None,
            "",
            "m",
        ),
    ] {
        let stand_in = job(&recorded("completed"), Reply::json(200, &json!([row])));
        let done = finished(&stand_in, &users).unwrap();
        let errors = job_errors(&stand_in.tenant(), &done).unwrap();
        let first = &errors[0].errors[0];
        let told = (errors[0].row, first.code.as_str(), first.message.as_str());
        assert_eq!(told, (place, code, message), "{row}");
    }
}

#[test]
fn a_status_that_nobody_listed_is_no_end_and_is_named_at_the_limit() {
    let _time = turned_time();
    for status in ["processing", "queued", "expired", "COMPLETED"] {
        let mut ended = recorded("completed");
        ended["status"] = status.into();
        let stand_in = job(&ended, Reply::nothing());
        let error = finished_within(Duration::ZERO, &stand_in, &users()).unwrap_err();
        let sentence = error.to_string();
        assert_eq!(error.kind(), ErrorKind::JobRunning, "{sentence}");
        assert!(
            sentence.contains(&format!("the status `{status}`")),
            "{sentence}"
        );
        assert!(
            sentence.contains("GET /api/v2/jobs/job_gRqRxSDtxHgOcwEQ"),
            "{sentence}"
        );
    }
    for status in [json!(null), json!(3), json!({})] {
        let mut ended = recorded("completed");
        ended["status"] = status;
        let stand_in = job(&ended, Reply::nothing());
        let sentence = finished(&stand_in, &users()).unwrap_err().to_string();
        assert!(
            sentence.contains("GET /api/v2/jobs/") && sentence.contains("`status`"),
            "{sentence}"
        );
    }
    let stand_in = job(&recorded("pending"), Reply::nothing());
    let sentence = finished_within(Duration::ZERO, &stand_in, &users())
        .unwrap_err()
        .to_string();
    assert!(
        sentence.contains("is still running in the tenant after 0 s"),
        "{sentence}"
    );
}

#[test]
fn a_job_that_is_not_known_right_after_it_was_taken_is_waited_for() {
    let time = turned_time();
    let gone = json!({"statusCode": 404, "error": "Not Found", "message": "Job not found."});
    let gone = Reply::json(404, &gone);
    let world = |replies: &[Reply]| World::recorded().on("GET /api/v2/jobs/*", replies.to_vec());
    let completed = Reply::json(200, &recorded("completed"));
    let stand_in = world(&[gone.clone(), gone.clone(), completed]).open();
    let done = finished(&stand_in, &users()).unwrap();
    assert_eq!(done.status, JobStatus::Completed);
    // After some seconds it is another tenant's, or gone.
    let stand_in = world(&[gone]).open();
    let (took, error) = time.of(|| finished(&stand_in, &users()).unwrap_err());
    assert_eq!(error.status(), Some(404), "{error}");
    assert!((10..30).contains(&took.as_secs()), "{took:?}");
    // The limit holds all the same.
    let error = finished_within(Duration::ZERO, &stand_in, &users()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobRunning, "{error}");
}

#[test]
fn a_status_that_nobody_listed_is_waited_out_by_an_import() {
    let _time = turned_time();
    let of = |status: &str| {
        let mut ended = recorded("completed");
        ended["status"] = status.into();
        Reply::json(200, &ended)
    };
    let replies = ["processing", "queued", "completed"].map(of).to_vec();
    let stand_in = World::recorded().on("GET /api/v2/jobs/*", replies).open();
    assert_eq!(import(&stand_in, "status").unwrap().counts().inserted, 1);
    assert_eq!(stand_in.calls("POST /api/v2/jobs/users-imports").len(), 1);
}

#[test]
fn a_count_that_is_not_told_is_unknown_and_never_zero() {
    let _time = turned_time();
    for (field, value) in [
        ("inserted", None),
        ("updated", Some(json!(null))),
        ("failed", Some(json!("many"))),
        ("total", Some(json!(-1))),
    ] {
        let mut ended = recorded("completed");
        match value {
            Some(value) => ended["summary"][field] = value,
            None => drop(ended["summary"].as_object_mut().unwrap().remove(field)),
        }
        let stand_in = job(&ended, Reply::nothing());
        let done = finished(&stand_in, &users()).unwrap();
        assert_eq!(done.summary, None, "{field}");
        let card = done.to_string();
        assert!(
            card.contains("GET /api/v2/jobs/job_gRqRxSDtxHgOcwEQ"),
            "{card}"
        );
        assert!(card.contains(&format!("`summary.{field}`")), "{card}");
    }
    let mut ended = recorded("completed");
    ended["summary"] = json!({"failed": "0", "updated": 0.0, "inserted": "1", "total": 1});
    let done = finished(&job(&ended, Reply::nothing()), &users()).unwrap();
    assert_eq!(
        done.summary
            .map(|summary| (summary.inserted, summary.total)),
        Some((1, 1))
    );
}

#[test]
fn the_shapes_of_a_search_are_understood() {
    let user = recorded("user");
    let users: Vec<Value> = (0..3)
        .map(|number| {
            let mut user = user.clone();
            user["user_id"] = json!(number);
            user
        })
        .collect();
    for list in [
        json!(users),
        json!({"users": users}),
        json!({"users": users, "total": "3"}),
        json!({"users": users, "total": null, "next": "x"}),
        json!({"users": users, "total": 1}),
    ] {
        let stand_in = World::recorded().answers("GET /api/v2/users", &list).open();
        let found = find_users(&stand_in.tenant(), "").unwrap();
        let ids: Vec<&str> = found.iter().map(|user| user.user_id.as_str()).collect();
        assert_eq!((ids, found.total()), (vec!["0", "1", "2"], 3), "{list}");
        assert!(!found.is_at_least(), "{list}");
    }
    for list in [
        json!({}),
        json!(null),
        json!({"users": {}}),
        json!({"users": [{"email": "a"}]}),
    ] {
        let stand_in = World::recorded().answers("GET /api/v2/users", &list).open();
        let error = find_users(&stand_in.tenant(), "").unwrap_err().to_string();
        assert!(
            error.contains("GET /api/v2/users") && error.contains("`user"),
            "{error}"
        );
    }
}

#[test]
fn two_users_with_one_id_are_both_found() {
    let mut other = recorded("user");
    other["identities"][0]["connection"] = "Others".into();
    let page = json!([recorded("user"), other, recorded("user")]);
    let world = World::recorded().answers("GET /api/v2/users", &page);
    let found = find_users(&world.open().tenant(), "").unwrap();
    assert_eq!((found.len(), found.total()), (2, 2), "{found}");
}

#[test]
fn a_total_of_1000_means_1000_or_more() {
    let mut found = recorded("users");
    for (total, least) in [(999, false), (1000, true), (1001, false)] {
        found["total"] = total.into();
        let stand_in = World::recorded()
            .answers("GET /api/v2/users", &found)
            .open();
        let found = find_users(&stand_in.tenant(), "").unwrap();
        assert_eq!((found.total(), found.is_at_least()), (total, least));
        let card = found.to_string();
        assert_eq!(card.contains("at least 1,000 users"), least, "{card}");
    }
}

#[test]
fn ids_and_times_that_are_numbers_harm_nobody() {
    let stand_in = World::recorded()
        .changed(|call, body| {
            if call.contains("/jobs/") && body.get("created_at").is_some() {
                body["created_at"] = json!(1_795_723_200);
            }
            if call == "GET /api/v2/users-by-email" {
                (body[0]["user_id"], body[0]["created_at"]) = (json!(17), json!(1_795_723_200));
            }
        })
        .open();
    for (step, ended) in steps(&stand_in) {
        match step {
            // When the job was accepted, and so whose users they are, is not known.
            "plan_removal" => assert!(ended.is_err(), "{ended:?}"),
            _ => assert!(ended.is_ok(), "{step}: {ended:?}"),
        }
    }
    assert_eq!(stand_in.calls("DELETE").len(), 0);
    let stand_in = World::recorded()
        .changed(|call, body| {
            if call == "POST /api/v2/jobs/users-imports" {
                body["id"] = json!(17);
            }
        })
        .open();
    let started = start_import(&stand_in.tenant(), &stand_in.connection(), &users());
    let error = started.unwrap_err().to_string();
    assert!(
        error.contains("POST /api/v2/jobs/users-imports") && error.contains("`id`"),
        "{error}"
    );
}

/// Every place in a value, as a pointer of JSON.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, v)| (n.to_string(), v))
            .collect(),
        Value::Object(fields) => fields.iter().map(|(name, v)| (name.clone(), v)).collect(),
        _ => Vec::new(),
    };
    // What is deep inside of options is another matter.
    let inner = inner.into_iter().filter(|_| !at.ends_with("/options"));
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        places(value, &at, all);
        all.push(at);
    }
}

#[test]
fn whatever_one_field_is_each_step_works_or_ends_in_a_sentence_that_names_the_call() {
    let calls = [
        ("GET /api/v2/connections", "connections"),
        ("GET /api/v2/connections/*/clients", "clients"),
        ("POST /api/v2/jobs/users-imports", "accepted"),
        ("GET /api/v2/jobs/*", "completed"),
        ("GET /api/v2/jobs/*/errors", "report"),
        ("GET /api/v2/users", "users"),
        ("POST /api/v2/jobs/users-exports", "export"),
        ("GET /api/v2/jobs/job_4kCcxBzjmAvZzQ1f", "exported"),
    ];
    thread::scope(|scope| {
        for (call, name) in calls {
            let whole = recorded(name);
            let mut all = vec![String::new()];
            places(&whole, "", &mut all);
            for place in all {
                let mut body = whole.clone();
                scope.spawn(move || {
                    for value in [json!(null), json!(17), json!({"x": 1})] {
                        *body.pointer_mut(&place).unwrap() = value.clone();
                        each_step_with(call, &body, &format!("{place} as {value}"));
                    }
                });
            }
        }
    });
}

fn each_step_with(call: &str, body: &Value, about: &str) {
    let _time = turned_time();
    let stand_in = World::recorded().answers(call, body).open();
    let is_read = !call.contains("imports") && !call.contains("/jobs/*");
    let ended = if is_read {
        reads(&stand_in)
    } else {
        job_steps(&stand_in)
    };
    for (step, ended) in ended {
        let Err(error) = ended else { continue };
        let sentence = error.to_string();
        let about = format!("{step} with {about} in {call}: {sentence}");
        assert!(!sentence.contains('\n'), "{about}");
        // Names and kinds of connections are the reader's own matter, and so is whose users may go.
        let own = [
            "no connection `",
            "cannot import into",
            "nothing was removed",
            "cannot export",
        ];
        let names_call = sentence.contains("/api/v2/") || sentence.contains("status `");
        let names_own = own.iter().any(|own| sentence.contains(own));
        assert!(names_call || names_own, "{about}");
    }
}
