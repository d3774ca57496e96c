//! Imports rehearsed, and what then happens.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::{Named, TestFolder, quick, users};
use crate::server::{DATABASE, Practice, token};
use crate::turned::{now, turned_time};
use crate::world::{EMAIL, Reply, StandIn, World};

/// A tenant that is not marked as a practice tenant.
fn real(stand_in: &StandIn) -> Tenant {
    let unmarked = json!({"practice_tenant": null});
    Tenant::new(&stand_in.base, &token(&stand_in.base, unmarked)).unwrap()
}

/// Method and path of each request.
fn lines(stand_in: &StandIn) -> Vec<String> {
    let calls = stand_in.calls("").into_iter();
    let line = |call: String| call.lines().next().unwrap().replace(" HTTP/1.1", "");
    calls.map(line).collect()
}

/// Who is refused, how and by which codes and fields.
fn told(attention: &[Attention]) -> Vec<(usize, String, Outcome, Vec<String>)> {
    let reason =
        |reason: &RowError| format!("{} {:?} {}", reason.code, reason.field, reason.message);
    let told = |user: &Attention| {
        let reasons = user.reasons.iter().map(reason).collect();
        (user.row, user.email.clone(), user.outcome, reasons)
    };
    attention.iter().map(told).collect()
}

#[test]
fn a_rehearsal_sends_reads_alone_to_a_tenant_that_may_be_read_only() {
    let stand_in = World::recorded().open();
    let (tenant, connection) = (real(&stand_in), stand_in.connection());
    assert!(tenant.is_read_only());
    let users = generate_users("imfake", "uni.test", 3).unwrap();
    let options = ImportOptions::default().requests_per_second(1000.0);
    let rehearsal = rehearse_import(&tenant, &connection, &users, &options).unwrap();
    let path = format!("GET /api/v2/connections/{connection}");
    let expected = [path.clone(), format!("{path}/clients?take=1000")];
    assert_eq!(lines(&stand_in), expected);
    assert_eq!(rehearsal.counts().inserted, 3);
    let first = &rehearsal.obstacles()[0];
    assert!(
        first.contains("open read-only") && first.contains(tenant.domain()),
        "{first}"
    );

    // One of them is there; e-mails are looked up as they are stored.
    let found = json!([{"user_id": "auth0|1", "email": EMAIL, "identities": [{"provider": "auth0", "connection": DATABASE, "user_id": "1"}]}]);
    let stand_in = World::recorded()
        .answers("GET /api/v2/users-by-email", &found)
        .open();
    let users = [
        User::new(EMAIL),
        User::new("b@uni.test"),
        User::new("no address"),
    ];
    let tenant = real(&stand_in);
    let connection = get_connection_id(&tenant, DATABASE).unwrap();
    let before = lines(&stand_in).len();
    let options = options.look_up_existing(true);
    let rehearsal = rehearse_import(&tenant, &connection, &users, &options).unwrap();
    let looked_up = ["auzironian%40example.com", "b%40uni.test"];
    let looked_up = looked_up.map(|email| format!("GET /api/v2/users-by-email?email={email}"));
    assert_eq!(lines(&stand_in)[before + 2..], looked_up);
    let outcomes: Vec<_> = rehearsal
        .refused()
        .iter()
        .map(|user| (user.row, user.outcome))
        .collect();
    assert_eq!(outcomes, [(1, Outcome::AlreadyThere), (3, Outcome::Failed)]);
    assert_eq!(rehearsal.counts().inserted, 1, "{rehearsal}");
}

#[test]
fn a_connection_that_takes_no_import_is_no_rehearsal() {
    let closed =
        World::recorded().answers("GET /api/v2/connections/*/clients", &json!({"clients": []}));
    let custom = World::recorded().changed(|call, body| {
        if call == "GET /api/v2/connections/*" {
            body["options"]["enabledDatabaseCustomization"] = true.into();
        }
    });
    for (world, words) in [
        (closed, "no application uses it"),
        (custom, "without import mode"),
    ] {
        let stand_in = world.open();
        let (users, options) = ([User::new(EMAIL)], ImportOptions::default());
        let refused = rehearse_import(&real(&stand_in), &stand_in.connection(), &users, &options);
        let error = refused.map(drop).unwrap_err();
        assert!(
            error.kind() == ErrorKind::Connection && error.to_string().contains(words),
            "{error}"
        );
    }
}

