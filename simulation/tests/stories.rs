//! What seeds have found, each as a story of its own that failed before it was mended.

use auth0_bulk_users::Outcome;
use simulation::life::play;
use simulation::plan::{Call, End, Hash, Kill, Other, Plan, Trouble, Wrong};
use simulation::plan::{Does, Person, Tells};
use simulation::{hold, story};

/// An import of so many, of whom nothing goes wrong with.
fn quiet(people: usize) -> Plan {
    Plan::quiet_of(people)
}

fn trouble(call: Call, what: Wrong) -> Trouble {
    Trouble {
        call,
        first: 0,
        count: 1,
        what,
    }
}

fn repeated(count: usize, call: Call, what: Wrong) -> Trouble {
    Trouble {
        count,
        ..trouble(call, what)
    }
}

fn killed(kill: Kill, rest: u64) -> End {
    End {
        kill: Some(kill),
        rest,
        ..End::default()
    }
}

fn holds(plan: &Plan) {
    if let Err(faults) = hold(plan) {
        panic!("{}\n{}", faults.join("; "), story(plan));
    }
}

#[test]
fn a_user_too_large_for_a_file_and_with_an_id_of_its_own_leaves_the_run_readable() {
    let mut plan = quiet(2);
    plan.import.file_bytes = 700;
    for (index, person) in plan.people.iter_mut().enumerate() {
        person.user_id = Some(format!("own-{index}"));
        person.hash = Hash::Custom;
    }
    holds(&plan);
}

#[test]
fn a_stream_that_is_killed_before_its_first_file_is_begun_again_under_its_name() {
    for nth in 0..40 {
        for how in [0, 1, 2, 402, 1226] {
            let mut plan = quiet(1);
            plan.import.streams = true;
            plan.ends = vec![killed(Kill::Disk(nth, how), 0)];
            holds(&plan);
            plan.ends[0].power_cut = true;
            holds(&plan);
        }
    }
}

#[test]
fn what_a_killed_process_had_not_synced_is_on_the_disk_before_the_next_one_goes_by_it() {
    for nth in 0..60 {
        for how in [1, 2, 3_570] {
            let mut plan = quiet(1);
            let cut = End {
                power_cut: true,
                ..killed(Kill::Request(1, true), 1)
            };
            plan.ends = vec![killed(Kill::Disk(nth, how), 0), cut];
            plan.removal = Some(vec![plan.ends[1].clone()]);
            holds(&plan);
        }
    }
}

#[test]
fn a_page_in_the_place_of_the_answer_to_a_deletion_deletes_nobody() {
    let mut plan = quiet(1);
    plan.troubles = vec![trouble(Call::Delete, Wrong::Garbage)];
    plan.removal = Some(Vec::new());
    holds(&plan);
}

#[test]
fn a_page_in_the_place_of_a_404_says_of_nobody_that_they_are_gone() {
    for call in [
        Call::Job,
        Call::Search,
        Call::ByEmail,
        Call::User,
        Call::Delete,
    ] {
        for upsert in [false, true] {
            let mut plan = quiet(3);
            plan.import.upsert = upsert;
            plan.tenant.job_speed = 0.1;
            plan.troubles = vec![
                trouble(Call::Upload, Wrong::DoneThen(503)),
                repeated(40, call, Wrong::Status(404)),
            ];
            plan.removal = Some(Vec::new());
            holds(&plan);
            plan.troubles.remove(0);
            holds(&plan);
        }
    }
    let mut plan = quiet(1);
    plan.troubles = vec![
        trouble(Call::Delete, Wrong::Garbage),
        repeated(2, Call::Delete, Wrong::Status(404)),
    ];
    plan.removal = Some(Vec::new());
    holds(&plan);
}

#[test]
fn a_job_that_was_given_up_may_bring_users_in_also_where_nobody_may_look() {
    let mut plan = quiet(16);
    plan.import.job_limit = 300;
    plan.tenant.job_speed = 0.05;
    plan.troubles = vec![
        trouble(Call::Search, Wrong::Status(403)),
        repeated(16, Call::User, Wrong::Status(403)),
    ];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert!(played.told.parts[0].report.may_change_until().is_some());
}

