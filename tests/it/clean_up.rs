//! A clean-up finds everybody whom a handle has imported, whatever became of the calls in between, and nobody else.

use auth0_bulk_users::seams::Clock;
use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::runs::{Named, all_in_tenant, at_last, quick, renewed, users};
use crate::server::{DATABASE, Practice, token};
use crate::turned::turned_time;
use crate::world::{EMAIL, Reply, Trouble, World, recorded};

fn three() -> Users {
    generate_users("clean", "example.com", 3).unwrap()
}

/// Somebody who is there before what a test imports.
fn somebody_before(tenant: &Tenant, connection: &ConnectionId) {
    let job = start_import(tenant, connection, &[User::new("before@example.com")]).unwrap();
    wait_for_job(tenant, &job, Duration::from_secs(20)).unwrap();
}

/// Plans and cleans up; gives what the plan held, and what became of it.
fn cleaned(tenant: &Tenant) -> (CleanUp, CleanedUp) {
    let plan = plan_clean_up(tenant).unwrap();
    let done = clean_up(tenant, plan.clone()).unwrap();
    (plan, done)
}

/// Nobody is left, and both cards say so.
#[track_caller]
fn all_clean(practice: &Practice, tenant: &Tenant, deleted: usize) {
    let (plan, done) = cleaned(tenant);
    assert_eq!(
        (plan.users, done.deleted),
        (deleted, deleted),
        "{plan}\n{done}"
    );
    assert!(done.is_clean(), "{done}");
    let said = done.to_string();
    assert!(
        said.contains("nobody whom this notebook imported is left"),
        "{said}"
    );
    assert_eq!(all_in_tenant(practice).len(), 0);
    assert_eq!(plan_clean_up(tenant).unwrap().users, 0);
}

#[test]
fn nothing_imported_is_nothing_to_clean_up() {
    let practice = Practice::start(&[]);
    let plan = plan_clean_up(&practice.tenant()).unwrap();
    assert!(
        plan.to_string()
            .starts_with("nothing was imported with this tenant handle; nothing to clean up"),
        "{plan}"
    );
    all_clean(&practice, &practice.tenant(), 0);
}

#[test]
fn jobs_that_nobody_waited_for_and_runs_are_cleaned_up_together() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "1"]);
    let (tenant, connection) = practice.database();
    // The second upload brings the same users: all of them are refused.
    let first = start_import(&tenant, &connection, &three()).unwrap();
    start_import(&tenant.clone(), &connection, &three()).unwrap();
    wait_for_job(&tenant, &first, Duration::from_secs(60)).unwrap();
    let name = Named::new("clean-both");
    import_users(&tenant, &connection, &users(4), &quick(&name)).unwrap();
    // A job that was not taken is nobody's.
    start_import(
        &tenant,
        &ConnectionId::new("con_0123456789abcdef").unwrap(),
        &three(),
    )
    .unwrap_err();
    let plan = plan_clean_up(&tenant).unwrap();
    let said = plan.to_string();
    assert_eq!((plan.users, plan.unknown.len()), (7, 0), "{said}");
    for part in [
        first.id.as_str(),
        "3 users (clean_01@example.com, ",
        &name.folder(),
        "4 users",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!format!("{plan:?}").contains("$2b$"));
    all_clean(&practice, &tenant, 7);
}

#[test]
fn whoever_was_there_before_stays_also_when_an_upsert_changed_them() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let other = practice.tenant();
    somebody_before(&other, &connection);
    let mut all: Vec<User> = three().into();
    all.push(User::new("before@example.com"));
    let upsert = JobOptions::default().upsert(true);
    start_import_with(&tenant, &connection, &all, &upsert).unwrap();
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (3, 3), "{plan}");
    assert!(
        plan.to_string().contains("the user is older than the job"),
        "{plan}"
    );
    assert!(done.is_clean(), "{done}");
    // What another handle imported is its own.
    assert_eq!(all_in_tenant(&practice).len(), 1);
    all_clean(&practice, &other, 1);
}

#[test]
fn a_job_that_failed_half_way_leaves_nobody() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    tenant
        .practice_faults(&[("job-fails-midway", 1.0)])
        .unwrap();
    let all = generate_users("half", "example.com", 8).unwrap();
    let job = start_import(&tenant, &connection, &all).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    assert_eq!(finished.status, JobStatus::Failed);
    assert_eq!(all_in_tenant(&practice).len(), 4);
    all_clean(&practice, &tenant, 4);
}

