//! Hashes of old systems: made, described, verified here and by the practice tenant, and found out about.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::runs::{TestFile, TestFolder};
use crate::server::Practice;

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
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let passwords = ["correct horse", "pässwörd ☂", "x"];
    let mut users = Vec::new();
    for (number, recipe) in recipes().into_iter().enumerate() {
        let recipe = HashRecipe::new(recipe).unwrap();
        for (which, password) in passwords.iter().enumerate() {
            let email = format!("u{number}.{which}@test.edu");
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
        let user = with_hash("a@test.edu", custom);
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
        ..User::new("a@test.edu")
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
        let user = with_hash("a@test.edu", custom.unwrap());
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
        "verifies 1 of 1 known hashes; 2 descriptions were tried"
    );
    let ambiguous = find_recipe(&[KnownHash::new("abc", sha).salt("")]).unwrap();
    assert!(
        ambiguous
            .to_string()
            .contains("cannot tell it from sha256, hex, salt as hex prefix"),
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
            "found no recipe: there are no hashes: give one or more, with their passwords",
        ),
        (
            wrong_one.to_vec(),
            "verifies 2 of 3 (sha256, hex, salt as utf8 prefix), but not number 3: is its password right?",
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
            vec![KnownHash::new(
                "one",
                "pbkdf2_sha256$260000$abc$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            )],
            "this is Django's form of PBKDF2: write each as $pbkdf2-sha256$i=260000,l=32$",
        ),
        (
            vec![KnownHash::new("one", "$P$B12345678abcdefghijklmnopqrstuv")],
            "this is phpass's portable hash",
        ),
        (
            vec![KnownHash::new("one", "$6$salt$abc")],
            "this is the crypt of Unix systems",
        ),
        (
            vec![KnownHash::new("one", "zzz")],
            "none of the 0 descriptions that these hashes could have verifies any of them",
        ),
        (
            vec![KnownHash::new("one", sha256("two"))],
            "check that passwords and hashes belong together",
        ),
    ];
    for (known, part) in cases {
        let error = find_recipe(&known).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains(&sha256("s1one")[..12]), "{error}");
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
            "is hex or base64 for sha1",
        ),
        (
            json!({"algorithm": "md5", "hash": {"value": "§§", "encoding": "base64"}}),
            "hash.value",
            "is not base64",
        ),
        (
            url_safe,
            "hash.value",
            "alphabet for URLs: write + for - and / for _",
        ),
        (bad_salt, "salt.value", "is hex of odd length"),
        (
            at(
                "bcrypt",
                "$2x$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG",
            ),
            "hash.value",
            "begins with $2a$, $2b$ or $2y$",
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
            "no cost of 04 to 31",
        ),
        (
            hex(
                "bcrypt",
                "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG",
            ),
            "hash.encoding",
            "is utf8 for bcrypt",
        ),
        (
            with_salt,
            "salt",
            "is not taken for pbkdf2, whose hash has its salt inside",
        ),
        (
            at("pbkdf2", "$pbkdf2-sha512$i=100000,l=64$KNyFsA2rWoE"),
            "hash.value",
            "a PHC string with missing parts",
        ),
        (
            at("pbkdf2", "$pbkdf2-md6$i=1,l=1$AAAA$AA"),
            "hash.value",
            "names a digest that is not known",
        ),
        (
            at("pbkdf2", "$pbkdf2-sha1$i=1,l=9$AAAA$AA"),
            "hash.value",
            "another length than l says",
        ),
        (
            at("pbkdf2", "$pbkdf2-sha1$i=x$AAAA$AA"),
            "hash.value",
            "parameters that are not name=number",
        ),
        (at("pbkdf2", "sha1"), "hash.value", "is no PHC string"),
        (
            at(
                "argon2",
                "$argon2d$v=19$m=64,t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            ),
            "hash.value",
            "it wants $argon2id or $argon2i",
        ),
        (
            at(
                "argon2",
                "$argon2id$m=64,t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            ),
            "hash.value",
            "another version than 19",
        ),
        (
            at(
                "argon2",
                "$argon2id$v=19$t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            ),
            "hash.value",
            "wants the parameters m",
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
            "begins with the scheme in braces",
        ),
        (
            at("ldap", "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            "hash.value",
            "has 20 bytes, which do not fit its scheme",
        ),
        (
            hex("scrypt", "00"),
            "keylen",
            "is missing or no number above 0",
        ),
        (odd_cost, "cost", "no power of two above 1"),
        (
            json!({"algorithm": "md5", "hash": {"encoding": "hex"}}),
            "hash.value",
            "is missing",
        ),
    ]
}

#[test]
fn a_hash_that_nothing_would_fit_is_named_with_its_field_before_it_is_sent() {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let faulty = faulty();
    let users: Vec<User> = faulty
        .iter()
        .enumerate()
        .map(|(n, (custom, ..))| with_hash(&format!("u{n}@test.edu"), custom.clone()))
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
                "no password can be tried for u{row}@test.edu: custom_password_hash.{field} "
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
    let bare = User::new("a@test.edu");
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
            "no password can be tried for a@test.edu: password_hash is missing, and custom_password_hash too: give the user one with set_passwords",
        ),
        (
            &both,
            "one",
            "no password can be tried for a@test.edu: custom_password_hash stands beside password_hash: give one of the two",
        ),
        (
            &other_cost,
            "one",
            "no password can be tried for a@test.edu: password_hash has another cost than 10, the one that password_hash takes: use custom_password_hash with the algorithm bcrypt",
        ),
        (
            &hashed,
            "",
            "the password cannot be hashed: it is empty: give one of 1 to 72 bytes",
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
            "cannot use this hash recipe: custom_password_hash.hash.encoding is hex or base64 for sha256",
        ),
        (
            json!({"algorithm": "hmac", "hash": {"encoding": "hex", "digest": "sha1"}}),
            "cannot use this hash recipe: custom_password_hash.hash.key is missing, and hmac needs it",
        ),
        (
            json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "pepper": 1}),
            "cannot use this hash recipe: custom_password_hash.pepper is not known there: leave it out",
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
        error.contains("with its salt it has 76 bytes and bcrypt takes 72"),
        "{error}"
    );
    let salted = recipe.hash("x").unwrap();
    assert!(verify_password(&with_hash("a@test.edu", salted), "x").unwrap());
}

#[test]
fn a_whole_file_is_completed_by_its_columns() {
    let recipe = HashRecipe::new(
        json!({"algorithm": "sha256", "hash": {"encoding": "hex"}, "salt": {"position": "suffix"}}),
    )
    .unwrap();
    let rows = format!(
        "mail,pw,pw_salt\none@test.edu,{},s1\ntwo@test.edu,{},s2\n",
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
            "b@test.edu",
            json!({"hash": {"value": "abc"}, "salt": {"value": "s"}}),
        ),
        User::new("c@test.edu"),
    ];
    let error = recipe.complete(&broken).unwrap_err().to_string();
    assert!(
        error.contains("row 2 (b@test.edu): custom_password_hash.hash.value is hex of odd length"),
        "{error}"
    );
    assert!(error.contains("row 3 (c@test.edu): custom_password_hash.hash.value is missing: map the column that holds the hash to it"), "{error}");
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
            "salt is given, and the recipe has none",
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
                "cost {cost} is not measured: bcrypt's costs begin at 4, and above 16 one hash takes many seconds; give one in between"
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
