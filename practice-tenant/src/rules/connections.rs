//! Connections in the recorded shape with their rules for an import; also the default connections.

use serde_json::{Value, json};

/// A connection, and the rules that an import into it goes by.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) strategy: String,
    pub(crate) enabled: bool,
    pub(crate) rules: Rules,
    /// `options` from another tenant; `None` if they follow from the rules.
    pub(crate) told: Option<Told>,
}

/// The options that another tenant gave for a connection; `None` if it left them out.
pub(crate) type Told = Option<Value>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Rules {
    /// The older form: `requires_username` with shortest and longest username, or no usernames.
    Older { usernames: Option<(usize, usize)> },
    /// `options.attributes`.
    Attributes {
        unique_emails: bool,
        username: Option<Username>,
        phone: Option<Attribute>,
    },
}

/// An attribute is stored whether or not users sign in with it; a required one must be there, in an import too (D: "Activate
/// and Configure Attributes for Flexible Identifiers").
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) signs_in: bool,
    pub(crate) required: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Username {
    pub(crate) attribute: Attribute,
    /// Shortest and longest.
    pub(crate) chars: (usize, usize),
    /// Whether one that is an e-mail address is taken by `allowed_types`.
    pub(crate) emails: bool,
    /// Whether one that is a phone number is refused by `allowed_types`.
    pub(crate) no_phones: bool,
}

/// Shortest and longest username, Auth0's default.
pub(crate) const USERNAME_CHARS: (usize, usize) = (1, 15);

fn username(signs_in: bool, required: bool, chars: (usize, usize)) -> Option<Username> {
    let attribute = Attribute { signs_in, required };
    Some(Username {
        attribute,
        chars,
        emails: false,
        no_phones: true,
    })
}

fn phone(required: bool) -> Option<Attribute> {
    Some(Attribute {
        signs_in: true,
        required,
    })
}

fn database(number: u8, name: &str, rules: Rules) -> Connection {
    Connection {
        id: format!("con_Practice0000000{number}"),
        name: name.to_string(),
        strategy: "auth0".to_string(),
        enabled: true,
        rules,
        told: None,
    }
}

/// The connections of a tenant that has no other shape.
pub(crate) fn of_practice() -> Vec<Connection> {
    let older = |usernames: bool| Rules::Older {
        usernames: usernames.then_some(USERNAME_CHARS),
    };
    vec![
        database(1, "Username-Password-Authentication", older(true)),
        database(2, "Email-Only-Users", older(false)),
        Connection {
            enabled: false,
            ..database(3, "unused-database", older(true))
        },
        Connection {
            strategy: "email".to_string(),
            ..database(4, "email", older(false))
        },
        database(
            5,
            "Flexible-Identifiers",
            Rules::Attributes {
                unique_emails: true,
                username: username(false, false, (3, 20)),
                phone: phone(false),
            },
        ),
        database(
            6,
            "Required-Attributes",
            Rules::Attributes {
                unique_emails: true,
                username: username(true, true, USERNAME_CHARS),
                phone: phone(true),
            },
        ),
        database(
            7,
            "Shared-Emails",
            Rules::Attributes {
                unique_emails: false,
                username: username(true, false, USERNAME_CHARS),
                phone: None,
            },
        ),
    ]
}

pub(crate) fn is_id(text: &str) -> bool {
    text.strip_prefix("con_")
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl Connection {
    /// The rules of usernames; `None`: the connection takes none.
    pub(crate) fn username(&self) -> Option<Username> {
        match self.rules {
            Rules::Older { usernames } => usernames.map(|chars| Username {
                attribute: Attribute {
                    signs_in: true,
                    required: false,
                },
                chars,
                emails: false,
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

    /// `options`, as they were recorded; `None` where the tenant that this one is like did not tell them.
    pub(crate) fn options(&self) -> Option<Value> {
        let own = || Some(self.own_options());
        self.told.clone().unwrap_or_else(own)
    }

    fn own_options(&self) -> Value {
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
            Rules::Older { usernames: None } => {}
            Rules::Older {
                usernames: Some((least, most)),
            } => {
                options["requires_username"] = true.into();
                options["validation"] = json!({"username": {"min": least, "max": most}});
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
    // Nobody can sign in with an e-mail that several users have.
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
            "allowed_types": {"email": username.emails, "phone_number": !username.no_phones}});
    }
    if let Some(phone) = phone {
        attributes["phone_number"] = json(phone);
    }
    attributes
}
