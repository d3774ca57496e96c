//! A hash of an old system, as `custom_password_hash` describes it: read by the rules of its algorithm (Auth0's import
//! schema and the table beside it), and tried with a password as Auth0 would. No sentence here ever holds the hash.

use serde_json::Value;

use crate::passwords::hashes::burden::{Burden, Untried};
use crate::passwords::hashes::encodings::{BytesEncoding, TextEncoding};
use crate::passwords::hashes::kinds::{Fault, Kind, text};

/// A description, with or without its hash: without, it is a recipe for more of its kind.
pub(crate) struct CustomHash {
    pub(crate) encoding: TextEncoding,
    pub(crate) salt: Option<Salt>,
    pub(crate) kind: Kind,
}

pub(crate) struct Salt {
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) encoding: BytesEncoding,
    suffix: bool,
}

impl CustomHash {
    /// Reads a description, which the import schema has found nothing wrong with, by the rules of its algorithm.
    pub(crate) fn read(custom: &Value) -> Result<CustomHash, Fault> {
        let algorithm = text(custom, "algorithm").unwrap_or_default();
        let encoding = custom
            .get("password")
            .and_then(|password| text(password, "encoding"));
        let encoding = TextEncoding::named(encoding.unwrap_or("utf8"));
        let encoding = encoding.ok_or(("password.encoding", "is not known".into()))?;
        let salt = custom.get("salt").map(Salt::read).transpose()?;
        let is_inside = matches!(algorithm, "argon2" | "ldap" | "pbkdf2");
        if salt.is_some() && is_inside {
            return Err((
                "salt",
                format!("is not used for {algorithm}, whose hash contains its salt: leave it out")
                    .into(),
            ));
        }
        let kind = Kind::read(algorithm, custom)?;
        Ok(CustomHash {
            encoding,
            salt,
            kind,
        })
    }

    /// Whether the password makes this hash; `None` when the description holds no hash.
    pub(crate) fn fits(&self, password: &str) -> Result<Option<bool>, Untried> {
        let plain = self.encoding.bytes(password);
        Ok(match &self.kind {
            Kind::Bcrypt { cost, hash, .. } => {
                Burden::of_bcrypt(*cost).check()?;
                let salted = self.salted(plain);
                hash.as_ref()
                    .map(|hash| bcrypt::verify(salted, hash).unwrap_or(false))
            }
            Kind::Digest { hash, .. } | Kind::Hmac { hash, .. } | Kind::Scrypt { hash, .. } => {
                match hash {
                    Some(hash) => Some(self.made(password)? == *hash),
                    None => None,
                }
            }
            Kind::Ldap { digest, ends, .. } => match ends {
                Some((hash, salt)) => Some(digest.of(&[plain.as_slice(), salt].concat())? == *hash),
                None => None,
            },
            Kind::Phc { slow, length, phc } => match &phc.ends {
                Some((salt, key)) => Some(slow.key(&plain, salt, *length)? == *key),
                None => None,
            },
        })
    }

    /// The bytes of this password's hash, for the kinds whose salt is beside the hash.
    pub(crate) fn made(&self, password: &str) -> Result<Vec<u8>, Untried> {
        let plain = self.encoding.bytes(password);
        match &self.kind {
            Kind::Digest { digest, .. } => Ok(digest.of(&self.salted(plain))?),
            Kind::Hmac { digest, key, .. } => Ok(digest.hmac(key, &self.salted(plain))?),
            // Here the salt is a separate input, so its position does not matter.
            Kind::Scrypt { slow, length, .. } => {
                let salt = self.salt.as_ref().and_then(|salt| salt.bytes.clone());
                slow.key(&plain, &salt.unwrap_or_default(), *length)
            }
            _ => Ok(plain),
        }
    }

    pub(crate) fn salted(&self, password: Vec<u8>) -> Vec<u8> {
        match &self.salt {
            Some(Salt {
                bytes: Some(salt),
                suffix: true,
                ..
            }) => [password, salt.clone()].concat(),
            Some(Salt {
                bytes: Some(salt),
                suffix: false,
                ..
            }) => [salt.clone(), password].concat(),
            _ => password,
        }
    }

    pub(crate) fn plain(&self, password: &str) -> Vec<u8> {
        self.encoding.bytes(password)
    }
}

impl Salt {
    fn read(salt: &Value) -> Result<Salt, Fault> {
        let encoding = BytesEncoding::named(text(salt, "encoding").unwrap_or("utf8"));
        let encoding = encoding.ok_or(("salt.encoding", "is not known".into()))?;
        let bytes = text(salt, "value")
            .map(|value| encoding.decode(value))
            .transpose();
        Ok(Salt {
            bytes: bytes.map_err(|words| ("salt.value", words.into()))?,
            encoding,
            suffix: text(salt, "position") == Some("suffix"),
        })
    }
}
