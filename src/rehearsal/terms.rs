//! How fast the tenant may be, as it says itself or as Auth0's plans suggest.

use serde_json::{Value, json};

use crate::rehearsal::told::Told;

/// What one play goes by.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Users an hour that two jobs import; `None` if the tenant gave its speed.
    pub(crate) users_an_hour: Option<u32>,
    /// Users a second of one job; `None`: as fast as it can.
    job_speed: Option<f64>,
    /// Requests a second, and how many may come at once.
    rate: (f64, f64),
    /// The same by the minute.
    minute: (Option<f64>, Option<f64>),
    jobs: usize,
}

/// Requests a second that a play goes by at most: over a hundred times what Auth0 takes of anybody.
const MOST_RATE: u64 = 10_000;
/// Jobs that Auth0 runs in a tenant at once, of whose speed its staff speak.
const JOBS: usize = 2;
/// Auth0's published limits of the Management API (docs/how-the-import-job-behaves.md): what a tenant tells that it takes at
/// once; requests a second, and at once, to the endpoints of jobs; and the place in `PLANS`.
const LIMITS: [(u64, (f64, f64), usize); 5] = [
    (2, (2.0, 2.0), 1),
    (5, (2.5, 10.0), 2),
    (10, (2.0, 10.0), 2),
    (20, (20.0, 20.0), 2),
    (50, (16.0, 50.0), 3),
];
/// Users an hour that two jobs with full files work off: the fewest that a user of Auth0 has reported (230 a minute by each job), and
/// as Auth0's staff say of the free plan, of others (a third or a fourth of the last), and of the enterprise plan; with the rate of
/// such a plan.
const PLANS: [(u32, (f64, f64)); 4] = [
    (27_600, (2.0, 2.0)),
    (40_000, (2.0, 2.0)),
    (100_000, (2.5, 10.0)),
    (400_000, (16.0, 50.0)),
];

/// The plays, from the slowest tenant to the fastest, and which of them is the likeliest.
pub(crate) fn terms(told: &Told, slots: usize) -> (Vec<Terms>, usize) {
    let limit = told.at_once.map(|limit| limit.min(MOST_RATE));
    let of_plan = LIMITS.iter().find(|(at_once, ..)| Some(*at_once) == limit);
    if let Some(practice) = &told.practice
        && let (Some(rate), Some(burst)) = (*practice.rate, *practice.burst)
    {
        let jobs = practice.max_jobs.map_or(JOBS, |jobs| jobs as usize);
        let terms = Terms {
            users_an_hour: None,
            job_speed: *practice.job_speed,
            rate: (rate, burst),
            minute: (*practice.minute_rate, *practice.minute_burst),
            jobs,
        };
        return (vec![terms], 0);
    }
    let terms = PLANS.iter().map(|(users_an_hour, rate)| Terms {
        users_an_hour: Some(*users_an_hour),
        job_speed: Some(f64::from(*users_an_hour) / 3600.0 / JOBS as f64),
        rate: match (of_plan, limit) {
            (Some((_, rate, _)), _) => *rate,
            (None, Some(limit)) => (limit.max(1) as f64, limit.max(1) as f64),
            (None, None) => *rate,
        },
        minute: (None, None),
        jobs: slots.max(JOBS),
    });
    (terms.collect(), of_plan.map_or(2, |(.., place)| *place))
}

/// Whether the rate that the tenant gave is one of Auth0's published limits.
pub(crate) fn is_published(limit: u64) -> bool {
    LIMITS.iter().any(|(at_once, ..)| *at_once == limit)
}

impl Terms {
    /// Requests a second that the tenant takes in the long run.
    pub(crate) fn per_second(&self) -> f64 {
        self.rate.0
    }

    /// The shape of a tenant that goes by them.
    pub(crate) fn laid_over(&self, mut shape: Value) -> Value {
        (shape["rate"], shape["burst"]) = (json!(self.rate.0), json!(self.rate.1));
        shape["max_jobs"] = json!(self.jobs);
        // What is null stays as it is.
        (shape["minute_rate"], shape["minute_burst"]) =
            (json!(self.minute.0), json!(self.minute.1));
        shape["job_speed"] = json!(self.job_speed);
        shape
    }
}
