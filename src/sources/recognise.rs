//! What a file is: its form, by how it begins, and its source, by the names of its fields.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::private_file::sheet::as_it_was;
use crate::sources::bytes::Text;
use crate::sources::csv::{self, Csv};
use crate::sources::holders::{hashes_beside, holds_users, no_users, users_behind};
use crate::sources::json::{Lines, Objects, fields, first_value, is_email_name, is_list_name};
use crate::sources::known::{Known, Source, known, recognised};
use crate::sources::ldif::Ldif;
use crate::sources::mapping::{Mapping, is_data, mapping_for, shown};
use crate::sources::options::{AskedForm, ReadOptions};
use crate::sources::rows::{Cell, Fault};
use crate::words::grouped;

/// Columns of the widest table that is read: an import takes 17 fields, and metadata many more hardly.
const MOST_COLUMNS: usize = 1_000;
/// Records and objects by which a file is recognised.
const SAMPLED: usize = 20;
/// What tables are cut into cells with.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Columns that Firebase's CSV has at least.
const FIREBASE_COLUMNS: usize = 26;

const SQL: &str = "an SQL script";
const CSV_OF_SQL: &str = "export the table of users as CSV";
/// Files that hold no text of users, by how they begin: what each is, and what to do about it.
const KINDS: [(&[u8], &str, &str); 24] = [
    (b"\x1f\x8b", "packed twice with gzip", "unpack it once"),
    (
        b"PK\x03\x04",
        "a zip archive or an Excel workbook",
        "unpack it, or save the sheet as CSV in UTF-8",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook",
        "save the sheet as CSV",
    ),
    (
        b"BZh",
        "packed with bzip2",
        "unpack it, or pack it with gzip",
    ),
    (
        b"\xfd7zXZ",
        "packed with xz",
        "unpack it, or pack it with gzip",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "packed with zstd",
        "unpack it, or pack it with gzip",
    ),
    (
        b"7z\xbc\xaf",
        "a 7z archive",
        "unpack it, or pack it with gzip",
    ),
    (
        b"SQLite format 3",
        "an SQLite database",
        "export the table of users as CSV",
    ),
    (
        b"PGDMP",
        "a PostgreSQL dump in its own format",
        "export the table of users as CSV, with \\copy … CSV HEADER",
    ),
    (b"-- ", SQL, CSV_OF_SQL),
    (b"--\n", SQL, CSV_OF_SQL),
    (b"--\r", SQL, CSV_OF_SQL),
    (b"/*", SQL, CSV_OF_SQL),
    (b"INSERT INTO", SQL, CSV_OF_SQL),
    (b"SELECT ", SQL, CSV_OF_SQL),
    (b"COPY ", SQL, CSV_OF_SQL),
    (b"BEGIN;", SQL, CSV_OF_SQL),
    (b"SET ", SQL, CSV_OF_SQL),
    (b"USE ", SQL, CSV_OF_SQL),
    (b"PRAGMA ", SQL, CSV_OF_SQL),
    (b"CREATE ", SQL, CSV_OF_SQL),
    (b"DROP TABLE", SQL, CSV_OF_SQL),
    (b"<", "XML or HTML", "export the users as CSV or JSON"),
    (b"%PDF", "a PDF", "export the users as CSV or JSON"),
];

/// The rows of a file, in the form that it has.
#[derive(Debug)]
pub(crate) enum Rows {
    Csv(Csv),
    Lines(Lines),
    Objects(Objects),
    Ldif(Ldif),
    /// It could not be read to its end, or not at all.
    Ended,
}

/// What a file was taken for.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    form: &'static str,
    /// The delimiter, and whether the table has a heading.
    table: Option<(char, bool)>,
    encoding: &'static str,
    is_packed: bool,
    pub(crate) source: Source,
}

impl Kind {
    pub(crate) fn in_words(&self) -> String {
        let mut words = self.form.to_string();
        if let Some((delimiter, has_heading)) = self.table {
            let delimiter = if delimiter == '\t' {
                "tabs".to_string()
            } else {
                format!("`{delimiter}`")
            };
            words += &format!(" with {delimiter}");
            if !has_heading {
                words += " and without a heading";
            }
        }
        words += &format!(", {}", self.encoding);
        if self.is_packed {
            words += ", gzipped";
        }
        let name = known(self.source).name;
        if !name.is_empty() {
            words += &format!(", from {name}");
        }
        words
    }
}

