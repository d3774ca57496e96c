//! Chance drawn from a seed: the same on every machine.

use auth0_bulk_users::seams;

/// The library's own generator, with what is drawn here.
#[derive(Clone, Debug)]
pub struct Chance(seams::Chance);

impl Chance {
    /// The chance of that seed. Seeds beside each other draw nothing alike.
    #[must_use]
    pub fn of(seed: u64) -> Chance {
        let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Chance(seams::Chance::at((mixed ^ (mixed >> 31)) | 1))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.draw()
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + (self.number() >> 11) as usize % (most - least + 1)
    }

    /// Whether something happens that is so likely, of a hundred.
    pub fn percent(&mut self, likely: usize) -> bool {
        self.between(1, 100) <= likely
    }

    /// One of them.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.between(0, all.len() - 1)]
    }
}
