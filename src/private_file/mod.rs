//! Files that hold secrets or personal data.

pub(crate) mod lock;
pub(crate) mod sheet;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::disk::metadata::How;
use crate::disk::{self, File};
use crate::secrets::random_hex;

/// Permissions of a file, and of a folder, that only its owner can read.
pub(crate) const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// A new file that only its owner can read; an existing file is an error.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    File::open(path, How::New(FILE_MODE))
}

/// A file for another program to append to, which only its owner can read if it is made here.
pub(crate) fn append_to_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    options.append(true).create(true).open(path)
}

/// Writes a file that only its owner can read. It is written beside its place, and moved there once it is complete.
pub(crate) fn write_private(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = place.as_os_str().to_owned();
    aside.push(format!(".{}", random_hex(4).map_err(io::Error::other)?));
    let aside = Path::new(&aside);
    let write = || {
        let mut file = create_private(aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        disk::rename(aside, place)
    };
    write().inspect_err(|_| {
        let _ = disk::remove_file(aside);
    })
}

/// Makes a folder, and missing folders above it, for its owner only.
pub(crate) fn create_private_folders(path: &Path) -> io::Result<()> {
    disk::create_dir_all(path, FOLDER_MODE)
}

/// Makes a new folder for its owner only.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    disk::create_dir(path, FOLDER_MODE)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_made_here_is_its_owners_alone() {
        let name = format!("private-{}", crate::secrets::random_hex(8).unwrap());
        let path = std::env::temp_dir().join(name);
        let makes = [
            |path: &Path| create_private(path).map(drop),
            |path: &Path| append_to_private(path).map(drop),
        ];
        for make in makes {
            make(&path).unwrap();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
