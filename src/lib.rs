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
//! For more users than one job holds, steps 4 to 6 are one call: [`import_users`] checks every user, packs, sends two
//! jobs at a time, bears faults, accounts for every row and writes it all down; [`plan_import`] says what it would do,
//! [`resume_import`] goes on after a crash, [`plan_run_removal`] lists what the run created. [`import_stream`] does the
//! same for users that stream in, from [`read_csv`] or [`read_ndjson`], say, through [`hash_stream`].
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

mod blowfish_pi;
mod brief;
mod bulk_bcrypt;
mod candidates;
mod check;
mod cleanup;
mod connections;
mod custom_hash;
mod detective;
mod digests;
mod display;
mod draw_import;
mod draw_jobs;
mod draw_requests;
mod draw_tour;
mod drawing;
mod email;
mod encodings;
mod error;
mod export;
mod figure;
mod file_maker;
mod files;
mod gunzip;
mod hash_kinds;
mod hash_rules;
mod import;
mod job_errors;
mod jobs;
mod journal;
mod measure;
mod messages;
mod open;
mod options;
mod pace;
mod password;
mod patience;
mod plan;
mod practice;
mod profiles;
mod progress;
mod recipe;
mod report;
mod request_log;
mod requests;
mod run;
mod run_folder;
mod schedule;
mod secret;
mod settings;
mod settle;
mod sign_in;
mod slow_hashes;
mod source;
mod tenant;
mod tls;
mod token;
mod unlike_auth0;
mod users;
mod verify;
mod wire;

pub use std::time::Duration;

#[doc(hidden)]
pub use bulk_bcrypt::hash_in_lanes;
pub use check::{Problem, check_users};
pub use cleanup::{RemovalPlan, Removed, plan_removal, plan_run_removal, remove_users};
pub use connections::{Connection, ConnectionId, Connections, get_connection_id, list_connections};
pub use detective::{KnownHash, find_recipe};
pub use display::OrStop;
pub use error::{Error, Result};
pub use export::{ExportedUsers, export_users};
pub use files::MAX_UPLOAD_BYTES;
pub use import::{import_stream, import_users, latest_import, read_import, resume_import};
pub use job_errors::{FailedUser, JobErrors, RowError, job_errors};
pub use jobs::{
    FinishedJob, Job, JobId, JobStatus, Summary, start_import, start_import_with, wait_for_job,
};
pub use measure::{CostTimes, HashingSpeeds, measure_costs, measure_hashing};
pub use options::{Afterwards, ImportOptions};
pub use password::{
    BCRYPT_COST, HashStream, MAX_PASSWORD_BYTES, Passwords, hash_password, hash_stream,
    set_passwords,
};
pub use plan::{ImportPlan, plan_import};
pub use profiles::{FoundUsers, Profile, find_users, users_by_email};
pub use recipe::HashRecipe;
pub use report::{Attention, Counts, ImportReport, JobSpan, Outcome};
pub use request_log::{RequestLog, SentRequest};
pub use secret::Secret;
pub use serde_json;
pub use sign_in::{SignIn, SignInRefusal, verify_sign_in};
pub use source::{UserFile, read_csv, read_ndjson};
pub use tenant::Tenant;
pub use users::{User, Users, generate_users};
pub use verify::verify_password;
