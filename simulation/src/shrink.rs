//! Makes a failing plan short: everything that the failure does not need is left out.

use crate::hold;
use crate::plan::Plan;

/// Plays at most, so that a story comes within seconds.
const MOST_PLAYS: usize = 600;

/// The shortest plan found that still fails by the same kind of fault.
#[must_use]
pub fn shortest(plan: &Plan, fault: &str) -> Plan {
    let (mut shortest, mut plays) = (plan.clone(), 0);
    loop {
        let shorter = shorter(&shortest).into_iter().find(|plan| {
            plays += 1;
            plays <= MOST_PLAYS && fails_alike(plan, fault)
        });
        match shorter {
            Some(plan) => shortest = plan,
            None => return shortest,
        }
    }
}

/// The fault without its numbers and names.
fn kind(fault: &str) -> String {
    let word = |word: &&str| !word.chars().any(|c| c.is_ascii_digit() || c == '@');
    fault.split_whitespace().filter(word).collect()
}

fn fails_alike(plan: &Plan, fault: &str) -> bool {
    let faults = hold(plan).err().unwrap_or_default();
    faults.iter().any(|other| kind(other) == kind(fault))
}

/// Plans that lack one thing, the largest first.
fn shorter(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Plan)| {
        let mut shorter = plan.clone();
        change(&mut shorter);
        if format!("{shorter:?}") != format!("{plan:?}") {
            all.push(shorter);
        }
    };
    with(&|plan| plan.others.clear());
    with(&|plan| plan.troubles.clear());
    with(&|plan| plan.ends.clear());
    with(&|plan| plan.before.clear());
    with(&|plan| plan.elsewhere.clear());
    with(&|plan| plan.tenant.faults.clear());
    with(&|plan| plan.removal = None);
    with(&|plan| plan.looks_late = false);
    with(&|plan| plan.looks_twice = false);
    with(&|plan| plan.one_handle = plan.cleans_up && !plan.alone);
    with(&|plan| plan.cleans_up = plan.one_process);
    with(&|plan| plan.removes_again = false);
    with(&|plan| plan.rest = 0);
    with(&|plan| plan.people.truncate(plan.people.len().div_ceil(2)));
    for index in 0..plan.others.len() {
        with(&|plan| _ = plan.others.remove(index));
    }
    for index in 0..plan.troubles.len() {
        with(&|plan| _ = plan.troubles.remove(index));
        with(&|plan| plan.troubles[index].count = 1);
        with(&|plan| plan.troubles[index].first = 0);
    }
    for index in 0..plan.ends.len() {
        with(&|plan| _ = plan.ends.remove(index));
        with(&|plan| plan.ends[index].power_cut = false);
        with(&|plan| plan.ends[index].clock_set = 0);
        with(&|plan| plan.ends[index].disk_left = None);
        with(&|plan| plan.ends[index].rest = 0);
    }
    for index in 0..plan.before.len() {
        with(&|plan| _ = plan.before.remove(index));
    }
    for index in 0..plan.elsewhere.len() {
        with(&|plan| _ = plan.elsewhere.remove(index));
    }
    for index in 0..plan.tenant.faults.len() {
        with(&|plan| _ = plan.tenant.faults.remove(index));
    }
    for index in (0..plan.people.len())
        .rev()
        .filter(|_| plan.people.len() > 1)
    {
        with(&|plan| _ = plan.people.remove(index));
    }
    with(&|plan| plan.import.streams = false);
    with(&|plan| plan.import.looks_up = false);
    with(&|plan| plan.import.leaves_ids = false);
    with(&|plan| plan.import.upsert = false);
    with(&|plan| plan.import.slots = 2);
    with(&|plan| plan.import.per_second = 2.0);
    with(&|plan| plan.import.job_limit = 7_800);
    with(&|plan| plan.tenant.token_seconds = 86_400);
    with(&|plan| (plan.tenant.rate, plan.tenant.burst) = (1000.0, 1000.0));
    with(&|plan| plan.tenant.latency = 1);
    with(&|plan| plan.tenant.max_jobs = 2);
    with(&|plan| plan.tenant.job_speed = 1000.0);
    all
}
