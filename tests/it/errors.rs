//! What an error tells apart from its sentence, and sentences that must name the right thing and advise what helps.

use std::error::Error as _;

use auth0_bulk_users::*;
use serde_json::json;

use crate::runs::{Named, TestFolder, quick};
use crate::server::{DATABASE, Practice, answer, canned, token};
use crate::turned::turned_time;

/// A tenant whose server gives this answer to whatever it is asked.
fn tenant_that_answers(status: u16, body: &str) -> Tenant {
    let (base, _) = canned(vec![answer(status, "", body)]);
    Tenant::new(&base, &token(&base, json!({}))).unwrap()
}

#[test]
fn half_an_answer_may_pass_and_a_whole_one_that_lacks_something_does_not() {
    let _time = turned_time();
    for (status, body, kind, may_pass) in [
        (200, "", ErrorKind::BrokenAnswer, true),
        (200, "<html>a proxy</html>", ErrorKind::BrokenAnswer, true),
        (200, "{\"connections\": [", ErrorKind::BrokenAnswer, true),
        (200, "{}", ErrorKind::BadAnswer, false),
        (500, "{}", ErrorKind::TenantFault, true),
        (503, "<html>", ErrorKind::TenantFault, true),
        (400, "{}", ErrorKind::Refused, false),
    ] {
        let error = list_connections(&tenant_that_answers(status, body)).unwrap_err();
        let told = (error.kind(), error.may_pass());
        assert_eq!(told, (kind, may_pass), "{status} {body}: {error}");
        let expected = (status >= 400).then_some(status);
        assert_eq!(error.status(), expected, "{error}");
    }
}

#[test]
fn a_page_in_the_place_of_a_404_says_nothing_of_what_is_there() {
    for body in ["", "<html>a gateway</html>", "not found"] {
        let tenant = tenant_that_answers(404, body);
        let error = find_job(&tenant, "job_0123456789abcdef").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenAnswer, "{body}: {error}");
        assert_eq!((error.status(), error.may_pass()), (None, true), "{error}");
        assert!(error.to_string().contains("(404)"), "{error}");
    }
}

#[test]
fn an_error_is_small_and_can_be_sent_to_another_thread() {
    fn is_sent<T: Send + Sync + 'static>() -> usize {
        size_of::<T>()
    }
    assert_eq!(is_sent::<Error>(), size_of::<usize>());
}

#[test]
fn advice_is_the_end_of_the_sentence_and_a_cause_is_kept() {
    let error = Tenant::new("dev-1.us.auth0.com", " ").unwrap_err();
    let advice = "paste one, or set CLIENT_ID and CLIENT_SECRET";
    assert_eq!(error.advice().as_deref(), Some(advice));
    assert!(error.to_string().ends_with(&format!(": {advice}")));
    assert!(error.source().is_none());

    let folder = TestFolder::new();
    let missing = folder.join("none.csv").display().to_string();
    let error = read_csv(&missing, &[]).unwrap_err();
    let cause = error.source().unwrap().downcast_ref::<std::io::Error>();
    assert_eq!(
        cause.map(std::io::Error::kind),
        Some(std::io::ErrorKind::NotFound),
        "{error}"
    );

    let error = tenant_that_answers(200, "{}");
    let error = list_connections(&error).unwrap_err();
    assert_eq!(error.advice(), None, "{error}");
}

#[test]
fn a_stream_of_users_names_the_row_and_what_it_takes() {
    let has_one = User {
        password_hash: Some(hash_password("a password").unwrap()),
        ..User::new("a@uni.test")
    };
    // More than are hashed at a time.
    let mut users: Vec<Result<User>> = (0..250).map(|_| Ok(has_one.clone())).collect();
    users.push(ConnectionId::new("no id").map(|_| has_one.clone()));
    users.push(Ok(User::new("nameless@uni.test")));
    let hashed = hash_stream(users, Passwords::SameAsUsername).unwrap();
    let error = hashed.last().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "user 252 (nameless@uni.test) has no username to use as the password: use Passwords::Shared"
    );
    let all = set_passwords(&[User::new("a@uni.test")], Passwords::SameAsUsername).unwrap_err();
    let advice = "use Passwords::Random or Passwords::Shared";
    assert_eq!(all.advice().as_deref(), Some(advice));
}

