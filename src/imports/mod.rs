//! Imports any number of users, whatever goes wrong: it checks, packs, sends, accounts for every row, and records everything.
//!
//! Each step has its own files: `same_file.rs` and `earlier.rs` (was it imported before), `look_up.rs` (who is there),
//! `pack.rs` and `coming.rs` (check and pack), `schedule.rs` (send and wait), `estimate.rs` (when to ask), `settle.rs` and
//! `verdict.rs` (account), `folder/` and `journal/` (write down), `report.rs` (show). This file puts them together.

pub(crate) mod attention;
pub(crate) mod coming;
pub(crate) mod earlier;
pub(crate) mod estimate;
pub(crate) mod file_state;
pub(crate) mod folder;
pub(crate) mod journal;
pub(crate) mod late;
pub(crate) mod look_up;
pub(crate) mod options;
pub(crate) mod outcome;
pub(crate) mod pack;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod same_file;
pub(crate) mod schedule;
pub(crate) mod settle;
pub(crate) mod verdict;

use std::path::Path;

use crate::check::{Checker, check_for};
use crate::clock::unix_millis;
use crate::connections::ConnectionId;
use crate::error::problem::Problem;
use crate::error::{Error, Result};
use crate::imports::coming::Files;
use crate::imports::earlier::Earlier;
use crate::imports::folder::RunFolder;
use crate::imports::folder::latest::latest_run;
use crate::imports::journal::Entry;
use crate::imports::look_up::LookUp;
use crate::imports::options::ImportOptions;
use crate::imports::pack::{Check, RunPacker};
use crate::imports::report::ImportReport;
use crate::imports::run::Run;
use crate::imports::same_file::{SourceFile, begin_alone};
use crate::imports::schedule::Schedule;
use crate::say::say;
use crate::secrets::random_hex;
use crate::sources::reader::{counts_of, path_of};
use crate::tenant::Tenant;
use crate::tenant::rate::Pace;
use crate::users::User;

/// Where run folders are, from the working folder, which is the notebook's.
pub(crate) const IMPORTS: &str = "imports";

/// Imports any number of users and reports the outcome of each. Writes to the tenant; waits for the end.
///
/// It checks every user before it sends anything. Then it packs the users into as few files as the limit allows and sends them,
/// two jobs at a time. It records each step in the run folder `imports/<name>`, which holds hashes until their users are
/// accounted for and which only you can read. After a crash, [`resume_import`] continues the run.
///
/// # Errors
///
/// No users; a read-only tenant; an upsert into a connection whose e-mails need not be unique; faulty users
/// ([`ErrorKind::BadRows`](crate::ErrorKind::BadRows): nothing was sent); a run with this name already exists; a full disk.
/// Once the run has begun, [`ErrorKind::ImportStopped`](crate::ErrorKind::ImportStopped) names the run folder, how far the run
/// came, and the cause: the tenant refuses or cannot be reached for two minutes, or the time limit was reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-import", "uni.test", 3)?;
/// let options = ImportOptions::default().name("docs-import").requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// assert_eq!(report.counts().inserted, 3);
/// println!("{report}");
/// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn import_users(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<ImportReport> {
    import_as(
        Path::new(IMPORTS),
        User::clone,
        tenant,
        connection,
        users,
        options,
    )
}

