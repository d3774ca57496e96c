//! Opening a file of users, and reading its users one at a time.

use std::any::Any;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};

use memchr::memchr3;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::passwords::hash_stream::HashStream;
use crate::passwords::hashes::stored::{StoredHash, is_plain_bcrypt};
use crate::passwords::recipe::HashRecipe;
use crate::passwords::{check_password, hash_all};
use crate::private_file::sheet::as_it_was;
use crate::say::{MARKER, NO_MARKERS, debug_fields, harmless, holds_marker, listed, say};
use crate::secrets::Secret;
use crate::sources::counts::FileCounts;
use crate::sources::csv::Record;
use crate::sources::draft::{Draft, Made};
use crate::sources::json;
use crate::sources::known::{Source, known};
use crate::sources::ldif::Attributes;
use crate::sources::mapping::{Mapping, shown};
use crate::sources::options::{AskedForm, ReadOptions};
use crate::sources::recognise::{Kind, Recognised, Rows, recognise};
use crate::sources::rows::{Cell, Fault, check_values, check_written};
use crate::sources::values::too_deep;
use crate::sources::whole::Whole;
use crate::users::User;

/// Rows that are read before the first user is given: by them it is seen whether hashes would be lost.
const READ_AHEAD: usize = 200;
/// Bytes of these rows after which no more of them are read ahead: each may be as long as a row may.
const READ_AHEAD_BYTES: usize = 16 << 20;

/// Users of a file for [`import_stream`](crate::import_stream), one at a time and in bounded memory.
///
/// [`what`](UserFile::what) and `Display` say what the file was taken for, and [`counts`](UserFile::counts) has the outcome of
/// its rows. At the end it prints once which fields were dropped and which rows were left out.
///
/// A row that cannot be read is an error of that row only ([`ErrorKind::SourceRow`](crate::ErrorKind::SourceRow)). If the file
/// cannot be read any further, for example because the disk fails, or if its hashes would be lost, the error has another kind
/// ([`ErrorKind::Source`](crate::ErrorKind::Source)) and is the last item.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("docs.csv", "email\nada@uni.test\n").expect("a file");
/// let file: UserFile = read_csv("docs.csv", &[])?;
/// let users = file.collect::<Result<Users>>()?;
/// assert_eq!(users[0].email, "ada@uni.test");
/// # Ok::<(), Error>(())
/// ```
pub struct UserFile {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    rows: Rows,
    pub(super) mapping: Mapping,
    recipes: Vec<HashRecipe>,
    hash_clear_text: bool,
    pub(super) whole: Whole,
    pub(super) counts: FileCounts,
    pub(super) ahead: Ahead,
}

debug_fields!(UserFile: path, kind, rows, mapping, recipes, hash_clear_text, whole, counts, ahead);

/// Rows that were read and are not given yet.
#[derive(Default)]
pub(super) struct Ahead {
    items: VecDeque<Item>,
    was_filled: bool,
    /// Bytes of the rows that were read last.
    bytes: usize,
    /// Hashes among them that do not say how they were made, passwords in clear text, and hashes that speak.
    pub(super) silent: usize,
    pub(super) clear: usize,
    speaking: usize,
}

impl Ahead {
    fn has_room(&self) -> bool {
        self.items.len() < READ_AHEAD && self.bytes < READ_AHEAD_BYTES
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows", self.items.len())
    }
}

/// A row that was read: a user, or something else.
type Item = std::result::Result<User, Aside>;

/// The result of a row that is not yet a user.
pub(super) enum Aside {
    /// A user with a password that is to be hashed, and the line of their row.
    Clear(Box<User>, Secret, usize),
    LeftOut(usize, String),
    Fault(usize, Fault),
}