#[test]
fn what_the_tenant_says_of_a_token_it_does_not_say_of_the_job() {
    let mut plan = quiet(2);
    plan.import.slots = 1;
    plan.tenant.job_speed = 0.01;
    plan.tenant.token_seconds = 120;
    plan.troubles = vec![Trouble {
        first: 1,
        ..trouble(Call::Token, Wrong::Status(404))
    }];
    holds(&plan);
}

#[test]
fn an_upsert_that_was_not_answered_is_not_sent_again_a_day_later() {
    let mut plan = quiet(1);
    plan.import.upsert = true;
    plan.troubles = vec![trouble(Call::Upload, Wrong::LostAfter)];
    // After the first upload, and before it is sent a second time.
    plan.ends = vec![killed(Kill::Request(4, false), 90_000)];
    holds(&plan);
}

#[test]
fn an_upsert_whose_job_is_forgotten_is_done_where_all_its_users_are_there() {
    let mut plan = quiet(3);
    plan.import.upsert = true;
    plan.ends = vec![killed(Kill::Request(4, false), 90_000)];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert_eq!(played.told.parts[0].report.counts().inserted, 3);
}

#[test]
fn a_search_that_always_fails_stops_no_run() {
    let mut plan = quiet(5);
    plan.troubles = vec![
        trouble(Call::Upload, Wrong::LostAfter),
        repeated(100_000, Call::Search, Wrong::Status(503)),
    ];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert_eq!(played.told.parts[0].report.counts().inserted, 5);
    assert_eq!(played.took.len(), 1, "one process does it");
}

#[test]
fn losses_and_limits_in_turn_stop_no_run() {
    let mut plan = quiet(1);
    let turn = |nth: usize| Trouble {
        first: nth,
        ..trouble(
            Call::Upload,
            if nth.is_multiple_of(2) {
                Wrong::LostBefore
            } else {
                Wrong::TooMany(Tells::Seconds)
            },
        )
    };
    plan.troubles = (0..40).map(turn).collect();
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert_eq!(played.took.len(), 1, "one process does it");
}

#[test]
fn a_clock_that_was_set_forward_gives_no_young_job_up() {
    let mut plan = quiet(4);
    plan.tenant.job_speed = 0.01;
    plan.ends = vec![End {
        clock_set: 86_400,
        ..killed(Kill::Request(4, false), 1)
    }];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert_eq!(played.told.parts[0].report.counts().inserted, 4);
}

#[test]
fn someone_who_has_anothers_username_is_not_already_there() {
    let mut plan = quiet(1);
    plan.people[0].username = Some("ada".to_string());
    plan.before = vec![Person {
        username: Some("ada".to_string()),
        user_id: Some("before-1".to_string()),
        email: "before@example.com".to_string(),
        hash: Hash::None,
    }];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    let told = &played.told.parts[0].report.attention()[0];
    assert_eq!(told.outcome, Outcome::Failed);
}

#[test]
fn a_lagging_search_is_asked_again_and_not_each_user() {
    let mut plan = quiet(40);
    plan.import.upsert = true;
    plan.tenant.faults = vec![("search-lag", 8.0)];
    plan.before = vec![Person {
        email: "row.0@example.com".to_string(),
        user_id: Some("before-1".to_string()),
        ..plan.people[0].clone()
    }];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    let asked = played.line.play().asked.len();
    assert!(asked < 30, "{asked} requests");
    let counts = played.told.parts[0].report.counts();
    assert_eq!((counts.inserted, counts.updated), (39, 1));
}

#[test]
fn users_whom_an_unanswered_upload_brings_in_after_the_removal_are_told_of_and_removed_later() {
    let mut plan = quiet(6);
    plan.tenant.job_speed = 0.01;
    plan.tenant.max_jobs = 1;
    plan.troubles = vec![trouble(Call::Upload, Wrong::LostAfter)];
    plan.others = vec![Other {
        at: 3_600,
        does: Does::Deletes("nobody@example.com".to_string()),
    }];
    plan.removal = Some(Vec::new());
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert_eq!(played.removals.len(), 1);
}

/// The job counts an update of a row that cannot be looked up, so nobody knows whose it is.
#[test]
fn an_update_of_a_row_that_is_not_looked_up_is_not_counted_for_another() {
    holds(&Plan::of(74_299));
}
