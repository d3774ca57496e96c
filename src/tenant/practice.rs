//! Finding the practice tenant that runs for this project, or building and starting it.
//!
//! It is a program of its own, because it must outlive a kernel restart. What it is reached by stands in
//! one file (0600, ignored by git; `practice_place.rs` says where), with a key by which it proves itself; a running one ends when
//! that file vanishes.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use reqwest::Method;
use serde_json::{Value, json};

use crate::clock::{self, Deadline};
use crate::disk;
use crate::error::{Error, Result};
use crate::private_file::append_to_private;
use crate::private_file::lock::{try_lock_file, wait_for_lock};
use crate::say::{say, sentence};
use crate::tenant::Tenant;
use crate::tenant::answers::TrafficAnswer;
use crate::tenant::practice_place::{Place, TARGET};
use crate::tenant::proof::running;
use crate::tenant::request::Request;
use crate::tenant::settings::Settings;

const PROGRAM: &str = "practice-tenant";
pub(crate) const START_LIMIT: Duration = Duration::from_secs(20);
/// A build takes minutes on a slow machine.
const TURN_LIMIT: Duration = Duration::from_secs(900);
/// A practice tenant must outlast a lunch break.
const IDLE_HOURS: u32 = 4;

impl Tenant {
    /// Opens the practice tenant on this machine; starts it, or builds it, when there is none yet.
    ///
    /// It forgets its users when it ends: after 4 hours without a request, or with `make stop`. In JupyterLab each notebook has one
    /// of its own. `PRACTICE_TENANT_FOLDER`, in the environment or `.env`, names a folder for its files outside of the project.
    /// Building takes a minute or two, once, and says so.
    ///
    /// # Errors
    ///
    /// The program cannot be built or started; this crate comes from a registry and `practice-tenant` is not installed; the one running is of an older build, or another kernel has held its lock for 15 minutes.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// assert!(tenant.is_practice());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn practice() -> Result<Tenant> {
        Tenant::from_settings(&find_or_start()?)
    }

    /// Lets things go wrong in a practice tenant: each fault by its name and how many times it happens (or, below 1,
    /// how likely it is each time), `reset@report` at one step alone. Replaces what was on; an empty list switches all off.
    /// Chance is drawn from a fixed seed, so that a run repeats. Sends one request.
    ///
    /// # Errors
    ///
    /// A tenant that is no practice tenant; an unknown name (the error lists those there are); it cannot be reached.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// // tenant.practice_faults(&[("reset@report", 1.0), ("half-answer", 0.1)])?;
    /// let refused = tenant.practice_faults(&[("thunder", 1.0)]);
    /// assert!(refused.is_err_and(|error| error.to_string().contains("half-answer")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn practice_faults(&self, faults: &[(&str, f64)]) -> Result<()> {
        if !self.is_practice() {
            return Err(Error::no_practice_tenant(
                self.domain(),
                "has faults that come by themselves",
            ));
        }
        let faults: serde_json::Map<String, Value> = faults
            .iter()
            .map(|(name, number)| ((*name).to_string(), json!(number)))
            .collect();
        let request = Request::new(Method::PUT, "/practice/faults").json(json!({"faults": faults}));
        self.send(request).map(drop)
    }

    /// What a practice tenant has been asked so far: how many requests, and the most within any second. Sends one request.
    ///
    /// # Errors
    ///
    /// A tenant that is no practice tenant, or cannot be reached.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let tenant = Tenant::practice()?;
    /// println!("{}", tenant.practice_traffic()?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn practice_traffic(&self) -> Result<String> {
        if !self.is_practice() {
            return Err(Error::no_practice_tenant(self.domain(), "is not counted"));
        }
        let answer = self.send(Request::get("/practice/traffic", &[]))?;
        let traffic: TrafficAnswer = answer.read()?;
        let requests = answer.need("requests", traffic.requests.0)?;
        let most = answer.need("most_in_a_second", traffic.most_in_a_second.0)?;
        let told = format!("{requests} in all, {most} at most within a second");
        Ok(sentence(&told))
    }
}

/// The settings of the practice tenant of this notebook, or of this project.
fn find_or_start() -> Result<Settings> {
    find_or_start_in(&Place::here()?, Path::new(TARGET), build)
}

