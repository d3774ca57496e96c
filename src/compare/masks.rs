//! What in a text is one tenant's own, and what stands for it: so that the words of two tenants can be compared, and sent to
//! somebody without telling whose they are.

use crate::say::words_of_others;
use crate::secrets::hide::without_secrets;

/// Characters of a tenant's sentence that are kept.
const MOST_CHARS: usize = 400;
/// A shorter name may be part of many words; in a sentence it is only masked as a whole word.
const LEAST_IN_A_SENTENCE: usize = 8;
/// A word of letters and digits with at least this many characters is taken for an id: Auth0's shortest have 16.
const ID_CHARS: usize = 16;
/// Digits of a number that is taken for a time or an id.
const LONG_NUMBER: usize = 9;

/// What a comparison knows to be its own or the tenant's, and the names for it.
#[derive(Clone, Default)]
pub(crate) struct Masks {
    /// The longest first, since one may hold another.
    own: Vec<(String, String)>,
}

impl Masks {
    pub(crate) fn add(&mut self, value: &str, name: impl Into<String>) {
        if !value.is_empty() {
            self.own.push((value.to_string(), name.into()));
            self.own
                .sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        }
    }

    /// A sentence with everything masked that is somebody's own.
    pub(crate) fn sentence(&self, text: &str) -> String {
        let mut rest = self.with_own(text, |value| value.len() < LEAST_IN_A_SENTENCE);
        let mut out = String::new();
        // Text in these brackets is a mask, or a placeholder from the tenant.
        while let Some((before, after)) = rest.split_once('<') {
            out += &words(before);
            let end = after.find('>').map_or(after.len(), |end| end + 1);
            out.push('<');
            match after[..end].len() <= LONGEST_PLACEHOLDER && is_placeholder(&after[..end]) {
                true => out += &after[..end],
                false => out += &words(&after[..end]),
            }
            rest = after[end..].to_string();
        }
        out += &words(&rest);
        words_of_others(&without_secrets(&out), MOST_CHARS)
    }

    /// The mask of a value that is not a sentence: its form, and which of our values it is.
    pub(crate) fn value(&self, text: &str) -> String {
        let own = self.with_own(text, |_| false);
        if is_whole(own.strip_prefix("auth0|").unwrap_or(&own)) {
            return own;
        }
        form(text).to_string()
    }

    /// The text with a name for each of the values; `is_word` says which of them must be whole words.
    fn with_own(&self, text: &str, is_word: fn(&str) -> bool) -> String {
        let (mut out, mut rest, mut before) = (String::new(), text, None);
        while let Some(next) = rest.chars().next() {
            let own = self.own.iter().find(|(value, _)| {
                rest.starts_with(value.as_str())
                    && (!is_word(value) || is_whole_word(before, &rest[value.len()..]))
            });
            let length = match own {
                Some((value, name)) => {
                    out += &format!("<{name}>");
                    value.len()
                }
                None => {
                    out.push(next);
                    next.len_utf8()
                }
            };
            before = rest[..length].chars().next_back();
            rest = &rest[length..];
        }
        out
    }
}

/// Whether a word begins after one character and ends before a text. The parts of a path, such as `user.email`, are Auth0's own
/// words.
fn is_whole_word(before: Option<char>, after: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let begins = !before.is_some_and(|c| goes_on(c) || c == '.');
    begins && !after.chars().next().is_some_and(goes_on)
}

const LONGEST_PLACEHOLDER: usize = 60;

fn is_placeholder(text: &str) -> bool {
    let inner = text.trim_end_matches('>');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    let is_short = inner.split(' ').all(|word| word.len() < 24);
    text.ends_with('>') && is_short && inner.chars().all(is_plain)
}

/// Whether the text is one placeholder and nothing else.
fn is_whole(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(is_placeholder)
}

/// A text without placeholders, word after word.
fn words(text: &str) -> String {
    let in_word = |c: char| c.is_alphanumeric() || "_|@.+-:/%=&?#~$".contains(c);
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if in_word(c) {
            word.push(c);
            continue;
        }
        let bare = word.trim_end_matches(['.', ':', '?']);
        out += match form(bare) {
            "<text>" | "<empty>" => bare,
            form => form,
        };
        out += &word[bare.len()..];
        word.clear();
        out.push(c);
    }
    // The blank that ended the last word.
    out.pop();
    out
}

