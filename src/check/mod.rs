//! Checks a user against Auth0's import schema and the connection's own rules before anything is sent.
//!
//! Written from the published schema, not from what the practice tenant does: if the two disagree, a test fails.

pub(crate) mod attributes;
pub(crate) mod factors;
pub(crate) mod metadata;
pub(crate) mod twins;
pub(crate) mod warnings;

use std::collections::HashSet;

use crate::check::attributes::{check_attributes, check_email, check_phone, check_user_id};
use crate::check::factors::check_factors;
use crate::check::metadata::{check_app_metadata, check_keys};
use crate::check::twins::{Claims, Hashers, rows_that_share};
use crate::connections::ConnectionId;
use crate::error::problem::{Faults, Problem};
use crate::jobs::upload::{TooLarge, too_large};
use crate::passwords::hashes::schema::{check_custom_hash, check_password_hash};
use crate::users::User;
use crate::words::grouped;

/// Checks every user against Auth0's import schema, the connection's own rules, and each other. Sends nothing.
///
/// Returns all problems at once, in the order of the rows, or an empty list. A user who is too large for an upload is a problem
/// too. The connection's own rules (usernames, required fields, whether users may share an e-mail) are known if the connection
/// came from [`get_connection_id`](crate::get_connection_id) or [`list_connections`](crate::list_connections) with a token that
/// has the scope `read:connections_options`. Otherwise they are not checked. What Auth0 takes for now is not a problem: see
/// [`check_warnings`](crate::check_warnings).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let connection = ConnectionId::new("con_0123456789abcdef")?;
/// let users = [User::new("ada@uni.test"), User::new("ada@localhost")];
/// let problems = check_users(&connection, &users);
/// assert_eq!((problems[0].row, problems[0].field.as_str()), (2, "email"));
/// println!("{}", problems[0]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn check_users(connection: &ConnectionId, users: &[User]) -> Vec<Problem> {
    check_for(connection, users, false)
}

/// Like [`check_users`]; `loses_hashes` says whether the import may lose a `password_hash`.
pub(crate) fn check_for(
    connection: &ConnectionId,
    users: &[User],
    loses_hashes: bool,
) -> Vec<Problem> {
    let rows = users.iter().enumerate();
    let mut problems: Vec<Problem> = rows
        .flat_map(|(index, user)| check_alone(index + 1, user, connection, loses_hashes))
        .collect();
    let bad: HashSet<usize> = problems.iter().map(|problem| problem.row).collect();
    let (hashers, shared) = rows_that_share(users);
    let mut claims = Claims::new(hashers, connection.emails_unique());
    for row in &shared {
        let user = &users[row - 1];
        if !bad.contains(row) && claims.twins(*row, user).is_empty() {
            claims.claim(*row, user);
        }
    }
    // Only now is it known which good row keeps a value that it shares with faulty rows before it.
    for row in &shared {
        let user = &users[row - 1];
        problems.extend(claims.twins(*row, user));
        claims.claim(*row, user);
    }
    problems.sort_by_key(|problem| problem.row);
    problems
}

/// Documented with the import schema: `password_hash` cannot be upserted.
const LOST_BY_AN_UPSERT: &str = "is silently dropped for an existing user: leave it out, or say that it is only for new users (ImportOptions::keep_existing_passwords)";

pub(crate) fn check_alone(
    row: usize,
    user: &User,
    connection: &ConnectionId,
    loses_hashes: bool,
) -> Vec<Problem> {
    let mut faults = Faults::default();
    check_fields(user, &mut faults);
    if let Some(rules) = &connection.rules {
        check_attributes(user, rules, &mut faults);
    }
    if loses_hashes && user.password_hash.is_some() {
        faults.add("password_hash", LOST_BY_AN_UPSERT);
    }
    if let Some(TooLarge { field, bytes, room }) = too_large(user, connection) {
        faults.add(
            &field,
            format!(
                "makes the user {} bytes, and an upload has room for {}: shorten it",
                grouped(bytes),
                grouped(room)
            ),
        );
    }
    faults.of(row, &user.email)
}

/// Checks users one at a time, so a stream need not be kept. Finding duplicates takes about 20 to 40 bytes for each e-mail,
/// username, user id and phone number.
pub(crate) struct Checker {
    connection: ConnectionId,
    loses_hashes: bool,
    claims: Claims,
}

impl Checker {
    pub(crate) fn new(connection: &ConnectionId, loses_hashes: bool) -> Checker {
        Checker {
            connection: connection.clone(),
            loses_hashes,
            claims: Claims::new(Hashers::new(), connection.emails_unique()),
        }
    }

    pub(crate) fn check(&mut self, row: usize, user: &User) -> Vec<Problem> {
        let mut found = check_alone(row, user, &self.connection, self.loses_hashes);
        found.extend(self.claims.twins(row, user));
        if found.is_empty() {
            self.claims.claim(row, user);
        }
        found
    }
}

fn check_fields(user: &User, faults: &mut Faults) {
    check_email(&user.email, faults);
    if let Some(phone) = &user.phone_number {
        check_phone(phone, faults);
    }
    if let Some(id) = &user.user_id {
        check_user_id(id, faults);
    }
    check_hashes(user, faults);
    if let Some(metadata) = &user.app_metadata {
        check_app_metadata(metadata, faults);
    }
    if let Some(metadata) = &user.user_metadata {
        check_keys("user_metadata", metadata, faults);
    }
    if let Some(factors) = &user.mfa_factors {
        check_factors(factors, faults);
    }
}

fn check_hashes(user: &User, faults: &mut Faults) {
    if let Some(hash) = &user.password_hash {
        check_password_hash(hash, faults);
        if user.custom_password_hash.is_some() {
            faults.add(
                "custom_password_hash",
                "is set together with password_hash: keep only one of the two",
            );
        }
    }
    if let Some(hash) = &user.custom_password_hash {
        let mut own = Faults::default();
        check_custom_hash(hash, &mut own);
        if own.is_empty() && hash["hash"]["value"].is_null() {
            own.add(
                "custom_password_hash.hash.value",
                "is missing, so no password would ever fit",
            );
        }
        faults.append(own);
    }
}