fn find_or_start_in(
    place: &Place,
    target: &Path,
    build: fn(&Path) -> Result<()>,
) -> Result<Settings> {
    let env_file = &place.env_file;
    // Built before it is this notebook's turn: others take the same turn to build.
    let program = match running(env_file)? {
        Some(_) => program(target)?,
        None => built_in(target, build)?,
    };
    let _turn = wait_for_turn(&place.folder, TURN_LIMIT)?;
    if let Some(settings) = running(env_file)? {
        if is_stale(env_file, &program) {
            return Err(Error::practice_is_stale());
        }
        return Ok(settings);
    }
    start(&program, env_file, &(IDLE_HOURS * 60).to_string(), &[])?;
    let settings = wait_until_ready(place)?;
    say!(
        "practice tenant started; it ends after {IDLE_HOURS} hours without a request, or with `make stop`"
    );
    Ok(settings)
}

/// The program's sources; a crate from a registry comes without them.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAM)
}

fn file_name() -> String {
    format!("{PROGRAM}{}", env::consts::EXE_SUFFIX)
}

fn program(target: &Path) -> Result<PathBuf> {
    match sources().is_dir() {
        true => Ok(target.join("release").join(file_name())),
        false => installed(&env::var_os("PATH").unwrap_or_default()),
    }
}

/// The program that `cargo install practice-tenant` put on the PATH.
fn installed(path: &OsStr) -> Result<PathBuf> {
    let mut programs = env::split_paths(path).map(|folder| folder.join(file_name()));
    let found = programs.find(|program| program.is_file());
    found.ok_or_else(Error::practice_not_installed)
}

/// The program, built first where it is missing or older than its sources.
pub(crate) fn program_in(target: &Path) -> Result<PathBuf> {
    built_in(target, build)
}

/// A program that is up to date is used as it is, also where nobody may write.
fn built_in(target: &Path, build: fn(&Path) -> Result<()>) -> Result<PathBuf> {
    let program = program(target)?;
    if needs_build(&program) {
        let _turn = wait_for_turn(target, TURN_LIMIT)?;
        // Another kernel may have built it meanwhile.
        if needs_build(&program) {
            build(target)?;
        }
    }
    Ok(program)
}

/// Two notebooks that look at the same moment must not each build one, start one, and end the other's. Whoever holds
/// the lock is done when it is dropped.
fn wait_for_turn(target: &Path, limit: Duration) -> Result<disk::File> {
    let path = target.join("practice-tenant.lock");
    let unlockable = |cause| Error::practice_unlockable(&path, cause);
    fs::create_dir_all(target).map_err(unlockable)?;
    let word =
        || say!("another kernel is building or starting the practice tenant: waiting for it");
    let lock = wait_for_lock(limit, word, || try_lock_file(&path).map_err(unlockable))?;
    lock.ok_or_else(|| Error::practice_held(&path, limit))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

fn is_stale(env_file: &Path, program: &Path) -> bool {
    // The file is written when the program starts.
    matches!((modified(env_file), modified(program)), (Some(started), Some(built)) if built > started)
}

/// Whether the program is missing or older than its sources.
fn needs_build(program: &Path) -> bool {
    let Some(built) = modified(program) else {
        return true;
    };
    is_newer(&sources(), built)
}

/// Whether anything below the folder was changed after that.
fn is_newer(folder: &Path, built: SystemTime) -> bool {
    let mut files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.any(|file| {
        let path = file.path();
        let changed = modified(&path).is_some_and(|changed| changed > built);
        changed || path.is_dir() && is_newer(&path, built)
    })
}

fn build(target: &Path) -> Result<()> {
    say!("building the practice tenant, once: a minute or two");
    let began = clock::instant();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let output = Command::new("cargo")
        .args(["build", "--release", "--locked", "--package", PROGRAM])
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        // The kernel's own compiler settings are not this program's.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::null())
        .output()
        .map_err(Error::no_cargo)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said
            .lines()
            .find(|line| line.starts_with("error"))
            .unwrap_or("no reason given");
        return Err(Error::practice_not_built(reason));
    }
    say!("built in {} s", clock::since(began).as_secs());
    Ok(())
}

