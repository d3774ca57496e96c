//! Faults by chance, at every request and every job at once.

use auth0_bulk_users::*;
use serde_json::{Map, Value, json};

use crate::runs::{Named, all_in_tenant, at_last, kept_in, quick, someone_else, users};
use crate::server::Practice;
use crate::turned::turned_time;

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

fn bears_everything(seed: u64) {
    let _time = turned_time();
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
    let kept = kept_in(&name.folder());
    assert!(!kept.contains(token));
    let hashes = kept.matches("$2b$10$xxx").count();
    // Those of the users that are to be mended and sent again, and no others.
    assert_eq!(
        hashes,
        report.failed().unwrap().len(),
        "seed {seed}: {report}"
    );
}

#[test]
fn faults_at_every_step_lose_nobody_and_leave_nobody_behind() {
    std::thread::scope(|scope| {
        for seed in 1..=6 {
            scope.spawn(move || bears_everything(seed));
        }
    });
}