#[test]
fn where_no_speed_is_told_there_is_a_range_and_it_says_what_it_could_not_know() {
    let stand_in = World::recorded().open();
    let (tenant, connection) = (real(&stand_in), stand_in.connection());
    // A little over a file for each of two jobs.
    let users = users(120);
    let rehearsal =
        rehearse_import(&tenant, &connection, &users, &ImportOptions::default()).unwrap();
    let (at_best, at_worst) = rehearsal.duration();
    assert!(at_best < rehearsal.likely() && rehearsal.likely() < at_worst);
    // 120 users at 27,600 an hour, and three files where two are worked off at once.
    assert!(
        (15.0..36.0).contains(&at_worst.as_secs_f64()),
        "{rehearsal}"
    );
    assert!(rehearsal.requests().0 < rehearsal.requests().1);
    assert_eq!(rehearsal.jobs().len(), 3);
    let unknown = rehearsal.unknown().join("\n");
    for words in [
        "how fast the tenant's jobs are",
        "A slower tenant takes longer",
        "its answers did not say",
        "which users are already in the connection",
        "whether a hash fits",
        "event streams",
    ] {
        assert!(unknown.contains(words), "{words}: {unknown}");
    }
    for words in [
        "import_user_match",
        "which usernames",
        "whether the tenant runs",
        "passkey",
    ] {
        assert!(!unknown.contains(words), "{words}: {unknown}");
    }
    let drawn = rehearsal.to_string();
    for words in [
        "3 jobs",
        "27,600",
        "40,000",
        "400,000",
        "what it could not know",
        "removal",
    ] {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
}

#[test]
fn what_the_tenant_tells_of_its_rate_is_gone_by() {
    let recorded = |limit: &str| {
        let reply = Reply::json(200, &crate::world::recorded("connection"));
        let reply = reply
            .header("x-ratelimit-limit", limit)
            .header("x-ratelimit-remaining", "1");
        World::recorded()
            .on("GET /api/v2/connections/*", vec![reply])
            .open()
    };
    let long = |limit: &str| {
        let stand_in = recorded(limit);
        let options = ImportOptions::default().requests_per_second(1000.0);
        let rehearsal = rehearse_import(
            &real(&stand_in),
            &stand_in.connection(),
            &users(60),
            &options,
        )
        .unwrap();
        let unknown = rehearsal.unknown().join("\n");
        assert!(
            unknown.contains(&format!("it takes {limit} at once")),
            "{unknown}"
        );
        assert_eq!(
            unknown.contains("not one of Auth0's published limits"),
            limit == "7",
            "{unknown}"
        );
        rehearsal.requests().1
    };
    let (slow, quick) = (long("2"), long("50"));
    long("7");
    assert!(slow < quick, "{slow} {quick}");
}

#[test]
fn what_the_options_do_not_tell_refuses_nobody_and_is_said() {
    let stand_in = World::recorded()
        .changed(|call, body| {
            if call == "GET /api/v2/connections/*" {
                body.as_object_mut().unwrap().remove("options");
            }
        })
        .open();
    let (tenant, connection) = (real(&stand_in), stand_in.connection());
    let users = generate_users("imfake", "uni.test", 3).unwrap();
    let options = ImportOptions::default().requests_per_second(1000.0);
    let rehearsal = rehearse_import(&tenant, &connection, &users, &options).unwrap();
    assert!(rehearsal.refused().is_empty(), "{rehearsal}");
    let unknown = rehearsal.unknown().join("\n");
    assert!(
        unknown.contains("which usernames") && unknown.contains("read:connections_options"),
        "{unknown}"
    );

    // Who may not read connections at all.
    let refused = vec![Reply::json(403, &crate::world::recorded("refused"))];
    let stand_in = World::recorded()
        .on("GET /api/v2/connections/*", refused)
        .open();
    let rehearsal = rehearse_import(&real(&stand_in), &connection, &users, &options).unwrap();
    assert!(
        rehearsal
            .unknown()
            .join("\n")
            .contains("everything about the connection"),
        "{rehearsal}"
    );
    assert!(rehearsal.refused().is_empty(), "{rehearsal}");

    // What the practice tenant makes nothing of.
    let stand_in = World::recorded()
        .changed(|call, body| {
            if call == "GET /api/v2/connections/*" {
                body["options"]["brand_new"] = "its value may be a secret".into();
            }
        })
        .open();
    let rehearsal = rehearse_import(&real(&stand_in), &connection, &users, &options).unwrap();
    let unknown = rehearsal.unknown().join("\n");
    assert!(
        unknown.contains("the connection's options brand_new mean"),
        "{unknown}"
    );
}

#[test]
fn what_is_to_be_done_first_is_said() {
    let stand_in = World::recorded().open();
    let connection = stand_in.connection();
    let soon = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        + 120;
    let claims =
        json!({"practice_tenant": null, "scope": "read:connections read:users", "exp": soon});
    let tenant = Tenant::new(&stand_in.base, &token(&stand_in.base, claims)).unwrap();
    let name = Named::new("there");
    fs::create_dir_all(name.folder()).unwrap();
    let options = ImportOptions::default()
        .name(&name.0)
        .time_limit(Duration::from_secs(10));
    let mut users = users(1_500);
    users.push(User::new("no address"));
    let rehearsal = rehearse_import(&tenant, &connection, &users, &options).unwrap();
    let obstacles = rehearsal.obstacles().join("\n");
    for words in [
        "lacks the scope create:users",
        "allow_writes(",
        "faulty rows (1)",
        "time_limit ends the call after 10 s",
        "the token expires in",
        "already exists",
    ] {
        assert!(obstacles.contains(words), "{words}: {obstacles}");
    }
    assert_eq!(rehearsal.obstacles().len(), 6, "{obstacles}");
}

/// Rows that are refused for many reasons, and rows that are not.
fn odd() -> Vec<User> {
    let with = |email: &str, over: Value| {
        let mut user = json!({"email": email});
        let fields = over.as_object().unwrap().clone();
        user.as_object_mut().unwrap().extend(fields);
        serde_json::from_value::<User>(user).unwrap()
    };
    vec![
        User::new("good@uni.test"),
        User::new("no address"),
        User::new("GOOD@uni.test"),
        with(
            "long@uni.test",
            json!({"username": "much-too-long-a-username"}),
        ),
        with("named@uni.test", json!({"username": "named"})),
        with("same@uni.test", json!({"username": "NAMED"})),
        with(
            "hash@uni.test",
            json!({"password_hash": "$2y$10$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC"}),
        ),
        with("meta@uni.test", json!({"app_metadata": {"user_id": 1}})),
        with("dots@uni.test", json!({"user_metadata": {"a.b": 1}})),
        with("own@uni.test", json!({"user_id": "own"})),
        with("taken@uni.test", json!({"user_id": "own"})),
        with("phone@uni.test", json!({"phone_number": "+4912345"})),
        with("phoned@uni.test", json!({"phone_number": "0049 12345"})),
        with(
            "both@uni.test",
            json!({"password_hash": "$2b$10$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC",
            "custom_password_hash": {"algorithm": "md5", "hash": {"value": "00", "encoding": "hex"}}}),
        ),
        with(
            "mfa@uni.test",
            json!({"mfa_factors": [{"totp": {"secret": "JBSWY3DPEHPK3PXP"}}]}),
        ),
        with(
            "mfas@uni.test",
            json!({"mfa_factors": [{"totp": {"secret": "1"}}]}),
        ),
        with("there@uni.test", json!({"given_name": "Ada"})),
    ]
}

/// Who is in the practice tenant before: one of the e-mails, and one of the usernames.
fn some_are_there(practice: &Practice, connection: &ConnectionId) {
    let there = [User::new("there@uni.test")];
    let tenant = practice.tenant();
    let job = start_import(&tenant, connection, &there).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
}

#[test]
fn whom_a_rehearsal_has_refused_is_refused_in_every_odd_connection() {
    for name in [
        DATABASE,
        "Email-Only-Users",
        "Flexible-Identifiers",
        "Required-Attributes",
        "Shared-Emails",
    ] {
        let practice = Practice::start(&[]);
        let tenant = practice.tenant();
        let connection = get_connection_id(&tenant, name).unwrap();
        some_are_there(&practice, &connection);
        // As it was found, and by its id alone: then the tenant refuses what the check does not.
        for connection in [ConnectionId::new(connection.as_str()).unwrap(), connection] {
            let run = Named::new("odd");
            let options = quick(&run).skip_bad_rows(true).requests_per_second(100.0);
            let found = connection.takes_usernames().is_some();
            let options = options.look_up_existing(found);
            let rehearsal = rehearse_import(&tenant, &connection, &odd(), &options).unwrap();
            let traffic = requests(&tenant);
            let report = import_users(&tenant, &connection, &odd(), &options).unwrap();
            let sent = (requests(&tenant) - traffic).saturating_sub(1);
            let (mut expected, mut happened) =
                (told(rehearsal.refused()), told(report.attention()));
            // That it was there nobody could know who did not look.
            if !found {
                expected.retain(|(_, email, ..)| email != "there@uni.test");
                happened.retain(|(_, email, ..)| email != "there@uni.test");
            }
            assert_eq!(expected, happened, "{name}, {found}");
            assert!(happened.len() > 6, "{name}: {happened:?}");
            if found {
                assert_eq!(rehearsal.counts(), report.counts(), "{name}");
                let (told, _) = rehearsal.requests();
                assert!(
                    told.abs_diff(sent) <= 1 + sent / 20,
                    "{name}: {told} told, {sent} sent"
                );
            }
            let plan = plan_run_removal(&tenant, report.folder()).unwrap();
            remove_users(&tenant, plan).unwrap();
        }
    }
}

fn requests(tenant: &Tenant) -> u64 {
    let traffic = tenant.practice_traffic().unwrap();
    traffic.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn an_upsert_is_rehearsed_with_those_who_are_there() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let names = generate_users("upsert", "uni.test", 40).unwrap();
    let job = start_import(&tenant, &connection, &names[..15]).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    let run = Named::new("upsert");
    let options = quick(&run).upsert(true).requests_per_second(100.0);
    let looked = options.clone().look_up_existing(true);
    let rehearsal = rehearse_import(&tenant, &connection, &names, &looked).unwrap();
    assert!(
        rehearsal.obstacles()[0].contains("leave it out of the import"),
        "{rehearsal}"
    );
    assert!(
        rehearsal
            .unknown()
            .join("\n")
            .contains("import_user_match_user_profile_on_user_id")
    );
    let report = import_users(&tenant, &connection, &names, &options).unwrap();
    assert_eq!(report.counts().updated, 15);
    assert_eq!(rehearsal.counts(), report.counts());
    assert_eq!(told(rehearsal.refused()), told(report.attention()));
}

#[test]
fn a_removal_takes_as_many_requests_as_were_told() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let mut all = generate_users("away", "uni.test", 90).unwrap();
    for (number, user) in all.iter_mut().take(10).enumerate() {
        user.user_id = Some(format!("own-{number}"));
    }
    let run = Named::new("away");
    let options = quick(&run).requests_per_second(100.0);
    let rehearsal = rehearse_import(&tenant, &connection, &all, &options).unwrap();
    let report = import_users(&tenant, &connection, &all, &options).unwrap();
    let before = requests(&tenant);
    remove_users(&tenant, plan_run_removal(&tenant, report.folder()).unwrap()).unwrap();
    let sent = requests(&tenant) - before - 1;
    let (told, time) = rehearsal.removal();
    assert!(told.abs_diff(sent) <= sent / 20, "{told} told, {sent} sent");
    assert_eq!(time, Duration::from_secs_f64(told as f64 / 100.0));
}

