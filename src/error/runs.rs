//! Runs of many jobs, and the folders that record them.

use std::io;
use std::path::Path;

use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::{count, grouped};

impl Error {
    /// `done` says how far the run came.
    pub(crate) fn import_stopped(folder: &Path, done: &str, cause: Error) -> Error {
        let fact = format!("the import stopped: {cause}; {done}, and the run's folder records it");
        let shown = folder.display();
        let advice = format!("continue with resume_import(&tenant, \"{shown}\")");
        Error::new(ErrorKind::ImportStopped, fact)
            .advise(": ", advice)
            .with(Detail::Run(folder.to_path_buf()))
            .because(cause)
    }

    /// A file that the run in `folder` imported; `did` says into which connection, when, and how it ended.
    pub(crate) fn same_file(path: &Path, folder: &Path, did: &str) -> Error {
        let advice = "ImportOptions::again(Again::Missing) sends the users that it did not import, and Again::Changed also updates users whose rows have changed";
        Error::again(path, folder, did, advice)
    }

    pub(crate) fn same_file_unfinished(path: &Path, folder: &Path, did: &str) -> Error {
        let shown = folder.display();
        let advice = format!("continue with resume_import(&tenant, \"{shown}\")");
        Error::again(path, folder, did, &advice)
    }

    fn again(path: &Path, folder: &Path, did: &str, advice: &str) -> Error {
        let (path, shown) = (path.display(), folder.display());
        let fact = format!("nothing was sent: {path} was already imported into {did} ({shown})");
        Error::new(ErrorKind::SameFile, fact)
            .advise(": ", advice)
            .with(Detail::Run(folder.to_path_buf()))
    }
}

// An earlier run of the same file.
sentences! {
    SameFile same_file_at_work(path: &Path, folder: &Path) let path = path.display(), folder = folder.display();
        "another kernel or program is importing {path} into this connection ({folder})"
        ": " "wait until it ends";
    RunFolder earlier_untold(path: &Path, folder: &Path, cause: Error) let path = path.display(), folder = folder.display();
        "{path} was imported before, and the record of that run cannot be read: {cause}"
        ": " "move {folder} elsewhere to import the file again" because cause;
    RunFolder earlier_kept_ids(folder: &Path) let folder = folder.display();
        "cannot compare the file with the run in {folder}: that run kept only e-mails and ids (Afterwards::KeepIdsOnly)"
        ": " "move that folder elsewhere, then import the file with upsert";
    RunFolder earlier_uncertain(folder: &Path, users: u64) let folder = folder.display(), users = count(users as usize, "user");
        "cannot send the users that the run in {folder} did not import: for {users} the outcome is unknown, and where users may share an e-mail they could be imported twice"
        ": " "look them up in the tenant, and import the others from a separate file";
    RunFolder beginning_at_work(imports: &Path) let imports = imports.display();
        "cannot begin the import of a file: another kernel or program has been reading the runs in {imports} for a minute"
        ": " "wait until it ends, or end it";
    Input again_without_file();
        "ImportOptions::again cannot be used here: it needs the users of a file, because earlier runs are found by the file"
        ": " "pass what read_users returns to import_stream, or leave the option out";
    Input rate_of_nothing();
        "ImportOptions::requests_per_second cannot be used: it is not a number"
        ": " "set it to a number such as 2.0";
    Input look_up_for_an_upsert();
        "ImportOptions::look_up_existing cannot be used with upsert: it leaves out the existing users, and an upsert changes them"
        ": " "leave out one of the two";
    Connection nameless_look_up(id: &str);
        "cannot look up existing users in the connection {id}: Auth0 gives the name of a user's connection, and this name is unknown"
        ": " "find the connection with get_connection_id";
}

// A rehearsal.
sentences! {
    Practice rehearsal_stopped(cause: &Error);
        "the rehearsal stopped, and nothing was sent to the tenant: {cause}";
}

