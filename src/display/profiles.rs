//! How connections and the users of a tenant look.

use serde_json::{Map, Value};

use crate::connections::list::{Connection, Connections};
use crate::connections::{ConnectionId, applications_untold, options_untold};
use crate::display::show::{shown, shown_in_cell};
use crate::display::view::{NEUTRAL, View, WARNING, ends};
use crate::profiles::export::ExportedUsers;
use crate::profiles::{FoundUsers, MOST_FOUND, Profile};
use crate::words::{count, grouped};

shown!(Connection, Connections, FoundUsers, ExportedUsers);
// The `Display` of an id is the id itself.
shown_in_cell!(ConnectionId);

impl ConnectionId {
    fn view(&self) -> View {
        let name = self.name.as_deref().unwrap_or("given by its id");
        let mut facts = vec![("id", self.to_string())];
        facts.extend(self.told());
        View::card(NEUTRAL, format!("connection {name}")).facts(facts)
    }

    /// What the tenant told of the connection, and what it did not.
    fn told(&self) -> Vec<(&'static str, String)> {
        if self.name.is_none() {
            return Vec::new();
        }
        let usernames = match self.takes_usernames() {
            Some(true) => "accepted".to_string(),
            Some(false) => "not accepted: import users.without_usernames()".to_string(),
            None => format!("unknown: {}", options_untold()),
        };
        let mut facts = vec![("usernames", usernames)];
        let required = self.rules.iter().flat_map(|rules| &rules.required);
        let required: Vec<&str> = required.map(String::as_str).collect();
        if !required.is_empty() {
            facts.push(("required", required.join(", ")));
        }
        if self.emails_unique() == Some(false) {
            let words = "users may share one: an import with upsert is refused";
            facts.push(("e-mails", words.to_string()));
        }
        if self.applications_unknown {
            let words = applications_untold();
            facts.push(("applications", format!("unknown: {words}")));
        }
        facts
    }
}

const CONNECTION_HEADER: [&str; 6] = [
    "name",
    "import",
    "id",
    "strategy",
    "usernames",
    "applications",
];

impl Connection {
    fn row(&self) -> Vec<String> {
        let or_nothing = |text: Option<String>| text.unwrap_or_default();
        let import = match &self.obstacle {
            None if self.is_unsure() => "may take an import".to_string(),
            None => "takes an import".to_string(),
            // What stands in a table is data, in which a backtick is one.
            Some(obstacle) => format!("NO: {}", obstacle.replace('`', "")),
        };
        vec![
            self.name.clone(),
            import,
            self.id.to_string(),
            self.strategy.clone(),
            or_nothing(self.usernames.clone()),
            self.applications_in_words(),
        ]
    }

    /// As in a table of many, and which applications use it.
    fn row_alone(&self) -> Vec<String> {
        let mut row = self.row();
        if let (Some(ids @ [_, ..]), Some(cell)) = (self.applications.as_deref(), row.last_mut()) {
            *cell = format!("{}: {}", ids.len(), ids.join(", "));
        }
        row
    }

    fn view(&self) -> View {
        View::titled(format!("connection {}", self.name))
            .table(&CONNECTION_HEADER, vec![self.row_alone()])
    }
}

impl Connections {
    fn headline(&self) -> String {
        if self.is_empty() {
            return "this tenant has no connections: create a database in the dashboard (Authentication, Database) first".to_string();
        }
        let open: Vec<&Connection> = self.iter().filter(|c| c.obstacle.is_none()).collect();
        let take = match open.iter().any(|c| c.is_unsure()) {
            true => "may take",
            false if open.len() == 1 => "takes",
            false => "take",
        };
        let open = open.len();
        format!(
            "{}, of which {open} {take} an import",
            count(self.len(), "connection")
        )
    }

    fn view(&self) -> View {
        if self.is_empty() {
            return View::card(WARNING, self.headline());
        }
        let rows = self.iter().map(Connection::row).collect();
        View::titled(self.headline()).table(&CONNECTION_HEADER, rows)
    }
}

