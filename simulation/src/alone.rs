//! One job or one run played: it is sent, waited for and removed by one process with one handle of the tenant, as cells of a
//! notebook do. The next cell is run whatever the one before says.

use std::cell::RefCell;
use std::time::Duration;

use auth0_bulk_users::{
    FinishedJob, JobOptions, LeftOut, Result, Tenant, User, clean_up, get_connection_id,
    plan_clean_up, plan_removal, remove_users, start_import_with, wait_for_job,
};

use crate::life::{Machine, Removal, Told, import, user};
use crate::plan::Plan;

/// A job has ended by then.
const LONG: Duration = Duration::from_secs(3 * 3_600);
/// How often a cell that failed is run.
const CELL_RUNS: usize = 3;

/// Plays the job or the run; returns what was there when it had ended.
///
/// # Errors
///
/// A panic.
pub(crate) fn play(machine: &Machine) -> std::result::Result<Told, String> {
    let told: RefCell<Told> = RefCell::default();
    machine.one_process(|tenant| {
        let plan = machine.plan;
        let sent = match plan.alone {
            true => send(plan, tenant).map(Some),
            false => import(plan, tenant, 0, 0).map(|_| None),
        };
        told.replace(machine.told_of_a_job());
        machine.rests();
        match machine.plan.removal {
            Some(_) => again(|| {
                let job = sent.as_ref().ok().and_then(Option::as_ref);
                remove(machine, tenant, job)
            }),
            None => sent.map(drop),
        }
    })?;
    Ok(told.take())
}

fn send(plan: &Plan, tenant: &Tenant) -> Result<FinishedJob> {
    let connection = get_connection_id(tenant, plan.connection)?;
    let users: Vec<User> = plan.people.iter().enumerate().map(user).collect();
    let options = JobOptions::default().upsert(plan.import.upsert);
    let job = start_import_with(tenant, &connection, &users, options)?;
    again(|| wait_for_job(tenant, &job, LONG))
}

fn again<T>(cell: impl Fn() -> Result<T>) -> Result<T> {
    let mut done = cell();
    for _ in 1..CELL_RUNS {
        if done.is_err() {
            done = cell();
        }
    }
    done
}

fn remove(machine: &Machine, tenant: &Tenant, job: Option<&FinishedJob>) -> Result<()> {
    let began = machine.begins_to_remove();
    let (left, until): (Vec<LeftOut>, Option<u64>) = match job {
        _ if machine.plan.cleans_up => {
            let cleaned = clean_up(tenant, plan_clean_up(tenant)?)?;
            if !cleaned.unknown.is_empty() {
                return Ok(());
            }
            (cleaned.left_out, cleaned.until)
        }
        Some(job) => {
            let plan = plan_removal(tenant, job)?;
            let mut left = plan.left_out.clone();
            left.extend(remove_users(tenant, plan)?.left_out);
            (left, None)
        }
        None => return Ok(()),
    };
    let (began, found) = began;
    machine.removed(Removal {
        began,
        found,
        left,
        at: machine.now(),
        until,
        late: Vec::new(),
    });
    Ok(())
}
