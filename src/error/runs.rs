//! Runs of many jobs, and the folders that tell of them.

use std::io;
use std::path::Path;

use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::{count, grouped};

impl Error {
    /// `done` tells how far the run came.
    pub(crate) fn import_stopped(folder: &Path, done: &str, cause: Error) -> Error {
        let fact = format!("the import stopped: {cause}; {done}, which is written down");
        let shown = folder.display();
        let advice = format!("go on with resume_import(&tenant, \"{shown}\")");
        Error::new(ErrorKind::ImportStopped, fact)
            .advise(": ", advice)
            .with(Detail::Run(folder.to_path_buf()))
            .because(cause)
    }

    /// A file that the run in `folder` imported; `did` tells into what, when, and what became of it.
    pub(crate) fn same_file(path: &Path, folder: &Path, did: &str) -> Error {
        let advice = "ImportOptions::again(Again::Missing) sends whom it did not bring in, Again::Changed also updates whoever's row reads otherwise now";
        Error::again(path, folder, did, advice)
    }

    pub(crate) fn same_file_unfinished(path: &Path, folder: &Path, did: &str) -> Error {
        let shown = folder.display();
        let advice = format!("go on with resume_import(&tenant, \"{shown}\")");
        Error::again(path, folder, did, &advice)
    }

    fn again(path: &Path, folder: &Path, did: &str, advice: &str) -> Error {
        let (path, shown) = (path.display(), folder.display());
        let fact = format!("{path} was imported into {did} ({shown}), so nothing was sent");
        Error::new(ErrorKind::SameFile, fact)
            .advise(": ", advice)
            .with(Detail::Run(folder.to_path_buf()))
    }
}

// What is known of an earlier run of the same file.
sentences! {
    SameFile same_file_at_work(path: &Path, folder: &Path) let path = path.display(), folder = folder.display();
        "{path} is being imported into this connection by another kernel or program ({folder})"
        ": " "let it end first";
    RunFolder earlier_untold(path: &Path, folder: &Path, cause: Error) let path = path.display(), folder = folder.display();
        "{path} was imported before, and what that did is not told: {cause}"
        ": " "move {folder} elsewhere to import the file all the same" because cause;
    RunFolder earlier_kept_ids(folder: &Path) let folder = folder.display();
        "cannot tell what the file has beyond the run in {folder}, which kept e-mails and ids alone (Afterwards::KeepIdsOnly)"
        ": " "import it with upsert, once that folder is elsewhere";
    RunFolder earlier_uncertain(folder: &Path, users: u64) let folder = folder.display(), users = count(users as usize, "user");
        "cannot send again whom the run in {folder} did not bring in: of {users} it is unknown, and where users may share an e-mail they could come twice"
        ": " "look them up in the tenant, and import the others from a file of their own";
    RunFolder beginning_at_work(imports: &Path) let imports = imports.display();
        "cannot begin an import of a file: another kernel or program has looked through the runs in {imports} for a minute"
        ": " "let it end, or end it";
    Input again_without_file();
        "ImportOptions::again is for users of a file, whose earlier runs are known by it"
        ": " "give import_stream what read_users gives, or leave it out";
    Input rate_of_nothing();
        "ImportOptions::requests_per_second is no number"
        ": " "give it one, such as 2.0";
    Input look_up_for_an_upsert();
        "ImportOptions::look_up_existing leaves out who is there already, and an upsert is for them"
        ": " "leave one of the two out";
    Connection nameless_look_up(id: &str);
        "cannot look up who is in the connection {id}, since users tell their connection by its name"
        ": " "let get_connection_id find it";
}

// A run that is only rehearsed.
sentences! {
    Practice rehearsal_stopped(cause: &Error);
        "the rehearsal came to no end, and nothing was sent to the tenant: {cause}";
}

