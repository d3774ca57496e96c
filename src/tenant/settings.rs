//! The settings from the environment and `.env`, and what `DOMAIN` may be.

use std::collections::HashMap;
use std::env;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::secrets::hide::{HIDDEN, without_secrets};

pub(crate) const NAMES: [&str; 6] = [
    "DOMAIN",
    "MGMT_API_ACCESS_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "SIGN_IN_CLIENT_ID",
    "SIGN_IN_CLIENT_SECRET",
];

/// A folder for what practice tenants are reached by; it says nothing of a tenant.
const PRACTICE_FOLDER: &str = "PRACTICE_TENANT_FOLDER";

/// The id and the secret of an application.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) id: String,
    pub(crate) secret: Secret,
}

/// Bytes of the longest file of settings that is read: no setting has more than some thousand.
const MOST_FILE_BYTES: u64 = 1 << 20;

/// What was set in one place; an empty value counts as unset.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    values: HashMap<String, Secret>,
}

impl Settings {
    /// Reads the environment, and `.env` if the environment does not set `DOMAIN`; neither is changed. Credentials in the other
    /// place are refused, since they may be for another domain.
    pub(crate) fn read() -> Result<Settings> {
        let environment = Settings::from_environment();
        // Whatever `.env` holds, a practice tenant needs none of it.
        if environment.names_practice() {
            return Ok(environment);
        }
        let Some(path) = dotenv_path() else {
            return Ok(environment);
        };
        one_place(environment, Settings::from_file(&path)?, &path)
    }

    /// The folder that is set for what practice tenants are reached by, in the environment or else in `.env`.
    pub(crate) fn practice_folder() -> Result<Option<PathBuf>> {
        let is_set = |value: &String| !value.trim().is_empty();
        if let Some(folder) = env::var(PRACTICE_FOLDER).ok().filter(is_set) {
            return Ok(Some(PathBuf::from(folder.trim())));
        }
        let Some(path) = dotenv_path() else {
            return Ok(None);
        };
        let (text, dollar) = text_without_dollars(&path)?;
        let lines = dotenvy::from_read_iter(text.as_bytes()).flatten();
        let mut set = lines.filter(|(name, value)| name == PRACTICE_FOLDER && is_set(value));
        let folder = set.next().map(|(_, value)| value.replace(dollar, "$"));
        Ok(folder.map(|folder| PathBuf::from(folder.trim())))
    }

    fn from_environment() -> Settings {
        let set = NAMES.iter().filter_map(|name| {
            let value = env::var(name).ok().filter(|value| !value.trim().is_empty());
            value.map(|value| (name.to_string(), Secret::new(value)))
        });
        Settings {
            values: set.collect(),
        }
    }

    /// Reads a file of `NAME=value` lines, in which a `$` is a `$`. A file without any of our settings is refused, since a
    /// misspelt name must not look like success.
    pub(crate) fn from_file(path: &Path) -> Result<Settings> {
        let (text, dollar) = text_without_dollars(path)?;
        let mut values = HashMap::new();
        let mut unknown = Vec::new();
        for (number, line) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
            // dotenvy's own error quotes the line, which may hold a secret.
            let (name, mut value) = line.map_err(|_| Error::no_setting(path, number + 1))?;
            // It is no tenant's setting.
            if name == PRACTICE_FOLDER {
                continue;
            }
            if !NAMES.contains(&name.as_str()) {
                unknown.push(told(name));
            } else if !value.trim().is_empty() {
                values.insert(name, Secret::new(value.replace(dollar, "$")));
            }
            value.zeroize();
        }
        if values.is_empty() && !unknown.is_empty() {
            return Err(Error::unknown_settings(path, &unknown, &NAMES));
        }
        Ok(Settings { values })
    }

    pub(crate) fn names_practice(&self) -> bool {
        let domain = self.get("DOMAIN");
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case("practice"))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.expose().trim())
    }

    /// Whether a tenant can be opened with what is set here.
    fn has_credentials(&self) -> bool {
        let is_set = |name| self.get(name).is_some();
        is_set("MGMT_API_ACCESS_TOKEN") || is_set("CLIENT_ID") && is_set("CLIENT_SECRET")
    }

    pub(crate) fn any(&self) -> Option<&str> {
        NAMES
            .iter()
            .copied()
            .find(|name| self.values.contains_key(*name))
    }

    /// The application whose id and secret are in these two settings; one without the other is refused.
    pub(crate) fn application(
        &self,
        id: &'static str,
        secret: &'static str,
    ) -> Result<Option<Application>> {
        match (self.get(id), self.get(secret)) {
            (Some(id), Some(secret)) => Ok(Some(Application {
                id: id.to_string(),
                secret: Secret::new(secret),
            })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Error::half_an_application(secret, id)),
            (None, Some(_)) => Err(Error::half_an_application(id, secret)),
        }
    }
}

/// The name of a setting that is not ours. A random text is not a name: the second line of a broken secret has a `=` as well.
fn told(name: String) -> String {
    let has = |kind: fn(&u8) -> bool| name.as_bytes().iter().any(kind);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    if mixed && (has(u8::is_ascii_digit) || name.len() > 20) {
        return HIDDEN.to_string();
    }
    without_secrets(&name)
}

/// What was set for a domain, as an error quotes it. Who mixed up the lines of a dashboard has pasted a secret there.
pub(crate) fn shown_domain(text: &str) -> String {
    let is_drawn = |part: &str| part.len() >= 20 && told(part.to_string()) == HIDDEN;
    match text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(is_drawn)
    {
        true => HIDDEN.to_string(),
        false => without_secrets(text),
    }
}

