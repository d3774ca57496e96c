//! How the sentences of errors are written down: a table, in which each has its name, what it tells of, and its words.

/// Makes a function of each line: kind, name, what it tells of; then what was tried, on what and why it failed; then, joined to
/// that by a few characters, what to do next.
///
/// `let` says how something is shown, `because` keeps the cause for `source()`.
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
