//! How passwords become bytes and bytes become text, by the names Auth0 has for it, which are Node's.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::words::hex;

/// Padding may be there or not, as Node reads it.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes of base64 in any of the alphabets that hashes are written in: the usual one, the one for URLs, and Passlib's with
/// a dot for the plus.
pub(crate) fn any_base64(text: &str) -> Option<Vec<u8>> {
    BASE64
        .decode(text.replace(['-', '.'], "+").replace('_', "/"))
        .ok()
}

/// Bytes of hex where it can be that, else of any base64.
pub(crate) fn hex_or_base64(text: &str) -> Option<Vec<u8>> {
    let hex = BytesEncoding::Hex.decode(text).ok();
    hex.or_else(|| any_base64(text))
}

/// How a password becomes bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextEncoding {
    Utf8,
    Utf16le,
    Latin1,
}

impl TextEncoding {
    /// By Node's names; its `ascii` and `binary` write the same bytes as `latin1`: the low byte of each UTF-16 unit.
    pub(crate) fn named(name: &str) -> Option<TextEncoding> {
        match name {
            "utf8" => Some(TextEncoding::Utf8),
            "utf16le" | "ucs2" => Some(TextEncoding::Utf16le),
            "ascii" | "latin1" | "binary" => Some(TextEncoding::Latin1),
            _ => None,
        }
    }

    pub(crate) fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            TextEncoding::Utf8 => text.as_bytes().to_vec(),
            TextEncoding::Utf16le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            TextEncoding::Latin1 => text
                .encode_utf16()
                .map(|unit| unit.to_le_bytes()[0])
                .collect(),
        }
    }
}

/// How bytes are written as text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BytesEncoding {
    Utf8,
    Hex,
    Base64,
}

impl BytesEncoding {
    pub(crate) fn named(name: &str) -> Option<BytesEncoding> {
        match name {
            "utf8" => Some(BytesEncoding::Utf8),
            "hex" => Some(BytesEncoding::Hex),
            "base64" => Some(BytesEncoding::Base64),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            BytesEncoding::Utf8 => "utf8",
            BytesEncoding::Hex => "hex",
            BytesEncoding::Base64 => "base64",
        }
    }

    pub(crate) fn decode(self, text: &str) -> Result<Vec<u8>, &'static str> {
        match self {
            BytesEncoding::Utf8 => Ok(text.as_bytes().to_vec()),
            BytesEncoding::Hex => from_hex(text),
            BytesEncoding::Base64 if text.contains(['-', '_']) => {
                Err("is base64 with the URL alphabet: replace - with + and _ with /")
            }
            BytesEncoding::Base64 => BASE64
                .decode(text)
                .map_err(|_| "is not base64 (A-Za-z0-9+/ and = at the end)"),
        }
    }

    /// Random bytes as text: hex is text in every encoding's eyes.
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            BytesEncoding::Utf8 | BytesEncoding::Hex => hex(bytes),
            BytesEncoding::Base64 => BASE64.encode(bytes),
        }
    }
}

fn from_hex(text: &str) -> Result<Vec<u8>, &'static str> {
    if !text.len().is_multiple_of(2) {
        return Err("is hex of odd length: a digit is missing");
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8);
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
    bytes.ok_or("is not hex (0-9, a-f)")
}
