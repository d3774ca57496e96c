pub(crate) mod connections;
