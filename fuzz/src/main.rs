//! `cargo run -p fuzz -- --seconds 60`: every target, one after the other, for so long of the processor. Or those that are named; `--seed`, `--count`.
//! `cargo run -p fuzz -- TARGET FILE`: one input again. `cargo run -p fuzz -- --list`: the targets.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, exit};
use std::time::{Duration, Instant};

use fuzz::run::{Fault, Now, corpus, execute, here, input};
use fuzz::shrink::shortest;
use fuzz::targets::{Reached, Target, named, targets};
use fuzz::watch::used;

/// Kinds of faults after which a target is left.
const ENOUGH: usize = 12;

/// What was asked for.
#[derive(Clone)]
struct Asked {
    seconds: u64,
    seed: u64,
    count: u64,
    /// Whether this is the process that does it. Each target has one of its own, since an input may end it.
    itself: bool,
    names: Vec<String>,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => targets()
            .iter()
            .for_each(|target| println!("{:16} {}", target.name, target.about)),
        [name, file] if !name.starts_with("--") => again(name, Path::new(file)),
        _ => begin(&asked(&words)),
    }
}

fn asked(words: &[String]) -> Asked {
    let mut asked = Asked {
        seconds: 60,
        seed: 1,
        count: u64::MAX,
        itself: false,
        names: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|word| word.parse().ok());
            number.unwrap_or_else(|| wrong(&format!("{word} takes a number")))
        };
        match word.as_str() {
            "--seconds" => asked.seconds = number(),
            "--seed" => asked.seed = number(),
            "--count" => asked.count = number(),
            "--itself" => asked.itself = true,
            name if named(name).is_some() => asked.names.push(name.to_string()),
            other => wrong(&format!(
                "there is no target `{other}`: --list shows those that there are"
            )),
        }
    }
    if asked.names.is_empty() {
        asked.names = targets()
            .iter()
            .map(|target| target.name.to_string())
            .collect();
    }
    asked
}

fn wrong(words: &str) -> ! {
    eprintln!("{words}");
    exit(2)
}

/// Gives the target that file once more.
fn again(name: &str, file: &Path) {
    let target = named(name).unwrap_or_else(|| wrong(&format!("there is no target `{name}`")));
    let input =
        fs::read(file).unwrap_or_else(|cause| wrong(&format!("{}: {cause}", file.display())));
    match execute(&target, &input) {
        Ok(reached) => println!("it holds ({reached:?})"),
        Err(fault) => {
            println!("{}", fault.words);
            exit(1);
        }
    }
}

fn begin(asked: &Asked) {
    let mut failed = false;
    for name in &asked.names {
        let target = named(name).expect("it was looked up");
        failed |= match asked.itself {
            true => fuzz(&target, asked) > 0,
            false => in_a_process(name, asked),
        };
    }
    exit(i32::from(failed));
}

/// Whether it found something.
fn in_a_process(name: &str, asked: &Asked) -> bool {
    let program = std::env::current_exe().expect("this program");
    let mut process = Command::new(program);
    let numbers = [
        ("--seconds", asked.seconds),
        ("--seed", asked.seed),
        ("--count", asked.count),
    ];
    for (option, number) in numbers {
        process.args([option, &number.to_string()]);
    }
    let status = process
        .args(["--itself", name])
        .status()
        .expect("this program again");
    if !matches!(status.code(), Some(0 | 1)) {
        let kept = here("found").join(format!("{name}-ended-it"));
        let _ = fs::rename(Now::path(name), &kept);
        println!(
            "{name}: the program ended with {status}; its input is kept: {}",
            again_by(name, &kept)
        );
    }
    !status.success()
}

fn again_by(name: &str, file: &Path) -> String {
    format!("cargo run -p fuzz -- {name} {}", file.display())
}

/// How many kinds of faults it found.
fn fuzz(target: &Target, asked: &Asked) -> usize {
    let corpus = corpus(target);
    // Of the processor, so that a busy machine makes it no less.
    let (before, limit) = (used(), asked.seconds as f64);
    let mut now = Now::of(target.name);
    let (mut found, mut nth, mut taken): (Vec<Fault>, u64, u64) = (Vec::new(), 0, 0);
    let mut said = Instant::now();
    while nth < asked.count && used() - before < limit && found.len() < ENOUGH {
        let input = input(target, &corpus, asked.seed, nth);
        now.keep(&input);
        match execute(target, &input) {
            Ok(reached) => taken += u64::from(reached == Reached::Taken),
            Err(fault) if found.iter().any(|other| other.kind == fault.kind) => {}
            Err(fault) => {
                tell(target, asked, nth, &input, &fault);
                found.push(fault);
            }
        }
        nth += 1;
        if said.elapsed() > Duration::from_secs(30) {
            said = Instant::now();
            println!("{}: {nth} executions so far", target.name);
        }
    }
    println!(
        "{:16} {nth:>9} executions in {:.0} s of the processor, {:.0} a second, {} % taken, {} kinds of faults (seed {})",
        target.name,
        used() - before,
        nth as f64 / (used() - before).max(0.01),
        100 * taken / nth.max(1),
        found.len(),
        asked.seed,
    );
    found.len()
}

/// Says what was found, and keeps the shortest input that shows it.
fn tell(target: &Target, asked: &Asked, nth: u64, input: &[u8], fault: &Fault) {
    let short = shortest(target, input, fault);
    let again = execute(target, &short).err();
    let words = &again.as_ref().unwrap_or(fault).words;
    let file = here("found").join(format!("{}-{}-{nth}", target.name, asked.seed));
    let kept = fs::write(&file, &short);
    println!(
        "{}, seed {}, number {nth}: {words}",
        target.name, asked.seed
    );
    match kept {
        Ok(()) => println!(
            "  {} of {} bytes are kept: {}",
            short.len(),
            input.len(),
            again_by(target.name, &file)
        ),
        Err(cause) => println!("  it could not be kept: {cause}"),
    }
    let _ = std::io::stdout().flush();
}
