//! Files of users, in each form that is read.

use std::path::Path;

use auth0_bulk_users::*;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::Value;

use crate::mutate::parts;
use crate::targets::machine::{Folder, IN_HASH, run};
use crate::targets::{Held, Reached, Target, hidden, no_more, sentence, shown};

const MANY: usize = 96 << 20;
/// Users of a file that are kept to be compared: a short line makes a user of half a kilobyte.
const MOST_KEPT: usize = 20_000;

const FIELDS: [&str; 41] = [
    "email",
    "Email",
    "user_name",
    "username",
    "id",
    "_id",
    "uuid",
    "first_name",
    "name",
    "phone",
    "encrypted_password",
    "password",
    "password_hash",
    "passwordHash",
    "salt",
    "passwordSalt",
    "custom_password_hash",
    "user_metadata",
    "app_metadata",
    "email_verified",
    "confirmed_at",
    "created_at",
    "blocked",
    "mfa_factors",
    "$oid",
    "identities",
    "credentials",
    "dn: ",
    "mail: ",
    "userPassword:: ",
    "objectClass: ",
    "version: 1\n",
    "\n ",
    "$2b$10$",
    "sep=;\n",
    "\"sep=,\"\n",
    "sep=\u{e9}\n",
    "sep=\t\n",
    "# comment\n",
    "\u{e9}",
    "\u{a0}",
];

pub(super) fn targets() -> Vec<Target> {
    let target = |name, about, makes, run| Target {
        name,
        about,
        words: &FIELDS,
        makes,
        run,
        most_memory: MANY,
    };
    vec![
        target(
            "csv",
            "tables of users, of each delimiter and encoding",
            csv,
            read_any,
        ),
        target(
            "columns",
            "tables of which the reader says how they are to be read",
            no_more,
            read_with_options,
        ),
        target("json-lines", "users as an object a line", no_more, read_any),
        target(
            "json",
            "users as a list, or a list in an object",
            no_more,
            read_any,
        ),
        target("ldif", "users as entries of a directory", no_more, read_any),
        target(
            "systems",
            "the exports of the systems that are known",
            no_more,
            read_any,
        ),
        Target {
            // What is unpacked is far longer, and is read twice.
            most_memory: 2 * MANY,
            ..target("gzip", "packed files of users", packed_files, read_packed)
        },
    ]
}

fn read_any(input: &[u8]) -> Held {
    heard(|| {
        let folder = Folder::new();
        let path = folder.file("users", input);
        let reached = read(|| read_users(&path))?;
        inspect(inspect_users(&path), &folder)?;
        Ok(reached)
    })
}

/// What is said meanwhile shows no more than the rest.
fn heard(program: impl FnOnce() -> Held) -> Held {
    let (held, said) = run(program);
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    hidden("what is said", &said, &[IN_HASH])?;
    held
}

/// The first part says how, as JSON; the second is the file.
fn read_with_options(input: &[u8]) -> Held {
    let parts = parts(input);
    let folder = Folder::new();
    let path = folder.file("users", parts.get(1).map(Vec::as_slice).unwrap_or_default());
    let said: Value = serde_json::from_slice(&parts[0]).unwrap_or_default();
    let options = options(&said);
    heard(|| {
        let reached = read(|| read_users_with(&path, &options))?;
        inspect(inspect_users_with(&path, &options), &folder)?;
        let pairs: Vec<(&str, &str)> = pairs(&said["map"]).collect();
        read(|| read_csv(path.to_str().unwrap_or_default(), &pairs))?;
        read(|| read_ndjson(path.to_str().unwrap_or_default()))?;
        Ok(reached)
    })
}

fn pairs(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    let pairs = map.as_array().into_iter().flatten();
    pairs.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)))
}

fn options(said: &Value) -> ReadOptions {
    let mut options = ReadOptions::default().line_breaks(said["line_breaks"] == true);
    if let Some(delimiter) = said["delimiter"]
        .as_str()
        .and_then(|text| text.chars().next())
    {
        options = options.delimiter(delimiter);
    }
    options = match said["encoding"].as_str() {
        Some("utf16le") => options.encoding(Encoding::Utf16Le),
        Some("utf16be") => options.encoding(Encoding::Utf16Be),
        Some("latin1") => options.encoding(Encoding::Latin1),
        Some("utf8") => options.encoding(Encoding::Utf8),
        _ => options,
    };
    let sources = [
        Source::Plain,
        Source::Keycloak,
        Source::Firebase,
        Source::Ldap,
        Source::Cognito,
        Source::Clerk,
    ];
    if let Some(source) = said["source"].as_u64() {
        options = options.source(sources[source as usize % sources.len()]);
    }
    if let Some(names) = said["heading"].as_array() {
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        options = options.heading(&names);
    }
    for (column, field) in pairs(&said["map"]) {
        options = options.map(column, field);
    }
    for column in said["leave_out"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        options = options.leave_out(column);
    }
    options
}

