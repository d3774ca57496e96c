//! What the practice tenant remembers. `World` keeps the parts. No part uses `World`, and nothing here knows HTTP.

pub(crate) mod accounts;
pub(crate) mod bucket;
pub(crate) mod faults;
pub(crate) mod jobs;
pub(crate) mod log;
pub(crate) mod memory;
pub(crate) mod record;
mod tokens;
mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::chance::Chance;
use crate::moment::Moment;
use crate::rules::connections::{self, Connection};
use crate::rules::schema::Ways;
use crate::rules::scopes;
use crate::rules::shape::Shape;
use crate::setup::{Keys, Setup};
use crate::state::accounts::{Account, account};
use crate::state::bucket::{Bucket, Told};
use crate::state::faults::Faults;
use crate::state::jobs::Pace;
use crate::state::log::Log;
use crate::state::memory::Memory;
use crate::state::record::{Asked, Record, Traffic};
use crate::state::tokens::Tokens;
use crate::state::work::Scene;

/// A practice tenant: its setup and everything that it remembers. Each request tells it the time.
pub struct World {
    pub(crate) setup: Setup,
    pub(crate) base: String,
    pub(crate) keys: Keys,
    pub(crate) now: Moment,
    pub(crate) chance: Chance,
    pub(crate) connections: Vec<Arc<Connection>>,
    /// What of another tenant's shape was not understood.
    pub(crate) not_understood: Vec<String>,
    pub(crate) tokens: Tokens,
    /// Whether every request is refused.
    pub(crate) closed: bool,
    pub(crate) memory: Memory,
    pub(crate) log: Log,
    pub(crate) faults: Faults,
    pub(crate) traffic: Traffic,
    pub(crate) record: Record,
    buckets: Vec<Bucket>,
    holders_asked: u64,
}

/// It holds secrets and users, which are never shown.
impl fmt::Debug for World {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("World");
        shown.field("now", &self.now).finish_non_exhaustive()
    }
}

impl World {
    /// A tenant at the address `base`, such as `http://127.0.0.1:80`.
    ///
    /// # Errors
    ///
    /// A fault or a scope that does not exist, or a shape that cannot be read.
    pub fn new(base: &str, setup: Setup, keys: Keys, now: Moment) -> Result<World, String> {
        let shape = setup.shape.as_ref().map(Shape::read).transpose()?;
        let shape = shape.unwrap_or_default();
        let setup = shaped(setup, &shape)?;
        let connections = shape.connections.unwrap_or_else(connections::of_practice);
        let minute = setup.minute_rate.map(|rate| {
            let burst = setup.minute_burst.unwrap_or(rate);
            Bucket::by_minute(rate, burst, now)
        });
        let second = Bucket::by_second(setup.rate, setup.burst, now);
        let mut world = World {
            base: base.to_string(),
            now,
            chance: Chance::of(keys.ids),
            connections: connections.into_iter().map(Arc::new).collect(),
            not_understood: shape.not_understood,
            tokens: Tokens::of(keys.signing.clone()),
            keys,
            closed: false,
            memory: Memory::default(),
            log: Log::default(),
            faults: Faults::default(),
            traffic: Traffic::default(),
            record: Record::default(),
            buckets: [second].into_iter().chain(minute).collect(),
            holders_asked: 0,
            setup,
        };
        let (faults, seed) = (world.setup.faults.clone(), world.setup.seed);
        world.set_faults(faults, seed)?;
        for (connection, row) in &shape.users {
            let of = world.connection_named(connection);
            let of = of.ok_or_else(|| {
                format!("the shape's users belong to the connection {connection}, which the shape does not have")
            })?;
            let drawn = (now, &mut world.chance);
            world.memory.add(account(row, &of, "s.gravatar.com", drawn));
        }
        Ok(world)
    }

    /// Lets everything until then happen: jobs process their rows. Time never goes back: an earlier moment counts as the last
    /// one.
    pub fn run_to(&mut self, now: Moment) {
        let now = now.max(self.now);
        let ways = self.ways();
        while let Some((at, number)) = self.memory.next_event().filter(|(at, _)| *at <= now) {
            let chance = &mut self.chance;
            let mut scene = Scene { at, ways, chance };
            let entry = work::go_on(&mut self.memory, number, now, &mut scene);
            let at = scene.at;
            if let Some(entry) = entry {
                // Whether Auth0 logs a correlation id with a job's end is not known.
                self.log_at(at, entry, None);
            }
        }
        self.now = now;
    }

    /// When something happens next by itself, after that moment: a row of a job, its end, a slot that gets free.
    #[must_use]
    pub fn next_event(&self, now: Moment) -> Option<Moment> {
        let job = self.memory.next_event().map(|(at, _)| at);
        let slots = self.setup.slots_held.iter().copied();
        slots.chain(job).filter(|at| *at > now).min()
    }

