//! What a lesson on hashing measures on the reader's machine.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use crate::clock;
use crate::error::{Error, Result};
use crate::passwords::hashes::bcrypt_lanes::hash_many;
use crate::passwords::{BCRYPT_COST, hash_all};
use crate::secrets::{Secret, random_hex};

/// bcrypt's own costs are 4 to 31; from here on one hash takes longer than a reader waits.
const HIGHEST_COST: u32 = 16;
/// A faster hash is repeated until this much time has been measured.
const LEAST_MEASURED: Duration = Duration::from_millis(50);

/// How long one bcrypt takes at each cost; made by [`measure_costs`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let CostTimes { times, .. } = measure_costs([4, 7])?;
/// assert_eq!((times[0].0, times[1].0), (4, 7));
/// assert!(times[0].1 < times[1].1, "each step of the cost doubles the time");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CostTimes {
    /// Cost, and the time of one hash.
    pub times: Vec<(u32, Duration)>,
}

/// Measures how long one bcrypt takes at each of these costs, on one core. Sends nothing.
///
/// # Errors
///
/// A cost under 4 or over 16: bcrypt has no lower cost, and a higher one takes more than five seconds for a hash.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let measured = measure_costs([4, 5])?;
/// assert_eq!(measured.times.len(), 2);
/// println!("{measured}");
/// # Ok::<(), Error>(())
/// ```
pub fn measure_costs(costs: impl IntoIterator<Item = u32>) -> Result<CostTimes> {
    let mut times = Vec::new();
    for cost in costs {
        if !(4..=HIGHEST_COST).contains(&cost) {
            return Err(Error::bcrypt_cost(cost, HIGHEST_COST));
        }
        let (began, mut hashes) = (clock::instant(), 0);
        while hashes == 0 || clock::since(began) < LEAST_MEASURED {
            black_box(bcrypt::bcrypt(cost, [7; 16], b"a password"));
            hashes += 1;
        }
        times.push((cost, clock::since(began) / hashes));
    }
    Ok(CostTimes { times })
}

/// Hashes a second, one after the other and several abreast; made by [`measure_hashing`].
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let HashingSpeeds { one_by_one, abreast, all_cores, cores, .. } = measure_hashing(1)?;
/// assert!(one_by_one > 0.0 && abreast > 0.0 && all_cores > 0.0 && cores > 0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HashingSpeeds {
    /// The bcrypt crate, one hash after the other on one core.
    pub one_by_one: f64,
    /// Several abreast on one core.
    pub abreast: f64,
    /// Several abreast on every core, as [`set_passwords`](crate::set_passwords) does it.
    pub all_cores: f64,
    /// How many cores those are.
    pub cores: usize,
}

/// Measures how many passwords a second are hashed at cost 10: one by one, several abreast, and several abreast on every core.
/// Each uses `count` random passwords (the first half as many). Sends nothing.
///
/// # Errors
///
/// A count of 0; the system gives no random numbers.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let speeds = measure_hashing(1)?;
/// assert!(speeds.one_by_one > 0.0);
/// println!("{speeds}");
/// # Ok::<(), Error>(())
/// ```
pub fn measure_hashing(count: usize) -> Result<HashingSpeeds> {
    if count == 0 {
        return Err(Error::no_count("measures nothing"));
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let words = |count: usize| -> Result<Vec<Secret>> {
        (0..count)
            .map(|_| Ok(Secret::new(random_hex(8)?)))
            .collect()
    };
    let few = words(count.div_ceil(2))?;
    let began = clock::instant();
    for word in &few {
        black_box(bcrypt::hash(word.expose(), BCRYPT_COST)).map_err(Error::not_hashed)?;
    }
    let one_by_one = few.len() as f64 / clock::since(began).as_secs_f64();
    let many = words(count)?;
    let texts: Vec<&str> = many.iter().map(Secret::expose).collect();
    let began = clock::instant();
    black_box(hash_many(BCRYPT_COST, &texts)?);
    let abreast = count as f64 / clock::since(began).as_secs_f64();
    let all = words(count * cores)?;
    let began = clock::instant();
    black_box(hash_all(&all)?);
    let all_cores = all.len() as f64 / clock::since(began).as_secs_f64();
    Ok(HashingSpeeds {
        one_by_one,
        abreast,
        all_cores,
        cores,
    })
}
