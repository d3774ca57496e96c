//! Stored hashes and recipes, as old systems have them.

use std::time::Duration;

use auth0_bulk_users::*;
use serde_json::Value;

use crate::mutate::{PART, parts};
use crate::targets::machine::{Folder, run};
use crate::targets::{Held, Reached, Target, hidden, sentence, shown};

const WORDS: [&str; 44] = [
    "$2b$10$",
    "$2y$31$",
    "$2a$04$",
    "$argon2id$v=19$m=65536,t=2,p=1$",
    "$argon2i$",
    "$pbkdf2-sha256$i=1000,l=32$",
    "$scrypt$ln=16,r=8,p=1$",
    "{SSHA}",
    "{SSHA512}",
    "{CRYPT}",
    "{noop}",
    "{bcrypt}",
    "{pbkdf2}",
    "{MD5}",
    "pbkdf2_sha256$",
    "scrypt:32768:8:1$",
    "pbkdf2:sha256:600000$",
    "sha1$",
    "md5",
    "$1$",
    "$5$",
    "$6$rounds=5000$",
    "$P$B",
    "$S$C",
    "$H$",
    "AQAAAAEAACcQ",
    "AJsoEm",
    "m=",
    "t=4294967295",
    "p=0",
    "ln=63",
    "rounds=999999999",
    "==",
    "0x0100",
    "0200",
    "hashIterations",
    "algorithm",
    "value",
    "salt",
    "secretData",
    "additionalParameters",
    "clear",
    "hashed",
    "2",
];

pub(super) fn targets() -> Vec<Target> {
    let target = |name, about, makes, run| Target {
        name,
        about,
        words: &WORDS,
        makes,
        run,
        most_memory: 32 << 20,
    };
    vec![
        target(
            "hashes",
            "hashes that say how they were made",
            stored,
            read_hash,
        ),
        target(
            "recipes",
            "files that say how a column of hashes was made",
            columns_as_recipes,
            read_recipe,
        ),
        Target {
            most_memory: 900 << 20,
            ..target(
                "find-recipe",
                "known passwords with their hashes, of which nothing says how they were made",
                columns,
                find,
            )
        },
    ]
}

/// What a piece of the secret would be recognised by; none, where it is too short to be told from other words.
fn marks(text: &str) -> Vec<String> {
    let mut run = String::new();
    let mut longest = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || "+/.".contains(c) {
            run.push(c);
            continue;
        }
        if run.len() > longest.len() {
            longest.clone_from(&run);
        }
        run.clear();
    }
    let drawn = |mark: &String| {
        let has = |kind: fn(&u8) -> bool| mark.bytes().any(|byte| kind(&byte));
        mark.len() >= 24 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    };
    Some(longest).filter(drawn).into_iter().collect()
}

/// The hash, what stands beside it, and a third column.
fn read_hash(input: &[u8]) -> Held {
    let parts = parts(input);
    let texts: Vec<String> = parts
        .iter()
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect();
    let text = |at: usize| texts.get(at).map(String::as_str).unwrap_or_default();
    let config = FirebaseConfig {
        signer_key: text(1).to_string(),
        salt_separator: text(2).to_string(),
        rounds: text(1).len() as u32,
        mem_cost: text(2).len() as u32,
    };
    let read = StoredHash::read(text(0));
    let others = [
        StoredHash::with_salt(text(0), text(1)),
        keycloak(text(0), text(1)),
        firebase(text(0), text(1), &config),
        aspnet_membership(text(0), text(1), text(2)),
    ];
    let marks = marks(text(0));
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    for hash in others.iter().chain([&read]) {
        hidden("a hash", &[&format!("{hash:?}")], &marks)?;
        fits(hash)?;
    }
    if read != StoredHash::read(&format!("  {}\n", text(0))) {
        return Err(format!("blanks around a hash count: {read:?}"));
    }
    if StoredHash::clear_text(text(0)).is_some() != (read == StoredHash::Password) {
        return Err(format!("clear text is told in two ways: {read:?}"));
    }
    let is_taken =
        |hash: &StoredHash| matches!(hash, StoredHash::Bcrypt(_) | StoredHash::Custom(_));
    Ok(match is_taken(&read) || others.iter().any(is_taken) {
        true => Reached::Taken,
        false => Reached::Refused,
    })
}

/// What a hash became is what Auth0's schema takes.
fn fits(hash: &StoredHash) -> std::result::Result<(), String> {
    let mut user = User::new("ada@example.com");
    match hash {
        StoredHash::Bcrypt(hash) => user.password_hash = Some(hash.clone()),
        StoredHash::Custom(custom) => user.custom_password_hash = Some(custom.clone()),
        _ => return Ok(()),
    }
    let connection =
        ConnectionId::new("con_Fuzzed0000000001").map_err(|error| error.to_string())?;
    match check_users(&connection, &[user]).into_iter().next() {
        Some(problem) => Err(format!(
            "a hash became what is refused: {problem} ({hash:?})"
        )),
        None => Ok(()),
    }
}

