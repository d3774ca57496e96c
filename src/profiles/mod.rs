//! Finding a tenant's users, by search and by e-mail.

pub(crate) mod export;
pub(crate) mod link;

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::list::list;
use crate::progress::Tally;
use crate::say::{data, data_of, debug_fields};
use crate::tenant::Tenant;
use crate::tenant::answer::Field;
use crate::tenant::answers::UsersAnswer;
use crate::tenant::request::{Answer, Request};

pub(crate) const SCOPES: &[&str] = &["read:users"];
/// Users on a page, the most Auth0 gives.
const PER_PAGE: usize = 100;
/// Search pages no further, whatever there is (Auth0: `invalid_paging` beyond).
pub(crate) const MOST_FOUND: usize = 1000;

/// A user in the tenant; fields that the tenant leaves out are `None`.
///
/// Returned by [`find_users`], [`users_by_email`] and [`export_users`](crate::export_users).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let users = generate_users("docs-profile", "uni.test", 1)?;
/// # let job = start_import(&tenant, &connection, &users)?;
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let found = users_by_email(&tenant, "docs-profile_01@uni.test")?;
/// assert!(found[0].user_id.starts_with("auth0|"));
/// assert_eq!(found[0].connection.as_deref(), Some("Username-Password-Authentication"));
/// assert_eq!(found[0].user_metadata, None);
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// `auth0|` and the id, of a database user.
    pub user_id: String,
    /// In lower case, as Auth0 stores it for database users.
    pub email: Option<String>,
    /// Whether the e-mail is verified.
    pub email_verified: Option<bool>,
    /// In lower case, as Auth0 stores it.
    pub username: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// Whether the user may not sign in.
    pub blocked: Option<bool>,
    /// The name of the connection the user came from first.
    pub connection: Option<String>,
    /// ISO 8601, UTC.
    pub created_at: Option<String>,
    /// Data that the user cannot change.
    pub app_metadata: Option<Map<String, Value>>,
    /// Data that the user can change.
    pub user_metadata: Option<Map<String, Value>>,
}

debug_fields!(Profile: user_id, email, email_verified, username, name, blocked, connection, created_at, app_metadata, user_metadata);

impl Profile {
    pub(crate) fn read(json: &Value) -> Profile {
        let object = |value: &Value| data_of(value).as_object().cloned();
        let text = |value: &Value| String::of(value.clone()).map(|text| data(&text));
        Profile {
            user_id: text(&json["user_id"]).unwrap_or_default(),
            email: text(&json["email"]),
            email_verified: json["email_verified"].as_bool(),
            username: text(&json["username"]),
            name: text(&json["name"]),
            blocked: json["blocked"].as_bool(),
            // An export has it under the name it was asked for by.
            connection: text(&json["connection"])
                .or_else(|| text(&json["identities"][0]["connection"])),
            created_at: text(&json["created_at"]),
            app_metadata: object(&json["app_metadata"]),
            user_metadata: object(&json["user_metadata"]),
        }
    }
}

/// Users that were found: a list of [`Profile`], which derefs to a slice, iterates, and draws itself as a table.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let found: FoundUsers = users_by_email(&tenant, "docs-nobody@uni.test")?;
/// for user in &found {
///     println!("{}", user.user_id);
/// }
/// assert!(found.is_empty());
/// # assert!(found.to_string().contains("docs-nobody@uni.test"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct FoundUsers {
    users: Vec<Profile>,
    pub(crate) asked_for: String,
    pub(crate) by_search: bool,
    total: usize,
}

debug_fields!(FoundUsers: users, asked_for, by_search, total);

impl FoundUsers {
    /// How many there are in all. A search counts only up to 1,000: see [`FoundUsers::is_at_least`].
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let tenant = Tenant::practice()?;
    /// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    /// # let users = generate_users("docs-total", "uni.test", 2)?;
    /// # let job = start_import(&tenant, &connection, &users)?;
    /// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
    /// let found = find_users(&tenant, "username:docs-total_*")?;
    /// assert_eq!((found.total(), found.len()), (2, 2));
    /// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Whether [`FoundUsers::total`] is a minimum: a search counts only up to 1,000, so 1,000 means 1,000 or more.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// let found = find_users(&tenant, "username:docs-nobody")?;
    /// assert!(!found.is_at_least());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_at_least(&self) -> bool {
        self.by_search && self.total == MOST_FOUND
    }
}

list!(FoundUsers, users, Profile);

