//! Where the project's simulation hooks in: the tenant at the other end, the time, chance, and the printed lines. No kernel
//! compiles this, and none of it is part of the library's interface.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{self, TurnedClock};
use crate::disk::simulated;
use crate::error::Result;
use crate::jobs::upload;
use crate::say;
use crate::secrets::Secret;
use crate::secrets::chance;
use crate::tenant::Tenant;
use crate::tenant::line::Line;
use crate::tenant::settings::{Address, Application, NAMES, Settings};
use crate::tenant::wire::Wire;

pub use crate::disk::simulated::{At, Chance, Killed, Operation, SimulatedDisk, Torn};
pub use crate::tenant::transport::{Came, Carried, Sent, Transport};
pub use reqwest::header;

/// A tenant in memory, opened with client credentials as settings would open it.
///
/// # Errors
///
/// The tenant gives no token.
pub fn tenant(domain: &str, client: (&str, &str), transport: Arc<dyn Transport>) -> Result<Tenant> {
    let wire = Wire::over(Line::InMemory(transport), Address::parse(domain)?);
    let application = Application {
        id: client.0.to_string(),
        secret: Secret::new(client.1),
    };
    Tenant::over(wire, application)
}

/// The known settings in a file of settings.
///
/// # Errors
///
/// The file is not a file of settings.
pub fn settings(path: &Path) -> Result<Vec<(&'static str, String)>> {
    let settings = Settings::from_file(path)?;
    let set = NAMES
        .into_iter()
        .filter_map(|name| Some((name, settings.get(name)?.to_string())));
    Ok(set.collect())
}

/// The clock of a machine.
#[derive(Clone, Debug)]
pub struct Clock(Arc<TurnedClock>);

impl Clock {
    /// A clock that shows this many microseconds since 1970.
    #[must_use]
    pub fn at(unix_micros: u64) -> Clock {
        Clock(TurnedClock::at(unix_micros))
    }

    /// How much time has passed since it was made, whatever it was set to.
    #[must_use]
    pub fn passed(&self) -> Duration {
        self.0.passed()
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.0.pass(time);
    }

    /// Sets what it shows forward or back.
    pub fn set(&self, by_micros: i64) {
        self.0.set(by_micros);
    }

    /// What it shows, in microseconds since 1970.
    #[must_use]
    pub fn unix_micros(&self) -> u64 {
        self.0.unix_micros()
    }

    /// Has this thread go by it, with the system's own disk and chance, until what comes back is dropped.
    pub fn turn(&self) -> Turned {
        Turned(clock::Turned::by(&self.0))
    }

    /// The clock that this thread goes by, if one is turned.
    #[must_use]
    pub fn of_thread() -> Option<Clock> {
        clock::turned_clock().map(Clock)
    }
}

/// While it exists, its thread uses a turned clock.
#[derive(Debug)]
#[must_use = "the clock is the system's again when it is dropped"]
pub struct Turned(
    #[expect(dead_code, reason = "it does its work when it is dropped")] clock::Turned,
);

/// A program on a machine.
#[derive(Clone)]
pub struct Process {
    /// The machine's clock.
    pub clock: Clock,
    /// The machine's disk; `None`: the system's.
    pub disk: Option<Arc<SimulatedDisk>>,
    /// The seed of its random numbers.
    pub seed: u64,
    /// How many bytes its uploads stay below the limit.
    pub held_back: usize,
    /// Who hears what it says.
    pub hear: Rc<dyn Fn(&str)>,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").finish_non_exhaustive()
    }
}

impl Process {
    /// Runs what the program does.
    pub fn run<T>(&self, program: impl FnOnce() -> T) -> T {
        let on_disk = || match &self.disk {
            Some(disk) => simulated::on(disk, program),
            None => program(),
        };
        let turned = || clock::turned(&self.clock.0, on_disk);
        let drawn = || chance::drawn_from(self.seed, turned);
        let packed = || upload::holding_back(self.held_back, drawn);
        say::heard(Rc::clone(&self.hear), packed)
    }
}
