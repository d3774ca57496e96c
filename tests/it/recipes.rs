//! Hashes of old systems: made, described, verified here and by the practice tenant, and found out about.

use auth0_bulk_users::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::runs::{TestFile, TestFolder};
use crate::server::Practice;
use crate::turned::turned_time;

fn with_hash(email: &str, custom: Value) -> User {
    User {
        custom_password_hash: Some(custom),
        ..User::new(email)
    }
}

/// A recipe for each algorithm, and for each way of describing one.
fn recipes() -> Vec<Value> {
    let digest = |name: &str| json!({"algorithm": name, "hash": {"encoding": "hex"}});
    let hmac = |digest: &str| json!({"algorithm": "hmac", "hash": {"encoding": "base64", "digest": digest, "key": {"value": "736868", "encoding": "hex"}}});
    let mut all = vec![
        json!({"algorithm": "bcrypt", "hash": {"value": "$2b$04$"}}),
        json!({"algorithm": "bcrypt", "hash": {"value": "$2y$05$"}, "salt": {"position": "suffix"}}),
        json!({"algorithm": "argon2", "hash": {"value": "$argon2i$v=19$m=64,t=2,p=2", "encoding": "utf8"}}),
        json!({"algorithm": "argon2", "hash": {"value": "$argon2id$v=19$m=32,t=1,p=1"}}),
        json!({"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-sha256$i=50,l=32"}}),
        json!({"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-RSA-SHA1$i=50,l=21"}}),
        json!({"algorithm": "scrypt", "hash": {"encoding": "hex"}, "salt": {}, "keylen": 32, "cost": 1024}),
        json!({"algorithm": "scrypt", "hash": {"encoding": "base64"}, "salt": {"encoding": "base64"}, "keylen": 64, "cost": 4096, "blockSize": 8, "parallelization": 1}),
    ];
    for scheme in [
        "MD5", "SMD5", "SHA", "SSHA", "SHA256", "SSHA256", "SHA384", "SSHA384", "SHA512", "SSHA512",
    ] {
        all.push(json!({"algorithm": "ldap", "hash": {"value": format!("{{{scheme}}}")}}));
    }
    all.extend(["md4", "md5", "sha1", "sha256", "sha512"].map(digest));
    all.extend(
        [
            "md4",
            "md5",
            "ripemd160",
            "sha1",
            "sha224",
            "sha256",
            "sha384",
            "sha512",
            "whirlpool",
        ]
        .map(hmac),
    );
    for (encoding, position) in [("utf8", "prefix"), ("hex", "suffix"), ("base64", "suffix")] {
        all.push(json!({"algorithm": "sha256", "hash": {"encoding": "base64"}, "salt": {"encoding": encoding, "position": position}}));
    }
    for encoding in ["utf16le", "ucs2", "latin1", "binary", "ascii", "utf8"] {
        all.push(json!({"algorithm": "sha512", "hash": {"encoding": "hex"}, "password": {"encoding": encoding}}));
    }
    all
}

#[test]
fn what_a_recipe_makes_signs_in_and_verifies_here_alike() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let passwords = ["correct horse", "pässwörd ☂", "x"];
    let mut users = Vec::new();
    for (number, recipe) in recipes().into_iter().enumerate() {
        let recipe = HashRecipe::new(recipe).unwrap();
        for (which, password) in passwords.iter().enumerate() {
            let email = format!("u{number}.{which}@uni.test");
            users.push(with_hash(&email, recipe.hash(password).unwrap()));
        }
    }
    assert_eq!(check_users(&connection, &users), []);
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    assert_eq!(
        finished.summary.unwrap().inserted as usize,
        users.len(),
        "{finished}"
    );
    for (user, right) in users.iter().zip(passwords.iter().cycle()) {
        for password in [right, "Correct horse"] {
            let there = practice.sign_in(&user.email, password).0 == 200;
            let here = verify_password(user, password).unwrap();
            let hash = user.custom_password_hash.as_ref().unwrap();
            assert_eq!(
                (here, there),
                (password == *right, password == *right),
                "{password}: {hash}"
            );
        }
    }
}

