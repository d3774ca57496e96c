//! The disk: every operation that makes, reads, changes or deletes a run's folder. No other file of the engine uses the
//! system's disk.
//!
//! It is the system's disk. With the feature `simulation`, a thread may have another one in memory (`simulated/`), which loses
//! what was not synced, and a process can be ended at a named place (`places.rs`). Without the feature, neither exists.

pub(crate) mod metadata;
pub(crate) mod places;
#[cfg(feature = "simulation")]
pub(crate) mod simulated;

pub(crate) use std::fs::TryLockError;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
#[cfg(feature = "simulation")]
use std::path::PathBuf;

use crate::disk::metadata::{Entry, How, Metadata};

/// Before an operation that changes nothing: it is the simulated disk's where this thread has one.
macro_rules! reads {
    ($disk:ident => $call:expr) => {
        #[cfg(feature = "simulation")]
        if let Some($disk) = simulated::here() {
            return $call;
        }
    };
}

/// The same before one that changes something, which is a place where a process may end.
macro_rules! changes {
    ($what:literal, $path:expr, |$disk:ident, $place:ident| $call:expr) => {
        #[cfg(feature = "simulation")]
        {
            let $place = places::name($what, $path);
            if let Some($disk) = simulated::here() {
                return $call;
            }
            places::kill_here(&$place);
        }
    };
}

/// An open file.
#[derive(Debug)]
pub(crate) struct File {
    on: On,
    /// For the names of places.
    #[cfg(feature = "simulation")]
    path: PathBuf,
    #[cfg(feature = "simulation")]
    written_as: Option<String>,
}

#[derive(Debug)]
enum On {
    System(fs::File),
    #[cfg(feature = "simulation")]
    Simulated(simulated::Handle),
}

impl File {
    pub(crate) fn open(path: &Path, how: How) -> io::Result<File> {
        #[cfg(feature = "simulation")]
        {
            let place = places::name("create", path);
            if let Some(disk) = simulated::here() {
                let handle = disk.open(path, how, &place)?;
                return Ok(File::of(On::Simulated(handle), path));
            }
            if matches!(how, How::New(_) | How::OrNew(_)) {
                places::kill_here(&place);
            }
        }
        Ok(File::of(On::System(open(path, how)?), path))
    }

    #[cfg_attr(not(feature = "simulation"), allow(unused_variables))]
    fn of(on: On, path: &Path) -> File {
        File {
            on,
            #[cfg(feature = "simulation")]
            path: path.to_path_buf(),
            #[cfg(feature = "simulation")]
            written_as: None,
        }
    }

    /// Writes all of it, at a place of that name.
    #[cfg_attr(not(feature = "simulation"), allow(unused_variables))]
    pub(crate) fn write_at(&mut self, place: &str, bytes: &[u8]) -> io::Result<()> {
        #[cfg(feature = "simulation")]
        {
            self.written_as = Some(place.to_string());
        }
        self.write_all(bytes)
    }

    /// Has what was written on the disk before it returns, but for its name in the folder.
    pub(crate) fn sync_data(&self) -> io::Result<()> {
        self.sync(fs::File::sync_data)
    }

    /// The same for its permissions and times as well.
    pub(crate) fn sync_all(&self) -> io::Result<()> {
        self.sync(fs::File::sync_all)
    }

    fn sync(&self, system: impl Fn(&fs::File) -> io::Result<()>) -> io::Result<()> {
        #[cfg(feature = "simulation")]
        let place = places::name("sync", &self.path);
        match &self.on {
            On::System(file) => {
                #[cfg(feature = "simulation")]
                places::kill_here(&place);
                system(file)
            }
            #[cfg(feature = "simulation")]
            On::Simulated(handle) => handle.sync(&place),
        }
    }

    /// Cuts the file off there.
    pub(crate) fn set_len(&self, bytes: u64) -> io::Result<()> {
        #[cfg(feature = "simulation")]
        let place = places::name("cut", &self.path);
        match &self.on {
            On::System(file) => {
                #[cfg(feature = "simulation")]
                places::kill_here(&place);
                file.set_len(bytes)
            }
            #[cfg(feature = "simulation")]
            On::Simulated(handle) => handle.set_len(bytes, &place),
        }
    }

    /// Sets its permissions, where there are any.
    #[cfg_attr(not(unix), allow(unused_variables))]
    pub(crate) fn set_mode(&self, mode: u32) -> io::Result<()> {
        match &self.on {
            #[cfg(unix)]
            On::System(file) => {
                file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
            }
            #[cfg(not(unix))]
            On::System(_) => Ok(()),
            #[cfg(feature = "simulation")]
            On::Simulated(handle) => handle.set_mode(mode),
        }
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        match &self.on {
            On::System(file) => Ok(Metadata::of(&file.metadata()?)),
            #[cfg(feature = "simulation")]
            On::Simulated(handle) => handle.metadata(),
        }
    }

