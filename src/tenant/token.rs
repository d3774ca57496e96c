//! What an access token says about itself. It is decoded but never verified, so that a token that cannot work is found before
//! anything is sent.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::clock::{self, unix_seconds};
use crate::error::{Error, Result};
use crate::secrets::Secret;
use crate::secrets::sent::SentSecrets;
use crate::tenant::settings::{Address, shown_domain};

/// A Management API token and what it says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    /// What of it may not come back, made once for all the requests that it goes with.
    pub(crate) sent: SentSecrets,
    /// UNIX seconds; `None` when the token does not say.
    pub(crate) expires: Option<u64>,
    /// `None` when the token names no scopes: then only the tenant knows.
    pub(crate) scopes: Option<Vec<String>>,
    /// Of a token that was given just now: when it came, and how long it is good. This machine's clock may show any time.
    life: Option<(Instant, Duration)>,
    /// The practice tenant marks the tokens it issues; Auth0 has no such claim.
    pub(crate) practice_mark: bool,
}

impl Token {
    /// Reads a token for the tenant at `address`.
    pub(crate) fn parse(text: &str, address: &Address) -> Result<Token> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::empty_token(&address.domain));
        }
        Token::read(text, &address.base, &address.domain)
    }

    /// Reads a token that the tenant gave just now: it is good for as long as the tenant says, whatever this machine's clock
    /// shows.
    pub(crate) fn given(text: &str, address: &Address) -> Result<Token> {
        let mut token = Token::decode(text.trim(), &address.base, &address.domain)?;
        let issued = claims(text.trim()).and_then(|claims| claims["iat"].as_u64());
        let seconds = token.expires.zip(issued);
        let seconds = seconds.and_then(|(expires, issued)| expires.checked_sub(issued));
        token.life = seconds.map(|seconds| (clock::instant(), Duration::from_secs(seconds)));
        match token.expires_within(0) {
            true => Err(token.expired(&address.domain)),
            false => Ok(token),
        }
    }

    /// Reads a token meant for the Management API at `base` (`https://DOMAIN`).
    pub(crate) fn read(text: &str, base: &str, domain: &str) -> Result<Token> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::empty_token(domain));
        }
        let token = Token::decode(text, base, domain)?;
        if token.expires_within(0) {
            return Err(token.expired(domain));
        }
        Ok(token)
    }

    fn decode(text: &str, base: &str, domain: &str) -> Result<Token> {
        let claims = claims(text).ok_or_else(|| Error::no_jwt(domain, text.split('.').count()))?;
        check_audience(&claims, base, domain)?;
        Ok(Token {
            secret: Secret::new(text),
            sent: SentSecrets::of([text]),
            expires: claims["exp"].as_u64(),
            scopes: claims["scope"]
                .as_str()
                .map(|scopes| scopes.split_whitespace().map(str::to_string).collect()),
            life: None,
            practice_mark: claims["practice_tenant"] == true,
        })
    }

    pub(crate) fn expires_within(&self, seconds: u64) -> bool {
        if let Some((since, life)) = self.life {
            return clock::since(since) + Duration::from_secs(seconds) >= life;
        }
        self.expires
            .is_some_and(|at| at <= unix_seconds() + seconds)
    }

    pub(crate) fn expired(&self, domain: &str) -> Error {
        Error::expired_token(domain, self.expires.unwrap_or_default())
    }

    /// Whether the token is known to lack every one of `any_of`.
    pub(crate) fn lacks(&self, any_of: &[&str]) -> bool {
        match &self.scopes {
            Some(scopes) => {
                !any_of.is_empty() && !any_of.iter().any(|want| scopes.iter().any(|s| s == want))
            }
            None => false,
        }
    }
}

fn claims(text: &str) -> Option<Value> {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return None;
    };
    if signature.is_empty() {
        return None;
    }
    json_part(header)?;
    json_part(payload).filter(Value::is_object)
}

fn json_part(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_audience(claims: &Value, base: &str, domain: &str) -> Result<()> {
    let audiences: Vec<&str> = match &claims["aud"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let wanted = format!("{base}/api/v2/");
    // The two names of loopback are one place.
    let same = |audience: &str| audience.replace("://localhost:", "://127.0.0.1:");
    if audiences
        .iter()
        .any(|audience| same(audience) == same(&wanted))
    {
        return Ok(());
    }
    let first = audiences.first().copied().unwrap_or("nobody");
    // Whatever was pasted for a token may hold a secret in this place.
    let shown = shown_domain(first);
    Err(if first.ends_with("/api/v2/") {
        Error::token_of_another_tenant(domain, &shown, &wanted)
    } else if claims.get("scope").is_none() && !first.contains("://") {
        Error::id_token(domain, &wanted)
    } else {
        Error::token_for_another_api(domain, &shown, &wanted)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::{TurnedClock, turned};

    #[test]
    fn a_token_that_was_just_given_is_good_whatever_this_machines_clock_shows() {
        let address = Address::parse("http://127.0.0.1:1").unwrap();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({"aud": "http://127.0.0.1:1/api/v2/", "iat": 1_000, "exp": 87_400});
        let text = format!("{}.{}.c2ln", part(&json!({})), part(&claims));
        let clock = TurnedClock::at(3_000_000_000_000_000);
        turned(&clock, || {
            assert!(
                Token::parse(&text, &address).is_err(),
                "nobody knows when it was given"
            );
            let token = Token::given(&text, &address).unwrap();
            assert!(!token.expires_within(30));
            clock.pass(Duration::from_secs(86_380));
            assert!(token.expires_within(30) && !token.expires_within(0));
        });
    }
}