#[test]
fn auth0s_own_examples_verify() {
    let examples = [
        (
            "shh",
            json!({"algorithm": "md4", "hash": {"value": "AbuUujgF0pPPkJPSFRTpmA==", "encoding": "base64"}}),
        ),
        (
            "shh",
            json!({"algorithm": "sha256", "hash": {"value": "d24e794fce503c3ddb1cd1ba1dd5d9b250cf9917336a0316fefd87fecf79200f", "encoding": "hex"},
            "salt": {"value": "abc123", "position": "prefix"}}),
        ),
        (
            "shh",
            json!({"algorithm": "bcrypt", "hash": {"value": "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG"}}),
        ),
        (
            "shh",
            json!({"algorithm": "argon2", "hash": {"value": "$argon2id$v=19$m=65536,t=2,p=1$J6Q/82PCyaNpYKRELJyTZg$m04qUAB8rexWDR4+/0f+SFB+4XMFxt7YAvAq2UycYos"}}),
        ),
        (
            "shh",
            json!({"algorithm": "pbkdf2", "hash": {"encoding": "utf8",
            "value": "$pbkdf2-md4$i=100000,l=64$+N375B8q0Fw$fp2R9KAM4hK/votGHC5Fu+jhqbxUD8+Nic/EMSGvNC3UP/k7wSHI0uXluHRSkZfl/BOheYqNOemayG90ZaSSQw"}}),
        ),
        (
            "shh",
            json!({"algorithm": "ldap", "hash": {"value": "{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRemgSXGl5YuE="}}),
        ),
        (
            "test",
            json!({"algorithm": "hmac", "hash": {"value": "cg7f42jH39/2EaAU4wNd4s2lKIk=", "encoding": "base64", "digest": "sha1", "key": {"value": "736868", "encoding": "hex"}}}),
        ),
        (
            "password",
            json!({"algorithm": "scrypt", "hash": {"value": "097f6197e1b41538f723e32aa7a68e8d76227d8e432ce5faa4882a913032db29", "encoding": "hex"},
            "salt": {"value": "abc123", "encoding": "utf8"}, "keylen": 32, "cost": 4096}),
        ),
    ];
    for (password, custom) in examples {
        let user = with_hash("a@uni.test", custom);
        assert!(
            verify_password(&user, password).unwrap(),
            "{:?}",
            user.custom_password_hash
        );
        assert!(
            !verify_password(&user, "shh!").unwrap(),
            "{:?}",
            user.custom_password_hash
        );
    }
    let hello = "$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K";
    let user = User {
        password_hash: Some(hello.to_string()),
        ..User::new("a@uni.test")
    };
    assert!(verify_password(&user, "hello").unwrap() && !verify_password(&user, "hallo").unwrap());
}

/// What the detective is given of a hash: the columns of a table.
fn known(password: &str, custom: &Value) -> KnownHash {
    let known = KnownHash::new(password, custom["hash"]["value"].as_str().unwrap());
    match (
        custom["salt"]["value"].as_str(),
        custom["hash"]["key"]["value"].as_str(),
    ) {
        (Some(salt), _) => known.salt(salt),
        (None, Some(key)) => known.key(key),
        (None, None) => known,
    }
}

#[test]
fn the_detective_finds_each_recipe_again() {
    for description in recipes() {
        let made = HashRecipe::new(description.clone()).unwrap();
        let samples: Vec<KnownHash> = ["correct horse", "pässwörd ☂", "x"]
            .iter()
            .map(|password| known(password, &made.hash(password).unwrap()))
            .collect();
        let found = find_recipe(&samples).unwrap_or_else(|error| panic!("{description}: {error}"));
        // It opens what it has not seen, too.
        let other = made.hash("another ä").unwrap();
        let salt = other["salt"]["value"].as_str();
        let custom = found.describe(
            other["hash"]["value"].as_str().unwrap(),
            salt.filter(|_| {
                !found
                    .describe("", salt)
                    .is_err_and(|error| error.to_string().contains("the recipe has none"))
            }),
        );
        let user = with_hash("a@uni.test", custom.unwrap());
        assert!(
            verify_password(&user, "another ä").unwrap(),
            "{description}: {found}"
        );
    }
}

#[test]
fn the_detective_says_what_it_cannot_tell_apart() {
    let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let alone = find_recipe(&[KnownHash::new("abc", sha)]).unwrap();
    assert_eq!(
        alone.to_string().lines().nth(1).unwrap(),
        "verifies 1 of 1 known hashes; 2 recipes were tried"
    );
    let ambiguous = find_recipe(&[KnownHash::new("abc", sha).salt("")]).unwrap();
    assert!(
        ambiguous
            .to_string()
            .contains("these hashes also fit sha256, hex, salt as hex prefix"),
        "{ambiguous}"
    );
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn sha256(text: impl AsRef<[u8]>) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(text))
}

#[test]
fn the_detective_says_why_nothing_fits() {
    let wrong_one = [
        KnownHash::new("one", sha256("s1one")).salt("s1"),
        KnownHash::new("two", sha256("s2two")).salt("s2"),
        KnownHash::new("three", sha256("s3tree")).salt("s3"),
    ];
    let cases: Vec<(Vec<KnownHash>, &str)> = vec![
        (
            Vec::new(),
            "found no recipe: there are no hashes: give one or more hashes with their passwords",
        ),
        (
            wrong_one.to_vec(),
            "the closest (sha256, hex, salt as utf8 prefix) verifies 2 of 3 hashes, but not number 3; check the password there",
        ),
        (
            vec![KnownHash::new("one", sha256(sha256("one")))],
            "the first is a sha256 of a sha256, and no recipe describes a hash of a hash",
        ),
        (
            vec![KnownHash::new("one", sha256("s1:one")).salt("s1")],
            "sha256 with `:` between salt and password: put it at the end of each salt and search again",
        ),
        (
            vec![KnownHash::new("one", sha256("one$s1")).salt("s1")],
            "sha256 with `$` between password and salt: put it at the beginning of each salt and search again",
        ),
        (
            vec![KnownHash::new("one", sha256("two"))],
            "check that each password belongs to its hash",
        ),
        (
            vec![KnownHash::new("one", sha256("two"))],
            "the search tried sha256; the search did not try an hmac with a key of the system",
        ),
        (
            vec![KnownHash::new("one", "0123456789abcdef")],
            "found no recipe: these hashes have no form that the search knows; the search did not try",
        ),
    ];
    for (known, part) in cases {
        let error = find_recipe(&known).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains(&sha256("s1one")[..12]), "{error}");
    }
}

