//! Ends the program when a seed never ends: a loop that lets no time pass is no panic, and no request.

use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// A seed takes milliseconds, and a tenth of a second at most.
const LONGEST: Duration = Duration::from_secs(10);

/// Looks whether seeds are being played.
#[derive(Debug)]
pub struct Watch {
    /// The seed that is played, and one more.
    playing: &'static AtomicU64,
}

impl Watch {
    /// Begins to look. Whoever begins to look plays seeds until the program ends, or says that there are no more.
    #[must_use]
    pub fn begin() -> Watch {
        let playing: &'static AtomicU64 = Box::leak(Box::default());
        thread::spawn(move || {
            let mut before = 0;
            loop {
                thread::sleep(LONGEST);
                let now = playing.load(Ordering::Relaxed);
                if now > 0 && now == before {
                    println!("seed {} fails: it never ends", now - 1);
                    exit(1);
                }
                before = now;
            }
        });
        Watch { playing }
    }

    /// This seed is played now.
    pub fn plays(&self, seed: u64) {
        self.playing.store(seed + 1, Ordering::Relaxed);
    }
}

/// There are no more.
impl Drop for Watch {
    fn drop(&mut self) {
        self.playing.store(0, Ordering::Relaxed);
    }
}