/// An upload of three users and of one who is there before, whose answer is lost.
fn lost_upload(practice: &Practice) -> Tenant {
    let reader = practice.tenant();
    let tenant = reader.allow_writes(reader.domain()).unwrap();
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let before = practice.tenant();
    somebody_before(&before.allow_writes(before.domain()).unwrap(), &connection);
    // Later than within the second of the upload.
    Clock::of_thread().unwrap().pass(Duration::from_secs(5));
    let mut all: Vec<User> = three().into();
    all.push(User::new("before@example.com"));
    lose_an_upload(practice, &tenant, &all);
    tenant
}

fn set_faults(practice: &Practice, faults: Value) {
    let faults = json!({ "faults": faults });
    let body = ("application/json", faults.to_string().into_bytes());
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let (status, _) = practice.raw("PUT", "/practice/faults", Some(token), Some(body));
    assert_eq!(status, 200);
}

/// Sends the users, and their job's answer is lost.
fn lose_an_upload(practice: &Practice, tenant: &Tenant, all: &[User]) {
    set_faults(practice, json!({"reset-after-upload": 1}));
    let connection = get_connection_id(tenant, DATABASE).unwrap();
    start_import(tenant, &connection, all).unwrap_err();
}

#[test]
fn an_upload_whose_answer_was_lost_is_looked_for_by_whom_it_sent() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let tenant = lost_upload(&practice);
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (3, 3), "{plan}");
    let said = plan.to_string();
    for part in [
        "an upload of 4 users that may have been taken: 3 users",
        "1: the user is older than the job (before@example.com)",
    ] {
        assert!(said.contains(part), "{said}");
    }
    // A practice tenant tells that no job is at work.
    assert!(plan.until.is_none() && done.is_clean(), "{done}");
    assert_eq!(all_in_tenant(&practice).len(), 1);
}

#[test]
fn of_a_real_tenant_it_is_told_that_a_lost_upload_may_still_bring_users_in() {
    let _time = turned_time();
    let practice = Practice::start(&["--unmarked"]);
    let tenant = lost_upload(&practice);
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (0, 0), "{plan}");
    assert!(plan.until.is_some() && !done.is_clean(), "{done}");
    let said = done.to_string();
    assert!(said.starts_with("4 users may be left"), "{said}");
    assert!(
        said.contains("run plan_clean_up again after that"),
        "{said}"
    );
    assert_eq!(all_in_tenant(&practice).len(), 4);
}

/// Somebody else's client creates a user while an import runs.
fn created_by_another(practice: &Practice, email: &str) {
    let user = json!({"email": email, "connection": DATABASE, "password": "Corr3ct-horse"});
    let body = ("application/json", user.to_string().into_bytes());
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let (status, answer) = practice.raw("POST", "/api/v2/users", Some(token), Some(body));
    assert_eq!(status, 201, "{answer}");
}

#[test]
fn whom_another_client_created_meanwhile_stays() {
    let _time = turned_time();
    let practice = Practice::start(&["--unmarked", "--job-speed", "0.2"]);
    let reader = practice.tenant();
    let tenant = reader.allow_writes(reader.domain()).unwrap();
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let name = Named::new("clean-other");
    let options = quick(&name).leave_ids_to_auth0();
    let options = options.time_limit(Duration::from_secs(3));
    import_users(&tenant, &connection, &three(), &options).unwrap_err();
    // The job reaches the last of the three after this, and refuses them.
    created_by_another(&practice, "clean_03@example.com");
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (2, 2), "{plan}");
    let left = all_in_tenant(&practice);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["email"], "clean_03@example.com");
}

#[test]
fn whom_the_upsert_of_a_run_that_was_cut_off_updated_stays() {
    let _time = turned_time();
    let practice = Practice::start(&["--unmarked", "--job-speed", "0.2"]);
    let reader = practice.tenant();
    let tenant = reader.allow_writes(reader.domain()).unwrap();
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let name = Named::new("clean-upsert");
    let options = quick(&name).upsert(true).leave_ids_to_auth0();
    let options = options.time_limit(Duration::from_secs(3));
    import_users(&tenant, &connection, &three(), &options).unwrap_err();
    // The job reaches the last of the three after this, and updates them.
    created_by_another(&practice, "clean_03@example.com");
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (0, 0), "{plan}");
    assert_eq!(done.left_out.len(), 3, "{done}");
    assert_eq!(all_in_tenant(&practice).len(), 3);
}