// A folder, or a file in it.
sentences! {
    /// What the disk says of it.
    RunFolder disk(path: &Path, cause: io::Error) let path = path.display();
        "cannot use the run folder {path}: {cause}"
        ": " "see that the disk has room and that the folder can be written to" because cause;
    RunFolder run_name(name: &str);
        "cannot use the run folder {name}: a run's name is a folder inside imports/: 1 to 100 letters, digits, `-`, `_` and `.`, not beginning with a dot";
    RunFolder run_exists(path: &Path) let path = path.display();
        "cannot use the run folder {path}: a run of this name exists already"
        ": " "resume it with resume_import, or give the new one another name";
    RunFolder no_run_in_folder(path: &Path) let path = path.display();
        "cannot use the run folder {path}: a folder of this name is there, and no run is in it"
        ": " "delete it, or give the run another name";
    RunFolder no_run(path: &Path) let path = path.display();
        "cannot use the run folder {path}: there is no run here: either the name is wrong, or the run ended before anything was sent"
        ", " "so start it again with import_users";
    RunFolder nothing_sent(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it ended before anything was sent"
        ": " "start it again, under the same name if you like";
    RunFolder no_runs(path: &Path) let path = path.display();
        "cannot use the run folder {path}: there is no run here yet";
    RunFolder too_many_runs(path: &Path, most: usize) let path = path.display(), most = grouped(most);
        "cannot use the run folder {path}: there are more than {most} in it, so the latest is not looked for"
        ": " "name the run's folder yourself";
    RunFolder no_run_of_ours(path: &Path) let path = path.display();
        "cannot use the run folder {path}: what is in it is no run of yours, or damaged"
        ": " "read_import of one of its folders says why";
    RunFolder run_not_begun(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it has not begun";
    RunFolder run_of_another_tenant(path: &Path, theirs: &str, ours: &str) let path = path.display();
        "cannot use the run folder {path}: it is of the tenant {theirs}, and this one is {ours}"
        ": " "open that one";
    RunFolder run_in_use(path: &Path) let path = path.display();
        "cannot use the run folder {path}: another kernel or program is at work on this run"
        ": " "let it end, or end it";
}

// Whether it is ours, and ours alone.
sentences! {
    RunFolder no_plain_file(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is no plain file, as this crate makes it"
        ": " "delete it if you do not know where it comes from";
    RunFolder no_plain_folder(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is a link, or no folder, and this crate makes neither"
        ": " "delete it if you do not know where it comes from";
    RunFolder link_or_device(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is a link, or no plain file, and this crate makes neither"
        ": " "delete it if you do not know where it comes from";
    #[cfg(unix)]
    RunFolder of_another_user(path: &Path, theirs: u32, ours: u32) let path = path.display();
        "cannot use the run folder {path}: it belongs to another user (number {theirs}; yours is {ours}), so what it says is not believed"
        ": " "if you know where it comes from, copy the run's folder and use the copy";
    /// `folder` is the run's own.
    #[cfg(unix)]
    RunFolder open_to_others(path: &Path, mode: u32, folder: &Path) let path = path.display(), folder = folder.display();
        "cannot use the run folder {path}: others can read or write it (mode {mode:o}), and this crate makes it for you alone, so what it says is not believed"
        ": " "if you know where it comes from, run `chmod -R go= {folder}`";
}

// What a run wrote there, and what is there now.
sentences! {
    RunFolder run_unreadable(path: &Path, cause: io::Error) let path = path.display();
        "cannot use the run folder {path}: it cannot be read ({cause}), and what was in it is not guessed at" because cause;
    RunFolder longer_than_written(path: &Path, most: u64) let path = path.display(), most = grouped(most);
        "cannot use the run folder {path}: it has more than {most} bytes, which no run writes, and what is in it is not guessed at";
    RunFolder not_as_written(path: &Path) let path = path.display();
        "cannot use the run folder {path}: it is not as this run wrote it, and what is in it is not guessed at";
    RunFolder users_unreadable(path: &Path, cause: &serde_json::Error) let path = path.display();
        "cannot use the run folder {path}: {cause}";
    RunFolder users_miscounted(path: &Path, found: usize, told: usize)
        let path = path.display(), found = count(found, "user");
        "cannot use the run folder {path}: it holds {found}, and its journal tells of {told}: what was done is not guessed at";
    RunFolder foreign_removal(path: &Path) let path = path.display();
        "cannot use the run folder {path}: its journal tells of a removed user who is not of this run, and what was done is not guessed at";
    RunFolder damaged_journal(path: &Path) let path = path.display();
        "cannot use the run folder {path}: its journal is damaged, and what was done is not guessed at";
    RunFolder changed_journal(path: &Path, line: usize) let path = path.display();
        "cannot use the run folder {path}: line {line} of its journal was changed or damaged, and what was done is not guessed at";
    RunFolder impossible_journal(path: &Path, line: usize, why: &str) let path = path.display();
        "cannot use the run folder {path}: line {line} of its journal is none that a run writes there ({why}), and what was done is not guessed at";
    RunFolder journal_of_another_version(path: &Path) let path = path.display();
        "cannot use the run folder {path}: another version of this crate wrote it"
        ": " "go on with that one";
    RunFolder journal_full(path: &Path, most: u64) let path = path.display(), most = grouped(most);
        "cannot use the run folder {path}: its journal would grow beyond {most} bytes"
        ", " "so import fewer users in one run";
}
