//! What each call needs of its answer: without it the call ends in an error that names the call and the field.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::runs::{Named, quick};
use crate::server::DATABASE;
use crate::turned::turned_time;
use crate::world::{EMAIL, LIMIT, StandIn, World, recorded};

/// A call, what answers it, the place in the answer that is needed, the step that needs it, and the field as its error names it.
type Needed = (
    &'static str,
    &'static str,
    &'static str,
    fn(&StandIn) -> Result<()>,
    &'static str,
);

fn users() -> Vec<User> {
    vec![User::new(EMAIL)]
}

fn find_connection(stand_in: &StandIn) -> Result<()> {
    get_connection_id(&stand_in.tenant(), DATABASE).map(drop)
}

fn find(stand_in: &StandIn) -> Result<()> {
    find_users(&stand_in.tenant(), "").map(drop)
}

fn export(stand_in: &StandIn) -> Result<()> {
    export_users(&stand_in.tenant(), &stand_in.connection(), LIMIT).map(drop)
}

fn start(stand_in: &StandIn) -> Result<()> {
    start_import(&stand_in.tenant(), &stand_in.connection(), &users()).map(drop)
}

fn finished(stand_in: &StandIn) -> Result<FinishedJob> {
    let tenant = stand_in.tenant();
    let job = start_import(&tenant, &stand_in.connection(), &users())?;
    wait_for_job(&tenant, &job, LIMIT)
}

fn wait(stand_in: &StandIn) -> Result<()> {
    finished(stand_in).map(drop)
}

fn report(stand_in: &StandIn) -> Result<()> {
    job_errors(&stand_in.tenant(), &finished(stand_in)?).map(drop)
}

const IMPORTS: &str = "POST /api/v2/jobs/users-imports";
const EXPORTS: &str = "POST /api/v2/jobs/users-exports";
const EXPORTED: &str = "GET /api/v2/jobs/job_4kCcxBzjmAvZzQ1f";
const CONNECTIONS: &str = "GET /api/v2/connections";

const NEEDED: [Needed; 9] = [
    (
        CONNECTIONS,
        "connections",
        "/connections",
        find_connection,
        "`connections`",
    ),
    (
        CONNECTIONS,
        "connections",
        "/connections/0/id",
        find_connection,
        "id is not con_",
    ),
    ("GET /api/v2/users", "users", "/users", find, "`users`"),
    (
        "GET /api/v2/users",
        "users",
        "/users/0/user_id",
        find,
        "`user_id`",
    ),
    (IMPORTS, "accepted", "/id", start, "`id`"),
    (
        "GET /api/v2/jobs/*",
        "completed",
        "/status",
        wait,
        "`status`",
    ),
    (EXPORTS, "export", "/id", export, "`id`"),
    (EXPORTED, "exported", "/status", export, "`status`"),
    (EXPORTED, "exported", "/location", export, "`location`"),
];

/// The value without what stands at `place`.
fn without(value: &Value, place: &str) -> Value {
    let mut value = value.clone();
    let (at, name) = place.rsplit_once('/').unwrap();
    let object = value.pointer_mut(at).unwrap().as_object_mut().unwrap();
    object.remove(name).unwrap();
    value
}

#[test]
fn what_a_call_needs_and_is_not_told_is_an_error_that_names_both() {
    let _time = turned_time();
    for (call, name, place, step, field) in NEEDED {
        let whole = recorded(name);
        let with = |other: Value| {
            let mut value = whole.clone();
            *value.pointer_mut(place).unwrap() = other;
            value
        };
        let answers = [
            without(&whole, place),
            with(json!(null)),
            with(json!({"x": 1})),
        ];
        for answer in answers {
            let stand_in = World::recorded().answers(call, &answer).open();
            let error = step(&stand_in).unwrap_err();
            let told = error.to_string();
            assert_eq!(error.kind(), ErrorKind::BadAnswer, "{told}");
            let named = call.trim_end_matches('*');
            assert!(
                told.contains(named) && told.contains(field),
                "{place}: {told}"
            );
        }
    }
}

#[test]
fn an_answer_of_another_kind_is_an_error_that_names_the_call() {
    let _time = turned_time();
    type Step = fn(&StandIn) -> Result<()>;
    let steps: [(&str, Step); 6] = [
        (CONNECTIONS, find_connection),
        ("GET /api/v2/users", find),
        (IMPORTS, start),
        ("GET /api/v2/jobs/*", wait),
        ("GET /api/v2/jobs/*/errors", report),
        (EXPORTS, export),
    ];
    for (call, step) in steps {
        // A list is not read for an object's fields in their order.
        for answer in [
            json!(17),
            json!("text"),
            json!({"x": [1]}),
            json!([["completed"]]),
        ] {
            let stand_in = World::recorded().answers(call, &answer).open();
            let Err(error) = step(&stand_in) else {
                assert!(answer.is_array(), "{call}: {answer}");
                continue;
            };
            // A connection that tells nothing of itself is not the one that was looked for.
            let is_other = answer.is_array() && error.kind() == ErrorKind::Connection;
            let told = error.to_string();
            assert!(
                is_other || told.contains("/api/v2/"),
                "{call}: {answer}: {told}"
            );
        }
    }
}

#[test]
fn an_external_id_that_leaves_no_room_is_refused_before_anything_is_sent() {
    let stand_in = World::recorded().open();
    let (tenant, id) = (stand_in.tenant(), stand_in.connection());
    for bytes in [300_000, 512_000, 2_000_000] {
        let external_id = "x".repeat(bytes);
        let options = JobOptions::default().external_id(&external_id);
        let started = start_import_with(&tenant, &id, &users(), &options).map(drop);
        let name = Named::new("external");
        let run = quick(&name).external_id(&external_id);
        let imported = import_users(&tenant, &id, &users(), &run).map(drop);
        let planned = plan_import_with(&tenant, &id, &users(), &run).map(drop);
        for refused in [started, imported, planned] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
            assert!(error.to_string().contains("external_id"), "{error}");
        }
        assert!(!std::path::Path::new(&name.folder()).exists());
    }
    assert_eq!(stand_in.calls("POST").len(), 0);
    let options = JobOptions::default().external_id(&"x".repeat(200_000));
    assert!(start_import_with(&tenant, &id, &users(), &options).is_ok());
}
