//! A practice tenant for a single call: its process ends and its folder is deleted when it is dropped.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use serde_json::Value;

use crate::clock::{self, Deadline};
use crate::error::{Error, Result};
use crate::private_file::{create_private, create_private_folder};
use crate::secrets::random_hex;
use crate::tenant::Tenant;
use crate::tenant::answers::PracticeAnswer;
use crate::tenant::practice::{START_LIMIT, program_in, start};
use crate::tenant::practice_place::{self, TARGET};
use crate::tenant::proof::running;
use crate::tenant::request::Request;
use crate::tenant::settings::Settings;

/// Should this program be killed, its practice tenant ends by itself.
const IDLE_MINUTES: &str = "2";
/// How the name of its folder begins, beside the files of other practice tenants.
const FOLDER: &str = "practice-tenant-";
const ENV_FILE: &str = "practice-tenant.env";
/// A younger folder may be of one that is only just being started.
const BEGINNING: Duration = Duration::from_secs(60);

/// It ends when it is dropped. One whose kernel was killed ends by itself, as any practice tenant does.
pub(crate) struct OwnPractice {
    pub(crate) tenant: Tenant,
    _process: Process,
    _folder: Folder,
}

struct Process(Child);

impl Process {
    /// What it is reached by, when it answers.
    fn settings(&mut self, env_file: &Path) -> Result<Settings> {
        let deadline = Deadline::after(START_LIMIT);
        while !deadline.is_over() {
            if let Some(settings) = running(env_file)? {
                return Ok(settings);
            }
            if let Ok(Some(_)) = self.0.try_wait() {
                let said = fs::read_to_string(env_file.with_extension("log"));
                return Err(Error::practice_ended(said.unwrap_or_default().trim()));
            }
            clock::wait_for_others(Duration::from_millis(5));
        }
        Err(Error::practice_is_silent(&env_file.with_extension("log")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Holds the practice tenant's address and token, and at first its shape; only its owner can read it.
struct Folder(PathBuf);

impl Folder {
    fn new(target: &Path) -> Result<Folder> {
        for entry in fs::read_dir(target).into_iter().flatten().flatten() {
            let made = entry.metadata().and_then(|made| made.modified());
            let is_old = made
                .ok()
                .and_then(clock::age_of_file)
                .is_some_and(|age| age > BEGINNING);
            let is_one = entry.file_name().to_string_lossy().starts_with(FOLDER);
            // One that ended by itself took its file along; the program that began it was killed.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_one && is_folder && is_old && !entry.path().join(ENV_FILE).exists() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let folder = target.join(format!("{FOLDER}{}", random_hex(6)?));
        create_private_folder(&folder)
            .map_err(|cause| Error::practice_unwritable(&folder, cause))?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl OwnPractice {
    /// Starts one of that shape that goes by this thread's clock.
    pub(crate) fn start(shape: &Value) -> Result<OwnPractice> {
        match clock::is_turned() {
            true => OwnPractice::turned(shape, &[]),
            false => OwnPractice::shaped(shape, &[]),
        }
    }

    /// Starts one of that shape whose clock its client turns, with more words of its command line.
    pub(crate) fn turned(shape: &Value, words: &[&str]) -> Result<OwnPractice> {
        OwnPractice::shaped(shape, &[&["--turned"], words].concat())
    }

    /// Builds its program if it is missing.
    fn shaped(shape: &Value, words: &[&str]) -> Result<OwnPractice> {
        let folder = Folder::new(&practice_place::folder()?)?;
        let shape_file = folder.0.join("shape.json");
        create_private(&shape_file)
            .and_then(|mut file| file.write_all(shape.to_string().as_bytes()))
            .map_err(|cause| Error::practice_unwritable(&shape_file, cause))?;
        let at = shape_file.to_string_lossy();
        let own = OwnPractice::in_folder(folder, &[&["--shape", &at], words].concat())?;
        // It has read it, and it tells of people.
        let _ = fs::remove_file(&shape_file);
        Ok(own)
    }

    fn in_folder(folder: Folder, words: &[&str]) -> Result<OwnPractice> {
        let program = program_in(Path::new(TARGET))?;
        let env_file = folder.0.join(ENV_FILE);
        let mut process = Process(start(&program, &env_file, IDLE_MINUTES, words)?);
        Ok(OwnPractice {
            tenant: Tenant::from_settings(&process.settings(&env_file)?)?,
            _process: process,
            _folder: folder,
        })
    }
}

impl Tenant {
    /// What a practice tenant tells of itself. Sends one request.
    pub(crate) fn about_practice(&self) -> Result<PracticeAnswer> {
        self.send(Request::get("/practice", &[]))?.read()
    }

    /// Whether a new token comes in the place of one that ends.
    pub(crate) fn renews_its_token(&self) -> bool {
        self.inner.application.is_some()
    }
}
