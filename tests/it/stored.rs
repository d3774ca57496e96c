//! What stored hashes say of themselves. The hashes are published vectors, or were made by the named systems' own libraries.

use auth0_bulk_users::*;
use proptest::prelude::*;

use crate::server::Practice;
use crate::turned::turned_time;

const PASSWORD: &str = "Zwölf Eulen";
/// Of those that take seconds in a build without optimisation one try is enough.
const SLOW: [&str; 2] = ["spring pbkdf2", "spring pbkdf2 5.8"];

/// The two tables of the file: a name or what is said, and the text of a column.
fn stored() -> [Vec<(&'static str, String)>; 2] {
    let table = |text: &'static str| {
        let rows = text.lines().filter_map(|line| line.split_once('\t'));
        rows.map(|(name, text)| (name, text.replace("\\0", "\0")))
            .collect()
    };
    let tables: Vec<&str> = include_str!("stored.tsv").split("\n\n").skip(1).collect();
    [table(tables[0]), table(tables[1])]
}

/// A user with what Auth0 takes of it.
fn user_of(email: &str, hash: StoredHash) -> Option<User> {
    let user = User::new(email);
    match hash {
        StoredHash::Bcrypt(hash) => Some(User {
            password_hash: Some(hash),
            ..user
        }),
        StoredHash::Custom(custom) => Some(User {
            custom_password_hash: Some(custom),
            ..user
        }),
        _ => None,
    }
}

/// A user for each hash that Auth0 takes.
pub(crate) fn all_users() -> Vec<User> {
    let [taken, _] = stored();
    let rows = (1..).zip(taken);
    rows.filter_map(|(row, (_, text)): (usize, _)| {
        user_of(&format!("stored-{row}@uni.test"), StoredHash::read(&text))
    })
    .collect()
}

/// The users verify here and sign in there with their passwords, and with no other.
fn let_in(users: &[(User, &str)]) {
    let practice = Practice::start(&[]);
    let (tenant, connection) = practice.database();
    let all: Vec<User> = users.iter().map(|(user, _)| user.clone()).collect();
    assert_eq!(check_users(&connection, &all), []);
    let job = start_import(&tenant, &connection, &all).unwrap();
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(60)).unwrap();
    assert_eq!(
        finished.summary.unwrap().inserted as usize,
        users.len(),
        "{finished}"
    );
    for (user, password) in users {
        for (tried, right) in [
            (password.to_string(), true),
            (format!("{password}!"), false),
        ] {
            assert_eq!(verify_password(user, &tried).unwrap(), right, "{user:?}");
            assert_eq!(
                practice.sign_in(&user.email, &tried).0 == 200,
                right,
                "{user:?}"
            );
        }
    }
}

#[test]
fn what_says_itself_how_it_was_made_becomes_what_auth0_takes() {
    let _time = turned_time();
    let [good, _] = stored();
    assert!(good.len() > 80, "{}", good.len());
    let (mut users, mut plain) = (Vec::new(), Vec::new());
    for (number, (name, text)) in good.iter().enumerate() {
        let read = StoredHash::read(text);
        assert_eq!(read, StoredHash::read(&format!("  {text}\n")), "{name}");
        let user = user_of(&format!("u{number}@uni.test"), read.clone());
        let user = user.unwrap_or_else(|| panic!("{name}: {read:?}"));
        if SLOW.contains(name) {
            assert!(verify_password(&user, PASSWORD).unwrap(), "{name}");
        } else {
            users.push((user, PASSWORD));
        }
        plain.extend(matches!(read, StoredHash::Bcrypt(_)).then_some(*name));
    }
    assert_eq!(
        plain,
        [
            "bcrypt 2b 10",
            "bcrypt 2a 10",
            "spring bcrypt",
            "ldif of crypt of bcrypt"
        ]
    );
    let_in(&users);
}

