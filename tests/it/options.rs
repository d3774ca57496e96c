//! The options of an import, each by what it changes.

use auth0_bulk_users::*;
use serde_json::json;
use std::path::Path;

use crate::planted::{lines, write_lines};
use crate::runs::{Named, all_in_tenant, kept_in, quick, someone_else, users};
use crate::server::Practice;
use crate::turned::turned_time;

#[test]
fn an_upsert_tells_who_was_updated_and_removes_only_whom_it_inserted() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    someone_else(&tenant, &connection);
    let name = Named::new("upsert");
    let options = quick(&name).upsert(true).keep_existing_passwords();
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
    let options = quick(&name).upsert(true).keep_existing_passwords();
    let report = import_users(&tenant, &connection, &users(60), &options).unwrap();
    let counts = report.counts();
    let told = (counts.inserted, counts.updated, counts.total);
    assert_eq!(told, (59, 1, 60), "{report}");

    // Nobody says what became of a job: of who is there under another id, whether they were updated is not known.
    let name = Named::new("upsert-lost");
    tenant.practice_faults(&[("job-lost", 9.0)]).unwrap();
    let options = quick(&name).upsert(true).keep_existing_passwords();
    let report = import_users(&tenant, &connection, &users(10), &options).unwrap();
    let counts = report.counts();
    assert_eq!((counts.unknown, counts.total), (10, 10), "{report}");
}

#[test]
fn ids_left_to_auth0_are_not_guessed_at() {
    let _time = turned_time();
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
    let mut more = generate_users("more", "uni.test", 3).unwrap();
    let report = import_users(&tenant, &connection, &more, &options).unwrap();
    assert_eq!(report.counts().unknown, 3, "{report}");
    more[0].user_id = Some("mine".into());
    tenant.practice_faults(&[]).unwrap();
    let name = Named::new("left-own");
    let options = quick(&name).leave_ids_to_auth0();
    let report = import_users(&tenant, &connection, &more, &options).unwrap();
    assert_eq!(report.counts().inserted, 3, "{report}");
}

#[test]
fn after_a_lost_answer_ids_left_to_auth0_or_chosen_are_unknown_and_stay() {
    let _time = turned_time();
    for choose in [false, true] {
        // At a speed, so that the first upload's job ends first.
        let practice = Practice::start(&["--job-speed", "1000"]);
        let (tenant, connection) = practice.database();
        let name = Named::new("left-twice");
        let faults = [("reset-after-upload", 1.0)];
        tenant.practice_faults(&faults).unwrap();
        let mut users = users(3);
        let mut options = quick(&name);
        if choose {
            users[0].user_id = Some("mine".into());
        } else {
            options = options.leave_ids_to_auth0();
        }
        let report = import_users(&tenant, &connection, &users, &options).unwrap();
        let counts = report.counts();
        let unknown = if choose { 1 } else { 3 };
        let told = (counts.inserted, counts.unknown, counts.total);
        assert_eq!(told, (3 - unknown, unknown, 3), "{report}");
        let reason = &report.attention()[0].reasons[0];
        assert_eq!(reason.code, "ANSWER_LOST", "{report}");
        // Who may have been there before stays.
        let plan = plan_run_removal(&tenant, &name.folder()).unwrap();
        remove_users(&tenant, plan).unwrap();
        assert_eq!(all_in_tenant(&practice).len() as u64, unknown);
    }
}

#[test]
fn what_stays_of_the_users_is_what_the_reader_chose() {
    let _time = turned_time();
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
        let kept = kept_in(&name.folder());
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
    let _time = turned_time();
    let most_at_once = |slots: usize| {
        let practice = Practice::start(&["--job-speed", "200", "--max-jobs", "3"]);
        let (tenant, connection) = practice.database();
        let name = Named::new("slots");
        let options = quick(&name).slots(slots);
        let report = import_users(&tenant, &connection, &users(230), &options).unwrap();
        assert_eq!(report.counts().inserted, 230, "{report}");
        let spans = report.jobs();
        let running = |at: u64| spans.iter().filter(|j| j.from <= at && at < j.to).count();
        spans.iter().map(|job| running(job.from)).max().unwrap()
    };
    let most = [1, 2, 3].map(most_at_once);
    assert_eq!(most, [1, 2, 3]);
}

#[test]
fn a_time_limit_ends_the_call_and_not_the_run() {
    let time = turned_time();
    let practice = Practice::start(&["--job-speed", "40"]);
    let (tenant, connection) = practice.database();
    let name = Named::new("limit");
    let options = quick(&name).time_limit(Duration::from_millis(500));
    let (took, ended) = time.of(|| import_users(&tenant, &connection, &users(60), &options));
    let error = ended.unwrap_err();
    // The jobs take 1.1 s.
    assert!(took < Duration::from_secs(1), "{took:?}");
    let folder = name.folder();
    assert_eq!(
        error.to_string(),
        format!(
            "the import stopped: the time limit of 0.5 s was reached; 0 inserted, 60 not done yet of 60, and the run's folder records it: continue with resume_import(&tenant, \"{folder}\")"
        )
    );
    let report = resume_import(&tenant, &folder).unwrap();
    assert_eq!(
        (report.counts().inserted, report.jobs().len()),
        (60, 2),
        "{report}"
    );
    assert_eq!(all_in_tenant(&practice).len(), 60);
}

