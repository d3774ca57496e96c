//! The connections of a tenant, and finding the one an import goes to.

pub(crate) mod as_shape;
pub(crate) mod list;
pub(crate) mod rules;

use std::fmt;

use serde_json::Value;

use crate::connections::rules::{ConnectionRules, OPTIONS_SCOPE, rules_of};
use crate::error::connections::Obstacle;
use crate::error::{Error, Result};
use crate::progress::Tally;
use crate::say::{data, one_line};
use crate::tenant::Tenant;
use crate::tenant::answers::{ClientsAnswer, ConnectionAnswer, ConnectionsAnswer};
use crate::tenant::request::Request;
use crate::words::grouped;

const SCOPES: &[&str] = &["read:connections"];
/// A token with one of these scopes may see a connection's applications. The OpenAPI description names only the first; a change
/// to Auth0's own CLI says that tenants require the second.
pub(crate) const APPLICATION_SCOPES: &str = "read:connections, or read:connections_options";
pub(crate) const LIST: &str = "GET /api/v2/connections";
/// Connections on a page, the most that Auth0 gives.
const PER_PAGE: usize = 100;
/// Connections of a tenant that are read, a hundred times what any is known to have; and pages, which may have fewer than they could.
const MOST_CONNECTIONS: u64 = 100_000;
/// Connections on a page where no number of them was asked for.
const SMALL_PAGE: usize = 50;
const MOST_PAGES: usize = 10_000;
/// Applications of a connection that one answer holds at most.
const MOST_CLIENTS: usize = 1000;

/// The id of a connection, `con_` and 16 letters or digits: what an import needs, not the name.
///
/// An id from [`get_connection_id`] or [`list_connections`](crate::list_connections) also knows the connection's name and, if
/// the tenant says so, which users it takes. Auth0 says so to a token with the scope `read:connections_options`.
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
    /// `None` when the connection was not looked up, or the tenant left its options out.
    pub(crate) rules: Option<ConnectionRules>,
    /// Whether the tenant refused to say which applications use the connection.
    pub(crate) applications_unknown: bool,
}

impl ConnectionId {
    /// Takes an id that is already known; sends nothing, and needs no scope that reads connections.
    ///
    /// # Errors
    ///
    /// `id` is not `con_` and 16 letters or digits; it may be the connection's name.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert!(ConnectionId::new("con_0123456789abcdef").is_ok());
    /// let refused = ConnectionId::new("Username-Password-Authentication");
    /// assert!(refused.is_err_and(|error| error.kind() == ErrorKind::Connection));
    /// ```
    pub fn new(id: &str) -> Result<ConnectionId> {
        let rest = id.strip_prefix("con_").unwrap_or_default();
        if rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(ConnectionId {
                id: id.to_string(),
                name: None,
                rules: None,
                applications_unknown: false,
            })
        } else {
            Err(Error::no_connection_id(id))
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

    /// Whether the connection takes usernames; `None` if that is not known. Then the connection was not looked up, or the
    /// tenant left out its options, as Auth0 does for a token without the scope `read:connections_options`.
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
        let rules = self.rules.as_ref();
        rules.map(|rules| rules.usernames.is_some())
    }

    /// Whether no two users of the connection have the same e-mail; `None` when it is not known.
    pub(crate) fn emails_unique(&self) -> Option<bool> {
        self.rules.as_ref().map(|rules| rules.emails_unique)
    }

    /// Refuses an upsert if e-mails need not be unique: it is not documented which user it would change.
    pub(crate) fn check_upsert(&self, upsert: bool) -> Result<()> {
        self.check_shared_emails(upsert, &Obstacle::Upsert)
    }

    /// Refuses ids from Auth0 if e-mails need not be unique. If the answer to an upload were lost, nobody could tell whether
    /// its users are there, and a second upload would import them twice.
    pub(crate) fn check_ids_left(&self, ids_are_left: bool) -> Result<()> {
        self.check_shared_emails(ids_are_left, &Obstacle::IdsLeft)
    }

