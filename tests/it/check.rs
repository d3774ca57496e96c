//! The check finds what the tenant would refuse, and nothing else.

use auth0_bulk_users::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::runs::{Named, TestFile, quick};
use crate::server::Practice;
use crate::turned::turned_time;

const GOOD_HASH: &str = "$2b$10$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

/// A user with these fields, `a@uni.test` unless they say otherwise.
pub(crate) fn user(fields: Value) -> User {
    let mut all = json!({"email": "a@uni.test"});
    for (name, value) in fields.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn connection() -> (Practice, Tenant, ConnectionId) {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    (practice, tenant, connection)
}

#[test]
fn each_mistake_is_told_in_the_words_of_the_file() {
    let (_practice, tenant, connection) = connection();
    let metadata = |key: &str| json!({"app_metadata": {key: 1}});
    for (fields, field, part) in [
        (json!({"email": "a@localhost"}), "email", "a full domain"),
        (json!({"email": ""}), "email", "is missing"),
        (
            json!({"username": "sixteen_letters_"}),
            "username",
            "has 16 characters, and the connection takes 1 to 15",
        ),
        (
            json!({"username": "a b"}),
            "username",
            "has the character ' '",
        ),
        (
            json!({"username": "a@b.edu"}),
            "username",
            "looks like an e-mail",
        ),
        (
            json!({"password_hash": GOOD_HASH.replace("2b", "2y")}),
            "password_hash",
            "begins with $2y$",
        ),
        (
            json!({"password_hash": GOOD_HASH.replace("10", "12")}),
            "password_hash",
            "a cost other than 10",
        ),
        (
            json!({"password_hash": &GOOD_HASH[..59]}),
            "password_hash",
            "is cut off",
        ),
        (
            json!({"password_hash": GOOD_HASH.replace('z', "!").replace("abc", "ab!")}),
            "password_hash",
            "a character outside of bcrypt's alphabet",
        ),
        (
            json!({"password_hash": "abc"}),
            "password_hash",
            "is not a bcrypt hash",
        ),
        (
            json!({"password_hash": GOOD_HASH, "custom_password_hash": {"algorithm": "md5", "hash": {"value": "00000000000000000000000000000000", "encoding": "hex"}}}),
            "custom_password_hash",
            "keep only one of the two",
        ),
        (
            json!({"custom_password_hash": {"algorithm": "md6", "hash": {}}}),
            "custom_password_hash.algorithm",
            "must be one of argon2",
        ),
        (
            json!({"custom_password_hash": {"algorithm": "md5"}}),
            "custom_password_hash.hash",
            "is missing",
        ),
        (
            json!({"custom_password_hash": {"algorithm": "md5", "hash": {}, "pepper": 1}}),
            "custom_password_hash.pepper",
            "is not a field here",
        ),
        // The schema would let it pass; no sign-in would.
        (
            json!({"custom_password_hash": {"algorithm": "hmac", "hash": {"value": "00", "encoding": "hex", "digest": "md5"}}}),
            "custom_password_hash.hash.key",
            "hmac needs it",
        ),
        (metadata("email"), "app_metadata.email", "reserves"),
        (
            json!({"mfa_factors": []}),
            "mfa_factors",
            "and Auth0 takes 1 to 10",
        ),
        (
            json!({"mfa_factors": [{"totp": {"secret": "abc1"}}]}),
            "mfa_factors[0].totp.secret",
            "base32",
        ),
        (
            json!({"mfa_factors": [{"phone": {"value": "123"}}]}),
            "mfa_factors[0].phone.value",
            "must be + and",
        ),
        (
            json!({"phone_number": "+49 (30) 1234-56"}),
            "phone_number",
            "nothing between them, as in +4930123456",
        ),
        (
            json!({"phone_number": "4930123456"}),
            "phone_number",
            "+ and 1 to 15 digits",
        ),
        (
            json!({"phone_number": "+1234567890123456"}),
            "phone_number",
            "+ and 1 to 15 digits",
        ),
        (
            json!({"user_id": "auth0|1"}),
            "user_id",
            "begins with a provider, auth0|",
        ),
        (
            json!({"user_id": "google-oauth2|1"}),
            "user_id",
            "give only the part after google-oauth2|",
        ),
        (json!({"user_id": ""}), "user_id", "is empty"),
        (json!({"user_id": "a b"}), "user_id", "has white space"),
        (json!({"user_id": "a\u{a0}b"}), "user_id", "has white space"),
        (
            json!({"user_id": "é".repeat(300)}),
            "user_id",
            "has 300 characters, and Auth0 takes at most 255",
        ),
        (
            json!({"user_metadata": {"address.city": "Berlin"}}),
            "user_metadata.\"address.city\"",
            "make it an object",
        ),
        (
            json!({"app_metadata": {"list": [{"of": {"$set": 1}}]}}),
            "app_metadata.list[0].of.\"$set\"",
            "a `.` or a `$`",
        ),
    ] {
        let found = check_users(&connection, &[user(fields.clone())]);
        let [problem] = &found[..] else {
            panic!("{fields}: {found:?}");
        };
        assert_eq!(problem.field, field, "{problem}");
        assert!(problem.problem.contains(part), "{problem}");
        assert!(
            !problem.to_string().contains(&GOOD_HASH[10..40]),
            "{problem}"
        );
    }
    let emails_only = get_connection_id(&tenant, "Email-Only-Users").unwrap();
    let found = check_users(&emails_only, &[user(json!({"username": "a"}))]);
    assert!(
        found[0].problem.contains("does not take usernames"),
        "{found:?}"
    );
}

#[test]
fn twins_are_found_by_all_that_must_be_unique() {
    let (_practice, _, connection) = connection();
    let users = [
        user(json!({"user_id": "1", "username": "one"})),
        user(json!({"email": "A@UNI.test", "username": "two"})),
        user(json!({"email": "b@uni.test", "username": "ONE"})),
        user(json!({"email": "c@uni.test", "user_id": "1"})),
        user(json!({"email": "d@uni.test", "phone_number": "+4930123456"})),
        user(json!({"email": "e@uni.test", "phone_number": "+4930123456"})),
    ];
    let found: Vec<String> = check_users(&connection, &users)
        .iter()
        .map(ToString::to_string)
        .collect();
    let wanted = [
        (2, "A@UNI.test", "email", 1),
        (3, "b@uni.test", "username", 1),
        (4, "c@uni.test", "user_id", 1),
        (6, "e@uni.test", "phone_number", 5),
    ];
    let wanted = wanted.map(|(row, email, field, owner)| {
        format!("row {row} ({email}): {field} is also in row {owner}: leave out one of the two")
    });
    assert_eq!(found, wanted);
}

#[test]
fn a_hash_is_looked_at_whatever_else_is_wrong() {
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let hash = json!({"algorithm": "md5", "hash": {"encoding": "hex"}});
    let users = [user(
        json!({"email": "a@localhost", "custom_password_hash": hash}),
    )];
    let found = check_users(&connection, &users);
    let fields: Vec<&str> = found.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["email", "custom_password_hash.hash.value"]);
}

