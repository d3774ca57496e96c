//! Two thousand seeds, in two halves side by side. `make simulate SEEDS=100000` plays as many as one likes.

use simulation::plan::Plan;
use simulation::watch::Watch;
use simulation::{hold, shrink, story};

/// Plays those seeds; of the first that fails it shows the shortest story that fails alike.
fn plays(seeds: std::ops::Range<u64>) {
    let watch = Watch::begin();
    for seed in seeds {
        watch.plays(seed);
        let plan = Plan::of(seed);
        if let Err(faults) = hold(&plan) {
            let shortest = shrink::shortest(&plan, &faults[0]);
            let left = hold(&shortest).err().unwrap_or_default();
            panic!(
                "seed {seed} fails: {}\n{}\nthe shortest story: {}\nplay it again: cargo run --release -p simulation -- --seed {seed}",
                faults.join("; "),
                story(&shortest),
                left.join("; ")
            );
        }
    }
}

#[test]
fn a_thousand_schedules_hold() {
    plays(0..1000);
}

#[test]
fn another_thousand_schedules_hold() {
    plays(1000..2000);
}

#[test]
fn a_seed_is_the_same_story_each_time() {
    for seed in [3, 14, 159] {
        assert_eq!(story(&Plan::of(seed)), story(&Plan::of(seed)));
    }
}
