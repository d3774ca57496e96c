//! Files of users from elsewhere: what they are taken for, what comes of each row, and what is never shown.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use auth0_bulk_users::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::{Named, TestFolder, quick};
use crate::server::Practice;

/// bcrypt of "correct horse", made by Python's bcrypt: of cost 10, and of cost 12 as PHP writes it.
pub(crate) const BCRYPT: &str = "$2b$10$mr1n69gxjfCb4agxhaBuP.dT58mMLzUM4C/yPC8tXrpFmtJk.Vc7u";
const SLOW_BCRYPT: &str = "$2y$12$evZnJBjivjVdX4cnGvAvcuUTc5Vdoo5wv4yJ8Buz54/7kVTR2gsfu";
/// SHA-256 in hex of anything: it does not say what it is.
const SILENT: &str = "1a7472c92fafa9b3170595db19a726d4d49598ed23cf1a9f9ca32113a4ee840b";
/// Drupal's, as hashcat's list of examples has it.
const DRUPAL: &str = "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf";

/// A file of that text, which goes when the test ends. Its name costs nothing, as that of a `TestFile` does.
pub(crate) struct Given(PathBuf);

impl Given {
    pub(crate) fn new(text: &[u8]) -> Given {
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let name = format!("sources-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text).unwrap();
        Given(path)
    }
}

impl AsRef<Path> for Given {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that was read to its end.
pub(crate) struct Seen {
    pub(crate) what: String,
    pub(crate) source: Source,
    pub(crate) rows: Vec<Result<User>>,
    pub(crate) counts: FileCounts,
}

impl Seen {
    pub(crate) fn users(&self) -> Vec<Value> {
        let users = self.rows.iter().flatten();
        users
            .map(|user| serde_json::to_value(user).unwrap())
            .collect()
    }

    /// What is wrong with rows, from the line on.
    pub(crate) fn faults(&self) -> Vec<String> {
        let errors = self.rows.iter().filter_map(|row| row.as_ref().err());
        let fault = |error: &Error| {
            let text = error.to_string();
            let (_, fault) = text.split_once(": ").unwrap();
            fault.to_string()
        };
        errors.map(fault).collect()
    }

