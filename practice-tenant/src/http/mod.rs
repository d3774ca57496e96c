//! How requests are read and answered: who may ask, bodies, queries, envelopes, and what each request passes on its way.

pub(crate) mod access;
pub(crate) mod answers;
pub(crate) mod bodies;
pub(crate) mod correlation;
mod cut;
pub(crate) mod layers;
pub(crate) mod query;
