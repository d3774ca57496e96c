//! The practice tenant: it answers as Auth0's Management API does, for everything a bulk import needs.
//!
//! [`answer`] is all there is to it: a tenant, a moment and a request give an answer. It knows no network, no clock and no
//! chance but its own, so the same requests at the same moments are answered with the same bytes. `main.rs` puts it on HTTP
//! and on the machine's time; whoever simulates a tenant calls it as it is.
//!
//! `endpoints/` has a file for each family of endpoints, and `routes.rs` which address leads to which and what each request
//! passes on its way. What all of them need to read a request and to answer it is in `http/`: the token, bodies, queries,
//! envelopes. `state/` remembers: users, jobs and what becomes of their rows, the log, the faults that are switched on. `rules/`
//! says what Auth0 takes and refuses, and remembers nothing. It shares no type with the client: a shared misspelling would
//! pass every test.

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