/// The settings of the place that names the domain: the environment if it does, else the file.
fn one_place(environment: Settings, file: Settings, path: &Path) -> Result<Settings> {
    let first_of = |from: &Settings, lacked_by: Option<&Settings>| {
        let is_meant = |name: &&str| {
            from.get(name).is_some() && lacked_by.is_none_or(|other| other.get(name).is_none())
        };
        NAMES[1..].iter().copied().find(is_meant)
    };
    let refused = |domain_in: &str, name: &str, name_in: &str| {
        Err(Error::domain_in_two_places(domain_in, name, name_in))
    };
    let (here, there) = ("the environment", path.display().to_string());
    if environment.get("DOMAIN").is_some() {
        // A file with a domain of its own is another setup, which the environment replaces if it is whole.
        let is_replaced = file.get("DOMAIN").is_some() && environment.has_credentials();
        return match first_of(&file, Some(&environment)) {
            Some(name) if !is_replaced => refused(here, name, &there),
            _ => Ok(environment),
        };
    }
    if file.get("DOMAIN").is_none() {
        // Without a domain nothing is sent anywhere, and which setting there is will be told.
        return Ok(if environment.any().is_some() {
            environment
        } else {
            file
        });
    }
    match first_of(&environment, None) {
        Some(name) if !file.names_practice() => refused(&there, name, here),
        _ => Ok(file),
    }
}

/// The file's text with another character for each `$` that dotenvy would replace by the value of a variable, and
/// that character: one that the text does not hold.
fn text_without_dollars(path: &Path) -> Result<(Zeroizing<String>, char)> {
    let mut text = Zeroizing::new(String::new());
    let unreadable = |cause| Error::settings_unreadable(path, cause);
    let file = File::open(path).map_err(unreadable)?;
    let read = file.take(MOST_FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(unreadable)?;
    if text.len() as u64 > MOST_FILE_BYTES {
        return Err(Error::settings_too_long(path, MOST_FILE_BYTES));
    }
    let unused = ('\u{e000}'..='\u{f8ff}').find(|stand_in| !text.contains(*stand_in));
    let dollar = unused.ok_or_else(|| Error::settings_of_every_character(path))?;
    let mut escaped = false;
    // `\$` is a `$` to dotenvy already.
    let plain = text.chars().map(|c| {
        let shown = if c == '$' && !escaped { dollar } else { c };
        escaped = c == '\\' && !escaped;
        shown
    });
    let plain = Zeroizing::new(plain.collect());
    Ok((plain, dollar))
}

/// `.env` in the working folder, or in one of its parents up to this crate.
fn dotenv_path() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let last = if here.starts_with(root) { root } else { &here };
    here.ancestors()
        .take_while(|folder| folder.starts_with(last))
        .map(|folder| folder.join(".env"))
        .find(|path| path.is_file())
}

/// Where a tenant is: its name as the reader says it, and the base of every URL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Address {
    pub(crate) domain: String,
    pub(crate) base: String,
    pub(crate) loopback: bool,
}

impl Address {
    /// Reads a `DOMAIN`: a host name, or `http://` on loopback. Anything else over plain http is refused.
    pub(crate) fn parse(text: &str) -> Result<Address> {
        let text = text.trim().trim_end_matches('/');
        let shown = || shown_domain(text);
        if let Some(host) = text.strip_prefix("http://") {
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            if name != "127.0.0.1" && name != "localhost" {
                return Err(Error::unencrypted(&shown()));
            }
            return match host.rsplit_once(':').map(|(_, port)| port.parse::<u16>()) {
                Some(Ok(port)) if port > 0 => Ok(Address {
                    domain: host.into(),
                    base: text.into(),
                    loopback: true,
                }),
                _ => Err(Error::no_port(&shown(), name)),
            };
        }
        let host = text.strip_prefix("https://").unwrap_or(text);
        let label = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if !host.contains('.') || !host.split('.').all(label) {
            return Err(Error::no_host_name(&shown_domain(host)));
        }
        let host = host.to_ascii_lowercase();
        Ok(Address {
            base: format!("https://{host}"),
            domain: host,
            loopback: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_the_place_of_the_domain_is_not_quoted() {
        let secret = "kJ8vQ2mZx7Lw4TnB1rYc9HdS6fGa3PoE";
        for text in [
            secret.to_string(),
            format!("http://{secret}"),
            format!("http://localhost:{secret}"),
        ] {
            let error = Address::parse(&text).unwrap_err().to_string();
            assert!(!error.contains(secret), "{error}");
        }
        let error = Address::parse("dev-1_us.auth0.com").unwrap_err();
        assert!(
            error.to_string().contains("`dev-1_us.auth0.com`"),
            "{error}"
        );
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for good in ["http://127.0.0.1:8080", "http://localhost:8080/"] {
            assert!(Address::parse(good).unwrap().loopback, "{good}");
        }
        for bad in [
            "http://dev-1.us.auth0.com",
            "http://127.0.0.1.evil.com:80",
            "http://127.0.0.1",
            "http://localhost@evil.com:80",
            "dev 1",
            "dev-1.us.auth0.com/api",
            "",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        let real = Address::parse("https://Dev-1.us.auth0.com/").unwrap();
        assert_eq!(real.base, "https://dev-1.us.auth0.com");
    }
}
