//! Who is in the tenant at the end: everybody else as before, and of the run whom its report and its removal tell of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use auth0_bulk_users::LeftOut;

use crate::life::{Part, Played, Removal};
use crate::plan::{Call, Hash, Plan};
use crate::there::There;
use crate::truth::{has_one_clock, is_undisturbed};

/// Reasons that are false of somebody who is in the tenant by the run.
const FALSE_OF_OURS: [&str; 5] = [
    "no user with this id is in the tenant",
    "no user with this e-mail is in the connection",
    "the user was gone already",
    "the job refused the user",
    "the user was there before",
];

/// How long a job of a schedule takes at most at the speeds that Auth0's staff name, twice.
const USUAL_WORK: Duration = Duration::from_secs(30);
/// How far two clocks of a tenant may differ.
const TOLERANCE: Duration = Duration::from_secs(10);

pub(super) fn faults(plan: &Plan, played: &Played) -> Vec<String> {
    let mut faults = doubled(plan, played);
    faults.extend(sent_otherwise(plan, played));
    faults.extend(strangers_touched(plan, played));
    faults.extend(late_without_a_word(plan, played));
    faults.extend(kept_for_nothing(plan, played));
    for removal in &played.removals {
        faults.extend(left_behind(plan, removal));
    }
    faults
}

fn ours(plan: &Plan, all: &[There]) -> Vec<There> {
    let ours = |one: &&There| one.is_ours() && one.connection() == plan.connection;
    all.iter().filter(ours).cloned().collect()
}

fn doubled(plan: &Plan, played: &Played) -> Vec<String> {
    if plan.import.upsert {
        return Vec::new();
    }
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    for one in ours(plan, &played.told.found) {
        *seen.entry(one.row().unwrap_or(0)).or_default() += 1;
    }
    let doubled = seen.into_iter().filter(|(_, count)| *count > 1);
    doubled
        .map(|(row, count)| format!("row {row} was imported {count} times"))
        .collect()
}

/// Users of the run who are not as their rows were.
fn sent_otherwise(plan: &Plan, played: &Played) -> Vec<String> {
    let elsewhere = played.late.iter().filter(|one| one.is_ours());
    let elsewhere = elsewhere.filter(|one| one.connection() != plan.connection);
    let mut faults: Vec<String> = elsewhere
        .map(|one| format!("{} was imported into {}", one.email(), one.connection()))
        .collect();
    for one in ours(plan, &played.told.found) {
        let person = one.row().and_then(|row| plan.people.get(row - 1));
        let Some(person) = person else {
            faults.push(format!("{} is of no row", one.email()));
            continue;
        };
        let email = person.email.to_lowercase();
        let same = plan
            .people
            .iter()
            .filter(|other| other.email.to_lowercase() == email);
        if plan.import.upsert && same.count() > 1 {
            // The other row may have written its number into the user of the first.
            continue;
        }
        let username = person
            .username
            .as_deref()
            .unwrap_or_default()
            .to_lowercase();
        let id = person.user_id.as_ref().map(|id| format!("auth0|{id}"));
        let is_so = one.email() == email
            && one.username() == username
            && id.is_none_or(|id| id == one.id())
            && one.has_hash() == (person.hash != Hash::None)
            && one.field("nickname").as_str() == email.split('@').next();
        if !is_so {
            faults.push(format!(
                "{} is not as the row was: {:?}",
                one.email(),
                one.0.profile()
            ));
        }
    }
    faults
}

/// Others' users who have changed, or are gone.
fn strangers_touched(plan: &Plan, played: &Played) -> Vec<String> {
    let play = played.line.play();
    let rows: BTreeSet<String> = plan
        .people
        .iter()
        .map(|person| person.email.to_lowercase())
        .collect();
    let at_removal = played.removals.iter().flat_map(|removal| &removal.found);
    let others = played.told.found.iter().chain(at_removal);
    let others = others.filter(|one| one.is_by_others());
    let mut faults = Vec::new();
    for one in play.before.iter().chain(others) {
        let email = one.email();
        if play.deleted.iter().any(|(deleted, _)| deleted.is_same(one)) {
            continue;
        }
        if one.is_by_others() && may_be_taken_for_ours(plan, &play.deleted, one) {
            continue;
        }
        let there = played.late.iter().find(|other| other.is_same(one));
        let is_here = one.connection() == plan.connection;
        let may_change = is_here
            && (play.changed.contains(email) || (plan.import.upsert && rows.contains(email)));
        match there {
            None => faults.push(format!("{email} was there before, but is gone")),
            Some(there) if there != one && !may_change => {
                faults.push(format!("{email} was there before, but was changed"));
            }
            Some(_) => {}
        }
    }
    faults.dedup();
    faults
}