    /// Locks the file until it is closed, if nobody else has.
    pub(crate) fn try_lock(&self) -> Result<(), TryLockError> {
        match &self.on {
            On::System(file) => file.try_lock(),
            #[cfg(feature = "simulation")]
            On::Simulated(handle) => handle.try_lock(),
        }
    }
}

fn open(path: &Path, how: How) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    let mode = match how {
        How::Read => return fs::File::open(path),
        How::Append => return options.append(true).open(path),
        How::New(mode) => {
            options.append(true).create_new(true);
            mode
        }
        How::OrNew(mode) => {
            options.write(true).create(true).truncate(false);
            mode
        }
    };
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(feature = "simulation")]
        let place = match &self.written_as {
            Some(place) => place.clone(),
            None => places::name("write", &self.path),
        };
        match &mut self.on {
            On::System(file) => {
                #[cfg(feature = "simulation")]
                places::kill_in_write(&place, file, bytes);
                file.write(bytes)
            }
            #[cfg(feature = "simulation")]
            On::Simulated(handle) => handle.write(bytes, &place),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.on {
            On::System(file) => file.flush(),
            #[cfg(feature = "simulation")]
            On::Simulated(_) => Ok(()),
        }
    }
}

impl Read for File {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match &mut self.on {
            On::System(file) => file.read(bytes),
            #[cfg(feature = "simulation")]
            On::Simulated(handle) => handle.read(bytes),
        }
    }
}

/// Of the place itself where it is a link.
pub(crate) fn symlink_metadata(path: &Path) -> io::Result<Metadata> {
    reads!(disk => disk.metadata(path));
    fs::symlink_metadata(path).map(|found| Metadata::of(&found))
}

/// Of what the place leads to.
pub(crate) fn metadata(path: &Path) -> io::Result<Metadata> {
    reads!(disk => disk.metadata(path));
    fs::metadata(path).map(|found| Metadata::of(&found))
}

pub(crate) fn exists(path: &Path) -> bool {
    metadata(path).is_ok()
}

/// The readable entries of a folder, in no order.
pub(crate) fn read_dir(path: &Path) -> io::Result<Box<dyn Iterator<Item = Entry>>> {
    reads!(disk => disk.read_dir(path).map(|found| Box::new(found.into_iter()) as _));
    let entry = |entry: fs::DirEntry| Entry {
        path: entry.path(),
        is_folder: entry.file_type().is_ok_and(|kind| kind.is_dir()),
    };
    Ok(Box::new(fs::read_dir(path)?.flatten().map(entry)))
}

/// Makes a new folder with these permissions.
pub(crate) fn create_dir(path: &Path, mode: u32) -> io::Result<()> {
    changes!("folder", path, |disk, place| disk
        .create_dir(path, mode, &place));
    folders(mode).create(path)
}

/// Makes a folder, and those above it that are missing, with these permissions.
pub(crate) fn create_dir_all(path: &Path, mode: u32) -> io::Result<()> {
    changes!("folder", path, |disk, place| disk
        .create_dir_all(path, mode, &place));
    folders(mode).recursive(true).create(path)
}

fn folders(mode: u32) -> DirBuilder {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut folders = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, mode);
    #[cfg(not(unix))]
    let _ = mode;
    folders
}

/// Gives a file its place, and takes that from whatever has it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    changes!("rename", to, |disk, place| disk.rename(from, to, &place));
    fs::rename(from, to)
}

/// Gives a folder its place.
pub(crate) fn rename_folder(from: &Path, to: &Path) -> io::Result<()> {
    changes!("rename-folder", to, |disk, place| disk
        .rename(from, to, &place));
    fs::rename(from, to)
}

pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    changes!("delete", path, |disk, place| disk.remove_file(path, &place));
    fs::remove_file(path)
}

/// Deletes a folder with nothing in it.
pub(crate) fn remove_dir(path: &Path) -> io::Result<()> {
    changes!("delete-folder", path, |disk, place| disk
        .remove_dir(path, &place));
    fs::remove_dir(path)
}

/// Deletes a folder with all that is in it.
pub(crate) fn remove_dir_all(path: &Path) -> io::Result<()> {
    changes!("delete-folder", path, |disk, place| disk
        .remove_dir_all(path, &place));
    fs::remove_dir_all(path)
}

/// Has the names in a folder on the disk before it returns: new ones, other ones, and that those are gone which are.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    changes!("sync-folder", path, |disk, place| disk
        .sync_folder(path, &place));
    #[cfg(unix)]
    fs::File::open(path)?.sync_all()?;
    Ok(())
}