/// Starts the program, which writes what it is reached by into the file; `words`: more of its command line.
pub(crate) fn start(
    program: &Path,
    env_file: &Path,
    idle_minutes: &str,
    words: &[&str],
) -> Result<Child> {
    // What an ended one left would be taken for the new one's.
    let _ = fs::remove_file(env_file);
    let log: PathBuf = env_file.with_extension("log");
    let log = append_to_private(&log);
    let mut command = Command::new(program);
    command
        .args(["--port", "0", "--idle-minutes", idle_minutes, "--env-file"])
        .arg(env_file)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.map_or_else(|_| Stdio::null(), Stdio::from));
    // A group of its own: an interrupt of the kernel must not end it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
        .spawn()
        .map_err(|cause| Error::practice_not_started(program, cause))
}

fn wait_until_ready(place: &Place) -> Result<Settings> {
    let deadline = Deadline::after(START_LIMIT);
    while !deadline.is_over() {
        if let Some(settings) = running(&place.env_file)? {
            return Ok(settings);
        }
        clock::wait_for_others(Duration::from_millis(20));
    }
    Err(Error::practice_is_silent(&place.log()))
}

#[cfg(test)]
#[path = "../../tests/it/program.rs"]
mod program;

#[cfg(test)]
mod tests {

    use super::*;
    use crate::tenant::proof::{proof_key, proves};

    /// Takes the program that the tests were built with, in place of minutes of building.
    fn copy_program(target: &Path) -> Result<()> {
        let program = program::practice_tenant();
        fs::create_dir_all(target.join("release")).expect("a folder");
        fs::copy(program, target.join("release").join(file_name())).expect("the program");
        Ok(())
    }

    /// As `cargo install practice-tenant` leaves it, for a crate that a registry holds.
    #[test]
    fn an_installed_program_is_found_on_the_path() {
        let name = format!("installed-{}", crate::secrets::random_hex(6).unwrap());
        let bin = std::env::temp_dir().join(name);
        fs::create_dir_all(&bin).unwrap();
        let path = env::join_paths([Path::new("/nowhere"), &bin]).unwrap();
        let error = installed(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("install it with `cargo install practice-tenant`"),
            "{error}"
        );
        fs::write(bin.join(file_name()), "").unwrap();
        assert_eq!(installed(&path).unwrap(), bin.join(file_name()));
        fs::remove_dir_all(&bin).unwrap();
    }

    #[test]
    fn a_change_deep_in_the_package_is_seen() {
        let name = format!("newer-{}", crate::secrets::random_hex(6).unwrap());
        let package = std::env::temp_dir().join(name);
        let deep = package.join("src").join("rules");
        fs::create_dir_all(&deep).unwrap();
        let file = deep.join("schema.rs");
        fs::write(&file, "").unwrap();
        let changed = modified(&file).unwrap();
        assert!(!is_newer(&package, changed + Duration::from_secs(60)));
        fs::File::options()
            .write(true)
            .open(&file)
            .and_then(|file| file.set_modified(changed + Duration::from_secs(120)))
            .unwrap();
        assert!(is_newer(&package, changed + Duration::from_secs(60)));
        fs::remove_dir_all(&package).unwrap();
    }

    fn unbuildable(_: &Path) -> Result<()> {
        Err(Error::practice_not_built("no reason given"))
    }

    fn until(mut holds: impl FnMut() -> bool) {
        let began = clock::instant();
        while !holds() {
            assert!(clock::since(began) < START_LIMIT, "waited too long");
            clock::wait_for_others(Duration::from_millis(20));
        }
    }

    /// As `make stop` does.
    fn end(env_file: &Path) {
        let domain = Settings::from_file(env_file).unwrap();
        let (domain, key) = (domain.get("DOMAIN").unwrap(), proof_key(env_file).unwrap());
        fs::remove_file(env_file).unwrap();
        until(|| !proves(domain, &key));
    }

    fn id(settings: &Settings) -> String {
        settings.get("CLIENT_ID").expect("an id").to_string()
    }

    #[test]
    fn many_who_look_at_the_same_moment_find_the_same_one() {
        let name = format!("practice-{}", crate::secrets::random_hex(6).unwrap());
        let target = std::env::temp_dir().join(name);
        let place = Place::of(&target, "");
        let find = || id(&find_or_start_in(&place, &target, copy_program).unwrap());
        let found: Vec<String> = std::thread::scope(|scope| {
            let lookers: Vec<_> = (0..6).map(|_| scope.spawn(find)).collect();
            let found = lookers.into_iter().map(|looker| looker.join().unwrap());
            found.collect()
        });
        assert!(found.iter().all(|id| *id == found[0]), "{found:?}");

        end(&target.join("practice-tenant.env"));
        fs::remove_dir_all(&target).unwrap();
    }

