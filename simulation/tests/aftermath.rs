//! What comes after an import: who is removed and who is not, and what is told hours later.

use simulation::life::play;
use simulation::plan::{Call, Does, End, Kill, Other, Plan, Tells, Trouble, Wrong};
use simulation::{hold, story};

fn once(call: Call, what: Wrong) -> Trouble {
    Trouble {
        call,
        first: 0,
        count: 1,
        what,
    }
}

fn other(at: u64, does: Does) -> Other {
    Other { at, does }
}

fn holds(plan: &Plan) {
    if let Err(faults) = hold(plan) {
        panic!("{}\n{}", faults.join("; "), story(plan));
    }
}

/// Removed by the handle that imported, or by another one.
fn with_either_handle(plan: &Plan) -> [Plan; 2] {
    [true, false].map(|one_handle| Plan {
        one_handle,
        removal: Some(Vec::new()),
        ..plan.clone()
    })
}

#[test]
fn whom_a_lagging_search_does_not_show_is_removed() {
    let mut plan = Plan::quiet_of(5);
    plan.tenant.faults = vec![("search-lag", 600.0)];
    for mut plan in with_either_handle(&plan) {
        holds(&plan);
        plan.troubles = vec![once(Call::Upload, Wrong::LostAfter)];
        holds(&plan);
        let played = play(&plan).expect("it ends");
        assert!(played.late.is_empty(), "{:?}", played.late);
    }
}

/// An upload is sent again while its job is at work, so the second job comes to each user a minute later than the first.
#[test]
fn who_comes_in_again_after_a_removal_is_removed_by_the_next() {
    let mut plan = Plan::quiet_of(30);
    plan.import.job_limit = 300;
    plan.tenant.job_speed = 0.05;
    plan.troubles = vec![once(Call::Upload, Wrong::Late(200))];
    plan.removal = Some(Vec::new());
    plan.removes_again = true;
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert!(!played.removals[0].late.is_empty());
    assert!(played.late.is_empty(), "{:?}", played.late);
}

#[test]
fn who_comes_in_after_the_report_is_told_of_hours_later_and_their_hashes_go() {
    let mut plan = Plan::quiet_of(16);
    plan.import.job_limit = 300;
    plan.tenant.job_speed = 0.05;
    plan.looks_late = true;
    for looks_twice in [false, true] {
        plan.looks_twice = looks_twice;
        holds(&plan);
        let played = play(&plan).expect("it ends");
        let late = played.told_late.expect("it was read again");
        let (then, now) = (&played.told.parts[0].report, &late.parts[0].report);
        assert!(then.counts().unknown > 0);
        assert_eq!(now.counts().inserted, 16);
        assert_eq!(now.may_change_until(), None);
    }
}

#[test]
fn a_late_look_that_is_killed_loses_nobody() {
    for nth in 0..30 {
        for how in [0, 1, 2, 402] {
            let mut plan = Plan::quiet_of(9);
            plan.import.job_limit = 300;
            plan.tenant.job_speed = 0.02;
            plan.looks_late = true;
            let late = End {
                kill: Some(Kill::Disk(nth, how)),
                ..End::default()
            };
            // The first process is not killed, and the second is the late look.
            plan.ends = vec![End::default(), late];
            holds(&plan);
        }
    }
}

/// The second process has no run of its own, and its first change of the disk fails.
#[test]
fn a_clean_up_that_cannot_look_for_other_runs_says_so() {
    let mut plan = Plan::quiet_of(1);
    plan.people[0].user_id = Some("own-0".to_string());
    plan.one_handle = true;
    plan.cleans_up = true;
    plan.troubles = vec![Trouble {
        count: 5,
        ..once(Call::User, Wrong::CutOff)
    }];
    let fails = End {
        kill: Some(Kill::Fault(0)),
        ..End::default()
    };
    plan.removal = Some(vec![End::default(), fails]);
    holds(&plan);
}

/// Whoever others made stays when the run is removed, and nobody else does.
fn nobody_but_theirs_is_left(plan: &Plan) {
    for plan in with_either_handle(plan) {
        holds(&plan);
        let played = play(&plan).expect("it ends");
        assert_eq!(played.late.len(), 1);
        assert!(played.late[0].is_by_others());
    }
}

#[test]
fn who_was_made_anew_under_an_id_of_a_row_stays() {
    let mut plan = Plan::quiet_of(2);
    plan.people[0].user_id = Some("own-0".to_string());
    plan.others = vec![other(60, Does::Replaces("row.0@example.com".to_string()))];
    plan.rest = 600;
    nobody_but_theirs_is_left(&plan);
}

