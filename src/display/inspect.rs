//! How an inspection looks: what would be lost first, then what becomes of the rows, the fields and the hashes.

use crate::display::show::shown;
use crate::display::view::{Bar, Entry, GOOD, NEUTRAL, Part, View, WARNING};
use crate::inspect::report::{Fate, FileReport, HashKind, Reason};
use crate::say::listed;
use crate::sources::mapping::SeenField;
use crate::sources::places::NOWHERE;
use crate::words::{count, grouped};

/// Fields and reasons that are shown.
const SHOWN: usize = 40;

shown!(FileReport);

impl FileReport {
    fn view(&self) -> View {
        let failing = self.rows_of(&self.failing);
        let colour = match (self.lost_hashes.is_empty(), failing) {
            (true, 0) => GOOD,
            _ => WARNING,
        };
        let counts = [
            (failing, "faulty"),
            (self.rows_of(&self.left_out), "left out"),
        ];
        let others = counts.iter().filter(|(number, _)| *number > 0);
        let others: String = others
            .map(|(number, word)| format!(", {} {word}", grouped(number)))
            .collect();
        let title = format!(
            "{} of {} would be imported{others}",
            grouped(self.ready),
            count(self.rows as usize, "row")
        );
        let view = View::card(colour, title).bar(self.bar());
        let view = view.notes(self.lost_hashes.iter().cloned());
        let view = view.facts(self.facts());
        let view = self.with_fields(view);
        let view = self.with_hashes(view);
        let view = self.with_reasons(view, "faulty rows, which would be refused", &self.failing);
        let heading = "rows that are left out, being no users to import";
        self.with_reasons(view, heading, &self.left_out)
    }

    fn rows_of(&self, reasons: &[Reason]) -> u64 {
        reasons.iter().map(|reason| reason.rows).sum()
    }

    fn bar(&self) -> Bar {
        Bar {
            counts: vec![
                ("would be imported", self.ready, GOOD),
                ("faulty", self.rows_of(&self.failing), WARNING),
                ("left out", self.rows_of(&self.left_out), NEUTRAL),
            ],
            total: self.rows,
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let users = |number: u64| count(number as usize, "user");
        let mut facts = vec![
            ("file", format!("{}: {}", self.path.display(), self.what)),
            ("rows", self.rows_in_words()),
        ];
        let is_lost = |field: &&SeenField| field.filled > 0 && field.goes == NOWHERE;
        let nowhere: Vec<&str> = self
            .fields
            .iter()
            .filter(is_lost)
            .map(|field| field.name.as_str())
            .collect();
        if !nowhere.is_empty() {
            facts.push(("go nowhere", listed(nowhere.into_iter())));
        }
        if !self.absent.is_empty() {
            let names = listed(self.absent.iter().map(String::as_str));
            let words = format!("no row has {names}, which is mapped: is the name misspelt?");
            facts.push(("mapped", words));
        }
        if !self.twins.is_empty() {
            facts.push(("twins", self.twins_in_words()));
        }
        if self.resets > 0 {
            let words = "would come without a password, and must set a new one";
            facts.push(("reset", format!("{} {words}", users(self.resets))));
        }
        if self.enrols > 0 {
            let words =
                "had a second factor that an import cannot carry over, and must enrol again";
            facts.push(("enrol", format!("{} {words}", users(self.enrols))));
        }
        facts.push(("next", self.next()));
        facts
    }

    fn rows_in_words(&self) -> String {
        let unread = self.unreadable;
        let left_out = self.rows_of(&self.left_out);
        format!(
            "{} in the file: {} read as users, {} that cannot be read, {} left out",
            grouped(self.rows),
            grouped(self.rows - unread - left_out),
            grouped(unread),
            grouped(left_out)
        )
    }

    fn twins_in_words(&self) -> String {
        let mut by_field: Vec<(&str, Vec<String>, usize)> = Vec::new();
        for twin in &self.twins {
            let pair = || format!("{} as {}", grouped(twin.at), grouped(twin.of));
            match by_field.iter_mut().find(|(field, ..)| *field == twin.field) {
                Some((_, pairs, rows)) => {
                    *rows += 1;
                    if pairs.len() < 3 {
                        pairs.push(pair());
                    }
                }
                None => by_field.push((twin.field, vec![pair()], 1)),
            }
        }
        let place = self.place();
        let words = by_field.iter().map(|(field, pairs, rows)| {
            let more = if *rows > pairs.len() { ", …" } else { "" };
            format!(
                "{} with the {field} of one before ({place} {}{more})",
                count(*rows, "row"),
                pairs.join(", ")
            )
        });
        words.collect::<Vec<_>>().join("; ")
    }

    fn place(&self) -> &'static str {
        if self.by_rows { "row" } else { "line" }
    }

    fn next(&self) -> String {
        match (self.lost_hashes.is_empty(), self.ready) {
            (false, _) => "decide first what to do with the hashes: a hash goes in with its user, and no later import brings it",
            (true, 0) => "nobody would be imported: see the reasons below",
            _ => "save_csv writes down who is meant; import_stream of read_users, with the same options, imports the others",
        }
        .to_string()
    }

    fn with_fields(&self, view: View) -> View {
        // What a system's table has for nothing, and this file does not fill, says nothing.
        let says_something =
            |field: &&SeenField| field.filled > 0 || !field.goes.starts_with(NOWHERE);
        let fields: Vec<&SeenField> = self.fields.iter().filter(says_something).collect();
        let row = |field: &&SeenField| {
            let (name, goes) = (field.name.clone(), field.goes.clone());
            vec![name, field.filled.to_string(), goes]
        };
        let rows = fields.iter().take(SHOWN).map(row).collect();
        let view = view.table(&["field", "rows with it", "goes to"], rows);
        match fields.len().saturating_sub(SHOWN) {
            0 => view,
            more => view.notes([format!("and {}", count(more, "more field"))]),
        }
    }

    fn with_hashes(&self, view: View) -> View {
        let row = |kind: &HashKind| {
            let (what, becomes) = (kind.what.clone(), kind.fate.word().to_string());
            vec![what, kind.rows.to_string(), becomes]
        };
        // Reasons are longer than a cell.
        let why = |kind: &HashKind| match kind.fate {
            Fate::Impossible(why) => Some(format!("{}: it {why}", kind.what)),
            _ => None,
        };
        let rows = self.hashes.iter().map(row).collect();
        let view = view.table(&["hash", "rows", "becomes"], rows);
        view.notes(self.hashes.iter().filter_map(why))
    }

    fn with_reasons(&self, view: View, heading: &str, reasons: &[Reason]) -> View {
        if reasons.is_empty() {
            return view;
        }
        let entry = |reason: &Reason| {
            let first: Vec<String> = reason.first.iter().map(u32::to_string).collect();
            let is_one = reason.rows == 1;
            let more = if reason.rows > first.len() as u64 {
                ", …"
            } else {
                ""
            };
            let place = format!("{}{}", self.place(), if is_one { "" } else { "s" });
            Entry {
                place: count(reason.rows as usize, "row"),
                title: format!("{place} {}{more}", first.join(", ")),
                lines: vec![("why".to_string(), reason.why.clone())],
            }
        };
        let entries = reasons.iter().take(SHOWN).map(entry).collect();
        let view = view.with(Part::Heading(heading.to_string()));
        let view = view.with(Part::Entries(entries));
        match reasons.len().saturating_sub(SHOWN) {
            0 => view,
            more => view.notes([format!("and {}", count(more, "more reason"))]),
        }
    }
}
