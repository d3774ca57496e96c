//! How a tenant is set up, and its keys.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::chance::letters_of;
use crate::moment::Moment;
use crate::rules::scopes;

/// How a tenant is set up. The default is a fast one without faults.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Requests a second to the Management API, and how many may come at once.
    pub rate: f64,
    /// How many requests may come at once.
    pub burst: f64,
    /// Requests a minute beside the rate a second; `None`: no limit by the minute.
    pub minute_rate: Option<f64>,
    /// How many requests the limit by the minute allows at once; `None` for a whole minute's number.
    pub minute_burst: Option<f64>,
    /// Users a second that a job takes; `None`: as fast as it can.
    pub job_speed: Option<f64>,
    /// Other speeds from a row of each job on: the row, counted from 0, and users a second, in order of rows.
    pub job_speed_from: Vec<(usize, f64)>,
    /// Import jobs that run at once.
    pub max_jobs: usize,
    /// How long a token is valid.
    pub token_seconds: i64,
    /// How long the link to an exported file is valid.
    pub link_seconds: i64,
    /// The scopes that this tenant's tokens can have, separated by spaces; all if absent.
    pub scopes: Option<String>,
    /// Whether connections list the applications that use them, as they did until July 2026.
    pub enabled_clients: bool,
    /// Whether tokens have the mark that identifies a practice tenant to clients.
    pub marked: bool,
    /// What goes wrong from the start: each fault by its name, and its number.
    pub faults: BTreeMap<String, f64>,
    /// Seed of what goes wrong by chance.
    pub seed: u64,
    /// Until when jobs of others hold job slots, one each.
    pub slots_held: Vec<Moment>,
    /// Connections, limits and users of another tenant, in the form that [`Shape`](crate::Shape) documents.
    pub shape: Option<Value>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            rate: 10_000.0,
            burst: 10_000.0,
            minute_rate: None,
            minute_burst: None,
            job_speed: None,
            job_speed_from: Vec::new(),
            max_jobs: 2,
            token_seconds: 86_400,
            link_seconds: 60,
            scopes: None,
            enabled_clients: false,
            marked: true,
            faults: BTreeMap::new(),
            seed: 0,
            slots_held: Vec::new(),
            shape: None,
        }
    }
}

impl Setup {
    /// Limits all tokens to these scopes, separated by spaces.
    ///
    /// # Errors
    ///
    /// A scope that does not exist.
    pub fn set_scopes(&mut self, known: &str) -> Result<(), String> {
        self.scopes = Some(scopes::known(known)?);
        Ok(())
    }
}

/// A tenant's secrets, and the seed of its ids.
#[derive(Clone)]
pub struct Keys {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) sign_in_id: String,
    pub(crate) sign_in_secret: String,
    /// The key that proves that it wrote its file. It is only in that file.
    pub(crate) proof: String,
    pub(crate) signing: Vec<u8>,
    /// The seed of the ids of users and jobs.
    pub ids: u64,
}

impl Keys {
    /// Makes keys from `random`, which returns the given number of bytes. A program gives bytes that nobody can guess, so no
    /// two tenants draw the same id. A simulation gives the same bytes each time.
    pub fn drawn(mut random: impl FnMut(usize) -> Vec<u8>) -> Keys {
        let ids = random(8)
            .into_iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(byte));
        let mut letters = |count| letters_of(&random(count));
        Keys {
            proof: letters(64),
            client_id: letters(32),
            client_secret: letters(64),
            sign_in_id: letters(32),
            sign_in_secret: letters(64),
            signing: random(32),
            ids,
        }
    }

    /// The key that proves that the tenant wrote its file.
    #[must_use]
    pub fn proof(&self) -> &str {
        &self.proof
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Keys")
    }
}