/// Reads all rows: each is in a count, and what was read reads the same from an import's own file.
fn read(open: impl Fn() -> Result<UserFile>) -> Held {
    let users = match open() {
        Err(error) => {
            sentence(&error, &[IN_HASH])?;
            return Ok(Reached::Refused);
        }
        Ok(users) => users,
    };
    hidden("a file", &[&shown(&users)[0]], &[IN_HASH])?;
    let counts = users.counts();
    let (mut read, mut given, mut refused, mut ended) = (Vec::new(), 0, 0, 0);
    for user in users {
        match user {
            Ok(user) => {
                // What stands in a field that is no hash is shown.
                if !open_fields(&user).contains(IN_HASH) {
                    hidden(
                        "a user",
                        &shown(&user).each_ref().map(String::as_str),
                        &[IN_HASH],
                    )?;
                }
                given += 1;
                if read.len() < MOST_KEPT {
                    read.push(user);
                }
            }
            Err(error) => {
                sentence(&error, &[IN_HASH])?;
                let is_end = error.kind() == ErrorKind::Source;
                ended += u64::from(is_end);
                refused += u64::from(!is_end);
            }
        }
    }
    let left_out: u64 = counts.left_out().iter().map(|(_, rows)| rows).sum();
    if ended > 1 || counts.rows() != given + refused + left_out || counts.users() != given {
        return Err(format!(
            "a row is in no count: {} rows, {given} users ({} counted), {refused} refused, {left_out} left out, {ended} ends",
            counts.rows(),
            counts.users(),
        ));
    }
    hidden("counts", &[&counts.to_string()], &[IN_HASH])?;
    same_again(&read)?;
    Ok(if read.is_empty() {
        Reached::Refused
    } else {
        Reached::Taken
    })
}

/// What of a user is no secret.
fn open_fields(user: &User) -> String {
    let open = User {
        password_hash: None,
        custom_password_hash: None,
        mfa_factors: None,
        ..user.clone()
    };
    serde_json::to_string(&open).unwrap_or_default()
}

/// A user's fields that have something in them: an empty text is read as none.
fn filled(user: &User) -> Value {
    let mut fields = serde_json::to_value(user).unwrap_or_default();
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|_, value| value != "");
    }
    fields
}

/// Users as an import's file has them are read as they are.
fn same_again(users: &[User]) -> std::result::Result<(), String> {
    if users.is_empty() {
        return Ok(());
    }
    let line = |user: &User| serde_json::to_string(user).map(|json| json + "\n");
    let lines: std::result::Result<String, _> = users.iter().map(line).collect();
    let lines = lines.map_err(|cause| format!("a user cannot be written: {cause}"))?;
    let folder = Folder::new();
    let path = folder.file("users.ndjson", lines.as_bytes());
    let again = read_users_as(Source::Plain, &path);
    let again: Result<Vec<User>> = again.and_then(Iterator::collect);
    match again {
        Err(error) => Err(format!("written users are not read: {error}\n{lines}")),
        Ok(again) => {
            let both = users.iter().zip(&again);
            let differing = both
                .clone()
                .find(|(one, other)| filled(one) != filled(other));
            match differing {
                _ if users.len() != again.len() => Err(format!(
                    "written users are not as many: {} of {}",
                    again.len(),
                    users.len()
                )),
                Some((one, other)) => Err(format!(
                    "written users read otherwise: {:?} and {:?}",
                    line(one),
                    line(other)
                )),
                None => Ok(()),
            }
        }
    }
}

/// An inspection counts each row once, shows no hash, and so do its sheets.
fn inspect(report: Result<FileReport>, folder: &Folder) -> std::result::Result<(), String> {
    let report = match report {
        Err(error) => return sentence(&error, &[IN_HASH]),
        Ok(report) => report,
    };
    let [text, debug] = shown(&report);
    hidden("an inspection", &[&text, &debug], &[IN_HASH])?;
    let sum = |reasons: Vec<(String, u64)>| reasons.iter().map(|(_, rows)| rows).sum::<u64>();
    let told = report.ready() + sum(report.failing()) + sum(report.left_out());
    if told != report.rows() {
        return Err(format!(
            "an inspection does not add up: {} of {}: {text}",
            told,
            report.rows()
        ));
    }
    let to = folder.path().join("sheets");
    if let Err(error) = report.save_csv(&to) {
        return sentence(&error, &[IN_HASH]);
    }
    for sheet in std::fs::read_dir(&to).into_iter().flatten().flatten() {
        harmless_sheet(&sheet.path(), &[IN_HASH])?;
    }
    Ok(())
}