// A run's folder, or a file in it.
sentences! {
    /// What the disk reports.
    RunFolder disk(path: &Path, cause: io::Error) let path = path.display();
        "cannot use the run folder {path}: {cause}"
        ": " "check that the disk has room and that the folder can be written to" because cause;
    RunFolder run_name(name: &str);
        "cannot use the run folder {name}: a run's name is the name of a folder in imports/, with 1 to 100 letters, digits, `-`, `_` and `.`, and no dot at its beginning";
    RunFolder run_exists(path: &Path) let path = path.display();
        "cannot use the run folder {path}: a run with this name already exists"
        ": " "resume it with resume_import, or choose another name";
    RunFolder no_run_in_folder(path: &Path) let path = path.display();
        "cannot use the run folder {path}: a folder with this name already exists, and there is no run in it"
        ": " "delete it, or give the run another name";
    RunFolder no_run(path: &Path) let path = path.display();
        "cannot use the run folder {path}: there is no run here: either the name is wrong, or the run ended before anything was sent"
        ", " "so start it again with import_users";
    RunFolder nothing_sent(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it ended before anything was sent"
        ": " "start it again, with the same name if you like";
    RunFolder no_runs(path: &Path) let path = path.display();
        "cannot use the run folder {path}: there is no run here yet";
    RunFolder too_many_runs(path: &Path, most: usize) let path = path.display(), most = grouped(most);
        "cannot use the run folder {path}: it holds more than {most} runs, which is too many to look for the latest"
        ": " "name the run's folder";
    RunFolder no_run_of_ours(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it holds no run that is yours and undamaged"
        ": " "call read_import on one of its folders to see why";
    RunFolder run_not_begun(path: &Path) let path = path.display();
        "cannot use the run folder {path}: the run has not begun";
    RunFolder run_of_another_tenant(path: &Path, theirs: &str, ours: &str) let path = path.display();
        "cannot use the run folder {path}: the run was on the tenant {theirs}, and this tenant is {ours}"
        ": " "open that tenant";
    RunFolder run_in_use(path: &Path) let path = path.display();
        "cannot use the run folder {path}: another kernel or program is working on this run"
        ": " "wait until it ends, or end it";
}

// A folder that others could have written.
sentences! {
    RunFolder no_plain_file(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is not a plain file, which is what this crate makes"
        ": " "delete it if you do not know where it came from";
    RunFolder no_plain_folder(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is a link or not a folder, and this crate makes only folders here"
        ": " "delete it if you do not know where it came from";
    RunFolder link_or_device(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is a link or not a plain file, and this crate makes only plain files here"
        ": " "delete it if you do not know where it came from";
    #[cfg(unix)]
    RunFolder of_another_user(path: &Path, theirs: u32, ours: u32) let path = path.display();
        "cannot use the run folder {path}: it belongs to another user (number {theirs}; yours is {ours}), so it is not trusted"
        ": " "if you know where it came from, copy the run's folder and use the copy";
    /// `folder` is the run's folder.
    #[cfg(unix)]
    RunFolder open_to_others(path: &Path, mode: u32, folder: &Path) let path = path.display(), folder = folder.display();
        "cannot use the run folder {path}: others can read or write it (mode {mode:o}), though this crate makes it for you only, so it is not trusted"
        ": " "if you know where it came from, run `chmod -R go= {folder}`";
}

// A file that differs from what the run wrote.
sentences! {
    RunFolder run_unreadable(path: &Path, cause: io::Error) let path = path.display();
        "cannot use the run folder {path}: it cannot be read ({cause}), and nothing is guessed" because cause;
    RunFolder longer_than_written(path: &Path, most: u64) let path = path.display(), most = grouped(most);
        "cannot use the run folder {path}: it has more than {most} bytes, which is more than any run writes";
    RunFolder not_as_written(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is not what this run wrote";
    /// The cause's own words would show a key or a value, which may be somebody's hash.
    RunFolder users_unreadable(path: &Path, cause: &serde_json::Error)
        let path = path.display(), what = if cause.is_data() { "a field of a user is not as a run writes it" } else { "it is not complete JSON" };
        "cannot use the run folder {path}: {what}";
    RunFolder users_miscounted(path: &Path, found: usize, told: usize)
        let path = path.display(), found = count(found, "user");
        "cannot use the run folder {path}: it holds {found}, but the journal says {told}, and nothing is guessed";
    RunFolder foreign_removal(path: &Path) let path = path.display();
        "cannot use the run folder {path}: its journal says that a user was removed who does not belong to this run, and nothing is guessed";
    RunFolder damaged_journal(path: &Path) let path = path.display();
        "cannot use the run folder {path}: its journal is damaged, and nothing is guessed";
    RunFolder changed_journal(path: &Path, line: usize) let path = path.display();
        "cannot use the run folder {path}: line {line} of its journal was changed or damaged, and nothing is guessed";
    RunFolder impossible_journal(path: &Path, line: usize, why: &str) let path = path.display();
        "cannot use the run folder {path}: no run writes what line {line} of its journal says ({why}), and nothing is guessed";
    RunFolder journal_of_another_version(path: &Path) let path = path.display();
        "cannot use the run folder {path}: another version of this crate wrote it"
        ": " "continue with that version";
    RunFolder journal_full(path: &Path, most: u64) let path = path.display(), most = grouped(most);
        "cannot use the run folder {path}: its journal would have more than {most} bytes"
        ", " "so import fewer users in one run";
}
