//! The disk in memory, by what it promises.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use crate::disk::metadata::How;
use crate::disk::simulated::{At, Chance, Killed, SimulatedDisk, Torn, on};
use crate::disk::{self, File};

fn write(path: &str, bytes: &[u8]) -> File {
    let mut file = File::open(Path::new(path), How::New(0o600)).unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn read(path: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(Path::new(path), How::Read).ok()?;
    file.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

/// What is left after the cut, of many seeds: each once.
fn left(path: &str, scene: impl Fn()) -> Vec<Option<Vec<u8>>> {
    let left = |seed| {
        let disk = SimulatedDisk::new();
        on(&disk, &scene);
        disk.cut_power(&mut Chance::of(seed));
        disk.next_process();
        on(&disk, || read(path))
    };
    let mut all: Vec<_> = (0..300).map(left).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn a_power_cut_leaves_what_was_synced_and_by_chance_some_of_the_rest() {
    let synced = || {
        let mut file = write("a", b"12");
        file.sync_all().unwrap();
        disk::sync_folder(Path::new(".")).unwrap();
        file.write_all(b"34").unwrap();
    };
    let some = |bytes: &[u8]| Some(bytes.to_vec());
    let found = left("a", synced);
    for whole in [&b"12"[..], b"123", b"1234"] {
        assert!(found.contains(&some(whole)), "{found:?}");
    }
    assert!(found.contains(&some(b"12\0\0")), "{found:?}");
    assert!(found.iter().flatten().all(|left| left.starts_with(b"12")));

    let unsynced_name = || write("a", b"12").sync_all().unwrap();
    assert_eq!(left("a", unsynced_name), [None, some(b"12")]);
}

#[test]
fn a_rename_is_whole_or_not_there_and_sure_once_a_folder_of_it_is_synced() {
    let (from, to) = (Path::new("p/run"), Path::new("run"));
    let begun = || {
        for folder in [Path::new("p"), from] {
            disk::create_dir(folder, 0o700).unwrap();
        }
        write("p/run/a", b"1").sync_all().unwrap();
        disk::sync_folder(from).unwrap();
        disk::rename_folder(from, to).unwrap();
    };
    let unsynced = left("run/a", begun);
    assert_eq!(unsynced, [None, Some(b"1".to_vec())]);
    let synced = || {
        begun();
        disk::sync_folder(Path::new("")).unwrap();
    };
    assert_eq!(left("run/a", synced), [Some(b"1".to_vec())]);
    assert_eq!(left("p/run/a", synced), [None]);
}

/// Makes the call, in which the process is to be killed.
fn killed(disk: &Arc<SimulatedDisk>, call: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(|| on(disk, call))).unwrap_err();
    assert!(payload.is::<Killed>());
    assert!(disk.is_dead());
}

#[test]
fn a_kill_tears_the_write_frees_the_locks_and_nothing_follows_it() {
    let disk = SimulatedDisk::new();
    disk.kill_at(At::Place("write:a".to_string(), 2), Torn::Within(3));
    killed(&disk, || {
        let lock = File::open(Path::new("lock"), How::OrNew(0o600)).unwrap();
        lock.try_lock().unwrap();
        let again = File::open(Path::new("lock"), How::OrNew(0o600)).unwrap();
        assert!(again.try_lock().is_err());
        /// Deletes what is half written, as a sheet does.
        struct Whole(File);
        impl Drop for Whole {
            fn drop(&mut self) {
                assert!(disk::remove_file(Path::new("a")).is_err());
            }
        }
        let mut whole = Whole(write("a", b"12"));
        whole.0.write_all(b"34567").unwrap();
    });
    disk.next_process();
    on(&disk, || {
        assert_eq!(read("a"), Some(b"12345".to_vec()));
        let lock = File::open(Path::new("lock"), How::OrNew(0o600)).unwrap();
        lock.try_lock().unwrap();
    });
    let names: Vec<String> = disk.operations().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["lock", "create:a", "write:a", "write:a"]);
}

#[test]
fn a_full_disk_takes_a_part_and_a_fault_takes_nothing() {
    let disk = SimulatedDisk::new();
    disk.limit_bytes(Some(3));
    disk.fail_at(At::Number(4));
    on(&disk, || {
        let mut file = File::open(Path::new("a"), How::New(0o600)).unwrap();
        let full = file.write_all(b"12345").unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
        assert_eq!(read("a"), Some(b"123".to_vec()));
        assert_eq!(disk.used_bytes(), 3);
        let fault = disk::remove_file(Path::new("a")).unwrap_err();
        assert_eq!(fault.raw_os_error(), Some(5));
        disk::remove_file(Path::new("a")).unwrap();
    });
    assert_eq!((disk.used_bytes(), disk.files().len()), (0, 0));
}