#[test]
fn published_examples_fit_their_passwords() {
    for (password, text) in [
        // The README of Ruby's scrypt, Spring Security's and Passlib's documentation, ASP.NET Identity's own tests, Ory Kratos's.
        (
            "my grand secret",
            "400$8$36$78f4ae6983f76119$37ec6ce55a2b928dc56ff9a7d0cdafbd7dbde49d9282c38a40b1434e88f24cf5",
        ),
        (
            "password",
            "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG",
        ),
        (
            "password",
            "{PKCS5S2}DQIXJU038u4P7FdsuFTY/+35bm41kfjZa57UrdxHp2Mu3qF2uy+ooD+jF5t1tb8J",
        ),
        (
            "my password",
            "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
        ),
        ("test", "$md5$CY9rzUYh03PK3k6DJie09g=="),
        // AdonisJS's, ForgeRock DS's, Liferay's and CrackStation's own tests and examples; and again Ory Kratos's.
        (
            "password",
            "$bcrypt$v=98$r=10$tAe1bhm5zoo0Sx7ZfrCd7w$0T4Cf8htpt/8FbjK+cErdaTh8T6ClYQ",
        ),
        (
            "password",
            "{PBKDF2-HMAC-SHA256}10000:xKsMmlzVLRYdYzcgBuD3ZIAeSj8tNhjDHGFDqhth8Kcbw5qjL5UZxaiS2awL1HjO",
        ),
        (
            "password",
            "AAAAoAAB9ADJZ16OuMAPPHe2CUbP0HPyXvagoKHumh7iHU3c",
        ),
        (
            "foobar",
            "sha1:64000:18:B6oWbvtHvu8qCgoE75wxmvpidRnGzGFt:R1gkPOuVjqIoTulWP1TABS0H",
        ),
        (
            "test",
            "$hmac-sha256$ZTAzMWJhMWMyOTM4YjFkMjgzZjkxOWExZGY5YWM2NmMxOTJhN2RkNzQ0MzJkNWZkNGFkYTI5OTk0MWJhMTA5Zg==$MTIzNDU=",
        ),
    ] {
        let read = StoredHash::read(text);
        let user =
            user_of("a@uni.test", read.clone()).unwrap_or_else(|| panic!("{text}: {read:?}"));
        assert!(verify_password(&user, password).unwrap(), "{text}");
        assert!(!verify_password(&user, "another").unwrap(), "{text}");
    }
}

#[test]
fn what_auth0_takes_none_of_is_named_with_the_reason() {
    let [_, bad] = stored();
    assert!(bad.len() > 14, "{}", bad.len());
    for (named, text) in bad {
        let read = StoredHash::read(&text);
        let StoredHash::Impossible { what, why } = read else {
            panic!("{named}: {read:?}");
        };
        assert_eq!(what, named);
        assert!(why.starts_with("is ") || why.starts_with("has "), "{why}");
    }
}

