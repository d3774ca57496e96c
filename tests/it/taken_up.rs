//! Jobs taken up again by their id, by somebody who knows nothing else of them.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::runs::renewed;
use crate::server::Practice;
use crate::turned::turned_time;
use crate::world::{CONNECTION, EMAIL, LIMIT, Reply, StandIn, World, recorded};

const ID: &str = "job_gRqRxSDtxHgOcwEQ";

fn finished(stand_in: &StandIn, users: &[User]) -> FinishedJob {
    let tenant = stand_in.tenant();
    let job = find_job(&tenant, ID).unwrap();
    let job = match users {
        [] => job,
        users => job.sent(users).unwrap(),
    };
    wait_for_job(&tenant, &job, LIMIT).unwrap()
}

/// A job of two users who were refused.
fn refused() -> StandIn {
    let mut ended = recorded("completed");
    ended["summary"] = json!({"failed": 2, "updated": 0, "inserted": 0, "total": 2});
    World::recorded()
        .answers("GET /api/v2/jobs/*", &ended)
        .answers("GET /api/v2/jobs/*/errors", &recorded("report"))
        .open()
}

#[test]
fn a_job_is_what_the_tenant_tells_of_it_and_the_rest_is_unknown() {
    for (answer, state) in [
        ("completed", "it had ended"),
        ("failed", "it had ended"),
        ("pending", "it had not ended"),
    ] {
        let stand_in = World::recorded()
            .answers("GET /api/v2/jobs/*", &recorded(answer))
            .open();
        let job = find_job(&stand_in.tenant(), &format!(" {ID} ")).unwrap();
        assert_eq!(stand_in.calls("").len(), 1, "one read");
        assert_eq!((job.id.as_str(), job.connection.as_str()), (ID, CONNECTION));
        assert_eq!(job.created_at, "2026-11-20T11:22:14.157Z");
        assert_eq!(job.correlation_id, "");
        let card = job.to_string();
        for part in [
            "job taken up again",
            ID,
            "Username-Password-Authentication",
            "2026-11-20T11:22:14.157Z",
            "unknown",
            state,
        ] {
            assert!(card.contains(part), "{part}: {card}");
        }
        assert!(
            format!("{job:?}").contains(r#"users: "unknown""#),
            "{job:?}"
        );
        let told = job.sent(&[User::new(EMAIL)]).unwrap();
        assert!(!told.to_string().contains("unknown"), "{told}");
        let error = job.sent(&[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoUsers, "{error}");
    }
}

#[test]
fn a_report_is_read_without_the_rows_and_with_them_once_the_reader_says_who_was_sent() {
    let _time = turned_time();
    let stand_in = refused();
    let tenant = stand_in.tenant();
    let errors = job_errors(&tenant, &finished(&stand_in, &[])).unwrap();
    let emails: Vec<_> = errors.iter().map(|user| user.email.as_deref()).collect();
    assert_eq!(emails, [Some(EMAIL), Some("no address")], "{errors}");
    assert!(errors.iter().all(|user| user.row.is_none()), "{errors}");
    assert_eq!(errors[1].errors[0].field.as_deref(), Some("email"));
    let explanation = errors.explanation().unwrap();
    assert!(
        explanation.contains("not known") && explanation.contains("job.sent(&users)"),
        "{explanation}"
    );

    let users = [User::new("no address"), User::new(EMAIL)];
    let errors = job_errors(&tenant, &finished(&stand_in, &users)).unwrap();
    let rows: Vec<_> = errors.iter().map(|user| user.row).collect();
    assert_eq!(rows, [Some(2), Some(1)], "{errors}");
    assert_eq!(errors.explanation(), None);

    // One too many: no row is believed.
    let users = [&users[..], &[User::new("c@uni.test")]].concat();
    let errors = job_errors(&tenant, &finished(&stand_in, &users)).unwrap();
    assert!(errors.iter().all(|user| user.row.is_none()), "{errors}");
    let explanation = errors.explanation().unwrap();
    assert!(
        explanation.contains("was sent 2 users, but job.sent names 3"),
        "{explanation}"
    );
}

#[test]
fn a_secret_that_nobody_here_knows_is_not_shown_in_a_message() {
    let _time = turned_time();
    let row = |path: &str, quoted: &str| {
        json!({"user": {"email": EMAIL}, "errors": [{"code": "PATTERN", "path": path,
            "message": format!("Error in {path} property - String does not match: {quoted}")}]})
    };
    let report = json!([
        row("customPasswordHash.salt.value", "pepper"),
        row("mfa_factors[0].totp.secret", "pepper"),
        row("identities[0].profileData.passwordHash", "pepper"),
        row("identities[0].profileData.username", "two words"),
    ]);
    let stand_in = World::recorded()
        .answers("GET /api/v2/jobs/*/errors", &report)
        .open();
    for users in [&[][..], &[User::new(EMAIL)]] {
        let finished = finished(&stand_in, users);
        let errors = job_errors(&stand_in.tenant(), &finished).unwrap();
        let shown = format!("{errors} {errors:?}");
        assert!(!shown.contains("pepper"), "{shown}");
        assert!(shown.contains("two words"), "{shown}");
    }
}

#[test]
fn a_removal_needs_to_be_told_who_was_sent_and_finds_exactly_those() {
    let _time = turned_time();
    let stand_in = World::recorded().open();
    let tenant = stand_in.tenant();
    let error = plan_removal(&tenant, &finished(&stand_in, &[])).unwrap_err();
    let sentence = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Removal, "{sentence}");
    for part in [ID, "job.sent(&users)", "plan_run_removal"] {
        assert!(sentence.contains(part), "{sentence}");
    }
    assert!(stand_in.calls("GET /api/v2/users").is_empty());

    let plan = plan_removal(&tenant, &finished(&stand_in, &[User::new(EMAIL)])).unwrap();
    assert_eq!(plan.users.len(), 1, "{plan}");
    assert!(plan.correlation_id.starts_with("removal-"), "{plan}");
    let id = plan.correlation_id.clone();
    assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 1);
    let deleted = stand_in.calls("DELETE /api/v2/users/");
    assert!(
        deleted.len() == 1 && deleted[0].contains(&id),
        "{deleted:?}"
    );

    let two = [User::new(EMAIL), User::new("other@example.com")];
    let error = plan_removal(&tenant, &finished(&stand_in, &two)).unwrap_err();
    let sentence = error.to_string();
    assert!(
        sentence.contains("was sent 1 user, but job.sent names 2"),
        "{sentence}"
    );

    // As many, but not those.
    let stand_in = refused();
    let error = plan_removal(&stand_in.tenant(), &finished(&stand_in, &two)).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains("not among the users said"), "{sentence}");
}

