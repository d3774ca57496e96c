//! A tenant compared with the practice tenant. Practice tenants of other settings, and one behind a stand-in that changes what
//! it answers, play the real one.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::TestFolder;
use crate::server::{Practice, answer, served, token};
use crate::turned::turned_time;

const CONNECTION: &str = "Flexible-Identifiers";

/// A tenant that is taken for a real one, opened for writes.
fn open(practice: &Practice) -> Tenant {
    let tenant = practice.tenant();
    tenant.allow_writes(practice.get("DOMAIN")).unwrap()
}

fn options() -> ComparisonOptions {
    ComparisonOptions::default().connection(CONNECTION)
}

fn emails(practice: &Practice) -> Vec<String> {
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    let (_, users) = practice.raw("GET", "/api/v2/users?per_page=100", Some(token), None);
    let users = users.as_array().unwrap().iter();
    users
        .map(|user| user["email"].as_str().unwrap().to_string())
        .collect()
}

fn different(comparison: &Comparison) -> Vec<&'static str> {
    let differences = comparison.differences().into_iter();
    differences.map(|probe| probe.name).collect()
}

/// A tenant in front of a practice tenant: each request goes on to it, and `change` may answer otherwise.
fn in_front_of(
    practice: &Practice,
    change: impl FnMut(&str, String) -> String + Send + 'static,
) -> Tenant {
    in_front_but_for(practice, |_| None, change)
}

/// The same; what `instead` answers does not get to the practice tenant.
fn in_front_but_for(
    practice: &Practice,
    mut instead: impl FnMut(&str) -> Option<String> + Send + 'static,
    mut change: impl FnMut(&str, String) -> String + Send + 'static,
) -> Tenant {
    let host = practice
        .get("DOMAIN")
        .strip_prefix("http://")
        .unwrap()
        .to_string();
    let own = practice.get("MGMT_API_ACCESS_TOKEN").to_string();
    let (base, _) = served(move |request| {
        if let Some(answer) = instead(request) {
            return answer;
        }
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let kept = head.lines().filter(|line| {
            let name = line.split(':').next().unwrap_or_default().to_lowercase();
            !["host", "authorization", "connection"].contains(&name.as_str())
        });
        let kept: Vec<&str> = kept.collect();
        let head = format!(
            "{}\r\nHost: {host}\r\nAuthorization: Bearer {own}\r\nConnection: close\r\n\r\n",
            kept.join("\r\n")
        );
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        change(request, answer)
    });
    let tenant = Tenant::new(&base, &token(&base, json!({"practice_tenant": false}))).unwrap();
    tenant.allow_writes(&base).unwrap()
}