/// As [`import_users`], with the run's folder below `imports`, and each user sent as `dressed` has them. They are checked as
/// they are.
pub(crate) fn import_as(
    imports: &Path,
    dressed: fn(&User) -> User,
    tenant: &Tenant,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<ImportReport> {
    if users.is_empty() {
        return Err(Error::no_users());
    }
    tenant.check_gate("an import")?;
    let options = &options.whole()?;
    if options.again.is_some() {
        return Err(Error::again_without_file());
    }
    connection.check_upsert(options.job.upsert)?;
    connection.check_ids_left(!options.make_ids)?;
    let problems = check_for(connection, users, options.loses_hashes());
    if !problems.is_empty() && !options.skip_bad_rows {
        return Err(Error::bad_rows(problems, users.len()));
    }
    let good = users.len() - bad_rows(&problems);
    let look_up = LookUp::new(tenant, connection, options, Some(good))?;
    let packer = RunPacker::new(Check::Done(problems), connection, options)?.looking_up(look_up);
    let mut run = Run::begin(imports, tenant, connection, options, None, true)?;
    // Before the folder is shown, a crash leaves nothing; after that, it leaves a run that can be resumed.
    let shown = pack(&mut run, packer, users.iter().map(dressed)).and_then(|()| run.folder.show());
    if shown.is_err() {
        run.folder.discard();
    }
    shown?;
    run.work(tenant, Files::Packed)
}

/// Rows with faults.
pub(crate) fn bad_rows(problems: &[Problem]) -> usize {
    problems.chunk_by(|one, next| one.row == next.row).count()
}

/// Puts every user into one of the run's files.
fn pack(run: &mut Run, mut packer: RunPacker, users: impl Iterator<Item = User>) -> Result<()> {
    for user in users {
        for step in packer.add(Ok(user))? {
            run.take(step)?;
        }
    }
    for step in packer.end(0) {
        run.take(step)?;
    }
    Ok(())
}

/// Imports users as they are read, in bounded memory: they are checked, packed and sent while more are read. Writes to the
/// tenant; waits for the end.
///
/// A [`UserFile`](crate::UserFile) is recognised by its SHA-256, so it is first read once for that. What a run in `imports/`
/// has imported into this connection is not sent again, unless [`ImportOptions::again`] says how. So pass the file itself, or
/// [`hash_stream`](crate::hash_stream) of it: a file after `map`, `filter` or `take` is not recognised, and the report does not
/// count the rows that its reader left out.
///
/// Faulty rows are left out and reported, since the rows after them are not known yet. For a [`UserFile`](crate::UserFile), the
/// report counts every row, including those that its reader left out. If the program ends in the middle, [`resume_import`]
/// finishes what had been packed, and its report says up to which row that was. The same holds if the source gives an error of
/// the kind [`ErrorKind::Source`](crate::ErrorKind::Source), which is about the whole source and ends the import; any other
/// error is only about its row.
///
/// A separate thread reads the source, so a source that hangs stops neither the jobs from being watched nor the time limit. A
/// thread that still hangs is left behind, and ends when its source continues.
///
/// # Errors
///
/// A read-only tenant; an upsert into a connection whose e-mails need not be unique; a file that was imported into it before
/// ([`ErrorKind::SameFile`](crate::ErrorKind::SameFile): what that run did, and how to continue); a run with this name already
/// exists; a full disk; a source without users ([`ErrorKind::NoUsers`](crate::ErrorKind::NoUsers)). Once its first file is packed,
/// [`ErrorKind::ImportStopped`](crate::ErrorKind::ImportStopped) as for [`import_users`], and for a source that cannot be read
/// any further, or panics. What stops it before that is the error itself: nothing was sent, and no run folder is left.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let options = ImportOptions::default().requests_per_second(50.0);
/// # std::fs::write("docs.csv", "email\ndocs-csv_01@uni.test\nno address\n").expect("a file");
/// let users = read_csv("docs.csv", &[])?;
/// let report = import_stream(&tenant, &connection, users, &options)?;
/// assert_eq!((report.counts().inserted, report.counts().failed), (1, 1));
/// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn import_stream(
    tenant: &Tenant,
    connection: &ConnectionId,
    users: impl IntoIterator<Item = Result<User>> + Send + 'static,
    options: &ImportOptions,
) -> Result<ImportReport> {
    tenant.check_gate("an import")?;
    let options = &options.whole()?;
    connection.check_upsert(options.job.upsert)?;
    connection.check_ids_left(!options.make_ids)?;
    let file = path_of(&users);
    let file = file.map(|path| SourceFile::of(&path)).transpose()?;
    let imports = Path::new(IMPORTS);
    let beginning = file.as_ref().map(|_| begin_alone(imports)).transpose()?;
    let earlier = match &file {
        Some(file) => Earlier::find(imports, tenant.domain(), connection, file, options.again)?,
        None if options.again.is_some() => return Err(Error::again_without_file()),
        None => None,
    };
    let look_up = LookUp::new(tenant, connection, options, None)?;
    let check = Check::AsTheyCome(Box::new(Checker::new(connection, options.loses_hashes())));
    let packer = RunPacker::new(check, connection, options)?;
    let packer = packer.after(earlier).looking_up(look_up);
    let sha256 = file.map(|file| file.sha256);
    let run = Run::begin(imports, tenant, connection, options, sha256, false)?;
    drop(beginning);
    let counts = counts_of(&users);
    let report = run.work(tenant, Files::of(users, counts, packer))?;
    if report.counts().total == 0 {
        // Its name may be used again.
        tenant.imported().forget_run(Path::new(report.folder()));
        RunFolder::discard_at(Path::new(report.folder()));
        return Err(Error::no_users());
    }
    Ok(report)
}

