//! A disk in memory: it fails, fills up and loses what was not synced as its owner says, and repeatably.

#[cfg(test)]
mod tests;
mod tree;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::TryLockError;
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clock;
use crate::disk::metadata::{Entry, How, Kind, Metadata};
use crate::disk::places;
use crate::disk::simulated::tree::{Node, Tree};
pub use crate::secrets::chance::Chance;

/// Who owns all that is on a simulated disk.
const OWNER: u32 = 1000;
/// What Linux calls an error of the device, and a full one.
const EIO: i32 = 5;
const ENOSPC: i32 = 28;

thread_local! {
    /// Set by [`on`] for as long as its call lasts. It keeps nothing from one cell to the next.
    static HERE: RefCell<Option<Arc<SimulatedDisk>>> = const { RefCell::new(None) };
}

/// Makes the call on that disk: nothing of the engine touches the system's. What it begins in other threads does.
pub(crate) fn on<T>(disk: &Arc<SimulatedDisk>, call: impl FnOnce() -> T) -> T {
    struct Before(Option<Arc<SimulatedDisk>>);
    impl Drop for Before {
        fn drop(&mut self) {
            HERE.replace(self.0.take());
        }
    }
    let _before = Before(HERE.replace(Some(Arc::clone(disk))));
    call()
}

/// The disk of [`on`], inside it.
pub(super) fn here() -> Option<Arc<SimulatedDisk>> {
    HERE.with_borrow(Clone::clone)
}

/// What a thread unwinds with whose process is ended. Whoever catches another payload has found a panic.
#[derive(Clone, Copy, Debug)]
pub struct Killed;

/// An operation that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// By its number among all that the disk has seen, from 1.
    Number(usize),
    /// By its name, and how often that is come to from now on, from 1.
    Place(String, usize),
}

/// How far an operation comes at which the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// It is not begun.
    Before,
    /// A write is torn after some of its bytes, by this number modulo their count and one; another operation is done if it is odd.
    Within(usize),
    /// It is done.
    After,
}

#[derive(Clone, Copy, Debug)]
enum Blow {
    Kill(Torn),
    Fault,
}

/// An operation that changed something, or was to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Such as `journal:Accepted`, `write:users-*.json`, `sync:journal`, `delete:users-*.json`, `folder`.
    pub name: String,
    /// Of which process, from 1.
    pub process: u64,
}

/// A disk in memory.
#[derive(Debug)]
pub struct SimulatedDisk(Mutex<State>);

#[derive(Debug)]
struct State {
    tree: Tree,
    process: u64,
    /// Whether the process is ended, so that nothing that it still does while it unwinds reaches the disk.
    dead: bool,
    operations: Vec<Operation>,
    blows: Vec<(At, Blow)>,
    most_bytes: Option<u64>,
    handles: u64,
    /// Which handle holds which file locked.
    locks: HashMap<usize, u64>,
}

impl SimulatedDisk {
    /// An empty one with room for everything.
    #[must_use]
    pub fn new() -> Arc<SimulatedDisk> {
        Arc::new(SimulatedDisk(Mutex::new(State {
            tree: Tree::new(),
            process: 1,
            dead: false,
            operations: Vec::new(),
            blows: Vec::new(),
            most_bytes: None,
            handles: 0,
            locks: HashMap::new(),
        })))
    }

    /// Ends the process at an operation: the thread unwinds with [`Killed`], its locks are free, and whatever else it does fails.
    pub fn kill_at(&self, at: At, torn: Torn) {
        self.state().blows.push((at, Blow::Kill(torn)));
    }

    /// Has an operation fail with an error of the device.
    pub fn fail_at(&self, at: At) {
        self.state().blows.push((at, Blow::Fault));
    }

    /// Has room for so many bytes in all its files; a write beyond them is done in part, and the next one fails.
    pub fn limit_bytes(&self, most: Option<u64>) {
        self.state().most_bytes = most;
    }

    /// The bytes of all its files.
    pub fn used_bytes(&self) -> u64 {
        self.state().tree.used
    }

    /// Ends the process, wherever it is.
    pub fn kill(&self) {
        self.state().end_process();
    }

    /// Ends the process, and the power goes: of what was not synced chance keeps some.
    pub fn cut_power(&self, chance: &mut Chance) {
        let mut state = self.state();
        state.end_process();
        state.tree.cut(chance);
    }

    /// Lets another process work on it. What was to befall the one before and did not is forgotten.
    pub fn next_process(&self) {
        let mut state = self.state();
        state.end_process();
        state.process += 1;
        state.dead = false;
        state.blows.clear();
    }

