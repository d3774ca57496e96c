//! The endpoints, a file for each family.

pub(crate) mod connections;
pub(crate) mod exports;
pub(crate) mod jobs;
pub(crate) mod logs;
pub(crate) mod practice;
pub(crate) mod sign_in;
pub(crate) mod user_changes;
pub(crate) mod users;
