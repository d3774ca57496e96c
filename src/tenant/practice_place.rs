//! Where the practice tenant of this notebook, or of this project, keeps what it is reached by.

use std::env;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::private_file::create_private_folders;
use crate::tenant::settings::Settings;
use crate::words::hex;

/// Where cargo puts what it builds of this project.
pub(crate) const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target");
/// JupyterLab's server sets it for each kernel to the path of its notebook.
const NOTEBOOK: &str = "JPY_SESSION_NAME";

/// Where a practice tenant is found, or started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// What it is reached by. The practice tenant ends when this file vanishes.
    pub(crate) env_file: PathBuf,
}

impl Place {
    /// The place of this notebook, or outside of Jupyter that of the project. Makes the folder that is named in the settings.
    pub(crate) fn here() -> Result<Place> {
        let notebook = env::var(NOTEBOOK).unwrap_or_default();
        Ok(Place::of(&folder()?, &notebook))
    }

    /// Two notebooks have two, so that neither sees the other's faults and users.
    pub(crate) fn of(folder: &Path, notebook: &str) -> Place {
        let name = match notebook.is_empty() {
            true => "practice-tenant.env".to_string(),
            false => {
                let digest = hex(&Sha256::digest(notebook)[..4]);
                format!("practice-tenant-{digest}.env")
            }
        };
        Place {
            env_file: folder.join(name),
            folder: folder.to_path_buf(),
        }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.env_file.with_extension("log")
    }
}

/// The folder of what practice tenants are reached by: the one that is set, or where cargo builds this project.
pub(crate) fn folder() -> Result<PathBuf> {
    let Some(folder) = Settings::practice_folder()? else {
        return Ok(PathBuf::from(TARGET));
    };
    if !folder.is_absolute() {
        return Err(Error::practice_folder_relative(&folder));
    }
    create_private_folders(&folder).map_err(|cause| Error::practice_unwritable(&folder, cause))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notebook_has_a_place_of_its_own() {
        let folder = Path::new("/somewhere");
        let project = Place::of(folder, "");
        assert_eq!(project.env_file, folder.join("practice-tenant.env"));
        let one = Place::of(folder, "/home/ada/notebooks/01.ipynb");
        let other = Place::of(folder, "/home/ada/notebooks/02.ipynb");
        assert_ne!(one, other);
        assert_eq!(one, Place::of(folder, "/home/ada/notebooks/01.ipynb"));
        let name = one.env_file.file_name().unwrap().to_str().unwrap();
        let digest = name.strip_prefix("practice-tenant-").unwrap();
        let digest = digest.strip_suffix(".env").unwrap();
        assert!(digest.len() == 8 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(one.log().extension().unwrap(), "log");
    }
}
