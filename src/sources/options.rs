//! Options for a file that is not recognised, or not as intended.

use crate::passwords::recipe::HashRecipe;
use crate::say::debug_fields;
use crate::sources::bytes::Encoding;
use crate::sources::known::Source;

/// How to read a file of users, if [`read_users`](crate::read_users) does not find it out by itself. Nothing is set by default.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # std::fs::write("shop.csv", "Mail address|plan\nada@uni.test|free\n").expect("a file");
/// let options = ReadOptions::default().delimiter('|').map("Mail address", "email").map("plan", "app_metadata.plan");
/// let users = read_users_with("shop.csv", &options)?.collect::<Result<Users>>()?;
/// assert_eq!(users[0].email, "ada@uni.test");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ReadOptions {
    pub(crate) source: Option<Source>,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) delimiter: Option<char>,
    pub(crate) heading: Vec<String>,
    pub(crate) mapping: Vec<(String, String)>,
    pub(crate) leave_out: Vec<String>,
    pub(crate) line_breaks: bool,
    pub(crate) hash_clear_text: bool,
    pub(crate) recipes: Vec<HashRecipe>,
    pub(crate) form: AskedForm,
    /// Fields are those of an import by their exact names, as [`read_csv`](crate::read_csv) takes them.
    pub(crate) is_strict: bool,
}

/// The form that the name of a function asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum AskedForm {
    #[default]
    Any,
    Csv,
    Json,
}

debug_fields!(ReadOptions: source, encoding, delimiter, heading, mapping, leave_out, line_breaks, hash_clear_text, recipes, form, is_strict);

impl ReadOptions {
    /// The system that wrote the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("members.csv", "id,email,enabled\n7,ada@uni.test,0\n").expect("a file");
    /// let options = ReadOptions::default().source(Source::Spring);
    /// let users = read_users_with("members.csv", &options)?.collect::<Result<Users>>()?;
    /// assert_eq!(users[0].blocked, Some(true));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn source(mut self, source: Source) -> ReadOptions {
        self.source = Some(source);
        self
    }

    /// How the file's characters are written.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("old.csv", b"email,name\nada@uni.test,Ren\xe9e\n").expect("a file");
    /// let options = ReadOptions::default().encoding(Encoding::Latin1);
    /// let users = read_users_with("old.csv", &options)?.collect::<Result<Users>>()?;
    /// assert_eq!(users[0].name.as_deref(), Some("Renée"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> ReadOptions {
        self.encoding = Some(encoding);
        self
    }

    /// The separator between CSV cells, one ASCII character.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("odd.csv", "email~name\nada@uni.test~Ada\n").expect("a file");
    /// let options = ReadOptions::default().delimiter('~');
    /// let users = read_users_with("odd.csv", &options)?.collect::<Result<Users>>()?;
    /// assert_eq!(users[0].name.as_deref(), Some("Ada"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn delimiter(mut self, delimiter: char) -> ReadOptions {
        self.delimiter = Some(delimiter);
        self
    }

    /// The names of the columns of a CSV file that has no heading.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("bare.csv", "ada@uni.test,Ada\n").expect("a file");
    /// let options = ReadOptions::default().heading(&["email", "name"]);
    /// let users = read_users_with("bare.csv", &options)?.collect::<Result<Users>>()?;
    /// assert_eq!((users[0].email.as_str(), users.len()), ("ada@uni.test", 1));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn heading(mut self, names: &[&str]) -> ReadOptions {
        self.heading = names.iter().map(|name| (*name).to_string()).collect();
        self
    }

    /// Where a column goes: to a field of an import, or inside one, as in `user_metadata.address.city`. `hash` is a hash that
    /// says itself how it was made, and `salt` is its salt. A mapping takes precedence over what is known about the source.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let hash = hash_password("correct horse")?;
    /// # std::fs::write("shop.csv", format!("email,pw\nada@uni.test,{hash}\n")).expect("a file");
    /// let options = ReadOptions::default().map("pw", "hash");
    /// let users = read_users_with("shop.csv", &options)?.collect::<Result<Users>>()?;
    /// assert!(verify_password(&users[0], "correct horse")?);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn map(mut self, column: &str, field: &str) -> ReadOptions {
        self.mapping.push((column.to_string(), field.to_string()));
        self
    }

    /// A column to drop. This is required for a column of hashes, since a later import cannot add them.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let hash = hash_password("correct horse")?;
    /// # std::fs::write("shop.csv", format!("email,pw\nada@uni.test,{hash}\n")).expect("a file");
    /// assert!(read_users("shop.csv")?.next().is_some_and(|row| row.is_err()));
    /// let options = ReadOptions::default().leave_out("pw");
    /// assert!(read_users_with("shop.csv", &options)?.all(|row| row.is_ok()));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn leave_out(mut self, column: &str) -> ReadOptions {
        self.leave_out.push(column.to_string());
        self
    }

    /// Whether CSV cells may have line breaks followed by a delimiter or an `@`. Usually that means a quote was left open, so
    /// such a row is an error by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// std::fs::write("notes.csv", "email,user_metadata.note\nada@uni.test,\"one,\ntwo, three\"\n").expect("a file");
    /// let options = ReadOptions::default().line_breaks(true);
    /// assert!(read_users_with("notes.csv", &options)?.all(|row| row.is_ok()));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn line_breaks(mut self, are_meant: bool) -> ReadOptions {
        self.line_breaks = are_meant;
        self
    }

    /// The recipe for hashes that do not say how they were made, as in [`UserFile::with_recipe`](crate::UserFile::with_recipe).
    /// For a mixed column, give each recipe.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    /// use serde_json::json;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # let hash = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
    /// # std::fs::write("shop.csv", format!("email,pw,nonce\nada@uni.test,{hash},x1\n")).expect("a file");
    /// let recipe = HashRecipe::new(json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {}}))?;
    /// let options = ReadOptions::default().map("pw", "hash").map("nonce", "salt").recipe(&recipe);
    /// for user in read_users_with("shop.csv", &options)? {
    ///     assert!(verify_password(&user?, "correct horse")?);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn recipe(mut self, recipe: &HashRecipe) -> ReadOptions {
        self.recipes.push(recipe.clone());
        self
    }

    /// Whether clear-text passwords are hashed with bcrypt as they are read, which takes about 70 ms each on one core.
    /// Otherwise such a row is an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("clear.csv", "email,password\nada@uni.test,Summer2024!\n").expect("a file");
    /// let options = ReadOptions::default().map("password", "hash").hash_clear_text(true);
    /// let users = read_users_with("clear.csv", &options)?.collect::<Result<Users>>()?;
    /// assert!(verify_password(&users[0], "Summer2024!")?);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn hash_clear_text(mut self, hashed: bool) -> ReadOptions {
        self.hash_clear_text = hashed;
        self
    }
}
