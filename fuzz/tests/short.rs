//! A short run of every target, as a part of `make test`; and that what is wrong would be found.

use std::time::{Duration, Instant};

use fuzz::mutate::PART;
use fuzz::run::{corpus, execute, input};
use fuzz::shrink::shortest;
use fuzz::targets::{Held, Reached, Target, named, targets};
use miniz_oxide::deflate::compress_to_vec;

/// Executions of each target.
const EXECUTIONS: u64 = 2_000;
/// How long each takes at most; those that take longer have fewer. `make fuzz` has no such limit.
const LIMIT: Duration = Duration::from_millis(600);

/// One test after the other: a run's folder is looked for in the working folder, which all threads share.
#[test]
fn whatever_it_reads_each_reader_keeps_its_promises() {
    let mut faults = Vec::new();
    for target in targets() {
        let (corpus, began) = (corpus(&target), Instant::now());
        let mut taken = 0;
        for nth in 0..EXECUTIONS {
            match execute(&target, &input(&target, &corpus, 1, nth)) {
                Ok(reached) => taken += u64::from(reached == Reached::Taken),
                Err(fault) => {
                    faults.push(format!(
                        "{}, seed 1, number {nth}: {}",
                        target.name, fault.words
                    ));
                    break;
                }
            }
            if began.elapsed() > LIMIT && nth >= corpus.len() as u64 {
                break;
            }
        }
        // A target whose inputs are all refused reaches nothing behind its door.
        if taken == 0 {
            faults.push(format!("{}: none of its inputs was taken", target.name));
        }
    }
    // A panic is kept by the hook of the executions, and says nothing here.
    println!("{}", faults.join("\n"));
    assert!(faults.is_empty(), "{} faults", faults.len());
}

fn planted(run: fn(&[u8]) -> Held) -> Target {
    Target {
        name: "planted",
        about: "",
        words: &["needle"],
        makes: || {
            vec![
                b"hay hay hay hay 1234567890".to_vec(),
                b"{\"a\": [1, \"hay\"]}".to_vec(),
            ]
        },
        run,
        most_memory: 1 << 20,
    }
}

/// What is found of a planted fault: its kind, and the shortest input.
fn found(target: &Target) -> (String, Vec<u8>) {
    let corpus = (target.makes)();
    for nth in 0..20_000 {
        let input = input(target, &corpus, 7, nth);
        if let Err(fault) = execute(target, &input) {
            let short = shortest(target, &input, &fault);
            return (fault.kind, short);
        }
    }
    panic!("nothing was found");
}

#[test]
fn what_is_wrong_is_found_and_shown_by_a_short_input() {
    let panics = planted(|input| {
        assert!(!input.windows(6).any(|six| six == b"needle"), "a needle");
        Ok(Reached::Taken)
    });
    let (kind, short) = found(&panics);
    assert!(kind.starts_with("fuzz/tests/short.rs:"), "{kind}");
    assert_eq!(String::from_utf8_lossy(&short), "needle");

    let breaks = planted(
        |input| match input.iter().filter(|byte| **byte == b'9').count() {
            0 | 1 => Ok(Reached::Taken),
            nines => Err(format!("a promise is broken: {nines} nines")),
        },
    );
    let (kind, short) = found(&breaks);
    assert_eq!(
        (kind.as_str(), short.as_slice()),
        ("a promise is broken", b"99".as_slice())
    );

    let hoards = planted(|input| {
        let much = vec![1_u8; if input.contains(&0xff) { 4 << 20 } else { 1 }];
        Ok(if much.contains(&0) {
            Reached::Refused
        } else {
            Reached::Taken
        })
    });
    let (kind, short) = found(&hoards);
    assert_eq!(
        (kind.as_str(), short.as_slice()),
        ("too much memory", b"\xff".as_slice())
    );
}

#[test]
fn a_seed_makes_the_same_inputs_and_another_makes_others() {
    let target = planted(|_| Ok(Reached::Taken));
    let corpus = (target.makes)();
    let inputs = |seed| -> Vec<Vec<u8>> {
        (0..500)
            .map(|nth| input(&target, &corpus, seed, nth))
            .collect()
    };
    let first = inputs(1);
    assert_eq!(first, inputs(1));
    let others = inputs(2);
    let same = first
        .iter()
        .zip(&others)
        .filter(|(one, other)| one == other)
        .count();
    assert!(same < 200, "{same} of 500 are the same");
    // The next run of numbers is no repetition of these.
    let later: Vec<Vec<u8>> = (500..1_000)
        .map(|nth| input(&target, &corpus, 1, nth))
        .collect();
    assert_ne!(first, later);
}

