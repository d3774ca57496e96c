//! Ids and keys that nobody can guess, and bytes as hex.

pub(crate) fn random(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    // Without random numbers nothing here could be trusted.
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}

/// `count` random letters and digits, as in Auth0's ids.
pub(crate) fn letters(count: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    random(count)
        .into_iter()
        .map(|byte| char::from(LETTERS[usize::from(byte) % 62]))
        .collect()
}

/// 24 hex characters, as in the ids of database users.
pub(crate) fn hex24() -> String {
    hex(&random(12))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