#[test]
fn what_is_usual_in_ids_and_metadata_is_no_fault() {
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let users = [
        user(json!({"user_id": "5f7c8ec7c33c6c004bbafe82"})),
        user(json!({"email": "b@uni.test", "user_id": "é".repeat(255)})),
        user(json!({"email": "c@uni.test", "user_id": "|odd", "phone_number": "+1"})),
        user(
            json!({"email": "d@uni.test", "user_metadata": {"address": {"city": "a.b"}, "price": "$1"}}),
        ),
    ];
    assert_eq!(check_users(&connection, &users), []);
    assert_eq!(check_warnings(&users), []);
}

#[test]
fn dotted_columns_make_objects_and_never_keys_with_a_dot() {
    let csv = "email,user_metadata.address.city,user_metadata.address.zip,app_metadata.plan.of.year,user_metadata.plan\n\
               a@uni.test,Berlin,10115,2026,free\n";
    let file = TestFile::new(csv.as_bytes());
    let rows = read_csv(file.path(), &[]).unwrap();
    let users: Vec<User> = rows.collect::<Result<_>>().unwrap();
    let metadata = |user: &User| json!([user.user_metadata, user.app_metadata]);
    let wanted = json!([{"address": {"city": "Berlin", "zip": "10115"}, "plan": "free"}, {"plan": {"of": {"year": "2026"}}}]);
    assert_eq!(metadata(&users[0]), wanted);
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    assert_eq!(check_users(&connection, &users), []);
}

