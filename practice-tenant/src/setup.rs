//! How a tenant is set up, and its keys.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::chance::letters_of;
use crate::moment::Moment;
use crate::rules::scopes;

/// What a tenant is like from the start. The default is a quick one, with no fault.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Requests a second to the Management API, and how many may come at once.
    pub rate: f64,
    /// How many requests may come at once.
    pub burst: f64,
    /// Requests a minute beside the rate a second; `None`: no limit by the minute.
    pub minute_rate: Option<f64>,
    /// How many requests the limit by the minute lets come at once; `None`: as many as a minute has.
    pub minute_burst: Option<f64>,
    /// Users a second that a job takes; `None`: as fast as it can.
    pub job_speed: Option<f64>,
    /// Another speed from a row of each job on: the row, counted from 0, and users a second. In order of rows.
    pub job_speed_from: Vec<(usize, f64)>,
    /// Import jobs that run at once.
    pub max_jobs: usize,
    /// How long a token is good.
    pub token_seconds: i64,
    /// How long the link to an exported file is good.
    pub link_seconds: i64,
    /// The scopes that this tenant's tokens can have, with blanks between; all when absent.
    pub scopes: Option<String>,
    /// Whether connections tell which applications use them, as they did until July 2026.
    pub enabled_clients: bool,
    /// Whether tokens carry the mark by which clients know a practice tenant.
    pub marked: bool,
    /// What goes wrong from the start: each fault by its name, and its number.
    pub faults: BTreeMap<String, f64>,
    /// Seed of what goes wrong by chance.
    pub seed: u64,
    /// Until when other people's jobs hold job slots, one each.
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
    /// Takes scopes from all tokens but these, which stand with blanks between.
    ///
    /// # Errors
    ///
    /// A scope that there is not.
    pub fn set_scopes(&mut self, known: &str) -> Result<(), String> {
        self.scopes = Some(scopes::known(known)?);
        Ok(())
    }
}

/// What a tenant keeps secret, and what its ids are drawn from.
#[derive(Clone)]
pub struct Keys {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) sign_in_id: String,
    pub(crate) sign_in_secret: String,
    /// The key by which it proves that it wrote its file. It stands in that file and nowhere else.
    pub(crate) proof: String,
    pub(crate) signing: Vec<u8>,
    /// The seed of the ids of users and jobs.
    pub ids: u64,
}

impl Keys {
    /// Keys made of what `random` gives, so many bytes at a time. A program gives bytes that nobody can guess: then no two
    /// tenants draw the same id, either. A simulation gives the same ones each time.
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

    /// The key by which the tenant proves that it wrote its file.
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
