//! What a token may do.

/// All scopes.
pub(crate) const ALL: &str = "read:connections read:connections_options create:users read:users update:users delete:users read:logs";

/// The scopes of a token.
pub(crate) struct Scopes(pub(crate) String);

impl Scopes {
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.split(' ').any(|word| word == scope)
    }
}

/// The scopes in a text, each of which must be known.
pub(crate) fn known(text: &str) -> Result<String, String> {
    let all = Scopes(ALL.to_string());
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.iter().find(|word| !all.has(word)) {
        Some(word) => Err(format!("unknown scope {word}; the scopes are {ALL}")),
        None => Ok(words.join(" ")),
    }
}

/// Those scopes in a text that are known.
pub(crate) fn known_of(text: &str) -> String {
    let all = Scopes(ALL.to_string());
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| all.has(word))
        .collect();
    words.join(" ")
}
