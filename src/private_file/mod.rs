//! Files that hold secrets or personal data.

pub(crate) mod lock;
pub(crate) mod sheet;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::secrets::random_hex;

/// A new file that its owner alone can read; where one is already, that is an error.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    for_owner_alone().create_new(true).open(path)
}

/// A file to add to, which its owner alone can read if it is made here.
pub(crate) fn append_to_private(path: &Path) -> io::Result<File> {
    for_owner_alone().create(true).open(path)
}

/// Writes a file for its owner alone. It is written beside its place, and put there once it is whole.
pub(crate) fn write_private(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = place.as_os_str().to_owned();
    aside.push(format!(".{}", random_hex(4).map_err(io::Error::other)?));
    let aside = Path::new(&aside);
    let write = || {
        let mut file = create_private(aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(aside, place)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(aside);
    })
}

/// Makes a folder, and those above it that are missing, for its owner alone.
pub(crate) fn create_private_folders(path: &Path) -> io::Result<()> {
    private_folders().recursive(true).create(path)
}

/// Makes a new folder for its owner alone.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    private_folders().create(path)
}

fn private_folders() -> DirBuilder {
    let mut folders = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders
}

fn for_owner_alone() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_made_here_is_its_owners_alone() {
        let name = format!("private-{}", crate::secrets::random_hex(8).unwrap());
        let path = std::env::temp_dir().join(name);
        for make in [create_private, append_to_private] {
            let mode = make(&path)
                .unwrap()
                .metadata()
                .unwrap()
                .permissions()
                .mode();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
