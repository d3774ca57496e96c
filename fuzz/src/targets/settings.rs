//! Settings and tokens, which a reader pastes from elsewhere.

use auth0_bulk_users::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::mutate::parts;
use crate::targets::machine::{Folder, Script, run};
use crate::targets::{Held, Reached, Target, hidden, no_more, sentence, shown};

const MARK: &str = "kJ8vQ2mZx7Lw4TnB1rYc9HdS6fGa3PoE";

const WORDS: [&str; 34] = [
    "DOMAIN=",
    "MGMT_API_ACCESS_TOKEN=",
    "CLIENT_ID=",
    "CLIENT_SECRET=",
    "SIGN_IN_CLIENT_ID=",
    "SIGN_IN_CLIENT_SECRET=",
    "practice",
    "http://127.0.0.1:8080",
    "https://",
    "fuzzed.us.auth0.com",
    "export ",
    "'",
    "\"",
    "$",
    "${",
    "\\$",
    "\\",
    "#",
    "\u{e000}",
    "\u{f8ff}",
    "aud",
    "exp",
    "scope",
    "practice_tenant",
    "true",
    "https://fuzzed.us.auth0.com/api/v2/",
    "read:users",
    "alg",
    "none",
    ".",
    "..",
    "ey",
    "=",
    MARK,
];

pub(super) fn targets() -> Vec<Target> {
    let target = |name, about, run| Target {
        name,
        about,
        words: &WORDS,
        makes: no_more,
        run,
        most_memory: 32 << 20,
    };
    vec![
        target("env", "files of settings", read_settings),
        target(
            "domain",
            "what a tenant is opened with: its domain and a token",
            open,
        ),
        target("jwt", "what a token says of itself", read_token),
    ]
}

/// What was read, written as a file of settings would have it, reads the same.
fn read_settings(input: &[u8]) -> Held {
    let folder = Folder::new();
    let set = match seams::settings(&folder.file(".env", input)) {
        Err(error) => {
            sentence(&error, &[MARK])?;
            return Ok(Reached::Refused);
        }
        Ok(set) => set,
    };
    // In single quotes a text is as it is, but for a backslash, which dotenvy takes for the sign before a quote.
    let plain = |value: &str| !value.contains(['\'', '\\']) && !value.chars().any(char::is_control);
    let lines: Option<String> = set
        .iter()
        .map(|(name, value)| plain(value).then(|| format!("{name}='{value}'\n")))
        .collect();
    if let Some(lines) = lines {
        let again = seams::settings(&folder.file("again", lines.as_bytes()));
        let again = again.map_err(|error| format!("written settings are not read: {error}"))?;
        if again != set {
            return Err(
                "written settings read otherwise: values of the same names differ".to_string(),
            );
        }
    }
    Ok(if set.is_empty() {
        Reached::Refused
    } else {
        Reached::Taken
    })
}

/// Nothing that is shown of the tenant holds the secret.
fn keeps(tenant: &Tenant) -> Result<(), String> {
    let shown = shown(tenant);
    hidden("a tenant", &shown.each_ref().map(String::as_str), &[MARK])
}

/// A domain, and the parts of a token.
fn open(input: &[u8]) -> Held {
    let parts = parts(input);
    let domain = String::from_utf8_lossy(&parts[0]).into_owned();
    let token = token_of(&parts[1..]);
    match Tenant::new(&domain, &token) {
        Err(error) => {
            sentence(&error, &[MARK])?;
            Ok(Reached::Refused)
        }
        Ok(tenant) => {
            keeps(&tenant)?;
            let at_home =
                tenant.domain().is_ascii() && !tenant.domain().contains(['@', '/', '?', '#', ' ']);
            match at_home && !tenant.is_practice()
                || tenant.domain().starts_with("127.0.0.1:")
                || tenant.domain().starts_with("localhost:")
            {
                true => Ok(Reached::Taken),
                false => Err(format!("a domain is none: {domain:?}")),
            }
        }
    }
}

/// Parts of a token in plain text, each of which is written in base64; one part alone is the token itself.
fn token_of(parts: &[Vec<u8>]) -> String {
    match parts {
        [whole] => String::from_utf8_lossy(whole).into_owned(),
        parts => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| URL_SAFE_NO_PAD.encode(part))
                .collect();
            parts.join(".")
        }
    }
}

/// The same token from a tenant's answer, over no wire.
fn read_token(input: &[u8]) -> Held {
    let token = token_of(&parts(input));
    let answer = serde_json::json!({ "access_token": token }).to_string();
    let script = Script::of(&[b"200", answer.as_bytes()].join(crate::mutate::PART), true);
    let (opened, said) = run(|| {
        let opened = script.tenant();
        if let Ok(tenant) = &opened {
            tenant.evcxr_display();
        }
        opened
    });
    hidden(
        "what is said",
        &said.iter().map(String::as_str).collect::<Vec<_>>(),
        &[MARK],
    )?;
    match opened {
        Err(error) => {
            sentence(&error, &[MARK])?;
            Ok(Reached::Refused)
        }
        Ok(tenant) => {
            keeps(&tenant)?;
            Ok(Reached::Taken)
        }
    }
}
