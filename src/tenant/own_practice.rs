//! A practice tenant for one call alone: as it is when nobody has set anything, and gone with the call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

use crate::error::Result;
use crate::secrets::random_hex;
use crate::tenant::Tenant;
use crate::tenant::practice::{built_in, start, wait_until_ready};

/// Ends when it is dropped. One whose kernel was killed ends by itself, as any practice tenant does.
pub(crate) struct OwnPractice {
    child: Child,
    env_file: PathBuf,
}

impl OwnPractice {
    /// Starts one, and builds its program first where there is none.
    pub(crate) fn start() -> Result<OwnPractice> {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let program = built_in(&target)?;
        let env_file = target.join(format!("practice-tenant-{}.env", random_hex(6)?));
        let child = start(&program, &env_file)?;
        Ok(OwnPractice { child, env_file })
    }

    pub(crate) fn tenant(&self) -> Result<Tenant> {
        Tenant::from_settings(&wait_until_ready(&self.env_file)?)
    }
}

impl Drop for OwnPractice {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for left in [&self.env_file, &self.env_file.with_extension("log")] {
            let _ = fs::remove_file(left);
        }
    }
}
