//! The connections: fixed from the start, in the recorded shape, with the rules that an import goes by.

use serde_json::{Value, json};

/// The rules an import goes by.
#[derive(Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) strategy: &'static str,
    pub(crate) enabled: bool,
    rules: Rules,
}

#[derive(Clone, Copy)]
enum Rules {
    /// The older form: `requires_username`, or no usernames.
    Older { usernames: bool },
    /// `options.attributes`.
    Attributes {
        unique_emails: bool,
        username: Option<Username>,
        phone: Option<Attribute>,
    },
}

/// An attribute is stored whether or not one signs in with it; a required one must be there, on import too (D:
/// "Activate and Configure Attributes for Flexible Identifiers").
#[derive(Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) signs_in: bool,
    pub(crate) required: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Username {
    pub(crate) attribute: Attribute,
    /// Shortest and longest.
    pub(crate) chars: (usize, usize),
    /// Whether one that is a phone number is refused by `allowed_types`.
    pub(crate) no_phones: bool,
}

/// Shortest and longest username, Auth0's default.
const USERNAME_CHARS: (usize, usize) = (1, 15);

const fn username(signs_in: bool, required: bool, chars: (usize, usize)) -> Option<Username> {
    let attribute = Attribute { signs_in, required };
    Some(Username {
        attribute,
        chars,
        no_phones: true,
    })
}

const fn phone(required: bool) -> Option<Attribute> {
    Some(Attribute {
        signs_in: true,
        required,
    })
}

const fn database(id: &'static str, name: &'static str, rules: Rules) -> Connection {
    Connection {
        id,
        name,
        strategy: "auth0",
        enabled: true,
        rules,
    }
}

pub(crate) static CONNECTIONS: [Connection; 7] = [
    database(
        "con_Practice00000001",
        "Username-Password-Authentication",
        Rules::Older { usernames: true },
    ),
    database(
        "con_Practice00000002",
        "Email-Only-Users",
        Rules::Older { usernames: false },
    ),
    Connection {
        enabled: false,
        ..database(
            "con_Practice00000003",
            "unused-database",
            Rules::Older { usernames: true },
        )
    },
    Connection {
        strategy: "email",
        ..database(
            "con_Practice00000004",
            "email",
            Rules::Older { usernames: false },
        )
    },
    database(
        "con_Practice00000005",
        "Flexible-Identifiers",
        Rules::Attributes {
            unique_emails: true,
            username: username(false, false, (3, 20)),
            phone: phone(false),
        },
    ),
    database(
        "con_Practice00000006",
        "Required-Attributes",
        Rules::Attributes {
            unique_emails: true,
            username: username(true, true, USERNAME_CHARS),
            phone: phone(true),
        },
    ),
    database(
        "con_Practice00000007",
        "Shared-Emails",
        Rules::Attributes {
            unique_emails: false,
            username: username(true, false, USERNAME_CHARS),
            phone: None,
        },
    ),
];

pub(crate) fn by_id(id: &str) -> Option<&'static Connection> {
    CONNECTIONS.iter().find(|connection| connection.id == id)
}

pub(crate) fn by_name(name: &str) -> Option<&'static Connection> {
    CONNECTIONS
        .iter()
        .find(|connection| connection.name == name)
}

pub(crate) fn is_id(text: &str) -> bool {
    text.strip_prefix("con_")
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl Connection {
    /// The rules of usernames; `None`: the connection takes none.
    pub(crate) fn username(&self) -> Option<Username> {
        match self.rules {
            Rules::Older { usernames } => usernames.then_some(Username {
                attribute: Attribute {
                    signs_in: true,
                    required: false,
                },
                chars: USERNAME_CHARS,
                no_phones: false,
            }),
            Rules::Attributes { username, .. } => username,
        }
    }

    pub(crate) fn phone(&self) -> Option<Attribute> {
        match self.rules {
            Rules::Older { .. } => None,
            Rules::Attributes { phone, .. } => phone,
        }
    }

    pub(crate) fn has_unique_emails(&self) -> bool {
        !matches!(
            self.rules,
            Rules::Attributes {
                unique_emails: false,
                ..
            }
        )
    }

    /// `options`, as they were recorded.
    pub(crate) fn options(&self) -> Value {
        if self.strategy != "auth0" {
            return json!({});
        }
        let mut options = json!({
            "mfa": {"active": true, "return_enroll_settings": true},
            "passwordPolicy": "good",
            "strategy_version": 2,
            "authentication_methods": {"password": {"enabled": true}, "passkey": {"enabled": false}},
            "brute_force_protection": true
        });
        match self.rules {
            Rules::Older { usernames: false } => {}
            Rules::Older { usernames: true } => {
                options["requires_username"] = true.into();
                options["validation"] =
                    json!({"username": {"min": USERNAME_CHARS.0, "max": USERNAME_CHARS.1}});
            }
            Rules::Attributes {
                unique_emails,
                username,
                phone,
            } => options["attributes"] = attributes(unique_emails, username, phone),
        }
        options
    }
}

/// `options.attributes`, in the shape that was recorded.
fn attributes(unique_emails: bool, username: Option<Username>, phone: Option<Attribute>) -> Value {
    let json = |attribute: Attribute| {
        let signup = if attribute.required {
            "required"
        } else {
            "optional"
        };
        json!({"identifier": {"active": attribute.signs_in}, "profile_required": attribute.required,
            "signup": {"status": signup}})
    };
    // Nobody can sign in by an e-mail that several users have.
    let mut email = json(Attribute {
        signs_in: unique_emails,
        required: true,
    });
    email["unique"] = unique_emails.into();
    let mut attributes = json!({ "email": email });
    if let Some(username) = username {
        let (least, most) = username.chars;
        attributes["username"] = json(username.attribute);
        attributes["username"]["validation"] = json!({"min_length": least, "max_length": most,
            "allowed_types": {"email": false, "phone_number": false}});
    }
    if let Some(phone) = phone {
        attributes["phone_number"] = json(phone);
    }
    attributes
}
