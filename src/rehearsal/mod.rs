//! The rehearsal of an import: the reader's users on a practice tenant shaped like their tenant, with a turned clock.
//!
//! `told.rs` reads from the tenant, `terms.rs` says how fast it may be, `stand_ins.rs` replaces secrets, `play.rs` plays the
//! import, `unknown.rs` has what could not be known, and `report.rs` has the report.

pub(crate) mod play;
pub(crate) mod report;
pub(crate) mod stand_ins;
pub(crate) mod terms;
pub(crate) mod told;
pub(crate) mod unknown;

use std::time::Duration;

use crate::check::check_for;
use crate::clock::unix_seconds;
use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::imports::bad_rows;
use crate::imports::options::ImportOptions;
use crate::jobs::ownership::AT_ONCE;
use crate::rehearsal::play::{Played, play};
use crate::rehearsal::report::{Forecast, Rehearsal};
use crate::rehearsal::terms::terms;
use crate::rehearsal::told::Told;
use crate::rehearsal::unknown::{obstacles, unknown};
use crate::say::say;
use crate::tenant::Tenant;
use crate::users::User;
use crate::words::{count, grouped};

/// Rehearses an import with these users: which rows will be refused and why, how many jobs and requests, how long. Sends only
/// reads, and writes nothing to the tenant, which may be read-only.
///
/// It reads the connection, which applications use it, and with [`look_up_existing`](ImportOptions::look_up_existing) which
/// users already exist, with one request for each; it says how many. Then it starts its own practice tenant with this shape and
/// makes the import there with the same code, on a turned clock: hours pass in seconds. If the tenant does not say how fast it
/// is, four plays from the slowest speed that is reported to Auth0's fastest plan give a range, and a slower tenant takes longer. Hashes and second factors stay here: the practice
/// tenant gets others of the same kind and length.
///
/// Faulty rows are left out, as with [`skip_bad_rows`](ImportOptions::skip_bad_rows). With an upsert, `look_up_existing` is
/// only for the rehearsal. Nothing is left in `imports/`.
///
/// # Errors
///
/// No users; options that contradict each other; a connection that cannot take an import; the tenant cannot be reached; the
/// practice tenant cannot be built or started, or the play stops, for example because the disk is full.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Email-Only-Users")?;
/// let users = [User::new("docs-play@uni.test"), User { username: Some("ada".into()), ..User::new("docs-ada@uni.test") }];
/// let rehearsal = rehearse_import(&tenant, &connection, &users, &ImportOptions::default())?;
/// assert_eq!(rehearsal.refused()[0].row, 2, "this connection takes no usernames");
/// # Ok::<(), Error>(())
/// ```
pub fn rehearse_import(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<Rehearsal> {
    let as_given = options;
    let options = &played_with(connection, users, as_given)?;
    let began = unix_seconds();
    let told = told::read(tenant, connection, users, as_given)?;
    let (terms, likeliest) = terms(&told, options.slots);
    let shape = told.shape(connection);
    let (mut forecasts, mut chosen) = (Vec::new(), None);
    for (place, terms) in terms.iter().enumerate() {
        let words = speed(terms.users_an_hour);
        say!("rehearsing with {}, {words}", count(users.len(), "user"));
        let shape = terms.laid_over(shape.clone());
        let played = play(&shape, told.latency, &words, connection, users, options)?;
        forecasts.push(Forecast {
            users_an_hour: terms.users_an_hour,
            took: played.took,
            requests: played.requests,
        });
        if place == likeliest {
            chosen = Some(played);
        }
    }
    let played = chosen.ok_or_else(Error::no_users)?;
    let faulty = bad_rows(&check_for(connection, users, options.loses_hashes()));
    // With skip_bad_rows they are left out, as they were here.
    let in_the_way = if options.skip_bad_rows { 0 } else { faulty };
    let longest = forecasts.iter().map(|forecast| forecast.took).max();
    Ok(Rehearsal {
        domain: tenant.domain().to_string(),
        connection: told.name.clone(),
        practice: tenant.is_practice(),
        obstacles: obstacles(tenant, in_the_way, as_given, longest.unwrap_or_default()),
        unknown: unknown(
            tenant,
            &told,
            &played.not_understood,
            users,
            faulty,
            options,
        ),
        removal: removal(
            &played,
            &told,
            users,
            options,
            terms[likeliest].per_second(),
        ),
        report: played.report,
        forecasts,
        likeliest,
        began,
    })
}

fn speed(users_an_hour: Option<u32>) -> String {
    match users_an_hour {
        Some(an_hour) => format!("at {} users an hour", grouped(an_hour)),
        None => "as fast as the tenant is".to_string(),
    }
}

/// The options of the plays, where such an import can be made at all.
fn played_with(
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<ImportOptions> {
    if users.is_empty() {
        return Err(Error::no_users());
    }
    if options.again.is_some() {
        return Err(Error::again_without_file());
    }
    let looks_up = options.look_up_existing && !options.job.upsert;
    if looks_up && connection.name.is_none() {
        return Err(Error::nameless_look_up(connection.as_str()));
    }
    connection.check_upsert(options.job.upsert)?;
    connection.check_ids_left(!options.make_ids)?;
    options.clone().look_up_existing(looks_up).whole()
}

/// What it takes to remove the users that the import would create: a look at the connection, searches by id, and one request
/// for each. Users with their own id are also looked up three times. Users with an id from Auth0 cannot be removed.
fn removal(
    played: &Played,
    told: &Told,
    users: &[User],
    options: &ImportOptions,
    tenants_rate: f64,
) -> (u64, Duration) {
    let existing = told.existing_emails();
    let is_created = |row: usize, user: &User| {
        !played.refused.contains(&row) && !existing.contains(&user.email.to_lowercase())
    };
    let with_id = (1..)
        .zip(users)
        .filter(|(row, user)| user.user_id.is_some() && is_created(*row, user))
        .count() as u64;
    let created = match options.make_ids {
        true => played.report.counts().inserted,
        false => with_id,
    };
    let requests = match created {
        0 => 0,
        created => 1 + created.div_ceil(AT_ONCE as u64) + created + 3 * with_id.min(created),
    };
    let seconds = requests as f64 / options.requests_per_second.min(tenants_rate);
    (requests, Duration::from_secs_f64(seconds))
}