/// What a rehearsal tells of a tenant that was started with these words. It measures how fast the tenant answers, so it is on
/// real time.
fn rehearsed(words: &[&str], users: &[User], options: &ImportOptions) -> Rehearsal {
    let practice = Practice::start(words);
    let (tenant, connection) = practice.database();
    rehearse_import(&tenant, &connection, users, options).unwrap()
}

/// A whole import into such a tenant, and what was told of it.
fn as_told(words: &[&str], users: &[User], options: &ImportOptions, rehearsal: &Rehearsal) {
    let practice = Practice::start(words);
    let (tenant, connection) = practice.database();
    let (before, began) = (requests(&tenant), now());
    let report = import_users(&tenant, &connection, users, options).unwrap();
    let (took, sent) = (
        (now() - began).as_secs_f64(),
        requests(&tenant) - before - 1,
    );
    let (forecast, (told_requests, _)) = (rehearsal.likely().as_secs_f64(), rehearsal.requests());
    println!(
        "{words:?}: {forecast:.1} s told, {took:.1} s taken; {told_requests} requests told, {sent} sent"
    );
    assert!(
        (forecast - took).abs() <= took / 10.0,
        "{forecast} s told, {took} s taken"
    );
    assert!(
        // The last look at a job falls on one side of its end or on the other.
        told_requests.abs_diff(sent) as f64 <= (sent as f64 / 20.0).max(1.0),
        "{told_requests} told, {sent} sent"
    );
    assert_eq!(told(rehearsal.refused()), told(report.attention()));
    assert_eq!(rehearsal.jobs().len(), report.jobs().len());
}

