//! Lines of JSON that are users already, as an import has them: most of a plain file's. They are read as such, at once; whatever
//! is odd about one leaves it to the way that all rows can go.

use std::fmt;

use memchr::memchr;
use memchr::memmem::Finder;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::passwords::hashes::stored::is_plain_bcrypt;
use crate::say::MARKER;
use crate::sources::values::{has_blank_end, is_nothing};
use crate::users::User;

/// After this many lines in a row that were not complete users, it stops trying.
const MOST_MISSES: u8 = 16;

/// Whether it is still worth asking.
#[derive(Debug)]
pub(crate) struct Whole {
    misses: u8,
    marker: Finder<'static>,
}

impl Whole {
    pub(crate) fn asked(is_asked: bool) -> Whole {
        Whole {
            misses: if is_asked { 0 } else { MOST_MISSES },
            marker: Finder::new(MARKER),
        }
    }

    /// The user, if the line is one, and is what field by field would come of it.
    pub(crate) fn user(&mut self, line: &str) -> Option<User> {
        let user = self.read(line);
        self.misses = if user.is_some() { 0 } else { self.misses + 1 };
        user
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.misses < MOST_MISSES
    }

    fn read(&self, line: &str) -> Option<User> {
        let bytes = line.as_bytes();
        // A backslash may write anything, also the kernel's words.
        if memchr(b'\\', bytes).is_some() || self.marker.find(bytes).is_some() {
            return None;
        }
        let mut user = User::default();
        let mut json = serde_json::Deserializer::from_str(line);
        InPlace(&mut user).deserialize(&mut json).ok()?;
        json.end().ok()?;
        (!user.email.is_empty()).then_some(user)
    }
}

/// Reads an object into a user where it stands, since a user is large. An object that is more than plain texts and flags is an
/// error, whatever it says: it is read again.
struct InPlace<'u>(&'u mut User);

impl<'de> DeserializeSeed<'de> for InPlace<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for InPlace<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a user")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let user = self.0;
        while let Some(name) = map.next_key::<&str>()? {
            let is_read = match name {
                "email" => {
                    let email = map.next_value::<&str>()?;
                    let is_new = user.email.is_empty() && is_text(email);
                    user.email = email.to_string();
                    is_new
                }
                // A provider may stand before the bar, and an e-mail in place of a username.
                "user_id" => set(&mut user.user_id, map.next_value()?, |id| !has(id, b'|')),
                "username" => set(&mut user.username, map.next_value()?, |name| {
                    !has(name, b'@')
                }),
                "password_hash" => set(&mut user.password_hash, map.next_value()?, is_plain_bcrypt),
                "phone_number" => set(&mut user.phone_number, map.next_value()?, |_| true),
                "given_name" => set(&mut user.given_name, map.next_value()?, |_| true),
                "family_name" => set(&mut user.family_name, map.next_value()?, |_| true),
                "name" => set(&mut user.name, map.next_value()?, |_| true),
                "nickname" => set(&mut user.nickname, map.next_value()?, |_| true),
                "picture" => set(&mut user.picture, map.next_value()?, |_| true),
                "email_verified" => user.email_verified.replace(map.next_value()?).is_none(),
                "phone_verified" => user.phone_verified.replace(map.next_value()?).is_none(),
                "blocked" => user.blocked.replace(map.next_value()?).is_none(),
                _ => false,
            };
            if !is_read {
                return Err(A::Error::custom("more than plain texts and flags"));
            }
        }
        Ok(())
    }
}

/// Sets a field that was not set before, if the text can stand there as it is.
fn set(field: &mut Option<String>, text: Option<&str>, fits: impl Fn(&str) -> bool) -> bool {
    let Some(text) = text else {
        return field.is_none();
    };
    is_text(text) && fits(text) && field.replace(text.to_string()).is_none()
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && !has_blank_end(text) && !is_nothing(text)
}

fn has(text: &str, byte: u8) -> bool {
    memchr(byte, text.as_bytes()).is_some()
}