#[test]
fn what_the_parsers_know_of_a_damaged_hash_is_told() {
    let bcrypt = "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG";
    let argon2 = "v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA";
    for (text, part) in [
        (
            bcrypt[..59].to_string(),
            "is cut off or too long: there must be 53 characters after the cost",
        ),
        (
            format!("{{bcrypt}}{}", &bcrypt[..58]),
            "is cut off or too long",
        ),
        (bcrypt.replace("TW7", "T+7"), "bcrypt's alphabet"),
        (bcrypt.replace("10", "99"), "must have a cost of two digits"),
        (bcrypt.replace("2b", "2x"), "$2a$, $2b$ and $2y$"),
        (bcrypt.replace("2b", "2"), "$2a$, $2b$ and $2y$"),
        (
            format!("$argon2d${argon2}"),
            "it must be $argon2id or $argon2i",
        ),
        (
            format!("$argon2id${}", argon2.replace("19", "16")),
            "a version other than 19",
        ),
        (
            format!("$argon2id${}", argon2.replace("m=64", "m=7")),
            "m at least 8 times p",
        ),
        (
            format!("argon2$argon2id${}", argon2.replace(",p=1", "")),
            "must have the parameters m",
        ),
        (
            "$pbkdf2-sha256$i=0,l=3$AAAA$AAAA".to_string(),
            "has no iterations",
        ),
        (
            "$pbkdf2-sha256$i=9,l=4$AAAA$AAAA".to_string(),
            "whose length is not l",
        ),
        (
            "$pbkdf2-sha3$9$AAAA$AAAA".to_string(),
            "names an unknown digest",
        ),
        (
            "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_string(),
            "does not have the length of its kind",
        ),
        (
            "{CRYPT}whatever".to_string(),
            "its meaning differs between systems",
        ),
        ("{PKCS5S2}AAAA".to_string(), "does not have 48 bytes"),
        (
            "scrypt:1000:8:1$salt$00112233445566778899aabbccddeeff".to_string(),
            "must be a power of two",
        ),
        ("{SASL}ada@uni.test".to_string(), "kept elsewhere"),
        ("!".to_string(), "there is no hash to import"),
        (format!("!{}", "aB3d".repeat(10)), "there is no hash to import"),
        ("{sha256}".to_string() + &"0f".repeat(40), "1,024 rounds of sha256"),
        ("a1".repeat(32) + ":salt:0:1", "a hash of a hash"),
        (
            ":B:1234:".to_string() + &"a1".repeat(16),
            "md5 of an md5",
        ),
        (
            "sha1$9f8e7d6c$1000$".to_string() + &"a1".repeat(20),
            "several rounds of HMAC",
        ),
        (
            "c2NyeXB0A".to_string() + &"A".repeat(119),
            "a checksum made with the key",
        ),
        // One letter too many, and too few.
        (
            format!("$argon2id${argon2}") + "A",
            "does not have the length of its kind",
        ),
        (
            "pbkdf2:sha256:30$mEhlORH8TcBSnWTH$a4717f56685ff46a43dde295248b5fa3db7f65fd7d91af3e9f780083fbe204a"
                .to_string(),
            "does not have the length of its kind",
        ),
        (
            "pbkdf2_sha256$40$abcDEF123456$KqF20h6dpavD5CIl5ZcExTcUN4XYsTi1yAztQLfpjrI=x".to_string(),
            "does not have the length of its kind",
        ),
        (
            "$pbkdf2-sha256$70$tjYGYKw1ZqzVGgMgJKS0tg$ymMjs3/Cv99UlJs5F6b5Calz4bzn7gkxVSCew5piABox"
                .to_string(),
            "does not have the length of its kind",
        ),
        (
            "scrypt$64$abcDEF123456$8$1$qrZ/pht1JU/3dxx8VcXmuLFX1oewLOKjKrTu8tLrKcnMYQTFbAMZF85etZla"
                .to_string()
                + "/yzYpgy2+ff61fqQxjx22gOKuw==x",
            "does not have the length of its kind",
        ),
        (
            "AQAAAAEAACcQAAAAENDVY+weMGvRlNW5LRzBDnxEZsolzBfV9Lx5pZur9aY2kMG2hsDQZN".to_string(),
            "does not have the length of its kind",
        ),
        (
            "$scrypt$ln=40,r=8,p=1$bi2FsDam9P7/X+tdizGmVA$QkC4axv05D7AnZB/6ATj/zbCv2dn59hLtIj9vYUnRg4"
                .to_string(),
            "has a cost, a block size or lanes of 0 or over 32 bits",
        ),
        (
            "SCRAM-SHA-256$4096:c2FsdA==$AAAA:AAAA".to_string(),
            "a digest of an HMAC of a PBKDF2",
        ),
    ] {
        let read = StoredHash::read(&text);
        let StoredHash::Impossible { why, .. } = read else {
            panic!("{text}: {read:?}");
        };
        assert!(why.contains(part), "{text}: {why}");
    }
}

#[test]
fn what_says_nothing_is_no_password_and_a_password_is_no_hash() {
    for text in [
        "Summer2024!",
        "x",
        "correct horse",
        "pässwörd",
        "$ecret1",
        "{secret",
        "a:b",
        "{noop}x",
        "{PLAIN}{x}",
        "plain$$x",
        "correcthorsebatterystaple",
    ] {
        assert_eq!(StoredHash::read(text), StoredHash::Password, "{text}");
    }
    let md5 = "5f4dcc3b5aa765d61d8327deb882cf99";
    let salted = format!("{md5}:saltysalt");
    let cut_off = &md5[..31];
    let djangos = format!("sha1$seven77${md5}5f4dcc3b");
    for text in [
        md5,
        cut_off,
        &salted,
        &djangos,
        "X03MO1qnZdYdgyfeuILPmb",
        "6f1ed002ab5595859014ebf0951522d9",
        "rEK1ecacw.7.c",
        "0123456789abcdef",
        "$unknown$salt$hash",
        "{UNKNOWN}hash",
        "X03MO1qnZdYdgyfeuILPmQ==",
        "X03MO1qnZdYdgyfe-ILPmQ==",
        // Bytes as databases write them, and what lost a part: to hash those once more would lock their users out.
        "\\x5f4dcc3b5aa765d61d8327deb882cf99",
        "*C50436021AAEA8B8A28F330197F1A97A774E09",
        "SSHA}zF8XD2e3TtD56Xi1Qd0Vus3ZzEMrZQyh",
        "'$2b$10$C9hB01.YxRSTcn",
        "pbkdf2_sha256$1000$abcDEF",
        &"long enough ".repeat(9),
    ] {
        assert_eq!(StoredHash::read(text), StoredHash::Silent, "{text}");
    }
    for text in ["", "  ", "\0", "{noop}"] {
        assert_eq!(StoredHash::read(text), StoredHash::Empty, "{text}");
    }
    assert_eq!(StoredHash::clear_text("{noop} x"), Some(" x"));
    assert_eq!(StoredHash::clear_text("plain$$x"), Some("x"));
    assert_eq!(StoredHash::clear_text("Summer2024!"), Some("Summer2024!"));
    assert_eq!(StoredHash::clear_text(md5), None);
}