#[test]
fn an_import_takes_as_long_and_as_many_requests_as_were_told() {
    let mut all = users(220);
    all.push(User::new("no address"));
    let name = Named::new("told");
    let options = ImportOptions::default().name(&name.0).skip_bad_rows(true);
    let words = ["--job-speed", "5", "--rate", "2", "--burst", "2"];
    let rehearsal = rehearsed(&words, &all, &options);
    // In real time.
    as_told(&words, &all, &options, &rehearsal);
}

#[test]
fn a_slow_tenant_is_told_as_slow_as_it_is() {
    let all = users(120);
    let name = Named::new("slow");
    let options = ImportOptions::default()
        .name(&name.0)
        .requests_per_second(1.0);
    let words = [
        "--job-speed",
        "6",
        "--rate",
        "1",
        "--burst",
        "2",
        "--fault",
        "latency-ms=400",
    ];
    let rehearsal = rehearsed(&words, &all, &options);
    let _time = turned_time();
    as_told(&words, &all, &options, &rehearsal);
}

#[test]
fn what_stands_in_for_a_hash_is_taken_as_the_hash_is() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let all = crate::stored::all_users();
    assert!(all.len() > 20, "{}", all.len());
    let options = ImportOptions::default()
        .requests_per_second(100.0)
        .skip_bad_rows(true);
    let rehearsal = rehearse_import(&tenant, &connection, &all, &options).unwrap();
    assert_eq!(told(rehearsal.refused()), [], "{rehearsal}");
}

