//! `cargo bench --bench import --features all-hashes -- schedule outlier pack stream`: each side measured in the same run.

mod practice;

use std::time::Instant;

use auth0_bulk_users::*;

use crate::practice::{Practice, user};

/// Users a second of one job; a full file then takes over 10 s.
const JOB_SPEED: f64 = 190.0;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| {
        let names = asked.iter().filter(|word| !word.starts_with("--"));
        names.clone().count() == 0 || names.clone().any(|word| word == name)
    };
    if wanted("pack") {
        pack();
    }
    if wanted("stream") {
        stream();
    }
    if wanted("schedule") {
        schedule();
    }
    if wanted("outlier") {
        outlier();
    }
}

fn options(name: &str) -> ImportOptions {
    let unique = std::process::id();
    ImportOptions::default().name(&format!("bench-{name}-{unique}"))
}

fn forget(report: &ImportReport) {
    let _ = std::fs::remove_dir_all(report.folder());
}

/// 50,000 users on two slots, against the ideal two-slot schedule of the same files and against one job after the other.
fn schedule() {
    let speed = JOB_SPEED.to_string();
    let users: Vec<User> = (1..=50_000).map(user).collect();
    let mut seconds = Vec::new();
    for slots in [2, 1] {
        let practice = Practice::start(&["--job-speed", &speed]);
        let (tenant, connection) = practice.open();
        let options = options(&format!("schedule-{slots}")).slots(slots);
        let began = Instant::now();
        let report = import_users(&tenant, &connection, &users, &options).or_stop();
        seconds.push(began.elapsed().as_secs_f64());
        assert_eq!(report.counts().inserted, 50_000, "{report}");
        println!("{report}");
        let traffic = tenant.practice_traffic().or_stop();
        let requests = traffic.split(' ').next().and_then(|word| word.parse().ok());
        println!(
            "requests: {traffic} (the rate is 2); {:.1} for each job",
            requests.unwrap_or(f64::NAN) / report.jobs().len() as f64
        );
        if slots == 2 {
            let files = rows_of_files(&report);
            let used = bytes_used(&tenant, &connection, &users);
            let ideal = ideal(&files, 2) / JOB_SPEED;
            println!(
                "{} files; the least full of all but the last uses {used:.2} % of the limit (at least 99)",
                files.len()
            );
            println!(
                "two slots: {:.1} s, ideal {ideal:.1} s, ratio {:.3} (at most 1.05)",
                seconds[0],
                seconds[0] / ideal
            );
        }
        forget(&report);
    }
    println!(
        "one job after the other: {:.1} s, two slots are {:.2} times as fast (at least 1.85)",
        seconds[1],
        seconds[1] / seconds[0]
    );
}

/// Twenty files of 4 s each but the first, of 40 s: the others must not wait for it.
fn outlier() {
    let practice = Practice::start(&["--job-speed", "2.5", "--fault", "job-slow=1"]);
    let (tenant, connection) = practice.open();
    // Ten of them fill a file.
    let note = serde_json::json!({"note": "x".repeat(50_000)});
    let large = |number: usize| User {
        user_metadata: note.as_object().cloned(),
        ..user(number)
    };
    let users: Vec<User> = (1..=200).map(large).collect();
    let began = Instant::now();
    let report = import_users(&tenant, &connection, &users, &options("outlier")).or_stop();
    let seconds = began.elapsed().as_secs_f64();
    let mut files = rows_of_files(&report);
    assert_eq!(files, [10; 20], "{report}");
    files[0] = 100;
    let ideal = ideal(&files, 2) / 2.5;
    println!(
        "one job of 40 s among 19 of 4 s: {seconds:.1} s, ideal {ideal:.1} s, ratio {:.3} (at most 1.15)",
        seconds / ideal
    );
    println!(
        "requests: {} (the rate is 2)",
        tenant.practice_traffic().or_stop()
    );
    forget(&report);
}

fn rows_of_files(report: &ImportReport) -> Vec<usize> {
    report.jobs().iter().map(|job| job.users).collect()
}

/// The least share of the limit that a file but the last uses, in percent.
fn bytes_used(tenant: &Tenant, connection: &ConnectionId, users: &[User]) -> f64 {
    let plan = plan_import(tenant, connection, users).or_stop();
    let all_but_last = &plan.uploads[..plan.uploads.len() - 1];
    let least = all_but_last.iter().min().copied().unwrap_or_default();
    least as f64 / MAX_UPLOAD_BYTES as f64 * 100.0
}

/// Rows worked through by the busier of `slots` workers when each takes the next file the moment it is free.
fn ideal(files: &[usize], slots: usize) -> f64 {
    let mut free_at = vec![0; slots];
    for rows in files {
        if let Some(first) = free_at.iter_mut().min() {
            *first += rows;
        }
    }
    free_at.into_iter().max().unwrap_or_default() as f64
}

/// Checking and packing: seconds for each user must not grow with their number.
fn pack() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.open();
    let mut each = Vec::new();
    for count in [10_000, 1_000_000] {
        let users: Vec<User> = (1..=count).map(user).collect();
        let rounds = if count == 10_000 { 20 } else { 1 };
        let began = Instant::now();
        for _ in 0..rounds {
            let plan = plan_import(&tenant, &connection, &users).or_stop();
            assert!(plan.problems.is_empty());
        }
        each.push(began.elapsed().as_secs_f64() / f64::from(rounds) / count as f64);
        println!(
            "{count} users checked and packed: {:.2} µs each",
            each[each.len() - 1] * 1e6
        );
    }
    println!("ratio {:.2} (at most 1.5)", each[1] / each[0]);
}

/// A million users through the stream: the peak of this process's memory.
fn stream() {
    // Fast, and by time alone: without a speed a job is pending until it has been read once, as fast as it may be.
    let practice = Practice::start(&["--job-speed", "20000"]);
    let (tenant, connection) = practice.open();
    let before = peak_mib();
    let began = Instant::now();
    let source = (1..=1_000_000).map(|number| Ok(user(number)));
    let options = options("stream").requests_per_second(1000.0);
    let report = import_stream(&tenant, &connection, source, &options).or_stop();
    assert_eq!(report.counts().inserted, 1_000_000, "{report}");
    println!(
        "1,000,000 users streamed in {:.0} s; peak memory {:.0} MiB (before: {before:.0} MiB)",
        began.elapsed().as_secs_f64(),
        peak_mib()
    );
    forget(&report);
}

/// The most memory this process ever had, where the system tells.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