/// A file that was opened and recognised.
pub(crate) struct Recognised {
    pub(crate) rows: Rows,
    pub(crate) kind: Kind,
    pub(crate) mapping: Mapping,
}

/// Opens a file and finds out what it is.
pub(crate) fn recognise(path: &Path, options: &ReadOptions) -> Result<Recognised> {
    let text = Text::open(path, options.encoding)?;
    let window = text.window();
    if let Some((what, advice)) = other_kind(window) {
        return Err(Error::source_of_another_kind(path, what, advice));
    }
    let kind = Kind {
        form: "",
        table: None,
        encoding: text.encoding.name(),
        is_packed: text.is_packed,
        source: Source::Plain,
    };
    let first = window.trim_ascii_start().first().copied();
    let is_empty = first.is_none() && text.is_whole();
    match (options.form, first) {
        (AskedForm::Any, _) if is_empty => Err(Error::source_empty(path)),
        (AskedForm::Json, _) => json(path, text, kind, options),
        (AskedForm::Any, Some(b'{' | b'[')) => json(path, text, kind, options),
        (AskedForm::Any, _) if is_ldif(window) => ldif(path, text, kind, options),
        _ => table(path, text, kind, options),
    }
}

/// What a file without text of users is, by how it begins, and what to do about it.
fn other_kind(window: &[u8]) -> Option<(&'static str, &'static str)> {
    let begins = |(mark, _, _): &&(&[u8], &str, &str)| window.trim_ascii_start().starts_with(mark);
    let found = KINDS.iter().find(begins);
    found.map(|(_, what, advice)| (*what, *advice))
}

fn json(path: &Path, text: Text, mut kind: Kind, options: &ReadOptions) -> Result<Recognised> {
    let is_given = options.source.is_some() || !options.mapping.is_empty();
    let (rows, form) = json_rows(path, text, options)?;
    kind.form = form;
    let (names, rows) = sampled_names(rows);
    kind.source = options.source.unwrap_or_else(|| source_of(&names));
    if kind.source == Source::Plain
        && !is_given
        && let Some((what, advice)) = window_of(&rows).and_then(no_users)
    {
        return Err(Error::source_of_another_kind(path, what, advice));
    }
    let mapping = mapping_for(path, kind.source, options)?;
    Ok(Recognised {
        rows,
        kind,
        mapping,
    })
}

/// The rows of JSON, and the form that it has.
fn json_rows(path: &Path, text: Text, options: &ReadOptions) -> Result<(Rows, &'static str)> {
    const WITHIN: &str = "a JSON list within an object";
    let torn = |cause| Error::source_torn(path, 1, cause);
    let window = text.window().trim_ascii_start();
    let lines = |text: Text| Ok((Rows::Lines(Lines::of(text)), "JSON lines"));
    let is_object = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| fields(text).is_ok());
    match window.first() {
        Some(b'[') if is_list(window) => {
            let objects = Objects::of_list(text).map_err(torn)?;
            return Ok((objects.map_or(Rows::Ended, Rows::Objects), "a JSON list"));
        }
        Some(b'{') => {}
        _ => return lines(text),
    }
    let Some(whole) = first_value(window) else {
        if has_more_lines(window) {
            return lines(text);
        }
        // The part around the list may be longer than what was read. If there is no list, reading starts again.
        let objects = Objects::of_list(text).map_err(torn)?;
        return match objects {
            Some(objects) => Ok((Rows::Objects(objects), WITHIN)),
            None => lines(Text::open(path, options.encoding)?),
        };
    };
    let is_alone = text.is_whole() && window[whole.len()..].trim_ascii().is_empty();
    let first_line = window
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let in_lines = is_object(first_line.trim_ascii()) || !is_object(whole);
    // Joined pages of an API are such objects.
    if is_alone && has_list_of_objects(whole) || !is_alone && holds_users(whole) {
        if users_behind(whole) {
            let advice = "keep only that list, for example with `jq .users`";
            let what = "JSON with another list before the list `users`";
            return Err(Error::source_of_another_kind(path, what, advice));
        }
        if let Some(name) = hashes_beside(whole)
            && !options.leave_out.contains(&name)
        {
            return Err(Error::hashes_beside(path, &shown(&name)));
        }
        return match Objects::of_list(text).map_err(torn)? {
            Some(objects) => Ok((Rows::Objects(objects), WITHIN)),
            None => lines(Text::open(path, options.encoding)?),
        };
    }
    match in_lines {
        true => lines(text),
        false => Ok((
            Rows::Objects(Objects::of(text)),
            "JSON objects one after the other",
        )),
    }
}