    fn check_shared_emails(&self, is_asked: bool, obstacle: &Obstacle) -> Result<()> {
        if !is_asked || self.emails_unique() != Some(false) {
            return Ok(());
        }
        let name = self.name.as_deref().unwrap_or(&self.id);
        Err(Error::unfit_connection(name, obstacle))
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

/// Finds the database connection called `name` and returns its id. Sends reads; writes nothing.
///
/// # Errors
///
/// No connection has that name (the error lists the existing ones); it is not a database, no application uses it, or it is a
/// custom database without import mode; the scope `read:connections` is missing (without it, [`ConnectionId::new`] takes an id
/// that you know); the tenant cannot be reached or refuses.
///
/// It is not an error if the tenant leaves something out. Without the scope `read:connections_options`, Auth0 leaves out a
/// connection's options; the id's card and the plan of an import then say what is unknown.
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
    // It is not documented whether Auth0 compares the name exactly, so it is compared here. If Auth0's filter finds nothing,
    // all connections are searched.
    let is_wanted = |connection: &ConnectionAnswer| connection.name.as_deref() == Some(name);
    let mut existing = Vec::new();
    let found = match find(tenant, Some(name), is_wanted)? {
        Some(connection) => Some(connection),
        None => find(tenant, None, |connection| {
            existing.push(listed(connection));
            is_wanted(connection)
        })?,
    };
    let Some(connection) = found else {
        return Err(Error::no_connection(name, &existing));
    };
    if let Some(obstacle) = not_for_imports(&connection) {
        return Err(Error::unfit_connection(name, &obstacle));
    }
    let id = id_of(&connection).ok_or_else(|| {
        Error::bad_answer(
            LIST,
            "the connection's id is not con_ and 16 letters or digits",
        )
    })?;
    let applications = applications(tenant, &connection, &id)?;
    if applications.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::unfit_connection(name, &Obstacle::Unused));
    }
    Ok(ConnectionId {
        name: Some(name.to_string()),
        rules: rules_of(&connection.options),
        applications_unknown: applications.is_none(),
        ..id
    })
}

/// A connection's id, if it is well-formed.
pub(crate) fn id_of(connection: &ConnectionAnswer) -> Option<ConnectionId> {
    ConnectionId::new(connection.id.as_deref()?).ok()
}

/// Why users cannot be imported into the connection, as far as its own data show. Missing data are not a reason.
pub(crate) fn not_for_imports(connection: &ConnectionAnswer) -> Option<Obstacle> {
    let strategy = connection.strategy.as_deref();
    if let Some(strategy) = strategy.filter(|strategy| *strategy != "auth0") {
        return Some(Obstacle::Strategy(one_line(strategy)));
    }
    let options = &connection.options;
    let is_custom = options["enabledDatabaseCustomization"] == true;
    (is_custom && options["import_mode"] != true).then_some(Obstacle::NoImportMode)
}

/// Why it is not known what users a connection takes, and what would tell.
pub(crate) fn options_untold() -> String {
    format!(
        "the tenant left out the connection's options, which need a token with the scope {OPTIONS_SCOPE}"
    )
}

/// Why it is not known which applications use a connection, and what would tell.
pub(crate) fn applications_untold() -> String {
    format!("the tenant did not say, which needs a token with the scope {APPLICATION_SCOPES}")
}

/// The connection's entry in a list of names.
fn listed(connection: &ConnectionAnswer) -> String {
    let name = connection.name.as_deref().unwrap_or("?");
    match connection.strategy.as_deref() {
        Some("auth0") | None => one_line(name),
        Some(strategy) => one_line(&format!("{name} ({strategy}, not a database)")),
    }
}

/// The request for a page of the list. By `take` and `from` Auth0 pages to the end, by page numbers
/// no further than 1,000: those are for who answers `take` with a bare list or a total.
fn page_of(next: Option<&str>, page: usize, per_page: usize) -> Request {
    let request = Request::get("/api/v2/connections", SCOPES);
    match next {
        Some(next) => request.query("from", next).query("take", PER_PAGE),
        None if page == 0 => request.query("take", PER_PAGE),
        None => request
            .query("include_totals", true)
            .query("page", page)
            .query("per_page", per_page),
    }
}