#[test]
fn who_was_made_anew_while_a_limit_kept_the_job_from_being_looked_at_stays() {
    let mut plan = Plan::quiet_of(2);
    plan.people[0].user_id = Some("own-0".to_string());
    plan.others = vec![other(200, Does::Replaces("row.0@example.com".to_string()))];
    plan.troubles = vec![Trouble {
        call: Call::Job,
        first: 0,
        count: 40,
        what: Wrong::TooMany(Tells::Seconds),
    }];
    nobody_but_theirs_is_left(&plan);
}

#[test]
fn a_user_of_another_connection_is_none_of_those_whom_an_upsert_updated() {
    let mut plan = Plan::quiet_of(4);
    for (index, person) in plan.people.iter_mut().enumerate() {
        person.user_id = Some(format!("own-{index}"));
    }
    plan.elsewhere = vec![plan.people[2].clone()];
    // Somebody else creates the last of them before the job comes to them.
    plan.others = vec![other(4, Does::Imports(vec![plan.people[3].clone()]))];
    plan.alone = true;
    plan.import.upsert = true;
    plan.import.file_bytes = 60_000;
    plan.tenant.job_speed = 0.5;
    plan.removal = Some(Vec::new());
    holds(&plan);
    let played = play(&plan).expect("it ends");
    let theirs = played
        .late
        .iter()
        .find(|one| one.email() == plan.people[3].email);
    assert!(
        theirs.is_some_and(|one| one.is_by_others()),
        "{:?}",
        played.late
    );
}

#[test]
fn people_of_another_connection_are_nobody_of_this_one() {
    let mut plan = Plan::quiet_of(3);
    plan.people[0].user_id = Some("own-0".to_string());
    plan.elsewhere.clone_from(&plan.people);
    for mut plan in with_either_handle(&plan) {
        holds(&plan);
        plan.import.looks_up = true;
        holds(&plan);
        let played = play(&plan).expect("it ends");
        assert_eq!(played.told.parts[0].report.counts().inserted, 3);
    }
}

#[test]
fn a_job_without_a_run_is_removed_and_nobody_else() {
    let mut plan = Plan::quiet_of(20);
    plan.alone = true;
    plan.import.file_bytes = 60_000;
    plan.tenant.job_speed = 0.5;
    plan.removal = Some(Vec::new());
    let mut theirs = plan.people[19].clone();
    theirs.user_id = Some("other-0".to_string());
    plan.others = vec![other(5, Does::Imports(vec![theirs]))];
    for cleans_up in [false, true] {
        plan.cleans_up = cleans_up;
        holds(&plan);
        let played = play(&plan).expect("it ends");
        assert_eq!(played.removals.len(), 1);
        assert!(played.late.iter().all(|one| one.is_by_others()));
        assert_eq!(played.late.len(), 1);
    }
}

#[test]
fn a_job_that_the_tenant_does_not_know_yet_is_not_sent_again() {
    let mut plan = Plan::quiet_of(3);
    plan.tenant.faults = vec![("job-late", 8.0)];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    let play = played.line.play();
    let uploads = play.asked.iter().filter(|asked| asked.is_taken);
    assert_eq!(uploads.count(), 1);
}

#[test]
fn an_upsert_whose_job_failed_is_not_sent_again_by_another_process() {
    let mut plan = Plan::quiet_of(3);
    plan.import.upsert = true;
    plan.tenant.faults = vec![("job-fails", 1.0)];
    plan.ends = vec![End {
        kill: Some(Kill::Request(4, false)),
        rest: 60,
        ..End::default()
    }];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert_eq!(played.told.parts[0].report.counts().unknown, 3);
}

#[test]
fn a_report_that_is_gone_stops_no_run() {
    let mut plan = Plan::quiet_of(3);
    plan.before = vec![plan.people[0].clone()];
    plan.before[0].user_id = Some("before-0".to_string());
    plan.troubles = vec![once(Call::Report, Wrong::Refused(404))];
    holds(&plan);
    let played = play(&plan).expect("it ends");
    assert_eq!(played.took.len(), 1, "one process does it");
}

#[test]
fn a_report_that_repeats_hashes_shows_none() {
    let mut plan = Plan::quiet_of(3);
    plan.before = vec![plan.people[0].clone()];
    plan.before[0].user_id = Some("before-0".to_string());
    plan.troubles = vec![once(Call::Report, Wrong::Echoes)];
    holds(&plan);
}

#[test]
fn a_limit_is_heeded_however_it_says_when_to_ask_again() {
    for tells in [Tells::Seconds, Tells::Date, Tells::Reset] {
        for call in [Call::Upload, Call::Job] {
            let mut plan = Plan::quiet_of(3);
            plan.troubles = vec![once(call, Wrong::TooMany(tells))];
            holds(&plan);
        }
    }
}