/// Whether a bracket opens a list of objects, and is no line of its own, as `[1]`.
fn is_list(window: &[u8]) -> bool {
    let inner = window[1..].trim_ascii_start();
    matches!(inner.first(), Some(b'{' | b']' | b'[') | None)
}

/// Whether what begins as an object that is not whole is followed by a line that begins another: the first is broken then.
fn has_more_lines(window: &[u8]) -> bool {
    let mut lines = window.split(|byte| *byte == b'\n').skip(1).take(SAMPLED);
    let is_whole = |line: &[u8]| {
        line.starts_with(b"{")
            && std::str::from_utf8(line).is_ok_and(|line| fields(line.trim()).is_ok())
    };
    lines.any(is_whole)
}

/// Names of fields that a user has, and hardly anything around a list of users.
const USERS_OWN: [&str; 9] = [
    "email",
    "mail",
    "username",
    "user_id",
    "login",
    "localid",
    "traits",
    "user_email",
    "user_login",
];

/// Whether an object, or one within it, has a list of objects that are users, by its name or theirs.
fn has_list_of_objects(text: &[u8]) -> bool {
    let parsed: Option<Value> = serde_json::from_slice(text).ok();
    fn looks(value: &Value, level: usize) -> bool {
        let Some(object) = value.as_object() else {
            return false;
        };
        // A user's own lists, such as identities, are not lists of users.
        let is_user = |key: &String| USERS_OWN.contains(&key.to_ascii_lowercase().as_str());
        if object.keys().any(is_user) {
            return false;
        }
        object.iter().any(|(name, value)| match value {
            Value::Array(items) => {
                let is_named = is_list_name(name);
                items.first().map_or(is_named, |first| {
                    first.is_object() && (is_named || has_email(first))
                })
            }
            Value::Object(_) => level < 3 && looks(value, level + 1),
            _ => false,
        })
    }
    parsed.is_some_and(|value| looks(&value, 0))
}

fn has_email(value: &Value) -> bool {
    let object = value.as_object();
    object.is_some_and(|object| object.keys().any(|key| is_email_name(key)))
}

/// The names of the fields of the first objects; what lies within objects as `a.b`.
fn sampled_names(rows: Rows) -> (Vec<String>, Rows) {
    let Some(window) = window_of(&rows) else {
        return (Vec::new(), rows);
    };
    let (mut names, mut rest) = (Vec::new(), window);
    for _ in 0..SAMPLED {
        let Some(start) = rest.iter().position(|byte| *byte == b'{') else {
            break;
        };
        rest = &rest[start..];
        let Some(object) = first_value(rest) else {
            // The first of the lines may be broken.
            let Some(line) = rest.iter().position(|byte| *byte == b'\n') else {
                break;
            };
            rest = &rest[line + 1..];
            continue;
        };
        rest = &rest[object.len()..];
        let parsed = std::str::from_utf8(object)
            .ok()
            .and_then(|text| fields(text).ok());
        // Each name is compared with all before it.
        for (name, cell) in parsed.into_iter().flatten() {
            if names.len() > MOST_COLUMNS {
                return (names, rows);
            }
            add_names(&mut names, &name, &cell);
        }
    }
    (names, rows)
}

fn window_of(rows: &Rows) -> Option<&[u8]> {
    match rows {
        Rows::Lines(lines) => Some(lines.window()),
        Rows::Objects(objects) => Some(objects.window()),
        _ => None,
    }
}

fn add_names(names: &mut Vec<String>, name: &str, cell: &Cell<'_>) {
    if let Cell::Json(Value::Object(fields)) = cell {
        let within = fields
            .keys()
            .take(50)
            .map(|inner| format!("{name}.{inner}"));
        names.extend(
            within
                .filter(|within| !names.contains(within))
                .collect::<Vec<_>>(),
        );
    }
    if !names.iter().any(|known| known == name) {
        names.push(name.to_string());
    }
    if let ("user_id", Cell::Text(id)) = (name, cell)
        && id.contains('|')
    {
        names.push(WITH_PROVIDER.to_string());
    }
}

/// Stands among the names for ids that begin with a provider, as those of Auth0's exports do.
const WITH_PROVIDER: &str = "user_id with a provider";

