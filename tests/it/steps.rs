//! Faults at every step of a run, and the options that change what a run does.

use std::fs;

use auth0_bulk_users::*;
use serde_json::{Map, Value, json};

use crate::import::{Named, all_in_tenant, quick, users};
use crate::server::Practice;

/// Chances at which every kind of request and every job meets something, and which a run still ends under.
const EVERYWHERE: [(&str, f64); 8] = [
    ("reset", 0.1),
    ("half-answer", 0.1),
    ("server-error", 0.1),
    ("rate-limit", 0.02),
    ("reset-after-upload", 0.2),
    ("server-error-after@upload", 0.2),
    ("job-fails-midway", 0.1),
    ("job-lost", 0.1),
];

fn someone_else(tenant: &Tenant, connection: &ConnectionId) {
    let before = User {
        user_id: Some("others".into()),
        username: Some("theirs".into()),
        ..User::new("bulk_07@test.edu")
    };
    let job = start_import(tenant, connection, &[before]).unwrap();
    wait_for_job(tenant, &job, Duration::from_secs(20)).unwrap();
}

/// Again until it ends: what a reader does with a call that says how to go on.
fn at_last<T>(mut call: impl FnMut() -> Result<T>) -> T {
    for _ in 0..40 {
        match call() {
            Ok(done) => return done,
            Err(error) => assert!(!error.to_string().contains("changed or damaged"), "{error}"),
        }
    }
    panic!("no end after 40 calls");
}

fn bears_everything(seed: u64) {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    someone_else(&tenant, &connection);
    let name = Named::new("everywhere");
    let faults: Map<String, Value> = EVERYWHERE
        .iter()
        .map(|(fault, chance)| ((*fault).to_string(), json!(chance)))
        .collect();
    let body = json!({"seed": seed, "faults": faults}).to_string();
    let body = ("application/json", body.into_bytes());
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let set = practice.raw("PUT", "/practice/faults", Some(token), Some(body));
    assert_eq!(set.0, 200, "{}", set.1);
    let mut mixed = users(110);
    mixed[39].username = Some("theirs".into());
    let mut begun = false;
    let report = at_last(|| {
        if begun {
            return resume_import(&tenant, &name.folder());
        }
        begun = true;
        import_users(&tenant, &connection, &mixed, &quick(&name))
    });
    let counts = report.counts();
    let sum = counts.inserted + counts.already_there + counts.failed + counts.unknown;
    assert_eq!((sum, counts.total), (110, 110), "seed {seed}: {report}");
    let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len() as u64, counts.inserted, "seed {seed}");
    at_last(|| remove_users(&tenant, plan_run_removal(&tenant, &name.folder())?));

    tenant.practice_faults(&[]).unwrap();
    let left = all_in_tenant(&practice);
    let ids: Vec<_> = left.iter().map(|user| user["user_id"].as_str()).collect();
    assert_eq!(ids, [Some("auth0|others")], "seed {seed}: {report}");
    let mut hashes = 0;
    for file in fs::read_dir(name.folder()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(token));
        hashes += text.matches("$2b$10$xxx").count();
    }
    // Those of the users that are to be mended and sent again, and no others.
    assert_eq!(hashes, report.attention().len(), "seed {seed}: {report}");
}

#[test]
fn faults_at_every_step_lose_nobody_and_leave_nobody_behind() {
    std::thread::scope(|scope| {
        for seed in 1..=6 {
            scope.spawn(move || bears_everything(seed));
        }
    });
}

#[test]
fn an_upsert_tells_who_was_updated_and_removes_only_whom_it_inserted() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    someone_else(&tenant, &connection);
    let name = Named::new("upsert");
    let options = quick(&name).upsert(true);
    let report = import_users(&tenant, &connection, &users(60), &options).unwrap();
    let counts = report.counts();
    let told = (counts.inserted, counts.updated, counts.total);
    assert_eq!(told, (59, 1, 60), "{report}");
    let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
    assert_eq!(plan.users.len(), 59, "{plan}");
    remove_users(&tenant, plan).unwrap();
    let left = all_in_tenant(&practice);
    assert_eq!(left.len(), 1);
    assert!(left[0]["user_metadata"]["text"].is_string(), "updated");

    // The answer to the upload is lost: the second upload finds the first one's users, which are not updates.
    let name = Named::new("upsert-twice");
    tenant
        .practice_faults(&[("reset-after-upload", 1.0)])
        .unwrap();
    let options = quick(&name).upsert(true);
    let report = import_users(&tenant, &connection, &users(60), &options).unwrap();
    let counts = report.counts();
    let told = (counts.inserted, counts.updated, counts.total);
    assert_eq!(told, (59, 1, 60), "{report}");

    // Nobody says what became of a job: of who is there under another id, whether they were updated is not known.
    let name = Named::new("upsert-lost");
    tenant.practice_faults(&[("job-lost", 9.0)]).unwrap();
    let options = quick(&name).upsert(true);
    let report = import_users(&tenant, &connection, &users(10), &options).unwrap();
    let counts = report.counts();
    assert_eq!((counts.unknown, counts.total), (10, 10), "{report}");
}

