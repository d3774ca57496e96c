//! Going through the rows of a file, and counting what becomes of them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::check::twins::{Keys, Twin};
use crate::error::Result;
use crate::inspect::report::{Fate, FileReport, FileState, HashKind, Reason, TwinRow};
use crate::inspect::verdict::{Judge, Verdict, reset_reason, twin_reason};
use crate::progress::Tally;
use crate::sources::look::{LookedAt, SeenUser};
use crate::sources::options::ReadOptions;

/// The most reasons and kinds that are told apart; the rest is counted together.
const MOST_KINDS: usize = 50;
const OTHERS: &str = "for other reasons";
const OTHER_KINDS: &str = "another kind";
const CLEAR_TEXT: &str = "clear text";
const SILENT: &str = "a hash that does not say how it was made";
/// Stands for a row without a hash.
const NO_HASH: u8 = u8::MAX;
/// Rows that are named of a reason.
const FIRST: usize = 5;
/// Rows after which it is looked at the clock.
const ROWS_A_LOOK: usize = 1_000;

#[derive(Default)]
struct Reasons(BTreeMap<String, Reason>);

impl Reasons {
    fn add(&mut self, why: &str, row: u32) {
        let is_known = self.0.len() < MOST_KINDS || self.0.contains_key(why);
        let why = if is_known { why } else { OTHERS };
        if !self.0.contains_key(why) {
            let reason = Reason {
                why: why.to_string(),
                rows: 0,
                first: Vec::new(),
            };
            self.0.insert(why.to_string(), reason);
        }
        let Some(reason) = self.0.get_mut(why) else {
            return;
        };
        reason.rows += 1;
        if reason.first.len() < FIRST {
            reason.first.push(row);
        }
    }

    /// The commonest first, each with where its rows are found.
    fn found(self, place: impl Fn(u32) -> u32) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.0.into_values().collect();
        for reason in &mut reasons {
            reason.first.iter_mut().for_each(|row| *row = place(*row));
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
        reasons
    }
}

/// What is counted on the way.
struct Counting {
    keys: Keys,
    lines: Vec<u32>,
    ready: u64,
    unreadable: u64,
    failing: Reasons,
    left_out: Reasons,
    hashes: Vec<HashKind>,
    /// Of each row, its place among the hashes.
    hash_of: Vec<u8>,
    /// Rows without a password, and rows that lose a second factor, by number; duplicates among them do not count.
    resets: Rows,
    enrols: Rows,
}

/// Rows as a set: a bit each.
#[derive(Default)]
struct Rows {
    bits: Vec<u64>,
    count: u64,
}

impl Rows {
    fn add(&mut self, row: u32) {
        let place = (row / 64) as usize;
        if self.bits.len() <= place {
            self.bits.resize(place + 1, 0);
        }
        self.bits[place] |= 1 << (row % 64);
        self.count += 1;
    }

    fn remove(&mut self, row: u32) {
        let Some(bits) = self.bits.get_mut((row / 64) as usize) else {
            return;
        };
        self.count -= *bits >> (row % 64) & 1;
        *bits &= !(1 << (row % 64));
    }
}

impl Counting {
    fn add(&mut self, row: u32, verdict: Verdict) {
        let seen = match verdict {
            Verdict::LeftOut(why, _) => return self.left_out.add(&why, row),
            Verdict::Fails(why, user) => {
                self.unreadable += u64::from(user.is_none());
                return self.failing.add(&why, row);
            }
            Verdict::Ready(seen) => seen,
        };
        self.ready += 1;
        self.keys.add(row, &seen.user);
        if let Some((what, fate)) = hash_kind(&seen) {
            let place = self.place_of(what, fate);
            self.hashes[place].rows += 1;
            self.hash_of.resize(row as usize, NO_HASH);
            self.hash_of[row as usize - 1] = place as u8;
        }
        if reset_reason(&seen).is_some() {
            self.resets.add(row);
        }
        if seen.lost_factor {
            self.enrols.add(row);
        }
    }
}

impl Counting {
    /// The index of a kind of hash; kinds beyond the last are counted together.
    fn place_of(&mut self, what: &str, fate: Fate) -> usize {
        let is_it = |kind: &HashKind| kind.what == what && kind.fate == fate;
        if let Some(place) = self.hashes.iter().position(is_it) {
            return place;
        }
        let what = match self.hashes.len() < MOST_KINDS {
            true => what.to_string(),
            false => OTHER_KINDS.to_string(),
        };
        if self.hashes.len() <= MOST_KINDS {
            let rows = 0;
            self.hashes.push(HashKind { what, fate, rows });
        }
        self.hashes.len() - 1
    }
}