fn source_of(names: &[String]) -> Source {
    let found = recognised(names);
    if found == Source::Plain && names.iter().any(|name| name == WITH_PROVIDER) {
        return Source::Auth0Export;
    }
    found
}

/// Whether the first line that is not a comment is LDIF.
fn is_ldif(window: &[u8]) -> bool {
    let mut lines = window.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
    let begins = |word: &[u8]| {
        first.is_some_and(|line| {
            line.get(..word.len())
                .is_some_and(|begins| begins.eq_ignore_ascii_case(word))
        })
    };
    begins(b"dn:") || begins(b"version:")
}

fn ldif(path: &Path, text: Text, mut kind: Kind, options: &ReadOptions) -> Result<Recognised> {
    kind.form = "an LDIF file";
    kind.source = options.source.unwrap_or(Source::Ldap);
    let mapping = mapping_for(path, kind.source, options)?;
    Ok(Recognised {
        rows: Rows::Ldif(Ldif::of(text)),
        kind,
        mapping,
    })
}

fn table(path: &Path, text: Text, mut kind: Kind, options: &ReadOptions) -> Result<Recognised> {
    let (lines, declared) = lines_before(text.window());
    let window = skip_lines(text.window(), lines);
    let is_over = text.is_whole();
    let delimiter = match options.delimiter.or(declared) {
        Some(told) => as_delimiter(path, told)?,
        None => delimiter_of(window, is_over),
    };
    let sample = csv::sample(window, delimiter, 10 * SAMPLED, is_over);
    let mut csv = Csv::of(text, delimiter);
    csv.takes_breaks = options.line_breaks;
    for _ in 0..lines {
        csv.skip_line();
    }
    kind.form = "a CSV file";
    let first = first_record(path, &mut csv)?;
    let has_heading = !first.iter().any(|cell| is_data(cell));
    let (names, is_first_row) = names_of(path, &first, has_heading, options)?;
    kind.table = Some((char::from(delimiter), !is_first_row));
    kind.source = options
        .source
        .unwrap_or_else(|| table_source(&names, &first, has_heading, &sample));
    let names = match known(kind.source).columns {
        [] => names,
        columns if is_first_row && options.heading.is_empty() => columns
            .iter()
            .take(first.len())
            .map(|name| (*name).to_string())
            .collect(),
        _ => names,
    };
    if names.is_empty() {
        return Err(Error::no_heading(path));
    }
    csv.width = if is_first_row {
        first.len()
    } else {
        names.len()
    };
    if is_first_row {
        csv.again();
    }
    let mut mapping = mapping_for(path, kind.source, options)?;
    mapping.is_quoted = is_quoted(
        &names,
        known(kind.source),
        &sample[usize::from(!is_first_row).min(sample.len())..],
    );
    mapping.set_columns(path, names)?;
    Ok(Recognised {
        rows: Rows::Csv(csv),
        kind,
        mapping,
    })
}

/// The names of the columns, none where a file has no heading; and whether its first line is a user.
fn names_of(
    path: &Path,
    first: &[String],
    has_heading: bool,
    options: &ReadOptions,
) -> Result<(Vec<String>, bool)> {
    if first.len() > MOST_COLUMNS {
        let (columns, most) = (grouped(first.len()), grouped(MOST_COLUMNS));
        let fault = format!("has {columns} columns, and at most {most} are read");
        return Err(Error::bad_heading(path, &fault));
    }
    if options.heading.is_empty() {
        return Ok(match has_heading {
            true => (first.to_vec(), false),
            false => (Vec::new(), true),
        });
    }
    if options.heading.len() != first.len() {
        return Err(Error::other_heading(
            path,
            options.heading.len(),
            first.len(),
        ));
    }
    let is_same = first
        .iter()
        .zip(&options.heading)
        .all(|(cell, name)| cell.eq_ignore_ascii_case(name));
    Ok((options.heading.clone(), !is_same))
}

fn table_source(
    names: &[String],
    first: &[String],
    has_heading: bool,
    sample: &[Vec<String>],
) -> Source {
    if !has_heading && names.is_empty() {
        return match is_firebase(first) {
            true => Source::Firebase,
            false => Source::Plain,
        };
    }
    let found = recognised(names);
    let id = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case("user_id"));
    let has_provider = |record: &Vec<String>| {
        let cell = id.and_then(|id| record.get(id));
        cell.is_some_and(|id| id.trim_start_matches('\'').contains('|'))
    };
    match found == Source::Plain && sample.iter().any(has_provider) {
        true => Source::Auth0Export,
        false => found,
    }
}

