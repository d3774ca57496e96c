//! A cell that ends with an error shows it, and gives no value.

use crate::display::show::{show, shown_in_cell};
use crate::display::view::{BAD, NEUTRAL, View};
use crate::error::{Error, Result};
use crate::say::complain;

/// Gives a value, or shows the error as the cell's result and stops the cell.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let users = generate_users("imfake", "uni.test", 25).or_stop();
/// assert_eq!(users.len(), 25);
/// ```
pub trait OrStop<T> {
    /// The value; on an error the cell ends here and its variable stays undefined, so that no later cell
    /// that needs it runs. Outside a kernel the error goes to stderr and the process ends with 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice().or_stop();
    /// let users = generate_users("docs-stop", "uni.test", 2).or_stop();
    /// assert_eq!((tenant.is_practice(), users.len()), (true, 2));
    /// ```
    fn or_stop(self) -> T;
}

impl<T> OrStop<T> for Result<T> {
    fn or_stop(self) -> T {
        self.unwrap_or_else(|error| stop(&error))
    }
}

fn stop(error: &Error) -> ! {
    let in_kernel = std::env::var_os("EVCXR_IS_RUNTIME").is_some();
    if !in_kernel || std::env::var_os("NB_STRICT").is_some() {
        complain(format_args!("stopped: {error}"));
        std::process::exit(1);
    }
    // A result block is never lost on this kernel, the text of a panic or a failed `?` sometimes is.
    show(&View::card(BAD, "stopped:").tail(format!(" {error}")));
    std::panic::resume_unwind(Box::new("stopped"));
}

// The `Display` of an error is its sentence.
shown_in_cell!(Error);

impl Error {
    /// One that is shown, since whoever wrote the cell asked for it: nothing stopped.
    fn view(&self) -> View {
        View::card(NEUTRAL, "error, shown as a value:")
            .tail(format!(" {self}"))
            .dashed()
    }
}