#[test]
fn who_was_created_later_than_the_job_should_have_taken_stays() {
    let _time = turned_time();
    // A second job's user, say, under the e-mail of one of the first job's, who was deleted meanwhile.
    let later = |ended: &str| {
        World::recorded()
            .changed(|call, body| {
                let users: &mut [Value] = match body {
                    Value::Array(users) => users,
                    one => std::slice::from_mut(one),
                };
                if call.starts_with("GET /api/v2/users") {
                    for user in users {
                        user["created_at"] = json!("2026-11-20T11:23:14.157Z");
                    }
                }
            })
            .on(
                "GET /api/v2/jobs/*",
                vec![
                    Reply::json(200, &recorded(ended)),
                    Reply::json(200, &recorded("completed"))
                        .header("date", "Fri, 20 Nov 2026 11:24:00 GMT"),
                ],
            )
            .open()
    };
    let stand_in = later("completed");
    let plan = plan_removal(
        &stand_in.tenant(),
        &finished(&stand_in, &[User::new(EMAIL)]),
    )
    .unwrap();
    assert!(plan.users.is_empty(), "{plan}");
    assert!(
        plan.left_out[0]
            .reason
            .contains("later than such a job takes"),
        "{plan}"
    );
    // Where the job was seen to run when it was taken up, its end was seen too.
    let stand_in = later("pending");
    let plan = plan_removal(
        &stand_in.tenant(),
        &finished(&stand_in, &[User::new(EMAIL)]),
    )
    .unwrap();
    assert_eq!(plan.users.len(), 1, "{plan}");
}

