//! What the tenant says that matters for an import. It is only read: every request here is a GET.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::check::check_for;
use crate::clock::Deadline;
use crate::connections::as_shape::{as_shape, options_told};
use crate::connections::{ConnectionId, applications, not_for_imports};
use crate::error::connections::Obstacle;
use crate::error::{Error, ErrorKind, Result};
use crate::imports::look_up::cost;
use crate::imports::options::ImportOptions;
use crate::jobs::ownership::{by_email, has_signed_in, is_in};
use crate::progress::Tally;
use crate::say::say;
use crate::tenant::Tenant;
use crate::tenant::answers::{ConnectionAnswer, PracticeAnswer, UserAnswer};
use crate::tenant::rate::Pace;
use crate::tenant::request::Request;
use crate::users::User;

const SCOPES: &[&str] = &["read:connections"];
/// The most failures in a row while looking up users, about two minutes.
const FAULTS_BORNE: u32 = 12;

/// What the tenant said.
#[derive(Default)]
pub(crate) struct Told {
    /// `None` where it refused to tell of the connection.
    pub(crate) connection: Option<ConnectionAnswer>,
    pub(crate) applications_unknown: bool,
    /// Requests that may come at once.
    pub(crate) at_once: Option<u64>,
    /// How long the quickest answer took.
    pub(crate) latency: Duration,
    /// What a practice tenant is set to.
    pub(crate) practice: Option<PracticeAnswer>,
    /// Who of the users is there already, where it was asked.
    pub(crate) existing: Option<Vec<UserAnswer>>,
    pub(crate) name: String,
}

/// Reads it; fails where no import into the connection could begin.
pub(crate) fn read(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<Told> {
    let tenant = tenant.paced(Pace::new(options.requests_per_second));
    let mut told = Told {
        name: connection
            .name
            .clone()
            .unwrap_or_else(|| connection.to_string()),
        ..Told::default()
    };
    read_connection(&tenant, connection, &mut told)?;
    // The first answer may have the time of opening a connection in it.
    let latest = tenant.requests();
    let took = latest.iter().rev().take(2).map(|request| request.took);
    told.latency = took.min().unwrap_or_default();
    if tenant.is_practice() {
        told.practice = Some(tenant.about_practice()?);
    }
    if options.look_up_existing {
        // Without the name nobody would be found in it, whoever is there.
        if !told.is_named(connection) {
            return Err(Error::nameless_look_up(connection.as_str()));
        }
        told.existing = Some(look_up(&tenant, &told.name, connection, users, options)?);
    }
    Ok(told)
}

fn read_connection(tenant: &Tenant, id: &ConnectionId, told: &mut Told) -> Result<()> {
    let answer = tenant.send(Request::get("/api/v2/connections", SCOPES).segment(id.as_str()));
    let connection = match answer {
        Ok(answer) => {
            told.at_once = answer.rate_left().map(|(limit, _)| limit);
            answer.read::<ConnectionAnswer>()?
        }
        Err(error) if error.kind() == ErrorKind::MissingScope || error.status() == Some(403) => {
            told.applications_unknown = true;
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if let Some(name) = &*connection.name {
        told.name.clone_from(name);
    }
    if let Some(obstacle) = not_for_imports(&connection) {
        return Err(Error::unfit_connection(&told.name, &obstacle));
    }
    let applications = applications(tenant, &connection, id)?;
    if applications.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::unfit_connection(&told.name, &Obstacle::Unused));
    }
    told.applications_unknown = applications.is_none();
    told.connection = Some(connection);
    Ok(())
}

/// Which of the users without problems are in the connection, by e-mail.
fn look_up(
    tenant: &Tenant,
    name: &str,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<Vec<UserAnswer>> {
    let problems = check_for(connection, users, options.loses_hashes());
    let mut bad = problems.iter().map(|problem| problem.row).peekable();
    let good: Vec<&User> = (1..)
        .zip(users)
        .filter(|(row, _)| {
            while bad.next_if(|bad| bad < row).is_some() {}
            bad.peek() != Some(row)
        })
        .map(|(_, user)| user)
        .collect();
    say!("looking up existing users: {}", cost(good.len(), options));
    let tenant = tenant.until(Deadline::after(options.time_limit), FAULTS_BORNE);
    let (mut found, mut tally) = (Vec::new(), Tally::new());
    for (done, user) in (1..).zip(&good) {
        let profiles = by_email(&tenant, &user.email)?;
        found.extend(profiles.into_iter().filter(|profile| is_in(profile, name)));
        tally.say(done, good.len(), "users looked up");
    }
    Ok(found)
}

impl Told {
    /// The tenant's connection and users as a practice tenant reads them.
    pub(crate) fn shape(&self, id: &ConnectionId) -> Value {
        let users = self.existing.iter().flatten();
        let users: Vec<Value> = users.map(|user| self.user_as_shape(user)).collect();
        let options = self.connection.as_ref().map(|told| &told.options);
        json!({"connections": [as_shape(id, &self.name, options)], "users": users})
    }

    fn user_as_shape(&self, user: &UserAnswer) -> Value {
        let mut fields = Map::new();
        for (name, text) in [
            ("email", &user.email),
            ("username", &user.username),
            ("phone_number", &user.phone_number),
            ("user_id", &user.user_id),
        ] {
            let text = text
                .as_ref()
                .map(|text| (name.to_string(), Value::from(text.as_str())));
            fields.extend(text);
        }
        fields.insert("connection".to_string(), self.name.as_str().into());
        // No tenant tells which hash a user has. Before the first sign-in it may be an imported one, which can be replaced.
        if !has_signed_in(user) {
            let hash =
                json!({"algorithm": "md5", "hash": {"value": "0".repeat(32), "encoding": "hex"}});
            fields.insert("custom_password_hash".to_string(), hash);
        }
        Value::Object(fields)
    }

    /// The existing users' e-mails, as they are stored.
    pub(crate) fn existing_emails(&self) -> HashSet<String> {
        let existing = self.existing.iter().flatten();
        let emails = existing.filter_map(|user| user.email.as_deref());
        emails.map(str::to_lowercase).collect()
    }

    /// Whether the connection's name is known, from the tenant or from the caller.
    fn is_named(&self, id: &ConnectionId) -> bool {
        let told = self.connection.as_ref();
        id.name.is_some() || told.is_some_and(|told| told.name.is_some())
    }

    /// Whether the tenant said which users the connection takes.
    pub(crate) fn has_options(&self) -> bool {
        let told = self.connection.as_ref();
        told.is_some_and(|told| options_told(&told.options).is_some())
    }
}
