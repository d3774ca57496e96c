//! The command line.

use practice_tenant::Setup;

/// What the command line says.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) env_file: Option<String>,
    pub(crate) idle_minutes: Option<f64>,
    /// How long the head and the body of a request may each take to arrive.
    pub(crate) request_seconds: u64,
    /// Whether clients turn its clock.
    pub(crate) turned: bool,
    /// Whether a seed was given; then it also decides the ids.
    pub(crate) has_seed: bool,
    pub(crate) setup: Setup,
}

const USAGE: &str = "the options are --port N, --env-file PATH, --idle-minutes N, --job-speed USERS_PER_SECOND[,ROW:USERS_PER_SECOND…] (another speed from a row on), --rate PER_SECOND, --burst N, --minute-rate PER_MINUTE and --minute-burst N (a second limit), --max-jobs N, --token-seconds N, --link-seconds N, --request-seconds N (how long a request may take to arrive), --fault NAME[=NUMBER], --seed N (for chance and ids), --scopes \"SCOPE …\" (all that its tokens can have), --enabled-clients (connections list their applications, as until July 2026), --like-real (the free plan's rate and speed), --unmarked (clients take it for a real tenant), --shape FILE (another tenant's connections, limits and users, as JSON), --turned (clients set its clock with X-Practice-Now)";

impl Options {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            port: 0,
            env_file: None,
            idle_minutes: None,
            request_seconds: 30,
            turned: false,
            has_seed: false,
            setup: Setup::default(),
        };
        while let Some(word) = words.next() {
            if !options.take(&word, &mut words)?
                && !take_setup(&mut options.setup, &word, &mut words)?
            {
                return Err(format!("unknown option {word}; {USAGE}"));
            }
        }
        Ok(options)
    }

    /// Takes an option of the program, if the word is one.
    fn take(
        &mut self,
        word: &str,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<bool, String> {
        match word {
            "--turned" => self.turned = true,
            "--port" => self.port = number(word, words.next())?,
            "--env-file" => self.env_file = Some(words.next().ok_or("--env-file needs a path")?),
            "--idle-minutes" => self.idle_minutes = Some(positive(word, words.next())?),
            "--request-seconds" => self.request_seconds = number(word, words.next())?,
            "--seed" => {
                self.has_seed = true;
                self.setup.seed = number(word, words.next())?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Takes an option of the tenant, if the word is one.
fn take_setup(
    setup: &mut Setup,
    word: &str,
    words: &mut impl Iterator<Item = String>,
) -> Result<bool, String> {
    match word {
        "--scopes" => {
            let scopes = words.next().ok_or("--scopes needs scopes, \"a b\"")?;
            setup.set_scopes(&scopes)?;
        }
        "--enabled-clients" => setup.enabled_clients = true,
        "--unmarked" => setup.marked = false,
        "--like-real" => {
            // The free plan: 2 requests a second, about 40,000 users an hour.
            (setup.rate, setup.burst, setup.job_speed) = (2.0, 2.0, Some(11.0));
        }
        "--fault" => {
            let fault = words.next().ok_or("--fault needs NAME or NAME=NUMBER")?;
            let (name, value) = fault.split_once('=').unwrap_or((&fault, "1"));
            let value = positive(word, Some(value.to_string()))?;
            setup.faults.insert(name.to_string(), value);
        }
        "--job-speed" => take_speeds(setup, word, words.next())?,
        "--rate" => setup.rate = positive(word, words.next())?,
        "--burst" => setup.burst = positive(word, words.next())?,
        "--minute-rate" => setup.minute_rate = Some(positive(word, words.next())?),
        "--minute-burst" => setup.minute_burst = Some(positive(word, words.next())?),
        "--max-jobs" => setup.max_jobs = number(word, words.next())?,
        "--link-seconds" => setup.link_seconds = number(word, words.next())?,
        "--token-seconds" => setup.token_seconds = number(word, words.next())?,
        "--shape" => {
            let path = words.next().ok_or("--shape needs a path")?;
            let read =
                std::fs::read(&path).map_err(|cause| format!("cannot read {path}: {cause}"))?;
            let shape = serde_json::from_slice(&read);
            setup.shape = Some(shape.map_err(|cause| format!("{path} is not JSON: {cause}"))?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `100,500:20`: users a second, and others from a row on.
fn take_speeds(setup: &mut Setup, name: &str, value: Option<String>) -> Result<(), String> {
    let value = value.ok_or_else(|| format!("{name} needs a number"))?;
    let mut parts = value.split(',');
    let first = parts.next().unwrap_or_default().to_string();
    setup.job_speed = Some(positive(name, Some(first))?);
    setup.job_speed_from.clear();
    for part in parts {
        let (row, speed) = part
            .split_once(':')
            .ok_or_else(|| format!("{name} needs ROW:SPEED, not `{part}`"))?;
        let row = number(name, Some(row.to_string()))?;
        let speed = positive(name, Some(speed.to_string()))?;
        if setup
            .job_speed_from
            .last()
            .is_some_and(|(last, _)| *last >= row)
        {
            return Err(format!("{name} needs its rows in ascending order"));
        }
        setup.job_speed_from.push((row, speed));
    }
    Ok(())
}

/// Up to a thousand million, so no sum of times overflows.
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

/// The smallest number above 0 here: the next token of a bucket comes within a year.
const LEAST: f64 = 1e-7;

fn positive(name: &str, value: Option<String>) -> Result<f64, String> {
    let value: f64 = number(name, value)?;
    if value >= LEAST {
        Ok(value)
    } else {
        Err(format!("{name} must be over 0"))
    }
}
