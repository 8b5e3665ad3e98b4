//! JSON documents that are signed as received, and the hex in them.

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::FormatError;

/// The longest signed document that is read, bytes. Intel's are below 32 KiB.
const DOCUMENT_LIMIT: usize = 1 << 20;

/// A document, the bytes that its signature covers, and the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<T> {
    /// What the document says.
    pub document: T,
    /// The document exactly as received: what the signature covers.
    pub raw: String,
    /// ECDSA P-256 signature, r ‖ s.
    pub signature: [u8; 64],
}

impl<T> Signed<T>
where
    T: for<'de> Deserialize<'de>,
{
    /// Reads a document and the hex text of its signature.
    pub(super) fn new(what: &'static str, raw: String, signature: &str) -> Result<Self, FormatError> {
        if raw.len() > DOCUMENT_LIMIT {
            return Err(FormatError::Invalid {
                what,
                offset: DOCUMENT_LIMIT,
                detail: "longer than 1 MiB",
            });
        }
        let signature = decode_hex(signature)
            .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
            .ok_or(FormatError::Invalid {
                what,
                offset: 0,
                detail: "signature is not 64 bytes of hex",
            })?;
        let document = serde_json::from_str(&raw).map_err(|error| json_error(what, &error))?;
        Ok(Self {
            document,
            raw,
            signature,
        })
    }
}

pub(super) fn json_error(what: &'static str, error: &serde_json::Error) -> FormatError {
    FormatError::Json {
        what,
        detail: error.to_string(),
    }
}

/// Reads hex of one case throughout: unsigned hex has one text per value and case, so that no bit of it can be flipped
/// without notice.
#[must_use]
pub fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
    if (upper && lower) || !text.len().is_multiple_of(2) {
        return None;
    }
    let mut bytes = vec![0; text.len() / 2];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}

/// Hex of exactly `N` bytes, either case: the texts that use it are signed.
pub(super) fn hex_array<'de, D, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error>
where
    D: Deserializer<'de>,
{
    let text = <&str>::deserialize(deserializer)?;
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| D::Error::custom(format_args!("expected {N} bytes of hex")))?;
    Ok(bytes)
}
