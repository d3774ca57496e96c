//! What a tenant answers to each call: heads and bodies, in the order in which they are asked for.

use auth0_bulk_users::*;

use crate::mutate::{PART, parts};
use crate::targets::files::{harmless_sheet, packed};
use crate::targets::machine::{
    CLIENT_SECRET, DOMAIN, Folder, HASH, IN_HASH, PASSWORD, SIGNATURE, Script, run, token,
};
use crate::targets::{Held, Reached, Target, hidden, no_more, sentence, shown};

const WORDS: [&str; 66] = [
    CLIENT_SECRET,
    SIGNATURE,
    HASH,
    PASSWORD,
    "200",
    "201",
    "202",
    "204",
    "301",
    "400",
    "401",
    "403",
    "404",
    "409",
    "413",
    "414",
    "429",
    "500",
    "503",
    "599",
    "cut",
    "nothing",
    "took 70",
    "\nretry-after: 18446744073709551615",
    "\nretry-after: -1",
    "\nretry-after: Fri, 27 Nov 2026 00:00:03 GMT",
    "\nretry-after: Fri, 31 Dec 9999 23:59:59 GMT",
    "\ndate: Fri, 27 Nov 2026 00:00:00 GMT",
    "\ndate: Thu, 01 Jan 1970 00:00:00 GMT",
    "\nx-ratelimit-limit: 10",
    "\nx-ratelimit-remaining: 0",
    "\nx-ratelimit-reset: 1795737602",
    "\nx-ratelimit-reset: 18446744073709551615",
    "\nx-auth0-requestid: x",
    "\ncontent-type: text/html",
    "completed",
    "failed",
    "pending",
    "status",
    "summary",
    "percentage_done",
    "time_left_seconds",
    "location",
    "total",
    "next",
    "connections",
    "users",
    "user_id",
    "identities",
    "created_at",
    "2026-11-27T00:00:00.000Z",
    "2026-11-27T00:00:00.000+14:00",
    "auth0|",
    "con_4CzPUBqyfuwSXy9q",
    "job_gRqRxSDtxHgOcwEQ",
    "errors",
    "code",
    "path",
    "DUPLICATED_USER",
    "errorCode",
    "insufficient_scope",
    "../../",
    "{SSHA}",
    "{",
    "}",
    "}a",
];

/// The connection in recorded answers.
const CONNECTION: &str = "con_4CzPUBqyfuwSXy9q";
const ACCEPTED: &str = r#"{"type":"users_import","status":"pending","connection_id":"con_4CzPUBqyfuwSXy9q","connection":"Username-Password-Authentication","created_at":"2026-11-27T00:00:00.157Z","id":"job_gRqRxSDtxHgOcwEQ"}"#;
const COMPLETED: &str = r#"{"type":"users_import","status":"completed","summary":{"failed":1,"updated":0,"inserted":2,"total":3},"connection_id":"con_4CzPUBqyfuwSXy9q","connection":"Username-Password-Authentication","created_at":"2026-11-27T00:00:00.157Z","id":"job_gRqRxSDtxHgOcwEQ"}"#;

pub(super) fn targets() -> Vec<Target> {
    let target = |name, about, makes, run| Target {
        name,
        about,
        words: &WORDS,
        makes,
        run,
        most_memory: 64 << 20,
    };
    vec![
        target(
            "connections",
            "answers to list_connections and get_connection_id",
            echoes,
            connections,
        ),
        target("find-users", "answers to find_users", no_more, searched),
        target("by-email", "answers to users_by_email", no_more, by_email),
        target(
            "export",
            "answers to export_users, and its file",
            exports,
            exported,
        ),
        target("start-import", "answers to an upload", echoes, started),
        target(
            "wait-for-job",
            "answers of a job that is waited for",
            no_more,
            waited,
        ),
        target("job-errors", "reports of errors", no_more, reported),
        target(
            "find-job",
            "answers of a job that is taken up again",
            no_more,
            found_again,
        ),
        target("sign-in", "answers to a sign-in", echoes, signed_in),
        target(
            "tokens",
            "answers to the request for a token",
            no_more,
            tokens,
        ),
        target(
            "removal",
            "answers to a removal: what there is, and what is deleted",
            no_more,
            removed,
        ),
        target("import", "answers to a whole import", no_more, imported),
    ]
}

