//! Places where a process may end, by name: each operation that changes something on the disk, and each request.
//!
//! With the feature `simulation` the environment variable [`KILL_AT`] names one: `journal:Accepted`, or `journal:Accepted#2` for the second
//! time that it is come to, or `journal:Accepted/torn` for the middle of that write. There the process is ended as by `kill -9`.

#[cfg(feature = "simulation")]
pub(crate) use told::{kill_here, kill_in_write, name};

/// Ends the process, if it is told to end here.
#[cfg(not(feature = "simulation"))]
pub(crate) fn kill_here(_place: &str) {}

/// The same before or after a request; `when` is `before` or `after`.
pub(crate) fn kill_at_request(path: &str, when: &str) {
    if cfg!(feature = "simulation") {
        let request = match path {
            "/api/v2/jobs/users-imports" => "upload",
            path if path.starts_with("/api/v2/jobs/") && path.ends_with("/errors") => "report",
            path if path.starts_with("/api/v2/jobs/") => "job",
            path if path.starts_with("/api/v2/users") => "users",
            _ => "other",
        };
        kill_here(&format!("request:{request}/{when}"));
    }
}

#[cfg(feature = "simulation")]
mod told {
    use std::fs::File;
    use std::io::Write;
    use std::path::Path;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// The environment variable that tells where to end.
    const KILL_AT: &str = "AUTH0_BULK_USERS_KILL_AT";

    /// Where this process is to end, and how often that place is still passed before.
    struct End {
        place: String,
        passed: AtomicU32,
    }

    fn end() -> Option<&'static End> {
        static END: OnceLock<Option<End>> = OnceLock::new();
        let told = || {
            let told = std::env::var(KILL_AT).ok()?;
            let (place, time) = told.split_once('#').unwrap_or((&told, "1"));
            let time: u32 = time.parse().expect("a number after the # of a place");
            Some(End {
                place: place.to_string(),
                passed: AtomicU32::new(time),
            })
        };
        END.get_or_init(told).as_ref()
    }

    fn is_end(place: &str) -> bool {
        let end = end().filter(|end| end.place == place);
        end.is_some_and(|end| end.passed.fetch_sub(1, Ordering::Relaxed) == 1)
    }

    /// Ends the process, if it is told to end here.
    pub(crate) fn kill_here(place: &str) {
        if is_end(place) {
            std::process::abort();
        }
    }

    /// Ends the process, if it is told to end before that write or in the middle of it.
    pub(crate) fn kill_in_write(place: &str, file: &mut File, bytes: &[u8]) {
        kill_here(place);
        if is_end(&format!("{place}/torn")) {
            let _ = file.write_all(&bytes[..bytes.len() / 2]);
            std::process::abort();
        }
    }

    /// The name of a place: what is done, and to which file.
    pub(crate) fn name(what: &str, path: &Path) -> String {
        if what.contains("folder") {
            return what.to_string();
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // A file that is written aside counts by its final name.
        let name = match what {
            "delete" => &*name,
            _ => name.strip_suffix(".new").unwrap_or(&name),
        };
        match name {
            "lock" if what == "create" => "lock".to_string(),
            "journal.jsonl" => format!("{what}:journal"),
            name if name.starts_with(".owner-") => format!("{what}:.owner"),
            name if name.starts_with("users-") => format!("{what}:{}", without_number(name)),
            name if is_plain(name) => format!("{what}:{name}"),
            _ => format!("{what}:sheet"),
        }
    }

    /// `users-*.json` for `users-00001.json`.
    fn without_number(name: &str) -> String {
        let rest = name.trim_start_matches(|c: char| !c.is_ascii_digit());
        let head = &name[..name.len() - rest.len()];
        format!(
            "{head}*{}",
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        )
    }

    /// Whether the name has no random or counted part.
    fn is_plain(name: &str) -> bool {
        let fits = |c: char| c.is_ascii_lowercase() || c == '.' || c == '-';
        name.chars().all(fits) && !name.contains(".csv")
    }
}
