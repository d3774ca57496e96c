//! `cargo bench --bench rehearsing`: 100,000 users rehearsed against a tenant that does not tell how fast it is, which takes three plays;
//! how long that takes, and the most memory that this process has had, the users' own among it.

mod practice;

use std::time::Instant;

use auth0_bulk_users::*;

use crate::practice::{Practice, user};

const USERS: usize = 100_000;

fn main() {
    // One that clients take for a real tenant.
    let practice = Practice::start(&["--unmarked", "--rate", "2", "--burst", "2"]);
    let (tenant, connection) = practice.open();
    // Whatever is built or started first is no part of it.
    let few: Vec<User> = (1..=2).map(user).collect();
    rehearse_import(&tenant, &connection, &few, &ImportOptions::default()).or_stop();
    let before = peak_mib();
    let users: Vec<User> = (1..=USERS).map(user).collect();
    let with_users = peak_mib();
    let began = Instant::now();
    let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default());
    let (seconds, rehearsal) = (began.elapsed().as_secs_f64(), rehearsal.or_stop());
    assert_eq!(rehearsal.counts().inserted as usize, USERS, "{rehearsal}");
    println!("{rehearsal}");
    println!("{USERS} users rehearsed three times: {seconds:.1} s in all (at most 60)");
    println!(
        "peak memory {:.0} MiB (at most 286, which is 300 MB); {with_users:.0} MiB with the users alone, {before:.0} MiB without",
        peak_mib()
    );
}

/// The most memory this process ever had, where the system tells.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
