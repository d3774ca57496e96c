//! How error sentences are written: as a table of names, parameters and sentences.

/// Makes a function of each entry: its kind, its name and its parameters; then what was tried, on what, and why it failed; then
/// what to do next, joined by a few characters.
///
/// `let` says how a value is shown, and `because` keeps the cause for `source()`.
macro_rules! sentences {
    ($($(#[$note:meta])* $kind:ident $name:ident($($given:ident: $type:ty),* $(,)?)
        $(let $($shown:ident = $as:expr),+)? ;
        $fact:literal $($joint:literal $advice:literal)? $(because $cause:ident)? ;)*) => {
        impl $crate::error::Error {
            $($(#[$note])*
            pub(crate) fn $name($($given: $type),*) -> $crate::error::Error {
                $($(let $shown = $as;)+)?
                $crate::error::Error::new($crate::error::ErrorKind::$kind, format!($fact))
                    $(.advise($joint, format!($advice)))?
                    $(.because($cause))?
            })*
        }
    };
}
pub(super) use sentences;