/// Makes the call of a tenant whose answers are the input's, after those given, and holds it to what each call promises.
fn call(
    input: &[u8],
    before: &[&str],
    secrets: &[&str],
    call: impl FnOnce(&Tenant) -> Result<Vec<String>>,
) -> Held {
    let before = before
        .iter()
        .flat_map(|body| ["200", body])
        .map(str::as_bytes);
    let answers: Vec<&[u8]> = before.chain([input]).collect();
    let script = Script::of(&answers.join(PART), false);
    let secrets: Vec<&str> = secrets
        .iter()
        .copied()
        .filter(|secret| !is_a_name(input, secret))
        .collect();
    ask(&script, &secrets, call)
}

fn ask(
    script: &std::sync::Arc<Script>,
    secrets: &[&str],
    call: impl FnOnce(&Tenant) -> Result<Vec<String>>,
) -> Held {
    let secrets: Vec<&str> = secrets
        .iter()
        .copied()
        .chain([CLIENT_SECRET, SIGNATURE])
        .collect();
    let (called, said) = run(|| {
        let tenant = script.tenant()?;
        let called = call(&tenant);
        let log = tenant.requests();
        log.evcxr_display();
        tenant.evcxr_display();
        let mut texts = shown(&log).to_vec();
        texts.extend(shown(&tenant));
        if let Err(error) = &called {
            error.evcxr_display();
        }
        Ok((called, texts))
    });
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    hidden("what is said", &said, &secrets)?;
    let (called, texts) = match called {
        Err(error) => (Err(error), Vec::new()),
        Ok((called, texts)) => (called, texts),
    };
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    hidden("the record of requests", &texts, &secrets)?;
    match called {
        Err(error) => {
            sentence(&error, &secrets)?;
            Ok(Reached::Refused)
        }
        Ok(texts) => {
            hidden(
                "a value",
                &texts.iter().map(String::as_str).collect::<Vec<_>>(),
                &secrets,
            )?;
            Ok(Reached::Taken)
        }
    }
}

/// Whether an answer gives the text as a name or an address. Those are shown, and nobody can know that it is a piece of a hash.
fn is_a_name(input: &[u8], text: &str) -> bool {
    let input = String::from_utf8_lossy(input);
    // The field whose value the text stands in.
    let field = |at: usize| {
        let (before, _) = input[..at].rsplit_once('"')?;
        // It may be the first of a list.
        let before = before.trim_end().trim_end_matches('[').trim_end();
        let key = before.strip_suffix(':')?.trim_end();
        key.strip_suffix('"')?.rsplit('"').next()
    };
    input
        .match_indices(text)
        .filter_map(|(at, _)| field(at))
        .any(|field| ["connection", "name", "email", "username"].contains(&field))
}

fn connections(input: &[u8]) -> Held {
    let listed = call(input, &[], &[], |tenant| {
        let listed = list_connections(tenant)?;
        listed.evcxr_display();
        Ok(shown(&listed).to_vec())
    })?;
    call(input, &[], &[], |tenant| {
        let id = get_connection_id(tenant, "Username-Password-Authentication")?;
        id.evcxr_display();
        plan_import(tenant, &id, &users())?.evcxr_display();
        Ok(shown(&id).to_vec())
    })?;
    Ok(listed)
}

fn searched(input: &[u8]) -> Held {
    call(input, &[], &[], |tenant| {
        let found = find_users(tenant, "email:a*")?;
        assert!(found.total() >= found.len(), "more users than there are");
        found.evcxr_display();
        Ok(shown(&found).to_vec())
    })
}