#[test]
fn whom_a_later_import_is_shown_to_have_is_not_named_for_a_lost_one() {
    let _time = turned_time();
    let practice = Practice::start(&["--unmarked"]);
    let reader = practice.tenant();
    let tenant = reader.allow_writes(reader.domain()).unwrap();
    // The upload is lost before it is taken, and the cell is run again.
    set_faults(&practice, json!({"reset-before-upload": 1}));
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    start_import(&tenant, &connection, &three()).unwrap_err();
    set_faults(&practice, json!({}));
    Clock::of_thread().unwrap().pass(Duration::from_secs(5));
    start_import(&tenant, &connection, &three()).unwrap();
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (3, 3), "{plan}");
    assert!(done.left_out.is_empty(), "{done}");
    assert_eq!(all_in_tenant(&practice).len(), 0);
}

#[test]
fn of_a_job_that_failed_on_a_real_tenant_nobody_is_deleted_and_all_are_named() {
    let _time = turned_time();
    let practice = Practice::start(&["--unmarked", "--fault", "job-fails-midway=1"]);
    let reader = practice.tenant();
    let tenant = reader.allow_writes(reader.domain()).unwrap();
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let all = generate_users("half", "example.com", 8).unwrap();
    start_import(&tenant, &connection, &all).unwrap();
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (0, 0), "{plan}");
    assert_eq!(done.left_out.len(), 4, "{done}");
    let said = done.to_string();
    assert!(
        said.contains("no job tells whether it created the user"),
        "{said}"
    );
    assert_eq!(all_in_tenant(&practice).len(), 4);
}

#[test]
fn a_run_that_was_cut_off_is_cleaned_up_without_sending_more() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "100"]);
    let (tenant, connection) = practice.database();
    let name = Named::new("clean-cut");
    let options = quick(&name).slots(1).time_limit(Duration::from_millis(200));
    import_users(&tenant, &connection, &users(70), &options).unwrap_err();
    let (plan, done) = cleaned(&tenant);
    let came_in = plan.users;
    assert!(came_in > 0 && came_in < 70, "{plan}");
    assert_eq!(done.deleted, came_in, "{done}");
    assert!(done.is_clean(), "{done}");
    assert_eq!(all_in_tenant(&practice).len(), 0);
    all_clean(&practice, &tenant, 0);
    // It can be resumed all the same, and cleaned up after that.
    resume_import(&tenant, &name.folder()).unwrap();
    let left = all_in_tenant(&practice).len();
    all_clean(&practice, &tenant, left);
}

#[test]
fn faults_that_are_on_hinder_no_clean_up() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    for fault in [
        "search-lag",
        "slots-held",
        "reset",
        "server-error",
        "rate-limit",
        "search-timeout",
        "silence",
        "job-hangs",
        "half-answer",
        "job-slow",
    ] {
        let (renewed, _) = renewed(&practice);
        let connection = get_connection_id(&renewed, DATABASE).unwrap();
        let name = Named::new("clean-fault");
        import_users(&renewed, &connection, &users(3), &quick(&name)).unwrap();
        renewed.practice_faults(&[(fault, 1000.0)]).unwrap();
        let done = at_last(|| clean_up(&renewed, plan_clean_up(&renewed)?));
        assert_eq!(done.deleted, 3, "{fault}: {done}");
        assert!(done.is_clean(), "{fault}: {done}");
        assert_eq!(all_in_tenant(&practice).len(), 0, "{fault}");
    }
}

#[test]
fn a_real_tenant_is_cleaned_up_by_a_handle_that_may_write() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let base = practice.get("DOMAIN");
    // `--unmarked` tokens are taken for a real tenant's; this one is made by the test.
    let real = Tenant::new(base, &token(base, json!({"practice_tenant": null}))).unwrap();
    assert!(real.is_read_only());
    drop(real);
    let unmarked = Practice::start(&["--unmarked"]);
    let real = unmarked.tenant();
    let connection = get_connection_id(&real, DATABASE).unwrap();
    let writable = real.allow_writes(real.domain()).unwrap();
    start_import(&writable, &connection, &three()).unwrap();
    // What a clone imported is known to the handle that it came from.
    let plan = plan_clean_up(&real).unwrap();
    assert_eq!(plan.users, 3, "{plan}");
    let refused = clean_up(&real, plan.clone()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ReadOnly, "{refused}");
    assert_eq!(all_in_tenant(&unmarked).len(), 3);
    let elsewhere = clean_up(&practice.tenant(), plan).unwrap_err();
    assert_eq!(elsewhere.kind(), ErrorKind::Removal, "{elsewhere}");
    all_clean(&unmarked, &writable, 3);
}

