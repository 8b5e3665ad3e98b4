//! Bytes on the wire of Azure's REST interfaces.

use casemate_crypto::b64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Bytes that travel as base64: read in either alphabet, padded or not; written unpadded in the URL alphabet.
///
/// Azure's Python and JavaScript clients send base64url without padding, Microsoft's Go sidecar with padding, and its
/// C++ client the standard alphabet.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Base64Bytes(Vec<u8>);

impl Base64Bytes {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for Base64Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for Base64Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Base64Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64::url(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        b64::decode_any(&text).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_reads_as_the_same_bytes() {
        for text in ["\"-_8=\"", "\"-_8\"", "\"+/8=\"", "\"+/8\"", "\"\\u002b/8\""] {
            assert_eq!(
                serde_json::from_str::<Base64Bytes>(text).unwrap().as_slice(),
                [0xfb, 0xff],
                "{text}"
            );
        }
        assert_eq!(
            serde_json::to_string(&Base64Bytes::from(vec![0xfb, 0xff])).unwrap(),
            "\"-_8\""
        );
        for text in ["\"-/8\"", "\"a\"", "\"!!!!\"", "7", "null"] {
            assert!(serde_json::from_str::<Base64Bytes>(text).is_err(), "{text}");
        }
    }
}
