//! The same file again, beside a run of it that somebody else may have made.

use std::sync::Arc;

use auth0_bulk_users::*;

use crate::mutate::PART;
use crate::targets::machine::{Folder, HASH, run};
use crate::targets::runs::{
    CONNECTION, File, Plain, SOURCE, WORDS, own_files, remade, tell, tenant, within, written,
};
use crate::targets::{Held, Reached, Target, hidden, sentence, shown};

pub(super) fn targets() -> Vec<Target> {
    vec![Target {
        name: "same-file",
        about: "a file that a run in the working folder has imported already, once more, and a clean-up",
        words: &WORDS,
        makes: folders,
        run: again,
        // `failed` gives each faulty row as a user: a line of three bytes makes one of half a kilobyte.
        most_memory: 96 << 20,
    }]
}

/// A folder in which that run is among the imports, and the file beside them.
fn folder_of(journal: &[u8], files: &[File]) -> Folder {
    let folder = Folder::new();
    folder.make("imports");
    folder.make("imports/fuzzed");
    for (name, bytes) in own_files(journal, files) {
        folder.file(&format!("imports/fuzzed/{name}"), &bytes);
    }
    for (name, bytes) in files.iter().filter(|(name, _)| name == SOURCE) {
        folder.file(name, bytes);
    }
    folder
}

fn again(input: &[u8]) -> Held {
    let (journal, files) = remade(input);
    let folder = folder_of(&journal, &files);
    let plain = Arc::new(Plain::of(&journal, &files));
    let asked = input.len() % 3;
    let (done, said) = within(&folder, || run(|| import_and_clean(&folder, &plain, asked)));
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    hidden("what is said", &said, plain.secrets)?;
    let (imported, cleaned) = done;
    for error in [imported.as_ref().err(), cleaned.as_ref().err()]
        .into_iter()
        .flatten()
    {
        sentence(error, plain.secrets)?;
    }
    if let Ok(texts) = &cleaned {
        hidden(
            "a clean-up",
            &texts.each_ref().map(String::as_str),
            plain.secrets,
        )?;
    }
    plain.deleted_of_its_own()?;
    match imported.ok().transpose()? {
        Some(_) => Ok(Reached::Taken),
        None => Ok(Reached::Refused),
    }
}

/// The counts of the import, or what is wrong with them; and what the plan of a clean-up and the clean-up say.
type Done = (
    Result<std::result::Result<Counts, String>>,
    Result<[String; 4]>,
);

fn import_and_clean(folder: &Folder, plain: &Arc<Plain>, asked: usize) -> Done {
    let options = ImportOptions::default()
        .name("again")
        .skip_bad_rows(true)
        .time_limit(Duration::from_secs(90));
    let options = match asked {
        0 => options,
        1 => options.again(Again::Missing),
        _ => options.again(Again::Changed),
    };
    let tenant = match tenant(Arc::clone(plain)) {
        Ok(tenant) => tenant,
        Err(error) => panic!("the tenant is not opened: {error}"),
    };
    let imported = import(&tenant, &options).map(|report| tell(&report, folder, plain.secrets));
    let cleaned = plan_clean_up(&tenant).and_then(|plan| {
        let [plan_shown, plan_debugged] = shown(&plan);
        let [told, debugged] = shown(&clean_up(&tenant, plan)?);
        Ok([plan_shown, plan_debugged, told, debugged])
    });
    (imported, cleaned)
}

fn import(tenant: &Tenant, options: &ImportOptions) -> Result<ImportReport> {
    let connection = ConnectionId::new(CONNECTION)?;
    import_stream(tenant, &connection, read_users(SOURCE)?, options)
}

/// A file of users, and the folder of a run of it that ended, or was cut off.
fn folders() -> Vec<Vec<u8>> {
    let line = |email: &str| format!("{{\"email\":\"{email}\",\"password_hash\":\"{HASH}\"}}\n");
    let emails = [
        "ada@example.com",
        "no address",
        "linus@example.com",
        "grace@example.com",
    ];
    let source = emails.map(line).concat();
    let mut all = Vec::new();
    for loses in [0, 3, 5] {
        let folder = Folder::new();
        folder.file(SOURCE, source.as_bytes());
        let play = || -> Result<ImportReport> {
            let tenant = tenant(Arc::new(Plain::that_loses(loses)))?;
            let options = ImportOptions::default().name("fuzzed").skip_bad_rows(true);
            import(&tenant, &options.time_limit(Duration::from_secs(90)))
        };
        let _ = within(&folder, || run(play));
        let beside = format!("{SOURCE}\n{source}").into_bytes();
        let run = written(&folder.path().join("imports/fuzzed"), true);
        all.extend(run.map(|run| [run, beside].join(PART)));
    }
    all
}
