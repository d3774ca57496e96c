//! Says to the compiler which state of the source it compiles.
//!
//! The notebook kernel keeps compiled crates by the compiler's arguments and does not look at their files. It leaves out
//! crates that are compiled incrementally, for those are worked on; `make` turns that off for this one, so that only the
//! first kernel after a change compiles it. Without this argument a kernel would then go on with what it was before.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let mut state = DefaultHasher::new();
    for file in files(Path::new("src")) {
        file.hash(&mut state);
        fs::read(&file)
            .expect("a source file can be read")
            .hash(&mut state);
    }
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rustc-check-cfg=cfg(source, values(any()))");
    println!("cargo::rustc-cfg=source=\"{:016x}\"", state.finish());
}

/// Every file below the folder, always in the same order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a source folder can be listed");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a source folder can be listed").path())
        .collect();
    paths.sort();
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    paths.into_iter().flat_map(below).collect()
}
