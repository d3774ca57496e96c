//! Users who share what no two users may share.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use crate::error::problem::{Faults, Problem};
use crate::users::User;

/// What no two users may share. E-mails are among it unless the connection says that they need not be unique. A phone
/// number is unique in the tenant's users even where it is no attribute of the connection.
const UNIQUE: [&str; 4] = ["email", "username", "user_id", "phone_number"];

const EMAILS_UNKNOWN: &str = " (whether users of this connection may share an e-mail is unknown: get_connection_id tells, with a token that has read:connections_options)";

/// The value as Auth0 compares it.
fn unique(field: &str, user: &User) -> Option<String> {
    let text = match field {
        "email" => Some(user.email.to_lowercase()),
        "username" => user.username.as_ref().map(|name| name.to_lowercase()),
        "phone_number" => user.phone_number.clone(),
        _ => user.user_id.clone(),
    };
    text.filter(|text| !text.is_empty())
}

/// 96 bits of two hashes with random keys: a collision is out of the question.
pub(crate) struct Hashers(RandomState, RandomState);

impl Hashers {
    pub(crate) fn new() -> Hashers {
        Hashers(RandomState::new(), RandomState::new())
    }

    fn hash(&self, field: &str, text: &str) -> [u32; 3] {
        let (one, two) = (
            self.0.hash_one((field, text)),
            self.1.hash_one((field, text)),
        );
        [one as u32, (one >> 32) as u32, two as u32]
    }
}

/// The rows of users who share what must be unique, in order. Sorting goes through memory in order, where a map of a
/// million users would wait for it at each of them.
pub(crate) fn rows_that_share(users: &[User]) -> (Hashers, BTreeSet<usize>) {
    let hashers = Hashers::new();
    let mut shared = BTreeSet::new();
    for field in UNIQUE {
        let rows = (1_u32..).zip(users);
        let mut keys: Vec<([u32; 3], u32)> = rows
            .filter_map(|(row, user)| Some((hashers.hash(field, &unique(field, user)?), row)))
            .collect();
        keys.sort_unstable();
        let groups = keys.chunk_by(|one, other| one.0 == other.0);
        let rows = groups.filter(|group| group.len() > 1).flatten();
        shared.extend(rows.map(|(_, row)| *row as usize));
    }
    (hashers, shared)
}

/// Which row keeps an e-mail, username, user id or phone number. A row that is left out takes nothing from a good one.
pub(crate) struct Claims {
    hashers: Hashers,
    owners: HashMap<[u32; 3], u32>,
    /// `None` where the tenant does not tell it.
    emails_unique: Option<bool>,
}

impl Claims {
    pub(crate) fn new(hashers: Hashers, emails_unique: Option<bool>) -> Claims {
        Claims {
            hashers,
            owners: HashMap::new(),
            emails_unique,
        }
    }

    fn keys(&self, user: &User) -> impl Iterator<Item = (&'static str, [u32; 3])> {
        let fields = UNIQUE.into_iter().filter(|field| self.is_unique(field));
        fields.filter_map(|field| {
            let text = unique(field, user)?;
            Some((field, self.hashers.hash(field, &text)))
        })
    }

    fn is_unique(&self, field: &str) -> bool {
        field != "email" || self.emails_unique != Some(false)
    }

    /// What this row shares with a row that keeps it.
    pub(crate) fn twins(&self, row: usize, user: &User) -> Vec<Problem> {
        let mut faults = Faults::default();
        for (field, key) in self.keys(user) {
            if let Some(owner) = self
                .owners
                .get(&key)
                .filter(|owner| **owner as usize != row)
            {
                let unknown = match (field, self.emails_unique) {
                    ("email", None) => EMAILS_UNKNOWN,
                    _ => "",
                };
                faults.add(
                    field,
                    format!("is that of row {owner} too: leave one of them out{unknown}"),
                );
            }
        }
        faults.of(row, &user.email)
    }

    pub(crate) fn claim(&mut self, row: usize, user: &User) {
        let keys: Vec<_> = self.keys(user).collect();
        for (_, key) in keys {
            self.owners.entry(key).or_insert(row as u32);
        }
    }
}