/// The answer with another body.
fn with_body(answer: &str, change: impl Fn(&str) -> String) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body = change(body);
    let lines = head
        .lines()
        .filter(|line| !line.to_lowercase().starts_with("content-length"));
    let head = lines.collect::<Vec<_>>().join("\r\n");
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_tenant_of_the_same_kind_has_no_difference_and_nothing_stays() {
    let practice = Practice::start(&["--unmarked"]);
    let tenant = open(&practice);
    let comparison = compare_with_practice_with(&tenant, &options().third_job(true)).unwrap();
    println!("{comparison}");
    assert_eq!(different(&comparison), Vec::<&str>::new());
    let unknown = comparison.iter().filter(|probe| probe.same.is_none());
    assert_eq!(
        unknown.map(|probe| probe.name).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
    assert_eq!((comparison.removed, comparison.left.len()), (5, 0));
    assert_eq!(emails(&practice), Vec::<String>::new());

    // Each probe is answered as the table says.
    let shown = comparison.to_string();
    for probe in &comparison {
        let begins = |line: &&str| {
            line.split('│')
                .nth(1)
                .is_some_and(|cell| cell.trim() == probe.name)
        };
        let line = shown.lines().find(begins).unwrap();
        let cell = line.split('│').nth(3).unwrap().trim();
        // What is long goes on in the next line.
        let is_as_expected =
            cell == probe.expected || cell.ends_with(',') && probe.expected.starts_with(cell);
        assert!(is_as_expected, "{}: {cell}, {}", probe.name, probe.practice);
        let page = include_str!("../../docs/how-the-import-job-behaves.md");
        assert!(
            page.contains(probe.settles),
            "the page has no `{}`",
            probe.settles
        );
    }
    let sent = tenant.requests().before() + tenant.requests().len() as u64;
    assert!(sent < 90, "{sent} requests");
}

#[test]
fn nothing_is_sent_before_the_gate_is_open_and_nothing_written_before_all_is_in_order() {
    let practice = Practice::start(&["--unmarked"]);
    let closed = practice.tenant();
    let error = compare_with_practice(&closed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    assert!(error.to_string().contains("allow_writes"), "{error}");
    assert!(closed.requests().is_empty());

    let base = practice.get("DOMAIN");
    let scopes = json!({"scope": "read:connections create:users read:users"});
    let poor = Tenant::new(base, &token(base, scopes))
        .unwrap()
        .allow_writes(base)
        .unwrap();
    let error = compare_with_practice_with(&poor, &options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingScope);
    assert!(error.to_string().contains("delete:users") && poor.requests().is_empty());

    let tenant = open(&practice);
    let error = compare_with_practice(&tenant).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no connection `practice-comparison`"),
        "{error}"
    );
    assert!(
        error
            .advice()
            .unwrap()
            .contains("ComparisonOptions::connection")
    );
    let error = compare_with_practice_with(&tenant, &options().connection("Shared-Emails"));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Connection);

    // A connection with somebody in it.
    let users = generate_users("ada", "uni.test", 1).unwrap();
    let connection = get_connection_id(&tenant, CONNECTION).unwrap();
    let job = start_import(&tenant, &connection, &users).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    let before = tenant.requests().len();
    let error = compare_with_practice_with(&tenant, &options()).unwrap_err();
    assert!(error.to_string().contains("ada_01@uni.test"), "{error}");
    let requests = tenant.requests();
    assert!(requests[before..].iter().all(|sent| sent.method == "GET"));
    assert_eq!(emails(&practice), ["ada_01@uni.test"]);
}

#[test]
fn a_tenant_that_cannot_delete_is_not_written_to() {
    let practice = Practice::start(&["--unmarked"]);
    let refuse = |request: &str| {
        let is_refused = request.starts_with("DELETE");
        is_refused.then(|| answer(403, "content-type: application/json\r\n", "{}"))
    };
    let tenant = in_front_but_for(&practice, refuse, |_, answer| answer);
    let error = compare_with_practice_with(&tenant, &options()).unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert!(tenant.requests().iter().all(|sent| sent.method != "POST"));
}

#[test]
fn each_setting_that_changes_an_answer_is_shown_at_its_probe() {
    for (setting, probes) in [
        ("search-lag=2", &["search-first"][..]),
        ("metadata-keys-taken", &["rows-ended", "row-dotted-key"]),
        ("large-profiles-refused", &["rows-ended", "row-large"]),
        ("job-progress", &["job-pending"]),
        ("report-lost", &["rows-report"]),
    ] {
        let practice = Practice::start(&["--unmarked", "--fault", &often(setting)]);
        let comparison = compare_with_practice_with(&open(&practice), &options()).unwrap();
        assert_eq!(different(&comparison), probes, "{setting}: {comparison}");
        assert_eq!(
            (comparison.left.len(), emails(&practice).len()),
            (0, 0),
            "{setting}"
        );
    }
    let practice = Practice::start(&["--unmarked", "--max-jobs", "3"]);
    let comparison = compare_with_practice_with(&open(&practice), &options().third_job(true));
    assert_eq!(different(&comparison.unwrap()), ["third-job"]);
    // Where no usernames are taken, their own rows say so, on both sides.
    let practice = Practice::start(&["--unmarked"]);
    let elsewhere = options().connection("Email-Only-Users");
    let comparison = compare_with_practice_with(&open(&practice), &elsewhere).unwrap();
    assert_eq!(different(&comparison), Vec::<&str>::new());
}

/// A switch that stays on.
fn often(setting: &str) -> String {
    match setting.contains('=') {
        true => setting.to_string(),
        false => format!("{setting}=1000"),
    }
}

