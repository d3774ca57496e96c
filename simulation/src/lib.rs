//! Imports played against a practice tenant in memory, on a clock that is turned, with whatever can go wrong drawn by a seed.
//!
//! `plan.rs` draws what happens, `tenant.rs` is the tenant at the other end with what goes wrong on the way to it, `life.rs` plays process
//! after process until the rows are imported and removed, `truth.rs` says what does not hold then, and `shrink.rs` makes a failing
//! plan as short as it can be.

pub mod chance;
pub mod life;
pub mod plan;
pub mod shrink;
pub mod tenant;
pub mod truth;

use plan::Plan;

/// Plays the plan, and says what does not hold.
///
/// # Errors
///
/// What does not hold, a sentence each.
pub fn hold(plan: &Plan) -> Result<(), Vec<String>> {
    let played = life::play(plan).map_err(|fault| vec![fault])?;
    let faults = truth::faults(plan, &played);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// The plan's story: its plan, each request and each line that was said.
#[must_use]
pub fn story(plan: &Plan) -> String {
    let mut story = format!("{plan:#?}\n");
    match life::play(plan) {
        Ok(played) => {
            for asked in &played.line.play().asked {
                let line = format!(
                    "{:>10.3} s  process {}  {}  {}\n",
                    asked.at.as_secs_f64(),
                    asked.process,
                    asked.line,
                    asked.answered
                );
                story.push_str(&line);
            }
            story.push_str(&played.said.join("\n"));
        }
        Err(fault) => story.push_str(&fault),
    }
    story
}