/// No cell of a sheet is a formula, and none shows a hash.
pub(super) fn harmless_sheet(path: &Path, secrets: &[&str]) -> std::result::Result<(), String> {
    let text =
        std::fs::read_to_string(path).map_err(|cause| format!("a sheet is no text: {cause}"))?;
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let begins = |part: &str| {
        part.trim_start_matches([' ', '"', '\u{feff}'])
            .starts_with(signs)
    };
    // Some spreadsheets split at these, whatever the quotes.
    let is_formula = |cell: &str| cell.split([';', '\t', '\n', '\r']).any(begins);
    let but_in_names: Vec<&str> = secrets
        .iter()
        .copied()
        .filter(|secret| *secret != IN_HASH)
        .collect();
    let mut heading = Vec::new();
    each_cell(&text, |row, column, cell| {
        if row == 0 {
            heading.push(cell.to_string());
        }
        let is_theirs = row > 0 && heading.get(column).is_some_and(|name| is_shown_whole(name));
        hidden(
            "a sheet",
            &[cell],
            if is_theirs { &but_in_names } else { secrets },
        )?;
        match is_formula(cell) {
            true => Err(format!("a cell of a sheet is a formula: {cell:?}")),
            false => Ok(()),
        }
    })
}

/// A sheet shows names and addresses whatever they are made of, and an export's sheet each user's metadata.
fn is_shown_whole(column: &str) -> bool {
    ["email", "username", "name", "app_metadata", "user_metadata"].contains(&column)
}

/// Does something with each cell of a table (RFC 4180), of which it is told the row and the column.
fn each_cell(
    text: &str,
    mut work: impl FnMut(usize, usize, &str) -> std::result::Result<(), String>,
) -> std::result::Result<(), String> {
    let (mut cell, mut is_quoted, mut row, mut column) = (String::new(), false, 0, 0);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' | '\n' if !is_quoted => {
                work(row, column, &cell)?;
                cell.clear();
                (row, column) = if c == ',' {
                    (row, column + 1)
                } else {
                    (row + 1, 0)
                };
            }
            c => cell.push(c),
        }
    }
    work(row, column, &cell)
}

/// The packed bytes as they are; and, where they unpack, with the sums that they would have.
fn read_packed(input: &[u8]) -> Held {
    let reached = read_any(input)?;
    let Some(inside) = input
        .get(10..)
        .and_then(|rest| decompress_to_vec_with_limit(rest, 1 << 20).ok())
    else {
        return Ok(reached);
    };
    read_any(&packed(&inside))
}

/// A gzip file of those bytes.
pub(super) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    packed.extend(compress_to_vec(bytes, 6));
    packed.extend(crc32(bytes).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), step)
    })
}

fn packed_files() -> Vec<Vec<u8>> {
    let folder = crate::run::here("corpus");
    let names = ["csv/rails", "json-lines/mongo", "ldif/people", "json/list"];
    let texts = names
        .iter()
        .filter_map(|name| std::fs::read(folder.join(name)).ok());
    let mut all: Vec<Vec<u8>> = texts.map(|text| packed(&text)).collect();
    // Two members are one file; a name in the heading; blocks that are stored as they are.
    all.push(
        [
            packed(b"email\na@example.com\n"),
            packed(b"b@example.com\n"),
        ]
        .concat(),
    );
    all.push(
        [
            &[0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3],
            b"users.csv\0".as_slice(),
            &packed(b"email\na@example.com\n")[10..],
        ]
        .concat(),
    );
    let stored = compress_to_vec(b"email,password_hash\na@example.com,x\n", 0);
    let sums = packed(b"email,password_hash\na@example.com,x\n");
    all.push([&sums[..10], &stored, &sums[sums.len() - 8..]].concat());
    all.push(packed(&vec![b'0'; 200 << 10]));
    all
}

/// The tables of the folder in other encodings too.
fn csv() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(crate::run::here("corpus/csv/rails")).unwrap_or_default();
    let utf16 = |to: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
        std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(to)
            .collect()
    };
    vec![
        text.replace(',', "\t").into_bytes(),
        text.replace(',', "|").replace('\n', "\r\n").into_bytes(),
        utf16(u16::to_le_bytes, &text.replace(',', ";")),
        utf16(u16::to_be_bytes, &text),
        text.bytes()
            .map(|byte| if byte == b'7' { 0xe9 } else { byte })
            .collect(),
    ]
}
