//! A practice tenant for one call alone: its process ends and its folder goes when it is dropped.

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
use crate::tenant::practice::{START_LIMIT, TARGET, program_in, start};
use crate::tenant::proof::running;
use crate::tenant::request::Request;

/// Should this program be killed, its practice tenant ends by itself.
const IDLE_MINUTES: &str = "2";

/// A practice tenant whose clock its client turns.
pub(crate) struct Stage {
    pub(crate) tenant: Tenant,
    _process: Process,
    _folder: Folder,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Holds what the practice tenant is reached by, and the shape that it has: both are personal data's neighbours, so the folder
/// is its owner's alone.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Stage {
    /// Starts a practice tenant of that shape, with more words of its command line; builds it where it is missing.
    pub(crate) fn open(shape: &Value, words: &[&str]) -> Result<Stage> {
        let target = Path::new(TARGET);
        let program = program_in(target)?;
        let folder = Folder(target.join(format!("rehearsal-{}", random_hex(6)?)));
        let failed = |cause| Error::practice_unwritable(&folder.0, cause);
        create_private_folder(&folder.0).map_err(failed)?;
        let at = folder.0.join("shape.json");
        let mut file = create_private(&at).map_err(failed)?;
        file.write_all(shape.to_string().as_bytes())
            .map_err(failed)?;
        let env_file = folder.0.join("practice-tenant.env");
        let at = at.to_string_lossy();
        let words = [&["--turned", "--shape", &at], words].concat();
        let mut process = Process(start(&program, &env_file, IDLE_MINUTES, &words)?);
        let deadline = Deadline::after(START_LIMIT);
        let settings = loop {
            if let Some(settings) = running(&env_file)? {
                break settings;
            }
            if let Ok(Some(_)) = process.0.try_wait() {
                let said = fs::read_to_string(env_file.with_extension("log"));
                return Err(Error::practice_ended(said.unwrap_or_default().trim()));
            }
            if deadline.is_over() {
                return Err(Error::practice_is_silent());
            }
            clock::wait(Duration::from_millis(5));
        };
        Ok(Stage {
            tenant: Tenant::from_settings(&settings)?,
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