    #[test]
    fn notebooks_have_one_each_and_its_files_can_be_elsewhere_than_the_program() {
        let name = format!("practice-{}", crate::secrets::random_hex(6).unwrap());
        let target = std::env::temp_dir().join(name);
        copy_program(&target).unwrap();
        let folder = target.join("elsewhere");
        fs::create_dir(&folder).unwrap();
        let places = ["01.ipynb", "02.ipynb"].map(|notebook| Place::of(&folder, notebook));
        let found = places.each_ref().map(|place| {
            let first = find_or_start_in(place, &target, unbuildable).unwrap();
            assert_eq!(
                id(&first),
                id(&find_or_start_in(place, &target, unbuildable).unwrap())
            );
            id(&first)
        });
        assert_ne!(found[0], found[1]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let made = fs::read_dir(&folder).unwrap().flatten();
            for file in made {
                let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{file:?}");
            }
        }
        // Nothing but the program is where the project is built.
        let in_target = fs::read_dir(&target).unwrap().flatten();
        let names: Vec<_> = in_target.map(|entry| entry.file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        places.iter().for_each(|place| end(&place.env_file));
        fs::remove_dir_all(&target).unwrap();
    }

    #[test]
    fn one_that_has_ended_is_told_of_with_what_to_do() {
        let name = format!("practice-{}", crate::secrets::random_hex(6).unwrap());
        let target = std::env::temp_dir().join(name);
        let place = Place::of(&target, "");
        let settings = find_or_start_in(&place, &target, copy_program).unwrap();
        let tenant = Tenant::from_settings(&settings).unwrap();
        tenant.practice_traffic().unwrap();
        end(&place.env_file);
        let began = clock::instant();
        let error = tenant.practice_traffic().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the practice tenant has ended, and its users with it: run the tenant's cell again, which starts a new one, and then the cells after it"
        );
        assert_eq!(error.kind(), crate::error::ErrorKind::Practice);
        assert!(clock::since(began) < Duration::from_secs(1), "asked once");
        fs::remove_dir_all(&target).unwrap();
    }

    #[test]
    fn one_is_built_found_again_replaced_when_dead_and_refused_when_stale() {
        let name = format!("practice-{}", crate::secrets::random_hex(6).unwrap());
        let target = std::env::temp_dir().join(name);
        fs::create_dir_all(&target).unwrap();
        let place = Place::of(&target, "");
        let env_file = place.env_file.clone();
        let error = find_or_start_in(&place, &target, unbuildable).map(|_| ());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("it cannot be built"), "{error}");

        let first = find_or_start_in(&place, &target, copy_program).unwrap();
        let again = find_or_start_in(&place, &target, unbuildable).unwrap();
        assert_eq!(id(&first), id(&again));

        // `make stop`, and what a killed one leaves behind: a file that names a port where nobody is.
        let lines = fs::read(&env_file).unwrap();
        end(&env_file);
        fs::write(&env_file, lines).unwrap();
        let second = find_or_start_in(&place, &target, unbuildable).unwrap();
        assert_ne!(id(&first), id(&second));

        // Built anew while one runs.
        fs::File::options()
            .append(true)
            .open(&env_file)
            .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
            .unwrap();
        let error = find_or_start_in(&place, &target, unbuildable).map(|_| ());
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("an older build") && error.contains("make stop"),
            "{error}"
        );

        end(&env_file);
        fs::remove_dir_all(&target).unwrap();
    }

    #[test]
    fn who_waits_for_another_that_starts_one_gives_up_and_holds_what_nobody_else_can() {
        let name = format!("practice-{}", crate::secrets::random_hex(6).unwrap());
        let target = std::env::temp_dir().join(name);
        let lock = target.join("practice-tenant.lock");
        fs::create_dir_all(&target).unwrap();
        fs::write(&lock, "").unwrap();
        let held = wait_for_turn(&target, Duration::ZERO).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&lock).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let error = wait_for_turn(&target, Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("has held"), "{error}");
        drop(held);
        wait_for_turn(&target, Duration::ZERO).unwrap();
        fs::remove_dir_all(&target).unwrap();
    }
}
