//! What the library is built of, where the kernel makes a difference.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What cargo says of this project, from what is on this machine.
fn cargo(args: &[&str]) -> String {
    cargo_with_flags("", args)
}

/// And with flags for the compiler.
fn cargo_with_flags(flags: &str, args: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("RUSTFLAGS", flags);
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The folders of the crates that a reader's first cell compiles, by name and version.
fn crates_of_a_kernel() -> Vec<(String, String)> {
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let mut args = vec!["metadata", "--format-version", "1", "--locked", "--offline"];
    args.extend(["--filter-platform", host.expect("a host")]);
    let all: Value = serde_json::from_str(&cargo(&args)).expect("JSON");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let by_id = |values: Vec<Value>| -> HashMap<String, Value> {
        let id = |value: &Value| value["id"].as_str().expect("an id").to_string();
        values
            .into_iter()
            .map(|value| (id(&value), value))
            .collect()
    };
    let packages = by_id(list(&all["packages"]));
    let nodes = by_id(list(&all["resolve"]["nodes"]));
    let mut found = vec![all["resolve"]["root"].as_str().expect("a root").to_string()];
    let mut next = 0;
    while let Some(id) = found.get(next).cloned() {
        next += 1;
        for dependency in list(&nodes[&id]["deps"]) {
            let kinds = list(&dependency["dep_kinds"]);
            let is_compiled_in = kinds.iter().any(|kind| kind["kind"].is_null());
            let id = dependency["pkg"].as_str().expect("an id").to_string();
            if is_compiled_in && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    let folder = |id: &String| {
        let package = &packages[id];
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let folder = manifest.parent().expect("a folder").display().to_string();
        let name = package["name"].as_str().expect("a name");
        let version = package["version"].as_str().expect("a version");
        (format!("{name} {version}"), folder)
    };
    // The first is this crate itself.
    found.iter().skip(1).map(folder).collect()
}

fn includes_a_generated_file(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let is_source = path.extension().is_some_and(|ending| ending == "rs");
        let text = || fs::read_to_string(&path).unwrap_or_default();
        let includes = |line: &str| line.contains("include!") && line.contains("\"OUT_DIR\"");
        match path.is_dir() {
            true => includes_a_generated_file(&path),
            false => is_source && text().lines().any(includes),
        }
    })
}

/// The kernel's cache keeps the path that such a file had in the first kernel's folder. So each cell of a later kernel takes
/// the crate, and all that depend on it, for changed, and compiles them again.
#[test]
fn no_crate_of_the_first_cell_includes_a_file_that_its_build_script_made() {
    let crates = crates_of_a_kernel();
    assert!(crates.iter().any(|(name, _)| name.starts_with("serde ")));
    for (name, folder) in crates {
        let includes = includes_a_generated_file(&Path::new(&folder).join("src"));
        assert!(
            !includes,
            "{name} slows down every cell: hold it back in Cargo.toml"
        );
    }
}

/// What a kernel reads before a first result: `kernel_analysis` is how `make setup` has it look at the crate.
#[test]
fn a_kernel_analyses_no_crate_but_those_that_values_are_made_of() {
    let tree = [
        "tree",
        "--locked",
        "--offline",
        "--edges=normal",
        "--prefix=none",
        "--package=auth0-bulk-users",
        "--format={lib}",
    ];
    let seen = cargo_with_flags("--cfg kernel_analysis", &tree);
    let mut names: Vec<&str> = seen.lines().skip(1).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["itoa", "memchr", "ryu", "serde", "serde_json"]);
    assert!(
        cargo(&tree).lines().any(|name| name == "reqwest"),
        "the compiler sees all"
    );
}

/// A feature that another package of the workspace switches on would be on here too, if both were built at once: the library would
/// then be tested as no reader runs it.
#[test]
fn the_library_is_tested_with_the_features_that_a_kernel_compiles() {
    let fields: Value = serde_json::from_str(r#"{"b": 1, "a": 2}"#).expect("JSON");
    let kept_order = r#"{"b":1,"a":2}"#;
    assert_ne!(
        fields.to_string(),
        kept_order,
        "serde_json/preserve_order is on"
    );
}

/// The kernel for which it was measured that these crates must be held back. When another one is taken, measure again as
/// `benches/lessons.py` does, with the pins and without: if cells take the same time, the pins go, and this test with them; if
/// not, write the new version here.
const MEASURED_WITH: &str = "EVCXR_VERSION := 0.22.0";
const HELD_BACK: [&str; 5] = [
    "idna_adapter = \"~1.0\"",
    "serde = \"=1.0.219\"",
    "serde_derive = \"=1.0.219\"",
    "serde_json = { version = \">=1.0, <1.0.144\"",
    "csv = \"~1.3\"",
];

#[test]
fn crates_are_held_back_for_the_kernel_that_needs_it_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let makefile = fs::read_to_string(root.join("Makefile")).expect("text");
    let is_measured = makefile.lines().any(|line| line == MEASURED_WITH);
    assert!(
        is_measured,
        "another kernel: measure whether it still needs {HELD_BACK:?}"
    );
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("text");
    for held_back in HELD_BACK {
        let is_held = manifest.lines().any(|line| line.starts_with(held_back));
        assert!(
            is_held,
            "{held_back} is gone from Cargo.toml: take it from this list, too"
        );
    }
}
