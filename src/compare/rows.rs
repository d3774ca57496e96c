//! The users of a comparison. Their e-mails and ids are random, so nobody else has them, and each user has a name here.

use serde_json::{Value, json};

use crate::compare::masks::Masks;
use crate::connections::ConnectionId;
use crate::error::Result;
use crate::secrets::random_hex;

/// The prefix of every e-mail and user id of a comparison, and the domain, which belongs to nobody (RFC 2606).
const PREFIX: &str = "practice-comparison-";
const DOMAIN: &str = "@example.com";
/// Random bytes in each of them.
const TAG_BYTES: usize = 6;

/// Hashes by their form: no password is known that fits.
const BCRYPT: &str = "$10$Xq0LZ9d5mVhT2cR7kPw1euB3nYfJ8sAo6gKiE4tUxHvCyNzMDQbWS";

/// Whether the user is one of a comparison's, this one or another.
pub(crate) fn is_ours(email: &str) -> bool {
    let rest = email
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(DOMAIN));
    let tag = rest.and_then(|rest| rest.get(..2 * TAG_BYTES));
    tag.is_some_and(|tag| tag.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// One row of a file.
#[derive(Clone)]
pub(crate) struct UserRow {
    pub(crate) name: &'static str,
    pub(crate) email: String,
    pub(crate) id: String,
    pub(crate) json: Value,
}

/// What usernames a connection takes, as far as it says so.
#[derive(Clone, Copy)]
pub(crate) enum Usernames {
    /// It does not say.
    Untold,
    NotTaken,
    Taken {
        least: usize,
        most: usize,
        /// Whether every user must have one.
        required: bool,
    },
}

impl Usernames {
    pub(crate) fn of(connection: &ConnectionId) -> Usernames {
        let Some(rules) = &connection.rules else {
            return Usernames::Untold;
        };
        let Some(usernames) = &rules.usernames else {
            return Usernames::NotTaken;
        };
        let (least, most) = usernames.length.unwrap_or(DEFAULT_LENGTH);
        let required = rules.required.iter().any(|field| field == "username");
        Usernames::Taken {
            least,
            most,
            required,
        }
    }
}

/// The rows of one side of a comparison.
pub(crate) struct Users {
    tag: String,
    usernames: Usernames,
}

impl Users {
    pub(crate) fn draw(usernames: Usernames) -> Result<Users> {
        let tag = random_hex(TAG_BYTES)?;
        Ok(Users { tag, usernames })
    }

    pub(crate) fn email(&self, name: &str) -> String {
        format!("{PREFIX}{}-{name}{DOMAIN}", self.tag)
    }

    /// The id in a file, without the tenant's `auth0|`.
    pub(crate) fn id(&self, name: &str) -> String {
        format!("{PREFIX}{}-{name}", self.tag)
    }

    fn no_email(&self) -> String {
        format!("{PREFIX}{} no address", self.tag)
    }

    /// A username of a length that the connection takes, another for each name.
    fn username(&self, name: &str) -> String {
        let number = NAMES.iter().position(|other| *other == name);
        self.fitted(&format!(
            "p{}{:02}",
            self.tag,
            number.unwrap_or(NAMES.len())
        ))
    }

    /// As many characters as the connection takes, from the end of a text.
    fn fitted(&self, text: &str) -> String {
        let Usernames::Taken { least, most, .. } = self.usernames else {
            return text.to_string();
        };
        let text = &text[text.len().saturating_sub(most)..];
        let missing = least.saturating_sub(text.len());
        format!("{}{text}", "p".repeat(missing))
    }

    fn are_taken(&self) -> bool {
        matches!(self.usernames, Usernames::Taken { .. })
    }

    fn are_required(&self) -> bool {
        matches!(self.usernames, Usernames::Taken { required: true, .. })
    }

    /// Names for all random values, for the masks of this side.
    pub(crate) fn name_in(&self, masks: &mut Masks) {
        for row in self.all() {
            masks.add(&row.email, format!("email of {}", row.name));
            masks.add(&row.id, format!("id of {}", row.name));
        }
        masks.add(&self.no_email(), "email of bad-email");
        for name in NAMES.iter().filter(|_| self.are_taken()) {
            masks.add(&self.username(name), format!("username of {name}"));
        }
        masks.add(&self.id("nobody"), "id of nobody");
    }

    fn all(&self) -> Vec<UserRow> {
        [self.good(), self.wrong(), self.upserted()].concat()
    }

    fn row(&self, name: &'static str, more: Value) -> UserRow {
        let (email, id) = (self.email(name), self.id(name));
        let mut json = json!({"email": email, "user_id": id, "email_verified": true});
        if self.are_required() {
            json["username"] = self.username(name).into();
        }
        for (field, value) in more.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(json.as_object_mut().and_then(|row| row.remove(field))),
                value => json[field] = value.clone(),
            }
        }
        UserRow {
            name,
            email,
            id,
            json,
        }
    }

    /// Three users that every tenant takes.
    pub(crate) fn good(&self) -> Vec<UserRow> {
        let username = |name| match self.are_taken() {
            true => json!({"username": self.username(name)}),
            false => json!({}),
        };
        GOOD.iter()
            .map(|name| self.row(name, username(name)))
            .collect()
    }

    /// Rows that are refused, each for a different reason, as far as known; sent once the good ones are there.
    pub(crate) fn wrong(&self) -> Vec<UserRow> {
        let two_y = format!("$2y{BCRYPT}");
        let custom = json!({"algorithm": "bcrypt", "hash": {"value": two_y}});
        let mut rows =
            vec![
            self.row("bad-email", json!({"email": self.no_email()})),
            self.row("no-email", json!({"email": null})),
            self.row("unknown-field", json!({"favourite_colour": "blue"})),
            self.row("wrong-type", json!({"email_verified": "yes"})),
            self.row("bad-hash", json!({"password_hash": two_y})),
            self.row(
                "two-hashes",
                json!({"password_hash": format!("$2b{BCRYPT}"), "custom_password_hash": custom}),
            ),
            self.row("dotted-key", json!({"user_metadata": {"a.b": 1}})),
            self.row("forbidden-key", json!({"app_metadata": {"email": "x"}})),
            self.row("large", json!({"user_metadata": {"notes": "x".repeat(11_000)}})),
            self.row("twin-first", json!({})),
            self.row("twin", json!({"email": self.email("twin-first")})),
            self.row("again", json!({"email": self.email(GOOD[0]), "user_id": self.id(GOOD[0])})),
            self.row("id-taken", json!({"user_id": self.id(GOOD[1])})),
        ];
        rows.extend(self.with_wrong_usernames());
        rows
    }

    /// None where it is not known whether the connection takes usernames: then the answer would say nothing of these rows.
    fn with_wrong_usernames(&self) -> Vec<UserRow> {
        let row = |name, username: String| self.row(name, json!({"username": username}));
        let long = || row("long-username", "u".repeat(129));
        let odd = || row("odd-username", self.fitted("two words"));
        match self.usernames {
            Usernames::Untold => Vec::new(),
            Usernames::NotTaken => vec![long(), odd()],
            Usernames::Taken { .. } => {
                let taken = row("username-taken", self.username(GOOD[1]));
                vec![long(), odd(), taken]
            }
        }
    }

    /// The good ones again, for an upsert: one as it was, one with another id, one with a hash.
    pub(crate) fn upserted(&self) -> Vec<UserRow> {
        let of = |at: usize, more: Value| {
            let mut fields = json!({"email": self.email(GOOD[at]), "user_id": self.id(GOOD[at])});
            if self.are_required() {
                fields["username"] = self.username(GOOD[at]).into();
            }
            for (field, value) in more.as_object().into_iter().flatten() {
                fields[field] = value.clone();
            }
            fields
        };
        let custom = json!({"algorithm": "bcrypt", "hash": {"value": format!("$2b{BCRYPT}")}});
        vec![
            self.row("same", of(0, json!({"user_metadata": {"seen": "again"}}))),
            self.row("other-id", of(1, json!({"user_id": self.id("other-id")}))),
            self.row("hash", of(2, json!({"custom_password_hash": custom}))),
        ]
    }

    /// Rows that every tenant refuses, enough to keep a job running for a while.
    pub(crate) fn many_wrong(&self) -> Vec<u8> {
        let rows: Vec<Value> = (0..MANY)
            .map(|row| json!({"email": format!("{} {row}", self.no_email())}))
            .collect();
        Value::from(rows).to_string().into_bytes()
    }
}

