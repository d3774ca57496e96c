//! A user against Auth0's import schema and the connection's own rules, before anything is sent.
//!
//! Written from the published schema, not from what the practice tenant does: where the two disagree a test fails.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use crate::connections::{ConnectionId, UsernameRules};
use crate::email::is_email;
use crate::factor_rules::check_factors;
use crate::files::{TooLarge, too_large};
use crate::hash_rules::{check_custom_hash, check_password_hash};
use crate::say::{data, debug_fields, sentence};
use crate::users::User;
use crate::words::{cut, grouped};

/// Keys of app_metadata that Auth0 keeps for itself (documented with the import schema).
const RESERVED: [&str; 18] = [
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email_verified",
    "email",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor_last_modified",
    "multifactor",
    "updated_at",
    "user_id",
];
/// Characters usernames take beside letters and digits.
const USERNAME_PUNCTUATION: &str = "@^$.!`#+'~_-";

/// One thing that is wrong with a user, in the words of the reader's own file; found by [`check_users`]. Holds no secret.
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
/// assert!(problem.contains("it wants name@domain"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The user's place, from 1.
    pub row: usize,
    /// The e-mail as it was given.
    pub email: String,
    /// The field, `app_metadata.email` say.
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

/// Characters shown of an e-mail: of one that is longer the beginning will do to find it.
const SHOWN: usize = 80;

pub(crate) fn shown(email: &str) -> String {
    cut(email, SHOWN)
}

/// Checks every user against Auth0's import schema, the connection's username rules, and each other. Sends nothing.
///
/// Gives all faults at once, in the order of the rows; an empty list when there are none. A user who alone is over
/// the size of an upload is a fault too. Usernames are checked only for a connection
/// that came from [`get_connection_id`](crate::get_connection_id) or [`list_connections`](crate::list_connections).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let connection = ConnectionId::new("con_0123456789abcdef")?;
/// let users = [User::new("ada@test.edu"), User::new("ada@localhost")];
/// let problems = check_users(&connection, &users);
/// assert_eq!((problems[0].row, problems[0].field.as_str()), (2, "email"));
/// println!("{}", problems[0]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn check_users(connection: &ConnectionId, users: &[User]) -> Vec<Problem> {
    let rows = users.iter().enumerate();
    let mut problems: Vec<Problem> = rows
        .flat_map(|(index, user)| check_alone(index + 1, user, connection))
        .collect();
    let bad: HashSet<usize> = problems.iter().map(|problem| problem.row).collect();
    let (hashers, shared) = rows_that_share(users);
    let mut claims = Claims::new(hashers);
    for row in &shared {
        let user = &users[row - 1];
        if !bad.contains(row) && claims.twins(*row, user).is_empty() {
            claims.claim(*row, user);
        }
    }
    // Only now is it known which good row keeps what it shares with bad ones before it.
    for row in &shared {
        let user = &users[row - 1];
        problems.extend(claims.twins(*row, user));
        claims.claim(*row, user);
    }
    problems.sort_by_key(|problem| problem.row);
    problems
}

fn check_alone(row: usize, user: &User, connection: &ConnectionId) -> Vec<Problem> {
    let mut faults = Faults::default();
    check_fields(user, &mut faults);
    check_username(user, connection.rules.as_ref(), &mut faults);
    if let Some(TooLarge { field, bytes, room }) = too_large(user, connection) {
        faults.add(
            &field,
            format!(
                "makes the user {} bytes, and an upload has room for {}: send less of it",
                grouped(bytes),
                grouped(room)
            ),
        );
    }
    faults.of(row, user)
}

/// What no two users may share, as Auth0 compares it.
const UNIQUE: [&str; 3] = ["email", "username", "user_id"];

fn unique(field: &str, user: &User) -> Option<String> {
    let text = match field {
        "email" => Some(user.email.to_lowercase()),
        "username" => user.username.as_ref().map(|name| name.to_lowercase()),
        _ => user.user_id.clone(),
    };
    text.filter(|text| !text.is_empty())
}

/// 96 bits of two hashes with random keys: a collision is out of the question.
struct Hashers(RandomState, RandomState);