fn by_email(input: &[u8]) -> Held {
    call(input, &[], &[], |tenant| {
        let found = users_by_email(tenant, "Auzironian@example.com")?;
        found.evcxr_display();
        Ok(shown(&found).to_vec())
    })
}

/// The last body is the file: as it is where it is packed, else packed.
fn exported(input: &[u8]) -> Held {
    let mut parts = parts(input);
    if let Some(file) = parts
        .last_mut()
        .filter(|file| !file.starts_with(b"\x1f\x8b"))
    {
        *file = packed(file);
    }
    let folder = Folder::new();
    let sheet = folder.path().join("exported.csv");
    let reached = call(&parts.join(PART), &[], &[], |tenant| {
        let connection = ConnectionId::new(CONNECTION)?;
        let exported = export_users(tenant, &connection, Duration::from_secs(60))?;
        exported.evcxr_display();
        exported.save_csv(sheet.to_str().unwrap_or_default())?;
        Ok(shown(&exported).to_vec())
    })?;
    if reached == Reached::Taken {
        harmless_sheet(&sheet, &[IN_HASH])?;
    }
    Ok(reached)
}

/// Users with hashes, which an answer may repeat.
fn users() -> Vec<User> {
    let emails = ["auzironian@example.com", "no address", "grace@example.com"];
    let user = |email: &str| User {
        password_hash: Some(HASH.to_string()),
        ..User::new(email)
    };
    emails.map(user).to_vec()
}

fn start(tenant: &Tenant) -> Result<Job> {
    start_import(tenant, &ConnectionId::new(CONNECTION)?, &users())
}

fn started(input: &[u8]) -> Held {
    call(input, &[], &[IN_HASH], |tenant| {
        let job = start(tenant)?;
        job.evcxr_display();
        Ok(shown(&job).to_vec())
    })
}

fn waited(input: &[u8]) -> Held {
    call(input, &[ACCEPTED], &[IN_HASH], |tenant| {
        let finished = wait_for_job(tenant, &start(tenant)?, Duration::from_secs(120))?;
        finished.evcxr_display();
        Ok(shown(&finished).to_vec())
    })
}

fn reported(input: &[u8]) -> Held {
    call(input, &[ACCEPTED, COMPLETED], &[IN_HASH], |tenant| {
        let finished = wait_for_job(tenant, &start(tenant)?, Duration::from_secs(120))?;
        let errors = job_errors(tenant, &finished)?;
        errors.evcxr_display();
        let rows = errors.iter().filter_map(|failed| failed.row);
        assert!(
            rows.into_iter().all(|row| (1..=3).contains(&row)),
            "a row that was not sent"
        );
        Ok([
            shown(&errors).to_vec(),
            vec![errors.explanation().unwrap_or_default().to_string()],
        ]
        .concat())
    })
}

fn found_again(input: &[u8]) -> Held {
    // No hash goes to the tenant here, so that a piece of one in an answer is a word like any other.
    call(input, &[], &[], |tenant| {
        let job = find_job(tenant, "job_gRqRxSDtxHgOcwEQ")?;
        job.evcxr_display();
        let job = job.sent(&users())?;
        let finished = wait_for_job(tenant, &job, Duration::from_secs(60))?;
        let errors = job_errors(tenant, &finished)?;
        errors.evcxr_display();
        Ok([shown(&job), shown(&finished), shown(&errors)].concat())
    })
}

fn signed_in(input: &[u8]) -> Held {
    call(input, &[], &[PASSWORD], |tenant| {
        let tenant = tenant.with_sign_in("an application", CLIENT_SECRET);
        let signed = verify_sign_in(&tenant, "Username-Password-Authentication", "ada", PASSWORD)?;
        signed.evcxr_display();
        Ok(shown(&signed).to_vec())
    })
}

fn tokens(input: &[u8]) -> Held {
    ask(&Script::of(input, true), &[], |tenant| {
        tenant.evcxr_display();
        let listed = list_connections(tenant)?;
        Ok([shown(tenant), shown(&listed)].concat())
    })
}

