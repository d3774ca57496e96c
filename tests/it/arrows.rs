//! Which file uses which: arrows point one way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Files by their module, as `tenant::wire`, and what each uses of the others.
struct Arrows {
    modules: BTreeSet<String>,
    uses: BTreeSet<(String, String)>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The modules of a folder with their code, without tests and comments; `main` and `lib` are the root itself.
fn modules(folder: &Path, module: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().expect("a name").to_string_lossy();
        let inner = match (module, &*stem) {
            (module, "mod") => module.to_string(),
            ("", stem) => stem.to_string(),
            (module, stem) => format!("{module}::{stem}"),
        };
        if path.is_dir() {
            found.extend(modules(&path, &inner));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(&path).expect("text");
            found.insert(inner, code(&source));
        }
    }
    found
}

fn code(source: &str) -> String {
    let code = source.split("\n#[cfg(test)]\nmod tests").next();
    let lines = code.unwrap_or_default().lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The paths that `a::{b, c::{d, e}}` stands for.
fn paths(tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else {
        return vec![tree.trim().to_string()];
    };
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in rest.trim_end().trim_end_matches('}').chars() {
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                parts.last_mut().expect("one").push(c);
            }
        }
    }
    // The last brace of this level went with the trimming; those of a level within are put back.
    let whole = |part: &String| {
        let open = part
            .matches('{')
            .count()
            .saturating_sub(part.matches('}').count());
        format!("{}{}{}", head.trim(), part.trim(), "}".repeat(open))
    };
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| paths(&whole(part))).collect()
}

impl Arrows {
    fn of(modules: &BTreeMap<String, String>) -> Arrows {
        let names: BTreeSet<String> = modules.keys().cloned().collect();
        let mut uses = BTreeSet::new();
        for (module, code) in modules {
            for rest in code.split("crate::").skip(1) {
                let end = rest.find([';', '(', ')', ' ', '<', '>', '\n']);
                let tree = match rest.split([';', '(']).next() {
                    Some(tree) if tree.contains('{') && !tree.contains("=>") => tree,
                    _ => &rest[..end.unwrap_or(rest.len())],
                };
                for path in paths(tree) {
                    let file = file_of(&names, &path);
                    if file != *module {
                        uses.insert((module.clone(), file));
                    }
                }
            }
        }
        Arrows {
            modules: names,
            uses,
        }
    }

    /// The files that lead back to themselves.
    fn circles(&self) -> Vec<&str> {
        let is_in_one = |module: &&String| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![module.as_str()]);
            while let Some(from) = open.pop() {
                for (_, to) in self.uses.iter().filter(|(user, _)| user == from) {
                    if to == *module {
                        return true;
                    }
                    if seen.insert(to) {
                        open.push(to);
                    }
                }
            }
            false
        };
        let circle = self.modules.iter().filter(is_in_one);
        circle.map(String::as_str).collect()
    }

    /// The arrows between rooms that a table does not name.
    fn not_in(&self, table: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
        let mut wrong = BTreeSet::new();
        for (from, to) in &self.uses {
            let (user, used) = (room(from), room(to));
            let may = table.get(user).is_some_and(|may| may.contains(used));
            if user != used && user != "lib" && !may {
                wrong.insert(format!("{from} uses {to}"));
            }
        }
        wrong.into_iter().collect()
    }
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// The file that a path leads into: the longest module that it begins with, or else the root, which hands names on.
fn file_of(modules: &BTreeSet<String>, path: &str) -> String {
    let parts: Vec<&str> = path.split("::").collect();
    let mut ends = (1..=parts.len()).rev();
    let found = ends.find_map(|end| modules.get(&parts[..end].join("::")));
    found.map_or("lib".to_string(), String::clone)
}

/// The table in one of CONTRIBUTING's sections: which room may use which.
fn table(section: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let section = text.split("\n## ").find(|text| text.starts_with(section));
    let section = section.expect("the section");
    let rows = section.split("| room | what is in it | may use |").nth(1);
    let rows = rows.expect("the table").lines().skip(2);
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_string)
            .collect()
    };
    let rows = rows.take_while(|row| row.starts_with("| "));
    let cells = rows.map(|row| row.split('|').collect::<Vec<_>>());
    let rows = cells.map(|cells| (names(cells[1]), names(cells[3])));
    rows.flat_map(|(rooms, may)| rooms.into_iter().map(move |room| (room, may.clone())))
        .collect()
}

