//! The run folder after power cuts, on a disk in memory.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use crate::disk::metadata::How;
use crate::disk::simulated::{At, Chance, SimulatedDisk, Torn, on};
use crate::disk::{self, File};
use crate::imports::folder::{JOURNAL, RunFolder, whole_lines};
use crate::imports::journal::Entry;
use crate::imports::options::ImportOptions;

const IMPORTS: &str = "imports";
const SEEDS: u64 = 300;

fn begun() -> Entry {
    Entry::Begun {
        domain: "dev-1.us.auth0.com".into(),
        connection_id: "con_0123456789abcdef".into(),
        connection: None,
        options: ImportOptions::default(),
        name: "run".into(),
        at: None,
        emails_unique: None,
        source_sha256: None,
    }
}

/// A line of more bytes than a block of the disk has.
fn long() -> Entry {
    Entry::Removed(
        (10_000..10_200)
            .map(|user| format!("auth0|{user}"))
            .collect(),
    )
}

fn sealed(rows: usize) -> Entry {
    Entry::Sealed {
        rows,
        left_out: 0,
        before: 0,
    }
}

fn begin(name: &str, hidden: bool) -> RunFolder {
    let mut folder = RunFolder::create(Path::new(IMPORTS), name, hidden).unwrap();
    folder.note(&begun()).unwrap();
    folder
}

fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = File::open(path, How::Read).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn cut(disk: &Arc<SimulatedDisk>, seed: u64) {
    disk.cut_power(&mut Chance::of(seed));
    disk.next_process();
}

#[test]
fn what_a_hidden_folder_holds_is_on_the_disk_before_it_is_shown() {
    for seed in 0..SEEDS {
        let disk = SimulatedDisk::new();
        on(&disk, || drop(begin("run", true)));
        cut(&disk, seed);
        let hidden = Path::new("imports/.packing/run");
        on(&disk, || {
            assert!(disk::exists(&hidden.join(JOURNAL)), "seed {seed}")
        });
    }
}

#[test]
fn a_folder_that_was_shown_is_in_its_place_and_nowhere_else() {
    for seed in 0..SEEDS {
        let disk = SimulatedDisk::new();
        on(&disk, || begin("run", true).show().unwrap());
        cut(&disk, seed);
        on(&disk, || {
            let (_, entries) = RunFolder::open(Path::new("imports/run")).unwrap();
            assert_eq!(entries.len(), 2, "seed {seed}");
            assert!(
                !disk::exists(Path::new("imports/.packing/run")),
                "seed {seed}"
            );
        });
    }
}

#[test]
fn git_is_kept_away_after_a_power_cut_as_well() {
    let ignored = Path::new("imports/.gitignore");
    for seed in 0..SEEDS {
        let disk = SimulatedDisk::new();
        on(&disk, || drop(begin("run", true)));
        cut(&disk, seed);
        on(&disk, || assert_eq!(read(ignored), b"*\n", "seed {seed}"));
        // What a power cut left of it before it was synced.
        let blank = &b"\0\0"[..usize::try_from(seed % 3).unwrap()];
        on(&disk, || {
            disk::remove_file(ignored).unwrap();
            let mut file = File::open(ignored, How::New(0o600)).unwrap();
            file.write_all(blank).unwrap();
            drop(begin("other", true));
            assert_eq!(read(ignored), b"*\n", "seed {seed}");
        });
    }
    // What somebody wrote there stays.
    let disk = SimulatedDisk::new();
    on(&disk, || {
        disk::create_dir(Path::new(IMPORTS), 0o700).unwrap();
        let mut file = File::open(ignored, How::New(0o600)).unwrap();
        file.write_all(b"#").unwrap();
        drop(begin("run", true));
        assert_eq!(read(ignored), b"#");
    });
}

#[test]
fn a_journal_whose_last_line_a_power_cut_left_with_zeros_in_it_is_read_without_that_line() {
    let (mut with_zeros, run) = (0, Path::new("imports/run"));
    for seed in 0..SEEDS {
        let disk = SimulatedDisk::new();
        let mut folder = on(&disk, || begin("run", false));
        disk.kill_at(At::Place("sync:journal".into(), 1), Torn::Before);
        let noted = || on(&disk, || folder.note(&long()));
        assert!(catch_unwind(AssertUnwindSafe(noted)).is_err());
        cut(&disk, seed);
        on(&disk, || {
            let bytes = read(&run.join(JOURNAL));
            with_zeros += usize::from(bytes.contains(&0) && bytes.ends_with(b"\n"));
            let (mut folder, entries) = RunFolder::open(run).expect("it is read");
            assert!((2..=3).contains(&entries.len()), "seed {seed}");
            folder.note(&long()).unwrap();
            drop(folder);
            let again = RunFolder::open(run).unwrap().1;
            assert_eq!(again.len(), entries.len() + 1, "seed {seed}");
        });
    }
    assert!(
        with_zeros > 10,
        "only {with_zeros} had zeros in a whole line"
    );
}

#[test]
fn rows_that_were_left_out_after_a_block_that_was_lost_are_dropped_with_it() {
    let (whole, lost) = ("0 {\"Packed\"}\n", "1 {\"LeftOut\"\0\0}\n");
    let (left_out, sealed) = ("2 {\"LeftOut\"}\n", "3 {\"Sealed\"}\n");
    for after in [
        "",
        left_out,
        sealed,
        "2 {\"Le",
        "2 {\"LeftOut\"}\n3 {\"Sealed\"}\n",
    ] {
        let journal = format!("{whole}{lost}{after}");
        assert_eq!(whole_lines(journal.as_bytes()), whole.len(), "{after}");
    }
    // One that was on the disk before the next was written.
    let damaged = format!("{whole}{lost}{sealed}{left_out}");
    assert_eq!(whole_lines(damaged.as_bytes()), damaged.len());
    assert_eq!(whole_lines(b"\0\n"), 0);
}

#[test]
fn a_journal_that_was_damaged_before_its_end_is_refused_and_left_as_it_is() {
    let disk = SimulatedDisk::new();
    on(&disk, || {
        let (run, journal) = (
            Path::new("imports/run"),
            Path::new("imports/run/journal.jsonl"),
        );
        let mut folder = begin("run", false);
        folder.note(&sealed(0)).unwrap();
        folder.note(&long()).unwrap();
        folder.note(&long()).unwrap();
        drop(folder);
        let mut bytes = read(journal);
        let is_sealed = |part: &[u8]| part == b"Sealed";
        let at = bytes.windows(6).position(is_sealed).unwrap();
        bytes[at] = 0;
        disk::remove_file(journal).unwrap();
        let mut file = File::open(journal, How::New(0o600)).unwrap();
        file.write_all(&bytes).unwrap();
        let refused = RunFolder::open(run).map(drop).unwrap_err().to_string();
        assert!(refused.contains("changed or damaged"), "{refused}");
        assert_eq!(read(journal), bytes);
    });
}
