//! Plays seeds: `simulation 100000` plays that many, `simulation --seed 4711` plays one, with its story.

use std::process::exit;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use simulation::plan::Plan;
use simulation::watch::Watch;
use simulation::{hold, shrink, story};

#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--seed", seed] => one(number(seed)),
        [count] => many(0, number(count)),
        [first, count] => many(number(first), number(count)),
        _ => {
            eprintln!("simulation COUNT, simulation FIRST COUNT, or simulation --seed SEED");
            exit(2);
        }
    }
}

fn number(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| {
        eprintln!("`{word}` is not a number");
        exit(2)
    })
}

/// Plays one seed; if it fails, the shortest plan that fails alike too.
fn one(seed: u64) {
    let plan = Plan::of(seed);
    let Err(faults) = hold(&plan) else {
        println!("{}\nseed {seed} holds", story(&plan));
        return;
    };
    let shortest = shrink::shortest(&plan, &faults[0]);
    println!("{}", story(&shortest));
    let faults = hold(&shortest).err().unwrap_or(faults);
    println!("seed {seed} fails:\n  {}", faults.join("\n  "));
    exit(1);
}

/// Plays this many seeds, with a line of progress every few seconds.
fn many(first: u64, count: u64) {
    let (began, mut told) = (Instant::now(), Instant::now());
    let mut failed = 0_u64;
    let watch = Watch::begin();
    for nth in 0..count {
        let seed = first + nth;
        watch.plays(seed);
        if let Err(faults) = hold(&Plan::of(seed)) {
            failed += 1;
            println!("seed {seed} fails: {}", faults.join("; "));
            if failed >= 20 {
                break;
            }
        }
        if told.elapsed() >= Duration::from_secs(5) {
            told = Instant::now();
            println!("{} of {count} seeds, {}", nth + 1, speed(nth + 1, began));
        }
    }
    println!("{count} seeds, {failed} failed, {}", speed(count, began));
    exit(i32::from(failed > 0));
}

fn speed(seeds: u64, began: Instant) -> String {
    format!(
        "{:.0} a second",
        seeds as f64 / began.elapsed().as_secs_f64()
    )
}