#[test]
fn other_keys_words_states_and_headers_are_told_by_their_places() {
    let practice = Practice::start(&["--unmarked"]);
    let mut looks = 0;
    let tenant = in_front_of(&practice, move |request, answer| {
        let line = request.lines().next().unwrap();
        if line.starts_with("POST /api/v2/jobs/users-imports") && answer.contains(" 202 ") {
            return with_body(&answer, |body| {
                body.replacen('{', "{\"tenant_region\":\"eu-7\",", 1)
            });
        }
        if answer.contains("inexistent_connection") {
            return with_body(&answer, |body| {
                body.replace("The connection does not exist", "No such connection")
            });
        }
        if line.starts_with("GET /api/v2/jobs/job_0") {
            return answer.replacen("x-ratelimit-reset", "x-ratelimit-again", 1);
        }
        if line.starts_with("GET /api/v2/users/") && answer.contains("200 OK") {
            return with_body(&answer, |body| body.replace("\"email_verified\":true,", ""));
        }
        looks += usize::from(answer.contains("\"status\":\"pending\""));
        match looks {
            1 => with_body(&answer, |body| {
                body.replace("\"pending\"", "\"validating\"")
            }),
            _ => answer,
        }
    });
    let comparison = compare_with_practice_with(&tenant, &options()).unwrap();
    let probe = |name: &str| comparison.iter().find(|probe| probe.name == name).unwrap();
    let differs = |name: &str| -> Vec<[&str; 3]> {
        let differs = probe(name).differs.iter();
        differs
            .map(|line| [0, 1, 2].map(|at| line[at].as_str()))
            .collect()
    };
    assert_eq!(
        different(&comparison),
        [
            "connection-unknown",
            "accepted",
            "job-words",
            "user",
            "upsert-stored-id",
            "limits"
        ],
        "{comparison}"
    );
    assert_eq!(
        differs("accepted"),
        [["body.tenant_region", "\"<text>\"", "-"]]
    );
    let words = [
        "body.message",
        "\"No such connection.\"",
        "\"The connection does not exist.\"",
    ];
    assert_eq!(differs("connection-unknown"), [words]);
    assert_eq!(differs("user"), [["body.email_verified", "-", "true"]]);
    assert_eq!(
        differs("job-words"),
        [["status", "\"validating, completed\"", "\"completed\""]]
    );
    assert_eq!(
        differs("limits"),
        [["x-ratelimit-again", "\"<UNIX seconds>\"", "-"]]
    );
    assert_eq!(emails(&practice), Vec::<String>::new());
}

#[test]
fn what_cannot_be_removed_is_named_and_what_was_lost_is_found() {
    let practice = Practice::start(&["--unmarked"]);
    // Whoever is deleted in a probe goes; nobody does afterwards.
    let mut deletions = 0;
    let refuse = move |request: &str| {
        deletions += usize::from(request.starts_with("DELETE"));
        let is_refused = request.starts_with("DELETE") && deletions > 3;
        is_refused.then(|| answer(403, "content-type: application/json\r\n", "{}"))
    };
    let kept = Practice::start(&["--unmarked"]);
    let tenant = in_front_but_for(&kept, refuse, |_, answer| answer);
    let comparison = compare_with_practice_with(&tenant, &options()).unwrap();
    let there = emails(&kept);
    assert_eq!(
        (there.len(), comparison.left.len(), comparison.removed),
        (4, 4, 1)
    );
    for email in &there {
        assert!(
            comparison.left.iter().any(|line| line.contains(email)),
            "{email}"
        );
        assert!(comparison.to_string().contains(email));
    }

    // Another comparison is not refused because of those, names them, and leaves them alone.
    let comparison = compare_with_practice_with(&open(&kept), &options()).unwrap();
    assert!(
        comparison
            .to_string()
            .contains(&format!("{} was left, and is still there", there[0]))
    );
    assert_eq!(
        (emails(&kept), comparison.removed, comparison.left.len()),
        (there, 5, 0)
    );

    // The first upload of users is taken, and its answer lost.
    let mut uploads = 0;
    let tenant = in_front_of(&practice, move |request, answer| {
        uploads += usize::from(request.starts_with("POST"));
        if request.starts_with("POST") && uploads == 4 {
            String::new()
        } else {
            answer
        }
    });
    let comparison = compare_with_practice_with(&tenant, &options()).unwrap();
    let accepted = comparison
        .iter()
        .find(|probe| probe.name == "accepted")
        .unwrap();
    assert!(
        accepted.same.is_none() && accepted.tenant.starts_with("not known"),
        "{accepted:?}"
    );
    assert!(
        comparison.left[0].contains("may still be running"),
        "{:?}",
        comparison.left
    );
    assert!(
        !accepted.tenant.contains("127.0.0.1"),
        "{}",
        accepted.tenant
    );
    assert_eq!(emails(&practice), Vec::<String>::new());
}