    pub(crate) fn counted(&self) -> (u64, u64, u64, u64) {
        let left_out = self.counts.left_out().iter().map(|(_, rows)| rows).sum();
        (
            self.counts.rows(),
            self.counts.users(),
            left_out,
            self.counts.errors(),
        )
    }
}

pub(crate) fn seen_with(bytes: &[u8], options: &ReadOptions) -> Result<Seen> {
    let file = Given::new(bytes);
    let mut users = read_users_with(&file.0, options)?;
    let (what, source, counts) = (users.what(), users.source(), users.counts());
    let rows: Vec<Result<User>> = users.by_ref().collect();
    let ok = rows.iter().filter(|row| row.is_ok()).count() as u64;
    assert_eq!(counts.users(), ok, "each user is counted once");
    for shown in [
        format!("{users:?}"),
        users.to_string(),
        format!("{counts:?}"),
    ] {
        shows_no_secret(&shown);
    }
    for error in rows.iter().filter_map(|row| row.as_ref().err()) {
        shows_no_secret(&error.to_string());
    }
    Ok(Seen {
        what,
        source,
        rows,
        counts,
    })
}

pub(crate) fn seen(text: impl AsRef<[u8]>) -> Seen {
    seen_with(text.as_ref(), &ReadOptions::default()).unwrap()
}

/// The sentence with which a file is refused, from behind its path.
pub(crate) fn refused(text: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    let refused = seen_with(text.as_ref(), options).map(|seen| seen.what);
    let text = refused.unwrap_err().to_string();
    shows_no_secret(&text);
    text.split_once(": ").unwrap().1.to_string()
}

fn shows_no_secret(text: &str) {
    for secret in [
        &BCRYPT[8..],
        &SLOW_BCRYPT[8..],
        SILENT,
        &DRUPAL[4..],
        "battery-staple",
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

pub(crate) fn plain() -> ReadOptions {
    ReadOptions::default()
}

#[test]
fn every_form_and_encoding_gives_the_same_users() {
    let list = r#"[{"email":"jürgen@example.com","name":"Jürgen"}, {"email":"ada@example.com","name":"A; b, c"}]"#;
    let lines = "{\"email\":\"jürgen@example.com\",\"name\":\"Jürgen\"}\n\n{\"email\":\"ada@example.com\",\"name\":\"A; b, c\"}";
    let laid_out = serde_json::from_str::<Value>(list).unwrap();
    let table = |delimiter: &str| {
        format!(
            "email{delimiter}name\r\njürgen@example.com{delimiter}Jürgen\r\nada@example.com{delimiter}\"A; b, c\"\r\n"
        )
    };
    let objects = laid_out
        .as_array()
        .unwrap()
        .iter()
        .map(|user| format!("{user:#}"))
        .collect::<String>();
    let ldif = "version: 1\n\ndn: uid=j,dc=example,dc=com\nobjectClass: person\nmail:: asO8cmdlbkBleGFtcGxlLmNvbQ==\ndisplayName:: SsO8cmdl\n bg==\n\n# two\ndn: uid=a\nobjectclass: person\nmail: ada@exam\n ple.com\ndisplayName: A; b, c\n";
    let texts = [
        (list.to_string(), "a JSON list"),
        (format!("{laid_out:#}"), "a JSON list"),
        (
            format!("{{\"meta\": {{\"of\": [1, \"]\"]}}, \"users\": {list}, \"more\": 1}}"),
            "a JSON list within an object",
        ),
        (lines.to_string(), "JSON lines"),
        (objects, "JSON objects one after the other"),
        (table(","), "a CSV file with `,`"),
        (table(";"), "a CSV file with `;`"),
        (table("\t"), "a CSV file with tabs"),
        (table("|"), "a CSV file with `|`"),
        (format!("sep=;\r\n{}", table(";")), "a CSV file with `;`"),
        (ldif.to_string(), "an LDIF file"),
    ];
    for (text, what) in texts {
        let latin1: Vec<u8> = text
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect();
        let units = |order: fn(u16) -> [u8; 2], mark: &str| {
            let text = format!("{mark}{text}");
            text.encode_utf16().flat_map(order).collect::<Vec<u8>>()
        };
        let files = [
            (text.clone().into_bytes(), "UTF-8", plain()),
            (format!("\u{feff}{text}").into_bytes(), "UTF-8", plain()),
            (units(u16::to_le_bytes, "\u{feff}"), "UTF-16", plain()),
            (units(u16::to_be_bytes, "\u{feff}"), "UTF-16", plain()),
            (units(u16::to_le_bytes, ""), "UTF-16", plain()),
            (units(u16::to_be_bytes, ""), "UTF-16", plain()),
            (latin1, "Latin-1", plain().encoding(Encoding::Latin1)),
        ];
        for (bytes, encoding, options) in files {
            let seen = seen_with(&bytes, &options).unwrap();
            assert!(
                seen.what.starts_with(&format!("{what}, {encoding}")),
                "{}",
                seen.what
            );
            let users = seen.users();
            assert_eq!(seen.counted(), (2, 2, 0, 0), "{:?}", seen.faults());
            assert_eq!(
                (&users[0]["email"], &users[0]["name"]),
                (&json!("jürgen@example.com"), &json!("Jürgen"))
            );
            assert_eq!(
                (&users[1]["email"], &users[1]["name"]),
                (&json!("ada@example.com"), &json!("A; b, c"))
            );
        }
    }
}

/// `printf 'email\nada@example.com\n'`, packed by the gzip program.
const PACKED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xcd\x4d\xcc\xcc\xe1\x4a\x4c\x49\x74\x48\xad\x48\xcc\x2d\xc8\x49\xd5\x4b\xce\xcf\xe5\x02\x00\x1f\x41\x06\x54\x16\x00\x00\x00";

#[test]
fn what_is_packed_is_unpacked_and_what_is_cut_off_is_told() {
    let seen = seen(PACKED);
    assert_eq!(seen.what, "a CSV file with `,`, UTF-8, gzipped");
    assert_eq!(seen.users(), [json!({"email": "ada@example.com"})]);
    let half = refused(b"\x1f\x8b\x08\x00", &plain());
    assert_eq!(half, "the file is cut off or damaged");
    let cut = Given::new(&PACKED[..PACKED.len() - 3]);
    let rows: Vec<_> = read_users(&cut.0).unwrap().collect();
    let error = rows.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source, "{error}");
    assert!(error.to_string().contains("cut off or damaged"), "{error}");
}

/// A file of each system, and what comes of it.
fn systems() -> Vec<(Source, String, Value)> {
    let user = |value: Value| json!([value]);
    vec![
        (Source::Plain, r#"[{"email":"ada@example.com","email_verified":true,"app_metadata":{"plan":"gold"}}]"#.into(),
            user(json!({"email": "ada@example.com", "email_verified": true, "app_metadata": {"plan": "gold"}}))),
        (Source::Auth0Export, "user_id,email,email_verified,username,blocked,updated_at\n\"'auth0|u1\",\"'u1@example.com\",true,\"'u1\",false,2024-01-01T12:00:00.000Z\n".into(),
            user(json!({"user_id": "u1", "email": "u1@example.com", "email_verified": true, "username": "u1", "blocked": false}))),
        (Source::Auth0Export, "Id,Given Name,Family Name,Nickname,Name,Email,Email Verified,Picture,Connection,Created At,Updated At\nauth0|7,Ada,Roe,ada,Ada Roe,ada@example.com,true,https://example.com/a.png,Users,2024-01-01,2024-01-02\n".into(),
            user(json!({"user_id": "7", "given_name": "Ada", "family_name": "Roe", "nickname": "ada", "name": "Ada Roe", "email": "ada@example.com",
                "email_verified": true, "picture": "https://example.com/a.png", "app_metadata": {"imported": {"created_at": "2024-01-01"}}}))),
        (Source::Auth0Export, r#"{"user_id":"auth0|7","email":"ada@example.com","identities":[{"provider":"auth0","connection":"Users","isSocial":false}],"logins_count":3}"#.into(),
            user(json!({"user_id": "7", "email": "ada@example.com"}))),
        (Source::Auth0HashExport, format!("{}\n{}", json!({"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec93"}, "email": "ada@example.com", "email_verified": false, "passwordHash": BCRYPT, "tenant": "t", "connection": "c", "alt_id": "euclid"}),
            json!({"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec94"}, "passwordHash": BCRYPT, "tenant": "t", "connection": "c", "identifiers": [{"type": "email", "value": "only@example.com", "verified": true}]})),
            json!([{"user_id": "euclid", "email": "ada@example.com", "email_verified": false, "password_hash": BCRYPT},
                {"user_id": "5dea9f9c82dd7c0e76e4ec94", "email": "only@example.com", "email_verified": true, "password_hash": BCRYPT}])),
        (Source::AspNetIdentity, format!("Id,UserName,NormalizedUserName,Email,NormalizedEmail,EmailConfirmed,PasswordHash,SecurityStamp,ConcurrencyStamp,PhoneNumber,PhoneNumberConfirmed,TwoFactorEnabled,LockoutEnd,LockoutEnabled,AccessFailedCount\n\
            7,ada@example.com,ADA@EXAMPLE.COM,ada@example.com,ADA@EXAMPLE.COM,1,{BCRYPT},JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP,9be1,+4930123456,0,0,9999-12-31 23:59:59,1,0\n"),
            user(json!({"user_id": "7", "email": "ada@example.com", "email_verified": true, "password_hash": BCRYPT, "phone_number": "+4930123456",
                "phone_verified": false, "blocked": true, "app_metadata": {"imported": {"blocked_until": "9999-12-31 23:59:59"}}}))),
        (Source::BetterAuth, format!("id,name,email,emailVerified,image,createdAt,updatedAt,providerId,password\nu1,Ada Roe,ada@example.com,true,,2024-01-01T00:00:00Z,,credential,{BCRYPT}\n"),
            user(json!({"user_id": "u1", "name": "Ada Roe", "email": "ada@example.com", "email_verified": true, "password_hash": BCRYPT,
                "app_metadata": {"imported": {"created_at": "2024-01-01T00:00:00Z"}}}))),
        (Source::Clerk, format!("# Password for users with passwords: xxxxxxxx\nid,first_name,last_name,username,primary_email_address,verified_email_addresses,totp_secret,password_digest,password_hasher\nuser_1,Ada,Roe,,ada@example.com,ada@example.com,JBSWY3DPEHPK3PXP,{BCRYPT},bcrypt\n"),
            user(json!({"user_id": "user_1", "given_name": "Ada", "family_name": "Roe", "email": "ada@example.com", "email_verified": true, "password_hash": BCRYPT,
                "mfa_factors": [{"totp": {"secret": "JBSWY3DPEHPK3PXP"}}]}))),
        (Source::Cognito, "name,given_name,family_name,email,email_verified,phone_number,phone_number_verified,updated_at,cognito:mfa_enabled,cognito:username\nAda Roe,Ada,Roe,ada@example.com,TRUE,,,,false,ada\n".into(),
            user(json!({"name": "Ada Roe", "given_name": "Ada", "family_name": "Roe", "email": "ada@example.com", "email_verified": true, "username": "ada"}))),
        (Source::Cognito, json!({"Users": [{"Username": "ada", "Attributes": [{"Name": "sub", "Value": "s-1"}, {"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": "true"}, {"Name": "custom:plan", "Value": "gold"}],
            "UserCreateDate": 1_704_067_200, "Enabled": false, "UserStatus": "CONFIRMED"}]}).to_string(),
            user(json!({"user_id": "s-1", "username": "ada", "email": "ada@example.com", "email_verified": true, "blocked": true, "app_metadata": {"imported": {"plan": "gold", "created_at": "2024-01-01T00:00:00Z"}}}))),
        (Source::Devise, format!("id,email,encrypted_password,reset_password_token,remember_created_at,sign_in_count,confirmed_at,created_at\n7,ada@example.com,{SLOW_BCRYPT},,,3,2024-01-01 10:00:00,2023-05-05\n"),
            user(json!({"user_id": "7", "email": "ada@example.com", "email_verified": true, "custom_password_hash": bcrypt(), "app_metadata": {"imported": {"created_at": "2023-05-05"}}}))),
        (Source::Django, "id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined\n7,,,f,ada,Ada,Roe,ada@example.com,f,f,2024-01-01 00:00:00+00\n".into(),
            user(json!({"user_id": "7", "username": "ada", "given_name": "Ada", "family_name": "Roe", "email": "ada@example.com", "blocked": true,
                "app_metadata": {"imported": {"is_superuser": "f", "is_staff": "f", "created_at": "2024-01-01 00:00:00+00"}}}))),
        (Source::Firebase, json!({"users": [{"localId": "l1", "email": "ada@example.com", "emailVerified": true, "displayName": "Ada Roe", "createdAt": "1704067200000", "disabled": true, "providerUserInfo": []}]}).to_string(),
            user(json!({"user_id": "l1", "email": "ada@example.com", "email_verified": true, "name": "Ada Roe", "blocked": true, "app_metadata": {"imported": {"created_at": "2024-01-01T00:00:00Z"}}}))),
        (Source::Keycloak, json!({"realm": "r", "clients": [{"id": "c", "secret": "x"}], "users": [{"id": "k1", "username": "ada", "email": "ada@example.com", "emailVerified": true, "enabled": true, "firstName": "Ada", "createdTimestamp": 1_704_067_200_000_u64,
            "attributes": {"locale": ["de"], "shoe": ["9"]}, "groups": ["/staff"], "credentials": []}]}).to_string(),
            user(json!({"user_id": "k1", "username": "ada", "email": "ada@example.com", "email_verified": true, "blocked": false, "given_name": "Ada",
                "app_metadata": {"imported": {"created_at": "2024-01-01T00:00:00Z", "locale": "de", "attributes": {"shoe": "9"}, "groups": ["/staff"]}}}))),
        (Source::Kratos, json!([{"id": "i1", "schema_id": "default", "state": "active", "traits": {"email": "ada@example.com", "name": {"first": "Ada", "last": "Roe"}}, "verifiable_addresses": [{"value": "ada@example.com", "verified": true, "via": "email"}],
            "credentials": {"password": {"type": "password", "config": {"hashed_password": BCRYPT}}}, "metadata_public": {"theme": "dark"}}]).to_string(),
            user(json!({"user_id": "i1", "email": "ada@example.com", "email_verified": true, "given_name": "Ada", "family_name": "Roe", "password_hash": BCRYPT, "user_metadata": {"theme": "dark"}}))),
        (Source::Laravel, format!("id,name,email,email_verified_at,password,remember_token\n7,Ada Roe,ada@example.com,,{SLOW_BCRYPT},x1\n"),
            user(json!({"user_id": "7", "name": "Ada Roe", "email": "ada@example.com", "email_verified": false, "custom_password_hash": bcrypt()}))),
        (Source::Ldap, "dn: uid=ada,dc=example,dc=com\nobjectClass: top\nobjectClass: inetOrgPerson\nuid: ada\nmail: ada@example.com\nmail: roe@example.com\nsn: Roe\nentryUUID: e-1\nmemberOf: cn=staff\n".into(),
            user(json!({"user_id": "e-1", "username": "ada", "email": "ada@example.com", "family_name": "Roe",
                "app_metadata": {"imported": {"dn": "uid=ada,dc=example,dc=com", "other_emails": ["roe@example.com"], "groups": ["cn=staff"]}}}))),
        (Source::Okta, "login,firstName,lastName,email,mobilePhone,status\nada@example.com,Ada,Roe,ada@example.com,,SUSPENDED\n".into(),
            user(json!({"email": "ada@example.com", "given_name": "Ada", "family_name": "Roe", "blocked": true}))),
        (Source::Okta, json!([{"id": "00u1", "status": "ACTIVE", "profile": {"login": "ada@example.com", "email": "ada@example.com", "firstName": "Ada"}, "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}}}]).to_string(),
            user(json!({"user_id": "00u1", "email": "ada@example.com", "given_name": "Ada"}))),
        (Source::Spring, format!("username,password,enabled\nada@example.com,{{bcrypt}}{BCRYPT},t\n"),
            user(json!({"email": "ada@example.com", "password_hash": BCRYPT, "blocked": false}))),
        (Source::Supabase, format!("instance_id,id,aud,role,email,encrypted_password,email_confirmed_at,raw_app_meta_data,raw_user_meta_data,phone\n0,u-1,a,a,ada@example.com,{BCRYPT},2024-01-15 10:30:00+00,\"{{\\\"\"provider\\\"\":\\\"\"email\\\"\"}}\",\"{{\"\"plan\"\":\"\"gold\"\"}}\",12125550100\n"),
            user(json!({"user_id": "u-1", "email": "ada@example.com", "email_verified": true, "password_hash": BCRYPT, "user_metadata": {"plan": "gold"}, "phone_number": "+12125550100"}))),
        (Source::WordPress, format!("ID,user_login,user_pass,user_nicename,user_email,user_registered,display_name\n7,ada,{SLOW_BCRYPT},ada,ada@example.com,2024-01-01 00:00:00,Ada Roe\n"),
            user(json!({"user_id": "7", "username": "ada", "email": "ada@example.com", "name": "Ada Roe", "custom_password_hash": bcrypt(), "app_metadata": {"imported": {"created_at": "2024-01-01 00:00:00"}}}))),
    ]
}

fn bcrypt() -> Value {
    json!({"algorithm": "bcrypt", "hash": {"value": SLOW_BCRYPT}})
}

#[test]
fn each_system_is_recognised_and_its_fields_go_where_an_import_takes_them() {
    for (source, text, users) in systems() {
        let mut seen = seen(&text);
        assert_eq!(seen.source, source, "{text}");
        assert_eq!(seen.faults(), Vec::<String>::new(), "{source:?}");
        // How a hash is described is told elsewhere.
        for user in seen.rows.iter_mut().flatten() {
            if let Some(custom) = &mut user.custom_password_hash {
                custom["hash"].as_object_mut().unwrap().remove("encoding");
            }
        }
        assert_eq!(Value::from(seen.users()), users, "{source:?}");
        let connection = ConnectionId::new("con_0123456789abcdef").unwrap();
        let rows: Vec<User> = seen.rows.into_iter().map(Result::unwrap).collect();
        assert_eq!(check_users(&connection, &rows), [], "{source:?}");
        // And where it is named instead of recognised.
        let named = seen_with(text.as_bytes(), &plain().source(source)).unwrap();
        assert_eq!(named.counts.rows(), rows.len() as u64);
    }
}

#[test]
fn more_of_the_systems() {
    let firebase = format!(
        "l1,ada@example.com,true,8+AQew11O3AwZ4bBwlKhtzGiWnG35jB36LmSTG09dpblz6NRRw1jvTIXrRJ4ZGFv0uZrdnxTvx13Z987inNjkQ==,S4lt0001base64==,Ada Roe{}1704067200000,1704153600000,,,,\nl2,bob@example.com,true,,,Bob,,g1{}1704067200000,,,,,\n",
        ",".repeat(18),
        ",".repeat(16)
    );
    let seen_firebase = seen(&firebase);
    assert_eq!(
        seen_firebase.what,
        "a CSV file with `,` and without a heading, UTF-8, from Firebase"
    );
    assert_eq!(
        seen_firebase.counted(),
        (2, 1, 1, 0),
        "{:?}",
        seen_firebase.faults()
    );
    assert_eq!(
        seen_firebase.counts.left_out(),
        [("signs in with google.com".to_string(), 1)]
    );
    assert!(
        seen_firebase.counts.hashes()[0]
            .0
            .contains("not importable")
    );
    assert!(seen_firebase.users()[0].get("password_hash").is_none());

    let dump = json!([{"model": "contenttypes.contenttype", "pk": 1, "fields": {"app_label": "auth"}},
        {"model": "auth.user", "pk": 7, "fields": {"password": BCRYPT, "username": "ada", "email": "ada@example.com", "is_active": true, "groups": []}}]);
    let dumped = seen(dump.to_string());
    assert_eq!(
        (dumped.source, dumped.counted()),
        (Source::Django, (2, 1, 1, 0)),
        "{:?}",
        dumped.faults()
    );
    assert_eq!(dumped.users()[0]["user_id"], "7");

    let clerk = json!([{"id": "user_1", "first_name": "Ada", "primary_email_address_id": "i1", "email_addresses": [{"id": "i1", "email_address": "ada@example.com", "verification": {"status": "verified"}}],
        "password_enabled": true, "public_metadata": {"plan": "gold"}, "created_at": 1_704_067_200_000_u64, "external_accounts": []},
        {"id": "user_2", "primary_email_address_id": "i2", "email_addresses": [{"id": "i2", "email_address": "bob@example.com"}], "external_accounts": [{"provider": "oauth_google"}], "password_enabled": false}]);
    let clerk = seen(clerk.to_string());
    assert_eq!(
        (clerk.source, clerk.counted()),
        (Source::Clerk, (2, 1, 1, 0)),
        "{:?}",
        clerk.faults()
    );
    assert_eq!(
        clerk.users()[0]["app_metadata"],
        json!({"plan": "gold", "imported": {"created_at": "2024-01-01T00:00:00Z"}})
    );

    let keycloak = json!({"users": [
        {"username": "service-account-x", "serviceAccountClientId": "x", "enabled": true, "createdTimestamp": 1},
        {"username": "bob", "email": "bob@example.com", "enabled": true, "createdTimestamp": 1, "federatedIdentities": [{"identityProvider": "google", "userId": "1"}]},
        {"username": "ada", "email": "ada@example.com", "enabled": true, "createdTimestamp": 1, "credentials": [
            {"type": "password", "secretData": "{\"value\":\"uryz8ohft0LplHml+rXIcLWAoMaB4fA4G4DwIW5k8PZTuCgVahee0k8+6z7tPC/8rQ0sChIrTdzoQyB8e3TUCQ==\",\"salt\":\"GFEwMfgNlmVB8yH3J3a/nQ==\"}", "credentialData": "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}"},
            {"type": "otp", "secretData": "{}", "credentialData": "{}"}]}]});
    let keycloak = seen(keycloak.to_string());
    assert_eq!(keycloak.counted(), (3, 1, 2, 0), "{:?}", keycloak.faults());
    let ada = keycloak.rows.iter().flatten().next().unwrap();
    assert!(verify_password(ada, "correct horse").unwrap());
    assert!(
        keycloak
            .counts
            .to_string()
            .contains("1 user had a second factor that an import cannot carry over")
    );

    let ldif = "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\ndn: uid=a\nno attribute\n\ndn: uid=ada\nobjectClass: person\nmail: ada@example.com\nuserPassword:: e1NTSEF9VDVXUmFldk0zQjZzWW5ZQzVMbUJGV2hxYTkvVmZFdmp3WUNnR1E9PQ==\njpegPhoto:: /9j/4AAQ\n\ndn: uid=b\nobjectClass: person\nmail:: !!!\n";
    let ldif = seen(ldif);
    assert_eq!(
        (ldif.source, ldif.counted()),
        (Source::Ldap, (4, 1, 1, 2)),
        "{:?}",
        ldif.faults()
    );
    assert!(
        ldif.faults()[0].starts_with("line 5 has a line that is not an attribute"),
        "{:?}",
        ldif.faults()
    );
    let ada = ldif.rows.iter().flatten().next().unwrap();
    assert!(verify_password(ada, "correct horse").unwrap());
}

#[test]
fn who_signs_in_elsewhere_is_named_left_out_and_counted() {
    let text = "{\"user_id\":\"google-oauth2|1083\",\"email\":\"g@example.com\",\"identities\":[{\"provider\":\"google-oauth2\",\"isSocial\":true}]}\n\
        {\"user_id\":\"auth0|auth0|77\",\"email\":\"d@example.com\"}\n\
        {\"user_id\":\"auth0|78\",\"email\":\"e@example.com\",\"identities\":[{\"provider\":\"auth0\"},{\"provider\":\"github\"}]}\n\
        {\"user_id\":\"samlp|x|y\",\"email\":\"s@example.com\"}\n";
    let seen = seen(text);
    assert_eq!(seen.counted(), (4, 2, 2, 0));
    let left_out = seen.counts.left_out();
    assert_eq!(left_out[0].0, "signs in with google-oauth2");
    assert_eq!(seen.users()[0]["user_id"], "77");
    let supabase = "id,email,encrypted_password,raw_app_meta_data,raw_user_meta_data,deleted_at\n1,a@example.com,,\"{\"\"provider\"\":\"\"google\"\",\"\"providers\"\":[\"\"google\"\"]}\",{},\n2,b@example.com,,\"{\"\"provider\"\":\"\"email\"\"}\",{},\n3,c@example.com,,{},{},2024-01-01\n";
    let supabase = self::seen(supabase);
    assert_eq!(supabase.counted(), (3, 1, 2, 0), "{:?}", supabase.faults());
}

#[test]
fn values_are_read_as_databases_and_sheets_write_them() {
    let text = "email,email_verified,phone_verified,blocked,user_id,name\n\
        ada@example.com ,t, TRUE,f,1083,Ada\n bob@example.com,yes,2024-01-15 10:30:00+00,no,  7 ,Bob \ncy@example.com,1,0000-00-00 00:00:00,0,8,\ndi@example.com,NULL,,,\\N,Null\ned@example.com,perhaps,,,,\nfi@example.com,1704067200000,,,,\n";
    let seen = seen(text);
    let users = seen.users();
    assert_eq!(
        users[0],
        json!({"email": "ada@example.com", "email_verified": true, "phone_verified": true, "blocked": false, "user_id": "1083", "name": "Ada"})
    );
    assert_eq!(
        users[1],
        json!({"email": "bob@example.com", "email_verified": true, "phone_verified": true, "blocked": false, "user_id": "7", "name": "Bob "})
    );
    assert_eq!(
        users[2],
        json!({"email": "cy@example.com", "email_verified": true, "phone_verified": false, "blocked": false, "user_id": "8"})
    );
    assert_eq!(users[3], json!({"email": "di@example.com", "name": "Null"}));
    assert_eq!(users[4]["email_verified"], true);
    assert!(
        seen.faults()[0].starts_with("line 6 is not a user: email_verified must be true or false"),
        "{:?}",
        seen.faults()
    );
    assert!(
        seen.counts
            .to_string()
            .contains("name begins or ends with a space in 1 row, which was kept"),
        "{}",
        seen.counts
    );

    let lines = [
        (json!({"email": "a@example.com", "user_id": 1083}), None),
        (
            json!({"email": "a@example.com", "phone_number": 15_551_112_233_u64}),
            None,
        ),
        (
            json!({"email": "a@example.com", "email_verified": "true"}),
            None,
        ),
        (
            json!({"email": "a@example.com", "user_metadata": []}),
            Some("user_metadata must be an object, not a list"),
        ),
        (
            json!({"email": "a@example.com", "name": {"first": "A"}}),
            Some("name must be text"),
        ),
        (json!({"email": 7}), Some("email must be text")),
        (
            json!({"email": "a@example.com", "blocked": {}}),
            Some("blocked must be true or false"),
        ),
        (
            json!({"email": "a@example.com", "user_id": 1e300}),
            Some("user_id must be text"),
        ),
        (
            json!({"email": "a@example.com", "mfa_factors": {}}),
            Some("mfa_factors must be a list"),
        ),
    ];
    for (line, fault) in lines {
        let seen = self::seen(line.to_string());
        match fault {
            None => assert_eq!(seen.faults(), Vec::<String>::new(), "{line}"),
            Some(fault) => assert!(
                seen.faults()[0].contains(&format!("line 1 is not a user: {fault}")),
                "{:?}",
                seen.faults()
            ),
        }
    }
}

#[test]
fn a_quote_that_was_left_open_costs_its_own_row_alone() {
    let email = |seen: &Seen| -> Vec<String> {
        seen.users()
            .iter()
            .map(|user| user["email"].as_str().unwrap().to_string())
            .collect()
    };
    for (rows, line, good) in [
        // Nothing closes it.
        (
            "a@example.com,\"Bob\nb@example.com,Ann\nc@example.com,Cy\n",
            2,
            vec!["b@example.com", "c@example.com"],
        ),
        // The next opening quote closes it, in the middle of a cell.
        (
            "a@example.com,\"Bob\nb@example.com,\"Ann\"\nc@example.com,Cy\n",
            2,
            vec!["b@example.com", "c@example.com"],
        ),
        // A stray quote at the end of a later row closes it.
        (
            "a@example.com,\"Bob\nb@example.com,Ann\"\nc@example.com,Cy\n",
            2,
            vec!["b@example.com", "c@example.com"],
        ),
        (
            "z@example.com,Z\na@example.com,\"Bob\nb@example.com,Ann\"\nc@example.com,Cy\n",
            3,
            vec!["z@example.com", "b@example.com", "c@example.com"],
        ),
        // Each opens one.
        (
            "a@example.com,\"A\nb@example.com,\"B\nc@example.com,Cy\n",
            2,
            vec!["c@example.com"],
        ),
        // A row with another number of cells.
        (
            "a@example.com\nb@example.com,Ann\nc@example.com,Cy,x\n",
            2,
            vec!["b@example.com"],
        ),
    ] {
        let text = format!("email,name\n{rows}");
        let seen = seen(&text);
        assert_eq!(email(&seen), good, "{:?}", seen.faults());
        assert!(
            seen.faults()[0].starts_with(&format!("line {line} ")),
            "{:?}",
            seen.faults()
        );
        assert_eq!(seen.counts.rows(), rows.lines().count() as u64, "{text}");
    }
    // What is meant stays.
    let meant = "email,name\na@example.com,\"Bob\"\"\nSmith\"\nb@example.com,\"Bob\" Smith\nc@example.com,Ann \"Annie\" Roe\n";
    let meant = seen(meant);
    assert_eq!(meant.faults(), Vec::<String>::new());
    assert_eq!(meant.users()[0]["name"], "Bob\"\nSmith");
    assert_eq!(meant.users()[1]["name"], "Bob Smith");
    // A cell with a delimiter behind its line break is one row that may be taken.
    let note = "email,name,nickname\na@example.com,\"one\ntwo, three\",x\nb@example.com,B,y\n";
    let noted = seen(note);
    assert_eq!(noted.counted(), (2, 1, 0, 1), "{:?}", noted.faults());
    assert!(
        noted.faults()[0].contains("line 2 has a cell over 2 lines"),
        "{:?}",
        noted.faults()
    );
    let taken = seen_with(note.as_bytes(), &plain().line_breaks(true)).unwrap();
    assert_eq!(taken.users()[0]["name"], "one\ntwo, three");
    // And behind more than a row may have.
    let far = format!(
        "email,name\na@example.com,\"Bob\n{}",
        "b@example.com,Ann\n".repeat(300_000)
    );
    let far = seen(far);
    assert_eq!(far.counted(), (300_001, 300_000, 0, 1));
}

#[test]
fn a_column_of_hashes_that_goes_nowhere_stops_the_reading() {
    let stopped = |text: &str, options: &ReadOptions| {
        let seen = seen_with(text.as_bytes(), options).unwrap();
        assert_eq!(
            (seen.rows.len(), seen.counts.rows()),
            (1, 0),
            "{:?}",
            seen.users()
        );
        let error = seen.rows.into_iter().next().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source);
        error.to_string()
    };
    for (name, hash) in [
        ("pw", BCRYPT),
        ("column_7", BCRYPT),
        ("column_7", SLOW_BCRYPT),
        ("legacy", SILENT),
        ("legacy", DRUPAL),
        ("digest", "1qQTz+/Lx5MLgKRapzbG1hPGeK4="),
        ("password", "battery-staple"),
        // Joomla's, better-auth's, MembershipReboot's, Liferay's, ASP.NET Identity's, SQL Server's and bytes of PostgreSQL's.
        (
            "kennwort",
            "8f4046f8405d0ac10f8e233b93790fb0:aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3xy",
        ),
        (
            "f_17",
            "1234567890abcdef1234567890abcdef:d0599a253012b246c76dcaac47a5548154b6858ff1e877c5b17ca96a0f489bbdc590287c37ebf73b22103b9ed7847f7fcf50669e3c0ffee0c0ffee0c0ffee0c0",
        ),
        (
            "f_17",
            "3E8.ANDVY+weMGvRlNW5LRzBDnzHd8WkN6592zrg76l05t018wW+qJrrCe9vw4K5mnlOrA==",
        ),
        ("f_17", "AAAAoAAB9ADJZ16OuMAPPHe2CUbP0HPyXvagoKHumh7iHU3c"),
        (
            "senha",
            "AQAAAAEAACcQAAAAENDVY+weMGvRlNW5LRzBDnxEZsolzBfV9Lx5pZur9aY2kMG2hsDQZNZcf+pIVy48WQ==",
        ),
        (
            "f_17",
            "0x0100a1b2c3d4FB544E4C00E03FFD00425C817FF3DE517114EFA5",
        ),
        ("f_17", "\\x5f4dcc3b5aa765d61d8327deb882cf99"),
    ] {
        let csv = format!("email,{name}\na@example.com,\nb@example.com,{hash}\n");
        let said = stopped(&csv, &plain());
        assert!(
            said.contains(&format!(
                "`{name}` looks like password hashes but is not mapped"
            )),
            "{said}"
        );
        let lines = format!(
            "{}\n{}\n",
            json!({"email": "a@example.com"}),
            json!({"email": "b@example.com", name: hash})
        );
        let said = stopped(&lines, &plain());
        assert!(
            said.contains(&format!("`{name}` looks like password hashes")),
            "{said}"
        );
        let left_out = seen_with(csv.as_bytes(), &plain().leave_out(name)).unwrap();
        assert_eq!(left_out.counted(), (2, 2, 0, 0));
    }
    // Ids, tokens, dates and words are none.
    let others = format!(
        "email,uuid,reset_token,avatar_hash_url,password_changed_at,must_change_password,checksum\na@example.com,{SILENT},{SILENT},{SILENT},2024-01-01,true,{SILENT}\n"
    );
    assert_eq!(seen(others).counted(), (1, 1, 0, 0));
    let others = "email,wallet,since,site,seen\na@example.com,0x52908400098527886E0F7030069857D2E4169EE7,2024-01-01T10:00:00.000000+02:00,https://uni.test/users/0123456789abcdef0123,10.AAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
    assert_eq!(seen(others).counted(), (1, 1, 0, 0));
    // A hash deep inside, and one that comes late: its row is an error of its own.
    let deep =
        json!({"email": "a@example.com", "auth": {"local": [{"value": BCRYPT}]}}).to_string();
    assert!(stopped(&deep, &plain()).contains("`auth.local` looks like password hashes"));
    let late = format!(
        "email,pw\n{}b@example.com,{BCRYPT}\nc@example.com,\n",
        "a@example.com,\n".repeat(300)
    );
    let late = seen(late);
    assert_eq!(late.counted(), (302, 301, 0, 1));
    assert!(
        late.faults()[0].contains("line 302 has what looks like a password hash in `pw`"),
        "{:?}",
        late.faults()
    );

    let mapped = seen_with(
        format!("email,pw\nb@example.com,{BCRYPT}\n").as_bytes(),
        &plain().map("pw", "hash"),
    )
    .unwrap();
    assert!(verify_password(mapped.rows[0].as_ref().unwrap(), "correct horse").unwrap());
    let tenant_is_not_asked = read_users(Given::new(
        format!("email,pw\nb@example.com,{BCRYPT}\n").as_bytes(),
    ))
    .unwrap()
    .collect::<Result<Users>>();
    assert!(tenant_is_not_asked.is_err());
}

#[test]
fn hashes_that_do_not_speak_want_a_recipe_and_clear_text_is_hashed_when_asked_for() {
    let csv = format!("email,pw\na@example.com,{SILENT}\nb@example.com,{DRUPAL}\n");
    let options = plain().map("pw", "hash");
    let seen = seen_with(csv.as_bytes(), &options).unwrap();
    assert_eq!(seen.counted(), (2, 1, 0, 1));
    assert!(seen.faults()[0].contains("has a hash that does not say how it was made"));
    assert!(
        seen.counts.hashes()[0].0.starts_with("a Drupal 7 hash"),
        "{:?}",
        seen.counts.hashes()
    );
    let silent = format!("email,pw\na@example.com,{SILENT}\n");
    let seen = seen_with(silent.as_bytes(), &options).unwrap();
    let error = seen.rows[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(
        error
            .to_string()
            .contains("the hashes of `pw` do not say how they were made"),
        "{error}"
    );
    let recipe =
        HashRecipe::new(json!({"algorithm": "sha256", "hash": {"encoding": "hex"}})).unwrap();
    let file = Given::new(silent.as_bytes());
    let users = read_users_with(&file.0, &options)
        .unwrap()
        .with_recipe(&recipe)
        .collect::<Result<Users>>()
        .unwrap();
    assert_eq!(
        users[0].custom_password_hash.as_ref().unwrap()["hash"]["value"],
        SILENT
    );

    let clear = "email,pw\na@example.com,battery-staple\nb@example.com,{noop}battery-staple\nc@example.com,\n";
    let seen = seen_with(clear.as_bytes(), &options).unwrap();
    let error = seen.rows[0].as_ref().unwrap_err().to_string();
    assert!(
        error.contains("`pw` holds passwords in clear text"),
        "{error}"
    );
    let hashed = seen_with(clear.as_bytes(), &options.hash_clear_text(true)).unwrap();
    assert_eq!(hashed.counted(), (3, 3, 0, 0));
    for user in hashed.rows.iter().take(2).flatten() {
        assert!(verify_password(user, "battery-staple").unwrap());
    }
}

#[test]
fn what_is_no_file_of_users_is_said_in_one_sentence() {
    let options = plain();
    for (bytes, said) in [
        (&b""[..], "it is empty"),
        (b" \n\n", "it is empty"),
        (
            b"PK\x03\x04rest",
            "it is a zip archive or an Excel workbook: unpack it, or save the sheet as CSV in UTF-8",
        ),
        (b"SQLite format 3\0", "it is an SQLite database"),
        (b"-- MySQL dump 10\nINSERT INTO", "it is an SQL script"),
        (b"<html></html>", "it is XML or HTML"),
        (
            b"a@example.com,$2b$10$x,battery-staple\n",
            "its first line is a user, not a heading",
        ),
        (
            b"ada,battery-staple\nbob,battery-staple\n",
            "no column is named `email` (its first line may not be a heading, so it is not shown)",
        ),
        (
            b"email,name,email\na@example.com,A,b@example.com\n",
            "its heading has `email` twice",
        ),
        (b"\x1f\x8bno gzip", "it is not a gzip file"),
    ] {
        let refused = match seen_with(bytes, &options) {
            Err(error) => error.to_string(),
            Ok(seen) => seen.faults().join(" "),
        };
        assert!(refused.contains(said), "{refused}");
    }
    let csv = "email,plan\na@example.com,gold\n";
    for (options, said) in [
        (
            plain().map("plan", "plann"),
            "`plan` is mapped to `plann`, which is not a field of an import",
        ),
        (
            plain().map("planet", "name"),
            "it has no column `planet`; it has: email, plan",
        ),
        (plain().delimiter('é'), "'é' cannot separate cells"),
        (
            plain().heading(&["email"]),
            "the given heading has 1 columns, and the first line has 2",
        ),
    ] {
        let refused = refused(csv, &options);
        assert!(refused.contains(said), "{refused}");
    }
    let folder = TestFolder::new();
    let error = read_users(&*folder).unwrap_err().to_string();
    assert!(
        error.contains("it is a folder: name a file in that folder"),
        "{error}"
    );
    let error = read_users("/dev/null").unwrap_err().to_string();
    assert!(error.contains("it is a pipe or a device"), "{error}");
    let bare = seen_with(b"a@example.com,A\n", &plain().heading(&["email", "name"])).unwrap();
    assert_eq!(
        bare.users(),
        [json!({"email": "a@example.com", "name": "A"})]
    );
}

#[test]
fn a_list_is_read_behind_an_object_that_is_broken_and_one_that_is_cut_off_is_told() {
    let user = |name: &str| {
        format!(
            "  {{\n    \"email\": \"{name}@example.com\",\n    \"identities\": [{{\"a\": 1}}, {{\"b\": 2}}]\n  }}"
        )
    };
    let broken = user("b").replace("\"b@", "b@");
    let text = format!(
        "[\n{},\n{broken},\n{},\n7,\n{}\n]\n",
        user("a"),
        user("c"),
        user("d")
    );
    let read = seen(&text);
    let emails: Vec<Value> = read
        .users()
        .iter()
        .map(|user| user["email"].clone())
        .collect();
    assert_eq!(
        emails,
        ["a@example.com", "c@example.com", "d@example.com"],
        "{:?}",
        read.faults()
    );
    assert_eq!(read.counted(), (5, 3, 0, 2));
    assert!(
        read.faults()[0].starts_with("line 6 is not one complete JSON object"),
        "{:?}",
        read.faults()
    );
    let missing = text.replacen("  },", "  ,", 1);
    let read = seen(&missing);
    assert!(
        read.faults()[0].starts_with("line 2 "),
        "{:?}",
        read.faults()
    );
    assert_eq!(read.counted(), (5, 2, 0, 3), "{:?}", read.users());

    let cut = seen(format!(
        "{{\"users\":[\n{},\n{}",
        user("a"),
        &user("b")[..40]
    ));
    assert_eq!(cut.counts.users(), 1);
    let last = cut.rows.last().unwrap().as_ref().unwrap_err();
    assert_eq!(last.kind(), ErrorKind::Source, "{last}");
    assert!(
        last.to_string()
            .contains("the file ends in the middle of a user"),
        "{last}"
    );
    let unclosed = seen(format!("[\n{},\n{}\n", user("a"), user("b")));
    assert_eq!(unclosed.counts.users(), 2);
    assert!(unclosed.rows.last().unwrap().is_err());

    // A first line that is longer than what a file is recognised by, and a list behind as much.
    let name = "x".repeat(5_000_000);
    let lines = format!(
        "{{\"name\":\"{name}\"}}\n{}\n",
        json!({"email": "a@example.com"})
    );
    assert_eq!(seen(lines).counted(), (2, 1, 0, 1));
    let within = format!(
        "{{\"data\":[1],\"theme\":\"{name}\",\"loginWithEmailAllowed\":true,\"users\":[{}]}}",
        user("a")
    );
    assert_eq!(seen(within).counted(), (1, 1, 0, 0));
    let small = format!(
        "{{\"realm\":\"r\",\"verifyEmail\":false,\"users\":[{}]}}",
        user("a")
    );
    assert_eq!(seen(small).counted(), (1, 1, 0, 0));
    // In one line, an object that lacks its end, and a list that does.
    for broken in [
        "{\"email\":\"b@example.com\",\"x\":{\"y\":1}",
        "{\"email\":\"b@example.com\",\"ids\":[1,2,\"x\":1}",
    ] {
        let text =
            format!("[{{\"email\":\"a@example.com\"}},{broken},{{\"email\":\"c@example.com\"}}]");
        let read = seen(text);
        assert_eq!(read.counted(), (3, 2, 0, 1), "{:?}", read.faults());
    }
    // Objects that never end are not read for ever.
    let endless = seen(format!("[{}", "{\"a\":1,".repeat(100_000)));
    assert!(endless.rows.last().unwrap().is_err() && endless.counts.users() == 0);

    let deep = format!(
        "[{}{},{{\"email\":\"a@example.com\"}}]",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(seen(deep).counted(), (2, 1, 0, 1));
    let long = format!(
        "[{{\"email\":\"{}\"}},{{\"email\":\"a@example.com\"}}]",
        "x".repeat(5_000_000)
    );
    let long = seen(long);
    assert_eq!(long.counted(), (2, 1, 0, 1), "{:?}", long.faults());
}

#[test]
fn bad_bytes_cost_their_own_row() {
    let mixed = [
        b"email,name\na@example.com,A\n".as_slice(),
        b"b@example.com,J\xfcrgen\nc@example.com,C\0\nd@example.com,D\n",
    ]
    .concat();
    let mixed = seen(mixed);
    assert_eq!(mixed.counted(), (4, 2, 0, 2));
    assert!(
        mixed.faults()[0].contains("line 3 is not UTF-8"),
        "{:?}",
        mixed.faults()
    );
    assert!(
        mixed.faults()[1].contains("line 4 has a NUL byte"),
        "{:?}",
        mixed.faults()
    );
    let half: Vec<u8> = "\u{feff}email\na@example.com\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .chain([0x00, 0xd8, 0x61, 0, 0x0a, 0])
        .collect();
    let half = seen(half);
    assert!(
        half.faults()[0].contains("line 3 is not UTF-16"),
        "{:?}",
        half.faults()
    );
}

#[test]
fn a_run_from_a_file_says_what_is_left_out_and_shows_no_secret() {
    if is_in_a_process() {
        let practice = Practice::start(&[]);
        let (tenant, connection) = practice.database();
        let users = read_users(std::env::var("READS").unwrap()).unwrap();
        let counts = users.counts();
        let name = Named::new("source");
        let report = import_stream(&tenant, &connection, users, &quick(&name)).unwrap();
        let Counts {
            inserted,
            failed,
            left_out,
            total,
            ..
        } = report.counts();
        assert_eq!(
            (inserted, failed, left_out, total),
            (2, 1, 1, counts.rows())
        );
        assert_eq!(
            read_import(report.folder()).unwrap().counts(),
            report.counts()
        );
        println!("{report}\n{counts}\n{inserted} inserted");
        // Of hashes that would be lost nobody is sent.
        let unmapped = Given::new(format!("email,pw\nd@example.com,{BCRYPT}\n").as_bytes());
        let users = read_users(&unmapped).unwrap();
        let name = Named::new("unmapped");
        let refused = import_stream(&tenant, &connection, users, &quick(&name)).unwrap_err();
        assert!(
            refused.to_string().contains("`pw` looks like hashes"),
            "{refused}"
        );
        assert!(users_by_email(&tenant, "d@example.com").unwrap().is_empty());
        return;
    }
    let text = format!(
        "{}\n{}\n{}\nbroken\n",
        json!({"user_id": "auth0|1", "email": "a@example.com", "password_hash": BCRYPT}),
        json!({"user_id": "github|2", "email": "b@example.com", "odd": "battery-staple"}),
        json!({"email": "c@example.com", "battery": SLOW_BCRYPT.replace('$', "-")})
    );
    let file = Given::new(text.as_bytes());
    let mut child = itself("sources::a_run_from_a_file_says_what_is_left_out_and_shows_no_secret");
    let said = said(child.env("READS", &file.0));
    assert!(
        said.contains("line 2 is a user who signs in with github and has no password here"),
        "{said}"
    );
    assert!(
        said.contains("4 rows: 2 users, 1 left out, 1 error") && said.contains("2 inserted"),
        "{said}"
    );
    shows_no_secret(&said);
}

/// bcrypt of "correct horse" with "pepper" behind it, of cost 10, and md5 of "x1" and "correct horse": Python's bcrypt and hashlib.
const PEPPERED: &str = "$2b$10$gG7E9ylkk9SIhNg2acgf7O8qnPgKcraC0dSQkbBH9n0J4hfSoVpK.";
const SALTED_MD5: &str = "82f8804caa18624970ca1cbe950d448e";

#[test]
fn each_recipe_of_a_mixed_column_describes_the_hashes_that_it_can_have_made() {
    let csv = format!(
        "email,pw,salt\na@example.com,{SALTED_MD5},x1\nb@example.com,{SLOW_BCRYPT},\nc@example.com,{DRUPAL},\nd@example.com,{SILENT},\n"
    );
    let file = Given::new(csv.as_bytes());
    let md5 = json!({"algorithm": "md5", "hash": {"encoding": "hex"}, "salt": {}});
    let options = plain().map("pw", "hash").map("salt", "salt");
    let read = |recipes: &[Value]| {
        let mut users = read_users_with(&file.0, &options).unwrap();
        for recipe in recipes {
            users = users.with_recipe(&HashRecipe::new(recipe.clone()).unwrap());
        }
        let counts = users.counts();
        (users.collect::<Vec<Result<User>>>(), counts)
    };
    let (rows, counts) = read(std::slice::from_ref(&md5));
    for row in &rows[..2] {
        assert!(verify_password(row.as_ref().unwrap(), "correct horse").unwrap());
    }
    assert_eq!((rows.len(), counts.users(), counts.errors()), (4, 3, 1));
    let other = rows[3].as_ref().unwrap_err().to_string();
    assert!(other.contains("the recipe cannot have made"), "{other}");
    let sha256 = json!({"algorithm": "sha256", "hash": {"encoding": "hex"}});
    assert_eq!(read(&[md5.clone(), sha256]).1.users(), 4);
    let md4 = json!({"algorithm": "md4", "hash": {"encoding": "hex"}, "salt": {}});
    let (rows, _) = read(&[md5, md4]);
    let several = rows[0].as_ref().unwrap_err().to_string();
    assert!(several.contains("several of the recipes"), "{several}");
}

#[test]
fn a_recipe_goes_before_what_a_hash_says_of_itself() {
    let file = Given::new(format!("email,pw\na@example.com,{PEPPERED}\n").as_bytes());
    let users = read_users_with(&file.0, &plain().map("pw", "hash")).unwrap();
    let pepper = json!({"algorithm": "bcrypt", "salt": {"value": "pepper", "position": "suffix"}, "hash": {}});
    let users = users.with_recipe(&HashRecipe::new(pepper).unwrap());
    let users = users.collect::<Result<Users>>().unwrap();
    assert!(verify_password(&users[0], "correct horse").unwrap());
    // One that adds nothing leaves the hash as it is.
    let file = Given::new(format!("email,pw\na@example.com,{BCRYPT}\n").as_bytes());
    let users = read_users_with(&file.0, &plain().map("pw", "hash")).unwrap();
    let bcrypt = json!({"algorithm": "bcrypt", "hash": {}});
    let users = users.with_recipe(&HashRecipe::new(bcrypt).unwrap());
    let users = users.collect::<Result<Users>>().unwrap();
    assert_eq!(users[0].password_hash.as_deref(), Some(BCRYPT));
}

#[test]
fn a_hash_of_another_kind_in_a_field_of_the_imports_is_read_as_what_it_is() {
    let lines = [
        json!({"email": "a@example.com", "password_hash": SLOW_BCRYPT}),
        json!({"email": "b@example.com", "password_hash": BCRYPT}),
        json!({"email": "c@example.com", "password_hash": DRUPAL}),
        json!({"email": "d@example.com", "custom_password_hash": bcrypt()}),
    ];
    let seen = seen(lines.map(|line| line.to_string()).join("\n"));
    let users = seen.users();
    assert_eq!(
        users[0]["custom_password_hash"]["hash"]["value"],
        SLOW_BCRYPT
    );
    assert_eq!(users[1]["password_hash"], BCRYPT);
    assert_eq!(users[2], json!({"email": "c@example.com"}));
    let kinds = [
        ("bcrypt, as it is", 2),
        ("bcrypt, rewritten", 1),
        ("a Drupal 7 hash, not importable", 1),
    ];
    let mut counted = seen.counts.hashes();
    counted.sort();
    let mut kinds = kinds.map(|(kind, rows)| (kind.to_string(), rows)).to_vec();
    kinds.sort();
    assert_eq!(counted, kinds);
}

#[test]
fn a_mapped_field_that_no_user_has_is_refused_and_one_that_few_have_is_not() {
    let user = json!({"email": "a@example.com", "address": {"city": "Paris"}}).to_string();
    let options = plain().map("pasword", "hash");
    let refused = seen_with(user.as_bytes(), &options).unwrap();
    let error = refused.rows[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(
        error.to_string().contains(
            "none of its users has the field `pasword`, which is mapped; they have: address, email"
        ),
        "{error}"
    );
    let nested = plain().map("address.city", "user_metadata.city");
    assert_eq!(
        seen_with(user.as_bytes(), &nested).unwrap().users()[0]["user_metadata"]["city"],
        "Paris"
    );
    // The last of many may have it.
    let late = json!({"email": "z@example.com", "pasword": BCRYPT}).to_string();
    let many = format!("{}{late}", format!("{user}\n").repeat(300));
    let read = seen_with(many.as_bytes(), &options).unwrap();
    assert_eq!(read.counted(), (301, 301, 0, 0));
    assert!(read.rows[300].as_ref().unwrap().has_password());
    // Where a row cannot be read, its fields were not all seen.
    let broken = format!("{{\"email\": [], \"pasword\": \"\"}}\n{user}\n");
    assert_eq!(
        seen_with(broken.as_bytes(), &options).unwrap().counted(),
        (2, 1, 0, 1)
    );
}

#[test]
fn a_second_factor_of_keycloak_is_counted_among_those_to_be_enrolled_again() {
    let otp = json!({"type": "otp", "secretData": "{\"value\":\"battery-staple\"}", "credentialData": "{\"subType\":\"totp\"}"});
    let users = json!({"users": [{"username": "ada", "email": "ada@example.com", "enabled": true, "createdTimestamp": 1, "credentials": [otp]},
        {"username": "bob", "email": "bob@example.com", "enabled": true, "createdTimestamp": 1, "credentials": []}]});
    let seen = seen(users.to_string());
    assert_eq!((seen.counts.lost_factors(), seen.counts.users()), (1, 2));
    let said = seen.counts.to_string();
    assert!(
        said.contains("1 user had a second factor that an import cannot carry over"),
        "{said}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics_or_hangs_and_each_row_is_counted_once(
        pieces in proptest::collection::vec(prop_oneof![
            Just("email,name\n".to_string()), Just("a@example.com,".to_string()), Just("\"".to_string()), Just("\n".to_string()), Just("\r".to_string()),
            Just("[".to_string()), Just("]".to_string()), Just("{\"email\":\"a@example.com\"}".to_string()), Just("{\"users\":[".to_string()), Just(",".to_string()),
            Just("dn: uid=a\n".to_string()), Just("mail:: YUBleGFtcGxlLmNvbQ==\n".to_string()), Just(" folded\n".to_string()), Just(BCRYPT.to_string()),
            Just("\\".to_string()), Just("}".to_string()), Just("{".to_string()), Just("\"x\":".to_string()), "[;|\t#:]", "\\PC{0,4}", any::<String>(),
        ], 0..24),
        bytes in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let text = [pieces.concat().into_bytes(), bytes].concat();
        let file = Given::new(&text);
        for source in [None, Some(Source::Keycloak), Some(Source::Firebase)] {
            let options = source.map_or(plain(), |source| plain().source(source));
            let Ok(users) = read_users_with(&file.0, &options) else { continue };
            let counts = users.counts();
            let rows: Vec<Result<User>> = users.collect();
            let fatal = rows.iter().filter(|row| row.as_ref().is_err_and(|error| error.kind() == ErrorKind::Source)).count();
            prop_assert!(fatal <= 1);
            let left_out: u64 = counts.left_out().iter().map(|(_, rows)| rows).sum();
            prop_assert_eq!(counts.rows(), (rows.len() - fatal) as u64 + left_out);
        }
    }

    #[test]
    fn a_line_that_is_a_user_already_gives_what_its_fields_give_one_by_one(
        fields in proptest::collection::vec((
            prop_oneof!["email", "user_id", "username", "name", "nickname", "email_verified", "blocked", "password_hash", "app_metadata", "phone_number", "other"],
            prop_oneof![
                "[a-z]{1,6}@example\\.com".prop_map(Value::from), "[ a-z|@]{0,6}".prop_map(Value::from), Just(Value::Null), Just(json!("null")), Just(json!("\\N")),
                any::<bool>().prop_map(Value::from), any::<u8>().prop_map(Value::from), Just(json!(BCRYPT)), Just(json!({"a": 1})), Just(json!("EVCXR_X")), Just(json!("a\"b")),
            ],
        ), 0..6),
    ) {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
        let line = format!("{{\"email\":\"ada@example.com\"{}{}}}", if pairs.is_empty() { "" } else { "," }, pairs.join(","));
        let one_by_one = plain().source(Source::Plain).leave_out("no such field");
        let whole = seen_with(line.as_bytes(), &plain().source(Source::Plain)).unwrap();
        let other = seen_with(line.as_bytes(), &one_by_one).unwrap();
        prop_assert_eq!(whole.users(), other.users());
        let text = |seen: &Seen| seen.faults().iter().map(|fault| fault.replace("leave_out", "")).collect::<Vec<_>>();
        prop_assert_eq!(text(&whole), text(&other));
        prop_assert_eq!((whole.counted(), whole.counts.hashes()), (other.counted(), other.counts.hashes()));
    }

    #[test]
    fn what_a_csv_writer_wrote_is_read_as_it_was(names in proptest::collection::vec("[a-zA-Z ,;\"'é]{1,12}", 1..20)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["email", "nickname"]).unwrap();
        for name in &names {
            writer.write_record(["a@example.com", name]).unwrap();
        }
        let seen = seen(writer.into_inner().unwrap());
        let read: Vec<String> = seen.users().iter().map(|user| user["nickname"].as_str().unwrap().to_string()).collect();
        prop_assert_eq!(read, names);
    }

    #[test]
    fn a_packed_file_that_was_damaged_is_no_panic(place in 0..PACKED.len(), bit in 0..8_u8) {
        let mut damaged = PACKED.to_vec();
        damaged[place] ^= 1 << bit;
        let file = Given::new(&damaged);
        if let Ok(users) = read_users(&file.0) {
            prop_assert!(users.count() < 10_000);
        }
    }
}

#[test]
fn a_delimiter_that_the_file_declares_is_checked_like_one_that_is_given() {
    let wrong = "cannot separate cells: use one ASCII character that is not a quote";
    let none: [&[u8]; 3] = [
        b"sep=\xc3\nemail\xc3\xa9name\na@example.com\xc3\xa9b\n",
        "sep=\u{e9}\nemail\u{e9}name\na@uni.test\u{e9}b\n".as_bytes(),
        b"sep=\"\nemail\na@uni.test\n",
    ];
    for text in none {
        let error = refused(text, &ReadOptions::default());
        assert!(error.contains(wrong), "{error}");
        let file = Given::new(text);
        let error = inspect_users(&file).unwrap_err().to_string();
        assert!(error.contains(wrong), "{error}");
    }
    let given = ReadOptions::default().delimiter(';');
    let declared = "sep=\u{e9}\nemail;name\na@uni.test;Ada\n".as_bytes();
    let ada = json!({"email": "a@uni.test", "name": "Ada"});
    assert_eq!(
        seen_with(declared, &given).unwrap().users(),
        std::slice::from_ref(&ada),
        "the given one goes before"
    );
    for declared in ["sep=\t", "\"sep=\t\"", "SEP=\t\r", "sep=\t "] {
        let text = format!("{declared}\nemail\tname\na@uni.test\tAda\n");
        let seen = seen(&text);
        assert_eq!(seen.users(), std::slice::from_ref(&ada), "{declared:?}");
        assert!(seen.what.contains("tabs"), "{}", seen.what);
    }
}

#[test]
fn no_piece_of_a_long_name_is_shown_that_may_be_somebodys_data() {
    let name = "Ada Lovelace, Countess <ada.lovelace@uni.test> and her first old password";
    let text = format!("email;{name}\na@uni.test;{BCRYPT}\n");
    let error = seen(&text).faults().join("\n");
    assert!(error.contains("<hidden>"), "{error}");
    assert!(!error.contains("Lovelace"), "{error}");
}

#[test]
fn what_stands_where_old_values_go_is_kept_beside_them() {
    let rows = [
        json!({"imported": "in May"}),
        json!({"imported": {"created_at": "yesterday", "by": "Ada"}}),
        json!({"imported": {"by": "Ada"}}),
        json!({"imported": 1, "imported_2": 2}),
        json!({"plan": "free"}),
    ];
    let cell = |row: &Value| row.to_string().replace('"', "\"\"");
    let rows: String = rows
        .iter()
        .map(|row| format!("a@uni.test,{BCRYPT},2020-01-31,\"{}\"\n", cell(row)))
        .collect();
    let text = format!("email,encrypted_password,created_at,app_metadata\n{rows}");
    let options = ReadOptions::default().source(Source::Devise);
    let seen = seen_with(text.as_bytes(), &options).unwrap();
    let metadata: Vec<Value> = seen
        .users()
        .iter()
        .map(|user| user["app_metadata"].clone())
        .collect();
    let old = json!({"created_at": "2020-01-31"});
    assert_eq!(
        metadata,
        [
            json!({"imported": "in May", "imported_2": old}),
            json!({"imported": {"created_at": "yesterday", "by": "Ada"}, "imported_2": old}),
            json!({"imported": {"created_at": "2020-01-31", "by": "Ada"}}),
            json!({"imported": 1, "imported_2": 2, "imported_3": old}),
            json!({"plan": "free", "imported": old}),
        ]
    );
}

#[test]
fn an_entry_of_which_nothing_can_be_read_is_a_fault_and_not_skipped() {
    let text = "version: 1\n\njpegPhoto:< file:///photo.jpg\n\njpegPhoto:: /9j/\n\n\
        dn: uid=ada\nmail: ada@uni.test\n\nresult: 0 Success\n";
    let seen = seen(text);
    let fault = |line: usize| {
        format!(
            "line {line} has no attribute that can be read: each is in another file, or is not text"
        )
    };
    assert_eq!(seen.faults(), [fault(3), fault(5)]);
    assert_eq!(seen.counted(), (3, 1, 0, 2));
}
