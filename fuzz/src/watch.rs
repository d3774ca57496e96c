//! Who watches an execution from outside: one that never ends, or takes memory without end, ends the program, which is told which it
//! was. Its input is on the disk by then.

use std::fs;
use std::process::exit;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::memory;

/// Seconds of the processor that an execution may take: milliseconds are usual, and the slowest hash that is tried takes five.
const MOST_SECONDS: f64 = 20.0;
/// Bytes that the whole program may hold.
const MOST_BYTES: usize = 3 << 30;

/// What the program ends with when an execution did not.
pub const NEVER_ENDED: i32 = 3;

static BEGUN: AtomicU64 = AtomicU64::new(0);
static WATCHED: AtomicUsize = AtomicUsize::new(0);

/// An execution begins.
pub fn begins() {
    BEGUN.fetch_add(1, Ordering::Relaxed);
}

/// Begins to watch, once.
pub fn start() {
    if WATCHED.fetch_add(1, Ordering::Relaxed) > 0 {
        return;
    }
    thread::spawn(|| {
        let (mut seen, mut since) = (0, used());
        loop {
            thread::sleep(Duration::from_millis(250));
            let begun = BEGUN.load(Ordering::Relaxed);
            if begun != seen {
                (seen, since) = (begun, used());
            }
            // Nothing runs between executions, so what is used is used by one.
            if used() - since > MOST_SECONDS {
                eprintln!("an execution has taken {MOST_SECONDS} s of the processor and goes on");
                exit(NEVER_ENDED);
            }
            if memory::held() > MOST_BYTES {
                eprintln!("an execution holds {} MiB", memory::held() >> 20);
                exit(NEVER_ENDED);
            }
        }
    });
}

/// Seconds of the processor that this program has had; where the system does not tell, of the clock on the wall.
#[must_use]
pub fn used() -> f64 {
    let told = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name of the program, which may hold blanks: the 12th and the 13th are its time and the system's for it.
    let fields = told.rsplit(')').next().unwrap_or_default().split(' ');
    let ticks: Vec<f64> = fields
        .skip(12)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    match ticks[..] {
        // A hundred in a second, on every Linux.
        [own, systems] => (own + systems) / 100.0,
        _ => {
            static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            BEGAN.get_or_init(Instant::now).elapsed().as_secs_f64()
        }
    }
}
