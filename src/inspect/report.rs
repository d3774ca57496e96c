//! What an inspection found.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::say::debug_fields;
use crate::sources::known::Source;
use crate::sources::mapping::SeenField;
use crate::sources::options::ReadOptions;

/// What an import of a file of users would do; made by [`inspect_users`](crate::inspect_users). Each row of the file is in one
/// count. It draws itself without showing any cell of the file; [`save_csv`](FileReport::save_csv) saves who is in which count.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// std::fs::write("docs.csv", "email\nada@uni.test\nADA@uni.test\nno address\n").expect("a file");
/// let inspection: FileReport = inspect_users("docs.csv")?;
/// assert_eq!((inspection.rows(), inspection.ready(), inspection.failing().len()), (3, 1, 2));
/// println!("{inspection}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct FileReport {
    pub(crate) path: PathBuf,
    pub(super) options: ReadOptions,
    /// Of the file when it was inspected: one that has changed since is another.
    pub(super) state: FileState,
    pub(super) source: Source,
    pub(crate) what: String,
    pub(crate) rows: u64,
    pub(crate) ready: u64,
    /// Rows that cannot be read: they are among those that would fail.
    pub(crate) unreadable: u64,
    pub(crate) failing: Vec<Reason>,
    pub(crate) left_out: Vec<Reason>,
    pub(crate) lost_hashes: Vec<String>,
    pub(crate) fields: Vec<SeenField>,
    /// Fields that are mapped and that no row has.
    pub(crate) absent: Vec<String>,
    pub(crate) hashes: Vec<HashKind>,
    pub(crate) twins: Vec<TwinRow>,
    /// Users who would be imported without a password, and those who would lose a second factor.
    pub(crate) resets: u64,
    pub(crate) enrols: u64,
    /// Several rows begin in one line, so rows are named by their number.
    pub(crate) by_rows: bool,
}

debug_fields!(FileReport: path, options, state, source, what, rows, ready, unreadable, failing, left_out, lost_hashes, fields, absent, hashes, twins, resets, enrols, by_rows);

/// A row that shares a field with one before it: both by where they are found in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TwinRow {
    pub(super) row: u32,
    pub(crate) field: &'static str,
    pub(crate) at: u32,
    pub(crate) of: u32,
}

/// By what a file that has changed is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FileState {
    bytes: Option<u64>,
    modified: Option<SystemTime>,
}

impl FileState {
    pub(super) fn of(path: &Path) -> FileState {
        let about = std::fs::metadata(path).ok();
        FileState {
            bytes: about.as_ref().map(std::fs::Metadata::len),
            modified: about.and_then(|about| about.modified().ok()),
        }
    }
}

/// What becomes of rows for one reason: how many, and the first of them.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    pub(crate) why: String,
    pub(crate) rows: u64,
    pub(crate) first: Vec<u32>,
}

impl Reason {
    pub(crate) fn list(reasons: &[Reason]) -> Vec<(String, u64)> {
        let reason = |reason: &Reason| (reason.why.clone(), reason.rows);
        reasons.iter().map(reason).collect()
    }
}

/// What becomes of a hash.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    AsItIs,
    Rewritten,
    /// Made of the clear text that is there.
    Made,
    /// It does not say how it was made.
    Unknown,
    /// Nobody said that it is to be hashed.
    Clear,
    /// Why, after "it".
    Impossible(&'static str),
}

impl Fate {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Fate::AsItIs => "as it is",
            Fate::Rewritten => "rewritten",
            Fate::Made => "hashed when it is imported",
            Fate::Unknown => "not known yet",
            Fate::Clear => "not imported",
            Fate::Impossible(_) => "not importable",
        }
    }
}

/// Hashes of a kind.
#[derive(Clone, Debug)]
pub(crate) struct HashKind {
    pub(crate) what: String,
    pub(crate) fate: Fate,
    pub(crate) rows: u64,
}

