//! The connections of a tenant, and finding the one an import goes to.

use std::fmt;
use std::ops::Deref;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::requests::Request;
use crate::tenant::Tenant;

const SCOPES: &[&str] = &["read:connections"];
const LIST: &str = "GET /api/v2/connections";
/// Connections on a page. `(page + 1) * per_page` may not pass 1,000 (Auth0, since 2025-10-27).
const PER_PAGE: usize = 50;
const MOST_PAGES: usize = 1000 / PER_PAGE;
/// Applications of a connection that one answer holds at most.
const MOST_CLIENTS: usize = 1000;

/// The id of a connection, `con_` and 16 letters or digits: what an import needs, not the name.
///
/// One that came from [`get_connection_id`] or [`list_connections`] also knows the connection's name and whether it
/// takes usernames.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let id = ConnectionId::new("con_0123456789abcdef")?;
/// assert_eq!(id.as_str(), "con_0123456789abcdef");
/// assert!(ConnectionId::new("Username-Password-Authentication").is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    id: String,
    pub(crate) name: Option<String>,
    /// `None` when the connection was not looked up.
    pub(crate) rules: Option<UsernameRules>,
}

/// What usernames a connection takes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct UsernameRules {
    pub(crate) taken: bool,
    /// Characters.
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// Whether one may look like an e-mail address.
    pub(crate) emails: bool,
}

impl UsernameRules {
    fn in_words(&self) -> String {
        if !self.taken {
            return "none".to_string();
        }
        let emails = if self.emails { ", e-mails too" } else { "" };
        format!("{} to {} characters{emails}", self.least, self.most)
    }
}

impl ConnectionId {
    /// Takes an id that is already known; sends nothing.
    ///
    /// # Errors
    ///
    /// `id` is not `con_` and 16 letters or digits, as a connection's name is not.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert!(ConnectionId::new("con_0123456789abcdef").is_ok());
    /// let refused = ConnectionId::new("Username-Password-Authentication");
    /// assert!(matches!(refused, Err(Error::ConnectionIdForm { .. })));
    /// ```
    pub fn new(id: &str) -> Result<ConnectionId> {
        let rest = id.strip_prefix("con_").unwrap_or_default();
        if rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(ConnectionId {
                id: id.to_string(),
                name: None,
                rules: None,
            })
        } else {
            Err(Error::ConnectionIdForm {
                given: id.to_string(),
            })
        }
    }

    /// The id as text.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let id = ConnectionId::new("con_0123456789abcdef");
    /// assert!(id.is_ok_and(|id| id.as_str() == "con_0123456789abcdef"));
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// Whether the connection takes usernames; `None` when it was not looked up.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// let connection = get_connection_id(&tenant, "Email-Only-Users")?;
    /// assert_eq!(connection.takes_usernames(), Some(false));
    /// let given = ConnectionId::new(connection.as_str())?;
    /// assert_eq!(given.takes_usernames(), None, "it was not looked up");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn takes_usernames(&self) -> Option<bool> {
        self.rules.as_ref().map(|rules| rules.taken)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionId({})", self.id)
    }
}

/// Finds the database connection called `name` and gives its id. Sends reads; writes nothing.
///
/// # Errors
///
/// No connection of that name (the error lists what the tenant has); one that is not a database, that
/// no application uses, or that is a custom database without import mode; the scope
/// `read:connections` is missing; the tenant cannot be reached or refuses.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// assert_eq!(connection.takes_usernames(), Some(true));
/// let refused = get_connection_id(&tenant, "Usernames");
/// assert!(refused.is_err_and(|error| error.to_string().contains("this tenant has: ")));
/// # Ok::<(), Error>(())
/// ```
pub fn get_connection_id(tenant: &Tenant, name: &str) -> Result<ConnectionId> {
    // Whether Auth0 compares the name exactly is not documented, so it is compared here.
    let found = find(tenant, Some(name), |connection| connection["name"] == name)?;
    let Some(connection) = found else {
        return Err(missing(tenant, name)?);
    };
    let unfit = |reason: String| Error::ConnectionUnfit {
        name: name.to_string(),
        reason,
    };
    if let Some(reason) = not_for_imports(&connection) {
        return Err(unfit(reason));
    }
    let id = id_of(&connection).ok_or_else(|| {
        Error::bad_answer(
            LIST,
            "the connection's id is not con_ and 16 letters or digits",
        )
    })?;
    if applications(tenant, &connection, &id)?.is_empty() {
        return Err(unfit(UNUSED.to_string()));
    }
    Ok(ConnectionId {
        name: Some(name.to_string()),
        rules: Some(username_rules(&connection["options"])),
        ..id
    })
}

