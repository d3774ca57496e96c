//! `cargo bench --bench rehearsing`: 100,000 users rehearsed against a tenant that does not tell how fast it is, which takes three plays;
//! how long that takes, and the most memory that this process has had, the users' own among it.

#[path = "../tests/it/program.rs"]
mod program;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use auth0_bulk_users::*;

const USERS: usize = 100_000;

/// Users with hashes that are nobody's: hashing is another matter's benchmark.
fn user(number: usize) -> User {
    let username = format!("bulk_{number:07}");
    let email = format!("{username}@test.edu");
    User {
        email_verified: Some(true),
        name: Some(email.clone()),
        nickname: Some(username.clone()),
        username: Some(username),
        password_hash: Some(format!("$2b$10${}", "x".repeat(53))),
        ..User::new(email)
    }
}

fn main() {
    // One that clients take for a real tenant.
    let mut child = Command::new(program::practice_tenant())
        .args(["--unmarked", "--rate", "2", "--burst", "2"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the practice tenant starts");
    let stdout = child.stdout.take().expect("its stdout is piped");
    let mut lines = BufReader::new(stdout).lines().map(|line| {
        let line = line.expect("its lines are text");
        let (_, value) = line.split_once('=').expect("they are NAME=value");
        value.to_string()
    });
    let domain = lines.next().expect("DOMAIN");
    let token = lines.next().expect("a token");
    let tenant = Tenant::new(&domain, &token).or_stop();
    let connection = get_connection_id(&tenant, "Username-Password-Authentication").or_stop();
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
    let _ = child.kill();
    let _ = child.wait();
}

/// The most memory this process ever had, where the system tells.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
