//! Users from a file, one after the other: CSV with a heading, or one JSON object a line, as Auth0 exports them.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::private_file::sheet::as_it_was;
use crate::say::{NO_MARKERS, debug_fields, holds_marker, listed, say};
use crate::secrets::hide::without_secrets;
use crate::users::User;
use crate::users::email::is_email;
use crate::users::rows::{Fault, Lines, Records, skip_byte_order_mark};
use crate::words::cut;

/// Parts of the name of a column, `custom_password_hash.hash.key.value` the longest that an import takes.
const MOST_LEVELS: usize = 4;
/// Lists and objects within each other in one user: each level takes stack from everybody who reads it.
const MOST_NESTED: usize = 32;
/// Names of what was dropped that are told.
const MOST_DROPPED: usize = 30;
/// Characters of a column's name in a sentence.
const MOST_NAME_CHARS: usize = 60;
/// The fields an import takes.
const FIELDS: [&str; 17] = [
    "email",
    "email_verified",
    "phone_number",
    "phone_verified",
    "user_id",
    "username",
    "given_name",
    "family_name",
    "name",
    "nickname",
    "picture",
    "blocked",
    "password_hash",
    "custom_password_hash",
    "app_metadata",
    "user_metadata",
    "mfa_factors",
];

/// Users of a file, as [`import_stream`](crate::import_stream) takes them. What was dropped is said at the end, once.
///
/// A row that cannot be read is an error of that row alone ([`ErrorKind::SourceRow`](crate::ErrorKind::SourceRow)). A file
/// that cannot be read any further, because the disk fails, say, is an error of another kind
/// ([`ErrorKind::Source`](crate::ErrorKind::Source)), and the last that comes.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("docs.csv", "email\nada@test.edu\n").expect("a file");
/// let file: UserFile = read_csv("docs.csv", &[])?;
/// let users = file.collect::<Result<Users>>()?;
/// assert_eq!(users[0].email, "ada@test.edu");
/// # Ok::<(), Error>(())
/// ```
pub struct UserFile {
    path: PathBuf,
    rows: Rows,
    dropped: BTreeSet<String>,
    template: Option<HashTemplate>,
}

debug_fields!(UserFile: path, rows, dropped, template);

#[derive(Debug)]
enum Rows {
    Lines(Lines),
    Csv {
        records: Records,
        names: Vec<String>,
    },
    /// It could not be read to its end.
    Ended,
}

/// Reads users from a file of one JSON object a line, as Auth0's users export writes it. Sends nothing.
///
/// `auth0|` in front of a user id is taken off, and fields an import does not take (`identities`, `created_at` and
/// the like) are dropped; which ones is printed when the file ends.
///
/// # Errors
///
/// The file cannot be opened. A line that is no user, or that holds the kernel's own words (`EVCXR_…`), is an error of its own, with its number; the others are kept.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let line = r#"{"user_id":"auth0|7","email":"ada@test.edu","created_at":"2026-01-01T00:00:00.000Z"}"#;
/// # std::fs::write("export.ndjson", line).expect("a file");
/// // {"user_id":"auth0|7","email":"ada@test.edu","created_at":"2026-01-01T00:00:00.000Z"}
/// for user in read_ndjson("export.ndjson")? {
///     assert_eq!(user?.user_id.as_deref(), Some("7"));
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn read_ndjson(path: &str) -> Result<UserFile> {
    let reader = open(Path::new(path))?;
    Ok(UserFile {
        path: path.into(),
        rows: Rows::Lines(Lines::of(reader)),
        dropped: BTreeSet::new(),
        template: None,
    })
}

