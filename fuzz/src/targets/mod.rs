//! What is fuzzed, and what must hold of it.

mod answers;
mod files;
mod hashes;
mod machine;
mod practice;
mod runs;
mod same_file;
mod settings;

use std::fmt::Debug;

/// How far an input came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Something of it was taken.
    Taken,
    /// It was refused, with a sentence.
    Refused,
}

/// Whether all that must hold did, and how far the input came; a fault as `kind: details`.
pub type Held = Result<Reached, String>;

/// A reader of what others wrote.
#[derive(Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// What it reads.
    pub about: &'static str,
    /// Words that its reader knows.
    pub words: &'static [&'static str],
    /// Inputs of its corpus beside those in the folder.
    pub makes: fn() -> Vec<Vec<u8>>,
    /// Reads an input.
    pub run: fn(&[u8]) -> Held,
    /// Bytes that an execution may hold at most.
    pub most_memory: usize,
}

/// All of them.
#[must_use]
pub fn targets() -> Vec<Target> {
    [
        files::targets(),
        hashes::targets(),
        answers::targets(),
        settings::targets(),
        runs::targets(),
        same_file::targets(),
        practice::targets(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The target of that name.
#[must_use]
pub fn named(name: &str) -> Option<Target> {
    targets().into_iter().find(|target| target.name == name)
}

/// For those whose corpus is in the folder alone.
fn no_more() -> Vec<Vec<u8>> {
    Vec::new()
}

/// What an error must be, whatever it is about: a sentence that can be read and shows nothing of `secrets`.
fn sentence(error: &auth0_bulk_users::Error, secrets: &[&str]) -> Result<(), String> {
    let (shown, debugged) = (error.to_string(), format!("{error:?}"));
    let is_one = !shown.trim().is_empty()
        && shown.chars().count() < 4_100
        && !shown.chars().any(char::is_control)
        && !shown.contains("EVCXR_");
    if !is_one {
        return Err(format!("an error is no sentence: {shown:?}"));
    }
    hidden("an error", &[&shown, &debugged], secrets)
}

/// None of the secrets is in any of the texts.
fn hidden(what: &str, texts: &[&str], secrets: &[&str]) -> Result<(), String> {
    for text in texts {
        if let Some(secret) = secrets.iter().find(|secret| text.contains(**secret)) {
            return Err(format!("{what} shows a secret: {secret} in {}", cut(text)));
        }
        if text.contains("EVCXR_B") {
            return Err(format!("{what} holds the kernel's words: {}", cut(text)));
        }
    }
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(2_000).collect()
}

/// A value as it is written by `{}` and `{:?}`.
fn shown(value: &(impl ToString + Debug)) -> [String; 2] {
    [value.to_string(), format!("{value:?}")]
}
