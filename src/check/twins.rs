//! Duplicates: users who share a value that must be unique.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use crate::error::problem::{Faults, Problem};
use crate::users::User;

/// The fields that must be unique. E-mails are one of them, unless the connection says that they need not be unique. A phone
/// number is unique even if it is not an attribute of the connection.
const UNIQUE: [&str; 4] = ["email", "username", "user_id", "phone_number"];

const EMAILS_UNKNOWN: &str = " (it is unknown whether users of this connection may share an e-mail: get_connection_id finds out, with a token that has read:connections_options)";

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

    pub(crate) fn hash(&self, field: &str, text: &str) -> [u32; 3] {
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

/// The unique values of all rows, in 16 bytes for each e-mail, username, user id and phone number, for files of any length.
pub(crate) struct Keys {
    hashers: Hashers,
    keys: [Vec<([u32; 3], u32)>; UNIQUE.len()],
}

/// A row that shares a field with an earlier row, which keeps it.
pub(crate) struct Twin {
    pub(crate) row: u32,
    pub(crate) field: &'static str,
    pub(crate) of: u32,
}

impl Keys {
    pub(crate) fn new() -> Keys {
        Keys {
            hashers: Hashers::new(),
            keys: Default::default(),
        }
    }

    /// Notes a row with no other fault; rows come in their order.
    pub(crate) fn add(&mut self, row: u32, user: &User) {
        for (field, keys) in UNIQUE.into_iter().zip(&mut self.keys) {
            if let Some(text) = unique(field, user) {
                keys.push((self.hashers.hash(field, &text), row));
            }
        }
    }

    /// The duplicates, in the order of their rows. A row that is itself a duplicate claims nothing.
    pub(crate) fn twins(self) -> Vec<Twin> {
        let (mut shared, mut groups) = (Vec::new(), 0_usize);
        for (field, mut keys) in self.keys.into_iter().enumerate() {
            keys.sort_unstable();
            let alike = keys.chunk_by(|one, other| one.0 == other.0);
            for group in alike.filter(|group| group.len() > 1) {
                shared.extend(group.iter().map(|(_, row)| (*row, field, groups)));
                groups += 1;
            }
        }
        shared.sort_unstable();
        let mut owners = vec![None; groups];
        let mut twins = Vec::new();
        for of_row in shared.chunk_by(|one, other| one.0 == other.0) {
            let owned = |(row, field, group): &(u32, usize, usize)| {
                let of = owners[*group]?;
                Some(Twin {
                    row: *row,
                    field: UNIQUE[*field],
                    of,
                })
            };
            match of_row.iter().find_map(owned) {
                Some(twin) => twins.push(twin),
                None => of_row
                    .iter()
                    .for_each(|(row, _, group)| owners[*group] = Some(*row)),
            }
        }
        twins
    }
}

/// Which row keeps an e-mail, username, user id or phone number. A row that is left out claims nothing.
pub(crate) struct Claims {
    hashers: Hashers,
    owners: HashMap<[u32; 3], u32>,
    /// `None` if the tenant does not say.
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
                    format!("is also in row {owner}: leave out one of the two{unknown}"),
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
