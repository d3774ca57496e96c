//! Where the project's own simulation takes hold: the tenant at the other end, the time, chance, and what is said. No kernel
//! compiles this, and nothing of it is part of the library's interface.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{self, TurnedClock};
use crate::connections::ConnectionId;
use crate::error::Result;
use crate::jobs::upload;
use crate::say;
use crate::secrets::Secret;
use crate::secrets::chance;
use crate::tenant::Tenant;
use crate::tenant::line::Line;
use crate::tenant::settings::{Address, Application};
use crate::tenant::wire::Wire;

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

/// A connection with the rules that a tenant would tell of it.
///
/// # Errors
///
/// An id that is none.
pub fn connection(id: &str) -> Result<ConnectionId> {
    ConnectionId::new(id)
}

/// A machine on which a program runs: its clock, its chance, and who hears what is said.
#[derive(Clone)]
pub struct Scene {
    clock: Arc<TurnedClock>,
    seed: u64,
    held_back: usize,
    hear: Rc<dyn Fn(&str)>,
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").finish_non_exhaustive()
    }
}

impl Scene {
    /// A machine whose clock shows so many microseconds since 1970. `hear` is given each line that is said.
    #[must_use]
    pub fn at(unix_micros: u64, hear: Rc<dyn Fn(&str)>) -> Scene {
        Scene {
            clock: TurnedClock::at(unix_micros),
            seed: 1,
            held_back: 0,
            hear,
        }
    }

    /// The next program draws by this seed, and packs uploads that are so many bytes shorter than the limit.
    #[must_use]
    pub fn process(&self, seed: u64, held_back: usize) -> Scene {
        Scene {
            seed: seed | 1,
            held_back,
            ..self.clone()
        }
    }

    /// Runs what a program does on this machine.
    pub fn run<T>(&self, program: impl FnOnce() -> T) -> T {
        let turned = || clock::turned(&self.clock, program);
        let drawn = || chance::drawn_from(self.seed, turned);
        let packed = || upload::holding_back(self.held_back, drawn);
        say::heard(Rc::clone(&self.hear), packed)
    }

    /// Microseconds since 1970, by the machine's clock and by one that was never set.
    #[must_use]
    pub fn passed(&self) -> Duration {
        self.clock.passed()
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }

    /// Sets the machine's clock forward or back.
    pub fn set_clock(&self, by_micros: i64) {
        self.clock.set(by_micros);
    }
}