/// A field of users as a column.
type Column = (&'static str, fn(&Profile) -> String);

/// The columns of these users: what is the same in all of them, or in none, has no column.
fn columns(users: &[Profile]) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![
        ("email", |user| user.email.clone().unwrap_or_default()),
        ("username", |user| user.username.clone().unwrap_or_default()),
    ];
    if users.iter().any(|user| user.email.is_none()) {
        columns.push(("user_id", |user| user.user_id.clone()));
    }
    if users
        .iter()
        .any(|user| user.name.is_some() && user.name != user.email)
    {
        columns.push(("name", |user| user.name.clone().unwrap_or_default()));
    }
    if one_connection(users).is_none() && users.iter().any(|user| user.connection.is_some()) {
        columns.push(("connection", |user| {
            user.connection.clone().unwrap_or_default()
        }));
    }
    if users.iter().any(|user| user.user_metadata.is_some()) {
        columns.push(("user_metadata", |user| metadata(&user.user_metadata)));
    }
    if users.iter().any(|user| user.app_metadata.is_some()) {
        columns.push(("app_metadata", |user| metadata(&user.app_metadata)));
    }
    columns
}

/// The connection that all of the users are in.
fn one_connection(users: &[Profile]) -> Option<&str> {
    let first = users.first()?.connection.as_deref()?;
    let alike = |user: &Profile| user.connection.as_deref() == Some(first);
    users.iter().all(alike).then_some(first)
}

pub(crate) fn metadata(object: &Option<Map<String, Value>>) -> String {
    let fields = object.iter().flatten();
    let texts = fields.map(|(name, value)| format!("{name}: {value}"));
    texts.collect::<Vec<_>>().join(", ")
}

/// A headline, what is to be known of the users, and the users.
fn view(headline: String, users: &[Profile], notes: impl IntoIterator<Item = String>) -> View {
    let columns = columns(users);
    let (header, texts): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let rows = ends(users, |_, user| {
        texts.iter().map(|text| text(user)).collect()
    });
    View::titled(headline).notes(notes).table(&header, rows)
}

impl FoundUsers {
    fn headline(&self) -> String {
        let least = if self.is_at_least() { "at least " } else { "" };
        let users = format!("{least}{}", count(self.total(), "user"));
        match (self.by_search, self.asked_for.trim()) {
            (true, "") => format!("{users} in the tenant"),
            (true, query) => format!("{users} found by {query}"),
            (false, email) => format!("{users} with the e-mail {email}"),
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(connection) = one_connection(self) {
            notes.push(format!("connection: {connection}"));
        }
        if self.total() >= MOST_FOUND {
            let most = grouped(MOST_FOUND);
            notes.push(format!(
                "a search gives the first {most} users{}: export_users gives them all",
                match self.is_at_least() {
                    true => " and counts no further",
                    false => "",
                }
            ));
        }
        notes.push(if self.by_search {
            "a search lags: who was created or changed in the last seconds may be missing"
                .to_string()
        } else {
            "up to date, unlike a search".to_string()
        });
        notes
    }

    fn view(&self) -> View {
        view(self.headline(), self, self.notes())
    }
}

impl ExportedUsers {
    fn view(&self) -> View {
        let name = self.connection.name.as_deref();
        let connection = name.unwrap_or(self.connection.as_str());
        let headline = format!("{} in {connection}", count(self.len(), "user"));
        let note = "passwords and hashes are never exported";
        view(headline, self, [note.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connections::rules::rules_of;
    use crate::display::html::html;
    use crate::display::text::text;

    fn found(connection: &Value, applications_unknown: bool) -> ConnectionId {
        let mut id = ConnectionId::new("con_0123456789abcdef").expect("its form is right");
        id.name = Some("staff".to_string());
        id.rules = rules_of(connection);
        id.applications_unknown = applications_unknown;
        id
    }

    #[test]
    fn the_card_of_a_connection_says_what_is_known_and_what_is_not() {
        let attributes =
            json!({"email": {"unique": false}, "username": {"profile_required": true}});
        let told = found(&json!({"attributes": attributes}), false);
        let silent = found(&json!({}), true);
        let given = ConnectionId::new("con_0123456789abcdef").expect("its form is right");
        for card in [text(&told.view()), html(&told.view())] {
            assert!(!card.contains("unknown"), "{card}");
            for part in ["accepted", "required", "upsert is refused"] {
                assert!(card.contains(part), "{part} not in {card}");
            }
        }
        for card in [text(&silent.view()), html(&silent.view())] {
            assert!(card.matches("unknown: ").count() == 2, "{card}");
            assert!(card.contains("read:connections_options"), "{card}");
            assert!(card.contains("read:connections, or"), "{card}");
        }
        let given = text(&given.view());
        assert_eq!(given.lines().count(), 2, "no more than its id: {given}");
    }
}
