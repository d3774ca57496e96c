//! `cargo bench --bench recipes`: how long `find_recipe` takes on one core for columns that do not say how they were hashed, each with two known
//! passwords, and for a hash that no recipe makes, with its salt and without one.

use std::process::Command;
use std::time::{Duration, Instant};

use auth0_bulk_users::*;

const PASSWORDS: [&str; 2] = ["correct horse", "Zwölf Eulen"];
/// What one search may take; `find_recipe` says why it goes on.
const MOST: Duration = Duration::from_secs(5);

fn main() {
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", "0", &pid]).output();
    if !pinned.is_ok_and(|output| output.status.success()) {
        println!("taskset is not installed: all cores are used");
    }
    let columns = include_str!("../tests/it/columns.tsv").lines();
    for line in columns.filter(|line| line.contains('\t')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let known = [(PASSWORDS[0], 2), (PASSWORDS[1], 4)]
            .map(|(password, at)| known(password, cells[at], cells.get(at + 1)));
        let (took, found) = search(&known);
        assert!(found.is_ok(), "{}: {found:?}", cells[0]);
        println!("{:<44} {}", cells[0], in_words(took));
    }
    let made_up = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    for salt in [None, Some("c2FsdHNhbHQ=")] {
        let (took, found) = search(&[known("wrong", made_up, salt.as_ref())]);
        assert!(found.is_err());
        let salt = if salt.is_some() {
            "with its salt"
        } else {
            "without a salt"
        };
        println!(
            "{:<44} {}",
            format!("made by no recipe, {salt}"),
            in_words(took)
        );
    }
}

fn known(password: &str, hash: &str, salt: Option<&&str>) -> KnownHash {
    let known = KnownHash::new(password, hash);
    match salt.filter(|salt| !salt.is_empty()) {
        Some(salt) => known.salt(*salt),
        None => known,
    }
}

fn search(known: &[KnownHash]) -> (Duration, Result<HashRecipe>) {
    let began = Instant::now();
    let found = find_recipe(known);
    (began.elapsed(), found)
}

fn in_words(took: Duration) -> String {
    let beyond = if took > MOST {
        ", over the 5 s that are wanted"
    } else {
        ""
    };
    format!("{:.2} s{beyond}", took.as_secs_f64())
}
