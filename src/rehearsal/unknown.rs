//! What a rehearsal could not know, in sentences: each of them is true of the case at hand.

use std::path::Path;
use std::time::Duration;

use crate::check::warnings::check_warnings;
use crate::clock::unix_seconds;
use crate::connections::rules::OPTIONS_SCOPE;
use crate::connections::{applications_untold, options_untold};
use crate::disk;
use crate::imports::IMPORTS;
use crate::imports::look_up::cost;
use crate::imports::options::ImportOptions;
use crate::rehearsal::terms::is_published;
use crate::rehearsal::told::Told;
use crate::say::one_line;
use crate::tenant::Tenant;
use crate::users::User;
use crate::words::{count, grouped, in_words};

/// All that it could not know.
pub(crate) fn unknown(
    tenant: &Tenant,
    told: &Told,
    not_understood: &[String],
    users: &[User],
    faulty: usize,
    options: &ImportOptions,
) -> Vec<String> {
    let mut unknown = of_the_speed(told, options);
    unknown.extend(of_the_connection(told, not_understood));
    unknown.extend(of_the_users(told, users, faulty, options));
    if tenant.token_facts().1.is_none() {
        unknown.push("whether the token has the scopes create:users and read:users, and delete:users for a removal: it does not name its scopes".to_string());
    }
    if options.job.upsert {
        unknown.push("how long after a job its users are found: where the tenant's search shows them late, they are searched for again, which takes more requests".to_string());
        unknown.push("whether the tenant has the flag import_user_match_user_profile_on_user_id, with which an upsert finds users by id: then an existing user with another id is a conflict".to_string());
        unknown.push("how much slower the jobs of an upsert are: Auth0 says that they are slower, but not by how much".to_string());
    }
    unknown.push(
        "what others do at the same time: they share the tenant's two job slots and its requests"
            .to_string(),
    );
    if !tenant.is_practice() {
        unknown.push(
            "what the tenant's event streams and their listeners do with each created user"
                .to_string(),
        );
        unknown.push("what Auth0 does where it is not documented: there the practice tenant guesses (docs/how-the-import-job-behaves.md has the list)".to_string());
    }
    unknown
}

fn of_the_speed(told: &Told, options: &ImportOptions) -> Vec<String> {
    let mut unknown = Vec::new();
    if told.practice.is_some() {
        return unknown;
    }
    unknown.push("how fast the tenant's jobs are: no tenant says, and the range is from the 27,600 users an hour that somebody has reported to the 400,000 that Auth0's staff name for the enterprise plan. A slower tenant takes longer, and more requests ask after its jobs".to_string());
    match told.at_once {
        Some(at_once) if is_published(at_once) => unknown.push(format!("how many requests a second the tenant takes in the long run: it says that it takes {at_once} at once, and the rest is from Auth0's published limits")),
        Some(at_once) => unknown.push(format!("how many requests a second the tenant takes in the long run: it says that it takes {} at once, which is not one of Auth0's published limits, so it is taken as the number for a second", grouped(at_once))),
        None => unknown.push("how many requests the tenant takes: its answers did not say, and the range is that of Auth0's plans".to_string()),
    }
    unknown.push(format!(
        "how long an upload takes: each played request took {} ms, as long as a read from the tenant, and recorded uploads took 300 to 1,400",
        grouped(told.latency.as_millis())
    ));
    if options.slots > 2 {
        unknown.push(format!(
            "whether the tenant runs {} jobs at once: Auth0 documents two",
            options.slots
        ));
    }
    unknown
}

fn of_the_connection(told: &Told, not_understood: &[String]) -> Vec<String> {
    let mut unknown = Vec::new();
    match (&told.connection, told.has_options()) {
        (None, _) => unknown.push(format!("everything about the connection, which the tenant shows to a token with the scopes read:connections {OPTIONS_SCOPE}: which usernames and phone numbers it takes, which fields it requires, whether users may share an e-mail, and whether an import into it can begin at all")),
        (Some(_), false) => unknown.push(format!("which usernames and phone numbers the connection takes and which fields it requires, so no row was refused for those reasons; whether users may share an e-mail, so e-mails were taken as unique; and whether it is a custom database, into which an import may not begin at all: {}", options_untold())),
        (Some(_), true) => {}
    }
    if told.connection.is_some() && told.applications_unknown {
        unknown.push(format!(
            "whether an application uses the connection, which Auth0 requires for an import: {}",
            applications_untold()
        ));
    }
    if told.has_options() && !not_understood.is_empty() {
        let names: Vec<&str> = not_understood
            .iter()
            .map(|at| at.rsplit("options.").next().unwrap_or(at))
            .collect();
        unknown.push(format!(
            "what the connection's options {} mean for an import",
            one_line(&names.join(", "))
        ));
    }
    unknown
}

