//! Files and folders in memory, as they are now and as they would be after a power cut.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::secrets::chance::Chance;

/// Bytes that a disk writes whole or not at all.
const BLOCK: usize = 512;

/// The folder in which relative paths begin. It is there from the start.
pub(super) const HERE: usize = 0;

/// By their number, so that an open file stays what it is while its name changes.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// Changes of names, of all folders, that no sync has had on the disk yet, in order.
    changes: Vec<Change>,
    /// Bytes of all files that have a name.
    pub(super) used: u64,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) is_folder: bool,
    pub(super) mode: u32,
    pub(super) modified: Option<SystemTime>,
    pub(super) bytes: Vec<u8>,
    synced_bytes: Vec<u8>,
    names: BTreeMap<OsString, usize>,
    synced_names: BTreeMap<OsString, usize>,
}

/// A name in a folder.
type Name = (usize, OsString);

/// A name that is gone, and one that is new: both, or neither, when a file is renamed, as file systems with a journal have it.
#[derive(Debug)]
struct Change {
    gone: Option<Name>,
    new: Option<(Name, usize)>,
}

impl Node {
    pub(super) fn new(modified: SystemTime, is_folder: bool, mode: u32) -> Node {
        Node {
            is_folder,
            mode,
            modified: Some(modified),
            ..Node::default()
        }
    }
}

impl Change {
    fn folders(&self) -> impl Iterator<Item = usize> {
        let gone = self.gone.as_ref().map(|(folder, _)| *folder);
        let new = self.new.as_ref().map(|((folder, _), _)| *folder);
        gone.into_iter().chain(new)
    }
}

impl Tree {
    pub(super) fn new() -> Tree {
        let here = Node {
            is_folder: true,
            mode: 0o700,
            ..Node::default()
        };
        Tree {
            nodes: vec![here],
            changes: Vec::new(),
            used: 0,
        }
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<usize> {
        let mut at = HERE;
        for name in names(path) {
            let found = self.nodes[at].names.get(&name);
            at = *found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        }
        Ok(at)
    }

    /// The folder that a path lies in, and its name there.
    fn place(&self, path: &Path) -> io::Result<Name> {
        let mut above = names(path);
        let name = above.pop().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = self.find(&above.iter().collect::<PathBuf>())?;
        match self.nodes[folder].is_folder {
            true => Ok((folder, name)),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// What is in a folder: names, and whether each is a folder.
    pub(super) fn list(&self, folder: usize) -> Vec<(OsString, bool)> {
        let names = self.nodes[folder].names.iter();
        names
            .map(|(name, node)| (name.clone(), self.nodes[*node].is_folder))
            .collect()
    }

    /// Makes an empty file or folder.
    pub(super) fn make(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        let place = self.place(path)?;
        if self.find(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let number = self.nodes.len();
        self.nodes.push(node);
        self.change(None, Some((place, number)));
        Ok(number)
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let node = self.find(path)?;
        if !self.nodes[node].names.is_empty() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        self.used -= self.nodes[node].bytes.len() as u64;
        let place = self.place(path)?;
        self.change(Some(place), None);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.find(from)?;
        if let Ok(replaced) = self.find(to) {
            if self.nodes[replaced].is_folder {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            self.used -= self.nodes[replaced].bytes.len() as u64;
        }
        let (gone, new) = (self.place(from)?, self.place(to)?);
        self.change(Some(gone), Some((new, node)));
        Ok(())
    }

    fn change(&mut self, gone: Option<Name>, new: Option<(Name, usize)>) {
        if let Some((folder, name)) = &gone {
            self.nodes[*folder].names.remove(name);
        }
        if let Some(((folder, name), node)) = &new {
            self.nodes[*folder].names.insert(name.clone(), *node);
        }
        self.changes.push(Change { gone, new });
    }

    pub(super) fn sync_file(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        node.synced_bytes.clone_from(&node.bytes);
    }

    /// Has the names of a folder on the disk, and of other folders what came before a rename from or to there.
    pub(super) fn sync_folder(&mut self, folder: usize) {
        let (mut folders, mut synced, mut left) = (vec![folder], Vec::new(), Vec::new());
        for change in std::mem::take(&mut self.changes).into_iter().rev() {
            if change.folders().any(|at| folders.contains(&at)) {
                folders.extend(change.folders());
                synced.push(change);
            } else {
                left.push(change);
            }
        }
        synced
            .into_iter()
            .rev()
            .for_each(|change| self.keep(change));
        self.changes = left.into_iter().rev().collect();
    }

    fn keep(&mut self, change: Change) {
        if let Some((folder, name)) = change.gone {
            self.nodes[folder].synced_names.remove(&name);
        }
        if let Some(((folder, name), node)) = change.new {
            self.nodes[folder].synced_names.insert(name, node);
        }
    }

    /// The power goes. Names that were not synced are kept or lost by chance, those of one folder in order; of bytes that were not
    /// synced the first are kept, as many as chance has it, and some blocks among them may hold zeros.
    pub(super) fn cut(&mut self, chance: &mut Chance) {
        let (mut lost, one_in) = (Vec::new(), 1 + chance.below(8));
        for change in std::mem::take(&mut self.changes) {
            let follows = change.folders().any(|folder| lost.contains(&folder));
            if follows || chance.once_in(one_in) {
                lost.extend(change.folders());
            } else {
                self.keep(change);
            }
        }
        for node in &mut self.nodes {
            node.names.clone_from(&node.synced_names);
            node.bytes = left_of(&node.synced_bytes, &node.bytes, chance);
            node.synced_bytes.clone_from(&node.bytes);
        }
        let files = self.files();
        self.used = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    }

    /// Every file that has a name, with what it holds.
    pub(super) fn files(&self) -> Vec<(PathBuf, &[u8])> {
        let (mut found, mut open) = (Vec::new(), vec![(PathBuf::new(), HERE)]);
        while let Some((path, at)) = open.pop() {
            let node = &self.nodes[at];
            if !node.is_folder {
                found.push((path, &node.bytes[..]));
                continue;
            }
            let names = node.names.iter();
            open.extend(names.map(|(name, node)| (path.join(name), *node)));
        }
        found.sort();
        found
    }
}

fn names(path: &Path) -> Vec<OsString> {
    let parts = path.components();
    parts
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str().to_os_string())
        .collect()
}

/// What a power cut leaves of a file.
fn left_of(synced: &[u8], now: &[u8], chance: &mut Chance) -> Vec<u8> {
    let alike = synced
        .iter()
        .zip(now)
        .take_while(|(one, other)| one == other);
    let alike = alike.count();
    if now == synced || alike < synced.len() && chance.once_in(2) {
        return synced.to_vec();
    }
    // In half of the cases all of it stays, since only then do lost blocks inside it show.
    let kept = match chance.once_in(2) {
        true => now.len(),
        false => alike + chance.below(now.len() - alike + 1),
    };
    let mut left = now[..kept].to_vec();
    if chance.once_in(3) {
        let blocks = alike / BLOCK..kept.div_ceil(BLOCK);
        for block in blocks.filter(|_| chance.once_in(2)).collect::<Vec<_>>() {
            let (from, to) = (alike.max(block * BLOCK), kept.min((block + 1) * BLOCK));
            left[from..to].fill(0);
        }
    }
    left
}