/// Reads users from a file in any known format and recognises its source. Sends nothing.
///
/// It reads JSON (a list, a list within an object, one object on each line), CSV (with `,`, `;`, tabs or `|`) or LDIF, in UTF-8
/// or UTF-16, with or without gzip. For a [known](Source) system, the fields go where an import takes them: the old id to
/// `user_id`, hashes to `password_hash` or `custom_password_hash` as each says itself how it was made, and what Auth0 has no
/// field for (`created_at`, `last_login`, `locale`, `groups`, `roles` and the like) to `app_metadata.imported`, or to
/// `app_metadata.imported_2` where a user has something else there already. Users who sign in elsewhere and have no password in the file are left out and counted.
///
/// # Errors
///
/// The file cannot be opened, or is not a file of users but a folder, an archive, a workbook or SQL. A CSV file has no heading,
/// has no column for the e-mail, or has a used column twice. A row that cannot be read is a separate error with its line; the
/// others are kept. A column that looks like hashes but is not mapped is an error in place of the first user, until you
/// [map](ReadOptions::map) it or [leave it out](ReadOptions::leave_out).
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let hash = hash_password("correct horse")?;
/// # std::fs::write("users.csv", format!("id;email;encrypted_password;sign_in_count;reset_password_token\n7;ada@uni.test;{hash};3;\n")).expect("a file");
/// let file = read_users("users.csv")?;
/// assert_eq!(file.what(), "a CSV file with `;`, UTF-8, from Devise");
/// let users = file.collect::<Result<Users>>()?;
/// assert!(verify_password(&users[0], "correct horse")?);
/// # Ok::<(), Error>(())
/// ```
pub fn read_users(path: impl AsRef<Path>) -> Result<UserFile> {
    read_users_with(path, &ReadOptions::default())
}

/// Reads users from a file that the named system wrote. Sends nothing.
///
/// # Errors
///
/// The same as for [`read_users`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("people.csv", "uid,mail,givenName\nada,ada@uni.test,Ada\n").expect("a file");
/// let users = read_users_as(Source::Ldap, "people.csv")?.collect::<Result<Users>>()?;
/// assert_eq!(users[0].username.as_deref(), Some("ada"));
/// # Ok::<(), Error>(())
/// ```
pub fn read_users_as(source: Source, path: impl AsRef<Path>) -> Result<UserFile> {
    read_users_with(path, &ReadOptions::default().source(source))
}

/// Reads users from a file with these options. Sends nothing.
///
/// # Errors
///
/// The same as for [`read_users`]; a mapping to a name that is not a field of an import, or from a column that the file does
/// not have; a delimiter that is not an ASCII character; a heading whose number of columns differs from the file's.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("shop.csv", "E-Mail,plan\nada@uni.test,free\n").expect("a file");
/// let options = ReadOptions::default().map("plan", "app_metadata.plan");
/// let users = read_users_with("shop.csv", &options)?.collect::<Result<Users>>()?;
/// assert!(users[0].app_metadata.as_ref().is_some_and(|metadata| metadata["plan"] == "free"));
/// # Ok::<(), Error>(())
/// ```
pub fn read_users_with(path: impl AsRef<Path>, options: &ReadOptions) -> Result<UserFile> {
    open(path.as_ref(), options)
}

/// Reads users from a file with one JSON object on each line, like Auth0's users export, or from another form of JSON. Sends
/// nothing.
///
/// `auth0|` in front of a user id is removed, and fields that an import does not take (`identities`, `updated_at` and the like)
/// are dropped; their names are printed when the file ends. Otherwise it is like [`read_users`].
///
/// # Errors
///
/// The file cannot be opened. A line that is not a user, or that contains the kernel's own words (`EVCXR_…`), is a separate
/// error with its number; the others are kept.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let line = r#"{"user_id":"auth0|7","email":"ada@uni.test","created_at":"2026-01-01T00:00:00.000Z"}"#;
/// # std::fs::write("export.ndjson", line).expect("a file");
/// // {"user_id":"auth0|7","email":"ada@uni.test","created_at":"2026-01-01T00:00:00.000Z"}
/// for user in read_ndjson("export.ndjson")? {
///     assert_eq!(user?.user_id.as_deref(), Some("7"));
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn read_ndjson(path: &str) -> Result<UserFile> {
    let options = ReadOptions {
        form: AskedForm::Json,
        ..ReadOptions::default()
    };
    open(Path::new(path), &options)
}

