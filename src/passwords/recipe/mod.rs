//! How an old system hashed: a `custom_password_hash` without the hash, to be filled in for each user.

pub(crate) mod candidates;
pub(crate) mod column;
pub(crate) mod find;
pub(crate) mod foreign;
pub(crate) mod forms;
pub(crate) mod groups;
pub(crate) mod known_hash;
pub(crate) mod said;
pub(crate) mod slow_search;
pub(crate) mod tried;

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use base64::Engine;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::problem::{Faults, Problem};
use crate::error::{Error, Result};
use crate::passwords::hashes::burden::{Burden, Untried};
use crate::passwords::hashes::custom::CustomHash;
use crate::passwords::hashes::encodings::{BASE64, BytesEncoding};
use crate::passwords::hashes::kinds::{Fault, Kind};
use crate::passwords::hashes::schema::check_custom_hash;
use crate::passwords::recipe::column::{Column, to_usual_writing};
use crate::passwords::{MAX_PASSWORD_BYTES, check_password};
use crate::private_file::create_private;
use crate::say::harmless;
use crate::secrets::random_bytes;
use crate::users::{User, Users};

/// Bytes of a random salt.
const SALT_BYTES: usize = 16;
/// Bytes of the longest file of a recipe that is read: a key of some thousand is in none that is known.
const MOST_FILE_BYTES: u64 = 1 << 16;
const TOO_LONG: &str = "it has over 65,536 bytes, far more than a recipe needs";

/// How a system hashes passwords, in Auth0's words: a `custom_password_hash` without the hash.
///
/// Written down with [`HashRecipe::new`], or found with [`find_recipe`](crate::find_recipe) from a few known hashes. Draws
/// itself without a key and a salt that all users share. [`HashRecipe::save`] saves it to a file. Two recipes are equal if they
/// make the same hashes, whatever was noted when they were found.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
/// use serde_json::json;
///
/// let shared = json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {"value": "x1"}});
/// assert!(HashRecipe::new(shared)?.to_string().ends_with(r#""salt":{"value":"<secret>"}}"#));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct HashRecipe {
    pub(crate) custom: Value,
    /// How the old system's columns hold hash and salt.
    pub(crate) column: Column,
    /// What the search for it has to say.
    pub(crate) notes: Vec<String>,
}

