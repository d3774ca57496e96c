//! What the engine is known to do wrong. Each line is `true` once it is mended; then the check holds for every seed.

/// A token that is refused right before an upload leaves no upload that may have been taken.
pub(crate) const TOKENS_LOSE_NO_UPLOADS: bool = true;
/// The hash of a user who was there already is deleted with those of the users who came in.
pub(crate) const HASHES_OF_ALREADY_THERE_GO: bool = true;
/// A run looks late only when no job can be at work, whatever the machine's clock was set to.
pub(crate) const LATE_LOOKS_COME_LATE: bool = false;
/// A late look that was refused is made again.
pub(crate) const REFUSED_LOOKS_ARE_REPEATED: bool = true;
/// A user who is too large for a file is given back without the id that was drawn.
pub(crate) const IDS_OF_TOO_LARGE_USERS_GO: bool = true;
/// A user whom others deleted right after the insertion is not told of as updated.
pub(crate) const DELETED_USERS_ARE_NOT_UPDATED: bool = false;
/// An upload that took too long (408) may have been taken.
pub(crate) const UPLOADS_THAT_TOOK_TOO_LONG_MAY_BE_TAKEN: bool = true;
/// A job that is not known to the tenant yet is waited for, whatever the machine's clock was set to.
pub(crate) const YOUNG_JOBS_ARE_WAITED_FOR: bool = false;
/// How young a job was that the tenant did not know yet goes by when it was asked, not by when the answer came.
pub(crate) const A_404_IS_AS_OLD_AS_ITS_QUESTION: bool = true;
/// An answer of 200 that is no user does not say that nobody has the id.
pub(crate) const WHAT_IS_NO_USER_IS_NO_ANSWER: bool = false;
/// A clean-up tells of a user whom it left since somebody in another connection has the id too.
pub(crate) const WHO_IS_HIDDEN_BY_ANOTHER_IS_TOLD: bool = true;
/// A clean-up names another handle's run that has ended with rows of which nothing is known.
pub(crate) const RUNS_WITH_UNKNOWN_ROWS_ARE_NAMED: bool = true;
/// A clean-up waits for a job that the tenant does not know yet, or tells of it.
pub(crate) const YOUNG_JOBS_ARE_CLEANED_UP: bool = true;