/// Reads users from a CSV file with a heading. Sends nothing.
///
/// `columns` maps columns with other names to fields: `[("E-Mail", "email")]`. A field inside metadata is written with dots,
/// such as `user_metadata.plan` or `user_metadata.address.city`, and so are the parts of a hash, such as
/// `custom_password_hash.hash.value`. `true` and `false` are read as such in the fields that need them; an empty cell is no
/// value. The apostrophe that keeps a sheet's cell from being a formula (`'=1+1`) is removed. Columns that name no field are
/// dropped; their names are printed when the file ends. Otherwise it is like [`read_users`], except that only `email` is taken
/// for the e-mail.
///
/// # Errors
///
/// The file cannot be opened; it is not UTF-8; no column gives the e-mail; its first line is a user, not a heading. A row that
/// cannot be read, or that contains the kernel's own words (`EVCXR_…`), is a separate error with its line; the others are kept.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("shop.csv", "E-Mail,plan\nada@uni.test,free\n").expect("a file");
/// // E-Mail,plan
/// // ada@uni.test,free
/// for user in read_csv("shop.csv", &[("E-Mail", "email"), ("plan", "user_metadata.plan")])? {
///     assert_eq!(user?.user_metadata.map(|metadata| metadata["plan"] == "free"), Some(true));
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn read_csv(path: &str, columns: &[(&str, &str)]) -> Result<UserFile> {
    let mapped = |(column, field): &(&str, &str)| ((*column).to_string(), (*field).to_string());
    let options = ReadOptions {
        form: AskedForm::Csv,
        is_strict: true,
        mapping: columns.iter().map(mapped).collect(),
        ..ReadOptions::default()
    };
    open(Path::new(path), &options)
}

pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<UserFile> {
    let Recognised {
        rows,
        kind,
        mapping,
    } = recognise(path, options)?;
    // Where nothing is known of the fields but that they are an import's.
    let is_plain =
        kind.source == Source::Plain && options.mapping.is_empty() && options.leave_out.is_empty();
    Ok(UserFile {
        whole: Whole::asked(is_plain),
        path: path.into(),
        kind,
        rows,
        mapping,
        recipes: options.recipes.clone(),
        hash_clear_text: options.hash_clear_text,
        counts: FileCounts::default(),
        ahead: Ahead::default(),
    })
}

impl Iterator for UserFile {
    type Item = Result<User>;

    fn next(&mut self) -> Option<Result<User>> {
        if !self.ahead.was_filled {
            self.ahead.was_filled = true;
            self.read_ahead();
            if let Some(error) = self.lost_hashes().or_else(|| self.absent_field()) {
                self.ahead.items.clear();
                self.rows = Rows::Ended;
                self.mapping.dropped.clear();
                return Some(Err(error));
            }
            self.hash_the_clear();
        }
        loop {
            if self.ahead.items.is_empty() && self.hash_clear_text {
                self.read_ahead();
                self.hash_the_clear();
            }
            let item = match self.ahead.items.pop_front() {
                Some(item) => item,
                None => {
                    if let Some(user) = self.whole_user() {
                        return Some(Ok(user));
                    }
                    let mut draft = Draft::default();
                    match self.row(&mut draft) {
                        Some(Ok(())) => Ok(draft.user),
                        Some(Err(aside)) => Err(aside),
                        None => {
                            self.say_what_is_missing();
                            return None;
                        }
                    }
                }
            };
            match item {
                Ok(user) => {
                    self.counts.add_user();
                    return Some(Ok(user));
                }
                // They were hashed when they were read.
                Err(Aside::Clear(..)) => {}
                Err(Aside::LeftOut(line, why)) => self.leave_out(line, &why),
                Err(Aside::Fault(line, fault)) => return Some(Err(self.error(line, fault))),
            }
        }
    }
}