impl HashRecipe {
    /// Takes a description in the form of Auth0's import schema, such as `{"algorithm": "sha256", "hash": {"encoding": "hex"},
    /// "salt": {}}`. Sends nothing.
    ///
    /// A `salt` without a `value` means that each user has their own salt; with a value, all share it. For the algorithms whose
    /// hash says its own parameters, `hash.value` is the beginning that all hashes have: `$2b$12$` (bcrypt; `$2b$10$` when
    /// absent), `$argon2id$v=19$m=65536,t=3,p=4` (argon2; OWASP's 19 MiB, 2, 1 when absent), `$pbkdf2-sha256$i=29000,l=32`
    /// (pbkdf2; sha512, 100,000 and 64 when absent), `{SSHA}` (ldap; `{SSHA512}` when absent). A complete hash there is taken
    /// for an example.
    ///
    /// Besides Auth0's words, `column` says how the old system's columns hold hash and salt, if not in Auth0's form: `{"parts":
    /// "hash:salt"}` for both in one text with that character between them; `{"salt_bytes": 16, "salt_at": "beginning"}` for
    /// both in one text of bytes; `{"inside": "base64"}` if all of that is in base64 again; `{"hash": "hex", "salt": "utf8"}`
    /// for pbkdf2 and argon2 with a separate salt, with the encodings of the two; `{"key": "salt"}` for an HMAC whose key is
    /// each user's salt, or `"salt repeated"` up to a block of the digest; `{"itself": true}` if each hash says how it was
    /// made, as for [`StoredHash::read`](crate::StoredHash::read).
    ///
    /// # Errors
    ///
    /// What Auth0's schema or its rules for the algorithm do not allow, with the name of the field.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    /// use serde_json::json;
    ///
    /// let recipe = HashRecipe::new(json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {}}))?;
    /// let mut user = User::new("ada@uni.test");
    /// user.custom_password_hash = Some(recipe.hash("correct horse")?);
    /// assert!(verify_password(&user, "correct horse")?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(description: Value) -> Result<HashRecipe> {
        let mut custom = description;
        let column = Column::taken_from(&mut custom)
            .map_err(|(field, words)| Error::hash_recipe(field, &words))?;
        // Each user's salt comes later; an empty one takes its place while the schema is checked.
        let mut whole = custom.clone();
        if column.key.is_some() {
            set_text(&mut whole["hash"], &["key", "value"], Some(String::new()));
        }
        if let Some(salt) = whole.get_mut("salt").and_then(Value::as_object_mut) {
            salt.entry("value").or_insert_with(|| Value::from(""));
        }
        if let Some(problem) = first_fault(&whole) {
            return Err(Error::hash_recipe(&problem.field, &problem.problem));
        }
        let read = CustomHash::read(&custom).map_err(|(field, words)| {
            Error::hash_recipe(&format!("custom_password_hash.{field}"), &words)
        })?;
        set_text(&mut custom, &["hash", "value"], read.head());
        Ok(HashRecipe {
            custom,
            column,
            notes: Vec::new(),
        })
    }

    /// Writes the description to a new JSON file for [`HashRecipe::read`]. Only its owner can read it, since it may hold a key
    /// or a salt that all users share. In this project, git ignores files whose names end in `.recipe.json`. Sends nothing.
    ///
    /// # Errors
    ///
    /// There is such a file; it cannot be written; it would have over 64 KiB, which [`HashRecipe::read`] does not take.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    /// let found = find_recipe(&[KnownHash::new("correct horse", hash).salt("x1")])?;
    /// found.save("old-shop.recipe.json")?;
    /// // Another day:
    /// let recipe = HashRecipe::read("old-shop.recipe.json")?;
    /// assert!(recipe == found);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let text = Zeroizing::new(format!("{:#}\n", self.with_column(self.custom.clone())));
        if text.len() as u64 > MOST_FILE_BYTES {
            return Err(Error::recipe_file(path, TOO_LONG));
        }
        let write = || {
            let mut file = create_private(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|cause| Error::recipe_file(path, &cause.to_string()))
    }

    /// Reads a description from a JSON file that [`HashRecipe::save`] wrote, or that you wrote by hand in the form of
    /// [`HashRecipe::new`]. Sends nothing.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, is not JSON or has over 64 KiB; what [`HashRecipe::new`] does not take.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("by-hand.recipe.json", r#"{"algorithm": "md5", "hash": {"encoding": "hex"}}"#).expect("a file");
    /// let recipe = HashRecipe::read("by-hand.recipe.json")?;
    /// assert!(recipe.to_string().contains("md5"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read(path: impl AsRef<Path>) -> Result<HashRecipe> {
        let path = path.as_ref();
        let read = || {
            let mut text = Zeroizing::new(String::new());
            let mut file = File::open(path)?.take(MOST_FILE_BYTES + 1);
            file.read_to_string(&mut text)?;
            Ok::<_, std::io::Error>(text)
        };
        let text = read().map_err(|cause| Error::recipe_file(path, &cause.to_string()))?;
        if text.len() as u64 > MOST_FILE_BYTES {
            return Err(Error::recipe_file(path, TOO_LONG));
        }
        // The cause would quote what may be a secret.
        let description = serde_json::from_str(&text);
        HashRecipe::new(description.map_err(|_| Error::recipe_file(path, "it is not JSON"))?)
    }

    /// Hashes a password with this recipe, with a fresh salt if there is one, and returns a `custom_password_hash`. Sends
    /// nothing.
    ///
    /// # Errors
    ///
    /// A password that is empty, over [`MAX_PASSWORD_BYTES`] (with its salt, for bcrypt), or holds a NUL byte; an algorithm that
    /// this build of the crate lacks, or one that takes over 512 MB of memory or some 5 s (see
    /// [`verify_password`](crate::verify_password)); the system gives no random numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    /// use serde_json::json;
    ///
    /// let recipe = HashRecipe::new(json!({"algorithm": "sha256", "hash": {"encoding": "hex"}}))?;
    /// let custom = recipe.hash("correct horse")?;
    /// assert_eq!(custom["hash"]["encoding"], "hex");
    /// let user = User { custom_password_hash: Some(custom), ..User::new("ada@uni.test") };
    /// assert!(verify_password(&user, "correct horse")?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn hash(&self, password: &str) -> Result<Value> {
        check_password(password)?;
        let mut custom = self.custom.clone();
        let draws_salt = custom
            .get("salt")
            .is_some_and(|salt| salt.get("value").is_none());
        let read = |custom: &Value| {
            CustomHash::read(custom).map_err(|(field, words)| Error::hash_recipe(field, &words))
        };
        if draws_salt && let Some(salt) = read(&custom)?.salt {
            set_text(
                &mut custom,
                &["salt", "value"],
                Some(salt.encoding.encode(&random_bytes(SALT_BYTES)?)),
            );
        }
        let value = make(&read(&custom)?, &custom, password)?;
        set_text(&mut custom, &["hash", "value"], Some(value));
        Ok(custom)
    }

    /// Describes a hash from the old system, with its salt if that is separate, as a `custom_password_hash`. Sends nothing.
    ///
    /// # Errors
    ///
    /// A hash or a salt that this recipe cannot have made, with the field and the reason: its encoding, its length, a missing
    /// part; a salt although the recipe has none, or a missing salt.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    /// use serde_json::json;
    ///
    /// let recipe = HashRecipe::new(json!({"algorithm": "sha256", "hash": {"encoding": "hex"}}))?;
    /// let custom = recipe.describe(&"a1".repeat(32), None)?;
    /// assert_eq!(custom["algorithm"], "sha256");
    /// let refused = recipe.describe("a1", None);
    /// assert!(refused.is_err_and(|error| error.to_string().contains("1 bytes")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn describe(&self, hash: &str, salt: Option<&str>) -> Result<Value> {
        let custom = self.filled(hash, salt)?;
        match first_fault(&custom) {
            Some(problem) => Err(Error::hash_recipe(&problem.field, &problem.problem)),
            None => Ok(custom),
        }
    }

    fn filled(&self, hash: &str, salt: Option<&str>) -> Result<Value> {
        if salt.is_some() && !self.takes_salt() {
            return Err(Error::hash_recipe(
                "salt",
                "is given, but the recipe has no salt: leave it out, or add \"salt\": {} to the recipe",
            ));
        }
        let filled = self.column.fill(&self.custom, hash, salt);
        filled.map_err(|(field, words)| {
            Error::hash_recipe(&format!("custom_password_hash.{field}"), &words)
        })
    }

    /// Completes the hashes of users whose file only has the values, and returns copies of the users. Sends nothing.
    ///
    /// [`read_csv`](crate::read_csv) puts the values in their place if one column is mapped to
    /// `custom_password_hash.hash.value` and another to `custom_password_hash.salt.value`.
    ///
    /// # Errors
    ///
    /// No users; [`ErrorKind::BadRows`](crate::ErrorKind::BadRows) with each row and field for a hash that is missing, or that this recipe cannot
    /// have made.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    /// use serde_json::json;
    ///
    /// let recipe = HashRecipe::new(json!({"algorithm": "sha256", "hash": {"encoding": "hex"}}))?;
    /// let own = Some(json!({"hash": {"value": "a1".repeat(32)}}));
    /// let user = User { custom_password_hash: own, ..User::new("ada@uni.test") };
    /// let users = recipe.complete(&[user])?;
    /// assert!(users[0].has_password());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn complete(&self, users: &[User]) -> Result<Users> {
        if users.is_empty() {
            return Err(Error::no_users());
        }
        let mut problems = Vec::new();
        let mut completed = Vec::with_capacity(users.len());
        for (index, user) in users.iter().enumerate() {
            let mut faults = Faults::default();
            let own = user.custom_password_hash.as_ref();
            let own = own.filter(|own| own["hash"]["value"].is_string());
            match own.map(|own| self.laid_under(own)) {
                None => faults.add(
                    "custom_password_hash.hash.value",
                    "is missing: map the column that holds the hash to it",
                ),
                Some(Err((field, words))) => {
                    faults.add(&format!("custom_password_hash.{field}"), words)
                }
                Some(Ok(custom)) => {
                    check_custom_hash(&custom, &mut faults);
                    completed.push(User {
                        custom_password_hash: Some(custom),
                        ..user.clone()
                    });
                }
            }
            problems.extend(faults.of(index + 1, &user.email));
        }
        if problems.is_empty() {
            return Ok(completed.into());
        }
        Err(Error::bad_hashes(problems, users.len()))
    }

    /// The recipe with a user's own values laid over it.
    fn laid_under(&self, own: &Value) -> std::result::Result<Value, Fault> {
        if self.column != Column::default() {
            let text = |name: &str| own[name]["value"].as_str();
            return self
                .column
                .fill(&self.custom, text("hash").unwrap_or_default(), text("salt"));
        }
        let mut custom = self.custom.clone();
        lay_over(&mut custom, own);
        to_usual_writing(&mut custom);
        Ok(custom)
    }

    /// The same, where the row is checked later: what cannot be taken apart is laid over as it is, and the check says why no
    /// password fits it.
    pub(crate) fn over(&self, own: &Value) -> Value {
        self.laid_under(own).unwrap_or_else(|_| {
            let mut custom = self.custom.clone();
            lay_over(&mut custom, own);
            custom
        })
    }

    /// Whether it has a place for a salt of each user.
    pub(crate) fn takes_salt(&self) -> bool {
        self.custom.get("salt").is_some() || self.column != Column::default()
    }

    fn with_column(&self, mut custom: Value) -> Value {
        if self.column != Column::default() {
            custom["column"] = self.column.json();
        }
        custom
    }
}

