//! The command line.

use std::collections::BTreeMap;

use crate::rules::scopes;

/// What the command line says.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) env_file: Option<String>,
    pub(crate) idle_minutes: Option<f64>,
    /// Users a second that a job takes; `None`: as fast as it can.
    pub(crate) job_speed: Option<f64>,
    /// Requests a second, and how many may come at once.
    pub(crate) rate: f64,
    pub(crate) burst: f64,
    pub(crate) max_jobs: usize,
    pub(crate) token_seconds: i64,
    /// How long the link to an exported file is good.
    pub(crate) link_seconds: i64,
    /// The scopes that this tenant's tokens can have; all when absent.
    pub(crate) scopes: Option<String>,
    /// Whether connections tell which applications use them, as they did until July 2026.
    pub(crate) enabled_clients: bool,
    /// How long a request may take to come, its head and its body each.
    pub(crate) request_seconds: u64,
    /// Whether tokens carry the mark by which clients know a practice tenant.
    pub(crate) marked: bool,
    /// What goes wrong from the start, and the seed of what does so by chance.
    pub(crate) faults: BTreeMap<String, f64>,
    pub(crate) seed: u64,
}

const USAGE: &str = "known are --port N, --env-file PATH, --idle-minutes N, --job-speed USERS_PER_SECOND, --rate PER_SECOND, --burst N, --max-jobs N, --token-seconds N, --link-seconds N, --request-seconds N (how long a request may take to come), --fault NAME[=NUMBER], --seed N, --scopes \"SCOPE …\" (all its tokens can have), --enabled-clients (connections tell their applications, as until July 2026), --like-real (rate and speed of the free plan), --unmarked (clients take it for a real tenant)";

impl Options {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            port: 0,
            env_file: None,
            idle_minutes: None,
            job_speed: None,
            rate: 10_000.0,
            burst: 10_000.0,
            max_jobs: 2,
            token_seconds: 86_400,
            link_seconds: 60,
            request_seconds: 30,
            scopes: None,
            enabled_clients: false,
            marked: true,
            faults: BTreeMap::new(),
            seed: 0,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--scopes" => {
                    let scopes = words.next().ok_or("--scopes needs scopes, \"a b\"")?;
                    options.scopes = Some(scopes::known(&scopes)?);
                }
                "--enabled-clients" => options.enabled_clients = true,
                "--unmarked" => options.marked = false,
                "--like-real" => {
                    // The free plan: 2 requests a second, about 40,000 users an hour.
                    (options.rate, options.burst, options.job_speed) = (2.0, 2.0, Some(11.0));
                }
                "--seed" => options.seed = number(&word, words.next())?,
                "--fault" => {
                    let fault = words.next().ok_or("--fault needs NAME or NAME=NUMBER")?;
                    let (name, value) = fault.split_once('=').unwrap_or((&fault, "1"));
                    let value = positive(&word, Some(value.to_string()))?;
                    options.faults.insert(name.to_string(), value);
                }
                "--port" => options.port = number(&word, words.next())?,
                "--env-file" => {
                    options.env_file = Some(words.next().ok_or("--env-file needs a path")?)
                }
                "--idle-minutes" => options.idle_minutes = Some(positive(&word, words.next())?),
                "--job-speed" => options.job_speed = Some(positive(&word, words.next())?),
                "--rate" => options.rate = positive(&word, words.next())?,
                "--burst" => options.burst = positive(&word, words.next())?,
                "--max-jobs" => options.max_jobs = number(&word, words.next())?,
                "--request-seconds" => options.request_seconds = number(&word, words.next())?,
                "--link-seconds" => options.link_seconds = number(&word, words.next())?,
                "--token-seconds" => options.token_seconds = number(&word, words.next())?,
                word => return Err(format!("unknown option {word}; {USAGE}")),
            }
        }
        Ok(options)
    }
}

/// Up to a thousand million, so that no sum of times is too large for what it is kept in.
const MOST: f64 = 1e9;

fn number<T: std::str::FromStr + ToString>(name: &str, value: Option<String>) -> Result<T, String> {
    let value = value.ok_or_else(|| format!("{name} needs a number"))?;
    let wrong = || format!("{name} needs a number up to {MOST}, not `{value}`");
    let number: T = value.parse().map_err(|_| wrong())?;
    let is_small = |number: f64| number.abs() <= MOST;
    match number.to_string().parse() {
        Ok(as_float) if is_small(as_float) => Ok(number),
        _ => Err(wrong()),
    }
}

/// The least that is over 0 here: the next token of a bucket comes within a year.
const LEAST: f64 = 1e-7;

fn positive(name: &str, value: Option<String>) -> Result<f64, String> {
    let value: f64 = number(name, value)?;
    if value >= LEAST {
        Ok(value)
    } else {
        Err(format!("{name} must be over 0"))
    }
}