impl UserFile {
    /// What the file was taken for: its format, its encoding, and the system that wrote it, if known.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("users.csv", "email;name\nada@uni.test;Ada\n").expect("a file");
    /// assert_eq!(read_users("users.csv")?.what(), "a CSV file with `;`, UTF-8");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn what(&self) -> String {
        self.kind.in_words()
    }

    /// The system that probably wrote the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("users.csv", "ID,user_login,user_pass,user_email\n").expect("a file");
    /// assert_eq!(read_users("users.csv")?.source(), Source::WordPress);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> Source {
        self.kind.source
    }

    /// The outcome of the rows so far; it keeps counting.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("users.csv", "email\nada@uni.test\n").expect("a file");
    /// let file = read_users("users.csv")?;
    /// let counts = file.counts();
    /// let users = file.collect::<Result<Users>>()?;
    /// assert_eq!((counts.rows(), users.len()), (1, 1));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn counts(&self) -> FileCounts {
        self.counts.clone()
    }

    /// The same file, with its hashes described by `recipe`: those of the column of hashes, and those of columns mapped to
    /// `custom_password_hash.hash.value` and, if each user has their own salt, `custom_password_hash.salt.value`.
    ///
    /// A hash that the recipe cannot have made is read by what it says itself. For a column with several kinds, give each
    /// recipe, for example those of [`HashRecipes::recipes`](crate::HashRecipes::recipes); a hash that several recipes could
    /// have made is an error of its row.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    /// use serde_json::json;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    /// # std::fs::write("shop.csv", format!("email,hash,salt\nada@uni.test,{hash},x1\n")).expect("a file");
    /// let recipe = HashRecipe::new(json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {}}))?;
    /// let columns = [("hash", "custom_password_hash.hash.value"), ("salt", "custom_password_hash.salt.value")];
    /// for user in read_csv("shop.csv", &columns)?.with_recipe(&recipe) {
    ///     assert!(verify_password(&user?, "correct horse")?);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_recipe(mut self, recipe: &HashRecipe) -> UserFile {
        self.recipes.push(recipe.clone());
        self.whole = Whole::asked(false);
        self
    }

    fn read_ahead(&mut self) {
        self.ahead.bytes = 0;
        while self.ahead.has_room() {
            let mut draft = Draft::default();
            let Some(row) = self.row(&mut draft) else {
                break;
            };
            let item = row.map(|()| draft.user);
            let is_last = matches!(item, Err(Aside::Fault(_, Fault::File(_))));
            self.ahead.items.push_back(item);
            if is_last {
                break;
            }
        }
    }

    /// Why no user is given: passwords would be lost, and no later import could bring them.
    fn lost_hashes(&self) -> Option<Error> {
        if let Some(name) = &self.mapping.unmapped {
            return Some(Error::hashes_unmapped(&self.path, name));
        }
        let column = self.mapping.hash_column();
        let Ahead {
            silent,
            clear,
            speaking,
            ..
        } = self.ahead;
        if speaking > 0 {
            return None;
        }
        match (silent > 0, clear > 0) {
            (true, _) => Some(Error::hashes_silent(&self.path, &column)),
            (false, true) => Some(Error::hashes_clear(&self.path, &column)),
            (false, false) => None,
        }
    }

    /// Why no user is given: a field that is mapped is in none of them, so its name is misspelt, perhaps. Where more rows follow, it may
    /// be a rare one, and that is said.
    fn absent_field(&self) -> Option<Error> {
        let absent = self.mapping.absent();
        let first = shown(absent.first()?);
        let is_fault = |item: &Item| matches!(item, Err(Aside::Fault(..)));
        // Of a row that cannot be read not all fields were seen.
        if self.ahead.items.is_empty() || self.ahead.items.iter().any(is_fault) {
            return None;
        }
        if self.ahead.has_room() {
            let fields = self.mapping.seen();
            return Some(Error::missing_field(&self.path, &first, &fields));
        }
        let names = absent.iter().map(|name| shown(name));
        say!(
            "{}: none of the first {} rows has {}, which is mapped: check the spelling",
            self.path.display(),
            self.ahead.items.len(),
            listed(names.collect::<Vec<_>>().iter().map(String::as_str))
        );
        None
    }

    /// Hashes the passwords that were read in clear text, on every core.
    fn hash_the_clear(&mut self) {
        let items = &mut self.ahead.items;
        let texts = items.iter().filter_map(|item| match item {
            Err(Aside::Clear(_, text, _)) => Some(text.clone()),
            _ => None,
        });
        let texts: Vec<Secret> = texts.collect();
        if texts.is_empty() {
            return;
        }
        let (mut hashes, cause) = match hash_all(&texts) {
            Ok(hashes) => (hashes.into_iter(), String::new()),
            Err(cause) => (Vec::new().into_iter(), cause.to_string()),
        };
        for item in items {
            let Err(Aside::Clear(user, _, line)) = item else {
                continue;
            };
            let (mut user, line) = (std::mem::take(&mut **user), *line);
            user.password_hash = hashes.next();
            *item = match user.password_hash {
                Some(_) => Ok(user),
                None => {
                    let fault = format!("has a password that could not be hashed: {cause}");
                    Err(Aside::Fault(line, Fault::Row(fault)))
                }
            };
        }
    }

    fn leave_out(&self, line: usize, why: &str) {
        if self.counts.add_left_out(why) {
            let path = self.path.display();
            say!(
                "{path}: line {line} {}, and is left out, like all such lines",
                as_verb(why)
            );
        }
    }

    fn error(&mut self, line: usize, fault: Fault) -> Error {
        match fault {
            Fault::Row(fault) => {
                self.counts.add_error();
                Error::source_row(&self.path, line, &fault)
            }
            Fault::File(cause) => {
                self.rows = Rows::Ended;
                Error::source_torn(&self.path, line, cause)
            }
        }
    }

    /// Reads the next row into a user in the making.
    pub(super) fn row(&mut self, draft: &mut Draft) -> Option<std::result::Result<(), Aside>> {
        draft.drops_email_usernames = self.kind.source != Source::Plain;
        let (mapping, bytes) = (&mut self.mapping, &mut self.ahead.bytes);
        let before = *bytes;
        let (line, read) = match &mut self.rows {
            Rows::Csv(csv) => {
                let (line, record) = csv.next()?;
                (
                    line,
                    record.and_then(|record| {
                        *bytes += record.text.len();
                        cells(mapping, draft, &record)
                    }),
                )
            }
            Rows::Lines(lines) => {
                let (line, text) = lines.next()?;
                let read = text.and_then(|text| {
                    *bytes += text.len();
                    object(mapping, draft, text)
                });
                (line, read)
            }
            Rows::Objects(objects) => {
                let (line, text) = objects.next()?;
                let read = text.and_then(|text| {
                    *bytes += text.len();
                    object(mapping, draft, text)
                });
                (line, read)
            }
            Rows::Ldif(ldif) => {
                let (line, entry) = ldif.next()?;
                (
                    line,
                    entry.and_then(|entry| {
                        *bytes += bytes_of(&entry);
                        attributes(mapping, draft, entry)
                    }),
                )
            }
            Rows::Ended => return None,
        };
        draft.line = line;
        Some(match read {
            Ok(is_marked) => {
                let row_bytes = self.ahead.bytes - before;
                self.make(draft, row_bytes, is_marked)
            }
            Err(fault) => {
                if matches!(fault, Fault::File(_)) {
                    self.rows = Rows::Ended;
                }
                Err(Aside::Fault(line, fault))
            }
        })
    }

    /// The next line, if it is a user that needs no work. Most users of a plain file come this way, and a user is large.
    #[inline]
    fn whole_user(&mut self) -> Option<User> {
        let Rows::Lines(lines) = &mut self.rows else {
            return None;
        };
        if !self.whole.is_asked() {
            return None;
        }
        let line = lines.ahead()?;
        let bytes = line.len();
        let user = self.whole.user(line)?;
        lines.step_over(bytes);
        if user.password_hash.is_some() {
            self.ahead.speaking += 1;
            self.counts.add_bcrypt();
        }
        self.counts.add_user();
        Some(user)
    }

    /// Makes a user of the fields that were read. `is_marked` says that they may hold the kernel's words.
    fn make(
        &mut self,
        draft: &mut Draft,
        row_bytes: usize,
        is_marked: bool,
    ) -> std::result::Result<(), Aside> {
        let line = draft.line;
        if let Made::LeftOut(why) = draft.finish() {
            return Err(Aside::LeftOut(line, why));
        }
        if let Some(field) = draft.blanks {
            self.counts.add_blanks(field);
        }
        if draft.lost_factor {
            self.counts.add_lost_factor();
        }
        let faulty = |fault| Aside::Fault(line, Fault::Row(fault));
        if !draft.is_shallow() {
            return Err(faulty(too_deep()));
        }
        let clear = self.set_hash(draft).map_err(faulty)?;
        let user = &mut draft.user;
        if let (Some(recipe), Some(own)) = (self.recipes.first(), &user.custom_password_hash)
            && own.get("algorithm").is_none()
        {
            user.custom_password_hash = Some(recipe.over(own));
        }
        if is_marked && user_holds_marker(user) {
            return Err(faulty(NO_MARKERS.to_string()));
        }
        check_written(user, row_bytes).map_err(faulty)?;
        match clear {
            Some(text) => Err(Aside::Clear(Box::new(std::mem::take(user)), text, line)),
            None => Ok(()),
        }
    }

    /// Puts the hash of the row where an import takes it; gives a password in clear text that is to be hashed.
    fn set_hash(&mut self, draft: &mut Draft) -> std::result::Result<Option<Secret>, String> {
        let is_alone = self.recipes.is_empty()
            && draft.salt.is_none()
            && draft.stored.is_none()
            && draft.hash_format.is_none();
        if is_alone && let Some(hash) = draft.hash.take_if(|text| is_plain_bcrypt(text)) {
            draft.user.password_hash = Some(hash);
            self.ahead.speaking += 1;
            self.counts.add_bcrypt();
            return Ok(None);
        }
        if let Some(clear) = draft.clear.take() {
            return self.clear(&clear);
        }
        let salt = draft.salt.take().unwrap_or_default();
        let text = draft.hash.take().unwrap_or_default();
        let found = match draft.stored.take() {
            Some(found) => found,
            None if text.is_empty() => {
                if let Some(own) = &draft.user.custom_password_hash {
                    self.counts.add_custom(own, "as it is");
                }
                return Ok(None);
            }
            None => {
                let format = draft.hash_format.take().unwrap_or_default();
                self.found(&text, &salt, &format)?
            }
        };
        self.counts.add_hash(&found);
        match found {
            StoredHash::Bcrypt(hash) => draft.user.password_hash = Some(hash),
            StoredHash::Custom(custom) => {
                draft.user.custom_password_hash = Some(custom);
                draft.is_rewritten = true;
            }
            StoredHash::Empty => {}
            StoredHash::Impossible { what, why } => {
                draft.impossible = Some((what, why));
                self.ahead.speaking += 1;
            }
            StoredHash::Password => {
                // Another column may say that a text is a password.
                return self.clear(StoredHash::clear_text(&text).unwrap_or(&text));
            }
            StoredHash::Silent => return Err(self.silent()),
        }
        self.ahead.speaking += usize::from(draft.user.has_password());
        Ok(None)
    }

    /// A password in clear text, to be hashed if that is wanted.
    fn clear(&mut self, text: &str) -> std::result::Result<Option<Secret>, String> {
        if self.hash_clear_text {
            check_password(text).map_err(|cause| {
                format!("has a password in clear text that cannot be hashed: {cause}")
            })?;
            return Ok(Some(Secret::new(text)));
        }
        self.ahead.clear += 1;
        Err("has a password in clear text: hash it with ReadOptions::hash_clear_text, or name its column in leave_out".to_string())
    }

    /// The hash by a recipe, to which known passwords led, or else by what it says itself.
    fn found(
        &self,
        text: &str,
        salt: &str,
        format: &str,
    ) -> std::result::Result<StoredHash, String> {
        let itself = || (known(self.kind.source).hash)(text, salt, format);
        if self.recipes.is_empty() {
            return Ok(itself());
        }
        let Some(custom) = self.described(text.trim(), salt)? else {
            return Ok(itself());
        };
        let is_bare = custom.get("salt").or(custom.get("password")).is_none();
        Ok(match itself() {
            StoredHash::Bcrypt(hash) if is_bare => StoredHash::Bcrypt(hash),
            _ => StoredHash::Custom(custom),
        })
    }

    /// The hash as the one recipe describes it that can have made it.
    fn described(&self, hash: &str, salt: &str) -> std::result::Result<Option<Value>, String> {
        let salt = (!salt.is_empty()).then_some(salt);
        let describe = |recipe: &HashRecipe| {
            let salt = salt.filter(|_| recipe.takes_salt());
            recipe.describe(hash, salt).ok()
        };
        let (itself, others): (Vec<_>, Vec<_>) =
            self.recipes.iter().partition(|recipe| recipe.column.itself);
        let mut fitting: Vec<Value> = others.into_iter().filter_map(describe).collect();
        match fitting.len() {
            0 => Ok(itself.into_iter().find_map(describe)),
            1 => Ok(fitting.pop()),
            _ => Err("has a hash that several of the recipes could have made: read those users separately, with one recipe".to_string()),
        }
    }

    /// What is wrong with a hash that does not say how it was made.
    fn silent(&mut self) -> String {
        self.ahead.silent += 1;
        match self.recipes.is_empty() {
            true => "has a hash that does not say how it was made: find the recipe with find_recipe and pass it to with_recipe, or name its column in leave_out",
            false => "has a hash that does not say how it was made, and the recipe cannot have made it: find the recipes of a mixed column with find_recipes, and pass each to with_recipe",
        }
        .to_string()
    }

    fn say_what_is_missing(&mut self) {
        let path = self.path.display();
        if let Some(names) = self.mapping.dropped_in_words() {
            say!("{path}: fields that an import does not take were left out: {names}");
        }
        if !matches!(self.rows, Rows::Ended) {
            for words in self.counts.in_words() {
                say!("{path}: {words}");
            }
        }
        self.rows = Rows::Ended;
    }
}