/// Whether they took the place of a user of the run or the job while it was at work, or so soon after that the tenant's clocks may differ.
/// When a job ended is known from the looks at it, or by how long such jobs take.
fn may_be_taken_for_ours(plan: &Plan, deleted: &[(There, Duration)], one: &There) -> bool {
    // Jobs may be ten times as slow, or hang, by a fault.
    let is_slowed = plan
        .tenant
        .faults
        .iter()
        .any(|(name, _)| name.starts_with("job-"));
    let slowest = if is_slowed {
        plan.tenant.job_speed.min(0.5) / 10.0
    } else {
        plan.tenant.job_speed
    };
    let work = plan.people.len() as f64 / slowest;
    let seen_late = Duration::from_secs_f64(1.2 * work) + USUAL_WORK + TOLERANCE;
    let is_followed = |(deleted, _): &(There, Duration)| {
        deleted.email() == one.email() && one.made_at() <= deleted.made_at() + seen_late
    };
    deleted.iter().any(is_followed)
}

/// Whether that is about this user.
fn names(left: &LeftOut, one: &There) -> bool {
    match &left.user_id {
        Some(id) => id == one.id(),
        None => left.email.to_lowercase() == one.email(),
    }
}

/// Users that the run created and its removal neither deleted nor named, or named with a reason that is not so.
fn left_behind(plan: &Plan, removal: &Removal) -> Vec<String> {
    let ours = ours(plan, &removal.late);
    let ours: Vec<There> = ours
        .into_iter()
        .filter(|one| one.made_at() <= removal.at)
        .collect();
    let mut faults = Vec::new();
    for one in &ours {
        let reasons = removal.left.iter().filter(|left| names(left, one));
        let reasons: Vec<&str> = reasons.map(|left| left.reason).collect();
        let was_in = one.made_at() <= removal.began;
        // Whoever came in while the removal was at work, as it says that they may.
        let is_late = !was_in
            && removal
                .until
                .is_some_and(|until| one.made_micros() / 1000 <= until);
        if reasons.is_empty() && !is_late {
            let email = one.email();
            faults.push(format!("{email} of the run is left, and nothing said so"));
        }
        if was_in && !reasons.is_empty() && reasons.iter().all(|why| FALSE_OF_OURS.contains(why)) {
            faults.push(format!(
                "{} is left, but not since {}",
                one.email(),
                reasons[0]
            ));
        }
    }
    // A job's users are found by their e-mails.
    let is_shared = plan.alone && plan.connection == "Shared-Emails";
    if is_undisturbed(plan) && !plan.import.leaves_ids && !plan.import.upsert && !is_shared {
        // Of a job that nobody saw end it is not known whose a user with an id of a row's own is who was created late.
        let is_late = |one: &&There| {
            let mut about = removal.left.iter().filter(|left| names(left, one));
            about.any(|left| left.reason.starts_with("the user was created later"))
        };
        let left = ours.iter().filter(|one| !is_late(one));
        faults.extend(left.map(|one| format!("{} of the run is left", one.email())));
    }
    faults
}

/// Users of a job who stay as more than it inserted, although nobody else made any.
fn kept_for_nothing(plan: &Plan, played: &Played) -> Option<String> {
    let is_told = !plan
        .tenant
        .faults
        .iter()
        .any(|(name, _)| *name == "report-lost")
        && plan
            .troubles
            .iter()
            .all(|trouble| trouble.call != Call::Report);
    let may_be = plan.import.upsert || plan.connection == "Shared-Emails";
    if !plan.alone || may_be || !is_told || !plan.others.is_empty() {
        return None;
    }
    let mut left = played.removals.iter().flat_map(|removal| &removal.left);
    let kept = left.find(|left| left.reason.starts_with("more such users are found"));
    kept.map(|left| format!("{} stays, but not since {}", left.email, left.reason))
}

/// Users of the run who were imported after its report or its removal, although nothing said that this may happen.
fn late_without_a_word(plan: &Plan, played: &Played) -> Vec<String> {
    // Who does not go on with an import is not told what may come of it before its users are removed.
    let removal = played.removals.last();
    let is_told = !(plan.alone || plan.one_process) || removal.is_some();
    if !has_one_clock(plan) || !is_told {
        return Vec::new();
    }
    let last = played.last_told();
    let told = |part: &Part| part.report.may_change_until();
    let of_runs = last.parts.iter().filter_map(told).max();
    let (until, since): (Option<u64>, Duration) = match removal {
        Some(removal) => (removal.until, removal.at),
        None => (of_runs, last.at),
    };
    let late = ours(plan, &played.late).into_iter();
    let late = late.filter(|one| one.made_at() > since);
    let late = late.filter(|one| until.is_none_or(|until| until < one.made_micros() / 1000));
    late.map(|one| format!("{} came in later, and nothing said so", one.email()))
        .collect()
}
