//! Listing a tenant's connections, and what each means for an import.

use crate::connections::rules::{ConnectionRules, OPTIONS_SCOPE, rules_of};
use crate::connections::{
    APPLICATION_SCOPES, ConnectionId, LIST, applications, find, id_of, not_for_imports,
};
use crate::error::connections::Obstacle;
use crate::error::{Error, Result};
use crate::list::list;
use crate::progress::Tally;
use crate::say::{data, debug_fields};
use crate::tenant::Tenant;
use crate::tenant::answers::ConnectionAnswer;

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
/// assert!(unused.is_some_and(|unused| unused.applications == Some(Vec::new()) && unused.obstacle.is_some()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Connection {
    /// The name, which a sign-in asks for.
    pub name: String,
    /// The id, which an import asks for. For a database, it also knows which users it takes, if the tenant says so.
    pub id: ConnectionId,
    /// `auth0` for a database; another word for every other kind.
    pub strategy: String,
    /// The usernames that a database takes, in words, or the scope that is needed to know.
    pub usernames: Option<String>,
    /// The client ids of the applications that use a database; without one, Auth0 refuses an import. `None` for every other
    /// kind, and if the tenant does not say.
    pub applications: Option<Vec<String>>,
    /// Why users cannot be imported into it, and what to do; `None` if nothing that the tenant says is against it.
    pub obstacle: Option<String>,
}

debug_fields!(Connection: name, id, strategy, usernames, applications, obstacle);

/// The connections of a tenant, databases first: a list of [`Connection`], which derefs to a slice, iterates, and draws itself as a
/// table.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let connections = list_connections(&tenant)?;
/// assert_eq!(connections[0].strategy, "auth0", "databases come first");
/// for connection in &connections {
///     println!("{}", connection.name);
/// }
/// # assert!(connections.to_string().contains("unused-database"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connections(Vec<Connection>);

list!(Connections, 0, Connection);

/// Lists the tenant's connections, and what each means for an import. Sends reads; writes nothing.
///
/// Databases come first. All connections are listed, 100 with each request. Each database costs one more request if the list
/// does not say which applications use it. A connection without a well-formed id is left out, since nothing could be imported
/// into it.
///
/// # Errors
///
/// The scope `read:connections` is missing; no connection has a well-formed id; the tenant cannot be reached or refuses.
/// Without the scope `read:connections_options` the list says what it leaves unknown.
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
    let mut tally = Tally::new();
    let mut connections = Vec::new();
    for (connection, id) in known {
        connections.push(described(tenant, connection, id)?);
        tally.say(connections.len(), all.len(), "connections looked at");
    }
    if connections.is_empty() && !all.is_empty() {
        let problem = "none of its connections has an id with con_ and 16 letters or digits";
        return Err(Error::bad_answer(LIST, problem));
    }
    connections.sort_by_key(|connection| connection.strategy != "auth0");
    Ok(Connections(connections))
}

fn described(
    tenant: &Tenant,
    connection: &ConnectionAnswer,
    mut id: ConnectionId,
) -> Result<Connection> {
    let text = |told: &Option<String>| data(told.as_deref().unwrap_or("?"));
    let (name, strategy) = (text(&connection.name), text(&connection.strategy));
    let mut obstacle = not_for_imports(connection);
    let (mut usernames, mut applications_using) = (None, None);
    if strategy == "auth0" {
        let rules = rules_of(&connection.options);
        let using = applications(tenant, connection, &id)?;
        if using.as_ref().is_some_and(Vec::is_empty) {
            obstacle = obstacle.or(Some(Obstacle::Unused));
        }
        let told = rules.as_ref().map(ConnectionRules::usernames_in_words);
        usernames = Some(told.unwrap_or_else(|| unknown(OPTIONS_SCOPE)));
        id.applications_unknown = using.is_none();
        applications_using = using;
        (id.name, id.rules) = (Some(name.clone()), rules);
    }
    Ok(Connection {
        name,
        id,
        strategy,
        usernames,
        applications: applications_using,
        obstacle: obstacle.map(|obstacle| obstacle.to_string()),
    })
}

fn unknown(scope: &str) -> String {
    format!("unknown (needs {scope})")
}

impl Connection {
    /// The applications in words: how many, or the scopes that are needed to know; nothing if it is not a database.
    pub(crate) fn applications_in_words(&self) -> String {
        match &self.applications {
            Some(ids) => ids.len().to_string(),
            None if self.id.applications_unknown => unknown(APPLICATION_SCOPES),
            None => String::new(),
        }
    }

    /// Whether something that could speak against an import is not known.
    pub(crate) fn is_unsure(&self) -> bool {
        // `?` where the tenant does not tell of what kind it is.
        let may_be = ["auth0", "?"].contains(&self.strategy.as_str());
        may_be && (self.id.rules.is_none() || self.id.applications_unknown)
    }
}
