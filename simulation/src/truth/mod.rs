//! What must be true after a plan was played, judged by the tenant and not by the engine.
//!
//! `rows.rs` judges what is told of each row, `reports.rs` whether a report agrees with itself, `people.rs` who is in the
//! tenant at the end, `requests.rs` what was asked and when, and `secrets.rs` what is shown. `known.rs` has what the engine is
//! known to do wrong.

pub(crate) mod known;
mod people;
mod reports;
mod requests;
mod rows;
mod secrets;

use crate::life::Played;
use crate::plan::Plan;

/// Everything that is wrong, one sentence each.
#[must_use]
pub fn faults(plan: &Plan, played: &Played) -> Vec<String> {
    let mut faults = Vec::new();
    for told in [Some(&played.told), played.told_late.as_ref()] {
        for part in told.into_iter().flat_map(|told| &told.parts) {
            faults.extend(reports::faults(plan, part));
        }
    }
    faults.extend(rows::faults(plan, played));
    faults.extend(people::faults(plan, played));
    faults.extend(requests::faults(plan, played));
    faults.extend(secrets::faults(plan, played));
    faults
}

/// Whether nothing goes wrong in it that could keep the engine from knowing.
fn is_undisturbed(plan: &Plan) -> bool {
    let faults = plan.tenant.faults.iter();
    let mut wrong = faults.filter(|(name, _)| *name != "job-progress");
    plan.troubles.is_empty()
        && plan.others.is_empty()
        && plan.elsewhere.is_empty()
        && plan.ends.is_empty()
        // What a process removes that it has imported itself, it is killed at either.
        && (!plan.one_handle || plan.removal.iter().flatten().next().is_none())
        && wrong.next().is_none()
        && plan.import.job_limit >= 7_200
        && plan.tenant.token_seconds > 3_600
        && plan.tenant.max_jobs >= plan.import.slots
        && plan.tenant.rate >= 1000.0
        && plan.tenant.burst >= 1000.0
}

/// Whether nobody sets the machine's clock: times of a changed clock cannot be compared.
pub(crate) fn has_one_clock(plan: &Plan) -> bool {
    let ends = plan.ends.iter().chain(plan.removal.iter().flatten());
    ends.into_iter().all(|end| end.clock_set == 0)
}