/// A connection's id, if it is well-formed.
fn id_of(connection: &Value) -> Option<ConnectionId> {
    ConnectionId::new(connection["id"].as_str()?).ok()
}

const UNUSED: &str =
    "no application uses it: enable one under Applications of the connection first";

/// Why users cannot be imported into the connection, as far as it says so itself.
fn not_for_imports(connection: &Value) -> Option<String> {
    let strategy = connection["strategy"].as_str().unwrap_or("unknown");
    if strategy != "auth0" {
        return Some(format!(
            "its strategy is `{strategy}`, and users can be imported into a database (`auth0`) alone"
        ));
    }
    let options = &connection["options"];
    (options["enabledDatabaseCustomization"] == true && options["import_mode"] != true).then(|| {
        "it is a custom database without import mode: switch on \"Import Users to Auth0\" first"
            .to_string()
    })
}

/// A connection of a tenant, and whether users can be imported into it; listed by [`list_connections`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connections = list_connections(&tenant)?;
/// let unused = connections.iter().find(|connection| connection.name == "unused-database");
/// assert!(unused.is_some_and(|unused| unused.applications == Some(0) && unused.obstacle.is_some()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The name, which a sign-in asks for.
    pub name: String,
    /// The id, which an import asks for; of a database it knows the username rules too.
    pub id: ConnectionId,
    /// `auth0` for a database; another word for every other kind.
    pub strategy: String,
    /// What usernames a database takes, in words.
    pub usernames: Option<String>,
    /// The client ids of the applications that use a database: with none, Auth0 refuses an import. `None` of every other
    /// kind.
    pub applications: Option<Vec<String>>,
    /// Why no users can be imported into it, and what to do; `None` when they can.
    pub obstacle: Option<String>,
}

/// The connections of a tenant, databases first; derefs to a slice of [`Connection`] and draws itself as a table.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connections = list_connections(&tenant)?;
/// assert_eq!(connections[0].strategy, "auth0", "databases come first");
/// assert!(connections.to_string().contains("unused-database"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connections(Vec<Connection>);

impl Deref for Connections {
    type Target = [Connection];
    fn deref(&self) -> &[Connection] {
        &self.0
    }
}

/// Lists the tenant's connections, and what each means for an import. Sends reads; writes nothing.
///
/// Databases come first. At most 1,000 connections are listed, which is as far as Auth0 pages. Each database of which
/// the list does not say who uses it costs one more request. One whose id is not well-formed is left out: nothing could
/// be imported into it.
///
/// # Errors
///
/// The scope `read:connections` is missing; no connection has a well-formed id; the tenant cannot be reached or refuses.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connections = list_connections(&tenant)?;
/// let fit = connections.iter().filter(|connection| connection.obstacle.is_none());
/// println!("users can be imported into {} of {}", fit.count(), connections.len());
/// # Ok::<(), Error>(())
/// ```
pub fn list_connections(tenant: &Tenant) -> Result<Connections> {
    let mut all = Vec::new();
    find(tenant, None, |connection| {
        all.push(connection.clone());
        false
    })?;
    let known = all.iter().filter_map(|c| Some((c, id_of(c)?)));
    let connections = known.map(|(connection, id)| described(tenant, connection, id));
    let mut connections: Vec<Connection> = connections.collect::<Result<_>>()?;
    if connections.is_empty() && !all.is_empty() {
        let problem = "none of its connections has an id of con_ and 16 letters or digits";
        return Err(Error::bad_answer(LIST, problem));
    }
    connections.sort_by_key(|connection| connection.strategy != "auth0");
    Ok(Connections(connections))
}