#[test]
fn ids_left_to_auth0_are_not_guessed_at() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("left");
    let options = quick(&name).leave_ids_to_auth0();
    let report = import_users(&tenant, &connection, &users(3), &options).unwrap();
    assert_eq!(report.counts().inserted, 3, "{report}");
    let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
    assert!(plan.users.is_empty(), "{plan}");

    let name = Named::new("left-lost");
    tenant.practice_faults(&[("job-fails", 9.0)]).unwrap();
    let options = quick(&name).leave_ids_to_auth0();
    let mut more = generate_users("more", "test.edu", 3).unwrap();
    let report = import_users(&tenant, &connection, &more, &options).unwrap();
    assert_eq!(report.counts().unknown, 3, "{report}");
    more[0].user_id = Some("mine".into());
    tenant.practice_faults(&[]).unwrap();
    let name = Named::new("left-own");
    let options = quick(&name).leave_ids_to_auth0();
    let report = import_users(&tenant, &connection, &more, &options).unwrap();
    assert_eq!(report.counts().inserted, 3, "{report}");
}

fn kept_of(folder: &str) -> String {
    let mut all = String::new();
    for file in fs::read_dir(folder).unwrap() {
        all += &String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap());
    }
    all
}

#[test]
fn what_stays_of_the_users_is_what_the_reader_chose() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    for (afterwards, hash, metadata) in [
        (Afterwards::StripSecrets, false, true),
        (Afterwards::KeepIdsOnly, false, false),
        (Afterwards::KeepAll, true, true),
    ] {
        let name = Named::new("afterwards");
        let options = quick(&name).afterwards(afterwards);
        let report = import_users(&tenant, &connection, &users(3), &options).unwrap();
        let kept = kept_of(&name.folder());
        assert_eq!(kept.contains("$2b$10$xxx"), hash, "{afterwards:?}");
        assert_eq!(
            kept.contains("xxxxxxxxx\""),
            metadata || hash,
            "{afterwards:?}"
        );
        assert_eq!(
            read_import(&name.folder()).unwrap().counts(),
            report.counts()
        );
        let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
        assert_eq!(remove_users(&tenant, plan).unwrap().deleted, 3);
    }
}

#[test]
fn as_many_jobs_run_as_there_are_slots_asked_for() {
    let most_at_once = |slots: usize| {
        let practice = Practice::start(&["--job-speed", "200"]);
        let (tenant, connection) = practice.database();
        let name = Named::new("slots");
        let options = quick(&name).slots(slots);
        let report = import_users(&tenant, &connection, &users(180), &options).unwrap();
        assert_eq!(report.counts().inserted, 180, "{report}");
        let spans = report.jobs();
        let running = |at: u64| spans.iter().filter(|j| j.from <= at && at < j.to).count();
        spans.iter().map(|job| running(job.from)).max().unwrap()
    };
    assert_eq!((most_at_once(1), most_at_once(2)), (1, 2));
}

#[test]
fn a_run_goes_on_in_its_own_tenant_and_connection_alone() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let name = Named::new("own");
    tenant.practice_faults(&[("token-expires", 1.0)]).unwrap();
    import_users(&tenant, &connection, &users(60), &quick(&name)).unwrap_err();
    let other = Practice::start(&[]);
    let error = resume_import(&other.tenant(), &name.folder()).unwrap_err();
    assert!(error.to_string().contains(tenant.domain()), "{error}");
    let error = plan_run_removal(&tenant, &name.folder()).unwrap_err();
    assert!(error.to_string().contains("has not ended"), "{error}");
    // A new token, as a new kernel would bring.
    let ask = json!({"grant_type": "client_credentials", "client_id": practice.get("CLIENT_ID"),
        "client_secret": practice.get("CLIENT_SECRET"), "audience": format!("{}/api/v2/", practice.get("DOMAIN"))});
    let body = ("application/json", ask.to_string().into_bytes());
    let (_, answer) = practice.raw("POST", "/oauth/token", None, Some(body));
    let token = answer["access_token"].as_str().unwrap();
    let renewed = Tenant::new(practice.get("DOMAIN"), token).unwrap();
    let report = resume_import(&renewed, &name.folder()).unwrap();
    assert_eq!(report.counts().inserted, 60, "{report}");
}
