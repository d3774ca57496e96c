//! Which rows, hashes, searches and scopes Auth0 takes and refuses. Nothing here remembers anything.

pub(crate) mod connections;
mod digests;
pub(crate) mod hashes;
pub(crate) mod schema;
pub(crate) mod scopes;
pub(crate) mod search;
pub(crate) mod shape;
mod slow_hashes;
