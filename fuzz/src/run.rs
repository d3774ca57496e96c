//! One execution: a target, an input, and what came of it.

use std::any::Any;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use crate::chance::Chance;
use crate::mutate::mutated;
use crate::targets::{Held, Reached, Target};
use crate::{memory, watch};

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault it is: where it panicked, or which promise was broken. One of each kind is kept.
    pub kind: String,
    /// The whole of it.
    pub words: String,
}

/// Where the last panic was, and what it said.
static PANIC: Mutex<(String, String)> = Mutex::new((String::new(), String::new()));

/// Panics are told of by whoever finds them, not by themselves.
fn keep_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let mut last = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            *last = (place, words_of(info.payload()));
        }));
    });
}

fn words_of(payload: &(dyn Any + Send)) -> String {
    let words = payload.downcast_ref::<String>().cloned();
    words
        .or(payload.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}

/// Gives the target that input.
///
/// # Errors
///
/// What it did not bear.
pub fn execute(target: &Target, input: &[u8]) -> Result<Reached, Fault> {
    keep_panics();
    watch::start();
    watch::begins();
    let before = memory::begin();
    let held = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let took = memory::most().saturating_sub(before);
    let held: Held = match held {
        Ok(held) => held,
        Err(_) => {
            let last = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            let (place, words) = last.clone();
            return Err(Fault {
                words: format!("it panicked at {place}: {words}"),
                kind: place,
            });
        }
    };
    match held {
        Ok(_) if took > target.most_memory => Err(Fault {
            kind: "too much memory".to_string(),
            words: format!(
                "too much memory: {} MiB for {} bytes of input",
                took >> 20,
                input.len()
            ),
        }),
        Ok(reached) => Ok(reached),
        Err(words) => Err(Fault {
            kind: words.split(':').next().unwrap_or_default().to_string(),
            words,
        }),
    }
}

/// The input of that number.
#[must_use]
pub fn input(target: &Target, corpus: &[Vec<u8>], seed: u64, nth: u64) -> Vec<u8> {
    // What is in the corpus comes first, as it is.
    if let Some(given) = usize::try_from(nth).ok().and_then(|nth| corpus.get(nth)) {
        return given.clone();
    }
    mutated(
        &mut Chance::of(target.name, seed, nth),
        corpus,
        target.words,
    )
}

/// The target's corpus: its files, and what it makes itself.
///
/// # Panics
///
/// It is empty.
#[must_use]
pub fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = here("corpus").join(target.name);
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = files.map(|file| file.path()).collect();
    paths.sort();
    let given = paths.iter().filter_map(|path| fs::read(path).ok());
    let corpus: Vec<Vec<u8>> = given.chain((target.makes)()).collect();
    assert!(!corpus.is_empty(), "{} has no corpus", target.name);
    corpus
}

/// A folder of this package.
#[must_use]
pub fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// The input of now, on the disk before it is given: whatever ends the program, it is kept.
#[derive(Debug)]
pub struct Now {
    path: PathBuf,
    file: File,
}

impl Now {
    /// Where the target's is kept.
    #[must_use]
    pub fn path(target: &str) -> PathBuf {
        here("found").join(format!("{target}.now"))
    }

    /// Begins to keep it.
    ///
    /// # Panics
    ///
    /// The file cannot be made.
    #[must_use]
    pub fn of(target: &str) -> Now {
        let path = Now::path(target);
        fs::create_dir_all(here("found")).expect("the folder for what is found");
        let file = File::create(&path).expect("a file in it");
        Now { path, file }
    }

    /// Keeps that input.
    pub fn keep(&mut self, input: &[u8]) {
        let kept = self.file.rewind().and_then(|()| self.file.write_all(input));
        let _ = kept.and_then(|()| self.file.set_len(input.len() as u64));
    }
}

impl Drop for Now {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