impl Hashers {
    fn new() -> Hashers {
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
fn rows_that_share(users: &[User]) -> (Hashers, BTreeSet<usize>) {
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

/// Which row keeps an e-mail, username or user id. A row that is left out takes nothing from a good one.
struct Claims {
    hashers: Hashers,
    owners: HashMap<[u32; 3], u32>,
}

impl Claims {
    fn new(hashers: Hashers) -> Claims {
        Claims {
            hashers,
            owners: HashMap::new(),
        }
    }

    fn keys(&self, user: &User) -> impl Iterator<Item = (&'static str, [u32; 3])> {
        let texts = UNIQUE.map(|field| (field, unique(field, user)));
        texts
            .into_iter()
            .filter_map(|(field, text)| Some((field, self.hashers.hash(field, &text?))))
    }

    /// What this row shares with a row that keeps it.
    fn twins(&self, row: usize, user: &User) -> Vec<Problem> {
        let mut faults = Faults::default();
        for (field, key) in self.keys(user) {
            if let Some(owner) = self
                .owners
                .get(&key)
                .filter(|owner| **owner as usize != row)
            {
                faults.add(
                    field,
                    format!("is that of row {owner} too: leave one of them out"),
                );
            }
        }
        faults.of(row, user)
    }

    fn claim(&mut self, row: usize, user: &User) {
        let keys: Vec<_> = self.keys(user).collect();
        for (_, key) in keys {
            self.owners.entry(key).or_insert(row as u32);
        }
    }
}

/// Checks one user after the other, so that a stream need not be held. What is kept to find twins takes about 20
/// to 40 bytes for each e-mail, username and user id.
pub(crate) struct Checker {
    connection: ConnectionId,
    claims: Claims,
}

impl Checker {
    pub(crate) fn new(connection: &ConnectionId) -> Checker {
        Checker {
            connection: connection.clone(),
            claims: Claims::new(Hashers::new()),
        }
    }

    pub(crate) fn check(&mut self, row: usize, user: &User) -> Vec<Problem> {
        let mut found = check_alone(row, user, &self.connection);
        found.extend(self.claims.twins(row, user));
        if found.is_empty() {
            self.claims.claim(row, user);
        }
        found
    }
}

/// Field and sentence.
#[derive(Default)]
pub(crate) struct Faults(Vec<(String, String)>);

impl Faults {
    pub(crate) fn add(&mut self, field: &str, problem: impl Into<String>) {
        self.0.push((field.to_string(), problem.into()));
    }

    pub(crate) fn append(&mut self, others: Faults) {
        self.0.extend(others.0);
    }

    /// As problems of that user.
    pub(crate) fn of(self, row: usize, user: &User) -> Vec<Problem> {
        let problem = |(field, problem): (String, String)| Problem {
            row,
            email: data(&user.email),
            field: data(&field),
            problem: data(&problem),
        };
        self.0.into_iter().map(problem).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn check_fields(user: &User, faults: &mut Faults) {
    if user.email.is_empty() {
        faults.add("email", "is missing: every user needs one");
    } else if !is_email(&user.email) {
        faults.add(
            "email",
            "is no address Auth0 takes: it wants name@domain with a full domain",
        );
    }
    if let Some(hash) = &user.password_hash {
        check_password_hash(hash, faults);
        if user.custom_password_hash.is_some() {
            faults.add(
                "custom_password_hash",
                "stands beside password_hash: give one of the two",
            );
        }
    }
    if let Some(hash) = &user.custom_password_hash {
        check_custom_hash(hash, faults);
        if faults.is_empty() && hash["hash"]["value"].is_null() {
            faults.add(
                "custom_password_hash.hash.value",
                "is missing: no password would ever fit",
            );
        }
    }
    if let Some(metadata) = &user.app_metadata {
        for key in metadata
            .keys()
            .filter(|key| RESERVED.contains(&key.as_str()))
        {
            faults.add(
                &format!("app_metadata.{key}"),
                "is a key Auth0 keeps for itself: rename it",
            );
        }
    }
    if let Some(factors) = &user.mfa_factors {
        check_factors(factors, faults);
    }
}

fn check_username(user: &User, rules: Option<&UsernameRules>, faults: &mut Faults) {
    let (Some(username), Some(rules)) = (&user.username, rules) else {
        return;
    };
    if !rules.taken {
        return faults.add(
            "username",
            "is given, and the connection takes none: leave it out (Users::without_usernames)",
        );
    }
    let (length, least, most) = (username.chars().count(), rules.least, rules.most);
    if length < least || length > most {
        return faults.add(
            "username",
            format!("has {length} characters, and the connection takes {least} to {most}"),
        );
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || USERNAME_PUNCTUATION.contains(c);
    if let Some(bad) = username.chars().find(|c| !fits(*c)) {
        return faults.add(
            "username",
            format!("holds {bad:?}: it takes letters, digits and {USERNAME_PUNCTUATION}"),
        );
    }
    if is_email(username) && !rules.emails {
        faults.add(
            "username",
            "looks like an e-mail address, which a username may not here",
        );
    }
}
