//! Asking the tenant for each user before they are sent.

use std::time::Duration;

use crate::clock::Deadline;
use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::imports::options::ImportOptions;
use crate::jobs::ownership::{by_email, is_in};
use crate::progress::Tally;
use crate::say::say;
use crate::tenant::Tenant;
use crate::tenant::rate::Pace;
use crate::tenant::retry::Patience;
use crate::users::User;
use crate::words::{count, in_words};

/// Looks users up by their e-mails.
pub(crate) struct LookUp {
    tenant: Tenant,
    connection: String,
    shares_emails: bool,
    tally: Tally,
    done: usize,
    /// Users in all, where it is known.
    total: Option<usize>,
}

impl LookUp {
    /// `None` where it was not asked for.
    pub(crate) fn new(
        tenant: &Tenant,
        connection: &ConnectionId,
        options: &ImportOptions,
        total: Option<usize>,
    ) -> Result<Option<LookUp>> {
        if !options.look_up_existing {
            return Ok(None);
        }
        let Some(name) = connection.name.clone() else {
            return Err(Error::nameless_look_up(connection.as_str()));
        };
        match total {
            Some(total) => say!("looking up existing users: {}", cost(total, options)),
            None => say!("looking up existing users: one request for each user"),
        }
        let deadline = Deadline::after(options.time_limit);
        let paced = tenant.paced(Pace::new(options.requests_per_second));
        Ok(Some(LookUp {
            tenant: paced.until(deadline, Patience::of_a_run()),
            connection: name,
            shares_emails: connection.emails_unique() != Some(true),
            tally: Tally::new(),
            done: 0,
            total,
        }))
    }

    /// Whether a user with this e-mail is in the connection; if users may share an e-mail, or this is not known, whether it is
    /// this user.
    pub(crate) fn is_there(&mut self, user: &User) -> Result<bool> {
        let found = by_email(&self.tenant, &user.email)?;
        self.done += 1;
        match self.total {
            Some(total) => self.tally.say(self.done, total, "users looked up"),
            None => self.tally.say_so_far(self.done, "users looked up"),
        }
        let same = |theirs: Option<&str>, ours: &Option<String>| {
            let ours = ours.as_deref().filter(|ours| !ours.is_empty());
            ours.is_some_and(|ours| theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(ours)))
        };
        let id = user.user_id.as_ref().map(|id| format!("auth0|{id}"));
        Ok(found.iter().any(|profile| {
            let is_same = same(profile.username.as_deref(), &user.username)
                || same(profile.phone_number.as_deref(), &user.phone_number)
                || same(profile.user_id.as_deref(), &id);
            is_in(profile, &self.connection) && (is_same || !self.shares_emails)
        }))
    }
}

/// What it costs to look up this many users.
pub(crate) fn cost(users: usize, options: &ImportOptions) -> String {
    let time = Duration::from_secs_f64(users as f64 / options.requests_per_second);
    format!(
        "{}, {} at {} a second",
        count(users, "request"),
        in_words(time),
        options.requests_per_second
    )
}