/// A reason to leave somebody out, as what a line does or is.
pub(super) fn as_verb(why: &str) -> String {
    match why.starts_with("signs in") {
        true => format!("is a user who {why} and has no password here"),
        false => format!("is {why}"),
    }
}

/// The file that users come from, where they come from one.
fn file_of(users: &dyn Any) -> Option<&UserFile> {
    let file = users.downcast_ref::<UserFile>();
    let hashed = users.downcast_ref::<HashStream<UserFile>>();
    file.or(hashed.map(HashStream::source))
}

pub(crate) fn counts_of(users: &dyn Any) -> Option<FileCounts> {
    file_of(users).map(UserFile::counts)
}

pub(crate) fn path_of(users: &dyn Any) -> Option<PathBuf> {
    file_of(users).map(|file| file.path.clone())
}

impl fmt::Display for UserFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&harmless(&format!(
            "{}: {}\n{}",
            self.path.display(),
            self.what(),
            self.counts
        )))
    }
}

/// Takes the cells of a record of CSV; says whether it may hold the kernel's words.
fn cells(
    mapping: &mut Mapping,
    draft: &mut Draft,
    record: &Record<'_>,
) -> std::result::Result<bool, Fault> {
    check_values(record.text)?;
    // One look for what few records have: an apostrophe, a NUL byte, and what the kernel's words end in.
    let is_odd = memchr3(b'\'', 0, b'_', record.text.as_bytes()).is_some();
    if is_odd && record.text.contains('\0') {
        return Err(Fault::Row(NUL.to_string()));
    }
    let mut fault = None;
    for (index, cell) in record.cells().enumerate().take(mapping.columns()) {
        let cell = match is_odd {
            true if mapping.is_quoted => cell.strip_prefix('\'').unwrap_or(cell).into(),
            true => as_it_was(cell),
            false => cell.into(),
        };
        // Of a row that fails it is known all the same which fields it has.
        if let Err(first) = mapping.take_cell(draft, index, Cell::Text(cell)) {
            fault.get_or_insert(first);
        }
    }
    if let Some(fault) = fault {
        return Err(Fault::Row(fault));
    }
    Ok(is_odd && record.text.contains(MARKER) || mapping.names_hold_marker)
}

