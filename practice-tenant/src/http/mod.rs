//! How requests are read and answered: who may ask, bodies, queries, envelopes.

pub(crate) mod access;
pub(crate) mod bodies;
pub(crate) mod call;
pub(crate) mod correlation;
pub(crate) mod message;
pub(crate) mod multipart;
pub(crate) mod query;