fn described(tenant: &Tenant, connection: &Value, mut id: ConnectionId) -> Result<Connection> {
    let text = |key: &str| connection[key].as_str().unwrap_or("?").to_string();
    let (name, strategy) = (text("name"), text("strategy"));
    let mut obstacle = not_for_imports(connection);
    let (mut usernames, mut applications_using) = (None, None);
    if strategy == "auth0" {
        let rules = username_rules(&connection["options"]);
        let using = applications(tenant, connection, &id)?;
        if using.is_empty() {
            obstacle = obstacle.or(Some(UNUSED.to_string()));
        }
        usernames = Some(rules.in_words());
        applications_using = Some(using);
        id = ConnectionId {
            name: Some(name.clone()),
            rules: Some(rules),
            ..id
        };
    }
    Ok(Connection {
        name,
        id,
        strategy,
        usernames,
        applications: applications_using,
        obstacle,
    })
}

fn missing(tenant: &Tenant, name: &str) -> Result<Error> {
    let mut existing = Vec::new();
    find(tenant, None, |connection| {
        let text = |key: &str| connection[key].as_str().unwrap_or("?");
        existing.push(match text("strategy") {
            "auth0" => text("name").to_string(),
            strategy => format!("{} ({strategy}, no database)", text("name")),
        });
        false
    })?;
    Ok(Error::NoConnection {
        name: name.to_string(),
        existing,
    })
}

/// The first connection for which `wanted` holds, page after page.
fn find(
    tenant: &Tenant,
    name: Option<&str>,
    mut wanted: impl FnMut(&Value) -> bool,
) -> Result<Option<Value>> {
    for page in 0..MOST_PAGES {
        let mut request = Request::get("/api/v2/connections", SCOPES)
            .query("include_totals", true)
            .query("page", page)
            .query("per_page", PER_PAGE);
        if let Some(name) = name {
            request = request.query("name", name);
        }
        let json = tenant.send(request)?.json(LIST)?;
        // With totals an object is answered; a bare array is understood too.
        let connections = json.as_array().or_else(|| json["connections"].as_array());
        let Some(connections) = connections else {
            return Err(Error::bad_answer(LIST, "it holds no list of connections"));
        };
        if let Some(connection) = connections.iter().find(|connection| wanted(connection)) {
            return Ok(Some(connection.clone()));
        }
        if connections.len() < PER_PAGE {
            break;
        }
    }
    Ok(None)
}

/// The applications that use the connection. `enabled_clients` is on its way out of the list, so its absence or
/// emptiness is settled by asking.
fn applications(tenant: &Tenant, connection: &Value, id: &ConnectionId) -> Result<Vec<String>> {
    let listed = client_ids(&connection["enabled_clients"]);
    if !listed.is_empty() {
        return Ok(listed);
    }
    let path = format!("/api/v2/connections/{id}/clients");
    let request = Request::get(&path, SCOPES).query("take", MOST_CLIENTS);
    let json = tenant.send(request)?.json(&format!("GET {path}"))?;
    Ok(client_ids(&json["clients"]))
}

/// The ids themselves, or objects that have them.
fn client_ids(list: &Value) -> Vec<String> {
    let id = |client: &Value| {
        let id = client.as_str().or_else(|| client["client_id"].as_str());
        id.unwrap_or("?").to_string()
    };
    list.as_array()
        .map_or_else(Vec::new, |clients| clients.iter().map(id).collect())
}

/// Both styles of username rules; neither is there when the connection takes none. 1 to 15 characters are
/// Auth0's default.
fn username_rules(options: &Value) -> UsernameRules {
    let attribute = &options["attributes"]["username"];
    let legacy = &options["validation"]["username"];
    let newer = &attribute["validation"];
    let number = |old: &Value, new: &Value, otherwise: usize| {
        let number = old.as_u64().or_else(|| new.as_u64());
        number.map_or(otherwise, |number| number as usize)
    };
    UsernameRules {
        taken: options["requires_username"] == true
            || attribute["identifier"]["active"] == true
            || attribute["profile_required"] == true,
        least: number(&legacy["min"], &newer["min_length"], 1),
        most: number(&legacy["max"], &newer["max_length"], 15),
        emails: newer["allowed_types"]["email"] == true,
    }
}
