//! What a stranger would rely on, against the practice tenant; and the practice tenant over raw HTTP.

mod check;
mod client;
mod faults;
mod import;
mod messages;
mod practice;
mod requests;
mod search;
mod server;
mod source;
mod steps;
mod tour;
mod users;
