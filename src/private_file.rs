//! Files that hold secrets or personal data.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// A new file that its owner alone can read; where one is already, that is an error.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
