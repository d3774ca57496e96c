//! What is printed while a request is tried again.

use std::time::Duration;

use crate::error::Error;
use crate::say::say;
use crate::words::in_words;

/// Says which request is tried again.
pub(crate) fn say_fault(error: &Error) {
    say!("trying again: {}", error.fact());
}

/// Says why there is a pause.
pub(crate) fn say_wait(error: &Error, wait: Duration) {
    say!("waiting {}: {}", in_words(wait), error.fact());
}