/// A tenant whose connection has these options.
fn with_options(options: &Value) -> StandIn {
    let changed = World::recorded().changed(|call, body| {
        if call == "GET /api/v2/connections/*" {
            body["options"] = options.clone();
        }
    });
    changed.open()
}

/// What is told of an import of one user with this username into a connection with these options.
fn with_username(options: &Value, username: &str) -> Rehearsal {
    let stand_in = with_options(options);
    let user = User {
        username: Some(username.to_string()),
        ..User::new("ada@uni.test")
    };
    let options = ImportOptions::default().requests_per_second(1000.0);
    rehearse_import(&real(&stand_in), &stand_in.connection(), &[user], &options).unwrap()
}

#[test]
fn a_username_like_an_address_or_a_number_is_refused_where_the_tenant_says_so() {
    let attribute =
        |validation: Value| json!({"attributes": {"username": {"validation": validation}}});
    let (address, number) = ("ada@uni.test", "+4930123456");
    let takes =
        |options: &Value, username: &str| with_username(options, username).refused().is_empty();
    let all =
        attribute(json!({"min_length": 1, "max_length": 128, "allowed_types": {"email": true}}));
    assert!(takes(&all, address), "it takes addresses");
    assert!(takes(&all, number), "of numbers it says nothing");
    assert!(takes(&Value::Null, address), "it says nothing at all");
    assert!(takes(&Value::Null, number));
    let none = attribute(json!({"allowed_types": {"email": false, "phone_number": false}}));
    assert!(!takes(&none, address) && !takes(&none, number));
    // A rule that is documented for every connection without such a word.
    assert!(!takes(&json!({"requires_username": true}), address));
}

#[test]
fn a_length_is_gone_by_as_it_is_told_and_refuses_nobody_where_it_cannot_be_read() {
    let older =
        |most: Value| json!({"requires_username": true, "validation": {"username": {"max": most}}});
    let twenty = "t".repeat(20);
    for most in [json!("40"), json!(40.0), json!(40)] {
        let rehearsal = with_username(&older(most.clone()), &twenty);
        assert!(rehearsal.refused().is_empty(), "{most}: {rehearsal}");
        let rehearsal = with_username(&older(most.clone()), &"t".repeat(41));
        assert_eq!(rehearsal.refused().len(), 1, "{most}: {rehearsal}");
    }
    let rehearsal = with_username(&older(json!("many")), &twenty);
    assert!(rehearsal.refused().is_empty(), "{rehearsal}");
    let unknown = rehearsal.unknown().join("\n");
    assert!(
        unknown.contains("the connection's options validation.username.max mean"),
        "{unknown}"
    );

    // Attributes of a form that nobody knows say nothing of the users.
    let rehearsal = with_username(&json!({"attributes": [], "mfa": {}}), &twenty);
    assert!(rehearsal.refused().is_empty(), "{rehearsal}");
    let unknown = rehearsal.unknown().join("\n");
    assert!(unknown.contains("which usernames"), "{unknown}");
}