fn ids_of(page: &ConnectionsAnswer) -> Vec<Option<String>> {
    let connections = page.connections.iter();
    connections.map(|one| one.id.0.clone()).collect()
}

/// The first connection for which `wanted` holds, page after page.
pub(crate) fn find(
    tenant: &Tenant,
    name: Option<&str>,
    mut wanted: impl FnMut(&ConnectionAnswer) -> bool,
) -> Result<Option<ConnectionAnswer>> {
    let mut tally = Tally::new();
    let (mut next, mut seen, mut per_page) = (None::<String>, 0, 0);
    let mut ids_before = Vec::new();
    for page in 0..MOST_PAGES {
        let mut request = page_of(next.as_deref(), page, per_page);
        if let Some(name) = name {
            request = request.query("name", name);
        }
        let answer = tenant.send(request)?;
        let told: ConnectionsAnswer = answer.read()?;
        let count = told.connections.len();
        let ids = ids_of(&told);
        if count > 0 && ids == ids_before {
            return Err(answer.bad("it lists the same connections as the page before"));
        }
        ids_before = ids;
        if let Some(connection) = told
            .connections
            .into_iter()
            .find(|connection| wanted(connection))
        {
            return Ok(Some(connection));
        }
        seen += count as u64;
        if page == 0 {
            per_page = count;
        }
        let last = next;
        next = told.next;
        let is_whole = match told.total {
            Some(total) if total > MOST_CONNECTIONS => {
                let [total, most] = [total, MOST_CONNECTIONS].map(|n| grouped(n as usize));
                let problem = format!("it counts {total} connections, and at most {most} are read");
                return Err(answer.bad(&problem));
            }
            Some(total) if count == 0 && seen < total => {
                return Err(answer.bad(&format!("it counts {total} connections but lists {seen}")));
            }
            Some(total) => seen >= total,
            None => !told.is_bare || count < SMALL_PAGE,
        };
        if next.is_none() && is_whole {
            return Ok(None);
        }
        if next.is_some() && next == last || seen > MOST_CONNECTIONS {
            break;
        }
        tally.say_so_far(seen as usize, "connections read");
    }
    let problem = format!("after {seen} connections, its `next` still does not end");
    Err(Error::bad_answer(LIST, &problem))
}

/// The applications that use the connection; `None` when the tenant does not say.
///
/// Since July 2026 `enabled_clients` is no longer in the list, so if it is absent or empty, the endpoint is asked. An empty
/// list and an answer without a list both mean that there are none (Auth0's guide to the dedicated endpoints).
pub(crate) fn applications(
    tenant: &Tenant,
    connection: &ConnectionAnswer,
    id: &ConnectionId,
) -> Result<Option<Vec<String>>> {
    let listed = client_ids(&connection.enabled_clients);
    if !listed.is_empty() {
        return Ok(Some(listed));
    }
    let path = format!("/api/v2/connections/{id}/clients");
    let request = Request::get(&path, SCOPES).query("take", MOST_CLIENTS);
    let answer = match tenant.send(request) {
        Ok(answer) => answer,
        // A tenant may require a different scope here than for the list.
        Err(error) if error.status() == Some(403) => return Ok(None),
        Err(error) => return Err(error),
    };
    let told: ClientsAnswer = answer.read()?;
    Ok(Some(client_ids(&told.clients)))
}

/// The ids themselves, or objects that have them.
fn client_ids(list: &Value) -> Vec<String> {
    let id = |client: &Value| {
        let id = client.as_str().or_else(|| client["client_id"].as_str());
        data(id.unwrap_or("?"))
    };
    list.as_array()
        .map_or_else(Vec::new, |clients| clients.iter().map(id).collect())
}