#[test]
fn columns_that_belong_together_are_read_together() {
    let _time = turned_time();
    let mongoose = (
        "cb7211905fb88f02e57a15b9730c58af754c58e40908531798b548728dd4e3c7d6faeab769ff5078912eb155e34df7b3f5bc25e2befb2f3a1e1d7a7833bebaea7c2e301d03454f58e4172bc38d40e51207543079da6a593f2d9d792b14d5fe8a7ef2a527e0ea26ba4b1b439779bf652a3939b0f92f700e05c2607545350a075f2055a151ff68c73b01911d9189cacd88d6e1a3daec1b59a0ab2c31c76e87a90dfb7c2918b3a7009ee9f0db29368bd99f0f5d04406504ebbc88e18671866d95007767951dfec1dec0cae4a5f43f5d5d6ca056b9917c5bdbee30400f4e76141be82e306a1920eff2c38cb307a837a10e99eebb24f0958650226d1d5c93f3b8d2939bfeecfe79500fed476fde6d4bec5940923448aa31cb809b814537daee1b2b4d519d73587347475e6f851a1ad12cdc99d9ad926b5c86edde2dc7410e2eb5194703f970480e72071c2aa437a2b19232638ae8ab3139228cfdc8b4c34853f991ce855e5e67db20cb31489aee999419fd3b209839e04e95c883995e97db3ae963f46b4e86d5757ac04edc1dca8e41e574679e788469730beb81dc4f1ace1e4d972623a4d3b79183a30ab7fa481de0296e0c23d65bd9d4306b6700609f2272521cfc6b6c73b52018a6d33f079d5ec5698f8ca496a5364aea3d7dfb39b342677c83c1d124c5b1e1eca719f6248787bcf3deb62ca917df1b0bd405016d62bc3061c6cf",
        "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a",
    );
    let known = StoredHash::with_salt(mongoose.0, mongoose.1);
    let postgres = StoredHash::with_salt("md56590b94fe472c18132b83bcc17f50598", "ada");
    let membership = aspnet_membership(
        "11v6bzYMXcQ8t1GKx7XhwZj3VOc=",
        "7jPpCTctk10ZD0/LKpLVQg==",
        "1",
    );
    let keycloaks = [
        (
            r#"{"value": "7zZXX7AxbwNlXer6lrp708wxeUXcjFdBx3Dx9NiFDBMDJkJJXuZkaWmAHoGpF+b9HOkxonKzKJOM9iDxvg0/oA==", "salt": "7jPpCTctk10ZD0/LKpLVQg==", "additionalParameters": {}}"#,
            r#"{"hashIterations": 200, "algorithm": "pbkdf2", "additionalParameters": {}}"#,
        ),
        (
            r#"{"value": "uK5BBaZh9nZMmrHGxhzifDbAKJn7JT24Pp7LwhzCAOXCr1lM2hPjL1z17RW3h9L74P9X2vXgU0Bx1sZhsY5erA==", "salt": "7jPpCTctk10ZD0/LKpLVQg==", "additionalParameters": {}}"#,
            r#"{"hashIterations": 275, "algorithm": "pbkdf2-sha256", "additionalParameters": {}}"#,
        ),
        (
            r#"{"value": "J9JuGEV002RMItJuETvuQCQssZbd6QkyHmcf9xs7K86cGWF/gqL8ihQNDeEqOs2lvYa5GVKMKTPoGd1bKZB+AQ==", "salt": "7jPpCTctk10ZD0/LKpLVQg==", "additionalParameters": {}}"#,
            r#"{"hashIterations": 210, "algorithm": "pbkdf2-sha512", "additionalParameters": {}}"#,
        ),
        (
            r#"{"value": "uK5BBaZh9nZMmrHGxhzifDbAKJn7JT24Pp7LwhzCAOU=", "salt": "7jPpCTctk10ZD0/LKpLVQg==", "additionalParameters": {}}"#,
            r#"{"hashIterations": 275, "algorithm": "pbkdf2-sha256", "additionalParameters": {}}"#,
        ),
        (
            r#"{"value": "eioU3E/7t2x4I5Jl5E0QUAWQwKrEdnkEkC7dIvqtWic=", "salt": "7jPpCTctk10ZD0/LKpLVQg==", "additionalParameters": {}}"#,
            r#"{"hashIterations": 5, "algorithm": "argon2", "additionalParameters": {"hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}}"#,
        ),
        // Iterations as text, and a text within a text.
        (
            r#"{"value": "uK5BBaZh9nZMmrHGxhzifDbAKJn7JT24Pp7LwhzCAOU=", "salt": "7jPpCTctk10ZD0/LKpLVQg=="}"#,
            r#"{"hashIterations": "275", "algorithm": "pbkdf2-sha256"}"#,
        ),
        (
            r#""{\"value\": \"uK5BBaZh9nZMmrHGxhzifDbAKJn7JT24Pp7LwhzCAOU=\", \"salt\": \"7jPpCTctk10ZD0/LKpLVQg==\"}""#,
            r#""{\"hashIterations\": 275, \"algorithm\": \"pbkdf2-sha256\"}""#,
        ),
        (
            r#"{"value": "$2b$05$x5f9lm1Hsxzkl.8UFGCzR.JwxJIGcRyw9WZCZig1V95bj0ZLjXuri", "salt": ""}"#,
            r#"{"hashIterations": 5, "algorithm": "bcrypt"}"#,
        ),
    ];
    let mongoose = user_of("mongoose@uni.test", known).unwrap();
    assert!(verify_password(&mongoose, PASSWORD).unwrap());
    let mut users = vec![
        ("postgres".to_string(), postgres),
        ("membership".to_string(), membership),
    ];
    for (number, (secret, credential)) in keycloaks.into_iter().enumerate() {
        users.push((format!("keycloak{number}"), keycloak(secret, credential)));
    }
    let users: Vec<(User, &str)> = users
        .into_iter()
        .map(|(name, read)| {
            (
                user_of(&format!("{name}@uni.test"), read.clone())
                    .unwrap_or_else(|| panic!("{name}: {read:?}")),
                PASSWORD,
            )
        })
        .collect();
    let_in(&users);
}