#[test]
fn nobody_is_looked_up_in_a_connection_without_a_name() {
    let refused = vec![Reply::json(403, &crate::world::recorded("refused"))];
    let silent = World::recorded().on("GET /api/v2/connections/*", refused);
    let nameless = World::recorded().changed(|call, body| {
        if call == "GET /api/v2/connections/*" {
            body.as_object_mut().unwrap().remove("name");
        }
    });
    let options = ImportOptions::default()
        .requests_per_second(1000.0)
        .upsert(true)
        .look_up_existing(true);
    let rehearse = |world: World| {
        let stand_in = world.open();
        let users = [User::new(EMAIL)];
        let told = rehearse_import(&real(&stand_in), &stand_in.connection(), &users, &options);
        assert_eq!(
            stand_in.calls("GET /api/v2/users-by-email").len(),
            usize::from(told.is_ok())
        );
        told
    };
    for world in [silent, nameless] {
        let error = rehearse(world).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection);
        assert!(
            error.to_string().contains("this name is unknown"),
            "{error}"
        );
    }
    // The tenant itself says the name.
    let rehearsal = rehearse(World::recorded()).unwrap();
    assert_eq!(rehearsal.counts().updated, 1, "{rehearsal}");
}

#[test]
fn profiles_over_10_kb_are_no_certainty() {
    let stand_in = World::recorded().open();
    let mut all = [
        User::new("a@uni.test"),
        User::new("b@uni.test"),
        User::new("c@uni.test"),
    ];
    let options = ImportOptions::default().requests_per_second(1000.0);
    let unknown = |users: &[User]| {
        let told = rehearse_import(&real(&stand_in), &stand_in.connection(), users, &options);
        told.unwrap().unknown().join("\n")
    };
    assert!(!unknown(&all).contains("10 KB"));
    for user in &mut all[1..] {
        user.user_metadata = json!({"notes": "x".repeat(10_300)}).as_object().cloned();
    }
    let unknown = unknown(&all);
    for words in ["2 profiles over 10 KB", "the first is row 2", "2027-03-04"] {
        assert!(unknown.contains(words), "{words}: {unknown}");
    }
}

#[test]
fn what_stands_in_for_a_second_factor_is_taken_as_the_factor_is() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let address = |email: &str| vec![json!({"email": {"value": email}})];
    let long = format!("{}@{}.test", "a".repeat(64), "ü".repeat(60));
    let emails = [
        "jürgen@uni.test",
        "ada@example.xn--p1ai",
        "a@é.üü",
        "\"a b\"@uni.test",
        &long,
    ];
    let mut all = generate_users("factor", "uni.test", emails.len()).unwrap();
    for (user, email) in all.iter_mut().zip(emails) {
        user.mfa_factors = Some(address(email));
    }
    let options = ImportOptions::default().requests_per_second(100.0);
    let rehearsal = rehearse_import(&tenant, &connection, &all, &options).unwrap();
    assert_eq!(told(rehearsal.refused()), [], "{rehearsal}");
}

#[test]
fn hashes_of_existing_users_are_told_as_the_upsert_takes_them() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let (id, secret) = (
        practice.get("SIGN_IN_CLIENT_ID"),
        practice.get("SIGN_IN_CLIENT_SECRET"),
    );
    let mut all = generate_users("hashed", "uni.test", 12).unwrap();
    for user in &mut all {
        let name = user.username.clone().unwrap();
        let hash = hash_password(&name).unwrap().replace("$2b$", "$2a$");
        user.custom_password_hash = Some(json!({"algorithm": "bcrypt", "hash": {"value": hash}}));
    }
    let job = start_import(&tenant, &connection, &all[..10]).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    verify_sign_in(
        &tenant.with_sign_in(id, secret),
        DATABASE,
        "hashed_03",
        "hashed_03",
    )
    .unwrap();
    let run = Named::new("hashed");
    let options = quick(&run).upsert(true).requests_per_second(100.0);
    let looked = options.clone().look_up_existing(true);
    let rehearsal = rehearse_import(&tenant, &connection, &all, &looked).unwrap();
    // Of those who are new there is nothing to say.
    let new_ones = rehearse_import(&tenant, &connection, &all[10..], &looked).unwrap();
    assert!(!new_ones.unknown().join("\n").contains("Auth0's own hash"));
    let report = import_users(&tenant, &connection, &all, &options).unwrap();
    let counts = report.counts();
    assert_eq!((counts.updated, counts.inserted, counts.failed), (9, 2, 1));
    assert_eq!(rehearsal.counts(), counts, "{rehearsal}");
    assert_eq!(told(rehearsal.refused()), told(report.attention()));
    let unknown = rehearsal.unknown().join("\n");
    for words in [
        "10 rows with a custom_password_hash",
        "the first is row 1",
        "Auth0's own hash",
    ] {
        assert!(unknown.contains(words), "{words}: {unknown}");
    }
}

