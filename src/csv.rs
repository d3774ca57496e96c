//! CSV files of users: personal data, so for their owner alone, and whole or not there at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::private_file::create_private;
use crate::secret::random_hex;

/// A file that is written beside its place, and put there once it is whole; what was there stays until then.
pub(crate) struct CsvFile {
    place: PathBuf,
    aside: PathBuf,
    out: BufWriter<File>,
}

impl CsvFile {
    pub(crate) fn create(place: &Path) -> io::Result<CsvFile> {
        let mut aside = place.as_os_str().to_owned();
        aside.push(format!(".{}", random_hex(4).map_err(io::Error::other)?));
        Ok(CsvFile {
            out: BufWriter::new(create_private(aside.as_ref())?),
            place: place.into(),
            aside: aside.into(),
        })
    }

    /// Writes the fields of a row, quoted where they must be.
    pub(crate) fn row<const N: usize>(&mut self, fields: [&str; N]) -> io::Result<()> {
        writeln!(self.out, "{}", fields.map(field).join(","))
    }

    /// Puts the file in its place, down to the disk.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        fs::rename(&self.aside, &self.place)
    }
}

impl Drop for CsvFile {
    fn drop(&mut self) {
        // There no more if it got to its place.
        let _ = fs::remove_file(&self.aside);
    }
}

fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