impl FileReport {
    /// The system that probably wrote the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("users.csv", "ID,user_login,user_pass,user_email\n").expect("a file");
    /// assert_eq!(inspect_users("users.csv")?.source(), Source::WordPress);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Rows of the file: those that would be imported, those that would fail, and those that are left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email,name\nada@uni.test,Ada\nbob@uni.test\n").expect("a file");
    /// assert_eq!(inspect_users("docs.csv")?.rows(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows without a problem: they would be imported, unless they conflict with a user in the tenant.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email\nada@uni.test\nno address\n").expect("a file");
    /// assert_eq!(inspect_users("docs.csv")?.ready(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn ready(&self) -> u64 {
        self.ready
    }

    /// Rows that cannot be read or that Auth0 would refuse, by the first reason of each.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email,blocked\nada@uni.test,perhaps\n").expect("a file");
    /// let inspection = inspect_users("docs.csv")?;
    /// let (reason, rows) = &inspection.failing()[0];
    /// assert!(reason.contains("blocked must be true or false") && *rows == 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn failing(&self) -> Vec<(String, u64)> {
        Reason::list(&self.failing)
    }

    /// Rows that are not users to import, by reason, such as users who sign in elsewhere and have no password in the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("export.ndjson", r#"{"user_id":"google-oauth2|1","email":"ada@uni.test"}"#).expect("a file");
    /// let left_out = inspect_users("export.ndjson")?.left_out();
    /// assert_eq!(left_out, [("is a user who signs in with google-oauth2 and has no password here".to_string(), 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn left_out(&self) -> Vec<(String, u64)> {
        Reason::list(&self.left_out)
    }

    /// Which hashes would be lost, with a sentence for each column; empty if none.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let hash = hash_password("correct horse")?;
    /// # std::fs::write("shop.csv", format!("email,pw\nada@uni.test,{hash}\n")).expect("a file");
    /// let lost = inspect_users("shop.csv")?.lost_hashes().join("");
    /// assert!(lost.starts_with("`pw` looks like hashes of passwords in 1 row and goes nowhere"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn lost_hashes(&self) -> &[String] {
        &self.lost_hashes
    }

    /// The fields of the file: the name, the number of rows with a value, and where the field goes. A name that may be personal
    /// data is `<hidden>`.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "e-mail,shoe size\nada@uni.test,38\nbob@uni.test,\n").expect("a file");
    /// let fields = inspect_users("docs.csv")?.fields();
    /// assert_eq!(fields[0], ("e-mail".to_string(), 2, "email".to_string()));
    /// assert_eq!(fields[1], ("shoe size".to_string(), 1, "nowhere".to_string()));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn fields(&self) -> Vec<(String, u64, String)> {
        let field = |field: &SeenField| (field.name.clone(), field.filled, field.goes.clone());
        self.fields.iter().map(field).collect()
    }

    /// Hashes by kind, each with what happens to it: `as it is`, `rewritten`, or `not importable`.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let drupal = "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf";
    /// std::fs::write("docs.csv", format!("email,hash\nada@uni.test,{drupal}\n")).expect("a file");
    /// let inspection = inspect_users_with("docs.csv", &ReadOptions::default().map("hash", "hash"))?;
    /// assert_eq!(inspection.hashes(), [("a Drupal 7 hash, not importable".to_string(), 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn hashes(&self) -> Vec<(String, u64)> {
        let kind = |kind: &HashKind| (format!("{}, {}", kind.what, kind.fate.word()), kind.rows);
        self.hashes.iter().map(kind).collect()
    }

    /// Duplicates: rows that share an e-mail, a username, a user id or a phone number with an earlier row. They are among the
    /// rows that would fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email\nada@uni.test\nADA@uni.test\n").expect("a file");
    /// assert_eq!(inspect_users("docs.csv")?.twins(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn twins(&self) -> u64 {
        self.twins.len() as u64
    }

    /// Users who would be imported without a password, and must set a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email\nada@uni.test\n").expect("a file");
    /// assert_eq!(inspect_users("docs.csv")?.resets(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn resets(&self) -> u64 {
        self.resets
    }

    /// Users with a second factor that an import cannot carry over, who must enrol again.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let users = r#"{"users":[{"username":"ada","email":"ada@uni.test","createdTimestamp":1,"credentials":[{"type":"otp"}]}]}"#;
    /// std::fs::write("realm-users.json", users).expect("a file");
    /// assert_eq!(inspect_users("realm-users.json")?.enrols(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn enrols(&self) -> u64 {
        self.enrols
    }
}
