//! Who is at work on a run: the one who holds the lock in its folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::say::say;

/// Made when a run begins and held locked while anyone is at work on it.
pub(crate) const LOCK: &str = "lock";
/// Waits that are over sooner are not worth a word.
const FIRST_WORD: Duration = Duration::from_secs(1);
/// A kernel that is being ended takes a moment; one that is at work takes minutes.
const LOCK_WAIT: Duration = Duration::from_secs(3);

/// Takes the lock of the run in `folder`; waits a little for whoever has it, and says so.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    // A program that is just being started holds a copy of every lock of this one's, for a moment.
    let (began, mut told) = (Instant::now(), false);
    while began.elapsed() < LOCK_WAIT {
        if let Some(lock) = try_lock(folder)? {
            return Ok(lock);
        }
        if began.elapsed() >= FIRST_WORD && !std::mem::replace(&mut told, true) {
            say!(
                "another kernel or program is at work on {}: waiting {} s for it to end",
                folder.display(),
                (LOCK_WAIT - FIRST_WORD).as_secs()
            );
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(Error::run_folder(
        folder,
        "another kernel or program is at work on this run: let it end, or end it",
    ))
}

/// Takes the lock if nobody has it. What the file holds does not matter, so nothing is written to it.
pub(crate) fn try_lock(folder: &Path) -> Result<Option<File>> {
    // A pipe would hold up whoever opens it, and a link would make a file elsewhere.
    let path = folder.join(LOCK);
    if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
        let reason = "it is no plain file, as this crate makes it: delete it if you do not know where it comes from";
        return Err(Error::run_folder(&path, reason));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(&path)
        .map_err(|cause| Error::disk(folder, &cause))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(Error::disk(folder, &cause)),
    }
}