#[test]
fn a_removal_takes_none_of_those_whom_the_import_would_not_create() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let with_id = |email: String, number: usize| User {
        user_id: Some(format!("own-{number}")),
        ..User::new(&email)
    };
    // More than a report lists.
    let refused = (0..1_200).map(|number| with_id(format!("no address {number}"), number));
    let good = (2_000..2_003).map(|number| with_id(format!("own-{number}@uni.test"), number));
    let all: Vec<User> = refused.chain(good).collect();
    let options = ImportOptions::default()
        .leave_ids_to_auth0()
        .requests_per_second(100.0);
    let rehearsal = rehearse_import(&tenant, &connection, &all, &options).unwrap();
    assert_eq!(
        (rehearsal.counts().inserted, rehearsal.counts().failed),
        (3, 1_200)
    );
    // A look at the connection, a search, and for each user a deletion and three looks.
    assert_eq!(rehearsal.removal().0, 1 + 1 + 3 + 9, "{rehearsal}");

    let all: Vec<User> = (0..15)
        .map(|number| with_id(format!("up-{number}@uni.test"), number))
        .collect();
    let job = start_import(&tenant, &connection, &all[..10]).unwrap();
    wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    let made = ImportOptions::default().requests_per_second(100.0);
    for options in [options, made] {
        let options = options.upsert(true).look_up_existing(true);
        let rehearsal = rehearse_import(&tenant, &connection, &all, &options).unwrap();
        assert_eq!(
            (rehearsal.counts().inserted, rehearsal.counts().updated),
            (5, 10)
        );
        assert_eq!(rehearsal.removal().0, 1 + 1 + 5 + 15, "{rehearsal}");
    }
}