impl PartialEq for HashRecipe {
    /// Without their notes.
    fn eq(&self, other: &HashRecipe) -> bool {
        self.custom == other.custom && self.column == other.column
    }
}

pub(crate) fn first_fault(custom: &Value) -> Option<Problem> {
    let mut faults = Faults::default();
    check_custom_hash(custom, &mut faults);
    faults.of(0, "").into_iter().next()
}

/// Sets or takes away a text inside.
fn set_text(value: &mut Value, path: &[&str; 2], text: Option<String>) {
    let Some(outer) = value.as_object_mut() else {
        return;
    };
    let inner = outer
        .entry(path[0])
        .or_insert_with(|| Value::Object(Map::new()));
    let Some(inner) = inner.as_object_mut() else {
        return;
    };
    match text {
        Some(text) => inner.insert(path[1].to_string(), text.into()),
        None => inner.remove(path[1]),
    };
}

impl CustomHash {
    /// What all hashes of this kind begin with, where they say their own parameters.
    pub(crate) fn head(&self) -> Option<String> {
        match &self.kind {
            Kind::Bcrypt { head, .. } => Some(head.clone()),
            Kind::Ldap { scheme, .. } => Some(format!("{{{scheme}}}")),
            Kind::Phc { phc, .. } => Some(phc.head()),
            Kind::Digest { .. } | Kind::Hmac { .. } | Kind::Scrypt { .. } => None,
        }
    }
}

