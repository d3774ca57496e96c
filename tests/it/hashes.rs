//! Sign-in with imported hashes of every algorithm. The hashes are Auth0's own examples, or made with Node's crypto
//! (OpenSSL), argon2-cffi and Python's bcrypt.

use serde_json::{Value, json};

use crate::server::Practice;
use crate::turned::turned_time;

fn user(name: &str, custom: &Value) -> Value {
    json!({"email": format!("{name}@uni.test"), "custom_password_hash": custom})
}

fn hash(algorithm: &str, value: &str, encoding: &str) -> Value {
    json!({"algorithm": algorithm, "hash": {"value": value, "encoding": encoding}})
}

/// The object with one more key.
fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

/// A user for each hash: their number.
fn import(practice: &Practice, hashes: &[Value]) {
    let users: Vec<Value> = (0..)
        .zip(hashes)
        .map(|(n, hash)| user(&format!("u{n}"), hash))
        .collect();
    let done = practice.import(&json!(users), "false");
    assert_eq!(done["summary"]["inserted"], hashes.len(), "{done}");
}

/// Imports the hashes; each lets its password in, and no other.
fn let_in_their_passwords(hashes: &[(&str, Value)]) {
    let practice = Practice::start(&[]);
    import(
        &practice,
        &hashes
            .iter()
            .map(|(_, hash)| hash.clone())
            .collect::<Vec<_>>(),
    );
    for (n, (password, hash)) in hashes.iter().enumerate() {
        let login = format!("u{n}@uni.test");
        let (status, body) = practice.sign_in(&login, &format!("{password}x"));
        assert_eq!(
            (status, &body["error"]),
            (403, &json!("invalid_grant")),
            "{hash}"
        );
        assert_eq!(
            practice.sign_in(&login, password).0,
            200,
            "{password}: {hash}"
        );
    }
}

/// Imports the hashes; though each is made of the password, none lets it in.
fn let_nobody_in(password: &str, hashes: &[Value]) {
    let practice = Practice::start(&[]);
    import(&practice, hashes);
    for (n, hash) in hashes.iter().enumerate() {
        let answer = practice.sign_in(&format!("u{n}@uni.test"), password);
        let wrong =
            json!({"error": "invalid_grant", "error_description": "Wrong email or password."});
        assert_eq!(answer, (403, wrong), "{hash}");
    }
}

#[test]
fn auth0s_own_examples_sign_in() {
    let examples = json!([
        ["shh", {"algorithm": "md4", "hash": {"value": "AbuUujgF0pPPkJPSFRTpmA==", "encoding": "base64"}}],
        ["shh", {"algorithm": "sha256", "hash": {"value": "d24e794fce503c3ddb1cd1ba1dd5d9b250cf9917336a0316fefd87fecf79200f", "encoding": "hex"},
            "salt": {"value": "abc123", "position": "prefix"}}],
        ["shh", {"algorithm": "bcrypt", "hash": {"value": "$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG"}}],
        ["hello", {"algorithm": "bcrypt", "hash": {"value": "$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K"}}],
        ["shh", {"algorithm": "argon2", "hash": {"value": "$argon2id$v=19$m=65536,t=2,p=1$J6Q/82PCyaNpYKRELJyTZg$m04qUAB8rexWDR4+/0f+SFB+4XMFxt7YAvAq2UycYos"}}],
        ["shh", {"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-md4$i=100000,l=64$+N375B8q0Fw$fp2R9KAM4hK/votGHC5Fu+jhqbxUD8+Nic/EMSGvNC3UP/k7wSHI0uXluHRSkZfl/BOheYqNOemayG90ZaSSQw", "encoding": "utf8"}}],
        ["shh", {"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-sha512$i=100000,l=64$KNyFsA2rWoE$I2CQGI9H0JxdDf3kERRI97kPCGxh0KWBIV3MxyaS191gDGfzVBGyS4BibhgqWQ0/ails8mHuU9ckASxHOOq58w"}}],
        ["shh", {"algorithm": "ldap", "hash": {"value": "{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRemgSXGl5YuE=", "encoding": "utf8"}}],
        ["test", {"algorithm": "hmac", "hash": {"value": "cg7f42jH39/2EaAU4wNd4s2lKIk=", "encoding": "base64", "digest": "sha1", "key": {"value": "736868", "encoding": "hex"}}}],
        ["password", {"algorithm": "scrypt", "hash": {"value": "097f6197e1b41538f723e32aa7a68e8d76227d8e432ce5faa4882a913032db29", "encoding": "hex"},
            "salt": {"value": "abc123", "encoding": "utf8"}, "keylen": 32, "cost": 4096}],
        // The one that the schema gives in words.
        ["password", {"algorithm": "md5", "hash": {"value": "67A1E09BB1F83F5007DC119C14D663AA", "encoding": "hex"}, "salt": {"value": "salt"}}]
    ]);
    let pairs = examples.as_array().unwrap().iter();
    let hashes: Vec<_> = pairs
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].clone()))
        .collect();
    let_in_their_passwords(&hashes);
}

