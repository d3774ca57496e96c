//! Where the settings come from, and what a file of them may hold.

use std::fs;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::TestFolder;
use crate::server::{DATABASE, Practice, answer, canned, token};
use crate::world::World;

const NAMES: [&str; 6] = [
    "DOMAIN",
    "MGMT_API_ACCESS_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "SIGN_IN_CLIENT_ID",
    "SIGN_IN_CLIENT_SECRET",
];

/// A working folder with a `.env`, which goes when the test ends.
struct Folder(TestFolder);

impl Folder {
    fn with(dotenv: &str) -> Folder {
        let folder = TestFolder::new();
        fs::write(folder.join(".env"), dotenv).unwrap();
        Folder(folder)
    }

    /// What `Tenant::from_env` says in this folder, with these settings in the environment.
    fn open(&self, environment: &[(&str, &str)]) -> String {
        let mut child =
            itself("settings::a_credential_goes_only_to_the_domain_that_is_set_beside_it");
        for name in NAMES {
            child.env_remove(name);
        }
        child
            .env_remove("PRACTICE_TENANT_FOLDER")
            .env_remove("JPY_SESSION_NAME");
        let child = child.current_dir(&*self.0);
        let output = child.envs(environment.iter().copied()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn open_and_sign_in() {
    match Tenant::from_env() {
        Ok(tenant) => {
            println!("opened {}", tenant.domain());
            if let Err(error) = verify_sign_in(&tenant, DATABASE, "anna", "pa55") {
                println!("{error}");
            }
        }
        Err(error) => println!("{error}"),
    }
}

#[test]
fn a_credential_goes_only_to_the_domain_that_is_set_beside_it() {
    if is_in_a_process() {
        return open_and_sign_in();
    }
    let (base, sent) = canned(vec![answer(401, "", "{}")]);
    let token = token(&base, json!({}));
    let (domain, own_token) = (
        ("DOMAIN", base.as_str()),
        ("MGMT_API_ACCESS_TOKEN", token.as_str()),
    );
    let lines = |settings: &[(&str, &str)]| -> String {
        settings
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect()
    };
    let id = ("CLIENT_ID", "an-id");
    let secret = ("CLIENT_SECRET", "planted");
    let sign_in = [
        ("SIGN_IN_CLIENT_ID", "planted"),
        ("SIGN_IN_CLIENT_SECRET", "planted"),
    ];
    let all = [own_token, id, secret, sign_in[0], sign_in[1]];
    for credential in all {
        let in_file = Folder::with(&lines(&[credential]));
        let environment = match credential {
            (name, _) if name.starts_with("SIGN_IN") => vec![domain, own_token],
            _ => vec![domain],
        };
        let said = in_file.open(&environment);
        let where_it_is = format!(
            "it is set in the environment but {} in {}",
            credential.0,
            in_file.0.join(".env").display()
        );
        assert!(said.contains(&where_it_is), "{said}");
        // The other way round, also when the file is whole: the environment's would win.
        let in_environment = Folder::with(&lines(&[domain, own_token, id, secret]));
        let said = in_environment.open(&[credential]);
        let where_it_is = format!(
            "{} in the environment, and a credential is sent only",
            credential.0
        );
        assert!(
            said.contains(&where_it_is) && said.contains(".env"),
            "{said}"
        );
    }
    // Two setups, each with a domain: the environment's replaces the file's, the part that it lacks too.
    let other = Folder::with(&lines(&[
        ("DOMAIN", "dev-1.us.auth0.com"),
        id,
        secret,
        sign_in[0],
        sign_in[1],
    ]));
    let said = other.open(&[domain, own_token]);
    assert!(said.contains(&format!("opened {}", &base[7..])), "{said}");
    assert!(
        said.contains("SIGN_IN_CLIENT_SECRET in the same place as DOMAIN"),
        "{said}"
    );
    let said = other.open(&[domain, id]);
    assert!(said.contains("CLIENT_SECRET in "), "{said}");
    assert!(
        sent.lock().unwrap().is_empty(),
        "{:?}",
        sent.lock().unwrap()
    );

    let whole = Folder::with(&lines(&[domain, own_token]));
    assert!(whole.open(&[]).contains("opened"));
    assert!(
        whole
            .open(&[("MGMT_API_ACCESS_TOKEN", " ")])
            .contains("opened"),
        "an empty value is none"
    );
}

#[test]
fn a_dollar_in_a_file_of_settings_is_a_dollar() {
    let (base, sent) = canned(vec![answer(401, "", "{}")]);
    let odd = "\u{e000}$x";
    for (written, meant) in [
        ("${AWS_SECRET_ACCESS_KEY}", "${AWS_SECRET_ACCESS_KEY}"),
        ("$AWS_SECRET_ACCESS_KEY", "$AWS_SECRET_ACCESS_KEY"),
        ("pa$$word", "pa$$word"),
        ("\"pa$$word\"", "pa$$word"),
        ("'pa$$word'", "pa$$word"),
        ("a${b}c", "a${b}c"),
        ("\"a${b}c\"", "a${b}c"),
        ("'a${b}c'", "a${b}c"),
        ("a${b", "a${b"),
        ("$", "$"),
        ("a$ # a comment with $HOME", "a$"),
        ("$CLIENT_ID", "$CLIENT_ID"),
        // As dotenvy has it: a backslash before it is none of the value, but between single quotes it is.
        ("a\\$b", "a$b"),
        ("\"a\\\\$b\"", "a\\$b"),
        ("'a\\$b'", "a\\$b"),
        (odd, odd),
    ] {
        sent.lock().unwrap().clear();
        let dotenv = format!("DOMAIN={base}\nCLIENT_ID=an-id\nCLIENT_SECRET={written}\n");
        let folder = Folder::with(&dotenv);
        let said = folder.open(&[("AWS_SECRET_ACCESS_KEY", "planted"), ("b", "planted")]);
        let sent = sent.lock().unwrap();
        let body = sent
            .first()
            .and_then(|request| request.split("\r\n\r\n").nth(1));
        let body: Value =
            serde_json::from_str(body.unwrap_or_else(|| panic!("{written}: {said}"))).unwrap();
        assert_eq!(body["client_secret"], meant, "{written}");
    }
}

#[test]
fn a_file_of_settings_is_read_to_a_limit() {
    let folder = Folder::with(&format!("DOMAIN=nowhere\n#{}\n", "x".repeat(1 << 20)));
    let said = folder.open(&[]);
    assert!(said.contains("it has over 1,048,576 bytes"), "{said}");
    // What a practice tenant needs does not stand there.
    assert!(
        Folder::with("what is this")
            .open(&[
                ("MGMT_API_ACCESS_TOKEN", "a.b.c"),
                ("DOMAIN", "http://127.0.0.1")
            ])
            .contains("cannot use the settings in")
    );
}

#[test]
fn a_name_that_is_a_piece_of_a_secret_is_not_told() {
    let text = "TOKEN=x\nQWxhZGRpbjpvcGVuIHNlc2FtZQ==\nc2VjcmV0c2VjcmV0AAAA=\nAUTH0_DOMAIN=x\n";
    let said = Folder::with(text).open(&[]);
    assert!(
        said.contains("TOKEN, <hidden>, <hidden>, AUTH0_DOMAIN, but none of DOMAIN"),
        "{said}"
    );
}

#[test]
fn what_the_kernels_start_has_to_say_is_said_when_a_tenant_is_opened() {
    if is_in_a_process() {
        drop(Tenant::from_env());
        return;
    }
    let mut command =
        itself("settings::what_the_kernels_start_has_to_say_is_said_when_a_tenant_is_opened");
    // No server is needed: a setting without a domain is refused.
    command.env_remove("DOMAIN").env("CLIENT_ID", "an-id");
    let without = said(&mut command);
    command.env("AUTH0_BULK_USERS_KERNEL_NOTE", "nothing is prepared");
    let with = said(&mut command);
    let line = "this kernel was slow to begin: nothing is prepared";
    assert!(with.contains(line) && !without.contains(line), "{with}");
}

#[test]
fn a_token_beside_client_credentials_is_renewed_by_them() {
    if is_in_a_process() {
        let tenant = Tenant::from_env().unwrap();
        println!("{}", list_connections(&tenant).unwrap());
        return;
    }
    let stand_in = World::recorded().open();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let soon = token(&stand_in.base, json!({"exp": now.unwrap().as_secs() + 20}));
    let mut child = itself("settings::a_token_beside_client_credentials_is_renewed_by_them");
    for name in NAMES {
        child.env_remove(name);
    }
    let set = [
        ("DOMAIN", stand_in.base.as_str()),
        ("MGMT_API_ACCESS_TOKEN", soon.as_str()),
        ("CLIENT_ID", "an-id"),
        ("CLIENT_SECRET", "a-secret"),
    ];
    let said = said(child.envs(set));
    assert_eq!(stand_in.calls("POST /oauth/token").len(), 1, "{said}");
    let asked = stand_in.calls("GET /api/v2/connections?");
    assert!(
        !asked.is_empty() && asked.iter().all(|call| !call.contains(&soon)),
        "{said}"
    );
}

#[test]
fn the_practice_tenant_of_a_notebook_is_found_in_the_folder_that_is_set() {
    let folder = Folder::with("DOMAIN=practice\nPRACTICE_TENANT_FOLDER=practice\n");
    let said = folder.open(&[]);
    assert!(
        said.contains("PRACTICE_TENANT_FOLDER is `practice`, which is not an absolute path"),
        "{said}"
    );
    let elsewhere = TestFolder::new();
    // The first eight hex digits of the SHA-256 of the notebook's path.
    let file = elsewhere.join("practice-tenant-aa4f8603.env");
    let practice = Practice::start(&["--env-file", file.to_str().unwrap()]);
    let there = elsewhere.to_str().unwrap();
    let notebook = ("JPY_SESSION_NAME", "/home/ada/01.ipynb");
    let is_it = |said: &str| {
        let address = practice.get("DOMAIN").trim_start_matches("http://");
        assert!(said.contains(&format!("opened {address}")), "{said}");
    };
    is_it(&folder.open(&[("PRACTICE_TENANT_FOLDER", there), notebook]));
    let folder = Folder::with(&format!(
        "DOMAIN=practice\nPRACTICE_TENANT_FOLDER={there}\n"
    ));
    is_it(&folder.open(&[notebook]));
}