fn removed(input: &[u8]) -> Held {
    call(input, &[ACCEPTED, COMPLETED], &[IN_HASH], |tenant| {
        let finished = wait_for_job(tenant, &start(tenant)?, Duration::from_secs(120))?;
        let plan = plan_removal(tenant, &finished)?;
        plan.evcxr_display();
        let texts = shown(&plan);
        let removed = remove_users(tenant, plan)?;
        removed.evcxr_display();
        Ok([texts, shown(&removed)].concat())
    })
}

/// A whole import; whatever is answered, each user is in its report once, and the report reads the same from the disk.
fn imported(input: &[u8]) -> Held {
    let folder = Folder::new();
    let here = std::env::current_dir().expect("a working folder");
    std::env::set_current_dir(folder.path()).expect("a folder for runs");
    let reached = call(input, &[], &[IN_HASH], |tenant| {
        let options = ImportOptions::default()
            .name("fuzzed")
            .skip_bad_rows(true)
            .time_limit(Duration::from_secs(300));
        let report = import_users(tenant, &ConnectionId::new(CONNECTION)?, &users(), &options);
        let report =
            report.or_else(
                |error| match std::path::Path::new("imports/fuzzed").exists() {
                    true => read_import("imports/fuzzed"),
                    false => Err(error),
                },
            )?;
        report.evcxr_display();
        assert_eq!(report.counts().total, 3, "users of whom nothing is told");
        let again = read_import(report.folder())?;
        assert_eq!(again.counts(), report.counts(), "a report reads otherwise");
        Ok(shown(&report).to_vec())
    });
    std::env::set_current_dir(here).expect("the working folder");
    reached
}

/// What repeats the token and the secret of the request.
fn echoes() -> Vec<Vec<u8>> {
    let refused = format!(
        r#"{{"statusCode":400,"error":"Bad Request","message":"what is Bearer {} and {CLIENT_SECRET} of {HASH} with {PASSWORD}?","errorCode":"invalid_body"}}"#,
        token()
    );
    let listed = format!(
        r#"{{"connections":[{{"id":"{CONNECTION}","name":"{} {CLIENT_SECRET}","strategy":"auth0"}}],"total":1}}"#,
        token()
    );
    vec![
        [b"400".as_slice(), refused.as_bytes()].join(PART),
        [b"200".as_slice(), listed.as_bytes()].join(PART),
        [
            b"502\ncontent-type: text/html".as_slice(),
            format!("<h1>{}</h1>", token()).as_bytes(),
        ]
        .join(PART),
    ]
}

/// An export whose link leads here.
fn exports() -> Vec<Vec<u8>> {
    let link = format!(
        r#"{{"status":"completed","location":"{DOMAIN}/job_4kCcxBzjmAvZzQ1f/tenant.json.gz?Expires=1795723200&Signature=aGVsbG8","id":"job_4kCcxBzjmAvZzQ1f"}}"#
    );
    let job = r#"{"type":"users_export","status":"pending","id":"job_4kCcxBzjmAvZzQ1f"}"#;
    let user = |number: usize| {
        format!(
            r#"{{"user_id":"auth0|{number}","email":"=a{number}@example.com","email_verified":true,"name":"+1; =2","connection":"U","created_at":"2026-11-27T00:00:00.000Z","app_metadata":{{"plan":["a"]}}}}"#
        )
    };
    let file = (0..4).map(user).collect::<Vec<_>>().join("\n");
    let texts: [&[u8]; 6] = [
        b"200",
        job.as_bytes(),
        b"200",
        link.as_bytes(),
        b"200\ncontent-type: application/gzip",
        file.as_bytes(),
    ];
    let whole = texts.join(PART);
    let pending = [&texts[..2], &texts[..2], &texts[2..]].concat().join(PART);
    vec![whole, pending]
}