/// A user of just so many bytes in JSON.
fn user_of(bytes: usize, email: &str) -> User {
    let mut user = user(json!({"email": email, "user_metadata": {"notes": ""}}));
    let rest = bytes - serde_json::to_vec(&user).unwrap().len();
    user.user_metadata.as_mut().unwrap()["notes"] = "x".repeat(rest).into();
    user
}

/// The limit is 10 KB (Auth0's guide "Migrate Oversized User Profiles").
#[test]
fn a_profile_of_over_ten_kilobytes_is_a_warning_and_is_sent() {
    let _time = turned_time();
    let (_practice, tenant, connection) = connection();
    let users = [user_of(10_240, "a@uni.test"), user_of(10_241, "b@uni.test")];
    assert_eq!(check_users(&connection, &users), []);
    let warnings = check_warnings(&users);
    let [
        Problem {
            row,
            field,
            problem,
            ..
        },
    ] = &warnings[..]
    else {
        panic!("{warnings:?}");
    };
    assert_eq!((*row, field.as_str()), (2, "user_metadata"));
    assert!(
        problem.contains("10,241 bytes") && problem.contains("2027-03-04"),
        "{problem}"
    );
    let plan = plan_import(&tenant, &connection, &users).unwrap();
    assert_eq!(plan.warnings, warnings);
    let drawn = plan.to_string();
    for part in [
        "2 to send, 0 faulty",
        "1 user with a warning",
        "row 2: b@uni.test",
        "2027-03-04",
    ] {
        assert!(drawn.contains(part), "{drawn}");
    }
    let name = Named::new("large");
    let report = import_users(&tenant, &connection, &users, &quick(&name)).unwrap();
    assert_eq!(report.counts().inserted, 2, "{report}");
}

/// `password_hash` cannot be upserted (documented with the import schema).
#[test]
fn a_hash_that_an_upsert_would_drop_is_a_fault_until_it_is_meant() {
    let _time = turned_time();
    let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
    let (_practice, tenant, known) = self::connection();
    let custom = json!({"algorithm": "md5", "hash": {"value": "00000000000000000000000000000000", "encoding": "hex"}});
    let users = [
        user(json!({"password_hash": GOOD_HASH})),
        user(json!({"email": "b@uni.test", "custom_password_hash": custom})),
        user(json!({"email": "c@uni.test"})),
    ];
    let upsert = ImportOptions::default().upsert(true);
    let plan = plan_import_with(&tenant, &connection, &users, &upsert).unwrap();
    let [
        Problem {
            row: 1,
            field,
            problem,
            ..
        },
    ] = &plan.problems[..]
    else {
        panic!("{plan}");
    };
    assert_eq!(field, "password_hash");
    assert!(problem.contains("keep_existing_passwords"), "{problem}");
    assert!(
        plan.to_string()
            .contains("the custom_password_hash of 1 user replaces"),
        "{plan}"
    );
    let refused = import_users(&tenant, &known, &users, &upsert).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BadRows, "{refused}");
    let uploads = |request: &&SentRequest| request.method == "POST";
    assert_eq!(tenant.requests().iter().filter(uploads).count(), 0);

    for (options, notes) in [
        (ImportOptions::default(), 0),
        (upsert.keep_existing_passwords(), 2),
    ] {
        let plan = plan_import_with(&tenant, &connection, &users, &options).unwrap();
        assert_eq!(plan.problems, [], "{plan}");
        assert_eq!(plan.notes.len(), notes, "{plan}");
    }
}

#[test]
fn a_row_that_is_left_out_takes_nothing_from_a_good_one() {
    let (_practice, _, connection) = connection();
    let users = [
        user(json!({"password_hash": "abc"})),
        user(json!({"user_id": "one"})),
        user(json!({"email": "b@uni.test", "user_id": "one", "username": "two"})),
        user(json!({"email": "c@uni.test", "username": "two"})),
        user(json!({"email": "bad"})),
        user(json!({"email": "bad"})),
    ];
    let found = check_users(&connection, &users);
    let told: Vec<(usize, &str)> = found
        .iter()
        .map(|problem| (problem.row, problem.field.as_str()))
        .collect();
    let wanted = [
        (1, "password_hash"),
        (1, "email"),
        (3, "username"),
        (3, "user_id"),
        (5, "email"),
        (6, "email"),
        (6, "email"),
    ];
    assert_eq!(told, wanted);
    assert!(found[1].problem.contains("is also in row 2"), "{found:?}");
    assert!(found[2].problem.contains("is also in row 4"), "{found:?}");
}

