//! How files are opened, and their metadata.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Read,
    /// To add to one that is there.
    Append,
    /// To add to a new one with these permissions; where one is already, that is an error.
    New(u32),
    /// To write to one, made with these permissions where it is missing.
    OrNew(u32),
}

/// What is known of a file without reading it.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) kind: Kind,
    /// Its permissions; 0 where there are none.
    pub(crate) mode: u32,
    /// Its owner's number; 0 where there is none.
    pub(crate) uid: u32,
    pub(crate) bytes: u64,
    /// How long ago it was written; unknown on some file systems, and where it is to come.
    pub(crate) age: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A link, a pipe, a device.
    Other,
}

impl Metadata {
    pub(crate) fn of(found: &fs::Metadata) -> Metadata {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        #[cfg(unix)]
        let (mode, uid) = (found.mode(), found.uid());
        #[cfg(not(unix))]
        let (mode, uid) = (0, 0);
        Metadata {
            kind: match (found.is_file(), found.is_dir()) {
                (true, _) => Kind::File,
                (_, true) => Kind::Folder,
                _ => Kind::Other,
            },
            mode,
            uid,
            bytes: found.len(),
            age: found.modified().ok().and_then(clock::age_of_file),
        }
    }

    pub(crate) fn is_dir(&self) -> bool {
        self.kind == Kind::Folder
    }

    pub(crate) fn is_file(&self) -> bool {
        self.kind == Kind::File
    }
}

/// A name in a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    /// A link to a folder is none.
    pub(crate) is_folder: bool,
}