/// Found by `tokens`: half a minute more than a server can tell.
#[test]
fn the_longest_wait_that_a_header_tells_is_said_in_words() {
    let target = named("tokens").expect("the target");
    let head = b"429\nretry-after: 18446744073709551612".as_slice();
    let input = [head, b"{\"error_description\": \"quota\"}"].join(PART);
    assert_eq!(execute(&target, &input), Ok(Reached::Refused));
}

/// Found by `connections`: a secret that went with one request, in the answer to another.
#[test]
fn a_client_secret_that_a_later_answer_repeats_is_not_shown() {
    let target = named("connections").expect("the target");
    let secret = "client-secret-kJ8vQ2mZx7Lw4TnB1rYc9HdS6fGa3PoE";
    let body = format!("{{\"message\": \"what is {secret}?\"}}");
    let input = [b"400".as_slice(), body.as_bytes()].join(PART);
    assert_eq!(execute(&target, &input), Ok(Reached::Refused));
}

/// Found by `sign-in`: a part of the token in the answer to a request that goes without it.
#[test]
fn a_token_that_did_not_go_with_a_request_is_not_shown_either() {
    let target = named("sign-in").expect("the target");
    let input = include_bytes!("../corpus/sign-in/part-of-the-token");
    assert_eq!(execute(&target, input), Ok(Reached::Refused));
}

/// Found by `csv`, `columns` and `json`: a column's name in the reason of a row, and where a column goes.
#[test]
fn no_sheet_holds_the_kernels_words() {
    let mapped = br#"{"map":[["Old","app_metadata.EVCXR_B"]]}"#.as_slice();
    let table = [mapped, b"Mail,Old\nada@example.com,1\n"].join(PART);
    let hashes = b"mail,EVCXR_B\nada@example.com,scrypt:8:1$1jLbK$d629fc1\n".to_vec();
    let json = br#"[{"email":"a0@example.com","passwoEVCXR_BErdHash":"$2b$10$mr1n6"}]"#.to_vec();
    for (name, input) in [("columns", table), ("csv", hashes), ("json", json)] {
        let target = named(name).expect("the target");
        assert!(execute(&target, &input).is_ok(), "{name}");
    }
}

/// Found by `csv`: a number of more digits than a float has was another one when it was read a second time.
#[test]
fn a_number_of_twenty_digits_reads_the_same_each_time() {
    let target = named("csv").expect("the target");
    let input = b"mail,user_metadata\nada@example.com,\"{\"\"n\"\":[90074749223372036853]}\"\n";
    assert_eq!(execute(&target, input), Ok(Reached::Taken));
}

/// Found by `systems`: what a system's own code took was not trimmed as other texts are.
#[test]
fn identifiers_that_are_blanks_read_the_same_each_time() {
    let target = named("systems").expect("the target");
    let input = "{\"User\"[{\"Username\":\"\u{2028}\",\"Attributes\":[{\"\":\"\"}],\"\":[]}";
    assert!(execute(&target, input.as_bytes()).is_ok());
    let id = "instance_id,id,aud,role,email,,,,,\n,\u{2028},,,,,,,,";
    assert!(execute(&target, id.as_bytes()).is_ok());
}

/// Found by `systems`: a user with a password and the id of another provider was written as one who signs in there.
#[test]
fn an_id_of_elsewhere_does_not_stay_with_a_password() {
    let target = named("systems").expect("the target");
    let input = br#"{"user_id":"samlp|","identities":[{"provider":"auth0"},{}]}"#;
    assert!(execute(&target, input).is_ok());
}

/// Found by `systems`: 32 levels below `app_metadata.imported` were written, and not read again.
#[test]
fn metadata_is_no_deeper_than_what_is_read_again() {
    let target = named("systems").expect("the target");
    for levels in 28..34 {
        let list = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let traits = format!("{{\"email\":\"ada@example.com\",\"places\":{list}}}");
        let input = format!("{{\"id\":\"1\",\"schema_id\":\"default\",\"traits\":{traits}}}");
        assert!(execute(&target, input.as_bytes()).is_ok(), "{levels}");
    }
}

