//! The same file into the same connection again.
