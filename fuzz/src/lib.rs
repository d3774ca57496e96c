//! Everything that reads what others wrote is given mangled input here: files of users, answers, hashes, journals, settings.
//!
//! Each target holds its reader to more than "it does not panic": what must not be shown is not shown, each row is in a count, an error is
//! a sentence, what was written reads the same again. The same target, seed and number make the same input on every machine.

pub mod chance;
pub mod memory;
pub mod mutate;
pub mod run;
pub mod shrink;
pub mod targets;
pub mod watch;

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;