/// Searches the tenant's users with `query`, in Auth0's search language (v3); all of them when it is empty. Sends up
/// to ten reads; writes nothing.
///
/// `email:"anna@uni.test"`, `username:imfake_*`, `email.domain:"uni.test" AND NOT blocked:true`,
/// `identities.connection:"staff"`, `user_metadata.group:"teacher"`, `_exists_:phone_number`.
///
/// A search finds the first 1,000 users, and [`FoundUsers::total`] counts only up to 1,000, so 1,000 means 1,000 or more
/// ([`export_users`](crate::export_users) returns everybody). It also lags: users who were created or changed in the last
/// seconds may be missing. [`users_by_email`] is always up to date.
///
/// # Errors
///
/// A query that Auth0 does not understand; the scope `read:users` is missing; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let found = find_users(&tenant, r#"email.domain:"docs-nowhere.test""#)?;
/// assert_eq!((found.len(), found.total()), (0, 0));
/// # Ok::<(), Error>(())
/// ```
pub fn find_users(tenant: &Tenant, query: &str) -> Result<FoundUsers> {
    let mut found = FoundUsers {
        users: Vec::new(),
        asked_for: query.to_string(),
        by_search: true,
        total: 0,
    };
    let mut tally = Tally::new();
    let mut known = HashSet::new();
    for page in 0..MOST_FOUND / PER_PAGE {
        let mut request = Request::get("/api/v2/users", SCOPES)
            .query("include_totals", true)
            .query("page", page)
            .query("per_page", PER_PAGE)
            // An order that holds from page to page.
            .query("sort", "created_at:1")
            .query("search_engine", "v3");
        if !query.trim().is_empty() {
            request = request.query("q", query);
        }
        let answer = tenant.send(request)?;
        let page: UsersAnswer<Value> = answer.read()?;
        let before = found.users.len();
        let users = profiles(&answer, &page.users)?.into_iter();
        // Users of two connections may have one id.
        let is_new = |user: &Profile| known.insert((user.user_id.clone(), user.connection.clone()));
        found.users.extend(users.filter(is_new));
        let told = page.total.and_then(|total| usize::try_from(total).ok());
        found.total = told.unwrap_or_default().max(found.users.len());
        let all = told.is_some() && found.users.len() >= found.total;
        // Without a total, a page without new users is the last.
        if all || found.users.len() == before {
            break;
        }
        tally.say(found.users.len(), found.total.min(MOST_FOUND), "users read");
    }
    Ok(found)
}

/// Users of a list, each of whom has an id.
fn profiles(answer: &Answer, users: &[Value]) -> Result<Vec<Profile>> {
    let profile = |(place, user): (usize, &Value)| {
        let profile = Profile::read(user);
        match profile.user_id.is_empty() {
            true => {
                let problem = format!("user {} in its list has no `user_id`", place + 1);
                Err(answer.bad(&problem))
            }
            false => Ok(profile),
        }
    };
    users.iter().enumerate().map(profile).collect()
}

/// Looks up every user with this e-mail, in all connections, up to date. Sends one read or two; writes nothing.
///
/// Auth0 stores e-mails of database users in lower case and compares exactly, so the e-mail is put in lower case first.
/// An enterprise connection may have stored capitals: if nobody is found, it is asked for once more as given.
///
/// # Errors
///
/// The scope `read:users` is missing; the tenant refuses or cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let users = generate_users("docs-mail", "uni.test", 1)?;
/// # let job = start_import(&tenant, &connection, &users)?;
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let found = users_by_email(&tenant, "docs-mail_01@uni.test")?;
/// assert_eq!(found[0].username.as_deref(), Some("docs-mail_01"));
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn users_by_email(tenant: &Tenant, email: &str) -> Result<FoundUsers> {
    let given = email.trim();
    let lowered = given.to_lowercase();
    let found = ask_by_email(tenant, &lowered)?;
    if !found.is_empty() || given == lowered {
        return Ok(found);
    }
    // Only connections that are not databases keep capitals.
    let kept = ask_by_email(tenant, given)?;
    Ok(if kept.is_empty() { found } else { kept })
}

fn ask_by_email(tenant: &Tenant, email: &str) -> Result<FoundUsers> {
    let request = Request::get("/api/v2/users-by-email", SCOPES).query("email", email);
    let answer = tenant.send(request)?;
    let users: Vec<Value> = answer.read()?;
    Ok(FoundUsers {
        users: profiles(&answer, &users)?,
        asked_for: email.to_string(),
        by_search: false,
        total: users.len(),
    })
}