    /// Whether the process is ended.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// What was changed, in order: the first has the number 1.
    pub fn operations(&self) -> Vec<Operation> {
        self.state().operations.clone()
    }

    /// How many operations there were.
    pub fn operation_count(&self) -> usize {
        self.state().operations.len()
    }

    /// Every file that has a name, with what it holds.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let state = self.state();
        let files = state.tree.files().into_iter();
        files.map(|(path, bytes)| (path, bytes.to_vec())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        match state.dead {
            true => Err(ended()),
            false => Ok(state),
        }
    }

    /// Does one operation that changes something, if nothing befalls it.
    fn change<T>(
        &self,
        place: &str,
        change: impl FnOnce(&mut State, Option<usize>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.alive()?;
        let torn = match state.begin(place) {
            None => return change(&mut state, None),
            Some(Blow::Fault) => return Err(io::Error::from_raw_os_error(EIO)),
            Some(Blow::Kill(torn)) => torn,
        };
        match torn {
            Torn::Before => {}
            Torn::Within(drawn) => drop(change(&mut state, Some(drawn))),
            Torn::After => drop(change(&mut state, None)),
        }
        state.end_process();
        drop(state);
        // A second panic while one unwinds would end the whole program.
        if std::thread::panicking() {
            return Err(ended());
        }
        resume_unwind(Box::new(Killed))
    }

    /// The same for an operation that is done or not.
    fn change_whole<T>(
        &self,
        place: &str,
        change: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        self.change(place, |state, drawn| match drawn {
            Some(drawn) if drawn % 2 == 0 => Err(ended()),
            _ => change(state),
        })
    }
}

impl State {
    /// Counts an operation; gives what befalls it.
    fn begin(&mut self, place: &str) -> Option<Blow> {
        let (name, process) = (place.to_string(), self.process);
        self.operations.push(Operation { name, process });
        let number = self.operations.len();
        let mut hit = None;
        for (index, (at, _)) in self.blows.iter_mut().enumerate() {
            match at {
                At::Number(at) if *at == number => hit = Some(index),
                At::Place(name, times) if name == place => {
                    *times = times.saturating_sub(1);
                    hit = hit.or((*times == 0).then_some(index));
                }
                _ => {}
            }
        }
        hit.map(|index| self.blows.remove(index).1)
    }

    fn end_process(&mut self) {
        self.dead = true;
        self.locks.clear();
    }

    fn metadata(&self, node: usize) -> Metadata {
        let node = &self.tree.nodes[node];
        Metadata {
            kind: if node.is_folder {
                Kind::Folder
            } else {
                Kind::File
            },
            mode: node.mode,
            uid: OWNER,
            bytes: node.bytes.len() as u64,
            age: node
                .modified
                .and_then(|then| now().duration_since(then).ok()),
        }
    }
}

fn ended() -> io::Error {
    io::Error::other("the process is ended")
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(clock::unix_millis())
}

/// What the system's disk does as well.
impl SimulatedDisk {
    pub(super) fn open(self: Arc<Self>, path: &Path, how: How, place: &str) -> io::Result<Handle> {
        let found = self.alive()?.tree.find(path);
        let node = match (found, how) {
            (Ok(_), How::New(_)) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(node), _) => node,
            (Err(_), How::New(mode) | How::OrNew(mode)) => self.change_whole(place, |state| {
                state.tree.make(path, Node::new(now(), false, mode))
            })?,
            (Err(cause), _) => return Err(cause),
        };
        let mut state = self.alive()?;
        state.handles += 1;
        let (number, process) = (state.handles, state.process);
        drop(state);
        Ok(Handle {
            disk: self,
            node,
            number,
            process,
            read: 0,
        })
    }

