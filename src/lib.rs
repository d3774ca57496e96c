//! Fill an Auth0 tenant with users from a Rust notebook, through the Management API's bulk import job.
//!
//! The story in steps, each one call:
//!
//! 1. [`Tenant::from_env`] opens the tenant your settings name, or, when nothing is set, a *practice
//!    tenant* on your own machine that answers as Auth0 would. A real tenant opens read-only.
//! 2. [`generate_users`] makes users from a prefix; [`set_passwords`] hashes a password for each.
//! 3. [`get_connection_id`] finds the database connection they go to.
//! 4. [`start_import`] sends them as one job, [`wait_for_job`] waits for its end, with a limit.
//! 5. [`job_errors`] tells who was refused and why; [`verify_sign_in`] proves that a password works.
//! 6. [`plan_removal`] finds what the job created, and [`remove_users`] deletes exactly that.
//!
//! The whole script:
//!
//! ```no_run
//! use auth0_bulk_users::*;
//!
//! let tenant = Tenant::from_env().or_stop();
//! let users = generate_users("imfake", "test.edu", 25).or_stop();
//! let accounts = set_passwords(&users, Passwords::SameAsUsername).or_stop();
//! let connection = get_connection_id(&tenant, "Username-Password-Authentication").or_stop();
//! let job = start_import(&tenant, &connection, &accounts).or_stop();
//! let finished = wait_for_job(&tenant, &job, Duration::from_secs(120)).or_stop();
//! println!("{finished}");
//! println!("{}", job_errors(&tenant, &finished).or_stop());
//! ```

mod cleanup;
mod connections;
mod display;
mod error;
mod files;
mod jobs;
mod password;
mod practice;
mod secret;
mod settings;
mod sign_in;
mod tenant;
mod token;
mod users;

pub use std::time::Duration;

pub use cleanup::{RemovalPlan, Removed, plan_removal, remove_users};
pub use connections::{ConnectionId, get_connection_id};
pub use display::OrStop;
pub use error::{Error, Result};
pub use files::MAX_UPLOAD_BYTES;
pub use jobs::{
    FailedUser, FinishedJob, ImportOptions, Job, JobErrors, JobId, JobStatus, RowError, Summary,
    job_errors, start_import, start_import_with, wait_for_job,
};
pub use password::{BCRYPT_COST, MAX_PASSWORD_BYTES, Passwords, hash_password, set_passwords};
pub use secret::Secret;
pub use serde_json;
pub use sign_in::{SignIn, SignInRefusal, verify_sign_in};
pub use tenant::Tenant;
pub use users::{User, Users, generate_users};