#[test]
fn a_single_job_heeds_its_settings_and_refuses_those_of_a_run() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let user = [User::new("one@uni.test")];
    let sent_with = |options: &JobOptions| {
        let job = start_import_with(&tenant, &connection, &user, options).unwrap();
        wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
        let log = tenant.requests();
        let upload = log.iter().rfind(|sent| sent.method == "POST");
        upload.unwrap().sent.clone()
    };
    let plain = sent_with(&JobOptions::default());
    assert!(
        plain.contains("upsert=false") && !plain.contains("external_id"),
        "{plain}"
    );
    let all = JobOptions::default()
        .upsert(true)
        .send_completion_email(true)
        .external_id("spring term");
    let told = sent_with(&all);
    for part in [
        "upsert=true",
        "send_completion_email=true",
        "external_id=spring term",
    ] {
        assert!(told.contains(part), "{told}");
    }

    // The same settings as a run's, and a value instead of a reference.
    let of_a_run = ImportOptions::default().job(all.clone());
    assert!(start_import_with(&tenant, &connection, &user, &of_a_run).is_ok());
    assert!(start_import_with(&tenant, &connection, &user, all).is_ok());

    let sent = tenant.requests().len();
    for of_a_run in [
        of_a_run.clone().name("spring"),
        of_a_run.clone().slots(1),
        of_a_run.clone().requests_per_second(1.0),
        of_a_run.clone().time_limit(Duration::ZERO),
        of_a_run.clone().job_limit(Duration::ZERO),
        of_a_run.clone().skip_bad_rows(true),
        of_a_run.clone().leave_ids_to_auth0(),
        of_a_run.clone().afterwards(Afterwards::KeepAll),
        of_a_run.keep_existing_passwords(),
    ] {
        let refused = start_import_with(&tenant, &connection, &user, &of_a_run).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Input, "{of_a_run:?}");
        assert!(refused.to_string().contains("JobOptions"), "{refused}");
    }
    assert_eq!(tenant.requests().len(), sent, "nothing was sent");
}

#[test]
fn a_run_that_was_begun_before_the_settings_of_a_job_had_a_type_of_their_own_goes_on() {
    let _time = turned_time();
    // As that version wrote it, and as one did that knew no option for hashes that are there.
    let of_now = json!({"upsert": true, "send_completion_email": false, "external_id": "spring term", "name": "old", "slots": 2, "requests_per_second": 1000.0, "time_limit": {"secs": 0, "nanos": 0}, "job_limit": {"secs": 7800, "nanos": 0}, "skip_bad_rows": false, "draw_ids": true, "afterwards": "StripSecrets", "keep_existing_passwords": true});
    let mut of_before = of_now.clone();
    let fields = of_before.as_object_mut().unwrap();
    fields.remove("keep_existing_passwords").unwrap();
    for begun in [of_now, of_before] {
        let practice = Practice::start(&[]);
        let (tenant, connection) = practice.database();
        let name = Named::new("old");
        let options = quick(&name).time_limit(Duration::ZERO);
        import_users(&tenant, &connection, &users(3), &options).unwrap_err();
        let folder = name.folder();
        let mut entries = lines(Path::new(&folder));
        let options = &mut entries[1]["Begun"]["options"];
        let keys = |options: &serde_json::Value| {
            let mut keys: Vec<String> = options.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let written = keys(options);
        assert!(
            keys(&begun).iter().all(|key| written.contains(key)),
            "{written:?}"
        );
        *options = begun;
        write_lines(Path::new(&folder), &entries);
        let report = resume_import(&tenant, &folder).unwrap();
        assert_eq!(report.counts().inserted, 3, "{report}");
        let log = tenant.requests();
        let upload = log.iter().find(|sent| sent.method == "POST").unwrap();
        let sent = &upload.sent;
        assert!(
            sent.contains("upsert=true") && sent.contains("external_id=spring term"),
            "{sent}"
        );
    }
}

#[test]
fn a_plan_is_that_of_the_import_with_these_options() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let users = generate_users("plan", "uni.test", 2_000).unwrap();
    let planned = |options: ImportOptions| {
        let plan = plan_import_with(&tenant, &connection, &users, &options).unwrap();
        (plan.slots, plan.duration(), plan.to_string())
    };
    let (slots, (at_best, at_worst), card) = planned(ImportOptions::default());
    assert!(slots == 2 && card.contains("· two at a time"), "{card}");
    let (slots, alone, card) = planned(ImportOptions::default().slots(1));
    assert!(slots == 1 && card.contains("· one at a time"), "{card}");
    assert_eq!(alone, (2 * at_best, 2 * at_worst));
    let (_, more, card) = planned(ImportOptions::default().slots(3));
    assert!(card.contains("· 3 at a time"), "{card}");
    assert_eq!(more, (at_best, at_worst), "nobody names a speed of three");
}
