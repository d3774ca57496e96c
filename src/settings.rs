//! The settings, from the process environment and `.env`, and what `DOMAIN` may be.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::secret::Secret;

const NAMES: [&str; 6] = [
    "DOMAIN",
    "MGMT_API_ACCESS_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "SIGN_IN_CLIENT_ID",
    "SIGN_IN_CLIENT_SECRET",
];

/// The id and the secret of an application.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) id: String,
    pub(crate) secret: Secret,
}

/// What was set; an empty value counts as unset.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    values: HashMap<String, String>,
}

impl Settings {
    /// Reads `.env` and the environment, which wins; neither is changed.
    pub(crate) fn read() -> Result<Settings> {
        let mut settings = match dotenv_path() {
            Some(path) => Settings::from_file(&path)?,
            None => Settings::default(),
        };
        for name in NAMES {
            if let Some(value) = env::var(name).ok().filter(|value| !value.trim().is_empty()) {
                settings.values.insert(name.to_string(), value);
            }
        }
        Ok(settings)
    }

    /// Reads a file of `NAME=value` lines. A file with settings of which none is ours is refused: a
    /// misspelt name must not look like success.
    pub(crate) fn from_file(path: &Path) -> Result<Settings> {
        let unreadable = |cause: String| Error::SettingsFile {
            path: path.to_path_buf(),
            cause,
        };
        let lines = dotenvy::from_path_iter(path).map_err(|e| unreadable(e.to_string()))?;
        let mut values = HashMap::new();
        let mut unknown = Vec::new();
        for (number, line) in lines.enumerate() {
            // dotenvy's own error quotes the line, which may hold a secret.
            let (name, value) =
                line.map_err(|_| unreadable(format!("setting {} is not NAME=value", number + 1)))?;
            if !NAMES.contains(&name.as_str()) {
                unknown.push(name);
            } else if !value.trim().is_empty() {
                values.insert(name, value);
            }
        }
        if values.is_empty() && !unknown.is_empty() {
            return Err(unreadable(format!(
                "it sets {} but none of {}: check the spelling",
                unknown.join(", "),
                NAMES.join(", ")
            )));
        }
        Ok(Settings { values })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim())
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
            (Some(_), None) => Err(Error::Setting {
                name: secret,
                reason: format!("it is not set, though {id} is: set both or neither"),
            }),
            (None, Some(_)) => Err(Error::Setting {
                name: id,
                reason: format!("it is not set, though {secret} is: set both or neither"),
            }),
        }
    }
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
        let refused = |reason: String| Error::Setting {
            name: "DOMAIN",
            reason,
        };
        let text = text.trim().trim_end_matches('/');
        if let Some(host) = text.strip_prefix("http://") {
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            if name != "127.0.0.1" && name != "localhost" {
                return Err(refused(format!(
                    "`{text}` would send the token unencrypted: write the host name alone (https is used), or http:// with 127.0.0.1 or localhost"
                )));
            }
            return match host.rsplit_once(':').map(|(_, port)| port.parse::<u16>()) {
                Some(Ok(port)) if port > 0 => Ok(Address {
                    domain: host.into(),
                    base: text.into(),
                    loopback: true,
                }),
                _ => Err(refused(format!(
                    "`{text}` has no port: write http://{name}:PORT"
                ))),
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
            return Err(refused(format!(
                "`{host}` is not a host name such as dev-1.us.auth0.com: copy it from the dashboard (Settings of an application, Domain), or write `practice`"
            )));
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
