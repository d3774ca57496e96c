//! Reads a file of users row by row to find out what an import would do. It prints nothing, hashes nothing and never refuses
//! the whole file.

use std::path::Path;

use crate::error::{Error, Result};
use crate::sources::draft::Draft;
use crate::sources::mapping::{SeenField, shown};
use crate::sources::options::ReadOptions;
use crate::sources::reader::{Aside, UserFile, as_verb, open};
use crate::sources::rows::Fault;
use crate::sources::whole::Whole;
use crate::users::User;
use crate::words::count;

/// A row, and the line in which it begins.
pub(crate) struct Look {
    pub(crate) line: usize,
    pub(crate) seen: Seen,
}

/// What a row is.
pub(crate) enum Seen {
    User(Box<SeenUser>),
    /// Why, after "it", and what was read of the user.
    LeftOut(String, Box<User>),
    Fault(String),
}

/// A user as the reader gives them, and what it knows of them beside.
pub(crate) struct SeenUser {
    pub(crate) user: User,
    /// What the hash is, and why Auth0 does not take it.
    pub(crate) impossible: Option<(&'static str, &'static str)>,
    pub(crate) is_rewritten: bool,
    /// The password is in clear text, and is hashed when the file is imported.
    pub(crate) is_clear: bool,
    /// A second factor is not carried over.
    pub(crate) lost_factor: bool,
}

/// A file that is looked at.
pub(crate) struct LookedAt(UserFile);

impl LookedAt {
    pub(crate) fn open(path: &Path, options: &ReadOptions) -> Result<LookedAt> {
        let mut file = open(path, options)?;
        // A line that is read whole tells nothing of its fields.
        file.whole = Whole::asked(false);
        Ok(LookedAt(file))
    }

    /// The next row. The error is not the row's: the file cannot be read any further.
    pub(crate) fn look(&mut self) -> Result<Option<Look>> {
        let mut draft = Draft::default();
        let Some(row) = self.0.row(&mut draft) else {
            return Ok(None);
        };
        let seen = match row {
            Ok(()) => of_draft(std::mem::take(&mut draft.user), &draft, false),
            Err(Aside::Clear(user, _, _)) => of_draft(*user, &draft, true),
            Err(Aside::LeftOut(_, why)) => {
                Seen::LeftOut(as_verb(&why), Box::new(std::mem::take(&mut draft.user)))
            }
            Err(Aside::Fault(_, Fault::Row(fault))) => Seen::Fault(fault),
            Err(Aside::Fault(line, Fault::File(cause))) => {
                return Err(Error::source_torn(&self.0.path, line, cause));
            }
        };
        let line = draft.line;
        Ok(Some(Look { line, seen }))
    }

    pub(crate) fn file(&self) -> &UserFile {
        &self.0
    }

    pub(crate) fn fields(&self) -> Vec<SeenField> {
        self.0.mapping.fields()
    }

    /// Fields that are mapped and that no row had so far.
    pub(crate) fn absent(&self) -> Vec<String> {
        self.0.mapping.absent().into_iter().map(shown).collect()
    }

    /// Rows whose hash does not say how it was made, and rows with a clear-text password that is not to be hashed.
    pub(crate) fn without_hashes(&self) -> (usize, usize) {
        (self.0.ahead.silent, self.0.ahead.clear)
    }

    /// Which hashes would be lost, a sentence for each field; empty where none would.
    pub(crate) fn lost_hashes(&self) -> Vec<String> {
        let mapping = &self.0.mapping;
        let in_rows = |rows: usize| count(rows, "row");
        let unmapped = mapping.lost.iter().map(|(name, rows)| {
            format!(
                "`{name}` looks like password hashes in {} but is not mapped, and no later import can add them: map it with ReadOptions::map(\"{name}\", \"hash\"), or name it in ReadOptions::leave_out",
                in_rows(*rows as usize)
            )
        });
        let column = mapping.hash_column();
        let (silent, clear) = self.without_hashes();
        let silent = (silent > 0).then(|| {
            format!(
                "the hashes of {column} do not say how they were made in {}: find the recipe with find_recipe from a few known passwords and pass it to ReadOptions::recipe, or name the column in ReadOptions::leave_out",
                in_rows(silent)
            )
        });
        let clear = (clear > 0).then(|| {
            format!(
                "{column} holds passwords in clear text in {}: hash them with ReadOptions::hash_clear_text(true), or name the column in ReadOptions::leave_out and set passwords with set_passwords",
                in_rows(clear)
            )
        });
        unmapped.chain(silent).chain(clear).collect()
    }
}

fn of_draft(user: User, draft: &Draft, is_clear: bool) -> Seen {
    Seen::User(Box::new(SeenUser {
        user,
        impossible: draft.impossible,
        is_rewritten: draft.is_rewritten,
        is_clear,
        lost_factor: draft.lost_factor,
    }))
}
