//! The practice tenant's program: a package of its own, so that nothing of it is compiled into what is tested here.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds it, if need be, in the profile of this test or benchmark, and says where it is.
pub(crate) fn practice_tenant() -> PathBuf {
    let this = std::env::current_exe().expect("this is a program");
    // target/debug/deps/this
    let profile = this.ancestors().nth(2).expect("a profile's folder");
    let target = profile.parent().expect("cargo's target folder");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "practice-tenant",
        ])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    let status = build.status().expect("cargo runs");
    assert!(status.success(), "the practice tenant cannot be built");
    profile.join(format!("practice-tenant{}", std::env::consts::EXE_SUFFIX))
}