/// A user with one or no field out of the ordinary; the number keeps them apart.
fn odd_user(number: usize) -> impl Strategy<Value = User> {
    let odd_email = prop_oneof![
        "[a-z.+!#\"@ äあ]{1,12}@[a-z.-]{1,10}(\\.[a-z]{1,3})?",
        "\\PC{0,12}",
        Just(format!("{}@uni.test", "x".repeat(65))),
    ];
    let odd = prop_oneof![
        Just(json!({})),
        odd_email.prop_map(|email| json!({"email": email})),
        "[a-z@. _'-]{0,20}".prop_map(|username| json!({"username": username})),
        "\\$2[abxy]?\\$1[0-2]\\$[a-z./!]{51,54}".prop_map(|hash| json!({"password_hash": hash})),
        "[a-z_]{1,4}|email|user_id|__tenant|lastIP".prop_map(|key| json!({"app_metadata": {key: 1}})),
        // Only what the import looks at: the algorithms' own rules, which it does not, are in `recipes.rs`.
        ("md[456]|md5", "hex|base64|utf7").prop_map(|(algorithm, encoding)| {
            let value = if encoding == "hex" { "0".repeat(32) } else { format!("{}==", "A".repeat(22)) };
            json!({"custom_password_hash": {"algorithm": algorithm, "hash": {"value": value, "encoding": encoding}}})
        }),
        "\\+?[0-9 ()-]{0,17}".prop_map(|phone| json!({"phone_number": phone})),
        "[a-z0-9 -]{0,4}|[a-z]{250,260}".prop_map(|id| json!({"user_id": id})),
        ("totp|phone|email|sms", "[A-Z2-9+@.a-z]{0,8}").prop_map(|(kind, value)| {
            let key = if kind == "totp" { "secret" } else { "value" };
            json!({"mfa_factors": [{kind: {key: value}}]})
        }),
    ];
    odd.prop_map(move |odd| {
        let mut all = json!({"email": format!("u{number}@uni.test")});
        for (name, value) in odd.as_object().unwrap() {
            all[name] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    })
}

#[test]
fn the_check_and_the_tenant_refuse_the_same_rows() {
    let _time = turned_time();
    let (_practice, tenant, connection) = connection();
    let mut runner = TestRunner::deterministic();
    let (mut refused, mut taken) = (0, 0);
    for upload in 0..5 {
        let users: Vec<User> = (0..300)
            .map(|row| {
                odd_user(upload * 300 + row)
                    .new_tree(&mut runner)
                    .unwrap()
                    .current()
            })
            .collect();
        let mut ours: Vec<usize> = check_users(&connection, &users)
            .iter()
            .map(|problem| problem.row)
            .collect();
        ours.dedup();
        let job = start_import(&tenant, &connection, &users).unwrap();
        let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
        // Who is there from an earlier upload is no fault of the row's.
        let there = |failed: &&FailedUser| failed.errors[0].message.contains("already exist");
        let errors = job_errors(&tenant, &finished).unwrap();
        let mut theirs: Vec<usize> = errors
            .iter()
            .filter(|f| !there(f))
            .filter_map(|f| f.row)
            .collect();
        theirs.sort_unstable();
        let differs = (1..=users.len()).find(|row| ours.contains(row) != theirs.contains(row));
        if let Some(row) = differs {
            let told = errors.iter().find(|failed| failed.row == Some(row));
            let user = serde_json::to_string(&users[row - 1]).unwrap();
            panic!(
                "row {row}: {user}: here {}, there {told:?}",
                ours.contains(&row)
            );
        }
        refused += theirs.len();
        taken += users.len() - theirs.len();
    }
    assert!(
        refused > 200 && taken > 200,
        "{refused} {taken}: both kinds must come"
    );
}
