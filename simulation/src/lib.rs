//! Plays imports against a practice tenant in memory, on a turned clock, with everything that can go wrong drawn from a seed.
//!
//! `plan.rs` draws what happens. `tenant.rs` is the tenant at the other end, with what goes wrong on the way to it. `life.rs`
//! plays one process after another until the rows are imported and removed, `alone.rs` a job without a run. `truth/` then says what is wrong, by who is in
//! the tenant (`there.rs`), and `shrink.rs` makes a failing plan as short as possible. `watch.rs` finds a plan that never ends.

mod alone;
pub mod chance;
pub mod life;
pub mod plan;
pub mod shrink;
pub mod tenant;
pub mod there;
pub mod truth;
pub mod watch;

use plan::Plan;

/// Plays the plan, and says what is wrong.
///
/// # Errors
///
/// What is wrong, one sentence each.
pub fn hold(plan: &Plan) -> Result<(), Vec<String>> {
    let played = life::play(plan).map_err(|fault| vec![fault])?;
    let faults = truth::faults(plan, &played);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// The plan's story: the plan, each request and each printed line.
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