#[test]
fn every_digest_of_every_family_signs_in() {
    let hmac = |(digest, value): (&str, &str)| json!({"algorithm": "hmac", "hash": {"value": value, "encoding": "hex", "digest": digest, "key": {"value": "key"}}});
    // Two words a line: the digest and the hash.
    let hmacs = "
        md4 5ed21e208e39ab76a7b6e2619c339a32
        md5 1c1fbcccd03227b6735413eafb1ee852
        ripemd160 b26a0f4878d95a2b3a4f5440193424ddb26298f7
        sha1 c116c0f115211731e26b8766f336ec14009c077a
        sha224 ea0e114da97d8246d98fceb30370a6fe4879858fb9e08bc9b47b3a7d
        sha256 b4e92c05a386d05cf13c55e067863f12ea6526f53032523e8756771b06e7384a
        sha384 f858c57034bc990747b365bb5e27f22bfed736b35eccc33b5dab55de7cbf12cb44c15cf4e2756ff4ffb468f95244a914
        sha512 a4e8289b96474b84c8795cfa3a1162c31c1c7999162d82907c6ccb325dfb8f971325516693125992d29dfc19d08ccf9d9cc4009ffaa1ede61b6d4226964cf25a
        whirlpool 61fbf3772467e51e585f22734da9017bac9514ec55030864509270487733964adfd2ab99bc2a83ba877c62cbf6bf37bb8427a7bdbdb9cd4a9c8df1f660feff20
    ";
    let pairs = hmacs.lines().filter_map(|line| line.trim().split_once(' '));
    let mut hashes: Vec<Value> = pairs.map(hmac).collect();
    assert_eq!(hashes.len(), 9);
    let ldap = [
        "{MD5}fE8pQHiTwzSmy3qHvwRcDQ==",
        "{SMD5}o2xCTgaUeTy4WuV6oZFr9Hh5eg==",
        "{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=",
        "{ssha}j5gAF2xH6RJxbYCEfrN5+CgEZod4eXo=",
        "{SHA224}9SIfiXgQ/RfGiKA4L+7i0hJEOA2Sa7Un1m6S3A==",
        "{SSHA224}duE8yRn67wbO0mdESx+T5+DE19HMr/fiCsT1nXh5eg==",
        "{SHA256}JwQvTm7KfQsqfuQCbfLs+lHTM55tEiqgmRGOzYVjutk=",
        "{SSHA256}P4gUHimR+V7hY3T7qAGOjy2nfUfLgm4m3dmqFjwFKa94eXo=",
        "{SHA384}bqdf+319hmppMLDBshVgSNs15O16T5MYTSqIzwhDt59xRiJSjHp6+wrxL+fT3ytK",
        "{SSHA384}fGBMehcFKhW13fpHSCN9/fLDiGBXUPA6h4H+Rlm827iC2ju2KeZXFDG5f0UkLFdneHl6",
        "{SHA512}VclyEGoLMmex4fp699WE3c9gUe5RYw2knM6A2VOZI5DNbkxxityFK+t2GKciG346A+6ubG+1LTqIBWZcNX9rHw==",
        "{SSHA512}QPh+l6jX80Th0bCa4Rq/t720FTZOVGXTNeNNrQNjXY9QsLn8kD95nOmWxC/5G8hjPVtrcYFeK+JUY4owt8Tolnh5eg==",
    ];
    hashes.extend(ldap.map(|value| hash("ldap", value, "utf8")));
    // The default iterations and length, and other ones.
    let pbkdf2 = [
        "$pbkdf2-sha1$c2FsdHNhbHQ$J+fMhqQ9/JjM57Sj1dE6GPyYyvyP8LtZOJqDe/yqiFA9djnxAJFZfiwPu8kik9UnalciMpA51xO7lDHFP0ufdw",
        "$pbkdf2-RSA-SHA384$i=100,l=48$c2FsdHNhbHQ$40lQZ4QptWNZXM7Lu2rpE2lXmtsp1iDjvOz2wks+s4pxEDjknZXp+ue5oVH9xt/N",
        "$pbkdf2-whirlpool$i=100,l=48$c2FsdHNhbHQ$fzWitVOBgnX58Y3UFwMPnSZvT3AV//foe1yzEyGPzBUGI4/LWyq8L6hn7QXugAJA",
    ];
    hashes.extend(pbkdf2.map(|value| hash("pbkdf2", value, "utf8")));
    let argon2 = [
        "$argon2id$v=19$m=1024,t=2,p=2$c2FsdHNhbHQ$5Cooz5STzRqPADi70fEmmFhlIINfRzL7hT9o9i6ffkw",
        "$argon2i$v=19$m=1024,t=2,p=2$c2FsdHNhbHQ$oJJ7Rjc+9iRtSfrhiw9xLQInKtJEPpcbiHi4SjT7mIc",
    ];
    hashes.extend(argon2.map(|value| hash("argon2", value, "utf8")));
    let hashes: Vec<(&str, Value)> = hashes.into_iter().map(|hash| ("right", hash)).collect();
    let_in_their_passwords(&hashes);
}

