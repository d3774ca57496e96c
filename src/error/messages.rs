//! What is said while something is asked again.

use std::time::Duration;

use crate::error::Error;
use crate::say::say;
use crate::words::in_words;

/// Says what is asked again.
pub(crate) fn say_fault(error: &Error) {
    say!("trying again: {}", error.fact());
}

/// Says why nothing happens for a while.
pub(crate) fn say_wait(error: &Error, wait: Duration) {
    say!("waiting {}: {}", in_words(wait), error.fact());
}
