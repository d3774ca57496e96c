//! What this machine may lack: TLS, random numbers, room for a file, the practice tenant.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::error::sentence::sentences;

sentences! {
    System no_tls(cause: impl std::error::Error + Send + Sync + 'static);
        "cannot set up TLS: {cause}"
        "; " "check that this machine's root certificates are installed" because cause;
    System no_random_numbers(cause: getrandom::Error);
        "cannot get random numbers from this system: {cause}";
    Write credentials_sheet(path: &Path, cause: io::Error) let path = path.display();
        "cannot write the credentials sheet {path}: {cause}"
        "; " "no passwords were set, so fix that and run this cell again" because cause;
    /// A file that the user asked for.
    Write unwritable(path: &str, cause: io::Error);
        "cannot write {path}: {cause}"
        "; " "check that its folder exists, that you may write to it and that the disk has room, then run this cell again" because cause;
}

sentences! {
    Practice no_practice_tenant(domain: &str, does: &str);
        "the practice tenant cannot be used: {domain} is a real tenant, which {does}";
    Practice practice_is_gone(cause: Error);
        "the practice tenant has ended, and its users with it"
        ": " "run the tenant's cell again, which starts a new one, and then the cells after it" because cause;
    Practice practice_folder_relative(folder: &Path) let folder = folder.display();
        "the practice tenant cannot be used: PRACTICE_TENANT_FOLDER is `{folder}`, which is not an absolute path"
        ": " "write a path that begins with /";
    Practice practice_is_stale();
        "the practice tenant cannot be used: the one running was started from an older build"
        ": " "run `make stop` in the project (its users are forgotten) and this cell again";
    Practice practice_unlockable(lock: &Path, cause: io::Error) let lock = lock.display();
        "the practice tenant cannot be used: cannot lock {lock}: {cause}" because cause;
    Practice practice_held(lock: &Path, limit: Duration) let lock = lock.display(), limit = limit.as_secs();
        "the practice tenant cannot be used: another kernel or program has held {lock} for {limit} s"
        ": " "end that program, or delete the file";
    Practice no_cargo(cause: io::Error);
        "the practice tenant cannot be used: cannot run cargo to build it ({cause})"
        ": " "check that Rust is on the PATH" because cause;
    /// A crate from a registry comes without the sources of the practice tenant.
    Practice practice_not_installed();
        "the practice tenant cannot be used: its sources are not beside this crate, and no program practice-tenant is on the PATH"
        ": " "install it with `cargo install practice-tenant`";
    Practice practice_not_built(reason: &str);
        "the practice tenant cannot be used: it cannot be built ({reason})"
        ": " "run `make practice-tenant` in the project to see the whole message";
    Practice practice_not_started(program: &Path, cause: io::Error) let program = program.display();
        "the practice tenant cannot be used: cannot start {program} ({cause})" because cause;
    Practice practice_unwritable(path: &Path, cause: io::Error) let path = path.display();
        "the practice tenant cannot be used: cannot write {path}: {cause}"
        ": " "check that the disk has room" because cause;
    Practice practice_ended(said: &str);
        "the practice tenant cannot be used: it ended as soon as it was started ({said})";
    Practice practice_is_silent(log: &Path) let log = log.display();
        "the practice tenant cannot be used: it was started but does not answer"
        ": " "see {log}";
}
