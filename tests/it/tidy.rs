//! Rules of the repository that hold today and are easily forgotten tomorrow.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// The Rust files under a folder, by their path from the root.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root()).expect("it is in the project");
            let name = name.display().to_string();
            found.push((name, fs::read_to_string(&path).expect("text")));
        }
    }
    found
}

/// A public item: its name, its kind (`fn`, `struct`, ...), whether it belongs to a type, and its documentation.
struct Item {
    name: String,
    kind: String,
    is_method: bool,
    docs: String,
}

/// The public functions, types, constants and methods of a file, those of a public trait too.
fn items(source: &str) -> Vec<Item> {
    let (mut items, mut docs, mut in_trait) = (Vec::new(), String::new(), false);
    for line in source.lines() {
        let bare = line.trim_start();
        if let Some(doc) = bare.strip_prefix("///") {
            docs += doc;
            docs.push('\n');
            continue;
        }
        let mut words: Vec<&str> = bare.split([' ', '(', '<', ';', ':', '{', '=']).collect();
        if bare == line && !bare.is_empty() {
            in_trait = bare.starts_with("pub trait ");
        } else if in_trait && words[0] == "fn" {
            words.insert(0, "pub");
        }
        if let [
            "pub",
            kind @ ("fn" | "struct" | "enum" | "trait" | "type" | "const"),
            name,
            ..,
        ] = words[..]
        {
            items.push(Item {
                name: name.to_string(),
                kind: kind.to_string(),
                is_method: bare != line,
                docs: docs.clone(),
            });
        }
        if !bare.starts_with("#[") {
            docs.clear();
        }
    }
    items
}

/// What a reader can name: `evcxr_display` is called by the kernel alone, `hash_in_lanes` by a benchmark, the disk in memory by the
/// project's own simulation.
fn public_items() -> Vec<(String, Item)> {
    let files = sources(&root().join("src")).into_iter();
    // What the simulation takes hold of is in no build of a reader's.
    let hidden = [
        "src/seams.rs",
        "src/secrets/chance.rs",
        "src/tenant/transport.rs",
    ];
    files
        .filter(|(name, _)| !hidden.contains(&name.as_str()))
        .filter(|(name, _)| !name.starts_with("src/disk/"))
        .flat_map(|(name, source)| {
            let items = items(&source).into_iter();
            items.map(move |item| (name.clone(), item))
        })
        .filter(|(_, item)| !["evcxr_display", "hash_in_lanes"].contains(&item.name.as_str()))
        .collect()
}

#[test]
fn the_changelog_has_a_heading_for_the_version() {
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(text("CHANGELOG.md").lines().any(|line| line == heading));
}

#[test]
fn the_readme_names_every_lesson_and_every_place_it_names_is_there() {
    let readme = text("README.md");
    for entry in fs::read_dir(root().join("notebooks")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string();
        let name = name.expect("a name in UTF-8");
        if name.ends_with(".ipynb") {
            assert!(readme.contains(&format!("(notebooks/{name})")), "{name}");
        }
    }
    let links = readme.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root().join(link).exists(), "README links to {link}");
    }
    let map = readme.split("## Map").nth(1).expect("the map");
    let places = map.lines().filter_map(|line| line.strip_prefix("| `"));
    for place in places.filter_map(|rest| rest.split('`').next()) {
        assert!(root().join(place).exists(), "README's map names {place}");
    }
}

