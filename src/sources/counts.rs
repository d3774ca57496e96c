//! The outcome of a file's rows: each is counted once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::passwords::hashes::schema::ALGORITHMS;
use crate::passwords::hashes::stored::StoredHash;
use crate::say::harmless;
use crate::words::{count, grouped};

/// The most reasons, kinds and fields that are told apart; the rest is counted together.
const MOST_KINDS: usize = 50;

/// How many rows a [`UserFile`](crate::UserFile) has returned so far, and the outcome of each. A clone keeps counting with the
/// file, even while another function reads it.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// std::fs::write("docs.csv", "email,blocked\nada@uni.test,no\nbob@uni.test,perhaps\n").expect("a file");
/// let file = read_users("docs.csv")?;
/// let counts = file.counts();
/// assert_eq!(file.filter(Result::is_ok).count(), 1);
/// assert_eq!((counts.rows(), counts.users(), counts.errors()), (2, 1, 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Default)]
pub struct FileCounts(Arc<Counted>);

#[derive(Default)]
struct Counted {
    users: AtomicU64,
    errors: AtomicU64,
    /// Hashes of bcrypt that need no word about how they were made.
    bcrypts: AtomicU64,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    left_out: BTreeMap<String, u64>,
    hashes: BTreeMap<String, u64>,
    impossible: BTreeMap<&'static str, (&'static str, u64)>,
    blanks: BTreeMap<&'static str, u64>,
    lost_factors: u64,
}

