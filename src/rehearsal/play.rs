//! One play: the import on a practice tenant of the tenant's shape, on a clock that is turned.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::clock::{self, TurnedClock, turned, unix_millis};
use crate::connections::ConnectionId;
use crate::disk::File;
use crate::error::{Error, Result};
use crate::imports::options::ImportOptions;
use crate::imports::report::ImportReport;
use crate::imports::{IMPORTS, import_as};
use crate::private_file::create_private_folders;
use crate::private_file::lock::{lock, try_lock};
use crate::rehearsal::stand_ins::without_secrets;
use crate::say::{heard, say};
use crate::secrets::random_hex;
use crate::tenant::own_practice::OwnPractice;
use crate::users::User;
use crate::words::in_words;

/// Between two words of a rehearsal.
const SILENCE: Duration = Duration::from_secs(2);
/// No play is cut short: how long an import takes is what it is to tell.
const TIME_LIMIT: Duration = Duration::from_secs(30 * 24 * 3600);
/// The folder for the runs of rehearsals, where nobody looks for runs.
const REHEARSALS: &str = ".rehearsal";

/// A folder that is younger may be of a rehearsal that is only just beginning.
const BEGINNING: Duration = Duration::from_secs(60);

/// What came of a play.
pub(crate) struct Played {
    pub(crate) report: ImportReport,
    pub(crate) took: Duration,
    pub(crate) requests: u64,
    /// The rows of all users who were refused or were there before.
    pub(crate) refused: HashSet<usize>,
    /// What of the tenant's shape the practice tenant makes nothing of.
    pub(crate) not_understood: Vec<String>,
}

/// Plays the import; `words` says which play it is.
pub(crate) fn play(
    shape: &Value,
    latency: Duration,
    words: &str,
    connection: &ConnectionId,
    users: &[User],
    options: &ImportOptions,
) -> Result<Played> {
    let latency = format!("latency-ms={}", latency.as_millis());
    let faults: &[&str] = match latency.ends_with("=0") {
        true => &[],
        false => &["--fault", &latency],
    };
    let practice = OwnPractice::turned(shape, faults)?;
    let not_understood = practice.tenant.about_practice()?.not_understood.0;
    let runs = Runs::begin()?;
    let before = practice.tenant.traffic().count;
    let clock = TurnedClock::at(unix_millis() * 1000);
    let options = options.clone().skip_bad_rows(true).time_limit(TIME_LIMIT);
    let import = || {
        import_as(
            &runs.folder,
            without_secrets,
            &practice.tenant,
            connection,
            users,
            &options,
        )
    };
    let report = heard(hear(&clock, words), || turned(&clock, import));
    let report = report.map_err(|cause| Error::rehearsal_stopped(&cause))?;
    Ok(Played {
        took: clock.passed(),
        refused: report.refused_rows()?,
        requests: practice.tenant.traffic().count - before,
        not_understood: not_understood.unwrap_or_default(),
        report,
    })
}

/// Says instead of the import how far it is, every two seconds of the system's time.
fn hear(clock: &std::sync::Arc<TurnedClock>, words: &str) -> Rc<dyn Fn(&str)> {
    let (clock, words, said) = (clock.clone(), words.to_string(), Cell::new(Duration::ZERO));
    Rc::new(move |_| {
        let now = clock.really_passed();
        if now.saturating_sub(said.get()) >= SILENCE {
            said.set(now);
            say!(
                "rehearsing {words}: {} of it played",
                in_words(clock.passed())
            );
        }
    })
}

/// A folder for the runs of one play, which goes with it.
struct Runs {
    folder: PathBuf,
    _lock: File,
}

impl Runs {
    fn begin() -> Result<Runs> {
        let all = Path::new(IMPORTS).join(REHEARSALS);
        delete_forgotten(&all);
        let folder = all.join(random_hex(6)?);
        create_private_folders(&folder).map_err(|cause| Error::disk(&folder, cause))?;
        let _lock = lock(&folder)?;
        Ok(Runs { folder, _lock })
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        // Neither of them goes unless it is empty.
        for above in self.folder.ancestors().skip(1).take(2) {
            let _ = fs::remove_dir(above);
        }
    }
}

/// Deletes what killed rehearsals left: folders whose lock nobody holds.
fn delete_forgotten(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        // A link would lead to a folder that is not ours.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let made = entry.metadata().and_then(|made| made.modified());
        let age = made.ok().and_then(clock::age_of_file);
        if is_folder
            && age.is_some_and(|age| age > BEGINNING)
            && let Ok(Some(_lock)) = try_lock(&entry.path())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
