//! CSV files of users. They hold personal data, so only their owner can read them. They are complete or not there at all, and
//! harmless in a spreadsheet.
//!
//! A spreadsheet takes a cell that begins with a sign such as `=` for a formula, which may read other cells and send them away.
//! So such a cell gets an apostrophe in front, as in Auth0's own exports. [`as_it_was`] removes it again.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::disk::{self, File};
use crate::private_file::create_private;
use crate::secrets::random_hex;

/// A file that is written beside its place, and moved there once it is complete; the old file stays until then.
pub(crate) struct CsvFile {
    place: PathBuf,
    aside: PathBuf,
    out: BufWriter<File>,
}

impl CsvFile {
    pub(crate) fn create(place: &Path) -> io::Result<CsvFile> {
        let mut aside = place.as_os_str().to_owned();
        aside.push(format!(".{}", random_hex(4).map_err(io::Error::other)?));
        Ok(CsvFile {
            out: BufWriter::new(create_private(aside.as_ref())?),
            place: place.into(),
            aside: aside.into(),
        })
    }

    /// Writes the fields of a row, quoted where they must be: also at `;` and tabs, where some spreadsheets split a line and
    /// `csv::Writer` would not quote.
    pub(crate) fn row<const N: usize>(&mut self, fields: [&str; N]) -> io::Result<()> {
        writeln!(self.out, "{}", fields.map(field).join(","))
    }

    /// Puts the file in its place, down to the disk.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        disk::rename(&self.aside, &self.place)?;
        // Its name is on the disk when the folder is. Not every file system can say so, and the file is in its place.
        let folder = self.place.parent();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        let _ = disk::sync_folder(folder.unwrap_or(Path::new(".")));
        Ok(())
    }
}

impl Drop for CsvFile {
    fn drop(&mut self) {
        // There no more if it got to its place.
        let _ = disk::remove_file(&self.aside);
    }
}

fn field(text: &str) -> String {
    let text = as_text(text);
    if text.contains(['"', ',', ';', '\t', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// What begins a formula: the signs that OWASP names under "CSV injection", and their wide and small forms, which
/// spreadsheets of East Asia take for the same.
const FORMULA_SIGNS: [char; 12] = [
    '=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫',
];
/// What ends a cell where a spreadsheet splits lines otherwise than at commas.
const ENDS_OF_CELLS: [char; 4] = [';', '\t', '\n', '\r'];

/// The text with an apostrophe before whatever a spreadsheet would take for the beginning of a formula.
fn as_text(text: &str) -> String {
    let guarded = |(index, part): (usize, &str)| match begins_formula(part, index == 0) {
        true => format!("'{part}"),
        false => part.to_string(),
    };
    parts(text).enumerate().map(guarded).collect()
}

/// The text that [`as_text`] was given. A cell that needs no apostrophe keeps the one it has.
pub(crate) fn as_it_was(cell: &str) -> Cow<'_, str> {
    if !cell.contains('\'') {
        return Cow::Borrowed(cell);
    }
    let bare = |(index, part): (usize, &'_ str)| match part.strip_prefix('\'') {
        Some(rest) if begins_formula(rest, index == 0) => rest.to_string(),
        _ => part.to_string(),
    };
    Cow::Owned(parts(cell).enumerate().map(bare).collect())
}

/// The text in the parts that could be cells, each with its end.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(ENDS_OF_CELLS)
}

/// Whether a part could be taken for a formula. Apostrophes and quotes before it do not change that, so that
/// [`as_it_was`] gets back what [`as_text`] was given, whatever it was.
fn begins_formula(part: &str, is_first: bool) -> bool {
    let begins_with = |signs: &[char], also_skipped: &[char]| {
        let skipped =
            |c: char| (c.is_whitespace() && !signs.contains(&c)) || also_skipped.contains(&c);
        part.trim_start_matches(skipped).starts_with(signs)
    };
    // A spreadsheet drops these at the beginning of a cell, so what comes after them begins it.
    let is_blank_cell = is_first && begins_with(&['\t', '\n', '\r'], &['"', '\'']);
    is_blank_cell || begins_with(&FORMULA_SIGNS, &['"', '\'', '\u{feff}'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cells as a spreadsheet may see them, which splits at `;` or tabs and knows nothing of our quotes.
    fn is_harmless(text: &str) -> bool {
        let skipped = [' ', '"', '\u{a0}', '\u{feff}'];
        let mut cells = text.split([';', '\t', '\n', '\r']);
        cells.all(|cell| !cell.trim_start_matches(skipped).starts_with(FORMULA_SIGNS))
            && !text.starts_with(['\t', '\n', '\r'])
    }

    #[test]
    fn formulas_become_texts_and_texts_stay() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+491701234567", "'+491701234567"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("  =1", "'  =1"),
            ("'=1", "''=1"),
            ("\t=1", "\"'\t'=1\""),
            ("\rx", "\"'\rx\""),
            ("\"=1", "\"'\"\"=1\""),
            ("a;=1", "\"a;'=1\""),
            ("a\r\n=1", "\"a\r\n'=1\""),
            ("a=1, b", "\"a=1, b\""),
            ("O'Neill", "O'Neill"),
            ("'tis", "'tis"),
            ("a@uni.test", "a@uni.test"),
            ("", ""),
        ] {
            assert_eq!(field(text), cell);
            assert!(is_harmless(&as_text(text)), "{text:?}");
            assert_eq!(as_it_was(&as_text(text)), text);
        }
    }

    #[cfg(feature = "simulation")]
    #[test]
    fn a_sheet_that_is_finished_is_in_its_place_after_a_power_cut() {
        use crate::disk::simulated::{Chance, SimulatedDisk, on};
        for seed in 0..50 {
            let disk = SimulatedDisk::new();
            on(&disk, || {
                let mut sheet = CsvFile::create(Path::new("sheet.csv")).unwrap();
                sheet.row(["a@uni.test"]).unwrap();
                sheet.finish().unwrap();
            });
            disk.cut_power(&mut Chance::of(seed));
            let whole = (PathBuf::from("sheet.csv"), b"a@uni.test\n".to_vec());
            assert_eq!(disk.files(), [whole], "seed {seed}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_harmless_in_a_sheet_and_reads_back_as_it_was(
            pieces in proptest::collection::vec(prop_oneof![
                "[=+@;'\" \t\r\n,a-]{1,4}", "[＝＋－＠\u{feff}\u{a0}b]{1,3}", "\\PC{0,4}", any::<String>(),
            ], 0..6),
        ) {
            let text = pieces.concat();
            prop_assert!(is_harmless(&as_text(&text)), "{:?}", as_text(&text));
            let line = format!("email,x\n{},\n", field(&text));
            let mut reader = csv::ReaderBuilder::new().from_reader(line.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(as_it_was(&record[0]), text);
        }
    }
}
