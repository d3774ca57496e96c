//! Files of users, mangled by chance: no reader panics, hangs, loses a row in its counts, or shows a hash. `make test-readers` does it for
//! as long as one likes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use auth0_bulk_users::*;

use crate::sources::Given;

/// What no error and no inspection may show.
const HASH: &str = "$2b$10$mr1n69gxjfCb4agxhaBuP.dT58mMLzUM4C/yPC8tXrpFmtJk.Vc7u";
/// Files of each form in `make test`.
const FEW: usize = 60;
/// A file of some kilobytes takes milliseconds; this long is a hang.
const HANG: Duration = Duration::from_secs(60);
/// What turns the meaning of what comes behind.
const PIECES: [&str; 22] = [
    "\"", "\"\"", "'", ",", ";", "\t", "\n", "\r\n", "\n\n", "[", "]", "{", "}", "\\", "\\u0000",
    ":", "\0", "dn: ", " ", "\u{feff}", "null", "email",
];

/// Chance that is the same for the same seed (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }

    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(bytes.len());
        start..bytes.len().min(start + 1 + self.below(80))
    }

    /// Some of the bytes changed, left out, twice, elsewhere, or with other pieces between them.
    fn mangle(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..=self.below(6) {
            if bytes.is_empty() {
                break;
            }
            let at = self.below(bytes.len());
            let range = self.range(&bytes);
            match self.below(6) {
                0 => bytes[at] = self.below(256) as u8,
                1 => drop(bytes.drain(range)),
                2 => {
                    let again = bytes[range].to_vec();
                    bytes.splice(at..at, again);
                }
                3 => {
                    let piece = PIECES[self.below(PIECES.len())].bytes();
                    bytes.splice(at..at, piece);
                }
                4 => bytes.truncate(at),
                _ => bytes[range].reverse(),
            }
        }
        bytes
    }
}

fn csv(delimiter: char) -> String {
    let mut text = "id,email,encrypted_password,first_name,confirmed_at,provider\n"
        .replace(',', &delimiter.to_string());
    for row in 0..12 {
        let cells = [
            row.to_string(),
            format!("a{row}@example.com"),
            HASH.to_string(),
            format!("\"Ada{delimiter} the {row}th\""),
            "2024-01-02 03:04:05".to_string(),
            String::new(),
        ];
        let _ = writeln!(text, "{}", cells.join(&delimiter.to_string()));
    }
    text
}

fn object(row: usize) -> String {
    format!(
        r#"{{"_id":{{"$oid":"5dea9f9c82dd7c0e76e4ec9{row}"}},"email":"a{row}@example.com","passwordHash":"{HASH}","user_metadata":{{"plan":["a",{{"b":null}}]}},"email_verified":true}}"#
    )
}

fn ldif() -> String {
    let entry = |row: usize| {
        format!(
            "dn: uid=a{row},dc=example,dc=com\nuid: a{row}\nmail: a{row}@example.com\nuserPassword:: {}\ncn: Ada\n  the {row}th\n\n",
            "e1NTSEF9aVpsZk5ncFZjMk5yWlhRPQ=="
        )
    };
    (0..9).map(entry).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// A file of each form.
fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let objects: Vec<String> = (0..9).map(object).collect();
    let real = |name: &str| {
        std::fs::read(format!(
            "{}/tests/it/exports/{name}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    };
    vec![
        ("CSV", csv(',').into_bytes()),
        ("CSV with tabs", csv('\t').into_bytes()),
        ("JSON lines", objects.join("\n").into_bytes()),
        (
            "a JSON list",
            format!("[\n{}\n]", objects.join(",\n")).into_bytes(),
        ),
        (
            "a list in an object",
            format!(
                "{{\"realm\":\"x\",\"users\":[{}],\"more\":[1]}}",
                objects.join(",")
            )
            .into_bytes(),
        ),
        ("LDIF", ldif().into_bytes()),
        ("UTF-16", utf16(&csv(';'))),
        ("Django's dumpdata", real("django-dumpdata.json")),
        ("Django's table", real("django-auth-user.csv")),
    ]
}

/// Reads and inspects the file of that seed; the same seed makes the same file.
fn read_mangled(form: &str, bytes: &[u8], seed: u64) {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut mangled = chance.mangle(bytes.to_vec());
    if chance.below(4) == 0
        && let Some(packed) = packed(&mangled)
    {
        mangled = match chance.below(2) {
            0 => packed,
            _ => chance.mangle(packed),
        };
    }
    let (file, began) = (Given::new(&mangled), Instant::now());
    let fails = |what: &str| -> ! { panic!("{form}, seed {seed}: {what}") };
    let hidden = |text: &str| {
        if text.contains(&HASH[8..40]) {
            fails("a hash is shown");
        }
    };
    match read_users(&file) {
        Err(error) => hidden(&error.to_string()),
        Ok(users) => {
            let counts = users.counts();
            let (mut given, mut fatal) = (0, 0);
            for user in users {
                given += 1;
                if let Err(error) = user {
                    hidden(&error.to_string());
                    fatal += u64::from(error.kind() == ErrorKind::Source);
                }
            }
            let left_out: u64 = counts.left_out().iter().map(|(_, rows)| rows).sum();
            if fatal > 1 || counts.rows() != given - fatal + left_out {
                fails("a row is in no count");
            }
        }
    }
    match inspect_users(&file) {
        Err(error) => hidden(&error.to_string()),
        Ok(inspection) => hidden(&inspection.to_string()),
    }
    if began.elapsed() > HANG {
        fails("it takes too long");
    }
}

/// The bytes packed by the gzip program, where it is installed.
fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut gzip = Command::new("gzip");
    let mut gzip = gzip
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = gzip.stdin.take()?;
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = gzip.wait_with_output().ok()?;
    let _ = writer.join();
    Some(output.stdout)
}

#[test]
fn mangled_files_are_read_or_told() {
    for (form, bytes) in forms() {
        for seed in 0..FEW {
            read_mangled(form, &bytes, seed as u64);
        }
    }
}

#[test]
#[ignore = "as long as SECONDS says, for each form: make test-readers"]
fn mangled_files_for_as_long_as_one_likes() {
    let seconds = std::env::var("SECONDS_EACH")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(600);
    let begin = u64::from(std::process::id()) << 32;
    for (form, bytes) in forms() {
        let (began, mut seed) = (Instant::now(), begin);
        while began.elapsed() < Duration::from_secs(seconds) {
            read_mangled(form, &bytes, seed);
            seed += 1;
        }
        // Past the test's capture, which holds what the readers say.
        let _ = writeln!(
            std::io::stderr(),
            "{form}: {} files, from seed {begin}",
            seed - begin
        );
    }
}
