//! Who is working on a run: the program that holds the lock in its folder.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::clock::{self, Deadline};
use crate::disk::metadata::How;
use crate::disk::{self, File, TryLockError};
use crate::error::{Error, Result};
use crate::private_file::FILE_MODE;
use crate::say::say;

/// Made when a run begins, and locked while a program works on it.
pub(crate) const LOCK: &str = "lock";
/// Shorter waits are not reported.
const FIRST_WORD: Duration = Duration::from_secs(1);
/// A kernel that is ending takes a moment; a working one takes minutes.
const LOCK_WAIT: Duration = Duration::from_secs(3);

/// Takes the lock of the run in `folder`; waits a little if another program has it, and says so.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    // A program that is just being started holds a copy of every lock of this one's, for a moment.
    let word = || {
        say!(
            "another kernel or program is working on {}: waiting {} s for it to end",
            folder.display(),
            (LOCK_WAIT - FIRST_WORD).as_secs()
        );
    };
    let lock = wait_for_lock(LOCK_WAIT, word, || try_lock(folder))?;
    lock.ok_or_else(|| Error::run_in_use(folder))
}

/// Tries to get a lock again and again; `None` if somebody still has it at the limit. `word` is printed if it takes a while.
pub(crate) fn wait_for_lock(
    limit: Duration,
    word: impl Fn(),
    try_lock: impl Fn() -> Result<Option<File>>,
) -> Result<Option<File>> {
    let (deadline, mut told) = (Deadline::after(limit), false);
    loop {
        if let Some(lock) = try_lock()? {
            return Ok(Some(lock));
        }
        if deadline.is_over() {
            return Ok(None);
        }
        if deadline.waited() >= FIRST_WORD && !std::mem::replace(&mut told, true) {
            word();
        }
        clock::wait_for_others(Duration::from_millis(20));
    }
}

/// Takes the lock of the run in `folder` if nobody has it.
pub(crate) fn try_lock(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(LOCK);
    if !is_plain_or_new(&path) {
        return Err(Error::no_plain_file(&path));
    }
    try_lock_file(&path).map_err(|cause| Error::disk(folder, cause))
}

/// Opening a pipe would hang, and a link would make a file elsewhere.
fn is_plain_or_new(path: &Path) -> bool {
    disk::symlink_metadata(path).map_or(true, |found| found.is_file())
}

/// Takes the lock on a private file if nobody has it; anybody who may open the file could hold the lock. The content of the
/// file does not matter, so nothing is written to it.
pub(crate) fn try_lock_file(path: &Path) -> io::Result<Option<File>> {
    let file = File::open(path, How::OrNew(FILE_MODE))?;
    // One that was made for others to read as well could be held locked by them.
    file.set_mode(FILE_MODE)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}
