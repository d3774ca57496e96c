//! What the systems write that their first example does not show: older and newer versions, other ways to export, what stands
//! for nothing. Hashes were made by Python's hashlib and bcrypt, from "correct horse".

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::sources::{BCRYPT, Seen, plain, refused, seen, seen_with};

/// The bytes 0 to 15 in base64, and PBKDF2 with them for a salt: of SHA-1 once, and of SHA-256 twice, 64 bytes each.
const SALT: &str = "AAECAwQFBgcICQoLDA0ODw==";
const SHA1: &str =
    "68Mm1DgDXmEGk2QEweE4t7H4ft6f3TJT3D7jbRiy3QTBnHXJyb+FPoOUjXtEAUKXCwPUw04uvUtCkPip+ZLzdA==";
const SHA256: &str =
    "Zu/bY+1e+fBiT3OAjfs2aLTBIbuslEOuwUtk2pxsfyLeVU5cxaYqBUTrjodq5ZQ84OWv+cupLl59JCg/caZ72Q==";
const MD5: &str = "3cb4e732631f47e6eb961f34554b7cde";
const SSHA: &str = "{SSHA}K0MZxWoMPVRxegoJBeg1/wEGvbpzYWx0MTIzNA==";
/// Firebase's, of its documentation.
const FIREBASE: &str =
    "8+AQew11O3AwZ4bBwlKhtzGiWnG35jB36LmSTG09dpblz6NRRw1jvTIXrRJ4ZGFv0uZrdnxTvx13Z987inNjkQ==";

/// Whether each user signs in with "correct horse", in their order.
fn sign_ins(seen: &Seen) -> Vec<bool> {
    let users = seen.rows.iter().flatten();
    users
        .map(|user| user.has_hash() && verify_password(user, "correct horse").unwrap())
        .collect()
}

trait HasHash {
    fn has_hash(&self) -> bool;
}

impl HasHash for User {
    fn has_hash(&self) -> bool {
        self.password_hash.is_some() || self.custom_password_hash.is_some()
    }
}