/// The names of the users that every tenant takes.
pub(crate) const GOOD: [&str; 3] = ["user-1", "user-2", "user-3"];
/// The rows with a username of their own. Where two rows of a file had one, it would be a second fault.
const NAMES: [&str; 16] = [
    GOOD[0],
    GOOD[1],
    GOOD[2],
    "bad-email",
    "no-email",
    "unknown-field",
    "wrong-type",
    "bad-hash",
    "two-hashes",
    "dotted-key",
    "forbidden-key",
    "large",
    "twin-first",
    "twin",
    "again",
    "id-taken",
];
/// The shortest usernames that differ from those of another comparison.
pub(crate) const SHORTEST_USERNAME: usize = 6;
/// Of usernames whose length the connection says in a way that cannot be read (Auth0's default).
const DEFAULT_LENGTH: (usize, usize) = (1, 15);
/// At the speeds that Auth0's staff name, some seconds to some minutes.
pub(crate) const MANY: usize = 2_000;

/// Rows as a file.
pub(crate) fn file_of(rows: &[UserRow]) -> Vec<u8> {
    let rows: Vec<&Value> = rows.iter().map(|row| &row.json).collect();
    serde_json::to_vec(&rows).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_drawn_is_known_and_nobody_else_is() {
        let taken = |least, most| Usernames::Taken {
            least,
            most,
            required: true,
        };
        let users = Users::draw(taken(1, 15)).unwrap();
        for row in users.all() {
            assert!(is_ours(&row.email), "{}", row.email);
            assert!(row.email.len() < 64 + DOMAIN.len());
        }
        for other in [
            "ada@example.com",
            "practice-comparison-ada@example.com",
            "practice-comparison-0123456789ab-ada@uni.test",
        ] {
            assert!(!is_ours(other), "{other}");
        }
        for (least, most) in [(1, 15), (3, 20), (1, 6), (10, 12), (20, 128)] {
            let users = Users::draw(taken(least, most)).unwrap();
            let names = NAMES.map(|name| users.username(name));
            let fits = |name: &String| (least..=most).contains(&name.len());
            assert!(names.iter().all(fits), "{names:?}");
            assert_eq!(BTreeSet::from(names).len(), NAMES.len());
            let odd = users.fitted("two words");
            assert!(fits(&odd) && odd.contains(' '), "{odd}");
        }
    }
}