#[test]
fn what_is_no_import_job_is_refused_in_words() {
    let stand_in = World::recorded().open();
    let tenant = stand_in.tenant();
    let token = stand_in.token();
    for id in [
        "",
        "job_",
        "con_4CzPUBqyfuwSXy9q",
        "job_../users",
        "job_a b",
        &token,
    ] {
        let error = find_job(&tenant, id).unwrap_err();
        let sentence = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Input, "{sentence}");
        assert!(
            sentence.contains("job_ and letters or digits"),
            "{sentence}"
        );
        assert!(!sentence.contains(&token[..40]), "{sentence}");
    }
    assert!(stand_in.calls("").is_empty(), "nothing was sent");

    let sentence = find_job(&tenant, "job_4kCcxBzjmAvZzQ1f")
        .unwrap_err()
        .to_string();
    assert!(
        sentence.contains("`users_export`") && sentence.contains("job_4kCcxBzjmAvZzQ1f"),
        "{sentence}"
    );

    let gone = Reply::json(
        404,
        &json!({"statusCode": 404, "error": "Not Found", "message": "The job does not exist", "errorCode": "inexistent_job"}),
    );
    let stand_in = World::recorded()
        .on("GET /api/v2/jobs/*", vec![gone])
        .open();
    let error = find_job(&stand_in.tenant(), ID).unwrap_err();
    assert_eq!(error.status(), Some(404), "{error}");
    assert!(
        error.to_string().contains("Auth0 keeps a job for 24 hours"),
        "{error}"
    );
}

#[test]
fn half_an_answer_names_the_call_and_the_field() {
    let _time = turned_time();
    for (field, values) in [
        ("type", [Value::Null, json!(3)]),
        ("id", [Value::Null, json!("job_other")]),
        ("connection_id", [Value::Null, json!("con")]),
    ] {
        for value in values {
            let mut half = recorded("completed");
            half[field] = value;
            let stand_in = World::recorded()
                .answers("GET /api/v2/jobs/*", &half)
                .open();
            let error = find_job(&stand_in.tenant(), ID).unwrap_err();
            let sentence = error.to_string();
            assert_eq!(error.kind(), ErrorKind::BadAnswer, "{sentence}");
            assert!(
                sentence.contains(&format!("GET /api/v2/jobs/{ID}")),
                "{sentence}"
            );
            assert!(sentence.contains(&format!("`{field}`")), "{sentence}");
        }
    }
    // When it was accepted is not told: that stops a removal alone.
    let mut half = recorded("completed");
    half.as_object_mut().unwrap().remove("created_at");
    let stand_in = World::recorded()
        .answers("GET /api/v2/jobs/*", &half)
        .open();
    let finished = finished(&stand_in, &[User::new(EMAIL)]);
    assert!(
        finished.job.to_string().contains("unknown"),
        "{}",
        finished.job
    );
    let sentence = plan_removal(&stand_in.tenant(), &finished)
        .unwrap_err()
        .to_string();
    assert!(sentence.contains("when the job was accepted"), "{sentence}");
}

#[test]
fn after_a_restart_a_job_is_waited_for_accounted_for_and_removed_by_its_id_alone() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let mut users = generate_users("restart", "uni.test", 3).unwrap();
    users[1].email = "no address".to_string();
    let job = start_import(&tenant, &connection, &users).unwrap();
    // Here nothing can be said that is not known.
    let same = job.sent(&users[..1]).unwrap();
    assert_eq!(same.to_string(), job.to_string());
    let id = job.id.to_string();
    drop((tenant, connection, job, same));

    let (tenant, _) = renewed(&practice);
    let job = find_job(&tenant, &id).unwrap().sent(&users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let errors = job_errors(&tenant, &finished).unwrap();
    assert_eq!((errors.len(), errors[0].row), (1, Some(2)), "{errors}");
    let plan = plan_removal(&tenant, &finished).unwrap();
    assert_eq!((plan.users.len(), plan.kept), (2, 1), "{plan}");
    assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 2);
    assert_eq!(find_users(&tenant, "").unwrap().len(), 0);
}
