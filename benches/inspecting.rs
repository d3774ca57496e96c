//! `cargo bench --bench inspecting`: the time and the memory that a look at a file of a million users takes, as CSV and as one JSON list, beside
//! reading it alone in the same run.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use auth0_bulk_users::*;

const USERS: usize = 1_000_000;
/// What the memory may come to, in MB.
const MOST_MB: u64 = 200;
/// Which file a process inspects.
const FILE: &str = "INSPECTED_FILE";

/// A process for each form, since the most memory that a process has had never sinks.
fn main() {
    if let Some(path) = std::env::var_os(FILE) {
        return inspect(Path::new(&path));
    }
    let folder = Folder::new();
    for (name, write) in [
        ("users.csv", write_csv as fn(&Path)),
        ("users.json", write_list),
    ] {
        let path = folder.0.join(name);
        write(&path);
        let itself = std::env::current_exe().expect("this program");
        let ended = Command::new(itself).env(FILE, &path).status();
        assert!(ended.expect("its end").success());
    }
}

fn inspect(path: &Path) {
    let began = Instant::now();
    let users = read_users(path).expect("a file of users");
    let what = users.what();
    let read = users.filter(Result::is_ok).count();
    let (alone, before) = (began.elapsed(), peak_mb());
    let began = Instant::now();
    let inspection = inspect_users(path).expect("a file of users");
    println!(
        "{what}: {:.2} s, {:.2} times as long as reading it; {} MB at most ({MOST_MB} are allowed; {before} MB for the reading)",
        began.elapsed().as_secs_f64(),
        began.elapsed().as_secs_f64() / alone.as_secs_f64(),
        peak_mb(),
    );
    assert!(peak_mb() < MOST_MB);
    assert_eq!((read, inspection.rows()), (USERS, USERS as u64));
    assert_eq!(inspection.twins(), USERS as u64 / 1_000, "{inspection}");
}

/// The most memory that this process has had, as Linux tells it; elsewhere nothing is told.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or(0, |kilobytes| kilobytes / 1_000)
}

/// Each thousandth has the e-mail of the one before.
fn email(number: usize) -> String {
    let number = number - usize::from(number % 1_000 == 1);
    format!("user{number}@example.com")
}

fn write_csv(path: &Path) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    writeln!(file, "user_id,email,username,phone_number,name,note").expect("room");
    for number in 0..USERS {
        let email = email(number);
        writeln!(
            file,
            "id-{number},{email},user{number},+49{number:010},\"Roe, the {number}th\",x"
        )
        .expect("room");
    }
}

fn write_list(path: &Path) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for number in 0..USERS {
        let (before, email) = (if number == 0 { "[" } else { "," }, email(number));
        write!(file, "{before}{{\"user_id\":\"id-{number}\",\"email\":\"{email}\",\"username\":\"user{number}\",\"phone_number\":\"+49{number:010}\",\"note\":1}}").expect("room");
    }
    write!(file, "]").expect("room");
}

/// A folder that goes when the bench ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let name = format!("auth0-bulk-users-inspecting-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