impl FileCounts {
    /// Rows of the file: users, rows that were left out, and rows that cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email\nada@uni.test\nbob@uni.test\n").expect("a file");
    /// let mut file = read_users("docs.csv")?;
    /// let counts = file.counts();
    /// file.next();
    /// assert_eq!(counts.rows(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.users() + self.errors() + self.rows_left_out()
    }

    /// Users that were read.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email\nada@uni.test\n").expect("a file");
    /// let mut file = read_users("docs.csv")?;
    /// assert!(file.next().is_some() && file.counts().users() == 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn users(&self) -> u64 {
        self.0.users.load(Ordering::Relaxed)
    }

    /// Rows that were left out, by reason, such as users who sign in elsewhere and have no password in the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("export.ndjson", r#"{"user_id":"google-oauth2|1","email":"ada@uni.test"}"#).expect("a file");
    /// let mut file = read_users("export.ndjson")?;
    /// assert!(file.next().is_none());
    /// assert_eq!(file.counts().left_out(), [("signs in with google-oauth2".to_string(), 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn left_out(&self) -> Vec<(String, u64)> {
        list(&self.tally().left_out)
    }

    /// Rows that cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email,name\nada@uni.test\n").expect("a file");
    /// let mut file = read_users("docs.csv")?;
    /// assert!(file.next().is_some_and(|row| row.is_err()) && file.counts().errors() == 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.0.errors.load(Ordering::Relaxed)
    }

    /// Password hashes by kind: importable ones by algorithm, others by what they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let hash = hash_password("correct horse")?;
    /// # std::fs::write("docs.csv", format!("email,hash\nada@uni.test,{hash}\n")).expect("a file");
    /// let mut file = read_users_with("docs.csv", &ReadOptions::default().map("hash", "hash"))?;
    /// assert!(file.next().is_some());
    /// assert_eq!(file.counts().hashes(), [("bcrypt, as it is".to_string(), 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn hashes(&self) -> Vec<(String, u64)> {
        let bcrypts = self.0.bcrypts.load(Ordering::Relaxed);
        let tally = self.tally();
        let mut kinds = tally.hashes.clone();
        if bcrypts > 0 {
            *kinds.entry("bcrypt, as it is".to_string()).or_default() += bcrypts;
        }
        let mut hashes = list(&kinds);
        let impossible = tally.impossible.iter();
        hashes
            .extend(impossible.map(|(what, (_, rows))| (format!("{what}, not importable"), *rows)));
        hashes
    }

    /// Users with a second factor that an import cannot carry over, who must enrol again.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let users = r#"{"users":[{"username":"ada","email":"ada@uni.test","enabled":true,"credentials":[{"type":"otp"}]}]}"#;
    /// # std::fs::write("realm-users.json", users).expect("a file");
    /// let mut file = read_users("realm-users.json")?;
    /// assert!(file.next().is_some());
    /// assert_eq!(file.counts().lost_factors(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn lost_factors(&self) -> u64 {
        self.tally().lost_factors
    }

    pub(crate) fn rows_left_out(&self) -> u64 {
        self.tally().left_out.values().sum()
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_user(&self) {
        self.0.users.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_error(&self) {
        self.0.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a row that was left out; true for the first of its reason.
    pub(crate) fn add_left_out(&self, why: &str) -> bool {
        let mut tally = self.tally();
        let is_new = !tally.left_out.contains_key(why);
        if is_new && tally.left_out.len() >= MOST_KINDS {
            *tally
                .left_out
                .entry("for other reasons".to_string())
                .or_default() += 1;
            return false;
        }
        *tally.left_out.entry(why.to_string()).or_default() += 1;
        is_new
    }

    pub(crate) fn add_hash(&self, hash: &StoredHash) {
        match hash {
            StoredHash::Bcrypt(_) => self.add_bcrypt(),
            StoredHash::Custom(custom) => self.add_custom(custom, "rewritten"),
            StoredHash::Impossible { what, why } => {
                self.tally().impossible.entry(what).or_insert((why, 0)).1 += 1;
            }
            StoredHash::Password | StoredHash::Silent | StoredHash::Empty => {}
        }
    }

    pub(crate) fn add_bcrypt(&self) {
        self.0.bcrypts.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a `custom_password_hash`, and what had to be done for it.
    pub(crate) fn add_custom(&self, custom: &Value, done: &str) {
        let algorithm = custom["algorithm"].as_str().unwrap_or_default();
        let known = ALGORITHMS.iter().find(|known| **known == algorithm);
        let kind = format!("{}, {done}", known.unwrap_or(&"another kind"));
        *self.tally().hashes.entry(kind).or_default() += 1;
    }

    pub(crate) fn add_blanks(&self, field: &'static str) {
        *self.tally().blanks.entry(field).or_default() += 1;
    }

    pub(crate) fn add_lost_factor(&self) {
        self.tally().lost_factors += 1;
    }

    /// What the reader must know at the end, one line each: users who are incomplete.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let tally = self.tally();
        let mut words = Vec::new();
        if !tally.left_out.is_empty() {
            let reasons = tally
                .left_out
                .iter()
                .map(|(why, rows)| format!("{why} ({})", grouped(rows)));
            let reasons: Vec<String> = reasons.collect();
            let left_out: u64 = tally.left_out.values().sum();
            let all = self.users() + self.errors() + left_out;
            words.push(format!(
                "{} of {} were left out: {}",
                grouped(left_out),
                count(all as usize, "row"),
                reasons.join(", ")
            ));
        }
        for (what, (why, rows)) in &tally.impossible {
            words.push(format!(
                "{} came without a password, since the file has {what}: it {why}",
                count(*rows as usize, "user")
            ));
        }
        for (field, rows) in &tally.blanks {
            words.push(format!(
                "{field} begins or ends with a space in {}, which was kept",
                count(*rows as usize, "row")
            ));
        }
        if tally.lost_factors > 0 {
            words.push(format!(
                "{} had a second factor that an import cannot carry over, and must enrol again",
                count(tally.lost_factors as usize, "user")
            ));
        }
        words
    }
}

fn list(counts: &BTreeMap<String, u64>) -> Vec<(String, u64)> {
    counts
        .iter()
        .map(|(name, rows)| (name.clone(), *rows))
        .collect()
}

impl fmt::Display for FileCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, users, errors) = (self.rows(), self.users(), self.errors());
        let left_out = rows - users - errors;
        let first = format!(
            "{}: {}, {} left out, {}",
            count(rows as usize, "row"),
            count(users as usize, "user"),
            grouped(left_out),
            count(errors as usize, "error"),
        );
        let lines: Vec<String> = [first].into_iter().chain(self.in_words()).collect();
        f.write_str(&harmless(&lines.join("\n")))
    }
}

impl fmt::Debug for FileCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
