//! `cargo bench --bench bcrypt`: hashes a second of one core and of all, every side measured in the same run, in turn.
//!
//! Beside the bcrypt crate: Python's bcrypt, where `.venv` has it, and John the Ripper, where it is installed.

use std::process::Command;
use std::time::Instant;

use auth0_bulk_users::*;

const COST: u32 = 10;
const ROUNDS: usize = 5;

fn main() {
    // Every side, Python and John too, on one and the same core; what they start inherits it.
    pin("0");
    let sides: [(&str, usize, fn()); 9] = [
        ("1 lane", 1, lanes::<1>),
        ("2 lanes", 2, lanes::<2>),
        ("3 lanes", 3, lanes::<3>),
        ("4 lanes", 4, lanes::<4>),
        ("5 lanes", 5, lanes::<5>),
        ("6 lanes", 6, lanes::<6>),
        ("7 lanes", 7, lanes::<7>),
        ("8 lanes", 8, lanes::<8>),
        ("bcrypt crate", 1, crate_alone),
    ];
    let mut best = [0.0_f64; 9];
    // In turn, so that a slow moment of the machine meets every side; the best of each is its own speed.
    for _ in 0..ROUNDS {
        for (best, (_, hashes, side)) in best.iter_mut().zip(&sides) {
            *best = best.max(per_second(3 * hashes, || (0..3).for_each(|_| side())));
        }
    }
    let other = best[8];
    println!("one core, cost {COST}, best of {ROUNDS} rounds in turn:");
    for ((name, ..), speed) in sides.iter().zip(&best) {
        println!(
            "{name:<14} {speed:6.1} a second, {:.2} times the bcrypt crate",
            speed / other
        );
    }
    python(best[5]);
    john();
    pin(&format!("0-{}", cores() - 1));
    all_cores(best[5]);
}

fn pin(cores: &str) {
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", cores, &pid]).output();
    if !pinned.is_ok_and(|output| output.status.success()) {
        println!("taskset is not to be had: not pinned to core {cores}");
    }
}

fn cores() -> usize {
    std::fs::read_to_string("/proc/cpuinfo")
        .map_or(1, |text| text.matches("processor\t").count().max(1))
}

fn lanes<const N: usize>() {
    std::hint::black_box(hash_in_lanes::<N>(COST));
}

fn crate_alone() {
    std::hint::black_box(bcrypt::bcrypt(COST, [7; 16], b"a password"));
}

fn per_second(hashes: usize, work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    hashes as f64 / began.elapsed().as_secs_f64()
}

fn python(ours: f64) {
    let script = "import bcrypt, time\nbest = 0\nsalt = bcrypt.gensalt(10)\nfor _ in range(5):\n    t = time.perf_counter()\n    for _ in range(4): bcrypt.hashpw(b'a password', salt)\n    best = max(best, 4 / (time.perf_counter() - t))\nprint(best)";
    let output = Command::new(".venv/bin/python")
        .args(["-c", script])
        .output();
    let speed = output.ok().and_then(|output| {
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse::<f64>()
            .ok()
    });
    match speed {
        Some(speed) => println!(
            "Python's bcrypt {speed:5.1} a second; six lanes are {:.2} times as fast",
            ours / speed
        ),
        None => println!("Python's bcrypt is not in .venv: not compared"),
    }
}

/// At cost 5, which is all that John's own benchmark runs; ours at that cost, too.
fn john() {
    let output = Command::new("john")
        .args(["--test=5", "--format=bcrypt"])
        .env("OMP_NUM_THREADS", "1")
        .output();
    let Ok(output) = output else {
        return println!("john is not installed: not compared");
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let speed = said.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "c/s")?;
        words.get(at.checked_sub(1)?)?.parse::<f64>().ok()
    });
    let six = || {
        for _ in 0..200 {
            std::hint::black_box(hash_in_lanes::<6>(5));
        }
    };
    let ours = (0..ROUNDS)
        .map(|_| per_second(1200, six))
        .fold(0.0, f64::max);
    match speed {
        Some(speed) => println!(
            "John the Ripper {speed:5.0} a second at cost 5, six lanes {ours:.0}: {:.2} times as fast",
            ours / speed
        ),
        None => println!("john said nothing that could be read: {said}"),
    }
}

fn all_cores(one: f64) {
    let cores = cores();
    let users = generate_users("bench", "uni.test", 60 * cores).or_stop();
    let speed = (0..3)
        .map(|_| {
            per_second(users.len(), || {
                drop(set_passwords(&users, Passwords::SameAsUsername).or_stop())
            })
        })
        .fold(0.0, f64::max);
    println!(
        "set_passwords on {cores} threads: {speed:.1} a second, {:.2} times one core, {:.2} for each",
        speed / one,
        speed / one / cores as f64
    );
}
