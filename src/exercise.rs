//! Whether an answer to a lesson's exercise is right. A lesson holds a few digits of the right answer's hash, so it gives nothing
//! away.

use std::fmt::Debug;

use sha2::{Digest, Sha256};

use crate::say::{debug_fields, words_of_others};
use crate::secrets::hide::without_secrets;
use crate::words::hex;

/// Hex digits of the hash that a lesson holds.
const DIGITS: usize = 8;
/// Characters of an answer that are shown.
const MOST_SHOWN_CHARS: usize = 80;
/// How `()` is written, which stands in an exercise's cell until there is an answer.
const NOTHING: &str = "()";

/// Checks an answer to an exercise. `right` is what [`answer_digest`] gives of the right answer. Sends nothing.
///
/// It never stops a cell: the value that comes back shows whether the answer is right. `()` counts as no answer yet.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// // How many jobs may run in a tenant at once?
/// let answer = 2;
/// let checked = check_answer(&answer, "d4735e3a");
/// assert!(checked.is_right());
/// assert_eq!(check_answer(&(), "d4735e3a").to_string(), "no answer yet: write yours in the place of ()");
/// ```
#[must_use]
pub fn check_answer(answer: &(impl Debug + ?Sized), right: &str) -> Answer {
    let text = format!("{answer:?}");
    let verdict = match () {
        () if text == NOTHING => Verdict::Missing,
        () if digest_of(&text).eq_ignore_ascii_case(right.trim()) => Verdict::Right,
        () => Verdict::NotYet,
    };
    let shown = words_of_others(&without_secrets(&text), MOST_SHOWN_CHARS);
    Answer { verdict, shown }
}

/// The digits by which [`check_answer`] knows a right answer: the first eight hex digits of the SHA-256 of its `{:?}` text. For
/// those who write a lesson. Sends nothing.
///
/// `"two"` and `String::from("two")` have the same digits; `2` and `2.0` do not.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// assert_eq!(answer_digest(&2), "d4735e3a");
/// ```
#[must_use]
pub fn answer_digest(value: &(impl Debug + ?Sized)) -> String {
    digest_of(&format!("{value:?}"))
}

fn digest_of(text: &str) -> String {
    let mut digits = hex(&Sha256::digest(text));
    digits.truncate(DIGITS);
    digits
}

/// What became of an answer to an exercise; made by [`check_answer`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let answer: Answer = check_answer(&"completed", &answer_digest(&"failed"));
/// assert!(!answer.is_right());
/// assert!(answer.to_string().starts_with("not yet"));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    pub(crate) verdict: Verdict,
    /// The answer, as far as it may be shown.
    pub(crate) shown: String,
}

debug_fields!(Answer: verdict, shown);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    NotYet,
    Missing,
}

impl Answer {
    /// Whether the answer is right.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert!(check_answer(&true, &answer_digest(&true)).is_right());
    /// assert!(!check_answer(&(), &answer_digest(&true)).is_right());
    /// ```
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.verdict == Verdict::Right
    }
}