fn of_the_users(
    told: &Told,
    users: &[User],
    faulty: usize,
    options: &ImportOptions,
) -> Vec<String> {
    let mut unknown = Vec::new();
    if told.existing.is_none() {
        let asked = users.len().saturating_sub(faulty);
        unknown.push(format!("which users are already in the connection: ImportOptions::look_up_existing(true) looks them up ({})", cost(asked, options)));
    } else if users.iter().any(|user| {
        user.username.is_some() || user.phone_number.is_some() || user.user_id.is_some()
    }) {
        unknown.push("whether another user has a username, phone number or user id: users were only looked up by e-mail".to_string());
    }
    unknown.extend(of_stored_hashes(told, users, options));
    unknown.extend(of_large_profiles(users));
    if users.iter().any(User::has_password) {
        unknown.push("whether a hash fits its user's password: hashes stayed here, and the practice tenant got others of the same kind and length".to_string());
    }
    unknown
}

/// Auth0 replaces only an imported hash with which nobody has signed in.
fn of_stored_hashes(told: &Told, users: &[User], options: &ImportOptions) -> Option<String> {
    let existing = told.existing_emails();
    let is_one = |user: &User| {
        user.custom_password_hash.is_some() && existing.contains(&user.email.to_lowercase())
    };
    let mut rows = (1..).zip(users).filter(|(_, user)| is_one(user));
    let (first, _) = rows.next().filter(|_| options.job.upsert)?;
    let number = 1 + rows.count();
    Some(format!(
        "whether Auth0 replaces the hashes of existing users, as {} with a custom_password_hash would (the first is row {first}): it refuses a row whose user has Auth0's own hash, and no tenant tells which hash a user has, so users who have never signed in were rehearsed as updated, and the others as refused",
        count(number, "row")
    ))
}

/// Auth0 takes them for now: `check_warnings` names each.
fn of_large_profiles(users: &[User]) -> Option<String> {
    let warnings = check_warnings(users);
    let first = warnings.first()?.row;
    Some(format!(
        "whether Auth0 still takes {} over 10 KB on the day of the import (the first is row {first}): it takes them for now, with a warning in the tenant's log, and may refuse them from 2027-03-04",
        count(warnings.len(), "profile")
    ))
}

/// What would keep the import from being made as it was rehearsed, and what to do about it.
pub(crate) fn obstacles(
    tenant: &Tenant,
    faulty: usize,
    options: &ImportOptions,
    longest: Duration,
) -> Vec<String> {
    let mut obstacles = Vec::new();
    if tenant.lacks_scope("create:users") {
        obstacles.push("the token lacks the scope create:users, which every import needs: add it to the application's grant".to_string());
    }
    if tenant.lacks_scope("read:users") {
        obstacles.push("the token lacks the scope read:users, which is needed to look up users that a job does not report: add it to the application's grant".to_string());
    }
    if tenant.is_read_only() {
        obstacles.push(format!(
            "the tenant is open read-only: allow_writes(\"{}\") opens it for the import",
            tenant.domain()
        ));
    }
    if faulty > 0 {
        obstacles.push(format!("import_users sends nobody while there are faulty rows ({}): fix them, or leave them out with skip_bad_rows(true), as the rehearsal did", grouped(faulty as u64)));
    }
    if options.job.upsert && options.look_up_existing {
        obstacles.push("import_users does not take look_up_existing together with an upsert, which changes existing users: leave it out of the import".to_string());
    }
    if longest > options.time_limit {
        obstacles.push(format!("it may take {} or longer, and time_limit ends the call after {}: set a longer limit, or continue with resume_import", in_words(longest), in_words(options.time_limit)));
    }
    let (expires, _) = tenant.token_facts();
    let left = expires.map(|expires| expires.saturating_sub(unix_seconds()));
    if let Some(left) = left
        && !tenant.renews_its_token()
        && longest.as_secs() > left
    {
        obstacles.push(format!("the token expires in {}, and the import may take {}: open the tenant with CLIENT_ID and CLIENT_SECRET, which renew it", in_words(Duration::from_secs(left)), in_words(longest)));
    }
    if let Some(name) = &options.name
        && disk::exists(&Path::new(IMPORTS).join(name))
    {
        obstacles.push(format!(
            "the run folder {IMPORTS}/{name} already exists: give the import another name"
        ));
    }
    obstacles
}
