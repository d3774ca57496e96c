//! Tests in processes of their own: what a test prints is caught, and settings come from the environment.

use std::process::Command;

/// A command that runs one test, `file::name`, by itself. That test asks [`is_in_a_process`], and does its other part then.
pub(crate) fn itself(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture"])
        .env("IN_A_PROCESS", "1");
    command
}

pub(crate) fn is_in_a_process() -> bool {
    std::env::var_os("IN_A_PROCESS").is_some()
}

/// All that a process prints, on stdout and then on stderr.
pub(crate) fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// The most memory that a process has had, in KB, where the system tells; `self` is this one.
pub(crate) fn most_memory(process: &str) -> Option<u64> {
    let facts = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = facts.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}