#[test]
fn a_new_handle_names_the_runs_of_before_until_their_users_are_removed() {
    let _time = turned_time();
    let practice = Practice::start(&["--job-speed", "100"]);
    let (tenant, connection) = practice.database();
    let (ended, cut) = (Named::new("clean-ended"), Named::new("clean-open"));
    import_users(&tenant, &connection, &three(), &quick(&ended)).unwrap();
    let options = quick(&cut).slots(1).time_limit(Duration::from_millis(200));
    import_users(&tenant, &connection, &users(70), &options).unwrap_err();

    // As after a restart of the kernel.
    let (again, _) = renewed(&practice);
    let plan = plan_clean_up(&again).unwrap();
    assert_eq!(plan.users, 0, "{plan}");
    assert_eq!(plan.other_runs, [ended.folder(), cut.folder()], "{plan}");
    let said = plan.to_string();
    for part in [
        format!(
            "{}: 3 users, not in this plan; `plan_run_removal(&tenant, \"{}\")` finds them",
            ended.folder(),
            ended.folder()
        ),
        format!("{} has not ended", cut.folder()),
        format!(
            "`resume_import(&tenant, \"{}\")` continues it",
            cut.folder()
        ),
    ] {
        assert!(said.contains(&part), "{part}: {said}");
    }
    let done = clean_up(&again, plan).unwrap();
    assert!(
        done.to_string()
            .contains(" users of 2 other runs may be left"),
        "{done}"
    );

    resume_import(&again, &cut.folder()).unwrap();
    let removal = plan_run_removal(&again, &ended.folder()).unwrap();
    remove_users(&again, removal).unwrap();
    let plan = plan_clean_up(&again).unwrap();
    assert_eq!((plan.users, plan.other_runs.len()), (70, 0), "{plan}");
    all_clean(&practice, &again, 70);
    // Written down, so no other handle names it either.
    let (third, _) = renewed(&practice);
    assert_eq!(plan_clean_up(&third).unwrap().other_runs.len(), 0);
}

#[test]
fn an_import_that_cannot_be_planned_is_named_and_the_others_are_cleaned_up() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    start_import(&tenant, &connection, &three()).unwrap();
    let name = Named::new("clean-gone");
    import_users(&tenant, &connection, &users(2), &quick(&name)).unwrap();
    std::fs::remove_dir_all(name.folder()).unwrap();
    let (plan, done) = cleaned(&tenant);
    assert_eq!((plan.users, done.deleted), (3, 3), "{plan}");
    assert_eq!(plan.unknown.len(), 1, "{plan}");
    assert!(plan.unknown[0].starts_with(&format!("run {}: ", name.folder())));
    assert!(!done.is_clean());
    assert!(
        done.to_string()
            .starts_with("3 users deleted; users of 1 import may be left"),
        "{done}"
    );
}

#[test]
fn a_job_that_takes_up_the_whole_wait_keeps_no_other_import_out_of_the_plan() {
    let _time = turned_time();
    let ids = [
        "job_aaaaaaaaaaaaaaaa",
        "job_bbbbbbbbbbbbbbbb",
        "job_cccccccccccccccc",
    ];
    let named = |of: &str, id: &str| {
        let mut body = recorded(of);
        body["id"] = id.into();
        body
    };
    let job = |id: &str| format!("GET /api/v2/jobs/{id}");
    let accepted = ids.map(|id| Reply::json(202, &named("accepted", id)));
    let runs_on = Reply::json(200, &named("pending", ids[0]));
    // This one takes over a second to come, byte by byte.
    let slow = Reply::json(200, &named("completed", ids[1]));
    let slow = slow.in_trouble(Trouble::BodyBit(Duration::from_millis(4)));
    let never = Reply::nothing().in_trouble(Trouble::Never);
    let stand_in = World::recorded()
        .on("POST /api/v2/jobs/users-imports", accepted.to_vec())
        .on(&job(ids[0]), vec![runs_on])
        .on(&job(ids[1]), vec![slow])
        .on(&job(ids[2]), vec![never])
        .open();
    let base = &stand_in.base;
    let real = Tenant::new(base, &token(base, json!({"practice_tenant": null}))).unwrap();
    let tenant = real.allow_writes(real.domain()).unwrap();
    for _ in ids {
        start_import(&tenant, &stand_in.connection(), &[User::new(EMAIL)]).unwrap();
    }
    let plan = plan_clean_up(&tenant).unwrap();
    assert_eq!((plan.users, plan.unknown.len()), (1, 2), "{plan}");
    assert!(
        plan.unknown[0].contains("is still running in the tenant after 120 s"),
        "{plan}"
    );
    let untold = "job_cccccccccccccccc: whether job job_cccccccccccccccc has ended is not known, since the tenant did not \
                  answer GET /api/v2/jobs/job_cccccccccccccccc within a few seconds: run this cell again";
    assert_eq!(plan.unknown[1], untold);
}
