//! How values look in a cell. Each has a `view`, which is data (`view.rs`); `html.rs` and `text.rs` write it down.

pub(crate) mod compare;
pub(crate) mod exercise;
pub(crate) mod html;
pub(crate) mod imports;
pub(crate) mod inspect;
pub(crate) mod jobs;
pub(crate) mod or_stop;
pub(crate) mod passwords;
pub(crate) mod profiles;
pub(crate) mod rehearsal;
pub(crate) mod removal;
pub(crate) mod requests;
pub(crate) mod show;
pub(crate) mod text;
pub(crate) mod values;
pub(crate) mod view;