/// What is said of known hashes, each with the password `one`, before anything is searched.
#[test]
fn what_hashes_say_of_themselves_is_told_and_not_searched_for() {
    let bcrypt = "$2b$04$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG";
    let whole = "but the given password does not fit; check that password";
    let of_64_gb = "$argon2id$v=19$m=67108864,t=1,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA";
    let drupal = "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf";
    let no_hash = "not a known hash: it may be another password in clear text";
    for (texts, parts) in [
        (
            vec!["one"],
            vec![
                "number 1 is the password itself, in clear text; pass clear text to hash_password, or give all users new passwords with set_passwords",
            ],
        ),
        (
            vec!["{noop}one", "one"],
            vec!["numbers 1, 2 are each the password itself"],
        ),
        (vec!["zzz"], vec![no_hash]),
        (vec![""], vec!["number 1 is empty"]),
        (
            vec![bcrypt],
            vec![
                "number 1 is a bcrypt hash, complete and as Auth0 takes it",
                whole,
                "unless the system first hashed the password or mixed in a pepper",
            ],
        ),
        (
            vec![&bcrypt[..59]],
            vec![
                "number 1 is a bcrypt hash: it is cut off or too long: there must be 53 characters",
            ],
        ),
        (
            vec![drupal, bcrypt, drupal],
            vec![
                "numbers 1, 3 are each a Drupal 7 hash: it is made of",
                "number 2 is a bcrypt hash",
                "reset",
            ],
        ),
        (
            vec!["pbkdf2_sha256$2$abc$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
            vec!["a PBKDF2 hash", whole],
        ),
        (
            vec!["{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
            vec!["an LDAP hash", whole],
        ),
        (
            vec!["$argon2d$v=19$m=64,t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"],
            vec!["an Argon2 hash: it is"],
        ),
        (
            vec!["$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"],
            vec!["a version other than"],
        ),
        (
            vec!["{CRYPT}abc"],
            vec!["its meaning differs between systems"],
        ),
        (
            vec![of_64_gb],
            vec![
                "no password was tried on it: it takes 65,536 MB of memory",
                "can still be imported",
            ],
        ),
        // bcrypt of the sha256 of `one`, in hex, as Meteor has it; made with Python's bcrypt.
        (
            vec!["$2b$04$sKVo9jIb7fjDcBfiPIfJsuxzz5gcXevGYWMm897etpt7e6izVhLJC"],
            vec!["a bcrypt hash of the password's sha256"],
        ),
        (
            vec![
                "$2b$04$CViVGK2OhLHCRM7wnKhuBegz03VRxhgY2X1Q39uSvV8J.Yn35uaDS",
                bcrypt,
            ],
            vec![
                "number 1 is a bcrypt hash, and its password fits; number 2 is a bcrypt hash, complete",
                whole,
            ],
        ),
        (
            vec![
                "$2b$04$CViVGK2OhLHCRM7wnKhuBegz03VRxhgY2X1Q39uSvV8J.Yn35uaDS",
                "f97c5d29941bfb1b2fdab0874906ab82",
            ],
            vec![
                "number 2 is a hash that does not say how it was made",
                "find_recipes",
            ],
        ),
    ] {
        let known: Vec<KnownHash> = texts
            .iter()
            .map(|text| KnownHash::new("one", *text))
            .collect();
        let error = find_recipe(&known).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(
            !texts
                .iter()
                .any(|text| text.len() > 16 && error.contains(&text[text.len() - 12..])),
            "{error}"
        );
    }
}

#[test]
fn a_password_that_looks_like_a_hash_is_clear_text_all_the_same() {
    let password = "5f4dcc3b5aa765d61d8327deb882cf99";
    let error = find_recipe(&[KnownHash::new(password, password)]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the password itself, in clear text"),
        "{error}"
    );
}

#[test]
fn a_known_construction_that_auth0_does_not_make_is_named() {
    for (hash, salt, part) in [
        (
            "591b38f106cad4668fc057c79bd443d0",
            "",
            "the first is an md5 of a sha1",
        ),
        (
            "r3K/rKwAeaDxCBzxVvrjVCux7jkKN+swL60HMJC0nYI/4+AGbHEgh3Q0mgyrX1zR5niFwREvZhe50R87Su5c3w==",
            "pepper",
            "the first is made of 5000 rounds of sha512 (Symfony's way)",
        ),
        (
            "7671d3705c6c56abe824a6ae8274a2bd7c937832",
            "s1",
            "the salt before and after the password",
        ),
        (
            "404de66dc00412783a086fbef629f4d8",
            "s1",
            "the first is an md5 of an md5",
        ),
        (
            "7650fe7af952e9d9f31fb63a1883a68b462730e6",
            "s1",
            "the first is a sha1 of a sha1",
        ),
        (
            "ac821915f69d119edf19465626e1a15cbd7390a6a111ddaa745cb71dc0b7d15b",
            "s1",
            "the first is a sha256 with the salt in braces after the password",
        ),
        (
            "5dbcbedb00d131a29e0593f976f2b43794293923919ad42766de817fec824a6262799fec8d04cb9b17c48e8eae912658",
            "",
            "the first is a sha384, which Auth0 takes only in an HMAC",
        ),
        (
            "941a136ae0c09ad1394f67083becf8b45539f581",
            "s1",
            "the first is a ripemd160, which Auth0 takes only in an HMAC",
        ),
        (
            "bc98d6618f2b25b8dca257fa6c56393eb3da8c29",
            "s1",
            "the first is a sha1 of --SALT--PASSWORD--",
        ),
        (
            "5a7d1d2e8f3d9e5e806a3877b84f664bb31d6e5d9d8ffbcf4adc725ac87b3da01f6bc659d4c863f446d1a505bd9b1deb82f3798f23a0ec6085ffc2d00ae679ad",
            "s1",
            "the first is made of 20 rounds of sha512 (each round takes the hex of the one before)",
        ),
        (
            "4636015fca9a18799e992fd262f784de81a063bd",
            "Ada",
            "the first is a sha1 with the salt in lower case: write the salts in lower case and search again",
        ),
    ] {
        let known = KnownHash::new("one", hash);
        let known = if salt.is_empty() {
            known
        } else {
            known.salt(salt)
        };
        let error = find_recipe(&[known]).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// What stands in the columns of hash and salt, of each of the passwords.
type Hashes = [(&'static str, Option<&'static str>); 2];

/// The rows of the table: name, a part of the recipe, and the hashes.
fn columns() -> Vec<(&'static str, &'static str, Hashes)> {
    let rows = include_str!("columns.tsv")
        .lines()
        .filter(|line| line.contains('\t'));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let salt = |at: usize| cells.get(at).copied().filter(|salt| !salt.is_empty());
        (
            cells[0],
            cells[1],
            [(cells[2], salt(3)), (cells[4], salt(5))],
        )
    })
    .collect()
}

const PASSWORDS: [&str; 2] = ["correct horse", "Zwölf Eulen"];

fn known_of(hashes: &Hashes) -> Vec<KnownHash> {
    let known = |(password, (hash, salt)): (&&str, &(&str, Option<&str>))| {
        let known = KnownHash::new(*password, *hash);
        salt.map_or(known.clone(), |salt| known.salt(salt))
    };
    PASSWORDS.iter().zip(hashes).map(known).collect()
}

#[test]
fn what_no_column_says_is_searched_for_and_signs_in() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let mut users = Vec::new();
    let rows = columns();
    assert!(rows.len() > 15);
    for (number, (name, part, hashes)) in rows.iter().enumerate() {
        let found =
            find_recipe(&known_of(hashes)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(found.to_string().contains(part), "{name}: {found}");
        // Written down and read again, it is the same.
        let written: Value =
            serde_json::from_str(found.to_string().lines().next().unwrap()).unwrap();
        assert!(HashRecipe::new(written).unwrap() == found, "{name}");
        for (which, (hash, salt)) in hashes.iter().enumerate() {
            let mut own = json!({"hash": {"value": hash}});
            if let Some(salt) = salt {
                own["salt"] = json!({"value": salt});
            }
            let user = with_hash(&format!("u{number}.{which}@uni.test"), own);
            let completed = found
                .complete(&[user])
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let described = found.describe(hash, *salt).unwrap();
            assert_eq!(
                completed[0].custom_password_hash.as_ref(),
                Some(&described),
                "{name}"
            );
            users.push(completed[0].clone());
        }
    }
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    assert_eq!(
        finished.summary.unwrap().inserted as usize,
        users.len(),
        "{finished}"
    );
    for (user, right) in users.iter().zip(PASSWORDS.iter().cycle()) {
        for password in [right, "Correct horse"] {
            let here = verify_password(user, password).unwrap();
            let there = practice.sign_in(&user.email, password).0 == 200;
            assert_eq!(
                (here, there),
                (password == *right, password == *right),
                "{}",
                user.email
            );
        }
    }
}

#[test]
fn a_file_whose_column_holds_hash_and_salt_is_read_by_its_recipe() {
    let rows = columns();
    let (_, _, hashes) = rows
        .iter()
        .find(|(name, ..)| *name == "magento 1.9")
        .unwrap();
    let recipe = find_recipe(&known_of(hashes)).unwrap();
    let text = format!(
        "mail,pw\none@uni.test,{}\ntwo@uni.test,{}\n",
        hashes[0].0, hashes[1].0
    );
    let file = TestFile::new(text.as_bytes());
    let map = [("mail", "email"), ("pw", "custom_password_hash.hash.value")];
    let read = read_csv(file.path(), &map).unwrap().with_recipe(&recipe);
    for (user, password) in read.zip(PASSWORDS) {
        assert!(verify_password(&user.unwrap(), password).unwrap());
    }
    let broken = with_hash("a@uni.test", json!({"hash": {"value": "no-colon"}}));
    let error = recipe.complete(&[broken]).unwrap_err().to_string();
    assert!(
        error.contains("row 1 (a@uni.test): custom_password_hash.hash.value lacks the character"),
        "{error}"
    );
    assert!(
        recipe
            .describe("no-colon", None)
            .unwrap_err()
            .to_string()
            .contains("lacks the character that the recipe puts between hash and salt")
    );
    for column in [
        json!({"parts": "x"}),
        json!({"hash": "hex"}),
        json!("hash:salt"),
        json!({"key": "pepper"}),
    ] {
        let error = HashRecipe::new(
            json!({"algorithm": "md5", "hash": {"encoding": "hex"}, "column": column}),
        );
        assert!(
            error.unwrap_err().to_string().contains("column"),
            "{column}"
        );
    }
}

#[test]
fn a_search_ends_with_its_time_and_says_what_it_left() {
    let pbkdf2 = "7f0d".repeat(16);
    let known = [KnownHash::new("one", pbkdf2).salt("saltysalt")];
    let began = std::time::Instant::now();
    let error = find_recipe_within(&known, Duration::ZERO)
        .unwrap_err()
        .to_string();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    for part in [
        "what the time limit left out (find_recipe_within takes a longer one)",
        "check that each password belongs to its hash",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(
        !error.contains("pbkdf2 with sha256, sha512 and sha1 and every number"),
        "{error}"
    );
}

#[test]
fn a_mixed_column_has_several_recipes_and_each_row_finds_its_own() {
    let rows = columns();
    let of = |wanted: &str| {
        rows.iter()
            .find(|(name, ..)| *name == wanted)
            .map(|(_, _, hashes)| known_of(hashes))
            .unwrap()
    };
    let mut known = of("magento 1.9");
    known.extend(of("django, two hashers"));
    known.extend([
        KnownHash::new("one", sha256("ones1")).salt("s1"),
        KnownHash::new("two", "5f4dcc3b5aa765d61d8327deb882cf99"),
        KnownHash::new("two", sha256("twos2")).salt("s2"),
        KnownHash::new(
            "one",
            "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
        ),
    ]);
    let found = find_recipes(&known).unwrap();
    let shown = found.to_string();
    assert_eq!(found.recipes().len(), 3, "{shown}");
    for part in [
        "3 recipes\n",
        "verifies numbers 3, 4",
        "verifies numbers 1, 2",
        "verifies numbers 5, 7",
        "no recipe verifies number 6",
        "number 8 is a Drupal 7 hash",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let row = |email: &str, hash: &str, salt: Option<&str>| {
        let mut own = json!({"hash": {"value": hash}});
        if let Some(salt) = salt {
            own["salt"] = json!({"value": salt});
        }
        with_hash(email, own)
    };
    let magento = rows
        .iter()
        .find(|(name, ..)| *name == "magento 1.9")
        .unwrap()
        .2;
    let users = [
        row("a@uni.test", magento[0].0, None),
        row("b@uni.test", &sha256("threes3"), Some("s3")),
        row("c@uni.test", "{SHA}/gX71IGJ5EdYFpaXCPRIS1MunwY=", None),
    ];
    let completed = found.complete(&users).unwrap();
    assert!(verify_password(&completed[0], PASSWORDS[0]).unwrap());
    assert!(verify_password(&completed[1], "three").unwrap());
    let broken = [
        row("a@uni.test", "hunter2", None),
        row("b@uni.test", "", None),
        row("c@uni.test", "*", None),
    ];
    let error = found.complete(&broken).unwrap_err().to_string();
    for part in [
        "row 1 (a@uni.test): custom_password_hash.hash.value has the form of none",
        "row 2 (b@uni.test): custom_password_hash.hash.value is missing",
        "row 3 (c@uni.test): custom_password_hash.hash.value is a marker of an account",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
    assert!(find_recipes(&[]).is_err() && found.complete(&[]).is_err());
    let none = find_recipes(&[KnownHash::new("one", "zzz")])
        .unwrap_err()
        .to_string();
    assert!(none.contains("number 1 is not a known hash"), "{none}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_known_hash_makes_the_detective_panic_or_tell_it(hash in r"(\PC{0,40}|[{$:]?[A-Za-z0-9]{0,14}[}$:.-]{1,2}[A-Za-z0-9+/=.,$:{}]{0,60}|[0-9a-f]{30,70})", salt in proptest::option::of("[A-Za-z0-9]{12,20}"), row in 0..100_usize) {
        let rows = columns();
        let (_, _, hashes) = &rows[row % rows.len()];
        let known = KnownHash::new("correct horse", hash.clone());
        let known = salt.iter().fold(known, |known, salt| known.salt(salt.clone()));
        let others = known_of(hashes);
        let told = [
            find_recipe_within(std::slice::from_ref(&known), Duration::ZERO).map(|found| found.to_string()),
            find_recipe_within(&[known, others[0].clone()], Duration::ZERO).map(|found| found.to_string()),
        ];
        for told in told {
            let told = told.unwrap_or_else(|error| error.to_string());
            let letters: Vec<char> = hash.chars().collect();
            let is_told = letters.windows(16).any(|piece| told.contains(&piece.iter().collect::<String>()));
            prop_assert!(!is_told && salt.as_ref().is_none_or(|salt| !told.contains(salt)), "{}", told);
        }
    }
}

/// A description that no password fits, the field, and a part of the reason.
fn faulty() -> Vec<(Value, &'static str, &'static str)> {
    let at =
        |algorithm: &str, value: &str| json!({"algorithm": algorithm, "hash": {"value": value}});
    let hex = |algorithm: &str, value: &str| json!({"algorithm": algorithm, "hash": {"value": value, "encoding": "hex"}});
    let mut with_salt = at("pbkdf2", "$pbkdf2-sha1$i=1,l=1$AAAA$AA");
    with_salt["salt"] = json!({"value": "x"});
    let mut odd_cost = hex("scrypt", "00");
    odd_cost["keylen"] = 1.into();
    odd_cost["cost"] = 1000.into();
    let mut bad_salt = hex("md5", "00000000000000000000000000000000");
    bad_salt["salt"] = json!({"value": "xyz", "encoding": "hex"});
    let mut url_safe = json!({"algorithm": "md5", "hash": {"value": "AAAA-AAAAAAAAAAAAAAAAA==", "encoding": "base64"}});
    url_safe["salt"] = json!({"value": "x"});
    vec![
        (
            hex("md5", "abc"),
            "hash.value",
            "is hex of odd length: a digit is missing",
        ),
        (hex("md5", "xy00"), "hash.value", "is not hex"),
        (
            hex("sha256", "00ff"),
            "hash.value",
            "has 2 bytes, and sha256 makes 32 here",
        ),
        (
            at("sha1", "abc"),
            "hash.encoding",
            "must be hex or base64 for sha1",
        ),
        (
            json!({"algorithm": "md5", "hash": {"value": "§§", "encoding": "base64"}}),
            "hash.value",
            "is not base64",
        ),
        (
            url_safe,
            "hash.value",
            "URL alphabet: replace - with + and _ with /",
        ),
        (bad_salt, "salt.value", "is hex of odd length"),
        (
            at(
                "bcrypt",
                "$2x$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG",
            ),
            "hash.value",
            "must begin with $2a$, $2b$ or $2y$",
        ),
        (
            at(
                "bcrypt",
                "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumq",
            ),
            "hash.value",
            "is cut off or too long",
        ),
        (
            at(
                "bcrypt",
                "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWU+G",
            ),
            "hash.value",
            "bcrypt's alphabet",
        ),
        (
            at(
                "bcrypt",
                "$2b$99$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG",
            ),
            "hash.value",
            "must have a cost of two digits, 04 to 31",
        ),
        (
            hex(
                "bcrypt",
                "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG",
            ),
            "hash.encoding",
            "must be utf8 or left out for bcrypt",
        ),
        (
            with_salt,
            "salt",
            "is not used for pbkdf2, whose hash contains its salt",
        ),
        (
            at("pbkdf2", "$pbkdf2-sha512$i=100000,l=64$KNyFsA2rWoE"),
            "hash.value",
            "a PHC string with missing parts",
        ),
        (
            at("pbkdf2", "$pbkdf2-md6$i=1,l=1$AAAA$AA"),
            "hash.value",
            "names an unknown digest",
        ),
        (
            at("pbkdf2", "$pbkdf2-sha1$i=1,l=9$AAAA$AA"),
            "hash.value",
            "whose length is not l",
        ),
        (
            at("pbkdf2", "$pbkdf2-sha1$i=x$AAAA$AA"),
            "hash.value",
            "parameters that are not name=number",
        ),
        (at("pbkdf2", "sha1"), "hash.value", "is not a PHC string"),
        (
            at(
                "argon2",
                "$argon2d$v=19$m=64,t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            ),
            "hash.value",
            "it must be $argon2id or $argon2i",
        ),
        (
            at(
                "argon2",
                "$argon2id$m=64,t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            ),
            "hash.value",
            "a version other than",
        ),
        (
            at(
                "argon2",
                "$argon2id$v=19$t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            ),
            "hash.value",
            "must have the parameters m",
        ),
        (
            at(
                "argon2",
                "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA",
            ),
            "hash.value",
            "a salt of under 8 bytes",
        ),
        (at("ldap", "{CRYPT}abc"), "hash.value", "the scheme {CRYPT}"),
        (
            at("ldap", "{PBKDF2}abcd"),
            "hash.value",
            "has a scheme that Auth0 does not take",
        ),
        (
            at("ldap", "plain"),
            "hash.value",
            "must begin with the scheme in braces",
        ),
        (
            at("ldap", "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            "hash.value",
            "has 20 bytes, which do not fit its scheme",
        ),
        (hex("scrypt", "00"), "keylen", "must be a number above 0"),
        (odd_cost, "cost", "must be a power of two above 1"),
        (
            json!({"algorithm": "md5", "hash": {"encoding": "hex"}}),
            "hash.value",
            "is missing",
        ),
    ]
}

#[test]
fn a_hash_that_nothing_would_fit_is_named_with_its_field_before_it_is_sent() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let faulty = faulty();
    let users: Vec<User> = faulty
        .iter()
        .enumerate()
        .map(|(n, (custom, ..))| with_hash(&format!("u{n}@uni.test"), custom.clone()))
        .collect();
    let problems = check_users(&connection, &users);
    for (row, (custom, field, part)) in faulty.iter().enumerate() {
        let found: Vec<&Problem> = problems
            .iter()
            .filter(|problem| problem.row == row + 1)
            .collect();
        assert_eq!(found.len(), 1, "{custom}: {found:?}");
        assert_eq!(
            found[0].field,
            format!("custom_password_hash.{field}"),
            "{custom}"
        );
        assert!(
            found[0].problem.contains(part),
            "{custom}: {}",
            found[0].problem
        );
        let error = verify_password(&users[row], "shh").unwrap_err().to_string();
        assert!(
            error.contains(&format!(
                "cannot try a password for u{row}@uni.test: custom_password_hash.{field} "
            )),
            "{error}"
        );
    }
    // Why it is worth saying: the import takes them all, and nobody gets in.
    let job = start_import(&tenant, &connection, &users).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(20)).unwrap();
    assert_eq!(finished.summary.unwrap().inserted as usize, users.len());
}

#[test]
fn passwords_and_users_that_cannot_be_verified_say_why() {
    let bare = User::new("a@uni.test");
    let hashed = User {
        password_hash: Some(hash_password("one").unwrap()),
        ..bare.clone()
    };
    let both = User {
        custom_password_hash: Some(json!({})),
        ..hashed.clone()
    };
    let other_cost = User {
        password_hash: Some(
            "$2b$12$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG".to_string(),
        ),
        ..bare.clone()
    };
    for (user, password, message) in [
        (
            &bare,
            "one",
            "cannot try a password for a@uni.test: both password_hash and custom_password_hash are missing: set a password with set_passwords",
        ),
        (
            &both,
            "one",
            "cannot try a password for a@uni.test: the user has both custom_password_hash and password_hash: keep only one of the two",
        ),
        (
            &other_cost,
            "one",
            "cannot try a password for a@uni.test: password_hash has a cost other than 10, the only one that password_hash takes: use custom_password_hash with the algorithm bcrypt",
        ),
        (
            &hashed,
            "",
            "the password cannot be hashed: it is empty: use 1 to 72 bytes",
        ),
    ] {
        assert_eq!(
            verify_password(user, password).unwrap_err().to_string(),
            message
        );
    }
    assert!(
        verify_password(&hashed, &"x".repeat(73))
            .unwrap_err()
            .to_string()
            .contains("73 bytes")
    );
}

#[test]
fn recipes_that_auth0_does_not_take_are_refused() {
    for (description, message) in [
        (
            json!({}),
            "cannot use this hash recipe: custom_password_hash.algorithm is missing",
        ),
        (
            json!({"algorithm": "sha384", "hash": {}}),
            "cannot use this hash recipe: custom_password_hash.algorithm must be one of argon2, bcrypt",
        ),
        (
            json!({"algorithm": "sha256", "hash": {}}),
            "cannot use this hash recipe: custom_password_hash.hash.encoding must be hex or base64 for sha256",
        ),
        (
            json!({"algorithm": "hmac", "hash": {"encoding": "hex", "digest": "sha1"}}),
            "cannot use this hash recipe: custom_password_hash.hash.key is missing, and hmac needs it",
        ),
        (
            json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "pepper": 1}),
            "cannot use this hash recipe: custom_password_hash.pepper is not a field here: leave it out",
        ),
        (
            json!("sha256"),
            "cannot use this hash recipe: custom_password_hash must be an object",
        ),
    ] {
        let error = HashRecipe::new(description).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    let recipe = HashRecipe::new(json!({"algorithm": "bcrypt", "hash": {"value": "$2b$04$"}, "salt": {"value": "sixteen letters."}})).unwrap();
    let error = recipe.hash(&"x".repeat(60)).unwrap_err().to_string();
    assert!(
        error.contains("with its salt it has 76 bytes, and bcrypt takes at most 72"),
        "{error}"
    );
    let salted = recipe.hash("x").unwrap();
    assert!(verify_password(&with_hash("a@uni.test", salted), "x").unwrap());
}

#[test]
fn a_whole_file_is_completed_by_its_columns() {
    let recipe = HashRecipe::new(
        json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {"position": "suffix"}}),
    )
    .unwrap();
    let rows = format!(
        "mail,pw,pw_salt\none@uni.test,{},s1\ntwo@uni.test,{},s2\n",
        sha256("ones1"),
        sha256("twos2")
    );
    let file = TestFile::new(rows.as_bytes());
    let columns = [
        ("mail", "email"),
        ("pw", "custom_password_hash.hash.value"),
        ("pw_salt", "custom_password_hash.salt.value"),
    ];
    let read = || read_csv(file.path(), &columns).unwrap();
    let users: Users = read().collect::<Result<_>>().unwrap();
    let completed = recipe.complete(&users).unwrap();
    let streamed: Users = read().with_recipe(&recipe).collect::<Result<_>>().unwrap();
    assert_eq!(completed, streamed);
    assert!(
        verify_password(&completed[0], "one").unwrap()
            && verify_password(&completed[1], "two").unwrap()
    );
    assert!(!verify_password(&completed[1], "one").unwrap());

    let broken = [
        users[0].clone(),
        with_hash(
            "b@uni.test",
            json!({"hash": {"value": "abc"}, "salt": {"value": "s"}}),
        ),
        User::new("c@uni.test"),
    ];
    let error = recipe.complete(&broken).unwrap_err().to_string();
    assert!(
        error.contains("row 2 (b@uni.test): custom_password_hash.hash.value is hex of odd length"),
        "{error}"
    );
    assert!(error.contains("row 3 (c@uni.test): custom_password_hash.hash.value is missing: map the column that holds the hash to it"), "{error}");
    assert!(recipe.complete(&[]).is_err());
}

#[test]
fn a_description_that_the_recipe_cannot_give_is_refused() {
    let recipe = HashRecipe::new(json!({"algorithm": "md5", "hash": {"encoding": "hex"}})).unwrap();
    let salted =
        HashRecipe::new(json!({"algorithm": "md5", "hash": {"encoding": "hex"}, "salt": {}}))
            .unwrap();
    let zeros = "0".repeat(32);
    for (error, part) in [
        (
            recipe.describe(&zeros, Some("x")),
            "salt is given, but the recipe has no salt",
        ),
        (
            salted.describe(&zeros, None),
            "custom_password_hash.salt.value is missing",
        ),
        (
            recipe.describe("0", None),
            "custom_password_hash.hash.value is hex of odd length",
        ),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_recipe_and_known_hashes_show_no_secret() {
    let planted = "planted-secret";
    let recipe = HashRecipe::new(json!({"algorithm": "hmac", "hash": {"encoding": "hex", "digest": "sha1", "key": {"value": planted}}, "salt": {"value": planted}})).unwrap();
    let known = KnownHash::new(planted, planted).salt(planted).key(planted);
    for shown in [
        format!("{recipe} {recipe:?}"),
        format!("{known:?}"),
        find_recipe(&[known]).unwrap_err().to_string(),
    ] {
        assert!(!shown.contains(planted), "{shown}");
    }
}

#[test]
fn what_a_lesson_measures_is_bounded() {
    for cost in [3, 17] {
        let error = measure_costs([4, cost]).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "cannot measure cost {cost}: bcrypt's costs begin at 4, and above 16 one hash takes many seconds; choose a cost from 4 to 16"
            )
        );
    }
    let times = measure_costs([4, 8]).unwrap();
    assert_eq!((times.times.len(), times.times[1].0), (2, 8));
    assert!(times.to_string().contains("cost 8"), "{times}");
    assert!(measure_hashing(0).is_err());
    let speeds = measure_hashing(2).unwrap();
    assert!(speeds.one_by_one > 0.0 && speeds.to_string().contains("six abreast"));
}

#[test]
fn a_recipe_that_was_found_today_is_the_same_tomorrow_and_its_file_is_for_its_owner_alone() {
    let folder = TestFolder::new();
    let path = folder.join("shop.recipe.json");
    let hmac = json!({"algorithm": "hmac", "hash": {"encoding": "hex", "digest": "sha256", "key": {"value": "pepper-of-all"}}});
    let made = HashRecipe::new(hmac).unwrap().hash("correct horse");
    let hash = made.unwrap()["hash"]["value"].as_str().unwrap().to_string();
    let found = find_recipe(&[KnownHash::new("correct horse", hash).key("pepper-of-all")]).unwrap();
    found.save(&path).unwrap();
    let read = HashRecipe::read(&path).unwrap();
    assert!(read == found, "{read:?} is not {found:?}");
    assert_ne!(
        read.to_string(),
        found.to_string(),
        "the notes are not kept"
    );
    let custom = read.hash("correct horse").unwrap();
    assert_eq!(custom, found.hash("correct horse").unwrap());
    let shown = format!("{read} {read:?}");
    assert!(!shown.contains("pepper-of-all"), "{shown}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // What is there stays, and what is no recipe is refused without a word of it.
    let again = found.save(&path).unwrap_err().to_string();
    assert!(again.contains("shop.recipe.json"), "{again}");
    assert!(HashRecipe::read(&path).unwrap() == found);
    for text in [
        "pepper-of-all",
        "\"pepper-of-all\"",
        "{}",
        &"x".repeat(65_537),
    ] {
        std::fs::write(&path, text).unwrap();
        let refused = HashRecipe::read(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Hash, "{refused}");
        assert!(!refused.to_string().contains("pepper-of-all"), "{refused}");
    }
    assert!(HashRecipe::read(folder.join("none")).is_err());
}

/// With so long a salt each of the ten thousand rounds of an old digest takes as long as a search may.
#[test]
fn a_long_salt_does_not_keep_a_search_from_ending() {
    let known = [KnownHash::new("one", sha256("another")).salt("s".repeat(4 << 20))];
    let error = find_recipe_within(&known, Duration::from_secs(1))
        .unwrap_err()
        .to_string();
    assert!(error.contains("what the time limit left out"), "{error}");
}
