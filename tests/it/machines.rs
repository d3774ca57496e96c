//! The files by which the project gets onto a machine, into a container or into a registry agree with each other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// What stands in a file between this and the end of its line.
fn after<'t>(text: &'t str, head: &str) -> &'t str {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(head));
    line.unwrap_or_else(|| panic!("no line begins with {head}"))
}

const SETTING_UP: [&str; 5] = [
    ".ci/run",
    ".devcontainer/devcontainer.json",
    ".github/workflows/test.yml",
    "binder/Dockerfile",
    "kernel/machine.sh",
];

#[test]
fn each_version_is_named_in_one_place() {
    let makefile = text("Makefile");
    let kernel = after(&makefile, "EVCXR_VERSION := ");
    let machine = text("kernel/machine.sh");
    let rust = after(&machine, "RUST_VERSION=");
    for file in SETTING_UP {
        let said = text(file);
        assert!(!said.contains(kernel), "{file} names the kernel's version");
        let is_its_place = file == "kernel/machine.sh";
        assert!(is_its_place || !said.contains(rust), "{file} names Rust's");
    }
}

#[test]
fn the_oldest_rust_is_the_same_everywhere() {
    let manifest = text("Cargo.toml");
    let oldest = after(&manifest, "rust-version = ").trim_matches('"');
    for package in ["fuzz", "practice-tenant", "simulation"] {
        let manifest = text(&format!("{package}/Cargo.toml"));
        let its = after(&manifest, "rust-version = ").trim_matches('"');
        assert_eq!(its, oldest, "{package}");
    }
    let workflow = text(".github/workflows/test.yml");
    assert_eq!(after(&workflow, "OLDEST: "), format!("{oldest}.0"));
    let machine = text("kernel/machine.sh");
    let minor = |version: &str| {
        version
            .split('.')
            .nth(1)
            .and_then(|n| n.parse::<u32>().ok())
    };
    assert!(minor(after(&machine, "RUST_VERSION=")) >= minor(oldest));
}

#[test]
fn every_way_onto_a_machine_goes_by_the_same_script() {
    for file in ["Makefile", ".ci/run", "binder/Dockerfile"] {
        assert!(text(file).contains("machine.sh"), "{file}");
    }
    // The other two go by these.
    let workflow = text(".github/workflows/test.yml");
    assert!(workflow.contains("bash .ci/run") && workflow.contains("docker build"));
    let link = fs::read_link(root().join("Dockerfile")).expect("a link");
    assert_eq!(link, Path::new("binder/Dockerfile"));
    let settings: String = text(".devcontainer/devcontainer.json")
        .lines()
        .filter(|line| !line.starts_with("//"))
        .collect();
    let settings: Value = serde_json::from_str(&settings).expect("JSON");
    let build = |key: &str| settings["build"][key].as_str().expect("a word").to_string();
    let folder = root().join(".devcontainer");
    let dockerfile = fs::read_to_string(folder.join(build("dockerfile"))).expect("a Dockerfile");
    assert!(folder.join(build("context")).join("Cargo.toml").exists());
    let stage = format!(" AS {}\n", build("target"));
    assert!(dockerfile.contains(&stage), "no stage{stage}");
    let user = settings["remoteUser"].as_str().expect("a name");
    assert_eq!(after(&dockerfile, "ARG NB_USER="), user);
}

#[test]
fn the_readme_names_every_way_onto_a_machine() {
    let readme = text("README.md");
    let words = [
        "bash kernel/machine.sh",
        "docker build",
        ".devcontainer/",
        "mybinder.org",
        "WSL",
        "PRACTICE_TENANT_FOLDER",
        "`make lab`",
    ];
    for word in words {
        assert!(readme.contains(word), "{word}");
    }
}