/// Found by `systems`: a piece of bcrypt, with the dots and slashes of its base64, in the place of a column's name.
#[test]
fn a_piece_of_a_hash_is_no_name_of_a_column() {
    let target = named("systems").expect("the target");
    let input = b"mail,xjfCb4agxhaBuP.dT58mMLzUM4C/yPC8";
    assert!(execute(&target, input).is_ok());
}

/// Found by `journal`: what stood in the place of the tenant's domain was shown.
#[test]
fn a_journal_names_a_host_and_nothing_else() {
    let target = named("journal").expect("the target");
    let input = include_bytes!("../corpus/journal/hash-as-domain");
    assert!(execute(&target, input).is_ok());
}

/// Found by `export`: a link whose host has a letter that a library asserts it never sees.
#[test]
fn a_link_to_an_odd_host_is_refused() {
    let target = named("export").expect("the target");
    let input = include_bytes!("../corpus/export/odd-host");
    assert!(execute(&target, input).is_ok());
}

/// Found by `journal`: the kernel's words in the code of a reason, and a count of left-out rows that no sum can hold. Found by `jwt`:
/// a secret in the place of the API that a token is for.
#[test]
fn journals_and_tokens_of_nobody_are_harmless() {
    for (name, input) in [
        (
            "journal",
            &include_bytes!("../corpus/journal/words-as-code")[..],
        ),
        (
            "journal",
            include_bytes!("../corpus/journal/endless-left-out"),
        ),
        ("jwt", include_bytes!("../corpus/jwt/secret-as-audience")),
    ] {
        let target = named(name).expect("the target");
        assert!(execute(&target, input).is_ok(), "{name}");
    }
}

/// Found by `searches`: an escaped letter in an id, which was looked up as it stands; and a blank of three bytes after a sign for NOT.
#[test]
fn a_search_reads_an_id_as_any_other_value() {
    let target = named("searches").expect("the target");
    for input in [
        &include_bytes!("../corpus/searches/escaped-id")[..],
        include_bytes!("../corpus/searches/not-a-blank"),
    ] {
        assert!(execute(&target, input).is_ok());
    }
}

/// Found by reading: a delimiter that the file declares and that is half a character.
#[test]
fn half_a_character_declared_as_the_delimiter_is_refused() {
    let target = named("csv").expect("the target");
    let input = include_bytes!("../corpus/csv/half-a-delimiter");
    assert_eq!(execute(&target, input), Ok(Reached::Refused));
}

/// Found by reading: an entry of which nothing can be read was in no count.
#[test]
fn an_entry_of_other_files_alone_is_counted() {
    let target = named("ldif").expect("the target");
    let input = include_bytes!("../corpus/ldif/other-files");
    assert_eq!(execute(&target, input), Ok(Reached::Taken));
}

/// Found by reading: a piece of a long name that is somebody's data, and what was imported before beside what is imported now.
#[test]
fn long_names_and_what_was_imported_before_are_harmless() {
    for (name, input) in [
        ("csv", &include_bytes!("../corpus/csv/long-name")[..]),
        (
            "columns",
            include_bytes!("../corpus/columns/imported-before"),
        ),
    ] {
        let target = named(name).expect("the target");
        assert!(execute(&target, input).is_ok(), "{name}");
    }
}

/// Found by reading: numbers of scrypt whose product no integer holds, and a sign-in by each of the hashes.
#[test]
fn a_sign_in_reaches_the_hash_that_was_imported() {
    let target = named("requests").expect("the target");
    for input in [
        &include_bytes!("../corpus/requests/sign-in")[..],
        include_bytes!("../corpus/requests/scrypt-of-any-cost"),
    ] {
        assert_eq!(execute(&target, input), Ok(Reached::Taken));
    }
    let large = include_str!("../corpus/requests/scrypt-of-any-cost")
        .replace("1152921504606846976", "16")
        .replace("\"blockSize\":8", "\"blockSize\":65535");
    assert_eq!(execute(&target, large.as_bytes()), Ok(Reached::Taken));
}

