//! The practice tenant: it answers like Auth0's Management API, for everything that a bulk import needs.
//!
//! Its one function is [`answer`]: a tenant, a moment and a request give an answer. It has no network, no clock and only its
//! own random numbers, so the same requests at the same moments get the same bytes. `main.rs` puts it on HTTP and on the
//! machine's clock; a simulation calls it directly.
//!
//! `endpoints/` has a file for each family of endpoints. `routes.rs` says which address leads to which endpoint, and which
//! checks each request passes. `http/` has what all of them need to read a request and to answer it: the token, bodies,
//! queries, envelopes. `state/` remembers users, jobs and the outcome of their rows, the log, and the faults that are switched
//! on. `rules/` says what Auth0 takes and refuses, and remembers nothing. The package shares no type with the client, because a
//! spelling mistake in a shared type would pass every test.

mod chance;
mod endpoints;
mod http;
mod moment;
mod routes;
mod rules;
mod setup;
mod state;

pub use http::message::{Answer, Fate, Request};
pub use moment::Moment;
pub use routes::{Body, Done, Later, Passed, Reply, answer, begin, end, go_on};
pub use rules::shape::Shape;
pub use setup::{Keys, Setup};
pub use state::World;
pub use state::accounts::Account;
pub use state::record::Asked;
