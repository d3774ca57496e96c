//! Users from a file, whatever its format, its encoding and the system that wrote it.
//!
//! `bytes.rs` (gzip, encodings, a window), `csv.rs`, `json.rs` and `ldif.rs` (rows), `recognise.rs` (what it is), `holders.rs`
//! (users without a list of users), `fields.rs`, `values.rs`, `places.rs` and `mapping.rs` (what goes where), `draft.rs` (a
//! user in the making), `whole.rs` (a user that is already complete), `known/` (a table for each system), `counts.rs` (the
//! outcome of each row).

pub(crate) mod bytes;
pub(crate) mod counts;
mod csv;
mod draft;
mod fields;
pub(crate) mod gunzip;
mod holders;
mod json;
pub(crate) mod known;
mod ldif;
pub(crate) mod look;
pub(crate) mod mapping;
pub(crate) mod options;
pub(crate) mod places;
pub(crate) mod reader;
mod recognise;
mod rows;
mod values;
mod whole;
