//! Lines of JSON that are users already, as an import has them: most of a plain file's. They are read as such, at once; whatever
//! is odd about one leaves it to the way that all rows can go.

use memchr::memchr;

use crate::passwords::hashes::stored::is_plain_bcrypt;
use crate::say::MARKER;
use crate::sources::places::has_blank_end;
use crate::sources::values::is_nothing;
use crate::users::User;

/// Lines in a row that were none, after which nobody asks again.
const MOST_MISSES: u8 = 16;

/// Whether it is still worth asking.
#[derive(Debug)]
pub(crate) struct Whole {
    misses: u8,
}

impl Whole {
    pub(crate) fn asked(is_asked: bool) -> Whole {
        Whole {
            misses: if is_asked { 0 } else { MOST_MISSES },
        }
    }

    /// The user, if the line is one, and is what field by field would come of it.
    pub(crate) fn user(&mut self, line: &str) -> Option<User> {
        if self.misses >= MOST_MISSES {
            return None;
        }
        let user = read(line);
        self.misses = if user.is_some() { 0 } else { self.misses + 1 };
        user
    }
}

fn read(line: &str) -> Option<User> {
    // A backslash may write anything, also the kernel's words.
    if memchr(b'\\', line.as_bytes()).is_some() || line.contains(MARKER) {
        return None;
    }
    let user: User = serde_json::from_str(line).ok()?;
    is_plain(&user).then_some(user)
}

fn is_plain(user: &User) -> bool {
    let texts = [
        &user.phone_number,
        &user.user_id,
        &user.username,
        &user.given_name,
        &user.family_name,
        &user.name,
        &user.nickname,
        &user.picture,
    ];
    let is_text = |text: &str| !text.is_empty() && !has_blank_end(text) && !is_nothing(text);
    let has = |text: &Option<String>, byte| {
        let text = text.as_ref();
        text.is_some_and(|text| memchr(byte, text.as_bytes()).is_some())
    };
    let has_objects = user.custom_password_hash.is_some()
        || user.mfa_factors.is_some()
        || user.app_metadata.is_some()
        || user.user_metadata.is_some();
    is_text(&user.email)
        && texts.into_iter().flatten().all(|text| is_text(text))
        // A provider may stand before the bar, and an e-mail in place of a username.
        && !has(&user.user_id, b'|')
        && !has(&user.username, b'@')
        && user.password_hash.as_ref().is_none_or(|hash| is_plain_bcrypt(hash))
        && !has_objects
}
