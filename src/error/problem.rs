//! What a check finds wrong with a user: the row, the field and the reason.

use std::fmt;

use crate::say::{data, debug_fields, sentence};
use crate::words::{cut, grouped};

/// One thing that is wrong with a user, with the field names of your own file; found by [`check_users`](crate::check_users). It holds no secret.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let connection = ConnectionId::new("con_0123456789abcdef")?;
/// let problems = check_users(&connection, &[User::new("ada@localhost")]);
/// let Problem { row, field, problem, .. } = &problems[0];
/// assert_eq!((*row, field.as_str()), (1, "email"));
/// assert!(problem.contains("it must be name@domain"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The user's position, from 1.
    pub row: usize,
    /// The e-mail as it was given; of a text that is far too long for one, its beginning.
    pub email: String,
    /// The field, such as `app_metadata.email`.
    pub field: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

debug_fields!(Problem: row, email, field, problem);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, email) = (self.row, shown(&self.email));
        let text = format!("row {row} ({email}): {} {}", self.field, self.problem);
        f.write_str(&sentence(&text))
    }
}

/// How many problems one sentence lists.
pub(super) const SHOWN: usize = 5;

/// The first problems, and how many more there are.
pub(super) fn first_of(problems: &[Problem]) -> String {
    let mut told: Vec<String> = problems
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect();
    match problems.len() - told.len() {
        0 => {}
        more => told.push(format!("and {} more", grouped(more))),
    }
    told.join("; ")
}

/// How many characters of an e-mail are shown: the beginning of a longer one is enough to find it.
const EMAIL_SHOWN: usize = 80;

pub(crate) fn shown(email: &str) -> String {
    cut(email, EMAIL_SHOWN)
}

/// Faults of one user that are told; a user whose every key is wrong would have a hundred thousand.
const MOST_FAULTS: usize = 50;
/// Characters of an e-mail that are kept with each fault: Auth0 takes none that is as long.
const EMAIL_KEPT: usize = 300;

/// Pairs of a field and a sentence, and how many more there are.
#[derive(Default)]
pub(crate) struct Faults {
    told: Vec<(String, String)>,
    more: usize,
}

impl Faults {
    pub(crate) fn add(&mut self, field: &str, problem: impl Into<String>) {
        match self.told.len() < MOST_FAULTS {
            true => self.told.push((field.to_string(), problem.into())),
            false => self.more += 1,
        }
    }

    pub(crate) fn append(&mut self, others: Faults) {
        self.more += others.more;
        for (field, problem) in others.told {
            self.add(&field, problem);
        }
    }

    /// The faults as that user's problems.
    pub(crate) fn of(mut self, row: usize, email: &str) -> Vec<Problem> {
        if self.more > 0 {
            let problem = format!(
                "has {} more faults: mend these, and check again",
                grouped(self.more)
            );
            self.told.push(("this user".to_string(), problem));
        }
        let email = cut(email, EMAIL_KEPT);
        let problem = |(field, problem): (String, String)| Problem {
            row,
            email: data(&email),
            field: data(&field),
            problem: data(&problem),
        };
        self.told.into_iter().map(problem).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }
}