const NUL: &str = "has a NUL byte, so it is not text: save the file again as UTF-8";

fn object(
    mapping: &mut Mapping,
    draft: &mut Draft,
    text: &str,
) -> std::result::Result<bool, Fault> {
    check_values(text)?;
    // A backslash may write any of the letters of the kernel's words.
    let mut has_escape = false;
    json::each_field(text, |name, cell| {
        has_escape |= match &cell {
            Cell::Text(text) => matches!(text, Cow::Owned(_)),
            Cell::Json(Value::Array(_) | Value::Object(_)) => text.contains('\\'),
            Cell::Json(_) => false,
        };
        mapping.take_field(draft, name, cell)
    })
    .map_err(Fault::Row)?;
    Ok(has_escape || text.contains(MARKER))
}

fn bytes_of(entry: &Attributes) -> usize {
    let values = entry.iter().flat_map(|(_, values)| values);
    values.map(String::len).sum()
}

fn attributes(
    mapping: &mut Mapping,
    draft: &mut Draft,
    entry: Attributes,
) -> std::result::Result<bool, Fault> {
    for (name, mut values) in entry {
        let cell = match values.len() {
            1 => Cell::Text(values.remove(0).into()),
            _ => Cell::Json(Value::from(values)),
        };
        mapping.take_field(draft, &name, cell).map_err(Fault::Row)?;
    }
    Ok(true)
}

fn user_holds_marker(user: &User) -> bool {
    serde_json::to_value(user).is_ok_and(|user| holds_marker(&user))
}
