//! Which of the users sent each row of an error report is about.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::server::{Practice, answer, canned, token};
use crate::turned::turned_time;

#[test]
fn each_of_several_refused_rows_that_share_an_id_or_an_email_is_found() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let user = |email: &str, id: &str, hash: Option<&str>| User {
        user_id: (!id.is_empty()).then(|| id.to_string()),
        password_hash: hash.map(str::to_string),
        ..User::new(email)
    };
    let users = [
        user("a@uni.test", "1", Some("abc")),
        user("a@uni.test", "1", None),
        user("A@uni.test", "1", None),
        user("b@uni.test", "1", None),
        user("c@uni.test", "", None),
        user("c@uni.test", "", None),
        user("c@uni.test", "", Some("abc")),
        user("d@uni.test", "2", Some("abc")),
        user("d@uni.test", "2", Some("abc")),
        user("e@uni.test", "1", Some("abc")),
    ];
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let errors = job_errors(&tenant, &finished).unwrap();
    let mut rows: Vec<usize> = errors.iter().map(|failed| failed.row.unwrap()).collect();
    rows.sort_unstable();
    // Inserted are rows 2 and 5, the first good ones with their e-mail; the report names no rows, and of several who are
    // alike in id and e-mail the later ones are taken for the refused.
    assert_eq!(rows.len(), 8, "{errors}");
    rows.dedup();
    assert_eq!(rows.len(), 8, "each once: {errors}");
    assert!(!rows.contains(&1) || !rows.contains(&2), "{errors}");
    let email = |failed: &FailedUser| failed.email.clone().unwrap().to_lowercase();
    for failed in errors.iter() {
        let sent = &users[failed.row.unwrap() - 1];
        assert_eq!(sent.email.to_lowercase(), email(failed), "{errors}");
    }
    let both: Vec<_> = errors.iter().filter(|f| email(f) == "d@uni.test").collect();
    assert_eq!(
        (both[0].row, both[1].row),
        (Some(8), Some(9)),
        "in their order"
    );
}

#[test]
fn a_row_that_the_report_names_in_part_is_found_by_what_it_names() {
    let _time = turned_time();
    let report = json!([
        {"user": {"email": "A@uni.test"}, "errors": []},
        {"user": {"user_id": "2"}, "errors": []},
        {"user": {"user_id": "3", "email": "changed@uni.test"}, "errors": []},
        {"user": {"email": "nobody@uni.test"}, "errors": []},
        {"user": {}, "errors": []},
    ]);
    let job = json!({"id": "job_1", "status": "pending", "created_at": "2026"});
    let ended = json!({"status": "completed", "summary": {"failed": 5}});
    let answers = [job, ended, report].map(|body| answer(200, "", &body.to_string()));
    let (base, _) = canned(answers.to_vec());
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let connection = ConnectionId::new("con_0000000000000000").unwrap();
    let user = |email: &str, id: &str| User {
        user_id: Some(id.into()),
        ..User::new(email)
    };
    let users = [
        user("c@uni.test", "3"),
        user("a@uni.test", "1"),
        user("b@uni.test", "2"),
    ];
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let errors = job_errors(&tenant, &finished).unwrap();
    let rows: Vec<Option<usize>> = errors.iter().map(|failed| failed.row).collect();
    assert_eq!(rows, [Some(2), Some(3), Some(1), None, None], "{errors}");
}

