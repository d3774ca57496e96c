//! Fill an Auth0 tenant with users from a Rust notebook, through the Management API's bulk import job.
//!
//! It is made to be typed into cells: free functions with the tenant first, one call for each step, and values that draw
//! themselves. You need no Auth0 account to begin, because a *practice tenant* on your own machine answers like Auth0.
//!
//! # From the top
//!
//! Requests go to a [`Tenant`]. [`Tenant::from_env`] opens the tenant that your settings name, or the practice tenant if
//! nothing is set. A real tenant is read-only until [`Tenant::allow_writes`] names it. By convention, the variable is called
//! `tenant`:
//!
//! ```
//! use auth0_bulk_users::*;
//!
//! # unsafe { std::env::set_var("DOMAIN", "practice") };
//! let tenant = Tenant::from_env().or_stop();
//! ```
//!
//! [`or_stop`](OrStop::or_stop) returns the value, or shows the error and stops the cell, so no later cell that needs the value
//! runs. Outside a notebook, `?` works as well.
//!
//! [`Users`] are generated from a prefix or read from a file. Each needs a password, as a hash that Auth0 takes:
//!
//! ```
//! # use auth0_bulk_users::*;
//! let users = generate_users("imfake", "uni.test", 25).or_stop();
//! let accounts = set_passwords(&users, Passwords::SameAsUsername).or_stop();
//! # assert_eq!(accounts.len(), 25);
//! ```
//!
//! They go into a connection as one *job*, and an import needs the connection's id. Auth0 accepts the upload before it looks at
//! it, so you wait for the job's end, with a limit, and then ask which rows were refused. A *completed* job does not mean that
//! anybody was imported:
//!
//! ```
//! # use auth0_bulk_users::*;
//! # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
//! # let tenant = Tenant::practice().or_stop();
//! # let accounts = generate_users("docs-guide", "uni.test", 2).or_stop();
//! let connection = get_connection_id(&tenant, "Username-Password-Authentication").or_stop();
//! let job = start_import(&tenant, &connection, &accounts).or_stop();
//! let finished = wait_for_job(&tenant, &job, Duration::from_secs(120)).or_stop();
//! let refused = job_errors(&tenant, &finished).or_stop();
//! # assert!(refused.is_empty());
//! # remove_users(&tenant, plan_removal(&tenant, &finished).or_stop()).or_stop();
//! ```
//!
//! A sign-in proves that a password works. It changes its user, so it is not sent to a read-only tenant. At the end you remove
//! exactly the users that the job created. A plan shows them first.
//!
//! # The whole script
//!
//! ```
//! use auth0_bulk_users::*;
//!
//! # unsafe { std::env::set_var("DOMAIN", "practice") };
//! # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
//! let tenant = Tenant::from_env().or_stop();
//! let users = generate_users("docs-script", "uni.test", 3).or_stop();
//! let accounts = set_passwords(&users, Passwords::SameAsUsername).or_stop();
//!
//! let database = "Username-Password-Authentication";
//! let connection = get_connection_id(&tenant, database).or_stop();
//! let job = start_import(&tenant, &connection, &accounts).or_stop();
//! let finished = wait_for_job(&tenant, &job, Duration::from_secs(120)).or_stop();
//! println!("{finished}\n{}", job_errors(&tenant, &finished).or_stop());
//!
//! println!("{}", verify_sign_in(&tenant, database, "docs-script_02", "docs-script_02").or_stop());
//!
//! let plan = plan_removal(&tenant, &finished).or_stop();
//! println!("{plan}");
//! println!("{}", remove_users(&tenant, plan).or_stop());
//! ```
//!
//! # More users than one job holds
//!
//! One upload has at most [`MAX_UPLOAD_BYTES`]: about two thousand users with hashes. For more users, or for a run that must
//! survive faults, [`import_users`] makes all steps from the check to the report in one call:
//!
//! ```
//! use auth0_bulk_users::*;
//!
//! # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
//! # let tenant = Tenant::practice().or_stop();
//! # let connection = get_connection_id(&tenant, "Username-Password-Authentication").or_stop();
//! # let accounts = generate_users("docs-all", "uni.test", 2).or_stop();
//! let report = import_users(&tenant, &connection, &accounts, &ImportOptions::default()).or_stop();
//! println!("{report}");
//!
//! let plan = plan_run_removal(&tenant, report.folder()).or_stop();
//! remove_users(&tenant, plan).or_stop();
//! ```
//!
//! # When something goes wrong
//!
//! Every failure is an [`Error`], one sentence that says what was tried, on what, why it failed, and what to do next:
//!
//! ```
//! # use auth0_bulk_users::*;
//! # let tenant = Tenant::practice().or_stop();
//! if let Err(error) = get_connection_id(&tenant, "Usernames") {
//!     println!("{error}");
//! #   assert_eq!(error.to_string(), "there is no connection `Usernames`; this tenant has: Username-Password-Authentication, Email-Only-Users, unused-database, email (email, not a database), Flexible-Identifiers, Required-Attributes, Shared-Emails");
//! }
//! ```
//!
//! ```text
//! there is no connection `Usernames`; this tenant has: Username-Password-Authentication, Email-Only-Users, unused-database, email (email, not a database), Flexible-Identifiers, Required-Attributes, Shared-Emails
//! ```
//!
//! Code can decide on [`Error::kind`]. [`Error::advice`] is only the next step, and [`Error::may_pass`] says whether the same
//! call may work later:
//!
//! ```
//! # use auth0_bulk_users::*;
//! # let tenant = Tenant::practice().or_stop();
//! let hasty = tenant.request_limit(Duration::ZERO);
//! if let Err(error) = list_connections(&hasty) {
//!     assert!(error.kind() == ErrorKind::TimedOut && error.may_pass());
//! }
//! ```
//!
//! No error, and nothing that is printed or drawn, holds a token, a secret, a password or a hash.
//!
//! # The names, by step
//!
//! | step | functions | what they return |
//! | --- | --- | --- |
//! | open a tenant | [`Tenant::from_env`], [`Tenant::new`] (and [`with_sign_in`](Tenant::with_sign_in)), [`Tenant::practice`] | [`Tenant`] |
//! | look around | [`list_connections`], [`find_users`], [`users_by_email`], [`export_users`] | [`Connections`], [`FoundUsers`], [`ExportedUsers`] |
//! | see the HTTP | [`Tenant::requests`] | [`RequestLog`] |
//! | make or read users | [`generate_users`], [`read_users`], [`read_users_as`], [`read_users_with`], [`read_csv`], [`read_ndjson`] | [`Users`], [`UserFile`], [`ReadOptions`], [`FileCounts`] |
//! | see what an import of a file would do | [`inspect_users`], [`inspect_users_as`], [`inspect_users_with`] | [`FileReport`] |
//! | give them passwords | [`hash_password`], [`set_passwords`], [`hash_stream`] | [`Users`], [`HashStream`] |
//! | keep old passwords | [`StoredHash::read`], [`keycloak`], [`firebase`], [`aspnet_membership`]; [`find_recipe`], [`find_recipe_within`], [`find_recipes`], [`HashRecipe::new`], [`HashRecipe::read`], [`verify_password`] | [`StoredHash`], [`HashRecipe`], [`HashRecipes`] |
//! | measure hashing | [`measure_costs`], [`measure_hashing`] | [`CostTimes`], [`HashingSpeeds`] |
//! | find the connection | [`get_connection_id`] | [`ConnectionId`] |
//! | one job | [`start_import`], [`start_import_with`], [`wait_for_job`], [`job_errors`]; after a restart: [`find_job`] | [`Job`], [`JobOptions`], [`FinishedJob`], [`JobErrors`] |
//! | any number of users | [`check_users`], [`check_warnings`], [`plan_import`], [`plan_import_with`], [`import_users`], [`import_stream`] | [`Problem`], [`ImportPlan`], [`ImportReport`] |
//! | rehearse it | [`rehearse_import`] | [`Rehearsal`] |
//! | after a crash | [`latest_import`], [`resume_import`], [`read_import`] | [`ImportReport`] |
//! | prove it | [`verify_sign_in`] | [`SignIn`] |
//! | see where Auth0 answers differently | [`compare_with_practice`], [`compare_with_practice_with`] | [`Comparison`], [`ComparisonOptions`], [`Probe`] |
//! | check an exercise | [`check_answer`], [`answer_digest`] | [`Answer`] |
//! | remove them | [`plan_clean_up`], [`clean_up`]; of one job or run: [`plan_removal`], [`plan_run_removal`], [`remove_users`] | [`CleanUp`], [`CleanedUp`], [`RemovalPlan`], [`LeftOut`], [`Removed`] |
//!
//! The first line of each function's documentation says whether it sends, writes or waits. [How the import job really
//! behaves](https://github.com/auth0-bulk-users/auth0-bulk-users/blob/main/docs/how-the-import-job-behaves.md) says what Auth0 does with them.