fn left_out(seen: &Seen) -> Vec<String> {
    let reasons = seen.counts.left_out();
    reasons.into_iter().map(|(why, _)| why).collect()
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

#[test]
fn a_word_for_nothing_is_no_password_and_no_value() {
    let text = format!(
        "Id,UserName,Email,EmailConfirmed,PasswordHash,SecurityStamp,PhoneNumber,FirstName\n\
         1,ada,ada@example.com,1,NULL,NULL,NULL,NULL\n2,bob,bob@example.com,1,{BCRYPT},s,NULL,Null\n"
    );
    let seen = seen(text);
    assert_eq!(seen.counted(), (2, 2, 0, 0), "{:?}", seen.faults());
    let nothing = json!({"user_id": "1", "username": "ada", "email": "ada@example.com", "email_verified": true});
    assert_eq!(seen.users()[0], nothing);
    assert_eq!(seen.users()[1]["given_name"], "Null");
    let laravel = format!(
        "id,email,password,remember_token,two_factor_secret,role,deleted_at\n1,ada@example.com,{BCRYPT},NULL,NULL,NULL,NULL\n"
    );
    let laravel = self::seen(laravel);
    assert_eq!(
        (laravel.source, laravel.counts.lost_factors()),
        (Source::Laravel, 0)
    );
    assert!(laravel.users()[0].get("app_metadata").is_none());
    let oracle =
        format!("ID,EMAIL,ENCRYPTED_PASSWORD,CONFIRMED_AT\n1,ada@example.com,{BCRYPT},01-JAN-24\n");
    assert_eq!(self::seen(oracle).users()[0]["email_verified"], true);
    let supabase = "id,email,encrypted_password,raw_app_meta_data,raw_user_meta_data,phone\n1,ada@example.com,,null,null,NULL\n";
    let supabase = self::seen(supabase);
    assert_eq!(supabase.faults(), Vec::<String>::new());
    assert!(supabase.users()[0].get("phone_number").is_none());
}

#[test]
fn newer_csv_of_firebase_has_more_providers() {
    let row = |cells: &[(usize, &str)]| {
        let mut row = [""; 52];
        for (place, cell) in cells {
            row[*place] = cell;
        }
        format!("{},\n", row.join(","))
    };
    let text = row(&[
        (0, "l1"),
        (1, "ada@example.com"),
        (2, "true"),
        (3, FIREBASE),
        (4, "c2FsdA=="),
        (26, "false"),
    ]) + &row(&[(0, "l2"), (1, "bob@example.com"), (2, "true"), (28, "a1")])
        + &row(&[(0, "l3"), (1, "cay@example.com"), (2, "true"), (32, "m1")])
        + &row(&[(0, "l4"), (1, "dan@example.com"), (2, "true"), (48, "y1")]);
    let seen = seen(text);
    assert_eq!(seen.source, Source::Firebase, "{}", seen.what);
    assert_eq!(seen.counted(), (4, 1, 3, 0), "{:?}", seen.faults());
    assert_eq!(
        left_out(&seen),
        [
            "signs in with apple.com",
            "signs in with microsoft.com",
            "signs in with yahoo.com"
        ]
    );
    let listed = json!([
        {"uid": "l1", "email": "ada@example.com", "emailVerified": true, "disabled": false, "passwordHash": FIREBASE, "passwordSalt": "c2FsdA==",
            "metadata": {"creationTime": "Mon, 01 Jan 2024 00:00:00 GMT"}, "providerData": [{"providerId": "password"}]},
        {"uid": "l2", "email": "bob@example.com", "metadata": {}, "providerData": [{"providerId": "google.com"}]}]);
    let listed = self::seen(listed.to_string());
    assert_eq!(
        (listed.source, listed.counted()),
        (Source::Firebase, (2, 1, 1, 0))
    );
    assert_eq!(listed.users()[0]["user_id"], "l1");
}

#[test]
fn credentials_of_each_age_of_keycloak_are_read() {
    let old = |algorithm: Value| json!({"type": "password", "hashedSaltedValue": SHA1, "salt": SALT, "hashIterations": 1, "algorithm": algorithm});
    let secret = json!({"value": SHA256, "salt": SALT}).to_string();
    let data = json!({"hashIterations": 2, "algorithm": "pbkdf2-sha256"}).to_string();
    let new = |kind: &str| json!({"type": kind, "secretData": secret, "credentialData": data});
    let user = |name: &str, field: &str, value: Value| json!({"username": name, "email": format!("{name}@example.com"), "enabled": true, "createdTimestamp": 1_704_067_200_000_u64, field: value});
    let users = json!({"realm": "r", "users": [
        user("ada", "credentials", json!([old(json!("HmacSHA1"))])),
        user("bob", "credentials", json!([old(Value::Null)])),
        user("cay", "credentials", json!([new("password"), new("password-history")])),
        user("dan", "credentials", json!([{"type": "password", "value": "correct horse", "temporary": false}])),
        user("eve", "socialLinks", json!([{"socialProvider": "google", "socialUserId": "1"}]))]});
    let text = users.to_string();
    let hashed = seen_with(text.as_bytes(), &plain().hash_clear_text(true)).unwrap();
    assert_eq!(hashed.counted(), (5, 4, 1, 0), "{:?}", hashed.faults());
    assert_eq!(sign_ins(&hashed), [true; 4]);
    assert_eq!(hashed.counts.lost_factors(), 0);
    let told = seen(&text);
    assert!(
        told.faults()[0].contains("has a password in clear text"),
        "{:?}",
        told.faults()
    );

    let quoted = |text: &str| text.replace('"', "\"\"");
    let table = format!(
        "ID,EMAIL,EMAIL_VERIFIED,ENABLED,FIRST_NAME,USERNAME,CREATED_TIMESTAMP,SECRET_DATA,CREDENTIAL_DATA\n7,ada@example.com,t,f,Ada,ada,1704067200000,\"{}\",\"{}\"\n",
        quoted(&secret),
        quoted(&data)
    );
    let table = seen(table);
    assert_eq!(
        (table.source, sign_ins(&table)),
        (Source::Keycloak, vec![true])
    );
    assert_eq!(table.users()[0]["blocked"], true);
    // Where it is not known, such a column goes nowhere, and stops the reading.
    let unknown = format!("email,details\nada@example.com,\"{}\"\n", quoted(&secret));
    let unknown = refused_late(&unknown);
    assert!(
        unknown.starts_with("`details` looks like password hashes"),
        "{unknown}"
    );
}

/// The sentence of the error that stands in place of the first user.
fn refused_late(text: &str) -> String {
    seen(text).faults().remove(0)
}

#[test]
fn what_holds_users_and_is_no_list_of_them_is_named() {
    let realm = |users: Value| json!({"realm": "r", "clients": [{"clientId": "a", "secret": "**********"}], "users": users});
    let ada = json!({"username": "ada", "email": "ada@example.com"});
    let lists = "it is JSON with several objects that each hold a list of users: ";
    for text in [
        json!([realm(json!([ada])), realm(json!([]))]).to_string(),
        json!([{"type": "header"}, {"type": "table", "name": "users", "data": [{"id": "1", "email": "ada@example.com", "password": BCRYPT}]}]).to_string(),
    ] {
        let refused = refused(&text, &plain());
        assert!(refused.starts_with(lists), "{refused}");
    }
    let keyed =
        "it is a JSON object with one user under each key: turn it into a list with `jq '[.[]]'`";
    let users = json!({"u1": ada, "u2": {"email": "bob@example.com"}});
    assert_eq!(refused(users.to_string(), &plain()), keyed);
    assert_eq!(
        refused(json!({"users": users}).to_string(), &plain()),
        keyed
    );
    let mut bare = realm(json!([]));
    bare.as_object_mut().unwrap().remove("users");
    let bare = refused(bare.to_string(), &plain());
    assert!(
        bare.starts_with("it is a Keycloak realm without its users: "),
        "{bare}"
    );
    let behind = json!({"accounts": [{"email": "group@example.com"}], "users": [ada]});
    let behind = refused(behind.to_string(), &plain());
    assert_eq!(
        behind,
        "it is JSON with another list before the list `users`: keep only that list, for example with `jq .users`"
    );
    // Rows without an e-mail are rows.
    let rows = seen(lines(&[
        json!({"name": "Ada", "emails": [{"email": "ada@example.com"}]}),
        json!({"name": "Bob"}),
    ]));
    assert_eq!(rows.counts.rows(), 2);
    for (text, what) in [
        ("--\n-- PostgreSQL database dump\n--\n", "an SQL script"),
        ("/*!40101 SET NAMES utf8 */;\n", "an SQL script"),
        (
            "COPY public.users (id, email) FROM stdin;\n",
            "an SQL script",
        ),
        ("PRAGMA foreign_keys=OFF;\n", "an SQL script"),
    ] {
        let refused = refused(text, &plain());
        assert!(refused.starts_with(&format!("it is {what}: ")), "{refused}");
    }
}

#[test]
fn hashes_in_a_list_beside_the_users_are_not_lost_without_a_word() {
    let text = json!({"user": [{"id": "u1", "name": "Ada", "email": "ada@example.com", "emailVerified": true}],
        "account": [{"id": "a1", "userId": "u1", "providerId": "credential", "password": BCRYPT}]})
    .to_string();
    let told = refused(&text, &plain());
    assert!(
        told.starts_with("`account` looks like a list of password hashes, apart from"),
        "{told}"
    );
    let seen = seen_with(text.as_bytes(), &plain().leave_out("account")).unwrap();
    assert_eq!(seen.counted(), (1, 1, 0, 0));
}

#[test]
fn tables_of_better_auth_are_known_by_either_of_their_names() {
    let snake = format!(
        "id,name,email,email_verified,image,created_at,updated_at,account_id,provider_id,user_id,password\nu1,Ada,ada@example.com,t,,2024-01-01,x,u1,credential,u1,{BCRYPT}\n"
    );
    let snake = seen(snake);
    assert_eq!(
        (snake.source, sign_ins(&snake)),
        (Source::BetterAuth, vec![true])
    );
    let alone = seen(
        "id,name,email,emailVerified,image,createdAt,role,banned\nu1,Ada,ada@example.com,true,,2024-01-01,admin,true\n",
    );
    assert_eq!(alone.source, Source::BetterAuth);
    assert_eq!(
        (&alone.users()[0]["user_id"], &alone.users()[0]["blocked"]),
        (&json!("u1"), &json!(true))
    );
}

#[test]
fn each_form_of_clerk_gives_the_primary_address() {
    let rows = json!([
        {"id": "user_1", "first_name": "Ada", "email_addresses": "ada@example.com|old@example.com", "phone_numbers": null, "password_digest": BCRYPT, "password_hasher": "bcrypt"},
        {"id": "user_2", "first_name": "Bob", "primary_email_address": "bob@example.com", "email_addresses": ["old@example.com"], "password_digest": MD5, "password_hasher": "md5"},
        {"id": "user_3", "first_name": "Cay", "primary_email_address_id": "i2", "two_factor_enabled": true, "primary_phone_number_id": "p2",
            "email_addresses": [{"id": "i1", "email_address": "old@example.com", "verification": {"status": "verified"}}, {"id": "i2", "email_address": "cay@example.com", "verification": {"status": "unverified"}}],
            "phone_numbers": [{"id": "p1", "phone_number": "+491"}, {"id": "p2", "phone_number": "+492", "verification": {"status": "verified"}}]}]);
    let seen = seen(rows.to_string());
    assert_eq!(
        (seen.source, seen.counted()),
        (Source::Clerk, (3, 3, 0, 0)),
        "{:?}",
        seen.faults()
    );
    let emails: Vec<_> = seen
        .users()
        .iter()
        .map(|user| user["email"].clone())
        .collect();
    assert_eq!(
        emails,
        ["ada@example.com", "bob@example.com", "cay@example.com"]
    );
    assert_eq!(sign_ins(&seen), [true, true, false]);
    let cay = &seen.users()[2];
    assert_eq!(
        (
            &cay["email_verified"],
            &cay["phone_number"],
            &cay["phone_verified"]
        ),
        (&json!(false), &json!("+492"), &json!(true))
    );
    assert_eq!(seen.counts.lost_factors(), 1);
    let peppered = format!(
        "id,primary_email_address,first_name,password_digest,password_hasher\nuser_1,ada@example.com,Ada,{BCRYPT},bcrypt_peppered\n"
    );
    let peppered = self::seen(peppered);
    assert_eq!(sign_ins(&peppered), [false]);
    assert!(
        peppered.counts.hashes()[0]
            .0
            .ends_with("and a pepper, not importable"),
        "{:?}",
        peppered.counts.hashes()
    );
}

#[test]
fn okta_says_who_has_a_password_there_and_which_address_is_verified() {
    let user = |name: &str, provider: &str| {
        json!({"id": name, "status": "ACTIVE", "profile": {"login": format!("{name}@example.com"), "email": format!("{name}@example.com")},
            "credentials": {"provider": {"type": provider, "name": "x"}, "emails": [{"value": "s@example.com", "status": "UNVERIFIED", "type": "SECONDARY"}, {"status": "VERIFIED", "type": "PRIMARY"}]}})
    };
    let seen = seen(json!([user("ada", "IMPORT"), user("bob", "SOCIAL")]).to_string());
    assert_eq!(seen.counted(), (2, 1, 1, 0), "{:?}", seen.counts.left_out());
    assert_eq!(
        (
            &seen.users()[0]["user_id"],
            &seen.users()[0]["email_verified"]
        ),
        (&json!("ada"), &json!(true))
    );
}

#[test]
fn users_of_a_dump_of_django_are_those_with_a_password() {
    let dump = json!([
        {"model": "members.member", "pk": 1, "fields": {"password": BCRYPT, "email": "ada@example.com", "is_active": true}},
        {"model": "socialaccount.socialaccount", "pk": 1, "fields": {"user": 1, "provider": "google", "uid": "1"}},
        {"model": "account.emailaddress", "pk": 1, "fields": {"user": 1, "email": "ada@example.com", "verified": true}}]);
    let seen = seen(dump.to_string());
    assert_eq!(
        (seen.counted(), sign_ins(&seen)),
        ((3, 1, 2, 0), vec![true]),
        "{:?}",
        seen.faults()
    );
    assert_eq!(seen.users()[0]["user_id"], "1");
}

#[test]
fn directories_have_locks_ids_and_several_passwords() {
    let text = format!(
        "dn: uid=ada,dc=x\nobjectClass: inetOrgPerson\nmail: ada@example.com\nuserPassword: {{CRYPT}}$6$abc$def\nuserPassword: {SSHA}\nnsUniqueId: 7-7\nnsAccountLock: true\n\n\
         dn: cn=bob,dc=x\nobjectClass: user\nmail: bob@example.com\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==\nuserAccountControl: 514\nwhenCreated: 20240115103000.0Z\n\n\
         dn: cn=cay,dc=x\nobjectClass: user\nmail: cay@example.com\nuserAccountControl: 512\npwdAccountLockedTime: 20240115103000Z\n\n\
         dn: cn=dan,dc=x\nobjectClass: person\nmail: dan@example.com\npwdAccountLockedTime: 000001010000Z\n\n\
         dn: uid=eve,dc=x\nchangetype: modify\nreplace: userPassword\nuserPassword: {SSHA}\n-\n\n\
         # search result\nsearch: 2\nresult: 0 Success\n"
    );
    let seen = seen(text);
    assert_eq!(seen.counted(), (5, 4, 1, 0), "{:?}", seen.faults());
    assert_eq!(sign_ins(&seen), [true, false, false, false]);
    let blocked: Vec<_> = seen
        .users()
        .iter()
        .map(|user| user["blocked"].clone())
        .collect();
    assert_eq!(
        blocked,
        [json!(true), json!(true), json!(false), json!(true)]
    );
    assert_eq!(seen.users()[0]["user_id"], "7-7");
    assert_eq!(
        seen.users()[1]["user_id"],
        "03020100-0504-0706-0809-0a0b0c0d0e0f"
    );
    assert_eq!(
        seen.users()[1]["app_metadata"]["imported"]["created_at"],
        "2024-01-15T10:30:00Z"
    );
    let silent = format!(
        "dn: uid=ada,dc=x\nobjectClass: person\nmail: ada@example.com\nuserPassword: {MD5}\n"
    );
    assert!(
        refused_late(&silent).starts_with("the hashes of `userPassword` do not say"),
        "{}",
        refused_late(&silent)
    );
}

#[test]
fn what_mongodb_exports_is_known_in_each_of_its_forms() {
    let rows = lines(&[
        json!({"_id": {"$oid": "64a1f0c2e4b0a1b2c3d4e5f6"}, "email": "ada@example.com", "password": BCRYPT, "createdAt": {"$date": {"$numberLong": "1704067200000"}}, "__v": 0}),
        json!({"_id": {"$oid": "64a1f0c2e4b0a1b2c3d4e5f7"}, "local": {"email": "bob@example.com", "password": BCRYPT}, "__v": 0}),
        json!({"_id": {"$oid": "64a1f0c2e4b0a1b2c3d4e5f8"}, "google": {"id": "1", "email": "cay@example.com"}, "__v": 0}),
    ]);
    let seen = seen(rows);
    assert_eq!(
        (seen.source, seen.counted()),
        (Source::Passport, (3, 2, 1, 0)),
        "{:?}",
        seen.faults()
    );
    assert_eq!(sign_ins(&seen), [true, true]);
    assert_eq!(
        seen.users()[0]["app_metadata"]["imported"]["created_at"],
        "2024-01-01T00:00:00Z"
    );
    assert_eq!(left_out(&seen), ["signs in with google"]);
    let table = format!(
        "_id,email,password\nObjectId(64a1f0c2e4b0a1b2c3d4e5f6),ada@example.com,{BCRYPT}\n"
    );
    assert_eq!(
        self::seen(table).users()[0]["user_id"],
        "64a1f0c2e4b0a1b2c3d4e5f6"
    );
}

#[test]
fn the_api_and_the_identities_of_supabase_are_known() {
    let user = |id: &str, provider: &str| {
        json!({"id": id, "aud": "authenticated", "role": "authenticated", "email": format!("{id}@example.com"), "email_confirmed_at": "2024-01-15T10:30:00Z", "phone": "",
            "app_metadata": {"provider": provider, "providers": [provider], "plan": "gold"}, "user_metadata": {"a": 1}, "identities": [{"provider": provider}], "created_at": "2024-01-01"})
    };
    let api = seen(
        json!({"users": [user("ada", "email"), user("bob", "google")], "aud": "authenticated"})
            .to_string(),
    );
    assert_eq!(
        (api.source, api.counted()),
        (Source::Supabase, (2, 1, 1, 0))
    );
    let ada = json!({"email": "ada@example.com", "email_verified": true, "user_id": "ada", "user_metadata": {"a": 1},
        "app_metadata": {"plan": "gold", "imported": {"created_at": "2024-01-01"}}});
    assert_eq!(api.users(), [ada]);
    let table = "provider_id,user_id,identity_data,provider,created_at,updated_at,email,id\n\
        u1,u1,\"{\"\"email_verified\"\": true}\",email,2024-01-01,x,ada@example.com,i1\n1083,u2,{},google,2024-01-01,x,bob@example.com,i2\n";
    let table = seen(table);
    assert_eq!(
        (table.source, table.counted()),
        (Source::Supabase, (2, 1, 1, 0))
    );
    assert_eq!(
        (
            &table.users()[0]["user_id"],
            &table.users()[0]["email_verified"]
        ),
        (&json!("u1"), &json!(true))
    );
}

#[test]
fn passwords_of_auth0_are_those_of_its_databases_alone() {
    let user = |id: &str, provider: &str| json!({"user_id": format!("{provider}|{id}"), "email": format!("{id}@example.com"), "identities": [{"provider": provider}], "multifactor": ["guardian"]});
    let seen = seen(lines(&[
        user("ada", "auth0"),
        user("bob", "email"),
        user("cay", "okta"),
    ]));
    assert_eq!(seen.counted(), (3, 1, 2, 0), "{:?}", seen.faults());
    assert_eq!(
        left_out(&seen),
        ["signs in with email", "signs in with okta"]
    );
    assert_eq!(seen.counts.lost_factors(), 1);
}

#[test]
fn what_a_source_takes_a_hash_or_a_name_for_is_known() {
    let press = format!("ID,user_login,user_pass,user_email\n1,ada,{MD5},ada@example.com\n");
    assert_eq!(sign_ins(&seen(press)), [true]);
    let rest = json!([{"id": 1, "username": "ada", "email": "ada@example.com", "roles": ["editor"], "registered_date": "2024-01-01", "avatar_urls": {}}]);
    let rest = seen(rest.to_string());
    assert_eq!(
        (rest.source, &rest.users()[0]["user_id"]),
        (Source::WordPress, &json!("1"))
    );
    let pool = "cognito:username,email,email_verified,cognito:mfa_enabled\n2f1c6d1e-aaaa-4bbb-8ccc-1234567890ab,ada@example.com,TRUE,false\n";
    let pool = seen(pool);
    assert_eq!(
        pool.users(),
        [
            json!({"email": "ada@example.com", "email_verified": true, "user_id": "2f1c6d1e-aaaa-4bbb-8ccc-1234567890ab"})
        ]
    );
    let own = "cognito:username,email,custom:plan.of\nada,ada@example.com,gold\n";
    assert_eq!(
        seen(own).users()[0]["app_metadata"],
        json!({"imported": {"plan_of": "gold"}})
    );
    let clear = json!([{"schema_id": "d", "traits": {"email": "ada@example.com"}, "credentials": {"password": {"config": {"password": "correct horse"}}}},
        {"schema_id": "d", "traits": {"email": "bob@example.com"}, "credentials": {"oidc": {"config": {"providers": [{"provider": "google"}]}}}}]);
    let clear = seen_with(clear.to_string().as_bytes(), &plain().hash_clear_text(true)).unwrap();
    assert_eq!(
        (clear.counted(), sign_ins(&clear)),
        ((2, 1, 1, 0), vec![true])
    );
}

#[test]
fn who_signs_in_elsewhere_and_with_a_password_has_the_id_of_the_password() {
    let identities = json!([{"provider": "google-oauth2", "user_id": "1083"}, {"provider": "auth0", "user_id": "77"}]);
    let (id, email) = ("google-oauth2|1083", "ada@example.com");
    for line in [
        format!(r#"{{"user_id":"{id}","email":"{email}","identities":{identities}}}"#),
        format!(r#"{{"identities":{identities},"email":"{email}","user_id":"{id}"}}"#),
    ] {
        let seen = seen(&line);
        assert_eq!(
            seen.users(),
            [json!({"user_id": "77", "email": email})],
            "{line}"
        );
    }
    let twice = seen(r#"{"user_id":"auth0|google-oauth2|1083","email":"ada@example.com"}"#);
    assert_eq!(left_out(&twice), ["signs in with google-oauth2"]);
    let laravel = format!(
        "id,name,email,email_verified_at,password,provider,google_id\n1,Ada,ada@example.com,,,google,\n2,Bob,bob@example.com,,,,108\n3,Cay,cay@example.com,,{BCRYPT},,108\n"
    );
    let laravel = seen(laravel);
    assert_eq!(
        (laravel.source, laravel.counted()),
        (Source::Laravel, (3, 1, 2, 0))
    );
}

#[test]
fn a_hash_within_an_object_is_told_by_the_name_that_a_mapping_takes() {
    let text =
        json!({"email": "ada@example.com", "auth": {"since": 2020, "local": {"digest": BCRYPT}}})
            .to_string();
    let told = refused_late(&text);
    assert!(
        told.contains(r#"map it with ReadOptions::map("auth.local.digest", "hash")"#),
        "{told}"
    );
    let mapped = plain().map("auth.local.digest", "hash");
    assert_eq!(
        sign_ins(&seen_with(text.as_bytes(), &mapped).unwrap()),
        [true]
    );
    let without = plain().leave_out("auth.local.digest");
    assert_eq!(
        seen_with(text.as_bytes(), &without).unwrap().counted(),
        (1, 1, 0, 0)
    );
}

#[test]
fn the_line_that_declares_a_delimiter_may_be_quoted_and_in_capitals() {
    for line in ["\"sep=;\"", "SEP=;"] {
        let seen = seen(format!("{line}\nemail;name\nada@example.com;\"A;B\"\n"));
        assert_eq!(
            seen.users(),
            [json!({"email": "ada@example.com", "name": "A;B"})]
        );
    }
}

#[test]
fn what_stands_where_a_provider_was_expected_is_not_shown() {
    let text =
        format!("id,email,encrypted_password,sign_in_count,provider\n1,ada@example.com,,0,{MD5}\n");
    assert_eq!(left_out(&seen(text)), ["signs in with somebody else"]);
    let saml = json!([{"id": "user_1", "first_name": "Ada", "email_addresses": [{"email_address": "ada@example.com"}], "saml_accounts": [{}], "password_enabled": false}]);
    assert_eq!(left_out(&seen(saml.to_string())), ["signs in with saml"]);
}

#[test]
fn a_quote_behind_a_backslash_costs_its_row_and_garbles_no_name() {
    let text = "email,name\nada@example.com,\"Ada \\\"A\\\" Roe\"\nbob@example.com,\"C:\\\"\ncay@example.com,\"Cay \"\"C\"\"\"\n";
    let seen = seen(text);
    assert_eq!(seen.counted(), (3, 2, 0, 1), "{:?}", seen.users());
    assert_eq!(
        seen.faults(),
        ["line 2 has a quote after a backslash in a cell: write it as \"\""]
    );
    assert_eq!(seen.users()[0]["name"], "C:\\");
    assert_eq!(seen.users()[1]["name"], "Cay \"C\"");
}

#[test]
fn membership_and_passport_bring_their_users_with_what_they_sign_in_with() {
    // SHA-1 of the bytes 0 to 15 and the password in UTF-16, by Python's hashlib.
    let hash = "/7QvBVcbRLDbzj/gzAUe00wKoWQ=";
    let row = format!("7ada,ada,{hash},1,{SALT},ada@example.com,True,False,2024-01-02 03:04:05\n");
    let membership = seen(format!(
        "UserId,UserName,Password,PasswordFormat,PasswordSalt,Email,IsApproved,IsLockedOut,CreateDate\n{row}"
    ));
    assert_eq!(membership.source, Source::SqlMembership);
    assert_eq!(sign_ins(&membership), [true], "{:?}", membership.faults());
    let ada = &membership.users()[0];
    assert_eq!(
        (&ada["email"], &ada["username"], &ada["user_id"]),
        (&json!("ada@example.com"), &json!("ada"), &json!("7ada"))
    );

    // PBKDF2 as passport-local-mongoose has it: 25,000 rounds of SHA-256, 512 bytes, the salt as text.
    let salt = "50cd5deb2aadf3dc93b14bc8a5622e25a1d8fd816df1dd3b2ce066f2e5e63b3c";
    let hash = concat!(
        "7072b8f30d4c20774f7215417362a0501f082c82a18fcebbb90e9333165da2a75879b81366ee117ea249e338a2785f5614184c798f6056f22c2989a112675167",
        "6c617471edb0f379fe51adea0f35797a41728db7afab5d90964c4b4cc0695cec2931a562c24f3b6f1e94c828812be9ae584691fc053dde1215d81d6b5e469857",
        "46e21b429619d90039098047a88207e748a6023e5ea1810f41b0760b12072ef9d1142e9c4ff7bfa5fefaf54e24fa19f78f91924f8d846a0990f464c38341060d",
        "2e736b4bb1d615ef7f0050cfafa3b29d4cd883c80e3e41f06d35968a2cc6c2cd17763c1b97d3619dbcc2f60a7051dae26131cc98b7850d468805e2c74f3ea422",
        "ee12fd3cfcefdb5f473d43f07357ec23d42f4279b57cf91f8b1cef4b61d6cd61218818bb725fe958d76cc25c6cb3641284b47b011431ae4f65cb9a5551a8ccb4",
        "9f27eccf30c856121ac3201158010c948bc7cccdcfba531ee1fd4f704bde5db24bf5c2e18d0db05b81ddd8cc4f249d15a828d168e697ee03d4474a5d69a6d641",
        "046d90ecef70a527b99b8d4ed4c88f8b4dc59b530d914d327a73866abb1f5efc3898fc19ade86a89282d1dc6862377fb21daa5533558c2ca090f6cf85987cc0c",
        "b699e2581328edf314e55fdaf40ecffe0c856682771f68676e119a7a59689cce648ed2f438dbe8c8117c1a27f3a19c3266c9d03e40fdde9215e7d31dd28a7cef",
    );
    let mongo = json!({"_id": {"$oid": "64a1f0c2e4b0a1b2c3d4e5f6"}, "username": "ada", "email": "ada@example.com", "salt": salt, "hash": hash, "__v": 0});
    let mongo = seen(mongo.to_string());
    assert_eq!(
        (mongo.source, sign_ins(&mongo)),
        (Source::Passport, vec![true])
    );
    assert_eq!(mongo.users()[0]["user_id"], "64a1f0c2e4b0a1b2c3d4e5f6");
}

#[test]
fn pages_that_follow_each_other_are_read_and_what_else_follows_is_told() {
    let emails = |seen: &Seen| -> Vec<String> {
        let users = seen.users();
        users
            .iter()
            .map(|user| user["email"].as_str().unwrap()[..1].to_string())
            .collect()
    };
    for text in [
        r#"[{"email":"a@example.com"}]
           [{"email":"b@example.com"},{"email":"c@example.com"}]"#,
        r#"[{"email":"a@example.com"},{"email":"b@example.com"}],[{"email":"c@example.com"}]"#,
        r#"{"users":[{"email":"a@example.com"}],"total":3}
           {"users":[{"email":"b@example.com"},{"email":"c@example.com"}]}"#,
    ] {
        let seen = seen(text);
        assert_eq!(emails(&seen), ["a", "b", "c"], "{:?}", seen.faults());
    }
    let named = |name: &str| json!({"Users": [{"Username": name, "Attributes": [{"Name": "email", "Value": format!("{name}@example.com")}]}], "PaginationToken": "x"});
    let cognito = seen(lines(&[named("ada"), named("bob")]));
    assert_eq!(
        (cognito.source, emails(&cognito)),
        (Source::Cognito, vec!["a".to_string(), "b".to_string()])
    );
    // Pages that are longer than what is looked at first.
    let page = |name: &str| {
        let more = (0..40_000).map(|row| format!(r#",{{"email":"{name}{row}@example.com"}}"#));
        let more: String = more.collect();
        format!(
            r#"{{"total":2,"users":[{{"email":"{name}@example.com"}}{more}],"links":{{"next":[1]}}}}"#
        )
    };
    let pages = seen(format!("{}\n{}\n{{\"total\":0}}", page("a"), page("b")));
    assert_eq!(
        pages.counted(),
        (80_002, 80_002, 0, 0),
        "{:?}",
        pages.faults()
    );

    let behind = "begins something after the list of users, which is not read";
    let another = r#","users":[{"email":"b@example.com"}]}"#;
    let twice = page("a").replace(r#","links":{"next":[1]}}"#, another);
    for text in [
        twice.as_str(),
        r#"[{"email":"a@example.com"}] and {"email":"c@example.com"}"#,
    ] {
        let seen = seen(text);
        let faults = seen.faults();
        assert!(
            faults.len() == 1 && faults[0].contains(behind),
            "{faults:?}"
        );
        assert_eq!(emails(&seen)[0], "a");
    }
}

#[test]
fn a_flag_for_deleted_rows_leaves_out_those_alone() {
    let text = format!(
        "email,encrypted_password,reset_password_token,deleted_at\na@example.com,{BCRYPT},,0\nb@example.com,{BCRYPT},,f\nc@example.com,{BCRYPT},,2024-01-02\nd@example.com,{BCRYPT},,1\n"
    );
    let devise = seen(text);
    assert_eq!(devise.source, Source::Devise);
    assert_eq!(devise.counted(), (4, 2, 2, 0), "{:?}", devise.faults());
}

#[test]
fn a_block_whose_end_is_no_iso_date_goes_on() {
    let text = format!(
        "Id,Email,PasswordHash,SecurityStamp,LockoutEnd\n1,a@example.com,{BCRYPT},s,12/31/2099 23:59:59\n2,b@example.com,{BCRYPT},s,2001-01-01 00:00:00\n3,c@example.com,{BCRYPT},s,2999-01-01 00:00:00\n"
    );
    let blocked: Vec<bool> = seen(text)
        .users()
        .iter()
        .map(|user| user["blocked"] == true)
        .collect();
    assert_eq!(blocked, [true, false, true]);
}

#[test]
fn a_password_in_clear_text_that_bcrypt_would_cut_is_an_error_of_its_row() {
    let long = "ahoy".repeat(19);
    let text = format!(
        "email,password\na@example.com,{{noop}}{long}\nb@example.com,{{noop}}battery-staple\n"
    );
    let options = plain().map("password", "hash").hash_clear_text(true);
    let seen = seen_with(text.as_bytes(), &options).unwrap();
    assert_eq!(seen.counted(), (2, 1, 0, 1));
    let faults = seen.faults();
    assert!(
        faults[0].starts_with("line 2") || faults[0].contains("line 2"),
        "{faults:?}"
    );
    assert!(
        faults[0].contains("cannot be hashed") && faults[0].contains("72"),
        "{faults:?}"
    );
    assert!(!faults[0].contains("ahoy"), "{faults:?}");
    let [user] = &seen.rows.iter().flatten().collect::<Vec<_>>()[..] else {
        panic!()
    };
    assert!(verify_password(user, "battery-staple").unwrap());
}

#[test]
fn an_entry_of_endless_attributes_is_an_error_of_its_own() {
    let many: String = (0..1_001).map(|number| format!("a{number}: x\n")).collect();
    let text = format!(
        "dn: uid=a\nmail: a@example.com\n{many}\ndn: uid=b\nobjectClass: inetOrgPerson\nmail: b@example.com\n"
    );
    let seen = seen(text);
    assert_eq!(seen.counted(), (2, 1, 0, 1), "{:?}", seen.faults());
    assert!(
        seen.faults()[0].contains("has over 1000 attributes"),
        "{:?}",
        seen.faults()
    );
}

#[test]
fn a_piece_of_a_hash_in_a_heading_is_hidden() {
    let said = refused(
        "id,em0$mr1n69gxjfCb4agxhaB,address_2_line_1\n1,2,3\n",
        &plain(),
    );
    assert!(
        !said.contains("mr1n69gx") && said.contains("address_2_line_1"),
        "{said}"
    );
}
