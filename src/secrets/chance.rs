//! Random numbers that repeat, for the project's own simulation. Everything else uses the system's CSPRNG.

use std::cell::Cell;

/// Numbers drawn by xorshift64*, as Vigna has it: the same on every machine.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Those of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Chance {
        // Seeds that follow one another begin far from one another.
        let mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Chance::at(mixed ^ (mixed >> 31))
    }

    /// Those that follow a state, which is not 0: from that nothing else would be drawn.
    #[must_use]
    pub fn at(state: u64) -> Chance {
        Chance(state.max(1))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`; 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let drawn = (self.draw() >> 32) as usize;
        drawn.checked_rem(end).unwrap_or(0)
    }

    /// Whether it happens, once in this many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

thread_local! {
    /// Set by [`drawn_from`] for as long as its call lasts.
    static CHANCE: Cell<Option<Chance>> = const { Cell::new(None) };
}

/// Makes the call, in which all chance comes from the seed.
pub(crate) fn drawn_from<T>(seed: u64, call: impl FnOnce() -> T) -> T {
    struct Before(Option<Chance>);
    impl Drop for Before {
        fn drop(&mut self) {
            CHANCE.set(self.0.take());
        }
    }
    let _before = Before(CHANCE.replace(Some(Chance::at(seed))));
    call()
}

/// Fills the bytes, inside [`drawn_from`].
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    let Some(mut chance) = CHANCE.take() else {
        return false;
    };
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&chance.draw().to_le_bytes()[..chunk.len()]);
    }
    CHANCE.set(Some(chance));
    true
}