/// The errors of a job of these users, whose report is this.
fn errors_of(users: &[User], report: &Value) -> JobErrors {
    let job = json!({"id": "job_1", "status": "pending", "created_at": "2026"});
    let ended = json!({"status": "completed", "summary": {"failed": 1}});
    let answers = [&job, &ended, report].map(|body| answer(200, "", &body.to_string()));
    let (base, _) = canned(answers.to_vec());
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let connection = ConnectionId::new("con_0000000000000000").unwrap();
    let job = start_import(&tenant, &connection, users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    job_errors(&tenant, &finished).unwrap()
}

#[test]
fn users_who_share_an_email_are_told_apart_by_what_else_they_have() {
    let _time = turned_time();
    let user = |username: &str, phone: &str| User {
        username: Some(username.into()),
        phone_number: Some(phone.into()),
        ..User::new("a@uni.test")
    };
    let users = [
        user("Ann", "+491"),
        user("bob", "+492"),
        user("cid", "+493"),
    ];
    let report = json!([
        {"user": {"email": "a@uni.test", "username": "ann"}, "errors": []},
        {"user": {"email": "a@uni.test", "phone_number": "+492"}, "errors": []},
    ]);
    let errors = errors_of(&users, &report);
    let rows: Vec<Option<usize>> = errors.iter().map(|failed| failed.row).collect();
    assert_eq!(rows, [Some(1), Some(2)], "{errors}");
}

#[test]
fn a_salt_that_stands_in_an_email_or_a_code_hides_neither() {
    let _time = turned_time();
    let salted = |email: &str, salt: &str| User {
        custom_password_hash: Some(json!({"algorithm": "md5",
            "hash": {"value": "0123456789abcdef0123456789abcdef", "encoding": "hex"}, "salt": {"value": salt}})),
        ..User::new(email)
    };
    let users = [
        salted("a@uni.test", "test"),
        salted("b@uni.test", "USER"),
        salted("c@uni.test", "code"),
    ];
    let report = json!([{"user": {"email": "b@uni.test"},
        "errors": [{"code": "DUPLICATED_USER", "message": "there, with salt test"}]}]);
    let errors = errors_of(&users, &report);
    let FailedUser {
        row, email, errors, ..
    } = &errors[0];
    assert_eq!((*row, email.as_deref()), (Some(2), Some("b@uni.test")));
    assert_eq!(
        (errors[0].code.as_str(), errors[0].message.as_str()),
        ("DUPLICATED_USER", "<hidden>")
    );
}

/// The errors of a job of one user, whose report is this.
fn told(status: &str, report: &Value) -> JobErrors {
    ended_as(&json!({"status": status, "summary": {"failed": 1}}), report).1
}

/// A job of one user that ended so, and its errors.
fn ended_as(ended: &Value, report: &Value) -> (FinishedJob, JobErrors) {
    let job = json!({"id": "job_1", "status": "pending", "created_at": "2026"});
    let answers = [&job, ended, report].map(|body| answer(200, "", &body.to_string()));
    let (base, _) = canned(answers.to_vec());
    let tenant = Tenant::new(&base, &token(&base, json!({}))).unwrap();
    let connection = ConnectionId::new("con_0000000000000000").unwrap();
    let job = start_import(&tenant, &connection, &[User::new("a@uni.test")]).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let errors = job_errors(&tenant, &finished).unwrap();
    (finished, errors)
}

#[test]
fn a_job_that_counts_nobody_is_not_taken_for_a_success() {
    let _time = turned_time();
    let (finished, errors) = ended_as(&json!({"status": "completed"}), &json!([]));
    let drawn = finished.to_string();
    assert!(
        drawn.contains("without a word on how many were refused"),
        "{drawn}"
    );
    let explanation = errors.explanation().unwrap();
    assert!(explanation.contains("names nobody"), "{explanation}");
}

#[test]
fn hashes_tokens_and_keys_in_what_auth0_says_are_hidden_and_the_sentence_stays() {
    let _time = turned_time();
    let bcrypt = format!("$2b$10${}", "Ab3".repeat(17) + "xy");
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln_bmF0dXJl";
    let hex = "d41d8cd98f00b204e9800998ecf8427e";
    let pattern = r"Error in identities[0].profileData.passwordHash property - String does not match pattern ^\$2[ab]?\$10+\$[./A-Za-z0-9]{53}$";
    let report = json!([{"user": {"email": "a@uni.test"}, "errors": [
        {"code": "PATTERN", "message": format!("{pattern}: {bcrypt}.")},
        {"code": "OTHER", "message": format!("neither \"{jwt}\" nor {hex}, nor {} will do", &bcrypt[..30])},
    ]}]);
    let errors = told("completed", &report);
    let messages: Vec<_> = errors[0]
        .errors
        .iter()
        .map(|e| e.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            &format!("{pattern}: <hidden>."),
            "neither \"<hidden>\" nor <hidden>, nor <hidden> will do"
        ]
    );
    assert_eq!(errors[0].errors[0].field.as_deref(), Some("password_hash"));

    let details = json!({"status_details": {"reason": format!("row 1: {bcrypt} and {jwt}")}});
    let errors = told("failed", &details);
    assert_eq!(
        errors.explanation(),
        Some(r#"the job failed as a whole; Auth0 says: {"reason":"row 1: <hidden> and <hidden>"}"#)
    );
}

#[test]
fn the_advice_is_about_the_field_that_is_at_fault() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let tenant = practice.tenant();
    let connection = get_connection_id(&tenant, "Email-Only-Users").unwrap();
    let users = generate_users("name", "uni.test", 1).unwrap();
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let errors = job_errors(&tenant, &finished).unwrap();
    let advice = errors[0].errors[0].advice;
    assert!(advice.contains("without_usernames"), "{errors}");
}