#[test]
fn salts_keys_and_parameters_are_read_as_described() {
    let salt = |value: &str, encoding: &str, position: &str| json!({"value": value, "encoding": encoding, "position": position});
    let salted = |hash: Value, salt: Value| ("right", with(hash, "salt", salt));
    let key = json!({"value": "00ff10", "encoding": "hex"});
    let hmac = json!({"algorithm": "hmac", "hash": {"value": "BzlOs9ft3nlayrOlx61kmQ3B+qm7cXhwkzrjSPgINbI", "encoding": "base64",
        "digest": "sha256", "key": key}});
    let_in_their_passwords(&[
        salted(
            hash("md5", "eWnmfDsockOmSywbbc+2+A==", "base64"),
            salt("AP8Q", "base64", "prefix"),
        ),
        salted(
            hash("sha1", "b3d0b324153a76fa8a18ccde83e83dcb26e20f38", "hex"),
            salt("00FF10", "hex", "suffix"),
        ),
        salted(
            hash(
                "sha256",
                "8E18358AEEEA884045C5961E79D56C7343DEC805CAF5E4C468B42485CD8B1F8F",
                "hex",
            ),
            salt("pepper", "utf8", "suffix"),
        ),
        salted(
            hash(
                "sha512",
                "p3Y2BeY6JjQnXmMVub9vhIF-4C_VbeW8Hw3_r3bCqrIqLS489OWQHhq1D95CPf55PdZJ_Hjqx-TfucQKPSfA1g",
                "base64",
            ),
            salt("pepper", "utf8", "prefix"),
        ),
        salted(hmac, json!({"value": "pepper"})),
        salted(
            hash(
                "bcrypt",
                "$2y$04$abcdefghijklmnopqrstuu43bABj.OFhPoEYaeFFct2E9Kq47aeQy",
                "utf8",
            ),
            salt("706570706572", "hex", "prefix"),
        ),
        salted(
            with(
                hash(
                    "scrypt",
                    "/TgY9U35vJRYDfmnNj2ucTYKZj6GDwsIePpJ7SOAW8asCwLB7Q9yLwqJUVIhsNq+Bhlvy05m+gDicn30l+mu6A==",
                    "base64",
                ),
                "keylen",
                json!(64),
            ),
            json!({"value": "salt"}),
        ),
        salted(
            json!({"algorithm": "scrypt", "hash": {"value": "8032c1f1cce5a64aca7ec814e08fac774855606d", "encoding": "hex"},
                "keylen": 20, "cost": 1024, "blockSize": 4, "parallelization": 3}),
            salt("AP8Q", "base64", "suffix"),
        ),
    ]);
}

#[test]
fn a_password_is_hashed_in_the_encoding_of_the_old_system() {
    let latin1 = "2d61e2432099cbf364dc4208a6c361add275bced04d9a24187491bb3c538509d";
    let utf16 = "69e60bcaac713efb8da28297a850b06266f8b24ab042ae16f2374a351d37bc4a";
    let utf8 = "540dffa14b0502adaeb63412a34284c4ce33fcc5815596b62e7078ab20e79851";
    let encodings = [
        ("ascii", latin1),
        ("latin1", latin1),
        ("binary", latin1),
        ("ucs2", utf16),
        ("utf16le", utf16),
        ("utf8", utf8),
    ];
    let encoded = |(encoding, value): (&str, &str)| {
        let password = json!({"encoding": encoding});
        (
            "Grüße 🦀",
            with(hash("sha256", value, "hex"), "password", password),
        )
    };
    let mut hashes: Vec<_> = encodings.map(encoded).into();
    hashes.push(("Grüße 🦀", hash("sha256", utf8, "hex")));
    let_in_their_passwords(&hashes);
}

