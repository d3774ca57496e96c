//! Connections that do not exist or cannot take an import.

use std::fmt;

use crate::error::sentence::sentences;
use crate::error::{Error, ErrorKind};

/// Why users cannot be imported into a connection.
pub(crate) enum Obstacle {
    /// It is not a database.
    Strategy(String),
    NoImportMode,
    /// No application uses it.
    Unused,
    /// Auth0 would make the ids, and users may share an e-mail.
    IdsLeft,
    /// It would be an upsert, and users may share an e-mail.
    Upsert,
}

impl Obstacle {
    fn fact(&self) -> String {
        match self {
            Obstacle::Strategy(strategy) => format!(
                "its strategy is `{strategy}`, and users can only be imported into a database (`auth0`)"
            ),
            Obstacle::NoImportMode => "it is a custom database without import mode".to_string(),
            Obstacle::Unused => "no application uses it".to_string(),
            Obstacle::IdsLeft => "its e-mails need not be unique, so if Auth0 makes the ids and an answer is lost, users could be imported twice".to_string(),
            Obstacle::Upsert => "its e-mails need not be unique, and an upsert finds users by e-mail, so it could change the wrong user".to_string(),
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Obstacle::Strategy(_) => "",
            Obstacle::NoImportMode => "switch on \"Import Users to Auth0\" first",
            Obstacle::Unused => "enable one on the connection's Applications tab first",
            Obstacle::IdsLeft => "import without leave_ids_to_auth0",
            Obstacle::Upsert => "import without upsert",
        }
    }

    fn joint(&self) -> &'static str {
        if self.advice().is_empty() { "" } else { ": " }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.fact(), self.joint(), self.advice())
    }
}

sentences! {
    Connection no_connection_id(given: &str);
        "`{given}` is not a connection id (con_ and 16 letters or digits)"
        ": " "if it is the connection's name, find the id with get_connection_id";
}

impl Error {
    /// `existing` lists the tenant's connections.
    pub(crate) fn no_connection(name: &str, existing: &[String]) -> Error {
        if existing.is_empty() {
            let fact = format!("there is no connection `{name}`: this tenant has no connections");
            let advice = "create a database in the dashboard first";
            return Error::new(ErrorKind::Connection, fact).advise("; ", advice);
        }
        let fact = format!(
            "there is no connection `{name}`{}",
            but_for_case(name, existing)
        );
        let advice = format!("this tenant has: {}", existing.join(", "));
        Error::new(ErrorKind::Connection, fact).advise("; ", advice)
    }

    pub(crate) fn unfit_connection(name: &str, obstacle: &Obstacle) -> Error {
        let fact = format!(
            "cannot import into the connection `{name}`: {}",
            obstacle.fact()
        );
        Error::new(ErrorKind::Connection, fact).advise(obstacle.joint(), obstacle.advice())
    }
}

/// The names that differ from the wanted one only in upper and lower case.
fn but_for_case(name: &str, existing: &[String]) -> String {
    // For a connection that is not a database, the list shows more than its name.
    let own = |listed: &&String| {
        let listed = listed.split(" (").next().unwrap_or_default();
        listed.to_lowercase() == name.to_lowercase()
    };
    let alike: Vec<&str> = existing.iter().filter(own).map(String::as_str).collect();
    match alike.is_empty() {
        true => String::new(),
        false => format!(
            ", but there is one that differs in upper and lower case: {}; give the name exactly",
            alike.join(", ")
        ),
    }
}
