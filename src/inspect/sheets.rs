//! The lists of an inspection as CSV files that only their owner can read. The file of users is read once more, since the lists
//! may be as long as the file.

use std::io;
use std::path::Path;

use crate::error::{Error, Result};
use crate::inspect::pass::in_32;
use crate::inspect::report::{Fate, FileReport, FileState};
use crate::inspect::verdict::{Judge, Verdict, reset_reason, twin_reason};
use crate::private_file::sheet::CsvFile;
use crate::private_file::{create_private, create_private_folders};
use crate::say::{data, say, sentence};
use crate::secrets::hide::without_secrets;
use crate::sources::look::LookedAt;
use crate::users::User;
use crate::users::email::is_email;

/// The names of the files.
const SHEETS: [&str; 7] = [
    "columns",
    "hashes",
    "failing",
    "left-out",
    "twins",
    "reset-password",
    "enrol-again",
];

/// The files of users, by row.
struct Sheets {
    failing: CsvFile,
    left_out: CsvFile,
    twins: CsvFile,
    resets: CsvFile,
    enrols: CsvFile,
}

impl FileReport {
    /// Saves the lists to a folder, one CSV file each, and prints their names: `columns`, `hashes`, `failing`, `left-out`,
    /// `twins`, `reset-password` and `enrol-again`. Reads the file once more; sends nothing.
    ///
    /// They hold e-mails and usernames, so only you can read them, and a `.gitignore` beside them names them, unless the folder
    /// has one of your own. An older file is replaced once the new one is complete. A text that a spreadsheet would take for a
    /// formula gets an apostrophe in front. An invalid e-mail is left out, since it may be anything; the line number says where
    /// it is.
    ///
    /// # Errors
    ///
    /// The file of users has changed since it was inspected, or can no longer be read; a file cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
    /// # std::fs::write("docs.csv", "email\nada@uni.test\nno address\n").expect("a file");
    /// inspect_users("docs.csv")?.save_csv("inspection")?;
    /// let resets = std::fs::read_to_string("inspection/reset-password.csv").expect("a file");
    /// assert_eq!(resets, "line,email,username,reason\n2,ada@uni.test,,the file has no password for this user\n");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save_csv(&self, folder: impl AsRef<Path>) -> Result<()> {
        save(self, folder.as_ref())
    }
}

fn save(inspection: &FileReport, folder: &Path) -> Result<()> {
    let has_changed = || FileState::of(&inspection.path) != inspection.state;
    if has_changed() {
        return Err(Error::source_changed(&inspection.path));
    }
    let unwritable = |cause| Error::unwritable(&folder.display().to_string(), cause);
    create_private_folders(folder)
        .and_then(|()| keep_from_git(folder))
        .map_err(unwritable)?;
    let mut sheets = Sheets::create(folder, inspection.by_rows).map_err(unwritable)?;
    let mut file = LookedAt::open(&inspection.path, &inspection.options)?;
    let judge = Judge::new()?;
    let (mut row, mut twins) = (0, inspection.twins.iter().peekable());
    while let Some(look) = file.look()? {
        row += 1;
        let place = if inspection.by_rows { row } else { look.line };
        let twin = twins.next_if(|twin| twin.row == in_32(row));
        let verdict = judge.verdict(look.seen);
        let twin = twin.map(|twin| (twin.field, twin.of));
        sheets
            .write(&place.to_string(), verdict, twin)
            .map_err(unwritable)?;
    }
    if has_changed() {
        return Err(Error::source_changed(&inspection.path));
    }
    sheets
        .finish()
        .and_then(|()| write_kinds(inspection, folder))
        .map_err(unwritable)?;
    say!(
        "written to {} (readable only by you): {}",
        folder.display(),
        SHEETS.join(", ")
    );
    Ok(())
}

/// Makes git ignore only the lists, since the folder may hold other files. An existing file is left as it is.
fn keep_from_git(folder: &Path) -> io::Result<()> {
    match create_private(&folder.join(".gitignore")) {
        Ok(mut file) => {
            let names = SHEETS.map(|name| format!("/{name}.csv\n")).concat();
            io::Write::write_all(&mut file, format!("/.gitignore\n{names}").as_bytes())
        }
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// E-mail and username, unless they may be something else in the wrong column.
fn names(user: Option<&User>) -> [String; 2] {
    let email = user.map_or("", |user| user.email.as_str());
    let username = user.and_then(|user| user.username.as_deref());
    let username = username.filter(|name| without_secrets(name) == **name);
    let email = if is_email(email) { email } else { "" };
    [data(email), data(username.unwrap_or_default())]
}

impl Sheets {
    fn create(folder: &Path, by_rows: bool) -> io::Result<Sheets> {
        let place = if by_rows { "row" } else { "line" };
        let with_users = |name: &str| {
            let mut sheet = CsvFile::create(&folder.join(name))?;
            sheet.row([place, "email", "username", "reason"])?;
            Ok::<_, io::Error>(sheet)
        };
        let mut twins = CsvFile::create(&folder.join("twins.csv"))?;
        twins.row([place, "email", "username", "field", "same_as"])?;
        Ok(Sheets {
            failing: with_users("failing.csv")?,
            left_out: with_users("left-out.csv")?,
            twins,
            resets: with_users("reset-password.csv")?,
            enrols: with_users("enrol-again.csv")?,
        })
    }

    fn write(
        &mut self,
        place: &str,
        verdict: Verdict,
        twin: Option<(&'static str, u32)>,
    ) -> io::Result<()> {
        let seen = match verdict {
            Verdict::LeftOut(why, user) => {
                let [email, username] = names(Some(&user));
                return self
                    .left_out
                    .row([place, &email, &username, &sentence(&why)]);
            }
            Verdict::Fails(why, user) => {
                let [email, username] = names(user.as_deref());
                return self
                    .failing
                    .row([place, &email, &username, &sentence(&why)]);
            }
            Verdict::Ready(seen) => seen,
        };
        let [email, username] = names(Some(&seen.user));
        if let Some((field, of)) = twin {
            let why = twin_reason(field);
            self.failing.row([place, &email, &username, &why])?;
            let of = of.to_string();
            return self.twins.row([place, &email, &username, field, &of]);
        }
        if let Some(why) = reset_reason(&seen) {
            self.resets.row([place, &email, &username, &why])?;
        }
        if seen.lost_factor {
            let why = "a second factor that an import cannot carry over";
            self.enrols.row([place, &email, &username, why])?;
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        for sheet in [
            self.failing,
            self.left_out,
            self.twins,
            self.resets,
            self.enrols,
        ] {
            sheet.finish()?;
        }
        Ok(())
    }
}

/// The two lists that are no longer than the file is wide.
fn write_kinds(inspection: &FileReport, folder: &Path) -> io::Result<()> {
    let mut columns = CsvFile::create(&folder.join("columns.csv"))?;
    columns.row(["column", "filled_in", "goes_to"])?;
    for field in &inspection.fields {
        let [name, goes] = [&field.name, &field.goes].map(|text| data(text));
        columns.row([&name, &field.filled.to_string(), &goes])?;
    }
    columns.finish()?;
    let mut hashes = CsvFile::create(&folder.join("hashes.csv"))?;
    hashes.row(["kind", "rows", "becomes", "why"])?;
    for kind in &inspection.hashes {
        let why = match kind.fate {
            Fate::Impossible(why) => format!("it {why}"),
            _ => String::new(),
        };
        let rows = kind.rows.to_string();
        hashes.row([&data(&kind.what), &rows, kind.fate.word(), &sentence(&why)])?;
    }
    hashes.finish()
}
