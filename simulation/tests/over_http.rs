//! A share of the plans over real HTTP: the practice tenant's program on turned time comes to the same end as the tenant in memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use auth0_bulk_users::seams::{Clock, Process, SimulatedDisk};
use auth0_bulk_users::{Counts, MAX_UPLOAD_BYTES, Tenant};
use simulation::life::{import, play};
use simulation::plan::Plan;
use simulation::tenant::value;

#[path = "../../tests/it/program.rs"]
mod program;

/// How many seeds, and how many jobs a plan may have, so that a run takes milliseconds.
const SEEDS: u64 = 60;
/// A program that has not written its file by then does not start.
const START: Duration = Duration::from_secs(30);

/// The practice tenant's program, which ends with this.
struct Running {
    child: Child,
    env_file: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.env_file);
    }
}

impl Running {
    fn of(program: &Path, plan: &Plan) -> Running {
        let name = format!("simulation-{}-{}.env", std::process::id(), plan.seed);
        let env_file = std::env::temp_dir().join(name);
        let manner = &plan.tenant;
        let mut command = Command::new(program);
        command.args(["--turned", "--env-file"]).arg(&env_file);
        for (word, value) in [
            ("--job-speed", manner.job_speed.to_string()),
            ("--rate", manner.rate.to_string()),
            ("--burst", manner.burst.to_string()),
            ("--max-jobs", manner.max_jobs.to_string()),
            ("--seed", plan.seed.to_string()),
        ] {
            command.args([word, &value]);
        }
        for (name, number) in &manner.faults {
            command.args(["--fault", &format!("{name}={number}")]);
        }
        let child = command.stdout(Stdio::null()).spawn().expect("the program");
        Running { child, env_file }
    }

    /// The tenant, when the program has written what it is reached by.
    fn tenant(&self) -> Tenant {
        let began = Instant::now();
        let lines = loop {
            match std::fs::read_to_string(&self.env_file) {
                Ok(lines) => break lines,
                Err(_) if began.elapsed() < START => std::thread::yield_now(),
                Err(cause) => panic!("{cause}"),
            }
        };
        let value = |name: &str| value(&lines, name).expect("a line of it");
        Tenant::new(value("DOMAIN"), value("MGMT_API_ACCESS_TOKEN")).expect("a tenant")
    }
}

/// The import's counts, over HTTP, and the number of its jobs.
fn over_http(program: &Path, plan: &Plan) -> (Counts, usize) {
    let running = Running::of(program, plan);
    let tenant = running.tenant();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let process = Process {
        clock: Clock::at(now.as_micros() as u64),
        disk: Some(SimulatedDisk::new()),
        seed: plan.seed,
        held_back: MAX_UPLOAD_BYTES - plan.import.file_bytes,
        hear: Rc::new(|_| {}),
    };
    let report = process.run(|| import(plan, &tenant, 0, 0));
    let report = report.unwrap_or_else(|error| panic!("seed {}: {error}", plan.seed));
    (report.counts(), report.jobs().len())
}

#[test]
fn over_http_an_import_comes_to_the_same_end_as_in_memory() {
    let program = program::practice_tenant();
    let mut played = 0;
    for seed in 0..SEEDS {
        let mut plan = Plan::of(seed);
        // What is done to the tenant in memory beside the import, and a token's end, which nothing renews here.
        plan.before.clear();
        plan.others.clear();
        plan.troubles.clear();
        plan.ends.clear();
        plan.elsewhere.clear();
        (plan.looks_late, plan.alone, plan.one_process) = (false, false, false);
        plan.removal = None;
        plan.tenant.token_seconds = 86_400;
        plan.tenant
            .faults
            .retain(|(name, _)| *name != "token-quota");
        let in_memory = play(&plan).unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
        if in_memory.took.len() > 1 {
            continue;
        }
        let report = &in_memory.told.parts[0].report;
        let expected = (report.counts(), report.jobs().len());
        assert_eq!(over_http(&program, &plan), expected, "seed {seed}");
        played += 1;
    }
    assert!(played > SEEDS / 2, "only {played} were played");
}