#[test]
fn what_is_described_wrongly_is_imported_and_lets_nobody_in() {
    let sha256 = "27042f4e6eca7d0b2a7ee4026df2ecfa51d3339e6d122aa099118ecd8563bad9";
    let salt = json!({"value": "", "encoding": "utf8"});
    let text = |algorithm: &str, value: &str| hash(algorithm, value, "utf8");
    let bcrypt = bcrypt::hash("right", 4).unwrap();
    let argon2 =
        "$argon2id$v=19$m=1024,t=2,p=2$c2FsdHNhbHQ$5Cooz5STzRqPADi70fEmmFhlIINfRzL7hT9o9i6ffkw";
    let pbkdf2 = "$pbkdf2-sha1$i=100,l=48$c2FsdHNhbHQ$gKU52eoBR1KU6v8IoSmdDNtEgrGemhHQCi8uGHnKMO5KrOZQ7+2VqJKeMsZUZPzz";
    let scrypt = json!({"algorithm": "scrypt", "hash": {"value": "8032c1f1cce5a64aca7ec814e08fac774855606d", "encoding": "hex"},
        "keylen": 20, "cost": 1024, "blockSize": 4, "parallelization": 3, "salt": {"value": "00ff10", "encoding": "hex"}});
    let hmac = json!({"algorithm": "hmac", "hash": {"value": "1c1fbcccd03227b6735413eafb1ee852", "encoding": "hex", "digest": "md5",
        "key": {"value": "key"}}});
    let without = |mut object: Value, pointer: &str, key: &str| {
        object
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(key);
        object
    };
    let_nobody_in(
        "right",
        &[
            // Bytes given as text, or without saying how; half a byte; text given as bytes.
            text("sha256", sha256),
            without(hash("sha256", sha256, "hex"), "/hash", "encoding"),
            without(hash("sha256", sha256, "hex"), "/hash", "value"),
            hash("sha256", &format!("{sha256}0"), "hex"),
            hash("sha256", sha256, "base64"),
            hash("argon2", argon2, "base64"),
            // A salt where none is taken, the wrong prefix, a hash cut off.
            with(text("argon2", argon2), "salt", salt.clone()),
            with(text("pbkdf2", pbkdf2), "salt", salt.clone()),
            with(
                text("ldap", "{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ="),
                "salt",
                salt,
            ),
            text("bcrypt", &bcrypt.replace("$2b$", "$2x$")),
            text("bcrypt", &bcrypt[..59]),
            // LDAP: crypt, an unknown scheme, salted or not contrary to its name.
            text("ldap", "{CRYPT}$1$abcdefgh$irWbblnpmw.5z7wgBnprh0"),
            text("ldap", "{SHA1}0nofEXcSAJSXFLGvmfBIpBb11vQ="),
            text("ldap", "{SSHA}0nofEXcSAJSXFLGvmfBIpBb11vQ="),
            text("ldap", "{SHA}j5gAF2xH6RJxbYCEfrN5+CgEZod4eXo="),
            text("ldap", "0nofEXcSAJSXFLGvmfBIpBb11vQ="),
            // PBKDF2: another length than its key has, padding, an unknown digest or parameter, one no crate has.
            text("pbkdf2", &pbkdf2.replace("l=48", "l=47")),
            text("pbkdf2", &pbkdf2.replace("c2FsdHNhbHQ", "c2FsdHNhbHQ=")),
            text("pbkdf2", &pbkdf2.replace("sha1", "sha0")),
            text("pbkdf2", &pbkdf2.replace("l=48", "l=48,x=1")),
            text("pbkdf2", &pbkdf2.replace("i=100", "i=+100")),
            text(
                "pbkdf2",
                "$pbkdf2-RSA-MDC2$i=100,l=48$c2FsdHNhbHQ$WpLQRL8mN7Bx44AEl1DU8ys2OHqTzmGDKnoVaT5ReL4uSbT64cxibLd7373bVvNm",
            ),
            // Argon2: what libsodium does not have.
            text(
                "argon2",
                "$argon2d$v=19$m=1024,t=2,p=2$c2FsdHNhbHQ$0RQWNHY0ihWDHO+50Yu/gUKoOj8xOpnLdZP9zhXRqMY",
            ),
            text(
                "argon2",
                "$argon2id$v=16$m=1024,t=2,p=2$c2FsdHNhbHQ$ZRsgdOhwzqGFkVar7aV1Vtg5xbPEoZXpEnIa6sR/vOE",
            ),
            text("argon2", &argon2.replace("m=1024,t=2", "t=2,m=1024")),
            text("argon2", &argon2.replace("$v=19", "")),
            // scrypt: no length, another one than the hash has, a cost that is not a power of two.
            without(scrypt.clone(), "", "keylen"),
            with(scrypt.clone(), "keylen", json!(32)),
            with(scrypt.clone(), "cost", json!(1025)),
            with(scrypt, "blockSize", json!(-4)),
            // HMAC: no key.
            without(hmac, "/hash", "key"),
        ],
    );
}