    pub(super) fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let state = self.alive()?;
        Ok(state.metadata(state.tree.find(path)?))
    }

    pub(super) fn read_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let state = self.alive()?;
        let folder = state.tree.find(path)?;
        if !state.tree.nodes[folder].is_folder {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let names = state.tree.list(folder).into_iter();
        let entry = |(name, is_folder)| Entry {
            path: path.join(name),
            is_folder,
        };
        Ok(names.map(entry).collect())
    }

    pub(super) fn create_dir(&self, path: &Path, mode: u32, place: &str) -> io::Result<()> {
        self.change_whole(place, |state| {
            state
                .tree
                .make(path, Node::new(now(), true, mode))
                .map(drop)
        })
    }

    pub(super) fn create_dir_all(&self, path: &Path, mode: u32, place: &str) -> io::Result<()> {
        if let Ok(found) = self.metadata(path) {
            return match found.is_dir() {
                true => Ok(()),
                false => Err(io::ErrorKind::AlreadyExists.into()),
            };
        }
        if let Some(above) = path.parent() {
            self.create_dir_all(above, mode, place)?;
        }
        self.create_dir(path, mode, place)
    }

    pub(super) fn rename(&self, from: &Path, to: &Path, place: &str) -> io::Result<()> {
        self.change_whole(place, |state| state.tree.rename(from, to))
    }

    pub(super) fn remove_file(&self, path: &Path, place: &str) -> io::Result<()> {
        if self.metadata(path)?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        self.change_whole(place, |state| state.tree.remove(path))
    }

    pub(super) fn remove_dir(&self, path: &Path, place: &str) -> io::Result<()> {
        if !self.metadata(path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        self.change_whole(place, |state| state.tree.remove(path))
    }

    /// One file after the other, so that a kill leaves some.
    pub(super) fn remove_dir_all(&self, path: &Path, place: &str) -> io::Result<()> {
        for entry in self.read_dir(path)? {
            match entry.is_folder {
                true => self.remove_dir_all(&entry.path, place)?,
                false => {
                    self.remove_file(&entry.path, &places::name("delete", &entry.path))?;
                }
            }
        }
        self.remove_dir(path, place)
    }

    pub(super) fn sync_folder(&self, path: &Path, place: &str) -> io::Result<()> {
        let folder = self.alive()?.tree.find(path)?;
        self.change_whole(place, |state| {
            state.tree.sync_folder(folder);
            Ok(())
        })
    }
}

/// An open file of a simulated disk.
#[derive(Debug)]
pub(super) struct Handle {
    disk: Arc<SimulatedDisk>,
    node: usize,
    number: u64,
    process: u64,
    /// Bytes that were read.
    read: usize,
}

impl Handle {
    /// The disk, for the process that opened the file.
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.alive()?;
        match state.process == self.process {
            true => Ok(state),
            false => Err(ended()),
        }
    }

    pub(super) fn write(&self, bytes: &[u8], place: &str) -> io::Result<usize> {
        drop(self.state()?);
        self.disk.change(place, |state, drawn| {
            let room = state
                .most_bytes
                .map(|most| most.saturating_sub(state.tree.used));
            let room = room.map_or(usize::MAX, |room| {
                usize::try_from(room).unwrap_or(usize::MAX)
            });
            if room == 0 && !bytes.is_empty() {
                return Err(io::Error::from_raw_os_error(ENOSPC));
            }
            let count = drawn.map_or(bytes.len(), |drawn| drawn % (bytes.len() + 1));
            let count = count.min(room);
            state.tree.used += count as u64;
            let node = &mut state.tree.nodes[self.node];
            node.bytes.extend_from_slice(&bytes[..count]);
            node.modified = Some(now());
            Ok(count)
        })
    }

    pub(super) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let state = self.state()?;
        let node = &state.tree.nodes[self.node];
        if node.is_folder {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let rest = node.bytes.get(self.read..).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        drop(state);
        self.read += count;
        Ok(count)
    }

    pub(super) fn sync(&self, place: &str) -> io::Result<()> {
        drop(self.state()?);
        self.disk.change_whole(place, |state| {
            state.tree.sync_file(self.node);
            Ok(())
        })
    }

    pub(super) fn set_len(&self, bytes: u64, place: &str) -> io::Result<()> {
        let before = self.state()?.tree.nodes[self.node].bytes.len() as u64;
        if before == bytes {
            return Ok(());
        }
        self.disk.change_whole(place, |state| {
            let node = &mut state.tree.nodes[self.node];
            node.bytes
                .resize(usize::try_from(bytes).unwrap_or(usize::MAX), 0);
            state.tree.used = state.tree.used + bytes - before;
            Ok(())
        })
    }

    pub(super) fn set_mode(&self, mode: u32) -> io::Result<()> {
        self.state()?.tree.nodes[self.node].mode = mode;
        Ok(())
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        Ok(self.state()?.metadata(self.node))
    }

    pub(super) fn try_lock(&self) -> Result<(), TryLockError> {
        let mut state = self.state().map_err(TryLockError::Error)?;
        match state.locks.get(&self.node) {
            Some(holder) if *holder != self.number => Err(TryLockError::WouldBlock),
            _ => {
                state.locks.insert(self.node, self.number);
                Ok(())
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.locks.get(&self.node) == Some(&self.number) {
            state.locks.remove(&self.node);
        }
    }
}