/// Reads users from a CSV file with a heading. Sends nothing.
///
/// `columns` gives the field for a column that is named otherwise: `[("E-Mail", "email")]`. A field inside metadata is
/// written with dots, `user_metadata.plan` or `user_metadata.address.city`, and so are the parts of a hash, `custom_password_hash.hash.value`; `true` and `false` are read as such in the fields that want them; an empty
/// cell is no value. The apostrophe that keeps a sheet's cell from being a formula (`'=1+1`) is taken off. Columns that name no field are dropped; which ones is printed when the file ends.
///
/// # Errors
///
/// The file cannot be opened; it is not UTF-8; no column gives the e-mail; its first line is a user and no heading. A row that cannot be read, or that holds the kernel's own words (`EVCXR_…`), is an error of its
/// own, with its line; the others are kept.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("shop.csv", "E-Mail,plan\nada@test.edu,free\n").expect("a file");
/// // E-Mail,plan
/// // ada@test.edu,free
/// for user in read_csv("shop.csv", &[("E-Mail", "email"), ("plan", "user_metadata.plan")])? {
///     assert_eq!(user?.user_metadata.map(|metadata| metadata["plan"] == "free"), Some(true));
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn read_csv(path: &str, columns: &[(&str, &str)]) -> Result<UserFile> {
    let file = Path::new(path);
    let (heading, records) =
        Records::of(open(file)?).map_err(|fault| Error::bad_heading(file, &fault))?;
    if heading.iter().any(|cell| is_email(cell)) {
        return Err(Error::no_heading(file));
    }
    let told = || without_secrets(&listed(heading.iter().map(String::as_str)));
    let name = |column: &String| {
        let renamed = columns.iter().find(|(from, _)| *from == column);
        renamed.map_or(column.as_str(), |(_, to)| to).to_string()
    };
    let names: Vec<String> = heading.iter().map(name).collect();
    let missing = |(from, _): &&(&str, &str)| !heading.iter().any(|column| column == from);
    if let Some((missing, _)) = columns.iter().find(missing) {
        return Err(Error::missing_column(file, missing, &told()));
    }
    if !names.iter().any(|name| name == "email") {
        return Err(Error::no_email_column(file, &told()));
    }
    let levels = |name: &str| name.split('.').count();
    if let Some(deep) = names.iter().find(|name| levels(name) > MOST_LEVELS) {
        return Err(Error::deep_column(
            file,
            &without_secrets(&cut(deep, MOST_NAME_CHARS)),
            levels(deep),
            MOST_LEVELS,
        ));
    }
    Ok(UserFile {
        path: path.into(),
        rows: Rows::Csv { records, names },
        dropped: BTreeSet::new(),
        template: None,
    })
}

/// Opens a file and steps over a byte order mark, which Excel puts in front.
fn open(path: &Path) -> Result<BufReader<File>> {
    let failed = |cause| Error::source_unopened(path, cause);
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    skip_byte_order_mark(&mut reader).map_err(failed)?;
    Ok(reader)
}

impl Iterator for UserFile {
    type Item = Result<User>;

    fn next(&mut self) -> Option<Result<User>> {
        let row = match &mut self.rows {
            Rows::Lines(lines) => lines.next(),
            Rows::Csv { records, names } => {
                let record = records.next();
                record.map(|(line, record)| (line, record.map(|record| fields(names, &record))))
            }
            Rows::Ended => None,
        };
        let Some((line, row)) = row else {
            self.say_what_was_dropped();
            return None;
        };
        let user = row.and_then(|fields| self.user(fields).map_err(Fault::Row));
        Some(user.map_err(|fault| match fault {
            Fault::Row(fault) => Error::source_row(&self.path, line, &fault),
            Fault::File(cause) => {
                self.rows = Rows::Ended;
                Error::source_torn(&self.path, line, cause)
            }
        }))
    }
}

impl UserFile {
    pub(crate) fn with_template(self, template: HashTemplate) -> UserFile {
        UserFile {
            template: Some(template),
            ..self
        }
    }