#[test]
fn a_hash_that_would_take_gigabytes_or_years_lets_nobody_in_at_once() {
    let text = |algorithm: &str, value: &str| hash(algorithm, value, "utf8");
    let scrypt = |cost: u64, size: u64, parallelization: u64| {
        json!({"algorithm": "scrypt", "hash": {"value": "00", "encoding": "hex"}, "keylen": 1, "cost": cost, "blockSize": size,
            "parallelization": parallelization})
    };
    // The client waits for 30 seconds.
    let_nobody_in(
        "right",
        &[
            text(
                "bcrypt",
                "$2b$31$abcdefghijklmnopqrstuu43bABj.OFhPoEYaeFFct2E9Kq47aeQy",
            ),
            text("pbkdf2", "$pbkdf2-sha1$i=4294967295,l=3$c2FsdHNhbHQ$AAAA"),
            text(
                "argon2",
                "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$5Cooz5STzRqPADi70fEmmFhlIINfRzL7hT9o9i6ffkw",
            ),
            text(
                "argon2",
                "$argon2id$v=19$m=8,t=4294967295,p=1$c2FsdHNhbHQ$5Cooz5STzRqPADi70fEmmFhlIINfRzL7hT9o9i6ffkw",
            ),
            scrypt(1 << 62, 8, 1),
            scrypt(1 << 20, 1 << 40, 1 << 40),
            scrypt(1 << 20, 8, 4),
            scrypt(2, 1, 1 << 31),
        ],
    );
}

#[test]
fn bcrypt_looks_at_72_bytes_and_the_salt_is_among_them() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let value = "$2b$04$abcdefghijklmnopqrstuunMTq/W/HrN.78QmI8NFkn0zbqW56EXu";
    let salted = with(
        hash("bcrypt", value, "utf8"),
        "salt",
        json!({"value": "xxxxxxxxxx"}),
    );
    import(&practice, &[salted]);
    assert_eq!(practice.sign_in("u0@uni.test", &"y".repeat(61)).0, 403);
    let cut_off = format!("{}and more", "y".repeat(62));
    assert_eq!(practice.sign_in("u0@uni.test", &cut_off).0, 200);
}

#[test]
fn an_imported_hash_can_be_replaced_until_it_has_been_used() {
    let _time = turned_time();
    let practice = Practice::start(&[]);
    let first = hash("md5", "7c4f29407893c334a6cb7a87bf045c0d", "hex");
    let second = hash("sha1", "d27a1f11771200949714b1af99f048a416f5d6f4", "hex");
    // Of a user who may not come in, nobody signs in.
    let blocked = with(user("blocked", &first), "blocked", json!(true));
    let users =
        json!([user("used", &first), user("unused", &first), blocked, {"email": "none@uni.test"}]);
    practice.import(&users, "false");
    assert_eq!(practice.sign_in("used@uni.test", "right").0, 200);
    assert_eq!(practice.sign_in("unused@uni.test", "wrong").0, 403);
    assert_eq!(practice.sign_in("blocked@uni.test", "right").0, 403);
    let names = ["used", "unused", "blocked", "none"];
    let again = names.map(|name| user(name, &second));
    let done = practice.import(&json!(again), "true");
    assert_eq!(
        done["summary"],
        json!({"failed": 2, "updated": 2, "inserted": 0, "total": 4})
    );
    let errors = done["errors"].as_array().unwrap();
    let message =
        "A custom_password_hash was provided, but the user already has password hash defined";
    for (error, name) in errors.iter().zip(["used", "none"]) {
        assert_eq!(error["user"]["email"], format!("{name}@uni.test"));
        assert_eq!(error["errors"][0]["message"], message);
    }
    // The password is the same, checked now by a hash of the tenant's own.
    assert_eq!(practice.sign_in("used@uni.test", "right").0, 200);
    assert_eq!(practice.sign_in("used@uni.test", "wrong").0, 403);
    assert_eq!(practice.sign_in("unused@uni.test", "right").0, 200);
}
