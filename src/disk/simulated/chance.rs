//! Chance that is the same again for the same seed.

/// Numbers drawn by xorshift64*, as Vigna has it.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Those of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Chance {
        // Seeds that follow one another begin far from one another, and none is 0, from which nothing else is drawn.
        let mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Chance((mixed ^ (mixed >> 31)).max(1))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let drawn = (self.draw() >> 32) as usize;
        drawn.checked_rem(end).unwrap_or(0)
    }

    /// Whether it happens, once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