/// What a text is by its form.
fn form(text: &str) -> &'static str {
    match text {
        "" => "<empty>",
        "*****" => "*****",
        _ if is_time(text) => "<time>",
        _ if text.contains("://") && !text.contains("://auth0.com/") => "<address>",
        _ if text.contains("://") => "<text>",
        _ if is_email(text) => "<email>",
        _ if is_id(text) => "<id>",
        _ if is_host(text) => "<address>",
        _ => "<text>",
    }
}

/// `2026-11-27T…`, or as many digits as a UNIX time has.
fn is_time(text: &str) -> bool {
    let digits = |part: Option<&str>| part.is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    let is_date = digits(text.get(..4))
        && text.get(4..5) == Some("-")
        && digits(text.get(5..7))
        && text.get(7..8) == Some("-")
        && digits(text.get(8..10));
    is_date || text.len() >= LONG_NUMBER && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        let has_dot = domain.trim_matches('.').contains('.');
        !local.is_empty() && has_dot
    })
}

fn is_id(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let marked = ["con_", "job_", "cli_", "org_", "rol_", "req_"];
    let is_marked = marked.iter().any(|mark| text.starts_with(mark)) && text.len() >= 12;
    let is_account = text.split_once('|').is_some_and(|(_, id)| !id.is_empty());
    let is_drawn = |part: &str| {
        let bytes = part.as_bytes();
        part.len() >= ID_CHARS
            && bytes.iter().any(u8::is_ascii_digit)
            && bytes.iter().any(u8::is_ascii_alphabetic)
            && bytes.iter().all(u8::is_ascii_alphanumeric)
    };
    let is_uuid = text.len() == 36 && text.matches('-').count() == 4 && mixed;
    is_marked || is_account || is_uuid || text.split(['.', '-', '_', '/']).any(is_drawn)
}

/// A tenant's host, or the number of a machine.
fn is_host(text: &str) -> bool {
    let host = text.split([':', '/']).next().unwrap_or_default();
    let is_four =
        host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok());
    let is_six = text.matches(':').count() >= 2
        && text
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b":.%".contains(&b));
    is_four || is_six || host.ends_with(".auth0.com") || host.ends_with(".auth0app.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_somebodys_own_goes_and_the_words_stay() {
        let mut masks = Masks::default();
        masks.add("pc-00001@example.com", "email of one");
        masks.add("pc-00001", "id of one");
        masks.add("Throwaway-Database", "connection");
        masks.add("email", "connection");
        for (text, masked) in [
            (
                "Error in email - no format email: pc-00001@example.com",
                "Error in <connection> - no format <connection>: <email of one>",
            ),
            (
                "the e-mails of email, an email_field and user.email",
                "the e-mails of <connection>, an email_field and user.email",
            ),
            (
                "no auth0|pc-00001 in Throwaway-Database.",
                "no auth0|<id of one> in <connection>.",
            ),
            ("ada@uni.test, job_AbCdEfGh01234567.", "<email>, <id>."),
            (
                "at 2026-11-27T13:00:00.000Z from 10.1.2.3:80",
                "at <time> from <address>",
            ),
            (
                "see dev-1.us.auth0.com, ::1 and 5f7c8ec7c33c6c004bbafe82",
                "see <address>, <address> and <id>",
            ),
            ("<b>Ada <ada@uni.test>", "<b>Ada <<email>>"),
            (
                r"String does not match pattern ^con_[A-Za-z0-9]{16}$ on property connection_id.",
                r"String does not match pattern ^con_[A-Za-z0-9]{16}$ on property connection_id.",
            ),
            (
                "Payload content length greater than maximum allowed: 512000",
                "Payload content length greater than maximum allowed: 512000",
            ),
            (
                "identities[0].profileData.email, customPasswordHash: https://auth0.com/docs/x",
                "identities[0].profileData.email, customPasswordHash: https://auth0.com/docs/x",
            ),
        ] {
            assert_eq!(masks.sentence(text), masked);
        }
        for (value, form) in [
            ("auth0|pc-00001", "auth0|<id of one>"),
            ("email", "<connection>"),
            ("Ada Lovelace", "<text>"),
            ("google-oauth2|1234", "<id>"),
            ("*****", "*****"),
            ("https://a.b/c", "<address>"),
            ("2026-11-27T13:00:00.000Z", "<time>"),
        ] {
            assert_eq!(masks.value(value), form);
        }
    }
}
