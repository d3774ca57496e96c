//! Chance drawn from a seed: the same on every machine.

use auth0_bulk_users::seams;

/// The library's own generator, with what is drawn here.
#[derive(Clone, Debug)]
pub struct Chance(seams::Chance);

impl Chance {
    /// The chance of one execution. Neighbours draw nothing alike.
    #[must_use]
    pub fn of(target: &str, seed: u64, nth: u64) -> Chance {
        let name = target
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let mut mixed = name ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ nth.rotate_left(32);
        for _ in 0..2 {
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        }
        Chance(seams::Chance::at((mixed ^ (mixed >> 31)) | 1))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.draw()
    }

    /// A number below `most`; 0 where there is none.
    pub fn below(&mut self, most: usize) -> usize {
        (self.number() >> 11) as usize % most.max(1)
    }

    /// Whether something happens that is so likely, of a hundred.
    pub fn percent(&mut self, likely: usize) -> bool {
        self.below(100) < likely
    }

    /// One of them.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