#[test]
fn columns_that_do_not_say_so_are_left_to_known_passwords() {
    let bcrypt = "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG";
    let sha1 = "agYre+SeOzpFPZWpADkJcjqv0A0=";
    // A pepper, perhaps; and bcrypt's own salt, which says nothing new.
    assert_eq!(
        StoredHash::with_salt(bcrypt, "9f2c9f2c"),
        StoredHash::Silent
    );
    assert!(matches!(
        StoredHash::with_salt(bcrypt, &bcrypt[..29]),
        StoredHash::Bcrypt(_)
    ));
    assert!(matches!(
        StoredHash::with_salt(bcrypt, " "),
        StoredHash::Bcrypt(_)
    ));
    assert_eq!(StoredHash::with_salt(sha1, "salt"), StoredHash::Silent);
    assert_eq!(
        StoredHash::with_salt("Summer2024!", "salt"),
        StoredHash::Silent
    );
    assert_eq!(
        aspnet_membership(&"A".repeat(43), "salt", "1"),
        StoredHash::Silent
    );
    assert_eq!(
        aspnet_membership("secret", "salt", "0"),
        StoredHash::Password
    );
    assert_eq!(aspnet_membership("", "salt", "1"), StoredHash::Empty);
    assert!(matches!(
        aspnet_membership(sha1, "salt", "2"),
        StoredHash::Impossible { .. }
    ));
    let secret = r#"{"value": "AAAAAAAAAAAAAAAAAAAAAA==", "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}"#;
    assert_eq!(
        keycloak(secret, r#"{"algorithm": "unheard-of"}"#),
        StoredHash::Silent
    );
    assert_eq!(keycloak("", ""), StoredHash::Empty);
    assert_eq!(keycloak(r#"{"value": ""}"#, "{}"), StoredHash::Empty);
    for (secret, credential, part) in [
        (secret, "", "is not two JSON objects"),
        (&secret[..20], "{}", "is not two JSON objects"),
        (r#"{"value": "§"}"#, "{}", "not base64"),
        (
            secret,
            r#"{"algorithm": "pbkdf2"}"#,
            "does not give its hashIterations",
        ),
        (
            secret,
            r#"{"algorithm": "argon2", "hashIterations": 5, "additionalParameters": {"type": ["d"]}}"#,
            "is Argon2d",
        ),
        (
            secret,
            r#"{"algorithm": "argon2", "hashIterations": 5, "additionalParameters": {"version": ["1.0"]}}"#,
            "a version other than 1.3",
        ),
        (
            secret,
            r#"{"algorithm": "argon2", "hashIterations": 5}"#,
            "does not give the type",
        ),
    ] {
        let read = keycloak(secret, credential);
        let StoredHash::Impossible { why, .. } = read else {
            panic!("{credential}: {read:?}");
        };
        assert!(why.contains(part), "{credential}: {why}");
    }
    let config = FirebaseConfig {
        signer_key: "planted-secret".to_string(),
        salt_separator: "planted-secret".to_string(),
        rounds: 8,
        mem_cost: 14,
    };
    assert!(matches!(
        firebase("AAAA", "AAAA", &config),
        StoredHash::Impossible {
            what: "a Firebase hash",
            ..
        }
    ));
    assert_eq!(firebase(" ", "AAAA", &config), StoredHash::Empty);
    assert!(!format!("{config:?}").contains("planted"));
}

/// Whether a piece of the hash is seen, longer than the name of an algorithm.
fn shows(shown: &str, text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(16)
        .any(|piece| shown.contains(&piece.iter().collect::<String>()))
}

/// A read hash is one that Auth0's rules take, whatever the text was, and nothing of it is printed.
fn holds_for(text: &str, read: &StoredHash) {
    let shown = format!("{read:?}");
    assert!(!shows(&shown, text), "{shown}");
    if let StoredHash::Custom(custom) = read {
        let error = HashRecipe::new(custom.clone()).err();
        assert!(error.is_none(), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic_or_show_a_hash(text in r"(\PC{0,60}|[{$:!*]?[A-Za-z0-9_@.-]{0,14}[}$:=]{1,2}[A-Za-z0-9+/=.,$:{}]{0,90})", salt in "\\PC{0,20}") {
        for read in [StoredHash::read(&text), StoredHash::with_salt(&text, &salt), keycloak(&text, &salt), aspnet_membership(&text, &salt, "1")] {
            holds_for(&text, &read);
        }
        let _ = StoredHash::clear_text(&text);
    }

    #[test]
    fn a_hash_that_was_changed_anywhere_is_read_or_named(row in 0..1000_usize, at in 0..400_usize, with in "\\PC|[$:,=0-9{}]", cut in any::<bool>()) {
        let [good, bad] = stored();
        let rows: Vec<String> = good.into_iter().chain(bad).map(|(_, text)| text).collect();
        let text: Vec<char> = rows[row % rows.len()].chars().collect();
        let at = at % text.len();
        let end = if cut { text.len() } else { at + 1 };
        let changed: String = text[..at].iter().copied().chain(with.chars()).chain(text[end..].iter().copied()).collect();
        holds_for(&changed, &StoredHash::read(&changed));
        let _ = (StoredHash::with_salt(&changed, "salt"), StoredHash::clear_text(&changed));
    }
}

#[test]
fn a_hash_that_asks_for_64_gb_or_an_hour_is_read_and_not_computed() {
    let key = "A".repeat(43);
    for text in [
        format!("$argon2id$v=19$m=67108864,t=1,p=1$AAAAAAAAAAAAAAAA${key}"),
        format!("argon2$argon2id$v=19$m=67108864,t=4294967295,p=1$AAAAAAAAAAAAAAAA${key}"),
        format!("pbkdf2_sha256$4294967295$salt${key}="),
        "scrypt:1073741824:8:1$salt$".to_string() + &"a1".repeat(64),
        format!("$scrypt$ln=31,r=4294967295,p=4294967295$AAAA${key}"),
        "$2b$31$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG".to_string(),
    ] {
        let read = StoredHash::read(&text);
        let user =
            user_of("a@uni.test", read.clone()).unwrap_or_else(|| panic!("{text}: {read:?}"));
        let error = verify_password(&user, "x").unwrap_err().to_string();
        assert!(
            error.contains(" for each try, and at most 512 MB and 5 s are spent here"),
            "{error}"
        );
    }
    // Nor is a text of many megabytes looked at for long.
    assert_eq!(
        StoredHash::read(&"A".repeat(100_000_000)),
        StoredHash::Silent
    );
    assert_eq!(
        StoredHash::read(&"{CRYPT}".repeat(500)),
        StoredHash::read("{CRYPT}whatever")
    );
}