/// README's code, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// And that of the page for readers of crates.io.
#[cfg(doctest)]
#[doc = include_str!("../docs/crate.md")]
mod crate_page {}

mod check;
mod clock;
mod compare;
mod connections;
mod disk;
mod display;
mod error;
mod exercise;
mod imports;
mod inspect;
mod jobs;
mod list;
mod passwords;
mod private_file;
mod profiles;
mod progress;
mod rehearsal;
mod removal;
mod say;
#[cfg(feature = "simulation")]
#[doc(hidden)]
pub mod seams;
mod secrets;
mod sign_in;
mod sources;
mod tenant;
mod users;
mod words;

pub use std::time::Duration;

pub use check::check_users;
pub use check::warnings::check_warnings;
pub use compare::{
    Comparison, ComparisonOptions, Probe, compare_with_practice, compare_with_practice_with,
};
pub use connections::list::{Connection, Connections, list_connections};
pub use connections::{ConnectionId, get_connection_id};
pub use display::or_stop::OrStop;
pub use error::problem::Problem;
pub use error::refusal::SignInRefusal;
pub use error::{Error, ErrorKind, Result};
pub use exercise::{Answer, answer_digest, check_answer};
pub use imports::options::{Afterwards, Again, ImportOptions};
pub use imports::outcome::{Attention, Counts, JobSpan, Outcome};
pub use imports::plan::{ImportPlan, plan_import, plan_import_with};
pub use imports::report::ImportReport;
pub use imports::{import_stream, import_users, latest_import, read_import, resume_import};
pub use inspect::report::FileReport;
pub use inspect::{inspect_users, inspect_users_as, inspect_users_with};
pub use jobs::errors::{FailedUser, JobErrors, RowError, job_errors};
pub use jobs::find::find_job;
pub use jobs::options::JobOptions;
pub use jobs::upload::MAX_UPLOAD_BYTES;
pub use jobs::wait::wait_for_job;
pub use jobs::{FinishedJob, Job, JobId, JobStatus, Summary, start_import, start_import_with};
pub use passwords::hash_stream::{HashStream, hash_stream};
#[doc(hidden)]
pub use passwords::hashes::bcrypt_lanes::hash_in_lanes;
pub use passwords::hashes::stored::{
    FirebaseConfig, StoredHash, aspnet_membership, firebase, keycloak,
};
pub use passwords::measure::{CostTimes, HashingSpeeds, measure_costs, measure_hashing};
pub use passwords::recipe::HashRecipe;
pub use passwords::recipe::find::{find_recipe, find_recipe_within};
pub use passwords::recipe::groups::{HashRecipes, find_recipes};
pub use passwords::recipe::known_hash::KnownHash;
pub use passwords::verify::verify_password;
pub use passwords::{BCRYPT_COST, MAX_PASSWORD_BYTES, Passwords, hash_password, set_passwords};
pub use profiles::export::{ExportedUsers, export_users};
pub use profiles::{FoundUsers, Profile, find_users, users_by_email};
pub use rehearsal::rehearse_import;
pub use rehearsal::report::Rehearsal;
pub use removal::clean_up::{CleanUp, CleanedUp, clean_up, plan_clean_up};
pub use removal::plan::{LeftOut, RemovalPlan, Removed};
pub use removal::{plan_removal, plan_run_removal, remove_users};
pub use secrets::Secret;
pub use serde_json;
pub use sign_in::{SignIn, verify_sign_in};
pub use sources::bytes::Encoding;
pub use sources::counts::FileCounts;
pub use sources::known::Source;
pub use sources::options::ReadOptions;
pub use sources::reader::{
    UserFile, read_csv, read_ndjson, read_users, read_users_as, read_users_with,
};
pub use tenant::Tenant;
pub use tenant::log::{RequestLog, SentRequest};
pub use users::generate::generate_users;
pub use users::{User, Users};