    /// Import jobs that have not ended, without those of others.
    #[must_use]
    pub fn jobs_running(&self) -> usize {
        self.memory.jobs().filter(|job| !job.has_ended()).count()
    }

    /// All users, the oldest first.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.memory.users.values().map(Arc::as_ref)
    }

    /// The same as they are now, whatever becomes of them.
    #[must_use]
    pub fn accounts_now(&self) -> Vec<Arc<Account>> {
        self.memory.users.values().cloned().collect()
    }

    /// The first 200,000 requests, without those that control the practice tenant.
    #[must_use]
    pub fn record(&self) -> &[Asked] {
        self.record.kept()
    }

    /// Requests to the Management API so far, and the most of them within any second.
    #[must_use]
    pub fn traffic(&self) -> (usize, usize) {
        self.traffic.counts()
    }

    /// Lets a job of others hold a slot until then.
    pub fn hold_slot(&mut self, until: Moment) {
        self.setup.slots_held.push(until);
    }

    /// How often a holder of a token or of an application's secret has asked, which shows whether anybody is using the tenant.
    #[must_use]
    pub fn holders_asked(&self) -> u64 {
        self.holders_asked
    }

    /// What a client needs to reach the tenant, as lines of a `.env` file, a token among them.
    pub fn env_lines(&mut self) -> String {
        let token = self.token();
        let Keys {
            client_id,
            client_secret,
            sign_in_id,
            sign_in_secret,
            ..
        } = &self.keys;
        format!(
            "DOMAIN={}\nMGMT_API_ACCESS_TOKEN={token}\nCLIENT_ID={client_id}\nCLIENT_SECRET={client_secret}\nSIGN_IN_CLIENT_ID={sign_in_id}\nSIGN_IN_CLIENT_SECRET={sign_in_secret}\n",
            self.base
        )
    }

    /// A token for the Management API, with all scopes that this tenant grants.
    pub fn token(&mut self) -> String {
        let audience = self.audience();
        self.issue(None, &audience)
    }

    pub(crate) fn note_holder(&mut self) {
        self.holders_asked += 1;
    }

    pub(crate) fn log(&mut self, entry: log::Entry, correlation: Option<&str>) {
        self.log_at(self.now, entry, correlation);
    }

    fn log_at(&mut self, at: Moment, entry: log::Entry, correlation: Option<&str>) {
        let id = self.chance.hex24();
        self.log
            .add((at, id), entry, &self.keys.client_id, correlation);
    }

    pub(crate) fn connection(&self, id: &str) -> Option<Arc<Connection>> {
        let mut all = self.connections.iter();
        all.find(|connection| connection.id == id).cloned()
    }

    pub(crate) fn connection_named(&self, name: &str) -> Option<Arc<Connection>> {
        let mut all = self.connections.iter();
        all.find(|connection| connection.name == name).cloned()
    }

    /// Whether a request may pass now, which takes a token from each bucket; and the state of the tightest.
    pub(crate) fn take_request(&mut self) -> (bool, Told) {
        for bucket in &mut self.buckets {
            bucket.fill(self.now);
        }
        let passes = self.buckets.iter().all(Bucket::has_one);
        if passes {
            self.buckets.iter_mut().for_each(Bucket::take);
        }
        (passes, self.limit_told())
    }

    /// The state of the limit with the least left.
    pub(crate) fn limit_told(&self) -> Told {
        let told = self.buckets.iter().map(Bucket::told);
        told.min_by_key(|told| told.left)
            .expect("a limit by the second")
    }
}

/// The setup with what the shape says of it.
fn shaped(mut setup: Setup, shape: &Shape) -> Result<Setup, String> {
    setup.rate = shape.rate.unwrap_or(setup.rate);
    setup.burst = shape.burst.unwrap_or(setup.burst);
    setup.minute_rate = shape.minute_rate.or(setup.minute_rate);
    setup.minute_burst = shape.minute_burst.or(setup.minute_burst);
    setup.job_speed = shape.job_speed.or(setup.job_speed);
    setup.max_jobs = shape.max_jobs.unwrap_or(setup.max_jobs);
    let own = setup.scopes.take();
    let own = own.map(|scopes| scopes::known(&scopes)).transpose()?;
    setup.scopes = shape.scopes.clone().or(own);
    Ok(setup)
}

/// Tokens for the Management API.
impl World {
    fn audience(&self) -> String {
        format!("{}/api/v2/", self.base)
    }