const CRATE: &str = "Changing the crate";
const PRACTICE_TENANT: &str = "Adding an endpoint to the practice tenant";

fn practice_tenant() -> BTreeMap<String, String> {
    modules(&root().join("practice-tenant/src"), "")
}

#[test]
fn the_crates_arrows_are_those_of_the_table_and_none_leads_back() {
    let modules = modules(&root().join("src"), "");
    let arrows = Arrows::of(&modules);
    assert!(
        arrows.uses.len() > 150,
        "only {} were found",
        arrows.uses.len()
    );
    assert_eq!(arrows.circles(), Vec::<&str>::new());
    let table = table(CRATE);
    assert_eq!(arrows.not_in(&table), Vec::<String>::new());
    let rooms: BTreeSet<&str> = modules.keys().map(|module| room(module)).collect();
    assert!(rooms.len() <= 28, "{rooms:?}");
    let told: BTreeSet<&str> = table.keys().map(String::as_str).chain(["lib"]).collect();
    assert_eq!(rooms, told, "the table names the rooms that are there");
}

#[test]
fn a_planted_arrow_is_seen() {
    let mut modules = modules(&root().join("src"), "");
    let plant = |module: &str, line: &str, modules: &mut BTreeMap<String, String>| {
        modules.get_mut(module).expect(module).push_str(line);
        Arrows::of(modules)
    };
    let arrows = plant(
        "tenant::rate",
        "use crate::{words::{\n  cut, x}, jobs::{JobId,\n wait::y}};",
        &mut modules,
    );
    assert_eq!(
        arrows.not_in(&table(CRATE)),
        ["tenant::rate uses jobs", "tenant::rate uses jobs::wait"]
    );
    assert!(
        arrows.circles().contains(&"tenant::rate"),
        "{:?}",
        arrows.circles()
    );
    let arrows = plant(
        "words",
        "fn f() { crate::imports::plan::plan_import() }",
        &mut modules,
    );
    assert!(
        arrows
            .not_in(&table(CRATE))
            .contains(&"words uses imports::plan".to_string())
    );
}

#[test]
fn the_practice_tenants_arrows_are_those_of_its_table_and_none_leads_back() {
    let modules = practice_tenant();
    let arrows = Arrows::of(&modules);
    let count = arrows.uses.len();
    assert!(count > 80, "only {count} were found");
    assert_eq!(arrows.circles(), Vec::<&str>::new());
    let table = table(PRACTICE_TENANT);
    assert_eq!(arrows.not_in(&table), Vec::<String>::new());
    let rooms: BTreeSet<&str> = modules.keys().map(|module| room(module)).collect();
    let told: BTreeSet<&str> = table.keys().map(String::as_str).collect();
    assert_eq!(rooms, told, "the table names the rooms that are there");
    // A path from here and not from the root would be no arrow above.
    let relative = ["use super::", "pub(super) use", "self::"];
    for (module, code) in modules {
        assert!(!relative.iter().any(|word| code.contains(word)), "{module}");
    }
}

#[test]
fn an_arrow_that_is_planted_in_the_practice_tenant_is_seen() {
    let planted = |module: &str, line: &str| {
        let mut modules = practice_tenant();
        modules.get_mut(module).expect(module).push_str(line);
        Arrows::of(&modules)
    };
    let arrows = planted("rules::schema", "use crate::state::Tenant;");
    let table = table(PRACTICE_TENANT);
    assert_eq!(arrows.not_in(&table), ["rules::schema uses state"]);
    assert!(arrows.circles().contains(&"state"));
    let arrows = planted("state::work", "fn f() { crate::endpoints::jobs::create() }");
    assert_eq!(arrows.not_in(&table), ["state::work uses endpoints::jobs"]);
    let arrows = planted(
        "state::log",
        "use crate::state::{faults::{Faults}, Tenant};",
    );
    assert_eq!(arrows.not_in(&table), Vec::<String>::new());
    assert!(arrows.circles().contains(&"state::log"));
}

#[test]
fn the_practice_tenant_asks_its_clock_alone_what_time_it_is() {
    let other_ways = [
        "Instant::now",
        "SystemTime",
        ".elapsed()",
        "tokio::time",
        "thread::sleep",
    ];
    let asks = |code: &str| other_ways.iter().any(|word| code.contains(word));
    let asking = practice_tenant().into_iter().filter(|(_, code)| asks(code));
    let asking: Vec<String> = asking.map(|(module, _)| module).collect();
    assert_eq!(asking, ["clock"]);
}
