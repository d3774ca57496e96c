//! `cargo bench --bench reading`: users a second out of files of a million, on one core, both sides in one run and in turn.
//!
//! Beside `read_users`: the csv crate and serde_json, each into a struct of the same fields, and the unpacking of gzip by itself.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use auth0_bulk_users::*;
use serde_derive::Deserialize;

const USERS: usize = 1_000_000;
const ROUNDS: usize = 5;
/// What the others' speed may be undercut to.
const WANTED: f64 = 0.8;

/// What the others read a row into.
#[derive(Deserialize)]
struct Row {
    user_id: String,
    email: String,
    email_verified: bool,
    given_name: String,
    family_name: String,
    nickname: Option<String>,
    password_hash: String,
}

fn main() {
    pin("0");
    let folder = Folder::new();
    let csv = folder.0.join("users.csv");
    let lines = folder.0.join("users.ndjson");
    let packed = folder.0.join("users.csv.gz");
    write_csv(&csv);
    write_lines(&lines);
    let has_gzip = pack(&csv, &packed);
    let (ours, theirs) = in_turn(|| read(&csv), || with_csv(&csv));
    compare("CSV", "the csv crate", ours, theirs);
    let plain = ours;
    let (ours, theirs) = in_turn(|| read(&lines), || with_serde_json(&lines));
    compare("JSON lines", "serde_json", ours, theirs);
    if !has_gzip {
        println!("gzip is not installed: packed files are not measured");
        return;
    }
    let (ours, unpacking) = in_turn(|| read(&packed), || unpack(&packed));
    println!(
        "CSV, gzipped   {:.2} s: {:.2} s more than unpacked, and the gzip program takes {:.2} s to unpack it",
        ours.as_secs_f64(),
        ours.saturating_sub(plain).as_secs_f64(),
        unpacking.as_secs_f64(),
    );
}

fn pin(core: &str) {
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", core, &pid]).output();
    if !pinned.is_ok_and(|output| output.status.success()) {
        println!("taskset is not installed: not pinned to core {core}");
    }
}

/// The best time of each of the two, which take turns so that a slow moment of the machine meets both.
fn in_turn(ours: impl Fn() -> usize, theirs: impl Fn() -> usize) -> (Duration, Duration) {
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        for (best, side) in best.iter_mut().zip([&ours as &dyn Fn() -> usize, &theirs]) {
            let began = Instant::now();
            assert_eq!(side(), USERS);
            *best = began.elapsed().min(*best);
        }
    }
    (best[0], best[1])
}

fn compare(form: &str, other: &str, ours: Duration, theirs: Duration) {
    let speed = |time: Duration| USERS as f64 / time.as_secs_f64() / 1e6;
    println!(
        "{form:<14} {:.2} million users a second; {other} {:.2} million; {:.2} times its speed ({WANTED} is wanted)",
        speed(ours),
        speed(theirs),
        theirs.as_secs_f64() / ours.as_secs_f64(),
    );
}

fn read(path: &Path) -> usize {
    let users = read_users(path).expect("a file of users");
    users
        .map(|user| user.expect("a user").email.len().min(1))
        .sum()
}

fn with_csv(path: &Path) -> usize {
    let mut reader = csv::Reader::from_path(path).expect("a file");
    let rows = reader.deserialize::<Row>();
    rows.map(|row| used(&row.expect("a row"))).sum()
}

fn with_serde_json(path: &Path) -> usize {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path).expect("a file"));
    let (mut line, mut rows) = (String::new(), 0);
    while reader.read_line(&mut line).expect("a line") > 0 {
        rows += used(&serde_json::from_str(&line).expect("a row"));
        line.clear();
    }
    rows
}

fn used(row: &Row) -> usize {
    std::hint::black_box((&row.user_id, row.email_verified, &row.given_name));
    std::hint::black_box((&row.family_name, &row.nickname, &row.password_hash));
    row.email.len().min(1)
}

/// The rows of a packed file, unpacked by the gzip program and counted by their ends.
fn unpack(path: &Path) -> usize {
    let mut gzip = Command::new("gzip");
    let gzip = gzip.arg("-dc").arg(path).stdout(Stdio::piped());
    let mut gzip = gzip.spawn().expect("gzip");
    let mut out = gzip.stdout.take().expect("its output");
    let (mut piece, mut ends) = (vec![0; 1 << 16], 0);
    loop {
        let read = out.read(&mut piece).expect("bytes");
        if read == 0 {
            break;
        }
        ends += piece[..read].iter().filter(|byte| **byte == b'\n').count();
    }
    assert!(gzip.wait().expect("its end").success());
    ends - 1
}

fn pack(csv: &Path, packed: &Path) -> bool {
    let gzip = Command::new("gzip")
        .arg("-c")
        .arg(csv)
        .stdout(File::create(packed).expect("a file"))
        .status();
    gzip.is_ok_and(|status| status.success())
}

/// A hash that is none, of the form and length of bcrypt's.
fn hash(number: usize) -> String {
    let digits = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("$2b$10${digits:020}{number:013}{digits:020}")
}

fn write_csv(path: &Path) {
    let mut file = std::io::BufWriter::new(File::create(path).expect("a file"));
    writeln!(
        file,
        "user_id,email,email_verified,given_name,family_name,nickname,password_hash"
    )
    .expect("room");
    for number in 0..USERS {
        let nickname = if number % 3 == 0 { "" } else { "nick" };
        writeln!(file, "id-{number},user{number}@example.com,{},Ada{number},\"Roe, the {number}th\",{nickname},{}", number % 2 == 0, hash(number)).expect("room");
    }
}

fn write_lines(path: &Path) {
    let mut file = std::io::BufWriter::new(File::create(path).expect("a file"));
    for number in 0..USERS {
        let nickname = if number % 3 == 0 {
            ""
        } else {
            "\"nickname\":\"nick\","
        };
        writeln!(file, "{{\"user_id\":\"id-{number}\",\"email\":\"user{number}@example.com\",\"email_verified\":{},\"given_name\":\"Ada{number}\",\"family_name\":\"Roe, the {number}th\",{nickname}\"password_hash\":\"{}\"}}", number % 2 == 0, hash(number)).expect("room");
    }
}

/// A folder that goes when the bench ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path =
            std::env::temp_dir().join(format!("auth0-bulk-users-reading-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