#[test]
fn nothing_gets_into_an_image_that_is_not_named() {
    let rules = text(".dockerignore");
    let mut rules = rules.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(rules.next(), Some("*"), "first, everything is left out");
    let named: Vec<&str> = rules.filter_map(|rule| rule.strip_prefix('!')).collect();
    for name in &named {
        let place = name.trim_end_matches("*.ipynb");
        assert!(root().join(place).exists(), "{name} is not there");
        // A whole folder of these would bring a reader's own files.
        let may_hold_secrets = [".env", "notebooks", "imports", "credentials", "."].contains(name);
        assert!(!may_hold_secrets, "{name} would be let in");
    }
    for needed in [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "src",
        "practice-tenant",
        "kernel",
    ] {
        assert!(named.contains(&needed), "{needed} is left out");
    }
}

#[test]
fn a_machine_that_lacks_things_is_told_which_and_nothing_is_installed() {
    let look = |words: &[&str]| {
        let mut command = Command::new("/bin/bash");
        command.arg(root().join("kernel/machine.sh")).args(words);
        command
            .env("PATH", "/nonexistent")
            .env("CARGO_HOME", "/nonexistent");
        command.env_remove("CHROMIUM");
        let output = command.output().expect("bash");
        let said = String::from_utf8(output.stderr).expect("text");
        (output.status.code(), said)
    };
    let (code, said) = look(&["--look"]);
    assert_eq!(code, Some(1), "{said}");
    for lacking in [
        "Python 3.10 or newer with venv",
        "GNU make 4 or newer",
        "Rust",
    ] {
        assert!(
            said.contains(&format!("machine: lacking: {lacking}\n")),
            "{said}"
        );
    }
    assert!(said.contains("machine: to install it: bash kernel/machine.sh\n"));
    let (code, said) = look(&["--look", "browser"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("unknown step browser: known are packages, rust and chromium"));
}

/// A registry shows these pages far from the files beside them.
#[test]
fn links_of_pages_that_leave_the_project_are_whole_and_lead_somewhere() {
    let manifest = text("Cargo.toml");
    let repository = after(&manifest, "repository = ").trim_matches('"');
    let here = [
        format!("{repository}/blob/main/"),
        format!("{repository}/").replace("github.com", "raw.githubusercontent.com") + "main/",
    ];
    let mut seen = 0;
    for page in [
        "docs/crate.md",
        "practice-tenant/README.md",
        "llms.txt",
        "src/lib.rs",
    ] {
        let said = text(page);
        let links = said.split("](").skip(1);
        for link in links.filter_map(|rest| rest.split(')').next()) {
            // Documentation links to its own items by name.
            let is_item = page == "src/lib.rs" && !link.contains('/');
            assert!(is_item || link.starts_with("https://"), "{page}: {link}");
            for place in here
                .iter()
                .filter_map(|head| link.strip_prefix(head.as_str()))
            {
                seen += 1;
                assert!(root().join(place).exists(), "{page} links to {place}");
            }
        }
    }
    assert!(seen > 4, "only {seen} were looked at");
}

/// The text of every file of the crate.
fn crate_source(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| match path.is_dir() {
        true => crate_source(&path),
        false => fs::read_to_string(&path).expect("text"),
    };
    paths.map(read).collect()
}

#[test]
fn what_assistants_are_told_exists() {
    let source = crate_source(&root().join("src"));
    let is_there = |path: &str| {
        let name = path.rsplit("::").next().expect("a name");
        source.contains(&format!("pub fn {name}(")) || source.contains(&format!("pub fn {name}<"))
    };
    let page = text("llms.txt");
    let (_, by_step) = page.split_once("## Functions by step\n").expect("the list");
    let (steps, guesses) = by_step.split_once("These do not exist").expect("guesses");
    let guesses = guesses.lines().next().expect("a line");
    let names = |said: &str| -> Vec<String> {
        said.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_string)
            .collect()
    };
    let (known, unknown) = (names(steps), names(guesses));
    assert!(known.len() > 40 && unknown.len() > 3);
    for name in known {
        assert!(is_there(&name), "llms.txt names {name}");
    }
    for name in unknown {
        assert!(!is_there(&name), "{name} exists by now");
    }
    // What the cells call: the same list has it, so that the check above holds for them too.
    let cells: String = page
        .split("```rust")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    for call in cells
        .split("= ")
        .skip(1)
        .filter_map(|rest| rest.split('(').next())
    {
        assert!(steps.contains(&format!("`{call}`")), "a cell calls {call}");
    }
}