#[test]
fn a_file_that_cannot_be_written_is_not_one_that_cannot_be_read() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("unwritable");
    let users = [User::new("a@uni.test")];
    let report = import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    let everybody = export_users(&tenant, &connection, Duration::from_secs(60)).unwrap();
    let folder = TestFolder::new();
    let path = folder.join("none/report.csv").display().to_string();
    for error in [report.save_csv(&path), everybody.save_csv(&path)] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Write, "{error}");
        let sentence = error.to_string();
        assert!(
            sentence.starts_with(&format!("cannot write {path}: No such file")),
            "{sentence}"
        );
    }
}

#[test]
fn a_measurement_of_nothing_is_told_what_it_wants() {
    let error = measure_hashing(0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a count of 0 measures nothing: ask for at least one"
    );
}

#[test]
fn a_hash_that_takes_too_much_is_told_by_what_it_takes() {
    let hash = "$argon2id$v=19$m=1048576,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";
    let custom = json!({"algorithm": "argon2", "hash": {"value": hash}});
    let user = User {
        custom_password_hash: Some(custom),
        ..User::new("a@uni.test")
    };
    let error = verify_password(&user, "a password").unwrap_err();
    let sentence = error.to_string();
    assert!(
        sentence.contains("takes 1,024 MB of memory") && !sentence.contains("all-hashes"),
        "{sentence}"
    );
    assert!(sentence.ends_with("with verify_sign_in"), "{sentence}");
    // No tenant makes a hash, so it is not to be asked.
    let recipe =
        json!({"algorithm": "argon2", "hash": {"value": "$argon2id$v=19$m=1048576,t=1,p=1$"}});
    let recipe = HashRecipe::new(recipe).unwrap();
    let sentence = recipe.hash("a password").unwrap_err().to_string();
    assert!(
        sentence.contains("takes 1,024 MB of memory") && !sentence.contains("verify_sign_in"),
        "{sentence}"
    );
}

#[test]
fn hashes_that_are_not_completed_are_not_told_to_be_left_out_of_an_import() {
    let recipe = json!({"algorithm": "sha256", "hash": {"encoding": "hex"}});
    let recipe = HashRecipe::new(recipe).unwrap();
    let error = recipe.complete(&[User::new("a@uni.test")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no hash was completed: the check of 1 user found: row 1 (a@uni.test): custom_password_hash.hash.value is missing: map the column that holds the hash to it; fix them, or leave those users out"
    );
    assert_eq!(error.problems().len(), 1);
}

#[test]
fn a_tenant_that_reads_no_settings_is_not_told_to_set_some() {
    let practice = Practice::start(&[]);
    let base = practice.get("DOMAIN");
    let tenant = Tenant::new(base, &token(base, json!({}))).unwrap();
    let tenant = tenant.allow_writes(tenant.domain()).unwrap();
    let error = verify_sign_in(&tenant, DATABASE, "a@uni.test", "a password").unwrap_err();
    let sentence = error.to_string();
    assert!(
        sentence.contains("was opened with Tenant::new, which reads no settings"),
        "{sentence}"
    );
}

#[test]
fn advice_is_about_what_was_asked_for() {
    let error = list_connections(&tenant_that_answers(404, "{}")).unwrap_err();
    let advice = "it may be gone, or it may belong to another tenant";
    assert_eq!(
        error.advice().as_deref(),
        Some(advice),
        "no job is kept here"
    );

    let practice = Practice::start(&["--unmarked"]);
    let error = practice.tenant().practice_traffic().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Practice, "{error}");
}
