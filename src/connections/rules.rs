//! What a connection's `options` say about the users it takes.
//!
//! Auth0 leaves `options` out for a token without the scope `read:connections_options`. What is left out is unknown, and
//! nothing is concluded from it.

use serde_json::Value;

use crate::say::one_line;

/// The scope without which a tenant leaves `options` out of its connections.
pub(crate) const OPTIONS_SCOPE: &str = "read:connections_options";
/// Characters of a username where the connection says nothing else (Auth0's default).
const DEFAULT_LENGTH: (usize, usize) = (1, 15);

/// What the options of a database say of its users.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ConnectionRules {
    /// `None` where no usernames are taken.
    pub(crate) usernames: Option<UsernameRules>,
    /// Whether phone numbers are an attribute of the connection.
    pub(crate) phones: bool,
    /// The fields that every user must have.
    pub(crate) required: Vec<String>,
    /// Whether two users may not have the same e-mail.
    pub(crate) emails_unique: bool,
}

/// What usernames a connection takes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct UsernameRules {
    /// The fewest and the most characters; `None` where the tenant's own numbers cannot be read.
    pub(crate) length: Option<(usize, usize)>,
    /// Whether one may look like an e-mail address.
    pub(crate) emails: bool,
    /// Whether one may look like a phone number.
    pub(crate) phones: bool,
}

/// Reads the rules from a connection; `None` if it does not show them.
///
/// An empty object says nothing either. In recorded answers, the options of a plain database have at least six keys. So an
/// empty object is not a real answer, and reading it as "no usernames" would refuse users without a reason.
pub(crate) fn rules_of(options: &Value) -> Option<ConnectionRules> {
    let attributes = &options["attributes"];
    if options.as_object()?.is_empty() || !(attributes.is_null() || attributes.is_object()) {
        return None;
    }
    let required = attributes.as_object().into_iter().flatten();
    let required = required.filter(|(_, attribute)| attribute["profile_required"] == true);
    Some(ConnectionRules {
        usernames: username_rules(options),
        phones: attributes["phone_number"].is_object(),
        required: required.map(|(name, _)| one_line(name)).collect(),
        emails_unique: attributes["email"]["unique"] != false,
    })
}

/// Both ways of stating the rules: `requires_username` with `validation`, and the newer `attributes.username`. Having the
/// attribute is enough: `identifier.active` says only whether one can sign in with it.
fn username_rules(options: &Value) -> Option<UsernameRules> {
    let attribute = &options["attributes"]["username"];
    if options["requires_username"] != true && !attribute.is_object() {
        return None;
    }
    let (older, newer) = (&options["validation"]["username"], &attribute["validation"]);
    let (least, most) = DEFAULT_LENGTH;
    let least = number([&older["min"], &newer["min_length"]], least);
    let most = number([&older["max"], &newer["max_length"]], most);
    Some(UsernameRules {
        length: least.zip(most),
        emails: newer["allowed_types"]["email"] == true,
        // Only newer connections speak of phone numbers.
        phones: newer["allowed_types"]["phone_number"] != false,
    })
}

/// The first number that is there, or Auth0's default; `None` when it cannot be read.
fn number(places: [&Value; 2], default: usize) -> Option<usize> {
    let Some(there) = places.into_iter().find(|place| !place.is_null()) else {
        return Some(default);
    };
    let whole = |number: &f64| number.fract() == 0.0 && (0.0..1e9).contains(number);
    // JSON tells 40.0 and 40 apart, and they are one number.
    let number = || there.as_f64().filter(whole).map(|number| number as usize);
    let text = || there.as_str()?.parse().ok();
    number().or_else(text)
}

impl ConnectionRules {
    /// The usernames that are taken, in words.
    pub(crate) fn usernames_in_words(&self) -> String {
        let Some(rules) = &self.usernames else {
            return "none".to_string();
        };
        let length = match rules.length {
            Some((least, most)) => format!("{least} to {most} characters"),
            None => "of unknown length".to_string(),
        };
        let emails = if rules.emails { ", e-mails too" } else { "" };
        format!("{length}{emails}")
    }
}