#[test]
fn the_file_is_for_its_owner_and_holds_nothing_of_the_tenants_own() {
    let practice = Practice::start(&["--unmarked"]);
    let secret = practice.get("CLIENT_SECRET").to_string();
    let told = format!(
        "asked by ada.lovelace@uni.test of dev-7.us.auth0.com with {secret} at 10.1.2.3 for con_AbCdEfGh01234567"
    );
    let tenant = in_front_of(&practice, move |request, answer| {
        let token = request
            .lines()
            .find_map(|line| line.strip_prefix("authorization: Bearer "));
        let token = token.unwrap_or_default().to_string();
        match answer.contains(" 400 ") || answer.contains(" 404 ") {
            true => with_body(&answer, |body| {
                body.replace(
                    "\",\"errorCode",
                    &format!(" {told} {token}\",\"ada.lovelace@uni.test\":1,\"errorCode"),
                )
            }),
            false => answer,
        }
    });
    let comparison = compare_with_practice_with(&tenant, &options()).unwrap();
    let folder = std::env::temp_dir().join(format!("comparison-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("comparison.json");
    comparison.save_json(path.to_str().unwrap()).unwrap();
    comparison.save_json(path.to_str().unwrap()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(&folder).unwrap();

    let port = tenant.domain().rsplit(':').next().unwrap();
    for own in [
        tenant.domain(),
        port,
        CONNECTION,
        &secret,
        "@",
        "ada.lovelace",
        "dev-7",
        "10.1.2.3",
        "con_AbCdEfGh",
        "con_Practice",
        "eyJ",
        "auth0|p",
        "comparison-",
    ] {
        assert!(!text.contains(own), "{own}: {text}");
    }
    assert!(text.contains("asked by <email> of <address>"), "{text}");
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["format"], 1);
    let probes = file["probes"].as_array().unwrap();
    assert_eq!(probes.len(), comparison.len());
    let accepted = probes
        .iter()
        .find(|probe| probe["name"] == "accepted")
        .unwrap();
    assert_eq!(accepted["same"], true);
    assert_eq!(accepted["tenant"]["body"]["id"], "<id>");
    assert_eq!(accepted["tenant"]["body"]["created_at"], "<time>");
    let order = text.find("\"type\": \"users_import\"").unwrap();
    assert!(text[order..].find("\"status\"") < text[order..].find("\"connection_id\""));
}

#[test]
fn it_says_what_it_will_write_before_it_does() {
    if is_in_a_process() {
        let practice = Practice::start(&["--unmarked"]);
        let comparison = compare_with_practice_with(&open(&practice), &options()).unwrap();
        println!("removed {}", comparison.removed);
        return;
    }
    let said = said(&mut itself(
        "compare::it_says_what_it_will_write_before_it_does",
    ));
    let line = said
        .lines()
        .find(|line| line.contains("comparing 127.0.0.1"))
        .unwrap();
    for words in [
        "at most 4 import jobs",
        "at most 19 users",
        CONNECTION,
        "about 60 requests",
        "then removed by their ids",
    ] {
        assert!(line.contains(words), "{words}: {line}");
    }
    assert!(said.find("comparing") < said.find("removed 5"));
}

const THROWAWAY: &str = "con_AbCdEfGh12345678";

/// A tenant with one connection of this name and these options.
fn with_connection(name: &str, options: &Value, words: &[&str]) -> Practice {
    let folder = TestFolder::new();
    let path = folder.join("shape.json");
    let one = json!({"id": THROWAWAY, "name": name, "strategy": "auth0", "options": options});
    fs::write(&path, json!({"connections": [one]}).to_string()).unwrap();
    let path = path.to_string_lossy();
    Practice::start(&[&["--unmarked", "--shape", &path], words].concat())
}

fn untold(comparison: &Comparison) -> Vec<&'static str> {
    let unknown = comparison.iter().filter(|probe| probe.same.is_none());
    unknown.map(|probe| probe.name).collect()
}

#[test]
fn a_connections_own_rules_are_no_difference() {
    let _time = turned_time();
    let username = |more: Value| {
        let mut username = json!({"identifier": {"active": true}});
        let fields = more.as_object().unwrap().clone();
        username.as_object_mut().unwrap().extend(fields);
        json!({"attributes": {"email": {"unique": true}, "username": username}})
    };
    let older = |least: u32, most: u32| json!({"requires_username": true, "validation": {"username": {"min": least, "max": most}}});
    let options = options().connection("Throwaway");
    for rules in [
        username(json!({"validation": {"min_length": 3, "max_length": 20}})),
        username(json!({"profile_required": true})),
        older(1, 12),
        older(20, 30),
        json!({"passwordPolicy": "good"}),
    ] {
        let practice = with_connection("Throwaway", &rules, &[]);
        let comparison = compare_with_practice_with(&open(&practice), &options).unwrap();
        assert_eq!(
            different(&comparison),
            Vec::<&str>::new(),
            "{rules}: {comparison}"
        );
        assert_eq!(
            (comparison.removed, comparison.left.len()),
            (5, 0),
            "{rules}"
        );
        let takes_none = rules["passwordPolicy"] == "good";
        let expected = if takes_none {
            &["row-username-taken"][..]
        } else {
            &[]
        };
        assert_eq!(untold(&comparison), expected, "{rules}: {comparison}");
        assert_eq!(emails(&practice), Vec::<String>::new());
    }

    // What it takes is not told, so nothing is concluded of usernames, whatever it does with them.
    let words = [
        "--scopes",
        "read:connections create:users read:users delete:users",
    ];
    for rules in [json!({"passwordPolicy": "good"}), older(10, 12)] {
        let practice = with_connection("Throwaway", &rules, &words);
        let comparison = compare_with_practice_with(&open(&practice), &options).unwrap();
        assert_eq!(
            different(&comparison),
            Vec::<&str>::new(),
            "{rules}: {comparison}"
        );
        let usernames = [
            "row-long-username",
            "row-odd-username",
            "row-username-taken",
        ];
        assert_eq!(untold(&comparison), usernames, "{comparison}");
    }

    // No room for usernames that nobody else has.
    let practice = with_connection("Throwaway", &older(1, 5), &[]);
    let tenant = open(&practice);
    let error = compare_with_practice_with(&tenant, &options).unwrap_err();
    assert!(
        error.to_string().contains("at most 5 characters"),
        "{error}"
    );
    assert!(tenant.requests().iter().all(|sent| sent.method == "GET"));
}

#[test]
fn an_upload_that_is_taken_without_a_readable_id_is_named_as_open() {
    let practice = Practice::start(&["--unmarked"]);
    let mut taken = 0;
    let tenant = in_front_of(&practice, move |request, answer| {
        taken += usize::from(request.starts_with("POST") && answer.contains(" 202 "));
        match request.starts_with("POST") && taken == 1 {
            true => with_body(&answer, |body| body.replace("\"job_", "\"import:")),
            false => answer,
        }
    });
    let comparison = compare_with_practice_with(&tenant, &options()).unwrap();
    let expected = "an upload that was taken without a job id that can be read may still be running, and may still import its users";
    assert_eq!(comparison.left, [expected]);
}

#[test]
fn jobs_of_many_rows_that_none_can_come_in_by_are_waited_for() {
    let time = turned_time();
    let practice = Practice::start(&["--unmarked", "--job-speed", "10"]);
    let tenant = open(&practice);
    let (took, comparison) =
        time.of(|| compare_with_practice_with(&tenant, &options().third_job(true)).unwrap());
    assert_eq!(comparison.left, Vec::<String>::new());
    assert_eq!(different(&comparison), Vec::<&str>::new(), "{comparison}");
    assert!(took > Duration::from_secs(200), "{took:?}");
    // The slots are free again.
    let (_, about) = practice.raw("GET", "/practice", None, None);
    assert_eq!(about["jobs_running"], 0, "{about}");

    // They take longer than there is time. Nobody can come in, so nothing is left.
    let practice = Practice::start(&["--unmarked", "--job-speed", "1"]);
    let comparison = compare_with_practice_with(&open(&practice), &options().third_job(true));
    let comparison = comparison.unwrap();
    assert_eq!(comparison.left, Vec::<String>::new());
    let deleted = comparison.iter().find(|probe| probe.name == "delete");
    assert_eq!(deleted.unwrap().same, Some(true), "{comparison}");
}

#[test]
fn an_upload_that_was_never_sent_is_not_lost() {
    let _time = turned_time();
    let practice = Practice::start(&["--unmarked"]);
    // From the second upload of users on there is no free slot.
    let mut uploads = 0;
    let busy = move |request: &str| {
        uploads += usize::from(request.starts_with("POST"));
        let is_busy = request.starts_with("POST") && uploads > 4;
        let body = json!({"statusCode": 429, "error": "Too Many Requests", "message": "There are 2 active import users jobs, please wait until some of them are finished and try again"});
        is_busy.then(|| answer(429, "content-type: application/json\r\n", &body.to_string()))
    };
    let tenant = in_front_but_for(&practice, busy, |_, answer| answer);
    let comparison = compare_with_practice_with(&tenant, &options().third_job(true)).unwrap();
    let wrong = comparison.iter().find(|probe| probe.name == "upsert-ended");
    assert!(
        wrong.unwrap().tenant.contains("its limit of"),
        "{comparison}"
    );
    assert_eq!(comparison.left, Vec::<String>::new());
    assert_eq!(emails(&practice), Vec::<String>::new());
}

#[test]
fn a_job_that_has_ended_by_the_end_is_not_open() {
    let _time = turned_time();
    let practice = Practice::start(&["--unmarked"]);
    let (mut first, mut deletions) = (None::<String>, 0);
    let tenant = in_front_of(&practice, move |request, answer| {
        deletions += usize::from(request.starts_with("DELETE"));
        if request.starts_with("POST") && answer.contains(" 202 ") && first.is_none() {
            let id = answer.split("\"job_").nth(1).unwrap();
            first = id
                .split('"')
                .next()
                .map(|id| format!("GET /api/v2/jobs/job_{id} "));
        }
        // The probes' own deletions come once the job is given up.
        let is_looked_at = first.as_ref().is_some_and(|line| request.starts_with(line));
        match is_looked_at && deletions < 2 {
            true => with_body(&answer, |body| body.replace("\"completed\"", "\"pending\"")),
            false => answer,
        }
    });
    let comparison = compare_with_practice_with(&tenant, &options()).unwrap();
    let ended = comparison
        .iter()
        .find(|probe| probe.name == "job-completed");
    assert_eq!(ended.unwrap().same, None, "{comparison}");
    assert_eq!(comparison.left, Vec::<String>::new());
    assert_eq!(emails(&practice), Vec::<String>::new());
}

#[test]
fn a_short_name_of_the_tenants_own_is_not_in_the_file_either() {
    let rules = json!({"requires_username": true});
    let practice = with_connection("unidb", &rules, &[]);
    let tenant = in_front_of(&practice, |_, answer| {
        match answer.contains(" 400 ") || answer.contains(" 404 ") {
            true => with_body(&answer, |body| {
                body.replace("\",\"errorCode", " in unidb, of unidb.\",\"errorCode")
            }),
            false => answer,
        }
    });
    let comparison = compare_with_practice_with(&tenant, &options().connection("unidb")).unwrap();
    let folder = TestFolder::new();
    let path = folder.join("comparison.json");
    comparison.save_json(path.to_str().unwrap()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("unidb"), "{text}");
    assert!(text.contains("in <connection>, of <connection>."), "{text}");
}
