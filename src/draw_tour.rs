//! How connections and the users of a tenant look.

use crate::connections::{Connection, Connections};
use crate::drawing::{
    Draw, GOOD, NEUTRAL, card, count, draws, draws_in_cell, escape, headed_html, headed_plain,
    table_html, table_plain,
};
use crate::export::ExportedUsers;
use crate::profiles::{FoundUsers, MOST_FOUND, Profile};

/// Users shown at the beginning and at the end of a long table.
const SHOWN: usize = 5;
/// Characters of metadata that are shown.
const MOST_CHARS: usize = 60;

draws!(Connection, Connections, FoundUsers, ExportedUsers);

const CONNECTION_HEADER: [&str; 6] = [
    "name",
    "id",
    "strategy",
    "usernames",
    "applications",
    "import",
];

impl Connection {
    fn row(&self) -> Vec<String> {
        let or_nothing = |text: Option<String>| text.unwrap_or_default();
        let import = match &self.obstacle {
            None => "takes an import".to_string(),
            Some(obstacle) => format!("NO: {obstacle}"),
        };
        vec![
            self.name.clone(),
            self.id.to_string(),
            self.strategy.clone(),
            or_nothing(self.usernames.clone()),
            or_nothing(self.applications.map(|number| number.to_string())),
            import,
        ]
    }
}

impl Draw for Connection {
    fn plain(&self) -> String {
        table_plain(&CONNECTION_HEADER, &[self.row()])
    }
    fn html(&self) -> String {
        table_html(&CONNECTION_HEADER, &[self.row()])
    }
}

impl Connections {
    fn headline(&self) -> String {
        if self.is_empty() {
            return "this tenant has no connections: create a database in the dashboard (Authentication, Database) first".to_string();
        }
        let open = self.iter().filter(|c| c.obstacle.is_none()).count();
        let take = if open == 1 { "takes" } else { "take" };
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

const PROFILE_HEADER: [&str; 5] = ["email", "username", "name", "connection", "metadata"];

fn profile_row(user: &Profile) -> Vec<String> {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let metadata = [&user.user_metadata, &user.app_metadata]
        .into_iter()
        .flatten();
    let metadata = metadata.filter(|object| !object.is_empty()).map(|object| {
        // Cut before it is drawn: ten kilobytes say no more to a reader.
        crate::brief::cut(
            &serde_json::Value::Object(object.clone()).to_string(),
            MOST_CHARS,
        )
    });
    vec![
        text(&user.email),
        text(&user.username),
        text(&user.name),
        text(&user.connection),
        metadata.collect::<Vec<_>>().join(" "),
    ]
}

fn profile_rows(users: &[Profile]) -> Vec<Vec<String>> {
    if users.len() <= 2 * SHOWN + 1 {
        return users.iter().map(profile_row).collect();
    }
    let mut rows: Vec<_> = users[..SHOWN].iter().map(profile_row).collect();
    rows.push(vec!["…".to_string(); PROFILE_HEADER.len()]);
    rows.extend(users[users.len() - SHOWN..].iter().map(profile_row));
    rows
}

/// A headline, the users, and what is to be known of them.
fn users_plain(headline: &str, users: &[Profile], notes: &[&str]) -> String {
    let mut parts = vec![headline.to_string()];
    if !users.is_empty() {
        parts.push(table_plain(&PROFILE_HEADER, &profile_rows(users)));
    }
    parts.extend(notes.iter().map(|note| (*note).to_string()));
    parts.join("\n")
}

fn users_html(headline: &str, users: &[Profile], notes: &[&str]) -> String {
    let table = match users.is_empty() {
        true => String::new(),
        false => table_html(&PROFILE_HEADER, &profile_rows(users)),
    };
    let colour = if users.is_empty() { NEUTRAL } else { GOOD };
    let notes: String = notes
        .iter()
        .map(|note| format!("<br>{}", escape(note)))
        .collect();
    let head = format!("<b>{}</b>{notes}", escape(headline));
    format!("{}{table}", card(colour, &head))
}

impl FoundUsers {
    fn headline(&self) -> String {
        let users = count(self.total(), "user");
        match (self.by_search, self.asked_for.trim()) {
            (true, "") => format!("{users} in the tenant"),
            (true, query) => format!("{users} found by {query}"),
            (false, email) => format!("{users} with the e-mail {email}"),
        }
    }

    fn notes(&self) -> Vec<&'static str> {
        let mut notes = Vec::new();
        if self.total() > MOST_FOUND {
            notes.push(
                "a search gives the first 1,000 of them and no more: export_users gives them all",
            );
        }
        notes.push(if self.by_search {
            "search is brought up to date behind: who was created or changed in the last seconds may be missing"
        } else {
            "up to date, unlike a search"
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

const EXPORT_NOTE: &str = "passwords and hashes are never exported";

impl Draw for ExportedUsers {
    fn plain(&self) -> String {
        users_plain(&self.headline(), self, &[EXPORT_NOTE])
    }
    fn html(&self) -> String {
        users_html(&self.headline(), self, &[EXPORT_NOTE])
    }
}
