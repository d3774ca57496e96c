//! A shorter input with the same fault.

use std::time::{Duration, Instant};

use crate::run::{Fault, execute};
use crate::targets::Target;

/// How long one is looked for.
const LIMIT: Duration = Duration::from_secs(20);

/// Leaves out what it can of the input: halves, then ever smaller pieces, for as long as the fault is of the same kind.
#[must_use]
pub fn shortest(target: &Target, input: &[u8], fault: &Fault) -> Vec<u8> {
    let began = Instant::now();
    let mut kept = input.to_vec();
    let mut piece = kept.len() / 2;
    while piece > 0 {
        let (mut at, mut shorter) = (0, false);
        while at < kept.len() {
            if began.elapsed() > LIMIT {
                return kept;
            }
            let end = kept.len().min(at + piece);
            let without = [&kept[..at], &kept[end..]].concat();
            match execute(target, &without) {
                Err(same) if same.kind == fault.kind => {
                    kept = without;
                    shorter = true;
                }
                _ => at = end,
            }
        }
        if !shorter || piece > kept.len() {
            piece = (piece / 2).min(kept.len());
        }
    }
    kept
}