#[test]
fn inputs_are_filled_up_now_and_then() {
    let target = planted(|_| Ok(Reached::Taken));
    let corpus = (target.makes)();
    let longest = (0..5_000)
        .map(|nth| input(&target, &corpus, 1, nth).len())
        .max();
    assert!(longest > Some(250 << 10), "{longest:?}");
}

/// What whoever made a folder or a file put into an e-mail, an id or a reason is shown as it is, and no fault.
#[test]
fn a_hash_in_the_place_of_an_email_is_an_email() {
    let target = named("same-file").expect("the target");
    let rows = br#"users.ndjson
{"mail":"xjfCb4agxhaBuP.dT58mMLzUM4C/yPC8"}"#;
    let input = [b"".as_slice(), rows].join(PART);
    assert!(execute(&target, &input).is_ok());
    let target = named("csv").expect("the target");
    let input = b"mail\nxjfCb4agxhaBuP.dT58mMLzUM4C/yPC8b@e.om\n";
    assert!(execute(&target, input).is_ok());
    let target = named("export").expect("the target");
    let input = include_bytes!("../corpus/export/hash-in-metadata");
    assert!(execute(&target, input).is_ok());
}

/// Found by `ldif`: the commas of a long text are counted when a line is read, so what was taken from a directory was not read again.
#[test]
fn a_user_of_many_commas_is_refused_by_every_reader() {
    let entry = format!("dn: uid={}\nmail: ada@example.com\n", ",".repeat(100_001));
    // As many as a table may have; a line of JSON has two more.
    let table = format!(
        "email,user_metadata.x\nada@example.com,\"{}\"\n",
        ",".repeat(99_999)
    );
    for (name, input) in [("ldif", entry), ("csv", table)] {
        let target = named(name).expect("the target");
        assert_eq!(
            execute(&target, input.as_bytes()),
            Ok(Reached::Refused),
            "{name}"
        );
    }
}

/// Found by `systems`: a blank behind the first of two marks of Auth0's own ids.
#[test]
fn an_id_that_is_marked_twice_reads_the_same_each_time() {
    let target = named("systems").expect("the target");
    let input = include_bytes!("../corpus/systems/id-twice");
    assert!(execute(&target, input).is_ok());
}

/// Found by `recipes`: a description that is far longer when it is written line by line.
#[test]
fn a_recipe_that_cannot_be_read_again_is_not_saved() {
    let target = named("recipes").expect("the target");
    let input = include_bytes!("../corpus/recipes/long-when-saved");
    assert!(execute(&target, input).is_ok());
}

/// Found by `journal`: a request for an id of signs names the one who was shown.
#[test]
fn a_deleted_user_with_an_id_of_signs_is_known() {
    let target = named("journal").expect("the target");
    let input = include_bytes!("../corpus/journal/id-of-signs");
    assert!(execute(&target, input).is_ok());
}

/// Found by `gzip` and `same-file`: as many users, or faulty rows, as an input has room for.
#[test]
fn short_rows_take_no_more_memory_than_they_may() {
    let packed = compress_to_vec(format!("email\n{}", "a\n".repeat(240_000)).as_bytes(), 6);
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let rows = format!("users.ndjson\n{}", "{}\n".repeat(87_000));
    let same = [b"".as_slice(), rows.as_bytes()].join(PART);
    let packed = [&header[..], &packed[..], &[0; 8]].concat();
    for (name, input) in [("gzip", packed), ("same-file", same)] {
        let target = named(name).expect("the target");
        assert!(execute(&target, &input).is_ok(), "{name}");
    }
}

/// Found by `hashes`: a salt that makes its user too large for an upload.
#[test]
fn a_salt_that_is_longer_than_any_makes_no_hash() {
    let target = named("hashes").expect("the target");
    let salt = "\u{e9}".repeat(300_000);
    let input = [
        b"md5cf1b04f55be21b2c32dc7e2c86105f69".as_slice(),
        salt.as_bytes(),
    ]
    .join(PART);
    assert!(execute(&target, &input).is_ok());
}

/// Found by `recipes`: a secret beside the value of a key.
#[test]
fn nothing_beside_a_key_is_shown() {
    let target = named("recipes").expect("the target");
    let input = include_bytes!("../corpus/recipes/secret-beside-a-key");
    assert_eq!(execute(&target, input), Ok(Reached::Taken));
}