    /// Whether an audience is this tenant's Management API. Clients build it from the host that they know, with https as at
    /// Auth0 or with the scheme that they use, and with either name of this machine.
    pub(crate) fn is_audience(&self, audience: &str) -> bool {
        let host = |url: &str| -> Option<String> {
            let rest = url
                .strip_prefix("http://")
                .or(url.strip_prefix("https://"))?;
            Some(rest.replacen("localhost:", "127.0.0.1:", 1))
        };
        host(audience).is_some_and(|ours| Some(ours) == host(&self.audience()))
    }

    /// A token with the scopes asked for or all that are granted.
    pub(crate) fn issue(&mut self, scope: Option<&str>, audience: &str) -> String {
        let now = self.now.seconds();
        let among = |scopes: Option<&str>, known: &str| {
            scopes.is_none_or(|scopes| scopes.split(' ').any(|word| word == known))
        };
        let granted = scopes::ALL
            .split(' ')
            .filter(|known| among(scope, known) && among(self.setup.scopes.as_deref(), known));
        let granted: Vec<&str> = granted.collect();
        let mut claims = json!({
            "iss": format!("{}/", self.base),
            "sub": format!("{}@clients", self.keys.client_id),
            "aud": audience,
            "iat": now,
            "exp": now + self.setup.token_seconds,
            "scope": granted.join(" "),
            "gty": "client-credentials",
            "azp": self.keys.client_id,
            // Numbered, so that a fault can end those issued so far.
            "jti": self.tokens.number(),
        });
        if self.setup.marked {
            claims["practice_tenant"] = true.into();
        }
        self.tokens.sign(&claims)
    }
}

/// Which faults happen, and what they change.
impl World {
    /// Replaces all faults, and ends the jobs that hang. A fault's number is 1 or more for how many times it happens, or less
    /// for how likely it is each time, by draws from the seed.
    ///
    /// # Errors
    ///
    /// A fault that does not exist, or a number that a fault cannot have.
    pub fn set_faults(&mut self, on: BTreeMap<String, f64>, seed: u64) -> Result<(), String> {
        let expires = on.contains_key("token-expires");
        self.faults.set(on, seed, self.now)?;
        if expires {
            self.tokens.expire();
        }
        work::unhang(&mut self.memory, self.now);
        Ok(())
    }

    pub(crate) fn fault(&mut self, name: &str) -> bool {
        self.faults.happens(name)
    }

    /// Whether the fault happens to a request that is these steps. One for a token has only the faults that are aimed at it.
    pub(crate) fn fault_at(&mut self, steps: &[&str], name: &str) -> bool {
        (steps != ["token"] && self.fault(name)) || self.fault_aimed_at(steps, name)
    }

    /// The same, only for faults that are aimed at one of the steps.
    pub(crate) fn fault_aimed_at(&mut self, steps: &[&str], name: &str) -> bool {
        let mut steps = steps.iter();
        steps.any(|step| self.faults.happens_at(name, step))
    }

    /// Whether a switch is on: not a fault, but another way that tenants can behave.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.faults.measure(name) > 0.0
    }

    pub(crate) fn ways(&self) -> Ways {
        Ways {
            metadata_keys_taken: self.is_on("metadata-keys-taken"),
            large_profiles_refused: self.is_on("large-profiles-refused"),
            match_by_id: self.is_on("match-by-id"),
        }
    }

    /// The pace of a job of so many rows that begins now; `None`: as fast as it can.
    pub(crate) fn pace(&mut self, rows: usize) -> Option<Pace> {
        let measure = |name| Some(self.faults.measure(name)).filter(|speed| *speed > 0.0);
        let (speed, later) = (measure("job-speed"), measure("job-speed-later"));
        let is_slow = self.fault("job-slow");
        let mut parts = vec![(0, speed.or(self.setup.job_speed)?)];
        match later {
            Some(later) => parts.push((rows / 2, later)),
            None => parts.extend(&self.setup.job_speed_from),
        }
        if is_slow {
            parts.iter_mut().for_each(|(_, speed)| *speed /= 10.0);
        }
        Some(Pace(parts))
    }

    /// The creation time of the newest users that a search sees; `None` if it sees all.
    pub(crate) fn searched_until(&self) -> Option<String> {
        let lag = self.faults.measure("search-lag");
        (lag > 0.0).then(|| self.now.before(Duration::from_secs_f64(lag)).shown())
    }

    /// Job slots that others hold.
    pub(crate) fn slots_held(&self) -> usize {
        if self.faults.all_slots_are_held(self.now) {
            return self.setup.max_jobs;
        }
        let held = self.setup.slots_held.iter();
        let held = held.filter(|until| **until > self.now).count();
        self.faults.measure("slots-held") as usize + held
    }
}