/// Continues a run that was cut off, from its folder, `imports/<name>`. Writes to the tenant; waits for the end.
///
/// It waits for running jobs and sends the unsent files, and its report is the same as that of an undisturbed run. A run that
/// has ended is only read. But if an upload was not answered or a job was given up, users who were missing then are looked up
/// once more when no job of the run can still be running ([`ImportReport::may_change_until`]).
///
/// # Errors
///
/// There is no run, or it belongs to another tenant, is not private (another user owns it, or others can read or write it), was
/// changed or damaged, or is in use by another kernel; a read-only tenant, if anything is left to do;
/// [`ErrorKind::ImportStopped`](crate::ErrorKind::ImportStopped) as for [`import_users`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-resume", "uni.test", 2)?;
/// # let options = ImportOptions::default().requests_per_second(50.0).time_limit(Duration::ZERO);
/// // Cut off before it had begun, by a time limit of nothing.
/// let cut_off = import_users(&tenant, &connection, &users, &options);
/// assert!(cut_off.is_err_and(|error| error.kind() == ErrorKind::ImportStopped));
/// let report = resume_import(&tenant, &latest_import()?)?;
/// assert_eq!(report.counts().inserted, 2);
/// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn resume_import(tenant: &Tenant, folder: &str) -> Result<ImportReport> {
    let run = Run::open(Path::new(folder))?;
    if run.domain != tenant.domain() {
        return Err(Error::run_of_another_tenant(
            run.folder.path(),
            &run.domain,
            tenant.domain(),
        ));
    }
    // The limit that was given was that call's.
    let mut run = run;
    run.options.time_limit = ImportOptions::default().time_limit;
    if run.open_files().is_empty() {
        tenant.imported().run(run.folder.path());
        return run.look_again(tenant);
    }
    tenant.check_gate("an import")?;
    run.work(tenant, Files::Packed)
}

/// The folder of the run that was begun last, for [`resume_import`]. Sends nothing.
///
/// Each run's journal says when it was begun. Folders of other users, and folders that others can read or write, are ignored.
///
/// # Errors
///
/// There is no run of yours under `imports/`; there are more than 10,000 folders in it.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let users = generate_users("docs-latest", "uni.test", 1)?;
/// let options = ImportOptions::default().name("docs-latest").requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// assert_eq!(latest_import()?, "imports/docs-latest");
/// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn latest_import() -> Result<String> {
    let folder = latest_run(Path::new(IMPORTS))?;
    Ok(folder.display().to_string())
}

/// Reads the report of a run from its folder, `imports/<name>`, however long ago it was. Sends nothing.
///
/// # Errors
///
/// There is no run, or it is not private (another user owns it, or others can read or write it), was changed or damaged,
/// contains what no run writes, or is in use by another kernel; a journal of over 512 MiB.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let users = generate_users("docs-read", "uni.test", 1)?;
/// let options = ImportOptions::default().name("docs-read").requests_per_second(50.0);
/// let report = import_users(&tenant, &connection, &users, &options)?;
/// assert_eq!(read_import("imports/docs-read")?.counts(), report.counts());
/// # remove_users(&tenant, plan_run_removal(&tenant, report.folder())?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn read_import(folder: &str) -> Result<ImportReport> {
    ImportReport::new(&Run::open(Path::new(folder))?, 0)
}

impl Run {
    fn begin(
        imports: &Path,
        tenant: &Tenant,
        connection: &ConnectionId,
        options: &ImportOptions,
        source_sha256: Option<String>,
        hidden: bool,
    ) -> Result<Run> {
        let name = match &options.name {
            Some(name) => check_name(name)?.to_string(),
            None => format!("run-{}", random_hex(4)?),
        };
        let folder = RunFolder::create(imports, &name, hidden)?;
        let begun = Entry::Begun {
            domain: tenant.domain().to_string(),
            connection_id: connection.to_string(),
            connection: connection.name.clone(),
            options: options.clone(),
            name: name.clone(),
            at: Some(unix_millis()),
            emails_unique: connection.emails_unique(),
            source_sha256,
        };
        say!("run folder: {}/{name}", imports.display());
        let mut run = Run::empty(folder);
        run.is_new = true;
        run.note(begun)?;
        Ok(run)
    }

    /// Does everything that is left to do.
    fn work(mut self, tenant: &Tenant, files: Files) -> Result<ImportReport> {
        let mut connection = ConnectionId::new(&self.connection_id)?;
        connection.name.clone_from(&self.connection);
        let options = self.options.clone();
        let tenant = tenant.paced(Pace::new(options.requests_per_second));
        tenant.imported().run(self.folder.path());
        let before = tenant.traffic().count;
        let made_here = self.is_new || tenant.witness().made(self.folder.done_so_far());
        let worked = Schedule::new(&tenant, &connection, &options, &mut self).work(files);
        if made_here {
            tenant.witness().remember(self.folder.done_so_far());
        }
        let worked = match worked {
            // There is nothing to continue, and its name may be used again.
            Err(cause) if !self.is_packed() => {
                tenant.imported().forget_run(self.folder.path());
                self.folder.discard();
                return Err(cause);
            }
            worked => worked,
        };
        let requests = tenant.traffic().count - before;
        let report = ImportReport::new(&self, requests)?;
        match worked {
            Ok(()) => Ok(report),
            Err(cause) => Err(Error::import_stopped(
                self.folder.path(),
                &report.in_words(),
                cause,
            )),
        }
    }
}

fn check_name(name: &str) -> Result<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(fits) {
        return Err(Error::run_name(name));
    }
    Ok(name)
}