#[test]
fn users_who_were_refused_for_one_reason_stand_together() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users: Vec<User> = (0..120)
        .map(|n| User::new(format!("no address {n}")))
        .collect();
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let drawn = job_errors(&tenant, &finished).unwrap().to_string();
    assert!(
        drawn.starts_with(
            "120 users refused, for 1 reason\n120 refused: row 1: no address 0, row 2: "
        ),
        "{drawn}"
    );
    assert!(drawn.contains(", and 115 more\n   what to do: "), "{drawn}");
    let lines = drawn.matches("Auth0 says: `INVALID_FORMAT` for `email`: ");
    assert_eq!(lines.count(), 3, "Auth0's sentences differ: {drawn}");
}

#[test]
fn the_advice_for_a_part_is_what_the_check_says_of_it() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let hash = |hash: Value| User {
        custom_password_hash: Some(hash),
        ..User::new("part@uni.test")
    };
    let factor = |factor: Value| User {
        mfa_factors: Some(vec![factor]),
        ..User::new("part@uni.test")
    };
    let value = json!({"value": "0123456789abcdef0123456789abcdef", "encoding": "hex"});
    let with = |part: &str, encoding: &str| {
        let mut hash = json!({"algorithm": "md5", "hash": value, "salt": {"value": "ab"}});
        hash[part]["encoding"] = encoding.into();
        hash
    };
    let users = [
        hash(json!({"algorithm": "md6", "hash": value})),
        hash(with("hash", "base32")),
        hash(with("salt", "base32")),
        hash(with("password", "utf7")),
        factor(json!({"totp": {"secret": "abc"}})),
        factor(json!({"phone": {"value": "12"}})),
        factor(json!({"email": {"value": "no address"}})),
    ];
    for user in users {
        let problem = check_users(&connection, std::slice::from_ref(&user)).remove(0);
        let job = start_import(&tenant, &connection, &[user]).unwrap();
        let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
        let refused = job_errors(&tenant, &finished).unwrap();
        let RowError { field, advice, .. } = &refused[0].errors[0];
        assert_eq!(
            (field.as_deref(), *advice),
            (Some(problem.field.as_str()), problem.problem.as_str())
        );
    }
    // To the check a number and a bad text are one mistake; who has sent a number is told that it is one.
    let number = factor(json!({"phone": {"value": 4930}}));
    let job = start_import(&tenant, &connection, &[number]).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    let refused = job_errors(&tenant, &finished).unwrap();
    assert!(
        refused[0].errors[0].advice.contains("and not a number"),
        "{refused}"
    );
}

#[test]
fn the_outcome_of_a_job_is_its_headline() {
    let _time = turned_time();
    let of = |status: &str, summary: Value| {
        let ended = json!({"status": status, "summary": summary});
        let drawn = ended_as(&ended, &json!([])).0.to_string();
        drawn.lines().next().unwrap().to_string()
    };
    let summary = |inserted: u64, updated: u64, failed: u64| json!({"inserted": inserted, "updated": updated, "failed": failed, "total": inserted + updated + failed});
    assert_eq!(
        of("completed", summary(25, 0, 0)),
        "job completed: 25 of 25 inserted"
    );
    assert_eq!(
        of("completed", summary(0, 3, 0)),
        "job completed: 3 of 3 updated"
    );
    assert_eq!(
        of("completed", summary(1, 2, 3)),
        "job completed, which is not success: 1 of 6 inserted, 2 updated, 3 refused; job_errors says why"
    );
    assert!(of("failed", Value::Null).starts_with("job failed: none of its rows is accounted for"));
}