/// Firebase's CSV begins with an id, an e-mail and whether it is verified, and has many columns.
fn is_firebase(first: &[String]) -> bool {
    let is_flag = |cell: &str| cell.is_empty() || cell == "true" || cell == "false";
    let most = known(Source::Firebase).columns.len();
    (FIREBASE_COLUMNS..=most).contains(&first.len()) && !first[0].is_empty() && is_flag(&first[2])
}

/// The delimiter that somebody gave or the file declares, if it can be one: a cell may not be cut within a character.
fn as_delimiter(path: &Path, told: char) -> Result<u8> {
    u8::try_from(told)
        .ok()
        .filter(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r'))
        .ok_or_else(|| Error::bad_delimiter(path, told))
}

/// Lines of a comment before the heading, and the delimiter where Excel's `sep=;` declares it.
fn lines_before(window: &[u8]) -> (usize, Option<char>) {
    let (mut lines, mut declared) = (0, None);
    for line in window.split(|byte| *byte == b'\n') {
        match declared_by(line) {
            Some(delimiter) => declared = Some(delimiter),
            None => {
                let is_comment = line.starts_with(b"#")
                    && !String::from_utf8_lossy(line)
                        .to_lowercase()
                        .contains("mail");
                if !is_comment {
                    break;
                }
            }
        }
        lines += 1;
    }
    (lines, declared)
}

/// The delimiter of a line such as `sep=;` or `"sep=;"`, which may be white space itself.
fn declared_by(line: &[u8]) -> Option<char> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let quoted = line.trim_ascii_end().strip_prefix(b"\"");
    let line = quoted
        .and_then(|line| line.strip_suffix(b"\""))
        .unwrap_or(line);
    let (word, rest) = line.split_at_checked(b"sep=".len())?;
    let rest = String::from_utf8_lossy(rest);
    let mut rest = rest.chars();
    let is_one = word.eq_ignore_ascii_case(b"sep=");
    let delimiter = rest.next().filter(|_| is_one)?;
    rest.as_str().trim().is_empty().then_some(delimiter)
}

fn skip_lines(window: &[u8], lines: usize) -> &[u8] {
    let mut rest = window;
    for _ in 0..lines {
        let end = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |end| end + 1);
        rest = &rest[end..];
    }
    rest
}

/// The delimiter that gives most records the same number of cells, more than one.
fn delimiter_of(window: &[u8], is_over: bool) -> u8 {
    let score = |delimiter: u8| {
        let records = csv::sample(window, delimiter, SAMPLED, is_over);
        let width = records.first().map_or(0, Vec::len);
        let same = records
            .iter()
            .filter(|record| record.len() == width)
            .count();
        match width > 1 {
            true => (same * 100 / records.len().max(1), width),
            false => (0, 0),
        }
    };
    let scored = DELIMITERS
        .iter()
        .rev()
        .map(|delimiter| (score(*delimiter), *delimiter));
    scored
        .max_by_key(|(score, _)| *score)
        .map_or(b',', |(_, delimiter)| delimiter)
}

/// The cells of the first record, without blanks around them.
fn first_record(path: &Path, csv: &mut Csv) -> Result<Vec<String>> {
    match csv.next() {
        None => Ok(vec![String::new()]),
        Some((_, Ok(record))) => Ok(record.cells().map(|cell| cell.trim().to_string()).collect()),
        Some((_, Err(Fault::Row(fault)))) => Err(Error::bad_heading(path, &fault)),
        Some((line, Err(Fault::File(cause)))) => Err(Error::source_torn(path, line, cause)),
    }
}

/// Whether each e-mail of the sample begins with an apostrophe, as all texts of Auth0's CSV do.
fn is_quoted(names: &[String], known: &Known, sample: &[Vec<String>]) -> bool {
    let is_email = |name: &&String| {
        name.eq_ignore_ascii_case("email")
            || matches!(known.target(name), Some(target) if target.is_email())
    };
    let Some(email) = names.iter().position(|name| is_email(&name)) else {
        return false;
    };
    let cells = || {
        sample
            .iter()
            .filter_map(|record| record.get(email))
            .filter(|cell| !cell.is_empty())
    };
    // An apostrophe before a possible formula does not identify Auth0's CSV.
    let is_bare = |cell: &String| as_it_was(cell) == cell.as_str();
    cells().any(is_bare) && cells().all(|cell| cell.starts_with('\''))
}