    fn user(&mut self, mut fields: Map<String, Value>) -> std::result::Result<User, String> {
        let unknown: Vec<String> = fields
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()))
            .cloned()
            .collect();
        for name in unknown {
            fields.remove(&name);
            // One more than is told, which says that there are more; each line of a file may have names of its own.
            if self.dropped.len() <= MOST_DROPPED {
                self.dropped.insert(cut(&name, MOST_NAME_CHARS));
            }
        }
        if !fields.values().all(|value| is_within(value, MOST_NESTED)) {
            return Err(format!(
                "has lists or objects within each other over {MOST_NESTED} levels deep"
            ));
        }
        if fields.values().any(holds_marker) {
            return Err(NO_MARKERS.to_string());
        }
        // An export writes what is not set as null.
        fields.retain(|_, value| !value.is_null());
        if let Some(Value::String(id)) = fields.get_mut("user_id")
            && let Some(bare) = id.strip_prefix("auth0|")
        {
            *id = bare.to_string();
        }
        fields
            .entry("email")
            .or_insert_with(|| Value::String(String::new()));
        if let (Some(template), Some(own)) =
            (&self.template, fields.get_mut("custom_password_hash"))
        {
            *own = template.0(own);
        }
        // The sentence names the kind that was wanted and never the value, which may be a hash.
        serde_json::from_value(Value::Object(fields))
            .map_err(|_| "is no user: a field has the wrong kind of value".to_string())
    }

    fn say_what_was_dropped(&mut self) {
        if self.dropped.is_empty() {
            return;
        }
        let dropped = std::mem::take(&mut self.dropped);
        let more = if dropped.len() > MOST_DROPPED {
            " and others"
        } else {
            ""
        };
        let names: Vec<String> = dropped.into_iter().take(MOST_DROPPED).collect();
        say!(
            "{}: fields an import does not take were left out: {}{more}",
            self.path.display(),
            without_secrets(&listed(names.iter().map(String::as_str)))
        );
    }
}

/// Whether a value has at most so many levels.
fn is_within(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), None) => false,
        (Value::Array(items), Some(left)) => items.iter().all(|item| is_within(item, left)),
        (Value::Object(fields), Some(left)) => fields.values().all(|field| is_within(field, left)),
        _ => true,
    }
}

fn fields(names: &[String], record: &csv::StringRecord) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, cell) in names.iter().zip(record.iter().map(as_it_was)) {
        if cell.is_empty() {
            continue;
        }
        match name.split_once('.') {
            // Each dot leads further in: Auth0 takes no dot in the keys of metadata.
            Some((field @ ("user_metadata" | "app_metadata" | "custom_password_hash"), path)) => {
                let mut inner = fields.entry(field).or_insert(Value::Null);
                for key in path.split('.') {
                    if !inner.is_object() {
                        *inner = Value::Object(Map::new());
                    }
                    inner = &mut inner[key];
                }
                *inner = cell.into();
            }
            _ => {
                fields.insert(name.clone(), value(name, &cell));
            }
        }
    }
    fields
}

fn value(name: &str, cell: &str) -> Value {
    match (name, cell.to_ascii_lowercase().as_str()) {
        ("email_verified" | "phone_verified" | "blocked", "true" | "1") => true.into(),
        ("email_verified" | "phone_verified" | "blocked", "false" | "0") => false.into(),
        ("custom_password_hash" | "app_metadata" | "user_metadata" | "mfa_factors", _) => {
            serde_json::from_str(cell).unwrap_or_else(|_| cell.into())
        }
        _ => cell.into(),
    }
}

/// What makes a whole description of what a row says of its hash.
#[derive(Clone)]
pub(crate) struct HashTemplate(pub(crate) Arc<dyn Fn(&Value) -> Value + Send + Sync>);

/// It may hold a key.
impl fmt::Debug for HashTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashTemplate")
    }
}

pub(crate) fn lay_over(under: &mut Value, over: &Value) {
    match (under.as_object_mut(), over.as_object()) {
        (Some(under), Some(over)) => {
            for (name, value) in over {
                lay_over(under.entry(name).or_insert(Value::Null), value);
            }
        }
        _ => *under = over.clone(),
    }
}