/// Where a test that a page names is to be: the file, or folder, and what stands before its name there.
fn whereabouts(test: &str) -> (Vec<PathBuf>, String) {
    let name = test.rsplit("::").next().expect("a name");
    match test.split("::").collect::<Vec<_>>()[..] {
        [file, _] => (
            [
                format!("tests/it/{file}.rs"),
                format!("{file}/tests/short.rs"),
                format!("simulation/tests/{file}.rs"),
            ]
            .map(PathBuf::from)
            .to_vec(),
            format!("fn {name}("),
        ),
        [ref module @ .., "tests", _] => {
            let module = module.join("/");
            let files = [format!("src/{module}.rs"), format!("src/{module}/mod.rs")];
            (files.map(PathBuf::from).to_vec(), format!("fn {name}("))
        }
        _ => {
            let folders = ["tests/notebooks", "tests/browser"].into_iter();
            let entries = folders.flat_map(|folder| fs::read_dir(root().join(folder)));
            let files = entries.flatten().flatten().map(|entry| entry.path());
            let python = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "py");
            (files.filter(python).collect(), format!("def {name}("))
        }
    }
}

#[test]
fn every_promise_names_tests_that_are_there() {
    let page = text("docs/what-this-protects-against.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    let is_promise = |row: &&&str| !row.starts_with("| promise") && !row.starts_with("| ---");
    let promises: Vec<&&str> = rows.iter().filter(is_promise).collect();
    assert!(promises.len() >= 20, "{promises:?}");
    for row in promises {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next();
        let tests: Vec<&str> = tests
            .expect("a column")
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        assert!(!tests.is_empty(), "no test holds: {row}");
        for test in tests {
            let (files, line) = whereabouts(test);
            let is_test = |path: &PathBuf| {
                let text = fs::read_to_string(root().join(path)).unwrap_or_default();
                let mut lines = text.lines().map(str::trim_start);
                lines.any(|bare| bare.starts_with(&line))
            };
            assert!(files.iter().any(is_test), "there is no test {test}: {row}");
        }
    }
}

#[test]
fn every_public_function_is_in_the_guide_and_in_the_readme() {
    let (root, readme) = (text("src/lib.rs"), text("README.md"));
    let guide: Vec<&str> = root
        .lines()
        .filter(|line| line.starts_with("//! | "))
        .collect();
    let guide = guide.join("\n");
    for (_, item) in public_items() {
        if item.kind == "fn" && !item.is_method {
            let name = &item.name;
            assert!(
                guide.contains(&format!("[`{name}`]")),
                "the guide lacks {name}"
            );
            assert!(readme.contains(&format!("`{name}`")), "README lacks {name}");
        }
    }
}

/// The names that `lib.rs` hands on from its own modules.
fn handed_on() -> Vec<String> {
    let root = text("src/lib.rs");
    let lists = root.split("\npub use ").skip(1);
    let lists = lists.filter_map(|rest| rest.split(';').next());
    let own = |list: &&str| {
        let room = list.split("::").next().unwrap_or_default();
        root.contains(&format!("\nmod {room};"))
    };
    let names = lists
        .filter(own)
        .filter_map(|list| list.rsplit("::").next());
    let names = names.flat_map(|names| names.split([' ', '\n', ',', '{', '}']));
    names
        .filter(|name| !["", "hash_in_lanes"].contains(name))
        .map(str::to_string)
        .collect()
}

#[test]
fn everything_public_has_an_example_of_its_own() {
    let items = public_items();
    for name in handed_on() {
        let is_it = |(_, item): &(String, Item)| item.name == name && !item.is_method;
        assert!(items.iter().any(is_it), "{name} is not among the items");
    }
    let without = items.iter().filter(|(_, item)| {
        let example = item.docs.split("# Examples\n").nth(1);
        !example.is_some_and(|example| example.contains("```"))
    });
    let without: Vec<String> = without
        .map(|(file, item)| format!("{file}: {}", item.name))
        .collect();
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn the_practice_tenant_knows_nothing_of_the_client() {
    let files = sources(&root().join("practice-tenant/src"));
    assert!(
        files.len() > 10,
        "only {} files were looked at",
        files.len()
    );
    for (name, source) in files {
        assert!(!source.contains("auth0_bulk_users"), "{name}");
    }
}

/// Lines of the longest function.
const MOST_LINES: usize = 60;
/// Which functions are longer, and why.
const LONGER: [(&str, &str); 2] = [
    (
        "fn advice(",
        "a table: what to do about each of Auth0's codes",
    ),
    ("fn fmt(", "a table: the sentence of each error"),
];

/// The functions of a file that are longer, as rustfmt indents them.
fn too_long(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut begun: Option<(usize, usize, &str)> = None;
    for (number, line) in source.lines().enumerate() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        if let Some((start, depth, head)) = begun {
            if indent == depth && bare.starts_with('}') {
                let lines = number - start + 1;
                if lines > MOST_LINES {
                    found.push(format!("{head}: {lines} lines"));
                }
                begun = None;
            }
            continue;
        }
        let words: Vec<&str> = bare.split(' ').collect();
        let is_head = words.iter().take(4).any(|word| *word == "fn") && !bare.starts_with("//");
        if is_head && !bare.ends_with(';') && !bare.ends_with('}') {
            begun = Some((number, indent, bare));
        }
    }
    found
}

#[test]
fn no_function_grows_too_long() {
    let body = "    let a = 1;
"
    .repeat(MOST_LINES);
    let long = format!(
        "impl A {{
    pub fn long() {{
{body}    }}
}}
"
    );
    assert_eq!(too_long(&long), ["pub fn long() {: 62 lines"]);
    let mut found = Vec::new();
    let folders =
        ["src", "practice-tenant/src", "fuzz/src"].map(|folder| sources(&root().join(folder)));
    for (name, source) in folders.into_iter().flatten() {
        let code = source.split("\n#[cfg(test)]\nmod tests").next();
        let long = too_long(code.unwrap_or_default()).into_iter();
        let long = long.filter(|head| !LONGER.iter().any(|(longer, _)| head.contains(longer)));
        found.extend(long.map(|head| format!("{name}: {head}")));
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_environment_example_names_every_setting_and_no_other() {
    let settings = text("src/tenant/settings.rs");
    let names = settings.split("const NAMES").nth(1).expect("the names");
    let names = names.split("];").next().expect("their end");
    let mut names: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
    // It is no tenant's.
    names.push("PRACTICE_TENANT_FOLDER");
    let example = text(".env.example");
    let set: Vec<&str> = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .collect();
    assert_eq!(set, names);
}

/// The crate's own files, without their tests and comments.
fn client_code() -> Vec<(String, String)> {
    let files = sources(&root().join("src")).into_iter();
    let code = |source: String| {
        let code = source.split("\nmod tests {").next().map(str::lines);
        let code = code.into_iter().flatten();
        let code = code.filter(|line| !line.trim_start().starts_with("//"));
        code.map(|line| format!("{line}\n")).collect::<String>()
    };
    files.map(|(name, source)| (name, code(source))).collect()
}

#[test]
fn the_time_is_asked_for_measured_and_waited_for_in_one_place() {
    let words = [
        "Instant::now",
        "SystemTime::now",
        "sleep(",
        ".elapsed()",
        "recv_timeout(",
    ];
    let asks = |code: &str| words.iter().any(|word| code.contains(word));
    assert!(asks("    thread::sleep(wait);"), "a planted one is found");
    let files = client_code().into_iter();
    let asking = files.filter(|(_, code)| asks(code)).map(|(name, _)| name);
    assert_eq!(asking.collect::<Vec<String>>(), ["src/clock.rs"]);
}

/// Rooms whose files are of runs.
const KEEP_RUNS: [&str; 3] = ["src/imports/", "src/removal/", "src/private_file/"];
/// What they ask of the system for files that are not of a run.
const OTHER_FILES: [(&str, &str, &str); 3] = [
    (
        "src/imports/same_file.rs",
        "let mut file = fs::File::open(path)?;",
        "the reader's own file of users",
    ),
    (
        "src/private_file/mod.rs",
        "let mut options = fs::OpenOptions::new();",
        "a log for the practice tenant to write",
    ),
    (
        "src/private_file/mod.rs",
        "pub(crate) fn append_to_private(path: &Path) -> io::Result<fs::File> {",
        "the same",
    ),
];

#[test]
fn runs_touch_the_disk_in_one_place() {
    let words = ["fs::", "OpenOptions", "DirBuilder", ".exists()"];
    let touches = |line: &&str| {
        let is_permission = line.starts_with("std::os::unix::fs::OpenOptionsExt::mode(");
        words.iter().any(|word| line.contains(word)) && !is_permission
    };
    assert!(touches(&"fs::rename(&aside, &place)"), "one is found");
    let mut found = Vec::new();
    for (name, code) in client_code() {
        if KEEP_RUNS.iter().any(|room| name.starts_with(room)) {
            let lines = code.lines().map(str::trim_start).filter(touches);
            found.extend(lines.map(|line| (name.clone(), line.to_string())));
        }
    }
    found.sort();
    let told = OTHER_FILES.map(|(name, line, _)| (name.to_string(), line.to_string()));
    assert_eq!(found, told);
}

#[test]
fn all_that_is_printed_goes_through_one_door() {
    let bare = ["print!(", "println!(", "dbg!(", "stdout()", "stderr()"];
    let prints = |code: &str| bare.iter().any(|word| code.contains(word));
    let files = client_code().into_iter();
    let printing: Vec<String> = files
        .filter(|(_, code)| prints(code))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(printing, ["src/say.rs"]);
}

/// `Debug` as derived writes texts of others as they are, the kernel's words among them: `debug_fields!` does not.
#[test]
fn what_holds_texts_writes_its_debug_through_the_door() {
    let texts = ["String", "Path", "Value", "Map<", "Reader"];
    let mut seen = 0;
    for (name, code) in client_code() {
        // The disk in memory is in no build of a reader's.
        if name.starts_with("src/disk/simulated/") {
            continue;
        }
        for item in code.split("\n#[derive(").skip(1) {
            let (derived, rest) = item.split_once(")]\n").expect("the end of the list");
            let rest = rest.trim_start_matches("#[non_exhaustive]\n");
            if !rest.starts_with("pub struct ") && !rest.starts_with("pub enum ") {
                continue;
            }
            seen += 1;
            let body = match rest.split_once('\n') {
                Some((line, _)) if line.ends_with(';') => line,
                _ => rest.split("\n}").next().unwrap_or_default(),
            };
            let has_texts = texts.iter().any(|text| body.contains(text));
            let is_derived = derived.split(", ").any(|name| name == "Debug");
            assert!(!(has_texts && is_derived), "{name}: {body}");
        }
    }
    assert!(seen > 20, "only {seen} types were looked at");
}

#[test]
fn what_a_reader_can_print_is_displayed_through_the_door() {
    // An id has a form that is checked where it comes in, and a secret shows nothing of itself.
    let others = ["JobId", "ConnectionId", "Secret"];
    let files = client_code();
    let is_public = |name: &str| {
        let heads = ["struct", "enum"].map(|kind| format!("pub {kind} {name}"));
        let is_head = |rest: &str| rest.starts_with([' ', '(']);
        let is_in = |code: &str| {
            heads
                .iter()
                .any(|head| code.split(head.as_str()).skip(1).any(is_head))
        };
        files.iter().any(|(_, code)| is_in(code))
    };
    let mut seen = 0;
    for (file, code) in &files {
        for shown in code.split("fmt::Display for ").skip(1) {
            let (name, block) = shown.split_once(' ').expect("a block");
            let block = block.split("\n}").next().unwrap_or_default();
            let is_macro = name == "$name";
            if !(is_macro || is_public(name)) || others.contains(&name) {
                continue;
            }
            seen += 1;
            let is_harmless = block.contains("harmless(") || block.contains("sentence(");
            assert!(is_harmless, "{file}: {name}");
        }
    }
    assert!(seen > 2, "only {seen} were looked at");
}
