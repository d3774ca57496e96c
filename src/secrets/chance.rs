//! Chance that repeats itself, for the project's own simulation. Whatever a reader runs is drawn by the system's CSPRNG.

use std::cell::Cell;

thread_local! {
    /// Set by [`drawn_from`] for as long as its call lasts.
    static STATE: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Makes the call, in which all chance comes from the seed.
pub(crate) fn drawn_from<T>(seed: u64, call: impl FnOnce() -> T) -> T {
    struct Before(Option<u64>);
    impl Drop for Before {
        fn drop(&mut self) {
            STATE.set(self.0);
        }
    }
    // The generator never leaves a state of zero.
    let _before = Before(STATE.replace(Some(seed.max(1))));
    call()
}

/// Fills the bytes, inside [`drawn_from`].
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    let Some(mut state) = STATE.get() else {
        return false;
    };
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&next(&mut state).to_le_bytes()[..chunk.len()]);
    }
    STATE.set(Some(state));
    true
}

/// xorshift64*: the same on every machine.
fn next(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_F491_4F6C_DD1D)
}