/// All files below a folder, as text.
fn texts(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => texts(&path, into),
            path => {
                let bytes = fs::read(path).unwrap_or_default();
                into.insert(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
}

/// The processes that this one has begun and that are there still.
#[cfg(target_os = "linux")]
fn children() -> Vec<String> {
    let this = std::process::id().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let of_this = processes.filter_map(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        let parent = stat.rsplit(") ").next()?.split(' ').nth(1)?;
        (parent == this).then_some(stat)
    });
    of_this.collect()
}

/// Everything that is written while the call lasts, here and where the practice tenant's files are.
fn watched<T>(call: impl FnOnce() -> T) -> (T, BTreeSet<String>) {
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    let watcher = thread::spawn(move || {
        let mut all = BTreeSet::new();
        while !seen.load(Ordering::SeqCst) {
            texts(Path::new("imports"), &mut all);
            for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/target"))
                .unwrap()
                .flatten()
            {
                if entry
                    .file_name()
                    .to_string_lossy()
                    .starts_with("practice-tenant-")
                {
                    texts(&entry.path(), &mut all);
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
        all
    });
    let done = call();
    over.store(true, Ordering::SeqCst);
    (done, watcher.join().unwrap())
}

const SECRETS: [&str; 6] = [
    "WZlJuBwXVQkMQ8sNpVhOieXVK9FJfXYhGRzYBmZ2Gm1XKgAcZjUqW",
    "c0ffee5ec2e7c0ffee5ec2e7c0ffee5e",
    "KRSXG5CTMVRXEZLUKN2HE2LOM4",
    "a grain of salt and pepper",
    "custom database script",
    "+49555012345678",
];

#[test]
fn no_secret_is_written_or_sent_and_nothing_is_left() {
    if !is_in_a_process() {
        let folder = TestFolder::new();
        let mut command = itself("rehearsal::no_secret_is_written_or_sent_and_nothing_is_left");
        let said = said(command.current_dir(&*folder).env("TMPDIR", &*folder));
        assert!(said.contains("test result: ok. 1 passed"), "{said}");
        assert!(
            said.contains("rehearsing with 62 users, at 40,000 users an hour"),
            "{said}"
        );
        assert!(
            !said.contains("run folder:") && !said.contains("jobs running"),
            "{said}"
        );
        assert!(SECRETS.iter().all(|secret| !said.contains(secret)));
        assert_eq!(fs::read_dir(&*folder).unwrap().count(), 0);
        return;
    }
    let stand_in = World::recorded()
        .changed(|call, body| {
            if call == "GET /api/v2/connections/*" {
                body["options"]["customScripts"] = json!({"login": SECRETS[4]});
            }
        })
        .open();
    let (tenant, connection) = (real(&stand_in), stand_in.connection());
    let mut all = users(60);
    all[0].password_hash = Some(format!("$2b$10${}", SECRETS[0]));
    all[1].password_hash = None;
    all[1].custom_password_hash = Some(
        json!({"algorithm": "md5", "hash": {"value": SECRETS[1], "encoding": "hex"}, "salt": {"value": SECRETS[3]}}),
    );
    all[2].mfa_factors = Some(vec![
        json!({"totp": {"secret": SECRETS[2]}}),
        json!({"phone": {"value": SECRETS[5]}}),
    ]);
    // Whoever is left out is written down whole.
    all.push(User {
        password_hash: Some(SECRETS[3].to_string()),
        ..User::new("left@uni.test")
    });
    all.push(User {
        password_hash: Some(format!("$2y$10${}", SECRETS[0])),
        ..User::new("out@uni.test")
    });
    let options = ImportOptions::default()
        .afterwards(Afterwards::KeepAll)
        .requests_per_second(1000.0);
    let (rehearsal, written) =
        watched(|| rehearse_import(&tenant, &connection, &all, &options).unwrap());
    assert_eq!(
        (rehearsal.counts().inserted, rehearsal.counts().failed),
        (60, 2),
        "{rehearsal}"
    );
    assert!(
        written.iter().any(|text| text.contains("bulk_07@uni.test")),
        "the watcher sees files"
    );
    assert!(
        written.iter().any(|text| text.contains("PRACTICE_PROOF")),
        "and those of the practice tenant"
    );
    let sent = stand_in.calls("").join("\n");
    for secret in SECRETS {
        let holds = |text: &&String| text.contains(secret);
        assert!(written.iter().find(holds).is_none(), "{secret} was written");
        assert!(
            !sent.contains(secret) && !format!("{rehearsal} {rehearsal:?}").contains(secret),
            "{secret}"
        );
    }
    assert!(latest_import().is_err() && !Path::new("imports").exists());
    #[cfg(target_os = "linux")]
    assert_eq!(children(), Vec::<String>::new());
}

#[test]
fn nothing_is_left_after_an_error_either() {
    if !is_in_a_process() {
        let folder = TestFolder::new();
        let mut command = itself("rehearsal::nothing_is_left_after_an_error_either");
        let said = said(command.current_dir(&*folder));
        assert!(said.contains("test result: ok. 1 passed"), "{said}");
        return;
    }
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    // A file of the reader's where the runs' folder would be.
    fs::write("imports", "").unwrap();
    let options = ImportOptions::default();
    let failed = rehearse_import(&tenant, &connection, &users(2), &options).map(drop);
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::RunFolder);
    fs::remove_file("imports").unwrap();
    // A reader's own run is neither seen nor touched, and what a rehearsal left that was killed goes.
    let run = Named::new("own");
    import_users(&tenant, &connection, &users(2), &quick(&run)).unwrap();
    let dead = Path::new("imports/.rehearsal/dead");
    fs::create_dir_all(dead).unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(600);
    fs::File::open(dead)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    rehearse_import(&tenant, &connection, &users(3), &options).unwrap();
    assert_eq!(latest_import().unwrap(), run.folder());
    let left = fs::read_dir("imports").unwrap().flatten();
    let left: BTreeSet<String> = left
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        left,
        BTreeSet::from([".gitignore".to_string(), run.0.clone()])
    );
    #[cfg(target_os = "linux")]
    assert_eq!(children().len(), 1, "the test's own practice tenant");
}