fn hash_kind(seen: &SeenUser) -> Option<(&str, Fate)> {
    if let Some((what, why)) = seen.impossible {
        return Some((what, Fate::Impossible(why)));
    }
    if seen.is_clear {
        return Some((CLEAR_TEXT, Fate::Made));
    }
    if seen.user.password_hash.is_some() {
        return Some(("bcrypt", Fate::AsItIs));
    }
    let custom = seen.user.custom_password_hash.as_ref()?;
    // The check has found it to be one of Auth0's.
    let algorithm = custom.get("algorithm").and_then(Value::as_str);
    let fate = match seen.is_rewritten {
        true => Fate::Rewritten,
        false => Fate::AsItIs,
    };
    Some((algorithm.unwrap_or(OTHER_KINDS), fate))
}

/// Looks at every row of a file.
pub(crate) fn pass(path: &Path, options: &ReadOptions) -> Result<FileReport> {
    let state = FileState::of(path);
    let mut file = LookedAt::open(path, options)?;
    let judge = Judge::new()?;
    let mut tally = Tally::new();
    let mut counting = Counting {
        keys: Keys::new(),
        lines: Vec::new(),
        ready: 0,
        unreadable: 0,
        failing: Reasons::default(),
        left_out: Reasons::default(),
        hashes: Vec::new(),
        hash_of: Vec::new(),
        resets: Rows::default(),
        enrols: Rows::default(),
    };
    while let Some(look) = file.look()? {
        counting.lines.push(in_32(look.line));
        let row = counting.lines.len();
        counting.add(in_32(row), judge.verdict(look.seen));
        if row.is_multiple_of(ROWS_A_LOOK) {
            tally.say_so_far(row, "rows inspected");
        }
    }
    Ok(found(path, options, state, &file, counting))
}

impl Counting {
    /// Removes duplicates from the counts of users who would be imported.
    fn without_twins(&mut self) -> Vec<Twin> {
        let twins = std::mem::replace(&mut self.keys, Keys::new()).twins();
        for twin in &twins {
            self.ready -= 1;
            self.failing.add(&twin_reason(twin.field), twin.row);
            if let Some(kind) = self.hash_of.get(twin.row as usize - 1)
                && let Some(kind) = self.hashes.get_mut(usize::from(*kind))
            {
                kind.rows -= 1;
            }
            self.resets.remove(twin.row);
            self.enrols.remove(twin.row);
        }
        twins
    }

    /// The kinds of hashes, the commonest first, with those whose rows fail because of them.
    fn kinds(&mut self, (silent, clear): (usize, usize)) -> Vec<HashKind> {
        let mut kinds = std::mem::take(&mut self.hashes);
        for (what, fate, rows) in [
            (SILENT, Fate::Unknown, silent),
            (CLEAR_TEXT, Fate::Clear, clear),
        ] {
            let (what, rows) = (what.to_string(), rows as u64);
            kinds.push(HashKind { what, fate, rows });
        }
        kinds.retain(|kind| kind.rows > 0);
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.rows));
        kinds
    }
}

fn found(
    path: &Path,
    options: &ReadOptions,
    state: FileState,
    file: &LookedAt,
    mut counting: Counting,
) -> FileReport {
    let twins = counting.without_twins();
    let hashes = counting.kinds(file.without_hashes());
    let lines = counting.lines;
    let by_rows = lines.windows(2).any(|two| two[0] == two[1]);
    let place = |row: u32| match by_rows {
        true => row,
        false => lines.get(row as usize - 1).copied().unwrap_or(row),
    };
    let twins = twins.iter().map(|twin| TwinRow {
        row: twin.row,
        field: twin.field,
        at: place(twin.row),
        of: place(twin.of),
    });
    FileReport {
        path: path.into(),
        options: options.clone(),
        state,
        source: file.file().source(),
        what: file.file().what(),
        rows: lines.len() as u64,
        ready: counting.ready,
        unreadable: counting.unreadable,
        failing: counting.failing.found(place),
        left_out: counting.left_out.found(place),
        lost_hashes: file.lost_hashes(),
        fields: file.fields(),
        absent: file.absent(),
        hashes,
        twins: twins.collect(),
        resets: counting.resets.count,
        enrols: counting.enrols.count,
        by_rows,
    }
}

/// No file on any disk has more rows and lines than can be counted here.
pub(crate) fn in_32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
