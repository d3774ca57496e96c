//! What a stranger would rely on, against the practice tenant; and the practice tenant over raw HTTP.

mod bad_input;
mod chance;
mod check;
mod client;
mod fault_table;
mod faults;
mod hashes;
mod import;
mod job_errors;
mod kills;
mod limits;
mod messages;
mod options;
mod practice;
mod recipes;
mod requests;
mod run_folder;
mod runs;
mod search;
mod server;
mod settings;
mod source;
mod tidy;
mod tour;
mod users;