/// The text of a hash of this password.
fn make(recipe: &CustomHash, custom: &Value, password: &str) -> Result<String> {
    let untried = |why: Untried| match &why {
        Untried::TooCostly(takes) => Error::costly_recipe(why.field(), takes),
        _ => Error::hash_recipe(why.field(), &why.to_string()),
    };
    let plain = recipe.plain(password);
    match &recipe.kind {
        Kind::Bcrypt { head, cost, .. } => {
            Burden::of_bcrypt(*cost).check().map_err(untried)?;
            let salted = recipe.salted(plain);
            if salted.len() > MAX_PASSWORD_BYTES {
                return Err(Error::long_salted_password(
                    salted.len(),
                    MAX_PASSWORD_BYTES,
                ));
            }
            let mut salt = [0; 16];
            salt.copy_from_slice(&random_bytes(16)?);
            let hash = bcrypt::hash_with_salt(salted, *cost, salt).map_err(Error::not_hashed)?;
            Ok(format!("{head}{}", &hash.to_string()[7..]))
        }
        Kind::Ldap {
            scheme,
            digest,
            salted,
            ..
        } => {
            let salt = if *salted {
                random_bytes(SALT_BYTES)?
            } else {
                Vec::new()
            };
            let hash = digest
                .of(&[plain, salt.clone()].concat())
                .map_err(|lacking| untried(lacking.into()))?;
            Ok(format!(
                "{{{scheme}}}{}",
                BASE64.encode([hash, salt].concat())
            ))
        }
        Kind::Phc { slow, length, phc } => {
            let salt = random_bytes(SALT_BYTES)?;
            let key = slow.key(&plain, &salt, *length).map_err(untried)?;
            Ok(phc.with_ends(&salt, &key))
        }
        Kind::Digest { .. } | Kind::Hmac { .. } | Kind::Scrypt { .. } => {
            let made = recipe.made(password).map_err(untried)?;
            let encoding = if custom["hash"]["encoding"] == "hex" {
                BytesEncoding::Hex
            } else {
                BytesEncoding::Base64
            };
            Ok(encoding.encode(&made))
        }
    }
}

impl HashRecipe {
    /// Without a key and a salt that all users share, and what else was put beside them.
    pub(crate) fn shown(&self) -> Value {
        let mut shown = self.with_column(self.custom.clone());
        for place in ["/hash/key", "/salt"] {
            let Some(fields) = shown.pointer_mut(place).and_then(Value::as_object_mut) else {
                continue;
            };
            fields.retain(|name, _| ["value", "encoding", "position"].contains(&name.as_str()));
            if let Some(value) = fields.get_mut("value") {
                *value = "<secret>".into();
            }
        }
        shown
    }
}

impl fmt::Display for HashRecipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = self.shown().to_string();
        let lines: Vec<String> = [&[json], &self.notes[..]].concat();
        f.write_str(&harmless(&lines.join("\n")))
    }
}

impl fmt::Debug for HashRecipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn lay_over(under: &mut Value, over: &Value) {
    match (under.as_object_mut(), over.as_object()) {
        (Some(under), Some(over)) => {
            for (name, value) in over {
                lay_over(under.entry(name).or_insert(Value::Null), value);
            }
        }
        _ => *under = over.clone(),
    }
}