/// A recipe's file: what was taken is written, and reads the same.
fn read_recipe(input: &[u8]) -> Held {
    let folder = Folder::new();
    let marks = secret_texts(input);
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    let recipe = match HashRecipe::read(folder.file("recipe", input)) {
        Err(error) => {
            sentence(&error, &marks)?;
            return Ok(Reached::Refused);
        }
        Ok(recipe) => recipe,
    };
    let ((), said) = run(|| recipe.evcxr_display());
    let [text, debug] = shown(&recipe);
    let texts: Vec<&str> = said
        .iter()
        .chain([&text, &debug])
        .map(String::as_str)
        .collect();
    hidden("a recipe", &texts, &marks)?;
    let to = folder.path().join("again");
    // One that is too long when it is written line by line is refused, and leaves no file.
    if let Err(error) = recipe.save(&to) {
        sentence(&error, &marks)?;
        return match to.exists() {
            true => Err(format!(
                "a file is left of a recipe that was not saved: {error}"
            )),
            false => Ok(Reached::Taken),
        };
    }
    match HashRecipe::read(&to) {
        Ok(again) if again == recipe => {}
        Ok(again) => return Err(format!("a recipe reads otherwise: {recipe} and {again}")),
        Err(error) => return Err(format!("a saved recipe is not read: {error}")),
    }
    if let Err(error) = recipe.describe("5f4dcc3b5aa765d61d8327deb882cf99", Some("x1")) {
        sentence(&error, &marks)?;
    }
    Ok(Reached::Taken)
}

/// Keys and salts in a description.
fn secret_texts(input: &[u8]) -> Vec<String> {
    let json: Value = serde_json::from_slice(input).unwrap_or_default();
    let places = ["/hash/key/value", "/hash/key", "/salt/value"];
    let texts = places
        .iter()
        .filter_map(|place| json.pointer(place)?.as_str());
    texts.flat_map(marks).collect()
}

/// Passwords and hashes in turn, and a salt behind each where there are three: a search for a blink.
fn find(input: &[u8]) -> Held {
    let parts = parts(input);
    let texts: Vec<String> = parts
        .iter()
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect();
    let known: Vec<KnownHash> = texts
        .chunks(3)
        .filter(|chunk| chunk.len() > 1)
        .map(|chunk| {
            let known = KnownHash::new(chunk[0].clone(), chunk[1].clone());
            match chunk.get(2) {
                Some(salt) if !salt.is_empty() => known.salt(salt.clone()),
                _ => known,
            }
        })
        .take(3)
        .collect();
    let marks: Vec<String> = texts.iter().flat_map(|text| marks(text)).collect();
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    match find_recipe_within(&known, Duration::from_millis(5)) {
        Err(error) => {
            sentence(&error, &marks)?;
            Ok(Reached::Refused)
        }
        Ok(recipe) => {
            hidden(
                "a recipe",
                &shown(&recipe).each_ref().map(String::as_str),
                &marks,
            )?;
            Ok(Reached::Taken)
        }
    }
}

/// The table of what systems write, which the tests have: a name and a hash.
fn stored() -> Vec<Vec<u8>> {
    let rows = rows(include_str!("../../../tests/it/stored.tsv")).into_iter();
    rows.filter_map(|row| Some(row.get(1)?.replace("\\0", "\0").into_bytes()))
        .collect()
}

/// The table of columns that do not say how they were made: a name, a part of the recipe, and two hashes with their salts.
fn columns() -> Vec<Vec<u8>> {
    let rows = rows(include_str!("../../../tests/it/columns.tsv")).into_iter();
    let known = |row: Vec<&str>| {
        let text = |at: usize| *row.get(at).unwrap_or(&"");
        let texts = [
            "correct horse",
            text(2),
            text(3),
            "Zw\u{f6}lf Eulen",
            text(4),
            text(5),
        ];
        texts.map(str::as_bytes).join(PART)
    };
    rows.map(known).collect()
}

fn columns_as_recipes() -> Vec<Vec<u8>> {
    let rows = rows(include_str!("../../../tests/it/columns.tsv")).into_iter();
    let recipe = |row: Vec<&str>| {
        let part = row.get(1)?;
        let algorithms = [
            "pbkdf2", "scrypt", "argon2", "bcrypt", "hmac", "sha512", "sha256", "sha1", "md5",
        ];
        let named = algorithms.iter().find(|name| part.contains(**name));
        Some(format!(r#"{{"algorithm":"{}",{part}}}"#, named.unwrap_or(&"sha1")).into_bytes())
    };
    rows.filter_map(recipe).collect()
}

fn rows(table: &'static str) -> Vec<Vec<&'static str>> {
    let lines = table
        .lines()
        .filter(|line| line.contains('\t') && !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect()).collect()
}
