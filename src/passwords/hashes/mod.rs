//! How each hash that Auth0 takes is made and checked.

pub(crate) mod bcrypt_lanes;
pub(crate) mod blowfish_pi;
pub(crate) mod burden;
pub(crate) mod custom;
pub(crate) mod digests;
pub(crate) mod encodings;
pub(crate) mod kinds;
pub(crate) mod schema;
pub(crate) mod slow;
pub(crate) mod stored;
