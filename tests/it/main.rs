//! What a stranger would rely on, against the practice tenant; and the practice tenant over raw HTTP.

mod client;
mod import;
mod messages;
mod practice;
mod server;
mod source;
mod users;
