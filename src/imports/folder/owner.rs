//! Whether a folder and its files are ours: made by the user who runs this, and private.

use std::io::{self, Read};
use std::path::Path;

use crate::disk::metadata::{How, Metadata};
use crate::disk::{self, File};
use crate::error::{Error, Result};
use crate::private_file::create_private;
use crate::secrets::random_hex;

/// Who owns what is made in a place, and whether modes are kept there.
///
/// Both are read from a file that is made there and deleted again: a file system may show another owner (a network drive), or
/// keep no modes at all (a Windows drive).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    #[cfg(unix)]
    user: u32,
    #[cfg(unix)]
    keeps_modes: bool,
}

/// What a place is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folder, or a link to one: its user may have made the link for want of room.
    Folder,
    /// A plain file: no link, pipe or device.
    File,
}

/// How the file begins that is made to see who owns new files.
pub(crate) const PROBE: &str = ".owner-";

impl Owner {
    /// The one who makes files in `folder`: makes one there, and deletes it.
    pub(crate) fn of_new_files(folder: &Path) -> io::Result<Owner> {
        let name = format!("{PROBE}{}", random_hex(8).map_err(io::Error::other)?);
        let probe = folder.join(name);
        let made = create_private(&probe).and_then(|file| file.metadata());
        let _ = disk::remove_file(&probe);
        Ok(Owner::of(&made?))
    }

    #[cfg(unix)]
    fn of(private: &Metadata) -> Owner {
        Owner {
            user: private.uid,
            keeps_modes: private.mode & OTHERS == 0,
        }
    }

    #[cfg(not(unix))]
    fn of(_private: &Metadata) -> Owner {
        Owner {}
    }

    /// Refuses what is not private to this owner.
    pub(crate) fn check(self, path: &Path, kind: Kind) -> Result<()> {
        let unreadable = |cause| Error::run_unreadable(path, cause);
        let found = match kind {
            Kind::Folder => disk::metadata(path).map_err(unreadable)?,
            Kind::File => disk::symlink_metadata(path).map_err(unreadable)?,
        };
        let fits = match kind {
            Kind::Folder => found.is_dir(),
            Kind::File => found.is_file(),
        };
        if !fits {
            return Err(Error::link_or_device(path));
        }
        self.check_access(path, kind, &found)
    }

    /// Reads a private file of this owner with at most `most` bytes.
    pub(crate) fn read(self, path: &Path, most: u64) -> Result<Vec<u8>> {
        let bytes = self.read_beginning(path, most + 1)?;
        if bytes.len() as u64 > most {
            return Err(Error::longer_than_written(path, most));
        }
        Ok(bytes)
    }

    /// Reads the first `most` bytes of a private file of this owner.
    pub(crate) fn read_beginning(self, path: &Path, most: u64) -> Result<Vec<u8>> {
        self.check(path, Kind::File)?;
        let mut bytes = Vec::new();
        File::open(path, How::Read)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|cause| Error::run_unreadable(path, cause))?;
        Ok(bytes)
    }

    #[cfg(unix)]
    fn check_access(self, path: &Path, kind: Kind, found: &Metadata) -> Result<()> {
        if found.uid != self.user {
            return Err(Error::of_another_user(path, found.uid, self.user));
        }
        if self.keeps_modes && found.mode & OTHERS != 0 {
            let folder = match kind {
                Kind::Folder => path,
                Kind::File => path.parent().unwrap_or(path),
            };
            return Err(Error::open_to_others(path, found.mode & 0o777, folder));
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn check_access(self, _path: &Path, _kind: Kind, _found: &Metadata) -> Result<()> {
        Ok(())
    }
}

/// The mode's bits of group and others.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_another_user_is_refused_whatever_its_mode() {
        let folder = std::env::temp_dir();
        let file = folder.join(format!("owner-{}", random_hex(8).unwrap()));
        create_private(&file).unwrap();
        let ours = Owner::of_new_files(&folder).unwrap();
        ours.check(&file, Kind::File).unwrap();
        let theirs = Owner {
            user: ours.user + 1,
            keeps_modes: false,
        };
        let error = theirs.check(&file, Kind::File).unwrap_err().to_string();
        disk::remove_file(&file).unwrap();
        assert!(error.contains("it belongs to another user"), "{error}");
    }

    #[test]
    fn where_modes_are_not_kept_they_prove_nothing() {
        let ours = Owner::of_new_files(&std::env::temp_dir()).unwrap();
        // Everybody may read it.
        let readable = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let user = disk::metadata(&readable).unwrap().uid;
        let without = Owner {
            user,
            keeps_modes: false,
        };
        without.check(&readable, Kind::File).unwrap();
        assert!(
            ours.keeps_modes,
            "the folder for temporary files keeps them"
        );
    }
}
