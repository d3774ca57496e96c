//! How connections and the users of a tenant look.

use serde_json::{Map, Value};

use crate::connections::list::{Connection, Connections};
use crate::connections::{ConnectionId, applications_untold, options_untold};
use crate::display::draw::{
    Draw, GOOD, NEUTRAL, card, draws, draws_in_cell, escape, facts_html, headed_html, headed_plain,
    table_html, table_plain,
};
use crate::profiles::export::ExportedUsers;
use crate::profiles::{FoundUsers, MOST_FOUND, Profile};
use crate::words::{count, grouped};

/// Users shown at the beginning and at the end of a long table.
const SHOWN: usize = 5;

draws!(Connection, Connections, FoundUsers, ExportedUsers);
// The `Display` of an id is the id itself.
draws_in_cell!(ConnectionId);

impl ConnectionId {
    /// What the tenant told of the connection, and what it did not.
    fn facts(&self) -> Vec<(&'static str, String)> {
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

impl Draw for ConnectionId {
    fn plain(&self) -> String {
        let name = self.name.iter().map(|name| format!(" ({name})"));
        let facts = self.facts().into_iter();
        let facts = facts.map(|(about, words)| format!("; {about}: {words}"));
        format!("{self}{}", name.chain(facts).collect::<String>())
    }
    fn html(&self) -> String {
        let mut facts = vec![("id", self.to_string())];
        facts.extend(self.facts());
        let name = self.name.as_deref().unwrap_or("given by its id");
        facts_html(NEUTRAL, &format!("connection {name}"), &facts)
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
            Some(obstacle) => format!("NO: {obstacle}"),
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
}

impl Draw for Connection {
    fn plain(&self) -> String {
        table_plain(&CONNECTION_HEADER, &[self.row_alone()])
    }
    fn html(&self) -> String {
        table_html(&CONNECTION_HEADER, &[self.row_alone()])
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

    fn rows(&self) -> Vec<Vec<String>> {
        self.iter().map(Connection::row).collect()
    }
}

impl Draw for Connections {
    fn plain(&self) -> String {
        headed_plain(&self.headline(), &CONNECTION_HEADER, &self.rows())
    }
    fn html(&self) -> String {
        headed_html(&self.headline(), &CONNECTION_HEADER, &self.rows())
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

fn metadata(object: &Option<Map<String, Value>>) -> String {
    let fields = object.iter().flatten();
    let texts = fields.map(|(name, value)| format!("{name}: {value}"));
    texts.collect::<Vec<_>>().join(", ")
}

/// The header and the rows of a table of users.
fn profile_table(users: &[Profile]) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let columns = columns(users);
    let row = |user: &Profile| columns.iter().map(|(_, text)| text(user)).collect();
    let rows = if users.len() <= 2 * SHOWN + 1 {
        users.iter().map(row).collect()
    } else {
        let mut rows: Vec<Vec<String>> = users[..SHOWN].iter().map(row).collect();
        rows.push(vec!["…".to_string(); columns.len()]);
        rows.extend(users[users.len() - SHOWN..].iter().map(row));
        rows
    };
    (columns.iter().map(|(name, _)| *name).collect(), rows)
}

/// A headline, the users, and what is to be known of them.
fn users_plain(headline: &str, users: &[Profile], notes: &[impl AsRef<str>]) -> String {
    let mut parts = vec![headline.to_string()];
    if !users.is_empty() {
        let (header, rows) = profile_table(users);
        parts.push(table_plain(&header, &rows));
    }
    parts.extend(notes.iter().map(|note| note.as_ref().to_string()));
    parts.join("\n")
}

fn users_html(headline: &str, users: &[Profile], notes: &[impl AsRef<str>]) -> String {
    let table = match users.is_empty() {
        true => String::new(),
        false => {
            let (header, rows) = profile_table(users);
            table_html(&header, &rows)
        }
    };
    let colour = if users.is_empty() { NEUTRAL } else { GOOD };
    let notes: String = notes
        .iter()
        .map(|note| format!("<br>{}", escape(note.as_ref())))
        .collect();
    let head = format!("<b>{}</b>{notes}", escape(headline));
    format!("{}{table}", card(colour, &head))
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
}

impl Draw for FoundUsers {
    fn plain(&self) -> String {
        users_plain(&self.headline(), self, &self.notes())
    }
    fn html(&self) -> String {
        users_html(&self.headline(), self, &self.notes())
    }
}

impl ExportedUsers {
    fn headline(&self) -> String {
        let name = self.connection.name.as_deref();
        let connection = name.unwrap_or(self.connection.as_str());
        format!("{} in {connection}", count(self.len(), "user"))
    }
}

const EXPORT_NOTES: [&str; 1] = ["passwords and hashes are never exported"];

impl Draw for ExportedUsers {
    fn plain(&self) -> String {
        users_plain(&self.headline(), self, &EXPORT_NOTES)
    }
    fn html(&self) -> String {
        users_html(&self.headline(), self, &EXPORT_NOTES)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connections::rules::rules_of;

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
        let told = found(&json!({"options": {"attributes": attributes}}), false);
        let silent = found(&json!({}), true);
        let given = ConnectionId::new("con_0123456789abcdef").expect("its form is right");
        for card in [told.plain(), told.html()] {
            assert!(!card.contains("unknown"), "{card}");
            for part in ["accepted", "required", "upsert is refused"] {
                assert!(card.contains(part), "{part} not in {card}");
            }
        }
        for card in [silent.plain(), silent.html()] {
            assert!(card.matches("unknown: ").count() == 2, "{card}");
            assert!(card.contains("read:connections_options"), "{card}");
            assert!(card.contains("read:connections, or"), "{card}");
        }
        assert_eq!(given.plain(), "con_0123456789abcdef");
    }
}
