//! A journal as text: each line begins with a hash over itself and all lines before it.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::imports::journal::rules::Rules;
use crate::imports::journal::{Entry, VERSION};
use crate::words::hex;

/// The hash before a line.
pub(crate) fn link(chain: &str, json: &str) -> String {
    hex(&Sha256::digest(format!("{chain} {json}"))[..8])
}

/// What a journal tells.
pub(crate) struct Lines {
    pub(crate) entries: Vec<Entry>,
    /// The hash that the next line goes on from.
    pub(crate) chain: String,
    /// The hash of the last line that tells of no removal.
    pub(crate) done_so_far: String,
}

/// Reads whole lines, for the run in `folder`.
pub(crate) fn read_lines(folder: &Path, lines: &[u8]) -> Result<Lines> {
    let text = std::str::from_utf8(lines).map_err(|_| Error::damaged_journal(folder))?;
    let (mut chain, mut entries, mut rules) = (String::new(), Vec::new(), Rules::default());
    let mut done_so_far = String::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let changed = || Error::changed_journal(folder, number);
        let (hash, json) = line.split_once(' ').ok_or_else(changed)?;
        if hash != link(&chain, json) {
            return Err(changed());
        }
        chain = hash.to_string();
        let entry = serde_json::from_str(json).map_err(|_| match entries.is_empty() {
            true => Error::journal_of_another_version(folder),
            false => changed(),
        })?;
        if let Entry::Version(version) = entry
            && version != VERSION
        {
            return Err(Error::journal_of_another_version(folder));
        }
        rules
            .take(&entry)
            .map_err(|why| Error::impossible_journal(folder, number, &why))?;
        if !matches!(entry, Entry::Removed(_)) {
            done_so_far.clone_from(&chain);
        }
        entries.push(entry);
    }
    Ok(Lines {
        entries,
        chain,
        done_so_far,
    })
}
